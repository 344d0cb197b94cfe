/* A snapshot encoded by a forked child: it sees the operators as they stood at the barrier, while the job goes on. The child touches nothing but
 * memory and its pipe: no connector, no log, no lock that another thread may have held (malloc's are made good by fork).
 * What the job pays is the copy of its page tables, and of each page that it changes while the child lives. */
#ifndef WEIR_RUN_SNAPSHOT_FORK_H
#define WEIR_RUN_SNAPSHOT_FORK_H
#include "engine/run/snapshot.h"
#include "engine/run/state_dir.h"
#include <sys/types.h>

typedef struct SnapshotChild { int fd; pid_t pid; } SnapshotChild;   /* fd: its bytes, closed by an 8-byte XXH3 sum of them; non-blocking is the reader's choice */
/* false: no child could be started (the caller encodes by itself). The caller closes fd and reaps pid. */
bool snapshot_fork(const Pipeline *pipeline, const StateDir *dir, SnapshotChild *out);
#endif
