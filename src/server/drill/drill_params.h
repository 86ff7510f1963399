#ifndef TW_DRILL_PARAMS_H
#define TW_DRILL_PARAMS_H

/* Parameters of simulations: a const table per kind says what there is, JSON is checked against it.
 * Pure. */

#include "common/fields.h"
#include "common/json.h"
#include "common/json_write.h"

#include <stddef.h>
#include <stdint.h>

#define DRILL_PARAMS_MAX 8

enum drill_param_type {
    DRILL_PARAM_INT,
    DRILL_PARAM_NUMBER,
    DRILL_PARAM_SEED,     /* an integer up to 2^53; left out, drill_start chooses one */
    DRILL_PARAM_FEATURES, /* array of names of features, none twice; at least one */
    DRILL_PARAM_CHOICE,   /* one of the words in choices, as its index */
};

struct drill_param {
    const char *name;
    enum drill_param_type type;
    double min, max,
        fallback; /* of INT, NUMBER and CHOICE; units stand in the name, rates are per second */
    const char *const *choices; /* NULL-terminated; NULL for other types */
};

/* Every kind has its parameters in the order of its table. */
union drill_value {
    double number;
    uint32_t features; /* bit f: enum feature f */
};

struct drill_params {
    union drill_value value[DRILL_PARAMS_MAX];
};

/* Checks json (an object, or NULL for none) against the table and adds what is wrong to errors, fields
 * as "params.amount"; params has every value when nothing was added. A seed that is left out is -1. */
void drill_params_read(const struct drill_param *table,
                       size_t n_params,
                       const struct json *json,
                       struct drill_params *ret_params,
                       struct field_errors *errors);

/* As an object that drill_params_read would read back. */
void drill_params_write(const struct drill_param *table,
                        size_t n_params,
                        const struct drill_params *params,
                        struct json_writer *w,
                        const char *key);

#endif
