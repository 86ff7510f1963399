/* The configuration file of the console. Up to the first line feed: the context that is asked for, "" none;
 * the rest is the file. */

#include "fuzz.h"

#include "tui/poll/config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CONTEXT_SIZE 64
#define PATH_SIZE    64

static void expect_text(const char *text)
{
    for (; *text; text++)
        FUZZ_EXPECT((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void expect_url(const char *url, bool is_needed)
{
    FUZZ_EXPECT(!is_needed || url[0]);
    FUZZ_EXPECT(!url[0] || strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0);
}

static void check_contexts(const struct config *config)
{
    FUZZ_EXPECT(config->contexts.n <= SETTING_MEMBERS_MAX);
    for (size_t i = 0; i < config->contexts.n; i++) {
        const struct setting_member *member = &config->contexts.members[i];
        const struct context *context = member->values;

        FUZZ_EXPECT(member->name[0] && strlen(member->name) <= SETTING_MEMBER_NAME_MAX);
        expect_url(context->prometheus, true);
        expect_url(context->alertmanager, true);
        expect_url(context->operations, true);
        expect_url(context->ml, false);
        expect_url(context->llm, false);
    }
}

static void check(const struct config *config, const char *context)
{
    const char *const urls[] = {config->prometheus_url, config->alertmanager_url,
                                config->operations_url, config->ml_url, config->llm_url};

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        expect_text(urls[i]);
        FUZZ_EXPECT(!urls[i][0] || urls[i][strlen(urls[i]) - 1] != '/');
    }
    expect_text(config->assets_dir);
    FUZZ_EXPECT(config->timeout_ms >= 100 && config->timeout_ms <= 60000);
    FUZZ_EXPECT(config->theme >= 0);
    FUZZ_EXPECT(!context == !config->context);
    if (context)
        FUZZ_EXPECT(strcmp(context, config->context) == 0);
    check_contexts(config);
}

/* Takes what is before the first line feed; NULL: nothing. */
static const char *take_context(const uint8_t **data, size_t *size, char context[CONTEXT_SIZE])
{
    const uint8_t *end = *size > 0 ? memchr(*data, '\n', *size) : NULL;
    size_t len = end ? (size_t)(end - *data) : 0;

    if (!end)
        return NULL;
    (void)snprintf(context, CONTEXT_SIZE, "%.*s", (int)len, (const char *)*data);
    *data = end + 1;
    *size -= len + 1;
    return context[0] ? context : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char context[CONTEXT_SIZE], path[PATH_SIZE];
    struct config_environment env = {.home = "/home/ana"};
    struct tw_error err = {0};
    struct config config;
    int fd;

    env.context = take_context(&data, &size, context);
    fd = memfd_create("tidewatch.conf", MFD_CLOEXEC);
    FUZZ_EXPECT(fd >= 0);
    FUZZ_EXPECT(write(fd, data, size) == (ssize_t)size);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (config_load(&env, path, 0, NULL, &config, &err) == 0) {
        check(&config, env.context);
        config_finish(&config);
    } else {
        FUZZ_EXPECT(err.message[0]);
    }
    (void)close(fd);
    return 0;
}
