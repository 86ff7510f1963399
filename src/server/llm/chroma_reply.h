#ifndef TW_CHROMA_REPLY_H
#define TW_CHROMA_REPLY_H

/* What a Chroma server answers (REST API v2), read with suspicion. Pure. Errors: TW_BROKEN for what makes
 * no sense; chroma_check_status has its own. */

#include "server/llm/vector_source.h"

#include <stdbool.h>
#include <stddef.h>

#define CHROMA_ID_SIZE 64

/* 2xx is good. TW_INVALID the server finds our request wrong, TW_NOT_FOUND 404, TW_BUSY not now,
 * TW_BROKEN everything else; with the server's own words where it has some. */
int chroma_check_status(int status, const char *body, size_t len, struct tw_error *err) MUST_CHECK;

struct chroma_collection {
    char id[CHROMA_ID_SIZE]; /* fit to stand in a URL */
    size_t dim;              /* 0: not known yet */
    bool is_cosine;
};

int chroma_read_collection(const char *body,
                           size_t len,
                           struct chroma_collection *ret_collection,
                           struct tw_error *err) MUST_CHECK;

/* The answer to one vector; at most k hits, nearest first, equal ones by id. */
int chroma_read_hits(const char *body,
                     size_t len,
                     size_t k,
                     struct vector_hit *ret_hits,
                     size_t *ret_n,
                     struct tw_error *err) MUST_CHECK;

#define CHROMA_PAGE_RECORDS 1000

/* A page of at most that many records with their metadata. *ret_n: how many. */
int chroma_read_page(const char *body,
                     size_t len,
                     vector_source_each_fn *each,
                     void *ctx,
                     size_t *ret_n,
                     struct tw_error *err) MUST_CHECK;

/* Whether the server takes vectors as base64; what cannot be read means no. */
bool chroma_takes_base64(const char *body, size_t len);

#endif
