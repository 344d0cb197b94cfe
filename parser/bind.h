/* What binder and planner share: names of a FROM clause, aggregate queries under way, helpers that make plan nodes.
 * Everything lives in the plan's arena. A Binder is cheap and copied: views and CTEs are bound with one of their own. */
#ifndef WEIR_PARSER_BIND_H
#define WEIR_PARSER_BIND_H
#include "parser/analyze.h"

/* --- names --- */

/* column: of the relation's node; merged: USING made one of it and its twin: seen through its table's name only. */
typedef struct ScopeColumn { Str name; const Type *type; uint32_t column; bool merged; } ScopeColumn;
typedef struct ScopeTable { Str alias; ObjectPath path; /* of a catalog table without alias; name empty otherwise */ ScopeColumn *cols; uint32_t n; } ScopeTable;
typedef struct Scope { ScopeTable *v; uint32_t n, cap; } Scope;
typedef struct Relation { PlanNode *node; Scope scope; } Relation;

/* WITH names, innermost first; a query sees those that stand before it. */
typedef struct Cte { const struct Cte *outer; const AstCte *ast; } Cte;

typedef struct Binder {
    AnalyzeEnv *env;
    Plan *plan;                                  /* NULL: expressions only */
    Arena *arena;
    ExprCtx ctx;
    const Cte *ctes;
    Str catalog, database;                       /* that names are completed with: the session's, or a view's own */
    uint32_t depth;                              /* nesting of queries and views */
    struct SubLink *link;                        /* the query is a value in an expression: what ties it to the query around; NULL else */
    const HintList *hints;                       /* of the SELECT whose FROM is bound; NULL = none */
    int64_t group_ttl_us;                        /* of the aggregates being planned */
    Span view_span;                              /* within a view: where the statement names it; len 0 = not in a view */
    const ExprOrigin *origin;                    /* within a view: its text, which spans point into */
} Binder;

Binder binder_new(AnalyzeEnv *env, Plan *plan, Arena *arena);

/* --- aggregate queries --- */

/* While the select list is bound, results stand for columns that do not exist yet: */
enum { AGG_COLUMN = 1 << 20, PROP_COLUMN = 1 << 21, GROUPING_COLUMN = 1 << 22, OVER_COLUMN = 1 << 23, SUB_COLUMN = 1 << 25, OUTER_COLUMN = 1 << 26, SUB_VALUE = 1 << 16 /* SUB_COLUMN + subquery + value * SUB_VALUE */ };
typedef struct BoundAgg { AggCall call; Expr **args; Expr *filter; } BoundAgg;
typedef struct GroupWindow { WindowSpec spec; Expr *time; Expr **args; uint32_t nargs; Span span; } GroupWindow;  /* GROUP BY TUMBLE(..) */
typedef struct BoundGrouping { uint64_t keys[8]; uint32_t nkeys; bool id; Span span; } BoundGrouping;            /* GROUPING(k), GROUPING_ID(a, b) */
typedef struct BoundOver { OverCall call; Expr **args; Expr **partition; uint32_t npartition; Expr **order; SortKey *keys; uint32_t norder; Expr *dflt; bool nonempty; /* the frame always holds a row */ Span span; } BoundOver;
typedef struct Grouping {
    bool grouped;                                /* GROUP BY with a key, or a window */
    Expr **keys; uint32_t nkeys, cap_keys;
    uint64_t *sets; uint32_t nsets;              /* bit masks over keys, in order; one = plain GROUP BY */
    const Scope *rows;                           /* what aggregates read, where keys of the select list may be absent; NULL: the select list's own */
    GroupWindow *window;
    const Schema *output;                        /* of plan_grouping's node: keys, [set number], results, properties */
    struct { BoundAgg *v; uint32_t n, cap; } calls;
    struct { WindowProp *v; uint32_t n, cap; } props;
    struct { BoundGrouping *v; uint32_t n, cap; } groupings;
    struct { BoundOver *v; uint32_t n, cap; } overs;
} Grouping;

/* A subquery as a value: joined to its query's rows by the equalities of its WHERE with columns of the query around. */
typedef struct SubLink {
    const Scope *outer;                          /* of the query around */
    Expr **inner_keys, **outer_keys; uint32_t nkeys;
    bool any_items;                              /* EXISTS: the select list does not matter */
} SubLink;
typedef struct SubQuery {
    PlanNode *node; uint32_t nvalues;            /* values, then keys */
    SubLink link;
    bool count;                                  /* of no rows: 0, not NULL */
    bool may_be_empty;                           /* without keys: no aggregate, which always has its row in batch mode */
    const Type *type; Span span;
} SubQuery;
typedef struct ExprTerms { Expr **v; uint32_t n, cap; } ExprTerms;
typedef struct SubList { SubQuery *v; uint32_t n, cap; } SubList;

/* What names and aggregates an expression may use. */
typedef struct ExprScope {
    const Scope *scope;
    const char *clause;                          /* "WHERE clause": for messages */
    Grouping *grouping;                          /* NULL: no aggregates here */
    bool in_aggregate;
    SubList *subs;                               /* where scalar subqueries go; NULL: none here */
    const AstQuery *query;                       /* for named windows; may be NULL */
} ExprScope;

typedef struct SelectItem { Expr *expr; Str name; Span span; } SelectItem;
typedef struct SelectList { SelectItem *v; uint32_t n, cap; } SelectList;

/* bind_scope.c */
Expr *scope_column(Binder *b, const Scope *scope, const Path *path, Err *err);
/* Tables a star with this qualifier expands to: NULL + err when there is none. n 0 = all. */
bool scope_star(Binder *b, const ExprScope *es, const Path *qualifier, Span span, SelectList *out, Err *err) MUST_CHECK;
ScopeTable *scope_add(Binder *b, Scope *scope, Str alias, const Schema *schema, uint32_t first_column);
ObjectPath binder_qualify(const Binder *b, const Path *path);
bool no_table(Binder *b, ObjectPath path, Span span, Err *err);

/* bind_expr.c, bind_literal.c */
Expr *bind_expr(Binder *b, const ExprScope *es, const Ast *ast, Err *err);
Expr *bind_literal(Binder *b, const Ast *ast, Err *err);
/* A condition: BOOLEAN (or NULL), folded. */
Expr *bind_condition(Binder *b, const ExprScope *es, const Ast *ast, Err *err);
/* Refuses a bare NULL where a type is wanted. */
bool refuse_null_type(const Expr *expr, Err *err) MUST_CHECK;
bool refuse_clause(Err *err, Span span, const char *what, const char *hint);

/* bind_agg.c */
bool is_aggregate_name(Str name);
Expr *bind_aggregate(Binder *b, const ExprScope *es, const Ast *ast, Err *err);
Expr *bind_grouping_call(Binder *b, const ExprScope *es, const Ast *ast, Err *err);
bool bind_group_by(Binder *b, const Scope *scope, const AstQuery *query, Grouping *grouping, Err *err) MUST_CHECK;
/* Columns of the aggregate's output (grouping->output) in place of keys, results and properties. */
Expr *grouping_replace(Binder *b, const Grouping *grouping, const Scope *scope, Expr *expr, Err *err);
/* plan_group.c: GROUP BY over `in` with `where`: output keys, [set number], results, properties; sets grouping->output. */
PlanNode *plan_grouping(Binder *b, PlanNode *in, Expr *where, Grouping *grouping, Span span, Err *err);
/* SELECT DISTINCT. */
PlanNode *plan_distinct(Binder *b, PlanNode *node, Span span, Err *err);

/* bind_window.c */
bool is_window_function(Str name);               /* TUMBLE HOP CUMULATE SESSION */
bool is_group_window_property(Str name);         /* TUMBLE_START .. */
bool bind_group_window(Binder *b, const Scope *scope, const Ast *call, GroupWindow *out, Err *err) MUST_CHECK;
Expr *bind_window_property(Binder *b, const ExprScope *es, const Ast *call, Err *err);
bool bind_window_tvf(Binder *b, const Ast *call, Relation *out, Err *err) MUST_CHECK;
/* Window columns of a node's output, -1 where absent; found through projections. */
typedef struct WindowColumns { int32_t start, end, time; const WindowSpec *spec; PlanNode *tvf; /* the function itself; NULL behind an aggregate */ } WindowColumns;
bool window_columns(const PlanNode *node, WindowColumns *out);
const Type *window_bound_type(Arena *arena);     /* window_start, window_end */

/* bind_sub.c: scalar subqueries. */
Expr *bind_scalar(Binder *b, const ExprScope *es, const Ast *ast, Err *err);
/* Takes the equalities with the outer query out of a subquery's WHERE into b->link; the rest stays. */
bool link_where(Binder *b, Expr **where, Err *err) MUST_CHECK;
bool reads_outer(const Expr *expr);
/* WHERE term that is [NOT] IN (subquery) or [NOT] EXISTS (subquery)? */
bool is_semi_term(const Ast *term);
/* Joins its subquery behind rel's columns; *where gets what is left to check (anti joins), ANDed. */
bool bind_semi(Binder *b, const ExprScope *es, const Ast *term, Relation *rel, Expr **where, Err *err) MUST_CHECK;
/* Joins the subqueries behind node's columns; places[i] = column of subquery i. */
PlanNode *join_subs(Binder *b, PlanNode *node, const SubList *subs, uint32_t *places, Err *err);
Expr *replace_subs(Binder *b, const PlanNode *node, const SubList *subs, const uint32_t *places, Expr *expr, Err *err);
/* The columns that EXISTS or IN compares, distinct; with `mark` TRUE behind them. */
PlanNode *semi_keys(Binder *b, const SubQuery *sub, uint32_t nvalues, bool mark, Err *err);
bool semi_values(Binder *b, const ExprScope *es, const Ast *term, ExprTerms *out, Err *err) MUST_CHECK;
/* bind_sub_value.c: conditions on subqueries as values. */
bool plan_sub(Binder *b, SubQuery *sub, const AstQuery *query, Err *err) MUST_CHECK;
/* values [NOT] IN the rows of a planned subquery, by the rules of NULL. */
Expr *bind_in_rows(Binder *b, const ExprScope *es, const SubQuery *sub, const AstQuery *query, Expr **values, uint32_t n, bool negated, Err *err);
Expr *bind_in_value(Binder *b, const ExprScope *es, const Ast *ast, Err *err);
Expr *bind_exists_value(Binder *b, const ExprScope *es, const Ast *ast, Err *err);
Expr *bind_quantified_value(Binder *b, const ExprScope *es, const Ast *ast, const char *op, Expr *value, Err *err);
/* bind_over.c */
Expr *bind_over(Binder *b, const ExprScope *es, const Ast *ast, Err *err);

/* bind_from.c */
bool bind_from(Binder *b, const AstFrom *from, Relation *out, Err *err) MUST_CHECK;
bool bind_table_name(Binder *b, const Path *path, const HintList *hints, Relation *out, Err *err) MUST_CHECK;
bool bind_subquery(Binder *b, const AstQuery *query, Str alias, const IdentList *cols, Relation *out, Err *err) MUST_CHECK;
bool rename_columns(Binder *b, ScopeTable *table, const IdentList *cols, Span span, Err *err) MUST_CHECK;
/* bind_join.c */
bool bind_join(Binder *b, const AstFrom *from, Relation *out, Err *err) MUST_CHECK;
/* left JOIN right ON condition (NULL = none; over left's columns, then right's). */
PlanNode *plan_join(Binder *b, PlanNode *left, PlanNode *right, PlanJoinKind kind, Expr *condition, Span span, Err *err);
/* plan_scan.c: scan, computed columns, watermark, normalisation of a catalog table. */
PlanNode *plan_scan(Binder *b, const TableDef *def, const Options *hints, Span span, Err *err);
/* bind_unnest.c */
bool bind_unnest(Binder *b, const AstFrom *from, const Relation *left, bool outer, const Ast *on, Relation *out, Err *err) MUST_CHECK;

/* plan_query.c */
/* A query as a node whose schema has its column names, doubles and all. */
PlanNode *plan_query(Binder *b, const AstQuery *query, Err *err);
/* How long state over that one table of FROM is kept when idle: STATE_TTL of the query's hints, or the session's. A scope of several has no name to hint at. */
int64_t hinted_ttl(const Binder *b, const HintList *hints, const Scope *scope);

/* --- plan nodes (plan_build.c) --- */
Schema *schema_new(Arena *arena, uint32_t n);
static inline Column *schema_col(Schema *schema, uint32_t i) { return (Column *)&schema->cols[i]; }
/* Folds; filter may be NULL. NULL + err when folding fails. */
PlanNode *plan_calc(Binder *b, PlanNode *in, Expr *filter, const SelectItem *items, uint32_t n, Span span, Err *err);
PlanNode *plan_filter(Binder *b, PlanNode *in, Expr *filter, Span span, Err *err);
/* Columns first..first+n-1 of in. */
PlanNode *plan_columns(Binder *b, PlanNode *in, const uint32_t *cols, uint32_t n, Span span);
PlanNode *plan_empty(Binder *b, const Schema *schema, Span span);
PlanNode *plan_one_row(Binder *b, Span span);
bool is_const_false(const Expr *filter);         /* FALSE or NULL */
/* A CALC and the CALCs below it as one over *base; a copy, nothing is changed. */
PlanNode *calc_collapse(Plan *plan, PlanNode *calc);
Expr *filters_and(Arena *arena, Expr *a, Expr *b);     /* one flat AND; either may be NULL */
bool node_is_empty(const PlanNode *node);        /* known to give no row */

/* plan_changelog.c */
/* Change kinds, upsert keys, rowtime, boundedness of every node, bottom up; then which aggregates must emit -U and which must take rows back. */
void plan_infer(Plan *plan);
bool plan_check_sinks(AnalyzeEnv *env, Plan *plan, Err *err) MUST_CHECK;
bool key_covers(const PlanNode *node, const uint32_t *cols, uint32_t n);    /* some upsert key is a subset of cols */
/* plan_finish.c, plan_rewrite.c, plan_prune.c */
void plan_share(Plan *plan);
void plan_push(Plan *plan);
void plan_rewrite(Plan *plan);
void plan_prune(Plan *plan);
/* Nodes reachable from the sinks, inputs first; sets ids. */
void plan_topology(Plan *plan);
#endif
