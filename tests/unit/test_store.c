/* The store of checkpoints: what was put comes back, whole or with a reason; nothing is visible before it is published; damage of any byte, missing
 * chunks, cut files and failing calls are refused, never answered with other bytes. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/run/store.h"

enum { CHUNK = 512 << 10 };

typedef struct Dir { char path[64], db[96]; } Dir;

static Dir dir_new(void)
{
    Dir dir;
    snprintf(dir.path, sizeof dir.path, "%s/weir-store.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(dir.path));
    snprintf(dir.db, sizeof dir.db, "%s/checkpoints.db", dir.path);
    return dir;
}

static void dir_free(const Dir *dir)
{
    char journal[112];
    snprintf(journal, sizeof journal, "%s-journal", dir->db);
    unlink(journal);
    unlink(dir->db);
    assert_int_equal(rmdir(dir->path), 0);
}

static CkptStore *open_ok(const char *path, bool read_only)
{
    Err err = { 0 };
    CkptStore *store = store_open(path, read_only, &err);
    if (!store) fail_msg("%s", err.message);
    return store;
}

/* Bytes that zstd cannot make smaller, different for each id. */
static StrBuf noise(uint64_t id, uint32_t len)
{
    StrBuf out = { 0 };
    random_seed(id);
    while (out.len < len) strbuf_put_u64(&out, random_u64());
    out.len = len;
    return out;
}

static bool put(CkptStore *store, uint64_t id, Str bytes, uint32_t piece, uint32_t keep, Err *err)
{
    CkptInfo info = { .created_us = 5, .duration_us = 7, .positions = STR("t[0]@9"), .operators = STR("12\tJoin\n") };
    bool ok = store_begin(store, id, err);
    for (uint32_t at = 0; ok && at < bytes.len; at += piece) ok = store_put(store, str_sub(bytes, at, piece), err);
    ok = ok && store_publish(store, &info, keep, err);
    if (!ok) store_abort(store);
    return ok;
}

static void put_ok(CkptStore *store, uint64_t id, uint32_t len, uint32_t keep)
{
    Err err = { 0 };
    StrBuf bytes = noise(id, len);
    if (!put(store, id, strbuf_str(&bytes), 100000, keep, &err)) fail_msg("%s", err.message);
    strbuf_free(&bytes);
}

static void expect_load(CkptStore *store, uint64_t id, uint32_t len)
{
    Err err = { 0 };
    StrBuf wanted = noise(id, len), got = { 0 };
    if (!store_load(store, id, &got, &err)) fail_msg("%s", err.message);
    assert_int_equal(got.len, len);
    assert_true(len == 0 || memcmp(got.ptr, wanted.ptr, len) == 0);
    strbuf_free(&wanted);
    strbuf_free(&got);
}

/* Ids, newest first: "3 2 ". */
static void expect_list(CkptStore *store, const char *wanted)
{
    Err err = { 0 };
    Arena *arena = arena_new();
    CkptList list = { 0 };
    StrBuf ids = { 0 };
    if (!store_list(store, arena, &list, &err)) fail_msg("%s", err.message);
    for (uint32_t i = 0; i < list.n; i++) strbuf_addf(&ids, "%llu ", (unsigned long long)list.v[i].id);
    assert_string_equal(strbuf_cstr(&ids), wanted);
    strbuf_free(&ids);
    arena_free(arena);
}

static void comes_back(void **state)
{
    (void)state;
    static const uint32_t sizes[] = { 0, 1, 7, 5000, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17 };
    Dir dir = dir_new();
    for (int on_disk = 0; on_disk < 2; on_disk++) {
        CkptStore *store = open_ok(on_disk ? dir.db : NULL, false);
        uint32_t n = sizeof sizes / sizeof *sizes;
        for (uint32_t i = 0; i < n; i++) put_ok(store, i + 1, sizes[i], 100);
        if (on_disk) {
            store_close(store);
            store = open_ok(dir.db, false);
        }
        for (uint32_t i = 0; i < n; i++) expect_load(store, i + 1, sizes[i]);
        expect_list(store, "9 8 7 6 5 4 3 2 1 ");
        Err err = { 0 };
        StrBuf none = { 0 };
        assert_false(store_load(store, 10, &none, &err));
        assert_int_equal(err.code, E_SNAPSHOT);
        strbuf_free(&none);
        store_close(store);
    }
    dir_free(&dir);
}

static void facts(void **state)
{
    (void)state;
    CkptStore *store = open_ok(NULL, false);
    Err err = { 0 };
    StrBuf zeros = { 0 };
    while (zeros.len < 2 * CHUNK) strbuf_put_u64(&zeros, 0);
    assert_true(put(store, 3, strbuf_str(&zeros), 999, 2, &err));
    Arena *arena = arena_new();
    CkptList list = { 0 };
    assert_true(store_list(store, arena, &list, &err));
    const CkptInfo *info = &list.v[0];
    assert_int_equal(info->id, 3);
    assert_int_equal(info->created_us, 5);
    assert_int_equal(info->duration_us, 7);
    assert_int_equal(info->bytes, 2 * CHUNK);
    assert_int_equal(info->chunks, 2);
    assert_true(info->stored_bytes > 0 && info->stored_bytes < 10000);       /* compressed */
    assert_text(info->positions, "t[0]@9");
    assert_text(info->operators, "12\tJoin\n");
    arena_free(arena);
    strbuf_free(&zeros);
    store_close(store);
}

static void abort_leaves_nothing(void **state)
{
    (void)state;
    Dir dir = dir_new();
    Err err = { 0 };
    CkptStore *store = open_ok(dir.db, false);
    put_ok(store, 1, 100, 2);
    StrBuf bytes = noise(2, 3 * CHUNK);
    assert_true(store_begin(store, 2, &err) && store_put(store, strbuf_str(&bytes), &err));
    store_abort(store);
    store_abort(store);                                          /* nothing is under way: no harm */
    expect_list(store, "1 ");
    assert_true(store_begin(store, 2, &err) && store_put(store, strbuf_str(&bytes), &err));
    store_close(store);                                          /* as if it were aborted */
    store = open_ok(dir.db, false);
    expect_list(store, "1 ");
    expect_load(store, 1, 100);
    put_ok(store, 2, 200, 2);
    expect_list(store, "2 1 ");
    store_close(store);
    strbuf_free(&bytes);
    dir_free(&dir);
}

static void old_ones_go(void **state)
{
    (void)state;
    CkptStore *store = open_ok(NULL, false);
    for (uint64_t id = 1; id <= 4; id++) put_ok(store, id, CHUNK + (uint32_t)id, 2);
    expect_list(store, "4 3 ");
    expect_load(store, 4, CHUNK + 4);
    expect_load(store, 3, CHUNK + 3);
    put_ok(store, 9, 10, 3);                                     /* ids have gaps where checkpoints failed */
    expect_list(store, "9 4 3 ");
    Err err = { 0 };
    assert_true(store_drop_newer(store, 3, &err));
    expect_list(store, "3 ");
    expect_load(store, 3, CHUNK + 3);
    put_ok(store, 10, 10, 2);
    expect_list(store, "10 3 ");
    store_close(store);
}

static void lineages(void **state)
{
    (void)state;
    Dir dir = dir_new();
    Err err = { 0 };
    char first[LINEAGE_LEN + 1] = "", second[LINEAGE_LEN + 1] = "";
    CkptStore *store = open_ok(dir.db, false);
    memcpy(first, store_lineage(store).ptr, LINEAGE_LEN);
    assert_int_equal(strspn(first, "0123456789abcdef"), LINEAGE_LEN);
    put_ok(store, 1, 10, 2);
    store_close(store);
    store = open_ok(dir.db, false);
    assert_text(store_lineage(store), first);                    /* outlives the process */
    uint64_t committed;
    assert_true(store_committed(store, &committed, &err));
    assert_int_equal(committed, 0);
    assert_true(store_note_committed(store, 1, &err) && store_committed(store, &committed, &err));
    assert_int_equal(committed, 1);
    assert_true(store_clear(store, &err) && store_committed(store, &committed, &err));
    assert_int_equal(committed, 0);
    memcpy(second, store_lineage(store).ptr, LINEAGE_LEN);
    assert_string_not_equal(first, second);
    expect_list(store, "");
    store_close(store);
    store = open_ok(dir.db, true);
    assert_text(store_lineage(store), second);
    store_close(store);
    dir_free(&dir);
}

static void readers_beside_a_writer(void **state)
{
    (void)state;
    Dir dir = dir_new();
    Err err = { 0 };
    assert_null(store_open(dir.db, true, &err));                 /* a reader makes no file */
    assert_int_not_equal(access(dir.db, F_OK), 0);
    CkptStore *store = open_ok(dir.db, false);
    put_ok(store, 1, 1000, 2);
    StrBuf bytes = noise(2, 1000);
    CkptInfo info = { .created_us = 1 };
    err_clear(&err);
    assert_true(store_begin(store, 2, &err) && store_put(store, strbuf_str(&bytes), &err));
    CkptStore *reader = open_ok(dir.db, true);
    expect_list(reader, "1 ");
    expect_load(reader, 1, 1000);
    assert_true(store_publish(store, &info, 2, &err));
    expect_list(reader, "2 1 ");
    expect_load(reader, 2, 1000);
    assert_false(store_begin(reader, 3, &err));
    assert_false(store_clear(reader, &err));
    expect_list(store, "2 1 ");
    store_close(reader);
    store_close(store);
    strbuf_free(&bytes);
    dir_free(&dir);
}

/* A writer that is killed in the middle of its transaction, with pages of it in the file already, leaves a journal that the next one rolls back: a
 * reader too, or `weir checkpoints` would fail until the job runs again. */
static void killed_writer(void **state)
{
    (void)state;
    for (int read_only = 0; read_only < 2; read_only++) {
        Dir dir = dir_new();
        CkptStore *store = open_ok(dir.db, false);
        put_ok(store, 1, 50000, 2);
        put_ok(store, 2, 50000, 2);
        store_close(store);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            Err err = { 0 };
            StrBuf bytes = noise(3, 32 << 20);                   /* more than SQLite's cache: pages are in the file before the commit */
            store = store_open(dir.db, false, &err);
            if (store && store_drop_newer(store, 1, &err) && store_begin(store, 3, &err) && store_put(store, strbuf_str(&bytes), &err)) kill(getpid(), SIGKILL);
            _exit(1);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        char journal[112];
        struct stat st;
        snprintf(journal, sizeof journal, "%s-journal", dir.db);
        assert_int_equal(stat(journal, &st), 0);
        assert_true(st.st_size > 0);                             /* hot */
        store = open_ok(dir.db, read_only);
        expect_list(store, "1 ");
        expect_load(store, 1, 50000);
        store_close(store);
        dir_free(&dir);
    }
}

/* --- damage --- */

static StrBuf read_file(const char *path)
{
    StrBuf out = { 0 };
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    strbuf_reserve(&out, (uint32_t)st.st_size + 1);
    out.len = (uint32_t)read(fd, out.ptr, (size_t)st.st_size);
    close(fd);
    return out;
}

static void write_file(const char *path, Str bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
    close(fd);
}

/* Whatever the damage: both checkpoints are what they were, or something is refused with a reason. true: refused. */
static bool refused_or_right(const char *path, bool read_only, const Str *wanted, const char *what, uint32_t at)
{
    Err err = { 0 };
    Arena *arena = arena_new();
    CkptList list = { 0 };
    StrBuf got = { 0 };
    CkptStore *store = store_open(path, read_only, &err);
    bool ok = store && store_list(store, arena, &list, &err);
    if (ok && (list.n != 2 || list.v[0].id < 2)) fail_msg("%s at %u: the list has %u checkpoints and no error", what, at, list.n);
    for (uint32_t i = 0; ok && i < 2; i++) {
        strbuf_clear(&got);
        ok = store_load(store, list.v[i].id, &got, &err);
        if (ok && !str_eq(strbuf_str(&got), wanted[2 - i])) fail_msg("%s at %u: checkpoint %u has other bytes and no error", what, at, 2 - i);
    }
    if (!ok && (!err.set || !err.message[0] || (err.code != E_SNAPSHOT && err.code != E_IO))) fail_msg("%s at %u: refused without a reason", what, at);
    store_close(store);
    strbuf_free(&got);
    arena_free(arena);
    return !ok;
}

static void every_byte(void **state)
{
    (void)state;
    Dir dir = dir_new();
    CkptStore *store = open_ok(dir.db, false);
    StrBuf bytes[3] = { { 0 }, noise(1, 900), noise(2, 1500) };
    Str wanted[3] = { STR_NULL, strbuf_str(&bytes[1]), strbuf_str(&bytes[2]) };
    put_ok(store, 1, 900, 2);
    put_ok(store, 2, 1500, 2);
    store_close(store);
    StrBuf file = read_file(dir.db);
    /* All bytes of the stored noise, and of the pages around it those that are not blank. */
    uint32_t refused = 0, tried = 0;
    for (uint32_t at = 0; at < file.len; at++) {
        if (!file.ptr[at] && at % 16) continue;
        char before = file.ptr[at];
        file.ptr[at] = (char)(before ^ (1 << at % 8));
        write_file(dir.db, strbuf_str(&file));
        refused += refused_or_right(dir.db, at % 2, wanted, "flipped byte", at);
        file.ptr[at] = before;
        tried++;
    }
    assert_true(tried > 2400 && refused > 2400);                 /* each byte of noise at the least */
    for (uint32_t len = 1; len < file.len; len += 311) {
        write_file(dir.db, str_sub(strbuf_str(&file), 0, len));
        assert_true(refused_or_right(dir.db, len % 2, wanted, "file cut", len));
    }
    for (int i = 0; i < 3; i++) strbuf_free(&bytes[i]);
    strbuf_free(&file);
    dir_free(&dir);
}

static void alter(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void rows_amiss(void **state)
{
    (void)state;
    static const char *const damages[] = {
        "DELETE FROM chunks WHERE seq = 2 << 24", "DELETE FROM chunks WHERE seq = (2 << 24) + 1", "DELETE FROM chunks WHERE seq = (2 << 24) + 2", "DELETE FROM chunks",
        "UPDATE chunks SET bytes = (SELECT bytes FROM chunks WHERE seq = 1 << 24) WHERE seq = 2 << 24",
        "UPDATE chunks SET bytes = (SELECT bytes FROM chunks WHERE seq = 1 << 24), sum = (SELECT sum FROM chunks WHERE seq = 1 << 24) WHERE seq = 2 << 24",
        "UPDATE chunks SET raw_len = raw_len - 1 WHERE seq = 2 << 24", "UPDATE chunks SET raw_len = 1 << 30 WHERE seq = 2 << 24", "UPDATE chunks SET raw_len = -1 WHERE seq = 2 << 24",
        "UPDATE chunks SET bytes = x'' WHERE seq = 2 << 24", "UPDATE chunks SET bytes = NULL WHERE 0; INSERT INTO chunks SELECT (2 << 24) + 3, raw_len, sum, bytes FROM chunks WHERE seq = 2 << 24",
        "DELETE FROM checkpoints WHERE id = 2", "DELETE FROM checkpoints", "UPDATE checkpoints SET id = 3 WHERE id = 2", "DELETE FROM meta WHERE key = 'lineage'",
        "DELETE FROM meta WHERE key = 'format'", "UPDATE meta SET value = '2' WHERE key = 'format'", "PRAGMA application_id = 0", "DROP TABLE checkpoints", "DROP TABLE meta", "DROP TABLE chunks",
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        Dir dir = dir_new();
        CkptStore *store = open_ok(dir.db, false);
        StrBuf bytes[3] = { { 0 }, noise(1, 2 * CHUNK + 5), noise(2, 2 * CHUNK + 5) };
        Str wanted[3] = { STR_NULL, strbuf_str(&bytes[1]), strbuf_str(&bytes[2]) };
        put_ok(store, 1, 2 * CHUNK + 5, 2);
        put_ok(store, 2, 2 * CHUNK + 5, 2);
        store_close(store);
        alter(dir.db, damages[i]);
        for (int read_only = 0; read_only < 2; read_only++)
            if (!refused_or_right(dir.db, read_only, wanted, damages[i], 0)) fail_msg("not seen: %s", damages[i]);
        for (int k = 0; k < 3; k++) strbuf_free(&bytes[k]);
        dir_free(&dir);
    }
}

static void no_store(void **state)
{
    (void)state;
    Dir dir = dir_new();
    Err err = { 0 };
    write_file(dir.db, STR("This is a text, and a long one at that: it has more than the hundred bytes of a header of a database file."));
    assert_null(store_open(dir.db, false, &err));
    assert_int_equal(err.code, E_SNAPSHOT);
    unlink(dir.db);
    alter(dir.db, "CREATE TABLE mine (a INT)");
    assert_null(store_open(dir.db, false, &err));                /* somebody else's database is left alone */
    assert_int_equal(err.code, E_SNAPSHOT);
    alter(dir.db, "SELECT a FROM mine");
    unlink(dir.db);
    /* An empty file is what a crash before the first commit leaves: a new store. */
    write_file(dir.db, STR_NULL);
    assert_null(store_open(dir.db, true, &err));
    CkptStore *store = open_ok(dir.db, false);
    put_ok(store, 1, 10, 2);
    store_close(store);
    dir_free(&dir);
}

/* --- failing calls --- */

static void faults(void **state)
{
    (void)state;
    static const char *const points[] = { "store.begin", "store.chunk", "store.commit" };
    Dir dir = dir_new();
    Err err = { 0 };
    fault_arm("store.open", 1);
    assert_null(store_open(dir.db, false, &err));
    assert_int_equal(err.code, E_IO);
    fault_disarm_all();
    CkptStore *store = open_ok(dir.db, false);
    put_ok(store, 1, 3 * CHUNK, 2);
    uint64_t id = 2;
    for (int i = 0; i < 3; i++) {
        for (uint64_t nth = 1;; nth++, id++) {
            StrBuf bytes = noise(id, 2 * CHUNK + 3);
            fault_arm(points[i], nth);
            err_clear(&err);
            bool ok = put(store, id, strbuf_str(&bytes), 70000, 2, &err);
            bool hit = fault_count(points[i]) >= nth;
            fault_disarm_all();
            strbuf_free(&bytes);
            assert_int_equal(ok, !hit);
            if (ok) break;
            assert_int_equal(err.code, E_IO);
            expect_load(store, 1, 3 * CHUNK);                    /* what was there is there still */
        }
        put_ok(store, 1000 + id++, 5, 2);
        put_ok(store, 2000 + id, 5, 1);
        err_clear(&err);
        assert_true(store_clear(store, &err));
        put_ok(store, 1, 3 * CHUNK, 2);
    }
    StrBuf out = { 0 };
    fault_arm("store.read", 1);
    assert_false(store_load(store, 1, &out, &err));
    fault_disarm_all();
    fault_arm("store.clear", 1);
    assert_false(store_clear(store, &err));
    fault_arm("store.clear", 1);
    assert_false(store_drop_newer(store, 0, &err));
    fault_arm("store.note", 1);
    assert_false(store_note_committed(store, 1, &err));
    fault_disarm_all();
    expect_load(store, 1, 3 * CHUNK);
    store_close(store);
    strbuf_free(&out);
    dir_free(&dir);
}

static void too_large(void **state)
{
    (void)state;
    CkptStore *store = open_ok(NULL, false);
    Err err = { 0 };
    StrBuf zeros = { 0 };
    strbuf_reserve(&zeros, 64 << 20);
    memset(zeros.ptr, 0, zeros.len = 64 << 20);
    assert_true(store_begin(store, 1, &err));
    uint32_t puts = 0;
    while (store_put(store, strbuf_str(&zeros), &err)) puts++;
    assert_int_equal(err.code, E_BUDGET);                        /* what could not be read back is not written */
    assert_int_equal(puts, 63);
    store_abort(store);
    expect_list(store, "");
    strbuf_free(&zeros);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back), cmocka_unit_test(facts), cmocka_unit_test(abort_leaves_nothing), cmocka_unit_test(old_ones_go), cmocka_unit_test(lineages),
        cmocka_unit_test(readers_beside_a_writer), cmocka_unit_test(killed_writer), cmocka_unit_test(every_byte), cmocka_unit_test(rows_amiss), cmocka_unit_test(no_store),
        cmocka_unit_test(faults), cmocka_unit_test(too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
