#ifndef TW_SNAPSHOT_H
#define TW_SNAPSHOT_H

/* Everything a screen needs, at one moment. The poller makes it; from then on it never changes, any
 * thread may read it, and whoever lets go of it last frees it. Snapshots share their parts, so that
 * what did not change is not copied. All text is fit for a terminal, but for target.expr. Unix moments
 * of charts, alerts and events are the servers'; ages are by our monotonic clock. */

#include "tui/board/dashboard.h"
#include "tui/board/inspect_data.h"
#include "tui/data/active_faults.h"
#include "tui/data/alert_board.h"
#include "tui/data/drift_status.h"
#include "tui/data/enquiry.h"
#include "tui/data/gameday.h"
#include "tui/data/operations.h"
#include "tui/data/operations_health.h"
#include "tui/data/part.h"
#include "tui/data/prom.h"
#include "tui/data/prom_flavour.h"
#include "tui/data/requests.h"
#include "tui/data/series.h"
#include "tui/data/silence.h"
#include "tui/data/source_state.h"
#include "tui/text/time_grid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum source_id { SOURCE_PROMETHEUS, SOURCE_ALERTMANAGER, SOURCE_OPERATIONS, SOURCE_ML, N_SOURCES };

const char *source_name(enum source_id id); /* "prometheus", "alertmanager", "backend", "ml-api" */

struct source {
    bool is_configured; /* else it is never asked */
    enum data_state state;
    char reason[SOURCE_REASON_SIZE]; /* "" when OK */
    int64_t good_mono_ms;            /* newest good answer; -1 never */
    int64_t retry_at_mono_ms;        /* 0: not backing off */
    int64_t latency_us;              /* of the newest good answer; -1 unknown */
    int64_t skew_ms;                 /* its clock minus ours, by the Date header; 0 under 2 s */
    char flavour[32]; /* "prometheus", "victoriametrics", "thanos", "mimir"; "" unknown */
    char version[32]; /* "" unknown */
    const char *lacks[N_PROM_PARTS]; /* what it has not, in words; static; NULL: it has it */
    uint64_t n_requests, n_bytes;    /* since start; bytes of bodies received */
};

struct panel_data {
    struct part part;
    enum data_state state;
    char reason[SOURCE_REASON_SIZE]; /* "" when OK */
    struct series_set set;
    struct dashboard_times times; /* with which expressions were filled in */
    int64_t sample_age_ms;        /* of the newest sample behind it, when fetched; -1 unknown */
    int64_t good_mono_ms;         /* newest good answer for it; -1 never */
    struct prom_notes warnings;   /* of the server, for its newest answers */
    struct prom_notes infos;
};

/* A moment worth a line on every chart. */
enum mark_kind { MARK_START, MARK_END };

struct mark {
    int64_t at_ms;
    enum mark_kind kind;
    int64_t simulation_id;
    char text[48]; /* "drift 7" */
};

struct operations_data {
    struct part part;
    bool has_health, has_simulations, has_events, has_faults; /* answered at least once */
    struct operations_health health;
    struct simulations simulations; /* newest first */
    struct events events;           /* newest first */
    struct active_faults faults;
    int64_t faults_mono_ms; /* when they were told: their left_ms is of then */
    size_t n_marks;         /* ascending; drills only, no baseline */
    struct mark *marks;     /* owned */
};

struct drift_data {
    struct part part;
    int64_t good_mono_ms;
    struct drift_status status;
};

struct requests_data {
    struct part part;
    struct stored_filter filter; /* with which they were asked for */
    struct stored_requests requests;
};

struct request_data {
    struct part part;
    struct stored_detail detail;
};

/* What a screen wants of game days; equal wants are asked for once. */
struct gamedays_want {
    bool is_on;
    int64_t id; /* of the one that is open, which is asked for instead of the list; 0: none */
};

struct gamedays_data {
    struct part part;
    struct gamedays gamedays;
};

struct gameday_data {
    struct part part;
    struct gameday gameday;
    char *body; /* the server's words, JSON; owned */
    size_t body_len;
};

struct silences_data {
    struct part part;
    struct silences silences;
};

struct targets_data {
    struct part part;
    struct prom_targets targets;
};

/* What the server said of one field of a request: "params.rate" "must be a number from 0 to 1". */
struct notice_field {
    char field[48];
    char detail[96];
};

#define NOTICE_FIELDS_MAX 4

/* What became of a command, and other things that are to be said once. */
struct notice {
    uint64_t id; /* ascending over the poller's life, from 1 */
    int64_t at_ms;
    bool is_error;
    uint64_t command_id;              /* as the poller's functions gave it; 0: no command's */
    int64_t simulation_id;            /* that was started or stopped; 0 for none */
    int64_t gameday_id;               /* the same */
    char silence_id[SILENCE_ID_SIZE]; /* that was made or changed; "" for none */
    char text[200];
    size_t n_fields; /* of a refused command; further ones are not kept */
    struct notice_field fields[NOTICE_FIELDS_MAX];
};

#define SNAPSHOT_NOTICES 8

struct snapshot {
    struct part part;
    uint64_t id; /* ascending */
    int64_t made_at_ms, made_mono_ms;
    int64_t now_ms; /* Prometheus's clock when it was made: the right end of live charts */
    int64_t refresh_ms, scrape_interval_ms;

    /* The window that was asked for; panels may still show the one before. */
    int64_t range_ms;
    int64_t end_ms; /* 0: live */

    struct source sources[N_SOURCES];
    struct dashboard *dashboard;        /* to which panels belong; owned reference */
    size_t n_panels;                    /* of the dashboard */
    struct panel_data **panels;         /* owned references; never NULL; DATA_NONE until answered */
    struct alert_board *alerts;         /* never NULL */
    struct operations_data *operations; /* never NULL */
    struct drift_data *drift;           /* NULL until answered */
    struct targets_data *targets;       /* NULL until answered */
    struct silences_data *silences;     /* NULL until answered */
    char silences_reason[SOURCE_REASON_SIZE]; /* why the newest answer was none; "" */

    /* Only while a screen shows them; else as they were. */
    struct requests_data *requests;           /* NULL until answered */
    struct request_data *request;             /* the one that is open; NULL until answered */
    char requests_reason[SOURCE_REASON_SIZE]; /* why the newest answer was none; "" */
    char request_reason[SOURCE_REASON_SIZE];
    struct gamedays_data *gamedays; /* NULL until answered */
    struct gameday_data
        *gameday; /* the one that is open, else the one that runs; NULL until answered */
    char gamedays_reason[SOURCE_REASON_SIZE];
    struct inspect_data *inspect; /* of one panel; NULL: none is looked into */

    struct enquiry_data *enquiry; /* the answer to the newest one; NULL: none has come */

    size_t n_notices;
    struct notice notices[SNAPSHOT_NOTICES]; /* oldest first */
};

struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot); /* NULL is fine */
DEFINE_CLEANUP(struct snapshot *, snapshot_unref);

/* Age of the newest good answer; -1: there was none. */
int64_t source_age_ms(const struct source *source, int64_t mono_ms);

/* Age of what the panel shows: of its newest sample when that is known, else of the answer. -1: there is
 * none. */
int64_t panel_data_age_ms(const struct panel_data *data, int64_t mono_ms);

/* The series that titles and single numbers are about: the worst by the panel's thresholds, of equal ones the
 * first with a value. NULL: none has one. */
const struct series *panel_data_series(const struct panel *panel, const struct panel_data *data);

/* Its number; NaN: none. */
double panel_data_value(const struct panel *panel, const struct panel_data *data);

/* Its name; NULL: none. */
const char *panel_data_name(const struct panel *panel, const struct panel_data *data);

/* The server has nothing for it, and the file says what that means (no_value). */
bool panel_data_is_told_empty(const struct panel *panel, const struct panel_data *data);

/* The worst level of the panel's values as they are now. */
enum threshold_level panel_data_level(const struct panel *panel, const struct panel_data *data);

#endif
