/* Command-line flags; see args.h. */
#include "engine/shell/args.h"

#include <stdlib.h>

const char *const command_names[COMMAND_COUNT] = { "shell", "run", "check", "explain", "test", "checkpoints" };

typedef enum Flag { FLAG_FILE, FLAG_COMMAND, FLAG_INIT, FLAG_DEFINE, FLAG_FORMAT, FLAG_QUIET, FLAG_VERBOSE, FLAG_TIMING, FLAG_LOG_FORMAT, FLAG_COLOR, FLAG_PROGRESS,
    FLAG_STATE_DIR, FLAG_FRESH, FLAG_ALLOW_UNCLAIMED, FLAG_STATE,
    FLAG_EXPECT, FLAG_BATCH_ROWS, FLAG_RESTORE, FLAG_BLESS, FLAG_HELP, FLAG_VERSION } Flag;

static const struct { Flag flag; const char *shrt, *lng, *value, *doc; } flags[] = {
    { FLAG_FILE, "-f", "--file", "FILE", "run this file ('-' = standard input); may be repeated" },
    { FLAG_COMMAND, "-c", "--command", "SQL", "run this text; may be repeated" },
    { FLAG_INIT, "-i", "--init", "FILE", "run this file first: DDL, SET, USE" },
    { FLAG_DEFINE, "-D", "--define", "NAME=VALUE", "a ${NAME} variable of the files; a name with a dot is a SET key too" },
    { FLAG_FORMAT, NULL, "--format", "MODE", "how rows look: box, tableau, csv, tsv, json, jsonlines, markdown, line" },
    { FLAG_QUIET, "-q", "--quiet", NULL, "rows and errors only" },
    { FLAG_VERBOSE, "-v", "--verbose", NULL, "more log lines" },
    { FLAG_TIMING, NULL, "--timing", NULL, "show how long statements take" },
    { FLAG_LOG_FORMAT, NULL, "--log-format", "text|json", "form of log lines; default: json where stderr is no terminal" },
    { FLAG_COLOR, NULL, "--color", "auto|always|never", "colour in messages (NO_COLOR is honoured)" },
    { FLAG_PROGRESS, NULL, "--progress", "auto|always|never", "a line on stderr while jobs run" },
    { FLAG_STATE_DIR, NULL, "--state-dir", "DIR", "where jobs keep their checkpoints; default: $WEIR_STATE_DIR, else ~/.local/state/weir" },
    { FLAG_FRESH, NULL, "--fresh", NULL, "start jobs over: their checkpoints are dropped" },
    { FLAG_ALLOW_UNCLAIMED, NULL, "--allow-non-restored-state", NULL, "start although state of the checkpoint has no place in a changed query" },
    { FLAG_STATE, NULL, "--state", NULL, "check: say what of the newest checkpoints the files would carry over" },
    { FLAG_EXPECT, NULL, "--expect", "FILE", "test: what is expected to fail, with reasons" },
    { FLAG_BATCH_ROWS, NULL, "--batch-rows", "N", "test: rows in a batch at most" },
    { FLAG_RESTORE, NULL, "--restore-every-step", NULL, "test: snapshot and restore the job after every step" },
    { FLAG_BLESS, NULL, "--bless", NULL, "test: write the answers into the files instead of comparing" },
    { FLAG_HELP, "-h", "--help", NULL, "this text" },
    { FLAG_VERSION, "-V", "--version", NULL, "versions of weir and its libraries" },
};
enum { NFLAGS = sizeof flags / sizeof flags[0] };

static bool usage(Err *err, const char *hint, const char *fmt, const char *arg)
{
    Arena *arena = arena_new();
    err_set(err, E_USAGE, "%s", str_cstr(arena, str_printf(arena, "%s \"%s\"", fmt, arg)));
    arena_free(arena);
    return err_hint(err, "%s", hint);
}

static bool parse_choice(const char *value, const char *on, const char *off, Choice *out)
{
    *out = strcmp(value, on) == 0 ? CHOICE_ON : strcmp(value, off) == 0 ? CHOICE_OFF : CHOICE_AUTO;
    return *out != CHOICE_AUTO || strcmp(value, "auto") == 0;
}

static bool parse_define(Arena *arena, Args *args, const char *value, Err *err)
{
    const char *eq = strchr(value, '=');
    if (!eq || eq == value) {
        err_set(err, E_USAGE, "-D needs a name and a value");
        return err_hint(err, "Write -D NAME=VALUE.");
    }
    Define d = { { value, (uint32_t)(eq - value) }, str_of(eq + 1) };
    ARENA_PUSH(arena, args->defines, d);
    return true;
}

static void push_input(Arena *arena, Args *args, const char *text, bool is_file)
{
    Input input = { text, is_file };
    ARENA_PUSH(arena, args->inputs, input);
}

static bool apply_flag(Arena *arena, Args *args, Flag flag, const char *value, Err *err)
{
    int64_t number;
    int mode;
    switch (flag) {
    case FLAG_FILE: push_input(arena, args, value, true); return true;
    case FLAG_COMMAND: push_input(arena, args, value, false); return true;
    case FLAG_INIT: args->init_file = value; return true;
    case FLAG_DEFINE: return parse_define(arena, args, value, err);
    case FLAG_FORMAT:
        mode = output_mode_find(str_of(value));
        if (mode < 0) return usage(err, "Use box, tableau, csv, tsv, json, jsonlines, markdown or line.", "there is no output format", value);
        args->mode = (OutputMode)mode;
        args->mode_given = true;
        return true;
    case FLAG_QUIET: args->quiet = true; return true;
    case FLAG_VERBOSE: args->verbose = true; return true;
    case FLAG_TIMING: args->timing = true; return true;
    case FLAG_LOG_FORMAT: return parse_choice(value, "json", "text", &args->json_log) || usage(err, "Use text or json.", "there is no log format", value);
    case FLAG_COLOR: return parse_choice(value, "always", "never", &args->color) || usage(err, "Use auto, always or never.", "--color does not know", value);
    case FLAG_PROGRESS: return parse_choice(value, "always", "never", &args->progress) || usage(err, "Use auto, always or never.", "--progress does not know", value);
    case FLAG_STATE_DIR: args->state_dir = value; return true;
    case FLAG_FRESH: args->fresh = true; return true;
    case FLAG_ALLOW_UNCLAIMED: args->allow_unclaimed = true; return true;
    case FLAG_STATE: args->check_state = true; return true;
    case FLAG_EXPECT: args->expect_file = value; return true;
    case FLAG_BATCH_ROWS:
        if (!str_to_i64(str_of(value), &number) || number < 1 || number > 2048) return usage(err, "Give a number from 1 to 2048.", "--batch-rows does not take", value);
        args->batch_rows = (uint32_t)number;
        return true;
    case FLAG_RESTORE: args->restore_every_step = true; return true;
    case FLAG_BLESS: args->bless = true; return true;
    case FLAG_HELP: args->help = true; return true;
    case FLAG_VERSION: args->version = true; return true;
    }
    return true;
}

static bool unknown_flag(const char *word, Err *err)
{
    Str names[NFLAGS];
    for (int i = 0; i < NFLAGS; i++) names[i] = str_of(flags[i].lng);
    int near = str_nearest(str_of(word), names, NFLAGS);
    err_set(err, E_USAGE, "there is no flag \"%s\"", word);
    return near >= 0 ? err_hint(err, "Did you mean %s?", flags[near].lng) : err_hint(err, "weir --help lists them.");
}

/* argv[*i] begins with '-'. Forms: -f X, -fX, --file X, --file=X. */
static bool parse_flag(Arena *arena, Args *args, int argc, char **argv, int *i, Err *err)
{
    const char *word = argv[*i], *eq = strchr(word, '=');
    for (int f = 0; f < NFLAGS; f++) {
        size_t len = strlen(flags[f].lng);
        bool is_long = strncmp(word, flags[f].lng, len) == 0 && (word[len] == 0 || word[len] == '=');
        bool is_short = !is_long && flags[f].shrt && strncmp(word, flags[f].shrt, 2) == 0 && (word[2] == 0 || flags[f].value);
        if (!is_long && !is_short) continue;
        const char *value = is_long ? (eq ? eq + 1 : NULL) : word[2] ? word + 2 : NULL;
        if (flags[f].value && !value) {
            if (*i + 1 >= argc) return usage(err, "weir --help shows what it takes.", "a value is missing after", word);
            value = argv[++*i];
        }
        if (!flags[f].value && value) return usage(err, "weir --help lists the flags.", "this flag takes no value:", word);
        return apply_flag(arena, args, flags[f].flag, value, err);
    }
    return unknown_flag(word, err);
}

static int find_command(const char *word)
{
    for (int c = 0; c < COMMAND_COUNT; c++)
        if (strcmp(word, command_names[c]) == 0) return c;
    return -1;
}

/* The first bare word: a command, or a SQL file to run. */
static bool first_word(Arena *arena, Args *args, const char *word, Err *err)
{
    int command = find_command(word);
    if (command >= 0) {
        args->command = (Command)command;
        args->command_given = true;
        return true;
    }
    if (str_ends(str_of(word), ".sql")) {
        args->command = COMMAND_RUN;
        args->command_given = true;
        push_input(arena, args, word, true);
        return true;
    }
    Str names[COMMAND_COUNT];
    for (int c = 0; c < COMMAND_COUNT; c++) names[c] = str_of(command_names[c]);
    int near = str_nearest(str_of(word), names, COMMAND_COUNT);
    err_set(err, E_USAGE, "there is no command \"%s\"", word);
    return near >= 0 ? err_hint(err, "Did you mean weir %s?", command_names[near]) : err_hint(err, "weir --help shows the commands; SQL text goes after -c.");
}

bool args_parse(Arena *arena, int argc, char **argv, Args *args, Err *err)
{
    bool only_words = false;
    *args = (Args){ .command = COMMAND_SHELL };
    for (int i = 1; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) { only_words = true; continue; }
        if (!only_words && argv[i][0] == '-' && argv[i][1]) {
            if (!parse_flag(arena, args, argc, argv, &i, err)) return false;
        } else if (!args->command_given && strcmp(argv[i], "-") != 0) {
            if (!first_word(arena, args, argv[i], err)) return false;
        } else {
            push_input(arena, args, argv[i], true);
            args->command_given = true;
        }
    }
    if (args->help || args->version) return true;
    bool needs_input = args->command == COMMAND_RUN || args->command == COMMAND_CHECK || args->command == COMMAND_EXPLAIN || args->command == COMMAND_TEST;
    if (needs_input && args->inputs.n == 0) {
        err_set(err, E_USAGE, "weir %s needs a file", command_names[args->command]);
        return err_hint(err, "For example: weir %s %s", command_names[args->command], args->command == COMMAND_TEST ? "tests/" : "job.sql");
    }
    if (args->command == COMMAND_SHELL && args->inputs.n) args->command = COMMAND_RUN;
    return true;
}

void args_print_help(FILE *out)
{
    fputs("weir runs Flink SQL job files in one small process.\n\n"
          "Examples\n"
          "  weir                                    a prompt\n"
          "  weir run job.sql                        run a job file; ends when its jobs end\n"
          "  weir run producer.sql job.sql           several files, one process\n"
          "  weir -c \"SELECT UPPER('abc')\"           one statement\n"
          "  echo 'SHOW FUNCTIONS;' | weir run -     standard input\n"
          "  KAFKA=localhost:9092 weir run job.sql   ${KAFKA:-embedded} in the file takes the value\n"
          "  weir check job.sql                      parse, resolve and plan; connects to nothing\n"
          "  weir explain job.sql                    the plan of every query\n"
          "  weir test tests/                        run .case, .tsv and .sql test files\n"
          "  weir checkpoints [JOB]                  what jobs have kept on disk\n\n"
          "Usage: weir [FLAGS] [run|check|explain|test FILE..|checkpoints [JOB]]\n\nFlags\n", out);
    for (int f = 0; f < NFLAGS; f++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s%s%s%s", flags[f].shrt ? flags[f].shrt : "  ", flags[f].shrt ? ", " : "  ", flags[f].lng, flags[f].value ? " " : "",
                 flags[f].value ? flags[f].value : "");
        fprintf(out, "  %-32s %s\n", left, flags[f].doc);
    }
    fputs("\nExit codes: 0 done, 1 a job failed, 2 bad usage or unset variable, 3 SQL error.\n", out);
}
