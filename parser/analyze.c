/* Statements to effects: the door of the parser folder. Queries and INSERTs become plans, EXPLAIN their text, the rest is
 * ddl_apply's. */
#include "parser/bind.h"
#include "engine/plan/config.h"
#include "engine/plan/state_growth.h"

static const Zone *session_zone(const AnalyzeEnv *env)
{
    const Zone *zone = zone_find(config_text(&env->config, "table.local-time-zone"));
    return zone ? zone : zone_utc();
}

static bool batch_mode(const AnalyzeEnv *env)
{
    return str_iis(config_text(&env->config, "execution.runtime-mode"), "BATCH");
}

Binder binder_new(AnalyzeEnv *env, Plan *plan, Arena *arena)
{
    Binder b = { .env = env, .plan = plan, .arena = arena, .catalog = catalog_current(env->catalog), .database = catalog_current_database(env->catalog) };
    b.group_ttl_us = plan ? plan->state_ttl_us : 0;
    b.ctx = (ExprCtx){ .arena = arena, .zone = session_zone(env), .batch = batch_mode(env), .legacy_cast = str_iis(config_text(&env->config, "table.exec.legacy-cast-behaviour"), "ENABLED") };
    return b;
}

Plan *plan_new(AnalyzeEnv *env)
{
    Arena *arena = arena_new();
    Plan *plan = ARENA_NEW(arena, Plan);
    plan->arena = arena;
    plan->batch = batch_mode(env);
    plan->zone = session_zone(env);
    plan->auto_watermark_interval_us = config_i64(&env->config, "pipeline.auto-watermark-interval");
    plan->state_ttl_us = config_i64(&env->config, "table.exec.state.ttl");
    Options *config = ARENA_NEW(arena, Options);
    for (uint32_t i = 0; i < env->config.n; i++) options_set(arena, config, env->config.v[i].key, env->config.v[i].value);
    plan->config = config;
    Str name = config_text(&env->config, "pipeline.name");
    if (name.len) plan->name = str_dup(arena, name);
    return plan;
}

Expr *bind_table_expr(AnalyzeEnv *env, Arena *arena, const Ast *ast, const Schema *schema, Err *err)
{
    Binder b = binder_new(env, NULL, arena);
    Scope scope = { 0 };
    scope_add(&b, &scope, STR_NULL, schema, 0);
    const ExprScope es = { .scope = &scope, .clause = "expression of a table column" };
    Expr *expr = bind_expr(&b, &es, ast, err);
    return expr && refuse_null_type(expr, err) ? expr : NULL;
}

/* --- plans --- */

static bool add_statement(AnalyzeEnv *env, Plan *plan, const Stmt *stmt, Err *err)
{
    switch (stmt->kind) {
    case STMT_QUERY: return select_plan(env, plan, stmt->u.query, err);
    case STMT_INSERT: return insert_plan(env, plan, stmt->u.insert, err);
    case STMT_STATEMENT_SET:
        for (uint32_t i = 0; i < stmt->u.set.n; i++)
            if (!insert_plan(env, plan, stmt->u.set.inserts[i]->u.insert, err)) return false;
        return true;
    default: return err_at(err, E_INVALID, stmt->span, "%s has no plan", stmt_kind_name(stmt->kind));
    }
}

static Plan *statement_plan(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, Err *err)
{
    Plan *plan;
    if (stmt->kind == STMT_CREATE_TABLE && stmt->u.create_table->as) return create_table_as(env, arena, stmt->u.create_table, false, &plan, err) ? plan : NULL;
    plan = plan_new(env);
    if (add_statement(env, plan, stmt, err) && plan_finish(env, plan, err)) return plan;
    plan_free(plan);
    return NULL;
}

static bool explain_statement(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, AnalyzeResult *out, Err *err)
{
    Plan *plan = statement_plan(env, arena, stmt->u.explain.target, err);
    if (!plan) return false;
    StrBuf text = { 0 };
    plan_explain(plan, &text);
    plan_state_warning(plan, &text);
    plan_free(plan);
    out->kind = RESULT_TABLE;
    out->table = (TextTable){ .ncols = 1, .nrows = 1, .raw = true, .headers = ARENA_ARRAY(arena, Str, 1), .cells = ARENA_ARRAY(arena, Str, 1) };
    out->table.headers[0] = STR("result");
    out->table.cells[0] = str_dup(arena, strbuf_str(&text));
    strbuf_free(&text);
    return true;
}

bool statement_analyze(AnalyzeEnv *env, Arena *arena, const Stmt *stmt, Str text, AnalyzeResult *out, Err *err)
{
    *out = (AnalyzeResult){ .kind = RESULT_OK };
    switch (stmt->kind) {
    case STMT_QUERY: case STMT_INSERT: case STMT_STATEMENT_SET:
        out->plan_owned = statement_plan(env, arena, stmt, err);
        out->kind = RESULT_PLAN;
        out->is_select = stmt->kind == STMT_QUERY;
        return out->plan_owned != NULL;
    case STMT_EXPLAIN: return explain_statement(env, arena, stmt, out, err);
    case STMT_BEGIN_SET: case STMT_END: case STMT_QUIT: case STMT_CLEAR: case STMT_HELP: case STMT_ADD_JAR: case STMT_REMOVE_JAR: case STMT_STOP_JOB:
        out->kind = RESULT_CLIENT;
        return true;
    default: return ddl_apply(env, arena, stmt, text, out, err);
    }
}

bool inserts_analyze(AnalyzeEnv *env, Arena *arena, const Stmt *const *inserts, uint32_t n, Str text, AnalyzeResult *out, Err *err)
{
    (void)arena;
    (void)text;
    *out = (AnalyzeResult){ .kind = RESULT_PLAN };
    Plan *plan = plan_new(env);
    for (uint32_t i = 0; i < n; i++)
        if (!insert_plan(env, plan, inserts[i]->u.insert, err)) {
            plan_free(plan);
            return false;
        }
    if (!plan_finish(env, plan, err)) {
        plan_free(plan);
        return false;
    }
    out->plan_owned = plan;
    return true;
}
