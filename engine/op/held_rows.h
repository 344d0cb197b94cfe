/* HeldRows: rows on their way into an exactly-once sink, as bytes: held until the checkpoint that contains them is durable, saved inside it,
 * and turned back into batches when they are written. Rows are in order of arrival, with their changelog kinds.
 *   u64 layout | u32 rows | RowOp per row, 1 byte each | u32 length | the rows, back to back (rowcodec), for each batch that came
 * layout stands for the names and types of the columns: the sink's table may have other ones when the rows come back.
 * One owner, one thread. */
#ifndef WEIR_OP_HELD_ROWS_H
#define WEIR_OP_HELD_ROWS_H
#include "engine/op/op_classes.h"

typedef struct HeldRows { StrBuf bytes; StrBuf encoded; uint32_t *offsets; uint32_t cap; uint64_t layout; } HeldRows;   /* encoded, offsets: scratch; layout 0 = not known yet */
void held_rows_free(HeldRows *held);
/* Adds the live rows of a batch of the given schema, the same one every time. */
void held_rows_add(HeldRows *held, const Schema *schema, const Batch *batch);
/* Hands the rows in `bytes` to write() in batches of up to BATCH_ROWS; E_SNAPSHOT when the bytes are damaged or were made
 * with other columns. */
bool held_rows_replay(Str bytes, const Schema *schema, bool (*write)(void *ctx, const Batch *batch, Err *err), void *ctx, Err *err) MUST_CHECK;
#endif
