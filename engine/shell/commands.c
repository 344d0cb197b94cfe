/* Backslash commands: one table row each. Most are short for Flink's own statements. */
#include "engine/shell/console.h"

#include <errno.h>

typedef void Handler(Console *console, Str arg);
typedef struct Row { const char *name, *alias, *arg, *doc; Handler *run; } Row;
static const Row rows[16];

static void run_sql(Console *c, Str sql)
{
    console_run_text(c, STR_NULL, sql, true);
}

/* A name typed by hand may hold several parts and quotes already; plain ones with odd characters get them. */
static void with_name(Console *c, const char *fmt, Str name)
{
    Arena *arena = arena_new();
    char *text = str_cstr(arena, name);
    Str sql = str_printf(arena, "%s%s;", fmt, text);
    run_sql(c, sql);
    arena_free(arena);
}

static void do_describe(Console *c, Str arg)
{
    if (arg.len) with_name(c, "DESCRIBE ", arg);
    else run_sql(c, STR("SHOW TABLES;"));
}
static void do_tables(Console *c, Str arg) { (void)arg; run_sql(c, STR("SHOW TABLES;")); }
static void do_views(Console *c, Str arg) { (void)arg; run_sql(c, STR("SHOW VIEWS;")); }
static void do_functions(Console *c, Str arg) { (void)arg; run_sql(c, STR("SHOW FUNCTIONS;")); }
static void do_databases(Console *c, Str arg) { (void)arg; run_sql(c, STR("SHOW DATABASES;")); }
static void do_jobs(Console *c, Str arg) { (void)arg; run_sql(c, STR("SHOW JOBS;")); }
static void do_settings(Console *c, Str arg) { (void)arg; run_sql(c, STR("SET;")); }
static void do_create(Console *c, Str arg) { with_name(c, "SHOW CREATE TABLE ", arg); }
static void do_quit(Console *c, Str arg) { (void)arg; c->quit = true; }

static void do_timing(Console *c, Str arg)
{
    (void)arg;
    c->timing = !c->timing;
    fprintf(stderr, "Timing is %s.\n", c->timing ? "on" : "off");
}

static void do_expanded(Console *c, Str arg)
{
    (void)arg;
    c->mode = c->mode == OUTPUT_LINE ? (c->args->mode_given ? c->args->mode : OUTPUT_BOX) : OUTPUT_LINE;
    fprintf(stderr, "Expanded display is %s.\n", c->mode == OUTPUT_LINE ? "on" : "off");
}

static void do_format(Console *c, Str arg)
{
    int mode = output_mode_find(arg);
    if (arg.len == 0) fprintf(stderr, "Output format is %s.\n", output_mode_names[c->mode]);
    else if (mode < 0) fprintf(stderr, "there is no output format \"" STR_FMT "\": box, tableau, csv, tsv, json, jsonlines, markdown, line\n", STR_ARG(arg));
    else c->mode = (OutputMode)mode;
}

static void do_include(Console *c, Str arg)
{
    Arena *arena = arena_new();
    Input input = { str_cstr(arena, arg), true };
    if (arg.len) console_run_input(c, &input);
    else fputs("\\i needs a file\n", stderr);
    arena_free(arena);
}

static void do_output(Console *c, Str arg)
{
    if (c->out != stdout) fclose(c->out);
    c->out = stdout;
    if (arg.len == 0) return;
    Arena *arena = arena_new();
    FILE *file = fopen(str_cstr(arena, arg), "w");
    if (file) c->out = file;
    else fprintf(stderr, "cannot write " STR_FMT ": %s\n", STR_ARG(arg), strerror(errno));
    arena_free(arena);
}

static void do_help(Console *c, Str arg)
{
    (void)c;
    (void)arg;
    fputs("Statements end with ';'. Flink's: SHOW TABLES, DESCRIBE t, SHOW CREATE TABLE t, EXPLAIN .., SET 'key' = 'value', SHOW JOBS, STOP JOB 'id'.\n", stderr);
    for (const Row *r = rows; r->name; r++) fprintf(stderr, "  %-4s %-10s %s\n", r->name, r->arg, r->doc);
}

static const Row rows[16] = {
    { "\\?", "\\help", "", "this list", do_help },
    { "\\q", "\\quit", "", "leave", do_quit },
    { "\\d", NULL, "[TABLE]", "columns of a table; tables without one", do_describe },
    { "\\dt", NULL, "", "tables", do_tables },
    { "\\dv", NULL, "", "views", do_views },
    { "\\df", NULL, "", "functions", do_functions },
    { "\\l", NULL, "", "databases", do_databases },
    { "\\sc", NULL, "TABLE", "its CREATE TABLE", do_create },
    { "\\i", NULL, "FILE", "run a file", do_include },
    { "\\o", NULL, "[FILE]", "send rows to a file; back to the screen without one", do_output },
    { "\\x", NULL, "", "one column a line, on or off", do_expanded },
    { "\\f", "\\format", "[MODE]", "output format", do_format },
    { "\\timing", NULL, "", "show how long statements take, on or off", do_timing },
    { "\\set", NULL, "", "settings", do_settings },
    { "\\jobs", NULL, "", "jobs", do_jobs },
    { NULL, NULL, NULL, NULL, NULL },
};

bool repl_command(Console *c, Str line)
{
    uint32_t len = 0;
    while (len < line.len && line.ptr[len] != ' ' && line.ptr[len] != '\t') len++;
    Str word = str_sub(line, 0, len), arg = str_trim(str_sub(line, len, line.len));
    while (arg.len && arg.ptr[arg.len - 1] == ';') arg.len--;
    while (word.len > 2 && word.ptr[word.len - 1] == ';') word.len--;
    for (const Row *r = rows; r->name; r++) {
        if (!str_is(word, r->name) && !(r->alias && str_is(word, r->alias))) continue;
        r->run(c, arg);
        return true;
    }
    return false;
}
