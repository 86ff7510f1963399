#include "tui/data/prom_matrix.h"

#include "common/alloc.h"
#include "tui/data/prom_parts.h"

#include <string.h>

/* [1795470300,"0.25"] */
static bool read_point(const struct json *pair, struct prom_point *ret_point)
{
    const struct json *at = json_first(pair), *value = json_next(at);

    if (json_type(pair) != JSON_ARRAY || json_type(at) != JSON_NUMBER || !json_string(value) ||
        json_next(value))
        return false;
    ret_point->at_s = json_number(at, 0);
    return prom_number(json_string(value), &ret_point->value);
}

static int read_line(const struct json *item, struct prom_line *line, struct tw_error *err)
{
    const struct json *values = json_get(item, "values");

    if (labels_read(json_get(item, "metric"), &line->labels, err) < 0)
        return -1;
    if (json_type(values) != JSON_ARRAY)
        return tw_fail(err, TW_BROKEN, "a line of the answer has no values");
    line->points = xcalloc(json_count(values), sizeof(*line->points));
    for (const struct json *pair = json_first(values); pair; pair = json_next(pair))
        if (!read_point(pair, &line->points[line->n++]))
            return tw_fail(err, TW_BROKEN, "a point is not a time and a number in quotes");
    return 0;
}

static int read_lines(const struct json *data, struct prom_matrix *matrix, struct tw_error *err)
{
    const struct json *result = json_get(data, "result");
    const char *type = json_string(json_get(data, "resultType"));

    if (!type || strcmp(type, "matrix") != 0 || json_type(result) != JSON_ARRAY)
        return tw_fail(err, TW_BROKEN, "the result is not a matrix");
    if (json_count(result) > PROM_ITEMS_MAX)
        return tw_fail(err, TW_BROKEN, "the answer has over %d series", PROM_ITEMS_MAX);
    matrix->at = xcalloc(json_count(result), sizeof(*matrix->at));
    for (const struct json *item = json_first(result); item; item = json_next(item))
        if (read_line(item, &matrix->at[matrix->n++], err) < 0)
            return -1;
    return 0;
}

int prom_read_matrix(const struct fetch_reply *reply,
                     struct prom_matrix *ret_matrix,
                     struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *data = NULL;
    struct prom_matrix matrix = {0};

    if (prom_open_envelope(reply, &json, &data, err) < 0)
        return -1;
    if (read_lines(data, &matrix, err) < 0) {
        prom_matrix_finish(&matrix);
        return -1;
    }
    prom_read_warnings(json, &matrix.warnings, &matrix.infos);
    *ret_matrix = matrix;
    return 0;
}

void prom_matrix_finish(struct prom_matrix *matrix)
{
    for (size_t i = 0; i < matrix->n; i++) {
        labels_finish(&matrix->at[i].labels);
        free(matrix->at[i].points);
    }
    free(matrix->at);
    *matrix = (struct prom_matrix){0};
}
