/* Statements spliced from the conformance files, token by token, through lexer, parser, printer, binder, planner and DDL: nothing may crash,
 * every error has a message, and what parses prints as text that parses back to the same. Seeded; a failure prints the seed and the statement.
 * Arguments: seconds (3), seed, "-v" to print each statement before it runs. */
#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "engine/base/log.h"
#include "engine/session/session.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SESSION_ROUNDS = 300, PIECES_MAX = 120 };

typedef struct StrList { Str *v; uint32_t n, cap; } StrList;
static uint64_t seed;
static StrBuf current;                           /* the statement under way, for the signal handler */

static void on_crash(int signal_number)
{
    static const char head[] = "\nfuzz_statements: crashed on: ";
    if (write(2, head, sizeof head - 1) < 0 || write(2, current.ptr, current.len) < 0 || write(2, "\n", 1) < 0) _exit(2);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void fail(const char *what, Str statement)
{
    printf("fuzz_statements: %s, seed %llu: %.*s\n", what, (unsigned long long)seed, STR_ARG(statement));
    exit(1);
}

static uint32_t pick(uint32_t n)
{
    return n ? (uint32_t)(random_u64() % n) : 0;
}

/* --- corpus --- */

/* Statements of a .sql file end at lines that end with ';'. */
static void add_file(Arena *arena, StrList *corpus, const char *path)
{
    StrBuf text = { 0 };
    Err err = { 0 };
    if (!io_read_file(path, &text, &err)) fail(err.message, STR(""));
    Str all = str_dup(arena, strbuf_str(&text));
    strbuf_free(&text);
    for (uint32_t at = 0; at < all.len;) {
        int64_t end = str_find(all, STR(";\n"), at);
        uint32_t stop = end < 0 ? all.len : (uint32_t)end;
        ARENA_PUSH(arena, *corpus, str_trim(str_sub(all, at, stop - at)));
        at = stop + 2;
    }
}

static void read_corpus(Arena *arena, StrList *corpus, const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir) fail("run it from the top folder: no conformance files", STR(""));
    StrList names = { 0 };
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (str_ends(str_of(entry->d_name), ".sql")) ARENA_PUSH(arena, names, str_printf(arena, "%s/%s", folder, entry->d_name));
    closedir(dir);
    for (uint32_t i = 0; i < names.n; i++)       /* readdir has no order: the same seed wants the same corpus */
        for (uint32_t k = i + 1; k < names.n; k++)
            if (str_cmp(names.v[k], names.v[i]) < 0) {
                Str swap = names.v[i];
                names.v[i] = names.v[k];
                names.v[k] = swap;
            }
    for (uint32_t i = 0; i < names.n; i++) add_file(arena, corpus, str_cstr(arena, names.v[i]));
}

/* --- mutation --- */

static bool word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || (unsigned char)c >= 128;
}

/* Words, numbers, quoted texts, single characters; blanks go. */
static void cut(Arena *arena, Str text, StrList *out)
{
    for (uint32_t i = 0; i < text.len;) {
        uint32_t from = i;
        char c = text.ptr[i++];
        if (c == ' ' || c == '\n' || c == '\t') continue;
        if (word_byte(c)) while (i < text.len && word_byte(text.ptr[i])) i++;
        else if (c == '\'' || c == '`') {
            while (i < text.len && text.ptr[i] != c) i++;
            if (i < text.len) i++;
        }
        ARENA_PUSH(arena, *out, str_sub(text, from, i - from));
    }
}

static void mutate(Arena *arena, const StrList *corpus, StrBuf *out)
{
    StrList a = { 0 }, b = { 0 }, pieces = { 0 };
    cut(arena, corpus->v[pick(corpus->n)], &a);
    cut(arena, corpus->v[pick(corpus->n)], &b);
    for (uint32_t i = 0; i < a.n && i < PIECES_MAX; i++) ARENA_PUSH(arena, pieces, a.v[i]);
    for (uint32_t n = pick(4); n > 0 && pieces.n; n--) {
        uint32_t at = pick(pieces.n);
        switch (pick(5)) {
        case 0: pieces.v[at] = pieces.v[--pieces.n]; break;
        case 1: if (b.n) pieces.v[at] = b.v[pick(b.n)]; break;
        case 2: pieces.v[at] = pieces.v[pick(pieces.n)]; break;
        case 3: pieces.n = at + 1; break;
        case 4:
            for (uint32_t k = pick(b.n); k < b.n && pieces.n < PIECES_MAX; k++) ARENA_PUSH(arena, pieces, b.v[k]);
            break;
        }
    }
    strbuf_clear(out);
    for (uint32_t i = 0; i < pieces.n; i++) {
        if (i && pick(12)) strbuf_addc(out, ' ');
        strbuf_adds(out, pieces.v[i]);
    }
}

/* --- checks --- */

static void check_printed(Arena *arena, const Stmt *stmt, Str statement)
{
    StrBuf printed = { 0 };
    Err err = { 0 };
    if (stmt->kind == STMT_MERGE) return;        /* refused before anything of it matters */
    stmt_print(stmt, &printed);
    Stmt *again = parse_statement(arena, strbuf_str(&printed), &err);
    if (!again) {
        printf("printed: %s\n%s\n", strbuf_cstr(&printed), err.message);
        fail("printed text does not parse", statement);
    }
    if (!stmt_equal(stmt, again)) {
        printf("printed: %s\n", strbuf_cstr(&printed));
        fail("printed text parses to another tree", statement);
    }
    strbuf_free(&printed);
}

static void one_round(Session *session, Arena *arena, bool check_print)
{
    SessionSink sink = { 0 };
    Script script = { .file = STR("-"), .text = strbuf_str(&current) };
    for (bool end = false; !end;) {
        ScriptStmt stmt = { 0 };
        Err err = { 0 };
        bool ok = script_next(&script, arena, &stmt, &err);
        end = ok && !stmt.stmt;
        if (ok && !end) {
            if (check_print) check_printed(arena, stmt.stmt, stmt.text);
            ok = session_execute(session, &stmt, &sink, &err);
        }
        if (!ok && (!err.set || !err.message[0])) fail("failed without a message", strbuf_str(&current));
    }
}

static Session *fresh_session(const StrList *corpus)
{
    Session *session = session_new(&(SessionOptions){ .check_only = true });
    for (uint32_t n = 20; n > 0; n--) {          /* some tables to talk about */
        Str statement = corpus->v[pick(corpus->n)];
        if (!str_starts(statement, "CREATE")) continue;
        Arena *arena = arena_new();
        strbuf_clear(&current);
        strbuf_adds(&current, statement);
        one_round(session, arena, false);
        arena_free(arena);
    }
    return session;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3;
    bool verbose = argc > 3;
    seed = argc > 2 ? strtoull(argv[2], NULL, 10) : random_u64();
    random_seed(seed);
    log_set(LOG_ERROR, false);
    signal(SIGABRT, on_crash);
#ifndef __SANITIZE_ADDRESS__
    signal(SIGSEGV, on_crash);
#endif
    Arena *arena = arena_new(), *round = arena_new();
    StrList corpus = { 0 };
    read_corpus(arena, &corpus, "tests/conformance/statements");
    Session *session = NULL;
    uint64_t rounds = 0;
    for (int64_t end = clock_monotonic_us() + (int64_t)seconds * 1000000; clock_monotonic_us() < end; rounds++) {
        if (rounds % SESSION_ROUNDS == 0) {
            session_free(session);
            session = fresh_session(&corpus);
        }
        arena_reset(round);
        mutate(round, &corpus, &current);
        if (verbose) printf("%s\n", strbuf_cstr(&current)), fflush(stdout);
        one_round(session, round, true);
    }
    session_free(session);
    arena_free(round);
    arena_free(arena);
    strbuf_free(&current);
    printf("fuzz_statements: %llu statements, seed %llu\n", (unsigned long long)rounds, (unsigned long long)seed);
    return 0;
}
