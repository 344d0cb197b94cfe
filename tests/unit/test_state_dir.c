/* The folder of a job: one process (and one job of it) at a time, whatever the name, until it is given up or its process is gone. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/fault.h"
#include "engine/run/state_dir.h"

static char root[64];

static int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/weir-state.XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

/* Fails when a test left something below it. */
static int drop_root(void **state)
{
    (void)state;
    return rmdir(root);
}

static StateDir open_ok(Str name)
{
    StateDir dir;
    Err err = { 0 };
    if (!state_dir_open(&dir, root, name, &err)) fail_msg("%s", err.message);
    return dir;
}

static void expect_refused(Str name, long holder)
{
    StateDir dir;
    Err err = { 0 };
    char pid[32];
    snprintf(pid, sizeof pid, "process %ld", holder);
    assert_false(state_dir_open(&dir, root, name, &err));
    assert_int_equal(err.code, E_EXTERNAL);
    assert_non_null(strstr(err.message, pid));
    assert_true(dir.lock_fd < 0);
}

static void one_at_a_time(void **state)
{
    (void)state;
    StateDir dir = open_ok(STR("a")), other = open_ok(STR("b"));
    expect_refused(STR("a"), (long)getpid());                    /* a second job of this process */
    state_dir_close(&dir, false);
    state_dir_close(&dir, false);                                /* twice does no harm */
    dir = open_ok(STR("a"));
    state_dir_close(&dir, true);
    assert_int_not_equal(access(dir.path, F_OK), 0);
    state_dir_close(&other, true);
}

/* A child that takes the folder and says so through a pipe, then waits to be killed. */
static pid_t holder_start(const char *name, int *said)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        StateDir dir;
        Err err = { 0 };
        char answer = state_dir_open(&dir, root, str_of(name), &err) ? 'y' : 'n';
        if (write(ends[1], &answer, 1) == 1) for (;;) pause();
        _exit(1);
    }
    close(ends[1]);
    *said = ends[0];
    return pid;
}

static void another_process(void **state)
{
    (void)state;
    int said, status;
    char answer = 0;
    pid_t pid = holder_start("a", &said);
    assert_int_equal(read(said, &answer, 1), 1);
    assert_int_equal(answer, 'y');
    expect_refused(STR("a"), (long)pid);
    StateDir mine = open_ok(STR("b"));                           /* that one holds nothing of the others */
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    StateDir dir = open_ok(STR("a"));                            /* kill -9 gives it up */
    state_dir_close(&dir, true);
    state_dir_close(&mine, true);
    close(said);
}

/* A checkpoint's child has copies of all descriptors. It forgets the lock of its own job; those of the process's other jobs end with their jobs. */
static void children_keep_nothing(void **state)
{
    (void)state;
    int ends[2], status;
    char answer;
    StateDir mine = open_ok(STR("mine")), other = open_ok(STR("other"));
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        state_dir_forget(&mine);
        if (write(ends[1], "y", 1) == 1) for (;;) pause();
        _exit(1);
    }
    assert_int_equal(read(ends[0], &answer, 1), 1);
    expect_refused(STR("mine"), (long)getpid());                 /* forgetting is not giving up */
    state_dir_close(&other, false);
    other = open_ok(STR("other"));
    state_dir_close(&mine, false);
    mine = open_ok(STR("mine"));
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    state_dir_close(&mine, true);
    state_dir_close(&other, true);
    close(ends[0]);
    close(ends[1]);
}

/* Processes that take and remove the folder in turn: at no time two of them have it. */
static void removal_races(void **state)
{
    (void)state;
    enum { CHILDREN = 4, ROUNDS = 300 };
    pid_t pids[CHILDREN];
    char witness[96];
    snprintf(witness, sizeof witness, "%s/witness", root);
    for (int c = 0; c < CHILDREN; c++) {
        pids[c] = fork();
        assert_true(pids[c] >= 0);
        if (pids[c] != 0) continue;
        for (int i = 0; i < ROUNDS; i++) {
            StateDir dir;
            Err err = { 0 };
            if (!state_dir_open(&dir, root, STR("a"), &err)) {
                if (err.code == E_EXTERNAL) continue;
                fprintf(stderr, "%s\n", err.message);
                _exit(1);
            }
            int fd = open(witness, O_CREAT | O_EXCL | O_WRONLY, 0600);
            if (fd < 0) _exit(2);
            close(fd);
            unlink(witness);
            state_dir_close(&dir, true);
        }
        _exit(0);
    }
    for (int c = 0; c < CHILDREN; c++) {
        int status;
        assert_int_equal(waitpid(pids[c], &status, 0), pids[c]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

static void names(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "plain-Name_1.x", "a/b", "a_b", "..", ".", "", ".hidden", "../../etc/passwd", "with blank", "with\nline", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\xa4", "A", "a", "*", "%s%n",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789-first",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789-second",
    };
    enum { N = sizeof odd / sizeof *odd };
    StateDir dirs[N];
    Arena *arena = arena_new();
    assert_text(state_dir_name(arena, STR("plain-Name_1.x")), "plain-Name_1.x");
    for (int i = 0; i < N; i++) {
        Str name = state_dir_name(arena, str_of(odd[i]));
        assert_true(name.len > 0 && name.len < 128 && name.ptr[0] != '.');
        for (uint32_t c = 0; c < name.len; c++) assert_true(name.ptr[c] > ' ' && name.ptr[c] < 127 && name.ptr[c] != '/');
        dirs[i] = open_ok(str_of(odd[i]));                       /* each its own: none is held by another */
        expect_refused(str_of(odd[i]), (long)getpid());
        assert_true(strncmp(dirs[i].path, root, strlen(root)) == 0 && !strchr(dirs[i].path + strlen(root) + 1, '/'));
    }
    for (int i = 0; i < N; i++) state_dir_close(&dirs[i], true);
    arena_free(arena);
}

static void refusals(void **state)
{
    (void)state;
    StateDir dir;
    Err err = { 0 };
    char file[96], deep[600];
    snprintf(file, sizeof file, "%s/file", root);
    int fd = open(file, O_CREAT | O_WRONLY, 0600);
    close(fd);
    assert_false(state_dir_open(&dir, file, STR("a"), &err));
    assert_int_equal(err.code, E_IO);
    assert_non_null(strstr(err.hint, "--state-dir"));
    memset(deep, 'x', sizeof deep - 1);
    deep[0] = '/';
    deep[sizeof deep - 1] = 0;
    assert_false(state_dir_open(&dir, deep, STR("a"), &err));
    assert_int_equal(err.code, E_IO);
    unlink(file);
    static const char *const points[] = { "io.mkdir", "state.lock" };
    for (int i = 0; i < 2; i++) {
        fault_arm(points[i], 1);
        assert_false(state_dir_open(&dir, root, STR("a"), &err));
        assert_int_equal(err.code, E_IO);
        fault_disarm_all();
    }
    dir = open_ok(STR("a"));
    state_dir_close(&dir, true);
}

static void clearing(void **state)
{
    (void)state;
    StateDir dir = open_ok(STR("a"));
    char journal[460];
    snprintf(journal, sizeof journal, "%s-journal", dir.db);
    close(open(dir.db, O_CREAT | O_WRONLY, 0600));
    close(open(journal, O_CREAT | O_WRONLY, 0600));
    state_dir_clear(&dir);
    assert_int_not_equal(access(dir.db, F_OK), 0);
    assert_int_not_equal(access(journal, F_OK), 0);
    expect_refused(STR("a"), (long)getpid());                    /* the lock stays */
    struct stat st;
    assert_int_equal(stat(dir.path, &st), 0);
    assert_int_equal(st.st_mode & 077, 0);                       /* nobody else's business */
    state_dir_close(&dir, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_at_a_time), cmocka_unit_test(another_process), cmocka_unit_test(children_keep_nothing), cmocka_unit_test(removal_races), cmocka_unit_test(names),
        cmocka_unit_test(refusals), cmocka_unit_test(clearing),
    };
    return cmocka_run_group_tests(tests, make_root, drop_root);
}
