#include "tui/text/units.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "tui/text/moment.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_MAX 3e9    /* about a century: beyond, a span means nothing */
#define MOMENT_MAX  2.5e14 /* ms; the year 9892 */

enum family {
    PLAIN,   /* number and suffix */
    PERCENT, /* the same with fewer decimals */
    SHORT,   /* K, Mil, Bil */
    SI,      /* k, M, G before the suffix */
    IEC,     /* Ki, Mi, Gi before the suffix */
    TIME,    /* factor turns it into seconds */
    MOMENT,  /* Unix time in ms */
    TRUTH,   /* suffix is "false|true" */
};

struct unit {
    const char *id;
    enum family family;
    double factor;
    const char *suffix;
};

/* https://github.com/grafana/grafana/blob/v10.4.0/packages/grafana-data/src/valueFormats/categories.ts */
static const struct unit units[] = {
    {"none", PLAIN, 1, ""},
    {"", PLAIN, 1, ""},
    {"string", PLAIN, 1, ""},
    {"short", SHORT, 1, ""},
    {"sishort", SI, 1, ""},
    {"percent", PERCENT, 1, "%"},
    {"percentunit", PERCENT, 100, "%"},
    {"humidity", PERCENT, 1, "%H"},
    {"dB", PLAIN, 1, " dB"},
    {"ns", TIME, 1e-9, ""},
    {"\xc2\xb5s", TIME, 1e-6, ""},
    {"ms", TIME, 1e-3, ""},
    {"s", TIME, 1, ""},
    {"m", TIME, 60, ""},
    {"h", TIME, 3600, ""},
    {"d", TIME, 86400, ""},
    {"dtdurations", TIME, 1, ""},
    {"dtdurationms", TIME, 1e-3, ""},
    {"clocks", TIME, 1, ""},
    {"clockms", TIME, 1e-3, ""},
    {"timeticks", TIME, 0.01, ""},
    {"hertz", SI, 1, "Hz"},
    {"bytes", IEC, 1, "B"},
    {"kbytes", IEC, 1024, "B"},
    {"mbytes", IEC, 1048576, "B"},
    {"gbytes", IEC, 1073741824, "B"},
    {"decbytes", SI, 1, "B"},
    {"deckbytes", SI, 1e3, "B"},
    {"decmbytes", SI, 1e6, "B"},
    {"bits", IEC, 1, "b"},
    {"decbits", SI, 1, "b"},
    {"Bps", SI, 1, "B/s"},
    {"binBps", IEC, 1, "B/s"},
    {"bps", SI, 1, "b/s"},
    {"binbps", IEC, 1, "b/s"},
    {"cps", SHORT, 1, " c/s"},
    {"ops", SHORT, 1, " ops/s"},
    {"reqps", SHORT, 1, " req/s"},
    {"rps", SHORT, 1, " rd/s"},
    {"wps", SHORT, 1, " wr/s"},
    {"iops", SHORT, 1, " io/s"},
    {"eps", SHORT, 1, " evt/s"},
    {"mps", SHORT, 1, " msg/s"},
    {"cpm", SHORT, 1, " c/m"},
    {"opm", SHORT, 1, " ops/m"},
    {"reqpm", SHORT, 1, " req/m"},
    {"currencyUSD", PLAIN, 1, " USD"},
    {"currencyEUR", PLAIN, 1, " EUR"},
    {"celsius", PLAIN, 1, " C"},
    {"dateTimeAsIso", MOMENT, 1, ""},
    {"dateTimeAsIsoNoDateIfToday", MOMENT, 1, ""},
    {"dateTimeAsUS", MOMENT, 1, ""},
    {"dateTimeAsLocal", MOMENT, 1, ""},
    {"dateTimeAsSystem", MOMENT, 1, ""},
    {"bool", TRUTH, 1, "False|True"},
    {"bool_yes_no", TRUTH, 1, "No|Yes"},
    {"bool_on_off", TRUTH, 1, "Off|On"},
};

static const struct unit *unit_of(const char *id)
{
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (strcmp(units[i].id, id ? id : "none") == 0)
            return &units[i];
    return NULL;
}

bool units_is_known(const char *unit)
{
    return unit_of(unit) != NULL;
}

/* printf writes the locale's decimal point, which may take several bytes. */
static void write_points(char *text)
{
    char *to = text;
    bool was_point = false;

    for (const char *from = text; *from; from++) {
        bool is_point = !strchr("0123456789+-e", *from);

        if (!is_point)
            *to++ = *from;
        else if (!was_point)
            *to++ = '.';
        was_point = is_point;
    }
    *to = '\0';
}

#define NUMBER_SIZE 40

/* value with this many decimals, but in powers of ten where that would be endless; no "-0". */
static void format_number(char out[NUMBER_SIZE], int decimals, double value)
{
    double least = 0.5 * pow(10, -decimals);

    if (fabs(value) >= 1e15)
        (void)snprintf(out, NUMBER_SIZE, "%.3g", value);
    else
        (void)snprintf(out, NUMBER_SIZE, "%.*f", decimals, fabs(value) < least ? 0.0 : value);
    write_points(out);
}

static bool is_whole(double value)
{
    return fabs(value) < 1e15 && value == floor(value);
}

/* Decimals that leave about three digits, two below 1: 123, 19.6, 2.31, 0.29, 0.012. */
static int auto_decimals(double value)
{
    double size = fabs(value);

    if (is_whole(value) || size >= 100)
        return 0;
    if (size >= 10)
        return 1;
    if (size >= 0.1)
        return 2;
    return size >= 1e-7 ? 1 - (int)floor(log10(size)) : 9;
}

/* An own choice for very small numbers: 0.00000004 is 4e-08. */
static void format_auto(char out[NUMBER_SIZE], int decimals, double value)
{
    if (decimals == UNITS_AUTO && value != 0 && fabs(value) < 1e-4) {
        (void)snprintf(out, NUMBER_SIZE, "%.2g", value);
        write_points(out);
    } else {
        format_number(out, decimals == UNITS_AUTO ? auto_decimals(value) : decimals, value);
    }
}

static size_t finish(char *out, size_t size, const char *number, const char *suffix)
{
    int len = snprintf(out, size, "%s%s", number, suffix);

    return len < 0 || size == 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;
}

static size_t format_percent(char *out, size_t size, const char *suffix, int decimals, double value)
{
    char number[NUMBER_SIZE];
    double size_of_it = fabs(value);

    if (decimals == UNITS_AUTO && !is_whole(value) && size_of_it >= 0.1)
        decimals = size_of_it >= 100 ? 0 : 1;
    format_auto(number, decimals, value);
    return finish(out, size, number, suffix);
}

static size_t format_scaled(
    char *out, size_t size, const struct unit *unit, int decimals, double value)
{
    static const char *const prefixes[][7] = {
        [SHORT] = {"", " K", " Mil", " Bil", " Tri", " Quadr", " Quint"},
        [SI] = {"", "k", "M", "G", "T", "P", "E"},
        [IEC] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"},
    };
    double base = unit->family == IEC ? 1024 : 1000;
    char number[NUMBER_SIZE], suffix[UNITS_SIZE];
    size_t power = 0;

    /* 999.6 is written as 1.00 k, not as 1000. */
    for (; power < 6 && fabs(value) >= base - 0.5; power++)
        value /= base;
    format_auto(number, decimals, value);
    (void)snprintf(suffix, sizeof(suffix), "%s%s%s",
                   unit->family != SHORT && *unit->suffix ? " " : "", prefixes[unit->family][power],
                   unit->suffix);
    return finish(out, size, number, suffix);
}

static size_t format_seconds(char *out, size_t size, int decimals, double seconds)
{
    double size_of_it = fabs(seconds);
    char number[NUMBER_SIZE];
    const char *suffix = "s";

    if (size_of_it >= 59.995 && size_of_it < SECONDS_MAX) {
        char span[MOMENT_SPAN_SIZE];

        moment_format_span((int64_t)llround(size_of_it) * 1000, span);
        return finish(out, size, seconds < 0 ? "-" : "", span);
    }
    if (size_of_it > 0 && size_of_it < 0.1) {
        double scale = size_of_it < 1e-6 ? 1e9 : size_of_it < 1e-3 ? 1e6 : 1e3;

        suffix = size_of_it < 1e-6 ? "ns" : size_of_it < 1e-3 ? "us" : "ms";
        seconds *= scale;
    }
    format_auto(number, decimals, seconds);
    return finish(out, size, number, suffix);
}

/* "2026-11-23 21:45:00" */
static size_t format_moment(char *out, size_t size, double value)
{
    char iso[CLOCK_ISO_SIZE];

    if (!(value >= 0 && value <= MOMENT_MAX))
        return finish(out, size, "no such time", "");
    clock_format_iso((int64_t)value, iso, sizeof(iso));
    iso[10] = ' ';
    iso[19] = '\0';
    return finish(out, size, iso, "");
}

static size_t format_truth(char *out, size_t size, const char *words, double value)
{
    const char *bar = strchr(words, '|');
    char word[16];

    (void)snprintf(word, sizeof(word), "%.*s", value != 0 ? 15 : (int)(bar - words),
                   value != 0 ? bar + 1 : words);
    return finish(out, size, word, "");
}

static size_t format_known(
    char *out, size_t size, const struct unit *unit, int decimals, double value)
{
    char number[NUMBER_SIZE];

    switch (unit->family) {
    case PERCENT:
        return format_percent(out, size, unit->suffix, decimals, value * unit->factor);
    case SHORT:
    case SI:
    case IEC:
        return format_scaled(out, size, unit, decimals, value * unit->factor);
    case TIME:
        return format_seconds(out, size, decimals, value * unit->factor);
    case MOMENT:
        return format_moment(out, size, value);
    case TRUTH:
        return format_truth(out, size, unit->suffix, value);
    case PLAIN:
        break;
    }
    format_auto(number, decimals, value * unit->factor);
    return finish(out, size, number, unit->suffix);
}

static const char *word_for(double value)
{
    return isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

size_t units_format(char *out, size_t size, const char *unit, int decimals, double value)
{
    const struct unit *known = unit_of(unit);
    char number[NUMBER_SIZE], suffix[UNITS_SIZE];
    const char *custom = unit;

    if (decimals > 9)
        decimals = 9;
    if (decimals < 0)
        decimals = UNITS_AUTO;
    if (!isfinite(known ? value * known->factor : value))
        return finish(out, size, word_for(value), "");
    if (known)
        return format_known(out, size, known, decimals, value);
    if (strncmp(unit, "suffix:", 7) == 0) /* Grafana's way to write a unit of one's own */
        custom += 7;
    format_auto(number, decimals, value);
    (void)snprintf(suffix, sizeof(suffix), " %.12s", custom);
    return finish(out, size, number, suffix);
}

/* Three digits and a letter: 1.23M, 123K, 12.3G; powers of ten beyond. */
static void format_compact(char out[NUMBER_SIZE], double value)
{
    static const char letters[] = "KMGTPE";
    double size = fabs(value), scaled = value;
    size_t power = 0, len;

    if (size >= 9.99e20 || (size > 0 && size < 1e-3)) {
        int exponent = (int)floor(log10(size));

        (void)snprintf(out, NUMBER_SIZE, "%.0fe%d", value / pow(10, exponent), exponent);
        return;
    }
    for (; power < 6 && fabs(scaled) >= 999.5; power++)
        scaled /= 1000;
    format_number(out,
                  fabs(scaled) >= 100 || is_whole(scaled) ? 0
                  : fabs(scaled) >= 10                    ? 1
                                                          : 2,
                  scaled);
    len = strlen(out);
    if (power > 0 && len + 1 < NUMBER_SIZE) {
        out[len] = letters[power - 1];
        out[len + 1] = '\0';
    }
}

/* The same in powers of 1024: 1.4Gi, 28Gi. */
static void format_compact_binary(char out[NUMBER_SIZE], double value)
{
    static const char letters[] = "KMGTPE";
    double scaled = value;
    size_t power = 0, len;

    for (; power < 6 && fabs(scaled) >= 1023.5; power++)
        scaled /= 1024;
    if (fabs(scaled) >= 1023.5) {
        format_compact(out, value);
        return;
    }
    scaled = fabs(scaled) >= 9.95 ? round(scaled) : round(scaled * 10) / 10;
    format_number(out, is_whole(scaled) ? 0 : 1, scaled);
    len = strlen(out);
    if (power > 0)
        (void)snprintf(out + len, NUMBER_SIZE - len, "%ci", letters[power - 1]);
}

/* Decimals that tell labels apart which cover this range together. */
static int axis_decimals(enum family family, double range)
{
    if (range >= 100)
        return 0;
    if (family == PERCENT && range >= 1)
        return 1;
    return range >= 0.1 || !(range > 1e-9) ? 2 : 1 - (int)floor(log10(range));
}

size_t units_format_axis(char *out, size_t max_len, const char *unit, double range, double value)
{
    const struct unit *known = unit_of(unit);
    enum family family = known ? known->family : PLAIN;
    double factor = family == PERCENT || family == SI || family == IEC ? known->factor : 1;
    bool is_of_seconds = family == TIME && known->factor == 1;
    const char *suffix = family == PERCENT ? "%" : is_of_seconds ? "s" : "";
    size_t room = is_of_seconds ? max_len - 1 : max_len; /* a decimal is worth less than the unit */
    char text[UNITS_SIZE], number[NUMBER_SIZE];

    if (!isfinite(value * factor))
        return finish(out, max_len + 1, word_for(value), "");
    if (family == IEC ||
        (family == TIME && (range * known->factor >= 120 || range * known->factor < 0.1))) {
        size_t len = units_format(text, sizeof(text), unit, UNITS_AUTO, value);

        if (len <= max_len)
            return finish(out, max_len + 1, text, "");
    }
    if (family == IEC && range * factor >= 1024) {
        format_compact_binary(number, value * factor);
        return finish(out, max_len + 1, number, "");
    }
    for (int decimals = axis_decimals(family, range * factor);
         decimals >= 0 && fabs(value * factor) < 1e5; decimals--) {
        format_number(number, decimals, value * factor);
        if (strlen(number) + strlen(suffix) <= room && (decimals > 0 || range * factor >= 2))
            return finish(out, max_len + 1, number, suffix);
    }
    format_compact(number, value * factor);
    return finish(out, max_len + 1, number, strlen(number) < max_len ? suffix : "");
}

size_t units_format_age(char *out, size_t size, struct age age)
{
    char text[MOMENT_SPAN_SIZE];
    long long s = (long long)age.ms / 1000;

    if (age.ms < 0)
        return finish(out, size, "-", "");
    if (age.has_tenths && age.ms < 9950)
        (void)snprintf(text, sizeof(text), "%d.%ds", (int)((age.ms + 50) / 1000),
                       (int)((age.ms + 50) / 100 % 10));
    else if (s < 60)
        (void)snprintf(text, sizeof(text), "%llds", s);
    else if (s < 5400)
        (void)snprintf(text, sizeof(text), "%lldm", s / 60);
    else if (s < 172800)
        (void)snprintf(text, sizeof(text), "%lldh", s / 3600);
    else
        (void)snprintf(text, sizeof(text), "%lldd", s / 86400 > 99999 ? 99999 : s / 86400);
    return finish(out, size, text, age.is_late ? "!" : "");
}
