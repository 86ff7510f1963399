#include "server/drill/drill_params.h"

#include "server/ml/features.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SEED_MAX 9007199254740992.0 /* 2^53: beyond it a double cannot name every integer */

static void add_error(struct field_errors *errors, const char *name, const char *detail)
{
    char field[96]; /* longer than what is kept: cut off there, between two characters */

    (void)snprintf(field, sizeof(field), "params.%s", name);
    field_errors_add(errors, field, "%s", detail);
}

static const struct drill_param *find_param(const struct drill_param *table,
                                            size_t n_params,
                                            const char *name)
{
    for (size_t i = 0; i < n_params; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

static void read_number(const struct drill_param *param,
                        const struct json *json,
                        union drill_value *ret_value,
                        struct field_errors *errors)
{
    bool is_whole = param->type != DRILL_PARAM_NUMBER;
    double max = param->type == DRILL_PARAM_SEED ? SEED_MAX : param->max;
    double min = param->type == DRILL_PARAM_SEED ? 0 : param->min;
    double number = json_number(json, (double)NAN);
    char detail[96];

    (void)snprintf(detail, sizeof(detail), "must be %s from %.16g to %.16g",
                   is_whole ? "an integer" : "a number", min, max);
    if (!(number >= min && number <= max) || (is_whole && floor(number) < number))
        add_error(errors, param->name, detail);
    else
        ret_value->number = number;
}

/* The feature's bit, or 0. */
static uint32_t feature_bit(const char *name)
{
    for (int f = 0; name && f < N_FEATURES; f++)
        if (strcmp(features[f].name, name) == 0)
            return 1U << f;
    return 0;
}

static void read_features(const struct drill_param *param,
                          const struct json *json,
                          union drill_value *ret_value,
                          struct field_errors *errors)
{
    uint32_t named = 0;

    if (json_type(json) != JSON_ARRAY || !json_first(json)) {
        add_error(errors, param->name, "must be an array of names of features");
        return;
    }
    for (const struct json *item = json_first(json); item; item = json_next(item)) {
        uint32_t bit = feature_bit(json_string(item));

        if (!bit || (named & bit)) {
            add_error(errors, param->name,
                      bit ? "names a feature twice" : "names something that is no feature");
            return;
        }
        named |= bit;
    }
    ret_value->features = named;
}

static void read_choice(const struct drill_param *param,
                        const struct json *json,
                        union drill_value *ret_value,
                        struct field_errors *errors)
{
    const char *word = json_string(json);
    struct buffer detail;

    for (int i = 0; word && param->choices[i]; i++) {
        if (strcmp(param->choices[i], word) != 0)
            continue;
        ret_value->number = i;
        return;
    }
    buffer_init(&detail, 100);
    (void)buffer_puts(&detail, "must be one of ");
    for (int i = 0; param->choices[i]; i++)
        (void)buffer_printf(&detail, "%s%s", i > 0 ? ", " : "", param->choices[i]);
    add_error(errors, param->name, buffer_text(&detail));
    buffer_finish(&detail);
}

static void set_default(const struct drill_param *param, union drill_value *ret_value)
{
    switch (param->type) {
    case DRILL_PARAM_INT:
    case DRILL_PARAM_NUMBER:
    case DRILL_PARAM_CHOICE:
        ret_value->number = param->fallback;
        break;
    case DRILL_PARAM_SEED:
        ret_value->number = -1;
        break;
    case DRILL_PARAM_FEATURES:
        ret_value->features = (1U << N_FEATURES) - 1;
        break;
    }
}

void drill_params_read(const struct drill_param *table,
                       size_t n_params,
                       const struct json *json,
                       struct drill_params *ret_params,
                       struct field_errors *errors)
{
    assert(n_params <= DRILL_PARAMS_MAX);
    *ret_params = (struct drill_params){0};
    for (size_t i = 0; i < n_params; i++)
        set_default(&table[i], &ret_params->value[i]);
    if (json && json_type(json) != JSON_OBJECT) {
        field_errors_add(errors, "params", "must be an object");
        return;
    }
    for (const struct json *item = json_first(json); item; item = json_next(item)) {
        const struct drill_param *param = find_param(table, n_params, json_key(item));

        if (!param)
            add_error(errors, json_key(item), "is no parameter of this kind");
        else if (param->type == DRILL_PARAM_FEATURES)
            read_features(param, item, &ret_params->value[param - table], errors);
        else if (param->type == DRILL_PARAM_CHOICE)
            read_choice(param, item, &ret_params->value[param - table], errors);
        else
            read_number(param, item, &ret_params->value[param - table], errors);
    }
}

static void write_features(uint32_t named, struct json_writer *w, const char *key)
{
    json_write_array(w, key);
    for (int f = 0; f < N_FEATURES; f++)
        if (named & (1U << f))
            json_write_string(w, NULL, features[f].name);
    json_write_array_end(w);
}

void drill_params_write(const struct drill_param *table,
                        size_t n_params,
                        const struct drill_params *params,
                        struct json_writer *w,
                        const char *key)
{
    json_write_object(w, key);
    for (size_t i = 0; i < n_params; i++) {
        if (table[i].type == DRILL_PARAM_FEATURES)
            write_features(params->value[i].features, w, table[i].name);
        else if (table[i].type == DRILL_PARAM_NUMBER)
            json_write_number(w, table[i].name, params->value[i].number);
        else if (table[i].type == DRILL_PARAM_CHOICE)
            json_write_string(w, table[i].name, table[i].choices[(int)params->value[i].number]);
        else
            json_write_int(w, table[i].name, (int64_t)params->value[i].number);
    }
    json_write_object_end(w);
}
