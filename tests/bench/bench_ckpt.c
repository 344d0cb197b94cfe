/* What checkpoints cost.
 *   bench_ckpt WEIR DIR [BROKERS TOPIC ROWS]
 * 1. In this process: GROUP BY over 1 M keys (COUNT, AVG), a checkpoint each second. Printed: how long a checkpoint takes from barrier to durable, the
 *    longest step of the job while one begins or is under way and while none is, what a forked child costs to start, and how long a restore takes.
 *    A plain write and fsync of the same number of bytes is the yardstick of the disk.
 * 2. `weir` runs generator -> tumble with 100 k keys, and reads TOPIC (filled before: k, v) into the same window, with a checkpoint each second and with
 *    none, interleaved; CPU of all threads and children per row, and wall time, as ratios.
 * DIR: an empty folder on a real disk. */
#include "engine/base/clock.h"
#include "engine/run/runner.h"
#include "tests/unit/plan_text.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 5, KEYS_STATE = 1000000, WARM_STEPS = 1500, CHECKPOINTS = 5, GENERATED_ROWS = 100000000 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, by_value);
    return v[n / 2];
}

/* --- 1: state of a million keys --- */

static double write_plain(const char *dir, uint64_t bytes)
{
    char path[512], *block = calloc(1, 1 << 20);
    snprintf(path, sizeof path, "%s/plain", dir);
    int64_t from = clock_monotonic_us();
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (uint64_t done = 0; done < bytes; done += 1 << 20)
        if (write(fd, block, 1 << 20) < 0) exit(1);
    if (fsync(fd) != 0) exit(1);
    close(fd);
    free(block);
    unlink(path);
    return (double)(clock_monotonic_us() - from) / 1000;
}

static void must(bool ok, const Err *err)
{
    if (ok) return;
    fprintf(stderr, "bench_ckpt: %s\n", err->message);
    exit(1);
}

static double step_ms(Runner *runner, Err *err)
{
    int64_t from = clock_monotonic_us();
    must(runner_step(runner, 0, err) != STEP_FAILED, err);
    return (double)(clock_monotonic_us() - from) / 1000;
}

static void state_of_a_million(const char *dir)
{
    PlanTest t = plan_test_new();
    Runner runner;
    Err err = { 0 };
    JobConfig config = { .state_dir = dir, .state_name = STR("million") };
    double took[CHECKPOINTS], quiet = 0, busy = 0, begun = 0;
    must(plan_test_run(&t, "SET 'execution.checkpointing.interval' = '1 s';"
                           "CREATE TABLE g (id BIGINT, v DOUBLE) WITH ('connector'='datagen','rows-per-second'='2000000000','fields.id.kind'='sequence','fields.id.start'='0','fields.id.end'='4000000000');"
                           "CREATE TABLE b (k BIGINT, n BIGINT, a DOUBLE) WITH ('connector'='blackhole');"
                           "INSERT INTO b SELECT k, COUNT(*), AVG(v) FROM (SELECT MOD(id, 1000000) AS k, v FROM g) GROUP BY k;"), &t.err);
    must(runner_init(&runner, t.plan, &config, &err) && runner_open(&runner, &err), &err);
    runner.due_us = INT64_MAX;
    for (int i = 0; i < WARM_STEPS; i++) step_ms(&runner, &err);
    for (int i = 0; i < WARM_STEPS; i++) { double ms = step_ms(&runner, &err); if (ms > quiet) quiet = ms; }
    for (int i = 0; i < CHECKPOINTS; i++) {
        uint64_t before = runner.done;
        runner.due_us = 0;
        double ms = step_ms(&runner, &err);
        if (ms > begun) begun = ms;
        while (runner.done == before) { ms = step_ms(&runner, &err); if (ms > busy) busy = ms; }
        took[i] = (double)runner.last.duration_us / 1000;
    }
    uint64_t bytes = runner.last.bytes, stored = runner.last.stored_bytes;
    double plain = write_plain(dir, bytes);
    runner_free(&runner);
    must(runner_init(&runner, t.plan, &config, &err), &err);
    int64_t from = clock_monotonic_us();
    must(runner_open(&runner, &err), &err);
    double restore = (double)(clock_monotonic_us() - from) / 1000;
    printf("state of %d keys: %.1f MB, %.1f MB stored\n  checkpoint, barrier to durable  %8.0f ms (a plain write and fsync of the state: %.0f ms)\n"
           "  longest step: no checkpoint     %8.1f ms\n                one begins        %8.1f ms\n                one under way     %8.1f ms\n  restore                         %8.0f ms\n",
           KEYS_STATE, (double)bytes / 1e6, (double)stored / 1e6, median(took, CHECKPOINTS), plain, quiet, begun, busy, restore);
    runner_free(&runner);
    plan_test_free(&t);
}

/* --- 2: throughput --- */

typedef struct Cost { double cpu_s, wall_s; } Cost;

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

static Cost run_weir(const char *weir, const char *dir, const char *sql, const char *interval)
{
    struct rusage usage;
    int status;
    char text[4096];
    snprintf(text, sizeof text, "SET 'pipeline.name' = 'throughput'; SET 'execution.checkpointing.interval' = '%s'; %s", interval, sql);
    int64_t from = clock_monotonic_us();
    pid_t pid = fork();
    if (pid == 0) {
        execl(weir, weir, "-q", "--fresh", "--state-dir", dir, "-c", text, (char *)NULL);
        _exit(127);
    }
    wait4(pid, &status, 0, &usage);
    if (!WIFEXITED(status) || WEXITSTATUS(status)) { fprintf(stderr, "bench_ckpt: weir failed\n"); exit(1); }
    return (Cost){ seconds(usage.ru_utime) + seconds(usage.ru_stime), (double)(clock_monotonic_us() - from) / 1e6 };
}

static void throughput(const char *title, const char *weir, const char *dir, const char *sql, double rows)
{
    double cpu[ROUNDS], wall[ROUNDS], with_cpu[ROUNDS], without_cpu[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        Cost without = run_weir(weir, dir, sql, "0"), with = run_weir(weir, dir, sql, "1 s");
        cpu[i] = with.cpu_s / without.cpu_s;
        wall[i] = with.wall_s / without.wall_s;
        with_cpu[i] = with.cpu_s / rows * 1e9;
        without_cpu[i] = without.cpu_s / rows * 1e9;
    }
    printf("%s, a checkpoint each second\n  %.1f ns CPU/row with, %.1f without; ratio of CPU %.3f, of wall time %.3f\n", title, median(with_cpu, ROUNDS), median(without_cpu, ROUNDS),
           median(cpu, ROUNDS), median(wall, ROUNDS));
}

int main(int argc, char **argv)
{
    char sql[3072];
    if (argc != 3 && argc != 6) { fprintf(stderr, "usage: bench_ckpt WEIR DIR [BROKERS TOPIC ROWS]\n"); return 2; }
    state_of_a_million(argv[2]);
    static const char window[] = "CREATE TABLE b (k INT, e TIMESTAMP(3), a DOUBLE, n BIGINT) WITH ('connector'='blackhole');"
                                 "INSERT INTO b SELECT k, window_end, AVG(v), COUNT(*) FROM TABLE(TUMBLE(TABLE g, DESCRIPTOR(p), INTERVAL '10' MINUTE)) GROUP BY window_start, window_end, k;";
    snprintf(sql, sizeof sql,
             "CREATE TABLE g (k INT, v DOUBLE, p AS PROCTIME()) WITH ('connector'='datagen','rows-per-second'='2000000000','number-of-rows'='%d','fields.k.min'='1','fields.k.max'='100000'); %s",
             GENERATED_ROWS, window);
    throughput("generator -> tumble (100 k keys) -> blackhole", argv[1], argv[2], sql, GENERATED_ROWS);
    if (argc == 3) return 0;
    snprintf(sql, sizeof sql,
             "CREATE TABLE g (k INT, v DOUBLE, p AS PROCTIME()) WITH ('connector'='kafka','topic'='%s','properties.bootstrap.servers'='%s','scan.startup.mode'='earliest-offset','scan.bounded.mode'='latest-offset','format'='json'); %s",
             argv[4], argv[3], window);
    throughput("Kafka JSON -> tumble (100 k keys) -> blackhole", argv[1], argv[2], sql, (double)atoll(argv[5]));
    return 0;
}
