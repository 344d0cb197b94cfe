/* filesystem source: files in order of their paths, in blocks, records cut by the format's line end (or its own rule, for quoted line ends).
 * Bounded: the files found at the start; with source.monitor-interval new paths are looked for without end. A file belongs to one parallel
 * instance by the hash of its path. Position: for each file read or under way its path and offset, and how many rows of the record at that
 * offset were handed out (a record may hold several). A batch handed out is untouched until the next poll. Threading: the job's thread. */
#include "connectors/filesystem.h"
#include "engine/base/clock.h"
#include "engine/base/hashtab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 256 << 10, RECORD_MAX = 256 << 20 };
typedef enum MetaKind { META_PATH, META_NAME, META_SIZE, META_TIME } MetaKind;
typedef struct Place { uint32_t file; uint64_t offset; uint32_t rows; } Place;     /* file: index into files */
typedef struct Ready { BatchBuilder builder; Place end; } Ready;

/* Batch.origin: index of the file, byte at which the record begins. */
enum { OFFSET_BITS = 40 };
#define OFFSET_MASK ((1ull << OFFSET_BITS) - 1)

struct Source {
    Arena *arena;
    const SourceSpec *spec;
    FsConf conf;
    Decoder *decoder;
    FsFiles files; StrMap known;                 /* every path taken up so far */
    Place place, handed;                         /* where reading stands; end of the batch handed out last */
    uint32_t skip_rows, record_rows;             /* rows of the record under way: to leave out after a restore; seen */
    int fd;
    StrBuf block; uint32_t at; bool eof;         /* bytes of the file from place.offset on: block[at..] */
    MetaKind *meta;
    Datum *partition, *meta_value;               /* of the file under way, by index in partition_of / metadata */
    uint32_t *partition_of, npartition;          /* batch column of a wanted partition key; its index in conf.partition_col is in partition_key */
    uint32_t *partition_key;
    Arena *file_arena;
    BatchBuilder builder;
    struct { Ready *v; uint32_t n, cap; } ready;
    struct { BatchBuilder *v; uint32_t n, cap; } spare;
    bool has_out; BatchBuilder out;              /* handed out */
    int64_t next_list_us;
    SourceStats stats;
};

static void file_close(Source *s)
{
    if (s->fd >= 0) close(s->fd);
    s->fd = -1;
    s->at = 0;
    s->eof = false;
    strbuf_clear(&s->block);
}

static void fs_source_close(Source *s)
{
    if (!s) return;
    file_close(s);
    if (s->decoder) s->conf.format->decoder_free(s->decoder);
    if (s->has_out) builder_free(&s->out);
    for (uint32_t i = 0; i < s->ready.n; i++) builder_free(&s->ready.v[i].builder);
    for (uint32_t i = 0; i < s->spare.n; i++) builder_free(&s->spare.v[i]);
    builder_free(&s->builder);
    strbuf_free(&s->block);
    strmap_free(&s->known);
    arena_free(s->file_arena);
    arena_free(s->arena);
}

/* ---- opening ---- */

static bool open_decoder(Source *s, Err *err)
{
    uint32_t *target = ARENA_ARRAY(s->arena, uint32_t, s->conf.payload.n);
    for (uint32_t f = 0; f < s->conf.payload.n; f++) {
        target[f] = UINT32_MAX;
        for (uint32_t c = 0; c < s->spec->nphysical; c++)
            if (s->spec->physical[c] == s->conf.payload_col[f]) target[f] = c;
    }
    s->partition_of = ARENA_ARRAY(s->arena, uint32_t, s->conf.npartition);
    s->partition_key = ARENA_ARRAY(s->arena, uint32_t, s->conf.npartition);
    s->partition = ARENA_ARRAY(s->arena, Datum, s->conf.npartition);
    for (uint32_t p = 0; p < s->conf.npartition; p++)
        for (uint32_t c = 0; c < s->spec->nphysical; c++)
            if (s->spec->physical[c] == s->conf.partition_col[p]) {
                s->partition_key[s->npartition] = p;
                s->partition_of[s->npartition++] = c;
            }
    FormatSpec spec = { &s->conf.payload, target, s->spec->table->options, s->conf.prefix.ptr, s->spec->table->zone, false, false };
    s->decoder = s->conf.format->decoder_new(&spec, err);
    return s->decoder != NULL;
}

static bool open_metadata(Source *s, Err *err)
{
    static const char *const names[] = { "file.path", "file.name", "file.size", "file.modification-time" };   /* ORDER MetaKind */
    s->meta = ARENA_ARRAY(s->arena, MetaKind, s->spec->nmetadata);
    s->meta_value = ARENA_ARRAY(s->arena, Datum, s->spec->nmetadata);
    for (uint32_t i = 0; i < s->spec->nmetadata; i++) {
        uint32_t k = 0;
        while (k < 4 && !str_is(s->spec->metadata[i], names[k])) k++;
        if (k == 4) return err_set(err, E_NO_COLUMN, "metadata key \"" STR_FMT "\" does not exist in connector 'filesystem'", STR_ARG(s->spec->metadata[i]));
        s->meta[i] = (MetaKind)k;
    }
    return true;
}

static bool is_mine(const Source *s, const char *path)
{
    uint32_t n = s->spec->parallel_count;
    return n <= 1 || hash_bytes(path, strlen(path)) % n == s->spec->parallel_index;
}

/* Takes up the paths not seen before. */
static bool list_new(Source *s, Err *err)
{
    FsFiles found;
    Arena *arena = arena_new();
    bool ok = fs_list(arena, s->conf.root, &found, err);
    for (uint32_t i = 0; ok && i < found.n; i++) {
        bool added;
        if (!is_mine(s, found.v[i].path)) continue;
        strmap_put(&s->known, str_of(found.v[i].path), &added);
        if (!added) continue;
        FsFile file = found.v[i];
        file.path = str_cstr(s->arena, str_of(file.path));
        ARENA_PUSH(s->arena, s->files, file);
    }
    arena_free(arena);
    s->next_list_us = clock_monotonic_us() + s->conf.monitor_us;
    return ok;
}

static bool restore(Source *s, Str saved, Err *err)
{
    Reader r = { saved.ptr, saved.ptr + saved.len, false };
    uint32_t n = reader_u32(&r);
    for (uint32_t i = 0; i < n && !r.bad; i++) {
        FsFile file = { str_cstr(s->arena, reader_str(&r)), 0, 0 };
        struct stat st;
        if (stat(file.path, &st) == 0) {
            file.size = st.st_size;
            file.modified_ms = st.st_mtim.tv_sec * 1000ll + st.st_mtim.tv_nsec / 1000000;
        }
        strmap_put(&s->known, str_of(file.path), NULL);
        ARENA_PUSH(s->arena, s->files, file);
    }
    s->place.file = reader_u32(&r);
    s->place.offset = reader_u64(&r);
    s->place.rows = s->skip_rows = reader_u32(&r);
    s->handed = s->place;
    return r.bad ? err_set(err, E_SNAPSHOT, "the saved position of a file source is damaged") : true;
}

static Source *fs_source_open(const SourceSpec *spec, Str saved_position, Err *err)
{
    Arena *arena = arena_new();
    Source *s = ARENA_NEW(arena, Source);
    s->arena = arena;
    s->file_arena = arena_new();
    s->spec = spec;
    s->fd = -1;
    builder_init(&s->builder, spec->out, BATCH_ROWS);
    bool ok = fs_conf(arena, spec->table, &s->conf, err) && open_decoder(s, err) && open_metadata(s, err);
    if (spec->batch) s->conf.monitor = false;
    if (ok && saved_position.len) ok = restore(s, saved_position, err);
    else if (ok) ok = list_new(s, err);
    if (ok) return s;
    fs_source_close(s);
    return NULL;
}

/* ---- one file ---- */

static bool file_values(Source *s, const FsFile *file, Err *err)
{
    const ConnTable *table = s->spec->table;
    arena_reset(s->file_arena);
    for (uint32_t p = 0; p < s->npartition; p++)
        if (!fs_partition_value(s->file_arena, &s->conf, &table->physical.cols[s->conf.partition_col[s->partition_key[p]]], file->path, table->zone, &s->partition[p], err))
            return false;
    for (uint32_t i = 0; i < s->spec->nmetadata; i++) {
        Datum value = { 0 };
        const char *name = strrchr(file->path, '/');
        switch (s->meta[i]) {
        case META_PATH: value = datum_str(s->file_arena, str_of(file->path)); break;
        case META_NAME: value = datum_str(s->file_arena, str_of(name ? name + 1 : file->path)); break;
        case META_SIZE: value.v.i64 = file->size; break;
        case META_TIME: value.v.i64 = file->modified_ms * 1000; break;
        }
        s->meta_value[i] = value;
    }
    return true;
}

static bool file_open(Source *s, Err *err)
{
    static const char *const packed[] = { ".gz", ".gzip", ".bz2", ".xz", ".zst", ".deflate" };
    const FsFile *file = &s->files.v[s->place.file];
    for (int i = 0; i < 6; i++) {
        if (!str_ends(str_of(file->path), packed[i])) continue;
        err_set(err, E_UNSUPPORTED, "file \"%s\" is compressed", file->path);
        return err_hint(err, "Unpack it first; weir reads plain files.");
    }
    s->fd = fs_fault("fs.open", EIO) ? -1 : open(file->path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0) return fs_fail(err, "open", file->path);
    if (s->place.offset && lseek(s->fd, (off_t)s->place.offset, SEEK_SET) < 0) return fs_fail(err, "read", file->path);
    return file_values(s, file, err);
}

/* Moves what is left to the front and appends a block. */
static bool block_fill(Source *s, Err *err)
{
    uint32_t left = s->block.len - s->at;
    if (s->at && left) memmove(s->block.ptr, s->block.ptr + s->at, left);
    s->block.len = left;
    s->at = 0;
    if (left > RECORD_MAX) return err_set(err, E_BAD_RECORD, "a record of file \"%s\" is longer than 256 MB", s->files.v[s->place.file].path);
    strbuf_reserve(&s->block, left > BLOCK ? left : BLOCK);
    ssize_t n;
    do n = fs_fault("fs.read", EIO) ? -1 : read(s->fd, s->block.ptr + left, s->block.cap - left);
    while (n < 0 && errno == EINTR);
    if (n < 0) return fs_fail(err, "read", s->files.v[s->place.file].path);
    s->block.len += (uint32_t)n;
    s->stats.bytes += (uint64_t)n;
    s->eof = n == 0;
    return true;
}

/* Length of the record at the front with its line end, -1 if it is not complete in the block. */
static int64_t record_len(const Source *s)
{
    const char *p = s->block.ptr + s->at, *end = s->block.ptr + s->block.len;
    if (s->conf.format->record_len) return s->conf.format->record_len(s->decoder, p, end);
    const char *stop = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    return stop ? stop + 1 - p : -1;
}

/* ---- rows ---- */

static Place place_now(const Source *s)
{
    Place place = s->place;
    place.rows = s->record_rows;
    return place;
}

/* Queues the builder's rows and goes on in a fresh one. */
static void set_aside(Source *s, Place end)
{
    Ready ready = { s->builder, end };
    ARENA_PUSH(s->arena, s->ready, ready);
    if (s->spare.n) s->builder = s->spare.v[--s->spare.n];
    else builder_init(&s->builder, s->spec->out, BATCH_ROWS);
}

static bool row_done(void *ctx, RowOp op, Err *err)
{
    Source *s = ctx;
    (void)err;
    s->record_rows++;
    if (s->record_rows <= s->skip_rows) return true;             /* handed out before the restore: overwritten by the next row */
    if (s->spec->limit >= 0 && s->stats.rows >= (uint64_t)s->spec->limit) return true;
    for (uint32_t p = 0; p < s->npartition; p++) builder_set(&s->builder, s->partition_of[p], &s->partition[p]);
    for (uint32_t i = 0; i < s->spec->nmetadata; i++) builder_set(&s->builder, s->spec->nphysical + i, &s->meta_value[i]);
    builder_origin(&s->builder, (uint64_t)s->place.file << OFFSET_BITS | (s->place.offset & OFFSET_MASK));
    builder_row(&s->builder, op);
    s->stats.rows++;
    if (builder_full(&s->builder)) set_aside(s, place_now(s));
    return true;
}

static bool decode_record(Source *s, uint32_t len, Err *err)
{
    const FormatDef *format = s->conf.format;
    Str bytes = { s->block.ptr + s->at, len };
    bool own_end = format->record_len != NULL;
    if (!own_end && bytes.len && bytes.ptr[bytes.len - 1] == '\n') bytes.len--;
    if (!own_end && bytes.len && bytes.ptr[bytes.len - 1] == '\r') bytes.len--;
    s->record_rows = 0;
    bool ok = format->decode(s->decoder, bytes, &s->builder, row_done, s, &s->stats.bad_records, err);
    if (!ok && bytes.len == 0 && err->code == E_BAD_RECORD) {    /* a blank line between records */
        err_clear(err);
        ok = true;
    }
    if (!ok) {
        err_detail(err, "file \"%s\" at byte %llu", s->files.v[s->place.file].path, (unsigned long long)s->place.offset);
        return false;
    }
    s->at += len;
    s->place.offset += len;
    s->place.rows = s->record_rows = s->skip_rows = 0;
    return true;
}

/* Reads until a batch is full or the file ends. */
static bool read_file(Source *s, Err *err)
{
    if (s->fd < 0 && !file_open(s, err)) return false;
    while (s->ready.n == 0) {
        int64_t len = record_len(s);
        if (len < 0 && !s->eof) {
            if (!block_fill(s, err)) return false;
            continue;
        }
        if (len < 0) len = s->block.len - s->at;
        if (len == 0) break;
        if (!decode_record(s, (uint32_t)len, err)) return false;
        if (s->spec->limit >= 0 && s->stats.rows >= (uint64_t)s->spec->limit) break;
    }
    return true;
}

static bool file_done(const Source *s)
{
    return s->eof && s->at == s->block.len;
}

static bool limit_reached(const Source *s)
{
    return s->spec->limit >= 0 && s->stats.rows >= (uint64_t)s->spec->limit;
}

/* Line that begins at byte `offset`; 0 when the file cannot be read (any more), or is too long to count. */
static uint64_t line_at(const char *path, uint64_t offset)
{
    enum { COUNTED = 1 << 30 };
    char block[16384];
    uint64_t lines = 1;
    int fd = offset <= COUNTED ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    while (fd >= 0 && offset > 0) {
        ssize_t n = read(fd, block, offset < sizeof block ? (size_t)offset : sizeof block);
        if (n <= 0) break;
        for (ssize_t i = 0; i < n; i++) lines += block[i] == '\n';
        offset -= (uint64_t)n;
    }
    if (fd >= 0) close(fd);
    return fd >= 0 && offset == 0 ? lines : 0;
}

static void fs_source_where(Source *s, const Batch *batch, uint32_t row, StrBuf *out)
{
    uint64_t offset = batch->origin[row] & OFFSET_MASK;
    const char *path = s->files.v[batch->origin[row] >> OFFSET_BITS].path;
    uint64_t line = line_at(path, offset);
    if (line) strbuf_addf(out, "file \"%s\", line %llu", path, (unsigned long long)line);
    else strbuf_addf(out, "file \"%s\" at byte %llu", path, (unsigned long long)offset);
}

static PollResult hand_out(Source *s, const Batch **out)
{
    Ready first = s->ready.v[0];
    memmove(s->ready.v, s->ready.v + 1, --s->ready.n * sizeof *s->ready.v);
    s->out = first.builder;
    s->has_out = true;
    s->handed = first.end;
    *out = builder_batch(&s->out);
    return POLL_DATA;
}

static PollResult wait_for_files(Source *s, int timeout_ms, Err *err)
{
    int64_t now = clock_monotonic_us(), left = s->next_list_us - now, most = (int64_t)timeout_ms * 1000;
    if (left > most) {
        if (most > 0) clock_sleep_us(most);
        return POLL_IDLE;
    }
    if (left > 0) clock_sleep_us(left);
    return list_new(s, err) ? POLL_IDLE : POLL_ERROR;
}

static PollResult fs_source_poll(Source *s, int timeout_ms, const Batch **out_borrowed, Err *err)
{
    if (s->has_out) {
        builder_reset(&s->out);
        ARENA_PUSH(s->arena, s->spare, s->out);
        s->has_out = false;
    }
    while (s->ready.n == 0 && s->place.file < s->files.n && !limit_reached(s)) {
        if (!read_file(s, err)) return POLL_ERROR;
        if (!file_done(s)) continue;
        file_close(s);
        s->place = (Place){ s->place.file + 1, 0, 0 };
    }
    if (s->ready.n == 0 && s->builder.batch.len) set_aside(s, place_now(s));
    if (s->ready.n) return hand_out(s, out_borrowed);
    s->handed = s->place;
    if (!s->conf.monitor || limit_reached(s)) return POLL_END;
    return wait_for_files(s, timeout_ms, err);
}

static void fs_source_position_text(Source *s, StrBuf *out)
{
    if (s->handed.file >= s->files.n) return;
    const char *path = s->files.v[s->handed.file].path, *slash = strrchr(path, '/');
    strbuf_addf(out, "%s@%llu (file %u of %u)", slash ? slash + 1 : path, (unsigned long long)s->handed.offset, s->handed.file + 1, s->files.n);
}

static bool fs_source_position(Source *s, StrBuf *out, Err *err)
{
    (void)err;
    strbuf_put_u32(out, s->files.n);
    for (uint32_t i = 0; i < s->files.n; i++) strbuf_put_str(out, str_of(s->files.v[i].path));
    strbuf_put_u32(out, s->handed.file);
    strbuf_put_u64(out, s->handed.offset);
    strbuf_put_u32(out, s->handed.rows);
    return true;
}

static void fs_source_stats(const Source *s, SourceStats *out)
{
    *out = s->stats;
}

const SourceVt filesystem_source_vt = { .open = fs_source_open, .poll = fs_source_poll, .position = fs_source_position, .position_text = fs_source_position_text, .stats = fs_source_stats, .close = fs_source_close, .where = fs_source_where };
