/* `weir test`: finds test files, runs each in a process of its own (two at a time, so a crash or a hang is one failure), holds
 * the answers against the list of expected failures, prints in order of name.
 * The parent stays single-threaded: children are forked from it before they start any thread. */
#include "engine/session/case_run.h"
#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "engine/base/log.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 2, PATIENCE_S = 120 };

typedef struct Expectation { Str path, what, reason; bool met; } Expectation;
typedef struct TestFile { Str path; StrBuf bytes; bool done; int status; bool late; } TestFile;
typedef struct Worker { pid_t pid; int fd; uint32_t file; int64_t start_us; } Worker;
typedef struct Suite {
    Arena *arena;
    const TestOptions *options;
    TestTotals *totals;
    struct { TestFile *v; uint32_t n, cap; } files;
    struct { Expectation *v; uint32_t n, cap; } expect;
} Suite;

/* --- finding --- */

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool exists(const char *path)
{
    return access(path, R_OK) == 0;
}

/* "x/a.tsv" -> "x/a.sql". */
static Str sibling(Arena *arena, Str path, const char *ending)
{
    uint32_t n = path.len;
    while (n > 0 && path.ptr[n - 1] != '.') n--;
    return str_printf(arena, "%.*s%s", (int)n, path.ptr, ending);
}

static bool is_test(Arena *arena, Str path)
{
    if (str_ends(path, ".case")) return true;
    if (str_ends(path, ".tsv")) return !exists(str_cstr(arena, sibling(arena, path, "sql")));
    return str_ends(path, ".sql") && exists(str_cstr(arena, sibling(arena, path, "tsv")));
}

static int compare_paths(const void *a, const void *b)
{
    return str_cmp(*(const Str *)a, *(const Str *)b);
}

static bool find_tests(Suite *suite, const char *path, Err *err)
{
    if (!is_folder(path)) {
        TestFile file = { .path = str_dup(suite->arena, str_of(path)) };
        if (!exists(path)) return err_set(err, E_IO, "cannot read \"%s\"", path);
        if (str_ends(file.path, ".tsv") && !is_test(suite->arena, file.path)) file.path = sibling(suite->arena, file.path, "sql");
        if (!is_test(suite->arena, file.path)) {
            err_set(err, E_USAGE, "\"%s\" is no test file", path);
            return err_hint(err, "Tests are .case files, .tsv tables, and .sql files with their verdicts in a .tsv beside them.");
        }
        ARENA_PUSH(suite->arena, suite->files, file);
        return true;
    }
    DIR *dir = opendir(path);
    if (!dir) return err_set(err, E_IO, "cannot read folder \"%s\"", path);
    struct { Str *v; uint32_t n, cap; } names = { 0 };
    const struct dirent *entry;
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.') ARENA_PUSH(suite->arena, names, str_printf(suite->arena, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", entry->d_name));
    closedir(dir);
    if (names.n) qsort(names.v, names.n, sizeof *names.v, compare_paths);
    for (uint32_t i = 0; i < names.n; i++)
        if ((is_folder(names.v[i].ptr) || is_test(suite->arena, names.v[i])) && !find_tests(suite, names.v[i].ptr, err)) return false;
    return true;
}

/* --- expected failures --- */

static bool read_expectations(Suite *suite, Err *err)
{
    const char *path = suite->options->expect_file;
    if (!path) return true;
    StrBuf text = { 0 };
    if (!io_read_file(path, &text, err)) return false;
    Str all = str_dup(suite->arena, strbuf_str(&text));
    strbuf_free(&text);
    for (uint32_t at = 0; at < all.len;) {
        int64_t end = str_find(all, STR("\n"), at);
        uint32_t stop = end < 0 ? all.len : (uint32_t)end;
        Str line = str_sub(all, at, stop - at);
        at = stop + 1;
        if (!str_trim(line).len || line.ptr[0] == '#') continue;
        int64_t tab = str_find(line, STR("\t"), 0);
        if (tab < 0 || !str_trim(str_sub(line, (uint32_t)tab, line.len)).len) return err_set(err, E_USAGE, "%s: \"" STR_FMT "\" gives no reason after a tab", path, STR_ARG(line));
        Str test = str_sub(line, 0, (uint32_t)tab);
        int64_t colon = str_find(test, STR(":"), 0);
        Expectation expectation = { .path = colon < 0 ? test : str_sub(test, 0, (uint32_t)colon), .what = colon < 0 ? STR("") : str_sub(test, (uint32_t)colon + 1, test.len),
                                    .reason = str_trim(str_sub(line, (uint32_t)tab, line.len)) };
        ARENA_PUSH(suite->arena, suite->expect, expectation);
    }
    return true;
}

/* The listed path is the tested one or its tail. */
static bool path_fits(Str tested, Str listed)
{
    if (tested.len < listed.len || !str_eq(str_sub(tested, tested.len - listed.len, listed.len), listed)) return false;
    return tested.len == listed.len || tested.ptr[tested.len - listed.len - 1] == '/';
}

static Expectation *find_expectation(Suite *suite, Str path, const CaseRecord *record)
{
    for (uint32_t i = 0; i < suite->expect.n; i++) {
        Expectation *expectation = &suite->expect.v[i];
        int64_t line;
        if (!path_fits(path, expectation->path)) continue;
        if (!expectation->what.len || str_eq(expectation->what, record->key)) return expectation;
        if (str_to_i64(expectation->what, &line) && line == record->line && record->line) return expectation;
    }
    return NULL;
}

/* --- one file, in the child --- */

static bool run_file(Suite *suite, Str path, CaseReport *report, Err *err)
{
    StrBuf text = { 0 }, other = { 0 }, rewritten = { 0 };
    const char *name = str_cstr(suite->arena, path), *target = name;
    bool ok = io_read_file(name, &text, err);
    if (ok && str_ends(path, ".case")) ok = case_run(strbuf_str(&text), suite->options, report, &rewritten, err);
    else if (ok && str_ends(path, ".tsv")) ok = table_run(strbuf_str(&text), suite->options, report, &rewritten, err);
    else if (ok) {
        target = str_cstr(suite->arena, sibling(suite->arena, path, "tsv"));
        ok = io_read_file(target, &other, err) && statements_run(strbuf_str(&text), strbuf_str(&other), suite->options, report, &rewritten, err);
    }
    if (ok && suite->options->bless) ok = io_write_file(target, strbuf_str(&rewritten), err);
    strbuf_free(&text);
    strbuf_free(&other);
    strbuf_free(&rewritten);
    return ok;
}

static void child(Suite *suite, Str path, int fd)
{
    CaseReport report = { .fd = fd };
    Err err = { 0 };
    log_set(LOG_ERROR, false);
    if (!run_file(suite, path, &report, &err)) {
        Str why = str_printf(suite->arena, "  %s\n", err.message);
        record_put(&report, false, 0, STR(""), why);
    }
    strbuf_free(&report.bytes);
}

/* --- workers --- */

static bool start_worker(Suite *suite, Worker *worker, uint32_t file, Err *err)
{
    int ends[2];
    fflush(NULL);
    if (pipe(ends) != 0) return err_set(err, E_IO, "cannot open a pipe");
    pid_t pid = fork();
    if (pid < 0) {
        close(ends[0]);
        close(ends[1]);
        return err_set(err, E_IO, "cannot start a process");
    }
    if (pid == 0) {
        close(ends[0]);
        child(suite, suite->files.v[file].path, ends[1]);
        close(ends[1]);
        arena_free(suite->arena);
        _exit(0);
    }
    close(ends[1]);
    *worker = (Worker){ pid, ends[0], file, clock_monotonic_us() };
    return true;
}

/* Takes what the worker wrote; true when it has ended. */
static bool read_worker(Suite *suite, Worker *worker)
{
    TestFile *file = &suite->files.v[worker->file];
    char bytes[65536];
    ssize_t n = read(worker->fd, bytes, sizeof bytes);
    if (n > 0) strbuf_add(&file->bytes, bytes, (uint32_t)n);
    if (n > 0 || (n < 0 && errno == EINTR)) return false;
    close(worker->fd);
    while (waitpid(worker->pid, &file->status, 0) < 0 && errno == EINTR) {}
    file->done = true;
    worker->pid = 0;
    return true;
}

static void stop_late(Suite *suite, Worker *workers)
{
    for (int w = 0; w < WORKERS; w++) {
        if (!workers[w].pid || clock_monotonic_us() - workers[w].start_us < (int64_t)PATIENCE_S * 1000000) continue;
        suite->files.v[workers[w].file].late = true;
        kill(workers[w].pid, SIGKILL);
    }
}

/* --- printing --- */

static void fail(Suite *suite, Str path, const CaseRecord *record, const char *note)
{
    suite->totals->failed++;
    if (record->line) fprintf(suite->options->out, "FAIL %.*s:%u%s\n%.*s", STR_ARG(path), record->line, note, STR_ARG(record->why));
    else fprintf(suite->options->out, "FAIL %.*s%s\n%.*s", STR_ARG(path), note, STR_ARG(record->why));
}

static void judge(Suite *suite, Str path, const CaseRecord *record)
{
    Expectation *expectation = find_expectation(suite, path, record);
    if (expectation) expectation->met = true;
    if (!expectation && !record->passed) fail(suite, path, record, "");
    else if (expectation && record->passed) {
        fail(suite, path, record, "");
        fprintf(suite->options->out, "  passes but stands in %s\n", suite->options->expect_file);
    } else if (record->passed) {
        suite->totals->passed++;
    } else {
        suite->totals->known++;
    }
}

static void print_file(Suite *suite, TestFile *file)
{
    Reader in = { file->bytes.ptr, file->bytes.ptr + file->bytes.len, false };
    CaseRecord record;
    while (record_get(&in, &record)) judge(suite, file->path, &record);
    if (file->late || WIFSIGNALED(file->status) || (WIFEXITED(file->status) && WEXITSTATUS(file->status))) {
        record = (CaseRecord){ .why = file->late ? STR("  took too long: was stopped\n") : str_printf(suite->arena, "  crashed (%s %d)\n", WIFSIGNALED(file->status) ? "signal" : "exit", WIFSIGNALED(file->status) ? WTERMSIG(file->status) : WEXITSTATUS(file->status)) };
        judge(suite, file->path, &record);
    }
    for (uint32_t i = 0; i < suite->expect.n; i++) {
        Expectation *expectation = &suite->expect.v[i];
        if (expectation->met || !path_fits(file->path, expectation->path)) continue;
        expectation->met = true;
        record = (CaseRecord){ .why = str_printf(suite->arena, "  \"" STR_FMT "\" stands in %s, but the file has no such test\n", STR_ARG(expectation->what), suite->options->expect_file) };
        fail(suite, file->path, &record, "");
    }
    strbuf_free(&file->bytes);
    fflush(suite->options->out);
}

static bool run_all(Suite *suite, Err *err)
{
    Worker workers[WORKERS] = { 0 };
    uint32_t next = 0, printed = 0;
    while (printed < suite->files.n) {
        struct pollfd fds[WORKERS];
        for (int w = 0; w < WORKERS; w++) {
            if (!workers[w].pid && next < suite->files.n && !start_worker(suite, &workers[w], next++, err)) return false;
            fds[w] = (struct pollfd){ .fd = workers[w].pid ? workers[w].fd : -1, .events = POLLIN };
        }
        if (poll(fds, WORKERS, 1000) > 0)
            for (int w = 0; w < WORKERS; w++)
                if (fds[w].revents) (void)read_worker(suite, &workers[w]);
        stop_late(suite, workers);
        while (printed < suite->files.n && suite->files.v[printed].done) print_file(suite, &suite->files.v[printed++]);
    }
    return true;
}

bool test_run_path(const char *path, const TestOptions *options, TestTotals *totals, Err *err)
{
    Suite suite = { .arena = arena_new(), .options = options, .totals = totals };
    bool ok = read_expectations(&suite, err) && find_tests(&suite, path, err) && run_all(&suite, err);
    arena_free(suite.arena);
    return ok;
}
