#include "server/llm/checks_part.h"

#include "common/alloc.h"
#include "server/llm/operators.h"
#include "server/llm/word_list.h"

#include <string.h>

const char *const check_names[CHECKS] = {"number-absent", "number-swapped", "name-absent",
                                         "name-swapped",  "negation",       "antonym",
                                         "modifier"};

/* A rival must fit this much better than the best place that says the same. What alone stands in the sentence that
 * the window is about is believed more. */
#define RATIO             1.3
#define RATIO_SAME_THERE  2.5
#define RATIO_RIVAL_THERE 1.05

/* And by this much, in idf1. */
#define MARGIN 0.15

/* Where that sentence has the rival, and what the sentence says fits nowhere, the rival need fit no better. */
#define CLEAR_RATIO 4.0
#define CLEAR_SHARE 0.33

/* What a rival that fits better, but not by enough, makes doubtful. */
#define RIVAL_DOUBT 0.9

static size_t sentence_of(const struct material *material, struct fit_place place)
{
    return material->tokens[place.first].sentence;
}

void rivalry_add(struct rivalry *rivalry,
                 const struct checking *checking,
                 struct fit_place here,
                 struct fit_place there,
                 bool is_rival)
{
    double *best = is_rival ? &rivalry->rival : &rivalry->same, fit;

    if (rivalry->n_places++ >= RIVALRY_PLACES)
        return;
    fit = fit_of(checking->fit, here, there);
    if (fit > *best)
        *best = fit;
    rivalry->has_same = rivalry->has_same || !is_rival;
    if (checking->window->n > 0 &&
        sentence_of(checking->material, there) == checking->window->anchor)
        *(is_rival ? &rivalry->is_rival_there : &rivalry->is_same_there) = true;
}

static double ratio_of(const struct rivalry *rivalry)
{
    if (rivalry->is_same_there == rivalry->is_rival_there)
        return RATIO;
    return rivalry->is_same_there ? RATIO_SAME_THERE : RATIO_RIVAL_THERE;
}

void rivalry_doubt(const struct rivalry *rivalry,
                   const struct checking *checking,
                   struct fit_place here)
{
    double self = fit_self(checking->fit, here);
    double doubt = self > 0 ? (rivalry->rival - rivalry->same) / self : 0;

    if (doubt > *checking->doubt)
        *checking->doubt = doubt < 1 ? doubt : 1;
}

bool rivalry_is_lost(const struct rivalry *rivalry,
                     const struct checking *checking,
                     struct fit_place here,
                     double share)
{
    rivalry_doubt(rivalry, checking, here);
    if (rivalry->is_rival_there && rivalry->rival >= CLEAR_RATIO * rivalry->same &&
        share > CLEAR_SHARE)
        share = CLEAR_SHARE;
    return rivalry->rival >= ratio_of(rivalry) * rivalry->same &&
           rivalry->rival - rivalry->same >= MARGIN * checking->idf1 &&
           rivalry->rival >= share * fit_self(checking->fit, here);
}

struct checks_range checks_window(const struct checking *checking)
{
    const struct material_sentence *first = &checking->material->sentences[checking->window->first];

    if (checking->window->n == 0)
        return (struct checks_range){0, 0};
    return (struct checks_range){first->first, first[checking->window->n - 1].first +
                                                   first[checking->window->n - 1].n_tokens};
}

bool checks_is_aside(const struct material *material, size_t token)
{
    const struct material_sentence *sentence =
        &material->sentences[material->tokens[token].sentence];

    return sentence->is_title || sentence->passage == MATERIAL_QUESTION;
}

bool checks_is_not(const struct material_token *token)
{
    return token->is_cue && strcmp(token->word->form, "without") != 0;
}

bool checks_may_deny(const struct material_token *token)
{
    return token->is_denying || (token->passes & OPERATOR_DENY);
}

static bool denies(const struct material *material, const struct material_sentence *s)
{
    for (size_t i = s->first; i < s->first + s->n_tokens; i++)
        if (material->tokens[i].is_denying)
            return true;
    return false;
}

bool checks_is_list_denied(const struct material *material, size_t sentence)
{
    int passage = material->sentences[sentence].passage;

    if (!material->sentences[sentence].is_item || material->sentences[sentence].is_step)
        return false;
    while (sentence > 0 && material->sentences[sentence].is_item)
        sentence--;
    return material->sentences[sentence].passage == passage &&
           denies(material, &material->sentences[sentence]);
}

bool checks_is_clause_denied(const struct material *material, size_t token)
{
    const struct material_token *at = &material->tokens[token];
    const struct material_sentence *sentence = &material->sentences[at->sentence];

    for (size_t i = sentence->first; i < sentence->first + sentence->n_tokens; i++)
        if (i != token && material->tokens[i].clause == at->clause && material->tokens[i].is_cue)
            return true;
    return false;
}

bool checks_has_stem(const struct material *material, struct checks_range range, uint32_t stem)
{
    for (size_t i = range.first; i < range.end; i++)
        if (material->tokens[i].stem == stem)
            return true;
    return false;
}

/* "Nobody under 18" is "from 18 on". */
static bool is_limit(const struct material *material, size_t token)
{
    return (material->tokens[token].passes & (OPERATOR_MORE | OPERATOR_LESS)) &&
           token + 1 < material->n_tokens && material->tokens[token + 1].quantity > 0;
}

bool checks_is_bounded(const struct material *material,
                       struct checks_range one,
                       struct checks_range other)
{
    static const char *const bounds[] = {"alone", "before", "but",    "else",  "except",
                                         "only",  "than",   "unless", "until", "without"};

    for (size_t i = one.first; i < one.end; i++)
        if ((IS_AMONG(material->tokens[i].word->form, bounds) ||
             (material->tokens[i].says & (OPERATOR_MORE | OPERATOR_LESS)) ||
             is_limit(material, i)) &&
            !checks_has_stem(material, other, material->tokens[i].stem))
            return true;
    return false;
}

bool checks_next_clause(const struct material *material,
                        const struct material_sentence *s,
                        struct checks_range *span)
{
    size_t at = span->end, end = s->first + s->n_tokens;

    if (at >= end)
        return false;
    span->first = at;
    while (at < end && material->tokens[at].clause == material->tokens[span->first].clause)
        at++;
    span->end = at;
    return true;
}

bool checks_is_said(
    const struct checking *checking, size_t token, bool is_here, size_t first, size_t end)
{
    const struct fit *fit = checking->fit;

    for (size_t i = first; i < end; i++) {
        /* Links lead from the evidence to the sentence. */
        size_t there = is_here ? i : token, here = is_here ? token : i;
        uint32_t link = fit->heads[checking->material->tokens[there].stem];

        for (; link != STEM_NONE; link = fit->links[link].next)
            if (checking->sentence->first + fit->links[link].token == here)
                return true;
    }
    return false;
}

bool checks_is_name(const struct material *material, const struct material_token *token)
{
    if (token->quantity > 0)
        return false;
    return (token->word->flags & WORD_NAME) ||
           ((token->word->flags & WORD_CAPITAL) && token->weight > 0 &&
            lexicon_is_name(material->lexicon, token->word->stem));
}

/* "Every command is reviewed" names neither a commander nor a reviewer: verbs of the same stem. */
static bool is_deed(const char *form)
{
    static const char *const verbs[] = {"approve",  "approves", "command", "commands", "develop",
                                        "develops", "manage",   "manages", "operate",  "operates",
                                        "respond",  "responds", "review",  "reviews",  "supervise"};
    size_t len = strlen(form);

    return IS_AMONG(form, verbs) ||
           (len > 4 && (strcmp(form + len - 2, "ed") == 0 || strcmp(form + len - 3, "ing") == 0));
}

bool checks_is_role(const struct material *material, const struct material_token *token)
{
    const struct thesaurus_entry *known = material->stem[token->stem].known;

    return known && known->is_role && token->weight > 0 && !is_deed(token->word->form);
}

/* The words that every cell of a table has before it. */
static bool is_column_head(const struct material *material, const struct material_token *token)
{
    return token->column > 0 && token->word->start < material->sentences[token->sentence].start;
}

void checks_init(struct checks *checks,
                 const struct material *material,
                 const struct likenesses *likenesses)
{
    *checks = (struct checks){.material = material};
    checks->named = xcalloc(material->n_evidence_tokens, sizeof(*checks->named));
    checks->sided = xcalloc(material->n_evidence_tokens, sizeof(*checks->sided));
    fit_init(&checks->fit, material, likenesses);
    for (size_t i = 0; i < material->n_evidence_tokens; i++) {
        const struct material_token *token = &material->tokens[i];
        const struct thesaurus_entry *known = material->stem[token->stem].known;

        if (checks_is_aside(material, i))
            continue;
        if (!is_column_head(material, token) &&
            (checks_is_name(material, token) || checks_is_role(material, token)))
            checks->named[checks->n_named++] = (uint32_t)i;
        if (known && known->n_sides > 0 && !token->is_negated)
            checks->sided[checks->n_sided++] = (uint32_t)i;
    }
}

void checks_finish(struct checks *checks)
{
    fit_finish(&checks->fit);
    free(checks->named);
    free(checks->sided);
    *checks = (struct checks){0};
}

unsigned checks_find(struct checks *checks,
                     size_t sentence,
                     const struct coverage_window *window,
                     double *ret_doubt)
{
    const struct checking checking = {.checks = checks,
                                      .fit = &checks->fit,
                                      .material = checks->material,
                                      .sentence = &checks->material->sentences[sentence],
                                      .window = window,
                                      .idf1 = lexicon_idf1(checks->material->lexicon),
                                      .doubt = ret_doubt};

    unsigned flags;

    *ret_doubt = 0;
    fit_set_sentence(&checks->fit, sentence);
    flags = checks_numbers(&checking) | checks_names(&checking) | checks_negations(&checking) |
            checks_statements(&checking) | checks_opposites(&checking) | checks_wording(&checking);
    if (flags == 0)
        *ret_doubt = 1 - (1 - RIVAL_DOUBT * *ret_doubt) * (1 - checks_operators(&checking));
    return flags;
}
