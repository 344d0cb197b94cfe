/* Kafka sink, exactly-once: each epoch is one short transaction that carries the rows and the epoch's number.
 * The number is an offset that the transaction commits for a group of its own, "weir-epoch-<transactional id>", on partition 0 of the sink's first topic;
 * its metadata is the lineage. claim() fences earlier writers, waits until the transaction they had under way is committed or aborted, and reads the number;
 * a fresh start notes its lineage with epoch 0, so that a number that is missing later is known to be forgotten.
 * A transaction is open only between the first row of an epoch and commit(); after an error the sink is of no more use and is opened anew.
 * Limits: the brokers forget the number offsets.retention.minutes after the last commit (7 days unless configured), and with the topic. */
#include "connectors/kafka_sink.h"
#include "engine/base/clock.h"
#include "engine/base/fault.h"

enum { CALL_MS = 2500, SEND_MS = 5000, ABORT_MS = 1000, RETRY_US = 100000 };

bool kafka_txn_configure(Sink *s, rd_kafka_conf_t *conf, Err *err)
{
    Str prefix = options_text(s->spec->table->options, kafka_options, "sink.transactional-id-prefix");
    if (!prefix.len) prefix = STR("weir");
    s->txn.id = str_printf(s->arena, STR_FMT "-" STR_FMT, STR_ARG(prefix), STR_ARG(s->spec->epoch_key)).ptr;
    s->txn.group = str_printf(s->arena, "weir-epoch-%s", s->txn.id).ptr;
    s->txn.timeout_us = kafka_txn_timeout_ms(s->spec->table) * 1000;
    return kafka_conf_put(conf, "transactional.id", s->txn.id, err);
}

/* ---- failures ---- */

/* The brokers tell a fenced producer from one whose transaction they timed out by nothing: the clock does. It runs from before the transaction's begin. */
bool kafka_txn_fenced(Sink *s, Err *err)
{
    if (s->txn.open && clock_monotonic_us() - s->txn.begun_us >= s->txn.timeout_us) {
        err_set(err, E_CONNECTION, "the brokers ended the transaction of table \"" STR_FMT "\" after properties.transaction.timeout.ms = %lld", STR_ARG(s->spec->table->name),
                (long long)(s->txn.timeout_us / 1000));
        err->retriable = true;
        return err_hint(err, "Raise it up to the brokers' transaction.max.timeout.ms, or checkpoint more often: the rows between two checkpoints are one transaction.");
    }
    err_set(err, E_EXTERNAL, "another process has taken over the writing of table \"" STR_FMT "\"", STR_ARG(s->spec->table->name));
    err_detail(err, "Both use transactional id \"%s\"; the brokers shut this one out.", s->txn.id);
    return err_hint(err, "Run a job with exactly-once sinks in one process at a time; if they are different jobs, give this one its own 'sink.transactional-id-prefix'.");
}

/* An error of the client as an Err; destroys it. What the client reported in the background tells more. */
static bool refused(Sink *s, rd_kafka_error_t *error, const char *what, Err *err)
{
    if (kafka_serve(s, err)) kafka_sink_refused(s, rd_kafka_error_code(error), what, rd_kafka_error_string(error), err);
    rd_kafka_error_destroy(error);
    return false;
}

/* After a failure of a call begun at since_us: true = call again. A cancelled job has a little time left to end what it began. Destroys the error. */
static bool retry(Sink *s, int64_t since_us, rd_kafka_error_t *error, const char *what, Err *err)
{
    if (!rd_kafka_error_is_retriable(error)) return refused(s, error, what, err);
    bool last_try = kafka_sink_cancelled(s) && clock_monotonic_us() - since_us < KAFKA_CANCEL_GRACE_US;
    bool again = last_try ? kafka_serve(s, err) : kafka_sink_wait(s, what, rd_kafka_error_string(error), err);
    if (last_try) clock_sleep_us(RETRY_US);
    rd_kafka_error_destroy(error);
    return again;
}

/* ---- what the brokers know ---- */

static bool init(Sink *s, Err *err)
{
    for (;;) {
        if (kafka_injected(s, "kafka.init", err)) return false;
        rd_kafka_error_t *error = rd_kafka_init_transactions(s->rk, CALL_MS);
        if (!error) return true;
        /* Not since_us: nothing is under way that a cancelled job would want to end. */
        if (!retry(s, INT64_MIN / 2, error, "transactions cannot be used yet", err)) return false;
    }
}

/* The epoch group's offset as *offset (negative = none), with its metadata compared to the lineage. */
static rd_kafka_resp_err_t take_epoch(const Sink *s, const rd_kafka_event_t *event, int64_t *offset, bool *own)
{
    size_t n;
    const rd_kafka_ListConsumerGroupOffsets_result_t *result = rd_kafka_event_ListConsumerGroupOffsets_result((rd_kafka_event_t *)(uintptr_t)event);
    const rd_kafka_group_result_t **groups = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &n);
    if (n != 1) return RD_KAFKA_RESP_ERR__BAD_MSG;
    const rd_kafka_error_t *error = rd_kafka_group_result_error(groups[0]);
    if (error) return rd_kafka_error_code(error);
    const rd_kafka_topic_partition_list_t *list = rd_kafka_group_result_partitions(groups[0]);
    if (!list || list->cnt != 1) return RD_KAFKA_RESP_ERR__BAD_MSG;
    const rd_kafka_topic_partition_t *at = &list->elems[0];
    *offset = at->offset;
    *own = at->metadata_size == s->spec->lineage.len && memcmp(at->metadata, s->spec->lineage.ptr, at->metadata_size) == 0;
    return at->err;
}

/* Whether the group's coordinator answers. librdkafka 2.0.2 crashes in ListConsumerGroupOffsets when it does not yet (a broker that is new, or loads its
 * groups after a restart); this call takes such an answer for the error it is. */
static rd_kafka_resp_err_t ask_coordinator(Sink *s)
{
    size_t n;
    const char *group = s->txn.group;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(s->rk);
    rd_kafka_DescribeConsumerGroups(s->rk, &group, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 2 * CALL_MS);
    rd_kafka_resp_err_t rc = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (!rc) {
        const rd_kafka_ConsumerGroupDescription_t **groups = rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event), &n);
        const rd_kafka_error_t *error = n == 1 ? rd_kafka_ConsumerGroupDescription_error(groups[0]) : NULL;
        rc = n != 1 ? RD_KAFKA_RESP_ERR__BAD_MSG : error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    return rc;
}

/* One question to the group's coordinator. Only stable offsets count: one of a transaction whose end is not yet written everywhere is an error, to be asked again. */
static rd_kafka_resp_err_t ask_epoch(Sink *s, int64_t *offset, bool *own)
{
    char why[256];
    rd_kafka_resp_err_t rc = fault_hit("kafka.committed") ? RD_KAFKA_RESP_ERR__TRANSPORT : ask_coordinator(s);
    if (rc) return rc;
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(s->rk, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    rd_kafka_error_t *bad = rd_kafka_AdminOptions_set_require_stable_offsets(options, 1);
    rc = bad ? rd_kafka_error_code(bad) : rd_kafka_AdminOptions_set_request_timeout(options, CALL_MS, why, sizeof why);
    if (bad) rd_kafka_error_destroy(bad);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, s->topic.ptr, 0);
    rd_kafka_ListConsumerGroupOffsets_t *wanted = rd_kafka_ListConsumerGroupOffsets_new(s->txn.group, list);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(s->rk);
    if (!rc) rd_kafka_ListConsumerGroupOffsets(s->rk, &wanted, 1, options, queue);
    rd_kafka_event_t *event = rc ? NULL : rd_kafka_queue_poll(queue, 2 * CALL_MS);
    if (!rc) rc = !event ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event);
    if (!rc) rc = take_epoch(s, event, offset, own);
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ListConsumerGroupOffsets_destroy(wanted);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_AdminOptions_destroy(options);
    return rc;
}

/* ---- transactions ---- */

bool kafka_txn_begin(Sink *s, Err *err)
{
    if (!s->txn.id || s->txn.open) return true;
    if (kafka_injected(s, "kafka.begin", err)) return false;
    s->txn.begun_us = clock_monotonic_us();
    rd_kafka_error_t *error = rd_kafka_begin_transaction(s->rk);
    if (error) return refused(s, error, "the transaction cannot begin", err);
    return s->txn.open = true;
}

static bool send_offsets(Sink *s, const char *group, const rd_kafka_topic_partition_list_t *offsets, Err *err)
{
    rd_kafka_consumer_group_metadata_t *to = rd_kafka_consumer_group_metadata_new(group);
    int64_t since_us = clock_monotonic_us();
    bool ok = false, again = true;
    while (again && !kafka_injected(s, "kafka.offsets", err)) {
        rd_kafka_error_t *error = rd_kafka_send_offsets_to_transaction(s->rk, offsets, to, SEND_MS);
        ok = !error;
        again = error && retry(s, since_us, error, "offsets cannot be added to the transaction", err);
        if (ok) break;
    }
    rd_kafka_consumer_group_metadata_destroy(to);
    return ok;
}

static bool send_epoch(Sink *s, uint64_t epoch, Err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *at = rd_kafka_topic_partition_list_add(list, s->topic.ptr, 0);
    at->offset = (int64_t)epoch;
    at->metadata = xmalloc(s->spec->lineage.len);            /* freed with the list */
    at->metadata_size = s->spec->lineage.len;
    memcpy(at->metadata, s->spec->lineage.ptr, s->spec->lineage.len);
    bool ok = send_offsets(s, s->txn.group, list, err);
    rd_kafka_topic_partition_list_destroy(list);
    return ok;
}

/* One call a group of the sources that live in this cluster: others hear of their offsets from the sources themselves. */
static bool send_group(Sink *s, const GroupOffsets *all, uint32_t first, Err *err)
{
    Arena *arena = arena_new();
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)all->n);
    for (uint32_t i = first; i < all->n; i++)
        if (str_eq(all->v[i].group, all->v[first].group) && str_eq(all->v[i].cluster, all->v[first].cluster))
            rd_kafka_topic_partition_list_add(list, str_cstr(arena, all->v[i].topic), all->v[i].partition)->offset = all->v[i].offset;
    bool ok = send_offsets(s, str_cstr(arena, all->v[first].group), list, err);
    rd_kafka_topic_partition_list_destroy(list);
    arena_free(arena);
    return ok;
}

static bool send_groups(Sink *s, Err *err)
{
    const GroupOffsets *all = s->spec->offsets ? s->spec->offsets(s->spec->offsets_ctx) : NULL;
    for (uint32_t i = 0; all && s->txn.cluster && i < all->n; i++) {
        const GroupOffset *at = &all->v[i];
        bool sent = !str_is(at->cluster, s->txn.cluster);
        for (uint32_t before = i; before > 0 && !sent; before--) sent = str_eq(all->v[before - 1].group, at->group) && str_eq(all->v[before - 1].cluster, at->cluster);
        if (!sent && !send_group(s, all, i, err)) return false;
    }
    return true;
}

static bool end(Sink *s, Err *err)
{
    int64_t since_us = clock_monotonic_us();
    for (;;) {
        if (kafka_injected(s, "kafka.commit", err)) return false;
        rd_kafka_error_t *error = rd_kafka_commit_transaction(s->rk, CALL_MS);
        if (!error) break;
        if (!retry(s, since_us, error, "the transaction cannot be committed", err)) return false;
    }
    s->txn.open = false;
    return !kafka_injected(s, "kafka.commit-answer", err);
}

/* ---- the calls of the sink ---- */

static bool note_lineage(Sink *s, Err *err)
{
    return kafka_txn_begin(s, err) && send_epoch(s, 0, err) && end(s, err);
}

bool kafka_txn_claim(Sink *s, uint64_t *epoch, uint64_t *other, Err *err)
{
    int64_t offset;
    bool own;
    Topic *topic;
    *epoch = *other = 0;
    if (!init(s, err) || !(topic = kafka_find_topic(s, s->topic, err)) || !kafka_learn_partitions(s, topic, err)) return false;
    for (;;) {
        static const char what[] = "the number of the last epoch cannot be read";
        rd_kafka_resp_err_t rc = ask_epoch(s, &offset, &own);
        if (!rc) break;
        if (rc == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || rc == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED || rc == RD_KAFKA_RESP_ERR__AUTHENTICATION)
            return kafka_sink_refused(s, rc, what, rd_kafka_err2str(rc), err);
        if (!kafka_sink_wait(s, what, rd_kafka_err2str(rc), err)) return false;
    }
    s->txn.cluster = rd_kafka_clusterid(s->rk, CALL_MS);
    if (offset >= 0 && own) *epoch = (uint64_t)offset;
    else if (offset >= 0) *other = offset ? (uint64_t)offset : 1;
    else if (!s->spec->fresh) *epoch = EPOCH_FORGOTTEN;
    /* Noted before the first rows: no note then means that it was forgotten. A restored job with nothing in doubt makes up for one that is missing. */
    bool note = s->spec->fresh ? offset < 0 || !own : offset < 0 && s->spec->settled;
    return !note || note_lineage(s, err);
}

bool kafka_txn_commit(Sink *s, uint64_t epoch, Err *err)
{
    if (!s->txn.open) return true;               /* no rows: the older number stays, and what it leads to being repeated is nothing */
    if (send_epoch(s, epoch, err) && send_groups(s, err) && end(s, err)) return true;
    kafka_txn_abort(s);
    return false;
}

void kafka_txn_abort(Sink *s)
{
    if (!s->txn.open) return;
    s->txn.open = false;
    rd_kafka_error_t *error = rd_kafka_abort_transaction(s->rk, ABORT_MS);
    if (error) rd_kafka_error_destroy(error);    /* the next writer's claim() ends it, or the brokers do after the timeout */
}
