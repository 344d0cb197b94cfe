/* Cores for pipelines; see affinity.h. */
#include "engine/run/affinity.h"

#include <stdatomic.h>
#include <unistd.h>

static atomic_uint turns;

int core_next(void)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2) return CORE_ANY;
    /* Beginning at the process number keeps two processes of one machine off each other's core. */
    unsigned at = ((unsigned)getpid() + atomic_fetch_add(&turns, 1)) % (unsigned)CPU_COUNT(&allowed);
    for (int core = 0; core < CPU_SETSIZE; core++)
        if (CPU_ISSET(core, &allowed) && at-- == 0) return core;
    return CORE_ANY;
}

void core_bind(int core, cpu_set_t *before)
{
    cpu_set_t one;
    if (core == CORE_ANY) return;
    if (before && sched_getaffinity(0, sizeof *before, before) != 0) CPU_ZERO(before);
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    sched_setaffinity(0, sizeof one, &one);
}

void core_unbind(int core, const cpu_set_t *before)
{
    if (core != CORE_ANY && CPU_COUNT(before)) sched_setaffinity(0, sizeof *before, before);
}
