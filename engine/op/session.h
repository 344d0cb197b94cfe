/* Sessions of keys: the merging of windows [t, t + gap) that touch, shared by SESSION aggregates and SESSION rows.
 * Per key a list of disjoint sessions in order of start; a heap of ends tells which is due next (entries of sessions that have
 * grown or merged since are stale and skipped). A session's payload is the owner's: `size` zeroed bytes behind the header. */
#ifndef WEIR_OP_SESSION_H
#define WEIR_OP_SESSION_H
#include "engine/op/group_table.h"
#include "engine/op/window.h"

typedef struct Session {
    int64_t start, end;             /* local microseconds */
    int64_t rows;                   /* rows added less rows taken back */
    uint64_t seq;                   /* order of birth: results of equal end come in it */
    _Alignas(16) char payload[];
} Session;

typedef struct SessionHeap { int64_t end; uint64_t seq; Group *group; } SessionHeap;

typedef struct Sessions {
    const WindowSpec *spec;
    GroupLayout layout;
    GroupTable table;
    size_t payload_size;
    void (*init)(void *ctx, Session *session);
    void (*destroy)(void *ctx, Session *session);
    /* into takes over what from holds; from is destroyed afterwards. */
    void (*merge)(void *ctx, Session *into, Session *from);
    /* Called before a merge: rows still waiting to be added must be added first. */
    bool (*before_merge)(void *ctx, Err *err);
    void *ctx;
    SessionHeap *heap; uint32_t nheap, cap_heap;
    uint64_t next_seq;
} Sessions;

void sessions_init(Sessions *sessions, Arena *arena, const WindowSpec *spec, const Schema *input, const uint32_t *keys, uint32_t nkeys);
void sessions_free(Sessions *sessions);
/* Makes room for a row of `group` at local time t: extends, merges or adds a session. *out = NULL: the row is late. progress: time passed. */
bool sessions_place(Sessions *sessions, Group *group, int64_t t, int64_t progress, Session **out, Err *err) MUST_CHECK;
/* Takes the next session due at `now` out of its key's list; the caller destroys it with sessions_drop. NULL when none is due.
 * *group holds its key until sessions_drop. */
Session *sessions_due(Sessions *sessions, int64_t now, Group **group);
void sessions_drop(Sessions *sessions, Group *group, Session *session);
/* Forgets a key without sessions (all its rows were late). */
void sessions_forget(Sessions *sessions, Group *group);
int64_t sessions_next_end(const Sessions *sessions);         /* INT64_MAX = none */
/* Walks all sessions: encode writes the payload of each, decode reads it. */
void sessions_encode(const Sessions *sessions, void (*payload)(void *ctx, const Session *session, StrBuf *out), StrBuf *out);
bool sessions_decode(Sessions *sessions, bool (*payload)(void *ctx, Session *session, Reader *in), Reader *in) MUST_CHECK;
#endif
