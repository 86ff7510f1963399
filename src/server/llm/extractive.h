#ifndef TW_EXTRACTIVE_H
#define TW_EXTRACTIVE_H

/* Answers without a language model: the section of the passages that fits the question best, word for
 * word, and a second one where it fits nearly as well and both are short. Pure. */

#include <stdbool.h>
#include <stddef.h>

struct lexicon;
struct passage;

#define EXTRACTIVE_PASSAGES_MAX 3   /* further ones are not looked at */
#define EXTRACTIVE_WORDS_MAX    120 /* of two sections */

struct extractive_request {
    const char *question;
    const struct lexicon *lexicon;
    const struct passage *passages; /* best first */
    size_t n_passages;              /* 0: abstains */
    bool is_ambiguous;              /* asks back */
    const char *const *topics;      /* titles, for saying what can be answered */
    size_t n_topics;
};

struct extractive_answer {
    char *text;        /* for free(); cites passage i, counted from 1, as "[i]" */
    bool is_abstained; /* also when it asks back */
};

void extractive_generate(const struct extractive_request *request,
                         struct extractive_answer *ret_answer);

#endif
