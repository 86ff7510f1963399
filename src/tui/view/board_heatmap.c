/* Density over time. It is read from the sign of a cell, so that it needs no colour; a gap is blank, and
 * nothing counted is a dot. */

#include "common/alloc.h"
#include "tui/board/heat.h"
#include "tui/view/board_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LABEL_CELLS      6 /* with the blank behind it */
#define LABEL_CELLS_MAX  16
#define BOUND_LEN        6 /* characters of a bound */
#define LABELS_MIN_WIDTH 18
#define AXIS_MIN_ROWS    4
#define MOST             1e300 /* beyond, sums overflow */

/* Where the parts lie, and what of the heat stands where. */
struct picture {
    struct heat heat;
    struct rect labels, plot, axis;
    size_t n_bands; /* rows of cells that differ: the heat's, or as many as there is room for */
    double *cells;  /* owned; plot.height x plot.width, the top row first */
    double most;
};

static void picture_finish(struct picture *picture)
{
    heat_finish(&picture->heat);
    free(picture->cells);
}

/* ---- Planning ------------------------------------------------------------------------------------ */

/* "80.0ms" is "80ms". */
static void drop_zeros(char *text)
{
    char *point = strchr(text, '.'), *end, *kept;

    if (!point)
        return;
    end = point + 1 + strspn(point + 1, "0123456789");
    kept = end;
    while (kept[-1] == '0')
        kept--;
    if (kept == point + 1)
        kept = point;
    memmove(kept, end, strlen(end) + 1);
}

static void format_label(const struct heatmap_options *options,
                         const struct heat_row *row,
                         size_t size,
                         char *out)
{
    if (isnan(row->upper)) {
        (void)snprintf(out, size, "%s", row->name);
        return;
    }
    (void)units_format(out, size, options->unit, UNITS_AUTO, row->upper);
    drop_zeros(out);
    if (strlen(out) > BOUND_LEN)
        (void)units_format_axis(out, LABEL_CELLS - 1, options->unit, fabs(row->upper), row->upper);
}

static int label_cells(const struct heatmap_options *options,
                       const struct heat *heat,
                       enum encoding encoding,
                       int width)
{
    int most = LABEL_CELLS;
    char text[256];

    if (width < LABELS_MIN_WIDTH)
        return 0;
    for (size_t row = 0; row < heat->n_rows; row++) {
        int cells;

        format_label(options, &heat->rows[row], sizeof(text), text);
        cells = grid_text_cells(encoding, text) + 1;
        most = cells > most ? cells : most;
    }
    most = most < LABEL_CELLS_MAX ? most : LABEL_CELLS_MAX;
    return most < width / 3 ? most : width / 3;
}

static void plan(struct picture *picture,
                 const struct heatmap_options *options,
                 enum encoding encoding,
                 struct rect inside)
{
    int cells = label_cells(options, &picture->heat, encoding, inside.width);

    picture->plot = inside;
    picture->labels = layout_take_left(&picture->plot, cells);
    if (inside.height >= AXIS_MIN_ROWS) {
        picture->axis = layout_take_bottom(&picture->plot, 1);
        picture->labels.height--;
    }
    picture->n_bands = picture->heat.n_rows < (size_t)picture->plot.height
                           ? picture->heat.n_rows
                           : (size_t)picture->plot.height;
}

/* The band of a row of cells, counted from the top; bands from the foot. */
static size_t band_of(const struct picture *picture, int y)
{
    size_t from_foot = (size_t)(picture->plot.height - 1 - y);

    return from_foot * picture->n_bands / (size_t)picture->plot.height;
}

static size_t first_row_of(const struct picture *picture, size_t band)
{
    return band * picture->heat.n_rows / picture->n_bands;
}

/* ---- Cells --------------------------------------------------------------------------------------- */

static double cell_of(const struct picture *picture, int x, int y)
{
    size_t n = picture->heat.n_points, width = (size_t)picture->plot.width;
    size_t from = (size_t)x * n / width, to = ((size_t)x + 1) * n / width;
    size_t band = band_of(picture, y);
    double sum;

    to = to > from ? to : from + 1;
    sum = heat_sum(&picture->heat, first_row_of(picture, band), first_row_of(picture, band + 1),
                   from, to);
    return sum > MOST ? MOST : sum;
}

static void fill(struct picture *picture)
{
    size_t width = (size_t)picture->plot.width;

    picture->cells = xcalloc(width * (size_t)picture->plot.height, sizeof(*picture->cells));
    for (int y = 0; y < picture->plot.height; y++)
        for (int x = 0; x < picture->plot.width; x++) {
            double cell = cell_of(picture, x, y);

            picture->cells[(size_t)y * width + (size_t)x] = cell;
            picture->most = fmax(picture->most, cell);
        }
}

/* False: there is no room, or nothing to draw. */
static bool picture_make(const struct board_panel *at,
                         enum encoding encoding,
                         struct rect inside,
                         struct picture *ret_picture)
{
    *ret_picture = (struct picture){.most = 0};
    heat_make(&at->panel->heatmap, &at->data->set, &ret_picture->heat);
    plan(ret_picture, &at->panel->heatmap, encoding, inside);
    if (ret_picture->plot.width < 1 || ret_picture->plot.height < 1 || ret_picture->n_bands < 1 ||
        ret_picture->heat.n_points < 1)
        return false;
    fill(ret_picture);
    return true;
}

/* ---- Signs --------------------------------------------------------------------------------------- */

/* By the square root: a few slow answers among many quick ones are what one looks for. */
static uint32_t sign_of(enum encoding encoding, double share)
{
    static const char ascii[] = ":-=+*#%@";
    static const uint32_t utf8[] = {0x2591, 0x2592, 0x2593, 0x2588};
    size_t n = encoding == ENCODING_UTF8 ? COUNT_OF(utf8) : sizeof(ascii) - 1;
    size_t level = (size_t)(sqrt(share) * (double)n);

    level = level < n ? level : n - 1;
    return encoding == ENCODING_UTF8 ? utf8[level] : (uint32_t)ascii[level];
}

static void put_cells(const struct picture *picture, struct grid *grid, bool is_stale)
{
    struct style style = style_with(ROLE_SERIES_1, is_stale ? STYLE_DIM : 0);
    size_t width = (size_t)picture->plot.width;

    for (int y = 0; y < picture->plot.height; y++)
        for (int x = 0; x < picture->plot.width; x++) {
            double cell = picture->cells[(size_t)y * width + (size_t)x];

            if (isnan(cell))
                continue;
            if (cell <= 0)
                grid_put_glyph(grid, picture->plot.x + x, picture->plot.y + y, style_of(ROLE_DIM),
                               GLYPH_DOT);
            else
                grid_put_code(grid, picture->plot.x + x, picture->plot.y + y, style,
                              sign_of(grid->encoding, cell / picture->most));
        }
}

/* ---- Labels -------------------------------------------------------------------------------------- */

/* A band's upper bound stands beside its top row: the line that it is. */
static void put_labels(const struct board_panel *at,
                       const struct picture *picture,
                       struct grid *grid)
{
    char text[256];

    for (int y = 0; picture->labels.width > 1 && y < picture->plot.height; y++) {
        size_t band = band_of(picture, y);
        const struct heat_row *row = &picture->heat.rows[first_row_of(picture, band + 1) - 1];

        if (y > 0 && band_of(picture, y - 1) == band)
            continue;
        format_label(&at->panel->heatmap, row, sizeof(text), text);
        grid_put_right(grid, picture->labels.x, picture->labels.y + y, picture->labels.width - 1,
                       style_of(ROLE_AXIS), text);
    }
}

void board_heatmap_draw(const struct board_panel *at, struct grid *grid, struct rect inside)
{
    struct picture picture;

    if (picture_make(at, grid->encoding, inside, &picture)) {
        put_cells(&picture, grid, board_is_stale(at));
        put_labels(at, &picture, grid);
        board_put_time_axis(at, grid, picture.plot, picture.axis);
    }
    picture_finish(&picture);
}

/* What the darkest cell would be with a column for each point: without it signs tell nothing. */
void board_heatmap_value(const struct board_panel *at, char out[UNITS_SIZE])
{
    struct heat heat;
    char most_text[UNITS_SIZE];
    double most = (double)NAN;

    out[0] = '\0';
    heat_make(&at->panel->heatmap, &at->data->set, &heat);
    for (size_t row = 0; row < heat.n_rows; row++)
        for (size_t p = 0; p < heat.n_points; p++)
            most = fmax(most, heat_sum(&heat, row, row + 1, p, p + 1));
    heat_finish(&heat);
    if (isnan(most))
        return;
    (void)units_format(most_text, sizeof(most_text), at->panel->unit, UNITS_AUTO, most);
    (void)snprintf(out, UNITS_SIZE, "max %.40s", most_text);
}
