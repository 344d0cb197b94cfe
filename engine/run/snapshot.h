/* Snapshots of a pipeline: the state of every operator after a barrier as one stream of bytes, and the way back. Where the bytes are kept is the
 * caller's business (store.h).
 *   "WSN2" | for each operator with state: u8 1, key (what it means to its state: plan/state_key.h), name (for people), common part (watermarks,
 *   ended inputs, counters), own state, each u32 length and bytes | u8 0
 * Operators are matched by key, so a changed query keeps the state of those that mean the same. What passes rows on without state is not saved: its
 * watermarks follow from its inputs'. Private to engine/run. */
#ifndef WEIR_RUN_SNAPSHOT_H
#define WEIR_RUN_SNAPSHOT_H
#include "engine/run/pipeline.h"

typedef bool SnapshotPut(void *ctx, Str bytes, Err *err);
/* After pipeline_barrier, before anything else runs: hands the bytes to put() piece by piece. */
bool snapshot_encode(const Pipeline *pipeline, SnapshotPut *put, void *ctx, Err *err) MUST_CHECK;
/* SnapshotPut into a StrBuf. */
bool snapshot_append(void *strbuf, Str bytes, Err *err);
/* "12345\tname\n" for each operator that holds state now (bytes of memory). */
void snapshot_operators(const Pipeline *pipeline, StrBuf *out);

/* What a snapshot and a plan have not in common: lines of names. lost: state that no operator of the plan claims; missing: operators of the plan that
 * keep state and find none. */
typedef struct SnapshotDiff { StrBuf lost, missing; uint32_t nlost, nmissing; } SnapshotDiff;
bool snapshot_compare(const Plan *plan, Str snapshot, SnapshotDiff *out, Err *err) MUST_CHECK;
void snapshot_diff_free(SnapshotDiff *diff);
#endif
