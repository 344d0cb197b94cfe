/* State that is forgotten when it was not written for longer than the TTL (table.exec.state.ttl, STATE_TTL), in processing time.
 * What has outlived the TTL is treated as absent from that moment on, as in Flink: operators ask ttl_expired where they touch a key. That memory is
 * given back too is the sweep's work: in turns of a bounded number of groups, so that rows never wait long, over and over; a table that has become
 * much smaller is compacted. Idle times outlast a restart: they are stored with the groups. */
#ifndef WEIR_OP_TTL_H
#define WEIR_OP_TTL_H
#include "engine/op/group_table.h"
#include "engine/op/op.h"

/* Times written while there was no TTL (0), or by a clock that has been set back since, begin anew. */
static inline bool ttl_expired(int64_t *written_us, int64_t ttl_us, int64_t now_us)
{
    if (*written_us <= 0 || *written_us > now_us) *written_us = now_us;
    return now_us - *written_us >= ttl_us;
}

typedef struct TtlSweep {
    int64_t ttl_us;                              /* 0 = nothing expires */
    uint32_t next;                               /* slot at which the next turn begins */
    /* Frees what the operator keeps in the group and has outlived the TTL; true: nothing is left, the group goes. */
    bool (*idle)(Op *op, Group *group, int64_t now_us);
} TtlSweep;
/* In open: sets the timer when there is a TTL. */
void ttl_sweep_start(TtlSweep *sweep, Op *op, int64_t ttl_us, bool (*idle)(Op *op, Group *group, int64_t now_us));
/* After restoring: what has expired meanwhile goes, and times of another clock are set right. */
void ttl_sweep_restored(TtlSweep *sweep, Op *op, GroupTable *table);
/* The operator's timer. No pointer to a group may be held across it. */
void ttl_sweep_turn(TtlSweep *sweep, Op *op, GroupTable *table, int64_t now_us);
#endif
