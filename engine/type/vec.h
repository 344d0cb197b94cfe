/* Column vectors and boxed values.
 * A Vec is `len` cells of one type: FLAT (data[row]), CONST (data[0] for every row) or DICT (data[dict_idx[row]]).
 * valid: bit set = not NULL; NULL pointer = no NULLs. For CONST bit 0 counts; for DICT the bit of the entry counts.
 * Memory: everything belongs to the arena it was built in; vectors are borrowed and read-only once handed on.
 * NULL cells hold defined but meaningless bytes (zero), so loops may compute all rows and mask afterwards. */
#ifndef WEIR_TYPE_VEC_H
#define WEIR_TYPE_VEC_H
#include "engine/type/type.h"

__extension__ typedef __int128 i128;
__extension__ typedef unsigned __int128 u128;

/* String cell, 16 bytes: up to 12 bytes inline, else a 4-byte prefix and a pointer into an arena. */
typedef struct StrView {
    uint32_t len;
    char prefix[4];                              /* first bytes, zero padded: compare len+prefix as one word first */
    union { char rest[8]; const char *ptr; } u;  /* len <= 12: bytes 4..11; else all the bytes */
} StrView;
_Static_assert(sizeof(StrView) == 16, "cell size is part of the vector layout");
/* Borrows ptr when len > 12. Two copies of fixed size that may overlap serve every short length without a call. */
static inline StrView strview_of(const char *ptr, uint32_t len)
{
    StrView view;
    char *bytes = (char *)&view + offsetof(StrView, prefix);
    memset(&view, 0, sizeof view);
    view.len = len;
    if (len > 12) { memcpy(bytes, ptr, 4); view.u.ptr = ptr; }
    else if (len >= 8) { memcpy(bytes, ptr, 8); memcpy(bytes + len - 8, ptr + len - 8, 8); }
    else if (len >= 4) { memcpy(bytes, ptr, 4); memcpy(bytes + len - 4, ptr + len - 4, 4); }
    else if (len > 0) { bytes[0] = ptr[0]; bytes[len / 2] = ptr[len / 2]; bytes[len - 1] = ptr[len - 1]; }
    return view;
}
StrView strview_copy(Arena *arena, const char *ptr, uint32_t len);
/* Bytes of a cell; borrowed from the cell itself when inline, so pass the cell's address in the vector, not a copy's. */
static inline Str strview_str(const StrView *v) { return (Str){ v->len <= 12 ? v->prefix : v->u.ptr, v->len }; }
bool strview_eq(const StrView *a, const StrView *b);
int strview_cmp(const StrView *a, const StrView *b);     /* bytewise */

/* One value with its NULL flag; the member is chosen by type_phys(type). Nested values are trees of these. */
typedef struct Nested Nested;
typedef struct Datum {
    bool null;
    union { bool b; int8_t i8; int16_t i16; int32_t i32; int64_t i64; float f32; double f64; i128 i128; StrView str; const Nested *nested; } v;
} Datum;
/* ARRAY: len elements. ROW: one item a field. MAP, MULTISET: len entries = items[2*i] key, items[2*i+1] value (MULTISET: INT count). */
struct Nested { uint32_t len; Datum items[]; };
Nested *nested_new(Arena *arena, uint32_t len, uint32_t items);  /* zeroed items */

typedef enum VecForm { VEC_FLAT, VEC_CONST, VEC_DICT } VecForm;
typedef struct Vec {
    const Type *type;
    Phys phys;                                   /* = type_phys(type) */
    VecForm form;
    uint32_t len;                                /* rows */
    void *data;
    uint64_t *valid;
    const uint32_t *dict_idx; uint32_t dict_len; /* DICT */
} Vec;

static inline uint32_t vec_cell(const Vec *vec, uint32_t row) { return vec->form == VEC_FLAT ? row : vec->form == VEC_CONST ? 0 : vec->dict_idx[row]; }
static inline bool bit_get(const uint64_t *bits, uint32_t i) { return bits[i >> 6] >> (i & 63) & 1; }
static inline void bit_set(uint64_t *bits, uint32_t i) { bits[i >> 6] |= 1ull << (i & 63); }
static inline void bit_clear(uint64_t *bits, uint32_t i) { bits[i >> 6] &= ~(1ull << (i & 63)); }
static inline bool vec_is_null(const Vec *vec, uint32_t row) { return vec->valid && !bit_get(vec->valid, vec_cell(vec, row)); }

/* FLAT vector with room for `cap` rows, data zeroed, valid NULL. */
void vec_init(Vec *vec, Arena *arena, const Type *type, uint32_t cap);
void vec_init_const(Vec *vec, Arena *arena, const Type *type, Datum value, uint32_t len);
/* Allocates the validity bitmap (all valid) if absent; cap = rows it must cover. */
void vec_need_valid(Vec *vec, Arena *arena, uint32_t cap);
/* Reads / writes one cell as a Datum (strings and nested are shared, not copied). vec_set wants FLAT and allocates validity on the first NULL. */
Datum vec_get(const Vec *vec, uint32_t row);
void vec_set(Vec *vec, Arena *arena, uint32_t cap, uint32_t row, const Datum *value);
/* FLAT copy (or the vec itself if FLAT already): rows 0..len-1. */
void vec_flatten(Vec *out, Arena *arena, const Vec *in);
/* FLAT copy of the `n` rows sel[0..n-1] (sel NULL = 0..n-1), compacted. Shares string bytes. */
void vec_gather(Vec *out, Arena *arena, const Vec *in, const uint32_t *sel, uint32_t n);

/* Values. datum_eq: SQL grouping equality (NULL = NULL, NaN = NaN, -0.0 <> 0.0 as Flink groups); arrays, rows element-wise, maps order-free.
 * datum_cmp: ORDER BY order (NULL smallest, NaN largest, strings bytewise, rows and arrays lexicographic). datum_hash agrees with datum_eq. */
bool datum_eq(const Type *type, const Datum *a, const Datum *b);
int datum_cmp(const Type *type, const Datum *a, const Datum *b);
uint64_t datum_hash(const Type *type, const Datum *a);
Datum datum_copy(Arena *arena, const Type *type, const Datum *value);    /* deep copy into arena */
static inline Datum datum_null(void) { Datum d; memset(&d, 0, sizeof d); d.null = true; return d; }
static inline Datum datum_i32(int32_t x) { Datum d; memset(&d, 0, sizeof d); d.v.i32 = x; return d; }
static inline Datum datum_i64(int64_t x) { Datum d; memset(&d, 0, sizeof d); d.v.i64 = x; return d; }
static inline Datum datum_f64(double x) { Datum d; memset(&d, 0, sizeof d); d.v.f64 = x; return d; }
static inline Datum datum_bool(bool x) { Datum d; memset(&d, 0, sizeof d); d.v.b = x; return d; }
Datum datum_str(Arena *arena, Str s);                                    /* copies the bytes */
static inline Str datum_text(const Datum *d) { return strview_str(&d->v.str); }
/* What vec_hash_rows gives for a row of these values (values[i] of schema column i). */
uint64_t datum_hash_row(const Schema *schema, const Datum *values);
/* hash of every row's key over `ncols` vectors: out[i] for i in sel (or 0..n-1). */
void vec_hash_rows(const Vec *cols, uint32_t ncols, const uint32_t *sel, uint32_t n, uint64_t *out);
#endif
