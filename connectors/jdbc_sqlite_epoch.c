/* Epochs of the exactly-once sink in SQLite (jdbc_epoch.c has the rules): table weir_epochs in the target's file. BEGIN IMMEDIATE takes the file's one
 * write lock, so claims and commits of all processes come one after the other. Threading: the owner's thread. */
#include "connectors/jdbc_sqlite.h"

static const char create_sql[] = "CREATE TABLE IF NOT EXISTS " JDBC_EPOCH_TABLE " (key TEXT PRIMARY KEY, lineage TEXT NOT NULL, epoch INTEGER NOT NULL, owner TEXT NOT NULL,"
                                 " updated TEXT NOT NULL)";
static const char claim_sql[] = "INSERT INTO " JDBC_EPOCH_TABLE " (key, lineage, epoch, owner, updated) VALUES (?, ?, 0, ?, strftime('%Y-%m-%d %H:%M:%fZ'))"
                                " ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, updated = excluded.updated";
static const char look_sql[] = "SELECT lineage, epoch, owner FROM " JDBC_EPOCH_TABLE " WHERE key = ?";
static const char advance_sql[] = "UPDATE " JDBC_EPOCH_TABLE " SET lineage = ?, epoch = ?, updated = strftime('%Y-%m-%d %H:%M:%fZ')"
                                  " WHERE key = ? AND owner = ? AND lineage = ? AND epoch = ?";

static sqlite3_stmt *prepare(sqlite3 *db, const JdbcConf *conf, const char *sql, Err *err)
{
    sqlite3_stmt *stmt = NULL;
    if (jdbc_injected("jdbc.query", err)) return NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) sqlite_fail(db, conf, "table " JDBC_EPOCH_TABLE, err);
    return stmt;
}

static void bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
    sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC);
}

/* Runs a statement without rows to its end. */
static bool finish(sqlite3 *db, const JdbcConf *conf, sqlite3_stmt *stmt, Err *err)
{
    bool ok = sqlite3_step(stmt) == SQLITE_DONE || sqlite_fail(db, conf, "table " JDBC_EPOCH_TABLE, err);
    sqlite3_finalize(stmt);
    return ok;
}

/* The row of a key, at which the statement stands afterwards; *found = false: there is none. */
static sqlite3_stmt *look(sqlite3 *db, const JdbcConf *conf, const char *key, bool *found, Err *err)
{
    sqlite3_stmt *stmt = prepare(db, conf, look_sql, err);
    if (!stmt) return NULL;
    bind_text(stmt, 1, key);
    int code = sqlite3_step(stmt);
    *found = code == SQLITE_ROW;
    if (*found || code == SQLITE_DONE) return stmt;
    sqlite_fail(db, conf, "table " JDBC_EPOCH_TABLE, err);
    sqlite3_finalize(stmt);
    return NULL;
}

static bool take_over(sqlite3 *db, const JdbcConf *conf, JdbcEpoch *epoch, Err *err)
{
    bool found;
    sqlite3_stmt *stmt = prepare(db, conf, claim_sql, err);
    if (!stmt) return false;
    bind_text(stmt, 1, epoch->key);
    bind_text(stmt, 2, epoch->lineage);
    bind_text(stmt, 3, epoch->owner);
    if (!finish(db, conf, stmt, err)) return false;
    stmt = look(db, conf, epoch->key, &found, err);
    if (!stmt) return false;
    bool ok = found && sqlite3_column_int64(stmt, 1) >= 0;
    if (ok) {
        epoch->held_lineage = str_cstr(epoch->arena, str_of((const char *)sqlite3_column_text(stmt, 0)));
        epoch->held = (uint64_t)sqlite3_column_int64(stmt, 1);
    }
    sqlite3_finalize(stmt);
    return ok || err_set(err, E_EXTERNAL, STR_FMT ": table " JDBC_EPOCH_TABLE " holds no epoch number for \"%s\"", STR_ARG(conf->shown), epoch->key);
}

bool sqlite_epoch_claim(sqlite3 *db, const JdbcConf *conf, JdbcEpoch *epoch, Err *err)
{
    if (!sqlite_run(db, conf, "BEGIN IMMEDIATE", err)) return false;
    if (sqlite_run(db, conf, create_sql, err) && take_over(db, conf, epoch, err) && sqlite_run(db, conf, "COMMIT", err)) return true;
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool sqlite_epoch_advance(sqlite3 *db, const JdbcConf *conf, const JdbcEpoch *epoch, bool *held, Err *err)
{
    bool found;
    sqlite3_stmt *stmt = prepare(db, conf, advance_sql, err);
    if (!stmt) return false;
    bind_text(stmt, 1, epoch->lineage);
    sqlite3_bind_int64(stmt, 2, (int64_t)epoch->number);
    bind_text(stmt, 3, epoch->key);
    bind_text(stmt, 4, epoch->owner);
    bind_text(stmt, 5, epoch->held_lineage);
    sqlite3_bind_int64(stmt, 6, (int64_t)epoch->held);
    if (!finish(db, conf, stmt, err)) return false;
    *held = false;
    if (sqlite3_changes(db) == 1) return !jdbc_injected("jdbc.epoch", err);
    stmt = look(db, conf, epoch->key, &found, err);
    if (!stmt) return false;
    bool ok = jdbc_epoch_missed(epoch, conf, found ? (const char *)sqlite3_column_text(stmt, 2) : NULL, found ? (const char *)sqlite3_column_text(stmt, 0) : "",
                                found ? (uint64_t)sqlite3_column_int64(stmt, 1) : 0, held, err);
    sqlite3_finalize(stmt);
    return ok;
}
