/* filesystem: reading files and directories (order, partitions, metadata, positions, new files), writing (hidden until durable, partitions, rolling,
 * restore, overwrite, markers), refusals. */
#include "tests/unit/conn.h"

#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/base/io.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Fs { char dir[64]; TestTable t; StrBuf out; Err err; } Fs;

static void fs_init(Fs *fs, const char *format)
{
    memset(fs, 0, sizeof *fs);
    snprintf(fs->dir, sizeof fs->dir, "/tmp/weir-files-XXXXXX");
    assert_non_null(mkdtemp(fs->dir));
    test_table_init(&fs->t);
    test_option(&fs->t, "path", fs->dir);
    test_option(&fs->t, "format", format);
}

static void shell(Fs *fs, const char *command)
{
    Str text = str_printf(fs->t.arena, "cd %s && (%s)%c", fs->dir, command, 0);
    assert_int_equal(system(text.ptr), 0);
}

static void fs_free(Fs *fs)
{
    Str text = str_printf(fs->t.arena, "rm -rf %s%c", fs->dir, 0);
    assert_int_equal(system(text.ptr), 0);
    strbuf_free(&fs->out);
    test_table_free(&fs->t);
}

static void put(Fs *fs, const char *name, const char *text)
{
    Str path = str_printf(fs->t.arena, "%s/%s%c", fs->dir, name, 0);
    Err err = { 0 };
    for (char *p = (char *)(uintptr_t)path.ptr + strlen(fs->dir) + 1; *p; p++)
        if (*p == '/') { *p = 0; mkdir(path.ptr, 0777); *p = '/'; }
    if (!io_write_file(path.ptr, str_of(text), &err)) fail_msg("%s", err.message);
}

static Str scan(Fs *fs, const TestScan *what)
{
    strbuf_clear(&fs->out);
    if (!test_scan(&fs->t, "filesystem", what, &fs->out, &fs->err)) fail_msg("%s: %s", fs->err.message, fs->err.detail);
    return strbuf_str(&fs->out);
}

/* Output of a command in the directory. */
static Str shown(Fs *fs, const char *command)
{
    Str text = str_printf(fs->t.arena, "cd %s && (%s)%c", fs->dir, command, 0);
    FILE *pipe = popen(text.ptr, "r");
    char buffer[4096];
    strbuf_clear(&fs->out);
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) strbuf_add(&fs->out, buffer, (uint32_t)n);
    pclose(pipe);
    return strbuf_str(&fs->out);
}

static void two_columns(Fs *fs)
{
    test_column(&fs->t, "s", type_string(true));
    test_column(&fs->t, "v", type_simple(TYPE_INT, true));
}

static void files_in_order(void **state)
{
    (void)state;
    Fs fs;
    fs_init(&fs, "csv");
    two_columns(&fs);
    put(&fs, "b.csv", "b,1\n\"two\nlines\",2\n");
    put(&fs, "a.csv", "a,1\na,2");
    put(&fs, "sub/c.csv", "c,1\r\nc,2\r\n");
    put(&fs, ".hidden", "x,1\n");
    put(&fs, "_SUCCESS", "");
    assert_text(scan(&fs, &(TestScan){ 0 }), "+I a | 1\n+I a | 2\n+I b | 1\n+I two\\nlines | 2\n+I c | 1\n+I c | 2\n");
    assert_text(scan(&fs, &(TestScan){ .has_limit = true, .limit = 3 }), "+I a | 1\n+I a | 2\n+I b | 1\n");
    Str file = str_printf(fs.t.arena, "file://%s/a.csv%c", fs.dir, 0);
    test_option(&fs.t, "path", file.ptr);
    assert_text(scan(&fs, &(TestScan){ 0 }), "+I a | 1\n+I a | 2\n");
    fs_free(&fs);
}

static void json_lines(void **state)
{
    (void)state;
    Fs fs;
    fs_init(&fs, "json");
    two_columns(&fs);
    put(&fs, "a", "{\"s\":\"x\",\"v\":1}\n\n[{\"s\":\"y\"},{\"v\":3}]\r\n{\"s\":\"z\"}");
    assert_text(scan(&fs, &(TestScan){ 0 }), "+I x | 1\n+I y | <NULL>\n+I <NULL> | 3\n+I z | <NULL>\n");
    put(&fs, "b", "{\"s\":\"x\",\"v\":1}\nnonsense\n");
    assert_false(test_scan(&fs.t, "filesystem", &(TestScan){ 0 }, &fs.out, &fs.err));
    assert_int_equal(fs.err.code, E_BAD_RECORD);
    assert_non_null(strstr(fs.err.detail, "record: nonsense"));
    assert_non_null(strstr(fs.err.detail, "/b\" at byte 16"));
    fs_free(&fs);
}

static void partitions_and_metadata(void **state)
{
    (void)state;
    Fs fs;
    static const Str keys[] = { { "d", 1 }, { "n", 1 } };
    fs_init(&fs, "csv");
    two_columns(&fs);
    test_column(&fs.t, "n", type_simple(TYPE_INT, true));
    test_column(&fs.t, "d", type_string(true));
    fs.t.table.partition = keys;
    fs.t.table.npartition = 2;
    put(&fs, "d=c%3Dd%2Fe/n=7/f1", "a,1\n");
    put(&fs, "d=__DEFAULT_PARTITION__/n=-1/f2", "b,2\n");
    assert_text(scan(&fs, &(TestScan){ 0 }), "+I b | 2 | -1 | <NULL>\n+I a | 1 | 7 | c=d/e\n");
    const Column cols[] = { fs.t.cols[3], { STR("name"), type_string(false) }, { STR("size"), type_simple(TYPE_BIGINT, false) } };
    const Schema out = { cols, 3 };
    const uint32_t physical[] = { 3 };
    const Str metadata[] = { STR("file.name"), STR("file.size") };
    assert_text(scan(&fs, &(TestScan){ .out = &out, .physical = physical, .nphysical = 1, .metadata = metadata, .nmetadata = 2 }), "+I <NULL> | f2 | 4\n+I c=d/e | f1 | 4\n");
    put(&fs, "plain", "c,3\n");
    assert_false(test_scan(&fs.t, "filesystem", &(TestScan){ 0 }, &fs.out, &fs.err));
    assert_non_null(strstr(fs.err.message, "does not stand in a directory"));
    fs_free(&fs);
}

/* Restored at every batch, with records of one row and of thousands, the rows are those of one scan. */
static void positions(void **state)
{
    (void)state;
    Fs fs;
    StrBuf text = { 0 }, all = { 0 }, parts = { 0 }, position = { 0 };
    fs_init(&fs, "json");
    test_column(&fs.t, "v", type_simple(TYPE_INT, true));
    for (int f = 0; f < 3; f++) {
        char name[16];
        strbuf_clear(&text);
        for (int i = 0; i < 3000; i++) {
            if (f == 1) strbuf_addf(&text, "%s{\"v\":%d}%s", i ? "," : "[", i, i == 2999 ? "]\n" : "");
            else strbuf_addf(&text, "{\"v\":%d}\n", f * 10000 + i);
        }
        snprintf(name, sizeof name, "f%d", f);
        put(&fs, name, strbuf_cstr(&text));
    }
    strbuf_adds(&all, scan(&fs, &(TestScan){ 0 }));
    for (int round = 0; round < 20 && parts.len < all.len; round++) {
        StrBuf next = { 0 };
        if (!test_scan(&fs.t, "filesystem", &(TestScan){ .saved = strbuf_str(&position), .stop_after = 1, .position = &next }, &parts, &fs.err)) fail_msg("%s", fs.err.message);
        strbuf_free(&position);
        position = next;
    }
    assert_int_equal(parts.len, all.len);
    assert_memory_equal(parts.ptr, all.ptr, all.len);
    strbuf_free(&text);
    strbuf_free(&all);
    strbuf_free(&parts);
    strbuf_free(&position);
    fs_free(&fs);
}

static void new_files_are_found(void **state)
{
    (void)state;
    Fs fs;
    fs_init(&fs, "csv");
    two_columns(&fs);
    test_option(&fs.t, "source.monitor-interval", "1 s");
    const ConnectorDef *def = connector_find(STR("filesystem"));
    assert_false(def->bounded(&fs.t.table));
    put(&fs, "a", "a,1\n");
    const uint32_t physical[] = { 0, 1 };
    SourceSpec spec = { .table = &fs.t.table, .out = &fs.t.table.physical, .physical = physical, .nphysical = 2, .limit = -1, .parallel_count = 1 };
    clock_freeze(1000000);
    Source *source = def->source->open(&spec, STR_NULL, &fs.err);
    assert_non_null(source);
    const Batch *batch;
    assert_int_equal(def->source->poll(source, 100, &batch, &fs.err), POLL_DATA);
    assert_int_equal(def->source->poll(source, 100, &batch, &fs.err), POLL_IDLE);
    put(&fs, "b", "b,2\n");
    PollResult result = POLL_IDLE;
    for (int i = 0; i < 30 && result == POLL_IDLE; i++) result = def->source->poll(source, 100, &batch, &fs.err);
    assert_int_equal(result, POLL_DATA);
    batch_print(batch, spec.out, &fs.out);
    assert_text(strbuf_str(&fs.out), "+I b | 2\n");
    def->source->close(source);
    clock_thaw();
    fs_free(&fs);
}

/* ---- writing ---- */

typedef struct Writer { const SinkVt *vt; SinkSpec spec; Sink *sink; } Writer;

static void writer_open(Writer *w, Fs *fs, Str saved)
{
    *w = (Writer){ .vt = connector_find(STR("filesystem"))->sink, .spec = { .table = &fs->t.table, .in = &fs->t.table.physical, .changes = CHANGES_INSERT, .rowtime = -1, .parallel_count = 1 } };
    w->sink = w->vt->open(&w->spec, saved, &fs->err);
    if (!w->sink) fail_msg("%s", fs->err.message);
}
static void writer_write(Writer *w, Fs *fs, const char *rows)
{
    BatchBuilder b;
    if (!w->vt->write(w->sink, test_batch(&b, w->spec.in, rows), &fs->err)) fail_msg("%s", fs->err.message);
    builder_free(&b);
}

static void hidden_until_durable(void **state)
{
    (void)state;
    Fs fs;
    Writer w;
    StrBuf handle = { 0 }, second = { 0 };
    fs_init(&fs, "csv");
    two_columns(&fs);
    writer_open(&w, &fs, STR_NULL);
    writer_write(&w, &fs, "+I a | 1\n+I b c | 2\n");
    assert_text(shown(&fs, "ls"), "");
    assert_true(w.vt->prepare(w.sink, 1, &handle, &fs.err));
    assert_text(shown(&fs, "ls"), "");
    assert_text(shown(&fs, "cat .part-*"), "a,1\n\"b c\",2\n");
    writer_write(&w, &fs, "+I d | 3\n");
    assert_true(w.vt->commit(w.sink, 1, &fs.err));
    assert_text(shown(&fs, "cat part-*"), "a,1\n\"b c\",2\n");
    assert_true(w.vt->prepare(w.sink, 2, &second, &fs.err));
    writer_write(&w, &fs, "+I lost | 4\n");
    w.vt->close(w.sink);                         /* a crash: checkpoint 2 is durable, its commit never came */
    writer_open(&w, &fs, strbuf_str(&second));
    assert_text(shown(&fs, "cat part-*-0 part-*-1; ls -A | wc -l"), "a,1\n\"b c\",2\nd,3\n2\n");
    writer_write(&w, &fs, "+I e | 5\n");
    assert_true(w.vt->finish(w.sink, &fs.err));
    w.vt->close(w.sink);
    assert_text(scan(&fs, &(TestScan){ .has_limit = true, .limit = 10 }).len ? shown(&fs, "cat part-* | sort; ls -A | wc -l") : STR_NULL, "\"b c\",2\na,1\nd,3\ne,5\n3\n");
    /* What an older checkpoint would write again is there already. */
    for (int i = 0; i < 2; i++) {
        assert_null(w.vt->open(&w.spec, strbuf_str(i ? &second : &handle), &fs.err));
        assert_int_equal(fs.err.code, E_SNAPSHOT);
        assert_non_null(strstr(fs.err.message, "its rows would be written twice"));
        err_clear(&fs.err);
    }
    assert_text(shown(&fs, "ls -A | wc -l"), "3\n");
    strbuf_free(&handle);
    strbuf_free(&second);
    fs_free(&fs);
}

static void partitions_are_written(void **state)
{
    (void)state;
    Fs fs;
    Writer w;
    static const Str keys[] = { { "d", 1 } };
    fs_init(&fs, "json");
    two_columns(&fs);
    test_column(&fs.t, "d", type_string(true));
    fs.t.table.partition = keys;
    fs.t.table.npartition = 1;
    test_option(&fs.t, "sink.partition-commit.policy.kind", "success-file");
    writer_open(&w, &fs, STR_NULL);
    writer_write(&w, &fs, "+I a | 1 | x y\n+I b | 2 | c=d/e\n+I c | 3 | <NULL>\n+I d | 4 | x y\n+I e | 5 | \n");
    assert_true(w.vt->finish(w.sink, &fs.err));
    w.vt->close(w.sink);
    assert_text(shown(&fs, "find . -type f | sed 's/part-.*/part/' | sort"),
                "./d=__DEFAULT_PARTITION__/_SUCCESS\n./d=__DEFAULT_PARTITION__/part\n./d=c%3Dd%2Fe/_SUCCESS\n./d=c%3Dd%2Fe/part\n./d=x y/_SUCCESS\n./d=x y/part\n");
    assert_text(shown(&fs, "cat 'd=x y'/part*"), "{\"s\":\"a\",\"v\":1}\n{\"s\":\"d\",\"v\":4}\n");
    assert_text(scan(&fs, &(TestScan){ 0 }), "+I c | 3 | <NULL>\n+I e | 5 | <NULL>\n+I b | 2 | c=d/e\n+I a | 1 | x y\n+I d | 4 | x y\n");
    fs_free(&fs);
}

static void partition_time_decides(void **state)
{
    (void)state;
    Fs fs;
    Writer w;
    StrBuf handle = { 0 };
    static const Str keys[] = { { "dt", 2 }, { "hm", 2 } };
    fs_init(&fs, "csv");
    test_column(&fs.t, "ts", type_time(fs.t.arena, TYPE_TIMESTAMP, 3, true));
    test_column(&fs.t, "dt", type_string(true));
    test_column(&fs.t, "hm", type_string(true));
    fs.t.table.partition = keys;
    fs.t.table.npartition = 2;
    test_option(&fs.t, "sink.partition-commit.policy.kind", "success-file");
    test_option(&fs.t, "sink.partition-commit.trigger", "partition-time");
    test_option(&fs.t, "sink.partition-commit.delay", "1 min");
    test_option(&fs.t, "partition.time-extractor.timestamp-pattern", "$dt $hm:00");
    w.vt = connector_find(STR("filesystem"))->sink;
    w.spec = (SinkSpec){ .table = &fs.t.table, .in = &fs.t.table.physical, .changes = CHANGES_INSERT, .rowtime = 0, .parallel_count = 1 };
    w.sink = w.vt->open(&w.spec, STR_NULL, &fs.err);
    writer_write(&w, &fs, "+I 2024-01-01 10:00:30.000 | 2024-01-01 | 10:00\n+I 2024-01-01 10:01:59.000 | 2024-01-01 | 10:01\n");
    assert_true(w.vt->prepare(w.sink, 1, &handle, &fs.err) && w.vt->commit(w.sink, 1, &fs.err));
    assert_text(shown(&fs, "find . -name _SUCCESS"), "./dt=2024-01-01/hm=10%3A00/_SUCCESS\n");
    writer_write(&w, &fs, "+I 2024-01-01 10:02:00.000 | 2024-01-01 | 10:02\n");
    assert_true(w.vt->prepare(w.sink, 2, &handle, &fs.err) && w.vt->commit(w.sink, 2, &fs.err));
    assert_text(shown(&fs, "find . -name _SUCCESS | sort"), "./dt=2024-01-01/hm=10%3A00/_SUCCESS\n./dt=2024-01-01/hm=10%3A01/_SUCCESS\n");
    assert_true(w.vt->finish(w.sink, &fs.err));
    assert_text(shown(&fs, "find . -name _SUCCESS | wc -l"), "3\n");
    w.vt->close(w.sink);
    strbuf_free(&handle);
    fs_free(&fs);
}

static void files_roll(void **state)
{
    (void)state;
    Fs fs;
    Writer w;
    fs_init(&fs, "csv");
    two_columns(&fs);
    test_option(&fs.t, "sink.rolling-policy.file-size", "8 b");
    test_option(&fs.t, "sink.rolling-policy.rollover-interval", "10 s");
    test_option(&fs.t, "sink.rolling-policy.check-interval", "5 s");
    clock_freeze(1000000);
    writer_open(&w, &fs, STR_NULL);
    writer_write(&w, &fs, "+I a | 1\n+I b | 2\n+I c | 3\n");
    int64_t due = w.vt->next_deadline_us(w.sink);
    assert_int_equal(due, clock_monotonic_us() + 5000000);
    clock_advance(10000000);
    assert_true(w.vt->tick(w.sink, clock_monotonic_us(), &fs.err));
    writer_write(&w, &fs, "+I d | 4\n");
    assert_true(w.vt->finish(w.sink, &fs.err));
    w.vt->close(w.sink);
    clock_thaw();
    assert_text(shown(&fs, "for f in part-*; do cat $f; echo; done"), "a,1\nb,2\n\nc,3\n\nd,4\n\n");
    fs_free(&fs);
}

static void overwriting(void **state)
{
    (void)state;
    Fs fs;
    Writer w;
    fs_init(&fs, "csv");
    two_columns(&fs);
    put(&fs, "part-old", "old,1\n");
    put(&fs, "_SUCCESS", "");
    writer_open(&w, &fs, STR_NULL);
    w.spec.overwrite = true;
    writer_write(&w, &fs, "+I new | 2\n");
    assert_text(scan(&fs, &(TestScan){ 0 }), "+I old | 1\n");
    assert_true(w.vt->finish(w.sink, &fs.err));
    w.vt->close(w.sink);
    assert_text(scan(&fs, &(TestScan){ 0 }), "+I new | 2\n");
    fs_free(&fs);
}

static void many_partitions(void **state)
{
    (void)state;
    Fs fs;
    Writer w;
    static const Str keys[] = { { "v", 1 } };
    StrBuf rows = { 0 };
    fs_init(&fs, "csv");
    two_columns(&fs);
    fs.t.table.partition = keys;
    fs.t.table.npartition = 1;
    writer_open(&w, &fs, STR_NULL);
    for (int i = 0; i < 600; i++) strbuf_addf(&rows, "+I a | %d\n", i % 300);
    writer_write(&w, &fs, strbuf_cstr(&rows));
    assert_true(w.vt->finish(w.sink, &fs.err));
    w.vt->close(w.sink);
    assert_text(shown(&fs, "cat */part-* | wc -l; ls | wc -l"), "600\n300\n");
    strbuf_free(&rows);
    fs_free(&fs);
}

static void refusals(void **state)
{
    (void)state;
    Fs fs;
    const ConnectorDef *def = connector_find(STR("filesystem"));
    fs_init(&fs, "csv");
    two_columns(&fs);
    assert_true(def->check(&fs.t.table, true, &fs.err));
    test_option(&fs.t, "path", "s3://bucket/key");
    assert_false(def->check(&fs.t.table, true, &fs.err));
    assert_string_equal(fs.err.message, "connector 'filesystem' cannot reach \"s3://\"");
    test_option(&fs.t, "path", "/nowhere/at/all");
    err_clear(&fs.err);
    assert_false(test_scan(&fs.t, "filesystem", &(TestScan){ 0 }, &fs.out, &fs.err));
    assert_string_equal(fs.err.message, "cannot read \"/nowhere/at/all\": No such file or directory");
    test_option(&fs.t, "path", fs.dir);
    test_option(&fs.t, "format", "parquet");
    err_clear(&fs.err);
    assert_false(def->check(&fs.t.table, true, &fs.err));
    assert_string_equal(fs.err.message, "format \"parquet\" does not exist");
    test_option(&fs.t, "format", "csv");
    put(&fs, "a.csv.gz", "x");
    err_clear(&fs.err);
    assert_false(test_scan(&fs.t, "filesystem", &(TestScan){ 0 }, &fs.out, &fs.err));
    assert_int_equal(fs.err.code, E_UNSUPPORTED);
    fs_free(&fs);
}

/* Whatever fails, no file becomes visible half written. */
static void faults(void **state)
{
    (void)state;
    static const char *const points[] = { "fs.open", "fs.write", "fs.fsync", "fs.rename", "fs.fsyncdir" };
    for (int i = 0; i < 5; i++) {
        Fs fs;
        Writer w;
        fs_init(&fs, "csv");
        two_columns(&fs);
        writer_open(&w, &fs, STR_NULL);
        fault_arm(points[i], 1);
        BatchBuilder b;
        bool ok = w.vt->write(w.sink, test_batch(&b, w.spec.in, "+I a | 1\n"), &fs.err) && w.vt->finish(w.sink, &fs.err);
        assert_false(ok);
        assert_int_equal(fs.err.code, E_IO);
        fault_disarm_all();
        builder_free(&b);
        w.vt->close(w.sink);
        assert_text(shown(&fs, "ls"), "");
        shell(&fs, "true");
        fs_free(&fs);
    }
}

/* A listing that breaks off is no shorter listing: rows would be missing without a word. */
static void listings_fail(void **state)
{
    (void)state;
    static const char *const points[] = { "fs.opendir", "fs.readdir", "fs.stat" };
    for (int i = 0; i < 3; i++) {
        uint64_t failures = 0;
        for (uint64_t nth = 1;; nth++) {
            Fs fs;
            fs_init(&fs, "csv");
            two_columns(&fs);
            put(&fs, "a.csv", "a,1\n");
            put(&fs, "sub/b.csv", "b,1\n");
            fault_arm(points[i], nth);
            bool ok = test_scan(&fs.t, "filesystem", &(TestScan){ 0 }, &fs.out, &fs.err);
            bool hit = fault_count(points[i]) >= nth;
            fault_disarm_all();
            assert_int_equal(ok, !hit);
            if (ok) assert_text(strbuf_str(&fs.out), "+I a | 1\n+I b | 1\n");
            else assert_int_equal(fs.err.code, E_IO);
            failures += hit;
            fs_free(&fs);
            if (!hit) break;
        }
        assert_true(failures >= 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_in_order), cmocka_unit_test(json_lines), cmocka_unit_test(partitions_and_metadata), cmocka_unit_test(positions),
        cmocka_unit_test(new_files_are_found), cmocka_unit_test(hidden_until_durable), cmocka_unit_test(partitions_are_written),
        cmocka_unit_test(partition_time_decides), cmocka_unit_test(files_roll), cmocka_unit_test(overwriting), cmocka_unit_test(many_partitions),
        cmocka_unit_test(refusals), cmocka_unit_test(faults), cmocka_unit_test(listings_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
