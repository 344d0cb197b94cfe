/* Stored rows and sort keys; see the header.
 * Sort key of a column: one byte places NULL (first or last), then the value in an order-preserving form (integers with the
 * sign bit turned, floats by the usual trick with NaN largest, text with 0x00 escaped), inverted for DESC. */
#include "engine/op/stored_row.h"
#include "engine/type/rowcodec.h"

#include <stdlib.h>

/* --- rows --- */

StoredRow *stored_row_of(Str key, Str bytes)
{
    StoredRow *row = xmalloc(sizeof *row + key.len + bytes.len);
    *row = (StoredRow){ .key_len = key.len, .len = bytes.len };
    if (key.len) memcpy(row->bytes, key.ptr, key.len);
    if (bytes.len) memcpy(row->bytes + key.len, bytes.ptr, bytes.len);
    return row;
}

StoredRow *stored_row_new(const Batch *batch, uint32_t row, Str key, StrBuf *scratch)
{
    strbuf_clear(scratch);
    row_encode(batch->cols, NULL, batch->ncols, row, scratch);
    return stored_row_of(key, strbuf_str(scratch));
}

int stored_row_cmp(const void *a, const void *b)
{
    const StoredRow *x = *(StoredRow *const *)a, *y = *(StoredRow *const *)b;
    uint32_t len = x->key_len < y->key_len ? x->key_len : y->key_len;
    int order = len ? memcmp(x->bytes, y->bytes, len) : 0;
    if (!order && x->key_len != y->key_len) order = x->key_len < y->key_len ? -1 : 1;
    return order ? order : x->seq < y->seq ? -1 : x->seq > y->seq;
}

void stored_row_encode(const StoredRow *row, StrBuf *out)
{
    strbuf_put_u64(out, (uint64_t)row->time_us);
    strbuf_put_u64(out, row->seq);
    strbuf_put_str(out, stored_key(row));
    strbuf_put_str(out, stored_bytes(row));
}

StoredRow *stored_row_decode(Reader *in)
{
    int64_t time_us = (int64_t)reader_u64(in);
    uint64_t seq = reader_u64(in);
    Str key = reader_str(in), bytes = reader_str(in);
    if (in->bad) return NULL;
    StoredRow *row = stored_row_of(key, bytes);
    row->time_us = time_us;
    row->seq = seq;
    return row;
}

void stored_rows_add(StoredRows *rows, StoredRow *row)
{
    if (rows->n == rows->cap) {
        rows->cap = rows->cap ? rows->cap * 2 : 8;
        rows->v = xrealloc(rows->v, sizeof *rows->v * rows->cap);
    }
    rows->v[rows->n++] = row;
}

void stored_rows_remove(StoredRows *rows, uint32_t at, uint32_t n)
{
    if (!n) return;
    for (uint32_t i = 0; i < n; i++) free(rows->v[at + i]);
    memmove(rows->v + at, rows->v + at + n, sizeof *rows->v * (rows->n - at - n));
    rows->n -= n;
}

void stored_rows_free(StoredRows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++) free(rows->v[i]);
    free(rows->v);
    *rows = (StoredRows){ 0 };
}

void stored_rows_encode(const StoredRows *rows, StrBuf *out)
{
    strbuf_put_u32(out, rows->n);
    for (uint32_t i = 0; i < rows->n; i++) stored_row_encode(rows->v[i], out);
}

bool stored_rows_decode(StoredRows *rows, Reader *in)
{
    uint32_t n = reader_u32(in);
    for (uint32_t i = 0; i < n; i++) {
        StoredRow *row = stored_row_decode(in);
        if (!row) return false;
        stored_rows_add(rows, row);
    }
    return !in->bad;
}

/* --- sort keys --- */

static void put_big(StrBuf *out, uint64_t bits, uint32_t bytes)
{
    char text[8];
    for (uint32_t i = 0; i < bytes; i++) text[i] = (char)(bits >> (8 * (bytes - 1 - i)));
    strbuf_add(out, text, bytes);
}

static void put_f64(StrBuf *out, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    if (v != v) bits = 0x7ff8000000000000ull;
    bits = bits >> 63 ? ~bits : bits | 1ull << 63;
    put_big(out, bits, 8);
}

static void put_text(StrBuf *out, Str text)
{
    for (uint32_t i = 0; i < text.len; i++) {
        strbuf_addc(out, text.ptr[i]);
        if (!text.ptr[i]) strbuf_addc(out, (char)0xff);
    }
    strbuf_add(out, "\0\0", 2);
}

static void put_value(const Type *type, const Datum *value, StrBuf *out);

/* Elements in order; a shorter list that agrees so far comes first; NULL elements are smallest. */
static void put_list(const Type *type, const Nested *list, StrBuf *out)
{
    enum { LIST_END = 1, LIST_NULL, LIST_VALUE };
    bool pairs = type->kind == TYPE_MAP || type->kind == TYPE_MULTISET;
    uint32_t items = pairs ? 2 * list->len : list->len;
    for (uint32_t i = 0; i < items; i++) {
        const Type *item = type->kind == TYPE_ROW ? type->fields[i].type : type->elem;
        if (type->kind == TYPE_MAP && i % 2 == 0) item = type->key;
        if (type->kind == TYPE_MULTISET && i % 2) item = type_simple(TYPE_INT, false);
        strbuf_addc(out, list->items[i].null ? LIST_NULL : LIST_VALUE);
        if (!list->items[i].null) put_value(item, &list->items[i], out);
    }
    strbuf_addc(out, LIST_END);
}

static void put_value(const Type *type, const Datum *value, StrBuf *out)
{
    switch (type_phys(type)) {
    case PHYS_BOOL: strbuf_addc(out, value->v.b); break;
    case PHYS_I8: put_big(out, (uint8_t)value->v.i8 ^ 0x80u, 1); break;
    case PHYS_I16: put_big(out, (uint16_t)value->v.i16 ^ 0x8000u, 2); break;
    case PHYS_I32: put_big(out, (uint32_t)value->v.i32 ^ 0x80000000u, 4); break;
    case PHYS_I64: put_big(out, (uint64_t)value->v.i64 ^ 1ull << 63, 8); break;
    case PHYS_F32: put_f64(out, value->v.f32); break;
    case PHYS_F64: put_f64(out, value->v.f64); break;
    case PHYS_I128:
        put_big(out, (uint64_t)((u128)value->v.i128 >> 64) ^ 1ull << 63, 8);
        put_big(out, (uint64_t)value->v.i128, 8);
        break;
    case PHYS_STR: put_text(out, strview_str(&value->v.str)); break;
    case PHYS_NESTED: put_list(type, value->v.nested, out); break;
    case PHYS_COUNT: break;
    }
}

void sort_key_encode(const Batch *batch, const SortKey *keys, uint32_t nkeys, uint32_t row, StrBuf *out)
{
    enum { NULL_FIRST = 0, NOT_NULL = 1, NULL_LAST = 2 };
    for (uint32_t k = 0; k < nkeys; k++) {
        const Vec *vec = &batch->cols[keys[k].column];
        Datum value = vec_get(vec, row);
        if (value.null) {
            strbuf_addc(out, keys[k].nulls_first ? NULL_FIRST : NULL_LAST);
            continue;
        }
        strbuf_addc(out, NOT_NULL);
        uint32_t from = out->len;
        put_value(vec->type, &value, out);
        for (uint32_t i = from; keys[k].desc && i < out->len; i++) out->ptr[i] = (char)~out->ptr[i];
    }
}

/* --- rows out --- */

void row_out_init(RowOut *out, Op *op, const Schema *schema)
{
    out->op = op;
    builder_init(&out->builder, schema, BATCH_ROWS);
}

void row_out_free(RowOut *out)
{
    if (out->op) builder_free(&out->builder);
}

bool row_out_flush(RowOut *out, Err *err)
{
    if (!out->builder.batch.len) return true;
    bool ok = op_emit(out->op, builder_batch(&out->builder), err);
    builder_reset(&out->builder);
    return ok;
}

bool row_out_add(RowOut *out, const Schema *stored, Str bytes, const Datum *more, uint32_t nmore, RowOp kind, Err *err)
{
    Datum cells[64], *values = stored->n <= 64 ? cells : xmalloc(sizeof *values * stored->n);
    Reader in = { bytes.ptr, bytes.ptr + bytes.len, false };
    bool ok = row_decode(stored, &in, out->builder.batch.arena, values);
    for (uint32_t c = 0; ok && c < stored->n; c++) builder_set(&out->builder, c, &values[c]);
    for (uint32_t c = 0; ok && c < nmore; c++) builder_set(&out->builder, stored->n + c, &more[c]);
    if (values != cells) free(values);
    if (!ok) return err_set(err, E_SNAPSHOT, "a stored row cannot be read");
    builder_row(&out->builder, kind);
    return !builder_full(&out->builder) || row_out_flush(out, err);
}
