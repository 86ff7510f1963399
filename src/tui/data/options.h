#ifndef TW_OPTIONS_H
#define TW_OPTIONS_H

/* The command line, from const tables: one line per option, from which parsing, --help and the nearest
 * name for a mistyped one all come. Settings of any section may stand among a command's options as
 * --section.key=VALUE; they are handed on. Pure. */

#include "common/buffer.h"
#include "common/error.h"
#include "common/settings.h"

#include <stdbool.h>
#include <stddef.h>

enum option_type {
    OPTION_FLAG,   /* bool: --name */
    OPTION_NUMBER, /* double, finite, min..max: --name=1.5 or --name 1.5 */
    OPTION_WHOLE,  /* double without a fraction, min..max */
    OPTION_TEXT,   /* const char *, borrowed from argv */
    OPTION_CHOICE, /* const char *: one of the words in choices, "a|b|c" */
};

struct option_spec {
    const char *name;     /* without the dashes */
    const char *argument; /* "SECONDS": what --help calls the value; NULL for a flag */
    const char *fallback; /* NULL: none; the field stays NULL, false or NaN */
    const char *choices;
    const char *help;
    size_t offset;   /* into the command's struct of values */
    double min, max; /* both 0: no bounds */
    enum option_type type;
    bool is_required;
};

#define OPERANDS_MAX      512 /* words of a question */
#define SETTING_FLAGS_MAX 64

/* What is left beside the options; borrowed from argv. */
struct option_rest {
    int n_operands;
    const char *operands[OPERANDS_MAX];
    int n_settings;
    const char *settings[SETTING_FLAGS_MAX];
};

struct option_table {
    const struct option_spec *specs;
    size_t n_specs;
    const struct setting *settings; /* known ones, of which only the names count here */
    size_t n_settings;
};

/* Reads n arguments into values (fields at the specs' offsets) and ret_rest. Options may stand anywhere;
 * "--" ends them. TW_INVALID with a sentence that names what was meant, where something is near. */
int options_parse(const struct option_table *table,
                  int n,
                  const char *const *arguments,
                  void *values,
                  struct option_rest *ret_rest,
                  struct tw_error *err) MUST_CHECK;

/* A line per option: name, argument, help, default. */
void options_write_help(const struct option_spec *specs, size_t n_specs, struct buffer *out);

/* " (did you mean 'x'?)" into out, or "" when nothing is near. names: n of them. */
#define OPTIONS_HINT_SIZE 96
void options_hint(const char *name,
                  const char *const *names,
                  size_t n,
                  char out[OPTIONS_HINT_SIZE]);

#endif
