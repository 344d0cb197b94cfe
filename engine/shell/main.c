/* weir's entry: arguments to commands, exit codes (0 done, 1 a job failed, 2 usage, 3 SQL error). */
#include "engine/base/log.h"
#include "engine/session/casefile.h"
#include "engine/shell/checkpoints.h"
#include "engine/shell/console.h"

#include <librdkafka/rdkafka.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <unistd.h>

#ifndef WEIR_VERSION
#define WEIR_VERSION "0.1.0"
#endif

static void print_version(void)
{
    printf("weir %s\nlibrdkafka %s, libpq %d, SQLite %s\n", WEIR_VERSION, rd_kafka_version_str(), PQlibVersion(), sqlite3_libversion());
}

static int run_tests(const Args *args)
{
    TestOptions options = { args->expect_file, args->batch_rows, args->restore_every_step, args->bless, stdout };
    TestTotals totals = { 0 };
    log_set(LOG_ERROR, false);
    for (uint32_t i = 0; i < args->inputs.n; i++) {
        Err err = { 0 };
        if (test_run_path(args->inputs.v[i].text, &options, &totals, &err)) continue;
        fprintf(stderr, "weir: %s\n", err.message);
        return EXIT_USAGE;
    }
    printf("%u passed, %u failed\n", totals.passed, totals.failed);
    return totals.failed ? EXIT_JOB_FAILED : EXIT_DONE;
}

/* One file or text, with what it left open. */
static int run_input(Console *console, const Input *input)
{
    Err err = { 0 };
    int code = console_run_input(console, input);
    if (session_text_end(console->session, &err) || code != EXIT_DONE) return code;
    console_error(console, &err, STR_NULL, STR_NULL, 0);
    return console_exit_code(&err);
}

static int run_inputs(Console *console, const Args *args)
{
    int code = EXIT_DONE;
    if (args->init_file) {
        Input init = { args->init_file, true };
        session_definitions_only(console->session, true);
        code = run_input(console, &init);
        session_definitions_only(console->session, false);
    }
    for (uint32_t i = 0; i < args->inputs.n && !console->quit && !console_stop_requested; i++) {
        if (code != EXIT_DONE && args->command != COMMAND_CHECK) break;
        int one = run_input(console, &args->inputs.v[i]);
        if (code == EXIT_DONE) code = one;
    }
    if (code != EXIT_DONE || args->command != COMMAND_RUN) return code;
    return console_wait_jobs(console);
}

static int run_session(const Args *args)
{
    Arena *arena = arena_new();
    SessionOptions options = { .check_only = args->command == COMMAND_CHECK || args->command == COMMAND_EXPLAIN, .check_state = args->check_state,
                               .job = { .state_dir = state_root(arena, args), .fresh = args->fresh, .allow_unclaimed = args->allow_unclaimed } };
    Session *session = session_new(&options);
    Console console;
    Err err = { 0 };
    int code = EXIT_USAGE;
    console_init(&console, args, session);
    bool defined = true;
    for (uint32_t i = 0; i < args->defines.n && defined; i++) defined = session_define(session, args->defines.v[i].name, args->defines.v[i].value, &err);
    if (!defined) {
        console_error(&console, &err, STR_NULL, STR_NULL, 0);
    } else if (args->command == COMMAND_SHELL && isatty(STDIN_FILENO)) {
        code = repl_run(&console);
    } else {
        Input piped = { "-", true };
        Args with_stdin = *args;
        if (args->command == COMMAND_SHELL) {    /* no terminal: statements from standard input */
            with_stdin.command = COMMAND_RUN;
            with_stdin.inputs.v = &piped;
            with_stdin.inputs.n = 1;
            console.args = &with_stdin;
        }
        console_signals(&console);
        code = run_inputs(&console, console.args);
    }
    session_free(session);
    arena_free(arena);
    return code;
}

int main(int argc, char **argv)
{
    Arena *arena = arena_new();
    Args args;
    Err err = { 0 };
    int code = EXIT_DONE;
    if (!args_parse(arena, argc, argv, &args, &err)) {
        fprintf(stderr, "weir: %s\n", err.message);
        if (err.hint[0]) fprintf(stderr, "%s\n", err.hint);
        code = EXIT_USAGE;
    } else if (args.help) {
        args_print_help(stdout);
    } else if (args.version) {
        print_version();
    } else {
        code = args.command == COMMAND_TEST ? run_tests(&args) : args.command == COMMAND_CHECKPOINTS ? checkpoints_run(&args) : run_session(&args);
    }
    arena_free(arena);
    return code;
}
