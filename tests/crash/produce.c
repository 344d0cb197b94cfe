/* The crash tests' own producer: numbered rows (rows.h) as JSON into a topic, without any code of weir's but its clock.
 *   produce topic BROKER TOPIC PARTITIONS                     creates the topic
 *   produce rows BROKER TOPIC PARTITIONS FROM TO PER_SECOND   rows FROM .. TO-1, row n to partition n % PARTITIONS; 0 = as fast as it goes
 *   produce close BROKER TOPIC PARTITIONS TO                  one row with n = -1 a partition, later than all rows below TO: ends every window
 *   produce print FROM TO                                     csv lines to stdout
 * Idempotent, without a time limit: a broker that dies and comes back gets each row once. Exit 0 = all acknowledged. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>

#include "engine/base/clock.h"
#include "tests/crash/rows.h"

enum { CREATE_MS = 30000, SLICE_MS = 20 };
typedef struct Target { rd_kafka_t *rk; const char *topic; int32_t partitions; long long unacknowledged; bool failed; } Target;

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    Target *target = opaque;
    target->unacknowledged--;
    if (!message->err) return;
    fprintf(stderr, "produce: %s\n", rd_kafka_err2str(message->err));
    target->failed = true;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK) return;
    fprintf(stderr, "produce: %s\n", why);
    exit(2);
}

static bool target_open(Target *target, const char *broker, const char *topic, int32_t partitions)
{
    *target = (Target){ .topic = topic, .partitions = partitions };
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", broker);
    set(conf, "enable.idempotence", "true");
    set(conf, "message.timeout.ms", "0");
    set(conf, "linger.ms", "5");
    set(conf, "reconnect.backoff.max.ms", "500");
    set(conf, "topic.metadata.refresh.interval.ms", "1000");
    set(conf, "log_level", "2");
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    rd_kafka_conf_set_opaque(conf, target);
    char why[256];
    target->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!target->rk) fprintf(stderr, "produce: %s\n", why);
    return target->rk;
}

/* Waits for every acknowledgement. */
static int target_close(Target *target)
{
    while (target->unacknowledged > 0 && !target->failed) rd_kafka_poll(target->rk, 100);
    rd_kafka_destroy(target->rk);
    return target->failed;
}

static void send_json(Target *target, int32_t partition, long long n, const Row *row)
{
    char text[160];
    int len = snprintf(text, sizeof text, "{\"n\":%lld,\"k\":%lld,\"ts\":%lld,\"note\":\"%s\"}", n, (long long)row->k, (long long)row->ts_ms, row->note);
    for (;;) {
        rd_kafka_resp_err_t rc = rd_kafka_producev(target->rk, RD_KAFKA_V_TOPIC(target->topic), RD_KAFKA_V_PARTITION(partition),
                                                   RD_KAFKA_V_VALUE(text, (size_t)len), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (!rc) break;
        if (rc != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            fprintf(stderr, "produce: %s\n", rd_kafka_err2str(rc));
            target->failed = true;
            return;
        }
        rd_kafka_poll(target->rk, 100);
    }
    target->unacknowledged++;
}

static void send_rows(Target *target, long long from, long long to, long long per_second)
{
    int64_t start_us = clock_monotonic_us();
    for (long long n = from; n < to && !target->failed; n++) {
        while (per_second && (n - from) * 1000000 / per_second > clock_monotonic_us() - start_us) {
            rd_kafka_poll(target->rk, 0);
            clock_sleep_us(SLICE_MS * 1000);
        }
        Row row = row_of(n);
        send_json(target, (int32_t)(n % target->partitions), n, &row);
    }
}

static void send_closers(Target *target, long long to)
{
    Row row = row_of(to);
    row.ts_ms += 10 * WINDOW_MS;
    for (int32_t p = 0; p < target->partitions; p++) send_json(target, p, -1, &row);
}

/* Until the leader of every partition answers. An idempotent batch that comes before its log is there can be refused while the next one, already under
 * way, is taken; librdkafka then counts the first as written. */
static void await_leaders(Target *target)
{
    int64_t low, high, until_us = clock_monotonic_us() + CREATE_MS * 1000;
    for (int32_t p = 0; p < target->partitions && !target->failed;) {
        if (!rd_kafka_query_watermark_offsets(target->rk, target->topic, p, &low, &high, 1000)) p++;
        else target->failed = clock_monotonic_us() > until_us;
    }
    if (target->failed) fprintf(stderr, "produce: topic %s: no leader answers\n", target->topic);
}

static void create_topic(Target *target)
{
    char why[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(target->topic, target->partitions, 1, why, sizeof why);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(target->rk);
    rd_kafka_CreateTopics(target->rk, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CREATE_MS);
    size_t n = 0;
    const rd_kafka_topic_result_t **results = event ? rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n) : NULL;
    target->failed = n != 1 || rd_kafka_topic_result_error(results[0]);
    if (target->failed) fprintf(stderr, "produce: topic %s: %s\n", target->topic, n ? rd_kafka_topic_result_error_string(results[0]) : "no answer");
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    if (!target->failed) await_leaders(target);
}

static int print_rows(long long from, long long to)
{
    char line[ROW_TEXT_MAX];
    for (long long n = from; n < to; n++) {
        row_csv(n, line);
        puts(line);
    }
    return fflush(stdout) != 0;
}

int main(int argc, char **argv)
{
    long long number[3] = { 0 };
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "print") == 0 && argc == 4) return print_rows(strtoll(argv[2], NULL, 10), strtoll(argv[3], NULL, 10));
    int wanted = strcmp(command, "topic") == 0 ? 5 : strcmp(command, "rows") == 0 ? 8 : strcmp(command, "close") == 0 ? 6 : 0;
    if (!wanted || argc != wanted) return fprintf(stderr, "usage: produce topic|rows|close|print ..\n"), 2;
    for (int i = 5; i < argc; i++) number[i - 5] = strtoll(argv[i], NULL, 10);
    Target target;
    if (!target_open(&target, argv[2], argv[3], (int32_t)strtol(argv[4], NULL, 10))) return 1;
    switch (*command) {
    case 't': create_topic(&target); break;
    case 'r': send_rows(&target, number[0], number[1], number[2]); break;
    default: send_closers(&target, number[0]); break;
    }
    return target_close(&target);
}
