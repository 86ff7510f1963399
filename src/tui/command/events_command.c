#include "common/alloc.h"
#include "common/clock.h"
#include "tui/command/command_show.h"
#include "tui/command/commands.h"
#include "tui/data/operations.h"

struct values {
    struct global_values global;
    double limit;
    bool is_json;
};

static const struct option_spec specs[] = {
    {.name = "limit",
     .type = OPTION_WHOLE,
     .argument = "N",
     .min = 1,
     .max = 1000,
     .fallback = "20",
     .offset = offsetof(struct values, limit),
     .help = "how many, at most"},
    {.name = "json",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, is_json),
     .help = "the server's answer as it came"},
};

const struct option_list events_options = {specs, COUNT_OF(specs)};

static void write_event(const struct event *event, struct page *page)
{
    char at[CLOCK_ISO_SIZE];

    clock_format_iso(event->at_ms, at, sizeof(at));
    page_printf(page, PAGE_PLAIN, "%.10s %.8s  ", at, at + 11);
    page_field(page, PAGE_PLAIN, event->kind, 22);
    page_printf(page, PAGE_PLAIN, " %s  ", event->subject);
    page_text(page, PAGE_DIM, event->detail);
    page_end_line(page);
}

static void write_events(const void *shown, struct page *page)
{
    const struct events *events = shown;

    for (size_t i = 0; i < events->n; i++)
        write_event(&events->at[i], page);
    if (events->n == 0)
        (void)buffer_puts(page->out, "no events\n");
}

int events_command(struct session *session, const void *values, const struct option_rest *rest)
{
    const struct values *v = values;
    CLEANUP(freep) char *path = xprintf_dup("/events?limit=%.0f", v->limit);
    CLEANUP(freep) char *url = session_url(session->config.operations_url, path);
    struct fetch_request request = {.url = url};
    struct fetch_reply reply;
    struct events events;
    struct tw_error err;
    int result;

    (void)rest;
    session_ask(session, &request, true, &reply);
    if (operations_read_events(&reply, &events, &err) < 0)
        return session_fail("read the events", &reply, &err);
    result = command_show(session, &reply, v->is_json, write_events, &events);
    events_finish(&events);
    return result;
}
