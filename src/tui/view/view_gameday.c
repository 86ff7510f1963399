/* Game days: rows of the list, and the report of one. */

#include "tui/data/gameday_report.h"
#include "tui/draw/text_view.h"
#include "tui/text/moment.h"
#include "tui/view/view_parts.h"

#include "common/clock.h"

#include <stdio.h>

#define TEXT_BYTES_MAX 32768
#define LINE_CELLS_MAX 400

enum { DAY_NAME, DAY_STATE, DAY_PASSED, DAY_STARTED, DAY_TOOK, DAY_WHY };

static const struct table_column columns[] = {
    [DAY_NAME] = {"GAME DAY", 12, 0, false, true},
    [DAY_STATE] = {"STATE", 11, 0, false, false},
    [DAY_PASSED] = {"PASSED", 8, 0, true, false},
    [DAY_STARTED] = {"STARTED", 11, 54, false, false},
    [DAY_TOOK] = {"TOOK", 7, 46, true, false},
    [DAY_WHY] = {"WHY", 60, 120, false, false},
};

void view_gamedays_plan(struct table *table, struct rect rect)
{
    table_plan(table, columns, COUNT_OF(columns), rect);
}

static enum role state_role(enum gameday_state state)
{
    static const enum role roles[] = {
        [GAMEDAY_RUNNING] = ROLE_MARK,     [GAMEDAY_PASSED] = ROLE_OK,
        [GAMEDAY_FAILED] = ROLE_CRIT,      [GAMEDAY_STOPPED] = ROLE_NORMAL,
        [GAMEDAY_INTERRUPTED] = ROLE_WARN,
    };

    return roles[state];
}

/* Why it was stopped, or the first thing that failed; "" when all went well so far. */
static const char *why(const struct gameday *gameday)
{
    if (gameday->reason[0])
        return gameday->reason;
    for (size_t i = 0; i < gameday->n_steps; i++)
        if (gameday->steps[i].result == GAMEDAY_STEP_FAILED)
            return gameday->steps[i].reason;
    return "";
}

static int64_t took_ms(const struct ui_model *model, const struct gameday *gameday)
{
    if (gameday->state == GAMEDAY_RUNNING)
        return (view_now_of_ms(model, SOURCE_OPERATIONS) - gameday->started_at_ms) / 1000 * 1000;
    return gameday->ended_at_ms > 0 ? gameday->ended_at_ms - gameday->started_at_ms
                                    : gameday->elapsed_ms;
}

void view_gamedays_put(const struct ui_model *model,
                       struct grid *grid,
                       const struct table *table,
                       int y,
                       const struct gameday *gameday)
{
    char text[64], span[MOMENT_SPAN_SIZE], iso[CLOCK_ISO_SIZE];

    (void)snprintf(text, sizeof(text), "%s %lld", gameday->kind, (long long)gameday->id);
    table_put(table, grid, y, DAY_NAME, style_of(ROLE_TITLE), text);
    table_put(table, grid, y, DAY_STATE, style_of(state_role(gameday->state)),
              gameday_state_name(gameday->state));
    (void)snprintf(text, sizeof(text), "%zu of %zu", gameday_count(gameday, GAMEDAY_STEP_PASSED),
                   gameday->n_steps);
    table_put(table, grid, y, DAY_PASSED, style_of(ROLE_NORMAL), text);
    clock_format_iso(gameday->started_at_ms, iso, sizeof(iso));
    (void)snprintf(text, sizeof(text), "%.5s %.5s", iso + 5, iso + 11);
    table_put(table, grid, y, DAY_STARTED, style_of(ROLE_DIM), text);
    moment_format_span(took_ms(model, gameday), span);
    table_put(table, grid, y, DAY_TOOK, style_of(ROLE_NORMAL), span);
    table_put(table, grid, y, DAY_WHY, style_of(ROLE_DIM), why(gameday));
}

/* As `tidewatch gameday status` has it. */
static void write_report(const struct ui_model *model,
                         const struct gameday *gameday,
                         struct page *page)
{
    struct page line = {.out = page->out, .style = page->style};
    char since[16];

    line.style.width = LINE_CELLS_MAX; /* it is wrapped, not cut */
    view_format_since(model, gameday->started_at_ms, since);
    (void)buffer_printf(page->out, "%cgame day of %s, %s alerts, begun %s ago\n", TEXT_VIEW_TITLE,
                        gameday->kind, gameday->fast_alerts ? "fast" : "ordinary", since);
    if (gameday->state == GAMEDAY_RUNNING) {
        gameday_write_bar(gameday, &line);
        page_end_line(&line);
    }
    gameday_write_table(gameday, page);
}

int view_gameday_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    const struct gameday *gameday = ui_open_gameday(model->state, model->snapshot);
    const char *reason = model->snapshot->gamedays_reason;
    struct rect inside;
    struct buffer text;
    char title[64];
    int top;

    (void)snprintf(title, sizeof(title), "Game day %lld", (long long)model->state->open_gameday_id);
    inside =
        view_frame(grid, body, title,
                   gameday && gameday->state == GAMEDAY_RUNNING ? "X: stop  Esc: back"
                                                                : "y: copy  w: write  Esc: back");
    if (!gameday) {
        panel_put_message(grid, inside, reason[0] ? PANEL_ERROR : PANEL_NO_DATA,
                          reason[0] ? reason : "the backend has not answered yet");
        return 0;
    }
    if (layout_frame(grid->width, grid->height).mode == LAYOUT_FULL)
        inside.width++; /* up to the frame: the table just fits on 80 columns */
    buffer_init(&text, TEXT_BYTES_MAX);
    write_report(model, gameday,
                 &(struct page){.out = &text,
                                .style = {.is_utf8 = grid->encoding == ENCODING_UTF8,
                                          .width = (size_t)inside.width}});
    top = text_view_draw(grid, inside, buffer_text(&text), model->state->text_top);
    buffer_finish(&text);
    return top;
}
