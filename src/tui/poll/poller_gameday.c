#include "common/alloc.h"
#include "tui/poll/poller_parts.h"

#include <stdio.h>
#include <string.h>

#define LISTED 20 /* a report of all is some 8 kB */

static void destroy_list(struct part *part)
{
    struct gamedays_data *data = (struct gamedays_data *)part;

    gamedays_finish(&data->gamedays);
    free(data);
}

static void destroy_one(struct part *part)
{
    struct gameday_data *data = (struct gameday_data *)part;

    free(data->body);
    free(data);
}

void gamedays_live_finish(struct poller *poller)
{
    if (poller->gamedays.list)
        part_unref(&poller->gamedays.list->part);
    if (poller->gamedays.one)
        part_unref(&poller->gamedays.one->part);
}

/* ---- What is wanted ------------------------------------------------------------------------------ */

/* What is under way is for another one: it is dropped when it comes. */
static void restart(struct poller *poller)
{
    poller->gamedays.generation++;
    poller->gamedays.reason[0] = '\0';
    poller->asks[ASK_OPS_GAMEDAYS] = poller->asks[ASK_OPS_GAMEDAY] = (struct ask){0};
    poller_mark_dirty(poller);
}

void gamedays_set_want(struct poller *poller, const struct gamedays_want *want)
{
    poller->gamedays.want = *want;
    restart(poller);
}

void gamedays_hear_health(struct poller *poller)
{
    int64_t running_id = poller->operations->health.gameday.id;

    if (running_id == poller->gamedays.running_id)
        return;
    poller->gamedays.running_id = running_id;
    restart(poller);
}

/* The one that is open, else the one that runs; 0: neither. */
static int64_t id_of_one(const struct poller *poller)
{
    const struct gamedays_live *live = &poller->gamedays;

    return live->want.id > 0 ? live->want.id : live->running_id;
}

bool gamedays_wants_list(const struct poller *poller)
{
    return poller->gamedays.want.is_on && poller->gamedays.want.id == 0;
}

bool gamedays_wants_one(const struct poller *poller)
{
    return poller->gamedays.want.is_on && id_of_one(poller) > 0;
}

void gamedays_write_list_path(const struct poller *poller, struct buffer *out)
{
    (void)poller;
    (void)buffer_printf(out, "/gamedays?limit=%d", LISTED);
}

void gamedays_write_one_path(const struct poller *poller, struct buffer *out)
{
    (void)buffer_printf(out, "/gamedays/%lld", (long long)id_of_one(poller));
}

/* ---- Answers ------------------------------------------------------------------------------------- */

int gamedays_take_list(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err)
{
    struct gamedays gamedays;
    struct gamedays_data *data;

    if (gamedays_read(reply, &gamedays, err) < 0)
        return -1;
    data = xcalloc(1, sizeof(*data));
    part_init(&data->part, destroy_list);
    data->gamedays = gamedays;
    if (poller->gamedays.list)
        part_unref(&poller->gamedays.list->part);
    poller->gamedays.list = data;
    poller->gamedays.reason[0] = '\0';
    return 0;
}

int gamedays_take_one(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err)
{
    struct gameday_data *data = xcalloc(1, sizeof(*data));

    if (gameday_read(reply, &data->gameday, err) < 0) {
        free(data);
        return -1;
    }
    part_init(&data->part, destroy_one);
    data->body = xcalloc(reply->body_len + 1, 1);
    memcpy(data->body, reply->body, reply->body_len);
    data->body_len = reply->body_len;
    if (poller->gamedays.one)
        part_unref(&poller->gamedays.one->part);
    poller->gamedays.one = data;
    poller->gamedays.reason[0] = '\0';
    if (data->gameday.state != GAMEDAY_RUNNING) /* what is over does not change */
        poller->asks[ASK_OPS_GAMEDAY].due_mono_ms = INT64_MAX;
    return 0;
}

void gamedays_fail(struct poller *poller, const struct tw_error *err)
{
    (void)snprintf(poller->gamedays.reason, sizeof(poller->gamedays.reason), "%s", err->message);
}

void gamedays_publish(const struct poller *poller, struct snapshot *snapshot)
{
    snapshot->gamedays = poller->gamedays.list;
    if (poller->gamedays.list)
        part_ref(&poller->gamedays.list->part);
    snapshot->gameday = poller->gamedays.one;
    if (poller->gamedays.one)
        part_ref(&poller->gamedays.one->part);
    memcpy(snapshot->gamedays_reason, poller->gamedays.reason, sizeof(snapshot->gamedays_reason));
}
