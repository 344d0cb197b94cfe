/* Every statement put to a real Flink: weir's parser refuses what Flink refuses while parsing and takes the rest.
 * Statements come from tests/conformance/statements/X.sql, verdicts from X.tsv; the SQL of query/ cases and the lines of expr/ likewise.
 * What is taken is printed, parsed again and must give an equal tree. Deliberate differences: `accepted` below and docs/differences.md. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/unit.h"

#include "parser/parse.h"

static uint32_t checked, failed;

/* Flink refuses these while parsing, weir takes them. */
static const char *const accepted[] = {
    "SET 'a.b'=c",                               /* quoted key, bare value */
};

static bool is_accepted(Str text)
{
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++)
        if (str_find(text, str_of(accepted[i]), 0) >= 0) return true;
    return false;
}

static Str read_text(Arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) return STR_NULL;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *bytes = arena_alloc(arena, (size_t)size + 1);
    size_t got = fread(bytes, 1, (size_t)size, file);
    fclose(file);
    bytes[got] = 0;
    return (Str){ bytes, (uint32_t)got };
}

static bool next_line(Str *rest, Str *line)
{
    if (rest->len == 0) return false;
    int64_t end = str_find(*rest, STR("\n"), 0);
    uint32_t len = end < 0 ? rest->len : (uint32_t)end;
    *line = str_sub(*rest, 0, len);
    *rest = str_sub(*rest, len + (end >= 0), rest->len);
    return true;
}

static void complain(const char *file, uint32_t line, Str text, const char *what, Str more)
{
    if (failed++ < 60) printf("%s:%u: %s: " STR_FMT "\n    " STR_FMT "\n", file, line, what, STR_ARG(more), STR_ARG(text));
}

/* print(parse(x)) parses back to an equal tree. */
static void round_trip(Arena *arena, const char *file, uint32_t line, const Stmt *stmt)
{
    StrBuf buf = { 0 };
    Err err = { 0 };
    stmt_print(stmt, &buf);
    Str text = str_dup(arena, strbuf_str(&buf));
    strbuf_free(&buf);
    Stmt *again = parse_statement(arena, text, &err);
    if (!again) complain(file, line, text, "printed text does not parse", str_of(err.message));
    else if (!stmt_equal(stmt, again)) {
        stmt_print(again, &buf);
        complain(file, line, text, "printed text is another tree", strbuf_str(&buf));
    }
    strbuf_free(&buf);
}

/* verdict: "ok ..", "parse: ..", "validate: ..", "run: ..". */
static void judge(Arena *arena, const char *file, uint32_t line, Str text, Str verdict, const Stmt *stmt, const Err *err)
{
    bool refused_here = !stmt && err->stage != STAGE_VALIDATE;
    bool flink_refuses = str_starts(verdict, "parse");
    checked++;
    if (refused_here && !flink_refuses) complain(file, line, text, "refused", str_of(err->message));
    if (!stmt && !refused_here && !str_starts(verdict, "validate")) complain(file, line, text, "refused by validation", str_of(err->message));
    if (!refused_here && flink_refuses && !is_accepted(text)) complain(file, line, text, "taken", verdict);
    if (stmt && !flink_refuses) round_trip(arena, file, line, stmt);
}

static void check_statements(Arena *arena, const char *sql_path)
{
    char tsv_path[512];
    snprintf(tsv_path, sizeof tsv_path, "%.*stsv", (int)strlen(sql_path) - 3, sql_path);
    Str verdicts = read_text(arena, tsv_path), line;
    if (!verdicts.ptr) return;
    Script script = { .text = read_text(arena, sql_path) };
    for (uint32_t n = 1; next_line(&verdicts, &line); n++) {
        ScriptStmt stmt;
        Err err = { 0 };
        bool good = script_next(&script, arena, &stmt, &err);
        int64_t tab = str_find(line, STR("\t"), 0), second = str_find(line, STR("\t"), (uint32_t)tab + 1);
        Str verdict = str_sub(line, (uint32_t)tab + 1, (uint32_t)(second - tab - 1));
        if (good && !stmt.stmt) { complain(sql_path, n, line, "no statement left for", verdict); return; }
        judge(arena, sql_path, n, stmt.text, verdict, stmt.stmt, &err);
    }
}

/* The last statement of a case carries its error; those before it are sound. */
static void check_case(Arena *arena, const char *path)
{
    Str text = read_text(arena, path);
    int64_t begin = str_find(text, STR("== sql\n"), 0), end = begin < 0 ? -1 : str_find(text, STR("\n== "), (uint32_t)begin + 3);
    int64_t error = str_find(text, STR("\n== error\n"), 0);
    if (begin < 0 || end < 0) return;
    Str verdict = error < 0 ? STR("ok") : str_sub(text, (uint32_t)error + 10, text.len);
    Script script = { .text = str_sub(text, (uint32_t)begin + 7, (uint32_t)(end - begin - 6)) };
    bool refused = false;
    uint32_t n = 0;
    for (;;) {
        ScriptStmt stmt;
        Err err = { 0 };
        bool good = script_next(&script, arena, &stmt, &err);
        if (good && !stmt.stmt) break;
        checked++;
        n++;
        if (good) round_trip(arena, path, n, stmt.stmt);
        else if (err.stage != STAGE_PARSE) refused |= str_starts(verdict, "validate");
        else if (str_starts(verdict, "parse")) refused = true;
        else complain(path, n, stmt.text, "refused", str_of(err.message));
    }
    if (!refused && str_starts(verdict, "parse") && !is_accepted(script.text)) complain(path, n, script.text, "taken", verdict);
}

static void check_expressions(Arena *arena, const char *path)
{
    Str rest = read_text(arena, path), line;
    for (uint32_t n = 1; next_line(&rest, &line); n++) {
        int64_t tab = str_find(line, STR("\t"), 0);
        bool setup = str_starts(line, "% ");
        if (line.len == 0 || line.ptr[0] == '#' || (!setup && tab < 0)) continue;
        Str text = setup ? str_sub(line, 2, line.len) : str_sub(line, 0, (uint32_t)tab);
        Str verdict = setup ? STR("ok") : str_sub(line, (uint32_t)tab + 1, line.len);
        verdict = verdict.ptr[0] == '!' ? str_sub(verdict, 1, verdict.len) : STR("ok");
        Err err = { 0 };
        bool whole = setup || str_starts(text, "SELECT") || str_starts(text, "WITH") || str_starts(text, "VALUES");
        Stmt *stmt = parse_statement(arena, whole ? text : str_printf(arena, "SELECT " STR_FMT, STR_ARG(text)), &err);
        judge(arena, path, n, text, verdict, stmt, &err);
    }
}

static void walk(const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir) return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        Str name = str_of(entry->d_name);
        Arena *arena = arena_new();
        if (name.ptr[0] == '.') (void)name;
        else if (str_ends(name, ".sql")) check_statements(arena, path);
        else if (str_ends(name, ".case")) check_case(arena, path);
        else if (str_ends(name, ".tsv") && str_ends(str_of(folder), "expr")) check_expressions(arena, path);
        else if (!str_find(name, STR("."), 0) || str_find(name, STR("."), 0) < 0) walk(path);
        arena_free(arena);
    }
    closedir(dir);
}

static void everything_flink_was_asked(void **state)
{
    (void)state;
    const char *root = getenv("WEIR_CONFORMANCE");
    walk(root ? root : "tests/conformance");
    printf("%u statements and expressions, %u wrong\n", checked, failed);
    assert_true(checked > 2000);
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(everything_flink_was_asked) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
