#ifndef TW_CHAT_H
#define TW_CHAT_H

/* POST /chat of the LLM API: the question, and the answer with its scores. Pure. */

#include "common/error.h"
#include "tui/data/scored.h"
#include "tui/draw/page.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch_reply;
struct json;

#define CHAT_WARNINGS_MAX 8

/* A number that the answer does not have is NaN, a count -1, a text "". */
struct chat_answer {
    struct scored scored;
    char model[64];
    char id[48]; /* under which it is stored */
    char request_id[96];
    int64_t n_input_tokens, n_output_tokens;
    bool is_estimated; /* counted by us, not by the provider */
    double first_token_ms, processing_ms;
    size_t n_warnings;
    char warnings[CHAT_WARNINGS_MAX][200];
};

/* n_docs NaN: as the server has it. */
void chat_write_request(const char *query, double n_docs, bool is_stream, struct buffer *out);

/* Errors as answer_read, and TW_BROKEN for JSON of another shape. */
int chat_read(const struct fetch_reply *reply,
              struct chat_answer *ret_answer,
              struct tw_error *err) MUST_CHECK;
int chat_read_object(const struct json *json,
                     struct chat_answer *ret_answer,
                     struct tw_error *err) MUST_CHECK;
void chat_answer_finish(struct chat_answer *answer);

/* The answer, its sources and its scores. */
void chat_write(const struct chat_answer *answer, struct page *page);

/* "model extractive, 12.4 ms (first token 3.0 ms), tokens 212 in 58 out (estimated)"; without an end. */
void chat_write_facts(const struct chat_answer *answer, struct page *page);

#endif
