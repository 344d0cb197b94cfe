/* Exactly-once of the jdbc sink, on SQLite and on a real PostgreSQL (WEIR_TEST_PG_URL; skipped without it): what is visible when, claims, lineages, fencing,
 * lost answers, every failure point, writers killed at every failure point and at any moment, a server that goes away (WEIR_TEST_SERVICES). */
#include "tests/unit/conn.h"

#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/base/log.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Rig { bool pg; TestTable t; char dir[64], path[96]; PGconn *conn; StrBuf out; Err err; SinkSpec spec; } Rig;

static const SinkVt *vt(void)
{
    return connector_find(STR("jdbc"))->sink;
}

/* ---- the database ---- */

static PGconn *pg_open(void)
{
    Arena *arena = arena_new();
    const char *uri = str_printf(arena, "postgresql:%s%c", getenv("WEIR_TEST_PG_URL") + strlen("jdbc:postgresql:"), 0).ptr;
    const char *const keys[] = { "dbname", "user", "options", NULL }, *const values[] = { uri, "weir", "-c client_min_messages=error -c search_path=unit_epoch", NULL };
    PGconn *conn = PQconnectdbParams(keys, values, 1);
    arena_free(arena);
    if (PQstatus(conn) != CONNECTION_OK) fail_msg("%s", PQerrorMessage(conn));
    return conn;
}

static void pg_rows(PGconn *conn, const char *sql, StrBuf *out)
{
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) == PGRES_FATAL_ERROR) fail_msg("%s: %s", sql, PQerrorMessage(conn));
    for (int r = 0; r < PQntuples(result); r++)
        for (int c = 0; c < PQnfields(result); c++) strbuf_addf(out, "%s%s", PQgetisnull(result, r, c) ? "NULL" : PQgetvalue(result, r, c), c + 1 < PQnfields(result) ? "|" : "\n");
    PQclear(result);
}

static int sqlite_row(void *ctx, int n, char **values, char **names)
{
    (void)names;
    for (int i = 0; i < n; i++) strbuf_addf(ctx, "%s%s", values[i] ? values[i] : "NULL", i + 1 < n ? "|" : "\n");
    return 0;
}

static Str query(Rig *r, const char *sql)
{
    strbuf_clear(&r->out);
    if (r->pg) {
        pg_rows(r->conn, sql, &r->out);
    } else {
        sqlite3 *file;
        assert_int_equal(sqlite3_open(r->path, &file), SQLITE_OK);
        sqlite3_busy_timeout(file, 5000);
        if (sqlite3_exec(file, sql, sqlite_row, &r->out, NULL) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(file));
        sqlite3_close(file);
    }
    return strbuf_str(&r->out);
}

static void rig_tables(Rig *r)
{
    query(r, "DROP TABLE IF EXISTS weir_epochs");
    query(r, "DROP TABLE IF EXISTS t");
    query(r, r->t.table.npk ? "CREATE TABLE t (k text PRIMARY KEY, v int)" : "CREATE TABLE t (k text, v int)");
}

static void rig_init(Rig *r, const void *dialect, bool keyed)
{
    memset(r, 0, sizeof *r);
    r->pg = strcmp(dialect, "pg") == 0;
    if (r->pg && !getenv("WEIR_TEST_PG_URL")) skip();
    test_table_init(&r->t);
    test_option(&r->t, "connector", "jdbc");
    test_option(&r->t, "table-name", "t");
    test_option(&r->t, "sink.delivery-guarantee", "exactly-once");
    test_column(&r->t, "k", type_string(false));
    test_column(&r->t, "v", type_simple(TYPE_INT, true));
    if (keyed) test_key(&r->t, 0);
    Str url;
    if (r->pg) {
        url = str_printf(r->t.arena, "%s?currentSchema=unit_epoch", getenv("WEIR_TEST_PG_URL"));
        test_option(&r->t, "username", "weir");
        test_option(&r->t, "password", "x");
        r->conn = pg_open();
        query(r, "CREATE SCHEMA IF NOT EXISTS unit_epoch");
    } else {
        /* memory where there is some: what is killed here is the process, not the machine, and a busy disk takes a second for each fsync */
        snprintf(r->dir, sizeof r->dir, "%s/weir-epoch-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        assert_non_null(mkdtemp(r->dir));
        snprintf(r->path, sizeof r->path, "%s/t.db", r->dir);
        url = str_printf(r->t.arena, "jdbc:sqlite:%s", r->path);
    }
    options_set(r->t.arena, &r->t.options, STR("url"), url);
    r->spec = (SinkSpec){ .table = &r->t.table, .in = &r->t.table.physical, .changes = CHANGES_UPSERT, .rowtime = -1, .parallel_count = 1, .exactly_once = true,
                          .epoch_key = STR("job/t"), .lineage = STR("aaaa") };
    rig_tables(r);
    log_set(LOG_ERROR, false);
}

static void rig_free(Rig *r)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
    for (int i = 0; i < 4 && !r->pg; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", r->path, ends[i]);
        unlink(path);
    }
    if (r->pg) PQfinish(r->conn);
    else rmdir(r->dir);
    strbuf_free(&r->out);
    test_table_free(&r->t);
    log_set(LOG_NOTICE, false);
}

/* ---- the sink, as a job drives it ---- */

static Sink *open_sink(Rig *r)
{
    err_clear(&r->err);
    Sink *sink = vt()->open(&r->spec, STR_NULL, &r->err);
    if (!sink) fail_msg("%s %s", r->err.message, r->err.detail);
    return sink;
}

static void claim(Rig *r, Sink *sink, uint64_t epoch, uint64_t other)
{
    uint64_t got = 99, got_other = 99;
    if (!vt()->claim(sink, &got, &got_other, &r->err)) fail_msg("%s %s", r->err.message, r->err.detail);
    assert_int_equal(got, epoch);
    assert_int_equal(got_other, other);
}

static bool put(Rig *r, Sink *sink, const char *rows)
{
    BatchBuilder builder;
    bool ok = vt()->write(sink, test_batch(&builder, r->spec.in, rows), &r->err);
    builder_free(&builder);
    return ok;
}

static void commit(Rig *r, Sink *sink, uint64_t epoch)
{
    if (!vt()->commit(sink, epoch, &r->err)) fail_msg("%s %s", r->err.message, r->err.detail);
}

/* Rows of an epoch, the same each time: every third epoch has none. */
static void epoch_rows(const Rig *r, uint64_t epoch, StrBuf *out)
{
    unsigned e = (unsigned)epoch;
    strbuf_clear(out);
    if (e % 3 == 0) return;
    strbuf_addf(out, "+I k%u | 1\n+I k0 | %u\n", e, e);
    if (r->t.table.npk) strbuf_addf(out, "+U k%u | %u\n-D k%u | 1\n", e, e, e - 1);
    else strbuf_addf(out, "+I k%u | 2\n", e);
}

/* What the epochs 1..last leave in the table, by a plain count over them. */
static void expected_rows(const Rig *r, uint64_t last, StrBuf *out)
{
    unsigned n = (unsigned)last, top = n - (n % 3 == 0);
    strbuf_clear(out);
    if (r->t.table.npk) {
        strbuf_addf(out, "k0|%u\n", top);
        for (unsigned e = 1; e <= n; e++)
            if (e % 3 && (e == n || (e + 1) % 3 == 0)) strbuf_addf(out, "k%u|%u\n", e, e);
    } else {
        for (unsigned e = 1; e <= n; e++)
            if (e % 3) strbuf_addf(out, "k0|%u\n", e);
        for (unsigned e = 1; e <= n; e++)
            if (e % 3) strbuf_addf(out, "k%u|1\nk%u|2\n", e, e);
    }
}

static void check_rows(Rig *r, uint64_t last)
{
    StrBuf expected = { 0 };
    expected_rows(r, last, &expected);
    assert_text(query(r, r->pg ? "SELECT * FROM t ORDER BY length(k), k COLLATE \"C\", v" : "SELECT * FROM t ORDER BY length(k), k, v"), strbuf_cstr(&expected));
    char number[64];
    snprintf(number, sizeof number, "aaaa|%u\n", (unsigned)last);
    assert_text(query(r, "SELECT lineage, epoch FROM weir_epochs WHERE key = 'job/t'"), number);
    strbuf_free(&expected);
}

/* One life of a job: opens, claims, writes and commits what is left to do up to `last`. */
static bool run_epochs(Rig *r, uint64_t last)
{
    uint64_t epoch = 0, other = 0;
    StrBuf rows = { 0 };
    Sink *sink = vt()->open(&r->spec, STR_NULL, &r->err);
    bool ok = sink && vt()->claim(sink, &epoch, &other, &r->err);
    while (ok && ++epoch <= last) {
        epoch_rows(r, epoch, &rows);
        ok = (!rows.len || put(r, sink, strbuf_cstr(&rows))) && vt()->commit(sink, epoch, &r->err);
    }
    ok = ok && vt()->finish(sink, &r->err);
    if (sink) vt()->close(sink);
    strbuf_free(&rows);
    return ok;
}

/* ---- what is visible when ---- */

static void options(void **state)
{
    (void)state;
    const ConnectorDef *def = connector_find(STR("jdbc"));
    static const struct { const char *url; bool transient; } urls[] = {
        { "jdbc:sqlite::memory:", true }, { "jdbc:sqlite:file:x?mode=memory&cache=shared", true }, { "jdbc:sqlite:file::memory:?cache=shared", true },
        { "jdbc:sqlite:x.db", false }, { "jdbc:sqlite:memory.db?mode=memory", false }, { "jdbc:postgresql://h/db", false },
    };
    TestTable t;
    test_table_init(&t);
    test_option(&t, "table-name", "t");
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        test_option(&t, "url", urls[i].url);
        assert_int_equal(def->transient(&t.table), urls[i].transient);
    }
    assert_false(def->exactly_once(&t.table));
    test_option(&t, "sink.delivery-guarantee", "AT-LEAST-ONCE");
    assert_false(def->exactly_once(&t.table));
    test_option(&t, "sink.delivery-guarantee", "Exactly-once");
    assert_true(def->exactly_once(&t.table));
    OptionTable tables[4];
    Err err = { 0 };
    test_option(&t, "sink.delivery-guarantee", "none");
    uint32_t n = connector_option_tables(def, &t.options, tables, 4);
    assert_false(options_check(&t.options, tables, n, STR("connector 'jdbc'"), &err));
    assert_non_null(strstr(err.message, "sink.delivery-guarantee"));
    test_table_free(&t);
}

static void rows_come_with_their_epoch(void **state)
{
    for (int keyed = 0; keyed < 2; keyed++) {
        Rig r;
        rig_init(&r, *state, keyed);
        test_option(&r.t, "sink.buffer-flush.max-rows", "1");
        test_option(&r.t, "sink.buffer-flush.interval", "1 ms");
        Sink *sink = open_sink(&r);
        claim(&r, sink, 0, 0);
        assert_true(put(&r, sink, "+I a | 1\n+I b | 2\n+I a | 3\n"));
        assert_true(vt()->next_deadline_us(sink) == INT64_MAX);
        assert_true(vt()->tick(sink, INT64_MAX - 1, &r.err));
        assert_text(query(&r, "SELECT count(*) FROM t"), "0\n");
        commit(&r, sink, 1);
        assert_text(query(&r, "SELECT * FROM t ORDER BY k, v"), keyed ? "a|3\nb|2\n" : "a|1\na|3\nb|2\n");
        commit(&r, sink, 4);                     /* no rows, and numbers that were skipped */
        assert_text(query(&r, "SELECT key, lineage, epoch FROM weir_epochs"), "job/t|aaaa|4\n");
        assert_true(put(&r, sink, "+I c | 4\n"));
        commit(&r, sink, 4);                     /* that epoch again: its rows are there */
        assert_true(put(&r, sink, "+I d | 5\n"));
        assert_true(vt()->finish(sink, &r.err));
        vt()->close(sink);                       /* never committed */
        assert_text(query(&r, "SELECT count(*) FROM t WHERE k IN ('c', 'd')"), "0\n");
        sink = open_sink(&r);
        claim(&r, sink, 4, 0);
        if (keyed) assert_true(put(&r, sink, "-D a | 3\n+I e | 6\n"));
        else assert_true(put(&r, sink, "+I e | 6\n"));
        commit(&r, sink, 5);
        assert_false(vt()->commit(sink, 4, &r.err));
        assert_int_equal(r.err.code, E_INTERNAL);
        vt()->close(sink);
        assert_text(query(&r, "SELECT k FROM t WHERE k IN ('a', 'e') GROUP BY k ORDER BY k"), keyed ? "e\n" : "a\ne\n");
        rig_free(&r);
    }
}

/* Another lineage is told, and stays until this one commits. */
static void lineages(void **state)
{
    Rig r;
    rig_init(&r, *state, false);
    assert_true(run_epochs(&r, 5));
    r.spec.lineage = STR("bbbb");
    for (int i = 0; i < 2; i++) {
        Sink *sink = open_sink(&r);
        claim(&r, sink, 0, 5);
        vt()->close(sink);
    }
    r.spec.lineage = STR("aaaa");
    assert_true(run_epochs(&r, 6));
    check_rows(&r, 6);
    r.spec.lineage = STR("bbbb");
    Sink *sink = open_sink(&r);
    claim(&r, sink, 0, 6);
    commit(&r, sink, 2);
    vt()->close(sink);
    sink = open_sink(&r);
    claim(&r, sink, 2, 0);
    vt()->close(sink);
    r.spec.lineage = STR("aaaa");
    sink = open_sink(&r);
    claim(&r, sink, 0, 2);
    vt()->close(sink);
    rig_free(&r);
}

/* A job that starts over takes the number over at once: it may be restored from a checkpoint that is older than its first rows. */
static void a_fresh_lineage_begins_at_once(void **state)
{
    Rig r;
    rig_init(&r, *state, false);
    assert_true(run_epochs(&r, 5));
    r.spec.lineage = STR("bbbb");
    r.spec.fresh = true;
    Sink *sink = open_sink(&r);
    claim(&r, sink, 0, 5);
    vt()->close(sink);
    r.spec.fresh = false;
    sink = open_sink(&r);
    claim(&r, sink, 0, 0);
    commit(&r, sink, 2);
    vt()->close(sink);
    sink = open_sink(&r);
    claim(&r, sink, 2, 0);
    vt()->close(sink);
    rig_free(&r);
}

/* ---- two of one job, and a database that was set back ---- */

static void the_later_opening_wins(void **state)
{
    Rig r;
    rig_init(&r, *state, false);
    Sink *first = open_sink(&r);
    claim(&r, first, 0, 0);
    assert_true(put(&r, first, "+I a | 1\n"));
    commit(&r, first, 1);
    assert_true(put(&r, first, "+I a | 2\n"));
    Sink *second = open_sink(&r);
    claim(&r, second, 1, 0);
    for (int i = 0; i < 2; i++) {                /* with rows; without */
        err_clear(&r.err);
        assert_false(vt()->commit(first, 2, &r.err));
        assert_false(r.err.retriable);
        assert_non_null(strstr(r.err.message, "another process has taken over sink \"job/t\""));
        assert_non_null(strstr(r.err.hint, "runs twice"));
        vt()->close(first);
        if (i) break;
        first = second;
        second = open_sink(&r);
        claim(&r, second, 1, 0);
    }
    assert_text(query(&r, "SELECT * FROM t"), "a|1\n");
    err_clear(&r.err);
    assert_true(put(&r, second, "+I a | 2\n"));
    commit(&r, second, 2);
    vt()->close(second);
    assert_text(query(&r, "SELECT * FROM t ORDER BY v"), "a|1\na|2\n");
    r.spec.epoch_key = STR("job/other");         /* another sink is no rival */
    Sink *other = open_sink(&r);
    claim(&r, other, 0, 0);
    commit(&r, other, 1);
    vt()->close(other);
    rig_free(&r);
}

static void a_database_set_back_is_noticed(void **state)
{
    static const char *const changes[] = { "UPDATE weir_epochs SET epoch = 1", "UPDATE weir_epochs SET lineage = 'cccc'", "DELETE FROM weir_epochs" };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        Rig r;
        rig_init(&r, *state, false);
        Sink *sink = open_sink(&r);
        claim(&r, sink, 0, 0);
        commit(&r, sink, 1);
        commit(&r, sink, 2);
        query(&r, changes[i]);
        assert_true(put(&r, sink, "+I a | 1\n"));
        assert_false(vt()->commit(sink, 3, &r.err));
        assert_false(r.err.retriable);
        assert_non_null(strstr(r.err.message, "has lost epoch 2 of sink \"job/t\""));
        vt()->close(sink);
        assert_text(query(&r, "SELECT count(*) FROM t"), "0\n");
        rig_free(&r);
    }
}

/* ---- failures ---- */

static void every_point_is_passed(void **state)
{
    static const struct { const char *point; const char *only; int keyed; } points[] = {
        { "jdbc.connect", NULL, 2 }, { "jdbc.query", NULL, 2 }, { "jdbc.claim", NULL, 2 }, { "jdbc.flush", NULL, 2 }, { "jdbc.epoch", NULL, 2 }, { "jdbc.commit", NULL, 2 },
        { "jdbc.commit.lost", NULL, 2 }, { "jdbc.answer", "pg", 2 }, { "jdbc.copy", "pg", 0 }, { "jdbc.row", "sqlite", 2 },
    };
    clock_freeze(1000000);
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        if (points[i].only && strcmp(points[i].only, *state) != 0) continue;
        for (int keyed = 0; keyed < 2; keyed++) {
            if (points[i].keyed != 2 && points[i].keyed != keyed) continue;
            Rig r;
            rig_init(&r, *state, keyed);
            fault_arm(points[i].point, 1);
            if (!run_epochs(&r, 5)) fail_msg("%s: %s", points[i].point, r.err.message);
            assert_true(fault_count(points[i].point) > 0);
            fault_disarm_all();
            check_rows(&r, 5);
            rig_free(&r);
        }
    }
    clock_thaw();
}

/* The n-th passage of all points fails, n = 1.. until none does: the sink itself comes through each. */
static void every_failure_is_survived(void **state)
{
    clock_freeze(1000000);
    for (int keyed = 0; keyed < 2; keyed++) {
        Rig r;
        rig_init(&r, *state, keyed);
        uint64_t n = 1, passed = 0;
        for (;; n++) {
            rig_tables(&r);
            fault_arm("*", n);
            bool ok = run_epochs(&r, 4);
            passed = fault_count("*");
            fault_disarm_all();
            if (!ok) fail_msg("failure %u: %s", (unsigned)n, r.err.message);
            check_rows(&r, 4);
            if (passed < n) break;
        }
        assert_true(n > 30);
        rig_free(&r);
    }
    clock_thaw();
}

/* The writer is a process; its log comes here. */
static pid_t start_writer(Rig *r, uint64_t fault, uint64_t last, int *log_fd)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        log_set(LOG_WARN, false);
        if (fault) fault_arm("*", fault);
        bool ok = run_epochs(r, last);
        if (!ok) dprintf(2, "%s", r->err.message);
        _exit(ok ? 0 : 1);
    }
    close(ends[1]);
    *log_fd = ends[0];
    return pid;
}

/* kill -9 while the writer pauses after the n-th failure: its connection is gone or idle at exactly that point. The next one goes on. */
static void a_writer_killed_at_every_point(void **state)
{
    for (int keyed = 0; keyed < 2; keyed++) {
        Rig r;
        rig_init(&r, *state, keyed);
        uint64_t n = 1;
        for (bool killed = true; killed; n++) {
            int log_fd, status;
            char line[512];
            rig_tables(&r);
            pid_t pid = start_writer(&r, n, 4, &log_fd);
            killed = read(log_fd, line, sizeof line) > 0;      /* it says that the database is away, or ends */
            if (killed) kill(pid, SIGKILL);
            assert_int_equal(waitpid(pid, &status, 0), pid);
            close(log_fd);
            if (!killed) assert_int_equal(status, 0);
            if (!run_epochs(&r, 4)) fail_msg("after failure %u: %s", (unsigned)n, r.err.message);
            check_rows(&r, 4);
        }
        assert_true(n > 30);
        rig_free(&r);
    }
}

/* kill -9 at any moment, so in the middle of a transaction that the server goes on with. Longer lives each time: it ends. */
static void a_writer_killed_at_any_moment(void **state)
{
    const uint64_t last = 300;
    Rig r;
    rig_init(&r, *state, false);
    int kills = 0;
    for (int64_t life_us = 1000;; life_us += life_us / 4) {
        int log_fd, status;
        pid_t pid = start_writer(&r, 0, last, &log_fd);
        clock_sleep_us(life_us + (int64_t)(random_u64() % 1000));
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        close(log_fd);
        if (WIFEXITED(status)) { assert_int_equal(status, 0); break; }
        kills++;
    }
    assert_true(kills > 2);
    check_rows(&r, last);
    rig_free(&r);
}

/* ---- several writers ---- */

typedef struct Writer { Rig *rig; SinkSpec spec; const char *rows[2]; uint32_t epochs; Err err; SinkStats stats; bool ok; } Writer;

static void *write_epochs(void *ctx)
{
    Writer *w = ctx;
    uint64_t epoch, other;
    Sink *sink = vt()->open(&w->spec, STR_NULL, &w->err);
    w->ok = sink && vt()->claim(sink, &epoch, &other, &w->err);
    for (uint32_t e = 1; w->ok && e <= w->epochs; e++) {
        BatchBuilder builder;
        w->ok = vt()->write(sink, test_batch(&builder, w->spec.in, w->rows[e % 2]), &w->err) && vt()->commit(sink, e, &w->err);
        builder_free(&builder);
    }
    if (sink) vt()->stats(sink, &w->stats);
    if (sink) vt()->close(sink);
    return NULL;
}

/* Two sinks upsert the same keys, each in an order of its own, at the same time; the epoch table is made by both at once. */
static void writers_of_one_table(void **state)
{
    Rig r;
    rig_init(&r, *state, true);
    StrBuf up = { 0 }, down = { 0 };
    for (int i = 0; i < 300; i++) {
        strbuf_addf(&up, "+I k%03d | 1\n", i);
        strbuf_addf(&down, "+I k%03d | 2\n", 299 - i);
    }
    for (int round = 0; round < 5; round++) {
        Writer w[2];
        pthread_t threads[2];
        rig_tables(&r);
        for (int i = 0; i < 2; i++) {
            w[i] = (Writer){ .rig = &r, .spec = r.spec, .rows = { strbuf_cstr(i ? &up : &down), strbuf_cstr(i ? &down : &up) }, .epochs = 10 };
            w[i].spec.epoch_key = i ? STR("job/second") : STR("job/first");
            assert_int_equal(pthread_create(&threads[i], NULL, write_epochs, &w[i]), 0);
        }
        for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
        for (int i = 0; i < 2; i++) {
            if (!w[i].ok) fail_msg("%s %s", w[i].err.message, w[i].err.detail);
            if (r.pg) assert_int_equal(w[i].stats.retries, 0);       /* no deadlock: rows are locked in the order of their keys */
            assert_int_equal(w[i].stats.rows, 3000);
        }
        assert_text(query(&r, "SELECT count(*) FROM t"), "300\n");
        assert_text(query(&r, "SELECT sum(epoch), count(*) FROM weir_epochs"), "20|2\n");
    }
    strbuf_free(&up);
    strbuf_free(&down);
    rig_free(&r);
}

/* ---- PostgreSQL only ---- */

typedef struct Holder { PGconn *conn; int log_fd; } Holder;

/* Once somebody waits for the transaction ten seconds pass; it commits when that has been said. */
static void *commit_when_awaited(void *ctx)
{
    Holder *holder = ctx;
    PGconn *look = pg_open();
    StrBuf out = { 0 };
    do {
        strbuf_clear(&out);
        pg_rows(look, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'weir' AND wait_event_type = 'Lock'", &out);
    } while (out.ptr[0] == '0');
    clock_advance(10000000);
    struct pollfd fd = { holder->log_fd, POLLIN, 0 };
    poll(&fd, 1, 30000);
    PQclear(PQexec(holder->conn, "COMMIT"));
    PQfinish(look);
    strbuf_free(&out);
    return NULL;
}

static void a_claim_waits_for_a_commit_under_way(void **state)
{
    Rig r;
    rig_init(&r, *state, false);
    char said[1024] = "";
    assert_true(run_epochs(&r, 2));
    PGconn *zombie = pg_open();
    StrBuf ignored = { 0 };
    pg_rows(zombie, "BEGIN; UPDATE weir_epochs SET epoch = 3; INSERT INTO t VALUES ('z', 3)", &ignored);
    pthread_t thread;
    int ends[2], stderr_copy = dup(2);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    Holder holder = { zombie, ends[0] };
    dup2(ends[1], 2);
    log_set(LOG_NOTICE, false);
    clock_freeze(1000000);
    assert_int_equal(pthread_create(&thread, NULL, commit_when_awaited, &holder), 0);
    Sink *sink = open_sink(&r);
    uint64_t epoch = 0, other = 0;
    bool ok = vt()->claim(sink, &epoch, &other, &r.err);
    pthread_join(thread, NULL);
    clock_thaw();
    dup2(stderr_copy, 2);
    close(stderr_copy);
    close(ends[1]);
    assert_true(ok);
    assert_int_equal(epoch, 3);
    assert_true(read(ends[0], said, sizeof said - 1) > 0);
    close(ends[0]);
    assert_non_null(strstr(said, "waits for its entry in unit_epoch.weir_epochs: process "));
    vt()->close(sink);
    PQfinish(zombie);
    strbuf_free(&ignored);
    assert_text(query(&r, "SELECT count(*) FROM t WHERE k = 'z'"), "1\n");
    rig_free(&r);
}

static void await_lock_wait(Rig *r, bool waiting)
{
    while ((query(r, "SELECT 1 FROM pg_stat_activity WHERE application_name = 'weir' AND wait_event_type = 'Lock' LIMIT 1").len != 0) != waiting) continue;
}

/* A writer is suspended in the middle of its commit (here: while it waits for the table) and wakes up after another has gone on: the server gives up its
 * transaction, and the number of its owner is no longer there. */
static void a_suspended_writer_is_fenced(void **state)
{
    Rig r;
    rig_init(&r, *state, true);
    assert_true(run_epochs(&r, 0));
    query(&r, "ALTER ROLE weir SET idle_in_transaction_session_timeout = '500ms'");
    PGconn *holder = pg_open();
    StrBuf said = { 0 };
    pg_rows(holder, "SET idle_in_transaction_session_timeout = 0; BEGIN; LOCK TABLE t IN EXCLUSIVE MODE", &said);
    int log_fd, status;
    char line[512];
    pid_t pid = start_writer(&r, 0, 5, &log_fd);
    await_lock_wait(&r, true);
    kill(pid, SIGSTOP);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    PQfinish(holder);
    bool ok = run_epochs(&r, 5);
    kill(pid, SIGCONT);
    query(&r, "ALTER ROLE weir RESET ALL");
    if (!ok) fail_msg("%s", r.err.message);
    for (ssize_t n; (n = read(log_fd, line, sizeof line)) > 0;) strbuf_add(&said, line, (uint32_t)n);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(log_fd);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_non_null(strstr(strbuf_cstr(&said), "another process has taken over sink"));
    strbuf_free(&said);
    check_rows(&r, 5);
    rig_free(&r);
}

static void *let_go(void *ctx)
{
    Rig look = { .conn = pg_open(), .pg = true };
    await_lock_wait(&look, true);
    await_lock_wait(&look, false);
    PQfinish(ctx);
    PQfinish(look.conn);
    strbuf_free(&look.out);
    return NULL;
}

/* The role's statement_timeout ends a write that waits for a lock: it is tried again. */
static void a_time_limit_is_no_end(void **state)
{
    Rig r;
    rig_init(&r, *state, false);
    assert_true(run_epochs(&r, 1));
    test_option(&r.t, "sink.max-retries", "1000");
    PGconn *holder = pg_open();
    StrBuf ignored = { 0 };
    pthread_t thread;
    pg_rows(holder, "BEGIN; LOCK TABLE t IN EXCLUSIVE MODE", &ignored);
    query(&r, "ALTER ROLE weir SET statement_timeout = '300ms'");
    assert_int_equal(pthread_create(&thread, NULL, let_go, holder), 0);
    bool ok = run_epochs(&r, 5);
    pthread_join(thread, NULL);
    query(&r, "ALTER ROLE weir RESET ALL");
    if (!ok) fail_msg("%s", r.err.message);
    check_rows(&r, 5);
    strbuf_free(&ignored);
    rig_free(&r);
}

/* The server promises durability to an epoch even where the database's default does not. */
static void settings_of_the_database(void **state)
{
    Rig r;
    rig_init(&r, *state, false);
    query(&r, "ALTER ROLE weir SET synchronous_commit = off; ALTER ROLE weir SET default_transaction_isolation = 'serializable';"
              " CREATE TABLE weir_epochs (key text PRIMARY KEY, lineage text NOT NULL, epoch bigint NOT NULL, owner text NOT NULL, updated timestamptz NOT NULL DEFAULT now(),"
              " seen text DEFAULT '');"
              " CREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.seen := current_setting('transaction_isolation'); RETURN NEW; END $$;"
              " CREATE TRIGGER note BEFORE UPDATE ON weir_epochs FOR EACH ROW EXECUTE FUNCTION note();"
              " CREATE OR REPLACE FUNCTION durable() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF current_setting('synchronous_commit') <> 'local' THEN"
              " RAISE 'synchronous_commit is %', current_setting('synchronous_commit'); END IF; RETURN NULL; END $$;"
              " CREATE CONSTRAINT TRIGGER durable AFTER INSERT OR UPDATE ON weir_epochs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION durable()");
    bool ok = run_epochs(&r, 5);
    query(&r, "ALTER ROLE weir RESET ALL");
    if (!ok) fail_msg("%s", r.err.message);
    check_rows(&r, 5);
    assert_text(query(&r, "SELECT seen FROM weir_epochs"), "read committed\n");
    rig_free(&r);
}

static void permissions(void **state)
{
    Rig r;
    rig_init(&r, *state, false);
    query(&r, "DROP OWNED BY epoch_guest");
    test_option(&r.t, "username", "epoch_guest");
    query(&r, "GRANT USAGE ON SCHEMA unit_epoch TO epoch_guest; GRANT INSERT, SELECT ON t TO epoch_guest");
    uint64_t epoch, other;
    for (int round = 0; round < 2; round++) {    /* nobody may create it; it is there but not granted */
        Sink *sink = open_sink(&r);
        assert_false(vt()->claim(sink, &epoch, &other, &r.err));
        assert_false(r.err.retriable);
        assert_non_null(strstr(r.err.message, "permission denied"));
        assert_non_null(strstr(r.err.hint, "CREATE TABLE IF NOT EXISTS unit_epoch.weir_epochs (key text"));
        const char *grant = strstr(r.err.hint, "GRANT SELECT, INSERT, UPDATE ON unit_epoch.weir_epochs TO epoch_guest;");
        assert_non_null(grant);
        vt()->close(sink);
        char sql[512];
        snprintf(sql, sizeof sql, "%s", strstr(r.err.hint, "CREATE TABLE"));
        if (round == 0) sql[grant - strstr(r.err.hint, "CREATE TABLE")] = 0;
        else snprintf(sql, sizeof sql, "%s", grant);
        query(&r, sql);
    }
    if (!run_epochs(&r, 5)) fail_msg("%s", r.err.message);
    check_rows(&r, 5);
    query(&r, "DROP OWNED BY epoch_guest");
    rig_free(&r);
}

static void tables_that_lose_rows(void **state)
{
    Rig r;
    rig_init(&r, *state, false);
    query(&r, "ALTER TABLE t SET UNLOGGED");
    uint64_t epoch, other;
    Sink *sink = open_sink(&r);
    assert_false(vt()->claim(sink, &epoch, &other, &r.err));
    assert_int_equal(r.err.code, E_UNSUPPORTED);
    assert_non_null(strstr(r.err.message, "is an unlogged table"));
    vt()->close(sink);
    rig_free(&r);
}

static void service(const char *what)
{
    char command[512];
    snprintf(command, sizeof command, "tests/lib/services.sh %s '%s' pg immediate >/dev/null 2>&1", what, getenv("WEIR_TEST_SERVICES"));
    assert_int_equal(system(command), 0);
}

/* The server dies between write and commit, and comes back while the commit waits. */
static void the_server_dies_before_the_commit(void **state)
{
    if (!getenv("WEIR_TEST_SERVICES")) skip();
    for (int keyed = 0; keyed < 2; keyed++) {
        Rig r;
        rig_init(&r, *state, keyed);
        Sink *sink = open_sink(&r);
        claim(&r, sink, 0, 0);
        assert_true(put(&r, sink, "+I a | 1\n+I b | 2\n"));
        commit(&r, sink, 1);
        assert_true(put(&r, sink, "+I c | 3\n+I d | 4\n"));
        service("stop");
        service("start");
        PQreset(r.conn);
        commit(&r, sink, 2);
        assert_text(query(&r, "SELECT * FROM t ORDER BY k"), "a|1\nb|2\nc|3\nd|4\n");
        vt()->close(sink);
        sink = open_sink(&r);
        claim(&r, sink, 2, 0);
        vt()->close(sink);
        rig_free(&r);
    }
}

/* The server dies again and again under a writer that commits without a pause: its own retries and claims leave every epoch once. */
static void the_server_dies_at_any_moment(void **state)
{
    if (!getenv("WEIR_TEST_SERVICES")) skip();
    Rig r;
    rig_init(&r, *state, false);
    uint64_t last = 0, epochs = 500;
    assert_true(run_epochs(&r, 0));
    for (int outages = 0; outages < 3;) {
        char line[512];
        int log_fd, status;
        uint64_t begun = last + 5;
        pid_t pid = start_writer(&r, 0, last += epochs, &log_fd);
        while (strtoull(strbuf_cstr((query(&r, "SELECT epoch FROM weir_epochs"), &r.out)), NULL, 10) < begun) continue;
        service("stop");
        service("start");
        PQreset(r.conn);
        bool noticed = read(log_fd, line, sizeof line) > 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        close(log_fd);
        if (noticed) outages++;
        else epochs *= 2;                        /* it was through before the server was down */
    }
    check_rows(&r, last);
    rig_free(&r);
}

static int make_guest(void **state)
{
    (void)state;
    if (!getenv("WEIR_TEST_PG_URL")) return 0;
    PGconn *conn = pg_open();
    PQclear(PQexec(conn, "CREATE ROLE epoch_guest LOGIN"));      /* may be there from an earlier run */
    PQfinish(conn);
    return 0;
}

/* An argument is a pattern of test names. */
int main(int argc, char **argv)
{
    if (argc > 1) cmocka_set_test_filter(argv[1]);
#define ON(f, dialect) { #f " on " dialect, f, NULL, NULL, (void *)(uintptr_t)dialect }
#define BOTH(f) ON(f, "sqlite"), ON(f, "pg")
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options), BOTH(rows_come_with_their_epoch), BOTH(lineages), BOTH(a_fresh_lineage_begins_at_once), BOTH(the_later_opening_wins), BOTH(a_database_set_back_is_noticed),
        BOTH(every_point_is_passed), BOTH(every_failure_is_survived), BOTH(a_writer_killed_at_every_point), BOTH(a_writer_killed_at_any_moment), BOTH(writers_of_one_table),
        ON(a_claim_waits_for_a_commit_under_way, "pg"), ON(a_suspended_writer_is_fenced, "pg"), ON(a_time_limit_is_no_end, "pg"),
        ON(settings_of_the_database, "pg"), ON(permissions, "pg"), ON(tables_that_lose_rows, "pg"),
        ON(the_server_dies_before_the_commit, "pg"), ON(the_server_dies_at_any_moment, "pg"),
    };
    return cmocka_run_group_tests(tests, make_guest, NULL);
}
