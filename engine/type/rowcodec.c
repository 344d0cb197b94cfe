/* Row codec: values to bytes and back (format in rowcodec.h). Pure functions.
 * rows_encode works by column: sizes first, then one prefix sum, then each column is scattered to its rows; nested columns
 * make the batch fall back to row-wise encoding. Decoding checks every length against the bytes at hand. */
#include "engine/type/rowcodec.h"

#include <stdlib.h>

enum { CHUNK_ROWS = 1024, I128_BYTES = 16 };

static const uint32_t bits_nan32 = 0x7fc00000u;
static const uint64_t bits_nan64 = 0x7ff8000000000000ull;

static uint32_t fixed_f32(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return v != v ? bits_nan32 : bits;
}

static uint64_t fixed_f64(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return v != v ? bits_nan64 : bits;
}

/* --- primitives: each writer returns the byte behind what it wrote --- */

static inline uint32_t varint_size(uint32_t v)
{
    return v < 1u << 7 ? 1 : v < 1u << 14 ? 2 : v < 1u << 21 ? 3 : v < 1u << 28 ? 4 : 5;
}

static inline char *varint_write(char *to, uint32_t v)
{
    for (; v >= 0x80; v >>= 7) *to++ = (char)(v | 0x80);
    *to++ = (char)v;
    return to;
}

static void put_varint(StrBuf *out, uint32_t v)
{
    strbuf_reserve(out, 5);
    out->len = (uint32_t)(varint_write(out->ptr + out->len, v) - out->ptr);
}

static uint32_t reader_varint(Reader *in)
{
    uint64_t v = 0;
    for (uint32_t shift = 0; shift < 35; shift += 7) {
        uint8_t byte = reader_u8(in);
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            if (v > UINT32_MAX) break;
            return in->bad ? 0 : (uint32_t)v;
        }
    }
    in->bad = true;
    return 0;
}

/* Bytes of the shortest two's complement form; 0 for zero. */
static inline uint32_t i128_size(i128 v)
{
    if (v == 0) return 0;
    u128 magnitude = (u128)(v < 0 ? ~v : v);
    uint64_t high = (uint64_t)(magnitude >> 64), low = (uint64_t)magnitude;
    uint32_t bits = high ? 128 - (uint32_t)__builtin_clzll(high) : low ? 64 - (uint32_t)__builtin_clzll(low) : 0;
    return bits / 8 + 1;
}

static inline char *i128_write(char *to, i128 v)
{
    uint32_t n = i128_size(v);
    *to++ = (char)n;
    memcpy(to, &v, n);
    return to + n;
}

static i128 reader_i128(Reader *in)
{
    uint32_t n = reader_u8(in);
    i128 v = 0;
    if (in->bad || n > I128_BYTES || (size_t)(in->end - in->ptr) < n) {
        in->bad = true;
        return 0;
    }
    memcpy(&v, in->ptr, n);
    in->ptr += n;
    if (n && n < I128_BYTES && v >> (8 * n - 1) & 1) v |= -((i128)1 << (8 * n));
    return v;
}

/* --- boxed values --- */

static void payload_encode(const Type *type, const Datum *value, StrBuf *out);

static void put_bytes(StrBuf *out, Str bytes)
{
    put_varint(out, bytes.len);
    strbuf_adds(out, bytes);
}

/* Zeroed NULL bits of a row of n columns; returns where they are in the buffer. */
static uint32_t row_begin(StrBuf *out, uint32_t n)
{
    uint32_t at = out->len, bits = (n + 7) / 8;
    strbuf_reserve(out, bits);
    if (bits) memset(out->ptr + at, 0, bits);
    out->len += bits;
    return at;
}

static void row_put(StrBuf *out, uint32_t nulls_at, uint32_t i, const Type *type, const Datum *value)
{
    if (value->null) out->ptr[nulls_at + i / 8] = (char)(out->ptr[nulls_at + i / 8] | 1 << i % 8);
    else payload_encode(type, value, out);
}

static void fields_encode(const Field *fields, uint32_t n, const Datum *values, StrBuf *out)
{
    uint32_t at = row_begin(out, n);
    for (uint32_t i = 0; i < n; i++) row_put(out, at, i, fields[i].type, &values[i]);
}

typedef struct Entry { uint32_t key, value, end; const StrBuf *bytes; } Entry;

static int entry_order(const void *a, const void *b)
{
    const Entry *x = a, *y = b;
    return str_cmp(str_sub(strbuf_str(x->bytes), x->key, x->value - x->key), str_sub(strbuf_str(y->bytes), y->key, y->value - y->key));
}

/* Entries sorted by the bytes of their keys: equal maps then have equal bytes. */
static void entries_encode(const Type *key_type, const Type *value_type, const Nested *map, StrBuf *out)
{
    StrBuf bytes = { 0 };
    Entry *entries = xmalloc(sizeof *entries * map->len);
    for (uint32_t i = 0; i < map->len; i++) {
        entries[i].bytes = &bytes;
        entries[i].key = bytes.len;
        datum_encode(key_type, &map->items[2 * i], &bytes);
        entries[i].value = bytes.len;
        datum_encode(value_type, &map->items[2 * i + 1], &bytes);
        entries[i].end = bytes.len;
    }
    if (map->len > 1) qsort(entries, map->len, sizeof *entries, entry_order);
    for (uint32_t i = 0; i < map->len; i++) strbuf_add(out, bytes.ptr + entries[i].key, entries[i].end - entries[i].key);
    free(entries);
    strbuf_free(&bytes);
}

static void nested_encode(const Type *type, const Nested *nested, StrBuf *out)
{
    if (type->kind == TYPE_ROW) {
        fields_encode(type->fields, type->nfields, nested->items, out);
        return;
    }
    put_varint(out, nested->len);
    if (type->kind == TYPE_MAP) entries_encode(type->key, type->elem, nested, out);
    else if (type->kind == TYPE_MULTISET) entries_encode(type->elem, type_simple(TYPE_INT, false), nested, out);
    else
        for (uint32_t i = 0; i < nested->len; i++) datum_encode(type->elem, &nested->items[i], out);
}

static void payload_encode(const Type *type, const Datum *value, StrBuf *out)
{
    switch (type_phys(type)) {
    case PHYS_BOOL: strbuf_put_u8(out, value->v.b); break;
    case PHYS_I8: strbuf_put_u8(out, (uint8_t)value->v.i8); break;
    case PHYS_I16: strbuf_add(out, &value->v.i16, sizeof value->v.i16); break;
    case PHYS_I32: strbuf_put_u32(out, (uint32_t)value->v.i32); break;
    case PHYS_I64: strbuf_put_u64(out, (uint64_t)value->v.i64); break;
    case PHYS_F32: strbuf_put_u32(out, fixed_f32(value->v.f32)); break;
    case PHYS_F64: strbuf_put_u64(out, fixed_f64(value->v.f64)); break;
    case PHYS_I128:
        strbuf_reserve(out, 1 + I128_BYTES);
        out->len = (uint32_t)(i128_write(out->ptr + out->len, value->v.i128) - out->ptr);
        break;
    case PHYS_STR: put_bytes(out, datum_text(value)); break;
    case PHYS_NESTED: nested_encode(type, value->v.nested, out); break;
    case PHYS_COUNT: break;
    }
}

void datum_encode(const Type *type, const Datum *value, StrBuf *out)
{
    strbuf_put_u8(out, !value->null);
    if (!value->null) payload_encode(type, value, out);
}

/* --- decoding --- */

static bool payload_decode(const Type *type, Reader *in, Arena *arena, Datum *out);

static bool fields_decode(const Field *fields, uint32_t n, Reader *in, Arena *arena, Datum *out)
{
    uint32_t bits = (n + 7) / 8;
    if (in->bad || (size_t)(in->end - in->ptr) < bits) return !(in->bad = true);
    const char *nulls = in->ptr;
    in->ptr += bits;
    for (uint32_t i = 0; i < n; i++) {
        if (nulls[i / 8] >> i % 8 & 1) out[i] = datum_null();
        else if (!payload_decode(fields[i].type, in, arena, &out[i])) return false;
    }
    return true;
}

static bool nested_decode(const Type *type, Reader *in, Arena *arena, const Nested **out)
{
    bool keyed = type->kind == TYPE_MAP || type->kind == TYPE_MULTISET;
    uint32_t len = type->kind == TYPE_ROW ? type->nfields : reader_varint(in);
    /* Each item takes a byte at least: a damaged length cannot make us allocate much. */
    if (in->bad || (type->kind != TYPE_ROW && (size_t)(in->end - in->ptr) / (keyed ? 2 : 1) < len)) return !(in->bad = true);
    Nested *nested = nested_new(arena, len, keyed ? 2 * len : len);
    *out = nested;
    if (type->kind == TYPE_ROW) return fields_decode(type->fields, len, in, arena, nested->items);
    const Type *first = type->kind == TYPE_MAP ? type->key : type->elem;
    const Type *second = type->kind == TYPE_MAP ? type->elem : type_simple(TYPE_INT, false);
    for (uint32_t i = 0; i < len; i++) {
        if (!keyed && !datum_decode(first, in, arena, &nested->items[i])) return false;
        if (keyed && (!datum_decode(first, in, arena, &nested->items[2 * i]) || !datum_decode(second, in, arena, &nested->items[2 * i + 1]))) return false;
    }
    return true;
}

static bool payload_decode(const Type *type, Reader *in, Arena *arena, Datum *out)
{
    *out = datum_null();
    out->null = false;
    switch (type_phys(type)) {
    case PHYS_BOOL: out->v.b = reader_u8(in) != 0; break;
    case PHYS_I8: out->v.i8 = (int8_t)reader_u8(in); break;
    case PHYS_I16: {
        uint32_t low = reader_u8(in), high = reader_u8(in);
        out->v.i16 = (int16_t)(high << 8 | low);
        break;
    }
    case PHYS_I32: out->v.i32 = (int32_t)reader_u32(in); break;
    case PHYS_I64: out->v.i64 = (int64_t)reader_u64(in); break;
    case PHYS_F32: {
        uint32_t bits = reader_u32(in);
        memcpy(&out->v.f32, &bits, sizeof bits);
        break;
    }
    case PHYS_F64: {
        uint64_t bits = reader_u64(in);
        memcpy(&out->v.f64, &bits, sizeof bits);
        break;
    }
    case PHYS_I128: out->v.i128 = reader_i128(in); break;
    case PHYS_STR: {
        uint32_t len = reader_varint(in);
        if (in->bad || (size_t)(in->end - in->ptr) < len) return !(in->bad = true);
        out->v.str = strview_copy(arena, in->ptr, len);
        in->ptr += len;
        break;
    }
    case PHYS_NESTED: return nested_decode(type, in, arena, &out->v.nested);
    case PHYS_COUNT: break;
    }
    return !in->bad;
}

bool datum_decode(const Type *type, Reader *in, Arena *arena, Datum *out)
{
    uint8_t flag = reader_u8(in);
    *out = datum_null();
    if (flag > 1) in->bad = true;
    if (in->bad) return false;
    return flag == 0 || payload_decode(type, in, arena, out);
}

bool row_decode(const Schema *schema, Reader *in, Arena *arena, Datum *out)
{
    uint32_t n = schema->n, bits = (n + 7) / 8;
    if (in->bad || (size_t)(in->end - in->ptr) < bits) return !(in->bad = true);
    const char *nulls = in->ptr;
    in->ptr += bits;
    for (uint32_t i = 0; i < n; i++) {
        if (nulls[i / 8] >> i % 8 & 1) out[i] = datum_null();
        else if (!payload_decode(schema->cols[i].type, in, arena, &out[i])) return false;
    }
    return true;
}

/* --- rows --- */

void datums_encode(const Schema *schema, const Datum *values, StrBuf *out)
{
    uint32_t at = row_begin(out, schema->n);
    for (uint32_t i = 0; i < schema->n; i++) row_put(out, at, i, schema->cols[i].type, &values[i]);
}

void row_encode(const Vec *cols, const uint32_t *col_idx, uint32_t n, uint32_t row, StrBuf *out)
{
    uint32_t at = row_begin(out, n);
    for (uint32_t i = 0; i < n; i++) {
        const Vec *vec = &cols[col_idx ? col_idx[i] : i];
        Datum value = vec_get(vec, row);
        row_put(out, at, i, vec->type, &value);
    }
}

/* The rows of one pass and where each is written. */
typedef struct Chunk {
    uint32_t n;
    uint32_t rows[CHUNK_ROWS], cells[CHUNK_ROWS];
    uint32_t at[CHUNK_ROWS];                /* sizes first, then write positions */
} Chunk;

static const uint32_t *chunk_cells(Chunk *chunk, const Vec *vec)
{
    if (vec->form == VEC_FLAT) return chunk->rows;
    for (uint32_t k = 0; k < chunk->n; k++) chunk->cells[k] = vec_cell(vec, chunk->rows[k]);
    return chunk->cells;
}

/* Adds the column's payload sizes to the rows; a size common to all rows is returned instead. */
static uint32_t column_sizes(Chunk *chunk, const Vec *vec)
{
    uint32_t width = phys_size(vec->phys);
    bool fixed = vec->phys != PHYS_STR && vec->phys != PHYS_I128;
    if (fixed && !vec->valid) return width;
    const uint32_t *cells = chunk_cells(chunk, vec);
    const StrView *strings = vec->data;
    const i128 *wide = vec->data;
    for (uint32_t k = 0; k < chunk->n; k++) {
        uint32_t cell = cells[k];
        uint32_t size = fixed ? width : vec->phys == PHYS_STR ? varint_size(strings[cell].len) + strings[cell].len : 1 + i128_size(wide[cell]);
        chunk->at[k] += !vec->valid || bit_get(vec->valid, cell) ? size : 0;
    }
    return 0;
}

/* WRITE moves `to` behind the cell's payload. */
#define WRITE_COLUMN(T, WRITE)                                                                               \
    do {                                                                                                     \
        const T *data = vec->data;                                                                           \
        for (uint32_t k = 0; k < chunk->n; k++) {                                                            \
            uint32_t cell = cells[k];                                                                        \
            char *to = base + chunk->at[k];                                                                  \
            if (valid && !bit_get(valid, cell)) continue;                                                    \
            WRITE;                                                                                           \
            chunk->at[k] = (uint32_t)(to - base);                                                            \
        }                                                                                                    \
    } while (0)
#define WRITE_FIXED(T) WRITE_COLUMN(T, memcpy(to, &data[cell], sizeof(T)); to += sizeof(T))

static void column_write(Chunk *chunk, const Vec *vec, char *restrict base)
{
    const uint32_t *cells = chunk_cells(chunk, vec);
    const uint64_t *valid = vec->valid;
    switch (vec->phys) {
    case PHYS_BOOL: case PHYS_I8: WRITE_FIXED(uint8_t); break;
    case PHYS_I16: WRITE_FIXED(uint16_t); break;
    case PHYS_I32: WRITE_FIXED(uint32_t); break;
    case PHYS_I64: WRITE_FIXED(uint64_t); break;
    case PHYS_F32: WRITE_COLUMN(float, uint32_t bits = fixed_f32(data[cell]); memcpy(to, &bits, sizeof bits); to += sizeof bits); break;
    case PHYS_F64: WRITE_COLUMN(double, uint64_t bits = fixed_f64(data[cell]); memcpy(to, &bits, sizeof bits); to += sizeof bits); break;
    case PHYS_I128: WRITE_COLUMN(i128, to = i128_write(to, data[cell])); break;
    case PHYS_STR:
        WRITE_COLUMN(StrView, Str s = strview_str(&data[cell]); to = varint_write(to, s.len); memcpy(to, s.ptr, s.len); to += s.len);
        break;
    case PHYS_NESTED: case PHYS_COUNT: break;
    }
}

/* Sets bit i of the rows whose cell is NULL. */
static void column_nulls(Chunk *chunk, const Vec *vec, uint32_t i, char *base, const uint32_t *out_offset)
{
    if (!vec->valid) return;
    const uint32_t *cells = chunk_cells(chunk, vec);
    for (uint32_t k = 0; k < chunk->n; k++) {
        char *byte = base + out_offset[k] + i / 8;
        *byte = (char)(*byte | !bit_get(vec->valid, cells[k]) << i % 8);
    }
}

static void chunk_encode(Chunk *chunk, const Batch *batch, const uint32_t *col_idx, uint32_t n, StrBuf *out, uint32_t *out_offset)
{
    uint32_t nulls = (n + 7) / 8, common = nulls;
    uint64_t total = out->len;
    memset(chunk->at, 0, sizeof *chunk->at * chunk->n);
    for (uint32_t i = 0; i < n; i++) common += column_sizes(chunk, &batch->cols[col_idx ? col_idx[i] : i]);
    for (uint32_t k = 0; k < chunk->n; k++) {
        uint32_t size = common + chunk->at[k];
        out_offset[k] = (uint32_t)total;
        chunk->at[k] = out_offset[k] + nulls;
        total += size;
    }
    strbuf_reserve(out, total - out->len > UINT32_MAX ? UINT32_MAX : (uint32_t)(total - out->len));
    out_offset[chunk->n] = out->len = (uint32_t)total;
    for (uint32_t k = 0; k < chunk->n; k++)
        for (uint32_t b = 0; b < nulls; b++) out->ptr[out_offset[k] + b] = 0;
    for (uint32_t i = 0; i < n; i++) {
        const Vec *vec = &batch->cols[col_idx ? col_idx[i] : i];
        column_write(chunk, vec, out->ptr);
        column_nulls(chunk, vec, i, out->ptr, out_offset);
    }
}

void rows_encode(const Batch *batch, const uint32_t *col_idx, uint32_t n, StrBuf *out, uint32_t *out_offset)
{
    uint32_t live = batch_live(batch);
    bool nested = false;
    for (uint32_t i = 0; i < n; i++) nested |= batch->cols[col_idx ? col_idx[i] : i].phys == PHYS_NESTED;
    out_offset[0] = out->len;
    for (uint32_t i = 0; nested && i < live; i++) {
        row_encode(batch->cols, col_idx, n, batch_row(batch, i), out);
        out_offset[i + 1] = out->len;
    }
    Chunk chunk;
    for (uint32_t done = 0; !nested && done < live; done += chunk.n) {
        chunk.n = live - done < CHUNK_ROWS ? live - done : CHUNK_ROWS;
        for (uint32_t k = 0; k < chunk.n; k++) chunk.rows[k] = batch_row(batch, done + k);
        chunk_encode(&chunk, batch, col_idx, n, out, out_offset + done);
    }
}
