/* Window arithmetic; see the header. */
#include "engine/op/window.h"
#include "engine/base/clock.h"

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t window_local(const WindowSpec *spec, int64_t utc_us)
{
    if (!spec->zone) return utc_us;
    return utc_us + (int64_t)zone_offset(spec->zone, floor_div(utc_us, 1000000)) * 1000000;
}

int64_t window_utc(const WindowSpec *spec, int64_t local_us)
{
    if (!spec->zone) return local_us;
    int64_t sec = floor_div(local_us, 1000000);
    return zone_to_utc_legacy(spec->zone, sec) * 1000000 + (local_us - sec * 1000000);
}

int64_t window_slice_us(const WindowSpec *spec)
{
    return spec->kind == WINDOW_TUMBLE ? spec->size_us : gcd(spec->size_us, spec->slide_us);
}

static bool fail_null_time(const Op *op, Err *err)
{
    err_set(err, E_DATA, "the time column of a window is NULL");
    err_hint(err, "Filter such rows out before the window.");
    return op_fail(op, err);
}

bool window_times(const Op *op, const WindowSpec *spec, const Batch *batch, const uint32_t *rows, uint32_t n, int64_t *times, Err *err)
{
    if (spec->proctime) {
        int64_t now = window_local(spec, clock_now_us());
        for (uint32_t i = 0; i < n; i++) times[i] = now;
        return true;
    }
    const Vec *vec = &batch->cols[spec->time_col];
    const int64_t *data = vec->data;
    for (uint32_t i = 0; i < n; i++) {
        if (vec_is_null(vec, rows[i])) return fail_null_time(op, err);
        times[i] = window_local(spec, data[vec_cell(vec, rows[i])]);
    }
    return true;
}

static void time_range(const Vec *vec, const uint32_t *rows, uint32_t n, int64_t *low, int64_t *high)
{
    const int64_t *data = vec->data;
    *low = *high = data[vec_cell(vec, rows[0])];
    if (vec->form == VEC_CONST) return;
    for (uint32_t i = 1; i < n; i++) {
        int64_t t = vec->form == VEC_FLAT ? data[rows[i]] : data[vec->dict_idx[rows[i]]];
        *low = t < *low ? t : *low;
        *high = t > *high ? t : *high;
    }
}

bool window_one_slice(const WindowSpec *spec, const Batch *batch, const uint32_t *rows, uint32_t n, int64_t slice_us, int64_t *start)
{
    int64_t low, high;
    if (spec->proctime) {
        low = high = clock_now_us();
    } else {
        const Vec *vec = &batch->cols[spec->time_col];
        if (vec->valid || !n) return false;
        time_range(vec, rows, n, &low, &high);
    }
    /* A range wider than the slice could leave it and come back where the clocks are set back. */
    if (high - low >= slice_us) return false;
    int64_t a = window_local(spec, low), b = window_local(spec, high);
    if (b - a != high - low) return false;
    *start = floor_to(a, slice_us, spec->offset_us);
    return b < *start + slice_us;
}

int64_t window_prop_value(const WindowSpec *spec, WindowProp prop, int64_t start_us, int64_t end_us, const Type *type)
{
    switch (prop) {
    case WPROP_START: return start_us;
    case WPROP_END: return end_us;
    case WPROP_TIME: return type->kind == TYPE_TIMESTAMP_LTZ && spec->zone ? window_utc(spec, end_us - WINDOW_MS) : end_us - WINDOW_MS;
    case WPROP_PROCTIME: return clock_now_us();
    }
    return 0;
}

void window_prop(const WindowSpec *spec, WindowProp prop, int64_t start_us, int64_t end_us, const Type *type, Arena *arena, uint32_t rows, Vec *out)
{
    vec_init_const(out, arena, type, datum_i64(window_prop_value(spec, prop, start_us, end_us, type)), rows);
}
