/* Snapshots of a pipeline: a barrier through the graph, then the state of every operator as one byte string.
 * Format: "WSN1", u32 operators; each: digest text (what the operator means, plan_digest; a repeated one gets its count),
 * common part (watermarks, ended inputs, counters), own state. Operators are matched by digest, so a changed query keeps the
 * state of the operators that mean the same. Bytes only: where they are kept is the caller's business. */
#include "engine/base/hashtab.h"
#include "engine/run/pipeline.h"

#include <stdlib.h>

static const char magic[4] = { 'W', 'S', 'N', '1' };

/* The digest of a node; equal nodes of one plan are told apart by how many came before. */
static void node_key(const Plan *plan, uint32_t at, StrBuf *out)
{
    plan_digest(plan->nodes[at], out);
    uint32_t len = out->len, before = 0;
    StrBuf other = { 0 };
    for (uint32_t i = 0; i < at; i++) {
        if (plan->nodes[i]->kind != plan->nodes[at]->kind) continue;
        strbuf_clear(&other);
        plan_digest(plan->nodes[i], &other);
        before += other.len == len && memcmp(other.ptr, out->ptr, len) == 0;
    }
    strbuf_free(&other);
    if (before) strbuf_addf(out, "#%u", before);
}

static void put_common(const Op *op, bool ended, StrBuf *out)
{
    strbuf_put_u8(out, ended);
    strbuf_put_u64(out, (uint64_t)op->wm);
    strbuf_put_u64(out, op->rows_in);
    strbuf_put_u64(out, op->rows_out);
    strbuf_put_u64(out, op->late_rows);
    strbuf_put_u32(out, op->ninputs);
    for (uint32_t i = 0; i < op->ninputs; i++) {
        strbuf_put_u64(out, (uint64_t)op->input_wm[i]);
        strbuf_put_u8(out, (uint8_t)(op->input_done[i] | op->input_idle[i] << 1));
    }
}

static bool get_common(Op *op, Reader *in, bool *ended)
{
    *ended = reader_u8(in);
    op->wm = (int64_t)reader_u64(in);
    op->rows_in = reader_u64(in);
    op->rows_out = reader_u64(in);
    op->late_rows = reader_u64(in);
    if (reader_u32(in) != op->ninputs) return false;
    for (uint32_t i = 0; i < op->ninputs; i++) {
        op->input_wm[i] = (int64_t)reader_u64(in);
        uint8_t flags = reader_u8(in);
        op->input_done[i] = flags & 1;
        op->input_idle[i] = flags >> 1 & 1;
    }
    return !in->bad;
}

static bool put_op(const Pipeline *pipeline, uint32_t at, StrBuf *out, Err *err)
{
    Op *op = pipeline->ops[at];
    StrBuf part = { 0 };
    node_key(pipeline->plan, at, &part);
    strbuf_put_str(out, strbuf_str(&part));
    strbuf_clear(&part);
    put_common(op, pipeline->ended[at], &part);
    strbuf_put_str(out, strbuf_str(&part));
    strbuf_clear(&part);
    bool ok = !op->cls->snapshot || op->cls->snapshot(op, &part, err);
    strbuf_put_str(out, strbuf_str(&part));
    strbuf_free(&part);
    return ok;
}

bool pipeline_barrier(Pipeline *pipeline, uint64_t ckpt_id, Err *err)
{
    for (uint32_t i = 0; i < pipeline->nops; i++) {
        Op *op = pipeline->ops[i];
        if (op->cls->barrier && !op->cls->barrier(op, ckpt_id, err)) return false;
    }
    return true;
}

bool pipeline_snapshot(Pipeline *pipeline, uint64_t ckpt_id, StrBuf *out, Err *err)
{
    if (!pipeline_barrier(pipeline, ckpt_id, err)) return false;
    strbuf_add(out, magic, sizeof magic);
    strbuf_put_u32(out, pipeline->nops);
    for (uint32_t i = 0; i < pipeline->nops; i++)
        if (!put_op(pipeline, i, out, err)) return false;
    return true;
}

typedef struct Saved { Str common, own; } Saved;

static bool damaged(Err *err)
{
    return err_set(err, E_SNAPSHOT, "snapshot is damaged");
}

/* Digest -> parts of the snapshot; the parts borrow its bytes. */
static bool read_saved(Str snapshot, StrMap *map, Saved **saved, Err *err)
{
    Reader in = { snapshot.ptr, snapshot.ptr + snapshot.len, false };
    if (snapshot.len < sizeof magic || memcmp(snapshot.ptr, magic, sizeof magic) != 0) return damaged(err);
    in.ptr += sizeof magic;
    uint32_t n = reader_u32(&in);
    if (in.bad || n > snapshot.len) return damaged(err);
    *saved = xcalloc(n + 1, sizeof **saved);
    for (uint32_t i = 0; i < n; i++) {
        Str key = reader_str(&in);
        Saved one;
        one.common = reader_str(&in);
        one.own = reader_str(&in);
        if (in.bad) return damaged(err);
        (*saved)[strmap_put(map, key, NULL)] = one;
    }
    return true;
}

static bool restore_op(Pipeline *pipeline, uint32_t at, const Saved *saved, Err *err)
{
    Op *op = pipeline->ops[at];
    Reader own = { NULL, NULL, false };
    if (saved) {
        Reader common = { saved->common.ptr, saved->common.ptr + saved->common.len, false };
        if (!get_common(op, &common, &pipeline->ended[at])) return damaged(err);
        if (pipeline->ended[at]) pipeline->nended++;
        own = (Reader){ saved->own.ptr, saved->own.ptr + saved->own.len, false };
    }
    if (op->cls->restore && !op->cls->restore(op, &own, err)) return false;
    return !own.bad || damaged(err);
}

bool pipeline_restore(Pipeline *pipeline, Str snapshot, Err *err)
{
    StrMap map = { 0 };
    Saved *saved = NULL;
    StrBuf key = { 0 };
    bool ok = read_saved(snapshot, &map, &saved, err);
    for (uint32_t i = 0; ok && i < pipeline->nops; i++) {
        strbuf_clear(&key);
        node_key(pipeline->plan, i, &key);
        uint32_t slot = strmap_find(&map, strbuf_str(&key));
        ok = restore_op(pipeline, i, slot == STRMAP_NONE ? NULL : &saved[slot], err);
    }
    strbuf_free(&key);
    strmap_free(&map);
    free(saved);
    pipeline->env.restoring = false;
    return ok;
}

bool pipeline_commit_sources(Pipeline *pipeline, uint64_t ckpt_id, Err *err)
{
    for (uint32_t i = 0; i < pipeline->nops; i++)
        if (op_is_source(pipeline->ops[i]) && !op_source_committed(pipeline->ops[i], ckpt_id, err)) return false;
    return true;
}

bool pipeline_commit(Pipeline *pipeline, uint64_t ckpt_id, Err *err)
{
    for (uint32_t i = 0; i < pipeline->nops; i++) {
        Op *op = pipeline->ops[i];
        if (op->node->kind == PLAN_SINK && !op_sink_commit(op, ckpt_id, err)) return false;
    }
    return pipeline_commit_sources(pipeline, ckpt_id, err);
}
