/* Operators: arithmetic, comparisons, IS predicates, NOT, IN. Rows of the function table with their type rules and bodies.
 * Vector loops live in kernels_*.c. Stateless; IN over a long constant list prepares a hash set once per call site. */
#include "engine/expr/kernels.h"
#include "engine/expr/rules.h"
#include "engine/type/text.h"

enum { DAY_MS = 86400000, IN_SET_MIN = 8 };

static bool same_interval(const Type *a, const Type *b) { return type_is_interval(a) && a->kind == b->kind; }

static Expr *refuse(InferCtx *infer, Err *err) { infer_refuse(infer, err); return NULL; }

static bool args_typed(const InferCtx *infer, Err *err)
{
    for (uint32_t i = 0; i < infer->nargs; i++)
        if (!refuse_bare_null(infer->args[i], err)) return false;
    return true;
}

static Expr *binary(InferCtx *infer, const FuncDef *func, Expr *a, Expr *b, const Type *type)
{
    Expr *args[2] = { a, b };
    const Type *result = type_with_null(infer->ctx->arena, type, a->type->nullable || b->type->nullable);
    if (result->attr != ATTR_NONE) result = type_with_attr(infer->ctx->arena, result, ATTR_NONE);
    return expr_call_node(infer->ctx->arena, func, args, 2, result, infer->span);
}

/* Numbers: both operands in the result's type, but decimals keep their own scales. */
static Expr *number_call(InferCtx *infer, char op)
{
    Arena *arena = infer->ctx->arena;
    Expr *a = infer->args[0], *b = infer->args[1];
    const Type *type = type_arith(arena, op, a->type, b->type);
    if (type->kind != TYPE_DECIMAL) return binary(infer, infer->func, expr_coerce(arena, a, type), expr_coerce(arena, b, type), type);
    for (uint32_t i = 0; i < 2; i++) {
        Expr **arg = i ? &b : &a;
        uint32_t precision, scale;
        type_digits((*arg)->type, &precision, &scale);
        *arg = expr_coerce(arena, *arg, type_decimal(arena, precision, scale, true));
    }
    return binary(infer, infer->func, a, b, type);
}

static Expr *negate_call(InferCtx *infer, Err *err)
{
    Expr *a = infer->args[0];
    if (!type_is_numeric(a->type) && !type_is_interval(a->type)) return refuse(infer, err);
    return expr_call_node(infer->ctx->arena, func_find(STR("NEGATE")), infer->args, 1, a->type, infer->span);
}

static Expr *plus_minus(InferCtx *infer, bool minus, Err *err)
{
    if (!args_typed(infer, err)) return NULL;
    if (infer->nargs == 1) {
        if (minus) return negate_call(infer, err);
        return type_is_numeric(infer->args[0]->type) || type_is_interval(infer->args[0]->type) ? infer->args[0] : refuse(infer, err);
    }
    if (infer->nargs != 2) return refuse(infer, err);
    Expr *a = infer->args[0], *b = infer->args[1];
    if (type_is_numeric(a->type) && type_is_numeric(b->type)) return number_call(infer, minus ? '-' : '+');
    if (same_interval(a->type, b->type)) return binary(infer, infer->func, a, b, a->type);
    if (type_is_datetime(a->type) && type_is_interval(b->type)) return binary(infer, func_find(minus ? STR("MINUS_INTERVAL") : STR("PLUS_INTERVAL")), a, b, a->type);
    if (!minus && type_is_interval(a->type) && type_is_datetime(b->type)) return binary(infer, func_find(STR("PLUS_INTERVAL")), b, a, b->type);
    refuse(infer, err);
    if (minus && type_is_datetime(a->type) && type_is_datetime(b->type)) err_hint(err, "Write TIMESTAMPDIFF(unit, b, a), or (a - b) unit.");
    return NULL;
}

static Expr *build_plus(InferCtx *infer, Err *err) { return plus_minus(infer, false, err); }
static Expr *build_minus(InferCtx *infer, Err *err) { return plus_minus(infer, true, err); }

static Expr *build_times(InferCtx *infer, Err *err)
{
    if (!args_typed(infer, err) || infer->nargs != 2) return refuse(infer, err);
    Expr *a = infer->args[0], *b = infer->args[1];
    if (type_is_numeric(a->type) && type_is_numeric(b->type)) return number_call(infer, '*');
    if (type_is_interval(b->type)) { Expr *t = a; a = b; b = t; }
    if (!type_is_interval(a->type) || !type_is_integer(b->type)) return refuse(infer, err);
    return binary(infer, infer->func, a, expr_coerce(infer->ctx->arena, b, type_simple(TYPE_BIGINT, true)), a->type);
}

static Expr *build_divide(InferCtx *infer, Err *err)
{
    if (!args_typed(infer, err) || infer->nargs != 2) return refuse(infer, err);
    if (!type_is_numeric(infer->args[0]->type) || !type_is_numeric(infer->args[1]->type)) return refuse(infer, err);
    return number_call(infer, '/');
}

/* Integers: the remainder has the divisor's type. */
static Expr *build_mod(InferCtx *infer, Err *err)
{
    if (!args_typed(infer, err) || infer->nargs != 2) return refuse(infer, err);
    const Type *a = infer->args[0]->type, *b = infer->args[1]->type;
    if (!type_is_numeric(a) || !type_is_numeric(b) || type_is_approx(a) || type_is_approx(b)) return refuse(infer, err);
    Expr *call = number_call(infer, '%');
    return type_is_integer(b) && type_is_integer(a) ? expr_coerce(infer->ctx->arena, call, b) : call;
}

/* --- dates with intervals --- */

static Datum time_shift(int32_t ms, int64_t by_ms)
{
    int64_t v = (ms + by_ms % DAY_MS) % DAY_MS;
    return datum_i32((int32_t)(v < 0 ? v + DAY_MS : v));
}

/* DATE moves by whole days only; TIME wraps at midnight and ignores months. */
static bool shift(const FuncCall *call, const Datum *args, int sign, Datum *out)
{
    const Type *type = call->expr->args[0]->type;
    bool months = call->expr->args[1]->type->kind == TYPE_INTERVAL_MONTH;
    int64_t by = sign < 0 ? (int64_t)(0 - (uint64_t)args[1].v.i64) : args[1].v.i64;      /* wraps, as Java does */
    if (type->kind == TYPE_TIME) { *out = months ? args[0] : time_shift(args[0].v.i32, by); return true; }
    if (type->kind == TYPE_DATE && !months) { *out = datum_i32((int32_t)(args[0].v.i32 + by / DAY_MS)); return true; }
    Instant at = type->kind == TYPE_DATE ? (Instant){ (int64_t)args[0].v.i32 * 86400, 0 } : instant_of(type, &args[0]);
    if (months) at = instant_add_months(at, by);
    else {
        int64_t nano = at.nano + by % 1000 * 1000000;
        at.sec += by / 1000 + (nano < 0 ? -1 : nano >= 1000000000);
        at.nano = (int32_t)(nano < 0 ? nano + 1000000000 : nano >= 1000000000 ? nano - 1000000000 : nano);
    }
    *out = type->kind == TYPE_DATE ? datum_i32((int32_t)(at.sec / 86400)) : instant_datum(type, at);
    return true;
}

static bool body_plus_interval(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)env; (void)err;
    return shift(call, args, 1, out);
}

static bool body_minus_interval(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)env; (void)err;
    return shift(call, args, -1, out);
}

/* Microsecond timestamps with a constant day-time interval: the shape of every watermark. */
static bool shift_kernel(const FuncCall *call, EvalEnv *env, FuncBody *body, int64_t sign, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out,
                         uint32_t *bad_row, Err *err)
{
    const Type *type = call->expr->type;
    bool plain = args[0].phys == PHYS_I64 && args[0].form == VEC_FLAT && args[1].form == VEC_CONST && type_is_time_point(type);
    if (!plain || type->precision < 3 || call->expr->args[1]->type->kind != TYPE_INTERVAL_SECOND)
        return rows_by_body(call, env, body, args, 2, true, sel, n, out, bad_row, err);
    const int64_t *a = args[0].data;
    int64_t *restrict r = out->data;
    uint64_t by = (uint64_t)sign * (uint64_t)((const int64_t *)args[1].data)[0] * 1000;
    for (uint32_t i = 0; i < out->len; i++) r[i] = (int64_t)((uint64_t)a[i] + by);
    return true;
}

static bool kernel_plus_interval(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)
{
    return shift_kernel(call, env, body_plus_interval, 1, args, sel, n, out, bad_row, err);
}

static bool kernel_minus_interval(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)
{
    return shift_kernel(call, env, body_minus_interval, -1, args, sel, n, out, bad_row, err);
}

/* (a - b) unit: MINUS_DATE(unit, a, b). */
static const Type *infer_minus_date(InferCtx *infer, Err *err)
{
    const Datum *unit = infer_const(infer, 0);
    Str word = unit && !unit->null ? datum_text(unit) : STR_NULL;        /* DAY TO SECOND: the first unit decides */
    int64_t blank = str_find(word, STR(" "), 0);
    int which = word.len ? time_unit_find(blank < 0 ? word : str_sub(word, 0, (uint32_t)blank)) : -1;
    const Type *a = infer->args[1]->type, *b = infer->args[2]->type;
    if (which < 0 || (a->kind == TYPE_TIME) != (b->kind == TYPE_TIME)) return infer_refuse(infer, err);
    if ((a->kind == TYPE_TIMESTAMP_LTZ) != (b->kind == TYPE_TIMESTAMP_LTZ)) return infer_refuse(infer, err);
    return type_simple(which >= UNIT_MONTH && which <= UNIT_MILLENNIUM ? TYPE_INTERVAL_MONTH : TYPE_INTERVAL_SECOND, true);
}

static Instant point_of(const Type *type, const Datum *v)
{
    if (type->kind == TYPE_DATE) return (Instant){ (int64_t)v->v.i32 * 86400, 0 };
    if (type->kind == TYPE_TIME) return (Instant){ v->v.i32 / 1000, v->v.i32 % 1000 * 1000000 };
    return instant_of(type, v);
}

static bool body_minus_date(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)env; (void)err;
    Instant a = point_of(call->expr->args[1]->type, &args[1]), b = point_of(call->expr->args[2]->type, &args[2]);
    if (call->expr->type->kind == TYPE_INTERVAL_MONTH) out->v.i64 = instant_diff(UNIT_MONTH, b, a);
    else out->v.i64 = (int64_t)(((uint64_t)a.sec - (uint64_t)b.sec) * 1000 + (uint64_t)(a.nano / 1000000 - b.nano / 1000000));   /* wraps, as Java does */
    return true;
}

/* --- comparisons --- */

static bool text_against_other(const Expr *a, const Expr *b)
{
    return type_is_string(a->type) && (type_is_datetime(b->type) || b->type->kind == TYPE_BOOLEAN);
}

/* = and <> of text with a date or BOOLEAN do not fail on text that cannot be read: the comparison is FALSE (as Flink does it);
 * constants are cast when planned and may fail there. BOOLEAN never equals text. */
static Expr *build_text_equality(InferCtx *infer, Err *err)
{
    Expr *a = infer->args[0], *b = infer->args[1];
    if (text_against_other(b, a)) { Expr *t = a; a = b; b = t; }
    if (b->type->kind != TYPE_BOOLEAN && expr_is_const(a))
        return binary(infer, infer->func, expr_coerce(infer->ctx->arena, a, b->type), b, type_simple(TYPE_BOOLEAN, true));
    (void)err;
    return binary(infer, func_find(infer->func->name[0] == '=' ? STR("=TEXT") : STR("<>TEXT")), a, b, type_simple(TYPE_BOOLEAN, true));
}

static bool text_equality(const FuncCall *call, EvalEnv *env, const Datum *args, bool negated, Datum *out)
{
    const Type *type = call->expr->args[1]->type;
    Err ignored = { 0 };
    Datum value = { 0 };
    if (type->kind == TYPE_BOOLEAN) { out->v.b = negated; return true; }
    if (!datum_parse(env->arena, type, datum_text(&args[0]), (const struct Zone *)env->zone, &value, &ignored)) return true;
    out->v.b = (value_order(type, &value, type, &args[1]) == 0) != negated;
    return true;
}

static bool body_text_eq(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)err;
    return text_equality(call, env, args, false, out);
}

static bool body_text_ne(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)err;
    return text_equality(call, env, args, true, out);
}

/* TIMESTAMP_LTZ with TIMESTAMP: the local times are compared. Instants are, which differ where the clocks change, for LTZ = column,
 * LTZ <> column and for the order to a literal (measured on Flink). */
static void zoned_coerce(InferCtx *infer)
{
    const Expr *a = infer->args[0], *b = infer->args[1];
    bool left = a->type->kind == TYPE_TIMESTAMP_LTZ && b->type->kind == TYPE_TIMESTAMP, right = a->type->kind == TYPE_TIMESTAMP && b->type->kind == TYPE_TIMESTAMP_LTZ;
    const char *name = infer->func->name;
    bool equality = strcmp(name, "=") == 0 || strcmp(name, "<>") == 0, order = !equality && (name[0] == '<' || name[0] == '>');
    bool instants = equality ? left && !expr_is_const(b) : order && (left ? b : a)->kind == EXPR_CONST;
    if ((!left && !right) || instants) return;
    uint32_t precision = a->type->precision > b->type->precision ? a->type->precision : b->type->precision;
    infer_cast(infer, left ? 0 : 1, type_time(infer->ctx->arena, TYPE_TIMESTAMP, precision, true));
}

static Expr *build_compare(InferCtx *infer, Err *err)
{
    const char *name = infer->func->name;
    bool equality = strcmp(name, "=") == 0 || strcmp(name, "<>") == 0 || strncmp(name, "IS ", 3) == 0;
    if (infer->nargs != 2) return refuse(infer, err);
    bool text = text_against_other(infer->args[0], infer->args[1]) || text_against_other(infer->args[1], infer->args[0]);
    if (text && strncmp(name, "IS ", 3) != 0 && equality) return build_text_equality(infer, err);
    zoned_coerce(infer);
    if (!compare_coerce(infer->ctx, &infer->args[0], &infer->args[1], equality, name, infer->span, err)) return NULL;
    Expr *call = binary(infer, infer->func, infer->args[0], infer->args[1], type_simple(TYPE_BOOLEAN, true));
    bool nullable = type_compares_null(infer->args[0]->type) || type_compares_null(infer->args[1]->type);
    call->type = type_simple(TYPE_BOOLEAN, nullable && !(infer->func->flags & FN_NOT_NULL));
    return call;
}

/* NULL equals NULL within rows too, where = would not know. */
static bool differ(const Type *ta, const Datum *a, const Type *tb, const Datum *b)
{
    if (a->null || b->null) return a->null != b->null;
    if (ta->kind != TYPE_ROW) return value_equal(ta, a, tb, b) != 1;
    for (uint32_t i = 0; i < ta->nfields; i++)
        if (differ(ta->fields[i].type, &a->v.nested->items[i], tb->fields[i].type, &b->v.nested->items[i])) return true;
    return false;
}

static bool distinct(const FuncCall *call, const Datum *args) { return differ(call->expr->args[0]->type, &args[0], call->expr->args[1]->type, &args[1]); }

static bool body_distinct(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)env; (void)err;
    out->v.b = distinct(call, args);
    return true;
}

static bool body_not_distinct(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)env; (void)err;
    out->v.b = !distinct(call, args);
    return true;
}

/* --- IS .., NOT --- */

typedef enum IsWhat { IS_NULL, IS_TRUE, IS_FALSE } IsWhat;

static bool is_holds(IsWhat what, const Datum *v)
{
    return what == IS_NULL ? v->null : !v->null && v->v.b == (what == IS_TRUE);
}

static void is_rows(IsWhat what, bool negated, const Vec *in, Vec *out)
{
    uint8_t *restrict r = out->data;
    const uint8_t *data = in->data;
    for (uint32_t i = 0; i < out->len; i++) {
        uint32_t cell = in->form == VEC_CONST ? 0 : i;
        bool null = in->valid && !bit_get(in->valid, cell);
        bool holds = what == IS_NULL ? null : !null && data[cell] == (what == IS_TRUE);
        r[i] = holds != negated;
    }
}

#define IS_OP(NAME, WHAT, NEGATED)                                                                                         \
    static bool body_##NAME(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)                   \
    { (void)call; (void)env; (void)err; out->v.b = is_holds(WHAT, &args[0]) != NEGATED; return true; }                     \
    static bool kernel_##NAME(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err) \
    { (void)call; (void)env; (void)sel; (void)n; (void)bad_row; (void)err; is_rows(WHAT, NEGATED, &args[0], out); return true; }
IS_OP(is_null, IS_NULL, false)
IS_OP(is_not_null, IS_NULL, true)
IS_OP(is_true, IS_TRUE, false)
IS_OP(is_not_true, IS_TRUE, true)
IS_OP(is_false, IS_FALSE, false)
IS_OP(is_not_false, IS_FALSE, true)

static bool body_not(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)call; (void)env; (void)err;
    out->v.b = !args[0].v.b;
    return true;
}

/* --- IN --- */

typedef struct InSet { uint32_t mask; bool has_null; Datum *slot; bool *used; } InSet;

/* A set only where hashing agrees with SQL equality: not for floats (-0.0, NaN) nor nested values. */
static void *prepare_in(const FuncCall *call, Arena *arena, const Datum *const *const_args, Err *err)
{
    (void)err;
    const Expr *expr = call->expr;
    const Type *type = expr->args[0]->type;
    if (expr->nargs - 1 < IN_SET_MIN || type_is_nested(type) || type_is_approx(type)) return NULL;
    for (uint32_t i = 1; i < expr->nargs; i++)
        if (!const_args[i]) return NULL;
    InSet *set = ARENA_NEW(arena, InSet);
    uint32_t size = 16;
    while (size < expr->nargs * 2) size *= 2;
    set->mask = size - 1;
    set->slot = ARENA_ARRAY(arena, Datum, size);
    set->used = ARENA_ARRAY(arena, bool, size);
    for (uint32_t i = 1; i < expr->nargs; i++) {
        if (const_args[i]->null) { set->has_null = true; continue; }
        uint32_t at = (uint32_t)datum_hash(type, const_args[i]) & set->mask;
        while (set->used[at]) at = (at + 1) & set->mask;
        set->used[at] = true;
        set->slot[at] = *const_args[i];
    }
    return set;
}

static bool in_set(const InSet *set, const Type *type, const Datum *value)
{
    for (uint32_t at = (uint32_t)datum_hash(type, value) & set->mask; set->used[at]; at = (at + 1) & set->mask)
        if (value_order(type, value, type, &set->slot[at]) == 0) return true;
    return false;
}

static bool body_in(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    (void)env; (void)err;
    const Expr *expr = call->expr;
    const Type *type = expr->args[0]->type;
    const InSet *set = call->prepared;
    bool unknown = args[0].null;
    if (!unknown && set) {
        out->v.b = in_set(set, type, &args[0]);
        unknown = !out->v.b && set->has_null;
    } else if (!unknown)
        for (uint32_t i = 1; i < expr->nargs && !out->v.b; i++) {
            int equal = args[i].null ? -1 : value_equal(type, &args[0], expr->args[i]->type, &args[i]);
            out->v.b = equal == 1;
            unknown = unknown || equal < 0;
        }
    out->null = !out->v.b && unknown;
    return true;
}

static const Type *infer_in(InferCtx *infer, Err *err)
{
    return infer_refuse(infer, err);             /* IN is built by expr_in only */
}

#define TOTAL_OP (FN_OPERATOR | FN_STRICT | FN_TOTAL)
const FuncDef fn_operator_table[] = {
    { .name = "+", .flags = TOTAL_OP, .build = build_plus, .body = body_add, .kernel = kernel_add, .category = "arithmetic",
      .doc = "Sum of two numbers or intervals; a date or time moved by an interval.", .example = "1 + 2.5", .result = "3.5" },
    { .name = "-", .flags = TOTAL_OP, .build = build_minus, .body = body_sub, .kernel = kernel_sub, .category = "arithmetic",
      .doc = "Difference of two numbers or intervals; a date or time moved back by an interval; negation.", .example = "5 - 7", .result = "-2" },
    { .name = "*", .flags = TOTAL_OP, .build = build_times, .body = body_mul, .kernel = kernel_mul, .category = "arithmetic",
      .doc = "Product of two numbers, or of an interval and a whole number.", .example = "6 * 7", .result = "42" },
    { .name = "/", .flags = FN_OPERATOR | FN_STRICT, .build = build_divide, .body = body_div, .kernel = kernel_div, .category = "arithmetic",
      .doc = "Quotient; whole numbers are divided without rest. Zero as a divisor fails for whole and decimal numbers.", .example = "7 / 2", .result = "3" },
    { .name = "%", .flags = FN_OPERATOR | FN_STRICT, .build = build_mod, .body = body_mod, .kernel = kernel_mod, .category = "arithmetic",
      .doc = "Remainder with the sign of the dividend.", .example = "-7 % 3", .result = "-1" },
    { .name = "MOD", .args = "=exact,exact", .flags = FN_STRICT, .build = build_mod, .body = body_mod, .kernel = kernel_mod, .category = "math",
      .doc = "Remainder with the sign of the dividend.", .example = "MOD(-7, 3)", .result = "-1" },
    { .name = "NEGATE", .args = "num|interval", .ret = "$1", .flags = TOTAL_OP | FN_INTERNAL, .body = body_negate, .kernel = kernel_negate, .category = "arithmetic",
      .doc = "The number or interval with the other sign.", .example = "-(3)", .result = "-3" },
    { .name = "PLUS_INTERVAL", .args = "datetime,interval", .ret = "$1", .flags = TOTAL_OP | FN_INTERNAL, .body = body_plus_interval, .kernel = kernel_plus_interval,
      .category = "time", .doc = "A date or time moved by an interval.", .example = "DATE '2024-01-31' + INTERVAL '1' MONTH", .result = "2024-02-29" },
    { .name = "MINUS_INTERVAL", .args = "datetime,interval", .ret = "$1", .flags = TOTAL_OP | FN_INTERNAL, .body = body_minus_interval, .kernel = kernel_minus_interval,
      .category = "time", .doc = "A date or time moved back by an interval.", .example = "DATE '2024-03-31' - INTERVAL '1' MONTH", .result = "2024-02-29" },
    { .name = "MINUS_DATE", .args = "sym,datetime,datetime", .flags = FN_OPERATOR | FN_STRICT | FN_INTERNAL | FN_SYMBOL0, .infer = infer_minus_date,
      .body = body_minus_date, .category = "time", .doc = "Interval between two points in time.", .example = "(DATE '2024-03-01' - DATE '2024-02-28') DAY",
      .result = "+2 00:00:00.000" },
    { .name = "=", .flags = TOTAL_OP, .build = build_compare, .body = body_eq, .kernel = kernel_eq, .category = "comparison",
      .doc = "TRUE if both are equal.", .example = "1 = 1.0", .result = "TRUE" },
    { .name = "<>", .flags = TOTAL_OP, .build = build_compare, .body = body_ne, .kernel = kernel_ne, .category = "comparison",
      .doc = "TRUE if both differ.", .example = "'a' <> 'b'", .result = "TRUE" },
    { .name = "<", .flags = TOTAL_OP, .build = build_compare, .body = body_lt, .kernel = kernel_lt, .category = "comparison",
      .doc = "TRUE if the left is less.", .example = "1 < 2", .result = "TRUE" },
    { .name = "<=", .flags = TOTAL_OP, .build = build_compare, .body = body_le, .kernel = kernel_le, .category = "comparison",
      .doc = "TRUE if the left is not greater.", .example = "2 <= 2", .result = "TRUE" },
    { .name = ">", .flags = TOTAL_OP, .build = build_compare, .body = body_gt, .kernel = kernel_gt, .category = "comparison",
      .doc = "TRUE if the left is greater.", .example = "1 > 2", .result = "FALSE" },
    { .name = ">=", .flags = TOTAL_OP, .build = build_compare, .body = body_ge, .kernel = kernel_ge, .category = "comparison",
      .doc = "TRUE if the left is not less.", .example = "2 >= 2", .result = "TRUE" },
    { .name = "=TEXT", .args = "str,any", .ret = "BOOLEAN", .flags = TOTAL_OP | FN_INTERNAL, .body = body_text_eq, .category = "comparison",
      .doc = "Text equal to a date or time; FALSE if the text is none.", .example = "'2020-1-1' = DATE '2020-01-01'", .result = "TRUE" },
    { .name = "<>TEXT", .args = "str,any", .ret = "BOOLEAN", .flags = TOTAL_OP | FN_INTERNAL, .body = body_text_ne, .category = "comparison",
      .doc = "Text different from a date or time; FALSE if the text is none.", .example = "'2020-1-2' <> DATE '2020-01-01'", .result = "TRUE" },
    { .name = "IS DISTINCT FROM", .flags = FN_OPERATOR | FN_NOT_NULL | FN_TOTAL, .build = build_compare, .body = body_distinct, .category = "comparison",
      .doc = "TRUE if both differ, where NULL equals NULL.", .example = "1 IS DISTINCT FROM 2", .result = "TRUE" },
    { .name = "IS NOT DISTINCT FROM", .flags = FN_OPERATOR | FN_NOT_NULL | FN_TOTAL, .build = build_compare, .body = body_not_distinct, .category = "comparison",
      .doc = "TRUE if both are equal, where NULL equals NULL.", .example = "1 IS NOT DISTINCT FROM 1.0", .result = "TRUE" },
    { .name = "IS NULL", .args = "any", .ret = "BOOLEAN", .flags = FN_OPERATOR | FN_NOT_NULL | FN_TOTAL, .body = body_is_null, .kernel = kernel_is_null,
      .category = "comparison", .doc = "TRUE if the value is NULL.", .example = "1 IS NULL", .result = "FALSE" },
    { .name = "IS NOT NULL", .args = "any", .ret = "BOOLEAN", .flags = FN_OPERATOR | FN_NOT_NULL | FN_TOTAL, .body = body_is_not_null, .kernel = kernel_is_not_null,
      .category = "comparison", .doc = "TRUE if the value is not NULL.", .example = "1 IS NOT NULL", .result = "TRUE" },
    { .name = "IS TRUE", .args = "bool", .ret = "BOOLEAN", .flags = FN_OPERATOR | FN_NOT_NULL | FN_TOTAL, .body = body_is_true, .kernel = kernel_is_true,
      .category = "logic", .doc = "TRUE if the condition is TRUE; NULL counts as not.", .example = "(1 = 1) IS TRUE", .result = "TRUE" },
    { .name = "IS NOT TRUE", .args = "bool", .ret = "BOOLEAN", .flags = FN_OPERATOR | FN_NOT_NULL | FN_TOTAL, .body = body_is_not_true, .kernel = kernel_is_not_true,
      .category = "logic", .doc = "TRUE if the condition is FALSE or NULL.", .example = "(1 = 1) IS NOT TRUE", .result = "FALSE" },
    { .name = "IS FALSE", .args = "bool", .ret = "BOOLEAN", .flags = FN_OPERATOR | FN_NOT_NULL | FN_TOTAL, .body = body_is_false, .kernel = kernel_is_false,
      .category = "logic", .doc = "TRUE if the condition is FALSE.", .example = "(1 = 2) IS FALSE", .result = "TRUE" },
    { .name = "IS NOT FALSE", .args = "bool", .ret = "BOOLEAN", .flags = FN_OPERATOR | FN_NOT_NULL | FN_TOTAL, .body = body_is_not_false, .kernel = kernel_is_not_false,
      .category = "logic", .doc = "TRUE if the condition is TRUE or NULL.", .example = "(1 = 2) IS NOT FALSE", .result = "FALSE" },
    { .name = "IS UNKNOWN", .args = "bool", .ret = "BOOLEAN", .flags = FN_OPERATOR | FN_NOT_NULL | FN_TOTAL, .body = body_is_null, .kernel = kernel_is_null,
      .category = "logic", .doc = "TRUE if the condition is NULL.", .example = "(1 = 2) IS UNKNOWN", .result = "FALSE" },
    { .name = "IS NOT UNKNOWN", .args = "bool", .ret = "BOOLEAN", .flags = FN_OPERATOR | FN_NOT_NULL | FN_TOTAL, .body = body_is_not_null, .kernel = kernel_is_not_null,
      .category = "logic", .doc = "TRUE if the condition is TRUE or FALSE.", .example = "(1 = 2) IS NOT UNKNOWN", .result = "TRUE" },
    { .name = "NOT", .args = "bool", .ret = "BOOLEAN", .flags = TOTAL_OP, .body = body_not, .kernel = kernel_not, .category = "logic",
      .doc = "The opposite; NULL stays NULL.", .example = "NOT (1 = 2)", .result = "TRUE" },
    { .name = "IN", .infer = infer_in, .flags = FN_OPERATOR | FN_TOTAL | FN_SET, .body = body_in, .prepare = prepare_in, .category = "comparison",
      .doc = "TRUE if the value is in the list; NULL if it is not and something is NULL.", .example = "2 IN (1, 2)", .result = "TRUE" },
    { .name = NULL }
};
