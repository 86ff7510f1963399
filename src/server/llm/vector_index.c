#include "server/llm/vector_index.h"

#include "common/alloc.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* The bound. Let v be a vector (over its norm, in cosine space) and c its codes: v = s c + e, with the
 * step s = max|v| / 127 and the rest e, whose norm is kept. The question y = t d + f likewise, with finer
 * codes. The integer product I = c.d is exact, and by Cauchy and Schwarz
 *
 *     |v.y - s t I| = |e.y + s c.f| <= |e| |y| + (|v| + |e|) |f|
 *
 * which bounds the true distance from below: 1 - v.y, or |v|^2 + |y|^2 - 2 v.y. What is answered is the
 * distance as floats give it, off by at most g |v| |y| and g (|v| + |y|)^2 <= 2 g (|v|^2 + |y|^2), g being
 * the rounding of a sum of dim products (Higham 2002, 3.1), with room to spare. |v|^2 is kept as a float,
 * so 4 g is taken off. A vector whose bound is over the worst of the k best so far cannot be among them. */

#define BLOCK_SLOTS 256
#define BLOCK_WORDS (BLOCK_SLOTS / 64)
#define CODE_MAX    127
#define QUERY_MAX   INT16_MAX
#define ULP         0x1p-24 /* of a float, relative */

/* Norms are rounded up: as floats, and because the sums behind them are rounded too. */
#define ROUND_UP(norm) ((norm)*1.000001)

/* What the bound needs to know of a vector. */
struct summary {
    float step;  /* s */
    float rest;  /* |e| */
    float norm;  /* |v| */
    float floor; /* L2: (1 - 4 g) |v|^2; else 0 */
};

/* Slots of a block are filled once and read by searches from when they are shown. */
struct block {
    uint64_t shown[BLOCK_WORDS];
    struct summary summary[BLOCK_SLOTS];
    double inverse_norm[BLOCK_SLOTS]; /* cosine space */
    int8_t *codes;                    /* rows of code_stride */
    float *vectors;                   /* rows of dim */
};

struct vector_index {
    enum vector_space space;
    size_t dim, code_stride;
    double rounding; /* g */
    vector_dot_fn *dot;
    struct block **blocks;
    size_t n_blocks;
    uint32_t *unused; /* slots, the next one last; has room for all */
    size_t n_unused;
};

/* ---- Life cycle --------------------------------------------------------------------------------- */

struct vector_index *vector_index_new(enum vector_space space, size_t dim)
{
    struct vector_index *index = xcalloc(1, sizeof(*index));

    assert(dim > 0 && dim <= VECTOR_DIM_MAX);
    index->space = space;
    index->dim = dim;
    index->code_stride = (dim + VECTOR_CODE_LANES - 1) / VECTOR_CODE_LANES * VECTOR_CODE_LANES;
    index->rounding = 1.1 * (double)(dim + 64) * ULP;
    index->dot = vector_dot_choose();
    return index;
}

static void block_free(struct block *block)
{
    if (!block)
        return;
    free(block->codes);
    free(block->vectors);
    free(block);
}

DEFINE_CLEANUP(struct block *, block_free);

void vector_index_free(struct vector_index *index)
{
    if (!index)
        return;
    for (size_t i = 0; i < index->n_blocks; i++)
        block_free(index->blocks[i]);
    free(index->blocks);
    free(index->unused);
    free(index);
}

/* NULL: no memory. The size comes from outside, so it is not fatal. */
static struct block *block_new(const struct vector_index *index)
{
    CLEANUP(block_freep) struct block *block = calloc(1, sizeof(*block));

    if (!block)
        return NULL;
    block->codes = calloc(BLOCK_SLOTS, index->code_stride);
    block->vectors = calloc(BLOCK_SLOTS, index->dim * sizeof(float));
    return block->codes && block->vectors ? TAKE(block) : NULL;
}

static bool add_block(struct vector_index *index)
{
    CLEANUP(block_freep) struct block *block = block_new(index);
    size_t n = index->n_blocks;
    struct block **blocks;
    uint32_t *unused;

    if (!block)
        return false;
    blocks = reallocarray(index->blocks, n + 1, sizeof(struct block *));
    if (blocks)
        index->blocks = blocks;
    unused = reallocarray(index->unused, (n + 1) * BLOCK_SLOTS, sizeof(*unused));
    if (unused)
        index->unused = unused;
    if (!blocks || !unused)
        return false;
    index->blocks[n] = TAKE(block);
    index->n_blocks++;
    /* Below what is there, and the lowest last: slots are used in their order. */
    memmove(unused + BLOCK_SLOTS, unused, index->n_unused * sizeof(*unused));
    for (uint32_t i = 0; i < BLOCK_SLOTS; i++)
        unused[i] = (uint32_t)((n + 1) * BLOCK_SLOTS - 1 - i);
    index->n_unused += BLOCK_SLOTS;
    return true;
}

bool vector_index_reserve(struct vector_index *index, size_t n)
{
    size_t n_slots = index->n_blocks * BLOCK_SLOTS;

    if (n > VECTOR_SLOTS_MAX || n_slots - index->n_unused + n > VECTOR_SLOTS_MAX)
        return false;
    while (index->n_unused < n)
        if (!add_block(index))
            return false;
    return true;
}

size_t vector_index_n_slots(const struct vector_index *index)
{
    return index->n_blocks * BLOCK_SLOTS;
}

/* ---- Codes -------------------------------------------------------------------------------------- */

struct encoding {
    double step, rest, norm; /* the last two rounded up */
    double square;           /* of the norm */
};

/* Codes of x times factor between -limit and limit, into whichever of the two is not NULL. */
static struct encoding encode(
    const struct vector_side *side, size_t dim, int limit, int8_t *ret_bytes, int16_t *ret_words)
{
    double peak = 0, squares = 0, rests = 0, step;

    for (size_t i = 0; i < dim; i++)
        peak = fmax(peak, fabs((double)side->x[i] * side->inverse_norm));
    step = (double)(float)(peak / limit);
    /* A step that a float can hardly tell from zero: all is rest. */
    step = step < 1e-30 ? 0 : step;
    for (size_t i = 0; i < dim; i++) {
        double v = (double)side->x[i] * side->inverse_norm;
        double wanted = step > 0 ? fmax(-limit, fmin(limit, v / step)) : 0;
        int code = (int)(wanted + copysign(0.5, wanted));

        squares += v * v;
        rests += (v - step * code) * (v - step * code);
        if (ret_bytes)
            ret_bytes[i] = (int8_t)code;
        if (ret_words)
            ret_words[i] = (int16_t)code;
    }
    return (struct encoding){
        .step = step,
        .rest = ROUND_UP(sqrt(rests)) + 1e-12 * sqrt(squares),
        .norm = ROUND_UP(sqrt(squares)),
        .square = squares,
    };
}

/* What encode works on: the unit vector in cosine space, itself elsewhere. */
static struct vector_side side_of(const struct vector_index *index, const float *vector)
{
    bool is_cosine = index->space == VECTOR_COSINE;

    return (struct vector_side){vector, is_cosine ? vector_inverse_norm(vector, index->dim) : 1.0};
}

/* ---- Slots -------------------------------------------------------------------------------------- */

static struct block *block_of(const struct vector_index *index, uint32_t slot)
{
    assert(slot / BLOCK_SLOTS < index->n_blocks);
    return index->blocks[slot / BLOCK_SLOTS];
}

uint32_t vector_index_stage(struct vector_index *index, const float *vector)
{
    struct vector_side side = side_of(index, vector);
    struct encoding encoding;
    struct block *block;
    uint32_t slot;
    size_t at;

    assert(index->n_unused > 0);
    slot = index->unused[--index->n_unused];
    block = block_of(index, slot);
    at = slot % BLOCK_SLOTS;
    encoding = encode(&side, index->dim, CODE_MAX, block->codes + at * index->code_stride, NULL);
    memcpy(block->vectors + at * index->dim, vector, index->dim * sizeof(*vector));
    block->inverse_norm[at] = side.inverse_norm;
    block->summary[at] = (struct summary){
        .step = (float)encoding.step,
        .rest = (float)encoding.rest,
        .norm = (float)encoding.norm,
        .floor =
            index->space == VECTOR_L2 ? (float)((1 - 4 * index->rounding) * encoding.square) : 0,
    };
    return slot;
}

void vector_index_show(struct vector_index *index, uint32_t slot)
{
    block_of(index, slot)->shown[slot % BLOCK_SLOTS / 64] |= 1ULL << slot % 64;
}

void vector_index_drop(struct vector_index *index, uint32_t slot)
{
    uint64_t *word = &block_of(index, slot)->shown[slot % BLOCK_SLOTS / 64];

    /* Only a shown slot's word is written: searches may be reading those of others. */
    if (*word & 1ULL << slot % 64)
        *word &= ~(1ULL << slot % 64);
    index->unused[index->n_unused++] = slot;
}

const float *vector_index_at(const struct vector_index *index, uint32_t slot)
{
    return block_of(index, slot)->vectors + slot % BLOCK_SLOTS * index->dim;
}

/* ---- Searching ---------------------------------------------------------------------------------- */

/* A search under way: the question encoded, the terms of the bound, and the k best as a heap with the
 * worst at its root. */
struct scan {
    const struct vector_index *index;
    const struct vector_search *search;
    struct vector_side side;
    double by_product, by_rest, by_norm, constant;
    struct vector_hit_slot *heap;
    size_t n;
    _Alignas(64) int16_t codes[VECTOR_DIM_MAX + VECTOR_CODE_LANES];
};

static void begin_scan(struct scan *scan,
                       const struct vector_index *index,
                       const struct vector_search *search)
{
    double g = index->rounding, limit = floor(INT32_MAX / ((double)index->dim * CODE_MAX));
    struct encoding y;

    scan->index = index;
    scan->search = search;
    scan->side = side_of(index, search->vector);
    scan->n = 0;
    memset(scan->codes + index->dim, 0, (index->code_stride - index->dim) * sizeof(*scan->codes));
    y = encode(&scan->side, index->dim, (int)fmin(QUERY_MAX, limit), NULL, scan->codes);
    if (index->space == VECTOR_L2) {
        scan->by_product = 2 * y.step;
        scan->by_rest = 2 * (y.norm + y.rest);
        scan->by_norm = 2 * y.rest;
        scan->constant = (1 - 4 * g) * y.square - 1e-30;
    } else {
        scan->by_product = y.step;
        scan->by_rest = y.norm + y.rest;
        scan->by_norm = y.rest + (g + 4 * ULP) * y.norm;
        scan->constant = 1 - 4 * ULP;
    }
}

/* No distance that vector_distance gives for it is smaller. */
static double bound(const struct scan *scan, const struct summary *summary, int32_t product)
{
    return scan->constant + (double)summary->floor -
           (double)summary->step * scan->by_product * product -
           (double)summary->rest * scan->by_rest - (double)summary->norm * scan->by_norm;
}

static bool is_worse(const struct vector_search *search,
                     const struct vector_hit_slot *a,
                     const struct vector_hit_slot *b)
{
    if (a->distance > b->distance || a->distance < b->distance)
        return a->distance > b->distance;
    return search->compare ? search->compare(search->ctx, a->slot, b->slot) > 0 : a->slot > b->slot;
}

/* Puts the hit at the root of heap[0..n), a heap but for its root, which is free. */
static void sift_down(struct vector_hit_slot *heap,
                      size_t n,
                      struct vector_hit_slot hit,
                      const struct vector_search *search)
{
    size_t at = 0;

    for (size_t child = 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && is_worse(search, &heap[child + 1], &heap[child]))
            child++;
        if (!is_worse(search, &heap[child], &hit))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = hit;
}

static void sift_up(struct vector_hit_slot *heap,
                    size_t at,
                    struct vector_hit_slot hit,
                    const struct vector_search *search)
{
    for (; at > 0 && is_worse(search, &hit, &heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = hit;
}

static bool is_accepted(const struct vector_search *search, uint32_t slot)
{
    return !search->accepts || search->accepts(search->ctx, slot);
}

/* The vector might be among the best: measures it. A filter is asked as seldom as can be, but before the
 * floats are read as long as every vector it lets through is among the best. */
static void consider(struct scan *scan, const struct block *block, uint32_t slot)
{
    const struct vector_search *search = scan->search;
    const struct vector_index *index = scan->index;
    size_t at = slot % BLOCK_SLOTS;
    struct vector_side side = {block->vectors + at * index->dim, block->inverse_norm[at]};
    struct vector_hit_slot hit = {slot, 0};
    bool is_full = scan->n == search->k;

    if (!is_full && !is_accepted(search, slot))
        return;
    hit.distance = vector_distance(index->space, &side, &scan->side, index->dim);
    if (is_full && (!is_worse(search, &scan->heap[0], &hit) || !is_accepted(search, slot)))
        return;
    if (is_full)
        sift_down(scan->heap, scan->n, hit, search);
    else
        sift_up(scan->heap, scan->n++, hit, search);
}

/* Might the vector be nearer than the worst of the best? */
static bool is_promising(const struct scan *scan, const struct block *block, size_t at)
{
    const struct vector_index *index = scan->index;
    const int8_t *codes = block->codes + at * index->code_stride;

    if (scan->n < scan->search->k)
        return true;
    return bound(scan, &block->summary[at], index->dot(codes, scan->codes, index->code_stride)) <=
           (double)scan->heap[0].distance;
}

static void scan_block(struct scan *scan, size_t number)
{
    const struct block *block = scan->index->blocks[number];

    for (size_t word = 0; word < BLOCK_WORDS; word++) {
        for (uint64_t left = block->shown[word]; left; left &= left - 1) {
            size_t at = word * 64 + (size_t)__builtin_ctzll(left);

            if (is_promising(scan, block, at))
                consider(scan, block, (uint32_t)(number * BLOCK_SLOTS + at));
        }
    }
}

/* Turns the heap into an ascending list: the worst goes last, again and again. */
static void sort_heap(struct vector_hit_slot *heap, size_t n, const struct vector_search *search)
{
    for (; n > 1; n--) {
        struct vector_hit_slot worst = heap[0];

        sift_down(heap, n - 1, heap[n - 1], search);
        heap[n - 1] = worst;
    }
}

size_t vector_index_search(const struct vector_index *index,
                           const struct vector_search *search,
                           struct vector_hit_slot *ret_hits)
{
    struct scan scan;

    if (search->k == 0)
        return 0;
    begin_scan(&scan, index, search);
    scan.heap = ret_hits;
    for (size_t i = 0; i < index->n_blocks; i++)
        scan_block(&scan, i);
    sort_heap(scan.heap, scan.n, search);
    return scan.n;
}
