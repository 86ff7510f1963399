#include "tui/poll/session.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/secret_file.h"
#include "tui/data/answer.h"
#include "tui/text/server_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* ---- Settings ------------------------------------------------------------------------------------ */

static bool is_alike(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static int load_config(const struct session *session, struct config *config, struct tw_error *err)
{
    CLEANUP(freep) const char **flags = xcalloc((size_t)session->n_flags + 1, sizeof(*flags));
    int n = session->n_flags;

    if (is_alike(session->env.context, session->first_context))
        memcpy(flags, session->flags, sizeof(*flags) * (size_t)n);
    else
        n = config_flags_of_no_server(n, session->flags, flags);
    return config_load(&session->env, session->config_file, n, flags, config, err);
}

static int open_access(struct session *session, struct tw_error *err)
{
    const struct config *config = &session->config;
    bool has_login = config->operations.user[0] && !config->operations.token_file[0];
    CLEANUP(freep) char *path = NULL;
    char *token = NULL;

    session->may_act =
        has_login || config_read_token(config, &session->env, &token, &session->token_error) == 0;
    secret_file_free(token);
    if (session->may_act && !has_login)
        path = config_token_path_dup(config, &session->env, NULL);
    return access_open(config, path, &session->access, err);
}

int session_read(const struct session *from,
                 const char *context,
                 struct session *ret_session,
                 struct tw_error *err)
{
    struct session next = *from;

    next.env.context = context;
    next.access = (struct access){0};
    next.token_error = (struct tw_error){0};
    if (load_config(&next, &next.config, err) < 0)
        return -1;
    next.env.context = next.config.context;
    if (open_access(&next, err) < 0) {
        session_finish(&next);
        return -1;
    }
    *ret_session = next;
    return 0;
}

void session_finish(struct session *session)
{
    config_finish(&session->config);
    access_finish(&session->access);
}

bool session_asks_alike(const struct session *a, const struct session *b)
{
    const struct config *left = &a->config, *right = &b->config;

    return is_alike(left->context, right->context) &&
           is_alike(left->prometheus_url, right->prometheus_url) &&
           is_alike(left->alertmanager_url, right->alertmanager_url) &&
           is_alike(left->operations_url, right->operations_url) &&
           is_alike(left->ml_url, right->ml_url) && is_alike(left->llm_url, right->llm_url) &&
           left->answer_timeout_ms == right->answer_timeout_ms && a->may_act == b->may_act &&
           credentials_are_alike(a->access.prometheus, b->access.prometheus) &&
           credentials_are_alike(a->access.alertmanager, b->access.alertmanager) &&
           credentials_are_alike(a->access.operations, b->access.operations);
}

/* ---- What commands share ------------------------------------------------------------------------- */

int64_t session_now_ms(const struct session *session)
{
    return session->player ? player_now_ms(session->player) : clock_now_ms();
}

char *session_url(const char *base, const char *path)
{
    return xprintf_dup("%s%s", base, path);
}

char *session_item_url(const struct session *session, const char *list, const char *operand)
{
    const char *digits = operand[0] == '#' ? operand + 1 : operand;
    size_t len = strlen(digits);

    if (len == 0 || len > 15 || digits[strspn(digits, "0123456789")] != '\0')
        return NULL;
    return xprintf_dup("%s%s/%s", session->config.operations_url, list, digits);
}

int session_make_key(char out[SESSION_KEY_SIZE])
{
    unsigned char bytes[(SESSION_KEY_SIZE - 1) / 2];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
        (void)fputs("tidewatch: the system gives no random numbers\n", stderr);
        return EXIT_CODE_FAILED;
    }
    for (size_t i = 0; i < sizeof(bytes); i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

char *session_url_shown(const char *url)
{
    const char *host = strstr(url, "://");
    const char *at;

    host = host ? host + 3 : url;
    at = memchr(host, '@', strcspn(host, "/"));
    if (at) {
        CLEANUP(freep) char *masked = xprintf_dup("%.*s***%s", (int)(host - url), url, at);

        return server_text_dup(masked);
    }
    return server_text_dup(url);
}

void session_ask(struct session *session,
                 const struct fetch_request *request,
                 bool may_repeat,
                 struct fetch_reply *ret_reply)
{
    struct fetch_request marked = *request;

    marked.access = credentials_access(session->access.operations);
    if (marked.timeout_ms == 0)
        marked.timeout_ms = session->config.timeout_ms;
    marked.max_reply_bytes = SESSION_REPLY_MAX;
    fetch_and_wait(session->fetcher, &marked, ret_reply);
    if (may_repeat && ret_reply->status == 0 && ret_reply->error.code == TW_BUSY)
        fetch_and_wait(session->fetcher, &marked, ret_reply);
}

static int exit_code_of(const struct fetch_reply *reply)
{
    /* A server that answers in its own words has been reached. */
    return reply->status >= 400 ? EXIT_CODE_FAILED : EXIT_CODE_UNREACHABLE;
}

int session_fail(const char *doing, const struct fetch_reply *reply, const struct tw_error *err)
{
    struct answer_problem problem;

    if (!answer_read_problem(reply, &problem)) {
        (void)fprintf(stderr, "tidewatch: cannot %s: %s\n", doing, err->message);
        return exit_code_of(reply);
    }
    (void)fprintf(stderr, "tidewatch: cannot %s: %s%s%s\n", doing, problem.title,
                  problem.detail[0] ? ": " : "", problem.detail);
    for (size_t i = 0; i < problem.n_fields; i++)
        (void)fprintf(stderr, "  %s: %s\n", problem.fields[i].field, problem.fields[i].detail);
    return exit_code_of(reply);
}

int session_need_token(const struct session *session)
{
    if (session->may_act)
        return 0;
    (void)fprintf(stderr, "tidewatch: this needs the operator token: %s\n",
                  session->token_error.message);
    return EXIT_CODE_CONFIG;
}

int session_put(const struct buffer *out)
{
    if (out->failed) {
        (void)fputs("tidewatch: there is more to say than fits\n", stderr);
        return EXIT_CODE_FAILED;
    }
    if (fwrite(buffer_text(out), 1, out->len, stdout) != out->len || fflush(stdout) != 0)
        return EXIT_CODE_FAILED;
    return 0;
}

int session_put_json(const char *json, size_t len)
{
    CLEANUP(freep) char *safe = server_text_json_dup(json, len);
    bool has_end = len > 0 && json[len - 1] == '\n';

    if (fputs(safe, stdout) < 0 || (!has_end && fputc('\n', stdout) == EOF) || fflush(stdout) != 0)
        return EXIT_CODE_FAILED;
    return 0;
}
