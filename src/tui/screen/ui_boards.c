#include "tui/screen/ui_inside.h"

#include "common/alloc.h"
#include "tui/board/query_board.h"

#include <stdio.h>

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
    if (ui->state.board_text[0])
        return dashboard_load(ui->state.board_text, ret_dashboard, err);
    return load_board(ui, BOARD_OVERVIEW, ret_dashboard, err);
}

void ui_boards_change_overview(struct ui *ui, enum ui_request_kind kind)
{
    struct dashboard *dashboard;
    struct tw_error err;
    int r = kind == UI_SHOW_QUERY ? query_board_read(ui->state.board_text, &dashboard, &err)
                                  : load_named_board(ui, &dashboard, &err);

    if (r < 0)
        ui_say(ui, true, err.message);
    else
        replace_overview(ui, dashboard);
}

int ui_boards_load_first(struct ui *ui, struct tw_error *err)
{
    static const char none[] = "{\"title\":\"none\",\"panels\":[]}";
    struct dashboard **slot = &ui->boards[BOARD_OVERVIEW];
    struct tw_error why;

    if (ui->options->dashboard_file)
        return dashboard_load(ui->options->dashboard_file, slot, err);
    if (load_board(ui, BOARD_OVERVIEW, slot, &why) == 0)
        return 0;
    set_no_board(ui, BOARD_OVERVIEW, &why);
    return dashboard_read(none, sizeof(none) - 1, slot, err);
}
