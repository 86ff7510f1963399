#include "tui/data/options.h"

#include "common/edit_distance.h"
#include "tui/data/prom.h"
#include "tui/text/server_text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NAMES_MAX    128
#define HELP_COLUMN  34 /* of the option's sentence */
#define NEAR_AT_MOST 3  /* edits by which a name may be off and still be guessed */

void options_hint(const char *name, const char *const *names, size_t n, char out[OPTIONS_HINT_SIZE])
{
    size_t best = SIZE_MAX, least = NEAR_AT_MOST + 1;

    for (size_t i = 0; i < n; i++) {
        size_t distance = edit_distance(name, names[i]);

        if (distance < least) {
            least = distance;
            best = i;
        }
    }
    /* One edit in "a" makes any letter: a guess needs more that agrees than differs. */
    if (best == SIZE_MAX || least * 2 > strlen(name))
        out[0] = '\0';
    else
        (void)snprintf(out, OPTIONS_HINT_SIZE, " (did you mean '%.64s'?)", names[best]);
}

/* ---- Values ------------------------------------------------------------------------------------ */

static void *field_of(const struct option_spec *spec, void *values)
{
    return (char *)values + spec->offset;
}

static bool is_choice(const char *choices, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = choices; *at;) {
        size_t choice_len = strcspn(at, "|");

        if (len > 0 && choice_len == len && memcmp(at, word, len) == 0)
            return true;
        at += choice_len + (at[choice_len] == '|');
    }
    return false;
}

static int set_number(const struct option_spec *spec,
                      const char *text,
                      void *values,
                      struct tw_error *err)
{
    bool is_whole = spec->type == OPTION_WHOLE, is_bounded = spec->min < spec->max;
    double number;

    if (!prom_number(text, &number) || !isfinite(number) || (is_whole && floor(number) < number))
        return tw_fail(err, TW_INVALID, "--%s must be a %snumber", spec->name,
                       is_whole ? "whole " : "");
    if (is_bounded && !(number >= spec->min && number <= spec->max))
        return tw_fail(err, TW_INVALID, "--%s must be from %.10g to %.10g", spec->name, spec->min,
                       spec->max);
    *(double *)field_of(spec, values) = number;
    return 0;
}

static int set_value(const struct option_spec *spec,
                     const char *text,
                     void *values,
                     struct tw_error *err)
{
    switch (spec->type) {
    case OPTION_FLAG:
        *(bool *)field_of(spec, values) = true;
        return 0;
    case OPTION_NUMBER:
    case OPTION_WHOLE:
        return set_number(spec, text, values, err);
    case OPTION_CHOICE:
        if (!is_choice(spec->choices, text))
            return tw_fail(err, TW_INVALID, "--%s must be one of %s", spec->name, spec->choices);
        *(const char **)field_of(spec, values) = text;
        return 0;
    case OPTION_TEXT:
        if (!text[0])
            return tw_fail(err, TW_INVALID, "--%s must not be empty", spec->name);
        *(const char **)field_of(spec, values) = text;
        return 0;
    }
    return -1;
}

static int set_fallbacks(const struct option_table *table, void *values, struct tw_error *err)
{
    for (size_t i = 0; i < table->n_specs; i++) {
        const struct option_spec *spec = &table->specs[i];

        if (spec->type == OPTION_NUMBER || spec->type == OPTION_WHOLE)
            *(double *)field_of(spec, values) = (double)NAN;
        if (spec->fallback && set_value(spec, spec->fallback, values, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- Arguments --------------------------------------------------------------------------------- */

static int fail_unknown(const struct option_table *table, const char *name, struct tw_error *err)
{
    const char *names[NAMES_MAX];
    char shown[64], hint[OPTIONS_HINT_SIZE];
    size_t n = 0;

    for (size_t i = 0; i < table->n_specs && n < NAMES_MAX; i++)
        names[n++] = table->specs[i].name;
    for (size_t i = 0; i < table->n_settings && n < NAMES_MAX; i++)
        names[n++] = table->settings[i].name;
    options_hint(name, names, n, hint);
    (void)server_text_copy(shown, sizeof(shown), name, strlen(name));
    return tw_fail(err, TW_INVALID, "there is no option --%s%s", shown, hint);
}

static const struct option_spec *find_spec(const struct option_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_specs; i++)
        if (strcmp(table->specs[i].name, name) == 0)
            return &table->specs[i];
    return NULL;
}

static bool is_setting(const struct option_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_settings; i++)
        if (strcmp(table->settings[i].name, name) == 0)
            return true;
    return false;
}

/* How many arguments were taken, or -1. */
static int take_option(const struct option_spec *spec,
                       int n_left,
                       const char *const *arguments,
                       void *values,
                       struct tw_error *err)
{
    const char *equals = strchr(arguments[0], '=');

    if (spec->type == OPTION_FLAG) {
        if (equals)
            return tw_fail(err, TW_INVALID, "--%s takes no value", spec->name);
        return set_value(spec, NULL, values, err) < 0 ? -1 : 1;
    }
    if (equals)
        return set_value(spec, equals + 1, values, err) < 0 ? -1 : 1;
    if (n_left < 2 || strncmp(arguments[1], "--", 2) == 0)
        return tw_fail(err, TW_INVALID, "--%s needs a value", spec->name);
    return set_value(spec, arguments[1], values, err) < 0 ? -1 : 2;
}

/* A setting with its value, which settings_load will check. */
static int take_setting(int n_left,
                        const char *const *arguments,
                        struct option_rest *rest,
                        struct tw_error *err)
{
    int n = !strchr(arguments[0], '=') && n_left > 1 && strncmp(arguments[1], "--", 2) != 0 ? 2 : 1;

    if (rest->n_settings + n > SETTING_FLAGS_MAX)
        return tw_fail(err, TW_INVALID, "too many settings on the command line");
    for (int i = 0; i < n; i++)
        rest->settings[rest->n_settings++] = arguments[i];
    return n;
}

static int take_operand(const char *argument, struct option_rest *rest, struct tw_error *err)
{
    if (rest->n_operands == OPERANDS_MAX)
        return tw_fail(err, TW_INVALID, "too many arguments");
    rest->operands[rest->n_operands++] = argument;
    return 1;
}

static int take_argument(const struct option_table *table,
                         int n_left,
                         const char *const *arguments,
                         void *values,
                         struct option_rest *rest,
                         struct tw_error *err)
{
    const struct option_spec *spec;
    char name[128];

    if (arguments[0][0] != '-' || !arguments[0][1])
        return take_operand(arguments[0], rest, err);
    if (arguments[0][1] != '-')
        return tw_fail(err, TW_INVALID, "options begin with two dashes");
    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(arguments[0] + 2, "="),
                   arguments[0] + 2);
    spec = find_spec(table, name);
    if (spec)
        return take_option(spec, n_left, arguments, values, err);
    if (is_setting(table, name))
        return take_setting(n_left, arguments, rest, err);
    return fail_unknown(table, name, err);
}

static bool is_set(const struct option_spec *spec, const void *values)
{
    const char *field = (const char *)values + spec->offset;

    switch (spec->type) {
    case OPTION_FLAG:
        return *(const bool *)(const void *)field;
    case OPTION_NUMBER:
    case OPTION_WHOLE:
        return !isnan(*(const double *)(const void *)field);
    case OPTION_TEXT:
    case OPTION_CHOICE:
        return *(const char *const *)(const void *)field != NULL;
    }
    return false;
}

int options_parse(const struct option_table *table,
                  int n,
                  const char *const *arguments,
                  void *values,
                  struct option_rest *ret_rest,
                  struct tw_error *err)
{
    bool is_over = false; /* after "--" */

    *ret_rest = (struct option_rest){0};
    if (set_fallbacks(table, values, err) < 0)
        return -1;
    for (int i = 0, used = 1; i < n; i += used) {
        if (is_over) {
            used = take_operand(arguments[i], ret_rest, err);
        } else if (strcmp(arguments[i], "--") == 0) {
            is_over = true;
            used = 1;
        } else {
            used = take_argument(table, n - i, arguments + i, values, ret_rest, err);
        }
        if (used < 0)
            return -1;
    }
    for (size_t i = 0; i < table->n_specs; i++)
        if (table->specs[i].is_required && !is_set(&table->specs[i], values))
            return tw_fail(err, TW_INVALID, "--%s is missing: %s", table->specs[i].name,
                           table->specs[i].help);
    return 0;
}

void options_write_help(const struct option_spec *specs, size_t n_specs, struct buffer *out)
{
    for (size_t i = 0; i < n_specs; i++) {
        const struct option_spec *spec = &specs[i];
        const char *argument = spec->choices ? spec->choices : spec->argument;
        size_t start = out->len, used;

        (void)buffer_printf(out, "  --%s%s%s", spec->name, argument ? " " : "",
                            argument ? argument : "");
        used = out->len - start;
        if (used >= HELP_COLUMN - 1)
            (void)buffer_printf(out, "\n%*s", HELP_COLUMN, "");
        else
            (void)buffer_printf(out, "%*s", (int)(HELP_COLUMN - used), "");
        (void)buffer_puts(out, spec->help);
        if (spec->fallback)
            (void)buffer_printf(out, " (%s)", spec->fallback);
        (void)buffer_putc(out, '\n');
    }
}
