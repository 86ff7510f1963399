#include "server/config.h"

#include "common/alloc.h"

#include <stdlib.h>
#include <string.h>

#define FIELD(name)         offsetof(struct config, name)
#define OF_PROMETHEUS(name) FIELD(prometheus.name)
#define MINUTE              (60.0 * 1000)
#define DAY                 (24 * 60 * MINUTE)

/* One line per setting reads best as a table. */
/* clang-format off */
const struct setting config_settings[] = {
    {"server.roles", SETTING_STRING, FIELD(roles), "ml,llm,vector,ops", 0, 0, NULL, NULL, "Which listeners this process opens: a list of ml, llm, vector, ops"},
    {"server.replica", SETTING_INT, FIELD(replica), "0", 0, 65535, NULL, NULL, "Number of this replica; part of every prediction id"},
    {"server.log_level", SETTING_CHOICE, FIELD(log_level), "info", 0, 0, "error|warn|info|debug", NULL, "What is logged to standard error"},

    {"listen.ml", SETTING_STRING, FIELD(listen_ml), "127.0.0.1:8000", 0, 0, NULL, NULL, "Address of the ML API"},
    {"listen.llm", SETTING_STRING, FIELD(listen_llm), "127.0.0.1:8001", 0, 0, NULL, NULL, "Address of the LLM API"},
    {"listen.vector", SETTING_STRING, FIELD(listen_vector), "127.0.0.1:8002", 0, 0, NULL, NULL, "Address of the vector API"},
    {"listen.ops", SETTING_STRING, FIELD(listen_ops), "127.0.0.1:8003", 0, 0, NULL, NULL, "Address of the operations API"},

    {"state.dir", SETTING_STRING, FIELD(state_dir), "", 0, 0, NULL, "TIDEWATCH_STATE", "Folder of database, model and tokens; default $XDG_STATE_HOME/tidewatch or ~/.local/state/tidewatch"},
    {"assets.dir", SETTING_STRING, FIELD(assets_dir), TW_ASSETS_DIR, 0, 0, NULL, NULL, "Folder of the training data and other files that come with the program"},

    {"http.threads", SETTING_INT, FIELD(http_threads), "2", 1, 64, NULL, NULL, "Threads per listener"},
    {"http.workers", SETTING_INT, FIELD(http_workers), "4", 1, 256, NULL, NULL, "Threads for requests that take long"},
    {"http.queue", SETTING_INT, FIELD(http_queue), "128", 1, 100000, NULL, NULL, "Such requests that may wait for a thread; more are answered 503"},
    {"http.connections", SETTING_INT, FIELD(http_connections), "2048", 8, 100000, NULL, NULL, "Connections per listener"},
    {"http.address_connections", SETTING_INT, FIELD(http_address_connections), "1024", 0, 100000, NULL, NULL, "Connections per listener from one address; 0 for no limit but the one for all"},
    {"http.rate", SETTING_NUMBER, FIELD(http_rate), "0", 0, 1e6, NULL, NULL, "Requests a second that one address may make, of all listeners together; more are answered 429. 0 for no limit; else at least 0.01"},
    {"http.burst", SETTING_INT, FIELD(http_burst), "100", 1, 1000000, NULL, NULL, "Requests that it may make at once after a pause"},
    {"http.header_timeout", SETTING_DURATION, FIELD(http_header_timeout_ms), "60s", 100, 3600e3, NULL, NULL, "A request's headers must have arrived within this, from the connection's start or the answer before"},
    {"http.idle_timeout", SETTING_DURATION, FIELD(http_idle_timeout_ms), "30s", 1000, 3600e3, NULL, NULL, "A silent connection is closed after this"},
    {"http.body_timeout", SETTING_DURATION, FIELD(http_body_timeout_ms), "30s", 100, 3600e3, NULL, NULL, "A request's body must have arrived within this"},
    {"http.job_deadline", SETTING_DURATION, FIELD(http_job_deadline_ms), "60s", 100, 3600e3, NULL, NULL, "A request that waited this long for a thread is answered 503"},
    {"http.hosts", SETTING_STRING, FIELD(http_hosts), "", 0, 0, NULL, NULL, "Further names a Host header may have, separated by commas"},

    {"tls.certificate_file", SETTING_STRING, FIELD(tls_certificate_file), "", 0, 0, NULL, NULL, "Certificate of every listener, as PEM, with the chain after it; with it they speak TLS and nothing else. Read anew at SIGHUP"},
    {"tls.key_file", SETTING_STRING, FIELD(tls_key_file), "", 0, 0, NULL, NULL, "Its key, as PEM; readable by nobody but its owner and group"},
    {"tls.ca_file", SETTING_STRING, FIELD(tls_ca_file), "", 0, 0, NULL, NULL, "Certificates, as PEM, that vouch for ours and for servers that are asked, beside the system's; Prometheus and Alertmanager are told of it"},
    {"tls.server_name", SETTING_STRING, FIELD(tls_server_name), "", 0, 63, NULL, NULL, "Name in the certificate, for who connects from this machine: simulations, Prometheus, Alertmanager; the address when empty"},

    {"auth.token_file", SETTING_STRING, FIELD(token_file), "", 0, 0, NULL, NULL, "File with the operator's token; default operator.token in the state folder"},
    {"auth.operators_file", SETTING_STRING, FIELD(operators_file), "", 0, 0, NULL, NULL, "File with a line NAME:SHA256 for each further operator's token, as `tidewatchd token new NAME` adds it; default operators in the state folder"},
    {"auth.tokens_file", SETTING_STRING, FIELD(tokens_file), "", 0, 0, NULL, NULL, "File with lines ROLE TOKEN (read, infer, operate); without it reading and inference need none"},

    {"model.path", SETTING_STRING, FIELD(model_path), "", 0, 0, NULL, NULL, "Model file; default model.json in the state folder, trained when missing"},
    {"model.data", SETTING_STRING, FIELD(model_data), "", 0, 0, NULL, NULL, "CSV to train on; default tickets.csv of the assets"},
    {"model.classes", SETTING_STRING, FIELD(model_classes), "Low,Medium,High", 0, 0, NULL, NULL, "Severities in ascending order"},
    {"drift.window", SETTING_INT, FIELD(drift_window), "200", 100, 5000, NULL, NULL, "Predictions that are compared with the training data"},
    {"drift.max_age", SETTING_DURATION, FIELD(drift_max_age_ms), "6h", MINUTE, 30 * DAY, NULL, NULL, "Predictions older than this are not looked at"},

    {"store.path", SETTING_STRING, FIELD(store_path), "", 0, 0, NULL, NULL, "Database; default tidewatch.db in the state folder"},
    {"store.durability", SETTING_CHOICE, FIELD(store_durability), "relaxed", 0, 0, "relaxed|commit", NULL, "relaxed: answer at once, a crash loses at most 50 ms of rows; commit: answer after the commit"},
    {"store.queue", SETTING_INT, FIELD(store_queue), "65536", 64, 1 << 24, NULL, NULL, "Rows that may wait to be written"},
    {"store.max_age", SETTING_DURATION, FIELD(store_max_age_ms), "30d", 0, 3650 * DAY, NULL, NULL, "Rows older than this are deleted; 0 keeps them"},
    {"store.max_bytes", SETTING_BYTES, FIELD(store_max_bytes), "2G", 0, 1e15, NULL, NULL, "The oldest predictions go when the database is larger; 0 for no limit"},

    {"kb.dir", SETTING_STRING, FIELD(kb_dir), "", 0, 0, NULL, NULL, "Folder of the knowledge base: Markdown and text files; default kb in the assets"},
    {"encoder.weights", SETTING_STRING, FIELD(encoder_weights), "", 0, 0, NULL, NULL, "Folder with model.safetensors and vocab.txt of all-MiniLM-L6-v2; default encoder in the state folder. Without them words alone are searched"},
    {"encoder.threads", SETTING_INT, FIELD(encoder_threads), "0", 0, 64, NULL, NULL, "Threads of the encoder; 0: one fewer than there are cores"},
    {"chroma.url", SETTING_STRING, FIELD(chroma_url), "", 0, 0, NULL, NULL, "A Chroma server that keeps the vectors instead of this process, such as http://127.0.0.1:8000"},
    {"chroma.tenant", SETTING_STRING, FIELD(chroma_tenant), "default_tenant", 0, 0, NULL, NULL, "Tenant there"},
    {"chroma.database", SETTING_STRING, FIELD(chroma_database), "default_database", 0, 0, NULL, NULL, "Database there"},
    {"chroma.collection", SETTING_STRING, FIELD(chroma_collection), "tidewatch-kb", 0, 0, NULL, NULL, "Collection of the knowledge base, there or in this process"},
    {"chroma.token", SETTING_SECRET, FIELD(chroma_token), "", 0, 0, NULL, NULL, "Bearer token for it"},
    {"chroma.timeout", SETTING_DURATION, FIELD(chroma_timeout_ms), "5s", 100, 600e3, NULL, NULL, "It must answer a search within this; words go on alone when it does not"},
    {"llm.url", SETTING_STRING, FIELD(llm_url), "", 0, 0, NULL, NULL, "LLM API of another process that triage asks; default this one's"},
    {"llm.token", SETTING_SECRET, FIELD(llm_token), "", 0, 0, NULL, NULL, "Token that triage and simulations show there"},
    {"llm.generator", SETTING_CHOICE, FIELD(llm_generator), "auto", 0, 0, "auto|extractive|openai", NULL, "Who writes the answers: extractive quotes, openai asks a language model; auto is openai where an address or key is set"},
    {"llm.base_url", SETTING_STRING, FIELD(llm_base_url), "", 0, 0, NULL, "OPENAI_BASE_URL", "Address of an OpenAI-compatible endpoint, up to /v1; with only a key it is OpenAI's own"},
    {"llm.api_key", SETTING_SECRET, FIELD(llm_api_key), "", 0, 0, NULL, "OPENAI_API_KEY", "Its key; none is sent when empty"},
    {"llm.model", SETTING_STRING, FIELD(llm_model), "gpt-4o-mini", 1, 63, NULL, "OPENAI_MODEL", "Model that answers"},
    {"llm.fallback_model", SETTING_STRING, FIELD(llm_fallback_model), "", 0, 63, NULL, NULL, "Model of the same endpoint that is asked when the first one fails"},
    {"llm.timeout", SETTING_DURATION, FIELD(llm_timeout_ms), "30s", 100, 600e3, NULL, NULL, "An answer must be there within this, all tries together"},
    {"llm.max_tokens", SETTING_INT, FIELD(llm_max_tokens), "512", 16, 32768, NULL, NULL, "Longest answer"},
    {"llm.temperature", SETTING_NUMBER, FIELD(llm_temperature), "0.2", 0, 2, NULL, NULL, "How freely the model words its answers"},
    {"llm.retries", SETTING_INT, FIELD(llm_retries), "2", 0, 10, NULL, NULL, "Further tries of a model after a failure that may pass"},
    {"llm.price_input", SETTING_NUMBER, FIELD(llm_price_input), "0", 0, 1e6, NULL, NULL, "USD per million tokens read; of every model of the endpoint"},
    {"llm.price_output", SETTING_NUMBER, FIELD(llm_price_output), "0", 0, 1e6, NULL, NULL, "USD per million tokens written"},
    {"llm.cost_budget_usd_per_day", SETTING_NUMBER, FIELD(llm_cost_budget_usd_per_day), "0", 0, 1e9, NULL, NULL, "An alert says when answers are about to cost more; 0 for none"},
    {"llm.judge_share", SETTING_NUMBER, FIELD(llm_judge_share), "0", 0, 1, NULL, NULL, "Share of the answers that a language model grades as well"},
    {"llm.judge_model", SETTING_STRING, FIELD(llm_judge_model), "", 0, 63, NULL, NULL, "Model that grades; default llm.model"},
    {"llm.judge_budget_usd_per_day", SETTING_NUMBER, FIELD(llm_judge_budget_usd_per_day), "1", 0, 1e9, NULL, NULL, "Grading stops for the day when it has cost this, by the prices above"},

    {"drills.enabled", SETTING_BOOL, FIELD(drills_enabled), "false", 0, 0, NULL, NULL, "Whether simulations may be started"},

    {"prometheus.url", SETTING_STRING, FIELD(prometheus_url), "http://127.0.0.1:9090", 0, 0, NULL, NULL, "Prometheus, asked by simulations whether their alert fires"},
    {"prometheus.bearer_file", SETTING_STRING, OF_PROMETHEUS(token_file), "", 0, 0, NULL, NULL, "File with the token that Prometheus wants; none when empty"},
    CREDENTIAL_SETTINGS("prometheus.", OF_PROMETHEUS, "Prometheus"),
    {"prometheus.listen", SETTING_STRING, FIELD(prometheus_listen), "127.0.0.1:9090", 0, 0, NULL, NULL, "Where the Prometheus that is rendered for listens"},
    {"prometheus.fast_alerts", SETTING_BOOL, FIELD(fast_alerts), "false", 0, 0, NULL, NULL, "Rules with every time divided by 20, for tests and game days"},
    {"prometheus.source_dir", SETTING_STRING, FIELD(prometheus_source_dir), TW_PROM_DIR, 0, 0, NULL, NULL, "Folder of the rules and templates that render-config reads"},
    {"prometheus.token_file", SETTING_STRING, FIELD(prometheus_token_file), "", 0, 0, NULL, NULL, "File with a read token that Prometheus shows when it scrapes; needed where auth.tokens_file is set"},
    {"alertmanager.url", SETTING_STRING, FIELD(alertmanager_url), "http://127.0.0.1:9093", 0, 0, NULL, NULL, "Alertmanager"},
    {"alertmanager.listen", SETTING_STRING, FIELD(alertmanager_listen), "127.0.0.1:9093", 0, 0, NULL, NULL, "Where the Alertmanager that is rendered for listens"},

    {"slack.webhook_url", SETTING_SECRET, FIELD(slack_webhook_url), "", 0, 0, NULL, "SLACK_WEBHOOK_URL", "Slack channel for critical and warning alerts"},
    {"smtp.host", SETTING_STRING, FIELD(smtp_host), "", 0, 0, NULL, "SMTP_HOST", "Mail server for critical alerts"},
    {"smtp.port", SETTING_INT, FIELD(smtp_port), "587", 1, 65535, NULL, "SMTP_PORT", "Its port"},
    {"smtp.from", SETTING_STRING, FIELD(smtp_from), "", 0, 0, NULL, "SMTP_FROM", "Sender of the mails"},
    {"smtp.username", SETTING_STRING, FIELD(smtp_username), "", 0, 0, NULL, "SMTP_USERNAME", "Login at the mail server"},
    {"smtp.password", SETTING_SECRET, FIELD(smtp_password), "", 0, 0, NULL, "SMTP_PASSWORD", "Password at the mail server"},
    {"alerts.email", SETTING_STRING, FIELD(alert_email), "", 0, 0, NULL, "ALERT_EMAIL", "Who gets the mails"},
    {"alerts.runbooks", SETTING_STRING, FIELD(alert_runbooks), "", 0, 0, NULL, NULL, "Where assets/runbooks can be read, a URL or a folder; for the links in notifications"},
    {"alerts.console", SETTING_STRING, FIELD(alert_console), "", 0, 0, NULL, NULL, "Command that opens the console, for notifications; tidewatch when empty"},
};
/* clang-format on */
const size_t n_config_settings = COUNT_OF(config_settings);

/* Replaces *slot by made (owned) if it is empty. */
static void fill_in(char **slot, char *made)
{
    char *unwanted = **slot == '\0' ? *slot : made;

    if (unwanted == *slot)
        *slot = made;
    free(unwanted);
}

static char *default_state_dir(void)
{
    const char *xdg = getenv("XDG_STATE_HOME"); // NOLINT(concurrency-mt-unsafe): before any thread
    const char *home = getenv("HOME");          // NOLINT(concurrency-mt-unsafe)

    if (xdg && *xdg)
        return xprintf_dup("%s/tidewatch", xdg);
    return xprintf_dup("%s/.local/state/tidewatch", home ? home : "");
}

int config_load(const struct settings_sources *sources,
                struct config *ret_config,
                struct tw_error *err)
{
    struct config *c = ret_config;

    memset(c, 0, sizeof(*c));
    if (settings_load(config_settings, n_config_settings, sources, c, err) < 0)
        return -1;
    if (!*c->tls_certificate_file != !*c->tls_key_file) {
        config_finish(c);
        return tw_fail(err, TW_INVALID,
                       "tls.certificate_file and tls.key_file must be set both or neither");
    }
    if (c->http_rate > 0 && c->http_rate < 0.01) {
        config_finish(c);
        return tw_fail(err, TW_INVALID, "http.rate must be 0 or at least 0.01");
    }
    fill_in(&c->state_dir, default_state_dir());
    fill_in(&c->token_file, xprintf_dup("%s/operator.token", c->state_dir));
    fill_in(&c->operators_file, xprintf_dup("%s/operators", c->state_dir));
    fill_in(&c->model_path, xprintf_dup("%s/model.json", c->state_dir));
    fill_in(&c->model_data, xprintf_dup("%s/tickets.csv", c->assets_dir));
    fill_in(&c->kb_dir, xprintf_dup("%s/kb", c->assets_dir));
    fill_in(&c->encoder_weights, xprintf_dup("%s/encoder", c->state_dir));
    fill_in(&c->llm_judge_model, xstrdup(c->llm_model));
    fill_in(&c->store_path, xprintf_dup("%s/tidewatch.db", c->state_dir));
    return 0;
}

bool config_has_role(const struct config *config, const char *role)
{
    for (const char *word = config->roles; *word; word += *word == ',') {
        size_t len = strcspn(word, ",");

        if (strlen(role) == len && strncmp(word, role, len) == 0)
            return true;
        word += len;
    }
    return false;
}

bool config_uses_tls(const struct config *config)
{
    return *config->tls_certificate_file != '\0';
}

bool config_uses_openai(const struct config *config)
{
    if (config->llm_generator == CONFIG_AUTO)
        return *config->llm_base_url || *config->llm_api_key;
    return config->llm_generator == CONFIG_OPENAI;
}

void config_finish(struct config *config)
{
    settings_finish(config_settings, n_config_settings, config);
}
