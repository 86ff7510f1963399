#ifndef TW_TUI_SILENCE_H
#define TW_TUI_SILENCE_H

/* Alertmanager's silences: what they match, as they are listed, and the request that makes one. Everything
 * read is owned by the caller. Pure. */

#include "tui/text/labels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct fetch_reply;

#define SILENCES_MAX       2000 /* of one answer; more is an error */
#define SILENCE_ID_SIZE    64
#define SILENCE_BY_SIZE    64
#define SILENCE_ABOUT_SIZE 200
#define SILENCE_MS_MIN     60000
#define SILENCE_MS_MAX     ((int64_t)90 * 86400000)

enum matcher_op { MATCHER_IS, MATCHER_IS_NOT, MATCHER_LIKE, MATCHER_NOT_LIKE, N_MATCHER_OPS };

struct matcher {
    char *name, *value; /* owned */
    enum matcher_op op;
};

struct matchers {
    size_t n;
    struct matcher *at; /* owned */
};

const char *matcher_op_text(enum matcher_op op); /* "=", "!=", "=~", "!~" */

/* One per label, each for exactly its value. */
struct matchers matchers_of_labels(const struct labels *labels);
struct matchers matchers_copy(const struct matchers *matchers);
void matchers_finish(struct matchers *matchers);

/* Adds `name="value"`; the quotes may be missing, and blanks around it do not count. TW_INVALID for anything
 * else, for over LABELS_MAX of them, and for a pattern that only Alertmanager could read (pattern.h says
 * which): what would be matched could not be shown before. */
int matchers_add(struct matchers *matchers, const char *text, struct tw_error *err) MUST_CHECK;

/* All of them must hold; an absent label counts as an empty one, and patterns are for the whole value. A
 * pattern that cannot be read here matches nothing. */
bool matchers_match(const struct matchers *matchers, const struct labels *labels);

/* `alertname="A", service=~"a|b"` */
void matchers_write(const struct matchers *matchers, struct buffer *out);

enum silence_state { SILENCE_ACTIVE, SILENCE_PENDING, SILENCE_EXPIRED };

struct silence {
    char id[SILENCE_ID_SIZE];
    enum silence_state state;
    struct matchers matchers;
    int64_t starts_at_ms, ends_at_ms;
    char *by, *comment; /* owned */
    bool
        is_altered; /* not every character of it is fit for a terminal: it cannot be written back */
};

struct silences {
    size_t n;
    struct silence *at; /* owned */
};

const char *silence_state_name(enum silence_state state); /* "active", ... */

/* The answer to GET /api/v2/silences. Errors as answer_read, and TW_BROKEN for JSON of another shape. */
int silences_read(const struct fetch_reply *reply,
                  struct silences *ret_silences,
                  struct tw_error *err) MUST_CHECK;
struct silences silences_copy(const struct silences *silences);
void silences_finish(struct silences *silences);
const struct silence *silences_find(const struct silences *silences, const char *id); /* or NULL */

/* What is to be made, or changed. */
struct silence_draft {
    char id[SILENCE_ID_SIZE]; /* "": a new one */
    struct matchers matchers; /* owned */
    int64_t starts_at_ms;     /* 0: when it is sent */
    int64_t for_ms;           /* from its start */
    char by[SILENCE_BY_SIZE];
    char comment[SILENCE_ABOUT_SIZE];
};

struct silence_draft silence_draft_copy(const struct silence_draft *draft);
void silence_draft_finish(struct silence_draft *draft);

/* The body of POST /api/v2/silences; now_ms by Alertmanager's clock. */
void silence_draft_write(const struct silence_draft *draft, int64_t now_ms, struct buffer *out);

/* The answer to it: the id. Errors as silences_read. */
int silence_read_id(const struct fetch_reply *reply,
                    char ret_id[SILENCE_ID_SIZE],
                    struct tw_error *err) MUST_CHECK;

/* An id goes into a path only when it is made of letters, digits and hyphens. */
bool silence_id_is_plain(const char *id);

#endif
