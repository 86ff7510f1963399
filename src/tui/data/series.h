#ifndef TW_SERIES_H
#define TW_SERIES_H

/* The lines of one panel: series on a common time grid, a gap where there is no point. Also what a
 * stat or gauge makes of a line. Pure. */

#include "common/cleanup.h"
#include "tui/text/labels.h"
#include "tui/text/time_grid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIES_MAX 64 /* of one panel; further ones are counted in n_refused */

struct series {
    size_t target;        /* which of the panel's targets */
    struct labels labels; /* owned; without the batch's own */
    char *name;           /* owned; as the legend has it, fit for a terminal; never empty */
    double *values;       /* owned; grid.n of the set, NaN: gap. Infinities occur */
    double last;          /* of the newest instant query, fresher than the last point; NaN: none */
    bool is_nan;          /* that query answered, and its value is not a number */
};

struct series_set {
    struct time_grid grid;
    size_t n;
    struct series *at; /* owned; in the order of targets, then as the server gave them first */
    size_t n_refused;
};

/* Zeroed is an empty set. */
void series_set_finish(struct series_set *set);
void series_set_copy(const struct series_set *set, struct series_set *ret_copy);

/* Lays the set on another grid: points that both grids have are kept, with another step none. */
void series_set_regrid(struct series_set *set, const struct time_grid *grid);

/* Gaps for this target from from_ms on: what is about to be put replaces what was there. */
void series_set_cut(struct series_set *set, size_t target, int64_t from_ms);

/* No last values for this target. */
void series_set_forget_last(struct series_set *set, size_t target);

/* The series of that target and those labels; made with that name where there is none yet. Labels and
 * name are copied. NULL: the set is full. The pointer holds until the set changes. */
struct series *series_set_obtain(struct series_set *set,
                                 size_t target,
                                 const struct labels *labels,
                                 const char *name);

/* Outside of the grid it is ignored. */
void series_put(const struct series_set *set, struct series *series, int64_t at_ms, double value);

/* Lets go of series without a point and without an answer to the last instant query. */
void series_set_drop_empty(struct series_set *set);

enum series_calc { CALC_LAST, CALC_FIRST, CALC_MIN, CALC_MAX, CALC_MEAN, CALC_SUM, CALC_COUNT };

/* What one number stands for the line: CALC_LAST is `last`, or the last point that is no gap. Gaps do
 * not count. NaN: there is no point (0 for CALC_COUNT). */
double series_reduce(const struct series *series, size_t n_values, enum series_calc calc);

#endif
