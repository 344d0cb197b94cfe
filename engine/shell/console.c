/* Results, errors and signals of a console; see console.h. stdout carries rows only, everything else goes to stderr. */
#include "engine/shell/console.h"
#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "engine/base/log.h"
#include "engine/plan/config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

volatile bool console_stop_requested;
static Session *signal_session;
static volatile sig_atomic_t signals_seen;
static volatile int64_t first_signal_us;
static bool signals_interactive;

/* ---- results ---- */

static void on_ok(void *ctx, const char *message)
{
    Console *c = ctx;
    if (c->interactive && !c->quiet) fprintf(stderr, "%s\n", message);
}

static RenderOptions render_options(Console *c, bool streaming)
{
    AnalyzeEnv *env = session_env(c->session);
    OutputMode mode = c->mode;
    Str wanted = config_text(&env->config, "sql-client.execution.result-mode");
    if (!c->args->mode_given && wanted.len && output_mode_find(wanted) >= 0 && options_find(&env->config, STR("sql-client.execution.result-mode"))) mode = (OutputMode)output_mode_find(wanted);
    int64_t width = config_i64(&env->config, "table.display.max-column-width");
    const Zone *zone = zone_find(config_text(&env->config, "table.local-time-zone"));
    return (RenderOptions){ .mode = mode, .streaming = streaming, .quiet = c->quiet, .max_column_width = width > 0 && width < 10000 ? (uint32_t)width : 30,
                            .zone = zone ? zone : zone_utc(), .out = c->out, .footer = stderr };
}

static void on_table(void *ctx, const TextTable *table)
{
    Console *c = ctx;
    if (table->raw && c->mode <= OUTPUT_TABLEAU) {
        for (uint32_t i = 0; i < table->ncols * table->nrows; i++) fprintf(c->out, STR_FMT "\n", STR_ARG(table->cells[i]));
        fflush(c->out);
        return;
    }
    RenderOptions options = render_options(c, false);
    Render *render = render_new(&options, table->headers, NULL, table->ncols);
    for (uint32_t r = 0; r < table->nrows; r++) render_text_row(render, table->cells + (size_t)r * table->ncols);
    render_end(render, false, -1);
}

static void on_rows_begin(void *ctx, const Schema *schema, bool streaming)
{
    Console *c = ctx;
    RenderOptions options = render_options(c, streaming);
    Str *names = xcalloc(schema->n + 1, sizeof *names);
    const Type **types = xcalloc(schema->n + 1, sizeof *types);
    for (uint32_t i = 0; i < schema->n; i++) {
        names[i] = schema->cols[i].name;
        types[i] = schema->cols[i].type;
    }
    c->render = render_new(&options, names, types, schema->n);
    c->started_us = clock_monotonic_us();
    free(names);
    free(types);
}

/* Rows that cannot be written end the query: quietly where the reader of a pipe has gone, with an error otherwise. */
static void note_output(Console *c, int number)
{
    if (ferror(c->out) && !c->output_errno) c->output_errno = number ? number : EIO;
}

static bool on_rows(void *ctx, const Batch *batch, const Schema *schema)
{
    Console *c = ctx;
    (void)schema;
    errno = 0;
    render_batch(c->render, batch);
    note_output(c, errno);
    return !ferror(c->out);
}

static void on_rows_end(void *ctx, bool cancelled)
{
    Console *c = ctx;
    errno = 0;
    render_end(c->render, cancelled, c->timing ? (double)(clock_monotonic_us() - c->started_us) / 1e6 : -1);
    c->render = NULL;
    note_output(c, errno);
}

static void on_submitted(void *ctx, Job *job)
{
    Console *c = ctx;
    if (c->interactive && !c->quiet) fprintf(stderr, "Job %s started: " STR_FMT "\n", job_id(job), STR_ARG(job_name(job)));
    else log_info("job", "started " STR_FMT " (%s)", STR_ARG(job_name(job)), job_id(job));
}

static void on_notice(void *ctx, Str text)
{
    Console *c = ctx;
    if (!c->quiet) log_notice("sql", STR_FMT, STR_ARG(text));
}

static bool on_client(void *ctx, const Stmt *stmt)
{
    Console *c = ctx;
    switch (stmt->kind) {
    case STMT_QUIT: c->quit = true; return true;
    case STMT_CLEAR: if (c->interactive) fputs("\033[H\033[2J", stderr); return true;
    case STMT_HELP: repl_command(c, STR("\\?")); return true;
    default: return false;
    }
}

void console_init(Console *c, const Args *args, Session *session)
{
    bool err_tty = isatty(STDERR_FILENO), plain = getenv("NO_COLOR") || (getenv("TERM") && strcmp(getenv("TERM"), "dumb") == 0);
    *c = (Console){ .args = args, .session = session, .mode = args->mode_given ? args->mode : isatty(STDOUT_FILENO) ? OUTPUT_BOX : OUTPUT_TABLEAU, .timing = args->timing,
                    .color = args->color == CHOICE_ON || (args->color == CHOICE_AUTO && err_tty && !plain), .quiet = args->quiet, .out = stdout };
    c->json_log = args->json_log == CHOICE_ON || (args->json_log == CHOICE_AUTO && args->command == COMMAND_RUN && args->command_given && !err_tty && getenv("WEIR_LOG_TEXT") == NULL);
    c->sink = (SessionSink){ .ctx = c, .ok = on_ok, .table = on_table, .rows_begin = on_rows_begin, .rows = on_rows, .rows_end = on_rows_end, .submitted = on_submitted,
                             .notice = on_notice, .client = on_client };
    log_set(args->quiet ? LOG_ERROR : args->verbose ? LOG_DEBUG : args->command == COMMAND_RUN && c->json_log ? LOG_INFO : LOG_NOTICE, c->json_log);
}

/* ---- errors ---- */

void console_error(const Console *c, const Err *err, Str file, Str source, uint32_t offset)
{
    StrBuf text = { 0 };
    err_render(err, file, source, offset, c->color && !c->json_log, &text);
    while (text.len && text.ptr[text.len - 1] == '\n') text.len--;
    if (c->json_log) log_error("sql", "%s", strbuf_cstr(&text));
    else fprintf(stderr, "%s\n", strbuf_cstr(&text));
    strbuf_free(&text);
}

int console_exit_code(const Err *err)
{
    if (err->code == E_VARIABLE || err->code == E_USAGE) return EXIT_USAGE;
    return err->stage == STAGE_PARSE || err->stage == STAGE_VALIDATE ? EXIT_SQL : EXIT_JOB_FAILED;
}

/* ---- running text ---- */

/* `weir explain`: the statement behind EXPLAIN. */
static bool explainable(const Stmt *stmt)
{
    return stmt->kind == STMT_QUERY || stmt->kind == STMT_INSERT || stmt->kind == STMT_STATEMENT_SET;
}

static bool execute(Console *c, ScriptStmt *one, Err *err)
{
    Stmt explain = { .kind = STMT_EXPLAIN };
    ScriptStmt wrapped = *one;
    if (c->args->command == COMMAND_EXPLAIN && explainable(one->stmt)) {
        explain.span = one->stmt->span;
        explain.u.explain.target = one->stmt;
        wrapped.stmt = &explain;
    }
    return session_execute(c->session, &wrapped, &c->sink, err);
}

int console_run_text(Console *c, Str file, Str text, bool keep_going)
{
    Script script = { .file = file, .text = text, .vars = session_variable, .vars_ctx = c->session,
                      .keep_unset = c->args->command == COMMAND_CHECK || c->args->command == COMMAND_EXPLAIN };
    Arena *arena = arena_new();
    int code = EXIT_DONE;
    session_set_source(c->session, file, text);
    while (!c->quit && !console_stop_requested) {
        Err err = { 0 };
        ScriptStmt one = { 0 };
        arena_reset(arena);
        bool ok = script_next(&script, arena, &one, &err);
        if (ok && !one.stmt) break;
        int64_t started = clock_monotonic_us();
        if (ok) ok = execute(c, &one, &err);
        if (c->timing && c->interactive) fprintf(stderr, "Time: %.3f s\n", (double)(clock_monotonic_us() - started) / 1e6);
        if (ok && c->output_errno && c->output_errno != EPIPE) ok = err_set(&err, E_IO, "rows cannot be written: %s", strerror(c->output_errno));
        if (ok) continue;
        err_mask_secrets(&err, one.text);
        if (err.span.len) err.span = script_span(&one, err.span);      /* the text after ${VAR} substitution to the source */
        console_error(c, &err, file, text, one.offset);
        if (code == EXIT_DONE) code = console_exit_code(&err);
        if (!keep_going) break;
    }
    arena_free(arena);
    return code;
}

static bool read_stdin(StrBuf *out)
{
    char block[8192];
    size_t n;
    while ((n = fread(block, 1, sizeof block, stdin)) > 0) strbuf_add(out, block, (uint32_t)n);
    return !ferror(stdin);
}

int console_run_input(Console *c, const Input *input)
{
    bool keep_going = c->args->command == COMMAND_CHECK;
    if (!input->is_file) return console_run_text(c, STR("-c"), str_of(input->text), keep_going);
    StrBuf text = { 0 };
    Err err = { 0 };
    int code;
    bool is_stdin = strcmp(input->text, "-") == 0;
    if (is_stdin ? !read_stdin(&text) : !io_read_file(input->text, &text, &err)) {
        if (!err.set) err_set(&err, E_USAGE, "cannot read standard input");
        console_error(c, &err, STR_NULL, STR_NULL, 0);
        code = EXIT_USAGE;
    } else {
        code = console_run_text(c, is_stdin ? STR("<stdin>") : str_of(input->text), strbuf_str(&text), keep_going);
    }
    strbuf_free(&text);
    return code;
}

int console_wait_jobs(Console *c)
{
    Err err = { 0 };
    progress_start(c);
    bool ok = session_wait_jobs(c->session, &console_stop_requested, progress_tick, c, &err);
    progress_stop();
    if (ok) return EXIT_DONE;
    Str file = STR_NULL, text = STR_NULL;
    uint32_t offset = 0;
    Job *jobs[64];
    uint32_t n = session_jobs(c->session, jobs, 64);
    for (uint32_t i = 0; i < n; i++)
        if (job_state(jobs[i]) == JOB_FAILED && session_job_source(c->session, jobs[i], &file, &text, &offset)) break;
    console_error(c, &err, file, text, offset);
    return EXIT_JOB_FAILED;
}

/* ---- signals ---- */

/* timeout(1), a terminal and some supervisors signal the process and its group: two signals at once are one request. */
static void on_signal(int number)
{
    enum { SAME_REQUEST_US = 300000 };
    int64_t now = clock_monotonic_us();
    if (signals_seen == 0) first_signal_us = now;
    else if (!signals_interactive && now - first_signal_us <= SAME_REQUEST_US) return;
    signals_seen = signals_seen + 1;
    if (signal_session) session_cancel(signal_session);
    if (signals_interactive && number == SIGINT) return;
    if (signals_seen > 1) _exit(128 + number);
    console_stop_requested = true;
}

void console_signals(Console *c)
{
    signal_session = c->session;
    signals_interactive = c->interactive;
    struct sigaction action = { .sa_handler = on_signal };
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}
