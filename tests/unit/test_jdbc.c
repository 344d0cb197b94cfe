/* jdbc: options, URLs, and a real PostgreSQL (WEIR_TEST_PG_URL; those tests are skipped without it): COPY, upserts, deletes, types both ways, filters,
 * slices, reconnects, refusals. */
#include "tests/unit/conn.h"

#include "connectors/jdbc.h"
#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/base/log.h"
#include "engine/type/decimal.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdlib.h>

typedef struct Pg { TestTable t; StrBuf out; Err err; PGconn *conn; } Pg;

static const char *url(void)
{
    return getenv("WEIR_TEST_PG_URL");
}

static Str query(Pg *pg, const char *sql)
{
    PGresult *result = PQexec(pg->conn, sql);
    strbuf_clear(&pg->out);
    if (PQresultStatus(result) == PGRES_FATAL_ERROR) fail_msg("%s: %s", sql, PQerrorMessage(pg->conn));
    for (int r = 0; r < PQntuples(result); r++) {
        for (int c = 0; c < PQnfields(result); c++) strbuf_addf(&pg->out, "%s%s", c ? "|" : "", PQgetisnull(result, r, c) ? "NULL" : PQgetvalue(result, r, c));
        strbuf_addc(&pg->out, '\n');
    }
    PQclear(result);
    return strbuf_str(&pg->out);
}

static void pg_init(Pg *pg)
{
    if (!url()) skip();
    memset(pg, 0, sizeof *pg);
    test_table_init(&pg->t);
    test_option(&pg->t, "connector", "jdbc");
    Str own = str_printf(pg->t.arena, "%s?currentSchema=unit_jdbc%c", url(), 0), uri = str_printf(pg->t.arena, "postgresql:%s%c", url() + strlen("jdbc:postgresql:"), 0);
    test_option(&pg->t, "url", own.ptr);
    test_option(&pg->t, "table-name", "t");
    test_option(&pg->t, "username", "weir");
    test_option(&pg->t, "password", "x");
    const char *const keys[] = { "dbname", "user", "options", NULL }, *const values[] = { uri.ptr, "weir", "-c client_min_messages=error -c search_path=unit_jdbc", NULL };
    pg->conn = PQconnectdbParams(keys, values, 1);
    if (PQstatus(pg->conn) != CONNECTION_OK) fail_msg("%s", PQerrorMessage(pg->conn));
    query(pg, "CREATE SCHEMA IF NOT EXISTS unit_jdbc");
}

static void pg_free(Pg *pg)
{
    PQfinish(pg->conn);
    strbuf_free(&pg->out);
    test_table_free(&pg->t);
}

static Str scan(Pg *pg, const TestScan *what)
{
    strbuf_clear(&pg->out);
    if (!test_scan(&pg->t, "jdbc", what, &pg->out, &pg->err)) fail_msg("%s %s", pg->err.message, pg->err.detail);
    return strbuf_str(&pg->out);
}
#define SINK(pg, ...) do { if (!TEST_SINK(&(pg)->t, "jdbc", &(pg)->err, __VA_ARGS__)) fail_msg("%s %s", (pg)->err.message, (pg)->err.detail); } while (0)

/* ---- without a database ---- */

static void urls(void **state)
{
    (void)state;
    static const struct { const char *url, *shown, *key, *value; } good[] = {
        { "jdbc:postgresql://db:5433/app", "postgresql://db:5433/app", "port", "5433" },
        { "jdbc:postgresql://db/app?sslmode=require&ApplicationName=a%20b", "postgresql://db/app", "application_name", "a b" },
        { "jdbc:postgresql://db/app?user=u&password=s3cret&reWriteBatchedInserts=true", "postgresql://db/app", "password", "s3cret" },
        { "jdbc:postgresql://a:1,b,[::1]:3/app", "postgresql://a:1,b,[::1]:3/app", "host", "a,b,::1" },
        { "jdbc:postgresql://a:1,b,[::1]:3/app", "postgresql://a:1,b,[::1]:3/app", "port", "1,5432,3" },
        { "jdbc:postgresql:app", "postgresql://localhost/app", "dbname", "app" },
        { "jdbc:postgresql://db/app?currentSchema=x", "postgresql://db/app", "options", "-csearch_path=x" },
        { "jdbc:postgresql://db/app?connectTimeout=7&ssl=true", "postgresql://db/app", "sslmode", "verify-full" },
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        TestTable t;
        JdbcConf conf;
        Err err = { 0 };
        test_table_init(&t);
        test_option(&t, "url", good[i].url);
        test_option(&t, "table-name", "t");
        if (!jdbc_conf(t.arena, &t.table, &conf, &err)) fail_msg("%s: %s", good[i].url, err.message);
        assert_text(conf.shown, good[i].shown);
        const char *found = "absent";
        for (uint32_t p = 0; p < conf.nparams; p++)
            if (strcmp(conf.keys[p], good[i].key) == 0) found = conf.values[p];
        assert_string_equal(found, good[i].value);
        test_table_free(&t);
    }
}

static void options_are_checked(void **state)
{
    (void)state;
    static const struct { const char *options[10], *message; } cases[] = {
        { { "table-name", "t" }, "connector 'jdbc' requires option \"url\"" },
        { { "url", "jdbc:sqlite:x" }, "connector 'jdbc' requires option \"table-name\"" },
        { { "url", "jdbc:mysql://u:p@h/db", "table-name", "t" }, "connector 'jdbc' has no dialect for \"jdbc:mysql:\"" },
        { { "url", "postgresql://h/db", "table-name", "t" }, "option \"url\" is no JDBC URL" },
        { { "url", "jdbc:postgresql://u:secret@h/db", "table-name", "t" }, "option \"url\": user and password cannot stand before the host" },
        { { "url", "jdbc:sqlite:x", "table-name", "t", "username", "u" }, "either all or none of these options must be given: username, password" },
        { { "url", "jdbc:sqlite:x", "table-name", "t", "scan.partition.num", "2" },
          "either all or none of these options must be given: scan.partition.column, scan.partition.num, scan.partition.lower-bound, scan.partition.upper-bound" },
        { { "url", "jdbc:sqlite:x", "table-name", "t", "sink.max-retries", "-1" }, "option \"sink.max-retries\" must not be below 0" },
        { { "url", "jdbc:sqlite:x", "table-name", "t", "connection.max-retry-timeout", "10 ms" }, "option \"connection.max-retry-timeout\" must be at least 1 s" },
        { { "url", "jdbc:sqlite:x", "table-name", "t", "lookup.cache.ttl", "1 s" }, "either all or none of these options must be given: lookup.cache.max-rows, lookup.cache.ttl" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TestTable t;
        Err err = { 0 };
        test_table_init(&t);
        test_column(&t, "id", type_simple(TYPE_INT, true));
        for (int o = 0; cases[i].options[o]; o += 2) test_option(&t, cases[i].options[o], cases[i].options[o + 1]);
        assert_false(connector_find(STR("jdbc"))->check(&t.table, true, &err));
        assert_string_equal(err.message, cases[i].message);
        assert_null(strstr(err.detail, "secret"));
        test_table_free(&t);
    }
}

static void types_are_checked(void **state)
{
    (void)state;
    TestTable t;
    Err err = { 0 };
    test_table_init(&t);
    test_option(&t, "url", "jdbc:postgresql://h/db");
    test_option(&t, "table-name", "t");
    test_column(&t, "ts", type_time(t.arena, TYPE_TIMESTAMP, 9, true));
    assert_false(connector_find(STR("jdbc"))->check(&t.table, true, &err));
    assert_string_equal(err.message, "the precision of column \"ts\" of type TIMESTAMP(9) is beyond PostgreSQL's 6 digits");
    assert_int_equal(connector_find(STR("jdbc"))->sink_changes(&t.table), CHANGES_INSERT);
    test_key(&t, 0);
    assert_int_equal(connector_find(STR("jdbc"))->sink_changes(&t.table), CHANGES_UPSERT);
    test_table_free(&t);
}

/* ---- PostgreSQL ---- */

static void every_type(Pg *pg)
{
    Arena *a = pg->t.arena;
    query(pg, "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, b bool, si smallint, bi bigint, f real, d double precision, n numeric(38,1), m numeric, s varchar(20), c char(3),"
              " x bytea, dt date, tm time, ts timestamp, tz timestamptz, u uuid)");
    test_column(&pg->t, "id", type_simple(TYPE_INT, false));
    test_column(&pg->t, "b", type_simple(TYPE_BOOLEAN, true));
    test_column(&pg->t, "si", type_simple(TYPE_TINYINT, true));
    test_column(&pg->t, "bi", type_simple(TYPE_BIGINT, true));
    test_column(&pg->t, "f", type_simple(TYPE_FLOAT, true));
    test_column(&pg->t, "d", type_simple(TYPE_DOUBLE, true));
    test_column(&pg->t, "n", type_decimal(a, 38, 1, true));
    test_column(&pg->t, "m", type_decimal(a, 10, 5, true));
    test_column(&pg->t, "s", type_string(true));
    test_column(&pg->t, "c", type_sized(a, TYPE_CHAR, 3, true));
    test_column(&pg->t, "x", type_bytes(true));
    test_column(&pg->t, "dt", type_simple(TYPE_DATE, true));
    test_column(&pg->t, "tm", type_time(a, TYPE_TIME, 3, true));
    test_column(&pg->t, "ts", type_time(a, TYPE_TIMESTAMP, 6, true));
    test_column(&pg->t, "tz", type_time(a, TYPE_TIMESTAMP_LTZ, 3, true));
    test_column(&pg->t, "u", type_string(true));
}

static const char type_rows[] =
    "+I 1 | TRUE | -5 | 9223372036854775807 | 0.1 | 1.0E300 | 1234567890123456789012345678901234567.1 | 99999.12345 | h\xc3\xa9 | abc | xyz | 2024-02-29 | 01:02:03.004 | 2024-02-29 01:02:03.000004 | 2024-02-29 01:02:03.004 | 0189c0de-0000-7000-8000-0123456789ab\n"
    "+I 2 | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL>\n"
    "+I 3 | FALSE | 127 | -9223372036854775808 | -0.0 | -0.5 | -0.1 | 0.00001 |  | x   |  | 0001-01-01 | 00:00:00.0 | 1969-12-31 23:59:59.999999 | 1900-01-01 00:00:00.000 | ffffffff-ffff-ffff-ffff-ffffffffffff\n"
    "+I 4 | FALSE | 0 | 0 | 0.0 | 0.0 | 0.0 | 10000.00000 |  | x   |  | 9999-12-31 | 23:59:59.999 | 9999-12-31 23:59:59.000000 | 1900-01-01 00:00:00.000 | ffffffff-ffff-ffff-ffff-ffffffffffff\n";

static void types_by_copy(void **state)
{
    (void)state;
    Pg pg;
    pg_init(&pg);
    every_type(&pg);
    SINK(&pg, type_rows);
    assert_text(query(&pg, "SELECT * FROM t WHERE id = 1"),
                "1|t|-5|9223372036854775807|0.1|1e+300|1234567890123456789012345678901234567.1|99999.12345|h\xc3\xa9|abc|\\x78797a|2024-02-29|01:02:03.004|2024-02-29 01:02:03.000004|2024-02-29 01:02:03.004+00|0189c0de-0000-7000-8000-0123456789ab\n");
    assert_text(query(&pg, "SELECT bi, f, n, m, dt, ts FROM t WHERE id = 3"), "-9223372036854775808|-0|-0.1|0.00001|0001-01-01|1969-12-31 23:59:59.999999\n");
    assert_text(scan(&pg, &(TestScan){ 0 }), type_rows);
    pg_free(&pg);
}

static void types_by_unnest(void **state)
{
    (void)state;
    Pg pg;
    pg_init(&pg);
    every_type(&pg);
    test_key(&pg.t, 0);
    SINK(&pg, type_rows, type_rows);
    assert_text(query(&pg, "SELECT count(*), sum(id), max(n) FROM t"), "4|10|1234567890123456789012345678901234567.1\n");
    query(&pg, "CREATE TABLE ordered AS TABLE t ORDER BY id; DROP TABLE t; ALTER TABLE ordered RENAME TO t");
    assert_text(scan(&pg, &(TestScan){ 0 }), type_rows);
    pg_free(&pg);
}

static void types_by_cast(void **state)
{
    (void)state;
    Pg pg;
    pg_init(&pg);
    Arena *a = pg.t.arena;
    query(&pg, "DROP TABLE IF EXISTS t; DROP TYPE IF EXISTS mood; DROP DOMAIN IF EXISTS small; CREATE TYPE mood AS ENUM ('ok', 'bad'); CREATE DOMAIN small AS int CHECK (VALUE < 9);"
               " CREATE TABLE t (i inet, m mood, j json, jb jsonb, ar text[], na int[], sm small, txt text, iv interval)");
    test_column(&pg.t, "i", type_string(true));
    test_column(&pg.t, "m", type_string(true));
    test_column(&pg.t, "j", type_string(true));
    test_column(&pg.t, "jb", type_string(true));
    test_column(&pg.t, "ar", type_array(a, type_string(true), true));
    test_column(&pg.t, "na", type_array(a, type_simple(TYPE_INT, true), true));
    test_column(&pg.t, "sm", type_simple(TYPE_INT, true));
    test_column(&pg.t, "txt", type_simple(TYPE_BIGINT, true));
    test_column(&pg.t, "iv", type_string(true));
    SINK(&pg, "+I 10.0.0.1 | bad | {\"a\":1} | {\"b\": 2} | <NULL> | <NULL> | 3 | 42 | 1 day\n");
    assert_text(query(&pg, "SELECT * FROM t"), "10.0.0.1|bad|{\"a\":1}|{\"b\": 2}|NULL|NULL|3|42|1 day\n");
    query(&pg, "UPDATE t SET ar = '{a,\"b \\\"c\\\\\\\\\",NULL,\"\"}', na = '{1,NULL,-3}'");
    assert_text(scan(&pg, &(TestScan){ 0 }), "+I 10.0.0.1/32 | bad | {\"a\":1} | {\"b\": 2} | [a, b \"c\\\\, NULL, ] | [1, NULL, -3] | 3 | 42 | 1 day\n");
    err_clear(&pg.err);
    assert_false(TEST_SINK(&pg.t, "jdbc", &pg.err, "+I 10.0.0.1 | sad | {} | {} | <NULL> | <NULL> | 3 | 42 | 1 day\n"));
    assert_non_null(strstr(pg.err.message, "invalid input value for enum mood: \"sad\""));
    pg_free(&pg);
}

static void arrays_are_written(void **state)
{
    (void)state;
    Pg pg;
    pg_init(&pg);
    query(&pg, "DROP TABLE IF EXISTS t; CREATE TABLE t (ar text[], na int[])");
    test_column(&pg.t, "ar", type_array(pg.t.arena, type_string(true), true));
    test_column(&pg.t, "na", type_array(pg.t.arena, type_simple(TYPE_INT, true), true));
    const SinkVt *vt = connector_find(STR("jdbc"))->sink;
    SinkSpec spec = { .table = &pg.t.table, .in = &pg.t.table.physical, .changes = CHANGES_INSERT, .rowtime = -1, .parallel_count = 1 };
    BatchBuilder b;
    builder_init(&b, spec.in, 4);
    Datum ar = { 0 }, na = { 0 };
    Nested *texts = nested_new(b.batch.arena, 3, 3), *numbers = nested_new(b.batch.arena, 2, 2);
    texts->items[0] = datum_str(b.batch.arena, STR("a \"b\" \\ c"));
    texts->items[1] = datum_null();
    texts->items[2] = datum_str(b.batch.arena, STR(""));
    numbers->items[0] = datum_i32(-7);
    numbers->items[1] = datum_null();
    ar.v.nested = texts;
    na.v.nested = numbers;
    builder_set(&b, 0, &ar);
    builder_set(&b, 1, &na);
    builder_row(&b, ROW_INSERT);
    Sink *sink = vt->open(&spec, STR_NULL, &pg.err);
    if (!vt->write(sink, builder_batch(&b), &pg.err) || !vt->finish(sink, &pg.err)) fail_msg("%s", pg.err.message);
    vt->close(sink);
    builder_free(&b);
    assert_text(query(&pg, "SELECT ar[1], ar[2], ar[3], na FROM t"), "a \"b\" \\ c|NULL||{-7,NULL}\n");
    pg_free(&pg);
}

/* Random decimals of every scale: PostgreSQL prints what was sent, and what it sends back is the same number. */
static void decimals_agree(void **state)
{
    (void)state;
    static const uint32_t scales[] = { 0, 1, 2, 3, 4, 5, 7, 18, 37, 38 };
    random_seed(7);
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        Pg pg;
        StrBuf rows = { 0 }, expected = { 0 };
        pg_init(&pg);
        query(&pg, "DROP TABLE IF EXISTS t; CREATE TABLE t (n numeric, id int)");
        test_column(&pg.t, "n", type_decimal(pg.t.arena, 38, scales[s], true));
        test_column(&pg.t, "id", type_simple(TYPE_INT, true));
        for (int i = 0; i < 300; i++) {
            i128 v = (i128)(((u128)random_u64() << 64 | random_u64()) % (u128)decimal_pow10[1 + random_u64() % 38]);
            if (random_u64() % 4 == 0) v -= v % decimal_pow10[random_u64() % 20];
            if (random_u64() % 2) v = -v;
            strbuf_addz(&rows, "+I ");
            decimal_print(v, scales[s], &rows);
            strbuf_addf(&rows, " | %d\n", i);
            decimal_print(v, scales[s], &expected);
            strbuf_addc(&expected, '\n');
        }
        SINK(&pg, strbuf_cstr(&rows));
        assert_text(query(&pg, "SELECT n FROM t ORDER BY id"), strbuf_cstr(&expected));
        assert_text(scan(&pg, &(TestScan){ 0 }), strbuf_cstr(&rows));
        strbuf_free(&rows);
        strbuf_free(&expected);
        pg_free(&pg);
    }
}

static void keyed(Pg *pg)
{
    query(pg, "DROP TABLE IF EXISTS t; CREATE TABLE t (k text, n int, v int, PRIMARY KEY (k, n))");
    test_column(&pg->t, "k", type_string(false));
    test_column(&pg->t, "n", type_simple(TYPE_INT, false));
    test_column(&pg->t, "v", type_simple(TYPE_INT, true));
    test_key(&pg->t, 0);
    test_key(&pg->t, 1);
}

static void upserts_and_deletes(void **state)
{
    (void)state;
    Pg pg;
    pg_init(&pg);
    keyed(&pg);
    SINK(&pg, "+I a | 1 | 1\n+I b | 1 | 2\n+I b | 2 | 3\n+I b | 2 | 4\n", "-U a | 1 | 1\n+U a | 1 | 10\n-D b | 1 | 2\n+I d | 1 | 7\n-D d | 1 | 7\n-D b | 2 | 4\n+I b | 2 | 5\n");
    assert_text(query(&pg, "SELECT * FROM t ORDER BY k, n"), "a|1|10\nb|2|5\n");
    SINK(&pg, "-D a | 1 | 10\n");
    assert_text(query(&pg, "SELECT * FROM t ORDER BY k, n"), "b|2|5\n");
    pg_free(&pg);
}

static void only_key_columns(void **state)
{
    (void)state;
    Pg pg;
    pg_init(&pg);
    query(&pg, "DROP TABLE IF EXISTS t; CREATE TABLE t (k text PRIMARY KEY)");
    test_column(&pg.t, "k", type_string(false));
    test_key(&pg.t, 0);
    SINK(&pg, "+I a\n+I b\n", "+U a\n-D b\n");
    assert_text(query(&pg, "SELECT * FROM t"), "a\n");
    pg_free(&pg);
}

static void names(void **state)
{
    (void)state;
    Pg pg;
    pg_init(&pg);
    query(&pg, "DROP SCHEMA IF EXISTS s CASCADE; CREATE SCHEMA s; CREATE TABLE s.mixed (userid int, \"order\" int, \"Exact Name\" int)");
    test_column(&pg.t, "userId", type_simple(TYPE_INT, true));
    test_column(&pg.t, "order", type_simple(TYPE_INT, true));
    test_column(&pg.t, "Exact Name", type_simple(TYPE_INT, true));
    test_option(&pg.t, "table-name", "s.Mixed");
    SINK(&pg, "+I 1 | 2 | 3\n");
    assert_text(query(&pg, "SELECT * FROM s.mixed"), "1|2|3\n");
    assert_text(scan(&pg, &(TestScan){ 0 }), "+I 1 | 2 | 3\n");
    query(&pg, "ALTER TABLE s.mixed RENAME TO \"Mi xed\"");
    test_option(&pg.t, "table-name", "s.Mi xed");
    assert_text(scan(&pg, &(TestScan){ 0 }), "+I 1 | 2 | 3\n");
    pg_free(&pg);
}

static void pushed_down(void **state)
{
    (void)state;
    Pg pg;
    pg_init(&pg);
    query(&pg, "DROP TABLE IF EXISTS t; CREATE TABLE t (id int, s text, n numeric); INSERT INTO t VALUES (1,'a',10),(2,'B',NULL),(3,'c',30),(4,'d_x',40),(5,'e',50)");
    test_column(&pg.t, "id", type_simple(TYPE_INT, true));
    test_column(&pg.t, "s", type_string(true));
    test_column(&pg.t, "n", type_decimal(pg.t.arena, 5, 0, true));
    const Column out_cols[] = { pg.t.cols[2], pg.t.cols[0] };
    const Schema out = { out_cols, 2 };
    const uint32_t physical[] = { 2, 0 };
    Datum thirty = datum_null();
    thirty.null = false;
    thirty.v.i128 = 30;
    PushPred preds[] = { { 0, PUSH_GE, datum_i32(2) }, { 2, PUSH_GE, thirty }, { 1, PUSH_NE, datum_str(pg.t.arena, STR("e")) } };
    assert_text(scan(&pg, &(TestScan){ .out = &out, .physical = physical, .nphysical = 2, .preds = preds, .npreds = 3 }), "+I 30 | 3\n+I 40 | 4\n");
    PushPred bytewise[] = { { 1, PUSH_LT, datum_str(pg.t.arena, STR("a")) } };      /* 'B' < 'a' bytewise, not in a language's order */
    assert_text(scan(&pg, &(TestScan){ .preds = bytewise, .npreds = 1 }), "+I 2 | B | <NULL>\n");
    PushPred like[] = { { 1, PUSH_LIKE, datum_str(pg.t.arena, STR("d%")) }, { 2, PUSH_IS_NOT_NULL, datum_null() } };
    assert_text(scan(&pg, &(TestScan){ .preds = like, .npreds = 2 }), "+I 4 | d_x | 40\n");
    assert_text(scan(&pg, &(TestScan){ .has_limit = true, .limit = 2 }), "+I 1 | a | 10\n+I 2 | B | <NULL>\n");
    test_option(&pg.t, "scan.partition.column", "id");
    test_option(&pg.t, "scan.partition.num", "2");
    test_option(&pg.t, "scan.partition.lower-bound", "1");
    test_option(&pg.t, "scan.partition.upper-bound", "3");
    test_option(&pg.t, "scan.fetch-size", "1");
    assert_text(scan(&pg, &(TestScan){ .index = 0, .count = 2 }), "+I 1 | a | 10\n+I 2 | B | <NULL>\n");
    assert_text(scan(&pg, &(TestScan){ .index = 1, .count = 2 }), "+I 3 | c | 30\n");
    pg_free(&pg);
}

static void a_scan_goes_on_where_it_was(void **state)
{
    (void)state;
    Pg pg;
    StrBuf position = { 0 }, expected = { 0 };
    pg_init(&pg);
    query(&pg, "DROP TABLE IF EXISTS t; CREATE TABLE t AS SELECT generate_series(1, 6000) AS id");
    test_column(&pg.t, "id", type_simple(TYPE_INT, true));
    scan(&pg, &(TestScan){ .stop_after = 3000, .position = &position });
    for (int i = 2 * BATCH_ROWS + 1; i <= 6000; i++) strbuf_addf(&expected, "+I %d\n", i);
    assert_text(scan(&pg, &(TestScan){ .saved = strbuf_str(&position) }), strbuf_cstr(&expected));
    strbuf_free(&position);
    strbuf_free(&expected);
    pg_free(&pg);
}

static void refusals(void **state)
{
    (void)state;
    Pg pg;
    pg_init(&pg);
    keyed(&pg);
    query(&pg, "DROP TABLE t");
    assert_false(TEST_SINK(&pg.t, "jdbc", &pg.err, "+I a | 1 | 1\n"));
    assert_non_null(strstr(pg.err.message, "table \"t\" does not exist in postgresql://"));
    query(&pg, "CREATE TABLE t (k text, n int, v int)");
    err_clear(&pg.err);
    assert_false(TEST_SINK(&pg.t, "jdbc", &pg.err, "+I a | 1 | 1\n"));
    assert_non_null(strstr(pg.err.hint, "UNIQUE constraint"));
    query(&pg, "DROP TABLE t; CREATE TABLE t (k text, n int, v int CHECK (v < 5), PRIMARY KEY (k, n))");
    err_clear(&pg.err);
    assert_false(TEST_SINK(&pg.t, "jdbc", &pg.err, "+I a | 1 | 1\n+I b | 1 | 7\n"));
    assert_non_null(strstr(pg.err.message, "violates check constraint"));
    assert_non_null(strstr(pg.err.detail, "(b, 1, 7)"));
    assert_text(query(&pg, "SELECT count(*) FROM t"), "0\n");
    pg.t.table.npk = 0;
    err_clear(&pg.err);
    assert_false(TEST_SINK(&pg.t, "jdbc", &pg.err, "+I a | 1 | 1\n+I a | 1 | 2\n"));
    assert_non_null(strstr(pg.err.message, "duplicate key value violates unique constraint"));
    assert_non_null(strstr(pg.err.detail, "COPY t, line 2"));
    query(&pg, "ALTER TABLE t ALTER COLUMN k TYPE varchar(3)");
    pg.t.table.npk = 2;
    err_clear(&pg.err);
    assert_false(TEST_SINK(&pg.t, "jdbc", &pg.err, "+I a | 1 | 1\n+I b | 1 | 2\n+I long | 1 | <NULL>\n+I d | 1 | 4\n-D z | 1 | 1\n"));
    assert_non_null(strstr(pg.err.message, "value too long for type character varying(3)"));
    assert_string_equal(pg.err.detail, "row: long, 1, NULL");
    assert_text(query(&pg, "SELECT count(*) FROM t"), "0\n");
    pg.t.table.npk = 0;
    query(&pg, "ALTER TABLE t DROP COLUMN v");
    err_clear(&pg.err);
    assert_false(TEST_SINK(&pg.t, "jdbc", &pg.err, "+I a | 1 | 1\n"));
    assert_non_null(strstr(pg.err.message, "column \"v\" of table \"t\" does not exist"));
    test_option(&pg.t, "username", "nobody");
    err_clear(&pg.err);
    assert_false(TEST_SINK(&pg.t, "jdbc", &pg.err, "+I a | 1 | 1\n"));
    assert_non_null(strstr(pg.err.message, "role \"nobody\" does not exist"));
    pg_free(&pg);
}

static void failures_are_retried(void **state)
{
    (void)state;
    Pg pg;
    pg_init(&pg);
    keyed(&pg);
    log_set(LOG_ERROR, false);
    for (int i = 1; i <= 2; i++) {
        fault_arm(i == 1 ? "jdbc.flush" : "jdbc.connect", 1);
        SINK(&pg, "+I a | 1 | 1\n", "+I b | 1 | 2\n-D a | 1 | 1\n");
        fault_disarm_all();
    }
    assert_text(query(&pg, "SELECT * FROM t"), "b|1|2\n");
    uint64_t n = 1;
    for (uint64_t passed = n; passed >= n; n++) {    /* every call of a scan in turn */
        fault_arm("*", n);
        assert_text(scan(&pg, &(TestScan){ 0 }), "+I b | 1 | 2\n");
        passed = fault_count("*");
        fault_disarm_all();
    }
    assert_true(n > 6);
    log_set(LOG_NOTICE, false);
    pg_free(&pg);
}

/* The server ends the sink's connection between two writes: rows go on over a new one. */
static void a_killed_connection_is_replaced(void **state)
{
    (void)state;
    Pg pg;
    pg_init(&pg);
    keyed(&pg);
    log_set(LOG_ERROR, false);
    const SinkVt *vt = connector_find(STR("jdbc"))->sink;
    for (uint32_t npk = 0; npk <= 2; npk += 2) {
        query(&pg, "TRUNCATE t");
        pg.t.table.npk = npk;
        SinkSpec spec = { .table = &pg.t.table, .in = &pg.t.table.physical, .changes = CHANGES_ALL, .rowtime = -1, .parallel_count = 1 };
        Sink *sink = vt->open(&spec, STR_NULL, &pg.err);
        assert_non_null(sink);
        BatchBuilder b;
        assert_true(vt->write(sink, test_batch(&b, spec.in, "+I a | 1 | 1\n"), &pg.err));
        builder_free(&b);
        query(&pg, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'weir'");
        if (!vt->finish(sink, &pg.err)) fail_msg("%s", pg.err.message);
        vt->close(sink);
        assert_text(query(&pg, "SELECT * FROM t"), "a|1|1\n");
    }
    log_set(LOG_NOTICE, false);
    pg_free(&pg);
}

static void *cancel_later(void *flag)
{
    clock_sleep_us(300000);
    *(JdbcCancel *)flag = true;
    return NULL;
}

static void cancel_ends_waiting(void **state)
{
    (void)state;
    Pg pg;
    pg_init(&pg);
    keyed(&pg);
    log_set(LOG_ERROR, false);
    JdbcCancel cancel = false;
    pthread_t thread;
    SinkSpec spec = { .table = &pg.t.table, .in = &pg.t.table.physical, .changes = CHANGES_UPSERT, .rowtime = -1, .parallel_count = 1, .cancel = &cancel };
    const SinkVt *vt = connector_find(STR("jdbc"))->sink;
    Sink *sink = vt->open(&spec, STR_NULL, &pg.err);
    assert_non_null(sink);
    BatchBuilder b;
    assert_true(vt->write(sink, test_batch(&b, spec.in, "+I a | 1 | 1\n"), &pg.err));
    builder_free(&b);
    query(&pg, "BEGIN; LOCK TABLE t");           /* the flush waits for the lock */
    assert_int_equal(pthread_create(&thread, NULL, cancel_later, &cancel), 0);
    assert_false(vt->finish(sink, &pg.err));
    assert_int_equal(pg.err.code, E_CANCELLED);
    vt->close(sink);
    pthread_join(thread, NULL);
    query(&pg, "ROLLBACK");
    test_option(&pg.t, "url", "jdbc:postgresql://127.0.0.1:1/weir");       /* nobody answers there */
    cancel = false;
    err_clear(&pg.err);
    assert_int_equal(pthread_create(&thread, NULL, cancel_later, &cancel), 0);
    assert_null(vt->open(&spec, STR_NULL, &pg.err));
    assert_int_equal(pg.err.code, E_CANCELLED);
    pthread_join(thread, NULL);
    log_set(LOG_NOTICE, false);
    pg_free(&pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls), cmocka_unit_test(options_are_checked), cmocka_unit_test(types_are_checked), cmocka_unit_test(types_by_copy),
        cmocka_unit_test(types_by_unnest), cmocka_unit_test(types_by_cast), cmocka_unit_test(arrays_are_written), cmocka_unit_test(decimals_agree), cmocka_unit_test(upserts_and_deletes),
        cmocka_unit_test(only_key_columns), cmocka_unit_test(names), cmocka_unit_test(pushed_down), cmocka_unit_test(a_scan_goes_on_where_it_was),
        cmocka_unit_test(refusals), cmocka_unit_test(failures_are_retried), cmocka_unit_test(a_killed_connection_is_replaced), cmocka_unit_test(cancel_ends_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
