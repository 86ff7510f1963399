#include "tui/poll/panel_state.h"

#include "tui/text/moment.h"

#include <math.h>
#include <stdio.h>

/* One that has just begun is being asked for, one may have to be asked for again. */
#define CHART_STEPS_MAX 3

static void set(struct panel_data *data, enum data_state state, const char *reason)
{
    data->state = state;
    (void)snprintf(data->reason, sizeof(data->reason), "%s", reason ? reason : "");
}

static bool has_values(const struct series_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (!isnan(set->at[i].last) || set->at[i].is_nan)
            return true;
    return false;
}

static void judge_unanswered(const struct panel_facts *facts, struct panel_data *data)
{
    bool is_down = facts->source == DATA_ERROR || facts->source == DATA_STALE;

    if (facts->n_asked > 0 && facts->n_failed > 0)
        set(data, DATA_ERROR, facts->failure);
    else
        set(data, is_down ? DATA_ERROR : DATA_NONE, facts->source_reason);
}

/* The series stopped, or their target cannot be scraped any more. False when they are fresh, or their age
 * is not known. */
static bool is_behind(const struct panel_facts *facts, struct panel_data *data)
{
    char age[MOMENT_SPAN_SIZE], text[64];

    if (data->sample_age_ms < 0 && data->set.n > 0 && !has_values(&data->set)) {
        set(data, DATA_STALE, "its series have ended");
        return true;
    }
    if (data->sample_age_ms > 2 * facts->scrape_interval_ms + PANEL_STALE_SLACK_MS) {
        moment_format_span(data->sample_age_ms, age);
        (void)snprintf(text, sizeof(text), "its newest sample is %s old", age);
        set(data, DATA_STALE, text);
        return true;
    }
    if (data->set.grid.n == 0 || facts->chart_behind_ms <= CHART_STEPS_MAX * data->set.grid.step_ms)
        return false;
    moment_format_span(facts->chart_behind_ms, age);
    (void)snprintf(text, sizeof(text), "its lines end %s ago", age);
    set(data, DATA_STALE, text);
    return true;
}

static void judge_answered(const struct panel_facts *facts, struct panel_data *data)
{
    char text[80];

    if (data->set.n == 0 && facts->n_failed == 0) {
        set(data, DATA_NONE, "");
    } else if (is_behind(facts, data)) {
        return;
    } else if (facts->n_failed > 0) {
        set(data, DATA_PARTIAL, facts->failure);
    } else if (data->warnings.n > 0) {
        set(data, DATA_PARTIAL, data->warnings.text[0]);
    } else if (data->set.n_refused > 0) {
        (void)snprintf(text, sizeof(text), "%zu of %zu series shown", data->set.n,
                       data->set.n + data->set.n_refused);
        set(data, DATA_PARTIAL, text);
    } else {
        set(data, DATA_OK, "");
    }
}

void panel_state_judge(const struct panel_facts *facts, struct panel_data *data)
{
    bool is_down = facts->source == DATA_ERROR || facts->source == DATA_STALE;

    if (data->good_mono_ms < 0)
        judge_unanswered(facts, data);
    else if (facts->n_asked > 0 && facts->n_failed == facts->n_asked)
        set(data, DATA_ERROR, facts->failure);
    else if (is_down || facts->mono_ms - data->good_mono_ms > facts->overdue_ms)
        set(data, DATA_STALE,
            facts->source_reason && facts->source_reason[0] ? facts->source_reason : "no answer");
    else
        judge_answered(facts, data);
}
