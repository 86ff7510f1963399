#include "tui/drift_form.h"

#include "tui/prom.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const struct form_number form_numbers[FORM_NUMBERS] = {
    [FORM_DURATION] = {"duration_s", "duration", "s", "120", 10, 3600},
    [FORM_AMOUNT] = {"amount", "amount", "0 to 1", "0.8", 0, 1},
    [FORM_RATE] = {"rate", "rate", "predictions/s", "5", 0.1, 200},
};

static const char *const shipped_features[] = {"ticket_length", "urgency_keywords",
                                               "business_impact", "customer_tier"};

static void add_feature(struct drift_form *form, const char *name)
{
    size_t i = form->n_features;

    if (i == FORM_FEATURES_MAX)
        return;
    (void)snprintf(form->names[i], sizeof(form->names[i]), "%s", name);
    form->is_chosen[i] = true;
    form->n_features++;
}

void drift_form_init(struct drift_form *form,
                     const struct drift_status *status,
                     const char *idempotency_key)
{
    *form = (struct drift_form){0};
    for (size_t i = 0; i < FORM_NUMBERS; i++)
        (void)snprintf(form->numbers[i], FORM_TEXT_SIZE, "%s", form_numbers[i].fallback);
    if (status)
        for (size_t i = 0; i < status->n_features; i++)
            add_feature(form, status->features[i].name);
    if (form->n_features == 0)
        for (size_t i = 0; i < COUNT_OF(shipped_features); i++)
            add_feature(form, shipped_features[i]);
    (void)snprintf(form->idempotency_key, FORM_KEY_SIZE, "%s", idempotency_key);
}

size_t drift_form_n_fields(const struct drift_form *form)
{
    return FORM_FIRST_FEATURE + form->n_features;
}

void drift_form_move(struct drift_form *form, int by)
{
    int n = (int)drift_form_n_fields(form);

    form->focused = ((form->focused + by) % n + n) % n;
    form->problem[0] = '\0';
}

void drift_form_type(struct drift_form *form, uint32_t code)
{
    char *text;
    size_t len;

    if (form->focused >= FORM_NUMBERS || !((code >= '0' && code <= '9') || code == '.'))
        return;
    text = form->numbers[form->focused];
    if (!form->was_touched[form->focused])
        text[0] = '\0';
    form->was_touched[form->focused] = true;
    form->problem[0] = '\0';
    len = strlen(text);
    if (len + 1 < FORM_TEXT_SIZE) {
        text[len] = (char)code;
        text[len + 1] = '\0';
    }
}

void drift_form_erase(struct drift_form *form)
{
    char *text;

    if (form->focused >= FORM_NUMBERS)
        return;
    text = form->numbers[form->focused];
    form->was_touched[form->focused] = true;
    if (text[0])
        text[strlen(text) - 1] = '\0';
}

void drift_form_toggle(struct drift_form *form)
{
    if (form->focused == FORM_UNTIL)
        form->is_until_duration = !form->is_until_duration;
    else if (form->focused >= FORM_FIRST_FEATURE)
        form->is_chosen[form->focused - FORM_FIRST_FEATURE] =
            !form->is_chosen[form->focused - FORM_FIRST_FEATURE];
    form->problem[0] = '\0';
}

static size_t count_chosen(const struct drift_form *form)
{
    size_t n = 0;

    for (size_t i = 0; i < form->n_features; i++)
        n += form->is_chosen[i];
    return n;
}

bool drift_form_check(struct drift_form *form)
{
    for (int i = 0; i < FORM_NUMBERS; i++) {
        const struct form_number *number = &form_numbers[i];
        double value;

        if (prom_number(form->numbers[i], &value) && value >= number->min && value <= number->max &&
            (i != FORM_DURATION || floor(value) >= value))
            continue;
        (void)snprintf(form->problem, sizeof(form->problem), "%s must be %s from %g to %g",
                       number->label, i == FORM_DURATION ? "a whole number" : "a number",
                       number->min, number->max);
        form->focused = i;
        return false;
    }
    if (count_chosen(form) > 0)
        return true;
    (void)snprintf(form->problem, sizeof(form->problem), "choose at least one feature");
    form->focused = FORM_FIRST_FEATURE;
    return false;
}

struct simulation_request drift_form_request(const struct drift_form *form,
                                             struct drift_form_room *room)
{
    struct simulation_request request = {
        .kind = "drift",
        .until = form->is_until_duration ? "duration" : "alert",
        .idempotency_key = form->idempotency_key,
        .n_numbers = FORM_NUMBERS,
        .numbers = room->numbers,
    };
    size_t used = 0;

    for (size_t i = 0; i < FORM_NUMBERS; i++) {
        room->numbers[i].name = form_numbers[i].name;
        if (!prom_number(form->numbers[i], &room->numbers[i].value))
            room->numbers[i].value = (double)NAN; /* not checked: JSON null, which is refused */
    }
    room->features[0] = '\0';
    if (count_chosen(form) == form->n_features)
        return request;
    for (size_t i = 0; i < form->n_features; i++)
        if (form->is_chosen[i] && used < sizeof(room->features))
            used += (size_t)snprintf(room->features + used, sizeof(room->features) - used, "%s%s",
                                     used > 0 ? "," : "", form->names[i]);
    request.features = room->features;
    return request;
}
