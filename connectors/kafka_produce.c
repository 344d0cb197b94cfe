/* Kafka sink: records on their way to the brokers. Nothing is given up: librdkafka retries without a time limit, a broker that is away is reported and
 * waited for. upsert-kafka may keep only the last record of a key (sink.buffer-flush.*).
 * Threading: the job's thread; librdkafka's delivery reports and errors are served in its calls. */
#include "connectors/kafka_sink.h"
#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/base/log.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAG_US = 10 * 1000000, RETRY_US = 100000 };

/* ---- reports from the client ---- */

/* Refusals that a new start would meet again. */
static bool is_lasting(rd_kafka_resp_err_t code)
{
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED: case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED: case RD_KAFKA_RESP_ERR__AUTHENTICATION: case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: case RD_KAFKA_RESP_ERR_INVALID_MSG: case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE: case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP: case RD_KAFKA_RESP_ERR_POLICY_VIOLATION: case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION: case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE: case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
        return true;
    default: return false;
    }
}

/* What to do about it, for the refusals that have an answer; NULL = none. */
static const char *refusal_hint(rd_kafka_resp_err_t code)
{
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
        return "Set 'properties.transaction.timeout.ms' to at most the broker's transaction.max.timeout.ms (15 minutes unless configured).";
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        return "Allow the user DESCRIBE and WRITE on transactional ids that begin with 'sink.transactional-id-prefix'.";
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED: return "Allow the user READ on groups that begin with \"weir-epoch-\", and on the source's 'properties.group.id'.";
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: return "Raise 'properties.max.request.size', and the topic's max.message.bytes.";
    default: return NULL;
    }
}

bool kafka_sink_refused(Sink *s, rd_kafka_resp_err_t code, const char *what, const char *why, Err *err)
{
    if (code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED || code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH) return kafka_txn_fenced(s, err);
    /* Without transactions a new start would repeat rows that others have seen: only exactly-once goes back by itself. */
    bool passing = s->txn.id && !is_lasting(code);
    err_set(err, passing ? E_CONNECTION : E_EXTERNAL, "%s: %s", what, why);
    err->retriable = passing;
    const char *hint = refusal_hint(code);
    return hint ? err_hint(err, "%s", hint) : false;
}

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
    char what[320];
    snprintf(what, sizeof what, "Kafka did not take a record of topic \"%s\"", rd_kafka_topic_name(m->rkt));
    s->failed = true;
    kafka_sink_refused(s, m->err, what, rd_kafka_err2str(m->err), &s->error);
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
        rd_kafka_resp_err_t cause = rd_kafka_fatal_error(rk, why, sizeof why);
        s->failed = true;
        kafka_sink_refused(s, cause, "the Kafka producer failed", why, &s->error);
    }
}
static void on_client_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    log_debug("kafka", "%d %s %s", level, facility, text);
}

bool kafka_serve(Sink *s, Err *err)
{
    rd_kafka_poll(s->rk, 0);
    if (!s->failed) return true;
    *err = s->error;
    return false;
}

/* ---- the client ---- */

bool kafka_producer_open(Sink *s, Err *err)
{
    char why[256];
    rd_kafka_conf_t *conf = kafka_conf(s->spec->table, true, err);
    if (!conf) return false;
    rd_kafka_conf_set_opaque(conf, s);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_client_error);
    rd_kafka_conf_set_log_cb(conf, on_client_log);
    if (s->guarantee == KAFKA_EXACTLY_ONCE && !kafka_txn_configure(s, conf, err)) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    s->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (s->rk) return true;
    rd_kafka_conf_destroy(conf);
    return err_set(err, E_OPTION, "the Kafka client refuses its configuration: %s", why);
}

static void pending_clear(Pending *p)
{
    if (p->headers) rd_kafka_headers_destroy(p->headers);
    p->headers = NULL;
}

void kafka_producer_close(Sink *s)
{
    if (s->rk) {
        kafka_txn_abort(s);
        rd_kafka_purge(s->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(s->rk, 100);
        for (uint32_t i = 0; i < s->topics.n; i++) rd_kafka_topic_destroy(s->topics.v[i]->handle);
        rd_kafka_destroy(s->rk);
        if (s->txn.cluster) rd_kafka_mem_free(NULL, s->txn.cluster);
    }
    for (uint32_t i = 0; i < s->pending_cap; i++) {
        pending_clear(&s->pending[i]);
        strbuf_free(&s->pending[i].value);
    }
    free(s->pending);
    strmap_free(&s->buffered);
}

bool kafka_sink_cancelled(const Sink *s) { return s->spec->cancel && *s->spec->cancel; }

bool kafka_sink_wait(Sink *s, const char *what, const char *why, Err *err)
{
    if (!kafka_serve(s, err)) return false;
    if (kafka_sink_cancelled(s)) return err_set(err, E_CANCELLED, "cancelled while waiting for Kafka");
    if (clock_monotonic_us() >= s->next_nag_us) {
        s->next_nag_us = clock_monotonic_us() + NAG_US;
        log_warn("kafka", "table \"" STR_FMT "\": %s: %s; trying again", STR_ARG(s->spec->table->name), what, why);
    }
    clock_sleep_us(RETRY_US);
    return true;
}

/* ---- topics ---- */

Topic *kafka_find_topic(Sink *s, Str name, Err *err)
{
    /* Producing by name would look the topic up under a lock each time. */
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

static rd_kafka_resp_err_t ask_partitions(Sink *s, Topic *topic)
{
    const rd_kafka_metadata_t *metadata;
    if (fault_hit("kafka.metadata")) return RD_KAFKA_RESP_ERR__TRANSPORT;
    rd_kafka_resp_err_t rc = rd_kafka_metadata(s->rk, 0, topic->handle, &metadata, KAFKA_METADATA_MS);
    if (rc) return rc;
    topic->partitions = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    return topic->partitions > 0 ? rc : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

bool kafka_learn_partitions(Sink *s, Topic *topic, Err *err)
{
    while (topic->partitions == 0) {
        rd_kafka_resp_err_t rc = ask_partitions(s, topic);
        if (!rc) break;
        char what[320];
        snprintf(what, sizeof what, "partitions of topic \"%s\" are not known yet", topic->name.ptr);
        if (!kafka_sink_wait(s, what, rd_kafka_err2str(rc), err)) return false;
    }
    return true;
}

/* ---- records ---- */

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

bool kafka_injected(Sink *s, const char *point, Err *err)
{
    if (!fault_hit(point)) return false;
    kafka_sink_refused(s, RD_KAFKA_RESP_ERR__TRANSPORT, point, "failure injected", err);
    return true;
}

/* Gives the record to the client once. *full: its queue has no room now. */
static bool produce_once(Sink *s, Record *r, bool *full, Err *err)
{
    rd_kafka_vu_t vu[8];
    *full = false;
    if (kafka_injected(s, "kafka.produce", err)) return false;
    rd_kafka_error_t *error = rd_kafka_produceva(s->rk, vu, record_fields(r, vu));
    if (!error) return true;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    *full = code == RD_KAFKA_RESP_ERR__QUEUE_FULL;
    bool ok = *full || kafka_serve(s, err);      /* what the client reported tells more than its refusal afterwards */
    if (ok && !*full) {
        char what[320];
        snprintf(what, sizeof what, "Kafka refuses a record for topic \"%s\"", r->topic->name.ptr);
        ok = kafka_sink_refused(s, code, what, rd_kafka_error_string(error), err);
    }
    rd_kafka_error_destroy(error);
    return ok;
}

bool kafka_produce(Sink *s, Record *r, Err *err)
{
    bool full = true, ok = kafka_txn_begin(s, err);
    while (ok && full) {
        ok = produce_once(s, r, &full, err);
        if (!ok || !full) break;
        rd_kafka_poll(s->rk, 50);
        ok = kafka_serve(s, err);
        if (ok && kafka_sink_cancelled(s)) ok = err_set(err, E_CANCELLED, "cancelled while waiting for Kafka");
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

void kafka_buffer_record(Sink *s, Record *r)
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

bool kafka_flush_buffer(Sink *s, Err *err)
{
    if (strmap_len(&s->buffered) == 0) return true;
    for (uint32_t slot = strmap_first(&s->buffered); slot != STRMAP_NONE; slot = strmap_next(&s->buffered, slot)) {
        Pending *p = &s->pending[slot];
        Record r = { p->topic, RD_KAFKA_PARTITION_UA, strmap_key(&s->buffered, slot), strbuf_str(&p->value), p->tombstone, p->timestamp_ms, p->headers };
        p->headers = NULL;
        if (!kafka_produce(s, &r, err)) return false;
    }
    strmap_clear(&s->buffered);
    s->next_flush_us = 0;
    return true;
}

bool kafka_flush(Sink *s, Err *err)
{
    int64_t since = clock_monotonic_us();
    if (!kafka_flush_buffer(s, err) || kafka_injected(s, "kafka.flush", err)) return false;
    while (rd_kafka_outq_len(s->rk) > 0) {
        rd_kafka_flush(s->rk, 200);
        if (!kafka_serve(s, err)) return false;
        if (kafka_sink_cancelled(s) && clock_monotonic_us() - since > KAFKA_CANCEL_GRACE_US)
            return err_set(err, E_CANCELLED, "cancelled with %d records not yet acknowledged by Kafka", rd_kafka_outq_len(s->rk));
    }
    return kafka_serve(s, err);
}
