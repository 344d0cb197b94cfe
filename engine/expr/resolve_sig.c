/* Reads the signature strings of function rows and fits arguments to them.
 * Pure over immutable rows; casts are new nodes in the statement's arena. */
#include "engine/expr/resolve_sig.h"
#include "engine/expr/rules.h"
#include <stdlib.h>

typedef enum ArgClass { ARG_ANY, ARG_BOOL, ARG_INT, ARG_INTEGER, ARG_BIGINT, ARG_NUM, ARG_EXACT, ARG_DEC, ARG_DOUBLE, ARG_STR, ARG_BIN, ARG_CHARS,
    ARG_DATE, ARG_TIME, ARG_TS, ARG_LTZ, ARG_DATETIME, ARG_INTERVAL, ARG_MONTH, ARG_SECOND, ARG_ARRAY, ARG_MAP, ARG_ROW, ARG_VARIANT, ARG_BITMAP, ARG_SYM,
    ARG_COMMON, ARG_CLASS_COUNT } ArgClass;
/* ORDER ArgClass */
static const char *const class_names[ARG_CLASS_COUNT] = { "any", "bool", "int", "integer", "bigint", "num", "exact", "dec", "double", "str", "bin", "chars",
    "date", "time", "ts", "ltz", "datetime", "interval", "month", "second", "array", "map", "row", "variant", "bitmap", "sym", "T" };

enum { PARAMS_MAX = 16 };
typedef struct Param { ArgClass cls; char many; } Param;     /* many: 0, '?', '*', '+' */
typedef struct Signature { Param param[PARAMS_MAX]; uint32_t n; } Signature;

/* One alternative up to '|' or the end; returns where the next begins, NULL after the last. */
static const char *signature_read(const char *text, Signature *sig)
{
    sig->n = 0;
    while (*text && *text != '|') {
        while (*text == ',' || *text == ' ') text++;
        const char *start = text;
        while (*text && !strchr(",|?*+ ", *text)) text++;
        size_t len = (size_t)(text - start);
        Param *param = &sig->param[sig->n];
        for (int c = 0; c < ARG_CLASS_COUNT; c++)
            if (strlen(class_names[c]) == len && memcmp(class_names[c], start, len) == 0) param->cls = (ArgClass)c;
        param->many = *text && strchr("?*+", *text) ? *text++ : 0;
        if (len && sig->n + 1 < PARAMS_MAX) sig->n++;
        while (*text == ' ') text++;
    }
    return *text == '|' ? text + 1 : NULL;
}

/* The parameter that takes argument i; NULL when there is none. The last repeatable parameter takes the rest. */
static const Param *param_of(const Signature *sig, uint32_t i)
{
    if (i < sig->n) return &sig->param[i];
    const Param *last = sig->n ? &sig->param[sig->n - 1] : NULL;
    return last && (last->many == '*' || last->many == '+') ? last : NULL;
}

static bool arity_fits(const Signature *sig, uint32_t nargs)
{
    uint32_t needed = 0;
    for (uint32_t i = 0; i < sig->n; i++) needed += sig->param[i].many == 0 || sig->param[i].many == '+';
    return nargs >= needed && (nargs == 0 || param_of(sig, nargs - 1));
}

static bool class_takes(ArgClass cls, const Expr *arg)
{
    const Type *type = arg->type;
    if (type->kind == TYPE_NULL) return cls == ARG_ANY || cls == ARG_COMMON;
    switch (cls) {
    case ARG_ANY: case ARG_COMMON: return true;
    case ARG_BOOL: return type->kind == TYPE_BOOLEAN;
    case ARG_INT: case ARG_BIGINT: return type_is_integer(type);
    case ARG_INTEGER: return type_is_integer(type) && type->kind != TYPE_BIGINT;
    case ARG_NUM: case ARG_DOUBLE: return type_is_numeric(type);
    case ARG_EXACT: return type_is_integer(type) || type->kind == TYPE_DECIMAL;
    case ARG_DEC: return type->kind == TYPE_DECIMAL;
    case ARG_STR: return type_is_string(type);
    case ARG_BIN: return type_is_binary(type);
    case ARG_CHARS: return type_is_chars(type);
    case ARG_DATE: return type->kind == TYPE_DATE;
    case ARG_TIME: return type->kind == TYPE_TIME;
    case ARG_TS: return type->kind == TYPE_TIMESTAMP;
    case ARG_LTZ: return type->kind == TYPE_TIMESTAMP_LTZ;
    case ARG_DATETIME: return type_is_datetime(type);
    case ARG_INTERVAL: return type_is_interval(type);
    case ARG_MONTH: return type->kind == TYPE_INTERVAL_MONTH;
    case ARG_SECOND: return type->kind == TYPE_INTERVAL_SECOND;
    case ARG_ARRAY: return type->kind == TYPE_ARRAY;
    case ARG_MAP: return type->kind == TYPE_MAP;
    case ARG_ROW: return type->kind == TYPE_ROW;
    case ARG_VARIANT: return type->kind == TYPE_VARIANT;
    case ARG_BITMAP: return type->kind == TYPE_BITMAP;
    case ARG_SYM: return arg->kind == EXPR_CONST && type_is_string(type);
    case ARG_CLASS_COUNT: break;
    }
    return false;
}

static bool signature_fits(const Signature *sig, const InferCtx *infer)
{
    if (!arity_fits(sig, infer->nargs)) return false;
    for (uint32_t i = 0; i < infer->nargs; i++)
        if (!class_takes(param_of(sig, i)->cls, infer->args[i])) return false;
    return true;
}

/* Arguments of class T become one type. */
static bool cast_common(InferCtx *infer, const Signature *sig)
{
    const Type **types = ARENA_ARRAY(infer->ctx->arena, const Type *, infer->nargs + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < infer->nargs; i++)
        if (param_of(sig, i)->cls == ARG_COMMON) types[n++] = infer->args[i]->type;
    if (n == 0) return true;
    const Type *common = type_common_flink(infer->ctx->arena, types, n);
    if (!common) return false;
    for (uint32_t i = 0; i < infer->nargs; i++)
        if (param_of(sig, i)->cls == ARG_COMMON) infer_cast(infer, i, common);
    return true;
}

static bool signature_apply(InferCtx *infer, const Signature *sig)
{
    if (!cast_common(infer, sig)) return false;
    for (uint32_t i = 0; i < infer->nargs; i++)
        switch (param_of(sig, i)->cls) {
        case ARG_INTEGER: infer_cast(infer, i, type_simple(TYPE_INT, true)); break;
        case ARG_BIGINT: infer_cast(infer, i, type_simple(TYPE_BIGINT, true)); break;
        case ARG_DOUBLE: infer_cast(infer, i, type_simple(TYPE_DOUBLE, true)); break;
        default: break;                          /* the other classes take the argument as it is */
        }
    return true;
}

bool signature_resolve(InferCtx *infer, const char *signatures, Err *err)
{
    Signature sig;
    for (const char *text = signatures; text;) {
        text = signature_read(text, &sig);
        if (signature_fits(&sig, infer) && signature_apply(infer, &sig)) return true;
    }
    for (uint32_t i = 0; i < infer->nargs; i++)
        if (!refuse_bare_null(infer->args[i], err)) return false;
    infer_refuse(infer, err);
    return err_hint(err, "It takes (%s).", signatures);
}

/* --- types as text --- */

static const struct { const char *name; TypeKind kind; } text_kinds[] = {
    { "BOOLEAN", TYPE_BOOLEAN }, { "TINYINT", TYPE_TINYINT }, { "SMALLINT", TYPE_SMALLINT }, { "INT", TYPE_INT }, { "BIGINT", TYPE_BIGINT },
    { "FLOAT", TYPE_FLOAT }, { "DOUBLE", TYPE_DOUBLE }, { "DECIMAL", TYPE_DECIMAL }, { "CHAR", TYPE_CHAR }, { "VARCHAR", TYPE_VARCHAR },
    { "STRING", TYPE_VARCHAR }, { "BINARY", TYPE_BINARY }, { "VARBINARY", TYPE_VARBINARY }, { "BYTES", TYPE_VARBINARY }, { "DATE", TYPE_DATE },
    { "TIME", TYPE_TIME }, { "TIMESTAMP", TYPE_TIMESTAMP }, { "TIMESTAMP_LTZ", TYPE_TIMESTAMP_LTZ }, { "INTERVAL_MONTH", TYPE_INTERVAL_MONTH },
    { "INTERVAL_SECOND", TYPE_INTERVAL_SECOND }, { "ARRAY", TYPE_ARRAY }, { "MAP", TYPE_MAP }, { "MULTISET", TYPE_MULTISET },
    { "VARIANT", TYPE_VARIANT }, { "BITMAP", TYPE_BITMAP } };

static bool kind_read(const char **text, TypeKind *kind)
{
    size_t len = strcspn(*text, "(<>, )");
    for (size_t i = 0; i < sizeof text_kinds / sizeof text_kinds[0]; i++)
        if (strlen(text_kinds[i].name) == len && memcmp(text_kinds[i].name, *text, len) == 0) { *kind = text_kinds[i].kind; *text += len; return true; }
    return false;
}

static uint32_t numbers_read(const char **text, uint32_t out[2])
{
    uint32_t n = 0;
    if (**text != '(') return 0;
    do {
        char *end;
        (*text)++;
        out[n++] = (uint32_t)strtoul(*text, &end, 10);
        *text = end;
    } while (**text == ',' && n < 2);
    if (**text == ')') (*text)++;
    return n;
}

static const Type *type_read(Arena *arena, const char **text, bool nullable)
{
    TypeKind kind;
    uint32_t num[2] = { 0, 0 };
    while (**text == ' ') (*text)++;
    if (!kind_read(text, &kind)) return NULL;
    if (**text == '<') {
        (*text)++;
        const Type *first = type_read(arena, text, true), *second = NULL;
        if (first && kind == TYPE_MAP && **text == ',') { (*text)++; second = type_read(arena, text, true); }
        if (!first || **text != '>') return NULL;
        (*text)++;
        if (kind == TYPE_MAP) return second ? type_map(arena, first, second, nullable) : NULL;
        return kind == TYPE_ARRAY ? type_array(arena, first, nullable) : type_multiset(arena, first, nullable);
    }
    if (numbers_read(text, num) == 0) return type_simple(kind, nullable);
    if (kind == TYPE_DECIMAL) return type_decimal(arena, num[0], num[1], nullable);
    if (kind == TYPE_TIME || kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ) return type_time(arena, kind, num[0], nullable);
    return type_sized(arena, kind, num[0], nullable);
}

const Type *type_from_text(Arena *arena, const char *text, bool nullable) { return type_read(arena, &text, nullable); }
