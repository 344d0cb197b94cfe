/* Where checkpoints are, and `weir checkpoints`: what jobs have kept there. */
#ifndef WEIR_SHELL_CHECKPOINTS_H
#define WEIR_SHELL_CHECKPOINTS_H
#include "engine/shell/args.h"
/* --state-dir, WEIR_STATE_DIR, XDG_STATE_HOME/weir, ~/.local/state/weir; NULL when there is no home. */
const char *state_root(Arena *arena, const Args *args);
/* Lists the checkpoints of all jobs, or of the named one with the state of each operator. Returns an exit code. */
int checkpoints_run(const Args *args);
#endif
