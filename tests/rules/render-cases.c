#include "common/alloc.h"
#include "server/render.h"

#include <stdio.h>

/* Renders prom/ in every combination of speed and channels, for Prometheus's and Alertmanager's own
 * checkers: render-cases PROM_DIR OUT_DIR. */

static const struct render_options slack = {.slack_webhook_url =
                                                "https://hooks.slack.com/services/T1/B2/secret"};
static const struct render_options email = {.smtp_host = "mail.firm.net",
                                            .smtp_port = 587,
                                            .smtp_from = "tidewatch@firm.net",
                                            .smtp_username = "tidewatch@firm.net",
                                            .smtp_password = "s3cret'\"",
                                            .alert_email = "on-call's list <oncall@firm.net>"};

static int render_case(const char *source, const char *out, bool is_fast, int channels)
{
    static const char *const names[] = {"none", "slack", "email", "both"};
    CLEANUP(freep)
    char *folder = xprintf_dup("%s/%s-%s", out, is_fast ? "fast" : "normal", names[channels]);
    struct render_options o = channels & 2 ? email : (struct render_options){.smtp_port = 587};
    struct tw_error err;

    if (channels & 1)
        o.slack_webhook_url = slack.slack_webhook_url;
    o.source_dir = source;
    o.output_dir = folder;
    o.fast_alerts = is_fast;
    o.listen_ml = "127.0.0.1:8000";
    o.listen_llm = channels == 3 ? "0.0.0.0:8001" : NULL;
    o.listen_ops = "127.0.0.1:8003";
    o.prometheus_listen = "127.0.0.1:9090";
    o.alertmanager_listen = "[::]:9093";
    o.operator_token_path = "/state/it's/operator.token";
    o.read_token_path = channels == 3 ? "/dev/null" : NULL;
    o.runbooks = channels == 3 ? "https://git.firm.net/tidewatch/assets/runbooks/" : NULL;
    o.console = channels == 3 ? "/opt/tidewatch/run console" : NULL;
    if (render_stack(&o, &err) == 0)
        return 0;
    (void)fprintf(stderr, "%s: %s\n", folder, err.message);
    return 1;
}

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc != 3)
        return 2;
    for (int channels = 0; channels < 4; channels++)
        failed |= render_case(argv[1], argv[2], false, channels) |
                  render_case(argv[1], argv[2], true, channels);
    return failed;
}
