#include "tui/state/keys.h"

#include "common/cleanup.h"
#include "tui/data/sim_kinds.h"
#include "tui/text/choices.h"
#include "tui/text/line_edit.h"

#include <stdio.h>
#include <string.h>

#define BIT(context) (1U << (context))
#define CHARTS       (BIT(IN_CHART) | BIT(IN_POINTS)) /* one panel, looked into */
#define BOARDS       (BIT(IN_BOARD) | BIT(IN_PANEL))
#define VIEWS                                                                                      \
    (BOARDS | CHARTS | BIT(IN_WORST) | BIT(IN_DRIFT) | BIT(IN_ALERTS) | BIT(IN_ALERT) |            \
     BIT(IN_REQUESTS) | BIT(IN_REQUEST) | BIT(IN_SIMULATIONS) | BIT(IN_RUN) | BIT(IN_GAMEDAY) |    \
     BIT(IN_EVENTS) | BIT(IN_SOURCES) | BIT(IN_ANSWER))
#define TIMES (BOARDS | CHARTS)
#define LISTS                                                                                      \
    (BIT(IN_WORST) | BIT(IN_DRIFT) | BIT(IN_ALERTS) | BIT(IN_REQUESTS) | BIT(IN_SIMULATIONS) |     \
     BIT(IN_EVENTS) | BIT(IN_SOURCES) | BIT(IN_PICKER))
#define FILTERED                                                                                   \
    (BIT(IN_BOARD) | BIT(IN_ALERTS) | BIT(IN_REQUESTS) | BIT(IN_SIMULATIONS) | BIT(IN_EVENTS))
#define TEXTS                                                                                      \
    (BIT(IN_ALERT) | BIT(IN_RUN) | BIT(IN_GAMEDAY) | BIT(IN_HELP) | BIT(IN_ANSWER) | BIT(IN_PAGE))
#define ROWS      (LISTS | TEXTS | BIT(IN_REQUEST))
#define ALERTS    (BIT(IN_ALERTS) | BIT(IN_ALERT))
#define N_F_VIEWS 9 /* F2 to F10, in the order of the picker */
#define ANY                                                                                        \
    (VIEWS | BIT(IN_HELP) | BIT(IN_PICKER) | BIT(IN_FORM) | BIT(IN_SILENCE) | BIT(IN_CONFIRM) |    \
     BIT(IN_FILTER) | BIT(IN_PROMPT) | BIT(IN_COPY) | BIT(IN_SAVE) | BIT(IN_REPORT) |              \
     BIT(IN_PAGE))

/* The first binding that has the key in the context wins. Within a context help and footer keep this
 * order: what is special there stands before what goes everywhere. */
const struct key_binding key_bindings[] = {
    /* one place */
    {{'y'}, 0, BIT(IN_CONFIRM), ACTION_CONFIRM, 0, "yes, do it", "Do what the box says"},
    {{'n', 'q', INPUT_ENTER, INPUT_ESC}, 0, BIT(IN_CONFIRM), ACTION_BACK, 0, "cancel", "Leave it"},
    {{INPUT_ENTER},
     0,
     BIT(IN_FORM),
     ACTION_OPEN,
     0,
     "review and start",
     "Show the request and ask"},
    {{INPUT_SPACE, INPUT_RIGHT},
     0,
     BIT(IN_FORM),
     ACTION_TOGGLE,
     1,
     "change",
     "Switch the choice, to the next of several"},
    {{INPUT_LEFT}, 0, BIT(IN_FORM), ACTION_TOGGLE, -1, NULL, "To the one before"},
    {{INPUT_BACKSPACE},
     0,
     BIT(IN_FORM) | BIT(IN_SILENCE) | BIT(IN_FILTER),
     ACTION_ERASE,
     0,
     NULL,
     "Take back the last character"},
    {{INPUT_ENTER}, 0, BIT(IN_PROMPT), ACTION_SEND, 0, "do it", "Do what the command line says"},
    {{INPUT_TAB}, 0, BIT(IN_PROMPT), ACTION_COMPLETE, 0, "complete", "Complete the word"},
    {{INPUT_UP, 0x10}, 0, BIT(IN_PROMPT), ACTION_RECALL, -1, "history", "The command before"},
    {{INPUT_DOWN, 0x0e}, 0, BIT(IN_PROMPT), ACTION_RECALL, 1, "", "The command after it"},
    {{INPUT_CTRL_C, 0x07}, 0, BIT(IN_PROMPT), ACTION_BACK, 0, NULL, "Close the command line"},
    {{INPUT_LEFT, 0x02}, 0, BIT(IN_PROMPT), ACTION_EDIT, EDIT_LEFT, NULL, "A character back"},
    {{INPUT_RIGHT, 0x06}, 0, BIT(IN_PROMPT), ACTION_EDIT, EDIT_RIGHT, NULL, "A character on"},
    {{INPUT_HOME, 0x01}, 0, BIT(IN_PROMPT), ACTION_EDIT, EDIT_HOME, NULL, "To the beginning"},
    {{INPUT_END, 0x05}, 0, BIT(IN_PROMPT), ACTION_EDIT, EDIT_END, NULL, "To the end"},
    {{INPUT_BACKSPACE},
     0,
     BIT(IN_PROMPT),
     ACTION_EDIT,
     EDIT_ERASE,
     NULL,
     "Erase the character before the cursor; of an empty line: close it"},
    {{INPUT_DELETE, 0x04},
     0,
     BIT(IN_PROMPT),
     ACTION_EDIT,
     EDIT_DELETE,
     NULL,
     "Erase the character under the cursor"},
    {{0x17}, 0, BIT(IN_PROMPT), ACTION_EDIT, EDIT_ERASE_WORD, NULL, "Erase the word before"},
    {{0x15}, 0, BIT(IN_PROMPT), ACTION_EDIT, EDIT_ERASE_ALL_BEFORE, NULL, "Erase all before"},
    {{0x0b}, 0, BIT(IN_PROMPT), ACTION_EDIT, EDIT_ERASE_ALL_BEHIND, NULL, "Erase all behind"},
    {{0x19}, 0, BIT(IN_PROMPT), ACTION_EDIT, EDIT_YANK, NULL, "Put back what was erased last"},
    {{0x14}, 0, BIT(IN_PROMPT), ACTION_EDIT, EDIT_SWAP, NULL, "Swap two characters"},
    {{INPUT_ENTER},
     0,
     BIT(IN_ANSWER),
     ACTION_OPEN,
     0,
     "as it is stored",
     "Open it among the requests, with its trace and its evidence"},
    {{INPUT_ENTER},
     0,
     BIT(IN_SILENCE),
     ACTION_OPEN,
     0,
     "review",
     "Show what it would match and the request, and ask"},
    {{INPUT_DOWN, INPUT_TAB}, 0, BIT(IN_SILENCE), ACTION_DOWN, 0, "next field", "The next field"},
    {{INPUT_UP, INPUT_SHIFT_TAB}, 0, BIT(IN_SILENCE), ACTION_UP, 0, NULL, "The one before"},
    {{INPUT_ENTER}, 0, BIT(IN_FILTER), ACTION_OPEN, 0, "keep", "Keep the filter"},
    {{'1'}, '9', BOARDS, ACTION_NUMBER, 1, "panel", "Focus the panel of that number"},
    {{INPUT_ENTER},
     0,
     BOARDS,
     ACTION_OPEN,
     0,
     "open",
     "Open the panel: series, cursor, past, exemplars, rules, query"},
    {{'z'}, 0, TIMES, ACTION_ZOOM, 0, "zoom", "Zoom the panel to the whole screen, and back"},
    {{'o'}, 0, BOARDS, ACTION_WORST, 0, NULL, "Go to the worst recent answers, under quality"},
    {{INPUT_ENTER},
     0,
     BIT(IN_WORST),
     ACTION_OPEN,
     0,
     "open",
     "Open the request: its answer, sentence by sentence, beside the evidence"},
    {{INPUT_UP, 'k'}, 0, BIT(IN_POINTS), ACTION_UP, 0, "moment", "A newer moment"},
    {{INPUT_DOWN, 'j'}, 0, BIT(IN_POINTS), ACTION_DOWN, 0, "", "An older moment"},
    {{INPUT_LEFT, 'h'}, 0, BIT(IN_POINTS), ACTION_LEFT, 0, "series", "The series to the left"},
    {{INPUT_RIGHT, 'l'}, 0, BIT(IN_POINTS), ACTION_RIGHT, 0, "", "The series to the right"},
    {{INPUT_UP, 'k'}, 0, BIT(IN_PANEL), ACTION_UP, 0, "scroll", "A line up"},
    {{INPUT_DOWN, 'j'}, 0, BIT(IN_PANEL), ACTION_DOWN, 0, "", "A line down"},
    {{INPUT_LEFT, 'h'}, 0, BIT(IN_PANEL), ACTION_LEFT, 0, "panel", "The panel before"},
    {{INPUT_RIGHT, 'l'}, 0, BIT(IN_PANEL), ACTION_RIGHT, 0, "", "The panel behind"},
    {{INPUT_LEFT, 'h'},
     0,
     BIT(IN_CHART),
     ACTION_LEFT,
     0,
     "cursor",
     "Move the cursor to an earlier moment"},
    {{INPUT_RIGHT, 'l'},
     0,
     BIT(IN_CHART),
     ACTION_RIGHT,
     0,
     "",
     "Move the cursor to a later moment"},
    {{INPUT_UP, 'k'}, 0, BIT(IN_CHART), ACTION_UP, 0, "series", "The series above"},
    {{INPUT_DOWN, 'j'}, 0, BIT(IN_CHART), ACTION_DOWN, 0, "", "The series below"},
    {{INPUT_SPACE}, 0, CHARTS, ACTION_TOGGLE, 0, "hide", "Hide or show the series"},
    {{'='},
     0,
     CHARTS,
     ACTION_COMPARE,
     0,
     "compare",
     "Compare with 1 hour, 1 day, 1 week ago, or not"},
    {{'t'}, 0, CHARTS, ACTION_TABLE, 0, "table", "The points as a table, and back"},
    {{'c'}, 0, BIT(IN_CHART), ACTION_SCALE, 0, "log", "A logarithmic y axis, or a linear one"},
    {{'y'}, 0, CHARTS, ACTION_COPY, 0, "copy", "Copy the query, a trace id, the values"},
    {{'w'}, 0, CHARTS, ACTION_SAVE, 0, "write", "Write the panel or the screen to a file"},
    {{'y'}, 0, BOARDS, ACTION_COPY, 0, NULL, "Copy the panel's query, the values"},
    {{'w'},
     0,
     VIEWS & ~CHARTS & ~BIT(IN_GAMEDAY),
     ACTION_SAVE,
     0,
     NULL,
     "Write the panel or the screen to a file"},
    {{INPUT_PAGE_UP}, 0, BOARDS, ACTION_PAGE_UP, 0, NULL, "Ten lines up in the panel"},
    {{INPUT_PAGE_DOWN}, 0, BOARDS, ACTION_PAGE_DOWN, 0, NULL, "Ten lines down in the panel"},
    {{'g', INPUT_HOME}, 0, BOARDS, ACTION_FIRST, 0, NULL, "To the panel's first line"},
    {{'G', INPUT_END}, 0, BOARDS, ACTION_LAST, 0, NULL, "To its last line"},
    {{INPUT_PAGE_UP}, 0, BIT(IN_POINTS), ACTION_PAGE_UP, 0, NULL, "Ten moments newer"},
    {{INPUT_PAGE_DOWN}, 0, BIT(IN_POINTS), ACTION_PAGE_DOWN, 0, NULL, "Ten moments older"},
    {{'g', INPUT_HOME}, 0, BIT(IN_POINTS), ACTION_FIRST, 0, NULL, "To the newest point"},
    {{'G', INPUT_END}, 0, BIT(IN_POINTS), ACTION_LAST, 0, NULL, "To the first point"},
    {{INPUT_PAGE_UP}, 0, BIT(IN_CHART), ACTION_PAGE_UP, 0, NULL, "The cursor ten points earlier"},
    {{INPUT_PAGE_DOWN}, 0, BIT(IN_CHART), ACTION_PAGE_DOWN, 0, NULL, "And ten points later"},
    {{'g', INPUT_HOME}, 0, BIT(IN_CHART), ACTION_FIRST, 0, NULL, "The cursor to the first point"},
    {{'G', INPUT_END}, 0, BIT(IN_CHART), ACTION_LAST, 0, NULL, "The cursor to the newest point"},
    {{'q'}, 0, BIT(IN_COPY), ACTION_CHOOSE, COPY_QUERY, "query", "Copy the query, as it is asked"},
    {{'c'}, 0, BIT(IN_COPY), ACTION_CHOOSE, COPY_CURL, "curl", "Copy the query as a call of curl"},
    {{'t'},
     0,
     BIT(IN_COPY),
     ACTION_CHOOSE,
     COPY_TRACE,
     "trace id",
     "Copy the trace id of the nearest exemplar"},
    {{'v'},
     0,
     BIT(IN_COPY),
     ACTION_CHOOSE,
     COPY_VALUES,
     "values",
     "Copy the values at the cursor, a line for each series"},
    {{'c'}, 0, BIT(IN_SAVE), ACTION_CHOOSE, SAVE_CSV, "CSV", "Write the panel's points as CSV"},
    {{'j'}, 0, BIT(IN_SAVE), ACTION_CHOOSE, SAVE_JSON, "JSON", "Write the panel's points as JSON"},
    {{'t'}, 0, BIT(IN_SAVE), ACTION_CHOOSE, SAVE_SCREEN, "text", "Write the screen as text"},
    {{INPUT_ENTER},
     0,
     BIT(IN_ALERTS),
     ACTION_OPEN,
     0,
     "runbook",
     "Open the alert with its runbook"},
    {{'A'},
     0,
     ALERTS,
     ACTION_ACK,
     0,
     "ack",
     "Acknowledge: silence exactly this alert for 15 minutes, in your name"},
    {{'S'},
     0,
     ALERTS,
     ACTION_SILENCE,
     0,
     "silence",
     "Silence (a form that shows what it matches, then a question)"},
    {{'n'}, 0, CHARTS, ACTION_NEXT_ALERT, 1, NULL, "The next alert of this panel"},
    {{'N'}, 0, CHARTS, ACTION_NEXT_ALERT, -1, NULL, "The alert before"},
    {{'f'},
     0,
     BIT(IN_ALERTS),
     ACTION_KIND,
     0,
     "show",
     "Show critical, warning, firing, pending, held back, those of this service, or all"},
    {{'o'},
     0,
     BIT(IN_ALERTS),
     ACTION_ORDER,
     0,
     "group",
     "Group by severity, service or state, or not; the worst and oldest first"},
    {{'E'}, 0, ALERTS, ACTION_EXPIRE, 0, "expire", "End the silence that holds it back; asks"},
    {{'T'}, 0, ALERTS, ACTION_EXTEND, 0, "extend", "One hour more for that silence"},
    {{INPUT_ENTER},
     0,
     BIT(IN_REQUESTS),
     ACTION_OPEN,
     0,
     "open",
     "Open the request: its answer, sentence by sentence, beside the evidence"},
    {{'f'},
     0,
     BIT(IN_REQUESTS),
     ACTION_KIND,
     0,
     "kind",
     "Show chats, triages, predictions, or all"},
    {{'o'},
     0,
     BIT(IN_REQUESTS),
     ACTION_ORDER,
     0,
     "worst first",
     "Answers with unsupported sentences, worst first: of the last hour, of all times, or not"},
    {{INPUT_UP, 'k'}, 0, BIT(IN_REQUEST), ACTION_UP, 0, "sentence", "The sentence above"},
    {{INPUT_DOWN, 'j'}, 0, BIT(IN_REQUEST), ACTION_DOWN, 0, "", "The sentence below"},
    {{INPUT_LEFT, 'h'},
     0,
     BIT(IN_REQUEST),
     ACTION_LEFT,
     0,
     "request",
     "The request above in the list"},
    {{INPUT_RIGHT, 'l'}, 0, BIT(IN_REQUEST), ACTION_RIGHT, 0, "", "The request below in the list"},
    {{INPUT_ENTER},
     0,
     BIT(IN_SIMULATIONS),
     ACTION_OPEN,
     0,
     "form or run",
     "Open the form of what is started, or the run or game day with its times"},
    {{'f'},
     0,
     BIT(IN_SIMULATIONS),
     ACTION_KIND,
     0,
     "game days",
     "List game days in the place of the runs, and back"},
    {{'y'}, 0, BIT(IN_GAMEDAY), ACTION_COPY, 0, "copy", "Copy the report as text"},
    {{'w'}, 0, BIT(IN_GAMEDAY), ACTION_SAVE, 0, "write", "Write the report to a file"},
    {{'x'}, 0, BIT(IN_REPORT), ACTION_CHOOSE, REPORT_JUNIT, "JUnit", "Write it as JUnit XML"},
    {{'j'}, 0, BIT(IN_REPORT), ACTION_CHOOSE, REPORT_JSON, "JSON", "As the server has it, JSON"},
    {{'t'}, 0, BIT(IN_REPORT), ACTION_CHOOSE, REPORT_TEXT, "text", "As the table, text"},
    {{INPUT_ENTER}, 0, BIT(IN_PICKER), ACTION_OPEN, 0, "go", "Go to the selected view"},
    {{'/'}, 0, BIT(IN_HELP), ACTION_FILTER, 0, "find", "Show only keys with a word"},
    {{'+', '='}, 0, BOARDS, ACTION_WIDER, 0, "range", "A longer range of time"},
    {{'-'}, 0, BOARDS, ACTION_NARROWER, 0, "", "A shorter range of time"},
    {{'+'}, 0, CHARTS, ACTION_WIDER, 0, "range", "A longer range of time"},
    {{'-'}, 0, CHARTS, ACTION_NARROWER, 0, "", "A shorter range of time"},
    {{'-'}, 0, VIEWS & ~TIMES, ACTION_REPEAT, 0, NULL, "The last command once more; as :-"},
    {{'['}, 0, TIMES, ACTION_EARLIER, 0, "pan", "Go back by half a range"},
    {{']'}, 0, TIMES, ACTION_LATER, 0, "", "Go forward by half a range"},
    {{'0'}, 0, TIMES, ACTION_NOW, 0, "now", "Back to now"},
    {{INPUT_UP, 'k'}, 0, LISTS | TEXTS | BIT(IN_FORM), ACTION_UP, 0, "move", "Up"},
    {{INPUT_DOWN, 'j'}, 0, LISTS | TEXTS | BIT(IN_FORM), ACTION_DOWN, 0, "", "Down"},
    {{INPUT_PAGE_UP}, 0, ROWS, ACTION_PAGE_UP, 0, NULL, "Ten lines up"},
    {{INPUT_PAGE_DOWN}, 0, ROWS, ACTION_PAGE_DOWN, 0, NULL, "Ten lines down"},
    {{'g', INPUT_HOME}, 0, ROWS, ACTION_FIRST, 0, NULL, "To the top"},
    {{'G', INPUT_END}, 0, ROWS, ACTION_LAST, 0, NULL, "To the end"},
    {{INPUT_UP, 'k'}, 0, BIT(IN_BOARD), ACTION_UP, 0, NULL, "The panel above"},
    {{INPUT_DOWN, 'j'}, 0, BIT(IN_BOARD), ACTION_DOWN, 0, NULL, "The panel below"},
    {{INPUT_LEFT, 'h'}, 0, BIT(IN_BOARD), ACTION_LEFT, 0, NULL, "The panel to the left"},
    {{INPUT_RIGHT, 'l'}, 0, BIT(IN_BOARD), ACTION_RIGHT, 0, NULL, "The panel to the right"},
    {{INPUT_TAB}, 0, VIEWS | BIT(IN_FORM), ACTION_NEXT, 0, NULL, "The next panel, row or field"},
    {{INPUT_SHIFT_TAB}, 0, VIEWS | BIT(IN_FORM), ACTION_PREVIOUS, 0, NULL, "The one before"},
    /* every view */
    {{'p'}, 0, VIEWS, ACTION_PAUSE, 0, "pause", "Hold the screen, and let it go; polling goes on"},
    {{'v'}, 0, VIEWS, ACTION_PICKER, 0, "views", "Choose a view"},
    {{'D'},
     0,
     VIEWS,
     ACTION_LAUNCH,
     SIM_DRIFT,
     "sim",
     "Launch a drift simulation (a form, then a question)"},
    {{'H'},
     0,
     VIEWS,
     ACTION_LAUNCH,
     SIM_HALLUCINATION,
     "",
     "Launch a hallucination simulation, the same way"},
    {{'L'}, 0, VIEWS, ACTION_LAUNCH, SIM_LATENCY, "", "Launch a latency simulation, the same way"},
    {{'X'},
     0,
     VIEWS,
     ACTION_STOP,
     0,
     "stop",
     "Stop all drills and the game day; asks when some are not of this console"},
    {{'B'}, 0, VIEWS, ACTION_BASELINE, 0, "baseline", "Switch the baseline traffic on or off"},
    {{'U'}, 0, VIEWS, ACTION_UNDO, 0, "undo", "Undo the last start, switch or silence, for 60 s"},
    {{'a'}, 0, VIEWS, ACTION_ALERTS, 0, "alerts", "Go to the alerts"},
    {{'A'},
     0,
     TIMES,
     ACTION_ACK,
     0,
     "silence",
     "Acknowledge the panel's alert, or else the strip's, for 15 minutes; in a board asks"},
    {{'S'},
     0,
     TIMES,
     ACTION_SILENCE,
     0,
     "",
     "Silence that alert (a form that shows what it matches, then a question)"},
    {{'E'},
     0,
     TIMES,
     ACTION_EXPIRE,
     0,
     NULL,
     "End the silence that holds the panel's alert back; asks"},
    {{'T'}, 0, CHARTS, ACTION_EXTEND, 0, NULL, "One hour more for that silence"},
    {{'s'},
     0,
     VIEWS,
     ACTION_SIMULATIONS,
     0,
     "sims",
     "Go to the simulations, their runs, and active faults"},
    {{'e', 'i'}, 0, VIEWS, ACTION_SOURCES, 0, "errors", "Go to sources, errors and warnings"},
    {{INPUT_F1 + 1},
     INPUT_F1 + N_F_VIEWS,
     VIEWS | BIT(IN_PICKER),
     ACTION_GO,
     0,
     NULL,
     "Go to a view, in the order of the picker"},
    {{':'},
     0,
     VIEWS | BIT(IN_HELP) | BIT(IN_PAGE),
     ACTION_PROMPT,
     0,
     "cmd",
     "Command line: go, ask, predict, triage, start; Tab completes"},
    {{'/'},
     0,
     FILTERED,
     ACTION_FILTER,
     0,
     "filter",
     "Show only what has a word in it; !word: what has not; Esc: all again"},
    {{'!'}, 0, FILTERED, ACTION_FILTER, 1, NULL, "Show only what does not have a word in it"},
    {{'n'},
     0,
     FILTERED,
     ACTION_NEXT,
     0,
     NULL,
     "The next that the filter shows; from the end to the top"},
    {{'N'}, 0, FILTERED, ACTION_PREVIOUS, 0, NULL, "The one before"},
    {{'r'}, 0, VIEWS, ACTION_REFRESH, 0, NULL, "Ask everything again now"},
    {{'<'}, 0, VIEWS, ACTION_SLOWER, 0, NULL, "Ask less often"},
    {{'>'}, 0, VIEWS, ACTION_FASTER, 0, NULL, "Ask more often"},
    {{'?', INPUT_F1},
     0,
     VIEWS | BIT(IN_HELP) | BIT(IN_PICKER),
     ACTION_HELP,
     0,
     "help",
     "The keys of this screen first, then all others"},
    {{INPUT_ESC}, 0, ANY, ACTION_BACK, 0, "back", "Back: close what is open"},
    {{'q'},
     0,
     VIEWS,
     ACTION_QUIT,
     0,
     "quit",
     "Quit; asks only while a simulation of this console runs"},
    {{'q', 'v'}, 0, BIT(IN_HELP) | BIT(IN_PICKER) | BIT(IN_PAGE), ACTION_BACK, 0, NULL, "Close"},
    {{INPUT_CTRL_C}, 0, ANY & ~BIT(IN_PROMPT), ACTION_QUIT, 0, NULL, "Quit"},
    {{INPUT_CTRL_L}, 0, ANY, ACTION_REDRAW, 0, NULL, "Draw the screen anew"},
    {{INPUT_CTRL_Z}, 0, ANY, ACTION_SUSPEND, 0, NULL, "Suspend; fg brings it back"},
};

const size_t n_key_bindings = sizeof(key_bindings) / sizeof(key_bindings[0]);

struct key_match keys_find(enum key_context context, uint32_t key)
{
    for (size_t i = 0; i < n_key_bindings; i++) {
        const struct key_binding *binding = &key_bindings[i];

        if (!key_is_in(binding, context))
            continue;
        if (binding->last > 0 && key >= binding->keys[0] && key <= binding->last)
            return (struct key_match){binding->action,
                                      binding->argument + (int)(key - binding->keys[0])};
        for (size_t k = 0; k < KEY_CHOICES_MAX && binding->keys[k]; k++)
            if (binding->keys[k] == key)
                return (struct key_match){binding->action, binding->argument};
    }
    return (struct key_match){ACTION_NONE, 0};
}

static const struct {
    enum action action;
    const char *word;
} words[] = {
    {ACTION_OPEN, "open"},       {ACTION_ZOOM, "zoom"},
    {ACTION_WIDER, "wider"},     {ACTION_NARROWER, "narrower"},
    {ACTION_EARLIER, "earlier"}, {ACTION_LATER, "later"},
    {ACTION_NOW, "now"},         {ACTION_PAUSE, "pause"},
    {ACTION_REFRESH, "again"},   {ACTION_SLOWER, "slower"},
    {ACTION_FASTER, "faster"},   {ACTION_FILTER, "filter"},
    {ACTION_COMPARE, "compare"}, {ACTION_TABLE, "table"},
    {ACTION_SCALE, "log"},       {ACTION_COPY, "copy"},
    {ACTION_SAVE, "write"},      {ACTION_TOGGLE, "hide"},
    {ACTION_KIND, "show"},       {ACTION_ORDER, "order"},
    {ACTION_ACK, "ack"},         {ACTION_SILENCE, "silence"},
    {ACTION_EXPIRE, "expire"},   {ACTION_EXTEND, "extend"},
    {ACTION_STOP, "stop"},       {ACTION_BASELINE, "baseline"},
    {ACTION_UNDO, "undo"},       {ACTION_NEXT_ALERT, "next-alert"},
    {ACTION_BACK, "back"},       {ACTION_REDRAW, "redraw"},
    {ACTION_SUSPEND, "suspend"},
};

const char *keys_word(size_t i)
{
    return i < COUNT_OF(words) ? words[i].word : NULL;
}

uint32_t keys_of_word(enum key_context context, const char *word)
{
    for (size_t w = 0; w < COUNT_OF(words); w++) {
        if (strcmp(words[w].word, word) != 0)
            continue;
        for (size_t i = 0; i < n_key_bindings; i++)
            if (key_is_in(&key_bindings[i], context) && key_bindings[i].action == words[w].action)
                return key_bindings[i].keys[0];
    }
    return 0;
}

static bool acts(enum action action)
{
    return action == ACTION_LAUNCH || action == ACTION_STOP || action == ACTION_BASELINE ||
           action == ACTION_UNDO || action == ACTION_ACK || action == ACTION_SILENCE ||
           action == ACTION_EXPIRE || action == ACTION_EXTEND;
}

bool key_acts(const struct key_binding *binding)
{
    return acts(binding->action);
}

bool keys_word_acts(size_t i)
{
    return acts(words[i].action);
}

void keys_short_name(const struct key_binding *binding, char out[KEYS_NAME_SIZE])
{
    char first[INPUT_NAME_SIZE], last[INPUT_NAME_SIZE];

    input_key_name(binding->keys[0], first);
    if (binding->last > 0) {
        input_key_name(binding->last, last);
        (void)snprintf(out, KEYS_NAME_SIZE, "%s-%s", first, last);
    } else {
        (void)snprintf(out, KEYS_NAME_SIZE, "%s", first);
    }
}

void keys_name(const struct key_binding *binding, char out[KEYS_NAME_SIZE])
{
    size_t used;

    keys_short_name(binding, out);
    for (size_t k = 1; k < KEY_CHOICES_MAX && binding->keys[k]; k++) {
        char name[INPUT_NAME_SIZE];

        input_key_name(binding->keys[k], name);
        used = strlen(out);
        (void)snprintf(out + used, KEYS_NAME_SIZE - used, " %s", name);
    }
}

const char *key_context_name(enum key_context context)
{
    static const char *const names[N_KEY_CONTEXTS] = {
        [IN_BOARD] = "the panels",
        [IN_PANEL] = "a panel alone",
        [IN_CHART] = "a chart",
        [IN_WORST] = "the worst answers",
        [IN_POINTS] = "a chart's points",
        [IN_DRIFT] = "drift",
        [IN_ALERTS] = "alerts",
        [IN_ALERT] = "an alert",
        [IN_REQUESTS] = "the requests",
        [IN_REQUEST] = "a request",
        [IN_SIMULATIONS] = "the simulations",
        [IN_RUN] = "a simulation",
        [IN_GAMEDAY] = "a game day",
        [IN_EVENTS] = "events",
        [IN_SOURCES] = "sources",
        [IN_HELP] = "help",
        [IN_PICKER] = "the view picker",
        [IN_FORM] = "a form",
        [IN_SILENCE] = "a silence",
        [IN_CONFIRM] = "a question",
        [IN_FILTER] = "a filter",
        [IN_PROMPT] = "the command line",
        [IN_ANSWER] = "an answer",
        [IN_COPY] = "what to copy",
        [IN_SAVE] = "what to write",
        [IN_REPORT] = "what to write of a game day",
        [IN_PAGE] = "a page",
    };

    return names[context];
}
