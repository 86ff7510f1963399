#ifndef TW_DRILL_KINDS_H
#define TW_DRILL_KINDS_H

/* What sorts of simulations there are. A new one is a line in the enum and in the table of
 * drill_kinds.c, its parameters, and a function that sends one arrival's requests. */

#include "server/drill/drill_params.h"
#include "server/drill/drill_schedule.h"

#include <stddef.h>
#include <stdint.h>

enum drill_kind { DRILL_BASELINE, DRILL_DRIFT, N_DRILL_KINDS };

#define DRILL_STREAMS_MAX 3

struct drill_run;

/* Sends what one arrival stands for; on the run's thread, with room for one request. */
typedef void drill_fire_fn(struct drill_run *run, struct random_state *rng);

struct drill_stream {
    drill_fire_fn *fire; /* NULL: no further stream */
    enum drill_arrivals arrivals;
    size_t rate_param; /* index of the parameter with its rate per second */
};

struct drill_kind_info {
    const char *name;
    const struct drill_param *params;
    size_t n_params;
    const char *alert;    /* that it must raise; NULL: none, and then it runs until it is stopped */
    int64_t alert_for_ms; /* `for` of that alert's rule in prom/rules/ */
    struct drill_stream streams[DRILL_STREAMS_MAX];
};

extern const struct drill_kind_info drill_kinds[N_DRILL_KINDS];

const char *drill_kind_name(enum drill_kind kind);

const struct drill_kind_info *drill_kind_find(const char *name, size_t len); /* NULL: none */

/* The run's duration_s in ms, 0 where the kind has none; and its seed, which every kind
 * has, -1 while none is chosen. */
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

#endif
