/* Values in PostgreSQL's binary form (as COPY BINARY and binary parameters carry them), both ways. Big-endian; dates and times count from 2000-01-01;
 * numeric is groups of four decimal digits. Types without an encoding here travel as text and are cast by the server. Pure functions. */
#include "connectors/jdbc_pg.h"
#include "engine/type/decimal.h"
#include "engine/type/text.h"

#include <math.h>

enum { PG_EPOCH_DAYS = 10957 };                  /* 2000-01-01 */
#define PG_EPOCH_US ((int64_t)PG_EPOCH_DAYS * 86400000000ll)
enum { NUMERIC_POSITIVE = 0, NUMERIC_NEGATIVE = 0x4000, NUMERIC_NAN = 0xc000, NUMERIC_INFINITE = 0xd000 };

bool jdbc_pg_check_type(const Column *column, Err *err)
{
    const Type *type = column->type;
    Arena *arena = arena_new();
    Str text = type_text(arena, type);
    bool ok = true;
    if (type->kind == TYPE_MAP || type->kind == TYPE_MULTISET || type->kind == TYPE_ROW || (type->kind == TYPE_ARRAY && type_is_nested(type->elem))) {
        ok = err_set(err, E_UNSUPPORTED, "PostgreSQL cannot hold column \"" STR_FMT "\" of type " STR_FMT, STR_ARG(column->name), STR_ARG(text));
        err_hint(err, "Write it as text: JSON_STRING(..) or CAST(.. AS STRING) into a STRING column; a json or jsonb column takes it.");
    } else if ((type->kind == TYPE_TIMESTAMP || type->kind == TYPE_TIMESTAMP_LTZ) && type->precision > 6) {
        ok = err_set(err, E_UNSUPPORTED, "the precision of column \"" STR_FMT "\" of type " STR_FMT " is beyond PostgreSQL's 6 digits", STR_ARG(column->name), STR_ARG(text));
        err_hint(err, "Declare TIMESTAMP(6) or less.");
    }
    arena_free(arena);
    return ok;
}

PgCodec pg_codec(const Type *type, Oid base, bool writing)
{
    TypeKind k = type->kind;
    bool whole = type_is_integer(type) || (k == TYPE_DECIMAL && type->scale == 0), number = type_is_numeric(type), text = type_is_string(type) || k == TYPE_VARIANT;
    bool moment = k == TYPE_TIMESTAMP || k == TYPE_TIMESTAMP_LTZ;
    if (!writing) whole = number;                /* any number can be read into any numeric column, range permitting */
    switch (base) {
    case PG_OID_BOOL: return k == TYPE_BOOLEAN ? PG_BOOL : PG_CAST;
    case PG_OID_INT2: return whole ? PG_INT2 : PG_CAST;
    case PG_OID_INT4: return whole ? PG_INT4 : PG_CAST;
    case PG_OID_INT8: return whole ? PG_INT8 : PG_CAST;
    case PG_OID_FLOAT4: return number ? PG_FLOAT4 : PG_CAST;
    case PG_OID_FLOAT8: return number ? PG_FLOAT8 : PG_CAST;
    case PG_OID_NUMERIC: return number ? PG_NUMERIC : PG_CAST;
    case PG_OID_TEXT: case PG_OID_VARCHAR: case PG_OID_BPCHAR: case PG_OID_JSON: case PG_OID_NAME: return writing || text ? PG_TEXT : PG_CAST;
    case PG_OID_JSONB: return text ? PG_JSONB : PG_CAST;
    case PG_OID_UUID: return text ? PG_UUID : PG_CAST;
    case PG_OID_BYTEA: return type_is_binary(type) ? PG_BYTEA : PG_CAST;
    case PG_OID_DATE: return k == TYPE_DATE ? PG_DATE : PG_CAST;
    case PG_OID_TIME: return k == TYPE_TIME ? PG_TIME : PG_CAST;
    case PG_OID_TIMESTAMP: return moment ? PG_TIMESTAMP : PG_CAST;
    case PG_OID_TIMESTAMPTZ: return moment ? PG_TIMESTAMPTZ : PG_CAST;
    default: return PG_CAST;
    }
}

/* ---- writing ---- */

static i128 whole_of(const Type *type, const Datum *value)
{
    switch (type->kind) {
    case TYPE_TINYINT: return value->v.i8;
    case TYPE_SMALLINT: return value->v.i16;
    case TYPE_INT: return value->v.i32;
    case TYPE_BIGINT: return value->v.i64;
    default: return value->v.i128;               /* DECIMAL: unscaled */
    }
}

static double double_of(const Type *type, const Datum *value)
{
    switch (type->kind) {
    case TYPE_FLOAT: return value->v.f32;
    case TYPE_DOUBLE: return value->v.f64;
    case TYPE_DECIMAL: return decimal_to_double(value->v.i128, type->scale);
    default: return (double)whole_of(type, value);
    }
}

static bool out_of_range(const PgColumn *column, const Datum *value, Err *err)
{
    StrBuf text = { 0 };
    datum_print(column->column->type, value, column->zone, &text);
    err_set(err, E_RANGE, "value " STR_FMT " of column \"" STR_FMT "\" is out of range for the column's type in PostgreSQL", STR_ARG(strbuf_str(&text)), STR_ARG(column->column->name));
    strbuf_free(&text);
    return false;
}

static bool write_integer(const PgColumn *column, const Datum *value, uint32_t size, StrBuf *out, Err *err)
{
    i128 v = whole_of(column->column->type, value), limit = (i128)1 << (size * 8 - 1);
    if (v < -limit || v >= limit) return out_of_range(column, value, err);
    pg_put32(out, size);
    if (size == 2) pg_put16(out, (uint16_t)v);
    else if (size == 4) pg_put32(out, (uint32_t)v);
    else pg_put64(out, (uint64_t)v);
    return true;
}

static void write_numeric_digits(i128 v, uint32_t scale, StrBuf *out)
{
    bool negative = v < 0;
    u128 u = negative ? (u128)0 - (u128)v : (u128)v;
    uint16_t group[16];
    int n = 0, fraction = (int)((scale + 3) / 4), pad = fraction * 4 - (int)scale;
    /* The lowest group holds what the padding to whole groups leaves room for. */
    static const uint32_t pow10[] = { 1, 10, 100, 1000, 10000 };
    if (pad) {
        group[n++] = (uint16_t)((uint32_t)(u % pow10[4 - pad]) * pow10[pad]);
        u /= pow10[4 - pad];
    }
    for (; u; u /= 10000) group[n++] = (uint16_t)(u % 10000);
    int weight = n - fraction - 1, low = 0;
    while (low < n && group[low] == 0) low++;
    while (n > low && group[n - 1] == 0) { n--; weight--; }
    if (n == low) weight = 0;
    pg_put32(out, (uint32_t)(8 + 2 * (n - low)));
    pg_put16(out, (uint16_t)(n - low));
    pg_put16(out, (uint16_t)weight);
    pg_put16(out, negative ? NUMERIC_NEGATIVE : NUMERIC_POSITIVE);
    pg_put16(out, (uint16_t)scale);
    for (int i = n - 1; i >= low; i--) pg_put16(out, group[i]);
}

static bool write_numeric(const PgColumn *column, const Datum *value, StrBuf *out, Err *err)
{
    const Type *type = column->column->type;
    if (type->kind == TYPE_DECIMAL) { write_numeric_digits(value->v.i128, type->scale, out); return true; }
    if (type_is_integer(type)) { write_numeric_digits(whole_of(type, value), 0, out); return true; }
    double v = double_of(type, value);
    i128 digits = 0;
    if (isnan(v) || isinf(v)) {
        pg_put32(out, 8);
        pg_put32(out, 0);
        pg_put16(out, isnan(v) ? NUMERIC_NAN : v > 0 ? NUMERIC_INFINITE : NUMERIC_INFINITE + 0x2000);
        pg_put16(out, 0);
        return true;
    }
    uint32_t scale = 20;
    while (scale > 0 && !decimal_from_double(v, 38, scale, &digits)) scale--;
    if (scale == 0 && !decimal_from_double(v, 38, 0, &digits)) return out_of_range(column, value, err);
    while (scale > 0 && digits % 10 == 0) { digits /= 10; scale--; }
    write_numeric_digits(digits, scale, out);
    return true;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool write_uuid(const PgColumn *column, Str text, StrBuf *out, Err *err)
{
    unsigned char bytes[16] = { 0 };
    uint32_t n = 0;
    text = str_trim(text);
    for (uint32_t i = 0; i < text.len; i++) {
        int v = hex_value(text.ptr[i]);
        if (v < 0 && (text.ptr[i] == '-' || text.ptr[i] == '{' || text.ptr[i] == '}')) continue;
        if (v < 0 || n == 32) { n = 99; break; }
        bytes[n / 2] = (unsigned char)(bytes[n / 2] << 4 | v);
        n++;
    }
    if (n != 32) return err_set(err, E_DATA, "value \"" STR_FMT "\" of column \"" STR_FMT "\" is no uuid", (int)(text.len > 80 ? 80 : text.len), text.ptr, STR_ARG(column->column->name));
    pg_put32(out, 16);
    strbuf_add(out, bytes, 16);
    return true;
}

static void write_bytes(Str bytes, StrBuf *out)
{
    pg_put32(out, bytes.len);
    strbuf_adds(out, bytes);
}

/* PostgreSQL's text refuses the zero byte; say where it is. */
static bool write_text(const PgColumn *column, Str text, StrBuf *out, Err *err)
{
    if (text.len && memchr(text.ptr, 0, text.len))
        return err_set(err, E_DATA, "a value of column \"" STR_FMT "\" holds a zero byte, which PostgreSQL's text types cannot", STR_ARG(column->column->name));
    write_bytes(text, out);
    return true;
}

static void write_moment(const PgColumn *column, const Datum *value, bool zoned, StrBuf *out)
{
    const Type *type = column->column->type;
    int64_t us = value->v.i64;                   /* precision <= 6: checked */
    bool instant = type->kind == TYPE_TIMESTAMP_LTZ;
    if (instant != zoned && column->zone) {
        int64_t sec = us / 1000000 - (us % 1000000 < 0), rest = us - sec * 1000000;
        us = (zoned ? zone_to_utc(column->zone, sec) : sec + zone_offset(column->zone, sec)) * 1000000 + rest;
    }
    pg_put32(out, 8);
    pg_put64(out, (uint64_t)(us - PG_EPOCH_US));
}

/* Array literal: {1,"a b",NULL}. */
static void print_array(const PgColumn *column, const Type *type, const Nested *array, StrBuf *out)
{
    StrBuf one = { 0 };
    strbuf_addc(out, '{');
    for (uint32_t i = 0; i < array->len; i++) {
        if (i) strbuf_addc(out, ',');
        if (array->items[i].null) { strbuf_addz(out, "NULL"); continue; }
        strbuf_clear(&one);
        if (type_is_binary(type->elem)) {
            Str bytes = datum_text(&array->items[i]);
            strbuf_addz(&one, "\\x");
            for (uint32_t b = 0; b < bytes.len; b++) strbuf_addf(&one, "%02x", (unsigned char)bytes.ptr[b]);
        } else {
            datum_print(type->elem, &array->items[i], column->zone, &one);
        }
        strbuf_addc(out, '"');
        for (uint32_t b = 0; b < one.len; b++) {
            if (one.ptr[b] == '"' || one.ptr[b] == '\\') strbuf_addc(out, '\\');
            strbuf_addc(out, one.ptr[b]);
        }
        strbuf_addc(out, '"');
    }
    strbuf_addc(out, '}');
    strbuf_free(&one);
}

/* Text of any value, for a cast by the server and for text columns. */
static void print_text(const PgColumn *column, const Datum *value, StrBuf *text)
{
    const Type *type = column->column->type;
    strbuf_clear(text);
    if (type->kind == TYPE_ARRAY) print_array(column, type, value->v.nested, text);
    else if (type_is_binary(type)) strbuf_adds(text, datum_text(value));
    else datum_print(type, value, column->zone, text);
    if (type->kind == TYPE_TIMESTAMP_LTZ) {      /* datum_print gave the wall clock of the zone: name it */
        Str name = column->zone ? zone_name(column->zone) : STR("UTC");
        strbuf_addc(text, ' ');
        strbuf_adds(text, name);
    }
}

bool pg_write_value(const PgColumn *column, const Datum *value, StrBuf *text, StrBuf *out, Err *err)
{
    if (value->null) { pg_put32(out, UINT32_MAX); return true; }
    double v;
    float f;
    switch (column->codec) {
    case PG_BOOL: pg_put32(out, 1); strbuf_addc(out, value->v.b ? 1 : 0); return true;
    case PG_INT2: return write_integer(column, value, 2, out, err);
    case PG_INT4: return write_integer(column, value, 4, out, err);
    case PG_INT8: return write_integer(column, value, 8, out, err);
    case PG_FLOAT4: {
        uint32_t bits;
        v = double_of(column->column->type, value);
        f = (float)v;
        if (isinf(f) && !isinf(v)) return out_of_range(column, value, err);
        memcpy(&bits, &f, 4);
        pg_put32(out, 4);
        pg_put32(out, bits);
        return true;
    }
    case PG_FLOAT8: {
        uint64_t bits;
        v = double_of(column->column->type, value);
        memcpy(&bits, &v, 8);
        pg_put32(out, 8);
        pg_put64(out, bits);
        return true;
    }
    case PG_NUMERIC: return write_numeric(column, value, out, err);
    case PG_JSONB: {
        Str json = datum_text(value);
        pg_put32(out, json.len + 1);
        strbuf_addc(out, 1);
        strbuf_adds(out, json);
        return true;
    }
    case PG_UUID: return write_uuid(column, datum_text(value), out, err);
    case PG_BYTEA: write_bytes(datum_text(value), out); return true;
    case PG_DATE: pg_put32(out, 4); pg_put32(out, (uint32_t)(value->v.i32 - PG_EPOCH_DAYS)); return true;
    case PG_TIME: pg_put32(out, 8); pg_put64(out, (uint64_t)value->v.i32 * 1000); return true;
    case PG_TIMESTAMP: write_moment(column, value, false, out); return true;
    case PG_TIMESTAMPTZ: write_moment(column, value, true, out); return true;
    case PG_TEXT:
        if (type_is_string(column->column->type) || column->column->type->kind == TYPE_VARIANT) return write_text(column, datum_text(value), out, err);
        print_text(column, value, text);
        return write_text(column, strbuf_str(text), out, err);
    case PG_CAST: print_text(column, value, text); return write_text(column, strbuf_str(text), out, err);
    }
    return err_set(err, E_INTERNAL, "unknown codec");
}

/* ---- reading ---- */

static bool bad_field(const PgColumn *column, const char *why, Err *err)
{
    Arena *arena = arena_new();
    err_set(err, E_DATA, "column \"" STR_FMT "\": %s as " STR_FMT, STR_ARG(column->column->name), why, STR_ARG(type_text(arena, column->column->type)));
    arena_free(arena);
    return false;
}

/* Unscaled digits and scale of a numeric field. *special: NaN or infinity. false: too many digits. */
static bool parse_numeric(Str bytes, i128 *digits, uint32_t *scale, uint16_t *special)
{
    if (bytes.len < 8) return false;
    int groups = pg_get16(bytes.ptr), weight = (int16_t)pg_get16(bytes.ptr + 2);
    uint16_t sign = pg_get16(bytes.ptr + 4);
    *special = sign == NUMERIC_POSITIVE || sign == NUMERIC_NEGATIVE ? 0 : sign;
    *digits = 0;
    *scale = 0;
    if (*special) return true;
    if (bytes.len < (uint32_t)(8 + 2 * groups) || groups > 11) return false;
    int exponent = (weight + 1 - groups) * 4;    /* value = digits * 10^exponent */
    for (int i = 0; i < groups; i++) {
        int unit = 10000, group = pg_get16(bytes.ptr + 8 + 2 * i);
        for (; i == groups - 1 && exponent < 0 && unit > 1 && group % 10 == 0; exponent++) { unit /= 10; group /= 10; }   /* padding of the last group */
        if (__builtin_mul_overflow(*digits, (i128)unit, digits) || __builtin_add_overflow(*digits, (i128)group, digits)) return false;
    }
    for (; exponent > 0; exponent--)
        if (__builtin_mul_overflow(*digits, (i128)10, digits)) return false;
    if (sign == NUMERIC_NEGATIVE) *digits = -*digits;
    *scale = (uint32_t)-exponent;
    return true;
}

/* Decimal value into whatever numeric type was declared; what does not fit a DECIMAL is NULL (DecimalData.fromBigDecimal), else an error. */
static bool store_decimal(const PgColumn *column, i128 digits, uint32_t scale, Datum *out, Err *err)
{
    const Type *type = column->column->type;
    i128 v = 0;
    if (type->kind == TYPE_FLOAT) { out->v.f32 = (float)decimal_to_double(digits, scale); return true; }
    if (type->kind == TYPE_DOUBLE) { out->v.f64 = decimal_to_double(digits, scale); return true; }
    if (type->kind == TYPE_DECIMAL) {
        while (scale > 38) { digits /= 10; scale--; }
        if (!decimal_rescale(digits, scale, type->scale, type->precision, &out->v.i128)) out->null = true;
        return true;
    }
    while (scale > 0) { digits /= 10; scale--; }
    v = digits;
    i128 limit = (i128)1 << (phys_size(type_phys(type)) * 8 - 1);
    if (v < -limit || v >= limit) return bad_field(column, "a value is out of range", err);
    switch (type->kind) {
    case TYPE_TINYINT: out->v.i8 = (int8_t)v; break;
    case TYPE_SMALLINT: out->v.i16 = (int16_t)v; break;
    case TYPE_INT: out->v.i32 = (int32_t)v; break;
    default: out->v.i64 = (int64_t)v; break;
    }
    return true;
}

static bool read_numeric(const PgColumn *column, Str bytes, Datum *out, Err *err)
{
    i128 digits;
    uint32_t scale;
    uint16_t special = 0;
    const Type *type = column->column->type;
    if (!parse_numeric(bytes, &digits, &scale, &special)) {
        if (type->kind != TYPE_DECIMAL) return bad_field(column, "a value has too many digits", err);
        out->null = true;
        return true;
    }
    if (!special) return store_decimal(column, digits, scale, out, err);
    double v = special == NUMERIC_NAN ? (double)NAN : special == NUMERIC_INFINITE ? (double)INFINITY : -(double)INFINITY;
    if (type->kind == TYPE_DOUBLE) out->v.f64 = v;
    else if (type->kind == TYPE_FLOAT) out->v.f32 = (float)v;
    else return bad_field(column, "NaN or infinity cannot be read", err);
    return true;
}

static bool read_float(const PgColumn *column, double v, Datum *out, Err *err)
{
    const Type *type = column->column->type;
    if (type->kind == TYPE_DOUBLE) { out->v.f64 = v; return true; }
    if (type->kind == TYPE_FLOAT) { out->v.f32 = (float)v; return true; }
    i128 digits;
    if (type->kind == TYPE_DECIMAL) {
        if (!decimal_from_double(v, type->precision, type->scale, &out->v.i128)) out->null = true;
        return true;
    }
    if (!(fabs(v) < 1e18)) return bad_field(column, "a value is out of range", err);
    digits = (i128)v;
    return store_decimal(column, digits, 0, out, err);
}

static bool read_moment(const PgColumn *column, Str bytes, bool zoned, Datum *out, Err *err)
{
    const Type *type = column->column->type;
    int64_t us = bytes.len == 8 ? (int64_t)pg_get64(bytes.ptr) : INT64_MIN;
    if (us == INT64_MIN || us == INT64_MAX) return bad_field(column, "infinity cannot be read", err);
    Instant instant = instant_us(us + PG_EPOCH_US);
    if (zoned && type->kind == TYPE_TIMESTAMP && column->zone) instant.sec += zone_offset(column->zone, instant.sec);
    if (!zoned && type->kind == TYPE_TIMESTAMP_LTZ && column->zone) instant.sec = zone_to_utc(column->zone, instant.sec);
    *out = instant_datum(type, instant);
    return true;
}

/* Elements of an array literal {..}: quoted or plain, NULL without quotes. */
static bool read_array(const PgColumn *column, Str text, Arena *arena, Datum *out, Err *err)
{
    const Type *elem = column->column->type->elem;
    struct { Datum *v; uint32_t n, cap; } items = { 0 };
    StrBuf one = { 0 };
    uint32_t i = 1;
    bool ok = text.len >= 2 && text.ptr[0] == '{' && text.ptr[text.len - 1] == '}';
    while (ok && i < text.len - 1) {
        bool quoted = text.ptr[i] == '"';
        strbuf_clear(&one);
        for (i += quoted; i < text.len - 1 && text.ptr[i] != (quoted ? '"' : ','); i++) {
            if (text.ptr[i] == '\\') i++;
            strbuf_addc(&one, text.ptr[i]);
        }
        i += quoted;
        if (i < text.len - 1 && text.ptr[i] == ',') i++;
        Datum item = { 0 };
        Str value = strbuf_str(&one);
        if (!quoted && str_iis(value, "NULL")) item.null = true;
        else if (type_is_string(elem)) item.v.str = strview_copy(arena, value.ptr, value.len);
        else if (elem->kind == TYPE_BOOLEAN) item.v.b = str_starts(value, "t");
        else ok = datum_parse(arena, elem, value, column->zone, &item, err);
        ARENA_PUSH(arena, items, item);
    }
    strbuf_free(&one);
    if (!ok) return err->set ? false : bad_field(column, "an array cannot be read", err);
    Nested *nested = nested_new(arena, items.n, items.n);
    if (items.n) memcpy(nested->items, items.v, sizeof(Datum) * items.n);
    out->v.nested = nested;
    return true;
}

static bool read_text(const PgColumn *column, Str text, Arena *arena, Datum *out, Err *err)
{
    const Type *type = column->column->type;
    if (type->kind == TYPE_ARRAY) return read_array(column, text, arena, out, err);
    if (type_phys(type) == PHYS_STR) { out->v.str = strview_copy(arena, text.ptr, text.len); return true; }
    if (datum_parse(arena, type, text, column->zone, out, err)) return true;
    err_clear(err);
    return bad_field(column, "a value cannot be read", err);
}

static void print_uuid(Str bytes, Arena *arena, Datum *out)
{
    static const char hex[] = "0123456789abcdef";
    char text[36];
    uint32_t n = 0;
    for (uint32_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text[n++] = '-';
        text[n++] = hex[(unsigned char)bytes.ptr[i] >> 4];
        text[n++] = hex[bytes.ptr[i] & 15];
    }
    out->v.str = strview_copy(arena, text, n);
}

bool pg_read_value(const PgColumn *column, Str bytes, Arena *arena, Datum *out, Err *err)
{
    static const uint32_t sizes[] = { [PG_BOOL] = 1, [PG_INT2] = 2, [PG_INT4] = 4, [PG_INT8] = 8, [PG_FLOAT4] = 4, [PG_FLOAT8] = 8, [PG_UUID] = 16, [PG_DATE] = 4, [PG_TIME] = 8, [PG_CAST] = 0 };
    *out = (Datum){ 0 };
    if (sizes[column->codec] && bytes.len != sizes[column->codec]) return bad_field(column, "a field of another size came, it cannot be read", err);
    switch (column->codec) {
    case PG_BOOL: out->v.b = bytes.ptr[0] != 0; return true;
    case PG_INT2: return store_decimal(column, (int16_t)pg_get16(bytes.ptr), 0, out, err);
    case PG_INT4: return store_decimal(column, (int32_t)pg_get32(bytes.ptr), 0, out, err);
    case PG_INT8: return store_decimal(column, (int64_t)pg_get64(bytes.ptr), 0, out, err);
    case PG_FLOAT4: { uint32_t bits = pg_get32(bytes.ptr); float f; memcpy(&f, &bits, 4); return read_float(column, f, out, err); }
    case PG_FLOAT8: { uint64_t bits = pg_get64(bytes.ptr); double f; memcpy(&f, &bits, 8); return read_float(column, f, out, err); }
    case PG_NUMERIC: return read_numeric(column, bytes, out, err);
    case PG_TEXT: case PG_BYTEA: out->v.str = strview_copy(arena, bytes.ptr, bytes.len); return true;
    case PG_JSONB: out->v.str = strview_copy(arena, bytes.ptr + 1, bytes.len ? bytes.len - 1 : 0); return true;
    case PG_UUID: print_uuid(bytes, arena, out); return true;
    case PG_DATE: out->v.i32 = (int32_t)pg_get32(bytes.ptr) + PG_EPOCH_DAYS; return true;
    case PG_TIME: out->v.i32 = (int32_t)(pg_get64(bytes.ptr) / 1000); return true;
    case PG_TIMESTAMP: return read_moment(column, bytes, false, out, err);
    case PG_TIMESTAMPTZ: return read_moment(column, bytes, true, out, err);
    case PG_CAST: return read_text(column, bytes, arena, out, err);
    }
    return err_set(err, E_INTERNAL, "unknown codec");
}
