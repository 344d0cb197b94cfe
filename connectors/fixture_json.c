/* JSON values to cells through jansson: text columns take any scalar's text and the text of nested values, numbers accept
 * numeric text, times the SQL forms (LTZ with a closing Z), bytes base64. */
#include "connectors/fixture_json.h"
#include "engine/type/decimal.h"
#include "engine/type/text.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static bool refuse(const Type *type, const json_t *json, Err *err)
{
    StrBuf name = { 0 };
    type_print(type, false, &name);
    char *text = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
    err_set(err, E_BAD_RECORD, "cannot read %s as " STR_FMT, text ? text : "the value", STR_ARG(strbuf_str(&name)));
    free(text);
    strbuf_free(&name);
    return false;
}

/* Text of a scalar as Jackson's asText gives it; compact JSON of the others. */
static Str text_of(Arena *arena, const json_t *json)
{
    if (json_is_string(json)) return str_dup(arena, (Str){ json_string_value(json), (uint32_t)json_string_length(json) });
    if (json_is_boolean(json)) return json_is_true(json) ? STR("true") : STR("false");
    if (json_is_integer(json)) return str_printf(arena, "%lld", (long long)json_integer_value(json));
    StrBuf buf = { 0 };
    if (json_is_real(json)) {
        print_double(json_real_value(json), &buf);
    } else {
        char *text = json_dumps(json, JSON_COMPACT);
        strbuf_addz(&buf, text ? text : "");
        free(text);
    }
    Str text = str_dup(arena, strbuf_str(&buf));
    strbuf_free(&buf);
    return text;
}

static bool cell_integer(Arena *arena, const Type *type, const json_t *json, Datum *out)
{
    int64_t value, limit = type->kind == TYPE_TINYINT ? INT8_MAX : type->kind == TYPE_SMALLINT ? INT16_MAX : type->kind == TYPE_INT ? INT32_MAX : INT64_MAX;
    if (json_is_integer(json)) {
        value = json_integer_value(json);
    } else if (json_is_real(json) && limit >= INT32_MAX) {
        double real = trunc(json_real_value(json));
        if (!(fabs(real) < 9.2e18)) return false;
        value = (int64_t)real;
    } else if (!str_to_i64(str_trim(text_of(arena, json)), &value)) {
        return false;
    }
    if (value > limit || value < -limit - 1) return false;
    if (type->kind == TYPE_TINYINT) out->v.i8 = (int8_t)value;
    else if (type->kind == TYPE_SMALLINT) out->v.i16 = (int16_t)value;
    else if (type->kind == TYPE_INT) out->v.i32 = (int32_t)value;
    else out->v.i64 = value;
    return true;
}

static bool cell_real(Arena *arena, const Type *type, const json_t *json, Datum *out)
{
    double value;
    if (json_is_number(json)) value = json_number_value(json);
    else if (!parse_double(str_trim(text_of(arena, json)), &value)) return false;
    if (type->kind == TYPE_FLOAT) out->v.f32 = (float)value;
    else out->v.f64 = value;
    return true;
}

static bool cell_bool(const json_t *json, Arena *arena, Datum *out)
{
    out->v.b = json_is_boolean(json) ? json_is_true(json) : str_iis(str_trim(text_of(arena, json)), "true");
    return true;
}

/* Rounds to the column's scale; what does not fit is NULL. */
static bool cell_decimal(Arena *arena, const Type *type, const json_t *json, Datum *out)
{
    Str text = str_trim(text_of(arena, json));
    double as_double;
    if (decimal_parse(text, type->precision, type->scale, &out->v.i128)) return true;
    out->null = true;
    return parse_double(text, &as_double);
}

static bool cell_time(Arena *arena, const Type *type, const json_t *json, const Zone *zone, Datum *out)
{
    if (!json_is_string(json)) return false;
    Str text = text_of(arena, json);
    Err ignored = { 0 };
    Instant instant;
    uint32_t precision;
    if (type->kind == TYPE_TIMESTAMP || type->kind == TYPE_TIMESTAMP_LTZ) {
        if (type->kind == TYPE_TIMESTAMP_LTZ) {
            if (!text.len || text.ptr[text.len - 1] != 'Z') return false;
            text.len--;
        }
        if (!timestamp_parse_literal(text, &instant, &precision)) return false;
        *out = instant_datum(type, instant);
        return true;
    }
    return datum_parse(arena, type, text, (const struct Zone *)zone, out, &ignored);
}

static bool cell_base64(Arena *arena, const json_t *json, Datum *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (!json_is_string(json)) return false;
    Str text = text_of(arena, json);
    char *bytes = arena_alloc(arena, text.len + 1);
    uint32_t bits = 0, nbits = 0, len = 0;
    for (uint32_t i = 0; i < text.len && text.ptr[i] != '='; i++) {
        const char *at = memchr(digits, text.ptr[i], 64);
        if (!at) return false;
        bits = bits << 6 | (uint32_t)(at - digits);
        nbits += 6;
        if (nbits < 8) continue;
        nbits -= 8;
        bytes[len++] = (char)(bits >> nbits);
    }
    out->v.str = strview_of(bytes, len);
    return true;
}

static bool cell_array(Arena *arena, const Type *type, const json_t *json, const Zone *zone, Datum *out, Err *err)
{
    if (!json_is_array(json)) return refuse(type, json, err);
    uint32_t len = (uint32_t)json_array_size(json);
    Nested *nested = nested_new(arena, len, len);
    for (uint32_t i = 0; i < len; i++)
        if (!fixture_json_cell(arena, type->elem, json_array_get(json, i), zone, &nested->items[i], err)) return false;
    out->v.nested = nested;
    return true;
}

static bool cell_map(Arena *arena, const Type *type, json_t *json, const Zone *zone, Datum *out, Err *err)
{
    if (!json_is_object(json)) return refuse(type, json, err);
    uint32_t len = (uint32_t)json_object_size(json), i = 0;
    Nested *nested = nested_new(arena, len, 2 * len);
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value) {
        json_t *name = json_string(key);
        bool ok = fixture_json_cell(arena, type->key, name, zone, &nested->items[2 * i], err);
        json_decref(name);
        /* Entries of a multiset are counts. */
        const Type *item = type->kind == TYPE_MULTISET ? type_simple(TYPE_INT, false) : type->elem;
        if (!ok || !fixture_json_cell(arena, item, value, zone, &nested->items[2 * i + 1], err)) return false;
        i++;
    }
    out->v.nested = nested;
    return true;
}

static bool cell_row(Arena *arena, const Type *type, const json_t *json, const Zone *zone, Datum *out, Err *err)
{
    if (!json_is_object(json)) return refuse(type, json, err);
    Nested *nested = nested_new(arena, type->nfields, type->nfields);
    for (uint32_t i = 0; i < type->nfields; i++) {
        const Field *field = &type->fields[i];
        if (!fixture_json_cell(arena, field->type, json_object_getn(json, field->name.ptr, field->name.len), zone, &nested->items[i], err)) return false;
    }
    out->v.nested = nested;
    return true;
}

bool fixture_json_cell(Arena *arena, const Type *type, const json_t *json, const Zone *zone, Datum *out, Err *err)
{
    bool ok = false;
    *out = datum_null();
    if (!json || json_is_null(json)) return true;
    out->null = false;
    switch (type->kind) {
    case TYPE_BOOLEAN: ok = cell_bool(json, arena, out); break;
    case TYPE_TINYINT: case TYPE_SMALLINT: case TYPE_INT: case TYPE_BIGINT: case TYPE_INTERVAL_MONTH: case TYPE_INTERVAL_SECOND:
        ok = cell_integer(arena, type, json, out);
        break;
    case TYPE_FLOAT: case TYPE_DOUBLE: ok = cell_real(arena, type, json, out); break;
    case TYPE_DECIMAL: ok = cell_decimal(arena, type, json, out); break;
    case TYPE_CHAR: case TYPE_VARCHAR: *out = datum_str(arena, text_of(arena, json)); ok = true; break;
    case TYPE_BINARY: case TYPE_VARBINARY: ok = cell_base64(arena, json, out); break;
    case TYPE_DATE: case TYPE_TIME: case TYPE_TIMESTAMP: case TYPE_TIMESTAMP_LTZ: ok = cell_time(arena, type, json, zone, out); break;
    case TYPE_ARRAY: return cell_array(arena, type, json, zone, out, err);
    case TYPE_MAP: case TYPE_MULTISET: return cell_map(arena, type, (json_t *)(uintptr_t)json, zone, out, err);
    case TYPE_ROW: return cell_row(arena, type, json, zone, out, err);
    case TYPE_NULL: case TYPE_VARIANT: case TYPE_BITMAP: case TYPE_KIND_COUNT: break;
    }
    return ok || refuse(type, json, err);
}
