/* json decoder, values: one JSON value into a Datum of the wanted type, as Flink's JsonParserToRowDataConverters convert it (Flink's documentation;
 * tests/unit/data/json_read.tsv holds what was measured). Nothing of a failed value is left behind but garbage in the batch's arena. */
#include "connectors/fmt_json_read.h"
#include "connectors/fmt_json_fast.h"
#include "engine/type/decimal.h"
#include "engine/type/text.h"

static bool bad(Decoder *d, const char *why)
{
    d->why = why;
    return false;
}

/* Text of a scalar: a string's content, or a number, true, false as written. Borrowed until the next call. */
static bool scalar_text(Decoder *d, const char **p, const char *end, JsonKind kind, Str *out)
{
    bool flag;
    switch (kind) {
    case JSON_STRING:
        if (!json_string_raw(p, end, out, &flag)) return bad(d, "malformed string");
        if (!flag) return true;
        strbuf_clear(&d->text);
        if (!json_unescape(*out, &d->text)) return bad(d, "bad escape in a string");
        *out = strbuf_str(&d->text);
        return true;
    case JSON_NUMBER: return json_number(p, end, out, &flag) ? true : bad(d, "malformed number");
    case JSON_TRUE: *out = STR("true"); *p += 4; return true;
    case JSON_FALSE: *out = STR("false"); *p += 5; return true;
    case JSON_NULL: case JSON_OBJECT: case JSON_ARRAY: case JSON_BAD: break;
    }
    return bad(d, "a scalar was expected");
}

/* Integers: TINYINT and SMALLINT read their text only (Byte.parseByte), INT and BIGINT also cut the fraction of a JSON number. */
static bool read_integer(Decoder *d, const char **p, const char *end, JsonKind kind, const Type *type, int64_t *out)
{
    Str text;
    bool narrow = type->kind == TYPE_TINYINT || type->kind == TYPE_SMALLINT;
    const char *q = kind == JSON_NUMBER ? fast_integer(*p, end, out) : NULL;
    if (q) {
        *p = q;
        goto range;
    }
    if (!scalar_text(d, p, end, kind, &text)) return false;
    text = str_trim(text);
    if (!str_to_i64(text, out)) {
        double v;
        if (kind != JSON_NUMBER || narrow || !parse_double(text, &v)) return bad(d, "not an integer of this type");
        if (memchr(text.ptr, '.', text.len) == NULL && memchr(text.ptr, 'e', text.len) == NULL && memchr(text.ptr, 'E', text.len) == NULL)
            return bad(d, "integer out of range");
        if (!(v >= -9223372036854775808.0 && v < 9223372036854775808.0)) return bad(d, "integer out of range");
        *out = (int64_t)v;
    }
range:;
    int64_t low = type->kind == TYPE_TINYINT ? INT8_MIN : type->kind == TYPE_SMALLINT ? INT16_MIN : type->kind == TYPE_INT ? INT32_MIN : INT64_MIN;
    int64_t high = type->kind == TYPE_TINYINT ? INT8_MAX : type->kind == TYPE_SMALLINT ? INT16_MAX : type->kind == TYPE_INT ? INT32_MAX : INT64_MAX;
    return *out >= low && *out <= high ? true : bad(d, "integer out of range");
}

static bool read_double(Decoder *d, const char **p, const char *end, JsonKind kind, double *out)
{
    Str text;
    const char *q = kind == JSON_NUMBER ? fast_double(*p, end, out) : NULL;
    if (q) { *p = q; return true; }
    if (!scalar_text(d, p, end, kind, &text)) return false;
    return parse_double(str_trim(text), out) ? true : bad(d, "not a number");
}

static bool read_decimal(Decoder *d, const char **p, const char *end, JsonKind kind, const Type *type, Datum *out)
{
    Str text;
    if (!scalar_text(d, p, end, kind, &text)) return false;
    /* A number too large for the type becomes NULL (DecimalData.fromBigDecimal); text that is no number is an error. */
    if (!decimal_parse(str_trim(text), type->precision, type->scale, &out->v.i128)) {
        double any;
        if (!parse_double(str_trim(text), &any)) return bad(d, "not a number");
        out->null = true;
    }
    return true;
}

/* digits: exactly n of them. */
static bool fixed_digits(const char **p, const char *end, int n, int32_t *out)
{
    int32_t v = 0;
    if (end - *p < n) return false;
    for (int i = 0; i < n; i++) {
        char c = (*p)[i];
        if (c < '0' || c > '9') return false;
        v = v * 10 + (c - '0');
    }
    *p += n;
    *out = v;
    return true;
}

/* yyyy-MM-dd; smart: day 29..31 beyond the month's end is cut to it (DateTimeFormatter SMART). */
static bool read_ymd(const char **p, const char *end, bool smart, Civil *c)
{
    if (!fixed_digits(p, end, 4, &c->year) || *p >= end || *(*p)++ != '-' || !fixed_digits(p, end, 2, &c->month) || *p >= end || *(*p)++ != '-' ||
        !fixed_digits(p, end, 2, &c->day))
        return false;
    if (c->month < 1 || c->month > 12 || c->day < 1 || c->day > 31) return false;
    int32_t last = days_in_month(c->year, c->month);
    if (c->day > last) {
        if (!smart) return false;
        c->day = last;
    }
    return true;
}

/* HH:mm[:ss[.f{0,9}]]; seconds may be absent where said. 24:00:00 is the end of the day unless strict: *next_day. */
static bool read_hms(const char **p, const char *end, bool strict, bool seconds_optional, Civil *c, bool *next_day)
{
    *next_day = false;
    if (!fixed_digits(p, end, 2, &c->hour) || *p >= end || *(*p)++ != ':' || !fixed_digits(p, end, 2, &c->minute)) return false;
    if (*p < end && **p == ':') {
        ++*p;
        if (!fixed_digits(p, end, 2, &c->second)) return false;
    } else if (!seconds_optional) {
        return false;
    }
    if (*p < end && **p == '.') {
        int32_t unit = 100000000;
        ++*p;
        for (; *p < end && **p >= '0' && **p <= '9'; ++*p, unit /= 10) {
            if (unit == 0) return false;
            c->nano += (**p - '0') * unit;
        }
    }
    if (!strict && c->hour == 24 && c->minute == 0 && c->second == 0 && c->nano == 0) {
        c->hour = 0;
        *next_day = true;
    }
    return c->hour < 24 && c->minute < 60 && c->second < 60;
}

/* ISO's TIMESTAMP is Java's ISO_LOCAL_DATE_TIME: strict days, T in either case. The other forms resolve days and 24:00 leniently (SMART). */
static bool read_timestamp(const Decoder *d, const char **p, const char *end, const Type *type, Datum *out)
{
    Civil c = { .year = 1970, .month = 1, .day = 1 };
    bool local = type->kind == TYPE_TIMESTAMP_LTZ, strict = d->iso && !local, next_day;
    if (!read_ymd(p, end, !strict, &c) || *p >= end) return false;
    char between = *(*p)++;
    if (between != (d->iso ? 'T' : ' ') && !(strict && between == 't')) return false;
    if (!read_hms(p, end, strict, d->iso, &c, &next_day)) return false;
    if (local && (*p >= end || *(*p)++ != 'Z')) return false;
    Instant instant = civil_instant(&c);
    if (next_day) instant.sec += 86400;
    *out = instant_datum(type, instant);
    return true;
}

static bool read_datetime(Decoder *d, const char **p, const char *end, JsonKind kind, const Type *type, Datum *out)
{
    Str text;
    if (!scalar_text(d, p, end, kind, &text)) return false;
    const char *q = text.ptr, *stop = text.ptr + text.len;
    Civil c = { .year = 1970, .month = 1, .day = 1 };
    bool ok, next_day;
    if (type->kind == TYPE_DATE) {
        ok = read_ymd(&q, stop, false, &c);
        out->v.i32 = (int32_t)days_from_civil(c.year, c.month, c.day);
    } else if (type->kind == TYPE_TIME) {        /* one form under both standards */
        ok = read_hms(&q, stop, false, false, &c, &next_day);
        out->v.i32 = ((c.hour * 60 + c.minute) * 60 + c.second) * 1000 + c.nano / 1000000;
        if (type->precision == 0) out->v.i32 -= out->v.i32 % 1000;
    } else {
        ok = read_timestamp(d, &q, stop, type, out);
    }
    if (ok && q == stop) return true;
    return bad(d, type->kind == TYPE_TIMESTAMP_LTZ ? "not a timestamp of this format (TIMESTAMP_LTZ needs a trailing Z)" :
                  d->iso ? "not a date or time in ISO-8601 form" : "not a date or time in SQL form (see timestamp-format.standard)");
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* As Jackson's MIME_NO_LINEFEEDS variant: units of four with padding required, blanks only between units. */
static bool decode_base64(Str text, char *bytes, uint32_t *n)
{
    const char *p = text.ptr, *end = p + text.len;
    for (*n = 0;;) {
        while (p < end && (unsigned char)*p <= ' ') p++;
        if (p == end) return true;
        if (end - p < 4) return false;
        int v[4] = { base64_value(p[0]), base64_value(p[1]), base64_value(p[2]), base64_value(p[3]) };
        int have = p[2] == '=' && p[3] == '=' ? 2 : p[3] == '=' ? 3 : 4;
        uint32_t bits = 0;
        for (int i = 0; i < 4; i++) {
            if (i < have && v[i] < 0) return false;
            bits = bits << 6 | (i < have ? (uint32_t)v[i] : 0);
        }
        for (int i = 0; i < have - 1; i++) bytes[(*n)++] = (char)(bits >> (16 - 8 * i));
        p += 4;
    }
}

static bool read_base64(Decoder *d, const char **p, const char *end, JsonKind kind, Arena *arena, Datum *out)
{
    Str text;
    uint32_t n;
    if (kind != JSON_STRING) return bad(d, "binary columns take a base64 string");
    if (!scalar_text(d, p, end, kind, &text)) return false;
    char *bytes = arena_alloc(arena, text.len / 4 * 3 + 3);
    if (!decode_base64(text, bytes, &n)) return bad(d, "not base64");
    out->v.str = strview_of(bytes, n);
    return true;
}

/* STRING takes any scalar's text, and objects and arrays as Jackson rewrites them. */
static bool read_string(Decoder *d, const char **p, const char *end, JsonKind kind, Arena *arena, StrView *out)
{
    Str text;
    if (kind == JSON_OBJECT || kind == JSON_ARRAY) {
        strbuf_clear(&d->text);
        if (!json_rewrite(p, end, 0, &d->text)) return bad(d, "malformed document");
        text = strbuf_str(&d->text);
    } else if (!scalar_text(d, p, end, kind, &text)) {
        return false;
    }
    *out = strview_copy(arena, text.ptr, text.len);
    return true;
}

/* ---- any value as a Datum: nested types and the rarer scalars ---- */

static bool read_datum(Decoder *d, const char **p, const char *end, const Type *type, int depth, Datum *out);

typedef struct DatumList { Datum *v; uint32_t n, cap; } DatumList;

static Datum nested_of(Arena *arena, const DatumList *list, uint32_t per_entry)
{
    Datum out = { 0 };
    Nested *nested = nested_new(arena, list->n / per_entry, list->n);
    if (list->n) memcpy(nested->items, list->v, sizeof(Datum) * list->n);
    out.v.nested = nested;
    return out;
}

bool json_next_member(const char **p, const char *end, char close, bool *ok)
{
    *p = json_blank(*p, end);
    *ok = *p < end && (**p == close || **p == ',');
    if (!*ok) return false;
    bool more = *(*p)++ == ',';
    if (more) *p = json_blank(*p, end);
    return more;
}

static bool read_array(Decoder *d, const char **p, const char *end, const Type *type, int depth, Datum *out)
{
    Arena *arena = d->builder->batch.arena;
    DatumList list = { 0 };
    bool ok = true;
    *p = json_blank(*p + 1, end);
    if (*p < end && **p == ']') ++*p;
    else do {
        Datum item = { 0 };
        if (!read_datum(d, p, end, type->elem, depth + 1, &item)) return false;
        ARENA_PUSH(arena, list, item);
    } while (json_next_member(p, end, ']', &ok));
    if (!ok) return bad(d, "malformed array");
    *out = nested_of(arena, &list, 1);
    return true;
}

bool json_member_key(Decoder *d, const char **p, const char *end, Str *key)
{
    if (*p >= end || **p != '"' || !scalar_text(d, p, end, JSON_STRING, key)) return bad(d, "malformed object");
    *p = json_blank(*p, end);
    if (*p >= end || **p != ':') return bad(d, "malformed object");
    *p = json_blank(*p + 1, end);
    return true;
}

static bool read_map(Decoder *d, const char **p, const char *end, const Type *type, int depth, Datum *out)
{
    Arena *arena = d->builder->batch.arena;
    DatumList list = { 0 };
    bool ok = true;
    const Type *value_type = type->kind == TYPE_MULTISET ? type_simple(TYPE_INT, true) : type->elem;
    *p = json_blank(*p + 1, end);
    if (*p < end && **p == '}') ++*p;
    else do {
        Str name;
        Datum key = { 0 }, value = { 0 };
        if (!json_member_key(d, p, end, &name)) return false;
        key.v.str = strview_copy(arena, name.ptr, name.len);
        if (!read_datum(d, p, end, value_type, depth + 1, &value)) return false;
        if (type->kind == TYPE_MULTISET && value.null) value = datum_i32(0);
        uint32_t i = 0;
        while (i < list.n && !strview_eq(&list.v[i].v.str, &key.v.str)) i += 2;
        if (i < list.n) { list.v[i + 1] = value; continue; }      /* the last of equal keys stands */
        ARENA_PUSH(arena, list, key);
        ARENA_PUSH(arena, list, value);
    } while (json_next_member(p, end, '}', &ok));
    if (!ok) return bad(d, "malformed object");
    *out = nested_of(arena, &list, 2);
    return true;
}

static bool read_row(Decoder *d, const char **p, const char *end, const Type *type, int depth, Datum *out)
{
    Nested *row = nested_new(d->builder->batch.arena, type->nfields, type->nfields);
    bool *found = ARENA_ARRAY(d->builder->batch.arena, bool, type->nfields), ok = true;
    for (uint32_t i = 0; i < type->nfields; i++) row->items[i].null = true;
    *p = json_blank(*p + 1, end);
    if (*p < end && **p == '}') ++*p;
    else do {
        Str name;
        if (!json_member_key(d, p, end, &name)) return false;
        uint32_t f = 0;
        while (f < type->nfields && !str_eq(type->fields[f].name, name)) f++;
        if (f == type->nfields) {
            if (!json_skip(p, end, depth + 1)) return bad(d, "malformed document");
            continue;
        }
        Datum item = { 0 };
        if (!read_datum(d, p, end, type->fields[f].type, depth + 1, &item)) return false;
        row->items[f] = item;
        found[f] = true;
    } while (json_next_member(p, end, '}', &ok));
    if (!ok) return bad(d, "malformed object");
    for (uint32_t i = 0; d->fail_missing && i < type->nfields; i++)
        if (!found[i]) return bad(d, "a field of the nested row is missing");
    out->v.nested = row;
    return true;
}

bool json_forgive(Decoder *d, const char **p, const char *end, const char *start, Datum *out)
{
    if (!d->ignore_errors) return false;
    *p = start;
    *out = datum_null();
    return json_skip(p, end, 0);
}

bool json_read_value(Decoder *d, const char **p, const char *end, const Type *type, JsonKind kind, int depth, Datum *out)
{
    Arena *arena = d->builder->batch.arena;
    int64_t i = 0;
    double f = 0;
    Str text;
    switch (type->kind) {
    case TYPE_TINYINT: if (!read_integer(d, p, end, kind, type, &i)) return false; out->v.i8 = (int8_t)i; return true;
    case TYPE_SMALLINT: if (!read_integer(d, p, end, kind, type, &i)) return false; out->v.i16 = (int16_t)i; return true;
    case TYPE_INT: if (!read_integer(d, p, end, kind, type, &i)) return false; out->v.i32 = (int32_t)i; return true;
    case TYPE_BIGINT: case TYPE_INTERVAL_MONTH: case TYPE_INTERVAL_SECOND: return read_integer(d, p, end, kind, type, &out->v.i64);
    case TYPE_FLOAT: if (!read_double(d, p, end, kind, &f)) return false; out->v.f32 = (float)f; return true;
    case TYPE_DOUBLE: return read_double(d, p, end, kind, &out->v.f64);
    case TYPE_DECIMAL: return read_decimal(d, p, end, kind, type, out);
    case TYPE_BOOLEAN:
        if (!scalar_text(d, p, end, kind, &text)) return false;
        out->v.b = str_iis(str_trim(text), "true");
        return true;
    case TYPE_CHAR: case TYPE_VARCHAR: case TYPE_VARIANT: return read_string(d, p, end, kind, arena, &out->v.str);
    case TYPE_BINARY: case TYPE_VARBINARY: case TYPE_BITMAP: return read_base64(d, p, end, kind, arena, out);
    case TYPE_DATE: case TYPE_TIME: case TYPE_TIMESTAMP: case TYPE_TIMESTAMP_LTZ: return read_datetime(d, p, end, kind, type, out);
    case TYPE_ARRAY: return kind == JSON_ARRAY ? read_array(d, p, end, type, depth, out) : bad(d, "an array was expected");
    case TYPE_MAP: case TYPE_MULTISET: return kind == JSON_OBJECT ? read_map(d, p, end, type, depth, out) : bad(d, "an object was expected");
    case TYPE_ROW: return kind == JSON_OBJECT ? read_row(d, p, end, type, depth, out) : bad(d, "an object was expected");
    case TYPE_NULL: case TYPE_KIND_COUNT: break;
    }
    return bad(d, "this type cannot be read from JSON");
}

static bool read_datum(Decoder *d, const char **p, const char *end, const Type *type, int depth, Datum *out)
{
    const char *start = *p;
    JsonKind kind = json_kind(*p, end);
    if (depth > JSON_DEPTH_MAX) return bad(d, "nested too deep");
    if (kind == JSON_NULL) { *out = datum_null(); *p += 4; return true; }
    return json_read_value(d, p, end, type, kind, depth, out) || json_forgive(d, p, end, start, out);
}
