#include "server/llm/mapped_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int map(
    int fd, const char *path, size_t max_bytes, struct mapped_file *ret_file, struct tw_error *err)
{
    struct stat info;
    void *bytes = NULL;

    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
        return tw_fail(err, TW_INVALID, "'%s' is not a regular file", path);
    if ((uint64_t)info.st_size > max_bytes)
        return tw_fail(err, TW_INVALID, "'%s' is larger than %zu bytes", path, max_bytes);
    if (info.st_size > 0)
        bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot map '%s'", path);
    *ret_file = (struct mapped_file){bytes, (size_t)info.st_size};
    return 0;
}

int mapped_file_open(const char *path,
                     size_t max_bytes,
                     struct mapped_file *ret_file,
                     struct tw_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), result;

    if (fd < 0)
        return tw_fail_errno(err, errno == ENOENT ? TW_NOT_FOUND : TW_BROKEN, errno,
                             "cannot open '%s'", path);
    result = map(fd, path, max_bytes, ret_file, err);
    (void)close(fd);
    return result;
}

void mapped_file_forget(const struct mapped_file *file)
{
    if (file->bytes)
        (void)madvise(file->bytes, file->len, MADV_DONTNEED);
}

void mapped_file_close(struct mapped_file *file)
{
    if (file->bytes)
        (void)munmap(file->bytes, file->len);
    *file = (struct mapped_file){NULL, 0};
}
