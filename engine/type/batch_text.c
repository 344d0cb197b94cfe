/* Batches as text, for tests, print and the shell: one line a live row, "+I cell | cell". Cells are CAST(x AS STRING),
 * line breaks in them written \n, NULL written <NULL>. Times with local zone are in UTC. Pure functions. */
#include "engine/type/batch.h"
#include "engine/type/datetime.h"
#include "engine/type/text.h"

static void cell_print(const Type *type, const Datum *value, StrBuf *cell, StrBuf *out)
{
    if (value->null) {
        strbuf_addz(out, "<NULL>");
        return;
    }
    strbuf_clear(cell);
    datum_print(type, value, zone_utc(), cell);
    for (uint32_t i = 0; i < cell->len; i++) {
        if (cell->ptr[i] == '\n') strbuf_addz(out, "\\n");
        else strbuf_addc(out, cell->ptr[i]);
    }
}

void batch_print(const Batch *batch, const Schema *schema, StrBuf *out)
{
    StrBuf cell = { 0 };
    for (uint32_t i = 0; i < batch_live(batch); i++) {
        uint32_t row = batch_row(batch, i);
        strbuf_addz(out, row_op_text[batch_op(batch, row)]);
        for (uint32_t c = 0; c < schema->n; c++) {
            Datum value = vec_get(&batch->cols[c], row);
            strbuf_addz(out, c ? " | " : " ");
            cell_print(schema->cols[c].type, &value, &cell, out);
        }
        strbuf_addc(out, '\n');
    }
    strbuf_free(&cell);
}

static bool op_parse(Str *line, RowOp *op)
{
    for (int i = 0; i < 4; i++)
        if (str_starts(*line, row_op_text[i])) {
            *op = (RowOp)i;
            *line = str_sub(*line, str_starts(str_sub(*line, 2, 1), " ") ? 3 : 2, line->len);
            return true;
        }
    return false;
}

static Str line_breaks(Arena *arena, Str text)
{
    if (str_find(text, STR("\\n"), 0) < 0) return text;
    char *copy = arena_alloc(arena, text.len);
    uint32_t n = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        bool escaped = text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] == 'n';
        copy[n++] = escaped ? '\n' : text.ptr[i];
        i += escaped;
    }
    return (Str){ copy, n };
}

static bool row_parse(Str line, BatchBuilder *builder, Err *err)
{
    const Schema *schema = builder->schema;
    Arena *arena = builder->batch.arena;
    for (uint32_t c = 0; c < schema->n; c++) {
        int64_t bar = c + 1 < schema->n ? str_find(line, STR(" | "), 0) : line.len;
        if (bar < 0) return err_set(err, E_DATA, "row has %u cells, not %u", c + 1, schema->n);
        Str cell = str_sub(line, 0, (uint32_t)bar);
        Datum value = datum_null();
        if (!str_is(cell, "<NULL>") && !datum_parse(arena, schema->cols[c].type, line_breaks(arena, cell), zone_utc(), &value, err))
            return err_detail(err, "Column \"" STR_FMT "\".", STR_ARG(schema->cols[c].name));
        builder_set(builder, c, &value);
        line = str_sub(line, (uint32_t)bar + 3, line.len);
    }
    return true;
}

bool batch_parse(Str text, BatchBuilder *builder, Err *err)
{
    for (uint32_t number = 1; text.len; number++) {
        int64_t end = str_find(text, STR("\n"), 0);
        Str line = str_sub(text, 0, end < 0 ? text.len : (uint32_t)end);
        RowOp op;
        text = str_sub(text, line.len + 1, text.len);
        if (str_trim(line).len == 0) continue;
        if (builder_full(builder)) return err_set(err, E_DATA, "line %u does not fit: the batch takes %u rows", number, builder->cap);
        if (!op_parse(&line, &op)) return err_set(err, E_DATA, "line %u does not begin with +I, -U, +U or -D", number);
        if (!row_parse(line, builder, err)) return err_detail(err, "Line %u.", number);
        builder_row(builder, op);
    }
    return true;
}
