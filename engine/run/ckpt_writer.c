/* The checkpoint writer's thread; see ckpt_writer.h. One mutex guards the state and what is handed over; the work itself runs outside it. */
#include "engine/run/ckpt_writer.h"
#include "engine/base/clock.h"
#include "engine/base/fault.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

enum { READ_BYTES = 256 << 10, POLL_MS = 100, NAP_MS = 5, SUM_BYTES = 8 };

typedef struct Order {
    CkptInfo info; StrBuf texts;                 /* info's texts live here */
    int64_t began_us; uint32_t keep;
    StrBuf bytes;
    int fd; pid_t pid;                           /* pid 0: bytes are given */
} Order;

struct CkptWriter {
    CkptStore *store;
    bool inline_only, started, quit;
    bool (*store_now)(void);
    atomic_bool give_up;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int over_fd;                                 /* readable while an end has not been told yet; -1: waits are naps */
    CkptState state;
    Order order;
    Err err;
};

static void order_clear(Order *order)
{
    strbuf_free(&order->texts);
    strbuf_free(&order->bytes);
    *order = (Order){ .fd = -1 };
}

/* --- the work --- */

static bool given_up(CkptWriter *writer, Err *err)
{
    return atomic_load(&writer->give_up) && !err_set(err, E_CANCELLED, "the checkpoint was given up");
}

static bool child_failed(Err *err)
{
    return err_set(err, E_EXTERNAL, "the process that encodes the checkpoint ended before it was done (killed, or out of memory)");
}

/* Bytes from the child into the store. The last 8 are their sum: a child that died leaves a wrong one. */
static bool copy_pipe(CkptWriter *writer, int fd, Err *err)
{
    XXH3_state_t *sum = XXH3_createState();
    StrBuf tail = { 0 };
    bool ok = true, end = false;
    XXH3_64bits_reset(sum);
    while (ok && !end) {
        struct pollfd in = { .fd = fd, .events = POLLIN };
        if (given_up(writer, err)) ok = false;
        else if (poll(&in, 1, POLL_MS) <= 0) continue;
        strbuf_reserve(&tail, READ_BYTES);
        ssize_t n = ok ? (fault_hit("ckpt.pipe") ? 0 : read(fd, tail.ptr + tail.len, READ_BYTES)) : 0;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) ok = err_set(err, E_IO, "cannot read the checkpoint from its process: error %d", errno);
        end = n == 0;
        tail.len += n > 0 ? (uint32_t)n : 0;
        uint32_t ready = tail.len > SUM_BYTES ? tail.len - SUM_BYTES : 0;
        if (!ok || !ready || end) continue;
        XXH3_64bits_update(sum, tail.ptr, ready);
        ok = store_put(writer->store, (Str){ tail.ptr, ready }, err);
        memmove(tail.ptr, tail.ptr + ready, tail.len - ready);
        tail.len -= ready;
    }
    uint64_t told = 0;
    if (ok && tail.len == SUM_BYTES) memcpy(&told, tail.ptr, sizeof told);
    if (ok && (tail.len != SUM_BYTES || told != XXH3_64bits_digest(sum))) ok = child_failed(err);
    XXH3_freeState(sum);
    strbuf_free(&tail);
    return ok;
}

static bool carry_out(CkptWriter *writer, Order *order, Err *err)
{
    bool ok = store_begin(writer->store, order->info.id, err);
    if (ok) ok = order->pid ? copy_pipe(writer, order->fd, err) : store_put(writer->store, strbuf_str(&order->bytes), err);
    if (ok) ok = !given_up(writer, err);
    if (ok) {
        order->info.duration_us = clock_monotonic_us() - order->began_us;
        ok = store_publish(writer->store, &order->info, order->keep, err);
    }
    if (!ok) store_abort(writer->store);
    if (order->pid) {
        if (!ok) kill(order->pid, SIGKILL);
        close(order->fd);
        while (waitpid(order->pid, NULL, 0) < 0 && errno == EINTR) continue;
    }
    return ok;
}

static void *writer_thread(void *arg)
{
    CkptWriter *writer = arg;
    pthread_mutex_lock(&writer->mutex);
    while (!writer->quit) {
        if (writer->state != CKPT_BUSY) {
            pthread_cond_wait(&writer->cond, &writer->mutex);
            continue;
        }
        Err err = { 0 };
        pthread_mutex_unlock(&writer->mutex);
        bool ok = carry_out(writer, &writer->order, &err);
        pthread_mutex_lock(&writer->mutex);
        writer->err = err;
        writer->state = ok ? CKPT_DONE : CKPT_FAILED;
        if (eventfd_write(writer->over_fd, 1) != 0) continue;    /* the waiter looks again when its time is up */
    }
    pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

/* --- the job's side --- */

CkptWriter *ckpt_writer_new(CkptStore *store, bool inline_only, bool (*store_now)(void))
{
    CkptWriter *writer = xcalloc(1, sizeof *writer);
    writer->store = store;
    writer->inline_only = inline_only;
    writer->store_now = store_now;
    writer->order.fd = -1;
    pthread_mutex_init(&writer->mutex, NULL);
    pthread_cond_init(&writer->cond, NULL);
    writer->over_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return writer;
}

void ckpt_writer_free(CkptWriter *writer)
{
    if (!writer) return;
    atomic_store(&writer->give_up, true);
    pthread_mutex_lock(&writer->mutex);
    writer->quit = true;
    pthread_cond_broadcast(&writer->cond);
    pthread_mutex_unlock(&writer->mutex);
    if (writer->started) pthread_join(writer->thread, NULL);
    order_clear(&writer->order);
    if (writer->over_fd >= 0) close(writer->over_fd);
    pthread_cond_destroy(&writer->cond);
    pthread_mutex_destroy(&writer->mutex);
    free(writer);
}

static void copy_texts(Order *order)
{
    CkptInfo *info = &order->info;
    uint32_t split = info->positions.len;
    strbuf_adds(&order->texts, info->positions);
    strbuf_adds(&order->texts, info->operators);
    Str all = strbuf_str(&order->texts);
    info->positions = str_sub(all, 0, split);
    info->operators = str_sub(all, split, all.len);
}

static void carry_out_inline(CkptWriter *writer)
{
    err_clear(&writer->err);
    writer->state = carry_out(writer, &writer->order, &writer->err) ? CKPT_DONE : CKPT_FAILED;
}

/* Without a thread (none can be started, or none is wanted) the work is done here, or later by ckpt_poll and ckpt_wait. */
static void begin(CkptWriter *writer, Order *order)
{
    atomic_store(&writer->give_up, false);
    order_clear(&writer->order);
    writer->order = *order;
    copy_texts(&writer->order);
    if (!writer->inline_only && !writer->started) writer->started = !fault_hit("ckpt.thread") && pthread_create(&writer->thread, NULL, writer_thread, writer) == 0;
    if (!writer->started) {
        writer->state = CKPT_BUSY;
        if (!writer->inline_only || !writer->store_now) carry_out_inline(writer);
        return;
    }
    pthread_mutex_lock(&writer->mutex);
    writer->state = CKPT_BUSY;
    pthread_cond_broadcast(&writer->cond);
    pthread_mutex_unlock(&writer->mutex);
}

void ckpt_begin_bytes(CkptWriter *writer, const CkptInfo *info, int64_t began_us, uint32_t keep, StrBuf *bytes_owned)
{
    Order order = { .info = *info, .began_us = began_us, .keep = keep, .bytes = *bytes_owned, .fd = -1 };
    *bytes_owned = (StrBuf){ 0 };
    begin(writer, &order);
}

void ckpt_begin_child(CkptWriter *writer, const CkptInfo *info, int64_t began_us, uint32_t keep, int fd_owned, pid_t pid)
{
    Order order = { .info = *info, .began_us = began_us, .keep = keep, .fd = fd_owned, .pid = pid };
    begin(writer, &order);
}

CkptState ckpt_poll(CkptWriter *writer, CkptInfo *info, Err *err)
{
    if (!writer->started && writer->state == CKPT_BUSY && writer->store_now()) carry_out_inline(writer);
    pthread_mutex_lock(&writer->mutex);
    CkptState state = writer->state;
    if (state == CKPT_DONE || state == CKPT_FAILED) {
        eventfd_t told;
        writer->state = CKPT_IDLE;
        (void)eventfd_read(writer->over_fd, &told);              /* nothing to read after work in line */
    }
    if (state == CKPT_DONE && info) *info = writer->order.info;
    if (state == CKPT_FAILED) *err = writer->err;
    pthread_mutex_unlock(&writer->mutex);
    return state;
}

void ckpt_wait(CkptWriter *writer, int timeout_ms)
{
    struct pollfd over = { .fd = writer->over_fd, .events = POLLIN };
    if (!writer->started && writer->state == CKPT_BUSY) carry_out_inline(writer);
    pthread_mutex_lock(&writer->mutex);
    bool busy = writer->state == CKPT_BUSY;
    pthread_mutex_unlock(&writer->mutex);
    if (busy) (void)poll(&over, 1, writer->over_fd < 0 ? NAP_MS : timeout_ms);
}

void ckpt_give_up(CkptWriter *writer)
{
    atomic_store(&writer->give_up, true);
}
