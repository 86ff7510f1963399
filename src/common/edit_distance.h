#ifndef TW_EDIT_DISTANCE_H
#define TW_EDIT_DISTANCE_H

/* How alike two names are, for "did you mean". Pure. */

#include <stddef.h>

#define EDIT_DISTANCE_LEN_MAX 96

/* Characters to insert, delete or change, or neighbours to swap, to make a of b (optimal string
 * alignment). A name longer than EDIT_DISTANCE_LEN_MAX is unlike all: SIZE_MAX. */
size_t edit_distance(const char *a, const char *b);

#endif
