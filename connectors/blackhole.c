/* blackhole: takes every row and keeps none. */
#include "connectors/connector.h"

#include <stdlib.h>

struct Sink { uint64_t rows; };

static Sink *blackhole_open(const SinkSpec *spec, Str saved, Err *err)
{
    (void)spec;
    (void)saved;
    (void)err;
    return xcalloc(1, sizeof(Sink));
}

static bool blackhole_write(Sink *sink, const Batch *batch, Err *err)
{
    (void)err;
    sink->rows += batch_live(batch);
    return true;
}

static void blackhole_stats(const Sink *sink, SinkStats *out)
{
    *out = (SinkStats){ .rows = sink->rows };
}

static void blackhole_close(Sink *sink)
{
    free(sink);
}

static uint8_t blackhole_changes(const ConnTable *table)
{
    (void)table;
    return CHANGES_ALL;
}

static const OptionDef blackhole_options[] = {
    { 0 },
};

static const SinkVt blackhole_sink = { .open = blackhole_open, .write = blackhole_write, .stats = blackhole_stats, .close = blackhole_close };

extern const ConnectorDef connector_blackhole;
const ConnectorDef connector_blackhole = {
    .name = "blackhole", .caps = CONN_SINK | CONN_PARTITIONED | CONN_OVERWRITE, .options = blackhole_options, .sink_changes = blackhole_changes,
    .sink = &blackhole_sink, .doc = "Takes every row and keeps none: for measuring.",
};
