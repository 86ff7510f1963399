/* Keys of the command line, as they come: each code point is a key, those below a blank as the table has them;
 * 0xf5 to 0xff, which UTF-8 does not have, are keys beyond Unicode. A line feed sends the line. */

#include "common/utf8.h"
#include "fuzz.h"
#include "tui/state/keys.h"
#include "tui/state/prompt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void check_line(const struct line_edit *line)
{
    FUZZ_EXPECT(line->len < LINE_EDIT_SIZE && line->cursor <= line->len);
    FUZZ_EXPECT(strlen(line->text) == line->len && utf8_is_valid(line->text, line->len));
    FUZZ_EXPECT(utf8_is_valid(line->text, line->cursor));
    FUZZ_EXPECT(utf8_is_valid(line->erased, strlen(line->erased)));
    for (const char *at = line->text; *at; at++)
        FUZZ_EXPECT((unsigned char)*at >= ' ' && *at != 0x7f);
}

static void check_order(const struct prompt_order *order)
{
    const struct enquiry *enquiry = &order->enquiry;

    FUZZ_EXPECT(order->id <= PROMPT_KEY);
    FUZZ_EXPECT(order->id != PROMPT_RANGE || order->ms >= 60000);
    FUZZ_EXPECT(order->id != PROMPT_PREDICT ||
                (isfinite(enquiry->length) && isfinite(enquiry->urgency) &&
                 isfinite(enquiry->impact) && isfinite(enquiry->tier)));
    FUZZ_EXPECT(order->id != PROMPT_ASK || enquiry->text[0]);
}

/* A dashboard with variables, some of whose values begin alike, hold blanks, commas and more than ASCII. */
static const struct dashboard *own_dashboard(void)
{
    static const char text[] =
        "{\"templating\":{\"list\":[{\"name\":\"r\",\"type\":\"custom\",\"multi\":true,\"includeAll\":true,"
        "\"query\":\"eu west,eu,\\u00e9a,\\u00e8b,x\\\\,y\"},{\"name\":\"t\",\"type\":\"textbox\",\"query\":\"\"}]},"
        "\"panels\":[]}";
    static struct dashboard *dashboard;

    if (!dashboard && dashboard_read(text, sizeof(text) - 1, &dashboard, NULL) < 0)
        abort();
    return dashboard;
}

static void choose(const struct prompt_order *order)
{
    struct dashboard *next = NULL;

    if (prompt_variable_choose(own_dashboard(), order->text, &next, NULL) == 0)
        FUZZ_EXPECT(next && dashboard_is_kin(next, own_dashboard()));
    dashboard_unref(next);
}

static void send_line(struct prompt *prompt)
{
    struct prompt_order order;
    struct tw_error err = {0};

    if (prompt_parse(prompt->line.text, &order, &err) == 0) {
        check_order(&order);
        choose(&order);
    } else
        FUZZ_EXPECT(err.code == TW_INVALID && utf8_is_valid(err.message, strlen(err.message)));
    prompt_remember(prompt);
    prompt_begin(prompt);
}

static void press(struct prompt *prompt, uint32_t key)
{
    const struct prompt_known known = {.dashboard = own_dashboard(), .bare_context = "local"};
    struct key_match match = keys_find(IN_PROMPT, key);
    struct prompt_choices choices;

    switch (match.action) {
    case ACTION_NONE:
        (void)line_edit_type(&prompt->line, key);
        break;
    case ACTION_EDIT:
        line_edit_do(&prompt->line, (enum line_edit_action)match.argument);
        break;
    case ACTION_COMPLETE:
        prompt_tab(&prompt->line, &known);
        break;
    case ACTION_RECALL:
        prompt_recall(prompt, match.argument);
        break;
    case ACTION_SEND:
        send_line(prompt);
        break;
    default: /* of every screen */
        break;
    }
    prompt_complete(&prompt->line, &known, &choices);
    FUZZ_EXPECT(choices.from <= prompt->line.cursor && choices.n <= PROMPT_CHOICES_MAX);
    check_line(&prompt->line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct prompt prompt = {0};
    char pasted[256];

    prompt_begin(&prompt);
    for (size_t at = 0, step; at < size; at += step) {
        uint32_t code = utf8_decode((const char *)data + at, size - at, &step);

        press(&prompt, code == '\n'       ? (uint32_t)INPUT_ENTER
                       : data[at] >= 0xf5 ? INPUT_UP + (uint32_t)(data[at] - 0xf5)
                                          : code);
    }
    FUZZ_EXPECT(prompt.n_history <= PROMPT_HISTORY_MAX);
    if (size < sizeof(pasted)) {
        memcpy(pasted, data, size);
        pasted[size] = '\0';
        (void)line_edit_paste(&prompt.line, pasted);
        check_line(&prompt.line);
    }
    prompt_finish(&prompt);
    return 0;
}
