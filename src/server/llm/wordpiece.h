#ifndef TW_LLM_WORDPIECE_H
#define TW_LLM_WORDPIECE_H

/* BERT's uncased tokeniser: the words of bert_words.h, each cut greedily into the longest pieces that the
 * vocabulary knows. Source: Wu et al. 2016 (arXiv:1609.08144) as in google-research/bert. Pure; immutable
 * once parsed, so any thread may use it. */

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

struct wordpiece;

#define WORDPIECE_FILE_MAX  ((size_t)4 << 20) /* bytes of a vocabulary */
#define WORDPIECE_COUNT_MAX 65536             /* tokens of a vocabulary */

/* Reads a vocab.txt: a token a line, its number the id. Copies text. TW_INVALID for what is no vocabulary
 * of BERT: too large, invalid UTF-8, an empty line, a token twice, a special token missing. */
int wordpiece_parse(const char *text,
                    size_t len,
                    struct wordpiece **ret_pieces,
                    struct tw_error *err) MUST_CHECK;
void wordpiece_free(struct wordpiece *pieces); /* NULL is fine */
DEFINE_CLEANUP(struct wordpiece *, wordpiece_free);

size_t wordpiece_count(const struct wordpiece *pieces);

/* The ids of text, [CLS] first and [SEP] last, at most max_ids (over 2) of them: what is beyond is not
 * read, the [SEP] is kept. Returns their number; 2 when the text holds nothing. Any bytes are a text. */
size_t wordpiece_encode(const struct wordpiece *pieces,
                        const char *text,
                        size_t len,
                        uint16_t *ret_ids,
                        size_t max_ids);

#endif
