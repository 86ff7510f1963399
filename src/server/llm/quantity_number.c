#include "server/llm/quantity_part.h"

#include "server/llm/word_list.h"

#include <math.h>
#include <stdlib.h>

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
    {"eighteenth", 18}, {"eighth", 8},      {"eleventh", 11},   {"fifteenth", 15},
    {"fifth", 5},       {"first", 1},       {"fourteenth", 14}, {"fourth", 4},
    {"nineteenth", 19}, {"ninth", 9},       {"second", 2},      {"seventeenth", 17},
    {"seventh", 7},     {"sixteenth", 16},  {"sixth", 6},       {"tenth", 10},
    {"third", 3},       {"thirteenth", 13}, {"thirtieth", 30},  {"twelfth", 12},
    {"twentieth", 20},
};

/* "a third" is a share; "a second" is something else. */
static const struct number_word fractions[] = {
    /* keep sorted */
    {"fifth", 5},  {"fifths", 5},  {"half", 2},  {"quarter", 4}, {"quarters", 4},
    {"tenth", 10}, {"tenths", 10}, {"third", 3}, {"thirds", 3},
};

static const struct number_word months[] = {
    /* keep sorted */
    {"apr", 4},       {"april", 4}, {"aug", 8},      {"august", 8},    {"dec", 12},
    {"december", 12}, {"feb", 2},   {"february", 2}, {"jan", 1},       {"january", 1},
    {"jul", 7},       {"july", 7},  {"jun", 6},      {"june", 6},      {"mar", 3},
    {"march", 3},     {"may", 5},   {"nov", 11},     {"november", 11}, {"oct", 10},
    {"october", 10},  {"sep", 9},   {"sept", 9},     {"september", 9},
};

/* "within a day" is a length; "five a day" is none. */
static const char *const prepositions[] = {"about", "after", "by",   "for",   "in",    "inside",
                                           "lasts", "over",  "than", "under", "until", "within"};

static int compare_words(const void *form, const void *entry)
{
    return word_list_compare(form, ((const struct number_word *)entry)->form);
}

static const struct number_word *find_word(const struct number_word *table,
                                           size_t n,
                                           const char *form)
{
    return bsearch(form, table, n, sizeof(*table), compare_words);
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
static size_t read_number_words(const struct quantity_scan *scan, size_t i, double *value)
{
    double whole = 0, part = 0;
    size_t end = i;

    while (end < scan->n) {
        const struct number_word *word =
            find_word(number_words, COUNT_OF(number_words), scan->words[end].form);

        if (!word || word->value == 0.5 || (end > i && !quantity_is_close(scan, end - 1)))
            break;
        if (word->value >= 1000) {
            whole += (part > 0 ? part : 1) * word->value;
            part = 0;
        } else if (word->value == 100 || word->value == 12) {
            part = (part > 0 ? part : 1) * word->value;
        } else if (part > 0 && fmod(part, word->value < 10 ? 10 : 100) != 0) {
            break; /* "two three" is two numbers */
        } else {
            part += word->value;
        }
        end++;
        if (part >= 100 && quantity_is(scan, end, "and") &&
            find_word(number_words, COUNT_OF(number_words), quantity_form(scan, end + 1)))
            end++;
    }
    *value = whole + part;
    return end;
}

/* "5 million", "5k". */
static size_t read_multiplier(const struct quantity_scan *scan, size_t i, double *value)
{
    const struct number_word *word =
        find_word(number_words, COUNT_OF(number_words), quantity_form(scan, i));

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

/* What a fraction has before it: "a", "one", "three". 0: nothing that could be. */
static double numerator_at(const struct quantity_scan *scan, size_t i)
{
    const struct number_word *word;

    if (quantity_is(scan, i, "a") || quantity_is(scan, i, "an"))
        return 1;
    word = find_word(number_words, COUNT_OF(number_words), quantity_form(scan, i));
    return word && word->value >= 1 && word->value < 10 ? word->value : 0;
}

/* "a fifth of", "two thirds", "three quarters of an hour". */
static size_t read_share(const struct quantity_scan *scan, size_t i, struct quantity *q)
{
    const struct number_word *share =
        find_word(fractions, COUNT_OF(fractions), quantity_form(scan, i + 1));
    double numerator = numerator_at(scan, i);

    if (!share || numerator == 0 ||
        (numerator > 1) != (share->form[strlen(share->form) - 1] == 's'))
        return i;
    q->number = numerator / share->value;
    if (quantity_is(scan, i + 2, "of") && quantity_is_time_at(scan, i + 4))
        return i + 4; /* of an hour */
    if (quantity_is_thing(scan, i + 2))
        return i; /* "a third party" */
    q->number *= 100;
    q->kind = QUANTITY_PERCENT;
    return i + 2;
}

/* "half past eleven", "a quarter to two", "ten past nine". */
static size_t read_clock(const struct quantity_scan *scan, size_t i, struct quantity *q)
{
    size_t at = i + (quantity_is(scan, i, "a"));
    bool is_to = quantity_is(scan, at + 1, "to"), is_past = quantity_is(scan, at + 1, "past");
    const struct number_word *minutes =
        find_word(number_words, COUNT_OF(number_words), quantity_form(scan, at));
    const struct number_word *hour =
        find_word(number_words, COUNT_OF(number_words), quantity_form(scan, at + 2));
    double part = quantity_is(scan, at, "half")      ? 30
                  : quantity_is(scan, at, "quarter") ? 15
                  : minutes && is_past               ? minutes->value
                                                     : 0;

    if (part == 0 || (!is_to && !is_past) || !hour || hour->value < 1 || hour->value > 12)
        return i;
    q->kind = QUANTITY_CLOCK;
    q->number = hour->value + (is_past ? part : -part) / 60;
    return at + 3;
}

/* "half an hour", "a quarter of an hour", "a day": words whose number is none by itself. */
static size_t read_fraction(const struct quantity_scan *scan, size_t i, struct quantity *q)
{
    const char *form = scan->words[i].form, *next = quantity_form(scan, i + 1);
    bool is_article = strcmp(form, "a") == 0 || strcmp(form, "an") == 0;
    bool is_next_article = strcmp(next, "a") == 0 || strcmp(next, "an") == 0;

    if (strcmp(form, "half") == 0 && is_next_article && quantity_is_time_at(scan, i + 2)) {
        q->number = 0.5;
        return i + 2;
    }
    if (is_article && quantity_is_time_at(scan, i + 1)) {
        q->number = 1;
        q->is_soft = i == 0 || !IS_AMONG(scan->words[i - 1].form, prepositions);
        return i + 1;
    }
    return i;
}

size_t quantity_read_number(const struct quantity_scan *scan, size_t i, struct quantity *q)
{
    const struct text_word *word = &scan->words[i];
    const struct number_word *ordinal = find_word(ordinals, COUNT_OF(ordinals), word->form);
    size_t end = read_clock(scan, i, q);

    if (end == i)
        end = read_share(scan, i, q);
    if (end > i)
        return end;
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
    if (strcmp(word->form, "noon") == 0 || strcmp(word->form, "midday") == 0 ||
        strcmp(word->form, "midnight") == 0) {
        q->kind = QUANTITY_CLOCK;
        q->number = strcmp(word->form, "midnight") == 0 ? 0 : 12;
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

size_t quantity_read_half(const struct quantity_scan *scan, size_t i, double *number)
{
    if (!quantity_is(scan, i, "and") || !quantity_is(scan, i + 1, "a") ||
        !quantity_is(scan, i + 2, "half"))
        return i;
    *number += 0.5;
    return i + 3;
}

double quantity_month(const struct quantity_scan *scan, size_t i)
{
    const struct number_word *month = find_word(months, COUNT_OF(months), quantity_form(scan, i));

    return month && (scan->words[i].flags & WORD_CAPITAL) ? month->value : 0;
}
