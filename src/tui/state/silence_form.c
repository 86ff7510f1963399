#include "tui/state/silence_form.h"

#include "common/utf8.h"
#include "tui/text/input.h"
#include "tui/text/moment.h"

#include <stdio.h>
#include <string.h>

static const char needs_comment[] = "say why: a comment is required";

bool silence_form_init(struct silence_form *form, const struct labels *labels)
{
    *form = (struct silence_form){.duration = "1h", .focused = SILENCE_ROW_COMMENT};
    if (labels->n >= SILENCE_FORM_MATCHERS_MAX)
        return false;
    for (; form->n_matchers < labels->n; form->n_matchers++) {
        const struct label *label = &labels->at[form->n_matchers];
        int len = snprintf(form->matchers[form->n_matchers], SILENCE_FORM_MATCHER_SIZE, "%s=\"%s\"",
                           label->name, label->value);

        if (len >= SILENCE_FORM_MATCHER_SIZE)
            return false;
    }
    return true;
}

/* ---- Rows --------------------------------------------------------------------------------------- */

int silence_form_n_rows(const struct silence_form *form)
{
    return SILENCE_ROW_MATCHERS + (int)form->n_matchers +
           (form->n_matchers < SILENCE_FORM_MATCHERS_MAX);
}

const char *silence_form_text(const struct silence_form *form, int row)
{
    if (row == SILENCE_ROW_DURATION)
        return form->duration;
    return row == SILENCE_ROW_COMMENT ? form->comment : form->matchers[row - SILENCE_ROW_MATCHERS];
}

static char *focused_text(struct silence_form *form, size_t *ret_size)
{
    switch (form->focused) {
    case SILENCE_ROW_DURATION:
        *ret_size = sizeof(form->duration);
        return form->duration;
    case SILENCE_ROW_COMMENT:
        *ret_size = sizeof(form->comment);
        return form->comment;
    }
    *ret_size = SILENCE_FORM_MATCHER_SIZE;
    return form->matchers[form->focused - SILENCE_ROW_MATCHERS];
}

/* A matcher without text is none: those below move up. */
static void drop_empty(struct silence_form *form)
{
    for (size_t i = 0; i < form->n_matchers;) {
        if (form->matchers[i][0]) {
            i++;
            continue;
        }
        form->n_matchers--;
        memmove(form->matchers[i], form->matchers[i + 1],
                (form->n_matchers - i) * sizeof(form->matchers[0]));
        form->matchers[form->n_matchers][0] = '\0';
        if (form->focused - SILENCE_ROW_MATCHERS > (int)i)
            form->focused--;
    }
}

void silence_form_move(struct silence_form *form, int by)
{
    int n;

    form->focused += by;
    drop_empty(form);
    n = silence_form_n_rows(form);
    form->focused = (form->focused % n + n) % n;
    form->problem[0] = '\0';
}

void silence_form_type(struct silence_form *form, uint32_t code)
{
    char bytes[4];
    size_t size, n_bytes = utf8_encode(code, bytes), len;
    char *text = focused_text(form, &size);

    if (code < ' ' || code == INPUT_BACKSPACE || (code > 0x7f && code < 0xa0) || code >= INPUT_UP)
        return;
    if (form->focused == SILENCE_ROW_DURATION && !form->was_duration_touched)
        text[0] = '\0';
    form->was_duration_touched |= form->focused == SILENCE_ROW_DURATION;
    form->problem[0] = '\0';
    len = strlen(text);
    if (len + n_bytes >= size)
        return;
    memcpy(text + len, bytes, n_bytes);
    text[len + n_bytes] = '\0';
    if (form->focused - SILENCE_ROW_MATCHERS == (int)form->n_matchers)
        form->n_matchers++; /* and a row for the next one */
}

/* A whole character. */
void silence_form_erase(struct silence_form *form)
{
    size_t size;
    char *text = focused_text(form, &size);
    size_t len = strlen(text);

    form->was_duration_touched |= form->focused == SILENCE_ROW_DURATION;
    form->problem[0] = '\0';
    while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
        len--;
    if (len > 0)
        text[len - 1] = '\0';
}

void silence_form_refuse(struct silence_form *form, const char *why)
{
    (void)snprintf(form->problem, sizeof(form->problem), "%s", why);
}

/* ---- What it makes ------------------------------------------------------------------------------ */

int silence_form_matchers(const struct silence_form *form,
                          struct matchers *ret_matchers,
                          int *ret_row,
                          struct tw_error *err)
{
    struct matchers matchers = {0};

    for (size_t i = 0; i < form->n_matchers; i++) {
        if (!form->matchers[i][0] || matchers_add(&matchers, form->matchers[i], err) == 0)
            continue;
        matchers_finish(&matchers);
        *ret_row = SILENCE_ROW_MATCHERS + (int)i;
        return -1;
    }
    *ret_matchers = matchers;
    return 0;
}

static bool refuse_at(struct silence_form *form, int row, const char *why)
{
    form->focused = row;
    silence_form_refuse(form, why);
    return false;
}

/* Alertmanager refuses a silence all of whose matchers match the empty string. */
static bool is_bounded(const struct matchers *matchers)
{
    static const struct labels none = {0};

    for (size_t i = 0; i < matchers->n; i++) {
        struct matchers one = {1, &matchers->at[i]};

        if (!matchers_match(&one, &none))
            return true;
    }
    return false;
}

bool silence_form_check(struct silence_form *form, const char *by, struct silence_draft *ret_draft)
{
    struct silence_draft draft = {0};
    struct tw_error err;
    int row;

    drop_empty(form);
    if (!moment_parse_span(form->duration, &draft.for_ms) || draft.for_ms < SILENCE_MS_MIN ||
        draft.for_ms > SILENCE_MS_MAX)
        return refuse_at(form, SILENCE_ROW_DURATION, "from 1m to 90d, as 15m, 2h or 1d12h");
    if (!form->comment[strspn(form->comment, " ")])
        return refuse_at(form, SILENCE_ROW_COMMENT, needs_comment);
    if (silence_form_matchers(form, &draft.matchers, &row, &err) < 0)
        return refuse_at(form, row, err.message);
    if (!is_bounded(&draft.matchers)) {
        silence_draft_finish(&draft);
        return refuse_at(form, SILENCE_ROW_MATCHERS,
                         "one matcher at least must not match an empty value");
    }
    (void)snprintf(draft.by, sizeof(draft.by), "%s", by);
    (void)snprintf(draft.comment, sizeof(draft.comment), "%s", form->comment);
    *ret_draft = draft;
    return true;
}

struct silence_preview silence_preview_of(const struct matchers *matchers,
                                          const struct alert_board *board)
{
    struct silence_preview preview = {.n_alerts = board->n};
    char names[SILENCE_PREVIEW_SIZE / 2] = "";
    size_t used = 0;

    for (size_t i = 0; i < board->n; i++) {
        if (!matchers_match(matchers, &board->at[i].labels))
            continue;
        if (used < sizeof(names))
            used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
                                     preview.n_matched > 0 ? ", " : ": ", board->at[i].name);
        preview.n_matched++;
    }
    if (preview.n_matched == 0)
        (void)snprintf(preview.text, sizeof(preview.text),
                       "it matches NO alert of the %zu there are", preview.n_alerts);
    else
        (void)snprintf(preview.text, sizeof(preview.text), "it matches %s%zu of %zu alerts%s%s",
                       silence_preview_is_odd(&preview) ? "ALL, " : "", preview.n_matched,
                       preview.n_alerts, names, used < sizeof(names) ? "" : " ...");
    return preview;
}
