#include "server/llm/quantity_part.h"

#include "common/cleanup.h"

#include <stdlib.h>

#define MINUTE 60.0
#define HOUR   3600.0
#define DAY    86400.0
#define WEEK   (7 * DAY)

#define WORK_WEEK (5 * DAY)

struct unit {
    const char *form;
    double factor;
    enum quantity_kind kind;
    bool is_inexact;
};

static const struct unit units[] = {
    /* keep sorted */
    {"byte", 1, QUANTITY_SIZE, false},
    {"bytes", 1, QUANTITY_SIZE, false},
    {"d", DAY, QUANTITY_TIME, false},
    {"day", DAY, QUANTITY_TIME, false},
    {"days", DAY, QUANTITY_TIME, false},
    {"decade", 3650 * DAY, QUANTITY_TIME, true},
    {"decades", 3650 * DAY, QUANTITY_TIME, true},
    {"dollar", 1, QUANTITY_MONEY, false},
    {"dollars", 1, QUANTITY_MONEY, false},
    {"eur", 1, QUANTITY_MONEY, false},
    {"euro", 1, QUANTITY_MONEY, false},
    {"euros", 1, QUANTITY_MONEY, false},
    {"fortnight", 14 * DAY, QUANTITY_TIME, false},
    {"fortnights", 14 * DAY, QUANTITY_TIME, false},
    {"gb", 1e9, QUANTITY_SIZE, false},
    {"gbit", 1e9, QUANTITY_RATE, false},
    {"gbp", 1, QUANTITY_MONEY, false},
    {"gbps", 1e9, QUANTITY_RATE, false},
    {"gib", 1073741824, QUANTITY_SIZE, false},
    {"gigabit", 1e9, QUANTITY_RATE, false},
    {"gigabits", 1e9, QUANTITY_RATE, false},
    {"gigabyte", 1e9, QUANTITY_SIZE, false},
    {"gigabytes", 1e9, QUANTITY_SIZE, false},
    {"h", HOUR, QUANTITY_TIME, false},
    {"hour", HOUR, QUANTITY_TIME, false},
    {"hours", HOUR, QUANTITY_TIME, false},
    {"hr", HOUR, QUANTITY_TIME, false},
    {"hrs", HOUR, QUANTITY_TIME, false},
    {"kb", 1e3, QUANTITY_SIZE, false},
    {"kbit", 1e3, QUANTITY_RATE, false},
    {"kbps", 1e3, QUANTITY_RATE, false},
    {"kib", 1024, QUANTITY_SIZE, false},
    {"kilobyte", 1e3, QUANTITY_SIZE, false},
    {"kilobytes", 1e3, QUANTITY_SIZE, false},
    {"mb", 1e6, QUANTITY_SIZE, false},
    {"mbit", 1e6, QUANTITY_RATE, false},
    {"mbps", 1e6, QUANTITY_RATE, false},
    {"megabit", 1e6, QUANTITY_RATE, false},
    {"megabits", 1e6, QUANTITY_RATE, false},
    {"megabyte", 1e6, QUANTITY_SIZE, false},
    {"megabytes", 1e6, QUANTITY_SIZE, false},
    {"mib", 1048576, QUANTITY_SIZE, false},
    {"millisecond", 0.001, QUANTITY_TIME, false},
    {"milliseconds", 0.001, QUANTITY_TIME, false},
    {"min", MINUTE, QUANTITY_TIME, false},
    {"mins", MINUTE, QUANTITY_TIME, false},
    {"minute", MINUTE, QUANTITY_TIME, false},
    {"minutes", MINUTE, QUANTITY_TIME, false},
    {"month", 30 * DAY, QUANTITY_TIME, true},
    {"months", 30 * DAY, QUANTITY_TIME, true},
    {"ms", 0.001, QUANTITY_TIME, false},
    {"percent", 1, QUANTITY_PERCENT, false},
    {"pound", 1, QUANTITY_MONEY, false},
    {"pounds", 1, QUANTITY_MONEY, false},
    {"quarters", 91 * DAY, QUANTITY_TIME, true},
    {"s", 1, QUANTITY_TIME, false},
    {"sec", 1, QUANTITY_TIME, false},
    {"second", 1, QUANTITY_TIME, false},
    {"seconds", 1, QUANTITY_TIME, false},
    {"secs", 1, QUANTITY_TIME, false},
    {"tb", 1e12, QUANTITY_SIZE, false},
    {"terabyte", 1e12, QUANTITY_SIZE, false},
    {"terabytes", 1e12, QUANTITY_SIZE, false},
    {"tib", 1099511627776, QUANTITY_SIZE, false},
    {"usd", 1, QUANTITY_MONEY, false},
    {"week", WEEK, QUANTITY_TIME, false},
    {"weeks", WEEK, QUANTITY_TIME, false},
    {"year", 365 * DAY, QUANTITY_TIME, true},
    {"years", 365 * DAY, QUANTITY_TIME, true},
};

/* Currencies by sign and by stem of the word, for `of`. */
static const struct {
    const char *sign, *name;
} currencies[] = {{"$", "dollar"},   {"\xe2\x82\xac", "euro"}, {"\xc2\xa3", "pound"},
                  {"usd", "dollar"}, {"eur", "euro"},          {"gbp", "pound"}};

#define CURRENCY_SIGNS 3 /* of them; the others are codes */

/* Words that may stand between a number and its unit. */
static const char *const fillers[] = {"additional", "calendar", "consecutive", "entire", "extra",
                                      "full",       "further",  "more",        "other",  "whole"};
static const char *const work_words[] = {"business", "office", "working", "work"};

static int compare_units(const void *form, const void *entry)
{
    return strcmp(form, ((const struct unit *)entry)->form);
}

static const struct unit *find_unit(const char *form)
{
    return bsearch(form, units, COUNT_OF(units), sizeof(*units), compare_units);
}

static const char *separator(const struct quantity_scan *scan, size_t i)
{
    return scan->text + scan->words[i].end;
}

static const char *currency_at(const char *text)
{
    for (size_t i = 0; i < CURRENCY_SIGNS; i++)
        if (strncmp(text, currencies[i].sign, strlen(currencies[i].sign)) == 0)
            return currencies[i].name;
    return NULL;
}

/* "EUR 20": the word before word i; in "5 EUR 20" it belongs to the 5. */
static const char *currency_of_code(const struct quantity_scan *scan, size_t i)
{
    if (i == 0 || !quantity_is_close(scan, i - 1) ||
        (i > 1 && (scan->words[i - 2].flags & WORD_NUMBER) && quantity_is_close(scan, i - 2)))
        return NULL;
    for (size_t k = CURRENCY_SIGNS; k < COUNT_OF(currencies); k++)
        if (strcmp(scan->words[i - 1].form, currencies[k].sign) == 0)
            return currencies[k].name;
    return NULL;
}

/* The sign before word i or behind word last. */
static const char *currency_of_sign(const struct quantity_scan *scan, size_t i, size_t last)
{
    size_t start = scan->words[i].start;
    const char *name = NULL;

    for (size_t n = 1; n <= 3 && n <= start && !name; n++)
        name = currency_at(scan->text + start - n);
    if (name || last + 1 >= scan->n)
        return name;
    for (const char *at = separator(scan, last); at < scan->text + scan->words[last + 1].start;
         at++)
        if (*at != ' ')
            return currency_at(at);
    return NULL;
}

static const char *currency_of_word(const char *form)
{
    for (size_t i = 0; i < COUNT_OF(currencies); i++)
        if (strncmp(form, currencies[i].name, 4) == 0 || strcmp(form, currencies[i].sign) == 0)
            return currencies[i].name;
    return NULL;
}

static bool has_percent_sign(const struct quantity_scan *scan, size_t last)
{
    const char *at = separator(scan, last);

    return *at == '%' || (*at == ' ' && at[1] == '%');
}

static double hour_of_day(double hour, bool is_afternoon)
{
    if (is_afternoon)
        return hour < 12 ? hour + 12 : hour;
    return hour >= 12 ? hour - 12 : hour;
}

/* Units that are no word of the table: %, currency signs, "am". Where they end; end: none is there. */
static size_t read_sign(const struct quantity_scan *scan, size_t end, struct quantity *q)
{
    const char *next = quantity_form(scan, end), *sign = currency_of_sign(scan, q->first, end - 1);
    const char *code = currency_of_code(scan, q->first);
    bool is_afternoon = strcmp(next, "pm") == 0;

    if (has_percent_sign(scan, end - 1)) {
        q->kind = QUANTITY_PERCENT;
    } else if (strcmp(next, "per") == 0 && quantity_is(scan, end + 1, "cent")) {
        q->kind = QUANTITY_PERCENT;
        end += 2;
    } else if (sign) {
        q->kind = QUANTITY_MONEY;
        q->of = sign;
    } else if (code) {
        q->kind = QUANTITY_MONEY;
        q->of = code;
        q->first--;
    } else if (is_afternoon || strcmp(next, "am") == 0) {
        q->kind = QUANTITY_CLOCK;
        q->number = hour_of_day(q->number, is_afternoon);
        end++;
    } else if (strcmp(next, "o'clock") == 0) {
        q->kind = QUANTITY_CLOCK;
        end++;
    }
    return end;
}

/* A unit word behind the number that ends at `end`, with "working" or "more" between. */
static size_t read_word(const struct quantity_scan *scan,
                        size_t end,
                        struct quantity *q,
                        double *ret_factor)
{
    size_t at = end;
    bool is_work;
    const struct unit *unit;

    at += IS_AMONG(quantity_form(scan, at), fillers);
    is_work = IS_AMONG(quantity_form(scan, at), work_words);
    at += is_work;
    unit = find_unit(quantity_form(scan, at));
    if (!unit || !quantity_is_close(scan, at - 1))
        return end;
    if (strlen(unit->form) == 1 && scan->words[at].start != scan->words[at - 1].end)
        return end; /* "5 d" may be anything */
    q->kind = unit->kind;
    if (is_work && unit->kind == QUANTITY_TIME)
        q->kind = QUANTITY_WORK_TIME;
    if (unit->kind == QUANTITY_MONEY)
        q->of = currency_of_word(unit->form);
    q->is_exact = !unit->is_inexact;
    *ret_factor = q->kind == QUANTITY_WORK_TIME && unit->factor == WEEK ? WORK_WEEK : unit->factor;
    if (unit->kind == QUANTITY_RATE && quantity_is(scan, at + 1, "s") &&
        *separator(scan, at) == '/')
        at++;
    return at + 1;
}

size_t quantity_read_unit(const struct quantity_scan *scan,
                          size_t end,
                          struct quantity *q,
                          double *ret_factor)
{
    end = read_sign(scan, end, q);
    return q->kind == QUANTITY_COUNT ? read_word(scan, end, q, ret_factor) : end;
}

bool quantity_is_time_at(const struct quantity_scan *scan, size_t i)
{
    const char *form = quantity_form(scan, i + IS_AMONG(quantity_form(scan, i), fillers));
    const struct unit *unit = find_unit(form);

    /* A letter or two may be anything, and "a second" is mostly none of time. */
    return unit && unit->kind == QUANTITY_TIME && strlen(form) > 2 && strcmp(form, "second") != 0;
}
