#ifndef TW_TUI_ENQUIRY_H
#define TW_TUI_ENQUIRY_H

/* What is asked from the console's command line: a question for the LLM API, a prediction or a triage of the
 * ML API; and what came of it. Pure. */

#include "common/error.h"
#include "tui/data/part.h"
#include "tui/data/prediction.h"
#include "tui/data/requests.h"
#include "tui/data/triage_answer.h"
#include "tui/text/line_edit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum enquiry_kind { ENQUIRY_ASK, ENQUIRY_PREDICT, ENQUIRY_TRIAGE, N_ENQUIRY_KINDS };

struct enquiry {
    enum enquiry_kind kind;
    char text[LINE_EDIT_SIZE];            /* of ASK and TRIAGE; of PREDICT as it was typed */
    double length, urgency, impact, tier; /* NaN: not given */
};

const char *enquiry_name(enum enquiry_kind kind); /* "ask", "predict", "triage" */
const char *enquiry_path(enum enquiry_kind kind); /* "/chat", ... */
void enquiry_write_body(const struct enquiry *enquiry, struct buffer *out);

#define ENQUIRY_REASON_SIZE 600

struct enquiry_data {
    struct part part;
    uint64_t id; /* the command's */
    struct enquiry enquiry;
    bool is_answered;
    int64_t elapsed_ms; /* until the answer, or the end of the waiting */
    char reason
        [ENQUIRY_REASON_SIZE];   /* why there is none, field by field where the server told; "" */
    struct stored_detail detail; /* of ASK: as if it was taken from the store */
    struct prediction prediction;
    struct triage_answer triage;
};

/* What the reply to the enquiry comes to: one reference, the caller's. */
struct enquiry_data *enquiry_read(uint64_t id,
                                  const struct enquiry *enquiry,
                                  const struct fetch_reply *reply);

/* The same when it could not even be sent. */
struct enquiry_data *enquiry_fail(uint64_t id,
                                  const struct enquiry *enquiry,
                                  const struct tw_error *err);

/* Under which the server has stored it; "" when it has not, or does not tell. */
const char *enquiry_stored_id(const struct enquiry_data *data);

#endif
