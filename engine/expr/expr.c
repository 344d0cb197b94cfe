/* The typed tree itself: leaves, walking, equality, folding of constants, text.
 * Nodes are immutable once built; trees may share sub-trees. Everything lives in the arena given. Thread-safe. */
#include "engine/expr/fn.h"
#include "engine/expr/program.h"
#include "engine/expr/rules.h"
#include "engine/type/decimal.h"
#include "engine/type/text.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

Expr *expr_const(Arena *arena, const Type *type, Datum value, Span span)
{
    Expr *expr = ARENA_NEW(arena, Expr);
    expr->kind = EXPR_CONST;
    expr->type = type;
    expr->value = value;
    expr->span = span;
    return expr;
}

Expr *expr_null(Arena *arena, Span span) { return expr_const(arena, type_simple(TYPE_NULL, true), datum_null(), span); }

Expr *expr_column(Arena *arena, uint32_t column, const Type *type, Span span)
{
    Expr *expr = ARENA_NEW(arena, Expr);
    expr->kind = EXPR_COLUMN;
    expr->type = type;
    expr->column = column;
    expr->span = span;
    return expr;
}

Expr *expr_symbol(Arena *arena, Str word, Span span)
{
    return expr_const(arena, type_sized(arena, TYPE_CHAR, 0, false), datum_str(arena, word), span);
}

Expr *expr_call_node(Arena *arena, const FuncDef *func, Expr **args, uint32_t nargs, const Type *type, Span span)
{
    Expr *expr = ARENA_NEW(arena, Expr);
    expr->kind = EXPR_CALL;
    expr->func = func;
    expr->args = arena_copy(arena, args, sizeof *args * nargs);
    expr->nargs = nargs;
    expr->type = type;
    expr->span = span;
    return expr;
}

Expr *expr_coerce(Arena *arena, Expr *value, const Type *type)
{
    if (value->kind == EXPR_CONST && value->type->kind == TYPE_NULL)
        return expr_const(arena, type_with_null(arena, type, true), datum_null(), value->span);
    const Type *target = type_nullable_as(arena, type, value->type);
    if (type_eq(value->type, target, true)) return value;
    Expr *expr = ARENA_NEW(arena, Expr);
    expr->kind = EXPR_CAST;
    expr->implicit = true;
    expr->type = target->attr == ATTR_NONE ? target : type_with_attr(arena, target, ATTR_NONE);
    expr->args = ARENA_ARRAY(arena, Expr *, 1);
    expr->args[0] = value;
    expr->nargs = 1;
    expr->span = value->span;
    expr->origin = value->origin;
    return expr;
}

/* --- places --- */

void expr_set_origin(Expr *expr, const ExprOrigin *origin)
{
    if (!origin || expr->origin) return;
    expr->origin = origin;
    for (uint32_t i = 0; i < expr->nargs; i++) expr_set_origin(expr->args[i], origin);
}

bool expr_blame(const Expr *expr, Err *err)
{
    enum { SHOWN = 200 };
    const ExprOrigin *origin = expr->origin;
    if (!origin) return err_span(err, expr->span);
    if (err->span.len) return false;
    Str text = str_sub(origin->text, expr->span.pos, expr->span.len);
    uint32_t shown = utf8_offset(text, SHOWN);
    err_span(err, origin->reference);
    if (!text.len) return false;
    return err_detail(err, "It stands in " STR_FMT ": " STR_FMT "%s", STR_ARG(origin->what), STR_ARG(str_sub(text, 0, shown)), shown < text.len ? " .." : "");
}

/* --- questions --- */

bool expr_equal(const Expr *a, const Expr *b)
{
    if (a == b) return true;
    if (a->kind != b->kind || a->nargs != b->nargs || a->func != b->func || a->try_cast != b->try_cast) return false;
    if (!type_eq(a->type, b->type, false)) return false;
    if (a->kind == EXPR_COLUMN) return a->column == b->column;
    if (a->kind == EXPR_CONST) return datum_eq(a->type, &a->value, &b->value);
    /* data is derived from function, arguments and types: equal where they are. */
    for (uint32_t i = 0; i < a->nargs; i++)
        if (!expr_equal(a->args[i], b->args[i])) return false;
    return true;
}

bool expr_is_deterministic(const Expr *expr)
{
    if (expr->kind == EXPR_CALL && expr->func->flags & FN_VOLATILE) return false;
    for (uint32_t i = 0; i < expr->nargs; i++)
        if (!expr_is_deterministic(expr->args[i])) return false;
    return true;
}

bool expr_is_const(const Expr *expr)
{
    if (expr->kind == EXPR_COLUMN) return false;
    if (expr->kind == EXPR_CALL && expr->func->flags & FN_VOLATILE) return false;
    for (uint32_t i = 0; i < expr->nargs; i++)
        if (!expr_is_const(expr->args[i])) return false;
    return true;
}

void expr_columns(const Expr *expr, uint64_t *bits)
{
    if (expr->kind == EXPR_COLUMN) bit_set(bits, expr->column);
    for (uint32_t i = 0; i < expr->nargs; i++) expr_columns(expr->args[i], bits);
}

/* --- rewriting --- */

Expr *expr_substitute(Arena *arena, const Expr *expr, Expr *const *map, uint32_t nmap)
{
    if (expr->kind == EXPR_COLUMN && expr->column < nmap && map[expr->column]) return map[expr->column];
    if (expr->nargs == 0) return (Expr *)expr;
    Expr *copy = arena_copy(arena, expr, sizeof *expr);
    copy->args = ARENA_ARRAY(arena, Expr *, expr->nargs);
    for (uint32_t i = 0; i < expr->nargs; i++) copy->args[i] = expr_substitute(arena, expr->args[i], map, nmap);
    return copy;
}

static Expr *with_args(Arena *arena, const Expr *expr, Expr **args, uint32_t nargs)
{
    if (nargs == expr->nargs && memcmp(args, expr->args, sizeof *args * nargs) == 0) return (Expr *)expr;
    Expr *copy = arena_copy(arena, expr, sizeof *expr);
    copy->args = arena_copy(arena, args, sizeof *args * nargs);
    copy->nargs = nargs;
    return copy;
}

static bool is_const_bool(const Expr *expr, bool value)
{
    return expr->kind == EXPR_CONST && !expr->value.null && expr->type->kind == TYPE_BOOLEAN && expr->value.v.b == value;
}

static bool is_const_not_true(const Expr *expr) { return expr->kind == EXPR_CONST && (expr->value.null || is_const_bool(expr, false)); }

/* --- folded constants become literals --- */

/* FLOAT goes through a decimal of 7 digits, half to even; printf rounds the exact value so. */
static bool float_literal(const Expr *expr, Datum *value, Err *err)
{
    if (!isfinite(value->v.f32)) {
        err_set(err, E_RANGE, "a FLOAT constant is infinite or no number");
        return expr_blame(expr, err);
    }
    char text[32];
    snprintf(text, sizeof text, "%.6e", (double)value->v.f32);
    value->v.f32 = strtof(text, NULL) + 0.0f;
    return true;
}

/* CHAR(n) is cut or filled up to n characters, as Java counts them. */
static void char_literal(Arena *arena, const Type *type, Datum *value)
{
    Str text = datum_text(value);
    uint32_t have = utf16_len(text), fill = have < type->precision ? type->precision - have : 0;
    uint32_t bytes = fill ? text.len : str_prefix_units(text, type->precision).len;
    char *p = arena_alloc(arena, bytes + fill);
    memcpy(p, text.ptr, bytes);
    memset(p + bytes, ' ', fill);
    value->v.str = strview_of(p, bytes + fill);
}

/* Years have four digits in a literal: those beyond 9999 lose the first. Dates and timestamps have no year 0,
 * unless a cast of a TIMESTAMP_LTZ made them. */
static bool time_literal(const Expr *expr, bool cast, Datum *value, Err *err)
{
    const Type *type = expr->type;
    bool date = type->kind == TYPE_DATE;
    Civil civil = civil_of(date ? (Instant){ (int64_t)value->v.i32 * 86400, 0 } : instant_of(type, value));
    bool wraps = civil.year > 9999;
    civil.year %= 10000;
    if (civil.year < 1 && type->kind != TYPE_TIMESTAMP_LTZ && !cast) {
        err_set(err, E_RANGE, "date or time is outside the years 1 to 9999");
        err->stage = STAGE_VALIDATE;
        return expr_blame(expr, err);
    }
    if (wraps && date) value->v.i32 = (int32_t)days_from_civil(civil.year, civil.month, civil.day);
    else if (wraps) *value = instant_datum(type, civil_instant(&civil));
    return true;
}

/* Flink's planner evaluates constants as wide as they reach and writes the value as a literal again, which rounds what the type of the
 * literal cannot hold. ARRAY, MAP and MULTISET are never written as literals; ROW is made of those of its fields. */
static Expr *as_literal(ExprCtx *ctx, Expr *expr, bool cast, Err *err)
{
    if (expr->kind != EXPR_CONST || expr->value.null) return expr;
    Datum value = expr->value;
    switch (expr->type->kind) {
    case TYPE_FLOAT: if (!float_literal(expr, &value, err)) return NULL; break;
    case TYPE_DOUBLE: value.v.f64 += 0.0; break;                /* -0.0 becomes 0.0 */
    case TYPE_CHAR: if (expr->type->precision) char_literal(ctx->arena, expr->type, &value); break;       /* a word has no length */
    case TYPE_TIME:
        if (value.v.i32 < 86400000) break;
        err_set(err, E_RANGE, "a TIME constant has no hour 24");
        err->stage = STAGE_VALIDATE;
        expr_blame(expr, err);
        return NULL;
    case TYPE_DATE: case TYPE_TIMESTAMP: case TYPE_TIMESTAMP_LTZ: if (!time_literal(expr, cast, &value, err)) return NULL; break;
    default: return expr;
    }
    return expr_const(ctx->arena, expr->type, value, expr->span);
}

/* Casts of literals, one in the other, are literals before the call around them is looked at; a number cast to FLOAT keeps its digits. */
static bool is_literal_cast(const Expr *expr)
{
    return expr->kind == EXPR_CAST && (expr->args[0]->kind == EXPR_CONST || is_literal_cast(expr->args[0]));
}

static bool keeps_digits(const Expr *expr)
{
    bool settled_inside = expr->kind == EXPR_CASE || expr->kind == EXPR_COALESCE || expr->kind == EXPR_AND || expr->kind == EXPR_OR;
    return expr->kind == EXPR_CONST || settled_inside || (expr->kind == EXPR_CAST && expr->type->kind == TYPE_FLOAT && type_is_numeric(expr->args[0]->type) && is_literal_cast(expr));
}

/* What became of `expr` by folding, in a place where no constant surrounds it. */
static Expr *settled(ExprCtx *ctx, const Expr *expr, Expr *folded, Err *err)
{
    return !folded || keeps_digits(expr) ? folded : as_literal(ctx, folded, expr->kind == EXPR_CAST && expr->args[0]->type->kind == TYPE_TIMESTAMP_LTZ, err);
}

static bool settle_args(ExprCtx *ctx, const Expr *expr, Expr **args, Err *err)
{
    for (uint32_t i = 0; i < expr->nargs; i++)
        if (!(args[i] = settled(ctx, expr->args[i], args[i], err))) return false;
    return true;
}

/* Folds a branch that may never run: what fails in it stays unfolded and fails only on the rows that reach it. */
static Expr *fold_guarded(ExprCtx *ctx, Expr *expr)
{
    Err ignored = { 0 };
    Expr *folded = expr_fold(ctx, expr, &ignored);
    return folded ? folded : expr;
}

/* The replaced node keeps the type (and with it the nullability) that was announced for the whole. */
static Expr *retyped(Arena *arena, Expr *expr, const Type *type)
{
    if (type_eq(expr->type, type, false)) return expr;
    if (!type_eq(expr->type, type, true)) return expr_coerce(arena, expr, type);
    Expr *copy = arena_copy(arena, expr, sizeof *expr);
    copy->type = type;
    return copy;
}

static Expr *fold_case(ExprCtx *ctx, Expr *expr, Err *err)
{
    Expr **args = ARENA_ARRAY(ctx->arena, Expr *, expr->nargs);
    uint32_t n = 0;
    bool decided = false;
    for (uint32_t i = 0; i + 1 < expr->nargs && !decided; i += 2) {
        Expr *cond = n ? fold_guarded(ctx, expr->args[i]) : expr_fold(ctx, expr->args[i], err);
        if (!cond) return NULL;
        if (is_const_not_true(cond)) continue;
        decided = is_const_bool(cond, true);
        Expr *then = decided && n == 0 ? expr_fold(ctx, expr->args[i + 1], err) : fold_guarded(ctx, expr->args[i + 1]);
        if (!then) return NULL;
        if (decided) { args[n++] = then; break; }
        args[n++] = cond;
        args[n++] = then;
    }
    if (!decided) {
        Expr *last = n ? fold_guarded(ctx, expr->args[expr->nargs - 1]) : expr_fold(ctx, expr->args[expr->nargs - 1], err);
        if (!last) return NULL;
        args[n++] = last;
    }
    return n == 1 ? retyped(ctx->arena, args[0], expr->type) : with_args(ctx->arena, expr, args, n);
}

static Expr *fold_logical(ExprCtx *ctx, Expr *expr, Err *err)
{
    bool is_and = expr->kind == EXPR_AND;
    Expr **args = ARENA_ARRAY(ctx->arena, Expr *, expr->nargs);
    uint32_t n = 0;
    for (uint32_t i = 0; i < expr->nargs; i++) {
        Expr *term = n ? fold_guarded(ctx, expr->args[i]) : expr_fold(ctx, expr->args[i], err);
        if (!term) return NULL;
        if (is_const_bool(term, !is_and)) {      /* FALSE decides AND, TRUE decides OR; the terms before it may still fail at run time */
            if (n == 0) return retyped(ctx->arena, term, expr->type);
            args[n++] = term;
            break;
        }
        if (!is_const_bool(term, is_and)) args[n++] = term;
    }
    if (n == 0) return expr_const(ctx->arena, expr->type, datum_bool(is_and), expr->span);
    return n == 1 ? retyped(ctx->arena, args[0], expr->type) : with_args(ctx->arena, expr, args, n);
}

static Expr *fold_coalesce(ExprCtx *ctx, Expr *expr, Err *err)
{
    Expr **args = ARENA_ARRAY(ctx->arena, Expr *, expr->nargs);
    uint32_t n = 0;
    for (uint32_t i = 0; i < expr->nargs; i++) {
        Expr *arg = n ? fold_guarded(ctx, expr->args[i]) : expr_fold(ctx, expr->args[i], err);
        if (!arg) return NULL;
        if (arg->kind == EXPR_CONST && arg->value.null && i + 1 < expr->nargs) continue;
        args[n++] = arg;
        if (arg->kind == EXPR_CONST && !arg->value.null) break;
    }
    return n == 1 ? retyped(ctx->arena, args[0], expr->type) : with_args(ctx->arena, expr, args, n);
}

/* Flink's planner divides constants as decimals, so a constant zero divisor fails even where doubles would give Infinity. */
static bool refuse_constant_zero(const Expr *expr, Expr *const *args, Err *err)
{
    if (expr->kind != EXPR_CALL || expr->nargs != 2 || !type_is_approx(expr->type) || strcmp(expr->func->name, "/") != 0) return true;
    if (args[0]->value.null || args[1]->value.null) return true;
    double divisor = args[1]->type->kind == TYPE_FLOAT ? (double)args[1]->value.v.f32 : args[1]->value.v.f64;
    return divisor != 0 ? true : err_set(err, E_DIVISION, "division by zero") || expr_blame(expr, err);
}

/* Flink's planner writes folded values as literals again, which refuses decimals rounded up past their precision. */
static bool constant_fits(const Expr *expr, const Datum *value, Err *err)
{
    if (value->null || expr->type->kind != TYPE_DECIMAL || decimal_fits(value->v.i128, expr->type->precision)) return true;
    err_set(err, E_RANGE, "constant does not fit its type DECIMAL");
    err->stage = STAGE_VALIDATE;
    return expr_blame(expr, err);
}

static bool is_number(const Expr *expr, int number)
{
    if (expr->kind != EXPR_CONST || expr->value.null) return false;
    switch (expr->type->kind) {
    case TYPE_TINYINT: return expr->value.v.i8 == number;
    case TYPE_SMALLINT: return expr->value.v.i16 == number;
    case TYPE_INT: return expr->value.v.i32 == number;
    case TYPE_BIGINT: return expr->value.v.i64 == number;
    case TYPE_FLOAT: return expr->value.v.f32 == (float)number;
    case TYPE_DOUBLE: return expr->value.v.f64 == (double)number;
    default: return false;
    }
}

/* x + 0, 0 + x, x - 0, x * 1, 1 * x, x / 1 are x, as in Flink's planner (which keeps a -0.0 so); NULL otherwise. */
static Expr *neutral_operand(const Expr *expr, Expr *const *args)
{
    if (expr->kind != EXPR_CALL || expr->nargs != 2) return NULL;
    const char *op = expr->func->name;
    bool sum = strcmp(op, "+") == 0, product = strcmp(op, "*") == 0;
    int neutral = product || strcmp(op, "/") == 0;
    Expr *left = NULL;
    if ((sum || product) && is_number(args[0], neutral)) left = args[1];
    if ((sum || product || strcmp(op, "-") == 0 || strcmp(op, "/") == 0) && is_number(args[1], neutral)) left = args[0];
    return left && type_eq(left->type, expr->type, false) ? left : NULL;
}

static Expr *fold(ExprCtx *ctx, Expr *expr, Err *err)
{
    switch (expr->kind) {
    case EXPR_CONST: case EXPR_COLUMN: return expr;
    case EXPR_CASE: return fold_case(ctx, expr, err);
    case EXPR_AND: case EXPR_OR: return fold_logical(ctx, expr, err);
    case EXPR_COALESCE: return fold_coalesce(ctx, expr, err);
    case EXPR_CALL: case EXPR_CAST: break;
    }
    Expr **args = ARENA_ARRAY(ctx->arena, Expr *, expr->nargs);
    bool all_const = expr->kind != EXPR_CALL || !(expr->func->flags & FN_VOLATILE);
    for (uint32_t i = 0; i < expr->nargs; i++) {
        args[i] = fold(ctx, expr->args[i], err);
        if (!args[i]) return NULL;
        all_const = all_const && args[i]->kind == EXPR_CONST;
    }
    bool row = expr->kind == EXPR_CALL && expr->type->kind == TYPE_ROW && strcmp(expr->func->name, "ROW") == 0;
    if ((row || !all_const) && !settle_args(ctx, expr, args, err)) return NULL;
    Expr *folded = with_args(ctx->arena, expr, args, expr->nargs);
    if (!all_const) {
        Expr *operand = neutral_operand(expr, args);
        return operand ? operand : folded;
    }
    if (!refuse_constant_zero(expr, args, err)) return NULL;
    Datum value;
    if (!expr_eval_const(ctx, folded, &value, err)) return NULL;
    if (!constant_fits(expr, &value, err)) return NULL;
    folded = expr_const(ctx->arena, expr->type, value, expr->span);
    return is_literal_cast(expr) ? settled(ctx, expr, folded, err) : folded;
}

Expr *expr_fold(ExprCtx *ctx, Expr *expr, Err *err)
{
    return settled(ctx, expr, fold(ctx, expr, err), err);
}

/* --- text --- */

static void print_const(const Expr *expr, StrBuf *out)
{
    if (expr->value.null) { strbuf_addz(out, "NULL"); return; }
    bool quoted = type_is_string(expr->type);
    if (quoted) strbuf_addc(out, '\'');
    datum_print(expr->type, &expr->value, zone_utc(), out);
    if (quoted) strbuf_addc(out, '\'');
}

static void print_list(const Expr *expr, const char *separator, const Schema *schema, StrBuf *out)
{
    for (uint32_t i = 0; i < expr->nargs; i++) {
        if (i) strbuf_addz(out, separator);
        expr_print(expr->args[i], schema, out);
    }
}

static void print_call(const Expr *expr, const Schema *schema, StrBuf *out)
{
    const char *name = expr->func->name;
    bool infix = expr->func->flags & FN_OPERATOR && expr->nargs == 2;
    bool postfix = expr->func->flags & FN_OPERATOR && expr->nargs == 1 && strncmp(name, "IS ", 3) == 0;
    if (infix || postfix) {
        strbuf_addc(out, '(');
        expr_print(expr->args[0], schema, out);
        strbuf_addf(out, " %s", name);
        if (infix) { strbuf_addc(out, ' '); expr_print(expr->args[1], schema, out); }
        strbuf_addc(out, ')');
        return;
    }
    strbuf_addf(out, "%s(", name);
    print_list(expr, ", ", schema, out);
    strbuf_addc(out, ')');
}

void expr_print(const Expr *expr, const Schema *schema, StrBuf *out)
{
    switch (expr->kind) {
    case EXPR_CONST: print_const(expr, out); return;
    case EXPR_COLUMN:
        if (schema && expr->column < schema->n) strbuf_adds(out, schema->cols[expr->column].name);
        else strbuf_addf(out, "$%u", expr->column);
        return;
    case EXPR_CALL: print_call(expr, schema, out); return;
    case EXPR_CASE: strbuf_addz(out, "CASE("); print_list(expr, ", ", schema, out); strbuf_addc(out, ')'); return;
    case EXPR_AND: strbuf_addc(out, '('); print_list(expr, " AND ", schema, out); strbuf_addc(out, ')'); return;
    case EXPR_OR: strbuf_addc(out, '('); print_list(expr, " OR ", schema, out); strbuf_addc(out, ')'); return;
    case EXPR_COALESCE: strbuf_addz(out, "COALESCE("); print_list(expr, ", ", schema, out); strbuf_addc(out, ')'); return;
    case EXPR_CAST:
        if (expr->implicit) { expr_print(expr->args[0], schema, out); return; }
        strbuf_addz(out, expr->try_cast ? "TRY_CAST(" : "CAST(");
        expr_print(expr->args[0], schema, out);
        strbuf_addz(out, " AS ");
        type_print(expr->type, false, out);
        strbuf_addc(out, ')');
        return;
    }
}
