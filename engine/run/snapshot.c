/* Snapshot encoding, restoring, comparing; see snapshot.h. */
#include "engine/run/snapshot.h"
#include "engine/base/hashtab.h"
#include "engine/plan/state_key.h"

#include <stdlib.h>

#define APPEND_BYTES_MAX 0xf0000000ull           /* a StrBuf ends at 4 GiB */

static const char magic[4] = { 'W', 'S', 'N', '2' };

/* --- writing --- */

static void put_common(const Op *op, bool ended, StrBuf *out)
{
    strbuf_put_u8(out, ended);
    strbuf_put_u64(out, (uint64_t)op->wm);
    strbuf_put_u64(out, (uint64_t)op->out_wm);
    strbuf_put_u8(out, (uint8_t)(op->out_done | op->out_idle << 1));
    strbuf_put_u64(out, op->rows_in);
    strbuf_put_u64(out, op->rows_out);
    strbuf_put_u64(out, op->late_rows);
    strbuf_put_u64(out, op->committed);
    strbuf_put_u32(out, op->ninputs);
    for (uint32_t i = 0; i < op->ninputs; i++) {
        strbuf_put_u64(out, (uint64_t)op->input_wm[i]);
        strbuf_put_u8(out, (uint8_t)(op->input_done[i] | op->input_idle[i] << 1));
    }
}

static bool encode_op(const Pipeline *pipeline, uint32_t at, StrBuf *head, StrBuf *own, SnapshotPut *put, void *ctx, Err *err)
{
    Op *op = pipeline->ops[at];
    StrBuf part = { 0 };
    if (!pipeline->keys[at].len) return true;
    strbuf_clear(head);
    strbuf_clear(own);
    if (op->cls->snapshot && !op->cls->snapshot(op, own, err)) return false;
    strbuf_put_u8(head, 1);
    strbuf_put_str(head, pipeline->keys[at]);
    strbuf_put_str(head, pipeline->names[at]);
    put_common(op, pipeline->ended[at], &part);
    strbuf_put_str(head, strbuf_str(&part));
    strbuf_put_u32(head, own->len);
    strbuf_free(&part);
    return put(ctx, strbuf_str(head), err) && put(ctx, strbuf_str(own), err);
}

bool snapshot_encode(const Pipeline *pipeline, SnapshotPut *put, void *ctx, Err *err)
{
    StrBuf head = { 0 }, own = { 0 };
    bool ok = put(ctx, (Str){ magic, sizeof magic }, err);
    for (uint32_t i = 0; ok && i < pipeline->nops; i++) ok = encode_op(pipeline, i, &head, &own, put, ctx, err);
    ok = ok && put(ctx, (Str){ "\0", 1 }, err);
    strbuf_free(&head);
    strbuf_free(&own);
    return ok;
}

bool snapshot_append(void *strbuf, Str bytes, Err *err)
{
    const StrBuf *buf = strbuf;
    if ((uint64_t)buf->len + bytes.len > APPEND_BYTES_MAX) return err_set(err, E_BUDGET, "the state is larger than a checkpoint can be (%llu bytes)", (unsigned long long)APPEND_BYTES_MAX);
    strbuf_adds(strbuf, bytes);
    return true;
}

void snapshot_operators(const Pipeline *pipeline, StrBuf *out)
{
    for (uint32_t i = 0; i < pipeline->nops; i++) {
        const Op *op = pipeline->ops[i];
        size_t bytes = op->cls->state_bytes ? op->cls->state_bytes(op) : 0;
        if (!bytes) continue;
        strbuf_addf(out, "%zu\t" STR_FMT "\n", bytes, STR_ARG(pipeline->names[i]));
    }
}

/* --- reading --- */

typedef struct Saved { Str key, name, common, own; bool claimed; } Saved;
typedef struct SavedOps { StrMap map; Saved *v; uint32_t n, cap; } SavedOps;   /* parts borrow the snapshot's bytes; by slot of the map */

static bool damaged(Err *err)
{
    return err_set(err, E_SNAPSHOT, "the checkpoint is damaged: its operators cannot be read");
}

static void saved_free(SavedOps *saved)
{
    strmap_free(&saved->map);
    free(saved->v);
}

static bool read_saved(Str snapshot, SavedOps *out, Err *err)
{
    Reader in = { snapshot.ptr, snapshot.ptr + snapshot.len, false };
    if (snapshot.len < sizeof magic || memcmp(snapshot.ptr, magic, sizeof magic) != 0) return damaged(err);
    in.ptr += sizeof magic;
    while (reader_u8(&in) == 1) {
        Saved one = { .key = reader_str(&in) };
        one.name = reader_str(&in);
        one.common = reader_str(&in);
        one.own = reader_str(&in);
        if (in.bad) return damaged(err);
        uint32_t slot = strmap_put(&out->map, one.key, NULL);
        if (slot >= out->cap) {
            out->cap = slot * 2 + 16;
            out->v = xrealloc(out->v, out->cap * sizeof *out->v);
        }
        out->v[slot] = one;
        out->n = slot >= out->n ? slot + 1 : out->n;
    }
    return !in.bad || damaged(err);
}

static Saved *find_saved(SavedOps *saved, Str key)
{
    uint32_t slot = key.len ? strmap_find(&saved->map, key) : STRMAP_NONE;
    return slot == STRMAP_NONE ? NULL : &saved->v[slot];
}

static bool get_common(Op *op, Reader *in, bool *ended)
{
    *ended = reader_u8(in);
    op->wm = (int64_t)reader_u64(in);
    op->out_wm = (int64_t)reader_u64(in);
    uint8_t out = reader_u8(in);
    op->out_done = out & 1;
    op->out_idle = out >> 1 & 1;
    op->rows_in = reader_u64(in);
    op->rows_out = reader_u64(in);
    op->late_rows = reader_u64(in);
    op->committed = reader_u64(in);
    if (reader_u32(in) != op->ninputs) return false;
    for (uint32_t i = 0; i < op->ninputs; i++) {
        op->input_wm[i] = (int64_t)reader_u64(in);
        uint8_t flags = reader_u8(in);
        op->input_done[i] = flags & 1;
        op->input_idle[i] = flags >> 1 & 1;
    }
    return !in->bad;
}

static void derive_common(Pipeline *pipeline, uint32_t at)
{
    const PlanNode *node = pipeline->plan->nodes[at];
    Op **inputs = xcalloc(node->ninputs + 1, sizeof *inputs);
    for (uint32_t i = 0; i < node->ninputs; i++) inputs[i] = pipeline->ops[node->inputs[i]->id];
    op_derive(pipeline->ops[at], inputs);
    free(inputs);
}

static bool is_sink(const Saved *saved)
{
    return str_starts(saved->key, plan_kind_name(PLAN_SINK));
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
    } else {
        derive_common(pipeline, at);
    }
    if (op->cls->restore && !op->cls->restore(op, &own, err)) return false;
    return !own.bad || damaged(err);
}

bool pipeline_restore(Pipeline *pipeline, Str snapshot, Err *err)
{
    SavedOps saved = { 0 };
    bool ok = read_saved(snapshot, &saved, err);
    for (uint32_t i = 0; ok && i < pipeline->nops; i++) ok = restore_op(pipeline, i, find_saved(&saved, pipeline->keys[i]), err);
    saved_free(&saved);
    pipeline->env.restoring = false;
    return ok;
}

bool snapshot_compare(const Plan *plan, Str snapshot, SnapshotDiff *out, Err *err)
{
    SavedOps saved = { 0 };
    Arena *arena = arena_new();
    const Str *keys = plan_state_keys(plan, arena);
    bool same_target = false;
    bool ok = read_saved(snapshot, &saved, err);
    for (uint32_t i = 0; ok && i < plan->nnodes; i++) {
        Saved *found = find_saved(&saved, keys[i]);
        if (found) found->claimed = true;
        same_target |= found && is_sink(found);
        if (found || !keys[i].len || plan->nodes[i]->kind == PLAN_SINK) continue;
        plan_state_name(plan, i, &out->missing);
        strbuf_addc(&out->missing, '\n');
        out->nmissing++;
    }
    for (uint32_t i = 0; ok && i < saved.n; i++) {
        /* A sink that is gone is missed only with rows in it, or when no sink is the same any more: another job's checkpoint, then. */
        if (saved.v[i].claimed || (saved.v[i].own.len == 0 && (!is_sink(&saved.v[i]) || same_target))) continue;
        strbuf_adds(&out->lost, saved.v[i].name);
        strbuf_addc(&out->lost, '\n');
        out->nlost++;
    }
    arena_free(arena);
    saved_free(&saved);
    return ok;
}

void snapshot_diff_free(SnapshotDiff *diff)
{
    strbuf_free(&diff->lost);
    strbuf_free(&diff->missing);
}
