/* Vector kernels of the hottest functions: TO_TIMESTAMP, TO_TIMESTAMP_LTZ, fields and floors of timestamps, DATE_FORMAT, UPPER, LOWER, SUBSTRING, CONCAT.
 * Each handles the common shape (FLAT column, constants beside it) and leaves the rest to the row body. Stateless. */
#include "engine/expr/kernels_fn.h"
#include "engine/expr/fn.h"
#include "engine/expr/fn_time_arith.h"
#include "engine/expr/kernels.h"

#define KERNEL(NAME) \
    bool NAME(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)

static bool by_body(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)
{
    const FuncDef *func = call->expr->func;
    return rows_by_body(call, env, func->body, args, call->expr->nargs, func->flags & FN_STRICT, sel, n, out, bad_row, err);
}

static inline int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/* ---- timestamps in microseconds ---- */

static bool is_micros(const Vec *vec) { return vec->form == VEC_FLAT && vec->phys == PHYS_I64 && (vec->type->kind == TYPE_TIMESTAMP || vec->type->kind == TYPE_TIMESTAMP_LTZ); }

/* Does LTZ of this session differ from UTC? Only then rows need an offset each. */
static bool needs_zone(const EvalEnv *env, const Vec *vec) { return vec->type->kind == TYPE_TIMESTAMP_LTZ && env->zone != zone_utc(); }

/* Local wall clock of fields, by java.util's offset. The ends of the calendar do not fit into microseconds any more when an offset is
 * added, so it stays apart. */
static inline Instant local_instant(const EvalEnv *env, int64_t us)
{
    Instant instant = instant_us(us);
    instant.sec += zone_offset_legacy(env->zone, instant.sec);
    return instant;
}

/* False where it does not fit. */
static inline bool local_us(const EvalEnv *env, int64_t us, int64_t *local)
{
    return !__builtin_add_overflow(us, (int64_t)zone_offset(env->zone, floor_div(us, 1000000)) * 1000000, local);
}

/* Whole seconds (0) or milliseconds (3) of a BIGINT column. */
KERNEL(kernel_to_timestamp_ltz)
{
    const Expr *expr = call->expr;
    bool plain = args[0].form == VEC_FLAT && args[0].phys == PHYS_I64 && expr->args[0]->type->kind == TYPE_BIGINT && expr->type->precision == 3;
    int32_t digits = expr->nargs == 1 ? 3 : args[1].form == VEC_CONST && !vec_is_null(&args[1], 0) ? vec_get(&args[1], 0).v.i32 : -1;
    const int64_t *in = args[0].data, factor = digits == 0 ? 1000000 : 1000, low = -62167219200000000 / factor, high = 253402300799999999 / factor;
    int64_t *restrict r = out->data;
    if (!plain || (digits != 0 && digits != 3)) return by_body(call, env, args, sel, n, out, bad_row, err);
    for (uint32_t i = 0; i < out->len; i++) r[i] = (int64_t)((uint64_t)in[i] * (uint64_t)factor);
    for (uint32_t k = 0; k < n; k++) {
        uint32_t row = sel ? sel[k] : k;
        if ((in[row] >= low && in[row] <= high) || (out->valid && !bit_get(out->valid, row))) continue;
        vec_need_valid(out, env->arena, out->len);
        bit_clear(out->valid, row);
    }
    return true;
}

/* Length in microseconds of units up to a day; 0 for longer ones. */
static int64_t unit_us(int unit)
{
    bool months;
    int64_t ms;
    return time_unit_length(unit, &months, &ms) && !months && unit <= UNIT_DAY ? ms * 1000 : 0;
}

/* Fields of a time are counted in whole milliseconds and toward zero: negative before 1970. */
static void time_of_day(int64_t *restrict r, const int64_t *in, uint32_t len, int64_t unit_ms, int64_t count)
{
    for (uint32_t i = 0; i < len; i++) {
        r[i] = floor_div(in[i], 1000) / unit_ms % count;
    }
}

/* HOUR, MINUTE, SECOND without a zone; other fields with the day's answer kept while days repeat. */
static bool extract_rows(const FuncCall *call, EvalEnv *env, const Vec *args, uint32_t value, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)
{
    const Vec *vec = &args[value];
    int unit = *(const int *)call->data;
    bool of_day = unit == UNIT_HOUR || unit == UNIT_MINUTE || unit == UNIT_SECOND, of_date = unit >= UNIT_DAY && unit != UNIT_EPOCH;
    if (!is_micros(vec) || (!of_day && !of_date)) return by_body(call, env, args, sel, n, out, bad_row, err);
    const int64_t *in = vec->data;
    int64_t *restrict r = out->data;
    bool zoned = needs_zone(env, vec);
    if (of_day && !zoned) {
        time_of_day(r, in, out->len, unit_us(unit) / 1000, unit == UNIT_HOUR ? 24 : 60);
        return true;
    }
    int64_t last_day = INT64_MIN, answer = 0;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t row = sel ? sel[k] : k;
        Instant local = zoned ? local_instant(env, in[row]) : instant_us(in[row]);
        int64_t day = (local.sec * 1000 + local.nano / 1000000) / 86400000;
        if (of_day) r[row] = instant_extract((TimeUnit)unit, local);
        else {
            if (day != last_day) answer = instant_extract((TimeUnit)unit, (Instant){ day * 86400, 0 });
            last_day = day;
            r[row] = answer;
        }
    }
    return true;
}

KERNEL(kernel_extract) { return extract_rows(call, env, args, 1, sel, n, out, bad_row, err); }
KERNEL(kernel_field) { return extract_rows(call, env, args, 0, sel, n, out, bad_row, err); }

/* FLOOR(t TO unit) for units of fixed length; DAY of a zoned LTZ has no fixed length. */
KERNEL(kernel_floor)
{
    int64_t unit = call->data ? unit_us(*(const int *)call->data) : 0;
    if (!unit || !is_micros(&args[0]) || needs_zone(env, &args[0])) return by_body(call, env, args, sel, n, out, bad_row, err);
    const int64_t *in = args[0].data;
    int64_t *restrict r = out->data;
    for (uint32_t i = 0; i < out->len; i++) r[i] = floor_div(in[i], unit) * unit;
    return true;
}

/* The step within which a constant pattern prints the same text, in microseconds; 0 = no such step. */
static int64_t pattern_step(Str pattern)
{
    int64_t step = 86400000000;
    bool quoted = false;
    for (uint32_t i = 0; i < pattern.len; i++) {
        char c = pattern.ptr[i];
        if (c == '\'') quoted = !quoted;
        if (quoted) continue;
        if (strchr("SnNA", c)) return 0;        /* finer than any step */
        int64_t letter = c == 's' ? 1000000 : strchr("mB", c) ? 60000000 : strchr("HhKka", c) ? 3600000000 : step;
        if (letter < step) step = letter;
    }
    return step;
}

/* One text by the body: values[0] is the row's. */
static bool format_by_body(const FuncCall *call, EvalEnv *env, int64_t us, StrView *out, Err *err)
{
    Datum values[2] = { datum_i64(us), call->expr->args[1]->value }, text;
    memset(&text, 0, sizeof text);
    if (!call->expr->func->body(call, env, values, &text, err)) return false;
    *out = text.v.str;
    return true;
}

/* Neighbouring rows often print alike: their text is made once and shared. */
KERNEL(kernel_date_format)
{
    const Expr *pattern = call->expr->args[1];
    if (pattern->kind != EXPR_CONST || pattern->value.null || !is_micros(&args[0])) return by_body(call, env, args, sel, n, out, bad_row, err);
    const FixedPattern *places = time_places(call);
    const int64_t *in = args[0].data, wanted = pattern_step(datum_text(&pattern->value)), step = wanted ? wanted : 1;
    StrView *r = out->data, last = strview_of("", 0);
    TextHeap heap = { env->arena, NULL, NULL };
    bool zoned = needs_zone(env, &args[0]), known = false;
    int64_t last_at = 0;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t row = sel ? sel[k] : k;
        if (out->valid && !bit_get(out->valid, row)) continue;
        int64_t us = in[row], at;
        bool fits = !zoned || local_us(env, in[row], &us);
        at = floor_div(us, step);
        if (!known || !fits || at != last_at) {
            char text[FIXED_MAX];
            if (places && fits && fixed_pattern_print(places, us, text)) last = strview_of(places->len <= 12 ? text : memcpy(heap_take(&heap, places->len), text, places->len), places->len);
            else if (!format_by_body(call, env, in[row], &last, err)) return *bad_row = row, false;
            last_at = at;
            known = fits;
        }
        r[row] = last;
    }
    return true;
}

/* Texts that fit the places of the pattern; the body sees to the others. */
KERNEL(kernel_to_timestamp)
{
    const FixedPattern *places = time_places(call);
    if (!places || !places->reads || args[0].form != VEC_FLAT || out->phys != PHYS_I64) return by_body(call, env, args, sel, n, out, bad_row, err);
    const StrView *in = args[0].data;
    int64_t *r = out->data, unit = call->expr->type->precision == 3 ? 1000 : 1;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t row = sel ? sel[k] : k;
        if (out->valid && !bit_get(out->valid, row)) continue;
        if (!fixed_pattern_read(places, strview_str(&in[row]), &r[row])) {
            uint32_t one = row;
            if (!by_body(call, env, args, &one, 1, out, bad_row, err)) return false;
        } else if (unit > 1) r[row] = floor_div(r[row], unit) * unit;
    }
    return true;
}

/* ---- text ---- */

/* ASCII letters of one case to the other: `first` is 'a' or 'A'. Text with other bytes goes to the body. */
static bool change_case(const FuncCall *call, EvalEnv *env, const Vec *args, char first, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)
{
    if (args[0].form != VEC_FLAT) return by_body(call, env, args, sel, n, out, bad_row, err);
    const StrView *in = args[0].data;
    StrView *r = out->data;
    TextHeap heap = { env->arena, NULL, NULL };
    for (uint32_t k = 0; k < n; k++) {
        uint32_t row = sel ? sel[k] : k;
        if (out->valid && !bit_get(out->valid, row)) continue;
        Str s = strview_str(&in[row]);
        if (!str_is_ascii(s)) {
            uint32_t one = row;
            if (!by_body(call, env, args, &one, 1, out, bad_row, err)) return false;
            continue;
        }
        char small[12], *p = s.len <= sizeof small ? small : heap_take(&heap, s.len);
        for (uint32_t i = 0; i < s.len; i++) p[i] = (char)(s.ptr[i] ^ ((unsigned char)(s.ptr[i] - first) < 26 ? 32 : 0));
        r[row] = strview_of(p, s.len);
    }
    return true;
}

KERNEL(kernel_upper) { return change_case(call, env, args, 'a', sel, n, out, bad_row, err); }
KERNEL(kernel_lower) { return change_case(call, env, args, 'A', sel, n, out, bad_row, err); }

static Str cell_text(const Vec *vec, uint32_t row)
{
    const StrView *cells = vec->data;
    return strview_str(&cells[vec_cell(vec, row)]);
}

/* Strict joins of texts. */
KERNEL(kernel_concat)
{
    StrView *r = out->data;
    TextHeap heap = { env->arena, NULL, NULL };
    uint32_t nargs = call->expr->nargs;
    (void)bad_row;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t row = sel ? sel[k] : k;
        if (out->valid && !bit_get(out->valid, row)) continue;
        uint64_t total = 0;
        for (uint32_t i = 0; i < nargs; i++) total += cell_text(&args[i], row).len;
        if (total > INT32_MAX) return *bad_row = row, err_set(err, E_BUDGET, "joined text of %llu bytes is too long", (unsigned long long)total);
        char small[12], *p = total <= sizeof small ? small : heap_take(&heap, (uint32_t)total), *at = p;
        for (uint32_t i = 0; i < nargs; i++) {
            Str s = cell_text(&args[i], row);
            memcpy(at, s.ptr, s.len);
            at += s.len;
        }
        r[row] = strview_of(p, (uint32_t)total);
    }
    return true;
}

/* Constant position and length. */
KERNEL(kernel_substring)
{
    uint32_t nargs = call->expr->nargs;
    bool fixed = args[0].form == VEC_FLAT && args[1].form == VEC_CONST && (nargs < 3 || args[2].form == VEC_CONST);
    int32_t pos = fixed ? vec_get(&args[1], 0).v.i32 : 0, length = fixed && nargs > 2 ? vec_get(&args[2], 0).v.i32 : INT32_MAX;
    if (!fixed || length < 0) return by_body(call, env, args, sel, n, out, bad_row, err);
    const StrView *in = args[0].data;
    StrView *r = out->data;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t row = sel ? sel[k] : k;
        if (out->valid && !bit_get(out->valid, row)) continue;
        Str part = text_substring(strview_str(&in[row]), pos, (uint32_t)length);
        r[row] = strview_of(part.ptr, part.len);
    }
    return true;
}
