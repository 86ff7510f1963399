#ifndef TW_SETTINGS_LOADER_H
#define TW_SETTINGS_LOADER_H

/* What the sources of settings share. Private to settings*.c. Functions return -1 with the loader's
 * err filled. */

#include "common/settings.h"

#define SETTING_NAME_SIZE      128
#define SETTING_SOURCE_SIZE    160
#define SETTINGS_ENV_PREFIX    "TIDEWATCH_"
#define SETTINGS_FILE_SIZE_MAX (1 << 20) /* bytes */

struct settings_loader {
    const struct setting *table;
    size_t n_settings;
    void *config;
    struct tw_error *err;
    struct setting_family *family; /* NULL: none */
};

/* How a kind of source names a setting; NULL: not at all. */
enum setting_naming {
    NAMING_PLAIN,      /* section.key */
    NAMING_ENV,        /* TIDEWATCH_SECTION_KEY */
    NAMING_WELL_KNOWN, /* SLACK_WEBHOOK_URL */
};

#define SETTING_NOT_FOUND ((size_t)-1)

/* Index in the table. */
size_t settings_find(const struct settings_loader *l, const char *name, enum setting_naming naming);

/* Not for NAMING_WELL_KNOWN: names the setting that may have been meant. Always -1. */
int settings_fail_unknown(const struct settings_loader *l,
                          const char *source,
                          const char *name,
                          enum setting_naming naming);

int settings_set(const struct settings_loader *l,
                 size_t index,
                 const char *text,
                 const char *source);

/* The whole file; out is born here with its limit. TW_NOT_FOUND, TW_BROKEN, or TW_INVALID: too large. */
int settings_read_file(const char *path, struct buffer *out, struct tw_error *err) MUST_CHECK;

/* "path:12". */
const char *settings_source(const char *path, int line, char out[SETTING_SOURCE_SIZE]);

/* The sources that have a file of their own. */
int settings_load_ini(const struct settings_loader *l, const char *path) MUST_CHECK;
int settings_load_dotenv(const struct settings_loader *l, const char *path) MUST_CHECK;
int settings_load_env(const struct settings_loader *l, const char *const *env) MUST_CHECK;

#endif
