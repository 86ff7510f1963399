#ifndef TW_TUI_PANEL_H
#define TW_TUI_PANEL_H

/* The frame around a panel, with its last value and how far it can be trusted, and what stands in it
 * when there is nothing to draw. A state is never colour alone: sign, word and colour. Pure. */

#include "tui/draw/grid.h"
#include "tui/text/units.h"

#include <stdint.h>

enum panel_state {
    PANEL_NONE, /* no thresholds: data is there, and nothing judges it */
    PANEL_OK,
    PANEL_WARN,
    PANEL_CRIT,
    PANEL_PENDING,
    PANEL_PARTIAL, /* the server said that part is missing */
    PANEL_NAN,     /* the last value is not a number */
    PANEL_NO_DATA, /* the server answered, with nothing */
    PANEL_STALE,   /* the last answer is too old to be believed */
    PANEL_ERROR,   /* no answer, or a refusal */
    PANEL_STATE_COUNT,
};

const char *panel_state_word(enum panel_state state); /* "OK", "NO DATA", "" for PANEL_NONE */
enum glyph panel_state_glyph(enum panel_state state);
enum role panel_state_role(enum panel_state state);

/* "●OK" in UTF-8, "OK" in ASCII. */
void panel_put_state(struct pen *pen, enum panel_state state);
int panel_state_cells(enum panel_state state, enum encoding encoding);

enum trend {
    TREND_NONE,
    TREND_UP,
    TREND_DOWN,
};

struct panel_head {
    int number; /* the key that leads here, 1..9; 0: none */
    const char *title;
    const char *value; /* the last value, formatted; "" for none */
    enum panel_state state;
    enum trend trend;
    struct age age; /* of the data; .ms UNITS_AGE_NONE: no age shown */
    bool is_focused;
};

/* Draws the frame, blanks what is in it and returns the inside. Where it is narrow the title is cut
 * first, then the age left out, then the value; the state stays. */
struct rect panel_draw(struct grid *grid, struct rect rect, const struct panel_head *head);

/* A frame with a title at the left and a note at the right: tables, forms, dialogs. */
struct rect panel_draw_plain(
    struct grid *grid, struct rect rect, const char *title, const char *note, bool is_focused);

/* One line at the foot of a chart, behind its labels: why it is stale, which part is missing. */
void panel_put_note(struct grid *grid,
                    struct rect inside,
                    enum panel_state state,
                    const char *note);

/* In the place of a chart: the word of the state and the reason, wrapped, in the middle. */
void panel_put_message(struct grid *grid,
                       struct rect inside,
                       enum panel_state state,
                       const char *reason);

/* The panel in one line: title, value, state, trend, sparkline, age. values may be NULL. */
struct strip {
    struct panel_head head;
    const double *values;
    size_t n_values;
};

void panel_draw_strip(struct grid *grid, struct rect row, const struct strip *strip);

/* Text in lines of at most rect.width cells, broken at blanks. Returns the lines that it needs, which
 * may be more than the rect has; a cut is shown by an ellipsis. */
int panel_put_wrapped(struct grid *grid, struct rect rect, struct style style, const char *text);

#endif
