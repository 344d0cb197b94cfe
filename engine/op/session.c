/* Merging sessions; see the header. Which of two sessions takes over the other decides the order of LISTAGG and the like:
 * Flink takes the one that its hash set of windows yields first, so the same order is computed here. */
#include "engine/op/session.h"

#include <stdlib.h>

typedef struct KeySessions { Session **v; uint32_t n, cap; } KeySessions;

static KeySessions *list_of(const Group *group)
{
    return group_state(group);
}

void sessions_init(Sessions *sessions, Arena *arena, const WindowSpec *spec, const Schema *input, const uint32_t *keys, uint32_t nkeys)
{
    sessions->spec = spec;
    group_layout_init_sized(&sessions->layout, arena, input, keys, nkeys, sizeof(KeySessions));
    group_table_init(&sessions->table, &sessions->layout);
}

static void session_free(Sessions *sessions, Session *session)
{
    if (sessions->destroy) sessions->destroy(sessions->ctx, session);
    free(session);
}

void sessions_free(Sessions *sessions)
{
    if (!sessions->table.layout) return;
    for (uint32_t i = 0; i < sessions->table.used; i++) {
        Group *group = group_at(&sessions->table, i);
        if (!group->live) continue;
        KeySessions *list = list_of(group);
        for (uint32_t s = 0; s < list->n; s++) session_free(sessions, list->v[s]);
        free(list->v);
    }
    group_table_free(&sessions->table);
    free(sessions->heap);
}

/* --- heap of ends --- */

static bool heap_less(const SessionHeap *a, const SessionHeap *b)
{
    return a->end != b->end ? a->end < b->end : a->seq < b->seq;
}

static void heap_push(Sessions *sessions, Group *group, const Session *session)
{
    if (sessions->nheap == sessions->cap_heap) {
        sessions->cap_heap = sessions->cap_heap ? sessions->cap_heap * 2 : 64;
        sessions->heap = xrealloc(sessions->heap, sizeof *sessions->heap * sessions->cap_heap);
    }
    SessionHeap item = { session->end, session->seq, group }, *heap = sessions->heap;
    uint32_t at = sessions->nheap++;
    for (; at > 0 && heap_less(&item, &heap[(at - 1) / 2]); at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
    heap[at] = item;
}

static void heap_pop(Sessions *sessions)
{
    SessionHeap *heap = sessions->heap, item = heap[--sessions->nheap];
    uint32_t at = 0;
    for (uint32_t child; (child = at * 2 + 1) < sessions->nheap; at = child) {
        if (child + 1 < sessions->nheap && heap_less(&heap[child + 1], &heap[child])) child++;
        if (!heap_less(&heap[child], &item)) break;
        heap[at] = heap[child];
    }
    if (sessions->nheap) heap[at] = item;
}

int64_t sessions_next_end(const Sessions *sessions)
{
    return sessions->nheap ? sessions->heap[0].end : INT64_MAX;
}

/* --- the list of a key --- */

static void list_insert(KeySessions *list, uint32_t at, Session *session)
{
    if (list->n == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 2;
        list->v = xrealloc(list->v, sizeof *list->v * list->cap);
    }
    memmove(list->v + at + 1, list->v + at, sizeof *list->v * (list->n - at));
    list->v[at] = session;
    list->n++;
}

static void list_remove(KeySessions *list, uint32_t at)
{
    memmove(list->v + at, list->v + at + 1, sizeof *list->v * (list->n - at - 1));
    list->n--;
}

/* Place of a window in a Java HashSet of 16 buckets: MathUtils.longToIntWithBitMixing(start + end), in milliseconds. */
static uint32_t bucket(const Session *session)
{
    uint64_t x = (uint64_t)(session->start / WINDOW_MS + session->end / WINDOW_MS);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    uint32_t hash = (uint32_t)(x ^ (x >> 31));
    return (hash ^ hash >> 16) & 15;
}

static Session *session_new(Sessions *sessions, int64_t start, int64_t end)
{
    Session *session = aligned_alloc(16, (sizeof *session + sessions->payload_size + 15) / 16 * 16);
    if (!session) abort();
    memset(session, 0, sizeof *session + sessions->payload_size);
    session->start = start;
    session->end = end;
    session->seq = sessions->next_seq++;
    if (sessions->init) sessions->init(sessions->ctx, session);
    return session;
}

/* Sessions at and at + 1 become one; the result stands at `at`. */
static bool merge_two(Sessions *sessions, KeySessions *list, uint32_t at, Err *err)
{
    if (sessions->before_merge && !sessions->before_merge(sessions->ctx, err)) return false;
    Session *earlier = list->v[at], *later = list->v[at + 1];
    bool keep_later = bucket(later) <= bucket(earlier);
    Session *into = keep_later ? later : earlier, *from = keep_later ? earlier : later;
    int64_t start = earlier->start, end = later->end > earlier->end ? later->end : earlier->end;
    sessions->merge(sessions->ctx, into, from);
    into->start = start;
    into->end = end;
    into->rows += from->rows;
    if (from->seq < into->seq) into->seq = from->seq;
    session_free(sessions, from);
    list->v[at] = into;
    list_remove(list, at + 1);
    return true;
}

bool sessions_place(Sessions *sessions, Group *group, int64_t t, int64_t progress, Session **out, Err *err)
{
    KeySessions *list = list_of(group);
    int64_t end = t + sessions->spec->size_us;
    uint32_t at = list->n;
    while (at > 0 && list->v[at - 1]->end >= t) at--;        /* the first that ends at t or later */
    *out = NULL;
    if (at == list->n || list->v[at]->start > end) {
        if (progress != WATERMARK_MIN && window_due(sessions->spec, end) <= progress) return true;
        *out = session_new(sessions, t, end);
        list_insert(list, at, *out);
        heap_push(sessions, group, *out);
        return true;
    }
    Session *session = list->v[at];
    if (at + 1 < list->n && list->v[at + 1]->start <= end) {
        if (!merge_two(sessions, list, at, err)) return false;
        session = list->v[at];
        heap_push(sessions, group, session);
    }
    if (t < session->start) session->start = t;
    if (end > session->end) {
        session->end = end;
        heap_push(sessions, group, session);
    }
    *out = session;
    return true;
}

Session *sessions_due(Sessions *sessions, int64_t now, Group **group)
{
    while (sessions->nheap && window_due(sessions->spec, sessions->heap[0].end) <= now) {
        SessionHeap top = sessions->heap[0];
        heap_pop(sessions);
        if (!top.group->live) continue;
        KeySessions *list = list_of(top.group);
        for (uint32_t i = 0; i < list->n; i++) {
            Session *session = list->v[i];
            if (session->end != top.end) continue;
            list_remove(list, i);
            *group = top.group;
            return session;
        }
    }
    return NULL;
}

void sessions_forget(Sessions *sessions, Group *group)
{
    KeySessions *list = list_of(group);
    if (!group->live || list->n) return;
    free(list->v);
    *list = (KeySessions){ 0 };
    group_table_remove(&sessions->table, group);
}

void sessions_drop(Sessions *sessions, Group *group, Session *session)
{
    session_free(sessions, session);
    sessions_forget(sessions, group);
}

/* --- snapshot --- */

void sessions_encode(const Sessions *sessions, void (*payload)(void *ctx, const Session *session, StrBuf *out), StrBuf *out)
{
    strbuf_put_u64(out, sessions->next_seq);
    strbuf_put_u32(out, sessions->table.len);
    for (uint32_t i = 0; i < sessions->table.used; i++) {
        const Group *group = group_at(&sessions->table, i);
        if (!group->live) continue;
        const KeySessions *list = list_of(group);
        group_encode(&sessions->table, group, out);
        strbuf_put_u32(out, list->n);
        for (uint32_t s = 0; s < list->n; s++) {
            strbuf_put_u64(out, (uint64_t)list->v[s]->start);
            strbuf_put_u64(out, (uint64_t)list->v[s]->end);
            strbuf_put_u64(out, (uint64_t)list->v[s]->rows);
            strbuf_put_u64(out, list->v[s]->seq);
            payload(sessions->ctx, list->v[s], out);
        }
    }
}

static bool decode_one(Sessions *sessions, bool (*payload)(void *ctx, Session *session, Reader *in), Group *group, Reader *in)
{
    int64_t start = (int64_t)reader_u64(in), end = (int64_t)reader_u64(in);
    int64_t rows = (int64_t)reader_u64(in);
    uint64_t seq = reader_u64(in);
    if (in->bad) return false;
    Session *session = aligned_alloc(16, (sizeof *session + sessions->payload_size + 15) / 16 * 16);
    if (!session) abort();
    memset(session, 0, sizeof *session + sessions->payload_size);
    *session = (Session){ .start = start, .end = end, .rows = rows, .seq = seq };
    list_insert(list_of(group), list_of(group)->n, session);
    heap_push(sessions, group, session);
    return payload(sessions->ctx, session, in);
}

bool sessions_decode(Sessions *sessions, bool (*payload)(void *ctx, Session *session, Reader *in), Reader *in)
{
    sessions->next_seq = reader_u64(in);
    uint32_t groups = reader_u32(in);
    for (uint32_t g = 0; g < groups; g++) {
        Group *group = group_decode(&sessions->table, in);
        uint32_t n = group ? reader_u32(in) : 0;
        if (!group || in->bad) return false;
        for (uint32_t s = 0; s < n; s++)
            if (!decode_one(sessions, payload, group, in)) return false;
    }
    return !in->bad;
}
