#ifndef TW_CONFIG_H
#define TW_CONFIG_H

/* The settings of tidewatchd. Read once at start, constant afterwards. */

#include "common/credentials.h"
#include "common/settings.h"

enum config_generator { CONFIG_AUTO, CONFIG_EXTRACTIVE, CONFIG_OPENAI };

struct config {
    char *listen_ml, *listen_llm, *listen_vector, *listen_ops;
    char *roles;
    int64_t replica;
    int log_level;
    char *state_dir, *assets_dir;

    int64_t http_threads, http_workers, http_queue, http_connections, http_address_connections;
    double http_rate;
    int64_t http_burst;
    int64_t http_header_timeout_ms, http_idle_timeout_ms, http_body_timeout_ms,
        http_job_deadline_ms;
    char *http_hosts;
    char *tls_certificate_file, *tls_key_file, *tls_ca_file, *tls_server_name;

    char *token_file, *operators_file, *tokens_file;

    char *model_path, *model_data, *model_classes;
    int64_t drift_window, drift_max_age_ms;

    char *store_path;
    int store_durability;
    int64_t store_queue, store_max_age_ms, store_max_bytes;

    char *kb_dir;
    char *encoder_weights;
    int64_t encoder_threads;
    char *chroma_url, *chroma_tenant, *chroma_database, *chroma_collection, *chroma_token;
    int64_t chroma_timeout_ms;
    char *llm_url, *llm_token;
    int llm_generator; /* enum config_generator */
    char *llm_base_url, *llm_api_key, *llm_model, *llm_fallback_model;
    int64_t llm_timeout_ms, llm_max_tokens, llm_retries;
    double llm_temperature;
    double llm_price_input, llm_price_output; /* USD per million tokens */
    double llm_cost_budget_usd_per_day;
    char *llm_judge_model;
    double llm_judge_share, llm_judge_budget_usd_per_day;

    bool drills_enabled;

    char *prometheus_url, *prometheus_listen, *prometheus_source_dir, *prometheus_token_file;
    struct credential_settings
        prometheus; /* what it is shown by simulations; not by render-config */
    char *alertmanager_url, *alertmanager_listen;
    bool fast_alerts;
    char *slack_webhook_url, *smtp_host, *smtp_from, *smtp_username, *smtp_password, *alert_email;
    char *alert_runbooks, *alert_console;
    int64_t smtp_port;
};

extern const struct setting config_settings[];
extern const size_t n_config_settings;

/* Loads and fills in what depends on other settings: the state folder's default and the files in it. */
int config_load(const struct settings_sources *sources,
                struct config *ret_config,
                struct tw_error *err) MUST_CHECK;
/* Whether server.roles names the role. */
bool config_has_role(const struct config *config, const char *role);

/* Whether answers come from an OpenAI-compatible endpoint: asked for, or auto with an address or a key. */
bool config_uses_openai(const struct config *config);

/* Whether the listeners speak TLS. */
bool config_uses_tls(const struct config *config);

void config_finish(struct config *config);

#endif
