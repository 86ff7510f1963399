#ifndef TW_RENDER_H
#define TW_RENDER_H

/* Writes the configuration of Prometheus and Alertmanager from the templates and rules in prom/. */

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Texts are borrowed; NULL and "" both mean "not set". Addresses are HOST:PORT as the listeners have
 * them; a wildcard host is scraped on loopback. */
struct render_options {
    const char *source_dir; /* prom/: prometheus.yml, alertmanager.yml, rules/, templates/ */
    const char *output_dir; /* made when missing */
    bool fast_alerts;       /* see fast_alerts.h */

    /* Listeners that this stack opens; one that is not set is not scraped. Without listen_ops there
     * is no log webhook either. */
    const char *listen_ml, *listen_llm, *listen_ops;
    const char *prometheus_listen, *alertmanager_listen; /* must be set */
    bool uses_tls;                                       /* the listeners do */
    const char *tls_ca_path;     /* what vouches for them; not set: what the system has */
    const char *tls_server_name; /* in their certificate; not set: the address */

    const char *
        operator_token_path; /* Alertmanager shows it to the log webhook; must be set with listen_ops */
    const char *read_token_path; /* Prometheus shows it to the listeners; not set: they need none */

    /* The settings have left out what only fills the place of a real value. */
    const char *slack_webhook_url;
    const char *smtp_host; /* on this machine: without TLS; else STARTTLS is required */
    int64_t smtp_port;
    const char *smtp_from;     /* not set: alert_email */
    const char *smtp_username; /* not set: no login */
    const char *smtp_password;
    const char *alert_email;

    /* For the messages. Plain ASCII without quotes, braces and any of \ $ < > |. */
    const char *runbooks; /* URL or path of the folder with them; not set: as the rules have it */
    const char *console;  /* the command that opens it; not set: tidewatch */
};

/* Which channels alerts go to besides the log. */
struct render_channels {
    bool slack;
    bool email;
    /* What keeps e-mail from being used though part of it is set: the environment's name of the
     * setting, static. NULL: nothing. */
    const char *email_lacks;
};

/* Pure. */
void render_channels(const struct render_options *options, struct render_channels *ret_channels);

/* Writes into output_dir, each file at once and whole:
 *
 *     prometheus.yml  alertmanager.yml  rules/FILE.yml ...  templates/FILE.tmpl ...
 *     slack_url  smtp_password          mode 0600, only for channels in use
 *
 * and removes rules, templates and secrets of an earlier time that are no longer wanted. TW_INVALID for a
 * template or rule that cannot be rendered (the message names file and line), TW_BROKEN for what the
 * disk refuses. */
int render_stack(const struct render_options *options, struct tw_error *err) MUST_CHECK;

#endif
