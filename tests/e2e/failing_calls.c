/* System calls that fail, for tests: preloaded into a program (LD_PRELOAD), it stands between that and the C
 * library. TW_SHIM is a list of KIND:WHAT:N, separated by commas:
 *
 *   KIND  write (with pwrite), sync (fsync, fdatasync), accept, connect
 *   WHAT  an errno's number: every N-th call fails with it; or "kill": the N-th call is the last thing that
 *         the process does, nothing of it having happened
 *
 * And while the file TW_SHIM_CLOCK exists, the time of day is a week ago.
 *
 * The first failure of a kind is told on standard error, so that a test knows. write and sync look only at files whose path contains TW_SHIM_PATH. Calls of a kind are counted over all
 * threads. */

/* Both pwrite and pwrite64 are wanted by name: with this, the first would become the second. */
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum kind { KIND_WRITE, KIND_SYNC, KIND_ACCEPT, KIND_CONNECT, N_KINDS };

#define KILL (-1)

static struct {
    long every; /* 0: never */
    int what;   /* an errno, or KILL */
    _Atomic long n_calls;
} rules[N_KINDS];

static const char *const names[N_KINDS] = {"write", "sync", "accept", "connect"};
static char path_part[PATH_MAX], clock_file[PATH_MAX];

__attribute__((constructor)) static void read_rules(void)
{
    const char *text = getenv("TW_SHIM"), *path = getenv("TW_SHIM_PATH"),
               *clock_path = getenv("TW_SHIM_CLOCK");
    char list[256], *rest = list, *item;

    (void)snprintf(path_part, sizeof(path_part), "%s", path ? path : "");
    (void)snprintf(clock_file, sizeof(clock_file), "%s", clock_path ? clock_path : "");
    (void)snprintf(list, sizeof(list), "%s", text ? text : "");
    while ((item = strsep(&rest, ","))) {
        const char *kind = strsep(&item, ":"), *what = strsep(&item, ":");

        for (int k = 0; what && item && k < N_KINDS; k++) {
            if (strcmp(kind, names[k]) != 0)
                continue;
            rules[k].what = strcmp(what, "kill") == 0 ? KILL : (int)strtol(what, NULL, 10);
            rules[k].every = strtol(item, NULL, 10);
        }
    }
}

/* True: this call fails, and errno says with what. */
static bool fails(enum kind kind)
{
    long call;

    if (rules[kind].every == 0)
        return false;
    call = ++rules[kind].n_calls;
    if (call % rules[kind].every != 0)
        return false;
    if (rules[kind].what == KILL)
        (void)kill(getpid(), SIGKILL);
    if (call == rules[kind].every)
        (void)dprintf(STDERR_FILENO, "failing_calls: %s fails\n", names[kind]);
    errno = rules[kind].what;
    return true;
}

static bool is_watched(int fd)
{
    char link[64], path[PATH_MAX];
    ssize_t len;

    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof(path) - 1);
    if (len <= 0 || !path_part[0])
        return false;
    path[len] = '\0';
    return strstr(path, path_part) != NULL;
}

static bool fails_on(enum kind kind, int fd)
{
    return rules[kind].every != 0 && is_watched(fd) && fails(kind);
}

/* The one of the C library (or of a sanitizer before it); asked for anew each time, which is cheap enough
 * here and needs no order among constructors. */
#define NEXT(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t len)
{
    return fails_on(KIND_WRITE, fd) ? -1 : NEXT(write)(fd, bytes, len);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    return fails_on(KIND_WRITE, fd) ? -1 : NEXT(pwrite)(fd, bytes, len, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    return fails_on(KIND_WRITE, fd) ? -1 : NEXT(pwrite64)(fd, bytes, len, at);
}

int fsync(int fd)
{
    return fails_on(KIND_SYNC, fd) ? -1 : NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
    return fails_on(KIND_SYNC, fd) ? -1 : NEXT(fdatasync)(fd);
}

int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict len, int flags)
{
    return fails(KIND_ACCEPT) ? -1 : NEXT(accept4)(fd, address, len, flags);
}

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    return fails(KIND_CONNECT) ? -1 : NEXT(connect)(fd, address, len);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = NEXT(clock_gettime)(clock, now);

    if (result == 0 && clock == CLOCK_REALTIME && clock_file[0] && access(clock_file, F_OK) == 0)
        now->tv_sec -= (time_t)7 * 86400;
    return result;
}
