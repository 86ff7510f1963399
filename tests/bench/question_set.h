#ifndef TW_QUESTION_SET_H
#define TW_QUESTION_SET_H

/* The questions that streams of a bench are drawn from, with their vectors. */

#include "common/error.h"
#include "server/llm/encoder.h"

#include <stddef.h>

/* Texts and their vectors side by side: the baseline's, then the users' by article, then the foreign.
 * The users' and the foreign come in several manners each, all of one question together. */
struct question_set {
    char **texts;
    float *vectors; /* n rows of dim, once there are some */
    size_t n, capacity, dim;
    size_t n_baseline, n_users; /* the foreign are the rest */
    size_t *article_first;      /* of the users', with n_articles + 1 places */
    size_t n_articles;
};

/* Three files: questions one a line, a retrieval set as JSON lines, and foreign questions one a line. To be
 * finished also after a failure. */
int question_set_read(struct question_set *set, char **paths, struct tw_error *err) MUST_CHECK;
void question_set_finish(struct question_set *set);

/* Both replace the vectors. A file holds n rows of float32 in this machine's order. */
int question_set_encode(struct question_set *set,
                        struct encoder *encoder,
                        struct tw_error *err) MUST_CHECK;
int question_set_read_vectors(struct question_set *set,
                              const char *path,
                              struct tw_error *err) MUST_CHECK;

#endif
