/* print: one line a row, "+I[a, 1, null]", to stdout or stderr; lines are collected and written at once per batch. */
#include "connectors/connector.h"
#include "engine/base/fault.h"
#include "engine/type/text.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct Sink {
    const Schema *schema;
    const Zone *zone;
    StrBuf prefix, lines;
    int fd;
    uint64_t rows, bytes;
};

static const OptionDef print_options[] = {
    { .name = "print-identifier", .type = OPT_STRING, .doc = "Text put before every line as \"text> \"." },
    { .name = "standard-error", .type = OPT_BOOL, .dflt = "false", .doc = "Write to stderr instead of stdout." },
    { .name = "sink.parallelism", .type = OPT_INT, .flags = OPTF_IGNORED, .doc = "Number of sink tasks." },
    { 0 },
};

static Sink *print_open(const SinkSpec *spec, Str saved, Err *err)
{
    (void)saved;
    bool to_stderr = false;
    const Options *options = spec->table->options;
    if (!options_bool(options, print_options, "standard-error", &to_stderr, err)) return NULL;
    Sink *sink = xcalloc(1, sizeof *sink);
    sink->schema = spec->in;
    sink->zone = spec->table->zone;
    sink->fd = to_stderr ? STDERR_FILENO : STDOUT_FILENO;
    Str id = options_text(options, print_options, "print-identifier");
    strbuf_adds(&sink->prefix, id);
    if (spec->parallel_count > 1) strbuf_addf(&sink->prefix, id.len ? ":%u" : "%u", spec->parallel_index + 1);
    if (sink->prefix.len) strbuf_addz(&sink->prefix, "> ");
    return sink;
}

static bool write_all(Sink *sink, Err *err)
{
    uint32_t done = 0;
    while (done < sink->lines.len) {
        ssize_t n = fault_hit("print.write") ? (errno = EPIPE, -1) : write(sink->fd, sink->lines.ptr + done, sink->lines.len - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_set(err, E_IO, "cannot write to standard output: %s", strerror(errno));
        done += (uint32_t)n;
    }
    sink->bytes += done;
    strbuf_clear(&sink->lines);
    return true;
}

static void print_row(Sink *sink, const Batch *batch, uint32_t row)
{
    strbuf_adds(&sink->lines, strbuf_str(&sink->prefix));
    strbuf_addz(&sink->lines, row_op_text[batch_op(batch, row)]);
    strbuf_addc(&sink->lines, '[');
    for (uint32_t c = 0; c < sink->schema->n; c++) {
        Datum value = vec_get(&batch->cols[c], row);
        if (c) strbuf_addz(&sink->lines, ", ");
        if (value.null) strbuf_addz(&sink->lines, "null");
        else datum_print(sink->schema->cols[c].type, &value, (const struct Zone *)sink->zone, &sink->lines);
    }
    strbuf_addz(&sink->lines, "]\n");
}

static bool print_write(Sink *sink, const Batch *batch, Err *err)
{
    uint32_t live = batch_live(batch);
    for (uint32_t i = 0; i < live; i++) print_row(sink, batch, batch_row(batch, i));
    sink->rows += live;
    return write_all(sink, err);
}

static void print_stats(const Sink *sink, SinkStats *out)
{
    *out = (SinkStats){ .rows = sink->rows, .bytes = sink->bytes };
}

static void print_close(Sink *sink)
{
    strbuf_free(&sink->prefix);
    strbuf_free(&sink->lines);
    free(sink);
}

static uint8_t print_changes(const ConnTable *table)
{
    (void)table;
    return CHANGES_ALL;
}

static const SinkVt print_sink = { .open = print_open, .write = print_write, .stats = print_stats, .close = print_close };

extern const ConnectorDef connector_print;
const ConnectorDef connector_print = {
    .name = "print", .caps = CONN_SINK | CONN_PARTITIONED, .options = print_options, .sink_changes = print_changes, .sink = &print_sink,
    .doc = "Writes every change as a line to standard output.",
};
