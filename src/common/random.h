#ifndef TW_RANDOM_H
#define TW_RANDOM_H

/* Seeded random numbers, the same on every machine: xoshiro256** (Blackman and Vigna, 2018), seeded
 * by splitmix64. For data and traffic, never for secrets. Pure; one state per thread. */

#include <stdint.h>

struct random_state {
    uint64_t word[4];
};

void random_seed(struct random_state *rng, uint64_t seed);
uint64_t random_bits(struct random_state *rng);
double random_uniform(struct random_state *rng);                        /* [0, 1) */
double random_normal(struct random_state *rng, double mean, double sd); /* Box-Muller */
int random_poisson(struct random_state *rng, double mean);              /* Knuth; mean under 50 */
uint32_t random_below(struct random_state *rng, uint32_t n);            /* 0..n-1; n over 0 */

#endif
