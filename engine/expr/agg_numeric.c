/* COUNT, SUM, AVG and the variances. Loops without a call or branch per row over fixed-width columns.
 * Integer sums wrap in the argument's own type (AVG sums in BIGINT); decimal sums are kept exact in 192 bits and judged at the result;
 * variances follow Welford, as Flink does. NULLs have been filtered out before. Snapshots are the raw words. */
#include "engine/expr/agg_impl.h"
#include "engine/expr/kernels.h"
#include "engine/type/decimal.h"
#include <math.h>

/* --- COUNT --- */

static bool count_update(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err)
{
    (void)args; (void)err;
    const size_t offset = item->offset;
    if (!ops) for (uint32_t i = 0; i < n; i++) ++*(int64_t *)((char *)states[i] + offset);
    else for (uint32_t i = 0; i < n; i++) *(int64_t *)((char *)states[i] + offset) += agg_sign(ops, rows[i]);
    return true;
}

static void count_merge(const AggItem *item, void *into, const void *from) { (void)item; *(int64_t *)into += *(const int64_t *)from; }

static bool count_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    (void)item; (void)arena; (void)err;
    *out = datum_i64(*(const int64_t *)state);
    return true;
}

/* States of plain words: written as they are. */
static void words_encode(const AggItem *item, const void *state, StrBuf *out)
{
    const uint64_t *word = state;
    for (size_t i = 0; i < item->impl->size / 8; i++) strbuf_put_u64(out, word[i]);
}

static bool words_decode(const AggItem *item, Reader *in, void *state)
{
    uint64_t *word = state;
    for (size_t i = 0; i < item->impl->size / 8; i++) word[i] = reader_u64(in);
    return !in->bad;
}

static const AggImpl count_impl = { .size = 8, .update = count_update, .merge = count_merge, .result = count_result, .encode = words_encode, .decode = words_decode };
const AggImpl *agg_choose_count(const AggCall *call) { (void)call; return &count_impl; }

/* --- SUM and AVG of integers and floats: a sum and a count --- */

typedef struct SumInt { uint64_t sum; int64_t count; } SumInt;
typedef struct SumF32 { float sum; float pad; int64_t count; } SumF32;
typedef struct SumF64 { double sum; int64_t count; } SumF64;

#define SUM_UPDATE(N, STATE, T, ACC)                                                                                       \
    static bool sum_##N(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err) \
    {                                                                                                                      \
        (void)err;                                                                                                         \
        const T *restrict data = args[0].data;                                                                             \
        const size_t offset = item->offset;                                                                                \
        if (!ops) for (uint32_t i = 0; i < n; i++) {                                                                       \
            STATE *s = (STATE *)((char *)states[i] + offset);                                                              \
            s->sum += (ACC)data[rows[i]];                                                                                  \
            s->count++;                                                                                                    \
        } else for (uint32_t i = 0; i < n; i++) {                                                                          \
            STATE *s = (STATE *)((char *)states[i] + offset);                                                              \
            bool add = row_op_adds((RowOp)ops[rows[i]]);                                                                   \
            if (add) s->sum += (ACC)data[rows[i]]; else s->sum -= (ACC)data[rows[i]];                                      \
            s->count += add ? 1 : -1;                                                                                      \
        }                                                                                                                  \
        return true;                                                                                                       \
    }
SUM_UPDATE(i8, SumInt, int8_t, uint64_t)
SUM_UPDATE(i16, SumInt, int16_t, uint64_t)
SUM_UPDATE(i32, SumInt, int32_t, uint64_t)
SUM_UPDATE(i64, SumInt, int64_t, uint64_t)
SUM_UPDATE(f32, SumF32, float, float)
SUM_UPDATE(f32_as_f64, SumF64, float, double)
SUM_UPDATE(f64, SumF64, double, double)

#define SUM_MERGE(N, STATE)                                                                                                \
    static void merge_##N(const AggItem *item, void *into, const void *from)                                               \
    { (void)item; STATE *a = into; const STATE *b = from; a->sum += b->sum; a->count += b->count; }
SUM_MERGE(int, SumInt)
SUM_MERGE(f32, SumF32)
SUM_MERGE(f64, SumF64)

static void int_datum(const Type *type, int64_t v, Datum *out)
{
    switch (type->kind) {
    case TYPE_TINYINT: out->v.i8 = (int8_t)v; break;
    case TYPE_SMALLINT: out->v.i16 = (int16_t)v; break;
    case TYPE_INT: out->v.i32 = (int32_t)v; break;
    default: out->v.i64 = v; break;
    }
}

static bool sum_int_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    (void)arena; (void)err;
    const SumInt *s = state;
    *out = datum_null();
    out->null = s->count == 0;
    int_datum(item->call.type, (int64_t)s->sum, out);
    return true;
}

static bool avg_int_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    (void)arena; (void)err;
    const SumInt *s = state;
    *out = datum_null();
    out->null = s->count == 0;
    if (s->count == -1) int_datum(item->call.type, (int64_t)(0 - s->sum), out);
    else if (s->count) int_datum(item->call.type, (int64_t)s->sum / s->count, out);
    return true;
}

static bool sum_f32_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    (void)item; (void)arena; (void)err;
    const SumF32 *s = state;
    *out = datum_null();
    out->null = s->count == 0;
    out->v.f32 = s->sum;
    return true;
}

static bool sum_f64_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    (void)item; (void)arena; (void)err;
    const SumF64 *s = state;
    *out = datum_f64(s->sum);
    out->null = s->count == 0;
    return true;
}

static bool avg_float_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    (void)arena; (void)err;
    const SumF64 *s = state;
    double avg = s->count ? s->sum / (double)s->count : 0;
    *out = datum_f64(avg);
    if (item->call.type->kind == TYPE_FLOAT) { *out = datum_null(); out->v.f32 = (float)avg; }
    out->null = s->count == 0;
    return true;
}

#define WORDS(STATE, UPDATE, MERGE, RESULT) { .size = sizeof(STATE), .update = UPDATE, .merge = MERGE, .result = RESULT, .encode = words_encode, .decode = words_decode }
static const AggImpl sum_i8_impl = WORDS(SumInt, sum_i8, merge_int, sum_int_result), sum_i16_impl = WORDS(SumInt, sum_i16, merge_int, sum_int_result),
    sum_i32_impl = WORDS(SumInt, sum_i32, merge_int, sum_int_result), sum_i64_impl = WORDS(SumInt, sum_i64, merge_int, sum_int_result),
    sum_f32_impl = WORDS(SumF32, sum_f32, merge_f32, sum_f32_result), sum_f64_impl = WORDS(SumF64, sum_f64, merge_f64, sum_f64_result),
    avg_i8_impl = WORDS(SumInt, sum_i8, merge_int, avg_int_result), avg_i16_impl = WORDS(SumInt, sum_i16, merge_int, avg_int_result),
    avg_i32_impl = WORDS(SumInt, sum_i32, merge_int, avg_int_result), avg_i64_impl = WORDS(SumInt, sum_i64, merge_int, avg_int_result),
    avg_f32_impl = WORDS(SumF64, sum_f32_as_f64, merge_f64, avg_float_result), avg_f64_impl = WORDS(SumF64, sum_f64, merge_f64, avg_float_result);

/* --- SUM and AVG of decimals: two's complement in 192 bits, so that no order of adding and taking back loses a digit --- */

typedef struct SumDec { uint64_t word[3]; int64_t count; } SumDec;

static void wide_add(uint64_t word[3], i128 value)
{
    u128 low = ((u128)word[1] << 64 | word[0]), sum = low + (u128)value;
    word[2] += (value < 0 ? UINT64_MAX : 0) + (sum < low);
    word[0] = (uint64_t)sum;
    word[1] = (uint64_t)(sum >> 64);
}

/* The sum as 128 bits; false if it is wider. */
static bool wide_get(const uint64_t word[3], i128 *out)
{
    *out = (i128)((u128)word[1] << 64 | word[0]);
    return word[2] == (*out < 0 ? UINT64_MAX : 0);
}

static bool sum_dec_update(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err)
{
    (void)err;
    const i128 *data = args[0].data;
    for (uint32_t i = 0; i < n; i++) {
        SumDec *s = agg_at(states[i], item);
        int sign = agg_sign(ops, rows[i]);
        wide_add(s->word, sign > 0 ? data[rows[i]] : -data[rows[i]]);
        s->count += sign;
    }
    return true;
}

static void sum_dec_merge(const AggItem *item, void *into, const void *from)
{
    (void)item;
    SumDec *a = into;
    const SumDec *b = from;
    u128 low = (u128)a->word[1] << 64 | a->word[0], sum = low + ((u128)b->word[1] << 64 | b->word[0]);
    a->word[2] += b->word[2] + (sum < low);
    a->word[0] = (uint64_t)sum;
    a->word[1] = (uint64_t)(sum >> 64);
    a->count += b->count;
}

static bool sum_dec_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    (void)arena; (void)err;
    const SumDec *s = state;
    *out = datum_null();
    if (s->count && wide_get(s->word, &out->v.i128)) out->null = !decimal_fits(out->v.i128, item->call.type->precision);
    return true;
}

static bool avg_dec_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    (void)arena; (void)err;
    const SumDec *s = state;
    const Type *to = item->call.type, *from = item->call.arg_types[0];
    i128 sum, avg = 0;
    *out = datum_null();
    if (!s->count || !wide_get(s->word, &sum) || !decimal_fits(sum, 38)) return true;
    out->null = !decimal_div(sum, from->scale, s->count, 0, to->precision, to->scale, &avg);
    out->v.i128 = avg;
    return true;
}

static const AggImpl sum_dec_impl = WORDS(SumDec, sum_dec_update, sum_dec_merge, sum_dec_result),
    avg_dec_impl = WORDS(SumDec, sum_dec_update, sum_dec_merge, avg_dec_result);

const AggImpl *agg_choose_sum(const AggCall *call)
{
    switch (type_phys(call->arg_types[0])) {
    case PHYS_I8: return &sum_i8_impl;
    case PHYS_I16: return &sum_i16_impl;
    case PHYS_I32: return &sum_i32_impl;
    case PHYS_I64: return &sum_i64_impl;
    case PHYS_F32: return &sum_f32_impl;
    case PHYS_F64: return &sum_f64_impl;
    default: return &sum_dec_impl;
    }
}

const AggImpl *agg_choose_avg(const AggCall *call)
{
    switch (type_phys(call->arg_types[0])) {
    case PHYS_I8: return &avg_i8_impl;
    case PHYS_I16: return &avg_i16_impl;
    case PHYS_I32: return &avg_i32_impl;
    case PHYS_I64: return &avg_i64_impl;
    case PHYS_F32: return &avg_f32_impl;
    case PHYS_F64: return &avg_f64_impl;
    default: return &avg_dec_impl;
    }
}

/* --- variances: count, mean, sum of squared differences (Welford) --- */

typedef struct Moments { int64_t count; double mean, m2; } Moments;

static double cell_double(const Vec *vec, uint32_t row)
{
    switch (vec->phys) {
    case PHYS_I8: return ((const int8_t *)vec->data)[row];
    case PHYS_I16: return ((const int16_t *)vec->data)[row];
    case PHYS_I32: return ((const int32_t *)vec->data)[row];
    case PHYS_I64: return (double)((const int64_t *)vec->data)[row];
    case PHYS_F32: return (double)((const float *)vec->data)[row];
    case PHYS_F64: return ((const double *)vec->data)[row];
    default: return decimal_to_double(((const i128 *)vec->data)[row], vec->type->scale);
    }
}

static bool variance_update(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err)
{
    (void)err;
    for (uint32_t i = 0; i < n; i++) {
        Moments *m = agg_at(states[i], item);
        double x = cell_double(&args[0], rows[i]), delta = x - m->mean;
        if (agg_sign(ops, rows[i]) > 0) {
            m->mean += delta / (double)++m->count;
            m->m2 += delta * (x - m->mean);
        } else if (--m->count == 0) *m = (Moments){ 0, 0, 0 };
        else {
            m->mean -= delta / (double)m->count;
            m->m2 -= delta * (x - m->mean);
        }
    }
    return true;
}

static void variance_merge(const AggItem *item, void *into, const void *from)
{
    (void)item;
    Moments *a = into;
    const Moments *b = from;
    if (b->count == 0) return;
    if (a->count == 0) { *a = *b; return; }
    double na = (double)a->count, nb = (double)b->count, delta = b->mean - a->mean;
    a->count += b->count;
    a->m2 += b->m2 + delta * delta * na * nb / (na + nb);
    a->mean += delta * nb / (na + nb);
}

static void double_datum(const Type *type, double v, Datum *out)
{
    i128 dec = 0;
    switch (type->kind) {
    case TYPE_FLOAT: out->v.f32 = (float)v; break;
    case TYPE_DOUBLE: out->v.f64 = v; break;
    case TYPE_BIGINT: out->v.i64 = double_to_i64(v); break;
    case TYPE_DECIMAL:
        out->null = v != v || v - v != 0 || !decimal_from_double(v, type->precision, type->scale, &dec);
        out->v.i128 = dec;
        break;
    default: int_datum(type, double_to_i32(v), out); break;
    }
}

static bool variance_result(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err)
{
    (void)arena; (void)err;
    const Moments *m = state;
    const char *name = item->call.def->name;
    bool samp = strcmp(name, "VARIANCE") == 0 || strcmp(name, "STDDEV") == 0 || strstr(name, "_SAMP");
    int64_t divisor = samp ? m->count - 1 : m->count;
    *out = datum_null();
    if (divisor <= 0) return true;
    double v = m->m2 / (double)divisor;
    out->null = false;
    double_datum(item->call.type, strncmp(name, "STDDEV", 6) == 0 ? sqrt(v) : v, out);
    return true;
}

static const AggImpl variance_impl = WORDS(Moments, variance_update, variance_merge, variance_result);
const AggImpl *agg_choose_variance(const AggCall *call) { (void)call; return &variance_impl; }
