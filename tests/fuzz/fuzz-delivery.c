/* What `alerts test` reads: Alertmanager's alerts, configuration, metrics and log, and the server's events. All
 * readers have the same bytes; the reading of a configuration looks for a receiver of that name too. */

#include "common/fetch.h"
#include "fuzz.h"
#include "tui/data/delivery.h"

#include <stdlib.h>
#include <string.h>

static bool is_text(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static void read_answers(const char *body, size_t len)
{
    const struct fetch_reply reply = {.status = 200, .body = body, .body_len = len};
    struct delivery_routing routing = {.n = 1, .receivers = {"critical"}};
    struct delivery_channels channels;
    bool is_firing, is_resolved;

    if (delivery_read_channels(&reply, &routing, &channels, NULL) == 0) {
        FUZZ_EXPECT(channels.n >= 3 && channels.n <= DELIVERY_CHANNELS_MAX);
        for (size_t i = 0; i < channels.n; i++)
            FUZZ_EXPECT(is_text(channels.at[i].integration, sizeof(channels.at[i].integration)) &&
                        (channels.at[i].is_configured || !channels.at[i].is_routed));
    }
    if (delivery_read_routing(&reply, &routing, NULL) == 0)
        FUZZ_EXPECT(routing.n <= DELIVERY_RECEIVERS_MAX);
    if (delivery_read_log(&reply, "00ff", &is_firing, &is_resolved, NULL) == 0)
        FUZZ_EXPECT(is_firing || is_resolved || body[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = malloc(size + 1), reason[DELIVERY_REASON_SIZE];
    struct delivery_counts counts;

    FUZZ_EXPECT(body);
    memcpy(body, data, size);
    body[size] = '\0';
    read_answers(body, size);
    delivery_read_counts(body, "slack", &counts);
    FUZZ_EXPECT(counts.n_tries >= 0 && counts.n_failed >= 0 && counts.n_given_up >= 0);
    delivery_find_reason(body, "slack", reason);
    for (const char *at = reason; *at; at++)
        FUZZ_EXPECT((unsigned char)*at >= ' ');
    free(body);
    return 0;
}
