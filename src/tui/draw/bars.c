#include "tui/draw/bars.h"

#include <math.h>
#include <string.h>

#define EIGHTHS 8

/* n eighths (1..8) of a cell from below, or as near as the encoding comes. */
static uint32_t level_code(enum encoding encoding, int eighths)
{
    static const char ascii[EIGHTHS] = {'_', '.', '-', ':', '=', '+', '*', '#'};

    return encoding == ENCODING_UTF8 ? 0x2580 + (uint32_t)eighths : (uint32_t)ascii[eighths - 1];
}

/* ---- Sparkline ------------------------------------------------------------------------------ */

/* The largest finite value in [from, to), or NaN. */
static double largest(const double *values, size_t from, size_t to)
{
    double found = (double)NAN;

    for (size_t i = from; i < to; i++)
        if (isfinite(values[i]))
            found = fmax(found, values[i]); /* fmax leaves out a NaN */
    return found;
}

static void find_bounds(const struct spark *spark, double *ret_min, double *ret_max)
{
    *ret_min = spark->min;
    *ret_max = spark->max;
    for (size_t i = 0; i < spark->n_values; i++) {
        if (!isfinite(spark->values[i]))
            continue;
        if (!isfinite(spark->min))
            *ret_min = fmin(*ret_min, spark->values[i]);
        if (!isfinite(spark->max))
            *ret_max = fmax(*ret_max, spark->values[i]);
    }
}

static int level_of(double value, double min, double max)
{
    /* Halves, since the distance of two doubles may overflow. */
    double share = max > min ? (value / 2 - min / 2) / (max / 2 - min / 2) : 0;
    int level = 1 + (int)(share * EIGHTHS);

    return share <= 0 ? 1 : level > EIGHTHS ? EIGHTHS : level;
}

void bars_spark(struct grid *grid, struct rect rect, const struct spark *spark)
{
    size_t width = rect.width > 0 && rect.height > 0 ? (size_t)rect.width : 0;
    size_t n_cells = spark->n_values < width ? spark->n_values : width;
    double min, max;

    find_bounds(spark, &min, &max);
    for (size_t i = 0; i < n_cells; i++) {
        double value = largest(spark->values, i * spark->n_values / n_cells,
                               (i + 1) * spark->n_values / n_cells);

        if (isfinite(value))
            grid_put_code(grid, rect.x + (int)(width - n_cells + i), rect.y, spark->style,
                          level_code(grid->encoding, level_of(value, min, max)));
    }
}

/* ---- Gauge ---------------------------------------------------------------------------------- */

static double share_of(const struct gauge *gauge, double value)
{
    double share = gauge->max > gauge->min ? (value - gauge->min) / (gauge->max - gauge->min) : 0;

    return !(share > 0) ? 0 : share > 1 ? 1 : share;
}

static void put_filled(struct grid *grid, struct rect row, const struct gauge *gauge)
{
    struct style style = style_of(gauge->role);
    int n_parts = grid->encoding == ENCODING_UTF8 ? EIGHTHS : 1;
    int parts = (int)lround(share_of(gauge, gauge->value) * row.width * n_parts);

    if (parts == 0 && gauge->value > gauge->min)
        parts = 1; /* a little is not nothing */
    for (int x = 0; x < parts / n_parts; x++)
        grid_put_glyph(grid, row.x + x, row.y, style, GLYPH_FULL);
    if (parts % n_parts > 0) /* left blocks count down from the full one */
        grid_put_code(grid, row.x + parts / n_parts, row.y, style,
                      0x2590 - (uint32_t)(parts % n_parts));
}

void bars_gauge(struct grid *grid, struct rect rect, const struct gauge *gauge)
{
    struct rect row = {rect.x, rect.y, rect.width, 1};

    if (rect.width < 1 || rect.height < 1)
        return;
    if (grid->encoding == ENCODING_ASCII && rect.width >= 3) {
        grid_put_code(grid, row.x, row.y, style_of(ROLE_DIM), '[');
        grid_put_code(grid, row.x + row.width - 1, row.y, style_of(ROLE_DIM), ']');
        row.x++;
        row.width -= 2;
    }
    grid_fill(grid, row, style_of(ROLE_DIM), glyph_code(GLYPH_EMPTY, grid->encoding));
    for (size_t i = 0; i < gauge->n_limits; i++)
        if (gauge->limits[i] > gauge->min && gauge->limits[i] < gauge->max)
            grid_put_glyph(grid, row.x + (int)(share_of(gauge, gauge->limits[i]) * row.width),
                           row.y, style_of(ROLE_LIMIT_WARN), GLYPH_VERTICAL);
    put_filled(grid, row, gauge);
}

/* ---- Histograms ----------------------------------------------------------------------------- */

/* One bar from the foot of rect up. Full cells have the glyph, so that the two kinds of bars differ
 * without colour. */
static void put_bar(
    struct grid *grid, struct rect rect, double share, struct style style, enum glyph glyph)
{
    int eighths = share > 0 ? (int)lround(fmin(share, 1) * rect.height * EIGHTHS) : 0;

    if (eighths == 0 && share > 0)
        eighths = 1;
    for (int row = 0; row < rect.height && eighths > 0; row++, eighths -= EIGHTHS) {
        uint32_t code = glyph_code(glyph, grid->encoding);

        if (eighths < EIGHTHS && grid->encoding == ENCODING_UTF8)
            code = level_code(grid->encoding, eighths);
        else if (eighths < EIGHTHS / 2)
            code = '.';
        grid_fill(grid, (struct rect){rect.x, rect.y + rect.height - 1 - row, rect.width, 1}, style,
                  code);
    }
}

static double largest_share(const struct histogram_pair *pair)
{
    double most =
        fmax(largest(pair->reference, 0, pair->n_bins), largest(pair->current, 0, pair->n_bins));

    return most > 0 ? most : 1;
}

size_t bars_histogram_pair(struct grid *grid, struct rect rect, const struct histogram_pair *pair)
{
    size_t room = rect.width > 1 && rect.height > 0 ? (size_t)rect.width / 2 : 0;
    size_t n_bins = pair->n_bins < room ? pair->n_bins : room;
    int pitch = n_bins > 0 ? rect.width / (int)n_bins : 0;
    int bar = pitch >= 3 ? (pitch - 1) / 2 : 1;
    double most = largest_share(pair);
    struct rect column = {.y = rect.y, .width = bar, .height = rect.height};

    if (pair->labels && rect.height >= 3)
        column.height--;
    for (size_t i = 0; i < n_bins; i++) {
        column.x = rect.x + (int)i * pitch;
        put_bar(grid, column, pair->reference[i] / most, style_of(ROLE_REFERENCE), GLYPH_SHADE);
        if (column.height < rect.height && pair->labels[i] &&
            grid_text_cells(grid->encoding, pair->labels[i]) < pitch)
            (void)grid_put(grid, column.x, rect.y + rect.height - 1, pitch - 1, style_of(ROLE_AXIS),
                           pair->labels[i]);
        column.x += bar;
        put_bar(grid, column, pair->current[i] / most, style_of(pair->role), GLYPH_FULL);
    }
    return n_bins;
}

/* ---- Big numbers ---------------------------------------------------------------------------- */

#define LETTER_ROWS 5
#define LETTER_COLS 3

/* Five rows of three bits, the left one high. NULL for what has no tall letter. */
static const uint8_t *tall_letter(char c)
{
    static const char known[] = "0123456789.-+:% ";
    static const uint8_t bits[][LETTER_ROWS] = {
        {7, 5, 5, 5, 7}, {2, 6, 2, 2, 7}, {7, 1, 7, 4, 7}, {7, 1, 7, 1, 7},
        {5, 5, 7, 1, 1}, {7, 4, 7, 1, 7}, {7, 4, 7, 5, 7}, {7, 1, 2, 2, 2},
        {7, 5, 7, 5, 7}, {7, 5, 7, 1, 7}, {0, 0, 0, 0, 2}, {0, 0, 7, 0, 0},
        {0, 2, 7, 2, 0}, {0, 2, 0, 2, 0}, {5, 1, 2, 4, 5}, {0, 0, 0, 0, 0},
    };
    const char *at = c ? strchr(known, c) : NULL;

    return at ? bits[at - known] : NULL;
}

static bool bit_of(const uint8_t *letter, int row, int col)
{
    return row < LETTER_ROWS && (letter[row] >> (LETTER_COLS - 1 - col) & 1);
}

/* Two rows of bits to a cell in UTF-8, one in ASCII. */
static void put_tall(struct grid *grid, int x, int y, struct style style, const uint8_t *letter)
{
    static const uint32_t halves[4] = {' ', 0x2584, 0x2580, 0x2588}; /* lower, upper, both */
    bool is_utf8 = grid->encoding == ENCODING_UTF8;
    int n_rows = is_utf8 ? (LETTER_ROWS + 1) / 2 : LETTER_ROWS;

    for (int row = 0; row < n_rows; row++) {
        for (int col = 0; col < LETTER_COLS; col++) {
            uint32_t code = bit_of(letter, row, col) ? '#' : ' ';

            if (is_utf8)
                code = halves[2 * bit_of(letter, 2 * row, col) + bit_of(letter, 2 * row + 1, col)];
            if (code != ' ')
                grid_put_code(grid, x + col, y + row, style, code);
        }
    }
}

void bars_big_value(struct grid *grid, struct rect rect, enum role role, const char *text)
{
    struct style style = style_with(role, STYLE_BOLD);
    int n_rows = grid->encoding == ENCODING_UTF8 ? (LETTER_ROWS + 1) / 2 : LETTER_ROWS;
    int n_tall = 0, n_cells = grid_text_cells(grid->encoding, text);
    int width, x, y;

    while (tall_letter(text[n_tall]))
        n_tall++;
    width = n_tall * (LETTER_COLS + 1) + grid_text_cells(grid->encoding, text + n_tall);
    if (rect.height < n_rows || rect.width < width || n_tall == 0) {
        x = rect.x + (rect.width > n_cells ? (rect.width - n_cells) / 2 : 0);
        if (rect.height > 0)
            (void)grid_put_cut(grid, x, rect.y + rect.height / 2, rect.x + rect.width - x, style,
                               text);
        return;
    }
    x = rect.x + (rect.width - width) / 2;
    y = rect.y + (rect.height - n_rows) / 2;
    for (int i = 0; i < n_tall; i++, x += LETTER_COLS + 1)
        put_tall(grid, x, y, style, tall_letter(text[i]));
    (void)grid_put(grid, x, y + n_rows - 1, rect.x + rect.width - x, style, text + n_tall);
}
