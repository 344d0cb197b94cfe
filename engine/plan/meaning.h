/* What rows and columns of a plan mean, as hashes: the same meaning in two versions of a query has the same hash, wherever it stands and
 * whatever else is read beside it. A column is its source column by table and name, or its expression over such; a set of rows is its
 * source tables, conditions, joins and grouping. Neither depends on which other columns are carried, on names given in the query, or on views.
 * Memory: the arena given. Pure. */
#ifndef WEIR_PLAN_MEANING_H
#define WEIR_PLAN_MEANING_H
#include "engine/base/hash.h"
#include "engine/plan/plan.h"

typedef struct Meaning {
    Hash128 rows;                                /* save conditions */
    Hash128 conditions;                          /* sum of the conjuncts: order and nesting do not matter */
    Schema cols;                                 /* names: the columns' hashes in hex (so that expr_print writes meanings); types: the columns' */
} Meaning;

/* One per node of the plan. exact: tables also by their name and all their options, to tell apart what is equal else. */
Meaning *meanings_new(const Plan *plan, bool exact, Arena *arena);
/* Rows with their conditions. */
Hash128 meaning_rows(const Meaning *meaning);

/* Parts of texts to hash. */
void put_hash(StrBuf *out, Hash128 hash);                                        /* 32 hex digits */
void put_type(Arena *arena, const Type *type, StrBuf *out);                      /* without NOT NULL, which no stored byte depends on */
void put_value(const Type *type, const Datum *value, StrBuf *out);
void put_columns(const Meaning *in, const uint32_t *cols, uint32_t n, StrBuf *out);      /* meaning and type of each, in order; cols NULL = 0..n-1 */
void put_expr(const Plan *plan, const Expr *expr, const Schema *cols, StrBuf *out);
void put_call(const AggCall *call, const Meaning *in, Arena *arena, StrBuf *out);
void put_window(const WindowSpec *spec, const Meaning *in, StrBuf *out);
/* The outside thing that a table stands for: connector and identifying options (OPTF_IDENTITY), or its name where there are none. */
void put_table(const ConnectorDef *connector, const ConnTable *table, bool exact, StrBuf *out);
#endif
