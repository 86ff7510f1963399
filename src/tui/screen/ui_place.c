#include "tui/screen/ui_place.h"

#include "common/alloc.h"
#include "tui/text/server_text.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fit to be shown and copied: "http://name:password@host" loses the name and the password. */
static char *url_without_user_dup(const char *url)
{
    const char *host = url ? strstr(url, "://") : NULL, *at;

    if (!host)
        return server_text_dup(url);
    host += 3;
    at = memchr(host, '@', strcspn(host, "/?#"));
    if (!at)
        return server_text_dup(url);
    return xprintf_dup("%.*s%s", (int)(host - url), url, at + 1);
}

/* Why nothing can be started; "" when it can. */
static void write_no_token(const struct session *session,
                           bool is_read_only,
                           struct ui_place_texts *texts)
{
    size_t size = sizeof(texts->no_token);

    texts->no_token[0] = '\0';
    if (session->player)
        (void)snprintf(texts->no_token, size, "this is a replay: nothing is changed from here");
    else if (is_read_only)
        (void)snprintf(texts->no_token, size, "nothing is changed from here: --read-only");
    else if (!session->may_act)
        (void)snprintf(texts->no_token, size, "no operator token: %s",
                       session->token_error.message);
}

/* The login name, made fit for a terminal. */
static void find_user(char out[SILENCE_BY_SIZE])
{
    char buffer[4096];
    struct passwd entry, *found = NULL;
    const char *name = "console";

    if (getpwuid_r(getuid(), &entry, buffer, sizeof(buffer), &found) == 0 && found)
        name = found->pw_name;
    (void)server_text_copy(out, SILENCE_BY_SIZE, name, strlen(name));
}

/* A context of the file may have the name that we give to none of them: then it is that one. */
static const char *bare_context(const struct config *config)
{
    for (size_t i = 0; i < config->contexts.n; i++)
        if (strcmp(config->contexts.members[i].name, UI_NO_CONTEXT) == 0)
            return NULL;
    return UI_NO_CONTEXT;
}

void ui_place_finish(struct ui_place_texts *texts)
{
    free(texts->prometheus_url);
    texts->prometheus_url = NULL;
}

struct ui_place ui_place_of(const struct session *session,
                            bool is_read_only,
                            struct ui_place_texts *ret_texts)
{
    const struct config *config = &session->config;
    struct ui_place place = {
        .environment = config->context ? config->context : UI_NO_CONTEXT,
        .is_production = config->is_production,
        .operations_url = config->operations_url,
        .alertmanager_url = config->alertmanager_url ? config->alertmanager_url : "",
        .user = ret_texts->user,
        .is_recording = session->recorder != NULL,
        .no_token = ret_texts->no_token,
        .is_read_only = is_read_only,
        .contexts = &config->contexts,
        .bare_context = bare_context(config),
        .config_file = config->file,
    };

    find_user(ret_texts->user);
    write_no_token(session, is_read_only, ret_texts);
    ret_texts->prometheus_url =
        session->player ? xstrdup("recorded") : url_without_user_dup(config->prometheus_url);
    place.prometheus_url = ret_texts->prometheus_url;
    if (session->player) {
        place.environment = player_head(session->player)->context;
        place.is_production = player_head(session->player)->is_production;
        place.alertmanager_url = "";
        place.is_replay = true;
        place.is_read_only = true;
    }
    return place;
}
