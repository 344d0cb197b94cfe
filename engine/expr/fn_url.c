/* PARSE_URL: parts of a URL by the rules of java.net.URL (known schemes only; a URL it would not take gives NULL). */
#include "engine/expr/fn.h"
#include "engine/expr/regex.h"

/* ptr NULL = absent. */
typedef struct Url { Str protocol, host, authority, userinfo, path, query, ref; } Url;

static int64_t find_char(Str s, char c, uint32_t from)
{
    const char *p = from < s.len ? memchr(s.ptr + from, c, s.len - from) : NULL;
    return p ? p - s.ptr : -1;
}

static bool known_scheme(Str s)
{
    static const char *const schemes[] = { "http", "https", "ftp", "file", "jar", "mailto", "jrt" };
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (str_iis(s, schemes[i])) return true;
    return false;
}

/* host[:port]; the port must be digits. */
static bool read_host(Str s, Url *url)
{
    uint32_t after = 0;
    if (s.len > 0 && s.ptr[0] == '[') {
        int64_t close = find_char(s, ']', 0);
        if (close <= 2) return false;
        after = (uint32_t)close + 1;
        if (after < s.len && s.ptr[after] != ':') return false;
    } else {
        int64_t colon = find_char(s, ':', 0);
        after = colon < 0 ? s.len : (uint32_t)colon;
    }
    for (uint32_t i = after + 1; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
    url->host = str_sub(s, 0, after);
    return true;
}

static bool read_authority(Str s, Url *url)
{
    url->authority = s;
    int64_t at = find_char(s, '@', 0);
    url->host = STR("");
    if (at < 0) return read_host(s, url);
    if (find_char(s, '@', (uint32_t)at + 1) >= 0) return true;      /* two @: neither host nor user */
    url->userinfo = str_sub(s, 0, (uint32_t)at);
    return read_host(str_sub(s, (uint32_t)at + 1, s.len), url);
}

static bool url_parse(Str s, Url *url)
{
    *url = (Url){ .path = STR("") };
    while (s.len > 0 && (unsigned char)s.ptr[s.len - 1] <= ' ') s.len--;
    while (s.len > 0 && (unsigned char)s.ptr[0] <= ' ') s.ptr++, s.len--;
    if (s.len >= 4 && str_iis(str_sub(s, 0, 4), "url:")) s = str_sub(s, 4, s.len);
    int64_t colon = find_char(s, ':', 0), slash = find_char(s, '/', 0);
    if (colon <= 0 || (slash >= 0 && slash < colon)) return false;
    url->protocol = str_sub(s, 0, (uint32_t)colon);
    if (!known_scheme(url->protocol)) return false;
    s = str_sub(s, (uint32_t)colon + 1, s.len);
    int64_t hash = find_char(s, '#', 0);
    if (hash >= 0) {
        url->ref = str_sub(s, (uint32_t)hash + 1, s.len);
        s = str_sub(s, 0, (uint32_t)hash);
    }
    int64_t question = find_char(s, '?', 0);
    if (question >= 0) {
        url->query = str_sub(s, (uint32_t)question + 1, s.len);
        s = str_sub(s, 0, (uint32_t)question);
    }
    url->host = STR("");
    if (str_starts(s, "//") && !str_starts(s, "////")) {
        int64_t end = find_char(s, '/', 2);
        uint32_t to = end < 0 ? s.len : (uint32_t)end;
        if (!read_authority(str_sub(s, 2, to - 2), url)) return false;
        s = str_sub(s, to, s.len);
    }
    url->path = s;
    return true;
}

static bool ret_part(Datum *out, Str part) { return part.ptr ? ret_slice(out, part) : ret_null(out); }

/* Value of a key in the query; the key is taken as a regular expression, as Flink does. */
static bool query_value(EvalEnv *env, Str query, Str key, Datum *out, Err *err)
{
    RegexSpan spans[3];
    const Regex *regex = regex_cached(str_printf(env->arena, "(&|^)" STR_FMT "=([^&]*)", STR_ARG(key)), 0);
    if (!query.ptr || !regex || regex_groups(regex) < 2) return ret_null(out);
    int found = regex_find(regex, query, 0, spans, 3, err);
    if (found < 0) return false;
    return found ? ret_slice(out, str_sub(query, (uint32_t)spans[2].from, (uint32_t)(spans[2].to - spans[2].from))) : ret_null(out);
}

FN_BODY(fn_parse_url)
{
    Url url;
    Str part = arg_str(&args[1]);
    if (!url_parse(arg_str(&args[0]), &url)) return ret_null(out);
    if (arg_count(call) > 2) return str_is(part, "QUERY") ? query_value(env, url.query, arg_str(&args[2]), out, err) : ret_null(out);
    if (str_is(part, "HOST")) return ret_part(out, url.host);
    if (str_is(part, "PATH")) return ret_part(out, url.path);
    if (str_is(part, "QUERY")) return ret_part(out, url.query);
    if (str_is(part, "REF")) return ret_part(out, url.ref);
    if (str_is(part, "PROTOCOL")) return ret_slice(out, str_lower(env->arena, url.protocol));
    if (str_is(part, "AUTHORITY")) return ret_part(out, url.authority);
    if (str_is(part, "USERINFO")) return ret_part(out, url.userinfo);
    if (!str_is(part, "FILE")) return ret_null(out);
    if (!url.query.ptr) return ret_part(out, url.path);
    return ret_slice(out, str_printf(env->arena, STR_FMT "?" STR_FMT, STR_ARG(url.path), STR_ARG(url.query)));
}

const FuncDef fn_url_table[] = {
    FN_ROW("PARSE_URL", "str,str,str?", "STRING", FN_STRICT | FN_NULLABLE, NULL, fn_parse_url, NULL, "string",
           "A part of a URL (HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY, USERINFO), or the value of a key in its query.",
           "PARSE_URL('http://facebook.com/path/p.php?query=1', 'QUERY', 'query')", "1"),
    FN_END
};
