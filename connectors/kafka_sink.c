/* Kafka sink: keys and values encoded row by row, produced with copies. Delivery is awaited at barriers and at the end (at-least-once), in commit()
 * (exactly-once: one transaction an epoch), or at the end only (none). upsert-kafka writes tombstones for deletes.
 * Threading: the job's thread; delivery reports are served in its calls. */
#include "connectors/kafka_sink.h"
#include "engine/base/clock.h"

enum { POLL_EVERY_US = 100000, QUIET_US = 1000000 /* a topic that the first question creates is no news */, TOPIC_MAX = 256 };

static Str sink_option(const Sink *s, const char *name)
{
    return options_text(s->spec->table->options, s->layout.upsert ? upsert_kafka_options : kafka_options, name);
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
    s->guarantee = kafka_guarantee(s->spec->table);
    return kafka_producer_open(s, err);
}

static Sink *kafka_sink_open(const SinkSpec *spec, Str saved, Err *err)
{
    (void)saved;                                 /* nothing is carried over: the brokers hold what was written */
    Arena *arena = arena_new();
    Sink *s = ARENA_NEW(arena, Sink);
    s->arena = arena;
    s->spec = spec;
    s->next_nag_us = clock_monotonic_us() + QUIET_US;
    strbuf_reserve(&s->key, 64);                 /* an empty key is not a null key: never a NULL pointer */
    if (open_rest(s, err)) return s;
    kafka_sink_close(s);
    return NULL;
}

/* ---- rows to records ---- */

static bool choose_partition(Sink *s, Topic *topic, int32_t *out, Err *err)
{
    *out = RD_KAFKA_PARTITION_UA;
    if (s->partitioner == PARTITION_DEFAULT) return true;
    if (!kafka_learn_partitions(s, topic, err)) return false;
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
    *out = kafka_find_topic(s, name, err);
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
    if (s->max_rows <= 0) return kafka_produce(s, &r, err);
    kafka_buffer_record(s, &r);
    return strmap_len(&s->buffered) < (uint64_t)s->max_rows || kafka_flush_buffer(s, err);
}

static bool kafka_sink_write(Sink *s, const Batch *batch, Err *err)
{
    uint32_t n = batch_live(batch);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = batch_row(batch, i);
        if (!write_row(s, batch, row, batch_op(batch, row), err)) return false;
    }
    return kafka_serve(s, err);
}

static int64_t kafka_sink_deadline(Sink *s)
{
    int64_t poll = rd_kafka_outq_len(s->rk) > 0 ? s->next_poll_us : INT64_MAX;
    return s->next_flush_us && s->next_flush_us < poll ? s->next_flush_us : poll;
}

static bool kafka_sink_tick(Sink *s, int64_t now_us, Err *err)
{
    if (s->next_flush_us && now_us >= s->next_flush_us && !kafka_flush_buffer(s, err)) return false;
    s->next_poll_us = now_us + POLL_EVERY_US;
    return kafka_serve(s, err);
}

static bool kafka_sink_prepare(Sink *s, uint64_t ckpt_id, StrBuf *handle, Err *err)
{
    (void)ckpt_id;
    (void)handle;
    return s->guarantee == KAFKA_NONE ? kafka_flush_buffer(s, err) : kafka_flush(s, err);
}

static bool kafka_sink_commit(Sink *s, uint64_t ckpt_id, Err *err)
{
    return s->guarantee != KAFKA_EXACTLY_ONCE || (kafka_flush(s, err) && kafka_txn_commit(s, ckpt_id, err));
}

static void kafka_sink_stats(const Sink *s, SinkStats *out) { *out = s->stats; }

static void kafka_sink_close(Sink *s)
{
    if (!s) return;
    kafka_producer_close(s);
    if (s->key_encoder) s->layout.key.format->encoder_free(s->key_encoder);
    if (s->value_encoder) s->layout.value.format->encoder_free(s->value_encoder);
    strbuf_free(&s->key);
    strbuf_free(&s->value);
    arena_free(s->arena);
}

const SinkVt kafka_sink_vt = {
    .open = kafka_sink_open, .write = kafka_sink_write, .tick = kafka_sink_tick, .next_deadline_us = kafka_sink_deadline, .prepare = kafka_sink_prepare,
    .commit = kafka_sink_commit, .claim = kafka_txn_claim, .finish = kafka_flush, .stats = kafka_sink_stats, .close = kafka_sink_close,
};
