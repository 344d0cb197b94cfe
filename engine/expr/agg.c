/* The aggregates' table, their type rules, and sets of calls: the layout of a group's state and the generic parts of every aggregate -
 * FILTER, skipping NULLs, DISTINCT - before the rows reach the aggregate's own loop.
 * To add an aggregate: a row of agg_table, an AggImpl in agg_*.c. Sets are immutable and shareable; states have one owner. */
#include "engine/expr/agg_impl.h"
#include "engine/expr/rules.h"
#include "engine/type/rowcodec.h"
#include <pthread.h>

/* --- types --- */

const Type *agg_refuse(const AggInfer *infer, Err *err)
{
    StrBuf types = { 0 };
    for (uint32_t i = 0; i < infer->nargs; i++) {
        if (i) strbuf_addz(&types, ", ");
        type_print(type_with_null(infer->ctx->arena, infer->args[i]->type, true), false, &types);
    }
    err_at(err, E_TYPE, infer->span, "cannot apply %s to arguments of type (%s)", infer->def->name, strbuf_cstr(&types));
    strbuf_free(&types);
    return NULL;
}

/* NULL on no rows: a group has rows, the global group and a filtered one may have none. */
static const Type *nullable_result(const AggInfer *infer, const Type *type)
{
    return type_with_null(infer->ctx->arena, type, !infer->grouped || infer->args[0]->type->nullable);
}

static bool one_number(const AggInfer *infer) { return infer->nargs == 1 && type_is_numeric(infer->args[0]->type); }

static const Type *infer_count(AggInfer *infer, Err *err)
{
    (void)err;
    (void)infer;
    return type_simple(TYPE_BIGINT, false);
}

static const Type *infer_count_one(AggInfer *infer, Err *err) { return infer->nargs == 1 ? infer_count(infer, err) : agg_refuse(infer, err); }

static const Type *infer_sum(AggInfer *infer, Err *err)
{
    if (!one_number(infer)) return agg_refuse(infer, err);
    const Type *type = infer->args[0]->type;
    return nullable_result(infer, type->kind == TYPE_DECIMAL ? type_decimal(infer->ctx->arena, 38, type->scale, true) : type);
}

/* AVG and the variances: the argument's type; decimals get at least 6 digits of fraction. */
static const Type *infer_avg(AggInfer *infer, Err *err)
{
    if (!one_number(infer)) return agg_refuse(infer, err);
    const Type *type = infer->args[0]->type;
    if (type->kind == TYPE_DECIMAL) type = type_decimal(infer->ctx->arena, 38, type->scale > 6 ? type->scale : 6, true);
    const char *name = infer->def->name;
    bool may_vanish = strstr(name, "SAMP") || strcmp(name, "VARIANCE") == 0 || strcmp(name, "STDDEV") == 0;     /* of one row: NULL */
    return may_vanish ? type_with_null(infer->ctx->arena, type, true) : nullable_result(infer, type);
}

static const Type *infer_minmax(AggInfer *infer, Err *err)
{
    if (infer->nargs != 1) return agg_refuse(infer, err);
    const Type *type = infer->args[0]->type;
    bool ok = type_is_numeric(type) || type_is_string(type) || type_is_datetime(type) || type->kind == TYPE_BOOLEAN;
    if (!ok) return agg_refuse(infer, err);
    const Type *result = nullable_result(infer, type);
    return type->attr == ATTR_NONE ? result : type_with_attr(infer->ctx->arena, result, type->attr);
}

static const Type *infer_first_last(AggInfer *infer, Err *err)
{
    if (infer->nargs != 1) return agg_refuse(infer, err);
    return type_with_attr(infer->ctx->arena, nullable_result(infer, infer->args[0]->type), ATTR_NONE);
}

static const Type *infer_single(AggInfer *infer, Err *err)
{
    if (infer->nargs != 1) return agg_refuse(infer, err);
    return type_with_attr(infer->ctx->arena, type_with_null(infer->ctx->arena, infer->args[0]->type, true), ATTR_NONE);
}

static const Type *infer_listagg(AggInfer *infer, Err *err)
{
    if (infer->nargs < 1 || infer->nargs > 2 || !type_is_string(infer->args[0]->type)) return agg_refuse(infer, err);
    if (infer->nargs == 2 && (!type_is_string(infer->args[1]->type) || infer->args[1]->kind != EXPR_CONST || infer->args[1]->value.null)) {
        err_at(err, E_TYPE, infer->args[1]->span, "separator of LISTAGG must be a literal and not NULL");
        return NULL;
    }
    return infer->args[0]->type;
}

static const Type *infer_collect(AggInfer *infer, Err *err)
{
    return infer->nargs == 1 ? type_multiset(infer->ctx->arena, type_with_attr(infer->ctx->arena, infer->args[0]->type, ATTR_NONE), false) : agg_refuse(infer, err);
}

static const Type *infer_array(AggInfer *infer, Err *err)
{
    if (infer->nargs != 1) return agg_refuse(infer, err);
    const Type *elem = type_with_attr(infer->ctx->arena, infer->args[0]->type, ATTR_NONE);
    return type_array(infer->ctx->arena, elem, type_compares_null(elem));      /* as Flink has it */
}

static bool is_share(const Datum *value)
{
    return !value->null && value->v.f64 >= 0 && value->v.f64 <= 1;
}

static const Type *infer_percentile(AggInfer *infer, Err *err)
{
    if (infer->nargs < 2 || infer->nargs > 3 || !type_is_numeric(infer->args[0]->type)) return agg_refuse(infer, err);
    const Type *ratio = infer->args[1]->type;
    bool many = ratio->kind == TYPE_ARRAY;
    if (!type_is_numeric(many ? ratio->elem : ratio) || (infer->nargs == 3 && !type_is_integer(infer->args[2]->type))) return agg_refuse(infer, err);
    Arena *arena = infer->ctx->arena;
    const Type *exact = type_simple(TYPE_DOUBLE, true);
    infer->args[0] = expr_coerce(arena, infer->args[0], exact);
    infer->args[1] = expr_fold(infer->ctx, expr_coerce(arena, infer->args[1], many ? type_array(arena, exact, true) : exact), err);
    if (!infer->args[1]) return NULL;
    const Datum *share = infer->args[1]->kind == EXPR_CONST ? &infer->args[1]->value : NULL;
    bool good = share && !share->null && (many || is_share(share));
    for (uint32_t i = 0; good && many && i < share->v.nested->len; i++) good = is_share(&share->v.nested->items[i]);
    if (!good) {
        err_at(err, E_TYPE, infer->span, "percentage of PERCENTILE must be a constant between 0 and 1");
        return NULL;
    }
    if (infer->nargs == 3) infer->args[2] = expr_coerce(arena, infer->args[2], type_simple(TYPE_BIGINT, true));
    return many ? type_array(arena, exact, true) : exact;
}

/* --- the table, in order of name --- */

static const AggDef agg_table[] = {
    { "APPROX_COUNT_DISTINCT", "any", AGG_ALWAYS_DISTINCT, infer_count_one, agg_choose_count, "Number of distinct values; counted exactly.", "APPROX_COUNT_DISTINCT(x)", "2" },
    { "ARRAY_AGG", "any", 0, infer_array, agg_choose_list, "Array of the values in order of arrival; NULL for no rows.", "ARRAY_AGG(x)", "[1, 2, 2, NULL]" },
    { "AVG", "num", 0, infer_avg, agg_choose_avg, "Mean; whole numbers give a whole number.", "AVG(x)", "1" },
    { "BITMAP_AND_AGG", "bitmap", 0, agg_infer_bitmap, agg_choose_bitmap, "Numbers in every bitmap.", "BITMAP_AND_AGG(BITMAP_BUILD(ARRAY[x, 2]))", "{2}" },
    { "BITMAP_AND_CARDINALITY_AGG", "bitmap", 0, agg_infer_bitmap, agg_choose_bitmap, "How many numbers are in every bitmap.", "BITMAP_AND_CARDINALITY_AGG(BITMAP_BUILD(ARRAY[x, 2]))", "1" },
    { "BITMAP_BUILD_AGG", "integer", 0, agg_infer_bitmap, agg_choose_bitmap, "Bitmap of the numbers.", "BITMAP_BUILD_AGG(x)", "{1,2}" },
    { "BITMAP_BUILD_CARDINALITY_AGG", "integer", 0, agg_infer_bitmap, agg_choose_bitmap, "Number of distinct numbers.", "BITMAP_BUILD_CARDINALITY_AGG(x)", "2" },
    { "BITMAP_OR_AGG", "bitmap", 0, agg_infer_bitmap, agg_choose_bitmap, "Numbers in any bitmap.", "BITMAP_OR_AGG(BITMAP_BUILD(ARRAY[x, 7]))", "{1,2,7}" },
    { "BITMAP_OR_CARDINALITY_AGG", "bitmap", 0, agg_infer_bitmap, agg_choose_bitmap, "How many numbers are in any bitmap.", "BITMAP_OR_CARDINALITY_AGG(BITMAP_BUILD(ARRAY[x, 7]))", "3" },
    { "BITMAP_XOR_AGG", "bitmap", 0, agg_infer_bitmap, agg_choose_bitmap, "Numbers in an odd number of bitmaps.", "BITMAP_XOR_AGG(BITMAP_BUILD(ARRAY[x]))", "{1}" },
    { "BITMAP_XOR_CARDINALITY_AGG", "bitmap", 0, agg_infer_bitmap, agg_choose_bitmap, "How many numbers are in an odd number of bitmaps.", "BITMAP_XOR_CARDINALITY_AGG(BITMAP_BUILD(ARRAY[x]))", "1" },
    { "COLLECT", "any", 0, infer_collect, agg_choose_collect, "Multiset of the values.", "COLLECT(s)", "{a=1, b=2}" },
    { "COUNT", "|any+", 0, infer_count, agg_choose_count, "Number of rows, or of rows whose arguments are not NULL.", "COUNT(*)", "4" },
    { "FIRST_VALUE", "any", AGG_NO_MERGE, infer_first_last, agg_choose_first_last, "First value that arrived and is not NULL.", "FIRST_VALUE(x)", "1" },
    { "JSON_ARRAYAGG", "any", 0, agg_infer_json, agg_choose_json, "JSON array of the values; NULLs are left out unless NULL ON NULL.", "JSON_ARRAYAGG(s)", "[\"a\",\"b\",\"b\"]" },
    { "JSON_OBJECTAGG", "str,any", 0, agg_infer_json, agg_choose_json, "JSON object of the keys and values; a key given twice fails.", "JSON_OBJECTAGG(KEY k VALUE x)", "{\"p\":1,\"q\":2,\"r\":2,\"t\":null}" },
    { "LAST_VALUE", "any", AGG_NO_MERGE, infer_first_last, agg_choose_first_last, "Last value that arrived and is not NULL.", "LAST_VALUE(x)", "2" },
    { "LISTAGG", "str,str?", 0, infer_listagg, agg_choose_listagg, "Texts in order of arrival, joined by a separator (',').", "LISTAGG(s, '; ')", "a; b; b" },
    { "MAX", "any", AGG_NO_DISTINCT, infer_minmax, agg_choose_minmax, "Greatest value.", "MAX(x)", "2" },
    { "MIN", "any", AGG_NO_DISTINCT, infer_minmax, agg_choose_minmax, "Least value.", "MIN(x)", "1" },
    { "PERCENTILE", "num,any,int?", 0, infer_percentile, agg_choose_percentile, "Value below which the given share of the values lies, interpolated.", "PERCENTILE(x, 0.5)", "2.0" },
    { "SINGLE_VALUE", "any", 0, infer_single, agg_choose_single, "The only value of a scalar subquery; a second row fails.", "SINGLE_VALUE(x) FILTER (WHERE x = 1)", "1" },
    { "STDDEV", "num", 0, infer_avg, agg_choose_variance, "Standard deviation of the sample, as STDDEV_SAMP.", "STDDEV(x * 1e0)", "0.5773502691896257" },
    { "STDDEV_POP", "num", 0, infer_avg, agg_choose_variance, "Standard deviation of the population.", "STDDEV_POP(x * 1e0)", "0.4714045207910317" },
    { "STDDEV_SAMP", "num", 0, infer_avg, agg_choose_variance, "Standard deviation of the sample.", "STDDEV_SAMP(x * 1e0)", "0.5773502691896257" },
    { "SUM", "num", 0, infer_sum, agg_choose_sum, "Sum in the argument's type.", "SUM(x)", "5" },
    { "VARIANCE", "num", 0, infer_avg, agg_choose_variance, "Variance of the sample, as VAR_SAMP.", "VARIANCE(x * 1e0)", "0.3333333333333333" },
    { "VAR_POP", "num", 0, infer_avg, agg_choose_variance, "Variance of the population.", "VAR_POP(x * 1e0)", "0.2222222222222222" },
    { "VAR_SAMP", "num", 0, infer_avg, agg_choose_variance, "Variance of the sample.", "VAR_SAMP(x * 1e0)", "0.3333333333333333" },
};
enum { AGGS = sizeof agg_table / sizeof agg_table[0] };

const AggDef *agg_find(Str name)
{
    for (int i = 0; i < AGGS; i++)
        if (str_iis(name, agg_table[i].name)) return &agg_table[i];
    return NULL;
}

static const AggDef *all_defs[AGGS];
static pthread_once_t all_once = PTHREAD_ONCE_INIT;
static void all_build(void) { for (int i = 0; i < AGGS; i++) all_defs[i] = &agg_table[i]; }

const AggDef *const *agg_all(uint32_t *n)
{
    pthread_once(&all_once, all_build);
    *n = AGGS;
    return all_defs;
}

const char *agg_doc(const AggDef *def) { return def->doc; }
const char *agg_args(const AggDef *def) { return def->args; }
const char *agg_example(const AggDef *def) { return def->example; }
const char *agg_example_result(const AggDef *def) { return def->result; }
const char *agg_name(const AggDef *def) { return def->name; }
bool agg_can_retract(const AggDef *def) { return !(def->flags & AGG_NO_RETRACT); }
bool agg_can_merge(const AggDef *def) { return !(def->flags & AGG_NO_MERGE); }

bool agg_keeps_values(const AggCall *call)
{
    static const AggImpl *(*const keeping[])(const AggCall *) = { agg_choose_list, agg_choose_listagg, agg_choose_collect, agg_choose_percentile, agg_choose_json, agg_choose_bitmap };
    bool keeps = call->distinct;
    for (size_t i = 0; i < sizeof keeping / sizeof *keeping; i++) keeps = keeps || call->def->choose == keeping[i];
    return keeps || (call->retract && (call->def->choose == agg_choose_minmax || call->def->choose == agg_choose_first_last));
}

bool agg_resolve(ExprCtx *ctx, Str name, Expr **args, uint32_t nargs, bool distinct, bool star, bool grouped, AggCall *out, Span span, Err *err)
{
    const AggDef *def = agg_find(name);
    if (!def) return err_at(err, E_NO_FUNCTION, span, "aggregate \"" STR_FMT "\" does not exist", STR_ARG(name));
    if (!star && nargs == 0) return err_at(err, E_TYPE, span, "%s needs an argument", def->name);
    if (star && strcmp(def->name, "COUNT") != 0) return err_at(err, E_TYPE, span, "%s(*) does not exist; only COUNT takes *", def->name);
    uint32_t may_be_null = 0;
    for (uint32_t i = 0; i < nargs; i++) may_be_null += args[i]->type->nullable;
    if (nargs > 1 && def->infer == infer_count && (distinct || may_be_null > 1)) {
        err_at(err, E_UNSUPPORTED, span, distinct ? "COUNT(DISTINCT ..) takes one argument" : "COUNT takes one argument that may be NULL");
        return err_hint(err, distinct ? "Count distinct ROW(a, b) values, or group in a subquery first." : "COUNT(*) FILTER (WHERE a IS NOT NULL AND b IS NOT NULL) counts the same rows.");
    }
    if (distinct && nargs > 2 && def->infer == infer_percentile) {       /* what is told apart is the first argument alone */
        err_at(err, E_UNSUPPORTED, span, "PERCENTILE(DISTINCT ..) with how often a value counts is not supported");
        return err_hint(err, "Leave the third argument out, or group by value and count in a subquery first.");
    }
    for (uint32_t i = 0; i < nargs; i++)
        if (!refuse_bare_null(args[i], err)) return false;
    if (distinct && !type_can_group(args[0]->type)) {
        err_at(err, E_UNSUPPORTED, args[0]->span, "%s(DISTINCT ..) of type " STR_FMT " is not supported", def->name, STR_ARG(type_text(ctx->arena, args[0]->type)));
        return err_hint(err, "CAST the value to STRING, or use JSON_STRING.");
    }
    AggInfer infer = { .ctx = ctx, .args = args, .nargs = nargs, .grouped = grouped, .span = span, .def = def, .out = out };
    const Type *type = def->infer(&infer, err);
    if (!type) return err_span(err, span);
    const Type **types = ARENA_ARRAY(ctx->arena, const Type *, nargs + 1);
    Datum *consts = ARENA_ARRAY(ctx->arena, Datum, nargs + 1);
    for (uint32_t i = 0; i < nargs; i++) {
        types[i] = args[i]->type;
        consts[i] = args[i]->kind == EXPR_CONST ? args[i]->value : datum_null();
    }
    *out = (AggCall){ .def = def, .nargs = nargs, .arg_types = types, .filter = -1, .type = type, .name = str_of(def->name), .span = span, .const_args = consts,
                      .ignore_nulls = strcmp(def->name, "JSON_ARRAYAGG") == 0,       /* its default, ABSENT ON NULL; the binder overrules */
                      .distinct = (distinct || def->flags & AGG_ALWAYS_DISTINCT) && !(def->flags & AGG_NO_DISTINCT) };
    return true;
}

/* --- sets: layout --- */

struct AggSet { AggItem *items; uint32_t *stored; /* order in snapshots: by rank */ uint32_t n; size_t size; };

/* Trailing arguments that are parameters of the call, not values of rows. */
static uint32_t value_args(const AggCall *call)
{
    if (call->def->choose == agg_choose_listagg) return 1;
    return call->nargs;
}

AggSet *aggset_new(Arena *arena, const AggCall *calls, uint32_t n)
{
    AggSet *set = ARENA_NEW(arena, AggSet);
    set->items = ARENA_ARRAY(arena, AggItem, n + 1);
    set->n = n;
    for (uint32_t i = 0; i < n; i++) {
        AggItem *item = &set->items[i];
        item->call = calls[i];
        item->impl = calls[i].def->choose(&calls[i]);
        item->nvalues = value_args(&calls[i]);
        item->offset = (uint32_t)set->size;
        set->size += (item->impl->size + 15) & ~(size_t)15;
        item->distinct_offset = (uint32_t)set->size;
        if (calls[i].distinct) set->size += (sizeof(AggBag) + 15) & ~(size_t)15;
    }
    set->stored = ARENA_ARRAY(arena, uint32_t, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = i;
        for (; at > 0 && calls[set->stored[at - 1]].rank > calls[i].rank; at--) set->stored[at] = set->stored[at - 1];
        set->stored[at] = i;
    }
    return set;
}

size_t aggset_size(const AggSet *set) { return set->size; }
void aggset_init(const AggSet *set, void *state) { memset(state, 0, set->size); }

static AggBag *distinct_bag(const AggItem *item, void *state) { return (AggBag *)((char *)state + item->distinct_offset); }

void aggset_destroy(const AggSet *set, void *state)
{
    for (uint32_t i = 0; i < set->n; i++) {
        const AggItem *item = &set->items[i];
        if (item->impl->destroy) item->impl->destroy(item, agg_at(state, item));
        if (item->call.distinct) bag_free(distinct_bag(item, state));
    }
    memset(state, 0, set->size);
}

/* --- sets: rows in --- */

typedef struct Rows { void *const *states; const uint32_t *rows; uint32_t n; } Rows;
typedef struct RowsOut { void **states; uint32_t *rows; uint32_t n; } RowsOut;

static RowsOut rows_new(Arena *scratch, uint32_t n) { return (RowsOut){ ARENA_ARRAY(scratch, void *, n + 1), ARENA_ARRAY(scratch, uint32_t, n + 1), 0 }; }

static Rows keep_true(Arena *scratch, Rows in, const Vec *filter)
{
    RowsOut out = rows_new(scratch, in.n);
    const uint8_t *data = filter->data;
    for (uint32_t i = 0; i < in.n; i++) {
        uint32_t cell = vec_cell(filter, in.rows[i]);
        out.states[out.n] = in.states[i];
        out.rows[out.n] = in.rows[i];
        out.n += data[cell] && (!filter->valid || bit_get(filter->valid, cell));
    }
    return (Rows){ out.states, out.rows, out.n };
}

static Rows keep_valid(Arena *scratch, Rows in, const Vec *vec)
{
    if (!vec->valid) return in;
    RowsOut out = rows_new(scratch, in.n);
    for (uint32_t i = 0; i < in.n; i++) {
        out.states[out.n] = in.states[i];
        out.rows[out.n] = in.rows[i];
        out.n += bit_get(vec->valid, in.rows[i]);
    }
    return (Rows){ out.states, out.rows, out.n };
}

/* The first copy of a value comes through as added, the last one taken back as taken back. */
static Rows keep_distinct(const AggItem *item, Arena *scratch, Rows in, const Vec *arg, const uint8_t *ops)
{
    RowsOut out = rows_new(scratch, in.n);
    for (uint32_t i = 0; i < in.n; i++) {
        int sign = agg_sign(ops, in.rows[i]);
        Datum value = vec_get(arg, in.rows[i]);
        int64_t count = bag_add(distinct_bag(item, in.states[i]), item->call.arg_types[0], &value, sign);
        if (sign > 0 ? count != 1 : count != 0) continue;
        out.states[out.n] = in.states[i];
        out.rows[out.n++] = in.rows[i];
    }
    return (Rows){ out.states, out.rows, out.n };
}

static bool update_item(const AggItem *item, Rows rows, const Batch *batch, Arena *scratch, Err *err)
{
    const AggCall *call = &item->call;
    Vec *args = ARENA_ARRAY(scratch, Vec, call->nargs + 1);
    for (uint32_t i = 0; i < item->nvalues; i++) {
        vec_flatten(&args[i], scratch, &batch->cols[call->args[i]]);
        args[i].type = call->arg_types[i];
    }
    if (call->filter >= 0) rows = keep_true(scratch, rows, &batch->cols[call->filter]);
    for (uint32_t i = 0; i < item->nvalues && !item->impl->keep_nulls; i++) rows = keep_valid(scratch, rows, &args[i]);
    const uint8_t *ops = call->retract ? batch->ops : NULL;
    if (call->distinct) rows = keep_distinct(item, scratch, rows, &args[0], ops);
    return rows.n == 0 || item->impl->update(item, rows.states, args, rows.rows, rows.n, ops, err);
}

bool aggset_update(const AggSet *set, void *const *states, const Batch *batch, const uint32_t *rows, uint32_t n, Arena *scratch, Err *err)
{
    for (uint32_t i = 0; i < set->n; i++)
        if (!update_item(&set->items[i], (Rows){ states, rows, n }, batch, scratch, err)) return err_span(err, set->items[i].call.span);
    return true;
}

/* --- sets: merging --- */

/* Values new to `into` are added one by one; those both have count once. */
static void merge_distinct(const AggItem *item, void *into, const void *from)
{
    const AggBag *other = (const AggBag *)((const char *)from + item->distinct_offset);
    AggBag *mine = distinct_bag(item, into);
    Arena *arena = arena_new();
    for (uint32_t s = strmap_first(&other->map); s != STRMAP_NONE; s = strmap_next(&other->map, s)) {
        Str key = strmap_key(&other->map, s);
        int64_t delta = other->counts[s], after = bag_add_key(mine, key, delta), before = after - delta;
        bool enters = before <= 0 && after > 0, leaves = before > 0 && after <= 0;
        if (!enters && !leaves) continue;
        Reader reader = { key.ptr, key.ptr + key.len, false };
        Datum value;
        Err ignored = { 0 };
        Vec vec;
        uint32_t row = 0;
        const uint8_t op = enters ? ROW_INSERT : ROW_DELETE;
        if (!datum_decode(item->call.arg_types[0], &reader, arena, &value)) continue;
        vec_init(&vec, arena, item->call.arg_types[0], 1);
        vec.len = 1;
        vec_set(&vec, arena, 1, 0, &value);
        bool ok = item->impl->update(item, &into, &vec, &row, 1, &op, &ignored);
        (void)ok;                                /* aggregates that fail on a row are never DISTINCT over a value twice */
    }
    arena_free(arena);
}

void aggset_merge(const AggSet *set, void *into, const void *from)
{
    for (uint32_t i = 0; i < set->n; i++) {
        const AggItem *item = &set->items[i];
        if (item->call.distinct) merge_distinct(item, into, from);
        else item->impl->merge(item, agg_at(into, item), agg_at_const(from, item));
    }
}

/* --- sets: results, snapshots --- */

bool aggset_result(const AggSet *set, const void *state, Arena *arena, Datum *out, Err *err)
{
    for (uint32_t i = 0; i < set->n; i++) {
        const AggItem *item = &set->items[i];
        if (!item->impl->result(item, agg_at_const(state, item), arena, &out[i], err)) return err_span(err, item->call.span);
    }
    return true;
}

/* A cell of fixed width: the Datum's bytes are the cell's. */
static void cell_put(Vec *out, Arena *arena, uint32_t cap, uint32_t row, const Datum *value)
{
    if (value->null || out->phys == PHYS_STR || out->phys == PHYS_NESTED) { vec_set(out, arena, cap, row, value); return; }
    uint32_t size = phys_size(out->phys);
    memcpy((char *)out->data + (size_t)row * size, &value->v, size);
    if (out->valid) bit_set(out->valid, row);
}

bool aggset_results(const AggSet *set, void *const *states, uint32_t n, Arena *arena, Vec *out, uint32_t base, uint32_t cap, Err *err)
{
    for (uint32_t i = 0; i < set->n; i++) {
        const AggItem *item = &set->items[i];
        for (uint32_t k = 0; k < n; k++) {
            Datum value;
            if (!item->impl->result(item, agg_at_const(states[k], item), arena, &value, err)) return err_span(err, item->call.span);
            cell_put(&out[i], arena, cap, base + k, &value);
        }
    }
    return true;
}

void aggset_encode(const AggSet *set, const void *state, StrBuf *out)
{
    for (uint32_t i = 0; i < set->n; i++) {
        const AggItem *item = &set->items[set->stored[i]];
        item->impl->encode(item, agg_at_const(state, item), out);
        if (item->call.distinct) bag_encode((const AggBag *)((const char *)state + item->distinct_offset), out);
    }
}

bool aggset_decode(const AggSet *set, Reader *in, void *state)
{
    for (uint32_t i = 0; i < set->n; i++) {
        const AggItem *item = &set->items[set->stored[i]];
        if (!item->impl->decode(item, in, agg_at(state, item))) return false;
        if (item->call.distinct && !bag_decode(distinct_bag(item, state), in)) return false;
    }
    return !in->bad;
}
