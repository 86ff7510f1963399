#ifndef TW_FLOAT_TEXT_H
#define TW_FLOAT_TEXT_H

/* Floats as text. Pure. */

#include "common/json_write.h"

/* The shortest text that reads back as the same float, with a point or an exponent in it ("1.0"), so that
 * a reader with two kinds of numbers takes it for the right one; null when it is not finite. */
void json_write_float(struct json_writer *w, const char *key, float value);

#endif
