#ifndef TW_TUI_KEYS_H
#define TW_TUI_KEYS_H

/* Every key of the console, in one table: the dispatcher, the footer and the help all read it, so that
 * help cannot lie. Small letters look, capitals act. Pure. */

#include "tui/text/input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the keys go. A view, or what lies over it. */
enum key_context {
    IN_BOARD,  /* the panels of a dashboard */
    IN_PANEL,  /* one of them over the whole screen */
    IN_CHART,  /* one panel alone, with its series and a cursor */
    IN_POINTS, /* the same, with its points as numbers */
    IN_WORST,  /* quality's list of the worst answers */
    IN_DRIFT,
    IN_ALERTS,
    IN_ALERT, /* one alert with its runbook */
    IN_REQUESTS,
    IN_REQUEST, /* one request with its answer */
    IN_SIMULATIONS,
    IN_RUN,     /* one of them with its times */
    IN_GAMEDAY, /* the report of a game day */
    IN_EVENTS,
    IN_SOURCES,
    IN_HELP,
    IN_PICKER,
    IN_FORM,
    IN_SILENCE, /* the form of a silence: all characters are typed into it */
    IN_CONFIRM,
    IN_FILTER, /* typing what to look for */
    IN_PROMPT, /* typing a command */
    IN_ANSWER, /* what was asked from there, over a view */
    IN_COPY,   /* what is to be copied */
    IN_SAVE,   /* what is to be written to a file */
    IN_REPORT, /* the same, of a game day */
    IN_PAGE,   /* what a command had to tell */
    N_KEY_CONTEXTS,
};

enum action {
    ACTION_NONE,
    ACTION_HELP,
    ACTION_QUIT,
    ACTION_BACK,
    ACTION_REDRAW,
    ACTION_SUSPEND,
    ACTION_NEXT,
    ACTION_PREVIOUS,
    ACTION_UP,
    ACTION_DOWN,
    ACTION_LEFT,
    ACTION_RIGHT,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_FIRST,
    ACTION_LAST,
    ACTION_NUMBER, /* with the digit */
    ACTION_OPEN,
    ACTION_ZOOM,
    ACTION_WIDER,
    ACTION_NARROWER,
    ACTION_EARLIER,
    ACTION_LATER,
    ACTION_NOW,
    ACTION_PAUSE,
    ACTION_REFRESH,
    ACTION_SLOWER,
    ACTION_FASTER,
    ACTION_PICKER,
    ACTION_GO, /* with the number of the view */
    ACTION_ALERTS,
    ACTION_SIMULATIONS,
    ACTION_SOURCES,
    ACTION_KIND,   /* of the requests, or alerts, that are listed */
    ACTION_ORDER,  /* of their list */
    ACTION_WORST,  /* to the list of the worst answers */
    ACTION_FILTER, /* 1: the other way round */
    ACTION_TOGGLE,
    ACTION_ERASE,
    ACTION_CONFIRM,
    ACTION_PROMPT, /* open the command line */
    ACTION_REPEAT,
    ACTION_SEND,
    ACTION_COMPLETE,
    ACTION_RECALL, /* with the direction */
    ACTION_EDIT,   /* with enum line_edit_action */
    ACTION_LAUNCH, /* with the kind, enum sim_kind_id */
    ACTION_STOP,
    ACTION_BASELINE,
    ACTION_UNDO,
    ACTION_NEXT_ALERT, /* with the direction */
    ACTION_ACK,        /* the alert */
    ACTION_SILENCE,
    ACTION_EXPIRE,
    ACTION_EXTEND,
    ACTION_COMPARE, /* with an earlier time */
    ACTION_TABLE,   /* the points as numbers */
    ACTION_SCALE,   /* of the y axis */
    ACTION_COPY,
    ACTION_SAVE,
    ACTION_CHOOSE, /* with the number of the choice */
};

#define KEY_CHOICES_MAX 4

struct key_binding {
    uint32_t keys[KEY_CHOICES_MAX]; /* 0 ends them */
    uint32_t last;                  /* over 0: keys[0]..last, all of them */
    unsigned contexts;              /* bits 1 << enum key_context */
    enum action action;
    int argument;      /* of keys[0]; one more for each key after it up to last */
    const char *label; /* in the footer; NULL: not there; "": together with the one before */
    const char *help;
};

extern const struct key_binding key_bindings[];
extern const size_t n_key_bindings;

struct key_match {
    enum action action;
    int argument;
};

/* What the key does there; ACTION_NONE: nothing. */
struct key_match keys_find(enum key_context context, uint32_t key);

static inline bool key_is_in(const struct key_binding *binding, enum key_context context)
{
    return (binding->contexts >> context & 1) != 0;
}

/* What an action without a command of its own is called behind the colon; NULL behind the last one. */
const char *keys_word(size_t i);

/* The key that does it there; 0: none does, or there is no such word. */
uint32_t keys_of_word(enum key_context context, const char *word);

/* Whether it changes the server: not offered where nothing may be changed. */
bool key_acts(const struct key_binding *binding);
bool keys_word_acts(size_t i);

/* "Up k", "1-9": how help writes the keys of a binding. */
#define KEYS_NAME_SIZE 48
void keys_name(const struct key_binding *binding, char out[KEYS_NAME_SIZE]);

/* Only the first key, for the footer. */
void keys_short_name(const struct key_binding *binding, char out[KEYS_NAME_SIZE]);

const char *key_context_name(enum key_context context); /* "overview", "chart", ... */

#endif
