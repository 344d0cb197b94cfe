/* jdbc source, all dialects: a bounded scan, in slices when scan.partition.* says so (slice i belongs to the parallel instance i mod N).
 * Position: slice under way, rows of it handed out, done flag. A restart reads that slice again and leaves those rows out, which is exact as long
 * as the table stands still. A connection lost on the way is opened again in the same manner. Threading: the job's thread. */
#include "connectors/jdbc.h"
#include "engine/base/log.h"

struct Source {
    Arena *arena;
    const SourceSpec *spec;
    JdbcConf conf;
    const JdbcDialect *dialect;
    JdbcReader *reader;
    bool connected, begun, done;
    JdbcRetry retry;
    int64_t slice; uint64_t handed;              /* slice under way; rows of it handed out */
    BatchBuilder builder;
    SourceStats stats;
};

static void source_close(Source *s)
{
    if (!s) return;
    if (s->reader) s->dialect->reader_free(s->reader);
    builder_free(&s->builder);
    arena_free(s->arena);
}

static bool restore(Source *s, Str saved, Err *err)
{
    if (saved.len == 0) return true;
    Reader reader = { saved.ptr, saved.ptr + saved.len, false };
    s->slice = (int64_t)reader_u64(&reader);
    s->handed = reader_u64(&reader);
    s->done = reader_u8(&reader) != 0;
    return reader.bad ? err_set(err, E_SNAPSHOT, "the saved position of a jdbc scan is damaged") : true;
}

static bool connect_waiting(Source *s, Err *err)
{
    while (!s->connected) {
        s->begun = false;
        if (s->dialect->reader_connect(s->reader, err)) {
            s->connected = true;
            jdbc_back(&s->retry, s->spec->table->name);
            break;
        }
        if (!err->retriable || !jdbc_wait(&s->retry, &s->conf, s->spec->table->name, "reading", s->spec->cancel, err)) return false;
    }
    return true;
}

static Source *source_open(const SourceSpec *spec, Str saved_position, Err *err)
{
    Arena *arena = arena_new();
    Source *s = ARENA_NEW(arena, Source);
    s->arena = arena;
    s->spec = spec;
    s->slice = spec->parallel_index;
    builder_init(&s->builder, spec->out, BATCH_ROWS);
    if (jdbc_conf(arena, spec->table, &s->conf, err) && restore(s, saved_position, err)) {
        s->dialect = s->conf.dialect;
        s->reader = s->dialect->reader_new(spec, &s->conf, err);
        if (s->reader && connect_waiting(s, err)) return s;
    }
    source_close(s);
    return NULL;
}

/* Bounds of slice i as Flink's JdbcNumericBetweenParametersProvider cuts them; false when there is no such slice. */
static bool slice_bounds(const Source *s, int64_t i, JdbcSlice *out)
{
    const JdbcConf *conf = &s->conf;
    *out = (JdbcSlice){ .skip = s->handed };
    if (!conf->sliced) return i == 0;
    __extension__ typedef unsigned __int128 wide;
    wide count = (wide)((uint64_t)conf->upper - (uint64_t)conf->lower) + 1, slices = (wide)conf->slices > count ? count : (wide)conf->slices;
    if ((wide)i >= slices) return false;
    wide size = (count + slices - 1) / slices, big = count - (size - 1) * slices, at = (wide)i;
    wide start = at <= big ? at * size : big * size + (at - big) * (size - 1), end = start + size - 1 - (at >= big ? 1 : 0);
    out->bounded = true;
    out->lower = (int64_t)((uint64_t)conf->lower + (uint64_t)start);
    out->upper = (int64_t)((uint64_t)conf->lower + (uint64_t)end);
    return true;
}

static void slice_next(Source *s)
{
    s->slice += s->spec->parallel_count ? s->spec->parallel_count : 1;
    s->handed = 0;
    s->begun = false;
}

/* One attempt; false with a retriable err when the connection was lost. */
static bool fetch(Source *s, int timeout_ms, PollResult *result, Err *err)
{
    JdbcSlice slice;
    bool ready, end;
    *result = POLL_END;
    if (!slice_bounds(s, s->slice, &slice)) { s->done = true; return true; }
    if (!s->begun && !s->dialect->reader_begin(s->reader, &slice, err)) return false;
    s->begun = true;
    *result = POLL_IDLE;
    builder_reset(&s->builder);
    if (!s->dialect->reader_fetch(s->reader, timeout_ms, &s->builder, &ready, &end, err)) return false;
    if (!ready) return true;
    uint32_t n = s->builder.batch.len;
    s->handed += n;
    s->stats.rows += n;
    if (end) slice_next(s);
    if (n) *result = POLL_DATA;
    return true;
}

static PollResult source_poll(Source *s, int timeout_ms, const Batch **out_borrowed, Err *err)
{
    PollResult result = POLL_END;
    while (!s->done) {
        if (!connect_waiting(s, err)) return POLL_ERROR;
        if (fetch(s, timeout_ms, &result, err)) {
            if (result == POLL_IDLE && !s->begun) continue;       /* an empty slice: on to the next */
            break;
        }
        if (!err->retriable) return POLL_ERROR;
        s->connected = false;
        if (!jdbc_wait(&s->retry, &s->conf, s->spec->table->name, "reading", s->spec->cancel, err)) return POLL_ERROR;
    }
    if (result == POLL_DATA) *out_borrowed = builder_batch(&s->builder);
    return result;
}

static bool scan_position(Source *s, StrBuf *out, Err *err)
{
    (void)err;
    strbuf_put_u64(out, (uint64_t)s->slice);
    strbuf_put_u64(out, s->handed);
    strbuf_put_u8(out, s->done);
    return true;
}

static void source_stats(const Source *s, SourceStats *out)
{
    *out = s->stats;
}

const SourceVt jdbc_source_vt = { .open = source_open, .poll = source_poll, .position = scan_position, .stats = source_stats, .close = source_close };
