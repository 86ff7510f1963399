#include "common/alloc.h"
#include "tui/command/command_show.h"
#include "tui/command/commands.h"
#include "tui/data/prediction.h"

struct values {
    struct global_values global;
    double length, urgency, impact, tier;
    bool is_json;
};

/* No bounds: the ranges are the server's to check, and it names every field that is wrong. */
static const struct option_spec specs[] = {
    {.name = "length",
     .type = OPTION_NUMBER,
     .argument = "WORDS",
     .is_required = true,
     .offset = offsetof(struct values, length),
     .help = "words in the ticket, 0 to 1000"},
    {.name = "urgency",
     .type = OPTION_NUMBER,
     .argument = "N",
     .is_required = true,
     .offset = offsetof(struct values, urgency),
     .help = "urgent words in it, 0 to 20"},
    {.name = "impact",
     .type = OPTION_NUMBER,
     .argument = "X",
     .is_required = true,
     .offset = offsetof(struct values, impact),
     .help = "business impact, 0 to 10"},
    {.name = "tier",
     .type = OPTION_NUMBER,
     .argument = "N",
     .is_required = true,
     .offset = offsetof(struct values, tier),
     .help = "tier of the customer, 1 to 5"},
    {.name = "json",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, is_json),
     .help = "the server's answer as it came"},
};

const struct option_list predict_options = {specs, COUNT_OF(specs)};

static void write(const void *shown, struct page *page)
{
    prediction_write(shown, page);
}

int predict_command(struct session *session, const void *values, const struct option_rest *rest)
{
    const struct values *v = values;
    struct prediction_request features = {v->length, v->urgency, v->impact, v->tier};
    CLEANUP(freep) char *url = session_url(session->config.ml_url, "/predict");
    struct fetch_request request = {.method = "POST", .url = url};
    struct prediction prediction;
    struct fetch_reply reply;
    struct buffer body;
    struct tw_error err;

    (void)rest;
    buffer_init(&body, 1024);
    prediction_write_request(&features, &body);
    request.body = buffer_text(&body);
    request.body_len = body.len;
    session_ask(session, &request, false, &reply);
    buffer_finish(&body);
    if (prediction_read(&reply, &prediction, &err) < 0)
        return session_fail("predict", &reply, &err);
    return command_show(session, &reply, v->is_json, write, &prediction);
}
