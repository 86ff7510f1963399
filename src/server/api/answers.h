#ifndef TW_API_ANSWERS_H
#define TW_API_ANSWERS_H

/* What happens to every answer of the LLM side, whoever asked: it is counted, and it is stored with all
 * that explains it. */

#include "server/http/http.h"
#include "server/llm/answer.h"
#include "server/store/store.h"

struct answerer_account;

/* Who asked what, and when. */
struct asked {
    int64_t id; /* of the row */
    int64_t at_ms;
    uint8_t kind; /* enum answer_kind; = enum answer_source */
    uint8_t origin;
    int64_t simulation_id;
    int class_index; /* of a triage, -1 else */
    const char *query;
    const char *trace_id;
    double duration_ms;
};

/* Fills id, time, origin, simulation and trace. */
void answers_note_caller(struct app *app, const struct request *request, struct asked *asked);

/* "00-<trace>-<span>-01", the span made of the row's id. */
#define TRACE_PARENT_SIZE 56
void answers_trace_parent(const struct asked *asked, char out[TRACE_PARENT_SIZE]);

/* Scores, unsupported sentences and abstentions into the metrics, by its kind as the source. */
void answers_count_scores(struct app *app, const struct asked *asked, const struct answer *answer);

/* What only the replica that answered can count: times, tokens, cost, fallbacks, the query's vector. */
void answers_count_work(struct app *app,
                        const struct asked *asked,
                        const struct answer *answer,
                        struct answerer_account *account);

/* In commit mode ret_ticket is to be waited for. write_more (or NULL) adds members to the stored detail. */
int answers_keep(struct app *app,
                 const struct asked *asked,
                 const struct answer *answer,
                 enum answer_status status,
                 uint64_t *ret_ticket,
                 struct tw_error *err) MUST_CHECK;

#endif
