/* The short ways of dates and LIKE against the general ones: fixed places against the pattern's own printer and reader, LIKE over columns against a
 * matcher that tries everything. Random, seeded by WEIR_SEED. */
#include "tests/unit/expr_text.h"
#include "tests/unit/values.h"
#include "engine/expr/fixed_pattern.h"

static const char *const fixed[] = { "yyyy-MM-dd HH:mm:ss", "dd.MM.yyyy HH:mm", "yyyyMMdd", "yyyyMMddHHmm", "yyyy-MM-dd'T'HH:mm:ss.SSS", "yyyy-MM-dd HH:mm:ss.SSSSSS",
    "uuuu/MM/dd", "'at 'HH:mm' on 'dd.MM.yyyy", "yyyy-MM-dd HH:mm:ss.S", "yyyy-MM-dd HH:mm:ss.SSSSSSSSS", "MM/dd/yyyy HH:mm:ss,SS" };
static const char *const not_fixed[] = { "y-MM-dd", "yyyy-M-dd", "yyyy-MM-dd hh:mm a", "EEE yyyy-MM-dd", "yyyy-MM-dd[ HH:mm]", "yyyy''MM", "yyyy MM yyyy", "'open", "HH:mm:ssSSS", "", "yyyy-MM-dd z" };

static uint64_t seed(void)
{
    const char *given = getenv("WEIR_SEED");
    return given ? strtoull(given, NULL, 10) : (uint64_t)clock_now_us();
}

static void chosen_patterns(void **state)
{
    (void)state;
    FixedPattern p;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (!fixed_pattern_compile(str_of(fixed[i]), &p) || !p.reads) fail_msg("%s has fixed places", fixed[i]);
    for (size_t i = 0; i < sizeof not_fixed / sizeof *not_fixed; i++)
        if (fixed_pattern_compile(str_of(not_fixed[i]), &p)) fail_msg("%s has no fixed places", not_fixed[i]);
    const char *const prints_only[] = { "HH:mm", "yyyy-MM", "mm:ss", "yyyy-MM-dd HH" };
    for (size_t i = 0; i < sizeof prints_only / sizeof *prints_only; i++)
        if (!fixed_pattern_compile(str_of(prints_only[i]), &p) || p.reads) fail_msg("%s can be printed only", prints_only[i]);
}

/* Now and then a digit, a sign, a blank in place of a character: the months 00 and 13, the 31st of February, what no pattern takes. */
static void damage(char *text, uint32_t len)
{
    static const char odd[] = "0123456789-+ x.";
    for (uint64_t n = below(3); n > 0; n--) text[below(len)] = odd[below(sizeof odd - 1)];
}

static void same_as_patterns(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    uint64_t from = seed();
    for (uint64_t round = 0; round < 40000; round++) {
        random_seed(from + round);
        const char *text = fixed[below(sizeof fixed / sizeof *fixed)], *why;
        FixedPattern p;
        const DatePattern *general = pattern_compile(arena, str_of(text), PATTERN_FORMATTER, &why);
        assert_true(fixed_pattern_compile(str_of(text), &p));
        int64_t us = (int64_t)below(400000000000000000) - 90000000000000000, got;
        char out[FIXED_MAX];
        StrBuf expected = { 0 };
        assert_true(pattern_print(general, instant_us(us), NULL, &expected));
        if (fixed_pattern_print(&p, us, out) && (expected.len != p.len || memcmp(expected.ptr, out, p.len) != 0)) fail_msg("WEIR_SEED=%llu %s: %.*s instead of %s", (unsigned long long)(from + round), text, (int)p.len, out, strbuf_cstr(&expected));
        if (expected.len == p.len) {
            Instant t;
            bool offset;
            int32_t east;
            damage(expected.ptr, expected.len);
            bool ok = fixed_pattern_read(&p, strbuf_str(&expected), &got), general_ok = pattern_parse(general, strbuf_str(&expected), &t, &offset, &east);
            if (ok && (!general_ok || instant_to_us(t) != got)) fail_msg("WEIR_SEED=%llu %s reads %s otherwise", (unsigned long long)(from + round), text, strbuf_cstr(&expected));
        }
        strbuf_free(&expected);
    }
    arena_free(arena);
}

/* --- the ends of the calendar --- */

/* Where a zone's offset no longer fits into microseconds a column answers as a constant does. */
static void last_instants(void **state)
{
    (void)state;
    static const char *const calls[] = { "(HOUR $t)", "(YEAR $t)", "(EXTRACT #DAY $t)", "(DATE_FORMAT $t 'yyyy-MM-dd HH:mm:ss')", "(DATE_FORMAT $t 'y HH:mm:ss.SSS')" };
    static const int64_t ends[] = { INT64_MAX / 1000 * 1000, INT64_MIN / 1000 * 1000, INT64_MAX / 1000 * 1000 - 3600000000, 0 };
    enum { ENDS = sizeof ends / sizeof *ends };
    static const char *const zones[] = { "Asia/Kolkata", "America/New_York" };
    for (size_t z = 0; z < 2; z++)
        for (size_t c = 0; c < sizeof calls / sizeof *calls; c++) {
            Arena *arena = arena_new();
            ExprCtx ctx = { .arena = arena, .zone = zone_find(str_of(zones[z])) };
            Column column = { STR("t"), type_time(arena, TYPE_TIMESTAMP_LTZ, 3, true) };
            Schema schema = { &column, 1 };
            Err err = { 0 };
            Batch batch = { .len = ENDS, .ncols = 1, .cols = ARENA_ARRAY(arena, Vec, 1), .arena = arena };
            vec_init(&batch.cols[0], arena, column.type, ENDS);
            memcpy(batch.cols[0].data, ends, sizeof ends);
            Expr *expr = expr_from_text(&ctx, &schema, calls[c], &err);
            Program *program = program_compile(arena, &ctx, &expr, 1, &err);
            Eval *eval = eval_new(program, ctx.zone, false);
            Vec out;
            assert_true(program_eval(program, eval, &batch, &out, NULL, &err));
            for (uint32_t r = 0; r < ENDS; r++) {
                Datum got = vec_get(&out, r), one;
                Expr *value = expr_const(arena, column.type, datum_i64(ends[r]), (Span){ 0, 1 });
                assert_true(expr_eval_const(&ctx, expr_substitute(arena, expr, &value, 1), &one, &err));
                if (!datum_eq(expr->type, &one, &got)) fail_msg("%s of row %u in %s", calls[c], r, zones[z]);
            }
            eval_free(eval);
            arena_free(arena);
        }
}

/* --- LIKE --- */

static bool matches(Str p, Str s)
{
    if (!p.len) return !s.len;
    Str rest = str_sub(p, 1, p.len);
    if (*p.ptr == '%') return matches(rest, s) || (s.len && matches(p, str_sub(s, 1, s.len)));
    return s.len && (*p.ptr == '_' || *p.ptr == *s.ptr) && matches(rest, str_sub(s, 1, s.len));
}

static Str random_text(Arena *arena, const char *letters, uint64_t max)
{
    uint32_t len = (uint32_t)below(max + 1);
    char *text = arena_alloc(arena, len + 1);
    for (uint32_t i = 0; i < len; i++) text[i] = letters[below(strlen(letters))];
    return (Str){ text, len };
}

static void like_over_columns(void **state)
{
    (void)state;
    enum { ROWS = 16 };
    uint64_t from = seed();
    for (uint64_t round = 0; round < 3000; round++) {
        random_seed(from + round);
        Arena *arena = arena_new();
        ExprCtx ctx = { .arena = arena, .zone = zone_utc() };
        Err err = { 0 };
        Column column = { STR("s"), type_string(true) };
        Batch batch = { .len = ROWS, .ncols = 1, .cols = ARENA_ARRAY(arena, Vec, 1), .arena = arena };
        vec_init(&batch.cols[0], arena, column.type, ROWS);
        Datum values[ROWS];
        for (uint32_t r = 0; r < ROWS; r++) {
            values[r] = below(8) ? datum_str(arena, random_text(arena, "ab", 18)) : datum_null();
            vec_set(&batch.cols[0], arena, ROWS, r, &values[r]);
        }
        Str pattern = random_text(arena, below(2) ? "ab%" : "ab%_", 4);
        if (below(2)) pattern = str_printf(arena, "%%" STR_FMT "%%", STR_ARG(pattern));
        Span span = { 0, 1 };
        Expr *args[2] = { expr_column(arena, 0, column.type, span), expr_const(arena, type_sized(arena, TYPE_CHAR, pattern.len, false), datum_str(arena, pattern), span) };
        Expr *like = expr_call(&ctx, STR("LIKE"), args, 2, span, &err);
        Program *program = program_compile(arena, &ctx, &like, 1, &err);
        Eval *eval = eval_new(program, zone_utc(), false);
        Vec out;
        assert_true(program_eval(program, eval, &batch, &out, NULL, &err));
        for (uint32_t r = 0; r < ROWS; r++) {
            Datum got = vec_get(&out, r);
            if (got.null != values[r].null || (!got.null && got.v.b != matches(pattern, datum_text(&values[r]))))
                fail_msg("WEIR_SEED=%llu '" STR_FMT "' LIKE '" STR_FMT "'", (unsigned long long)(from + round), STR_ARG(datum_text(&values[r])), STR_ARG(pattern));
        }
        eval_free(eval);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(chosen_patterns), cmocka_unit_test(same_as_patterns), cmocka_unit_test(last_instants), cmocka_unit_test(like_over_columns) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
