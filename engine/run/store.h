/* CkptStore: the checkpoints of one job in one SQLite file (or in memory), each visible whole or not at all.
 * A checkpoint is a stream of bytes (snapshot.c) cut into chunks, each compressed with zstd and summed with XXH3, written in one transaction
 * together with its row of facts; the same transaction drops the oldest ones. SQLite's rollback journal makes that atomic and durable.
 *   meta         key TEXT PRIMARY KEY, value TEXT: format, lineage, committed, origin
 *   checkpoints  id, created_us (wall clock), duration_us, bytes, stored_bytes, chunks, positions, operators
 *   chunks       seq = id << 24 | number, raw_len, sum (XXH3 of id, number, raw length and the stored bytes), bytes
 * Threading: one caller at a time; the job's thread and its checkpoint writer hand it to each other (ckpt_writer.h). */
#ifndef WEIR_RUN_STORE_H
#define WEIR_RUN_STORE_H
#include "engine/base/clock.h"
#include "engine/base/err.h"

enum { LINEAGE_LEN = RANDOM_ID_LEN };
typedef struct CkptStore CkptStore;

/* Facts about one checkpoint; texts are for people. */
typedef struct CkptInfo {
    uint64_t id;
    int64_t created_us, duration_us;             /* barrier's wall-clock time; barrier to durable */
    uint64_t bytes, stored_bytes; uint32_t chunks;
    Str positions;                               /* "readings[0]@1234, orders.csv@17", one line */
    Str operators;                               /* "12345\tGroupAggregate(..)\n": bytes of state per operator */
} CkptInfo;
typedef struct CkptList { CkptInfo *v; uint32_t n, cap; } CkptList;

/* path NULL: in memory. Creates the file unless read_only. NULL + E_SNAPSHOT / E_IO when it cannot be opened or is no such file. */
CkptStore *store_open(const char *path, bool read_only, Err *err);
void store_close(CkptStore *store);
/* Identity of this chain of checkpoints: 32 hex digits, made when the store was, and anew by store_clear. */
Str store_lineage(const CkptStore *store);
/* Drops every checkpoint and begins a new lineage. */
bool store_clear(CkptStore *store, Err *err) MUST_CHECK;
/* Drops the checkpoints after this one: damaged ones, behind which a job has begun again. */
bool store_drop_newer(CkptStore *store, uint64_t id, Err *err) MUST_CHECK;

/* Writing: begin, any number of puts, then publish or abort. keep: how many checkpoints are there afterwards at the most.
 * info->stored_bytes and chunks are filled in by publish. */
bool store_begin(CkptStore *store, uint64_t id, Err *err) MUST_CHECK;
bool store_put(CkptStore *store, Str bytes, Err *err) MUST_CHECK;
bool store_publish(CkptStore *store, CkptInfo *info, uint32_t keep, Err *err) MUST_CHECK;
void store_abort(CkptStore *store);

/* Notes that the sinks hold everything up to checkpoint id (a clean stop); the last id noted, 0 = none. */
bool store_note_committed(CkptStore *store, uint64_t id, Err *err) MUST_CHECK;
bool store_committed(CkptStore *store, uint64_t *id, Err *err) MUST_CHECK;

/* Notes the file that the job's name comes from; *before (appended): the one noted last, when it is another. */
bool store_note_origin(CkptStore *store, Str origin, StrBuf *before, Err *err) MUST_CHECK;

/* Newest first; texts in arena. */
bool store_list(CkptStore *store, Arena *arena, CkptList *out, Err *err) MUST_CHECK;
/* The bytes of a checkpoint, every sum checked; E_SNAPSHOT says what is damaged. */
bool store_load(CkptStore *store, uint64_t id, StrBuf *out, Err *err) MUST_CHECK;
#endif
