/* One generated column: options by type, and loops that fill cells. A random cell is mix(seed, column, row); see datagen.c. */
#include "connectors/datagen_field.h"
#include "engine/base/hash.h"
#include "engine/type/decimal.h"
#include "engine/type/text.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>

enum { STRING_LENGTH = 100, COLLECTION_LENGTH = 3, MILLIS_A_DAY = 86400000 };

/* --- options --- */

typedef struct FieldOptions { Arena *arena; const Options *options; Str path; } FieldOptions;

static const Option *find(const FieldOptions *from, const char *key)
{
    return options_find(from->options, str_printf(from->arena, "fields." STR_FMT ".%s", STR_ARG(from->path), key));
}

static bool refuse(const Option *option, const char *what, Err *err)
{
    err_at(err, E_OPTION, option->value_span, "option '" STR_FMT "' wants %s, not '" STR_FMT "'", STR_ARG(option->key), what, STR_ARG(option->value));
    return false;
}

static bool get_i64(const FieldOptions *from, const char *key, int64_t *out, Err *err)
{
    const Option *option = find(from, key);
    return !option || str_to_i64(str_trim(option->value), out) || refuse(option, "an integer", err);
}

static bool get_double(const FieldOptions *from, const char *key, double *out, Err *err)
{
    const Option *option = find(from, key);
    return !option || parse_double(str_trim(option->value), out) || refuse(option, "a number", err);
}

static bool get_decimal(const FieldOptions *from, const char *key, const Type *type, i128 *out, Err *err)
{
    const Option *option = find(from, key);
    return !option || decimal_parse(str_trim(option->value), type->precision, type->scale, out) || refuse(option, "a decimal that fits the column", err);
}

static void int_range(const Type *type, int64_t *min, int64_t *max)
{
    *min = INT64_MIN;
    *max = INT64_MAX;
    if (type->kind == TYPE_TINYINT) *min = INT8_MIN, *max = INT8_MAX;
    if (type->kind == TYPE_SMALLINT) *min = INT16_MIN, *max = INT16_MAX;
    if (type->kind == TYPE_INT) *min = INT32_MIN, *max = INT32_MAX;
    if (type->kind == TYPE_INTERVAL_MONTH) *min = 0, *max = 120000;
    if (type->kind == TYPE_INTERVAL_SECOND) *min = 0;
}

static bool check_order(const FieldOptions *from, bool ok, Err *err)
{
    return ok || err_set(err, E_OPTION, "datagen field \"" STR_FMT "\": min must not be greater than max", STR_ARG(from->path));
}

static bool init_length(DatagenField *field, const FieldOptions *from, Err *err)
{
    const Type *type = field->type;
    bool sized = type->kind == TYPE_CHAR || type->kind == TYPE_VARCHAR || type->kind == TYPE_BINARY || type->kind == TYPE_VARBINARY;
    int64_t length = type_is_nested(type) ? COLLECTION_LENGTH : sized && type->precision < TYPE_LEN_MAX ? type->precision : STRING_LENGTH;
    int64_t limit = sized ? type->precision : INT32_MAX;
    bool fixed = type->kind == TYPE_CHAR || type->kind == TYPE_BINARY;
    const Option *option = find(from, "length");
    if (!get_i64(from, "length", &length, err)) return false;
    if (option && (length < 1 || length > limit || (fixed && length != limit))) return refuse(option, "a length that fits the column's type", err);
    field->length = (uint32_t)length;
    option = find(from, "var-len");
    if (!option) return true;
    field->var_len = str_iis(option->value, "true");
    if (field->var_len && type->kind != TYPE_VARCHAR && type->kind != TYPE_VARBINARY) return refuse(option, "a VARCHAR, STRING, VARBINARY or BYTES column", err);
    return field->var_len || str_iis(option->value, "false") || refuse(option, "true or false", err);
}

static bool init_random(DatagenField *field, const FieldOptions *from, Err *err)
{
    const Type *type = field->type;
    int_range(type, &field->min, &field->max);
    field->fmin = 0;
    field->fmax = type->kind == TYPE_FLOAT ? FLT_MAX : DBL_MAX;
    field->dmax = type->kind == TYPE_DECIMAL ? decimal_pow10[type->precision] - 1 : 0;
    field->dmin = 0;
    const Option *past = find(from, "max-past");
    if (past && !parse_duration(past->value, &field->max_past_us)) return refuse(past, "a duration", err);
    if (!get_double(from, "null-rate", &field->null_rate, err)) return false;
    if (field->null_rate < 0 || field->null_rate > 1) return refuse(find(from, "null-rate"), "a number from 0 to 1", err);
    if (!init_length(field, from, err)) return false;
    if (type->kind == TYPE_FLOAT || type->kind == TYPE_DOUBLE)
        return get_double(from, "min", &field->fmin, err) && get_double(from, "max", &field->fmax, err) && check_order(from, field->fmin <= field->fmax, err);
    if (type->kind == TYPE_DECIMAL)
        return get_decimal(from, "min", type, &field->dmin, err) && get_decimal(from, "max", type, &field->dmax, err) && check_order(from, field->dmin <= field->dmax, err);
    int64_t low = field->min, high = field->max;
    if (!get_i64(from, "min", &field->min, err) || !get_i64(from, "max", &field->max, err)) return false;
    if (type_is_integer(type) && (field->min < low || field->max > high)) return err_set(err, E_OPTION, "datagen field \"" STR_FMT "\": min or max is out of the type's range", STR_ARG(from->path));
    return check_order(from, field->min <= field->max, err);
}

static bool init_sequence(DatagenField *field, const FieldOptions *from, Err *err)
{
    const Type *type = field->type;
    if (!type_is_numeric(type) && !type_is_string(type)) {
        err_set(err, E_OPTION, "datagen field \"" STR_FMT "\": a sequence needs a numeric or text column", STR_ARG(from->path));
        return err_hint(err, "Leave 'fields." STR_FMT ".kind' at 'random'.", STR_ARG(from->path));
    }
    field->sequence = true;
    if (!find(from, "start") || !find(from, "end")) return err_set(err, E_OPTION, "datagen field \"" STR_FMT "\": a sequence needs 'start' and 'end'", STR_ARG(from->path));
    if (!get_i64(from, "start", &field->min, err) || !get_i64(from, "end", &field->max, err)) return false;
    field->count = field->max < field->min ? 0 : (uint64_t)field->max - (uint64_t)field->min + 1;
    return true;
}

static bool init_at(DatagenField *field, const FieldOptions *from, const Type *type, uint64_t salt, Err *err);

static bool init_child(DatagenField *field, const FieldOptions *from, uint32_t i, const char *name, const Type *type, Err *err)
{
    FieldOptions below = { from->arena, from->options, str_printf(from->arena, STR_FMT ".%s", STR_ARG(from->path), name) };
    return init_at(&field->children[i], &below, type, hash_mix(field->salt, i + 1), err);
}

static bool init_children(DatagenField *field, const FieldOptions *from, Err *err)
{
    const Type *type = field->type;
    field->nchildren = type->kind == TYPE_ROW ? type->nfields : type->kind == TYPE_MAP ? 2 : 1;
    field->children = ARENA_ARRAY(from->arena, DatagenField, field->nchildren + 1);
    if (type->kind == TYPE_ROW) {
        for (uint32_t i = 0; i < type->nfields; i++)
            if (!init_child(field, from, i, str_cstr(from->arena, type->fields[i].name), type->fields[i].type, err)) return false;
        return true;
    }
    if (type->kind == TYPE_MAP) return init_child(field, from, 0, "key", type->key, err) && init_child(field, from, 1, "value", type->elem, err);
    return init_child(field, from, 0, "element", type->elem, err);
}

static bool init_at(DatagenField *field, const FieldOptions *from, const Type *type, uint64_t salt, Err *err)
{
    *field = (DatagenField){ .type = type, .salt = salt };
    const Option *kind = find(from, "kind");
    if (kind && str_iis(kind->value, "sequence")) return init_sequence(field, from, err);
    if (kind && !str_iis(kind->value, "random")) return refuse(kind, "random or sequence", err);
    if (type->kind == TYPE_VARIANT || type->kind == TYPE_BITMAP || type->kind == TYPE_NULL) return err_set(err, E_UNSUPPORTED, "datagen cannot make values of the type of field \"" STR_FMT "\"", STR_ARG(from->path));
    if (!init_random(field, from, err)) return false;
    return !type_is_nested(type) || init_children(field, from, err);
}

bool datagen_field_init(DatagenField *field, Arena *arena, const Options *options, const Column *column, uint32_t index, Err *err)
{
    FieldOptions from = { arena, options, column->name };
    return init_at(field, &from, column->type, hash_u64(index + 1), err);
}

void datagen_field_buffers(DatagenField *field, Arena *arena, Vec *vec)
{
    if (field->null_rate > 0) field->valid = arena_zalloc(arena, BATCH_ROWS / 8);
    vec->valid = field->valid;
}

/* --- random numbers: counter and mixer, so loops have no chain between rows --- */

static inline uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93ull;
    return x ^ (x >> 32);
}

static inline uint64_t random_at(uint64_t base, uint64_t row)
{
    return mix(base + row * 0x9e3779b97f4a7c15ull);
}

static inline double unit_at(uint64_t base, uint64_t row)
{
    return (double)(random_at(base, row) >> 11) * 0x1p-53;
}

/* min..max, both included. */
static inline int64_t ranged(uint64_t bits, int64_t min, int64_t max)
{
    uint64_t range = (uint64_t)max - (uint64_t)min;
    if (range == UINT64_MAX) return (int64_t)bits;
    return (int64_t)((uint64_t)min + (uint64_t)(((u128)bits * (range + 1)) >> 64));
}

/* 16 hex digits of `bits`. */
static inline void hex16(uint64_t bits, char out[16])
{
    for (int half = 0; half < 2; half++) {
        uint64_t x = bits >> (32 * half) & 0xffffffffu;
        x = (x | x << 16) & 0x0000ffff0000ffffull;
        x = (x | x << 8) & 0x00ff00ff00ff00ffull;
        x = (x | x << 4) & 0x0f0f0f0f0f0f0f0full;
        uint64_t letters = (x + 0x0606060606060606ull) >> 4 & 0x0101010101010101ull;
        x += 0x3030303030303030ull + letters * ('a' - '0' - 10);
        memcpy(out + 8 * half, &x, 8);
    }
}

static StrView random_text(uint64_t base, uint64_t row, uint32_t len, Arena *arena)
{
    char digits[16];
    StrView view;
    memset(&view, 0, sizeof view);
    view.len = len;
    hex16(random_at(base, row), digits);
    if (len <= 12) {
        memcpy((char *)&view + offsetof(StrView, prefix), digits, len);
        return view;
    }
    char *text = arena_alloc(arena, (size_t)len + 16);
    for (uint32_t at = 0; at < len; at += 16) {
        hex16(random_at(base + at + 1, row), digits);
        memcpy(text + at, digits, 16);
    }
    return strview_of(text, len);
}

static StrView random_bytes(uint64_t base, uint64_t row, uint32_t len, Arena *arena)
{
    char *bytes = arena_alloc(arena, (size_t)len + 8);
    for (uint32_t at = 0; at < len; at += 8) {
        uint64_t bits = random_at(base + at, row);
        memcpy(bytes + at, &bits, 8);
    }
    return strview_of(bytes, len);
}

static uint32_t length_at(const DatagenField *field, uint64_t base, uint64_t row)
{
    if (!field->var_len) return field->length;
    return (uint32_t)ranged(random_at(base ^ 0x5bd1e995, row), 1, field->length);
}

static i128 random_decimal(const DatagenField *field, uint64_t base, uint64_t row)
{
    u128 range = (u128)(field->dmax - field->dmin) + 1;
    u128 bits = (u128)random_at(base, row) << 64 | random_at(base + 1, row);
    return field->dmin + (i128)(range ? bits % range : bits);
}

/* --- one cell: nested values and the rarer types --- */

static void cell_at(const DatagenField *field, uint64_t seed, uint64_t row, int64_t now_us, Arena *arena, Datum *out);

static int64_t past_at(const DatagenField *field, uint64_t base, uint64_t row, int64_t now_us)
{
    return field->max_past_us ? now_us - ranged(random_at(base, row), 0, field->max_past_us / 1000) * 1000 : now_us;
}

static void timestamp_cell(const DatagenField *field, uint64_t base, uint64_t row, int64_t now_us, Datum *out)
{
    *out = instant_datum(field->type, instant_us(past_at(field, base, row, now_us)));
}

static const Nested *nested_cell(const DatagenField *field, uint64_t seed, uint64_t row, int64_t now_us, Arena *arena)
{
    const Type *type = field->type;
    uint32_t len = type->kind == TYPE_ROW ? type->nfields : field->length;
    bool pairs = type->kind == TYPE_MAP || type->kind == TYPE_MULTISET;
    Nested *nested = nested_new(arena, len, pairs ? 2 * len : len);
    for (uint32_t i = 0; i < len; i++) {
        const DatagenField *child = type->kind == TYPE_ROW ? &field->children[i] : &field->children[0];
        uint64_t at = type->kind == TYPE_ROW ? row : row * len + i;
        cell_at(child, seed, at, now_us, arena, &nested->items[pairs ? 2 * i : i]);
        if (type->kind == TYPE_MAP) cell_at(&field->children[1], seed, at, now_us, arena, &nested->items[2 * i + 1]);
        if (type->kind == TYPE_MULTISET) nested->items[2 * i + 1] = datum_i32(1);
    }
    return nested;
}

static bool null_at(const DatagenField *field, uint64_t base, uint64_t row)
{
    return field->null_rate > 0 && unit_at(base ^ 0x632be59bd9b4e019ull, row) < field->null_rate;
}

static StrView sequence_text(int64_t value, Arena *arena)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)value);
    return strview_copy(arena, digits, (uint32_t)len);
}

static void cell_at(const DatagenField *field, uint64_t seed, uint64_t row, int64_t now_us, Arena *arena, Datum *out)
{
    uint64_t base = mix(seed ^ field->salt), bits = random_at(base, row);
    *out = datum_i64(0);
    if (null_at(field, base, row)) {
        out->null = true;
        return;
    }
    int64_t number = field->sequence ? (int64_t)((uint64_t)field->min + row) : ranged(bits, field->min, field->max);
    double unit = (double)(bits >> 11) * 0x1p-53, real = field->sequence ? (double)number : field->fmin * (1 - unit) + field->fmax * unit;
    switch (field->type->kind) {
    case TYPE_BOOLEAN: out->v.b = bits >> 63; break;
    case TYPE_TINYINT: out->v.i8 = (int8_t)number; break;
    case TYPE_SMALLINT: out->v.i16 = (int16_t)number; break;
    case TYPE_INT: out->v.i32 = (int32_t)number; break;
    case TYPE_BIGINT: case TYPE_INTERVAL_MONTH: case TYPE_INTERVAL_SECOND: out->v.i64 = number; break;
    case TYPE_FLOAT: out->v.f32 = (float)real; break;
    case TYPE_DOUBLE: out->v.f64 = real; break;
    case TYPE_DECIMAL: out->v.i128 = field->sequence ? (i128)number * decimal_pow10[field->type->scale] : random_decimal(field, base, row); break;
    case TYPE_CHAR: case TYPE_VARCHAR: out->v.str = field->sequence ? sequence_text(number, arena) : random_text(base, row, length_at(field, base, row), arena); break;
    case TYPE_BINARY: case TYPE_VARBINARY: out->v.str = random_bytes(base, row, length_at(field, base, row), arena); break;
    case TYPE_DATE: out->v.i32 = (int32_t)(now_us / 1000 / MILLIS_A_DAY); break;
    case TYPE_TIME: out->v.i32 = (int32_t)(now_us / 1000 % MILLIS_A_DAY); break;
    case TYPE_TIMESTAMP: case TYPE_TIMESTAMP_LTZ: timestamp_cell(field, base, row, now_us, out); break;
    case TYPE_ARRAY: case TYPE_MAP: case TYPE_MULTISET: case TYPE_ROW: out->v.nested = nested_cell(field, seed, row, now_us, arena); break;
    case TYPE_NULL: case TYPE_VARIANT: case TYPE_BITMAP: case TYPE_KIND_COUNT: out->null = true; break;
    }
}

/* --- columns --- */

static void fill_int(const DatagenField *field, int32_t *data, uint64_t base, uint64_t first, uint32_t n)
{
    uint64_t range = (uint64_t)(field->max - field->min) + 1;
    int32_t min = (int32_t)field->min;
    for (uint32_t i = 0; i < n; i++) data[i] = (int32_t)((uint32_t)min + (uint32_t)((random_at(base, first + i) >> 32) * range >> 32));
}

static void fill_double(const DatagenField *field, double *data, uint64_t base, uint64_t first, uint32_t n)
{
    double low = field->fmin, high = field->fmax;
    if (high - low <= DBL_MAX) {
        double width = high - low;
        for (uint32_t i = 0; i < n; i++) data[i] = low + width * unit_at(base, first + i);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        double unit = unit_at(base, first + i);
        data[i] = low * (1 - unit) + high * unit;
    }
}

static void fill_bigint(const DatagenField *field, int64_t *data, uint64_t base, uint64_t first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) data[i] = ranged(random_at(base, first + i), field->min, field->max);
}

static void fill_sequence(const DatagenField *field, Vec *vec, uint64_t first, uint32_t n)
{
    if (vec->phys == PHYS_I32)
        for (uint32_t i = 0; i < n; i++) ((int32_t *)vec->data)[i] = (int32_t)((uint64_t)field->min + first + i);
    else
        for (uint32_t i = 0; i < n; i++) ((int64_t *)vec->data)[i] = (int64_t)((uint64_t)field->min + first + i);
}

static void fill_text(const DatagenField *field, StrView *data, uint64_t base, uint64_t first, uint32_t n, Arena *arena)
{
    for (uint32_t i = 0; i < n; i++) data[i] = random_text(base, first + i, length_at(field, base, first + i), arena);
}

static void fill_nulls(DatagenField *field, Vec *vec, uint64_t base, uint64_t first, uint32_t n)
{
    memset(field->valid, 0xff, BATCH_ROWS / 8);
    for (uint32_t i = 0; i < n; i++)
        if (null_at(field, base, first + i)) bit_clear(field->valid, i);
    vec->valid = field->valid;
}

static void fill_cells(const DatagenField *field, Vec *vec, Arena *arena, uint64_t seed, uint64_t first, uint32_t n, int64_t now_us)
{
    uint32_t size = phys_size(vec->phys);
    for (uint32_t i = 0; i < n; i++) {
        Datum value;
        cell_at(field, seed, first + i, now_us, arena, &value);
        memcpy((char *)vec->data + (size_t)size * i, &value.v, size);
    }
}

void datagen_field_fill(DatagenField *field, Vec *vec, Arena *arena, uint64_t seed, uint64_t first, uint32_t n, int64_t now_us)
{
    uint64_t base = mix(seed ^ field->salt);
    TypeKind kind = field->type->kind;
    vec->len = n;
    if ((kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ) && !field->max_past_us && field->null_rate <= 0) {
        /* All rows of a batch are made now: one value. */
        Datum now;
        timestamp_cell(field, base, first, now_us, &now);
        vec->form = VEC_CONST;
        memcpy(vec->data, &now.v, phys_size(vec->phys));
        return;
    }
    if (field->sequence && (vec->phys == PHYS_I32 || vec->phys == PHYS_I64)) fill_sequence(field, vec, first, n);
    else if (kind == TYPE_INT) fill_int(field, vec->data, base, first, n);
    else if (kind == TYPE_BIGINT) fill_bigint(field, vec->data, base, first, n);
    else if (kind == TYPE_DOUBLE && !field->sequence) fill_double(field, vec->data, base, first, n);
    else if (type_is_string(field->type) && !field->sequence) fill_text(field, vec->data, base, first, n, arena);
    else fill_cells(field, vec, arena, seed, first, n, now_us);
    if (field->null_rate > 0) fill_nulls(field, vec, base, first, n);
}
