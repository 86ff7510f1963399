#include "tui/command/once.h"

#include "common/alloc.h"
#include "tui/command/look_text.h"
#include "tui/poll/snapshot.h"
#include "tui/text/server_text.h"

#include <stdio.h>
#include <string.h>

#define PAGE_BYTES_MAX ((size_t)4 << 20)
#define QUERY_PATH     "/api/v1/query"

struct asker {
    struct session *session;
    struct look look;
};

/* One question under way. */
struct inquiry {
    struct asker *asker;
    void (*take)(struct look *look, const struct fetch_reply *reply); /* NULL: a query's part */
    enum look_query query;
    enum source_id source;
    const char *path; /* behind the source's address; a constant */
    struct tape_question asked;
};

static void take_answer(void *ctx, const struct fetch_reply *reply);

static void hand_on(const struct inquiry *inquiry, const struct fetch_reply *reply)
{
    if (inquiry->take)
        inquiry->take(&inquiry->asker->look, reply);
    else
        look_take_query(&inquiry->asker->look, inquiry->query, reply);
}

static void start(struct asker *asker,
                  const struct inquiry *inquiry,
                  const struct fetch_request *request)
{
    struct inquiry *owned_inquiry = xcalloc(1, sizeof(*owned_inquiry));
    struct fetch_request bounded = *request;
    struct fetch_reply failed = {.body = "", .retry_after_ms = -1};

    *owned_inquiry = *inquiry;
    owned_inquiry->asker = asker;
    tape_question_init(&owned_inquiry->asked, source_name(inquiry->source),
                       request->method ? request->method : "GET", inquiry->path, request->body);
    if (asker->session->player) {
        player_answer(asker->session->player, &owned_inquiry->asked, &failed);
        take_answer(owned_inquiry, &failed);
        return;
    }
    bounded.timeout_ms = asker->session->config.timeout_ms;
    bounded.max_reply_bytes = SESSION_ALERTS_MAX;
    if (fetcher_start(asker->session->fetcher, &bounded, take_answer, owned_inquiry,
                      &failed.error) == 0)
        return;
    take_answer(owned_inquiry, &failed);
}

static void start_query(struct asker *asker, const struct inquiry *inquiry)
{
    static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
    CLEANUP(freep) char *url = session_url(asker->session->config.prometheus_url, QUERY_PATH);
    struct fetch_request request = {.method = "POST",
                                    .url = url,
                                    .headers = headers,
                                    .access =
                                        credentials_access(asker->session->access.prometheus)};
    struct buffer expr, form;

    buffer_init(&expr, SESSION_QUERY_FORM_MAX);
    buffer_init(&form, SESSION_QUERY_FORM_MAX);
    if (inquiry->take == look_take_probe)
        (void)buffer_puts(&expr, "1");
    else if (inquiry->take)
        look_write_joint_query(&expr);
    else
        look_write_query(inquiry->query, &expr);
    prom_write_query_form(buffer_text(&expr), asker->session->config.timeout_ms, &form);
    prom_flavour_write(PROM_UNKNOWN, &form); /* what it is is asked at the same time */
    request.body = buffer_text(&form);
    request.body_len = form.len;
    start(asker, inquiry, &request);
    buffer_finish(&expr);
    buffer_finish(&form);
}

static void start_get(struct asker *asker,
                      enum source_id source,
                      const char *path,
                      void (*take)(struct look *look, const struct fetch_reply *reply))
{
    const struct session *session = asker->session;
    const struct config *config = &session->config;

    const struct {
        const char *url;
        const struct credentials *credentials;
    } places[N_SOURCES] = {
        [SOURCE_PROMETHEUS] = {config->prometheus_url, session->access.prometheus},
        [SOURCE_ALERTMANAGER] = {config->alertmanager_url, session->access.alertmanager},
        [SOURCE_OPERATIONS] = {config->operations_url, session->access.operations},
    };

    CLEANUP(freep) char *url = session_url(places[source].url, path);
    struct inquiry inquiry = {.take = take, .source = source, .path = path};
    struct fetch_request request = {.url = url,
                                    .access = credentials_access(places[source].credentials)};

    start(asker, &inquiry, &request);
}

static enum look_source_id look_source_of(enum source_id source)
{
    return source == SOURCE_PROMETHEUS     ? LOOK_PROMETHEUS
           : source == SOURCE_ALERTMANAGER ? LOOK_ALERTMANAGER
                                           : LOOK_BACKEND;
}

static void take_answer(void *ctx, const struct fetch_reply *reply)
{
    CLEANUP(freep) struct inquiry *inquiry = ctx;
    struct asker *asker = inquiry->asker;
    struct look *look = &asker->look;
    size_t n_failed = look->sources[LOOK_PROMETHEUS].n_failed;

    if (asker->session->recorder)
        recorder_put(asker->session->recorder, &inquiry->asked, reply);
    tape_question_finish(&inquiry->asked);
    if (reply->status > 0)
        look_note_clock(look, look_source_of(inquiry->source), reply,
                        session_now_ms(asker->session));
    hand_on(inquiry, reply);
    if (inquiry->take == look_take_alerts && look_wants_rules(look))
        start_get(asker, SOURCE_PROMETHEUS, "/api/v1/rules?type=alert", look_take_rules);
    /* The joint query was answered, but not well: part by part, one bad one costs one figure. */
    if (inquiry->take == look_take_all && reply->status != 0 &&
        look->sources[LOOK_PROMETHEUS].n_failed > n_failed)
        for (int query = 0; query < N_LOOK_QUERIES; query++) {
            struct inquiry part = {.query = (enum look_query)query, .path = QUERY_PATH};

            start_query(asker, &part);
        }
}

static void ask_all(struct asker *asker)
{
    struct inquiry joint = {.take = look_take_all, .path = QUERY_PATH};
    struct inquiry probe = {.take = look_take_probe, .path = QUERY_PATH};

    start_query(asker, &joint);
    start_query(asker, &probe);
    start_get(asker, SOURCE_PROMETHEUS, "/api/v1/status/buildinfo", look_take_build);
    start_get(asker, SOURCE_PROMETHEUS, "/api/v1/alerts", look_take_alerts);
    start_get(asker, SOURCE_PROMETHEUS, "/api/v1/targets?state=active", look_take_targets);
    start_get(asker, SOURCE_ALERTMANAGER, "/api/v2/alerts", look_take_delivered);
    start_get(asker, SOURCE_OPERATIONS, "/health", look_take_health);
    start_get(asker, SOURCE_OPERATIONS, "/simulations", look_take_simulations);
    start_get(asker, SOURCE_OPERATIONS, "/events?limit=5", look_take_events);
    while (fetcher_step(asker->session->fetcher, 1000) > 0)
        ;
}

static int print(struct session *session, const struct look *look, bool is_json)
{
    CLEANUP(freep) char *prometheus = session_url_shown(session->config.prometheus_url);
    CLEANUP(freep) char *alertmanager = session_url_shown(session->config.alertmanager_url);
    CLEANUP(freep) char *operations = session_url_shown(session->config.operations_url);
    const char *const urls[N_LOOK_SOURCES] = {prometheus, alertmanager, operations};
    static const char *const recorded[N_LOOK_SOURCES] = {"recorded", "recorded", "recorded"};
    const char *const *shown = session->player ? recorded : urls;
    struct buffer out;
    struct page page = {.out = &out, .style = session->style};
    int result;

    buffer_init(&out, PAGE_BYTES_MAX);
    if (session->player && !is_json)
        (void)buffer_puts(&out, "REPLAY: what was recorded, not what is now\n");
    if (is_json)
        look_write_json(look, shown, &out);
    else
        look_write_text(look, shown, &page);
    result = session_put(&out);
    buffer_finish(&out);
    return result;
}

int once_run(struct session *session, bool is_json)
{
    struct asker asker = {.session = session};
    int verdict;

    look_init(&asker.look, session_now_ms(session));
    /* No token file is no failing: reading may be open to all. One that is unfit has to be mended. */
    if (!session->player && !session->may_act && session->token_error.code != TW_NOT_FOUND)
        (void)server_text_copy(asker.look.note, sizeof(asker.look.note),
                               session->token_error.message, strlen(session->token_error.message));
    ask_all(&asker);
    asker.look.at_ms = session_now_ms(session);
    look_judge(&asker.look);
    verdict = (int)asker.look.verdict;
    if (print(session, &asker.look, is_json) != 0)
        verdict = (int)LOOK_UNKNOWN; /* what could not be said is not known to the caller */
    look_finish(&asker.look);
    return verdict;
}

void once_record(struct session *session)
{
    struct asker asker = {.session = session};

    look_init(&asker.look, session_now_ms(session));
    ask_all(&asker);
    look_finish(&asker.look);
}
