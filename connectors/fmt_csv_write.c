/* csv encoder and the format's option rows. Quoting follows Jackson's CsvEncoder (its loose check): a text is quoted when it is longer than 24
 * UTF-16 units, or has a character not above the highest special one; numbers and NULLs never. Values as Flink's RowDataToCsvConverters write them.
 * One encoder belongs to one sink and its thread. */
#include "connectors/fmt_csv.h"
#include "engine/type/decimal.h"
#include "engine/type/text.h"

#include <stdio.h>

enum { LOOSE_CHECK_MAX = 24 };                   /* CsvEncoder's MAX_QUOTE_CHECK */

struct Encoder {
    Arena *arena;
    CsvConf conf;
    uint32_t nfields;
    const Type **types;
    uint32_t *cols;
    bool in_message;
    uint32_t min_safe;                           /* code points from here on need no quotes */
    StrBuf text;
};

static const OptionDef csv_options[] = {
    { "field-delimiter", OPT_STRING, ",", 0, NULL, "One character between fields; Java escapes such as \\t and \\u0001 work." },
    { "disable-quote-character", OPT_BOOL, "false", 0, NULL, "Take quotes as ordinary characters." },
    { "quote-character", OPT_STRING, "\"", 0, NULL, "One character around fields that hold special ones." },
    { "allow-comments", OPT_BOOL, "false", OPTF_SOURCE, NULL, "Skip lines that begin with '#'." },
    { "ignore-parse-errors", OPT_BOOL, "false", OPTF_SOURCE, NULL, "Read bad fields as NULL and skip (and count) bad records." },
    { "array-element-delimiter", OPT_STRING, ";", 0, NULL, "Text between the elements of arrays and the fields of nested rows." },
    { "escape-character", OPT_STRING, NULL, 0, NULL, "One character that takes the special meaning from the next one; none by default." },
    { "null-literal", OPT_STRING, NULL, 0, NULL, "Text that stands for NULL; by default NULL is written as nothing and never read." },
    { "write-bigdecimal-in-scientific-notation", OPT_BOOL, "true", OPTF_SINK, NULL, "Write 100000 as 1E+5 when the type is DECIMAL." },
    { NULL, OPT_STRING, NULL, 0, NULL, NULL },
};

/* Value set by the user; NULL if absent. */
static const Option *user_option(const Options *options, const char *prefix, const char *name)
{
    char key[160];
    snprintf(key, sizeof key, "%s%s", prefix ? prefix : "", name);
    return options_find(options, str_of(key));
}

static bool flag_option(const Options *options, const char *prefix, const char *name, bool dflt, bool *out, Err *err)
{
    const Option *option = user_option(options, prefix, name);
    *out = option ? str_iis(option->value, "true") : dflt;
    if (!option || *out || str_iis(option->value, "false")) return true;
    return err_at(err, E_OPTION, option->value_span, "option \"" STR_FMT "\" must be true or false, not \"" STR_FMT "\"", STR_ARG(option->key), STR_ARG(option->value));
}

/* Java escapes of one character: \t, \u0001, \\; other texts as they stand. */
static Str unescape(Arena *arena, Str text)
{
    char one[4];
    if (text.len < 2 || text.ptr[0] != '\\') return str_dup(arena, text);
    if (text.len == 6 && text.ptr[1] == 'u') {
        uint32_t code = 0;
        for (int i = 2; i < 6; i++) {
            char c = text.ptr[i];
            int v = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
            if (v < 0) return str_dup(arena, text);
            code = code * 16 + (uint32_t)v;
        }
        return str_dup(arena, (Str){ one, utf8_encode(code, one) });
    }
    if (text.len != 2) return str_dup(arena, text);
    one[0] = text.ptr[1] == 't' ? '\t' : text.ptr[1] == 'n' ? '\n' : text.ptr[1] == 'r' ? '\r' : text.ptr[1] == 'b' ? '\b' : text.ptr[1] == 'f' ? '\f' : text.ptr[1];
    return str_dup(arena, (Str){ one, 1 });
}

static bool one_character(const Option *option, Str text, Err *err)
{
    if (text.len > 0 && utf8_len(text) == 1) return true;
    return err_at(err, E_OPTION, option->value_span, "option \"" STR_FMT "\" must be a single character, not \"" STR_FMT "\"", STR_ARG(option->key), STR_ARG(option->value));
}

static bool ascii_option(const Options *options, const char *prefix, const char *name, char *out, Err *err)
{
    const Option *option = user_option(options, prefix, name);
    if (!option) return true;
    if (!one_character(option, option->value, err)) return false;
    if (option->value.len > 1) {
        err_at(err, E_UNSUPPORTED, option->value_span, "option \"" STR_FMT "\" must be an ASCII character", STR_ARG(option->key));
        return err_hint(err, "Use a character such as \", ', | or \\.");
    }
    *out = option->value.ptr[0];
    return true;
}

bool csv_conf(Arena *arena, const Options *options, const char *prefix, CsvConf *out, Err *err)
{
    bool no_quote;
    *out = (CsvConf){ .delimiter = STR(","), .quote = '"', .array_delimiter = STR(";"), .null_literal = STR("") };
    const Option *option = user_option(options, prefix, "field-delimiter");
    if (option) {
        out->delimiter = unescape(arena, option->value);
        if (!one_character(option, out->delimiter, err)) return false;
    }
    if (!flag_option(options, prefix, "disable-quote-character", false, &no_quote, err) || !flag_option(options, prefix, "allow-comments", false, &out->comments, err) ||
        !flag_option(options, prefix, "ignore-parse-errors", false, &out->ignore_errors, err) ||
        !flag_option(options, prefix, "write-bigdecimal-in-scientific-notation", true, &out->scientific, err))
        return false;
    option = user_option(options, prefix, "quote-character");
    if (no_quote && option)
        return err_at(err, E_OPTION, option->span, "format 'csv' cannot define a quote character and disable quoting at the same time");
    if (!ascii_option(options, prefix, "quote-character", &out->quote, err) || !ascii_option(options, prefix, "escape-character", &out->escape, err)) return false;
    if (no_quote) out->quote = 0;
    option = user_option(options, prefix, "array-element-delimiter");
    if (option) {
        out->array_delimiter = str_dup(arena, option->value);
        if (option->value.len == 0) return err_at(err, E_OPTION, option->value_span, "option \"" STR_FMT "\" must not be empty", STR_ARG(option->key));
    }
    option = user_option(options, prefix, "null-literal");
    out->has_null = option != NULL;
    if (option) out->null_literal = str_dup(arena, option->value);
    return true;
}

static bool type_fits(const Type *type)
{
    switch (type->kind) {
    case TYPE_MAP: case TYPE_MULTISET: case TYPE_NULL: case TYPE_KIND_COUNT: return false;
    case TYPE_ARRAY: return type_fits(type->elem);
    case TYPE_ROW:
        for (uint32_t i = 0; i < type->nfields; i++)
            if (!type_fits(type->fields[i].type)) return false;
        return true;
    default: return true;
    }
}

static bool csv_check(const Schema *schema, const Options *options, const char *prefix, Err *err)
{
    Arena *arena = arena_new();
    CsvConf conf;
    bool ok = csv_conf(arena, options, prefix, &conf, err);
    for (uint32_t i = 0; ok && i < schema->n; i++) {
        if (type_fits(schema->cols[i].type)) continue;
        ok = err_set(err, E_UNSUPPORTED, "format 'csv' cannot carry type " STR_FMT " of column \"" STR_FMT "\"", STR_ARG(type_text(arena, schema->cols[i].type)),
                     STR_ARG(schema->cols[i].name));
        err_hint(err, "Use format 'json', or write the map as text.");
    }
    arena_free(arena);
    return ok;
}

/* ---- encoder ---- */

Encoder *csv_encoder_new(const FormatSpec *spec, Err *err)
{
    Arena *arena = arena_new();
    Encoder *e = ARENA_NEW(arena, Encoder);
    e->arena = arena;
    if (!csv_conf(arena, spec->options, spec->prefix, &e->conf, err)) {
        csv_encoder_free(e);
        return NULL;
    }
    e->in_message = spec->in_message;
    e->nfields = spec->schema->n;
    e->types = ARENA_ARRAY(arena, const Type *, e->nfields);
    e->cols = ARENA_ARRAY(arena, uint32_t, e->nfields);
    for (uint32_t i = 0; i < e->nfields; i++) {
        e->types[i] = spec->schema->cols[i].type;
        e->cols[i] = spec->target ? spec->target[i] : i;
    }
    uint32_t delimiter;
    utf8_decode(e->conf.delimiter.ptr, e->conf.delimiter.ptr + e->conf.delimiter.len, &delimiter);
    e->min_safe = (delimiter > (unsigned char)e->conf.quote ? delimiter : (unsigned char)e->conf.quote) + 1;
    if (e->min_safe < '\r' + 1) e->min_safe = '\r' + 1;
    return e;
}

void csv_encoder_free(Encoder *e)
{
    if (!e) return;
    strbuf_free(&e->text);
    arena_free(e->arena);
}

static bool needs_quotes(const Encoder *e, Str text)
{
    uint32_t units = 0;
    if (!e->conf.quote) return false;
    for (const char *p = text.ptr, *end = p + text.len; p < end;) {
        uint32_t code;
        p += utf8_decode(p, end, &code);
        if (code < e->min_safe || code == (unsigned char)e->conf.quote || (e->conf.escape && code == (unsigned char)e->conf.escape)) return true;
        units += code >= 0x10000 ? 2 : 1;
        if (units > LOOSE_CHECK_MAX) return true;
    }
    return false;
}

static void write_text(const Encoder *e, Str text, StrBuf *out)
{
    if (!needs_quotes(e, text)) { strbuf_adds(out, text); return; }
    strbuf_addc(out, e->conf.quote);
    for (uint32_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == e->conf.quote) strbuf_addc(out, c);
        else if (e->conf.escape && c == e->conf.escape) strbuf_addc(out, c);
        strbuf_addc(out, c);
    }
    strbuf_addc(out, e->conf.quote);
}

/* Messages: all digits of the scale, whatever the option says (measured). Files: without trailing zeros; then java.math.BigDecimal.toString
 * (100000 is 1E+5) or toPlainString. */
static void write_decimal(const Encoder *e, i128 v, uint32_t scale, StrBuf *out)
{
    if (e->in_message) { decimal_print(v, scale, out); return; }
    if (e->conf.scientific) { decimal_print_java(v, scale, out); return; }
    if (v == 0) scale = 0;
    for (; scale > 0 && v % 10 == 0; scale--) v /= 10;
    decimal_print(v, scale, out);
}

static void write_base64(Str bytes, StrBuf *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (uint32_t i = 0; i < bytes.len; i += 3) {
        uint32_t left = bytes.len - i, word = (uint32_t)(unsigned char)bytes.ptr[i] << 16;
        if (left > 1) word |= (uint32_t)(unsigned char)bytes.ptr[i + 1] << 8;
        if (left > 2) word |= (unsigned char)bytes.ptr[i + 2];
        char quad[4] = { alphabet[word >> 18], alphabet[word >> 12 & 63], left > 1 ? alphabet[word >> 6 & 63] : '=', left > 2 ? alphabet[word & 63] : '=' };
        strbuf_add(out, quad, 4);
    }
}

/* Appends the value's text without quotes; *number: it never takes quotes. False for types that CSV cannot carry. */
static bool print_value(const Encoder *e, const Type *type, const Datum *value, StrBuf *out, bool *number)
{
    *number = true;
    if (value->null) { strbuf_adds(out, e->conf.null_literal); return true; }
    switch (type->kind) {
    case TYPE_BOOLEAN: strbuf_addz(out, value->v.b ? "true" : "false"); return true;
    case TYPE_TINYINT: strbuf_add_i64(out, value->v.i8); return true;
    case TYPE_SMALLINT: strbuf_add_i64(out, value->v.i16); return true;
    case TYPE_INT: strbuf_add_i64(out, value->v.i32); return true;
    case TYPE_BIGINT: case TYPE_INTERVAL_MONTH: case TYPE_INTERVAL_SECOND: strbuf_add_i64(out, value->v.i64); return true;
    case TYPE_FLOAT: print_float(value->v.f32, out); return true;
    case TYPE_DOUBLE: print_double(value->v.f64, out); return true;
    case TYPE_DECIMAL: write_decimal(e, value->v.i128, type->scale, out); return true;
    default: break;
    }
    *number = false;
    Instant instant;
    switch (type->kind) {
    case TYPE_CHAR: case TYPE_VARCHAR: case TYPE_VARIANT: strbuf_adds(out, datum_text(value)); return true;
    case TYPE_BINARY: case TYPE_VARBINARY: case TYPE_BITMAP: write_base64(datum_text(value), out); return true;
    case TYPE_DATE: date_print(value->v.i32, out); return true;
    case TYPE_TIME: time_print(value->v.i32, value->v.i32 % 1000 ? 3 : 0, out); return true;
    case TYPE_TIMESTAMP: case TYPE_TIMESTAMP_LTZ:
        instant = instant_of(type, value);
        timestamp_print(instant, fraction_digits(instant.nano), out);
        if (type->kind == TYPE_TIMESTAMP_LTZ) strbuf_addc(out, 'Z');
        return true;
    case TYPE_ARRAY: case TYPE_ROW: {
        const Nested *nested = value->v.nested;
        bool inner, ok = true;
        for (uint32_t i = 0; ok && i < nested->len; i++) {
            if (i) strbuf_adds(out, e->conf.array_delimiter);
            ok = print_value(e, type->kind == TYPE_ROW ? type->fields[i].type : type->elem, &nested->items[i], out, &inner);
        }
        return ok;
    }
    default: return false;
    }
}

bool csv_encode(Encoder *e, const Batch *batch, uint32_t row, RowOp op, StrBuf *out, bool *is_null, Err *err)
{
    (void)op;
    *is_null = false;
    for (uint32_t i = 0; i < e->nfields; i++) {
        const Vec *vec = &batch->cols[e->cols[i]];
        bool number;
        if (i) strbuf_adds(out, e->conf.delimiter);
        if (e->types[i]->kind == TYPE_VARCHAR && !vec_is_null(vec, row)) {
            write_text(e, strview_str(&((const StrView *)vec->data)[vec_cell(vec, row)]), out);
            continue;
        }
        Datum value = vec_get(vec, row);
        strbuf_clear(&e->text);
        if (!print_value(e, e->types[i], &value, &e->text, &number)) return err_set(err, E_UNSUPPORTED, "format 'csv' cannot write this type");
        if (number) strbuf_adds(out, strbuf_str(&e->text));
        else write_text(e, strbuf_str(&e->text), out);
    }
    return true;
}

const FormatDef format_csv = {
    .name = "csv", .options = csv_options, .changes = CHANGES_INSERT, .check = csv_check,
    .decoder_new = csv_decoder_new, .decode = csv_decode, .decoder_free = csv_decoder_free,
    .encoder_new = csv_encoder_new, .encode = csv_encode, .encoder_free = csv_encoder_free,
    .line_end = "\n", .record_len = csv_record_len, .doc = "Comma separated values, one record a message or line.",
};
