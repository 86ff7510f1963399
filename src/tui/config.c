#include "tui/config.h"

#include "common/alloc.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIELD(name)   offsetof(struct config, name)
#define OURS_MAX      ((size_t)2 * N_CONFIG_SETTINGS) /* variables; further repetitions are dropped */
#define TOKEN_LEN_MIN 16
#define TOKEN_LEN_MAX 512

const struct setting config_settings[N_CONFIG_SETTINGS] = {
    {"prometheus.url", SETTING_STRING, FIELD(prometheus_url), "http://127.0.0.1:9090", 0, 0, NULL,
     NULL, "Prometheus, or what answers its HTTP API"},
    {"alertmanager.url", SETTING_STRING, FIELD(alertmanager_url), "http://127.0.0.1:9093", 0, 0,
     NULL, NULL, "Alertmanager"},
    {"operations.url", SETTING_STRING, FIELD(operations_url), "http://127.0.0.1:8003", 0, 0, NULL,
     NULL, "The operations API of tidewatchd"},
    {"ml.url", SETTING_STRING, FIELD(ml_url), "http://127.0.0.1:8000", 0, 0, NULL, NULL,
     "The ML API of tidewatchd"},
    {"llm.url", SETTING_STRING, FIELD(llm_url), "http://127.0.0.1:8001", 0, 0, NULL, NULL,
     "The LLM API of tidewatchd"},
    {"assets.dir", SETTING_STRING, FIELD(assets_dir), TW_ASSETS_DIR, 0, 0, NULL, NULL,
     "Folder of the dashboards and runbooks that come with the program"},
    {"auth.token_file", SETTING_STRING, FIELD(token_file), "", 0, 0, NULL, NULL,
     "The operator token; operator.token in the state folder when empty"},
    {"client.timeout", SETTING_DURATION, FIELD(timeout_ms), "3s", 100, 60000, NULL, NULL,
     "How long one answer may take"},
    {"client.answer_timeout", SETTING_DURATION, FIELD(answer_timeout_ms), "65s", 100, 600000, NULL,
     NULL, "How long ask, triage and load wait; the server itself gives up after 60s"},
};

/* ---- Where things are -------------------------------------------------------------------------- */

/* "$xdg/tidewatch" or "$home/<fallback>/tidewatch"; NULL when neither is known. Owned. */
static char *folder_dup(const char *xdg, const char *home, const char *fallback)
{
    /* The XDG rules: a path that is not absolute is to be ignored. */
    if (xdg && xdg[0] == '/')
        return xprintf_dup("%s/tidewatch", xdg);
    if (home && home[0] == '/')
        return xprintf_dup("%s/%s/tidewatch", home, fallback);
    return NULL;
}

/* The file to read, or NULL for none. Owned. */
static char *file_dup(const struct config_environment *env, const char *file)
{
    CLEANUP(freep) char *folder = NULL;
    CLEANUP(freep) char *path = NULL;

    if (file)
        return xstrdup(file);
    if (env->tidewatch_config && env->tidewatch_config[0])
        return xstrdup(env->tidewatch_config);
    folder = folder_dup(env->xdg_config_home, env->home, ".config");
    if (!folder)
        return NULL;
    path = xprintf_dup("%s/tidewatch.conf", folder);
    return access(path, F_OK) == 0 ? TAKE(path) : NULL;
}

/* ---- Environment ------------------------------------------------------------------------------- */

/* Is it TIDEWATCH_SECTION_KEY=... of this setting? */
static bool sets(const char *variable, const char *setting)
{
    static const char prefix[] = "TIDEWATCH_";
    const char *at = variable + sizeof(prefix) - 1;

    if (strncmp(variable, prefix, sizeof(prefix) - 1) != 0)
        return false;
    for (; *setting; setting++, at++)
        if (*at != (*setting == '.' ? '_' : toupper((unsigned char)*setting)))
            return false;
    return *at == '=';
}

/* The variables of env that are ours; the array is owned, NULL-terminated, the texts are borrowed.
 * tidewatchd shares the prefix, and its settings are no errors here. */
static const char **our_environment(const char *const *env)
{
    const char **ours;
    size_t n = 0;

    ours = xcalloc(OURS_MAX + 1, sizeof(*ours));
    for (; env && *env && n < OURS_MAX; env++)
        for (size_t i = 0; i < N_CONFIG_SETTINGS; i++)
            if (sets(*env, config_settings[i].name)) {
                ours[n++] = *env;
                break;
            }
    return ours;
}

static void trim_slashes(char *url)
{
    size_t len = strlen(url);

    while (len > 0 && url[len - 1] == '/')
        url[--len] = '\0';
}

int config_load(const struct config_environment *env,
                const char *file,
                int n_flags,
                const char *const *flags,
                struct config *ret_config,
                struct tw_error *err)
{
    CLEANUP(freep) char *path = file_dup(env, file);
    CLEANUP(freep) const char **ours = our_environment(env->all);
    struct settings_sources sources = {
        .file = path, .env = ours, .n_flags = n_flags, .flags = flags};
    struct config config = {0};

    if (settings_load(config_settings, N_CONFIG_SETTINGS, &sources, &config, err) < 0)
        return -1;
    trim_slashes(config.prometheus_url);
    trim_slashes(config.alertmanager_url);
    trim_slashes(config.operations_url);
    trim_slashes(config.ml_url);
    trim_slashes(config.llm_url);
    *ret_config = config;
    return 0;
}

void config_finish(struct config *config)
{
    settings_finish(config_settings, N_CONFIG_SETTINGS, config);
}

char *config_state_dup(const struct config_environment *env)
{
    if (env->tidewatch_state && env->tidewatch_state[0])
        return xstrdup(env->tidewatch_state);
    return folder_dup(env->xdg_state_home, env->home, ".local/state");
}

/* ---- Token ------------------------------------------------------------------------------------- */

/* Owned; NULL with err when it cannot be told. */
static char *token_path_dup(const struct config *config,
                            const struct config_environment *env,
                            struct tw_error *err)
{
    CLEANUP(freep) char *folder = NULL;

    if (config->token_file[0])
        return xstrdup(config->token_file);
    folder = config_state_dup(env);
    if (folder)
        return xprintf_dup("%s/operator.token", folder);
    (void)tw_fail(err, TW_NOT_FOUND, "the state folder is not known: set auth.token_file or HOME");
    return NULL;
}

static int check_token_file(int fd, const char *path, struct tw_error *err)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot look at the token file '%s'", path);
    if (!S_ISREG(status.st_mode))
        return tw_fail(err, TW_INVALID, "the token file '%s' is not a regular file", path);
    if (status.st_mode & 077)
        return tw_fail(err, TW_INVALID,
                       "the token file is open to others (mode %03o) and not used: chmod 600 '%s'",
                       (unsigned)(status.st_mode & 0777), path);
    return 0;
}

/* The one line in text, without its end. */
static int check_token(char *text, const char *path, struct tw_error *err)
{
    size_t len = strcspn(text, "\r\n");
    bool is_fit = len >= TOKEN_LEN_MIN && len <= TOKEN_LEN_MAX;

    if (text[len + strspn(text + len, "\r\n")] != '\0')
        is_fit = false;
    text[len] = '\0';
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            is_fit = false;
    if (!is_fit)
        return tw_fail(err, TW_INVALID,
                       "the token file '%s' does not hold one line of %d to %d characters", path,
                       TOKEN_LEN_MIN, TOKEN_LEN_MAX);
    return 0;
}

int config_read_token(const struct config *config,
                      const struct config_environment *env,
                      char **ret_token,
                      struct tw_error *err)
{
    CLEANUP(freep) char *path = token_path_dup(config, env, err);
    char text[TOKEN_LEN_MAX + 4];
    ssize_t len;
    int fd, result = -1;

    if (!path)
        return -1;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return tw_fail_errno(err, errno == ENOENT ? TW_NOT_FOUND : TW_INVALID, errno,
                             "cannot read the token file '%s'", path);
    len = -1;
    if (check_token_file(fd, path, err) == 0) {
        len = read(fd, text, sizeof(text) - 1);
        if (len < 0)
            (void)tw_fail_errno(err, TW_BROKEN, errno, "cannot read the token file '%s'", path);
    }
    (void)close(fd);
    if (len >= 0) {
        text[len] = '\0';
        result = check_token(text, path, err);
    }
    if (result == 0)
        *ret_token = xstrdup(text);
    explicit_bzero(text, sizeof(text));
    return result;
}
