/* Regular expressions with Java's syntax and find() semantics on PCRE2. Compiled patterns are immutable and shared between threads;
 * match data is per thread. Texts are UTF-8 (damaged bytes never match). A match that needs too many steps is an error, not a hang. */
#ifndef WEIR_EXPR_REGEX_H
#define WEIR_EXPR_REGEX_H
#include "engine/base/err.h"

typedef struct Regex Regex;
enum { REGEX_FULL = 1 /* the whole text must match */, REGEX_DOTALL = 2 };
/* Is `why` of a refused pattern about something Java allows and PCRE2 does not (lookbehind of varying length)? */
bool regex_is_limit(const char *why);
/* Compiles; freed with the arena. NULL and *why (static text or text in arena) when the pattern is not valid. */
Regex *regex_compile(Arena *arena, Str pattern, unsigned flags, const char **why);
/* From this thread's cache of patterns seen lately (for patterns that vary by row); NULL when not valid. Good until the next call. */
const Regex *regex_cached(Str pattern, unsigned flags);
uint32_t regex_groups(const Regex *regex);       /* capturing groups, without group 0 */

typedef struct RegexSpan { int64_t from, to; } RegexSpan;    /* bytes; from -1 = the group took no part */
/* First match at or after byte `from`: 1 found, 0 not, -1 + err when the limits are exceeded. spans: room for nspans groups from group 0. */
int regex_find(const Regex *regex, Str text, uint32_t from, RegexSpan *spans, uint32_t nspans, Err *err);
/* Where Java's Matcher.find() goes on after a match: past it, and one character further when it was empty. */
uint32_t regex_next(Str text, const RegexSpan *match);
#endif
