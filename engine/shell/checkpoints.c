/* `weir checkpoints`; see checkpoints.h. Reads only: a running job's store is opened read-only beside it. A file that cannot be read is told of on
 * stderr and makes the exit code 1; the others are listed all the same. */
#include "engine/shell/checkpoints.h"
#include "engine/run/state_dir.h"
#include "engine/run/store.h"
#include "engine/shell/console.h"
#include "engine/type/datetime.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const char *state_root(Arena *arena, const Args *args)
{
    const char *dir = args->state_dir ? args->state_dir : getenv("WEIR_STATE_DIR");
    if (dir && *dir) return dir;
    dir = getenv("XDG_STATE_HOME");
    if (dir && *dir == '/') return str_cstr(arena, str_printf(arena, "%s/weir", dir));
    dir = getenv("HOME");
    return dir && *dir == '/' ? str_cstr(arena, str_printf(arena, "%s/.local/state/weir", dir)) : NULL;
}

typedef struct Listing { Arena *arena; struct { Str *v; uint32_t n, cap; } cells; int code; } Listing;

static void add_cell(Listing *list, Str text)
{
    ARENA_PUSH(list->arena, list->cells, text);
}

static Str time_text(Arena *arena, int64_t us)
{
    Civil c = civil_of(instant_us(us));
    return str_printf(arena, "%04d-%02d-%02d %02d:%02d:%02d.%03dZ", (int)c.year, (int)c.month, (int)c.day, (int)c.hour, (int)c.minute, (int)c.second, (int)(c.nano / 1000000));
}

static void show(const Args *args, Listing *list, const char *const *headers, uint32_t ncols)
{
    Str names[8];
    for (uint32_t i = 0; i < ncols; i++) names[i] = str_of(headers[i]);
    RenderOptions options = { .mode = args->mode_given ? args->mode : isatty(STDOUT_FILENO) ? OUTPUT_BOX : OUTPUT_TABLEAU, .quiet = args->quiet, .max_column_width = 60,
                              .zone = zone_utc(), .out = stdout, .footer = stderr };
    Render *render = render_new(&options, names, NULL, ncols);
    for (uint32_t at = 0; at < list->cells.n; at += ncols) render_text_row(render, list->cells.v + at);
    render_end(render, false, -1);
}

static void tell(Listing *list, const Err *err)
{
    fprintf(stderr, "weir: %s\n", err->message);
    list->code = EXIT_JOB_FAILED;
}

/* Each checkpoint is read whole, so that damage shows here and not at the next start. */
static void list_job(Listing *list, const char *root, const char *job, bool operators)
{
    Err err = { 0 };
    CkptList ckpts = { 0 };
    CkptStore *store = store_open(state_dir_store(list->arena, root, str_of(job)), true, &err);
    if (!store || !store_list(store, list->arena, &ckpts, &err)) tell(list, &err);
    for (uint32_t i = 0; !operators && i < ckpts.n; i++) {
        const CkptInfo *c = &ckpts.v[i];
        StrBuf bytes = { 0 };
        err_clear(&err);
        bool good = store_load(store, c->id, &bytes, &err);
        strbuf_free(&bytes);
        if (!good) tell(list, &err);
        add_cell(list, str_dup(list->arena, str_of(job)));
        add_cell(list, str_printf(list->arena, "%llu%s", (unsigned long long)c->id, good ? "" : " (damaged)"));
        add_cell(list, time_text(list->arena, c->created_us));
        add_cell(list, str_printf(list->arena, "%llu", (unsigned long long)c->bytes));
        add_cell(list, str_printf(list->arena, "%llu", (unsigned long long)c->stored_bytes));
        add_cell(list, str_printf(list->arena, "%.1f ms", (double)c->duration_us / 1000));
        add_cell(list, c->positions);
    }
    for (uint32_t at = 0; operators && ckpts.n && at < ckpts.v[0].operators.len;) {
        Str lines = ckpts.v[0].operators;
        int64_t tab = str_find(lines, STR("\t"), at), end = str_find(lines, STR("\n"), at);
        if (tab < 0 || end < tab) break;
        add_cell(list, str_sub(lines, (uint32_t)tab + 1, (uint32_t)(end - tab) - 1));
        add_cell(list, str_sub(lines, at, (uint32_t)tab - at));
        at = (uint32_t)end + 1;
    }
    store_close(store);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list_all(Listing *list, const char *root)
{
    struct { const char **v; uint32_t n, cap; } jobs = { 0 };
    DIR *dir = opendir(root);
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        const char *path = state_dir_store(list->arena, root, str_of(entry->d_name));
        if (entry->d_name[0] != '.' && access(path, F_OK) == 0) ARENA_PUSH(list->arena, jobs, str_cstr(list->arena, str_of(entry->d_name)));
    }
    if (dir) closedir(dir);
    if (jobs.n) qsort(jobs.v, jobs.n, sizeof *jobs.v, by_name);
    for (uint32_t i = 0; i < jobs.n; i++) list_job(list, root, jobs.v[i], false);
}

int checkpoints_run(const Args *args)
{
    static const char *const headers[] = { "job", "checkpoint", "time", "bytes", "stored", "duration", "positions" }, *const op_headers[] = { "operator", "bytes of state" };
    Listing list = { .arena = arena_new(), .code = EXIT_DONE };
    const char *root = state_root(list.arena, args);
    if (!root) {
        fputs("weir: there is no home directory: say --state-dir DIR\n", stderr);
        arena_free(list.arena);
        return EXIT_USAGE;
    }
    if (args->inputs.n == 0) {
        list_all(&list, root);
        show(args, &list, headers, 7);
    }
    for (uint32_t i = 0; i < args->inputs.n; i++) {
        const char *job = str_cstr(list.arena, state_dir_name(list.arena, str_of(args->inputs.v[i].text)));
        if (access(state_dir_store(list.arena, root, str_of(job)), F_OK) != 0) {
            fprintf(stderr, "weir: job \"%s\" has no checkpoints below %s\n", args->inputs.v[i].text, root);
            list.code = EXIT_JOB_FAILED;
            continue;
        }
        list.cells.n = 0;
        list_job(&list, root, job, false);
        show(args, &list, headers, 7);
        list.cells.n = 0;
        list_job(&list, root, job, true);
        show(args, &list, op_headers, 2);
    }
    arena_free(list.arena);
    return list.code;
}
