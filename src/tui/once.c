#include "tui/once.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "tui/look_text.h"
#include "tui/server_text.h"

#include <stdio.h>
#include <string.h>

#define PAGE_BYTES_MAX ((size_t)4 << 20)

struct asker {
    struct session *session;
    struct look look;
};

/* One question under way. */
struct question {
    struct asker *asker;
    void (*take)(struct look *look, const struct fetch_reply *reply); /* NULL: a query's part */
    enum look_query query;
};

static void take_answer(void *ctx, const struct fetch_reply *reply);

static void hand_on(const struct question *question, const struct fetch_reply *reply)
{
    if (question->take)
        question->take(&question->asker->look, reply);
    else
        look_take_query(&question->asker->look, question->query, reply);
}

static void start(struct asker *asker,
                  const struct question *question,
                  const struct fetch_request *request)
{
    struct question *owned_question = xcalloc(1, sizeof(*owned_question));
    struct fetch_request bounded = *request;
    struct fetch_reply failed = {.body = "", .retry_after_ms = -1};

    *owned_question = *question;
    owned_question->asker = asker;
    bounded.timeout_ms = asker->session->config.timeout_ms;
    bounded.max_reply_bytes = SESSION_ALERTS_MAX;
    if (fetcher_start(asker->session->fetcher, &bounded, take_answer, owned_question,
                      &failed.error) == 0)
        return;
    hand_on(owned_question, &failed);
    free(owned_question);
}

static void start_query(struct asker *asker, const struct question *question)
{
    static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
    CLEANUP(freep) char *url = session_url(asker->session->config.prometheus_url, "/api/v1/query");
    struct fetch_request request = {.method = "POST",
                                    .url = url,
                                    .headers = headers,
                                    .bearer = asker->session->prometheus_token};
    struct buffer expr, form;

    buffer_init(&expr, SESSION_QUERY_FORM_MAX);
    buffer_init(&form, SESSION_QUERY_FORM_MAX);
    if (question->take)
        look_write_joint_query(&expr);
    else
        look_write_query(question->query, &expr);
    prom_write_query_form(buffer_text(&expr), asker->session->config.timeout_ms, &form);
    request.body = buffer_text(&form);
    request.body_len = form.len;
    start(asker, question, &request);
    buffer_finish(&expr);
    buffer_finish(&form);
}

static void start_get(struct asker *asker,
                      const char *base,
                      const char *path,
                      const char *bearer,
                      void (*take)(struct look *look, const struct fetch_reply *reply))
{
    CLEANUP(freep) char *url = session_url(base, path);
    struct question question = {.take = take};
    struct fetch_request request = {.url = url, .bearer = bearer};

    start(asker, &question, &request);
}

static void take_answer(void *ctx, const struct fetch_reply *reply)
{
    CLEANUP(freep) struct question *question = ctx;
    struct asker *asker = question->asker;
    struct look *look = &asker->look;
    size_t n_failed = look->sources[LOOK_PROMETHEUS].n_failed;

    hand_on(question, reply);
    /* The joint query was answered, but not well: part by part, one bad one costs one figure. */
    if (question->take == look_take_all && reply->status != 0 &&
        look->sources[LOOK_PROMETHEUS].n_failed > n_failed)
        for (int query = 0; query < N_LOOK_QUERIES; query++) {
            struct question part = {.query = (enum look_query)query};

            start_query(asker, &part);
        }
}

static void ask_all(struct asker *asker)
{
    const struct config *config = &asker->session->config;
    const char *token = asker->session->token;
    const char *prometheus_token = asker->session->prometheus_token;
    const char *alertmanager_token = asker->session->alertmanager_token;
    struct question joint = {.take = look_take_all};

    start_query(asker, &joint);
    start_get(asker, config->prometheus_url, "/api/v1/alerts", prometheus_token, look_take_alerts);
    start_get(asker, config->prometheus_url, "/api/v1/targets?state=active", prometheus_token,
              look_take_targets);
    start_get(asker, config->alertmanager_url, "/api/v2/alerts", alertmanager_token,
              look_take_delivered);
    start_get(asker, config->operations_url, "/health", token, look_take_health);
    start_get(asker, config->operations_url, "/simulations", token, look_take_simulations);
    start_get(asker, config->operations_url, "/events?limit=5", token, look_take_events);
    while (fetcher_step(asker->session->fetcher, 1000) > 0)
        ;
}

static int print(struct session *session, const struct look *look, bool is_json)
{
    CLEANUP(freep) char *prometheus = session_url_shown(session->config.prometheus_url);
    CLEANUP(freep) char *alertmanager = session_url_shown(session->config.alertmanager_url);
    CLEANUP(freep) char *operations = session_url_shown(session->config.operations_url);
    const char *const urls[N_LOOK_SOURCES] = {prometheus, alertmanager, operations};
    struct buffer out;
    struct page page = {.out = &out, .style = session->style};
    int result;

    buffer_init(&out, PAGE_BYTES_MAX);
    if (is_json)
        look_write_json(look, urls, &out);
    else
        look_write_text(look, urls, &page);
    result = session_put(&out);
    buffer_finish(&out);
    return result;
}

int once_run(struct session *session, bool is_json)
{
    struct asker asker = {.session = session};
    int verdict;

    look_init(&asker.look, clock_now_ms());
    /* No token file is no failing: reading may be open to all. One that is unfit has to be mended. */
    if (!session->token && session->token_error.code != TW_NOT_FOUND)
        (void)server_text_copy(asker.look.note, sizeof(asker.look.note),
                               session->token_error.message, strlen(session->token_error.message));
    ask_all(&asker);
    asker.look.at_ms = clock_now_ms();
    look_judge(&asker.look);
    verdict = (int)asker.look.verdict;
    if (print(session, &asker.look, is_json) != 0)
        verdict = (int)LOOK_UNKNOWN; /* what could not be said is not known to the caller */
    look_finish(&asker.look);
    return verdict;
}
