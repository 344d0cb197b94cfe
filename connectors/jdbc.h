/* The jdbc connector: one connector, a row of functions for each dialect (JdbcDialect). Private to connectors/jdbc*.c.
 *   jdbc.c option rows, checks | jdbc_url.c URLs | jdbc_sink.c buffer, flush, retry | jdbc_source.c slices, positions, retry
 *   jdbc_pg*.c PostgreSQL through libpq | jdbc_sqlite.c SQLite
 * A retriable Err means that the database is away: the caller waits and tries again; any other ends the job. */
#ifndef WEIR_CONNECTORS_JDBC_H
#define WEIR_CONNECTORS_JDBC_H
#include "connectors/connector.h"

enum { JDBC_PARAMS_MAX = 48 };
#define JDBC_SQLITE_MEMORY "file:weir?mode=memory&cache=shared"
typedef struct JdbcDialect JdbcDialect;
typedef _Atomic(bool) JdbcCancel;                /* becomes true when the job must end now */

/* What the options of a table say. Texts live in the arena given to jdbc_conf. */
typedef struct JdbcConf {
    const JdbcDialect *dialect;
    Str shown;                                   /* URL without user, password and parameters: for messages */
    Str table_name;
    Str user, password;                          /* options username, password; STR_NULL = not given */
    const char *keys[JDBC_PARAMS_MAX + 1], *values[JDBC_PARAMS_MAX + 1]; uint32_t nparams;  /* PostgreSQL: libpq parameters */
    const char *path;                            /* SQLite: file name or URI */
    int64_t connect_timeout_us;
    int64_t fetch_size;
    int64_t max_rows, interval_us, max_retries;
    bool sliced; Str slice_column; int64_t slices, lower, upper;
} JdbcConf;
bool jdbc_conf(Arena *arena, const ConnTable *table, JdbcConf *out, Err *err) MUST_CHECK;

/* Rows of a flush in the form that writer_encode gave them. */
typedef struct JdbcRows { const Str *rows; uint32_t n; } JdbcRows;
typedef struct JdbcWriter JdbcWriter;
typedef struct JdbcReader JdbcReader;
/* Slice of a scan: rows with lower <= column <= upper; and how many of them the job has already. */
typedef struct JdbcSlice { bool bounded; int64_t lower, upper; uint64_t skip; } JdbcSlice;

struct JdbcDialect {
    const char *prefix;                          /* "jdbc:postgresql:" */
    const char *title;
    /* Rest of the URL behind the prefix. */
    bool (*parse_url)(Arena *arena, Str rest, Span span, JdbcConf *conf, Err *err);
    bool (*check_type)(const Column *column, Err *err);          /* without I/O; fills E_UNSUPPORTED */

    JdbcWriter *(*writer_new)(const SinkSpec *spec, const JdbcConf *conf, Err *err);
    bool (*writer_connect)(JdbcWriter *writer, Err *err);         /* also after a loss; looks the table up */
    bool (*writer_encode)(JdbcWriter *writer, const Batch *batch, uint32_t row, StrBuf *out, Err *err);
    /* All or nothing: inserts (upserts when the table has a key), then deletes by key. */
    bool (*writer_flush)(JdbcWriter *writer, const JdbcRows *inserts, const JdbcRows *deletes, Err *err);
    void (*writer_free)(JdbcWriter *writer);

    JdbcReader *(*reader_new)(const SourceSpec *spec, const JdbcConf *conf, Err *err);
    bool (*reader_connect)(JdbcReader *reader, Err *err);
    bool (*reader_begin)(JdbcReader *reader, const JdbcSlice *slice, Err *err);
    /* Fills the builder (empty before). *ready = false: nothing within timeout_ms. *end: the slice has no more rows after these. */
    bool (*reader_fetch)(JdbcReader *reader, int timeout_ms, BatchBuilder *builder, bool *ready, bool *end, Err *err);
    void (*reader_free)(JdbcReader *reader);
};
extern const JdbcDialect jdbc_dialect_pg, jdbc_dialect_sqlite;
extern const SinkVt jdbc_sink_vt;
extern const SourceVt jdbc_source_vt;

bool jdbc_pg_parse_url(Arena *arena, Str rest, Span span, JdbcConf *conf, Err *err);      /* JdbcDialect.parse_url */
bool jdbc_sqlite_parse_url(Arena *arena, Str rest, Span span, JdbcConf *conf, Err *err);

/* A database that is away: one log line each 10 s, a growing pause; false + E_CANCELLED when the job must end. */
typedef struct JdbcRetry { int64_t pause_us, next_log_us; bool away; } JdbcRetry;
bool jdbc_wait(JdbcRetry *retry, const JdbcConf *conf, Str table, const char *what, const JdbcCancel *cancel, Err *err) MUST_CHECK;
void jdbc_back(JdbcRetry *retry, Str table);     /* it answers again */
static inline bool jdbc_cancelled(const JdbcCancel *cancel) { return cancel && *cancel; }

/* name in double quotes, quotes inside doubled. */
void jdbc_quote(Str name, StrBuf *out);
/* URL parameters "a=b&c=d" (percent-decoded) one by one; false at the end. */
bool jdbc_next_param(Arena *arena, Str *rest, Str *key, Str *value);
#endif
