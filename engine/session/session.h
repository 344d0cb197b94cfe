/* Session: statements in order, with their catalog, settings and running jobs. Used by shell, run, check, test and, later, a server.
 * Threading: one thread executes statements; session_cancel and the job_* functions may be called from others (signal handlers set flags only).
 * Memory: what a callback receives is valid during the call. */
#ifndef WEIR_SESSION_SESSION_H
#define WEIR_SESSION_SESSION_H
#include "engine/run/job.h"
#include "parser/analyze.h"

typedef struct Session Session;

/* What a statement tells its user; every entry may be NULL. Returning false from rows stops the query (as cancelling does). */
typedef struct SessionSink {
    void *ctx;
    void (*ok)(void *ctx, const char *message);                                     /* DDL, SET, USE: "Execute statement succeeded." */
    void (*table)(void *ctx, const TextTable *table);                               /* SHOW, DESCRIBE, EXPLAIN, SET without arguments */
    void (*rows_begin)(void *ctx, const Schema *schema, bool streaming);            /* top-level SELECT; streaming: an op column makes sense */
    bool (*rows)(void *ctx, const Batch *batch, const Schema *schema);              /* on the job's thread */
    void (*rows_end)(void *ctx, bool cancelled);
    void (*submitted)(void *ctx, Job *job);                                         /* INSERT, STATEMENT SET, CTAS: runs on in the background */
    void (*notice)(void *ctx, Str text);
    /* QUIT, CLEAR, HELP and what else is the client's business; true if handled. */
    bool (*client)(void *ctx, const Stmt *stmt);
} SessionSink;

typedef struct SessionOptions {
    JobConfig job;                               /* defaults for its jobs: inline_input, restore_every_step, max_batch_rows */
    bool check_only;                             /* parse, bind and plan; DDL takes effect; nothing runs */
    bool wait_inserts;                           /* each INSERT is waited for before the next statement (table.dml-sync) */
    bool check_state;                            /* with check_only: compares each job with its newest checkpoint in job.state_dir; E_SNAPSHOT when state would be dropped */
    bool raw_select;                             /* SELECTs deliver every change; no folding (default false: batch mode folds by itself anyway) */
} SessionOptions;

Session *session_new(const SessionOptions *options);
/* Cancels and joins what still runs. */
void session_free(Session *session);
AnalyzeEnv *session_env(Session *session);
/* -D name=value: a SET key if it has a dot (execution.runtime-mode=batch), and always a ${name} variable. */
bool session_define(Session *session, Str name, Str value, Err *err) MUST_CHECK;
/* ${VAR}: -D first, then the environment. Fits VarLookup with ctx = session. */
Str session_variable(void *session, Str name);
/* One statement already parsed (script_next). A SELECT runs in the foreground until it ends or session_cancel; others as SessionSink says.
 * false + err: it failed; spans refer to stmt->text. In a BEGIN STATEMENT SET block INSERTs are collected until END. */
bool session_execute(Session *session, const ScriptStmt *stmt, const SessionSink *sink, Err *err) MUST_CHECK;
/* While on (-i files), statements that would start a job are refused. */
void session_definitions_only(Session *session, bool on);
/* The end of a text: false + err when a BEGIN STATEMENT SET is still open (it is dropped: nothing of it ran). */
bool session_text_end(Session *session, Err *err) MUST_CHECK;
/* Cancels the foreground query, if any; async-signal-safe. */
void session_cancel(Session *session);
/* Jobs started by this session, in order, ended ones too. */
uint32_t session_jobs(const Session *session, Job **out, uint32_t max);
/* Waits until every background job has ended; stop (may be NULL) is looked at every 50 ms: when true, jobs are stopped cleanly (job_stop).
 * on_tick (may be NULL) is called about four times a second. false + err: the first job that failed. */
bool session_wait_jobs(Session *session, const volatile bool *stop, void (*on_tick)(void *ctx), void *ctx, Err *err) MUST_CHECK;
/* Source text of the statement that started a job, for errors with carets: file, whole text, offset; as given by session_set_source. */
void session_set_source(Session *session, Str file, Str text);
bool session_job_source(const Session *session, const Job *job, Str *file, Str *text, uint32_t *offset);
#endif
