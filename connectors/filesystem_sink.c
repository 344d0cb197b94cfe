/* filesystem sink: one open file a partition, written as .part-<run>-<instance>-<n>.inprogress and renamed to part-<run>-<instance>-<n> once it is part of
 * a durable checkpoint, or at the end. Files are closed at their size or age (rolling policy), at every checkpoint, and when too many are open.
 * prepare() makes the closed files durable and lists them; commit() renames them; a restore renames what its checkpoint lists, removes what is hidden of
 * that run and goes on with its numbers, so rows are there exactly once. A visible file of a higher number came with a later checkpoint: its rows would
 * be written twice, so the restore refuses. INSERT OVERWRITE removes the files that stood there before, at the end. Threading: the job's thread. */
#include "connectors/filesystem.h"
#include "engine/base/clock.h"
#include "engine/base/hashtab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_MAX_FILES = 256, WRITE_CHUNK = 128 << 10 };

typedef struct Part { StrBuf dir; uint32_t number; int fd; uint64_t size; int64_t since_us; StrBuf buffer; bool open; } Part;   /* by slot of parts: the partition */
typedef struct Closed { Str partition; uint32_t number; uint64_t ckpt; } Closed;     /* written, not yet visible; ckpt 0 = no barrier since */

struct Sink {
    Arena *arena;
    const SinkSpec *spec;
    FsConf conf;
    Encoder *encoder;
    Str run;                                     /* uuid of this chain of checkpoints: no two fresh starts name a file alike */
    StrMap parts; Part *list; uint32_t cap, nopen;
    uint32_t next_number;
    struct { Closed *v; uint32_t n, cap; } closed;
    FsCommitter *committer;
    int64_t roll_size, roll_us, check_us, next_check_us;
    StrBuf name, record;
    SinkStats stats;
};

static void fs_sink_close(Sink *s)
{
    if (!s) return;
    for (uint32_t slot = 0; slot < s->cap; slot++) {
        Part *part = &s->list[slot];
        if (part->open) close(part->fd);
        strbuf_free(&part->dir);
        strbuf_free(&part->buffer);
    }
    free(s->list);
    strmap_free(&s->parts);
    fs_committer_free(s->committer);
    if (s->encoder) s->conf.format->encoder_free(s->encoder);
    strbuf_free(&s->name);
    strbuf_free(&s->record);
    arena_free(s->arena);
}

/* ---- names ---- */

/* root[/partition]/part-.. or its hidden form. */
static void file_name(const Sink *s, Str partition, Str run, uint32_t number, bool hidden, StrBuf *out)
{
    strbuf_clear(out);
    strbuf_adds(out, s->conf.root_str);
    strbuf_addc(out, '/');
    strbuf_adds(out, partition);
    strbuf_addf(out, "%s%spart-" STR_FMT "-%u-%u%s", partition.len ? "/" : "", hidden ? "." : "", STR_ARG(run), s->spec->parallel_index, number, hidden ? ".inprogress" : "");
}

static Str new_run(Arena *arena)
{
    uint64_t high = random_u64(), low = random_u64();
    return str_printf(arena, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(high >> 32), (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xfff),
                      (unsigned)((low >> 48 & 0x3fff) | 0x8000), (unsigned long long)(low & 0xffffffffffffull));
}

static bool show_file(Sink *s, Str partition, Str run, uint32_t number, Err *err)
{
    StrBuf hidden = { 0 };
    file_name(s, partition, run, number, true, &hidden);
    file_name(s, partition, run, number, false, &s->name);
    bool ok = !fs_fault("fs.rename", EIO) && rename(strbuf_cstr(&hidden), strbuf_cstr(&s->name)) == 0;
    /* Renamed already by an earlier commit of the same checkpoint. */
    if (!ok && errno == ENOENT && access(strbuf_cstr(&s->name), F_OK) == 0) ok = true;
    if (!ok) fs_fail(err, "make visible", strbuf_cstr(&s->name));
    strbuf_free(&hidden);
    return ok;
}

/* ---- opening, restoring ---- */

/* What is done with a file of the run; number: the last part of its name. */
typedef bool RunFile(const char *path, uint32_t number, uint32_t next_number, Err *err);

/* Hidden files that no checkpoint lists. */
static bool remove_file(const char *path, uint32_t number, uint32_t next_number, Err *err)
{
    (void)number, (void)next_number;
    return (!fs_fault("fs.unlink", EIO) && unlink(path) == 0) || fs_fail(err, "remove", path);
}

static bool refuse_later(const char *path, uint32_t number, uint32_t next_number, Err *err)
{
    if (number < next_number) return true;
    err_set(err, E_SNAPSHOT, "\"%s\" came with a later checkpoint than the one that is restored: its rows would be written twice", path);
    return err_hint(err, "Bring the later checkpoint back, remove the files of this run from number %u on, or start over with --fresh.", next_number);
}

/* Every file below dir whose name begins with prefix, "part-RUN-INSTANCE-" or its hidden form. */
static bool each_file(const char *dir, Str prefix, RunFile *visit, uint32_t next_number, int depth, Err *err)
{
    DIR *handle = fs_fault("fs.opendir", EACCES) ? NULL : opendir(dir);
    bool ok = true;
    Arena *arena = arena_new();
    if (!handle) ok = errno == ENOENT ? true : fs_fail(err, "list", dir);
    for (struct dirent *entry; ok && handle && (entry = fs_next_entry(handle)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        const char *path = str_printf(arena, "%s/%s%c", dir, entry->d_name, 0).ptr;
        struct stat st;
        if (str_starts(str_of(entry->d_name), prefix.ptr)) {
            ok = visit(path, (uint32_t)strtoul(entry->d_name + prefix.len, NULL, 10), next_number, err);
        } else if (depth < 64 && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
            ok = each_file(path, prefix, visit, next_number, depth + 1, err);
        }
    }
    if (ok && handle && errno) ok = fs_fail(err, "list", dir);
    if (handle) closedir(handle);
    arena_free(arena);
    return ok;
}

static bool restore(Sink *s, Str saved, Err *err)
{
    Reader r = { saved.ptr, saved.ptr + saved.len, false };
    s->run = str_dup(s->arena, reader_str(&r));
    s->next_number = reader_u32(&r);
    Str prefix = str_printf(s->arena, ".part-" STR_FMT "-%u-%c", STR_ARG(s->run), s->spec->parallel_index, 0);
    prefix.len--;
    uint32_t n = reader_u32(&r);
    if (!r.bad && !each_file(s->conf.root, str_sub(prefix, 1, prefix.len - 1), refuse_later, s->next_number, 0, err)) return false;
    for (uint32_t i = 0; i < n && !r.bad; i++) {
        Str partition = reader_str(&r);
        uint32_t number = reader_u32(&r);
        if (r.bad || (!s->spec->settled && !show_file(s, partition, s->run, number, err))) break;
        fs_committer_touch(s->committer, partition, clock_now_us());
    }
    if (r.bad) return err_set(err, E_SNAPSHOT, "the saved state of a file sink is damaged");
    return err->set ? false : each_file(s->conf.root, prefix, remove_file, s->next_number, 0, err);
}

static Sink *fs_sink_open(const SinkSpec *spec, Str saved, Err *err)
{
    Arena *arena = arena_new();
    Sink *s = ARENA_NEW(arena, Sink);
    s->arena = arena;
    s->spec = spec;
    s->run = new_run(arena);
    bool ok = fs_conf(arena, spec->table, &s->conf, err) && options_i64(spec->table->options, filesystem_options, "sink.rolling-policy.file-size", &s->roll_size, err) &&
              options_i64(spec->table->options, filesystem_options, "sink.rolling-policy.rollover-interval", &s->roll_us, err) &&
              options_i64(spec->table->options, filesystem_options, "sink.rolling-policy.check-interval", &s->check_us, err);
    if (ok) {
        FormatSpec format = { &s->conf.payload, s->conf.payload_col, spec->table->options, s->conf.prefix.ptr, spec->table->zone, false, false };
        s->encoder = s->conf.format->encoder_new ? s->conf.format->encoder_new(&format, err) : NULL;
        ok = s->encoder != NULL;
        if (!ok && !err->set) err_set(err, E_UNSUPPORTED, "format '%s' cannot be written", s->conf.format->name);
    }
    if (ok) s->committer = fs_committer_new(arena, spec->table, &s->conf, err);
    ok = ok && !err->set && fs_make_dirs(s->conf.root, err) && (!saved.len || restore(s, saved, err));
    s->next_check_us = INT64_MAX;
    if (ok) return s;
    fs_sink_close(s);
    return NULL;
}

/* ---- one file ---- */

static bool part_flush(Sink *s, Part *part, Err *err)
{
    for (uint32_t done = 0; done < part->buffer.len;) {
        ssize_t n = fs_fault("fs.write", ENOSPC) ? -1 : write(part->fd, part->buffer.ptr + done, part->buffer.len - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fs_fail(err, "write to", part->dir.ptr);
        done += (uint32_t)n;
    }
    s->stats.bytes += part->buffer.len;
    strbuf_clear(&part->buffer);
    return true;
}

static bool part_open(Sink *s, Part *part, Str partition, Err *err)
{
    strbuf_clear(&part->dir);
    strbuf_addf(&part->dir, "%s%s" STR_FMT, s->conf.root, partition.len ? "/" : "", STR_ARG(partition));
    if (!fs_make_dirs(strbuf_cstr(&part->dir), err)) return false;
    part->number = s->next_number++;
    file_name(s, partition, s->run, part->number, true, &s->name);
    part->fd = fs_fault("fs.open", EACCES) ? -1 : open(strbuf_cstr(&s->name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (part->fd < 0) return fs_fail(err, "create", s->name.ptr);
    part->open = true;
    part->size = 0;
    part->since_us = clock_monotonic_us();
    s->nopen++;
    if (s->roll_us > 0 && s->next_check_us == INT64_MAX) s->next_check_us = part->since_us + s->check_us;
    return true;
}

/* Ends the file: durable, but hidden until its checkpoint is. */
static bool part_close(Sink *s, uint32_t slot, Err *err)
{
    Part *part = &s->list[slot];
    if (!part_flush(s, part, err)) return false;
    if (fs_fault("fs.fsync", EIO) || fsync(part->fd) != 0) return fs_fail(err, "write to", part->dir.ptr);
    if (!fs_sync_dir(part->dir.ptr, err)) return false;
    close(part->fd);
    part->open = false;
    s->nopen--;
    Closed closed = { str_dup(s->arena, strmap_key(&s->parts, slot)), part->number, 0 };
    ARENA_PUSH(s->arena, s->closed, closed);
    return true;
}

static bool close_all(Sink *s, Err *err)
{
    for (uint32_t slot = strmap_first(&s->parts); slot != STRMAP_NONE; slot = strmap_next(&s->parts, slot))
        if (s->list[slot].open && !part_close(s, slot, err)) return false;
    s->next_check_us = INT64_MAX;
    return true;
}

/* ---- rows ---- */

static void partition_of(const Sink *s, const Batch *batch, uint32_t row, StrBuf *out)
{
    const ConnTable *table = s->spec->table;
    strbuf_clear(out);
    for (uint32_t p = 0; p < s->conf.npartition; p++) {
        uint32_t col = s->conf.partition_col[p];
        Datum value = vec_get(&batch->cols[col], row);
        if (p) strbuf_addc(out, '/');
        fs_partition_name(&table->physical.cols[col], &value, table->zone, s->conf.default_partition, out);
    }
}

static bool part_for(Sink *s, Str partition, Part **out, Err *err)
{
    bool added;
    uint32_t slot = strmap_put(&s->parts, partition, &added);
    if (slot >= s->cap) {
        uint32_t cap = slot * 2 + 8;
        s->list = xrealloc(s->list, cap * sizeof *s->list);
        memset(s->list + s->cap, 0, (cap - s->cap) * sizeof *s->list);
        s->cap = cap;
    }
    *out = &s->list[slot];
    if ((*out)->open) return true;
    if (s->nopen >= OPEN_MAX_FILES && !close_all(s, err)) return false;
    return part_open(s, *out, strmap_key(&s->parts, slot), err);
}

static bool write_row(Sink *s, const Batch *batch, uint32_t row, RowOp op, Err *err)
{
    Part *part;
    bool is_null = false;
    partition_of(s, batch, row, &s->record);
    if (!part_for(s, s->record.len ? strbuf_str(&s->record) : STR(""), &part, err)) return false;
    uint32_t before = part->buffer.len;
    if (!s->conf.format->encode(s->encoder, batch, row, op, &part->buffer, &is_null, err)) {
        part->buffer.len = before;
        return false;
    }
    strbuf_addz(&part->buffer, s->conf.format->line_end);
    part->size += part->buffer.len - before;
    s->stats.rows++;
    if (part->buffer.len >= WRITE_CHUNK && !part_flush(s, part, err)) return false;
    return s->roll_size <= 0 || part->size < (uint64_t)s->roll_size || part_close(s, (uint32_t)(part - s->list), err);
}

static bool fs_sink_write(Sink *s, const Batch *batch, Err *err)
{
    for (uint32_t i = 0, n = batch_live(batch); i < n; i++) {
        uint32_t row = batch_row(batch, i);
        if (!write_row(s, batch, row, batch_op(batch, row), err)) return false;
        if (!s->committer || s->spec->rowtime < 0) continue;
        const Vec *time = &batch->cols[s->spec->rowtime];
        Datum value = vec_get(time, row);
        if (!value.null) fs_committer_advance(s->committer, instant_to_us(instant_of(time->type, &value)));
    }
    return true;
}

static bool fs_sink_tick(Sink *s, int64_t now_us, Err *err)
{
    if (now_us < s->next_check_us) return true;
    for (uint32_t slot = strmap_first(&s->parts); slot != STRMAP_NONE; slot = strmap_next(&s->parts, slot))
        if (s->list[slot].open && now_us - s->list[slot].since_us >= s->roll_us && !part_close(s, slot, err)) return false;
    s->next_check_us = s->nopen ? now_us + s->check_us : INT64_MAX;
    return true;
}
static int64_t fs_sink_deadline(Sink *s)
{
    return s->next_check_us;
}

/* ---- checkpoints and the end ---- */

static bool fs_sink_prepare(Sink *s, uint64_t ckpt_id, StrBuf *handle, Err *err)
{
    if (!close_all(s, err)) return false;
    strbuf_put_str(handle, s->run);
    strbuf_put_u32(handle, s->next_number);
    strbuf_put_u32(handle, s->closed.n);
    for (uint32_t i = 0; i < s->closed.n; i++) {
        if (!s->closed.v[i].ckpt) s->closed.v[i].ckpt = ckpt_id;
        strbuf_put_str(handle, s->closed.v[i].partition);
        strbuf_put_u32(handle, s->closed.v[i].number);
    }
    return true;
}

/* The renames are durable once their directories are: a later checkpoint no longer lists these files. */
static bool sync_shown(Sink *s, uint64_t ckpt_id, Err *err)
{
    StrBuf dir = { 0 };
    Str last = STR_NULL;
    bool ok = true;
    for (uint32_t i = 0; ok && i < s->closed.n; i++) {
        const Closed *closed = &s->closed.v[i];
        if (!closed->ckpt || closed->ckpt > ckpt_id || (dir.len && str_eq(closed->partition, last))) continue;
        last = closed->partition;
        strbuf_clear(&dir);
        strbuf_addf(&dir, "%s%s" STR_FMT, s->conf.root, last.len ? "/" : "", STR_ARG(last));
        ok = fs_sync_dir(strbuf_cstr(&dir), err);
    }
    strbuf_free(&dir);
    return ok;
}

/* Shows the files of checkpoints up to ckpt_id. */
static bool show_closed(Sink *s, uint64_t ckpt_id, Err *err)
{
    uint32_t kept = 0;
    bool ok = true;
    for (uint32_t i = 0; ok && i < s->closed.n; i++) {
        const Closed *closed = &s->closed.v[i];
        if (closed->ckpt && closed->ckpt <= ckpt_id) ok = show_file(s, closed->partition, s->run, closed->number, err);
    }
    ok = ok && sync_shown(s, ckpt_id, err);
    for (uint32_t i = 0; i < s->closed.n; i++) {
        Closed *closed = &s->closed.v[i];
        if (ok && closed->ckpt && closed->ckpt <= ckpt_id) fs_committer_touch(s->committer, closed->partition, clock_now_us());
        else s->closed.v[kept++] = *closed;
    }
    s->closed.n = kept;
    return ok;
}

static bool fs_sink_commit(Sink *s, uint64_t ckpt_id, Err *err)
{
    return show_closed(s, ckpt_id, err) && fs_committer_commit(s->committer, clock_now_us(), false, err);
}

/* Visible files of one directory but those of this run; sub-directories stay. */
static bool clear_dir(const Sink *s, const char *dir, Err *err)
{
    Arena *arena = arena_new();
    FsFiles files;
    Str mine = str_printf(arena, "part-" STR_FMT "-%c", STR_ARG(s->run), 0);
    bool ok = fs_list(arena, dir, &files, err);
    for (uint32_t i = 0; ok && i < files.n; i++) {
        const char *name = strrchr(files.v[i].path, '/') + 1;
        if ((size_t)(name - files.v[i].path) != strlen(dir) + 1 || str_starts(str_of(name), mine.ptr)) continue;
        ok = (!fs_fault("fs.unlink", EIO) && unlink(files.v[i].path) == 0) || fs_fail(err, "remove", files.v[i].path);
    }
    arena_free(arena);
    return ok;
}

/* INSERT OVERWRITE: what stood in the partitions written to (or in the table, without partitions) goes. */
static bool overwrite(Sink *s, Err *err)
{
    if (!s->spec->overwrite) return true;
    if (s->conf.npartition == 0) return clear_dir(s, s->conf.root, err);
    StrBuf dir = { 0 };
    bool ok = true;
    for (uint32_t slot = strmap_first(&s->parts); ok && slot != STRMAP_NONE; slot = strmap_next(&s->parts, slot)) {
        strbuf_clear(&dir);
        strbuf_addf(&dir, "%s/" STR_FMT, s->conf.root, STR_ARG(strmap_key(&s->parts, slot)));
        ok = clear_dir(s, strbuf_cstr(&dir), err);
    }
    strbuf_free(&dir);
    return ok;
}

static bool fs_sink_finish(Sink *s, Err *err)
{
    if (!close_all(s, err) || !overwrite(s, err)) return false;
    for (uint32_t i = 0; i < s->closed.n; i++)
        if (!s->closed.v[i].ckpt) s->closed.v[i].ckpt = UINT64_MAX;
    return show_closed(s, UINT64_MAX, err) && fs_committer_commit(s->committer, clock_now_us(), true, err);
}

static void fs_sink_stats(const Sink *s, SinkStats *out)
{
    *out = s->stats;
}

const SinkVt filesystem_sink_vt = { .open = fs_sink_open, .write = fs_sink_write, .tick = fs_sink_tick, .next_deadline_us = fs_sink_deadline, .prepare = fs_sink_prepare,
                                    .commit = fs_sink_commit, .finish = fs_sink_finish, .stats = fs_sink_stats, .close = fs_sink_close };
