#include "server/llm/retrieval_query.h"

#include "server/llm/terms.h"

#define ALTERNATIVES_MAX 64 /* of an expression; a question that needs more is no question */

static void add_quoted(struct buffer *out, const char *word)
{
    (void)buffer_putc(out, '"');
    for (; *word; word++) {
        if (*word == '"')
            (void)buffer_putc(out, '"');
        (void)buffer_putc(out, *word);
    }
    (void)buffer_putc(out, '"');
}

static void add_or(struct buffer *out)
{
    if (out->len > 0)
        (void)buffer_puts(out, " OR ");
}

void retrieval_query_terms(const struct terms *terms, struct buffer *out)
{
    for (size_t i = 0; i < terms->n && i < ALTERNATIVES_MAX; i++) {
        const struct term *term = &terms->items[i];

        add_or(out);
        add_quoted(out, term->is_respelt ? term->word->stem : term->word->form);
        /* The index stems what it is asked for, and a stem's stem may be shorter: as a prefix it fits. */
        if (term->is_respelt)
            (void)buffer_putc(out, '*');
    }
}

static void add_phrase(struct buffer *out, const struct lexicon_phrase *phrase)
{
    add_or(out);
    (void)buffer_putc(out, '(');
    for (size_t i = 0; i < phrase->n; i++) {
        if (i > 0)
            (void)buffer_puts(out, " AND ");
        add_quoted(out, phrase->forms[i]);
    }
    (void)buffer_putc(out, ')');
}

void retrieval_query_synonyms(const struct terms *terms, struct buffer *out)
{
    size_t n = 0;

    for (size_t i = 0; i < terms->n; i++)
        for (size_t k = 0; k < terms->items[i].n_synonyms && n < ALTERNATIVES_MAX; k++, n++)
            add_phrase(out, terms->items[i].synonyms[k]);
}
