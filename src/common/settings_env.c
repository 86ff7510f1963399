/* Variables: of the environment and of the .env file. */
#include "common/settings_loader.h"

#include "common/dotenv.h"

#include <stdio.h>
#include <string.h>

/* Whether text has a word (a run of letters and digits) that is nothing but x: "sk-xxxx". A whole word,
 * because a true key may have three in a row. */
static bool has_word_of_x(const char *text)
{
    static const char word[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    while (*text) {
        size_t len = strspn(text, word);

        if (len >= 3 && strspn(text, "xX") == len)
            return true;
        text += len;
        text += strcspn(text, word);
    }
    return false;
}

/* Values that stand in a copied .env until somebody fills it in. The example domains are nobody's by
 * RFC 2606. */
static bool is_placeholder(const char *text)
{
    static const char *const signs[] = {
        "your-",     "your_",       "/your/",      "<your",       "changeme",    "change-me",
        "change_me", "placeholder", "example.com", "example.org", "example.net",
    };

    if (!*text || has_word_of_x(text))
        return true;
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (strcasestr(text, signs[i]))
            return true;
    return false;
}

/* A variable is looked at twice: first under the well-known names, then under ours, which win. */
static int set_variable(const struct settings_loader *l,
                        const char *name,
                        const char *value,
                        enum setting_naming naming,
                        const char *source)
{
    size_t index = settings_find(l, name, naming);

    if (index == SETTING_NOT_FOUND || (naming == NAMING_WELL_KNOWN && is_placeholder(value)))
        return 0;
    return settings_set(l, index, value, source);
}

static int take_dotenv(const struct settings_loader *l,
                       const char *path,
                       const struct buffer *text,
                       enum setting_naming naming)
{
    struct dotenv_entry entry;
    struct dotenv reader;

    dotenv_start(&reader, buffer_text(text), text->len);
    while (dotenv_next(&reader, &entry)) {
        char source[SETTING_SOURCE_SIZE];

        (void)settings_source(path, entry.line, source);
        if (entry.fault && settings_find(l, entry.name, naming) != SETTING_NOT_FOUND)
            return tw_fail(l->err, TW_INVALID, "%s: %s %s", source, entry.name, entry.fault);
        if (!entry.fault && set_variable(l, entry.name, entry.value, naming, source) < 0)
            return -1;
    }
    return 0;
}

int settings_load_dotenv(const struct settings_loader *l, const char *path)
{
    CLEANUP(buffer_finish) struct buffer text;
    struct tw_error why;

    if (settings_read_file(path, &text, &why) < 0)
        return why.code == TW_NOT_FOUND ? 0 : tw_fail(l->err, why.code, "%s", why.message);
    if (take_dotenv(l, path, &text, NAMING_WELL_KNOWN) < 0)
        return -1;
    return take_dotenv(l, path, &text, NAMING_ENV);
}

/* Names with our prefix that are no settings: where the state and the file lie, which a program must
 * know before it can load them. */
static bool is_our_other_variable(const char *name)
{
    return strcmp(name, "TIDEWATCH_STATE") == 0 || strcmp(name, "TIDEWATCH_CONFIG") == 0;
}

static int take_env(const struct settings_loader *l,
                    const char *const *env,
                    enum setting_naming naming)
{
    for (; *env; env++) {
        const char *equals = strchr(*env, '=');
        char name[SETTING_NAME_SIZE], source[SETTING_SOURCE_SIZE];

        if (!equals)
            continue;
        /* One that does not fit is no setting's, cut or not. */
        (void)snprintf(name, sizeof(name), "%.*s", (int)(equals - *env), *env);
        if (naming == NAMING_ENV &&
            strncmp(name, SETTINGS_ENV_PREFIX, strlen(SETTINGS_ENV_PREFIX)) == 0 &&
            !is_our_other_variable(name) && settings_find(l, name, naming) == SETTING_NOT_FOUND)
            return settings_fail_unknown(l, "environment", name, naming);
        (void)snprintf(source, sizeof(source), "environment %s", name);
        if (set_variable(l, name, equals + 1, naming, source) < 0)
            return -1;
    }
    return 0;
}

int settings_load_env(const struct settings_loader *l, const char *const *env)
{
    if (take_env(l, env, NAMING_WELL_KNOWN) < 0)
        return -1;
    return take_env(l, env, NAMING_ENV);
}
