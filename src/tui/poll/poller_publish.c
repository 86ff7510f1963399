#include "common/alloc.h"
#include "common/clock.h"
#include "tui/poll/panel_state.h"
#include "tui/poll/poller_parts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- Sources ------------------------------------------------------------------------------------- */

static const char *flavour_of(const struct poller *poller, enum source_id id)
{
    if (id == SOURCE_PROMETHEUS)
        return prom_flavour_name(poller->flavour);
    return "";
}

static void describe_lacks(const struct poller *poller, struct source *source)
{
    bool is_settled;

    source->lacks[PROM_PART_RULES] = asks_without_rules(poller, &is_settled);
    if (poller->asks[ASK_PROM_TARGETS].is_lacking)
        source->lacks[PROM_PART_TARGETS] = prom_lack_text(poller->flavour, PROM_PART_TARGETS);
}

void poller_name_setting(const struct poller *poller, const char *server, char *out, size_t size)
{
    if (poller->context)
        (void)snprintf(out, size, "%s in [context.%.60s]", server, poller->context);
    else
        (void)snprintf(out, size, "%s.url", server);
}

static void describe_missing(const struct poller *poller, enum source_id id, struct source *source)
{
    static const char *const servers[N_SOURCES] = {"prometheus", "alertmanager", "operations",
                                                   "ml"};
    char setting[POLLER_SETTING_SIZE];

    poller_name_setting(poller, servers[id], setting, sizeof(setting));
    (void)snprintf(source->reason, sizeof(source->reason), "not configured: set %s", setting);
}

static void describe_source(struct poller *poller,
                            enum source_id id,
                            int64_t mono_ms,
                            struct source *source)
{
    struct source_live *live = &poller->sources[id];
    int64_t change_ms = source_track_next_change_mono_ms(&live->track, mono_ms);

    source->is_configured = live->url != NULL;
    source->state = source_track_state(&live->track, mono_ms, source->reason);
    if (!source->is_configured)
        describe_missing(poller, id, source);
    source->good_mono_ms = source_track_good_mono_ms(&live->track);
    source->retry_at_mono_ms = live->track.retry_at_mono_ms;
    source->latency_us = live->latency_us;
    source->skew_ms = live->skew_ms;
    (void)snprintf(source->flavour, sizeof(source->flavour), "%s", flavour_of(poller, id));
    memcpy(source->version, live->version, sizeof(source->version));
    if (id == SOURCE_PROMETHEUS)
        describe_lacks(poller, source);
    source->n_requests = live->n_requests;
    source->n_bytes = live->n_bytes;
    if (change_ms < poller->next_change_mono_ms)
        poller->next_change_mono_ms = change_ms;
}

/* ---- Panels -------------------------------------------------------------------------------------- */

void poller_join_notes(struct prom_notes *all, const struct prom_notes *more)
{
    size_t n_kept = more->n < PROM_NOTES_MAX ? more->n : PROM_NOTES_MAX;

    for (size_t i = 0; i < n_kept; i++) {
        size_t known = 0, n_known = all->n < PROM_NOTES_MAX ? all->n : PROM_NOTES_MAX;

        while (known < n_known && strcmp(all->text[known], more->text[i]) != 0)
            known++;
        if (known == n_known && all->n < PROM_NOTES_MAX)
            memcpy(all->text[all->n++], more->text[i], sizeof(all->text[0]));
    }
}

/* How much the lines of the panel that are furthest behind lack at the right end. */
static int64_t chart_behind_ms(const struct poller *poller, size_t index)
{
    const struct plan_panel *planned = &poller->plan->panels[index];
    int64_t now_ms = poller_now_ms(poller) - poller->lag_ms, most_ms = 0;

    for (size_t i = 0; poller->end_ms == 0 && i < planned->n_items; i++) {
        const struct time_grid *have = &poller->plan->items[planned->first_item + i].have;

        if (have->n > 0 && now_ms - time_grid_end_ms(have) > most_ms)
            most_ms = now_ms - time_grid_end_ms(have);
    }
    return most_ms;
}

static void describe_panel(const struct poller *poller,
                           size_t index,
                           const struct source *prometheus,
                           int64_t mono_ms,
                           struct panel_data *data)
{
    const struct panel_live *live = &poller->panels[index];
    char awaited[SOURCE_REASON_SIZE];
    struct panel_facts facts = {
        .n_asked = poller->plan->panels[index].n_items,
        .source = prometheus->state,
        .source_reason = prometheus->reason,
        .scrape_interval_ms = poller->scrape_interval_ms,
        .overdue_ms = 2 * poller->refresh_ms + poller_timeout_ms(poller),
        .chart_behind_ms = chart_behind_ms(poller, index),
        .mono_ms = mono_ms,
    };

    data->set = live->set; /* borrowed until it is kept */
    data->times = live->times;
    data->sample_age_ms = query_plan_age_ms(poller->plan, index);
    data->good_mono_ms = live->good_mono_ms;
    for (int mode = 0; mode < N_PLAN_MODES; mode++)
        if (live->notes[mode]) {
            poller_join_notes(&data->warnings, &live->notes[mode]->warnings);
            poller_join_notes(&data->infos, &live->notes[mode]->infos);
        }
    if (prometheus->state == DATA_OK && variables_describe(poller, awaited, sizeof(awaited)))
        facts.source_reason = awaited;
    facts.n_failed = query_plan_failures(poller->plan, index, &facts.failure);
    panel_state_judge(&facts, data);
}

static void destroy_panel(struct part *part)
{
    struct panel_data *data = (struct panel_data *)part;

    series_set_finish(&data->set);
    free(data);
}

static bool says_the_same(const struct panel_data *a, const struct panel_data *b)
{
    return a->state == b->state && a->sample_age_ms == b->sample_age_ms &&
           strcmp(a->reason, b->reason) == 0;
}

/* A reference to the panel as it is: the part of the last time, unless something is different. */
static struct panel_data *obtain_panel(struct poller *poller,
                                       size_t index,
                                       const struct source *prometheus,
                                       int64_t mono_ms)
{
    struct panel_live *live = &poller->panels[index];
    struct panel_data now = {0}, *part = live->part;

    describe_panel(poller, index, prometheus, mono_ms, &now);
    if (!part || live->is_changed || !says_the_same(part, &now)) {
        part = xcalloc(1, sizeof(*part));
        memcpy(part, &now, sizeof(*part));
        part_init(&part->part, destroy_panel);
        series_set_copy(&live->set, &part->set);
        if (live->part)
            part_unref(&live->part->part);
        live->part = part;
        live->is_changed = false;
    }
    part_ref(&part->part);
    return part;
}

/* ---- Alerts -------------------------------------------------------------------------------------- */

static bool is_fresh(const struct source_live *live, size_t question, int64_t mono_ms)
{
    const struct question *of = &live->track.questions[question];

    return of->outcome == OUTCOME_GOOD && mono_ms <= of->good_mono_ms + 2 * of->period_ms;
}

static void join_alerts(struct poller *poller, int64_t mono_ms)
{
    bool is_settled;
    const char *without_rules = asks_without_rules(poller, &is_settled);
    bool has_list = poller->has_prom_alerts && !without_rules && is_settled;
    struct alert_sources sources = {
        .prometheus = has_list ? &poller->prom_alerts : NULL,
        .alertmanager = poller->has_am_alerts ? &poller->am_alerts : NULL,
        .is_prometheus_fresh =
            is_fresh(&poller->sources[SOURCE_PROMETHEUS], PROM_QUESTION_ALERTS, mono_ms),
        .is_alertmanager_fresh =
            is_fresh(&poller->sources[SOURCE_ALERTMANAGER], AM_QUESTION_ALERTS, mono_ms),
        .rules = poller->has_prom_rules ? &poller->prom_rules : NULL,
        .simulations = &poller->operations->simulations,
        .ahead_ms = poller_ahead_ms(poller),
        .without_rules = without_rules,
    };
    struct alert_board *board = alert_board_join(&sources, poller->board, poller_clock_ms(poller));

    alert_board_unref(poller->board);
    poller->board = board;
}

/* ---- The snapshot -------------------------------------------------------------------------------- */

static void destroy_snapshot(struct part *part)
{
    struct snapshot *snapshot = (struct snapshot *)part;

    for (size_t i = 0; i < snapshot->n_panels; i++)
        part_unref(&snapshot->panels[i]->part);
    free(snapshot->panels);
    dashboard_unref(snapshot->dashboard);
    alert_board_unref(snapshot->alerts);
    part_unref(&snapshot->operations->part);
    if (snapshot->drift)
        part_unref(&snapshot->drift->part);
    if (snapshot->targets)
        part_unref(&snapshot->targets->part);
    if (snapshot->silences)
        part_unref(&snapshot->silences->part);
    if (snapshot->requests)
        part_unref(&snapshot->requests->part);
    if (snapshot->request)
        part_unref(&snapshot->request->part);
    if (snapshot->gamedays)
        part_unref(&snapshot->gamedays->part);
    if (snapshot->gameday)
        part_unref(&snapshot->gameday->part);
    if (snapshot->enquiry)
        part_unref(&snapshot->enquiry->part);
    if (snapshot->inspect)
        part_unref(&snapshot->inspect->part);
    free(snapshot);
}

static void add_parts(struct poller *poller, struct snapshot *snapshot)
{
    snapshot->dashboard = dashboard_ref(poller->dashboard);
    snapshot->n_panels = poller->dashboard->n_panels;
    snapshot->panels = xcalloc(snapshot->n_panels, sizeof(struct panel_data *));
    for (size_t i = 0; i < snapshot->n_panels; i++)
        snapshot->panels[i] =
            obtain_panel(poller, i, &snapshot->sources[SOURCE_PROMETHEUS], snapshot->made_mono_ms);
    part_ref(&poller->board->part);
    snapshot->alerts = poller->board;
    part_ref(&poller->operations->part);
    snapshot->operations = poller->operations;
    snapshot->drift = poller->drift;
    if (poller->drift)
        part_ref(&poller->drift->part);
    snapshot->targets = poller->targets;
    if (poller->targets)
        part_ref(&poller->targets->part);
    silences_publish(poller, snapshot);
    stored_publish(poller, snapshot);
    gamedays_publish(poller, snapshot);
    enquiries_publish(poller, snapshot);
    inspect_publish(poller, snapshot);
}

static struct snapshot *make_snapshot(struct poller *poller, int64_t mono_ms)
{
    struct snapshot *snapshot = xcalloc(1, sizeof(*snapshot));

    part_init(&snapshot->part, destroy_snapshot);
    snapshot->id = ++poller->last_snapshot_id;
    snapshot->made_at_ms = poller_clock_ms(poller);
    snapshot->made_mono_ms = mono_ms;
    snapshot->now_ms = poller_now_ms(poller);
    snapshot->refresh_ms = poller->refresh_ms;
    snapshot->scrape_interval_ms = poller->scrape_interval_ms;
    snapshot->range_ms = poller->range_ms;
    snapshot->end_ms = poller->end_ms;
    poller->next_change_mono_ms = INT64_MAX;
    for (int id = 0; id < N_SOURCES; id++)
        describe_source(poller, (enum source_id)id, mono_ms, &snapshot->sources[id]);
    join_alerts(poller, mono_ms);
    add_parts(poller, snapshot);
    snapshot->n_notices = poller->n_notices;
    memcpy(snapshot->notices, poller->notices, sizeof(snapshot->notices));
    return snapshot;
}

void poller_publish(struct poller *poller, int64_t mono_ms)
{
    struct snapshot *snapshot = make_snapshot(poller, mono_ms), *old;
    struct poller_shared *shared = &poller->shared;
    uint64_t one = 1;

    (void)pthread_mutex_lock(&shared->mutex);
    old = shared->newest;
    shared->newest = snapshot;
    (void)pthread_mutex_unlock(&shared->mutex);
    snapshot_unref(old);
    poller->dirty_since_mono_ms = -1;
    /* Who is paused is only told what was asked for; all is there when he goes on. */
    if (poller->is_paused && !poller->has_new_notice)
        return;
    poller->has_new_notice = false;
    (void)!write(poller->event_fd, &one, sizeof(one));
}
