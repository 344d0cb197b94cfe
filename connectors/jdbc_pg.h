/* PostgreSQL dialect of jdbc: connection (jdbc_pg.c), values in binary form (jdbc_pg_value.c), writer (jdbc_pg_sink.c) and its epochs (jdbc_pg_epoch.c),
 * reader (jdbc_pg_source.c). */
#ifndef WEIR_CONNECTORS_JDBC_PG_H
#define WEIR_CONNECTORS_JDBC_PG_H
#include "connectors/jdbc.h"

#include <libpq-fe.h>

/* How a column travels: in the server's binary form of its type, or as text that the server casts. */
typedef enum PgCodec { PG_BOOL, PG_INT2, PG_INT4, PG_INT8, PG_FLOAT4, PG_FLOAT8, PG_NUMERIC, PG_TEXT, PG_JSONB, PG_UUID, PG_BYTEA, PG_DATE, PG_TIME, PG_TIMESTAMP,
    PG_TIMESTAMPTZ, PG_CAST } PgCodec;

typedef struct PgColumn {
    const Column *column;                        /* the declared one */
    const Zone *zone;                            /* session zone, between TIMESTAMP and timestamptz */
    Str quoted;                                  /* name in the database, in quotes */
    PgCodec codec;
    Oid type, array_type;                        /* of the value sent; text for PG_CAST */
    Str cast;                                    /* "::inet" for PG_CAST; else empty */
} PgColumn;

typedef struct PgConn {
    PGconn *pg; const JdbcConf *conf; const JdbcCancel *cancel;
    const char *slow;                            /* said when an answer takes more than a few seconds; NULL = nothing */
} PgConn;

/* Connects within conf->connect_timeout_us, looking at cancel. False: err (retriable when nobody answers). */
bool pg_connect(PgConn *conn, Err *err) MUST_CHECK;
void pg_disconnect(PgConn *conn);
/* Runs a statement with binary parameters and waits. *out: the result, to be cleared by the caller. */
bool pg_query(PgConn *conn, const char *sql, int n, const Oid *types, const char *const *values, const int *lengths, const int *formats, int result_format,
              PGresult **out, Err *err) MUST_CHECK;
/* The next result of a statement sent before, NULL at the end; waits in slices so that cancel is seen. False: lost or cancelled. */
bool pg_wait_result(PgConn *conn, PGresult **out, Err *err) MUST_CHECK;
/* Waits up to timeout_ms for bytes from the server; false when the connection is lost. */
bool pg_wait_socket(PgConn *conn, int timeout_ms, Err *err) MUST_CHECK;
/* Sends what is queued; false: lost or cancelled. */
bool pg_flush(PgConn *conn, Err *err) MUST_CHECK;
bool pg_command(PgConn *conn, const char *sql, Err *err) MUST_CHECK;
/* Fills err from a result (or the connection, result NULL): message, detail, hint, whether it may be tried again. Always false. */
bool pg_fail(const PgConn *conn, const PGresult *result, const char *what, Err *err);
/* jdbc_injected(), and the connection is dropped as if lost. */
bool pg_injected(PgConn *conn, const char *point, Err *err);
/* Looks the table up: its canonical name and, for each declared column, the column in the database. */
bool pg_describe(PgConn *conn, Arena *arena, const ConnTable *table, bool writing, Str *relation, PgColumn *columns, Err *err) MUST_CHECK;

/* Appends int32 length and bytes of a cell (length -1 = NULL), as in COPY BINARY. */
bool pg_write_value(const PgColumn *column, const Datum *value, StrBuf *text, StrBuf *out, Err *err) MUST_CHECK;
/* Reads the bytes of a non-NULL field. */
bool pg_read_value(const PgColumn *column, Str bytes, Arena *arena, Datum *out, Err *err) MUST_CHECK;
/* The binary form used for a column of this base type, PG_CAST when there is none. */
PgCodec pg_codec(const Type *type, Oid base, bool writing);
bool jdbc_pg_check_type(const Column *column, Err *err);

JdbcWriter *pg_writer_new(const SinkSpec *spec, const JdbcConf *conf, Err *err);
bool pg_writer_connect(JdbcWriter *writer, Err *err);
bool pg_writer_encode(JdbcWriter *writer, const Batch *batch, uint32_t row, StrBuf *out, Err *err);
bool pg_writer_claim(JdbcWriter *writer, JdbcEpoch *epoch, Err *err);
bool pg_writer_flush(JdbcWriter *writer, const JdbcRows *inserts, const JdbcRows *deletes, const JdbcEpoch *epoch, Err *err);
void pg_writer_free(JdbcWriter *writer);
/* Claims epoch->key for epoch->owner in weir_epochs beside `relation`; *epochs: that table's name, in epoch->arena. */
bool pg_epoch_claim(PgConn *conn, Str relation, JdbcEpoch *epoch, Str *epochs, Err *err) MUST_CHECK;
/* Moves the number, within the transaction that is open or as one of its own. *held = true: it was there already. */
bool pg_epoch_advance(PgConn *conn, Str epochs, const JdbcEpoch *epoch, bool *held, Err *err) MUST_CHECK;

JdbcReader *pg_reader_new(const SourceSpec *spec, const JdbcConf *conf, Err *err);
bool pg_reader_connect(JdbcReader *reader, Err *err);
bool pg_reader_begin(JdbcReader *reader, const JdbcSlice *slice, Err *err);
bool pg_reader_fetch(JdbcReader *reader, int timeout_ms, BatchBuilder *builder, bool *ready, bool *end, Err *err);
void pg_reader_free(JdbcReader *reader);

enum { PG_OID_BOOL = 16, PG_OID_BYTEA = 17, PG_OID_NAME = 19, PG_OID_INT8 = 20, PG_OID_INT2 = 21, PG_OID_INT4 = 23, PG_OID_TEXT = 25, PG_OID_JSON = 114,
    PG_OID_FLOAT4 = 700, PG_OID_FLOAT8 = 701, PG_OID_TEXT_ARRAY = 1009, PG_OID_BPCHAR = 1042, PG_OID_VARCHAR = 1043, PG_OID_DATE = 1082, PG_OID_TIME = 1083,
    PG_OID_TIMESTAMP = 1114, PG_OID_TIMESTAMPTZ = 1184, PG_OID_NUMERIC = 1700, PG_OID_UUID = 2950, PG_OID_JSONB = 3802 };

static inline void pg_put16(StrBuf *out, uint16_t v) { char b[2] = { (char)(v >> 8), (char)v }; strbuf_add(out, b, 2); }
static inline void pg_put32(StrBuf *out, uint32_t v) { v = __builtin_bswap32(v); strbuf_add(out, &v, 4); }
static inline void pg_put64(StrBuf *out, uint64_t v) { v = __builtin_bswap64(v); strbuf_add(out, &v, 8); }
static inline uint16_t pg_get16(const char *p) { return (uint16_t)((unsigned char)p[0] << 8 | (unsigned char)p[1]); }
static inline uint32_t pg_get32(const char *p) { uint32_t v; memcpy(&v, p, 4); return __builtin_bswap32(v); }
static inline uint64_t pg_get64(const char *p) { uint64_t v; memcpy(&v, p, 8); return __builtin_bswap64(v); }
#endif
