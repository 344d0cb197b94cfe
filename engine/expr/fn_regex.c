/* REGEXP functions and STR_TO_MAP: Java's syntax and find() semantics (regex.h). A bad pattern is FALSE for REGEXP and NULL for the others.
 * A constant pattern is compiled once per call site, others go through the thread's cache. */
#include "engine/expr/fn.h"
#include "engine/expr/regex.h"

typedef struct RegexPrep { bool fixed; Regex *regex; } RegexPrep;

static RegexPrep *prepare_regex_text(Arena *arena, const Datum *text, Err *err)
{
    RegexPrep *prep = ARENA_NEW(arena, RegexPrep);
    const char *why = NULL;
    if (!text) return prep;
    prep->fixed = true;
    if (!text->null) prep->regex = regex_compile(arena, datum_text(text), 0, &why);
    if (!prep->regex && regex_is_limit(why)) {
        err_set(err, E_UNSUPPORTED, "regular expression '" STR_FMT "': %s", STR_ARG(datum_text(text)), why);
        err_hint(err, "Write the lookbehind as alternatives of fixed length.");
        return NULL;
    }
    return prep;
}

static void *prepare_regex(const FuncCall *call, Arena *arena, const Datum *const *const_args, Err *err)
{
    (void)call;
    return prepare_regex_text(arena, const_args[1], err);
}

static const Regex *call_regex(const FuncCall *call, const Datum *args)
{
    const RegexPrep *prep = call->prepared;
    return prep && prep->fixed ? prep->regex : regex_cached(arg_str(&args[1]), 0);
}

static Str span_str(Str s, RegexSpan span) { return (Str){ s.ptr + span.from, (uint32_t)(span.to - span.from) }; }

FN_BODY(fn_regexp)
{
    const Regex *regex = arg_str(&args[1]).len ? call_regex(call, args) : NULL;
    if (!regex) return ret_bool(out, false);
    int found = regex_find(regex, arg_str(&args[0]), 0, NULL, 0, err);
    return found < 0 ? false : ret_bool(out, found == 1);
}

enum { GROUPS_MAX = 100 };

/* Group number of argument 2, or dflt; false when the pattern has no such group. */
static bool call_group(const FuncCall *call, const Datum *args, const Regex *regex, int64_t dflt, uint32_t *group)
{
    int64_t g = arg_count(call) > 2 ? datum_int(arg_type(call, 2), &args[2]) : dflt;
    *group = (uint32_t)g;
    return g >= 0 && g <= regex_groups(regex) && g < GROUPS_MAX;
}

FN_BODY(fn_regexp_extract)
{
    const Regex *regex = call_regex(call, args);
    RegexSpan spans[GROUPS_MAX];
    uint32_t group;
    if (!regex || !call_group(call, args, regex, 0, &group)) return ret_null(out);
    Str s = arg_str(&args[0]);
    int found = regex_find(regex, s, 0, spans, group + 1, err);
    if (found < 0) return false;
    if (!found || spans[group].from < 0) return ret_null(out);
    return ret_slice(out, span_str(s, spans[group]));
}

/* Calls `each` for every match from left to right, as a loop over Matcher.find() would. */
typedef bool EachMatch(void *state, Str s, const RegexSpan *spans);
static bool for_matches(const Regex *regex, Str s, uint32_t nspans, EachMatch *each, void *state, Err *err)
{
    RegexSpan spans[GROUPS_MAX];
    for (uint32_t from = 0; from <= s.len; from = regex_next(s, &spans[0])) {
        int found = regex_find(regex, s, from, spans, nspans, err);
        if (found < 0) return false;
        if (!found || !each(state, s, spans)) break;
    }
    return true;
}

typedef struct ExtractAll { Arena *arena; uint32_t group; struct { Datum *v; uint32_t n, cap; } list; } ExtractAll;

static bool extract_one(void *state, Str s, const RegexSpan *spans)
{
    ExtractAll *all = state;
    Datum item = datum_null();
    if (spans[all->group].from >= 0) item = datum_str(all->arena, span_str(s, spans[all->group]));
    ARENA_PUSH(all->arena, all->list, item);
    return true;
}

FN_BODY(fn_regexp_extract_all)
{
    const Regex *regex = call_regex(call, args);
    ExtractAll all = { .arena = env->arena };
    if (!regex || !call_group(call, args, regex, 1, &all.group)) return ret_null(out);
    if (!for_matches(regex, arg_str(&args[0]), all.group + 1, extract_one, &all, err)) return false;
    Nested *list = nested_new(env->arena, all.list.n, all.list.n);
    if (all.list.n) memcpy(list->items, all.list.v, all.list.n * sizeof(Datum));
    out->v.nested = list;
    return true;
}

typedef struct ReplaceAll { ArenaBuf buf; Str with; uint32_t copied; } ReplaceAll;

static bool replace_one(void *state, Str s, const RegexSpan *spans)
{
    ReplaceAll *all = state;
    buf_add(&all->buf, s.ptr + all->copied, (uint32_t)spans[0].from - all->copied);
    buf_adds(&all->buf, all->with);
    all->copied = (uint32_t)spans[0].to;
    return true;
}

FN_BODY(fn_regexp_replace)
{
    const Regex *regex = call_regex(call, args);
    if (!regex) return ret_null_checked(call, out, err);
    Str s = arg_str(&args[0]);
    ReplaceAll all = { arena_buf(env->arena), arg_str(&args[2]), 0 };
    if (!for_matches(regex, s, 1, replace_one, &all, err)) return false;
    if (all.copied == 0 && all.buf.len == 0 && all.buf.ptr == NULL) return ret_slice(out, s);
    buf_add(&all.buf, s.ptr + all.copied, s.len - all.copied);
    return ret_buf(out, &all.buf);
}

static bool count_one(void *state, FN_MAYBE Str s, FN_MAYBE const RegexSpan *spans) { return ++*(int32_t *)state, true; }

FN_BODY(fn_regexp_count)
{
    const Regex *regex = call_regex(call, args);
    return regex ? for_matches(regex, arg_str(&args[0]), 1, count_one, &out->v.i32, err) : ret_null(out);
}

/* Place in UTF-16 units, as Java counts; 0 = none. */
FN_BODY(fn_regexp_instr)
{
    const Regex *regex = call_regex(call, args);
    RegexSpan span;
    if (!regex) return ret_null(out);
    Str s = arg_str(&args[0]);
    int found = regex_find(regex, s, 0, &span, 1, err);
    return found < 0 ? false : ret_int(out, found ? (int32_t)utf16_len((Str){ s.ptr, (uint32_t)span.from }) + 1 : 0);
}

FN_BODY(fn_regexp_substr)
{
    const Regex *regex = call_regex(call, args);
    RegexSpan span;
    if (!regex) return ret_null(out);
    Str s = arg_str(&args[0]);
    int found = regex_find(regex, s, 0, &span, 1, err);
    if (found < 0) return false;
    return found ? ret_slice(out, span_str(s, span)) : ret_null(out);
}

/* ---- STR_TO_MAP: Java's String.split on both levels ---- */

typedef struct Pieces { Str *v; uint32_t n, cap; } Pieces;

/* limit 0: any number, trailing empty pieces dropped; else at most `limit` pieces. */
static bool split_regex(Arena *arena, const Regex *regex, Str s, uint32_t limit, Pieces *out, Err *err)
{
    RegexSpan span;
    uint32_t from = 0, search = 0;
    out->n = 0;
    while (search <= s.len && (limit == 0 || out->n + 1 < limit)) {
        int found = regex_find(regex, s, search, &span, 1, err);
        if (found < 0) return false;
        if (!found) break;
        search = regex_next(s, &span);
        if (span.to == 0 || (span.from == span.to && span.from == s.len)) continue;   /* nothing before it: no empty first piece */
        Str piece = { s.ptr + from, (uint32_t)span.from - from };
        ARENA_PUSH(arena, *out, piece);
        from = (uint32_t)span.to;
    }
    Str rest = { s.ptr + from, s.len - from };
    ARENA_PUSH(arena, *out, rest);
    while (limit == 0 && out->n > 0 && out->v[out->n - 1].len == 0) out->n--;
    return true;
}

typedef struct MapPrep { RegexPrep *outer, *inner; } MapPrep;

static void *prepare_str_to_map(const FuncCall *call, Arena *arena, const Datum *const *const_args, Err *err)
{
    MapPrep *prep = ARENA_NEW(arena, MapPrep);
    Datum comma = datum_str(arena, STR(",")), equals = datum_str(arena, STR("="));
    bool given = arg_count(call) > 1;
    prep->outer = prepare_regex_text(arena, given ? const_args[1] : &comma, err);
    prep->inner = prepare_regex_text(arena, given ? const_args[2] : &equals, err);
    return prep->outer && prep->inner ? prep : NULL;
}

static bool put_entry(Nested *map, Datum key, Datum value)
{
    for (uint32_t i = 0; i < map->len; i++)
        if (strview_eq(&map->items[2 * i].v.str, &key.v.str)) return map->items[2 * i + 1] = value, true;
    map->items[2 * map->len] = key;
    map->items[2 * map->len++ + 1] = value;
    return true;
}

static bool bad_separator(Err *err, Str pattern) { return err_set(err, E_DATA, "separator '" STR_FMT "' is not a valid regular expression", STR_ARG(pattern)); }

FN_BODY(fn_str_to_map)
{
    const MapPrep *prep = call->prepared;
    Str s = arg_str(&args[0]), outer_text = arg_count(call) > 1 ? arg_str(&args[1]) : STR(","), inner_text = arg_count(call) > 2 ? arg_str(&args[2]) : STR("=");
    Arena *scratch = scratch_arena();
    Pieces pairs = { 0 }, pair = { 0 };
    const Regex *regex = prep && prep->outer->fixed ? prep->outer->regex : regex_cached(outer_text, 0);
    if (!regex) return bad_separator(err, outer_text);
    if (s.len > 0 && !split_regex(scratch, regex, s, 0, &pairs, err)) return false;
    regex = prep && prep->inner->fixed ? prep->inner->regex : regex_cached(inner_text, 0);
    if (!regex) return bad_separator(err, inner_text);
    Nested *map = nested_new(env->arena, 0, pairs.n * 2);
    for (uint32_t i = 0; i < pairs.n; i++) {
        if (!split_regex(scratch, regex, pairs.v[i], 2, &pair, err)) return false;
        put_entry(map, datum_str(env->arena, pair.v[0]), pair.n > 1 ? datum_str(env->arena, pair.v[1]) : datum_null());
    }
    out->v.nested = map;
    return true;
}

#define STRICT_NULL (FN_STRICT | FN_NULLABLE)
const FuncDef fn_regex_table[] = {
    FN_ROW("REGEXP", "str,str", "BOOLEAN", FN_STRICT, NULL, fn_regexp, prepare_regex, "string", "Does the regular expression match anywhere in the text?", "REGEXP('abc', 'b.')", "TRUE"),
    FN_ROW("REGEXP_EXTRACT", "str,str,int?", "STRING", STRICT_NULL, NULL, fn_regexp_extract, prepare_regex, "string", "The first match of a regular expression, or one of its groups; NULL if there is none.", "REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2)", "bar"),
    FN_ROW("REGEXP_EXTRACT_ALL", "str,str,int?", NULL, STRICT_NULL, infer_array_string, fn_regexp_extract_all, prepare_regex, "string", "All matches of a group (1 by default) of a regular expression.", "REGEXP_EXTRACT_ALL('100-200, 300-400', '(\\d+)-(\\d+)', 1)", "[100, 300]"),
    FN_ROW("REGEXP_REPLACE", "str,str,str", "STRING", FN_STRICT, NULL, fn_regexp_replace, prepare_regex, "string", "The text with every match of a regular expression replaced by a plain text.", "REGEXP_REPLACE('foobar', 'oo|ar', '')", "fb"),
    FN_ROW("REGEXP_COUNT", "str,str", "INT", STRICT_NULL, NULL, fn_regexp_count, prepare_regex, "string", "Number of matches of a regular expression.", "REGEXP_COUNT('aaaa', 'aa')", "2"),
    FN_ROW("REGEXP_INSTR", "str,str", "INT", STRICT_NULL, NULL, fn_regexp_instr, prepare_regex, "string", "Place of the first match of a regular expression, 0 if there is none.", "REGEXP_INSTR('hello', 'l+')", "3"),
    FN_ROW("REGEXP_SUBSTR", "str,str", "STRING", STRICT_NULL, NULL, fn_regexp_substr, prepare_regex, "string", "The first match of a regular expression.", "REGEXP_SUBSTR('hello', 'l+')", "ll"),
    FN_ROW("STR_TO_MAP", "str|str,str,str", NULL, STRICT_NULL, infer_map_string, fn_str_to_map, prepare_str_to_map, "string", "A map read from text; the separators of pairs (,) and of key and value (=) are regular expressions.", "STR_TO_MAP('k1=v1,k2=v2')['k2']", "v2"),
    FN_END
};
