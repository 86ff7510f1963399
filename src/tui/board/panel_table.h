#ifndef TW_PANEL_TABLE_H
#define TW_PANEL_TABLE_H

/* The newest values of a panel's series as rows: columns of labels, and one of values for each of its
 * queries. Pure. */

#include "tui/board/dashboard.h"
#include "tui/data/series.h"

#include <stdbool.h>
#include <stddef.h>

struct panel_column {
    const char *label; /* NULL: of values */
    size_t target;     /* of values */
    char name[64];     /* "instance", "Value", "Value #A" */
    char title[64];
    char unit[32];
    int decimals; /* -1: as fits */
    int order;
};

struct panel_row {
    const struct series *series; /* whose labels it has */
    double *values;              /* owned; one for each of the panel's targets; NaN: none */
};

struct panel_table {
    size_t n_columns, n_rows;
    struct panel_column *columns; /* owned; those that are hidden are not among them */
    struct panel_row *rows;       /* owned; sorted */
    size_t n_targets;
};

/* Borrows the panel and the set for its life. */
void panel_table_make(const struct panel *panel,
                      const struct series_set *set,
                      struct panel_table *ret_table);
void panel_table_finish(struct panel_table *table); /* zeroed is fine */

/* The value of a column of values. */
double panel_table_value(const struct panel_table *table, size_t row, size_t column);

#endif
