/* The rows of the crash tests: everything about row n follows from n, so that producer and judge agree without telling each other anything,
 * and without any code of weir's. Rows go to their partition in order of n; event times jump back by less than the jobs' watermarks wait. */
#ifndef WEIR_TESTS_CRASH_ROWS_H
#define WEIR_TESTS_CRASH_ROWS_H
#include <stdint.h>
#include <stdio.h>

enum { ROW_KEYS = 16, ROW_STEP_MS = 10, ROW_JITTER_MS = 1500, WINDOW_MS = 10000, ROW_TEXT_MAX = 128 };
#define ROW_FIRST_MS 1704067200000ll    /* 2024-01-01 00:00:00 UTC */

typedef struct Row { int64_t n, k, ts_ms; char note[17]; } Row;

static inline Row row_of(int64_t n)
{
    uint64_t z = ((uint64_t)n + 1) * 0x9e3779b97f4a7c15ull;     /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    z ^= z >> 31;
    Row row = { .n = n, .k = (int64_t)(z % ROW_KEYS), .ts_ms = ROW_FIRST_MS + 2 * ROW_JITTER_MS + n * ROW_STEP_MS - (int64_t)(z >> 32) % ROW_JITTER_MS };
    snprintf(row.note, sizeof row.note, "%016llx", (unsigned long long)z);
    return row;
}

/* The csv line of a row, as every sink of rows must show it. Returns its length. */
static inline int row_csv(int64_t n, char out[static ROW_TEXT_MAX])
{
    Row row = row_of(n);
    return snprintf(out, ROW_TEXT_MAX, "%lld,%lld,%lld,%s", (long long)n, (long long)row.k, (long long)row.ts_ms, row.note);
}
#endif
