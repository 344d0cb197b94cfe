/* Log lines: one write to stderr per line, under one mutex that also covers the terminal hooks.
 * Each line passes through redact(). Text for people, JSON (one object a line) for containers. Times are UTC. */
#include "engine/base/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "engine/base/clock.h"
#include "engine/base/err.h"

static const char *const level_names[] = { "error", "warn", "notice", "info", "debug" };
static const char *const level_labels[] = { "ERROR ", "WARN  ", "NOTICE", "INFO  ", "DEBUG " };

static atomic_int max_level_shown = LOG_INFO;
static atomic_bool as_json;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void (*hook_before)(void);
static void (*hook_after)(void);

void log_set(LogLevel max_level, bool json)
{
    atomic_store(&max_level_shown, (int)max_level);
    atomic_store(&as_json, json);
}

void log_set_hooks(void (*before)(void), void (*after)(void))
{
    pthread_mutex_lock(&lock);
    hook_before = before;
    hook_after = after;
    pthread_mutex_unlock(&lock);
}

static void add_time(StrBuf *out)
{
    int64_t now_us = clock_now_us();
    int64_t sec = now_us / 1000000, us = now_us % 1000000;
    if (us < 0) us += 1000000, sec--;
    struct tm tm;
    char text[40];
    time_t seconds = (time_t)sec;
    if (!gmtime_r(&seconds, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm)) text[0] = 0;
    strbuf_addf(out, "%s.%03dZ", text, (int)(us / 1000));
}

static void add_json_text(StrBuf *out, Str text)
{
    strbuf_addc(out, '"');
    for (uint32_t i = 0; i < text.len;) {
        uint32_t codepoint, n = utf8_decode(text.ptr + i, text.ptr + text.len, &codepoint);
        char bytes[4];
        if (codepoint == '"' || codepoint == '\\') strbuf_addf(out, "\\%c", (int)codepoint);
        else if (codepoint == '\n') strbuf_addz(out, "\\n");
        else if (codepoint == '\t') strbuf_addz(out, "\\t");
        else if (codepoint < 0x20 || codepoint == 0x7f) strbuf_addf(out, "\\u%04x", codepoint);
        else strbuf_add(out, bytes, utf8_encode(codepoint, bytes));
        i += n;
    }
    strbuf_addc(out, '"');
}

static void line_build(StrBuf *out, LogLevel level, const char *facility, Str message, bool json)
{
    if (json) {
        strbuf_addz(out, "{\"ts\":\"");
        add_time(out);
        strbuf_addf(out, "\",\"level\":\"%s\",\"facility\":\"%s\",\"msg\":", level_names[level], facility);
        add_json_text(out, message);
        strbuf_addz(out, "}\n");
        return;
    }
    add_time(out);
    strbuf_addf(out, " %s %s: ", level_labels[level], facility);
    for (uint32_t i = 0; i < message.len; i++) {
        strbuf_addc(out, message.ptr[i]);
        if (message.ptr[i] == '\n') strbuf_addz(out, "    ");
    }
    strbuf_addc(out, '\n');
}

void log_msg(LogLevel level, const char *facility, const char *fmt, ...)
{
    if ((int)level > atomic_load(&max_level_shown)) return;
    Arena *arena = arena_new();
    StrBuf text = { 0 }, line = { 0 };
    va_list args;
    va_start(args, fmt);
    strbuf_addvf(&text, fmt, args);
    va_end(args);
    line_build(&line, level, facility, redact(arena, str_trim(strbuf_str(&text))), atomic_load(&as_json));
    pthread_mutex_lock(&lock);
    if (hook_before) hook_before();
    fwrite(line.ptr, 1, line.len, stderr);
    fflush(stderr);
    if (hook_after) hook_after();
    pthread_mutex_unlock(&lock);
    strbuf_free(&text);
    strbuf_free(&line);
    arena_free(arena);
}
