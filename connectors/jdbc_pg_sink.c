/* PostgreSQL writer. Tables without a key: COPY BINARY. With one: INSERT .. SELECT FROM unnest(arrays) ON CONFLICT, and DELETE .. USING unnest(arrays):
 * one command a flush whatever its rows. A buffered row is a COPY BINARY tuple: int16 fields, then each
 * field as int32 length and bytes; the arrays are cut from it column by column. Threading: the owner's thread. */
#include "connectors/jdbc_pg.h"
#include "engine/type/text.h"

enum { COPY_CHUNK = 256 << 10 };

struct JdbcWriter {
    Arena *arena;
    const SinkSpec *spec;
    PgConn conn;
    PgColumn *columns; uint32_t ncolumns;
    Str relation, epochs;                        /* epochs: weir_epochs beside it, once claimed */
    const char *insert_sql, *delete_sql;         /* insert: COPY or INSERT */
    bool described, copy;
    StrBuf text, *arrays;
    int32_t *array_of;                           /* column -> its array in the statement under way, -1 = none */
};

JdbcWriter *pg_writer_new(const SinkSpec *spec, const JdbcConf *conf, Err *err)
{
    (void)err;
    Arena *arena = arena_new();
    JdbcWriter *w = ARENA_NEW(arena, JdbcWriter);
    w->arena = arena;
    w->spec = spec;
    w->conn = (PgConn){ .conf = conf, .cancel = spec->cancel };
    w->ncolumns = spec->table->physical.n;
    w->columns = ARENA_ARRAY(arena, PgColumn, w->ncolumns);
    w->arrays = ARENA_ARRAY(arena, StrBuf, w->ncolumns);
    w->array_of = ARENA_ARRAY(arena, int32_t, w->ncolumns);
    return w;
}

void pg_writer_free(JdbcWriter *w)
{
    pg_disconnect(&w->conn);
    for (uint32_t i = 0; i < w->ncolumns; i++) strbuf_free(&w->arrays[i]);
    strbuf_free(&w->text);
    arena_free(w->arena);
}

/* ---- statements ---- */

static bool is_key(const ConnTable *table, uint32_t col)
{
    for (uint32_t i = 0; i < table->npk; i++)
        if (table->pk[i] == col) return true;
    return false;
}

static void add_columns(const JdbcWriter *w, StrBuf *sql)
{
    for (uint32_t i = 0; i < w->ncolumns; i++) {
        strbuf_addz(sql, i ? ", " : " (");
        strbuf_adds(sql, w->columns[i].quoted);
    }
    strbuf_addz(sql, ")");
}

/* "unnest($1, $2) AS k(c1, c2)". */
static void add_unnest(uint32_t n, StrBuf *sql)
{
    for (uint32_t i = 0; i < n; i++) strbuf_addf(sql, "%s$%u", i ? ", " : "unnest(", i + 1);
    for (uint32_t i = 0; i < n; i++) strbuf_addf(sql, "%sc%u", i ? ", " : ") AS k(", i + 1);
    strbuf_addz(sql, ")");
}

static void add_conflict(const JdbcWriter *w, StrBuf *sql)
{
    const ConnTable *table = w->spec->table;
    bool first = true;
    for (uint32_t i = 0; i < table->npk; i++) {
        strbuf_addz(sql, i ? ", " : " ON CONFLICT (");
        strbuf_adds(sql, w->columns[table->pk[i]].quoted);
    }
    for (uint32_t i = 0; i < w->ncolumns; i++) {
        if (is_key(table, i)) continue;
        strbuf_addz(sql, first ? ") DO UPDATE SET " : ", ");
        first = false;
        strbuf_addf(sql, STR_FMT " = EXCLUDED." STR_FMT, STR_ARG(w->columns[i].quoted), STR_ARG(w->columns[i].quoted));
    }
    if (first) strbuf_addz(sql, ") DO NOTHING");
}

static void write_statements(JdbcWriter *w)
{
    const ConnTable *table = w->spec->table;
    StrBuf sql = { 0 };
    w->copy = table->npk == 0;
    for (uint32_t i = 0; i < w->ncolumns; i++) w->copy &= w->columns[i].codec != PG_CAST;
    strbuf_addz(&sql, w->copy ? "COPY " : "INSERT INTO ");
    strbuf_adds(&sql, w->relation);
    add_columns(w, &sql);
    if (w->copy) {
        strbuf_addz(&sql, " FROM STDIN (FORMAT binary)");
    } else {
        for (uint32_t i = 0; i < w->ncolumns; i++) strbuf_addf(&sql, "%sk.c%u" STR_FMT, i ? ", " : " SELECT ", i + 1, STR_ARG(w->columns[i].cast));
        strbuf_addz(&sql, " FROM ");
        add_unnest(w->ncolumns, &sql);
        if (table->npk) add_conflict(w, &sql);
    }
    w->insert_sql = str_cstr(w->arena, strbuf_str(&sql));
    strbuf_clear(&sql);
    strbuf_addf(&sql, "DELETE FROM " STR_FMT " AS t USING ", STR_ARG(w->relation));
    add_unnest(table->npk, &sql);
    for (uint32_t i = 0; i < table->npk; i++) {
        const PgColumn *column = &w->columns[table->pk[i]];
        strbuf_addf(&sql, "%st." STR_FMT " = k.c%u" STR_FMT, i ? " AND " : " WHERE ", STR_ARG(column->quoted), i + 1, STR_ARG(column->cast));
    }
    w->delete_sql = str_cstr(w->arena, strbuf_str(&sql));
    strbuf_free(&sql);
}

bool pg_writer_connect(JdbcWriter *w, Err *err)
{
    if (!pg_connect(&w->conn, err)) return false;
    if (w->described) return true;               /* buffered rows were encoded for the columns seen first */
    if (!pg_describe(&w->conn, w->arena, w->spec->table, true, &w->relation, w->columns, err)) return false;
    write_statements(w);
    w->described = true;
    return true;
}

/* ---- rows ---- */

bool pg_writer_encode(JdbcWriter *w, const Batch *batch, uint32_t row, StrBuf *out, Err *err)
{
    pg_put16(out, (uint16_t)w->ncolumns);
    for (uint32_t i = 0; i < w->ncolumns; i++) {
        Datum value = vec_get(&batch->cols[i], row);
        if (!pg_write_value(&w->columns[i], &value, &w->text, out, err)) return false;
    }
    return true;
}

static bool send_copy(JdbcWriter *w, const char *bytes, size_t size, Err *err)
{
    for (size_t at = 0; at < size;) {
        int n = (int)(size - at < COPY_CHUNK ? size - at : COPY_CHUNK), sent = PQputCopyData(w->conn.pg, bytes + at, n);
        if (sent < 0) return pg_fail(&w->conn, NULL, "rows", err);
        if (sent > 0) at += (size_t)n;
        if (!pg_flush(&w->conn, err)) return false;
    }
    return true;
}

/* After COPY's data or a failure in between: the command's own result says how it went. */
static bool end_copy(JdbcWriter *w, Err *err)
{
    PGresult *result;
    bool ok = true;
    if (pg_injected(&w->conn, "jdbc.copy", err)) return false;
    if (PQputCopyEnd(w->conn.pg, NULL) < 0) return pg_fail(&w->conn, NULL, "rows", err);
    for (;;) {
        if (!pg_wait_result(&w->conn, &result, err)) return false;
        if (!result) return ok;
        if (PQresultStatus(result) != PGRES_COMMAND_OK && ok) ok = pg_fail(&w->conn, result, "rows", err);
        PQclear(result);
    }
}

static bool copy_rows(JdbcWriter *w, const JdbcRows *rows, Err *err)
{
    static const char header[19] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
    static const char trailer[2] = { '\377', '\377' };
    PGresult *result;
    if (pg_injected(&w->conn, "jdbc.query", err)) return false;
    if (!PQsendQueryParams(w->conn.pg, w->insert_sql, 0, NULL, NULL, NULL, NULL, 0)) return pg_fail(&w->conn, NULL, "COPY", err);
    if (!pg_wait_result(&w->conn, &result, err)) return false;
    bool started = result && PQresultStatus(result) == PGRES_COPY_IN;
    if (!started) {
        pg_fail(&w->conn, result, "COPY", err);
        PQclear(result);
        while (w->conn.pg && (result = PQgetResult(w->conn.pg)) != NULL) PQclear(result);
        return false;
    }
    PQclear(result);
    if (!send_copy(w, header, sizeof header, err)) return false;
    for (uint32_t i = 0; i < rows->n;) {         /* neighbours in the buffer go as one piece */
        const char *start = rows->rows[i].ptr, *end = start;
        while (i < rows->n && rows->rows[i].ptr == end) end += rows->rows[i++].len;
        if (!send_copy(w, start, (size_t)(end - start), err)) return false;
    }
    return send_copy(w, trailer, sizeof trailer, err) && end_copy(w, err);
}

/* One binary array a column out of the buffered tuples; cols NULL = every column. */
static void cut_arrays(JdbcWriter *w, const JdbcRows *rows, const uint32_t *cols, uint32_t n)
{
    int32_t *at = w->array_of;
    for (uint32_t c = 0; c < w->ncolumns; c++) at[c] = cols ? -1 : (int32_t)c;
    for (uint32_t i = 0; cols && i < n; i++) at[cols[i]] = (int32_t)i;
    for (uint32_t i = 0; i < n; i++) {
        StrBuf *array = &w->arrays[i];
        strbuf_clear(array);
        pg_put32(array, 1);                      /* dimensions, may hold NULL, element type, length, lower bound */
        pg_put32(array, 1);
        pg_put32(array, w->columns[cols ? cols[i] : i].type);
        pg_put32(array, rows->n);
        pg_put32(array, 1);
    }
    for (uint32_t r = 0; r < rows->n; r++) {
        const char *p = rows->rows[r].ptr + 2;
        for (uint32_t c = 0; c < w->ncolumns; c++) {
            uint32_t len = pg_get32(p), size = 4 + (len == UINT32_MAX ? 0 : len);
            if (at[c] >= 0) strbuf_add(&w->arrays[at[c]], p, size);
            p += size;
        }
    }
}

static bool send_unnest(JdbcWriter *w, const char *sql, const JdbcRows *rows, const uint32_t *cols, uint32_t n, Err *err)
{
    Arena *arena = arena_new();
    Oid *types = ARENA_ARRAY(arena, Oid, n);
    const char **values = ARENA_ARRAY(arena, const char *, n);
    int *lengths = ARENA_ARRAY(arena, int, n), *formats = ARENA_ARRAY(arena, int, n);
    PGresult *result = NULL;
    cut_arrays(w, rows, cols, n);
    for (uint32_t i = 0; i < n; i++) {
        types[i] = w->columns[cols ? cols[i] : i].array_type;
        values[i] = w->arrays[i].ptr;
        lengths[i] = (int)w->arrays[i].len;
        formats[i] = 1;
    }
    bool ok = pg_query(&w->conn, sql, (int)n, types, values, lengths, formats, 0, &result, err);
    PQclear(result);
    arena_free(arena);
    return ok;
}

/* The values of a buffered row. */
static void print_row(const JdbcWriter *w, Str row, StrBuf *out)
{
    Arena *arena = arena_new();
    const char *p = row.ptr + 2;
    for (uint32_t c = 0; c < w->ncolumns; c++) {
        Datum value = datum_null();
        Err ignored = { 0 };
        uint32_t len = pg_get32(p);
        p += 4;
        if (c) strbuf_addz(out, ", ");
        if (len != UINT32_MAX && !pg_read_value(&w->columns[c], (Str){ p, len }, arena, &value, &ignored)) strbuf_addc(out, '?');
        else datum_print(w->columns[c].column->type, &value, w->columns[c].zone, out);
        if (len != UINT32_MAX) p += len;
    }
    arena_free(arena);
}

/* The server refused a value of one of the rows and did not say which: halves are tried, each taken back, until one row is left. */
static void find_bad_row(JdbcWriter *w, const char *sql, const JdbcRows *rows, const uint32_t *cols, uint32_t n, Err *err)
{
    uint32_t low = 0, high = rows->n;
    Err ignored = { 0 };
    StrBuf text = { 0 };
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        JdbcRows half = { rows->rows + low, middle - low };
        if (!pg_command(&w->conn, "BEGIN", &ignored)) return;
        bool good = send_unnest(w, sql, &half, cols, n, &ignored);
        if (!good && ignored.retriable) return;
        err_clear(&ignored);
        if (!pg_command(&w->conn, "ROLLBACK", &ignored)) return;
        if (good) low = middle;
        else high = middle;
    }
    print_row(w, rows->rows[low], &text);
    err_detail(err, "row: " STR_FMT "%s", (int)(text.len > 400 ? 400 : text.len), text.ptr, text.len > 400 ? "..." : "");
    strbuf_free(&text);
}

static bool run_unnest(JdbcWriter *w, const char *sql, const JdbcRows *rows, const uint32_t *cols, uint32_t n, bool in_transaction, Err *err)
{
    if (send_unnest(w, sql, rows, cols, n, err)) return true;
    if (err->retriable || err->code != E_EXTERNAL) return false;
    if (strstr(err->message, "(42P10)"))
        err_hint(err, "The table needs a PRIMARY KEY or UNIQUE constraint on exactly the columns of the PRIMARY KEY declared here.");
    bool value = strstr(err->message, "(22") || strstr(err->message, "(23");    /* SQLSTATE classes: data, constraints */
    if (!value || err->detail[0]) return false;
    Err ignored = { 0 };
    if (in_transaction && !pg_command(&w->conn, "ROLLBACK", &ignored)) return false;
    find_bad_row(w, sql, rows, cols, n, err);
    return false;
}

bool pg_writer_claim(JdbcWriter *w, JdbcEpoch *epoch, Err *err)
{
    return pg_epoch_claim(&w->conn, w->relation, epoch, &w->epochs, err);
}

static bool write_rows(JdbcWriter *w, const JdbcRows *inserts, const JdbcRows *deletes, bool in_transaction, Err *err)
{
    const ConnTable *table = w->spec->table;
    bool ok = true;
    if (inserts->n) ok = w->copy ? copy_rows(w, inserts, err) : run_unnest(w, w->insert_sql, inserts, NULL, w->ncolumns, in_transaction, err);
    if (ok && deletes->n) ok = run_unnest(w, w->delete_sql, deletes, table->pk, table->npk, in_transaction, err);
    return ok;
}

/* One statement is a transaction of its own. Several are read committed whatever the role's default: a statement that waited for another writer must see
 * what that one committed. */
bool pg_writer_flush(JdbcWriter *w, const JdbcRows *inserts, const JdbcRows *deletes, const JdbcEpoch *epoch, Err *err)
{
    bool several = (inserts->n != 0) + (deletes->n != 0) + (epoch != NULL) > 1, held = false;
    if (pg_injected(&w->conn, "jdbc.flush", err)) return false;
    bool ok = !several || pg_command(&w->conn, "BEGIN ISOLATION LEVEL READ COMMITTED", err);
    if (ok && epoch) ok = pg_epoch_advance(&w->conn, w->epochs, epoch, &held, err);
    if (ok && !held) ok = write_rows(w, inserts, deletes, several, err);
    if (ok && several) ok = !pg_injected(&w->conn, "jdbc.commit", err) && pg_command(&w->conn, "COMMIT", err);
    if (ok) return !pg_injected(&w->conn, "jdbc.commit.lost", err);
    if (several && w->conn.pg && PQstatus(w->conn.pg) == CONNECTION_OK) {
        Err ignored = { 0 };
        if (!pg_command(&w->conn, "ROLLBACK", &ignored)) pg_disconnect(&w->conn);
    }
    return false;
}
