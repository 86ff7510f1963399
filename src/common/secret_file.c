#include "common/secret_file.h"

#include "common/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void secret_file_free(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

static int check_status(int fd,
                        const struct secret_file *file,
                        struct stat *ret_status,
                        struct tw_error *err)
{
    if (fstat(fd, ret_status) < 0)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot look at the %s file '%.150s'",
                             file->what, file->path);
    if (!S_ISREG(ret_status->st_mode))
        return tw_fail(err, TW_INVALID, "the %s file '%.150s' is not a regular file", file->what,
                       file->path);
    if (ret_status->st_mode & file->forbidden)
        return tw_fail(err, TW_INVALID,
                       "the %s file is open to others (mode %03o) and not used: chmod %o '%.150s'",
                       file->what, (unsigned)(ret_status->st_mode & 0777),
                       file->forbidden == SECRET_FILE_GROUP ? 0640U : 0600U, file->path);
    return 0;
}

/* All of it, up to max_bytes; more is an error. out has room for one byte more. */
static int read_all(int fd, const struct secret_file *file, char *out, struct tw_error *err)
{
    size_t len = 0, size = file->max_bytes + 1;
    ssize_t n;

    do {
        n = read(fd, out + len, size - len);
        if (n < 0 && errno != EINTR)
            return tw_fail_errno(err, TW_BROKEN, errno, "cannot read the %s file '%.150s'",
                                 file->what, file->path);
        len += n > 0 ? (size_t)n : 0;
    } while (n != 0 && len < size);
    if (len == size || memchr(out, '\0', len))
        return tw_fail(err, TW_INVALID, "the %s file '%.150s' is no text, or over %zu bytes long",
                       file->what, file->path, file->max_bytes);
    out[len] = '\0';
    return 0;
}

int secret_file_read(const struct secret_file *file,
                     char **ret_text,
                     struct stat *ret_status,
                     struct tw_error *err)
{
    /* Not blocking: a pipe in its place must not hold up the program. */
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), result = -1;
    struct stat status;
    char *text;

    if (fd < 0)
        return tw_fail_errno(err, errno == ENOENT ? TW_NOT_FOUND : TW_INVALID, errno,
                             "cannot read the %s file '%.150s'", file->what, file->path);
    text = xcalloc(1, file->max_bytes + 1);
    if (check_status(fd, file, &status, err) == 0)
        result = read_all(fd, file, text, err);
    (void)close(fd);
    if (result == 0)
        *ret_text = xstrdup(text);
    if (result == 0 && ret_status)
        *ret_status = status;
    explicit_bzero(text, file->max_bytes + 1);
    free(text);
    return result;
}
