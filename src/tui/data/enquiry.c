#include "tui/data/enquiry.h"

#include "common/alloc.h"
#include "common/fetch.h"
#include "tui/data/answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *enquiry_name(enum enquiry_kind kind)
{
    static const char *const names[N_ENQUIRY_KINDS] = {"ask", "predict", "triage"};

    return names[kind];
}

const char *enquiry_path(enum enquiry_kind kind)
{
    static const char *const paths[N_ENQUIRY_KINDS] = {"/chat", "/predict", "/triage"};

    return paths[kind];
}

void enquiry_write_body(const struct enquiry *enquiry, struct buffer *out)
{
    struct prediction_request features = {enquiry->length, enquiry->urgency, enquiry->impact,
                                          enquiry->tier};
    struct triage_request ticket = {enquiry->text, enquiry->length, enquiry->urgency,
                                    enquiry->impact, enquiry->tier};

    switch (enquiry->kind) {
    case ENQUIRY_ASK:
        chat_write_request(enquiry->text, (double)NAN, false, out);
        break;
    case ENQUIRY_PREDICT:
        prediction_write_request(&features, out);
        break;
    case ENQUIRY_TRIAGE:
        triage_write_request(&ticket, out);
        break;
    case N_ENQUIRY_KINDS:
        break;
    }
}

/* ---- The answer ---------------------------------------------------------------------------------- */

static void destroy(struct part *part)
{
    struct enquiry_data *data = (struct enquiry_data *)part;

    stored_detail_finish(&data->detail);
    triage_answer_finish(&data->triage);
    free(data);
}

static struct enquiry_data *new_data(uint64_t id, const struct enquiry *enquiry)
{
    struct enquiry_data *data = xcalloc(1, sizeof(*data));

    part_init(&data->part, destroy);
    data->id = id;
    data->enquiry = *enquiry;
    return data;
}

/* What the request view shows of a stored one, from the answer itself: it may not be stored yet. */
static void describe(const struct enquiry *enquiry, int64_t at_ms, struct stored_detail *detail)
{
    const struct chat_answer *answer = &detail->answer;
    const struct scored *scored = &answer->scored;

    detail->has_answer = true;
    detail->query = xstrdup(enquiry->text);
    detail->request = (struct stored_request){
        .kind = STORED_CHAT,
        .at_ms = at_ms,
        .confidence = (double)NAN,
        .relevance = scored->relevance,
        .hallucination = scored->hallucination,
        .groundedness = scored->groundedness,
        .answer_relevance = scored->answer_relevance,
        .is_abstained = scored->is_abstained,
        .processing_ms = answer->processing_ms,
    };
    (void)snprintf(detail->request.id, sizeof(detail->request.id), "%s", answer->id);
    (void)snprintf(detail->request.model, sizeof(detail->request.model), "%s", answer->model);
    (void)snprintf(detail->request.status, sizeof(detail->request.status), "%s",
                   scored->is_abstained ? "abstained" : "success");
}

static int read_answer(struct enquiry_data *data,
                       const struct fetch_reply *reply,
                       struct tw_error *err)
{
    switch (data->enquiry.kind) {
    case ENQUIRY_ASK:
        if (chat_read(reply, &data->detail.answer, err) < 0)
            return -1;
        describe(&data->enquiry, reply->server_date_ms, &data->detail);
        return 0;
    case ENQUIRY_PREDICT:
        return prediction_read(reply, &data->prediction, err);
    case ENQUIRY_TRIAGE:
        return triage_read(reply, &data->triage, err);
    case N_ENQUIRY_KINDS:
        break;
    }
    return tw_fail(err, TW_INVALID, "no such question");
}

/* "HTTP 422: 2 fields are wrong; customer_tier is missing" */
static void explain(const struct fetch_reply *reply, const struct tw_error *err, char *out)
{
    struct answer_problem problem;
    int len = snprintf(out, ENQUIRY_REASON_SIZE, "%s", err->message);

    if (!answer_read_problem(reply, &problem))
        return;
    for (size_t i = 0; i < problem.n_fields && len > 0 && len < ENQUIRY_REASON_SIZE; i++)
        len += snprintf(out + len, ENQUIRY_REASON_SIZE - (size_t)len, "; %s %s",
                        problem.fields[i].field, problem.fields[i].detail);
}

struct enquiry_data *enquiry_read(uint64_t id,
                                  const struct enquiry *enquiry,
                                  const struct fetch_reply *reply)
{
    struct enquiry_data *data = new_data(id, enquiry);
    struct tw_error err = {0};

    data->elapsed_ms = reply->elapsed_us / 1000;
    data->is_answered = read_answer(data, reply, &err) == 0;
    if (!data->is_answered)
        explain(reply, &err, data->reason);
    return data;
}

struct enquiry_data *enquiry_fail(uint64_t id,
                                  const struct enquiry *enquiry,
                                  const struct tw_error *err)
{
    struct enquiry_data *data = new_data(id, enquiry);

    (void)snprintf(data->reason, sizeof(data->reason), "%s", err->message);
    return data;
}

const char *enquiry_stored_id(const struct enquiry_data *data)
{
    const char *id = data->enquiry.kind == ENQUIRY_ASK ? data->detail.request.id : data->triage.id;

    return data->is_answered && requests_is_fit_id(id) ? id : "";
}
