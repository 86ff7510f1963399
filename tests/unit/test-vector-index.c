#include "test.h"

#include "common/alloc.h"
#include "common/random.h"
#include "server/llm/vector_index.h"

#include <math.h>

/* ---- A scan over all floats, to be compared with ------------------------------------------------- */

struct set {
    enum vector_space space;
    size_t dim, n;
    float *x; /* n rows */
};

static const float *row(const struct set *set, size_t i)
{
    return set->x + i * set->dim;
}

static int by_distance(const void *a, const void *b)
{
    const struct vector_hit_slot *x = a, *y = b;

    if (x->distance < y->distance || x->distance > y->distance)
        return x->distance < y->distance ? -1 : 1;
    return x->slot < y->slot ? -1 : 1;
}

typedef bool accepts_fn(const void *ctx, uint32_t slot);

static size_t scan_all(const struct set *set,
                       const float *question,
                       size_t k,
                       accepts_fn *accepts,
                       struct vector_hit_slot *ret_hits)
{
    CLEANUP(freep) struct vector_hit_slot *all = xcalloc(set->n, sizeof(*all));
    struct vector_side y = {question, vector_inverse_norm(question, set->dim)};
    size_t n = 0;

    for (size_t i = 0; i < set->n; i++) {
        struct vector_side x = {row(set, i), vector_inverse_norm(row(set, i), set->dim)};

        if (accepts && !accepts(NULL, (uint32_t)i))
            continue;
        all[n].slot = (uint32_t)i;
        all[n++].distance = vector_distance(set->space, &x, &y, set->dim);
    }
    qsort(all, n, sizeof(*all), by_distance);
    k = k < n ? k : n;
    memcpy(ret_hits, all, k * sizeof(*all));
    return k;
}

static struct vector_index *index_of(const struct set *set, const struct vector_kernel *kernel)
{
    struct vector_index *index = vector_index_new(set->space, set->dim);

    vector_index_use(index, kernel);
    CHECK(vector_index_reserve(index, set->n));
    for (size_t i = 0; i < set->n; i++) {
        uint32_t slot = vector_index_stage(index, row(set, i));

        CHECK(slot == i);
        vector_index_show(index, slot);
    }
    return index;
}

/* The same slots in the same order at the same distances, to the bit. */
static void check_search(const struct set *set,
                         const struct vector_index *index,
                         const float *question,
                         size_t k,
                         accepts_fn *accepts)
{
    CLEANUP(freep)
    struct vector_hit_slot *hits = xcalloc(k, sizeof(*hits)), *wanted = xcalloc(k, sizeof(*wanted));
    struct vector_search search = {.vector = question, .k = k, .accepts = accepts};
    size_t n = vector_index_search(index, &search, hits);

    CHECK(n == scan_all(set, question, k, accepts, wanted));
    for (size_t i = 0; i < n; i++) {
        CHECK(hits[i].slot == wanted[i].slot);
        CHECK(memcmp(&hits[i].distance, &wanted[i].distance, sizeof(float)) == 0);
    }
}

static bool every_tenth(const void *ctx, uint32_t slot)
{
    (void)ctx;
    return slot % 10 == 3;
}

static bool none(const void *ctx, uint32_t slot)
{
    (void)ctx;
    (void)slot;
    return false;
}

/* A kind of data: fills one row. */
typedef void fill_fn(struct random_state *rng, float *x, size_t dim, size_t i);

static void check_set(const struct set *set,
                      const struct vector_kernel *kernel,
                      const float *questions,
                      size_t n_questions)
{
    static const size_t ks[] = {1, 5, 100};
    struct vector_index *index = index_of(set, kernel);

    for (size_t q = 0; q < n_questions; q++) {
        const float *question = questions + q * set->dim;

        for (size_t k = 0; k < COUNT_OF(ks); k++)
            check_search(set, index, question, ks[k], NULL);
        check_search(set, index, question, 5, every_tenth);
        check_search(set, index, question, 5, none);
    }
    check_search(set, index, questions, set->n + 7, NULL);
    vector_index_free(index);
}

static void compare(fill_fn *fill, size_t dim, size_t n)
{
    const struct vector_kernel *kernels[VECTOR_KERNELS_MAX];
    size_t n_kernels = vector_kernels(kernels);
    CLEANUP(freep)
    float *x = xcalloc(n * dim, sizeof(float)), *questions = xcalloc(6 * dim, sizeof(float));
    struct random_state rng;

    random_seed(&rng, dim * 1000 + n);
    for (size_t i = 0; i < n; i++)
        fill(&rng, x + i * dim, dim, i);
    for (size_t q = 0; q < 4; q++)
        fill(&rng, questions + q * dim, dim, n + q);
    memcpy(questions + 4 * dim, x + n / 2 * dim, dim * sizeof(float)); /* question 5: zeros */
    for (int space = 0; space < N_VECTOR_SPACES; space++)
        for (size_t kernel = 0; kernel < n_kernels; kernel++)
            check_set(&(struct set){(enum vector_space)space, dim, n, x}, kernels[kernel],
                      questions, 6);
}

/* ---- Kinds of data ------------------------------------------------------------------------------- */

static void fill_random(struct random_state *rng, float *x, size_t dim, size_t i)
{
    (void)i;
    for (size_t d = 0; d < dim; d++)
        x[d] = (float)random_normal(rng, 0, 1);
}

/* Fifty around each centre. */
static void fill_clustered(struct random_state *rng, float *x, size_t dim, size_t i)
{
    struct random_state centre;

    random_seed(&centre, i / 50 % 7);
    for (size_t d = 0; d < dim; d++)
        x[d] = (float)(random_normal(&centre, 0, 1) + random_normal(rng, 0, 0.7)) / 20;
}

/* Nearly the same: the differences are below what a code can tell. */
static void fill_close(struct random_state *rng, float *x, size_t dim, size_t i)
{
    struct random_state centre;

    random_seed(&centre, 99);
    for (size_t d = 0; d < dim; d++)
        x[d] = (float)(random_normal(&centre, 0, 1) + random_normal(rng, 0, 1e-4));
    (void)i;
}

static void fill_duplicates(struct random_state *rng, float *x, size_t dim, size_t i)
{
    struct random_state same;

    (void)rng;
    random_seed(&same, i % 3);
    fill_random(&same, x, dim, i);
}

/* Zeros, one large number among small ones, the largest and the smallest that are allowed. */
static void fill_odd(struct random_state *rng, float *x, size_t dim, size_t i)
{
    static const float scales[] = {0, 1, 1e15F, 1e-30F, 1e-44F, 1e-8F, 1e5F};
    float scale = scales[i % COUNT_OF(scales)];

    for (size_t d = 0; d < dim; d++)
        x[d] = scale * (float)(2 * random_uniform(rng) - 1);
    if (i % 5 == 0)
        x[i % dim] = (i % 2 ? -1 : 1) * fmaxf(scale, 1000);
}

static void fill_signs(struct random_state *rng, float *x, size_t dim, size_t i)
{
    (void)i;
    for (size_t d = 0; d < dim; d++)
        x[d] = random_below(rng, 2) ? 0.051F : -0.051F;
}

/* ---- Behaviour ---------------------------------------------------------------------------------- */

#define COMPARES(name, fill)                                                                       \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        compare(fill, 384, 1500);                                                                  \
        compare(fill, 3, 700);                                                                     \
        compare(fill, 33, 300);                                                                    \
        compare(fill, 1, 40);                                                                      \
        compare(fill, VECTOR_DIM_MAX, 30);                                                         \
    }

COMPARES(random_vectors_are_found_as_by_a_scan_of_floats, fill_random)
COMPARES(clustered_vectors_are_found_as_by_a_scan_of_floats, fill_clustered)
COMPARES(close_vectors_are_found_as_by_a_scan_of_floats, fill_close)
COMPARES(duplicates_are_found_as_by_a_scan_of_floats, fill_duplicates)
COMPARES(odd_vectors_are_found_as_by_a_scan_of_floats, fill_odd)
COMPARES(vectors_of_signs_are_found_as_by_a_scan_of_floats, fill_signs)

/* Two vectors with the same codes, whose rests point just where the question does: the nearer one comes
 * second, and only the whole length of its rest says that it might be nearer. */
static void fill_tight(struct random_state *rng, float *x, float *question, size_t dim)
{
    double step = 1.0 / VECTOR_CODE_MAX, peak = 0;

    for (size_t d = 0; d < dim; d++) {
        question[d] = (float)random_normal(rng, 0, 1);
        peak = fmax(peak, fabs((double)question[d]));
    }
    for (size_t d = 0; d < dim; d++) {
        int code = d == 0 ? VECTOR_CODE_MAX : (int)random_below(rng, 200) - 100;
        double rest = d == 0 ? 0 : 0.4 * step * (double)question[d] / peak;

        x[d] = (float)(step * code + 0.98 * rest);
        x[dim + d] = (float)(step * code + rest);
    }
}

static void nearness_is_seen_where_the_bound_is_tight(void **state)
{
    enum { DIM = 64 };

    const struct vector_kernel *kernels[VECTOR_KERNELS_MAX];
    size_t n_kernels = vector_kernels(kernels);
    struct random_state rng;
    float x[2 * DIM], question[DIM];

    (void)state;
    random_seed(&rng, 21);
    for (int i = 0; i < 200; i++) {
        fill_tight(&rng, x, question, DIM);
        for (int space = 0; space < N_VECTOR_SPACES; space++)
            for (size_t kernel = 0; kernel < n_kernels; kernel++) {
                struct set set = {(enum vector_space)space, DIM, 2, x};
                struct vector_index *index = index_of(&set, kernels[kernel]);

                check_search(&set, index, question, 1, NULL);
                vector_index_free(index);
            }
    }
}

static void distances_are_those_of_chroma(void **state)
{
    static const float a[] = {1, 0, 0}, c[] = {0.9F, 0.1F, 0}, e[] = {1, 2, 4}, zero[] = {0, 0, 0};
    struct vector_side x = {a, vector_inverse_norm(a, 3)}, y = {c, vector_inverse_norm(c, 3)},
                       z = {e, vector_inverse_norm(e, 3)}, none_at_all = {zero, 0};

    (void)state;
    CHECK_NEAR(vector_distance(VECTOR_COSINE, &x, &y, 3), 0.006116271, 1e-7);
    CHECK_NEAR(vector_distance(VECTOR_COSINE, &x, &z, 3), 0.78178215, 1e-7);
    CHECK_NEAR(vector_distance(VECTOR_COSINE, &x, &x, 3), 0, 0);
    CHECK_NEAR(vector_distance(VECTOR_COSINE, &x, &none_at_all, 3), 1, 0);
    CHECK_NEAR(vector_distance(VECTOR_L2, &x, &z, 3), 20, 0);
    CHECK_NEAR(vector_distance(VECTOR_IP, &z, &z, 3), -20, 0);
    CHECK_NEAR(vector_inverse_norm(zero, 3), 0, 0);
}

/* Rows and multiplier within the given codes; sign: 0 random, else the largest of that sign. */
static void check_products(const struct vector_kernel *kernel,
                           size_t stride,
                           int32_t words_max,
                           int sign)
{
    enum { ROWS = 7 };

    static struct vector_multiplier multiplier;
    static int8_t rows[ROWS * VECTOR_DIM_MAX];
    int32_t products[ROWS];
    struct random_state rng;

    random_seed(&rng, stride);
    for (size_t i = 0; i < stride; i++) {
        int32_t any = (int32_t)random_below(&rng, (uint32_t)(2 * words_max + 1)) - words_max;

        multiplier.words[i] = (int16_t)(sign ? sign * words_max : any);
        multiplier.bytes[i] = (uint8_t)(multiplier.words[i] + VECTOR_BYTE_OFFSET);
    }
    for (size_t i = 0; i < ROWS * stride; i++)
        rows[i] = (int8_t)(sign ? VECTOR_CODE_MAX : (int)random_below(&rng, 255) - VECTOR_CODE_MAX);
    kernel->multiply(rows, ROWS, stride, &multiplier, products);
    for (size_t i = 0; i < ROWS; i++) {
        int32_t wanted = 0;

        for (size_t j = 0; j < stride; j++)
            wanted += rows[i * stride + j] *
                      (kernel->uses_bytes ? (int)multiplier.bytes[j] : (int)multiplier.words[j]);
        CHECK(products[i] == wanted);
    }
}

static void every_kernel_multiplies_exactly(void **state)
{
    const struct vector_kernel *kernels[VECTOR_KERNELS_MAX];
    size_t n_kernels = vector_kernels(kernels);

    (void)state;
    for (size_t kernel = 0; kernel < n_kernels; kernel++)
        for (size_t stride = VECTOR_CODE_LANES; stride <= VECTOR_DIM_MAX;
             stride += 7 * VECTOR_CODE_LANES) {
            int32_t limit = INT32_MAX / (VECTOR_CODE_MAX * (int32_t)stride);
            int32_t words_max = kernels[kernel]->uses_bytes ? VECTOR_CODE_MAX
                                : limit < INT16_MAX         ? limit
                                                            : INT16_MAX;

            check_products(kernels[kernel], stride, words_max, 0);
            check_products(kernels[kernel], stride, words_max, 1);
            check_products(kernels[kernel], stride, words_max, -1);
        }
}

static void a_slot_is_seen_from_shown_to_dropped(void **state)
{
    static const float x[] = {1, 2}, y[] = {3, 4};
    struct vector_index *index = vector_index_new(VECTOR_L2, 2);
    struct vector_hit_slot hit;
    struct vector_search search = {.vector = x, .k = 1};
    uint32_t a, b;

    (void)state;
    CHECK(vector_index_search(index, &search, &hit) == 0);
    CHECK(vector_index_reserve(index, 2));
    a = vector_index_stage(index, x);
    b = vector_index_stage(index, y);
    CHECK(vector_index_search(index, &search, &hit) == 0);
    vector_index_show(index, b);
    CHECK(vector_index_search(index, &search, &hit) == 1 && hit.slot == b && hit.distance == 8);
    vector_index_show(index, a);
    CHECK(vector_index_search(index, &search, &hit) == 1 && hit.slot == a && hit.distance == 0);
    assert_memory_equal(vector_index_at(index, a), x, sizeof(x));
    vector_index_drop(index, a);
    CHECK(vector_index_search(index, &search, &hit) == 1 && hit.slot == b);
    CHECK(vector_index_stage(index, y) == a);
    search.k = 0;
    CHECK(vector_index_search(index, &search, &hit) == 0);
    vector_index_free(index);
}

static int backwards(const void *ctx, uint32_t a, uint32_t b)
{
    (void)ctx;
    return a < b ? 1 : -1;
}

static void equal_distances_go_by_the_callers_order(void **state)
{
    static const float x[] = {1, 0}, y[] = {0, 1};
    struct vector_index *index = vector_index_new(VECTOR_COSINE, 2);
    struct vector_hit_slot hits[3];
    struct vector_search search = {.vector = x, .k = 3, .compare = backwards};

    (void)state;
    CHECK(vector_index_reserve(index, 600));
    for (uint32_t i = 0; i < 600; i++)
        vector_index_show(index, vector_index_stage(index, i == 300 ? x : y));
    CHECK(vector_index_search(index, &search, hits) == 3);
    CHECK(hits[0].slot == 300 && hits[1].slot == 599 && hits[2].slot == 598);
    vector_index_free(index);
}

static void room_is_bounded(void **state)
{
    struct vector_index *index = vector_index_new(VECTOR_IP, 1);

    (void)state;
    CHECK(!vector_index_reserve(index, (size_t)VECTOR_SLOTS_MAX + 1));
    CHECK(!vector_index_reserve(index, SIZE_MAX));
    CHECK(vector_index_reserve(index, 300));
    CHECK(vector_index_n_slots(index) == 512);
    vector_index_free(index);
    vector_index_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(random_vectors_are_found_as_by_a_scan_of_floats),
        TEST(clustered_vectors_are_found_as_by_a_scan_of_floats),
        TEST(close_vectors_are_found_as_by_a_scan_of_floats),
        TEST(duplicates_are_found_as_by_a_scan_of_floats),
        TEST(odd_vectors_are_found_as_by_a_scan_of_floats),
        TEST(vectors_of_signs_are_found_as_by_a_scan_of_floats),
        TEST(nearness_is_seen_where_the_bound_is_tight),
        TEST(distances_are_those_of_chroma),
        TEST(every_kernel_multiplies_exactly),
        TEST(a_slot_is_seen_from_shown_to_dropped),
        TEST(equal_distances_go_by_the_callers_order),
        TEST(room_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
