#include "server/llm/checks_part.h"
#include "server/llm/word_list.h"

/* How well the place of the opposite must fit: in idf1, and as a share of what the sentence itself would. */
#define FIT   0.4
#define SHARE 0.7

#define RELATIVE_REACH 2 /* words from "what" to its verb */
#define OBJECT_REACH   4 /* words behind "before" that are looked at */
#define VERB_REACH     4 /* words from a verb to its particle */

static bool is_in_sentence(const struct checking *checking, uint32_t stem)
{
    for (size_t i = 0; i < checking->sentence->n_tokens; i++)
        if (checking->material->tokens[checking->sentence->first + i].stem == stem)
            return true;
    return false;
}

static const char *const particles[] = {"down", "in", "off", "on", "out", "up"};

/* "on", "out", "up" say something by themselves only at the end of a clause or behind such a verb. */
static bool is_mere_preposition(const struct material *material, size_t token)
{
    static const char *const verbs[] = {"goes",   "go",       "log",  "power", "sign",
                                        "switch", "switched", "turn", "turned"};
    const struct material_token *at = &material->tokens[token];

    if (!IS_AMONG(at->word->form, particles))
        return false;
    if (token > 0 && at[-1].sentence == at->sentence && IS_AMONG(at[-1].word->form, verbs))
        return false;
    return token + 1 < material->n_tokens && at[1].sentence == at->sentence &&
           at[1].clause == at->clause;
}

/* "if it is not" is "unless it is". */
static bool is_turned_condition(const struct material *material, size_t token)
{
    const struct material_token *at = &material->tokens[token];

    if (strcmp(at->word->form, "if") != 0)
        return false;
    for (size_t i = token + 1;
         i < material->n_tokens && material->tokens[i].sentence == at->sentence &&
         material->tokens[i].clause == at->clause;
         i++)
        if (material->tokens[i].is_cue)
            return true;
    return false;
}

/* "What you deleted" tells things apart and states nothing. */
static bool is_relative(const struct material *material, size_t token)
{
    static const char *const relatives[] = {"what", "which", "who", "whose"};
    size_t first = material->sentences[material->tokens[token].sentence].first;

    for (size_t i = token; i > first && i + RELATIVE_REACH > token; i--)
        if (IS_AMONG(material->tokens[i - 1].word->form, relatives))
            return true;
    return false;
}

/* Does the word at the token only look as if it had an opposite? */
static bool is_unfit(const struct material *material, size_t token)
{
    return is_mere_preposition(material, token) || is_turned_condition(material, token) ||
           is_relative(material, token);
}

/* The content word of the clause shortly before the particle, or the particle itself: there is none. */
static size_t verb_of(const struct material *material, size_t particle)
{
    const struct material_token *at = &material->tokens[particle];

    for (size_t i = particle; i > 0 && i + VERB_REACH > particle; i--) {
        const struct material_token *token = &material->tokens[i - 1];

        if (token->sentence != at->sentence || token->clause != at->clause)
            break;
        if (token->weight > 0)
            return i - 1;
    }
    return particle;
}

/* "Hand it in" is not the opposite of "shuts it out": particles of verbs that have nothing in common. */
static bool is_of_other_verb(const struct checking *checking, size_t here, size_t there)
{
    const struct material *material = checking->material;
    size_t verb_here = verb_of(material, here), verb_there = verb_of(material, there);

    return IS_AMONG(material->tokens[here].word->form, particles) &&
           IS_AMONG(material->tokens[there].word->form, particles) && verb_here != here &&
           verb_there != there &&
           !checks_is_said(checking, verb_here, true, verb_there, verb_there + 1);
}

/* "It rests beforehand" may be "after it has rested": only one of two adverbs or of two prepositions excludes the
 * other. */
static bool is_other_order(const struct material *material, size_t here, size_t there)
{
    static const char *const adverbs[] = {"afterwards", "beforehand"};

    return IS_AMONG(material->tokens[here].word->form, adverbs) !=
           IS_AMONG(material->tokens[there].word->form, adverbs);
}

/* Does what stands behind the word here stand behind the one there too? "Call before you accept it" says the same as
 * "accept it after you have called". */
static bool has_same_object(const struct checking *checking, size_t here, size_t there)
{
    const struct material *material = checking->material;
    const struct material_sentence *s = &material->sentences[material->tokens[there].sentence];
    size_t end = checking->sentence->first + checking->sentence->n_tokens;

    for (size_t i = here + 1; i < end && i <= here + OBJECT_REACH; i++) {
        const struct thesaurus_entry *known = material->stem[material->tokens[i].stem].known;
        bool is_light = known && known->is_light;

        if (material->tokens[i].weight > 0 && material->tokens[i].quantity == 0 && !is_light &&
            checks_is_said(checking, i, true, there + 1, s->first + s->n_tokens))
            return true;
    }
    return false;
}

/* "Before" excludes "after" only with the same thing behind it. */
static bool is_converse(const struct checking *checking, size_t here, size_t there)
{
    static const char *const orders[] = {"after", "before"};
    const struct material_token *tokens = checking->material->tokens;

    return IS_AMONG(tokens[here].word->form, orders) &&
           IS_AMONG(tokens[there].word->form, orders) && !has_same_object(checking, here, there);
}

static void compare(const struct checking *checking, size_t here, struct rivalry *rivalry)
{
    const struct material *material = checking->material;
    const struct material_token *word = &material->tokens[here];
    const struct thesaurus_entry *known = material->stem[word->stem].known;
    struct checks_range window = checks_window(checking);
    bool is_held = checks_is_said(checking, here, true, window.first, window.end);

    for (size_t k = 0; k < checking->checks->n_sided; k++) {
        size_t i = checking->checks->sided[k];
        const struct material_token *there = &material->tokens[i];
        int sides = thesaurus_compare_sides(known, material->stem[there->stem].known);

        if (sides == 0 || is_unfit(material, i) ||
            (there->stem != word->stem && is_in_sentence(checking, there->stem)))
            continue;
        if (sides < 0 &&
            (fit_has(checking->fit, there) || is_held || is_of_other_verb(checking, here, i) ||
             is_other_order(material, here, i) || is_converse(checking, here, i) ||
             checks_is_clause_denied(material, i) != checks_is_clause_denied(material, here)))
            continue;
        rivalry_add(rivalry, checking, (struct fit_place){here, here}, (struct fit_place){i, i},
                    sides < 0);
    }
}

/* Does the evidence have the opposite where the sentence has the word? */
static bool is_opposed(const struct checking *checking, size_t at)
{
    const struct material *material = checking->material;
    const struct material_token *word = &material->tokens[at];
    const struct thesaurus_entry *known = material->stem[word->stem].known;
    struct rivalry rivalry = {0};

    if (!known || known->n_sides == 0 || word->is_negated || word->quantity > 0 ||
        is_unfit(material, at))
        return false;
    compare(checking, at, &rivalry);
    rivalry.is_same_there = false;
    return rivalry.rival >= FIT * checking->idf1 &&
           rivalry_is_lost(&rivalry, checking, (struct fit_place){at, at}, SHARE);
}

unsigned checks_opposites(const struct checking *checking)
{
    for (size_t i = 0; i < checking->sentence->n_tokens; i++)
        if (is_opposed(checking, checking->sentence->first + i))
            return CHECK_ANTONYM;
    return 0;
}
