/* A pie as bars with shares: angles cannot be read off cells, lengths can. */

#include "tui/view/board_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Only what is there and above nothing has a share. */
static double part_of(double value)
{
    return value > 0 && isfinite(value) ? value : 0;
}

static double total_of(const struct board_rows *rows)
{
    double total = 0;

    for (size_t i = 0; i < rows->n; i++)
        total += part_of(rows->at[i].value);
    return total;
}

/* The largest first; those that are no number last. */
static int compare_rows(const void *left, const void *right)
{
    const struct board_row *a = left, *b = right;

    if (isnan(a->value) || isnan(b->value))
        return isnan(a->value) - isnan(b->value);
    return a->value > b->value ? -1 : a->value < b->value;
}

static void set_share(struct board_row *row, size_t i, double total)
{
    double share = isfinite(total) && total > 0 ? part_of(row->value) / total : (double)NAN;

    row->role = (enum role)(ROLE_SERIES_1 + i % ROLE_N_SERIES);
    if (isnan(share) || isnan(row->value) || row->value < 0)
        (void)snprintf(row->share, sizeof(row->share), "-");
    else
        (void)snprintf(row->share, sizeof(row->share), "%.*f%%", share < 0.0995 ? 1 : 0,
                       100 * share);
    row->value = isnan(share) ? 0 : share;
}

void board_piechart_draw(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    struct board_rows rows;
    double total;

    board_rows_make(at, &rows);
    total = total_of(&rows);
    qsort(rows.at, rows.n, sizeof(rows.at[0]), compare_rows);
    for (size_t i = 0; i < rows.n; i++)
        set_share(&rows.at[i], i, total);
    rows.min = 0;
    rows.max = rows.n > 0 && rows.at[0].value > 0 ? rows.at[0].value : 1;
    if (isfinite(total) && total > 0)
        rows.rest_total = 1; /* values are shares by now */
    rows.panel = NULL;
    board_rows_draw(&rows, grid, inside);
}

void board_piechart_value(const struct board_panel *at, char out[UNITS_SIZE])
{
    struct board_rows rows;
    char total[UNITS_SIZE];

    board_rows_make(at, &rows);
    out[0] = '\0';
    if (isnan(panel_data_value(at->panel, at->data)))
        return;
    (void)units_format(total, sizeof(total), at->panel->unit,
                       at->panel->decimals >= 0 ? at->panel->decimals : UNITS_AUTO,
                       total_of(&rows));
    (void)snprintf(out, UNITS_SIZE, "%.40s in all", total);
}
