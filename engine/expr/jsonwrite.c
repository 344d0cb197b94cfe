/* Writing JSON as Jackson does with sorted keys: parsed nodes, SQL values, members of an object under way. */
#include "engine/expr/jsondoc.h"
#include "engine/type/decimal.h"
#include "engine/type/text.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void json_add_string(ArenaBuf *buf, Str s)
{
    static const char short_escape[] = "\b\f\n\r\t", letters[] = "bfnrt";
    buf_reserve(buf, s.len + 2);
    buf_addc(buf, '"');
    for (uint32_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\') {
            buf_addc(buf, (char)c);
            continue;
        }
        const char *found = c ? strchr(short_escape, c) : NULL;
        buf_addc(buf, '\\');
        if (c == '"' || c == '\\') buf_addc(buf, (char)c);
        else if (found) buf_addc(buf, letters[found - short_escape]);
        else {
            char text[8];
            snprintf(text, sizeof text, "u%04X", c);
            buf_addz(buf, text);
        }
    }
    buf_addc(buf, '"');
}

/* BigDecimal.toString of digits * 10^-scale: plain while scale >= 0 and the first digit is not far behind the point. */
static void add_big_decimal(ArenaBuf *buf, bool negative, Str digits, int64_t scale)
{
    char exponent[32];
    int64_t adjusted = -scale + ((int64_t)digits.len - 1);
    if (negative) buf_addc(buf, '-');
    if (scale >= 0 && adjusted >= -6) {
        int64_t point = (int64_t)digits.len - scale;
        if (scale == 0) {
            buf_adds(buf, digits);
            return;
        }
        if (point <= 0) buf_addz(buf, "0.");
        for (int64_t i = point; i < 0; i++) buf_addc(buf, '0');
        if (point > 0) {
            buf_add(buf, digits.ptr, (uint32_t)point);
            buf_addc(buf, '.');
        }
        uint32_t from = point > 0 ? (uint32_t)point : 0;
        buf_add(buf, digits.ptr + from, digits.len - from);
        return;
    }
    buf_addc(buf, digits.ptr[0]);
    if (digits.len > 1) {
        buf_addc(buf, '.');
        buf_add(buf, digits.ptr + 1, digits.len - 1);
    }
    if (adjusted != 0) {
        snprintf(exponent, sizeof exponent, "E%+lld", (long long)adjusted);
        buf_addz(buf, exponent);
    }
}

/* Of the text behind the e, which ends with the number: nothing terminates it. Far beyond what a number can have it stays where it is. */
static int64_t exponent_of(Str text)
{
    enum { FAR = 1000000000 };
    bool minus = text.len > 0 && text.ptr[0] == '-';
    int64_t v = 0;
    for (uint32_t i = minus || (text.len > 0 && text.ptr[0] == '+'); i < text.len && v < FAR; i++) v = v * 10 + (text.ptr[i] - '0');
    return minus ? -v : v;
}

void json_add_number(ArenaBuf *buf, Str raw)
{
    bool negative = raw.len > 0 && raw.ptr[0] == '-', point = false;
    uint32_t i = negative;
    int64_t scale = 0, exponent = 0;
    ArenaBuf digits = arena_buf(buf->arena);
    /* The digits are collected behind the text built so far, then moved: reserve first so that both stay apart. */
    buf_reserve(buf, raw.len + 32);
    buf_reserve(&digits, raw.len + 1);
    for (; i < raw.len && (raw.ptr[i] | 32) != 'e'; i++) {
        if (raw.ptr[i] == '.') point = true;
        else {
            scale += point;
            if (digits.len || raw.ptr[i] != '0') buf_addc(&digits, raw.ptr[i]);
        }
    }
    bool decimal = point || i < raw.len;
    if (i < raw.len) exponent = exponent_of(str_sub(raw, i + 1, raw.len));
    if (digits.len == 0) buf_addc(&digits, '0');
    bool zero = digits.len == 1 && digits.ptr[0] == '0';
    add_big_decimal(buf, negative && !zero, buf_str(&digits), decimal ? scale - exponent : 0);
}

/* By key; of equal keys the one added last comes first. */
static int by_key(const void *a, const void *b)
{
    const JsonMember *x = a, *y = b;
    int order = str_cmp(x->key, y->key);
    return order ? order : (x->order < y->order) - (x->order > y->order);
}

void json_add_members(ArenaBuf *buf, JsonMember *members, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) members[i].order = i;
    if (n > 1) qsort(members, n, sizeof *members, by_key);
    buf_addc(buf, '{');
    for (uint32_t i = 0; i < n; i++) {
        if (i && str_eq(members[i].key, members[i - 1].key)) continue;
        if (i) buf_addc(buf, ',');
        json_add_string(buf, members[i].key);
        buf_addc(buf, ':');
        buf_adds(buf, members[i].value);
    }
    buf_addc(buf, '}');
}

static void add_object(ArenaBuf *buf, Arena *scratch, const JsonDoc *doc, uint32_t node)
{
    JsonMember *members = arena_alloc(scratch, sizeof *members * (doc->nodes[node].count + 1));
    uint32_t n = 0;
    for (uint32_t i = node + 1; i < doc->nodes[node].end; i = doc->nodes[i + 1].end) {
        ArenaBuf value = arena_buf(scratch);
        json_add_node(&value, scratch, doc, i + 1);
        members[n++] = (JsonMember){ json_string(scratch, doc, i), buf_str(&value), 0 };
    }
    json_add_members(buf, members, n);
}

void json_add_node(ArenaBuf *buf, Arena *scratch, const JsonDoc *doc, uint32_t node)
{
    const JsonNode *v = &doc->nodes[node];
    switch ((JsonKind)v->kind) {
    case JSON_NULL: buf_addz(buf, "null"); break;
    case JSON_FALSE: buf_addz(buf, "false"); break;
    case JSON_TRUE: buf_addz(buf, "true"); break;
    case JSON_NUMBER: json_add_number(buf, json_raw(doc, node)); break;
    case JSON_STRING: json_add_string(buf, json_string(scratch, doc, node)); break;
    case JSON_OBJECT: add_object(buf, scratch, doc, node); break;
    case JSON_ARRAY:
        buf_addc(buf, '[');
        for (uint32_t i = node + 1; i < v->end; i = doc->nodes[i].end) {
            if (i > node + 1) buf_addc(buf, ',');
            json_add_node(buf, scratch, doc, i);
        }
        buf_addc(buf, ']');
        break;
    }
}

/* ---- SQL values ---- */

bool json_type_ok(const Type *type)
{
    switch (type->kind) {
    case TYPE_DATE: case TYPE_TIME: case TYPE_INTERVAL_MONTH: case TYPE_INTERVAL_SECOND: case TYPE_BITMAP: case TYPE_NULL: return false;
    case TYPE_ARRAY: case TYPE_MULTISET: return json_type_ok(type->elem);
    case TYPE_MAP: return type_is_string(type->key) && json_type_ok(type->elem);
    case TYPE_ROW:
        for (uint32_t i = 0; i < type->nfields; i++)
            if (!json_type_ok(type->fields[i].type)) return false;
        return true;
    default: return true;
    }
}

static void add_double(ArenaBuf *buf, double x)
{
    if (!isfinite(x)) {
        buf_addz(buf, isnan(x) ? "\"NaN\"" : x > 0 ? "\"Infinity\"" : "\"-Infinity\"");
        return;
    }
    StrBuf text = { 0 };
    print_double(x, &text);
    json_add_number(buf, strbuf_str(&text));
    strbuf_free(&text);
}

/* ISO-8601 as java.time prints it: seconds always, the fraction without trailing zeros, years of more than four digits with a sign. */
static void add_timestamp(ArenaBuf *buf, const Type *type, const Datum *value)
{
    Instant t = instant_of(type, value);
    Civil c = civil_of(t);
    char text[64];
    int n = snprintf(text, sizeof text, c.year > 9999 || c.year < 0 ? "\"%+05d" : "\"%04d", c.year);
    n += snprintf(text + n, sizeof text - (size_t)n, "-%02d-%02dT%02d:%02d:%02d", c.month, c.day, c.hour, c.minute, c.second);
    if (c.nano) {
        n += snprintf(text + n, sizeof text - (size_t)n, ".%09d", c.nano);
        while (text[n - 1] == '0') n--;
    }
    buf_add(buf, text, (uint32_t)n);
    buf_addz(buf, type->kind == TYPE_TIMESTAMP_LTZ ? "Z\"" : "\"");
}

static void add_base64(ArenaBuf *buf, Str s)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    buf_addc(buf, '"');
    for (uint32_t i = 0; i < s.len; i += 3) {
        uint32_t v = (uint32_t)(unsigned char)s.ptr[i] << 16;
        if (i + 1 < s.len) v |= (uint32_t)(unsigned char)s.ptr[i + 1] << 8;
        if (i + 2 < s.len) v |= (unsigned char)s.ptr[i + 2];
        buf_addc(buf, alphabet[v >> 18]);
        buf_addc(buf, alphabet[v >> 12 & 63]);
        buf_addc(buf, i + 1 < s.len ? alphabet[v >> 6 & 63] : '=');
        buf_addc(buf, i + 2 < s.len ? alphabet[v & 63] : '=');
    }
    buf_addc(buf, '"');
}

static void add_items(ArenaBuf *buf, const Type *type, const Nested *list, uint32_t n)
{
    buf_addc(buf, '[');
    for (uint32_t i = 0; i < n; i++) {
        if (i) buf_addc(buf, ',');
        json_add_datum(buf, type->elem, &list->items[type->kind == TYPE_MULTISET ? 2 * i : i]);
    }
    buf_addc(buf, ']');
}

/* MAP and ROW: members are written to texts of their own first, then sorted. */
static void add_record(ArenaBuf *buf, const Type *type, const Nested *value)
{
    bool map = type->kind == TYPE_MAP;
    uint32_t n = map ? value->len : type->nfields;
    JsonMember *members = arena_alloc(buf->arena, sizeof *members * (n + 1));
    for (uint32_t i = 0; i < n; i++) {
        ArenaBuf text = arena_buf(buf->arena);
        json_add_datum(&text, map ? type->elem : type->fields[i].type, map ? &value->items[2 * i + 1] : &value->items[i]);
        Str key = !map ? type->fields[i].name : value->items[2 * i].null ? STR("null") : datum_text(&value->items[2 * i]);
        members[i] = (JsonMember){ key, buf_str(&text), 0 };
    }
    json_add_members(buf, members, n);
}

void json_add_datum(ArenaBuf *buf, const Type *type, const Datum *value)
{
    StrBuf text = { 0 };
    if (value->null) {
        buf_addz(buf, "null");
        return;
    }
    switch (type->kind) {
    case TYPE_BOOLEAN: buf_addz(buf, value->v.b ? "true" : "false"); break;
    case TYPE_FLOAT: add_double(buf, (double)value->v.f32); break;
    case TYPE_DOUBLE: add_double(buf, value->v.f64); break;
    case TYPE_CHAR: case TYPE_VARCHAR: json_add_string(buf, datum_text(value)); break;
    case TYPE_BINARY: case TYPE_VARBINARY: case TYPE_BITMAP: add_base64(buf, datum_text(value)); break;
    case TYPE_VARIANT: buf_adds(buf, datum_text(value)); break;
    case TYPE_TIMESTAMP: case TYPE_TIMESTAMP_LTZ: add_timestamp(buf, type, value); break;
    case TYPE_ARRAY: case TYPE_MULTISET: add_items(buf, type, value->v.nested, value->v.nested->len); break;
    case TYPE_MAP: case TYPE_ROW: add_record(buf, type, value->v.nested); break;
    default:
        datum_print(type, value, (const struct Zone *)zone_utc(), &text);
        if (type->kind == TYPE_DECIMAL) json_add_number(buf, strbuf_str(&text));
        else buf_adds(buf, strbuf_str(&text));
        strbuf_free(&text);
        break;
    }
}
