#ifndef TW_POLLER_H
#define TW_POLLER_H

/* The console's only contact with the network: a thread of its own that asks Prometheus, Alertmanager
 * and the backend, and publishes snapshots. The screen's thread never waits for it: poller_take gives
 * the newest snapshot at once, commands go into a bounded queue, and what became of them comes back as
 * notices. All functions but poller_start and poller_stop may be called from any thread. */

#include "common/error.h"
#include "tui/board/dashboard.h"
#include "tui/data/operations.h"
#include "tui/data/requests.h"
#include "tui/poll/access.h"
#include "tui/poll/player.h"
#include "tui/poll/recorder.h"
#include "tui/poll/snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct poller;

#define POLLER_REFRESH_MS_MIN 100
#define POLLER_REFRESH_MS_MAX 600000
#define POLLER_RANGE_MS_MIN   ((int64_t)60 * 1000)
#define POLLER_RANGE_MS_MAX   ((int64_t)366 * 86400 * 1000)
#define POLLER_COLUMNS_MAX    1000

/* Everything is copied. */
struct poller_config {
    /* Without a final slash; NULL or "": that one is not asked. ml_url is for the drift view. */
    const char *urls[N_SOURCES];
    const struct access *access; /* what the servers are shown; NULL: nothing */
    const char *llm_url;         /* for questions; as urls */
    const char *context; /* whose section names them; NULL or "": the servers' own sections do */
    int64_t answer_timeout_ms; /* of an enquiry; 0: 60 s */
    int64_t refresh_ms;
    int64_t scrape_interval_ms;  /* until Prometheus tells; 0: 10 s */
    int64_t range_ms;            /* 0: the dashboard's, or 1 h */
    size_t n_columns;            /* of the widest chart */
    struct dashboard *dashboard; /* a reference is taken */

    /* Both NULL for none; borrowed until poller_stop. Answers but those to commands are recorded; with a
     * player nothing is sent, and the time is its. */
    struct recorder *recorder;
    const struct player *player;
};

/* fetch_global_init must have been called, and SIGPIPE be ignored. The thread starts with all signals
 * blocked. The first snapshot is there at once, with no data in it. */
int poller_start(const struct poller_config *config,
                 struct poller **ret_poller,
                 struct tw_error *err) MUST_CHECK;

/* Ends what is under way, joins the thread, frees. Takes well under 100 ms whatever the servers do.
 * NULL is fine. */
void poller_stop(struct poller *poller);
DEFINE_CLEANUP(struct poller *, poller_stop);

/* Readable when there is a snapshot that poller_take has not given yet. Owned by the poller. */
int poller_fd(const struct poller *poller);

/* The newest snapshot; never NULL; a reference for the caller. */
struct snapshot *poller_take(struct poller *poller);

/* ---- Commands: -1 with TW_BUSY when 32 wait already ---------------------------------------------- */

/* Asks everything now, whatever the back-off. */
int poller_refresh_now(struct poller *poller, struct tw_error *err) MUST_CHECK;

/* The charts' window; end_ms 0: live. Clamped to the limits above. */
int poller_set_window(struct poller *poller, int64_t range_ms, int64_t end_ms, struct tw_error *err)
    MUST_CHECK;
int poller_set_columns(struct poller *poller, size_t n_columns, struct tw_error *err) MUST_CHECK;
int poller_set_refresh(struct poller *poller, int64_t refresh_ms, struct tw_error *err) MUST_CHECK;

/* Paused: polling goes on, but poller_fd is only woken by notices; poller_take still gives the newest.
 * The screen keeps the snapshot it has. */
int poller_set_paused(struct poller *poller, bool is_paused, struct tw_error *err) MUST_CHECK;

/* A reference is taken. Snapshots carry the dashboard they are for. */
int poller_set_dashboard(struct poller *poller,
                         struct dashboard *dashboard,
                         struct tw_error *err) MUST_CHECK;

/* Stored requests are asked for while a screen wants them. */
int poller_set_requests(struct poller *poller,
                        const struct requests_want *want,
                        struct tw_error *err) MUST_CHECK;

/* Game days are asked for while a screen wants them. */
int poller_set_gamedays(struct poller *poller,
                        const struct gamedays_want *want,
                        struct tw_error *err) MUST_CHECK;

/* What is asked from the command line; copied. Its answer comes as the snapshot's enquiry, with the command id;
 * that of an older one no more. */
int poller_enquire(struct poller *poller,
                   const struct enquiry *enquiry,
                   uint64_t *ret_command_id,
                   struct tw_error *err) MUST_CHECK;

/* One panel is looked into while a screen wants it: its cost, its past, exemplars, rules. */
int poller_set_inspect(struct poller *poller,
                       const struct inspect_want *want,
                       struct tw_error *err) MUST_CHECK;

/* What changes the server. Each gives a command id, and a notice with it will come. The request is
 * copied; its idempotency_key may be NULL: one is made, so that a lost answer is asked for once more
 * without starting twice. */
int poller_start_simulation(struct poller *poller,
                            const struct simulation_request *request,
                            uint64_t *ret_command_id,
                            struct tw_error *err) MUST_CHECK;
int poller_stop_simulation(struct poller *poller,
                           int64_t simulation_id,
                           uint64_t *ret_command_id,
                           struct tw_error *err) MUST_CHECK;

/* All drills; the baseline goes on. */
int poller_stop_drills(struct poller *poller,
                       uint64_t *ret_command_id,
                       struct tw_error *err) MUST_CHECK;
int poller_set_baseline(struct poller *poller,
                        bool is_on,
                        uint64_t *ret_command_id,
                        struct tw_error *err) MUST_CHECK;

int poller_start_gameday(struct poller *poller,
                         const struct gameday_request *request,
                         uint64_t *ret_command_id,
                         struct tw_error *err) MUST_CHECK;
int poller_stop_gameday(struct poller *poller,
                        int64_t gameday_id,
                        uint64_t *ret_command_id,
                        struct tw_error *err) MUST_CHECK;

/* To Alertmanager. A silence is sent once: when its answer is lost, whether it was made is not known, and the
 * notice says so. The draft is copied. */
int poller_post_silence(struct poller *poller,
                        const struct silence_draft *draft,
                        uint64_t *ret_command_id,
                        struct tw_error *err) MUST_CHECK;
int poller_expire_silence(struct poller *poller,
                          const char *silence_id,
                          uint64_t *ret_command_id,
                          struct tw_error *err) MUST_CHECK;

#endif
