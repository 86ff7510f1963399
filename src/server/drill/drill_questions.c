#include "server/drill/drill_questions.h"

#include "common/json_write.h"
#include "server/drill/drill_predictions.h"
#include "server/drill/drill_run.h"
#include "server/ml/tickets.h"

/* They leave open what they are about. */
static const char *const vague_questions[] = {
    "It does not work, what now?",
    "Can you help me with this?",
    "Why is it like that?",
    "How long does it take?",
    "Who do I ask?",
    "What should I do next?",
    "Is that normal?",
    "Can I change it later?",
};

/* One of the list, or NULL. Draws in any case, so that the sequence does not depend on what there is. */
static const char *draw_text(struct random_state *rng, const struct drill_texts *texts)
{
    uint64_t bits = random_bits(rng);

    return texts->n > 0 ? texts->text[bits % texts->n] : NULL;
}

static void post(struct drill_run *run,
                 const char *base_url,
                 const char *path,
                 struct buffer *owned_body)
{
    if (owned_body->failed)
        drill_run_note_error(run, "a text is too long for %s", path);
    else
        drill_run_post(run, base_url, path, owned_body, &(struct drill_follow_up){0});
    buffer_finish(owned_body);
}

static void ask(struct drill_run *run, const char *question)
{
    const struct drill_hooks *hooks = drill_run_hooks(run);
    struct buffer body;
    struct json_writer w = {&body, false};

    if (!question || !hooks->llm_url)
        return;
    buffer_init(&body, DRILL_BODY_MAX);
    json_write_object(&w, NULL);
    json_write_string(&w, "query", question);
    json_write_object_end(&w);
    post(run, hooks->llm_url, "/chat", &body);
}

void drill_fire_question(struct drill_run *run, struct random_state *rng)
{
    ask(run, draw_text(rng, &drill_run_hooks(run)->questions));
}

void drill_fire_any_question(struct drill_run *run, struct random_state *rng)
{
    const struct drill_hooks *hooks = drill_run_hooks(run);
    const struct drill_texts ambiguous = {vague_questions, COUNT_OF(vague_questions)};
    const struct drill_texts *const lists[] = {&hooks->questions, &hooks->foreign, &ambiguous};

    ask(run, draw_text(rng, lists[random_below(rng, COUNT_OF(lists))]));
}

void drill_fire_shifted_question(struct drill_run *run, struct random_state *rng)
{
    const struct drill_hooks *hooks = drill_run_hooks(run);
    bool is_foreign = random_uniform(rng) < drill_run_params(run)->value[TOPIC_SHIFT_SHARE].number;

    ask(run, draw_text(rng, is_foreign ? &hooks->foreign : &hooks->questions));
}

void drill_fire_ticket_text(struct drill_run *run, struct random_state *rng)
{
    const struct drill_hooks *hooks = drill_run_hooks(run);
    const char *text = draw_text(rng, &hooks->tickets);
    struct ticket ticket;
    struct buffer body;
    struct json_writer w = {&body, false};

    ticket_draw(rng, 0, 0, &ticket);
    if (!text || !hooks->llm_url)
        return;
    buffer_init(&body, DRILL_BODY_MAX);
    json_write_object(&w, NULL);
    json_write_string(&w, "ticket_text", text);
    drill_write_features(&ticket, &w);
    json_write_object_end(&w);
    post(run, hooks->ml_url, "/triage", &body);
}
