#include "tui/poll/config_save.h"

#include "common/alloc.h"
#include "common/file.h"
#include "common/setting_value.h"
#include "tui/poll/config_edit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_BYTES_MAX ((size_t)1 << 20) /* as settings_load has it */
#define VALUE_SIZE     64

struct change {
    const struct setting *setting;
    char before[VALUE_SIZE], after[VALUE_SIZE];
};

static void write_value(const struct setting *setting,
                        const struct config *config,
                        char out[VALUE_SIZE])
{
    CLEANUP(buffer_finish) struct buffer text;

    buffer_init(&text, VALUE_SIZE);
    setting_value_write(setting, config, &text);
    (void)snprintf(out, VALUE_SIZE, "%s", buffer_text(&text));
}

/* Those that differ, in the order of the table. */
static size_t compare(const struct config *on_file,
                      const struct config *now,
                      struct change changes[N_CONFIG_SETTINGS])
{
    static const char prefix[] = "console.";
    size_t n = 0;

    for (size_t i = 0; i < N_CONFIG_SETTINGS; i++) {
        struct change *change = &changes[n];

        if (strncmp(config_settings[i].name, prefix, sizeof(prefix) - 1) != 0)
            continue;
        change->setting = &config_settings[i];
        write_value(change->setting, on_file, change->before);
        write_value(change->setting, now, change->after);
        n += strcmp(change->before, change->after) != 0;
    }
    return n;
}

/* What the file alone says; its errors are told before anything is written. */
static int compare_with_file(const struct config *now,
                             const char *path,
                             struct change changes[N_CONFIG_SETTINGS],
                             size_t *ret_n,
                             struct tw_error *err)
{
    static const struct config_environment bare = {0};
    struct config on_file;

    if (config_load(&bare, path, 0, NULL, &on_file, err) < 0)
        return -1;
    *ret_n = compare(&on_file, now, changes);
    config_finish(&on_file);
    return 0;
}

static int write_file(const char *path,
                      mode_t mode,
                      const char *text,
                      size_t len,
                      const struct change *changes,
                      size_t n,
                      struct tw_error *err)
{
    struct config_change edits[N_CONFIG_SETTINGS];
    CLEANUP(buffer_finish) struct buffer out;

    buffer_init(&out, FILE_BYTES_MAX);
    for (size_t i = 0; i < n; i++)
        edits[i] = (struct config_change){changes[i].setting->name, changes[i].after};
    config_edit(text, len, edits, n, &out);
    if (out.failed)
        return tw_fail(err, TW_INVALID, "'%.200s' would be over 1 MB", path);
    return file_write_atomically(path, out.data, out.len, mode, err);
}

static int make_folder_of(const char *path, struct tw_error *err)
{
    CLEANUP(freep) char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');

    if (!slash || slash == folder)
        return 0;
    *slash = '\0';
    return file_make_folder(folder, 0700, err);
}

static void tell(const struct change *changes, size_t n, const char *path, struct buffer *told)
{
    for (size_t i = 0; i < n; i++)
        (void)buffer_printf(told, "%s = %s   (was %s)\n", changes[i].setting->name,
                            changes[i].after, changes[i].before);
    if (n == 0)
        (void)buffer_puts(told, "Nothing differs from what the settings say.\n");
    (void)buffer_printf(told, "\n%s %s\n", n > 0 ? "Written to" : "Not written:", path);
}

/* A file that is not there yet. */
static int save_new(const struct config *now,
                    const char *path,
                    struct buffer *told,
                    struct tw_error *err)
{
    static const struct config_environment bare = {0};
    struct change changes[N_CONFIG_SETTINGS];
    struct config defaults;
    size_t n;

    if (config_load(&bare, NULL, 0, NULL, &defaults, err) < 0)
        return -1;
    n = compare(&defaults, now, changes);
    config_finish(&defaults);
    if (n > 0 &&
        (make_folder_of(path, err) < 0 || write_file(path, 0600, "", 0, changes, n, err) < 0))
        return -1;
    tell(changes, n, path, told);
    return 0;
}

int config_save_console(const struct config *now,
                        const char *path,
                        struct buffer *told,
                        struct tw_error *err)
{
    CLEANUP(freep) char *target = realpath(path, NULL);
    CLEANUP(freep) char *text = NULL;
    struct change changes[N_CONFIG_SETTINGS];
    struct stat status;
    size_t len, n;

    if (!target && errno == ENOENT)
        return save_new(now, path, told, err);
    if (!target || stat(target, &status) < 0)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot look at '%.200s'", path);
    if (compare_with_file(now, target, changes, &n, err) < 0 ||
        file_read(target, FILE_BYTES_MAX, &text, &len, err) < 0)
        return -1;
    if (n > 0 && write_file(target, status.st_mode & 07777, text, len, changes, n, err) < 0)
        return -1;
    tell(changes, n, path, told);
    return 0;
}
