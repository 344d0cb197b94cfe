/* The parser against text it was not made for: statements walked from the grammar's own tables, mutated statements of the conformance files,
 * random words and random bytes. Nothing may crash; what parses prints back to an equal tree; errors point into the text.
 * Seeded; a failure prints the text. Arguments: seconds (3), seed. With -DWEIR_LIBFUZZER only the entry of libFuzzer is built. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/clock.h"
#include "grammar.h"
#include "parser/grammar_replay.h"
#include "parser/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what, Str text, Str more)
{
    fprintf(stderr, "fuzz_parser: %s\n--- text\n" STR_FMT "\n--- printed\n" STR_FMT "\n", what, STR_ARG(text), STR_ARG(more));
    abort();
}

static Str lookup(void *ctx, Str name)
{
    (void)ctx;
    return name.len % 2 ? STR("it's 1") : STR_NULL;
}

static void check_statement(Arena *arena, const ScriptStmt *stmt)
{
    StrBuf buf = { 0 };
    Err err = { 0 };
    stmt_print(stmt->stmt, &buf);
    Stmt *again = parse_statement(arena, strbuf_str(&buf), &err);
    if (!again) fail(err.message, stmt->text, strbuf_str(&buf));
    if (!stmt_equal(stmt->stmt, again)) fail("another tree", stmt->text, strbuf_str(&buf));
    strbuf_free(&buf);
}

/* A copy of exactly the text's size, so that a sanitizer sees each byte read beyond it. */
static void check_text(Str text)
{
    Arena *arena = arena_new();
    char *exact = xmalloc(text.len ? text.len : 1);
    if (text.len) memcpy(exact, text.ptr, text.len);
    Script script = { .file = STR("fuzz"), .text = { exact, text.len }, .vars = lookup };
    (void)script_complete(script.text);
    for (uint32_t before = 0;; before = script.pos) {
        ScriptStmt stmt;
        Err err = { 0 };
        bool good = script_next(&script, arena, &stmt, &err);
        if (good && !stmt.stmt) break;
        if (script.pos <= before && script.pos < text.len) fail("no progress", text, STR(""));
        if (good) check_statement(arena, &stmt);
        else if (!err.set || !err.message[0]) fail("refused without a word", stmt.text, STR(""));
        else if (err.span.pos + err.span.len > stmt.text.len + 1) fail("error points behind the text", stmt.text, str_of(err.message));
    }
    free(exact);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 << 16) check_text((Str){ (const char *)data, (uint32_t)size });
    return 0;
}

#ifndef WEIR_LIBFUZZER
static uint32_t pick(uint32_t n) { return (uint32_t)(random_u64() % n); }

static const char *const pieces[] = {
    "a", "b", "t", "`x y`", "t.a", "'s'", "'it''s'", "1", "2.5", "1e3", "(", ")", "(", ")", ",", ";", "=", "<>", "<", ">", "+", "-", "*", "/", "||", "[", "]", ".", "/*+", "*/",
    "/* c */", "-- c\n", "\n", "INTERVAL '1' DAY", "TIMESTAMP '2020-01-01 00:00:00'", "ROW<x INT>", "E'\\n'", "U&'\\0041'", "X'0a'", "${A}", "${AB:-d}", "{", "}", "?", "=>",
};

/* Text of one token of the grammar. */
static void put_token(StrBuf *out, int kind)
{
    const char *name = token_name(kind);
    switch (kind) {
    case TK_ID: strbuf_addz(out, pick(8) ? "abc" : "`sel``ect`"); break;
    case TK_FN_ID: strbuf_addz(out, "fun"); break;
    case TK_FN_KW: strbuf_addz(out, "COUNT"); break;
    case TK_STRING_LITERAL: strbuf_addz(out, "'1'"); break;
    case TK_INTEGER_LITERAL: strbuf_addz(out, "1"); break;
    case TK_DECIMAL_LITERAL: strbuf_addz(out, "1.5"); break;
    case TK_DOUBLE_LITERAL: strbuf_addz(out, "1e5"); break;
    case TK_HINT_BEGIN: strbuf_addz(out, "/*+"); break;
    case TK_HINT_END: strbuf_addz(out, "*/"); break;
    case TK_NE: strbuf_addz(out, "<>"); break;
    case TK_LE: strbuf_addz(out, "<="); break;
    case TK_GE: strbuf_addz(out, ">="); break;
    case TK_PLUS: strbuf_addz(out, "+"); break;
    case TK_SUB: strbuf_addz(out, "-"); break;
    case TK_SLASH: strbuf_addz(out, "/"); break;
    case TK_MODULO: strbuf_addz(out, "%"); break;
    case TK_CONCAT: strbuf_addz(out, "||"); break;
    case TK_ARROW: strbuf_addz(out, "=>"); break;
    case TK_QMARK: strbuf_addz(out, "?"); break;
    case TK_MAP_LT: strbuf_addz(out, "MAP"); break;
    case TK_INTERVAL_LP: strbuf_addz(out, "INTERVAL"); break;
    case TK_POS_IN: strbuf_addz(out, "IN"); break;
    case TK_ON_CONFLICT: strbuf_addz(out, "ON"); break;
    case TK_NULL_ON: strbuf_addz(out, "NULL"); break;
    case TK_LBRACE: case TK_LBRACE_SUB: strbuf_addz(out, "{"); break;
    case TK_RBRACE: strbuf_addz(out, "}"); break;
    default:
        if (!name) break;
        if (name[0] == '"') strbuf_addc(out, name[1]);
        else strbuf_addz(out, name);
    }
    strbuf_addc(out, ' ');
}

/* A sentence walked along the grammar's tables; after a while whatever ends it soonest is preferred. */
static void walk_grammar(StrBuf *out)
{
    enum { MOST = 60 };
    Token tokens[MOST + 1] = { { .kind = TK_START_STATEMENT } };
    bool may[GRAMMAR_TOKENS];
    for (uint32_t n = 1; n < MOST && grammar_expected(tokens, n, may); n++) {
        int kinds[GRAMMAR_TOKENS];
        uint32_t count = 0;
        for (int kind = 1; kind < GRAMMAR_TOKENS; kind++)
            if (may[kind] && kind != TK_SEMI) kinds[count++] = kind;
        if (count == 0 || (may[0] && pick(MOST) < n)) break;
        int kind = kinds[pick(count)];
        if (n > MOST / 2 && may[TK_RP]) kind = TK_RP;
        else if (n > MOST / 3 && may[TK_ID] && pick(3)) kind = TK_ID;
        tokens[n].kind = (uint16_t)kind;
        put_token(out, kind);
    }
}

static void random_words(StrBuf *out)
{
    uint32_t n;
    const char *const *words = keywords_all(&n);
    for (uint32_t i = pick(30); i > 0; i--) {
        strbuf_addz(out, pick(2) ? words[pick(n)] : pieces[pick(sizeof pieces / sizeof *pieces)]);
        strbuf_addc(out, ' ');
    }
}

static void random_bytes(StrBuf *out)
{
    for (uint32_t i = pick(60); i > 0; i--) strbuf_addc(out, pick(3) ? "'\"`;-/*${}:?ab \n()"[pick(17)] : (char)pick(256));
}

/* A stretch of the seed text with pieces cut out, doubled or put in. */
static void mutate(StrBuf *out, Str seed_text)
{
    uint32_t from = pick(seed_text.len), len = 20 + pick(300);
    int64_t line = str_find(seed_text, STR("\n"), from);
    Str text = str_sub(seed_text, line < 0 ? 0 : (uint32_t)line + 1, len);
    uint32_t at = 0;
    for (uint32_t edits = 1 + pick(4); edits > 0; edits--) {
        uint32_t next = at + pick(text.len - at + 1), skip = pick(12);
        strbuf_adds(out, str_sub(text, at, next - at));
        uint32_t what = pick(3);
        if (what == 0) strbuf_addz(out, pieces[pick(sizeof pieces / sizeof *pieces)]);
        if (what == 1) strbuf_adds(out, str_sub(text, next > skip ? next - skip : 0, skip));
        at = what == 2 && next + skip < text.len ? next + skip : next;
    }
    strbuf_adds(out, str_sub(text, at, text.len));
}

static void read_seeds(StrBuf *out)
{
    static const char *const files[] = { "select_clauses", "create_table", "alter_drop", "insert_statement_sets", "set_reset_show_describe_explain", "views_functions" };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[200], chunk[4096];
        snprintf(path, sizeof path, "tests/conformance/statements/%s.sql", files[i]);
        FILE *file = fopen(path, "rb");
        if (!file) continue;
        for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;) strbuf_add(out, chunk, (uint32_t)n);
        fclose(file);
    }
    if (out->len == 0) strbuf_addz(out, "SELECT a, COUNT(*) FROM t GROUP BY a;\nCREATE TABLE t (a INT) WITH ('connector'='datagen');\n");
}

/* Nesting far beyond what is allowed ends in an error, not on the stack. */
static void deep_nesting(void)
{
    static const char *const opens[] = { "(", "f(", "CASE WHEN a THEN ", "NOT ", "ARRAY[", "(SELECT * FROM (", "- ", "CAST(", "a + ", "SELECT 1 UNION ALL ", "ROW(a, " };
    for (size_t i = 0; i < sizeof opens / sizeof *opens; i++) {
        StrBuf text = { 0 };
        strbuf_addz(&text, opens[i][0] == 'S' ? "" : "SELECT ");
        for (uint32_t n = 0; n < 20000; n++) strbuf_addz(&text, opens[i]);
        check_text(strbuf_str(&text));
        strbuf_free(&text);
    }
}

int main(int argc, char **argv)
{
    int64_t seconds = argc > 1 ? atoi(argv[1]) : 3;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    random_seed(seed);
    StrBuf seeds = { 0 }, text = { 0 };
    read_seeds(&seeds);
    deep_nesting();
    int64_t end = clock_monotonic_us() + seconds * 1000000;
    uint32_t rounds = 0;
    while (clock_monotonic_us() < end) {
        strbuf_clear(&text);
        switch (rounds++ % 8) {
        case 0: walk_grammar(&text); break;
        case 1: case 2: random_words(&text); break;
        case 3: random_bytes(&text); break;
        default: mutate(&text, strbuf_str(&seeds));
        }
        check_text(strbuf_str(&text));
    }
    printf("%u texts, seed %llu\n", rounds, (unsigned long long)seed);
    strbuf_free(&seeds);
    strbuf_free(&text);
    return 0;
}
#endif
