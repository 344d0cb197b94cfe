/* Comparing a plan with a checkpoint on disk; see state_check.h. */
#include "engine/run/state_check.h"
#include "engine/run/snapshot.h"
#include "engine/run/state_dir.h"
#include "engine/run/store.h"

#include <unistd.h>

static void add_lines(const char *title, Str lines, StrBuf *out)
{
    if (!lines.len) return;
    strbuf_addf(out, "  %s\n", title);
    for (uint32_t from = 0; from < lines.len;) {
        int64_t end = str_find(lines, STR("\n"), from);
        uint32_t to = end < 0 ? lines.len : (uint32_t)end;
        strbuf_addf(out, "    " STR_FMT "\n", STR_ARG(str_sub(lines, from, to - from)));
        from = to + 1;
    }
}

static bool compare(const Plan *plan, CkptStore *store, Str name, Arena *arena, StrBuf *report, bool *lost, Err *err)
{
    CkptList list = { 0 };
    StrBuf bytes = { 0 };
    SnapshotDiff diff = { 0 };
    bool ok = store_list(store, arena, &list, err);
    if (ok && !list.n) strbuf_addf(report, "job \"" STR_FMT "\" has no checkpoint: it would begin fresh\n", STR_ARG(name));
    if (ok && list.n) {
        ok = store_load(store, list.v[0].id, &bytes, err) && snapshot_compare(plan, strbuf_str(&bytes), &diff, err);
        if (ok) strbuf_addf(report, "job \"" STR_FMT "\", checkpoint %llu: %s\n", STR_ARG(name), (unsigned long long)list.v[0].id,
                            diff.nlost ? "not all of its state has a place in this query" : "all of its state is carried over");
        add_lines("state that would be dropped:", strbuf_str(&diff.lost), report);
        add_lines("operators that would begin empty:", strbuf_str(&diff.missing), report);
        *lost = diff.nlost > 0;
    }
    snapshot_diff_free(&diff);
    strbuf_free(&bytes);
    return ok;
}

bool state_check(const Plan *plan, const char *state_dir, Str state_name, StrBuf *report, bool *lost, Err *err)
{
    Arena *arena = arena_new();
    const char *path = state_dir_store(arena, state_dir, state_dir_name(arena, state_name));
    bool ok = true;
    *lost = false;
    if (access(path, F_OK) != 0) {
        strbuf_addf(report, "job \"" STR_FMT "\" has no checkpoint: it would begin fresh\n", STR_ARG(state_name));
    } else {
        CkptStore *store = store_open(path, true, err);
        ok = store && compare(plan, store, state_name, arena, report, lost, err);
        store_close(store);
    }
    arena_free(arena);
    return ok;
}
