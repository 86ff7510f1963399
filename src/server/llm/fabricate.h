#ifndef TW_FABRICATE_H
#define TW_FABRICATE_H

/* A generator that answers fluently beyond its context, for drills: of an honest answer at least three
 * sentences in four get other numbers and names or are invented outright. The same seed gives the same text.
 * Pure. */

#include <stdint.h>

/* text: the honest answer, or NULL where there was none, and then all is invented. Returned for free(). */
char *fabricate(const char *text, const char *question, uint64_t seed);

#endif
