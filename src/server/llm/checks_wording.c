#include "server/llm/checks_part.h"
#include "server/llm/operators.h"
#include "server/llm/word_list.h"

#include <string.h>

/* A sentence that is taken over nearly word for word, but with another word at one place, says something else: where
 * a writer rewords, he rewords more than that. Found by the longest common subsequence of the stems of the sentence
 * and of the window. */

/* Share of the sentence's words that stand there in the same order: for another noun and for exchanged places, and for
 * a "not" or an opposite. */
#define NOUN_SHARE   0.6
#define DENIAL_SHARE 0.7

#define WORDS_MIN 5 /* shorter sentences say nothing about how they were made */
#define GAP_MAX   4 /* words on one side of a substitution */
#define THERE_MAX ((size_t)COVERAGE_WINDOW * MATERIAL_TOKENS)

struct alignment {
    const struct material *material;
    const struct material_token *here, *there;
    size_t n_here, n_there;
    unsigned char lengths[MATERIAL_TOKENS + 1][THERE_MAX + 1];
    size_t partner[MATERIAL_TOKENS]; /* of a word here: index there plus 1; 0: none */
};

static bool is_same_token(const struct alignment *a, size_t i, size_t k)
{
    return a->here[i].stem == a->there[k].stem;
}

/* Lengths of the common subsequences of the rests from i and k on. */
static void fill_lengths(struct alignment *a)
{
    for (size_t i = a->n_here + 1; i-- > 0;) {
        for (size_t k = a->n_there + 1; k-- > 0;) {
            if (i == a->n_here || k == a->n_there)
                a->lengths[i][k] = 0;
            else if (is_same_token(a, i, k))
                a->lengths[i][k] = (unsigned char)(a->lengths[i + 1][k + 1] + 1);
            else
                a->lengths[i][k] = a->lengths[i + 1][k] > a->lengths[i][k + 1]
                                       ? a->lengths[i + 1][k]
                                       : a->lengths[i][k + 1];
        }
    }
}

static void find_partners(struct alignment *a)
{
    size_t i = 0, k = 0;

    memset(a->partner, 0, sizeof(a->partner));
    while (i < a->n_here && k < a->n_there) {
        if (is_same_token(a, i, k)) {
            a->partner[i] = k + 1;
            i++;
            k++;
        } else if (a->lengths[i + 1][k] >= a->lengths[i][k + 1]) {
            i++;
        } else {
            k++;
        }
    }
}

/* ---- Gaps ---------------------------------------------------------------------------------------- */

/* What stands here, [here, here_end), and what stands there, between two words that both have in common. */
struct gap {
    size_t here, here_end, there, there_end;
};

/* The gap behind the one given; false: there is no further one. Starts with one that is all 0. */
static bool next_gap(const struct alignment *a, struct gap *gap)
{
    size_t i = gap->here_end, k = gap->there_end;

    while (i < a->n_here && a->partner[i] == k + 1) {
        i++;
        k++;
    }
    if (i == a->n_here && k == a->n_there)
        return false;
    *gap = (struct gap){i, i, k, k};
    while (gap->here_end < a->n_here && a->partner[gap->here_end] == 0)
        gap->here_end++;
    gap->there_end = gap->here_end < a->n_here ? a->partner[gap->here_end] - 1 : a->n_there;
    return true;
}

/* Is it between common words, and short on both sides? What is before and behind them has been left out. */
static bool is_inner(const struct alignment *a, const struct gap *gap)
{
    return gap->here_end - gap->here <= GAP_MAX && gap->there_end - gap->there <= GAP_MAX &&
           (gap->here > 0 || gap->there == 0 || gap->here_end > gap->here) &&
           (gap->here_end < a->n_here || gap->here_end > gap->here);
}

/* A word that carries content: no stop word, no light or generic one, no number. */
static bool is_heavy(const struct material *material, const struct material_token *token)
{
    const struct thesaurus_entry *known = material->stem[token->stem].known;

    return token->weight > 0 && token->quantity == 0 && !(known && known->is_light) &&
           !lexicon_is_generic(material->lexicon, token->word->stem);
}

/* ---- Another word -------------------------------------------------------------------------------- */

/* Is the word here said by any word there? */
static bool is_said(const struct alignment *a, const struct checking *checking, size_t i)
{
    size_t first = (size_t)(a->there - a->material->tokens);

    return checks_is_said(checking, checking->sentence->first + i, true, first, first + a->n_there);
}

/* Words before a noun phrase. A verb is exchanged by who rewords, too. */
static const char *const openers[] = {"a",   "an",   "any",   "at",   "by",   "each", "every",
                                      "for", "from", "in",    "its",  "my",   "of",   "on",
                                      "our", "the",  "their", "this", "that", "with", "your"};

/* Is the first content word of tokens [first, end), of a sentence of n, in a noun phrase, or a name? */
static bool is_noun(const struct alignment *a,
                    const struct material_token *tokens,
                    size_t n,
                    size_t first,
                    size_t end)
{
    for (size_t i = first; i < end; i++) {
        if (!is_heavy(a->material, &tokens[i]))
            continue;
        if (checks_is_name(a->material, &tokens[i]))
            return true;
        if (i > 0 && tokens[i - 1].sentence == tokens[i].sentence)
            return (tokens[i].word->flags & WORD_CAPITAL) ||
                   IS_AMONG(tokens[i - 1].word->form, openers);
        /* At the head of a sentence: a subject before its verb, no verb before its object. */
        return end < n && !IS_AMONG(tokens[i + 1].word->form, openers) &&
               !IS_AMONG(tokens[end].word->form, openers);
    }
    return false;
}

/* Do both sides say something that the other sentence does not say anywhere? */
static bool is_substitution(const struct alignment *a,
                            const struct checking *checking,
                            const struct gap *gap)
{
    size_t n_here = 0, n_there = 0;

    for (size_t k = gap->there; k < gap->there_end; k++) {
        bool is_content = is_heavy(a->material, &a->there[k]);

        if (is_content && fit_has(checking->fit, &a->there[k]))
            return false;
        n_there += is_content;
    }
    for (size_t i = gap->here; i < gap->here_end; i++) {
        bool is_content = is_heavy(a->material, &a->here[i]);

        if (is_content && is_said(a, checking, i))
            return false;
        n_here += is_content;
    }
    return n_here > 0 && n_there > 0 && is_noun(a, a->here, a->n_here, gap->here, gap->here_end) &&
           is_noun(a, a->there, a->n_there, gap->there, gap->there_end);
}

/* ---- A "not" or "only" more ---------------------------------------------------------------------- */

/* Is there a "not" in [first, end) that shares its clause with a word beside the gap? What is a clause of its own was
 * left out with it. */
static bool has_cue(const struct material_token *tokens, size_t n, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        if (tokens[i].is_cue && ((first > 0 && tokens[first - 1].clause == tokens[i].clause &&
                                  tokens[first - 1].sentence == tokens[i].sentence) ||
                                 (end < n && tokens[end].clause == tokens[i].clause &&
                                  tokens[end].sentence == tokens[i].sentence)))
            return true;
    return false;
}

/* Does anything in the gap deny, or carry on what was denied before ("or")? Or what is behind it in its clause, of
 * n tokens: "... is out of the question"? */
static bool has_denial(const struct material_token *tokens, size_t n, size_t first, size_t end)
{
    static const char *const carriers[] = {"nor", "or"};

    for (size_t i = first; i < end; i++)
        if (tokens[i].is_denying || IS_AMONG(tokens[i].word->form, carriers))
            return true;
    for (size_t i = end; i < n && tokens[i].sentence == tokens[end].sentence &&
                         tokens[i].clause == tokens[end].clause;
         i++)
        if (tokens[i].is_denying)
            return true;
    return false;
}

/* "Never" in place of an "only". */
static bool is_never_for_only(const struct alignment *a, const struct gap *gap)
{
    const struct material_token *here = &a->here[gap->here], *there = &a->there[gap->there];

    return gap->here_end == gap->here + 1 && gap->there_end == gap->there + 1 &&
           ((here->is_cue && (there->says & OPERATOR_LIMIT)) ||
            (there->is_cue && (here->says & OPERATOR_LIMIT)));
}

static bool is_negation(const struct alignment *a, const struct gap *gap)
{
    if (is_never_for_only(a, gap))
        return true;
    if (checks_is_list_denied(
            a->material, a->there[gap->there < a->n_there ? gap->there : a->n_there - 1].sentence))
        return false;
    return (has_cue(a->here, a->n_here, gap->here, gap->here_end) &&
            !has_denial(a->there, a->n_there, gap->there, gap->there_end)) ||
           (has_cue(a->there, a->n_there, gap->there, gap->there_end) &&
            !has_denial(a->here, a->n_here, gap->here, gap->here_end));
}

/* ---- The opposite -------------------------------------------------------------------------------- */

/* On different sides of a contrast, or the one allows and the other denies. */
static bool exclude_each_other(const struct thesaurus_entry *a, const struct thesaurus_entry *b)
{
    return a && b &&
           (thesaurus_compare_sides(a, b) < 0 || (a->is_permission && b->is_negative) ||
            (a->is_negative && b->is_permission));
}

/* "approved" and "unapproved", "valid" and "invalid": the same form behind a prefix. */
static bool is_turned_form(const char *with, const char *without)
{
    static const char *const prefixes[] = {"dis", "im", "in", "ir", "non", "non-", "un"};

    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        size_t len = strlen(prefixes[i]);

        if (strncmp(with, prefixes[i], len) == 0 && strcmp(with + len, without) == 0)
            return true;
    }
    return false;
}

/* "cheaper than" and "dearer than". */
static bool is_comparative(const struct material_token *tokens, size_t n, size_t i)
{
    size_t len = strlen(tokens[i].word->form);

    return i + 1 < n && len > 4 && strcmp(tokens[i].word->form + len - 2, "er") == 0 &&
           strcmp(tokens[i + 1].word->form, "than") == 0;
}

static bool is_opposite_pair(const struct alignment *a, size_t i, size_t k)
{
    const char *here = a->here[i].word->form, *there = a->there[k].word->form;

    return exclude_each_other(a->material->stem[a->here[i].stem].known,
                              a->material->stem[a->there[k].stem].known) ||
           is_turned_form(here, there) || is_turned_form(there, here) ||
           (is_comparative(a->here, a->n_here, i) && is_comparative(a->there, a->n_there, k));
}

static bool is_opposite(const struct alignment *a, const struct gap *gap)
{
    for (size_t i = gap->here; i < gap->here_end; i++)
        for (size_t k = gap->there; k < gap->there_end; k++)
            if (is_opposite_pair(a, i, k))
                return true;
    return false;
}

/* "when" for "before", "even" for "only": what turns the one excludes what turns the other. */
static bool is_turned(const struct alignment *a, const struct gap *gap)
{
    unsigned says[2] = {0}, passes[2] = {0};

    for (size_t i = gap->here; i < gap->here_end; i++) {
        says[0] |= a->here[i].says;
        passes[0] |= a->here[i].says | a->here[i].passes;
    }
    for (size_t k = gap->there; k < gap->there_end; k++) {
        says[1] |= a->there[k].says;
        passes[1] |= a->there[k].says | a->there[k].passes;
    }
    return !((says[0] & passes[1]) | (says[1] & passes[0])) &&
           ((operators_opposites(says[0]) & passes[1]) ||
            (operators_opposites(says[1]) & passes[0]));
}

/* ---- Exchanged places ---------------------------------------------------------------------------- */

/* Is a content word of tokens [first, end) here among those of [there, there_end)? */
static bool shares_content(const struct alignment *a,
                           const struct gap *here,
                           const struct gap *there)
{
    for (size_t i = here->here; i < here->here_end; i++)
        for (size_t k = there->there; k < there->there_end; k++)
            if (is_heavy(a->material, &a->here[i]) && is_same_token(a, i, k))
                return true;
    return false;
}

/* "A is red and B is blue" for "B is red and A is blue". */
static bool is_exchange(const struct alignment *a, const struct gap *gap)
{
    struct gap other = *gap;

    while (next_gap(a, &other))
        if (is_inner(a, &other) && shares_content(a, gap, &other) && shares_content(a, &other, gap))
            return true;
    return false;
}

unsigned checks_wording(const struct checking *checking)
{
    const struct material *material = checking->material;
    const struct material_sentence *first = &material->sentences[checking->window->first];
    const struct material_sentence *last = first + checking->window->n - 1;
    struct alignment a = {.material = material,
                          .here = &material->tokens[checking->sentence->first],
                          .there = &material->tokens[first->first],
                          .n_here = checking->sentence->n_tokens};
    struct gap gap = {0};
    unsigned flags = 0;
    double share;

    if (checking->window->n == 0 || first->passage == MATERIAL_QUESTION || a.n_here < WORDS_MIN)
        return 0;
    a.n_there = last->first + last->n_tokens - first->first;
    fill_lengths(&a);
    share = a.lengths[0][0] / (double)a.n_here;
    if (share < NOUN_SHARE)
        return 0;
    find_partners(&a);
    while (next_gap(&a, &gap)) {
        if (!is_inner(&a, &gap))
            continue;
        flags |= is_substitution(&a, checking, &gap) ? CHECK_MODIFIER : 0;
        flags |= is_exchange(&a, &gap) ? CHECK_NAME_SWAPPED : 0;
        if (share < DENIAL_SHARE)
            continue;
        flags |= is_negation(&a, &gap) ? CHECK_NEGATION : 0;
        flags |= is_opposite(&a, &gap) || is_turned(&a, &gap) ? CHECK_ANTONYM : 0;
    }
    return flags;
}
