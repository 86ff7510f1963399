#ifndef TW_API_VECTOR_H
#define TW_API_VECTOR_H

/* What the files of the vector API share. It is a subset of Chroma's REST API v2 over the embedded store;
 * docs/vector-api.md says which. Statuses and error bodies are Chroma's. */

#include "common/json_scan.h"
#include "server/http/http.h"
#include "server/llm/vectors.h"

/* Fails with a status of Chroma's; the text is for the client. */
int vector_fail(struct reply *reply, int status, struct tw_error *err, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

int vector_fail_memory(struct tw_error *err); /* returns -1 */

/* The same for what the vector store has said: what it finds invalid is a 400 here. Returns -1. */
int vector_pass(struct reply *reply, const struct tw_error *err);

/* ?limit=&offset= of a list; SIZE_MAX and 0 when absent. */
int vector_read_page(const struct request *request,
                     size_t *ret_offset,
                     size_t *ret_limit,
                     struct reply *reply,
                     struct tw_error *err) MUST_CHECK;

/* The collection whose UUID is in the path, to be released. */
int vector_find_collection(struct app *app,
                           const struct request *request,
                           struct vectors_collection **ret_collection,
                           struct reply *reply,
                           struct tw_error *err) MUST_CHECK;

/* A member of an object in the body: what it is called, and where its value is. */
struct vector_member {
    const char *name;
    struct json_scan value;
    bool is_there; /* and not null */
    bool is_null;
};

/* Finds the members in the object that starts at text (NULL: there is none); others are left alone. `what`
 * it is, for the error (422) when it is no object. */
int vector_read_members(const char *text,
                        const char *what,
                        struct vector_member *members,
                        size_t n_members,
                        struct reply *reply,
                        struct tw_error *err) MUST_CHECK;

/* Fails (422) unless the member is a string; NULL when it is not there. Owned by the caller. */
int vector_read_string(const struct vector_member *member,
                       char **ret_text,
                       struct reply *reply,
                       struct tw_error *err) MUST_CHECK;

/* A whole number of 0 to 2^32 - 1; the value stays when the member is not there. */
int vector_read_number(const struct vector_member *member,
                       size_t *value,
                       struct reply *reply,
                       struct tw_error *err) MUST_CHECK;

/* An object of metadata in the store's form; NULL when it is not there. Owned by the caller. */
int vector_read_metadata(const struct vector_member *member,
                         char **ret_metadata,
                         struct reply *reply,
                         struct tw_error *err) MUST_CHECK;

#endif
