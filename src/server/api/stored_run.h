#ifndef TW_API_STORED_RUN_H
#define TW_API_STORED_RUN_H

/* Simulations and game days that ended before the server's memory of them, as they were stored. */

#include "server/http/http.h"
#include "server/store/store.h"

struct stored_run {
    int64_t id; /* 0: any */
    bool is_found;
    struct json_writer *w;
};

/* Writes the row's detail, if it is the one that is wanted; ctx is a struct stored_run. */
store_simulation_fn stored_run_write;

/* The id in the path; 0 when it is none. */
int64_t stored_run_id(const struct request *request);

#endif
