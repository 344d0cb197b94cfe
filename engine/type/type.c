/* Types: singletons for the parameterless kinds, constructors for the others, equality and Flink's texts.
 * Invariants: a Type is immutable once built; singletons are static and shared by all threads. */
#include "engine/type/type.h"

/* One row per kind. ORDER TypeKind. */
static const struct KindRow { const char *name; Phys phys; } kind_rows[TYPE_KIND_COUNT] = {
    [TYPE_NULL] = { "NULL", PHYS_BOOL },
    [TYPE_BOOLEAN] = { "BOOLEAN", PHYS_BOOL },
    [TYPE_TINYINT] = { "TINYINT", PHYS_I8 },
    [TYPE_SMALLINT] = { "SMALLINT", PHYS_I16 },
    [TYPE_INT] = { "INT", PHYS_I32 },
    [TYPE_BIGINT] = { "BIGINT", PHYS_I64 },
    [TYPE_FLOAT] = { "FLOAT", PHYS_F32 },
    [TYPE_DOUBLE] = { "DOUBLE", PHYS_F64 },
    [TYPE_DECIMAL] = { "DECIMAL", PHYS_I128 },
    [TYPE_CHAR] = { "CHAR", PHYS_STR },
    [TYPE_VARCHAR] = { "VARCHAR", PHYS_STR },
    [TYPE_BINARY] = { "BINARY", PHYS_STR },
    [TYPE_VARBINARY] = { "VARBINARY", PHYS_STR },
    [TYPE_DATE] = { "DATE", PHYS_I32 },
    [TYPE_TIME] = { "TIME", PHYS_I32 },
    [TYPE_TIMESTAMP] = { "TIMESTAMP", PHYS_I64 },
    [TYPE_TIMESTAMP_LTZ] = { "TIMESTAMP_LTZ", PHYS_I64 },
    [TYPE_INTERVAL_MONTH] = { "INTERVAL MONTH", PHYS_I64 },
    [TYPE_INTERVAL_SECOND] = { "INTERVAL SECOND(3)", PHYS_I64 },
    [TYPE_ARRAY] = { "ARRAY", PHYS_NESTED },
    [TYPE_MAP] = { "MAP", PHYS_NESTED },
    [TYPE_MULTISET] = { "MULTISET", PHYS_NESTED },
    [TYPE_ROW] = { "ROW", PHYS_NESTED },
    [TYPE_VARIANT] = { "VARIANT", PHYS_STR },
    [TYPE_BITMAP] = { "BITMAP", PHYS_STR },
};

Phys type_phys(const Type *type)
{
    bool wide = (type->kind == TYPE_TIMESTAMP || type->kind == TYPE_TIMESTAMP_LTZ) && type->precision > 6;
    return wide ? PHYS_I128 : kind_rows[type->kind].phys;
}

uint32_t phys_size(Phys phys)
{
    static const uint8_t sizes[PHYS_COUNT] = { [PHYS_BOOL] = 1, [PHYS_I8] = 1, [PHYS_I16] = 2, [PHYS_I32] = 4, [PHYS_I64] = 8,
        [PHYS_F32] = 4, [PHYS_F64] = 8, [PHYS_I128] = 16, [PHYS_STR] = 16, [PHYS_NESTED] = 8 };
    return sizes[phys];
}

/* --- construction --- */

#define SIMPLE(kind_) [kind_] = { { .kind = kind_, .nullable = false }, { .kind = kind_, .nullable = true } }
static const Type simple_types[TYPE_KIND_COUNT][2] = {
    SIMPLE(TYPE_NULL), SIMPLE(TYPE_BOOLEAN), SIMPLE(TYPE_TINYINT), SIMPLE(TYPE_SMALLINT), SIMPLE(TYPE_INT), SIMPLE(TYPE_BIGINT),
    SIMPLE(TYPE_FLOAT), SIMPLE(TYPE_DOUBLE), SIMPLE(TYPE_DATE), SIMPLE(TYPE_INTERVAL_MONTH), SIMPLE(TYPE_INTERVAL_SECOND),
    SIMPLE(TYPE_VARIANT), SIMPLE(TYPE_BITMAP),
    /* The kinds below have parameters; these are what a bare name means in Flink. */
    [TYPE_DECIMAL] = { { .kind = TYPE_DECIMAL, .precision = 10 }, { .kind = TYPE_DECIMAL, .precision = 10, .nullable = true } },
    [TYPE_CHAR] = { { .kind = TYPE_CHAR, .precision = 1 }, { .kind = TYPE_CHAR, .precision = 1, .nullable = true } },
    [TYPE_VARCHAR] = { { .kind = TYPE_VARCHAR, .precision = TYPE_LEN_MAX }, { .kind = TYPE_VARCHAR, .precision = TYPE_LEN_MAX, .nullable = true } },
    [TYPE_BINARY] = { { .kind = TYPE_BINARY, .precision = 1 }, { .kind = TYPE_BINARY, .precision = 1, .nullable = true } },
    [TYPE_VARBINARY] = { { .kind = TYPE_VARBINARY, .precision = TYPE_LEN_MAX }, { .kind = TYPE_VARBINARY, .precision = TYPE_LEN_MAX, .nullable = true } },
    [TYPE_TIME] = { { .kind = TYPE_TIME }, { .kind = TYPE_TIME, .nullable = true } },
    [TYPE_TIMESTAMP] = { { .kind = TYPE_TIMESTAMP, .precision = 6 }, { .kind = TYPE_TIMESTAMP, .precision = 6, .nullable = true } },
    [TYPE_TIMESTAMP_LTZ] = { { .kind = TYPE_TIMESTAMP_LTZ, .precision = 6 }, { .kind = TYPE_TIMESTAMP_LTZ, .precision = 6, .nullable = true } },
};

const Type *type_simple(TypeKind kind, bool nullable)
{
    return &simple_types[kind][nullable];
}

const Type *type_string(bool nullable)
{
    return type_simple(TYPE_VARCHAR, nullable);
}

const Type *type_bytes(bool nullable)
{
    return type_simple(TYPE_VARBINARY, nullable);
}

static const Type *type_build(Arena *arena, Type type)
{
    return arena_copy(arena, &type, sizeof type);
}

const Type *type_sized(Arena *arena, TypeKind kind, uint32_t length, bool nullable)
{
    return type_build(arena, (Type){ .kind = kind, .precision = length, .nullable = nullable });
}

const Type *type_decimal(Arena *arena, uint32_t precision, uint32_t scale, bool nullable)
{
    return type_build(arena, (Type){ .kind = TYPE_DECIMAL, .precision = precision, .scale = scale, .nullable = nullable });
}

const Type *type_time(Arena *arena, TypeKind kind, uint32_t precision, bool nullable)
{
    return type_build(arena, (Type){ .kind = kind, .precision = precision, .nullable = nullable });
}

const Type *type_array(Arena *arena, const Type *elem, bool nullable)
{
    return type_build(arena, (Type){ .kind = TYPE_ARRAY, .elem = elem, .nullable = nullable });
}

const Type *type_multiset(Arena *arena, const Type *elem, bool nullable)
{
    return type_build(arena, (Type){ .kind = TYPE_MULTISET, .elem = elem, .nullable = nullable });
}

const Type *type_map(Arena *arena, const Type *key, const Type *value, bool nullable)
{
    return type_build(arena, (Type){ .kind = TYPE_MAP, .key = key, .elem = value, .nullable = nullable });
}

const Type *type_row(Arena *arena, const Field *fields, uint32_t nfields, bool nullable)
{
    const Field *copy = arena_copy(arena, fields, sizeof *fields * nfields);
    return type_build(arena, (Type){ .kind = TYPE_ROW, .fields = copy, .nfields = nfields, .nullable = nullable });
}

const Type *type_with_null(Arena *arena, const Type *type, bool nullable)
{
    if (type->nullable == nullable) return type;
    Type copy = *type;
    copy.nullable = nullable;
    return type_build(arena, copy);
}

const Type *type_with_attr(Arena *arena, const Type *type, TimeAttr attr)
{
    if (type->attr == attr) return type;
    Type copy = *type;
    copy.attr = attr;
    return type_build(arena, copy);
}

/* --- questions --- */

static bool fields_eq(const Type *a, const Type *b)
{
    if (a->nfields != b->nfields) return false;
    for (uint32_t i = 0; i < a->nfields; i++)
        if (!str_eq(a->fields[i].name, b->fields[i].name) || !type_eq(a->fields[i].type, b->fields[i].type, false)) return false;
    return true;
}

bool type_eq(const Type *a, const Type *b, bool ignore_null)
{
    if (a == b) return true;
    if (a->kind != b->kind || a->precision != b->precision || a->scale != b->scale) return false;
    if (!ignore_null && (a->nullable != b->nullable || a->attr != b->attr)) return false;
    if (a->key && !type_eq(a->key, b->key, false)) return false;
    if (a->elem && !type_eq(a->elem, b->elem, false)) return false;
    return a->kind != TYPE_ROW || (str_eq(a->class_name, b->class_name) && fields_eq(a, b));
}

bool type_is_numeric(const Type *type)
{
    return type->kind >= TYPE_TINYINT && type->kind <= TYPE_DECIMAL;
}

bool type_is_integer(const Type *type)
{
    return type->kind >= TYPE_TINYINT && type->kind <= TYPE_BIGINT;
}

bool type_is_string(const Type *type)
{
    return type->kind == TYPE_CHAR || type->kind == TYPE_VARCHAR;
}

bool type_is_binary(const Type *type)
{
    return type->kind == TYPE_BINARY || type->kind == TYPE_VARBINARY;
}

bool type_is_datetime(const Type *type)
{
    return type->kind >= TYPE_DATE && type->kind <= TYPE_TIMESTAMP_LTZ;
}

bool type_is_nested(const Type *type)
{
    return type->kind >= TYPE_ARRAY && type->kind <= TYPE_ROW;
}

int schema_find(const Schema *schema, Str name)
{
    for (uint32_t i = 0; i < schema->n; i++)
        if (str_eq(schema->cols[i].name, name)) return (int)i;
    return -1;
}

/* --- text --- */

typedef enum TextForm { FORM_SUMMARY, FORM_SUMMARY_ATTR, FORM_DDL } TextForm;

static void print_type(const Type *type, TextForm form, StrBuf *out);

static void print_fields(const Type *type, TextForm form, StrBuf *out)
{
    if (type->class_name.len) strbuf_addf(out, "STRUCTURED<'" STR_FMT "', ", STR_ARG(type->class_name));      /* blank kept before > */
    else strbuf_addz(out, "ROW<");
    for (uint32_t i = 0; i < type->nfields; i++) {
        const Field *field = &type->fields[i];
        if (i) strbuf_addz(out, ", ");
        strbuf_addc(out, '`');
        for (uint32_t k = 0; k < field->name.len; k++) {
            strbuf_addc(out, field->name.ptr[k]);
            if (field->name.ptr[k] == '`') strbuf_addc(out, '`');
        }
        strbuf_addz(out, "` ");
        print_type(field->type, form, out);
    }
    strbuf_addc(out, '>');
}

/* The type without nullability and time attribute. */
static void print_core(const Type *type, TextForm form, StrBuf *out)
{
    const char *name = kind_rows[type->kind].name;
    switch (type->kind) {
    case TYPE_DECIMAL:
        strbuf_addf(out, "DECIMAL(%u, %u)", type->precision, type->scale);
        break;
    case TYPE_VARCHAR:
    case TYPE_VARBINARY:
        if (type->precision == TYPE_LEN_MAX && form != FORM_DDL) {
            strbuf_addz(out, type->kind == TYPE_VARCHAR ? "STRING" : "BYTES");
            break;
        }
        strbuf_addf(out, "%s(%u)", name, type->precision);
        break;
    case TYPE_CHAR: case TYPE_BINARY: case TYPE_TIME: case TYPE_TIMESTAMP:
        strbuf_addf(out, "%s(%u)", name, type->precision);
        break;
    case TYPE_TIMESTAMP_LTZ:
        strbuf_addf(out, form == FORM_DDL ? "TIMESTAMP(%u) WITH LOCAL TIME ZONE" : "TIMESTAMP_LTZ(%u)", type->precision);
        break;
    case TYPE_ARRAY: case TYPE_MULTISET: case TYPE_MAP:
        strbuf_addf(out, "%s<", name);
        if (type->key) print_type(type->key, form, out), strbuf_addz(out, ", ");
        print_type(type->elem, form, out);
        strbuf_addc(out, '>');
        break;
    case TYPE_ROW:
        print_fields(type, form, out);
        break;
    case TYPE_NULL: case TYPE_BOOLEAN: case TYPE_TINYINT: case TYPE_SMALLINT: case TYPE_INT: case TYPE_BIGINT: case TYPE_FLOAT:
    case TYPE_DOUBLE: case TYPE_DATE: case TYPE_INTERVAL_MONTH: case TYPE_INTERVAL_SECOND: case TYPE_VARIANT: case TYPE_BITMAP:
    case TYPE_KIND_COUNT:
        strbuf_addz(out, name);
        break;
    }
}

static void print_type(const Type *type, TextForm form, StrBuf *out)
{
    print_core(type, form, out);
    if (!type->nullable) strbuf_addz(out, " NOT NULL");
    if (form != FORM_SUMMARY_ATTR) return;
    if (type->attr == ATTR_ROWTIME) strbuf_addz(out, " *ROWTIME*");
    if (type->attr == ATTR_PROCTIME) strbuf_addz(out, " *PROCTIME*");
}

void type_print(const Type *type, bool with_attr, StrBuf *out)
{
    print_type(type, with_attr ? FORM_SUMMARY_ATTR : FORM_SUMMARY, out);
}

void type_print_ddl(const Type *type, StrBuf *out)
{
    print_type(type, FORM_DDL, out);
}

Str type_text(Arena *arena, const Type *type)
{
    StrBuf text = { 0 };
    type_print(type, true, &text);
    Str copy = str_dup(arena, strbuf_str(&text));
    strbuf_free(&text);
    return copy;
}
