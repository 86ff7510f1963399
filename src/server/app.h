#ifndef TW_APP_H
#define TW_APP_H

/* Everything the server holds, built by app_start and handed to every handler. The pointers never
 * change while listeners run; what is behind them says for itself which threads may call. */

#include "common/hash.h"
#include "server/config.h"
#include "server/drill/faults.h"
#include "server/http/auth.h"
#include "server/http/http.h"
#include "server/llm/answerer.h"
#include "server/llm/quality.h"
#include "server/triage/correlation.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct asked;
struct drift_monitor;
struct drill;
struct gamedays;
struct jobs;
struct metrics;
struct model;
struct query_window;
struct rate_limit;
struct realized;
struct store;
struct vector_source;
struct vectors;
struct watch;

/* Lines of a file. */
struct app_texts {
    char *storage;
    char **items; /* into storage */
    size_t n;
};

struct app {
    const struct config *config;
    int state_lock_fd;         /* held for as long as the server lives; -1: not yet */
    struct auth *_Atomic auth; /* another after a reload */
    struct model *model;
    struct drift_monitor *drift;
    struct metrics *metrics;
    struct store *store;
    struct jobs *jobs;
    struct watch *watch;
    struct rate_limit *rate_limit; /* NULL: none */
    struct drill *drill;
    struct gamedays *gamedays;
    struct faults *faults;
    /* Atomic: the first listener answers while the others are being opened. */
    struct http_listener *_Atomic listeners[N_LISTENERS];

    pthread_mutex_t realized_lock; /* guards realized */
    struct realized *realized;

    /* The LLM side; NULL without the role. */
    struct encoder *encoder;
    struct vectors *vectors;     /* the embedded store */
    struct vector_source *index; /* of the knowledge base: there, or on a Chroma server */
    struct knowledge *knowledge;
    struct openai *openai;   /* NULL: no endpoint is configured */
    struct judging *judging; /* NULL: no share is judged */
    struct answerer answerer;
    struct generation_prices prices;
    struct query_window *queries;
    struct app_texts questions, foreign, tickets;
    pthread_mutex_t quality_lock; /* guards quality and correlation */
    struct quality quality;
    struct correlation correlation;
    pthread_t llm_thread;
    bool has_llm_thread;
    int llm_wake_fd; /* eventfd: a computation or a load is due, or the server stops */
    _Atomic bool wants_load;

    _Atomic int64_t next_sequence; /* of predictions and answers */
    struct hash_hmac_key id_key;   /* signs prediction ids */
    int64_t started_mono_ms;
    char ml_url[96], llm_url[96]; /* where simulations reach the ML and the LLM API; "": nowhere */
    char ml_address[80],
        llm_address[80];  /* HOST:PORT of these, where the URL has the certificate's name */
    char *operator_token; /* of auth.token_file at the start; NULL: none */
    char own_token[AUTH_TOKEN_SIZE]; /* of simulations, for our own listeners */
    char *hosts_text;                /* what hosts points into */
    const char *hosts[16];
    _Atomic bool is_draining;
    _Atomic int64_t watchdog_at_ms; /* when the Watchdog alert last came; 0: not yet */

    pthread_t drift_thread;
    bool has_drift_thread;
    int drift_wake_fd; /* eventfd: a vote is due, or the server stops */

    pthread_t fault_thread;
    bool has_fault_thread;
    int fault_wake_fd;            /* eventfd: a fault was set or cleared, or the server stops */
    bool is_out[N_FAULT_TARGETS]; /* closed, or about to be; of the fault thread */
};

/* Loads the configuration's model, database and tokens, and opens the listeners. */
int app_start(struct app *app, const struct config *config, struct tw_error *err) MUST_CHECK;

/* Reads tokens and certificate anew; what cannot be read stays as it was, and the log says why. By the thread
 * that started it. */
void app_reload(struct app *app);

/* No new work; what runs is finished within 5 s; then everything is closed. Also after a failed start. */
void app_stop(struct app *app);

/* Brings every gauge up to date; called before each scrape. Takes no lock a request takes. */
void app_refresh_metrics(struct app *app);

/* Has the knowledge base loaded, by the thread of the LLM side. TW_BUSY: a load is at work. */
int app_start_load(struct app *app, struct tw_error *err) MUST_CHECK;

/* The value of LABEL_LLM_MODEL for a configured name or "extractive". */
unsigned app_model_label(const struct app *app, const char *model);

/* Gives the answer to the judge when it is of the share that is judged: then *answer is empty afterwards. */
void app_judge(struct app *app,
               const struct asked *asked,
               const char *request_id,
               struct answer *answer);

/* The fault is on, and an event says so. TW_INVALID: it is out of range, or cannot act in this process;
 * TW_BUSY: another's. */
int app_set_fault(struct app *app,
                  const struct fault_order *order,
                  struct tw_error *err) MUST_CHECK;
bool app_clear_fault(struct app *app, enum fault fault); /* false: it was off */

/* The faults that act on an answer to a question of this simulation (FAULT_NOBODY: of none), which was parked
 * for so long. Takes no lock. */
void app_faults_on(struct app *app,
                   int64_t simulation_id,
                   int64_t answer_id,
                   int64_t parked_ms,
                   struct answerer_faults *ret_faults);

/* Records an event; a loss is counted by the store. detail_json may be NULL. */
void app_event(struct app *app, const char *kind, const char *subject, const char *detail_json);

#endif
