/* Every function of the table within random well-typed trees: arguments are columns of every type, constants, and what other calls, CASE, COALESCE, AND,
 * OR, IF and casts gave. Compiled and vectorised (FLAT, CONST and DICT columns, random selections, shared parts) they must give what the naive
 * evaluator gives row by row: values, NULLs, and whether some row fails. The seed is printed; WEIR_SEED=n replays it, WEIR_FUZZ_MS bounds the time. */
#include "tests/unit/expr_naive.h"
#include "tests/unit/fn_values.h"
#include <time.h>

enum { TYPES = SAMPLE_TYPES + 3, ROWS_MAX = 80, COLS = 2 * TYPES, POOL_MAX = 160, TRIES = 12, EXPRS = 6, ARGS_MAX = 5 };
static Arena *arena;
static ExprCtx ctx;
static const Type *types[TYPES];
static Column columns[COLS];
static const Schema schema = { columns, COLS };
static const Span span = { 1, 2 };
static Expr *pool[POOL_MAX];
static uint32_t npool;
static const Zone *zone;

static void pool_add(Expr *expr) { if (expr && npool < POOL_MAX) pool[npool++] = expr; }

static Expr *random_const(const Type *type)
{
    Datum value = random_value(arena, type);
    return expr_const(arena, type_with_null(arena, type, value.null), value, span);
}

static void pool_fill(void)
{
    npool = 0;
    for (uint32_t c = 0; c < COLS; c++)
        if (columns[c].type->kind != TYPE_NULL) pool_add(expr_column(arena, c, columns[c].type, span));
    for (int i = 0; i < 24; i++) {
        const Type *type = types[below(2) ? 10 : below(TYPES)];
        if (type->kind != TYPE_NULL && !type_is_nested(type)) pool_add(random_const(type));
    }
}

/* --- arguments --- */

/* Does a parameter class of a signature (func.h) take this type? A first guess: the resolver decides. */
static bool class_takes(Str cls, const Type *type)
{
    static const struct { const char *name; TypeKind from, to; } kinds[] = {
        { "bool", TYPE_BOOLEAN, TYPE_BOOLEAN }, { "int", TYPE_TINYINT, TYPE_BIGINT }, { "integer", TYPE_TINYINT, TYPE_INT }, { "bigint", TYPE_TINYINT, TYPE_BIGINT },
        { "date", TYPE_DATE, TYPE_DATE }, { "time", TYPE_TIME, TYPE_TIME }, { "ts", TYPE_TIMESTAMP, TYPE_TIMESTAMP }, { "ltz", TYPE_TIMESTAMP_LTZ, TYPE_TIMESTAMP_LTZ },
        { "month", TYPE_INTERVAL_MONTH, TYPE_INTERVAL_MONTH }, { "second", TYPE_INTERVAL_SECOND, TYPE_INTERVAL_SECOND }, { "array", TYPE_ARRAY, TYPE_ARRAY },
        { "map", TYPE_MAP, TYPE_MAP }, { "row", TYPE_ROW, TYPE_ROW }, { "variant", TYPE_VARIANT, TYPE_VARIANT }, { "bitmap", TYPE_BITMAP, TYPE_BITMAP }, { "dec", TYPE_DECIMAL, TYPE_DECIMAL } };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_is(cls, kinds[i].name)) return type->kind >= kinds[i].from && type->kind <= kinds[i].to;
    if (str_is(cls, "num") || str_is(cls, "double")) return type_is_numeric(type);
    if (str_is(cls, "exact")) return type_is_integer(type) || type->kind == TYPE_DECIMAL;
    if (str_is(cls, "str")) return type_is_string(type);
    if (str_is(cls, "bin")) return type_is_binary(type);
    if (str_is(cls, "chars")) return type_is_chars(type);
    if (str_is(cls, "datetime")) return type_is_datetime(type);
    if (str_is(cls, "interval")) return type_is_interval(type);
    return true;
}

static Expr *pick(Str cls, const Type *like)
{
    uint32_t from = (uint32_t)below(npool);
    for (uint32_t k = 0; k < npool; k++) {
        Expr *expr = pool[(from + k) % npool];
        if (class_takes(cls, expr->type) && (!like || type_eq(expr->type, like, true))) return expr;
    }
    return pool[from];
}

/* One alternative of a signature at random: its classes, repeated or left out as they may be. */
static uint32_t args_of_signature(const char *signature, Expr **args)
{
    uint32_t alternatives = 1, n = 0;
    for (const char *c = signature; *c; c++) alternatives += *c == '|';
    for (uint64_t skip = below(alternatives); skip > 0; skip--) signature = strchr(signature, '|') + 1;
    const Type *common = NULL;
    for (const char *at = signature; *at && *at != '|' && n < ARGS_MAX;) {
        size_t len = strcspn(at, ",|?*+ ");
        Str cls = { at, (uint32_t)len };
        at += len;
        char many = *at && strchr("?*+", *at) ? *at++ : 0;
        at += strspn(at, ", ");
        uint32_t times = many == '?' ? (uint32_t)below(2) : many == '*' ? (uint32_t)below(3) : many == '+' ? 1 + (uint32_t)below(2) : 1;
        for (; times > 0 && n < ARGS_MAX; times--) {
            bool t = str_is(cls, "T");
            args[n] = str_is(cls, "sym") ? expr_symbol(arena, str_of(symbols[below(sizeof symbols / sizeof *symbols)]), span) : pick(cls, t ? common : NULL);
            if (t) common = args[n]->type;
            n++;
        }
    }
    return n;
}

static uint32_t args_at_random(const FuncDef *func, Expr **args)
{
    uint32_t n = (uint32_t)below(ARGS_MAX);
    for (uint32_t i = 0; i < n; i++) {
        args[i] = below(3) == 0 && i > 0 ? pick(STR("any"), args[0]->type) : pick(below(2) ? STR("any") : below(3) ? STR("str") : STR("num"), NULL);
        if ((i == 0 && func->flags & FN_SYMBOL0) || below(10) == 0) args[i] = expr_symbol(arena, str_of(symbols[below(sizeof symbols / sizeof *symbols)]), span);
    }
    if (n && func->flags & FN_SYMBOL0) args[0] = expr_symbol(arena, str_of(symbols[below(6)]), span);
    return n;
}

static Expr *text_const(const char *text) { return expr_const(arena, type_sized(arena, TYPE_CHAR, (uint32_t)strlen(text), false), datum_str(arena, str_of(text)), span); }

/* Calls that no argument found by its type alone makes. */
static Expr *special_call(const FuncDef *func)
{
    Err err = { 0 };
    Expr *value = pick(STR("any"), NULL), *same[5] = { value };
    if (strcmp(func->name, "FIELD") == 0) return expr_call(&ctx, STR("FIELD"), (Expr *[]){ pick(STR("row"), NULL), text_const(below(2) ? "a" : "c") }, 2, span, &err);
    if (strcmp(func->name, "IN") == 0) {
        uint32_t n = 1 + (uint32_t)below(4);
        for (uint32_t i = 0; i < n; i++) same[i] = below(4) ? random_const(value->type) : pick(STR("any"), value->type);
        return expr_in(&ctx, value, same, n, below(2), span, &err);
    }
    if (strcmp(func->name, "OBJECT_UPDATE") != 0) return NULL;
    Expr *object = expr_call(&ctx, STR("OBJECT_OF"), (Expr *[]){ text_const("com.example.User"), text_const("name"), value }, 3, span, &err);
    return object ? expr_call(&ctx, STR("OBJECT_UPDATE"), (Expr *[]){ object, text_const("name"), pick(STR("any"), NULL) }, 3, span, &err) : NULL;
}

static Expr *random_call(const FuncDef *func)
{
    Expr *special = special_call(func);
    if (special) return special;
    for (int tries = 0; tries < TRIES; tries++) {
        Expr *args[ARGS_MAX];
        Err err = { 0 };
        uint32_t n = func->args && below(8) ? args_of_signature(func->args, args) : args_at_random(func, args);
        Expr *expr = expr_call(&ctx, str_of(func->name), args, n, span, &err);
        if (expr) return expr;
        assert_true(err.set);
    }
    return NULL;
}

/* --- forms that choose what is evaluated --- */

static Expr *condition(void) { return pick(STR("bool"), NULL); }

static Expr *random_form(void)
{
    Err err = { 0 };
    Expr *args[4] = { condition(), condition(), condition(), condition() }, *value = pick(STR("any"), NULL);
    Expr *thens[3] = { value, pick(STR("any"), value->type), pick(STR("any"), value->type) };
    uint32_t n = 1 + (uint32_t)below(3);
    switch (below(6)) {
    case 0: return expr_logical(&ctx, EXPR_AND, args, n + 1, span, &err);
    case 1: return expr_logical(&ctx, EXPR_OR, args, n + 1, span, &err);
    case 2: return expr_call(&ctx, STR("COALESCE"), thens, n, span, &err);
    case 3: return expr_in(&ctx, value, (Expr *[]){ random_const(value->type), random_const(value->type), thens[2] }, 3, below(2), span, &err);
    case 4: {
        const Type *type = types[below(TYPES)];
        return type->kind == TYPE_NULL ? NULL : expr_cast(&ctx, value, type, below(2), span, &err);
    }
    default: return expr_case(&ctx, args, thens, n, below(2) ? pick(STR("any"), value->type) : NULL, span, &err);
    }
}

static bool can_evaluate(const Expr *expr)
{
    if (expr->kind == EXPR_CALL && (!expr->func->body || expr->func->flags & FN_VOLATILE)) return false;
    for (uint32_t i = 0; i < expr->nargs; i++)
        if (!can_evaluate(expr->args[i])) return false;
    return true;
}

/* --- batches --- */

static void random_column(Vec *vec, const Type *type, uint32_t len)
{
    uint64_t form = below(4);
    uint32_t entries = form == 1 ? 1 : form == 2 ? 1 + (uint32_t)below(9) : len, *idx = ARENA_ARRAY(arena, uint32_t, len + 1);
    vec_init(vec, arena, type, entries + 1);
    for (uint32_t i = 0; i < entries; i++) {
        Datum value = random_value(arena, type);
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
    Batch batch = { .len = 1 + (uint32_t)below(below(3) ? 12 : ROWS_MAX), .ncols = COLS, .cols = ARENA_ARRAY(arena, Vec, COLS), .arena = arena };
    for (int c = 0; c < COLS; c++) random_column(&batch.cols[c], columns[c].type, batch.len);
    if (below(2)) return batch;
    uint32_t *sel = ARENA_ARRAY(arena, uint32_t, batch.len), share = (uint32_t)below(10);
    for (uint32_t i = 0; i < batch.len; i++)
        if (below(10) < share) sel[batch.sel_len++] = i;
    batch.sel = sel;
    return batch;
}

/* --- the comparison --- */

static void differ(uint64_t seed, const Expr *expr, const Batch *batch, uint32_t row, const char *what)
{
    StrBuf out = { 0 };
    expr_print(expr, &schema, &out);
    uint64_t bits[(COLS + 63) / 64] = { 0 };
    expr_columns(expr, bits);
    for (uint32_t c = 0; c < COLS; c++) {
        if (!bit_get(bits, c)) continue;
        Datum value = vec_get(&batch->cols[c], row);
        strbuf_addf(&out, "; c%u = ", c);
        datum_print(columns[c].type, &value, zone, &out);
    }
    fail_msg("WEIR_SEED=%llu row %u: %s: %s", (unsigned long long)seed, row, what, strbuf_cstr(&out));
}

/* One expression over one batch: the same values on every live row, or a failure where some row fails. */
static void compare(uint64_t seed, Expr *expr, const Batch *batch)
{
    Err err = { 0 };
    EvalEnv env = { .arena = arena, .zone = zone };
    Program *program = program_compile(arena, NULL, &expr, 1, &err);
    if (!program) { assert_true(err.set); return; }  /* a constant pattern is refused */
    Eval *eval = eval_new(program, zone, false);
    Vec out;
    bool ok = program_eval(program, eval, batch, &out, NULL, &err), fails = false;
    for (uint32_t k = 0; k < batch_live(batch); k++) {
        Err row_err = { 0 };
        Datum expected;
        uint32_t row = batch_row(batch, k);
        if (!naive(expr, batch, row, &env, &expected, &row_err)) {
            fails = true;
            if (ok) differ(seed, expr, batch, row, row_err.message);
            continue;
        }
        Datum got = ok ? vec_get(&out, row) : expected;
        if (datum_eq(expr->type, &expected, &got)) continue;
        StrBuf text = { 0 };
        datum_print(expr->type, &got, zone, &text);
        strbuf_addz(&text, " instead of ");
        datum_print(expr->type, &expected, zone, &text);
        differ(seed, expr, batch, row, strbuf_cstr(&text));
    }
    if (!ok && !fails) differ(seed, expr, batch, eval_bad_row(eval), err.message);
    eval_free(eval);
}

/* A pool of leaves, grown by calls and forms over it; `first` is among the calls. Returns whether it could be called. */
static bool round_of(uint64_t seed, const FuncDef *first)
{
    static const char *const zones[] = { "UTC", "America/New_York", "Asia/Kolkata" };
    arena = ctx.arena = arena_new();
    random_seed(seed);
    sample_types(arena, types);
    types[SAMPLE_TYPES] = type_array(arena, type_simple(TYPE_INT, true), true);
    types[SAMPLE_TYPES + 1] = type_array(arena, types[SAMPLE_TYPES], true);
    types[SAMPLE_TYPES + 2] = type_map(arena, type_simple(TYPE_INT, true), type_simple(TYPE_DOUBLE, true), true);
    zone = ctx.zone = zone_find(str_of(zones[below(3)]));
    for (int c = 0; c < COLS; c++) columns[c] = (Column){ str_printf(arena, "c%d", c), types[c / 2] };
    pool_fill();
    uint32_t n, leaves = npool;
    const FuncDef *const *rows = func_all(&n);
    for (int i = 0; i < 20; i++) {
        Expr *expr = below(3) ? random_call(rows[below(n)]) : random_form();
        if (expr && can_evaluate(expr)) pool_add(expr);
    }
    Expr *called = first ? random_call(first) : NULL;
    if (called && can_evaluate(called)) pool_add(called);
    Batch batch = random_batch();
    Err err = { 0 };
    if (called && can_evaluate(called)) compare(seed, called, &batch);
    for (int e = 0; e < EXPRS && npool > leaves; e++) {
        Expr *expr = pool[leaves + below(npool - leaves)];
        if (below(3) == 0) expr = expr_fold(&ctx, expr, &err);
        if (expr) compare(seed, expr, &batch);
    }
    arena_free(arena);
    return called != NULL;
}

/* Rows that no tree here can hold: they differ by their nature. */
static bool left_out(const FuncDef *func) { return func->flags & FN_VOLATILE || (!func->body && !func->build); }

static void every_function_is_called(void **state)
{
    (void)state;
    const char *fixed = getenv("WEIR_SEED");
    uint32_t n;
    const FuncDef *const *rows = func_all(&n);
    uint64_t seed = (uint64_t)clock_now_us();
    uint32_t missing = 0;
    for (uint32_t i = 0; i < n && !fixed; i++) {      /* the seed says which function it is: one number replays a round */
        bool called = left_out(rows[i]);
        for (int tries = 0; tries < 20000 && !called; tries++) called = round_of(++seed * n + i, rows[i]);
        if (!called) { print_error("no arguments were found for %s\n", rows[i]->name); missing++; }
    }
    assert_int_equal(missing, 0);
}

static void vectors_agree_with_rows(void **state)
{
    (void)state;
    const char *fixed = getenv("WEIR_SEED"), *ms = getenv("WEIR_FUZZ_MS");
    clock_t end = clock() + (clock_t)(ms ? atoi(ms) : 1500) * (CLOCKS_PER_SEC / 1000);
    uint64_t seed = fixed ? strtoull(fixed, NULL, 10) : (uint64_t)clock_now_us();
    uint32_t n;
    const FuncDef *const *rows = func_all(&n);
    do round_of(seed, rows[seed % n]); while (seed++, !fixed && clock() < end);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_function_is_called), cmocka_unit_test(vectors_agree_with_rows) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
