/* Rows and values to bytes: state keys, state values, snapshots. Self-contained, little-endian, schema known to the reader.
 * Equal values (datum_eq) encode to equal bytes, so encoded keys may be hashed and compared with memcmp for equality.
 * Map entries are sorted by encoded key to hold that. */
#ifndef WEIR_TYPE_ROWCODEC_H
#define WEIR_TYPE_ROWCODEC_H
#include "engine/type/batch.h"
void datum_encode(const Type *type, const Datum *value, StrBuf *out);
/* Strings are copied into arena. false when the bytes are damaged. */
bool datum_decode(const Type *type, Reader *in, Arena *arena, Datum *out) MUST_CHECK;
/* cols[0..n-1] of one row, in order. */
void row_encode(const Vec *cols, const uint32_t *col_idx, uint32_t n, uint32_t row, StrBuf *out);  /* col_idx NULL = 0..n-1 */
bool row_decode(const Schema *schema, Reader *in, Arena *arena, Datum *out) MUST_CHECK;
/* Batched: encodes the key columns of all live rows back to back; out_offset has live+1 entries. */
void rows_encode(const Batch *batch, const uint32_t *col_idx, uint32_t n, StrBuf *out, uint32_t *out_offset);
#endif
