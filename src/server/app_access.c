#include "server/app_parts.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/secret_file.h"
#include "server/api/api.h"
#include "server/http/auth.h"
#include "server/http/certificate.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Tokens and the certificate: read at the start and at each SIGHUP. And who did what. */

#define TOKEN_FILE_MAX    1024
#define DETAIL_BYTES_MAX  4096
#define DAY_MS            ((int64_t)24 * 3600 * 1000)
#define EXPIRY_WARNING_MS (7 * DAY_MS)

static int read_tokens(const struct app *app, struct auth *auth, struct tw_error *err)
{
    const struct config *c = app->config;
    struct tw_error why;

    if (app->own_token[0] &&
        auth_add_token(auth, app->own_token, ROLE_INFER, AUTH_SIMULATIONS, err) < 0)
        return -1;
    if (access(c->token_file, F_OK) == 0 &&
        auth_add_token_file(auth, c->token_file, ROLE_OPERATE, AUTH_OPERATOR, err) < 0)
        return -1;
    if (auth_add_operators_file(auth, c->operators_file, &why) < 0 && why.code != TW_NOT_FOUND)
        return tw_fail(err, why.code, "%s", why.message);
    if (*c->tokens_file && auth_add_tokens_file(auth, c->tokens_file, err) < 0)
        return -1;
    return 0;
}

/* Simulations are known to our own listeners by a token that is nowhere else, and may do no more than they do.
 * Another process, which serves what we do not, knows us by the operator's token. */
int app_load_tokens(struct app *app, struct tw_error *err)
{
    const struct config *c = app->config;
    const struct secret_file file = {c->token_file, "token", SECRET_FILE_OWNER, TOKEN_FILE_MAX};
    CLEANUP(auth_freep) struct auth *auth = auth_new();
    char *text;

    if (auth_make_token(app->own_token, err) < 0 || read_tokens(app, auth, err) < 0)
        return -1;
    if (access(c->token_file, F_OK) == 0) {
        if (secret_file_read(&file, &text, NULL, err) < 0)
            return -1;
        text[strcspn(text, "\r\n")] = '\0';
        app->operator_token = text;
    } else if (auth_n_tokens(auth) == 1) {
        log_warn("no operator's token at %s: nothing can be operated until there is one",
                 c->token_file);
    }
    app->auth = TAKE(auth);
    return 0;
}

int app_reload_tokens(struct app *app, struct tw_error *err)
{
    CLEANUP(auth_freep) struct auth *auth = auth_new();
    struct auth *former = app->auth;

    if (read_tokens(app, auth, err) < 0)
        return -1;
    if (auth_is_restricted(former) && !auth_is_restricted(auth))
        return tw_fail(err, TW_INVALID,
                       "reading and inference would be open from now on: that takes a restart");
    if (auth_is_same(auth, former))
        return 0;
    log_info("tokens read anew: %zu", auth_n_tokens(auth) - 1);
    /* Requests under way still look at the former one and at names in it. */
    auth_succeed(auth, former);
    app->auth = TAKE(auth);
    return 0;
}

/* Nobody need be told of what has not changed. */
int app_load_certificate(const struct app *app, struct tw_error *err)
{
    const struct config *c = app->config;
    int64_t left_ms;
    bool is_new;

    if (!config_uses_tls(c))
        return 0;
    if (certificate_load(c->tls_certificate_file, c->tls_key_file, &is_new, err) < 0)
        return -1;
    left_ms = certificate_expires_at_ms() - clock_now_ms();
    if (left_ms < EXPIRY_WARNING_MS)
        log_warn("the certificate in '%s' %s", c->tls_certificate_file,
                 left_ms < 0 ? "has expired" : "expires within a week");
    if (is_new)
        log_info("certificate '%s' is in use, for %lld days more", c->tls_certificate_file,
                 (long long)(left_ms / DAY_MS));
    return 0;
}

/* What Alertmanager reports is an event by itself. */
void app_note_operated(struct app *app, const struct request *request, int status)
{
    const struct route *route = request->route;
    struct json_writer w;
    struct buffer detail;
    char subject[80];

    if (route->handler == api_alerts_log)
        return;
    buffer_init(&detail, DETAIL_BYTES_MAX);
    w = (struct json_writer){&detail, false};
    (void)snprintf(subject, sizeof(subject), "%s %s", route->method, route->path);
    json_write_object(&w, NULL);
    json_write_string(&w, "by", request->by);
    json_write_int(&w, "status", status);
    if (status < 400 && request->param[0]) /* else it may be anything */
        json_write_string(&w, "what", request->param[0]);
    json_write_string(&w, "request_id", request->request_id);
    json_write_object_end(&w);
    app_event(app, "operator", subject, detail.failed ? NULL : buffer_text(&detail));
    buffer_finish(&detail);
}
