#include "tui/data/quality.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

struct limits {
    double warn, crit; /* NaN: none */
    bool is_least;     /* under it is bad, not over it */
};

static const struct limits limits[N_QUALITIES] = {
    [QUALITY_RELEVANCE] = {0.5, NAN, true},        [QUALITY_GROUNDEDNESS] = {NAN, NAN, true},
    [QUALITY_HALLUCINATION] = {0.4, 0.7, false},   [QUALITY_AVERAGE] = {NAN, NAN, true},
    [QUALITY_EMBEDDING_DRIFT] = {0.2, NAN, false}, [QUALITY_ABSTENTION] = {0.5, NAN, false},
    [QUALITY_CHAT_P95_S] = {5, NAN, false},        [QUALITY_TRIAGE_P95_S] = {NAN, 10, false},
};

/* False for a limit that is NaN. */
static bool is_beyond(const struct limits *of, double limit, double value)
{
    return of->is_least ? value < limit : value > limit;
}

enum quality_level quality_level(enum quality_id id, double value)
{
    const struct limits *of = &limits[id];

    if (isnan(value) || (isnan(of->warn) && isnan(of->crit)))
        return QUALITY_UNJUDGED;
    if (is_beyond(of, of->crit, value))
        return QUALITY_CRIT;
    return is_beyond(of, of->warn, value) ? QUALITY_WARN : QUALITY_GOOD;
}

double quality_limit(enum quality_id id, double value)
{
    const struct limits *of = &limits[id];

    return isnan(of->warn) || is_beyond(of, of->crit, value) ? of->crit : of->warn;
}

bool quality_is_least(enum quality_id id)
{
    return limits[id].is_least;
}

bool quality_is_stand_in(const char *encoder)
{
    static const char *const words[] = {"none", "stand-in", "standin", "ngram", "n-gram", "hash"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strstr(encoder, words[i]))
            return true;
    return false;
}
