#include "tui/screen/ui_inside.h"

#include <stdio.h>
#include <string.h>

/* ---- The poller ---------------------------------------------------------------------------------- */

int ui_poller_start(struct ui *ui, const struct session *session, struct tw_error *err)
{
    const struct config *config = &session->config;
    struct dashboard *dashboard = ui->boards[BOARD_OVERVIEW];
    struct poller_config poller = {
        .urls = {config->prometheus_url, config->alertmanager_url, config->operations_url,
                 config->ml_url},
        .access = &session->access,
        .llm_url = config->llm_url,
        .context = config->context,
        .answer_timeout_ms = config->answer_timeout_ms,
        .refresh_ms = ui->state.refresh_ms > 0 ? ui->state.refresh_ms
                      : dashboard->refresh_ms  ? dashboard->refresh_ms
                                               : UI_REFRESH_MS,
        .range_ms = ui->state.range_ms,
        .n_columns = (size_t)ui_chart_columns(ui),
        .dashboard = dashboard,
        .recorder = session->recorder,
        .player = session->player,
    };

    if (poller_start(&poller, &ui->poller, err) < 0)
        return -1;
    ui->told = (struct told){.refresh_ms = ui->state.refresh_ms,
                             .range_ms = ui->state.range_ms,
                             .columns = (int)poller.n_columns,
                             .board = BOARD_OVERVIEW};
    return 0;
}

static void *stop_poller(void *arg)
{
    struct ui_leaving *leaving = arg;

    poller_stop(leaving->poller);
    atomic_store(&leaving->is_done, true);
    return NULL;
}

void ui_leaving_finish(struct ui *ui)
{
    if (!ui->leaving.poller)
        return;
    (void)pthread_join(ui->leaving.thread, NULL);
    ui->leaving.poller = NULL;
}

/* One at a time: servers that hang must not gather threads. */
static int may_leave(struct ui *ui, struct tw_error *err)
{
    if (ui->leaving.poller && !atomic_load(&ui->leaving.is_done))
        return tw_fail(err, TW_BUSY, "the context before this one is still being left");
    ui_leaving_finish(ui);
    return 0;
}

/* Stopping waits for its thread, and that perhaps for a resolver: the screen does not. */
static void let_go(struct ui *ui, struct poller *owned_poller)
{
    struct ui_leaving *leaving = &ui->leaving;

    leaving->poller = owned_poller;
    atomic_store(&leaving->is_done, false);
    if (pthread_create(&leaving->thread, NULL, stop_poller, leaving) == 0) {
        (void)pthread_setname_np(leaving->thread, "leaving");
        return;
    }
    poller_stop(owned_poller);
    leaving->poller = NULL;
}

/* ---- The place ----------------------------------------------------------------------------------- */

void ui_place_renew(struct ui *ui)
{
    enum theme theme = ui->place.theme;
    bool has_mouse = ui->place.has_mouse;

    ui_place_finish(&ui->place_texts);
    ui->place = ui_place_of(ui->session, ui->options->is_read_only, &ui->place_texts);
    ui->place.theme = theme;
    ui->place.has_mouse = has_mouse;
    ui->place.is_color_refused = ui->options->is_color_refused;
    ui_boards_place(ui);
}

/* Settings and tokens of another session of the same program. */
static void take_settings(struct ui *ui, const struct session *owned_next)
{
    session_finish(ui->session);
    *ui->session = *owned_next;
    ui_place_renew(ui);
}

/* Everything that is shown from here on is of the next session: the old poller's snapshot is dropped before
 * anything is drawn. */
static int move_to(struct ui *ui, const struct session *owned_next, struct tw_error *err)
{
    struct poller *old = ui->poller;

    if (may_leave(ui, err) < 0)
        return -1;
    ui_boards_forget(ui); /* what its variables can be was the old Prometheus's word */
    if (ui_poller_start(ui, owned_next, err) < 0) {
        ui->poller = old;
        ui_boards_place(ui);
        ui->told.board = N_BOARDS;
        return -1;
    }
    let_go(ui, old);
    take_settings(ui, owned_next);
    ui_state_move(&ui->state);
    snapshot_unref(ui->shown);
    ui->shown = poller_take(ui->poller);
    ui->must_draw = true;
    return 0;
}

void ui_context_go(struct ui *ui)
{
    const char *name = ui->state.context_name, *bare = ui->place.bare_context;
    char said[64 + UI_NAME_SIZE];
    struct session next;
    struct tw_error err;

    if (session_read(ui->session, bare && strcmp(name, bare) == 0 ? NULL : name, &next, &err) < 0) {
        ui_refuse(ui, &err);
        return;
    }
    (void)snprintf(said, sizeof(said), "this is %s%s", name,
                   next.config.is_production ? ", a production context" : "");
    if (move_to(ui, &next, &err) < 0) {
        session_finish(&next);
        ui_refuse(ui, &err);
        return;
    }
    ui_say(ui, false, said);
}

/* ---- Reading again ------------------------------------------------------------------------------- */

static bool has_same_servers(const struct ui *ui, const struct session *next)
{
    return ui->session->player || session_asks_alike(ui->session, next);
}

static int may_follow(struct ui *ui, const struct session *next, struct tw_error *err)
{
    if (has_same_servers(ui, next))
        return 0;
    if (ui->session->recorder)
        return tw_fail(err, TW_BUSY,
                       "the settings name other servers: a recording is made of one installation");
    return may_leave(ui, err);
}

/* Other names or tokens of servers are as another context. */
static int follow_servers(struct ui *ui, const struct session *owned_next, struct tw_error *err)
{
    if (!has_same_servers(ui, owned_next))
        return move_to(ui, owned_next, err);
    take_settings(ui, owned_next);
    return 0;
}

void ui_reload(struct ui *ui)
{
    struct config before;
    char said[UI_NOTICE_SIZE];
    struct session next;
    struct tw_error err;
    size_t n;

    if (session_read(ui->session, ui->session->env.context, &next, &err) < 0) {
        ui_refuse(ui, &err);
        return;
    }
    before = ui->session->config; /* its numbers; the texts go */
    if (may_follow(ui, &next, &err) < 0 || ui_boards_reload(ui, &n, &err) < 0 ||
        follow_servers(ui, &next, &err) < 0) {
        session_finish(&next);
        ui_refuse(ui, &err);
        return;
    }
    ui_boards_place(ui);
    ui->told.board = N_BOARDS;
    ui_settings_follow(ui, &before, &ui->session->config);
    (void)snprintf(said, sizeof(said), "read again: %zu dashboards and %.150s", n,
                   ui->session->config.file ? ui->session->config.file : "no settings: no file");
    ui_say(ui, false, said);
}
