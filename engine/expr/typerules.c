/* Type rules: which type several values share, what arithmetic yields, which casts exist.
 * Two unifiers exist in Flink: Calcite's (CASE, IF, UNION, VALUES, ARRAY) where the first of FLOAT and DOUBLE wins, and
 * Flink's own (COALESCE, GREATEST) where DOUBLE wins. Pure; results live in the caller's arena. */
#include "engine/expr/rules.h"

enum { DECIMAL_DIGITS_MAX = 38, DIV_SCALE_MIN = 6 };

bool type_is_approx(const Type *type) { return type->kind == TYPE_FLOAT || type->kind == TYPE_DOUBLE; }
bool type_is_chars(const Type *type) { return type_is_string(type) || type_is_binary(type); }
bool type_is_time_point(const Type *type) { return type->kind == TYPE_TIMESTAMP || type->kind == TYPE_TIMESTAMP_LTZ; }
bool type_is_interval(const Type *type) { return type->kind == TYPE_INTERVAL_MONTH || type->kind == TYPE_INTERVAL_SECOND; }

static inline uint32_t max_u32(uint32_t a, uint32_t b) { return a > b ? a : b; }
static inline uint32_t min_u32(uint32_t a, uint32_t b) { return a < b ? a : b; }

void type_digits(const Type *type, uint32_t *precision, uint32_t *scale)
{
    *scale = 0;
    switch (type->kind) {
    case TYPE_TINYINT: *precision = 3; break;
    case TYPE_SMALLINT: *precision = 5; break;
    case TYPE_INT: *precision = 10; break;
    case TYPE_BIGINT: *precision = 19; break;
    default: *precision = type->precision; *scale = type->scale; break;
    }
}

const Type *type_nullable_as(Arena *arena, const Type *type, const Type *like)
{
    return type_with_null(arena, type, like->nullable);
}

bool type_compares_null(const Type *type)
{
    if (type->nullable) return true;
    for (uint32_t i = 0; type->kind == TYPE_ROW && i < type->nfields; i++)
        if (type_compares_null(type->fields[i].type)) return true;
    return false;
}

/* --- arithmetic --- */

/* Cuts a computed (p, s) to 38 digits: integer digits are kept, at most 6 fraction digits are promised. */
static const Type *decimal_adjusted(Arena *arena, uint32_t precision, uint32_t scale)
{
    if (precision <= DECIMAL_DIGITS_MAX) return type_decimal(arena, precision, scale, false);
    uint32_t whole = precision - scale;
    uint32_t room = whole >= DECIMAL_DIGITS_MAX ? 0 : DECIMAL_DIGITS_MAX - whole;
    return type_decimal(arena, DECIMAL_DIGITS_MAX, max_u32(room, min_u32(scale, DIV_SCALE_MIN)), false);
}

static const Type *decimal_result(Arena *arena, char op, const Type *a, const Type *b)
{
    uint32_t p1, s1, p2, s2, scale;
    type_digits(a, &p1, &s1);
    type_digits(b, &p2, &s2);
    switch (op) {
    case '*': return decimal_adjusted(arena, p1 + p2 + 1, s1 + s2);
    case '/':
        scale = max_u32(DIV_SCALE_MIN, s1 + p2 + 1);
        return decimal_adjusted(arena, p1 - s1 + s2 + scale, scale);
    case '%':
        scale = max_u32(s1, s2);
        return decimal_adjusted(arena, min_u32(p1 - s1, p2 - s2) + scale, scale);
    default:
        scale = max_u32(s1, s2);
        return decimal_adjusted(arena, scale + max_u32(p1 - s1, p2 - s2) + 1, scale);
    }
}

const Type *type_arith(Arena *arena, char op, const Type *a, const Type *b)
{
    if (type_is_approx(a) && type_is_approx(b)) return type_simple(a->kind, false);
    if (type_is_approx(a) || type_is_approx(b)) {
        const Type *approx = type_is_approx(a) ? a : b, *exact = type_is_approx(a) ? b : a;
        return type_simple(exact->kind == TYPE_DECIMAL ? TYPE_DOUBLE : approx->kind, false);
    }
    if (a->kind == TYPE_DECIMAL || b->kind == TYPE_DECIMAL) return decimal_result(arena, op, a, b);
    return type_simple(a->kind > b->kind ? a->kind : b->kind, false);
}

/* --- common types --- */

typedef enum Unifier { UNIFY_CALCITE, UNIFY_FLINK, UNIFY_COMPARE } Unifier;
static const Type *unify(Arena *arena, Unifier how, const Type *a, const Type *b);

static const Type *unify_numbers(Arena *arena, Unifier how, const Type *a, const Type *b, bool nullable)
{
    if (type_is_approx(a) && type_is_approx(b)) {
        TypeKind kind = how == UNIFY_FLINK ? (a->kind == TYPE_DOUBLE || b->kind == TYPE_DOUBLE ? TYPE_DOUBLE : TYPE_FLOAT) : a->kind;
        return type_simple(kind, nullable);
    }
    if (type_is_approx(a) || type_is_approx(b) || (a->kind != TYPE_DECIMAL && b->kind != TYPE_DECIMAL))
        return type_simple(type_arith(arena, '+', a, b)->kind, nullable);
    uint32_t p1, s1, p2, s2;
    type_digits(a, &p1, &s1);
    type_digits(b, &p2, &s2);
    uint32_t whole = max_u32(p1 - s1, p2 - s2), scale = max_u32(s1, s2);
    if (whole + scale > DECIMAL_DIGITS_MAX) scale = whole >= DECIMAL_DIGITS_MAX ? 0 : DECIMAL_DIGITS_MAX - whole;
    return type_decimal(arena, min_u32(whole + scale, DECIMAL_DIGITS_MAX), scale, nullable);
}

static const Type *unify_times(Arena *arena, Unifier how, const Type *a, const Type *b, bool nullable)
{
    if (a->kind == TYPE_TIME && b->kind == TYPE_TIME) return type_time(arena, TYPE_TIME, max_u32(a->precision, b->precision), nullable);
    if (type_is_time_point(a) && type_is_time_point(b)) {
        TypeKind kind = a->kind == b->kind ? a->kind : TYPE_TIMESTAMP_LTZ;
        return type_time(arena, kind, max_u32(a->precision, b->precision), nullable);
    }
    bool date = a->kind == TYPE_DATE || b->kind == TYPE_DATE, point = type_is_time_point(a) || type_is_time_point(b);
    if (how == UNIFY_FLINK && date && point) return type_simple(TYPE_DATE, nullable);
    return NULL;
}

static const Type *unify_rows(Arena *arena, Unifier how, const Type *a, const Type *b, bool nullable)
{
    if (a->nfields != b->nfields) return NULL;
    Field *fields = ARENA_ARRAY(arena, Field, a->nfields);
    for (uint32_t i = 0; i < a->nfields; i++) {
        fields[i] = a->fields[i];
        fields[i].type = unify(arena, how, a->fields[i].type, b->fields[i].type);
        if (!fields[i].type) return NULL;
    }
    return type_row(arena, fields, a->nfields, nullable);
}

static const Type *unify_nested(Arena *arena, Unifier how, const Type *a, const Type *b, bool nullable)
{
    if (a->kind != b->kind) return NULL;
    if (a->kind == TYPE_ROW) return unify_rows(arena, how, a, b, nullable);
    const Type *elem = unify(arena, how, a->elem, b->elem);
    if (!elem) return NULL;
    if (a->kind == TYPE_ARRAY) return type_array(arena, elem, nullable);
    if (a->kind == TYPE_MULTISET) return type_multiset(arena, elem, nullable);
    const Type *key = unify(arena, how, a->key, b->key);
    return key ? type_map(arena, key, elem, nullable) : NULL;
}

static const Type *unify(Arena *arena, Unifier how, const Type *a, const Type *b)
{
    bool nullable = a->nullable || b->nullable;
    if (a->kind == TYPE_NULL) return type_with_null(arena, b, true);
    if (b->kind == TYPE_NULL) return type_with_null(arena, a, true);
    if (type_eq(a, b, true)) return a->attr == b->attr ? type_with_null(arena, a, nullable) : type_with_attr(arena, type_with_null(arena, a, nullable), ATTR_NONE);
    if (type_is_numeric(a) && type_is_numeric(b)) return unify_numbers(arena, how, a, b, nullable);
    if ((type_is_string(a) && type_is_string(b)) || (type_is_binary(a) && type_is_binary(b)))
        return type_sized(arena, type_is_string(a) ? TYPE_VARCHAR : TYPE_VARBINARY, max_u32(a->precision, b->precision), nullable);
    if (type_is_datetime(a) && type_is_datetime(b)) return unify_times(arena, how, a, b, nullable);
    if (type_is_nested(a) && type_is_nested(b)) return unify_nested(arena, how, a, b, nullable);
    return NULL;
}

static const Type *unify_all(Arena *arena, Unifier how, const Type *const *types, uint32_t n)
{
    const Type *common = types[0];
    for (uint32_t i = 1; i < n && common; i++) common = unify(arena, how, common, types[i]);
    return common && common->attr != ATTR_NONE && n > 1 ? type_with_attr(arena, common, ATTR_NONE) : common;
}

const Type *type_common_calcite(Arena *arena, const Type *const *types, uint32_t n) { return unify_all(arena, UNIFY_CALCITE, types, n); }
const Type *type_common_flink(Arena *arena, const Type *const *types, uint32_t n) { return unify_all(arena, UNIFY_FLINK, types, n); }
const Type *type_comparison(Arena *arena, const Type *a, const Type *b) { return unify(arena, UNIFY_COMPARE, a, b); }

bool type_can_group(const Type *type)
{
    return type->kind != TYPE_MAP && type->kind != TYPE_MULTISET && type->kind != TYPE_VARIANT && type->kind != TYPE_BITMAP;
}

/* --- casts --- */

static bool number_widens(const Type *from, const Type *to)
{
    if (type_is_approx(to)) return to->kind == TYPE_DOUBLE || from->kind != TYPE_DOUBLE;
    if (type_is_approx(from)) return false;
    if (to->kind != TYPE_DECIMAL) return from->kind != TYPE_DECIMAL && from->kind <= to->kind;
    return true;                                 /* exact to DECIMAL: rounds or turns NULL at run time, as Flink's sinks do */
}

static bool nested_implicit_ok(const Type *from, const Type *to)
{
    if (from->kind != to->kind) return false;
    if (from->kind != TYPE_ROW) return type_implicit_ok(from->elem, to->elem) && (from->kind != TYPE_MAP || type_implicit_ok(from->key, to->key));
    if (from->nfields != to->nfields) return false;
    for (uint32_t i = 0; i < from->nfields; i++)
        if (!type_implicit_ok(from->fields[i].type, to->fields[i].type)) return false;
    return true;
}

bool type_implicit_ok(const Type *from, const Type *to)
{
    if (from->kind == TYPE_NULL || type_eq(from, to, true)) return true;
    if (type_is_numeric(from) && type_is_numeric(to)) return number_widens(from, to);
    if (type_is_string(from) && type_is_string(to)) return true;
    if (type_is_binary(from) && type_is_binary(to)) return true;
    if (type_is_time_point(from)) return type_is_datetime(to);
    if (from->kind == TYPE_TIME || from->kind == TYPE_DATE) return from->kind == to->kind || (from->kind == TYPE_DATE && type_is_time_point(to));
    if (type_is_nested(from)) return nested_implicit_ok(from, to);
    return from->kind == to->kind;
}

static CastRule cast_rule_nested(const Type *from, const Type *to)
{
    if (from->kind != to->kind) return CAST_NO;
    if (from->kind != TYPE_ROW) {
        if (from->kind == TYPE_MAP && cast_rule(from->key, to->key) != CAST_OK) return CAST_NO;
        return cast_rule(from->elem, to->elem);
    }
    if (from->nfields != to->nfields) return CAST_NO;
    for (uint32_t i = 0; i < from->nfields; i++)
        if (cast_rule(from->fields[i].type, to->fields[i].type) != CAST_OK) return CAST_NO;
    return CAST_OK;
}

static CastRule cast_rule_time(const Type *from, const Type *to)
{
    if (!type_is_datetime(to)) return CAST_NO;
    bool apart = (from->kind == TYPE_DATE && to->kind == TYPE_TIME) || (from->kind == TYPE_TIME && to->kind == TYPE_DATE);
    return apart ? CAST_NO : CAST_OK;
}

CastRule cast_rule(const Type *from, const Type *to)
{
    if (from->kind == TYPE_NULL || type_eq(from, to, true)) return CAST_OK;
    if ((type_is_numeric(from) && type_is_time_point(to)) || (type_is_time_point(from) && type_is_numeric(to))) return CAST_NO_TIME_NUMBER;
    if (from->kind == TYPE_VARIANT || (from->kind == TYPE_BITMAP && !type_is_string(to))) return CAST_NO;
    if (type_is_string(to)) return CAST_OK;
    if (type_is_string(from)) return type_is_nested(to) || type_is_interval(to) || to->kind == TYPE_VARIANT || to->kind == TYPE_BITMAP ? CAST_NO : CAST_OK;
    if (type_is_binary(from)) return type_is_binary(to) ? CAST_OK : CAST_NO;
    if (type_is_numeric(from)) {
        if (type_is_numeric(to) || to->kind == TYPE_BOOLEAN) return CAST_OK;
        return type_is_interval(to) && type_is_integer(from) ? CAST_OK : CAST_NO;
    }
    if (from->kind == TYPE_BOOLEAN) return type_is_numeric(to) ? CAST_OK : CAST_NO;
    if (type_is_datetime(from)) return cast_rule_time(from, to);
    if (type_is_interval(from)) return from->kind == to->kind ? CAST_OK : CAST_NO;
    if (from->kind == TYPE_MULTISET && to->kind == TYPE_MULTISET) return cast_rule(from->elem, to->elem);
    return cast_rule_nested(from, to);
}
