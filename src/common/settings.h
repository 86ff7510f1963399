#ifndef TW_SETTINGS_H
#define TW_SETTINGS_H

/* Settings from a const table, for both programs: one line per setting. Sources in winning order:
 *   flags         --section.key=VALUE or --section.key VALUE; --section.key alone is true for a BOOL
 *   environment   TIDEWATCH_SECTION_KEY (dots and dashes become underscores), then the setting's
 *                 well-known name
 *   .env file     the same names; KEY=VALUE lines as of a shell (dotenv.h)
 *   file          INI: [section] and key = value; # or ; start a comment line, " ;" ends a value
 *   default       of the table
 * A value is checked where it stands, even if a stronger source overrides it. What is wrong is an error
 * that names the source, the line and what is allowed; an unknown key names the nearest known one.
 *
 * Unknown keys of the file, unknown flags and unknown TIDEWATCH_ variables of the environment are
 * errors (but for TIDEWATCH_STATE and TIDEWATCH_CONFIG, which the programs read themselves). Of the .env
 * file, which other programs share, only known names are read. Under a well-known name an empty or
 * placeholder value ("your-api-key") counts as unset. No error holds a SECRET's value. The only
 * includer of libinih. */

#include "common/buffer.h"
#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_type {
    SETTING_STRING, /* char *: owned, never NULL; min..max bytes, or up to SETTING_TEXT_MAX. No control
                         characters, and nothing that a file could not hold: blanks at an end, " ;" */
    SETTING_SECRET,   /* char *: as STRING, but may hold those; printed as *** when set */
    SETTING_INT,      /* int64_t, min..max */
    SETTING_NUMBER,   /* double, finite, min..max */
    SETTING_BOOL,     /* bool: true/false, yes/no, on/off, 1/0 */
    SETTING_DURATION, /* int64_t milliseconds; written 500ms, 30s, 5m, 6h, 7d, 0; min..max in ms */
    SETTING_BYTES,    /* int64_t; written 64k, 16M, 2G (1024 each) or plain; min..max in bytes */
    SETTING_CHOICE,   /* int: the index of the word in choices */
};

#define SETTING_TEXT_MAX 2048

struct setting {
    const char *name; /* "section.key" */
    enum setting_type type;
    size_t offset;        /* of the field in the program's struct config */
    const char *fallback; /* default, as written in a file */
    double min, max;      /* both 0: no bounds */
    const char *choices;  /* "a|b|c" for CHOICE, else NULL */
    const char *env;      /* a further environment name ("SLACK_WEBHOOK_URL"), or NULL */
    const char *help;     /* one sentence: shown by --help and put into the man page */
};

/* Sections [prefix.NAME] of the file, each filled from a table of its own, whose names have no dot. */
#define SETTING_MEMBERS_MAX     32
#define SETTING_MEMBER_NAME_MAX 31 /* letters, digits, - and _ */

struct setting_member {
    char name[SETTING_MEMBER_NAME_MAX + 1];
    int line;     /* of the file, where its first key stands */
    int *seen_at; /* by setting: its line, or 0; owned */
    void *values; /* what the table fills; owned */
};

struct setting_family {
    const char *prefix;
    const struct setting *table;
    size_t n_settings, values_size;
    struct setting_member members[SETTING_MEMBERS_MAX]; /* as the file has them */
    size_t n;
};

void setting_family_finish(struct setting_family *family);

struct settings_sources {
    const char *file;       /* NULL: none. Must exist when given; at most 1 MB */
    const char *dotenv;     /* NULL: none. Skipped when it does not exist; at most 1 MB */
    const char *const *env; /* environ-like; NULL: none */
    int n_flags;            /* flags that are settings, as left over by the caller's own options */
    const char *const *flags;
    struct setting_family *family; /* of the file; NULL: none. Finished when settings_load fails */
};

/* Fills config (zeroed by the caller) from the sources; every field is set on success. TW_INVALID
 * names the source, line and what is allowed; TW_NOT_FOUND and TW_BROKEN say that a file cannot be had
 * or read. On failure config holds nothing to free. Not while another thread does the same. */
int settings_load(const struct setting *table,
                  size_t n_settings,
                  const struct settings_sources *sources,
                  void *config,
                  struct tw_error *err) MUST_CHECK;
void settings_finish(const struct setting *table, size_t n_settings, void *config);

/* As an INI file that settings_load reads back, in the table's order; secrets as ***, which
 * settings_load refuses as a value. */
void settings_print(const struct setting *table,
                    size_t n_settings,
                    const void *config,
                    struct buffer *out);

/* One line per setting: name, what it takes, default, help. */
void settings_help(const struct setting *table, size_t n_settings, struct buffer *out);

#endif
