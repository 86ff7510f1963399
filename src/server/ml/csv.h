#ifndef TW_ML_CSV_H
#define TW_ML_CSV_H

/* CSV records (RFC 4180: quoted fields with "" for a quote and line breaks inside, LF or CRLF, a last
 * line without its end) read in place. A UTF-8 byte order mark and blank lines are passed over. Pure. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

#define CSV_FIELDS_MAX 64
#define CSV_RECORD_MAX ((size_t)64 << 10) /* bytes of one record */

struct csv_field {
    const char *text; /* borrowed from the reader's text, without the quotes around it */
    size_t len;
};

struct csv_reader {
    const char *text;
    size_t len;
    size_t at;   /* next byte */
    size_t line; /* of the record last read; the first is 1 */
    size_t next_line;
};

void csv_init(struct csv_reader *reader, const char *text, size_t len);

/* The next record into fields (room for CSV_FIELDS_MAX): 1, or 0 at the end. -1 with TW_INVALID naming
 * the line: too many fields, too long, an open quote, text after a closing quote, a NUL. */
int csv_next(struct csv_reader *reader,
             struct csv_field *fields,
             size_t *ret_n_fields,
             struct tw_error *err) MUST_CHECK;

/* The field as a string with doubled quotes undone and blanks around it cut. False if size is too
 * small. */
bool csv_copy(const struct csv_field *field, char *out, size_t size) MUST_CHECK;

/* As csv_copy for messages: cut to size, what is not printable ASCII becomes '?'. */
void csv_show(const struct csv_field *field, char *out, size_t size);

#endif
