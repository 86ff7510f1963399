#include "common/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define HOLDER_SIZE 128

/* Whole lines of printable text only: the file may hold anything. */
static bool read_holder(int fd, char holder[HOLDER_SIZE])
{
    ssize_t len = pread(fd, holder, HOLDER_SIZE - 1, 0);
    size_t n_shown;

    if (len <= 0)
        return false;
    holder[len] = '\0';
    n_shown = strcspn(holder, "\n");
    if (n_shown == 0 || holder[n_shown] != '\n')
        return false;
    holder[n_shown] = '\0';
    for (size_t i = 0; i < n_shown; i++)
        if (holder[i] < ' ' || holder[i] > '~')
            return false;
    return true;
}

/* Who holds it is for a message: that it cannot be written (a full disk) is no reason not to run. */
static void write_holder(int fd)
{
    char machine[HOST_NAME_MAX + 1] = "", holder[HOLDER_SIZE];
    int len;

    (void)gethostname(machine, sizeof(machine) - 1);
    len = snprintf(holder, sizeof(holder), "process %" PRIdMAX " on %.64s\n", (intmax_t)getpid(),
                   machine);
    if (ftruncate(fd, 0) == 0)
        (void)!pwrite(fd, holder, (size_t)len, 0);
}

int lock_file_take(const char *path, const char *what, int *ret_fd, struct tw_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    char holder[HOLDER_SIZE];
    int result;

    if (fd < 0)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot create '%.180s'", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        write_holder(fd);
        *ret_fd = fd;
        return 0;
    }
    if (errno != EWOULDBLOCK)
        result = tw_fail_errno(err, TW_BROKEN, errno, "cannot lock '%.180s'", path);
    else if (read_holder(fd, holder))
        result = tw_fail(err, TW_BUSY, "%.120s is in use by %.110s", what, holder);
    else
        result = tw_fail(err, TW_BUSY, "%.160s is in use by another process", what);
    (void)close(fd);
    return result;
}

void lock_file_release(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}
