#ifndef TW_FAULTS_H
#define TW_FAULTS_H

/* The faults that can be injected, and which of them are on. Each has an owner and a hard time to live: after
 * it the fault is off, whether or not anybody clears it. Nothing is kept on disk, so a restart clears all.
 * Any thread; what a request asks takes no lock. Pure: moments are given. */

#include "common/cleanup.h"
#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

enum fault {
    FAULT_FABRICATE,            /* the generator answers beyond its context */
    FAULT_DELAY,                /* on generation */
    FAULT_EMPTY_KB,             /* retrieval finds nothing */
    FAULT_NO_CONTEXT,           /* retrieval finds the wrong passages */
    FAULT_VECTOR_DB_DOWN,       /* the index does not answer */
    FAULT_CORRUPTED_EMBEDDINGS, /* the index's vectors are not those of the texts */
    FAULT_OUTAGE,               /* a listener is closed */
    N_FAULTS
};

/* What may be down. */
enum fault_target { FAULT_TARGET_ML, FAULT_TARGET_LLM, N_FAULT_TARGETS };

/* Which of its order's members a fault takes, beside its time to live. */
enum fault_param {
    FAULT_TAKES_RATE = 1 << 0,
    FAULT_TAKES_DELAY = 1 << 1,
    FAULT_TAKES_TARGET = 1 << 2,
};

#define FAULT_TTL_MIN_MS 1000
#define FAULT_TTL_MAX_MS                                                                           \
    900000 /* a quarter of an hour: an on-call's patience with a forgotten drill */
#define FAULT_DELAY_MAX_MS 30000
#define FAULT_NOBODY       0 /* no simulation: an operator */

const char *fault_name(enum fault fault); /* "fabricate" ... */
bool fault_find(const char *name, enum fault *ret_fault);
unsigned fault_params(enum fault fault);                 /* of enum fault_param */
const char *fault_target_name(enum fault_target target); /* "ml-api" ..., as the scrape job */

struct fault_order {
    enum fault fault;
    int64_t ttl_ms;
    double rate;      /* share of the requests that it acts on, 0..1 */
    int64_t delay_ms; /* 0..FAULT_DELAY_MAX_MS */
    enum fault_target target;
    /* Whose it is, and whose requests it acts on; of FAULT_NOBODY on everybody's. An outage meets all. */
    int64_t simulation_id;
};

struct faults;

struct faults *faults_new(void);
void faults_free(struct faults *faults); /* NULL is fine */
DEFINE_CLEANUP(struct faults *, faults_free);

/* Replaces the same owner's. TW_INVALID: out of range. TW_BUSY: it is on, and another's. */
int faults_set(struct faults *faults,
               const struct fault_order *order,
               int64_t now_mono_ms,
               struct tw_error *err) MUST_CHECK;

/* Its time to live begins anew, even after it ran out. False: it is no longer this simulation's. */
bool faults_renew(struct faults *faults,
                  enum fault fault,
                  int64_t simulation_id,
                  int64_t now_mono_ms) MUST_CHECK;

/* Whoever's it is. False: it was off already. */
bool faults_clear(struct faults *faults, enum fault fault, int64_t now_mono_ms);
/* Only the simulation's. False: it was off, or another's. */
bool faults_release(struct faults *faults,
                    enum fault fault,
                    int64_t simulation_id,
                    int64_t now_mono_ms);

/* False: it is off. */
bool faults_read(struct faults *faults,
                 enum fault fault,
                 int64_t now_mono_ms,
                 struct fault_order *ret_order,
                 int64_t *ret_left_ms);

/* Those whose time ran out since the last call, as bits 1 << fault; each is told once. */
unsigned faults_take_expired(struct faults *faults, int64_t now_mono_ms);
int64_t faults_next_end_mono_ms(struct faults *faults); /* INT64_MAX: none */

/* ---- For requests: no lock ---------------------------------------------------------------------- */

bool faults_is_on(const struct faults *faults, enum fault fault, int64_t now_mono_ms);

/* Whether it is on and acts on requests of this simulation (FAULT_NOBODY: of no simulation). */
bool faults_acts_on(const struct faults *faults,
                    enum fault fault,
                    int64_t simulation_id,
                    int64_t now_mono_ms);
double faults_rate(const struct faults *faults, enum fault fault);
int64_t faults_delay_ms(const struct faults *faults, enum fault fault);
enum fault_target faults_target(const struct faults *faults, enum fault fault);

#endif
