/* PostgreSQL connection: connecting and waiting without blocking for long (cancel is looked at), errors with the server's own words, table lookup.
 * What may be tried again: a lost or refused connection, a server starting or stopping (08, 57P, 25P03: E_CONNECTION, without limit), deadlocks and
 * exhausted resources, time limits (40, 53, 55P03, 57014: a few times). Threading: the owner's thread. Owns the PGconn. */
#include "connectors/jdbc_pg.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"

#include <poll.h>

enum { WAIT_SLICE_MS = 100, SLOW_US = 3000000, SLOW_AGAIN_US = 10000000 };

/* ---- errors ---- */

static bool starts(const char *code, const char *with)
{
    return code && strncmp(code, with, strlen(with)) == 0;
}

static Str first_line(const char *text)
{
    Str line = str_of(text ? text : "");
    int64_t stop = str_find(line, STR("\n"), 0);
    return str_trim(stop < 0 ? line : str_sub(line, 0, (uint32_t)stop));
}

bool pg_fail(const PgConn *conn, const PGresult *result, const char *what, Err *err)
{
    const char *code = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL, *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    bool lost = !conn->pg || PQstatus(conn->pg) == CONNECTION_BAD || starts(code, "08") || starts(code, "57P") || starts(code, "25P03");
    bool busy = starts(code, "40") || starts(code, "53") || starts(code, "55P03") || starts(code, "57014");
    Str text = message ? str_of(message) : first_line(result ? PQresultErrorMessage(result) : conn->pg ? PQerrorMessage(conn->pg) : "out of memory");
    if (text.len == 0) text = STR("the connection was closed");
    if (lost) err_set(err, E_CONNECTION, STR_FMT, STR_ARG(text));
    else err_set(err, E_EXTERNAL, "PostgreSQL refused %s: " STR_FMT "%s%s%s", what, STR_ARG(text), code ? " (" : "", code ? code : "", code ? ")" : "");
    err->retriable = lost || busy;
    const char *detail = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL) : NULL, *context = result ? PQresultErrorField(result, PG_DIAG_CONTEXT) : NULL;
    const char *hint = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_HINT) : NULL;
    if (detail || context) err_detail(err, "%s%s%s", detail ? detail : "", detail && context ? "; " : "", context ? context : "");
    if (hint) err_hint(err, "%s", hint);
    return false;
}

/* An attempt to connect failed. libpq gives text only; in verbose form it begins with the SQLSTATE when the server spoke. */
static bool connect_fail(const PgConn *conn, Err *err)
{
    Str text = first_line(conn->pg ? PQerrorMessage(conn->pg) : "out of memory");
    int64_t fatal = str_find(text, STR("FATAL:"), 0);
    bool final = false;
    if (fatal >= 0) {
        text = str_trim(str_sub(text, (uint32_t)fatal + 6, text.len));
        final = str_starts(text, "28") || str_starts(text, "3D") || str_starts(text, "0A") || str_starts(text, "42");
    } else {
        final = str_find(text, STR("no password supplied"), 0) >= 0 || str_find(text, STR("invalid"), 0) >= 0;
    }
    err_set(err, E_CONNECTION, "cannot connect to " STR_FMT ": " STR_FMT, STR_ARG(conn->conf->shown), STR_ARG(text));
    err->retriable = !final;
    return false;
}

static bool cancelled(Err *err)
{
    return err_set(err, E_CANCELLED, "cancelled while the database was at work");
}

/* ---- waiting ---- */

bool pg_wait_socket(PgConn *conn, int timeout_ms, Err *err)
{
    struct pollfd fd = { PQsocket(conn->pg), POLLIN, 0 };
    if (fd.fd < 0) return pg_fail(conn, NULL, "the connection", err);
    poll(&fd, 1, timeout_ms);
    return true;
}

static void on_notice(void *ctx, const char *message)
{
    Str line = first_line(message);
    (void)ctx;
    log_debug("jdbc", STR_FMT, STR_ARG(line));
}

bool pg_connect(PgConn *conn, Err *err)
{
    pg_disconnect(conn);
    conn->pg = PQconnectStartParams(conn->conf->keys, conn->conf->values, 0);
    if (pg_injected(conn, "jdbc.connect", err)) return false;
    if (!conn->pg || PQstatus(conn->pg) == CONNECTION_BAD) return connect_fail(conn, err);
    PQsetErrorVerbosity(conn->pg, PQERRORS_VERBOSE);
    PQsetNoticeProcessor(conn->pg, on_notice, NULL);
    int64_t end = clock_monotonic_us() + conn->conf->connect_timeout_us;
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        if (jdbc_cancelled(conn->cancel)) return cancelled(err);
        struct pollfd fd = { PQsocket(conn->pg), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, 0 };
        int ready = poll(&fd, 1, WAIT_SLICE_MS);
        if (ready == 0 && clock_monotonic_us() > end) {
            err_set(err, E_CONNECTION, "cannot connect to " STR_FMT ": no answer within connection.max-retry-timeout", STR_ARG(conn->conf->shown));
            err->retriable = true;
            return false;
        }
        if (ready > 0) state = PQconnectPoll(conn->pg);
        if (state == PGRES_POLLING_FAILED) return connect_fail(conn, err);
    }
    PQsetErrorVerbosity(conn->pg, PQERRORS_DEFAULT);
    PQsetnonblocking(conn->pg, 1);               /* pg_flush waits for room instead, with an eye on cancel */
    return true;
}

void pg_disconnect(PgConn *conn)
{
    if (conn->pg) PQfinish(conn->pg);
    conn->pg = NULL;
}

static void ask_to_stop(PgConn *conn)
{
    char why[256];
    PGcancel *cancel = PQgetCancel(conn->pg);
    if (cancel) PQcancel(cancel, why, sizeof why);
    PQfreeCancel(cancel);
}

static bool stop_if_cancelled(PgConn *conn, Err *err)
{
    if (!jdbc_cancelled(conn->cancel)) return false;
    ask_to_stop(conn);
    pg_disconnect(conn);
    cancelled(err);
    return true;
}

bool pg_flush(PgConn *conn, Err *err)
{
    for (int left; (left = PQflush(conn->pg)) != 0;) {
        if (left < 0) return pg_fail(conn, NULL, "the connection", err);
        if (stop_if_cancelled(conn, err)) return false;
        struct pollfd fd = { PQsocket(conn->pg), POLLOUT | POLLIN, 0 };
        poll(&fd, 1, WAIT_SLICE_MS);
        if ((fd.revents & POLLIN) && !PQconsumeInput(conn->pg)) return pg_fail(conn, NULL, "the connection", err);
    }
    return true;
}

bool pg_injected(PgConn *conn, const char *point, Err *err)
{
    if (!jdbc_injected(point, err)) return false;
    pg_disconnect(conn);
    return true;
}

bool pg_wait_result(PgConn *conn, PGresult **out, Err *err)
{
    if (!pg_flush(conn, err)) return false;
    int64_t tell_us = clock_monotonic_us() + SLOW_US;
    while (PQisBusy(conn->pg)) {
        if (conn->slow && clock_monotonic_us() >= tell_us) {
            log_notice("jdbc", "%s", conn->slow);
            tell_us += SLOW_AGAIN_US;
        }
        if (stop_if_cancelled(conn, err)) return false;
        if (!pg_wait_socket(conn, WAIT_SLICE_MS, err)) return false;
        if (!PQconsumeInput(conn->pg)) return pg_fail(conn, NULL, "the connection", err);
    }
    *out = PQgetResult(conn->pg);
    return true;
}

bool pg_query(PgConn *conn, const char *sql, int n, const Oid *types, const char *const *values, const int *lengths, const int *formats, int result_format,
              PGresult **out, Err *err)
{
    PGresult *next;
    *out = NULL;
    if (pg_injected(conn, "jdbc.query", err)) return false;
    if (!PQsendQueryParams(conn->pg, sql, n, types, values, lengths, formats, result_format)) return pg_fail(conn, NULL, "a statement", err);
    for (;;) {
        if (!pg_wait_result(conn, &next, err)) {
            PQclear(*out);
            *out = NULL;
            return false;
        }
        if (!next) break;
        PQclear(*out);
        *out = next;
    }
    ExecStatusType status = PQresultStatus(*out);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (ok && !pg_injected(conn, "jdbc.answer", err)) return true;
    if (!ok) pg_fail(conn, *out, "a statement", err);
    PQclear(*out);
    *out = NULL;
    return false;
}

bool pg_command(PgConn *conn, const char *sql, Err *err)
{
    PGresult *result;
    if (!pg_query(conn, sql, 0, NULL, NULL, NULL, NULL, 0, &result, err)) return false;
    PQclear(result);
    return true;
}

/* ---- the table ---- */

/* Part of a name as it stands in Flink's SQL for PostgreSQL: unquoted, so folded to lower case by the server; quoted here only where it must be. */
static void add_part(Str part, bool exact, StrBuf *out)
{
    bool plain = part.len > 0 && !(part.ptr[0] >= '0' && part.ptr[0] <= '9');
    for (uint32_t i = 0; i < part.len; i++) {
        char c = part.ptr[i];
        plain &= (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || (unsigned char)c >= 0x80;
    }
    bool quoted = part.len > 1 && part.ptr[0] == '"' && part.ptr[part.len - 1] == '"';
    if (quoted || (plain && !exact)) strbuf_adds(out, part);
    else jdbc_quote(part, out);
}

static const char *table_sql_name(Arena *arena, Str name, bool exact)
{
    StrBuf out = { 0 };
    for (uint32_t from = 0;;) {
        int64_t dot = str_find(name, STR("."), from);
        add_part(str_sub(name, from, (dot < 0 ? name.len : (uint32_t)dot) - from), exact, &out);
        if (dot < 0) break;
        strbuf_addc(&out, '.');
        from = (uint32_t)dot + 1;
    }
    const char *text = str_cstr(arena, strbuf_str(&out));
    strbuf_free(&out);
    return text;
}

static const char lookup_sql[] =
    "SELECT a.attname, b.oid, b.typarray, format_type(a.atttypid, a.atttypmod), a.attrelid::regclass::text"
    " FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END"
    " WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped";

static Str cell(const PGresult *result, int row, int col)
{
    return (Str){ PQgetvalue(result, row, col), (uint32_t)PQgetlength(result, row, col) };
}

static bool describe_column(Arena *arena, const PGresult *rows, const Column *column, bool writing, PgColumn *out)
{
    int found = -1;
    for (int r = 0; r < PQntuples(rows); r++) {          /* the folded name first, as the server would resolve it */
        if (str_eq(cell(rows, r, 0), column->name)) found = found < 0 ? r : found;
        if (str_eq(cell(rows, r, 0), str_lower(arena, column->name))) { found = r; break; }
    }
    if (found < 0) return false;
    StrBuf quoted = { 0 };
    jdbc_quote(cell(rows, found, 0), &quoted);
    int64_t type = 0, array = 0;
    bool number = str_to_i64(cell(rows, found, 1), &type) && str_to_i64(cell(rows, found, 2), &array);
    *out = (PgColumn){ .column = column, .quoted = str_dup(arena, strbuf_str(&quoted)), .type = (Oid)type, .array_type = (Oid)array };
    strbuf_free(&quoted);
    out->codec = number ? pg_codec(column->type, (Oid)type, writing) : PG_CAST;
    if (out->codec == PG_CAST) {
        out->type = PG_OID_TEXT;
        out->array_type = PG_OID_TEXT_ARRAY;
        out->cast = str_printf(arena, "::" STR_FMT, STR_ARG(cell(rows, found, 3)));
    }
    return true;
}

bool pg_describe(PgConn *conn, Arena *arena, const ConnTable *table, bool writing, Str *relation, PgColumn *columns, Err *err)
{
    PGresult *rows = NULL;
    bool ok = true;
    for (int exact = 0; exact < 2; exact++) {
        const char *name = table_sql_name(arena, conn->conf->table_name, exact != 0);
        if (!pg_query(conn, lookup_sql, 1, NULL, &name, NULL, NULL, 0, &rows, err)) return false;
        if (PQntuples(rows) > 0) break;
        PQclear(rows);
        rows = NULL;
    }
    if (!rows) {
        err_set(err, E_EXTERNAL, "table \"" STR_FMT "\" does not exist in " STR_FMT, STR_ARG(conn->conf->table_name), STR_ARG(conn->conf->shown));
        return err_hint(err, "Create it in PostgreSQL, or name its schema in 'table-name' = 'schema.table'.");
    }
    *relation = str_dup(arena, cell(rows, 0, 4));
    for (uint32_t i = 0; ok && i < table->physical.n; i++) {
        ok = describe_column(arena, rows, &table->physical.cols[i], writing, &columns[i]);
        columns[i].zone = table->zone;
        if (!ok) err_set(err, E_EXTERNAL, "column \"" STR_FMT "\" of table \"" STR_FMT "\" does not exist in " STR_FMT, STR_ARG(table->physical.cols[i].name),
                         STR_ARG(conn->conf->table_name), STR_ARG(conn->conf->shown));
    }
    PQclear(rows);
    return ok;
}

const JdbcDialect jdbc_dialect_pg = {
    .prefix = "jdbc:postgresql:", .title = "PostgreSQL", .parse_url = jdbc_pg_parse_url, .check_type = jdbc_pg_check_type,
    .writer_new = pg_writer_new, .writer_connect = pg_writer_connect, .writer_encode = pg_writer_encode, .writer_claim = pg_writer_claim, .writer_flush = pg_writer_flush,
    .writer_free = pg_writer_free,
    .reader_new = pg_reader_new, .reader_connect = pg_reader_connect, .reader_begin = pg_reader_begin, .reader_fetch = pg_reader_fetch, .reader_free = pg_reader_free,
};
