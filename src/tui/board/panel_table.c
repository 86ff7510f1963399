#include "tui/board/panel_table.h"

#include "common/alloc.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Columns ------------------------------------------------------------------------------------- */

static const struct column_rule *rule_of(const struct panel *panel, const char *name)
{
    for (size_t i = 0; i < panel->table.n_columns; i++)
        if (strcmp(panel->table.columns[i].name, name) == 0)
            return &panel->table.columns[i];
    return NULL;
}

static bool has_label(const struct panel_table *table, const char *label)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].label && strcmp(table->columns[i].label, label) == 0)
            return true;
    return false;
}

static void add_column(const struct panel *panel,
                       struct panel_table *table,
                       const char *name,
                       const char *label,
                       size_t target)
{
    const struct column_rule *rule = rule_of(panel, name);
    struct panel_column *column;

    table->columns = xrealloc_array(table->columns, table->n_columns + 1, sizeof(*table->columns));
    column = &table->columns[table->n_columns++];
    *column = (struct panel_column){.label = label, .target = target, .decimals = panel->decimals};
    column->order = rule ? rule->order : INT_MAX;
    (void)snprintf(column->name, sizeof(column->name), "%s", name);
    (void)snprintf(column->title, sizeof(column->title), "%s",
                   rule && rule->title[0] ? rule->title : name);
    (void)snprintf(column->unit, sizeof(column->unit), "%s",
                   rule && rule->unit[0] ? rule->unit : panel->unit);
    if (rule && rule->decimals >= 0)
        column->decimals = rule->decimals;
}

static void add_label_columns(const struct panel *panel,
                              const struct series_set *set,
                              struct panel_table *table)
{
    for (size_t s = 0; s < set->n; s++)
        for (size_t i = 0; i < set->at[s].labels.n; i++)
            if (!has_label(table, set->at[s].labels.at[i].name))
                add_column(panel, table, set->at[s].labels.at[i].name, set->at[s].labels.at[i].name,
                           0);
}

/* "Value" alone, "Value #A" beside others, as Grafana names them. */
static void add_value_columns(const struct panel *panel, struct panel_table *table)
{
    size_t n_asked = 0;
    char name[64];

    for (size_t t = 0; t < panel->n_targets; t++)
        n_asked += panel->targets[t].is_asked;
    for (size_t t = 0; t < panel->n_targets; t++) {
        if (!panel->targets[t].is_asked)
            continue;
        (void)snprintf(name, sizeof(name), n_asked > 1 ? "Value #%s" : "Value",
                       panel->targets[t].ref_id);
        add_column(panel, table, name, NULL, t);
    }
}

static bool is_hidden(const struct panel *panel, const struct panel_column *column)
{
    const struct column_rule *rule = rule_of(panel, column->name);

    return rule && rule->is_hidden;
}

/* By the file's order, labels by name before values. */
static int compare_columns(const void *left, const void *right)
{
    const struct panel_column *a = left, *b = right;

    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    if (!a->label || !b->label)
        return a->label ? -1 : b->label ? 1 : (a->target > b->target) - (a->target < b->target);
    return strcmp(a->label, b->label);
}

static void make_columns(const struct panel *panel,
                         const struct series_set *set,
                         struct panel_table *table)
{
    size_t n_kept = 0;

    add_label_columns(panel, set, table);
    add_value_columns(panel, table);
    for (size_t i = 0; i < table->n_columns; i++)
        if (!is_hidden(panel, &table->columns[i]))
            table->columns[n_kept++] = table->columns[i];
    table->n_columns = n_kept;
    if (n_kept > 0)
        qsort(table->columns, n_kept, sizeof(*table->columns), compare_columns);
}

/* ---- Rows ---------------------------------------------------------------------------------------- */

/* Do values of different queries belong to one row? The metric's name does not tell them apart. */
static bool is_same_row(const struct panel *panel, const struct labels *a, const struct labels *b)
{
    const char *join_by = panel->table.join_by;

    if (join_by[0])
        return strcmp(labels_get(a, join_by), labels_get(b, join_by)) == 0;
    for (int side = 0; side < 2; side++) {
        const struct labels *one = side ? b : a, *other = side ? a : b;

        for (size_t i = 0; i < one->n; i++)
            if (strcmp(one->at[i].name, "__name__") != 0 &&
                strcmp(labels_get(other, one->at[i].name), one->at[i].value) != 0)
                return false;
    }
    return true;
}

/* The row that the series belongs to and has no value of its query yet; made where there is none. */
static struct panel_row *obtain_row(const struct panel *panel,
                                    const struct series *series,
                                    struct panel_table *table)
{
    struct panel_row *row;

    for (size_t r = 0; r < table->n_rows; r++) {
        row = &table->rows[r];
        if (row->series->target != series->target && isnan(row->values[series->target]) &&
            is_same_row(panel, &row->series->labels, &series->labels))
            return row;
    }
    row = &table->rows[table->n_rows++];
    row->series = series;
    row->values = xcalloc(table->n_targets, sizeof(*row->values));
    for (size_t t = 0; t < table->n_targets; t++)
        row->values[t] = (double)NAN;
    return row;
}

static void make_rows(const struct panel *panel,
                      const struct series_set *set,
                      struct panel_table *table)
{
    table->rows = xcalloc(set->n, sizeof(*table->rows));
    for (size_t s = 0; s < set->n; s++) {
        const struct series *series = &set->at[s];

        if (series->target < table->n_targets)
            obtain_row(panel, series, table)->values[series->target] =
                series_reduce(series, set->grid.n, CALC_LAST);
    }
}

/* ---- Sorting ------------------------------------------------------------------------------------- */

struct sorting {
    const struct panel_column *column;
    bool is_descending;
};

static int compare_values(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return a < b ? -1 : a > b;
}

static int compare_rows(const void *left, const void *right, void *ctx)
{
    const struct panel_row *a = left, *b = right;
    const struct sorting *sorting = ctx;
    const struct panel_column *column = sorting->column;
    int order = column->label
                    ? strcmp(labels_get(&a->series->labels, column->label),
                             labels_get(&b->series->labels, column->label))
                    : compare_values(a->values[column->target], b->values[column->target]);

    return sorting->is_descending ? -order : order;
}

static void sort(const struct panel *panel, struct panel_table *table)
{
    const char *by = panel->table.sort_by;
    struct sorting sorting = {.is_descending = panel->table.is_descending};

    for (size_t i = 0; by[0] && i < table->n_columns; i++)
        if (strcmp(table->columns[i].title, by) == 0 || strcmp(table->columns[i].name, by) == 0)
            sorting.column = &table->columns[i];
    if (sorting.column && table->n_rows > 0)
        qsort_r(table->rows, table->n_rows, sizeof(*table->rows), compare_rows, &sorting);
}

/* ---- All of it ----------------------------------------------------------------------------------- */

void panel_table_make(const struct panel *panel,
                      const struct series_set *set,
                      struct panel_table *ret_table)
{
    *ret_table = (struct panel_table){.n_targets = panel->n_targets};
    make_columns(panel, set, ret_table);
    make_rows(panel, set, ret_table);
    sort(panel, ret_table);
}

void panel_table_finish(struct panel_table *table)
{
    for (size_t r = 0; r < table->n_rows; r++)
        free(table->rows[r].values);
    free(table->rows);
    free(table->columns);
    *table = (struct panel_table){.rows = NULL};
}

double panel_table_value(const struct panel_table *table, size_t row, size_t column)
{
    return table->rows[row].values[table->columns[column].target];
}
