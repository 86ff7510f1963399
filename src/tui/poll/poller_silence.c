#include "common/alloc.h"
#include "tui/data/answer.h"
#include "tui/poll/poller_parts.h"
#include "tui/text/moment.h"

#include <stdio.h>
#include <string.h>

/* Of a silence: 64 matchers as long as labels get. */
#define BODY_BYTES_MAX ((size_t)256 << 10)

/* ---- The list ------------------------------------------------------------------------------------ */

static void destroy(struct part *part)
{
    struct silences_data *data = (struct silences_data *)part;

    silences_finish(&data->silences);
    free(data);
}

int silences_take(struct poller *poller, const struct fetch_reply *reply, struct tw_error *err)
{
    struct silences silences;
    struct silences_data *data;

    if (silences_read(reply, &silences, err) < 0)
        return -1;
    data = xcalloc(1, sizeof(*data));
    part_init(&data->part, destroy);
    data->silences = silences;
    if (poller->silences)
        part_unref(&poller->silences->part);
    poller->silences = data;
    poller->silences_reason[0] = '\0';
    return 0;
}

void silences_fail(struct poller *poller, const struct tw_error *err)
{
    (void)snprintf(poller->silences_reason, sizeof(poller->silences_reason), "%s", err->message);
}

void silences_publish(const struct poller *poller, struct snapshot *snapshot)
{
    snapshot->silences = poller->silences;
    if (poller->silences)
        part_ref(&poller->silences->part);
    memcpy(snapshot->silences_reason, poller->silences_reason, sizeof(snapshot->silences_reason));
}

/* ---- Changing it --------------------------------------------------------------------------------- */

/* False: it is too long. */
static bool write_body(const struct poller *poller,
                       const struct command *command,
                       struct buffer *out)
{
    int64_t now_ms = poller_clock_ms(poller) + poller->sources[SOURCE_ALERTMANAGER].skew_ms;

    silence_draft_write(&command->silence, now_ms, out);
    return !out->failed;
}

void silence_send(struct poller *poller, struct command *owned_command)
{
    CLEANUP(buffer_finish) struct buffer body;
    bool is_expiry = owned_command->kind == COMMAND_EXPIRE;
    struct request *request = NULL;
    bool is_short = true;
    char path[32 + SILENCE_ID_SIZE];
    struct request_text text = {.method = is_expiry ? "DELETE" : "POST",
                                .path = is_expiry ? path : "/api/v2/silences",
                                .max_reply_bytes = REPLY_SMALL};

    buffer_init(&body, BODY_BYTES_MAX);
    if (!is_expiry)
        is_short = write_body(poller, owned_command, &body);
    if (is_short)
        request = request_obtain(poller, SOURCE_ALERTMANAGER, QUESTION_NONE);
    if (!request) {
        poller_notice(poller, true, owned_command->id, 0, "not sent to alertmanager: %s",
                      is_short ? "too much is under way to it" : "the silence is too long");
        command_free(owned_command);
        return;
    }
    (void)snprintf(path, sizeof(path), "/api/v2/silence/%s", owned_command->silence_id);
    if (!is_expiry) {
        text.body = buffer_text(&body);
        text.body_len = body.len;
    }
    request->kind = REQUEST_COMMAND;
    request->command = owned_command;
    request_send(request, &text);
}

static void notice_failure(struct request *request,
                           const struct fetch_reply *reply,
                           const struct tw_error *err)
{
    const struct command *command = request->command;
    const char *url = request->poller->sources[SOURCE_ALERTMANAGER].url;
    const char *what = command->kind == COMMAND_EXPIRE ? "not expired" : "not silenced";

    if (reply->status == 0 && reply->error.code == TW_BUSY)
        what = "whether it was done is not known";
    poller_notice(request->poller, true, command->id, 0, "alertmanager %.60s: %s: %.100s", url,
                  what, err->message);
}

/* In the words of answers in general. */
static const struct tw_error *expiry_error(const struct fetch_reply *reply, struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;

    (void)!answer_read(reply, &json, err);
    return err;
}

static void notice_silenced(struct request *request,
                            const struct fetch_reply *reply,
                            const char id[SILENCE_ID_SIZE])
{
    const struct silence_draft *draft = &request->command->silence;
    struct poller *poller = request->poller;
    char span[MOMENT_SPAN_SIZE];

    moment_format_span(draft->for_ms, span);
    poller_notice(poller, false, request->command->id, 0, "silence %.8s %s for %s%s (%lld ms)", id,
                  draft->id[0] ? "extended" : "made", span, draft->id[0] ? " in all" : "",
                  (long long)(reply->elapsed_us / 1000));
    memcpy(poller->notices[poller->n_notices - 1].silence_id, id, SILENCE_ID_SIZE);
}

void silence_answered(struct request *request, const struct fetch_reply *reply)
{
    const struct command *command = request->command;
    bool is_expiry = command->kind == COMMAND_EXPIRE;
    char id[SILENCE_ID_SIZE];
    struct tw_error err = {0};

    if (is_expiry && reply->status >= 200 && reply->status < 300) /* its body is empty */
        poller_notice(request->poller, false, command->id, 0, "silence %.8s expired",
                      command->silence_id);
    else if (!is_expiry && silence_read_id(reply, id, &err) == 0)
        notice_silenced(request, reply, id);
    else
        notice_failure(request, reply, is_expiry ? expiry_error(reply, &err) : &err);
    asks_hurry(request->poller, SOURCE_ALERTMANAGER);
}
