/* Every function row with random arguments: a call is refused with an error, or gives the same value for constants (patterns, paths, formats
 * compiled beforehand) and for columns. Damaged text, extreme numbers and NULLs among them; under sanitizers this is the test of the bodies' memory.
 * WEIR_SEED=n replays a failure, WEIR_FUZZ_MS bounds the time (default 1500). */
#include "tests/unit/expr_text.h"
#include "tests/unit/fn_values.h"
#include <time.h>

enum { ARGS_MAX = 4, TYPES = 26 };
static Arena *arena;
static ExprCtx ctx;
static const Type *types[SAMPLE_TYPES];
static const Span span = { 1, 2 };

typedef struct Site { const FuncDef *func; uint32_t nargs; const Type *type[ARGS_MAX]; Datum value[ARGS_MAX]; Expr *fixed[ARGS_MAX]; } Site;

static void random_site(Site *site, const FuncDef *func)
{
    *site = (Site){ .func = func, .nargs = (uint32_t)below(ARGS_MAX + 1) };
    for (uint32_t i = 0; i < site->nargs; i++) {
        bool symbol = (i == 0 && func->flags & FN_SYMBOL0) || below(14) == 0;
        site->type[i] = types[below(3) ? 10 : below(TYPES)];
        if (below(4) == 0) site->type[i] = types[3];
        site->value[i] = random_value(arena, site->type[i]);
        if (symbol) site->fixed[i] = expr_symbol(arena, str_of(symbols[below(sizeof symbols / sizeof *symbols)]), span);
    }
}

/* The call with constants, or with columns where arguments are values. */
static Expr *site_call(const Site *site, bool columns, Err *err)
{
    Expr *args[ARGS_MAX];
    for (uint32_t i = 0; i < site->nargs; i++) {
        if (site->fixed[i]) args[i] = site->fixed[i];
        else if (columns) args[i] = expr_column(arena, i, site->type[i], span);
        else args[i] = expr_const(arena, site->type[i], site->value[i], span);
    }
    return expr_call(&ctx, str_of(site->func->name), args, site->nargs, span, err);
}

static void site_batch(const Site *site, Batch *batch)
{
    *batch = (Batch){ .len = 3, .ncols = site->nargs, .cols = ARENA_ARRAY(arena, Vec, site->nargs + 1), .arena = arena };
    for (uint32_t i = 0; i < site->nargs; i++) {
        Datum null = datum_null();
        vec_init(&batch->cols[i], arena, site->type[i], 3);
        vec_set(&batch->cols[i], arena, 3, 0, &site->value[i]);
        vec_set(&batch->cols[i], arena, 3, 1, &null);
        vec_set(&batch->cols[i], arena, 3, 2, &site->value[i]);
        batch->cols[i].len = 3;
    }
}

/* Constants of these say more than their value: clauses of JSON functions, the form and the type that TYPEOF prints. */
static bool constants_speak(const FuncDef *func) { return strncmp(func->name, "JSON_", 5) == 0 || strcmp(func->name, "TYPEOF") == 0; }

static void differ(uint64_t seed, const Site *site, const char *what) { fail_msg("WEIR_SEED=%llu %s: %s", (unsigned long long)seed, site->func->name, what); }

static void try_row(uint64_t seed, const FuncDef *func)
{
    Site site;
    Err fixed_err = { 0 }, column_err = { 0 };
    Datum fixed;
    random_site(&site, func);
    Expr *constant = site_call(&site, false, &fixed_err), *moving = site_call(&site, true, &column_err);
    if (!constant && !fixed_err.set) differ(seed, &site, "refused without an error");
    if (!constant || !moving || !type_eq(constant->type, moving->type, true)) return;    /* constants may shape the type, or be refused */
    bool ok = expr_eval_const(&ctx, constant, &fixed, &fixed_err);
    if (!ok && !fixed_err.set) differ(seed, &site, "failed without an error");
    Program *program = program_compile(arena, &ctx, &moving, 1, &column_err);
    if (!program) return;
    Eval *eval = eval_new(program, zone_utc(), true);
    Batch batch;
    Vec out;
    site_batch(&site, &batch);
    batch.sel = (const uint32_t[]){ 0, 2 };
    batch.sel_len = 2;
    bool moved = program_eval(program, eval, &batch, &out, NULL, &column_err);
    Datum last = moved ? vec_get(&out, 2) : datum_null();
    if (moved && ok && !datum_eq(moving->type, &fixed, &last) && !constants_speak(func)) differ(seed, &site, "constant and column differ");
    batch.sel = (const uint32_t[]){ 1 };
    batch.sel_len = 1;
    err_clear(&column_err);
    if (program_eval(program, eval, &batch, &out, NULL, &column_err) && func->flags & FN_STRICT && site.nargs && !site.fixed[0] && !vec_is_null(&out, 1)) differ(seed, &site, "NULL argument, but a value");
    eval_free(eval);
}

static void fuzz(void **state)
{
    (void)state;
    const char *fixed = getenv("WEIR_SEED"), *limit = getenv("WEIR_FUZZ_MS");
    uint64_t seed = fixed ? strtoull(fixed, NULL, 10) : (uint64_t)clock_now_us();
    clock_t until = clock() + (limit ? strtol(limit, NULL, 10) : 1500) * (CLOCKS_PER_SEC / 1000);
    uint32_t n;
    const FuncDef *const *rows = func_all(&n);
    do {
        random_seed(seed);
        const FuncDef *func = rows[below(n)];
        ArenaMark mark = arena_mark(arena);
        if (!(func->flags & (FN_VOLATILE | FN_OPERATOR)) && func->body) try_row(seed, func);
        arena_rewind(arena, mark);
        seed++;
    } while (!fixed && clock() < until);
}

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    ctx = (ExprCtx){ .arena = arena, .zone = zone_utc(), .batch = true };
    sample_types(arena, types);
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
    const struct CMUnitTest tests[] = { cmocka_unit_test(fuzz) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
