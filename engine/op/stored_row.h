/* Rows that an operator keeps: encoded bytes (rowcodec) with an optional sort key in front, and their way back into batches.
 * A sort key is bytes whose memcmp order is the ORDER BY order, so that sorting never decodes. One malloc a row. */
#ifndef WEIR_OP_STORED_ROW_H
#define WEIR_OP_STORED_ROW_H
#include "engine/op/op_classes.h"

typedef struct StoredRow {
    int64_t time_us;                /* the owner's: rowtime */
    uint64_t seq;                   /* the owner's: order of arrival */
    uint32_t key_len, len;          /* bytes = key, then row */
    char bytes[];
} StoredRow;
static inline Str stored_key(const StoredRow *row) { return (Str){ row->bytes, row->key_len }; }
static inline Str stored_bytes(const StoredRow *row) { return (Str){ row->bytes + row->key_len, row->len }; }

/* Copy of one row of a batch. key may be empty. Free with free(). */
StoredRow *stored_row_new(const Batch *batch, uint32_t row, Str key, StrBuf *scratch);
StoredRow *stored_row_of(Str key, Str bytes);
/* Order of keys, then of arrival. For qsort over StoredRow*. */
int stored_row_cmp(const void *a, const void *b);
void stored_row_encode(const StoredRow *row, StrBuf *out);
StoredRow *stored_row_decode(Reader *in);        /* NULL: damaged */

/* A list of owned rows. */
typedef struct StoredRows { StoredRow **v; uint32_t n, cap; } StoredRows;
void stored_rows_add(StoredRows *rows, StoredRow *row);
void stored_rows_remove(StoredRows *rows, uint32_t at, uint32_t n);   /* frees rows at..at+n-1 */
void stored_rows_free(StoredRows *rows);
void stored_rows_encode(const StoredRows *rows, StrBuf *out);
bool stored_rows_decode(StoredRows *rows, Reader *in) MUST_CHECK;

/* Appends the ORDER BY key of one row. */
void sort_key_encode(const Batch *batch, const SortKey *keys, uint32_t nkeys, uint32_t row, StrBuf *out);

/* Rows on their way out, collected into batches. */
typedef struct RowOut { BatchBuilder builder; Op *op; } RowOut;
void row_out_init(RowOut *out, Op *op, const Schema *schema);
void row_out_free(RowOut *out);
/* Adds a row whose first columns are the encoded ones; the rest comes from `more` (NULL when there are none). Emits when the batch is full. */
bool row_out_add(RowOut *out, const Schema *stored, Str bytes, const Datum *more, uint32_t nmore, RowOp kind, Err *err) MUST_CHECK;
bool row_out_flush(RowOut *out, Err *err) MUST_CHECK;
#endif
