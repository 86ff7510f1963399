#include "common/file.h"

#include "common/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

/* Reads until the end or until text (size bytes) is full. Returns the bytes, or -1 with errno. */
static ssize_t read_all(int fd, char *text, size_t size)
{
    size_t len = 0;

    while (len < size) {
        ssize_t got = read(fd, text + len, size - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

int file_read(
    const char *path, size_t max_bytes, char **ret_text, size_t *ret_len, struct tw_error *err)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    CLEANUP(freep) char *text = NULL;
    struct stat info;
    ssize_t len;

    if (fd < 0)
        return tw_fail_errno(err, errno == ENOENT ? TW_NOT_FOUND : TW_BROKEN, errno,
                             "cannot open '%s'", path);
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
        return tw_fail(err, TW_INVALID, "'%s' is not a regular file", path);
    if ((uint64_t)info.st_size > max_bytes)
        return tw_fail(err, TW_INVALID, "'%s' is larger than %zu bytes", path, max_bytes);
    text = malloc((size_t)info.st_size + 1);
    if (!text)
        return tw_fail(err, TW_BUSY, "no memory to read '%s'", path);
    len = read_all(fd, text, (size_t)info.st_size);
    if (len < 0)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot read '%s'", path);
    text[len] = '\0';
    *ret_len = (size_t)len;
    *ret_text = TAKE(text);
    return 0;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        bytes += put;
        len -= (size_t)put;
    }
    return 0;
}

int file_write_atomically(
    const char *path, const void *bytes, size_t len, mode_t mode, struct tw_error *err)
{
    CLEANUP(freep) char *temporary = xprintf_dup("%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC), failed_errno = 0;

    if (fd < 0)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot make a file beside '%s'", path);
    if (fchmod(fd, mode) < 0 || write_all(fd, bytes, len) < 0 || fsync(fd) < 0)
        failed_errno = errno;
    if (close(fd) < 0 && failed_errno == 0)
        failed_errno = errno;
    if (failed_errno == 0 && rename(temporary, path) < 0)
        failed_errno = errno;
    if (failed_errno == 0)
        return 0;
    (void)unlink(temporary);
    return tw_fail_errno(err, TW_BROKEN, failed_errno, "cannot write '%s'", path);
}

int file_make_folder(const char *path, mode_t mode, struct tw_error *err)
{
    CLEANUP(freep) char *part = xstrdup(path);

    for (char *slash = part; *slash && (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        if (mkdir(part, 0755) < 0 && errno != EEXIST)
            return tw_fail_errno(err, TW_BROKEN, errno, "cannot make the folder '%s'", part);
        *slash = '/';
    }
    if (mkdir(part, mode) < 0 && errno != EEXIST)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot make the folder '%s'", part);
    return 0;
}
