#ifndef TW_KNOWLEDGE_H
#define TW_KNOWLEDGE_H

/* The knowledge base as the LLM API tells of it: POST /load-knowledge and GET /kb/stats. Pure. Texts are fit
 * for a terminal; a count that is not told is -1, a moment 0, a text "". */

#include "common/error.h"
#include "tui/draw/page.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch_reply;

enum load_state { LOAD_IDLE, LOAD_RUNNING, LOAD_FAILED };

struct knowledge_load {
    enum load_state state;
    bool is_to_come; /* it was asked for; what else stands here is of the load before it */
    char phase[24];  /* "reading", "indexing", "encoding" */
    int64_t n_files, n_files_done, n_chunks_done, n_vectors, n_vectors_done;
    int64_t started_at_ms, finished_at_ms;
    int64_t n_added, n_changed, n_removed, n_unchanged, n_refused; /* files */
    char error[200];
    char refusal[200], vectors_error[200]; /* what went wrong with the first of them; "" */
};

struct knowledge_stats {
    int64_t n_documents, n_chunks, n_vectors, n_words;
    int64_t loaded_at_ms;
    char version[72];
    char encoder[72];
    bool is_stand_in; /* the encoder sees no meaning: retrieval goes by words alone */
    char index[40];   /* "embedded", "chroma"; "" without vectors */
    struct knowledge_load load;
};

/* Errors as answer_read, and TW_BROKEN for JSON of another shape. */
int knowledge_read_stats(const struct fetch_reply *reply,
                         struct knowledge_stats *ret_stats,
                         struct tw_error *err) MUST_CHECK;

/* The answer of POST /load-knowledge. "done" is LOAD_IDLE. */
int knowledge_read_load(const struct fetch_reply *reply,
                        struct knowledge_load *ret_load,
                        struct tw_error *err) MUST_CHECK;

/* One line without an end: what is being done, and how far it is. */
void knowledge_write_progress(const struct knowledge_load *load, struct page *page);

/* What a load that is over has changed, and what is there now. */
void knowledge_write_end(const struct knowledge_stats *stats, struct page *page);

#endif
