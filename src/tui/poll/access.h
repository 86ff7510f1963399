#ifndef TW_ACCESS_H
#define TW_ACCESS_H

/* What the servers of one installation are shown, opened from its settings: all that changes when another
 * context is taken. */

#include "common/credentials.h"

struct config;

struct access {
    struct credentials *prometheus, *alertmanager; /* owned; NULL before access_open */
    struct credentials *operations;                /* owned; of the ML and the LLM API too */
};

/* operator_token_file is where the operator token stands; NULL: none is sent. Errors name the file and what
 * is wrong with it. */
int access_open(const struct config *config,
                const char *operator_token_file,
                struct access *ret_access,
                struct tw_error *err) MUST_CHECK;
void access_finish(struct access *access); /* zeroed is fine */

#endif
