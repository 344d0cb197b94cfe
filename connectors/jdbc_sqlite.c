/* jdbc dialect of SQLite (weir's own): one connection a reader or writer, WAL where the file allows it, tables created when they are missing.
 * Values: integers and BOOLEAN (0/1) as INTEGER, FLOAT and DOUBLE as REAL, DECIMAL as text with its scale, DATE 'yyyy-MM-dd', TIME 'HH:mm:ss[.fff]',
 * TIMESTAMP 'yyyy-MM-dd HH:mm:ss[.fff]' (TIMESTAMP_LTZ the same in UTC with a Z), text as TEXT, bytes as BLOB. Text order is time order.
 * Threading: the owner's thread. A locked or busy file is retriable; everything else is final. */
#include "connectors/jdbc_sqlite.h"
#include "engine/type/decimal.h"
#include "engine/type/rowcodec.h"
#include "engine/type/text.h"

#include <pthread.h>

enum { BUSY_TIMEOUT_MS = 1000 };

/* ---- shared by both sides ---- */

static bool sqlite_check_type(const Column *column, Err *err)
{
    if (!type_is_nested(column->type)) return true;
    Arena *arena = arena_new();
    err_set(err, E_UNSUPPORTED, "SQLite cannot hold column \"" STR_FMT "\" of type " STR_FMT, STR_ARG(column->name), STR_ARG(type_text(arena, column->type)));
    arena_free(arena);
    return err_hint(err, "Declare it as STRING and write CAST(.. AS STRING) or JSON text.");
}

bool sqlite_fail(sqlite3 *db, const JdbcConf *conf, const char *what, Err *err)
{
    int code = db ? sqlite3_errcode(db) & 0xff : SQLITE_CANTOPEN;
    bool busy = code == SQLITE_BUSY || code == SQLITE_LOCKED;
    err_set(err, busy ? E_CONNECTION : E_EXTERNAL, STR_FMT ": %s: %s", STR_ARG(conf->shown), what, db ? sqlite3_errmsg(db) : "out of memory");
    err->retriable = busy;
    return false;
}

bool sqlite_run(sqlite3 *db, const JdbcConf *conf, const char *sql, Err *err)
{
    if (jdbc_injected("jdbc.query", err)) return false;
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? true : sqlite_fail(db, conf, "statement refused", err);
}

static const char *sqlite_type(const Type *type)
{
    switch (type->kind) {
    case TYPE_BOOLEAN: case TYPE_TINYINT: case TYPE_SMALLINT: case TYPE_INT: case TYPE_BIGINT: case TYPE_INTERVAL_MONTH: case TYPE_INTERVAL_SECOND: return "INTEGER";
    case TYPE_FLOAT: case TYPE_DOUBLE: return "REAL";
    case TYPE_BINARY: case TYPE_VARBINARY: case TYPE_BITMAP: return "BLOB";
    default: return "TEXT";
    }
}

/* "schema.table" names an attached database; a table of that very name comes first. */
static bool table_create(sqlite3 *db, const JdbcConf *conf, const ConnTable *table, Err *err)
{
    StrBuf sql = { 0 };
    strbuf_addz(&sql, "CREATE TABLE IF NOT EXISTS ");
    jdbc_quote(conf->table_name, &sql);
    strbuf_addz(&sql, " (");
    for (uint32_t i = 0; i < table->physical.n; i++) {
        if (i) strbuf_addz(&sql, ", ");
        jdbc_quote(table->physical.cols[i].name, &sql);
        strbuf_addf(&sql, " %s%s", sqlite_type(table->physical.cols[i].type), table->physical.cols[i].type->nullable ? "" : " NOT NULL");
    }
    for (uint32_t i = 0; i < table->npk; i++) {
        strbuf_addz(&sql, i ? ", " : ", PRIMARY KEY (");
        jdbc_quote(table->physical.cols[table->pk[i]].name, &sql);
    }
    strbuf_addz(&sql, table->npk ? "))" : ")");
    bool ok = sqlite_run(db, conf, strbuf_cstr(&sql), err);
    strbuf_free(&sql);
    return ok;
}

/* The database in memory lives as long as a connection to it does: this one stays until the process ends. */
static pthread_once_t memory_once = PTHREAD_ONCE_INIT;
static sqlite3 *memory_keeper;
static void memory_keep(void)
{
    sqlite3_open_v2(JDBC_SQLITE_MEMORY, &memory_keeper, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_FULLMUTEX, NULL);
}

static sqlite3 *db_open(const JdbcConf *conf, const ConnTable *table, Err *err)
{
    sqlite3 *db = NULL;
    if (jdbc_injected("jdbc.connect", err)) return NULL;
    if (strcmp(conf->path, JDBC_SQLITE_MEMORY) == 0) pthread_once(&memory_once, memory_keep);
    if (sqlite3_open_v2(conf->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_FULLMUTEX, NULL) != SQLITE_OK) {
        sqlite_fail(db, conf, "cannot open", err);
    } else {
        sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
        /* WAL lets a reader and a writer work at once; where it cannot be had (memory, some file systems) the rollback journal serves. */
        sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
        if (table_create(db, conf, table, err)) return db;
    }
    sqlite3_close(db);
    return NULL;
}

/* ---- writing ---- */

struct JdbcWriter {
    Arena *arena, *scratch;
    const SinkSpec *spec;
    const JdbcConf *conf;
    sqlite3 *db;
    sqlite3_stmt *insert, *remove;
    Datum *row;
    StrBuf text;
};

static void writer_disconnect(JdbcWriter *w)
{
    sqlite3_finalize(w->insert);
    sqlite3_finalize(w->remove);
    sqlite3_close(w->db);
    w->insert = w->remove = NULL;
    w->db = NULL;
}

static void sqlite_writer_free(JdbcWriter *w)
{
    writer_disconnect(w);
    strbuf_free(&w->text);
    arena_free(w->scratch);
    arena_free(w->arena);
}

static JdbcWriter *sqlite_writer_new(const SinkSpec *spec, const JdbcConf *conf, Err *err)
{
    (void)err;
    Arena *arena = arena_new();
    JdbcWriter *w = ARENA_NEW(arena, JdbcWriter);
    w->arena = arena;
    w->scratch = arena_new();
    w->spec = spec;
    w->conf = conf;
    w->row = ARENA_ARRAY(arena, Datum, spec->table->physical.n);
    return w;
}

static bool is_key(const ConnTable *table, uint32_t col)
{
    for (uint32_t i = 0; i < table->npk; i++)
        if (table->pk[i] == col) return true;
    return false;
}

static void insert_sql(const JdbcWriter *w, StrBuf *sql)
{
    const ConnTable *table = w->spec->table;
    strbuf_addz(sql, "INSERT INTO ");
    jdbc_quote(w->conf->table_name, sql);
    for (uint32_t i = 0; i < table->physical.n; i++) {
        strbuf_addz(sql, i ? ", " : " (");
        jdbc_quote(table->physical.cols[i].name, sql);
    }
    for (uint32_t i = 0; i < table->physical.n; i++) strbuf_addz(sql, i ? ", ?" : ") VALUES (?");
    strbuf_addz(sql, ")");
    for (uint32_t i = 0; i < table->npk; i++) {
        strbuf_addz(sql, i ? ", " : " ON CONFLICT (");
        jdbc_quote(table->physical.cols[table->pk[i]].name, sql);
    }
    if (!table->npk) return;
    bool first = true;
    for (uint32_t i = 0; i < table->physical.n; i++) {
        if (is_key(table, i)) continue;
        strbuf_addz(sql, first ? ") DO UPDATE SET " : ", ");
        first = false;
        jdbc_quote(table->physical.cols[i].name, sql);
        strbuf_addz(sql, " = excluded.");
        jdbc_quote(table->physical.cols[i].name, sql);
    }
    if (first) strbuf_addz(sql, ") DO NOTHING");
}

static bool prepare_sql(JdbcWriter *w, StrBuf *sql, sqlite3_stmt **out, Err *err)
{
    if (jdbc_injected("jdbc.query", err)) return false;
    if (sqlite3_prepare_v3(w->db, sql->ptr, (int)sql->len, SQLITE_PREPARE_PERSISTENT, out, NULL) == SQLITE_OK) return true;
    sqlite_fail(w->db, w->conf, "cannot write to the table", err);
    if (strstr(sqlite3_errmsg(w->db), "ON CONFLICT"))
        err_hint(err, "The table exists without a PRIMARY KEY or UNIQUE constraint on the columns of the PRIMARY KEY declared here.");
    return false;
}

static bool sqlite_writer_connect(JdbcWriter *w, Err *err)
{
    const ConnTable *table = w->spec->table;
    writer_disconnect(w);
    w->db = db_open(w->conf, table, err);
    if (!w->db) return false;
    /* A checkpoint relies on the epochs before it: they must survive a power failure too, which NORMAL does not promise for the last ones. */
    if (w->spec->exactly_once && !sqlite_run(w->db, w->conf, "PRAGMA synchronous = EXTRA", err)) return false;
    StrBuf sql = { 0 };
    insert_sql(w, &sql);
    bool ok = prepare_sql(w, &sql, &w->insert, err);
    if (ok && table->npk) {
        strbuf_clear(&sql);
        strbuf_addz(&sql, "DELETE FROM ");
        jdbc_quote(w->conf->table_name, &sql);
        for (uint32_t i = 0; i < table->npk; i++) {
            strbuf_addz(&sql, i ? " AND " : " WHERE ");
            jdbc_quote(table->physical.cols[table->pk[i]].name, &sql);
            strbuf_addz(&sql, " = ?");
        }
        ok = prepare_sql(w, &sql, &w->remove, err);
    }
    strbuf_free(&sql);
    return ok;
}

static bool sqlite_writer_encode(JdbcWriter *w, const Batch *batch, uint32_t row, StrBuf *out, Err *err)
{
    (void)err;
    row_encode(batch->cols, NULL, w->spec->table->physical.n, row, out);
    return true;
}

/* Fraction digits: none when zero, else 3, 6 or 9 as the precision asks. */
static uint32_t fraction_of(const Type *type, int32_t nano)
{
    return nano == 0 ? 0 : type->precision <= 3 ? 3 : type->precision <= 6 ? 6 : 9;
}

/* Text form of the types that SQLite lacks. */
static void print_text(const Type *type, const Datum *value, StrBuf *out)
{
    Instant instant;
    switch (type->kind) {
    case TYPE_DECIMAL: decimal_print(value->v.i128, type->scale, out); break;
    case TYPE_DATE: date_print(value->v.i32, out); break;
    case TYPE_TIME:
        time_print(value->v.i32, 0, out);
        if (value->v.i32 % 1000) strbuf_addf(out, ".%03d", value->v.i32 % 1000);
        break;
    case TYPE_TIMESTAMP: case TYPE_TIMESTAMP_LTZ:
        instant = instant_of(type, value);
        timestamp_print(instant, fraction_of(type, instant.nano), out);
        if (type->kind == TYPE_TIMESTAMP_LTZ) strbuf_addc(out, 'Z');
        break;
    default: strbuf_adds(out, datum_text(value)); break;
    }
}

static int bind(sqlite3_stmt *stmt, int at, const Type *type, const Datum *value, StrBuf *text)
{
    if (value->null) return sqlite3_bind_null(stmt, at);
    Str s;
    switch (type->kind) {
    case TYPE_BOOLEAN: return sqlite3_bind_int(stmt, at, value->v.b);
    case TYPE_TINYINT: return sqlite3_bind_int(stmt, at, value->v.i8);
    case TYPE_SMALLINT: return sqlite3_bind_int(stmt, at, value->v.i16);
    case TYPE_INT: return sqlite3_bind_int(stmt, at, value->v.i32);
    case TYPE_BIGINT: case TYPE_INTERVAL_MONTH: case TYPE_INTERVAL_SECOND: return sqlite3_bind_int64(stmt, at, value->v.i64);
    case TYPE_FLOAT: return sqlite3_bind_double(stmt, at, value->v.f32);
    case TYPE_DOUBLE: return sqlite3_bind_double(stmt, at, value->v.f64);
    case TYPE_CHAR: case TYPE_VARCHAR: case TYPE_VARIANT:
        s = strview_str(&value->v.str);
        return sqlite3_bind_text64(stmt, at, s.ptr, s.len, SQLITE_STATIC, SQLITE_UTF8);
    case TYPE_BINARY: case TYPE_VARBINARY: case TYPE_BITMAP:
        s = strview_str(&value->v.str);
        return s.len ? sqlite3_bind_blob64(stmt, at, s.ptr, s.len, SQLITE_STATIC) : sqlite3_bind_zeroblob(stmt, at, 0);
    default:
        strbuf_clear(text);
        print_text(type, value, text);
        return sqlite3_bind_text64(stmt, at, text->ptr, text->len, SQLITE_TRANSIENT, SQLITE_UTF8);
    }
}

static bool execute(JdbcWriter *w, sqlite3_stmt *stmt, Str bytes, bool by_key, Err *err)
{
    const ConnTable *table = w->spec->table;
    Reader reader = { bytes.ptr, bytes.ptr + bytes.len, false };
    arena_reset(w->scratch);
    if (!row_decode(&table->physical, &reader, w->scratch, w->row)) return err_set(err, E_INTERNAL, "a buffered row cannot be read back");
    uint32_t n = by_key ? table->npk : table->physical.n;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t col = by_key ? table->pk[i] : i;
        if (bind(stmt, (int)i + 1, table->physical.cols[col].type, &w->row[col], &w->text) != SQLITE_OK) return sqlite_fail(w->db, w->conf, "a value is refused", err);
    }
    if (jdbc_injected("jdbc.row", err)) return false;
    int code = sqlite3_step(stmt);
    bool ok = code == SQLITE_DONE;
    if (!ok) {
        sqlite_fail(w->db, w->conf, "a row is refused", err);
        StrBuf row = { 0 };
        for (uint32_t i = 0; i < table->physical.n; i++) {
            if (i) strbuf_addz(&row, ", ");
            datum_print(table->physical.cols[i].type, &w->row[i], table->zone, &row);
        }
        err_detail(err, "row: " STR_FMT, (int)(row.len > 400 ? 400 : row.len), row.ptr);
        strbuf_free(&row);
    }
    sqlite3_reset(stmt);
    return ok;
}

static bool sqlite_writer_claim(JdbcWriter *w, JdbcEpoch *epoch, Err *err)
{
    return sqlite_epoch_claim(w->db, w->conf, epoch, err);
}

static bool sqlite_writer_flush(JdbcWriter *w, const JdbcRows *inserts, const JdbcRows *deletes, const JdbcEpoch *epoch, Err *err)
{
    bool held = false;
    if (jdbc_injected("jdbc.flush", err) || !sqlite_run(w->db, w->conf, "BEGIN IMMEDIATE", err)) return false;
    bool ok = !epoch || sqlite_epoch_advance(w->db, w->conf, epoch, &held, err);
    for (uint32_t i = 0; ok && !held && i < inserts->n; i++) ok = execute(w, w->insert, inserts->rows[i], false, err);
    for (uint32_t i = 0; ok && !held && i < deletes->n; i++) ok = execute(w, w->remove, deletes->rows[i], true, err);
    ok = ok && !jdbc_injected("jdbc.commit", err) && sqlite_run(w->db, w->conf, "COMMIT", err);
    if (!ok) sqlite3_exec(w->db, "ROLLBACK", NULL, NULL, NULL);
    return ok && !jdbc_injected("jdbc.commit.lost", err);
}

/* ---- reading ---- */

struct JdbcReader {
    Arena *arena;
    const SourceSpec *spec;
    const JdbcConf *conf;
    sqlite3 *db;
    sqlite3_stmt *stmt;
};

static void sqlite_reader_free(JdbcReader *r)
{
    sqlite3_finalize(r->stmt);
    sqlite3_close(r->db);
    arena_free(r->arena);
}

static JdbcReader *sqlite_reader_new(const SourceSpec *spec, const JdbcConf *conf, Err *err)
{
    (void)err;
    Arena *arena = arena_new();
    JdbcReader *r = ARENA_NEW(arena, JdbcReader);
    r->arena = arena;
    r->spec = spec;
    r->conf = conf;
    return r;
}

static bool sqlite_reader_connect(JdbcReader *r, Err *err)
{
    sqlite3_finalize(r->stmt);
    sqlite3_close(r->db);
    r->stmt = NULL;
    r->db = db_open(r->conf, r->spec->table, err);
    return r->db != NULL;
}

/* Text comparisons are bytewise (BINARY) as here, so every operator may go; LIKE ignores case there and finds more, which is checked again above.
 * DECIMAL is text there: it can only be compared for NULL. */
static bool can_push(const SourceSpec *spec, const PushPred *pred)
{
    const Type *type = spec->table->physical.cols[pred->column].type;
    Str policy = options_text(spec->table->options, NULL, "filter.handling.policy");
    if (policy.ptr && str_iis(policy, "never")) return false;
    if (pred->op == PUSH_IS_NULL || pred->op == PUSH_IS_NOT_NULL) return true;
    if (pred->op == PUSH_LIKE) return type->kind == TYPE_VARCHAR;
    return type_is_integer(type) || type->kind == TYPE_DOUBLE || type->kind == TYPE_VARCHAR || type->kind == TYPE_BOOLEAN || type->kind == TYPE_DATE;
}

static void select_sql(const JdbcReader *r, const JdbcSlice *slice, StrBuf *sql)
{
    static const char *const ops[] = { " = ?", " <> ?", " < ?", " <= ?", " > ?", " >= ?", " LIKE ?", " IS NULL", " IS NOT NULL" };   /* ORDER PushOp */
    const SourceSpec *spec = r->spec;
    const char *join = " WHERE ";
    strbuf_addz(sql, "SELECT ");
    for (uint32_t i = 0; i < spec->nphysical; i++) {
        if (i) strbuf_addz(sql, ", ");
        jdbc_quote(spec->table->physical.cols[spec->physical[i]].name, sql);
    }
    if (spec->nphysical == 0) strbuf_addz(sql, "1");
    strbuf_addz(sql, " FROM ");
    jdbc_quote(r->conf->table_name, sql);
    if (slice->bounded) {
        strbuf_addz(sql, " WHERE ");
        jdbc_quote(r->conf->slice_column, sql);
        strbuf_addf(sql, " BETWEEN %lld AND %lld", (long long)slice->lower, (long long)slice->upper);
        join = " AND ";
    }
    bool complete = true;
    for (uint32_t i = 0; i < spec->npreds; i++, join = " AND ") {
        if (!can_push(spec, &spec->preds[i])) { complete = false; continue; }
        strbuf_addz(sql, join);
        jdbc_quote(spec->table->physical.cols[spec->preds[i].column].name, sql);
        strbuf_addz(sql, ops[spec->preds[i].op]);
    }
    strbuf_addf(sql, " LIMIT %lld OFFSET %llu", complete && spec->npreds == 0 ? (long long)spec->limit : -1ll, (unsigned long long)slice->skip);
}

static bool sqlite_reader_begin(JdbcReader *r, const JdbcSlice *slice, Err *err)
{
    StrBuf sql = { 0 }, text = { 0 };
    sqlite3_finalize(r->stmt);
    r->stmt = NULL;
    select_sql(r, slice, &sql);
    bool injected = jdbc_injected("jdbc.query", err), ok = !injected && sqlite3_prepare_v2(r->db, sql.ptr, (int)sql.len, &r->stmt, NULL) == SQLITE_OK;
    int at = 1;
    for (uint32_t i = 0; ok && i < r->spec->npreds; i++) {
        const PushPred *pred = &r->spec->preds[i];
        if (!can_push(r->spec, pred) || pred->op == PUSH_IS_NULL || pred->op == PUSH_IS_NOT_NULL) continue;
        ok = bind(r->stmt, at++, r->spec->table->physical.cols[pred->column].type, &pred->value, &text) == SQLITE_OK;
    }
    strbuf_free(&sql);
    strbuf_free(&text);
    return ok ? true : !injected && sqlite_fail(r->db, r->conf, "cannot read the table", err);
}

static bool bad_value(const Column *column, Str text, Err *err)
{
    Arena *arena = arena_new();
    err_set(err, E_DATA, "column \"" STR_FMT "\": the stored value \"" STR_FMT "\" is no " STR_FMT, STR_ARG(column->name), (int)(text.len > 80 ? 80 : text.len), text.ptr,
            STR_ARG(type_text(arena, column->type)));
    arena_free(arena);
    return false;
}

/* A stored number, or the text of one: SQLite keeps whatever was written. */
static bool read_int(sqlite3_stmt *stmt, int at, int64_t low, int64_t high, int64_t *out)
{
    int kind = sqlite3_column_type(stmt, at);
    if (kind == SQLITE_TEXT) {
        Str text = { (const char *)sqlite3_column_text(stmt, at), (uint32_t)sqlite3_column_bytes(stmt, at) };
        if (!str_to_i64(str_trim(text), out)) return false;
    } else if (kind == SQLITE_BLOB) {
        return false;
    } else {
        *out = sqlite3_column_int64(stmt, at);
        if (kind == SQLITE_FLOAT && (double)*out != sqlite3_column_double(stmt, at)) return false;
    }
    return *out >= low && *out <= high;
}

static bool read_value(sqlite3_stmt *stmt, int at, const Column *column, const Zone *zone, Arena *arena, Datum *out, Err *err)
{
    int64_t i = 0;
    bool ok = true;
    *out = (Datum){ 0 };
    if (sqlite3_column_type(stmt, at) == SQLITE_NULL) { out->null = true; return true; }
    switch (column->type->kind) {
    case TYPE_BOOLEAN: ok = read_int(stmt, at, INT64_MIN, INT64_MAX, &i); out->v.b = i != 0; break;
    case TYPE_TINYINT: ok = read_int(stmt, at, INT8_MIN, INT8_MAX, &i); out->v.i8 = (int8_t)i; break;
    case TYPE_SMALLINT: ok = read_int(stmt, at, INT16_MIN, INT16_MAX, &i); out->v.i16 = (int16_t)i; break;
    case TYPE_INT: ok = read_int(stmt, at, INT32_MIN, INT32_MAX, &i); out->v.i32 = (int32_t)i; break;
    case TYPE_BIGINT: case TYPE_INTERVAL_MONTH: case TYPE_INTERVAL_SECOND: ok = read_int(stmt, at, INT64_MIN, INT64_MAX, &out->v.i64); break;
    case TYPE_FLOAT: out->v.f32 = (float)sqlite3_column_double(stmt, at); break;
    case TYPE_DOUBLE: out->v.f64 = sqlite3_column_double(stmt, at); break;
    case TYPE_BINARY: case TYPE_VARBINARY: case TYPE_BITMAP: {
        const void *blob = sqlite3_column_blob(stmt, at);
        out->v.str = strview_copy(arena, blob ? blob : "", (uint32_t)sqlite3_column_bytes(stmt, at));
        return true;
    }
    case TYPE_CHAR: case TYPE_VARCHAR: case TYPE_VARIANT: {
        const char *chars = (const char *)sqlite3_column_text(stmt, at);
        out->v.str = strview_copy(arena, chars, (uint32_t)sqlite3_column_bytes(stmt, at));
        return true;
    }
    default: {
        Err why = { 0 };
        const char *chars = (const char *)sqlite3_column_text(stmt, at);
        Str text = { chars, (uint32_t)sqlite3_column_bytes(stmt, at) };
        if (column->type->kind == TYPE_TIMESTAMP_LTZ && str_ends(text, "Z")) {
            text.len--;
            zone = zone_utc();
        }
        if (column->type->kind == TYPE_DECIMAL) ok = decimal_parse(str_trim(text), column->type->precision, column->type->scale, &out->v.i128);
        else ok = datum_parse(arena, column->type, text, zone, out, &why);
        break;
    }
    }
    if (ok) return true;
    const char *chars = (const char *)sqlite3_column_text(stmt, at);
    return bad_value(column, (Str){ chars, (uint32_t)sqlite3_column_bytes(stmt, at) }, err);
}

static bool sqlite_reader_fetch(JdbcReader *r, int timeout_ms, BatchBuilder *builder, bool *ready, bool *end, Err *err)
{
    const SourceSpec *spec = r->spec;
    (void)timeout_ms;
    *ready = true;
    *end = false;
    if (jdbc_injected("jdbc.fetch", err)) return false;
    while (!builder_full(builder)) {
        int code = sqlite3_step(r->stmt);
        if (code == SQLITE_DONE) { *end = true; break; }
        if (code != SQLITE_ROW) return sqlite_fail(r->db, r->conf, "cannot read the table", err);
        for (uint32_t i = 0; i < spec->nphysical; i++) {
            Datum value;
            if (!read_value(r->stmt, (int)i, &spec->out->cols[i], spec->table->zone, builder->batch.arena, &value, err)) return false;
            builder_set(builder, i, &value);
        }
        builder_row(builder, ROW_INSERT);
    }
    return true;
}

const JdbcDialect jdbc_dialect_sqlite = {
    .prefix = "jdbc:sqlite:", .title = "SQLite", .parse_url = jdbc_sqlite_parse_url, .check_type = sqlite_check_type,
    .writer_new = sqlite_writer_new, .writer_connect = sqlite_writer_connect, .writer_encode = sqlite_writer_encode, .writer_claim = sqlite_writer_claim,
    .writer_flush = sqlite_writer_flush,
    .writer_free = sqlite_writer_free, .reader_new = sqlite_reader_new, .reader_connect = sqlite_reader_connect, .reader_begin = sqlite_reader_begin,
    .reader_fetch = sqlite_reader_fetch, .reader_free = sqlite_reader_free,
};
