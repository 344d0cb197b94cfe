/* Expressions beside a plain C loop that does the same work (expr_loops.h), in one run: bench_expr [PASSES [NAME]]
 * Thread CPU per row of batches in memory, on one core, loop and weir in turn, medians of PASSES (default 7). Every cell of weir's answer is
 * first compared with the loop's. A row in 20 is NULL in every column. */
#include "parser/analyze.h"
#include "engine/base/clock.h"
#include "engine/expr/program.h"
#include "engine/expr/resolve_sig.h"
#include "engine/run/affinity.h"
#include "tests/bench/expr_loops.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCHES = 24, PASSES_MAX = 99, HEAP = BATCH_ROWS * 64, SLICE_NS = 20000000 };

typedef struct Case { const char *name, *sql; LoopFn *loop; double goal; bool filter; } Case;
static const Case cases[] = {
    { "integer arithmetic", "i * 3 + j", loop_int, 2, false },
    { "integer division", "i / j", loop_divide, 2, false },
    { "double arithmetic", "a * b + 0.5e0", loop_double, 2, false },
    { "decimal product", "p * q", loop_decimal, 2, false },
    { "filter, two terms", "i > 500 AND a < 0.5e0", loop_filter, 2, true },
    { "filter, text", "city = 'Berlin'", loop_filter_text, 3, true },
    { "CASE", "CASE WHEN i > 900 THEN j * 2 WHEN i > 500 THEN j ELSE 0 END", loop_case, 2, false },
    { "LIKE, inside", "s LIKE '%404%'", loop_like, 3, false },
    { "LIKE, prefix", "s LIKE 'POST %'", loop_prefix, 3, false },
    { "SUBSTRING", "SUBSTRING(s FROM 5 FOR 20)", loop_substring, 3, false },
    { "UPPER", "UPPER(name)", loop_upper, 3, false },
    { "concatenation", "name || '-' || city", loop_concat, 3, false },
    { "text to INT", "CAST(n AS INT)", loop_parse_int, 3, false },
    { "BIGINT to text", "CAST(i AS STRING)", loop_print_int, 3, false },
    { "text to TIMESTAMP", "CAST(t AS TIMESTAMP(3))", loop_to_timestamp, 3, false },
    { "TO_TIMESTAMP", "TO_TIMESTAMP(t)", loop_to_timestamp, 3, false },
    { "TO_TIMESTAMP, pattern", "TO_TIMESTAMP(d, 'dd.MM.yyyy HH:mm')", loop_to_timestamp_pattern, 3, false },
    { "DATE_FORMAT", "DATE_FORMAT(ts, 'yyyy-MM-dd HH:mm:ss')", loop_date_format, 3, false },
    { "JSON_VALUE", "JSON_VALUE(js, '$.user.city')", loop_json, 3, false },
    { "REGEXP_EXTRACT", "REGEXP_EXTRACT(s, '([0-9]+)ms', 1)", loop_regex, 3, false },
};

/* --- data --- */

static Arena *arena;
static Column columns[COLS];
static const Schema schema = { columns, COLS };
static Batch batches[BATCHES];

static uint64_t below(uint64_t n) { return random_u64() % n; }

static Datum text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static Datum text(const char *fmt, ...)
{
    char out[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(out, sizeof out, fmt, args);
    va_end(args);
    return datum_str(arena, str_of(out));
}

static Datum value_of(int col)
{
    static const char *const verbs[] = { "GET", "POST", "PUT" }, *const cities[] = { "Berlin", "Hamburg", "Munich", "Frankfurt am Main", "Stuttgart", "Cologne" };
    static const char *const names[] = { "ann", "bernard", "christopher", "maximilian maria", "zoe" };
    const char *city = cities[below(6)];
    int year = 1990 + (int)below(40), month = 1 + (int)below(12), day = 1 + (int)below(28), hour = (int)below(24), minute = (int)below(60), second = (int)below(60);
    Datum d = datum_i64(0);
    switch (col) {
    case COL_I: return datum_i64((int64_t)below(1000));
    case COL_J: return datum_i64((int64_t)below(1000000) + 1);
    case COL_A: case COL_B: return datum_f64((double)below(1000000) / 1000000);
    case COL_P: d.v.i128 = (i128)below(10000000) - 5000000; return d;
    case COL_Q: d.v.i128 = (i128)below(1000000); return d;
    case COL_S: return text("%s /%s/%u %d %ums", verbs[below(3)], below(16) ? "api/items" : "\xc3\xbc" "bersicht", (unsigned)below(100000), below(9) ? 200 : 404, (unsigned)below(900));
    case COL_NAME: return text("%s", names[below(5)]);
    case COL_CITY: return text("%s", city);
    case COL_N: return text("%s%u", below(4) ? "" : "-", (unsigned)below(below(2) ? 100 : 100000000));
    case COL_T: return text("%04d-%02d-%02d %02d:%02d:%02d", year, month, day, hour, minute, second);
    case COL_D: return text("%02d.%02d.%04d %02d:%02d", day, month, year, hour, minute);
    case COL_TS: return datum_i64((int64_t)below(1900000000000) * 1000);
    default: return text("{\"id\":%u,\"tags\":[\"a\",\"b\"],\"user\":{\"name\":\"%s\",\"city\":\"%s\",\"age\":%u},\"price\":%u.25}", (unsigned)below(100000), names[below(5)], city, (unsigned)below(90), (unsigned)below(500));
    }
}

static void make_batches(void)
{
    static const char *const names[COLS] = { "i", "j", "a", "b", "p", "q", "s", "name", "city", "n", "t", "d", "ts", "js" };
    static const char *const types[COLS] = { "BIGINT", "BIGINT", "DOUBLE", "DOUBLE", "DECIMAL(10, 2)", "DECIMAL(8, 3)", "STRING", "STRING", "STRING", "STRING", "STRING", "STRING", "TIMESTAMP(3)", "STRING" };
    random_seed(7);
    for (int c = 0; c < COLS; c++) columns[c] = (Column){ str_of(names[c]), type_from_text(arena, types[c], true) };
    for (int k = 0; k < BATCHES; k++) {
        batches[k] = (Batch){ .len = BATCH_ROWS, .ncols = COLS, .cols = ARENA_ARRAY(arena, Vec, COLS), .arena = arena };
        for (int c = 0; c < COLS; c++) {
            Vec *vec = &batches[k].cols[c];
            vec_init(vec, arena, columns[c].type, BATCH_ROWS);
            vec_need_valid(vec, arena, BATCH_ROWS);
            for (uint32_t r = 0; r < BATCH_ROWS; r++) {
                Datum value = below(20) ? value_of(c) : datum_null();
                vec_set(vec, arena, BATCH_ROWS, r, &value);
            }
        }
    }
}

/* --- one case --- */

typedef struct Bench { const Case *c; const Program *program; Eval *eval; Loop loop; char *heap; Vec out; uint32_t sel[BATCH_ROWS], sel_len; } Bench;

static void die(const char *name, const char *why)
{
    fprintf(stderr, "bench_expr: %s: %s\n", name, why);
    exit(1);
}

static void run_loop(Bench *b, const Batch *in)
{
    b->loop.in = in;
    b->loop.heap = b->heap;
    if (!b->c->loop(&b->loop)) die(b->c->name, "the loop fails");
}

static void run_weir(Bench *b, const Batch *in)
{
    Err err = { 0 };
    bool ok = b->c->filter ? program_select(b->program, b->eval, 0, in, b->sel, &b->sel_len, &err) : program_eval(b->program, b->eval, in, &b->out, NULL, &err);
    if (!ok) die(b->c->name, err.message);
}

static void compare(Bench *b)
{
    for (int k = 0; k < BATCHES; k++) {
        run_loop(b, &batches[k]);
        run_weir(b, &batches[k]);
        if (b->c->filter) {
            if (b->sel_len != b->loop.sel_len || memcmp(b->sel, b->loop.sel, b->sel_len * sizeof *b->sel) != 0) die(b->c->name, "the loop selects other rows");
            continue;
        }
        Vec loop = b->out;
        loop.form = VEC_FLAT;
        loop.data = b->loop.data;
        loop.valid = b->loop.valid;
        for (uint32_t r = 0; r < batches[k].len; r++) {
            Datum x = vec_get(&loop, r), y = vec_get(&b->out, r);
            if (!datum_eq(b->out.type, &x, &y)) die(b->c->name, "the loop gives another value");
        }
    }
}

static double measure(Bench *b, void (*run)(Bench *, const Batch *))
{
    int64_t from = clock_thread_ns(), spent;
    uint64_t rounds = 0;
    do {
        for (int k = 0; k < BATCHES; k++) run(b, &batches[k]);
        rounds++;
        spent = clock_thread_ns() - from;
    } while (spent < SLICE_NS);
    return (double)spent / (double)(rounds * BATCHES * BATCH_ROWS);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void bench(const Case *c, AnalyzeEnv *env, int passes)
{
    Err err = { 0 };
    Bench b = { .c = c, .heap = malloc(HEAP) };
    ExprCtx ctx = { .arena = arena, .zone = zone_utc() };
    Ast *ast = parse_expression(arena, str_of(c->sql), &err);
    Expr *expr = ast ? bind_table_expr(env, arena, ast, &schema, &err) : NULL;
    b.program = expr ? program_compile(arena, &ctx, &expr, 1, &err) : NULL;
    if (!b.program) die(c->name, err.message);
    b.eval = eval_new(b.program, zone_utc(), false);
    b.loop = (Loop){ .data = calloc(BATCH_ROWS, 16), .sel = calloc(BATCH_ROWS, sizeof(uint32_t)) };
    int code;
    PCRE2_SIZE at;
    b.loop.regex = pcre2_compile((PCRE2_SPTR)"([0-9]+)ms", PCRE2_ZERO_TERMINATED, PCRE2_UTF, &code, &at, NULL);
    pcre2_jit_compile(b.loop.regex, PCRE2_JIT_COMPLETE);
    b.loop.match = pcre2_match_data_create_from_pattern(b.loop.regex, NULL);
    compare(&b);
    double bare[PASSES_MAX], ours[PASSES_MAX], ratio[PASSES_MAX];
    for (int i = 0; i < passes; i++) {
        bare[i] = measure(&b, run_loop);
        ours[i] = measure(&b, run_weir);
        ratio[i] = ours[i] / bare[i];
    }
    qsort(bare, (size_t)passes, sizeof *bare, by_value);
    qsort(ours, (size_t)passes, sizeof *ours, by_value);
    qsort(ratio, (size_t)passes, sizeof *ratio, by_value);
    double r = ratio[passes / 2];
    printf("%-22s %8.2f %8.2f %7.2f  %s%s\n", c->name, bare[passes / 2], ours[passes / 2], r, c->sql, r > c->goal ? "   MISSED" : "");
    fflush(stdout);
    eval_free(b.eval);
    pcre2_match_data_free(b.loop.match);
    pcre2_code_free(b.loop.regex);
    free(b.loop.data);
    free(b.loop.sel);
    free(b.heap);
}

int main(int argc, char **argv)
{
    int passes = argc > 1 ? atoi(argv[1]) : 7;
    if (passes < 1 || passes > PASSES_MAX) { fprintf(stderr, "usage: bench_expr [PASSES [NAME]]\n"); return 2; }
    arena = arena_new();
    core_bind(core_next(), NULL);
    make_batches();
    AnalyzeEnv env = { .catalog = catalog_new(), .config_arena = arena };
    options_set(arena, &env.config, STR("table.local-time-zone"), STR("UTC"));
    printf("%-22s %8s %8s %7s  expression (ns CPU per row, median of %d)\n", "", "loop", "weir", "ratio", passes);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (argc < 3 || strstr(cases[i].name, argv[2])) bench(&cases[i], &env, passes);
    catalog_free(env.catalog);
    arena_free(arena);
    return 0;
}
