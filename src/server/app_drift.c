#include "server/app_parts.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "server/ml/drift_monitor.h"
#include "server/ml/model.h"
#include "server/ml/realized.h"
#include "server/store/store.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define DRIFT_REFRESH_MS 5000
#define DRIFT_VOTE_GAP_MS                                                                          \
    20 /* votes closer than this are taken as one: bounds their cost under load */

/* Votes when enough predictions came, refreshes every few seconds. Waits on drift_wake_fd, which a
 * request writes when a vote is due and app_stop when the server stops. */
static void *watch_drift(void *ctx)
{
    struct app *app = ctx;
    struct pollfd wake = {.fd = app->drift_wake_fd, .events = POLLIN};
    eventfd_t count;

    (void)pthread_setname_np(pthread_self(), "drift");
    while (!app->is_draining) {
        if (poll(&wake, 1, DRIFT_REFRESH_MS) > 0)
            (void)eventfd_read(app->drift_wake_fd, &count);
        drift_monitor_check(app->drift, clock_now_ms());
        clock_sleep_until_mono_ms(clock_mono_ms() + DRIFT_VOTE_GAP_MS);
    }
    return NULL;
}

struct restored {
    struct prediction_row *rows; /* newest first */
    size_t n, capacity;
};

static bool keep_row(void *ctx, const struct prediction_row *row)
{
    struct restored *restored = ctx;

    restored->rows[restored->n++] = *row;
    return restored->n < restored->capacity;
}

/* Fills the window with the predictions from before the restart, oldest first. Equal neighbours count
 * once, so twice the window is read. */
int app_restore_drift(struct app *app, struct tw_error *err)
{
    size_t n_wanted = 2 * (size_t)app->config->drift_window;
    struct restored restored = {.capacity = n_wanted};
    CLEANUP(freep) struct prediction_row *rows = xcalloc(n_wanted, sizeof(*rows));
    struct prediction_filter filter = {.class_index = -1,
                                       .origin = -1,
                                       .limit = (int)n_wanted,
                                       .since_ms = clock_now_ms() - app->config->drift_max_age_ms};

    restored.rows = rows;
    if (store_list_predictions(app->store, &filter, keep_row, &restored, err) < 0)
        return -1;
    while (restored.n > 0) {
        const struct prediction_row *row = &restored.rows[--restored.n];

        if (row->class_index < app->model->n_classes &&
            drift_monitor_record(app->drift, row->x, row->class_index, row->at_ms))
            drift_monitor_check(app->drift, row->at_ms); /* votes as it did when they came */
    }
    drift_monitor_check(app->drift, clock_now_ms());
    return 0;
}

struct restored_labels {
    struct realized_label labels[REALIZED_WINDOW]; /* newest first */
    size_t n;
    uint16_t replica; /* ours: which one made a prediction is not in the database */
};

static bool keep_label(void *ctx, const struct feedback_row *row)
{
    struct restored_labels *restored = ctx;

    restored->labels[restored->n++] =
        (struct realized_label){row->prediction_sequence, row->predicted_class, row->true_class,
                                row->confidence, restored->replica};
    return restored->n < REALIZED_WINDOW;
}

int app_restore_labels(struct app *app, struct tw_error *err)
{
    CLEANUP(freep) struct restored_labels *restored = xcalloc(1, sizeof(*restored));

    restored->replica = (uint16_t)app->config->replica;
    if (store_list_feedback(app->store, REALIZED_WINDOW, keep_label, restored, err) < 0)
        return -1;
    while (restored->n > 0) {
        const struct realized_label *label = &restored->labels[--restored->n];

        if (label->true_class < app->model->n_classes &&
            label->predicted_class < app->model->n_classes)
            (void)realized_add(app->realized, label);
    }
    return 0;
}

int app_start_drift_thread(struct app *app, struct tw_error *err)
{
    app->drift_wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (app->drift_wake_fd < 0 || pthread_create(&app->drift_thread, NULL, watch_drift, app) != 0)
        return tw_fail(err, TW_BROKEN, "cannot start the drift thread");
    app->has_drift_thread = true;
    return 0;
}

void app_stop_drift_thread(struct app *app)
{
    if (app->has_drift_thread) {
        (void)eventfd_write(app->drift_wake_fd, 1);
        (void)pthread_join(app->drift_thread, NULL);
    }
    if (app->drift_wake_fd > 0)
        (void)close(app->drift_wake_fd);
}
