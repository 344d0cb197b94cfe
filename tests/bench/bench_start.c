/* Start to prompt and idle memory of the shell: bench_start WEIR. Median of 21 starts in a pseudo-terminal. */
#include "engine/base/clock.h"

#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STARTS = 21 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static long status_kb(pid_t pid, const char *key)
{
    char path[64], text[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(text, sizeof text, file))
        if (strncmp(text, key, strlen(key)) == 0) kb = strtol(text + strlen(key), NULL, 10);
    if (file) fclose(file);
    return kb;
}

/* Milliseconds until the prompt stands in the terminal. */
static double start_once(const char *weir, long *rss_kb)
{
    char seen[8192];
    size_t n = 0;
    int fd;
    int64_t from = clock_monotonic_us();
    pid_t pid = forkpty(&fd, NULL, NULL, NULL);
    if (pid == 0) {
        setenv("TERM", "xterm", 1);
        execl(weir, weir, (char *)NULL);
        _exit(127);
    }
    for (;;) {
        ssize_t got = read(fd, seen + n, sizeof seen - 1 - n);
        if (got <= 0) { fprintf(stderr, "the shell ended before its prompt\n"); exit(1); }
        n += (size_t)got;
        seen[n] = 0;
        if (strstr(seen, "weir> ")) break;
    }
    double ms = (double)(clock_monotonic_us() - from) / 1e3;
    *rss_kb = status_kb(pid, "VmRSS:");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(fd);
    return ms;
}

int main(int argc, char **argv)
{
    double ms[STARTS];
    long rss_kb = 0;
    if (argc != 2) { fprintf(stderr, "usage: bench_start WEIR\n"); return 2; }
    for (int i = 0; i < STARTS; i++) ms[i] = start_once(argv[1], &rss_kb);
    qsort(ms, STARTS, sizeof *ms, by_value);
    printf("start to prompt        %7.1f ms (median of %d)\nidle memory            %7.1f MB resident\n", ms[STARTS / 2], STARTS, (double)rss_kb / 1024);
    return 0;
}
