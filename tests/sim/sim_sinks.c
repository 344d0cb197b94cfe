/* The three kinds of sinks, over targets of the world:
 *   'simexact'  exactly-once by an epoch in the target (claim, commit). A commit may fail before it reached the target, after it (the answer is lost),
 *               or arrive late; a crash may come at any of these points. Promises it checks: what is committed is in a durable checkpoint,
 *               no row comes after its epoch, the epoch's key stays the same.
 *   'simplain'  at-least-once: rows are buffered and flushed by time and at barriers
 *   'simfiles'  two-phase: hidden files, a handle, visible at commit */
#include "tests/sim/world.h"
#include "engine/base/clock.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct Pending { uint32_t number; uint64_t ckpt; } Pending;   /* a hidden file; ckpt 0 = no barrier since */
struct Sink {
    const SinkSpec *spec;
    Target *target;
    uint32_t number, writer;
    StrBuf lines;                                /* rows taken, not yet in the target */
    int64_t flush_us;
    uint32_t run, next_file; Pending files[512]; uint32_t nfiles;
};

static const OptionDef sink_options[] = {
    { .name = "target", .type = OPT_INT, .flags = OPTF_REQUIRED, .doc = "Number of the target." },
    { 0 },
};

static Sink *open_sink(const SinkSpec *spec, Err *err)
{
    int64_t number = 0;
    if (!sim_enter("sink open", err) || !options_i64(spec->table->options, sink_options, "target", &number, err)) return NULL;
    Sink *sink = xcalloc(1, sizeof *sink);
    sink->spec = spec;
    sink->number = (uint32_t)number;
    sink->target = &world.targets[number];
    sink->flush_us = INT64_MAX;
    return sink;
}

static void close_sink(Sink *sink)
{
    strbuf_free(&sink->lines);
    free(sink);
}

static uint8_t keyed_or_all(const ConnTable *table) { return table->npk ? CHANGES_UPSERT : CHANGES_ALL; }

/* --- exactly-once --- */

static bool always(const ConnTable *table)
{
    (void)table;
    return true;
}

static Sink *exact_open(const SinkSpec *spec, Str saved, Err *err)
{
    (void)saved;
    Sink *sink = open_sink(spec, err);
    if (!sink) return NULL;
    Target *target = sink->target;
    char key[sizeof target->epoch_key];
    snprintf(key, sizeof key, STR_FMT, STR_ARG(spec->epoch_key));
    if (target->epoch_key[0] && strcmp(target->epoch_key, key) != 0) sim_broken("target %u: the key of its epochs was %s and is %s", sink->number, target->epoch_key, key);
    snprintf(target->epoch_key, sizeof target->epoch_key, "%s", key);
    return sink;
}

/* The transaction takes effect, unless its writer has been fenced off. */
static void land(Target *target, Str lines, uint64_t epoch, uint32_t writer)
{
    if (writer != target->writer && world.plant != PLANT_NO_FENCING) return;
    target_apply(target, lines);
    target->epoch = epoch;
}

static void land_late(Target *target)
{
    if (!target->late) return;
    target->late = false;
    land(target, strbuf_str(&target->late_lines), target->late_epoch, target->late_writer);
}

static bool exact_claim(Sink *sink, uint64_t *epoch, uint64_t *other, Err *err)
{
    Target *target = sink->target;
    if (!sim_enter("claim", err)) return false;
    /* A commit that is still under way ends before the claim: done, or never. */
    if (target->late && world.plant != PLANT_NO_FENCING) {
        if (sim_pick(2)) land_late(target);
        target->late = false;
    }
    sink->writer = ++target->writer;
    bool mine = target->lineage[0] && memcmp(target->lineage, sink->spec->lineage.ptr, 32) == 0;
    *epoch = mine ? target->epoch : 0;
    *other = mine ? 0 : target->epoch;
    if (!mine && (target->epoch == 0 || sink->spec->fresh)) {
        snprintf(target->lineage, sizeof target->lineage, STR_FMT, STR_ARG(sink->spec->lineage));
        if (sink->spec->fresh) target->epoch = 0;
    }
    if (world.plant == PLANT_FORGET_SEALED && !sink->spec->fresh) *epoch = world.newest_durable();
    if (world.plant == PLANT_FORGET_EPOCH) *epoch = 0;
    sim_trace("target %u: claimed at epoch %llu by writer %u%s", sink->number, (unsigned long long)target->epoch, sink->writer, *other ? ", of another run" : "");
    return !sim_may_fail(world.error_odds) || sim_error("claim, answer lost", err);
}

static bool exact_write(Sink *sink, const Batch *batch, Err *err)
{
    if (!sim_enter("sink write", err)) return false;
    batch_print(batch, sink->spec->in, &sink->lines);
    return true;
}

/* The rows' offsets go along, as in a kafka transaction. */
static void check_offsets(const Sink *sink)
{
    const GroupOffsets *offsets = sink->spec->offsets(sink->spec->offsets_ctx);
    for (uint32_t i = 0; offsets && i < offsets->n; i++) {
        int64_t topic = 0;
        (void)str_to_i64(offsets->v[i].topic, &topic);
        uint64_t *group = &world.topics[topic].group[offsets->v[i].partition];
        if ((uint64_t)offsets->v[i].offset > *group) *group = (uint64_t)offsets->v[i].offset;
    }
}

static bool exact_commit(Sink *sink, uint64_t ckpt_id, Err *err)
{
    Target *target = sink->target;
    if (!sim_enter("commit", err)) return false;
    uint64_t durable = world.newest_durable();
    if (ckpt_id != durable) sim_broken("target %u: epoch %llu is committed, the newest durable checkpoint is %llu", sink->number, (unsigned long long)ckpt_id, (unsigned long long)durable);
    if (ckpt_id <= target->epoch && sink->writer == target->writer) sim_broken("target %u: epoch %llu is committed, it holds %llu", sink->number, (unsigned long long)ckpt_id, (unsigned long long)target->epoch);
    land_late(target);                           /* only without fencing is there one */
    bool late = sim_may_fail(16);
    if (late) {
        strbuf_clear(&target->late_lines);
        strbuf_adds(&target->late_lines, strbuf_str(&sink->lines));
        target->late = true;
        target->late_epoch = ckpt_id;
        target->late_writer = sink->writer;
        return sim_pick(2) ? sim_error("commit, under way", err) : sim_crash("commit, under way", err);
    }
    check_offsets(sink);
    land(target, strbuf_str(&sink->lines), ckpt_id, sink->writer);
    strbuf_clear(&sink->lines);
    sim_trace("target %u: epoch %llu", sink->number, (unsigned long long)ckpt_id);
    if (sim_may_fail(world.error_odds)) return sim_error("commit, answer lost", err);
    return !sim_may_fail(world.crash_odds) || sim_crash("behind a commit", err);
}

static const SinkVt exact_vt = { .open = exact_open, .write = exact_write, .commit = exact_commit, .claim = exact_claim, .close = close_sink };
const ConnectorDef sim_exact = {
    .name = "simexact", .caps = CONN_SINK, .options = sink_options, .sink_changes = keyed_or_all, .exactly_once = always, .sink = &exact_vt, .doc = "A simulated exactly-once target.",
};

/* --- at-least-once --- */

static Sink *plain_open(const SinkSpec *spec, Str saved, Err *err)
{
    (void)saved;
    return open_sink(spec, err);
}

/* What of the buffer arrives when the call fails is anyone's guess. */
static bool plain_flush(Sink *sink, Err *err)
{
    if (!sim_enter("flush", err)) return false;
    Str lines = strbuf_str(&sink->lines);
    if (sink->lines.len && sim_may_fail(world.error_odds)) {
        int64_t cut = str_find(lines, STR("\n"), sim_pick(lines.len));
        target_apply(sink->target, str_sub(lines, 0, cut < 0 ? lines.len : (uint32_t)cut + 1));
        return sim_pick(2) ? sim_error("flush, half way", err) : sim_crash("flush, half way", err);
    }
    target_apply(sink->target, lines);
    strbuf_clear(&sink->lines);
    sink->flush_us = INT64_MAX;
    return true;
}

static bool plain_write(Sink *sink, const Batch *batch, Err *err)
{
    if (!sim_enter("sink write", err)) return false;
    batch_print(batch, sink->spec->in, &sink->lines);
    if (sink->flush_us == INT64_MAX) sink->flush_us = clock_monotonic_us() + 400000;
    return sink->lines.len < 600 || plain_flush(sink, err);
}

static bool plain_prepare(Sink *sink, uint64_t ckpt_id, StrBuf *handle, Err *err)
{
    (void)ckpt_id;
    (void)handle;
    return world.plant == PLANT_SKIP_BARRIER || plain_flush(sink, err);
}

static bool plain_tick(Sink *sink, int64_t now_us, Err *err)
{
    return now_us < sink->flush_us || plain_flush(sink, err);
}

static int64_t plain_deadline(Sink *sink)
{
    return sink->flush_us;
}

static uint8_t keyed_or_append(const ConnTable *table) { return table->npk ? CHANGES_UPSERT : CHANGES_INSERT; }

static const SinkVt plain_vt = { .open = plain_open, .write = plain_write, .tick = plain_tick, .next_deadline_us = plain_deadline, .prepare = plain_prepare, .finish = plain_flush, .close = close_sink };
const ConnectorDef sim_plain = { .name = "simplain", .caps = CONN_SINK, .options = sink_options, .sink_changes = keyed_or_append, .sink = &plain_vt, .doc = "A simulated at-least-once target." };

/* --- two-phase --- */

static HiddenFile *find_file(Target *target, uint32_t run, uint32_t number)
{
    for (uint32_t i = 0; i < target->nfiles; i++)
        if (target->files[i].run == run && target->files[i].number == number) return &target->files[i];
    return NULL;
}

static bool show(Sink *sink, uint32_t run, uint32_t number, Err *err)
{
    if (!sim_enter("show file", err)) return false;
    HiddenFile *file = find_file(sink->target, run, number);
    if (!file || file->removed) {
        sim_broken("target %u: prepared file %u-%u has gone", sink->number, run, number);
        return err_set(err, E_IO, "prepared file has gone");
    }
    if (!file->visible) target_apply(sink->target, strbuf_str(&file->lines));
    file->visible = true;
    return true;
}

static Sink *files_open(const SinkSpec *spec, Str saved, Err *err)
{
    Sink *sink = open_sink(spec, err);
    if (!sink) return NULL;
    Target *target = sink->target;
    sink->run = ++target->next_run;
    if (!saved.len || world.plant == PLANT_FORGET_PREPARED) return sink;
    Reader in = { saved.ptr, saved.ptr + saved.len, false };
    uint32_t run = reader_u32(&in), n = reader_u32(&in);
    bool ok = true;
    for (uint32_t i = 0; ok && i < n; i++) ok = show(sink, run, reader_u32(&in), err);
    for (uint32_t i = 0; ok && i < target->nfiles; i++)
        if (target->files[i].run == run && !target->files[i].visible) target->files[i].removed = true;
    if (ok) return sink;
    close_sink(sink);
    return NULL;
}

/* A file is a batch: there are many of them that way. */
static bool files_write(Sink *sink, const Batch *batch, Err *err)
{
    if (!sim_enter("sink write", err)) return false;
    batch_print(batch, sink->spec->in, &sink->lines);
    return true;
}

static void close_file(Sink *sink)
{
    Target *target = sink->target;
    if (!sink->lines.len) return;
    if (target->nfiles == target->files_cap) {
        target->files_cap = target->files_cap * 2 + 16;
        target->files = xrealloc(target->files, target->files_cap * sizeof *target->files);
    }
    target->files[target->nfiles++] = (HiddenFile){ .run = sink->run, .number = sink->next_file, .lines = sink->lines };
    sink->files[sink->nfiles++] = (Pending){ sink->next_file++, 0 };
    sink->lines = (StrBuf){ 0 };
}

static bool files_prepare(Sink *sink, uint64_t ckpt_id, StrBuf *handle, Err *err)
{
    if (!sim_enter("prepare", err)) return false;
    close_file(sink);
    strbuf_put_u32(handle, sink->run);
    strbuf_put_u32(handle, sink->nfiles);
    for (uint32_t i = 0; i < sink->nfiles; i++) {
        if (!sink->files[i].ckpt) sink->files[i].ckpt = ckpt_id;
        strbuf_put_u32(handle, sink->files[i].number);
    }
    return true;
}

static bool files_commit(Sink *sink, uint64_t ckpt_id, Err *err)
{
    if (ckpt_id != world.newest_durable()) sim_broken("target %u: files of checkpoint %llu are shown, the newest durable one is %llu", sink->number, (unsigned long long)ckpt_id, (unsigned long long)world.newest_durable());
    uint32_t kept = 0;
    bool ok = true;
    for (uint32_t i = 0; i < sink->nfiles; i++) {
        bool due = ok && sink->files[i].ckpt && sink->files[i].ckpt <= ckpt_id;
        if (due) ok = show(sink, sink->run, sink->files[i].number, err);
        if (!due || !ok) sink->files[kept++] = sink->files[i];
    }
    sink->nfiles = kept;
    return ok;
}

static bool files_finish(Sink *sink, Err *err)
{
    (void)err;
    close_file(sink);
    if (sink->nfiles) sim_broken("target %u: the end comes before the last commit", sink->number);
    return true;
}

static const SinkVt files_vt = { .open = files_open, .write = files_write, .prepare = files_prepare, .commit = files_commit, .finish = files_finish, .close = close_sink };
const ConnectorDef sim_files = { .name = "simfiles", .caps = CONN_SINK, .options = sink_options, .exactly_once = always, .sink = &files_vt, .doc = "A simulated folder of files." };
