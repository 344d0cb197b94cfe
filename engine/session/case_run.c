/* The three kinds of test files: .case, .tsv expression tables, .sql with verdicts. Each runs in a fresh session, zone UTC,
 * a watermark after every row. Formats: docs/testing.md. */
#include "engine/session/case_run.h"

#include <ctype.h>

/* A few options go in as SETs do; their values are constants of this file. */
static void define(Session *session, Str name, Str value)
{
    Err err = { 0 };
    bool ok = session_define(session, name, value, &err);
    (void)ok;
}

Session *case_session(const TestOptions *options, Str input, bool batch, bool check_only)
{
    SessionOptions session_options = { .check_only = check_only, .wait_inserts = true, .raw_select = true };
    session_options.job.inline_input = input;
    session_options.job.max_batch_rows = options->batch_rows;
    session_options.job.restore_every_step = options->restore_every_step;
    Session *session = session_new(&session_options);
    define(session, STR("table.local-time-zone"), STR("UTC"));
    define(session, STR("pipeline.auto-watermark-interval"), STR("0"));
    define(session, STR("table.exec.sink.require-on-conflict"), STR("true"));    /* Flink's default: a test tells what a cluster would */
    if (batch) define(session, STR("execution.runtime-mode"), STR("batch"));
    return session;
}

/* Runs every statement of `sql`; false + err at the first that fails. */
static bool run_sql(Session *session, Str sql, const SessionSink *sink, Err *err)
{
    Script script = { .file = STR("-"), .text = sql, .vars = session_variable, .vars_ctx = session };
    for (;;) {
        Arena *arena = arena_new();
        ScriptStmt stmt = { 0 };
        bool ok = script_next(&script, arena, &stmt, err), end = ok && !stmt.stmt;
        if (ok && !end) ok = session_execute(session, &stmt, sink, err);
        arena_free(arena);
        if (!ok || end) return ok;
    }
}

/* --- .case --- */

enum { SECTION_HEAD, SECTION_SQL, SECTION_INPUT, SECTION_SCHEMA, SECTION_CHANGELOG, SECTION_FINAL, SECTION_ERROR, SECTION_COUNT };
static const char *const section_names[SECTION_COUNT] = { "", "sql", "input", "schema", "changelog", "final", "error" };
typedef struct Sections { Str body[SECTION_COUNT]; bool has[SECTION_COUNT]; } Sections;

static bool read_sections(Str text, Sections *out, Err *err)
{
    *out = (Sections){ 0 };
    int section = SECTION_HEAD;
    uint32_t from = 0;
    out->has[SECTION_HEAD] = true;
    for (uint32_t at = 0; at <= text.len;) {
        int64_t end = str_find(text, STR("\n"), at);
        uint32_t stop = end < 0 ? text.len : (uint32_t)end;
        Str line = str_sub(text, at, stop - at);
        if (at >= text.len || str_starts(line, "== ")) {
            out->body[section] = str_sub(text, from, at - from);
            if (at >= text.len) return out->has[SECTION_SQL] || err_set(err, E_INVALID, "the case has no \"== sql\" section");
            Str word = str_trim(str_sub(line, 3, line.len));
            int64_t blank = str_find(word, STR(" "), 0);
            if (blank > 0) word = str_sub(word, 0, (uint32_t)blank);
            for (section = SECTION_COUNT - 1; section > 0 && !str_is(word, section_names[section]); section--) {}
            if (!section) return err_set(err, E_INVALID, "section \"== " STR_FMT "\" is not known", STR_ARG(word));
            out->has[section] = true;
            from = stop + 1;
        }
        at = stop + 1;
    }
    out->body[section] = str_sub(text, from, text.len);
    return out->has[SECTION_SQL] || err_set(err, E_INVALID, "the case has no \"== sql\" section");
}

static bool insert_only(Str changelog)
{
    for (uint32_t at = 0; at < changelog.len;) {
        int64_t end = str_find(changelog, STR("\n"), at);
        if (!str_starts(str_sub(changelog, at, 2), "+I")) return false;
        if (end < 0) break;
        at = (uint32_t)end + 1;
    }
    return true;
}

static void compare_section(const char *name, Str expected, Str actual, StrBuf *why)
{
    if (str_eq(str_trim(expected), str_trim(actual))) return;
    strbuf_addf(why, "  == %s\n", name);
    diff_lines(str_trim(expected), str_trim(actual), why);
}

static void compare_answer(Arena *arena, const Sections *want, const CaseRows *rows, StrBuf *why)
{
    Str changelog = strbuf_str(&rows->lines), expected = want->body[SECTION_CHANGELOG], final = want->body[SECTION_FINAL];
    if (rows->unordered) {
        changelog = sort_braces(arena, changelog);
        expected = sort_braces(arena, expected);
        final = sort_braces(arena, final);
    }
    if (want->has[SECTION_SCHEMA]) compare_section("schema", want->body[SECTION_SCHEMA], strbuf_str(&rows->schema), why);
    if (want->has[SECTION_FINAL]) compare_section("final", sort_lines(arena, final), changelog_final(arena, changelog), why);
    if (want->has[SECTION_CHANGELOG] && insert_only(expected)) compare_section("changelog (insert-only, any order)", sort_lines(arena, expected), sort_lines(arena, changelog), why);
}

static void print_section(const char *name, Str body, StrBuf *out)
{
    strbuf_addf(out, "== %s\n", name);
    strbuf_adds(out, body);
    if (body.len && body.ptr[body.len - 1] != '\n') strbuf_addc(out, '\n');
}

static void rewrite_case(Arena *arena, const Sections *want, const CaseRows *rows, const Err *err, StrBuf *out)
{
    strbuf_adds(out, want->body[SECTION_HEAD]);
    print_section("sql", want->body[SECTION_SQL], out);
    print_section("input", want->body[SECTION_INPUT], out);
    if (err->set) {
        print_section("error", error_answer(arena, err), out);
        return;
    }
    print_section("schema", strbuf_str(&rows->schema), out);
    print_section("changelog", strbuf_str(&rows->lines), out);
    print_section("final", changelog_final(arena, strbuf_str(&rows->lines)), out);
}

bool case_run(Str text, const TestOptions *options, CaseReport *report, StrBuf *rewritten, Err *err)
{
    Sections want;
    if (!read_sections(text, &want, err)) return false;
    Arena *arena = arena_new();
    Str answer = str_trim(want.body[SECTION_ERROR]);
    bool plan_only = want.has[SECTION_ERROR] && !options->bless && !str_starts(answer, "run");
    Session *session = case_session(options, want.body[SECTION_INPUT], false, plan_only);
    CaseRows rows;
    rows_init(&rows, session);
    SessionSink sink = rows_sink(&rows);
    Err failed = { 0 };
    bool ok = run_sql(session, want.body[SECTION_SQL], &sink, &failed);
    StrBuf why = { 0 };
    if (options->bless) {
        rewrite_case(arena, &want, &rows, &failed, rewritten);
    } else if (want.has[SECTION_ERROR]) {
        if (ok) strbuf_addf(&why, "  expected  %.*s\n  but it %s\n", STR_ARG(answer), plan_only ? "was planned" : "ran");
        else if (!same_stage(answer, &failed)) strbuf_addf(&why, "  expected  %.*s\n  got       %.*s\n", STR_ARG(answer), STR_ARG(error_answer(arena, &failed)));
    } else if (!ok) {
        strbuf_addf(&why, "  got       %.*s\n", STR_ARG(error_answer(arena, &failed)));
    } else {
        compare_answer(arena, &want, &rows, &why);
    }
    record_put(report, why.len == 0, 0, STR(""), strbuf_str(&why));
    strbuf_free(&why);
    rows_free(&rows);
    session_free(session);
    arena_free(arena);
    return true;
}

/* --- .tsv --- */

/* Cells and rows on one line; without a top-level ORDER BY the rows are sorted. */
static Str one_line(Arena *arena, const CaseRows *rows)
{
    StrBuf out = { 0 };
    Str lines = strbuf_str(&rows->lines);
    for (uint32_t at = 0; at < lines.len;) {
        uint32_t end = (uint32_t)str_find(lines, STR("\n"), at);
        if (at) strbuf_addz(&out, " ; ");
        strbuf_adds(&out, str_sub(lines, at + 3, end - at - 3));
        at = end + 1;
    }
    Str text = str_dup(arena, strbuf_str(&out));
    strbuf_free(&out);
    return text;
}

static Str sorted_rows(Arena *arena, Str value)
{
    StrBuf lines = { 0 };
    for (uint32_t at = 0; at <= value.len;) {
        int64_t end = str_find(value, STR(" ; "), at);
        uint32_t stop = end < 0 ? value.len : (uint32_t)end;
        strbuf_adds(&lines, str_sub(value, at, stop - at));
        strbuf_addc(&lines, '\n');
        at = stop + 3;
    }
    Str sorted = sort_lines(arena, strbuf_str(&lines));
    strbuf_free(&lines);
    return sorted;
}

static bool starts_word(Str text, const char *word)
{
    uint32_t n = (uint32_t)strlen(word);
    return str_iis(str_sub(text, 0, n), word) && (text.len == n || !(isalnum((unsigned char)text.ptr[n]) || text.ptr[n] == '_'));
}

static bool is_query(Str text)
{
    text = str_trim(text);
    return starts_word(text, "SELECT") || starts_word(text, "WITH") || starts_word(text, "VALUES");
}

static bool has_order(Str sql)
{
    Arena *arena = arena_new();
    Err ignored = { 0 };
    AstQuery *query = parse_query(arena, sql, &ignored);
    bool ordered = query && query->order.n > 0;
    arena_free(arena);
    return ordered;
}

typedef struct TableRun { Session *session; CaseReport *report; StrBuf *rewritten; bool bless; } TableRun;

static bool same_value(Arena *arena, Str sql, const CaseRows *rows, Str expected, Str actual)
{
    if (rows->unordered) {
        expected = sort_braces(arena, expected);
        actual = sort_braces(arena, actual);
    }
    if (str_eq(expected, actual)) return true;
    if (rows->nrows < 2 || has_order(sql)) return false;
    return str_eq(sorted_rows(arena, expected), sorted_rows(arena, actual));
}

/* One line `expr TAB type TAB value` or `expr TAB !stage: text`. */
static void table_line(TableRun *run, Str line, uint32_t number)
{
    Arena *arena = arena_new();
    int64_t tab = str_find(line, STR("\t"), 0);
    Str expr = tab < 0 ? line : str_sub(line, 0, (uint32_t)tab), answer = tab < 0 ? STR("") : str_sub(line, (uint32_t)tab + 1, line.len);
    Str sql = is_query(expr) ? expr : str_printf(arena, "SELECT " STR_FMT, STR_ARG(expr));
    CaseRows rows;
    rows_init(&rows, run->session);
    SessionSink sink = rows_sink(&rows);
    Err failed = { 0 };
    StrBuf why = { 0 };
    Str got;
    if (run_sql(run->session, sql, &sink, &failed)) got = str_printf(arena, STR_FMT "\t" STR_FMT, STR_ARG(rows.first_type), STR_ARG(one_line(arena, &rows)));
    else got = str_printf(arena, "!" STR_FMT, STR_ARG(error_answer(arena, &failed)));
    bool same;
    if (failed.set || str_starts(answer, "!")) {
        /* Flink raises CodeGenException while planning: a refusal at planning is the same answer. */
        same = failed.set && str_starts(answer, "!") && (same_stage(answer, &failed) || (str_starts(answer, "!run: CodeGenException") && failed.stage == STAGE_VALIDATE));
    } else {
        int64_t cut = str_find(answer, STR("\t"), 0);
        Str type = cut < 0 ? answer : str_sub(answer, 0, (uint32_t)cut), value = cut < 0 ? STR("") : str_sub(answer, (uint32_t)cut + 1, answer.len);
        same = str_eq(type, rows.first_type) && same_value(arena, sql, &rows, value, one_line(arena, &rows));
    }
    if (run->bless) strbuf_addf(run->rewritten, STR_FMT "\t" STR_FMT "\n", STR_ARG(expr), STR_ARG(got));
    if (!same) strbuf_addf(&why, "  " STR_FMT "\n  expected  " STR_FMT "\n  got       " STR_FMT "\n", STR_ARG(expr), STR_ARG(answer), STR_ARG(got));
    record_put(run->report, same || run->bless, number, expr, strbuf_str(&why));
    strbuf_free(&why);
    rows_free(&rows);
    arena_free(arena);
}

static bool table_statement(TableRun *run, Str line, uint32_t number)
{
    SessionSink sink = { 0 };
    Err failed = { 0 };
    Str sql = str_trim(str_sub(line, 1, line.len));
    if (run_sql(run->session, sql, &sink, &failed)) return true;
    Arena *arena = arena_new();
    record_put(run->report, false, number, line, str_printf(arena, "  " STR_FMT "\n  got       " STR_FMT "\n", STR_ARG(line), STR_ARG(error_answer(arena, &failed))));
    arena_free(arena);
    return false;
}

bool table_run(Str text, const TestOptions *options, CaseReport *report, StrBuf *rewritten, Err *err)
{
    (void)err;
    TableRun run = { case_session(options, STR(""), true, false), report, rewritten, options->bless };
    uint32_t number = 0;
    for (uint32_t at = 0; at < text.len;) {
        int64_t end = str_find(text, STR("\n"), at);
        uint32_t stop = end < 0 ? text.len : (uint32_t)end;
        Str line = str_sub(text, at, stop - at);
        at = stop + 1;
        number++;
        bool test = str_trim(line).len && line.ptr[0] != '#' && line.ptr[0] != '%';
        if (options->bless && !test) strbuf_addf(rewritten, STR_FMT "\n", STR_ARG(line));
        if (line.len && line.ptr[0] == '%') (void)table_statement(&run, line, number);
        else if (test) table_line(&run, line, number);
    }
    session_free(run.session);
    return true;
}

/* --- .sql with verdicts --- */

/* Text up to and with the next line that ends with ';' (blanks behind it do not count). */
static Str next_piece(Str sql, uint32_t *at, uint32_t *line)
{
    uint32_t from = *at;
    while (*at < sql.len) {
        int64_t end = str_find(sql, STR("\n"), *at);
        uint32_t stop = end < 0 ? sql.len : (uint32_t)end;
        Str text = str_trim(str_sub(sql, *at, stop - *at));
        *at = stop + 1;
        (*line)++;
        if (text.len && text.ptr[text.len - 1] == ';') break;
    }
    return str_trim(str_sub(sql, from, *at - from));
}

/* "ok", or "stage: message". A piece that is more than one statement is a syntax error, as it is to Flink. */
static Str verdict_of(Session *session, Arena *arena, Str piece)
{
    SessionSink sink = { 0 };
    Err failed = { 0 };
    ScriptStmt stmt = { 0 };
    Script script = { .file = STR("-"), .text = piece };
    bool ok = script_next(&script, arena, &stmt, &failed);
    if (ok && stmt.stmt) ok = session_execute(session, &stmt, &sink, &failed);
    return ok ? STR("ok") : error_answer(arena, &failed);
}

static Str verdict_word(Str verdict)
{
    uint32_t n = 0;
    while (n < verdict.len && verdict.ptr[n] != ' ' && verdict.ptr[n] != ':') n++;
    return str_sub(verdict, 0, n);
}

bool statements_run(Str sql, Str verdicts, const TestOptions *options, CaseReport *report, StrBuf *rewritten, Err *err)
{
    (void)err;
    Session *session = case_session(options, STR(""), false, true);
    Arena *arena = arena_new();
    uint32_t at = 0, line = 0, vat = 0, number = 0;
    while (str_trim(str_sub(sql, at, sql.len)).len) {
        uint32_t first = line + 1;
        Str piece = next_piece(sql, &at, &line), got = verdict_of(session, arena, piece);
        int64_t end = str_find(verdicts, STR("\n"), vat);
        Str row = str_sub(verdicts, vat, (end < 0 ? verdicts.len : (uint32_t)end) - vat);
        vat = end < 0 ? verdicts.len : (uint32_t)end + 1;
        int64_t tab = str_find(row, STR("\t"), 0);
        Str want = tab < 0 ? STR("") : str_sub(row, (uint32_t)tab + 1, row.len);
        int64_t tab2 = str_find(want, STR("\t"), 0);
        if (tab2 >= 0) want = str_sub(want, 0, (uint32_t)tab2);
        bool same = str_eq(verdict_word(want), verdict_word(got));
        if (options->bless) strbuf_addf(rewritten, "%u\t" STR_FMT "\t" STR_FMT "\n", ++number, STR_ARG(got), STR_ARG(piece));
        Str why = same ? STR("") : str_printf(arena, "  " STR_FMT "\n  expected  " STR_FMT "\n  got       " STR_FMT "\n", STR_ARG(piece), STR_ARG(want), STR_ARG(got));
        record_put(report, same || options->bless, first, piece, why);
    }
    arena_free(arena);
    session_free(session);
    return true;
}
