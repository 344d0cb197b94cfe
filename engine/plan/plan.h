/* Plan: the job graph as plain data. Made by parser/, run by run/. Immutable once finished; lives in its own arena.
 * A node's row is its kind, its inputs, its output schema, what changelog kinds and upsert keys it yields, and the config of its kind.
 * To add an operator: a PlanKind, its config struct, a planner rule, a row in op/op_table.c. ORDER PlanKind: plan_kind_name. */
#ifndef WEIR_PLAN_PLAN_H
#define WEIR_PLAN_PLAN_H
#include "connectors/connector.h"
#include "engine/expr/agg.h"
#include "engine/plan/catalog.h"

typedef enum PlanKind {
    PLAN_SCAN, PLAN_VALUES, PLAN_CALC, PLAN_WATERMARK, PLAN_NORMALIZE, PLAN_GROUP_AGG, PLAN_WINDOW_TVF, PLAN_WINDOW_AGG, PLAN_EXPAND, PLAN_UNION,
    PLAN_SORT, PLAN_LIMIT, PLAN_OVER, PLAN_UNNEST, PLAN_JOIN, PLAN_MATERIALIZE, PLAN_SINK,
    PLAN_KIND_COUNT
} PlanKind;

typedef struct PlanNode PlanNode;

typedef struct ScanConfig {
    const TableDef *table; const ConnectorDef *connector; const ConnTable *conn;
    uint32_t *physical; uint32_t nphysical; Str *metadata; uint32_t nmetadata;   /* as SourceSpec */
    PushPred *preds; uint32_t npreds; int64_t limit;
} ScanConfig;
typedef struct ValuesConfig { Datum *cells; uint32_t nrows; } ValuesConfig;      /* row-major */
typedef struct CalcConfig { Expr *filter; Expr **exprs; uint32_t nexprs; } CalcConfig;   /* filter NULL = all rows; exprs in order of the output */
typedef struct WatermarkConfig { uint32_t rowtime; Expr *expr; int64_t idle_timeout_us; int64_t interval_us; bool on_event; } WatermarkConfig; /* interval 0 = after every row */
typedef struct NormalizeConfig { uint32_t *key; uint32_t nkey; Expr *filter; } NormalizeConfig; /* upsert changes -> I,UB,UA,D by state per key; filter (NULL = none) pushed below the state: a row that fails it counts as a delete */
typedef struct GroupAggConfig {
    uint32_t *keys; uint32_t nkeys; AggCall *calls; uint32_t ncalls;             /* output: keys, then results */
    bool global_row_when_empty;                                                  /* batch mode without keys */
    bool at_end;                                                                 /* batch mode: emit final rows at the end of input */
    bool emit_before;                                                            /* downstream needs -U */
    int64_t ttl_us;                                                              /* 0 = for ever */
} GroupAggConfig;
typedef enum WindowKind { WINDOW_TUMBLE, WINDOW_HOP, WINDOW_CUMULATE, WINDOW_SESSION } WindowKind;
typedef struct WindowSpec {
    WindowKind kind; uint32_t time_col; bool proctime /* then time_col is not read */; bool legacy;              /* legacy: GROUP BY TUMBLE(..) */
    int64_t size_us, slide_us, offset_us;                                        /* SESSION: size = gap; CUMULATE: slide = step */
    uint32_t *partition; uint32_t npartition;                                    /* SESSION keys */
    const Zone *zone;                                                            /* LTZ time column: windows cut on local time; NULL otherwise */
} WindowSpec;
typedef struct WindowTvfConfig { WindowSpec window; } WindowTvfConfig;           /* output: input columns, window_start, window_end, window_time */
typedef enum WindowProp { WPROP_START, WPROP_END, WPROP_TIME /* end - 1 ms */, WPROP_PROCTIME } WindowProp;
typedef struct WindowAggConfig {
    WindowSpec window; uint32_t *keys; uint32_t nkeys; AggCall *calls; uint32_t ncalls;
    WindowProp *props; uint32_t nprops;                                          /* output: keys, results, props */
    int64_t allow_lateness_us; bool early_fire, late_fire; int64_t early_delay_us, late_delay_us;
} WindowAggConfig;
typedef struct ExpandConfig { Expr ***rows; uint32_t nrows; } ExpandConfig;      /* grouping sets: each input row becomes nrows rows of schema.n expressions */
typedef struct SortKey { uint32_t column; bool desc, nulls_first; } SortKey;
typedef struct SortConfig { SortKey *keys; uint32_t nkeys; bool by_time; int64_t limit, offset; } SortConfig;  /* by_time: streaming, first key ascending rowtime; else bounded, sorts at the end. limit -1 = none */
typedef struct LimitConfig { int64_t limit, offset; } LimitConfig;
typedef enum OverFunc { OVER_AGG, OVER_ROW_NUMBER, OVER_RANK, OVER_DENSE_RANK, OVER_PERCENT_RANK, OVER_CUME_DIST, OVER_NTILE, OVER_LAG, OVER_LEAD } OverFunc;
typedef struct OverCall { OverFunc func; AggCall agg; int64_t offset; Datum dflt; int32_t dflt_col; const Type *type;   /* NTILE n, LAG/LEAD n in offset */
    bool rows; bool start_unbounded, end_unbounded; int64_t start, end; bool range_interval; } OverCall;              /* frame, offsets relative to the current row (negative = preceding) */
typedef struct OverConfig { uint32_t *partition; uint32_t npartition; SortKey *order; uint32_t norder; OverCall *calls; uint32_t ncalls; bool by_time, proctime; } OverConfig;  /* output: input columns, then results */
typedef struct UnnestConfig { Expr *collection; bool ordinality, outer; Expr *condition; } UnnestConfig;            /* output: input columns, element column(s), [ordinality]; condition over the output (LEFT JOIN .. ON) */
typedef enum MergeMode { MERGE_LAST, MERGE_FIRST /* ON CONFLICT DO NOTHING */, MERGE_FAIL /* DO ERROR */ } MergeMode;
/* Regular join of two changelogs by equal keys (of equal types; none = every pair), with the rows of both sides kept for ever (or their TTL). */
typedef enum PlanJoinKind { PLAN_JOIN_INNER, PLAN_JOIN_LEFT, PLAN_JOIN_RIGHT, PLAN_JOIN_FULL } PlanJoinKind;
typedef struct JoinConfig { PlanJoinKind kind; uint32_t *left_keys, *right_keys; uint32_t nkeys; bool null_safe; /* IS NOT DISTINCT FROM: NULL keys match */ bool at_end; /* batch mode: rows are padded at the end of input */
    Expr *condition; /* over left columns, then right ones; NULL = none */ int64_t ttl_us[2]; /* of the left rows, the right ones; 0 = for ever */ } JoinConfig;                             /* output: left columns, then right ones */
typedef struct MaterializeConfig { uint32_t *key; uint32_t nkey; } MaterializeConfig; /* sink key differs from the query's upsert key: last row per sink key */
typedef enum NullPolicy { NULLS_ERROR, NULLS_DROP } NullPolicy;
typedef struct SinkConfig {
    const TableDef *table; const ConnectorDef *connector; const ConnTable *conn; /* connector NULL = collect: rows of a top-level SELECT go to the session */
    Str *metadata; uint32_t nmetadata; NullPolicy null_policy; int32_t rowtime; bool overwrite; const Options *static_partition;
    uint8_t accepts;                                                             /* CHANGES_* that the sink takes */
    bool on_conflict; MergeMode conflict;                                        /* INSERT .. ON CONFLICT */
} SinkConfig;

struct PlanNode {
    PlanKind kind;
    uint32_t id;                                 /* position in Plan.nodes */
    Span span;
    PlanNode **inputs; uint32_t ninputs;
    const Schema *schema;
    uint8_t changes;                             /* CHANGES_* this node may emit */
    /* Unique (upsert) keys of the output: nkeys sets of column indexes; a set of length 0 with has_single_row = at most one row. */
    struct { uint32_t *cols; uint32_t n; } *upsert_keys; uint32_t nupsert_keys;
    int32_t rowtime;                             /* output column that carries the watermark's time, -1 = none */
    bool bounded;
    union {
        ScanConfig scan; ValuesConfig values; CalcConfig calc; WatermarkConfig watermark; NormalizeConfig normalize; GroupAggConfig group_agg;
        WindowTvfConfig window_tvf; WindowAggConfig window_agg; ExpandConfig expand; SortConfig sort; LimitConfig limit; OverConfig over; UnnestConfig unnest;
        JoinConfig join; MaterializeConfig materialize; SinkConfig sink;
    } u;
};

typedef struct Plan {
    Arena *arena;                                /* owns all; plan_free releases */
    PlanNode **nodes; uint32_t nnodes;           /* topological: inputs before users */
    PlanNode **sinks; uint32_t nsinks;
    bool batch; const Zone *zone;
    Str name;                                    /* pipeline.name or insert-into_<path> or "collect" */
    int64_t auto_watermark_interval_us;
    int64_t state_ttl_us;                        /* table.exec.state.ttl; aggregates and joins have their own, which STATE_TTL may change */
    const Options *config;                       /* SET values in force */
} Plan;
const char *plan_kind_name(PlanKind kind);       /* "Calc", "GroupAggregate", .. as EXPLAIN shows */
PlanNode *plan_node(Plan *plan, PlanKind kind, PlanNode *const *inputs, uint32_t ninputs, const Schema *schema, Span span);
void plan_free(Plan *plan);
/* Tree text with changelogMode=[I,UB,UA,D], keys and state growth, one node a line (Flink's `+- Node(k=[v])` shape). */
void plan_explain(const Plan *plan, StrBuf *out);
/* One node as EXPLAIN shows it, without changelog mode, keys and state: "GroupAggregate(groupBy=[k], select=[COUNT(*)])". */
void plan_node_text(const PlanNode *node, StrBuf *out);
/* Text of a node's kind and config: two nodes of equal text over the same inputs do the same. */
void plan_digest_node(const PlanNode *node, StrBuf *out);
#endif
