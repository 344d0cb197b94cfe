/* Options: units, typed getters, checking against rows, hints, secrets. */
#include "tests/unit/unit.h"

#include "engine/base/option.h"

static const OptionDef rows[] = {
    { "topic", OPT_LIST, NULL, OPTF_REQUIRED, NULL, "Topics." },
    { "properties.bootstrap.servers", OPT_STRING, NULL, OPTF_REQUIRED, NULL, "Brokers." },
    { "properties.", OPT_STRING, NULL, OPTF_PREFIX, NULL, "Passed to the client." },
    { "scan.startup.mode", OPT_ENUM, "group-offsets", OPTF_SOURCE, "earliest-offset|latest-offset|group-offsets", "Where to begin." },
    { "sink.parallelism", OPT_INT, NULL, OPTF_SINK | OPTF_IGNORED, NULL, "No effect." },
    { "fields.#.kind", OPT_ENUM, "random", OPTF_PATTERN, "random|sequence", "Generator." },
    { "fields.#.length", OPT_INT, "100", OPTF_PATTERN, NULL, "Length." },
    { "interval", OPT_DURATION, "5 s", 0, NULL, "Interval." },
    { "buffer", OPT_MEMORY, "1 mb", 0, NULL, "Buffer." },
    { "ratio", OPT_DOUBLE, NULL, 0, NULL, "Ratio." },
    { "on", OPT_BOOL, "true", 0, NULL, "Switch." },
    { "count", OPT_LONG, NULL, 0, NULL, "Count." },
    { "offsets", OPT_MAP, NULL, 0, NULL, "Offsets." },
    { "password", OPT_INT, NULL, OPTF_SECRET, NULL, "Secret." },
    { NULL, OPT_STRING, NULL, 0, NULL, NULL },
};
static const OptionDef json_rows[] = {
    { "fail-on-missing-field", OPT_BOOL, "false", 0, NULL, "Strict." },
    { NULL, OPT_STRING, NULL, 0, NULL, NULL },
};
static const OptionTable tables[] = { { rows, "" }, { json_rows, "json." } };

static void durations(void **state)
{
    (void)state;
    static const struct { const char *text; int64_t us; } good[] = {
        { "10 s", 10000000 }, { "1min", 60000000 }, { "500ms", 500000 }, { "1 d", 86400000000 }, { "7", 7000 }, { " 2  Hours ", 7200000000 },
        { "3 m", 180000000 }, { "1 SEC", 1000000 }, { "5 \xc2\xb5s", 5 }, { "9 micros", 9 }, { "2500 ns", 2 }, { "1 millisecond", 1000 }, { "0", 0 },
    };
    static const char *const bad[] = { "", "s", "10 x", "-1 s", "1.5 s", "10 s s", "99999999999999 d", "99999999999999999999 ns", "1mins" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t us = -1;
        if (!parse_duration(str_of(good[i].text), &us) || us != good[i].us) fail_msg("%s -> %ld", good[i].text, (long)us);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t us;
        if (parse_duration(str_of(bad[i]), &us)) fail_msg("%s", bad[i]);
    }
}

static void memory_sizes(void **state)
{
    (void)state;
    static const struct { const char *text; int64_t bytes; } good[] = {
        { "128 mb", 128ll << 20 }, { "1g", 1ll << 30 }, { "17", 17 }, { "2 kibibytes", 2048 }, { "3 B", 3 }, { "1 TB", 1ll << 40 }, { "4k", 4096 },
    };
    static const char *const bad[] = { "", "mb", "1 mib", "-1", "1.5g", "99999999999 tb" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t bytes = -1;
        if (!parse_memory_size(str_of(good[i].text), &bytes) || bytes != good[i].bytes) fail_msg("%s -> %ld", good[i].text, (long)bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t bytes;
        if (parse_memory_size(str_of(bad[i]), &bytes)) fail_msg("%s", bad[i]);
    }
}

static void sets_and_removes(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    Options options = { 0 };
    options_set(arena, &options, STR("a"), STR("1"));
    options_set(arena, &options, STR("b"), STR("2"));
    options_set(arena, &options, STR("a"), STR("3"));
    assert_int_equal(options.n, 2);
    assert_text(options_find(&options, STR("a"))->value, "3");
    assert_null(options_find(&options, STR("A")));
    assert_true(options_remove(&options, STR("a")));
    assert_false(options_remove(&options, STR("a")));
    assert_text(options.v[0].key, "b");
    arena_free(arena);
}

static void typed_values(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    Options options = { 0 };
    Err err = { 0 };
    int64_t number = -7;
    bool flag = false;
    double real = 0;
    assert_true(options_i64(&options, rows, "interval", &number, &err) && number == 5000000);
    assert_true(options_i64(&options, rows, "buffer", &number, &err) && number == 1 << 20);
    assert_true(options_i64(&options, rows, "fields.id.length", &number, &err) && number == 100);
    assert_true(options_bool(&options, rows, "on", &flag, &err) && flag);
    number = -7;
    assert_true(options_i64(&options, rows, "count", &number, &err) && number == -7);
    assert_null(options_text(&options, rows, "topic").ptr);
    assert_text(options_text(&options, rows, "scan.startup.mode"), "group-offsets");
    options_set(arena, &options, STR("ratio"), STR(" 1e-2 "));
    options_set(arena, &options, STR("on"), STR("False"));
    options_set(arena, &options, STR("interval"), STR("soon"));
    assert_true(options_double(&options, rows, "ratio", &real, &err) && real == 0.01);
    assert_true(options_bool(&options, rows, "on", &flag, &err) && !flag);
    assert_false(options_i64(&options, rows, "interval", &number, &err));
    assert_int_equal(err.code, E_OPTION);
    assert_string_equal(err.message, "invalid value \"soon\" for option \"interval\"");
    assert_true(strstr(err.hint, "10 s") != NULL);
    options_set(arena, &options, STR("count"), STR("12"));
    assert_true(options_i64(&options, NULL, "count", &number, &err) && number == 12);
    arena_free(arena);
}

/* Checks the options in `text` ("k=v;k=v"); "" or the message expected. */
static void check(const char *text, const char *message, const char *hint, Err *err)
{
    Arena *arena = arena_new();
    Options options = { 0 };
    for (Str rest = str_of(text); rest.len;) {
        int64_t end = str_find(rest, STR(";"), 0), eq = str_find(rest, STR("="), 0);
        uint32_t len = end < 0 ? rest.len : (uint32_t)end;
        options_set(arena, &options, str_sub(rest, 0, (uint32_t)eq), str_sub(rest, (uint32_t)eq + 1, len - (uint32_t)eq - 1));
        options.v[options.n - 1].span = (Span){ (uint32_t)(rest.ptr - text), (uint32_t)eq };
        rest = str_sub(rest, len + 1, rest.len);
    }
    err_clear(err);
    bool ok = options_check(&options, tables, 2, STR("connector 'kafka'"), err);
    assert_string_equal(err->message, message);
    assert_string_equal(err->hint, hint);
    assert_int_equal(ok, message[0] == 0);
    arena_free(arena);
}

static void checks(void **state)
{
    (void)state;
    Err err = { 0 };
    check("topic=t;properties.bootstrap.servers=b;properties.acks=all;json.fail-on-missing-field=true;fields.a.b.kind=sequence;"
          "sink.parallelism=x;offsets=a:1,b:2;on=TRUE", "", "", &err);
    check("topic=t", "missing required option \"properties.bootstrap.servers\" for connector 'kafka'", "", &err);
    check("", "missing required options \"topic\", \"properties.bootstrap.servers\" for connector 'kafka'", "", &err);
    check("topic=t;tpoic=u", "unsupported option \"tpoic\" for connector 'kafka'", "Did you mean \"topic\"?", &err);
    assert_int_equal(err.span.pos, 8);
    assert_string_equal(err.detail, "Supported options: buffer, count, fields.#.kind, fields.#.length, interval, json.fail-on-missing-field, offsets, on, "
                                    "password, properties.*, properties.bootstrap.servers, ratio, scan.startup.mode, sink.parallelism, topic.");
    check("fields.id.lenght=3;json.fail-on-mising-field=1",
          "unsupported options \"fields.id.lenght\", \"json.fail-on-mising-field\" for connector 'kafka'",
          "Did you mean \"fields.id.length\"? Did you mean \"json.fail-on-missing-field\"?", &err);
    check("properties.=1", "unsupported option \"properties.\" for connector 'kafka'", "", &err);
    check("zzzzzzzz=1", "unsupported option \"zzzzzzzz\" for connector 'kafka'", "", &err);
    check("scan.startup.mode=earliest", "invalid value \"earliest\" for option \"scan.startup.mode\"", "Use one of: earliest-offset, latest-offset, group-offsets.", &err);
    check("on=yes", "invalid value \"yes\" for option \"on\"", "Use true or false.", &err);
    check("offsets=a", "invalid value \"a\" for option \"offsets\"", "Use key:value pairs separated by commas.", &err);
    check("fields.a.length=9999999999", "invalid value \"9999999999\" for option \"fields.a.length\"", "Use a whole number between -2147483648 and 2147483647.", &err);
}

static void hides_secret_values(void **state)
{
    (void)state;
    Err err = { 0 };
    check("password=hunter2", "invalid value for option \"password\"", "Use a whole number between -2147483648 and 2147483647.", &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations), cmocka_unit_test(memory_sizes), cmocka_unit_test(sets_and_removes), cmocka_unit_test(typed_values),
        cmocka_unit_test(checks), cmocka_unit_test(hides_secret_values),
    };
    return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
