/* Kafka source: manual assignment and the consumer's callback queue, decoding straight into the batch.
 * Positions are the next offsets of the rows handed out; group offsets are committed only for durable checkpoints.
 * Threading: all of it runs on the job's thread; librdkafka's threads fill the queue behind it.
 * Invariant: a batch handed out stays untouched until the next poll. */
#include "connectors/kafka_source.h"
#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/base/log.h"

static bool row_done(void *ctx, RowOp op, Err *err);
static void kafka_source_close(Source *s);

Str kafka_source_option(const Source *s, const char *name)
{
    return options_text(s->spec->table->options, s->layout.upsert ? upsert_kafka_options : kafka_options, name);
}

bool kafka_source_cancelled(const Source *s)
{
    return s->spec->cancel && *s->spec->cancel;
}

/* ---- opening ---- */

static void brokers_gone(Source *s, const char *reason)
{
    if (s->broker_down) return;
    s->broker_down = true;
    log_warn("kafka", "table \"" STR_FMT "\": no broker can be reached (%s); reading goes on when one is back", STR_ARG(s->spec->table->name), reason);
}
static void on_client_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    (void)rk;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) brokers_gone(opaque, reason);
}
static void on_client_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    log_debug("kafka", "%d %s %s", level, facility, text);
}

/* Decoder of one side: payload field i goes to the batch column that holds its physical column, or nowhere. */
static bool open_decoder(Source *s, const KafkaSide *side, bool is_key, Decoder **out, Err *err)
{
    uint32_t *target = ARENA_ARRAY(s->arena, uint32_t, side->schema.n);
    for (uint32_t f = 0; f < side->schema.n; f++) {
        target[f] = UINT32_MAX;
        for (uint32_t c = 0; c < s->spec->nphysical; c++)
            if (s->spec->physical[c] == side->physical[f]) target[f] = c;
        /* A column that stands in key and value is read from the key for upserts (a tombstone has no value), from the value otherwise. */
        bool in_other = false;
        const KafkaSide *other = is_key ? &s->layout.value : &s->layout.key;
        for (uint32_t o = 0; o < other->schema.n; o++) in_other |= other->physical[o] == side->physical[f];
        if (in_other && is_key != s->layout.upsert) target[f] = UINT32_MAX;
        if (is_key && target[f] != UINT32_MAX) s->key_cols[s->nkey++] = target[f];
    }
    FormatSpec spec = { &side->schema, target, s->spec->table->options, side->prefix.ptr, s->spec->table->zone, is_key, true };
    *out = side->format->decoder_new(&spec, err);
    return *out != NULL;
}

static bool open_metadata(Source *s, Err *err)
{
    s->meta = ARENA_ARRAY(s->arena, MetaKind, s->spec->nmetadata);
    for (uint32_t i = 0; i < s->spec->nmetadata; i++) {
        uint32_t k = 0;                          /* ORDER MetaKind: kafka_metadata, rearranged here by name */
        static const struct { const char *key; MetaKind kind; } kinds[] = { { "topic", META_TOPIC }, { "partition", META_PARTITION }, { "headers", META_HEADERS },
            { "header-list", META_HEADER_LIST }, { "leader-epoch", META_LEADER_EPOCH }, { "offset", META_OFFSET }, { "timestamp", META_TIMESTAMP }, { "timestamp-type", META_TIMESTAMP_TYPE } };
        while (k < 8 && !str_is(s->spec->metadata[i], kinds[k].key)) k++;
        if (k == 8) return err_set(err, E_NO_COLUMN, "metadata key \"" STR_FMT "\" does not exist in connector 'kafka'", STR_ARG(s->spec->metadata[i]));
        s->meta[s->nmeta++] = kinds[k].kind;
    }
    return true;
}

static bool open_client(Source *s, Err *err)
{
    char why[256];
    rd_kafka_conf_t *conf = kafka_conf(s->spec->table, false, err);
    if (!conf) return false;
    rd_kafka_conf_set_opaque(conf, s);
    rd_kafka_conf_set_error_cb(conf, on_client_error);
    rd_kafka_conf_set_log_cb(conf, on_client_log);
    rd_kafka_conf_set(conf, "enable.partition.eof", "true", NULL, 0);
    s->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (!s->rk) {
        rd_kafka_conf_destroy(conf);
        return err_set(err, E_OPTION, "the Kafka client refuses its configuration: %s", why);
    }
    rd_kafka_poll_set_consumer(s->rk);
    s->queue = rd_kafka_queue_get_consumer(s->rk);
    return true;
}

static bool open_rest(Source *s, Str saved_position, Err *err)
{
    const ConnTable *table = s->spec->table;
    if (!kafka_layout(table, s->arena, &s->layout, err) || !kafka_topics(table, s->arena, &s->topics, &s->ntopics, &s->pattern, err)) return false;
    for (uint32_t i = 0; i < s->ntopics; i++) s->topics[i] = str_of(str_cstr(s->arena, s->topics[i]));
    s->bounded = !str_iis(kafka_source_option(s, "scan.bounded.mode"), "unbounded");
    if (!options_i64(table->options, kafka_options, "scan.topic-partition-discovery.interval", &s->discovery_us, err)) return false;
    s->key_cols = ARENA_ARRAY(s->arena, uint32_t, s->layout.key.schema.n + 1);
    if (s->layout.key.format && !open_decoder(s, &s->layout.key, true, &s->key_decoder, err)) return false;
    if (!open_decoder(s, &s->layout.value, false, &s->value_decoder, err) || !open_metadata(s, err) || !open_client(s, err)) return false;
    if (!kafka_assign_all(s, saved_position, err)) return false;
    s->next_discovery_us = clock_monotonic_us() + s->discovery_us;
    return true;
}

static Source *kafka_source_open(const SourceSpec *spec, Str saved_position, Err *err)
{
    Arena *arena = arena_new();
    Source *s = ARENA_NEW(arena, Source);
    s->arena = arena;
    s->spec = spec;
    s->lost = -1;
    builder_init(&s->builder, spec->out, BATCH_ROWS);
    if (open_rest(s, saved_position, err)) return s;
    kafka_source_close(s);
    return NULL;
}

/* ---- rows ---- */

static Datum header_list(Source *s, const rd_kafka_message_t *message, bool as_map)
{
    rd_kafka_headers_t *headers;
    Arena *arena = s->builder.batch.arena;
    uint32_t n = rd_kafka_message_headers(message, &headers) ? 0 : (uint32_t)rd_kafka_header_cnt(headers), kept = 0;
    Datum out = { 0 };
    Nested *list = nested_new(arena, n, as_map ? 2 * n : n);
    for (uint32_t i = 0; i < n; i++) {
        const char *name;
        const void *value;
        size_t size;
        if (rd_kafka_header_get_all(headers, i, &name, &value, &size)) break;
        Datum key = { 0 }, bytes = { 0 };
        key.v.str = strview_copy(arena, name, (uint32_t)strlen(name));
        bytes.null = value == NULL;
        if (value) bytes.v.str = strview_copy(arena, value, (uint32_t)size);
        if (as_map) {
            uint32_t at = 0;
            while (at < kept && !strview_eq(&list->items[2 * at].v.str, &key.v.str)) at++;
            list->items[2 * at] = key;
            list->items[2 * at + 1] = bytes;
            if (at == kept) kept++;
        } else {
            Nested *pair = nested_new(arena, 2, 2);
            pair->items[0] = key;
            pair->items[1] = bytes;
            list->items[kept++].v.nested = pair;
        }
    }
    list->len = kept;
    out.v.nested = list;
    return out;
}

static void set_metadata(Source *s)
{
    const rd_kafka_message_t *m = s->message;
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    for (uint32_t i = 0; i < s->nmeta; i++) {
        Datum value = { 0 };
        switch (s->meta[i]) {
        case META_TOPIC: value.v.str = strview_of(s->parts.v[s->part].topic.ptr, s->parts.v[s->part].topic.len); break;   /* lives as long as the source */
        case META_PARTITION: value.v.i32 = m->partition; break;
        case META_OFFSET: value.v.i64 = m->offset; break;
        case META_LEADER_EPOCH: value.null = true; break;     /* librdkafka 2.0 does not tell it */
        case META_HEADERS: value = header_list(s, m, true); break;
        case META_HEADER_LIST: value = header_list(s, m, false); break;
        case META_TIMESTAMP: {
            int64_t ms = rd_kafka_message_timestamp(m, &type);
            value.v.i64 = ms < 0 ? 0 : ms * 1000;
            break;
        }
        case META_TIMESTAMP_TYPE: {
            rd_kafka_message_timestamp(m, &type);
            const char *name = type == RD_KAFKA_TIMESTAMP_CREATE_TIME ? "CreateTime" : type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? "LogAppendTime" : "NoTimestampType";
            value.v.str = strview_of(name, (uint32_t)strlen(name));
            break;
        }
        }
        builder_set(&s->builder, s->spec->nphysical + i, &value);
    }
}

/* Queues the builder's rows to be handed out and goes on in a fresh one. */
static void set_aside(Source *s)
{
    ReadyBatch full = { s->builder, s->rows_of_message };
    if (s->spare.n) s->builder = s->spare.v[--s->spare.n];
    else builder_init(&s->builder, s->spec->out, BATCH_ROWS);
    ARENA_PUSH(s->arena, s->ready, full);
}

/* Commits the row whose value cells the decoder has written. */
static bool row_done(void *ctx, RowOp op, Err *err)
{
    Source *s = ctx;
    (void)err;
    BatchBuilder *b = &s->builder;
    if (s->rows_of_message++ < s->parts.v[s->part].rows_done) return true;
    if (s->kept_of_message++ > 0) {              /* further rows of one message repeat its key */
        const BatchBuilder *before = b->batch.len ? b : &s->ready.v[s->ready.n - 1].builder;
        for (uint32_t i = 0; i < s->nkey; i++) {
            Datum key = vec_get(&before->batch.cols[s->key_cols[i]], (b->batch.len ? b : before)->batch.len - 1);
            builder_set(b, s->key_cols[i], &key);
        }
    }
    if (s->nmeta) set_metadata(s);
    b->split[b->batch.len] = (uint16_t)s->part;
    b->has_split |= s->part != 0;
    builder_origin(b, (uint64_t)s->message->offset);
    builder_row(b, s->layout.upsert ? (s->tombstone ? ROW_DELETE : ROW_UPDATE_AFTER) : op);
    if (builder_full(b)) set_aside(s);           /* the message may yield more rows */
    return true;
}

static bool key_done(void *ctx, RowOp op, Err *err)
{
    (void)op;
    (void)err;
    ((Source *)ctx)->has_key = true;
    return true;
}

/* A tombstone: all columns but the key's are NULL. */
static void null_value_columns(Source *s)
{
    Datum null = datum_null();
    for (uint32_t c = 0; c < s->spec->nphysical; c++) {
        bool key = false;
        for (uint32_t k = 0; k < s->nkey; k++) key |= s->key_cols[k] == c;
        if (!key) builder_set(&s->builder, c, &null);
    }
}

/* Key columns of the row under way. *row false: the record yields none, because its key was skipped as unreadable or an upsert has no key. */
static bool decode_key(Source *s, Str key, bool *row, Err *err)
{
    *row = true;
    if (!s->key_decoder) return true;
    if (!key.ptr) {
        Datum null = datum_null();
        for (uint32_t i = 0; i < s->nkey; i++) builder_set(&s->builder, s->key_cols[i], &null);
        if (s->layout.upsert) s->stats.bad_records++;
        *row = !s->layout.upsert;
        return true;
    }
    s->in_key = true;
    s->has_key = false;
    bool ok = s->layout.key.format->decode(s->key_decoder, key, &s->builder, key_done, s, &s->stats.bad_records, err);
    s->in_key = !ok;
    *row = s->has_key;
    return ok;
}

static bool decode_message(Source *s, Err *err)
{
    const rd_kafka_message_t *m = s->message;
    Str key = { m->key, (uint32_t)m->key_len }, value = { m->payload, (uint32_t)m->len };
    bool row;
    s->rows_of_message = s->kept_of_message = 0;
    s->tombstone = s->layout.upsert && !m->payload;
    if (!decode_key(s, key, &row, err)) return false;
    if (!row) return true;
    if (s->tombstone) {
        null_value_columns(s);
        return row_done(s, ROW_DELETE, err);
    }
    return s->layout.value.format->decode(s->value_decoder, value, &s->builder, row_done, s, &s->stats.bad_records, err);
}

/* Adds where the record stands and what its bytes are. */
static void explain_bad_record(Source *s, Err *err)
{
    const rd_kafka_message_t *m = s->message;
    const unsigned char *at = s->in_key ? m->key : m->payload;
    size_t len = s->in_key ? m->key_len : m->len;
    StrBuf bytes = { 0 };
    for (size_t i = 0; i < len && i < 32; i++) strbuf_addf(&bytes, i ? " %02x" : "%02x", at[i]);
    char before[sizeof err->detail];
    memcpy(before, err->detail, sizeof before);
    err_detail(err, "topic \"" STR_FMT "\", partition %d, offset %lld; %s%sbytes%s: %s%s", STR_ARG(s->parts.v[s->part].topic), m->partition, (long long)m->offset, before,
               before[0] ? "; " : "", s->in_key ? " of the key" : "", strbuf_cstr(&bytes), len > 32 ? " ..." : "");
    strbuf_free(&bytes);
}

static void on_eof(Source *s, const rd_kafka_message_t *m)
{
    int32_t part = m->rkt ? kafka_find_partition(s, rd_kafka_topic_name(m->rkt), m->partition) : -1;
    if (part < 0) return;
    Partition *p = &s->parts.v[part];
    /* Control records, aborted transactions and compaction leave gaps: the end of the log tells as much as a record at the stop, and a position at rest
     * must not stand on an offset that retention will remove though no record was there. */
    int64_t end = p->stop != OFFSET_NONE && p->stop < m->offset ? p->stop : m->offset;
    if (end > p->next) {
        p->next = end;
        p->rows_done = 0;
    }
    if (p->stop != OFFSET_NONE && m->offset >= p->stop) p->finished = s->newly_finished = true;
}

static void on_error(Source *s, const rd_kafka_message_t *m)
{
    switch (m->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF: on_eof(s, m); return;
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: brokers_gone(s, rd_kafka_message_errstr(m)); return;
    case RD_KAFKA_RESP_ERR__TRANSPORT: return;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET: case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        s->lost = m->rkt ? kafka_find_partition(s, rd_kafka_topic_name(m->rkt), m->partition) : -1;
        break;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED: case RD_KAFKA_RESP_ERR__AUTHENTICATION: case RD_KAFKA_RESP_ERR__FATAL:
        s->failed = true;
        err_set(&s->error, E_EXTERNAL, "Kafka refuses: %s", rd_kafka_message_errstr(m));
        break;
    default:
        if (clock_monotonic_us() < s->next_nag_us) return;      /* each partition repeats it with every fetch */
        s->next_nag_us = clock_monotonic_us() + KAFKA_NAG_US;
        log_warn("kafka", "table \"" STR_FMT "\": %s; trying again", STR_ARG(s->spec->table->name), rd_kafka_message_errstr(m));
        return;
    }
    rd_kafka_yield(s->rk);
}

static void on_message(rd_kafka_message_t *m, void *opaque)
{
    Source *s = opaque;
    if (s->failed || s->lost >= 0) return;
    if (m->err) { on_error(s, m); return; }
    if (s->broker_down) {
        s->broker_down = false;
        log_notice("kafka", "table \"" STR_FMT "\": reading again", STR_ARG(s->spec->table->name));
    }
    /* Message sets come partition by partition: the last one is nearly always right. */
    Partition *p = &s->parts.v[s->part];
    if (p->id != m->partition || (s->ntopics + s->pattern > 1 && strcmp(p->topic.ptr, rd_kafka_topic_name(m->rkt)) != 0)) {
        int32_t part = kafka_find_partition(s, rd_kafka_topic_name(m->rkt), m->partition);
        if (part < 0) return;
        s->part = (uint32_t)part;
        p = &s->parts.v[part];
    }
    if (m->offset < p->next) return;
    if (p->finished || (p->stop != OFFSET_NONE && m->offset >= p->stop)) { p->finished = s->newly_finished = true; return; }
    if (m->offset != p->next) p->rows_done = 0;  /* the record of the saved position is gone (compaction) */
    s->message = m;
    s->message_offset = m->offset;
    if (!decode_message(s, &s->error)) {
        s->failed = true;
        if (s->error.code == E_BAD_RECORD) explain_bad_record(s, &s->error);
        rd_kafka_yield(s->rk);
        return;
    }
    p->next = m->offset + 1;
    p->rows_done = 0;
    if (p->stop != OFFSET_NONE && p->next >= p->stop) p->finished = s->newly_finished = true;
    s->stats.bytes += m->len + m->key_len;
    /* The callback dispatcher would hand over everything queued: stop it when a batch is full, the rest stays queued. */
    if (s->ready.n) rd_kafka_yield(s->rk);
}

static bool all_finished(const Source *s)
{
    for (uint32_t i = 0; i < s->parts.n; i++)
        if (!s->parts.v[i].finished) return false;
    return s->bounded;
}

/* Ended partitions are fetched no further while others go on. */
static void pause_finished(Source *s)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
    s->newly_finished = false;
    for (uint32_t i = 0; i < s->parts.n; i++) {
        Partition *p = &s->parts.v[i];
        if (!p->finished || p->paused) continue;
        p->paused = true;
        rd_kafka_topic_partition_list_add(list, p->topic.ptr, p->id);
    }
    if (list->cnt) rd_kafka_pause_partitions(s->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

static PollResult hand_out(Source *s, BatchBuilder *builder, const Batch **out)
{
    *out = builder_batch(builder);
    s->stats.rows += (*out)->len;
    return POLL_DATA;
}

static PollResult kafka_source_poll(Source *s, int timeout_ms, const Batch **out, Err *err)
{
    if (s->ready_next < s->ready.n) return hand_out(s, &s->ready.v[s->ready_next++].builder, out);
    for (; s->ready.n; s->ready.n--) {
        BatchBuilder used = s->ready.v[s->ready.n - 1].builder;
        builder_reset(&used);
        ARENA_PUSH(s->arena, s->spare, used);
    }
    s->ready_next = 0;
    if (s->builder.batch.len) builder_reset(&s->builder);
    if (s->failed) { *err = s->error; return POLL_ERROR; }
    if (all_finished(s)) return POLL_END;
    if (s->discovery_us > 0 && !s->bounded && clock_monotonic_us() >= s->next_discovery_us) {
        s->next_discovery_us = clock_monotonic_us() + s->discovery_us;
        if (!kafka_discover(s, err)) return POLL_ERROR;
    }
    if (fault_hit("kafka.poll")) {
        err_set(err, E_CONNECTION, "kafka.poll: failure injected");
        err->retriable = true;
        return POLL_ERROR;
    }
    rd_kafka_consume_callback_queue(s->queue, timeout_ms, on_message, s);
    if (s->newly_finished && !all_finished(s)) pause_finished(s);
    if (s->lost >= 0 && !kafka_offset_lost(s, &s->parts.v[s->lost], &s->error)) s->failed = true;
    s->lost = -1;
    if (s->ready.n) {                            /* in order: the full batches first, then the rest */
        if (s->builder.batch.len) set_aside(s);
        return hand_out(s, &s->ready.v[s->ready_next++].builder, out);
    }
    if (s->builder.batch.len) return hand_out(s, &s->builder, out);
    if (s->failed) { *err = s->error; return POLL_ERROR; }
    return all_finished(s) ? POLL_END : POLL_IDLE;
}

/* ---- the rest of the interface ---- */

static bool kafka_source_position(Source *s, StrBuf *out, Err *err)
{
    (void)err;
    kafka_save_position(s, out);
    return true;
}

/* The offsets that a position stands for, for the group that the user named: without one there is nobody to tell. */
/* "readings[0]@1234 [1]@77": the next offset of each partition; of a wide topic the first ones. */
static void kafka_source_position_text(Source *s, StrBuf *out)
{
    enum { SHOWN = 8 };
    for (uint32_t i = 0; i < s->parts.n && i < SHOWN; i++) {
        const Partition *p = &s->parts.v[i];
        bool same = i && str_eq(p->topic, s->parts.v[i - 1].topic);
        strbuf_addf(out, "%s" STR_FMT "[%d]@", i ? " " : "", STR_ARG(same ? STR("") : p->topic), (int)p->id);
        if (p->next >= 0) strbuf_add_i64(out, p->next);
        else strbuf_addc(out, '-');
    }
    if (s->parts.n > SHOWN) strbuf_addf(out, " and %u more partitions", s->parts.n - SHOWN);
}

static bool kafka_source_group_offsets(Source *s, Str position, Arena *arena, GroupOffsets *out, Err *err)
{
    const Option *group = options_find(s->spec->table->options, STR("properties.group.id"));
    if (!group) return true;
    if (!s->cluster.ptr) {
        char *cluster = rd_kafka_clusterid(s->rk, 0);        /* known since the first metadata */
        if (cluster) s->cluster = str_dup(s->arena, str_of(cluster));
        if (cluster) rd_kafka_mem_free(s->rk, cluster);
    }
    Partitions saved = { 0 };
    if (!kafka_read_position(position, arena, &saved, err)) return false;
    for (uint32_t i = 0; i < saved.n; i++) {
        GroupOffset at = { s->cluster, group->value, saved.v[i].topic, saved.v[i].id, saved.v[i].next };
        ARENA_PUSH(arena, *out, at);
    }
    return true;
}

/* Commits the group's offsets so that lag tools see weir; a failure costs nothing but their view. */
static bool kafka_source_committed(Source *s, uint64_t ckpt_id, Str position, Err *err)
{
    Arena *arena = arena_new();
    GroupOffsets offsets = { 0 };
    bool ok = kafka_source_group_offsets(s, position, arena, &offsets, err);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)offsets.n);
    for (uint32_t i = 0; i < offsets.n; i++)
        rd_kafka_topic_partition_list_add(list, str_cstr(arena, offsets.v[i].topic), offsets.v[i].partition)->offset = offsets.v[i].offset;
    rd_kafka_resp_err_t rc = list->cnt ? rd_kafka_commit(s->rk, list, 1) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (rc) log_warn("kafka", "offsets of checkpoint %llu were not committed: %s", (unsigned long long)ckpt_id, rd_kafka_err2str(rc));
    rd_kafka_topic_partition_list_destroy(list);
    arena_free(arena);
    return ok;
}

static uint32_t kafka_source_splits(Source *s) { return s->parts.n; }
static bool kafka_source_split_finished(Source *s, uint32_t split)
{
    /* Rows that wait to be handed out still belong to it. */
    return split < s->parts.n && s->parts.v[split].finished && s->ready_next >= s->ready.n;
}

static void kafka_source_stats(const Source *s, SourceStats *out)
{
    *out = s->stats;
    for (uint32_t i = 0; s->rk && i < s->parts.n; i++) {
        int64_t low, high;
        if (rd_kafka_get_watermark_offsets(s->rk, s->parts.v[i].topic.ptr, s->parts.v[i].id, &low, &high) || high < s->parts.v[i].next) continue;
        out->has_lag = true;
        out->lag += (uint64_t)(high - s->parts.v[i].next);
    }
}

static void kafka_source_close(Source *s)
{
    if (!s) return;
    if (s->queue) rd_kafka_queue_destroy(s->queue);
    if (s->rk) {
        rd_kafka_assign(s->rk, NULL);
        rd_kafka_destroy_flags(s->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
    if (s->key_decoder) s->layout.key.format->decoder_free(s->key_decoder);
    if (s->value_decoder) s->layout.value.format->decoder_free(s->value_decoder);
    for (uint32_t i = 0; i < s->ready.n; i++) builder_free(&s->ready.v[i].builder);
    for (uint32_t i = 0; i < s->spare.n; i++) builder_free(&s->spare.v[i]);
    builder_free(&s->builder);
    arena_free(s->arena);
}

static void kafka_source_where(Source *s, const Batch *batch, uint32_t row, StrBuf *out)
{
    const Partition *p = &s->parts.v[batch->split ? batch->split[row] : 0];
    strbuf_addf(out, "topic \"" STR_FMT "\", partition %d, offset %llu", STR_ARG(p->topic), p->id, (unsigned long long)batch->origin[row]);
}

const SourceVt kafka_source_vt = {
    .open = kafka_source_open, .poll = kafka_source_poll, .position = kafka_source_position, .committed = kafka_source_committed,
    .group_offsets = kafka_source_group_offsets, .position_text = kafka_source_position_text, .splits = kafka_source_splits,
    .split_finished = kafka_source_split_finished, .stats = kafka_source_stats, .close = kafka_source_close, .where = kafka_source_where,
};
