#ifndef TW_DRILL_KINDS_H
#define TW_DRILL_KINDS_H

/* What sorts of simulations there are. A new one is a line in the enum and in the table of
 * drill_kinds.c, its parameters, and a function that sends one arrival's requests. */

#include "server/drill/drill_params.h"
#include "server/drill/drill_schedule.h"
#include "server/drill/faults.h"

#include <stddef.h>
#include <stdint.h>

enum drill_kind {
    DRILL_BASELINE,
    DRILL_DRIFT,
    DRILL_HALLUCINATION,
    DRILL_TOPIC_SHIFT,
    DRILL_LATENCY,
    DRILL_RAG,
    DRILL_OUTAGE,
    DRILL_RECOVERY,
    N_DRILL_KINDS
};

#define DRILL_STREAMS_MAX 3

struct drill_run;

/* Sends what one arrival stands for; on the run's thread, with room for one request. */
typedef void drill_fire_fn(struct drill_run *run, struct random_state *rng);

struct drill_stream {
    drill_fire_fn *fire; /* NULL: no further stream */
    enum drill_arrivals arrivals;
    size_t rate_param; /* index of the parameter with its rate per second ... */
    bool is_period;    /* ... or with the seconds between two arrivals */
    size_t
        burst_param; /* index of the parameter that says for how many requests one arrival stands; 0: one */
};

/* What a run is to bring about. */
struct drill_expectation {
    const char *alert; /* NULL: none, and then it runs until it is stopped */
    int64_t for_ms;    /* `for` of that alert's rule in prom/rules/ */
};

/* Fills the fault that a run with these parameters injects, but for its time and owner. */
typedef void drill_fault_fn(const struct drill_params *params, struct fault_order *ret_order);

struct drill_kind_info {
    const char *name;
    const struct drill_param *params;
    size_t n_params;
    struct drill_expectation expects;
    struct drill_stream streams[DRILL_STREAMS_MAX];
    size_t in_flight_max;  /* requests under way at most; 0: DRILL_IN_FLIGHT_USUAL */
    drill_fault_fn *fault; /* NULL: it injects none */
    /* Where what it brings about depends on the parameters; NULL: it does not. */
    struct drill_expectation (*expect)(const struct drill_params *params);
};

extern const struct drill_kind_info drill_kinds[N_DRILL_KINDS];

const char *drill_kind_name(enum drill_kind kind);

const struct drill_kind_info *drill_kind_find(const char *name, size_t len); /* NULL: none */

struct drill_expectation drill_kind_expect(const struct drill_kind_info *info,
                                           const struct drill_params *params);

/* A time of a rule as fast alerts render it: a twentieth, down to least_ms. */
int64_t drill_fast_ms(int64_t ms, int64_t least_ms);

/* Its `for`, as rendered. */
int64_t drill_expectation_for_ms(const struct drill_expectation *expects, bool fast_alerts);

#define DRILL_DURATION_S "duration_s"

bool drill_kind_has(const struct drill_kind_info *info, const char *param);

/* How long the run takes at least, in ms: its duration_s, or what its queries take; 0 where the kind has neither.
 * And its seed: -1 while none is chosen, 0 where the kind has none. */
int64_t drill_kind_duration_ms(const struct drill_kind_info *info,
                               const struct drill_params *params);
int64_t drill_kind_seed(const struct drill_kind_info *info, const struct drill_params *params);
void drill_kind_set_seed(const struct drill_kind_info *info,
                         struct drill_params *params,
                         int64_t seed);

/* Indices into drill_params.value, in the order of the tables. */
enum baseline_param {
    BASELINE_PREDICTIONS,
    BASELINE_CHATS,
    BASELINE_TRIAGES,
    BASELINE_FEEDBACK,
    BASELINE_SEED
};

enum drift_param { DRIFT_DURATION, DRIFT_AMOUNT, DRIFT_RATE, DRIFT_FEATURES, DRIFT_SEED };

enum hallucination_param {
    HALLUCINATION_QUERIES,
    HALLUCINATION_RATE,
    HALLUCINATION_PER_SECOND,
    HALLUCINATION_SEED
};

enum topic_shift_param {
    TOPIC_SHIFT_DURATION,
    TOPIC_SHIFT_RATE,
    TOPIC_SHIFT_SHARE,
    TOPIC_SHIFT_SEED
};

enum latency_param {
    LATENCY_DURATION,
    LATENCY_BURST,
    LATENCY_INTERVAL,
    LATENCY_DELAY,
    LATENCY_SEED
};

enum rag_param { RAG_DURATION, RAG_MODE, RAG_RATE, RAG_SEED };

enum outage_param { OUTAGE_DURATION, OUTAGE_TARGET };

enum recovery_param { RECOVERY_DURATION, RECOVERY_PREDICTIONS, RECOVERY_CHATS, RECOVERY_SEED };

#endif
