/* Random well-typed expressions over random batches: the compiled, vectorised evaluation (FLAT, CONST and DICT columns, random selections)
 * must agree with a naive evaluator that walks the tree row by row through the scalar bodies. The seed is printed when it fails;
 * WEIR_SEED=n replays it, WEIR_FUZZ_MS bounds the time (default 1500). */
#include "tests/unit/expr_naive.h"
#include "tests/unit/values.h"
#include <time.h>

enum { TYPES = 9, COLS = 2 * TYPES, ROWS_MAX = 150, EXPRS = 4, DEPTH = 4 };
static Arena *arena;
static ExprCtx ctx;
static const Type *types[TYPES];                 /* BOOLEAN TINYINT INT BIGINT FLOAT DOUBLE DECIMAL STRING TIMESTAMP */
enum { T_BOOL, T_TINY, T_INT, T_BIG, T_FLOAT, T_DOUBLE, T_DEC, T_STR, T_TS };
static Column columns[COLS];
static const Schema schema = { columns, COLS };

/* --- random trees --- */

static Expr *make(int type, int depth);
static const Span span = { 1, 2 };

static Expr *leaf(int type)
{
    if (below(3)) { uint32_t c = (uint32_t)(2 * type + (int)below(2)); return expr_column(arena, c, columns[c].type, span); }
    Datum value = random_datum(arena, types[type]);
    if (type == T_TS && !value.null) value.v.i64 = (int64_t)below(4000000000000000) / 1000 * 1000;
    if (type == T_DEC && !value.null) value.v.i128 = (i128)below(20000) - 10000;
    return expr_const(arena, type_with_null(arena, types[type], value.null), value, span);
}

static Expr *call(const char *name, Expr *a, Expr *b, Expr *c)
{
    Err err = { 0 };
    Expr *args[3] = { a, b, c };
    return expr_call(&ctx, str_of(name), args, c ? 3 : b ? 2 : 1, span, &err);
}

static Expr *make_bool(int depth)
{
    static const char *const compare[] = { "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM" };
    static const char *const is[] = { "NOT", "IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE", "IS UNKNOWN" };
    Err err = { 0 };
    int type = (int)below(TYPES);
    Expr *args[12];
    uint32_t n = 2 + (uint32_t)below(2);
    switch (below(6)) {
    case 0: return call(is[below(6)], make(T_BOOL, depth), NULL, NULL);
    case 1: return call(below(2) ? "IS NULL" : "IS NOT NULL", make(type, depth), NULL, NULL);
    case 2: case 3:
        for (uint32_t i = 0; i < n; i++) args[i] = make(T_BOOL, depth);
        return expr_logical(&ctx, below(2) ? EXPR_AND : EXPR_OR, args, n, span, &err);
    case 4:
        n = 2 + (uint32_t)below(10);
        for (uint32_t i = 0; i < n; i++) args[i] = leaf(type);
        return expr_in(&ctx, make(type, depth), args, n, below(2), span, &err);
    default: return call(compare[below(8)], make(type, depth), make(below(3) ? type : (int)below(TYPES), depth), NULL);
    }
}

static Expr *make_branch(int type, int depth)
{
    Err err = { 0 };
    Expr *conds[3], *thens[3];
    uint32_t n = 1 + (uint32_t)below(2);
    switch (below(5)) {
    case 0: return call("COALESCE", make(type, depth), make(type, depth), below(2) ? make(type, depth) : NULL);
    case 1: return call("IF", make(T_BOOL, depth), make(type, depth), make(type, depth));
    case 2: return call("NULLIF", make(type, depth), make(type, depth), NULL);
    case 3: return call(below(2) ? "GREATEST" : "LEAST", make(type, depth), make(type, depth), NULL);
    default:
        for (uint32_t i = 0; i < n; i++) { conds[i] = make(T_BOOL, depth); thens[i] = make(type, depth); }
        return expr_case(&ctx, conds, thens, n, below(2) ? make(type, depth) : NULL, span, &err);
    }
}

static Expr *make_number(int type, int depth)
{
    static const char *const ops[] = { "+", "-", "*", "/", "%" };
    if (below(6) == 0) return call("-", make(type, depth), NULL, NULL);
    return call(ops[below(5)], make(type, depth), make(below(2) ? type : T_TINY + (int)below(6), depth), NULL);
}

static Expr *make_other(int type, int depth)
{
    Datum ms = datum_i64((int64_t)below(100000000) - 50000000);
    if (type == T_TS) return call(below(2) ? "+" : "-", make(T_TS, depth), expr_const(arena, type_simple(TYPE_INTERVAL_SECOND, false), ms, span), NULL);
    return call("LIKE", make(T_STR, depth), expr_const(arena, type_sized(arena, TYPE_CHAR, 2, false), datum_str(arena, STR("a%")), span), NULL);
}

static Expr *make_as(int type, Expr *expr)
{
    Err err = { 0 };
    if (!expr) return leaf(type);
    return type_eq(expr->type, types[type], true) ? expr : expr_cast(&ctx, expr, types[type], below(2), span, &err);
}

static Expr *make(int type, int depth)
{
    if (depth == 0 || below(8) == 0) return leaf(type);
    Expr *expr = NULL;
    if (below(3) == 0) expr = make_branch(type, depth - 1);
    else if (type == T_BOOL) expr = make_bool(depth - 1);
    else if (type >= T_TINY && type <= T_DEC) expr = below(4) ? make_number(type, depth - 1) : make(T_TINY + (int)below(6), depth - 1);
    else expr = below(2) ? make_other(type, depth - 1) : make((int)below(TYPES), depth - 1);
    expr = make_as(type, expr);
    return expr ? expr : leaf(type);
}

/* --- random batches --- */

static void random_column(Vec *vec, const Type *type, uint32_t len)
{
    uint64_t form = below(4);
    uint32_t entries = form == 1 ? 1 : form == 2 ? 1 + (uint32_t)below(9) : len, *idx = ARENA_ARRAY(arena, uint32_t, len + 1);
    vec_init(vec, arena, type, entries + 1);
    for (uint32_t i = 0; i < entries; i++) {
        Datum value = random_datum(arena, type);
        if (type->kind == TYPE_TIMESTAMP && !value.null) value.v.i64 = (int64_t)below(4000000000000000) / 1000 * 1000;
        if (type->kind == TYPE_DECIMAL && !value.null) value.v.i128 = (i128)below(20000) - 10000;
        if (type->kind == TYPE_VARCHAR && !value.null && below(2)) value = datum_str(arena, below(2) ? STR("12") : STR("7.5"));
        vec_set(vec, arena, entries, i, &value);
    }
    vec->len = len;
    if (form == 1) vec->form = VEC_CONST;
    if (form != 2) return;
    for (uint32_t i = 0; i < len; i++) idx[i] = (uint32_t)below(entries);
    vec->form = VEC_DICT;
    vec->dict_idx = idx;
    vec->dict_len = entries;
}

static Batch random_batch(void)
{
    Batch batch = { .len = 1 + (uint32_t)below(ROWS_MAX), .ncols = COLS, .cols = ARENA_ARRAY(arena, Vec, COLS), .arena = arena };
    for (int c = 0; c < COLS; c++) random_column(&batch.cols[c], columns[c].type, batch.len);
    if (below(2)) return batch;
    uint32_t *sel = ARENA_ARRAY(arena, uint32_t, batch.len), share = (uint32_t)below(10);
    for (uint32_t i = 0; i < batch.len; i++)
        if (below(10) < share) sel[batch.sel_len++] = i;
    batch.sel = sel;
    return batch;
}

/* --- the comparison --- */

static void differ(uint64_t seed, const Expr *expr, uint32_t row, const char *what)
{
    StrBuf out = { 0 };
    expr_print(expr, &schema, &out);
    fail_msg("WEIR_SEED=%llu row %u: %s: %s", (unsigned long long)seed, row, what, strbuf_cstr(&out));
}

/* One program over one batch: same values on every live row, or a failure where some row fails. */
static void compare(uint64_t seed, Eval *eval, const Program *program, Expr *const *exprs, const Batch *batch)
{
    Vec out[EXPRS];
    Err err = { 0 };
    EvalEnv env = { .arena = arena, .zone = zone_utc() };
    bool ok = program_eval(program, eval, batch, out, NULL, &err), fails = false;
    for (uint32_t k = 0; k < batch_live(batch); k++)
        for (uint32_t e = 0; e < EXPRS; e++) {
            Err row_err = { 0 };
            Datum expected, got;
            uint32_t row = batch_row(batch, k);
            if (!naive(exprs[e], batch, row, &env, &expected, &row_err)) { fails = true; if (ok) differ(seed, exprs[e], row, row_err.message); continue; }
            if (!ok) continue;
            got = vec_get(&out[e], row);
            if (datum_eq(exprs[e]->type, &expected, &got)) continue;
            StrBuf text = { 0 };
            datum_print(exprs[e]->type, &got, zone_utc(), &text);
            strbuf_addz(&text, " instead of ");
            datum_print(exprs[e]->type, &expected, zone_utc(), &text);
            differ(seed, exprs[e], row, strbuf_cstr(&text));
        }
    if (!ok && !fails) differ(seed, exprs[0], 0, err.message);
}

/* Half of the rounds fold constants first, as planning does. */
static void round_of(uint64_t seed)
{
    Expr *exprs[EXPRS];
    random_seed(seed);
    for (int e = 0; e < EXPRS; e++) exprs[e] = make((int)below(TYPES), DEPTH);
    Err err = { 0 };
    bool folding = below(2);
    for (int e = 0; e < EXPRS && folding; e++) {
        exprs[e] = expr_fold(&ctx, exprs[e], &err);
        if (!exprs[e]) { assert_true(err.set); return; }             /* a constant part fails: planning refuses it */
    }
    Program *program = program_compile(arena, NULL, exprs, EXPRS, &err);
    assert_non_null(program);
    Eval *eval = eval_new(program, zone_utc(), false);
    for (int i = 0; i < 3; i++) {
        Batch batch = random_batch();
        compare(seed, eval, program, exprs, &batch);
    }
    eval_free(eval);
}

static void vectors_agree_with_rows(void **state)
{
    (void)state;
    const char *fixed = getenv("WEIR_SEED"), *ms = getenv("WEIR_FUZZ_MS");
    clock_t end = clock() + (clock_t)(ms ? atoi(ms) : 1500) * (CLOCKS_PER_SEC / 1000);
    for (uint64_t seed = fixed ? strtoull(fixed, NULL, 10) : 1; clock() < end; seed++) {
        arena = ctx.arena = arena_new();
        static const char *const names[TYPES] = { "BOOLEAN", "TINYINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL(10,2)", "STRING", "TIMESTAMP(3)" };
        for (int t = 0; t < TYPES; t++) types[t] = type_from_text(arena, names[t], true);
        for (int c = 0; c < COLS; c++) columns[c] = (Column){ str_printf(arena, "c%d", c), types[c / 2] };
        round_of(seed);
        arena_free(arena);
        if (fixed) return;
    }
}

int main(void)
{
    ctx.zone = zone_utc();
    const struct CMUnitTest tests[] = { cmocka_unit_test(vectors_agree_with_rows) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
