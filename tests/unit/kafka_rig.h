/* Kafka tables, scans and sinks driven through their interfaces; used by test_kafka.c (mock brokers) and test_kafka_real.c. */
#ifndef WEIR_TESTS_KAFKA_RIG_H
#define WEIR_TESTS_KAFKA_RIG_H
#include "connectors/kafka.h"
#include "engine/base/clock.h"
#include "tests/unit/conn.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct Topic { TestTable t; char name[64]; } Topic;

static inline void topic_init(Topic *topic, const char *connector, const char *servers)
{
    static int serial;
    snprintf(topic->name, sizeof topic->name, "topic-%d", ++serial);
    test_table_init(&topic->t);
    test_option(&topic->t, "connector", connector);
    test_option(&topic->t, "topic", topic->name);
    test_option(&topic->t, "properties.bootstrap.servers", servers);
    test_option(&topic->t, "scan.bounded.mode", "latest-offset");
    if (strcmp(connector, "kafka") == 0) {
        test_option(&topic->t, "format", "json");
        test_option(&topic->t, "scan.startup.mode", "earliest-offset");
    } else {
        test_option(&topic->t, "key.format", "json");
        test_option(&topic->t, "value.format", "json");
        test_key(&topic->t, 0);
    }
    test_column(&topic->t, "id", type_simple(TYPE_BIGINT, true));
    test_column(&topic->t, "name", type_string(true));
}

/* A topic of its own on the real broker ($WEIR_TEST_KAFKA); without one the test is skipped. */
static inline void real_topic(Topic *topic, const char *connector)
{
    const char *servers = getenv("WEIR_TEST_KAFKA");
    if (!servers || !servers[0]) skip();
    topic_init(topic, connector, servers);
    snprintf(topic->name, sizeof topic->name, "unit-%lld", (long long)clock_now_us());
    test_option(&topic->t, "topic", topic->name);
}

static inline const ConnectorDef *connector_of(const TestTable *t)
{
    return connector_find(options_find(&t->options, STR("connector"))->value);
}

/* Physical columns (all, or the chosen ones) and metadata columns of a scan or a sink. */
typedef struct Shape { Column cols[24]; Schema schema; uint32_t physical[16], nphysical; Str metadata[8]; uint32_t nmetadata; } Shape;

static inline void shape_init(Shape *shape, const TestTable *t)
{
    memset(shape, 0, sizeof *shape);
    shape->schema.cols = shape->cols;
    for (uint32_t i = 0; i < t->table.physical.n; i++) {
        shape->cols[shape->schema.n++] = t->cols[i];
        shape->physical[shape->nphysical++] = i;
    }
}
static inline void shape_metadata(Shape *shape, const char *key, const Type *type)
{
    shape->cols[shape->schema.n++] = (Column){ str_of(key), type };
    shape->metadata[shape->nmetadata++] = str_of(key);
}

typedef struct Scan { SourceSpec spec; Source *source; const SourceVt *vt; } Scan;

static inline bool scan_try(Scan *scan, const TestTable *t, const Shape *shape, Str position, Err *err)
{
    *scan = (Scan){ .vt = connector_of(t)->source };
    scan->spec = (SourceSpec){ .table = &t->table, .out = &shape->schema, .physical = shape->physical, .nphysical = shape->nphysical,
                               .metadata = shape->metadata, .nmetadata = shape->nmetadata, .limit = -1, .parallel_count = 1 };
    scan->source = scan->vt->open(&scan->spec, position, err);
    return scan->source != NULL;
}
static inline void scan_open(Scan *scan, const TestTable *t, const Shape *shape, Str position)
{
    Err err = { 0 };
    if (!scan_try(scan, t, shape, position, &err)) fail_msg("%s", err.message);
}
/* Next batch or NULL at the end; fails the test on errors and after ten idle seconds. */
static inline const Batch *scan_next(Scan *scan)
{
    const Batch *batch;
    Err err = { 0 };
    for (int idle = 0; idle < 100; idle++) {
        switch (scan->vt->poll(scan->source, 100, &batch, &err)) {
        case POLL_DATA: return batch;
        case POLL_IDLE: break;
        case POLL_END: return NULL;
        case POLL_ERROR: fail_msg("%s: %s", err.message, err.detail);
        }
    }
    fail_msg("no rows came");
    return NULL;
}
static inline void scan_error(Scan *scan, Err *err)
{
    const Batch *batch;
    for (int i = 0; i < 100; i++)
        if (scan->vt->poll(scan->source, 100, &batch, err) == POLL_ERROR) return;
    fail_msg("no error came");
}
static inline void scan_close(Scan *scan) { scan->vt->close(scan->source); }

/* All rows of a bounded scan as text. */
static inline void expect_rows(const TestTable *t, const Shape *shape, const char *want)
{
    Scan scan;
    Shape all;
    StrBuf out = { 0 };
    shape_init(&all, t);
    if (!shape) shape = &all;
    scan_open(&scan, t, shape, STR_NULL);
    for (const Batch *batch; (batch = scan_next(&scan));) batch_print(batch, &shape->schema, &out);
    assert_string_equal(strbuf_cstr(&out), want);
    scan_close(&scan);
    strbuf_free(&out);
}

static inline Sink *sink_open(SinkSpec *spec, const TestTable *t, const Shape *shape)
{
    Err err = { 0 };
    *spec = (SinkSpec){ .table = &t->table, .in = &shape->schema, .metadata = shape->metadata, .nmetadata = shape->nmetadata, .changes = CHANGES_INSERT, .rowtime = -1, .parallel_count = 1 };
    Sink *sink = kafka_sink_vt.open(spec, STR_NULL, &err);
    if (!sink) fail_msg("%s", err.message);
    return sink;
}
static inline void sink_rows(Sink *sink, const Schema *schema, const char *rows)
{
    BatchBuilder builder;
    Err err = { 0 };
    if (!kafka_sink_vt.write(sink, test_batch(&builder, schema, rows), &err)) fail_msg("%s", err.message);
    builder_free(&builder);
}
static inline void sink_end(Sink *sink)
{
    Err err = { 0 };
    if (!kafka_sink_vt.finish(sink, &err)) fail_msg("%s", err.message);
    kafka_sink_vt.close(sink);
}
static inline void write_rows(const TestTable *t, const Shape *shape, const char *rows)
{
    SinkSpec spec;
    Shape all;
    shape_init(&all, t);
    if (!shape) shape = &all;
    Sink *sink = sink_open(&spec, t, shape);
    sink_rows(sink, &shape->schema, rows);
    sink_end(sink);
}

static inline void hand_over(rd_kafka_t *rk, const char *topic, const char *key, const char *value, size_t value_len)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
    assert_int_equal(rd_kafka_produce(handle, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, (void *)(uintptr_t)value, value_len, key, key ? strlen(key) : 0, NULL), 0);
    rd_kafka_topic_destroy(handle);
}
/* Bytes as some other program would write them; NULL = null key or value. */
static inline void produce_raw(const TestTable *t, const char *topic, const char *key, const char *value, size_t value_len)
{
    Err err = { 0 };
    rd_kafka_conf_t *conf = kafka_conf(&t->table, true, &err);
    assert_non_null(conf);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    hand_over(rk, topic, key, value, value_len);
    assert_int_equal(rd_kafka_flush(rk, 10000), 0);
    rd_kafka_destroy(rk);
}
static inline void produce_text(const TestTable *t, const char *topic, const char *key, const char *value) { produce_raw(t, topic, key, value, value ? strlen(value) : 0); }

/* What a group has committed for partition 0; negative = nothing. */
static inline int64_t group_offset(const Topic *topic, const char *group)
{
    Err err = { 0 };
    rd_kafka_conf_t *conf = kafka_conf(&topic->t.table, false, &err);
    rd_kafka_conf_set(conf, "group.id", group, NULL, 0);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic->name, 0);
    assert_int_equal(rd_kafka_committed(rk, list, 20000), 0);
    int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return offset;
}

static inline void write_numbers(const TestTable *t, int64_t from, int64_t n)
{
    Shape shape;
    SinkSpec spec;
    shape_init(&shape, t);
    Sink *sink = sink_open(&spec, t, &shape);
    for (int64_t done = 0; done < n;) {
        BatchBuilder builder;
        Err err = { 0 };
        builder_init(&builder, &shape.schema, BATCH_ROWS);
        for (; done < n && !builder_full(&builder); done++) {
            Datum id = datum_i64(from + done), null = datum_null();
            builder_set(&builder, 0, &id);
            builder_set(&builder, 1, &null);
            builder_row(&builder, ROW_INSERT);
        }
        assert_true(kafka_sink_vt.write(sink, builder_batch(&builder), &err));
        builder_free(&builder);
    }
    sink_end(sink);
}

/* Reads numbers until the end, checking that they come in order from *next on. */
static inline void read_numbers(Scan *scan, int64_t *next, int64_t until)
{
    for (const Batch *batch; *next < until && (batch = scan_next(scan));)
        for (uint32_t i = 0; i < batch->len; i++) assert_int_equal(((int64_t *)batch->cols[0].data)[i], (*next)++);
}
#endif
