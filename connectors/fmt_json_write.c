/* json encoder: one object a row, columns in declared order, NULLs written unless encode.ignore-null-fields. Numbers, dates and decimals as Flink's
 * RowDataToJsonConverters write them through Jackson (Flink's documentation). Also the format's option rows. One encoder belongs to one sink and its thread. */
#include "connectors/fmt_json.h"
#include "connectors/fmt_json_scan.h"
#include "engine/type/decimal.h"
#include "engine/type/text.h"

#include <math.h>

typedef enum NullKey { NULL_KEY_FAIL, NULL_KEY_DROP, NULL_KEY_LITERAL } NullKey;

struct Encoder {
    Arena *arena;
    uint32_t nfields;
    Str *keys;                  /* `"name":` */
    const Type **types;
    uint32_t *cols;
    bool iso, plain_decimal, skip_nulls;
    NullKey null_key; Str null_key_literal;
};

const OptionDef json_options[] = {
    { "fail-on-missing-field", OPT_BOOL, "false", OPTF_SOURCE, NULL, "Fail when a record lacks a field of the schema." },
    { "ignore-parse-errors", OPT_BOOL, "false", OPTF_SOURCE, NULL, "Read bad fields as NULL and skip (and count) records that are no JSON." },
    { "timestamp-format.standard", OPT_ENUM, "SQL", 0, "SQL|ISO-8601", "Form of dates and times: '2024-01-31 10:00:00.5' or '2024-01-31T10:00:00.5'." },
    { "map-null-key.mode", OPT_ENUM, "FAIL", OPTF_SINK, "FAIL|DROP|LITERAL", "What to do with a NULL key of a map when writing." },
    { "map-null-key.literal", OPT_STRING, "null", OPTF_SINK, NULL, "Key written for NULL when map-null-key.mode is LITERAL." },
    { "encode.decimal-as-plain-number", OPT_BOOL, "false", OPTF_SINK, NULL, "Write decimals without exponent." },
    { "encode.ignore-null-fields", OPT_BOOL, "false", OPTF_SINK, NULL, "Leave out fields that are NULL." },
    { "decode.json-parser.enabled", OPT_BOOL, "true", OPTF_SOURCE | OPTF_IGNORED, NULL, "Chooses between Flink's two parsers; weir has one." },
    { NULL, OPT_STRING, NULL, 0, NULL, NULL },
};

/* A map, wherever it is nested, whose keys cannot be JSON's. */
static bool has_odd_map(const Type *type)
{
    if (type->kind == TYPE_MAP && !type_is_string(type->key)) return true;
    if (type->kind == TYPE_MULTISET) return !type_is_string(type->elem);
    if (type->kind == TYPE_MAP || type->kind == TYPE_ARRAY) return has_odd_map(type->elem);
    for (uint32_t i = 0; type->kind == TYPE_ROW && i < type->nfields; i++)
        if (has_odd_map(type->fields[i].type)) return true;
    return false;
}

static bool json_check(const Schema *schema, const Options *options, const char *prefix, Err *err)
{
    FormatSpec spec = { .schema = schema, .options = options, .prefix = prefix };
    bool missing, ignore;
    if (!json_option_bool(&spec, "fail-on-missing-field", &missing, err) || !json_option_bool(&spec, "ignore-parse-errors", &ignore, err)) return false;
    if (missing && ignore)
        return err_set(err, E_OPTION, "options \"%sfail-on-missing-field\" and \"%signore-parse-errors\" cannot both be true", prefix ? prefix : "", prefix ? prefix : "");
    for (uint32_t i = 0; i < schema->n; i++) {
        if (has_odd_map(schema->cols[i].type)) {
            err_set(err, E_UNSUPPORTED, "format 'json' needs map and multiset keys of type STRING, column \"" STR_FMT "\" has others", STR_ARG(schema->cols[i].name));
            return err_hint(err, "Declare the column as MAP<STRING, ..> and cast the keys.");
        }
    }
    return true;
}

Encoder *json_encoder_new(const FormatSpec *spec, Err *err)
{
    Arena *arena = arena_new();
    Encoder *e = ARENA_NEW(arena, Encoder);
    e->arena = arena;
    e->nfields = spec->schema->n;
    e->keys = ARENA_ARRAY(arena, Str, e->nfields);
    e->types = ARENA_ARRAY(arena, const Type *, e->nfields);
    e->cols = ARENA_ARRAY(arena, uint32_t, e->nfields);
    for (uint32_t i = 0; i < e->nfields; i++) {
        StrBuf key = { 0 };
        json_quote(spec->schema->cols[i].name, &key);
        strbuf_addc(&key, ':');
        e->keys[i] = str_dup(arena, strbuf_str(&key));
        strbuf_free(&key);
        e->types[i] = spec->schema->cols[i].type;
        e->cols[i] = spec->target ? spec->target[i] : i;
    }
    e->iso = str_iis(json_option(spec, "timestamp-format.standard"), "ISO-8601");
    Str mode = json_option(spec, "map-null-key.mode");
    e->null_key = str_iis(mode, "DROP") ? NULL_KEY_DROP : str_iis(mode, "LITERAL") ? NULL_KEY_LITERAL : NULL_KEY_FAIL;
    e->null_key_literal = str_dup(arena, json_option(spec, "map-null-key.literal"));
    if (json_option_bool(spec, "encode.decimal-as-plain-number", &e->plain_decimal, err) && json_option_bool(spec, "encode.ignore-null-fields", &e->skip_nulls, err))
        return e;
    json_encoder_free(e);
    return NULL;
}

void json_encoder_free(Encoder *e)
{
    if (e) arena_free(e->arena);
}

/* With an exponent where Java writes one, or all digits of the scale (encode.decimal-as-plain-number). */
static void write_decimal(const Encoder *e, i128 v, uint32_t scale, StrBuf *out)
{
    if (e->plain_decimal) decimal_print(v, scale, out);
    else decimal_print_java(v, scale, out);
}

static void write_timestamp(const Encoder *e, const Type *type, const Datum *value, StrBuf *out)
{
    Instant instant = instant_of(type, value);
    strbuf_addc(out, '"');
    uint32_t start = out->len;
    timestamp_print(instant, fraction_digits(instant.nano), out);
    if (e->iso)
        for (uint32_t i = start; i < out->len; i++)
            if (out->ptr[i] == ' ') out->ptr[i] = 'T';
    if (type->kind == TYPE_TIMESTAMP_LTZ) strbuf_addc(out, 'Z');
    strbuf_addc(out, '"');
}

static void write_base64(Str bytes, StrBuf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    strbuf_addc(out, '"');
    for (uint32_t i = 0; i < bytes.len; i += 3) {
        uint32_t left = bytes.len - i, word = (uint32_t)(unsigned char)bytes.ptr[i] << 16;
        if (left > 1) word |= (uint32_t)(unsigned char)bytes.ptr[i + 1] << 8;
        if (left > 2) word |= (unsigned char)bytes.ptr[i + 2];
        char quad[4] = { digits[word >> 18], digits[word >> 12 & 63], left > 1 ? digits[word >> 6 & 63] : '=', left > 2 ? digits[word & 63] : '=' };
        strbuf_add(out, quad, 4);
    }
    strbuf_addc(out, '"');
}

static void write_float(double v, bool single, StrBuf *out)
{
    bool odd = isnan(v) || isinf(v);            /* Jackson quotes what JSON cannot say */
    if (odd) strbuf_addc(out, '"');
    if (single) print_float((float)v, out);
    else print_double(v, out);
    if (odd) strbuf_addc(out, '"');
}

static bool write_value(const Encoder *e, const Type *type, const Datum *value, StrBuf *out, Err *err);

static bool write_map(const Encoder *e, const Type *type, const Nested *map, StrBuf *out, Err *err)
{
    bool first = true;
    const Type *value_type = type->kind == TYPE_MULTISET ? type_simple(TYPE_INT, false) : type->elem;
    strbuf_addc(out, '{');
    for (uint32_t i = 0; i < map->len; i++) {
        const Datum *key = &map->items[2 * i];
        Str name = e->null_key_literal;
        if (!key->null) name = datum_text(key);
        else if (e->null_key == NULL_KEY_DROP) continue;
        else if (e->null_key == NULL_KEY_FAIL) {
            err_set(err, E_DATA, "a map has a NULL key, which JSON cannot hold");
            return err_hint(err, "Set 'json.map-null-key.mode' to 'DROP' or 'LITERAL'.");
        }
        if (!first) strbuf_addc(out, ',');
        first = false;
        json_quote(name, out);
        strbuf_addc(out, ':');
        if (!write_value(e, value_type, &map->items[2 * i + 1], out, err)) return false;
    }
    strbuf_addc(out, '}');
    return true;
}

static bool write_array(const Encoder *e, const Type *type, const Nested *array, StrBuf *out, Err *err)
{
    strbuf_addc(out, '[');
    for (uint32_t i = 0; i < array->len; i++) {
        if (i) strbuf_addc(out, ',');
        if (!write_value(e, type->elem, &array->items[i], out, err)) return false;
    }
    strbuf_addc(out, ']');
    return true;
}

static bool write_row(const Encoder *e, const Type *type, const Nested *row, StrBuf *out, Err *err)
{
    bool first = true;
    strbuf_addc(out, '{');
    for (uint32_t i = 0; i < type->nfields; i++) {
        if (row->items[i].null && e->skip_nulls) continue;
        if (!first) strbuf_addc(out, ',');
        first = false;
        json_quote(type->fields[i].name, out);
        strbuf_addc(out, ':');
        if (!write_value(e, type->fields[i].type, &row->items[i], out, err)) return false;
    }
    strbuf_addc(out, '}');
    return true;
}

static bool write_value(const Encoder *e, const Type *type, const Datum *value, StrBuf *out, Err *err)
{
    if (value->null) { strbuf_addz(out, "null"); return true; }
    switch (type->kind) {
    case TYPE_BOOLEAN: strbuf_addz(out, value->v.b ? "true" : "false"); return true;
    case TYPE_TINYINT: strbuf_add_i64(out, value->v.i8); return true;
    case TYPE_SMALLINT: strbuf_add_i64(out, value->v.i16); return true;
    case TYPE_INT: strbuf_add_i64(out, value->v.i32); return true;
    case TYPE_BIGINT: case TYPE_INTERVAL_MONTH: case TYPE_INTERVAL_SECOND: strbuf_add_i64(out, value->v.i64); return true;
    case TYPE_FLOAT: write_float(value->v.f32, true, out); return true;
    case TYPE_DOUBLE: write_float(value->v.f64, false, out); return true;
    case TYPE_DECIMAL: write_decimal(e, value->v.i128, type->scale, out); return true;
    case TYPE_CHAR: case TYPE_VARCHAR: case TYPE_VARIANT: json_quote(datum_text(value), out); return true;
    case TYPE_BINARY: case TYPE_VARBINARY: case TYPE_BITMAP: write_base64(datum_text(value), out); return true;
    case TYPE_DATE: strbuf_addc(out, '"'); date_print(value->v.i32, out); strbuf_addc(out, '"'); return true;
    case TYPE_TIME: strbuf_addc(out, '"'); time_print(value->v.i32, value->v.i32 % 1000 ? 3 : 0, out); strbuf_addc(out, '"'); return true;
    case TYPE_TIMESTAMP: case TYPE_TIMESTAMP_LTZ: write_timestamp(e, type, value, out); return true;
    case TYPE_ARRAY: return write_array(e, type, value->v.nested, out, err);
    case TYPE_MAP: case TYPE_MULTISET: return write_map(e, type, value->v.nested, out, err);
    case TYPE_ROW: return write_row(e, type, value->v.nested, out, err);
    case TYPE_NULL: case TYPE_KIND_COUNT: break;
    }
    return err_set(err, E_UNSUPPORTED, "format 'json' cannot write this type");
}

bool json_encode(Encoder *e, const Batch *batch, uint32_t row, RowOp op, StrBuf *out, bool *is_null, Err *err)
{
    (void)op;
    bool first = true;
    *is_null = false;
    strbuf_addc(out, '{');
    for (uint32_t i = 0; i < e->nfields; i++) {
        const Vec *vec = &batch->cols[e->cols[i]];
        Datum value = vec_get(vec, row);
        if (value.null && e->skip_nulls) continue;
        if (!first) strbuf_addc(out, ',');
        first = false;
        strbuf_adds(out, e->keys[i]);
        if (!write_value(e, e->types[i], &value, out, err)) return false;
    }
    strbuf_addc(out, '}');
    return true;
}

const FormatDef format_json = {
    .name = "json", .options = json_options, .changes = CHANGES_INSERT, .check = json_check,
    .decoder_new = json_decoder_new, .decode = json_decode, .decoder_free = json_decoder_free,
    .encoder_new = json_encoder_new, .encode = json_encode, .encoder_free = json_encoder_free,
    .line_end = "\n", .doc = "JSON objects, one a record.",
};
