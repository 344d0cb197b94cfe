/* SQLite dialect of jdbc: connection, writer and reader (jdbc_sqlite.c), epochs of the exactly-once sink (jdbc_sqlite_epoch.c). */
#ifndef WEIR_CONNECTORS_JDBC_SQLITE_H
#define WEIR_CONNECTORS_JDBC_SQLITE_H
#include "connectors/jdbc.h"

#include <sqlite3.h>

/* Fills err from the connection's last error (db NULL = none was made); a busy or locked file is retriable. Always false. */
bool sqlite_fail(sqlite3 *db, const JdbcConf *conf, const char *what, Err *err);
bool sqlite_run(sqlite3 *db, const JdbcConf *conf, const char *sql, Err *err) MUST_CHECK;
/* Claims epoch->key for epoch->owner in weir_epochs, in a transaction of its own. */
bool sqlite_epoch_claim(sqlite3 *db, const JdbcConf *conf, JdbcEpoch *epoch, Err *err) MUST_CHECK;
/* Moves the number within the transaction that is open. *held = true: it was there already. */
bool sqlite_epoch_advance(sqlite3 *db, const JdbcConf *conf, const JdbcEpoch *epoch, bool *held, Err *err) MUST_CHECK;
#endif
