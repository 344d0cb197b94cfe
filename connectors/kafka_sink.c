/* Kafka sink: keys and values encoded row by row, produced with copies; delivery is awaited at barriers, at the end and when the queue is full.
 * Nothing is given up: librdkafka retries without a time limit, a broker that is away is reported and waited for. upsert-kafka writes tombstones for
 * deletes and may keep only the last row of a key (sink.buffer-flush.*). Threading: the job's thread; delivery reports are served in its calls. */
#include "connectors/kafka.h"
#include "engine/base/clock.h"
#include "engine/base/hashtab.h"
#include "engine/base/log.h"

#include <stdlib.h>

enum { POLL_EVERY_US = 100000, NAG_US = 10 * 1000000, METADATA_MS = 2500, CANCEL_GRACE_US = 3 * 1000000, TOPIC_MAX = 256 };
typedef enum Partitioner { PARTITION_DEFAULT, PARTITION_FIXED, PARTITION_ROUND_ROBIN } Partitioner;

/* A record on its way: bytes borrowed from the sink's buffers; key.ptr NULL = no key; headers are owned until produced. */
typedef struct Topic Topic;
typedef struct Record { Topic *topic; int32_t partition; Str key, value; bool tombstone; int64_t timestamp_ms; rd_kafka_headers_t *headers; } Record;
/* Last record of a buffered key. */
typedef struct Pending { Topic *topic; StrBuf value; bool tombstone; int64_t timestamp_ms; rd_kafka_headers_t *headers; } Pending;
struct Topic { Str name; rd_kafka_topic_t *handle; int32_t partitions; };   /* partitions: 0 = not asked yet */

struct Sink {
    Arena *arena;
    const SinkSpec *spec;
    KafkaLayout layout;
    rd_kafka_t *rk;
    Str topic; int32_t topic_col, timestamp_col, headers_col; bool header_list;
    Encoder *key_encoder, *value_encoder;
    StrBuf key, value;
    Partitioner partitioner; uint32_t next_partition;
    struct { Topic **v; uint32_t n, cap; } topics; Topic *last_topic;          /* written to so far */
    int64_t max_rows, interval_us, next_flush_us, next_poll_us, next_nag_us;
    StrMap buffered; Pending *pending; uint32_t pending_cap;      /* slots of the map */
    SinkStats stats;
    Err error; bool failed, broker_down;
};

static Str sink_option(const Sink *s, const char *name)
{
    return options_text(s->spec->table->options, s->layout.upsert ? upsert_kafka_options : kafka_options, name);
}

/* ---- reports from the client ---- */

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    Sink *s = opaque;
    (void)rk;
    if (!m->err) {
        if (s->broker_down) log_notice("kafka", "table \"" STR_FMT "\": writing again", STR_ARG(s->spec->table->name));
        s->broker_down = false;
        return;
    }
    if (s->failed || m->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || m->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) return;
    s->failed = true;
    err_set(&s->error, E_EXTERNAL, "Kafka did not take a record of topic \"%s\": %s", rd_kafka_topic_name(m->rkt), rd_kafka_err2str(m->err));
}
static void on_client_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    Sink *s = opaque;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !s->broker_down) {
        s->broker_down = true;
        log_warn("kafka", "table \"" STR_FMT "\": no broker can be reached (%s); rows are kept and written when one is back", STR_ARG(s->spec->table->name), reason);
    }
    if (code == RD_KAFKA_RESP_ERR__FATAL && !s->failed) {
        char why[256];
        s->failed = true;
        rd_kafka_fatal_error(rk, why, sizeof why);
        err_set(&s->error, E_EXTERNAL, "the Kafka producer failed: %s", why);
    }
}
static void on_client_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    log_debug("kafka", "%d %s %s", level, facility, text);
}

/* ---- opening ---- */

static bool open_encoder(Sink *s, const KafkaSide *side, bool is_key, Encoder **out, Err *err)
{
    FormatSpec spec = { &side->schema, side->physical, s->spec->table->options, side->prefix.ptr, s->spec->table->zone, is_key, true };
    *out = side->format->encoder_new(&spec, err);
    return *out != NULL;
}

static bool open_columns(Sink *s, Err *err)
{
    uint32_t base = s->spec->table->physical.n;
    s->topic_col = s->timestamp_col = s->headers_col = -1;
    for (uint32_t i = 0; i < s->spec->nmetadata; i++) {
        int32_t col = (int32_t)(base + i);
        Str key = s->spec->metadata[i];
        if (str_is(key, "topic")) s->topic_col = col;
        else if (str_is(key, "timestamp")) s->timestamp_col = col;
        else if (str_is(key, "headers") || str_is(key, "header-list")) { s->headers_col = col; s->header_list = str_is(key, "header-list"); }
        else return err_set(err, E_INVALID, "metadata column \"" STR_FMT "\" of connector 'kafka' cannot be written", STR_ARG(key));
    }
    return true;                                 /* an event-time column alone is no record timestamp (measured on Flink): old ones would meet retention at once */
}

static bool open_client(Sink *s, Err *err)
{
    char why[256];
    rd_kafka_conf_t *conf = kafka_conf(s->spec->table, true, err);
    if (!conf) return false;
    rd_kafka_conf_set_opaque(conf, s);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_client_error);
    rd_kafka_conf_set_log_cb(conf, on_client_log);
    s->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (s->rk) return true;
    rd_kafka_conf_destroy(conf);
    return err_set(err, E_OPTION, "the Kafka client refuses its configuration: %s", why);
}

static bool open_topic(Sink *s, Err *err)
{
    Str *topics;
    uint32_t n;
    bool pattern;
    if (!kafka_topics(s->spec->table, s->arena, &topics, &n, &pattern, err)) return false;
    if ((pattern || n > 1) && s->topic_col < 0) {
        err_set(err, E_OPTION, "a kafka sink with several topics needs a writable metadata column 'topic'");
        return err_hint(err, "Add a column `topic` STRING METADATA, or name one topic.");
    }
    s->topic = str_of(str_cstr(s->arena, topics[0]));
    return true;
}

static bool open_buffer(Sink *s, Err *err)
{
    if (!s->layout.upsert) return true;
    s->max_rows = s->interval_us = 0;
    return options_i64(s->spec->table->options, upsert_kafka_options, "sink.buffer-flush.max-rows", &s->max_rows, err) &&
           options_i64(s->spec->table->options, upsert_kafka_options, "sink.buffer-flush.interval", &s->interval_us, err);
}

static void kafka_sink_close(Sink *s);

static bool open_rest(Sink *s, Err *err)
{
    if (!kafka_layout(s->spec->table, s->arena, &s->layout, err) || !open_columns(s, err) || !open_topic(s, err) || !open_buffer(s, err)) return false;
    if (s->layout.key.format && !open_encoder(s, &s->layout.key, true, &s->key_encoder, err)) return false;
    if (!open_encoder(s, &s->layout.value, false, &s->value_encoder, err)) return false;
    Str partitioner = s->layout.upsert ? STR("default") : sink_option(s, "sink.partitioner");
    s->partitioner = str_iis(partitioner, "fixed") ? PARTITION_FIXED : str_iis(partitioner, "round-robin") ? PARTITION_ROUND_ROBIN : PARTITION_DEFAULT;
    return open_client(s, err);
}

static Sink *kafka_sink_open(const SinkSpec *spec, Str saved, Err *err)
{
    (void)saved;                                 /* at-least-once: nothing is carried over */
    Arena *arena = arena_new();
    Sink *s = ARENA_NEW(arena, Sink);
    s->arena = arena;
    s->spec = spec;
    strbuf_reserve(&s->key, 64);                 /* an empty key is not a null key: never a NULL pointer */
    if (open_rest(s, err)) return s;
    kafka_sink_close(s);
    return NULL;
}

/* ---- producing ---- */

static bool cancelled(const Sink *s) { return s->spec->cancel && *s->spec->cancel; }

static bool take_error(Sink *s, Err *err)
{
    if (!s->failed) return true;
    *err = s->error;
    return false;
}

/* The topic's handle, made on first use: producing by name would look it up under a lock each time. NULL + err. */
static Topic *find_topic(Sink *s, Str name, Err *err)
{
    if (s->last_topic && str_eq(s->last_topic->name, name)) return s->last_topic;
    for (uint32_t i = 0; i < s->topics.n; i++)
        if (str_eq(s->topics.v[i]->name, name)) return s->last_topic = s->topics.v[i];
    const char *text = str_cstr(s->arena, name);
    rd_kafka_topic_t *handle = rd_kafka_topic_new(s->rk, text, NULL);
    if (!handle) {
        err_set(err, E_EXTERNAL, "Kafka refuses topic \"" STR_FMT "\": %s", STR_ARG(name), rd_kafka_err2str(rd_kafka_last_error()));
        return NULL;
    }
    Topic *topic = ARENA_NEW(s->arena, Topic);
    *topic = (Topic){ str_of(text), handle, 0 };
    ARENA_PUSH(s->arena, s->topics, topic);
    return s->last_topic = topic;
}

/* Partition count of a topic for fixed and round-robin; waits for the broker. */
static bool learn_partitions(Sink *s, Topic *topic, Err *err)
{
    while (topic->partitions == 0) {
        const rd_kafka_metadata_t *metadata;
        rd_kafka_resp_err_t rc = rd_kafka_metadata(s->rk, 0, topic->handle, &metadata, METADATA_MS);
        if (!rc) {
            topic->partitions = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
            rd_kafka_metadata_destroy(metadata);
        }
        rd_kafka_poll(s->rk, 0);
        if (!take_error(s, err)) return false;
        if (cancelled(s)) return err_set(err, E_CANCELLED, "cancelled while waiting for Kafka");
        if (topic->partitions > 0) break;
        if (clock_monotonic_us() >= s->next_nag_us) {
            s->next_nag_us = clock_monotonic_us() + NAG_US;
            log_warn("kafka", "table \"" STR_FMT "\": partitions of topic \"%s\" are not known yet: %s; trying again", STR_ARG(s->spec->table->name), topic->name.ptr,
                     rc ? rd_kafka_err2str(rc) : "it does not exist");
        }
        clock_sleep_us(POLL_EVERY_US);
    }
    return true;
}

static bool choose_partition(Sink *s, Topic *topic, int32_t *out, Err *err)
{
    *out = RD_KAFKA_PARTITION_UA;
    if (s->partitioner == PARTITION_DEFAULT) return true;
    if (!learn_partitions(s, topic, err)) return false;
    *out = (int32_t)((s->partitioner == PARTITION_FIXED ? s->spec->parallel_index : s->next_partition++) % (uint32_t)topic->partitions);
    return true;
}

static void add_header(rd_kafka_headers_t *headers, const Datum *key, const Datum *value)
{
    if (key->null) return;                       /* Kafka has no header without a name */
    Str name = datum_text(key), bytes = value->null ? STR_NULL : datum_text(value);
    rd_kafka_header_add(headers, name.ptr, (ssize_t)name.len, bytes.ptr, (ssize_t)bytes.len);
}

static rd_kafka_headers_t *make_headers(const Sink *s, const Batch *batch, uint32_t row)
{
    if (s->headers_col < 0) return NULL;
    Datum cell = vec_get(&batch->cols[s->headers_col], row);
    if (cell.null) return NULL;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(cell.v.nested->len);
    for (uint32_t i = 0; i < cell.v.nested->len; i++) {
        const Datum *items = cell.v.nested->items;
        if (!s->header_list) add_header(headers, &items[2 * i], &items[2 * i + 1]);
        else if (!items[i].null) add_header(headers, &items[i].v.nested->items[0], &items[i].v.nested->items[1]);
    }
    return headers;
}

static size_t record_fields(const Record *r, rd_kafka_vu_t vu[8])
{
    size_t n = 0;
    vu[n++] = (rd_kafka_vu_t){ .vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = r->topic->handle };
    vu[n++] = (rd_kafka_vu_t){ .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = r->partition };
    vu[n++] = (rd_kafka_vu_t){ .vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY };
    if (r->key.ptr) vu[n++] = (rd_kafka_vu_t){ .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { (void *)r->key.ptr, r->key.len } };
    if (!r->tombstone) vu[n++] = (rd_kafka_vu_t){ .vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = { (void *)(r->value.ptr ? r->value.ptr : ""), r->value.len } };
    if (r->timestamp_ms >= 0) vu[n++] = (rd_kafka_vu_t){ .vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = r->timestamp_ms };
    if (r->headers) vu[n++] = (rd_kafka_vu_t){ .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = r->headers };
    return n;
}

/* Hands one record to the client, waiting while its queue is full. The headers are gone afterwards, whatever the outcome. */
static bool produce(Sink *s, Record *r, Err *err)
{
    bool ok = true;
    while (ok) {
        rd_kafka_vu_t vu[8];
        rd_kafka_error_t *error = rd_kafka_produceva(s->rk, vu, record_fields(r, vu));
        if (!error) break;
        bool full = rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__QUEUE_FULL;
        if (!full) ok = err_set(err, E_EXTERNAL, "Kafka refuses a record for topic \"%s\": %s", r->topic->name.ptr, rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
        if (!full) break;
        rd_kafka_poll(s->rk, 50);
        ok = take_error(s, err);
        if (ok && cancelled(s)) ok = err_set(err, E_CANCELLED, "cancelled while waiting for Kafka");
    }
    if (ok) {
        s->stats.rows++;
        s->stats.bytes += r->key.len + r->value.len;
    } else if (r->headers) {
        rd_kafka_headers_destroy(r->headers);
    }
    r->headers = NULL;
    return ok;
}

/* Epoch milliseconds of the row's timestamp column; -1 = let the client stamp it. */
static int64_t row_timestamp_ms(const Sink *s, const Batch *batch, uint32_t row)
{
    if (s->timestamp_col < 0) return -1;
    const Vec *vec = &batch->cols[s->timestamp_col];
    Datum value = vec_get(vec, row);
    if (value.null || vec->phys != PHYS_I64) return -1;
    int64_t us = value.v.i64;
    return us < 0 ? -1 : us / 1000;
}

static bool encode_row(Sink *s, const Batch *batch, uint32_t row, RowOp op, bool *null_key, bool *null_value, Err *err)
{
    strbuf_clear(&s->key);
    strbuf_clear(&s->value);
    *null_key = *null_value = false;
    if (s->key_encoder && !s->layout.key.format->encode(s->key_encoder, batch, row, op, &s->key, null_key, err)) return false;
    if (s->layout.upsert && !row_op_adds(op)) { *null_value = true; return true; }
    return s->layout.value.format->encode(s->value_encoder, batch, row, op, &s->value, null_value, err);
}

static void pending_clear(Pending *p)
{
    if (p->headers) rd_kafka_headers_destroy(p->headers);
    p->headers = NULL;
}

/* Keeps the last record of the key until the buffer is flushed. */
static void buffer_record(Sink *s, Record *r)
{
    uint32_t slot = strmap_put(&s->buffered, r->key, NULL);
    if (slot >= s->pending_cap) {
        uint32_t cap = s->pending_cap ? s->pending_cap * 2 : 64;
        while (cap <= slot) cap *= 2;
        s->pending = xrealloc(s->pending, cap * sizeof *s->pending);
        memset(s->pending + s->pending_cap, 0, (cap - s->pending_cap) * sizeof *s->pending);
        s->pending_cap = cap;
    }
    Pending *p = &s->pending[slot];
    pending_clear(p);
    strbuf_clear(&p->value);
    strbuf_adds(&p->value, r->value);
    p->topic = r->topic;
    p->tombstone = r->tombstone;
    p->timestamp_ms = r->timestamp_ms;
    p->headers = r->headers;
    r->headers = NULL;
    if (s->next_flush_us == 0) s->next_flush_us = clock_monotonic_us() + s->interval_us;
}

static bool flush_buffer(Sink *s, Err *err)
{
    if (strmap_len(&s->buffered) == 0) return true;
    for (uint32_t slot = strmap_first(&s->buffered); slot != STRMAP_NONE; slot = strmap_next(&s->buffered, slot)) {
        Pending *p = &s->pending[slot];
        Record r = { p->topic, RD_KAFKA_PARTITION_UA, strmap_key(&s->buffered, slot), strbuf_str(&p->value), p->tombstone, p->timestamp_ms, p->headers };
        p->headers = NULL;
        if (!produce(s, &r, err)) return false;
    }
    strmap_clear(&s->buffered);
    s->next_flush_us = 0;
    return true;
}

/* The topic a row goes to: the table's, or its own in the metadata column. */
static bool row_topic(Sink *s, const Batch *batch, uint32_t row, Topic **out, Err *err)
{
    Str name = s->topic;
    Datum cell;                                  /* a short name lies within it */
    if (s->topic_col >= 0) {
        cell = vec_get(&batch->cols[s->topic_col], row);
        name = cell.null ? STR_NULL : datum_text(&cell);
        if (name.len == 0 || name.len >= TOPIC_MAX) return err_set(err, E_DATA, "metadata column 'topic' of a written row is NULL or no topic name");
    }
    *out = find_topic(s, name, err);
    return *out != NULL;
}

static bool write_row(Sink *s, const Batch *batch, uint32_t row, RowOp op, Err *err)
{
    Record r = { 0 };
    bool null_key;
    if (!encode_row(s, batch, row, op, &null_key, &r.tombstone, err) || !row_topic(s, batch, row, &r.topic, err) ||
        !choose_partition(s, r.topic, &r.partition, err))
        return false;
    r.key = s->key_encoder && !null_key ? strbuf_str(&s->key) : STR_NULL;
    r.value = strbuf_str(&s->value);
    r.timestamp_ms = row_timestamp_ms(s, batch, row);
    r.headers = make_headers(s, batch, row);
    if (s->max_rows <= 0) return produce(s, &r, err);
    buffer_record(s, &r);
    return strmap_len(&s->buffered) < (uint64_t)s->max_rows || flush_buffer(s, err);
}

static bool kafka_sink_write(Sink *s, const Batch *batch, Err *err)
{
    uint32_t n = batch_live(batch);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = batch_row(batch, i);
        RowOp op = batch_op(batch, row);
        if (s->layout.upsert && op == ROW_UPDATE_BEFORE) continue;
        if (!write_row(s, batch, row, op, err)) return false;
    }
    rd_kafka_poll(s->rk, 0);
    return take_error(s, err);
}

static int64_t kafka_sink_deadline(Sink *s)
{
    int64_t poll = rd_kafka_outq_len(s->rk) > 0 ? s->next_poll_us : INT64_MAX;
    return s->next_flush_us && s->next_flush_us < poll ? s->next_flush_us : poll;
}

static bool kafka_sink_tick(Sink *s, int64_t now_us, Err *err)
{
    if (s->next_flush_us && now_us >= s->next_flush_us && !flush_buffer(s, err)) return false;
    rd_kafka_poll(s->rk, 0);
    s->next_poll_us = now_us + POLL_EVERY_US;
    return take_error(s, err);
}

/* All rows acknowledged by the brokers, however long it takes; a cancelled job waits only a little. */
static bool kafka_sink_flush(Sink *s, Err *err)
{
    int64_t since = clock_monotonic_us();
    if (!flush_buffer(s, err)) return false;
    while (rd_kafka_outq_len(s->rk) > 0) {
        rd_kafka_flush(s->rk, 200);
        if (!take_error(s, err)) return false;
        if (cancelled(s) && clock_monotonic_us() - since > CANCEL_GRACE_US) return err_set(err, E_CANCELLED, "cancelled with %d records not yet acknowledged by Kafka", rd_kafka_outq_len(s->rk));
    }
    return true;
}

static bool kafka_sink_prepare(Sink *s, uint64_t ckpt_id, StrBuf *handle, Err *err)
{
    (void)ckpt_id;
    (void)handle;
    return kafka_sink_flush(s, err);
}

static void kafka_sink_stats(const Sink *s, SinkStats *out) { *out = s->stats; }

static void kafka_sink_close(Sink *s)
{
    if (!s) return;
    if (s->rk) {
        rd_kafka_purge(s->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(s->rk, 100);
        for (uint32_t i = 0; i < s->topics.n; i++) rd_kafka_topic_destroy(s->topics.v[i]->handle);
        rd_kafka_destroy(s->rk);
    }
    if (s->key_encoder) s->layout.key.format->encoder_free(s->key_encoder);
    if (s->value_encoder) s->layout.value.format->encoder_free(s->value_encoder);
    for (uint32_t i = 0; i < s->pending_cap; i++) {
        pending_clear(&s->pending[i]);
        strbuf_free(&s->pending[i].value);
    }
    free(s->pending);
    strmap_free(&s->buffered);
    strbuf_free(&s->key);
    strbuf_free(&s->value);
    arena_free(s->arena);
}

const SinkVt kafka_sink_vt = {
    .open = kafka_sink_open, .write = kafka_sink_write, .tick = kafka_sink_tick, .next_deadline_us = kafka_sink_deadline, .prepare = kafka_sink_prepare,
    .finish = kafka_sink_flush, .stats = kafka_sink_stats, .close = kafka_sink_close,
};
