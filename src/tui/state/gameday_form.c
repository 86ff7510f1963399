#include "tui/state/gameday_form.h"

#include "common/cleanup.h"
#include "tui/text/moment.h"

#include <stdio.h>
#include <string.h>

enum { PARAM_KIND, PARAM_END };

static const struct sim_param params[] = {
    [PARAM_KIND] = {.name = "kind",
                    .option = "which",
                    .fallback = "all",
                    .choices = "all|drift|hallucination|topic-shift|latency|rag|outage",
                    .help = "all of them, or one",
                    .type = SIM_CHOICE},
    [PARAM_END] = {.name = "wait_resolved",
                   .option = "end of each",
                   .fallback = "notified",
                   .choices = "notified|cleared",
                   .help = "up to five minutes for its notification, or not",
                   .type = SIM_CHOICE},
};

const struct sim_kind gameday_form_kind = {
    .name = "game day",
    .about = "each alert must fire, be delivered and clear, in time",
    .params = params,
    .n_params = COUNT_OF(params),
};

bool gameday_form_is(const struct sim_form *form)
{
    return form->kind == &gameday_form_kind;
}

void gameday_form_init(struct sim_form *form, size_t kind, const char *idempotency_key)
{
    sim_form_init(form, &gameday_form_kind, NULL, idempotency_key);
    form->choices[PARAM_KIND] = (int)kind;
}

struct gameday_request gameday_form_request(const struct sim_form *form)
{
    return (struct gameday_request){
        .kind = gameday_kinds[form->choices[PARAM_KIND]],
        .idempotency_key = form->idempotency_key,
        .skips_resolved = form->choices[PARAM_END] == 1,
    };
}

/* ---- What is said beside it --------------------------------------------------------------------- */

struct outlook {
    int n_steps;
    int64_t waits_ms; /* of the steps' rules */
};

static void add_kind(struct outlook *outlook, const struct sim_kind *kind, bool is_fast_alerts)
{
    int n = 1;

    for (size_t i = 0; i < kind->n_params; i++)
        if (kind->params[i].type == SIM_CHOICE)
            n = sim_choice_count(kind->params[i].choices);
    for (int i = 0; i < n; i++)
        outlook->waits_ms += sim_form_rule_waits_ms(sim_kind_alert(kind, i), is_fast_alerts);
    outlook->n_steps += n;
}

static struct outlook outlook_of(const char *name, bool is_fast_alerts)
{
    struct outlook outlook = {0};

    for (size_t i = 0; i < N_SIM_KINDS; i++)
        if (sim_kinds[i].alert.name &&
            (strcmp(name, "all") == 0 || strcmp(name, sim_kinds[i].name) == 0))
            add_kind(&outlook, &sim_kinds[i], is_fast_alerts);
    return outlook;
}

bool gameday_form_advise(const struct sim_form *form, bool is_fast_alerts, char out[FORM_NOTE_SIZE])
{
    struct outlook outlook = outlook_of(gameday_kinds[form->choices[PARAM_KIND]], is_fast_alerts);
    char waits[MOMENT_SPAN_SIZE];

    if (form->problem[0]) {
        (void)snprintf(out, FORM_NOTE_SIZE, "%s", form->problem);
        return true;
    }
    moment_format_span(outlook.waits_ms, waits);
    (void)snprintf(out, FORM_NOTE_SIZE,
                   "%d step%s; %s alerts: the rules wait %s, traffic and recovery come on top. "
                   "X stops it.",
                   outlook.n_steps, outlook.n_steps == 1 ? "" : "s",
                   is_fast_alerts ? "fast" : "ordinary", waits);
    return false;
}
