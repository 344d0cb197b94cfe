/* SQL types (flink-sql types, one immutable struct) and their rules: names, equality, common types.
 * Types live in arenas or are static singletons; compare with type_eq, never by pointer. */
#ifndef WEIR_TYPE_TYPE_H
#define WEIR_TYPE_TYPE_H
#include "engine/base/err.h"

typedef enum TypeKind {
    TYPE_NULL,                                   /* the bare NULL literal */
    TYPE_BOOLEAN, TYPE_TINYINT, TYPE_SMALLINT, TYPE_INT, TYPE_BIGINT, TYPE_FLOAT, TYPE_DOUBLE, TYPE_DECIMAL,
    TYPE_CHAR, TYPE_VARCHAR, TYPE_BINARY, TYPE_VARBINARY,
    TYPE_DATE, TYPE_TIME, TYPE_TIMESTAMP, TYPE_TIMESTAMP_LTZ, TYPE_INTERVAL_MONTH, TYPE_INTERVAL_SECOND,
    TYPE_ARRAY, TYPE_MAP, TYPE_MULTISET, TYPE_ROW, TYPE_VARIANT, TYPE_BITMAP,
    TYPE_KIND_COUNT
} TypeKind;

/* Physical cell of a vector. PHYS_I128 is 16-byte aligned; PHYS_STR is a StrView; PHYS_NESTED a `const Nested *`. */
typedef enum Phys { PHYS_BOOL, PHYS_I8, PHYS_I16, PHYS_I32, PHYS_I64, PHYS_F32, PHYS_F64, PHYS_I128, PHYS_STR, PHYS_NESTED, PHYS_COUNT } Phys;

typedef enum TimeAttr { ATTR_NONE, ATTR_ROWTIME, ATTR_PROCTIME } TimeAttr;
#define TYPE_LEN_MAX 2147483647u                 /* STRING = VARCHAR(max), BYTES = VARBINARY(max) */

typedef struct Type Type;
typedef struct Field { Str name; const Type *type; Str comment; } Field;
struct Type {
    TypeKind kind;
    bool nullable;
    TimeAttr attr;                               /* TIMESTAMP, TIMESTAMP_LTZ only */
    uint32_t precision;                          /* DECIMAL 1..38; TIME 0..3; TIMESTAMP* 0..9; CHAR/VARCHAR/BINARY/VARBINARY length */
    uint32_t scale;                              /* DECIMAL */
    const Type *elem;                            /* ARRAY, MULTISET element; MAP value */
    const Type *key;                             /* MAP */
    const Field *fields; uint32_t nfields;       /* ROW */
    Str class_name;                              /* ROW written as STRUCTURED<'class', ..>; empty = plain ROW */
};
/* Cells by kind (the physical contract everyone relies on):
 *   BOOLEAN BOOL 0/1 | TINYINT I8 | SMALLINT I16 | INT I32 | BIGINT I64 | FLOAT F32 | DOUBLE F64
 *   DECIMAL I128 unscaled value | CHAR VARCHAR BINARY VARBINARY VARIANT(canonical JSON text) BITMAP(bytes) STR
 *   DATE I32 days since 1970-01-01 | TIME I32 milliseconds of day
 *   TIMESTAMP, TIMESTAMP_LTZ: precision <= 6: I64 microseconds since 1970 (LTZ: UTC instant); precision 7..9: I128 nanoseconds
 *   INTERVAL_MONTH I64 months | INTERVAL_SECOND I64 milliseconds
 *   ARRAY MAP MULTISET ROW NESTED */
Phys type_phys(const Type *type);
uint32_t phys_size(Phys phys);                   /* bytes per cell */

/* Singletons: nullable and NOT NULL forms of the parameterless kinds (precision ignored unless given below). */
const Type *type_simple(TypeKind kind, bool nullable);     /* BOOLEAN..DOUBLE, DATE, NULL, intervals, VARIANT, BITMAP */
const Type *type_string(bool nullable);                    /* VARCHAR(max) */
const Type *type_bytes(bool nullable);
/* Constructors in `arena`. */
const Type *type_sized(Arena *arena, TypeKind kind, uint32_t length, bool nullable);      /* CHAR.. VARBINARY */
const Type *type_decimal(Arena *arena, uint32_t precision, uint32_t scale, bool nullable);
const Type *type_time(Arena *arena, TypeKind kind, uint32_t precision, bool nullable);    /* TIME, TIMESTAMP, TIMESTAMP_LTZ */
const Type *type_array(Arena *arena, const Type *elem, bool nullable);
const Type *type_multiset(Arena *arena, const Type *elem, bool nullable);
const Type *type_map(Arena *arena, const Type *key, const Type *value, bool nullable);
const Type *type_row(Arena *arena, const Field *fields, uint32_t nfields, bool nullable); /* copies the field array */
const Type *type_with_null(Arena *arena, const Type *type, bool nullable);                /* same type, other nullability */
const Type *type_with_attr(Arena *arena, const Type *type, TimeAttr attr);

/* Deep equality; ignore_null drops the outermost nullability and the time attribute. */
bool type_eq(const Type *a, const Type *b, bool ignore_null);
bool type_is_numeric(const Type *type);          /* TINYINT..DECIMAL */
bool type_is_integer(const Type *type);
bool type_is_string(const Type *type);           /* CHAR, VARCHAR */
bool type_is_binary(const Type *type);
bool type_is_datetime(const Type *type);         /* DATE..TIMESTAMP_LTZ */
bool type_is_nested(const Type *type);           /* ARRAY..ROW */
/* Flink's text: "BIGINT NOT NULL", "DECIMAL(10, 2)" with the blank after the comma as Flink prints, "STRING" for VARCHAR(max),
 * "BYTES", "ROW<`a` INT, `b` STRING>", "INTERVAL SECOND(3)", "TIMESTAMP(3) *ROWTIME*" (attr only when with_attr). */
void type_print(const Type *type, bool with_attr, StrBuf *out);
/* As SHOW CREATE TABLE writes it: VARCHAR(2147483647), TIMESTAMP(3) WITH LOCAL TIME ZONE; no time attribute. */
void type_print_ddl(const Type *type, StrBuf *out);
Str type_text(Arena *arena, const Type *type);   /* type_print with attr */

typedef struct Column { Str name; const Type *type; } Column;
typedef struct Schema { const Column *cols; uint32_t n; } Schema;
int schema_find(const Schema *schema, Str name); /* exact case; -1 */
#endif
