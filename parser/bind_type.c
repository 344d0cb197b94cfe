/* Type names as written to types: defaults, limits and the names Flink does not have (tests/conformance).
 * One row per name; nested types recurse. Pure; results live in the given arena. */
#include "parser/analyze.h"

enum { NESTING_MAX = 100 };

typedef struct TypeName {
    const char *name;
    TypeKind kind;
    int32_t dflt;                                /* precision or length when none is given */
    int32_t max;                                 /* larger ones are cut to it, as Flink does; 0 = takes no argument */
} TypeName;

static const TypeName type_names[] = {
    { "BOOLEAN", TYPE_BOOLEAN, 0, 0 }, { "TINYINT", TYPE_TINYINT, 0, 0 }, { "SMALLINT", TYPE_SMALLINT, 0, 0 }, { "INT", TYPE_INT, 0, 0 },
    { "INTEGER", TYPE_INT, 0, 0 }, { "BIGINT", TYPE_BIGINT, 0, 0 }, { "FLOAT", TYPE_FLOAT, 0, 0 }, { "DOUBLE", TYPE_DOUBLE, 0, 0 },
    { "DOUBLE PRECISION", TYPE_DOUBLE, 0, 0 }, { "DECIMAL", TYPE_DECIMAL, 10, 38 }, { "DEC", TYPE_DECIMAL, 10, 38 }, { "NUMERIC", TYPE_DECIMAL, 10, 38 },
    { "CHAR", TYPE_CHAR, 1, INT32_MAX }, { "CHARACTER", TYPE_CHAR, 1, INT32_MAX }, { "VARCHAR", TYPE_VARCHAR, INT32_MAX, INT32_MAX },
    { "CHAR VARYING", TYPE_VARCHAR, INT32_MAX, INT32_MAX }, { "CHARACTER VARYING", TYPE_VARCHAR, INT32_MAX, INT32_MAX },
    { "STRING", TYPE_VARCHAR, INT32_MAX, INT32_MAX }, { "BINARY", TYPE_BINARY, 1, INT32_MAX }, { "VARBINARY", TYPE_VARBINARY, INT32_MAX, INT32_MAX },
    { "BINARY VARYING", TYPE_VARBINARY, INT32_MAX, INT32_MAX }, { "BYTES", TYPE_VARBINARY, INT32_MAX, INT32_MAX },
    { "DATE", TYPE_DATE, 0, 0 }, { "TIME", TYPE_TIME, 0, 3 }, { "TIMESTAMP", TYPE_TIMESTAMP, 6, 9 }, { "TIMESTAMP_LTZ", TYPE_TIMESTAMP_LTZ, 6, 9 },
    { "ARRAY", TYPE_ARRAY, 0, 0 }, { "MULTISET", TYPE_MULTISET, 0, 0 }, { "MAP", TYPE_MAP, 0, 0 }, { "ROW", TYPE_ROW, 0, 0 },
    { "STRUCTURED", TYPE_ROW, 0, 0 }, { "VARIANT", TYPE_VARIANT, 0, 0 }, { "BITMAP", TYPE_BITMAP, 0, 0 },
};

/* Names people bring from elsewhere, and what to write instead. */
static const struct { const char *name, *instead; } foreign_names[] = {
    { "TEXT", "STRING" }, { "REAL", "FLOAT" }, { "BOOL", "BOOLEAN" }, { "LONG", "BIGINT" }, { "INT8", "BIGINT" }, { "INT4", "INT" }, { "INT2", "SMALLINT" },
    { "INT64", "BIGINT" }, { "INT32", "INT" }, { "UUID", "STRING" }, { "JSON", "STRING" }, { "JSONB", "STRING" }, { "SERIAL", "BIGINT" }, { "BIGSERIAL", "BIGINT" },
    { "TIMESTAMPTZ", "TIMESTAMP_LTZ(3)" }, { "DATETIME", "TIMESTAMP(3)" }, { "NUMBER", "DECIMAL(p, s)" }, { "FLOAT8", "DOUBLE" }, { "FLOAT4", "FLOAT" },
    { "BYTEA", "BYTES" }, { "BLOB", "BYTES" }, { "SHORT", "SMALLINT" }, { "BYTE", "TINYINT" }, { "NVARCHAR", "STRING" },
};

static const TypeName *find_name(Str name)
{
    for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
        if (str_iis(name, type_names[i].name)) return &type_names[i];
    return NULL;
}

static const Type *unknown_type(const AstType *type, Err *err)
{
    err_at(err, E_TYPE, type->span, "type \"" STR_FMT "\" does not exist", STR_ARG(type->name));
    for (size_t i = 0; i < sizeof foreign_names / sizeof *foreign_names; i++)
        if (str_iis(type->name, foreign_names[i].name)) {
            err_hint(err, "Use %s.", foreign_names[i].instead);
            return NULL;
        }
    enum { N = sizeof type_names / sizeof *type_names };
    Str names[N];
    for (size_t i = 0; i < N; i++) names[i] = str_of(type_names[i].name);
    int near = str_nearest(type->name, names, N);
    if (near >= 0) err_hint(err, "Did you mean " STR_FMT "?", STR_ARG(names[near]));
    return NULL;
}

static const Type *bind_nested_type(Arena *arena, const AstType *type, uint32_t depth, Err *err);

static const Type *bind_decimal(Arena *arena, const AstType *type, bool nullable, Err *err)
{
    int32_t precision = type->arg[0] < 0 ? 10 : type->arg[0], scale = type->arg[1] < 0 ? 0 : type->arg[1];
    if (precision > 38) precision = 38;
    if (precision < 1) {
        err_at(err, E_TYPE, type->span, "precision of DECIMAL must be between 1 and 38");
        return NULL;
    }
    if (scale > precision) {
        err_at(err, E_TYPE, type->span, "scale %d of DECIMAL must be between 0 and its precision %d", (int)scale, (int)precision);
        return NULL;
    }
    return type_decimal(arena, (uint32_t)precision, (uint32_t)scale, nullable);
}

static const Type *bind_row(Arena *arena, const AstType *type, bool nullable, uint32_t depth, Err *err)
{
    Field *fields = ARENA_ARRAY(arena, Field, type->nfields + 1);
    for (uint32_t i = 0; i < type->nfields; i++) {
        const AstField *field = &type->fields[i];
        for (uint32_t k = 0; k < i; k++)
            if (str_eq(fields[k].name, field->name.name)) {
                err_at(err, E_DUP_COLUMN, field->name.span, "field \"" STR_FMT "\" stands twice in the ROW type", STR_ARG(field->name.name));
                return NULL;
            }
        const Type *bound = bind_nested_type(arena, field->type, depth + 1, err);
        if (!bound) return NULL;
        fields[i] = (Field){ str_dup(arena, field->name.name), bound, str_dup(arena, field->comment) };
    }
    Type *row = arena_copy(arena, type_row(arena, fields, type->nfields, nullable), sizeof *row);
    row->class_name = str_dup(arena, type->class_name);
    return row;
}

/* INTERVAL of a CAST: every unit of a family is stored alike. */
static const Type *bind_interval(const AstType *type, bool nullable)
{
    bool months = str_iis(type->unit_from, "YEAR") || str_iis(type->unit_from, "MONTH") || str_iis(type->unit_from, "QUARTER");
    return type_simple(months ? TYPE_INTERVAL_MONTH : TYPE_INTERVAL_SECOND, nullable);
}

static const Type *bind_collection(Arena *arena, const AstType *type, TypeKind kind, bool nullable, uint32_t depth, Err *err)
{
    const Type *elem = bind_nested_type(arena, type->elem, depth + 1, err);
    if (!elem) return NULL;
    if (kind == TYPE_ARRAY) return type_array(arena, elem, nullable);
    if (kind == TYPE_MULTISET) return type_multiset(arena, elem, nullable);
    const Type *key = bind_nested_type(arena, type->key, depth + 1, err);
    return key ? type_map(arena, key, elem, nullable) : NULL;
}

static const Type *bind_nested_type(Arena *arena, const AstType *type, uint32_t depth, Err *err)
{
    bool nullable = !type->not_null;
    if (depth > NESTING_MAX) {
        err_at(err, E_TYPE, type->span, "type is nested more than %d levels deep", NESTING_MAX);
        return NULL;
    }
    if (str_iis(type->name, "INTERVAL")) return bind_interval(type, nullable);
    if (str_iis(type->name, "NULL")) return type_simple(TYPE_NULL, true);
    if (str_iis(type->name, "RAW") || str_iis(type->name, "ANY")) {
        err_at(err, E_UNSUPPORTED, type->span, "type " STR_FMT " is not supported", STR_ARG(type->name));
        err_hint(err, "It holds values of the JVM; use BYTES or STRING.");
        return NULL;
    }
    const TypeName *row = find_name(type->name);
    if (!row) return unknown_type(type, err);
    int32_t arg = type->arg[0] < 0 ? row->dflt : type->arg[0];
    if (row->max && arg > row->max) arg = row->max;
    switch (row->kind) {
    case TYPE_DECIMAL:
        return bind_decimal(arena, type, nullable, err);
    case TYPE_CHAR: case TYPE_VARCHAR: case TYPE_BINARY: case TYPE_VARBINARY:
        return type_sized(arena, row->kind, (uint32_t)arg, nullable);
    case TYPE_TIME: case TYPE_TIMESTAMP: case TYPE_TIMESTAMP_LTZ:
        return type_time(arena, row->kind, (uint32_t)arg, nullable);
    case TYPE_ARRAY: case TYPE_MULTISET: case TYPE_MAP:
        return bind_collection(arena, type, row->kind, nullable, depth, err);
    case TYPE_ROW:
        return bind_row(arena, type, nullable, depth, err);
    case TYPE_NULL: case TYPE_BOOLEAN: case TYPE_TINYINT: case TYPE_SMALLINT: case TYPE_INT: case TYPE_BIGINT: case TYPE_FLOAT: case TYPE_DOUBLE:
    case TYPE_DATE: case TYPE_INTERVAL_MONTH: case TYPE_INTERVAL_SECOND: case TYPE_VARIANT: case TYPE_BITMAP: case TYPE_KIND_COUNT:
        break;
    }
    return type_simple(row->kind, nullable);
}

const Type *bind_type(Arena *arena, const AstType *type, Err *err)
{
    return bind_nested_type(arena, type, 0, err);
}
