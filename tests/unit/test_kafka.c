/* kafka and upsert-kafka through their interfaces, on librdkafka's mock brokers: the embedded one, and private ones that can be taken down. */
#include "tests/unit/kafka_rig.h"

#include <librdkafka/rdkafka_mock.h>

/* ---- what is written is read ---- */

static void set_text(BatchBuilder *builder, uint32_t col, const char *text)
{
    Datum value = text ? datum_str(builder->batch.arena, str_of(text)) : datum_null();
    builder_set(builder, col, &value);
}

/* Two rows (id, name, timestamp, headers); the second has no name and no headers. */
static void two_rows_with_headers(BatchBuilder *builder, const Schema *schema)
{
    builder_init(builder, schema, 2);
    for (int64_t i = 0; i < 2; i++) {
        Arena *arena = builder->batch.arena;
        Datum id = datum_i64(i + 1), time = datum_i64(1704164645678000 + i * 1000), headers = { 0 };
        Nested *map = nested_new(arena, i == 0 ? 2 : 0, i == 0 ? 4 : 0);
        for (uint32_t h = 0; h < map->len; h++) {
            map->items[2 * h] = datum_str(arena, h == 0 ? STR("x") : STR("y"));
            map->items[2 * h + 1] = datum_str(arena, h == 0 ? STR("1") : STR("22"));
        }
        headers.v.nested = map;
        builder_set(builder, 0, &id);
        set_text(builder, 1, i == 0 ? "a" : NULL);
        builder_set(builder, 2, &time);
        builder_set(builder, 3, &headers);
        builder_row(builder, ROW_INSERT);
    }
}

static void rows_keys_and_metadata_make_the_round(void **state)
{
    (void)state;
    Topic k;
    Shape out, in;
    topic_init(&k, "kafka", "embedded");
    test_option(&k.t, "key.format", "json");
    test_option(&k.t, "key.fields", "id");
    const Type *headers = type_map(k.t.arena, type_string(false), type_bytes(true), false), *time = type_time(k.t.arena, TYPE_TIMESTAMP_LTZ, 3, false);
    shape_init(&in, &k.t);
    shape_metadata(&in, "timestamp", time);
    shape_metadata(&in, "headers", headers);
    SinkSpec spec;
    BatchBuilder builder;
    Err err = { 0 };
    Sink *sink = sink_open(&spec, &k.t, &in);
    two_rows_with_headers(&builder, &in.schema);
    assert_true(kafka_sink_vt.write(sink, builder_batch(&builder), &err));
    builder_free(&builder);
    sink_end(sink);
    shape_init(&out, &k.t);
    shape_metadata(&out, "topic", type_string(false));
    shape_metadata(&out, "partition", type_simple(TYPE_INT, false));
    shape_metadata(&out, "offset", type_simple(TYPE_BIGINT, false));
    shape_metadata(&out, "timestamp", time);
    shape_metadata(&out, "timestamp-type", type_string(false));
    shape_metadata(&out, "headers", headers);
    shape_metadata(&out, "leader-epoch", type_simple(TYPE_INT, true));
    char want[512];
    snprintf(want, sizeof want, "+I 1 | a | %s | 0 | 0 | 2024-01-02 03:04:05.678 | CreateTime | {x=1, y=22} | <NULL>\n"
                                "+I 2 | <NULL> | %s | 0 | 1 | 2024-01-02 03:04:05.679 | CreateTime | {} | <NULL>\n", k.name, k.name);
    expect_rows(&k.t, &out, want);
    test_table_free(&k.t);
}

/* Without the metadata column a record is stamped when it is written, event time or not. */
static void event_time_is_no_record_timestamp(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    SinkSpec spec;
    Scan scan;
    topic_init(&k, "kafka", "embedded");
    k.t.cols[1] = (Column){ STR("ts"), type_time(k.t.arena, TYPE_TIMESTAMP, 3, true) };
    shape_init(&shape, &k.t);
    Sink *sink = sink_open(&spec, &k.t, &shape);
    spec.rowtime = 1;
    kafka_sink_vt.close(sink);
    Err err = { 0 };
    sink = kafka_sink_vt.open(&spec, STR_NULL, &err);
    assert_non_null(sink);
    sink_rows(sink, &shape.schema, "+I 1 | 2020-01-01 00:00:00.000\n");
    sink_end(sink);
    shape_metadata(&shape, "timestamp", type_time(k.t.arena, TYPE_TIMESTAMP_LTZ, 3, false));
    scan_open(&scan, &k.t, &shape, STR_NULL);
    const Batch *batch = scan_next(&scan);
    assert_true(((int64_t *)batch->cols[2].data)[0] > 1600000000000000);
    scan_close(&scan);
    test_table_free(&k.t);
}

static void only_wanted_columns_are_read(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    topic_init(&k, "kafka", "embedded");
    write_rows(&k.t, NULL, "+I 1 | a\n+I 2 | b\n");
    shape_init(&shape, &k.t);
    shape.cols[0] = k.t.cols[1];
    shape.physical[0] = 1;
    shape.schema.n = shape.nphysical = 1;
    expect_rows(&k.t, &shape, "+I a\n+I b\n");
    test_table_free(&k.t);
}

/* A row's own topic, with and without the buffer of upserts; a list of topics is read as one table. */
static void rows_choose_their_topic(void **state)
{
    (void)state;
    for (int upsert = 0; upsert < 2; upsert++) {
        Topic k;
        Shape shape;
        char both[256], rows[512], want[256];
        topic_init(&k, upsert ? "upsert-kafka" : "kafka", "embedded");
        snprintf(both, sizeof both, "%s; %s-other-with-a-long-name", k.name, k.name);
        test_option(&k.t, "topic", both);
        if (upsert) {
            test_option(&k.t, "sink.buffer-flush.max-rows", "100");
            test_option(&k.t, "sink.buffer-flush.interval", "1 h");
        }
        shape_init(&shape, &k.t);
        shape_metadata(&shape, "topic", type_string(false));
        snprintf(rows, sizeof rows, "+I 1 | a | %s\n+I 2 | b | %s-other-with-a-long-name\n+I 3 | c | %s\n", k.name, k.name, k.name);
        write_rows(&k.t, &shape, rows);
        test_option(&k.t, "topic", k.name);
        snprintf(want, sizeof want, "%s 1 | a | %s\n%s 3 | c | %s\n", upsert ? "+U" : "+I", k.name, upsert ? "+U" : "+I", k.name);
        expect_rows(&k.t, &shape, want);
        test_option(&k.t, "topic", both);
        Scan scan;
        uint32_t n = 0;
        scan_open(&scan, &k.t, &shape, STR_NULL);
        assert_int_equal(scan.vt->splits(scan.source), 2);
        for (const Batch *batch; (batch = scan_next(&scan));) n += batch->len;
        assert_int_equal(n, 3);
        scan_close(&scan);
        test_table_free(&k.t);
    }
}

static void key_prefix_is_cut_and_null_keys_are_null(void **state)
{
    (void)state;
    Topic k;
    topic_init(&k, "kafka", "embedded");
    k.t.cols[0].name = STR("k_id");
    test_option(&k.t, "key.format", "json");
    test_option(&k.t, "key.fields", "k_id");
    test_option(&k.t, "key.fields-prefix", "k_");
    test_option(&k.t, "value.fields-include", "EXCEPT_KEY");
    write_rows(&k.t, NULL, "+I 1 | a\n");
    produce_text(&k.t, k.name, "{\"id\":2}", "{\"name\":\"b\"}");
    produce_text(&k.t, k.name, NULL, "{\"name\":\"c\"}");
    produce_text(&k.t, k.name, "{\"id\":4}", NULL);      /* a null value is no row */
    expect_rows(&k.t, NULL, "+I 1 | a\n+I 2 | b\n+I <NULL> | c\n");
    test_table_free(&k.t);
}

static void upserts_and_tombstones(void **state)
{
    (void)state;
    Topic u;
    Shape shape;
    Scan scan;
    topic_init(&u, "upsert-kafka", "embedded");
    write_rows(&u.t, NULL, "+I 1 | a\n+I 2 | b\n+U 1 | c\n-D 2 | b\n");
    produce_text(&u.t, u.name, NULL, "{\"id\":9,\"name\":\"no key\"}");
    expect_rows(&u.t, NULL, "+U 1 | a\n+U 2 | b\n+U 1 | c\n-D 2 | <NULL>\n");
    shape_init(&shape, &u.t);
    scan_open(&scan, &u.t, &shape, STR_NULL);
    while (scan_next(&scan)) {}
    SourceStats stats;
    scan.vt->stats(scan.source, &stats);
    assert_int_equal(stats.bad_records, 1);
    scan_close(&scan);
    test_table_free(&u.t);
}

static void buffered_upserts_keep_the_last_with_its_timestamp(void **state)
{
    (void)state;
    Topic u;
    Shape shape;
    SinkSpec spec;
    topic_init(&u, "upsert-kafka", "embedded");
    test_option(&u.t, "sink.buffer-flush.max-rows", "3");
    test_option(&u.t, "sink.buffer-flush.interval", "1 h");
    shape_init(&shape, &u.t);
    shape_metadata(&shape, "timestamp", type_time(u.t.arena, TYPE_TIMESTAMP_LTZ, 3, false));
    Sink *sink = sink_open(&spec, &u.t, &shape);
    sink_rows(sink, &shape.schema, "+I 1 | a | 2024-01-01 00:00:01.000\n+U 1 | b | 2024-01-01 00:00:02.000\n+I 2 | c | 2024-01-01 00:00:03.000\n-D 2 | c | 2024-01-01 00:00:04.000\n");
    SinkStats stats;
    kafka_sink_vt.stats(sink, &stats);
    assert_int_equal(stats.rows, 0);
    assert_true(kafka_sink_vt.next_deadline_us(sink) != INT64_MAX);
    sink_rows(sink, &shape.schema, "+I 3 | d | 2024-01-01 00:00:05.000\n");
    kafka_sink_vt.stats(sink, &stats);
    assert_int_equal(stats.rows, 3);
    sink_rows(sink, &shape.schema, "+I 4 | e | 2024-01-01 00:00:06.000\n");
    sink_end(sink);
    expect_rows(&u.t, &shape, "+U 1 | b | 2024-01-01 00:00:02.000\n-D 2 | <NULL> | 2024-01-01 00:00:04.000\n+U 3 | d | 2024-01-01 00:00:05.000\n"
                              "+U 4 | e | 2024-01-01 00:00:06.000\n");
    test_table_free(&u.t);
}

static void raw_null_is_a_null_message(void **state)
{
    (void)state;
    Topic k;
    topic_init(&k, "kafka", "embedded");
    test_option(&k.t, "format", "raw");
    k.t.cols[0] = (Column){ STR("line"), type_string(true) };
    k.t.table.physical.n = 1;
    write_rows(&k.t, NULL, "+I a b\n+I <NULL>\n");
    expect_rows(&k.t, NULL, "+I a b\n+I <NULL>\n");
    test_table_free(&k.t);
}

/* ---- where reading begins and ends ---- */

static void startup_and_bounded_modes(void **state)
{
    (void)state;
    Topic k;
    topic_init(&k, "kafka", "embedded");
    write_rows(&k.t, NULL, "+I 0 | a\n+I 1 | b\n+I 2 | c\n+I 3 | d\n");
    expect_rows(&k.t, NULL, "+I 0 | a\n+I 1 | b\n+I 2 | c\n+I 3 | d\n");
    test_option(&k.t, "scan.startup.mode", "specific-offsets");
    test_option(&k.t, "scan.startup.specific-offsets", "partition:0,offset:2");
    expect_rows(&k.t, NULL, "+I 2 | c\n+I 3 | d\n");
    test_option(&k.t, "scan.bounded.mode", "specific-offsets");
    test_option(&k.t, "scan.bounded.specific-offsets", "partition:0,offset:3");
    expect_rows(&k.t, NULL, "+I 2 | c\n");
    test_option(&k.t, "scan.startup.mode", "latest-offset");
    expect_rows(&k.t, NULL, "");
    test_table_free(&k.t);
}

static void group_offsets_are_committed_at_checkpoints(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    Scan scan;
    Err err = { 0 };
    topic_init(&k, "kafka", "embedded");
    write_rows(&k.t, NULL, "+I 0 | a\n+I 1 | b\n");
    test_option(&k.t, "properties.group.id", k.name);
    test_option(&k.t, "scan.startup.mode", "group-offsets");
    shape_init(&shape, &k.t);
    assert_false(scan_try(&scan, &k.t, &shape, STR_NULL, &err));
    assert_non_null(strstr(err.message, "has no committed offset"));
    test_option(&k.t, "properties.auto.offset.reset", "earliest");
    scan_open(&scan, &k.t, &shape, STR_NULL);
    while (scan_next(&scan)) {}
    StrBuf position = { 0 };
    assert_true(scan.vt->position(scan.source, &position, &err));
    assert_true(scan.vt->committed(scan.source, 1, strbuf_str(&position), &err));
    write_rows(&k.t, NULL, "+I 2 | c\n");
    /* The commit is asynchronous: ask until it is there. */
    char text[64] = "";
    for (int i = 0; i < 100 && strcmp(text, "+I 2 | c\n") != 0; i++) {
        Scan again;
        StrBuf out = { 0 };
        scan_open(&again, &k.t, &shape, STR_NULL);
        for (const Batch *batch; (batch = scan_next(&again));) batch_print(batch, &shape.schema, &out);
        snprintf(text, sizeof text, "%s", strbuf_cstr(&out));
        scan_close(&again);
        strbuf_free(&out);
    }
    assert_string_equal(text, "+I 2 | c\n");
    test_option(&k.t, "scan.startup.mode", "earliest-offset");
    test_option(&k.t, "scan.bounded.mode", "group-offsets");
    expect_rows(&k.t, NULL, "+I 0 | a\n+I 1 | b\n");
    scan_close(&scan);
    strbuf_free(&position);
    test_table_free(&k.t);
}

static void unbounded_latest_sees_only_what_comes_later(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    Scan scan;
    topic_init(&k, "kafka", "embedded");
    test_option(&k.t, "scan.bounded.mode", "unbounded");
    test_option(&k.t, "scan.startup.mode", "latest-offset");
    write_rows(&k.t, NULL, "+I 0 | a\n");
    shape_init(&shape, &k.t);
    scan_open(&scan, &k.t, &shape, STR_NULL);
    write_rows(&k.t, NULL, "+I 1 | b\n");
    const Batch *batch = scan_next(&scan);
    assert_int_equal(batch->len, 1);
    assert_int_equal(((int64_t *)batch->cols[0].data)[0], 1);
    assert_false(scan.vt->split_finished(scan.source, 0));
    scan_close(&scan);
    test_table_free(&k.t);
}

/* ---- positions ---- */

static void a_saved_position_goes_on_behind_the_rows_handed_out(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    Scan scan;
    Err err = { 0 };
    StrBuf position = { 0 };
    int64_t next = 0;
    topic_init(&k, "kafka", "embedded");
    write_numbers(&k.t, 0, 7000);
    shape_init(&shape, &k.t);
    for (int restart = 0; restart < 3; restart++) {
        scan_open(&scan, &k.t, &shape, strbuf_str(&position));
        read_numbers(&scan, &next, next + 1);
        strbuf_clear(&position);
        assert_true(scan.vt->position(scan.source, &position, &err));
        scan_close(&scan);
    }
    scan_open(&scan, &k.t, &shape, strbuf_str(&position));
    read_numbers(&scan, &next, INT64_MAX);
    assert_int_equal(next, 7000);
    assert_true(scan.vt->split_finished(scan.source, 0));
    scan_close(&scan);
    assert_false(scan_try(&scan, &k.t, &shape, STR("junk"), &err));
    assert_int_equal(err.code, E_SNAPSHOT);
    strbuf_free(&position);
    test_table_free(&k.t);
}

/* One message of 5000 rows, more than two batches: keys repeat on every row, a checkpoint between the batches loses and repeats nothing. */
static void arrays_explode_over_batches(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    Scan scan;
    Err err = { 0 };
    StrBuf message = { 0 }, position = { 0 };
    topic_init(&k, "kafka", "embedded");
    test_option(&k.t, "key.format", "raw");
    test_option(&k.t, "key.fields", "name");
    test_option(&k.t, "value.fields-include", "EXCEPT_KEY");
    produce_text(&k.t, k.name, "a long key of the first", "[{\"id\":0}]");
    for (int i = 1; i <= 5000; i++) strbuf_addf(&message, "%s{\"id\":%d}", i == 1 ? "[" : ",", i);
    strbuf_addc(&message, ']');
    produce_text(&k.t, k.name, "a long key that is repeated", strbuf_cstr(&message));
    produce_text(&k.t, k.name, "a long key of the last", "{\"id\":5001}");
    shape_init(&shape, &k.t);
    int64_t next = 0;
    for (int batches = 0; next < 5002; batches++) {
        scan_open(&scan, &k.t, &shape, strbuf_str(&position));
        const Batch *batch = scan_next(&scan);
        assert_non_null(batch);
        assert_false(batches < 2 && scan.vt->split_finished(scan.source, 0));
        for (uint32_t i = 0; i < batch->len; i++) {
            assert_int_equal(((int64_t *)batch->cols[0].data)[i], next++);
            Datum key = vec_get(&batch->cols[1], i);
            assert_true(str_is(datum_text(&key), next == 1 ? "a long key of the first" : next <= 5001 ? "a long key that is repeated" : "a long key of the last"));
        }
        strbuf_clear(&position);
        assert_true(scan.vt->position(scan.source, &position, &err));
        scan_close(&scan);
    }
    assert_int_equal(next, 5002);
    /* and without restarts */
    next = 0;
    scan_open(&scan, &k.t, &shape, STR_NULL);
    read_numbers(&scan, &next, INT64_MAX);
    assert_int_equal(next, 5002);
    scan_close(&scan);
    strbuf_free(&message);
    strbuf_free(&position);
    test_table_free(&k.t);
}

/* ---- bad records ---- */

static void a_bad_record_fails_with_its_place_and_bytes(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    Scan scan;
    Err err = { 0 };
    topic_init(&k, "kafka", "embedded");
    produce_text(&k.t, k.name, NULL, "{\"id\":1,\"name\":\"good\"}");
    produce_text(&k.t, k.name, NULL, "{\"id\":true}");
    shape_init(&shape, &k.t);
    scan_open(&scan, &k.t, &shape, STR_NULL);
    assert_int_equal(scan_next(&scan)->len, 1);
    scan_error(&scan, &err);
    assert_int_equal(err.code, E_BAD_RECORD);
    char want[128];
    snprintf(want, sizeof want, "topic \"%s\", partition 0, offset 1;", k.name);
    if (!strstr(err.detail, want) || !strstr(err.detail, "bytes: 7b 22 69 64 22 3a 74 72 75 65 7d")) fail_msg("%s", err.detail);
    scan_close(&scan);
    test_table_free(&k.t);
}

static void skipped_records_are_counted_and_leave_no_trace(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    Scan scan;
    topic_init(&k, "kafka", "embedded");
    test_option(&k.t, "key.format", "json");
    test_option(&k.t, "key.fields", "id");
    test_option(&k.t, "value.fields-include", "EXCEPT_KEY");
    test_option(&k.t, "json.ignore-parse-errors", "true");
    test_option(&k.t, "key.json.ignore-parse-errors", "true");
    produce_text(&k.t, k.name, "{\"id\":1}", "{\"name\":\"a\"}");
    produce_text(&k.t, k.name, "{\"id\":2}", "{\"name\":\"b\"");
    produce_text(&k.t, k.name, "not json", "{\"name\":\"c\"}");
    produce_text(&k.t, k.name, "{\"id\":null}", "{\"name\":null}");
    produce_text(&k.t, k.name, "{\"id\":5}", "{\"name\":\"e\"}");
    expect_rows(&k.t, NULL, "+I 1 | a\n+I <NULL> | <NULL>\n+I 5 | e\n");
    shape_init(&shape, &k.t);
    scan_open(&scan, &k.t, &shape, STR_NULL);
    while (scan_next(&scan)) {}
    SourceStats stats;
    scan.vt->stats(scan.source, &stats);
    assert_int_equal(stats.bad_records, 2);
    assert_int_equal(stats.rows, 3);
    scan_close(&scan);
    test_table_free(&k.t);
}

static void a_bad_key_is_told_as_such(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    Scan scan;
    Err err = { 0 };
    topic_init(&k, "kafka", "embedded");
    test_option(&k.t, "key.format", "json");
    test_option(&k.t, "key.fields", "id");
    test_option(&k.t, "value.fields-include", "EXCEPT_KEY");
    produce_text(&k.t, k.name, "zz", "{\"name\":\"a\"}");
    shape_init(&shape, &k.t);
    scan_open(&scan, &k.t, &shape, STR_NULL);
    scan_error(&scan, &err);
    if (!strstr(err.detail, "bytes of the key: 7a 7a")) fail_msg("%s", err.detail);
    scan_close(&scan);
    test_table_free(&k.t);
}

/* ---- brokers that go away, topics that appear ---- */

typedef struct Broker { rd_kafka_t *host; rd_kafka_mock_cluster_t *cluster; } Broker;

static void broker_start(Broker *b)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "3", NULL, 0);
    b->host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    b->cluster = rd_kafka_mock_cluster_new(b->host, 1);
    assert_non_null(b->cluster);
}
static void broker_stop(Broker *b)
{
    rd_kafka_mock_cluster_destroy(b->cluster);
    rd_kafka_destroy(b->host);
}

static void rows_wait_for_a_broker_that_is_away(void **state)
{
    (void)state;
    Broker b;
    Topic k;
    Shape shape;
    Scan scan;
    SinkSpec spec;
    int64_t next = 0;
    Err err = { 0 };
    broker_start(&b);
    topic_init(&k, "kafka", rd_kafka_mock_cluster_bootstraps(b.cluster));
    test_option(&k.t, "scan.bounded.mode", "unbounded");
    test_option(&k.t, "properties.reconnect.backoff.max.ms", "200");
    rd_kafka_mock_topic_create(b.cluster, k.name, 1, 1);
    shape_init(&shape, &k.t);
    write_numbers(&k.t, 0, 100);
    scan_open(&scan, &k.t, &shape, STR_NULL);
    read_numbers(&scan, &next, 100);
    rd_kafka_mock_broker_set_down(b.cluster, 1);
    Sink *sink = sink_open(&spec, &k.t, &shape);
    sink_rows(sink, &shape.schema, "+I 100 | a\n+I 101 | b\n");
    assert_true(kafka_sink_vt.tick(sink, 0, &err));
    const Batch *batch;
    assert_int_equal(scan.vt->poll(scan.source, 50, &batch, &err), POLL_IDLE);
    rd_kafka_mock_broker_set_up(b.cluster, 1);
    sink_end(sink);
    read_numbers(&scan, &next, 102);
    assert_int_equal(next, 102);
    scan_close(&scan);
    test_table_free(&k.t);
    broker_stop(&b);
}

static void cancel_ends_the_wait_for_a_broker(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    Err err = { 0 };
    _Atomic(bool) cancel = true;
    topic_init(&k, "kafka", "127.0.0.1:1");
    shape_init(&shape, &k.t);
    SourceSpec spec = { .table = &k.t.table, .out = &shape.schema, .physical = shape.physical, .nphysical = shape.nphysical, .limit = -1, .parallel_count = 1, .cancel = &cancel };
    assert_null(kafka_source_vt.open(&spec, STR_NULL, &err));
    assert_int_equal(err.code, E_CANCELLED);
    test_table_free(&k.t);
}

static void passing_errors_lose_nothing_and_lasting_ones_fail(void **state)
{
    (void)state;
    Broker b;
    Topic k;
    Shape shape;
    SinkSpec spec;
    Err err = { 0 };
    enum { PRODUCE = 0 };
    broker_start(&b);
    topic_init(&k, "kafka", rd_kafka_mock_cluster_bootstraps(b.cluster));
    rd_kafka_mock_topic_create(b.cluster, k.name, 1, 1);
    rd_kafka_mock_push_request_errors(b.cluster, PRODUCE, 2, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    write_rows(&k.t, NULL, "+I 1 | a\n+I 2 | b\n");
    expect_rows(&k.t, NULL, "+I 1 | a\n+I 2 | b\n");
    shape_init(&shape, &k.t);
    Sink *sink = sink_open(&spec, &k.t, &shape);
    rd_kafka_mock_push_request_errors(b.cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    sink_rows(sink, &shape.schema, "+I 3 | c\n");
    assert_false(kafka_sink_vt.finish(sink, &err));
    assert_int_equal(err.code, E_EXTERNAL);
    kafka_sink_vt.close(sink);
    test_table_free(&k.t);
    broker_stop(&b);
}

static void partitions_are_read_side_by_side(void **state)
{
    (void)state;
    Broker b;
    Topic k;
    Shape shape;
    Scan scan;
    bool seen[6000] = { false };
    uint32_t rows = 0, splits = 0;
    broker_start(&b);
    topic_init(&k, "kafka", rd_kafka_mock_cluster_bootstraps(b.cluster));
    test_option(&k.t, "sink.partitioner", "round-robin");
    rd_kafka_mock_topic_create(b.cluster, k.name, 3, 1);
    write_numbers(&k.t, 0, 6000);
    shape_init(&shape, &k.t);
    scan_open(&scan, &k.t, &shape, STR_NULL);
    assert_int_equal(scan.vt->splits(scan.source), 3);
    for (const Batch *batch; (batch = scan_next(&scan));)
        for (uint32_t i = 0; i < batch->len; i++, rows++) {
            int64_t id = ((int64_t *)batch->cols[0].data)[i];
            assert_false(seen[id]);
            seen[id] = true;
            splits |= 1u << (batch->split ? batch->split[i] : 0);
            assert_int_equal(id % 3, batch->split ? batch->split[i] : 0);
        }
    assert_int_equal(rows, 6000);
    assert_int_equal(splits, 7);
    scan_close(&scan);
    test_table_free(&k.t);
    broker_stop(&b);
}

/* A topic that appears is found, and the partitions already being read neither lose nor repeat what was queued. */
static void new_topics_of_a_pattern_are_found(void **state)
{
    (void)state;
    Broker b;
    Topic k;
    Shape shape;
    Scan scan;
    bool seen[12000] = { false };
    broker_start(&b);
    topic_init(&k, "kafka", rd_kafka_mock_cluster_bootstraps(b.cluster));
    rd_kafka_mock_topic_create(b.cluster, k.name, 1, 1);
    write_numbers(&k.t, 0, 10000);
    TestTable reader;
    test_table_init(&reader);
    test_option(&reader, "connector", "kafka");
    test_option(&reader, "topic-pattern", "(topic|late)-.*");
    test_option(&reader, "properties.bootstrap.servers", rd_kafka_mock_cluster_bootstraps(b.cluster));
    test_option(&reader, "format", "json");
    test_option(&reader, "scan.startup.mode", "earliest-offset");
    test_option(&reader, "scan.topic-partition-discovery.interval", "1 ms");
    test_column(&reader, "id", type_simple(TYPE_BIGINT, true));
    shape_init(&shape, &reader);
    scan_open(&scan, &reader, &shape, STR_NULL);
    assert_int_equal(scan.vt->splits(scan.source), 1);
    uint32_t rows = scan_next(&scan)->len;
    for (uint32_t i = 0; i < rows; i++) seen[i] = true;
    rd_kafka_mock_topic_create(b.cluster, "late-1", 1, 1);
    test_option(&k.t, "topic", "late-1");
    write_numbers(&k.t, 10000, 2000);
    while (rows < 12000) {
        const Batch *batch = scan_next(&scan);
        for (uint32_t i = 0; i < batch->len; i++, rows++) {
            int64_t id = ((int64_t *)batch->cols[0].data)[i];
            assert_false(seen[id]);
            seen[id] = true;
        }
    }
    assert_int_equal(scan.vt->splits(scan.source), 2);
    scan_close(&scan);
    test_table_free(&reader);
    test_table_free(&k.t);
    broker_stop(&b);
}

/* ---- options ---- */

static void expect_conf(const TestTable *t, bool producer, const char *key, const char *want)
{
    Err err = { 0 };
    char value[128];
    size_t size = sizeof value;
    rd_kafka_conf_t *conf = kafka_conf(&t->table, producer, &err);
    if (!conf) fail_msg("%s", err.message);
    assert_int_equal(rd_kafka_conf_get(conf, key, value, &size), RD_KAFKA_CONF_OK);
    assert_string_equal(value, want);
    rd_kafka_conf_destroy(conf);
}

static void java_properties_are_translated(void **state)
{
    (void)state;
    Topic k;
    Err err = { 0 };
    topic_init(&k, "kafka", "127.0.0.1:1");
    expect_conf(&k.t, false, "isolation.level", "read_uncommitted");
    expect_conf(&k.t, true, "enable.idempotence", "true");
    test_option(&k.t, "properties.acks", "1");
    expect_conf(&k.t, true, "enable.idempotence", "false");
    test_option(&k.t, "properties.fetch.max.wait.ms", "77");
    expect_conf(&k.t, false, "fetch.wait.max.ms", "77");
    test_option(&k.t, "properties.max.request.size", "9000000");
    expect_conf(&k.t, false, "fetch.max.bytes", "9000000");
    expect_conf(&k.t, true, "message.max.bytes", "9000000");
    test_option(&k.t, "properties.ssl.endpoint.identification.algorithm", "");
    expect_conf(&k.t, false, "ssl.endpoint.identification.algorithm", "none");
    test_option(&k.t, "properties.sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"bob\" password=\"s e,cret\";");
    expect_conf(&k.t, false, "sasl.username", "bob");
    expect_conf(&k.t, true, "sasl.password", "s e,cret");
    test_option(&k.t, "properties.ssl.truststore.location", "/x.jks");
    assert_null(kafka_conf(&k.t.table, false, &err));
    assert_int_equal(err.code, E_UNSUPPORTED);
    test_table_free(&k.t);
}

static void wrong_options_are_refused_without_a_broker(void **state)
{
    (void)state;
    static const struct { const char *key, *value; bool sink; const char *message; } cases[] = {
        { "scan.startup.mode", "group-offsets", false, "\"properties.group.id\" is required" },
        { "scan.bounded.mode", "group-offsets", false, "\"properties.group.id\" is required" },
        { "scan.startup.mode", "timestamp", false, "\"scan.startup.timestamp-millis\" is required" },
        { "scan.startup.mode", "specific-offsets", false, "\"scan.startup.specific-offsets\" is required" },
        { "topic-pattern", "x.*", false, "shouldn't be set together" },
        { "key.format", "json", true, "needs \"key.fields\"" },
        { "key.fields", "id", true, "needs \"key.format\"" },
        { "key.fields-prefix", "i", true, "EXCEPT_KEY" },
        { "sink.partitioner", "com.x.P", true, "names a Java class" },
    };
    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Topic k;
        Err err = { 0 };
        topic_init(&k, "kafka", "127.0.0.1:1");
        assert_true(connector_kafka.check(&k.t.table, cases[i].sink, &err));
        test_option(&k.t, cases[i].key, cases[i].value);
        if (connector_kafka.check(&k.t.table, cases[i].sink, &err)) fail_msg("accepted: %s", cases[i].key);
        if (!strstr(err.message, cases[i].message)) fail_msg("%s", err.message);
        test_table_free(&k.t);
    }
    Topic u;
    Err err = { 0 };
    topic_init(&u, "upsert-kafka", "127.0.0.1:1");
    assert_true(connector_upsert_kafka.check(&u.t.table, true, &err));
    test_option(&u.t, "sink.buffer-flush.max-rows", "10");
    assert_false(connector_upsert_kafka.check(&u.t.table, true, &err));
    test_table_free(&u.t);
}

static void exactly_once_is_checked_without_a_broker(void **state)
{
    (void)state;
    static const struct { const char *key, *value, *message; } cases[] = {
        { "properties.bootstrap.servers", "embedded", "embedded broker" },
        { "properties.acks", "1", "contradicts" },
        { "properties.max.in.flight.requests.per.connection", "6", "contradicts" },
        { "topic-pattern", "x.*", "\"topic-pattern\"" },
    };
    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Topic k;
        Err err = { 0 };
        topic_init(&k, i % 2 ? "upsert-kafka" : "kafka", "127.0.0.1:1");
        const ConnectorDef *def = connector_of(&k.t);
        assert_false(def->exactly_once(&k.t.table));
        test_option(&k.t, "sink.delivery-guarantee", "exactly-once");
        assert_true(def->exactly_once(&k.t.table));
        if (!def->check(&k.t.table, true, &err)) fail_msg("%s", err.message);
        if (str_is(str_of(cases[i].key), "topic-pattern")) options_remove(&k.t.options, STR("topic"));
        test_option(&k.t, cases[i].key, cases[i].value);
        if (def->check(&k.t.table, true, &err)) fail_msg("accepted: %s", cases[i].key);
        if (!strstr(err.message, cases[i].message) || !err.hint[0]) fail_msg("%s", err.message);
        assert_int_equal(def->transient(&k.t.table), i == 0);
        test_table_free(&k.t);
    }
    Topic k;
    topic_init(&k, "kafka", "127.0.0.1:1");
    test_option(&k.t, "sink.semantic", "exactly-once");      /* the old name */
    assert_true(connector_kafka.exactly_once(&k.t.table));
    expect_conf(&k.t, true, "transaction.timeout.ms", "300000");
    expect_conf(&k.t, true, "socket.timeout.ms", "60000");
    test_option(&k.t, "properties.transaction.timeout.ms", "5000");
    expect_conf(&k.t, true, "transaction.timeout.ms", "5000");
    expect_conf(&k.t, true, "socket.timeout.ms", "5000");
    test_table_free(&k.t);
}

static void cancel_ends_the_wait_of_a_claim(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    Err err = { 0 };
    uint64_t epoch, other;
    _Atomic(bool) cancel = true;
    topic_init(&k, "kafka", "127.0.0.1:1");
    test_option(&k.t, "sink.delivery-guarantee", "exactly-once");
    shape_init(&shape, &k.t);
    SinkSpec spec = { .table = &k.t.table, .in = &shape.schema, .rowtime = -1, .parallel_count = 1, .exactly_once = true, .epoch_key = STR("job/t"), .cancel = &cancel };
    Sink *sink = kafka_sink_vt.open(&spec, STR_NULL, &err);
    assert_non_null(sink);
    assert_false(kafka_sink_vt.claim(sink, &epoch, &other, &err));
    assert_int_equal(err.code, E_CANCELLED);
    kafka_sink_vt.close(sink);
    test_table_free(&k.t);
}

/* Flink's 'none': a checkpoint waits for no acknowledgement, the end of the input does. */
static void without_a_guarantee_checkpoints_do_not_wait(void **state)
{
    (void)state;
    Topic k;
    Shape shape;
    SinkSpec spec;
    Err err = { 0 };
    StrBuf handle = { 0 };
    _Atomic(bool) cancel = true;
    topic_init(&k, "kafka", "127.0.0.1:1");
    test_option(&k.t, "sink.delivery-guarantee", "none");
    shape_init(&shape, &k.t);
    Sink *sink = sink_open(&spec, &k.t, &shape);
    spec.cancel = &cancel;                       /* waits end after the grace of a cancelled job */
    sink_rows(sink, &shape.schema, "+I 1 | a\n");
    assert_true(kafka_sink_vt.prepare(sink, 1, &handle, &err));
    assert_false(kafka_sink_vt.finish(sink, &err));
    assert_int_equal(err.code, E_CANCELLED);
    kafka_sink_vt.close(sink);
    test_table_free(&k.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_keys_and_metadata_make_the_round), cmocka_unit_test(event_time_is_no_record_timestamp), cmocka_unit_test(only_wanted_columns_are_read), cmocka_unit_test(rows_choose_their_topic), cmocka_unit_test(key_prefix_is_cut_and_null_keys_are_null),
        cmocka_unit_test(upserts_and_tombstones), cmocka_unit_test(buffered_upserts_keep_the_last_with_its_timestamp), cmocka_unit_test(raw_null_is_a_null_message),
        cmocka_unit_test(startup_and_bounded_modes), cmocka_unit_test(group_offsets_are_committed_at_checkpoints), cmocka_unit_test(unbounded_latest_sees_only_what_comes_later),
        cmocka_unit_test(a_saved_position_goes_on_behind_the_rows_handed_out), cmocka_unit_test(arrays_explode_over_batches),
        cmocka_unit_test(a_bad_record_fails_with_its_place_and_bytes), cmocka_unit_test(skipped_records_are_counted_and_leave_no_trace), cmocka_unit_test(a_bad_key_is_told_as_such),
        cmocka_unit_test(rows_wait_for_a_broker_that_is_away), cmocka_unit_test(cancel_ends_the_wait_for_a_broker), cmocka_unit_test(passing_errors_lose_nothing_and_lasting_ones_fail),
        cmocka_unit_test(partitions_are_read_side_by_side), cmocka_unit_test(new_topics_of_a_pattern_are_found),
        cmocka_unit_test(java_properties_are_translated), cmocka_unit_test(wrong_options_are_refused_without_a_broker),
        cmocka_unit_test(exactly_once_is_checked_without_a_broker), cmocka_unit_test(without_a_guarantee_checkpoints_do_not_wait), cmocka_unit_test(cancel_ends_the_wait_of_a_claim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
