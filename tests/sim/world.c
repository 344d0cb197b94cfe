/* The world outside of the simulated process; see world.h. */
#include "tests/sim/world.h"
#include "engine/base/clock.h"

#include <stdio.h>
#include <stdlib.h>

World world;
const char *const plant_names[PLANT_COUNT] = {
    "none", "skip-barrier", "early-commit", "late-position", "group-ahead", "forget-sealed", "forget-epoch", "no-fencing", "forget-prepared", "lose-state",
};

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t sim_pick(uint32_t n)
{
    return (uint32_t)(next_random(&world.schedule) % n);
}

/* Rows of a partition come in order of time, so none is late whatever the order in which partitions are read. */
static void fill_topic(Topic *topic, uint64_t *random, int64_t first_id)
{
    topic->nparts = 1 + (uint32_t)(next_random(random) % PARTS_MAX);
    uint32_t most = 1 + (uint32_t)(next_random(random) % ROWS_MAX);
    for (uint32_t p = 0; p < topic->nparts; p++) {
        int64_t ts = 1700000000000000;
        topic->nrows[p] = (uint32_t)(next_random(random) % (most + 1));
        for (uint32_t i = 0; i < topic->nrows[p]; i++) {
            ts += (int64_t)(next_random(random) % 4000) * 1000;
            topic->rows[p][i] = (SimRow){ first_id++, (int64_t)(next_random(random) % 8), ts, (char)('a' + next_random(random) % 4) };
        }
    }
}

void world_init(uint64_t seed, Plant plant)
{
    uint64_t random = seed * 2 + 1;
    world = (World){ .seed = seed, .plant = plant, .verbose = world.verbose, .newest_durable = world.newest_durable };
    for (uint32_t i = 0; i < TOPICS; i++) fill_topic(&world.topics[i], &random, 1 + 1000 * i);
}

void target_clear(Target *target)
{
    for (uint32_t slot = strmap_first(&target->keyed); slot != STRMAP_NONE; slot = strmap_next(&target->keyed, slot)) free(target->texts[slot]);
    for (uint32_t i = 0; i < target->nfiles; i++) strbuf_free(&target->files[i].lines);
    strmap_free(&target->rows);
    strmap_free(&target->keyed);
    strbuf_free(&target->late_lines);
    free(target->counts);
    free(target->texts);
    free(target->files);
    *target = (Target){ .kind = target->kind, .npk = target->npk };
}

void world_restart(bool faults)
{
    for (uint32_t i = 0; i < TARGETS; i++) target_clear(&world.targets[i]);
    for (uint32_t i = 0; i < TOPICS; i++) memset(world.topics[i].group, 0, sizeof world.topics[i].group);
    world.schedule = world.seed;
    world.faults = faults;
    world.dead = false;
    world.failures = faults ? 1 + sim_pick(8) : 0;
    world.crash_odds = 10 + sim_pick(150);
    world.error_odds = 10 + sim_pick(150);
    strbuf_clear(&world.trace);
    clock_freeze(WORLD_BEGIN_US);
}

void world_free(void)
{
    for (uint32_t i = 0; i < TARGETS; i++) target_clear(&world.targets[i]);
    strbuf_free(&world.trace);
}

/* --- what happens at a call --- */

void sim_trace(const char *fmt, ...)
{
    if (!world.verbose) return;
    va_list args;
    va_start(args, fmt);
    strbuf_addf(&world.trace, "%10.3f  ", (double)(clock_now_us() - WORLD_BEGIN_US) / 1000);
    strbuf_addvf(&world.trace, fmt, args);
    strbuf_addc(&world.trace, '\n');
    va_end(args);
}

void sim_broken(const char *fmt, ...)
{
    if (world.broken[0]) return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(world.broken, sizeof world.broken, fmt, args);
    va_end(args);
    sim_trace("BROKEN: %s", world.broken);
}

bool sim_may_fail(uint32_t odds)
{
    if (!world.faults || !world.failures || sim_pick(odds) != 0) return false;
    world.failures--;
    return true;
}

bool sim_crash(const char *where, Err *err)
{
    sim_trace("crash: %s", where);
    world.dead = true;
    return err_set(err, E_EXTERNAL, "the process is dead");
}

bool sim_error(const char *where, Err *err)
{
    sim_trace("fails: %s", where);
    err_set(err, E_EXTERNAL, "simulated failure of %s", where);
    err->retriable = true;
    return false;
}

bool sim_enter(const char *what, Err *err)
{
    if (world.dead) return err_set(err, E_EXTERNAL, "the process is dead");
    clock_advance(sim_pick(3000));
    if (sim_may_fail(world.crash_odds)) return sim_crash(what, err);
    if (sim_may_fail(world.error_odds)) return sim_error(what, err);
    return true;
}

/* --- targets --- */

static int64_t *count_of(Target *target, Str text)
{
    uint32_t slot = strmap_put(&target->rows, text, NULL);
    if (slot >= target->cap) {
        uint32_t cap = slot * 2 + 64;
        target->counts = xrealloc(target->counts, cap * sizeof *target->counts);
        memset(target->counts + target->cap, 0, (cap - target->cap) * sizeof *target->counts);
        target->cap = cap;
    }
    return &target->counts[slot];
}

static void upsert(Target *target, Str key, Str text, bool adds)
{
    bool added;
    uint32_t slot = strmap_put(&target->keyed, key, &added);
    if (slot >= target->texts_cap) {
        target->texts_cap = slot * 2 + 64;
        target->texts = xrealloc(target->texts, target->texts_cap * sizeof *target->texts);
    }
    if (!added) free(target->texts[slot]);
    if (!adds) {
        strmap_remove_slot(&target->keyed, slot);
        return;
    }
    target->texts[slot] = xmalloc(text.len + 1);
    memcpy(target->texts[slot], text.ptr, text.len);
    target->texts[slot][text.len] = 0;
}

/* The first npk cells of "a | b | c". */
static Str key_of(Str text, uint32_t npk)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < npk; i++) {
        int64_t bar = str_find(text, STR(" | "), at);
        if (bar < 0) return text;
        at = (uint32_t)bar + 3;
    }
    return str_sub(text, 0, at);
}

void target_apply(Target *target, Str lines)
{
    while (lines.len) {
        int64_t end = str_find(lines, STR("\n"), 0);
        Str line = str_sub(lines, 0, (uint32_t)end), text = str_sub(line, 3, line.len);
        lines = str_sub(lines, (uint32_t)end + 1, lines.len);
        bool adds = line.ptr[0] == '+';
        if (target->npk) {
            upsert(target, key_of(text, target->npk), text, adds);
            continue;
        }
        int64_t *count = count_of(target, text);
        *count += adds ? 1 : -1;
        if (*count < 0) sim_broken("target %d: a row leaves that is not there: " STR_FMT, (int)(target - world.targets), STR_ARG(text));
    }
}

static bool keyed_matches(Target *got, Target *reference, StrBuf *why)
{
    for (uint32_t slot = strmap_first(&reference->keyed); slot != STRMAP_NONE; slot = strmap_next(&reference->keyed, slot)) {
        uint32_t at = strmap_find(&got->keyed, strmap_key(&reference->keyed, slot));
        if (at != STRMAP_NONE && strcmp(got->texts[at], reference->texts[slot]) == 0) continue;
        strbuf_addf(why, "row \"%s\", wanted \"%s\"", at == STRMAP_NONE ? "" : got->texts[at], reference->texts[slot]);
        return false;
    }
    for (uint32_t slot = strmap_first(&got->keyed); slot != STRMAP_NONE; slot = strmap_next(&got->keyed, slot)) {
        if (strmap_find(&reference->keyed, strmap_key(&got->keyed, slot)) != STRMAP_NONE) continue;
        strbuf_addf(why, "row \"%s\" should not be there", got->texts[slot]);
        return false;
    }
    return true;
}

/* A multiset: each row as often as in the reference, or at least as often. */
static bool rows_match(Target *got, Target *reference, StrBuf *why)
{
    for (int side = 0; side < 2; side++) {
        Target *walk = side ? got : reference;
        for (uint32_t slot = strmap_first(&walk->rows); slot != STRMAP_NONE; slot = strmap_next(&walk->rows, slot)) {
            Str text = strmap_key(&walk->rows, slot);
            Arena *arena = arena_new();
            text = str_dup(arena, text);                   /* count_of may move the keys */
            int64_t wanted = *count_of(reference, text), have = *count_of(got, text);
            bool ok = have == wanted || (got->kind == TARGET_AT_LEAST_ONCE && wanted > 0 && have > wanted);
            if (!ok) strbuf_addf(why, "row \"" STR_FMT "\" is there %lld times, wanted %lld", STR_ARG(text), (long long)have, (long long)wanted);
            arena_free(arena);
            if (!ok) return false;
        }
    }
    return true;
}

bool target_matches(Target *got, Target *reference, StrBuf *why)
{
    return got->npk ? keyed_matches(got, reference, why) : rows_match(got, reference, why);
}
