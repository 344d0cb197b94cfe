/* Typed options: rows that describe WITH keys, format keys and SET keys; the reader, the nearest-name hint,
 * the completion and the generated docs all come from the same rows. Names, defaults and units are Flink's. */
#ifndef WEIR_BASE_OPTION_H
#define WEIR_BASE_OPTION_H
#include "engine/base/err.h"

typedef enum OptionType { OPT_STRING, OPT_BOOL, OPT_INT, OPT_LONG, OPT_DOUBLE, OPT_DURATION /* us */, OPT_MEMORY /* bytes */, OPT_ENUM, OPT_LIST /* ';' */ , OPT_MAP } OptionType;
enum { OPTF_REQUIRED = 1, OPTF_SECRET = 2, OPTF_SOURCE = 4 /* read side only */, OPTF_SINK = 8, OPTF_IGNORED = 16 /* accepted, no effect; say so once */, OPTF_PREFIX = 32 /* name ends with '.': any key below it, passed through */, OPTF_PATTERN = 64 /* '#' in name stands for a field name: fields.#.kind */,
    OPTF_IDENTITY = 128 /* says which outside thing the table is: state follows it, whatever the table is called */ };

typedef struct OptionDef {
    const char *name;           /* NULL ends a table */
    OptionType type;
    const char *dflt;           /* text as a user would write it; NULL = none */
    unsigned flags;
    const char *values;         /* OPT_ENUM: "a|b|c", compared case-insensitively */
    const char *doc;            /* one sentence */
} OptionDef;

typedef struct Option { Str key, value; Span span /* of the key */, value_span; } Option;
typedef struct Options { Option *v; uint32_t n, cap; } Options;   /* in user order; unique keys, last wins */

const Option *options_find(const Options *options, Str key);       /* exact key; NULL if absent */
void options_set(Arena *arena, Options *options, Str key, Str value);  /* add or replace; copies both texts */
bool options_remove(Options *options, Str key);                    /* false if absent */
/* Value text, or the row's default, or STR_NULL. `defs` may be NULL. */
Str options_text(const Options *options, const OptionDef *defs, const char *name);
/* Typed getters: parse the value (or default); on bad text fill err E_OPTION naming key, value, what is accepted.
 * Absent without a default: true, *out untouched. */
bool options_bool(const Options *options, const OptionDef *defs, const char *name, bool *out, Err *err) MUST_CHECK;
bool options_i64(const Options *options, const OptionDef *defs, const char *name, int64_t *out, Err *err) MUST_CHECK;  /* INT, LONG, DURATION (us), MEMORY (bytes) */
bool options_double(const Options *options, const OptionDef *defs, const char *name, double *out, Err *err) MUST_CHECK;
/* Checks every option against `n_tables` row tables (connector's, formats' under their prefix): unknown keys with nearest name and
 * the list of supported ones, missing required ones, unparsable values. subject: "connector 'kafka'". */
typedef struct OptionTable { const OptionDef *defs; const char *prefix; } OptionTable;  /* prefix "json." or "value.json." or "" */
bool options_check(const Options *options, const OptionTable *tables, uint32_t n_tables, Str subject, Err *err) MUST_CHECK;
/* "10 s", "1min", "500ms", "1 d", bare number = ms (org.apache.flink.util.TimeUtils). */
bool parse_duration(Str text, int64_t *out_us);
/* "128 mb", "1g", bare number = bytes (org.apache.flink.configuration.MemorySize). */
bool parse_memory_size(Str text, int64_t *out_bytes);
#endif
