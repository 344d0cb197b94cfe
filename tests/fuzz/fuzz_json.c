/* Mutated records through the json decoder, seeded; a failure prints the seed. Arguments: seconds (3), seed.
 * Nothing may read beyond its input (each record stands in a block of its own size); a decoder that has learned key orders and one that has not agree,
 * whatever stands behind the record; what jansson reads as an object is a row; rows written and read back are equal. */
#include "connectors/format.h"
#include "engine/base/clock.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t seed;

static void fail(const char *what, const StrBuf *text)
{
    printf("fuzz_json: %s, seed %llu: %.*s\n", what, (unsigned long long)seed, (int)text->len, text->ptr);
    exit(1);
}
static uint32_t below(uint32_t n) { return (uint32_t)(random_u64() % n); }

static const char *const values[] = { "1", "-0", "12.5", "1e3", "-1.25e-2", "123456789", "12345678901234567", "9223372036854775808", "0.1", "99.995", "01", "1.", "null", "true", "false", "tru",
    "\"\"", "\"a\"", "\"abcdefg\"", "\"abcdefgh\"", "\"twelve bytes\"", "\"more than twelve\"", "\"\xc3\xa9t\xc3\xa9\"", "\"a\\\"b\\\\c\\n\\u00e9\\ud83d\\ude00\"", "\"\xff\"", "\"\\x\"", "\"12\"", "\" 7 \"",
    "\"2024-01-31 10:11:12.123\"", "\"2024-02-30 24:00:00\"", "\"2024-01-31 10:11:12Z\"", "\"2024-01-31\"", "\"10:11:12\"", "\"AQID\"", "[]", "[1,2,null]", "[1.5,\"x\",[2]]", "{}",
    "{\"x\":1,\"y\":\"z\"}", "{\"x\":1,\"x\":[2, 3],\"k\":{\"q\":1.50}}", "{\"x\":}" };
static const char *const keys[] = { "s", "i", "d", "b", "t", "l", "m", "a", "r", "p", "y", "unknown", "a longer unknown key", "\\u0073" };
enum { VALUES = sizeof values / sizeof *values, KEYS = sizeof keys / sizeof *keys };

static void random_record(StrBuf *out)
{
    uint32_t n = below(8);
    strbuf_clear(out);
    strbuf_addc(out, '{');
    for (uint32_t i = 0; i < n; i++) {
        const char *blank = below(8) ? "" : " ";
        strbuf_addf(out, "%s%s\"%s\"%s:%s%s", i ? "," : "", blank, keys[below(KEYS)], blank, blank, values[below(VALUES)]);
    }
    strbuf_addc(out, '}');
    if (below(6) == 0) {                         /* rows of an array */
        StrBuf array = { 0 };
        strbuf_addf(&array, "[%.*s,%.*s]", (int)out->len, out->ptr, (int)out->len, out->ptr);
        strbuf_clear(out);
        strbuf_adds(out, strbuf_str(&array));
        strbuf_free(&array);
    }
    for (uint32_t mutations = below(3) ? 0 : below(4); mutations > 0 && out->len > 1; mutations--) {
        uint32_t at = below(out->len);
        switch (below(3)) {
        case 0: out->ptr[at] = "{}[]\",:\\0e-.u \xc3\xff"[below(16)]; break;
        case 1: out->len = at + 1; break;
        case 2: memmove(out->ptr + at, out->ptr + at + 1, out->len - at - 1); out->len--; break;
        }
    }
}

typedef struct Side { Decoder *decoder; BatchBuilder builder; uint64_t skipped; } Side;
static bool row_done(void *ctx, RowOp op, Err *err)
{
    (void)err;
    builder_row(&((Side *)ctx)->builder, op);
    return true;
}

/* Rows of the record, or "!" where it was skipped, as text. `behind` blanks follow it in memory and in length. */
static void decode(const FormatDef *json, Side *side, const Schema *schema, const StrBuf *record, uint32_t behind, StrBuf *out)
{
    Err err = { 0 };
    char *block = malloc(record->len + behind + (record->len + behind == 0));
    memcpy(block, record->ptr, record->len);
    memset(block + record->len, ' ', behind);
    builder_reset(&side->builder);
    side->skipped = 0;
    if (!json->decode(side->decoder, (Str){ block, record->len + behind }, &side->builder, row_done, side, &side->skipped, &err)) fail(err.message, record);
    free(block);
    strbuf_clear(out);
    batch_print(builder_batch(&side->builder), schema, out);
    if (side->skipped) strbuf_addc(out, '!');
}

/* Each row written and read again gives the same row. */
static void round_trip(const FormatDef *json, Encoder *encoder, Side *from, Side *to, const Schema *schema, const StrBuf *record)
{
    Err err = { 0 };
    StrBuf written = { 0 }, again = { 0 }, row = { 0 }, want = { 0 };
    const Batch *batch = builder_batch(&from->builder);
    for (uint32_t i = 0; i < batch->len; i++) {
        bool is_null;
        Batch one = *batch;
        one.sel = &i;
        one.sel_len = 1;
        strbuf_clear(&written);
        strbuf_clear(&want);
        if (!json->encode(encoder, batch, i, ROW_INSERT, &written, &is_null, &err)) fail(err.message, record);
        batch_print(&one, schema, &want);
        decode(json, to, schema, &written, 0, &row);
        if (row.len != want.len || memcmp(row.ptr, want.ptr, row.len) != 0) fail("a written row reads differently", &written);
        strbuf_clear(&again);
        if (!json->encode(encoder, builder_batch(&to->builder), 0, ROW_INSERT, &again, &is_null, &err) || again.len != written.len || memcmp(again.ptr, written.ptr, again.len) != 0)
            fail("a row is written differently the second time", &written);
    }
    strbuf_free(&written);
    strbuf_free(&again);
    strbuf_free(&row);
    strbuf_free(&want);
}

int main(int argc, char **argv)
{
    int64_t until = clock_monotonic_us() + 1000000 * (int64_t)(argc > 1 ? atoi(argv[1]) : 3);
    seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)clock_now_us();
    random_seed(seed);
    Arena *arena = arena_new();
    Field fields[] = { { STR("x"), type_simple(TYPE_INT, true), STR_NULL }, { STR("y"), type_string(true), STR_NULL } };
    Column cols[] = { { STR("s"), type_string(true) }, { STR("i"), type_simple(TYPE_INT, true) }, { STR("d"), type_simple(TYPE_DOUBLE, true) }, { STR("b"), type_simple(TYPE_BOOLEAN, true) },
                      { STR("t"), type_time(arena, TYPE_TIMESTAMP, 3, true) }, { STR("l"), type_simple(TYPE_BIGINT, true) }, { STR("m"), type_decimal(arena, 10, 2, true) },
                      { STR("a"), type_array(arena, type_simple(TYPE_DOUBLE, true), true) }, { STR("r"), type_row(arena, fields, 2, true) },
                      { STR("p"), type_map(arena, type_string(true), type_string(true), true) }, { STR("y"), type_bytes(true) } };
    Schema schema = { cols, sizeof cols / sizeof *cols };
    Options options = { 0 };
    options_set(arena, &options, STR("json.ignore-parse-errors"), STR("true"));
    FormatSpec spec = { &schema, NULL, &options, "json.", zone_utc(), false, false };
    const FormatDef *json = format_find(STR("json"));
    Err err = { 0 };
    Side learned = { .decoder = json->decoder_new(&spec, &err) }, fresh = { 0 };
    Encoder *encoder = json->encoder_new(&spec, &err);
    StrBuf record = { 0 }, one = { 0 }, two = { 0 };
    builder_init(&learned.builder, &schema, 64);
    builder_init(&fresh.builder, &schema, 64);
    uint64_t runs = 0, rows = 0;
    for (; clock_monotonic_us() < until; runs++) {
        random_record(&record);
        fresh.decoder = json->decoder_new(&spec, &err);
        decode(json, &learned, &schema, &record, 0, &one);
        decode(json, &fresh, &schema, &record, 24, &two);
        if (one.len != two.len || memcmp(one.ptr, two.ptr, one.len) != 0) fail("the learned and the fresh decoder differ", &record);
        json_error_t why;
        json_t *tree = json_loadb(record.ptr, record.len, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &why);
        if (json_is_object(tree) && learned.skipped) fail("an object that jansson reads is skipped", &record);
        json_decref(tree);
        rows += learned.builder.batch.len;
        round_trip(json, encoder, &learned, &fresh, &schema, &record);
        json->decoder_free(fresh.decoder);
    }
    printf("fuzz_json: %llu records, %llu rows, seed %llu\n", (unsigned long long)runs, (unsigned long long)rows, (unsigned long long)seed);
    json->decoder_free(learned.decoder);
    json->encoder_free(encoder);
    builder_free(&learned.builder);
    builder_free(&fresh.builder);
    strbuf_free(&record);
    strbuf_free(&one);
    strbuf_free(&two);
    arena_free(arena);
    return 0;
}
