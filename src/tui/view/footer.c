#include "tui/draw/line.h"
#include "tui/state/ui_rows.h"
#include "tui/view/view.h"

#include <stdio.h>
#include <string.h>

/* What was just done, and how it can be undone. */
static void put_notice(const struct ui_model *model, struct grid *grid, struct rect row)
{
    const struct ui_state *state = model->state;
    struct pen pen = pen_at(grid, row);
    bool can_undo = state->undo != UNDO_NOTHING && model->at.mono_ms < state->undo_until_mono_ms;
    struct style style = state->is_notice_error ? style_with(ROLE_CRIT, STYLE_BOLD)
                                                : style_with(ROLE_NORMAL, STYLE_BOLD);

    if (can_undo && !state->is_notice_error)
        pen.end -= 9;
    pen.x += grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), style, state->notice);
    pen.end = row.x + row.width;
    if (can_undo && !state->is_notice_error) {
        pen_skip(&pen, 2);
        pen_put(&pen, style_of(ROLE_ACCENT), "U");
        pen_put(&pen, style_of(ROLE_NORMAL), ":undo");
    }
}

/* "[]", "DHL", "Up/Down": this key and those of the bindings that go with it. */
static void join_names(enum key_context context, size_t i, char out[KEYS_NAME_SIZE])
{
    bool is_letters; /* all of them: nothing needs to stand between */

    keys_short_name(&key_bindings[i], out);
    is_letters = strlen(out) == 1;
    for (i++; i < n_key_bindings && key_bindings[i].label && !key_bindings[i].label[0]; i++) {
        char name[KEYS_NAME_SIZE];
        size_t len = strlen(out);

        if (!key_is_in(&key_bindings[i], context))
            continue;
        keys_short_name(&key_bindings[i], name);
        is_letters = is_letters && !name[1];
        if (snprintf(out + len, KEYS_NAME_SIZE - len, "%s%s", is_letters ? "" : "/", name) < 0)
            return;
    }
}

/* "/vpn_ 3 of 24": what is shown is not all there is. Takes its part of the row. */
static void put_filter(const struct ui_model *model, struct grid *grid, struct rect *row)
{
    const struct ui_state *state = model->state;
    bool is_typed = state->is_filtering && state->overlay == OVERLAY_NONE;
    struct style style = style_with(ROLE_ACCENT, STYLE_BOLD | STYLE_REVERSE);
    CLEANUP(ui_rows_finish) struct ui_rows rows = {0};
    struct pen pen = pen_at(grid, *row);

    if (!is_typed && (state->overlay != OVERLAY_NONE || !state->filters[state->view][0]))
        return;
    rows = ui_rows_of(state, model->snapshot, state->view);
    pen_putf(&pen, style, "/%s%s", state->filters[state->view], is_typed ? "_" : "");
    pen_putf(&pen, style_with(rows.n > rows.n_fixed ? ROLE_NORMAL : ROLE_WARN, STYLE_BOLD),
             " %zu of %zu ", rows.n - rows.n_fixed, rows.n_all - rows.n_fixed);
    (void)layout_take_left(row, pen.x - row->x);
}

/* As many keys of this screen as fit; help is always among them. */
void footer_draw(const struct ui_model *model, struct grid *grid, struct rect row)
{
    enum key_context context = ui_state_context(model->state);
    struct pen pen;

    put_filter(model, grid, &row);
    pen = pen_at(grid, row);
    if (model->state->notice[0]) {
        put_notice(model, grid, row);
        return;
    }
    if (keys_find(context, '?').action == ACTION_HELP) {
        pen_put(&pen, style_of(ROLE_ACCENT), "?");
        pen_put(&pen, style_of(ROLE_DIM), ":help");
    }
    for (size_t i = 0; i < n_key_bindings; i++) {
        const struct key_binding *binding = &key_bindings[i];
        char name[KEYS_NAME_SIZE];

        if (!binding->label || !binding->label[0] || !key_is_in(binding, context) ||
            binding->action == ACTION_HELP ||
            (model->state->place->is_read_only && key_acts(binding)) ||
            keys_find(context, binding->keys[0]).action != binding->action)
            continue;
        join_names(context, i, name);
        if ((int)(strlen(name) + strlen(binding->label)) + 2 > pen_left(&pen))
            continue;
        pen_skip(&pen, pen.x > row.x ? 1 : 0);
        pen_put(&pen, style_of(ROLE_ACCENT), name);
        pen_putf(&pen, style_of(ROLE_DIM), ":%s", binding->label);
    }
}
