#include "server/llm/checks_part.h"
#include "server/llm/word_list.h"

#include <string.h>

/* One name in two spellings: "DPO" and "Data Protection Officer", "Ticket Bay" and "TicketBay", "GX 12" and "GX-12". */

#define ACRONYM_MIN 2
#define ACRONYM_MAX 6 /* words */
#define JOINED_MIN  4 /* letters and digits that two spellings share at least */

static size_t sentence_end(const struct material *material, size_t token)
{
    const struct material_sentence *s = &material->sentences[material->tokens[token].sentence];

    return s->first + s->n_tokens;
}

/* ---- Acronyms ------------------------------------------------------------------------------------ */

/* Where the capitalised words from `at` on end whose first letters are the form; 0: they are others. */
static size_t acronym_end(const struct material *material, const char *form, size_t at, size_t end)
{
    static const char *const joints[] = {"and", "for", "of", "the"};
    size_t n = 0;

    for (; form[n] && at < end; at++) {
        const struct text_word *word = material->tokens[at].word;

        if (n > 0 && IS_AMONG(word->form, joints))
            continue;
        if (word->form[0] != form[n] || !(word->flags & (WORD_CAPITAL | WORD_NAME)))
            return 0;
        n++;
    }
    return form[n] == '\0' && n >= ACRONYM_MIN ? at : 0;
}

/* Does the evidence spell out the acronym here? */
static bool is_spelled_out_there(const struct material *material, size_t here)
{
    const char *form = material->tokens[here].word->form;

    for (size_t i = 0; i < material->n_evidence_tokens; i++)
        if (acronym_end(material, form, i, sentence_end(material, i)) > 0)
            return true;
    return false;
}

/* Is the word here one of those that an acronym of the evidence stands for? */
static bool is_shortened_there(const struct checking *checking, size_t here)
{
    const struct material *material = checking->material;
    size_t first = checking->sentence->first;

    if (here >= first + ACRONYM_MAX)
        first = here + 1 - ACRONYM_MAX;
    for (size_t k = 0; k < checking->checks->n_named; k++) {
        const char *form = material->tokens[checking->checks->named[k]].word->form;

        for (size_t at = first; at <= here; at++)
            if (acronym_end(material, form, at, sentence_end(material, here)) > here)
                return true;
    }
    return false;
}

/* ---- Together or apart --------------------------------------------------------------------------- */

/* Two words, or one and "", read as one. */
struct joined {
    const char *at, *rest;
};

/* The next letter or digit; '\0' at the end. */
static char next_letter(struct joined *joined)
{
    for (;;) {
        char c = *joined->at;

        if (c == '\0' && *joined->rest == '\0')
            return '\0';
        if (c == '\0') {
            joined->at = joined->rest;
            joined->rest = "";
            continue;
        }
        joined->at++;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            return c;
    }
}

static bool is_same_spelling(struct joined a, struct joined b)
{
    for (size_t n = 0;; n++) {
        char c = next_letter(&a);

        if (c != next_letter(&b))
            return false;
        if (c == '\0')
            return n >= JOINED_MIN;
    }
}

/* The form of the next token of the sentence, or "". */
static const char *form_behind(const struct material *material, size_t token)
{
    return token + 1 < sentence_end(material, token) ? material->tokens[token + 1].word->form : "";
}

static const char *form_before(const struct material *material, size_t token)
{
    return token > material->sentences[material->tokens[token].sentence].first
               ? material->tokens[token - 1].word->form
               : "";
}

/* Is the word, alone or with a neighbour, one name of the evidence? */
static bool is_joined_there(const struct checking *checking, size_t here)
{
    const struct material *material = checking->material;
    const char *form = material->tokens[here].word->form;
    const char *before = form_before(material, here), *behind = form_behind(material, here);

    for (size_t k = 0; k < checking->checks->n_named; k++) {
        struct joined there = {material->tokens[checking->checks->named[k]].word->form, ""};

        if (is_same_spelling((struct joined){form, ""}, there) ||
            is_same_spelling((struct joined){before, form}, there) ||
            is_same_spelling((struct joined){form, behind}, there))
            return true;
    }
    return false;
}

/* Does the evidence write the name here as two words? */
static bool is_apart_there(const struct material *material, size_t here)
{
    const struct joined form = {material->tokens[here].word->form, ""};

    for (size_t i = 0; i < material->n_evidence_tokens; i++)
        if (material->tokens[i].word->form[0] == form.at[0] &&
            is_same_spelling(
                form, (struct joined){material->tokens[i].word->form, form_behind(material, i)}))
            return true;
    return false;
}

bool checks_is_spelled_otherwise(const struct checking *checking, size_t here)
{
    const struct material *material = checking->material;

    if (material->tokens[here].quantity > 0)
        return is_joined_there(checking, here);
    return is_spelled_out_there(material, here) || is_shortened_there(checking, here) ||
           is_joined_there(checking, here) || is_apart_there(material, here);
}
