#ifndef TW_SIM_PROGRESS_H
#define TW_SIM_PROGRESS_H

/* What is said of a simulation while it is followed and when it is over. Pure. */

#include "tui/data/operations.h"
#include "tui/draw/page.h"

/* Moments are Unix ms, 0 when they have not come. */
struct sim_progress {
    struct simulation simulation; /* as the server told last */
    double score;                 /* drift score of the newest sample; NaN unknown */
    int64_t score_over_at_ms;     /* sample that was first over the alert's limit, during the run */
    int64_t cleared_at_ms;        /* seen by us */
    bool waits_for_delivery;      /* the run is over, its notification is not there yet */
    bool waits_for_clear;
    int64_t silent_for_ms; /* since the operations API answered last; 0: it answers */
};

/* Whether the drift score is what the simulation moves; of others it is neither asked for nor shown. */
bool sim_progress_has_score(const struct sim_progress *progress);

/* A sample of the drift score; true when it is the first over the limit. */
bool sim_progress_take_score(struct sim_progress *progress, double score, int64_t at_ms);

/* One line without an end: bar, time, score, alert. */
void sim_progress_write_bar(const struct sim_progress *progress, struct page *page);

/* A line for each thing that has changed from before to after. */
void sim_progress_write_changes(const struct sim_progress *before,
                                const struct sim_progress *after,
                                int64_t now_ms,
                                struct page *page);

/* How it ended, and the table of times. */
void sim_progress_write_end(const struct sim_progress *progress, struct page *page);

/* 0 when the run did what it was for, else 1. */
int sim_progress_exit_code(const struct sim_progress *progress);

/* One simulation in full, and as a line of a list. */
void sim_write_status(const struct simulation *simulation, struct page *page);
void sim_write_line(const struct simulation *simulation, struct page *page);

#endif
