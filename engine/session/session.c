/* Session: see session.h. A statement goes through statement_analyze; what comes back is text, an effect, a plan to run or
 * a word of the client. Jobs are kept in order of their start. BEGIN STATEMENT SET collects INSERT texts until END.
 * Memory: `arena` lives with the session (variables, sources, settings); `scratch` is reset at each statement. */
#include "engine/session/session.h"
#include "engine/base/clock.h"
#include "engine/base/hashtab.h"
#include "engine/base/log.h"
#include "engine/plan/config.h"
#include "engine/run/state_check.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { FOREGROUND_SLICE_MS = 20, STOP_SLICE_MS = 50, TICK_US = 250000, STOP_GRACE_US = 8000000 };

typedef struct SessionJob {
    Job *job;
    int64_t started_us;                          /* wall clock */
    Str file, text; uint32_t offset;             /* the statement's place */
    bool failure_told;
    Str base, state_name; bool released;         /* of its checkpoints; released: stopped by STOP JOB, the next job of that name goes on from it */
} SessionJob;

struct Session {
    SessionOptions options;
    Arena *arena, *scratch;
    AnalyzeEnv env;
    const SessionSink *sink;                     /* of the statement under way; never NULL then */
    StrMap vars;                                 /* -D: name -> Str in arena */
    struct { SessionJob *v; uint32_t n, cap; } jobs;
    bool definitions_only;
    StrMap job_names;                            /* base names of jobs kept on disk -> how many there were */
    bool in_set; struct { Str *v; uint32_t n, cap; } set;    /* texts of BEGIN STATEMENT SET .. END */
    Str file, text; uint32_t offset;             /* source of the statement under way */
    const Schema *select_schema;                 /* of the SELECT under way; the plan's */
    atomic_bool cancelled;
    _Atomic(Job *) opening;                      /* job whose connectors are being opened */
};

static void on_opening(void *ctx, Job *job)
{
    Session *session = ctx;
    atomic_store(&session->opening, job);
}

static void on_notice(void *ctx, Str text)
{
    Session *session = ctx;
    if (session->sink && session->sink->notice) session->sink->notice(session->sink->ctx, text);
}

Session *session_new(const SessionOptions *options)
{
    Session *session = xcalloc(1, sizeof *session);
    session->options = *options;
    session->options.job.opening = on_opening;
    session->options.job.opening_ctx = session;
    session->arena = arena_new();
    session->scratch = arena_new();
    session->env = (AnalyzeEnv){ .catalog = catalog_new(), .config_arena = session->arena, .notice = on_notice, .notice_ctx = session };
    atomic_init(&session->cancelled, false);
    atomic_init(&session->opening, NULL);
    return session;
}

void session_free(Session *session)
{
    if (!session) return;
    for (uint32_t i = 0; i < session->jobs.n; i++) job_free(session->jobs.v[i].job);
    strmap_free(&session->vars);
    strmap_free(&session->job_names);
    catalog_free(session->env.catalog);
    arena_free(session->scratch);
    arena_free(session->arena);
    free(session);
}

AnalyzeEnv *session_env(Session *session)
{
    return &session->env;
}

/* --- variables --- */

bool session_define(Session *session, Str name, Str value, Err *err)
{
    Str *kept = ARENA_NEW(session->arena, Str);
    *kept = str_dup(session->arena, value);
    strmap_set(&session->vars, name, kept);
    if (!memchr(name.ptr, '.', name.len)) return true;
    Str warning;
    if (!config_check(session->arena, name, value, &warning, err)) return false;
    options_set(session->arena, &session->env.config, name, value);
    return true;
}

Str session_variable(void *session, Str name)
{
    const Session *self = session;
    const Str *found = strmap_get(&self->vars, name);
    char key[256];
    if (found) return *found;
    if (name.len >= sizeof key) return STR_NULL;
    memcpy(key, name.ptr, name.len);
    key[name.len] = 0;
    return str_of(getenv(key));
}

void session_set_source(Session *session, Str file, Str text)
{
    session->file = str_dup(session->arena, file);
    session->text = str_dup(session->arena, text);
}

/* --- jobs --- */

void session_cancel(Session *session)
{
    atomic_store(&session->cancelled, true);
    Job *opening = atomic_load(&session->opening);
    if (opening) job_cancel(opening);
}

uint32_t session_jobs(const Session *session, Job **out, uint32_t max)
{
    for (uint32_t i = 0; i < session->jobs.n && i < max; i++) out[i] = session->jobs.v[i].job;
    return session->jobs.n;
}

bool session_job_source(const Session *session, const Job *job, Str *file, Str *text, uint32_t *offset)
{
    for (uint32_t i = 0; i < session->jobs.n; i++) {
        const SessionJob *kept = &session->jobs.v[i];
        if (kept->job != job) continue;
        *file = kept->file;
        *text = kept->text;
        *offset = kept->offset;
        return kept->text.len > 0;
    }
    return false;
}

static bool all_ended(const Session *session, int timeout_ms)
{
    for (uint32_t i = 0; i < session->jobs.n; i++)
        if (!job_wait(session->jobs.v[i].job, timeout_ms)) return false;
    return true;
}

/* Others go on, perhaps for ever: a job that has failed is told of at once. */
static void tell_failures(Session *session)
{
    for (uint32_t i = 0; i < session->jobs.n; i++) {
        SessionJob *job = &session->jobs.v[i];
        const Err *why = job->failure_told ? NULL : job_error(job->job);
        if (!why) continue;
        job->failure_told = true;
        log_error("job", STR_FMT " (%s) failed, the others go on: %s", STR_ARG(job_name(job->job)), job_id(job->job), why->message);
    }
}

bool session_wait_jobs(Session *session, const volatile bool *stop, void (*on_tick)(void *ctx), void *ctx, Err *err)
{
    int64_t next_tick_us = clock_monotonic_us() + TICK_US, give_up_us = INT64_MAX;
    bool stopped = false, given_up = false;
    while (!all_ended(session, STOP_SLICE_MS)) {
        tell_failures(session);
        for (uint32_t i = 0; stop && *stop && !stopped && i < session->jobs.n; i++)
            if (job_state(session->jobs.v[i].job) == JOB_RUNNING) job_stop(session->jobs.v[i].job);
        if (stop && *stop && !stopped) give_up_us = clock_monotonic_us() + STOP_GRACE_US;
        stopped = stop && *stop;
        /* A sink whose server is away cannot be flushed: after a while the job ends without, and that is a failure. */
        for (uint32_t i = 0; !given_up && clock_monotonic_us() >= give_up_us && i < session->jobs.n; i++)
            if (job_state(session->jobs.v[i].job) == JOB_RUNNING) job_cancel(session->jobs.v[i].job);
        given_up = clock_monotonic_us() >= give_up_us;
        if (!on_tick || clock_monotonic_us() < next_tick_us) continue;
        on_tick(ctx);
        next_tick_us = clock_monotonic_us() + TICK_US;
    }
    for (uint32_t i = 0; i < session->jobs.n; i++)
        if (job_state(session->jobs.v[i].job) == JOB_FAILED) {
            *err = *job_error(session->jobs.v[i].job);
            return false;
        }
    if (!given_up) return true;
    err_set(err, E_CANCELLED, "a job did not end within %d s: its sinks had not written everything", STOP_GRACE_US / 1000000);
    return err_hint(err, "A job with checkpoints on disk goes on from the last one when it is started again; of others, what was not written is lost.");
}

/* Waits for one job in the foreground; session_cancel ends it. clean: at first by a stop, which lets the sinks write what they hold. */
static bool wait_foreground(Session *session, Job *job, bool clean, bool *cancelled, Err *err)
{
    int64_t give_up_us = INT64_MAX;
    while (!job_wait(job, FOREGROUND_SLICE_MS)) {
        bool asked = atomic_exchange(&session->cancelled, false);
        if (asked && clean && give_up_us == INT64_MAX) {
            job_stop(job);
            give_up_us = clock_monotonic_us() + STOP_GRACE_US;
        } else if (asked || clock_monotonic_us() >= give_up_us) {
            job_cancel(job);
        }
    }
    *cancelled = job_state(job) == JOB_CANCELLED;
    if (job_state(job) != JOB_FAILED) return true;
    *err = *job_error(job);
    return false;
}

/* --- plans --- */

static bool collect_rows(void *ctx, const Batch *batch, const Schema *schema, Err *err)
{
    Session *session = ctx;
    (void)schema;                                /* the sink's: names are made unique there */
    (void)err;
    return !session->sink->rows || session->sink->rows(session->sink->ctx, batch, session->select_schema);
}

static bool run_select(Session *session, Plan *plan, Err *err)
{
    const SessionSink *sink = session->sink;
    const PlanNode *last = plan->sinks[0];
    session->select_schema = last->schema ? last->schema : last->inputs[0]->schema;
    JobConfig config = session->options.job;
    config.collect = collect_rows;
    config.collect_ctx = session;
    /* The op column tells changes apart: rows that only come in and end have none to tell. */
    const PlanNode *rows = last->inputs[0];
    bool streaming = !plan->batch && !(rows->bounded && rows->changes == CHANGES_INSERT);
    if (sink->rows_begin) sink->rows_begin(sink->ctx, session->select_schema, streaming);
    atomic_store(&session->cancelled, false);
    Job *job = job_start(plan, &config, err);
    bool cancelled = false, ok = job && wait_foreground(session, job, false, &cancelled, err);
    if (sink->rows_end) sink->rows_end(sink->ctx, cancelled);
    job_free(job);
    return ok;
}

/* The file's name without folder and ending; STR_NULL for text that came from elsewhere. */
static Str file_stem(Str file)
{
    uint32_t from = 0, to = file.len;
    if (!file.len || str_is(file, "-c") || file.ptr[0] == '<') return STR_NULL;
    for (uint32_t i = 0; i < file.len; i++)
        if (file.ptr[i] == '/') from = i + 1;
    for (uint32_t i = to; i-- > from + 1;)
        if (file.ptr[i] == '.') { to = i; break; }
    return str_sub(file, from, to - from);
}

static bool named_by_file(const Session *session)
{
    const Option *named = options_find(&session->env.config, STR("pipeline.name"));
    return !(named && named->value.len) && file_stem(session->file).len;
}

/* STR_NULL when the file has gone since it was read. */
static Str real_path(Arena *arena, Str file)
{
    char *path = realpath(str_cstr(arena, file), NULL);
    Str result = path ? str_dup(arena, str_of(path)) : STR_NULL;
    free(path);
    return result;
}

/* pipeline.name, else the file's name. STR_NULL: the job has no name, its checkpoints end with the process. */
static Str job_base_name(const Session *session)
{
    return named_by_file(session) ? file_stem(session->file) : options_text(&session->env.config, NULL, "pipeline.name");
}

/* Under which name a job's checkpoints are kept: the second job of a base name is "name-2", in order of the statements, so that the same file finds the
 * same ones again; one that STOP JOB ended hands its name on. */
static Str job_state_name(Session *session, Str base)
{
    if (!base.len) return STR_NULL;
    for (uint32_t i = 0; i < session->jobs.n; i++) {
        SessionJob *job = &session->jobs.v[i];
        if (!job->released || !str_eq(job->base, base)) continue;
        job->released = false;
        return job->state_name;
    }
    uintptr_t nth = (uintptr_t)strmap_get(&session->job_names, base) + 1;
    strmap_set(&session->job_names, base, (void *)nth);
    return nth == 1 ? str_dup(session->arena, base) : str_printf(session->arena, STR_FMT "-%u", STR_ARG(base), (unsigned)nth);
}

/* A start that failed has used no name, if it was the last one given out: the statement may be tried again. */
static void give_name_back(Session *session, Str base, Str name)
{
    uintptr_t nth = base.len ? (uintptr_t)strmap_get(&session->job_names, base) : 0;
    bool last = nth == 1 ? str_eq(name, base) : nth && str_eq(name, str_printf(session->scratch, STR_FMT "-%u", STR_ARG(base), (unsigned)nth));
    if (last) strmap_set(&session->job_names, base, (void *)(nth - 1));
}

static bool compare_state(Session *session, const Plan *plan, Err *err)
{
    Str name = job_state_name(session, job_base_name(session));
    StrBuf report = { 0 };
    bool lost = false;
    if (!name.len) return true;
    bool ok = state_check(plan, session->options.job.state_dir, name, &report, &lost, err);
    if (ok) on_notice(session, str_trim(strbuf_str(&report)));
    if (ok && lost) {
        ok = err_set(err, E_SNAPSHOT, "job \"" STR_FMT "\" would not start: state of its checkpoint has no place in this query", STR_ARG(name));
        err_hint(err, "--allow-non-restored-state starts it without that state, --fresh without any.");
    }
    strbuf_free(&report);
    return ok;
}

static bool submit(Session *session, Plan *plan, Err *err)
{
    JobConfig config = session->options.job;
    Str base = config.state_dir ? job_base_name(session) : STR_NULL;
    config.state_name = job_state_name(session, base);
    config.state_origin = named_by_file(session) ? real_path(session->arena, session->file) : STR_NULL;
    Job *job = job_start(plan, &config, err);
    if (!job) {
        give_name_back(session, base, config.state_name);
        return false;
    }
    SessionJob kept = { job, clock_now_us(), session->file, session->text, session->offset, false, str_dup(session->arena, base), config.state_name, false };
    ARENA_PUSH(session->arena, session->jobs, kept);
    if (session->sink->submitted) session->sink->submitted(session->sink->ctx, job);
    if (!session->options.wait_inserts && !config_bool(&session->env.config, "table.dml-sync")) return true;
    atomic_store(&session->cancelled, false);
    bool cancelled;
    if (!wait_foreground(session, job, true, &cancelled, err)) return false;
    if (!cancelled && session->sink->ok) session->sink->ok(session->sink->ctx, "Complete execution of the SQL update statement.");
    return true;
}

static bool run_plan(Session *session, AnalyzeResult *result, Err *err)
{
    if (session->options.check_only) {
        bool ok = job_check(result->plan_owned, err);
        if (ok) ok = !session->options.check_state || result->is_select || !session->options.job.state_dir || compare_state(session, result->plan_owned, err);
        plan_free(result->plan_owned);
        return ok;
    }
    return result->is_select ? run_select(session, result->plan_owned, err) : submit(session, result->plan_owned, err);
}

/* --- statements about jobs --- */

static const char *state_name(JobState state)
{
    switch (state) {
    case JOB_RUNNING: return "RUNNING";
    case JOB_FINISHED: return "FINISHED";
    case JOB_FAILED: return "FAILED";
    case JOB_CANCELLED: return "CANCELED";
    }
    return "UNKNOWN";
}

static SessionJob *find_job(Session *session, Str id)
{
    for (uint32_t i = 0; i < session->jobs.n; i++)
        if (str_iis(id, job_id(session->jobs.v[i].job))) return &session->jobs.v[i];
    return NULL;
}

static bool no_job(Str id, Span span, Err *err)
{
    err_at(err, E_NO_OBJECT, span, "job \"" STR_FMT "\" does not exist", STR_ARG(id));
    err->stage = STAGE_RUN;
    return err_hint(err, "SHOW JOBS lists the jobs of this session.");
}

static Str start_text(Arena *arena, int64_t us)
{
    Civil c = civil_of(instant_us(us));
    return str_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)c.year, (int)c.month, (int)c.day, (int)c.hour, (int)c.minute, (int)c.second, (int)(c.nano / 1000000));
}

static void jobs_table(Session *session, const SessionJob *only)
{
    static const char *const headers[] = { "job id", "job name", "status", "start time" };
    Arena *arena = session->scratch;
    TextTable table = { .ncols = 4, .headers = ARENA_ARRAY(arena, Str, 4), .cells = ARENA_ARRAY(arena, Str, 4 * session->jobs.n + 4) };
    for (int c = 0; c < 4; c++) table.headers[c] = str_of(headers[c]);
    for (uint32_t i = 0; i < session->jobs.n; i++) {
        const SessionJob *job = &session->jobs.v[i];
        if (only && job != only) continue;
        Str *row = table.cells + 4 * table.nrows++;
        row[0] = str_of(job_id(job->job));
        row[1] = job_name(job->job);
        row[2] = str_of(state_name(job_state(job->job)));
        row[3] = start_text(arena, job->started_us);
    }
    if (session->sink->table) session->sink->table(session->sink->ctx, &table);
}

static bool stop_job(Session *session, const Stmt *stmt, Err *err)
{
    if (session->options.check_only) return true;
    SessionJob *job = find_job(session, stmt->u.client.job);
    if (!job) return no_job(stmt->u.client.job, stmt->span, err);
    if (stmt->u.client.savepoint) {
        err_at(err, E_UNSUPPORTED, stmt->span, "STOP JOB .. WITH SAVEPOINT is not supported");
        return err_hint(err, "Leave WITH SAVEPOINT out: the job takes a last checkpoint, from which its next start goes on.");
    }
    job_stop(job->job);
    atomic_store(&session->cancelled, false);
    while (!job_wait(job->job, FOREGROUND_SLICE_MS) && !atomic_load(&session->cancelled)) {}
    job->released = job->base.len && job_state(job->job) == JOB_FINISHED;
    return true;
}

/* --- BEGIN STATEMENT SET; INSERT ..; END; --- */

static bool begin_set(Session *session, const Stmt *stmt, Err *err)
{
    if (session->in_set) return err_at(err, E_INVALID, stmt->span, "a statement set is open already: END; closes it");
    session->in_set = true;
    session->set.n = 0;
    return true;
}

/* Plans one INSERT to report its errors at its own place, and keeps its text for END. */
static bool add_to_set(Session *session, const ScriptStmt *stmt, Err *err)
{
    AnalyzeResult result;
    if (!statement_analyze(&session->env, session->scratch, stmt->stmt, stmt->text, &result, err)) return false;
    plan_free(result.plan_owned);
    ARENA_PUSH(session->arena, session->set, str_dup(session->arena, stmt->text));
    return true;
}

static bool end_set(Session *session, const Stmt *stmt, Err *err)
{
    uint32_t n = session->set.n;
    if (!session->in_set) return err_at(err, E_INVALID, stmt->span, "no statement set is open: BEGIN STATEMENT SET; opens one");
    session->in_set = false;
    if (!n) return err_at(err, E_INVALID, stmt->span, "the statement set is empty");
    const Stmt **inserts = ARENA_ARRAY(session->scratch, const Stmt *, n);
    for (uint32_t i = 0; i < n; i++) {
        inserts[i] = parse_statement(session->scratch, session->set.v[i], err);
        if (!inserts[i]) return false;
    }
    AnalyzeResult result;
    if (!inserts_analyze(&session->env, session->scratch, inserts, n, session->set.v[0], &result, err)) {
        err->span = stmt->span;                  /* the INSERTs' own places belong to other statements */
        return false;
    }
    return run_plan(session, &result, err);
}

/* --- one statement --- */

static void say_ok(Session *session)
{
    if (session->sink->ok) session->sink->ok(session->sink->ctx, "Execute statement succeeded.");
}

static bool client_statement(Session *session, const Stmt *stmt, Err *err)
{
    static Str jars_header = { "jars", 4 };
    switch (stmt->kind) {
    case STMT_BEGIN_SET:
        if (!begin_set(session, stmt, err)) return false;
        break;
    case STMT_END:
        return end_set(session, stmt, err);
    case STMT_ADD_JAR: case STMT_REMOVE_JAR:
        on_notice(session, STR("weir loads no JARs: its connectors, formats and functions are built in"));
        break;
    case STMT_STOP_JOB:
        if (!stop_job(session, stmt, err)) return false;
        break;
    case STMT_SHOW:
        if (stmt->u.show.kind == SHOW_JOBS) jobs_table(session, NULL);
        else if (session->sink->table) session->sink->table(session->sink->ctx, &(TextTable){ .headers = &jars_header, .ncols = 1 });
        return true;
    case STMT_DESCRIBE: {
        SessionJob *job = find_job(session, stmt->u.describe.text);
        if (job) jobs_table(session, job);
        return job || session->options.check_only || no_job(stmt->u.describe.text, stmt->span, err);
    }
    default:                                     /* QUIT, CLEAR, HELP */
        if (session->sink->client) (void)session->sink->client(session->sink->ctx, stmt);
        return true;
    }
    say_ok(session);
    return true;
}

void session_definitions_only(Session *session, bool on)
{
    session->definitions_only = on;
}

bool session_text_end(Session *session, Err *err)
{
    if (!session->in_set) return true;
    session->in_set = false;
    err_set(err, E_INVALID, "the statement set is never closed: none of its %u statements ran", session->set.n);
    return err_hint(err, "END; closes what BEGIN STATEMENT SET opened.");
}

static bool starts_job(const Stmt *stmt)
{
    switch (stmt->kind) {
    case STMT_QUERY: case STMT_INSERT: case STMT_STATEMENT_SET: case STMT_BEGIN_SET: case STMT_END: return true;
    case STMT_CREATE_TABLE: return stmt->u.create_table->as != NULL;
    default: return false;
    }
}

static bool execute(Session *session, const ScriptStmt *stmt, Err *err)
{
    StmtKind kind = stmt->stmt->kind;
    if (session->definitions_only && starts_job(stmt->stmt)) {
        err_at(err, E_INVALID, stmt->stmt->span, "%s may not stand in an init file", stmt_kind_name(kind));
        return err_hint(err, "An init file (-i) holds definitions, SET and USE; put this into the job file.");
    }
    const SessionSink *sink = session->sink;
    if (session->in_set && kind == STMT_INSERT) return add_to_set(session, stmt, err);
    if (session->in_set && kind != STMT_END && kind != STMT_QUIT) {
        err_at(err, E_INVALID, stmt->stmt->span, "only INSERT may stand in a statement set");
        return err_hint(err, "END; closes the set.");
    }
    AnalyzeResult result = { 0 };
    if (!statement_analyze(&session->env, session->scratch, stmt->stmt, stmt->text, &result, err)) return false;
    switch (result.kind) {
    case RESULT_TABLE:
        if (sink->table) sink->table(sink->ctx, &result.table);
        return true;
    case RESULT_PLAN: case RESULT_CHANGED:
        return run_plan(session, &result, err);
    case RESULT_CLIENT:
        return client_statement(session, stmt->stmt, err);
    case RESULT_OK:
        break;
    }
    say_ok(session);
    return true;
}

bool session_execute(Session *session, const ScriptStmt *stmt, const SessionSink *sink, Err *err)
{
    session->sink = sink;
    session->offset = stmt->offset;
    bool ok = execute(session, stmt, err);
    session->sink = NULL;
    arena_reset(session->scratch);
    return ok;
}
