/* SET keys: one row each with type and default; unknown keys are kept and warned about (wild files hold many). */
#ifndef WEIR_PLAN_CONFIG_H
#define WEIR_PLAN_CONFIG_H
#include "engine/base/option.h"
extern const OptionDef config_defs[];            /* ends with name NULL */
/* Checks a SET: false + E_OPTION if a known key has a bad value; *warning set (static or in arena) for unknown or ignored keys. */
bool config_check(Arena *arena, Str key, Str value, Str *warning, Err *err) MUST_CHECK;
bool config_bool(const Options *config, const char *key);
int64_t config_i64(const Options *config, const char *key);       /* durations in us, sizes in bytes */
double config_double(const Options *config, const char *key);
Str config_text(const Options *config, const char *key);          /* value or default; STR_NULL if none */
#endif
