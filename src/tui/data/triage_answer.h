#ifndef TW_TRIAGE_ANSWER_H
#define TW_TRIAGE_ANSWER_H

/* POST /triage of the ML API: severity by the model, explanation and advice by the LLM side. Pure. */

#include "common/error.h"
#include "tui/draw/page.h"

#include <stdbool.h>
#include <stddef.h>

struct fetch_reply;

#define TRIAGE_LINES_MAX 32 /* of actions, sources, warnings each; more is an error */

/* A number NaN is left out of the request. */
struct triage_request {
    const char *text;
    double length, urgency, impact, tier;
};

/* Texts fit for a terminal, owned; they may hold line feeds. */
struct triage_lines {
    size_t n;
    char *at[TRIAGE_LINES_MAX];
};

/* A number that the answer does not have is NaN. */
struct triage_answer {
    char severity[32];
    double confidence; /* 0..1 */
    char *explanation; /* owned */
    struct triage_lines actions, action_sources, sources, warnings;
    bool is_abstained; /* the knowledge base has nothing on it */
    double relevance, hallucination, groundedness, answer_relevance; /* 0..1 */
    double processing_ms, ml_ms, llm_ms;
    char prediction_id[96], request_id[96];
    char id[48]; /* under which it is stored */
};

void triage_write_request(const struct triage_request *request, struct buffer *out);

/* Errors as answer_read, and TW_BROKEN for JSON of another shape. */
int triage_read(const struct fetch_reply *reply,
                struct triage_answer *ret_answer,
                struct tw_error *err) MUST_CHECK;
void triage_answer_finish(struct triage_answer *answer);

void triage_write(const struct triage_answer *answer, struct page *page);

/* The severity alone is there: the LLM side failed or was too slow. */
bool triage_is_degraded(const struct triage_answer *answer);

#endif
