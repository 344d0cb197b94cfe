/* jdbc sink, all dialects: rows are encoded once when they come, the last change of a key stands, and a flush writes the upserts and then the deletes in
 * one transaction, in the order of their keys (two writers of the same rows then wait for each other instead of locking each other out).
 * The buffer is emptied only when the database has taken it: a database that is away is waited for and the same rows go again (at-least-once).
 * Exactly-once: rows wait for commit(), whose flush carries the epoch's number (jdbc_epoch.c) and finds out whether an attempt that was cut off
 * had got through. Threading: the job's thread. */
#include "connectors/jdbc.h"
#include "engine/base/clock.h"
#include "engine/base/hashtab.h"
#include "engine/base/log.h"
#include "engine/type/rowcodec.h"

#include <stdlib.h>

enum { BUFFER_BYTES_MAX = 64 << 20 };

typedef struct BufferedRow { uint32_t at, len; bool deleted; } BufferedRow;
typedef struct KeyedRow { Str key; uint32_t row; } KeyedRow;

struct Sink {
    Arena *arena;
    const SinkSpec *spec;
    JdbcConf conf;
    const JdbcDialect *dialect;
    JdbcWriter *writer;
    bool connected;
    JdbcRetry retry;
    StrBuf bytes, key;                           /* encoded rows back to back; key of the row under way */
    BufferedRow *rows; uint32_t n, cap;
    StrMap keys; uint32_t *last, last_cap;       /* key -> its row in the buffer */
    Str *list; KeyedRow *order; uint32_t list_cap;   /* of the flush under way */
    JdbcEpoch epoch;                             /* exactly-once only */
    int64_t deadline_us;
    SinkStats stats;
};

static void sink_close(Sink *s)
{
    if (!s) return;
    if (s->writer) s->dialect->writer_free(s->writer);
    strbuf_free(&s->bytes);
    strbuf_free(&s->key);
    strmap_free(&s->keys);
    free(s->rows);
    free(s->last);
    free(s->list);
    free(s->order);
    arena_free(s->arena);
}

/* Connects, waiting for a database that is away. */
static bool connect_waiting(Sink *s, Err *err)
{
    while (!s->connected) {
        if (s->dialect->writer_connect(s->writer, err)) {
            s->connected = true;
            if (s->n == 0) jdbc_back(&s->retry, s->spec->table->name);     /* else the flush tells: a locked file opens and takes no row */
            break;
        }
        if (!err->retriable || !jdbc_wait(&s->retry, &s->conf, s->spec->table->name, "writing", s->spec->cancel, err)) return false;
    }
    return true;
}

static Sink *sink_open(const SinkSpec *spec, Str saved, Err *err)
{
    (void)saved;                                 /* every barrier flushes, or op_sink keeps the rows: nothing to bring back */
    Arena *arena = arena_new();
    Sink *s = ARENA_NEW(arena, Sink);
    s->arena = arena;
    s->spec = spec;
    s->deadline_us = INT64_MAX;
    if (spec->exactly_once) s->epoch = jdbc_epoch_new(arena, spec);
    if (jdbc_conf(arena, spec->table, &s->conf, err)) {
        s->dialect = s->conf.dialect;
        s->writer = s->dialect->writer_new(spec, &s->conf, err);
        if (s->writer && connect_waiting(s, err)) return s;
    }
    sink_close(s);
    return NULL;
}

/* ---- buffer ---- */

static void buffer_clear(Sink *s)
{
    strbuf_clear(&s->bytes);
    strmap_clear(&s->keys);
    s->n = 0;
    s->deadline_us = INT64_MAX;
}

/* The row replaces the earlier one of its key. */
static void keep_last(Sink *s, const Batch *batch, uint32_t row)
{
    bool added;
    strbuf_clear(&s->key);
    row_encode(batch->cols, s->spec->table->pk, s->spec->table->npk, row, &s->key);
    uint32_t slot = strmap_put(&s->keys, strbuf_str(&s->key), &added);
    if (slot >= s->last_cap) {
        s->last_cap = slot * 2 + 256;
        s->last = xrealloc(s->last, s->last_cap * sizeof *s->last);
    }
    s->last[slot] = s->n;
}

static bool buffer_row(Sink *s, const Batch *batch, uint32_t row, RowOp op, Err *err)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 256;
        s->rows = xrealloc(s->rows, s->cap * sizeof *s->rows);
    }
    uint32_t at = s->bytes.len;
    if (!s->dialect->writer_encode(s->writer, batch, row, &s->bytes, err)) { s->bytes.len = at; return false; }
    if (s->spec->table->npk) keep_last(s, batch, row);
    s->rows[s->n++] = (BufferedRow){ at, s->bytes.len - at, !row_op_adds(op) };
    return true;
}

/* ---- flush ---- */

static int compare_keys(const void *a, const void *b)
{
    return str_cmp(((const KeyedRow *)a)->key, ((const KeyedRow *)b)->key);
}

/* The rows to write, each once: the last of each key in the order of the keys, or all as they came. Returns how many. */
static uint32_t order_rows(Sink *s)
{
    uint32_t n = s->spec->table->npk ? strmap_len(&s->keys) : s->n;
    if (!s->list || s->list_cap < n) {
        s->list_cap = s->cap + 1;
        s->list = xrealloc(s->list, s->list_cap * sizeof *s->list);
        s->order = xrealloc(s->order, s->list_cap * sizeof *s->order);
    }
    if (s->spec->table->npk == 0) {
        for (uint32_t i = 0; i < n; i++) s->order[i] = (KeyedRow){ STR_NULL, i };
        return n;
    }
    for (uint32_t slot = 0; slot < n; slot++) s->order[slot] = (KeyedRow){ strmap_key(&s->keys, slot), s->last[slot] };
    if (n) qsort(s->order, n, sizeof *s->order, compare_keys);
    return n;
}

/* Those of n ordered rows that are of one kind, from list[from] on. */
static JdbcRows collect(Sink *s, uint32_t n, uint32_t from, bool deleted)
{
    JdbcRows out = { s->list + from, 0 };
    for (uint32_t i = 0; i < n; i++) {
        const BufferedRow *row = &s->rows[s->order[i].row];
        if (row->deleted == deleted) s->list[from + out.n++] = (Str){ s->bytes.ptr + row->at, row->len };
    }
    return out;
}

/* After a failure: true when it is to be tried again. E_CONNECTION: away, for as long as it takes. Others: refused for the moment, sink.max-retries times. */
static bool try_again(Sink *s, int64_t *refused, Err *err)
{
    if (!err->retriable) return false;
    if (err->code == E_CONNECTION) s->connected = false;
    else if (++*refused > s->conf.max_retries) return false;
    s->stats.retries++;
    return jdbc_wait(&s->retry, &s->conf, s->spec->table->name, "writing", s->spec->cancel, err);
}

/* Writes what is buffered; with an epoch its number as well, rows or no rows. */
static bool flush(Sink *s, const JdbcEpoch *epoch, Err *err)
{
    if (s->n == 0 && !epoch) return true;
    uint32_t n = order_rows(s);
    JdbcRows inserts = collect(s, n, 0, false), deletes = collect(s, n, inserts.n, true);
    for (int64_t refused = 0;;) {
        if (!connect_waiting(s, err)) return false;
        if (s->dialect->writer_flush(s->writer, &inserts, &deletes, epoch, err)) break;
        if (!try_again(s, &refused, err)) return false;
    }
    jdbc_back(&s->retry, s->spec->table->name);
    s->stats.rows += n;
    s->stats.bytes += s->bytes.len;
    buffer_clear(s);
    return true;
}

static bool sink_write(Sink *s, const Batch *batch, Err *err)
{
    for (uint32_t i = 0, n = batch_live(batch); i < n; i++) {
        uint32_t row = batch_row(batch, i);
        if (!buffer_row(s, batch, row, batch_op(batch, row), err)) return false;
        if (s->bytes.len > BUFFER_BYTES_MAX && !s->spec->exactly_once && !flush(s, NULL, err)) return false;
    }
    if (s->n == 0 || s->spec->exactly_once) return true;
    /* A batch is written as a whole: a command of many rows costs little more than one of few. */
    if (s->conf.max_rows && s->n >= s->conf.max_rows) return flush(s, NULL, err);
    if (s->conf.interval_us && s->deadline_us == INT64_MAX) s->deadline_us = clock_monotonic_us() + s->conf.interval_us;
    return true;
}

static bool sink_tick(Sink *s, int64_t now_us, Err *err)
{
    return now_us < s->deadline_us || flush(s, NULL, err);
}
static int64_t sink_deadline(Sink *s)
{
    return s->deadline_us;
}
static bool sink_prepare(Sink *s, uint64_t ckpt_id, StrBuf *handle, Err *err)
{
    (void)ckpt_id, (void)handle;
    return s->spec->exactly_once || flush(s, NULL, err);
}
static bool sink_finish(Sink *s, Err *err)
{
    return s->spec->exactly_once || flush(s, NULL, err);
}

/* What is buffered, and the target's number becomes epoch.number of this lineage. */
static bool advance(Sink *s, Err *err)
{
    if (!flush(s, &s->epoch, err)) return false;
    s->epoch.held_lineage = s->epoch.lineage;
    s->epoch.held = s->epoch.number;
    return true;
}

static bool sink_claim(Sink *s, uint64_t *epoch, uint64_t *other, Err *err)
{
    for (int64_t refused = 0;;) {
        if (!connect_waiting(s, err)) return false;
        if (!jdbc_injected("jdbc.claim", err) && s->dialect->writer_claim(s->writer, &s->epoch, err)) break;
        if (!try_again(s, &refused, err)) return false;
    }
    jdbc_back(&s->retry, s->spec->table->name);
    bool ours = strcmp(s->epoch.held_lineage, s->epoch.lineage) == 0;
    *epoch = ours ? s->epoch.held : 0;
    *other = ours || !s->epoch.held_lineage[0] ? 0 : s->epoch.held ? s->epoch.held : 1;      /* a chain that has written nothing yet is another one all the same */
    if (ours || !s->spec->fresh) return true;
    /* A fresh start's own from now on: killed before its first rows, it would meet the number of another chain and go no further. */
    s->epoch.number = 0;
    return advance(s, err);
}

static bool sink_commit(Sink *s, uint64_t ckpt_id, Err *err)
{
    if (!s->spec->exactly_once) return true;
    if (strcmp(s->epoch.held_lineage, s->epoch.lineage) == 0 && ckpt_id <= s->epoch.held) {
        if (ckpt_id < s->epoch.held) return err_set(err, E_INTERNAL, "epoch %llu comes after epoch %llu", (unsigned long long)ckpt_id, (unsigned long long)s->epoch.held);
        buffer_clear(s);                         /* committed before: the target holds these rows */
        return true;
    }
    s->epoch.number = ckpt_id;
    return advance(s, err);
}

static void sink_stats(const Sink *s, SinkStats *out)
{
    *out = s->stats;
}

const SinkVt jdbc_sink_vt = { .open = sink_open, .write = sink_write, .tick = sink_tick, .next_deadline_us = sink_deadline, .prepare = sink_prepare,
                              .claim = sink_claim, .commit = sink_commit, .finish = sink_finish, .stats = sink_stats, .close = sink_close };
