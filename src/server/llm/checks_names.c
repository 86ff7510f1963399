#include "server/llm/checks_part.h"

/* How well another name must fit: in idf1, and as a share of what the sentence itself would. */
#define FIT        0.45
#define NAME_SHARE 0.5
#define WORD_SHARE 0.7 /* where the sentence has a word that is no name */

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

static bool is_name(const struct material_token *token)
{
    return (token->word->flags & WORD_NAME) && token->quantity == 0;
}

static bool is_role(const struct material *material, const struct material_token *token)
{
    const struct thesaurus_entry *known = material->stem[token->stem].known;

    return known && known->is_role && token->weight > 0;
}

/* May the one there stand for the one here: identifiers of one kind, names, roles? */
static bool is_rival(const struct material *material,
                     const struct material_token *here,
                     const struct material_token *there)
{
    unsigned either = here->word->flags | there->word->flags;
    unsigned both = here->word->flags & there->word->flags;

    if (!is_name(there))
        return is_role(material, there) && !(here->word->flags & WORD_IDENTIFIER);
    if (!(either & WORD_IDENTIFIER))
        return true;
    return (both & WORD_IDENTIFIER) && (has_same_prefix(here->word->form, there->word->form) ||
                                        has_same_shape(here->word->form, there->word->form));
}

static void compare(const struct checking *checking, size_t here, struct rivalry *rivalry)
{
    const struct material *material = checking->material;
    const struct material_token *name = &material->tokens[here];

    for (size_t i = 0; i < material->n_evidence_tokens; i++) {
        const struct material_token *there = &material->tokens[i];
        bool is_same = there->stem == name->stem, is_known = fit_has(checking->fit, there);
        double strength;

        if (!is_same && is_known) {
            /* Said in another way, or a word of the sentence itself, and so no rival. */
            if (fit_like(checking->fit, there, &strength) == name)
                rivalry->has_same = true;
            continue;
        }
        if (!is_same && !is_rival(material, name, there))
            continue;
        if (checks_is_aside(material, i))
            rivalry->has_same = rivalry->has_same || is_same;
        else
            rivalry_add(rivalry, checking, (struct fit_place){here, here}, (struct fit_place){i, i},
                        !is_same);
    }
}

/* A capital letter that begins a sentence may begin a name; then the evidence does not know it. */
static bool may_be_name(const struct checking *checking, const struct material_token *token)
{
    const struct likenesses *likenesses = checking->fit->likenesses;

    return (token->word->flags & WORD_CAPITAL) &&
           likenesses->start[token->stem] == likenesses->start[token->stem + 1];
}

unsigned checks_names(const struct checking *checking)
{
    const struct material *material = checking->material;
    unsigned flags = 0;

    for (size_t i = 0; i < checking->sentence->n_tokens; i++) {
        size_t at = checking->sentence->first + i;
        const struct material_token *token = &material->tokens[at];
        struct rivalry rivalry = {0};

        if (token->weight == 0 || token->quantity > 0 ||
            (!is_name(token) && !is_role(material, token) && !may_be_name(checking, token)))
            continue;
        compare(checking, at, &rivalry);
        if (is_name(token) && !rivalry.has_same)
            flags |= CHECK_NAME_ABSENT;
        else if (rivalry.rival >= FIT * checking->idf1 &&
                 rivalry_is_lost(&rivalry, checking, (struct fit_place){at, at},
                                 is_name(token) ? NAME_SHARE : WORD_SHARE))
            flags |=
                is_role(material, token) && !is_name(token) ? CHECK_MODIFIER : CHECK_NAME_SWAPPED;
    }
    return flags;
}
