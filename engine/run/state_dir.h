/* StateDir: the folder below --state-dir that belongs to one job, held by one process at a time.
 *   ROOT/NAME/checkpoints.db   the store (store.h)
 *   ROOT/NAME/lock             an open-file-description lock while a process runs the job; holds its process number
 * Threading: none of its own. */
#ifndef WEIR_RUN_STATE_DIR_H
#define WEIR_RUN_STATE_DIR_H
#include "engine/base/err.h"

typedef struct StateDir { char path[400], db[440]; int lock_fd; } StateDir;

/* Creates the folder and takes the lock; E_EXTERNAL when another process (or job of this one) holds it. name: any text; characters that do not
 * belong into a file name are replaced, and a hash of the whole keeps such names apart. */
bool state_dir_open(StateDir *dir, const char *root, Str name, Err *err) MUST_CHECK;
/* Gives the lock up; remove: the folder goes too (a bounded job has ended). */
void state_dir_close(StateDir *dir, bool remove);
/* Removes the store, readable or not; the lock stays. */
void state_dir_clear(const StateDir *dir);
/* In a forked child: the copy of the lock must not outlive the parent. */
void state_dir_forget(const StateDir *dir);
/* File name of a job's folder. */
Str state_dir_name(Arena *arena, Str name);
/* Path of the store in a job's folder, by the folder's name. */
const char *state_dir_store(Arena *arena, const char *root, Str folder);
#endif
