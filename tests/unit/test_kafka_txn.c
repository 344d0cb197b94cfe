/* The exactly-once kafka sink on a real broker ($WEIR_TEST_KAFKA; skipped without): what a reader that sees committed rows only sees, whatever happens.
 * A job is played by `Play`: its checkpoint is a number that is durable before the rows of that epoch are written, as a restarted job would find it. */
#include "engine/base/fault.h"
#include "tests/unit/kafka_rig.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINEAGE "0123456789abcdef0123456789abcdef"
enum { ROWS = 3 };

static void exactly_once_topic(Topic *topic, const char *connector)
{
    real_topic(topic, connector);
    test_option(&topic->t, "sink.delivery-guarantee", "exactly-once");
    test_option(&topic->t, "sink.transactional-id-prefix", "unit");
    test_option(&topic->t, "properties.isolation.level", "read_committed");
    test_option(&topic->t, "properties.reconnect.backoff.max.ms", "200");
}

/* ---- writers ---- */

typedef struct Writer { Shape shape; SinkSpec spec; Sink *sink; uint64_t epoch, other; } Writer;

static bool writer_try(Writer *w, const Topic *topic, const char *lineage, bool fresh, Err *err)
{
    shape_init(&w->shape, &topic->t);
    w->spec = (SinkSpec){ .table = &topic->t.table, .in = &w->shape.schema, .changes = CHANGES_INSERT, .rowtime = -1, .parallel_count = 1,
                          .exactly_once = true, .fresh = fresh, .epoch_key = str_of(topic->name), .lineage = str_of(lineage) };
    w->sink = kafka_sink_vt.open(&w->spec, STR_NULL, err);
    return w->sink && kafka_sink_vt.claim(w->sink, &w->epoch, &w->other, err);
}
static void writer_open(Writer *w, const Topic *topic, const char *lineage, bool fresh)
{
    Err err = { 0 };
    if (!writer_try(w, topic, lineage, fresh, &err)) fail_msg("%s", err.message);
}
static bool writer_rows(Writer *w, const char *rows, Err *err)
{
    BatchBuilder builder;
    bool ok = kafka_sink_vt.write(w->sink, test_batch(&builder, &w->shape.schema, rows), err);
    builder_free(&builder);
    return ok;
}
static void writer_epoch(Writer *w, uint64_t epoch, const char *rows)
{
    Err err = { 0 };
    if ((rows && !writer_rows(w, rows, &err)) || !kafka_sink_vt.commit(w->sink, epoch, &err)) fail_msg("%s", err.message);
}
static void writer_close(Writer *w)
{
    kafka_sink_vt.close(w->sink);
    w->sink = NULL;
}

/* ---- a job ---- */

typedef struct Play { uint64_t newest; bool claimed, in_commit; } Play;     /* newest: the epoch of the newest durable checkpoint; 0 = none */

static void epoch_rows(uint64_t epoch, char *out, size_t size)
{
    size_t len = 0;
    for (int i = 0; i < ROWS; i++) len += (size_t)snprintf(out + len, size - len, "+I %llu | %s\n", (unsigned long long)epoch * 10 + (unsigned)i, LINEAGE);
}

/* From the newest checkpoint on until `last`, as a restarted job goes: the newest epoch is written again unless the target holds it. */
static bool play_on(volatile Play *play, const Topic *topic, uint64_t last, Err *err)
{
    Writer w = { 0 };
    char rows[256];
    bool ok = writer_try(&w, topic, LINEAGE, play->newest == 0, err);
    play->claimed = ok;
    if (ok && w.epoch > play->newest) fail_msg("the target holds epoch %llu, beyond checkpoint %llu", (unsigned long long)w.epoch, (unsigned long long)play->newest);
    for (uint64_t epoch = w.epoch + 1; ok && epoch <= last; epoch++) {
        if (epoch > play->newest) play->newest = epoch;
        epoch_rows(epoch, rows, sizeof rows);
        ok = writer_rows(&w, rows, err);
        play->in_commit = ok;
        ok = ok && kafka_sink_vt.commit(w.sink, epoch, err);
        play->in_commit = false;
    }
    writer_close(&w);
    return ok;
}

static void read_all(const Topic *topic, StrBuf *out)
{
    Scan scan;
    Shape shape;
    shape_init(&shape, &topic->t);
    strbuf_clear(out);
    scan_open(&scan, &topic->t, &shape, STR_NULL);
    for (const Batch *batch; (batch = scan_next(&scan));) batch_print(batch, &shape.schema, out);
    scan_close(&scan);
}

/* Committed rows, once they are all there: the end of a transaction reaches the partitions shortly after commit() returned. */
static void expect_committed(const Topic *topic, const char *want)
{
    StrBuf out = { 0 };
    int64_t until_us = clock_monotonic_us() + 15000000;
    do read_all(topic, &out);
    while (strcmp(strbuf_cstr(&out), want) != 0 && clock_monotonic_us() < until_us);
    assert_string_equal(strbuf_cstr(&out), want);
    strbuf_free(&out);
}
static void expect_epochs(const Topic *topic, uint64_t last)
{
    StrBuf want = { 0 };
    char rows[256];
    for (uint64_t epoch = 1; epoch <= last; epoch++) {
        epoch_rows(epoch, rows, sizeof rows);
        strbuf_adds(&want, str_of(rows));
    }
    expect_committed(topic, strbuf_cstr(&want));
    strbuf_free(&want);
}

/* ---- tests ---- */

static void epochs_are_seen_once_and_remembered(void **state)
{
    (void)state;
    Topic k;
    Writer w;
    Err err = { 0 };
    exactly_once_topic(&k, "kafka");
    writer_open(&w, &k, LINEAGE, true);
    assert_int_equal(w.epoch + w.other, 0);
    writer_epoch(&w, 1, "+I 1 | a\n");
    writer_epoch(&w, 2, "+I 2 | b\n");
    writer_epoch(&w, 3, NULL);                   /* no rows, no transaction */
    assert_true(writer_rows(&w, "+I 9 | never committed\n", &err));
    writer_close(&w);
    expect_committed(&k, "+I 1 | a\n+I 2 | b\n");
    writer_open(&w, &k, LINEAGE, false);
    assert_int_equal(w.epoch, 2);
    assert_int_equal(w.other, 0);
    writer_epoch(&w, 4, "+I 4 | d\n");
    assert_true(kafka_sink_vt.finish(w.sink, &err));
    writer_close(&w);
    expect_committed(&k, "+I 1 | a\n+I 2 | b\n+I 4 | d\n");
    test_table_free(&k.t);
}

/* A fresh start takes the target over from an older lineage at once; a restored one leaves a foreign number alone. */
static void lineages_are_told_apart(void **state)
{
    (void)state;
    static const char later[] = "ffffffffffffffffffffffffffffffff";
    Topic k;
    Writer w;
    exactly_once_topic(&k, "kafka");
    writer_open(&w, &k, LINEAGE, true);
    writer_epoch(&w, 7, "+I 1 | a\n");
    writer_close(&w);
    for (int i = 0; i < 2; i++) {
        writer_open(&w, &k, later, false);
        assert_int_equal(w.epoch, 0);
        assert_int_equal(w.other, 7);
        writer_close(&w);
    }
    writer_open(&w, &k, later, true);
    assert_int_equal(w.epoch, 0);
    assert_int_equal(w.other, 7);
    writer_close(&w);
    writer_open(&w, &k, later, false);           /* restored before its first epoch was committed */
    assert_int_equal(w.epoch + w.other, 0);
    writer_close(&w);
    writer_open(&w, &k, LINEAGE, false);
    assert_int_equal(w.epoch, 0);
    assert_int_equal(w.other, 1);
    writer_close(&w);
    expect_committed(&k, "+I 1 | a\n");
    test_table_free(&k.t);
}

static void delete_group(const Topic *topic, const char *group)
{
    Err err = { 0 };
    rd_kafka_conf_t *conf = kafka_conf(&topic->t.table, true, &err);
    rd_kafka_conf_set(conf, "log_level", "3", NULL, 0);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    rd_kafka_DeleteGroup_t *wanted = rd_kafka_DeleteGroup_new(group);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_DeleteGroups(rk, &wanted, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 20000);
    assert_non_null(event);
    size_t n;
    const rd_kafka_group_result_t **results = rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event), &n);
    assert_int_equal(n, 1);
    assert_null(rd_kafka_group_result_error(results[0]));
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteGroup_destroy(wanted);
    rd_kafka_destroy(rk);
}

/* What the retention of offsets does to a job that was stopped for long: not to be taken for "nothing was written". */
static void a_number_that_the_brokers_dropped_is_known_to_be_missing(void **state)
{
    (void)state;
    Topic k;
    Writer w;
    char group[128];
    exactly_once_topic(&k, "kafka");
    writer_open(&w, &k, LINEAGE, true);
    writer_epoch(&w, 1, "+I 1 | a\n");
    writer_close(&w);
    expect_committed(&k, "+I 1 | a\n");         /* the end of the transaction stands everywhere */
    snprintf(group, sizeof group, "weir-epoch-unit-%s", k.name);
    delete_group(&k, group);
    writer_open(&w, &k, LINEAGE, false);
    assert_true(w.epoch == EPOCH_FORGOTTEN);
    writer_epoch(&w, 2, "+I 2 | b\n");
    writer_close(&w);
    writer_open(&w, &k, LINEAGE, false);
    assert_int_equal(w.epoch, 2);
    writer_close(&w);
    test_table_free(&k.t);
}

static void buffered_upserts_are_part_of_the_epoch(void **state)
{
    (void)state;
    Topic u;
    Writer w;
    exactly_once_topic(&u, "upsert-kafka");
    test_option(&u.t, "sink.buffer-flush.max-rows", "100");
    test_option(&u.t, "sink.buffer-flush.interval", "1 h");
    writer_open(&w, &u, LINEAGE, true);
    writer_epoch(&w, 1, "+I 1 | a\n+U 1 | b\n-D 2 | x\n");
    expect_committed(&u, "+U 1 | b\n-D 2 | <NULL>\n");
    writer_epoch(&w, 2, "+U 1 | c\n");
    writer_close(&w);
    expect_committed(&u, "+U 1 | b\n-D 2 | <NULL>\n+U 1 | c\n");
    test_table_free(&u.t);
}

/* The n-th call to the brokers fails, for every n: the job goes back to its checkpoint, and each row is there once. */
static void a_failure_of_any_call_repeats_and_loses_nothing(void **state)
{
    (void)state;
    enum { EPOCHS = 2, CALLS_MIN = 15 };
    for (uint64_t n = 1;; n++) {
        Topic k;
        Play play = { 0 };
        Err err = { 0 };
        exactly_once_topic(&k, "kafka");
        fault_arm("*", n);
        int starts = 1;
        for (; !play_on(&play, &k, EPOCHS, &err); starts++) {
            if (!err.retriable || starts > 1) fail_msg("call %llu: %s", (unsigned long long)n, err.message);
            err_clear(&err);
        }
        bool all = fault_count("*") < n;
        fault_disarm_all();
        expect_epochs(&k, EPOCHS);
        test_table_free(&k.t);
        if (!all) continue;
        assert_true(n > CALLS_MIN);
        break;
    }
}

/* Answers that get lost, by name: the rows are in the target, and the next incarnation knows it. */
static void a_lost_answer_to_a_commit_repeats_nothing(void **state)
{
    (void)state;
    Topic k;
    Writer w;
    Err err = { 0 };
    exactly_once_topic(&k, "kafka");
    writer_open(&w, &k, LINEAGE, true);
    assert_true(writer_rows(&w, "+I 1 | a\n", &err));
    fault_arm("kafka.commit-answer", 1);
    assert_false(kafka_sink_vt.commit(w.sink, 1, &err));
    fault_disarm_all();
    assert_true(err.retriable);
    writer_close(&w);
    writer_open(&w, &k, LINEAGE, false);
    assert_int_equal(w.epoch, 1);
    writer_close(&w);
    expect_committed(&k, "+I 1 | a\n");
    test_table_free(&k.t);
}

/* ---- processes that die ---- */

/* A child that plays on, and dies delay_us after it began to commit an epoch beyond `after` (or while it claims, or anywhere in between). */
static void play_until_killed(volatile Play *play, const Topic *topic, uint64_t after, int64_t delay_us)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        Err err = { 0 };
        bool ok = play_on(play, topic, after + 1000, &err);
        fprintf(stderr, "%s\n", ok ? "the child came to an end" : err.message);
        _exit(1);
    }
    int64_t until_us = clock_monotonic_us() + 30000000;
    while (!(play->in_commit && play->newest > after) && clock_monotonic_us() < until_us) clock_sleep_us(50);
    clock_sleep_us(delay_us);
    kill(child, SIGKILL);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(play->newest > after);
}

static void a_killed_writer_repeats_and_loses_nothing(void **state)
{
    (void)state;
    enum { KILLS = 24 };
    Topic k;
    Err err = { 0 };
    exactly_once_topic(&k, "kafka");
    volatile Play *play = mmap(NULL, sizeof *play, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(play != MAP_FAILED);
    for (int i = 0; i < KILLS; i++) {
        play->in_commit = false;
        play_until_killed(play, &k, play->newest, i * 700);      /* a commit takes some 10 ms: its whole length is met */
    }
    uint64_t last = play->newest + 1;
    if (!play_on(play, &k, last, &err)) fail_msg("%s", err.message);
    expect_epochs(&k, last);
    munmap((void *)(uintptr_t)play, sizeof *play);
    test_table_free(&k.t);
}

/* A child writes an epoch, tells that its rows are on their way, and is killed before it commits. */
static void a_writer_killed_before_its_commit_leaves_nothing(void **state)
{
    (void)state;
    Topic k;
    exactly_once_topic(&k, "kafka");
    volatile Play *play = mmap(NULL, sizeof *play, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0) {
        Writer w;
        Err err = { 0 };
        if (!writer_try(&w, &k, LINEAGE, true, &err) || !writer_rows(&w, "+I 1 | lost\n", &err) || !kafka_sink_vt.finish(w.sink, &err)) _exit(1);
        play->claimed = true;                    /* finish() waited until the brokers had the row */
        for (;;) pause();
    }
    int64_t until_us = clock_monotonic_us() + 30000000;
    while (!play->claimed && clock_monotonic_us() < until_us) clock_sleep_us(1000);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_true(play->claimed);
    Writer w;
    writer_open(&w, &k, LINEAGE, false);
    assert_int_equal(w.epoch, 0);
    writer_epoch(&w, 1, "+I 1 | again\n");
    writer_close(&w);
    expect_committed(&k, "+I 1 | again\n");
    munmap((void *)(uintptr_t)play, sizeof *play);
    test_table_free(&k.t);
}

/* ---- two writers ---- */

static void a_second_writer_shuts_the_first_one_out(void **state)
{
    (void)state;
    Topic k;
    Writer first, second;
    Err err = { 0 };
    exactly_once_topic(&k, "kafka");
    writer_open(&first, &k, LINEAGE, true);
    assert_true(writer_rows(&first, "+I 1 | zombie\n", &err));
    writer_open(&second, &k, LINEAGE, false);
    assert_false(writer_rows(&first, "+I 2 | zombie\n", &err) && kafka_sink_vt.commit(first.sink, 1, &err));
    assert_int_equal(err.code, E_EXTERNAL);
    assert_false(err.retriable);
    assert_non_null(strstr(err.message, "another process"));
    assert_non_null(strstr(err.detail, k.name));
    writer_close(&first);
    writer_epoch(&second, 1, "+I 1 | a\n");
    writer_close(&second);
    expect_committed(&k, "+I 1 | a\n");
    test_table_free(&k.t);
}

/* ---- limits of the brokers ---- */

static void a_timeout_beyond_the_brokers_is_explained(void **state)
{
    (void)state;
    Topic k;
    Writer w;
    Err err = { 0 };
    exactly_once_topic(&k, "kafka");
    test_option(&k.t, "properties.transaction.timeout.ms", "900001");
    assert_false(writer_try(&w, &k, LINEAGE, true, &err));
    assert_false(err.retriable);
    if (!strstr(err.hint, "transaction.max.timeout.ms")) fail_msg("%s: %s", err.message, err.hint);
    writer_close(&w);
    test_table_free(&k.t);
}

/* The end of the topic for readers of committed rows: not before the first row of an open transaction. */
static int64_t stable_end(const Topic *topic)
{
    Err err = { 0 };
    int64_t low, high;
    rd_kafka_conf_t *conf = kafka_conf(&topic->t.table, false, &err);
    rd_kafka_conf_set(conf, "isolation.level", "read_committed", NULL, 0);
    rd_kafka_conf_set(conf, "log_level", "3", NULL, 0);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
    assert_int_equal(rd_kafka_query_watermark_offsets(rk, topic->name, 0, &low, &high, 10000), 0);
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return high;
}

/* The brokers end a transaction that takes too long: that is no other process, the epoch is written again. */
static void a_transaction_that_outlives_its_timeout_is_repeated(void **state)
{
    (void)state;
    Topic k;
    Writer w;
    Err err = { 0 };
    exactly_once_topic(&k, "kafka");
    test_option(&k.t, "properties.transaction.timeout.ms", "1000");
    writer_open(&w, &k, LINEAGE, true);
    assert_true(writer_rows(&w, "+I 1 | a\n", &err));
    assert_true(kafka_sink_vt.finish(w.sink, &err));         /* the row is there, not committed */
    for (int64_t until_us = clock_monotonic_us() + 30000000; clock_monotonic_us() < until_us && stable_end(&k) == 0;) clock_sleep_us(100000);
    assert_true(stable_end(&k) > 0);           /* the broker's abort stands in the log */
    assert_false(kafka_sink_vt.commit(w.sink, 1, &err));
    assert_true(err.retriable);
    assert_non_null(strstr(err.message, "transaction.timeout.ms"));
    writer_close(&w);
    writer_open(&w, &k, LINEAGE, false);
    assert_int_equal(w.epoch, 0);
    writer_epoch(&w, 1, "+I 1 | a\n");
    writer_close(&w);
    expect_committed(&k, "+I 1 | a\n");
    test_table_free(&k.t);
}

/* ---- offsets of the sources ---- */

static const GroupOffsets *given_offsets(void *ctx) { return ctx; }

static void offsets_of_sources_travel_with_the_rows(void **state)
{
    (void)state;
    Topic from, to;
    Scan scan;
    Shape shape;
    Writer w;
    Err err = { 0 };
    StrBuf position = { 0 };
    GroupOffsets offsets = { 0 };
    char other[80];
    exactly_once_topic(&to, "kafka");
    real_topic(&from, "kafka");
    test_option(&from.t, "properties.group.id", from.name);
    write_rows(&from.t, NULL, "+I 0 | a\n+I 1 | b\n");
    shape_init(&shape, &from.t);
    scan_open(&scan, &from.t, &shape, STR_NULL);
    while (scan_next(&scan)) {}
    assert_true(scan.vt->position(scan.source, &position, &err));
    assert_true(scan.vt->group_offsets(scan.source, strbuf_str(&position), from.t.arena, &offsets, &err));
    assert_int_equal(offsets.n, 1);
    assert_text(offsets.v[0].group, from.name);
    assert_text(offsets.v[0].topic, from.name);
    assert_int_equal(offsets.v[0].offset, 2);
    snprintf(other, sizeof other, "%s-other", from.name);
    GroupOffset second = offsets.v[0], away = offsets.v[0];
    second.group = str_of(other);
    second.offset = 1;
    away.cluster = STR("another cluster");
    away.topic = STR("of-another-cluster");
    ARENA_PUSH(from.t.arena, offsets, second);
    ARENA_PUSH(from.t.arena, offsets, away);
    writer_open(&w, &to, LINEAGE, true);
    w.spec.offsets = given_offsets;
    w.spec.offsets_ctx = &offsets;
    writer_epoch(&w, 1, "+I 1 | a\n");
    writer_close(&w);
    assert_int_equal(group_offset(&from, from.name), 2);
    assert_int_equal(group_offset(&from, other), 1);
    scan_close(&scan);
    strbuf_free(&position);
    test_table_free(&from.t);
    test_table_free(&to.t);
}

/* ---- brokers that die ---- */

static void services(const char *command)
{
    char line[512];
    snprintf(line, sizeof line, "tests/lib/services.sh %s", command);
    assert_int_equal(system(line), 0);
}
/* Kills the broker and brings it back; meanwhile the test's own thread goes on. */
static void *restart_broker(void *dir)
{
    char command[256];
    snprintf(command, sizeof command, "kill '%s' kafka", (const char *)dir);
    services(command);
    snprintf(command, sizeof command, "start '%s' kafka", (const char *)dir);
    services(command);
    return NULL;
}

/* The broker is killed around the commit of epoch 2, and comes back while commit() waits: with rows_first they are acknowledged before, else still on their way. */
static void commit_while_the_broker_dies(char *dir, bool rows_first)
{
    Topic k;
    Writer w;
    Play play = { .newest = 2 };
    Err err = { 0 };
    char rows[256];
    pthread_t restarter;
    exactly_once_topic(&k, "kafka");
    writer_open(&w, &k, LINEAGE, true);
    epoch_rows(1, rows, sizeof rows);
    writer_epoch(&w, 1, rows);
    epoch_rows(2, rows, sizeof rows);
    assert_true(writer_rows(&w, rows, &err));
    if (rows_first) assert_true(kafka_sink_vt.finish(w.sink, &err));
    assert_int_equal(pthread_create(&restarter, NULL, restart_broker, dir), 0);
    bool ok = kafka_sink_vt.commit(w.sink, 2, &err);
    pthread_join(restarter, NULL);
    assert_true(ok || err.retriable);
    writer_close(&w);
    err_clear(&err);
    while (!play_on(&play, &k, 3, &err)) {
        if (!err.retriable) fail_msg("%s", err.message);
        err_clear(&err);
    }
    expect_epochs(&k, 3);
    test_table_free(&k.t);
}

static void a_killed_broker_repeats_and_loses_nothing(void **state)
{
    (void)state;
    char *dir = getenv("WEIR_TEST_SERVICES");
    if (!dir || !dir[0]) skip();
    commit_while_the_broker_dies(dir, true);
    commit_while_the_broker_dies(dir, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epochs_are_seen_once_and_remembered), cmocka_unit_test(lineages_are_told_apart),
        cmocka_unit_test(a_number_that_the_brokers_dropped_is_known_to_be_missing), cmocka_unit_test(buffered_upserts_are_part_of_the_epoch),
        cmocka_unit_test(a_failure_of_any_call_repeats_and_loses_nothing), cmocka_unit_test(a_lost_answer_to_a_commit_repeats_nothing),
        cmocka_unit_test(a_writer_killed_before_its_commit_leaves_nothing), cmocka_unit_test(a_killed_writer_repeats_and_loses_nothing),
        cmocka_unit_test(a_second_writer_shuts_the_first_one_out), cmocka_unit_test(a_timeout_beyond_the_brokers_is_explained),
        cmocka_unit_test(a_transaction_that_outlives_its_timeout_is_repeated), cmocka_unit_test(offsets_of_sources_travel_with_the_rows),
        cmocka_unit_test(a_killed_broker_repeats_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
