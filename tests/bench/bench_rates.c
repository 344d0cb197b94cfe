/* Rates of weir beside a bare C loop that does the same work, interleaved in one run, as ratios of CPU per row (user + system, all threads).
 *   bench_rates WEIR [BROKERS TOPIC ROWS]
 * 1. generator -> tumble: `weir` runs datagen -> TUMBLE 1 min AVG, COUNT by 50 keys -> blackhole; the loop feeds prepared arrays to the same group-by.
 * 2. Kafka JSON -> tumble: `weir` reads TOPIC (filled before) into the same window; the loop consumes it and only counts.
 * Each is run ROUNDS times in a child process; medians are printed. */
#include "engine/base/clock.h"
#include "engine/run/affinity.h"

#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 5, GENERATED_ROWS = 60000000, PREPARED = 1 << 16, KEYS = 50 };

typedef struct Cost { double cpu_s, wall_s; } Cost;
typedef struct Work { void (*body)(void *arg); void *arg; } Work;

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

/* Runs body in a child; its CPU is what the kernel counted for the child and its threads. */
static Cost measure(Work work)
{
    struct rusage usage;
    int status;
    int64_t from = clock_monotonic_us();
    pid_t pid = fork();
    if (pid == 0) {
        work.body(work.arg);
        fflush(stdout);
        _exit(0);
    }
    wait4(pid, &status, 0, &usage);
    if (!WIFEXITED(status) || WEXITSTATUS(status)) { fprintf(stderr, "a bench child failed\n"); exit(1); }
    return (Cost){ seconds(usage.ru_utime) + seconds(usage.ru_stime), (double)(clock_monotonic_us() - from) / 1e6 };
}

static int by_cpu(const void *a, const void *b)
{
    double x = ((const Cost *)a)->cpu_s, y = ((const Cost *)b)->cpu_s;
    return (x > y) - (x < y);
}

static void compare(const char *title, Work yardstick, const char *yardstick_name, Work weir, double rows)
{
    Cost bare[ROUNDS], ours[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        bare[i] = measure(yardstick);
        ours[i] = measure(weir);
    }
    qsort(bare, ROUNDS, sizeof *bare, by_cpu);
    qsort(ours, ROUNDS, sizeof *ours, by_cpu);
    Cost b = bare[ROUNDS / 2], w = ours[ROUNDS / 2];
    printf("%s\n  %-22s %7.1f ns CPU/row  %6.1f M rows/s\n  %-22s %7.1f ns CPU/row  %6.1f M rows/s of CPU  (wall %.2f s)\n  ratio %.2f of the yardstick's speed\n", title, yardstick_name,
           b.cpu_s / rows * 1e9, rows / b.cpu_s / 1e6, "weir", w.cpu_s / rows * 1e9, rows / w.cpu_s / 1e6, w.wall_s, b.cpu_s / w.cpu_s);
}

/* ---- 1: the fused loop ---- */

typedef struct Group { int32_t key; int64_t count; double sum; } Group;
static volatile double result_sink;

static void group_by_loop(void *arg)
{
    (void)arg;
    int32_t *keys = malloc(PREPARED * sizeof *keys);
    double *values = malloc(PREPARED * sizeof *values);
    Group table[128];
    memset(table, 0, sizeof table);
    for (int i = 0; i < PREPARED; i++) {
        keys[i] = 1 + (int32_t)(random_u64() % KEYS);
        values[i] = (double)(random_u64() % 1000) / 10;
    }
    for (int64_t done = 0; done < GENERATED_ROWS; done += PREPARED)
        for (int i = 0; i < PREPARED; i++) {
            uint32_t at = (uint32_t)keys[i] * 2654435769u >> 25;
            while (table[at].key != keys[i] && table[at].key != 0) at = (at + 1) & 127;
            table[at].key = keys[i];
            table[at].count++;
            table[at].sum += values[i];
        }
    for (int i = 0; i < 128; i++) result_sink += table[i].sum;
    free(keys);
    free(values);
}

/* ---- 2: the bare consumer ---- */

typedef struct Topic { const char *brokers, *name; int64_t rows; int64_t seen; } Topic;

static void count_message(rd_kafka_message_t *m, void *arg)
{
    if (!m->err) ((Topic *)arg)->seen++;
}

static void consume_loop(void *arg)
{
    Topic *t = arg;
    char why[256];
    core_bind(core_next(), NULL);                /* as weir's jobs are */
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", t->brokers, NULL, 0);
    rd_kafka_conf_set(conf, "group.id", "bench", NULL, 0);
    rd_kafka_conf_set(conf, "fetch.max.bytes", "2000000", NULL, 0);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, t->name, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_poll_set_consumer(rk);
    rd_kafka_assign(rk, list);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    while (t->seen < t->rows) rd_kafka_consume_callback_queue(queue, 1000, count_message, t);
    _exit(0);                                    /* closing is not part of the work */
}

/* ---- weir ---- */

typedef struct Run { const char *weir; char sql[2048]; } Run;

static void run_weir(void *arg)
{
    Run *run = arg;
    execl(run->weir, run->weir, "-q", "-c", run->sql, (char *)NULL);
    _exit(127);
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 5) { fprintf(stderr, "usage: bench_rates WEIR [BROKERS TOPIC ROWS]\n"); return 2; }
    Run generator = { .weir = argv[1] };
    snprintf(generator.sql, sizeof generator.sql,
             "CREATE TABLE g (k INT, v DOUBLE, p AS PROCTIME()) WITH ('connector'='datagen','rows-per-second'='2000000000','number-of-rows'='%d','fields.k.min'='1','fields.k.max'='%d','fields.v.min'='0','fields.v.max'='100');"
             "CREATE TABLE b (k INT, e TIMESTAMP(3), a DOUBLE, n BIGINT) WITH ('connector'='blackhole');"
             "INSERT INTO b SELECT k, window_end, AVG(v), COUNT(*) FROM TABLE(TUMBLE(TABLE g, DESCRIPTOR(p), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, k;",
             GENERATED_ROWS, KEYS);
    compare("generator -> tumble (50 keys, AVG, COUNT) -> blackhole", (Work){ group_by_loop, NULL }, "C loop over arrays", (Work){ run_weir, &generator }, GENERATED_ROWS);
    if (argc == 2) return 0;
    Topic topic = { argv[2], argv[3], atoll(argv[4]), 0 };
    Run kafka = { .weir = argv[1] };
    snprintf(kafka.sql, sizeof kafka.sql,
             "CREATE TABLE r (city STRING, temperature DOUBLE, p AS PROCTIME()) WITH ('connector'='kafka','topic'='%s','properties.bootstrap.servers'='%s','scan.startup.mode'='earliest-offset','scan.bounded.mode'='latest-offset','format'='json');"
             "CREATE TABLE b (city STRING, e TIMESTAMP(3), a DOUBLE, n BIGINT) WITH ('connector'='blackhole');"
             "INSERT INTO b SELECT city, window_end, AVG(temperature), COUNT(*) FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(p), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, city;",
             argv[3], argv[2]);
    compare("Kafka JSON -> tumble (10 keys, AVG, COUNT) -> blackhole", (Work){ consume_loop, &topic }, "consume and count", (Work){ run_weir, &kafka }, (double)topic.rows);
    return 0;
}
