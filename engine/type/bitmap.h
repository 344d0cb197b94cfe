/* BITMAP cells: sets of 32-bit unsigned numbers in the portable Roaring format (array, bitmap and run containers). */
#ifndef WEIR_TYPE_BITMAP_H
#define WEIR_TYPE_BITMAP_H
#include "engine/base/str.h"

/* Ascending, without repeats; lives in the arena given. */
typedef struct BitmapValues { uint32_t *v; uint32_t n, cap; } BitmapValues;
/* false when the bytes are no Roaring bitmap. */
bool bitmap_read(Arena *arena, Str bytes, BitmapValues *out);
/* values ascending and without repeats. */
Str bitmap_write(Arena *arena, const uint32_t *values, uint32_t n);
/* "{1,2,3}"; damaged bytes print as "{}". */
void bitmap_print(Str bytes, StrBuf *out);
#endif
