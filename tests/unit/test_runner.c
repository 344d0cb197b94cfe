/* The runner's checkpoints, on one thread under a frozen clock: fresh starts, restores, damage, changed queries, failures, the end, and that a
 * forked child writes what the job itself would. Rows come from the fixture, one a step; they go into a target of this program. */
#include "tests/unit/plan_text.h"

#include <sqlite3.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/base/log.h"
#include "engine/run/runner.h"

/* --- a target --- */

struct Sink { const Schema *schema; StrBuf pending; };
static StrBuf target;
static uint32_t commits;

static Sink *target_open(const SinkSpec *spec, Str saved, Err *err)
{
    (void)saved;
    (void)err;
    Sink *sink = xcalloc(1, sizeof *sink);
    sink->schema = spec->in;
    return sink;
}

static bool target_write(Sink *sink, const Batch *batch, Err *err)
{
    (void)err;
    batch_print(batch, sink->schema, &sink->pending);
    return true;
}

static bool target_prepare(Sink *sink, uint64_t ckpt_id, StrBuf *handle, Err *err)
{
    (void)ckpt_id;
    (void)handle;
    (void)err;
    strbuf_adds(&target, strbuf_str(&sink->pending));
    strbuf_clear(&sink->pending);
    return true;
}

static bool target_commit(Sink *sink, uint64_t ckpt_id, Err *err)
{
    (void)sink;
    (void)ckpt_id;
    (void)err;
    commits++;
    return true;
}

static void target_close(Sink *sink)
{
    strbuf_free(&sink->pending);
    free(sink);
}

static uint8_t target_changes(const ConnTable *table)
{
    (void)table;
    return CHANGES_ALL;
}

static const OptionDef no_options[] = { { 0 } };
static const SinkVt target_vt = { .open = target_open, .write = target_write, .prepare = target_prepare, .commit = target_commit, .close = target_close };
static const ConnectorDef target_def = { .name = "target", .caps = CONN_SINK, .options = no_options, .sink_changes = target_changes, .sink = &target_vt, .doc = "A target of the test." };

/* --- a rig --- */

static const char tables[] = "CREATE TABLE t (k STRING, n INT) WITH ('connector'='fixture'); CREATE TABLE o (k STRING, s INT, c BIGINT) WITH ('connector'='target');";
static const char grouped[] = "INSERT INTO o SELECT k, SUM(n), COUNT(*) FROM t GROUP BY k;";
/* Lines of another table part the batches. */
static const char lines[] = "+I t {\"k\":\"a\",\"n\":1}\n+I x {}\n+I t {\"k\":\"b\",\"n\":2}\n+I x {}\n+I t {\"k\":\"a\",\"n\":3}\n+I x {}\n+I t {\"k\":\"a\",\"n\":4}\n+I x {}\n+I t {\"k\":\"b\",\"n\":5}\n";

typedef struct Rig { char root[64], db[96]; PlanTest plan; JobConfig config; Runner runner; bool ready; } Rig;

static void rig_new(Rig *rig)
{
    memset(rig, 0, sizeof *rig);
    snprintf(rig->root, sizeof rig->root, "/tmp/weir-runner.XXXXXX");
    assert_non_null(mkdtemp(rig->root));
    snprintf(rig->db, sizeof rig->db, "%s/job/checkpoints.db", rig->root);
    strbuf_clear(&target);
    commits = 0;
    clock_freeze(1700000000000000);
    rig->config = (JobConfig){ .inline_input = str_of(lines), .state_dir = rig->root, .state_name = STR("job"), .single_threaded = true };
}

/* Plans and opens; false: rig->plan.err. */
static bool rig_start(Rig *rig, const char *settings, const char *insert)
{
    rig->plan = plan_test_new();
    if (!plan_test_run(&rig->plan, tables) || !plan_test_run(&rig->plan, settings) || !plan_test_run(&rig->plan, insert)) fail_msg("%s", rig->plan.err.message);
    rig->ready = true;
    return runner_init(&rig->runner, rig->plan.plan, &rig->config, &rig->plan.err) && runner_open(&rig->runner, &rig->plan.err);
}

/* As after kill -9: nothing is flushed or committed. */
static void rig_drop(Rig *rig)
{
    if (!rig->ready) return;
    runner_free(&rig->runner);
    plan_test_free(&rig->plan);
    rig->ready = false;
}

static void rig_free(Rig *rig)
{
    static const char *const files[] = { "checkpoints.db", "checkpoints.db-journal", "lock" };
    char text[160];
    rig_drop(rig);
    clock_thaw();
    for (int i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "%s/job/%s", rig->root, files[i]);
        unlink(text);
    }
    snprintf(text, sizeof text, "%s/job", rig->root);
    rmdir(text);
    assert_int_equal(rmdir(rig->root), 0);
}

static void rig_start_ok(Rig *rig, const char *settings)
{
    if (!rig_start(rig, settings, grouped)) fail_msg("%s", rig->plan.err.message);
}

static StepResult step(Rig *rig)
{
    rig->plan.err = (Err){ 0 };
    StepResult result = runner_step(&rig->runner, 0, &rig->plan.err);
    return result;
}

/* So many rows, each followed by a checkpoint. */
static void rows_with_checkpoints(Rig *rig, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (step(rig) != STEP_WORKED) fail_msg("%s", rig->plan.err.message);
        clock_advance(1000000);
    }
}

static void run_to_end(Rig *rig)
{
    StepResult result = STEP_WORKED;
    for (int i = 0; i < 100 && (result == STEP_WORKED || result == STEP_IDLE); i++) result = step(rig);
    if (result != STEP_ENDED) fail_msg("%s", rig->plan.err.message);
}

static void change(const Rig *rig, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(rig->db, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

#define EACH_SECOND "SET 'execution.checkpointing.interval' = '1 s';"

/* --- starts and restores --- */

static void fresh_and_restored(void **state)
{
    (void)state;
    Rig rig;
    rig_new(&rig);
    rig_start_ok(&rig, EACH_SECOND);
    assert_int_equal(rig.runner.restored, 0);
    rows_with_checkpoints(&rig, 3);                              /* checkpoints 1 and 2 are taken before the second and third row */
    assert_int_equal(rig.runner.done, 2);
    assert_int_equal(commits, 2);
    assert_text(strbuf_str(&target), "+I a | 1 | 1\n+I b | 2 | 1\n");
    rig_drop(&rig);
    strbuf_clear(&target);
    rig_start_ok(&rig, EACH_SECOND);
    assert_int_equal(rig.runner.restored, 2);
    assert_int_equal(rig.runner.next_id, 3);
    run_to_end(&rig);
    assert_text(strbuf_str(&target), "-U a | 1 | 1\n+U a | 4 | 2\n-U a | 4 | 2\n+U a | 8 | 3\n-U b | 2 | 1\n+U b | 7 | 2\n");
    rig_free(&rig);
}

static void stops_and_goes_on(void **state)
{
    (void)state;
    Rig rig;
    rig_new(&rig);
    rig_start_ok(&rig, EACH_SECOND);
    assert_int_equal(step(&rig), STEP_WORKED);
    assert_true(runner_stop(&rig.runner, &rig.plan.err));
    assert_text(strbuf_str(&target), "+I a | 1 | 1\n");
    rig_drop(&rig);
    rig_start_ok(&rig, EACH_SECOND);
    assert_int_equal(rig.runner.restored, 1);
    run_to_end(&rig);
    assert_text(strbuf_str(&target), "+I a | 1 | 1\n+I b | 2 | 1\n-U a | 1 | 1\n+U a | 4 | 2\n-U a | 4 | 2\n+U a | 8 | 3\n-U b | 2 | 1\n+U b | 7 | 2\n");
    rig_free(&rig);
}

static void the_end_leaves_nothing(void **state)
{
    (void)state;
    Rig rig;
    rig_new(&rig);
    rig_start_ok(&rig, EACH_SECOND);
    rows_with_checkpoints(&rig, 2);
    assert_int_equal(access(rig.db, F_OK), 0);
    run_to_end(&rig);
    char folder[96];
    snprintf(folder, sizeof folder, "%s/job", rig.root);
    assert_int_not_equal(access(folder, F_OK), 0);
    rig_free(&rig);
}

static void fresh_by_wish(void **state)
{
    (void)state;
    Rig rig;
    rig_new(&rig);
    rig_start_ok(&rig, EACH_SECOND);
    rows_with_checkpoints(&rig, 3);
    char before[LINEAGE_LEN + 1];
    memcpy(before, rig.runner.lineage, sizeof before);
    rig_drop(&rig);
    rig.config.fresh = true;
    rig_start_ok(&rig, EACH_SECOND);
    assert_int_equal(rig.runner.restored, 0);
    assert_string_not_equal(rig.runner.lineage, before);
    rig_free(&rig);
}

/* A restart within the process begins from the store as well, in memory too. */
static void begins_again(void **state)
{
    (void)state;
    for (int on_disk = 0; on_disk < 2; on_disk++) {
        Rig rig;
        rig_new(&rig);
        if (!on_disk) rig.config.state_dir = NULL;
        rig_start_ok(&rig, EACH_SECOND);
        rows_with_checkpoints(&rig, 3);
        runner_close_pipeline(&rig.runner);
        assert_true(runner_open(&rig.runner, &rig.plan.err));
        assert_int_equal(rig.runner.restored, 2);
        run_to_end(&rig);
        assert_text(strbuf_str(&target), "+I a | 1 | 1\n+I b | 2 | 1\n-U a | 1 | 1\n+U a | 4 | 2\n-U a | 4 | 2\n+U a | 8 | 3\n-U b | 2 | 1\n+U b | 7 | 2\n");
        rig_free(&rig);
    }
}

/* --- damage --- */

static void the_one_before(void **state)
{
    (void)state;
    Rig rig;
    rig_new(&rig);
    rig_start_ok(&rig, EACH_SECOND);
    rows_with_checkpoints(&rig, 4);
    rig_drop(&rig);
    change(&rig, "UPDATE chunks SET sum = sum + 1 WHERE seq >> 24 = 3");
    strbuf_clear(&target);
    rig_start_ok(&rig, EACH_SECOND);
    assert_int_equal(rig.runner.restored, 2);
    assert_int_equal(rig.runner.next_id, 4);                     /* no number is used twice */
    Arena *arena = arena_new();
    CkptList list = { 0 };
    assert_true(store_list(rig.runner.store, arena, &list, &rig.plan.err));
    assert_int_equal(list.n, 1);                                 /* the damaged one has gone: it does not count among those kept */
    assert_int_equal(list.v[0].id, 2);
    arena_free(arena);
    run_to_end(&rig);
    assert_text(strbuf_str(&target), "-U a | 1 | 1\n+U a | 4 | 2\n-U a | 4 | 2\n+U a | 8 | 3\n-U b | 2 | 1\n+U b | 7 | 2\n");
    rig_free(&rig);
}

static void none_can_be_read(void **state)
{
    (void)state;
    static const char *const damages[] = { "UPDATE chunks SET sum = sum + 1", "DELETE FROM chunks", "DELETE FROM checkpoints", "DROP TABLE checkpoints" };
    for (int i = 0; i < 4; i++) {
        Rig rig;
        rig_new(&rig);
        rig_start_ok(&rig, EACH_SECOND);
        rows_with_checkpoints(&rig, 4);
        rig_drop(&rig);
        change(&rig, damages[i]);
        bool ok = rig_start(&rig, EACH_SECOND, grouped);
        if (ok) fail_msg("started after: %s", damages[i]);
        assert_int_equal(rig.plan.err.code, i < 3 ? E_SNAPSHOT : E_IO);
        if (i < 3) assert_non_null(strstr(rig.plan.err.hint, "--fresh"));
        rig_drop(&rig);
        rig.config.fresh = true;
        rig_start_ok(&rig, EACH_SECOND);
        rig_free(&rig);
    }
}

static void unreadable_disk(void **state)
{
    (void)state;
    Rig rig;
    rig_new(&rig);
    rig_start_ok(&rig, EACH_SECOND);
    rows_with_checkpoints(&rig, 3);
    rig_drop(&rig);
    /* A call that fails is no damage: an older checkpoint is not taken instead. */
    fault_arm("store.read", 1);
    assert_false(rig_start(&rig, EACH_SECOND, grouped));
    fault_disarm_all();
    assert_int_equal(rig.plan.err.code, E_IO);
    rig_drop(&rig);
    rig_start_ok(&rig, EACH_SECOND);
    assert_int_equal(rig.runner.restored, 2);
    rig_free(&rig);
}

/* --- changed queries --- */

static void changed_query(void **state)
{
    (void)state;
    static const char changed[] = "INSERT INTO o SELECT k, n, CAST(n AS BIGINT) FROM t;";
    static const char *const ignoring = EACH_SECOND "SET 'execution.state-recovery.ignore-unclaimed-state' = 'true';";
    for (int way = 0; way < 3; way++) {
        Rig rig;
        rig_new(&rig);
        rig_start_ok(&rig, EACH_SECOND);
        rows_with_checkpoints(&rig, 3);
        rig_drop(&rig);
        strbuf_clear(&target);
        rig.config.allow_unclaimed = way == 1;
        bool ok = rig_start(&rig, way == 2 ? ignoring : EACH_SECOND, changed);
        assert_int_equal(ok, way > 0);
        if (!ok) {
            assert_int_equal(rig.plan.err.code, E_SNAPSHOT);
            assert_non_null(strstr(rig.plan.err.detail, "GroupAggregate"));
            assert_non_null(strstr(rig.plan.err.hint, "--allow-non-restored-state"));
            rig_drop(&rig);
            rig_start_ok(&rig, EACH_SECOND);                     /* the refusal has cost nothing */
            assert_int_equal(rig.runner.restored, 2);
        } else {
            run_to_end(&rig);                                    /* the source's position is carried over */
            assert_text(strbuf_str(&target), "+I a | 3 | 3\n+I a | 4 | 4\n+I b | 5 | 5\n");
        }
        rig_free(&rig);
    }
}

/* --- failing and slow checkpoints --- */

static void failures_are_borne(void **state)
{
    (void)state;
    Rig rig;
    rig_new(&rig);
    rig_start_ok(&rig, EACH_SECOND);
    rows_with_checkpoints(&rig, 1);
    fault_arm("store.commit", 1);
    rows_with_checkpoints(&rig, 1);
    fault_disarm_all();
    assert_int_equal(rig.runner.failed, 1);
    assert_int_equal(rig.runner.done, 0);
    assert_int_equal(commits, 0);                                /* nothing is committed that is not durable */
    rows_with_checkpoints(&rig, 1);
    assert_int_equal(rig.runner.done, 1);
    assert_int_equal(rig.runner.failed_in_row, 0);
    rig_drop(&rig);
    rig_start_ok(&rig, EACH_SECOND);
    assert_int_equal(rig.runner.restored, 2);
    rig_free(&rig);
}

static void too_many_failures(void **state)
{
    (void)state;
    Rig rig;
    rig_new(&rig);
    rig_start_ok(&rig, EACH_SECOND "SET 'execution.checkpointing.tolerable-failed-checkpoints' = '1';");
    rows_with_checkpoints(&rig, 1);
    fault_arm("store.commit", 1);
    rows_with_checkpoints(&rig, 1);
    fault_arm("store.begin", 1);
    assert_int_equal(step(&rig), STEP_FAILED);
    fault_disarm_all();
    assert_int_equal(rig.plan.err.code, E_IO);
    assert_true(rig.plan.err.retriable);                         /* a restart strategy may begin again */
    rig_free(&rig);
}

static bool later_now;
static bool later(void)
{
    return later_now;
}

static void too_slow(void **state)
{
    (void)state;
    Rig rig;
    rig_new(&rig);
    rig.config.store_now = later;
    later_now = false;
    rig_start_ok(&rig, EACH_SECOND "SET 'execution.checkpointing.timeout' = '2500 ms';");
    rows_with_checkpoints(&rig, 2);
    assert_int_equal(rig.runner.in_flight, 1);
    rows_with_checkpoints(&rig, 1);
    assert_int_equal(commits, 0);
    assert_false(rig.runner.gave_up);
    rows_with_checkpoints(&rig, 2);                              /* more than 2.5 s old: the writer is asked to give up */
    assert_true(rig.runner.gave_up);
    assert_int_equal(rig.runner.in_flight, 1);                   /* one at a time, until the writer has seen it */
    later_now = true;
    (void)step(&rig);
    assert_int_equal(rig.runner.failed, 1);
    assert_int_equal(rig.runner.in_flight, 0);
    rig_free(&rig);
}

/* What is committed when a checkpoint has become durable is what was there at its barrier. */
static void in_flight(void **state)
{
    (void)state;
    Rig rig;
    rig_new(&rig);
    rig.config.store_now = later;
    later_now = false;
    rig_start_ok(&rig, EACH_SECOND "SET 'execution.checkpointing.min-pause' = '5 s';");
    rows_with_checkpoints(&rig, 4);
    assert_int_equal(rig.runner.in_flight, 1);
    assert_int_equal(commits, 0);
    later_now = true;
    clock_advance(1000000);
    assert_int_equal(step(&rig), STEP_WORKED);
    assert_int_equal(rig.runner.done, 1);
    assert_int_equal(commits, 1);
    assert_int_equal(rig.runner.last.duration_us, 4000000);
    assert_int_equal(rig.runner.due_us, clock_monotonic_us() + 5000000);
    rig_drop(&rig);
    strbuf_clear(&target);
    rig_start_ok(&rig, EACH_SECOND);
    run_to_end(&rig);
    assert_text(strbuf_str(&target), "+I b | 2 | 1\n-U a | 1 | 1\n+U a | 4 | 2\n-U a | 4 | 2\n+U a | 8 | 3\n-U b | 2 | 1\n+U b | 7 | 2\n");
    rig_free(&rig);
}

/* --- by a forked child --- */

static void load_checkpoint(Rig *rig, uint64_t id, StrBuf *out)
{
    if (!store_load(rig->runner.store, id, out, &rig->plan.err)) fail_msg("%s", rig->plan.err.message);
}

static void wait_until_stored(Rig *rig, uint64_t id)
{
    for (int i = 0; i < 3000 && rig->runner.last.id < id; i++) {
        ckpt_wait(rig->runner.writer, 10);
        CkptState end = ckpt_poll(rig->runner.writer, &rig->runner.last, &rig->plan.err);
        if (end == CKPT_FAILED) fail_msg("%s", rig->plan.err.message);
        if (end == CKPT_DONE) rig->runner.in_flight = 0;
    }
    assert_int_equal(rig->runner.last.id, id);
}

static void forked_is_the_same(void **state)
{
    (void)state;
    StrBuf bytes[2] = { { 0 } };
    for (int forked = 0; forked < 2; forked++) {
        Rig rig;
        rig_new(&rig);
        rig.config.single_threaded = !forked;
        rig_start_ok(&rig, EACH_SECOND "SET 'weir.checkpoint-fork-above' = '0 b';");
        fault_arm("ckpt.fork", UINT64_MAX);                      /* counts */
        for (int i = 0; i < 3; i++) assert_int_equal(step(&rig), STEP_WORKED);
        clock_advance(1000000);
        assert_int_equal(step(&rig), STEP_WORKED);
        wait_until_stored(&rig, 1);
        assert_int_equal(fault_count("ckpt.fork"), forked);
        fault_disarm_all();
        load_checkpoint(&rig, 1, &bytes[forked]);
        rig_free(&rig);
    }
    assert_true(bytes[0].len > 100);
    assert_int_equal(bytes[0].len, bytes[1].len);
    assert_memory_equal(bytes[0].ptr, bytes[1].ptr, bytes[0].len);
    strbuf_free(&bytes[0]);
    strbuf_free(&bytes[1]);
}

/* No child can be started: the job encodes by itself. A child that dies half way: the checkpoint fails, the job goes on. */
static void children_fail(void **state)
{
    (void)state;
    for (int dies = 0; dies < 2; dies++) {
        Rig rig;
        rig_new(&rig);
        rig.config.single_threaded = false;
        rig_start_ok(&rig, EACH_SECOND "SET 'weir.checkpoint-fork-above' = '0 b';");
        rows_with_checkpoints(&rig, 1);
        fault_arm(dies ? "ckpt.pipe" : "ckpt.fork", 1);
        clock_advance(1000000);
        if (step(&rig) != STEP_WORKED) fail_msg("%s", rig.plan.err.message);
        for (int i = 0; i < 3000 && rig.runner.in_flight; i++) {
            ckpt_wait(rig.runner.writer, 10);
            if (step(&rig) == STEP_FAILED) fail_msg("%s", rig.plan.err.message);
        }
        fault_disarm_all();
        assert_int_equal(rig.runner.failed, dies);
        if (rig.runner.open && rig.runner.store) {
            clock_advance(2000000);
            while (step(&rig) == STEP_WORKED) continue;
        }
        assert_false(rig.plan.err.set);
        rig_free(&rig);
    }
}

int main(void)
{
    log_set(LOG_ERROR, false);
    connector_add(&target_def);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fresh_and_restored), cmocka_unit_test(stops_and_goes_on), cmocka_unit_test(the_end_leaves_nothing), cmocka_unit_test(fresh_by_wish),
        cmocka_unit_test(begins_again), cmocka_unit_test(the_one_before), cmocka_unit_test(none_can_be_read), cmocka_unit_test(unreadable_disk), cmocka_unit_test(changed_query),
        cmocka_unit_test(failures_are_borne), cmocka_unit_test(too_many_failures), cmocka_unit_test(too_slow), cmocka_unit_test(in_flight),
        cmocka_unit_test(forked_is_the_same), cmocka_unit_test(children_fail),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    strbuf_free(&target);
    return failed;
}
