/* Rows held for an exactly-once sink; see the header. */
#include "engine/op/held_rows.h"
#include "engine/base/hash.h"
#include "engine/type/rowcodec.h"

#include <stdlib.h>

void held_rows_free(HeldRows *held)
{
    strbuf_free(&held->bytes);
    strbuf_free(&held->encoded);
    free(held->offsets);
    *held = (HeldRows){ 0 };
}

/* Of names and types; nullability decides no byte. Never 0. */
static uint64_t layout_of(const Schema *schema)
{
    Arena *arena = arena_new();
    StrBuf text = { 0 };
    for (uint32_t i = 0; i < schema->n; i++) {
        strbuf_addf(&text, STR_FMT " ", STR_ARG(schema->cols[i].name));
        type_print(type_with_null(arena, schema->cols[i].type, true), false, &text);
        strbuf_addz(&text, ", ");
    }
    uint64_t hash = hash_bytes(text.ptr, text.len);
    strbuf_free(&text);
    arena_free(arena);
    return hash | 1;
}

void held_rows_add(HeldRows *held, const Schema *schema, const Batch *batch)
{
    uint32_t live = batch_live(batch);
    if (live + 1 > held->cap) {
        held->cap = live + 1;
        held->offsets = xrealloc(held->offsets, held->cap * sizeof *held->offsets);
    }
    strbuf_clear(&held->encoded);
    rows_encode(batch, NULL, schema->n, &held->encoded, held->offsets);
    if (!held->layout) held->layout = layout_of(schema);
    strbuf_put_u64(&held->bytes, held->layout);
    strbuf_put_u32(&held->bytes, live);
    for (uint32_t i = 0; i < live; i++) strbuf_put_u8(&held->bytes, (uint8_t)batch_op(batch, batch_row(batch, i)));
    strbuf_put_str(&held->bytes, strbuf_str(&held->encoded));
}

static bool damaged(Err *err)
{
    return err_set(err, E_SNAPSHOT, "rows held for a sink cannot be read");
}

static bool other_columns(Err *err)
{
    err_set(err, E_SNAPSHOT, "the last run left rows to be written that were made with other columns than the table has now");
    return err_hint(err, "Start once with the statements as they were: the rows are written at once. Then change them.");
}

typedef struct Replay { BatchBuilder builder; const Schema *schema; uint64_t layout; bool (*write)(void *ctx, const Batch *batch, Err *err); void *ctx; } Replay;

static bool flush(Replay *replay, Err *err)
{
    if (replay->builder.batch.len == 0) return true;
    bool ok = replay->write(replay->ctx, builder_batch(&replay->builder), err);
    builder_reset(&replay->builder);
    return ok;
}

/* The rows of one batch that came. */
static bool replay_part(Replay *replay, Reader *in, Datum *cells, Err *err)
{
    uint64_t layout = reader_u64(in);
    uint32_t n = reader_u32(in);
    if (!in->bad && layout != replay->layout) return other_columns(err);
    if (in->bad || n > (size_t)(in->end - in->ptr)) return damaged(err);
    const char *ops = in->ptr;
    in->ptr += n;
    Str bytes = reader_str(in);
    Reader rows = { bytes.ptr, bytes.ptr + bytes.len, in->bad };
    for (uint32_t i = 0; i < n; i++) {
        if ((uint8_t)ops[i] > ROW_DELETE || !row_decode(replay->schema, &rows, replay->builder.batch.arena, cells)) return damaged(err);
        for (uint32_t c = 0; c < replay->schema->n; c++) builder_set(&replay->builder, c, &cells[c]);
        builder_row(&replay->builder, (RowOp)ops[i]);
        if (builder_full(&replay->builder) && !flush(replay, err)) return false;
    }
    return true;
}

bool held_rows_replay(Str bytes, const Schema *schema, bool (*write)(void *ctx, const Batch *batch, Err *err), void *ctx, Err *err)
{
    Replay replay = { .schema = schema, .layout = layout_of(schema), .write = write, .ctx = ctx };
    Reader in = { bytes.ptr, bytes.ptr + bytes.len, false };
    Datum *cells = xcalloc(schema->n + 1, sizeof *cells);
    bool ok = true;
    builder_init(&replay.builder, schema, BATCH_ROWS);
    while (ok && in.ptr < in.end) ok = replay_part(&replay, &in, cells, err);
    ok = ok && flush(&replay, err);
    builder_free(&replay.builder);
    free(cells);
    return ok;
}
