#include "common/secret_file.h"

#include "common/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

void secret_file_free(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

int secret_file_read(const char *path,
                     mode_t forbidden,
                     size_t max_bytes,
                     char **ret_text,
                     size_t *ret_len,
                     struct tw_error *err)
{
    /* Not blocking: a pipe in its place must not hold up the start. */
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    CLEANUP(secret_file_freep) char *text = NULL;
    struct stat info;
    ssize_t len;

    if (fd < 0)
        return tw_fail_errno(err, errno == ENOENT ? TW_NOT_FOUND : TW_INVALID, errno,
                             "cannot open '%.150s'", path);
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) || (info.st_mode & forbidden))
        return tw_fail(err, TW_INVALID,
                       "'%.120s' must be a regular file that nobody else can read: chmod %o it",
                       path, forbidden == SECRET_FILE_GROUP ? 0640U : 0600U);
    text = xcalloc(1, max_bytes + 2);
    len = read(fd, text, max_bytes + 1);
    if (len < 0)
        return tw_fail_errno(err, TW_INVALID, errno, "cannot read '%.150s'", path);
    if ((size_t)len > max_bytes || strlen(text) != (size_t)len)
        return tw_fail(err, TW_INVALID, "'%.120s' is over %zu bytes long or no text", path,
                       max_bytes);
    *ret_len = (size_t)len;
    *ret_text = TAKE(text);
    return 0;
}
