/* json and raw formats: conversions of Flink's json format, learned key order, bad records, writing. */
#include "connectors/format.h"
#include "engine/type/text.h"
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
    FormatSpec spec = { &f->schema, NULL, &f->options, prefix, zone_utc(), false, false };
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
    static const char *const bad[] = { "{\"i\":2147483648}", "{\"i\":\"x\"}", "{\"i\":true}", "{\"i\":1", "[1]", "3", "{\"i\" 1}", "{\"s\":\"\xff\"}", "{\"s\":\"a\\x\"}", "{\"u\":\"a\\x\"}", "{\"i\":1,}", "{'i':1}", "{i:1}", "null", "[{\"i\":1},null]", "[[{\"i\":1}]]", "{\"u\":nonsense}", "   ", "{\"s\":{\"a\":1,}}" };
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
    FormatSpec spec = { &schema, NULL, &options, "json.", zone_utc(), false, false };
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

/* ---- measured on Flink ---- */

static const Type *type_named(Arena *arena, const char *name)
{
    static const struct { const char *name; TypeKind kind; } simple[] = { { "TINYINT", TYPE_TINYINT }, { "SMALLINT", TYPE_SMALLINT }, { "INT", TYPE_INT }, { "BIGINT", TYPE_BIGINT },
        { "FLOAT", TYPE_FLOAT }, { "DOUBLE", TYPE_DOUBLE }, { "BOOLEAN", TYPE_BOOLEAN }, { "DATE", TYPE_DATE } };
    const Type *integer = type_simple(TYPE_INT, true), *string = type_string(true);
    uint32_t p = 0, s = 0;
    for (uint32_t i = 0; i < sizeof simple / sizeof *simple; i++)
        if (strcmp(simple[i].name, name) == 0) return type_simple(simple[i].kind, true);
    if (strcmp(name, "STRING") == 0) return string;
    if (strcmp(name, "BYTES") == 0) return type_bytes(true);
    if (strcmp(name, "TIME") == 0) return type_time(arena, TYPE_TIME, 0, true);
    if (sscanf(name, "TIME(%u)", &p) == 1) return type_time(arena, TYPE_TIME, p, true);
    if (sscanf(name, "TIMESTAMP(%u)", &p) == 1) return type_time(arena, TYPE_TIMESTAMP, p, true);
    if (sscanf(name, "TIMESTAMP_LTZ(%u)", &p) == 1) return type_time(arena, TYPE_TIMESTAMP_LTZ, p, true);
    if (sscanf(name, "DECIMAL(%u,%u)", &p, &s) == 2) return type_decimal(arena, p, s, true);
    if (sscanf(name, "VARCHAR(%u)", &p) == 1) return type_sized(arena, TYPE_VARCHAR, p, true);
    if (sscanf(name, "CHAR(%u)", &p) == 1) return type_sized(arena, TYPE_CHAR, p, true);
    if (strcmp(name, "ARRAY<INT>") == 0) return type_array(arena, integer, true);
    if (strcmp(name, "ARRAY<STRING>") == 0) return type_array(arena, string, true);
    if (strcmp(name, "MAP<STRING,INT>") == 0) return type_map(arena, string, integer, true);
    if (strcmp(name, "MAP<STRING,STRING>") == 0) return type_map(arena, string, string, true);
    if (strcmp(name, "MULTISET<STRING>") == 0) return type_multiset(arena, string, true);
    Field fields[] = { { STR("a"), integer, STR_NULL }, { STR("b"), string, STR_NULL } };
    assert_string_equal(name, "ROW<a INT, b STRING>");
    return type_row(arena, fields, 2, true);
}

/* What one value becomes, as the file writes it. */
static void value_read(const char *type, const char *standard, const char *json, StrBuf *out)
{
    Fixture f = { .arena = arena_new() };
    Column cols[] = { { STR("k"), type_simple(TYPE_INT, true) }, { STR("v"), type_named(f.arena, type) } };
    StrBuf message = { 0 }, text = { 0 };
    options_set(f.arena, &f.options, STR("json.ignore-parse-errors"), STR("true"));
    options_set(f.arena, &f.options, STR("json.timestamp-format.standard"), str_of(standard));
    start(&f, "json", cols, 2);
    strbuf_addf(&message, "{\"k\":1,\"v\":%s}", json);
    feed_ok(&f, strbuf_cstr(&message));
    strbuf_clear(out);
    if (f.builder.batch.len == 0) {
        strbuf_addz(out, "!");
    } else {
        Datum value = vec_get(&f.builder.batch.cols[1], 0);
        if (value.null) strbuf_addz(&text, "<NULL>");
        else datum_print(cols[1].type, &value, zone_utc(), &text);
        for (uint32_t i = 0; i < text.len; i++) {
            const char *named = text.ptr[i] == '\\' ? "\\\\" : text.ptr[i] == '\n' ? "\\n" : text.ptr[i] == '\t' ? "\\t" : NULL;
            if (named) strbuf_addz(out, named);
            else strbuf_addc(out, text.ptr[i]);
        }
    }
    strbuf_free(&message);
    strbuf_free(&text);
    stop(&f);
}

static void values_read_as_flink_reads_them(void **state)
{
    (void)state;
    FILE *file = fopen("tests/unit/data/json_read.tsv", "r");
    char line[1024];
    uint32_t lines = 0;
    StrBuf got = { 0 };
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        char *field[4] = { line };
        line[strcspn(line, "\n")] = 0;
        if (line[0] == '#') continue;
        for (int i = 1; i < 4; i++) {
            field[i] = strchr(field[i - 1], '\t');
            assert_non_null(field[i]);
            *field[i]++ = 0;
        }
        value_read(field[0], field[1], field[2], &got);
        if (strcmp(strbuf_cstr(&got), field[3]) != 0) fail_msg("%s (%s) of %s: expected [%s], got [%s]", field[0], field[1], field[2], field[3], strbuf_cstr(&got));
        lines++;
    }
    assert_true(lines > 1500);
    fclose(file);
    strbuf_free(&got);
}

/* What stands behind the first value is ignored; a bad element ends an array, the rows before it stay. */
static void documents_read_as_flink_reads_them(void **state)
{
    (void)state;
    static const struct { const char *text, *rows; uint32_t skipped; } cases[] = {
        { "{\"k\":1} trailing", "+I 1 | <NULL> | <NULL>\n", 0 }, { "{\"k\":1}{\"k\":2}", "+I 1 | <NULL> | <NULL>\n", 0 }, { "{\"k\":1}]", "+I 1 | <NULL> | <NULL>\n", 0 },
        { "[{\"k\":1},5,{\"k\":2}]", "+I 1 | <NULL> | <NULL>\n", 1 }, { "[{\"k\":1},null,{\"k\":3}]", "+I 1 | <NULL> | <NULL>\n", 1 },
        { "[{\"k\":1},{\"k\":\"x\"},{\"k\":3}]", "+I 1 | <NULL> | <NULL>\n+I <NULL> | <NULL> | <NULL>\n+I 3 | <NULL> | <NULL>\n", 0 },
        { "[{\"k\":1},{\"k\":2", "+I 1 | <NULL> | <NULL>\n", 1 }, { "[]", "", 0 }, { "null", "", 1 }, { "5", "", 1 }, { "   ", "", 1 }, { "\xef\xbb\xbf{\"k\":1}", "+I 1 | <NULL> | <NULL>\n", 0 }, { "", "", 0 }, { "{}", "+I <NULL> | <NULL> | <NULL>\n", 0 },
        { "{\"k\":1,\"s\":\"a\"", "", 1 }, { "{\"K\":1}", "+I <NULL> | <NULL> | <NULL>\n", 0 }, { "{\"k\":1,\"k\":2}", "+I 2 | <NULL> | <NULL>\n", 0 },
        { "{\"k\":1,\"u\":{\"a\":[1,2,{\"b\":\"}\"}]}}", "+I 1 | <NULL> | <NULL>\n", 0 }, { "{\"k\":1,\"r\":{\"x\":1}}", "+I 1 | <NULL> | (1, NULL)\n", 0 },
        { "{\"s\":\"a\",\"k\":\"bad\",\"r\":{\"x\":\"bad\",\"y\":2,\"z\":3}}", "+I <NULL> | a | (NULL, 2)\n", 0 }, { "{\"k\":1,\"s\":\"a\",\"r\":[1,2]}", "+I 1 | a | <NULL>\n", 0 },
        { "{\"s\":\"tab\tand\nline\"}", "+I <NULL> | tab\tand\\nline | <NULL>\n", 0 },
    };
    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Fixture f = { .arena = arena_new() };
        Field fields[] = { { STR("x"), type_simple(TYPE_INT, true), STR_NULL }, { STR("y"), type_simple(TYPE_INT, true), STR_NULL } };
        Column cols[] = { { STR("k"), type_simple(TYPE_INT, true) }, { STR("s"), type_string(true) }, { STR("r"), type_row(f.arena, fields, 2, true) } };
        options_set(f.arena, &f.options, STR("json.ignore-parse-errors"), STR("true"));
        start(&f, "json", cols, 3);
        feed_ok(&f, cases[i].text);
        expect(&f, cases[i].rows);
        assert_int_equal(f.skipped, cases[i].skipped);
        stop(&f);
    }
}

static void plain(BatchBuilder *builder, const Schema *schema, const Options *options, const char *rows, const char *want)
{
    FormatSpec spec = { schema, NULL, options, "json.", zone_utc(), false, false };
    const FormatDef *json = format_find(STR("json"));
    Err err = { 0 };
    StrBuf out = { 0 };
    bool is_null;
    Encoder *encoder = json->encoder_new(&spec, &err);
    assert_non_null(encoder);
    builder_init(builder, schema, 64);
    if (!batch_parse(str_of(rows), builder, &err)) fail_msg("%s", err.message);
    const Batch *batch = builder_batch(builder);
    for (uint32_t row = 0; row < batch->len; row++) {
        if (!json->encode(encoder, batch, row, ROW_INSERT, &out, &is_null, &err)) fail_msg("%s", err.message);
        strbuf_addc(&out, '\n');
    }
    assert_string_equal(strbuf_cstr(&out), want);
    strbuf_free(&out);
    json->encoder_free(encoder);
    builder_free(builder);
}

static void numbers_are_written_as_flink_writes_them(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    BatchBuilder builder;
    Options options = { 0 };
    Column cols[] = { { STR("d"), type_simple(TYPE_DOUBLE, true) }, { STR("f"), type_simple(TYPE_FLOAT, true) }, { STR("m"), type_decimal(arena, 10, 4, true) },
                      { STR("n"), type_decimal(arena, 38, 18, true) }, { STR("z"), type_decimal(arena, 5, 0, true) } };
    Schema schema = { cols, 5 };
    const char *rows = "+I 1.0 | 0.1 | 100.0000 | 100.000000000000000000 | 100\n+I 1.0E10 | 1.0E10 | 0.0001 | 0.000000000000000001 | 0\n+I NaN | NaN | <NULL> | -0.000000100000000000 | -10000\n"
                       "+I Infinity | -Infinity | -0.5000 | 0.000001000000000000 | 12300\n+I -0.0 | 1.6777216E7 | 0.0000 | 0.000001200000000000 | 10\n";
    plain(&builder, &schema, &options, rows,
          "{\"d\":1.0,\"f\":0.1,\"m\":1E+2,\"n\":1E+2,\"z\":1E+2}\n{\"d\":1.0E10,\"f\":1.0E10,\"m\":0.0001,\"n\":1E-18,\"z\":0}\n"
          "{\"d\":\"NaN\",\"f\":\"NaN\",\"m\":null,\"n\":-1E-7,\"z\":-1E+4}\n{\"d\":\"Infinity\",\"f\":\"-Infinity\",\"m\":-0.5,\"n\":0.000001,\"z\":1.23E+4}\n"
          "{\"d\":-0.0,\"f\":1.6777216E7,\"m\":0,\"n\":0.0000012,\"z\":1E+1}\n");
    options_set(arena, &options, STR("json.encode.decimal-as-plain-number"), STR("true"));
    options_set(arena, &options, STR("json.encode.ignore-null-fields"), STR("true"));
    plain(&builder, &schema, &options, "+I 1.0 | <NULL> | 100.0000 | -0.000000100000000000 | 100\n+I <NULL> | <NULL> | 0.0000 | <NULL> | 12300\n",
          "{\"d\":1.0,\"m\":100.0000,\"n\":-0.000000100000000000,\"z\":100}\n{\"m\":0.0000,\"z\":12300}\n");
    arena_free(arena);
}

static void times_are_written_as_flink_writes_them(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    BatchBuilder builder;
    Options options = { 0 };
    Column cols[] = { { STR("d"), type_simple(TYPE_DATE, true) }, { STR("t"), type_time(arena, TYPE_TIME, 0, true) }, { STR("a"), type_time(arena, TYPE_TIMESTAMP, 9, true) },
                      { STR("l"), type_time(arena, TYPE_TIMESTAMP_LTZ, 3, true) }, { STR("s"), type_string(true) } };
    Schema schema = { cols, 5 };
    const char *rows = "+I 0001-01-01 | 10:11:12 | 2024-01-31 10:11:12.000000001 | 2024-01-31 10:11:12.120 | a/b\n+I 2024-01-31 | 00:00:00 | 2024-01-31 10:11:00.000000000 | 1969-12-31 23:59:59.999 | \xc3\xa9\x01\x1f\x7f<>&'\n";
    plain(&builder, &schema, &options, rows,
          "{\"d\":\"0001-01-01\",\"t\":\"10:11:12\",\"a\":\"2024-01-31 10:11:12.000000001\",\"l\":\"2024-01-31 10:11:12.12Z\",\"s\":\"a/b\"}\n"
          "{\"d\":\"2024-01-31\",\"t\":\"00:00:00\",\"a\":\"2024-01-31 10:11:00\",\"l\":\"1969-12-31 23:59:59.999Z\",\"s\":\"\xc3\xa9\\u0001\\u001F\x7f<>&'\"}\n");
    options_set(arena, &options, STR("json.timestamp-format.standard"), STR("ISO-8601"));
    plain(&builder, &schema, &options, "+I <NULL> | <NULL> | 2024-01-31 10:11:00.000000000 | 2024-01-31 10:11:12.000 | <NULL>\n",
          "{\"d\":null,\"t\":null,\"a\":\"2024-01-31T10:11:00\",\"l\":\"2024-01-31T10:11:12Z\",\"s\":null}\n");
    arena_free(arena);
}

static void odd_map_keys_are_refused_wherever_they_stand(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    Options options = { 0 };
    Err err = { 0 };
    const Type *integer = type_simple(TYPE_INT, true);
    Column good = { STR("m"), type_array(arena, type_map(arena, type_string(true), integer, true), true) };
    Column bad = { STR("m"), type_array(arena, type_map(arena, integer, integer, true), true) }, bag = { STR("m"), type_multiset(arena, integer, true) };
    const FormatDef *json = format_find(STR("json"));
    assert_true(json->check(&(Schema){ &good, 1 }, &options, "json.", &err));
    assert_false(json->check(&(Schema){ &bad, 1 }, &options, "json.", &err));
    assert_false(json->check(&(Schema){ &bag, 1 }, &options, "json.", &err));
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

static void raw_text_is_always_utf8(void **state)
{
    (void)state;
    static const struct { const char *charset, *bytes, *want; } cases[] = { { "UTF-8", "a\xff" "b", "+I a\xef\xbf\xbd" "b\n" }, { "UTF-8", "\xc3\xa9", "+I \xc3\xa9\n" },
        { "US-ASCII", "a\xe9", "+I a\xef\xbf\xbd\n" }, { "ISO-8859-1", "\xe9", "+I \xc3\xa9\n" } };
    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Fixture f = { .arena = arena_new() };
        Column cols[] = { { STR("s"), type_string(true) } };
        options_set(f.arena, &f.options, STR("raw.charset"), str_of(cases[i].charset));
        start(&f, "raw", cols, 1);
        feed_ok(&f, cases[i].bytes);
        expect(&f, cases[i].want);
        stop(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_convert), cmocka_unit_test(bad_values_fail), cmocka_unit_test(ignore_parse_errors_skips_and_nulls),
        cmocka_unit_test(missing_field_fails_when_asked), cmocka_unit_test(arrays_explode_and_nested_values_read), cmocka_unit_test(key_order_changes_are_followed),
        cmocka_unit_test(rows_are_written_as_flink_writes_them), cmocka_unit_test(values_read_as_flink_reads_them), cmocka_unit_test(documents_read_as_flink_reads_them),
        cmocka_unit_test(numbers_are_written_as_flink_writes_them), cmocka_unit_test(times_are_written_as_flink_writes_them), cmocka_unit_test(odd_map_keys_are_refused_wherever_they_stand), cmocka_unit_test(raw_reads_big_endian_numbers), cmocka_unit_test(raw_text_is_always_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
