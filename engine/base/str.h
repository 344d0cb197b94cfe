/* Str: borrowed byte slice; StrBuf: growable builder on malloc. Text is UTF-8 everywhere.
 * A Str is never NUL-terminated by promise; NUL appears only at libc's door (str_cstr). */
#ifndef WEIR_BASE_STR_H
#define WEIR_BASE_STR_H
#include "engine/base/arena.h"
#include <stdarg.h>
#include <string.h>

typedef struct Str { const char *ptr; uint32_t len; } Str;
#define STR(lit) ((Str){ "" lit "", (uint32_t)(sizeof(lit) - 1) })
#define STR_NULL ((Str){ NULL, 0 })
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).len, (s).ptr ? (s).ptr : ""

static inline Str str_of(const char *c) { return (Str){ c, c ? (uint32_t)strlen(c) : 0 }; }
static inline bool str_eq(Str a, Str b) { return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0); }
static inline bool str_is(Str a, const char *lit) { return a.len == strlen(lit) && (a.len == 0 || memcmp(a.ptr, lit, a.len) == 0); }
bool str_ieq(Str a, Str b);                 /* ASCII case-insensitive */
bool str_iis(Str a, const char *lit);
int str_cmp(Str a, Str b);                  /* bytewise, shorter first: <0 0 >0 */
bool str_starts(Str s, const char *prefix);
bool str_ends(Str s, const char *suffix);
Str str_sub(Str s, uint32_t from, uint32_t len);   /* clamped slice */
Str str_trim(Str s);                        /* without leading/trailing ASCII blanks */
int64_t str_find(Str s, Str needle, uint32_t from); /* byte index or -1 */
Str str_dup(Arena *arena, Str s);
char *str_cstr(Arena *arena, Str s);        /* NUL-terminated copy */
Str str_printf(Arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
Str str_upper(Arena *arena, Str s);         /* ASCII only */
Str str_lower(Arena *arena, Str s);
bool str_to_i64(Str s, int64_t *out);       /* whole slice, optional sign, no blanks; false on overflow */
/* Nearest of n candidates by Damerau-Levenshtein distance within len/3+1 edits; -1 if none: "did you mean". */
int str_nearest(Str word, const Str *candidates, uint32_t n);

/* UTF-8. Malformed bytes count as one code point each (U+FFFD). */
uint32_t utf8_decode(const char *p, const char *end, uint32_t *codepoint); /* bytes consumed >= 1 */
uint32_t utf8_encode(uint32_t codepoint, char out[4]);                      /* bytes written */
uint32_t utf8_len(Str s);                    /* code points */
uint32_t utf8_offset(Str s, uint32_t index); /* byte offset of code point `index`; s.len when beyond */
bool utf8_valid(Str s);
uint32_t utf8_width(Str s);                  /* terminal columns, East-Asian wide = 2 (utf8proc) */

typedef struct StrBuf { char *ptr; uint32_t len, cap; } StrBuf;  /* {0} is valid and empty */
void strbuf_free(StrBuf *buf);
void strbuf_reserve(StrBuf *buf, uint32_t extra);                /* room for `extra` more bytes */
void strbuf_add(StrBuf *buf, const void *bytes, uint32_t len);
void strbuf_adds(StrBuf *buf, Str s);
void strbuf_addz(StrBuf *buf, const char *cstr);
void strbuf_addc(StrBuf *buf, char c);
void strbuf_addf(StrBuf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_addvf(StrBuf *buf, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));
void strbuf_add_i64(StrBuf *buf, int64_t v);                     /* decimal text, fast */
static inline void strbuf_clear(StrBuf *buf) { buf->len = 0; }
static inline Str strbuf_str(const StrBuf *buf) { return (Str){ buf->ptr, buf->len }; }
const char *strbuf_cstr(StrBuf *buf);                            /* NUL-terminates in place */

/* Binary little-endian writers/readers for snapshots and positions. */
void strbuf_put_u8(StrBuf *buf, uint8_t v);
void strbuf_put_u32(StrBuf *buf, uint32_t v);
void strbuf_put_u64(StrBuf *buf, uint64_t v);
void strbuf_put_str(StrBuf *buf, Str s);                         /* u32 length + bytes */
typedef struct Reader { const char *ptr, *end; bool bad; } Reader; /* bad is sticky; reads then give 0 */
uint8_t reader_u8(Reader *r);
uint32_t reader_u32(Reader *r);
uint64_t reader_u64(Reader *r);
Str reader_str(Reader *r);                                       /* borrowed from the input */
#endif
