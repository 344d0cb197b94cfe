/* What of a job's newest checkpoint a plan would carry over, without starting it: `weir check --state`. Reads only; a running job is not disturbed. */
#ifndef WEIR_RUN_STATE_CHECK_H
#define WEIR_RUN_STATE_CHECK_H
#include "engine/run/job.h"

/* Appends lines for people. *lost: the job would refuse to start without --allow-non-restored-state. No checkpoint: says so, true. */
bool state_check(const Plan *plan, const char *state_dir, Str state_name, StrBuf *report, bool *lost, Err *err) MUST_CHECK;
#endif
