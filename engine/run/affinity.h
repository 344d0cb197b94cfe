/* One core a pipeline: its job's thread and the client threads its connectors start share a core, so that hand-offs stay in that core's cache
 * (one pinned core beat the same work spread over two). Linux's sched_setaffinity; threads inherit the mask of their creator.
 * SET 'weir.pin-cores' = 'false' leaves threads to the kernel. */
#ifndef WEIR_RUN_AFFINITY_H
#define WEIR_RUN_AFFINITY_H
#include <sched.h>
#include <stdbool.h>

enum { CORE_ANY = -1 };
/* Next core of those this process may use, in turn; CORE_ANY when there is but one. Thread-safe. */
int core_next(void);
/* Binds the calling thread to a core; *before (may be NULL) receives its mask. CORE_ANY: nothing. Failure costs speed only and is not told. */
void core_bind(int core, cpu_set_t *before);
/* Gives the calling thread its mask back. */
void core_unbind(int core, const cpu_set_t *before);
#endif
