#include "tui/screen/ui_inside.h"

#include "common/alloc.h"
#include "tui/board/query_board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ui_boards_keep(struct ui *ui)
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

static char *shipped_path_dup(const struct ui *ui, size_t board)
{
    return xprintf_dup("%s/grafana/dashboards/%s.json", ui->session->config.assets_dir,
                       ui_shipped_board(board));
}

/* Of a dashboard of ours by its name, or as it is. */
static char *named_path_dup(const struct ui *ui, const char *text)
{
    for (size_t i = 0; ui_shipped_board(i); i++)
        if (strcmp(text, ui_shipped_board(i)) == 0)
            return shipped_path_dup(ui, i);
    return xstrdup(text);
}

static int load_board(const struct ui *ui,
                      enum board_id board,
                      struct dashboard **ret_dashboard,
                      struct tw_error *err)
{
    CLEANUP(freep) char *path = shipped_path_dup(ui, board);

    return dashboard_load(path, ret_dashboard, err);
}

static void set_no_board(struct ui *ui, enum board_id board, const struct tw_error *err)
{
    (void)snprintf(ui->no_board[board], sizeof(ui->no_board[board]), "%s", err->message);
    ui->place.no_board[board] = ui->no_board[board];
}

void ui_boards_show(struct ui *ui, enum board_id board)
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
    CLEANUP(freep) char *path = NULL;

    if (!ui->state.board_text[0])
        return load_board(ui, BOARD_OVERVIEW, ret_dashboard, err);
    path = named_path_dup(ui, ui->state.board_text);
    return dashboard_load(path, ret_dashboard, err);
}

void ui_boards_change_overview(struct ui *ui, enum ui_request_kind kind)
{
    struct dashboard *dashboard;
    struct tw_error err;
    int r = kind == UI_SHOW_QUERY ? query_board_read(ui->state.board_text, &dashboard, &err)
                                  : load_named_board(ui, &dashboard, &err);

    if (r < 0) {
        ui_refuse(ui, &err);
        return;
    }
    replace_overview(ui, dashboard);
    free(ui->overview_file);
    ui->is_overview_query = kind == UI_SHOW_QUERY;
    ui->overview_file = !ui->is_overview_query && ui->state.board_text[0]
                            ? named_path_dup(ui, ui->state.board_text)
                            : NULL;
    ui->place.is_overview_of_file = ui->overview_file != NULL;
}

void ui_boards_choose(struct ui *ui)
{
    struct dashboard **ours = &ui->boards[ui->state.board];
    struct dashboard *next;
    struct tw_error err;

    if (!*ours) {
        ui_say(ui, true, "there is no dashboard here");
        return;
    }
    if (prompt_variable_choose(*ours, ui->state.board_text, &next, &err) < 0) {
        ui_refuse(ui, &err);
        return;
    }
    dashboard_unref(*ours);
    *ours = next;
    ui->place.boards[ui->state.board] = next;
    ui->told.board = N_BOARDS; /* that it is another one is not told yet */
}

void ui_boards_place(struct ui *ui)
{
    for (int board = 0; board < N_BOARDS; board++) {
        ui->place.boards[board] = ui->boards[board];
        ui->place.no_board[board] = ui->no_board[board][0] ? ui->no_board[board] : NULL;
    }
    ui->place.is_overview_of_file = ui->overview_file != NULL;
}

/* The one in its place, loaded or not. */
static void replace(struct ui *ui, int board, struct dashboard *owned_dashboard)
{
    dashboard_unref(ui->boards[board]);
    ui->boards[board] = owned_dashboard;
    ui->no_board[board][0] = '\0';
}

void ui_boards_forget(struct ui *ui)
{
    for (int board = 0; board < N_BOARDS; board++)
        if (ui->boards[board])
            replace(ui, board, dashboard_begin_again(ui->boards[board]));
}

static int read_again(const struct ui *ui,
                      int board,
                      struct dashboard **ret_dashboard,
                      struct tw_error *err)
{
    CLEANUP(dashboard_unrefp) struct dashboard *read = NULL;
    int r;

    if (board == BOARD_OVERVIEW && ui->overview_file)
        r = dashboard_load(ui->overview_file, &read, err);
    else
        r = load_board(ui, (enum board_id)board, &read, err);
    if (r < 0)
        return -1;
    *ret_dashboard = dashboard_choose_as(read, ui->boards[board]);
    return 0;
}

int ui_boards_reload(struct ui *ui, size_t *ret_n, struct tw_error *err)
{
    struct dashboard *next[N_BOARDS] = {NULL};
    int r = 0;

    *ret_n = 0;
    for (int board = 0; board < N_BOARDS && r == 0; board++)
        if (ui->boards[board] && !(board == BOARD_OVERVIEW && ui->is_overview_query))
            r = read_again(ui, board, &next[board], err);
    for (int board = 0; board < N_BOARDS; board++) {
        if (!next[board])
            continue;
        if (r < 0) {
            dashboard_unref(next[board]);
        } else {
            replace(ui, board, next[board]);
            (*ret_n)++;
        }
    }
    return r;
}

int ui_boards_load_first(struct ui *ui, struct tw_error *err)
{
    static const char none[] = "{\"title\":\"none\",\"panels\":[]}";
    struct dashboard **slot = &ui->boards[BOARD_OVERVIEW];
    struct tw_error why;

    if (ui->options->dashboard_file) {
        ui->overview_file = xstrdup(ui->options->dashboard_file);
        ui->place.is_overview_of_file = true;
        return dashboard_load(ui->overview_file, slot, err);
    }
    if (load_board(ui, BOARD_OVERVIEW, slot, &why) == 0)
        return 0;
    set_no_board(ui, BOARD_OVERVIEW, &why);
    return dashboard_read(none, sizeof(none) - 1, slot, err);
}
