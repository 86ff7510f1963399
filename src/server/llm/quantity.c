#include "server/llm/quantity.h"

#include "common/cleanup.h"
#include "server/llm/word_list.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Tables -------------------------------------------------------------------------------------- */

struct number_word {
    const char *form;
    double value;
};

static const struct number_word number_words[] = {
    /* keep sorted */
    {"dozen", 12},    {"eight", 8},   {"eighteen", 18},   {"eighty", 80},   {"eleven", 11},
    {"fifteen", 15},  {"fifty", 50},  {"five", 5},        {"forty", 40},    {"four", 4},
    {"fourteen", 14}, {"half", 0.5},  {"hundred", 100},   {"million", 1e6}, {"nine", 9},
    {"nineteen", 19}, {"ninety", 90}, {"one", 1},         {"seven", 7},     {"seventeen", 17},
    {"seventy", 70},  {"six", 6},     {"sixteen", 16},    {"sixty", 60},    {"ten", 10},
    {"thirteen", 13}, {"thirty", 30}, {"thousand", 1000}, {"three", 3},     {"twelve", 12},
    {"twenty", 20},   {"two", 2},     {"zero", 0},
};

static const struct number_word ordinals[] = {
    /* keep sorted */
    {"eighth", 8}, {"fifth", 5},   {"first", 1}, {"fourth", 4}, {"ninth", 9},
    {"second", 2}, {"seventh", 7}, {"sixth", 6}, {"tenth", 10}, {"third", 3},
};

/* "a third" is a share; "a second" is something else. */
static const struct number_word fractions[] = {
    /* keep sorted */
    {"fifth", 5}, {"half", 2}, {"quarter", 4}, {"tenth", 10}, {"third", 3},
};

static const struct number_word months[] = {
    /* keep sorted */
    {"april", 4},   {"august", 8},    {"december", 12}, {"february", 2},
    {"january", 1}, {"july", 7},      {"june", 6},      {"march", 3},
    {"may", 5},     {"november", 11}, {"october", 10},  {"september", 9},
};

#define MINUTE 60.0
#define HOUR   3600.0
#define DAY    86400.0

struct unit {
    const char *form;
    enum quantity_kind kind;
    double factor;
    bool is_inexact;
};

static const struct unit units[] = {
    /* keep sorted */
    {"byte", QUANTITY_SIZE, 1, false},
    {"bytes", QUANTITY_SIZE, 1, false},
    {"d", QUANTITY_TIME, DAY, false},
    {"day", QUANTITY_TIME, DAY, false},
    {"days", QUANTITY_TIME, DAY, false},
    {"dollar", QUANTITY_MONEY, 1, false},
    {"dollars", QUANTITY_MONEY, 1, false},
    {"eur", QUANTITY_MONEY, 1, false},
    {"euro", QUANTITY_MONEY, 1, false},
    {"euros", QUANTITY_MONEY, 1, false},
    {"fortnight", QUANTITY_TIME, 14 * DAY, false},
    {"fortnights", QUANTITY_TIME, 14 * DAY, false},
    {"gb", QUANTITY_SIZE, 1e9, false},
    {"gbit", QUANTITY_RATE, 1e9, false},
    {"gbp", QUANTITY_MONEY, 1, false},
    {"gbps", QUANTITY_RATE, 1e9, false},
    {"gib", QUANTITY_SIZE, 1073741824, false},
    {"gigabit", QUANTITY_RATE, 1e9, false},
    {"gigabits", QUANTITY_RATE, 1e9, false},
    {"gigabyte", QUANTITY_SIZE, 1e9, false},
    {"gigabytes", QUANTITY_SIZE, 1e9, false},
    {"h", QUANTITY_TIME, HOUR, false},
    {"hour", QUANTITY_TIME, HOUR, false},
    {"hours", QUANTITY_TIME, HOUR, false},
    {"hr", QUANTITY_TIME, HOUR, false},
    {"hrs", QUANTITY_TIME, HOUR, false},
    {"kb", QUANTITY_SIZE, 1e3, false},
    {"kbit", QUANTITY_RATE, 1e3, false},
    {"kbps", QUANTITY_RATE, 1e3, false},
    {"kib", QUANTITY_SIZE, 1024, false},
    {"kilobyte", QUANTITY_SIZE, 1e3, false},
    {"kilobytes", QUANTITY_SIZE, 1e3, false},
    {"mb", QUANTITY_SIZE, 1e6, false},
    {"mbit", QUANTITY_RATE, 1e6, false},
    {"mbps", QUANTITY_RATE, 1e6, false},
    {"megabit", QUANTITY_RATE, 1e6, false},
    {"megabits", QUANTITY_RATE, 1e6, false},
    {"megabyte", QUANTITY_SIZE, 1e6, false},
    {"megabytes", QUANTITY_SIZE, 1e6, false},
    {"mib", QUANTITY_SIZE, 1048576, false},
    {"millisecond", QUANTITY_TIME, 0.001, false},
    {"milliseconds", QUANTITY_TIME, 0.001, false},
    {"min", QUANTITY_TIME, MINUTE, false},
    {"mins", QUANTITY_TIME, MINUTE, false},
    {"minute", QUANTITY_TIME, MINUTE, false},
    {"minutes", QUANTITY_TIME, MINUTE, false},
    {"month", QUANTITY_TIME, 30 * DAY, true},
    {"months", QUANTITY_TIME, 30 * DAY, true},
    {"ms", QUANTITY_TIME, 0.001, false},
    {"percent", QUANTITY_PERCENT, 1, false},
    {"pound", QUANTITY_MONEY, 1, false},
    {"pounds", QUANTITY_MONEY, 1, false},
    {"quarters", QUANTITY_TIME, 91 * DAY, true},
    {"s", QUANTITY_TIME, 1, false},
    {"sec", QUANTITY_TIME, 1, false},
    {"second", QUANTITY_TIME, 1, false},
    {"seconds", QUANTITY_TIME, 1, false},
    {"secs", QUANTITY_TIME, 1, false},
    {"tb", QUANTITY_SIZE, 1e12, false},
    {"terabyte", QUANTITY_SIZE, 1e12, false},
    {"terabytes", QUANTITY_SIZE, 1e12, false},
    {"tib", QUANTITY_SIZE, 1099511627776, false},
    {"usd", QUANTITY_MONEY, 1, false},
    {"week", QUANTITY_TIME, 7 * DAY, false},
    {"weeks", QUANTITY_TIME, 7 * DAY, false},
    {"year", QUANTITY_TIME, 365 * DAY, true},
    {"years", QUANTITY_TIME, 365 * DAY, true},
};

/* Currencies by sign and by stem of the word, for `of`. */
static const struct {
    const char *sign, *name;
} currencies[] = {{"$", "dollar"},   {"\xe2\x82\xac", "euro"}, {"\xc2\xa3", "pound"},
                  {"usd", "dollar"}, {"eur", "euro"},          {"gbp", "pound"}};

/* Words that may stand between a number and its unit. */
static const char *const fillers[] = {"additional", "calendar", "consecutive", "entire", "extra",
                                      "full",       "further",  "more",        "other",  "whole"};
static const char *const work_words[] = {"business", "office", "working", "work"};

/* "within a day" is a length; "five a day" is none. */
static const char *const prepositions[] = {"about", "after", "by",   "for",   "in",    "inside",
                                           "lasts", "over",  "than", "under", "until", "within"};

/* Things that are numbered rather than counted, by their stems. */
static const char *const numbered[] = {
    "categori", "channel",  "class",   "code",   "error",    "ext",      "extens",  "floor",
    "gate",     "grade",    "group",   "level",  "line",     "log",      "model",   "number",
    "option",   "page",     "phase",   "port",   "prioriti", "question", "room",    "sector",
    "section",  "sever",    "stage",   "step",   "tier",     "type",     "version", "zone",
    "window",   "appendix", "chapter", "articl", "build",    "releas",
};

static int compare_words(const void *form, const void *entry)
{
    return strcmp(form, ((const struct number_word *)entry)->form);
}

static const struct number_word *find_word(const struct number_word *table,
                                           size_t n,
                                           const char *form)
{
    return bsearch(form, table, n, sizeof(*table), compare_words);
}

static int compare_units(const void *form, const void *entry)
{
    return strcmp(form, ((const struct unit *)entry)->form);
}

static const struct unit *find_unit(const char *form)
{
    return bsearch(form, units, COUNT_OF(units), sizeof(*units), compare_units);
}

/* ---- Numbers ------------------------------------------------------------------------------------- */

struct scan {
    const char *text;
    const struct text_word *words;
    size_t n;
};

static const char *form_at(const struct scan *scan, size_t i)
{
    return i < scan->n ? scan->words[i].form : "";
}

/* Only blanks and a hyphen stand between word i and the next. */
static bool is_close(const struct scan *scan, size_t i)
{
    if (i + 1 >= scan->n)
        return false;
    for (size_t at = scan->words[i].end; at < scan->words[i + 1].start; at++)
        if (!strchr(" \t\n-", scan->text[at]))
            return false;
    return true;
}

/* Digits with at most one point; strtod would ask the locale. */
static double read_decimal(const char *form)
{
    double value = 0, place = 1;

    for (; *form >= '0' && *form <= '9'; form++)
        value = value * 10 + (*form - '0');
    if (*form == '.')
        for (form++; *form >= '0' && *form <= '9'; form++)
            value += (*form - '0') * (place /= 10);
    return value;
}

/* "two hundred and fifty", "twenty-five": adds the words from i on to *value; where they end. */
static size_t read_number_words(const struct scan *scan, size_t i, double *value)
{
    double whole = 0, part = 0;
    size_t end = i;

    while (end < scan->n) {
        const struct number_word *word =
            find_word(number_words, COUNT_OF(number_words), scan->words[end].form);

        if (!word || word->value == 0.5 || (end > i && !is_close(scan, end - 1)))
            break;
        if (word->value == 100 || word->value == 12)
            part = (part > 0 ? part : 1) * word->value;
        else if (word->value >= 1000)
            whole += (part > 0 ? part : 1) * word->value, part = 0;
        else if (end > i && fmod(part, word->value < 10 ? 10 : 100) != 0)
            break; /* "two three" is two numbers */
        else
            part += word->value;
        end++;
        if (part >= 100 && strcmp(form_at(scan, end), "and") == 0 &&
            find_word(number_words, COUNT_OF(number_words), form_at(scan, end + 1)))
            end++;
    }
    *value = whole + part;
    return end;
}

static const char *separator(const struct scan *scan, size_t i)
{
    return scan->text + scan->words[i].end;
}

/* "5 million", "5k". */
static size_t read_multiplier(const struct scan *scan, size_t i, double *value)
{
    const struct number_word *word =
        find_word(number_words, COUNT_OF(number_words), form_at(scan, i));

    if (word && word->value >= 1000) {
        *value *= word->value;
        return i + 1;
    }
    if (i < scan->n && strcmp(scan->words[i].form, "k") == 0 &&
        scan->words[i].start == scan->words[i - 1].end) {
        *value *= 1000;
        return i + 1;
    }
    return i;
}

static bool is_time_unit(const char *form)
{
    const struct unit *unit = find_unit(form);

    return unit && unit->kind == QUANTITY_TIME && strlen(form) > 3 && strcmp(form, "second") != 0;
}

static bool is_thing(const struct scan *scan, size_t i)
{
    return i < scan->n && !(scan->words[i].flags & (WORD_STOP | WORD_NUMBER));
}

/* "quarter of an hour" */
static bool is_quarter_of_time(const struct scan *scan, size_t i)
{
    return strcmp(form_at(scan, i), "quarter") == 0 && strcmp(form_at(scan, i + 1), "of") == 0 &&
           is_time_unit(form_at(scan, i + 3));
}

/* "half an hour", "a quarter of an hour", "a day": words whose number is none by itself. */
static size_t read_fraction(const struct scan *scan, size_t i, struct quantity *q)
{
    const char *form = scan->words[i].form, *next = form_at(scan, i + 1);
    bool is_article = strcmp(form, "a") == 0 || strcmp(form, "an") == 0;
    bool is_next_article = strcmp(next, "a") == 0 || strcmp(next, "an") == 0;
    const struct number_word *ordinal;

    if (strcmp(form, "half") == 0 && is_next_article && is_time_unit(form_at(scan, i + 2))) {
        q->number = 0.5;
        return i + 2;
    }
    if (is_quarter_of_time(scan, i)) {
        q->number = 0.25;
        return i + 3;
    }
    /* "a fifth of", "a quarter if" */
    if (is_article && !is_thing(scan, i + 2) && !is_quarter_of_time(scan, i + 1) &&
        (ordinal = find_word(fractions, COUNT_OF(fractions), next))) {
        q->number = 100 / ordinal->value;
        q->kind = QUANTITY_PERCENT;
        return i + 2;
    }
    if (is_article && is_time_unit(form_at(scan, i + 1 + IS_AMONG(next, fillers)))) {
        q->number = 1;
        q->is_soft = i == 0 || !IS_AMONG(scan->words[i - 1].form, prepositions);
        return i + 1;
    }
    return i;
}

/* The number that begins at word i, into q->number and, where that settles it, the kind; where it ends, i: none. */
static size_t read_number(const struct scan *scan, size_t i, struct quantity *q)
{
    const struct text_word *word = &scan->words[i];
    const struct number_word *ordinal = find_word(ordinals, COUNT_OF(ordinals), word->form);
    size_t end = i;

    if (word->flags & WORD_NUMBER) {
        const char *colon = strchr(word->form, ':');

        q->number = read_decimal(word->form);
        if (colon) {
            q->number += read_decimal(colon + 1) / 60;
            q->kind = QUANTITY_CLOCK;
        }
        q->is_soft = strspn(word->form, "0123456789.:") < strlen(word->form);
        return read_multiplier(scan, i + 1, &q->number);
    }
    if (strcmp(word->form, "noon") == 0 || strcmp(word->form, "midnight") == 0) {
        q->kind = QUANTITY_CLOCK;
        q->number = word->form[0] == 'n' ? 12 : 0;
        return i + 1;
    }
    if (strcmp(word->form, "twice") == 0) {
        q->number = 2;
        return i + 1;
    }
    if (ordinal) {
        q->number = ordinal->value;
        q->is_soft = true;
        return i + 1;
    }
    if (find_word(number_words, COUNT_OF(number_words), word->form) &&
        strcmp(word->form, "half") != 0)
        end = read_number_words(scan, i, &q->number);
    return end > i ? end : read_fraction(scan, i, q);
}

/* ---- Units --------------------------------------------------------------------------------------- */

static const char *currency_at(const char *text)
{
    for (size_t i = 0; i < 3; i++)
        if (strncmp(text, currencies[i].sign, strlen(currencies[i].sign)) == 0)
            return currencies[i].name;
    return NULL;
}

/* The sign before word i or behind word last. */
static const char *currency_of_sign(const struct scan *scan, size_t i, size_t last)
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

static bool has_percent_sign(const struct scan *scan, size_t last)
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
static size_t read_sign(const struct scan *scan, size_t end, struct quantity *q)
{
    const char *next = form_at(scan, end), *sign = currency_of_sign(scan, q->first, end - 1);
    bool is_afternoon = strcmp(next, "pm") == 0;

    if (has_percent_sign(scan, end - 1)) {
        q->kind = QUANTITY_PERCENT;
    } else if (strcmp(next, "per") == 0 && strcmp(form_at(scan, end + 1), "cent") == 0) {
        q->kind = QUANTITY_PERCENT;
        end += 2;
    } else if (sign) {
        q->kind = QUANTITY_MONEY;
        q->of = sign;
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

/* "and a half". */
static size_t read_half(const struct scan *scan, size_t i, double *number)
{
    if (strcmp(form_at(scan, i), "and") != 0 || strcmp(form_at(scan, i + 1), "a") != 0 ||
        strcmp(form_at(scan, i + 2), "half") != 0)
        return i;
    *number += 0.5;
    return i + 3;
}

/* A unit word behind the number that ends at `end`, with "working" or "more" between. */
static size_t read_unit(const struct scan *scan, size_t end, struct quantity *q, double *ret_factor)
{
    size_t at = end;
    bool is_work;
    const struct unit *unit;

    at += IS_AMONG(form_at(scan, at), fillers);
    is_work = IS_AMONG(form_at(scan, at), work_words);
    at += is_work;
    unit = find_unit(form_at(scan, at));
    if (!unit || !is_close(scan, at - 1))
        return end;
    if (strlen(unit->form) == 1 && scan->words[at].start != scan->words[at - 1].end)
        return end; /* "5 d" may be anything */
    q->kind = unit->kind;
    if (is_work && unit->kind == QUANTITY_TIME)
        q->kind = QUANTITY_WORK_TIME;
    if (unit->kind == QUANTITY_MONEY)
        q->of = currency_of_word(unit->form);
    q->is_exact = !unit->is_inexact;
    *ret_factor = unit->factor;
    if (unit->kind == QUANTITY_RATE && strcmp(form_at(scan, at + 1), "s") == 0 &&
        *separator(scan, at) == '/')
        at++;
    return at + 1;
}

/* ---- Dates and counts ---------------------------------------------------------------------------- */

static double month_at(const struct scan *scan, size_t i)
{
    const struct number_word *month = find_word(months, COUNT_OF(months), form_at(scan, i));

    return month && (scan->words[i].flags & WORD_CAPITAL) ? month->value : 0;
}

/* "3 May", "3rd of May", "May 3": makes a date of the day at word i. */
static size_t read_date(const struct scan *scan, size_t i, struct quantity *q)
{
    size_t next = i + 1 + (strcmp(form_at(scan, i + 1), "of") == 0);
    double month = month_at(scan, next);

    if (!(scan->words[i].flags & WORD_NUMBER) || q->number < 1 || q->number > 31)
        return 0;
    if (month == 0) {
        next = i;
        month = i > 0 ? month_at(scan, i - 1) : 0;
    }
    if (month == 0)
        return 0;
    if (next == i)
        q->first = i - 1;
    q->kind = QUANTITY_DATE;
    q->value = 100 * month + q->number;
    q->is_soft = false;
    return next + 1;
}

/* What a count counts or numbers. */
static void read_things(const struct scan *scan, size_t end, struct quantity *q)
{
    size_t first = q->first;

    if (first > 0 && is_thing(scan, first - 1) && is_close(scan, first - 1)) {
        q->before = scan->words[first - 1].stem;
        q->is_label = IS_AMONG(q->before, numbered);
    }
    if (q->is_label || !is_thing(scan, end) || !is_close(scan, end - 1))
        return;
    q->of = scan->words[end].stem;
    if (is_thing(scan, end + 1) && is_close(scan, end))
        q->of_next = scan->words[end + 1].stem;
}

/* The quantity that begins at word i; where it ends, i: none. */
static size_t read_quantity(const struct scan *scan, size_t i, struct quantity *q)
{
    double factor = 1;
    size_t number_end, end;

    *q = (struct quantity){.first = i, .is_exact = true};
    number_end = read_number(scan, i, q);
    if (number_end == i)
        return i;
    end = read_date(scan, i, q);
    if (end > 0)
        return end;
    number_end = read_half(scan, number_end, &q->number);
    end = read_sign(scan, number_end, q);
    if (q->kind == QUANTITY_COUNT)
        end = read_unit(scan, end, q, &factor);
    if (q->kind == QUANTITY_TIME || q->kind == QUANTITY_WORK_TIME)
        end = read_half(scan, end, &q->number);
    q->value = q->number * (q->kind == QUANTITY_CLOCK ? 60 : factor);
    if (q->kind == QUANTITY_COUNT) {
        read_things(scan, end, q);
        q->is_soft = q->is_soft || q->number == 1;
    }
    return end;
}

/* ---- Bounds ------------------------------------------------------------------------------------- */

static const char *const least_words[] = {"above",     "earliest", "beyond", "exceed",
                                          "exceeding", "exceeds",  "least",  "longer",
                                          "minimum",   "more",     "over",   "past"};
static const char *const most_words[] = {"below",   "latest", "longest", "fewer", "less",
                                         "maximum", "most",   "shorter", "under", "within"};
static const char *const bound_links[] = {"a", "an", "of", "than", "the"};
static const char *const bound_openers[] = {"and", "at", "or"};
static const char *const negators[] = {"cannot", "never", "no", "not"};

static enum quantity_bound bound_of(const char *form)
{
    if (IS_AMONG(form, least_words))
        return QUANTITY_LEAST;
    return IS_AMONG(form, most_words) ? QUANTITY_MOST : QUANTITY_EXACT;
}

#define NEGATION_REACH 5 /* words from a "not" to the bound that it turns round */

/* "no more than", "can't go past". */
static bool is_negated(const struct scan *scan, size_t i)
{
    for (size_t n = 0; n < NEGATION_REACH && i > 0; n++, i--) {
        const char *form = scan->words[i - 1].form;

        if (IS_AMONG(form, negators) || word_ends_in_not(form))
            return true;
    }
    return false;
}

/* "5 or more", "an hour at most", "5 days at the latest". */
static enum quantity_bound read_bound_behind(const struct scan *scan, const struct quantity *q)
{
    size_t at = q->first + q->n_words + (q->kind == QUANTITY_COUNT && q->of);

    if (!IS_AMONG(form_at(scan, at), bound_openers))
        return QUANTITY_EXACT;
    at += 1 + (strcmp(form_at(scan, at + 1), "the") == 0);
    return bound_of(form_at(scan, at));
}

/* The word before the quantity, unless something behind it says more. */
static enum quantity_bound read_bound(const struct scan *scan, const struct quantity *q)
{
    enum quantity_bound bound = read_bound_behind(scan, q);
    size_t before = q->first;

    if (bound != QUANTITY_EXACT)
        return bound;
    while (before > 0 && IS_AMONG(scan->words[before - 1].form, bound_links))
        before--;
    if (before > 1 && strcmp(scan->words[before - 1].form, "to") == 0 &&
        strcmp(scan->words[before - 2].form, "up") == 0)
        return QUANTITY_MOST;
    bound = before > 0 ? bound_of(scan->words[before - 1].form) : QUANTITY_EXACT;
    return bound != QUANTITY_EXACT && is_negated(scan, before - 1) ? -bound : bound;
}

/* ---- Ranges -------------------------------------------------------------------------------------- */

/* Nothing but a dash or "to", "and", "or" between two quantities. */
static bool is_range(const struct scan *scan, const struct quantity *a, const struct quantity *b)
{
    size_t behind = a->first + a->n_words;
    const char *between = form_at(scan, behind);

    if (b->first == behind)
        return true;
    return b->first == behind + 1 && (strcmp(between, "to") == 0 || strcmp(between, "and") == 0 ||
                                      strcmp(between, "or") == 0);
}

/* "2 to 4 hours": the unit counts for both. "severity 1 and 2": so does what is numbered. */
static void join_range(struct quantity *a, struct quantity *b)
{
    if (a->kind == QUANTITY_COUNT && !a->is_label && !a->of && b->number > 0 &&
        b->kind != QUANTITY_COUNT && b->kind != QUANTITY_DATE) {
        a->kind = b->kind;
        a->of = b->of;
        a->value = a->number * (b->value / b->number);
        a->is_exact = b->is_exact;
        a->is_soft = b->is_soft;
    } else if (a->kind == QUANTITY_COUNT && !a->is_label && !a->of && b->kind == QUANTITY_COUNT) {
        a->of = b->of;
        a->of_next = b->of_next;
    } else if (a->is_label && b->kind == QUANTITY_COUNT && !b->of) {
        b->before = a->before;
        b->is_label = true;
    }
}

static bool is_bare(const struct quantity *q)
{
    return q->kind == QUANTITY_COUNT && !q->is_label && !q->of;
}

static void imply(struct quantity *q, const struct quantity *before)
{
    bool has_unit = before->kind != QUANTITY_COUNT && before->kind != QUANTITY_CLOCK &&
                    before->kind != QUANTITY_DATE && before->number > 0;

    if (!is_bare(q) || q->is_soft)
        return;
    q->implied_kind = has_unit ? before->kind : before->implied_kind;
    if (has_unit)
        q->implied_value = q->number * (before->value / before->number);
    else if (before->number > 0)
        q->implied_value = q->number * (before->implied_value / before->number);
}

size_t quantity_find(const char *text,
                     const struct text_word *words,
                     size_t n_words,
                     struct quantity *ret_quantities,
                     size_t max)
{
    struct scan scan = {text, words, n_words};
    size_t n = 0;

    for (size_t i = 0; i < n_words && n < max;) {
        struct quantity *q = &ret_quantities[n];
        size_t end = read_quantity(&scan, i, q);

        if (end > i) {
            q->n_words = end - q->first;
            n++;
        }
        i = end > i ? end : i + 1;
    }
    for (size_t k = 1; k < n; k++)
        if (is_range(&scan, &ret_quantities[k - 1], &ret_quantities[k]))
            join_range(&ret_quantities[k - 1], &ret_quantities[k]);
    for (size_t k = 0; k < n; k++)
        ret_quantities[k].bound = read_bound(&scan, &ret_quantities[k]);
    for (size_t k = 1; k < n; k++)
        imply(&ret_quantities[k], &ret_quantities[k - 1]);
    return n;
}

/* ---- Comparing ----------------------------------------------------------------------------------- */

static bool is_near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance * fmax(fabs(a), fabs(b)) + 1e-9;
}

static bool is_same_word(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool has_same_thing(const struct quantity *a, const struct quantity *b)
{
    if (a->is_label || b->is_label)
        return is_same_word(a->before, b->before);
    return is_same_word(a->of, b->of) || is_same_word(a->of, b->of_next) ||
           is_same_word(a->of_next, b->of) || is_same_word(a->of_next, b->of_next);
}

/* How far apart equal values may be: a month is 30 or 31 days, and a gigabyte 1000 or 1024 megabytes. */
static double tolerance_of(const struct quantity *a, const struct quantity *b)
{
    bool has_other_unit = !is_near(a->value * b->number, b->value * a->number, 1e-9);

    if (!has_other_unit)
        return 1e-9;
    if (a->kind == QUANTITY_SIZE)
        return 0.05;
    return a->is_exact && b->is_exact ? 1e-9 : 0.02;
}

/* "4 hours" for "4 working hours" leaves something out; "two weeks" for "10 working days" does not. */
static bool is_same_work(const struct quantity *a, const struct quantity *b)
{
    const struct quantity *work = a->kind == QUANTITY_WORK_TIME ? a : b;
    const struct quantity *time = work == a ? b : a;

    return is_near(a->value, b->value, 1e-9) || is_near(work->value * 7 / 5, time->value, 1e-9);
}

static enum quantity_relation compare_bare(const struct quantity *bare,
                                           const struct quantity *other)
{
    /* "ten in the evening" is 22:00 too. */
    if (is_near(bare->number, other->number, 1e-9) ||
        (other->kind == QUANTITY_CLOCK && is_near(bare->number + 12, other->number, 1e-9)))
        return QUANTITY_SAME;
    if (bare->implied_kind == QUANTITY_COUNT || bare->implied_kind != other->kind)
        return QUANTITY_OTHER;
    return is_near(bare->implied_value, other->value, 0.02) ? QUANTITY_SAME : QUANTITY_RIVAL;
}

enum quantity_relation quantity_compare(const struct quantity *a, const struct quantity *b)
{
    bool is_same;

    if (a->kind == QUANTITY_COUNT && b->kind == QUANTITY_COUNT) {
        if (is_near(a->value, b->value, 1e-9))
            return QUANTITY_SAME;
        return has_same_thing(a, b) ? QUANTITY_RIVAL : QUANTITY_OTHER;
    }
    if (is_bare(a))
        return compare_bare(a, b);
    if (is_bare(b))
        return compare_bare(b, a);
    if (a->kind == b->kind)
        is_same = is_near(a->value, b->value, tolerance_of(a, b)) &&
                  (a->kind != QUANTITY_MONEY || is_same_word(a->of, b->of));
    else if ((a->kind == QUANTITY_TIME && b->kind == QUANTITY_WORK_TIME) ||
             (a->kind == QUANTITY_WORK_TIME && b->kind == QUANTITY_TIME))
        is_same = is_same_work(a, b);
    else
        return QUANTITY_OTHER;
    return is_same ? QUANTITY_SAME : QUANTITY_RIVAL;
}
