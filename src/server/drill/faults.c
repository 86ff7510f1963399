#include "server/drill/faults.h"

#include "common/alloc.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static const struct {
    const char *name;
    unsigned params;
} table[N_FAULTS] = {
    [FAULT_FABRICATE] = {"fabricate", FAULT_TAKES_RATE},
    [FAULT_DELAY] = {"delay", FAULT_TAKES_DELAY},
    [FAULT_EMPTY_KB] = {"empty-kb", 0},
    [FAULT_NO_CONTEXT] = {"no-context", 0},
    [FAULT_VECTOR_DB_DOWN] = {"vector-db-down", 0},
    [FAULT_CORRUPTED_EMBEDDINGS] = {"corrupted-embeddings", 0},
    [FAULT_OUTAGE] = {"outage", FAULT_TAKES_TARGET},
};

static const char *const target_names[N_FAULT_TARGETS] = {
    [FAULT_TARGET_ML] = "ml-api",
    [FAULT_TARGET_LLM] = "llm-rag-api",
};

/* Written with the lock, read without. The end comes last when a fault is set and first when it is cleared,
 * so that whoever sees it on sees what belongs to it. */
struct slot {
    _Atomic int64_t end_mono_ms; /* 0: off */
    _Atomic int64_t simulation_id;
    _Atomic double rate;
    _Atomic int64_t delay_ms;
    _Atomic int target;
    /* For those with the lock alone. */
    int64_t ttl_ms;
    bool is_told; /* that it ran out */
};

struct faults {
    pthread_mutex_t lock; /* for changes of slots */
    struct slot slots[N_FAULTS];
};

const char *fault_name(enum fault fault)
{
    return table[fault].name;
}

bool fault_find(const char *name, enum fault *ret_fault)
{
    for (int f = 0; f < N_FAULTS; f++) {
        if (strcmp(table[f].name, name) != 0)
            continue;
        *ret_fault = (enum fault)f;
        return true;
    }
    return false;
}

unsigned fault_params(enum fault fault)
{
    return table[fault].params;
}

const char *fault_target_name(enum fault_target target)
{
    return target_names[target];
}

struct faults *faults_new(void)
{
    struct faults *faults = xcalloc(1, sizeof(*faults));

    (void)pthread_mutex_init(&faults->lock, NULL);
    return faults;
}

void faults_free(struct faults *faults)
{
    if (!faults)
        return;
    (void)pthread_mutex_destroy(&faults->lock);
    free(faults);
}

static struct slot *lock_slot(struct faults *faults, enum fault fault)
{
    (void)pthread_mutex_lock(&faults->lock);
    return &faults->slots[fault];
}

static void unlock(struct faults *faults)
{
    (void)pthread_mutex_unlock(&faults->lock);
}

static bool is_on(const struct slot *slot, int64_t now_mono_ms)
{
    return slot->end_mono_ms > now_mono_ms;
}

/* ---- Changes ------------------------------------------------------------------------------------ */

static int check(const struct fault_order *order, struct tw_error *err)
{
    if (order->ttl_ms < FAULT_TTL_MIN_MS || order->ttl_ms > FAULT_TTL_MAX_MS)
        return tw_fail(err, TW_INVALID, "a fault lives for %d to %d s", FAULT_TTL_MIN_MS / 1000,
                       FAULT_TTL_MAX_MS / 1000);
    if (!(order->rate >= 0 && order->rate <= 1))
        return tw_fail(err, TW_INVALID, "a rate is from 0 to 1");
    if (order->delay_ms < 0 || order->delay_ms > FAULT_DELAY_MAX_MS)
        return tw_fail(err, TW_INVALID, "a delay is from 0 to %d ms", FAULT_DELAY_MAX_MS);
    return 0;
}

static void fill(struct slot *slot, const struct fault_order *order, int64_t now_mono_ms)
{
    slot->end_mono_ms = 0;
    slot->simulation_id = order->simulation_id;
    slot->rate = order->rate;
    slot->delay_ms = order->delay_ms;
    slot->target = (int)order->target;
    slot->ttl_ms = order->ttl_ms;
    slot->is_told = false;
    slot->end_mono_ms = now_mono_ms + order->ttl_ms;
}

static int fail_taken(const struct slot *slot, enum fault fault, struct tw_error *err)
{
    if (slot->simulation_id == FAULT_NOBODY)
        return tw_fail(err, TW_BUSY, "the fault %s is on, set by an operator: clear it first",
                       fault_name(fault));
    return tw_fail(err, TW_BUSY, "the fault %s is on, set by simulation %lld: stop that first",
                   fault_name(fault), (long long)slot->simulation_id);
}

int faults_set(struct faults *faults,
               const struct fault_order *order,
               int64_t now_mono_ms,
               struct tw_error *err)
{
    struct slot *slot;
    int result = 0;

    if (check(order, err) < 0)
        return -1;
    slot = lock_slot(faults, order->fault);
    if (is_on(slot, now_mono_ms) && slot->simulation_id != order->simulation_id)
        result = fail_taken(slot, order->fault, err);
    else
        fill(slot, order, now_mono_ms);
    unlock(faults);
    return result;
}

bool faults_renew(struct faults *faults,
                  enum fault fault,
                  int64_t simulation_id,
                  int64_t now_mono_ms)
{
    struct slot *slot = lock_slot(faults, fault);
    bool is_its_own = slot->end_mono_ms > 0 && slot->simulation_id == simulation_id;

    if (is_its_own) {
        slot->is_told = false;
        slot->end_mono_ms = now_mono_ms + slot->ttl_ms;
    }
    unlock(faults);
    return is_its_own;
}

/* With the lock. */
static bool clear(struct slot *slot, int64_t now_mono_ms)
{
    bool was_on = is_on(slot, now_mono_ms);

    slot->end_mono_ms = 0;
    return was_on;
}

bool faults_clear(struct faults *faults, enum fault fault, int64_t now_mono_ms)
{
    struct slot *slot = lock_slot(faults, fault);
    bool was_on = clear(slot, now_mono_ms);

    unlock(faults);
    return was_on;
}

bool faults_release(struct faults *faults,
                    enum fault fault,
                    int64_t simulation_id,
                    int64_t now_mono_ms)
{
    struct slot *slot = lock_slot(faults, fault);
    bool was_on = slot->simulation_id == simulation_id && clear(slot, now_mono_ms);

    unlock(faults);
    return was_on;
}

/* ---- Looking ------------------------------------------------------------------------------------ */

bool faults_read(struct faults *faults,
                 enum fault fault,
                 int64_t now_mono_ms,
                 struct fault_order *ret_order,
                 int64_t *ret_left_ms)
{
    struct slot *slot = lock_slot(faults, fault);
    bool on = is_on(slot, now_mono_ms);

    *ret_order = (struct fault_order){
        .fault = fault,
        .ttl_ms = slot->ttl_ms,
        .rate = slot->rate,
        .delay_ms = slot->delay_ms,
        .target = (enum fault_target)slot->target,
        .simulation_id = slot->simulation_id,
    };
    *ret_left_ms = on ? slot->end_mono_ms - now_mono_ms : 0;
    unlock(faults);
    return on;
}

unsigned faults_take_expired(struct faults *faults, int64_t now_mono_ms)
{
    unsigned expired = 0;

    for (int f = 0; f < N_FAULTS; f++) {
        struct slot *slot = lock_slot(faults, (enum fault)f);

        if (slot->end_mono_ms > 0 && !is_on(slot, now_mono_ms) && !slot->is_told) {
            slot->is_told = true;
            expired |= 1U << f;
        }
        unlock(faults);
    }
    return expired;
}

int64_t faults_next_end_mono_ms(struct faults *faults)
{
    int64_t next = INT64_MAX;

    for (int f = 0; f < N_FAULTS; f++) {
        const struct slot *slot = lock_slot(faults, (enum fault)f);
        int64_t end = slot->end_mono_ms;

        if (end > 0 && !slot->is_told && end < next)
            next = end;
        unlock(faults);
    }
    return next;
}

/* ---- For requests ------------------------------------------------------------------------------- */

bool faults_is_on(const struct faults *faults, enum fault fault, int64_t now_mono_ms)
{
    return is_on(&faults->slots[fault], now_mono_ms);
}

bool faults_acts_on(const struct faults *faults,
                    enum fault fault,
                    int64_t simulation_id,
                    int64_t now_mono_ms)
{
    const struct slot *slot = &faults->slots[fault];
    int64_t owner;

    if (!is_on(slot, now_mono_ms))
        return false;
    owner = slot->simulation_id;
    return owner == FAULT_NOBODY || owner == simulation_id;
}

double faults_rate(const struct faults *faults, enum fault fault)
{
    return faults->slots[fault].rate;
}

int64_t faults_delay_ms(const struct faults *faults, enum fault fault)
{
    return faults->slots[fault].delay_ms;
}

enum fault_target faults_target(const struct faults *faults, enum fault fault)
{
    return (enum fault_target)faults->slots[fault].target;
}
