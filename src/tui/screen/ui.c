#include "tui/screen/ui.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "tui/board/query_board.h"
#include "tui/poll/poller.h"
#include "tui/screen/output.h"
#include "tui/screen/screen.h"
#include "tui/screen/ui_outside.h"
#include "tui/screen/ui_place.h"
#include "tui/view/view.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define TICK_MS       1000
#define PASTE_WAIT_MS 100
#define STRIP_COLUMNS 30 /* a sparkline's */

/* What the poller was told last. */
struct told {
    int64_t range_ms, end_ms, refresh_ms;
    bool is_paused;
    int columns;
    enum board_id board;
    struct requests_want requests;
    struct inspect_want inspect;
};

struct ui {
    struct session *session;
    struct ui_place place;
    struct ui_state state;
    struct screen *screen;
    struct poller *poller;
    struct snapshot *shown;             /* what is drawn; paused: the one of that moment */
    struct dashboard *boards[N_BOARDS]; /* owned references; NULL: not loaded */
    char no_board[N_BOARDS][256];       /* why not; "" */
    struct grid grid;
    struct told told;
    int signal_fd, timer_fd;
    enum encoding encoding; /* the terminal's */
    bool must_draw, is_over;
    int exit_code;
};

static struct ui_moment moment_now(const struct ui *ui)
{
    return (struct ui_moment){clock_mono_ms(), session_now_ms(ui->session)};
}

/* ---- Drawing ----------------------------------------------------------------------------------- */

/* Points as fine as the charts that are shown; other views leave them as they are. */
static int chart_columns(const struct ui *ui)
{
    enum layout_mode mode = layout_frame(ui->state.width, ui->state.height).mode;

    /* A recording answers only what was asked; it is not to depend on the screen's size. */
    if (ui->session->recorder)
        return UI_RECORD_COLUMNS;
    if (ui->session->player)
        return (int)player_head(ui->session->player)->n_columns;
    if (ui_board_of(ui->state.view) == N_BOARDS)
        return ui->told.columns;
    if (ui->state.zoom != ZOOM_NONE)
        return ui->state.width;
    if (mode != LAYOUT_FULL)
        return STRIP_COLUMNS;
    return ui->state.width / layout_columns(ui->state.width);
}

static void draw(struct ui *ui)
{
    struct ui_model model = {ui->shown, &ui->state, ui_state_moment(&ui->state, moment_now(ui))};
    const struct session *session = ui->session;

    ui->place.is_replay_over = session->player && player_is_over(session->player);
    ui->place.has_recording_ended =
        session->recorder && recorder_state(session->recorder) != RECORDER_ON;
    ui->state.text_top = view_draw_screen(&model, &ui->grid);
    screen_show(ui->screen, &ui->grid);
    ui->must_draw = false;
}

/* The screen may have been resized while nobody looked, for one when it was stopped. */
static void take_size(struct ui *ui)
{
    int width, height;

    screen_size(ui->screen, &width, &height);
    ui->must_draw = true;
    ui->state.width = width;
    ui->state.height = height;
    if (width != ui->grid.width || height != ui->grid.height)
        grid_resize(&ui->grid, width, height);
}

/* ---- The poller -------------------------------------------------------------------------------- */

/* What the poller has made of a dashboard by asking for its variables is what is shown from now on. */
static void keep_board(struct ui *ui)
{
    struct dashboard *shown = ui->shown->dashboard;

    for (int board = 0; board < N_BOARDS; board++) {
        struct dashboard **ours = &ui->boards[board];

        if (!dashboard_is_kin(*ours, shown) || shown->revision <= (*ours)->revision)
            continue;
        dashboard_unref(*ours);
        *ours = dashboard_ref(shown);
        ui->place.boards[board] = *ours;
    }
}

/* While the screen is held, newer snapshots are looked at for what became of commands, no more. */
static void take_snapshot(struct ui *ui)
{
    struct snapshot *newest = poller_take(ui->poller);
    bool has_notice = ui_state_take_notices(&ui->state, newest, moment_now(ui));

    if (ui->state.is_paused) {
        snapshot_unref(newest);
        ui->must_draw |= has_notice;
        return;
    }
    snapshot_unref(ui->shown);
    ui->shown = newest;
    ui->must_draw = true;
    keep_board(ui);
}

static int load_board(const struct ui *ui,
                      enum board_id board,
                      struct dashboard **ret_dashboard,
                      struct tw_error *err)
{
    static const char *const names[N_BOARDS] = {"overview", "llm-quality", "pipeline-health"};
    CLEANUP(freep)
    char *path =
        xprintf_dup("%s/grafana/dashboards/%s.json", ui->session->config.assets_dir, names[board]);

    return dashboard_load(path, ret_dashboard, err);
}

static void set_no_board(struct ui *ui, enum board_id board, const struct tw_error *err)
{
    (void)snprintf(ui->no_board[board], sizeof(ui->no_board[board]), "%s", err->message);
    ui->place.no_board[board] = ui->no_board[board];
}

/* A file is read when it is first shown. */
static void show_board(struct ui *ui, enum board_id board)
{
    struct tw_error err;

    if (!ui->boards[board] && load_board(ui, board, &ui->boards[board], &err) < 0) {
        set_no_board(ui, board, &err);
        ui->told.board = board;
        ui->must_draw = true;
        return;
    }
    if (!ui->place.boards[board])
        ui->place.no_board[board] = NULL;
    ui->place.boards[board] = ui->boards[board];
    if (poller_set_dashboard(ui->poller, ui->boards[board], NULL) == 0)
        ui->told.board = board;
}

static void tell_requests(struct ui *ui)
{
    struct requests_want want = ui_requests_want(&ui->state);

    if (!requests_want_equals(&want, &ui->told.requests) &&
        poller_set_requests(ui->poller, &want, NULL) == 0)
        ui->told.requests = want;
}

/* Another dashboard in the place of the overview. */
static void replace_overview(struct ui *ui, struct dashboard *owned_dashboard)
{
    dashboard_unref(ui->boards[BOARD_OVERVIEW]);
    ui->boards[BOARD_OVERVIEW] = owned_dashboard;
    ui->place.boards[BOARD_OVERVIEW] = NULL;
    ui->told.board = N_BOARDS; /* that it is shown is not told yet */
}

static int load_named_board(struct ui *ui, struct dashboard **ret_dashboard, struct tw_error *err)
{
    if (ui->state.board_text[0])
        return dashboard_load(ui->state.board_text, ret_dashboard, err);
    return load_board(ui, BOARD_OVERVIEW, ret_dashboard, err);
}

static void change_overview(struct ui *ui, enum ui_request_kind kind)
{
    struct dashboard *dashboard;
    struct tw_error err;
    int r = kind == UI_SHOW_QUERY ? query_board_read(ui->state.board_text, &dashboard, &err)
                                  : load_named_board(ui, &dashboard, &err);

    if (r < 0)
        ui_state_say(&ui->state, true, err.message, moment_now(ui));
    else
        replace_overview(ui, dashboard);
}

static void switch_ascii(struct ui *ui)
{
    ui->grid.encoding = ui->grid.encoding == ENCODING_ASCII ? ui->encoding : ENCODING_ASCII;
    if (ui->encoding == ENCODING_ASCII)
        ui_state_say(&ui->state, false, "this terminal has ASCII alone", moment_now(ui));
}

static void tell_inspect(struct ui *ui)
{
    struct inspect_want want = ui_inspect_want(&ui->state, ui->shown);

    if (!inspect_want_equals(&want, &ui->told.inspect) &&
        poller_set_inspect(ui->poller, &want, NULL) == 0)
        ui->told.inspect = want;
}

/* A full queue is tried again with the next event. */
static void tell_poller(struct ui *ui)
{
    const struct ui_state *state = &ui->state;
    struct told *told = &ui->told;
    int columns = chart_columns(ui);
    bool was_paused = told->is_paused;

    if (told->board != state->board)
        show_board(ui, state->board);
    tell_requests(ui);
    tell_inspect(ui);
    if ((told->range_ms != state->range_ms || told->end_ms != state->end_ms) &&
        poller_set_window(ui->poller, ui_range_ms(state, ui->shown), state->end_ms, NULL) == 0) {
        told->range_ms = state->range_ms;
        told->end_ms = state->end_ms;
    }
    if (told->refresh_ms != state->refresh_ms &&
        poller_set_refresh(ui->poller, state->refresh_ms, NULL) == 0)
        told->refresh_ms = state->refresh_ms;
    if (told->columns != columns && poller_set_columns(ui->poller, (size_t)columns, NULL) == 0)
        told->columns = columns;
    if (told->is_paused != state->is_paused &&
        poller_set_paused(ui->poller, state->is_paused, NULL) == 0)
        told->is_paused = state->is_paused;
    if (was_paused && !told->is_paused)
        take_snapshot(ui);
}

/* The ages on the screen grow by the second; a held screen has none that do. */
static void set_tick(struct ui *ui)
{
    int64_t period_ms = ui->state.is_paused ? 0 : TICK_MS;
    struct itimerspec spec = {.it_interval = {period_ms / 1000, 0},
                              .it_value = {period_ms / 1000, 0}};

    (void)timerfd_settime(ui->timer_fd, 0, &spec, NULL);
}

/* ---- Requests of the state --------------------------------------------------------------------- */

/* Time went on while we were stopped: everything is asked anew. */
static void suspend(struct ui *ui)
{
    screen_stop(ui->screen);
    take_size(ui);
    if (poller_refresh_now(ui->poller, NULL) < 0)
        return; /* 32 commands wait: it is busy enough */
}

/* A copy, or a file. */
static void put_out(struct ui *ui, const struct ui_request *request)
{
    struct ui_model model = {ui->shown, &ui->state, ui_state_moment(&ui->state, moment_now(ui))};
    char said[OUTPUT_SAID_SIZE] = "";
    struct tw_error err;
    int r;

    if (request->kind == UI_COPY)
        r = output_copy(ui->screen, &model, (enum copy_choice)request->choice, said, &err);
    else
        r = output_save(&model, &ui->grid, (enum save_choice)request->choice, said, &err);
    ui_state_say(&ui->state, r < 0, r < 0 ? err.message : said, moment_now(ui));
}

static void execute(struct ui *ui, const struct ui_request *request)
{
    struct tw_error err;

    switch (request->kind) {
    case UI_QUIT:
        ui->is_over = true;
        break;
    case UI_REDRAW:
        screen_redraw(ui->screen);
        break;
    case UI_SUSPEND:
        suspend(ui);
        break;
    case UI_LOAD_RUNBOOK:
        ui_load_runbook(&ui->state, ui->session->config.assets_dir);
        break;
    case UI_LOAD_BOARD:
    case UI_SHOW_QUERY:
        change_overview(ui, request->kind);
        break;
    case UI_SWITCH_ASCII:
        switch_ascii(ui);
        break;
    case UI_COPY:
    case UI_SAVE:
        put_out(ui, request);
        break;
    case UI_NOTHING:
        break;
    case UI_REFRESH:
    case UI_START:
    case UI_STOP_DRILLS:
    case UI_STOP_SIMULATION:
    case UI_SET_BASELINE:
    case UI_ENQUIRE:
    case UI_SILENCE:
    case UI_EXPIRE:
        if (ui_send(&ui->state, ui->poller, request, &err) < 0)
            ui_state_say(&ui->state, true, err.message, moment_now(ui));
        else if (request->kind != UI_REFRESH && request->kind != UI_ENQUIRE)
            ui_state_say(&ui->state, false,
                         request->kind == UI_SILENCE || request->kind == UI_EXPIRE
                             ? "sent, waiting for alertmanager's answer"
                             : "sent, waiting for the backend's answer",
                         moment_now(ui));
        break;
    }
}

/* ---- Events ------------------------------------------------------------------------------------ */

static void take_key(struct ui *ui, uint32_t key)
{
    bool was_paused = ui->state.is_paused;
    char idempotency_key[FORM_KEY_SIZE];
    struct ui_request request;

    ui_make_key(idempotency_key);
    request = ui_state_key(&ui->state, ui->shown, key, idempotency_key, moment_now(ui));
    execute(ui, &request);
    if (was_paused != ui->state.is_paused)
        set_tick(ui);
    ui->must_draw = true;
}

static void take_input(struct ui *ui)
{
    for (;;) {
        struct input input = screen_read(ui->screen);

        switch (input.kind) {
        case INPUT_NONE:
            return;
        case INPUT_KEY:
            take_key(ui, input.key);
            break;
        case INPUT_PASTE:
            /* Pasted text is not typed keys: a stray D with a y behind it must start nothing. */
            if (!ui_state_paste(&ui->state, input.paste, input.is_cut))
                ui_state_say(&ui->state, false, "pasted text is ignored here", moment_now(ui));
            ui->must_draw = true;
            break;
        case INPUT_HANGUP:
            ui->is_over = true;
            ui->exit_code = 128 + SIGHUP;
            return;
        }
        if (ui->is_over)
            return;
    }
}

static void take_signals(struct ui *ui)
{
    struct signalfd_siginfo info;

    while (read(ui->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGWINCH) {
            screen_resize(ui->screen);
            take_size(ui);
        } else if (info.ssi_signo == SIGTSTP) {
            suspend(ui);
        } else if (info.ssi_signo == SIGCONT) {
            screen_redraw(ui->screen); /* a stop that we could not see: what is shown is unknown */
            take_size(ui);
        } else {
            ui->is_over = true;
            ui->exit_code = 128 + (int)info.ssi_signo;
        }
    }
}

static void take_tick(struct ui *ui)
{
    uint64_t n;

    if (read(ui->timer_fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
        return;
    (void)ui_state_expire(&ui->state, moment_now(ui));
    ui->must_draw = true;
}

static void loop(struct ui *ui)
{
    struct pollfd fds[] = {
        {.fd = screen_fd(ui->screen), .events = POLLIN},
        {.fd = poller_fd(ui->poller), .events = POLLIN},
        {.fd = ui->signal_fd, .events = POLLIN},
        {.fd = ui->timer_fd, .events = POLLIN},
    };

    while (!ui->is_over) {
        const struct timespec wait = {0, PASTE_WAIT_MS * 1000000L};

        if (ui->must_draw)
            draw(ui);
        tell_poller(ui);
        if (ppoll(fds, COUNT_OF(fds), screen_wants_input(ui->screen) ? &wait : NULL, NULL) < 0 &&
            errno != EINTR)
            break;
        if (fds[2].revents)
            take_signals(ui);
        if (!ui->is_over && (fds[0].revents || screen_wants_input(ui->screen)))
            take_input(ui);
        if (fds[1].revents)
            take_snapshot(ui);
        if (fds[3].revents)
            take_tick(ui);
    }
}

/* ---- Opening and closing ----------------------------------------------------------------------- */

static int open_fds(struct ui *ui, struct tw_error *err)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT};
    sigset_t set;

    (void)sigemptyset(&set);
    for (size_t i = 0; i < COUNT_OF(signals); i++)
        (void)sigaddset(&set, signals[i]);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return tw_fail(err, TW_BROKEN, "cannot block signals");
    ui->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    ui->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (ui->signal_fd < 0 || ui->timer_fd < 0)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot watch signals and time");
    return 0;
}

/* The user's own, or ours. Without ours there is a console all the same: alerts, drift, requests. */
static int load_first(struct ui *ui, const struct ui_options *options, struct tw_error *err)
{
    static const char none[] = "{\"title\":\"none\",\"panels\":[]}";
    struct dashboard **slot = &ui->boards[BOARD_OVERVIEW];
    struct tw_error why;

    if (options->dashboard_file)
        return dashboard_load(options->dashboard_file, slot, err);
    if (load_board(ui, BOARD_OVERVIEW, slot, &why) == 0)
        return 0;
    set_no_board(ui, BOARD_OVERVIEW, &why);
    return dashboard_read(none, sizeof(none) - 1, slot, err);
}

static int start_poller(struct ui *ui, struct tw_error *err)
{
    const struct config *config = &ui->session->config;
    struct dashboard *dashboard = ui->boards[BOARD_OVERVIEW];
    struct poller_config poller = {
        .urls = {config->prometheus_url, config->alertmanager_url, config->operations_url,
                 config->ml_url},
        .access = &ui->session->access,
        .llm_url = config->llm_url,
        .answer_timeout_ms = config->answer_timeout_ms,
        .refresh_ms = ui->state.refresh_ms > 0 ? ui->state.refresh_ms
                      : dashboard->refresh_ms  ? dashboard->refresh_ms
                                               : UI_REFRESH_MS,
        .n_columns = (size_t)chart_columns(ui),
        .dashboard = dashboard,
        .recorder = ui->session->recorder,
        .player = ui->session->player,
    };

    ui->told = (struct told){.refresh_ms = ui->state.refresh_ms,
                             .columns = (int)poller.n_columns,
                             .board = BOARD_OVERVIEW,
                             .requests = ui_requests_want(&ui->state)};
    return poller_start(&poller, &ui->poller, err);
}

static void begin_with(struct ui_state *state, const char *name)
{
    int view = 0;

    while (view < N_VIEWS - 1 && strcmp(view_titles[view].name, name) != 0)
        view++;
    state->view = (enum view_id)view;
    if (ui_board_of(state->view) != N_BOARDS)
        state->board = ui_board_of(state->view);
}

static int open_ui(struct ui *ui, const struct ui_options *options, struct tw_error *err)
{
    if (open_fds(ui, err) < 0 || screen_open(options->theme, &ui->screen, err) < 0)
        return -1;
    ui->encoding = options->encoding;
    grid_init(&ui->grid, 1, 1, options->encoding);
    take_size(ui);
    ui->state.refresh_ms = options->refresh_ms;
    begin_with(&ui->state, options->view);
    if (load_first(ui, options, err) < 0 || start_poller(ui, err) < 0)
        return -1;
    ui->place.boards[BOARD_OVERVIEW] = ui->boards[BOARD_OVERVIEW];
    ui->shown = poller_take(ui->poller);
    set_tick(ui);
    return 0;
}

static void close_ui(struct ui *ui)
{
    screen_close(ui->screen); /* first: the user waits for the terminal, not for the thread */
    poller_stop(ui->poller);
    snapshot_unref(ui->shown);
    for (int board = 0; board < N_BOARDS; board++)
        dashboard_unref(ui->boards[board]);
    grid_finish(&ui->grid);
    ui_state_finish(&ui->state);
    if (ui->signal_fd >= 0)
        (void)close(ui->signal_fd);
    if (ui->timer_fd >= 0)
        (void)close(ui->timer_fd);
}

int ui_run(struct session *session, const struct ui_options *options)
{
    struct ui ui = {.session = session, .signal_fd = -1, .timer_fd = -1};
    struct ui_place_texts texts;
    struct tw_error err;
    int r;

    ui.place = ui_place_of(session, options->is_read_only, &texts);
    ui_state_init(&ui.state, &ui.place);
    r = open_ui(&ui, options, &err);
    if (r == 0)
        loop(&ui);
    close_ui(&ui);
    free(texts.prometheus_url);
    if (r < 0) {
        (void)fprintf(stderr, "tidewatch: %s\n", err.message);
        return EXIT_CODE_USAGE;
    }
    return ui.exit_code;
}
