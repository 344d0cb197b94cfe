/* The sweep; see the header. */
#include "engine/op/ttl.h"
#include "engine/base/clock.h"

enum { TURN_GROUPS = 1 << 16 };

/* A fraction of the TTL: memory holds little more than what lives. */
static int64_t pause_us(int64_t ttl_us)
{
    enum { PARTS = 8 };
    const int64_t least = 100000, most = 600000000;
    int64_t pause = ttl_us / PARTS;
    return pause < least ? least : pause > most ? most : pause;
}

static void set_timer(const TtlSweep *sweep, Op *op, int64_t pause)
{
    if (sweep->ttl_us > 0 && op->env->timer_set) op->env->timer_set(op->env, op, clock_now_us() + pause);
}

void ttl_sweep_start(TtlSweep *sweep, Op *op, int64_t ttl_us, bool (*idle)(Op *op, Group *group, int64_t now_us))
{
    *sweep = (TtlSweep){ .ttl_us = ttl_us, .idle = idle };
    set_timer(sweep, op, pause_us(ttl_us));
}

static void sweep_groups(TtlSweep *sweep, Op *op, GroupTable *table, uint32_t end, int64_t now_us)
{
    for (; sweep->next < end; sweep->next++) {
        Group *group = group_at(table, sweep->next);
        if (group->live && sweep->idle(op, group, now_us)) group_table_remove(table, group);
    }
}

void ttl_sweep_restored(TtlSweep *sweep, Op *op, GroupTable *table)
{
    if (sweep->ttl_us > 0) sweep_groups(sweep, op, table, table->used, clock_now_us());
    sweep->next = 0;
}

void ttl_sweep_turn(TtlSweep *sweep, Op *op, GroupTable *table, int64_t now_us)
{
    enum { BETWEEN_TURNS_US = 1000 };
    uint64_t end = (uint64_t)sweep->next + TURN_GROUPS;
    sweep_groups(sweep, op, table, end < table->used ? (uint32_t)end : table->used, now_us);
    bool round = sweep->next >= table->used;
    if (round) {
        sweep->next = 0;
        group_table_compact(table);
    }
    set_timer(sweep, op, round ? pause_us(sweep->ttl_us) : BETWEEN_TURNS_US);
}
