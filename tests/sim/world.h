/* The world that a simulated job lives in: what is outside of its process and survives it (topics, targets, consumer group), the schedule
 * that decides what happens at each call (seeded), and the crash. A crash makes the process dead: from then on none of its calls changes the
 * world, and the harness (sim.c) drops it and starts another. All of it is one thread under the frozen clock.
 * Two streams of random numbers: one for the rows, one for the schedule, so that the reference run sees the same rows. */
#ifndef WEIR_TESTS_SIM_WORLD_H
#define WEIR_TESTS_SIM_WORLD_H
#include "connectors/connector.h"
#include "engine/base/hashtab.h"

enum { TOPICS = 2, PARTS_MAX = 4, ROWS_MAX = 64 /* in a partition */, TARGETS = 3 };
#define WORLD_BEGIN_US 1800000000000000

typedef struct SimRow { int64_t id, v, ts_us; char k; } SimRow;
typedef struct Topic {
    uint32_t nparts, nrows[PARTS_MAX];
    SimRow rows[PARTS_MAX][ROWS_MAX];
    uint64_t group[PARTS_MAX];                   /* what the consumer group has committed: the next row to read */
} Topic;

/* What a target holds and how it is judged. */
typedef enum TargetKind { TARGET_EXACT, TARGET_AT_LEAST_ONCE, TARGET_FILES } TargetKind;
typedef struct HiddenFile { uint32_t run, number; StrBuf lines; bool visible, removed; } HiddenFile;
typedef struct Target {
    TargetKind kind;
    uint32_t npk;                                /* leading columns of the key: an upsert table; 0 = a multiset of rows */
    StrMap rows; int64_t *counts; uint32_t cap;  /* by slot: how often the row is there */
    StrMap keyed; char **texts; uint32_t texts_cap;   /* upsert: key -> row */
    /* exactly-once: the epoch row, and a commit whose answer is still out */
    char epoch_key[128], lineage[40]; uint64_t epoch; uint32_t writer;
    StrBuf late_lines; uint64_t late_epoch; uint32_t late_writer; bool late;
    HiddenFile *files; uint32_t nfiles, files_cap, next_run;
} Target;

/* Mistakes that the simulation must find (--plant NAME): each is made by the simulated connectors or the harness, as if the engine had made it. */
typedef enum Plant {
    PLANT_NONE, PLANT_SKIP_BARRIER, PLANT_EARLY_COMMIT, PLANT_LATE_POSITION, PLANT_GROUP_AHEAD, PLANT_FORGET_SEALED, PLANT_FORGET_EPOCH, PLANT_NO_FENCING,
    PLANT_FORGET_PREPARED, PLANT_LOSE_STATE, PLANT_COUNT
} Plant;
extern const char *const plant_names[PLANT_COUNT];

typedef struct World {
    uint64_t seed, schedule;                     /* schedule: state of its random numbers */
    bool faults, verbose;
    Plant plant;
    Topic topics[TOPICS];
    Target targets[TARGETS]; uint32_t ntargets;
    bool dead;                                   /* the process has crashed */
    uint32_t failures;                           /* how many may still come */
    uint32_t crash_odds, error_odds;             /* one in so many calls */
    uint64_t durable;                            /* newest checkpoint that the store holds, kept by the harness */
    uint64_t (*newest_durable)(void);            /* asks the store */
    StrBuf trace;
    char broken[512];                            /* first broken promise, "" = none */
} World;
extern World world;

void world_init(uint64_t seed, Plant plant);
/* Targets empty, group at the start, schedule from the seed again; faults: whether things fail. */
void world_restart(bool faults);
void world_free(void);
uint32_t sim_pick(uint32_t n);                   /* 0 .. n - 1 by the schedule */
/* A call from the process: time passes, and it may crash or fail (then false, and nothing has happened). */
bool sim_enter(const char *what, Err *err);
bool sim_crash(const char *where, Err *err);     /* always false */
bool sim_error(const char *where, Err *err);     /* retriable; always false */
bool sim_may_fail(uint32_t odds);                /* one in `odds`, while failures are left */
void sim_trace(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void sim_broken(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Changes as batch_print writes them. */
void target_apply(Target *target, Str lines);
/* What differs from the reference's target; false when something does, said in *why. */
bool target_matches(Target *got, Target *reference, StrBuf *why);
void target_clear(Target *target);

extern const ConnectorDef sim_log, sim_exact, sim_plain, sim_files;
#endif
