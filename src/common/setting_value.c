#include "common/setting_value.h"

#include "common/alloc.h"
#include "common/json_write.h"
#include "common/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

/* What settings_print writes in place of a secret. */
static const char secret_mask[] = "***";

struct unit {
    const char *name;
    int64_t size;
};

/* Ascending, the last one NULL. */
static const struct unit durations[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0},
};
static const struct unit sizes[] = {
    {"", 1}, {"k", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0},
};

/* ---- Fields ------------------------------------------------------------------------------------ */

static void *field_of(const struct setting *setting, void *config)
{
    return (char *)config + setting->offset;
}

static const void *value_of(const struct setting *setting, const void *config)
{
    return (const char *)config + setting->offset;
}

static bool is_text(const struct setting *setting)
{
    return setting->type == SETTING_STRING || setting->type == SETTING_SECRET;
}

void setting_value_free(const struct setting *setting, void *config)
{
    char **field = field_of(setting, config);

    if (!is_text(setting))
        return;
    free(*field);
    *field = NULL;
}

/* ---- In words ---------------------------------------------------------------------------------- */

const char *setting_quote(const char *text, char out[SETTING_QUOTE_SIZE])
{
    size_t left = strlen(text), len = 0, step;

    for (; left > 0 && len + 4 + 3 < SETTING_QUOTE_SIZE; text += step, left -= step) {
        bool is_plain = utf8_decode(text, left, &step) != 0xfffd && (unsigned char)*text >= 0x20 &&
                        *text != 0x7f;

        memcpy(out + len, is_plain ? text : "?", is_plain ? step : 1);
        len += is_plain ? step : 1;
    }
    memcpy(out + len, left > 0 ? "..." : "", left > 0 ? 4 : 1);
    return out;
}

/* In the largest unit that holds it exactly. */
static void write_in_units(struct buffer *out, int64_t value, const struct unit *units)
{
    const struct unit *best = units;

    for (const struct unit *unit = units; unit->name; unit++)
        if (value != 0 && value % unit->size == 0)
            best = unit;
    (void)buffer_printf(out, "%" PRId64 "%s", value / best->size, best->name);
}

static void write_number(struct buffer *out, double value)
{
    struct json_writer writer = {out, false};

    json_write_number(&writer, NULL, value);
}

/* min and max are doubles in the table whatever the type. */
static void write_bound(struct buffer *out, const struct setting *setting, double bound)
{
    if (setting->type == SETTING_DURATION)
        write_in_units(out, (int64_t)bound, durations);
    else if (setting->type == SETTING_BYTES)
        write_in_units(out, (int64_t)bound, sizes);
    else
        write_number(out, bound);
}

static bool has_bounds(const struct setting *setting)
{
    return setting->min != 0 || setting->max != 0;
}

static const char *type_words(const struct setting *setting)
{
    switch (setting->type) {
    case SETTING_STRING:
        return "text";
    case SETTING_SECRET:
        return "secret text";
    case SETTING_INT:
        return "whole number";
    case SETTING_NUMBER:
        return "number";
    case SETTING_BOOL:
        return "true or false";
    case SETTING_DURATION:
        return "time like 500ms, 30s, 5m, 6h or 7d";
    case SETTING_BYTES:
        return "size like 4096, 64k, 16M or 2G";
    case SETTING_CHOICE:
        return "one of ";
    }
    return "";
}

void setting_value_describe(const struct setting *setting, struct buffer *out)
{
    (void)buffer_puts(out, type_words(setting));
    for (const char *c = setting->choices; c && *c; c++)
        (void)(*c == '|' ? buffer_puts(out, ", ") : buffer_putc(out, *c));
    if (!has_bounds(setting))
        return;
    (void)buffer_puts(out, ", ");
    write_bound(out, setting, setting->min);
    (void)buffer_puts(out, " to ");
    write_bound(out, setting, setting->max);
    if (is_text(setting))
        (void)buffer_puts(out, " bytes");
}

/* ---- From text --------------------------------------------------------------------------------- */

/* A value with where it came from, for the error. */
struct given {
    const struct setting *setting;
    const char *text, *source;
};

static int refuse(const struct given *given, const char *what, struct tw_error *err)
{
    const struct setting *setting = given->setting;
    char quote[SETTING_QUOTE_SIZE];
    struct buffer allowed;

    buffer_init(&allowed, 160);
    setting_value_describe(setting, &allowed);
    if (is_text(setting))
        (void)tw_fail(err, TW_INVALID, "%s: %s %s; allowed is %s", given->source, setting->name,
                      what, buffer_text(&allowed));
    else
        (void)tw_fail(err, TW_INVALID, "%s: %s = '%s' %s; allowed is %s", given->source,
                      setting->name, setting_quote(given->text, quote), what,
                      buffer_text(&allowed));
    buffer_finish(&allowed);
    return -1;
}

/* Digits, perhaps behind a minus, then whatever. Returns what follows, or NULL: no digits, too many. */
static const char *parse_whole(const char *text, int64_t *ret_value)
{
    bool is_negative = *text == '-';
    const char *digits = text + is_negative, *at = digits;
    int64_t value = 0;

    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, *at - '0', &value))
            return NULL;
    /* Counted downwards, where there is one number more. */
    if (at == digits || (!is_negative && __builtin_sub_overflow(0, value, &value)))
        return NULL;
    *ret_value = value;
    return at;
}

static bool is_out_of_bounds(const struct setting *setting, double value)
{
    return has_bounds(setting) && !(value >= setting->min && value <= setting->max);
}

static int parse_int(const struct given *given, int64_t *field, struct tw_error *err)
{
    int64_t value;
    const char *rest = parse_whole(given->text, &value);

    if (!rest || *rest)
        return refuse(given, "is no whole number", err);
    if (is_out_of_bounds(given->setting, (double)value))
        return refuse(given, "is out of range", err);
    *field = value;
    return 0;
}

static int parse_number(const struct given *given, double *field, struct tw_error *err)
{
    /* strtod alone would take "0x1p3", "nan" and blanks. */
    size_t plain = strspn(given->text, "+-.0123456789eE");
    char *end;
    double value = strtod(given->text, &end);

    if (end == given->text || *end || given->text[plain] || !isfinite(value))
        return refuse(given, "is no number", err);
    if (is_out_of_bounds(given->setting, value))
        return refuse(given, "is out of range", err);
    *field = value;
    return 0;
}

static int parse_in_units(const struct given *given,
                          const struct unit *units,
                          int64_t *field,
                          struct tw_error *err)
{
    int64_t value;
    const char *name = parse_whole(given->text, &value);
    const struct unit *unit = units;

    if (!name || value < 0)
        return refuse(given, "cannot be read", err);
    /* Only sizes are told by one letter each, so only they may be written small or large. */
    while (unit->name && (units == sizes ? strcasecmp : strcmp)(unit->name, name) != 0)
        unit++;
    if (!unit->name && value == 0 && !*name)
        unit = units;
    if (!unit->name)
        return refuse(given, *name ? "has an unknown unit" : "has no unit", err);
    if (__builtin_mul_overflow(value, unit->size, &value) ||
        is_out_of_bounds(given->setting, (double)value))
        return refuse(given, "is out of range", err);
    *field = value;
    return 0;
}

bool setting_bool_parse(const char *text, bool *ret_value)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *ret_value = i % 2;
            return true;
        }
    }
    return false;
}

static int parse_choice(const struct given *given, int *field, struct tw_error *err)
{
    size_t len = strlen(given->text);
    int index = 0;

    for (const char *word = given->setting->choices; word; index++) {
        size_t word_len = strcspn(word, "|");

        if (word_len == len && memcmp(word, given->text, len) == 0) {
            *field = index;
            return 0;
        }
        word = word[word_len] ? word + word_len + 1 : NULL;
    }
    return refuse(given, "is none of the words", err);
}

static bool has_control_character(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

static int parse_text(const struct given *given, char **field, struct tw_error *err)
{
    const char *text = given->text;
    size_t len = strlen(text);
    double most = has_bounds(given->setting) ? given->setting->max : SETTING_TEXT_MAX;

    if (!utf8_is_valid(text, len))
        return refuse(given, "is no valid UTF-8", err);
    if (has_control_character(text))
        return refuse(given, "holds a control character", err);
    if ((double)len > most)
        return refuse(given, "is too long", err);
    if ((double)len < given->setting->min)
        return refuse(given, "is too short", err);
    if (given->setting->type == SETTING_SECRET) {
        if (strcmp(text, secret_mask) == 0)
            return refuse(given, "is ***, which stands for a secret that is not shown", err);
    } else if (len > 0 && (text[0] == ' ' || text[len - 1] == ' ')) {
        return refuse(given, "begins or ends with a blank", err);
    } else if (text[0] == ';' || strstr(text, " ;")) {
        return refuse(given, "holds ' ;', which starts a comment", err);
    }
    free(*field);
    *field = xstrdup(text);
    return 0;
}

int setting_value_parse(const struct setting *setting,
                        const char *text,
                        const char *source,
                        void *config,
                        struct tw_error *err)
{
    const struct given given = {setting, text, source};
    void *field = field_of(setting, config);

    switch (setting->type) {
    case SETTING_STRING:
    case SETTING_SECRET:
        return parse_text(&given, field, err);
    case SETTING_INT:
        return parse_int(&given, field, err);
    case SETTING_NUMBER:
        return parse_number(&given, field, err);
    case SETTING_BOOL:
        return setting_bool_parse(text, field) ? 0 : refuse(&given, "is neither", err);
    case SETTING_DURATION:
        return parse_in_units(&given, durations, field, err);
    case SETTING_BYTES:
        return parse_in_units(&given, sizes, field, err);
    case SETTING_CHOICE:
        return parse_choice(&given, field, err);
    }
    return -1;
}

/* ---- To text ----------------------------------------------------------------------------------- */

static void write_choice(struct buffer *out, const char *choices, int index)
{
    for (; index > 0; index--)
        choices += strcspn(choices, "|") + 1;
    (void)buffer_append(out, choices, strcspn(choices, "|"));
}

void setting_value_write(const struct setting *setting, const void *config, struct buffer *out)
{
    const void *value = value_of(setting, config);

    switch (setting->type) {
    case SETTING_STRING:
        (void)buffer_puts(out, *(char *const *)value);
        break;
    case SETTING_SECRET:
        (void)buffer_puts(out, **(char *const *)value ? secret_mask : "");
        break;
    case SETTING_INT:
        (void)buffer_printf(out, "%" PRId64, *(const int64_t *)value);
        break;
    case SETTING_NUMBER:
        write_number(out, *(const double *)value);
        break;
    case SETTING_BOOL:
        (void)buffer_puts(out, *(const bool *)value ? "true" : "false");
        break;
    case SETTING_DURATION:
        write_in_units(out, *(const int64_t *)value, durations);
        break;
    case SETTING_BYTES:
        write_in_units(out, *(const int64_t *)value, sizes);
        break;
    case SETTING_CHOICE:
        write_choice(out, setting->choices, *(const int *)value);
        break;
    }
}
