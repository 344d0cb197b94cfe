/* Common types after Calcite and after Flink, decimal results, implicit casts, signatures. */
#include "tests/unit/expr_text.h"

static Arena *arena;
static ExprCtx ctx;

static const Type *type_named(const char *text)
{
    bool not_null = *text == '!';
    const Type *type = strcmp(text, "NULL") == 0 ? type_simple(TYPE_NULL, true) : type_from_text(arena, text + not_null, !not_null);
    if (!type) fail_msg("bad type %s", text);
    return type;
}

static void expect_type(const Type *type, const char *expected, const char *a, const char *b, const char *how)
{
    StrBuf out = { 0 };
    if (type) type_print(type, false, &out);
    else strbuf_addz(&out, "none");
    if (strcmp(strbuf_cstr(&out), expected) != 0) fail_msg("%s of %s and %s: %s, expected %s", how, a, b, strbuf_cstr(&out), expected);
    strbuf_free(&out);
}

static void common_types(void **state)
{
    (void)state;
    static const struct { const char *a, *b, *calcite, *flink; } cases[] = {
        { "!INT", "!BIGINT", "BIGINT NOT NULL", "BIGINT NOT NULL" },
        { "TINYINT", "!SMALLINT", "SMALLINT", "SMALLINT" },
        { "FLOAT", "DOUBLE", "FLOAT", "DOUBLE" },
        { "DOUBLE", "FLOAT", "DOUBLE", "DOUBLE" },
        { "BIGINT", "FLOAT", "FLOAT", "FLOAT" },
        { "DECIMAL(5,2)", "FLOAT", "DOUBLE", "DOUBLE" },
        { "INT", "DECIMAL(5,2)", "DECIMAL(12, 2)", "DECIMAL(12, 2)" },
        { "DECIMAL(5,2)", "DECIMAL(20,0)", "DECIMAL(22, 2)", "DECIMAL(22, 2)" },
        { "DECIMAL(38,0)", "DECIMAL(38,18)", "DECIMAL(38, 0)", "DECIMAL(38, 0)" },
        { "CHAR(1)", "CHAR(3)", "VARCHAR(3)", "VARCHAR(3)" },
        { "CHAR(3)", "CHAR(3)", "CHAR(3)", "CHAR(3)" },
        { "CHAR(3)", "STRING", "STRING", "STRING" },
        { "BINARY(1)", "BYTES", "BYTES", "BYTES" },
        { "TIMESTAMP(3)", "TIMESTAMP(6)", "TIMESTAMP(6)", "TIMESTAMP(6)" },
        { "TIMESTAMP(3)", "TIMESTAMP_LTZ(3)", "TIMESTAMP_LTZ(3)", "TIMESTAMP_LTZ(3)" },
        { "DATE", "TIMESTAMP(3)", "none", "DATE" },
        { "DATE", "TIME(0)", "none", "none" },
        { "INT", "STRING", "none", "none" },
        { "BOOLEAN", "INT", "none", "none" },
        { "NULL", "!INT", "INT", "INT" },
        { "!ARRAY<INT>", "ARRAY<BIGINT>", "ARRAY<BIGINT>", "ARRAY<BIGINT>" },
        { "MAP<STRING, INT>", "MAP<CHAR(1), DECIMAL(5,1)>", "MAP<STRING, DECIMAL(11, 1)>", "MAP<STRING, DECIMAL(11, 1)>" },
        { "ARRAY<INT>", "ARRAY<STRING>", "none", "none" },
        { "INTERVAL_SECOND", "INTERVAL_SECOND", "INTERVAL SECOND(3)", "INTERVAL SECOND(3)" },
        { "INTERVAL_SECOND", "INTERVAL_MONTH", "none", "none" } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const Type *types[2] = { type_named(cases[i].a), type_named(cases[i].b) };
        expect_type(type_common_calcite(arena, types, 2), cases[i].calcite, cases[i].a, cases[i].b, "calcite");
        expect_type(type_common_flink(arena, types, 2), cases[i].flink, cases[i].a, cases[i].b, "flink");
    }
}

static void arithmetic_results(void **state)
{
    (void)state;
    static const struct { char op; const char *a, *b, *result; } cases[] = {
        { '+', "DECIMAL(5,2)", "DECIMAL(10,0)", "DECIMAL(13, 2) NOT NULL" }, { '+', "DECIMAL(38,0)", "DECIMAL(38,18)", "DECIMAL(38, 6) NOT NULL" },
        { '-', "DECIMAL(38,18)", "DECIMAL(20,10)", "DECIMAL(38, 17) NOT NULL" }, { '*', "DECIMAL(20,10)", "DECIMAL(20,10)", "DECIMAL(38, 17) NOT NULL" },
        { '*', "DECIMAL(20,10)", "DECIMAL(38,18)", "DECIMAL(38, 7) NOT NULL" }, { '/', "DECIMAL(10,0)", "DECIMAL(5,2)", "DECIMAL(18, 6) NOT NULL" },
        { '/', "DECIMAL(10,0)", "BIGINT", "DECIMAL(30, 20) NOT NULL" }, { '/', "DECIMAL(5,2)", "TINYINT", "DECIMAL(9, 6) NOT NULL" },
        { '%', "DECIMAL(38,18)", "INT", "DECIMAL(28, 18) NOT NULL" }, { '%', "DECIMAL(5,2)", "DECIMAL(2,1)", "DECIMAL(3, 2) NOT NULL" },
        { '+', "TINYINT", "SMALLINT", "SMALLINT NOT NULL" }, { '+', "FLOAT", "DOUBLE", "FLOAT NOT NULL" }, { '*', "DOUBLE", "FLOAT", "DOUBLE NOT NULL" },
        { '*', "DECIMAL(5,2)", "FLOAT", "DOUBLE NOT NULL" }, { '+', "INT", "FLOAT", "FLOAT NOT NULL" } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_type(type_arith(arena, cases[i].op, type_named(cases[i].a), type_named(cases[i].b)), cases[i].result, cases[i].a, cases[i].b, "arithmetic");
}

static void implicit_casts(void **state)
{
    (void)state;
    static const struct { const char *from, *to; bool ok; } cases[] = {
        { "INT", "BIGINT", true }, { "BIGINT", "INT", false }, { "INT", "STRING", false }, { "STRING", "INT", false }, { "INT", "DOUBLE", true },
        { "DOUBLE", "FLOAT", false }, { "DOUBLE", "DECIMAL(10,2)", false }, { "DECIMAL(10,2)", "DOUBLE", true }, { "CHAR(3)", "STRING", true },
        { "STRING", "CHAR(3)", true }, { "TIMESTAMP(3)", "DATE", true }, { "DATE", "TIME(0)", false }, { "TIMESTAMP(3)", "TIMESTAMP_LTZ(3)", true },
        { "NULL", "INT", true }, { "BOOLEAN", "INT", false }, { "ARRAY<INT>", "ARRAY<BIGINT>", true }, { "ARRAY<BIGINT>", "ARRAY<INT>", false },
        { "!INT", "INT", true } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (type_implicit_ok(type_named(cases[i].from), type_named(cases[i].to)) != cases[i].ok) fail_msg("%s to %s", cases[i].from, cases[i].to);
}

static void signatures(void **state)
{
    (void)state;
    static const struct { const char *sig, *args, *types; } cases[] = {
        { "str,int", "'a' 1", "CHAR(1) NOT NULL,INT NOT NULL" }, { "str,int", "1 1", "!" }, { "str,integer?", "'a'", "CHAR(1) NOT NULL" },
        { "str,str*", "'a' 'b' 'c'", "CHAR(1) NOT NULL,CHAR(1) NOT NULL,CHAR(1) NOT NULL" }, { "str+", "", "!" }, { "", "", "" }, { "", "1", "!" },
        { "bigint|double", "1", "BIGINT NOT NULL" }, { "bigint|double", "1.5", "DOUBLE NOT NULL" }, { "T,T", "1 2.5", "DECIMAL(11, 1) NOT NULL,DECIMAL(11, 1) NOT NULL" },
        { "T,T", "1 'a'", "!" }, { "integer", "5L", "!" }, { "any", "null", "NULL" }, { "str", "null", "!" }, { "array,any", "(ARRAY 1) 1", "ARRAY<INT NOT NULL> NOT NULL,INT NOT NULL" } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Err err = { 0 };
        Expr *args[4];
        ExprText t = { cases[i].args, cases[i].args, &ctx, NULL, &err };
        InferCtx infer = { .ctx = &ctx, .func = func_find(STR("ROW")), .args = args };
        for (text_blanks(&t); *t.at; text_blanks(&t)) args[infer.nargs++] = text_expr(&t);
        StrBuf out = { 0 };
        if (!signature_resolve(&infer, cases[i].sig, &err)) strbuf_addc(&out, '!');
        else
            for (uint32_t a = 0; a < infer.nargs; a++) { if (a) strbuf_addc(&out, ','); type_print(args[a]->type, false, &out); }
        if (strcmp(strbuf_cstr(&out), cases[i].types) != 0) fail_msg("(%s) given %s: %s, expected %s", cases[i].sig, cases[i].args, strbuf_cstr(&out), cases[i].types);
        strbuf_free(&out);
    }
}

static void names(void **state)
{
    (void)state;
    Err err = { 0 };
    assert_null(expr_from_text(&ctx, NULL, "(COALESC 1 2)", &err));
    assert_int_equal(err.code, E_NO_FUNCTION);
    assert_non_null(strstr(err.hint, "COALESCE"));
    assert_int_equal(err.span.pos, 0);
    assert_int_equal(err.span.len, 13);
}

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    ctx = (ExprCtx){ .arena = arena, .zone = zone_utc() };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(common_types), cmocka_unit_test(arithmetic_results), cmocka_unit_test(implicit_casts),
        cmocka_unit_test(signatures), cmocka_unit_test(names) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
