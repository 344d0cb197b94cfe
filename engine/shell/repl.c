/* The prompt, on libedit: a statement may span lines (Enter accepts it once it is whole), history, completion (complete.c), backslash commands
 * (commands.c). Ctrl-C at the prompt clears the input, while a query runs it cancels the query. Main thread only. */
#include "engine/base/io.h"
#include "engine/shell/complete.h"
#include "engine/shell/console.h"

#include <histedit.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HISTORY_LINES = 10000 };

typedef struct Repl { Console *console; EditLine *el; History *history; char path[1024]; bool continued; } Repl;

static char *prompt(EditLine *el)
{
    static char first[] = "weir> ", next[] = "  ... ";
    Repl *repl;
    el_get(el, EL_CLIENTDATA, &repl);
    return repl->continued ? next : first;
}

/* $XDG_STATE_HOME/weir/history, private to the user. */
static bool history_path(Repl *repl)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char dir[900];
    Err err = { 0 };
    if (state && *state) snprintf(dir, sizeof dir, "%s/weir", state);
    else if (home && *home) snprintf(dir, sizeof dir, "%s/.local/state/weir", home);
    else return false;
    if (!io_make_dirs(dir, &err)) return false;
    snprintf(repl->path, sizeof repl->path, "%s/history", dir);
    return true;
}

/* Statements that carry secrets are not remembered. */
static bool memorable(Str text)
{
    Arena *arena = arena_new();
    bool same = str_eq(redact(arena, text), text);
    arena_free(arena);
    return same;
}

static unsigned char on_tab(EditLine *el, int ch)
{
    Repl *repl;
    (void)ch;
    el_get(el, EL_CLIENTDATA, &repl);
    const LineInfo *info = el_line(el);
    Str before = { info->buffer, (uint32_t)(info->cursor - info->buffer) };
    Arena *arena = arena_new();
    Completion found = complete_at(arena, repl->console->session, before);
    unsigned char result = CC_ERROR;
    if (found.insert.len) {
        result = el_insertstr(el, str_cstr(arena, found.insert)) == 0 ? CC_REFRESH : CC_ERROR;
    } else if (found.n > 1) {
        fputc('\n', stderr);
        for (uint32_t i = 0; i < found.n && i < 60; i++) fprintf(stderr, STR_FMT "%s", STR_ARG(found.words[i]), i % 6 == 5 ? "\n" : "  ");
        fprintf(stderr, found.n > 60 ? "... (%u)\n" : "\n", found.n);
        result = CC_REDISPLAY;
    }
    arena_free(arena);
    return result;
}

static void open_editor(Repl *repl)
{
    HistEvent event;
    repl->history = history_init();
    history(repl->history, &event, H_SETSIZE, HISTORY_LINES);
    history(repl->history, &event, H_SETUNIQUE, 1);
    if (history_path(repl)) history(repl->history, &event, H_LOAD, repl->path);
    repl->el = el_init("weir", stdin, stderr, stderr);
    el_set(repl->el, EL_CLIENTDATA, repl);
    el_set(repl->el, EL_PROMPT, prompt);
    el_set(repl->el, EL_EDITOR, "emacs");
    el_set(repl->el, EL_SIGNAL, 0);
    el_set(repl->el, EL_HIST, history, repl->history);
    el_set(repl->el, EL_ADDFN, "weir-complete", "complete a name", on_tab);
    el_set(repl->el, EL_BIND, "^I", "weir-complete", NULL);
    el_set(repl->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(repl->el, NULL);
}

static void close_editor(Repl *repl)
{
    HistEvent event;
    if (repl->path[0]) {
        history(repl->history, &event, H_SAVE, repl->path);
        chmod(repl->path, 0600);
    }
    history_end(repl->history);
    el_end(repl->el);
}

static void remember(Repl *repl, Str statement)
{
    HistEvent event;
    Str text = str_trim(statement);
    if (text.len == 0 || !memorable(text)) return;
    Arena *arena = arena_new();
    char *line = str_cstr(arena, text);
    for (char *p = line; *p; p++)                /* one line of history a statement */
        if (*p == '\n') *p = ' ';
    history(repl->history, &event, H_ENTER, line);
    arena_free(arena);
}

static bool is_backslash(Str text) { return text.len > 0 && text.ptr[0] == '\\'; }

/* One line typed: a backslash command at once, else more of a statement. */
static void take_line(Repl *repl, StrBuf *statement, const char *line)
{
    Str trimmed = str_trim(str_of(line));
    if (statement->len == 0 && is_backslash(trimmed)) {
        remember(repl, trimmed);
        if (!repl_command(repl->console, trimmed)) fprintf(stderr, "there is no command " STR_FMT "; \\? lists them\n", STR_ARG(trimmed));
        return;
    }
    strbuf_addz(statement, line);
    Str whole = str_trim(strbuf_str(statement));
    if (whole.len == 0) { strbuf_clear(statement); return; }
    bool bare = str_iis(whole, "quit") || str_iis(whole, "exit") || str_iis(whole, "help") || str_iis(whole, "clear");
    if (!bare && !script_complete(whole)) return;
    remember(repl, whole);
    console_run_text(repl->console, STR_NULL, whole, true);
    console_stop_requested = false;
    strbuf_clear(statement);
}

int repl_run(Console *console)
{
    Repl repl = { .console = console };
    StrBuf statement = { 0 };
    console->interactive = true;
    open_editor(&repl);
    console_signals(console);
    if (!console->quiet) fputs("weir: Flink SQL in one process. \\? for help, \\q to leave.\n", stderr);
    while (!console->quit) {
        int count;
        repl.continued = statement.len > 0;
        const char *line = el_gets(repl.el, &count);
        if (line && count > 0) { take_line(&repl, &statement, line); continue; }
        if (count == -1 || console_stop_requested) {      /* Ctrl-C: forget the input */
            console_stop_requested = false;
            strbuf_clear(&statement);
            fputc('\n', stderr);
            el_reset(repl.el);
            if (count == -1) continue;
        }
        break;                                   /* Ctrl-D */
    }
    fputc('\n', stderr);
    strbuf_free(&statement);
    close_editor(&repl);
    return EXIT_DONE;
}
