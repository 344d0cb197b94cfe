/* Errors: filling, context, and the rendering with source line and caret.
 * Invariants: message, detail and hint are always NUL-terminated valid prefixes of what was asked for (cut texts end
 * in "..." on a code point boundary); rendering never shows a secret. Pure functions over the caller's Err. */
#include "engine/base/err.h"

#include <stdio.h>

typedef struct CodeRow { const char *sqlstate; ErrStage stage; } CodeRow;
static const CodeRow code_rows[ERR_CODE_COUNT] = {
#define X(name, sqlstate, stage, fault, text) [name] = { sqlstate, stage },
#include "engine/base/errcodes.def"
#undef X
};

/* Appends to a fixed buffer; a text that does not fit ends in "...". */
static void text_append(char *buf, size_t cap, const char *fmt, va_list args) __attribute__((format(printf, 3, 0)));
static void text_append(char *buf, size_t cap, const char *fmt, va_list args)
{
    size_t used = strlen(buf);
    if (used && used + 2 < cap) buf[used++] = '\n';
    int n = vsnprintf(buf + used, cap - used, fmt, args);
    if (n < 0 || (size_t)n < cap - used) return;
    size_t end = cap - 4;
    while (end > 0 && ((unsigned char)buf[end] & 0xc0) == 0x80) end--;
    memcpy(buf + end, "...", 4);
}

static void err_fill(Err *err, ErrCode code, Span span, const char *fmt, va_list args) __attribute__((format(printf, 4, 0)));
static void err_fill(Err *err, ErrCode code, Span span, const char *fmt, va_list args)
{
    err_clear(err);
    err->set = true;
    err->code = code;
    err->stage = code_rows[code].stage;
    err->span = span;
    text_append(err->message, sizeof err->message, fmt, args);
}

bool err_set(Err *err, ErrCode code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    err_fill(err, code, (Span){ 0, 0 }, fmt, args);
    va_end(args);
    return false;
}

bool err_at(Err *err, ErrCode code, Span span, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    err_fill(err, code, span, fmt, args);
    va_end(args);
    return false;
}

bool err_detail(Err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    text_append(err->detail, sizeof err->detail, fmt, args);
    va_end(args);
    return false;
}

bool err_hint(Err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    text_append(err->hint, sizeof err->hint, fmt, args);
    va_end(args);
    return false;
}

bool err_span(Err *err, Span span)
{
    if (err->span.len == 0) err->span = span;
    return false;
}

const char *err_sqlstate(const Err *err)
{
    return code_rows[err->code].sqlstate;
}

const char *err_stage_name(ErrStage stage)
{
    switch (stage) {
    case STAGE_PARSE: return "parse";
    case STAGE_VALIDATE: return "validate";
    case STAGE_RUN: return "run";
    case STAGE_NONE: break;
    }
    return "";
}

void source_position(Str source, uint32_t pos, uint32_t *line, uint32_t *column)
{
    uint32_t start = 0;
    if (pos > source.len) pos = source.len;
    *line = 1;
    for (uint32_t i = 0; i < pos; i++)
        if (source.ptr[i] == '\n') (*line)++, start = i + 1;
    *column = utf8_len(str_sub(source, start, pos - start)) + 1;
}

/* --- the source line as a terminal shows it --- */
enum { LINE_COLUMNS = 100, CARET_COLUMNS = 60, TAB_COLUMNS = 4 };

typedef struct Excerpt {
    StrBuf text;                    /* tabs expanded, secrets masked */
    uint32_t columns, caret, caret_end;     /* in display columns */
} Excerpt;

static void excerpt_put(Excerpt *excerpt, Str text, uint32_t columns)
{
    strbuf_adds(&excerpt->text, text);
    excerpt->columns += columns;
}

/* Shows one code point of the line; returns its bytes. */
static uint32_t excerpt_put_char(Excerpt *excerpt, Str source, uint32_t at)
{
    char bytes[4];
    uint32_t codepoint, n = utf8_decode(source.ptr + at, source.ptr + source.len, &codepoint);
    if (codepoint == '\t') {
        do excerpt_put(excerpt, STR(" "), 1);
        while (excerpt->columns % TAB_COLUMNS);
    } else if (codepoint < 0x20 || codepoint == 0x7f) {
        excerpt_put(excerpt, STR("?"), 1);
    } else {
        Str shown = { bytes, utf8_encode(codepoint, bytes) };
        excerpt_put(excerpt, shown, utf8_width(shown));
    }
    return n;
}

/* Secrets are looked for from `scan_from`, because a key may stand on an earlier line than its value. */
static void excerpt_build(Excerpt *excerpt, Str source, uint32_t scan_from, Span line, Span mark)
{
    uint32_t scan = scan_from, end = line.pos + line.len;
    Span secret;
    bool more = redact_next(source, &scan, &secret);
    for (uint32_t at = line.pos; at <= end;) {
        while (more && secret.pos + secret.len <= at) more = redact_next(source, &scan, &secret);
        bool masked = more && at >= secret.pos && at < end;
        uint32_t stop = masked ? secret.pos + secret.len : at + 1;
        if (mark.pos >= at && mark.pos < stop) excerpt->caret = excerpt->columns;
        if (at < mark.pos + mark.len) excerpt->caret_end = excerpt->columns + (masked ? 6 : 1);
        if (at == end) break;
        if (masked) {
            excerpt_put(excerpt, STR("******"), 6);
            at = stop < end ? stop : end;
        } else {
            uint32_t n = excerpt_put_char(excerpt, source, at);
            if (mark.pos > at && mark.pos < at + n) excerpt->caret = excerpt->columns;
            at += n;
            if (at <= mark.pos + mark.len) excerpt->caret_end = excerpt->columns;
        }
    }
    if (excerpt->caret_end <= excerpt->caret) excerpt->caret_end = excerpt->caret + 1;
}

/* Byte offset of the first character at or beyond display column `want`; *got = its column. */
static uint32_t column_offset(Str text, uint32_t want, uint32_t *got)
{
    uint32_t at = 0, column = 0, codepoint;
    while (at < text.len && column < want) {
        uint32_t n = utf8_decode(text.ptr + at, text.ptr + text.len, &codepoint);
        column += utf8_width(str_sub(text, at, n));
        at += n;
    }
    *got = column;
    return at;
}

/* Prints the excerpt, cut to LINE_COLUMNS around the caret, and the caret line. */
static void excerpt_print(Excerpt *excerpt, uint32_t line_number, bool color, StrBuf *out)
{
    Str text = strbuf_str(&excerpt->text);
    bool cut_left = false, cut_right = false;
    uint32_t shift = 0;
    if (excerpt->columns > LINE_COLUMNS) {
        uint32_t want = excerpt->caret > CARET_COLUMNS ? excerpt->caret - CARET_COLUMNS : 0, got;
        if (want > excerpt->columns - LINE_COLUMNS) want = excerpt->columns - LINE_COLUMNS;
        uint32_t from = column_offset(text, want, &got);
        cut_left = want > 0;
        shift = got;
        text = str_sub(text, from, text.len);
        uint32_t to = column_offset(text, LINE_COLUMNS, &got);
        cut_right = to < text.len;
        text = str_sub(text, 0, to);
    }
    char gutter[16];
    int width = snprintf(gutter, sizeof gutter, "%3u", line_number);
    strbuf_addf(out, "%s | %s" STR_FMT "%s\n%*s | ", gutter, cut_left ? "..." : "", STR_ARG(text), cut_right ? "..." : "", width, "");
    uint32_t caret = excerpt->caret - shift + (cut_left ? 3 : 0), end = excerpt->caret_end - shift + (cut_left ? 3 : 0);
    uint32_t limit = LINE_COLUMNS + (cut_left ? 3 : 0);
    if (end > limit && excerpt->columns > LINE_COLUMNS) end = limit > caret ? limit : caret + 1;
    strbuf_addf(out, "%*s%s^", (int)caret, "", color ? "\033[1;32m" : "");
    for (uint32_t i = caret + 1; i < end; i++) strbuf_addc(out, '~');
    strbuf_addz(out, color ? "\033[0m\n" : "\n");
}

static void render_source(Str source, uint32_t stmt_offset, Span mark, bool color, StrBuf *out)
{
    uint32_t start = mark.pos, end = mark.pos, line, column;
    while (start > 0 && source.ptr[start - 1] != '\n') start--;
    while (end < source.len && source.ptr[end] != '\n') end++;
    if (end > start && source.ptr[end - 1] == '\r' && mark.pos < end) end--;
    if (mark.pos < end && mark.len > end - mark.pos) mark.len = end - mark.pos;
    source_position(source, mark.pos, &line, &column);
    uint32_t scan_from = stmt_offset < start ? stmt_offset : start;
    Excerpt excerpt = { 0 };
    excerpt_build(&excerpt, str_sub(source, 0, source.len), scan_from, (Span){ start, end - start }, mark);
    excerpt_print(&excerpt, line, color, out);
    strbuf_free(&excerpt.text);
}

/* "DETAIL: text", further lines indented below it. */
static void render_note(Arena *arena, const char *label, const char *text, bool color, StrBuf *out)
{
    if (!text[0]) return;
    Str rest = redact(arena, str_of(text));
    strbuf_addf(out, "%s%s:%s ", color ? "\033[1m" : "", label, color ? "\033[0m" : "");
    for (uint32_t i = 0; i < rest.len; i++) {
        strbuf_addc(out, rest.ptr[i]);
        if (rest.ptr[i] == '\n') strbuf_addz(out, "  ");
    }
    strbuf_addc(out, '\n');
}

void err_render(const Err *err, Str file, Str source, uint32_t stmt_offset, bool color, StrBuf *out)
{
    Arena *arena = arena_new();
    bool placed = err->span.len > 0 && source.ptr;
    Span mark = { stmt_offset + err->span.pos, err->span.len };
    if (mark.pos > source.len) mark.pos = source.len;
    if (mark.len > source.len - mark.pos) mark.len = source.len - mark.pos;
    if (color) strbuf_addz(out, "\033[1m");
    if (file.len) strbuf_addf(out, STR_FMT ":", STR_ARG(file));
    if (placed && file.len) {
        uint32_t line, column;
        source_position(source, mark.pos, &line, &column);
        strbuf_addf(out, "%u:%u:", line, column);
    }
    Str message = redact(arena, str_of(err->message));
    strbuf_addf(out, "%s%serror%s %s: " STR_FMT "%s\n", file.len ? " " : "", color ? "\033[31m" : "", color ? "\033[39m" : "",
                err_sqlstate(err), STR_ARG(message), color ? "\033[0m" : "");
    if (placed) render_source(source, stmt_offset, mark, color, out);
    render_note(arena, "DETAIL", err->detail, color, out);
    render_note(arena, "HINT", err->hint, color, out);
    arena_free(arena);
}
