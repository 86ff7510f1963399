#include "tui/draw/table.h"
#include "tui/state/ui_rows.h"
#include "tui/text/moment.h"
#include "tui/view/view.h"

#include <stdio.h>

enum { COLUMN_TIME, COLUMN_KIND, COLUMN_SUBJECT, COLUMN_DETAIL };

static const struct table_column wide[] = {
    [COLUMN_TIME] = {"TIME", 8, 0, false, false},
    [COLUMN_KIND] = {"KIND", 14, 0, false, false},
    [COLUMN_SUBJECT] = {"WHAT", 28, 30, false, false},
    [COLUMN_DETAIL] = {"DETAIL", 12, 72, false, true},
};

static const struct table_column narrow[] = {
    [COLUMN_TIME] = {"TIME", 8, 0, false, false},
    [COLUMN_KIND] = {"KIND", 10, 0, false, false},
    [COLUMN_SUBJECT] = {"WHAT", 8, 0, false, true},
    [COLUMN_DETAIL] = {"", 0, 1000, false, false},
};

static void put_event(struct grid *grid,
                      const struct table *table,
                      int y,
                      const struct event *event)
{
    char clock[MOMENT_SPAN_SIZE];

    moment_format_clock(event->at_ms, clock);
    table_put(table, grid, y, COLUMN_TIME, style_of(ROLE_DIM), clock);
    table_put(table, grid, y, COLUMN_KIND, style_of(ROLE_NORMAL), event->kind);
    table_put(table, grid, y, COLUMN_SUBJECT, style_of(ROLE_NORMAL), event->subject);
    table_put(table, grid, y, COLUMN_DETAIL, style_of(ROLE_DIM), event->detail);
}

int view_events_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    const struct events *events = &model->snapshot->operations->events;
    const struct source *source = &model->snapshot->sources[SOURCE_OPERATIONS];
    const char *note =
        source->state == DATA_OK ? "UTC, newest first" : data_state_name(source->state);
    struct rect inside = view_frame(grid, body, "Events", note);
    CLEANUP(ui_rows_finish)
    struct ui_rows rows = ui_rows_of(model->state, model->snapshot, VIEW_EVENTS);
    int n = (int)rows.n, top;
    struct table table;

    if (events->n == 0) {
        view_put_no_list(model, grid, inside, model->snapshot->operations->has_events,
                         "nothing has happened yet");
        return 0;
    }
    if (inside.width >= 72)
        table_plan(&table, wide, COUNT_OF(wide), inside);
    else
        table_plan(&table, narrow, COUNT_OF(narrow), inside);
    table_put_titles(&table, grid, inside.y);
    if (n == 0)
        view_put_filtered_out(grid, inside);
    top = view_first_row(rows.selected, n, inside.height - 1);
    for (int row = 0; row < inside.height - 1 && top + row < n; row++) {
        put_event(grid, &table, inside.y + 1 + row, &events->at[rows.at[top + row]]);
        grid_add_item(grid, (struct rect){inside.x, inside.y + 1 + row, inside.width, 1},
                      top + row);
        if (top + row == rows.selected)
            view_select_row(grid, (struct rect){inside.x, inside.y + 1 + row, inside.width, 1});
    }
    return 0;
}
