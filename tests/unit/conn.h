/* Tables and schemas for tests that drive connectors and formats through their interfaces. */
#ifndef WEIR_TESTS_CONN_H
#define WEIR_TESTS_CONN_H
#include "tests/unit/unit.h"

#include "connectors/format.h"

typedef struct TestTable { Arena *arena; Options options; Column cols[16]; uint32_t npk, pk[8]; ConnTable table; } TestTable;

static inline void test_table_init(TestTable *t)
{
    memset(t, 0, sizeof *t);
    t->arena = arena_new();
    t->table.name = STR("t");
    t->table.identifier = STR("default_catalog.default_database.t");
    t->table.physical.cols = t->cols;
    t->table.options = &t->options;
    t->table.pk = t->pk;
    t->table.zone = zone_utc();
}
static inline void test_option(TestTable *t, const char *key, const char *value) { options_set(t->arena, &t->options, str_of(key), str_of(value)); }
static inline void test_column(TestTable *t, const char *name, const Type *type) { t->cols[t->table.physical.n++] = (Column){ str_of(name), type }; }
static inline void test_key(TestTable *t, uint32_t col) { t->pk[t->table.npk++] = col; }
static inline void test_table_free(TestTable *t) { arena_free(t->arena); }

/* Rows in batch text ("+I a | 1") as a batch of the schema; free the builder afterwards. */
static inline const Batch *test_batch(BatchBuilder *builder, const Schema *schema, const char *text)
{
    Err err = { 0 };
    builder_init(builder, schema, BATCH_ROWS);
    if (!batch_parse(str_of(text), builder, &err)) fail_msg("%s", err.message);
    return builder_batch(builder);
}

/* Opens the table's sink, writes each batch text in turn, prepares, finishes and closes it. False: err. */
static inline bool test_sink(TestTable *t, const char *connector, const char *const *batches, Err *err)
{
    const ConnectorDef *def = connector_find(str_of(connector));
    SinkSpec spec = { .table = &t->table, .in = &t->table.physical, .changes = CHANGES_ALL, .rowtime = -1, .parallel_count = 1 };
    Sink *sink = def->sink->open(&spec, STR_NULL, err);
    if (!sink) return false;
    bool ok = true;
    for (; ok && *batches; batches++) {
        BatchBuilder builder;
        ok = def->sink->write(sink, test_batch(&builder, &t->table.physical, *batches), err);
        builder_free(&builder);
    }
    ok = ok && def->sink->finish(sink, err);
    def->sink->close(sink);
    return ok;
}
#define TEST_SINK(t, connector, err, ...) test_sink((t), (connector), (const char *const[]){ __VA_ARGS__, NULL }, (err))

/* A scan of the whole table: spec fields that are not set are filled with every physical column and no limit. */
typedef struct TestScan { const uint32_t *physical; uint32_t nphysical; const Str *metadata; uint32_t nmetadata; const Schema *out; const PushPred *preds; uint32_t npreds;
    int64_t limit; bool has_limit; Str saved; uint32_t stop_after; StrBuf *position; uint32_t index, count; } TestScan;

/* Rows of the scan as batch text appended to out; at most stop_after rows' worth of polls when set, then the position. */
static inline bool test_scan(TestTable *t, const char *connector, const TestScan *scan, StrBuf *out, Err *err)
{
    static const uint32_t identity[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    const ConnectorDef *def = connector_find(str_of(connector));
    SourceSpec spec = { .table = &t->table, .out = scan->out ? scan->out : &t->table.physical, .physical = scan->out ? scan->physical : identity,
        .nphysical = scan->out ? scan->nphysical : t->table.physical.n, .metadata = scan->metadata, .nmetadata = scan->nmetadata, .preds = scan->preds, .npreds = scan->npreds,
        .limit = scan->has_limit ? scan->limit : -1, .parallel_index = scan->index, .parallel_count = scan->count ? scan->count : 1 };
    Source *source = def->source->open(&spec, scan->saved, err);
    if (!source) return false;
    PollResult result = POLL_IDLE;
    uint32_t rows = 0;
    while (!scan->stop_after || rows < scan->stop_after) {
        const Batch *batch;
        result = def->source->poll(source, 1000, &batch, err);
        if (result == POLL_END || result == POLL_ERROR) break;
        if (result != POLL_DATA) continue;
        batch_print(batch, spec.out, out);
        rows += batch_live(batch);
    }
    if (scan->position) def->source->position(source, scan->position, err);
    def->source->close(source);
    return result != POLL_ERROR;
}
#endif
