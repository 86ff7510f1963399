#include "tui/data/sim_progress.h"

#include "tui/data/drift_status.h"
#include "tui/text/moment.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool sim_progress_has_score(const struct sim_progress *progress)
{
    return strcmp(progress->simulation.kind, "drift") == 0;
}

bool sim_progress_take_score(struct sim_progress *progress, double score, int64_t at_ms)
{
    progress->score = score;
    if (!(score > DRIFT_SCORE_LIMIT) || progress->score_over_at_ms > 0 ||
        at_ms < progress->simulation.started_at_ms)
        return false;
    progress->score_over_at_ms = at_ms;
    return true;
}

static enum page_colour alert_colour(enum simulation_alert_state state)
{
    switch (state) {
    case SIMULATION_ALERT_UNKNOWN:
    case SIMULATION_ALERT_INACTIVE:
        return PAGE_PLAIN;
    case SIMULATION_ALERT_PENDING:
        return PAGE_WARN;
    case SIMULATION_ALERT_FIRING:
        return PAGE_BAD;
    }
    return PAGE_PLAIN;
}

static void put_score(const struct sim_progress *progress, struct page *page)
{
    bool is_over = progress->score > DRIFT_SCORE_LIMIT;

    if (!sim_progress_has_score(progress))
        return;
    page_text(page, PAGE_PLAIN, "  score ");
    if (isfinite(progress->score))
        page_printf(page, is_over ? PAGE_BAD : PAGE_PLAIN, "%.2f", progress->score);
    else
        page_text(page, PAGE_DIM, "-");
}

void sim_progress_write_bar(const struct sim_progress *progress, struct page *page)
{
    const struct simulation *s = &progress->simulation;
    char elapsed[MOMENT_SPAN_SIZE], left[MOMENT_SPAN_SIZE];

    page_printf(page, PAGE_BOLD, "%s #%lld ", s->kind, (long long)s->id);
    if (progress->silent_for_ms > 0) {
        moment_format_span(progress->silent_for_ms, elapsed);
        page_printf(page, PAGE_WARN, "no answer from the operations API for %s", elapsed);
        return;
    }
    moment_format_span(s->elapsed_ms, elapsed);
    if (progress->waits_for_delivery || progress->waits_for_clear) {
        page_printf(page, PAGE_PLAIN, "%s, waiting for %s%s", simulation_state_name(s->state),
                    progress->waits_for_delivery ? "the notification" : s->alert,
                    progress->waits_for_delivery ? "" : " to clear");
        put_score(progress, page);
        return;
    }
    if (!isnan(s->progress)) {
        page_bar(page, s->progress, 12);
        page_printf(page, PAGE_PLAIN, " %3.0f%%", s->progress * 100);
    }
    page_printf(page, PAGE_PLAIN, " %s", elapsed);
    if (s->ends_by_ms > 0) {
        moment_format_span(s->ends_by_ms - s->started_at_ms - s->elapsed_ms, left);
        page_printf(page, PAGE_PLAIN, ", %s left", left);
    }
    put_score(progress, page);
    if (s->alert[0]) {
        page_text(page, PAGE_PLAIN, "  ");
        page_text(page, alert_colour(s->alert_state), simulation_alert_state_name(s->alert_state));
    }
    page_printf(page, PAGE_PLAIN, "  %lld sent", (long long)s->n_sent);
    if (s->n_failed > 0)
        page_printf(page, PAGE_BAD, ", %lld failed", (long long)s->n_failed);
}

/* ---- Changes ----------------------------------------------------------------------------------- */

static void begin_change(int64_t at_ms, struct page *page)
{
    char clock[MOMENT_SPAN_SIZE];

    moment_format_clock(at_ms, clock);
    page_printf(page, PAGE_PLAIN, "%s  ", clock);
}

void sim_progress_write_changes(const struct sim_progress *before,
                                const struct sim_progress *after,
                                int64_t now_ms,
                                struct page *page)
{
    const struct simulation *old = &before->simulation, *new = &after->simulation;

    if ((before->silent_for_ms == 0) != (after->silent_for_ms == 0)) {
        begin_change(now_ms, page);
        page_printf(page, PAGE_WARN, "the operations API %s",
                    after->silent_for_ms ? "does not answer" : "answers again");
        page_end_line(page);
    }
    if (before->score_over_at_ms == 0 && after->score_over_at_ms > 0) {
        begin_change(after->score_over_at_ms, page);
        page_printf(page, PAGE_PLAIN, "drift score %.2f, over %.1f", after->score,
                    DRIFT_SCORE_LIMIT);
        page_end_line(page);
    }
    /* That an alert is inactive is news only when it was something else before. */
    if (new->alert[0] && old->alert_state != new->alert_state &&
        !(old->alert_state == SIMULATION_ALERT_UNKNOWN &&
          new->alert_state == SIMULATION_ALERT_INACTIVE)) {
        begin_change(now_ms, page);
        page_printf(page, alert_colour(new->alert_state), "%s %s", new->alert,
                    simulation_alert_state_name(new->alert_state));
        page_end_line(page);
    }
    if (old->n_failed == 0 && new->n_failed > 0) {
        begin_change(now_ms, page);
        page_printf(page, PAGE_BAD, "requests fail: %s",
                    new->last_error[0] ? new->last_error : "the server does not say why");
        page_end_line(page);
    }
    if (old->state != new->state) {
        begin_change(new->ended_at_ms ? new->ended_at_ms : now_ms, page);
        page_printf(page, PAGE_PLAIN, "%s #%lld %s%s%s", new->kind, (long long)new->id,
                    simulation_state_name(new->state), new->reason[0] ? ": " : "", new->reason);
        page_end_line(page);
    }
    if (old->delivered_at_ms == 0 && new->delivered_at_ms > 0) {
        begin_change(new->delivered_at_ms, page);
        page_text(page, PAGE_PLAIN, "Alertmanager has delivered the notification");
        page_end_line(page);
    }
    if (before->cleared_at_ms == 0 && after->cleared_at_ms > 0) {
        begin_change(after->cleared_at_ms, page);
        page_printf(page, PAGE_GOOD, "%s cleared", new->alert);
        page_end_line(page);
    }
}

/* ---- The end ----------------------------------------------------------------------------------- */

static void write_time(const char *what, int64_t at_ms, int64_t start_ms, struct page *page)
{
    char clock[MOMENT_SPAN_SIZE], span[MOMENT_SPAN_SIZE];

    page_text(page, PAGE_PLAIN, "  ");
    page_field(page, PAGE_PLAIN, what, 18);
    if (at_ms == 0) {
        page_text(page, PAGE_DIM, "-");
    } else {
        moment_format_clock(at_ms, clock);
        moment_format_span(at_ms - start_ms, span);
        page_printf(page, PAGE_PLAIN, "%s", clock);
        if (at_ms != start_ms)
            page_printf(page, PAGE_PLAIN, "  +%s", span);
    }
    page_end_line(page);
}

void sim_progress_write_end(const struct sim_progress *progress, struct page *page)
{
    const struct simulation *s = &progress->simulation;

    page_printf(page, PAGE_BOLD, "%s #%lld %s", s->kind, (long long)s->id,
                simulation_state_name(s->state));
    if (s->reason[0])
        page_printf(page, PAGE_PLAIN, ": %s", s->reason);
    page_end_line(page);
    write_time("started", s->started_at_ms, s->started_at_ms, page);
    if (sim_progress_has_score(progress))
        write_time("score over 0.5", progress->score_over_at_ms, s->started_at_ms, page);
    if (s->alert[0]) {
        write_time("pending", s->pending_at_ms, s->started_at_ms, page);
        write_time("firing", s->firing_at_ms, s->started_at_ms, page);
        write_time("delivered", s->delivered_at_ms, s->started_at_ms, page);
    }
    write_time("ended", s->ended_at_ms, s->started_at_ms, page);
    if (progress->cleared_at_ms > 0)
        write_time("cleared", progress->cleared_at_ms, s->started_at_ms, page);
    page_printf(page, PAGE_PLAIN, "  %lld requests sent, %lld failed", (long long)s->n_sent,
                (long long)s->n_failed);
    page_end_line(page);
}

int sim_progress_exit_code(const struct sim_progress *progress)
{
    const struct simulation *s = &progress->simulation;

    if (strcmp(s->until, "alert") == 0 && s->firing_at_ms > 0)
        return 0;
    return s->state == SIMULATION_FINISHED ? 0 : 1;
}

/* ---- Status and list --------------------------------------------------------------------------- */

void sim_write_line(const struct simulation *s, struct page *page)
{
    char clock[MOMENT_SPAN_SIZE], span[MOMENT_SPAN_SIZE];

    moment_format_clock(s->started_at_ms, clock);
    moment_format_span(s->elapsed_ms, span);
    page_printf(page, PAGE_PLAIN, "#%lld ", (long long)s->id);
    page_skip_to(page, 6);
    page_field(page, PAGE_PLAIN, s->kind, 15);
    page_field(page, s->state == SIMULATION_FAILED ? PAGE_BAD : PAGE_PLAIN,
               simulation_state_name(s->state), 12);
    page_field(page, PAGE_PLAIN, clock, 10);
    page_field(page, PAGE_PLAIN, span, 8);
    if (s->reason[0])
        page_text(page, PAGE_PLAIN, s->reason);
    else if (s->alert[0])
        page_printf(page, PAGE_PLAIN, "%s %s", s->alert,
                    simulation_alert_state_name(s->alert_state));
    page_end_line(page);
}

static void write_pair(const char *name, const char *value, struct page *page)
{
    if (!value[0])
        return;
    page_text(page, PAGE_PLAIN, "  ");
    page_field(page, PAGE_PLAIN, name, 18);
    page_text(page, PAGE_PLAIN, value);
    page_end_line(page);
}

void sim_write_status(const struct simulation *s, struct page *page)
{
    char text[160];

    page_printf(page, PAGE_BOLD, "%s #%lld %s", s->kind, (long long)s->id,
                simulation_state_name(s->state));
    page_end_line(page);
    write_pair("reason", s->reason, page);
    write_pair("parameters", s->params, page);
    write_pair("until", s->until, page);
    if (s->alert[0]) {
        (void)snprintf(text, sizeof(text), "%s %s", s->alert,
                       simulation_alert_state_name(s->alert_state));
        write_pair("alert", text, page);
    }
    write_time("started", s->started_at_ms, s->started_at_ms, page);
    if (s->alert[0]) {
        write_time("pending", s->pending_at_ms, s->started_at_ms, page);
        write_time("firing", s->firing_at_ms, s->started_at_ms, page);
        write_time("delivered", s->delivered_at_ms, s->started_at_ms, page);
        write_time("resolved", s->resolved_at_ms, s->started_at_ms, page);
    }
    if (s->ended_at_ms > 0)
        write_time("ended", s->ended_at_ms, s->started_at_ms, page);
    else if (s->ends_by_ms > 0)
        write_time("ends by", s->ends_by_ms, s->started_at_ms, page);
    (void)snprintf(text, sizeof(text), "%lld sent, %lld succeeded, %lld failed",
                   (long long)s->n_sent, (long long)s->n_succeeded, (long long)s->n_failed);
    write_pair("requests", text, page);
    write_pair("last error", s->last_error, page);
}
