/* SESSION aggregates: states per session of a key, merged where a row joins two. Results when time passes the session's end.
 * State: Sessions with the aggregate states as payload. Rows of a batch are added in runs that end before a merge. */
#include "engine/op/session.h"
#include "engine/base/clock.h"

typedef struct SessionAgg {
    Op op;
    Arena *arena;
    AggSet *set;
    Sessions sessions;
    int64_t progress;
    bool retracts;
    const Batch *batch;             /* under way: rows of the run and their states */
    uint32_t *run; void **states; uint32_t len;
} SessionAgg;

static const WindowAggConfig *config_of(const SessionAgg *agg)
{
    return &agg->op.node->u.window_agg;
}

static void state_init(void *ctx, Session *session)
{
    aggset_init(((SessionAgg *)ctx)->set, session->payload);
}

static void state_destroy(void *ctx, Session *session)
{
    aggset_destroy(((SessionAgg *)ctx)->set, session->payload);
}

static void state_merge(void *ctx, Session *into, Session *from)
{
    aggset_merge(((SessionAgg *)ctx)->set, into->payload, from->payload);
}

static bool flush_run(void *ctx, Err *err)
{
    SessionAgg *agg = ctx;
    uint32_t len = agg->len;
    agg->len = 0;
    return !len || aggset_update(agg->set, agg->states, agg->batch, agg->run, len, agg->op.scratch, err);
}

static bool session_open(Op *op, Err *err)
{
    (void)err;
    SessionAgg *agg = (SessionAgg *)op;
    const WindowAggConfig *config = config_of(agg);
    agg->arena = arena_new();
    agg->set = aggset_new(agg->arena, config->calls, config->ncalls);
    sessions_init(&agg->sessions, agg->arena, &config->window, op->node->inputs[0]->schema, config->keys, config->nkeys);
    agg->sessions.payload_size = aggset_size(agg->set);
    agg->sessions.init = state_init;
    agg->sessions.destroy = state_destroy;
    agg->sessions.merge = state_merge;
    agg->sessions.before_merge = flush_run;
    agg->sessions.ctx = agg;
    agg->progress = WATERMARK_MIN;
    agg->retracts = node_retracts(op->node);
    return true;
}

static void set_timer(SessionAgg *agg)
{
    OpEnv *env = agg->op.env;
    int64_t end = sessions_next_end(&agg->sessions);
    if (end != INT64_MAX && env->timer_set) env->timer_set(env, &agg->op, window_due(&config_of(agg)->window, end) + WINDOW_MS);
}

static bool session_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    SessionAgg *agg = (SessionAgg *)op;
    Arena *scratch = op->scratch;
    arena_reset(scratch);
    uint32_t n = batch_live(in);
    const uint32_t *rows = batch_rows(in, scratch);
    int64_t *times = arena_alloc(scratch, sizeof *times * ((size_t)n + 1));
    Group **groups = arena_alloc(scratch, sizeof *groups * ((size_t)n + 1));
    if (!window_times(op, &config_of(agg)->window, in, rows, n, times, err)) return false;
    group_table_lookup(&agg->sessions.table, in, rows, n, groups, scratch);
    agg->batch = in;
    agg->run = arena_alloc(scratch, sizeof *agg->run * ((size_t)n + 1));
    agg->states = arena_alloc(scratch, sizeof *agg->states * ((size_t)n + 1));
    agg->len = 0;
    for (uint32_t i = 0; i < n; i++) {
        Session *session;
        if (!sessions_place(&agg->sessions, groups[i], times[i], agg->progress, &session, err)) return op_fail(op, err);
        if (!session) {
            op->late_rows++;
            continue;
        }
        session->rows += row_op_adds(batch_op(in, rows[i])) ? 1 : -1;
        agg->run[agg->len] = rows[i];
        agg->states[agg->len++] = session->payload;
    }
    if (!flush_run(agg, err)) return op_fail(op, err);
    for (uint32_t i = 0; i < n; i++) sessions_forget(&agg->sessions, groups[i]);
    if (config_of(agg)->window.proctime) set_timer(agg);
    return true;
}

/* --- results out --- */

typedef struct Due { Group *group; Session *session; } Due;

static bool emit_due(SessionAgg *agg, const Due *due, uint32_t n, Err *err)
{
    const WindowAggConfig *config = config_of(agg);
    const Schema *schema = agg->op.node->schema;
    Arena *scratch = agg->op.scratch;
    arena_reset(scratch);
    Batch out;
    batch_init(&out, scratch, schema->n, n);
    for (uint32_t c = 0; c < schema->n; c++) vec_init(&out.cols[c], scratch, schema->cols[c].type, n);
    Group **groups = arena_alloc(scratch, sizeof *groups * n);
    void **states = arena_alloc(scratch, sizeof *states * n);
    for (uint32_t i = 0; i < n; i++) {
        groups[i] = due[i].group;
        states[i] = due[i].session->payload;
    }
    group_keys(&agg->sessions.layout, groups, n, scratch, false, out.cols, 0, n);
    if (!aggset_results(agg->set, states, n, scratch, out.cols + config->nkeys, 0, n, err)) return op_fail(&agg->op, err);
    for (uint32_t p = 0; p < config->nprops; p++) {
        Vec *vec = &out.cols[config->nkeys + config->ncalls + p];
        for (uint32_t i = 0; i < n; i++)
            ((int64_t *)vec->data)[i] = window_prop_value(&config->window, config->props[p], due[i].session->start, due[i].session->end, vec->type);
    }
    return op_emit(&agg->op, &out, err);
}

/* Late sessions of one key may be due together: its group must outlive the batch of results. */
static bool fire(SessionAgg *agg, int64_t now, Err *err)
{
    Due due[BATCH_ROWS];
    uint32_t n;
    bool ok = true;
    do {
        Group *group;
        Session *session;
        for (n = 0; n < BATCH_ROWS && (session = sessions_due(&agg->sessions, now, &group)) != NULL;) {
            if (agg->retracts && session->rows == 0) sessions_drop(&agg->sessions, group, session);
            else due[n++] = (Due){ group, session };
        }
        ok = ok && (!n || emit_due(agg, due, n, err));
        for (uint32_t i = 0; i < n; i++) sessions_drop(&agg->sessions, due[i].group, due[i].session);
    } while (n == BATCH_ROWS);
    if (now > agg->progress) agg->progress = now;
    return ok;
}

static bool session_watermark(Op *op, int64_t ts_us, Err *err)
{
    SessionAgg *agg = (SessionAgg *)op;
    if (!config_of(agg)->window.proctime && !fire(agg, ts_us, err)) return false;
    return op_emit_watermark(op, ts_us, err);
}

static bool session_timer(Op *op, int64_t now_us, Err *err)
{
    SessionAgg *agg = (SessionAgg *)op;
    if (!fire(agg, now_us - WINDOW_MS, err)) return false;
    set_timer(agg);
    return true;
}

static void payload_encode(void *ctx, const Session *session, StrBuf *out)
{
    aggset_encode(((SessionAgg *)ctx)->set, session->payload, out);
}

static bool payload_decode(void *ctx, Session *session, Reader *in)
{
    return aggset_decode(((SessionAgg *)ctx)->set, in, session->payload);
}

static bool session_snapshot(Op *op, StrBuf *out, Err *err)
{
    (void)err;
    SessionAgg *agg = (SessionAgg *)op;
    strbuf_put_u64(out, (uint64_t)agg->progress);
    sessions_encode(&agg->sessions, payload_encode, out);
    return true;
}

static bool session_restore(Op *op, Reader *in, Err *err)
{
    SessionAgg *agg = (SessionAgg *)op;
    if (in->ptr == in->end) return true;
    agg->progress = (int64_t)reader_u64(in);
    if (!sessions_decode(&agg->sessions, payload_decode, in)) return err_set(err, E_SNAPSHOT, "state of a session aggregate cannot be read");
    if (config_of(agg)->window.proctime) set_timer(agg);
    return true;
}

static size_t session_bytes(const Op *op)
{
    const SessionAgg *agg = (const SessionAgg *)op;
    return group_table_bytes(&agg->sessions.table) + agg->sessions.nheap * (sizeof(SessionHeap) + sizeof(Session) + agg->sessions.payload_size);
}

static void session_close(Op *op)
{
    SessionAgg *agg = (SessionAgg *)op;
    sessions_free(&agg->sessions);
    arena_free(agg->arena);
}

const OpClass op_window_session_class = {
    .name = "SessionWindowAggregate", .size = sizeof(SessionAgg), .open = session_open, .process = session_process, .watermark = session_watermark,
    .timer = session_timer, .snapshot = session_snapshot, .restore = session_restore, .state_bytes = session_bytes, .close = session_close,
};
