#ifndef TW_TUI_SIM_FORM_H
#define TW_TUI_SIM_FORM_H

/* The form that starts a simulation of any kind: its fields are the kind's parameters, what ends the run, and
 * the features where the kind has them. Pure. */

#include "tui/data/drift_status.h"
#include "tui/data/sim_kinds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORM_TEXT_SIZE     20
#define FORM_FEATURES_MAX  16
#define FORM_FEATURES_SIZE 1024 /* names with commas */
#define FORM_KEY_SIZE      64   /* idempotency key with its NUL */
#define FORM_PROBLEM_SIZE  200

struct sim_form {
    const struct sim_kind *kind; /* NULL: none was opened yet */
    int focused;
    char texts[SIM_PARAMS_MAX][FORM_TEXT_SIZE]; /* numbers, as typed */
    bool was_touched[SIM_PARAMS_MAX]; /* the first character typed replaces what stands there */
    int choices[SIM_PARAMS_MAX];      /* which of the words */
    bool is_until_duration;           /* else until its alert fires */
    size_t n_features;                /* 0: the kind has none */
    char names[FORM_FEATURES_MAX][64];
    bool is_chosen[FORM_FEATURES_MAX];
    char idempotency_key[FORM_KEY_SIZE];
    char at_param[SIM_PARAMS_MAX][FORM_PROBLEM_SIZE]; /* what is wrong with it; "" */
    char problem[FORM_PROBLEM_SIZE];                  /* what is wrong besides; "" */
};

/* Defaults. status may be NULL: then the features are those of the shipped model. */
void sim_form_init(struct sim_form *form,
                   const struct sim_kind *kind,
                   const struct drift_status *status,
                   const char *idempotency_key);

/* What stands in a row of the form. */
enum sim_form_part { FORM_PARAM, FORM_UNTIL, FORM_FEATURE };

struct sim_form_field {
    enum sim_form_part part;
    size_t i; /* of the parameter, or of the feature */
};

size_t sim_form_n_fields(const struct sim_form *form);
struct sim_form_field sim_form_field(const struct sim_form *form, size_t row);

void sim_form_move(struct sim_form *form, int by);
void sim_form_type(struct sim_form *form, uint32_t code);
void sim_form_erase(struct sim_form *form);
void sim_form_turn(struct sim_form *form, int by); /* the choice before or after */

/* False when something is out of range: that is said at each such field, and the first has the focus. */
bool sim_form_check(struct sim_form *form);

/* The server refused it. A field ("params.rate") that the form has gets the detail, and the first of them the
 * focus; false: it has none such. */
bool sim_form_refuse_field(struct sim_form *form, const char *field, const char *detail);
void sim_form_refuse(struct sim_form *form, const char *why);

/* The request that a checked form makes; it borrows from `form` and `room`. */
struct sim_form_room {
    struct simulation_number numbers[SIM_PARAMS_MAX];
    char words[SIM_PARAMS_MAX][SIM_WORD_SIZE];
    char features[FORM_FEATURES_SIZE];
};

struct simulation_request sim_form_request(const struct sim_form *form, struct sim_form_room *room);

/* What the focused field means, and its bounds; or what is wrong with it (true). */
#define FORM_NOTE_SIZE 256
bool sim_form_explain(const struct sim_form *form, char out[FORM_NOTE_SIZE]);

/* How long the alert's rule waits. */
int64_t sim_form_rule_waits_ms(const struct sim_alert *alert, bool is_fast_alerts);

/* When the run ends and whether it can raise its alert; true: it cannot, or the form was refused. */
bool sim_form_advise(const struct sim_form *form, bool is_fast_alerts, char out[FORM_NOTE_SIZE]);

#endif
