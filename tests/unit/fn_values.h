/* Random arguments of functions: values of every type, among them texts that patterns, paths, formats, zones and URLs are made of, whole and damaged. */
#ifndef WEIR_TESTS_FN_VALUES_H
#define WEIR_TESTS_FN_VALUES_H
#include "tests/unit/values.h"

#include "engine/type/bitmap.h"
#include "engine/type/decimal.h"

static const char *const words[] = { "", "a", "b", "abc,def", "k1=v1,k2=v2", "{\"a\":[1,{\"b\":null,\"c\":\"x\\u00e9\"}],\"d\":1.50e2}", "[1,2,3]", "null", "{\"a\":", "\"q\\n\"",
    "$.a[1].b", "lax $..c", "$.a[?(@.b == 1)]", "$.a[*]", "$['a','d']", "$.a.length()", "$.a[", "strict $.d", "$.a[?(", "(a)(b)?", "[a-z&&[^b]]", "\\p{Alpha}+", "(", "a*",
    "(?i)\xc3\xa9", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd''T''HH:mm:ss.SSSX", "EEE MMM d z", "J", "'", "2024-02-29 13:04:05.123", "2024-02-29", "13:04", "America/New_York", "UTC", "PST", "GMT+05:30",
    "http://u:p@h:80/p?k=v&a=b#r", "HOST", "QUERY", "%5d|%s|%.2f|%x", "%1$s%%%n", "%", "%E6%97%A5", "YWJj", "c3a9", "utf-8", "UTF-16", "GBK", "\xe6\x97\xa5\xe6\x9c\xac\xf0\x9f\x98\x80", "\xff\xfe\x80", "1.2.3.4" };
static const char *const symbols[] = { "DAY", "YEAR", "SECOND", "MONTH", "MILLISECOND", "EPOCH", "LEADING", "BOTH", "NULL_ON_NULL", "ON_EMPTY", "ON_ERROR", "WRAPPER", "RETURNING", "NULL", "ERROR", "UNCONDITIONAL", "FOO" };

static inline Datum random_value(Arena *arena, const Type *type)
{
    Datum value = random_datum(arena, type);
    if (value.null) return value;
    if (type->kind == TYPE_VARCHAR && below(4)) value = datum_str(arena, str_of(words[below(sizeof words / sizeof *words)]));
    if (type->kind == TYPE_VARIANT) value = datum_str(arena, below(2) ? STR("{\"a\":[1,\"x\"]}") : STR("[true]"));
    uint32_t numbers[] = { 1, 7, 70000 };
    if (type->kind == TYPE_BITMAP) value = datum_str(arena, below(3) ? bitmap_write(arena, numbers, (uint32_t)below(4)) : STR("junk"));
    if (type_is_datetime(type) && below(3) && type_phys(type) == PHYS_I64) value.v.i64 = (int64_t)below(4000000000000000);
    if (type_is_datetime(type) && type_phys(type) == PHYS_I64 && type->precision == 3) value.v.i64 -= value.v.i64 % 1000;     /* cells hold no more than their digits */
    if (type->kind == TYPE_DATE && below(3)) value.v.i32 = (int32_t)below(60000);
    if (type->kind == TYPE_TIME) value.v.i32 = (int32_t)below(86400000);
    if (type->kind == TYPE_INT && below(2)) value.v.i32 = (int32_t)below(12) - 3;
    if (type->kind == TYPE_DECIMAL) value.v.i128 %= decimal_pow10[type->precision];
    return value;
}
#endif
