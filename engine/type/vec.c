/* Vectors: construction, cell access, flattening and gathering, key hashes of rows.
 * Invariants: out vectors are FLAT with zeroed NULL cells; string bytes are shared, never copied here.
 * The loops below switch on the cell size once and then run without calls. */
#include "engine/type/vec.h"

#include "engine/base/hash.h"

/* --- string cells --- */

StrView strview_copy(Arena *arena, const char *ptr, uint32_t len)
{
    return strview_of(len > 12 ? arena_copy(arena, ptr, len) : ptr, len);
}

static inline uint64_t word_at(const void *ptr, size_t offset)
{
    uint64_t word;
    memcpy(&word, (const char *)ptr + offset, sizeof word);
    return word;
}

static inline bool view_eq(const StrView *a, const StrView *b)
{
    if (word_at(a, 0) != word_at(b, 0)) return false;          /* length and prefix */
    if (word_at(a, 8) == word_at(b, 8)) return true;            /* same rest, or same pointer */
    return a->len > 12 && memcmp(a->u.ptr + 4, b->u.ptr + 4, a->len - 4) == 0;
}

bool strview_eq(const StrView *a, const StrView *b)
{
    return view_eq(a, b);
}

int strview_cmp(const StrView *a, const StrView *b)
{
    return str_cmp(strview_str(a), strview_str(b));
}

/* --- construction --- */

static size_t bitmap_words(uint32_t rows)
{
    return rows ? ((size_t)rows + 63) / 64 : 1;
}

void vec_init(Vec *vec, Arena *arena, const Type *type, uint32_t cap)
{
    *vec = (Vec){ .type = type, .phys = type_phys(type), .form = VEC_FLAT, .len = cap };
    vec->data = arena_zalloc(arena, (size_t)phys_size(vec->phys) * (cap ? cap : 1));
}

void vec_need_valid(Vec *vec, Arena *arena, uint32_t cap)
{
    if (vec->valid) return;
    vec->valid = arena_alloc(arena, bitmap_words(cap) * sizeof *vec->valid);
    memset(vec->valid, 0xff, bitmap_words(cap) * sizeof *vec->valid);
}

static void cell_write(void *data, Phys phys, uint32_t at, const Datum *value)
{
    switch (phys) {
    case PHYS_BOOL: ((uint8_t *)data)[at] = value->v.b; break;
    case PHYS_I8: ((int8_t *)data)[at] = value->v.i8; break;
    case PHYS_I16: ((int16_t *)data)[at] = value->v.i16; break;
    case PHYS_I32: ((int32_t *)data)[at] = value->v.i32; break;
    case PHYS_I64: ((int64_t *)data)[at] = value->v.i64; break;
    case PHYS_F32: ((float *)data)[at] = value->v.f32; break;
    case PHYS_F64: ((double *)data)[at] = value->v.f64; break;
    case PHYS_I128: ((i128 *)data)[at] = value->v.i128; break;
    case PHYS_STR: ((StrView *)data)[at] = value->v.str; break;
    case PHYS_NESTED: ((const Nested **)data)[at] = value->v.nested; break;
    case PHYS_COUNT: break;
    }
}

void vec_init_const(Vec *vec, Arena *arena, const Type *type, Datum value, uint32_t len)
{
    vec_init(vec, arena, type, 1);
    vec->form = VEC_CONST;
    vec->len = len;
    if (value.null) {
        vec_need_valid(vec, arena, 1);
        bit_clear(vec->valid, 0);
    } else {
        cell_write(vec->data, vec->phys, 0, &value);
    }
}

Datum vec_get(const Vec *vec, uint32_t row)
{
    uint32_t at = vec_cell(vec, row);
    Datum value = datum_null();
    if (vec->valid && !bit_get(vec->valid, at)) return value;
    value.null = false;
    switch (vec->phys) {
    case PHYS_BOOL: value.v.b = ((const uint8_t *)vec->data)[at] != 0; break;
    case PHYS_I8: value.v.i8 = ((const int8_t *)vec->data)[at]; break;
    case PHYS_I16: value.v.i16 = ((const int16_t *)vec->data)[at]; break;
    case PHYS_I32: value.v.i32 = ((const int32_t *)vec->data)[at]; break;
    case PHYS_I64: value.v.i64 = ((const int64_t *)vec->data)[at]; break;
    case PHYS_F32: value.v.f32 = ((const float *)vec->data)[at]; break;
    case PHYS_F64: value.v.f64 = ((const double *)vec->data)[at]; break;
    case PHYS_I128: value.v.i128 = ((const i128 *)vec->data)[at]; break;
    case PHYS_STR: value.v.str = ((const StrView *)vec->data)[at]; break;
    case PHYS_NESTED: value.v.nested = ((const Nested *const *)vec->data)[at]; break;
    case PHYS_COUNT: break;
    }
    return value;
}

void vec_set(Vec *vec, Arena *arena, uint32_t cap, uint32_t row, const Datum *value)
{
    if (!value->null) {
        cell_write(vec->data, vec->phys, row, value);
        if (vec->valid) bit_set(vec->valid, row);
        return;
    }
    uint32_t size = phys_size(vec->phys);
    vec_need_valid(vec, arena, cap);
    bit_clear(vec->valid, row);
    memset((char *)vec->data + (size_t)row * size, 0, size);
}

/* --- copies --- */

#define GATHER(T)                                                                                            \
    do {                                                                                                     \
        const T *from = src;                                                                                 \
        T *restrict to = dst;                                                                                \
        for (uint32_t i = 0; i < n; i++) to[i] = from[cells[i]];                                              \
    } while (0)
#define FILL(T)                                                                                              \
    do {                                                                                                     \
        T *restrict to = dst;                                                                                \
        T value = *(const T *)src;                                                                           \
        for (uint32_t i = 0; i < n; i++) to[i] = value;                                                       \
    } while (0)

static void cells_gather(void *dst, const void *src, uint32_t size, const uint32_t *cells, uint32_t n)
{
    switch (size) {
    case 1: GATHER(uint8_t); break;
    case 2: GATHER(uint16_t); break;
    case 4: GATHER(uint32_t); break;
    case 8: GATHER(uint64_t); break;
    default: GATHER(u128); break;
    }
}

static void cells_fill(void *dst, const void *src, uint32_t size, uint32_t n)
{
    switch (size) {
    case 1: FILL(uint8_t); break;
    case 2: FILL(uint16_t); break;
    case 4: FILL(uint32_t); break;
    case 8: FILL(uint64_t); break;
    default: FILL(u128); break;
    }
}

/* Validity bits of `cells`, 64 at a time; stays NULL when all are valid. */
static void valid_gather(Vec *out, Arena *arena, const uint64_t *valid, const uint32_t *cells, uint32_t n)
{
    size_t words = bitmap_words(n);
    uint64_t *bits = arena_alloc(arena, words * sizeof *bits), all = ~0ull;
    bits[words - 1] = ~0ull;
    for (uint32_t base = 0; base < n; base += 64) {
        uint32_t count = n - base < 64 ? n - base : 64;
        uint64_t word = count < 64 ? ~0ull << count : 0;
        for (uint32_t i = 0; i < count; i++) word |= (uint64_t)bit_get(valid, cells[base + i]) << i;
        bits[base >> 6] = word;
        all &= word;
    }
    out->valid = all == ~0ull ? NULL : bits;
}

static void vec_copy_const(Vec *out, Arena *arena, const Vec *in, uint32_t n)
{
    vec_init(out, arena, in->type, n);
    if (!in->valid || bit_get(in->valid, 0)) {
        cells_fill(out->data, in->data, phys_size(in->phys), n);
        return;
    }
    vec_need_valid(out, arena, n);
    memset(out->valid, 0, bitmap_words(n) * sizeof *out->valid);
}

/* FLAT vector of in's cells (not rows) `cells`. */
static void vec_copy_cells(Vec *out, Arena *arena, const Vec *in, const uint32_t *cells, uint32_t n)
{
    uint32_t size = phys_size(in->phys);
    *out = (Vec){ .type = in->type, .phys = in->phys, .form = VEC_FLAT, .len = n };
    out->data = arena_alloc(arena, (size_t)size * (n ? n : 1));
    cells_gather(out->data, in->data, size, cells, n);
    if (in->valid) valid_gather(out, arena, in->valid, cells, n);
}

void vec_flatten(Vec *out, Arena *arena, const Vec *in)
{
    if (in->form == VEC_FLAT) *out = *in;
    else if (in->form == VEC_CONST) vec_copy_const(out, arena, in, in->len);
    else vec_copy_cells(out, arena, in, in->dict_idx, in->len);
}

void vec_gather(Vec *out, Arena *arena, const Vec *in, const uint32_t *sel, uint32_t n)
{
    if (in->form == VEC_CONST) {
        vec_copy_const(out, arena, in, n);
    } else if (in->form == VEC_FLAT && sel) {
        vec_copy_cells(out, arena, in, sel, n);
    } else if (in->form == VEC_FLAT) {
        *out = (Vec){ .type = in->type, .phys = in->phys, .form = VEC_FLAT, .len = n };
        out->data = arena_copy(arena, in->data, (size_t)phys_size(in->phys) * n);
        if (in->valid) out->valid = arena_copy(arena, in->valid, bitmap_words(n) * sizeof *in->valid);
    } else if (sel) {
        uint32_t *cells = arena_alloc(arena, sizeof *cells * n);
        for (uint32_t i = 0; i < n; i++) cells[i] = in->dict_idx[sel[i]];
        vec_copy_cells(out, arena, in, cells, n);
    } else {
        vec_copy_cells(out, arena, in, in->dict_idx, n);
    }
}

/* --- key hashes --- */

/* Each cell gives one word; a row's hash folds the words of its columns into HASH_SEED with hash_mix. Integers are their
 * own word, because hash_mix scatters them; vectors and boxed values must give the same words. */
enum { HASH_NULL = 0x5bd1e995, HASH_SEED = 0x27d4eb2f };

static inline uint64_t word_view(const StrView *view)
{
    if (view->len > 12) return hash_bytes(view->u.ptr, view->len);
    return word_at(view, 0) * 0x9e3779b185ebca87ull ^ (word_at(view, 8) * 0xc2b2ae3d27d4eb4full >> 1);
}
static inline uint64_t word_f32(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return v != v ? 0x7fc00000u : bits;                     /* every NaN is one key */
}
static inline uint64_t word_f64(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return v != v ? 0x7ff8000000000000ull : bits;
}
static inline uint64_t word_i128(i128 v)
{
    return (uint64_t)v + (uint64_t)((u128)v >> 64) * 0x9e3779b185ebca87ull;
}

static uint64_t word_nested(const Type *type, const Nested *nested)
{
    uint64_t hash = hash_u64(nested->len + 1);
    switch (type->kind) {
    case TYPE_ROW:
        for (uint32_t i = 0; i < nested->len; i++) hash = hash_mix(hash, datum_hash(type->fields[i].type, &nested->items[i]));
        return hash;
    case TYPE_MAP:
    case TYPE_MULTISET: {
        const Type *key = type->kind == TYPE_MAP ? type->key : type->elem;
        const Type *value = type->kind == TYPE_MAP ? type->elem : type_simple(TYPE_INT, false);
        uint64_t sum = 0;                                   /* commutative: entries have no order */
        for (uint32_t i = 0; i < nested->len; i++)
            sum += hash_mix(datum_hash(key, &nested->items[2 * i]), datum_hash(value, &nested->items[2 * i + 1]));
        return hash_mix(hash, sum);
    }
    default:
        for (uint32_t i = 0; i < nested->len; i++) hash = hash_mix(hash, datum_hash(type->elem, &nested->items[i]));
        return hash;
    }
}

static uint64_t word_datum(const Type *type, const Datum *a)
{
    if (a->null) return HASH_NULL;
    switch (type_phys(type)) {
    case PHYS_BOOL: return a->v.b;
    case PHYS_I8: return (uint64_t)a->v.i8;
    case PHYS_I16: return (uint64_t)a->v.i16;
    case PHYS_I32: return (uint64_t)a->v.i32;
    case PHYS_I64: return (uint64_t)a->v.i64;
    case PHYS_F32: return word_f32(a->v.f32);
    case PHYS_F64: return word_f64(a->v.f64);
    case PHYS_I128: return word_i128(a->v.i128);
    case PHYS_STR: return word_view(&a->v.str);
    case PHYS_NESTED: return word_nested(type, a->v.nested);
    case PHYS_COUNT: break;
    }
    return 0;
}

uint64_t datum_hash(const Type *type, const Datum *a)
{
    return hash_mix(HASH_SEED, word_datum(type, a));
}

uint64_t datum_hash_row(const Schema *schema, const Datum *values)
{
    uint64_t hash = HASH_SEED;
    for (uint32_t c = 0; c < schema->n; c++) hash = hash_mix(hash, word_datum(schema->cols[c].type, &values[c]));
    return hash;
}

/* Runs STMT with `cell` = the cell of out[k], for each form and selection; the form is decided outside the loop. */
#define EACH_CELL(STMT)                                                                                      \
    do {                                                                                                     \
        if (vec->form == VEC_FLAT && !sel) {                                                                 \
            for (uint32_t k = 0; k < n; k++) { uint32_t cell = k; STMT; }                                     \
        } else if (vec->form == VEC_FLAT) {                                                                  \
            for (uint32_t k = 0; k < n; k++) { uint32_t cell = sel[k]; STMT; }                                \
        } else {                                                                                             \
            for (uint32_t k = 0; k < n; k++) { uint32_t cell = vec->dict_idx[sel ? sel[k] : k]; STMT; }       \
        }                                                                                                    \
    } while (0)

/* Folds one column into out[]; NULL cells fold HASH_NULL. */
#define HASH_COLUMN(T, WORD)                                                                                 \
    do {                                                                                                     \
        const T *data = vec->data;                                                                           \
        const uint64_t *valid = vec->valid;                                                                  \
        if (!valid) EACH_CELL(out[k] = hash_mix(out[k], WORD(data[cell])));                                   \
        else EACH_CELL(uint64_t keep = 0 - (uint64_t)bit_get(valid, cell);                                    \
                       out[k] = hash_mix(out[k], (WORD(data[cell]) & keep) | (HASH_NULL & ~keep)));           \
    } while (0)
#define WORD_INT(x) ((uint64_t)(x))
#define WORD_STR(x) word_view(&(x))
#define WORD_NESTED(x) ((x) ? word_nested(vec->type, (x)) : 0)

static void hash_column(const Vec *vec, const uint32_t *sel, uint32_t n, uint64_t *restrict out)
{
    if (vec->form == VEC_CONST) {
        Datum value = vec_get(vec, 0);
        uint64_t word = word_datum(vec->type, &value);
        for (uint32_t k = 0; k < n; k++) out[k] = hash_mix(out[k], word);
        return;
    }
    switch (vec->phys) {
    case PHYS_BOOL: HASH_COLUMN(uint8_t, WORD_INT); break;
    case PHYS_I8: HASH_COLUMN(int8_t, WORD_INT); break;
    case PHYS_I16: HASH_COLUMN(int16_t, WORD_INT); break;
    case PHYS_I32: HASH_COLUMN(int32_t, WORD_INT); break;
    case PHYS_I64: HASH_COLUMN(int64_t, WORD_INT); break;
    case PHYS_F32: HASH_COLUMN(float, word_f32); break;
    case PHYS_F64: HASH_COLUMN(double, word_f64); break;
    case PHYS_I128: HASH_COLUMN(i128, word_i128); break;
    case PHYS_STR: HASH_COLUMN(StrView, WORD_STR); break;
    case PHYS_NESTED: HASH_COLUMN(Nested *const, WORD_NESTED); break;
    case PHYS_COUNT: break;
    }
}

void vec_hash_rows(const Vec *cols, uint32_t ncols, const uint32_t *sel, uint32_t n, uint64_t *out)
{
    for (uint32_t k = 0; k < n; k++) out[k] = HASH_SEED;
    for (uint32_t c = 0; c < ncols; c++) hash_column(&cols[c], sel, n, out);
}
