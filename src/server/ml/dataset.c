#include "server/ml/csv.h"
#include "server/ml/train.h"

#include "common/alloc.h"
#include "common/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_COLUMN   "severity"
#define SHOWN_SIZE     41
#define CLASS_ROWS_MIN 10

/* What is known while the rows are read. */
struct dataset_reader {
    struct csv_reader csv;
    const char *const *classes;
    int n_classes;
    size_t feature_column[N_FEATURES];
    size_t label_column;
    size_t n_columns;
    struct dataset *dataset; /* owned until given away */
    size_t capacity;
    size_t class_rows[CLASSES_MAX];
    size_t last_line; /* of the rows taken in */
};

void dataset_free(struct dataset *dataset)
{
    if (!dataset)
        return;
    free(dataset->x);
    free(dataset->label);
    free(dataset);
}

static int check_classes(const char *const *classes, int n_classes, struct tw_error *err)
{
    if (n_classes < 2 || n_classes > CLASSES_MAX)
        return tw_fail(err, TW_INVALID, "%d classes: there must be 2 to %d", n_classes,
                       CLASSES_MAX);
    for (int c = 0; c < n_classes; c++) {
        if (!classes[c][0] || strlen(classes[c]) >= CLASS_NAME_SIZE)
            return tw_fail(err, TW_INVALID, "class name '%.40s' is not 1 to %d bytes long",
                           classes[c], CLASS_NAME_SIZE - 1);
        for (int before = 0; before < c; before++)
            if (strcmp(classes[before], classes[c]) == 0)
                return tw_fail(err, TW_INVALID, "the class '%s' is named twice", classes[c]);
    }
    return 0;
}

/* Where the column is that the header names so. */
static int find_column(const struct csv_field *fields,
                       size_t n_fields,
                       const char *name,
                       size_t *ret_column,
                       struct tw_error *err)
{
    size_t n_found = 0;
    char text[64];

    for (size_t i = 0; i < n_fields; i++) {
        if (!csv_copy(&fields[i], text, sizeof(text)) || strcmp(text, name) != 0)
            continue;
        *ret_column = i;
        n_found++;
    }
    if (n_found == 0)
        return tw_fail(err, TW_INVALID, "line 1 names no column '%s'", name);
    if (n_found > 1)
        return tw_fail(err, TW_INVALID, "line 1 names the column '%s' twice", name);
    return 0;
}

static int read_header(struct dataset_reader *reader, struct tw_error *err)
{
    struct csv_field fields[CSV_FIELDS_MAX];
    int got = csv_next(&reader->csv, fields, &reader->n_columns, err);

    if (got < 0)
        return -1;
    if (got == 0)
        return tw_fail(err, TW_INVALID, "the data set is empty");
    for (int f = 0; f < N_FEATURES; f++)
        if (find_column(fields, reader->n_columns, features[f].name, &reader->feature_column[f],
                        err) < 0)
            return -1;
    return find_column(fields, reader->n_columns, LABEL_COLUMN, &reader->label_column, err);
}

/* Decimal notation only: strtod alone would take "nan", "inf" and "0x10" too. */
static bool parse_number(const struct csv_field *field, double *ret_value)
{
    char text[64], *end;

    if (!csv_copy(field, text, sizeof(text)) || !text[0] ||
        text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    *ret_value = strtod(text, &end);
    return *end == '\0' && isfinite(*ret_value);
}

static int parse_feature(size_t line,
                         const struct csv_field *field,
                         const struct feature_info *info,
                         double *ret_value,
                         struct tw_error *err)
{
    char shown[SHOWN_SIZE];

    csv_show(field, shown, sizeof(shown));
    if (!parse_number(field, ret_value))
        return tw_fail(err, TW_INVALID, "line %zu: %s '%s' is not a finite number", line,
                       info->name, shown);
    if (*ret_value < info->min || *ret_value > info->max)
        return tw_fail(err, TW_INVALID, "line %zu: %s '%s' is not within %g..%g", line, info->name,
                       shown, info->min, info->max);
    return 0;
}

static int parse_label(const struct dataset_reader *reader,
                       const struct csv_field *field,
                       uint8_t *ret_label,
                       struct tw_error *err)
{
    char text[CLASS_NAME_SIZE], shown[SHOWN_SIZE];

    if (csv_copy(field, text, sizeof(text))) {
        for (int c = 0; c < reader->n_classes; c++) {
            if (strcmp(text, reader->classes[c]) == 0) {
                *ret_label = (uint8_t)c;
                return 0;
            }
        }
    }
    csv_show(field, shown, sizeof(shown));
    return tw_fail(err, TW_INVALID, "line %zu: severity '%s' is none of the %d classes",
                   reader->csv.line, shown, reader->n_classes);
}

static int grow(struct dataset_reader *reader, struct tw_error *err)
{
    struct dataset *dataset = reader->dataset;
    size_t capacity = reader->capacity ? 2 * reader->capacity : 4096;
    uint8_t *label;
    void *x;

    if (dataset->n_rows == DATASET_ROWS_MAX)
        return tw_fail(err, TW_INVALID, "over %d rows", DATASET_ROWS_MAX);
    x = reallocarray(dataset->x, capacity, sizeof(*dataset->x));
    if (x)
        dataset->x = x;
    label = reallocarray(dataset->label, capacity, sizeof(*label));
    if (label)
        dataset->label = label;
    if (!x || !label)
        return tw_fail(err, TW_BUSY, "no memory for %zu rows", capacity);
    reader->capacity = capacity < DATASET_ROWS_MAX ? capacity : DATASET_ROWS_MAX;
    return 0;
}

static int add_row(struct dataset_reader *reader,
                   const struct csv_field *fields,
                   size_t n_fields,
                   struct tw_error *err)
{
    struct dataset *dataset = reader->dataset;
    size_t row = dataset->n_rows, line = reader->csv.line;

    if (n_fields != reader->n_columns)
        return tw_fail(err, TW_INVALID, "line %zu has %zu fields where line 1 has %zu", line,
                       n_fields, reader->n_columns);
    if (row == reader->capacity && grow(reader, err) < 0)
        return -1;
    for (int f = 0; f < N_FEATURES; f++)
        if (parse_feature(line, &fields[reader->feature_column[f]], &features[f],
                          &dataset->x[row][f], err) < 0)
            return -1;
    if (parse_label(reader, &fields[reader->label_column], &dataset->label[row], err) < 0)
        return -1;
    reader->class_rows[dataset->label[row]]++;
    reader->last_line = line;
    dataset->n_rows++;
    return 0;
}

static int check_rows(const struct dataset_reader *reader, struct tw_error *err)
{
    int n_present = 0, first = 0;

    for (int c = reader->n_classes - 1; c >= 0; c--) {
        n_present += reader->class_rows[c] > 0;
        first = reader->class_rows[c] > 0 ? c : first;
    }
    if (reader->dataset->n_rows < DATASET_ROWS_MIN)
        return tw_fail(err, TW_INVALID, "%zu rows up to line %zu: at least %d are needed",
                       reader->dataset->n_rows, reader->last_line, DATASET_ROWS_MIN);
    if (n_present == 1)
        return tw_fail(err, TW_INVALID, "every row up to line %zu is of the one class '%s'",
                       reader->last_line, reader->classes[first]);
    for (int c = 0; c < reader->n_classes; c++)
        if (reader->class_rows[c] < CLASS_ROWS_MIN)
            return tw_fail(
                err, TW_INVALID, "class '%s' has %zu rows up to line %zu: at least %d are needed",
                reader->classes[c], reader->class_rows[c], reader->last_line, CLASS_ROWS_MIN);
    return 0;
}

int dataset_parse(const char *text,
                  size_t len,
                  const char *const *classes,
                  int n_classes,
                  struct dataset **ret_dataset,
                  struct tw_error *err)
{
    CLEANUP(dataset_freep) struct dataset *dataset = xcalloc(1, sizeof(*dataset));
    struct dataset_reader reader = {.classes = classes, .n_classes = n_classes, .dataset = dataset};
    struct csv_field fields[CSV_FIELDS_MAX];
    size_t n_fields;
    int got;

    csv_init(&reader.csv, text, len);
    if (check_classes(classes, n_classes, err) < 0 || read_header(&reader, err) < 0)
        return -1;
    while ((got = csv_next(&reader.csv, fields, &n_fields, err)) > 0)
        if (add_row(&reader, fields, n_fields, err) < 0)
            return -1;
    if (got < 0 || check_rows(&reader, err) < 0)
        return -1;
    hash_sha256_hex(text, len, dataset->sha256);
    *ret_dataset = TAKE(dataset);
    return 0;
}
