/* Kafka source: which partitions there are, where each begins (scan.startup.mode or a saved position) and ends (scan.bounded.mode).
 * Brokers that do not answer and topics that do not exist yet are waited for, with a message now and then; the job's cancel flag ends the wait. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "connectors/kafka_source.h"
#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/base/hash.h"
#include "engine/base/log.h"

#include <pcre2.h>

enum { SEEK_MS = 1000, SETTLE_TRIES = 250, SETTLE_US = 20000, RETRY_US = 200000, BATCH_WAIT_US = 30 * 1000000 };

int32_t kafka_find_partition(const Source *s, const char *topic, int32_t id)
{
    for (uint32_t i = 0; i < s->parts.n; i++)
        if (s->parts.v[i].id == id && strcmp(s->parts.v[i].topic.ptr, topic) == 0) return (int32_t)i;
    return -1;
}

/* Says once in a while what is being waited for. false when the job has been cancelled, or a batch job has waited too long. */
static bool wait_for(Source *s, int64_t since_us, Err *err, const char *what, const char *why)
{
    int64_t now = clock_monotonic_us();
    if (now >= s->next_nag_us) {
        log_warn("kafka", "table \"" STR_FMT "\": %s: %s; trying again", STR_ARG(s->spec->table->name), what, why);
        s->next_nag_us = now + KAFKA_NAG_US;
    }
    if (kafka_source_cancelled(s)) return err_set(err, E_CANCELLED, "cancelled while waiting for Kafka");
    if (s->spec->batch && now - since_us > BATCH_WAIT_US) {
        err_set(err, E_CONNECTION, "Kafka table \"" STR_FMT "\": %s: %s", STR_ARG(s->spec->table->name), what, why);
        err->retriable = true;
        return false;
    }
    clock_sleep_us(RETRY_US);
    return true;
}

/* Partitions are dealt out among the instances of a parallel source; a topic's begin at different instances. */
static bool is_mine(const Source *s, const char *topic, int32_t id)
{
    uint64_t first = hash_bytes(topic, (uint32_t)strlen(topic));
    return s->spec->parallel_count <= 1 || (first + (uint32_t)id) % s->spec->parallel_count == s->spec->parallel_index;
}

static bool add_partitions(Source *s, const rd_kafka_metadata_topic_t *topic)
{
    bool added = false;
    for (int p = 0; p < topic->partition_cnt; p++) {
        int32_t id = topic->partitions[p].id, known = kafka_find_partition(s, topic->topic, id);
        if (known >= 0) s->parts.v[known].exists = true;
        if (known >= 0 || !is_mine(s, topic->topic, id)) continue;
        Partition part = { .topic = str_of(str_cstr(s->arena, str_of(topic->topic))), .id = id, .next = OFFSET_NONE, .stop = OFFSET_NONE, .exists = true };
        ARENA_PUSH(s->arena, s->parts, part);
        added = true;
    }
    return added;
}

static bool topic_matches(pcre2_code *code, const char *topic)
{
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
    int rc = pcre2_match(code, (PCRE2_SPTR)topic, strlen(topic), 0, PCRE2_ANCHORED | PCRE2_ENDANCHORED, match, NULL);
    pcre2_match_data_free(match);
    return rc >= 0;
}

/* One metadata round over all topics that match. *missing: name of a topic that does not exist (yet), NULL if all do. */
static rd_kafka_resp_err_t list_by_pattern(Source *s, const char **missing)
{
    const rd_kafka_metadata_t *metadata;
    int bad;
    size_t at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)s->topics[0].ptr, s->topics[0].len, 0, &bad, &at, NULL);
    if (!code) return RD_KAFKA_RESP_ERR__INVALID_ARG;
    rd_kafka_resp_err_t rc = rd_kafka_metadata(s->rk, 1, NULL, &metadata, KAFKA_CALL_MS);
    if (rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
        for (int t = 0; t < metadata->topic_cnt; t++)
            if (topic_matches(code, metadata->topics[t].topic)) add_partitions(s, &metadata->topics[t]);
        rd_kafka_metadata_destroy(metadata);
        *missing = s->parts.n ? NULL : "a topic that matches topic-pattern";
    }
    pcre2_code_free(code);
    return rc;
}

static rd_kafka_resp_err_t list_by_name(Source *s, const char **missing)
{
    *missing = NULL;
    for (uint32_t i = 0; i < s->ntopics; i++) {
        const char *name = s->topics[i].ptr;
        rd_kafka_topic_t *handle = rd_kafka_topic_new(s->rk, name, NULL);
        const rd_kafka_metadata_t *metadata;
        rd_kafka_resp_err_t rc = rd_kafka_metadata(s->rk, 0, handle, &metadata, KAFKA_CALL_MS);
        if (rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
            const rd_kafka_metadata_topic_t *topic = metadata->topic_cnt == 1 ? &metadata->topics[0] : NULL;
            if (!topic || topic->err || topic->partition_cnt == 0) *missing = name;
            else add_partitions(s, topic);
            rd_kafka_metadata_destroy(metadata);
        }
        rd_kafka_topic_destroy(handle);
        if (rc) return rc;
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t list_once(Source *s, const char **missing)
{
    if (fault_hit("kafka.metadata")) return RD_KAFKA_RESP_ERR__TRANSPORT;
    return s->pattern ? list_by_pattern(s, missing) : list_by_name(s, missing);
}

/* Rows carry their partition as 16 bits. */
static bool check_count(const Source *s, Err *err)
{
    if (s->parts.n <= KAFKA_SPLITS_MAX) return true;
    err_set(err, E_UNSUPPORTED, "Kafka table \"" STR_FMT "\" has %u partitions, a source can read %d", STR_ARG(s->spec->table->name), s->parts.n, KAFKA_SPLITS_MAX);
    return err_hint(err, "Split 'topic' or 'topic-pattern' over several tables and combine them with UNION ALL.");
}

static bool list_partitions(Source *s, Err *err)
{
    int64_t since = clock_monotonic_us();
    for (;;) {
        const char *missing = NULL;
        rd_kafka_resp_err_t rc = list_once(s, &missing);
        if (rc == RD_KAFKA_RESP_ERR__INVALID_ARG && s->pattern) return err_set(err, E_OPTION, "option \"topic-pattern\" is no regular expression");
        if (!rc && !missing) return check_count(s, err);
        if (!wait_for(s, since, err, rc ? "brokers do not answer" : "topic does not exist yet", rc ? rd_kafka_err2str(rc) : missing)) return false;
    }
}

/* ---- offsets ---- */

typedef rd_kafka_resp_err_t OffsetCall(Source *s, Partition *p, int64_t arg, int64_t *out);

static rd_kafka_resp_err_t call_low(Source *s, Partition *p, int64_t arg, int64_t *out)
{
    int64_t high;
    (void)arg;
    return rd_kafka_query_watermark_offsets(s->rk, p->topic.ptr, p->id, out, &high, KAFKA_CALL_MS);
}
static rd_kafka_resp_err_t call_high(Source *s, Partition *p, int64_t arg, int64_t *out)
{
    int64_t low;
    (void)arg;
    return rd_kafka_query_watermark_offsets(s->rk, p->topic.ptr, p->id, &low, out, KAFKA_CALL_MS);
}
/* First offset at or after a time; the end of the log when there is none. */
static rd_kafka_resp_err_t call_time(Source *s, Partition *p, int64_t millis, int64_t *out)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, p->topic.ptr, p->id)->offset = millis;
    rd_kafka_resp_err_t rc = rd_kafka_offsets_for_times(s->rk, list, KAFKA_CALL_MS);
    if (!rc) rc = list->elems[0].err;
    *out = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return rc ? rc : *out < 0 ? call_high(s, p, 0, out) : rc;
}
/* The group's committed offset, OFFSET_NONE if there is none. */
static rd_kafka_resp_err_t call_committed(Source *s, Partition *p, int64_t arg, int64_t *out)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    (void)arg;
    rd_kafka_topic_partition_list_add(list, p->topic.ptr, p->id);
    rd_kafka_resp_err_t rc = rd_kafka_committed(s->rk, list, KAFKA_CALL_MS);
    if (!rc) rc = list->elems[0].err;
    *out = list->elems[0].offset >= 0 ? list->elems[0].offset : OFFSET_NONE;
    rd_kafka_topic_partition_list_destroy(list);
    return rc;
}

/* Calls until the broker answers. */
static bool ask(Source *s, OffsetCall *call, Partition *p, int64_t arg, int64_t *out, Err *err)
{
    int64_t since = clock_monotonic_us();
    for (;;) {
        rd_kafka_resp_err_t rc = fault_hit("kafka.query") ? RD_KAFKA_RESP_ERR__TRANSPORT : call(s, p, arg, out);
        if (!rc) return true;
        if (rc == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || rc == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED || rc == RD_KAFKA_RESP_ERR__AUTHENTICATION)
            return err_set(err, E_EXTERNAL, "Kafka refuses access to topic \"" STR_FMT "\": %s", STR_ARG(p->topic), rd_kafka_err2str(rc));
        if (!wait_for(s, since, err, "offsets cannot be read", rd_kafka_err2str(rc))) return false;
    }
}

/* Group offset, or what properties.auto.offset.reset says; without either the job fails as Flink's does. */
static bool group_start(Source *s, Partition *p, Err *err)
{
    if (!ask(s, call_committed, p, 0, &p->next, err)) return false;
    if (p->next != OFFSET_NONE) return true;
    const Option *reset = options_find(s->spec->table->options, STR("properties.auto.offset.reset"));
    if (reset && str_iis(reset->value, "earliest")) return ask(s, call_low, p, 0, &p->next, err);
    if (reset && str_iis(reset->value, "latest")) return ask(s, call_high, p, 0, &p->next, err);
    Arena *arena = arena_new();
    err_set(err, E_EXTERNAL, "group \"" STR_FMT "\" has no committed offset for topic \"" STR_FMT "\" partition %d", STR_ARG(kafka_group_id(s->spec->table, arena)),
            STR_ARG(p->topic), p->id);
    arena_free(arena);
    return err_hint(err, "Set 'scan.startup.mode' = 'earliest-offset' or 'latest-offset', or 'properties.auto.offset.reset'.");
}

static const PartitionOffset *given_offset(const PartitionOffset *list, uint32_t n, int32_t id)
{
    for (uint32_t i = 0; i < n; i++)
        if (list[i].partition == id) return &list[i];
    return NULL;
}

static bool has_group(const Source *s)
{
    return options_find(s->spec->table->options, STR("properties.group.id")) != NULL;
}

static bool start_at(Source *s, Partition *p, bool late, Err *err)
{
    Str mode = s->layout.upsert || late ? STR("earliest-offset") : kafka_source_option(s, "scan.startup.mode");
    if (str_iis(mode, "earliest-offset")) return ask(s, call_low, p, 0, &p->next, err);
    if (str_iis(mode, "latest-offset")) return ask(s, call_high, p, 0, &p->next, err);
    if (str_iis(mode, "timestamp")) {
        int64_t millis;
        if (!options_i64(s->spec->table->options, kafka_options, "scan.startup.timestamp-millis", &millis, err)) return false;
        return ask(s, call_time, p, millis, &p->next, err);
    }
    if (str_iis(mode, "specific-offsets")) {
        PartitionOffset *list;
        uint32_t n;
        if (!kafka_parse_offsets(s->arena, kafka_source_option(s, "scan.startup.specific-offsets"), "scan.startup.specific-offsets", &list, &n, err)) return false;
        const PartitionOffset *given = given_offset(list, n, p->id);
        if (given) { p->next = given->offset; return true; }
        if (has_group(s) && !ask(s, call_committed, p, 0, &p->next, err)) return false;
        return p->next != OFFSET_NONE || ask(s, call_low, p, 0, &p->next, err);
    }
    return group_start(s, p, err);
}

static bool stop_at(Source *s, Partition *p, Err *err)
{
    Str mode = kafka_source_option(s, "scan.bounded.mode");
    if (str_iis(mode, "latest-offset")) return ask(s, call_high, p, 0, &p->stop, err);
    if (str_iis(mode, "group-offsets")) {
        if (!ask(s, call_committed, p, 0, &p->stop, err)) return false;
        return p->stop != OFFSET_NONE || ask(s, call_low, p, 0, &p->stop, err);
    }
    if (str_iis(mode, "timestamp")) {
        int64_t millis;
        if (!options_i64(s->spec->table->options, kafka_options, "scan.bounded.timestamp-millis", &millis, err)) return false;
        return ask(s, call_time, p, millis, &p->stop, err);
    }
    if (str_iis(mode, "specific-offsets")) {
        PartitionOffset *list;
        uint32_t n;
        if (!kafka_parse_offsets(s->arena, kafka_source_option(s, "scan.bounded.specific-offsets"), "scan.bounded.specific-offsets", &list, &n, err)) return false;
        const PartitionOffset *given = given_offset(list, n, p->id);
        if (given) p->stop = given->offset;
        else return ask(s, call_high, p, 0, &p->stop, err);
    }
    return true;
}

void kafka_save_position(const Source *s, StrBuf *out)
{
    bool waiting = s->ready_next > 0 && s->ready_next < s->ready.n;
    strbuf_put_u32(out, s->parts.n);
    for (uint32_t i = 0; i < s->parts.n; i++) {
        const Partition *p = &s->parts.v[i];
        int64_t next = p->next;
        uint32_t rows = p->rows_done;
        if (i == s->part && waiting) {           /* the last message stands partly in batches that nobody has seen */
            next = s->message_offset;
            rows = s->ready.v[s->ready_next - 1].rows_of_message;
        } else if (i == s->part && s->failed && next == s->message_offset) {
            rows = s->rows_of_message;           /* it failed half way: its rows up to there were handed out */
        }
        strbuf_put_str(out, p->topic);
        strbuf_put_u32(out, (uint32_t)p->id);
        strbuf_put_u64(out, (uint64_t)next);
        strbuf_put_u64(out, (uint64_t)p->stop);
        strbuf_put_u32(out, rows);
    }
}

bool kafka_read_position(Str position, Arena *arena, Partitions *out, Err *err)
{
    Reader in = { position.ptr, position.ptr + position.len, false };
    uint32_t n = reader_u32(&in);
    for (uint32_t i = 0; i < n && !in.bad; i++) {
        Str topic = reader_str(&in);
        Partition p = { .topic = str_of(str_cstr(arena, topic)), .id = (int32_t)reader_u32(&in) };
        p.next = (int64_t)reader_u64(&in);
        p.stop = (int64_t)reader_u64(&in);
        p.rows_done = reader_u32(&in);
        if (!in.bad) ARENA_PUSH(arena, *out, p);
    }
    return !in.bad && in.ptr == in.end ? true : err_set(err, E_SNAPSHOT, "a saved Kafka position is damaged");
}

static bool assign(Source *s, Err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)s->parts.n);
    for (uint32_t i = 0; i < s->parts.n; i++) {
        Partition *p = &s->parts.v[i];
        p->finished |= p->stop != OFFSET_NONE && p->next >= p->stop;
        if (!p->finished) rd_kafka_topic_partition_list_add(list, p->topic.ptr, p->id)->offset = p->next;
    }
    rd_kafka_resp_err_t rc = rd_kafka_assign(s->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return rc ? err_set(err, E_EXTERNAL, "Kafka partitions cannot be assigned: %s", rd_kafka_err2str(rc)) : true;
}

/* All partitions anew, and not back before the client fetches again: a second assignment (or closing) while it still stops the partitions of the first
 * trips an assertion of librdkafka 2.0. To set a partition where it stands anyway succeeds once it has started. */
static bool assign_again(Source *s, Err *err)
{
    const Partition *p = NULL;
    if (!assign(s, err)) return false;
    for (uint32_t i = 0; i < s->parts.n && !p; i++)
        if (!s->parts.v[i].finished && s->parts.v[i].next >= 0) p = &s->parts.v[i];
    for (int tries = 0; p && tries < SETTLE_TRIES && !kafka_source_cancelled(s); tries++) {
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(list, p->topic.ptr, p->id)->offset = p->next;
        rd_kafka_error_t *error = rd_kafka_seek_partitions(s->rk, list, SEEK_MS);
        rd_kafka_resp_err_t rc = error ? rd_kafka_error_code(error) : list->elems[0].err;
        if (error) rd_kafka_error_destroy(error);
        rd_kafka_topic_partition_list_destroy(list);
        if (!rc) break;
        clock_sleep_us(SETTLE_US);
    }
    return true;
}

/* Partitions from `from` on: begin and end. `late`: they appeared after the start. */
static bool place_partitions(Source *s, uint32_t from, bool late, Err *err)
{
    for (uint32_t i = from; i < s->parts.n; i++)
        if (!start_at(s, &s->parts.v[i], late, err) || !stop_at(s, &s->parts.v[i], err)) return false;
    return true;
}

/* A partition of the saved position that is gone would be waited for without end. */
static bool check_saved(const Source *s, uint32_t n, Err *err)
{
    for (uint32_t i = 0; i < n; i++) {
        const Partition *p = &s->parts.v[i];
        if (p->exists) continue;
        err_set(err, E_SNAPSHOT, "topic \"" STR_FMT "\" has no partition %d any more, which was read up to offset %lld", STR_ARG(p->topic), p->id, (long long)p->next);
        return err_hint(err, "The topic was deleted or created anew. Start over with --fresh to read it as it is now.");
    }
    return true;
}

bool kafka_assign_all(Source *s, Str saved_position, Err *err)
{
    if (saved_position.len && !kafka_read_position(saved_position, s->arena, &s->parts, err)) return false;
    uint32_t known = s->parts.n;
    if (!list_partitions(s, err) || !check_saved(s, known, err) || !place_partitions(s, known, saved_position.len > 0, err)) return false;
    return assign(s, err);
}

bool kafka_offset_lost(Source *s, Partition *p, Err *err)
{
    int64_t low, high;
    if (!ask(s, call_low, p, 0, &low, err) || !ask(s, call_high, p, 0, &high, err)) return false;
    const Option *reset = options_find(s->spec->table->options, STR("properties.auto.offset.reset"));
    bool earliest = reset && str_iis(reset->value, "earliest"), latest = reset && str_iis(reset->value, "latest");
    if (p->next >= low && p->next <= high) return wait_for(s, INT64_MAX, err, "brokers do not agree on the offsets of a topic", p->topic.ptr) && assign_again(s, err);
    if (earliest || latest) {
        log_warn("kafka", "table \"" STR_FMT "\": topic \"" STR_FMT "\" partition %d has offsets %lld to %lld, not %lld; going on at its %s", STR_ARG(s->spec->table->name),
                 STR_ARG(p->topic), p->id, (long long)low, (long long)high, (long long)p->next, earliest ? "beginning" : "end");
        p->next = earliest ? low : high;
        p->rows_done = 0;
        return assign_again(s, err);
    }
    err_set(err, E_EXTERNAL, "offset %lld of topic \"" STR_FMT "\" partition %d, the next to be read, does not exist: the partition has offsets %lld to %lld", (long long)p->next,
            STR_ARG(p->topic), p->id, (long long)low, (long long)high);
    err_detail(err, "%s", p->next < low ? "Records were removed by retention before they were read." : "The topic was truncated, or deleted and created anew.");
    return err_hint(err, "Set 'properties.auto.offset.reset' = 'earliest' (or 'latest') to go on at the partition's beginning (or end): what lies between is lost.");
}

bool kafka_discover(Source *s, Err *err)
{
    uint32_t known = s->parts.n;
    const char *missing;
    rd_kafka_resp_err_t rc = list_once(s, &missing);
    if (rc || s->parts.n == known) return true;  /* asked again at the next interval */
    log_info("kafka", "table \"" STR_FMT "\": %u new partitions", STR_ARG(s->spec->table->name), s->parts.n - known);
    return check_count(s, err) && place_partitions(s, known, true, err) && assign_again(s, err);
}
