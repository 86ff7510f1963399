#include "server/http/rate_limit.h"

#include "common/alloc.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 64
#define TIME_BITS  48 /* of microseconds: nine years of uptime */
#define TIME_MASK  ((UINT64_C(1) << TIME_BITS) - 1)

/* A client's bucket: the upper bits of its hash, and the moment at which the bucket is full. 0: nobody's. */
typedef _Atomic uint64_t bucket;

struct set {
    _Alignas(LINE_BYTES) bucket buckets[RATE_LIMIT_WAYS];
};

_Static_assert(sizeof(struct set) == LINE_BYTES, "a set is a cache line");

struct rate_limit {
    struct set sets[RATE_LIMIT_SETS];
    uint64_t token_us;  /* between two tokens */
    uint64_t bucket_us; /* to fill an empty bucket */
    uint64_t seed;
};

struct rate_limit *rate_limit_new(double per_s, int64_t burst, uint64_t seed)
{
    struct rate_limit *limit = aligned_alloc(LINE_BYTES, sizeof(*limit));

    if (!limit)
        abort(); /* out of memory, as in xcalloc */
    memset(limit, 0, sizeof(*limit));
    limit->token_us = (uint64_t)(1e6 / per_s);
    limit->token_us += limit->token_us == 0;
    limit->bucket_us = limit->token_us * (uint64_t)burst;
    limit->seed = seed;
    return limit;
}

void rate_limit_free(struct rate_limit *limit)
{
    free(limit);
}

/* The finaliser of splitmix64 (Steele, Lea and Flood, 2014). */
static uint64_t mix(uint64_t bits)
{
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bits ^ (bits >> 31);
}

uint64_t rate_limit_client(const struct rate_limit *limit, const struct sockaddr *address)
{
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
    uint64_t bits = 0;

    if (address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        memcpy(&bits, &v6->sin6_addr.s6_addr[12], 4);
    else if (address->sa_family == AF_INET6)
        memcpy(&bits, &v6->sin6_addr, 8);
    else if (address->sa_family == AF_INET)
        memcpy(&bits, &v4->sin_addr, 4);
    return mix(mix(bits ^ limit->seed) + limit->seed) | (UINT64_C(1) << 63); /* never 0 */
}

/* The client's bucket, or the one that is fullest, to be the client's. */
static bucket *find(struct set *set, uint64_t tag, uint64_t *ret_value)
{
    bucket *fullest = NULL;
    uint64_t its_value = 0;

    for (size_t i = 0; i < RATE_LIMIT_WAYS; i++) {
        uint64_t value = atomic_load_explicit(&set->buckets[i], memory_order_relaxed);

        if ((value & ~TIME_MASK) == tag) {
            *ret_value = value;
            return &set->buckets[i];
        }
        if (!fullest || (value & TIME_MASK) < (its_value & TIME_MASK)) {
            fullest = &set->buckets[i];
            its_value = value;
        }
    }
    *ret_value = its_value;
    return fullest;
}

int64_t rate_limit_take(struct rate_limit *limit, uint64_t client, int64_t now_ns)
{
    struct set *set = &limit->sets[client % RATE_LIMIT_SETS];
    uint64_t tag = client & ~TIME_MASK, now_us = (uint64_t)now_ns / 1000 & TIME_MASK;

    for (;;) {
        uint64_t value, full_at_us;
        bucket *mine = find(set, tag, &value);
        bool is_known = (value & ~TIME_MASK) == tag;

        full_at_us = value & TIME_MASK;
        if (!is_known || full_at_us < now_us)
            full_at_us = now_us;
        full_at_us += limit->token_us;
        if (full_at_us > now_us + limit->bucket_us)
            return (int64_t)(full_at_us - now_us - limit->bucket_us + 999) / 1000;
        /* Somebody else of the set may have come in between: look again. */
        if (atomic_compare_exchange_weak_explicit(mine, &value, tag | (full_at_us & TIME_MASK),
                                                  memory_order_relaxed, memory_order_relaxed))
            return 0;
    }
}
