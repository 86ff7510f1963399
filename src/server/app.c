#include "server/app_parts.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/lock_file.h"
#include "common/log.h"
#include "common/secret_file.h"
#include "server/api/api.h"
#include "server/drill/gameday.h"
#include "server/http/auth.h"
#include "server/http/certificate.h"
#include "server/http/headers.h"
#include "server/http/jobs.h"
#include "server/http/rate_limit.h"
#include "server/http/watch.h"
#include "server/metrics/metrics.h"
#include "server/ml/drift_monitor.h"
#include "server/ml/model.h"
#include "server/ml/realized.h"
#include "server/state.h"
#include "server/store/store.h"
#include "server/training.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define DRAIN_MS     5000
#define BREAK_OFF_MS 1000 /* of that, for workers to answer after their model was broken off */
#define QUIET_MS     100  /* nothing under way for so long: who had a connection has asked */

/* The key that signs prediction ids and simulation headers: in the state folder, made at first start,
 * to be copied to replicas that must know each other's ids. */
static int load_key(const struct app *app, uint8_t key[APP_KEY_BYTES], struct tw_error *err)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/signing.key", app->config->state_dir);
    CLEANUP(freep) char *text = NULL;
    size_t len;

    if (access(path, F_OK) < 0 && errno == ENOENT) {
        if (getrandom(key, APP_KEY_BYTES, 0) != APP_KEY_BYTES)
            return tw_fail_errno(err, TW_BROKEN, errno, "no random numbers for a key");
        return file_write_atomically(path, key, APP_KEY_BYTES, 0600, err);
    }
    if (file_read(path, APP_KEY_BYTES, &text, &len, err) < 0)
        return -1;
    if (len != APP_KEY_BYTES)
        return tw_fail(err, TW_INVALID, "'%s' must hold %d bytes; remove it to have one made", path,
                       APP_KEY_BYTES);
    memcpy(key, text, APP_KEY_BYTES);
    return 0;
}

/* Names of the comma-separated list, in place. */
static size_t split_hosts(char *list, const char **names, size_t max)
{
    size_t n = 0;

    for (char *rest = list, *name; n < max && (name = strsep(&rest, ","));) {
        name += strspn(name, " ");
        if (*name)
            names[n++] = name;
    }
    return n;
}

static int check_exposure(const struct app *app, const char *address, struct tw_error *err)
{
    struct http_address where;

    if (http_address_parse(address, &where, err) < 0)
        return -1;
    if (!where.is_loopback && !config_uses_tls(app->config))
        log_warn(
            "%s is reachable from other machines, without TLS: whoever listens in between has the "
            "tokens; set tls.certificate_file, or have a proxy in front",
            address);
    if (where.is_loopback || auth_is_restricted(app->auth))
        return 0;
    return tw_fail(
        err, TW_INVALID,
        "%s is reachable from other machines and no tokens are set: put lines 'infer TOKEN' into a "
        "0600 file and name it in auth.tokens_file, or listen on 127.0.0.1",
        address);
}

/* With a Chroma server there is nothing in the embedded store to offer. */
static bool is_served_elsewhere(const struct config *config, enum listener which)
{
    return which == LISTENER_INDEX_VECTOR && *config->chroma_url;
}

static int open_listeners(struct app *app, struct tw_error *err)
{
    static const struct {
        const char *role;
        enum listener which;
    } roles[] = {{"ml", LISTENER_INDEX_ML},
                 {"llm", LISTENER_INDEX_LLM},
                 {"ops", LISTENER_INDEX_OPS},
                 {"vector", LISTENER_INDEX_VECTOR}};
    const struct config *c = app->config;
    const char *addresses[N_LISTENERS] = {c->listen_ml, c->listen_llm, c->listen_vector,
                                          c->listen_ops};
    struct http_options options = {
        .app = app,
        .metrics = app->metrics,
        .jobs = app->jobs,
        .watch = app->watch,
        .rate_limit = app->rate_limit,
        .auth = &app->auth,
        .hosts = app->hosts,
        .n_threads = (unsigned)c->http_threads,
        .connection_limit = (unsigned)c->http_connections,
        .address_connection_limit = (unsigned)c->http_address_connections,
        .uses_tls = config_uses_tls(c),
        .idle_timeout_s = (unsigned)(c->http_idle_timeout_ms / 1000),
        .body_timeout_ms = c->http_body_timeout_ms,
        .job_deadline_ms = c->http_job_deadline_ms,
        .park_ms = app_park_ms,
        .operated = app_note_operated,
    };

    app_note_listener_url(app); /* for a process whose other APIs are another's */
    options.n_hosts = split_hosts(app->hosts_text, app->hosts, COUNT_OF(app->hosts) - 1);
    if (*c->tls_server_name)
        app->hosts[options.n_hosts++] = c->tls_server_name;
    for (size_t i = 0; i < COUNT_OF(roles); i++) {
        enum listener which = roles[i].which;
        struct http_listener *listener = NULL;

        if (!config_has_role(c, roles[i].role) || is_served_elsewhere(c, which))
            continue;
        if (check_exposure(app, addresses[which], err) < 0 ||
            http_listener_start(&options, &api_services[which], addresses[which], &listener, err) <
                0)
            return -1;
        app->listeners[which] = listener;
        log_info("%s API on port %u", listener_names[which], http_listener_port(listener));
        app_note_listener_url(app); /* before the operations API can start a simulation */
    }
    return 0;
}

/* One key for each use, so that no message of one can stand for a message of the other. */
static void derive_keys(const uint8_t key[APP_KEY_BYTES],
                        struct hash_hmac_key *ret_id_key,
                        uint8_t ret_drill_key[APP_KEY_BYTES])
{
    struct hash_hmac_key root;
    uint8_t id_key[APP_KEY_BYTES];

    hash_hmac_prepare(&root, key, APP_KEY_BYTES);
    hash_hmac(&root, "prediction id", strlen("prediction id"), id_key);
    hash_hmac(&root, "simulation", strlen("simulation"), ret_drill_key);
    hash_hmac_prepare(ret_id_key, id_key, sizeof(id_key));
    hash_wipe(id_key, sizeof(id_key));
    hash_wipe(&root, sizeof(root));
}

static int start_rate_limit(struct app *app, struct tw_error *err)
{
    const struct config *c = app->config;
    uint64_t seed;

    if (c->http_rate <= 0)
        return 0;
    if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
        return tw_fail_errno(err, TW_BROKEN, errno, "no random numbers for the rate limit");
    app->rate_limit = rate_limit_new(c->http_rate, c->http_burst, seed);
    return 0;
}

static int start_parts(struct app *app, struct tw_error *err)
{
    const struct config *c = app->config;
    struct drift_options drift = {.window = (int)c->drift_window,
                                  .max_age_ms = c->drift_max_age_ms,
                                  .vote_every = 25,
                                  .alpha = 0.001};
    uint8_t key[APP_KEY_BYTES], drill_key[APP_KEY_BYTES];

    if (file_make_folder(c->state_dir, 0700, err) < 0 ||
        state_lock(c, &app->state_lock_fd, err) < 0 || app_load_tokens(app, err) < 0 ||
        app_load_certificate(app, err) < 0 || load_key(app, key, err) < 0 ||
        training_load_or_train(c, &app->model, err) < 0 || app_open_store(app, err) < 0)
        return -1;
    derive_keys(key, &app->id_key, drill_key);
    if (app_open_faults(app, err) < 0 || app_open_vectors(app, err) < 0 ||
        app_open_llm(app, err) < 0)
        return -1;
    app->metrics = app_new_metrics(app);
    app->realized = xcalloc(1, sizeof(*app->realized));
    app->drift = drift_monitor_new(app->model, &drift);
    if (app_restore_drift(app, err) < 0 || app_restore_labels(app, err) < 0 ||
        app_start_drills(app, drill_key, err) < 0)
        return -1;
    app->jobs = jobs_start((unsigned)c->http_workers, (size_t)c->http_queue);
    app->watch = watch_start(c->http_header_timeout_ms);
    if (start_rate_limit(app, err) < 0)
        return -1;
    if (app_start_drift_thread(app, err) < 0)
        return -1;
    return app_start_llm_thread(app, err);
}

int app_start(struct app *app, const struct config *config, struct tw_error *err)
{
    *app = (struct app){.config = config, .started_mono_ms = clock_mono_ms(), .state_lock_fd = -1};
    (void)pthread_mutex_init(&app->realized_lock, NULL);
    (void)pthread_mutex_init(&app->quality_lock, NULL);
    app->hosts_text = xstrdup(config->http_hosts);
    if (start_parts(app, err) < 0 || open_listeners(app, err) < 0 ||
        app_start_fault_thread(app, err) < 0) {
        app_stop(app);
        return -1;
    }
    app_event(app, "server", "started", "{\"version\":\"" TW_VERSION "\"}");
    return 0;
}

void app_reload(struct app *app)
{
    struct tw_error err;

    if (app_reload_tokens(app, &err) < 0)
        log_error("tokens stay as they were: %s", err.message);
    if (app_load_certificate(app, &err) < 0)
        log_error("the certificate stays as it was: %s", err.message);
}

/* Parked jobs are held up on purpose, by a fault; closing the jobs ends that. */
static bool is_quiet(const struct app *app)
{
    struct jobs_stats stats;
    size_t n = 0;

    for (int i = 0; i < N_LISTENERS; i++)
        n += app->listeners[i] ? http_listener_in_flight(app->listeners[i]) : 0;
    jobs_read_stats(app->jobs, &stats);
    return n <= stats.parked;
}

/* Proxies keep connections, and have sent a request before they can know of the end: it is answered too,
 * and its answer closes the connection, so that this comes to an end. */
static void wait_for_kept_connections(const struct app *app, int64_t deadline_mono_ms)
{
    int64_t now = clock_mono_ms(), quiet_since_ms = now;

    for (; app->jobs && now < deadline_mono_ms; now = clock_mono_ms()) {
        if (!is_quiet(app))
            quiet_since_ms = now;
        else if (now - quiet_since_ms >= QUIET_MS)
            return;
        clock_sleep_until_mono_ms(now + 5);
    }
}

/* Lets workers finish what they have; a model that is being asked writes on. */
static void wait_for_jobs(struct jobs *jobs, int64_t deadline_mono_ms)
{
    struct jobs_stats stats;

    for (int64_t now = clock_mono_ms(); jobs && now < deadline_mono_ms; now = clock_mono_ms()) {
        jobs_read_stats(jobs, &stats);
        if (stats.queued == 0 && stats.parked == 0 && stats.running == 0)
            return;
        clock_sleep_until_mono_ms(now + 5);
    }
}

/* The order: nobody new comes in; drills stop sending; who was in may ask once more; workers finish what
 * they have; answers go out; what was acknowledged is on disk. */
void app_stop(struct app *app)
{
    int64_t deadline_mono_ms = clock_mono_ms() + DRAIN_MS;

    app->is_draining = true;
    app_stop_fault_thread(app);
    for (int i = 0; i < N_LISTENERS; i++)
        if (app->listeners[i])
            http_listener_drain(app->listeners[i]);
    gamedays_shut(app->gamedays);
    drill_shut(app->drill);
    wait_for_kept_connections(app, deadline_mono_ms - BREAK_OFF_MS);
    jobs_close(app->jobs, deadline_mono_ms);
    wait_for_jobs(app->jobs, deadline_mono_ms - BREAK_OFF_MS);
    app_shut_llm(app);
    jobs_shut(app->jobs, deadline_mono_ms);
    for (int i = 0; i < N_LISTENERS; i++)
        http_listener_stop(app->listeners[i], deadline_mono_ms);
    watch_stop(app->watch);
    rate_limit_free(app->rate_limit);
    jobs_stop(app->jobs, deadline_mono_ms); /* connections that stayed open asked it until now */
    gamedays_free(app->gamedays);
    drill_free(app->drill);
    app_stop_drift_thread(app);
    app_close_faults(app);
    app_close_llm(app);
    if (app->store)
        app_event(app, "server", "stopped", NULL);
    store_close(app->store);
    drift_monitor_free(app->drift);
    metrics_free(app->metrics);
    model_free(app->model);
    auth_free(app->auth);
    certificate_unload();
    free(app->realized);
    free(app->hosts_text);
    secret_file_free(app->operator_token);
    hash_wipe(app->own_token, sizeof(app->own_token));
    lock_file_release(app->state_lock_fd);
    (void)pthread_mutex_destroy(&app->quality_lock);
    (void)pthread_mutex_destroy(&app->realized_lock);
}
