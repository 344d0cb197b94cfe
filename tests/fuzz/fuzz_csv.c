/* Random bytes and mutated records through the csv decoder and the record cutter (nothing may crash or read beyond its input), and random rows
 * written and read back (they must be equal). Seeded; a failure prints the seed. Arguments: seconds (3), seed. */
#include "connectors/format.h"
#include "engine/base/clock.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t seed;

static void fail(const char *what, const StrBuf *text)
{
    printf("fuzz_csv: %s, seed %llu: %.*s\n", what, (unsigned long long)seed, (int)text->len, text->ptr);
    exit(1);
}

static const char alphabet[] = "ab,;\"\\#\n\r\t 0159.-:TZe\xc3\xa9|NUL";

static void random_text(StrBuf *out, uint32_t most)
{
    strbuf_clear(out);
    for (uint32_t n = (uint32_t)(random_u64() % (most + 1)); n > 0; n--) strbuf_addc(out, alphabet[random_u64() % (sizeof alphabet - 1)]);
}

typedef struct Run { BatchBuilder builder; } Run;
static bool row_done(void *ctx, RowOp op, Err *err)
{
    (void)err;
    builder_row(&((Run *)ctx)->builder, op);
    return true;
}

static void random_options(Arena *arena, Options *options)
{
    static const char *const delimiters[] = { ",", ";", "|", "\\t", "\xc3\xa9" };
    if (random_u64() % 2) options_set(arena, options, STR("csv.field-delimiter"), str_of(delimiters[random_u64() % 5]));
    if (random_u64() % 3 == 0) options_set(arena, options, STR("csv.escape-character"), STR("\\"));
    if (random_u64() % 3 == 0) options_set(arena, options, STR("csv.allow-comments"), STR("true"));
    if (random_u64() % 3 == 0) options_set(arena, options, STR("csv.ignore-parse-errors"), STR("true"));
    options_set(arena, options, STR("csv.null-literal"), STR("NULL"));
}

/* A copy of exactly the text's size, so that a sanitizer sees each byte read beyond it. */
static char *exact(const StrBuf *text)
{
    char *copy = xmalloc(text->len ? text->len : 1);
    if (text->len) memcpy(copy, text->ptr, text->len);
    return copy;
}

static void one_round(Arena *arena)
{
    const FormatDef *csv = format_find(STR("csv"));
    const Column cols[] = { { STR("s"), type_string(true) }, { STR("i"), type_simple(TYPE_INT, true) }, { STR("d"), type_simple(TYPE_DOUBLE, true) },
        { STR("t"), type_time(arena, TYPE_TIMESTAMP, 3, true) }, { STR("a"), type_array(arena, type_simple(TYPE_INT, true), true) }, { STR("m"), type_decimal(arena, 10, 2, true) } };
    const Schema schema = { cols, 6 };
    Options options = { 0 };
    random_options(arena, &options);
    Err err = { 0 };
    FormatSpec spec = { .schema = &schema, .options = &options, .prefix = "csv.", .zone = zone_utc() };
    Decoder *decoder = csv->decoder_new(&spec, &err);
    Encoder *encoder = csv->encoder_new(&spec, &err);
    StrBuf text = { 0 }, record = { 0 };
    Run run;
    uint64_t skipped = 0;
    builder_init(&run.builder, &schema, 64);
    for (int i = 0; i < 40; i++) {
        random_text(&text, 40);
        char *copy = exact(&text);
        int64_t len = csv->record_len(decoder, copy, copy + text.len);
        if (len > (int64_t)text.len || len == 0) fail("record length out of bounds", &text);
        err_clear(&err);
        if (!csv->decode(decoder, (Str){ copy, text.len }, &run.builder, row_done, &run, &skipped, &err) && err.code != E_BAD_RECORD) fail("unexpected error", &text);
        free(copy);
    }
    builder_reset(&run.builder);
    Datum row[6];
    memset(row, 0, sizeof row);
    random_text(&text, 30);
    if (text.len && text.ptr[0] == '#') text.ptr[0] = 'x';       /* a comment is no row */
    row[0] = datum_str(arena, strbuf_str(&text));
    row[1] = random_u64() % 4 ? datum_i32((int32_t)random_u64()) : datum_null();
    row[2] = datum_f64((double)(int64_t)random_u64() / 1024);
    row[3] = datum_i64((int64_t)(random_u64() % 4102444800000ull) * 1000);
    Nested *array = nested_new(arena, 2, 2);
    array->items[0] = datum_i32((int32_t)random_u64());
    row[4].v.nested = array;
    row[5].v.i128 = (int64_t)(random_u64() % 10000000000ull);
    for (uint32_t c = 0; c < 6; c++) builder_set(&run.builder, c, &row[c]);
    builder_row(&run.builder, ROW_INSERT);
    bool is_null;
    err_clear(&err);
    if (!csv->encode(encoder, builder_batch(&run.builder), 0, ROW_INSERT, &record, &is_null, &err)) fail(err.message, &record);
    strbuf_addc(&record, '\n');
    char *copy = exact(&record);
    if (csv->record_len(decoder, copy, copy + record.len) != (int64_t)record.len) fail("a written record is cut elsewhere", &record);
    BatchBuilder written = run.builder;
    builder_init(&run.builder, &schema, 64);
    if (!csv->decode(decoder, (Str){ copy, record.len }, &run.builder, row_done, &run, &skipped, &err) || run.builder.batch.len != 1) fail("a written record cannot be read", &record);
    for (uint32_t c = 0; c < 6; c++) {
        Datum a = vec_get(&written.batch.cols[c], 0), b = vec_get(&run.builder.batch.cols[c], 0);
        if (!datum_eq(cols[c].type, &a, &b)) fail("a written record reads otherwise", &record);
    }
    free(copy);
    builder_free(&written);
    builder_free(&run.builder);
    strbuf_free(&text);
    strbuf_free(&record);
    csv->decoder_free(decoder);
    csv->encoder_free(encoder);
}

int main(int argc, char **argv)
{
    int64_t end = clock_monotonic_us() + (argc > 1 ? atoi(argv[1]) : 3) * 1000000ll;
    uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : random_u64() >> 32, rounds = 0;
    for (seed = first; rounds == 0 || (clock_monotonic_us() < end && argc <= 2); seed++, rounds++) {
        Arena *arena = arena_new();
        random_seed(seed);
        one_round(arena);
        arena_free(arena);
    }
    printf("fuzz_csv: %llu rounds\n", (unsigned long long)rounds);
    return 0;
}
