#ifndef TW_MARKS_H
#define TW_MARKS_H

/* The moments on charts at which a drill started or ended. Pure. */

#include "tui/poll/snapshot.h"

/* From the simulations in data, into its marks; those there were are freed. ahead_ms: the clock of the charts
 * minus that of the simulations. */
void marks_make(struct operations_data *data, int64_t ahead_ms);

#endif
