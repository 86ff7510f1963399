#include "server/llm/checks_part.h"

/* How well another name must fit: in idf1, and as a share of what the sentence itself would. */
#define FIT        0.45
#define NAME_SHARE 0.5
#define ROLE_SHARE 0.7

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Identifiers of one prefix are of one kind: "vpn-691" and "vpn-720". */
static bool has_same_prefix(const char *a, const char *b)
{
    size_t n = 0;

    while (a[n] == b[n] && is_letter(a[n]))
        n++;
    return n > 0 && !is_letter(a[n]) && !is_letter(b[n]);
}

static const char *skip_kind(const char *at)
{
    char first = *at;

    while (*at && (is_letter(first)  ? is_letter(*at)
                   : is_digit(first) ? is_digit(*at)
                                     : *at == first))
        at++;
    return at;
}

/* The kinds of characters in turn: "acc-3" and "mon-12" are both letters, hyphen, digits. */
static bool has_same_shape(const char *a, const char *b)
{
    while (*a && *b) {
        bool is_same = is_letter(*a) ? is_letter(*b) : is_digit(*a) ? is_digit(*b) : *a == *b;

        if (!is_same)
            return false;
        a = skip_kind(a);
        b = skip_kind(b);
    }
    return *a == *b;
}

/* May the one there stand for the one here: identifiers of one kind, names, roles? */
static bool is_rival(const struct material *material,
                     const struct material_token *here,
                     const struct material_token *there)
{
    unsigned either = here->word->flags | there->word->flags;
    unsigned both = here->word->flags & there->word->flags;

    if (!checks_is_name(material, there))
        return checks_is_role(material, there) && !(here->word->flags & WORD_IDENTIFIER);
    if (!(either & WORD_IDENTIFIER))
        return true;
    return (both & WORD_IDENTIFIER) && (has_same_prefix(here->word->form, there->word->form) ||
                                        has_same_shape(here->word->form, there->word->form));
}

static struct fit_place at(size_t token)
{
    return (struct fit_place){token, token};
}

/* Where the same is said, by this word or another that is like no other word of the sentence more. */
static void add_same(const struct checking *checking, size_t here, struct rivalry *rivalry)
{
    const struct material *material = checking->material;
    const struct likenesses *likenesses = checking->fit->likenesses;
    uint32_t stem = material->tokens[here].stem;

    for (size_t k = likenesses->start[stem]; k < likenesses->start[stem + 1]; k++) {
        uint32_t like = likenesses->items[k].stem;

        if (likenesses->items[k].is_loose && (material->tokens[here].word->flags & WORD_NAME))
            continue;
        for (size_t p = material->place_start[like]; p < material->place_start[like + 1]; p++) {
            size_t there = material->places[p];
            double strength;

            if (like == stem && !checks_is_aside(material, there))
                rivalry_add(rivalry, checking, at(here), at(there), false);
            else if (like == stem || fit_like(checking->fit, &material->tokens[there], &strength) ==
                                         &material->tokens[here])
                rivalry->has_same = true;
        }
    }
}

/* What else may stand here, and is like no word of the sentence. */
static void add_rivals(const struct checking *checking, size_t here, struct rivalry *rivalry)
{
    const struct material *material = checking->material;

    for (size_t k = 0; k < checking->checks->n_named; k++) {
        size_t there = checking->checks->named[k];

        if (!fit_has(checking->fit, &material->tokens[there]) &&
            is_rival(material, &material->tokens[here], &material->tokens[there]))
            rivalry_add(rivalry, checking, at(here), at(there), true);
    }
}

/* "Friday" is judged by what it excludes. */
static bool has_opposite(const struct material *material, const struct material_token *token)
{
    const struct thesaurus_entry *known = material->stem[token->stem].known;

    return known && known->n_sides > 0;
}

/* Does the place of another name fit better than all places of this one? Names stand in many places: only the
 * sentence that the window is about can tell that it must be another. */
static bool is_swapped(const struct checking *checking, size_t here, struct rivalry *rivalry)
{
    const struct material *material = checking->material;
    const struct material_token *token = &material->tokens[here];
    bool is_name = checks_is_name(material, token);

    add_rivals(checking, here, rivalry);
    rivalry_doubt(rivalry, checking, at(here));
    if (rivalry->has_same && !rivalry->is_rival_there)
        return false;
    return rivalry->rival >= FIT * checking->idf1 &&
           rivalry_is_lost(rivalry, checking, at(here), is_name ? NAME_SHARE : ROLE_SHARE);
}

unsigned checks_names(const struct checking *checking)
{
    const struct material *material = checking->material;
    unsigned flags = 0;

    for (size_t i = 0; i < checking->sentence->n_tokens; i++) {
        size_t here = checking->sentence->first + i;
        const struct material_token *token = &material->tokens[here];
        bool is_name = checks_is_name(material, token), is_role = checks_is_role(material, token);
        struct rivalry rivalry = {0};

        if (token->weight == 0 || token->quantity > 0 || (!is_name && !is_role))
            continue;
        add_same(checking, here, &rivalry);
        if (!rivalry.has_same && checks_is_spelled_otherwise(checking, here))
            continue;
        if ((token->word->flags & WORD_NAME) && !rivalry.has_same && !has_opposite(material, token))
            flags |= CHECK_NAME_ABSENT;
        else if (is_swapped(checking, here, &rivalry))
            flags |= is_role && !is_name ? CHECK_MODIFIER : CHECK_NAME_SWAPPED;
    }
    return flags;
}
