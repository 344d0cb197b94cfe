/* Time, sleep, randomness. State: one frozen instant and one random counter, both atomic, so every function may be
 * called from any thread. The frozen clock is shared by wall and monotonic readings: tests see one time line. */
#include "engine/base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

static atomic_bool frozen;
static _Atomic int64_t frozen_us;
static int64_t wall_offset_us;      /* set before main, then only read */

__attribute__((constructor)) static void offset_from_environment(void)
{
    const char *text = getenv("WEIR_CLOCK_OFFSET");
    if (!text || !*text) return;
    char *end;
    long long seconds = strtoll(text, &end, 10);
    if (*end || seconds < -4000000000 || seconds > 4000000000) {
        fprintf(stderr, "WEIR_CLOCK_OFFSET: \"%s\" is no number of seconds\n", text);
        exit(2);
    }
    wall_offset_us = seconds * 1000000;
}

static int64_t read_us(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_thread_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t clock_now_us(void)
{
    return atomic_load(&frozen) ? atomic_load(&frozen_us) : read_us(CLOCK_REALTIME) + wall_offset_us;
}

int64_t clock_monotonic_us(void)
{
    return atomic_load(&frozen) ? atomic_load(&frozen_us) : read_us(CLOCK_MONOTONIC);
}

void clock_sleep_us(int64_t us)
{
    if (us <= 0) return;
    if (atomic_load(&frozen)) {
        atomic_fetch_add(&frozen_us, us);
        return;
    }
    struct timespec left = { us / 1000000, us % 1000000 * 1000 };
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {}
}

void clock_freeze(int64_t now_us)
{
    atomic_store(&frozen_us, now_us);
    atomic_store(&frozen, true);
}

void clock_advance(int64_t us)
{
    atomic_fetch_add(&frozen_us, us);
}

void clock_thaw(void)
{
    atomic_store(&frozen, false);
}

bool clock_frozen(void)
{
    return atomic_load(&frozen);
}

/* splitmix64: a counter and a mixer, hence lock-free and reproducible from its seed. */
static pthread_once_t random_once = PTHREAD_ONCE_INIT;
static _Atomic uint64_t random_counter;

static void random_seed_from_os(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint64_t)read_us(CLOCK_REALTIME) ^ (uint64_t)read_us(CLOCK_MONOTONIC) << 20;
    atomic_store(&random_counter, seed);
}

uint64_t random_u64(void)
{
    pthread_once(&random_once, random_seed_from_os);
    uint64_t z = atomic_fetch_add(&random_counter, 0x9e3779b97f4a7c15ull) + 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

void random_seed(uint64_t seed)
{
    pthread_once(&random_once, random_seed_from_os);
    atomic_store(&random_counter, seed);
}

void random_id(char out[RANDOM_ID_LEN + 1])
{
    uint64_t high = random_u64(), low = random_u64();
    snprintf(out, RANDOM_ID_LEN + 1, "%016llx%016llx", (unsigned long long)high, (unsigned long long)low);
}
