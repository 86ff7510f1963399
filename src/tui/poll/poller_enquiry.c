#include "common/alloc.h"
#include "tui/poll/poller_parts.h"

#include <string.h>

#define CONNECT_TIMEOUT_MS 2000
#define BODY_BYTES_MAX     ((size_t)8 * LINE_EDIT_SIZE)

/* Enquiries go past the sources and their states: a question that fails says so itself, and an answer that a
 * model takes half a minute for is no server that is slow. */

void enquiries_finish(struct poller *poller)
{
    free(poller->enquiries.llm_url);
    if (poller->enquiries.newest)
        part_unref(&poller->enquiries.newest->part);
}

void enquiries_publish(const struct poller *poller, struct snapshot *snapshot)
{
    snapshot->enquiry = poller->enquiries.newest;
    if (snapshot->enquiry)
        part_ref(&snapshot->enquiry->part);
}

/* The screen waits for the last one that was sent, and for no other. */
static void publish(struct poller *poller, struct enquiry_data *owned_data)
{
    if (owned_data->id < poller->enquiries.last_id) {
        part_unref(&owned_data->part);
        return;
    }
    if (poller->enquiries.newest)
        part_unref(&poller->enquiries.newest->part);
    poller->enquiries.newest = owned_data;
    poller_mark_dirty(poller);
}

static void on_reply(void *ctx, const struct fetch_reply *reply)
{
    struct enquiry_place *place = ctx;

    place->is_used = false;
    publish(place->poller, enquiry_read(place->id, &place->enquiry, reply));
}

static const char *base_url(const struct poller *poller, enum enquiry_kind kind)
{
    return kind == ENQUIRY_ASK ? poller->enquiries.llm_url : poller->sources[SOURCE_ML].url;
}

static int fail_unset(const struct poller *poller, enum enquiry_kind kind, struct tw_error *err)
{
    char setting[POLLER_SETTING_SIZE];

    poller_name_setting(poller, kind == ENQUIRY_ASK ? "llm" : "ml", setting, sizeof(setting));
    return tw_fail(err, TW_INVALID, "no %s is configured: set %s",
                   kind == ENQUIRY_ASK ? "LLM API" : "ML API", setting);
}

static int send(struct enquiry_place *place, struct tw_error *err)
{
    /* The server counts by it; a console is nobody's traffic but its user's. */
    static const char *const headers[] = {"X-Tidewatch-Source: console", NULL};

    struct poller *poller = place->poller;
    const char *base = base_url(poller, place->enquiry.kind);
    CLEANUP(freep) char *url = NULL;
    CLEANUP(buffer_finish) struct buffer body;
    struct fetch_request fetch = {
        .method = "POST",
        .headers = headers,
        .timeout_ms = poller->enquiries.timeout_ms,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .max_reply_bytes = REPLY_SMALL,
    };

    buffer_init(&body, BODY_BYTES_MAX);
    if (!base)
        return fail_unset(poller, place->enquiry.kind, err);
    enquiry_write_body(&place->enquiry, &body);
    if (body.failed)
        return tw_fail(err, TW_INVALID, "the question is too long");
    if (source_access(poller, SOURCE_ML, &fetch.access, err) < 0)
        return -1;
    url = xprintf_dup("%s%s", base, enquiry_path(place->enquiry.kind));
    fetch.url = url;
    fetch.body = buffer_text(&body);
    fetch.body_len = body.len;
    return fetcher_start(poller->fetcher, &fetch, on_reply, place, err);
}

void enquiry_send(struct poller *poller, const struct command *command)
{
    struct enquiry_place *place = NULL;
    struct tw_error err = {0};

    poller->enquiries.last_id = command->id;
    for (size_t i = 0; i < ENQUIRIES_MAX && !place; i++)
        if (!poller->enquiries.at[i].is_used)
            place = &poller->enquiries.at[i];
    if (!place) {
        (void)tw_fail(&err, TW_BUSY, "%d questions are not answered yet: wait for one",
                      ENQUIRIES_MAX);
        publish(poller, enquiry_fail(command->id, command->enquiry, &err));
        return;
    }
    *place = (struct enquiry_place){
        .is_used = true, .poller = poller, .id = command->id, .enquiry = *command->enquiry};
    if (send(place, &err) < 0) {
        place->is_used = false;
        publish(poller, enquiry_fail(command->id, command->enquiry, &err));
    }
}
