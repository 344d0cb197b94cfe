/* JSON text scanning shared by the json format's reader: primitives over a byte cursor, no allocation.
 * Follows RFC 8259; UTF-8 is validated where a string leaves ASCII. All functions leave `*p` behind what they read. */
#ifndef WEIR_CONNECTORS_FMT_JSON_SCAN_H
#define WEIR_CONNECTORS_FMT_JSON_SCAN_H
#include "engine/base/str.h"

typedef enum JsonKind { JSON_BAD, JSON_NULL, JSON_TRUE, JSON_FALSE, JSON_NUMBER, JSON_STRING, JSON_OBJECT, JSON_ARRAY } JsonKind;

static inline const char *json_blank(const char *p, const char *end)
{
    if (p < end && (unsigned char)*p > ' ') return p;
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
    return p;
}
/* Kind of the value that begins at p (blanks skipped by the caller). */
JsonKind json_kind(const char *p, const char *end);
/* Raw string content between the quotes; *escaped tells whether it holds backslashes. p at the opening quote. Control
 * characters may stand in it bare, as Flink lets them. false: not terminated, a bad escape, or not UTF-8. */
bool json_string_raw(const char **p, const char *end, Str *raw, bool *escaped);
/* Resolves escapes of a raw string that json_string_raw let through into out (appended). false: bad escape. */
bool json_unescape(Str raw, StrBuf *out);
/* Number text as written; *integral: no fraction and no exponent. false: not a JSON number. */
bool json_number(const char **p, const char *end, Str *text, bool *integral);
/* Skips one value of any kind, checking its form. depth bounds nesting. */
bool json_skip(const char **p, const char *end, int depth);
/* Appends one value in Jackson's canonical text (fmt_json_text.c). */
bool json_rewrite(const char **p, const char *end, int depth, StrBuf *out);
/* Appends text as a JSON string with quotes, escaped as Jackson does. */
void json_quote(Str text, StrBuf *out);
enum { JSON_DEPTH_MAX = 200 };
#endif
