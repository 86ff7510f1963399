#ifndef TW_HTTP_RATE_LIMIT_H
#define TW_HTTP_RATE_LIMIT_H

/* How many requests a client's address may make: a token bucket for each, in a table of fixed size. A request
 * touches one cache line, takes no lock and allocates nothing. Any thread. Pure: the caller has the clock.
 *
 * A bucket is one number, the moment at which it will be full again (as in the generic cell rate algorithm, ITU-T
 * I.371): a request moves it on by the time of one token, and is refused if that moment is further off than
 * a whole bucket's time. A bucket that is full is not worth remembering, so the table holds only who has asked
 * just now: RATE_LIMIT_SETS x 8 of them. Where more ask at once, the one that is nearest to a full bucket is
 * forgotten. */

#include <netinet/in.h>
#include <stdint.h>

#define RATE_LIMIT_SETS 512
#define RATE_LIMIT_WAYS 8 /* of 8 bytes: a cache line */

struct rate_limit;

/* per_s over 0 and up to 1e6, burst over 0; seed: so that nobody can choose addresses that share a place. */
struct rate_limit *rate_limit_new(double per_s, int64_t burst, uint64_t seed);
void rate_limit_free(struct rate_limit *limit); /* NULL is fine */

/* What stands for an address below: an IPv4 one, or the first 64 bits of an IPv6 one, which are one customer's. */
uint64_t rate_limit_client(const struct rate_limit *limit, const struct sockaddr *address);

/* Takes a token. 0: there was one; else how many milliseconds until there is. now_ns: monotonic. */
int64_t rate_limit_take(struct rate_limit *limit, uint64_t client, int64_t now_ns);

#endif
