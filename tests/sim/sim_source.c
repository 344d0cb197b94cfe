/* 'simlog': a topic of the world as a source, like kafka: partitions read in any order in batches of any size, idle polls, failures that pass,
 * a consumer group that is told the position of durable checkpoints. Promises it checks: the group is never ahead of what a restart begins with. */
#include "tests/sim/world.h"
#include "engine/base/clock.h"

#include <stdlib.h>

struct Source {
    const SourceSpec *spec;
    Topic *topic; uint32_t number;
    bool bounded;
    uint64_t at[PARTS_MAX];
    BatchBuilder builder;
};

static const OptionDef log_options[] = {
    { .name = "topic", .type = OPT_INT, .flags = OPTF_REQUIRED, .doc = "Number of the topic." },
    { .name = "bounded", .type = OPT_BOOL, .dflt = "false", .doc = "End behind the last row." },
    { 0 },
};

static bool log_bounded(const ConnTable *table)
{
    Err err = { 0 };
    bool bounded = false;
    return options_bool(table->options, log_options, "bounded", &bounded, &err) && bounded;
}

static Source *log_open(const SourceSpec *spec, Str position, Err *err)
{
    int64_t number = 0;
    if (!sim_enter("source open", err) || !options_i64(spec->table->options, log_options, "topic", &number, err)) return NULL;
    Source *source = xcalloc(1, sizeof *source);
    source->spec = spec;
    source->number = (uint32_t)number;
    source->topic = &world.topics[number];
    source->bounded = log_bounded(spec->table);
    Reader in = { position.ptr, position.ptr + position.len, false };
    for (uint32_t p = 0; position.len && p < source->topic->nparts; p++) source->at[p] = reader_u64(&in);
    for (uint32_t p = 0; p < source->topic->nparts; p++)
        if (source->topic->group[p] > source->at[p])
            sim_broken("topic %u[%u]: the group stands at %llu, a restart begins at %llu", source->number, p, (unsigned long long)source->topic->group[p], (unsigned long long)source->at[p]);
    builder_init(&source->builder, spec->out, BATCH_ROWS);
    return source;
}

static void add_row(Source *source, uint32_t part, const SimRow *row)
{
    BatchBuilder *builder = &source->builder;
    for (uint32_t c = 0; c < source->spec->nphysical; c++) {
        Datum value;
        switch (source->spec->physical[c]) {
        case 0: value = datum_i64(row->id); break;
        case 1: value = datum_str(builder->batch.arena, (Str){ &row->k, 1 }); break;
        case 2: value = datum_i64(row->v); break;
        default: value = instant_datum(source->spec->out->cols[c].type, instant_us(row->ts_us)); break;
        }
        builder_set(builder, c, &value);
    }
    builder->split[builder->batch.len] = (uint16_t)part;
    builder->has_split = true;
    builder_row(builder, ROW_INSERT);
}

static bool exhausted(const Source *source)
{
    for (uint32_t p = 0; p < source->topic->nparts; p++)
        if (source->at[p] < source->topic->nrows[p]) return false;
    return true;
}

static PollResult log_poll(Source *source, int timeout_ms, const Batch **out, Err *err)
{
    if (!sim_enter("source poll", err)) return POLL_ERROR;
    builder_reset(&source->builder);
    if (exhausted(source) && source->bounded) return POLL_END;
    if (exhausted(source) || sim_pick(4) == 0) {
        clock_advance((int64_t)sim_pick((uint32_t)timeout_ms + 1) * 1000);
        return POLL_IDLE;
    }
    for (uint32_t runs = 1 + sim_pick(3); runs > 0; runs--) {
        uint32_t part = sim_pick(source->topic->nparts);
        for (uint32_t n = 1 + sim_pick(12); n > 0 && source->at[part] < source->topic->nrows[part]; n--) add_row(source, part, &source->topic->rows[part][source->at[part]++]);
    }
    *out = builder_batch(&source->builder);
    return source->builder.batch.len ? POLL_DATA : POLL_IDLE;
}

static bool log_position(Source *source, StrBuf *out, Err *err)
{
    if (!sim_enter("source position", err)) return false;
    for (uint32_t p = 0; p < source->topic->nparts; p++) {
        uint64_t at = source->at[p];
        if (world.plant == PLANT_LATE_POSITION && at < source->topic->nrows[p]) at++;
        strbuf_put_u64(out, at);
    }
    return true;
}

static bool set_group(Source *source, Str position)
{
    Reader in = { position.ptr, position.ptr + position.len, false };
    for (uint32_t p = 0; p < source->topic->nparts; p++) {
        uint64_t at = reader_u64(&in);
        if (world.plant == PLANT_GROUP_AHEAD) at = source->at[p];
        source->topic->group[p] = at;
    }
    return true;
}

static bool log_committed(Source *source, uint64_t ckpt_id, Str position, Err *err)
{
    if (!sim_enter("source committed", err)) return false;
    if (ckpt_id != world.newest_durable()) sim_broken("offsets of checkpoint %llu are committed, the newest durable one is %llu", (unsigned long long)ckpt_id, (unsigned long long)world.newest_durable());
    set_group(source, position);
    return !sim_may_fail(world.error_odds) || sim_error("source committed, answer lost", err);
}

static bool log_group_offsets(Source *source, Str position, Arena *arena, GroupOffsets *out, Err *err)
{
    (void)err;
    Reader in = { position.ptr, position.ptr + position.len, false };
    for (uint32_t p = 0; p < source->topic->nparts; p++) {
        GroupOffset offset = { .group = STR("group"), .topic = str_printf(arena, "%u", source->number), .partition = (int32_t)p, .offset = (int64_t)reader_u64(&in) };
        ARENA_PUSH(arena, *out, offset);
    }
    return true;
}

static uint32_t log_splits(Source *source)
{
    return source->topic->nparts;
}

static bool log_split_finished(Source *source, uint32_t split)
{
    return source->bounded && source->at[split] >= source->topic->nrows[split];
}

static void log_close(Source *source)
{
    builder_free(&source->builder);
    free(source);
}

static const SourceVt log_vt = {
    .open = log_open, .poll = log_poll, .position = log_position, .committed = log_committed, .group_offsets = log_group_offsets, .splits = log_splits,
    .split_finished = log_split_finished, .close = log_close,
};
const ConnectorDef sim_log = { .name = "simlog", .caps = CONN_SOURCE | CONN_PUSH_PROJECTION, .options = log_options, .bounded = log_bounded, .source = &log_vt, .doc = "A simulated topic." };
