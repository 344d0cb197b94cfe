/* CkptWriter: carries checkpoints to the store on a thread of its own, one at a time, off the job's hot path.
 * A checkpoint comes either as bytes (small state, encoded by the job's thread) or through a pipe from a forked child that encodes the state as it
 * stood at the barrier, while the job goes on (the kernel copies pages that the job changes meanwhile). The writer reaps the child.
 * Threading: all functions are called by the job's thread; between ckpt_begin_* and the poll that says it is over the store is the writer's. */
#ifndef WEIR_RUN_CKPT_WRITER_H
#define WEIR_RUN_CKPT_WRITER_H
#include "engine/run/store.h"
#include <sys/types.h>

typedef struct CkptWriter CkptWriter;
typedef enum CkptState { CKPT_IDLE, CKPT_BUSY, CKPT_DONE, CKPT_FAILED } CkptState;

/* inline_only: no thread; the work is done by the caller's, at once, or (store_now: tests, simulation) at the first ckpt_poll at which store_now() says so. */
CkptWriter *ckpt_writer_new(CkptStore *store, bool inline_only, bool (*store_now)(void));
/* Gives up what is under way and joins the thread. */
void ckpt_writer_free(CkptWriter *writer);

/* Takes over bytes; info->id and created_us, positions, operators are given (texts are copied). keep: checkpoints kept afterwards.
 * began_us: monotonic time of the barrier. */
void ckpt_begin_bytes(CkptWriter *writer, const CkptInfo *info, int64_t began_us, uint32_t keep, StrBuf *bytes_owned);
/* fd: what the child writes, ended by its 8-byte XXH3 sum; pid: reaped here. */
void ckpt_begin_child(CkptWriter *writer, const CkptInfo *info, int64_t began_us, uint32_t keep, int fd_owned, pid_t pid);
/* What became of it; CKPT_DONE and CKPT_FAILED are told once, then it is idle. info: facts of the published one (may be NULL). */
CkptState ckpt_poll(CkptWriter *writer, CkptInfo *info, Err *err);
/* Waits until it is no longer busy, or about timeout_ms have passed. */
void ckpt_wait(CkptWriter *writer, int timeout_ms);
/* Asks it to give up soon: it then fails. */
void ckpt_give_up(CkptWriter *writer);
#endif
