#include "tui/state/sim_form.h"

#include "common/cleanup.h"
#include "tui/data/prom.h"
#include "tui/text/moment.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The server's: fast alerts divide every `for`, to no less than this; a run until its alert may take so long
 * beyond it (drill.c, drill_goal.c). */
#define FAST_DIVISOR    20
#define FAST_FOR_MS_MIN 2000
#define BEYOND_FOR_MS   180000

static const char *const shipped_features[] = {"ticket_length", "urgency_keywords",
                                               "business_impact", "customer_tier"};

static void add_feature(struct sim_form *form, const char *name)
{
    size_t i = form->n_features;

    if (i == FORM_FEATURES_MAX)
        return;
    (void)snprintf(form->names[i], sizeof(form->names[i]), "%s", name);
    form->is_chosen[i] = true;
    form->n_features++;
}

static void add_features(struct sim_form *form, const struct drift_status *status)
{
    if (status)
        for (size_t i = 0; i < status->n_features; i++)
            add_feature(form, status->features[i].name);
    if (form->n_features == 0)
        for (size_t i = 0; i < COUNT_OF(shipped_features); i++)
            add_feature(form, shipped_features[i]);
}

void sim_form_init(struct sim_form *form,
                   const struct sim_kind *kind,
                   const struct drift_status *status,
                   const char *idempotency_key)
{
    *form = (struct sim_form){.kind = kind};
    for (size_t i = 0; i < kind->n_params; i++) {
        const struct sim_param *param = &kind->params[i];

        if (param->type == SIM_FEATURES)
            add_features(form, status);
        else if (param->type == SIM_CHOICE)
            form->choices[i] = sim_choice_find(param->choices, param->fallback);
        else
            (void)snprintf(form->texts[i], FORM_TEXT_SIZE, "%s",
                           param->fallback ? param->fallback : "");
    }
    (void)snprintf(form->idempotency_key, FORM_KEY_SIZE, "%s", idempotency_key);
}

/* ---- Fields: parameters, what ends it, features ------------------------------------------------- */

/* The features have rows of their own, at the end. */
static size_t count_params(const struct sim_kind *kind)
{
    size_t n = 0;

    for (size_t i = 0; i < kind->n_params; i++)
        n += kind->params[i].type != SIM_FEATURES;
    return n;
}

size_t sim_form_n_fields(const struct sim_form *form)
{
    return count_params(form->kind) + (form->kind->alert.name != NULL) + form->n_features;
}

struct sim_form_field sim_form_field(const struct sim_form *form, size_t row)
{
    size_t n_params = count_params(form->kind), i = 0;

    if (row == n_params && form->kind->alert.name)
        return (struct sim_form_field){FORM_UNTIL, 0};
    if (row >= n_params)
        return (struct sim_form_field){FORM_FEATURE,
                                       row - n_params - (form->kind->alert.name != NULL)};
    for (;; i++) {
        if (form->kind->params[i].type == SIM_FEATURES)
            continue;
        if (row-- == 0)
            return (struct sim_form_field){FORM_PARAM, i};
    }
}

static struct sim_form_field focused_field(const struct sim_form *form)
{
    return sim_form_field(form, (size_t)form->focused);
}

/* The text that is typed into, or NULL. */
static char *focused_text(struct sim_form *form, bool **ret_was_touched)
{
    struct sim_form_field field = focused_field(form);

    if (field.part != FORM_PARAM || form->kind->params[field.i].type == SIM_CHOICE)
        return NULL;
    *ret_was_touched = &form->was_touched[field.i];
    return form->texts[field.i];
}

/* What was wrong may not be so any more. */
static void forget_problem(struct sim_form *form)
{
    struct sim_form_field field = focused_field(form);

    if (field.part == FORM_PARAM)
        form->at_param[field.i][0] = '\0';
    form->problem[0] = '\0';
}

void sim_form_move(struct sim_form *form, int by)
{
    int n = (int)sim_form_n_fields(form);

    form->focused = ((form->focused + by) % n + n) % n;
}

void sim_form_type(struct sim_form *form, uint32_t code)
{
    bool *was_touched;
    char *text = focused_text(form, &was_touched);
    size_t len;

    if (!text || !((code >= '0' && code <= '9') || code == '.'))
        return;
    if (!*was_touched)
        text[0] = '\0';
    *was_touched = true;
    forget_problem(form);
    len = strlen(text);
    if (len + 1 < FORM_TEXT_SIZE) {
        text[len] = (char)code;
        text[len + 1] = '\0';
    }
}

void sim_form_erase(struct sim_form *form)
{
    bool *was_touched;
    char *text = focused_text(form, &was_touched);

    if (!text)
        return;
    *was_touched = true;
    forget_problem(form);
    if (text[0])
        text[strlen(text) - 1] = '\0';
}

void sim_form_turn(struct sim_form *form, int by)
{
    struct sim_form_field field = focused_field(form);
    const struct sim_param *param = &form->kind->params[field.i];
    int n;

    if (field.part == FORM_UNTIL) {
        form->is_until_duration = !form->is_until_duration;
    } else if (field.part == FORM_FEATURE) {
        form->is_chosen[field.i] = !form->is_chosen[field.i];
    } else if (param->type == SIM_CHOICE) {
        n = sim_choice_count(param->choices);
        form->choices[field.i] = (form->choices[field.i] + by + n) % n;
    }
    forget_problem(form);
}

/* ---- Checking ----------------------------------------------------------------------------------- */

static void focus(struct sim_form *form, enum sim_form_part part, size_t i)
{
    for (size_t row = 0; row < sim_form_n_fields(form); row++) {
        struct sim_form_field field = sim_form_field(form, row);

        if (field.part == part && field.i == i)
            form->focused = (int)row;
    }
}

/* NaN: nothing was typed, or no number. */
static double number_of(const struct sim_form *form, size_t i)
{
    double number;

    return form->texts[i][0] && prom_number(form->texts[i], &number) ? number : (double)NAN;
}

static bool is_right(const struct sim_form *form, size_t i)
{
    const struct sim_param *param = &form->kind->params[i];
    double number = number_of(form, i);

    if (param->type != SIM_NUMBER && param->type != SIM_WHOLE)
        return true;
    if (!param->fallback && !form->texts[i][0])
        return true;
    return number >= param->min && number <= param->max &&
           (param->type == SIM_NUMBER || floor(number) >= number);
}

static size_t count_chosen(const struct sim_form *form)
{
    size_t n = 0;

    for (size_t i = 0; i < form->n_features; i++)
        n += form->is_chosen[i];
    return n;
}

/* In the server's words. */
static void set_out_of_range(struct sim_form *form, size_t i)
{
    const struct sim_param *param = &form->kind->params[i];

    (void)snprintf(form->at_param[i], FORM_PROBLEM_SIZE, "must be %s from %.16g to %.16g",
                   param->type == SIM_WHOLE ? "an integer" : "a number", param->min, param->max);
}

bool sim_form_check(struct sim_form *form)
{
    bool is_good = true;

    form->problem[0] = '\0';
    for (size_t i = form->kind->n_params; i-- > 0;) { /* the first one is focused last */
        form->at_param[i][0] = '\0';
        if (is_right(form, i))
            continue;
        set_out_of_range(form, i);
        focus(form, FORM_PARAM, i);
        is_good = false;
    }
    if (!is_good || form->n_features == 0 || count_chosen(form) > 0)
        return is_good;
    (void)snprintf(form->problem, sizeof(form->problem), "choose at least one feature");
    focus(form, FORM_FEATURE, 0);
    return false;
}

bool sim_form_refuse_field(struct sim_form *form, const char *field, const char *detail)
{
    static const char params[] = "params.";
    bool is_first = true;

    if (strncmp(field, params, sizeof(params) - 1) != 0)
        return false;
    for (size_t i = 0; i < form->kind->n_params; i++) {
        is_first = is_first && !form->at_param[i][0];
        if (strcmp(form->kind->params[i].name, field + sizeof(params) - 1) != 0 ||
            form->kind->params[i].type == SIM_FEATURES)
            continue;
        (void)snprintf(form->at_param[i], FORM_PROBLEM_SIZE, "%s", detail);
        if (is_first)
            focus(form, FORM_PARAM, i);
        return true;
    }
    return false;
}

void sim_form_refuse(struct sim_form *form, const char *why)
{
    (void)snprintf(form->problem, sizeof(form->problem), "%s", why);
}

/* ---- The request -------------------------------------------------------------------------------- */

/* Chosen names with commas; NULL: all of them. */
static const char *join_features(const struct sim_form *form, char out[FORM_FEATURES_SIZE])
{
    size_t used = 0;

    if (count_chosen(form) == form->n_features)
        return NULL;
    out[0] = '\0';
    for (size_t i = 0; i < form->n_features; i++)
        if (form->is_chosen[i] && used < FORM_FEATURES_SIZE)
            used += (size_t)snprintf(out + used, FORM_FEATURES_SIZE - used, "%s%s",
                                     used > 0 ? "," : "", form->names[i]);
    return out;
}

struct simulation_request sim_form_request(const struct sim_form *form, struct sim_form_room *room)
{
    struct sim_values values = {0};
    struct simulation_request request;

    for (size_t i = 0; i < form->kind->n_params; i++) {
        const struct sim_param *param = &form->kind->params[i];

        values.numbers[i] = number_of(form, i);
        if (param->type == SIM_FEATURES)
            values.words[i] = join_features(form, room->features);
        if (param->type != SIM_CHOICE)
            continue;
        sim_choice_copy(param->choices, form->choices[i], room->words[i]);
        values.words[i] = room->words[i];
    }
    request = sim_kind_request(form->kind, &values, room->numbers);
    request.idempotency_key = form->idempotency_key;
    if (form->kind->alert.name)
        request.until = form->is_until_duration ? "duration" : "alert";
    return request;
}

/* ---- What is said beside it --------------------------------------------------------------------- */

static bool explain_param(const struct sim_form *form, size_t i, char out[FORM_NOTE_SIZE])
{
    const struct sim_param *param = &form->kind->params[i];
    bool is_wrong = form->at_param[i][0] != '\0';

    if (is_wrong)
        (void)snprintf(out, FORM_NOTE_SIZE, "%s %s", param->option, form->at_param[i]);
    else if (param->type == SIM_CHOICE)
        (void)snprintf(out, FORM_NOTE_SIZE, "%s: %s", param->option, param->help);
    else if (!param->fallback)
        (void)snprintf(out, FORM_NOTE_SIZE, "%s: %s; empty: a new one", param->option, param->help);
    else
        (void)snprintf(out, FORM_NOTE_SIZE, "%s: %s; from %.10g to %.10g", param->option,
                       param->help, param->min, param->max);
    return is_wrong;
}

bool sim_form_explain(const struct sim_form *form, char out[FORM_NOTE_SIZE])
{
    struct sim_form_field field = focused_field(form);

    switch (field.part) {
    case FORM_PARAM:
        return explain_param(form, field.i, out);
    case FORM_UNTIL:
        (void)snprintf(out, FORM_NOTE_SIZE, "until: what ends the run");
        return false;
    case FORM_FEATURE:
        break;
    }
    (void)snprintf(out, FORM_NOTE_SIZE, "features: which of them move");
    return false;
}

int64_t sim_form_rule_waits_ms(const struct sim_alert *alert, bool is_fast_alerts)
{
    int64_t fast_ms = alert->for_ms / FAST_DIVISOR;

    if (!is_fast_alerts)
        return alert->for_ms;
    return fast_ms > FAST_FOR_MS_MIN ? fast_ms : FAST_FOR_MS_MIN;
}

/* The alert of what is chosen. */
static const struct sim_alert *alert_of(const struct sim_form *form)
{
    int choice = -1;

    for (size_t i = 0; i < form->kind->n_params; i++)
        if (form->kind->params[i].type == SIM_CHOICE)
            choice = form->choices[i];
    return sim_kind_alert(form->kind, choice);
}

static int64_t duration_ms(const struct sim_form *form)
{
    struct sim_values values = {0};

    for (size_t i = 0; i < form->kind->n_params; i++)
        values.numbers[i] = number_of(form, i);
    return sim_kind_duration_ms(form->kind, &values);
}

bool sim_form_advise(const struct sim_form *form, bool is_fast_alerts, char out[FORM_NOTE_SIZE])
{
    const struct sim_alert *alert = alert_of(form);
    int64_t for_ms = sim_form_rule_waits_ms(alert, is_fast_alerts);
    int64_t runs_ms = duration_ms(form), most_ms = for_ms + BEYOND_FOR_MS;
    char waits[MOMENT_SPAN_SIZE], runs[MOMENT_SPAN_SIZE], most[MOMENT_SPAN_SIZE];
    bool is_warning = form->problem[0] != '\0';

    moment_format_span(for_ms, waits);
    moment_format_span(runs_ms, runs);
    moment_format_span(runs_ms > most_ms ? runs_ms : most_ms, most);
    if (is_warning) {
        (void)snprintf(out, FORM_NOTE_SIZE, "%s", form->problem);
    } else if (!alert->name && runs_ms > 0) {
        (void)snprintf(out, FORM_NOTE_SIZE, "Ends after %s, and raises no alert. X stops it.",
                       runs);
    } else if (!alert->name) {
        (void)snprintf(out, FORM_NOTE_SIZE,
                       "Goes on until B switches it off, and raises no alert.");
    } else if (!form->is_until_duration) {
        (void)snprintf(out, FORM_NOTE_SIZE,
                       "Goes on until %s fires (its rule waits %s), at most %s. X stops it.",
                       alert->name, waits, most);
    } else if (runs_ms < for_ms) {
        is_warning = true;
        (void)snprintf(out, FORM_NOTE_SIZE,
                       "%s waits %s: beside ordinary traffic a run of %s cannot raise it.",
                       alert->name, waits, runs);
    } else {
        (void)snprintf(out, FORM_NOTE_SIZE, "Ends after %s; the rule of %s waits %s. X stops it.",
                       runs, alert->name, waits);
    }
    return is_warning;
}
