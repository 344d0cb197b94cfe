/* fixture: a bounded table whose rows are lines "KIND TABLE JSON" handed to the job (test cases). Line k has arrival number
 * k + 1 in all tables of the job, so that the runner can keep the order of the lines across tables; a batch ends where a line
 * of another table stands between. Values are read as Flink's json format reads them. Position: lines consumed. */
#include "connectors/format.h"

#include <stdlib.h>

typedef struct FixtureLine { RowOp op; Str json; uint64_t order; } FixtureLine;

struct Source {
    Arena *arena;
    const SourceSpec *spec;
    SourceSpec copy;
    FixtureLine *lines; uint32_t nlines;
    uint32_t next;
    BatchBuilder builder;
    const FormatDef *format;
    Decoder *decoder;
    uint32_t *target;               /* physical column -> builder column */
};

static const OptionDef fixture_options[] = {
    { .name = "changelog-mode", .type = OPT_STRING, .dflt = "I", .doc = "Kinds of change the table carries: I,UB,UA,D." },
    { 0 },
};

static bool read_kind(Str word, RowOp *op)
{
    static const char *const short_names[4] = { "I", "UB", "UA", "D" };
    for (uint32_t i = 0; i < 4; i++) {
        if (!str_is(word, row_op_text[i]) && !str_is(word, short_names[i])) continue;
        *op = (RowOp)i;
        return true;
    }
    return false;
}

static uint8_t fixture_changes(const ConnTable *table)
{
    Str mode = options_text(table->options, fixture_options, "changelog-mode");
    uint8_t changes = 0;
    for (uint32_t at = 0; at <= mode.len;) {
        int64_t comma = str_find(mode, STR(","), at);
        uint32_t end = comma < 0 ? mode.len : (uint32_t)comma;
        RowOp op;
        if (read_kind(str_trim(str_sub(mode, at, end - at)), &op)) changes |= (uint8_t)(1u << op);
        at = end + 1;
    }
    return changes;
}

static bool fixture_check(const ConnTable *table, bool as_sink, Err *err)
{
    (void)as_sink;
    if (fixture_changes(table)) return true;
    return err_set(err, E_OPTION, "option 'changelog-mode' wants kinds out of I, UB, UA, D");
}

/* --- reading the lines --- */

static Str next_word(Str *rest)
{
    uint32_t at = 0, end;
    while (at < rest->len && rest->ptr[at] == ' ') at++;
    for (end = at; end < rest->len && rest->ptr[end] != ' ';) end++;
    Str word = str_sub(*rest, at, end - at);
    *rest = str_sub(*rest, end, rest->len);
    return word;
}

static bool read_line(Source *source, Str line, uint64_t order, Err *err)
{
    Str rest = line, kind = next_word(&rest), table = next_word(&rest);
    FixtureLine row = { .json = str_trim(rest), .order = order };
    if (!read_kind(kind, &row.op)) return err_set(err, E_DATA, "input line %llu does not begin with +I, -U, +U or -D", (unsigned long long)order);
    if (str_eq(table, source->spec->table->name)) source->lines[source->nlines++] = row;
    return true;
}

static bool read_lines(Source *source, Err *err)
{
    Str text = str_dup(source->arena, source->spec->inline_input);
    uint32_t count = 1;
    for (uint32_t i = 0; i < text.len; i++) count += text.ptr[i] == '\n';
    source->lines = ARENA_ARRAY(source->arena, FixtureLine, count);
    uint64_t order = 0;
    for (uint32_t at = 0; at < text.len;) {
        int64_t newline = str_find(text, STR("\n"), at);
        uint32_t end = newline < 0 ? text.len : (uint32_t)newline;
        Str line = str_trim(str_sub(text, at, end - at));
        if (line.len && !read_line(source, line, ++order, err)) return false;
        at = end + 1;
    }
    return true;
}

static void fixture_close(Source *source)
{
    if (source->decoder) source->format->decoder_free(source->decoder);
    builder_free(&source->builder);
    arena_free(source->arena);
    free(source);
}

static bool make_decoder(Source *source, Err *err)
{
    const ConnTable *table = source->spec->table;
    source->target = ARENA_ARRAY(source->arena, uint32_t, table->physical.n + 1);
    for (uint32_t i = 0; i < table->physical.n; i++) source->target[i] = UINT32_MAX;
    for (uint32_t i = 0; i < source->spec->nphysical; i++) source->target[source->spec->physical[i]] = i;
    source->format = format_find(STR("json"));
    FormatSpec format = { .schema = &table->physical, .target = source->target, .options = table->options, .prefix = "json.", .zone = table->zone };
    source->decoder = source->format->decoder_new(&format, err);
    return source->decoder != NULL;
}

static Source *fixture_open(const SourceSpec *spec, Str position, Err *err)
{
    Source *source = xcalloc(1, sizeof *source);
    source->arena = arena_new();
    source->copy = *spec;
    source->spec = &source->copy;
    builder_init(&source->builder, spec->out, BATCH_ROWS);
    if (!read_lines(source, err) || !make_decoder(source, err)) {
        fixture_close(source);
        return NULL;
    }
    Reader in = { position.ptr, position.ptr + position.len, false };
    if (position.len) source->next = reader_u32(&in);
    return source;
}

/* --- rows out --- */

/* The kind of a line counts, not what the format says. */
static bool row_done(void *ctx, RowOp op, Err *err)
{
    (void)op;
    (void)err;
    Source *source = ctx;
    builder_origin(&source->builder, source->lines[source->next].order);
    builder_row(&source->builder, source->lines[source->next].op);
    return true;
}

static bool read_row(Source *source, const FixtureLine *line, Err *err)
{
    uint64_t skipped = 0;
    if (source->format->decode(source->decoder, line->json, &source->builder, row_done, source, &skipped, err)) return true;
    if (!err->detail[0]) err_detail(err, "Input line %llu: " STR_FMT, (unsigned long long)line->order, STR_ARG(line->json));
    return false;
}

static PollResult fixture_poll(Source *source, int timeout_ms, const Batch **out, Err *err)
{
    (void)timeout_ms;
    if (source->next >= source->nlines) return POLL_END;
    builder_reset(&source->builder);
    do {
        if (!read_row(source, &source->lines[source->next], err)) return POLL_ERROR;
        source->next++;
    } while (source->next < source->nlines && !builder_full(&source->builder) &&
             source->lines[source->next].order == source->lines[source->next - 1].order + 1);
    *out = builder_batch(&source->builder);
    return POLL_DATA;
}

static bool fixture_position(Source *source, StrBuf *out, Err *err)
{
    (void)err;
    strbuf_put_u32(out, source->next);
    return true;
}

static uint64_t fixture_next_order(Source *source)
{
    return source->next < source->nlines ? source->lines[source->next].order : UINT64_MAX;
}

static void fixture_stats(const Source *source, SourceStats *out)
{
    *out = (SourceStats){ .rows = source->next };
}

static void fixture_where(Source *source, const Batch *batch, uint32_t row, StrBuf *out)
{
    (void)source;
    strbuf_addf(out, "input line %llu", (unsigned long long)batch->origin[row]);
}

static const SourceVt fixture_source = {
    .open = fixture_open, .poll = fixture_poll, .position = fixture_position, .next_order = fixture_next_order, .stats = fixture_stats, .close = fixture_close, .where = fixture_where,
};

extern const ConnectorDef connector_fixture;
const ConnectorDef connector_fixture = {
    .name = "fixture", .caps = CONN_SOURCE | CONN_BOUNDED | CONN_PUSH_PROJECTION, .options = fixture_options, .check = fixture_check,
    .source_changes = fixture_changes, .source = &fixture_source, .doc = "Rows written down in a test case.",
};
