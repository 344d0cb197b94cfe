/* Batch: up to BATCH_ROWS rows in columns, with the changelog kind of each row and a selection of the live ones.
 * Ownership: made by a source or an operator in its own arena, borrowed by everything downstream for the duration of
 * process(); nobody keeps a pointer into it afterwards (operators encode what they keep into state). */
#ifndef WEIR_TYPE_BATCH_H
#define WEIR_TYPE_BATCH_H
#include "engine/type/vec.h"
enum { BATCH_ROWS = 2048 };

/* Changelog kinds, in Flink's notation +I -U +U -D. ORDER RowOp: row_op_text, changes bit sets (1 << op). */
typedef enum RowOp { ROW_INSERT, ROW_UPDATE_BEFORE, ROW_UPDATE_AFTER, ROW_DELETE } RowOp;
extern const char *const row_op_text[4];         /* "+I" "-U" "+U" "-D" */
static inline bool row_op_adds(RowOp op) { return op == ROW_INSERT || op == ROW_UPDATE_AFTER; }

typedef struct Batch {
    uint32_t len;                                /* rows in every column */
    uint32_t ncols;
    Vec *cols;
    const uint8_t *ops;                          /* RowOp per row; NULL = all inserts */
    const uint32_t *sel; uint32_t sel_len;       /* live rows in order; NULL = all (sel_len is then ignored) */
    const uint16_t *split;                       /* source split (partition) per row; NULL = split 0 */
    const uint64_t *origin;                      /* where the source read each row, in numbers of its own (an offset, a byte); NULL = unknown. Only the source's own batch has them */
    Arena *arena;
} Batch;
static inline uint32_t batch_live(const Batch *batch) { return batch->sel ? batch->sel_len : batch->len; }
static inline uint32_t batch_row(const Batch *batch, uint32_t i) { return batch->sel ? batch->sel[i] : i; }
static inline RowOp batch_op(const Batch *batch, uint32_t row) { return batch->ops ? (RowOp)batch->ops[row] : ROW_INSERT; }

/* Growing rows into a batch: sources, emitters of window results, tests.
 * begin() starts an empty batch of up to `cap` rows in its own arena; cells are written with vec_set or directly into
 * batch.cols[c].data[row] with row = batch.len; builder_row() commits the row with its op. */
typedef struct BatchBuilder {
    Batch batch;
    uint32_t cap;
    uint8_t *ops; bool has_ops;                  /* has_ops: some row is not an insert */
    uint16_t *split; bool has_split;
    uint64_t *origin;                            /* NULL until builder_origin() */
    const Schema *schema;
} BatchBuilder;
void builder_init(BatchBuilder *builder, const Schema *schema, uint32_t cap);   /* creates the arena */
void builder_free(BatchBuilder *builder);
void builder_reset(BatchBuilder *builder);       /* empties it; previous contents become invalid */
void builder_set(BatchBuilder *builder, uint32_t col, const Datum *value);      /* cell of the row under way; shares pointers */
void builder_origin(BatchBuilder *builder, uint64_t origin);                    /* where the row under way was read; once for one row, for every row */
void builder_row(BatchBuilder *builder, RowOp op);                              /* commits it */
static inline bool builder_full(const BatchBuilder *builder) { return builder->batch.len >= builder->cap; }
/* Finished view; valid until builder_reset. */
const Batch *builder_batch(BatchBuilder *builder);

/* Text form for tests, print and the shell: values as CAST(x AS STRING) does, NULL = <NULL>.
 * "+I a | 1 | 2.50" per live row; see type/text.h for cells. */
void batch_print(const Batch *batch, const Schema *schema, StrBuf *out);
/* Reads lines "+I cell | cell" back into the builder. */
bool batch_parse(Str text, BatchBuilder *builder, Err *err) MUST_CHECK;
#endif
