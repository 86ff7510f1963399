#ifndef TW_POLLER_INSPECT_PARTS_H
#define TW_POLLER_INSPECT_PARTS_H

/* What poller_inspect.c and poller_inspect_jobs.c share. Nobody else includes this. The poller's thread. */

#include "tui/poll/poller_parts.h"

/* Several jobs may share a function: which of them it is for is told. */
typedef void inspect_write_fn(const struct poller *poller,
                              enum inspect_job_id id,
                              const struct target *target,
                              const char *expr,
                              int64_t timeout_ms,
                              struct buffer *out);

struct inspect_job_info {
    const char *path;
    const char *instant_path; /* of targets without a line; NULL: those are passed over */
    bool is_by_selector;      /* a target that selects what an earlier one does is passed over */
    inspect_write_fn *write;  /* the form for one target; NULL: a GET, once */
    int64_t period_ms;        /* of what has no `end` */
    size_t max_reply_bytes;
    int (*take)(struct poller *poller,
                enum inspect_job_id id,
                const struct target *target,
                const struct fetch_reply *reply,
                struct tw_error *err);
    void (*begin)(struct inspect_live *live, enum inspect_job_id id);
    int64_t (*end)(struct inspect_live *live,
                   enum inspect_job_id id); /* in how many ms it is asked again */
    char *(*reason)(struct inspect_data *data,
                    enum inspect_job_id id); /* where a failure is said; NULL: nowhere */
};

/* With which earlier time the job compares; N_COMPARES: it is none of those. */
enum compare_id inspect_job_compare(enum inspect_job_id id);

extern const struct inspect_job_info inspect_jobs[N_INSPECT_JOBS];

/* The panel that is looked into; NULL: none, or it is of another dashboard than the one shown. */
const struct panel *inspect_panel(const struct poller *poller);

#endif
