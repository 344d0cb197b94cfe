/* The embedded broker: librdkafka's mock cluster, one for the process, on a loopback port. For demos, tests and first steps:
 * it keeps 5 MiB or 100,000 batches a partition, forgets everything at exit, and knows no transactions (docs/connectors.md). Thread-safe. */
#include "connectors/kafka.h"
#include "engine/base/log.h"

#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *cluster;
static struct { Str *v; uint32_t n, cap; } known;
static Arena *arena;

/* It warns of having no servers to connect to, which is its nature. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    log_debug("kafka", "embedded broker: %d %s %s", level, facility, text);
}

static bool start_cluster(Err *err)
{
    char why[256];
    if (cluster) return true;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "client.id", "weir-embedded-broker", NULL, 0);
    rd_kafka_conf_set_log_cb(conf, on_log);
    host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!host) {
        rd_kafka_conf_destroy(conf);
        return err_set(err, E_EXTERNAL, "the embedded broker does not start: %s", why);
    }
    cluster = rd_kafka_mock_cluster_new(host, 1);
    if (!cluster) {
        rd_kafka_destroy(host);
        host = NULL;
        return err_set(err, E_EXTERNAL, "the embedded broker does not start");
    }
    arena = arena_new();
    return true;
}

static void create_topic(Str topic)
{
    for (uint32_t i = 0; i < known.n; i++)
        if (str_eq(known.v[i], topic)) return;
    Str kept = str_dup(arena, topic);
    ARENA_PUSH(arena, known, kept);
    /* Fails only if a client's metadata request has created it already. */
    rd_kafka_mock_topic_create(cluster, str_cstr(arena, topic), 1, 1);
}

const char *kafka_embedded(const Str *topics, uint32_t n, Err *err)
{
    const char *servers = NULL;
    pthread_mutex_lock(&lock);
    if (start_cluster(err)) {
        for (uint32_t i = 0; i < n; i++) create_topic(topics[i]);
        servers = rd_kafka_mock_cluster_bootstraps(cluster);
    }
    pthread_mutex_unlock(&lock);
    return servers;
}
