#include "common/settings.h"

#include "common/setting_value.h"
#include "common/settings_loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Flags ------------------------------------------------------------------------------------- */

/* The value of the flag at flags[at], which has none behind a '='; *ret_used: how many arguments it
 * takes up. NULL: it is missing. */
static const char *value_behind(const struct setting *setting,
                                const char *const *flags,
                                int n_left,
                                int *ret_used)
{
    bool ignored;
    bool has_next = n_left > 1 && strncmp(flags[1], "--", 2) != 0;

    *ret_used = 1;
    if (setting->type == SETTING_BOOL && !(has_next && setting_bool_parse(flags[1], &ignored)))
        return "true";
    if (!has_next)
        return NULL;
    *ret_used = 2;
    return flags[1];
}

/* Takes the flag at flags[0]; returns how many arguments that were, or -1. */
static int take_flag(const struct settings_loader *l, const char *const *flags, int n_left)
{
    char name[SETTING_NAME_SIZE], source[SETTING_NAME_SIZE + 2];
    size_t len = strcspn(flags[0], "=");
    const char *value = flags[0][len] ? flags[0] + len + 1 : NULL;
    int used = 1;
    size_t index;

    (void)snprintf(name, sizeof(name), "%.*s", (int)(len - 2), flags[0] + 2);
    (void)snprintf(source, sizeof(source), "--%s", name);
    index = len - 2 < sizeof(name) ? settings_find(l, name, NAMING_PLAIN) : SETTING_NOT_FOUND;
    if (index == SETTING_NOT_FOUND)
        return settings_fail_unknown(l, "command line", name, NAMING_PLAIN);
    if (!value)
        value = value_behind(&l->table[index], flags, n_left, &used);
    if (!value)
        return tw_fail(l->err, TW_INVALID, "%s needs a value", source);
    return settings_set(l, index, value, source) < 0 ? -1 : used;
}

static int load_flags(const struct settings_loader *l, const char *const *flags, int n_flags)
{
    for (int i = 0, used; i < n_flags; i += used) {
        /* Not shown: it may be a secret that a blank has parted from its flag. */
        if (strncmp(flags[i], "--", 2) != 0 || !flags[i][2])
            return tw_fail(l->err, TW_INVALID,
                           "command line: argument %d of the settings is not --section.key=VALUE",
                           i + 1);
        used = take_flag(l, flags + i, n_flags - i);
        if (used < 0)
            return -1;
    }
    return 0;
}

/* ---- All of it --------------------------------------------------------------------------------- */

static int load_all(struct settings_loader *l, const struct settings_sources *sources)
{
    for (size_t i = 0; i < l->n_settings; i++)
        if (settings_set(l, i, l->table[i].fallback, "default") < 0)
            return -1;
    if (sources->file && settings_load_ini(l, sources->file) < 0)
        return -1;
    if (sources->dotenv && settings_load_dotenv(l, sources->dotenv) < 0)
        return -1;
    if (sources->env && settings_load_env(l, sources->env) < 0)
        return -1;
    return load_flags(l, sources->flags, sources->n_flags);
}

int settings_load(const struct setting *table,
                  size_t n_settings,
                  const struct settings_sources *sources,
                  void *config,
                  struct tw_error *err)
{
    struct settings_loader l = {table, n_settings, config, err, sources->family};

    if (load_all(&l, sources) == 0)
        return 0;
    settings_finish(table, n_settings, config);
    if (sources->family)
        setting_family_finish(sources->family);
    return -1;
}

void setting_family_finish(struct setting_family *family)
{
    for (size_t i = 0; i < family->n; i++) {
        struct setting_member *member = &family->members[i];

        settings_finish(family->table, family->n_settings, member->values);
        free(member->values);
        free(member->seen_at);
    }
    family->n = 0;
}

void settings_finish(const struct setting *table, size_t n_settings, void *config)
{
    for (size_t i = 0; i < n_settings; i++)
        setting_value_free(&table[i], config);
}

void settings_print(const struct setting *table,
                    size_t n_settings,
                    const void *config,
                    struct buffer *out)
{
    const char *section = "";
    size_t section_len = 0;

    for (size_t i = 0; i < n_settings; i++) {
        const char *name = table[i].name;
        size_t len = strcspn(name, ".");

        if (len != section_len || strncmp(name, section, len) != 0) {
            (void)buffer_printf(out, "%s[%.*s]\n", i > 0 ? "\n" : "", (int)len, name);
            section = name;
            section_len = len;
        }
        (void)buffer_printf(out, "%s = ", name + len + 1);
        setting_value_write(&table[i], config, out);
        (void)buffer_putc(out, '\n');
    }
}

void settings_help(const struct setting *table, size_t n_settings, struct buffer *out)
{
    for (size_t i = 0; i < n_settings; i++) {
        const struct setting *setting = &table[i];

        (void)buffer_printf(out, "%-28s ", setting->name);
        setting_value_describe(setting, out);
        if (*setting->fallback)
            (void)buffer_printf(out, " [%s]", setting->fallback);
        if (setting->env)
            (void)buffer_printf(out, " (also %s)", setting->env);
        (void)buffer_printf(out, ": %s\n", setting->help);
    }
}
