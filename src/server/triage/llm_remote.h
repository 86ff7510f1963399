#ifndef TW_TRIAGE_LLM_REMOTE_H
#define TW_TRIAGE_LLM_REMOTE_H

/* The LLM side of another process, asked over HTTP: POST URL/chat. Any thread; waits for the network. */

#include "server/llm/answer.h"

struct llm_remote_request {
    const char *url;        /* "http://127.0.0.1:8001" */
    const char *token;      /* bearer; NULL for none */
    const char *simulation; /* value of X-Tidewatch-Simulation to pass on, or NULL */
    const char *question;
    size_t n_passages;
    const char *trace_parent;
    int64_t timeout_ms;
};

/* TW_BUSY: it took too long or is overloaded; TW_BROKEN: unreachable, or an answer that makes no sense.
 * ret_answer needs answer_finish on success only. */
int llm_remote_ask(const struct llm_remote_request *request,
                   struct answer *ret_answer,
                   struct tw_error *err) MUST_CHECK;

#endif
