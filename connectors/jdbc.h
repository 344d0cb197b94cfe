/* The jdbc connector: one connector, a row of functions for each dialect (JdbcDialect). Private to connectors/jdbc*.c.
 *   jdbc.c option rows, checks | jdbc_url.c URLs | jdbc_sink.c buffer, flush, retry | jdbc_source.c slices, positions, retry
 *   jdbc_epoch.c exactly-once: epochs and owners | jdbc_pg*.c PostgreSQL through libpq | jdbc_sqlite*.c SQLite
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

/* An exactly-once sink's row of table weir_epochs in the target database (jdbc_epoch.c). Texts live in arena. */
typedef struct JdbcEpoch {
    Arena *arena;
    const char *key, *lineage;
    const char *owner;                           /* names this opening of the sink; whoever claims the key later puts its own name there */
    const char *held_lineage; uint64_t held;     /* what the target holds: found by the claim, moved by each commit */
    uint64_t number;                             /* the epoch to commit */
} JdbcEpoch;
#define JDBC_EPOCH_TABLE "weir_epochs"

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
    /* Makes epoch->owner the key's owner and fills held_lineage and held; waits for a commit of the earlier owner that is under way. */
    bool (*writer_claim)(JdbcWriter *writer, JdbcEpoch *epoch, Err *err);
    /* All or nothing: inserts (upserts when the table has a key), then deletes by key; with an epoch its number too, and nothing at all when the
     * target holds that number already (an earlier attempt got through, its answer did not). */
    bool (*writer_flush)(JdbcWriter *writer, const JdbcRows *inserts, const JdbcRows *deletes, const JdbcEpoch *epoch, Err *err);
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

/* ---- exactly-once ---- */
JdbcEpoch jdbc_epoch_new(Arena *arena, const SinkSpec *spec);
/* No row of weir_epochs is this opening's and at epoch->held. What is there (owner NULL = no row) says why: *held = true when the epoch has been
 * committed by an earlier attempt; else false and err: fenced by another opening, or a database that was set back. */
bool jdbc_epoch_missed(const JdbcEpoch *epoch, const JdbcConf *conf, const char *owner, const char *lineage, uint64_t number, bool *held, Err *err) MUST_CHECK;

/* A failure point that looks like a lost connection: true and err when it fails now. */
bool jdbc_injected(const char *point, Err *err);

/* name in double quotes, quotes inside doubled. */
void jdbc_quote(Str name, StrBuf *out);
/* URL parameters "a=b&c=d" (percent-decoded) one by one; false at the end. */
bool jdbc_next_param(Arena *arena, Str *rest, Str *key, Str *value);
#endif
