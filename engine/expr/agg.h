/* Aggregate functions: one row each. State is `state_size` bytes inside the operator's group slot (16-byte aligned, zeroed, then init), possibly owning
 * malloc'ed extras (multisets of DISTINCT, MIN/MAX under retraction, lists) released by destroy.
 * All loops are over rows: states[i] = address of the group's state for i-th row given. DISTINCT and FILTER are generic wrappers in agg.c. */
#ifndef WEIR_EXPR_AGG_H
#define WEIR_EXPR_AGG_H
#include "engine/expr/expr.h"
#include "engine/type/batch.h"

typedef struct AggDef AggDef;
/* One aggregate call of a query: plain data, part of the plan. */
typedef struct AggCall {
    const AggDef *def;
    const uint32_t *args; uint32_t nargs;        /* input columns (the planner projects argument expressions first) */
    const Type *const *arg_types;
    int32_t filter;                              /* BOOLEAN input column, -1 = none */
    bool distinct, retract;                      /* retract: input has -U/-D, the state must support taking back */
    const Type *type;                            /* result */
    Str name; Span span;
    const Datum *const_args;                     /* values of constant arguments (LISTAGG separator, percentile), .null when not constant */
    bool ignore_nulls;                           /* ARRAY_AGG(.. IGNORE NULLS) and clause variants: json ABSENT ON NULL */
    uint32_t rank;                               /* place in a snapshot (plan_rank_calls): the order of SELECT does not matter there */
} AggCall;

/* Resolves name and types as expr_call does: sets out->def, type, coerces args (casts inserted into args[]). E_NO_FUNCTION if no aggregate of that name. */
bool agg_resolve(ExprCtx *ctx, Str name, Expr **args, uint32_t nargs, bool distinct, bool star, bool grouped, AggCall *out, Span span, Err *err) MUST_CHECK;
const AggDef *agg_find(Str name);
const AggDef *const *agg_all(uint32_t *n);
const char *agg_name(const AggDef *def);
const char *agg_doc(const AggDef *def);          /* one sentence; NULL = internal, not offered to users */
/* Over the rows AGG_EXAMPLE_ROWS. */
#define AGG_EXAMPLE_ROWS "(VALUES (1, 'a', 'p'), (2, 'b', 'q'), (2, 'b', 'r'), (CAST(NULL AS INT), CAST(NULL AS STRING), 't')) AS t (x, s, k)"
const char *agg_args(const AggDef *def);         /* in the words of FuncDef.args */
const char *agg_example(const AggDef *def);
const char *agg_example_result(const AggDef *def);
bool agg_can_retract(const AggDef *def);
bool agg_can_merge(const AggDef *def);           /* FIRST_VALUE, LAST_VALUE cannot: no HOP, CUMULATE, SESSION (tests/conformance) */

/* Does its state hold the values themselves (DISTINCT, lists, MIN and MAX that can take back), so that it grows with the rows of a group? */
bool agg_keeps_values(const AggCall *call);

/* A compiled set of aggregate calls = layout of one group's state. Immutable. */
typedef struct AggSet AggSet;
AggSet *aggset_new(Arena *arena, const AggCall *calls, uint32_t n);
size_t aggset_size(const AggSet *set);           /* bytes of all states together */
void aggset_init(const AggSet *set, void *state);
void aggset_destroy(const AggSet *set, void *state);
/* Adds (or takes back, for -U/-D rows when the calls retract) the n rows rows[0..n-1] of batch: states[i] belongs to rows[i]. scratch: temporary memory.
 * false + err when an aggregate fails (overflow where Flink fails, JSON duplicate key). */
bool aggset_update(const AggSet *set, void *const *states, const Batch *batch, const uint32_t *rows, uint32_t n, Arena *scratch, Err *err) MUST_CHECK;
/* into += from (slices into windows, sessions). Order matters for LISTAGG: from's values come after into's. */
void aggset_merge(const AggSet *set, void *into, const void *from);
/* Results of one group as Datums out[0..n-1]; memory that outlives the state goes to arena. */
bool aggset_result(const AggSet *set, const void *state, Arena *arena, Datum *out, Err *err) MUST_CHECK;
/* Results of many groups straight into FLAT vectors (rows base..base+n-1 of out[call]): vectorised for fixed-width results. */
bool aggset_results(const AggSet *set, void *const *states, uint32_t n, Arena *arena, Vec *out, uint32_t base, uint32_t cap, Err *err) MUST_CHECK;
/* Snapshot: self-contained bytes; decode into a zeroed state. */
void aggset_encode(const AggSet *set, const void *state, StrBuf *out);
bool aggset_decode(const AggSet *set, Reader *in, void *state) MUST_CHECK;
#endif
