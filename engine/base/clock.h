/* The only source of time, sleep and randomness, so that tests can freeze and seed them. Thread-safe.
 * WEIR_CLOCK_OFFSET=-3600 (whole seconds, read at the start) moves this process's wall clock: tests restart a job under a clock that was set back. */
#ifndef WEIR_BASE_CLOCK_H
#define WEIR_BASE_CLOCK_H
#include <stdbool.h>
#include <stdint.h>
int64_t clock_now_us(void);                 /* wall clock, microseconds since 1970 UTC; the frozen value when frozen */
int64_t clock_thread_ns(void);              /* CPU time of the calling thread, never frozen: for benches */
int64_t clock_monotonic_us(void);           /* for durations and timeouts; follows the frozen clock when frozen */
void clock_sleep_us(int64_t us);            /* advances the frozen clock instead of sleeping when frozen */
void clock_freeze(int64_t now_us);          /* tests: time stands still at now_us until clock_advance / clock_thaw */
void clock_advance(int64_t us);
void clock_thaw(void);
bool clock_frozen(void);
uint64_t random_u64(void);                  /* seeded from the OS, or by random_seed() */
enum { RANDOM_ID_LEN = 32 };
void random_id(char out[RANDOM_ID_LEN + 1]);/* 32 hex digits and a NUL: names that no two starts share */
void random_seed(uint64_t seed);
#endif
