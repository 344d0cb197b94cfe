/* datagen: rows made up. A cell is a pure function of the table's seed, the column and the row number, so the position is two
 * numbers and a restored source goes on exactly; the loops of the common types have no branch and no call.
 * Buffers are allocated once and refilled; long strings and nested values live in an arena that each poll resets. */
#include "connectors/connector.h"
#include "connectors/datagen_field.h"
#include "engine/base/clock.h"

#include <stdlib.h>

struct Source {
    Arena *arena;                   /* fields, buffers */
    Arena *rows_arena;              /* of the batch handed out */
    DatagenField *fields; uint32_t nfields;
    Batch batch;
    uint64_t seed, row, end;        /* rows [row, end) are still to come */
    int64_t rate, started_us;       /* rows a second; 0 = as fast as possible */
    uint64_t paced;                 /* rows handed out since started_us */
};

static const OptionDef datagen_options[] = {
    { .name = "rows-per-second", .type = OPT_LONG, .dflt = "10000", .doc = "Rows made per second." },
    { .name = "number-of-rows", .type = OPT_LONG, .doc = "How many rows to make in all; without it the table never ends, unless a field is a sequence." },
    { .name = "scan.parallelism", .type = OPT_INT, .flags = OPTF_IGNORED, .doc = "Number of source tasks." },
    { .name = "fields.#.kind", .type = OPT_ENUM, .dflt = "random", .flags = OPTF_PATTERN, .values = "random|sequence", .doc = "How the field is made." },
    { .name = "fields.#.min", .type = OPT_STRING, .flags = OPTF_PATTERN, .doc = "Least random value." },
    { .name = "fields.#.max", .type = OPT_STRING, .flags = OPTF_PATTERN, .doc = "Greatest random value." },
    { .name = "fields.#.max-past", .type = OPT_DURATION, .dflt = "0", .flags = OPTF_PATTERN, .doc = "How far back random timestamps reach." },
    { .name = "fields.#.length", .type = OPT_INT, .flags = OPTF_PATTERN, .doc = "Length of random text, bytes or collections." },
    { .name = "fields.#.var-len", .type = OPT_BOOL, .dflt = "false", .flags = OPTF_PATTERN, .doc = "Random length from 1 up to the length given." },
    { .name = "fields.#.null-rate", .type = OPT_DOUBLE, .dflt = "0", .flags = OPTF_PATTERN, .doc = "Share of NULLs, 0 to 1." },
    { .name = "fields.#.start", .type = OPT_STRING, .flags = OPTF_PATTERN, .doc = "First value of a sequence." },
    { .name = "fields.#.end", .type = OPT_STRING, .flags = OPTF_PATTERN, .doc = "Last value of a sequence." },
    { 0 },
};

/* --- open --- */

static bool read_fields(Source *source, const SourceSpec *spec, Err *err)
{
    const ConnTable *table = spec->table;
    source->nfields = spec->nphysical;
    source->fields = ARENA_ARRAY(source->arena, DatagenField, source->nfields + 1);
    /* Every field counts for the end of the table, also those that the query does not read. */
    for (uint32_t c = 0; c < table->physical.n; c++) {
        DatagenField field;
        if (!datagen_field_init(&field, source->arena, table->options, &table->physical.cols[c], c, err)) return false;
        if (field.sequence && field.count < source->end) source->end = field.count;
        for (uint32_t i = 0; i < spec->nphysical; i++)
            if (spec->physical[i] == c) source->fields[i] = field;
    }
    return true;
}

static bool read_options(Source *source, const SourceSpec *spec, Err *err)
{
    int64_t rows = -1, rate = 10000;
    const Options *options = spec->table->options;
    if (!options_i64(options, datagen_options, "number-of-rows", &rows, err)) return false;
    if (!options_i64(options, datagen_options, "rows-per-second", &rate, err)) return false;
    if (rate <= 0) return err_set(err, E_OPTION, "option 'rows-per-second' must be greater than 0");
    source->end = rows >= 0 ? (uint64_t)rows : UINT64_MAX;
    enum { UNTHROTTLED = 100000000 };
    source->rate = rate < UNTHROTTLED ? rate : 0;
    if (!read_fields(source, spec, err)) return false;
    if (spec->batch && source->end == UINT64_MAX) {
        err_set(err, E_INVALID, "table \"" STR_FMT "\" never ends and cannot be read in batch mode", STR_ARG(spec->table->name));
        return err_hint(err, "Set 'number-of-rows', or make a field a sequence.");
    }
    return true;
}

static void read_position(Source *source, Str position)
{
    Reader in = { position.ptr, position.ptr + position.len, false };
    if (!position.len) return;
    source->seed = reader_u64(&in);
    source->row = reader_u64(&in);
}

static void datagen_close(Source *source)
{
    arena_free(source->rows_arena);
    arena_free(source->arena);
    free(source);
}

static Source *datagen_open(const SourceSpec *spec, Str position, Err *err)
{
    Source *source = xcalloc(1, sizeof *source);
    source->arena = arena_new();
    source->rows_arena = arena_new();
    source->seed = random_u64();
    if (!read_options(source, spec, err)) {
        datagen_close(source);
        return NULL;
    }
    read_position(source, position);
    if (spec->limit >= 0 && (uint64_t)spec->limit < source->end) source->end = (uint64_t)spec->limit;
    source->batch.ncols = spec->out->n;
    source->batch.cols = ARENA_ARRAY(source->arena, Vec, spec->out->n + 1);
    source->batch.arena = source->rows_arena;
    for (uint32_t c = 0; c < spec->out->n; c++) vec_init(&source->batch.cols[c], source->arena, spec->out->cols[c].type, BATCH_ROWS);
    for (uint32_t i = 0; i < source->nfields; i++) datagen_field_buffers(&source->fields[i], source->arena, &source->batch.cols[i]);
    source->started_us = clock_monotonic_us();
    return source;
}

/* --- poll --- */

/* Rows that may be handed out now; waits a little for the first. */
static uint64_t rows_allowed(Source *source, int timeout_ms)
{
    if (!source->rate) return BATCH_ROWS;
    for (int waited = 0;; waited = 1) {
        int64_t elapsed = clock_monotonic_us() - source->started_us;
        __extension__ unsigned __int128 due = (unsigned __int128)(uint64_t)elapsed * (uint64_t)source->rate / 1000000 + 1;
        if (due > source->paced) return (uint64_t)(due - source->paced);
        if (waited || timeout_ms <= 0) return 0;
        /* Fast tables wait for a hundredth of a second's rows rather than for one. */
        enum { STEP_US = 10000 };
        int64_t until = (int64_t)((source->paced + 1) * 1000000 / (uint64_t)source->rate) - elapsed + 1;
        if (until < STEP_US) until = STEP_US;
        if (until > (int64_t)timeout_ms * 1000) until = (int64_t)timeout_ms * 1000;
        clock_sleep_us(until);
    }
}

static PollResult datagen_poll(Source *source, int timeout_ms, const Batch **out, Err *err)
{
    (void)err;
    if (source->row >= source->end) return POLL_END;
    uint64_t n = rows_allowed(source, timeout_ms);
    if (!n) return POLL_IDLE;
    if (n > BATCH_ROWS) n = BATCH_ROWS;
    if (n > source->end - source->row) n = source->end - source->row;
    arena_reset(source->rows_arena);
    int64_t now = clock_now_us();
    for (uint32_t i = 0; i < source->nfields; i++)
        datagen_field_fill(&source->fields[i], &source->batch.cols[i], source->rows_arena, source->seed, source->row, (uint32_t)n, now);
    source->batch.len = (uint32_t)n;
    source->row += n;
    source->paced += n;
    *out = &source->batch;
    return POLL_DATA;
}

static void datagen_position_text(Source *source, StrBuf *out)
{
    strbuf_addz(out, "datagen@");
    strbuf_add_i64(out, (int64_t)source->row);
}

static bool datagen_position(Source *source, StrBuf *out, Err *err)
{
    (void)err;
    strbuf_put_u64(out, source->seed);
    strbuf_put_u64(out, source->row);
    return true;
}

static void datagen_stats(const Source *source, SourceStats *out)
{
    *out = (SourceStats){ .rows = source->row };
}

static bool datagen_bounded(const ConnTable *table)
{
    if (options_find(table->options, STR("number-of-rows"))) return true;
    for (uint32_t i = 0; i < table->options->n; i++)
        if (str_starts(table->options->v[i].key, "fields.") && str_ends(table->options->v[i].key, ".kind") && str_iis(table->options->v[i].value, "sequence")) return true;
    return false;
}

static const SourceVt datagen_source = {
    .open = datagen_open, .poll = datagen_poll, .position = datagen_position, .position_text = datagen_position_text, .stats = datagen_stats, .close = datagen_close,
};

extern const ConnectorDef connector_datagen;
const ConnectorDef connector_datagen = {
    .name = "datagen", .caps = CONN_SOURCE | CONN_PUSH_PROJECTION | CONN_PUSH_LIMIT, .options = datagen_options, .bounded = datagen_bounded,
    .source = &datagen_source, .doc = "Makes rows up: random values or sequences.",
};
