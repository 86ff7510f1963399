#include "tui/screen/ui_inside.h"

#include "common/alloc.h"
#include "tui/poll/config_save.h"

#include <stdio.h>
#include <stdlib.h>

#define TOLD_BYTES_MAX 4096

static void show_theme(struct ui *ui)
{
    ui->place.theme = ui->options->is_color_refused ? THEME_MONO : ui->theme;
    screen_set_theme(ui->screen, ui->place.theme);
}

static void show_encoding(struct ui *ui)
{
    ui->grid.encoding = ui->is_ascii ? ENCODING_ASCII : ui->options->encoding;
}

/* Recordings have the window of their dashboards, so that they can be replayed with any settings. */
void ui_settings_begin(struct ui *ui)
{
    const struct ui_options *options = ui->options;
    bool is_tape = ui->session->recorder || ui->session->player;

    ui->theme = options->theme;
    ui->place.theme = options->is_color_refused ? THEME_MONO : options->theme;
    ui->is_ascii = options->is_ascii;
    show_encoding(ui);
    ui->state.refresh_ms = options->refresh_ms;
    ui->state.range_ms = is_tape ? 0 : options->range_ms;
    if (options->has_mouse)
        ui->place.has_mouse = screen_set_mouse(ui->screen, true);
}

void ui_set_theme(struct ui *ui, enum theme theme)
{
    ui->theme = theme;
    show_theme(ui);
}

void ui_set_ascii(struct ui *ui, bool is_ascii)
{
    ui->is_ascii = is_ascii;
    show_encoding(ui);
    if (ui->options->encoding == ENCODING_ASCII)
        ui_say(ui, false, "this terminal has ASCII alone");
}

void ui_set_mouse(struct ui *ui, bool is_on)
{
    if (!screen_set_mouse(ui->screen, is_on)) {
        ui_say(ui, true, "this terminal tells nothing of a mouse");
        return;
    }
    ui->place.has_mouse = is_on;
    ui_say(ui, false, is_on ? "mouse on: with Shift the terminal selects" : "mouse off");
}

/* As they are on the screen; what is no setting of the console is not looked at. */
static struct config settings_now(const struct ui *ui)
{
    return (struct config){
        .theme = (int)ui->theme,
        .range_ms = ui->state.range_ms,
        .refresh_ms = ui->state.refresh_ms,
        .view = (int)ui->state.view,
        .is_ascii = ui->is_ascii,
        .has_mouse = ui->place.has_mouse,
        .keeps_history = ui->session->config.keeps_history,
    };
}

void ui_settings_save(struct ui *ui)
{
    const struct session *session = ui->session;
    CLEANUP(freep) char *path = config_path_dup(&session->env, session->config_file);
    struct config now = settings_now(ui);
    CLEANUP(buffer_finish) struct buffer told;
    struct tw_error err;

    buffer_init(&told, TOLD_BYTES_MAX);
    if (!path)
        ui_say(ui, true,
               "there is no place for settings: neither HOME nor TIDEWATCH_CONFIG is set");
    else if (config_save_console(&now, path, &told, &err) < 0)
        ui_refuse(ui, &err);
    else
        ui_page_show(&ui->state, PAGE_SAVED, buffer_take(&told, NULL));
}

/* The first that says something. */
static int64_t or_else(int64_t ms, int64_t other_ms, int64_t last_ms)
{
    if (ms > 0)
        return ms;
    return other_ms > 0 ? other_ms : last_ms;
}

void ui_settings_follow(struct ui *ui, const struct config *before, const struct config *now)
{
    const struct dashboard *board = ui->boards[BOARD_OVERVIEW];

    if (before->theme != now->theme)
        ui_set_theme(ui, (enum theme)now->theme);
    if (before->is_ascii != now->is_ascii)
        ui_set_ascii(ui, now->is_ascii);
    if (before->has_mouse != now->has_mouse)
        ui_set_mouse(ui, now->has_mouse);
    if (before->range_ms != now->range_ms && !ui->session->recorder && !ui->session->player)
        ui->state.range_ms = or_else(now->range_ms, board->range_ms, 0);
    if (before->refresh_ms != now->refresh_ms)
        ui->state.refresh_ms = or_else(now->refresh_ms, board->refresh_ms, UI_REFRESH_MS);
}
