/* Snapshots by a forked child; see snapshot_fork.h. */
#include "engine/run/snapshot_fork.h"
#include "engine/base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <xxhash.h>

enum { PIPE_BYTES = 1 << 20 };

typedef struct PipeOut { int fd; XXH3_state_t *sum; } PipeOut;

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static bool put_pipe(void *ctx, Str bytes, Err *err)
{
    PipeOut *out = ctx;
    XXH3_64bits_update(out->sum, bytes.ptr, bytes.len);
    return write_all(out->fd, bytes.ptr, bytes.len) || err_set(err, E_IO, "the checkpoint writer has gone");
}

/* Any core but the job's own: the job goes on there. */
static void leave_core(void)
{
    cpu_set_t all;
    CPU_ZERO(&all);
    for (int core = 0; core < CPU_SETSIZE; core++) CPU_SET(core, &all);
    sched_setaffinity(0, sizeof all, &all);
}

static void child_run(const Pipeline *pipeline, const StateDir *dir, int fd)
{
    Err err = { 0 };
    PipeOut out = { fd, XXH3_createState() };
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_DFL);
    state_dir_forget(dir);
    leave_core();
    XXH3_64bits_reset(out.sum);
    bool ok = snapshot_encode(pipeline, put_pipe, &out, &err);
    uint64_t sum = XXH3_64bits_digest(out.sum);
    _exit(ok && write_all(fd, (const char *)&sum, sizeof sum) ? 0 : 1);
}

bool snapshot_fork(const Pipeline *pipeline, const StateDir *dir, SnapshotChild *out)
{
    int ends[2];
    if (fault_hit("ckpt.fork") || pipe2(ends, O_CLOEXEC) != 0) return false;
    fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        child_run(pipeline, dir, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) close(ends[0]);
    *out = (SnapshotChild){ ends[0], pid };
    return pid > 0;
}
