#include "server/llm/embedding_drift.h"

#include "common/alloc.h"
#include "common/random.h"
#include "server/llm/block_ridge.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define BLOCK        20 /* neighbours held out, and exchanged, together */
#define LAMBDA       1
#define PERMUTATIONS 200
#define P_MOST       0.01
#define FAR          0.05  /* share of the reference that counts as far from its nearest */
#define SAME         0.999 /* cosine of a question and itself, asked again */

/* The reference's rows come first, and no block holds rows of both sides. */
struct comparison {
    size_t n_reference, n_window, n; /* rows */
    struct row_blocks blocks;
    size_t n_reference_blocks;
    double
        *offset; /* the cosine of rows i and j is their centred product + offset[i] + offset[j] */
    double *weights; /* of the held-out predictions, blocks.n x n */
    double *inner;   /* inner products of rows, added up by pairs of blocks: blocks.n x blocks.n */
    double *squares; /* the rows' with themselves, added up by block */
    /* For one labelling of the blocks: */
    double *label;                                 /* 1 the window's, -1 the reference's */
    double *prediction, *of_window, *of_reference; /* n each, and room for n */
};

struct statistics {
    double auc, mmd2;
};

/* The cosines of all pairs of unit vectors are the squared length of the sum without the squares in it. */
static double diversity_of(const float *window, size_t n, size_t dim)
{
    double cosines = 0, n_pairs = (double)n * ((double)n - 1);

    if (n < 2)
        return (double)NAN;
    for (size_t k = 0; k < dim; k++) {
        double sum = 0;

        for (size_t i = 0; i < n; i++) {
            double x = (double)window[i * dim + k];

            sum += x;
            cosines -= x * x;
        }
        cosines += sum * sum;
    }
    return 1 - cosines / n_pairs;
}

/* A remainder is spread over the blocks, as a small one would count as much as a whole one in a
 * permutation. */
static void cut_into_blocks(struct comparison *c)
{
    size_t n_before = c->n_reference / BLOCK, n_after = c->n_window / BLOCK;

    c->n_reference_blocks = n_before;
    c->blocks.n = n_before + n_after;
    c->blocks.first = xcalloc(c->blocks.n + 1, sizeof(*c->blocks.first));
    for (size_t b = 0; b < n_before; b++)
        c->blocks.first[b] = b * c->n_reference / n_before;
    for (size_t b = 0; b <= n_after; b++)
        c->blocks.first[n_before + b] = c->n_reference + b * c->n_window / n_after;
}

static void comparison_init(struct comparison *c, size_t n_reference, size_t n_window)
{
    size_t n = n_reference + n_window;

    *c = (struct comparison){.n_reference = n_reference, .n_window = n_window, .n = n};
    cut_into_blocks(c);
    c->offset = xcalloc(n, sizeof(double));
    c->weights = xcalloc(n * c->blocks.n, sizeof(double));
    c->inner = xcalloc(c->blocks.n * c->blocks.n, sizeof(double));
    c->squares = xcalloc(c->blocks.n, sizeof(double));
    c->label = xcalloc(c->blocks.n, sizeof(double));
    c->prediction = xcalloc(n, sizeof(double));
    c->of_window = xcalloc(n, sizeof(double));
    c->of_reference = xcalloc(n, sizeof(double));
}

static void comparison_finish(struct comparison *c)
{
    free(c->blocks.first);
    free(c->offset);
    free(c->weights);
    free(c->inner);
    free(c->squares);
    free(c->label);
    free(c->prediction);
    free(c->of_window);
    free(c->of_reference);
}

/* All rows as columns (block_ridge.h). n_given is of the reference before picking. */
static void lay_out(const struct comparison *c,
                    const float *reference,
                    size_t n_given,
                    const float *window,
                    size_t dim,
                    double *ret_columns)
{
    for (size_t i = 0; i < c->n; i++) {
        const float *row = i < c->n_reference ? reference + embedding_drift_pick(i, n_given) * dim
                                              : window + (i - c->n_reference) * dim;

        for (size_t k = 0; k < dim; k++)
            ret_columns[k * c->n + i] = (double)row[k];
    }
}

/* Takes the mean out of the rows, before their products are taken: where all rows are equal the products
 * are then 0, and not what is lost in a difference, from which a ridge could learn something. What the
 * products lack is kept: xy = (x - a)(y - a) + ((x - a) a + aa / 2) + ((y - a) a + aa / 2). */
static void centre(struct comparison *c, double *columns, size_t dim)
{
    for (size_t k = 0; k < dim; k++) {
        double *column = columns + k * c->n, mean = 0;

        for (size_t i = 0; i < c->n; i++)
            mean += column[i];
        mean /= (double)c->n;
        for (size_t i = 0; i < c->n; i++) {
            column[i] -= mean;
            c->offset[i] += column[i] * mean + mean * mean / 2;
        }
    }
}

static void add_up_blocks(struct comparison *c, const double *gram)
{
    size_t n_blocks = c->blocks.n, *first = c->blocks.first;

    for (size_t a = 0; a < n_blocks; a++) {
        for (size_t i = first[a]; i < first[a + 1]; i++) {
            const double *row = gram + i * c->n;

            c->squares[a] += row[i];
            c->inner[a * n_blocks + a] += row[i];
            for (size_t j = i + 1; j < first[a + 1]; j++)
                c->inner[a * n_blocks + a] += 2 * row[j];
            for (size_t b = a + 1; b < n_blocks; b++)
                for (size_t j = first[b]; j < first[b + 1]; j++)
                    c->inner[a * n_blocks + b] += row[j];
        }
    }
    for (size_t a = 0; a < n_blocks; a++)
        for (size_t b = 0; b < a; b++)
            c->inner[a * n_blocks + b] = c->inner[b * n_blocks + a];
}

static void keep_larger(double *largest, double value)
{
    if (value > *largest)
        *largest = value;
}

/* Of every row the cosine of its nearest in the reference. A row of the reference looks for another
 * question, and outside of its own block: that it was asked twice, or in a run on its topic, does not tell
 * how far a new question on a known topic may lie. */
static void find_nearest(const struct comparison *c, const double *gram, double *ret_nearest)
{
    for (size_t i = 0; i < c->n; i++)
        ret_nearest[i] = -1;
    for (size_t b = 0; b < c->n_reference_blocks; b++) {
        for (size_t i = c->blocks.first[b]; i < c->blocks.first[b + 1]; i++) {
            for (size_t j = c->blocks.first[b + 1]; j < c->n; j++) {
                double cosine = gram[i * c->n + j] + c->offset[i] + c->offset[j];
                bool is_within = j < c->n_reference;

                if (is_within && cosine < SAME)
                    keep_larger(&ret_nearest[i], cosine);
                if (!is_within || cosine < SAME)
                    keep_larger(&ret_nearest[j], cosine);
            }
        }
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double share_under(const double *values, size_t n, double limit)
{
    size_t n_under = 0;

    for (size_t i = 0; i < n; i++)
        n_under += values[i] < limit;
    return (double)n_under / (double)n;
}

/* If a share u of the window is far and the rest as the reference is, then far are u + (1 - u) f of the
 * window, with f of the reference. */
static double unseen_ratio_of(const struct comparison *c, const double *gram)
{
    CLEANUP(freep) double *nearest = xcalloc(c->n, sizeof(*nearest));
    CLEANUP(freep) double *sorted = xcalloc(c->n_reference, sizeof(*sorted));
    double limit, far_before, far_after;

    find_nearest(c, gram, nearest);
    memcpy(sorted, nearest, c->n_reference * sizeof(*sorted));
    qsort(sorted, c->n_reference, sizeof(*sorted), compare);
    limit = sorted[(size_t)(FAR * (double)c->n_reference)];
    far_before = share_under(nearest, c->n_reference, limit);
    far_after = share_under(nearest + c->n_reference, c->n_window, limit);
    return fmax(0, (far_after - far_before) / (1 - far_before));
}

/* Share of the pairs in which the first is over the second; a tie is half of one. Counting all pairs is
 * quicker than sorting, as it has no branches. */
static double share_over(const double *a, size_t n_a, const double *b, size_t n_b)
{
    int64_t n_halves = 0;

    for (size_t i = 0; i < n_a; i++)
        for (size_t j = 0; j < n_b; j++)
            n_halves += (int64_t)(a[i] > b[j]) + (int64_t)(a[i] >= b[j]);
    return (double)n_halves / (2 * (double)n_a * (double)n_b);
}

static double auc_of(const struct comparison *c)
{
    size_t n_window = 0, n_reference = 0;

    memset(c->prediction, 0, c->n * sizeof(*c->prediction));
    for (size_t b = 0; b < c->blocks.n; b++)
        for (size_t i = 0; i < c->n; i++)
            c->prediction[i] += c->label[b] * c->weights[b * c->n + i];
    for (size_t b = 0; b < c->blocks.n; b++) {
        for (size_t i = c->blocks.first[b]; i < c->blocks.first[b + 1]; i++) {
            if (c->label[b] > 0)
                c->of_window[n_window++] = c->prediction[i];
            else
                c->of_reference[n_reference++] = c->prediction[i];
        }
    }
    return share_over(c->of_window, n_window, c->of_reference, n_reference);
}

/* Mean inner product over different rows of the one side, plus that of the other, less twice that across.
 * Centring changes nothing of it. */
static double mmd2_of(const struct comparison *c)
{
    double within[2] = {0}, across = 0, n[2] = {0};

    for (size_t a = 0; a < c->blocks.n; a++) {
        int side = c->label[a] > 0;

        n[side] += (double)(c->blocks.first[a + 1] - c->blocks.first[a]);
        within[side] -= c->squares[a];
        for (size_t b = 0; b < c->blocks.n; b++) {
            if (c->label[a] == c->label[b])
                within[side] += c->inner[a * c->blocks.n + b];
            else
                across += c->inner[a * c->blocks.n + b]; /* comes twice, as it is wanted */
        }
    }
    return within[0] / (n[0] * (n[0] - 1)) + within[1] / (n[1] * (n[1] - 1)) -
           across / (n[0] * n[1]);
}

static struct statistics statistics_of(const struct comparison *c)
{
    return (struct statistics){.auc = auc_of(c), .mmd2 = mmd2_of(c)};
}

static void shuffle(double *values, size_t n, struct random_state *rng)
{
    for (size_t i = n - 1; i > 0; i--) {
        size_t j = random_below(rng, (uint32_t)i + 1);
        double value = values[i];

        values[i] = values[j];
        values[j] = value;
    }
}

/* The chance of as much by labels dealt out anew, counting the true labelling among them, without which
 * the test would be too keen (Phipson and Smyth, "Permutation p-values should never be zero", 2010).
 * Blocks are dealt out whole, as only they are exchangeable where neighbours resemble each other. */
static void judge(struct comparison *c, struct embedding_drift_result *result)
{
    struct statistics seen;
    struct random_state rng;
    int n_auc = 1, n_mmd2 = 1;

    for (size_t b = 0; b < c->blocks.n; b++)
        c->label[b] = b < c->n_reference_blocks ? -1 : 1;
    seen = statistics_of(c);
    random_seed(&rng, (uint64_t)c->n_reference << 32 | c->n_window);
    for (int i = 0; i < PERMUTATIONS; i++) {
        struct statistics by_chance;

        shuffle(c->label, c->blocks.n, &rng);
        by_chance = statistics_of(c);
        n_auc += by_chance.auc >= seen.auc;
        n_mmd2 += by_chance.mmd2 >= seen.mmd2;
    }
    result->auc = seen.auc;
    result->p_value = (double)n_auc / (PERMUTATIONS + 1);
    result->score = result->p_value <= P_MOST ? fmax(0, 2 * seen.auc - 1) : 0;
    result->mmd2 = seen.mmd2;
    result->mmd2_p = (double)n_mmd2 / (PERMUTATIONS + 1);
}

void embedding_drift_compute(const float *reference,
                             size_t n_reference,
                             const float *window,
                             size_t n_window,
                             size_t dim,
                             struct embedding_drift_result *ret_result)
{
    CLEANUP(freep) double *columns = NULL;
    CLEANUP(freep) double *gram = NULL;
    struct comparison c;
    size_t n_given = n_reference;

    assert(dim > 0);
    if (n_reference > EMBEDDING_DRIFT_REFERENCE_MAX)
        n_reference = EMBEDDING_DRIFT_REFERENCE_MAX;
    *ret_result = (struct embedding_drift_result){.n_reference = n_reference,
                                                  .n_window = n_window,
                                                  .diversity = diversity_of(window, n_window, dim)};
    if (n_reference < EMBEDDING_DRIFT_VECTORS_MIN || n_window < EMBEDDING_DRIFT_VECTORS_MIN)
        return;
    ret_result->has_score = true;
    comparison_init(&c, n_reference, n_window);
    columns = xcalloc(dim * c.n, sizeof(*columns));
    gram = xcalloc(c.n * c.n, sizeof(*gram));
    lay_out(&c, reference, n_given, window, dim, columns);
    centre(&c, columns, dim);
    block_ridge_gram(columns, c.n, dim, gram);
    ret_result->unseen_ratio = unseen_ratio_of(&c, gram);
    add_up_blocks(&c, gram);
    block_ridge_weights(gram, LAMBDA, &c.blocks, c.weights);
    judge(&c, ret_result);
    comparison_finish(&c);
}
