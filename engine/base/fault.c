/* Fault points: a short table of armed names with their passage counts, behind one mutex.
 * Nothing is touched while no point is armed. WEIR_FAULT is read before main, so that it covers start-up too. */
#include "engine/base/fault.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POINTS_MAX = 32, NAME_MAX_LEN = 47 };

typedef struct Point {
    char name[NAME_MAX_LEN + 1];
    uint64_t nth, count;
    bool kill;
} Point;

bool fault_any_armed;
static Point points[POINTS_MAX];
static unsigned points_len;
static bool told;                           /* the environment armed them: each failure is said on stderr, so that a script knows whether there was one */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static Point *point_find(const char *name, size_t len)
{
    for (unsigned i = 0; i < points_len; i++)
        if (strlen(points[i].name) == len && memcmp(points[i].name, name, len) == 0) return &points[i];
    return NULL;
}

static bool point_arm(const char *name, size_t len, uint64_t nth, bool kill)
{
    Point *point = point_find(name, len);
    if (!point) {
        if (points_len == POINTS_MAX || len > NAME_MAX_LEN) return false;
        point = &points[points_len++];
    }
    memset(point, 0, sizeof *point);
    memcpy(point->name, name, len);
    point->nth = nth;
    point->kill = kill;
    fault_any_armed = true;
    return true;
}

void fault_arm(const char *point, uint64_t nth)
{
    pthread_mutex_lock(&lock);
    bool ok = point_arm(point, strlen(point), nth, false);
    pthread_mutex_unlock(&lock);
    if (!ok) abort();
}

void fault_disarm_all(void)
{
    pthread_mutex_lock(&lock);
    fault_any_armed = false;
    points_len = 0;
    pthread_mutex_unlock(&lock);
}

/* Nothing of the process runs on: no handler, no flush, no other thread. */
static _Noreturn void die(const char *name, uint64_t nth)
{
    fprintf(stderr, "killed at fault point %s, passage %llu\n", name, (unsigned long long)nth);
    raise(SIGKILL);
    abort();
}

static bool point_pass(Point *point, const char *name)
{
    if (!point || ++point->count != point->nth) return false;
    if (point->kill) die(name, point->nth);
    return true;
}

bool fault_hit_slow(const char *name)
{
    pthread_mutex_lock(&lock);
    bool hit = point_pass(point_find(name, strlen(name)), name);
    if (point_pass(point_find("*", 1), name)) hit = true;
    if (hit && told) dprintf(STDERR_FILENO, "WEIR_FAULT: %s\n", name);
    pthread_mutex_unlock(&lock);
    return hit;
}

uint64_t fault_count(const char *name)
{
    pthread_mutex_lock(&lock);
    Point *point = point_find(name, strlen(name));
    uint64_t count = point ? point->count : 0;
    pthread_mutex_unlock(&lock);
    return count;
}

static _Noreturn void refuse(const char *entry, size_t len)
{
    fprintf(stderr, "WEIR_FAULT: cannot use \"%.*s\"; the form is point[:passage][=fail|kill]\n", (int)len, entry);
    exit(2);
}

/* "io.write:3,kafka.produce=kill"; an entry without a number means the first passage. */
static void arm_entry(const char *entry, size_t len)
{
    size_t name = strcspn(entry, ":=,"), at = name;
    uint64_t nth = 1;
    if (entry[at] == ':') {
        size_t digits = strspn(entry + at + 1, "0123456789");
        nth = strtoull(entry + at + 1, NULL, 10);
        at += 1 + digits;
    }
    const char *action = entry + at;
    size_t left = len - at;
    bool kill = left == 5 && memcmp(action, "=kill", 5) == 0, fail = left == 0 || (left == 5 && memcmp(action, "=fail", 5) == 0);
    if (!name || !nth || (!kill && !fail) || !point_arm(entry, name, nth, kill)) refuse(entry, len);
}

__attribute__((constructor)) static void fault_from_environment(void)
{
    const char *at = getenv("WEIR_FAULT");
    told = at != NULL;
    while (at && *at) {
        size_t len = strcspn(at, ",");
        arm_entry(at, len);
        at += len + (at[len] == ',');
    }
}
