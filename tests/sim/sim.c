/* Whole-job simulation: jobs from SQL text (planner, operators, runner, store), one thread, a frozen clock, simulated sources and sinks, and a
 * seeded schedule that lets calls fail and the process crash anywhere. A history is one set of rows and one job: it runs once without failures
 * (the reference) and once with; then every target must hold what the reference's holds: exactly-once targets each row exactly once, at-least-once
 * ones at least once (tables with a key: the same), and the consumer group was never ahead of the durable checkpoint.
 * Arguments: [--seconds N] [--seed N: replay one, with its trace] [--plant NAME: a mistake that must be found] [--list-plants].
 * A broken promise prints the seed and the job; exit code 1. */
#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/base/log.h"
#include "engine/run/runner.h"
#include "parser/analyze.h"
#include "tests/sim/world.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* --- jobs --- */

/* key NULL: no key could be the table's. fleeting: keys come and go with the order of arrival, so one that a crash left behind may never come again:
 * at-least-once promises nothing there. */
typedef struct Shape { const char *name, *columns, *key; uint32_t npk; bool appends, fleeting; const char *query; } Shape;
static const Shape shapes[] = {
    { "project", "id BIGINT, k STRING, v BIGINT", NULL, 0, true, false, "SELECT id, k, v * 2 FROM src WHERE v > 2" },
    { "union", "id BIGINT, k STRING, v BIGINT", NULL, 0, true, false, "SELECT id, k, v FROM src UNION ALL SELECT id, k, v + 100 FROM other" },
    { "distinct", "k STRING, v BIGINT", "k, v", 2, false, false, "SELECT DISTINCT k, v FROM src" },
    { "group", "k STRING, n BIGINT, s BIGINT, high BIGINT, low BIGINT", "k", 1, false, false, "SELECT k, COUNT(*), SUM(v), MAX(v), MIN(id) FROM src GROUP BY k" },
    { "nested", "n BIGINT, c BIGINT", "n", 1, false, true, "SELECT n, COUNT(*) FROM (SELECT k, COUNT(*) AS n FROM src GROUP BY k) GROUP BY n" },
    { "tumble", "s TIMESTAMP(3), k STRING, n BIGINT, t BIGINT", NULL, 0, true, false,
      "SELECT window_start, k, COUNT(*), SUM(v) FROM TABLE(TUMBLE(TABLE src, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k" },
    { "hop", "s TIMESTAMP(3), e TIMESTAMP(3), n BIGINT, m BIGINT", NULL, 0, true, false,
      "SELECT window_start, window_end, COUNT(*), MAX(id) FROM TABLE(HOP(TABLE src, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '12' SECOND)) GROUP BY window_start, window_end" },
    { "cumulate", "s TIMESTAMP(3), e TIMESTAMP(3), n BIGINT", NULL, 0, true, false,
      "SELECT window_start, window_end, COUNT(*) FROM TABLE(CUMULATE(TABLE src, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)) GROUP BY window_start, window_end" },
    { "session", "s TIMESTAMP(3), e TIMESTAMP(3), k STRING, n BIGINT", NULL, 0, true, false,
      "SELECT window_start, window_end, k, COUNT(*) FROM TABLE(SESSION(TABLE src PARTITION BY k, DESCRIPTOR(ts), INTERVAL '6' SECOND)) GROUP BY window_start, window_end, k" },
    { "group window", "e TIMESTAMP(3), k STRING, n BIGINT", NULL, 0, true, false, "SELECT TUMBLE_END(ts, INTERVAL '7' SECOND), k, COUNT(DISTINCT v) FROM src GROUP BY TUMBLE(ts, INTERVAL '7' SECOND), k" },
    { "join", "a BIGINT, b BIGINT, k STRING, v BIGINT", NULL, 0, true, false, "SELECT a.id, b.id, a.k, a.v FROM src a JOIN other b ON a.k = b.k AND a.v = b.v" },
    { "left join", "a BIGINT, b BIGINT, k STRING", NULL, 0, false, false, "SELECT a.id, b.id, a.k FROM src a LEFT JOIN other b ON a.k = b.k AND a.v = b.v" },
    { "join of groups", "k STRING, n BIGINT, m BIGINT", "k", 1, false, false,
      "SELECT a.k, a.n, b.m FROM (SELECT k, COUNT(*) AS n FROM src GROUP BY k) a JOIN (SELECT k, SUM(v) AS m FROM other GROUP BY k) b ON a.k = b.k" },
};

/* A statement set of 1 to 3 INSERTs, with settings. */
static void write_job(StrBuf *sql)
{
    static const char *const sources = "CREATE TABLE %s (id BIGINT, k STRING, v BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) WITH ('connector' = 'simlog', 'topic' = '%d', 'bounded' = '%s');\n";
    const char *bounded = sim_pick(2) ? "true" : "false";
    strbuf_addf(sql, "SET 'execution.checkpointing.interval' = '%u ms';\nSET 'pipeline.auto-watermark-interval' = '%u ms';\n", 20 + sim_pick(400), sim_pick(3) * 100);
    if (sim_pick(3) == 0) strbuf_addf(sql, "SET 'execution.checkpointing.min-pause' = '%u ms';\n", sim_pick(300));
    if (sim_pick(2)) strbuf_addf(sql, "SET 'execution.checkpointing.tolerable-failed-checkpoints' = '%u';\n", sim_pick(3));
    if (sim_pick(4) == 0) strbuf_addf(sql, "SET 'execution.checkpointing.timeout' = '%u ms';\n", 20 + sim_pick(100));
    strbuf_addf(sql, sources, "src", 0, bounded);
    strbuf_addf(sql, sources, "other", 1, bounded);
    StrBuf inserts = { 0 };
    world.ntargets = 1 + sim_pick(TARGETS);
    for (uint32_t i = 0; i < world.ntargets; i++) {
        const Shape *shape = &shapes[sim_pick(sizeof shapes / sizeof *shapes)];
        Target *target = &world.targets[i];
        target->kind = sim_pick(2) ? TARGET_EXACT : !shape->appends ? TARGET_AT_LEAST_ONCE : sim_pick(2) ? TARGET_FILES : TARGET_AT_LEAST_ONCE;
        if (target->kind == TARGET_AT_LEAST_ONCE && !shape->appends && (!shape->key || shape->fleeting)) target->kind = TARGET_EXACT;
        /* Written again, a changelog makes sense only by key; an exactly-once target also keeps one as a multiset, which is the sharper judge. */
        target->npk = shape->key && (target->kind == TARGET_AT_LEAST_ONCE || sim_pick(3) == 0) ? shape->npk : 0;
        static const char *const connectors[] = { [TARGET_EXACT] = "simexact", [TARGET_AT_LEAST_ONCE] = "simplain", [TARGET_FILES] = "simfiles" };
        strbuf_addf(sql, "CREATE TABLE out%u (%s%s%s%s) WITH ('connector' = '%s', 'target' = '%u');\n", i, shape->columns, target->npk ? ", PRIMARY KEY (" : "", target->npk ? shape->key : "",
                    target->npk ? ") NOT ENFORCED" : "", connectors[target->kind], i);
        strbuf_addf(&inserts, "  INSERT INTO out%u %s;\n", i, shape->query);
    }
    strbuf_addz(sql, "EXECUTE STATEMENT SET BEGIN\n");
    strbuf_adds(sql, strbuf_str(&inserts));
    strbuf_addz(sql, "END;\n");
    strbuf_free(&inserts);
}

static Str no_variable(void *ctx, Str name)
{
    (void)ctx;
    (void)name;
    return STR_NULL;
}

/* --- the process --- */

typedef struct Process { Arena *arena; Catalog *catalog; AnalyzeEnv env; Plan *plan; JobConfig config; Runner runner; atomic_bool cancel; } Process;
static Process process;
static char state_dir[64];

static uint64_t newest_durable(void)
{
    if (!process.runner.store) return 0;
    Arena *arena = arena_new();
    CkptList list = { 0 };
    Err err = { 0 };
    uint64_t id = store_list(process.runner.store, arena, &list, &err) && list.n ? list.v[0].id : 0;
    arena_free(arena);
    return id;
}

static bool plan_job(const char *sql, Err *err)
{
    process.arena = arena_new();
    process.catalog = catalog_new();
    process.env = (AnalyzeEnv){ .catalog = process.catalog, .config_arena = process.arena };
    options_set(process.arena, &process.env.config, STR("table.local-time-zone"), STR("UTC"));
    Script script = { .text = str_of(sql), .vars = no_variable };
    for (;;) {
        ScriptStmt stmt;
        AnalyzeResult result;
        if (!script_next(&script, process.arena, &stmt, err)) return false;
        if (!stmt.stmt) return process.plan != NULL;
        if (!statement_analyze(&process.env, process.arena, stmt.stmt, stmt.text, &result, err)) return false;
        if (result.kind == RESULT_PLAN) process.plan = result.plan_owned;
    }
}

/* The checkpoint writer runs beside the job; in the end it is quick, so that every job comes to its end. */
static bool store_now(void)
{
    return !world.faults || sim_pick(6) == 0 || clock_now_us() > WORLD_BEGIN_US + 10000000;
}

/* Whether a checkpoint that is on its way when the process dies still becomes durable is anyone's guess. */
static void drop_process(void)
{
    if (world.dead && sim_pick(2)) atomic_store(&process.cancel, true);
    runner_free(&process.runner);
    plan_free(process.plan);
    if (process.catalog) catalog_free(process.catalog);
    arena_free(process.arena);
    memset(&process, 0, sizeof process);
    world.dead = false;
}

/* A point of the store is made to fail in the next step; sometimes the process then dies of it. */
static const char *arm_store(const char *const *points, uint32_t n)
{
    if (!sim_may_fail(60)) return NULL;
    const char *point = points[sim_pick(n)];
    fault_arm(point, 1);
    return point;
}

static void disarm_store(const char *point)
{
    if (!point) return;
    bool hit = fault_count(point) > 0;
    fault_disarm_all();
    sim_trace("%s %s", point, hit ? "failed" : "was not reached");
    if (hit && sim_pick(2)) world.dead = true;
    if (!hit) world.failures++;
}

/* Whether the job shall go on in this process after a failure (a restart strategy), or the process ends with it. */
static bool restart(Err *err)
{
    while (!world.dead && err->retriable && sim_pick(4)) {
        sim_trace("restart after: %s", err->message);
        runner_close_pipeline(&process.runner);
        clock_advance(sim_pick(500000));
        err_clear(err);
        if (runner_open(&process.runner, err)) return true;
    }
    return false;
}

static bool all_read(void)
{
    const Pipeline *pipeline = &process.runner.pipeline;
    uint64_t rows = 0, wanted = 0;
    for (uint32_t i = 0; i < pipeline->nops; i++) {
        if (!op_is_source(pipeline->ops[i])) continue;
        rows += pipeline->ops[i]->rows_out;
        const ConnTable *table = pipeline->ops[i]->node->u.scan.conn;
        const Topic *topic = &world.topics[str_is(table->name, "other")];
        for (uint32_t p = 0; p < topic->nparts; p++) wanted += topic->nrows[p];
    }
    return rows == wanted;
}

typedef enum Life { LIFE_DONE, LIFE_AGAIN, LIFE_STUCK } Life;

/* One life of the process: from its start to its end, a crash, or a stop after which it is started again. */
static Life live(const char *sql, Err *err)
{
    enum { STEPS_MAX = 20000, IDLE_STEPS = 60 /* long enough for the last watermark's timer */ };
    static const char *const writing[] = { "store.begin", "store.chunk", "store.commit", "store.note" };
    if (!plan_job(sql, err)) {
        sim_broken("no plan: %s", err->message);
        return LIFE_STUCK;
    }
    process.config = (JobConfig){ .state_dir = state_dir, .state_name = STR("job"), .single_threaded = true, .store_now = store_now, .cancel = &process.cancel, .max_batch_rows = (uint32_t[]){ 0, 1, 3 }[sim_pick(3)] };
    const char *opening = arm_store((const char *const[]){ "store.open", "store.read" }, 2);
    bool ok = runner_init(&process.runner, process.plan, &process.config, err) && runner_open(&process.runner, err);
    disarm_store(opening);
    uint32_t stop_at = sim_may_fail(4) ? sim_pick(60) : UINT32_MAX, idle = 0;
    for (uint32_t step = 0; step < STEPS_MAX; step++) {
        if (!ok) idle = 0;
        if (!ok && !world.dead) ok = restart(err);
        if (world.dead) return LIFE_AGAIN;
        if (!ok) return err->retriable || err->code == E_IO ? LIFE_AGAIN : LIFE_STUCK;
        const char *point = arm_store(writing, 4);
        bool stopping = idle > IDLE_STEPS || step == stop_at;
        StepResult result = STEP_WORKED;
        if (stopping) ok = runner_stop(&process.runner, err);
        else ok = (result = runner_step(&process.runner, 50000, err)) != STEP_FAILED;
        disarm_store(point);
        if (result == STEP_ENDED) return LIFE_DONE;      /* whatever happens now, there is nothing left to begin again from */
        if (world.dead || !ok) continue;
        if (stopping) sim_trace("stopped");
        if (stopping) return idle > IDLE_STEPS ? LIFE_DONE : LIFE_AGAIN;
        if (result == STEP_IDLE) clock_advance(20000);
        idle = all_read() ? idle + 1 : 0;
    }
    sim_broken("the job does not come to its end");
    return LIFE_STUCK;
}

/* The plants among the harness's own: the newest checkpoint was not durable after all when the process died, or the whole store is gone. */
static void lose_checkpoints(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/job/checkpoints.db", state_dir);
    if (world.plant == PLANT_LOSE_STATE) unlink(path);
    sqlite3 *db = NULL;
    if (world.plant == PLANT_EARLY_COMMIT && sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
        sqlite3_exec(db, "DELETE FROM chunks WHERE seq >> 24 = (SELECT max(id) FROM checkpoints); DELETE FROM checkpoints WHERE id = (SELECT max(id) FROM checkpoints)", NULL, NULL, NULL);
    sqlite3_close(db);
}

static void run_to_end(const char *sql)
{
    for (int lives = 0; !world.broken[0]; lives++) {
        Err err = { 0 };
        sim_trace("start %d", lives);
        Life life = live(sql, &err);
        if (life == LIFE_STUCK && !world.broken[0]) sim_broken("the job cannot go on: %s", err.message);
        if (err.set) sim_trace("ended by: %s", err.message);
        drop_process();
        if (life != LIFE_AGAIN) return;
        lose_checkpoints();
        if (lives > 200) sim_broken("the job is started again and again");
    }
}

static void clear_state(void)
{
    static const char *const files[] = { "checkpoints.db", "checkpoints.db-journal", "lock" };
    char path[128];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/job/%s", state_dir, files[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/job", state_dir);
    rmdir(path);
}

/* --- histories --- */

static bool compare(Target *references)
{
    static const char *const kinds[] = { [TARGET_EXACT] = "exactly-once", [TARGET_AT_LEAST_ONCE] = "at-least-once", [TARGET_FILES] = "files" };
    for (uint32_t i = 0; i < world.ntargets && !world.broken[0]; i++) {
        StrBuf why = { 0 };
        if (!target_matches(&world.targets[i], &references[i], &why)) sim_broken("target %u (%s): " STR_FMT, i, kinds[world.targets[i].kind], STR_ARG(strbuf_str(&why)));
        strbuf_free(&why);
    }
    return !world.broken[0];
}

static bool history(uint64_t seed, Plant plant)
{
    StrBuf sql = { 0 };
    Target references[TARGETS] = { 0 };
    random_seed(seed);
    world_init(seed, plant);
    world.schedule = ~seed;
    write_job(&sql);
    const char *text = strbuf_cstr(&sql);
    world_restart(false);
    world.plant = PLANT_NONE;
    run_to_end(text);
    world.plant = plant;
    clear_state();
    for (uint32_t i = 0; i < TARGETS; i++) {
        references[i] = world.targets[i];
        world.targets[i] = (Target){ .kind = references[i].kind, .npk = references[i].npk };
    }
    if (!world.broken[0]) {
        world_restart(true);
        run_to_end(text);
        clear_state();
    }
    bool ok = !world.broken[0] && compare(references);
    if (world.verbose || !ok) printf("%s" STR_FMT, text, STR_ARG(strbuf_str(&world.trace)));
    if (!ok) printf("seed %llu: %s\n", (unsigned long long)seed, world.broken);
    world_free();
    for (uint32_t i = 0; i < TARGETS; i++) target_clear(&references[i]);
    strbuf_free(&sql);
    return ok;
}

/* --- command line --- */

static Plant find_plant(const char *name)
{
    for (int i = 0; i < PLANT_COUNT; i++)
        if (strcmp(plant_names[i], name) == 0) return (Plant)i;
    fprintf(stderr, "sim: no plant \"%s\"\n", name);
    exit(2);
}

static void list_plants(void)
{
    for (int i = 1; i < PLANT_COUNT; i++) printf("%s\n", plant_names[i]);
}

/* On a file system in memory where there is one: a checkpoint syncs its file several times. */
static void make_state_dir(void)
{
    snprintf(state_dir, sizeof state_dir, "%s/weir-sim.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(state_dir)) exit(2);
}

int main(int argc, char **argv)
{
    uint64_t seed = random_u64() % 1000000000;
    Plant plant = PLANT_NONE;
    int64_t seconds = 5;
    bool one = false;
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--list-plants") == 0) return list_plants(), 0;
        else if (more && strcmp(argv[i], "--seconds") == 0) seconds = atoll(argv[++i]);
        else if (more && strcmp(argv[i], "--plant") == 0) plant = find_plant(argv[++i]);
        else if (more && strcmp(argv[i], "--seed") == 0) seed = strtoull(argv[++i], NULL, 10), one = true;
        else return fprintf(stderr, "usage: sim [--seconds N] [--seed N] [--plant NAME] [--list-plants]\n"), 2;
    }
    make_state_dir();
    log_set(one ? LOG_DEBUG : LOG_ERROR, false);
    connector_add(&sim_log);
    connector_add(&sim_exact);
    connector_add(&sim_plain);
    connector_add(&sim_files);
    world.newest_durable = newest_durable;
    world.verbose = one;
    int64_t begun = clock_monotonic_us();
    uint64_t n = 0;
    bool ok = true;
    do {
        ok = history(seed + n++, plant);
        clock_thaw();
    } while (ok && !one && clock_monotonic_us() - begun < seconds * 1000000);
    rmdir(state_dir);
    printf("sim: %llu histories, %s (sim --seed %llu replays%s%s)\n", (unsigned long long)n, ok ? "no promise broken" : "a promise was BROKEN", (unsigned long long)(seed + n - 1),
           plant ? " with --plant " : "", plant ? plant_names[plant] : "");
    return ok ? 0 : 1;
}
