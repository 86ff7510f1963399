#include "common/alloc.h"
#include "tui/poller_parts.h"

#include <stdio.h>
#include <string.h>

static void destroy(struct part *part)
{
    struct silences_data *data = (struct silences_data *)part;

    silences_finish(&data->silences);
    free(data);
}

int silences_take(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err)
{
    struct silences silences;
    struct silences_data *data;

    if (silences_read(reply, &silences, err) < 0)
        return -1;
    data = xcalloc(1, sizeof(*data));
    part_init(&data->part, destroy);
    data->silences = silences;
    if (poller->silences)
        part_unref(&poller->silences->part);
    poller->silences = data;
    poller->silences_reason[0] = '\0';
    return 0;
}

void silences_fail(struct poller *poller, const struct tw_error *err)
{
    (void)snprintf(poller->silences_reason, sizeof(poller->silences_reason), "%s", err->message);
}

void silences_publish(const struct poller *poller, struct snapshot *snapshot)
{
    snapshot->silences = poller->silences;
    if (poller->silences)
        part_ref(&poller->silences->part);
    memcpy(snapshot->silences_reason, poller->silences_reason, sizeof(snapshot->silences_reason));
}
