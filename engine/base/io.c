/* Whole-file reads and durable writes. Every system call that can fail in the field has a fault point in front, so
 * that tests can fail each of them. No state; thread-safe for different paths. */
#include "engine/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/fault.h"

static bool io_fail(Err *err, const char *action, const char *path, int code)
{
    char text[128];
    return err_set(err, E_IO, "cannot %s \"%s\": %s", action, path, strerror_r(code, text, sizeof text));
}

/* True when the armed fault fires; errno says what a real failure would. */
static bool injected(const char *point, int code)
{
    if (!fault_hit(point)) return false;
    errno = code;
    return true;
}

bool io_read_file(const char *path, StrBuf *out_owned, Err *err)
{
    int fd = injected("io.open", EIO) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return io_fail(err, "open", path, errno);
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size < INT32_MAX)
        strbuf_reserve(out_owned, (uint32_t)st.st_size + 1);
    for (;;) {
        strbuf_reserve(out_owned, 4096);
        ssize_t n = injected("io.read", EIO) ? -1 : read(fd, out_owned->ptr + out_owned->len, out_owned->cap - out_owned->len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            int code = errno;
            close(fd);
            return io_fail(err, "read", path, code);
        }
        if (n == 0) break;
        out_owned->len += (uint32_t)n;
        if (out_owned->len > INT32_MAX) {
            close(fd);
            return err_set(err, E_IO, "cannot read \"%s\": the file is larger than 2 GiB", path);
        }
    }
    close(fd);
    return true;
}

static bool write_all(int fd, Str bytes)
{
    uint32_t done = 0;
    while (done < bytes.len) {
        ssize_t n = injected("io.write", ENOSPC) ? -1 : write(fd, bytes.ptr + done, bytes.len - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        done += (uint32_t)n;
    }
    return true;
}

/* The rename is durable only once the directory's entry is. */
static bool sync_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    StrBuf dir = { 0 };
    if (slash) strbuf_add(&dir, path, slash == path ? 1 : (uint32_t)(slash - path));
    else strbuf_addc(&dir, '.');
    int fd = injected("io.opendir", EIO) ? -1 : open(strbuf_cstr(&dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && !injected("io.fsyncdir", EIO) && fsync(fd) == 0;
    int code = errno;
    if (fd >= 0) close(fd);
    strbuf_free(&dir);
    errno = code;
    return ok;
}

bool io_write_file(const char *path, Str bytes, Err *err)
{
    StrBuf tmp = { 0 };
    strbuf_addf(&tmp, "%s.tmp", path);
    const char *tmp_path = strbuf_cstr(&tmp), *action = "create";
    int fd = injected("io.create", EACCES) ? -1 : open(tmp_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0;
    if (ok) {
        action = "write";
        ok = write_all(fd, bytes) && !injected("io.fsync", EIO) && fsync(fd) == 0;
        int code = errno;
        if (close(fd) != 0 && ok) ok = false;
        else errno = code;
    }
    if (ok) {
        action = "rename";
        ok = !injected("io.rename", EIO) && rename(tmp_path, path) == 0;
    }
    if (!ok) {
        int code = errno;
        unlink(tmp_path);
        io_fail(err, action, path, code);
    } else if (!sync_parent(path)) {
        ok = io_fail(err, "sync the directory of", path, errno);
    }
    strbuf_free(&tmp);
    return ok;
}

/* One level. What is there may be removed by another process between the two calls: then it is made again. */
static bool make_dir(const char *dir)
{
    enum { TRIES = 100 };
    struct stat st;
    for (int i = 0; i < TRIES; i++) {
        if (injected("io.mkdir", EACCES) || (mkdir(dir, 0700) != 0 && errno != EEXIST)) return false;
        if (stat(dir, &st) == 0) {
            errno = ENOTDIR;
            return S_ISDIR(st.st_mode);
        }
        if (errno != ENOENT) return false;
    }
    return false;
}

bool io_make_dirs(const char *path, Err *err)
{
    StrBuf partial = { 0 };
    bool ok = true;
    for (const char *at = path; ok && *at;) {
        const char *slash = strchr(at + 1, '/');
        uint32_t len = slash ? (uint32_t)(slash - path) : (uint32_t)strlen(path);
        strbuf_clear(&partial);
        strbuf_add(&partial, path, len);
        ok = make_dir(strbuf_cstr(&partial)) || io_fail(err, "create directory", strbuf_cstr(&partial), errno);
        at = slash ? slash : path + len;
    }
    strbuf_free(&partial);
    return ok;
}
