/* Java regular expressions on PCRE2: translation of what differs, compilation, the per-thread cache and the search.
 * Differences handled: class unions and intersections ([a-z&&[^aeiou]]), \p{Alpha}-like names, \uXXXX, \0nn, back references of several digits,
 * \b (letters and digits of all scripts), flags d, u, U; \Z-like anchors are shared. What PCRE2 knows and Java refuses is refused: { without a count,
 * (?P<x>..), (*VERB), \K and the like. \d \w \s are ASCII in both. Threads: a Regex is read-only after compilation; match data and cache hang on the thread. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "engine/expr/regex.h"
#include "engine/base/hash.h"
#include <pcre2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { MATCH_LIMIT = 5000000, HEAP_LIMIT_KB = 65536, CACHE_SLOTS = 16, CLASS_DEPTH = 20 };

struct Regex { pcre2_code *code; uint32_t groups; };

/* ---- translation ---- */

typedef struct Reader8 { const char *p, *end; StrBuf *out; const char *why; uint32_t groups; bool unicode; } Reader8;

static void translate_class(Reader8 *r, int depth);

/* Java's names in \p{..} -> POSIX or Unicode forms PCRE2 knows. Inside a class the brackets of [:x:] suit; outside they are added. */
static const struct { const char *java, *posix; } property_names[] = {
    { "Lower", "[:lower:]" }, { "Upper", "[:upper:]" }, { "ASCII", "\\x00-\\x7F" }, { "Alpha", "[:alpha:]" }, { "Digit", "[:digit:]" }, { "Alnum", "[:alnum:]" },
    { "Punct", "[:punct:]" }, { "Graph", "[:graph:]" }, { "Print", "[:print:]" }, { "Blank", "[:blank:]" }, { "Cntrl", "[:cntrl:]" }, { "XDigit", "[:xdigit:]" },
    { "Space", "[:space:]" }, { "javaLowerCase", "\\p{Ll}" }, { "javaUpperCase", "\\p{Lu}" }, { "javaWhitespace", "\\s" }, { "javaDigit", "\\p{Nd}" },
    { "javaLetter", "\\p{L}" }, { "javaLetterOrDigit", "\\p{L}\\p{Nd}" }, { "IsAlphabetic", "\\p{L}\\p{Nl}" }, { "IsLetter", "\\p{L}" }, { "IsDigit", "\\p{Nd}" },
    { "IsUppercase", "\\p{Lu}" }, { "IsLowercase", "\\p{Ll}" }, { "IsPunctuation", "\\p{P}" }, { "IsControl", "\\p{Cc}" }, { "IsWhite_Space", "\\p{Z}\\s" },
    { "IsIdeographic", "\\p{Han}" }, { "InGreek", "\\x{370}-\\x{3FF}" }, { "InCyrillic", "\\x{400}-\\x{4FF}" }, { "InBasicLatin", "\\x00-\\x7F" },
    { "InBasic_Latin", "\\x00-\\x7F" }, { "InHebrew", "\\x{590}-\\x{5FF}" }, { "InArabic", "\\x{600}-\\x{6FF}" }, { "InHiragana", "\\x{3040}-\\x{309F}" },
    { "InKatakana", "\\x{30A0}-\\x{30FF}" }, { "InCJKUnifiedIdeographs", "\\x{4E00}-\\x{9FFF}" }, { "InCJK_Unified_Ideographs", "\\x{4E00}-\\x{9FFF}" },
};

static void add_property(Reader8 *r, Str name, bool negated, bool in_class)
{
    const char *set = NULL;
    for (size_t i = 0; i < sizeof property_names / sizeof property_names[0] && !set; i++)
        if (str_is(name, property_names[i].java)) set = property_names[i].posix;
    if (!set) {
        if (str_starts(name, "Is") || str_starts(name, "script=") || str_starts(name, "sc=")) {
            int64_t eq = str_find(name, STR("="), 0);
            name = str_sub(name, eq < 0 ? 2 : (uint32_t)eq + 1, name.len);
        }
        strbuf_addf(r->out, "\\%c{" STR_FMT "}", negated ? 'P' : 'p', STR_ARG(name));
        return;
    }
    if (in_class && !negated) strbuf_addz(r->out, set);
    else if (in_class && set[0] == '[') strbuf_addf(r->out, "[:^%s", set + 2);
    else if (in_class) r->why = "negated property inside a character class";
    else strbuf_addf(r->out, "[%s%s]", negated ? "^" : "", set);
}

static uint32_t hex_value(const char *p, uint32_t n)
{
    uint32_t v = 0;
    for (uint32_t i = 0; i < n; i++) {
        char c = p[i];
        uint32_t d = c >= '0' && c <= '9' ? (uint32_t)(c - '0') : (c | 32) >= 'a' && (c | 32) <= 'f' ? (uint32_t)((c | 32) - 'a' + 10) : 16;
        if (d > 15) return UINT32_MAX;
        v = v * 16 + d;
    }
    return v;
}

/* \uXXXX, joining a surrogate pair written as two of them. */
static void translate_unicode(Reader8 *r)
{
    uint32_t cp = r->end - r->p >= 4 ? hex_value(r->p, 4) : UINT32_MAX;
    if (cp == UINT32_MAX) {
        r->why = "\\u wants four hexadecimal digits";
        return;
    }
    r->p += 4;
    if (cp >= 0xD800 && cp < 0xDC00 && r->end - r->p >= 6 && r->p[0] == '\\' && r->p[1] == 'u') {
        uint32_t low = hex_value(r->p + 2, 4);
        if (low >= 0xDC00 && low < 0xE000) {
            cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
            r->p += 6;
        }
    }
    strbuf_addf(r->out, "\\x{%X}", cp);
}

/* \12 is group 12 only where that many groups are open already, else group 1 and a 2. */
static void translate_back_reference(Reader8 *r, char first)
{
    uint32_t group = (uint32_t)(first - '0');
    while (r->p < r->end && *r->p >= '0' && *r->p <= '9' && group * 10 + (uint32_t)(*r->p - '0') <= r->groups) group = group * 10 + (uint32_t)(*r->p++ - '0');
    strbuf_addf(r->out, "\\g{%u}", group);
}

/* Where a word begins or ends; a mark belongs to its letter. */
#define WORD_SET "[\\p{L}\\p{Nd}_\\p{Mn}]"
static const char word_boundary[] = "(?:(?<=" WORD_SET ")(?!" WORD_SET ")|(?<!" WORD_SET ")(?=" WORD_SET "))";
static const char word_inside[] = "(?:(?<=" WORD_SET ")(?=" WORD_SET ")|(?<!" WORD_SET ")(?!" WORD_SET "))";

/* After a backslash. */
static void translate_escape(Reader8 *r, bool in_class)
{
    if (r->p == r->end) {
        r->why = "pattern ends in a backslash";
        return;
    }
    char c = *r->p++;
    if (c == 'u') translate_unicode(r);
    else if (c == '0') {
        uint32_t v = 0, n = 0;
        while (r->p < r->end && *r->p >= '0' && *r->p <= '7' && n < 3 && v * 8 + (uint32_t)(*r->p - '0') < 256) v = v * 8 + (uint32_t)(*r->p++ - '0'), n++;
        if (n == 0) r->why = "\\0 wants octal digits";
        strbuf_addf(r->out, "\\x{%X}", v);
    } else if (c == 'p' || c == 'P') {
        const char *from = r->p;
        if (r->p < r->end && *r->p == '{') {
            const char *close = memchr(r->p, '}', (size_t)(r->end - r->p));
            if (!close) {
                r->why = "\\p{ is not closed";
                return;
            }
            r->p = close + 1;
            add_property(r, (Str){ from + 1, (uint32_t)(close - from - 1) }, c == 'P', in_class);
        } else if (r->p < r->end) add_property(r, (Str){ r->p++, 1 }, c == 'P', in_class);
    } else if (c == 'Q') {
        while (r->p < r->end && !(r->p[0] == '\\' && r->p + 1 < r->end && r->p[1] == 'E')) {
            if ((unsigned char)*r->p < 0x80 && strchr("\\^$.|?*+()[]{}-&#", *r->p)) strbuf_addc(r->out, '\\');
            strbuf_addc(r->out, *r->p++);
        }
        r->p += r->p < r->end ? 2 : 0;
    } else if (c >= '1' && c <= '9') {
        if (in_class) r->why = "back reference in a character class";
        else translate_back_reference(r, c);
    } else if ((c == 'b' || c == 'B') && !in_class) {
        strbuf_addz(r->out, c == 'b' ? word_boundary : word_inside);
    } else if (((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) && !strchr("ABDGHNRSVWXZabcdefhknrstvwxz", c)) {
        r->why = "escape is not known";
    } else if (c == 'x' && r->p < r->end && *r->p == '{') {
        strbuf_addc(r->out, '\\');
        strbuf_addc(r->out, c);
        while (r->p < r->end && *r->p != '}') strbuf_addc(r->out, *r->p++);
    } else if (c == '<' || c == '>') {
        strbuf_addc(r->out, c);              /* word boundaries in some libraries, plain characters in Java */
    } else {
        strbuf_addc(r->out, '\\');
        strbuf_addc(r->out, c);
    }
}

/* Reads one operand of && up to && or the closing bracket: plain members collect in `plain`, nested classes in `nested` as alternatives. */
static void class_operand(Reader8 *r, int depth, StrBuf *plain, StrBuf *nested)
{
    StrBuf *out = r->out;
    bool first = true;
    while (!r->why && r->p < r->end) {
        if (*r->p == ']' && !(first && depth >= 0 && plain->len == 0 && nested->len == 0)) break;
        if (r->p + 1 < r->end && r->p[0] == '&' && r->p[1] == '&') break;
        first = false;
        char c = *r->p++;
        if (c == '[') {
            if (nested->len) strbuf_addc(nested, '|');
            r->out = nested;
            translate_class(r, depth + 1);
        } else {
            r->out = plain;
            if (c == '\\') translate_escape(r, true);
            else {
                if (c == ']' || c == ':' || c == '.' || c == '=') strbuf_addc(plain, '\\');      /* else "[:" would open a POSIX class */
                strbuf_addc(plain, c);
            }
        }
    }
    r->out = out;
}

/* After '[': writes a group that matches one character. */
static void translate_class(Reader8 *r, int depth)
{
    if (depth > CLASS_DEPTH) {
        r->why = "character classes are nested too deeply";
        return;
    }
    bool negated = r->p < r->end && *r->p == '^';
    if (negated) r->p++;
    StrBuf looks = { 0 }, plain = { 0 }, nested = { 0 };
    uint32_t operands = 0;
    for (;;) {
        strbuf_clear(&plain);
        strbuf_clear(&nested);
        class_operand(r, depth, &plain, &nested);
        bool more = !r->why && r->end - r->p >= 2 && r->p[0] == '&' && r->p[1] == '&';
        bool simple = operands == 0 && !more && nested.len == 0;
        if (simple) strbuf_addf(&looks, "[%s" STR_FMT "]", negated ? "^" : "", STR_ARG(strbuf_str(&plain)));
        else if (plain.len || nested.len) {
            strbuf_addz(&looks, "(?=");
            if (plain.len) strbuf_addf(&looks, "[" STR_FMT "]", STR_ARG(strbuf_str(&plain)));
            if (nested.len) strbuf_addf(&looks, "%s" STR_FMT, plain.len ? "|" : "", STR_ARG(strbuf_str(&nested)));
            strbuf_addc(&looks, ')');
        }
        if (simple && plain.len == 0) r->why = "character class is empty";
        operands++;
        if (more) {
            r->p += 2;
            continue;
        }
        if (!r->why && r->p == r->end) r->why = "character class is not closed";
        else if (!r->why) r->p++;
        if (simple) strbuf_adds(r->out, strbuf_str(&looks));
        else strbuf_addf(r->out, "(?:%s" STR_FMT "%s(?s:.))", negated ? "(?!" : "", STR_ARG(strbuf_str(&looks)), negated ? "(?s:.))" : "");
        break;
    }
    strbuf_free(&looks);
    strbuf_free(&plain);
    strbuf_free(&nested);
}

/* After "(?": flags of Java that PCRE2 lacks are dropped: d (unix lines), u and U (Unicode; U holds for the whole pattern). */
static void translate_flags(Reader8 *r)
{
    const char *p = r->p;
    if (p == r->end || strchr("=!:>", *p)) return;
    if (*p == '<') {
        bool name = p + 1 < r->end && ((p[1] >= 'a' && p[1] <= 'z') || (p[1] >= 'A' && p[1] <= 'Z'));
        r->groups += name;
        if (!name && !(p + 1 < r->end && (p[1] == '=' || p[1] == '!'))) r->why = "group has no name";
        return;
    }
    while (p < r->end && *p && strchr("idmsuxU-", *p)) p++;
    if (p == r->end || (*p != ')' && *p != ':')) {
        r->why = "kind of group is not known";
        return;
    }
    for (; r->p < p; r->p++) {
        r->unicode |= *r->p == 'U';
        if (*r->p != 'd' && *r->p != 'u' && *r->p != 'U') strbuf_addc(r->out, *r->p);
    }
}

/* After '(': what begins there. */
static void translate_group(Reader8 *r)
{
    if (r->p < r->end && *r->p == '*') r->why = "nothing to repeat";
    else if (r->p == r->end || *r->p != '?') r->groups++;
    else {
        strbuf_addc(r->out, *r->p++);
        translate_flags(r);
    }
}

/* After '{': {n}, {n,} or {n,m}; PCRE2 would take any other for plain characters. */
static bool is_count(const char *p, const char *end)
{
    const char *start = p;
    while (p < end && *p >= '0' && *p <= '9') p++;
    if (p == start) return false;
    if (p < end && *p == ',')
        for (p++; p < end && *p >= '0' && *p <= '9';) p++;
    return p < end && *p == '}';
}

static uint32_t cp_bytes(const char *p, const char *end) { uint32_t cp; return utf8_decode(p, end, &cp); }

/* Does a group switch to case-insensitive matching without u? Java then folds ASCII alone. */
static bool folds_ascii(Str pattern)
{
    for (uint32_t i = 0; i + 2 < pattern.len; i++) {
        if (pattern.ptr[i] != '(' || pattern.ptr[i + 1] != '?') continue;
        bool fold = false, unicode = false;
        uint32_t k = i + 2;
        for (; k < pattern.len && ((pattern.ptr[k] >= 'a' && pattern.ptr[k] <= 'z') || pattern.ptr[k] == 'U'); k++) {
            fold |= pattern.ptr[k] == 'i';
            unicode |= pattern.ptr[k] == 'u' || pattern.ptr[k] == 'U';
        }
        if (fold && !unicode && k < pattern.len && (pattern.ptr[k] == ')' || pattern.ptr[k] == ':')) return true;
    }
    return false;
}

static const char *translate(Str pattern, StrBuf *out, bool *unicode)
{
    bool ascii_fold = folds_ascii(pattern);
    Reader8 r = { .p = pattern.ptr, .end = pattern.ptr + pattern.len, .out = out };
    while (!r.why && r.p < r.end) {
        char c = *r.p++;
        if (c == '\\') translate_escape(&r, false);
        else if (c == '[') translate_class(&r, 0);
        else if (ascii_fold && (unsigned char)c >= 0x80) {
            uint32_t n = cp_bytes(r.p - 1, r.end);
            strbuf_addf(out, "(?-i:%.*s)", (int)n, r.p - 1);
            r.p += n - 1;
        } else {
            strbuf_addc(out, c);
            if (c == '(') translate_group(&r);
            else if (c == '{' && !is_count(r.p, r.end)) r.why = "{ wants a count";
        }
    }
    *unicode = r.unicode;
    return r.why;
}

/* ---- compilation ---- */

static pcre2_code *compile_code(Str pattern, unsigned flags, char *why, size_t why_size)
{
    StrBuf text = { 0 };
    if (flags & REGEX_FULL) strbuf_addz(&text, "\\A(?:");
    bool unicode = false;
    const char *bad = translate(pattern, &text, &unicode);
    if (flags & REGEX_FULL) strbuf_addz(&text, ")\\z");
    pcre2_code *code = NULL;
    if (bad) snprintf(why, why_size, "%s", bad);
    else {
        int number;
        PCRE2_SIZE at;
        pcre2_compile_context *context = pcre2_compile_context_create(NULL);
        pcre2_set_newline(context, PCRE2_NEWLINE_ANY);
        uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | (flags & REGEX_DOTALL ? PCRE2_DOTALL : 0) | (unicode ? PCRE2_UCP : 0);
        code = pcre2_compile((PCRE2_SPTR)strbuf_cstr(&text), text.len, options, &number, &at, context);
        pcre2_compile_context_free(context);
        if (!code) pcre2_get_error_message(number, (PCRE2_UCHAR *)why, why_size);
        else pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    }
    strbuf_free(&text);
    return code;
}

static void regex_set(Regex *regex, pcre2_code *code)
{
    regex->code = code;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &regex->groups);
}

static void free_code(void *code) { pcre2_code_free(code); }

Regex *regex_compile(Arena *arena, Str pattern, unsigned flags, const char **why)
{
    char text[160] = "";
    pcre2_code *code = compile_code(pattern, flags, text, sizeof text);
    if (!code) {
        *why = str_cstr(arena, str_of(text));
        return NULL;
    }
    Regex *regex = ARENA_NEW(arena, Regex);
    regex_set(regex, code);
    arena_cleanup(arena, free_code, code);
    return regex;
}

bool regex_is_limit(const char *why) { return why && strstr(why, "lookbehind") != NULL; }

uint32_t regex_groups(const Regex *regex) { return regex->groups; }

/* ---- per-thread state ---- */

typedef struct CacheSlot { uint64_t hash; StrBuf pattern; unsigned flags; Regex regex; bool used; uint64_t stamp; } CacheSlot;
typedef struct RegexThread {
    pcre2_match_data *data;
    uint32_t pairs;
    pcre2_match_context *context;
    CacheSlot slots[CACHE_SLOTS];
    uint64_t clock;
} RegexThread;

static pthread_key_t thread_key;
static pthread_once_t thread_once = PTHREAD_ONCE_INIT;

static void slot_clear(CacheSlot *slot)
{
    if (slot->regex.code) pcre2_code_free(slot->regex.code);
    slot->regex.code = NULL;
    slot->used = false;
}

static void thread_drop(void *arg)
{
    RegexThread *thread = arg;
    for (int i = 0; i < CACHE_SLOTS; i++) {
        slot_clear(&thread->slots[i]);
        strbuf_free(&thread->slots[i].pattern);
    }
    pcre2_match_data_free(thread->data);
    pcre2_match_context_free(thread->context);
    free(thread);
}

static void thread_init(void) { pthread_key_create(&thread_key, thread_drop); }

static RegexThread *regex_thread(void)
{
    pthread_once(&thread_once, thread_init);
    RegexThread *thread = pthread_getspecific(thread_key);
    if (thread) return thread;
    thread = xcalloc(1, sizeof *thread);
    thread->context = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(thread->context, MATCH_LIMIT);
    pcre2_set_heap_limit(thread->context, HEAP_LIMIT_KB);
    pthread_setspecific(thread_key, thread);
    return thread;
}

const Regex *regex_cached(Str pattern, unsigned flags)
{
    RegexThread *thread = regex_thread();
    uint64_t hash = hash_bytes(pattern.ptr, pattern.len) + flags;
    CacheSlot *oldest = &thread->slots[0];
    for (int i = 0; i < CACHE_SLOTS; i++) {
        CacheSlot *slot = &thread->slots[i];
        if (slot->used && slot->hash == hash && slot->flags == flags && str_eq(strbuf_str(&slot->pattern), pattern)) {
            slot->stamp = ++thread->clock;
            return slot->regex.code ? &slot->regex : NULL;
        }
        if (slot->stamp < oldest->stamp) oldest = slot;
    }
    slot_clear(oldest);
    strbuf_clear(&oldest->pattern);
    strbuf_adds(&oldest->pattern, pattern);
    *oldest = (CacheSlot){ hash, oldest->pattern, flags, { NULL, 0 }, true, ++thread->clock };
    char why[160];
    pcre2_code *code = compile_code(pattern, flags, why, sizeof why);
    if (code) regex_set(&oldest->regex, code);
    return code ? &oldest->regex : NULL;
}

/* ---- search ---- */

int regex_find(const Regex *regex, Str text, uint32_t from, RegexSpan *spans, uint32_t nspans, Err *err)
{
    RegexThread *thread = regex_thread();
    if (!thread->data || thread->pairs < regex->groups + 1) {
        pcre2_match_data_free(thread->data);
        thread->pairs = regex->groups + 1 > 16 ? regex->groups + 1 : 16;
        thread->data = pcre2_match_data_create(thread->pairs, NULL);
    }
    PCRE2_SPTR subject = (PCRE2_SPTR)(text.ptr ? text.ptr : "");
    int rc = pcre2_match(regex->code, subject, text.len, from, 0, thread->data, thread->context);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT) rc = pcre2_match(regex->code, subject, text.len, from, PCRE2_NO_JIT, thread->data, thread->context);
    if (rc == PCRE2_ERROR_NOMATCH) return 0;
    if (rc < 0) {
        char why[160];
        pcre2_get_error_message(rc, (PCRE2_UCHAR *)why, sizeof why);
        err_set(err, E_DATA, "regular expression gave up on a text of %u bytes: %s", text.len, why);
        err_hint(err, "Rewrite nested repetitions such as (a+)+ in the pattern.");
        return -1;
    }
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(thread->data);
    for (uint32_t i = 0; i < nspans; i++) {
        bool set = i < (uint32_t)rc && at[2 * i] != PCRE2_UNSET;
        spans[i] = set ? (RegexSpan){ (int64_t)at[2 * i], (int64_t)at[2 * i + 1] } : (RegexSpan){ -1, -1 };
    }
    return 1;
}

uint32_t regex_next(Str text, const RegexSpan *match)
{
    uint32_t to = (uint32_t)match->to, cp;
    if (match->to > match->from) return to;
    return to >= text.len ? to + 1 : to + utf8_decode(text.ptr + to, text.ptr + text.len, &cp);
}
