/* Statements to effects: DDL changes the catalog at once (pure, no I/O), SHOW/DESCRIBE/EXPLAIN give text rows, queries and INSERTs give a Plan.
 * Binder and planner behind it: bind_*.c, plan_*.c, ddl_*.c, show.c. */
#ifndef WEIR_PARSER_ANALYZE_H
#define WEIR_PARSER_ANALYZE_H
#include "engine/plan/catalog.h"
#include "engine/plan/plan.h"
#include "parser/parse.h"

/* What statements read and change: one per session. */
typedef struct AnalyzeEnv {
    Catalog *catalog;
    Options config; Arena *config_arena;         /* SET values */
    void (*notice)(void *ctx, Str text); void *notice_ctx;   /* notices and warnings (never errors); may be NULL */
} AnalyzeEnv;

typedef struct TextTable { Str *headers; uint32_t ncols; Str *cells; uint32_t nrows; /* row-major; ptr NULL = NULL cell */ bool raw; /* one multi-line cell: print as is */ } TextTable;

typedef enum ResultKind { RESULT_OK, RESULT_TABLE, RESULT_PLAN, RESULT_CLIENT, RESULT_CHANGED /* several jobs: STATEMENT_SET gives one plan */ } ResultKind;
typedef struct AnalyzeResult {
    ResultKind kind;
    TextTable table;
    Plan *plan_owned; bool is_select;            /* is_select: top-level query, rows to the session */
} AnalyzeResult;

/* text = the statement's source (spans refer to it). STMT_BEGIN_SET / STMT_END, QUIT, CLEAR, HELP, JARs, jobs come back as RESULT_CLIENT: the session's business.
 * false + err (stage VALIDATE mostly). Results live in arena; the plan owns its own. */
bool statement_analyze(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, Str text, AnalyzeResult *out, Err *err) MUST_CHECK;
/* Several INSERTs as one job (old BEGIN STATEMENT SET form). */
bool inserts_analyze(AnalyzeEnv *env, Arena *arena, const Stmt *const *inserts, uint32_t n, Str text, AnalyzeResult *out, Err *err) MUST_CHECK;

/* --- shared between the files behind it --- */
/* Query to plan nodes (parser/plan_query.c, helper of INSERT, SELECT, CREATE VIEW, CTAS, EXPLAIN). Appends nodes to plan, returns the root. */
typedef struct BoundQuery { PlanNode *root; const Schema *schema; /* names made unique as Flink does for the outermost select */ } BoundQuery;
bool query_plan(AnalyzeEnv *env, Plan *plan, const AstQuery *query, BoundQuery *out, Err *err) MUST_CHECK;
/* Adds a sink for `query` into `table` with column list, casts, changelog checks. */
bool insert_plan(AnalyzeEnv *env, Plan *plan, const AstInsert *insert, Err *err) MUST_CHECK;
bool select_plan(AnalyzeEnv *env, Plan *plan, const AstQuery *query, Err *err) MUST_CHECK;
/* Changelog modes, upsert keys, normalisation, pruning, sharing; call once after all sinks are added (parser/plan_finish.c). */
bool plan_finish(AnalyzeEnv *env, Plan *plan, Err *err) MUST_CHECK;
Plan *plan_new(AnalyzeEnv *env);
/* An expression over a table's columns (computed column, watermark): names resolved against `schema`. */
Expr *bind_table_expr(AnalyzeEnv *env, Arena *arena, const Ast *ast, const Schema *schema, Err *err);
/* AstType to Type; E_TYPE / E_UNSUPPORTED. */
const Type *bind_type(Arena *arena, const AstType *type, Err *err);
/* Builds the ConnTable and finds the connector of a catalog table; checks options (unknown keys, required, formats). as_sink: which side. */
const ConnTable *table_connector(AnalyzeEnv *env, Arena *arena, const TableDef *table, const Options *hints, bool as_sink, const ConnectorDef **connector, Span span, Err *err);
/* DDL, SHOW, DESCRIBE (parser/ddl_*.c, show.c). */
bool ddl_apply(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, Str text, AnalyzeResult *out, Err *err) MUST_CHECK;
/* CREATE / REPLACE TABLE .. AS: makes the table and the finished plan that fills it. keep false (EXPLAIN): the catalog is left as it was. */
bool create_table_as(AnalyzeEnv *env, Arena *arena, const AstCreateTable *create, bool keep, Plan **plan_owned, Err *err) MUST_CHECK;
bool show_rows(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, AnalyzeResult *out, Err *err) MUST_CHECK;
#endif
