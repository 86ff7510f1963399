#ifndef TW_PROMPT_H
#define TW_PROMPT_H

/* What a language model is told: the rules, and the question with the numbered passages, fenced so that
 * no text of theirs can end its fence. Pure. */

#include "common/buffer.h"
#include "server/llm/passage.h"

#include <stddef.h>

/* The rules of answering; constant. */
const char *prompt_rules(void);

/* Appends passages and question. The passages come in the order given, numbered from 1, as many as their
 * estimated tokens (tokens.h) leave room for: the one that does not fit is cut at a word and marked with
 * " ...", or left out when little of it would remain. Returns how many are in it. */
size_t prompt_write(struct buffer *out,
                    const char *question,
                    const struct passage *passages,
                    size_t n_passages,
                    size_t passage_tokens_max);

/* Parts of it, for other prompts that show the same things. Text between fences: "<name>" and "</name>"
 * of our fences lose their "<" in it. */
void prompt_write_fenced(struct buffer *out, const char *text, size_t len);
size_t prompt_write_passages(struct buffer *out,
                             const struct passage *passages,
                             size_t n_passages,
                             size_t tokens_max);

#endif
