/* Files through fault points: whole reads, durable writes. Paths are NUL-terminated. */
#ifndef WEIR_BASE_IO_H
#define WEIR_BASE_IO_H
#include "engine/base/err.h"
/* Whole file into *out_owned (appended). */
bool io_read_file(const char *path, StrBuf *out_owned, Err *err) MUST_CHECK;
/* path.tmp + fsync + rename + fsync(dir): visible whole or not at all. */
bool io_write_file(const char *path, Str bytes, Err *err) MUST_CHECK;
/* mkdir -p with mode 0700. */
bool io_make_dirs(const char *path, Err *err) MUST_CHECK;
#endif
