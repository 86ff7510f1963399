#ifndef TW_TUI_UNITS_H
#define TW_TUI_UNITS_H

/* Numbers as people read them, in the units of Grafana's fieldConfig. Never locale-dependent: the
 * decimal point is a point. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNITS_SIZE     48 /* enough for any value of a known unit */
#define UNITS_AUTO     (-1)
#define UNITS_AGE_NONE (-1)

/* value in unit ("none", "short", "percent", "percentunit", "s", "ms", "reqps", "bytes",
 * "dateTimeAsIso", ...; NULL as "none"). decimals 0..9, or UNITS_AUTO for about three significant
 * digits. An unknown unit is written behind the number as it is. NaN gives "NaN", infinities "+Inf"
 * and "-Inf". Always terminated; returns the length. */
size_t units_format(char *out, size_t size, const char *unit, int decimals, double value);

/* As units_format, in at most max_len (4 or more) characters, giving up decimals and then the unit;
 * range is the distance that neighbouring labels cover together, which says how many decimals matter. */
size_t units_format_axis(char *out, size_t max_len, const char *unit, double range, double value);

/* Is the unit in our table? What is not is drawn all the same, and can be told. */
bool units_is_known(const char *unit);

/* How old data is: "0.8s", "47s", "4m", "3h", "2d", with "!" behind it when late; "-" for
 * UNITS_AGE_NONE. Whole seconds unless has_tenths and below ten seconds. */
struct age {
    int64_t ms;
    bool is_late;
    bool has_tenths;
};

size_t units_format_age(char *out, size_t size, struct age age);

#endif
