/* One generated column of datagen. Private to connectors/datagen*.c. */
#ifndef WEIR_CONNECTORS_DATAGEN_FIELD_H
#define WEIR_CONNECTORS_DATAGEN_FIELD_H
#include "connectors/connector.h"

typedef struct DatagenField DatagenField;
struct DatagenField {
    const Type *type;
    uint64_t salt;                  /* tells columns apart */
    bool sequence, var_len;
    int64_t min, max;               /* integers and sequences */
    double fmin, fmax;              /* FLOAT, DOUBLE, DECIMAL */
    i128 dmin, dmax;                /* DECIMAL, unscaled */
    uint64_t count;                 /* sequence: number of values */
    uint32_t length;                /* text, bytes, collections */
    int64_t max_past_us;
    double null_rate;
    DatagenField *children; uint32_t nchildren;  /* ARRAY element; MAP key, value; MULTISET element; ROW fields */
    uint64_t *valid;                /* bitmap for null_rate > 0 */
};

/* Options fields.<name>.*, checked against the column's type. */
bool datagen_field_init(DatagenField *field, Arena *arena, const Options *options, const Column *column, uint32_t index, Err *err) MUST_CHECK;
void datagen_field_buffers(DatagenField *field, Arena *arena, Vec *vec);
/* Rows first..first+n-1 into cells 0..n-1 of vec (room: BATCH_ROWS). */
void datagen_field_fill(DatagenField *field, Vec *vec, Arena *arena, uint64_t seed, uint64_t first, uint32_t n, int64_t now_us);
#endif
