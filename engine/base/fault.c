/* Fault points: a short table of armed names with their passage counts, behind one mutex.
 * Nothing is touched while no point is armed. WEIR_FAULT is read before main, so that it covers start-up too. */
#include "engine/base/fault.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POINTS_MAX = 32, NAME_MAX_LEN = 47 };

typedef struct Point {
    char name[NAME_MAX_LEN + 1];
    uint64_t nth, count;
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

static void point_arm(const char *name, size_t len, uint64_t nth)
{
    Point *point = point_find(name, len);
    if (!point) {
        if (points_len == POINTS_MAX || len > NAME_MAX_LEN) return;
        point = &points[points_len++];
    }
    memset(point, 0, sizeof *point);
    memcpy(point->name, name, len);
    point->nth = nth;
    fault_any_armed = true;
}

void fault_arm(const char *point, uint64_t nth)
{
    pthread_mutex_lock(&lock);
    point_arm(point, strlen(point), nth);
    pthread_mutex_unlock(&lock);
}

void fault_disarm_all(void)
{
    pthread_mutex_lock(&lock);
    fault_any_armed = false;
    points_len = 0;
    pthread_mutex_unlock(&lock);
}

bool fault_hit_slow(const char *name)
{
    pthread_mutex_lock(&lock);
    Point *point = point_find(name, strlen(name)), *any = point_find("*", 1);
    bool hit = point && ++point->count == point->nth;
    if (any && ++any->count == any->nth) hit = true;
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

/* "io.write:3,kafka.produce:1"; an entry without a number means the first passage. */
__attribute__((constructor)) static void fault_from_environment(void)
{
    const char *at = getenv("WEIR_FAULT");
    told = at != NULL;
    while (at && *at) {
        size_t len = strcspn(at, ","), name = strcspn(at, ":,");
        if (name) point_arm(at, name, name < len ? strtoull(at + name + 1, NULL, 10) : 1);
        at += len + (at[len] == ',');
    }
}
