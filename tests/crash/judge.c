/* Counts what a sink holds against what the producer wrote: every row once and exactly, or every window with its exact numbers.
 *   judge rows COUNT      stdin: n,k,ts,note             for n = 0 .. COUNT-1
 *   judge windows COUNT   stdin: start,k,rows,sum,min,max of these rows by k and tumbling window; start as yyyy-mm-dd hh:mm:ss[.0..]
 * Prints "N rows, L lost, D doubled, W wrong" and the first few that are not right; exits 0 only if all of them are. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/crash/rows.h"

enum { SHOWN_MAX = 5 };
typedef struct Totals { long long lines, lost, doubled, wrong; int shown; } Totals;

static void show(Totals *t, const char *what, const char *line)
{
    if (t->shown++ < SHOWN_MAX) printf("%s: %s\n", what, line);
}

/* A line that is expected once: `seen` counts it. */
static void saw(Totals *t, uint32_t *seen, const char *line)
{
    if ((*seen)++ == 0) return;
    t->doubled++;
    show(t, "doubled", line);
}

static void missed(Totals *t, const char *expected)
{
    t->lost++;
    show(t, "lost", expected);
}

static void wrong(Totals *t, const char *line)
{
    t->wrong++;
    show(t, "wrong", line);
}

static bool next_line(char *line, int cap, Totals *t)
{
    if (!fgets(line, cap, stdin)) return false;
    line[strcspn(line, "\r\n")] = 0;
    t->lines++;
    return true;
}

static void judge_rows(long long count, Totals *t)
{
    uint32_t *seen = calloc((size_t)count + 1, sizeof *seen);
    char line[256], expected[ROW_TEXT_MAX];
    while (next_line(line, sizeof line, t)) {
        char *end;
        long long n = strtoll(line, &end, 10);
        if (end == line || n < 0 || n >= count || (row_csv(n, expected), strcmp(line, expected) != 0)) wrong(t, line);
        else saw(t, &seen[n], line);
    }
    for (long long n = 0; n < count; n++)
        if (!seen[n]) {
            row_csv(n, expected);
            missed(t, expected);
        }
    free(seen);
}

typedef struct Window { long long rows, sum, min, max; uint32_t seen; } Window;

static void window_add(Window *w, long long n)
{
    if (!w->rows || n < w->min) w->min = n;
    if (!w->rows || n > w->max) w->max = n;
    w->rows++;
    w->sum += n;
}

/* Reads one line; false when it is none. csv quotes a start, as it holds a blank. Windows are counted from ROW_FIRST_MS, in January 2024 at most. */
static bool parse_window(const char *line, long long *index, long long *k, Window *w)
{
    int day, hour, minute, second, at = 0;
    bool quoted = *line == '"';
    line += quoted;
    if (sscanf(line, "2024-01-%2d %2d:%2d:%2d%n", &day, &hour, &minute, &second, &at) != 4) return false;
    if (line[at] == '.') at += 1 + (int)strspn(line + at + 1, "0");
    if (quoted && line[at++] != '"') return false;
    long long ms = (((day - 1) * 24ll + hour) * 60 + minute) * 60000 + second * 1000ll;
    *index = ms / WINDOW_MS;
    int end = 0;
    return ms % WINDOW_MS == 0 && sscanf(line + at, ",%lld,%lld,%lld,%lld,%lld%n", k, &w->rows, &w->sum, &w->min, &w->max, &end) == 5 && !line[at + end];
}

static void judge_windows(long long count, Totals *t)
{
    long long nwindows = (2 * ROW_JITTER_MS + count * ROW_STEP_MS) / WINDOW_MS + 1;
    Window *expected = calloc((size_t)nwindows * ROW_KEYS, sizeof *expected);
    for (long long n = 0; n < count; n++) {
        Row row = row_of(n);
        window_add(&expected[(row.ts_ms - ROW_FIRST_MS) / WINDOW_MS * ROW_KEYS + row.k], n);
    }
    char line[256];
    while (next_line(line, sizeof line, t)) {
        long long index, k;
        Window got, *want = NULL;
        if (parse_window(line, &index, &k, &got) && index < nwindows && k >= 0 && k < ROW_KEYS) want = &expected[index * ROW_KEYS + k];
        if (!want || !want->rows || got.rows != want->rows || got.sum != want->sum || got.min != want->min || got.max != want->max) wrong(t, line);
        else saw(t, &want->seen, line);
    }
    for (long long i = 0; i < nwindows * ROW_KEYS; i++)
        if (expected[i].rows && !expected[i].seen) {
            snprintf(line, sizeof line, "window %lld of key %lld: %lld rows", i / ROW_KEYS, i % ROW_KEYS, expected[i].rows);
            missed(t, line);
        }
    free(expected);
}

int main(int argc, char **argv)
{
    long long count = argc == 3 ? strtoll(argv[2], NULL, 10) : 0;
    Totals t = { 0 };
    if (count <= 0) return fprintf(stderr, "usage: judge rows|windows COUNT\n"), 2;
    if (strcmp(argv[1], "rows") == 0) judge_rows(count, &t);
    else if (strcmp(argv[1], "windows") == 0) judge_windows(count, &t);
    else return fprintf(stderr, "judge: rows or windows?\n"), 2;
    printf("%lld rows, %lld lost, %lld doubled, %lld wrong\n", t.lines, t.lost, t.doubled, t.wrong);
    return t.lost || t.doubled || t.wrong;
}
