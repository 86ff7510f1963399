#include "common/alloc.h"
#include "tui/command/command_show.h"
#include "tui/command/commands.h"
#include "tui/command/operand_text.h"
#include "tui/data/triage_answer.h"

#include <stdio.h>

#define BODY_BYTES_MAX (8 * OPERAND_TEXT_MAX)

struct values {
    struct global_values global;
    double length, urgency, impact, tier;
    bool is_json;
};

/* No bounds: the ranges are the server's to check, and it names every field that is wrong or missing. */
static const struct option_spec specs[] = {
    {.name = "impact",
     .type = OPTION_NUMBER,
     .argument = "X",
     .offset = offsetof(struct values, impact),
     .help = "business impact, 0 to 10"},
    {.name = "tier",
     .type = OPTION_NUMBER,
     .argument = "N",
     .offset = offsetof(struct values, tier),
     .help = "customer tier, 1 to 5"},
    {.name = "length",
     .type = OPTION_NUMBER,
     .argument = "WORDS",
     .offset = offsetof(struct values, length),
     .help = "words in the ticket; counted in the text when left out"},
    {.name = "urgency",
     .type = OPTION_NUMBER,
     .argument = "N",
     .offset = offsetof(struct values, urgency),
     .help = "urgent words in the ticket; counted in the text when left out"},
    {.name = "json",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, is_json),
     .help = "the server's answer as it came"},
};

const struct option_list triage_options = {specs, COUNT_OF(specs)};

static void write(const void *shown, struct page *page)
{
    triage_write(shown, page);
}

static int show(const struct session *session, const struct fetch_reply *reply, bool is_json)
{
    struct triage_answer answer;
    struct tw_error err;
    int result;

    if (triage_read(reply, &answer, &err) < 0)
        return session_fail("triage", reply, &err);
    result = command_show(session, reply, is_json, write, &answer);
    if (result == 0 && triage_is_degraded(&answer))
        result = EXIT_CODE_INCOMPLETE;
    triage_answer_finish(&answer);
    return result;
}

int triage_command(struct session *session, const void *values, const struct option_rest *rest)
{
    const struct values *v = values;
    CLEANUP(freep) char *url = session_url(session->config.ml_url, "/triage");
    CLEANUP(freep) char *text = NULL;
    struct triage_request ticket = {
        .length = v->length, .urgency = v->urgency, .impact = v->impact, .tier = v->tier};
    struct fetch_request request = {
        .method = "POST", .url = url, .timeout_ms = session->config.answer_timeout_ms};
    struct fetch_reply reply;
    struct tw_error err;
    struct buffer body;

    if (operand_text_read(rest, &text, &err) < 0) {
        (void)fprintf(stderr, "tidewatch: %s\n", err.message);
        return EXIT_CODE_USAGE;
    }
    ticket.text = text;
    buffer_init(&body, BODY_BYTES_MAX);
    triage_write_request(&ticket, &body);
    request.body = buffer_text(&body);
    request.body_len = body.len;
    session_ask(session, &request, false, &reply);
    buffer_finish(&body);
    return show(session, &reply, v->is_json);
}
