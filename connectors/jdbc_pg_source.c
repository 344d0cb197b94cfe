/* PostgreSQL reader: a cursor in a read-only transaction, fetched in binary form without blocking. Projection, the filters that mean the same on both
 * sides, slice and limit go into the SELECT; filter values are parameters. Sequential scans keep their order (synchronize_seqscans off), so that a
 * scan begun again can leave out the rows handed out before. Threading: the owner's thread. */
#include "connectors/jdbc_pg.h"
#include "engine/base/clock.h"

struct JdbcReader {
    Arena *arena;
    const SourceSpec *spec;
    PgConn conn;
    PgColumn *columns, *params;                  /* by physical column: for reading; for filter values */
    Str relation;
    const char *fetch_sql; int fetch_rows;
    bool fetching, last;                         /* a FETCH is under way; the result at hand is the last one */
    PGresult *result; int row;                   /* rows not handed out yet */
};

JdbcReader *pg_reader_new(const SourceSpec *spec, const JdbcConf *conf, Err *err)
{
    (void)err;
    Arena *arena = arena_new();
    JdbcReader *r = ARENA_NEW(arena, JdbcReader);
    r->arena = arena;
    r->spec = spec;
    r->conn = (PgConn){ .conf = conf, .cancel = spec->cancel };
    r->columns = ARENA_ARRAY(arena, PgColumn, spec->table->physical.n);
    r->params = ARENA_ARRAY(arena, PgColumn, spec->table->physical.n);
    r->fetch_rows = conf->fetch_size ? (int)conf->fetch_size : BATCH_ROWS;
    r->fetch_sql = str_printf(arena, "FETCH %d FROM weir_scan%c", r->fetch_rows, 0).ptr;
    return r;
}

static void forget_result(JdbcReader *r)
{
    PQclear(r->result);
    r->result = NULL;
    r->row = 0;
    r->fetching = r->last = false;
}

void pg_reader_free(JdbcReader *r)
{
    forget_result(r);
    pg_disconnect(&r->conn);
    arena_free(r->arena);
}

bool pg_reader_connect(JdbcReader *r, Err *err)
{
    forget_result(r);
    if (!pg_connect(&r->conn, err) || !pg_describe(&r->conn, r->arena, r->spec->table, false, &r->relation, r->columns, err)) return false;
    return r->spec->npreds == 0 || pg_describe(&r->conn, r->arena, r->spec->table, true, &r->relation, r->params, err);
}

/* ---- the SELECT ---- */

/* Filters that keep every row which Flink's comparison would keep; the operator above checks again. Text is compared bytewise (COLLATE "C"). */
static bool can_push(const JdbcReader *r, const PushPred *pred)
{
    PgCodec codec = r->params[pred->column].codec;
    Oid type = r->params[pred->column].type;
    Str policy = options_text(r->spec->table->options, NULL, "filter.handling.policy");
    if (policy.ptr && str_iis(policy, "never")) return false;
    if (pred->op == PUSH_IS_NULL || pred->op == PUSH_IS_NOT_NULL) return true;
    bool text = codec == PG_TEXT && (type == PG_OID_TEXT || type == PG_OID_VARCHAR) && type_is_string(r->params[pred->column].column->type);
    if (pred->op == PUSH_LIKE) return text && !memchr(datum_text(&pred->value).ptr, '\\', datum_text(&pred->value).len);
    switch (codec) {
    case PG_BOOL: case PG_INT2: case PG_INT4: case PG_INT8: case PG_DATE: case PG_TIME: case PG_TIMESTAMP: case PG_TIMESTAMPTZ: return true;
    case PG_FLOAT8: case PG_NUMERIC: return pred->op != PUSH_NE;      /* NaN <> NaN differs */
    case PG_TEXT: return text;
    default: return false;
    }
}

static void add_filter(const JdbcReader *r, const PushPred *pred, int *nparams, StrBuf *sql)
{
    static const char *const ops[] = { "=", "<>", "<", "<=", ">", ">=", "LIKE" };   /* ORDER PushOp */
    strbuf_adds(sql, r->params[pred->column].quoted);
    if (pred->op == PUSH_IS_NULL) { strbuf_addz(sql, " IS NULL"); return; }
    if (pred->op == PUSH_IS_NOT_NULL) { strbuf_addz(sql, " IS NOT NULL"); return; }
    bool ordered = pred->op == PUSH_LT || pred->op == PUSH_LE || pred->op == PUSH_GT || pred->op == PUSH_GE;
    strbuf_addf(sql, " %s $%d%s", ops[pred->op], ++*nparams, ordered && r->params[pred->column].codec == PG_TEXT ? " COLLATE \"C\"" : "");
}

static void select_sql(JdbcReader *r, const JdbcSlice *slice, StrBuf *sql)
{
    const SourceSpec *spec = r->spec;
    const char *join = " WHERE ";
    int nparams = 0;
    strbuf_addz(sql, "DECLARE weir_scan NO SCROLL CURSOR FOR SELECT ");
    for (uint32_t i = 0; i < spec->nphysical; i++) {
        const PgColumn *column = &r->columns[spec->physical[i]];
        strbuf_addf(sql, "%s" STR_FMT "%s", i ? ", " : "", STR_ARG(column->quoted), column->codec == PG_CAST ? "::text" : "");
    }
    strbuf_addf(sql, " FROM " STR_FMT, STR_ARG(r->relation));
    if (slice->bounded) {
        int at = schema_find(&spec->table->physical, r->conn.conf->slice_column);
        strbuf_addf(sql, " WHERE " STR_FMT " BETWEEN %lld AND %lld", STR_ARG(r->columns[at].quoted), (long long)slice->lower, (long long)slice->upper);
        join = " AND ";
    }
    for (uint32_t i = 0; i < spec->npreds; i++) {
        if (!can_push(r, &spec->preds[i])) continue;
        strbuf_addz(sql, join);
        add_filter(r, &spec->preds[i], &nparams, sql);
        join = " AND ";
    }
    if (spec->limit >= 0 && spec->npreds == 0) strbuf_addf(sql, " LIMIT %lld", (long long)spec->limit);
    if (slice->skip) strbuf_addf(sql, " OFFSET %llu", (unsigned long long)slice->skip);
}

static bool declare_cursor(JdbcReader *r, const char *sql, Err *err)
{
    const SourceSpec *spec = r->spec;
    Arena *arena = arena_new();
    Oid *types = ARENA_ARRAY(arena, Oid, spec->npreds);
    const char **values = ARENA_ARRAY(arena, const char *, spec->npreds);
    int *lengths = ARENA_ARRAY(arena, int, spec->npreds), *formats = ARENA_ARRAY(arena, int, spec->npreds), n = 0;
    StrBuf text = { 0 }, value = { 0 };
    PGresult *result = NULL;
    bool ok = true;
    for (uint32_t i = 0; ok && i < spec->npreds; i++) {
        const PushPred *pred = &spec->preds[i];
        if (!can_push(r, pred) || pred->op == PUSH_IS_NULL || pred->op == PUSH_IS_NOT_NULL) continue;
        strbuf_clear(&value);
        ok = pg_write_value(&r->params[pred->column], &pred->value, &text, &value, err);
        if (!ok) break;
        types[n] = r->params[pred->column].type;
        values[n] = pred->value.null ? NULL : arena_copy(arena, value.ptr + 4, value.len - 4);
        lengths[n] = (int)value.len - 4;
        formats[n++] = 1;
    }
    ok = ok && pg_query(&r->conn, sql, n, types, values, lengths, formats, 0, &result, err);
    PQclear(result);
    strbuf_free(&text);
    strbuf_free(&value);
    arena_free(arena);
    return ok;
}

bool pg_reader_begin(JdbcReader *r, const JdbcSlice *slice, Err *err)
{
    StrBuf sql = { 0 };
    forget_result(r);
    select_sql(r, slice, &sql);
    bool ok = pg_command(&r->conn, "BEGIN TRANSACTION READ ONLY", err) && pg_command(&r->conn, "SET LOCAL synchronize_seqscans = off", err) &&
              declare_cursor(r, strbuf_cstr(&sql), err);
    strbuf_free(&sql);
    return ok;
}

/* ---- rows ---- */

/* The next result, if it comes within timeout_ms. */
static bool next_result(JdbcReader *r, int timeout_ms, bool *ready, Err *err)
{
    *ready = true;
    if (r->result || r->last) return true;
    if (pg_injected(&r->conn, "jdbc.fetch", err)) return false;
    if (!r->fetching && !PQsendQueryParams(r->conn.pg, r->fetch_sql, 0, NULL, NULL, NULL, NULL, 1)) return pg_fail(&r->conn, NULL, "FETCH", err);
    r->fetching = true;
    if (!pg_flush(&r->conn, err)) return false;
    int64_t end = clock_monotonic_us() + (int64_t)timeout_ms * 1000;
    while (PQisBusy(r->conn.pg)) {
        int64_t left_ms = (end - clock_monotonic_us()) / 1000;
        *ready = false;
        if (left_ms <= 0 && timeout_ms > 0) return true;
        if (!pg_wait_socket(&r->conn, left_ms > 0 ? (int)left_ms : 0, err)) return false;
        if (!PQconsumeInput(r->conn.pg)) return pg_fail(&r->conn, NULL, "the connection", err);
        if (timeout_ms <= 0 && PQisBusy(r->conn.pg)) return true;
    }
    *ready = true;
    PGresult *next;
    r->result = PQgetResult(r->conn.pg);
    while ((next = PQgetResult(r->conn.pg)) != NULL) PQclear(next);
    r->fetching = false;
    r->row = 0;
    if (PQresultStatus(r->result) != PGRES_TUPLES_OK) return pg_fail(&r->conn, r->result, "to read the table", err);
    r->last = PQntuples(r->result) < r->fetch_rows;
    return true;
}

static bool read_row(JdbcReader *r, BatchBuilder *builder, Err *err)
{
    const SourceSpec *spec = r->spec;
    for (uint32_t i = 0; i < spec->nphysical; i++) {
        Datum value = datum_null();
        if (!PQgetisnull(r->result, r->row, (int)i)) {
            Str bytes = { PQgetvalue(r->result, r->row, (int)i), (uint32_t)PQgetlength(r->result, r->row, (int)i) };
            if (!pg_read_value(&r->columns[spec->physical[i]], bytes, builder->batch.arena, &value, err)) return false;
        }
        builder_set(builder, i, &value);
    }
    builder_row(builder, ROW_INSERT);
    r->row++;
    return true;
}

bool pg_reader_fetch(JdbcReader *r, int timeout_ms, BatchBuilder *builder, bool *ready, bool *end, Err *err)
{
    *end = false;
    if (!next_result(r, timeout_ms, ready, err)) return false;
    if (!*ready) return true;
    while (r->result && r->row < PQntuples(r->result) && !builder_full(builder))
        if (!read_row(r, builder, err)) return false;
    if (r->result && r->row == PQntuples(r->result)) {
        PQclear(r->result);
        r->result = NULL;
    }
    *end = !r->result && r->last;
    if (!*end) return true;
    Err ignored = { 0 };                         /* every row is here: a failure to close costs nothing but the connection */
    if (!pg_command(&r->conn, "COMMIT", &ignored)) pg_disconnect(&r->conn);
    return true;
}
