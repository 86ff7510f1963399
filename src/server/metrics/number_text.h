#ifndef TW_NUMBER_TEXT_H
#define TW_NUMBER_TEXT_H

/* Numbers as both exposition formats write them. Pure. */

#include <stddef.h>
#include <stdint.h>

#define NUMBER_TEXT_SIZE 32

/* The shortest text of 15 to 17 digits that reads back as the same double, or NaN, +Inf, -Inf.
 * Returns its length. */
size_t number_text(double value, char out[NUMBER_TEXT_SIZE]);

size_t number_text_whole(uint64_t value, char out[NUMBER_TEXT_SIZE]);

/* A bucket's bound: as number_text, but 1 is "1.0". OpenMetrics asks for it, the text format allows
 * it, and `le` is matched as a string, so both formats must write the same one. */
size_t number_text_bound(double bound, char out[NUMBER_TEXT_SIZE]);

#endif
