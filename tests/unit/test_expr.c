/* Operators and special forms: result types, values, NULLs, errors; every line is one rule. Constants take the folding path,
 * columns the vector path. */
#include "tests/unit/expr_text.h"

static Arena *arena;
static ExprCtx ctx;

/* --- constants --- */

static void check(const char *text, const char *type, const char *value) { expect_const(&ctx, text, type, value); }

static void arithmetic(void **state)
{
    (void)state;
    check("(+ 1 2.5)", "DECIMAL(12, 1) NOT NULL", "3.5");
    check("(/ 1.0 3)", "DECIMAL(13, 12) NOT NULL", "0.333333333333");
    check("(/ 5 2)", "INT NOT NULL", "2");
    check("(/ 5 2e0)", "DOUBLE NOT NULL", "2.5");
    check("(* 1.5 1.25)", "DECIMAL(6, 3) NOT NULL", "1.875");
    check("(% (- 7) 3)", "INT NOT NULL", "-1");
    check("(MOD 7.5 2)", "DECIMAL(2, 1) NOT NULL", "1.5");
    check("(% 5L 3)", "INT NOT NULL", "2");
    check("(% 5e0 3)", "!validate", "");
    check("(* 2147483647 2)", "INT NOT NULL", "-2");
    check("(+ (cast {TINYINT} 100) (cast {TINYINT} 100))", "TINYINT NOT NULL", "-56");
    check("(+ (cast {FLOAT} 1.1) (cast {DOUBLE} 1.1))", "FLOAT NOT NULL", "2.2");
    check("(/ (cast {DECIMAL(38,0)} 1) (cast {DECIMAL(38,0)} 3))", "DECIMAL(38, 6) NOT NULL", "0.333333");
    check("(/ 1 0)", "!run", "");
    check("(/ 1e0 0e0)", "!run", "");
    check("(/ (cast {INT} null) 0)", "INT", "NULL");
    check("(+ '1' 2)", "!validate", "");
    check("(+ true 1)", "!validate", "");
    check("(- '5')", "!validate", "");
}

static void dates(void **state)
{
    (void)state;
    const char *day = "(cast {DATE} '2020-01-31')";
    char text[200];
    snprintf(text, sizeof text, "(+ %s (cast {INTERVAL_MONTH} 1))", day);
    check(text, "DATE NOT NULL", "2020-02-29");
    snprintf(text, sizeof text, "(+ %s (cast {INTERVAL_SECOND} 90000000))", day);
    check(text, "DATE NOT NULL", "2020-02-01");
    snprintf(text, sizeof text, "(- %s (cast {INTERVAL_SECOND} 1000))", day);
    check(text, "DATE NOT NULL", "2020-01-31");
    check("(- (cast {TIMESTAMP(0)} '2020-01-31 10:00:00') (cast {INTERVAL_SECOND} 1))", "TIMESTAMP(0) NOT NULL", "2020-01-31 09:59:59");
    check("(+ (cast {TIME(0)} '23:00:00') (cast {INTERVAL_SECOND} 18000000))", "TIME(0) NOT NULL", "04:00:00");
    check("(* 2 (cast {INTERVAL_SECOND} 86400000))", "INTERVAL SECOND(3) NOT NULL", "+2 00:00:00.000");
    check("(MINUS_DATE #DAY (cast {DATE} '2024-03-01') (cast {DATE} '2024-02-28'))", "INTERVAL SECOND(3) NOT NULL", "+2 00:00:00.000");
    check("(MINUS_DATE #MONTH (cast {DATE} '2024-03-01') (cast {DATE} '2023-02-28'))", "INTERVAL MONTH NOT NULL", "+1-00");
    snprintf(text, sizeof text, "(- %s %s)", day, day);
    check(text, "!validate", "");
}

static void comparisons(void **state)
{
    (void)state;
    check("(= 1 1.0)", "BOOLEAN NOT NULL", "TRUE");
    check("(= (cast {FLOAT} '0.1') (cast {DOUBLE} '0.1'))", "BOOLEAN NOT NULL", "TRUE");
    check("(= '1' 1)", "!validate", "");
    check("(< '10' 9)", "BOOLEAN NOT NULL", "FALSE");
    check("(= 'true' true)", "BOOLEAN NOT NULL", "FALSE");
    check("(= 'a' 'a ')", "BOOLEAN NOT NULL", "FALSE");
    check("(= '2020-1-1' (cast {DATE} '2020-01-01'))", "BOOLEAN NOT NULL", "TRUE");
    check("(= 'garbage' (cast {DATE} '2020-01-01'))", "!run", "");
    check("(= (cast {DATE} '2020-01-01') (cast {TIMESTAMP(0)} '2020-01-01'))", "!validate", "");
    check("(= null null)", "BOOLEAN", "NULL");
    check("(= 1 null)", "BOOLEAN", "NULL");
    check("(= 1 true)", "!validate", "");
    check("(= (ARRAY 1) (ARRAY 1.0))", "BOOLEAN NOT NULL", "TRUE");
    check("(< (ROW 1 2) (ROW 1 3))", "!validate", "");
    check("(= (ROW 1 (cast {INT} null)) (ROW 1 2))", "BOOLEAN", "NULL");
    check("(= (MAP 'a' 1 'b' 2) (MAP 'b' 2 'a' 1))", "BOOLEAN NOT NULL", "TRUE");
    check("(IS_NOT_DISTINCT_FROM (cast {INT} null) (cast {BIGINT} null))", "BOOLEAN NOT NULL", "TRUE");
    check("(= (cast {DOUBLE} 'NaN') (cast {DOUBLE} 'NaN'))", "BOOLEAN NOT NULL", "FALSE");
    check("(in 1 2 null)", "BOOLEAN", "NULL");
    check("(in 1 1 null)", "BOOLEAN", "TRUE");
    check("(not_in 3 1 2)", "BOOLEAN NOT NULL", "TRUE");
    check("(in 5 1 2 3 4 5 6 7 8 9 null)", "BOOLEAN", "TRUE");
    check("(in 55 1 2 3 4 5 6 7 8 9 null)", "BOOLEAN", "NULL");
    check("(in 1 1 'a')", "!validate", "");
    check("(in 9 '9' '10')", "BOOLEAN NOT NULL", "TRUE");
}

static void logic(void **state)
{
    (void)state;
    check("(and true (cast {BOOLEAN} null))", "BOOLEAN", "NULL");
    check("(and false (= (/ 1 0) 1))", "BOOLEAN NOT NULL", "FALSE");
    check("(or true (cast {BOOLEAN} null))", "BOOLEAN", "TRUE");
    check("(and true 1)", "!validate", "");
    check("(and null true)", "!validate", "");
    check("(NOT (cast {BOOLEAN} null))", "BOOLEAN", "NULL");
    check("(IS_NOT_TRUE (cast {BOOLEAN} null))", "BOOLEAN NOT NULL", "TRUE");
    check("(IS_NULL null)", "BOOLEAN NOT NULL", "TRUE");
    check("(IS_TRUE 1)", "!validate", "");
}

static void conditionals(void **state)
{
    (void)state;
    check("(case true 1 (/ 1 0))", "INT NOT NULL", "1");
    check("(case false 1)", "INT", "NULL");
    check("(case true 1 true 2.55)", "DECIMAL(12, 2)", "1.00");
    check("(case false 'abc' 'x')", "VARCHAR(3) NOT NULL", "x");
    check("(case true null null)", "!validate", "");
    check("(case true 'a' 1)", "!validate", "");
    check("(COALESCE 1 (/ 1 0))", "INT NOT NULL", "1");
    check("(COALESCE (cast {INT} null) 1.5)", "DECIMAL(11, 1) NOT NULL", "1.5");
    check("(COALESCE 1 'x')", "!validate", "");
    check("(IFNULL null 1)", "INT NOT NULL", "1");
    check("(NULLIF 1 1)", "INT", "NULL");
    check("(NULLIF null 1)", "!validate", "");
    check("(IF true 'abc' 'x')", "VARCHAR(3) NOT NULL", "abc");
    check("(IF null 1 2)", "!validate", "");
    check("(IF true 1)", "!validate", "");
    check("(GREATEST 1 2.5 3e0)", "DOUBLE NOT NULL", "3.0");
    check("(LEAST 'é' 'z')", "CHAR(1) NOT NULL", "z");
    check("(GREATEST 1 'a')", "!validate", "");
    check("(NVL 1 2)", "!validate", "");
}

static void nested(void **state)
{
    (void)state;
    check("(ARRAY 1 2.5)", "ARRAY<DECIMAL(11, 1) NOT NULL> NOT NULL", "[1.0, 2.5]");
    check("(ARRAY 1 null)", "ARRAY<INT> NOT NULL", "[1, NULL]");
    check("(ARRAY null)", "!validate", "");
    check("(MAP 'a' 1 'a' 2)", "MAP<CHAR(1) NOT NULL, INT NOT NULL> NOT NULL", "{a=2}");
    check("(MAP 'a')", "!validate", "");
    check("(ROW 1 'a')", "ROW<`EXPR$0` INT NOT NULL, `EXPR$1` CHAR(1) NOT NULL> NOT NULL", "(1, a)");
    check("(ROW null)", "!validate", "");
    check("(ITEM (ARRAY 1 2 3) 3)", "INT", "3");
    check("(ITEM (ARRAY 1 2 3) 9)", "INT", "NULL");
    check("(ITEM (ARRAY 1 2 3) 0)", "!validate", "");
    check("(ITEM (ARRAY 1 2 3) 2L)", "!validate", "");
    check("(ITEM (MAP 'abc' 1 'd' 2) 'd')", "INT", "2");
    check("(ITEM (MAP 'a' 1) 1)", "!validate", "");
    check("(FIELD (ROW 1 'a') 'EXPR$1')", "CHAR(1) NOT NULL", "a");
    check("(FIELD (ROW 1 'a') 'none')", "!validate", "");
}

static void patterns(void **state)
{
    (void)state;
    check("(LIKE 'abc' 'a%')", "BOOLEAN NOT NULL", "TRUE");
    check("(LIKE 'abc' '%b_')", "BOOLEAN NOT NULL", "TRUE");
    check("(LIKE 'aXbXc' 'a%b%c')", "BOOLEAN NOT NULL", "TRUE");
    check("(LIKE 'é' '_')", "BOOLEAN NOT NULL", "TRUE");
    check("(LIKE 'a%c' 'a%%c' '%')", "BOOLEAN NOT NULL", "TRUE");
    check("(LIKE 'abc' 'a!b' '!')", "!validate", "");
    check("(LIKE 123 '1%')", "!validate", "");
    check("(SIMILAR_TO 'aaa' 'a{2,3}')", "BOOLEAN NOT NULL", "TRUE");
    check("(SIMILAR_TO 'abc' '[[:ALPHA:]]*')", "BOOLEAN NOT NULL", "TRUE");
    check("(SIMILAR_TO 'abc' 'ab')", "BOOLEAN NOT NULL", "FALSE");
    check("(SIMILAR_TO 'abc' 'a(b')", "!run", "");
    check("(SIMILAR_TO 'abc' '[a')", "!run", "");
}

/* --- columns --- */

static const Schema *schema;
static BatchBuilder builder;
static const char rows[] = "+I 7 | 70000 | 1.5 | ab | 2020-01-01 00:00:00.000 | true | 1.50\n"
                           "+I 0 | -1 | -2.25 | xyz | 1970-01-01 00:00:00.000 | false | -0.25\n"
                           "+I <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL>\n";

static void columns_setup(void)
{
    static Column cols[7];
    static Schema made;
    static const char *const names[] = { "i", "b", "d", "s", "ts", "bo", "p" }, *const types[] = { "INT", "BIGINT", "DOUBLE", "STRING", "TIMESTAMP(3)", "BOOLEAN", "DECIMAL(5,2)" };
    for (int c = 0; c < 7; c++) cols[c] = (Column){ str_of(names[c]), type_from_text(arena, types[c], true) };
    made = (Schema){ cols, 7 };
    schema = &made;
    Err err = { 0 };
    builder_init(&builder, schema, 64);
    if (!batch_parse(str_of(rows), &builder, &err)) fail_msg("%s", err.message);
}

/* Values of `text` over the three rows, joined by " ; "; "!CODE" of the error when it fails. */
static void check_rows(const char *text, const char *expected)
{
    Err err = { 0 };
    Expr *expr = expr_from_text(&ctx, schema, text, &err);
    Program *program = expr ? program_compile(arena, &ctx, &expr, 1, &err) : NULL;
    if (!program) fail_msg("%s: %s", text, err.message);
    Eval *eval = eval_new(program, zone_utc(), false);
    Vec vec;
    StrBuf out = { 0 };
    const Batch *batch = builder_batch(&builder);
    if (!program_eval(program, eval, batch, &vec, NULL, &err)) strbuf_addf(&out, "!%s@%u", err_sqlstate(&err), err.span.pos);
    else
        for (uint32_t row = 0; row < batch->len; row++) {
            Datum value = vec_get(&vec, row);
            if (row) strbuf_addz(&out, " ; ");
            datum_print(expr->type, &value, zone_utc(), &out);
        }
    if (strcmp(strbuf_cstr(&out), expected) != 0) fail_msg("%s: %s, expected %s", text, strbuf_cstr(&out), expected);
    strbuf_free(&out);
    eval_free(eval);
}

static void over_columns(void **state)
{
    (void)state;
    check_rows("$i", "7 ; 0 ; NULL");
    check_rows("(+ $i $b)", "70007 ; -1 ; NULL");
    check_rows("(* $d 2)", "3.0 ; -4.5 ; NULL");
    check_rows("(- $p 1)", "0.50 ; -1.25 ; NULL");
    check_rows("(> $b $i)", "TRUE ; FALSE ; NULL");
    check_rows("(= $s 'ab')", "TRUE ; FALSE ; NULL");
    check_rows("(= $p 1.500)", "TRUE ; FALSE ; NULL");
    check_rows("(IS_NULL $i)", "FALSE ; FALSE ; TRUE");
    check_rows("(IS_DISTINCT_FROM $i 7)", "FALSE ; TRUE ; TRUE");
    check_rows("(NOT $bo)", "FALSE ; TRUE ; NULL");
    check_rows("(LIKE $s '%b')", "TRUE ; FALSE ; NULL");
    check_rows("(- $ts (cast {INTERVAL_SECOND} 1500))", "2019-12-31 23:59:58.500 ; 1969-12-31 23:59:58.500 ; NULL");
    check_rows("(ROW $i $s)", "(7, ab) ; (0, xyz) ; (NULL, NULL)");
    check_rows("(ITEM (ARRAY $i 5) 1)", "7 ; 0 ; NULL");
}

static void branches_run_on_their_rows(void **state)
{
    (void)state;
    check_rows("(case (<> $i 0) (/ 10 $i) -1)", "1 ; -1 ; -1");
    check_rows("(/ 10 $i)", "!22012@0");
    check_rows("(+ 1 (/ 10 $i))", "!22012@5");
    check_rows("(and (<> $i 0) (> (/ 10 $i) 0))", "TRUE ; FALSE ; NULL");
    check_rows("(and (> (/ 10 $i) 0) (<> $i 0))", "!22012@8");
    check_rows("(or (= $i 0) (> (/ 10 $i) 5))", "FALSE ; TRUE ; NULL");
    check_rows("(COALESCE (NULLIF $i 0) (/ 100 (- $b)))", "7 ; 100 ; NULL");
    check_rows("(IF (> $i 5) (/ 10 $i) $b)", "1 ; -1 ; NULL");
    check_rows("(case (> $i 5) $s 'none')", "ab ; none ; none");
    check_rows("(COALESCE $s 'x')", "ab ; xyz ; x");
    check_rows("(COALESCE $i $b 5)", "7 ; 0 ; 5");
    check_rows("(and $bo (> $i 5))", "TRUE ; FALSE ; NULL");
    check_rows("(or $bo (IS_NULL $i))", "TRUE ; FALSE ; TRUE");
    check_rows("(NULLIF $i 7)", "NULL ; 0 ; NULL");
    check_rows("(= $s (cast {DATE} '2020-01-01'))", "FALSE ; FALSE ; NULL");
    check_rows("(case (IS_NULL $i) (cast {INT} $s) 1)", "1 ; 1 ; NULL");
    check_rows("(cast {INT} $s)", "!22P02@0");
    check_rows("(try_cast {INT} $s)", "NULL ; NULL ; NULL");
}

static void selections(void **state)
{
    (void)state;
    Err err = { 0 };
    Expr *exprs[2] = { expr_from_text(&ctx, schema, "(> $i 5)", &err), expr_from_text(&ctx, schema, "(/ 10 $i)", &err) };
    Program *filter = program_compile(arena, &ctx, exprs, 1, &err), *project = program_compile(arena, &ctx, exprs + 1, 1, &err);
    Eval *a = eval_new(filter, NULL, false), *b = eval_new(project, NULL, false);
    uint32_t sel[3], n;
    Batch batch = *builder_batch(&builder);
    assert_true(program_select(filter, a, 0, &batch, sel, &n, &err));
    assert_int_equal(n, 1);
    assert_int_equal(sel[0], 0);
    batch.sel = sel;
    batch.sel_len = n;
    Vec out;
    assert_true(program_eval(project, b, &batch, &out, NULL, &err));
    assert_int_equal(vec_get(&out, 0).v.i32, 1);
    eval_free(a);
    eval_free(b);
}

static void common_parts_once(void **state)
{
    (void)state;
    Err err = { 0 };
    uint64_t bits[1] = { 0 };
    Expr *sum = expr_from_text(&ctx, schema, "(+ (* $i 2) (* $i 2))", &err);
    expr_columns(sum, bits);
    assert_int_equal(bits[0], 1);
    assert_true(expr_equal(sum->args[0], sum->args[1]));
    assert_true(expr_is_deterministic(sum) && !expr_is_const(sum));
    StrBuf out = { 0 };
    expr_print(sum, schema, &out);
    assert_string_equal(strbuf_cstr(&out), "((i * 2) + (i * 2))");
    strbuf_free(&out);
    Expr *map[1] = { expr_const(arena, type_simple(TYPE_INT, false), datum_i32(5), (Span){ 0, 0 }) };
    Expr *folded = expr_fold(&ctx, expr_substitute(arena, sum, map, 1), &err);
    assert_int_equal(folded->value.v.i32, 20);
}

static void table_is_sound(void **state)
{
    (void)state;
    uint32_t n;
    const FuncDef *const *all = func_all(&n);
    for (uint32_t i = 0; i < n; i++) {
        assert_ptr_equal(func_find(str_of(all[i]->name)), all[i]);
        bool changing = all[i]->flags & FN_VOLATILE;          /* another value each time: no result to show */
        if (!all[i]->doc || !all[i]->category || (!changing && (!all[i]->example || !all[i]->result))) fail_msg("function %s lacks doc, example, result or category", all[i]->name);
        if (!all[i]->body && !all[i]->kernel && !all[i]->build && !(all[i]->flags & FN_WINDOW)) fail_msg("function %s has no body", all[i]->name);
        if (i && strcmp(all[i - 1]->name, all[i]->name) >= 0) fail_msg("function %s stands twice", all[i]->name);
    }
    assert_null(func_find(STR("no_such")));
    assert_true(str_is(func_nearest(STR("coalesc")), "COALESCE"));
}

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    ctx = (ExprCtx){ .arena = arena, .zone = zone_utc() };
    columns_setup();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    builder_free(&builder);
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic), cmocka_unit_test(dates), cmocka_unit_test(comparisons), cmocka_unit_test(logic),
        cmocka_unit_test(conditionals), cmocka_unit_test(nested), cmocka_unit_test(patterns), cmocka_unit_test(over_columns),
        cmocka_unit_test(branches_run_on_their_rows), cmocka_unit_test(selections), cmocka_unit_test(common_parts_once),
        cmocka_unit_test(table_is_sound),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
