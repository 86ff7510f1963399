#include "common/alloc.h"
#include "tui/poll/poller_parts.h"

#include <stdio.h>
#include <string.h>

static void destroy_list(struct part *part)
{
    struct requests_data *data = (struct requests_data *)part;

    stored_requests_finish(&data->requests);
    free(data);
}

static void destroy_one(struct part *part)
{
    struct request_data *data = (struct request_data *)part;

    stored_detail_finish(&data->detail);
    free(data);
}

void stored_finish(struct poller *poller)
{
    if (poller->stored.list)
        part_unref(&poller->stored.list->part);
    if (poller->stored.one)
        part_unref(&poller->stored.one->part);
}

/* ---- What is wanted ------------------------------------------------------------------------------ */

/* What is under way is for another list or request: it is dropped when it comes. */
void stored_set_want(struct poller *poller, const struct requests_want *want)
{
    static const enum ask_id asks[] = {ASK_OPS_REQUESTS, ASK_OPS_REQUEST};

    poller->stored.want = *want;
    poller->stored.generation++;
    poller->stored.list_reason[0] = poller->stored.one_reason[0] = '\0';
    for (size_t i = 0; i < COUNT_OF(asks); i++)
        poller->asks[asks[i]] = (struct ask){0};
    poller_mark_dirty(poller);
}

bool stored_wants_list(const struct poller *poller)
{
    return poller->stored.want.is_on && !poller->stored.want.id[0];
}

bool stored_wants_one(const struct poller *poller)
{
    return poller->stored.want.is_on && poller->stored.want.id[0];
}

void stored_write_list_path(const struct poller *poller, struct buffer *out)
{
    requests_write_path(&poller->stored.want.filter, out);
}

void stored_write_one_path(const struct poller *poller, struct buffer *out)
{
    (void)buffer_printf(out, "/requests/%s", poller->stored.want.id);
}

/* ---- Answers ------------------------------------------------------------------------------------- */

int stored_take_list(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err)
{
    struct stored_requests requests;
    struct requests_data *data;

    if (requests_read_list(reply, &requests, err) < 0)
        return -1;
    requests_arrange(&requests, poller->stored.want.filter.order, poller_clock_ms(poller));
    data = xcalloc(1, sizeof(*data));
    part_init(&data->part, destroy_list);
    data->filter = poller->stored.want.filter;
    data->requests = requests;
    if (poller->stored.list)
        part_unref(&poller->stored.list->part);
    poller->stored.list = data;
    poller->stored.list_reason[0] = '\0';
    return 0;
}

int stored_take_one(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err)
{
    struct stored_detail detail;
    struct request_data *data;

    if (requests_read_detail(reply, &detail, err) < 0)
        return -1;
    data = xcalloc(1, sizeof(*data));
    part_init(&data->part, destroy_one);
    data->detail = detail;
    if (poller->stored.one)
        part_unref(&poller->stored.one->part);
    poller->stored.one = data;
    poller->stored.one_reason[0] = '\0';
    /* What is stored does not change. */
    poller->asks[ASK_OPS_REQUEST].due_mono_ms = INT64_MAX;
    return 0;
}

void stored_fail_list(struct poller *poller, const struct tw_error *err)
{
    (void)snprintf(poller->stored.list_reason, sizeof(poller->stored.list_reason), "%s",
                   err->message);
}

void stored_fail_one(struct poller *poller, const struct tw_error *err)
{
    (void)snprintf(poller->stored.one_reason, sizeof(poller->stored.one_reason), "%s",
                   err->message);
}

void stored_publish(const struct poller *poller, struct snapshot *snapshot)
{
    snapshot->requests = poller->stored.list;
    if (poller->stored.list)
        part_ref(&poller->stored.list->part);
    snapshot->request = poller->stored.one;
    if (poller->stored.one)
        part_ref(&poller->stored.one->part);
    memcpy(snapshot->requests_reason, poller->stored.list_reason,
           sizeof(snapshot->requests_reason));
    memcpy(snapshot->request_reason, poller->stored.one_reason, sizeof(snapshot->request_reason));
}
