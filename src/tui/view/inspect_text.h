#ifndef TW_INSPECT_TEXT_H
#define TW_INSPECT_TEXT_H

/* A panel as text for elsewhere: its query for a shell or a browser, its points for a spreadsheet or a
 * program. Pure. */

#include "tui/board/dashboard.h"
#include "tui/poll/snapshot.h"

#include <stddef.h>
#include <stdint.h>

struct buffer;

struct inspect_subject {
    const struct dashboard *dashboard;
    const struct panel *panel;
    const struct panel_data *data;
};

/* The expressions that are asked for, filled in as they were last. In one line, for a screen, blanks take
 * the place of whatever cannot be seen; else each stands as it is, apart by an empty line. */
enum inspect_manner { INSPECT_IN_ONE_LINE, INSPECT_AS_IT_IS };

void inspect_text_queries(const struct inspect_subject *subject,
                          enum inspect_manner manner,
                          struct buffer *out);

/* A call of curl for each expression, quoted for a POSIX shell. url: of the server, without a final slash. */
void inspect_text_curl(const struct inspect_subject *subject, const char *url, struct buffer *out);

/* "moment <tab> series <tab> value" for each series at that moment (below 0: the newest). */
void inspect_text_values(const struct inspect_subject *subject,
                         int64_t cursor_ms,
                         struct buffer *out);

/* RFC 4180, lines end in CR LF: a column of moments (RFC 3339, UTC), then one for each series; a gap is an
 * empty field. A name that a spreadsheet would take for a formula gets an apostrophe before it. */
void inspect_text_csv(const struct inspect_subject *subject, struct buffer *out);

/* {"title", "unit", "queries": [], "step_ms", "series": [{"name", "labels": {}, "points": [[ms, value]]}]};
 * gaps are left out, infinities are "+Inf" and "-Inf" as strings. */
void inspect_text_json(const struct inspect_subject *subject, struct buffer *out);

/* "tidewatch-drift-by-feature-20261123T080211Z.csv", with "-2" before its end for attempt 2: of letters,
 * digits and dashes alone, never empty, never over 120 bytes. */
#define INSPECT_FILE_NAME_SIZE 128
void inspect_text_file_name(const char *title,
                            int64_t at_ms,
                            unsigned attempt,
                            const char *ending,
                            char out[INSPECT_FILE_NAME_SIZE]);

#endif
