/* The jdbc connector's row: options, checks without I/O, configuration, waiting for a database that is away.
 * Options, defaults and required sets are Flink's (flink-connector-jdbc); the SQLite dialect is weir's own. Owns nothing. */
#include "connectors/jdbc.h"
#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/base/log.h"

enum { RETRY_MIN_US = 100000, RETRY_MAX_US = 2000000, RETRY_LOG_US = 10000000, CANCEL_CHECK_US = 50000 };

static const JdbcDialect *const dialects[] = { &jdbc_dialect_pg, &jdbc_dialect_sqlite };

static const OptionDef jdbc_options[] = {
    { "url", OPT_STRING, NULL, OPTF_REQUIRED | OPTF_IDENTITY, NULL, "JDBC URL: jdbc:postgresql://host:port/db?param=value or jdbc:sqlite:FILE." },
    { "table-name", OPT_STRING, NULL, OPTF_REQUIRED | OPTF_IDENTITY, NULL, "Table in the database, with its schema where needed: schema.table." },
    { "driver", OPT_STRING, NULL, OPTF_IGNORED, NULL, "Java driver class; weir chooses its client by the URL." },
    { "compatible-mode", OPT_STRING, NULL, OPTF_IGNORED, NULL, "Compatibility mode of some Java dialects." },
    { "username", OPT_STRING, NULL, 0, NULL, "User; together with 'password'." },
    { "password", OPT_STRING, NULL, OPTF_SECRET, NULL, "Password; together with 'username'." },
    { "connection.max-retry-timeout", OPT_DURATION, "60 s", 0, NULL, "How long one attempt to connect may take; attempts go on until the job ends." },
    { "scan.partition.column", OPT_STRING, NULL, OPTF_SOURCE, NULL, "Numeric column by which the scan is cut into slices." },
    { "scan.partition.num", OPT_INT, NULL, OPTF_SOURCE, NULL, "Number of slices." },
    { "scan.partition.lower-bound", OPT_LONG, NULL, OPTF_SOURCE, NULL, "Smallest value of the first slice; smaller ones are not read." },
    { "scan.partition.upper-bound", OPT_LONG, NULL, OPTF_SOURCE, NULL, "Largest value of the last slice; larger ones are not read." },
    { "scan.fetch-size", OPT_INT, "0", OPTF_SOURCE, NULL, "Rows fetched from the cursor at once; 0 = weir chooses." },
    { "scan.auto-commit", OPT_BOOL, "true", OPTF_SOURCE | OPTF_IGNORED, NULL, "Java driver's auto-commit; weir reads through a cursor in any case." },
    { "scan.parallelism", OPT_INT, NULL, OPTF_SOURCE | OPTF_IGNORED, NULL, "Parallel readers." },
    { "lookup.cache", OPT_ENUM, "NONE", OPTF_SOURCE, "NONE|PARTIAL", "Caching of a lookup join." },
    { "lookup.cache.max-rows", OPT_LONG, NULL, OPTF_SOURCE, NULL, "Older name of lookup.partial-cache.max-rows." },
    { "lookup.cache.ttl", OPT_DURATION, NULL, OPTF_SOURCE, NULL, "Older name of lookup.partial-cache.expire-after-write." },
    { "lookup.cache.caching-missing-key", OPT_BOOL, "true", OPTF_SOURCE, NULL, "Older name of lookup.partial-cache.cache-missing-key." },
    { "lookup.partial-cache.max-rows", OPT_LONG, NULL, OPTF_SOURCE, NULL, "Rows kept in the cache of a lookup join." },
    { "lookup.partial-cache.expire-after-write", OPT_DURATION, NULL, OPTF_SOURCE, NULL, "Age at which a cached row is read again." },
    { "lookup.partial-cache.expire-after-access", OPT_DURATION, NULL, OPTF_SOURCE, NULL, "Time without use after which a cached row is dropped." },
    { "lookup.partial-cache.cache-missing-key", OPT_BOOL, "true", OPTF_SOURCE, NULL, "Remember keys that the table lacks." },
    { "lookup.max-retries", OPT_INT, "3", OPTF_SOURCE, NULL, "Attempts of one lookup." },
    { "filter.handling.policy", OPT_ENUM, "always", OPTF_SOURCE, "always|never", "Whether filters are sent to the database." },
    { "sink.buffer-flush.max-rows", OPT_INT, "100", OPTF_SINK, NULL, "Rows after which the buffer is written; 0 = no limit." },
    { "sink.buffer-flush.interval", OPT_DURATION, "1 s", OPTF_SINK, NULL, "Time after which the buffer is written; 0 = only by rows and at checkpoints." },
    { "sink.delivery-guarantee", OPT_ENUM, "at-least-once", OPTF_SINK, "at-least-once|exactly-once",
      "What a crash may do to written rows; exactly-once writes at checkpoints and keeps their number in table " JDBC_EPOCH_TABLE " beside them." },
    { "sink.max-retries", OPT_INT, "3", OPTF_SINK, NULL, "Attempts of a write that the server refuses for the moment (deadlock, too many connections)." },
    { "sink.parallelism", OPT_INT, NULL, OPTF_SINK | OPTF_IGNORED, NULL, "Parallel writers." },
    { NULL, OPT_STRING, NULL, 0, NULL, NULL },
};

static bool find_dialect(JdbcConf *conf, Arena *arena, const Option *url, Err *err)
{
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
        const JdbcDialect *dialect = dialects[i];
        if (!str_starts(url->value, dialect->prefix)) continue;
        conf->dialect = dialect;
        return dialect->parse_url(arena, str_sub(url->value, (uint32_t)strlen(dialect->prefix), url->value.len), url->value_span, conf, err);
    }
    /* "jdbc:mysql" of jdbc:mysql://..: the scheme only, what follows may hold a password. */
    int64_t colon = str_find(url->value, STR(":"), str_starts(url->value, "jdbc:") ? 5 : 0);
    if (colon < 0 || !str_starts(url->value, "jdbc:")) {
        err_at(err, E_OPTION, url->value_span, "option \"url\" is no JDBC URL");
        return err_hint(err, "Write 'jdbc:postgresql://host:port/database' or 'jdbc:sqlite:FILE'.");
    }
    err_at(err, E_UNSUPPORTED, url->value_span, "connector 'jdbc' has no dialect for \"" STR_FMT "\"", (int)colon + 1, url->value.ptr);
    return err_hint(err, "weir speaks jdbc:postgresql: and jdbc:sqlite:.");
}

static bool number_option(const ConnTable *table, const char *name, int64_t low, int64_t *out, Err *err)
{
    if (!options_i64(table->options, jdbc_options, name, out, err)) return false;
    if (*out >= low) return true;
    const Option *option = options_find(table->options, str_of(name));
    Span span = option ? option->value_span : (Span){ 0, 0 };
    if (low == 1000000) return err_at(err, E_OPTION, span, "option \"%s\" must be at least 1 s", name);
    return err_at(err, E_OPTION, span, "option \"%s\" must not be below %lld", name, (long long)low);
}

static Str text_option(const ConnTable *table, const char *name)
{
    const Option *option = options_find(table->options, str_of(name));
    return option ? option->value : STR_NULL;
}

/* Names of a set of options of which all or none must be there. */
static bool all_or_none(const ConnTable *table, const char *const *names, Err *err)
{
    uint32_t given = 0, n = 0;
    Span span = { 0, 0 };
    for (; names[n]; n++) {
        const Option *option = options_find(table->options, str_of(names[n]));
        if (option) { given++; span = option->span; }
    }
    if (given == 0 || given == n) return true;
    err_at(err, E_OPTION, span, "either all or none of these options must be given: %s, %s%s%s%s%s", names[0], names[1], n > 2 ? ", " : "", n > 2 ? names[2] : "",
           n > 3 ? ", " : "", n > 3 ? names[3] : "");
    for (uint32_t i = 0; i < n; i++)
        if (!options_find(table->options, str_of(names[i]))) return err_hint(err, "Option '%s' is missing.", names[i]);
    return false;
}

static bool slice_conf(const ConnTable *table, JdbcConf *out, Err *err)
{
    static const char *const set[] = { "scan.partition.column", "scan.partition.num", "scan.partition.lower-bound", "scan.partition.upper-bound", NULL };
    if (!all_or_none(table, set, err)) return false;
    const Option *column = options_find(table->options, STR("scan.partition.column"));
    if (!column) return true;
    out->sliced = true;
    out->slice_column = column->value;
    if (!number_option(table, "scan.partition.num", 1, &out->slices, err) || !options_i64(table->options, jdbc_options, "scan.partition.lower-bound", &out->lower, err) ||
        !options_i64(table->options, jdbc_options, "scan.partition.upper-bound", &out->upper, err))
        return false;
    if (out->lower > out->upper)
        return err_at(err, E_OPTION, column->span, "option \"scan.partition.lower-bound\" = %lld must not be larger than \"scan.partition.upper-bound\" = %lld",
                      (long long)out->lower, (long long)out->upper);
    int at = schema_find(&table->physical, column->value);
    if (at < 0) return err_at(err, E_NO_COLUMN, column->value_span, "column \"" STR_FMT "\" of option \"scan.partition.column\" does not exist", STR_ARG(column->value));
    if (type_is_numeric(table->physical.cols[at].type)) return true;
    err_at(err, E_UNSUPPORTED, column->value_span, "option \"scan.partition.column\" must name a numeric column");
    return err_hint(err, "Slices by DATE and TIMESTAMP columns are not supported by weir; use a number such as the key.");
}

bool jdbc_conf(Arena *arena, const ConnTable *table, JdbcConf *out, Err *err)
{
    static const char *const user_set[] = { "username", "password", NULL };
    *out = (JdbcConf){ 0 };
    const Option *url = options_find(table->options, STR("url"));
    if (!url) return err_set(err, E_OPTION, "connector 'jdbc' requires option \"url\"");
    out->table_name = text_option(table, "table-name");
    if (out->table_name.len == 0) return err_set(err, E_OPTION, "connector 'jdbc' requires option \"table-name\"");
    out->user = text_option(table, "username");
    out->password = text_option(table, "password");
    if (!find_dialect(out, arena, url, err) || !all_or_none(table, user_set, err) || !slice_conf(table, out, err)) return false;
    return number_option(table, "connection.max-retry-timeout", 1000000, &out->connect_timeout_us, err) && number_option(table, "scan.fetch-size", 0, &out->fetch_size, err) &&
           number_option(table, "sink.buffer-flush.max-rows", 0, &out->max_rows, err) && number_option(table, "sink.buffer-flush.interval", 0, &out->interval_us, err) &&
           number_option(table, "sink.max-retries", 0, &out->max_retries, err);
}

static bool jdbc_check(const ConnTable *table, bool as_sink, Err *err)
{
    static const char *const cache_set[] = { "lookup.cache.max-rows", "lookup.cache.ttl", NULL };
    Arena *arena = arena_new();
    JdbcConf conf;
    int64_t retries;
    (void)as_sink;
    bool ok = jdbc_conf(arena, table, &conf, err) && all_or_none(table, cache_set, err) && number_option(table, "lookup.max-retries", 0, &retries, err);
    for (uint32_t i = 0; ok && i < table->physical.n; i++) ok = conf.dialect->check_type(&table->physical.cols[i], err);
    arena_free(arena);
    return ok;
}

static uint8_t jdbc_sink_changes(const ConnTable *table)
{
    return table->npk ? CHANGES_UPSERT : CHANGES_INSERT;
}

static bool jdbc_exactly_once(const ConnTable *table)
{
    return str_iis(options_text(table->options, jdbc_options, "sink.delivery-guarantee"), "exactly-once");
}

/* SQLite in memory: ":memory:" or a file: URI that says so. */
static bool jdbc_transient(const ConnTable *table)
{
    Arena *arena = arena_new();
    JdbcConf conf;
    Err ignored = { 0 };
    bool memory = jdbc_conf(arena, table, &conf, &ignored) && conf.path && strncmp(conf.path, "file:", 5) == 0 &&
                  (strstr(conf.path, "mode=memory") || strncmp(conf.path + 5, ":memory:", 8) == 0);
    arena_free(arena);
    return memory;
}

bool jdbc_injected(const char *point, Err *err)
{
    if (!fault_hit(point)) return false;
    err_set(err, E_CONNECTION, "injected failure at %s", point);
    err->retriable = true;
    return true;
}

/* ---- waiting ---- */

bool jdbc_wait(JdbcRetry *retry, const JdbcConf *conf, Str table, const char *what, const JdbcCancel *cancel, Err *err)
{
    int64_t now = clock_monotonic_us();
    if (!retry->away || now >= retry->next_log_us) {
        log_warn("jdbc", "table \"" STR_FMT "\": " STR_FMT " is away (%s); %s goes on when it is back", STR_ARG(table), STR_ARG(conf->shown), err->message, what);
        retry->next_log_us = now + RETRY_LOG_US;
    }
    if (!retry->away) retry->pause_us = RETRY_MIN_US;
    retry->away = true;
    for (int64_t end = now + retry->pause_us; now < end; now = clock_monotonic_us()) {
        if (jdbc_cancelled(cancel)) break;
        clock_sleep_us(end - now < CANCEL_CHECK_US ? end - now : CANCEL_CHECK_US);
    }
    retry->pause_us = retry->pause_us * 2 > RETRY_MAX_US ? RETRY_MAX_US : retry->pause_us * 2;
    if (jdbc_cancelled(cancel)) {
        err_clear(err);
        return err_set(err, E_CANCELLED, "cancelled while the database was away");
    }
    err_clear(err);
    return true;
}

void jdbc_back(JdbcRetry *retry, Str table)
{
    if (retry->away) log_notice("jdbc", "table \"" STR_FMT "\": the database answers again", STR_ARG(table));
    retry->away = false;
}

extern const ConnectorDef connector_jdbc;
const ConnectorDef connector_jdbc = {
    .name = "jdbc", .caps = CONN_SOURCE | CONN_SINK | CONN_BOUNDED | CONN_PUSH_PROJECTION | CONN_PUSH_FILTER | CONN_PUSH_LIMIT | CONN_COUNTED_POSITION, .options = jdbc_options,
    .check = jdbc_check, .sink_changes = jdbc_sink_changes, .exactly_once = jdbc_exactly_once, .transient = jdbc_transient, .source = &jdbc_source_vt, .sink = &jdbc_sink_vt,
    .doc = "Tables of PostgreSQL and SQLite: bounded scans, append and upsert by primary key.",
};
