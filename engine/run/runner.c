/* Runner; see runner.h. */
#include "engine/run/runner.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/plan/config.h"
#include "engine/run/snapshot.h"
#include "engine/run/snapshot_fork.h"

#include <stdio.h>
#include <stdlib.h>

enum { IN_FLIGHT_WAIT_US = 5000, END_WAIT_MS = 100, HELD_EARLY_BYTES = 64 << 20, HELD_FULL_BYTES = 128 << 20, KEEP_MIN = 2, RETRY_MIN_US = 1000000, RETRY_HELD_US = 5000000 };

static bool cancelled(const Runner *runner)
{
    return runner->config->cancel && *runner->config->cancel;
}

/* --- settings and store --- */

static bool is_collect(const Plan *plan)
{
    for (uint32_t i = 0; i < plan->nsinks; i++)
        if (!plan->sinks[i]->u.sink.connector) return true;
    return false;
}

/* Positions in an embedded broker, or rows of a database in memory, mean nothing to the next process. */
static bool is_transient(const Plan *plan)
{
    for (uint32_t i = 0; i < plan->nnodes; i++) {
        const PlanNode *node = plan->nodes[i];
        const ConnectorDef *def = node->kind == PLAN_SCAN ? node->u.scan.connector : node->kind == PLAN_SINK ? node->u.sink.connector : NULL;
        const ConnTable *table = node->kind == PLAN_SCAN ? node->u.scan.conn : node->u.sink.conn;
        if (def && def->transient && def->transient(table)) return true;
    }
    return false;
}

static bool is_bounded(const Plan *plan)
{
    for (uint32_t i = 0; i < plan->nsinks; i++)
        if (!plan->sinks[i]->inputs[0]->bounded) return false;
    return true;
}

static bool check_guarantees(const Plan *plan, int64_t interval_us, Err *err)
{
    if (interval_us || plan->batch || is_bounded(plan)) return true;
    for (uint32_t i = 0; i < plan->nsinks; i++) {
        const SinkConfig *sink = &plan->sinks[i]->u.sink;
        if (!sink->connector || !sink->connector->exactly_once || !sink->connector->exactly_once(sink->conn) || !sink->connector->sink->claim) continue;
        err_at(err, E_INVALID, plan->sinks[i]->span, "table \"" STR_FMT "\" is written exactly-once, which needs checkpoints", STR_ARG(sink->conn->name));
        return err_hint(err, "SET 'execution.checkpointing.interval' = '10 s'; rows become visible at each checkpoint.");
    }
    return true;
}

static void read_settings(Runner *runner)
{
    const Options *config = runner->plan->config;
    runner->tolerable = -1;
    runner->keep = KEEP_MIN;
    if (!config || runner->plan->batch) return;
    runner->interval_us = config_i64(config, "execution.checkpointing.interval");
    runner->min_pause_us = config_i64(config, "execution.checkpointing.min-pause");
    runner->timeout_us = config_i64(config, "execution.checkpointing.timeout");
    runner->fork_above = config_i64(config, "weir.checkpoint-fork-above");
    if (options_find(config, STR("execution.checkpointing.tolerable-failed-checkpoints"))) runner->tolerable = config_i64(config, "execution.checkpointing.tolerable-failed-checkpoints");
    const char *retained = options_find(config, STR("execution.checkpointing.num-retained")) ? "execution.checkpointing.num-retained" : "state.checkpoints.num-retained";
    int64_t keep = config_i64(config, retained);
    if (keep > KEEP_MIN && keep < 1000000) runner->keep = (uint32_t)keep;
}

/* Two files of one name in different folders would go on from each other's checkpoints. */
static bool note_origin(Runner *runner, Err *err)
{
    StrBuf before = { 0 };
    bool ok = store_note_origin(runner->store, runner->config->state_origin, &before, err);
    if (ok && before.len)
        log_warn("ckpt", "the checkpoints of job \"" STR_FMT "\" come from " STR_FMT ", this is " STR_FMT "; if that is another job, give one of them a pipeline.name", STR_ARG(runner->job_key),
                 STR_ARG(strbuf_str(&before)), STR_ARG(runner->config->state_origin));
    strbuf_free(&before);
    return ok;
}

static bool open_store(Runner *runner, Err *err)
{
    const JobConfig *config = runner->config;
    runner->on_disk = config->state_dir && config->state_name.len && !is_transient(runner->plan);
    if (runner->on_disk && !state_dir_open(&runner->dir, config->state_dir, config->state_name, err)) return false;
    if (runner->on_disk && config->fresh) state_dir_clear(&runner->dir);
    runner->store = store_open(runner->on_disk ? runner->dir.db : NULL, false, err);
    if (!runner->store) return err->code == E_SNAPSHOT ? err_hint(err, "--fresh starts over without it.") : false;
    memcpy(runner->lineage, store_lineage(runner->store).ptr, LINEAGE_LEN);
    if (runner->on_disk && config->state_origin.len && !note_origin(runner, err)) return false;
    runner->writer = ckpt_writer_new(runner->store, config->single_threaded, config->store_now);
    return true;
}

bool job_check(const Plan *plan, Err *err)
{
    return check_guarantees(plan, plan->config ? config_i64(plan->config, "execution.checkpointing.interval") : 0, err);
}

bool runner_init(Runner *runner, const Plan *plan, const JobConfig *config, Err *err)
{
    *runner = (Runner){ .plan = plan, .config = config, .query_start_us = clock_now_us(), .next_id = 1, .dir = { .lock_fd = -1 } };
    runner->job_key = config->state_name.len ? config->state_name : plan->name;
    random_id(runner->lineage);
    read_settings(runner);
    if (!check_guarantees(plan, runner->interval_us, err)) return false;
    return !runner->interval_us || is_collect(plan) || open_store(runner, err);
}

/* --- opening --- */

/* The newest checkpoint that can be read; *id = 0 when there is none at all. */
static bool load_newest(Runner *runner, uint64_t *id, StrBuf *bytes, Arena *arena, CkptInfo *info, Err *err)
{
    CkptList list = { 0 };
    *id = 0;
    if (!store_list(runner->store, arena, &list, err)) return err->code == E_SNAPSHOT ? err_hint(err, "--fresh starts over without it.") : false;
    for (uint32_t i = 0; i < list.n; i++) {
        if (i == 0) runner->next_id = list.v[i].id + 1;
        strbuf_clear(bytes);
        if (store_load(runner->store, list.v[i].id, bytes, err)) {
            *id = list.v[i].id;
            *info = list.v[i];
            return true;
        }
        if (err->code != E_SNAPSHOT) return false;
        log_warn("ckpt", STR_FMT ": %s%s", STR_ARG(runner->job_key), err->message, i + 1 < list.n ? "; trying the one before" : "");
        if (i + 1 < list.n) err_clear(err);
    }
    if (list.n) err_hint(err, "No checkpoint can be read. --fresh starts over: kafka sources then begin at their scan.startup.mode.");
    return list.n == 0;
}

static void name_lines(Str lines, StrBuf *out)
{
    for (uint32_t i = 0; i < lines.len; i++) {
        if (lines.ptr[i] == '\n' && i + 1 < lines.len) strbuf_addz(out, "; ");
        else if (lines.ptr[i] != '\n') strbuf_addc(out, lines.ptr[i]);
    }
}

/* A changed query: state that nothing claims would be gone for good, so the user decides. */
static bool check_claims(Runner *runner, Str snapshot, uint64_t id, Err *err)
{
    SnapshotDiff diff = { 0 };
    StrBuf lost = { 0 }, missing = { 0 };
    bool ok = snapshot_compare(runner->plan, snapshot, &diff, err);
    bool allowed = runner->config->allow_unclaimed || (runner->plan->config && config_bool(runner->plan->config, "execution.state-recovery.ignore-unclaimed-state"));
    name_lines(strbuf_str(&diff.lost), &lost);
    name_lines(strbuf_str(&diff.missing), &missing);
    if (ok && diff.nlost && !allowed) {
        ok = err_set(err, E_SNAPSHOT, "the query has changed: state of checkpoint %llu has no place in it any more", (unsigned long long)id);
        err_detail(err, "State that would be dropped: " STR_FMT ". Operators that would begin empty: " STR_FMT ".", STR_ARG(strbuf_str(&lost)),
                   STR_ARG(missing.len ? strbuf_str(&missing) : STR("none")));
        err_hint(err, "--allow-non-restored-state goes on without that state, --fresh starts over, or run the old query.");
    } else if (ok && (diff.nlost || diff.nmissing)) {
        log_notice("ckpt", STR_FMT ": the query has changed; state dropped: " STR_FMT "; operators that begin empty: " STR_FMT, STR_ARG(runner->job_key),
                   STR_ARG(lost.len ? strbuf_str(&lost) : STR("none")), STR_ARG(missing.len ? strbuf_str(&missing) : STR("none")));
    }
    strbuf_free(&lost);
    strbuf_free(&missing);
    snapshot_diff_free(&diff);
    return ok;
}

static bool open_pipeline(Runner *runner, bool restored, Str snapshot, uint64_t committed, Err *err)
{
    PipelineStart start = { .query_start_us = runner->query_start_us, .restored = restored, .ckpt_id = runner->restored, .committed = restored && committed == runner->restored,
                            .lineage = { runner->lineage, LINEAGE_LEN }, .job_key = runner->job_key, .fresh = !restored };
    runner->open = true;
    return pipeline_open(&runner->pipeline, runner->plan, runner->config, &start, err) && (!restored || pipeline_restore(&runner->pipeline, snapshot, err));
}

/* The job begins again from `id`: newer ones, which could not be read, belong to a past that is no longer its own, and must neither come back nor
 * count among those that are kept. */
static void drop_newer(Runner *runner, uint64_t id)
{
    Err err = { 0 };
    if (runner->next_id > id + 1 && !store_drop_newer(runner->store, id, &err)) log_warn("ckpt", STR_FMT ": %s", STR_ARG(runner->job_key), err.message);
}

static void say_restored(const Runner *runner, const CkptInfo *info)
{
    log_notice("ckpt", STR_FMT ": restored checkpoint %llu, %lld s old, %.1f MB%s" STR_FMT, STR_ARG(runner->job_key), (unsigned long long)info->id,
               (long long)((clock_now_us() - info->created_us) / 1000000), (double)info->bytes / 1e6, info->positions.len ? ": " : "", STR_ARG(info->positions));
}

bool runner_open(Runner *runner, Err *err)
{
    StrBuf bytes = { 0 };
    Arena *arena = arena_new();
    CkptInfo info = { 0 };
    uint64_t id = 0, committed = 0;
    bool ok = !runner->store || (load_newest(runner, &id, &bytes, arena, &info, err) && store_committed(runner->store, &committed, err));
    if (ok && id) ok = check_claims(runner, strbuf_str(&bytes), id, err);
    runner->restored = id;
    if (ok) ok = open_pipeline(runner, id != 0, strbuf_str(&bytes), committed, err);
    if (ok && id) {
        say_restored(runner, &info);
        drop_newer(runner, id);
    }
    strbuf_free(&bytes);
    arena_free(arena);
    runner->due_us = clock_monotonic_us() + runner->interval_us;
    return ok;
}

/* --- checkpoints --- */

/* Barrier, then the bytes are on their way to the store. */
static bool begin_checkpoint(Runner *runner, Err *err)
{
    StrBuf positions = { 0 }, operators = { 0 }, bytes = { 0 };
    uint64_t id = runner->next_id++;
    runner->began_us = clock_monotonic_us();
    CkptInfo info = { .id = id, .created_us = clock_now_us() };
    bool ok = pipeline_barrier(&runner->pipeline, id, err);
    if (ok) {
        pipeline_positions(&runner->pipeline, &positions);
        snapshot_operators(&runner->pipeline, &operators);
        info.positions = strbuf_str(&positions);
        info.operators = strbuf_str(&operators);
        SnapshotChild child = { .fd = -1 };
        bool large = !runner->config->single_threaded && pipeline_state_bytes(&runner->pipeline) > (size_t)runner->fork_above;
        if (large && snapshot_fork(&runner->pipeline, &runner->dir, &child)) {
            ckpt_begin_child(runner->writer, &info, runner->began_us, runner->keep, child.fd, child.pid);
        } else {
            ok = snapshot_encode(&runner->pipeline, snapshot_append, &bytes, err);
            if (ok) ckpt_begin_bytes(runner->writer, &info, runner->began_us, runner->keep, &bytes);
        }
    }
    if (ok) runner->in_flight = id;
    runner->gave_up = false;
    strbuf_free(&positions);
    strbuf_free(&operators);
    strbuf_free(&bytes);
    return ok;
}

static bool checkpoint_failed(Runner *runner, const Err *why, Err *err)
{
    runner->failed++;
    runner->failed_in_row++;
    runner->in_flight = 0;
    int64_t pause_us = runner->interval_us < RETRY_MIN_US ? RETRY_MIN_US : runner->interval_us;
    /* Sources that wait for it are not kept waiting for a whole interval. */
    if (pipeline_held(&runner->pipeline) > HELD_EARLY_BYTES && pause_us > RETRY_HELD_US) pause_us = RETRY_HELD_US;
    runner->due_us = clock_monotonic_us() + pause_us;
    if (runner->tolerable >= 0 && runner->failed_in_row > runner->tolerable) {
        *err = *why;
        err->retriable = true;
        return false;
    }
    log_warn("ckpt", STR_FMT ": a checkpoint failed, the job goes on and tries again: %s", STR_ARG(runner->job_key), why->message);
    return true;
}

/* Takes notice of what the writer has done. */
static bool settle_checkpoint(Runner *runner, Err *err)
{
    Err why = { 0 };
    if (!runner->in_flight) return true;
    switch (ckpt_poll(runner->writer, &runner->last, &why)) {
    case CKPT_IDLE:
        break;
    case CKPT_BUSY:
        if (!runner->gave_up && runner->timeout_us && clock_monotonic_us() - runner->began_us > runner->timeout_us) {
            ckpt_give_up(runner->writer);
            runner->gave_up = true;
        }
        break;
    case CKPT_FAILED:
        return checkpoint_failed(runner, &why, err);
    case CKPT_DONE: {
        uint64_t id = runner->in_flight;
        int64_t now = clock_monotonic_us(), paused = now + runner->min_pause_us, regular = runner->began_us + runner->interval_us;
        runner->in_flight = 0;
        runner->failed_in_row = 0;
        runner->done++;
        runner->due_us = paused > regular ? paused : regular;
        log_debug("ckpt", STR_FMT ": checkpoint %llu, %llu bytes (%llu stored) in %.1f ms", STR_ARG(runner->job_key), (unsigned long long)id,
                  (unsigned long long)runner->last.bytes, (unsigned long long)runner->last.stored_bytes, (double)runner->last.duration_us / 1000);
        return pipeline_commit(&runner->pipeline, id, err);
    }
    }
    return true;
}

/* A whole checkpoint, waited for. */
static bool checkpoint_now(Runner *runner, Err *err)
{
    Err why = { 0 };
    if (!runner->writer) {
        uint64_t id = runner->next_id++;
        return pipeline_barrier(&runner->pipeline, id, err) && pipeline_commit(&runner->pipeline, id, err);
    }
    for (ckpt_wait(runner->writer, END_WAIT_MS); runner->in_flight;) {
        if (!settle_checkpoint(runner, err)) return false;
        if (!runner->in_flight) break;
        if (cancelled(runner)) return err_set(err, E_CANCELLED, "cancelled during a checkpoint");
        ckpt_wait(runner->writer, END_WAIT_MS);
    }
    if (!begin_checkpoint(runner, err)) return false;
    while (ckpt_wait(runner->writer, END_WAIT_MS), true) {
        CkptState state = ckpt_poll(runner->writer, &runner->last, &why);
        if (state == CKPT_BUSY && cancelled(runner)) return err_set(err, E_CANCELLED, "cancelled during the last checkpoint");
        if (state == CKPT_BUSY) continue;
        uint64_t id = runner->in_flight;
        runner->in_flight = 0;
        if (state == CKPT_DONE) {
            runner->done++;
            return pipeline_commit(&runner->pipeline, id, err);
        }
        *err = why;
        err->retriable = true;
        return false;
    }
}

static bool checkpoint_step(Runner *runner, Err *err)
{
    if (!runner->interval_us) return true;
    if (!settle_checkpoint(runner, err)) return false;
    if (runner->in_flight) return true;
    int64_t now = clock_monotonic_us();
    bool early = runner->failed_in_row == 0 && pipeline_held(&runner->pipeline) > HELD_EARLY_BYTES;
    if (now < runner->due_us && !early) return true;
    runner->due_us = now + runner->interval_us;
    if (!runner->writer) return checkpoint_now(runner, err);
    return begin_checkpoint(runner, err) && settle_checkpoint(runner, err);
}

/* --- running --- */

/* The last checkpoint holds the rows that sinks are about to commit: a crash in between finds them there. Then nothing is left to restore. */
static bool end_run(Runner *runner, Err *err)
{
    if (!checkpoint_now(runner, err) || !pipeline_end_sinks(&runner->pipeline, err)) return false;
    if (!runner->store) return true;
    ckpt_writer_free(runner->writer);
    runner->writer = NULL;
    /* All is written: what cannot be cleared must not make the job begin again. */
    Err left = { 0 };
    if (!store_clear(runner->store, &left)) log_warn("ckpt", STR_FMT ": %s", STR_ARG(runner->job_key), left.message);
    store_close(runner->store);
    runner->store = NULL;
    state_dir_close(&runner->dir, true);
    return true;
}

StepResult runner_step(Runner *runner, int64_t max_wait_us, Err *err)
{
    if (!checkpoint_step(runner, err)) return STEP_FAILED;
    if (runner->writer && pipeline_held(&runner->pipeline) > HELD_FULL_BYTES) {    /* the sources wait until rows can be let go */
        if (runner->in_flight) ckpt_wait(runner->writer, (int)(max_wait_us / 1000) + 1);
        else clock_sleep_us(max_wait_us);
        return STEP_IDLE;
    }
    if (runner->in_flight && max_wait_us > IN_FLIGHT_WAIT_US) max_wait_us = IN_FLIGHT_WAIT_US;
    StepResult result = pipeline_step(&runner->pipeline, max_wait_us, err);
    if (result == STEP_ENDED && !end_run(runner, err)) return STEP_FAILED;
    return result;
}

bool runner_stop(Runner *runner, Err *err)
{
    if (!checkpoint_now(runner, err)) return false;
    /* A target may forget what it holds before the job is started again: Kafka drops the offsets of a group that is quiet for days. */
    return !runner->on_disk || store_note_committed(runner->store, runner->last.id, err);
}

bool runner_rebuild(Runner *runner, Err *err)
{
    StrBuf bytes = { 0 };
    uint64_t id = runner->next_id++;
    bool ok = pipeline_barrier(&runner->pipeline, id, err) && snapshot_encode(&runner->pipeline, snapshot_append, &bytes, err) && pipeline_commit(&runner->pipeline, id, err);
    if (ok) {
        pipeline_close(&runner->pipeline);
        runner->restored = id;
        ok = open_pipeline(runner, true, strbuf_str(&bytes), id, err);
    }
    strbuf_free(&bytes);
    return ok;
}

void runner_close_pipeline(Runner *runner)
{
    Err ignored = { 0 };
    if (runner->in_flight) {
        while (ckpt_poll(runner->writer, NULL, &ignored) == CKPT_BUSY) ckpt_wait(runner->writer, END_WAIT_MS);
        runner->in_flight = 0;
    }
    if (runner->open) pipeline_close(&runner->pipeline);
    runner->open = false;
}

void runner_free(Runner *runner)
{
    if (runner->writer && cancelled(runner)) ckpt_give_up(runner->writer);
    runner_close_pipeline(runner);
    ckpt_writer_free(runner->writer);
    store_close(runner->store);
    if (runner->on_disk) state_dir_close(&runner->dir, false);
    *runner = (Runner){ .dir = { .lock_fd = -1 } };
}

void runner_metrics(const Runner *runner, JobMetrics *out)
{
    if (runner->open) pipeline_metrics(&runner->pipeline, out);
    out->checkpoints = runner->done;
    out->failed_checkpoints = runner->failed;
    out->last_checkpoint = runner->last.id;
    out->last_checkpoint_us = runner->last.duration_us;
    out->last_checkpoint_bytes = runner->last.bytes;
}
