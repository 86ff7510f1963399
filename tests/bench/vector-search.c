/* How long a search takes: vector-search [VECTORS [DIM [QUERIES]]]. The vectors are clustered as embeddings are
 * (fifty around each centre, with 0.7 of noise), the questions are further members of the clusters. */

#include "common/alloc.h"
#include "common/clock.h"
#include "common/random.h"
#include "server/llm/vector_index.h"

#include <math.h>
#include <stdio.h>

#define TOP 5

/* A member of a cluster, of length 1. */
static void fill(struct random_state *rng, uint64_t cluster, float *x, size_t dim)
{
    struct random_state centre;
    double norm;

    random_seed(&centre, cluster);
    for (size_t d = 0; d < dim; d++)
        x[d] = (float)(random_normal(&centre, 0, 1) + random_normal(rng, 0, 0.7));
    norm = vector_norm(x, dim);
    for (size_t d = 0; d < dim; d++)
        x[d] = (float)((double)x[d] / norm);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 50000;
    size_t dim = argc > 2 ? strtoul(argv[2], NULL, 10) : 384;
    size_t n_queries = argc > 3 ? strtoul(argv[3], NULL, 10) : 1000;
    struct vector_index *index;
    CLEANUP(freep) float *x = xcalloc(dim, sizeof(*x));
    CLEANUP(freep) int64_t *took = xcalloc(n_queries, sizeof(*took));
    struct vector_hit_slot hits[TOP];
    struct random_state rng;
    int64_t began;

    if (dim == 0 || dim > VECTOR_DIM_MAX || n_queries == 0)
        return 2;
    index = vector_index_new(VECTOR_COSINE, dim);
    random_seed(&rng, 1);
    if (!vector_index_reserve(index, n))
        return 1;
    began = clock_mono_ns();
    for (size_t i = 0; i < n; i++) {
        fill(&rng, i / 50, x, dim);
        vector_index_show(index, vector_index_stage(index, x));
    }
    printf("%zu vectors of %zu numbers made and staged in %.0f ms\n", n, dim,
           (double)(clock_mono_ns() - began) * 1e-6);
    for (size_t i = 0; i < n_queries; i++) {
        struct vector_search search = {.vector = x, .k = TOP};

        fill(&rng, random_below(&rng, (uint32_t)(n / 50 + 1)), x, dim);
        began = clock_mono_ns();
        (void)vector_index_search(index, &search, hits);
        took[i] = clock_mono_ns() - began;
    }
    qsort(took, n_queries, sizeof(*took), by_value);
    printf("top %d: p50 %.3f ms, p99 %.3f ms, max %.3f ms\n", TOP,
           (double)took[n_queries / 2] * 1e-6, (double)took[n_queries * 99 / 100] * 1e-6,
           (double)took[n_queries - 1] * 1e-6);
    vector_index_free(index);
    return 0;
}
