/* The query, what it costs, what the server says about it, and which server that is. */

#include "tui/text/moment.h"
#include "tui/view/inspect_text.h"
#include "tui/view/view_inspect_parts.h"

#include "common/buffer.h"

#include <stdio.h>
#include <string.h>

#define TEXT_BYTES_MAX 4000
#define NOTES_SHOWN    3 /* rows that the box has for them */

/* As on the board: an age that is another one each second is bytes. */
#define AGE_STEP_MS 5000

static void write_bytes(size_t n_bytes, char out[UNITS_SIZE])
{
    (void)units_format(out, UNITS_SIZE, "decbytes", UNITS_AUTO, (double)n_bytes);
}

/* "12 ms  3 series  723 points, 4 NaN  8.1 kB  4,000 samples read" */
static void write_cost(const struct inspect_view *view, struct buffer *out)
{
    const struct inspect_cost *cost = view->known ? &view->known->cost : NULL;
    char bytes[UNITS_SIZE];

    if (!cost || (!cost->is_known && !cost->reason[0])) {
        (void)buffer_puts(out, "not measured yet");
        return;
    }
    if (cost->reason[0]) {
        (void)buffer_puts(out, cost->reason);
        return;
    }
    write_bytes(cost->n_bytes, bytes);
    (void)buffer_printf(out, "%.1f ms  %zu series  %zu points", (double)cost->elapsed_us / 1000,
                        cost->n_series, cost->n_points);
    if (cost->n_nan > 0)
        (void)buffer_printf(out, ", %zu NaN", cost->n_nan);
    (void)buffer_printf(out, "  %s", bytes);
    if (cost->n_samples >= 0)
        (void)buffer_printf(out, "  %lld samples read", (long long)cost->n_samples);
}

static void write_queries(const struct inspect_view *view, struct buffer *out)
{
    struct inspect_subject subject = {view->model->snapshot->dashboard, view->panel, view->data};

    inspect_text_queries(&subject, INSPECT_IN_ONE_LINE, out);
}

static void write_notes(const struct inspect_view *view, struct buffer *out)
{
    const struct prom_notes *warnings = &view->data->warnings, *infos = &view->data->infos;

    for (size_t i = 0; i < warnings->n && i < PROM_NOTES_MAX; i++)
        (void)buffer_printf(out, "\nwarning: %s", warnings->text[i]);
    for (size_t i = 0; i < infos->n && i < PROM_NOTES_MAX; i++)
        (void)buffer_printf(out, "\ninfo: %s", infos->text[i]);
}

void inspect_cost_draw_line(const struct inspect_view *view, struct grid *grid, struct rect row)
{
    const struct prom_notes *warnings = &view->data->warnings, *infos = &view->data->infos;
    struct pen pen = pen_at(grid, row);
    struct buffer text;

    buffer_init(&text, TEXT_BYTES_MAX);
    pen_put(&pen, style_with(ROLE_TITLE, STYLE_BOLD), "COST  ");
    if (warnings->n > 0)
        pen_putf(&pen, style_of(ROLE_WARN), "%zu warning%s: %s  ", warnings->n,
                 warnings->n == 1 ? "" : "s", warnings->text[0]);
    else if (infos->n > 0)
        pen_putf(&pen, style_of(ROLE_DIM), "%zu info%s: %s  ", infos->n, infos->n == 1 ? "" : "s",
                 infos->text[0]);
    write_cost(view, &text);
    (void)grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), style_of(ROLE_NORMAL),
                       buffer_text(&text));
    buffer_finish(&text);
}

void inspect_query_draw_line(const struct inspect_view *view, struct grid *grid, struct rect row)
{
    struct pen pen = pen_at(grid, row);
    struct buffer text;

    buffer_init(&text, TEXT_BYTES_MAX);
    pen_put(&pen, style_with(ROLE_TITLE, STYLE_BOLD), "QUERY ");
    write_queries(view, &text);
    (void)grid_put_cut(grid, pen.x, pen.y, pen_left(&pen), style_of(ROLE_DIM), buffer_text(&text));
    buffer_finish(&text);
}

static void write_window(const struct inspect_view *view, struct buffer *out)
{
    const struct inspect_cost *cost = view->known ? &view->known->cost : NULL;
    char from[VIEW_INSPECT_MOMENT_SIZE], to[VIEW_INSPECT_MOMENT_SIZE], step[MOMENT_SPAN_SIZE];

    if (!cost || !cost->is_known || cost->grid.n == 0)
        return;
    view_inspect_format_moment(view, cost->grid.start_ms, from);
    view_inspect_format_moment(view, time_grid_end_ms(&cost->grid), to);
    moment_format_span(cost->grid.step_ms, step);
    (void)buffer_printf(out, "%s to %s step %s: ", from, to, step);
}

static void write_source(const struct inspect_view *view, struct buffer *out)
{
    const struct source *source = &view->model->snapshot->sources[SOURCE_PROMETHEUS];
    const char *url = view->model->state->place->prometheus_url;
    int64_t age_ms = panel_data_age_ms(view->data, view->model->at.mono_ms);
    char age[24];

    (void)buffer_printf(out, "\nsource: %s %s%s%s",
                        source->flavour[0] ? source->flavour : "of unknown flavour",
                        source->version, url ? " at " : "", url ? url : "");
    if (age_ms > AGE_STEP_MS)
        age_ms -= age_ms % AGE_STEP_MS;
    (void)units_format_age(age, sizeof(age), (struct age){.ms = age_ms});
    if (age_ms >= 0)
        (void)buffer_printf(out, ", data %s old", age);
    if (view->data->warnings.n + view->data->infos.n == 0)
        (void)buffer_puts(out, "; warnings: none, infos: none");
}

/* One row, or two where it is long; what is longer still is cut. */
static int count_query_rows(const struct buffer *queries, int width)
{
    return grid_text_cells(ENCODING_UTF8, buffer_text(queries)) > width ? 2 : 1;
}

int inspect_query_box_height(const struct inspect_view *view, int width)
{
    const struct prom_notes *warnings = &view->data->warnings, *infos = &view->data->infos;
    size_t n_notes = warnings->n + infos->n;
    struct buffer text;
    int rows;

    buffer_init(&text, TEXT_BYTES_MAX);
    write_queries(view, &text);
    rows = count_query_rows(&text, width - 4);
    buffer_finish(&text);
    return 2 + rows + 2 + (n_notes < NOTES_SHOWN ? (int)n_notes : NOTES_SHOWN);
}

void inspect_query_draw_box(const struct inspect_view *view, struct grid *grid, struct rect rect)
{
    struct rect inside =
        panel_draw_plain(grid, rect, "Query", "y: copy  w: write to a file", false);
    struct buffer text;

    inside.x++;
    inside.width -= 2;
    buffer_init(&text, TEXT_BYTES_MAX);
    write_queries(view, &text);
    (void)panel_put_wrapped(grid, layout_take_top(&inside, count_query_rows(&text, inside.width)),
                            style_of(ROLE_NORMAL), buffer_text(&text));
    buffer_clear(&text);
    write_window(view, &text);
    write_cost(view, &text);
    write_notes(view, &text);
    write_source(view, &text);
    (void)panel_put_wrapped(grid, inside, style_of(ROLE_DIM), buffer_text(&text));
    buffer_finish(&text);
}
