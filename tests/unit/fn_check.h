/* Checks of function calls written as s-expressions (expr_text.h): type text and value of constant calls, by the compiled evaluator. */
#ifndef WEIR_TESTS_FN_CHECK_H
#define WEIR_TESTS_FN_CHECK_H
#include "tests/unit/expr_text.h"

static Arena *check_arena;
static ExprCtx check_ctx;

/* type "!validate" or "!run": the call is refused or fails at that stage. */
static void check(const char *text, const char *type, const char *value)
{
    Err err = { 0 };
    Datum result;
    StrBuf out = { 0 };
    Expr *expr = expr_from_text(&check_ctx, NULL, text, &err);
    if (!expr || !expr_eval_const(&check_ctx, expr, &result, &err)) {
        if (type[0] != '!' || strcmp(err_stage_name(err.stage), type + 1) != 0) fail_msg("%s: expected %s, got stage %s: %s", text, type, err_stage_name(err.stage), err.message);
        return;
    }
    type_print(expr->type, false, &out);
    if (strcmp(strbuf_cstr(&out), type) != 0) fail_msg("%s: type %s, expected %s", text, strbuf_cstr(&out), type);
    strbuf_clear(&out);
    datum_print(expr->type, &result, zone_utc(), &out);
    if (strcmp(strbuf_cstr(&out), value) != 0) fail_msg("%s: value %s, expected %s", text, strbuf_cstr(&out), value);
    strbuf_free(&out);
}

static int check_setup(void **state)
{
    (void)state;
    check_arena = arena_new();
    check_ctx = (ExprCtx){ .arena = check_arena, .zone = zone_utc(), .batch = true };
    return 0;
}

static int check_teardown(void **state)
{
    (void)state;
    arena_free(check_arena);
    return 0;
}

static inline int fn_tests(const struct CMUnitTest *tests, size_t n) { return _cmocka_run_group_tests("functions", tests, n, check_setup, check_teardown); }
#endif
