#include "tui/screen/ui.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "tui/screen/output.h"
#include "tui/screen/ui_inside.h"
#include "tui/screen/ui_outside.h"
#include "tui/view/view.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define TICK_LATE_MS  50
#define PASTE_WAIT_MS 100
#define STRIP_COLUMNS 30 /* a sparkline's */

struct ui_moment ui_moment_now(const struct ui *ui)
{
    return (struct ui_moment){clock_mono_ms(), session_now_ms(ui->session)};
}

void ui_say(struct ui *ui, bool is_error, const char *text)
{
    ui_state_say(&ui->state, is_error, text, ui_moment_now(ui));
}

void ui_refuse(struct ui *ui, const struct tw_error *err)
{
    if (strlen(err->message) <= (size_t)ui->state.width)
        ui_say(ui, true, err->message);
    else
        ui_page_show(&ui->state, PAGE_REFUSED, xstrdup(err->message));
}

/* ---- Drawing ----------------------------------------------------------------------------------- */

int ui_chart_columns(const struct ui *ui)
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
    struct ui_model model = {ui->shown, &ui->state, ui_state_moment(&ui->state, ui_moment_now(ui))};
    const struct session *session = ui->session;

    (void)ui_state_expire(&ui->state, ui_moment_now(ui));
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

/* The ages on the screen grow by the second; a held screen has none that do. The first second is longer, so
 * that a refresh every second or two comes before the tick and not right after it. */
static void set_tick(struct ui *ui)
{
    struct itimerspec spec = {0};

    if (!ui->state.is_paused)
        spec = (struct itimerspec){.it_interval = {1, 0}, .it_value = {1, TICK_LATE_MS * 1000000L}};
    (void)timerfd_settime(ui->timer_fd, 0, &spec, NULL);
}

/* While the screen is held, newer snapshots are looked at for what became of commands, no more. */
static void take_snapshot(struct ui *ui)
{
    struct snapshot *newest = poller_take(ui->poller);
    bool has_notice = ui_state_take_notices(&ui->state, newest, ui_moment_now(ui));

    if (ui->state.is_paused) {
        snapshot_unref(newest);
        ui->must_draw |= has_notice;
        return;
    }
    snapshot_unref(ui->shown);
    ui->shown = newest;
    ui->must_draw = true;
    set_tick(ui); /* what is drawn now needs no tick for a second */
    ui_boards_keep(ui);
}

static void tell_requests(struct ui *ui)
{
    struct requests_want want = ui_requests_want(&ui->state);

    if (!requests_want_equals(&want, &ui->told.requests) &&
        poller_set_requests(ui->poller, &want, NULL) == 0)
        ui->told.requests = want;
}

static void tell_gamedays(struct ui *ui)
{
    struct gamedays_want want = ui_gamedays_want(&ui->state);

    if ((want.is_on != ui->told.gamedays.is_on || want.id != ui->told.gamedays.id) &&
        poller_set_gamedays(ui->poller, &want, NULL) == 0)
        ui->told.gamedays = want;
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
    int columns = ui_chart_columns(ui);
    bool was_paused = told->is_paused;

    if (told->board != state->board)
        ui_boards_show(ui, state->board);
    tell_requests(ui);
    tell_gamedays(ui);
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
    struct ui_model model = {ui->shown, &ui->state, ui_state_moment(&ui->state, ui_moment_now(ui))};
    char said[OUTPUT_SAID_SIZE] = "";
    struct tw_error err;
    int r;

    if (request->kind == UI_COPY_REPORT)
        r = output_copy_report(ui->screen, &model, said, &err);
    else if (request->kind == UI_SAVE_REPORT)
        r = output_save_report(&model, (enum report_choice)request->choice, said, &err);
    else if (request->kind == UI_COPY)
        r = output_copy(ui->screen, &model, (enum copy_choice)request->choice, said, &err);
    else
        r = output_save(&model, &ui->grid, (enum save_choice)request->choice, said, &err);
    ui_say(ui, r < 0, r < 0 ? err.message : said);
}

static void set_screen(struct ui *ui, const struct ui_request *request)
{
    if (request->kind == UI_SET_THEME)
        ui_set_theme(ui, (enum theme)request->choice);
    else if (request->kind == UI_SET_MOUSE)
        ui_set_mouse(ui, request->is_on);
    else
        ui_set_ascii(ui, !ui->is_ascii);
}

/* To the poller, and a word that it is on its way where the answer comes as one. */
static void send_on(struct ui *ui, const struct ui_request *request)
{
    bool is_to_alertmanager = request->kind == UI_SILENCE || request->kind == UI_EXPIRE;
    struct tw_error err;

    if (ui_send(&ui->state, ui->poller, request, &err) < 0)
        ui_say(ui, true, err.message);
    else if (request->kind != UI_REFRESH && request->kind != UI_ENQUIRE)
        ui_say(ui, false,
               is_to_alertmanager ? "sent, waiting for alertmanager's answer"
                                  : "sent, waiting for the backend's answer");
}

static void execute(struct ui *ui, const struct ui_request *request)
{
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
        ui_boards_change_overview(ui, request->kind);
        break;
    case UI_CHOOSE_VARIABLE:
        ui_boards_choose(ui);
        break;
    case UI_SET_CONTEXT:
        ui_context_go(ui);
        break;
    case UI_RELOAD:
        ui_reload(ui);
        break;
    case UI_SAVE_SETTINGS:
        ui_settings_save(ui);
        break;
    case UI_SET_THEME:
    case UI_SWITCH_ASCII:
    case UI_SET_MOUSE:
        set_screen(ui, request);
        break;
    case UI_COPY:
    case UI_SAVE:
    case UI_COPY_REPORT:
    case UI_SAVE_REPORT:
        put_out(ui, request);
        break;
    case UI_NOTHING:
        break;
    case UI_REFRESH:
    case UI_START:
    case UI_STOP_DRILLS:
    case UI_STOP_SIMULATION:
    case UI_STOP_GAMEDAY:
    case UI_SET_BASELINE:
    case UI_ENQUIRE:
    case UI_SILENCE:
    case UI_EXPIRE:
        send_on(ui, request);
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
    request = ui_state_key(&ui->state, ui->shown, key, idempotency_key, ui_moment_now(ui));
    execute(ui, &request);
    if (was_paused != ui->state.is_paused)
        set_tick(ui);
    ui->must_draw = true;
}

static void take_mouse(struct ui *ui, const struct input *input)
{
    struct ui_request request = {.kind = UI_NOTHING};
    char idempotency_key[FORM_KEY_SIZE];

    if (ui->must_draw)
        draw(ui); /* what stands under the pointer is that of the state as it is now */
    ui_make_key(idempotency_key);
    if (input->kind == INPUT_WHEEL)
        ui_state_wheel(&ui->state, ui->shown, input->by);
    else
        request = ui_state_click(&ui->state, ui->shown, grid_item_at(&ui->grid, input->x, input->y),
                                 idempotency_key, ui_moment_now(ui));
    execute(ui, &request);
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
                ui_say(ui, false, "pasted text is ignored here");
            ui->must_draw = true;
            break;
        case INPUT_CLICK:
        case INPUT_WHEEL:
            take_mouse(ui, &input);
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
    ui->must_draw = true;
}

static void loop(struct ui *ui)
{
    struct pollfd fds[] = {
        {.fd = screen_fd(ui->screen), .events = POLLIN},
        {.fd = -1, .events = POLLIN},
        {.fd = ui->signal_fd, .events = POLLIN},
        {.fd = ui->timer_fd, .events = POLLIN},
    };

    while (!ui->is_over) {
        const struct timespec wait = {0, PASTE_WAIT_MS * 1000000L};

        if (ui->must_draw)
            draw(ui);
        tell_poller(ui);
        fds[1].fd = poller_fd(ui->poller); /* another one after :context */
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

static void begin_with(struct ui_state *state, const char *name)
{
    int view = 0;

    while (view < N_VIEWS - 1 && strcmp(view_titles[view].name, name) != 0)
        view++;
    state->view = (enum view_id)view;
    if (ui_board_of(state->view) != N_BOARDS)
        state->board = ui_board_of(state->view);
}

static int open_ui(struct ui *ui, struct tw_error *err)
{
    const struct ui_options *options = ui->options;

    if (open_fds(ui, err) < 0 ||
        screen_open(options->is_color_refused ? THEME_MONO : options->theme, &ui->screen, err) < 0)
        return -1;
    grid_init(&ui->grid, 1, 1, options->encoding);
    take_size(ui);
    ui_settings_begin(ui);
    begin_with(&ui->state, options->view);
    if (ui_boards_load_first(ui, err) < 0 || ui_poller_start(ui, ui->session, err) < 0)
        return -1;
    ui->place.boards[BOARD_OVERVIEW] = ui->boards[BOARD_OVERVIEW];
    ui->shown = poller_take(ui->poller);
    ui_history_read(ui);
    set_tick(ui);
    return 0;
}

static void close_ui(struct ui *ui)
{
    screen_close(ui->screen); /* first: the user waits for the terminal, not for the thread */
    poller_stop(ui->poller);
    ui_leaving_finish(ui);
    ui_history_write(ui);
    snapshot_unref(ui->shown);
    for (int board = 0; board < N_BOARDS; board++)
        dashboard_unref(ui->boards[board]);
    grid_finish(&ui->grid);
    ui_state_finish(&ui->state);
    ui_place_finish(&ui->place_texts);
    free(ui->overview_file);
    if (ui->signal_fd >= 0)
        (void)close(ui->signal_fd);
    if (ui->timer_fd >= 0)
        (void)close(ui->timer_fd);
}

int ui_run(struct session *session, const struct ui_options *options)
{
    struct ui ui = {.session = session, .options = options, .signal_fd = -1, .timer_fd = -1};
    struct tw_error err;
    int r;

    ui_place_renew(&ui);
    ui_state_init(&ui.state, &ui.place);
    r = open_ui(&ui, &err);
    if (r == 0)
        loop(&ui);
    close_ui(&ui);
    if (r < 0) {
        (void)fprintf(stderr, "tidewatch: %s\n", err.message);
        return EXIT_CODE_USAGE;
    }
    return ui.exit_code;
}
