/* SHOW CREATE, DESCRIBE and the other listings against what a real Flink printed: statements/show_create.sql and .out.
 * Blanks inside a table's line are squeezed: widths are the shell's business. */
#include "engine/base/io.h"
#include "engine/expr/agg.h"
#include "engine/expr/func.h"
#include "engine/session/session.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void add_squeezed(StrBuf *out, Str line)
{
    bool blank = false;
    for (uint32_t i = 0; i < line.len; i++) {
        if (line.ptr[i] == ' ' && blank) continue;
        blank = line.ptr[i] == ' ';
        strbuf_addc(out, line.ptr[i]);
    }
    strbuf_addc(out, '\n');
}

static void on_table(void *ctx, const TextTable *table)
{
    StrBuf *out = ctx;
    StrBuf line = { 0 };
    strbuf_addz(out, "+--+\n");
    for (uint32_t row = 0; row <= table->nrows; row++) {
        strbuf_clear(&line);
        for (uint32_t c = 0; c < table->ncols; c++) {
            Str cell = row ? table->cells[(row - 1) * table->ncols + c] : table->headers[c];
            strbuf_addf(&line, "| %.*s%s", STR_ARG(cell), cell.len ? " " : "");
        }
        strbuf_addz(&line, "|");
        if (table->raw && row) strbuf_addf(out, "%.*s\n", STR_ARG(strbuf_str(&line)));
        else add_squeezed(out, strbuf_str(&line));
        if (!row) strbuf_addz(out, "+--+\n");
    }
    strbuf_addf(out, "+--+\n%u row%s in set\n", table->nrows, table->nrows == 1 ? "" : "s");
    strbuf_free(&line);
}

/* The file with lines of tables squeezed and the affected-row counts of CTAS left out. */
static void read_expected(const char *path, StrBuf *out)
{
    StrBuf text = { 0 };
    Err err = { 0 };
    assert_true(io_read_file(path, &text, &err));
    Str all = strbuf_str(&text);
    for (uint32_t at = 0; at < all.len;) {
        uint32_t end = (uint32_t)str_find(all, STR("\n"), at);
        Str line = str_sub(all, at, end - at);
        at = end + 1;
        if (str_is(line, "-1")) continue;
        if (line.len && line.ptr[0] == '|') add_squeezed(out, line);
        else strbuf_addf(out, "%.*s\n", STR_ARG(line));
    }
    strbuf_free(&text);
}

/* First line where the texts differ, for the failure's message. */
static void assert_same_text(Str expected, Str got)
{
    uint32_t i = 0, line = 1, from = 0;
    while (i < expected.len && i < got.len && expected.ptr[i] == got.ptr[i]) {
        if (expected.ptr[i] == '\n') line++, from = i + 1;
        i++;
    }
    if (i == expected.len && i == got.len) return;
    print_message("line %u\nexpected: %.*s\ngot:      %.*s\n", line, (int)(str_find(expected, STR("\n"), from) - from), expected.ptr + from,
                  (int)((got.len > from ? str_find(got, STR("\n"), from) : from) - from), got.ptr + from);
    fail();
}

static void test_show_create(void **state)
{
    (void)state;
    StrBuf sql = { 0 }, expected = { 0 }, got = { 0 };
    Err err = { 0 };
    assert_true(io_read_file("tests/conformance/statements/show_create.sql", &sql, &err));
    read_expected("tests/conformance/statements/show_create.out", &expected);
    Session *session = session_new(&(SessionOptions){ .check_only = true });
    SessionSink sink = { .ctx = &got, .table = on_table };
    Script script = { .file = STR("show_create.sql"), .text = strbuf_str(&sql) };
    for (bool end = false; !end;) {
        Arena *arena = arena_new();
        ScriptStmt stmt = { 0 };
        bool ok = script_next(&script, arena, &stmt, &err);
        end = ok && !stmt.stmt;
        if (ok && !end) ok = session_execute(session, &stmt, &sink, &err);
        if (!ok) fail_msg("%.*s: %s", STR_ARG(stmt.text), err.message);
        if (!end) strbuf_addf(&got, "ok %.*s\n", STR_ARG(stmt.text));
        arena_free(arena);
    }
    assert_same_text(strbuf_str(&expected), strbuf_str(&got));
    session_free(session);
    strbuf_free(&sql);
    strbuf_free(&expected);
    strbuf_free(&got);
}

/* --- functions --- */

static void run_text(Session *session, Str text, const SessionSink *sink)
{
    Script script = { .text = text };
    Err err = { 0 };
    ScriptStmt stmt = { 0 };
    Arena *arena = arena_new();
    if (!script_next(&script, arena, &stmt, &err) || !session_execute(session, &stmt, sink, &err)) fail_msg("%.*s: %s", STR_ARG(text), err.message);
    arena_free(arena);
}

static void describe_one(Session *session, const char *name)
{
    StrBuf got = { 0 };
    const SessionSink sink = { .ctx = &got, .table = on_table };
    Arena *arena = arena_new();
    run_text(session, str_printf(arena, "DESCRIBE FUNCTION EXTENDED `%s`;", name), &sink);
    Str all = strbuf_str(&got);
    if (str_find(all, str_printf(arena, "| signature | %s(", name), 0) < 0) fail_msg("%s: no signature in\n%s", name, strbuf_cstr(&got));
    if (str_find(all, STR("| description | "), 0) < 0) fail_msg("%s: no description in\n%s", name, strbuf_cstr(&got));
    arena_free(arena);
    strbuf_free(&got);
}

/* Every function that SHOW FUNCTIONS lists can be described; each is listed once. */
static void test_describe_functions(void **state)
{
    (void)state;
    Session *session = session_new(&(SessionOptions){ 0 });
    StrBuf listed = { 0 };
    const SessionSink sink = { .ctx = &listed, .table = on_table };
    run_text(session, STR("SHOW FUNCTIONS;"), &sink);
    uint32_t n, naggs;
    const FuncDef *const *funcs = func_all(&n);
    const AggDef *const *aggs = agg_all(&naggs);
    for (uint32_t i = 0; i < n + naggs; i++) {
        if (i < n && funcs[i]->flags & (FN_OPERATOR | FN_INTERNAL)) continue;
        const char *name = i < n ? funcs[i]->name : agg_name(aggs[i - n]);
        Arena *arena = arena_new();
        Str line = str_printf(arena, "| %s |", name);
        int64_t at = str_find(strbuf_str(&listed), line, 0);
        if (at < 0 || str_find(strbuf_str(&listed), line, (uint32_t)at + 1) >= 0) fail_msg("%s is not listed once", name);
        describe_one(session, name);
        arena_free(arena);
    }
    strbuf_free(&listed);
    session_free(session);
}

static void test_describe_function(void **state)
{
    (void)state;
    Session *session = session_new(&(SessionOptions){ 0 });
    StrBuf got = { 0 };
    const SessionSink sink = { .ctx = &got, .table = on_table };
    run_text(session, STR("DESCRIBE FUNCTION EXTENDED split;"), &sink);
    assert_same_text(STR("+--+\n| info name | info value |\n+--+\n| is system function | true |\n| is temporary | false |\n| kind | SCALAR |\n| requirements | [] |\n"
                         "| is deterministic | true |\n| supports constant folding | true |\n| signature | SPLIT(str, str) |\n"
                         "| description | Parts of a text cut at a separator; '' cuts into characters. |\n| example | SPLIT('a,b,c', ',') = [a, b, c] |\n+--+\n9 rows in set\n"),
                     strbuf_str(&got));
    strbuf_clear(&got);
    run_text(session, STR("CREATE FUNCTION f AS 'com.example.F';"), &(SessionSink){ 0 });
    run_text(session, STR("DESCRIBE FUNCTION f;"), &sink);
    assert_same_text(STR("+--+\n| info name | info value |\n+--+\n| is system function | false |\n| is temporary | false |\n| class name | com.example.F |\n+--+\n3 rows in set\n"),
                     strbuf_str(&got));
    strbuf_free(&got);
    session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_show_create), cmocka_unit_test(test_describe_function), cmocka_unit_test(test_describe_functions) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
