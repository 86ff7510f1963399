#ifndef TW_TUI_CONFIG_H
#define TW_TUI_CONFIG_H

/* The settings of `tidewatch` and the operator token. Loaded once, then read only. */

#include "common/settings.h"

struct config {
    char *prometheus_url, *alertmanager_url, *operations_url, *ml_url, *llm_url; /* without a final
                                                                                    slash */
    char *assets_dir;          /* dashboards and runbooks */
    char *token_file;          /* "": the one in the state folder */
    int64_t timeout_ms;        /* of one answer */
    int64_t answer_timeout_ms; /* of one that a language model may have to write */
};

#define N_CONFIG_SETTINGS 9
extern const struct setting config_settings[N_CONFIG_SETTINGS];

/* What of the environment matters; borrowed. NULL: not set. */
struct config_environment {
    const char *home, *xdg_config_home, *xdg_state_home, *tidewatch_config, *tidewatch_state;
    const char *const *all; /* environ */
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

/* The state folder, as ./run and tidewatchd have it by default. Owned; NULL: it is not known. */
char *config_state_dup(const struct config_environment *env);

/* The operator token: one line of 16 to 512 printable characters in a file that only its owner may
 * read. TW_NOT_FOUND when there is no such file, TW_INVALID when it is not fit. Owned. */
int config_read_token(const struct config *config,
                      const struct config_environment *env,
                      char **ret_token,
                      struct tw_error *err) MUST_CHECK;

#endif
