/* kafka on a real broker ($WEIR_TEST_KAFKA; skipped without): what the mock does not know. */
#include "engine/base/clock.h"
#include "tests/unit/kafka_rig.h"

#include <stdlib.h>

static const char *real_broker(void)
{
    const char *servers = getenv("WEIR_TEST_KAFKA");
    if (!servers || !servers[0]) skip();
    return servers;
}
static void real_topic(Topic *topic, const char *connector)
{
    topic_init(topic, connector, real_broker());
    snprintf(topic->name, sizeof topic->name, "unit-%lld", (long long)clock_now_us());
    test_option(&topic->t, "topic", topic->name);
}

static void real_offsets_by_time(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    real_topic(&k, "kafka");
    shape_init(&shape, &k.t);
    shape_metadata(&shape, "timestamp", type_time(k.t.arena, TYPE_TIMESTAMP_LTZ, 3, false));
    write_rows(&k.t, &shape, "+I 1 | a | 2024-01-01 00:00:01.000\n+I 2 | b | 2024-01-01 00:00:02.000\n+I 3 | c | 2024-01-01 00:00:03.000\n");
    test_option(&k.t, "scan.startup.mode", "timestamp");
    test_option(&k.t, "scan.startup.timestamp-millis", "1704067201500");
    expect_rows(&k.t, NULL, "+I 2 | b\n+I 3 | c\n");
    test_option(&k.t, "scan.bounded.mode", "timestamp");
    test_option(&k.t, "scan.bounded.timestamp-millis", "1704067203000");
    expect_rows(&k.t, NULL, "+I 2 | b\n");
    test_option(&k.t, "scan.startup.timestamp-millis", "1704067204000");     /* behind the last record: the end */
    expect_rows(&k.t, NULL, "");
    test_option(&k.t, "scan.startup.mode", "earliest-offset");
    test_option(&k.t, "scan.bounded.timestamp-millis", "1704067204000");
    expect_rows(&k.t, NULL, "+I 1 | a\n+I 2 | b\n+I 3 | c\n");
    test_table_free(&k.t);
}

static void real_group_offsets(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    Scan scan;
    Err err = { 0 };
    StrBuf position = { 0 }, out = { 0 };
    real_topic(&k, "kafka");
    write_rows(&k.t, NULL, "+I 0 | a\n+I 1 | b\n");
    test_option(&k.t, "properties.group.id", k.name);
    shape_init(&shape, &k.t);
    scan_open(&scan, &k.t, &shape, STR_NULL);
    while (scan_next(&scan)) {}
    assert_true(scan.vt->position(scan.source, &position, &err));
    assert_true(scan.vt->committed(scan.source, 1, strbuf_str(&position), &err));
    write_rows(&k.t, NULL, "+I 2 | c\n");
    test_option(&k.t, "scan.startup.mode", "group-offsets");
    test_option(&k.t, "properties.auto.offset.reset", "latest");
    for (int i = 0; i < 100 && out.len == 0; i++) {      /* the commit is asynchronous */
        Scan again;
        scan_open(&again, &k.t, &shape, STR_NULL);
        for (const Batch *batch; (batch = scan_next(&again));) batch_print(batch, &shape.schema, &out);
        scan_close(&again);
    }
    assert_string_equal(strbuf_cstr(&out), "+I 2 | c\n");
    scan_close(&scan);
    strbuf_free(&position);
    strbuf_free(&out);
    test_table_free(&k.t);
}

/* A topic whose last offsets are control records and an aborted transaction still ends; aborted rows show unless isolation.level says no. */
static void real_control_records_do_not_hold_up_the_end(void **state)
{
    (void)state;
    Topic k;
    Err err = { 0 };
    real_topic(&k, "kafka");
    rd_kafka_conf_t *conf = kafka_conf(&k.t.table, true, &err);
    rd_kafka_conf_set(conf, "transactional.id", k.name, NULL, 0);
    rd_kafka_conf_set(conf, "message.timeout.ms", "10000", NULL, 0);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    assert_non_null(rk);
    assert_null(rd_kafka_init_transactions(rk, 20000));
    for (int commit = 1; commit >= 0; commit--) {
        const char *text = commit ? "{\"id\":1,\"name\":\"kept\"}" : "{\"id\":2,\"name\":\"aborted\"}";
        assert_null(rd_kafka_begin_transaction(rk));
        hand_over(rk, k.name, NULL, text, strlen(text));
        rd_kafka_flush(rk, 10000);
        assert_null(commit ? rd_kafka_commit_transaction(rk, 20000) : rd_kafka_abort_transaction(rk, 20000));
    }
    rd_kafka_destroy(rk);
    expect_rows(&k.t, NULL, "+I 1 | kept\n+I 2 | aborted\n");
    test_option(&k.t, "properties.isolation.level", "read_committed");
    expect_rows(&k.t, NULL, "+I 1 | kept\n");
    test_table_free(&k.t);
}

static void real_bulk_and_upserts(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    Scan scan;
    int64_t next = 0;
    real_topic(&k, "kafka");
    write_numbers(&k.t, 0, 200000);
    shape_init(&shape, &k.t);
    scan_open(&scan, &k.t, &shape, STR_NULL);
    read_numbers(&scan, &next, INT64_MAX);
    assert_int_equal(next, 200000);
    scan_close(&scan);
    test_table_free(&k.t);
    Topic u;
    real_topic(&u, "upsert-kafka");
    write_rows(&u.t, NULL, "+I 1 | a\n+U 1 | b\n-D 1 | b\n+I 2 | \n");
    expect_rows(&u.t, NULL, "+U 1 | a\n+U 1 | b\n-D 1 | <NULL>\n+U 2 | \n");
    test_table_free(&u.t);
}

static void add_partitions(const TestTable *t, const char *topic, size_t count)
{
    Err err = { 0 };
    char why[256];
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, kafka_conf(&t->table, true, &err), why, sizeof why);
    assert_non_null(rk);
    rd_kafka_NewPartitions_t *wanted = rd_kafka_NewPartitions_new(topic, count, why, sizeof why);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_CreatePartitions(rk, &wanted, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 20000);
    assert_non_null(event);
    if (rd_kafka_event_error(event)) fail_msg("%s", rd_kafka_event_error_string(event));
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewPartitions_destroy(wanted);
    rd_kafka_destroy(rk);
}

/* Partitions added to a topic that is being read, with records of the old one still queued: each record once. */
static void real_new_partitions_are_found(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    Scan scan;
    enum { OLD = 50000, NEW = 3000 };
    static bool seen[OLD + NEW];
    uint32_t splits = 0;
    real_topic(&k, "kafka");
    test_option(&k.t, "scan.bounded.mode", "unbounded");
    test_option(&k.t, "scan.topic-partition-discovery.interval", "1 ms");
    test_option(&k.t, "sink.partitioner", "round-robin");
    write_numbers(&k.t, 0, OLD);
    shape_init(&shape, &k.t);
    scan_open(&scan, &k.t, &shape, STR_NULL);
    add_partitions(&k.t, k.name, 3);
    for (uint32_t rows = 0, written = 0; rows < OLD + NEW;) {
        const Batch *batch = scan_next(&scan);
        for (uint32_t i = 0; i < batch->len; i++, rows++) {
            int64_t id = ((int64_t *)batch->cols[0].data)[i];
            assert_false(seen[id]);
            seen[id] = true;
            splits |= 1u << (batch->split ? batch->split[i] : 0);
        }
        if (!written++) write_numbers(&k.t, OLD, NEW);
    }
    assert_int_equal(splits, 7);
    scan_close(&scan);
    test_table_free(&k.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_offsets_by_time),
        cmocka_unit_test(real_group_offsets),
        cmocka_unit_test(real_control_records_do_not_hold_up_the_end),
        cmocka_unit_test(real_bulk_and_upserts),
        cmocka_unit_test(real_new_partitions_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
