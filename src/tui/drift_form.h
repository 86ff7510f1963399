#ifndef TW_TUI_DRIFT_FORM_H
#define TW_TUI_DRIFT_FORM_H

/* The form that launches a drift simulation. Pure. */

#include "tui/drift_status.h"
#include "tui/operations.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORM_TEXT_SIZE     12
#define FORM_NUMBERS       3
#define FORM_FEATURES_MAX  16
#define FORM_FEATURES_SIZE 1024 /* names with commas */
#define FORM_KEY_SIZE      64   /* idempotency key with its NUL */
#define FORM_PROBLEM_SIZE  96

enum form_field { FORM_DURATION, FORM_AMOUNT, FORM_RATE, FORM_UNTIL, FORM_FIRST_FEATURE };

struct drift_form {
    int focused; /* enum form_field, or a feature after FORM_FIRST_FEATURE */
    char numbers[FORM_NUMBERS][FORM_TEXT_SIZE]; /* as typed */
    bool is_until_duration;                     /* else until its alert fires */
    size_t n_features;
    char names[FORM_FEATURES_MAX][64];
    bool is_chosen[FORM_FEATURES_MAX];
    bool was_touched[FORM_NUMBERS]; /* the first character typed replaces what stands there */
    char idempotency_key[FORM_KEY_SIZE];
    char problem[FORM_PROBLEM_SIZE]; /* why it cannot be sent; "" */
};

/* The ranges are the server's (drill_kinds.c), which checks them again. */
struct form_number {
    const char *name, *label, *unit;
    const char *fallback;
    double min, max;
};

extern const struct form_number form_numbers[FORM_NUMBERS];

/* Defaults. status may be NULL: then the features are those of the shipped model. */
void drift_form_init(struct drift_form *form,
                     const struct drift_status *status,
                     const char *idempotency_key);

size_t drift_form_n_fields(const struct drift_form *form);
void drift_form_move(struct drift_form *form, int by);
void drift_form_type(struct drift_form *form, uint32_t code);
void drift_form_erase(struct drift_form *form);
void drift_form_toggle(struct drift_form *form);

/* False, with problem set and the field focused, when something is out of range. */
bool drift_form_check(struct drift_form *form);

/* The request that a checked form makes; it borrows from `form` and `room`. */
struct drift_form_room {
    struct simulation_number numbers[FORM_NUMBERS];
    char features[FORM_FEATURES_SIZE];
};

struct simulation_request drift_form_request(const struct drift_form *form,
                                             struct drift_form_room *room);

#endif
