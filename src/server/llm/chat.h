#ifndef TW_CHAT_H
#define TW_CHAT_H

/* The chat completions protocol of OpenAI and its many kin: the body of a request, and what comes back,
 * whole or in pieces. Fields: model, messages, max_tokens, temperature, stream, stream_options,
 * response_format; choices[0].message.content or .delta.content, finish_reason, usage, error. Pure. */

#include "common/buffer.h"
#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHAT_TEXT_MAX  ((size_t)256 << 10) /* bytes of an answer's text; a longer one is an error */
#define CHAT_REPLY_MAX ((size_t)4 << 20)   /* bytes of a whole reply, for its fetch */

/* Valid UTF-8, borrowed. */
struct chat_request {
    const char *model;
    const char *system, *user; /* the two messages */
    int64_t max_tokens;
    double temperature;
    const char *schema_name; /* of schema: letters, digits, underscores */
    const char *schema;      /* JSON schema that the answer must follow; NULL for free text */
    bool is_stream;
};

/* What a server turned out not to know; bits. */
enum chat_dialect {
    CHAT_NO_STREAM_OPTIONS = 1,
    CHAT_NO_SCHEMA = 2,             /* response_format is {"type": "json_object"} */
    CHAT_NO_RESPONSE_FORMAT = 4,    /* and not even that */
    CHAT_MAX_COMPLETION_TOKENS = 8, /* is the name of max_tokens */
    CHAT_NO_TEMPERATURE = 16,
};

void chat_write_request(struct buffer *out, const struct chat_request *request, unsigned dialect);

/* The dialect to try next after a refusal whose body names a field that was sent and can be done without,
 * or the same dialect when the refusal is about something else. */
unsigned chat_read_refusal(const char *body,
                           size_t len,
                           const struct chat_request *request,
                           unsigned dialect);

/* An answer, as far as it has come. */
struct chat_answer {
    struct buffer text;                  /* valid UTF-8 without NULs */
    int64_t input_tokens, output_tokens; /* -1: not told (yet) */
    bool is_finished;                    /* a finish reason or the end mark came */
    bool is_cut;                         /* it ended because of max_tokens */
};

void chat_answer_init(struct chat_answer *answer);
void chat_answer_finish(struct chat_answer *answer);

/* A whole reply body (200). TW_BROKEN: not JSON, an error in it, no choices, no text, too long. Invalid
 * UTF-8 and escapes of NUL or of half a surrogate pair become U+FFFD. */
int chat_answer_read(struct chat_answer *answer, const char *body, size_t len, struct tw_error *err)
    MUST_CHECK;

/* The data of one event of a stream; what it adds to the text stands at the text's end. TW_BROKEN as
 * above, but no choices and no text are fine. */
int chat_answer_add(struct chat_answer *answer, const char *data, size_t len, struct tw_error *err)
    MUST_CHECK;

/* What an error body says, where it says it in a known way; else the body itself. Appended raw: redact it. */
void chat_read_error(const char *body, size_t len, struct buffer *out);

#endif
