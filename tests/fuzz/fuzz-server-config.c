/* The settings of the server: its file and its .env file, with a 0x1e between them. What is read is printed, and
 * read again as the same. */

#include "fuzz.h"

#include "common/buffer.h"
#include "server/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PATH_SIZE 64
#define TEXT_END  0x1e
#define TEXT_MAX  ((size_t)1 << 20)

/* A file that is only in memory. Returns its descriptor. */
static int hold(const void *text, size_t len, char path[PATH_SIZE])
{
    int fd = memfd_create("settings", MFD_CLOEXEC);

    FUZZ_EXPECT(fd >= 0);
    FUZZ_EXPECT(len == 0 || write(fd, text, len) == (ssize_t)len);
    (void)snprintf(path, PATH_SIZE, "/proc/self/fd/%d", fd);
    return fd;
}

static bool has_secret(const struct buffer *text)
{
    return text->len >= 3 && memmem(text->data, text->len, "***", 3) != NULL;
}

/* Secrets are not printed: such a text cannot be read again. */
static void read_again(const struct buffer *printed)
{
    struct buffer again;
    struct config config;
    char path[PATH_SIZE];
    int fd = hold(printed->data, printed->len, path);
    struct settings_sources sources = {.file = path};

    FUZZ_EXPECT(config_load(&sources, &config, NULL) == 0);
    buffer_init(&again, TEXT_MAX);
    settings_print(config_settings, n_config_settings, &config, &again);
    FUZZ_EXPECT(again.len == printed->len && memcmp(again.data, printed->data, again.len) == 0);
    buffer_finish(&again);
    config_finish(&config);
    (void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, TEXT_END, size) : NULL;
    size_t len = end ? (size_t)(end - data) : size;
    char file[PATH_SIZE], dotenv[PATH_SIZE];
    int file_fd = hold(data, len, file);
    int dotenv_fd = hold(end ? end + 1 : data, end ? size - len - 1 : 0, dotenv);
    struct settings_sources sources = {.file = file, .dotenv = dotenv};
    struct tw_error err = {0};
    struct buffer printed;
    struct config config;

    if (config_load(&sources, &config, &err) == 0) {
        buffer_init(&printed, TEXT_MAX);
        settings_print(config_settings, n_config_settings, &config, &printed);
        FUZZ_EXPECT(!printed.failed);
        if (!has_secret(&printed))
            read_again(&printed);
        buffer_finish(&printed);
        config_finish(&config);
    } else {
        FUZZ_EXPECT(err.message[0]);
    }
    (void)close(file_fd);
    (void)close(dotenv_fd);
    return 0;
}
