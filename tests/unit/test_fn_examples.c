/* Every row of the function table has a sentence, an example and its result; the examples are run as SQL. */
#include "tests/unit/unit.h"

#include "engine/expr/program.h"
#include "engine/type/text.h"
#include "parser/analyze.h"

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
        if (rows[i]->example) run_example(rows[i]);
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
        if (!func->body && !func->build) fail_msg("%s: neither body nor build", func->name);
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
    const struct CMUnitTest tests[] = { cmocka_unit_test(rows_are_whole), cmocka_unit_test(examples) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
