#include "server/store/checkpointer.h"

#include "common/alloc.h"
#include "common/thread.h"
#include "server/store/db.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The next commit begins the log anew only if all of it was copied by then. What came in during the first
 * pass is little, and on a disk that answers at once the second ends before the next batch. On one that does not,
 * pass after pass would only add to its work: the next growth of the log brings the next try. */
#define PASSES_MAX 3

struct checkpointer {
    struct db *db;
    int event_fd; /* blocking; several wakes are one */
    pthread_t thread;
    bool is_running;
    _Atomic bool is_stopping;
};

static void copy_log_back(struct db *db)
{
    int left = 1;

    for (int pass = 0; pass < PASSES_MAX && left > 0; pass++)
        left = db_checkpoint(db, DB_CHECKPOINT_PASSIVE, NULL) < 0 ? 0 : db_wal_pages(db);
}

static void *copy_when_woken(void *arg)
{
    struct checkpointer *checkpointer = arg;
    bool is_last = false;
    eventfd_t count;

    while (!is_last) {
        (void)eventfd_read(checkpointer->event_fd, &count);
        /* Looked at before the work, so that the wake which comes with it is served. */
        is_last = checkpointer->is_stopping;
        copy_log_back(checkpointer->db);
    }
    return NULL;
}

int checkpointer_start(const char *path,
                       struct checkpointer **ret_checkpointer,
                       struct tw_error *err)
{
    CLEANUP(checkpointer_stopp)
    struct checkpointer *checkpointer = xcalloc(1, sizeof(*checkpointer));

    checkpointer->event_fd = eventfd(0, EFD_CLOEXEC);
    if (checkpointer->event_fd < 0)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot make an eventfd");
    if (db_open(path, DB_CREATE, 0, &checkpointer->db, err) < 0 ||
        thread_start("store-copier", copy_when_woken, checkpointer, &checkpointer->thread, err) < 0)
        return -1;
    checkpointer->is_running = true;
    *ret_checkpointer = TAKE(checkpointer);
    return 0;
}

void checkpointer_stop(struct checkpointer *checkpointer)
{
    if (!checkpointer)
        return;
    if (checkpointer->is_running) {
        checkpointer->is_stopping = true;
        checkpointer_wake(checkpointer);
        (void)pthread_join(checkpointer->thread, NULL);
    }
    db_close(checkpointer->db);
    if (checkpointer->event_fd >= 0)
        (void)close(checkpointer->event_fd);
    free(checkpointer);
}

void checkpointer_wake(struct checkpointer *checkpointer)
{
    /* It can only fail when the count is at its end: then the thread is awake anyway. */
    while (eventfd_write(checkpointer->event_fd, 1) < 0 && errno == EINTR)
        ;
}
