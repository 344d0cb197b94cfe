/* CkptStore on SQLite; see store.h. Chunks are compressed as they come, so a checkpoint is never in memory twice.
 * Every step that can fail in the field has a fault point: store.open, store.begin, store.chunk, store.commit, store.note, store.read, store.clear. */
#include "engine/run/store.h"
#include "engine/base/clock.h"
#include "engine/base/fault.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>
#include <zstd.h>

enum { FORMAT_VERSION = 1, CHUNK_BYTES = 512 << 10, ZSTD_LEVEL = 1, BUSY_MS = 5000, SEQ_BITS = 24, APPLICATION_ID = 0x57454952 /* WEIR */ };
static const uint64_t LOAD_BYTES_MAX = UINT32_MAX - (1u << 20);   /* store_load: one StrBuf */

struct CkptStore {
    sqlite3 *db;
    sqlite3_stmt *insert_chunk;
    char path[512];                              /* for messages */
    char lineage[LINEAGE_LEN + 1];
    ZSTD_CCtx *compressor;
    StrBuf raw, packed;                          /* chunk under way; its compressed form */
    uint64_t id, bytes, stored_bytes;            /* checkpoint under way */
    uint32_t chunks;
    bool writing;
};

static const char schema_sql[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);"
    "CREATE TABLE checkpoints (id INTEGER PRIMARY KEY, created_us INTEGER NOT NULL, duration_us INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " stored_bytes INTEGER NOT NULL, chunks INTEGER NOT NULL, positions TEXT NOT NULL, operators TEXT NOT NULL);"
    "CREATE TABLE chunks (seq INTEGER PRIMARY KEY, raw_len INTEGER NOT NULL, sum INTEGER NOT NULL, bytes BLOB NOT NULL);";

static bool fail(const CkptStore *store, const char *what, Err *err)
{
    int code = store->db ? sqlite3_errcode(store->db) & 0xff : SQLITE_NOMEM;
    bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    err_set(err, damaged ? E_SNAPSHOT : E_IO, "cannot %s the checkpoints in \"%s\": %s", what, store->path, store->db ? sqlite3_errmsg(store->db) : "out of memory");
    if (code == SQLITE_FULL) err_hint(err, "Make room on that disk; the job goes on from where it stands.");
    return false;
}

static bool injected(const char *point, const CkptStore *store, const char *what, Err *err)
{
    return fault_hit(point) && !err_set(err, E_IO, "cannot %s the checkpoints in \"%s\": injected failure", what, store->path);
}

static bool run_sql(CkptStore *store, const char *sql, const char *what, Err *err)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(store, what, err);
}

static sqlite3_stmt *prepare(CkptStore *store, const char *sql, const char *what, Err *err)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) != SQLITE_OK) fail(store, what, err);
    return stmt;
}

/* --- opening --- */

static bool set_meta(CkptStore *store, const char *key, const char *value, Err *err)
{
    sqlite3_stmt *stmt = prepare(store, "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", "create", err);
    if (!stmt) return false;
    sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, value, -1, SQLITE_STATIC);
    bool ok = sqlite3_step(stmt) == SQLITE_DONE || fail(store, "create", err);
    sqlite3_finalize(stmt);
    return ok;
}

/* *found = false: no such key. */
static bool get_meta(CkptStore *store, const char *key, char *out, size_t size, bool *found, Err *err)
{
    sqlite3_stmt *stmt = prepare(store, "SELECT value FROM meta WHERE key = ?1", "read", err);
    if (!stmt) return false;
    sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
    int rc = sqlite3_step(stmt);
    *found = rc == SQLITE_ROW;
    if (*found) snprintf(out, size, "%s", (const char *)sqlite3_column_text(stmt, 0));
    bool ok = rc == SQLITE_ROW || rc == SQLITE_DONE || fail(store, "read", err);
    sqlite3_finalize(stmt);
    return ok;
}

static bool new_lineage(CkptStore *store, Err *err)
{
    random_id(store->lineage);
    return set_meta(store, "lineage", store->lineage, err);
}

static bool get_number(CkptStore *store, const char *sql, int64_t *out, Err *err)
{
    sqlite3_stmt *stmt = prepare(store, sql, "read", err);
    if (!stmt) return false;
    bool ok = sqlite3_step(stmt) == SQLITE_ROW || fail(store, "read", err);
    if (ok) *out = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return ok;
}

/* Tables are made in an empty file only: in one that was a store and is damaged they would look like a store without checkpoints. */
static bool check_file(CkptStore *store, bool *empty, Err *err)
{
    int64_t application, tables;
    if (!get_number(store, "PRAGMA application_id", &application, err) || !get_number(store, "SELECT count(*) FROM sqlite_master", &tables, err)) return false;
    *empty = application == 0 && tables == 0;
    return *empty || application == APPLICATION_ID || err_set(err, E_SNAPSHOT, "\"%s\" is damaged, or no file of checkpoints", store->path);
}

static bool create_if_empty(CkptStore *store, Err *err)
{
    bool empty;
    if (!run_sql(store, "BEGIN IMMEDIATE", "open", err) || !check_file(store, &empty, err)) return false;
    if (empty) {
        char application[48];
        snprintf(application, sizeof application, "PRAGMA application_id = %d", APPLICATION_ID);
        if (!run_sql(store, schema_sql, "create", err) || !run_sql(store, application, "create", err) || !set_meta(store, "format", "1", err) || !new_lineage(store, err)) return false;
    }
    return run_sql(store, "COMMIT", "create", err);
}

static bool read_meta(CkptStore *store, Err *err)
{
    char version[16] = "";
    bool found, empty;
    if (!check_file(store, &empty, err)) return false;
    if (empty) return err_set(err, E_SNAPSHOT, "\"%s\" holds no checkpoints", store->path);
    if (!get_meta(store, "format", version, sizeof version, &found, err)) return false;
    if (!found || atoi(version) != FORMAT_VERSION) {
        err_set(err, E_SNAPSHOT, "\"%s\" holds checkpoints of format \"%s\", this weir reads %d", store->path, found ? version : "?", FORMAT_VERSION);
        return err_hint(err, "Run it with the weir that wrote it, or start over with --fresh.");
    }
    return get_meta(store, "lineage", store->lineage, sizeof store->lineage, &found, err) &&
           (found || err_set(err, E_SNAPSHOT, "\"%s\" is damaged: it has no lineage", store->path));
}

CkptStore *store_open(const char *path, bool read_only, Err *err)
{
    CkptStore *store = xcalloc(1, sizeof *store);
    snprintf(store->path, sizeof store->path, "%s", path ? path : "memory");
    /* A reader opens for writing too where it may: only so can it roll back what a writer that was killed left in the journal. */
    int flags = SQLITE_OPEN_READWRITE | (read_only ? 0 : SQLITE_OPEN_CREATE) | SQLITE_OPEN_FULLMUTEX;
    bool ok = !injected("store.open", store, "open", err) && (sqlite3_open_v2(path ? path : ":memory:", &store->db, flags, NULL) == SQLITE_OK || fail(store, "open", err));
    if (ok) {
        sqlite3_busy_timeout(store->db, BUSY_MS);
        /* New pages are not journalled, so a checkpoint is written once; FULL syncs journal and file before and after the commit. */
        ok = run_sql(store, read_only ? "PRAGMA query_only = 1" : "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL", "open", err);
    }
    ok = ok && (read_only || create_if_empty(store, err)) && read_meta(store, err);
    if (ok) return store;
    store_close(store);
    return NULL;
}

void store_close(CkptStore *store)
{
    if (!store) return;
    if (store->writing) store_abort(store);
    sqlite3_finalize(store->insert_chunk);
    sqlite3_close(store->db);
    ZSTD_freeCCtx(store->compressor);
    strbuf_free(&store->raw);
    strbuf_free(&store->packed);
    free(store);
}

Str store_lineage(const CkptStore *store)
{
    return (Str){ store->lineage, LINEAGE_LEN };
}

bool store_clear(CkptStore *store, Err *err)
{
    bool ok = !injected("store.clear", store, "clear", err) &&
              run_sql(store, "BEGIN IMMEDIATE; DELETE FROM chunks; DELETE FROM checkpoints; DELETE FROM meta WHERE key = 'committed'", "clear", err) &&
              new_lineage(store, err) && run_sql(store, "COMMIT", "clear", err);
    if (!ok) sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    if (ok) sqlite3_exec(store->db, "VACUUM", NULL, NULL, NULL);     /* gives room back; without it the file stays as large as it was */
    return ok;
}

bool store_drop_newer(CkptStore *store, uint64_t id, Err *err)
{
    char sql[192];
    snprintf(sql, sizeof sql, "BEGIN IMMEDIATE; DELETE FROM chunks WHERE seq >= %lld; DELETE FROM checkpoints WHERE id > %lld; COMMIT", (long long)(id + 1) << SEQ_BITS, (long long)id);
    bool ok = !injected("store.clear", store, "clear", err) && run_sql(store, sql, "clear", err);
    if (!ok) sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return ok;
}

/* --- writing --- */

static int64_t chunk_seq(uint64_t id, uint32_t number)
{
    return (int64_t)(id << SEQ_BITS | number);
}

/* Binds the bytes to their place: a chunk of another checkpoint, or out of order, is damage too. */
static int64_t chunk_sum(int64_t seq, uint32_t raw_len, const void *bytes, size_t len)
{
    uint64_t seed = (uint64_t)seq * 0x9e3779b97f4a7c15u ^ raw_len;
    return (int64_t)XXH3_64bits_withSeed(bytes, len, seed);
}

bool store_begin(CkptStore *store, uint64_t id, Err *err)
{
    if (injected("store.begin", store, "write", err)) return false;
    if (!store->insert_chunk) store->insert_chunk = prepare(store, "INSERT INTO chunks (seq, raw_len, sum, bytes) VALUES (?1, ?2, ?3, ?4)", "write", err);
    if (!store->compressor) store->compressor = ZSTD_createCCtx();
    if (!store->insert_chunk || !run_sql(store, "BEGIN IMMEDIATE", "write", err)) return false;
    store->writing = true;
    store->id = id;
    store->bytes = store->stored_bytes = 0;
    store->chunks = 0;
    strbuf_clear(&store->raw);
    return true;
}

static bool write_chunk(CkptStore *store, Str raw, Err *err)
{
    size_t bound = ZSTD_compressBound(raw.len);
    strbuf_clear(&store->packed);
    strbuf_reserve(&store->packed, (uint32_t)bound);
    size_t packed = ZSTD_compressCCtx(store->compressor, store->packed.ptr, bound, raw.ptr, raw.len, ZSTD_LEVEL);
    if (ZSTD_isError(packed)) return err_set(err, E_INTERNAL, "cannot compress a checkpoint: %s", ZSTD_getErrorName(packed));
    if (injected("store.chunk", store, "write", err)) return false;
    int64_t seq = chunk_seq(store->id, store->chunks++);
    sqlite3_stmt *stmt = store->insert_chunk;
    sqlite3_bind_int64(stmt, 1, seq);
    sqlite3_bind_int64(stmt, 2, raw.len);
    sqlite3_bind_int64(stmt, 3, chunk_sum(seq, raw.len, store->packed.ptr, packed));
    sqlite3_bind_blob(stmt, 4, store->packed.ptr, (int)packed, SQLITE_STATIC);
    bool ok = sqlite3_step(stmt) == SQLITE_DONE || fail(store, "write", err);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    store->stored_bytes += packed;
    return ok;
}

bool store_put(CkptStore *store, Str bytes, Err *err)
{
    store->bytes += bytes.len;
    if (store->bytes > LOAD_BYTES_MAX) return err_set(err, E_BUDGET, "the state is larger than 4 GiB: such a checkpoint could not be read back");
    while (bytes.len) {
        uint32_t room = CHUNK_BYTES - store->raw.len, n = bytes.len < room ? bytes.len : room;
        strbuf_add(&store->raw, bytes.ptr, n);
        bytes = str_sub(bytes, n, bytes.len - n);
        if (store->raw.len < CHUNK_BYTES) break;
        if (!write_chunk(store, strbuf_str(&store->raw), err)) return false;
        strbuf_clear(&store->raw);
    }
    return true;
}

static bool insert_info(CkptStore *store, const CkptInfo *info, Err *err)
{
    sqlite3_stmt *stmt = prepare(store, "INSERT INTO checkpoints VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", "write", err);
    if (!stmt) return false;
    const int64_t numbers[] = { (int64_t)info->id, info->created_us, info->duration_us, (int64_t)info->bytes, (int64_t)info->stored_bytes, info->chunks };
    for (int i = 0; i < 6; i++) sqlite3_bind_int64(stmt, i + 1, numbers[i]);
    sqlite3_bind_text(stmt, 7, info->positions.len ? info->positions.ptr : "", (int)info->positions.len, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 8, info->operators.len ? info->operators.ptr : "", (int)info->operators.len, SQLITE_STATIC);
    bool ok = sqlite3_step(stmt) == SQLITE_DONE || fail(store, "write", err);
    sqlite3_finalize(stmt);
    return ok;
}

static bool drop_old(CkptStore *store, uint32_t keep, Err *err)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             "DELETE FROM checkpoints WHERE id NOT IN (SELECT id FROM checkpoints ORDER BY id DESC LIMIT %u);"
             "DELETE FROM chunks WHERE seq < (SELECT min(id) << %d FROM checkpoints)", keep, SEQ_BITS);
    return run_sql(store, sql, "write", err);
}

bool store_publish(CkptStore *store, CkptInfo *info, uint32_t keep, Err *err)
{
    if ((store->raw.len || !store->chunks) && !write_chunk(store, strbuf_str(&store->raw), err)) return false;
    info->id = store->id;
    info->bytes = store->bytes;
    info->stored_bytes = store->stored_bytes;
    info->chunks = store->chunks;
    if (!insert_info(store, info, err) || !drop_old(store, keep, err) || injected("store.commit", store, "write", err) || !run_sql(store, "COMMIT", "write", err)) return false;
    store->writing = false;
    return true;
}

void store_abort(CkptStore *store)
{
    if (!store->writing) return;
    sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);   /* fails only where SQLite has rolled back already */
    store->writing = false;
}

bool store_note_committed(CkptStore *store, uint64_t id, Err *err)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)id);
    return !injected("store.note", store, "write", err) && set_meta(store, "committed", text, err);
}

bool store_note_origin(CkptStore *store, Str origin, StrBuf *before, Err *err)
{
    char old[1024] = "", now[1024];
    bool found;
    snprintf(now, sizeof now, STR_FMT, STR_ARG(origin));
    if (!get_meta(store, "origin", old, sizeof old, &found, err)) return false;
    if (found && strcmp(old, now) == 0) return true;
    if (found) strbuf_addz(before, old);
    return set_meta(store, "origin", now, err);
}

bool store_committed(CkptStore *store, uint64_t *id, Err *err)
{
    char text[24] = "";
    bool found;
    *id = 0;
    if (!get_meta(store, "committed", text, sizeof text, &found, err)) return false;
    if (found) *id = strtoull(text, NULL, 10);
    return true;
}

/* --- reading --- */

static Str column_text(sqlite3_stmt *stmt, int col, Arena *arena)
{
    const char *text = (const char *)sqlite3_column_text(stmt, col);
    return text ? str_dup(arena, (Str){ text, (uint32_t)sqlite3_column_bytes(stmt, col) }) : STR("");
}

static bool damaged(const CkptStore *store, uint64_t id, const char *why, Err *err)
{
    return err_set(err, E_SNAPSHOT, "checkpoint %llu in \"%s\" is damaged: %s", (unsigned long long)id, store->path, why);
}

/* A row of facts lost to damage must not pass for "there is none, begin fresh": its chunks are still there. */
static bool check_newest(CkptStore *store, const CkptList *list, Err *err)
{
    int64_t newest;
    if (!get_number(store, "SELECT coalesce(max(seq), -1) FROM chunks", &newest, err)) return false;
    uint64_t id = (uint64_t)newest >> SEQ_BITS;
    return newest < 0 ? list->n == 0 || damaged(store, list->v[0].id, "its chunks are missing", err)
                      : (list->n && list->v[0].id >= id) || damaged(store, id, "its row in the list is missing", err);
}

bool store_list(CkptStore *store, Arena *arena, CkptList *out, Err *err)
{
    sqlite3_stmt *stmt = prepare(store, "SELECT id, created_us, duration_us, bytes, stored_bytes, chunks, positions, operators FROM checkpoints ORDER BY id DESC", "read", err);
    if (!stmt) return false;
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        CkptInfo info = { (uint64_t)sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 2), (uint64_t)sqlite3_column_int64(stmt, 3),
                          (uint64_t)sqlite3_column_int64(stmt, 4), (uint32_t)sqlite3_column_int64(stmt, 5), column_text(stmt, 6, arena), column_text(stmt, 7, arena) };
        ARENA_PUSH(arena, *out, info);
    }
    bool ok = rc == SQLITE_DONE || fail(store, "read", err);
    sqlite3_finalize(stmt);
    return ok && check_newest(store, out, err);
}

/* One row of chunks, in order, checked and unpacked behind *out. */
static bool read_chunk(const CkptStore *store, uint64_t id, uint32_t number, sqlite3_stmt *stmt, StrBuf *out, Err *err)
{
    int64_t seq = sqlite3_column_int64(stmt, 0), raw_len = sqlite3_column_int64(stmt, 1);
    const void *bytes = sqlite3_column_blob(stmt, 3);
    size_t len = (size_t)sqlite3_column_bytes(stmt, 3);
    if (seq != chunk_seq(id, number)) return damaged(store, id, "a chunk is missing", err);
    if (raw_len < 0 || raw_len > CHUNK_BYTES || chunk_sum(seq, (uint32_t)raw_len, bytes, len) != sqlite3_column_int64(stmt, 2)) return damaged(store, id, "the sum of a chunk is wrong", err);
    strbuf_reserve(out, (uint32_t)raw_len + 1);
    size_t got = ZSTD_decompress(out->ptr + out->len, (size_t)raw_len, bytes, len);
    if (ZSTD_isError(got) || got != (size_t)raw_len) return damaged(store, id, "a chunk cannot be unpacked", err);
    out->len += (uint32_t)raw_len;
    return true;
}

bool store_load(CkptStore *store, uint64_t id, StrBuf *out, Err *err)
{
    if (injected("store.read", store, "read", err)) return false;
    sqlite3_stmt *stmt = prepare(store, "SELECT seq, raw_len, sum, bytes, (SELECT chunks FROM checkpoints WHERE id = ?1) FROM chunks WHERE seq >= ?2 AND seq < ?3 ORDER BY seq", "read", err);
    if (!stmt) return false;
    sqlite3_bind_int64(stmt, 1, (int64_t)id);
    sqlite3_bind_int64(stmt, 2, chunk_seq(id, 0));
    sqlite3_bind_int64(stmt, 3, chunk_seq(id + 1, 0));
    uint32_t number = 0, chunks = 0;
    bool ok = true;
    int rc = SQLITE_DONE;
    while (ok && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        chunks = (uint32_t)sqlite3_column_int64(stmt, 4);
        ok = read_chunk(store, id, number++, stmt, out, err);
    }
    if (ok && rc != SQLITE_DONE) ok = fail(store, "read", err);
    if (ok && (number == 0 || number != chunks)) ok = damaged(store, id, "a chunk is missing", err);
    sqlite3_finalize(stmt);
    return ok;
}
