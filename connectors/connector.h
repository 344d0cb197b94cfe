/* What a connector is: a row of connectors/table.c. Connectors see base, type, this header, format.h and their client library.
 * Threading: a Source or Sink is used by its job's thread only; client libraries may run threads of their own behind it.
 * Contract of recovery: position() after poll() covers exactly the rows handed out so far. Exactly-once: docs/recovery.md. */
#ifndef WEIR_CONNECTORS_CONNECTOR_H
#define WEIR_CONNECTORS_CONNECTOR_H
#include "engine/base/option.h"
#include "engine/type/batch.h"
#include "engine/type/datetime.h"

/* Changelog kinds as a bit set: 1 << RowOp. */
enum { CHANGES_INSERT = 1, CHANGES_UB = 2, CHANGES_UA = 4, CHANGES_DELETE = 8, CHANGES_UPSERT = 1 | 4 | 8, CHANGES_ALL = 15 };

/* A table as its connector sees it: plain data, owned by the plan (or by the caller during check). */
typedef struct ConnTable {
    Str identifier;                              /* "default_catalog.default_database.t" */
    Str name;
    Schema physical;                             /* physical columns in order of declaration */
    const uint32_t *pk; uint32_t npk;            /* indexes into physical */
    const Str *partition; uint32_t npartition;
    const Options *options;
    const Zone *zone;
} ConnTable;

typedef struct MetadataDef { const char *key; const char *type; bool writable; const char *doc; } MetadataDef;  /* type: "TIMESTAMP_LTZ(3) NOT NULL"; key NULL ends */

/* One conjunct a source may evaluate itself: column op constant (IS NULL: no value). The operator above still checks it unless `exact`. */
typedef enum PushOp { PUSH_EQ, PUSH_NE, PUSH_LT, PUSH_LE, PUSH_GT, PUSH_GE, PUSH_LIKE, PUSH_IS_NULL, PUSH_IS_NOT_NULL } PushOp;
typedef struct PushPred { uint32_t column; /* of physical */ PushOp op; Datum value; } PushPred;

typedef struct SourceSpec {
    const ConnTable *table;
    const Schema *out;                           /* produced batches have exactly these columns */
    const uint32_t *physical; uint32_t nphysical; /* out[0..nphysical-1] = table->physical[physical[i]] */
    const Str *metadata; uint32_t nmetadata;     /* out[nphysical + i] = this metadata key, in the key's declared type */
    const PushPred *preds; uint32_t npreds;
    int64_t limit;                               /* -1 = none: rows beyond need not be read */
    bool batch;                                  /* batch mode: must end */
    Str inline_input;                            /* lines handed to the job from outside (test cases) */
    Str job_name;                                /* for group ids and client ids */
    uint32_t parallel_index, parallel_count;     /* this instance of N (0 of 1) */
    const _Atomic(bool) *cancel;                 /* becomes true when the job must end now: long waits look at it; NULL = never */
} SourceSpec;

typedef enum PollResult { POLL_DATA, POLL_IDLE, POLL_END, POLL_ERROR } PollResult;
typedef struct SourceStats { uint64_t rows, bytes, bad_records, lag; bool has_lag; } SourceStats;
/* Where a consumer group stands once a checkpoint is durable: the next offset to read. cluster: the Kafka cluster's id; a transaction reaches one cluster only. */
typedef struct GroupOffset { Str cluster, group, topic; int32_t partition; int64_t offset; } GroupOffset;
typedef struct GroupOffsets { GroupOffset *v; uint32_t n, cap; } GroupOffsets;
typedef struct Source Source;                    /* concrete sources embed nothing: opaque per connector */
typedef struct SourceVt {
    /* saved_position: bytes of an earlier position() of the same table, or empty for a fresh start. */
    Source *(*open)(const SourceSpec *spec, Str saved_position, Err *err);
    /* Waits up to timeout_ms for rows. POLL_DATA: *out_borrowed valid until the next call. POLL_IDLE: nothing now. POLL_END: bounded input is exhausted. */
    PollResult (*poll)(Source *source, int timeout_ms, const Batch **out_borrowed, Err *err);
    bool (*position)(Source *source, StrBuf *out, Err *err);
    /* Checkpoint `ckpt_id` that holds the given position is durable: commit offsets to the group, etc. NULL = nothing to do. */
    bool (*committed)(Source *source, uint64_t ckpt_id, Str position, Err *err);
    /* Group offsets that `position` stands for, appended to *out in arena: an exactly-once kafka sink sends them in its transaction. NULL = none. */
    bool (*group_offsets)(Source *source, Str position, Arena *arena, GroupOffsets *out, Err *err);
    /* The present position for people: "readings[0]@1234 [1]@77"; appended. NULL = nothing to show. */
    void (*position_text)(Source *source, StrBuf *out);
    /* Splits (partitions) assigned now; rows carry Batch.split < this. NULL = 1. finished(split): bounded split that ended. */
    uint32_t (*splits)(Source *source);
    bool (*split_finished)(Source *source, uint32_t split);
    /* Arrival number of the next row across all sources of the job (fixture): the runner polls the smallest. NULL = unordered. UINT64_MAX = none left. */
    uint64_t (*next_order)(Source *source);
    void (*stats)(const Source *source, SourceStats *out);   /* may be NULL */
    void (*close)(Source *source);
    /* Where row `row` of the batch handed out last was read, for the error of an operator that failed on it: topic "t", partition 0, offset 42. May do
     * I/O: the job ends. NULL = the source does not know. */
    void (*where)(Source *source, const Batch *batch, uint32_t row, StrBuf *out);
} SourceVt;

typedef struct SinkSpec {
    const ConnTable *table;
    const Schema *in;                            /* physical columns (all, in order) then writable metadata columns */
    const Str *metadata; uint32_t nmetadata;     /* in[physical.n + i] */
    uint8_t changes;                             /* kinds that will come */
    int32_t rowtime;                             /* column of `in` that is the rowtime attribute, -1 */
    bool overwrite;
    const Options *static_partition;             /* INSERT INTO t PARTITION (k='v') */
    Str job_name;
    uint32_t parallel_index, parallel_count;
    const _Atomic(bool) *cancel;                 /* as SourceSpec.cancel: retries of an absent server look at it */
    /* Exactly-once (ConnectorDef.exactly_once said so): the rows of one epoch are written in one go right before commit(epoch). */
    bool exactly_once;
    bool settled;                                /* what the restored checkpoint left to commit is known to be in the target, or there was nothing */
    bool fresh;                                  /* the job starts over: claim() may replace what the target holds of another lineage */
    Str epoch_key;                               /* names this sink of this job in the target, the same after every restart: "weather/default_catalog.default_database.t" */
    Str lineage;                                 /* 32 hex digits: the chain of checkpoints that this job continues; a fresh start begins a new one */
    const GroupOffsets *(*offsets)(void *ctx); void *offsets_ctx;   /* of the epoch that is being committed; valid during the call */
} SinkSpec;
#define EPOCH_FORGOTTEN UINT64_MAX
typedef struct SinkStats { uint64_t rows, bytes, retries; } SinkStats;
typedef struct Sink Sink;
typedef struct SinkVt {
    /* saved: bytes of the prepare() handle in the restored checkpoint, or empty. */
    Sink *(*open)(const SinkSpec *spec, Str saved, Err *err);
    bool (*write)(Sink *sink, const Batch *borrowed, Err *err);
    /* Called at least when next_deadline_us (monotonic clock) has passed: timed flushes, producer callbacks, errors found in the background. */
    bool (*tick)(Sink *sink, int64_t now_us, Err *err);
    int64_t (*next_deadline_us)(Sink *sink);                 /* INT64_MAX = none */
    /* Barrier: everything written so far is durable (at-least-once) or prepared (exactly-once); handle goes into the checkpoint. */
    bool (*prepare)(Sink *sink, uint64_t ckpt_id, StrBuf *handle, Err *err);
    /* Checkpoint is durable; idempotent. NULL = nothing. Exactly-once sinks with claim(): all rows written since the last commit, and the number
     * ckpt_id, become visible in the target in one step. A retriable Err says that they did not, or that nobody knows: the job goes back to that same
     * checkpoint, opens the sink anew, and claim() tells whether the epoch has to be written again. */
    bool (*commit)(Sink *sink, uint64_t ckpt_id, Err *err);
    /* Exactly-once sinks whose target keeps the epoch beside the rows; called once after open, before the first write. *epoch: the last one of spec->lineage
     * that the target holds, 0 = none, EPOCH_FORGOTTEN = a target that notes each lineage at its start has no note of this one; *other: the last one of
     * another lineage (at least 1) when it holds that instead, else 0: replaced when spec->fresh, else left as it is (the caller refuses to go on). From now on no earlier writer of spec->epoch_key can commit (fencing); a commit of it that is under way is waited for. prepare() is not called for such sinks. */
    bool (*claim)(Sink *sink, uint64_t *epoch, uint64_t *other, Err *err);
    bool (*finish)(Sink *sink, Err *err);                    /* input ended: flush all, wait for acknowledgement */
    void (*stats)(const Sink *sink, SinkStats *out);
    void (*close)(Sink *sink);                               /* without flushing: after finish or an error */
} SinkVt;

enum { CONN_SOURCE = 1, CONN_SINK = 2, CONN_LOOKUP = 4, CONN_BOUNDED = 8 /* scan always ends */, CONN_PUSH_PROJECTION = 16, CONN_PUSH_FILTER = 32, CONN_PUSH_LIMIT = 64,
    CONN_OVERWRITE = 128, CONN_PARTITIONED = 256, CONN_NEEDS_PK = 512, CONN_STABLE_RESCAN = 1024,
    CONN_COUNTED_POSITION = 2048 /* a position counts rows of the very scan: another condition, limit or scan option makes it useless */ };
typedef struct ConnectorDef {
    const char *name; unsigned caps;
    const OptionDef *options;
    const MetadataDef *metadata;                 /* NULL = none */
    bool formats; bool key_format;               /* takes 'format' / 'key.format','value.format' with the formats' own options */
    /* Further checks of options and schema, without I/O, when the table is used by a query (Flink checks at use, not at CREATE). */
    bool (*check)(const ConnTable *table, bool as_sink, Err *err);
    /* Kinds the scan yields (CHANGES_*; upsert = I,UA,D without UB); and the kinds the sink accepts given its schema (pk) and options. NULL = insert only. */
    uint8_t (*source_changes)(const ConnTable *table);
    uint8_t (*sink_changes)(const ConnTable *table);
    bool (*bounded)(const ConnTable *table);     /* NULL = caps & CONN_BOUNDED */
    bool (*exactly_once)(const ConnTable *table);        /* as a sink: the options ask for it, or it always is; NULL = never */
    bool (*transient)(const ConnTable *table);   /* what the table holds ends with the process (embedded broker): no position in it outlives it; NULL = never */
    const SourceVt *source; const SinkVt *sink; const struct LookupVt *lookup;
    const char *doc;
} ConnectorDef;

const ConnectorDef *connector_find(Str name);    /* exact; NULL */
/* Tests: one connector more than the table's rows, found by name like them; before any other thread runs. */
void connector_add(const ConnectorDef *def);
const ConnectorDef *const *connector_all(uint32_t *n);
/* Option tables of a connector with the formats that the options choose: for options_check, completion, docs. Returns count (<= max). */
uint32_t connector_option_tables(const ConnectorDef *def, const Options *options, OptionTable *out, uint32_t max);
#endif
