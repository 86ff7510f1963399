#include "tui/draw/panel.h"

#include "common/utf8.h"
#include "tui/draw/bars.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define TITLE_MIN_CELLS 8  /* what a title keeps before the age and the value give way to it */
#define ALIGN_MIN_WIDTH 44 /* from here on values end at a column of their own */
#define LABEL_CELLS     6  /* of a chart, kept free by notes */
#define AGE_SIZE        24

/* ---- States --------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    enum glyph glyph;
    enum role role;
} states[PANEL_STATE_COUNT] = {
    [PANEL_NONE] = {"", GLYPH_OK, ROLE_NORMAL},
    [PANEL_OK] = {"OK", GLYPH_OK, ROLE_OK},
    [PANEL_WARN] = {"WARN", GLYPH_WARN, ROLE_WARN},
    [PANEL_CRIT] = {"CRIT", GLYPH_CRIT, ROLE_CRIT},
    [PANEL_PENDING] = {"PENDING", GLYPH_PENDING, ROLE_PENDING},
    [PANEL_PARTIAL] = {"PARTIAL", GLYPH_WARN, ROLE_WARN},
    [PANEL_NAN] = {"NaN", GLYPH_STALE, ROLE_STALE},
    [PANEL_NO_DATA] = {"NO DATA", GLYPH_STALE, ROLE_STALE},
    [PANEL_STALE] = {"STALE", GLYPH_STALE, ROLE_STALE},
    [PANEL_ERROR] = {"ERROR", GLYPH_CRIT, ROLE_CRIT},
};

const char *panel_state_word(enum panel_state state)
{
    assert((unsigned)state < PANEL_STATE_COUNT);
    return states[state].word;
}

enum glyph panel_state_glyph(enum panel_state state)
{
    assert((unsigned)state < PANEL_STATE_COUNT);
    return states[state].glyph;
}

enum role panel_state_role(enum panel_state state)
{
    assert((unsigned)state < PANEL_STATE_COUNT);
    return states[state].role;
}

int panel_state_cells(enum panel_state state, enum encoding encoding)
{
    if (state == PANEL_NONE)
        return 0;
    return (int)strlen(panel_state_word(state)) + (encoding == ENCODING_UTF8 ? 1 : 0);
}

void panel_put_state(struct pen *pen, enum panel_state state)
{
    struct style style = style_of(panel_state_role(state));

    if (state == PANEL_NONE)
        return;
    if (pen->grid->encoding == ENCODING_UTF8)
        pen_glyph(pen, style, panel_state_glyph(state));
    pen_put(pen, style, panel_state_word(state));
}

/* ---- Trend ---------------------------------------------------------------------------------- */

/* Apart from the word in UTF-8, right behind it in ASCII, as "WARN^" reads better than "WARN ^". */
static int trend_cells(enum trend trend, enum encoding encoding)
{
    return trend == TREND_NONE ? 0 : encoding == ENCODING_UTF8 ? 2 : 1;
}

static void put_trend(struct pen *pen, enum trend trend)
{
    if (trend == TREND_NONE)
        return;
    pen_skip(pen, trend_cells(trend, pen->grid->encoding) - 1);
    pen_glyph(pen, style_of(ROLE_ACCENT), trend == TREND_UP ? GLYPH_UP : GLYPH_DOWN);
}

/* ---- Frame ---------------------------------------------------------------------------------- */

/* The focus is marked in the top row alone: moving it is a key that must cost few bytes. */
static void draw_border(struct grid *grid, struct rect rect, bool is_focused)
{
    struct style style = style_of(ROLE_BORDER);
    struct style top = style_of(is_focused ? ROLE_FOCUS : ROLE_BORDER);
    int right = rect.x + rect.width - 1, bottom = rect.y + rect.height - 1;

    for (int x = rect.x + 1; x < right; x++) {
        grid_put_glyph(grid, x, rect.y, top, GLYPH_HORIZONTAL);
        grid_put_glyph(grid, x, bottom, style, GLYPH_HORIZONTAL);
    }
    for (int y = rect.y + 1; y < bottom; y++) {
        grid_put_glyph(grid, rect.x, y, style, GLYPH_VERTICAL);
        grid_put_glyph(grid, right, y, style, GLYPH_VERTICAL);
    }
    grid_put_glyph(grid, rect.x, rect.y, top, GLYPH_TOP_LEFT);
    grid_put_glyph(grid, right, rect.y, top, GLYPH_TOP_RIGHT);
    grid_put_glyph(grid, rect.x, bottom, style, GLYPH_BOTTOM_LEFT);
    grid_put_glyph(grid, right, bottom, style, GLYPH_BOTTOM_RIGHT);
}

/* Border and blanks. The inside is empty when the rect is too small for a frame. */
static struct rect draw_box(struct grid *grid, struct rect rect, bool is_focused)
{
    struct rect inside = {rect.x + 1, rect.y + 1, rect.width - 2, rect.height - 2};

    if (rect.width < 4 || rect.height < 2)
        return (struct rect){rect.x, rect.y, 0, 0};
    draw_border(grid, rect, is_focused);
    grid_fill(grid, inside, style_of(ROLE_NORMAL), ' ');
    return inside;
}

/* The blank before a title, which points at it when the panel has the keys. */
static void put_lead(struct pen *pen, bool is_focused)
{
    if (is_focused)
        pen_glyph(pen, style_of(ROLE_FOCUS), GLYPH_SELECTED);
    else
        pen_put(pen, style_of(ROLE_BORDER), " ");
}

/* What of a head is shown, and in how many cells. */
struct head_plan {
    int title; /* cells for it */
    bool has_value, has_age;
    char age[AGE_SIZE];
};

static struct head_plan plan_head(const struct panel_head *head, enum encoding encoding, int width)
{
    struct head_plan plan = {.has_value = head->value[0] != '\0', .has_age = head->age.ms >= 0};
    int title = grid_text_cells(encoding, head->title);
    int title_least = title < TITLE_MIN_CELLS ? title : TITLE_MIN_CELLS;
    int state = panel_state_cells(head->state, encoding);
    int room = width - 4 - 2; /* corners with a dash each; the blanks around it all */
    int value = grid_text_cells(encoding, head->value) + 1;
    int age;

    (void)units_format_age(plan.age, sizeof(plan.age), head->age);
    age = (int)strlen(plan.age) + 1; /* the blank before it ends what stands before */
    room -= head->number > 0 ? 2 : 0;
    room -= (state > 0 ? state + 1 : 0) + trend_cells(head->trend, encoding);
    if (room - (plan.has_value ? value : 0) - age < title_least)
        plan.has_age = false;
    if (room - value < title_least)
        plan.has_value = false;
    room -= (plan.has_value ? value : 0) + (plan.has_age ? age : 0);
    plan.title = room < 0 ? 0 : room < title ? room : title;
    return plan;
}

static void put_age(struct grid *grid, struct rect rect, const char *age, bool is_late)
{
    int cells = (int)strlen(age);
    struct pen pen =
        pen_at(grid, (struct rect){rect.x + rect.width - 4 - cells, rect.y, cells + 2, 1});

    pen_put(&pen, style_of(ROLE_BORDER), " ");
    pen_put(&pen, is_late ? style_with(ROLE_STALE, STYLE_BOLD) : style_of(ROLE_DIM), age);
    pen_put(&pen, style_of(ROLE_BORDER), " ");
}

static void put_head(struct grid *grid, struct rect rect, const struct panel_head *head)
{
    struct head_plan plan = plan_head(head, grid->encoding, rect.width);
    struct pen pen = pen_at(grid, (struct rect){rect.x + 2, rect.y, rect.width - 4, 1});
    int value_cells = grid_text_cells(grid->encoding, head->value);
    struct style blank = style_of(ROLE_BORDER);

    put_lead(&pen, head->is_focused);
    if (head->number > 0)
        pen_putf(&pen, style_of(ROLE_ACCENT), "%d ", head->number);
    pen.x += grid_put_cut(grid, pen.x, pen.y, plan.title, style_of(ROLE_TITLE), head->title);
    if (plan.has_value) {
        int column = rect.width >= ALIGN_MIN_WIDTH ? rect.x + rect.width * 28 / 46 : 0;

        do
            pen_put(&pen, blank, " ");
        while (pen.x + value_cells < column);
        pen_put(&pen, style_with(panel_state_role(head->state), STYLE_BOLD), head->value);
    }
    if (head->state != PANEL_NONE)
        pen_put(&pen, blank, " ");
    panel_put_state(&pen, head->state);
    if (head->trend != TREND_NONE && grid->encoding == ENCODING_UTF8)
        grid_put_code(grid, pen.x, pen.y, blank, ' ');
    put_trend(&pen, head->trend);
    pen_put(&pen, blank, " ");
    if (plan.has_age)
        put_age(grid, rect, plan.age, head->age.is_late);
}

struct rect panel_draw(struct grid *grid, struct rect rect, const struct panel_head *head)
{
    struct rect inside = draw_box(grid, rect, head->is_focused);

    if (rect.width >= 4 && rect.height >= 2)
        put_head(grid, rect, head);
    return inside;
}

struct rect panel_draw_plain(
    struct grid *grid, struct rect rect, const char *title, const char *note, bool is_focused)
{
    struct rect inside = draw_box(grid, rect, is_focused);
    int note_cells = grid_text_cells(grid->encoding, note);
    struct pen pen = pen_at(grid, (struct rect){rect.x + 2, rect.y, rect.width - 4, 1});

    if (inside.width < 2 || rect.height < 2)
        return inside;
    pen.end--;
    if (*title) {
        put_lead(&pen, is_focused);
        pen_put(&pen, style_of(ROLE_TITLE), title);
        pen.end++;
        pen_put(&pen, style_of(ROLE_BORDER), " ");
    }
    if (note_cells > 0 && pen_left(&pen) >= note_cells + 3) {
        pen.x = pen.end - note_cells - 2;
        pen_put(&pen, style_of(ROLE_BORDER), " ");
        pen_put(&pen, style_of(ROLE_DIM), note);
        pen_put(&pen, style_of(ROLE_BORDER), " ");
    }
    return inside;
}

/* ---- Inside --------------------------------------------------------------------------------- */

void panel_put_note(struct grid *grid, struct rect inside, enum panel_state state, const char *note)
{
    struct style style = style_of(panel_state_role(state));
    int glyph_cells = grid->encoding == ENCODING_UTF8 ? 2 : 0;
    int cells = glyph_cells + grid_text_cells(grid->encoding, note) + 1;
    struct rect row = {inside.x + LABEL_CELLS, inside.y + inside.height - 1,
                       inside.width - LABEL_CELLS, 1};
    struct pen pen;

    if (inside.height < 1)
        return;
    if (cells > row.width && inside.height >= 5) { /* the row above has no label before it */
        row.x = inside.x;
        row.width = inside.width;
        row.y--;
    }
    pen = pen_at(grid, row);
    if (row.x == inside.x)
        pen_put(&pen, style, " ");
    if (glyph_cells > 0) {
        pen_glyph(&pen, style, panel_state_glyph(state));
        pen_put(&pen, style, " ");
    }
    pen_put(&pen, style, note);
    if (pen_left(&pen) > 0)
        pen_put(&pen, style, " ");
}

/* Bytes of the next line of text, and in *ret_skip the bytes to leave out before the one after it. */
static size_t line_len(enum encoding encoding, const char *text, int width, size_t *ret_skip)
{
    size_t len = strlen(text), at = 0, step, last_blank = 0;
    int cells = 0;

    *ret_skip = 0;
    for (; at < len && text[at] != '\n'; at += step) {
        uint32_t code = utf8_decode(text + at, len - at, &step);

        cells += grid_code_cells(encoding, code);
        if (text[at] == ' ')
            last_blank = at;
        if (cells > width)
            break;
    }
    if (at == len || text[at] == '\n') {
        *ret_skip = text[at] == '\n';
        return at;
    }
    if (last_blank > 0) {
        *ret_skip = 1;
        return last_blank;
    }
    return at > 0 ? at : step; /* a word longer than the line is broken; one cell is too little */
}

/* The first len bytes of text. */
static void put_line(
    struct pen *pen, struct style style, const char *text, size_t len, bool is_last)
{
    for (size_t at = 0, step; at < len && pen_left(pen) > 0; at += step) {
        uint32_t code = utf8_decode(text + at, len - at, &step);
        int cells = grid_code_cells(pen->grid->encoding, code);

        if (cells > pen_left(pen))
            break;
        grid_put_code(pen->grid, pen->x, pen->y, style, code);
        pen->x += cells;
    }
    if (is_last && pen->x >= pen->end)
        pen->x = pen->end - 1;
    if (is_last)
        pen_glyph(pen, style, GLYPH_ELLIPSIS);
}

int panel_put_wrapped(struct grid *grid, struct rect rect, struct style style, const char *text)
{
    int n_lines = 0;
    size_t skip;

    if (rect.width < 1)
        return 0;
    for (; *text; n_lines++) {
        size_t len = line_len(grid->encoding, text, rect.width, &skip);
        struct pen pen = pen_at(grid, (struct rect){rect.x, rect.y + n_lines, rect.width, 1});

        if (n_lines < rect.height)
            put_line(&pen, style, text, len, n_lines == rect.height - 1 && text[len + skip]);
        text += len + skip;
    }
    return n_lines;
}

void panel_put_message(struct grid *grid,
                       struct rect inside,
                       enum panel_state state,
                       const char *reason)
{
    struct rect text = {inside.x + 1, inside.y, inside.width - 2, inside.height};
    int cells = panel_state_cells(state, grid->encoding);
    int reason_cells = grid_text_cells(grid->encoding, reason);
    struct pen pen;

    if (text.width < 1 || text.height < 1)
        return;
    text.y += (text.height - 1) / 3;
    text.height = inside.y + inside.height - text.y;
    pen = pen_at(grid, text);
    pen_skip(&pen, (text.width - cells) / 2);
    panel_put_state(&pen, state);
    text.y++;
    text.height--;
    if (reason_cells < text.width) {
        text.x += (text.width - reason_cells) / 2;
        text.width = reason_cells;
    }
    if (text.height > 0)
        (void)panel_put_wrapped(grid, text, style_of(ROLE_NORMAL), reason);
}

/* ---- Strip ---------------------------------------------------------------------------------- */

/* Where the value of a strip ends, so that strips under each other line up. */
static int strip_value_end(int width)
{
    int title = width * 28 / 100, value = width / 7;

    return 2 + (title < 30 ? title : 30) + 1 + (value < 6 ? 6 : value > 12 ? 12 : value);
}

static void put_strip_title(struct pen *pen, const struct panel_head *head, int value_end)
{
    int value_cells = grid_text_cells(pen->grid->encoding, head->value);
    int title_room;

    if (head->is_focused)
        pen_glyph(pen, style_of(ROLE_FOCUS), GLYPH_SELECTED);
    else if (head->number > 0)
        pen_putf(pen, style_of(ROLE_ACCENT), "%d", head->number);
    else
        pen_skip(pen, 1);
    pen_skip(pen, 1);
    title_room = value_end - pen->x - (value_cells > 0 ? value_cells + 1 : 0);
    (void)grid_put_cut(pen->grid, pen->x, pen->y, title_room, style_of(ROLE_TITLE), head->title);
    pen_to(pen, value_end - value_cells);
    pen_put(pen, style_with(panel_state_role(head->state), STYLE_BOLD), head->value);
}

void panel_draw_strip(struct grid *grid, struct rect row, const struct strip *strip)
{
    const struct panel_head *head = &strip->head;
    bool is_stale = head->state == PANEL_STALE || head->state == PANEL_ERROR;
    struct pen pen = pen_at(grid, row);
    char age[AGE_SIZE];
    int state_end;

    put_strip_title(&pen, head, row.x + strip_value_end(row.width));
    pen_skip(&pen, 1);
    state_end = pen.x + 6 + (grid->encoding == ENCODING_UTF8 ? 1 : 0);
    panel_put_state(&pen, head->state);
    if (head->trend != TREND_NONE)
        pen_glyph(&pen, style_of(ROLE_ACCENT), head->trend == TREND_UP ? GLYPH_UP : GLYPH_DOWN);
    if (pen.x < state_end)
        pen_to(&pen, state_end);
    else
        pen_skip(&pen, 1);
    if (head->age.ms >= 0 && pen_left(&pen) >= 5) {
        (void)units_format_age(age, sizeof(age), head->age);
        grid_put_right(grid, pen.end - 5, row.y, 5,
                       style_of(head->age.is_late ? ROLE_STALE : ROLE_DIM), age);
        pen.end -= 5;
    }
    if (strip->values && pen_left(&pen) > 0) {
        struct spark spark = {
            .values = strip->values,
            .n_values = strip->n_values,
            .min = CHART_AUTO,
            .max = CHART_AUTO,
            .style = style_with(ROLE_SERIES_1, is_stale ? STYLE_DIM : 0),
        };

        bars_spark(grid, (struct rect){pen.x, row.y, pen_left(&pen), 1}, &spark);
    }
}
