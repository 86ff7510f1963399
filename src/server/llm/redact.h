#ifndef TW_REDACT_H
#define TW_REDACT_H

/* What a foreign server wrote, made fit for a log line or an error message. Pure. */

#include <stddef.h>

#define REDACT_INPUT_MAX 16384 /* bytes of a text that are looked at */

/* Into out (size bytes with the NUL), cut at a whole character: line breaks and tabs as blanks, other
 * control characters dropped, invalid UTF-8 as U+FFFD, and then every occurrence of secret, or of at
 * least its first 8 bytes (somebody may have cut it), as "***". secret may be "". Returns out. */
char *redact_text(const char *text, size_t len, const char *secret, char *out, size_t size);

#endif
