/* json and raw formats: conversions of Flink's json format, learned key order, bad records, writing. */
#include "connectors/format.h"
#include "tests/unit/unit.h"

#include <stdio.h>

typedef struct Fixture { Arena *arena; Schema schema; Options options; BatchBuilder builder; Decoder *decoder; const FormatDef *format; uint64_t skipped; } Fixture;

static bool commit(void *ctx, RowOp op, Err *err)
{
    (void)err;
    builder_row(&((Fixture *)ctx)->builder, op);
    return true;
}

static void start(Fixture *f, const char *format, const Column *cols, uint32_t n)
{
    Err err = { 0 };
    char prefix[32];
    f->format = format_find(str_of(format));
    assert_non_null(f->format);
    f->schema = (Schema){ cols, n };
    snprintf(prefix, sizeof prefix, "%s.", format);
    FormatSpec spec = { &f->schema, NULL, &f->options, prefix, zone_utc(), false };
    builder_init(&f->builder, &f->schema, BATCH_ROWS);
    f->decoder = f->format->decoder_new(&spec, &err);
    if (!f->decoder) fail_msg("%s", err.message);
}
static void stop(Fixture *f)
{
    f->format->decoder_free(f->decoder);
    builder_free(&f->builder);
    arena_free(f->arena);
}
static bool feed(Fixture *f, const char *text, Err *err)
{
    return f->format->decode(f->decoder, str_of(text), &f->builder, commit, f, &f->skipped, err);
}
static void feed_ok(Fixture *f, const char *text)
{
    Err err = { 0 };
    if (!feed(f, text, &err)) fail_msg("%s: %s", text, err.message);
}
static void expect(Fixture *f, const char *rows)
{
    StrBuf out = { 0 };
    batch_print(builder_batch(&f->builder), &f->schema, &out);
    assert_string_equal(strbuf_cstr(&out), rows);
    strbuf_free(&out);
}

static void scalars_convert(void **state)
{
    (void)state;
    Fixture f = { .arena = arena_new() };
    Column cols[] = { { STR("s"), type_string(true) }, { STR("i"), type_simple(TYPE_INT, true) }, { STR("d"), type_simple(TYPE_DOUBLE, true) },
                      { STR("b"), type_simple(TYPE_BOOLEAN, true) }, { STR("m"), type_decimal(f.arena, 5, 2, true) }, { STR("t"), type_time(f.arena, TYPE_TIMESTAMP, 3, true) } };
    start(&f, "json", cols, 6);
    feed_ok(&f, "{\"s\":\"a\",\"i\":1,\"d\":1.5,\"b\":true,\"m\":1.005,\"t\":\"2024-01-02 03:04:05.678\"}");
    feed_ok(&f, " { \"i\" : \" 12 \" , \"s\" : {\"x\": [1, \"y z\"]} , \"d\" : \"2e3\" , \"b\" : \"TRUE\" , \"zzz\" : [1,{\"a\":null}], \"t\":null } ");
    feed_ok(&f, "{\"i\":1.9,\"s\":12,\"b\":\"yes\",\"m\":123456}");
    feed_ok(&f, "{\"s\":\"\\u00e9\\n\\ud83d\\ude00\",\"d\":-0.1,\"i\":-2147483648}");
    expect(&f, "+I a | 1 | 1.5 | TRUE | 1.01 | 2024-01-02 03:04:05.678\n"
               "+I {\"x\":[1,\"y z\"]} | 12 | 2000.0 | TRUE | <NULL> | <NULL>\n"
               "+I 12 | 1 | <NULL> | FALSE | <NULL> | <NULL>\n"
               "+I \xc3\xa9\\n\xf0\x9f\x98\x80 | -2147483648 | -0.1 | <NULL> | <NULL> | <NULL>\n");
    stop(&f);
}

static void bad_values_fail(void **state)
{
    (void)state;
    static const char *const bad[] = { "{\"i\":2147483648}", "{\"i\":\"x\"}", "{\"i\":true}", "{\"i\":1", "[1]", "3", "", "{\"i\" 1}", "{\"s\":\"\xff\"}", "{\"s\":\"a\nb\"}" };
    for (uint32_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Fixture f = { .arena = arena_new() };
        Column cols[] = { { STR("s"), type_string(true) }, { STR("i"), type_simple(TYPE_INT, true) } };
        Err err = { 0 };
        start(&f, "json", cols, 2);
        if (feed(&f, bad[i], &err)) fail_msg("accepted: %s", bad[i]);
        assert_int_equal(err.code, E_BAD_RECORD);
        stop(&f);
    }
}

static void ignore_parse_errors_skips_and_nulls(void **state)
{
    (void)state;
    Fixture f = { .arena = arena_new() };
    Column cols[] = { { STR("s"), type_string(true) }, { STR("i"), type_simple(TYPE_INT, true) } };
    options_set(f.arena, &f.options, STR("json.ignore-parse-errors"), STR("true"));
    start(&f, "json", cols, 2);
    feed_ok(&f, "{\"s\":\"keep\",\"i\":\"x\"}");
    feed_ok(&f, "{\"s\":\"broken\",");
    feed_ok(&f, "{\"s\":\"next\",\"i\":7}");
    assert_int_equal(f.skipped, 1);
    expect(&f, "+I keep | <NULL>\n+I next | 7\n");
    stop(&f);
}

static void missing_field_fails_when_asked(void **state)
{
    (void)state;
    Fixture f = { .arena = arena_new() };
    Column cols[] = { { STR("s"), type_string(true) }, { STR("i"), type_simple(TYPE_INT, true) } };
    Err err = { 0 };
    options_set(f.arena, &f.options, STR("json.fail-on-missing-field"), STR("true"));
    start(&f, "json", cols, 2);
    assert_false(feed(&f, "{\"s\":\"a\"}", &err));
    assert_non_null(strstr(err.message, "\"i\""));
    stop(&f);
}

static void arrays_explode_and_nested_values_read(void **state)
{
    (void)state;
    Fixture f = { .arena = arena_new() };
    Field fields[] = { { STR("x"), type_simple(TYPE_INT, true), STR_NULL }, { STR("y"), type_string(true), STR_NULL } };
    Column cols[] = { { STR("r"), type_row(f.arena, fields, 2, true) }, { STR("a"), type_array(f.arena, type_simple(TYPE_INT, true), true) },
                      { STR("m"), type_map(f.arena, type_string(false), type_simple(TYPE_DOUBLE, true), true) } };
    start(&f, "json", cols, 3);
    feed_ok(&f, "[{\"r\":{\"y\":\"b\",\"x\":1},\"a\":[1,null,3],\"m\":{\"k\":0.5}}, {\"a\":[]}]");
    expect(&f, "+I (1, b) | [1, NULL, 3] | {k=0.5}\n+I <NULL> | [] | <NULL>\n");
    stop(&f);
}

static void key_order_changes_are_followed(void **state)
{
    (void)state;
    Fixture f = { .arena = arena_new() };
    Column cols[] = { { STR("a"), type_simple(TYPE_BIGINT, true) }, { STR("b"), type_simple(TYPE_BIGINT, true) } };
    start(&f, "json", cols, 2);
    feed_ok(&f, "{\"a\":1,\"b\":2}");
    feed_ok(&f, "{\"b\":3,\"a\":4}");
    feed_ok(&f, "{\"x\":0,\"b\":5,\"a\":6}");
    feed_ok(&f, "{\"x\":0,\"b\":7,\"a\":8,\"a\":9}");
    expect(&f, "+I 1 | 2\n+I 4 | 3\n+I 6 | 5\n+I 9 | 7\n");
    stop(&f);
}

static void rows_are_written_as_flink_writes_them(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    Options options = { 0 };
    Column cols[] = { { STR("s"), type_string(true) }, { STR("m"), type_decimal(arena, 7, 2, true) }, { STR("d"), type_simple(TYPE_DOUBLE, true) },
                      { STR("t"), type_time(arena, TYPE_TIMESTAMP, 3, true) }, { STR("z"), type_time(arena, TYPE_TIMESTAMP_LTZ, 3, true) } };
    Schema schema = { cols, 5 };
    FormatSpec spec = { &schema, NULL, &options, "json.", zone_utc(), false };
    const FormatDef *json = format_find(STR("json"));
    Err err = { 0 };
    Encoder *encoder = json->encoder_new(&spec, &err);
    BatchBuilder builder;
    StrBuf out = { 0 };
    bool is_null;
    assert_non_null(encoder);
    builder_init(&builder, &schema, 4);
    assert_true(batch_parse(STR("+I a\"b | 100.00 | 1.0 | 2024-01-02 03:04:05.600 | 2024-01-02 03:04:05.000\n+I <NULL> | 2.50 | 1.0E10 | <NULL> | <NULL>\n"), &builder, &err));
    const Batch *batch = builder_batch(&builder);
    assert_true(json->encode(encoder, batch, 0, ROW_INSERT, &out, &is_null, &err));
    strbuf_addc(&out, '\n');
    assert_true(json->encode(encoder, batch, 1, ROW_INSERT, &out, &is_null, &err));
    assert_string_equal(strbuf_cstr(&out), "{\"s\":\"a\\\"b\",\"m\":1E+2,\"d\":1.0,\"t\":\"2024-01-02 03:04:05.6\",\"z\":\"2024-01-02 03:04:05Z\"}\n"
                                           "{\"s\":null,\"m\":2.5,\"d\":1.0E10,\"t\":null,\"z\":null}");
    strbuf_free(&out);
    json->encoder_free(encoder);
    builder_free(&builder);
    arena_free(arena);
}

static void raw_reads_big_endian_numbers(void **state)
{
    (void)state;
    Fixture f = { .arena = arena_new() };
    Column cols[] = { { STR("n"), type_simple(TYPE_INT, true) } };
    Err err = { 0 };
    start(&f, "raw", cols, 1);
    Str bytes = { "\0\0\1\2", 4 };
    assert_true(f.format->decode(f.decoder, bytes, &f.builder, commit, &f, &f.skipped, &err));
    assert_true(f.format->decode(f.decoder, STR_NULL, &f.builder, commit, &f, &f.skipped, &err));
    assert_false(f.format->decode(f.decoder, STR("abc"), &f.builder, commit, &f, &f.skipped, &err));
    expect(&f, "+I 258\n+I <NULL>\n");
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_convert), cmocka_unit_test(bad_values_fail), cmocka_unit_test(ignore_parse_errors_skips_and_nulls),
        cmocka_unit_test(missing_field_fails_when_asked), cmocka_unit_test(arrays_explode_and_nested_values_read), cmocka_unit_test(key_order_changes_are_followed),
        cmocka_unit_test(rows_are_written_as_flink_writes_them), cmocka_unit_test(raw_reads_big_endian_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
