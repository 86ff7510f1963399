#include "tui/state/prompt.h"

#include "common/utf8.h"
#include "tui/data/gameday.h"
#include "tui/data/options.h"
#include "tui/draw/theme.h"
#include "tui/poll/poller.h"
#include "tui/state/ui_state.h"
#include "tui/text/moment.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- What arguments may be ------------------------------------------------------------------------ */

static const char *view_word(const struct prompt_known *known, size_t i)
{
    (void)known;
    return i < N_VIEWS ? view_titles[i].name : NULL;
}

static const char *board_word(const struct prompt_known *known, size_t i)
{
    (void)known;
    return ui_shipped_board(i);
}

static const char *kind_word(const struct prompt_known *known, size_t i)
{
    (void)known;
    return i < N_SIM_KINDS ? sim_kinds[i].name : NULL;
}

static const char *gameday_word(const struct prompt_known *known, size_t i)
{
    (void)known;
    return i < N_GAMEDAY_KINDS ? gameday_kinds[i] : NULL;
}

static const char *range_word(const struct prompt_known *known, size_t i)
{
    static const char *const words[] = {"5m",  "15m", "30m", "1h", "3h", "6h",
                                        "12h", "1d",  "2d",  "7d", "30d"};

    (void)known;
    return i < COUNT_OF(words) ? words[i] : NULL;
}

static const char *refresh_word(const struct prompt_known *known, size_t i)
{
    static const char *const words[] = {"1s", "2s", "5s", "10s", "15s", "30s", "1m"};

    (void)known;
    return i < COUNT_OF(words) ? words[i] : NULL;
}

static const struct feature {
    const char *word; /* with its '=' */
    size_t offset;    /* of its double in an enquiry */
} features[] = {
    {"length=", offsetof(struct enquiry, length)},
    {"urgency=", offsetof(struct enquiry, urgency)},
    {"impact=", offsetof(struct enquiry, impact)},
    {"tier=", offsetof(struct enquiry, tier)},
};

static const char *feature_word(const struct prompt_known *known, size_t i)
{
    (void)known;
    return i < COUNT_OF(features) ? features[i].word : NULL;
}

static const char *theme_word(const struct prompt_known *known, size_t i)
{
    (void)known;
    return i < THEME_COUNT ? theme_name((enum theme)i) : NULL;
}

static const char *mouse_word(const struct prompt_known *known, size_t i)
{
    static const char *const words[] = {"off", "on"}; /* as numbers */

    (void)known;
    return i < COUNT_OF(words) ? words[i] : NULL;
}

/* Those of the file, then none. */
static const char *context_word(const struct prompt_known *known, size_t i)
{
    size_t n = known->contexts ? known->contexts->n : 0;

    if (i < n)
        return known->contexts->members[i].name;
    return i == n ? known->bare_context : NULL;
}

const struct prompt_command prompt_commands[N_PROMPT_COMMANDS] = {
    [PROMPT_VIEW] = {"view", NULL, "NAME", "Go to a view", view_word, false},
    [PROMPT_RANGE] = {"range", NULL, "SPAN", "How much time the charts show: 15m, 1h, 7d",
                      range_word, false},
    [PROMPT_REFRESH] = {"refresh", NULL, "SPAN", "How often everything is asked: 2s, 500ms, 1m",
                        refresh_word, false},
    [PROMPT_ASK] = {"ask", NULL, "TEXT", "Ask the LLM side; the answer comes sentence by sentence",
                    NULL, true},
    [PROMPT_PREDICT] = {"predict", NULL, "length=N urgency=N impact=N tier=N",
                        "Severity and its probabilities, from the four features", feature_word,
                        true},
    [PROMPT_TRIAGE] = {"triage", NULL, "[impact=N tier=N length=N urgency=N] TEXT",
                       "Severity of a ticket, why, and what to do", feature_word, true},
    [PROMPT_ANSWER] = {"answer", NULL, "", "Back to what was asked last", NULL, false},
    [PROMPT_SIM] = {"sim", NULL, "KIND", "Open the form of a simulation", kind_word, true},
    [PROMPT_GAMEDAY] = {"gameday", NULL, "NAME", "Start a game day: all, or one; asks first",
                        gameday_word, true},
    [PROMPT_DASHBOARD] = {"dashboard", NULL, "[NAME|FILE]",
                          "A dashboard of ours by name, or any of Grafana's; alone: the overview's",
                          board_word, false},
    [PROMPT_QUERY] = {"query", NULL, "EXPR",
                      "A PromQL expression as a chart; edit: the panel's own, to change", NULL,
                      false},
    [PROMPT_VAR] = {"var", NULL, "[NAME VALUE, ...]",
                    "Choose a variable of the dashboard; alone: what they are", NULL, false},
    [PROMPT_CONTEXT] = {"context", NULL, "[NAME]",
                        "Go to another installation of the settings; alone: which there are",
                        context_word, false},
    [PROMPT_RELOAD] = {"reload", NULL, "", "Read the settings and the dashboards' files again",
                       NULL, false},
    [PROMPT_SAVE] = {"save", NULL, "",
                     "Write theme, range, refresh, view, ascii and mouse to the settings", NULL,
                     false},
    [PROMPT_THEME] = {"theme", NULL, "[NAME]", "Other colours; alone: which they are", theme_word,
                      false},
    [PROMPT_ASCII] = {"ascii", NULL, "", "ASCII alone, and back", NULL, false},
    [PROMPT_MOUSE] = {"mouse", NULL, "[on|off]",
                      "Click and wheel; the terminal's own selection then needs Shift", mouse_word,
                      false},
    [PROMPT_REPEAT] = {"-", NULL, "", "The last command once more", NULL, false},
    [PROMPT_HELP] = {"help", "h", "", "Keys and commands", NULL, false},
    [PROMPT_QUIT] = {"quit", "q", "", "Quit; asks only while a simulation of this console runs",
                     NULL, false},
};

/* ---- Reading a line -------------------------------------------------------------------------------- */

/* The word at *at, of at most size - 1 bytes; *at moves to the next one. False: it is longer. */
static bool take_word(const char **at, char *out, size_t size)
{
    size_t len = strcspn(*at, " ");
    bool fits = len < size;

    (void)snprintf(out, size, "%.*s", (int)utf8_whole(*at, fits ? len : size - 1), *at);
    *at += len;
    *at += strspn(*at, " ");
    return fits;
}

static int find_command(const char *name)
{
    for (int i = 0; i < N_PROMPT_COMMANDS; i++) {
        const struct prompt_command *command = &prompt_commands[i];

        if (strcmp(command->name, name) == 0 ||
            (command->brief && strcmp(command->brief, name) == 0))
            return i;
    }
    return -1;
}

/* Bytes of a text that an error message has room for. */
static int shown(const char *text)
{
    return (int)utf8_whole(text, strnlen(text, 40));
}

static int fail_unknown(
    const char *what, const char *name, const char *const *known, size_t n, struct tw_error *err)
{
    char hint[OPTIONS_HINT_SIZE];

    options_hint(name, known, n, hint);
    return tw_fail(err, TW_INVALID, "no %s '%.*s'%s", what, shown(name), name, hint);
}

static bool is_key_word(const char *name)
{
    size_t i = 0;

    while (keys_word(i) && strcmp(keys_word(i), name) != 0)
        i++;
    return keys_word(i) != NULL;
}

static int fail_no_command(const char *name, struct tw_error *err)
{
    const char *names[PROMPT_CHOICES_MAX];
    size_t n = 0;

    for (; n < N_PROMPT_COMMANDS; n++)
        names[n] = prompt_commands[n].name;
    for (size_t i = 0; keys_word(i) && n < PROMPT_CHOICES_MAX; i++)
        names[n++] = keys_word(i);
    return fail_unknown("command", name, names, n, err);
}

/* A word of the keys: it takes nothing. */
static int read_key_word(const char *name,
                         const char *text,
                         struct prompt_order *order,
                         struct tw_error *err)
{
    if (*text)
        return tw_fail(err, TW_INVALID, "%s takes no argument", name);
    order->id = PROMPT_KEY;
    (void)snprintf(order->text, sizeof(order->text), "%s", name);
    return 0;
}

/* One of the command's words. */
static int read_choice(const struct prompt_command *command,
                       const char *what,
                       const char *text,
                       int *ret_number,
                       struct tw_error *err)
{
    static const struct prompt_known none = {0};
    const char *words[PROMPT_CHOICES_MAX];
    size_t n = 0;

    for (; n < PROMPT_CHOICES_MAX && command->word(&none, n); n++) {
        words[n] = command->word(&none, n);
        if (strcmp(words[n], text) == 0) {
            *ret_number = (int)n;
            return 0;
        }
    }
    return fail_unknown(what, text, words, n, err);
}

static int read_span(
    const char *text, int64_t least_ms, int64_t most_ms, int64_t *ret_ms, struct tw_error *err)
{
    char least[MOMENT_SPAN_SIZE], most[MOMENT_SPAN_SIZE];

    moment_format_span(least_ms, least);
    moment_format_span(most_ms, most);
    if (!moment_parse_span(text, ret_ms))
        return tw_fail(err, TW_INVALID, "'%.*s' is no span of time like 30s, 15m or 1h30m",
                       shown(text), text);
    if (*ret_ms < least_ms || *ret_ms > most_ms)
        return tw_fail(err, TW_INVALID, "'%.*s' is not from %s to %s", shown(text), text, least,
                       most);
    return 0;
}

/* 1: the word is a feature; 0: it is none; below 0: its value is no number. Bounds are the server's, which
 * names every field that is wrong. */
static int read_feature(const char *word, struct enquiry *enquiry, struct tw_error *err)
{
    for (size_t i = 0; i < COUNT_OF(features); i++) {
        size_t len = strlen(features[i].word);
        char *end;
        double value;

        if (strncmp(word, features[i].word, len) != 0)
            continue;
        value = strtod(word + len, &end);
        if (end == word + len || *end || !isfinite(value))
            return tw_fail(err, TW_INVALID, "%s'%.*s' is no number", features[i].word,
                           shown(word + len), word + len);
        memcpy((char *)enquiry + features[i].offset, &value, sizeof(value));
        return 1;
    }
    return 0;
}

/* Features in front, then what is left: the text of a triage. */
static int read_enquiry(const char *text, struct enquiry *enquiry, struct tw_error *err)
{
    char word[64];
    int r = 0;

    enquiry->length = enquiry->urgency = enquiry->impact = enquiry->tier = (double)NAN;
    while (enquiry->kind != ENQUIRY_ASK && *text) {
        const char *rest = text;

        r = take_word(&rest, word, sizeof(word)) ? read_feature(word, enquiry, err) : 0;
        if (r <= 0)
            break;
        text = rest;
    }
    if (r < 0)
        return -1;
    if (enquiry->kind == ENQUIRY_PREDICT && *text)
        return tw_fail(err, TW_INVALID, "predict takes %s, not '%.*s'",
                       prompt_commands[PROMPT_PREDICT].arguments, shown(text), text);
    (void)snprintf(enquiry->text, sizeof(enquiry->text), "%s", text);
    if (enquiry->kind == ENQUIRY_TRIAGE && !*text)
        return tw_fail(err, TW_INVALID, "triage needs the text of a ticket");
    return 0;
}

static int check_prediction(const char *line, struct enquiry *enquiry, struct tw_error *err)
{
    for (size_t i = 0; i < COUNT_OF(features); i++) {
        double value;

        memcpy(&value, (const char *)enquiry + features[i].offset, sizeof(value));
        if (isnan(value))
            return tw_fail(err, TW_INVALID, "predict needs %sN", features[i].word);
    }
    (void)snprintf(enquiry->text, sizeof(enquiry->text), "%s", line);
    return 0;
}

static int read_arguments(const char *text, struct prompt_order *order, struct tw_error *err)
{
    const struct prompt_command *command = &prompt_commands[order->id];

    switch (order->id) {
    case PROMPT_VIEW:
        return read_choice(command, "view", text, &order->number, err);
    case PROMPT_SIM:
        return read_choice(command, "simulation", text, &order->number, err);
    case PROMPT_GAMEDAY:
        return read_choice(command, "game day", text, &order->number, err);
    case PROMPT_RANGE:
        return read_span(text, POLLER_RANGE_MS_MIN, POLLER_RANGE_MS_MAX, &order->ms, err);
    case PROMPT_REFRESH:
        return read_span(text, POLLER_REFRESH_MS_MIN, POLLER_REFRESH_MS_MAX, &order->ms, err);
    case PROMPT_ASK:
        order->enquiry.kind = ENQUIRY_ASK;
        return read_enquiry(text, &order->enquiry, err);
    case PROMPT_TRIAGE:
        order->enquiry.kind = ENQUIRY_TRIAGE;
        return read_enquiry(text, &order->enquiry, err);
    case PROMPT_PREDICT:
        order->enquiry.kind = ENQUIRY_PREDICT;
        if (read_enquiry(text, &order->enquiry, err) < 0)
            return -1;
        return check_prediction(text, &order->enquiry, err);
    case PROMPT_THEME:
        return text[0] ? read_choice(command, "theme", text, &order->number, err) : 0;
    case PROMPT_MOUSE:
        order->number = -1;
        return text[0] ? read_choice(command, "choice", text, &order->number, err) : 0;
    case PROMPT_DASHBOARD:
    case PROMPT_QUERY:
    case PROMPT_VAR:
    case PROMPT_CONTEXT:
    case PROMPT_RELOAD:
    case PROMPT_SAVE:
    case PROMPT_ANSWER:
    case PROMPT_ASCII:
    case PROMPT_REPEAT:
    case PROMPT_HELP:
    case PROMPT_QUIT:
    case PROMPT_KEY:
        break;
    }
    return 0;
}

static int check_arity(const struct prompt_command *command, const char *text, struct tw_error *err)
{
    if (*text && !command->arguments[0])
        return tw_fail(err, TW_INVALID, "%s takes no argument", command->name);
    if (!*text && command->arguments[0] && command->arguments[0] != '[')
        return tw_fail(err, TW_INVALID, "%s needs %s", command->name, command->arguments);
    return 0;
}

int prompt_parse(const char *line, struct prompt_order *ret_order, struct tw_error *err)
{
    const char *at = line + strspn(line, " ");
    char name[40];
    size_t len;
    int id;

    *ret_order = (struct prompt_order){0};
    if (!take_word(&at, name, sizeof(name)))
        return fail_no_command(name, err);
    id = find_command(name);
    if (id < 0)
        return is_key_word(name) ? read_key_word(name, at, ret_order, err)
                                 : fail_no_command(name, err);
    ret_order->id = (enum prompt_command_id)id;
    for (len = strlen(at); len > 0 && at[len - 1] == ' '; len--)
        ;
    (void)snprintf(ret_order->text, sizeof(ret_order->text), "%.*s", (int)len, at);
    if (check_arity(&prompt_commands[id], ret_order->text, err) < 0)
        return -1;
    return read_arguments(ret_order->text, ret_order, err);
}
