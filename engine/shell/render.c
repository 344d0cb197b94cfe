/* Output modes; see render.h. Table modes keep bounded rows as text in an arena until the end; streaming ones fix their widths by type as Flink's
 * tableau does (Flink's documentation). */
#include "engine/shell/render.h"
#include "engine/type/text.h"

#include <math.h>
#include <stdlib.h>

const char *const output_mode_names[OUTPUT_MODE_COUNT] = { "box", "tableau", "csv", "tsv", "json", "jsonlines", "markdown", "line" };

int output_mode_find(Str name)
{
    for (int i = 0; i < OUTPUT_MODE_COUNT; i++)
        if (str_iis(name, output_mode_names[i])) return i;
    if (str_iis(name, "table") || str_iis(name, "changelog")) return OUTPUT_BOX;
    return str_iis(name, "ndjson") || str_iis(name, "jsonl") ? (int)OUTPUT_JSONLINES : -1;
}

struct Render {
    RenderOptions o;
    Arena *arena;
    Str *names; const Type **types; uint32_t ncols;     /* with the op column in front when streaming */
    uint32_t *widths;
    struct { Str *v; uint32_t n, cap; } kept;           /* row-major cells */
    uint64_t rows;
    bool begun;
    StrBuf line, cell;
};

static bool is_table(const Render *r) { return r->o.mode == OUTPUT_BOX || r->o.mode == OUTPUT_TABLEAU || r->o.mode == OUTPUT_MARKDOWN; }
/* Flink's display width of a type in streaming results. */
static uint32_t type_width(const Type *type, uint32_t max)
{
    if (!type) return max;
    switch (type->kind) {
    case TYPE_TINYINT: return 4;
    case TYPE_SMALLINT: return 6;
    case TYPE_INT: return 11;
    case TYPE_BIGINT: return 20;
    case TYPE_DECIMAL: return type->precision + 2;
    case TYPE_BOOLEAN: return 5;
    case TYPE_DATE: return 10;
    case TYPE_TIME: return 8;
    case TYPE_TIMESTAMP: case TYPE_TIMESTAMP_LTZ: return type->precision == 0 ? 19 : type->precision <= 3 ? 23 : type->precision <= 6 ? 26 : 29;
    default: return max;
    }
}

static bool right_aligned(const Render *r, uint32_t c)
{
    if (r->o.mode == OUTPUT_TABLEAU) return true;
    return r->types && r->types[c] && type_is_numeric(r->types[c]);
}

Render *render_new(const RenderOptions *options, const Str *names, const Type *const *types, uint32_t ncols)
{
    Arena *arena = arena_new();
    Render *r = ARENA_NEW(arena, Render);
    uint32_t op = options->streaming;
    r->o = *options;
    r->arena = arena;
    if (!r->o.max_column_width) r->o.max_column_width = 30;
    r->ncols = ncols + op;
    r->names = ARENA_ARRAY(arena, Str, r->ncols);
    r->widths = ARENA_ARRAY(arena, uint32_t, r->ncols);
    if (types) r->types = ARENA_ARRAY(arena, const Type *, r->ncols);
    if (op) {
        r->names[0] = STR("op");
        r->widths[0] = 2;
    }
    for (uint32_t c = 0; c < ncols; c++) {
        r->names[c + op] = str_dup(arena, names[c]);
        if (types) r->types[c + op] = types[c];
        r->widths[c + op] = utf8_width(names[c]);
        if (!options->streaming) continue;
        uint32_t w = type_width(types ? types[c] : NULL, r->o.max_column_width);
        if (w < 6) w = 6;
        if (w > r->widths[c + op]) r->widths[c + op] = w;
    }
    return r;
}

/* ---- drawing ---- */

typedef struct Lines { const char *left, *mid, *right, *fill; } Lines;
typedef enum RuleAt { RULE_TOP, RULE_MIDDLE, RULE_BOTTOM } RuleAt;

static void draw_rule(Render *r, RuleAt at)
{
    static const Lines box[3] = { { "┌", "┬", "┐", "─" }, { "├", "┼", "┤", "─" }, { "└", "┴", "┘", "─" } }, ascii = { "+", "+", "+", "-" }, markdown = { "|", "|", "|", "-" };
    if (r->o.mode == OUTPUT_MARKDOWN && at != RULE_MIDDLE) return;
    const Lines *l = r->o.mode == OUTPUT_BOX ? &box[at] : r->o.mode == OUTPUT_MARKDOWN ? &markdown : &ascii;
    strbuf_clear(&r->line);
    for (uint32_t c = 0; c < r->ncols; c++) {
        strbuf_addz(&r->line, c ? l->mid : l->left);
        for (uint32_t i = 0; i < r->widths[c] + 2; i++) strbuf_addz(&r->line, r->o.mode == OUTPUT_MARKDOWN && right_aligned(r, c) && i == r->widths[c] + 1 ? ":" : l->fill);
    }
    strbuf_addz(&r->line, l->right);
    strbuf_addc(&r->line, '\n');
    fwrite(r->line.ptr, 1, r->line.len, r->o.out);
}

/* Cut to `width` columns; longer text ends in "...". */
static void fit(Str text, uint32_t width, StrBuf *out)
{
    if (utf8_width(text) <= width) { strbuf_adds(out, text); return; }
    const char *p = text.ptr, *end = p + text.len;
    uint32_t used = 0, room = width > 3 ? width - 3 : width;
    while (p < end) {
        uint32_t code, n = utf8_decode(p, end, &code), w = utf8_width((Str){ p, n });
        if (used + w > room) break;
        strbuf_add(out, p, n);
        used += w;
        p += n;
    }
    if (width > 3) strbuf_addz(out, "...");
}

static void draw_row(Render *r, const Str *cells, bool header)
{
    const char *bar = r->o.mode == OUTPUT_BOX ? "│" : "|";
    strbuf_clear(&r->line);
    for (uint32_t c = 0; c < r->ncols; c++) {
        strbuf_clear(&r->cell);
        fit(cells[c], r->widths[c], &r->cell);
        uint32_t w = utf8_width(strbuf_str(&r->cell)), pad = r->widths[c] > w ? r->widths[c] - w : 0;
        bool right = right_aligned(r, c) && !(header && r->o.mode == OUTPUT_BOX);
        strbuf_addz(&r->line, bar);
        strbuf_addc(&r->line, ' ');
        for (uint32_t i = 0; right && i < pad; i++) strbuf_addc(&r->line, ' ');
        strbuf_adds(&r->line, strbuf_str(&r->cell));
        for (uint32_t i = 0; !right && i < pad; i++) strbuf_addc(&r->line, ' ');
        strbuf_addc(&r->line, ' ');
    }
    strbuf_addz(&r->line, bar);
    strbuf_addc(&r->line, '\n');
    fwrite(r->line.ptr, 1, r->line.len, r->o.out);
}

/* Control characters would tear the table: shown as escapes. */
static Str printable(Arena *arena, Str text)
{
    bool clean = true;
    for (uint32_t i = 0; i < text.len && clean; i++) clean = (unsigned char)text.ptr[i] >= 0x20 && text.ptr[i] != 0x7f;
    if (clean) return text;
    StrBuf out = { 0 };
    for (uint32_t i = 0; i < text.len; i++) {
        unsigned char ch = (unsigned char)text.ptr[i];
        if (ch == '\n') strbuf_addz(&out, "\\n");
        else if (ch == '\t') strbuf_addz(&out, "\\t");
        else if (ch < 0x20 || ch == 0x7f) strbuf_addf(&out, "\\x%02x", ch);
        else strbuf_addc(&out, (char)ch);
    }
    Str copy = str_dup(arena, strbuf_str(&out));
    strbuf_free(&out);
    return copy;
}

static void csv_cell(Str text, char separator, StrBuf *out)
{
    bool quote = false;
    for (uint32_t i = 0; i < text.len; i++) quote |= text.ptr[i] == separator || text.ptr[i] == '"' || text.ptr[i] == '\n' || text.ptr[i] == '\r';
    if (!quote) { strbuf_adds(out, text); return; }
    strbuf_addc(out, '"');
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') strbuf_addc(out, '"');
        strbuf_addc(out, text.ptr[i]);
    }
    strbuf_addc(out, '"');
}

static void csv_row(Render *r, const Str *cells)
{
    char separator = r->o.mode == OUTPUT_TSV ? '\t' : ',';
    strbuf_clear(&r->line);
    for (uint32_t c = 0; c < r->ncols; c++) {
        if (c) strbuf_addc(&r->line, separator);
        if (cells[c].ptr) csv_cell(cells[c], separator, &r->line);
    }
    strbuf_addc(&r->line, '\n');
    fwrite(r->line.ptr, 1, r->line.len, r->o.out);
}

/* ---- JSON ---- */

static void json_text(Str text, StrBuf *out)
{
    strbuf_addc(out, '"');
    for (uint32_t i = 0; i < text.len; i++) {
        unsigned char ch = (unsigned char)text.ptr[i];
        if (ch == '"' || ch == '\\') { strbuf_addc(out, '\\'); strbuf_addc(out, (char)ch); }
        else if (ch == '\n') strbuf_addz(out, "\\n");
        else if (ch == '\t') strbuf_addz(out, "\\t");
        else if (ch == '\r') strbuf_addz(out, "\\r");
        else if (ch < 0x20) strbuf_addf(out, "\\u%04x", ch);
        else strbuf_addc(out, (char)ch);
    }
    strbuf_addc(out, '"');
}

static void json_value(const Type *type, const Datum *value, const Zone *zone, StrBuf *out);

static void json_nested(const Type *type, const Nested *nested, const Zone *zone, StrBuf *out)
{
    bool list = type->kind == TYPE_ARRAY;
    uint32_t n = type->kind == TYPE_ROW ? type->nfields : nested->len;
    StrBuf key = { 0 };
    strbuf_addc(out, list ? '[' : '{');
    for (uint32_t i = 0; i < n; i++) {
        if (i) strbuf_addc(out, ',');
        if (type->kind == TYPE_ROW) {
            json_text(type->fields[i].name, out);
            strbuf_addc(out, ':');
            json_value(type->fields[i].type, &nested->items[i], zone, out);
        } else if (list) {
            json_value(type->elem, &nested->items[i], zone, out);
        } else {
            strbuf_clear(&key);
            datum_print(type->kind == TYPE_MAP ? type->key : type->elem, &nested->items[2 * i], zone, &key);
            json_text(strbuf_str(&key), out);
            strbuf_addc(out, ':');
            json_value(type->kind == TYPE_MAP ? type->elem : type_simple(TYPE_INT, false), &nested->items[2 * i + 1], zone, out);
        }
    }
    strbuf_addc(out, list ? ']' : '}');
    strbuf_free(&key);
}

static void json_value(const Type *type, const Datum *value, const Zone *zone, StrBuf *out)
{
    if (value->null) { strbuf_addz(out, "null"); return; }
    if (type_is_nested(type)) { json_nested(type, value->v.nested, zone, out); return; }
    if (type->kind == TYPE_BOOLEAN) { strbuf_addz(out, value->v.b ? "true" : "false"); return; }
    StrBuf text = { 0 };
    datum_print(type, value, zone, &text);
    bool odd = (type->kind == TYPE_DOUBLE && !isfinite(value->v.f64)) || (type->kind == TYPE_FLOAT && !isfinite(value->v.f32));
    if (type_is_numeric(type) && !odd) strbuf_adds(out, strbuf_str(&text));
    else json_text(strbuf_str(&text), out);
    strbuf_free(&text);
}

static void json_begin_row(Render *r)
{
    strbuf_clear(&r->line);
    if (r->o.mode == OUTPUT_JSON) strbuf_addz(&r->line, r->rows ? ",\n " : "[");
    strbuf_addc(&r->line, '{');
}
static void json_end_row(Render *r)
{
    strbuf_addc(&r->line, '}');
    if (r->o.mode == OUTPUT_JSONLINES) strbuf_addc(&r->line, '\n');
    fwrite(r->line.ptr, 1, r->line.len, r->o.out);
    r->rows++;
}
static void json_key(Render *r, uint32_t c)
{
    if (c) strbuf_addc(&r->line, ',');
    json_text(r->names[c], &r->line);
    strbuf_addc(&r->line, ':');
}

/* ---- rows ---- */

static void begin(Render *r)
{
    if (r->begun) return;
    r->begun = true;
    if (r->o.mode == OUTPUT_CSV || r->o.mode == OUTPUT_TSV) csv_row(r, r->names);
    if (is_table(r)) {
        draw_rule(r, RULE_TOP);
        draw_row(r, r->names, true);
        draw_rule(r, RULE_MIDDLE);
    }
}

static void line_row(Render *r, const Str *cells)
{
    uint32_t width = 0;
    for (uint32_t c = 0; c < r->ncols; c++) width = utf8_width(r->names[c]) > width ? utf8_width(r->names[c]) : width;
    if (r->rows) fputc('\n', r->o.out);
    for (uint32_t c = 0; c < r->ncols; c++)
        fprintf(r->o.out, "%*s" STR_FMT " = " STR_FMT "\n", (int)(width - utf8_width(r->names[c])), "", STR_ARG(r->names[c]), STR_ARG(cells[c]));
}

/* Cells as text, op column included; ptr NULL = NULL. */
static void put_cells(Render *r, Str *cells)
{
    if (is_table(r) || r->o.mode == OUTPUT_LINE)
        for (uint32_t c = 0; c < r->ncols; c++) cells[c] = cells[c].ptr ? printable(r->arena, cells[c]) : r->types ? STR("<NULL>") : STR("");
    if (is_table(r) && !r->o.streaming) {        /* fitted at the end */
        for (uint32_t c = 0; c < r->ncols; c++) {
            uint32_t w = utf8_width(cells[c]);
            if (w > r->widths[c]) r->widths[c] = w;
            Str copy = str_dup(r->arena, cells[c]);
            ARENA_PUSH(r->arena, r->kept, copy);
        }
    } else {
        begin(r);
        if (is_table(r)) draw_row(r, cells, false);
        else if (r->o.mode == OUTPUT_LINE) line_row(r, cells);
        else csv_row(r, cells);
    }
    r->rows++;
}

void render_text_row(Render *r, const Str *cells)
{
    if (r->o.mode == OUTPUT_JSON || r->o.mode == OUTPUT_JSONLINES) {
        json_begin_row(r);
        for (uint32_t c = 0; c < r->ncols; c++) {
            json_key(r, c);
            if (cells[c].ptr) json_text(cells[c], &r->line);
            else strbuf_addz(&r->line, "null");
        }
        json_end_row(r);
        return;
    }
    Str *copy = arena_copy(r->arena, cells, sizeof(Str) * r->ncols);
    put_cells(r, copy);
}

static void json_batch_row(Render *r, const Batch *batch, uint32_t row, uint32_t op_cols)
{
    json_begin_row(r);
    if (op_cols) {
        json_key(r, 0);
        json_text(str_of(row_op_text[batch_op(batch, row)]), &r->line);
    }
    for (uint32_t c = 0; c < batch->ncols && c + op_cols < r->ncols; c++) {
        Datum value = vec_get(&batch->cols[c], row);
        json_key(r, c + op_cols);
        json_value(batch->cols[c].type, &value, r->o.zone, &r->line);
    }
    json_end_row(r);
}

void render_batch(Render *r, const Batch *batch)
{
    uint32_t op_cols = r->o.streaming, n = batch_live(batch);
    StrBuf text = { 0 };
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = batch_row(batch, i);
        if (r->o.mode == OUTPUT_JSON || r->o.mode == OUTPUT_JSONLINES) { json_batch_row(r, batch, row, op_cols); continue; }
        ArenaMark mark = arena_mark(r->arena);
        Str *cells = ARENA_ARRAY(r->arena, Str, r->ncols);
        if (op_cols) cells[0] = str_of(row_op_text[batch_op(batch, row)]);
        for (uint32_t c = 0; c < batch->ncols && c + op_cols < r->ncols; c++) {
            Datum value = vec_get(&batch->cols[c], row);
            if (value.null) continue;
            strbuf_clear(&text);
            datum_print(batch->cols[c].type, &value, r->o.zone, &text);
            cells[c + op_cols] = str_dup(r->arena, strbuf_str(&text));
            if (!cells[c + op_cols].ptr) cells[c + op_cols] = STR("");
        }
        put_cells(r, cells);
        if (!is_table(r) || r->o.streaming) arena_rewind(r->arena, mark);
    }
    strbuf_free(&text);
    if (r->o.streaming) fflush(r->o.out);
}

uint64_t render_count(const Render *r) { return r->rows; }

static void draw_kept(Render *r)
{
    begin(r);
    for (uint32_t i = 0; i + r->ncols <= r->kept.n && r->ncols; i += r->ncols) draw_row(r, r->kept.v + i, false);
}

static void footer(Render *r, bool cancelled, double seconds)
{
    const char *plural = r->rows == 1 ? "" : "s";
    unsigned long long rows = r->rows;
    if (!r->o.footer || r->o.quiet) return;
    if (r->o.streaming) fprintf(r->o.footer, cancelled ? "Query terminated, received a total of %llu row%s" : "Received a total of %llu row%s", rows, plural);
    else if (r->rows == 0) fputs("Empty set", r->o.footer);
    else fprintf(r->o.footer, "%llu row%s in set", rows, plural);
    if (seconds >= 0) fprintf(r->o.footer, " (%.3f s)", seconds);
    fputc('\n', r->o.footer);
}

void render_end(Render *r, bool cancelled, double seconds)
{
    if (is_table(r)) {
        /* An empty bounded set draws nothing, as Flink's does not; a table of text shows its header. */
        if (!r->o.streaming && (r->rows || !r->types)) draw_kept(r);
        if (r->begun) draw_rule(r, RULE_BOTTOM);
    } else if (r->o.mode == OUTPUT_JSON) {
        fputs(r->rows ? "]\n" : "[]\n", r->o.out);
    } else if (r->o.mode == OUTPUT_CSV || r->o.mode == OUTPUT_TSV) {
        begin(r);
    }
    fflush(r->o.out);
    footer(r, cancelled, seconds);
    strbuf_free(&r->line);
    strbuf_free(&r->cell);
    arena_free(r->arena);
}
