#ifndef TW_INSPECT_DATA_H
#define TW_INSPECT_DATA_H

/* What is asked for one panel alone, while a screen shows it: what its query costs, its lines at an earlier
 * time, exemplars, and the alert rules that look at its metrics. Part of a snapshot; never changes. */

#include "tui/board/dashboard.h"
#include "tui/data/alert_board.h"
#include "tui/data/part.h"
#include "tui/data/prom_exemplars.h"
#include "tui/data/prom_rules.h"
#include "tui/data/series.h"
#include "tui/data/source_state.h"
#include "tui/text/time_grid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a screen wants; equal wants are asked for once. */
struct inspect_want {
    bool is_on;
    const struct dashboard *dashboard; /* which one, by address; never looked into */
    size_t panel;
    int64_t compare_ms; /* how much earlier the line is that the chart shows beside; 0: none */
    int64_t cursor_ms;  /* exemplars around it; -1: the newest */
};

bool inspect_want_equals(const struct inspect_want *a, const struct inspect_want *b);

/* Of the panel's expressions, each asked for alone and over the whole window. */
struct inspect_cost {
    bool is_known;
    struct time_grid grid;
    size_t n_requests, n_series, n_points, n_nan; /* n_nan: points that are NaN, not absent */
    size_t n_bytes;                               /* of the answers' bodies */
    int64_t elapsed_us;                           /* of all requests, one after the other */
    int64_t n_samples; /* that the server read for it; -1: it does not say */
    struct prom_notes warnings, infos;
    char reason[SOURCE_REASON_SIZE]; /* why it is not known; "" */
};

/* The earlier times. The first two are asked for with every panel that is looked into, the week once it is
 * wanted. */
enum compare_id { COMPARE_HOUR, COMPARE_DAY, COMPARE_WEEK, N_COMPARES };

int64_t inspect_compare_ms(enum compare_id id); /* how much earlier */

/* N_COMPARES: there is no such. */
enum compare_id inspect_compare_of(int64_t compare_ms);

struct inspect_compare {
    bool is_known;
    struct series_set
        set; /* laid on the moments of now: a point of 07:00 stands at 08:00 for 1 h */
    char reason[SOURCE_REASON_SIZE];
};

struct inspect_exemplars {
    bool is_known;
    enum prom_storage storage;
    int64_t from_ms, to_ms; /* that were asked for */
    struct prom_exemplars found;
    char reason[SOURCE_REASON_SIZE];
};

struct inspect_rules {
    bool is_known;
    struct prom_rules about; /* alerts alone, that name a metric of the panel */
    char reason[SOURCE_REASON_SIZE];
};

struct inspect_data {
    struct part part;
    const struct dashboard *dashboard; /* as in the want */
    size_t panel;
    struct inspect_cost cost;
    struct inspect_compare compare[N_COMPARES];
    struct inspect_exemplars exemplars;
    struct inspect_rules rules;
};

/* Empty, with one reference. */
struct inspect_data *inspect_data_new(const struct inspect_want *want);
struct inspect_data *inspect_data_copy(const struct inspect_data *from);

/* Of all rules the alerts that name one of the panel's metrics, also by way of one recording rule. What is
 * not kept of all is freed; all is empty afterwards. */
void inspect_rules_take(struct prom_rules *all,
                        const struct panel *panel,
                        struct prom_rules *ret_about);

/* The span of time that exemplars are asked for: the whole window up to half an hour, else about half an
 * hour around the cursor, in steps, so that a cursor that moves asks for nothing new most of the time. A busy
 * histogram has a hundred kilobytes of them in half an hour. */
#define INSPECT_EXEMPLAR_SPAN_MS INT64_C(1800000)
void inspect_exemplar_span(const struct time_grid *window,
                           int64_t cursor_ms,
                           int64_t *ret_from_ms,
                           int64_t *ret_to_ms);

#endif
