/* Secrets in text: finds the values of secret-looking keys ('password' = 'x', password=x, "token": "x") and the
 * password of user:pw@ in URLs. Errs on the side of hiding. One pass, no state, no allocation but the result. */
#include "engine/base/err.h"

/* Substrings that make a key secret: Flink's GlobalConfiguration list and the key names of Kafka, HTTP and cloud clients. */
static const char *const secret_parts[] = {
    "passw", "passphrase", "pasword", "pwd", "secret", "token", "credential", "apikey", "api-key", "api_key", "api.key",
    "accesskey", "access-key", "access_key", "access.key", "account.key", "account-key", "service-key", "private-key",
    "private_key", "private.key", "privatekey", "keystore.key", "ssl.key.pem", "jaas.config", "basic-auth", "auth-params",
    "http-headers", "user-info", "authorization",
};
/* Endings that say the value is a place or a switch, not the secret itself. */
static const char *const plain_endings[] = { ".url", ".uri", ".location", ".class", ".mode", ".algorithm", ".timeout", ".enabled", ".name" };

static inline char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }
static inline bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static inline bool quote(char c) { return c == '\'' || c == '"' || c == '`'; }
static inline bool key_char(char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || c == '.' || c == '-'; }

static bool contains(Str key, const char *part)
{
    size_t n = strlen(part);
    for (uint32_t i = 0; i + n <= key.len; i++) {
        size_t k = 0;
        while (k < n && lower(key.ptr[i + k]) == part[k]) k++;
        if (k == n) return true;
    }
    return false;
}

bool secret_key(Str key)
{
    for (size_t i = 0; i < sizeof plain_endings / sizeof *plain_endings; i++) {
        uint32_t n = (uint32_t)strlen(plain_endings[i]);
        if (key.len > n && str_iis(str_sub(key, key.len - n, n), plain_endings[i])) return false;
    }
    for (size_t i = 0; i < sizeof secret_parts / sizeof *secret_parts; i++)
        if (contains(key, secret_parts[i])) return true;
    return false;
}

static bool span_is(Span *out, uint32_t from, uint32_t to)
{
    *out = (Span){ from, to - from };
    return to > from;
}

/* `i` is behind "://": user:pw@ up to the last @ before a blank or quote; host:port/ is not a user. */
static bool url_password(Str text, uint32_t i, Span *out)
{
    uint32_t colon = 0, at = 0, j = i;
    for (; j < text.len && !blank(text.ptr[j]) && !quote(text.ptr[j]); j++) {
        char c = text.ptr[j];
        if (c == ':' && !colon) colon = j;
        if (c == '@') at = j;
        if (!colon && (c == '/' || c == '?' || c == '@')) return false;
        if (colon && (c == '/' || c == '?') && !at) {
            uint32_t k = colon + 1;
            while (k < j && text.ptr[k] >= '0' && text.ptr[k] <= '9') k++;
            if (k == j) return false;
        }
        if (at && (c == '/' || c == '?')) break;
    }
    return colon && at > colon && span_is(out, colon + 1, at);
}

/* End of a quoted value whose first byte is at `i`; a doubled quote or a backslash escapes. */
static uint32_t quoted_end(Str text, uint32_t i, char mark)
{
    for (; i < text.len; i++) {
        if (text.ptr[i] == '\\' && mark == '"') i++;
        else if (text.ptr[i] == mark && i + 1 < text.len && text.ptr[i + 1] == mark) i++;
        else if (text.ptr[i] == mark) return i;
    }
    return text.len;
}

static uint32_t bare_end(Str text, uint32_t i)
{
    uint32_t from = i;
    while (i < text.len && !blank(text.ptr[i]) && !quote(text.ptr[i]) && !strchr(",;&)}]", text.ptr[i])) i++;
    Str word = str_sub(text, from, i - from);
    /* "Authorization: Bearer x": the scheme is not the secret. */
    if ((str_iis(word, "bearer") || str_iis(word, "basic")) && i < text.len && text.ptr[i] == ' ') return bare_end(text, i + 1);
    return i;
}

/* The value that belongs to the key text[from, to), when a separator and a value follow. */
static bool key_value(Str text, uint32_t from, uint32_t to, Span *out)
{
    Str key = str_sub(text, from, to - from);
    char mark = from > 0 && quote(text.ptr[from - 1]) ? text.ptr[from - 1] : 0;
    uint32_t i = to;
    if (mark && i < text.len && text.ptr[i] == mark) i++;
    else mark = 0;
    uint32_t gap = i;
    while (i < text.len && blank(text.ptr[i])) i++;
    if (i >= text.len || (text.ptr[i] != '=' && text.ptr[i] != ':')) return false;
    char separator = text.ptr[i];
    bool tight = i++ == gap;
    uint32_t after = i;
    while (i < text.len && blank(text.ptr[i])) i++;
    if (i >= text.len) return false;
    if (quote(text.ptr[i])) {
        if (separator == ':' && mark == '\'') return false;     /* prose: option 'password': "x" was expected */
        return span_is(out, i + 1, quoted_end(text, i + 1, text.ptr[i]));
    }
    /* Bare values: key=value, dotted.key = value, "password: x"; not a comparison of columns, not prose. */
    bool dotted = memchr(key.ptr, '.', key.len) || memchr(key.ptr, '-', key.len);
    if (separator == '=' && !dotted && !mark && !(tight && i == after)) return false;
    if (separator == ':' && (mark == '\'' || (contains(key, "token") && !dotted && !mark))) return false;
    return span_is(out, i, bare_end(text, i));
}

bool redact_next(Str text, uint32_t *at, Span *secret)
{
    for (uint32_t i = *at; i < text.len;) {
        if (text.ptr[i] == ':' && str_starts(str_sub(text, i, 3), "://")) {
            i += 3;
            if (url_password(text, i, secret)) {
                *at = secret->pos + secret->len;
                return true;
            }
        } else if (key_char(text.ptr[i])) {
            uint32_t from = i;
            while (i < text.len && key_char(text.ptr[i])) i++;
            if (i - from < 3 || !secret_key(str_sub(text, from, i - from))) continue;
            if (key_value(text, from, i, secret)) {
                *at = secret->pos + secret->len;
                return true;
            }
        } else {
            i++;
        }
    }
    *at = text.len;
    return false;
}

Str redact(Arena *arena, Str text)
{
    static const char mask[] = "******";
    uint32_t at = 0, count = 0, hidden = 0;
    Span secret;
    while (redact_next(text, &at, &secret)) count++, hidden += secret.len;
    char *out = arena_alloc(arena, (size_t)text.len - hidden + count * 6 + 1), *end = out;
    uint32_t copied = 0;
    for (at = 0; redact_next(text, &at, &secret); copied = at) {
        memcpy(end, text.ptr + copied, secret.pos - copied);
        end += secret.pos - copied;
        memcpy(end, mask, 6);
        end += 6;
    }
    if (text.len > copied) memcpy(end, text.ptr + copied, text.len - copied);
    end += text.len - copied;
    return (Str){ out, (uint32_t)(end - out) };
}

static void mask_value(char *text, size_t size, Str value)
{
    for (char *at = text; (at = strstr(at, value.ptr)) != NULL;) {
        size_t rest = strlen(at + value.len), room = size - (size_t)(at - text) - 1;
        if (rest + 6 > room) rest = room > 6 ? room - 6 : 0;
        memmove(at + 6, at + value.len, rest);
        memcpy(at, "******", 6);
        at[6 + rest] = 0;
        at += 6;
    }
}

void err_mask_secrets(Err *err, Str text)
{
    uint32_t at = 0;
    Span secret;
    Arena *arena = arena_new();
    while (redact_next(text, &at, &secret)) {
        Str value = str_trim(str_sub(text, secret.pos, secret.len));
        while (value.len && (value.ptr[value.len - 1] == ')' || value.ptr[value.len - 1] == ';' || value.ptr[value.len - 1] == ',')) value.len--;
        if (value.len < 3) continue;             /* would mask halves of words */
        value = str_of(str_cstr(arena, value));
        mask_value(err->message, sizeof err->message, value);
        mask_value(err->detail, sizeof err->detail, value);
        mask_value(err->hint, sizeof err->hint, value);
    }
    arena_free(arena);
}
