/* Values of every type to text and back: CAST(x AS STRING) and CAST(text AS T).
 * Printing appends to a builder and cannot fail; reading fills one cell, whose bytes live in the caller's arena. Recursion
 * is bounded by the depth of the type. Pure functions. */
#include "engine/type/text.h"
#include "engine/type/bitmap.h"
#include "engine/type/datetime.h"
#include "engine/type/decimal.h"

/* --- printing --- */

/* Bytes of a character that begins well but is cut off: one U+FFFD for all of them, as in Java. */
static uint32_t cut_sequence(const char *p, const char *end)
{
    const unsigned char *u = (const unsigned char *)p;
    uint32_t lead = u[0], need = lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0, n = 1;
    unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80, high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    while (n < need && p + n < end && u[n] >= low && u[n] <= high) {
        n++;
        low = 0x80;
        high = 0xbf;
    }
    return n;
}

/* Bytes as UTF-8 text; what is not UTF-8 becomes U+FFFD. */
static void print_bytes(Str bytes, StrBuf *out)
{
    const char *p = bytes.ptr, *end = bytes.ptr + bytes.len;
    if (utf8_valid(bytes)) {
        strbuf_adds(out, bytes);
        return;
    }
    while (p < end) {
        uint32_t codepoint;
        uint32_t n = utf8_decode(p, end, &codepoint);
        char text[4];
        strbuf_add(out, text, utf8_encode(codepoint, text));
        p += n == 1 && codepoint == 0xfffd ? cut_sequence(p, end) : n;
    }
}

/* Years have four digits in SQL text: of longer ones Flink prints the last four. Formats write them in full. */
static void cut_year(StrBuf *out, size_t start)
{
    const char *text = out->ptr + start, *dash = memchr(text + 1, '-', out->len - start - 1);
    size_t extra = *text != '-' && dash && dash - text > 4 ? (size_t)(dash - text) - 4 : 0;
    if (!extra) return;
    memmove(out->ptr + start, out->ptr + start + extra, out->len - start - extra);
    out->len -= extra;
}

static void print_date(int32_t days, StrBuf *out)
{
    size_t start = out->len;
    date_print(days, out);
    cut_year(out, start);
}

static void print_instant(const Type *type, const Datum *value, const Zone *zone, StrBuf *out)
{
    Instant instant = instant_of(type, value);
    size_t start = out->len;
    if (type->kind == TYPE_TIMESTAMP_LTZ && zone) instant.sec += zone_offset(zone, instant.sec);
    timestamp_print(instant, type->precision, out);
    cut_year(out, start);
}

static void print_list(const Type *type, const Nested *list, const Zone *zone, StrBuf *out)
{
    bool row = type->kind == TYPE_ROW;
    strbuf_addc(out, row ? '(' : '[');
    for (uint32_t i = 0; i < list->len; i++) {
        if (i) strbuf_add(out, ", ", 2);
        if (row && type->class_name.len) strbuf_addf(out, STR_FMT "=", STR_ARG(type->fields[i].name));
        datum_print(row ? type->fields[i].type : type->elem, &list->items[i], zone, out);
    }
    strbuf_addc(out, row ? ')' : ']');
}

static void print_entries(const Type *type, const Nested *map, const Zone *zone, StrBuf *out)
{
    const Type *key = type->kind == TYPE_MAP ? type->key : type->elem;
    const Type *value = type->kind == TYPE_MAP ? type->elem : type_simple(TYPE_INT, false);
    strbuf_addc(out, '{');
    for (uint32_t i = 0; i < map->len; i++) {
        if (i) strbuf_add(out, ", ", 2);
        datum_print(key, &map->items[2 * i], zone, out);
        strbuf_addc(out, '=');
        datum_print(value, &map->items[2 * i + 1], zone, out);
    }
    strbuf_addc(out, '}');
}

void datum_print(const Type *type, const Datum *value, const Zone *zone, StrBuf *out)
{
    if (value->null) {
        strbuf_adds(out, STR("NULL"));
        return;
    }
    switch (type->kind) {
    case TYPE_NULL: strbuf_adds(out, STR("NULL")); break;
    case TYPE_BOOLEAN: strbuf_adds(out, value->v.b ? STR("TRUE") : STR("FALSE")); break;
    case TYPE_TINYINT: strbuf_add_i64(out, value->v.i8); break;
    case TYPE_SMALLINT: strbuf_add_i64(out, value->v.i16); break;
    case TYPE_INT: strbuf_add_i64(out, value->v.i32); break;
    case TYPE_BIGINT: strbuf_add_i64(out, value->v.i64); break;
    case TYPE_FLOAT: print_float(value->v.f32, out); break;
    case TYPE_DOUBLE: print_double(value->v.f64, out); break;
    case TYPE_DECIMAL: decimal_print(value->v.i128, type->scale, out); break;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_VARIANT: strbuf_adds(out, datum_text(value)); break;
    case TYPE_BINARY:
    case TYPE_VARBINARY: print_bytes(datum_text(value), out); break;
    case TYPE_BITMAP: bitmap_print(datum_text(value), out); break;
    case TYPE_DATE: print_date(value->v.i32, out); break;
    case TYPE_TIME: time_print(value->v.i32, type->precision, out); break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: print_instant(type, value, zone, out); break;
    case TYPE_INTERVAL_MONTH: interval_month_print(value->v.i64, out); break;
    case TYPE_INTERVAL_SECOND: interval_second_print(value->v.i64, out); break;
    case TYPE_ARRAY:
    case TYPE_ROW: print_list(type, value->v.nested, zone, out); break;
    case TYPE_MAP:
    case TYPE_MULTISET: print_entries(type, value->v.nested, zone, out); break;
    case TYPE_KIND_COUNT: break;
    }
}

/* --- reading --- */

static bool bad_text(const Type *type, Str text, ErrCode code, Err *err)
{
    StrBuf name = { 0 };
    type_print(type, false, &name);
    Str shown = str_sub(text, 0, utf8_offset(text, 60));
    const char *more = shown.len < text.len ? ".." : "";
    if (code == E_RANGE) err_set(err, code, "value \"" STR_FMT "%s\" is out of range for type " STR_FMT, STR_ARG(shown), more, STR_ARG(strbuf_str(&name)));
    else err_set(err, code, "text \"" STR_FMT "%s\" cannot be read as " STR_FMT, STR_ARG(shown), more, STR_ARG(strbuf_str(&name)));
    err_hint(err, "TRY_CAST gives NULL instead.");
    strbuf_free(&name);
    return false;
}

static Str trim_spaces(Str s)
{
    while (s.len && s.ptr[0] == ' ') s.ptr++, s.len--;
    while (s.len && s.ptr[s.len - 1] == ' ') s.len--;
    return s;
}

typedef enum IntText { INT_OK, INT_BAD, INT_OVERFLOW } IntText;

/* [+-]digits[.digits]: the fraction is checked and dropped; "." alone is 0, as in Flink. */
static IntText read_int(Str text, int64_t min, int64_t max, int64_t *out)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    bool negative = false, overflow = false;
    if (p == end) return INT_BAD;
    if (*p == '-' || *p == '+') negative = *p++ == '-';
    if (p == end) return INT_BAD;
    uint64_t v = 0, limit = negative ? (uint64_t)0 - (uint64_t)min : (uint64_t)max;
    for (; p < end; p++) {
        unsigned digit = (unsigned)(unsigned char)*p - '0';
        if (digit > 9) break;
        if (v > (limit - digit) / 10) overflow = true;
        v = overflow ? 0 : v * 10 + digit;
    }
    if (p < end) {
        if (*p++ != '.') return INT_BAD;
        for (; p < end; p++)
            if (*p < '0' || *p > '9') return INT_BAD;
    }
    *out = negative ? (int64_t)(0 - v) : (int64_t)v;
    return overflow ? INT_OVERFLOW : INT_OK;
}

static bool parse_int(const Type *type, Str text, Datum *out, Err *err)
{
    static const struct { int64_t min, max; } range[] = {
        [TYPE_TINYINT] = { INT8_MIN, INT8_MAX }, [TYPE_SMALLINT] = { INT16_MIN, INT16_MAX },
        [TYPE_INT] = { INT32_MIN, INT32_MAX }, [TYPE_BIGINT] = { INT64_MIN, INT64_MAX },
    };
    int64_t v = 0;
    IntText how = read_int(trim_spaces(text), range[type->kind].min, range[type->kind].max, &v);
    if (how != INT_OK) return bad_text(type, text, how == INT_OVERFLOW ? E_RANGE : E_TEXT, err);
    switch (type_phys(type)) {
    case PHYS_I8: out->v.i8 = (int8_t)v; break;
    case PHYS_I16: out->v.i16 = (int16_t)v; break;
    case PHYS_I32: out->v.i32 = (int32_t)v; break;
    default: out->v.i64 = v; break;
    }
    return true;
}

static bool parse_boolean(Str text, bool *out)
{
    static const char *const names[2][5] = { { "false", "f", "no", "n", "0" }, { "true", "t", "yes", "y", "1" } };
    for (int v = 0; v < 2; v++)
        for (int i = 0; i < 5; i++)
            if (str_iis(text, names[v][i])) {
                *out = v;
                return true;
            }
    return false;
}

/* Java trims control characters and blanks from both ends of a number. */
static Str trim_java(Str s)
{
    while (s.len && (unsigned char)s.ptr[0] <= ' ') s.ptr++, s.len--;
    while (s.len && (unsigned char)s.ptr[s.len - 1] <= ' ') s.len--;
    return s;
}

/* CHAR(n) pads with blanks, both cut; n counts code points. */
static void fit_chars(Arena *arena, const Type *type, Str text, Datum *out)
{
    uint32_t n = type->precision;
    uint32_t keep = n >= text.len ? text.len : utf8_offset(text, n);
    uint32_t have = type->kind == TYPE_CHAR ? utf8_len(str_sub(text, 0, keep)) : n;
    if (have >= n) {
        out->v.str = strview_copy(arena, text.ptr, keep);
        return;
    }
    char *padded = arena_alloc(arena, (size_t)keep + (n - have));
    if (keep) memcpy(padded, text.ptr, keep);
    memset(padded + keep, ' ', n - have);
    out->v.str = strview_of(padded, keep + (n - have));
}

/* BINARY(n) pads with zero bytes, both cut. */
static void fit_bytes(Arena *arena, const Type *type, Str text, Datum *out)
{
    uint32_t n = type->precision;
    if (text.len >= n || type->kind == TYPE_VARBINARY) {
        out->v.str = strview_copy(arena, text.ptr, text.len < n ? text.len : n);
        return;
    }
    char *padded = arena_zalloc(arena, n);
    if (text.len) memcpy(padded, text.ptr, text.len);
    out->v.str = strview_of(padded, n);
}

static bool parse_instant(const Type *type, Str text, const Zone *zone, Datum *out)
{
    Instant instant;
    if (!timestamp_parse_cast(text, &instant)) return false;
    if (type->kind == TYPE_TIMESTAMP_LTZ && zone) instant.sec = zone_to_utc(zone, instant.sec);
    *out = instant_datum(type, instant);
    return true;
}

static bool parse_unsupported(const Type *type, Err *err)
{
    StrBuf name = { 0 };
    type_print(type, false, &name);
    err_set(err, E_UNSUPPORTED, "text cannot be cast to " STR_FMT, STR_ARG(strbuf_str(&name)));
    strbuf_free(&name);
    return false;
}

bool datum_parse(Arena *arena, const Type *type, Str text, const Zone *zone, Datum *out, Err *err)
{
    ErrCode code = E_TEXT;
    bool ok = false;
    memset(out, 0, sizeof *out);
    switch (type->kind) {
    case TYPE_BOOLEAN: ok = parse_boolean(text, &out->v.b); break;
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT: return parse_int(type, text, out, err);
    case TYPE_FLOAT: ok = parse_float(trim_java(text), &out->v.f32); break;
    case TYPE_DOUBLE: ok = parse_double(trim_java(text), &out->v.f64); break;
    case TYPE_DECIMAL: ok = decimal_parse_cast(text, type->precision, type->scale, &out->v.i128); break;
    case TYPE_CHAR:
    case TYPE_VARCHAR: fit_chars(arena, type, text, out); ok = true; break;
    case TYPE_BINARY:
    case TYPE_VARBINARY: fit_bytes(arena, type, text, out); ok = true; break;
    case TYPE_DATE: ok = date_parse_cast(text, &out->v.i32); code = E_DATETIME; break;
    case TYPE_TIME: ok = time_parse_cast(text, type->precision, &out->v.i32); code = E_DATETIME; break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: ok = parse_instant(type, text, zone, out); code = E_DATETIME; break;
    case TYPE_NULL: case TYPE_INTERVAL_MONTH: case TYPE_INTERVAL_SECOND: case TYPE_ARRAY: case TYPE_MAP: case TYPE_MULTISET:
    case TYPE_ROW: case TYPE_VARIANT: case TYPE_BITMAP: case TYPE_KIND_COUNT: return parse_unsupported(type, err);
    }
    return ok || bad_text(type, text, code, err);
}
