/* jdbc on a real SQLite file: creation, upserts, deletes, types both ways, projection, filters, limit, slices, positions, faults, a locked file. */
#include "tests/unit/conn.h"

#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/base/log.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct Db { char dir[64], path[96]; TestTable t; StrBuf out; Err err; } Db;

static void db_init(Db *db, const char *table)
{
    char url[128];
    memset(db, 0, sizeof *db);
    snprintf(db->dir, sizeof db->dir, "/tmp/weir-sqlite-XXXXXX");
    assert_non_null(mkdtemp(db->dir));
    snprintf(db->path, sizeof db->path, "%s/t.db", db->dir);
    snprintf(url, sizeof url, "jdbc:sqlite:%s", db->path);
    test_table_init(&db->t);
    test_option(&db->t, "connector", "jdbc");
    test_option(&db->t, "url", url);
    test_option(&db->t, "table-name", table);
}

static void db_free(Db *db)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
    for (int i = 0; i < 4; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", db->path, ends[i]);
        unlink(path);
    }
    rmdir(db->dir);
    strbuf_free(&db->out);
    test_table_free(&db->t);
}

static int add_row(void *ctx, int n, char **values, char **names)
{
    (void)names;
    for (int i = 0; i < n; i++) strbuf_addf(ctx, "%s%s", i ? "|" : "", values[i] ? values[i] : "NULL");
    strbuf_addc(ctx, '\n');
    return 0;
}

static Str query(Db *db, const char *sql)
{
    sqlite3 *file;
    strbuf_clear(&db->out);
    assert_int_equal(sqlite3_open(db->path, &file), SQLITE_OK);
    if (sqlite3_exec(file, sql, add_row, &db->out, NULL) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(file));
    sqlite3_close(file);
    return strbuf_str(&db->out);
}

static Str scan(Db *db, const TestScan *what)
{
    strbuf_clear(&db->out);
    if (!test_scan(&db->t, "jdbc", what, &db->out, &db->err)) fail_msg("%s", db->err.message);
    return strbuf_str(&db->out);
}

static void keyed(Db *db)
{
    db_init(db, "t");
    test_column(&db->t, "k", type_string(false));
    test_column(&db->t, "v", type_simple(TYPE_INT, true));
    test_key(&db->t, 0);
}

static void upserts_and_deletes(void **state)
{
    (void)state;
    Db db;
    keyed(&db);
    assert_true(TEST_SINK(&db.t, "jdbc", &db.err, "+I a | 1\n+I b | 2\n+I c | 3\n", "-U a | 1\n+U a | 10\n-D b | 2\n+I d | <NULL>\n", "-D d | <NULL>\n+I d | 4\n-D zz | 1\n"));
    assert_text(query(&db, "SELECT * FROM t ORDER BY k"), "a|10\nc|3\nd|4\n");
    assert_text(query(&db, "SELECT sql FROM sqlite_master WHERE name = 't'"), "CREATE TABLE \"t\" (\"k\" TEXT NOT NULL, \"v\" INTEGER, PRIMARY KEY (\"k\"))\n");
    assert_true(TEST_SINK(&db.t, "jdbc", &db.err, "+U a | 11\n-D c | 3\n"));
    assert_text(query(&db, "SELECT * FROM t ORDER BY k"), "a|11\nd|4\n");
    db_free(&db);
}

static void only_key_columns(void **state)
{
    (void)state;
    Db db;
    db_init(&db, "odd \"name");
    test_column(&db.t, "a b", type_simple(TYPE_INT, false));
    test_key(&db.t, 0);
    assert_true(TEST_SINK(&db.t, "jdbc", &db.err, "+I 1\n+I 1\n+I 2\n", "+U 1\n-D 2\n"));
    assert_text(query(&db, "SELECT * FROM \"odd \"\"name\""), "1\n");
    db_free(&db);
}

static void every_type(void **state)
{
    (void)state;
    Db db;
    db_init(&db, "t");
    Arena *a = db.t.arena;
    test_column(&db.t, "b", type_simple(TYPE_BOOLEAN, true));
    test_column(&db.t, "i", type_simple(TYPE_SMALLINT, true));
    test_column(&db.t, "l", type_simple(TYPE_BIGINT, true));
    test_column(&db.t, "d", type_simple(TYPE_DOUBLE, true));
    test_column(&db.t, "dc", type_decimal(a, 30, 4, true));
    test_column(&db.t, "s", type_string(true));
    test_column(&db.t, "x", type_bytes(true));
    test_column(&db.t, "dt", type_simple(TYPE_DATE, true));
    test_column(&db.t, "tm", type_time(a, TYPE_TIME, 3, true));
    test_column(&db.t, "ts", type_time(a, TYPE_TIMESTAMP, 3, true));
    test_column(&db.t, "lz", type_time(a, TYPE_TIMESTAMP_LTZ, 6, true));
    static const char rows[] = "+I TRUE | -5 | 9223372036854775807 | 1.5 | 12345678901234567890.1230 | h\xc3\xa9 | xyz | 2024-02-29 | 01:02:03.004 | 2024-02-29 01:02:03.004 | 2024-02-29 01:02:03.000004\n"
                               "+I <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL> | <NULL>\n"
                               "+I FALSE | 0 | -1 | 1.0E300 | 0.0000 |  |  | 0001-01-01 | 00:00:00.0 | 1969-12-31 00:00:00.000 | 1969-12-31 23:59:59.000000\n";
    assert_true(TEST_SINK(&db.t, "jdbc", &db.err, rows));
    assert_text(query(&db, "SELECT b, i, l, d, dc, s, hex(x), dt, tm, ts, lz FROM t LIMIT 1"),
                "1|-5|9223372036854775807|1.5|12345678901234567890.1230|h\xc3\xa9|78797A|2024-02-29|01:02:03.004|2024-02-29 01:02:03.004|2024-02-29 01:02:03.000004Z\n");
    assert_text(query(&db, "SELECT ts, lz, tm FROM t LIMIT 1 OFFSET 2"), "1969-12-31 00:00:00|1969-12-31 23:59:59Z|00:00:00\n");
    assert_text(scan(&db, &(TestScan){ 0 }), rows);
    db_free(&db);
}

static void pushed_down(void **state)
{
    (void)state;
    Db db;
    db_init(&db, "t");
    test_column(&db.t, "id", type_simple(TYPE_INT, true));
    test_column(&db.t, "s", type_string(true));
    test_column(&db.t, "n", type_simple(TYPE_BIGINT, true));
    assert_true(TEST_SINK(&db.t, "jdbc", &db.err, "+I 1 | a | 10\n+I 2 | b | <NULL>\n+I 3 | c | 30\n+I 4 | d | 40\n+I 5 | e | 50\n"));
    const Column out_cols[] = { db.t.cols[2], db.t.cols[0] };
    const Schema out = { out_cols, 2 };
    const uint32_t physical[] = { 2, 0 };
    PushPred preds[] = { { 0, PUSH_GE, datum_i32(2) }, { 2, PUSH_IS_NOT_NULL, datum_null() }, { 1, PUSH_NE, datum_str(db.t.arena, STR("d")) } };
    assert_text(scan(&db, &(TestScan){ .out = &out, .physical = physical, .nphysical = 2, .preds = preds, .npreds = 3 }), "+I 30 | 3\n+I 50 | 5\n");
    assert_text(scan(&db, &(TestScan){ .has_limit = true, .limit = 2 }), "+I 1 | a | 10\n+I 2 | b | <NULL>\n");
    const Schema none = { NULL, 0 };
    strbuf_clear(&db.out);
    assert_true(test_scan(&db.t, "jdbc", &(TestScan){ .out = &none, .has_limit = true, .limit = 3 }, &db.out, &db.err));
    test_option(&db.t, "scan.partition.column", "id");
    test_option(&db.t, "scan.partition.num", "3");
    test_option(&db.t, "scan.partition.lower-bound", "2");
    test_option(&db.t, "scan.partition.upper-bound", "5");
    assert_text(scan(&db, &(TestScan){ 0 }), "+I 2 | b | <NULL>\n+I 3 | c | 30\n+I 4 | d | 40\n+I 5 | e | 50\n");
    assert_text(scan(&db, &(TestScan){ .index = 0, .count = 2 }), "+I 2 | b | <NULL>\n+I 3 | c | 30\n+I 5 | e | 50\n");
    assert_text(scan(&db, &(TestScan){ .index = 1, .count = 2 }), "+I 4 | d | 40\n");
    db_free(&db);
}

static void positions(void **state)
{
    (void)state;
    Db db;
    StrBuf rows = { 0 }, position = { 0 }, expected = { 0 };
    db_init(&db, "t");
    test_column(&db.t, "id", type_simple(TYPE_INT, true));
    for (int i = 0; i < 5000; i++) {
        strbuf_addf(&rows, "+I %d\n", i);
        if (i >= BATCH_ROWS) strbuf_addf(&expected, "+I %d\n", i);
        if (i % 1000 < 999) continue;
        assert_true(TEST_SINK(&db.t, "jdbc", &db.err, strbuf_cstr(&rows)));
        strbuf_clear(&rows);
    }
    scan(&db, &(TestScan){ .stop_after = 1, .position = &position });
    assert_text(scan(&db, &(TestScan){ .saved = strbuf_str(&position) }), strbuf_cstr(&expected));
    strbuf_clear(&position);
    scan(&db, &(TestScan){ .position = &position });
    assert_text(scan(&db, &(TestScan){ .saved = strbuf_str(&position) }), "");
    strbuf_free(&rows);
    strbuf_free(&position);
    strbuf_free(&expected);
    db_free(&db);
}

static void refusals(void **state)
{
    (void)state;
    Db db;
    keyed(&db);
    query(&db, "CREATE TABLE t (k TEXT, v INTEGER)");
    assert_false(TEST_SINK(&db.t, "jdbc", &db.err, "+I a | 1\n"));
    assert_non_null(strstr(db.err.message, "ON CONFLICT clause does not match"));
    assert_non_null(strstr(db.err.hint, "PRIMARY KEY"));
    query(&db, "DROP TABLE t; CREATE TABLE t (k TEXT PRIMARY KEY, v INTEGER CHECK (v < 5))");
    err_clear(&db.err);
    assert_false(TEST_SINK(&db.t, "jdbc", &db.err, "+I a | 1\n+I b | 7\n"));
    assert_non_null(strstr(db.err.message, "CHECK constraint failed"));
    assert_string_equal(db.err.detail, "row: b, 7");
    assert_text(query(&db, "SELECT count(*) FROM t"), "0\n");
    query(&db, "INSERT INTO t VALUES ('x', 1); UPDATE t SET v = NULL; DROP TABLE t; CREATE TABLE t (k TEXT, v TEXT); INSERT INTO t VALUES ('x', 'y')");
    err_clear(&db.err);
    assert_false(test_scan(&db.t, "jdbc", &(TestScan){ 0 }, &db.out, &db.err));
    assert_string_equal(db.err.message, "column \"v\": the stored value \"y\" is no INT");
    db_free(&db);
}

static void failures_are_retried(void **state)
{
    (void)state;
    Db db;
    keyed(&db);
    log_set(LOG_ERROR, false);
    fault_arm("jdbc.flush", 1);
    assert_true(TEST_SINK(&db.t, "jdbc", &db.err, "+I a | 1\n", "+I b | 2\n"));
    fault_disarm_all();
    fault_arm("jdbc.connect", 1);
    assert_true(TEST_SINK(&db.t, "jdbc", &db.err, "+I c | 3\n"));
    fault_disarm_all();
    fault_arm("jdbc.connect", 1);
    assert_text(scan(&db, &(TestScan){ 0 }), "+I a | 1\n+I b | 2\n+I c | 3\n");
    fault_disarm_all();
    clock_freeze(1000000);
    uint64_t n = 1;
    for (uint64_t passed = n; passed >= n; n++) {                /* every call of a scan in turn */
        fault_arm("*", n);
        assert_text(scan(&db, &(TestScan){ 0 }), "+I a | 1\n+I b | 2\n+I c | 3\n");
        passed = fault_count("*");
        fault_disarm_all();
    }
    assert_true(n > 4);
    clock_thaw();
    log_set(LOG_NOTICE, false);
    db_free(&db);
}

static void *unlock_later(void *ctx)
{
    clock_sleep_us(1500000);
    sqlite3_exec(ctx, "COMMIT", NULL, NULL, NULL);
    return NULL;
}

static void a_locked_file_is_waited_for(void **state)
{
    (void)state;
    Db db;
    sqlite3 *other;
    pthread_t thread;
    keyed(&db);
    log_set(LOG_ERROR, false);
    assert_true(TEST_SINK(&db.t, "jdbc", &db.err, "+I a | 1\n"));
    assert_int_equal(sqlite3_open(db.path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE; INSERT INTO t VALUES ('z', 9)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(pthread_create(&thread, NULL, unlock_later, other), 0);
    assert_true(TEST_SINK(&db.t, "jdbc", &db.err, "+I b | 2\n"));
    pthread_join(thread, NULL);
    sqlite3_close(other);
    assert_text(query(&db, "SELECT * FROM t ORDER BY k"), "a|1\nb|2\nz|9\n");
    log_set(LOG_NOTICE, false);
    db_free(&db);
}

static void flushes_by_rows_and_time(void **state)
{
    (void)state;
    Db db;
    keyed(&db);
    test_option(&db.t, "sink.buffer-flush.max-rows", "3");
    test_option(&db.t, "sink.buffer-flush.interval", "200 ms");
    clock_freeze(1000000);
    const SinkVt *vt = connector_find(STR("jdbc"))->sink;
    SinkSpec spec = { .table = &db.t.table, .in = &db.t.table.physical, .changes = CHANGES_UPSERT, .rowtime = -1, .parallel_count = 1 };
    Sink *sink = vt->open(&spec, STR_NULL, &db.err);
    BatchBuilder b;
    assert_true(vt->write(sink, test_batch(&b, spec.in, "+I a | 1\n+I a | 2\n"), &db.err));
    builder_free(&b);
    assert_text(query(&db, "SELECT count(*) FROM t"), "0\n");
    assert_int_equal(vt->next_deadline_us(sink), clock_monotonic_us() + 200000);
    clock_advance(199999);
    assert_true(vt->tick(sink, clock_monotonic_us(), &db.err));
    assert_text(query(&db, "SELECT count(*) FROM t"), "0\n");
    clock_advance(1);
    assert_true(vt->tick(sink, clock_monotonic_us(), &db.err));
    assert_text(query(&db, "SELECT * FROM t"), "a|2\n");
    assert_true(vt->next_deadline_us(sink) == INT64_MAX);
    assert_true(vt->write(sink, test_batch(&b, spec.in, "+I a | 3\n+I b | 4\n+I c | 5\n"), &db.err));
    builder_free(&b);
    assert_text(query(&db, "SELECT count(*) FROM t"), "3\n");
    assert_true(vt->write(sink, test_batch(&b, spec.in, "+I d | 6\n"), &db.err));
    builder_free(&b);
    StrBuf handle = { 0 };
    assert_true(vt->prepare(sink, 1, &handle, &db.err));
    assert_text(query(&db, "SELECT count(*) FROM t"), "4\n");
    strbuf_free(&handle);
    SinkStats stats;
    vt->stats(sink, &stats);
    assert_int_equal(stats.rows, 5);
    vt->close(sink);
    clock_thaw();
    db_free(&db);
}

static void memory_is_shared_in_the_process(void **state)
{
    (void)state;
    Db db;
    keyed(&db);
    test_option(&db.t, "url", "jdbc:sqlite::memory:");
    assert_true(TEST_SINK(&db.t, "jdbc", &db.err, "+I a | 1\n"));
    assert_text(scan(&db, &(TestScan){ 0 }), "+I a | 1\n");
    db_free(&db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upserts_and_deletes), cmocka_unit_test(only_key_columns), cmocka_unit_test(every_type), cmocka_unit_test(pushed_down),
        cmocka_unit_test(positions), cmocka_unit_test(refusals), cmocka_unit_test(failures_are_retried), cmocka_unit_test(a_locked_file_is_waited_for),
        cmocka_unit_test(flushes_by_rows_and_time), cmocka_unit_test(memory_is_shared_in_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
