#include "common/random.h"

#include <math.h>

static uint64_t rotate_left(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

void random_seed(struct random_state *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = (seed += 0x9e3779b97f4a7c15ULL);

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        rng->word[i] = z ^ (z >> 31);
    }
}

uint64_t random_bits(struct random_state *rng)
{
    uint64_t *w = rng->word;
    uint64_t result = rotate_left(w[1] * 5, 7) * 9;
    uint64_t t = w[1] << 17;

    w[2] ^= w[0];
    w[3] ^= w[1];
    w[1] ^= w[2];
    w[0] ^= w[3];
    w[2] ^= t;
    w[3] = rotate_left(w[3], 45);
    return result;
}

double random_uniform(struct random_state *rng)
{
    return (double)(random_bits(rng) >> 11) * 0x1.0p-53;
}

double random_normal(struct random_state *rng, double mean, double sd)
{
    double radius = sqrt(-2.0 * log(1.0 - random_uniform(rng)));

    return mean + sd * radius * cos(2.0 * M_PI * random_uniform(rng));
}

int random_poisson(struct random_state *rng, double mean)
{
    double limit = exp(-mean), product = random_uniform(rng);
    int count = 0;

    while (product > limit) {
        product *= random_uniform(rng);
        count++;
    }
    return count;
}

uint32_t random_below(struct random_state *rng, uint32_t n)
{
    return (uint32_t)(((random_bits(rng) >> 32) * n) >> 32);
}
