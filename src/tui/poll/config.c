#include "tui/poll/config.h"

#include "common/alloc.h"
#include "common/setting_value.h"
#include "tui/data/options.h"
#include "tui/draw/theme.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIELD(name)       offsetof(struct config, name)
#define OURS_MAX          ((size_t)2 * N_CONFIG_SETTINGS) /* variables; further repetitions are dropped */
#define TOKEN_LEN_MIN     16
#define TOKEN_LEN_MAX     512
#define IN_CONTEXT(name)  offsetof(struct context, name)
#define CONTEXT_FLAGS_MAX (5 + 3 * N_CREDENTIAL_SETTINGS)

#define OF_PROMETHEUS(name)    FIELD(prometheus.name)
#define OF_ALERTMANAGER(name)  FIELD(alertmanager.name)
#define OF_OPERATIONS(name)    FIELD(operations.name)
#define FOR_PROMETHEUS(name)   IN_CONTEXT(for_prometheus.name)
#define FOR_ALERTMANAGER(name) IN_CONTEXT(for_alertmanager.name)
#define FOR_OPERATIONS(name)   IN_CONTEXT(for_operations.name)
#define RANGE_MS_MIN           60000
#define RANGE_MS_MAX           (366.0 * 86400 * 1000)
#define REFRESH_MS_MIN         100
#define REFRESH_MS_MAX         600000

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
    {"auth.token_file", SETTING_STRING, FIELD(operations.token_file), "", 0, 0, NULL, NULL,
     "The operator token; operator.token in the state folder when empty"},
    {"prometheus.token_file", SETTING_STRING, FIELD(prometheus.token_file), "", 0, 0, NULL, NULL,
     "File with the token that Prometheus wants; none when empty"},
    CREDENTIAL_SETTINGS("prometheus.", OF_PROMETHEUS, "Prometheus"),
    {"alertmanager.token_file", SETTING_STRING, FIELD(alertmanager.token_file), "", 0, 0, NULL,
     NULL, "File with the token that Alertmanager wants; none when empty"},
    CREDENTIAL_SETTINGS("alertmanager.", OF_ALERTMANAGER, "Alertmanager"),
    CREDENTIAL_SETTINGS("operations.", OF_OPERATIONS, "the APIs of tidewatchd"),
    {"console.theme", SETTING_CHOICE, FIELD(theme), "default", 0, 0, THEME_NAMES, NULL,
     "Colours of the console; mono is taken where NO_COLOR is set"},
    {"console.range", SETTING_DURATION, FIELD(range_ms), "0", 0, RANGE_MS_MAX, NULL, NULL,
     "How much time the charts show, from 1m on; as the dashboard says when 0"},
    {"console.refresh", SETTING_DURATION, FIELD(refresh_ms), "0", 0, REFRESH_MS_MAX, NULL, NULL,
     "How often the servers are asked, from 100ms on; as the dashboard says when 0"},
    {"console.view", SETTING_CHOICE, FIELD(view), "overview", 0, 0, CONFIG_VIEWS, NULL,
     "What the console begins with"},
    {"console.ascii", SETTING_BOOL, FIELD(is_ascii), "false", 0, 0, NULL, NULL,
     "Draw with ASCII alone"},
    {"console.mouse", SETTING_BOOL, FIELD(has_mouse), "false", 0, 0, NULL, NULL,
     "Take clicks and the wheel; the terminal's own selection then needs Shift"},
    {"console.history", SETTING_BOOL, FIELD(keeps_history), "true", 0, 0, NULL, NULL,
     "Keep the command line's history between runs, without questions and tickets"},
    {"client.timeout", SETTING_DURATION, FIELD(timeout_ms), "3s", 100, 60000, NULL, NULL,
     "How long one answer may take"},
    {"client.answer_timeout", SETTING_DURATION, FIELD(answer_timeout_ms), "65s", 100, 600000, NULL,
     NULL, "How long ask, triage and load wait; the server itself gives up after 60s"},
};

static const struct setting context_settings[] = {
    {"prometheus", SETTING_STRING, IN_CONTEXT(prometheus), "", 0, 0, NULL, NULL, "Prometheus"},
    {"alertmanager", SETTING_STRING, IN_CONTEXT(alertmanager), "", 0, 0, NULL, NULL,
     "Alertmanager"},
    {"operations", SETTING_STRING, IN_CONTEXT(operations), "", 0, 0, NULL, NULL,
     "The operations API"},
    {"ml", SETTING_STRING, IN_CONTEXT(ml), "", 0, 0, NULL, NULL, "The ML API"},
    {"llm", SETTING_STRING, IN_CONTEXT(llm), "", 0, 0, NULL, NULL, "The LLM API"},
    {"token_file", SETTING_STRING, FOR_OPERATIONS(token_file), "", 0, 0, NULL, NULL,
     "File with the operator token"},
    CREDENTIAL_SETTINGS("operations_", FOR_OPERATIONS, "the APIs of tidewatchd"),
    {"prometheus_token_file", SETTING_STRING, FOR_PROMETHEUS(token_file), "", 0, 0, NULL, NULL,
     "File with the token for Prometheus"},
    CREDENTIAL_SETTINGS("prometheus_", FOR_PROMETHEUS, "Prometheus"),
    {"alertmanager_token_file", SETTING_STRING, FOR_ALERTMANAGER(token_file), "", 0, 0, NULL, NULL,
     "File with the token for Alertmanager"},
    CREDENTIAL_SETTINGS("alertmanager_", FOR_ALERTMANAGER, "Alertmanager"),
    {"prod", SETTING_BOOL, IN_CONTEXT(is_production), "false", 0, 0, NULL, NULL,
     "What acts needs the context's name typed"},
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

char *config_path_dup(const struct config_environment *env, const char *file)
{
    CLEANUP(freep) char *folder = NULL;

    if (file)
        return xstrdup(file);
    if (env->tidewatch_config && env->tidewatch_config[0])
        return xstrdup(env->tidewatch_config);
    folder = folder_dup(env->xdg_config_home, env->home, ".config");
    if (!folder)
        return NULL;
    return xprintf_dup("%s/tidewatch.conf", folder);
}

/* The file to read, or NULL for none: one that is named must be there. Owned. */
static char *file_dup(const struct config_environment *env, const char *file)
{
    CLEANUP(freep) char *path = config_path_dup(env, file);
    bool is_named = file || (env->tidewatch_config && env->tidewatch_config[0]);

    return path && (is_named || access(path, F_OK) == 0) ? TAKE(path) : NULL;
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

/* ---- Contexts ---------------------------------------------------------------------------------- */

enum key_kind { KEY_SERVER, KEY_FURTHER_SERVER, KEY_PATH, KEY_TEXT };

/* In the order of CREDENTIAL_SETTINGS. */
#define CREDENTIAL_KEYS(section)                                                                   \
    {section ".user", KEY_TEXT}, {section ".password_file", KEY_PATH},                             \
        {section ".headers", KEY_TEXT}, {section ".headers_file", KEY_PATH},                       \
        {section ".ca_file", KEY_PATH}, {section ".cert_file", KEY_PATH},                          \
    {                                                                                              \
        section ".key_file", KEY_PATH                                                              \
    }

/* Where the keys of a context lead, in the order of context_settings, and what they must be. */
static const struct {
    const char *setting;
    enum key_kind kind;
} context_keys[CONTEXT_FLAGS_MAX] = {
    {"prometheus.url", KEY_SERVER},  {"alertmanager.url", KEY_SERVER},
    {"operations.url", KEY_SERVER},  {"ml.url", KEY_FURTHER_SERVER},
    {"llm.url", KEY_FURTHER_SERVER}, {"auth.token_file", KEY_PATH},
    CREDENTIAL_KEYS("operations"),   {"prometheus.token_file", KEY_PATH},
    CREDENTIAL_KEYS("prometheus"),   {"alertmanager.token_file", KEY_PATH},
    CREDENTIAL_KEYS("alertmanager"),
};

/* prod is no flag. */
static_assert(COUNT_OF(context_settings) == COUNT_OF(context_keys) + 1, "each key leads somewhere");

static const char *context_value(const struct setting_member *member, size_t key)
{
    const char *values = member->values;

    return *(char *const *)(const void *)(values + context_settings[key].offset);
}

/* NULL: there is none. A password would stand in a file that is open to others, and in messages; what
 * follows a '?' would not be at the end once a path is behind it. */
static const char *part_fault(const char *url)
{
    const char *host = strstr(url, "://");

    host = host ? host + 3 : url;
    if (memchr(host, '@', strcspn(host, "/")))
        return "holds a name or password: that goes into user and password_file";
    return strpbrk(host, "?#") ? "holds a '?' or '#': further paths are put behind it" : NULL;
}

static const char *url_fault(const char *url)
{
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return "begins with neither http:// nor https://";
    return part_fault(url);
}

static const char *key_fault(enum key_kind kind, const char *value)
{
    if (!value[0])
        return kind == KEY_SERVER ? "is missing" : NULL;
    if (kind == KEY_SERVER || kind == KEY_FURTHER_SERVER)
        return url_fault(value);
    return kind == KEY_PATH && value[0] != '/' && strncmp(value, "~/", 2) != 0
               ? "is no path that begins with / or ~/"
               : NULL;
}

static int check_context(const struct config *config,
                         const struct setting_member *member,
                         struct tw_error *err)
{
    for (size_t i = 0; i < COUNT_OF(context_keys); i++) {
        const char *fault = key_fault(context_keys[i].kind, context_value(member, i));

        if (fault)
            return tw_fail(err, TW_INVALID, "%.120s:%d: %s of context '%s' %s", config->file,
                           member->seen_at[i] ? member->seen_at[i] : member->line,
                           context_settings[i].name, member->name, fault);
    }
    return 0;
}

static const struct setting_member *find_context(const struct config *config,
                                                 const char *name,
                                                 struct tw_error *err)
{
    const struct setting_family *contexts = &config->contexts;
    const char *names[SETTING_MEMBERS_MAX];
    char hint[OPTIONS_HINT_SIZE], quote[SETTING_QUOTE_SIZE];

    for (size_t i = 0; i < contexts->n; i++) {
        if (strcmp(contexts->members[i].name, name) == 0)
            return &contexts->members[i];
        names[i] = contexts->members[i].name;
    }
    options_hint(name, names, contexts->n, hint);
    (void)tw_fail(
        err, TW_INVALID, "there is no context '%s' in %.120s%s", setting_quote(name, quote),
        config->file ? config->file : "the configuration file, which does not exist", hint);
    return NULL;
}

/* --setting=VALUE, owned; "~/" of a path is the home folder's. */
static char *flag_dup(const struct config_environment *env, size_t key, const char *value)
{
    const char *setting = context_keys[key].setting;

    if (context_keys[key].kind == KEY_PATH && value[0] == '~' && env->home)
        return xprintf_dup("--%s=%s%s", setting, env->home, value + 1);
    return xprintf_dup("--%s=%s", setting, value);
}

/* "--prometheus.url" or "--prometheus.url=...". */
static bool is_of_context(const char *flag)
{
    size_t len = strcspn(flag, "=");

    for (size_t i = 0; i < COUNT_OF(context_keys); i++) {
        const char *setting = context_keys[i].setting;

        if (len == strlen(setting) + 2 && strncmp(flag + 2, setting, len - 2) == 0)
            return true;
    }
    return false;
}

int config_flags_of_no_server(int n, const char *const *flags, const char **out)
{
    int n_out = 0;

    for (int i = 0; i < n; i++) {
        if (!is_of_context(flags[i]))
            out[n_out++] = flags[i];
        else if (!strchr(flags[i], '='))
            i++; /* its value stands behind it: none of them is a switch */
    }
    return n_out;
}

static struct setting_family new_contexts(void)
{
    return (struct setting_family){.prefix = "context",
                                   .table = context_settings,
                                   .n_settings = COUNT_OF(context_settings),
                                   .values_size = sizeof(struct context)};
}

/* Loads again, with the context's values before the flags. */
static int apply_context(const struct config_environment *env,
                         const struct setting_member *context,
                         const struct settings_sources *sources,
                         struct config *config,
                         struct tw_error *err)
{
    struct setting_family again = new_contexts();
    const char *flags[CONTEXT_FLAGS_MAX + SETTING_FLAGS_MAX];
    char *owned[CONTEXT_FLAGS_MAX];
    struct settings_sources with = *sources;
    int result;

    if (sources->n_flags > SETTING_FLAGS_MAX)
        return tw_fail(err, TW_INVALID, "too many settings on the command line");
    for (size_t i = 0; i < CONTEXT_FLAGS_MAX; i++)
        flags[i] = owned[i] = flag_dup(env, i, context_value(context, i));
    for (int i = 0; i < sources->n_flags; i++)
        flags[CONTEXT_FLAGS_MAX + i] = sources->flags[i];
    with.flags = flags;
    with.n_flags = CONTEXT_FLAGS_MAX + sources->n_flags;
    with.family = &again;
    settings_finish(config_settings, N_CONFIG_SETTINGS, config);
    result = settings_load(config_settings, N_CONFIG_SETTINGS, &with, config, err);
    setting_family_finish(&again);
    for (size_t i = 0; i < CONTEXT_FLAGS_MAX; i++)
        free(owned[i]);
    return result;
}

static int choose_context(const struct config_environment *env,
                          const struct settings_sources *sources,
                          struct config *config,
                          struct tw_error *err)
{
    const struct setting_member *context = find_context(config, env->context, err);

    if (!context || apply_context(env, context, sources, config, err) < 0)
        return -1;
    config->context = xstrdup(context->name);
    config->is_production = ((const struct context *)context->values)->is_production;
    return 0;
}

/* 0 is no value too small, so that the table cannot say it. */
static int check_console(const struct config *config, struct tw_error *err)
{
    if (config->range_ms > 0 && config->range_ms < RANGE_MS_MIN)
        return tw_fail(err, TW_INVALID, "console.range must be 0, or 1m and more");
    if (config->refresh_ms > 0 && config->refresh_ms < REFRESH_MS_MIN)
        return tw_fail(err, TW_INVALID, "console.refresh must be 0, or 100ms and more");
    return 0;
}

/* ---- All of it --------------------------------------------------------------------------------- */

/* Of all, wherever they come from: a command line is seen by everybody on the machine. */
static int check_urls(const struct config *config, struct tw_error *err)
{
    const struct {
        const char *name, *url;
    } urls[] = {
        {"prometheus.url", config->prometheus_url},
        {"alertmanager.url", config->alertmanager_url},
        {"operations.url", config->operations_url},
        {"ml.url", config->ml_url},
        {"llm.url", config->llm_url},
    };

    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        const char *fault = part_fault(urls[i].url);

        if (fault)
            return tw_fail(err, TW_INVALID, "%s %s", urls[i].name, fault);
    }
    return 0;
}

static int load(const struct config_environment *env,
                struct settings_sources *sources,
                struct config *config,
                struct tw_error *err)
{
    sources->family = &config->contexts;
    if (settings_load(config_settings, N_CONFIG_SETTINGS, sources, config, err) < 0)
        return -1;
    for (size_t i = 0; i < config->contexts.n; i++)
        if (check_context(config, &config->contexts.members[i], err) < 0)
            return -1;
    if (check_console(config, err) < 0 ||
        (env->context && choose_context(env, sources, config, err) < 0))
        return -1;
    return check_urls(config, err);
}

int config_load(const struct config_environment *env,
                const char *file,
                int n_flags,
                const char *const *flags,
                struct config *ret_config,
                struct tw_error *err)
{
    CLEANUP(freep) const char **ours = our_environment(env->all);
    struct config config = {.file = file_dup(env, file), .contexts = new_contexts()};
    struct settings_sources sources = {
        .file = config.file, .env = ours, .n_flags = n_flags, .flags = flags};

    if (load(env, &sources, &config, err) < 0) {
        config_finish(&config);
        return -1;
    }
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
    setting_family_finish(&config->contexts);
    free(config->context);
    free(config->file);
}

char *config_state_dup(const struct config_environment *env)
{
    if (env->tidewatch_state && env->tidewatch_state[0])
        return xstrdup(env->tidewatch_state);
    return folder_dup(env->xdg_state_home, env->home, ".local/state");
}

/* ---- Token ------------------------------------------------------------------------------------- */

char *config_token_path_dup(const struct config *config,
                            const struct config_environment *env,
                            struct tw_error *err)
{
    CLEANUP(freep) char *folder = NULL;

    if (config->operations.token_file[0])
        return xstrdup(config->operations.token_file);
    /* The state folder's belongs to this machine's server. */
    if (config->context) {
        (void)tw_fail(err, TW_NOT_FOUND, "context '%s' names no token_file", config->context);
        return NULL;
    }
    folder = config_state_dup(env);
    if (folder)
        return xprintf_dup("%s/operator.token", folder);
    (void)tw_fail(err, TW_NOT_FOUND, "the state folder is not known: set auth.token_file or HOME");
    return NULL;
}

int config_read_token(const struct config *config,
                      const struct config_environment *env,
                      char **ret_token,
                      struct tw_error *err)
{
    static const struct credential_line line = {"token", TOKEN_LEN_MIN, TOKEN_LEN_MAX};
    CLEANUP(freep) char *path = config_token_path_dup(config, env, err);

    return path ? credentials_read_line(path, &line, ret_token, err) : -1;
}
