/* raw format: the whole message is one column. NULL column <-> null message. Strings in the charset, numbers in the byte order of the options
 * (Flink's documentation). */
#include "connectors/format.h"

#include <stdio.h>

typedef struct RawCodec { Arena *arena; const Type *type; uint32_t col; bool big_endian, latin1, ascii; } RawCodec;
struct Decoder { RawCodec raw; };
struct Encoder { RawCodec raw; };

static const OptionDef raw_options[] = {
    { "charset", OPT_STRING, "UTF-8", 0, NULL, "Character set of a string column: UTF-8, US-ASCII or ISO-8859-1." },
    { "endianness", OPT_ENUM, "big-endian", 0, "big-endian|little-endian", "Byte order of a numeric column." },
    { NULL, OPT_STRING, NULL, 0, NULL, NULL },
};

static Str raw_option(const Options *options, const char *prefix, const char *name, Str dflt)
{
    char key[96];
    snprintf(key, sizeof key, "%s%s", prefix ? prefix : "", name);
    const Option *option = options_find(options, str_of(key));
    return option ? option->value : dflt;
}

static bool raw_check(const Schema *schema, const Options *options, const char *prefix, Err *err)
{
    if (schema->n != 1) {
        err_set(err, E_INVALID, "format 'raw' takes exactly one column, this table has %u", schema->n);
        return err_hint(err, "Keep one physical column; metadata and computed columns do not count.");
    }
    Str charset = raw_option(options, prefix, "charset", STR("UTF-8"));
    if (!str_iis(charset, "UTF-8") && !str_iis(charset, "US-ASCII") && !str_iis(charset, "ISO-8859-1"))
        return err_set(err, E_OPTION, "format 'raw' knows the charsets UTF-8, US-ASCII and ISO-8859-1, not \"" STR_FMT "\"", STR_ARG(charset));
    const Type *type = schema->cols[0].type;
    switch (type->kind) {
    case TYPE_BOOLEAN: case TYPE_TINYINT: case TYPE_SMALLINT: case TYPE_INT: case TYPE_BIGINT: case TYPE_FLOAT: case TYPE_DOUBLE:
    case TYPE_CHAR: case TYPE_VARCHAR: case TYPE_BINARY: case TYPE_VARBINARY: return true;
    default: break;
    }
    Arena *arena = arena_new();
    err_set(err, E_UNSUPPORTED, "format 'raw' cannot carry type " STR_FMT, STR_ARG(type_text(arena, type)));
    arena_free(arena);
    return err_hint(err, "Use STRING, BYTES, BOOLEAN or a plain number.");
}

static void raw_init(RawCodec *raw, Arena *arena, const FormatSpec *spec)
{
    *raw = (RawCodec){ arena, spec->schema->cols[0].type, spec->target ? spec->target[0] : 0,
                       !str_iis(raw_option(spec->options, spec->prefix, "endianness", STR("big-endian")), "little-endian"),
                       str_iis(raw_option(spec->options, spec->prefix, "charset", STR("UTF-8")), "ISO-8859-1"),
                       str_iis(raw_option(spec->options, spec->prefix, "charset", STR("UTF-8")), "US-ASCII") };
}
static Decoder *raw_decoder_new(const FormatSpec *spec, Err *err)
{
    (void)err;
    Arena *arena = arena_new();
    Decoder *d = ARENA_NEW(arena, Decoder);
    raw_init(&d->raw, arena, spec);
    return d;
}
static Encoder *raw_encoder_new(const FormatSpec *spec, Err *err)
{
    (void)err;
    Arena *arena = arena_new();
    Encoder *e = ARENA_NEW(arena, Encoder);
    raw_init(&e->raw, arena, spec);
    return e;
}
static void raw_decoder_free(Decoder *d) { if (d) arena_free(d->raw.arena); }
static void raw_encoder_free(Encoder *e) { if (e) arena_free(e->raw.arena); }

/* Number of `size` bytes in the given order, as the low bytes of a word. */
static uint64_t read_number(const char *p, uint32_t size, bool big_endian)
{
    uint64_t v = 0;
    for (uint32_t i = 0; i < size; i++) v = v << 8 | (unsigned char)p[big_endian ? i : size - 1 - i];
    return v;
}

static bool is_ascii(Str bytes)
{
    for (uint32_t i = 0; i < bytes.len; i++)
        if ((unsigned char)bytes.ptr[i] >= 0x80) return false;
    return true;
}

/* Text is UTF-8 everywhere: what the charset cannot read becomes U+FFFD, as Java's decoders have it. */
static StrView replace_malformed(const RawCodec *raw, Str bytes, Arena *arena)
{
    char *text = arena_alloc(arena, bytes.len * 3u + 4);
    uint32_t n = 0;
    for (const char *p = bytes.ptr, *end = p + bytes.len; p < end;) {
        uint32_t code = (unsigned char)*p;
        if (raw->ascii) {
            p++;
            if (code >= 0x80) code = 0xFFFD;
        } else {
            p += utf8_decode(p, end, &code);
        }
        n += utf8_encode(code, text + n);
    }
    return strview_of(text, n);
}

static bool raw_value(const RawCodec *raw, Str bytes, Arena *arena, Datum *out, Err *err)
{
    if (type_is_string(raw->type) && raw->latin1) {
        char *text = arena_alloc(arena, bytes.len * 2u);
        uint32_t n = 0;
        for (uint32_t i = 0; i < bytes.len; i++) n += utf8_encode((unsigned char)bytes.ptr[i], text + n);
        out->v.str = strview_of(text, n);
        return true;
    }
    if (type_is_string(raw->type) && !(raw->ascii ? is_ascii(bytes) : utf8_valid(bytes))) {
        out->v.str = replace_malformed(raw, bytes, arena);
        return true;
    }
    if (type_phys(raw->type) == PHYS_STR) { out->v.str = strview_copy(arena, bytes.ptr, bytes.len); return true; }
    uint32_t size = phys_size(type_phys(raw->type));
    if (bytes.len != size)
        return err_set(err, E_BAD_RECORD, "raw record has %u bytes, the column's type takes %u", bytes.len, size);
    uint64_t bits = read_number(bytes.ptr, size, raw->big_endian);
    switch (raw->type->kind) {
    case TYPE_BOOLEAN: out->v.b = bits != 0; break;
    case TYPE_TINYINT: out->v.i8 = (int8_t)bits; break;
    case TYPE_SMALLINT: out->v.i16 = (int16_t)bits; break;
    case TYPE_INT: case TYPE_FLOAT: { uint32_t word = (uint32_t)bits; memcpy(&out->v.i32, &word, 4); break; }
    default: memcpy(&out->v.i64, &bits, 8); break;
    }
    return true;
}

static bool raw_decode(Decoder *d, Str bytes, BatchBuilder *builder, RowDone *done, void *done_ctx, uint64_t *skipped, Err *err)
{
    (void)skipped;
    Datum value = { 0 };
    if (!bytes.ptr) value.null = true;
    else if (!raw_value(&d->raw, bytes, builder->batch.arena, &value, err)) return false;
    if (d->raw.col != UINT32_MAX) builder_set(builder, d->raw.col, &value);
    return done(done_ctx, ROW_INSERT, err);
}

static bool raw_encode(Encoder *e, const Batch *batch, uint32_t row, RowOp op, StrBuf *out, bool *is_null, Err *err)
{
    (void)op;
    Datum value = vec_get(&batch->cols[e->raw.col], row);
    *is_null = value.null;
    if (value.null) return true;
    if (type_phys(e->raw.type) == PHYS_STR) {
        Str text = datum_text(&value);
        if (!type_is_string(e->raw.type) || !(e->raw.latin1 || e->raw.ascii)) { strbuf_adds(out, text); return true; }
        for (const char *p = text.ptr, *end = p + text.len; p < end;) {
            uint32_t code;
            p += utf8_decode(p, end, &code);
            strbuf_addc(out, code < (e->raw.ascii ? 128u : 256u) ? (char)code : '?');
        }
        return true;
    }
    uint32_t size = phys_size(type_phys(e->raw.type));
    char bytes[8];
    memcpy(bytes, &value.v, size);
    for (uint32_t i = 0; i < size; i++) strbuf_addc(out, bytes[e->raw.big_endian ? size - 1 - i : i]);
    (void)err;
    return true;
}

extern const FormatDef format_raw;
const FormatDef format_raw = {
    .name = "raw", .options = raw_options, .changes = CHANGES_INSERT, .check = raw_check,
    .decoder_new = raw_decoder_new, .decode = raw_decode, .decoder_free = raw_decoder_free,
    .encoder_new = raw_encoder_new, .encode = raw_encode, .encoder_free = raw_encoder_free,
    .line_end = "\n", .doc = "The whole record is one column.",
};
