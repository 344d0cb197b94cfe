/* Log lines: text, JSON, levels, redaction, hooks, lines of several threads. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/log.h"

static FILE *capture;
static int saved_stderr;

static void capture_begin(void)
{
    fflush(stderr);
    capture = tmpfile();
    saved_stderr = dup(2);
    dup2(fileno(capture), 2);
}

static void capture_end(char *text, size_t cap)
{
    fflush(stderr);
    dup2(saved_stderr, 2);
    close(saved_stderr);
    rewind(capture);
    text[fread(text, 1, cap - 1, capture)] = 0;
    fclose(capture);
}

static void writes_lines(void **state)
{
    (void)state;
    char text[2048];
    clock_freeze(1700000000123456);
    capture_begin();
    log_set(LOG_INFO, false);
    log_info("kafka", "connected to %s", "b:9092");
    log_debug("kafka", "hidden");
    log_error("jdbc", "cannot reach postgres://u:pw@h/d\nsecond line\n");
    log_set(LOG_WARN, true);
    log_info("kafka", "hidden");
    log_warn("job", "a \"b\"\t\\ \x01 password=x \xc3\xa9\n");
    capture_end(text, sizeof text);
    clock_thaw();
    log_set(LOG_INFO, false);
    assert_string_equal(text,
                        "2023-11-14T22:13:20.123Z INFO   kafka: connected to b:9092\n"
                        "2023-11-14T22:13:20.123Z ERROR  jdbc: cannot reach postgres://u:******@h/d\n    second line\n"
                        "{\"ts\":\"2023-11-14T22:13:20.123Z\",\"level\":\"warn\",\"facility\":\"job\",\"msg\":\"a \\\"b\\\"\\t\\\\ \\u0001 password=****** \xc3\xa9\"}\n");
}

static int befores, afters;
static void before(void) { befores++; }
static void after(void) { afters++; }

static void calls_hooks(void **state)
{
    (void)state;
    char text[256];
    capture_begin();
    log_set_hooks(before, after);
    log_notice("job", "x");
    log_debug("job", "y");
    log_set_hooks(NULL, NULL);
    log_notice("job", "z");
    capture_end(text, sizeof text);
    assert_int_equal(befores * 10 + afters, 11);
}

static void *log_many(void *arg)
{
    for (int i = 0; i < 100; i++) log_info("job", "%s", (const char *)arg);
    return NULL;
}

static void lines_stay_whole(void **state)
{
    (void)state;
    static char text[65536];
    pthread_t threads[4];
    capture_begin();
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, log_many, (void *)(uintptr_t) "the same line");
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    capture_end(text, sizeof text);
    int lines = 0;
    for (char *at = text, *end; (end = strchr(at, '\n')); at = end + 1, lines++)
        assert_true(end - at > 13 && memcmp(end - 13, "the same line", 13) == 0);
    assert_int_equal(lines, 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(writes_lines), cmocka_unit_test(calls_hooks), cmocka_unit_test(lines_stay_whole) };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
