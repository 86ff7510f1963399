#ifndef TW_PANEL_STATE_H
#define TW_PANEL_STATE_H

/* Which of the five words stands on a panel, and why. Pure. */

#include "tui/poll/snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Beyond two scrapes: evaluation and the way here take their time. */
#define PANEL_STALE_SLACK_MS 5000

struct panel_facts {
    size_t n_asked, n_failed; /* of its queries */
    const char *failure;      /* the first; NULL for none */
    enum data_state source;   /* of Prometheus, with its reason */
    const char *source_reason;
    int64_t scrape_interval_ms;
    int64_t overdue_ms;      /* an answer older than this is stale */
    int64_t chart_behind_ms; /* how much of the right end of its lines is still to come */
    int64_t mono_ms;
};

/* Sets state and reason from the facts and the data's own fields. */
void panel_state_judge(const struct panel_facts *facts, struct panel_data *data);

#endif
