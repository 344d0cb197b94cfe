/* The command line: one table of flags, from which parsing, --help and "did you mean" come. */
#ifndef WEIR_SHELL_ARGS_H
#define WEIR_SHELL_ARGS_H
#include "engine/base/err.h"
#include "engine/shell/render.h"

typedef enum Command { COMMAND_SHELL, COMMAND_RUN, COMMAND_CHECK, COMMAND_EXPLAIN, COMMAND_TEST, COMMAND_CHECKPOINTS, COMMAND_COUNT } Command;
extern const char *const command_names[COMMAND_COUNT];
typedef enum Choice { CHOICE_AUTO, CHOICE_ON, CHOICE_OFF } Choice;

/* A piece of SQL to run, in command-line order: -f FILE, -c SQL, a bare FILE argument. */
typedef struct Input { const char *text; bool is_file; } Input;
typedef struct Define { Str name, value; } Define;

typedef struct Args {
    Command command; bool command_given;
    struct { Input *v; uint32_t n, cap; } inputs;
    struct { Define *v; uint32_t n, cap; } defines;
    const char *init_file;
    OutputMode mode; bool mode_given, expanded, quiet, verbose, help, version, timing;
    Choice json_log, color, progress;
    const char *expect_file; uint32_t batch_rows; bool restore_every_step, bless;   /* test */
    const char *state_dir; bool fresh, allow_unclaimed, check_state;
} Args;
/* false + err E_USAGE with a hint. Texts are borrowed from argv; lists live in arena. */
bool args_parse(Arena *arena, int argc, char **argv, Args *out, Err *err) MUST_CHECK;
void args_print_help(FILE *out);
#endif
