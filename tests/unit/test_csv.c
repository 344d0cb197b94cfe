/* csv format: what a real Flink 2.3 reads and writes for these records, options, errors, records that span lines. */
#include "tests/unit/conn.h"

typedef struct Run { TestTable t; FormatSpec spec; const FormatDef *format; BatchBuilder builder; uint64_t skipped; Err err; StrBuf out; } Run;

static bool row_done(void *ctx, RowOp op, Err *err)
{
    Run *run = ctx;
    (void)err;
    builder_row(&run->builder, op);
    return true;
}

static void run_init(Run *run)
{
    memset(run, 0, sizeof *run);
    test_table_init(&run->t);
    run->format = format_find(STR("csv"));
    run->spec = (FormatSpec){ .schema = &run->t.table.physical, .options = &run->t.options, .prefix = "csv.", .zone = zone_utc() };
}
static void run_free(Run *run)
{
    strbuf_free(&run->out);
    test_table_free(&run->t);
}

/* Decodes each record (a message of its own); result: rows as text, or "!message". */
static Str decode(Run *run, const char *const *records)
{
    run->skipped = 0;
    strbuf_clear(&run->out);
    err_clear(&run->err);
    Decoder *d = run->format->decoder_new(&run->spec, &run->err);
    if (!d) { strbuf_addf(&run->out, "!%s", run->err.message); return strbuf_str(&run->out); }
    builder_init(&run->builder, &run->t.table.physical, BATCH_ROWS);
    bool ok = true;
    for (; ok && *records; records++) ok = run->format->decode(d, str_of(*records), &run->builder, row_done, run, &run->skipped, &run->err);
    batch_print(builder_batch(&run->builder), &run->t.table.physical, &run->out);
    if (!ok) strbuf_addf(&run->out, "!%s", run->err.message);
    run->format->decoder_free(d);
    builder_free(&run->builder);
    return strbuf_str(&run->out);
}
#define DECODE(run, ...) decode((run), (const char *const[]){ __VA_ARGS__, NULL })

/* Rows of batch text to CSV lines. */
static Str encode(Run *run, const char *rows)
{
    strbuf_clear(&run->out);
    err_clear(&run->err);
    Encoder *e = run->format->encoder_new(&run->spec, &run->err);
    assert_non_null(e);
    BatchBuilder b;
    const Batch *batch = test_batch(&b, &run->t.table.physical, rows);
    for (uint32_t i = 0; i < batch->len; i++) {
        bool is_null;
        assert_true(run->format->encode(e, batch, i, ROW_INSERT, &run->out, &is_null, &run->err));
        strbuf_addc(&run->out, '\n');
    }
    builder_free(&b);
    run->format->encoder_free(e);
    return strbuf_str(&run->out);
}

static void quoting_when_reading(void **state)
{
    (void)state;
    Run run;
    run_init(&run);
    test_column(&run.t, "i", type_simple(TYPE_INT, true));
    test_column(&run.t, "s", type_string(true));
    test_column(&run.t, "d", type_simple(TYPE_DOUBLE, true));
    test_option(&run.t, "csv.ignore-parse-errors", "true");
    assert_text(DECODE(&run, "1,abc,1.5", "2, \"abc\" ,1.5", "3,\"a \"\"q\"\" b\"  ,1.5", "4,a\"b\"c,2", "\n", "5,,3", " 6 ,x, 7 \r\n", "7,#x,1", ""),
                "+I 1 | abc | 1.5\n+I 2 |  \"abc\"  | 1.5\n+I 3 | a \"q\" b | 1.5\n+I 4 | a\"b\"c | 2.0\n+I <NULL> | <NULL> | <NULL>\n+I 5 |  | 3.0\n+I 6 | x | 7.0\n+I 7 | #x | 1.0\n");
    assert_int_equal(run.skipped, 0);
    assert_text(DECODE(&run, "1,2,3,4", "1,2", "x,y,z", "4,5,6", "5,\"abc\"x,1", "6,\"open"),
                "+I 1 | 2 | <NULL>\n+I <NULL> | y | <NULL>\n+I 4 | 5 | 6.0\n");
    assert_int_equal(run.skipped, 3);
    run_free(&run);
}

static void escapes_and_comments(void **state)
{
    (void)state;
    Run run;
    run_init(&run);
    test_column(&run.t, "i", type_simple(TYPE_INT, true));
    test_column(&run.t, "s", type_string(true));
    test_column(&run.t, "c", type_string(true));
    test_option(&run.t, "csv.field-delimiter", ";");
    test_option(&run.t, "csv.escape-character", "\\");
    test_option(&run.t, "csv.allow-comments", "true");
    assert_text(DECODE(&run, "1;a\\;b;c", "# comment", "2;\"a\\\"b\\nc\";d"), "+I 1 | a;b | c\n+I 2 | a\"b\\nc | d\n");
    run_free(&run);
}

static void arrays_and_rows(void **state)
{
    (void)state;
    Run run;
    run_init(&run);
    const Field fields[] = { { STR("a"), type_simple(TYPE_INT, true), STR_NULL }, { STR("b"), type_simple(TYPE_INT, true), STR_NULL } };
    test_column(&run.t, "i", type_row(run.t.arena, fields, 2, true));
    test_column(&run.t, "s", type_array(run.t.arena, type_string(true), true));
    test_option(&run.t, "csv.null-literal", "NIL");
    test_option(&run.t, "csv.ignore-parse-errors", "true");
    assert_text(DECODE(&run, "3;4,a;b;c", ";,", "3,NIL", "1;2;3,a;NIL; c", "NIL;5,\"q;\"\"r\"\"\""),
                "+I (3, 4) | [a, b, c]\n+I (NULL, NULL) | []\n+I (3, NULL) | [NULL]\n+I (1, 2) | [a, NULL,  c]\n+I (NULL, 5) | [q, \"r\"]\n");
    test_option(&run.t, "csv.ignore-parse-errors", "false");
    assert_text(DECODE(&run, "1;2;3,a"), "!cannot read CSV record: field \"i\": the nested row has another number of fields than its type");
    run_free(&run);
}

static void types(void **state)
{
    (void)state;
    Run run;
    run_init(&run);
    Arena *a = run.t.arena;
    test_column(&run.t, "i", type_simple(TYPE_TINYINT, true));
    test_column(&run.t, "s", type_sized(a, TYPE_CHAR, 3, true));
    test_column(&run.t, "dt", type_simple(TYPE_DATE, true));
    test_column(&run.t, "tm", type_time(a, TYPE_TIME, 2, true));
    test_column(&run.t, "ts", type_time(a, TYPE_TIMESTAMP, 2, true));
    test_column(&run.t, "lz", type_time(a, TYPE_TIMESTAMP_LTZ, 3, true));
    test_column(&run.t, "dc", type_decimal(a, 10, 2, true));
    test_column(&run.t, "b", type_simple(TYPE_BOOLEAN, true));
    test_column(&run.t, "by", type_bytes(true));
    test_option(&run.t, "csv.ignore-parse-errors", "true");
    assert_text(DECODE(&run, "1,x,2024-01-02,12:13:14.567,2024-01-02 03:04:05.678,2024-01-02 03:04:05Z,1e3,TRUE,dHh0",
                       "128,y,2024-1-2,12:13,2024-02-30 03:04:05,2024-01-02 03:04:05.1Z, 5 ,yes,!!", "3,,2024-02-30,24:00:00,2024-01-02,2024-01-02 03:04:05,123456789.5,,"),
                "+I 1 | x | 2024-01-02 | 12:13:14.56 | 2024-01-02 03:04:05.67 | 2024-01-02 03:04:05.000 | 1000.00 | TRUE | txt\n"
                "+I <NULL> | y | 2024-01-02 | 12:13:00.0 | 2024-02-29 03:04:05.00 | 2024-01-02 03:04:05.100 | <NULL> | FALSE | <NULL>\n"
                "+I 3 |  | 2024-03-01 | <NULL> | <NULL> | <NULL> | <NULL> | FALSE | \n");
    run_free(&run);
}

static void bad_records_fail(void **state)
{
    (void)state;
    Run run;
    run_init(&run);
    test_column(&run.t, "i", type_simple(TYPE_INT, true));
    test_column(&run.t, "d", type_simple(TYPE_DOUBLE, true));
    assert_text(DECODE(&run, "1,2", "x,1"), "+I 1 | 2.0\n!cannot read CSV record: field \"i\": not an integer of this type");
    assert_string_equal(run.err.detail, "record: x,1");
    assert_int_equal(run.err.code, E_BAD_RECORD);
    assert_text(DECODE(&run, "1,2,3"), "!cannot read CSV record: the record has more fields than the table has columns");
    assert_text(DECODE(&run, "1"), "!cannot read CSV record: the record has fewer fields than the table has columns");
    assert_text(DECODE(&run, "1,0x"), "!cannot read CSV record: field \"d\": not a number");
    run_free(&run);
}

static void writing(void **state)
{
    (void)state;
    Run run;
    run_init(&run);
    Arena *a = run.t.arena;
    test_column(&run.t, "s", type_string(true));
    test_column(&run.t, "d", type_simple(TYPE_DOUBLE, true));
    test_column(&run.t, "dc", type_decimal(a, 12, 3, true));
    test_column(&run.t, "tm", type_time(a, TYPE_TIME, 3, true));
    test_column(&run.t, "ts", type_time(a, TYPE_TIMESTAMP, 3, true));
    test_column(&run.t, "lz", type_time(a, TYPE_TIMESTAMP_LTZ, 3, true));
    assert_text(encode(&run, "+I abc | 1.5 | 100000.000 | 01:02:03.0 | 2024-01-02 03:04:05.120 | 1970-01-01 00:00:01.500\n"
                             "+I a b | 1.0E10 | 1.500 | 01:02:03.12 | 2024-01-02 03:04:00.000 | 1970-01-01 00:00:00.000\n"
                             "+I <NULL> | <NULL> | 0.000 | 00:00:00.0 | <NULL> | <NULL>\n"),
                "abc,1.5,1E+5,01:02:03,\"2024-01-02 03:04:05.12\",\"1970-01-01 00:00:01.5Z\"\n"
                "\"a b\",1.0E10,1.5,01:02:03.12,\"2024-01-02 03:04:00\",\"1970-01-01 00:00:00Z\"\n,,0,00:00:00,,\n");
    run_free(&run);
    run_init(&run);
    test_column(&run.t, "s", type_string(true));
    assert_text(encode(&run, "+I a,b\n+I say \"hi\"\n+I \n+I a-b\n+I a+b\n+I #x\n+I abcdefghijklmnopqrstuvwx\n+I abcdefghijklmnopqrstuvwxy\n+I a\\nb\n+I \xc3\xbc\n+I a.b/c:d;e\n"),
                "\"a,b\"\n\"say \"\"hi\"\"\"\n\na-b\n\"a+b\"\n\"#x\"\nabcdefghijklmnopqrstuvwx\n\"abcdefghijklmnopqrstuvwxy\"\n\"a\nb\"\n\xc3\xbc\na.b/c:d;e\n");
    run_free(&run);
}

/* In a message (Kafka) decimals keep all digits of their scale. */
static void decimals_of_messages_keep_their_scale(void **state)
{
    (void)state;
    Run run;
    run_init(&run);
    run.spec.in_message = true;
    test_column(&run.t, "a", type_decimal(run.t.arena, 10, 2, true));
    test_column(&run.t, "b", type_decimal(run.t.arena, 20, 10, true));
    test_column(&run.t, "c", type_decimal(run.t.arena, 8, 0, true));
    assert_text(encode(&run, "+I 0.00 | 0.0000000001 | 100\n+I -0.50 | 123.4560000000 | 0\n+I 100.00 | 0.0000000000 | <NULL>\n"),
                "0.00,0.0000000001,100\n-0.50,123.4560000000,0\n100.00,0.0000000000,\n");
    run_free(&run);
}

static void writing_with_options(void **state)
{
    (void)state;
    Run run;
    run_init(&run);
    test_column(&run.t, "s", type_string(true));
    test_column(&run.t, "dc", type_decimal(run.t.arena, 12, 3, true));
    test_column(&run.t, "n", type_string(true));
    test_option(&run.t, "csv.null-literal", "n/a");
    test_option(&run.t, "csv.escape-character", "\\");
    test_option(&run.t, "csv.field-delimiter", "|");
    test_option(&run.t, "csv.write-bigdecimal-in-scientific-notation", "false");
    BatchBuilder b;
    builder_init(&b, &run.t.table.physical, 8);
    builder_free(&b);
    assert_text(encode(&run, "+I a\"b | 100000.000 | <NULL>\n+I a\\b | 1.500 | n/a\n"), "\"a\"\"b\"|100000|n/a\n\"a\\\\b\"|1.5|\"n/a\"\n");
    run_free(&run);
    run_init(&run);
    test_column(&run.t, "s", type_string(true));
    test_column(&run.t, "n", type_string(true));
    test_option(&run.t, "csv.disable-quote-character", "true");
    test_option(&run.t, "csv.field-delimiter", "\\t");
    assert_text(encode(&run, "+I a\"b | x,y\n"), "a\"b\tx,y\n");
    assert_text(DECODE(&run, "\"a\"\tb"), "+I \"a\" | b\n");
    run_free(&run);
}

static void options_are_checked(void **state)
{
    (void)state;
    static const struct { const char *key, *value, *message; } cases[] = {
        { "csv.field-delimiter", ",,", "option \"csv.field-delimiter\" must be a single character, not \",,\"" },
        { "csv.quote-character", "''", "option \"csv.quote-character\" must be a single character, not \"''\"" },
        { "csv.ignore-parse-errors", "maybe", "option \"csv.ignore-parse-errors\" must be true or false, not \"maybe\"" },
        { "csv.array-element-delimiter", "", "option \"csv.array-element-delimiter\" must not be empty" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Run run;
        run_init(&run);
        test_column(&run.t, "s", type_string(true));
        test_option(&run.t, cases[i].key, cases[i].value);
        assert_false(run.format->check(&run.t.table.physical, &run.t.options, "csv.", &run.err));
        assert_string_equal(run.err.message, cases[i].message);
        run_free(&run);
    }
    Run run;
    run_init(&run);
    test_column(&run.t, "m", type_map(run.t.arena, type_string(true), type_string(true), true));
    assert_false(run.format->check(&run.t.table.physical, &run.t.options, "csv.", &run.err));
    assert_string_equal(run.err.message, "format 'csv' cannot carry type MAP<STRING, STRING> of column \"m\"");
    test_option(&run.t, "csv.quote-character", "'");
    test_option(&run.t, "csv.disable-quote-character", "true");
    assert_false(run.format->check(&run.t.table.physical, &run.t.options, "csv.", &run.err));
    run_free(&run);
}

static void records_span_lines(void **state)
{
    (void)state;
    Run run;
    run_init(&run);
    test_column(&run.t, "s", type_string(true));
    Decoder *d = run.format->decoder_new(&run.spec, &run.err);
    static const struct { const char *text; int64_t len; } cases[] = {
        { "a,b\nc\n", 4 }, { "\"a\nb\",c\nd", 8 }, { "\"a\nb", -1 }, { "a\"\nb\n", 3 }, { "\"a\"\"\n\"\nx", 7 }, { "\n", 1 }, { "abc", -1 }, { "x,\"\n\",\"\n\"\nz\n", 10 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(run.format->record_len(d, cases[i].text, cases[i].text + strlen(cases[i].text)), cases[i].len);
    run.format->decoder_free(d);
    run_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quoting_when_reading), cmocka_unit_test(escapes_and_comments), cmocka_unit_test(arrays_and_rows), cmocka_unit_test(types),
        cmocka_unit_test(bad_records_fail), cmocka_unit_test(writing), cmocka_unit_test(decimals_of_messages_keep_their_scale), cmocka_unit_test(writing_with_options), cmocka_unit_test(options_are_checked),
        cmocka_unit_test(records_span_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
