/* Windows as arithmetic on local microseconds. "Local" is the wall clock of WindowSpec.zone for LTZ time columns, else the
 * timestamp itself. A window [start, end) is due at the first watermark >= window_due(end): the instant of end - 1 ms.
 * Pure functions; floor division, so instants before 1970 are cut alike. */
#ifndef WEIR_OP_WINDOW_H
#define WEIR_OP_WINDOW_H
#include "engine/op/op_classes.h"

enum { WINDOW_MS = 1000 };                       /* one millisecond: Flink's step of time */

static inline int64_t floor_to(int64_t t, int64_t width, int64_t offset)
{
    int64_t rest = (t - offset) % width;
    return t - (rest < 0 ? rest + width : rest);
}
int64_t window_local(const WindowSpec *spec, int64_t utc_us);
int64_t window_utc(const WindowSpec *spec, int64_t local_us);    /* the later instant of an hour that comes twice */
static inline int64_t window_due(const WindowSpec *spec, int64_t end_us)
{
    return (spec->zone ? window_utc(spec, end_us - WINDOW_MS) : end_us - WINDOW_MS);
}
/* Width of the slices that rows are added to once: the greatest common divisor of size and slide (step). TUMBLE: the size. */
int64_t window_slice_us(const WindowSpec *spec);
/* Distance between starts of windows (TUMBLE: the size). */
static inline int64_t window_slide_us(const WindowSpec *spec) { return spec->kind == WINDOW_TUMBLE ? spec->size_us : spec->slide_us; }

/* Time of every live row as local microseconds: times[i] for rows[i]. Processing time: now for all of them. False + err: a NULL time. */
bool window_times(const Op *op, const WindowSpec *spec, const Batch *batch, const uint32_t *rows, uint32_t n, int64_t *times, Err *err) MUST_CHECK;
/* Cheap test of whole batches: true when all n rows have local times in one slice, whose start is given. NULL times: false. */
bool window_one_slice(const WindowSpec *spec, const Batch *batch, const uint32_t *rows, uint32_t n, int64_t slice_us, int64_t *start);
/* CONST vectors of window_start, window_end, window_time, proctime. */
void window_prop(const WindowSpec *spec, WindowProp prop, int64_t start_us, int64_t end_us, const Type *type, Arena *arena, uint32_t rows, Vec *out);
int64_t window_prop_value(const WindowSpec *spec, WindowProp prop, int64_t start_us, int64_t end_us, const Type *type);
#endif
