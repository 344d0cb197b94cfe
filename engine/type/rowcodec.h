/* Rows and values to bytes: state keys, state values, snapshots. Self-contained, little-endian, schema known to the reader.
 * Equal values (datum_eq) encode to equal bytes, so encoded keys may be hashed and compared with memcmp for equality.
 * Map entries are sorted by encoded key to hold that.
 *   value    u8 0 (NULL) | u8 1, payload
 *   row      NULL bits, (n + 7) / 8 bytes, lowest bit = first column, 1 = NULL; then the payloads of the others
 *   payload  BOOLEAN 1 byte; integers, floats: their size (one NaN); 128-bit: u8 n, n bytes (shortest two's complement);
 *            strings: varint length, bytes; ARRAY: varint n, n values; ROW: as a row; MAP, MULTISET: varint n, n key and value pairs */
#ifndef WEIR_TYPE_ROWCODEC_H
#define WEIR_TYPE_ROWCODEC_H
#include "engine/type/batch.h"
void datum_encode(const Type *type, const Datum *value, StrBuf *out);
/* Strings are copied into arena. false when the bytes are damaged. */
bool datum_decode(const Type *type, Reader *in, Arena *arena, Datum *out) MUST_CHECK;
/* cols[0..n-1] of one row, in order. Same bytes as rows_encode. */
void row_encode(const Vec *cols, const uint32_t *col_idx, uint32_t n, uint32_t row, StrBuf *out);  /* col_idx NULL = 0..n-1 */
bool row_decode(const Schema *schema, Reader *in, Arena *arena, Datum *out) MUST_CHECK;
/* The same bytes from boxed values: values[i] of schema column i. */
void datums_encode(const Schema *schema, const Datum *values, StrBuf *out);
/* Batched: encodes the key columns of all live rows back to back; the bytes of live row i are
 * out[out_offset[i], out_offset[i + 1]): live + 1 entries, counted from the buffer's start (out is appended to). */
void rows_encode(const Batch *batch, const uint32_t *col_idx, uint32_t n, StrBuf *out, uint32_t *out_offset);
#endif
