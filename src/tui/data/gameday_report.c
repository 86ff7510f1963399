#include "tui/data/gameday_report.h"

#include "common/clock.h"
#include "tui/text/moment.h"

#include <stdio.h>
#include <string.h>

#define STEP_CELLS     25
#define STEP_CELLS_MIN 12
#define ALERT_CELLS    25
#define TIME_CELLS     7
#define RESULT_CELLS   7

/* ---- Lines --------------------------------------------------------------------------------------- */

/* The step that it is in; NULL when none has begun. */
static const struct gameday_step *step_at_hand(const struct gameday *gameday)
{
    for (size_t i = 0; i < gameday->n_steps; i++)
        if (gameday->steps[i].phase != GAMEDAY_OVER)
            return gameday->steps[i].phase == GAMEDAY_WAITING ? NULL : &gameday->steps[i];
    return NULL;
}

static const char *doing(enum gameday_phase phase)
{
    static const char *const words[] = {
        [GAMEDAY_WAITING] = "waits",
        [GAMEDAY_SETTLE] = "waits for a quiet",
        [GAMEDAY_DETECT] = "injects, waits for",
        [GAMEDAY_NOTIFY] = "injects, waits for the notification of",
        [GAMEDAY_CLEAR] = "stopped, waits for the end of",
        [GAMEDAY_RESOLVE] = "waits for the notification of the end of",
        [GAMEDAY_OVER] = "is over",
    };

    return words[phase];
}

void gameday_write_bar(const struct gameday *gameday, struct page *page)
{
    const struct gameday_step *step = step_at_hand(gameday);
    char elapsed[MOMENT_SPAN_SIZE], limit[MOMENT_SPAN_SIZE];
    int64_t since_ms;

    if (!step) {
        page_printf(page, PAGE_PLAIN, "game day #%lld %s", (long long)gameday->id,
                    gameday_state_name(gameday->state));
        return;
    }
    since_ms = step->since_at_ms[step->phase];
    page_printf(page, PAGE_PLAIN, "[%zu/%zu] ", (size_t)(step - gameday->steps) + 1,
                gameday->n_steps);
    page_printf(page, PAGE_BOLD, "%s", step->name);
    page_printf(page, PAGE_PLAIN, "  %s %s", doing(step->phase), step->alert);
    if (since_ms > 0) {
        moment_format_span(gameday->started_at_ms + gameday->elapsed_ms - since_ms, elapsed);
        moment_format_span(step->limit_ms[step->phase], limit);
        page_printf(page, PAGE_PLAIN, "  %s of %s", elapsed, limit);
    }
    if (step->phase == GAMEDAY_DETECT || step->phase == GAMEDAY_CLEAR)
        page_printf(page, PAGE_DIM, "  %s", step->alert_state);
}

static void put_span(struct page *page, int64_t span_ms)
{
    char text[MOMENT_SPAN_SIZE] = "-";

    if (span_ms >= 0)
        moment_format_span(span_ms, text);
    page_field(page, span_ms >= 0 ? PAGE_PLAIN : PAGE_DIM, text, TIME_CELLS);
}

/* Of a step that is not over: where it is, in no more cells than a result. */
static const char *phase_word(enum gameday_phase phase)
{
    static const char *const words[] = {"-", "settle", "detect", "notify", "clear", "told", "over"};

    return words[phase];
}

static const char *result_word(const struct gameday *gameday, const struct gameday_step *step)
{
    static const char *const words[] = {"not run", "passed", "FAILED", "stopped"};

    if (step->result == GAMEDAY_NO_RESULT && gameday->state == GAMEDAY_RUNNING)
        return phase_word(step->phase);
    if (step->result == GAMEDAY_NO_RESULT && step->phase != GAMEDAY_WAITING)
        return "cut off";
    return words[step->result];
}

static enum page_colour result_colour(const struct gameday_step *step)
{
    static const enum page_colour colours[] = {PAGE_DIM, PAGE_GOOD, PAGE_BAD, PAGE_WARN};

    return colours[step->result];
}

/* A narrow page goes without the alerts, and then with shorter names. */
static bool has_alerts(const struct page *page)
{
    return page->style.width + 1 >= STEP_CELLS + ALERT_CELLS + 3 * TIME_CELLS + RESULT_CELLS;
}

static size_t step_cells(const struct page *page)
{
    size_t rest = 3 * TIME_CELLS + RESULT_CELLS, width = page->style.width;

    if (width >= STEP_CELLS + rest)
        return STEP_CELLS;
    return width > STEP_CELLS_MIN + rest ? width - rest : STEP_CELLS_MIN;
}

static void put_step(const struct gameday *gameday,
                     const struct gameday_step *step,
                     struct page *page)
{
    page_field(page, PAGE_PLAIN, step->name, step_cells(page));
    if (has_alerts(page))
        page_field(page, PAGE_PLAIN, step->alert, ALERT_CELLS);
    put_span(page, step->detect_ms);
    put_span(page, step->notify_ms);
    put_span(page, step->clear_ms);
    page_text(page, result_colour(step), result_word(gameday, step));
    page_end_line(page);
}

static void put_titles(struct page *page)
{
    static const char *const times[] = {"detect", "notify", "clear"};

    page_field(page, PAGE_BOLD, "step", step_cells(page));
    if (has_alerts(page))
        page_field(page, PAGE_BOLD, "alert", ALERT_CELLS);
    for (size_t i = 0; i < COUNT_OF(times); i++)
        page_field(page, PAGE_BOLD, times[i], TIME_CELLS);
    page_text(page, PAGE_BOLD, "result");
    page_end_line(page);
}

void gameday_write_table(const struct gameday *gameday, struct page *page)
{
    char span[MOMENT_SPAN_SIZE];

    put_titles(page);
    for (size_t i = 0; i < gameday->n_steps; i++)
        put_step(gameday, &gameday->steps[i], page);
    for (size_t i = 0; i < gameday->n_steps; i++)
        if (gameday->steps[i].reason[0]) {
            page_printf(page, PAGE_BOLD, "%s: ", gameday->steps[i].name);
            page_wrapped(page, PAGE_PLAIN, 4, gameday->steps[i].reason);
            page_end_line(page);
        }
    moment_format_span(gameday->ended_at_ms > 0 ? gameday->ended_at_ms - gameday->started_at_ms
                                                : gameday->elapsed_ms,
                       span);
    page_printf(page, PAGE_BOLD, "game day #%lld %s %s", (long long)gameday->id, gameday->kind,
                gameday_state_name(gameday->state));
    page_printf(page, PAGE_PLAIN, ": %zu of %zu steps passed, in %s",
                gameday_count(gameday, GAMEDAY_STEP_PASSED), gameday->n_steps, span);
    page_end_line(page);
}

void gameday_write_line(const struct gameday *gameday, struct page *page)
{
    char at[CLOCK_ISO_SIZE], span[MOMENT_SPAN_SIZE];

    clock_format_iso(gameday->started_at_ms, at, sizeof(at));
    moment_format_span(gameday->ended_at_ms > 0 ? gameday->ended_at_ms - gameday->started_at_ms
                                                : gameday->elapsed_ms,
                       span);
    page_printf(page, PAGE_PLAIN, "#%lld ", (long long)gameday->id);
    page_skip_to(page, 6);
    page_field(page, PAGE_PLAIN, gameday->kind, 15);
    page_field(page, gameday->state == GAMEDAY_FAILED ? PAGE_BAD : PAGE_PLAIN,
               gameday_state_name(gameday->state), 12);
    page_printf(page, PAGE_PLAIN, "%.10s %.8s  ", at, at + 11);
    page_field(page, PAGE_PLAIN, span, 8);
    page_printf(page, PAGE_PLAIN, "%zu of %zu passed", gameday_count(gameday, GAMEDAY_STEP_PASSED),
                gameday->n_steps);
    if (gameday->reason[0])
        page_printf(page, PAGE_PLAIN, "; %s", gameday->reason);
    page_end_line(page);
}

/* ---- Changes ------------------------------------------------------------------------------------- */

static void put_event(struct page *page,
                      int64_t at_ms,
                      const struct gameday_step *step,
                      const char *what,
                      int64_t after_ms)
{
    char clock[MOMENT_SPAN_SIZE], span[MOMENT_SPAN_SIZE];

    moment_format_clock(at_ms, clock);
    page_printf(page, PAGE_PLAIN, "%s  %s: %s", clock, step->name, what);
    if (after_ms >= 0) {
        moment_format_span(after_ms, span);
        page_printf(page, PAGE_PLAIN, " after %s", span);
    }
    page_end_line(page);
}

static void put_details(const struct gameday_step *old,
                        const struct gameday_step *new,
                        struct page *page)
{
    const struct {
        enum gameday_phase came_with;
        const char *what;
        int64_t after_ms;
    } moments[] = {
        {GAMEDAY_DETECT, "injects", -1},
        {GAMEDAY_NOTIFY, "the alert fires", new->detect_ms},
        {GAMEDAY_CLEAR, "the injection has ended", -1},
        {GAMEDAY_RESOLVE, "the alert has cleared", new->clear_ms},
    };

    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        int64_t at_ms = new->since_at_ms[moments[i].came_with];

        if (moments[i].came_with == GAMEDAY_CLEAR && old->notify_ms < 0 && new->notify_ms >= 0)
            put_event(page, new->since_at_ms[GAMEDAY_NOTIFY] + new->notify_ms, new,
                      "Alertmanager has delivered it", new->notify_ms);
        if (old->since_at_ms[moments[i].came_with] == 0 && at_ms > 0)
            put_event(page, at_ms, new, moments[i].what, moments[i].after_ms);
    }
    if (old->resolve_ms < 0 && new->resolve_ms >= 0)
        put_event(page, new->since_at_ms[GAMEDAY_RESOLVE] + new->resolve_ms, new,
                  "Alertmanager has delivered that", new->resolve_ms);
}

void gameday_write_changes(const struct gameday *before,
                           const struct gameday *after,
                           bool with_details,
                           struct page *page)
{
    static const struct gameday_step none = {.notify_ms = -1, .resolve_ms = -1};

    for (size_t i = 0; i < after->n_steps; i++) {
        const struct gameday_step *old = i < before->n_steps ? &before->steps[i] : &none;
        const struct gameday_step *new = &after->steps[i];
        bool was_over = old->phase == GAMEDAY_OVER;

        if (with_details)
            put_details(old, new, page);
        if (was_over || new->phase != GAMEDAY_OVER)
            continue;
        if (with_details)
            put_event(page, new->ended_at_ms, new,
                      new->reason[0] ? new->reason : result_word(after, new), -1);
        else
            put_step(after, new, page);
    }
}

/* ---- JUnit --------------------------------------------------------------------------------------- */

/* Text has passed server_text: there are no control characters in it. */
static void put_xml(struct buffer *out, const char *text)
{
    static const char *const entities[128] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;"};

    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at < 128 && entities[*at])
            (void)buffer_puts(out, entities[*at]);
        else
            (void)buffer_putc(out, (char)*at);
    }
}

static void put_junit_span(struct buffer *out, const char *name, int64_t span_ms)
{
    if (span_ms >= 0)
        (void)buffer_printf(out, "%s: %.3f s\n", name, (double)span_ms / 1000);
}

static void put_junit_outcome(const struct gameday *gameday,
                              const struct gameday_step *step,
                              struct buffer *out)
{
    const char *element = "skipped", *message = step->reason;

    switch (step->result) {
    case GAMEDAY_STEP_PASSED:
        return;
    case GAMEDAY_STEP_FAILED:
        element = "failure";
        break;
    case GAMEDAY_NO_RESULT:
    case GAMEDAY_STEP_STOPPED:
        if (step->phase != GAMEDAY_WAITING)
            element = "error";
        if (!message[0])
            message = gameday->reason[0] ? gameday->reason : "it did not come to its end";
        break;
    }
    (void)buffer_printf(out, "      <%s message=\"", element);
    put_xml(out, message);
    (void)buffer_puts(out, "\"/>\n");
}

static void put_junit_step(const struct gameday *gameday,
                           const struct gameday_step *step,
                           struct buffer *out)
{
    int64_t begun_ms = step->since_at_ms[GAMEDAY_SETTLE];
    int64_t took_ms = step->ended_at_ms > begun_ms ? step->ended_at_ms - begun_ms : 0;

    (void)buffer_puts(out, "    <testcase classname=\"tidewatch.gameday\" name=\"");
    put_xml(out, step->name);
    (void)buffer_printf(out, "\" time=\"%.3f\">\n", (double)took_ms / 1000);
    put_junit_outcome(gameday, step, out);
    (void)buffer_puts(out, "      <system-out>alert: ");
    put_xml(out, step->alert);
    (void)buffer_putc(out, '\n');
    put_junit_span(out, "detect", step->detect_ms);
    put_junit_span(out, "notify", step->notify_ms);
    put_junit_span(out, "clear", step->clear_ms);
    put_junit_span(out, "resolve", step->resolve_ms);
    (void)buffer_puts(out, "</system-out>\n    </testcase>\n");
}

/* Failures, errors and skipped ones as put_junit_outcome tells them. */
static void put_junit_counts(const struct gameday *gameday, struct buffer *out)
{
    size_t n_failed = gameday_count(gameday, GAMEDAY_STEP_FAILED), n_errors = 0, n_skipped = 0;

    for (size_t i = 0; i < gameday->n_steps; i++) {
        const struct gameday_step *step = &gameday->steps[i];
        bool is_open = step->result == GAMEDAY_NO_RESULT || step->result == GAMEDAY_STEP_STOPPED;

        n_errors += is_open && step->phase != GAMEDAY_WAITING;
        n_skipped += is_open && step->phase == GAMEDAY_WAITING;
    }
    (void)buffer_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
                        gameday->n_steps, n_failed, n_errors, n_skipped);
}

void gameday_write_junit(const struct gameday *gameday, const char *kind, struct buffer *out)
{
    char at[CLOCK_ISO_SIZE];

    (void)buffer_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
                           "  <testsuite name=\"tidewatch gameday ");
    put_xml(out, kind);
    (void)buffer_putc(out, '"');
    if (!gameday) {
        (void)buffer_puts(out, " tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n"
                               "    <testcase classname=\"tidewatch.gameday\" name=\"");
        put_xml(out, kind);
        (void)buffer_puts(out, "\">\n      <error message=\"nothing is known of its end\"/>\n"
                               "    </testcase>\n  </testsuite>\n</testsuites>\n");
        return;
    }
    clock_format_iso(gameday->started_at_ms, at, sizeof(at));
    put_junit_counts(gameday, out);
    (void)buffer_printf(out, " time=\"%.3f\" timestamp=\"%.19s\">\n",
                        (double)gameday->elapsed_ms / 1000, at);
    for (size_t i = 0; i < gameday->n_steps; i++)
        put_junit_step(gameday, &gameday->steps[i], out);
    (void)buffer_puts(out, "  </testsuite>\n</testsuites>\n");
}
