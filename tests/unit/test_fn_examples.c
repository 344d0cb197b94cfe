/* Every row of the function table has a sentence, an example and its result; the examples are run as SQL. */
#include "tests/unit/unit.h"

#include "engine/expr/program.h"
#include "engine/type/text.h"
#include "engine/expr/agg.h"
#include "engine/session/session.h"
#include "parser/analyze.h"
#include "tests/docs/flink_functions.h"

static Arena *arena;
static AnalyzeEnv env;

static void run_example(const FuncDef *func)
{
    Err err = { 0 };
    Datum value;
    const Schema none = { NULL, 0 };
    ExprCtx ctx = { .arena = arena, .zone = zone_utc(), .batch = true };
    Ast *ast = parse_expression(arena, str_of(func->example), &err);
    Expr *expr = ast ? bind_table_expr(&env, arena, ast, &none, &err) : NULL;
    if (!expr || !expr_eval_const(&ctx, expr, &value, &err)) {
        fail_msg("%s: %s: %s", func->name, func->example, err.message);
        return;
    }
    StrBuf out = { 0 };
    if (value.null) strbuf_addz(&out, "NULL");
    else if (type_is_binary(expr->type)) {
        strbuf_addz(&out, "x'");
        for (uint32_t i = 0; i < value.v.str.len; i++) strbuf_addf(&out, "%02x", (unsigned char)datum_text(&value).ptr[i]);
        strbuf_addc(&out, '\'');
    } else datum_print(expr->type, &value, zone_utc(), &out);
    if (strcmp(strbuf_cstr(&out), func->result) != 0) fail_msg("%s: %s gives %s, its row says %s", func->name, func->example, strbuf_cstr(&out), func->result);
    strbuf_free(&out);
}

static void examples(void **state)
{
    (void)state;
    uint32_t n;
    const FuncDef *const *rows = func_all(&n);
    for (uint32_t i = 0; i < n; i++)
        if (rows[i]->example && !(rows[i]->flags & FN_WINDOW)) run_example(rows[i]);
}

/* --- examples over rows: aggregates, window functions --- */

typedef struct Answer { StrBuf text; uint32_t n; } Answer;

static bool take_rows(void *ctx, const Batch *batch, const Schema *schema)
{
    Answer *answer = ctx;
    (void)schema;
    for (uint32_t i = 0; i < batch_live(batch); i++) {
        Datum value = vec_get(&batch->cols[0], batch_row(batch, i));
        if (answer->n++) strbuf_addz(&answer->text, ", ");
        if (value.null) strbuf_addz(&answer->text, "NULL");
        else datum_print(batch->cols[0].type, &value, zone_utc(), &answer->text);
    }
    return true;
}

static void run_over_rows(Session *session, const char *name, const char *example, const char *order, const char *want)
{
    Err err = { 0 };
    Answer answer = { { 0 }, 0 };
    Str text = str_printf(arena, "SELECT %s FROM " AGG_EXAMPLE_ROWS "%s;", example, order);
    Script script = { .text = text };
    ScriptStmt stmt;
    bool ok = script_next(&script, arena, &stmt, &err);
    const SessionSink sink = { .ctx = &answer, .rows = take_rows };
    ok = ok && session_execute(session, &stmt, &sink, &err);
    if (!ok) fail_msg("%s: %s: %s", name, example, err.message);
    else if (strcmp(strbuf_cstr(&answer.text), want) != 0) fail_msg("%s: %s gives %s, its row says %s", name, example, strbuf_cstr(&answer.text), want);
    strbuf_free(&answer.text);
}

static void examples_over_rows(void **state)
{
    (void)state;
    Err err = { 0 };
    Session *session = session_new(&(SessionOptions){ 0 });
    assert_true(session_define(session, STR("execution.runtime-mode"), STR("batch"), &err));
    uint32_t n;
    const AggDef *const *aggs = agg_all(&n);
    for (uint32_t i = 0; i < n; i++)
        if (agg_doc(aggs[i])) run_over_rows(session, agg_name(aggs[i]), agg_example(aggs[i]), "", agg_example_result(aggs[i]));
    const FuncDef *const *rows = func_all(&n);
    for (uint32_t i = 0; i < n; i++)
        if (rows[i]->flags & FN_WINDOW) run_over_rows(session, rows[i]->name, rows[i]->example, " ORDER BY x", rows[i]->result);
    session_free(session);
}

/* docs/functions.md says of each function of Flink whether it is here. */
static void flink_names(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < FLINK_FUNCTIONS; i++) {
        Str name = str_of(flink_functions[i].name);
        const FuncDef *func = func_find(name);
        bool listed = (func && !(func->flags & (FN_OPERATOR | FN_INTERNAL))) || agg_find(name);
        if (listed != !flink_functions[i].why) fail_msg("%s: %s", flink_functions[i].name, listed ? "is here, but docs say why it is not" : "is not here, and docs do not say why");
    }
}

static void rows_are_whole(void **state)
{
    (void)state;
    uint32_t n;
    const FuncDef *const *rows = func_all(&n);
    for (uint32_t i = 0; i < n; i++) {
        const FuncDef *func = rows[i];
        if (!func->category || !func->doc || !func->doc[0] || !strchr(".?", func->doc[strlen(func->doc) - 1])) fail_msg("%s: its sentence is missing or does not end as one", func->name);
        bool needs_table = strcmp(func->name, "CURRENT_WATERMARK") == 0;      /* no constant has a watermark */
        if (!needs_table && !(func->flags & FN_INTERNAL) && (!func->example || !func->result)) fail_msg("%s: example or result is missing", func->name);
        if (!func->body && !func->build && !(func->flags & FN_WINDOW)) fail_msg("%s: neither body nor build", func->name);
        if (!(func->flags & (FN_INTERNAL | FN_OPERATOR)) && !func->args) fail_msg("%s: the row does not say what it takes", func->name);
        if (func->body && !func->args && !func->infer && !func->build) fail_msg("%s: nothing says what it takes", func->name);
    }
}

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    env = (AnalyzeEnv){ .catalog = catalog_new(), .config_arena = arena };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    catalog_free(env.catalog);
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(rows_are_whole), cmocka_unit_test(examples), cmocka_unit_test(examples_over_rows), cmocka_unit_test(flink_names) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
