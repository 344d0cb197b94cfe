/* What the shell and the headless runner share: the SessionSink that renders results, error printing, the progress line, signals.
 * Threading: rows arrive on a job's thread while the main thread waits in session_execute; nothing else overlaps. */
#ifndef WEIR_SHELL_CONSOLE_H
#define WEIR_SHELL_CONSOLE_H
#include "engine/session/session.h"
#include "engine/shell/args.h"

typedef struct Console {
    const Args *args;
    Session *session;
    SessionSink sink;                            /* ctx = this Console */
    OutputMode mode; bool timing, color, quiet, json_log, interactive;
    FILE *out;                                   /* stdout, or \o FILE */
    Render *render;
    int64_t started_us;
    Str file, text;                              /* source of the statement under way, for carets */
    bool quit;
    int output_errno;                            /* why rows could not be written; 0 = they could */
} Console;

enum { EXIT_DONE = 0, EXIT_JOB_FAILED = 1, EXIT_USAGE = 2, EXIT_SQL = 3 };

void console_init(Console *console, const Args *args, Session *session);
/* Prints an error with its caret, or as a JSON log line. offset: where the statement begins in the source text. */
void console_error(const Console *console, const Err *err, Str file, Str source, uint32_t offset);
int console_exit_code(const Err *err);
/* Runs one input (file, '-' or text) statement by statement; stops at the first error. Returns an exit code. */
int console_run_input(Console *console, const Input *input);
/* Runs a whole source text. */
int console_run_text(Console *console, Str file, Str text, bool keep_going);
/* Waits for background jobs with the progress line; a stop signal ends them cleanly. */
int console_wait_jobs(Console *console);
/* SIGINT and SIGTERM: first ends what runs cleanly, second ends the process (130, 143). In the shell only the running query ends. */
void console_signals(Console *console);
extern volatile bool console_stop_requested;
/* Progress line on stderr while jobs run; no-ops unless wanted. */
void progress_start(Console *console);
void progress_tick(void *console);
void progress_stop(void);
/* Interactive prompt until \q or end of input. */
int repl_run(Console *console);
/* A backslash command line ("\\dt", "\\x"); false if there is none of that name. */
bool repl_command(Console *console, Str line);
#endif
