/* kafka on a real broker ($WEIR_TEST_KAFKA; skipped without): what the mock does not know. */
#include "engine/base/fault.h"
#include "tests/unit/kafka_rig.h"

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

/* Committed is what the given position says, not where the source stands by then; a reader of the group goes on there. */
static void real_group_offsets(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    Scan scan;
    Err err = { 0 };
    StrBuf position = { 0 };
    real_topic(&k, "kafka");
    write_rows(&k.t, NULL, "+I 0 | a\n+I 1 | b\n");
    test_option(&k.t, "properties.group.id", k.name);
    test_option(&k.t, "scan.bounded.mode", "unbounded");
    shape_init(&shape, &k.t);
    scan_open(&scan, &k.t, &shape, STR_NULL);
    for (uint32_t rows = 0; rows < 2;) rows += scan_next(&scan)->len;
    assert_true(scan.vt->position(scan.source, &position, &err));
    write_rows(&k.t, NULL, "+I 2 | c\n");
    assert_int_equal(scan_next(&scan)->len, 1);
    assert_true(scan.vt->committed(scan.source, 1, strbuf_str(&position), &err));
    int64_t until_us = clock_monotonic_us() + 15000000;
    while (group_offset(&k, k.name) < 0 && clock_monotonic_us() < until_us) {}       /* the commit is asynchronous */
    assert_int_equal(group_offset(&k, k.name), 2);
    scan_close(&scan);
    test_option(&k.t, "scan.startup.mode", "group-offsets");
    test_option(&k.t, "scan.bounded.mode", "latest-offset");
    expect_rows(&k.t, NULL, "+I 2 | c\n");
    strbuf_free(&position);
    test_table_free(&k.t);
}

static rd_kafka_t *transactional(const Topic *k)
{
    Err err = { 0 };
    rd_kafka_conf_t *conf = kafka_conf(&k->t.table, true, &err);
    rd_kafka_conf_set(conf, "transactional.id", k->name, NULL, 0);
    rd_kafka_conf_set(conf, "message.timeout.ms", "10000", NULL, 0);
    rd_kafka_conf_set(conf, "log_level", "3", NULL, 0);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    assert_non_null(rk);
    assert_null(rd_kafka_init_transactions(rk, 20000));
    return rk;
}
/* A committed row and an aborted one: offsets 0 and 2, with control records at 1 and 3. */
static void write_transactions(const Topic *k)
{
    rd_kafka_t *rk = transactional(k);
    for (int commit = 1; commit >= 0; commit--) {
        const char *text = commit ? "{\"id\":1,\"name\":\"kept\"}" : "{\"id\":2,\"name\":\"aborted\"}";
        assert_null(rd_kafka_begin_transaction(rk));
        hand_over(rk, k->name, NULL, text, strlen(text));
        rd_kafka_flush(rk, 10000);
        assert_null(commit ? rd_kafka_commit_transaction(rk, 20000) : rd_kafka_abort_transaction(rk, 20000));
    }
    rd_kafka_destroy(rk);
}

/* A topic whose last offsets are control records and an aborted transaction still ends; aborted rows show unless isolation.level says no. */
static void real_control_records_do_not_hold_up_the_end(void **state)
{
    (void)state;
    Topic k;
    real_topic(&k, "kafka");
    write_transactions(&k);
    expect_rows(&k.t, NULL, "+I 1 | kept\n+I 2 | aborted\n");
    test_option(&k.t, "properties.isolation.level", "read_committed");
    expect_rows(&k.t, NULL, "+I 1 | kept\n");
    test_option(&k.t, "scan.bounded.mode", "specific-offsets");
    for (int stop = 1; stop <= 4; stop++) {      /* a control record, aborted data, a control record, the end */
        char text[48];
        snprintf(text, sizeof text, "partition:0,offset:%d", stop);
        test_option(&k.t, "scan.bounded.specific-offsets", text);
        expect_rows(&k.t, NULL, "+I 1 | kept\n");
    }
    /* What stands behind the first row of an open transaction is not there yet. */
    test_option(&k.t, "scan.bounded.mode", "latest-offset");
    rd_kafka_t *open = transactional(&k);
    assert_null(rd_kafka_begin_transaction(open));
    hand_over(open, k.name, NULL, "{\"id\":3}", 8);
    assert_int_equal(rd_kafka_flush(open, 10000), 0);
    write_rows(&k.t, NULL, "+I 4 | behind\n");
    expect_rows(&k.t, NULL, "+I 1 | kept\n");
    assert_null(rd_kafka_abort_transaction(open, 20000));
    rd_kafka_destroy(open);
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

/* Removes the records before an offset, as retention would; -1 = all. */
static void delete_records(const Topic *k, int64_t before)
{
    Err err = { 0 };
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, kafka_conf(&k->t.table, true, &err), NULL, 0);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, k->name, 0)->offset = before;
    rd_kafka_DeleteRecords_t *wanted = rd_kafka_DeleteRecords_new(list);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_DeleteRecords(rk, &wanted, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 20000);
    assert_non_null(event);
    if (rd_kafka_event_error(event)) fail_msg("%s", rd_kafka_event_error_string(event));
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteRecords_destroy(wanted);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
}

static void put_partition(StrBuf *position, const char *topic, int32_t id, int64_t next)
{
    strbuf_put_u32(position, 1);
    strbuf_put_str(position, str_of(topic));
    strbuf_put_u32(position, (uint32_t)id);
    strbuf_put_u64(position, (uint64_t)next);
    strbuf_put_u64(position, (uint64_t)-1);
    strbuf_put_u32(position, 0);
}

/* A saved offset that is no longer (or not) in the topic: told with its place, or followed by where auto.offset.reset says; never jumped over in silence. */
static void real_lost_offsets_are_told(void **state)
{
    (void)state;
    static const struct { int64_t next; const char *why; } cases[] = { { 1, "offsets 2 to 4" }, { 100, "offsets 2 to 4" } };
    Topic k;
    Shape shape;
    real_topic(&k, "kafka");
    write_rows(&k.t, NULL, "+I 0 | a\n+I 1 | b\n+I 2 | c\n+I 3 | d\n");
    delete_records(&k, 2);
    test_option(&k.t, "scan.bounded.mode", "unbounded");
    shape_init(&shape, &k.t);
    for (uint32_t i = 0; i < 2; i++) {
        Scan scan;
        Err err = { 0 };
        StrBuf position = { 0 };
        char want[160];
        put_partition(&position, k.name, 0, cases[i].next);
        scan_open(&scan, &k.t, &shape, strbuf_str(&position));
        scan_error(&scan, &err);
        snprintf(want, sizeof want, "offset %lld of topic \"%s\" partition 0", (long long)cases[i].next, k.name);
        if (err.retriable || !strstr(err.message, want) || !strstr(err.message, cases[i].why) || !strstr(err.hint, "auto.offset.reset")) fail_msg("%s", err.message);
        scan_close(&scan);
        test_option(&k.t, "properties.auto.offset.reset", "earliest");
        scan_open(&scan, &k.t, &shape, strbuf_str(&position));
        const Batch *batch = scan_next(&scan);
        assert_int_equal(batch->len, 2);
        assert_int_equal(((int64_t *)batch->cols[0].data)[0], 2);
        scan_close(&scan);
        test_option(&k.t, "properties.auto.offset.reset", "latest");
        scan_open(&scan, &k.t, &shape, strbuf_str(&position));
        const Batch *none;
        for (int64_t next = -1, until_us = clock_monotonic_us() + 15000000; next != 4 && clock_monotonic_us() < until_us;) {
            GroupOffsets offsets = { 0 };
            StrBuf now = { 0 };
            assert_int_equal(scan.vt->poll(scan.source, 50, &none, &err), POLL_IDLE);
            test_option(&k.t, "properties.group.id", k.name);
            assert_true(scan.vt->position(scan.source, &now, &err) && scan.vt->group_offsets(scan.source, strbuf_str(&now), k.t.arena, &offsets, &err));
            next = offsets.v[0].offset;
            if (clock_monotonic_us() >= until_us) assert_int_equal(next, 4);
            strbuf_free(&now);
        }
        scan_close(&scan);
        options_remove(&k.t.options, STR("properties.auto.offset.reset"));
        strbuf_free(&position);
    }
    test_table_free(&k.t);
}

static void real_vanished_partitions_are_told(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    Scan scan;
    Err err = { 0 };
    StrBuf position = { 0 };
    real_topic(&k, "kafka");
    write_rows(&k.t, NULL, "+I 0 | a\n");
    shape_init(&shape, &k.t);
    put_partition(&position, k.name, 7, 3);
    assert_false(scan_try(&scan, &k.t, &shape, strbuf_str(&position), &err));
    assert_int_equal(err.code, E_SNAPSHOT);
    assert_non_null(strstr(err.message, "no partition 7"));
    strbuf_free(&position);
    test_table_free(&k.t);
}

/* A source at rest stands behind the control records: when retention removes them, nothing is lost and nothing is said. */
static void real_a_position_at_rest_outlives_control_records(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    Scan scan;
    Err err = { 0 };
    StrBuf position = { 0 };
    const Batch *batch;
    int64_t next = 0;
    real_topic(&k, "kafka");
    write_transactions(&k);
    test_option(&k.t, "properties.isolation.level", "read_committed");
    test_option(&k.t, "properties.group.id", k.name);
    test_option(&k.t, "scan.bounded.mode", "unbounded");
    shape_init(&shape, &k.t);
    scan_open(&scan, &k.t, &shape, STR_NULL);
    assert_int_equal(scan_next(&scan)->len, 1);
    for (int64_t until_us = clock_monotonic_us() + 15000000; next != 4 && clock_monotonic_us() < until_us;) {
        GroupOffsets offsets = { 0 };
        assert_int_equal(scan.vt->poll(scan.source, 50, &batch, &err), POLL_IDLE);
        strbuf_clear(&position);
        assert_true(scan.vt->position(scan.source, &position, &err) && scan.vt->group_offsets(scan.source, strbuf_str(&position), k.t.arena, &offsets, &err));
        next = offsets.v[0].offset;
    }
    assert_int_equal(next, 4);
    SourceStats stats;
    scan.vt->stats(scan.source, &stats);
    assert_int_equal(stats.lag, 0);
    scan_close(&scan);
    delete_records(&k, -1);
    scan_open(&scan, &k.t, &shape, strbuf_str(&position));
    write_rows(&k.t, NULL, "+I 5 | e\n");
    batch = scan_next(&scan);
    assert_int_equal(((int64_t *)batch->cols[0].data)[0], 5);
    scan_close(&scan);
    strbuf_free(&position);
    test_table_free(&k.t);
}

/* Every question to the brokers fails once: asked again, or told as an error that a restart from the position mends; no row is lost or repeated. */
static void real_failing_questions_are_asked_again(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    real_topic(&k, "kafka");
    write_numbers(&k.t, 0, 100);
    shape_init(&shape, &k.t);
    for (uint64_t n = 1;; n++) {
        StrBuf position = { 0 };
        int64_t next = 0;
        fault_arm("*", n);
        for (bool ended = false; !ended;) {
            Scan scan;
            Err err = { 0 };
            const Batch *batch;
            PollResult result = POLL_IDLE;
            scan_open(&scan, &k.t, &shape, strbuf_str(&position));
            while (result == POLL_IDLE || result == POLL_DATA) {
                result = scan.vt->poll(scan.source, 100, &batch, &err);
                if (result == POLL_DATA)
                    for (uint32_t i = 0; i < batch->len; i++) assert_int_equal(((int64_t *)batch->cols[0].data)[i], next++);
            }
            ended = result == POLL_END;
            if (!ended) assert_true(err.retriable);
            strbuf_clear(&position);
            assert_true(scan.vt->position(scan.source, &position, &err));
            scan_close(&scan);
        }
        bool all = fault_count("*") < n;
        fault_disarm_all();
        assert_int_equal(next, 100);
        strbuf_free(&position);
        if (!all) continue;
        assert_true(n > 4);                      /* metadata, begin, end, polls */
        break;
    }
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
        cmocka_unit_test(real_lost_offsets_are_told),
        cmocka_unit_test(real_vanished_partitions_are_told),
        cmocka_unit_test(real_a_position_at_rest_outlives_control_records),
        cmocka_unit_test(real_failing_questions_are_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
