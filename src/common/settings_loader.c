#include "common/settings_loader.h"

#include "common/edit_distance.h"
#include "common/setting_value.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *env_name(const struct setting *setting, char out[SETTING_NAME_SIZE])
{
    size_t prefix_len = strlen(SETTINGS_ENV_PREFIX);

    (void)snprintf(out, SETTING_NAME_SIZE, SETTINGS_ENV_PREFIX "%s", setting->name);
    for (char *c = out + prefix_len; *c; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
        else if (*c == '.' || *c == '-')
            *c = '_';
    }
    return out;
}

static const char *name_of(const struct setting *setting,
                           enum setting_naming naming,
                           char out[SETTING_NAME_SIZE])
{
    switch (naming) {
    case NAMING_PLAIN:
        return setting->name;
    case NAMING_ENV:
        return env_name(setting, out);
    case NAMING_WELL_KNOWN:
        return setting->env;
    }
    return NULL;
}

size_t settings_find(const struct settings_loader *l, const char *name, enum setting_naming naming)
{
    char buf[SETTING_NAME_SIZE];

    for (size_t i = 0; i < l->n_settings; i++) {
        const char *known = name_of(&l->table[i], naming, buf);

        if (known && strcmp(known, name) == 0)
            return i;
    }
    return SETTING_NOT_FOUND;
}

/* How far the name is from a setting's, as the source would write it. */
static size_t distance_to(const struct setting *setting,
                          const char *name,
                          enum setting_naming naming)
{
    char buf[SETTING_NAME_SIZE];
    size_t whole, key;

    if (naming == NAMING_ENV)
        return edit_distance(name, env_name(setting, buf));
    whole = edit_distance(name, setting->name);
    /* The section left out: "windw". */
    if (strchr(name, '.') || !strchr(setting->name, '.'))
        return whole;
    key = edit_distance(name, strchr(setting->name, '.') + 1);
    return key < whole ? key : whole;
}

int settings_fail_unknown(const struct settings_loader *l,
                          const char *source,
                          const char *name,
                          enum setting_naming naming)
{
    size_t own_len = strlen(name) - (naming == NAMING_ENV ? strlen(SETTINGS_ENV_PREFIX) : 0);
    /* A third of it wrong is a typing error, more is another word. */
    size_t best = own_len / 3 + 1, nearest = SETTING_NOT_FOUND;
    char quote[SETTING_QUOTE_SIZE], buf[SETTING_NAME_SIZE];

    for (size_t i = 0; i < l->n_settings; i++) {
        size_t distance = distance_to(&l->table[i], name, naming);

        if (distance < best) {
            best = distance;
            nearest = i;
        }
    }
    setting_quote(name, quote);
    if (nearest == SETTING_NOT_FOUND)
        return tw_fail(l->err, TW_INVALID, "%s: unknown setting '%s'", source, quote);
    return tw_fail(l->err, TW_INVALID, "%s: unknown setting '%s'; did you mean '%s'?", source,
                   quote, name_of(&l->table[nearest], naming, buf));
}

int settings_set(const struct settings_loader *l,
                 size_t index,
                 const char *text,
                 const char *source)
{
    return setting_value_parse(&l->table[index], text, source, l->config, l->err);
}

/* What an error calls a file: its path, or its name where that would fill the message. */
static const char *shown_path(const char *path)
{
    const char *slash = strrchr(path, '/');

    return strlen(path) > 80 && slash && strlen(slash) > 1 ? slash + 1 : path;
}

int settings_read_file(const char *path, struct buffer *out, struct tw_error *err)
{
    char chunk[16384];
    ssize_t len;
    int fd;

    buffer_init(out, SETTINGS_FILE_SIZE_MAX);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return tw_fail_errno(err, errno == ENOENT ? TW_NOT_FOUND : TW_BROKEN, errno,
                             "cannot open %.120s", shown_path(path));
    while ((len = read(fd, chunk, sizeof(chunk))) > 0 && buffer_append(out, chunk, (size_t)len))
        continue;
    if (len < 0)
        (void)tw_fail_errno(err, TW_BROKEN, errno, "cannot read %.120s", shown_path(path));
    else if (len > 0)
        (void)tw_fail(err, TW_INVALID, "%.120s is larger than %d bytes", shown_path(path),
                      SETTINGS_FILE_SIZE_MAX);
    (void)close(fd);
    return len == 0 ? 0 : -1;
}

const char *settings_source(const char *path, int line, char out[SETTING_SOURCE_SIZE])
{
    (void)snprintf(out, SETTING_SOURCE_SIZE, "%.120s:%d", shown_path(path), line);
    return out;
}
