#include "server/llm/spelling.h"

#include "common/edit_distance.h"
#include "server/llm/lexicon.h"

#include <stddef.h>
#include <string.h>

struct search {
    const char *stem;
    size_t len;
    const char *best;
    uint32_t best_df;
};

static bool is_better(const struct search *search, const char *stem, uint32_t df)
{
    if (!search->best || df != search->best_df)
        return !search->best || df > search->best_df;
    return strcmp(stem, search->best) < 0;
}

static void look(void *ctx, const char *stem, uint32_t df)
{
    struct search *search = ctx;
    size_t len;

    /* Nearly all fail here, before their distance is reckoned. */
    if (stem[0] != search->stem[0])
        return;
    len = strlen(stem);
    if (len > search->len + 1 || len + 1 < search->len || !is_better(search, stem, df))
        return;
    if (edit_distance(search->stem, stem) != 1)
        return;
    search->best = stem;
    search->best_df = df;
}

const char *spelling_nearest(const struct lexicon *lexicon, const char *stem)
{
    struct search search = {.stem = stem, .len = strlen(stem)};

    if (search.len >= SPELLING_LETTERS_MIN)
        lexicon_each_stem(lexicon, look, &search);
    return search.best;
}
