#include "tui/text/moment.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS      ((int64_t)86400000)
#define HOUR_MS     ((int64_t)3600000)
#define SPAN_MS_MAX (36500 * DAY_MS)

/* Exactly n digits at *at, which moves on. -1 when they are not there. */
static int take_digits(const char **at, int n)
{
    int value = 0;

    for (int i = 0; i < n; i++) {
        if (**at < '0' || **at > '9')
            return -1;
        value = value * 10 + (*(*at)++ - '0');
    }
    return value;
}

static bool take_char(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar: H. Hinnant, "chrono-compatible low-level
 * date algorithms". */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

/* The reverse, by the same source, for days from 1970 on. */
static void civil_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t z = days + 719468, era = z / 146097, day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;

    *ret_day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    *ret_month = (int)(month < 10 ? month + 3 : month - 9);
    *ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}

static bool take_date(const char **at, int64_t *ret_ms)
{
    int year = take_digits(at, 4);
    int month = take_char(at, '-') ? take_digits(at, 2) : -1;
    int day = take_char(at, '-') ? take_digits(at, 2) : -1;

    *ret_ms = days_from_civil(year, month, day) * DAY_MS;
    return year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool take_time(const char **at, int64_t *ret_ms)
{
    int hour = take_digits(at, 2);
    int minute = take_char(at, ':') ? take_digits(at, 2) : -1;
    int second = take_char(at, ':') ? take_digits(at, 2) : -1;
    int scale = 100;

    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    *ret_ms = hour * HOUR_MS + minute * (int64_t)60000 + second * (int64_t)1000;
    if (!take_char(at, '.'))
        return true;
    if (**at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; (*at)++, scale /= 10)
        *ret_ms += (int64_t)(**at - '0') * scale;
    return true;
}

/* "Z" or "+01:00", as what to take off. */
static bool take_offset(const char **at, int64_t *ret_ms)
{
    int sign = **at == '-' ? -1 : 1;
    int hour, minute;

    *ret_ms = 0;
    if (take_char(at, 'Z') || take_char(at, 'z'))
        return true;
    if (!take_char(at, '+') && !take_char(at, '-'))
        return false;
    hour = take_digits(at, 2);
    minute = take_char(at, ':') ? take_digits(at, 2) : -1;
    *ret_ms = sign * (hour * HOUR_MS + minute * (int64_t)60000);
    return hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59;
}

bool moment_parse(const char *text, int64_t *ret_ms)
{
    int64_t date_ms, time_ms, offset_ms;

    if (!take_date(&text, &date_ms) || !(take_char(&text, 'T') || take_char(&text, 't')) ||
        !take_time(&text, &time_ms) || !take_offset(&text, &offset_ms) || *text)
        return false;
    *ret_ms = date_ms + time_ms - offset_ms;
    return true;
}

void moment_format_span(int64_t span_ms, char out[MOMENT_SPAN_SIZE])
{
    int64_t ms = span_ms < 0 ? 0 : span_ms > SPAN_MS_MAX ? SPAN_MS_MAX : span_ms;
    int64_t s = ms / 1000;

    if (ms < 1000)
        (void)snprintf(out, MOMENT_SPAN_SIZE, "%dms", (int)ms);
    else if (s < 60)
        (void)snprintf(out, MOMENT_SPAN_SIZE, "%ds", (int)s);
    else if (s < 3600)
        (void)snprintf(out, MOMENT_SPAN_SIZE, "%dm%02ds", (int)(s / 60), (int)(s % 60));
    else if (ms < DAY_MS)
        (void)snprintf(out, MOMENT_SPAN_SIZE, "%dh%02dm", (int)(s / 3600), (int)(s / 60 % 60));
    else
        (void)snprintf(out, MOMENT_SPAN_SIZE, "%dd%02dh", (int)(ms / DAY_MS), (int)(s / 3600 % 24));
}

void moment_format_utc(int64_t at_ms, char out[MOMENT_UTC_SIZE])
{
    int64_t ms = at_ms < 0 ? 0 : at_ms > SPAN_MS_MAX ? SPAN_MS_MAX : at_ms;
    int year, month, day, rest = (int)(ms % DAY_MS);

    civil_from_days(ms / DAY_MS, &year, &month, &day);
    /* Nothing is over its bound; the remainders tell the compiler so. */
    (void)snprintf(out, MOMENT_UTC_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
                   (unsigned)year % 10000, (unsigned)month % 100, (unsigned)day % 100,
                   (unsigned)rest / 3600000 % 24, (unsigned)rest / 60000 % 60,
                   (unsigned)rest / 1000 % 60, (unsigned)rest % 1000);
}

void moment_format_clock(int64_t at_ms, char out[MOMENT_SPAN_SIZE])
{
    int64_t ms = at_ms % DAY_MS;
    int s = (int)((ms < 0 ? ms + DAY_MS : ms) / 1000);

    (void)snprintf(out, MOMENT_SPAN_SIZE, "%02d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
}

bool moment_parse_span(const char *text, int64_t *ret_ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", HOUR_MS}, {"d", DAY_MS}};

    int64_t total_ms = 0;

    if (!*text)
        return false;
    while (*text) {
        size_t n_digits = strspn(text, "0123456789"), n_letters;
        int64_t value = 0, unit_ms = 0;

        if (n_digits == 0 || n_digits > 9)
            return false;
        for (size_t i = 0; i < n_digits; i++)
            value = value * 10 + (text[i] - '0');
        text += n_digits;
        n_letters = strspn(text, "smhd");
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
            if (strlen(units[i].unit) == n_letters && strncmp(text, units[i].unit, n_letters) == 0)
                unit_ms = units[i].ms;
        total_ms += value * unit_ms;
        if (unit_ms == 0 || total_ms > SPAN_MS_MAX)
            return false;
        text += n_letters;
    }
    *ret_ms = total_ms;
    return true;
}
