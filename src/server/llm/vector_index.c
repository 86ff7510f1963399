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
 * so 4 g is taken off. The bound itself is computed in floats, a dozen operations on terms no larger than
 * these, for which SLACK is added. A vector whose bound is over the worst of the k best so far cannot be
 * among them. */

#define BLOCK_SLOTS 256
#define BLOCK_WORDS (BLOCK_SLOTS / 64)
#define WORD_SLOTS  64
#define ULP         0x1p-24 /* of a float, relative */
#define SLACK       (32 * ULP)

/* Norms are rounded up: as floats, and because the sums behind them are rounded too. */
#define ROUND_UP(norm) ((norm)*1.000001)

/* What the bound needs to know of vectors, by slot. */
struct summaries {
    float step[BLOCK_SLOTS];  /* s */
    float rest[BLOCK_SLOTS];  /* |e| */
    float norm[BLOCK_SLOTS];  /* |v| */
    float floor[BLOCK_SLOTS]; /* L2: (1 - 4 g) |v|^2; else 0 */
    int32_t sum[BLOCK_SLOTS]; /* of the codes */
};

/* Slots of a block are filled once and read by searches from when they are shown. */
struct block {
    uint64_t shown[BLOCK_WORDS];
    struct summaries summaries;
    double inverse_norm[BLOCK_SLOTS]; /* cosine space */
    int8_t *codes;                    /* rows of code_stride */
    float *vectors;                   /* rows of dim */
};

struct vector_index {
    enum vector_space space;
    size_t dim, code_stride;
    double rounding; /* g */
    const struct vector_kernel *kernel;
    struct block **blocks;
    size_t n_blocks;
    uint32_t *unused; /* slots, the next one last; has room for all */
    size_t n_unused;
};

/* ---- Life cycle --------------------------------------------------------------------------------- */

struct vector_index *vector_index_new(enum vector_space space, size_t dim)
{
    struct vector_index *index = xcalloc(1, sizeof(*index));
    const struct vector_kernel *kernels[VECTOR_KERNELS_MAX];

    assert(dim > 0 && dim <= VECTOR_DIM_MAX);
    index->space = space;
    index->dim = dim;
    index->code_stride = (dim + VECTOR_CODE_LANES - 1) / VECTOR_CODE_LANES * VECTOR_CODE_LANES;
    index->rounding = 1.1 * (double)(dim + 64) * ULP;
    (void)vector_kernels(kernels);
    index->kernel = kernels[0];
    return index;
}

void vector_index_use(struct vector_index *index, const struct vector_kernel *kernel)
{
    index->kernel = kernel;
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
    int32_t sum;             /* of the codes */
};

/* Codes of x times factor between -limit and limit, into whichever of the two is not NULL. */
static struct encoding encode(
    const struct vector_side *side, size_t dim, int limit, int8_t *ret_bytes, int16_t *ret_words)
{
    double peak = 0, squares = 0, rests = 0, step;
    int32_t sum = 0;

    for (size_t i = 0; i < dim; i++)
        peak = fmax(peak, fabs((double)side->x[i] * side->inverse_norm));
    step = (double)(float)(peak / limit);
    /* A step that a float can hardly tell from zero: all is rest. */
    step = step < 1e-30 ? 0 : step;
    for (size_t i = 0; i < dim; i++) {
        double v = (double)side->x[i] * side->inverse_norm;
        double wanted = step > 0 ? fmax(-limit, fmin(limit, v / step)) : 0;
        int code = (int)(wanted + copysign(0.5, wanted));

        sum += code;
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
        .sum = sum,
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
    encoding =
        encode(&side, index->dim, VECTOR_CODE_MAX, block->codes + at * index->code_stride, NULL);
    memcpy(block->vectors + at * index->dim, vector, index->dim * sizeof(*vector));
    block->inverse_norm[at] = side.inverse_norm;
    block->summaries.step[at] = (float)encoding.step;
    block->summaries.rest[at] = (float)encoding.rest;
    block->summaries.norm[at] = (float)encoding.norm;
    block->summaries.sum[at] = encoding.sum;
    if (index->space == VECTOR_L2)
        block->summaries.floor[at] = (float)((1 - 4 * index->rounding) * encoding.square);
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
    float by_product, by_rest, by_norm, constant;
    int32_t offset; /* what the codes of the question are multiplied too high */
    struct vector_hit_slot *heap;
    size_t n;
    struct vector_multiplier multiplier;
};

/* How large the codes of a question may be: as fine as words allow, but no sum may overflow. */
static int question_code_max(const struct vector_index *index)
{
    int limit = INT32_MAX / ((int)index->dim * VECTOR_CODE_MAX);

    if (index->kernel->uses_bytes)
        return VECTOR_CODE_MAX;
    return limit < INT16_MAX ? limit : INT16_MAX;
}

static void begin_scan(struct scan *scan,
                       const struct vector_index *index,
                       const struct vector_search *search)
{
    double g = index->rounding;
    struct encoding y;

    scan->index = index;
    scan->search = search;
    scan->side = side_of(index, search->vector);
    scan->n = 0;
    memset(scan->multiplier.words + index->dim, 0,
           (index->code_stride - index->dim) * sizeof(*scan->multiplier.words));
    y = encode(&scan->side, index->dim, question_code_max(index), NULL, scan->multiplier.words);
    scan->offset = index->kernel->uses_bytes ? VECTOR_BYTE_OFFSET : 0;
    for (size_t i = 0; i < index->code_stride && index->kernel->uses_bytes; i++)
        scan->multiplier.bytes[i] = (uint8_t)(scan->multiplier.words[i] + VECTOR_BYTE_OFFSET);
    if (index->space == VECTOR_L2) {
        scan->by_product = (float)(2 * y.step);
        scan->by_rest = (float)(2 * (y.norm + y.rest));
        scan->by_norm = (float)(2 * y.rest + SLACK * y.norm);
        scan->constant = (float)((1 - 4 * g - SLACK) * y.square - 1e-30);
    } else {
        scan->by_product = (float)y.step;
        scan->by_rest = (float)(y.norm + y.rest);
        scan->by_norm = (float)(y.rest + (g + SLACK) * y.norm);
        scan->constant = (float)(1 - SLACK);
    }
}

/* No distance that vector_distance gives for it is smaller. */
static inline float bound(const struct scan *scan,
                          const struct summaries *of,
                          size_t at,
                          int32_t product)
{
    return scan->constant + of->floor[at] -
           of->step[at] * scan->by_product * (float)(product - scan->offset * of->sum[at]) -
           of->rest[at] * scan->by_rest - of->norm[at] * scan->by_norm;
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

static void multiply(
    const struct scan *scan, const struct block *block, size_t at, size_t n, int32_t *ret_products)
{
    size_t stride = scan->index->code_stride;

    scan->index->kernel->multiply(block->codes + at * stride, n, stride, &scan->multiplier,
                                  ret_products);
}

/* Slots of which all are shown, as a rule: their bounds in one go. */
static void scan_full_word(struct scan *scan, size_t number, size_t first)
{
    const struct block *block = scan->index->blocks[number];
    int32_t products[WORD_SLOTS];
    float bounds[WORD_SLOTS];

    multiply(scan, block, first, WORD_SLOTS, products);
    for (size_t i = 0; i < WORD_SLOTS; i++)
        bounds[i] = bound(scan, &block->summaries, first + i, products[i]);
    for (size_t i = 0; i < WORD_SLOTS; i++)
        if (scan->n < scan->search->k || bounds[i] <= scan->heap[0].distance)
            consider(scan, block, (uint32_t)(number * BLOCK_SLOTS + first + i));
}

/* The others must not even be looked at: somebody may be filling them. */
static void scan_part_of_word(struct scan *scan, size_t number, size_t first, uint64_t shown)
{
    const struct block *block = scan->index->blocks[number];

    for (; shown; shown &= shown - 1) {
        size_t at = first + (size_t)__builtin_ctzll(shown);
        int32_t product;

        multiply(scan, block, at, 1, &product);
        if (scan->n < scan->search->k ||
            bound(scan, &block->summaries, at, product) <= scan->heap[0].distance)
            consider(scan, block, (uint32_t)(number * BLOCK_SLOTS + at));
    }
}

static void scan_block(struct scan *scan, size_t number)
{
    const uint64_t *shown = scan->index->blocks[number]->shown;

    for (size_t word = 0; word < BLOCK_WORDS; word++) {
        if (shown[word] == UINT64_MAX)
            scan_full_word(scan, number, word * WORD_SLOTS);
        else
            scan_part_of_word(scan, number, word * WORD_SLOTS, shown[word]);
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
