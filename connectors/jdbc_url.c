/* JDBC URLs: which dialect, and PostgreSQL's parameters under libpq's names. Nothing of a URL but its scheme, hosts and database is ever shown.
 * Pure functions; texts live in the caller's arena. */
#include "connectors/jdbc.h"

#include <libpq-fe.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static Str percent_decode(Arena *arena, Str text)
{
    char *out = arena_alloc(arena, text.len + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        int high = i + 2 < text.len && text.ptr[i] == '%' ? hex_value(text.ptr[i + 1]) : -1, low = high >= 0 ? hex_value(text.ptr[i + 2]) : -1;
        if (low >= 0) {
            out[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[n++] = text.ptr[i] == '+' ? ' ' : text.ptr[i];
        }
    }
    out[n] = 0;
    return (Str){ out, n };
}

bool jdbc_next_param(Arena *arena, Str *rest, Str *key, Str *value)
{
    if (rest->len == 0) return false;
    int64_t stop = str_find(*rest, STR("&"), 0);
    Str item = stop < 0 ? *rest : str_sub(*rest, 0, (uint32_t)stop);
    *rest = stop < 0 ? STR_NULL : str_sub(*rest, (uint32_t)stop + 1, rest->len);
    int64_t equals = str_find(item, STR("="), 0);
    *key = percent_decode(arena, equals < 0 ? item : str_sub(item, 0, (uint32_t)equals));
    *value = equals < 0 ? STR("") : percent_decode(arena, str_sub(item, (uint32_t)equals + 1, item.len));
    return true;
}

void jdbc_quote(Str name, StrBuf *out)
{
    strbuf_addc(out, '"');
    for (uint32_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"') strbuf_addc(out, '"');
        strbuf_addc(out, name.ptr[i]);
    }
    strbuf_addc(out, '"');
}

/* ---- PostgreSQL ---- */

/* pgjdbc's names for what libpq calls otherwise. */
static const char *const renamed[][2] = {
    { "ApplicationName", "application_name" }, { "connectTimeout", "connect_timeout" }, { "loginTimeout", "connect_timeout" }, { "user", "user" },
    { "password", "password" }, { "sslmode", "sslmode" }, { "sslcert", "sslcert" }, { "sslkey", "sslkey" }, { "sslrootcert", "sslrootcert" },
    { "sslpassword", "sslpassword" }, { "options", "options" }, { "gssEncMode", "gssencmode" }, { "kerberosServerName", "krbsrvname" }, { NULL, NULL },
};

static void put_param(JdbcConf *conf, const char *key, const char *value)
{
    for (uint32_t i = 0; i < conf->nparams; i++)
        if (strcmp(conf->keys[i], key) == 0) { conf->values[i] = value; return; }
    if (conf->nparams == JDBC_PARAMS_MAX) return;
    conf->keys[conf->nparams] = key;
    conf->values[conf->nparams++] = value;
}

static bool known_to_libpq(const char *key)
{
    PQconninfoOption *all = PQconndefaults();
    bool known = false;
    for (PQconninfoOption *o = all; o && o->keyword; o++) known |= strcmp(o->keyword, key) == 0;
    PQconninfoFree(all);
    return known;
}

static void put_url_param(Arena *arena, JdbcConf *conf, Str key, Str value)
{
    const char *name = str_cstr(arena, key), *text = str_cstr(arena, value);
    for (int i = 0; renamed[i][0]; i++)
        if (strcmp(renamed[i][0], name) == 0) { put_param(conf, renamed[i][1], text); return; }
    if (str_is(key, "currentSchema")) put_param(conf, "options", str_cstr(arena, str_printf(arena, "-csearch_path=" STR_FMT, STR_ARG(value))));
    else if (str_is(key, "ssl")) { if (!str_iis(value, "false")) put_param(conf, "sslmode", "verify-full"); }
    else if (str_is(key, "tcpKeepAlive")) put_param(conf, "keepalives", str_iis(value, "true") ? "1" : "0");
    else if (known_to_libpq(name)) put_param(conf, name, text);
    /* Others steer pgjdbc itself (reWriteBatchedInserts, prepareThreshold, ..). */
}

/* "h1:p1,[::1]:p2" -> libpq's host and port lists. */
static void put_hosts(Arena *arena, JdbcConf *conf, Str hosts)
{
    StrBuf host = { 0 }, port = { 0 };
    for (uint32_t i = 0; i <= hosts.len;) {
        int64_t stop = str_find(hosts, STR(","), i);
        Str one = str_sub(hosts, i, (stop < 0 ? hosts.len : (uint32_t)stop) - i);
        uint32_t colon = one.len;
        for (uint32_t k = one.len; k > 0 && one.ptr[k - 1] != ']'; k--)
            if (one.ptr[k - 1] == ':') { colon = k - 1; break; }
        Str name = str_sub(one, 0, colon);
        if (name.len > 1 && name.ptr[0] == '[') name = str_sub(name, 1, name.len - 2);
        if (i) { strbuf_addc(&host, ','); strbuf_addc(&port, ','); }
        strbuf_adds(&host, name);
        strbuf_adds(&port, colon < one.len ? str_sub(one, colon + 1, one.len) : STR("5432"));
        if (stop < 0) break;
        i = (uint32_t)stop + 1;
    }
    put_param(conf, "host", str_cstr(arena, strbuf_str(&host)));
    put_param(conf, "port", str_cstr(arena, strbuf_str(&port)));
    strbuf_free(&host);
    strbuf_free(&port);
}

bool jdbc_pg_parse_url(Arena *arena, Str rest, Span span, JdbcConf *conf, Err *err)
{
    int64_t question = str_find(rest, STR("?"), 0);
    Str params = question < 0 ? STR_NULL : str_sub(rest, (uint32_t)question + 1, rest.len), hosts = STR("localhost"), database;
    if (question >= 0) rest = str_sub(rest, 0, (uint32_t)question);
    if (str_starts(rest, "//")) {
        rest = str_sub(rest, 2, rest.len);
        int64_t slash = str_find(rest, STR("/"), 0);
        hosts = slash < 0 ? rest : str_sub(rest, 0, (uint32_t)slash);
        database = slash < 0 ? STR_NULL : str_sub(rest, (uint32_t)slash + 1, rest.len);
        int64_t at = str_find(hosts, STR("@"), 0);
        if (at >= 0) {
            err_at(err, E_OPTION, span, "option \"url\": user and password cannot stand before the host");
            return err_hint(err, "Use the options 'username' and 'password', or ?user=..&password=.. at the end of the URL.");
        }
        if (hosts.len == 0) hosts = STR("localhost");
    } else {
        database = str_starts(rest, "/") ? str_sub(rest, 1, rest.len) : rest;
    }
    put_hosts(arena, conf, hosts);
    if (database.len) put_param(conf, "dbname", str_cstr(arena, percent_decode(arena, database)));
    put_param(conf, "application_name", "weir");
    Str key, value;
    while (jdbc_next_param(arena, &params, &key, &value)) put_url_param(arena, conf, key, value);
    put_param(conf, "client_encoding", "UTF8");
    conf->shown = str_printf(arena, "postgresql://" STR_FMT "/" STR_FMT, STR_ARG(hosts), STR_ARG(database));
    if (conf->user.ptr) put_param(conf, "user", str_cstr(arena, conf->user));
    if (conf->password.ptr) put_param(conf, "password", str_cstr(arena, conf->password));
    return true;
}

/* ---- SQLite ---- */

bool jdbc_sqlite_parse_url(Arena *arena, Str rest, Span span, JdbcConf *conf, Err *err)
{
    int64_t question = str_find(rest, STR("?"), 0);
    Str file = question < 0 || str_starts(rest, "file:") ? rest : str_sub(rest, 0, (uint32_t)question);
    if (file.len == 0) {
        err_at(err, E_OPTION, span, "option \"url\": a file name is missing");
        return err_hint(err, "Write 'jdbc:sqlite:path/to/file.db', or 'jdbc:sqlite::memory:'.");
    }
    /* One database in memory for the whole process: a sink's rows are there for a source to read. */
    conf->path = str_is(file, ":memory:") ? JDBC_SQLITE_MEMORY : str_cstr(arena, file);
    conf->shown = str_printf(arena, "sqlite:" STR_FMT, STR_ARG(file));
    return true;
}
