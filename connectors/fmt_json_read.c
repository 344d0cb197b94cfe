/* json decoder: schema-directed, straight into columns. It learns the order of the keys: at each position of an object it first tries the key
 * that stood there last time, as one memcmp of `"name":`; other orders, blanks and escapes take the general path. Conversions are those of
 * Flink's JsonParserToRowDataConverters (Flink's documentation, tests/conformance). One decoder belongs to one source and its thread.
 * Invariant: when done() is called every wanted cell of the row has been written, NULLs included. */
#include "connectors/fmt_json_read.h"
#include "connectors/fmt_json_fast.h"

#include <stdio.h>

enum { UNKNOWN_MAX = 64, NO_FIELD = 0xffff };

Str json_option(const FormatSpec *spec, const char *name)
{
    char key[160];
    snprintf(key, sizeof key, "%s%s", spec->prefix ? spec->prefix : "", name);
    const Option *option = options_find(spec->options, str_of(key));
    if (option) return option->value;
    for (const OptionDef *def = json_options; def->name; def++)
        if (strcmp(def->name, name) == 0) return str_of(def->dflt);
    return STR_NULL;
}

bool json_option_bool(const FormatSpec *spec, const char *name, bool *out, Err *err)
{
    Str text = json_option(spec, name);
    if (str_iis(text, "true") || str_iis(text, "false")) { *out = str_iis(text, "true"); return true; }
    return err_set(err, E_OPTION, "option \"%s%s\" must be true or false, not \"" STR_FMT "\"", spec->prefix ? spec->prefix : "", name, STR_ARG(text));
}

static JsonField json_field(Arena *arena, Str name, const Type *type, uint32_t col)
{
    StrBuf key = { 0 };
    json_quote(name, &key);
    strbuf_addc(&key, ':');
    JsonField field = { .name = str_dup(arena, name), .key = str_dup(arena, strbuf_str(&key)), .type = type, .col = col, .kind = type ? (uint8_t)type->kind : TYPE_NULL, .cut_us = UINT8_MAX };
    memcpy(field.word, key.ptr, key.len < 16 ? key.len : 16);
    memset(field.mask, 0xff, key.len < 16 ? key.len : 16);
    if (type && (type->kind == TYPE_TIMESTAMP || type->kind == TYPE_TIMESTAMP_LTZ) && type_phys(type) == PHYS_I64) field.cut_us = (uint8_t)type->precision;
    strbuf_free(&key);
    return field;
}

Decoder *json_decoder_new(const FormatSpec *spec, Err *err)
{
    Arena *arena = arena_new();
    Decoder *d = ARENA_NEW(arena, Decoder);
    d->arena = arena;
    d->zone = spec->zone;
    d->nfields = d->nall = spec->schema->n;
    uint32_t room = d->nfields + UNKNOWN_MAX;
    d->fields = ARENA_ARRAY(arena, JsonField, room);
    d->order = ARENA_ARRAY(arena, uint16_t, room);
    d->seen = ARENA_ARRAY(arena, uint32_t, room);
    for (uint32_t i = 0; i < d->nfields; i++) {
        d->fields[i] = json_field(arena, spec->schema->cols[i].name, spec->schema->cols[i].type, spec->target ? spec->target[i] : i);
        d->order[i] = (uint16_t)i;
    }
    for (uint32_t i = d->nfields; i < room; i++) d->order[i] = NO_FIELD;
    Str standard = json_option(spec, "timestamp-format.standard");
    d->iso = str_iis(standard, "ISO-8601");
    if (json_option_bool(spec, "fail-on-missing-field", &d->fail_missing, err) && json_option_bool(spec, "ignore-parse-errors", &d->ignore_errors, err))
        return d;
    json_decoder_free(d);
    return NULL;
}

void json_decoder_free(Decoder *d)
{
    if (!d) return;
    strbuf_free(&d->text);
    arena_free(d->arena);
}

static bool bad(Decoder *d, const char *why)
{
    d->why = why;
    return false;
}

/* ---- cells ---- */

static void set_null(Decoder *d, uint32_t col)
{
    BatchBuilder *b = d->builder;
    Vec *vec = &b->batch.cols[col];
    vec_need_valid(vec, b->batch.arena, b->cap);
    bit_clear(vec->valid, b->batch.len);
}

/* The frequent forms of the frequent types, straight into the column; NULL = the general path decides. */
static inline const char *read_fast(Decoder *d, const char *p, const char *end, const JsonField *field, Vec *vec, uint32_t row)
{
    int64_t i;
    switch ((TypeKind)field->kind) {
    case TYPE_VARCHAR: return fast_string(p, end, d->builder->batch.arena, &((StrView *)vec->data)[row]);
    case TYPE_DOUBLE: return fast_double(p, end, &((double *)vec->data)[row]);
    case TYPE_BIGINT: return fast_integer(p, end, &((int64_t *)vec->data)[row]);
    case TYPE_INT:
        p = fast_integer(p, end, &i);
        if (!p || i < INT32_MIN || i > INT32_MAX) return NULL;
        ((int32_t *)vec->data)[row] = (int32_t)i;
        return p;
    case TYPE_BOOLEAN: {
        bool yes = end - p >= 4 && memcmp(p, "true", 4) == 0, no = end - p >= 5 && memcmp(p, "false", 5) == 0;
        if (!yes && !no) return NULL;
        ((bool *)vec->data)[row] = yes;
        return p + (yes ? 4 : 5);
    }
    case TYPE_TIMESTAMP: case TYPE_TIMESTAMP_LTZ:
        if (field->cut_us == UINT8_MAX) return NULL;
        return fast_timestamp(d, p, end, field->kind == TYPE_TIMESTAMP_LTZ, field->cut_us, &((int64_t *)vec->data)[row]);
    default: return NULL;
    }
}

/* One top-level field into its column. */
static inline bool read_cell(Decoder *d, const char **p, const char *end, const JsonField *field)
{
    BatchBuilder *b = d->builder;
    Vec *vec = &b->batch.cols[field->col];
    uint32_t row = b->batch.len;
    const char *start = *p, *q = read_fast(d, start, end, field, vec, row);
    if (q) {
        *p = q;
        if (vec->valid) bit_set(vec->valid, row);
        return true;
    }
    JsonKind kind = json_kind(start, end);
    Datum value = { 0 };
    if (kind == JSON_NULL) { *p += 4; set_null(d, field->col); return true; }
    if (!json_read_value(d, p, end, field->type, kind, 0, &value) && !json_forgive(d, p, end, start, &value)) return false;
    vec_set(vec, b->batch.arena, b->cap, row, &value);
    return true;
}

/* As match_key, for a key that is not the one expected at this position: it will be. */
static const JsonField *search_key(Decoder *d, const char **p, const char *end, uint32_t pos)
{
    uint32_t room = d->nfields + UNKNOWN_MAX;
    Str name;
    if (!json_member_key(d, p, end, &name)) return NULL;
    uint32_t f = 0;
    while (f < d->nall && !str_eq(d->fields[f].name, name)) f++;
    static const JsonField stranger = { .col = UINT32_MAX };
    if (f == d->nall) {
        if (d->nall == room) return &stranger;
        d->fields[d->nall++] = json_field(d->arena, name, NULL, UINT32_MAX);
    }
    if (pos < room) d->order[pos] = (uint16_t)f;
    return &d->fields[f];
}

/* Field of the key at *p, which stands behind the colon afterwards; NULL when the text is malformed. `pos`: how many keys came before it. */
static inline const JsonField *match_key(Decoder *d, const char **p, const char *end, uint32_t pos)
{
    if (pos < d->nfields + UNKNOWN_MAX && d->order[pos] != NO_FIELD) {
        const JsonField *guess = &d->fields[d->order[pos]];
        if (fast_key(*p, end, guess)) {
            *p = json_blank(*p + guess->key.len, end);
            return guess;
        }
    }
    return search_key(d, p, end, pos);
}

static bool finish_row(Decoder *d, RowDone *done, void *ctx, Err *err)
{
    for (uint32_t f = 0; d->present < d->nfields && f < d->nfields; f++) {
        if (d->seen[f] == d->row_no) continue;
        if (d->fail_missing) return err_set(err, E_BAD_RECORD, "field \"" STR_FMT "\" is missing in the JSON record", STR_ARG(d->fields[f].name));
        if (d->fields[f].col != UINT32_MAX) set_null(d, d->fields[f].col);
    }
    return done(ctx, ROW_INSERT, err);
}

/* One object = one row: cells only; the caller finishes it. */
static bool read_object(Decoder *d, const char **p, const char *end)
{
    d->row_no++;
    d->present = 0;
    *p = json_blank(*p + 1, end);
    if (*p < end && **p == '}') { ++*p; return true; }
    for (uint32_t pos = 0;; pos++) {
        const JsonField *field = match_key(d, p, end, pos);
        if (!field) return bad(d, "malformed object");
        if (field->type) {
            uint32_t *seen = &d->seen[field - d->fields];
            d->present += *seen != d->row_no;
            *seen = d->row_no;
        }
        if (field->col == UINT32_MAX ? !json_skip(p, end, 0) : !read_cell(d, p, end, field)) return false;
        if (*p < end && **p == ',') { *p = json_blank(*p + 1, end); continue; }
        bool ok;
        if (json_next_member(p, end, '}', &ok)) continue;
        return ok ? true : bad(d, "malformed object");
    }
}

static bool refuse(Decoder *d, Str bytes, Err *err)
{
    err_set(err, E_BAD_RECORD, "cannot read JSON record: %s", d->why ? d->why : "malformed document");
    err_detail(err, "record: " STR_FMT "%s", (int)(bytes.len > 200 ? 200 : bytes.len), bytes.ptr, bytes.len > 200 ? "..." : "");
    return err_hint(err, "Set 'json.ignore-parse-errors' = 'true' to skip bad records and count them.");
}

/* The row under way failed: skip and count it, or fail the job. */
static bool drop_or_refuse(Decoder *d, Str bytes, uint64_t *skipped, Err *err)
{
    if (d->ignore_errors) { ++*skipped; return true; }
    return refuse(d, bytes, err);
}

/* A top-level array is one row an element. */
static bool decode_array(Decoder *d, const char *p, const char *end, Str bytes, RowDone *done, void *ctx, uint64_t *skipped, Err *err)
{
    bool ok = true;
    p = json_blank(p + 1, end);
    if (p < end && *p == ']') return true;
    do {
        if (p >= end || *p != '{' || !read_object(d, &p, end)) return drop_or_refuse(d, bytes, skipped, err);
        if (!finish_row(d, done, ctx, err)) {
            if (!d->ignore_errors || err->code != E_BAD_RECORD) return false;
            err_clear(err);
            ++*skipped;
        }
    } while (json_next_member(&p, end, ']', &ok));
    return ok ? true : drop_or_refuse(d, bytes, skipped, err);
}

bool json_decode(Decoder *d, Str bytes, BatchBuilder *builder, RowDone *done, void *done_ctx, uint64_t *skipped, Err *err)
{
    if (bytes.len == 0) return true;             /* a null or empty message is no row */
    const char *p = bytes.ptr, *end = bytes.ptr + bytes.len;
    d->builder = builder;
    d->why = NULL;
    if (end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) p += 3;
    p = json_blank(p, end);
    if (p < end && *p == '[') return decode_array(d, p, end, bytes, done, done_ctx, skipped, err);
    if (p >= end || *p != '{') {
        d->why = "an object was expected";
        return drop_or_refuse(d, bytes, skipped, err);
    }
    if (!read_object(d, &p, end)) return drop_or_refuse(d, bytes, skipped, err);
    return finish_row(d, done, done_ctx, err);
}
