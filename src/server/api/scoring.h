#ifndef TW_API_SCORING_H
#define TW_API_SCORING_H

/* One prediction from features to store: what /predict, /predict/batch and /triage share. */

#include "server/api/prediction_id.h"
#include "server/http/http.h"
#include "server/ml/model.h"
#include "server/store/store.h"

/* On its way to metrics, drift window and store. */
struct scored {
    struct prediction prediction;
    struct prediction_row row;
    char id[PREDICTION_ID_SIZE];
};

/* Who asks: fills the row's time, origin and simulation. */
void scoring_note_caller(const struct app *app,
                         const struct request *request,
                         struct prediction_row *row);

/* x has N_FEATURES values in range. */
void scoring_predict(struct app *app, const double *x, struct scored *ret_scored);

/* Stores, counts, and puts it before the drift monitor. The store comes first: when it refuses, nothing
 * has happened. */
int scoring_keep(struct app *app,
                 const struct scored *scored,
                 uint64_t *ret_ticket,
                 struct tw_error *err) MUST_CHECK;

/* In commit mode the answer waits for the row's commit. */
void scoring_answer_when_durable(const struct app *app, struct reply *reply, uint64_t ticket);

/* For an answer that is streamed already: waits here, on a job worker. False: the row was lost. */
bool scoring_wait_until_durable(const struct app *app, uint64_t ticket);

#endif
