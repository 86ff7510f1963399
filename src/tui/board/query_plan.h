#ifndef TW_QUERY_PLAN_H
#define TW_QUERY_PLAN_H

/* What a dashboard asks Prometheus, and in which portions: as many expressions in one request as fit, but
 * one that fails goes alone until it is good again, so that it breaks its own panel only. Pure:
 * moments come as parameters. */

#include "tui/board/dashboard.h"
#include "tui/data/prom_query.h"
#include "tui/data/source_state.h"
#include "tui/text/time_grid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_CHUNK_ITEMS_MAX 32
#define PLAN_CHUNK_BYTES_MAX ((size_t)12000) /* VictoriaMetrics refuses queries over 16 KiB */

/* So many series of each expression are an answer that is not refused, however many are joined. */
#define PLAN_JOINED_SERIES_MAX ((size_t)PROM_ITEMS_MAX / PLAN_CHUNK_ITEMS_MAX)

/* The two questions: values as they are now, and lines over the window. */
enum plan_mode { PLAN_VALUES, PLAN_LINES, N_PLAN_MODES };

struct plan_standing {
    bool goes_alone;                 /* it failed, cannot be joined, or answers much */
    bool is_bare;                    /* only without the mark is it good: a scalar */
    unsigned n_failures;             /* in a row */
    int64_t retry_at_mono_ms;        /* of a failing one */
    char reason[SOURCE_REASON_SIZE]; /* "" when its newest answer was good */
};

/* One expression: a target's, or the age of a selector's newest sample. */
struct plan_item {
    bool is_age;
    size_t panel, target; /* not for an age */
    char *selector;       /* of an age; owned */
    double age_s;         /* of an age, as answered; NaN unknown */
    struct plan_standing standings[N_PLAN_MODES];
    struct time_grid have; /* the points that its lines have */
};

struct plan_panel {
    size_t first_item, n_items; /* of its asked targets */
    size_t n_ages;
    size_t ages[PROM_QUERY_SELECTORS_MAX]; /* items */
};

struct query_plan {
    struct dashboard *dashboard; /* owned reference */
    size_t n_items;
    struct plan_item *items;   /* owned */
    struct plan_panel *panels; /* owned; one for each of the dashboard's */
};

struct query_plan *query_plan_new(struct dashboard *dashboard); /* takes a reference */
void query_plan_free(struct query_plan *plan);                  /* NULL is fine */

/* Lines are to be fetched whole the next time. */
void query_plan_forget_lines(struct query_plan *plan);

/* One request. */
struct plan_chunk {
    size_t n;
    size_t items[PLAN_CHUNK_ITEMS_MAX];
    bool is_bare;          /* the one expression as it is, unmarked */
    struct time_grid grid; /* of PLAN_LINES */
    struct buffer expr;
};

void plan_chunk_free(struct plan_chunk *chunk); /* NULL is fine */

/* A first-in first-out list of them. */
struct plan_chunks {
    size_t n, next; /* next: the first that has not been taken */
    struct plan_chunk **at;
};

void plan_chunks_finish(struct plan_chunks *chunks);             /* zeroed is fine */
struct plan_chunk *plan_chunks_take(struct plan_chunks *chunks); /* NULL: none left; the caller's */

/* One round of asking. */
struct plan_round {
    enum plan_mode mode;
    struct dashboard_times times;
    struct time_grid want;     /* of PLAN_LINES: the points that are to be shown */
    struct plan_chunks chunks; /* still to be asked; the caller's to take */
};

/* Adds to the round what has to be asked now; of lines only what is missing. Expressions that cannot be
 * filled in fail here. */
void query_plan_ask(struct query_plan *plan, struct plan_round *round, int64_t mono_ms);

/* The server refused the chunk's query: of several each is added alone. One alone is added once more
 * without its mark, or has failed and waits its turn (random01 in [0, 1) spreads them). */
void query_plan_refused(struct query_plan *plan,
                        struct plan_round *round,
                        const struct plan_chunk *chunk,
                        const char *reason,
                        int64_t mono_ms,
                        double random01);

/* It was answered, with so many series in all. */
void query_plan_answered(struct query_plan *plan,
                         const struct plan_round *round,
                         const struct plan_chunk *chunk,
                         size_t n_series);

/* The oldest of the panel's newest samples in ms; -1 unknown. */
int64_t query_plan_age_ms(const struct query_plan *plan, size_t panel);

/* How many of the panel's targets fail, and the first reason (NULL for none). */
size_t query_plan_failures(const struct query_plan *plan, size_t panel, const char **ret_reason);

#endif
