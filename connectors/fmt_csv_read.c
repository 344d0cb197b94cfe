/* csv decoder: one record a message, straight into columns. The scanner cuts fields as Jackson's CsvDecoder does (quotes only at a field's start,
 * doubled or escaped inside; no trimming), the conversions are those of Flink's CsvToRowDataConverters. A field without quotes and escapes is a
 * slice of the message: nothing is copied but strings into the batch. One decoder belongs to one source and its thread.
 * Invariant: when done() is called every wanted cell of the row has been written, NULLs included. */
#include "connectors/fmt_csv.h"
#include "engine/type/decimal.h"
#include "engine/type/text.h"

typedef struct CsvField { Str name; const Type *type; uint32_t col; } CsvField;

struct Decoder {
    Arena *arena;
    CsvConf conf;
    CsvField *fields; uint32_t nfields;
    bool stop[256];                              /* bytes at which a plain field may end or change: delimiter's first, line ends, escape */
    StrBuf text;                                 /* field under way when it had quotes or escapes */
    BatchBuilder *builder;
    const char *why;                             /* what was wrong */
    const CsvField *where;                       /* in which field; NULL = in the record */
};

static bool bad(Decoder *d, const char *why)
{
    d->why = why;
    return false;
}

Decoder *csv_decoder_new(const FormatSpec *spec, Err *err)
{
    Arena *arena = arena_new();
    Decoder *d = ARENA_NEW(arena, Decoder);
    d->arena = arena;
    if (!csv_conf(arena, spec->options, spec->prefix, &d->conf, err)) {
        csv_decoder_free(d);
        return NULL;
    }
    d->stop['\n'] = d->stop['\r'] = d->stop[(unsigned char)d->conf.delimiter.ptr[0]] = true;
    if (d->conf.escape) d->stop[(unsigned char)d->conf.escape] = true;
    d->nfields = spec->schema->n;
    d->fields = ARENA_ARRAY(arena, CsvField, d->nfields);
    for (uint32_t i = 0; i < d->nfields; i++)
        d->fields[i] = (CsvField){ spec->schema->cols[i].name, spec->schema->cols[i].type, spec->target ? spec->target[i] : i };
    return d;
}

void csv_decoder_free(Decoder *d)
{
    if (!d) return;
    strbuf_free(&d->text);
    arena_free(d->arena);
}

/* ---- cutting fields ---- */

static bool at_delimiter(const Decoder *d, const char *p, const char *end)
{
    Str s = d->conf.delimiter;
    return *p == s.ptr[0] && (s.len == 1 || ((size_t)(end - p) >= s.len && memcmp(p, s.ptr, s.len) == 0));
}

static void add_escaped(StrBuf *text, char c)
{
    strbuf_addc(text, c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c == '0' ? '\0' : c);
}

/* Behind a field: *more = a delimiter follows (and is eaten); otherwise the record ends here. */
static bool field_end(Decoder *d, const char **p, const char *end, bool *more)
{
    *more = *p < end && at_delimiter(d, *p, end);
    if (*more) *p += d->conf.delimiter.len;
    return true;
}

static bool quoted_field(Decoder *d, const char **p, const char *end, Str *out, bool *more)
{
    char quote = d->conf.quote, escape = d->conf.escape;
    const char *start = ++*p, *q = start;
    bool plain = true;
    strbuf_clear(&d->text);
    for (;;) {
        while (q < end && *q != quote && (*q != escape || !escape)) q++;
        if (q >= end) return bad(d, "a quoted field has no closing quote");
        if (!plain || *q != quote || (q + 1 < end && q[1] == quote)) strbuf_add(&d->text, start, (uint32_t)(q - start));
        if (*q == quote) {
            if (q + 1 >= end || q[1] != quote) break;
            strbuf_addc(&d->text, quote);
        } else {
            if (q + 1 >= end) return bad(d, "the record ends within an escape");
            add_escaped(&d->text, q[1]);
        }
        plain = false;
        q += 2;
        start = q;
    }
    *out = plain ? (Str){ start, (uint32_t)(q - start) } : strbuf_str(&d->text);
    for (q++; q < end && (unsigned char)*q <= ' ' && *q != '\n' && *q != '\r' && !at_delimiter(d, q, end); q++) continue;
    *p = q;
    if (q < end && *q != '\n' && *q != '\r' && !at_delimiter(d, q, end)) return bad(d, "text follows the closing quote of a field");
    return field_end(d, p, end, more);
}

/* The field at *p without its quotes, borrowed from the message or from d->text. */
static bool next_field(Decoder *d, const char **p, const char *end, Str *out, bool *more)
{
    const char *start = *p, *q = start;
    char escape = d->conf.escape;
    if (q < end && d->conf.quote && *q == d->conf.quote) return quoted_field(d, p, end, out, more);
    for (;; q++) {
        while (q < end && !d->stop[(unsigned char)*q]) q++;
        if (q >= end || *q == '\n' || *q == '\r' || at_delimiter(d, q, end) || (escape && *q == escape)) break;
    }
    if (q >= end || *q != escape || !escape) {
        *out = (Str){ start, (uint32_t)(q - start) };
        *p = q;
        return field_end(d, p, end, more);
    }
    strbuf_clear(&d->text);
    strbuf_add(&d->text, start, (uint32_t)(q - start));
    for (; q < end && *q != '\n' && *q != '\r' && !at_delimiter(d, q, end); q++) {
        if (*q != escape) { strbuf_addc(&d->text, *q); continue; }
        if (++q >= end) return bad(d, "the record ends within an escape");
        add_escaped(&d->text, *q);
    }
    *out = strbuf_str(&d->text);
    *p = q;
    return field_end(d, p, end, more);
}

/* Bytes of the record at p including its line end: a line end within quotes belongs to the field. -1: it is not complete. */
int64_t csv_record_len(Decoder *d, const char *p, const char *end)
{
    char quote = d->conf.quote, escape = d->conf.escape;
    const char *q = p;
    bool start = true, inside = false;           /* at a field's start; within quotes */
    if (q >= end) return -1;
    const char *stop = memchr(q, '\n', (size_t)(end - q));
    size_t line = stop ? (size_t)(stop - q) : (size_t)(end - q);
    bool plain = (!quote || !memchr(q, quote, line)) && (!escape || !memchr(q, escape, line));
    if (plain || (d->conf.comments && *q == '#')) return stop ? stop + 1 - p : -1;
    for (; q < end; q++) {
        if (escape && *q == escape) { q++; start = false; continue; }
        if (inside) {
            if (*q != quote) continue;
            if (q + 1 < end && q[1] == quote) { q++; continue; }
            if (q + 1 >= end) return -1;
            inside = false;
        } else if (*q == '\n') {
            return q + 1 - p;
        } else if (quote && *q == quote && start) {
            inside = true;
            start = false;
        } else {
            start = at_delimiter(d, q, end);
            if (start) q += d->conf.delimiter.len - 1;
        }
    }
    return -1;
}

/* ---- scalars ---- */

static bool read_integer(Decoder *d, Str text, const Type *type, int64_t *out)
{
    text = str_trim(text);
    if (!str_to_i64(text, out)) return bad(d, "not an integer of this type");
    int64_t low = type->kind == TYPE_TINYINT ? INT8_MIN : type->kind == TYPE_SMALLINT ? INT16_MIN : type->kind == TYPE_INT ? INT32_MIN : INT64_MIN;
    int64_t high = type->kind == TYPE_TINYINT ? INT8_MAX : type->kind == TYPE_SMALLINT ? INT16_MAX : type->kind == TYPE_INT ? INT32_MAX : INT64_MAX;
    return *out >= low && *out <= high ? true : bad(d, "integer out of range");
}

/* Up to 15 digits and a power of ten up to 15 divide exactly rounded (Clinger 1990); all else takes the general parser. */
static bool read_double(Decoder *d, Str text, double *out)
{
    static const double pow10[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
    uint32_t i = text.len && text.ptr[0] == '-', start = i, point = UINT32_MAX;
    uint64_t m = 0;
    for (; i < text.len && i - start <= 15; i++) {
        char c = text.ptr[i];
        if (c == '.' && point == UINT32_MAX) point = i;
        else if (c >= '0' && c <= '9') m = m * 10 + (uint64_t)(c - '0');
        else break;
    }
    uint32_t digits = i - start - (point != UINT32_MAX);
    if (i == text.len && i > start && digits > 0 && digits <= 15) {
        double v = (double)m / pow10[point == UINT32_MAX ? 0 : text.len - point - 1];
        *out = text.ptr[0] == '-' ? -v : v;
        return true;
    }
    return parse_double(str_trim(text), out) ? true : bad(d, "not a number");
}

static bool read_decimal(Decoder *d, Str text, const Type *type, Datum *out)
{
    /* A number too large for the type becomes NULL (DecimalData.fromBigDecimal); text that is no number is an error. */
    if (decimal_parse(text, type->precision, type->scale, &out->v.i128)) return true;
    double any;
    bool number = text.len > 0 && parse_double(text, &any);
    for (uint32_t i = 0; number && i < text.len; i++)
        number = (text.ptr[i] >= '0' && text.ptr[i] <= '9') || text.ptr[i] == '.' || text.ptr[i] == '-' || text.ptr[i] == '+' || text.ptr[i] == 'e' || text.ptr[i] == 'E';
    if (!number) return bad(d, "not a decimal number");
    out->null = true;
    return true;
}

/* min..max digits. */
static bool digits(const char **p, const char *end, int min, int max, int32_t *out)
{
    int32_t v = 0;
    int n = 0;
    for (; n < max && *p < end && **p >= '0' && **p <= '9'; n++) v = v * 10 + (*(*p)++ - '0');
    *out = v;
    return n >= min;
}
static bool expect(const char **p, const char *end, char c)
{
    return *p < end && *(*p)++ == c;
}

/* HH:mm:ss[.f{0,9}]; LocalTime.parse (seconds_optional) lets the seconds be absent. */
static bool read_hms(const char **p, const char *end, bool seconds_optional, Civil *c)
{
    if (!digits(p, end, 2, 2, &c->hour) || !expect(p, end, ':') || !digits(p, end, 2, 2, &c->minute)) return false;
    if (seconds_optional && *p == end) return c->hour < 24 && c->minute < 60;
    if (!expect(p, end, ':') || !digits(p, end, 2, 2, &c->second)) return false;
    if (*p < end && **p == '.') {
        int32_t unit = 100000000;
        for (++*p; *p < end && **p >= '0' && **p <= '9' && unit; ++*p, unit /= 10) c->nano += (**p - '0') * unit;
    }
    return c->hour < 24 && c->minute < 60 && c->second < 60;
}

/* java.sql.Date.valueOf: yyyy-[m]m-[d]d; a day beyond the month's end runs into the next month. */
static bool read_date(Decoder *d, Str text, int32_t *out)
{
    const char *p = text.ptr, *end = p + text.len;
    int32_t y, m, day;
    if (!digits(&p, end, 4, 4, &y) || !expect(&p, end, '-') || !digits(&p, end, 1, 2, &m) || !expect(&p, end, '-') || !digits(&p, end, 1, 2, &day) || p != end ||
        m < 1 || m > 12 || day < 1 || day > 31)
        return bad(d, "not a date (yyyy-MM-dd)");
    *out = (int32_t)days_from_civil(y, m, 1) + day - 1;
    return true;
}

static bool read_time(Decoder *d, Str text, const Type *type, int32_t *out)
{
    static const int32_t unit[] = { 1000, 100, 10, 1 };
    const char *p = text.ptr, *end = p + text.len;
    Civil c = { 0 };
    if (!read_hms(&p, end, true, &c) || p != end) return bad(d, "not a time (HH:mm:ss)");
    int32_t ms = ((c.hour * 60 + c.minute) * 60 + c.second) * 1000 + c.nano / 1000000;
    *out = ms - ms % unit[type->precision > 3 ? 3 : type->precision];
    return true;
}

/* yyyy-MM-dd HH:mm:ss[.f]; days 29..31 beyond the month's end are cut to it (DateTimeFormatter SMART); LTZ ends with Z. */
static bool read_timestamp(Decoder *d, Str text, const Type *type, Datum *out)
{
    text = str_trim(text);
    const char *p = text.ptr, *end = p + text.len;
    Civil c = { 0 };
    bool ltz = type->kind == TYPE_TIMESTAMP_LTZ;
    if (!digits(&p, end, 4, 4, &c.year) || !expect(&p, end, '-') || !digits(&p, end, 2, 2, &c.month) || !expect(&p, end, '-') || !digits(&p, end, 2, 2, &c.day) ||
        c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31 || !expect(&p, end, ' ') || !read_hms(&p, end, false, &c) || (ltz && !expect(&p, end, 'Z')) || p != end)
        return bad(d, ltz ? "not a timestamp (yyyy-MM-dd HH:mm:ss.SSSZ, the Z is needed)" : "not a timestamp (yyyy-MM-dd HH:mm:ss.SSS)");
    int32_t last = days_in_month(c.year, c.month);
    if (c.day > last) c.day = last;
    *out = instant_datum(type, civil_instant(&c));
    return true;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool read_base64(Decoder *d, Str text, Datum *out)
{
    char *bytes = arena_alloc(d->builder->batch.arena, text.len * 3 / 4 + 3);
    uint32_t n = 0, bits = 0, have = 0;
    while (text.len > 0 && text.ptr[text.len - 1] == '=') text.len--;
    if (text.len % 4 == 1) return bad(d, "not base64");
    for (uint32_t i = 0; i < text.len; i++) {
        int v = base64_value(text.ptr[i]);
        if (v < 0) return bad(d, "not base64");
        bits = bits << 6 | (uint32_t)v;
        if ((have += 6) >= 8) bytes[n++] = (char)(bits >> (have -= 8));
    }
    out->v.str = strview_of(bytes, n);
    return true;
}

/* ---- values ---- */

static bool read_value(Decoder *d, Str text, const Type *type, Datum *out);

static bool is_null_text(const Decoder *d, Str text)
{
    return d->conf.has_null && str_eq(text, d->conf.null_literal);
}

/* An element that cannot be read becomes NULL when errors are ignored. */
static bool read_element(Decoder *d, Str text, const Type *type, Datum *out)
{
    *out = (Datum){ 0 };
    if (is_null_text(d, text)) { out->null = true; return true; }
    if (read_value(d, text, type, out)) return true;
    *out = datum_null();
    return d->conf.ignore_errors;
}

/* ARRAY and ROW columns: elements between array-element-delimiters; an empty field has none. */
static bool read_nested(Decoder *d, Str text, const Type *type, Datum *out)
{
    Arena *arena = d->builder->batch.arena;
    Str separator = d->conf.array_delimiter;
    bool is_row = type->kind == TYPE_ROW;
    struct { Str *v; uint32_t n, cap; } parts = { 0 };
    for (uint32_t from = 0; text.len > 0;) {
        int64_t at = str_find(text, separator, from);
        ARENA_PUSH(arena, parts, str_sub(text, from, (at < 0 ? text.len : (uint32_t)at) - from));
        if (at < 0) break;
        from = (uint32_t)at + separator.len;
    }
    if (is_row && parts.n == 0) { out->null = true; return true; }
    if (is_row && parts.n != type->nfields && !d->conf.ignore_errors) return bad(d, "the nested row has another number of fields than its type");
    Nested *nested = nested_new(arena, is_row ? type->nfields : parts.n, is_row ? type->nfields : parts.n);
    for (uint32_t i = 0; i < nested->len; i++) {
        if (i >= parts.n) nested->items[i] = datum_null();
        else if (!read_element(d, parts.v[i], is_row ? type->fields[i].type : type->elem, &nested->items[i])) return false;
    }
    out->v.nested = nested;
    return true;
}

static bool read_value(Decoder *d, Str text, const Type *type, Datum *out)
{
    int64_t i = 0;
    double f;
    switch (type->kind) {
    case TYPE_TINYINT: if (!read_integer(d, text, type, &i)) return false; out->v.i8 = (int8_t)i; return true;
    case TYPE_SMALLINT: if (!read_integer(d, text, type, &i)) return false; out->v.i16 = (int16_t)i; return true;
    case TYPE_INT: if (!read_integer(d, text, type, &i)) return false; out->v.i32 = (int32_t)i; return true;
    case TYPE_BIGINT: case TYPE_INTERVAL_MONTH: case TYPE_INTERVAL_SECOND: return read_integer(d, text, type, &out->v.i64);
    case TYPE_FLOAT:
        if (parse_float(str_trim(text), &out->v.f32)) return true;
        return bad(d, "not a number");
    case TYPE_DOUBLE: if (!read_double(d, text, &f)) return false; out->v.f64 = f; return true;
    case TYPE_DECIMAL: return read_decimal(d, text, type, out);
    case TYPE_BOOLEAN: out->v.b = str_iis(str_trim(text), "true"); return true;
    case TYPE_CHAR: case TYPE_VARCHAR: case TYPE_VARIANT: out->v.str = strview_copy(d->builder->batch.arena, text.ptr, text.len); return true;
    case TYPE_BINARY: case TYPE_VARBINARY: case TYPE_BITMAP: return read_base64(d, text, out);
    case TYPE_DATE: return read_date(d, text, &out->v.i32);
    case TYPE_TIME: return read_time(d, text, type, &out->v.i32);
    case TYPE_TIMESTAMP: case TYPE_TIMESTAMP_LTZ: return read_timestamp(d, text, type, out);
    case TYPE_ARRAY: case TYPE_ROW: return read_nested(d, text, type, out);
    case TYPE_NULL: case TYPE_MAP: case TYPE_MULTISET: case TYPE_KIND_COUNT: break;
    }
    return bad(d, "this type cannot be read from CSV");
}

/* ---- rows ---- */

static void set_null(Decoder *d, uint32_t col)
{
    BatchBuilder *b = d->builder;
    Vec *vec = &b->batch.cols[col];
    vec_need_valid(vec, b->batch.arena, b->cap);
    bit_clear(vec->valid, b->batch.len);
}

/* One field into its column; the frequent types without a Datum between. */
static bool read_cell(Decoder *d, Str text, const CsvField *field)
{
    BatchBuilder *b = d->builder;
    Vec *vec = &b->batch.cols[field->col];
    uint32_t row = b->batch.len;
    Datum value = { 0 };
    int64_t i;
    bool ok;
    /* The null literal stands for a scalar or an element: a nested column always holds a list (Jackson opens the array first). */
    if (is_null_text(d, text) && !type_is_nested(field->type)) { set_null(d, field->col); return true; }
    switch (field->type->kind) {
    case TYPE_VARCHAR: ((StrView *)vec->data)[row] = strview_copy(b->batch.arena, text.ptr, text.len); ok = true; break;
    case TYPE_DOUBLE: ok = read_double(d, text, &((double *)vec->data)[row]); break;
    case TYPE_BIGINT: ok = read_integer(d, text, field->type, &((int64_t *)vec->data)[row]); break;
    case TYPE_INT:
        ok = read_integer(d, text, field->type, &i);
        if (ok) ((int32_t *)vec->data)[row] = (int32_t)i;
        break;
    default:
        ok = read_value(d, text, field->type, &value);
        if (ok) { vec_set(vec, b->batch.arena, b->cap, row, &value); return true; }
    }
    if (ok) {
        if (vec->valid) bit_set(vec->valid, row);
        return true;
    }
    if (!d->conf.ignore_errors) { d->where = field; return false; }
    set_null(d, field->col);
    return true;
}

static bool read_record(Decoder *d, const char *p, const char *end)
{
    uint32_t n = 0;
    for (bool more = true; more; n++) {
        Str text;
        if (!next_field(d, &p, end, &text, &more)) return false;
        if (n >= d->nfields) return bad(d, "the record has more fields than the table has columns");
        if (d->fields[n].col != UINT32_MAX && !read_cell(d, text, &d->fields[n])) return false;
    }
    if (n < d->nfields && !d->conf.ignore_errors) return bad(d, "the record has fewer fields than the table has columns");
    for (; n < d->nfields; n++)
        if (d->fields[n].col != UINT32_MAX) set_null(d, d->fields[n].col);
    return true;
}

static bool refuse(const Decoder *d, Str bytes, Err *err)
{
    if (d->where) err_set(err, E_BAD_RECORD, "cannot read CSV record: field \"" STR_FMT "\": %s", STR_ARG(d->where->name), d->why);
    else err_set(err, E_BAD_RECORD, "cannot read CSV record: %s", d->why);
    while (bytes.len && (bytes.ptr[bytes.len - 1] == '\n' || bytes.ptr[bytes.len - 1] == '\r')) bytes.len--;
    err_detail(err, "record: " STR_FMT "%s", (int)(bytes.len > 200 ? 200 : bytes.len), bytes.ptr, bytes.len > 200 ? "..." : "");
    return err_hint(err, "Set 'csv.ignore-parse-errors' = 'true' to read bad fields as NULL and to skip and count bad records.");
}

bool csv_decode(Decoder *d, Str bytes, BatchBuilder *builder, RowDone *done, void *done_ctx, uint64_t *skipped, Err *err)
{
    if (!bytes.ptr || bytes.len == 0) return true;
    const char *p = bytes.ptr, *end = bytes.ptr + bytes.len;
    while (d->conf.comments && p < end && *p == '#') {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        p = stop ? stop + 1 : end;
        if (p == end) return true;
    }
    d->builder = builder;
    d->why = NULL;
    d->where = NULL;
    if (read_record(d, p, end)) return done(done_ctx, ROW_INSERT, err);
    if (!d->conf.ignore_errors) return refuse(d, bytes, err);
    ++*skipped;
    return true;
}
