/* Epochs of the exactly-once sink in PostgreSQL (jdbc_epoch.c has the rules): where the table is, claim, advance.
 * What the server must promise, whatever its or the role's defaults are: the number is on disk once committed (synchronous_commit), and a client that has
 * died in the middle of a commit does not hold the row for longer than about a minute (idle and keepalive limits), as the next claim waits for it. Only one
 * that is suspended while it sends rows can hold it for longer: the claim then says whom it waits for.
 * Threading: the owner's thread. */
#include "connectors/jdbc_pg.h"

/* Settings of the transaction that the statement belongs to. A server that waits for a lock is not idle: only a silent client is. */
#define SETTINGS                                                                                                                                        \
    "set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'local' ELSE current_setting('synchronous_commit') END, true)," \
    " set_config('idle_in_transaction_session_timeout', CASE WHEN current_setting('idle_in_transaction_session_timeout')::interval BETWEEN '1ms' AND '30s'" \
    "   THEN current_setting('idle_in_transaction_session_timeout') ELSE '30s' END, true),"                                                                \
    " set_config('tcp_keepalives_idle', '20', true), set_config('tcp_keepalives_interval', '10', true), set_config('tcp_keepalives_count', '3', true)"
#define COLUMNS "key text PRIMARY KEY, lineage text NOT NULL, epoch bigint NOT NULL, owner text NOT NULL, updated timestamptz NOT NULL DEFAULT now()"

static const char locate_sql[] =
    "SELECT format('%I.%I', n.nspname, '" JDBC_EPOCH_TABLE "'), to_regclass(format('%I.%I', n.nspname, '" JDBC_EPOCH_TABLE "')) IS NOT NULL,"
    " CASE WHEN c.relkind = 'f' THEN 'a foreign table' WHEN c.relpersistence = 'u' THEN 'an unlogged table' WHEN c.relpersistence = 't' THEN 'a temporary table' END,"
    " format('%I', current_user)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)";

static bool refused_with(const Err *err, const char *sqlstate)
{
    char text[16];
    snprintf(text, sizeof text, "(%s)", sqlstate);
    return err->code == E_EXTERNAL && strstr(err->message, text);
}

static bool hint_grant(const char *epochs, const char *user, Err *err)
{
    return err_hint(err, "Exactly-once keeps its numbers there. Have it made: CREATE TABLE IF NOT EXISTS %s (" COLUMNS "); GRANT SELECT, INSERT, UPDATE ON %s TO %s;", epochs, epochs, user);
}

/* Another client may be creating it at this moment: the duplicate that one of both meets is as good as having made it. */
static bool create_table(PgConn *conn, const char *epochs, const char *user, Err *err)
{
    StrBuf sql = { 0 };
    strbuf_addf(&sql, "CREATE TABLE IF NOT EXISTS %s (" COLUMNS ")", epochs);
    bool ok = pg_command(conn, strbuf_cstr(&sql), err);
    strbuf_free(&sql);
    if (ok) return true;
    if (refused_with(err, "42501")) hint_grant(epochs, user, err);
    if (!refused_with(err, "42P07") && !refused_with(err, "23505") && !refused_with(err, "42710")) return false;
    err_clear(err);
    return true;
}

/* The epoch table beside the target, made if it is missing; *user: who must be granted it. */
static bool find_table(PgConn *conn, Str relation, Arena *arena, Str *epochs, const char **user, Err *err)
{
    const char *name = str_cstr(arena, relation);
    PGresult *rows;
    if (!pg_query(conn, locate_sql, 1, NULL, &name, NULL, NULL, 0, &rows, err)) return false;
    bool ok = PQntuples(rows) == 1, exists = false;
    if (!ok) {
        err_set(err, E_EXTERNAL, "table \"%s\" does not exist in " STR_FMT " any more", name, STR_ARG(conn->conf->shown));
    } else if (!PQgetisnull(rows, 0, 2)) {
        ok = err_set(err, E_UNSUPPORTED, "exactly-once cannot write to \"%s\", which is %s: its rows do not stay or go with the transaction", name, PQgetvalue(rows, 0, 2));
        err_hint(err, "Write to an ordinary table, or set 'sink.delivery-guarantee' = 'at-least-once'.");
    } else {
        *epochs = str_dup(arena, str_of(PQgetvalue(rows, 0, 0)));
        *user = str_cstr(arena, str_of(PQgetvalue(rows, 0, 3)));
        exists = *PQgetvalue(rows, 0, 1) == 't';
    }
    PQclear(rows);
    return ok && (exists || create_table(conn, str_cstr(arena, *epochs), *user, err));
}

/* One statement: it waits for the row while an earlier owner's commit is under way, then reads what that one left there. */
static bool take_over(PgConn *conn, const char *epochs, JdbcEpoch *epoch, Err *err)
{
    const char *values[] = { epoch->key, epoch->lineage, epoch->owner };
    StrBuf sql = { 0 };
    PGresult *rows;
    strbuf_addf(&sql, "INSERT INTO %s AS e (key, lineage, epoch, owner) VALUES ($1, $2, 0, $3)"
                      " ON CONFLICT (key) DO UPDATE SET owner = EXCLUDED.owner, updated = now() RETURNING lineage, epoch, " SETTINGS, epochs);
    bool ok = pg_query(conn, strbuf_cstr(&sql), 3, NULL, values, NULL, NULL, 0, &rows, err);
    strbuf_free(&sql);
    if (!ok) return false;
    int64_t held = 0;
    ok = PQntuples(rows) == 1 && str_to_i64(str_of(PQgetvalue(rows, 0, 1)), &held) && held >= 0;
    epoch->held_lineage = str_cstr(epoch->arena, ok ? str_of(PQgetvalue(rows, 0, 0)) : STR(""));
    epoch->held = (uint64_t)held;
    PQclear(rows);
    return ok || err_set(err, E_EXTERNAL, "table %s holds no epoch number for \"%s\"", epochs, epoch->key);
}

/* Whose commit a claim that has to wait waits for: read without a lock. */
static bool describe_wait(PgConn *conn, const char *epochs, JdbcEpoch *epoch, Err *err)
{
    StrBuf sql = { 0 };
    PGresult *rows;
    strbuf_addf(&sql, "SELECT owner FROM %s WHERE key = $1", epochs);
    bool ok = pg_query(conn, strbuf_cstr(&sql), 1, NULL, &epoch->key, NULL, NULL, 0, &rows, err);
    strbuf_free(&sql);
    if (!ok) return false;
    conn->slow = str_printf(epoch->arena, "sink \"%s\" waits for its entry in %s: %s is still at its last commit; should it hang, end it%c", epoch->key, epochs,
                            PQntuples(rows) ? PQgetvalue(rows, 0, 0) : "another process", 0).ptr;
    PQclear(rows);
    return true;
}

bool pg_epoch_claim(PgConn *conn, Str relation, JdbcEpoch *epoch, Str *epochs, Err *err)
{
    const char *user = "";
    if (!find_table(conn, relation, epoch->arena, epochs, &user, err)) return false;
    const char *name = str_cstr(epoch->arena, *epochs);
    bool ok = describe_wait(conn, name, epoch, err) && take_over(conn, name, epoch, err);
    conn->slow = NULL;
    if (!ok && refused_with(err, "42501")) hint_grant(name, user, err);
    return ok;
}

/* No row was hit: which one is there? Read in a statement of its own, which sees what was committed while the first one waited. */
static bool why_missed(PgConn *conn, Str epochs, const JdbcEpoch *epoch, bool *held, Err *err)
{
    StrBuf sql = { 0 };
    PGresult *rows;
    strbuf_addf(&sql, "SELECT owner, lineage, epoch FROM " STR_FMT " WHERE key = $1", STR_ARG(epochs));
    bool ok = pg_query(conn, strbuf_cstr(&sql), 1, NULL, &epoch->key, NULL, NULL, 0, &rows, err);
    strbuf_free(&sql);
    if (!ok) return false;
    int64_t number = 0;
    bool found = PQntuples(rows) == 1 && str_to_i64(str_of(PQgetvalue(rows, 0, 2)), &number);
    ok = jdbc_epoch_missed(epoch, conn->conf, found ? PQgetvalue(rows, 0, 0) : NULL, found ? PQgetvalue(rows, 0, 1) : "", (uint64_t)number, held, err);
    PQclear(rows);
    return ok;
}

bool pg_epoch_advance(PgConn *conn, Str epochs, const JdbcEpoch *epoch, bool *held, Err *err)
{
    char number[24], before[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)epoch->number);
    snprintf(before, sizeof before, "%llu", (unsigned long long)epoch->held);
    const char *values[] = { epoch->key, epoch->owner, epoch->held_lineage, before, epoch->lineage, number };
    StrBuf sql = { 0 };
    PGresult *rows;
    strbuf_addf(&sql, "UPDATE " STR_FMT " SET lineage = $5, epoch = $6::bigint, updated = now()"
                      " WHERE key = $1 AND owner = $2 AND lineage = $3 AND epoch = $4::bigint RETURNING " SETTINGS, STR_ARG(epochs));
    bool ok = pg_query(conn, strbuf_cstr(&sql), 6, NULL, values, NULL, NULL, 0, &rows, err);
    strbuf_free(&sql);
    if (!ok) return false;
    bool moved = PQntuples(rows) == 1;
    PQclear(rows);
    *held = false;
    if (!moved) return why_missed(conn, epochs, epoch, held, err);
    return !pg_injected(conn, "jdbc.epoch", err);
}
