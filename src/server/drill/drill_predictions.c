#include "server/drill/drill_predictions.h"

#include "common/json.h"
#include "common/json_write.h"
#include "server/drill/drill_run.h"
#include "server/ml/tickets.h"

#include <math.h>
#include <string.h>

#define FEEDBACK_DELAY_MIN_MS 200
#define FEEDBACK_DELAY_MAX_MS 2000
#define PREDICTION_ID_MAX     96

void drill_write_features(const struct ticket *ticket, struct json_writer *w)
{
    for (int f = 0; f < N_FEATURES; f++) {
        if (features[f].is_integer)
            json_write_int(w, features[f].name, llround(ticket->x[f]));
        else
            json_write_number(w, features[f].name, ticket->x[f]);
    }
}

static void post_ticket(struct drill_run *run,
                        const struct ticket *ticket,
                        const struct drill_follow_up *follow_up)
{
    struct buffer body;
    struct json_writer w = {&body, false};

    buffer_init(&body, DRILL_BODY_MAX);
    json_write_object(&w, NULL);
    drill_write_features(ticket, &w);
    json_write_object_end(&w);
    drill_run_post(run, drill_run_hooks(run)->ml_url, "/predict", &body, follow_up);
    buffer_finish(&body);
}

static void post_feedback_later(struct drill_run *run,
                                const char *prediction_id,
                                const struct drill_follow_up *follow_up)
{
    struct buffer body;
    struct json_writer w = {&body, false};

    buffer_init(&body, DRILL_BODY_MAX);
    json_write_object(&w, NULL);
    json_write_string(&w, "prediction_id", prediction_id);
    json_write_string(&w, "severity", drill_run_hooks(run)->class_names[follow_up->label]);
    json_write_object_end(&w);
    drill_run_post_later(run, follow_up->delay_ms, "/feedback", &body);
    buffer_finish(&body);
}

static void give_feedback(struct drill_run *run,
                          const struct fetch_reply *reply,
                          const struct drill_follow_up *follow_up)
{
    CLEANUP(json_freep) struct json *answer = NULL;
    const char *prediction_id = NULL;

    if (json_parse(reply->body, reply->body_len, &answer, NULL) == 0)
        prediction_id = json_string(json_get(answer, "prediction_id"));
    if (!prediction_id || strlen(prediction_id) > PREDICTION_ID_MAX)
        drill_run_note_error(run, "/predict answered without a usable prediction_id");
    else
        post_feedback_later(run, prediction_id, follow_up);
}

void drill_fire_usual(struct drill_run *run, struct random_state *rng)
{
    const struct drill_params *params = drill_run_params(run);
    struct drill_follow_up follow_up = {.done = give_feedback};
    struct ticket ticket;
    double whether, when;

    /* Drawn here, not when the answer comes: the sequence must not depend on timing. */
    ticket_draw(rng, 0, 0, &ticket);
    whether = random_uniform(rng);
    when = random_uniform(rng);
    follow_up.label = ticket.label;
    follow_up.delay_ms =
        FEEDBACK_DELAY_MIN_MS + (int64_t)(when * (FEEDBACK_DELAY_MAX_MS - FEEDBACK_DELAY_MIN_MS));
    if (whether >= params->value[BASELINE_FEEDBACK].number ||
        !drill_run_hooks(run)->class_names[ticket.label])
        follow_up.done = NULL;
    post_ticket(run, &ticket, &follow_up);
}

void drill_fire_ordinary(struct drill_run *run, struct random_state *rng)
{
    struct ticket ticket;

    ticket_draw(rng, 0, 0, &ticket);
    post_ticket(run, &ticket, &(struct drill_follow_up){0});
}

void drill_fire_drifted(struct drill_run *run, struct random_state *rng)
{
    const struct drill_params *params = drill_run_params(run);
    struct ticket ticket;

    ticket_draw(rng, params->value[DRIFT_AMOUNT].number, params->value[DRIFT_FEATURES].features,
                &ticket);
    post_ticket(run, &ticket, &(struct drill_follow_up){0});
}
