#ifndef TW_REQUESTS_H
#define TW_REQUESTS_H

/* The stored requests, as the operations API's GET /requests and /requests/{id} have them. Pure. Texts are
 * fit for a terminal. A number that the answer does not have is NaN, a moment 0, a text "". */

#include "common/buffer.h"
#include "common/error.h"
#include "tui/data/chat.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch_reply;
struct json;

#define REQUESTS_ID_SIZE   48
#define REQUESTS_ASKED     100 /* in one list */
#define REQUESTS_ITEMS_MAX 1000

enum stored_kind {
    STORED_CHAT,
    STORED_TRIAGE,
    STORED_PREDICTION,
    STORED_EXTERNAL, /* somebody else's answer, sent to be scored */
    STORED_OTHER,
    N_STORED_KINDS
};

const char *stored_kind_name(enum stored_kind kind); /* "chat", ... "other" */

struct stored_request {
    char id[REQUESTS_ID_SIZE]; /* never empty; letters, digits, '-', '_', '.' and ':' alone */
    enum stored_kind kind;
    int64_t at_ms;
    char status[24];   /* "success", "abstained", "degraded", ... */
    char severity[24]; /* of triages and predictions */
    char query
        [256]; /* the question or ticket; of a prediction its features; line feeds are blanks */
    double confidence;
    double relevance, hallucination, groundedness, answer_relevance; /* 0..1 */
    bool is_abstained;
    char model[64], trace_id[64], origin[16], simulation[32];
    double processing_ms;
};

struct stored_requests {
    size_t n; /* newest first */
    struct stored_request *at;
    bool has_more; /* older ones, that were not asked for */
};

/* One with all that is kept of it. */
struct stored_detail {
    struct stored_request request;
    char *query; /* owned: the whole of it, with its line feeds */
    bool has_answer;
    struct chat_answer answer; /* of has_answer */
};

/* Errors as answer_read, and TW_BROKEN for JSON of another shape. */
int requests_read_list(const struct fetch_reply *reply,
                       struct stored_requests *ret_requests,
                       struct tw_error *err) MUST_CHECK;
void stored_requests_finish(struct stored_requests *requests);
int requests_read_detail(const struct fetch_reply *reply,
                         struct stored_detail *ret_detail,
                         struct tw_error *err) MUST_CHECK;
void stored_detail_finish(struct stored_detail *detail);

/* ---- What is asked for ------------------------------------------------------------------------- */

enum stored_order {
    ORDER_NEWEST,
    ORDER_WORST_OF_HOUR, /* answers with an unsupported sentence of the last hour, by hallucination */
    ORDER_WORST,         /* of all times */
    N_STORED_ORDERS,
};

struct stored_filter {
    enum stored_kind kind; /* N_STORED_KINDS: all of them */
    enum stored_order order;
};

/* What a screen shows of them. */
struct requests_want {
    bool is_on;
    struct stored_filter filter;
    char id[REQUESTS_ID_SIZE]; /* of the one that is open, which is asked for instead; "": none */
};

/* Whether an id of a server may become part of a path: then it is not empty. */
bool requests_is_fit_id(const char *id);

bool requests_want_equals(const struct requests_want *a, const struct requests_want *b);

/* "/requests?limit=100&kind=chat" */
void requests_write_path(const struct stored_filter *filter, struct buffer *out);

/* The server lists by time: into the order that is wanted, worst or newest first; without what is older than
 * the hour before now_ms where that is wanted. */
void requests_arrange(struct stored_requests *requests, enum stored_order order, int64_t now_ms);

#endif
