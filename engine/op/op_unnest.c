/* Unnest: CROSS or LEFT JOIN UNNEST(collection) [WITH ORDINALITY]. Output: the input's columns, one column an element (one a field
 * for rows, key and value for maps), and the position from 1. A NULL or empty collection gives nothing, LEFT one padded row;
 * NULL scalars stay, NULL rows are dropped; a multiset element comes as often as it counts. Kinds are the input's.
 * With a condition, LEFT pads a row when no element passes. Stateless. */
#include "engine/op/op_classes.h"

typedef struct Unnest {
    Op op;
    Arena *arena;
    Program *collection, *condition;
    Eval *collection_eval, *condition_eval;
    BatchBuilder builder;
} Unnest;

static const UnnestConfig *config_of(const Unnest *unnest)
{
    return &unnest->op.node->u.unnest;
}

static bool unnest_open(Op *op, Err *err)
{
    Unnest *unnest = (Unnest *)op;
    const UnnestConfig *config = config_of(unnest);
    unnest->arena = arena_new();
    builder_init(&unnest->builder, op->node->schema, BATCH_ROWS);
    ExprCtx ctx = { .arena = unnest->arena, .zone = op->env->zone, .batch = op->env->batch };
    Expr *exprs[2] = { config->collection, config->condition };
    unnest->collection = program_compile(unnest->arena, &ctx, &exprs[0], 1, err);
    if (!unnest->collection) return op_fail(op, err);
    unnest->collection_eval = eval_new(unnest->collection, ctx.zone, ctx.batch);
    eval_env(unnest->collection_eval)->query_start_us = op->env->query_start_us;
    if (!config->condition) return true;
    unnest->condition = program_compile(unnest->arena, &ctx, &exprs[1], 1, err);
    if (!unnest->condition) return op_fail(op, err);
    unnest->condition_eval = eval_new(unnest->condition, ctx.zone, ctx.batch);
    eval_env(unnest->condition_eval)->query_start_us = op->env->query_start_us;
    return true;
}

static uint32_t input_columns(const Unnest *unnest)
{
    return unnest->op.node->inputs[0]->schema->n;
}

static bool emit_built(Unnest *unnest, Err *err)
{
    if (!unnest->builder.batch.len) return true;
    const Batch *built = builder_batch(&unnest->builder);
    bool ok = op_emit(&unnest->op, built, err);
    builder_reset(&unnest->builder);
    return ok;
}

static void put_input(Unnest *unnest, const Batch *in, uint32_t row)
{
    for (uint32_t c = 0; c < in->ncols; c++) {
        Datum value = vec_get(&in->cols[c], row);
        builder_set(&unnest->builder, c, &value);
    }
}

/* One output row: element columns from cells (NULL: all of them NULL). */
static bool put_row(Unnest *unnest, const Batch *in, uint32_t row, const Datum *cells, int32_t position, Err *err)
{
    const Schema *schema = unnest->op.node->schema;
    uint32_t first = input_columns(unnest), elements = schema->n - first - config_of(unnest)->ordinality;
    Datum null = datum_null(), ordinal = cells ? datum_i32(position) : null;
    put_input(unnest, in, row);
    for (uint32_t c = 0; c < elements; c++) builder_set(&unnest->builder, first + c, cells ? &cells[c] : &null);
    if (config_of(unnest)->ordinality) builder_set(&unnest->builder, schema->n - 1, &ordinal);
    builder_row(&unnest->builder, batch_op(in, row));
    return !builder_full(&unnest->builder) || emit_built(unnest, err);
}

/* The cells of element i, or NULL when it gives no row. *times: how often it comes. */
static const Datum *element_cells(const Type *type, const Nested *list, uint32_t i, uint32_t *times)
{
    *times = 1;
    if (type->kind == TYPE_MAP) return &list->items[2 * i];
    const Datum *item = &list->items[type->kind == TYPE_MULTISET ? 2 * i : i];
    if (type->kind == TYPE_MULTISET) *times = list->items[2 * i + 1].v.i32 > 0 ? (uint32_t)list->items[2 * i + 1].v.i32 : 0;
    if (type->elem->kind != TYPE_ROW) return item;
    return item->null ? NULL : item->v.nested->items;
}

static bool unnest_row(Unnest *unnest, const Batch *in, uint32_t row, const Vec *collection, uint32_t *rows_made, Err *err)
{
    Datum value = vec_get(collection, row);
    int32_t position = 0;
    *rows_made = 0;
    for (uint32_t i = 0; !value.null && i < value.v.nested->len; i++) {
        uint32_t times;
        const Datum *cells = element_cells(collection->type, value.v.nested, i, &times);
        for (uint32_t t = 0; t < times; t++) {
            position++;
            if (!cells) continue;
            if (!put_row(unnest, in, row, cells, position, err)) return false;
            ++*rows_made;
        }
    }
    return true;
}

/* With a condition the rows of one input row are built alone, filtered, and padded when none is left. */
static bool unnest_filtered(Unnest *unnest, const Batch *in, uint32_t row, const Vec *collection, Err *err)
{
    Datum value = vec_get(collection, row);
    uint32_t passed = 0, done = 0;                           /* done: copies of element i so far */
    int32_t position = 0;
    for (uint32_t i = 0; !value.null && i < value.v.nested->len;) {
        while (i < value.v.nested->len && unnest->builder.batch.len + 1 < unnest->builder.cap) {
            uint32_t times;
            const Datum *cells = element_cells(collection->type, value.v.nested, i, &times);
            if (done == times) {
                done = 0;
                i++;
                continue;
            }
            done++;
            position++;
            if (cells && !put_row(unnest, in, row, cells, position, err)) return false;
        }
        Batch built = *builder_batch(&unnest->builder);
        uint32_t *sel = arena_alloc(unnest->op.scratch, sizeof *sel * (built.len + 1));
        if (!program_select(unnest->condition, unnest->condition_eval, 0, &built, sel, &built.sel_len, err)) return op_fail(&unnest->op, err);
        built.sel = sel;
        passed += built.sel_len;
        if (!op_emit(&unnest->op, &built, err)) return false;
        builder_reset(&unnest->builder);
    }
    if (passed || !config_of(unnest)->outer) return true;
    return put_row(unnest, in, row, NULL, 0, err) && emit_built(unnest, err);
}

static bool unnest_process(Op *op, uint32_t input, const Batch *in, Err *err)
{
    (void)input;
    Unnest *unnest = (Unnest *)op;
    arena_reset(op->scratch);
    Vec collection;
    uint32_t bad_row;
    if (!program_eval(unnest->collection, unnest->collection_eval, in, &collection, &bad_row, err)) return op_fail_row(op, bad_row, err);
    for (uint32_t i = 0, n = batch_live(in); i < n; i++) {
        uint32_t row = batch_row(in, i), made = 0;
        if (unnest->condition) {
            if (!unnest_filtered(unnest, in, row, &collection, err)) return false;
            continue;
        }
        if (!unnest_row(unnest, in, row, &collection, &made, err)) return false;
        if (!made && config_of(unnest)->outer && !put_row(unnest, in, row, NULL, 0, err)) return false;
    }
    return emit_built(unnest, err);
}

static void unnest_close(Op *op)
{
    Unnest *unnest = (Unnest *)op;
    if (unnest->collection_eval) eval_free(unnest->collection_eval);
    if (unnest->condition_eval) eval_free(unnest->condition_eval);
    builder_free(&unnest->builder);
    arena_free(unnest->arena);
}

const OpClass op_unnest_class = { .name = "Correlate", .size = sizeof(Unnest), .open = unnest_open, .process = unnest_process, .close = unnest_close };
