/* Log lines go to stderr, as text or JSON; never per row, never a secret (redact() runs on every line). Thread-safe. */
#ifndef WEIR_BASE_LOG_H
#define WEIR_BASE_LOG_H
#include "engine/base/str.h"
typedef enum LogLevel { LOG_ERROR, LOG_WARN, LOG_NOTICE, LOG_INFO, LOG_DEBUG } LogLevel;
void log_set(LogLevel max_level, bool json);
/* facility: short lower-case word: "kafka", "jdbc", "job", "ckpt", ... */
void log_msg(LogLevel level, const char *facility, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Called around each line so that a terminal progress line can be wiped and redrawn; may be NULL. */
void log_set_hooks(void (*before)(void), void (*after)(void));
#define log_error(...) log_msg(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_msg(LOG_WARN, __VA_ARGS__)
#define log_notice(...) log_msg(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_msg(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_msg(LOG_DEBUG, __VA_ARGS__)
#endif
