#include "server/app_parts.h"

#include "common/buffer.h"
#include "common/clock.h"
#include "common/json_write.h"
#include "common/log.h"
#include "server/store/store.h"

#include <inttypes.h>

/* The event is the trace in the database of what it lacks. */
static void note_recovery(struct app *app, const struct store_news *news)
{
    struct buffer detail;
    struct json_writer w = {&detail, false};

    log_info("the database is written again after %.1f s; rows lost: %" PRIu64,
             (double)news->for_ms / 1000, news->lost);
    buffer_init(&detail, 1024);
    json_write_object(&w, NULL);
    json_write_string(&w, "reason", news->reason);
    json_write_int(&w, "for_ms", news->for_ms);
    json_write_int(&w, "rows_lost", (int64_t)news->lost);
    json_write_object_end(&w);
    app_event(app, "server", "store recovered", buffer_text(&detail));
    buffer_finish(&detail);
}

/* On the store's thread. */
static void note_news(void *ctx, const struct store_news *news)
{
    switch (news->kind) {
    case STORE_TRYING:
        log_warn("the database cannot be written, rows are kept and tried again: %s", news->reason);
        break;
    case STORE_LOSING:
        log_error("the database cannot be written and rows are lost: %s", news->reason);
        break;
    case STORE_UNTIDY:
        log_warn("the database is written, but its log or its old rows stay: %s", news->reason);
        break;
    case STORE_REFUSED:
        log_error("rows were refused by the database: %s", news->reason);
        break;
    case STORE_RECOVERED:
        note_recovery(ctx, news);
        break;
    }
}

int app_open_store(struct app *app, struct tw_error *err)
{
    const struct config *c = app->config;
    struct store_options options = {
        .path = c->store_path,
        .durability = c->store_durability == 1 ? STORE_COMMIT : STORE_RELAXED,
        .queue_capacity = (size_t)c->store_queue,
        .max_age_ms = c->store_max_age_ms,
        .max_bytes = c->store_max_bytes,
        .tell = note_news,
        .tell_ctx = app,
    };
    int64_t last_sequence, last_simulation;

    if (store_open(&options, &app->store, err) < 0 ||
        store_last_ids(app->store, &last_sequence, &last_simulation, err) < 0)
        return -1;
    /* Microseconds of Unix time: ahead of whatever a crash may have lost, and unique across restarts
     * as long as there are under a million predictions per second. */
    app->next_sequence = clock_now_ms() * 1000;
    if (app->next_sequence <= last_sequence)
        app->next_sequence = last_sequence + 1;
    return 0;
}
