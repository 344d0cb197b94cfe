/* Options: lookup, typed reading and checking of user options against row tables. Pure functions over the caller's lists.
 * Rules of units: org.apache.flink.util.TimeUtils and org.apache.flink.configuration.MemorySize.
 * A value of a secret option never gets into an error. */
#include "engine/base/option.h"

#include <errno.h>
#include <stdlib.h>

static Option *option_find(const Options *options, Str key)
{
    for (uint32_t i = 0; i < options->n; i++)
        if (str_eq(options->v[i].key, key)) return &options->v[i];
    return NULL;
}

const Option *options_find(const Options *options, Str key)
{
    return option_find(options, key);
}

void options_set(Arena *arena, Options *options, Str key, Str value)
{
    Option *option = option_find(options, key);
    Str copy = str_dup(arena, value);
    if (option) {
        option->value = copy;
        option->value_span = (Span){ 0, 0 };
        return;
    }
    Option added = { .key = str_dup(arena, key), .value = copy };
    ARENA_PUSH(arena, *options, added);
}

bool options_remove(Options *options, Str key)
{
    Option *option = option_find(options, key);
    if (!option) return false;
    options->n--;
    memmove(option, option + 1, sizeof *option * (options->n - (uint32_t)(option - options->v)));
    return true;
}

/* --- units --- */

/* Splits "12 kb" into its digits and the unit word behind optional blanks. */
static bool split_number(Str text, int64_t *number, Str *unit)
{
    text = str_trim(text);
    uint32_t digits = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') digits++;
    *unit = str_trim(str_sub(text, digits, text.len));
    return digits > 0 && str_to_i64(str_sub(text, 0, digits), number);
}

/* True when `word` is one of the blank-separated names, compared without case. */
static bool among(Str word, const char *names)
{
    for (Str rest = str_of(names); rest.len;) {
        int64_t blank = str_find(rest, STR(" "), 0);
        Str name = str_sub(rest, 0, blank < 0 ? rest.len : (uint32_t)blank);
        if (str_ieq(word, name)) return true;
        rest = str_sub(rest, name.len + 1, rest.len);
    }
    return false;
}

bool parse_duration(Str text, int64_t *out_us)
{
    static const struct { const char *names; int64_t us; } units[] = {
        { "d day days", 86400000000 }, { "h hour hours", 3600000000 }, { "m min minute minutes", 60000000 },
        { "s sec secs second seconds", 1000000 }, { "ms milli millis millisecond milliseconds", 1000 },
        { "\xc2\xb5s micro micros microsecond microseconds", 1 },
    };
    int64_t number;
    Str unit;
    if (!split_number(text, &number, &unit)) return false;
    if (unit.len == 0) return !__builtin_mul_overflow(number, 1000, out_us);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (among(unit, units[i].names)) return !__builtin_mul_overflow(number, units[i].us, out_us);
    if (!among(unit, "ns nano nanos nanosecond nanoseconds")) return false;
    *out_us = number / 1000;
    return true;
}

bool parse_memory_size(Str text, int64_t *out_bytes)
{
    static const struct { const char *names; int64_t bytes; } units[] = {
        { "b bytes", 1 }, { "k kb kibibytes", 1ll << 10 }, { "m mb mebibytes", 1ll << 20 },
        { "g gb gibibytes", 1ll << 30 }, { "t tb tebibytes", 1ll << 40 },
    };
    int64_t number;
    Str unit;
    if (!split_number(text, &number, &unit)) return false;
    *out_bytes = number;
    if (unit.len == 0) return true;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (among(unit, units[i].names)) return !__builtin_mul_overflow(number, units[i].bytes, out_bytes);
    return false;
}

static bool parse_bool(Str text, bool *out)
{
    text = str_trim(text);
    *out = str_iis(text, "true");
    return *out || str_iis(text, "false");
}

static bool parse_number(Str text, double *out)
{
    char buf[64], *end;
    text = str_trim(text);
    if (text.len == 0 || text.len >= sizeof buf) return false;
    memcpy(buf, text.ptr, text.len);
    buf[text.len] = 0;
    errno = 0;
    *out = strtod(buf, &end);
    return end == buf + text.len && errno == 0;
}

static bool parse_i64(OptionType type, Str text, int64_t *out)
{
    switch (type) {
    case OPT_DURATION: return parse_duration(text, out);
    case OPT_MEMORY: return parse_memory_size(text, out);
    case OPT_INT: return str_to_i64(str_trim(text), out) && *out >= INT32_MIN && *out <= INT32_MAX;
    case OPT_LONG: case OPT_STRING: case OPT_BOOL: case OPT_DOUBLE: case OPT_ENUM: case OPT_LIST: case OPT_MAP: break;
    }
    return str_to_i64(str_trim(text), out);
}

/* True when `text` is one of "a|b|c". */
static bool is_choice(Str text, const char *values)
{
    text = str_trim(text);
    for (Str rest = str_of(values); rest.len;) {
        int64_t bar = str_find(rest, STR("|"), 0);
        Str value = str_sub(rest, 0, bar < 0 ? rest.len : (uint32_t)bar);
        if (str_ieq(text, value)) return true;
        rest = str_sub(rest, value.len + 1, rest.len);
    }
    return false;
}

/* Every entry of "k:v,k:v" has a key. */
static bool is_map(Str text)
{
    while (text.len) {
        int64_t comma = str_find(text, STR(","), 0);
        Str entry = str_sub(text, 0, comma < 0 ? text.len : (uint32_t)comma);
        if (str_find(entry, STR(":"), 0) <= 0) return false;
        text = str_sub(text, entry.len + 1, text.len);
    }
    return true;
}

static bool value_fits(const OptionDef *def, Str text)
{
    bool flag;
    int64_t number;
    double real;
    switch (def->type) {
    case OPT_STRING: case OPT_LIST: return true;
    case OPT_BOOL: return parse_bool(text, &flag);
    case OPT_INT: case OPT_LONG: case OPT_DURATION: case OPT_MEMORY: return parse_i64(def->type, text, &number);
    case OPT_DOUBLE: return parse_number(text, &real);
    case OPT_ENUM: return is_choice(text, def->values);
    case OPT_MAP: return is_map(text);
    }
    return true;
}

/* What a value of this option looks like, as a hint's sentence. */
static void hint_accepted(Err *err, OptionType type, const char *values)
{
    switch (type) {
    case OPT_BOOL: err_hint(err, "Use true or false."); break;
    case OPT_INT: err_hint(err, "Use a whole number between -2147483648 and 2147483647."); break;
    case OPT_LONG: err_hint(err, "Use a whole number."); break;
    case OPT_DOUBLE: err_hint(err, "Use a number such as 0.5."); break;
    case OPT_DURATION: err_hint(err, "Use a number and a unit (ms, s, min, h, d), such as 500ms, 10 s or 1 min; without a unit it means milliseconds."); break;
    case OPT_MEMORY: err_hint(err, "Use a number and a unit (b, kb, mb, gb, tb), such as 64 mb; without a unit it means bytes."); break;
    case OPT_MAP: err_hint(err, "Use key:value pairs separated by commas."); break;
    case OPT_ENUM: {
        StrBuf list = { 0 };
        for (const char *at = values; at && *at; at++) {
            if (*at == '|') strbuf_addz(&list, ", ");
            else strbuf_addc(&list, *at);
        }
        err_hint(err, "Use one of: %s.", strbuf_cstr(&list));
        strbuf_free(&list);
        break;
    }
    case OPT_STRING: case OPT_LIST: break;
    }
}

static bool bad_value(Err *err, Str key, Str value, Span span, OptionType type, const char *values, unsigned flags)
{
    if ((flags & OPTF_SECRET) || secret_key(key))
        err_at(err, E_OPTION, span, "invalid value for option \"" STR_FMT "\"", STR_ARG(key));
    else
        err_at(err, E_OPTION, span, "invalid value \"" STR_FMT "\" for option \"" STR_FMT "\"", STR_ARG(value), STR_ARG(key));
    hint_accepted(err, type, values);
    return false;
}

/* --- rows --- */

/* "fields.#.kind": `#` stands for a non-empty name, which may hold dots. */
static bool pattern_matches(const char *name, Str key)
{
    const char *hash = strchr(name, '#');
    if (!hash) return str_is(key, name);
    Str head = { name, (uint32_t)(hash - name) };
    uint32_t tail = (uint32_t)strlen(hash + 1);
    return key.len > head.len + tail && str_eq(str_sub(key, 0, head.len), head) && str_ends(key, hash + 1);
}

static bool row_matches(const OptionDef *def, Str key)
{
    if (def->flags & OPTF_PREFIX) return key.len > strlen(def->name) && str_starts(key, def->name);
    if (def->flags & OPTF_PATTERN) return pattern_matches(def->name, key);
    return str_is(key, def->name);
}

/* Exact rows win over patterns and prefixes: 'properties.bootstrap.servers' over 'properties.'. */
static const OptionDef *row_find(const OptionDef *defs, Str key)
{
    const OptionDef *wide = NULL;
    for (const OptionDef *def = defs; def && def->name; def++) {
        if (!row_matches(def, key)) continue;
        if (!(def->flags & (OPTF_PREFIX | OPTF_PATTERN))) return def;
        if (!wide || (wide->flags & OPTF_PREFIX)) wide = def;
    }
    return wide;
}

Str options_text(const Options *options, const OptionDef *defs, const char *name)
{
    const Option *option = options_find(options, str_of(name));
    if (option) return option->value;
    const OptionDef *def = row_find(defs, str_of(name));
    return def && def->dflt ? str_of(def->dflt) : STR_NULL;
}

typedef struct Reading {            /* a value on its way to a typed getter */
    Str text;
    Span span;
    const OptionDef *def;
} Reading;

static Reading read_option(const Options *options, const OptionDef *defs, const char *name)
{
    const Option *option = options_find(options, str_of(name));
    return (Reading){ options_text(options, defs, name), option ? option->value_span : (Span){ 0, 0 }, row_find(defs, str_of(name)) };
}

static bool bad_reading(const Reading *reading, const char *name, OptionType type, Err *err)
{
    return bad_value(err, str_of(name), reading->text, reading->span, type, NULL, reading->def ? reading->def->flags : 0);
}

bool options_bool(const Options *options, const OptionDef *defs, const char *name, bool *out, Err *err)
{
    Reading reading = read_option(options, defs, name);
    if (!reading.text.ptr) return true;
    return parse_bool(reading.text, out) || bad_reading(&reading, name, OPT_BOOL, err);
}

bool options_i64(const Options *options, const OptionDef *defs, const char *name, int64_t *out, Err *err)
{
    Reading reading = read_option(options, defs, name);
    if (!reading.text.ptr) return true;
    OptionType type = reading.def ? reading.def->type : OPT_LONG;
    return parse_i64(type, reading.text, out) || bad_reading(&reading, name, type, err);
}

bool options_double(const Options *options, const OptionDef *defs, const char *name, double *out, Err *err)
{
    Reading reading = read_option(options, defs, name);
    if (!reading.text.ptr) return true;
    return parse_number(reading.text, out) || bad_reading(&reading, name, OPT_DOUBLE, err);
}

/* --- checking --- */

typedef struct Names { Str *v; uint32_t n, cap; } Names;

static const char *table_prefix(const OptionTable *table)
{
    return table->prefix ? table->prefix : "";
}

static const OptionDef *tables_find(const OptionTable *tables, uint32_t n_tables, Str key)
{
    const OptionDef *wide = NULL;
    for (uint32_t i = 0; i < n_tables; i++) {
        const char *prefix = table_prefix(&tables[i]);
        if (!str_starts(key, prefix)) continue;
        uint32_t skip = (uint32_t)strlen(prefix);
        const OptionDef *def = row_find(tables[i].defs, str_sub(key, skip, key.len));
        if (def && !(def->flags & (OPTF_PREFIX | OPTF_PATTERN))) return def;
        if (def && !wide) wide = def;
    }
    return wide;
}

static int compare_names(const void *a, const void *b)
{
    return str_cmp(*(const Str *)a, *(const Str *)b);
}

static Names supported_names(Arena *arena, const OptionTable *tables, uint32_t n_tables)
{
    Names names = { 0 };
    for (uint32_t i = 0; i < n_tables; i++)
        for (const OptionDef *def = tables[i].defs; def && def->name; def++) {
            const char *star = def->flags & OPTF_PREFIX ? "*" : "";
            ARENA_PUSH(arena, names, str_printf(arena, "%s%s%s", table_prefix(&tables[i]), def->name, star));
        }
    if (names.n) qsort(names.v, names.n, sizeof *names.v, compare_names);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < names.n; i++)
        if (i == 0 || !str_eq(names.v[i], names.v[kept - 1])) names.v[kept++] = names.v[i];
    names.n = kept;
    return names;
}

/* The supported name nearest to `key`; the # of a pattern takes the user's own field name. */
static Str nearest_name(Arena *arena, const Names *supported, Str key)
{
    Names candidates = { 0 };
    for (uint32_t i = 0; i < supported->n; i++) {
        Str name = supported->v[i];
        int64_t hash = str_find(name, STR("#"), 0);
        if (str_ends(name, "*")) continue;
        if (hash >= 0) {
            Str head = str_sub(name, 0, (uint32_t)hash), tail = str_sub(name, (uint32_t)hash + 1, name.len);
            uint32_t field_end = key.len;
            while (field_end > 0 && key.ptr[field_end - 1] != '.') field_end--;
            if (!str_eq(str_sub(key, 0, head.len), head) || field_end <= head.len + 1) continue;
            Str field = str_sub(key, head.len, field_end - 1 - head.len);
            name = str_printf(arena, STR_FMT STR_FMT STR_FMT, STR_ARG(head), STR_ARG(field), STR_ARG(tail));
        }
        ARENA_PUSH(arena, candidates, name);
    }
    int nearest = str_nearest(key, candidates.v, candidates.n);
    return nearest < 0 ? STR_NULL : candidates.v[nearest];
}

static void add_quoted(StrBuf *list, Str name)
{
    strbuf_addf(list, "%s\"" STR_FMT "\"", list->len ? ", " : "", STR_ARG(name));
}

static bool check_known(const Options *options, const OptionTable *tables, uint32_t n_tables, Str subject, Err *err)
{
    Arena *arena = arena_new();
    StrBuf unknown = { 0 }, list = { 0 }, hint = { 0 };
    Names supported = supported_names(arena, tables, n_tables);
    Span span = { 0, 0 };
    uint32_t count = 0;
    for (uint32_t i = 0; i < options->n; i++) {
        const Option *option = &options->v[i];
        if (tables_find(tables, n_tables, option->key)) continue;
        if (count++ == 0) span = option->span;
        add_quoted(&unknown, option->key);
        Str nearest = nearest_name(arena, &supported, option->key);
        if (nearest.ptr) strbuf_addf(&hint, "%sDid you mean \"" STR_FMT "\"?", hint.len ? " " : "", STR_ARG(nearest));
    }
    if (count) {
        err_at(err, E_OPTION, span, "unsupported option%s %s for " STR_FMT, count > 1 ? "s" : "", strbuf_cstr(&unknown), STR_ARG(subject));
        for (uint32_t i = 0; i < supported.n; i++) strbuf_addf(&list, "%s" STR_FMT, i ? ", " : "", STR_ARG(supported.v[i]));
        err_detail(err, "Supported options: %s.", strbuf_cstr(&list));
        if (hint.len) err_hint(err, "%s", strbuf_cstr(&hint));
    }
    strbuf_free(&unknown);
    strbuf_free(&list);
    strbuf_free(&hint);
    arena_free(arena);
    return count == 0;
}

static bool check_required(const Options *options, const OptionTable *tables, uint32_t n_tables, Str subject, Err *err)
{
    Arena *arena = arena_new();
    StrBuf missing = { 0 };
    uint32_t count = 0;
    for (uint32_t i = 0; i < n_tables; i++)
        for (const OptionDef *def = tables[i].defs; def && def->name; def++) {
            Str name = str_printf(arena, "%s%s", table_prefix(&tables[i]), def->name);
            if (!(def->flags & OPTF_REQUIRED) || options_find(options, name)) continue;
            add_quoted(&missing, name);
            count++;
        }
    if (count) err_set(err, E_OPTION, "missing required option%s %s for " STR_FMT, count > 1 ? "s" : "", strbuf_cstr(&missing), STR_ARG(subject));
    strbuf_free(&missing);
    arena_free(arena);
    return count == 0;
}

bool options_check(const Options *options, const OptionTable *tables, uint32_t n_tables, Str subject, Err *err)
{
    if (!check_known(options, tables, n_tables, subject, err)) return false;
    for (uint32_t i = 0; i < options->n; i++) {
        const Option *option = &options->v[i];
        const OptionDef *def = tables_find(tables, n_tables, option->key);
        bool typed = !(def->flags & (OPTF_PREFIX | OPTF_IGNORED));
        if (typed && !value_fits(def, option->value))
            return bad_value(err, option->key, option->value, option->value_span, def->type, def->values, def->flags);
    }
    return check_required(options, tables, n_tables, subject, err);
}
