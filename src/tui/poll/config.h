#ifndef TW_TUI_CONFIG_H
#define TW_TUI_CONFIG_H

/* The settings of `tidewatch`, the contexts of its file, and the tokens. Loaded once, then read only.
 *
 * A context is a section of the file that names an installation's servers:
 *   [context.NAME]
 *   prometheus = URL    alertmanager = URL    operations = URL     needed
 *   ml = URL            llm = URL                                  without: not asked
 *   token_file, prometheus_token_file, alertmanager_token_file = PATH, "~/..." too
 *   prometheus_user, prometheus_headers = TEXT, prometheus_password_file, ..._headers_file, ..._ca_file,
 *   ..._cert_file, ..._key_file = PATH; and so for alertmanager_ and operations_
 *   prod = true                                                    what acts needs the name typed
 * Choosing one is as if its keys had been given as flags, before the flags that are given: what the
 * environment says, and the token of the state folder, are never sent to another installation. */

#include "common/credentials.h"
#include "common/settings.h"

#include <stdbool.h>

struct config {
    char *prometheus_url, *alertmanager_url, *operations_url, *ml_url, *llm_url; /* without a final
                                                                                    slash */
    /* Those of the operations API are for the ML and the LLM API too; its token_file "": the one in the state
     * folder. */
    struct credential_settings prometheus, alertmanager, operations;
    char *assets_dir;          /* dashboards and runbooks */
    int64_t timeout_ms;        /* of one answer */
    int64_t answer_timeout_ms; /* of one that a language model may have to write */

    /* The console, as :save writes it. */
    int theme;                    /* enum theme */
    int64_t range_ms, refresh_ms; /* 0: the dashboard's */
    int view;                     /* of CONFIG_VIEWS */
    bool is_ascii, has_mouse, keeps_history;

    char *file;                     /* that was read; owned, NULL: none */
    char *context;                  /* that was chosen; owned, NULL: none */
    bool is_production;             /* so says the context */
    struct setting_family contexts; /* all of the file; values are struct context */
};

struct context {
    char *prometheus, *alertmanager, *operations, *ml, *llm; /* "": not set */
    struct credential_settings for_prometheus, for_alertmanager, for_operations;
    bool is_production;
};

/* What the console may begin with, in the order of its views. */
#define CONFIG_VIEWS "overview|drift|quality|latency|alerts|requests|simulations|events|sources"

#define N_CONFIG_SETTINGS (15 + 3 * N_CREDENTIAL_SETTINGS)
extern const struct setting config_settings[N_CONFIG_SETTINGS];

/* What of the environment matters; borrowed. NULL: not set. */
struct config_environment {
    const char *home, *xdg_config_home, *xdg_state_home, *tidewatch_config, *tidewatch_state;
    const char *const *all; /* environ */
    const char *context;    /* that is asked for */
};

/* file NULL: $TIDEWATCH_CONFIG, or else ~/.config/tidewatch/tidewatch.conf if it is there. Variables
 * TIDEWATCH_... that are none of our settings are tidewatchd's and passed over. */
int config_load(const struct config_environment *env,
                const char *file,
                int n_flags,
                const char *const *flags,
                struct config *ret_config,
                struct tw_error *err) MUST_CHECK;
void config_finish(struct config *config);

/* Where the configuration file is, or would be: as config_load finds it. Owned; NULL: there is no place. */
char *config_path_dup(const struct config_environment *env, const char *file);

/* The flags without those that a context sets, into out, which has room for n. Borrowed; returns how many. */
int config_flags_of_no_server(int n, const char *const *flags, const char **out);

/* The state folder, as ./run and tidewatchd have it by default. Owned; NULL: it is not known. */
char *config_state_dup(const struct config_environment *env);

/* Where the operator token stands. Owned; NULL with err when that is not known, or when a context names none. */
char *config_token_path_dup(const struct config *config,
                            const struct config_environment *env,
                            struct tw_error *err);

/* The operator token, of 16 to 512 characters. TW_NOT_FOUND: there is no such file, or none is named. Owned. */
int config_read_token(const struct config *config,
                      const struct config_environment *env,
                      char **ret_token,
                      struct tw_error *err) MUST_CHECK;

#endif
