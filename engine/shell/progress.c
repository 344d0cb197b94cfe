/* The progress line: rows in and out with rates, lag, watermark, redrawn in place on a terminal's stderr about four times a second.
 * Log lines and rows wipe it first (log hooks). Main thread only. */
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/shell/console.h"

#include <unistd.h>

static struct { bool on, drawn; int64_t last_us; uint64_t last_in, last_out; } line;

static void wipe(void)
{
    if (!line.drawn) return;
    fputs("\r\033[K", stderr);
    line.drawn = false;
}

static void human(double v, char *out, size_t size)
{
    if (v >= 1e9) snprintf(out, size, "%.1fG", v / 1e9);
    else if (v >= 1e6) snprintf(out, size, "%.1fM", v / 1e6);
    else if (v >= 1e4) snprintf(out, size, "%.0fk", v / 1e3);
    else snprintf(out, size, "%.0f", v);
}

void progress_start(Console *c)
{
    line.on = !c->quiet && !c->json_log && (c->args->progress == CHOICE_ON || (c->args->progress == CHOICE_AUTO && isatty(STDERR_FILENO)));
    line.last_us = clock_monotonic_us();
    line.last_in = line.last_out = 0;
    if (line.on) log_set_hooks(wipe, NULL);
}

void progress_tick(void *ctx)
{
    Console *c = ctx;
    Job *jobs[64];
    uint64_t in = 0, out = 0, lag = 0, late = 0;
    bool has_lag = false;
    int64_t wm = INT64_MAX, now = clock_monotonic_us();
    uint32_t n = session_jobs(c->session, jobs, 64), running = 0;
    if (!line.on || now - line.last_us < 200000) return;
    for (uint32_t i = 0; i < n; i++) {
        JobMetrics m;
        if (job_state(jobs[i]) != JOB_RUNNING) continue;
        job_metrics(jobs[i], &m);
        running++;
        in += m.rows_in;
        out += m.rows_out;
        lag += m.lag;
        late += m.late_rows;
        has_lag |= m.has_lag;
        if (m.watermark_us != INT64_MIN && m.watermark_us < wm) wm = m.watermark_us;
    }
    double seconds = (double)(now - line.last_us) / 1e6;
    char rows_in[32], rate_in[32], rows_out[32];
    human((double)in, rows_in, sizeof rows_in);
    human(in >= line.last_in ? (double)(in - line.last_in) / seconds : 0, rate_in, sizeof rate_in);
    human((double)out, rows_out, sizeof rows_out);
    StrBuf text = { 0 };
    strbuf_addf(&text, "%u job%s  in %s (%s/s)  out %s", running, running == 1 ? "" : "s", rows_in, rate_in, rows_out);
    if (has_lag) strbuf_addf(&text, "  lag %llu", (unsigned long long)lag);
    if (late) strbuf_addf(&text, "  late %llu", (unsigned long long)late);
    if (wm != INT64_MAX) {
        strbuf_addz(&text, "  wm ");
        timestamp_print(instant_us(wm), 0, &text);
    }
    fprintf(stderr, "\r\033[K%s", strbuf_cstr(&text));
    fflush(stderr);
    strbuf_free(&text);
    line.drawn = true;
    line.last_us = now;
    line.last_in = in;
    line.last_out = out;
}

void progress_stop(void)
{
    wipe();
    line.on = false;
    log_set_hooks(NULL, NULL);
}
