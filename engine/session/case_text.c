/* Text side of `weir test`: rows as lines, changelogs applied, sorted lines, diffs, records between processes. Pure but for the
 * row callbacks, which run on the job's thread while the session waits. */
#include "engine/session/case_run.h"
#include "engine/plan/config.h"
#include "engine/type/text.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* --- records --- */

void record_put(CaseReport *report, bool passed, uint32_t line, Str key, Str why)
{
    strbuf_put_u8(&report->bytes, passed);
    strbuf_put_u32(&report->bytes, line);
    strbuf_put_str(&report->bytes, key);
    strbuf_put_str(&report->bytes, why);
    if (report->fd <= 0) return;
    for (Str rest = strbuf_str(&report->bytes); rest.len;) {
        ssize_t n = write(report->fd, rest.ptr, rest.len);
        if (n < 0 && errno != EINTR) break;
        if (n > 0) rest = str_sub(rest, (uint32_t)n, rest.len);
    }
    strbuf_clear(&report->bytes);
}

bool record_get(Reader *in, CaseRecord *out)
{
    if (in->ptr >= in->end) return false;
    out->passed = reader_u8(in);
    out->line = reader_u32(in);
    out->key = reader_str(in);
    out->why = reader_str(in);
    return !in->bad;
}

/* --- rows --- */

void rows_init(CaseRows *rows, Session *session)
{
    *rows = (CaseRows){ .session = session, .arena = arena_new() };
}

void rows_free(CaseRows *rows)
{
    strbuf_free(&rows->schema);
    strbuf_free(&rows->lines);
    arena_free(rows->arena);
}

static bool holds_map(const Type *type)
{
    if (type->kind == TYPE_MAP || type->kind == TYPE_MULTISET) return true;
    if (type->elem && holds_map(type->elem)) return true;
    for (uint32_t i = 0; i < type->nfields; i++)
        if (holds_map(type->fields[i].type)) return true;
    return false;
}

static void on_rows_begin(void *ctx, const Schema *schema, bool streaming)
{
    CaseRows *rows = ctx;
    (void)streaming;
    strbuf_clear(&rows->schema);
    strbuf_clear(&rows->lines);
    rows->nrows = 0;
    rows->any = true;
    rows->unordered = false;
    const Zone *zone = zone_find(config_text(&session_env(rows->session)->config, "table.local-time-zone"));
    rows->zone = zone ? zone : zone_utc();
    for (uint32_t i = 0; i < schema->n; i++) {
        Str type = type_text(rows->arena, schema->cols[i].type);
        if (i == 0) rows->first_type = type;
        if (holds_map(schema->cols[i].type)) rows->unordered = true;
        strbuf_adds(&rows->schema, schema->cols[i].name);
        strbuf_addc(&rows->schema, ' ');
        strbuf_adds(&rows->schema, type);
        strbuf_addc(&rows->schema, '\n');
    }
}

static void print_hex(Str bytes, StrBuf *out)
{
    strbuf_addz(out, "x'");
    for (uint32_t i = 0; i < bytes.len; i++) strbuf_addf(out, "%02x", (unsigned char)bytes.ptr[i]);
    strbuf_addc(out, '\'');
}

static bool holds_binary(const Type *type)
{
    if (type_is_binary(type)) return true;
    if (type->elem && holds_binary(type->elem)) return true;
    if (type->key && holds_binary(type->key)) return true;
    for (uint32_t i = 0; i < type->nfields; i++)
        if (holds_binary(type->fields[i].type)) return true;
    return false;
}

/* Bytes print as x'0a' here, inside collections too, where CAST would read them as text. */
static void print_value(const CaseRows *rows, const Type *type, const Datum *value, StrBuf *out)
{
    if (value->null) {
        strbuf_addz(out, "NULL");
    } else if (type_is_binary(type)) {
        print_hex(datum_text(value), out);
    } else if (!type_is_nested(type) || !holds_binary(type)) {
        datum_print(type, value, rows->zone, out);
    } else {
        const Nested *nested = value->v.nested;
        bool map = type->kind == TYPE_MAP || type->kind == TYPE_MULTISET, row = type->kind == TYPE_ROW;
        strbuf_addc(out, map ? '{' : row ? '(' : '[');
        for (uint32_t i = 0; i < nested->len; i++) {
            if (i) strbuf_addz(out, ", ");
            const Type *item = row ? type->fields[i].type : map && type->key ? type->key : type->elem;
            print_value(rows, item, &nested->items[map ? 2 * i : i], out);
            if (!map) continue;
            strbuf_addc(out, '=');
            print_value(rows, type->kind == TYPE_MAP ? type->elem : type_simple(TYPE_INT, false), &nested->items[2 * i + 1], out);
        }
        strbuf_addc(out, map ? '}' : row ? ')' : ']');
    }
}

static void print_cell(const CaseRows *rows, const Type *type, const Datum *value, StrBuf *out)
{
    if (value->null) {
        strbuf_addz(out, "<NULL>");
        return;
    }
    uint32_t from = out->len;
    print_value(rows, type, value, out);
    bool special = false;
    for (uint32_t i = from; i < out->len; i++) special |= out->ptr[i] == '\n' || out->ptr[i] == '\t' || out->ptr[i] == '\\';
    if (!special) return;
    Str plain = str_dup(rows->arena, (Str){ out->ptr + from, out->len - from });
    out->len = from;
    for (uint32_t i = 0; i < plain.len; i++) {
        if (plain.ptr[i] == '\n') strbuf_addz(out, "\\n");
        else if (plain.ptr[i] == '\t') strbuf_addz(out, "\\t");
        else if (plain.ptr[i] == '\\') strbuf_addz(out, "\\\\");
        else strbuf_addc(out, plain.ptr[i]);
    }
}

static bool on_rows(void *ctx, const Batch *batch, const Schema *schema)
{
    CaseRows *rows = ctx;
    for (uint32_t i = 0; i < batch_live(batch); i++) {
        uint32_t row = batch_row(batch, i);
        strbuf_addz(&rows->lines, row_op_text[batch_op(batch, row)]);
        for (uint32_t c = 0; c < schema->n; c++) {
            strbuf_addz(&rows->lines, c ? " | " : " ");
            Datum value = vec_get(&batch->cols[c], row);
            print_cell(rows, schema->cols[c].type, &value, &rows->lines);
        }
        strbuf_addc(&rows->lines, '\n');
        rows->nrows++;
    }
    return true;
}

SessionSink rows_sink(CaseRows *rows)
{
    return (SessionSink){ .ctx = rows, .rows_begin = on_rows_begin, .rows = on_rows };
}

/* --- lines --- */

typedef struct Lines { Str *v; uint32_t n, cap; } Lines;

static Lines split_lines(Arena *arena, Str text)
{
    Lines lines = { 0 };
    for (uint32_t at = 0; at < text.len;) {
        int64_t end = str_find(text, STR("\n"), at);
        uint32_t stop = end < 0 ? text.len : (uint32_t)end;
        ARENA_PUSH(arena, lines, str_sub(text, at, stop - at));
        at = stop + 1;
    }
    return lines;
}

static int compare_lines(const void *a, const void *b)
{
    return str_cmp(*(const Str *)a, *(const Str *)b);
}

static Str join_lines(Arena *arena, const Lines *lines)
{
    StrBuf out = { 0 };
    for (uint32_t i = 0; i < lines->n; i++) {
        strbuf_adds(&out, lines->v[i]);
        strbuf_addc(&out, '\n');
    }
    Str text = str_dup(arena, strbuf_str(&out));
    strbuf_free(&out);
    return text;
}

Str sort_lines(Arena *arena, Str text)
{
    Lines lines = split_lines(arena, text);
    if (lines.n) qsort(lines.v, lines.n, sizeof *lines.v, compare_lines);
    return join_lines(arena, &lines);
}

Str changelog_final(Arena *arena, Str changelog)
{
    Lines changes = split_lines(arena, changelog), rows = { 0 };
    for (uint32_t i = 0; i < changes.n; i++) {
        Str op = str_sub(changes.v[i], 0, 2), row = str_sub(changes.v[i], 3, changes.v[i].len);
        if (str_is(op, "+I") || str_is(op, "+U")) {
            ARENA_PUSH(arena, rows, row);
            continue;
        }
        uint32_t at = rows.n;
        while (at > 0 && !str_eq(rows.v[at - 1], row)) at--;
        if (!at) continue;                       /* took away what was never there */
        rows.v[at - 1] = rows.v[--rows.n];
    }
    if (rows.n) qsort(rows.v, rows.n, sizeof *rows.v, compare_lines);
    return join_lines(arena, &rows);
}

/* Longest common subsequence by table; beyond its size the texts are shown one after the other. */
void diff_lines(Str expected, Str actual, StrBuf *out)
{
    Arena *arena = arena_new();
    Lines a = split_lines(arena, expected), b = split_lines(arena, actual);
    size_t width = (size_t)b.n + 1;
    bool small = (size_t)(a.n + 1) * width <= 4000000;
    uint32_t *common = ARENA_ARRAY(arena, uint32_t, small ? (a.n + 1) * width : 1);
    for (uint32_t i = a.n; small && i-- > 0;)
        for (uint32_t k = b.n; k-- > 0;)
            common[i * width + k] = str_eq(a.v[i], b.v[k]) ? common[(i + 1) * width + k + 1] + 1
                : common[(i + 1) * width + k] >= common[i * width + k + 1] ? common[(i + 1) * width + k] : common[i * width + k + 1];
    uint32_t i = 0, k = 0;
    while (i < a.n || k < b.n) {
        bool same = i < a.n && k < b.n && str_eq(a.v[i], b.v[k]);
        bool take_a = !same && i < a.n && (k >= b.n || !small || common[(i + 1) * width + k] >= common[i * width + k + 1]);
        Str line = same || take_a ? a.v[i] : b.v[k];
        strbuf_addf(out, "    %c%.*s\n", same ? ' ' : take_a ? '-' : '+', STR_ARG(line));
        if (same || take_a) i++;
        if (same || !take_a) k++;
    }
    arena_free(arena);
}

/* --- maps have no order --- */

/* text[from] is '{': appends it with its entries sorted, returns the place behind its '}'. */
static uint32_t sort_brace(Arena *arena, Str text, uint32_t from, StrBuf *out)
{
    Lines entries = { 0 };
    StrBuf entry = { 0 };
    uint32_t i = from + 1, depth = 0;
    for (; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '{') {
            i = sort_brace(arena, text, i, &entry) - 1;
            continue;
        }
        if (c == '}' && depth == 0) break;
        if (c == '[' || c == '(') depth++;
        if ((c == ']' || c == ')') && depth) depth--;
        if (c == ',' && depth == 0 && i + 1 < text.len && text.ptr[i + 1] == ' ') {
            ARENA_PUSH(arena, entries, str_dup(arena, strbuf_str(&entry)));
            strbuf_clear(&entry);
            i++;
            continue;
        }
        strbuf_addc(&entry, c);
    }
    ARENA_PUSH(arena, entries, str_dup(arena, strbuf_str(&entry)));
    strbuf_free(&entry);
    qsort(entries.v, entries.n, sizeof *entries.v, compare_lines);
    strbuf_addc(out, '{');
    for (uint32_t k = 0; k < entries.n; k++) {
        if (k) strbuf_addz(out, ", ");
        strbuf_adds(out, entries.v[k]);
    }
    if (i < text.len) strbuf_addc(out, '}');
    return i < text.len ? i + 1 : text.len;
}

Str sort_braces(Arena *arena, Str text)
{
    if (str_find(text, STR("{"), 0) < 0) return text;
    StrBuf out = { 0 };
    for (uint32_t i = 0; i < text.len;) {
        if (text.ptr[i] == '{') i = sort_brace(arena, text, i, &out);
        else strbuf_addc(&out, text.ptr[i++]);
    }
    Str sorted = str_dup(arena, strbuf_str(&out));
    strbuf_free(&out);
    return sorted;
}

/* --- errors --- */

Str error_answer(Arena *arena, const Err *err)
{
    return str_printf(arena, "%s: %s", err_stage_name(err->stage), err->message);
}

bool same_stage(Str answer, const Err *err)
{
    if (answer.len && answer.ptr[0] == '!') answer = str_sub(answer, 1, answer.len);
    int64_t colon = str_find(answer, STR(":"), 0);
    return colon > 0 && str_is(str_sub(answer, 0, (uint32_t)colon), err_stage_name(err->stage));
}
