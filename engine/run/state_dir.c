/* The folder of a job's checkpoints; see state_dir.h. */
#include "engine/run/state_dir.h"
#include "engine/base/fault.h"
#include "engine/base/hash.h"
#include "engine/base/io.h"
#include "engine/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 100 };

static bool plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

Str state_dir_name(Arena *arena, Str name)
{
    StrBuf out = { 0 };
    bool changed = name.len > NAME_MAX_BYTES || name.len == 0 || name.ptr[0] == '.';
    for (uint32_t i = 0; i < name.len && i < NAME_MAX_BYTES; i++) {
        bool keep = plain(name.ptr[i]) && (i || name.ptr[0] != '.');
        strbuf_addc(&out, keep ? name.ptr[i] : '_');
        changed |= !keep;
    }
    if (changed) strbuf_addf(&out, "-%08x", (unsigned)hash_bytes(name.ptr, name.len));
    Str result = str_dup(arena, strbuf_str(&out));
    strbuf_free(&out);
    return result;
}

static bool lock_held(int fd, bool take)
{
    struct flock lock = { .l_type = take ? F_WRLCK : F_UNLCK, .l_whence = SEEK_SET };
    return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

/* The holder before may have removed file and folder since the file was opened: its lock keeps nobody out. */
static bool is_there(int fd, const char *path)
{
    struct stat mine, there;
    return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

static bool held_by_other(const StateDir *dir, Str name, Err *err)
{
    char holder[32] = "";
    ssize_t n = pread(dir->lock_fd, holder, sizeof holder - 1, 0);
    err_set(err, E_EXTERNAL, "job \"" STR_FMT "\" is running already: \"%s\" is held by process %.*s", STR_ARG(name), dir->path, n > 0 ? (int)strcspn(holder, "\n") : 1, n > 0 ? holder : "?");
    return err_hint(err, "Stop that one, or give this job another pipeline.name or --state-dir.");
}

/* For messages only: without it the lock holds all the same. */
static void note_holder(int fd)
{
    char holder[32];
    int n = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) == 0 && pwrite(fd, holder, (size_t)n, 0) != n) log_debug("ckpt", "the lock does not name its holder");
}

static bool take_lock(StateDir *dir, Str name, Err *err)
{
    char path[440];
    snprintf(path, sizeof path, "%s/lock", dir->path);
    while (io_make_dirs(dir->path, err)) {
        dir->lock_fd = fault_hit("state.lock") ? (errno = EACCES, -1) : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (dir->lock_fd < 0 && errno == ENOENT) continue;
        if (dir->lock_fd < 0) return err_set(err, E_IO, "cannot open \"%s\": %s", path, strerror(errno));
        if (!lock_held(dir->lock_fd, true)) return held_by_other(dir, name, err);
        if (is_there(dir->lock_fd, path)) {
            note_holder(dir->lock_fd);
            return true;
        }
        close(dir->lock_fd);
        dir->lock_fd = -1;
    }
    return false;
}

const char *state_dir_store(Arena *arena, const char *root, Str folder)
{
    return str_cstr(arena, str_printf(arena, "%s/" STR_FMT "/checkpoints.db", root, STR_ARG(folder)));
}

bool state_dir_open(StateDir *dir, const char *root, Str name, Err *err)
{
    Arena *arena = arena_new();
    Str file = state_dir_name(arena, name);
    int n = snprintf(dir->path, sizeof dir->path, "%s/" STR_FMT, root, STR_ARG(file));
    arena_free(arena);
    dir->lock_fd = -1;
    if (n < 0 || (size_t)n >= sizeof dir->path) return err_set(err, E_IO, "the path of the state directory is too long: \"%s\"", root);
    snprintf(dir->db, sizeof dir->db, "%s/checkpoints.db", dir->path);
    if (take_lock(dir, name, err)) return true;
    if (err->code == E_IO) err_hint(err, "--state-dir (or WEIR_STATE_DIR) names a folder that this user may write to; SET 'execution.checkpointing.interval' = '0' goes without.");
    state_dir_close(dir, false);
    return false;
}

void state_dir_clear(const StateDir *dir)
{
    char journal[460];
    snprintf(journal, sizeof journal, "%s-journal", dir->db);
    /* The journal first: it must not be rolled back into a new file of that name. */
    unlink(journal);
    unlink(dir->db);
}

void state_dir_close(StateDir *dir, bool remove)
{
    char lock[440];
    if (dir->lock_fd < 0) return;
    snprintf(lock, sizeof lock, "%s/lock", dir->path);
    if (remove) {
        state_dir_clear(dir);
        if (unlink(lock) == 0) rmdir(dir->path);
    }
    /* Closing alone would leave it to a forked child that still has a copy (snapshot_fork.c, of another job too). */
    lock_held(dir->lock_fd, false);
    close(dir->lock_fd);
    dir->lock_fd = -1;
}

void state_dir_forget(const StateDir *dir)
{
    if (dir->lock_fd >= 0) close(dir->lock_fd);
}
