#ifndef TW_TEMPLATE_H
#define TW_TEMPLATE_H

/* Configuration files from templates. The template is YAML with two marks:
 *
 *     key: '@NAME@'      the value, safe inside single quotes
 *     #@if NAME          the lines up to its #@end, only if NAME has a value; may be nested
 *     #@end
 *
 * Pure. */

#include "common/buffer.h"
#include "common/error.h"

#include <stddef.h>

struct template_value {
    const char *name;  /* capitals, digits and _ */
    const char *value; /* NULL or "": has none */
};

#define TEMPLATE_DEPTH_MAX 8

/* Appends to out. TW_INVALID names the line: an unknown name, one without a value outside its #@if, a
 * control character in a value (it could end the quoted text), an #@if without its #@end. */
int template_render(const char *text,
                    const struct template_value *values,
                    size_t n_values,
                    struct buffer *out,
                    struct tw_error *err) MUST_CHECK;

#endif
