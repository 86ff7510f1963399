#include "server/llm/bert.h"

#include "common/alloc.h"
#include "server/llm/matrix.h"
#include "server/llm/matrix_kernels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define N_LAYERS   ((size_t)6)
#define N_HEADS    ((size_t)12)
#define HEAD_WIDTH MATRIX_PANEL /* so a head's values are one panel where they lie */
#define INNER      ((size_t)1536)
#define POSITIONS  512 /* of the file; only BERT_TEXT_TOKENS_MAX are used */
#define TYPES      2   /* kinds of sentences; ours are all of the first */
#define QKV        (3 * BERT_WIDTH)

/* 6 KB from row to row would put all of them in the same few places of a cache. */
#define INNER_STRIDE (INNER + 16)

_Static_assert(BERT_WIDTH / N_HEADS == HEAD_WIDTH, "heads share the width");
_Static_assert(BERT_WIDTH % MATRIX_PANEL == 0 && INNER % MATRIX_PANEL == 0, "whole panels");

struct normal {
    const float *gain, *shift;
};

struct layer {
    struct matrix qkv; /* query, key and value side by side */
    struct matrix attended, inner, outer;
    struct normal after_attention, after_feed;
};

struct bert {
    const struct matrix_kernels *kernels;
    float *memory; /* of the matrices and of positions */
    size_t memory_size;
    const float *words; /* n x BERT_WIDTH */
    float *positions;   /* BERT_TEXT_TOKENS_MAX x BERT_WIDTH, the type's vector added */
    struct normal after_words;
    struct layer layers[N_LAYERS];
};

/* Alignment makes each row of 32 floats two whole cache lines. */
struct bert_room {
    _Alignas(64) float state[BERT_BATCH_TOKENS_MAX * BERT_WIDTH];
    float change[BERT_BATCH_TOKENS_MAX * BERT_WIDTH];
    float qkv[BERT_BATCH_TOKENS_MAX * QKV];
    float context[BERT_BATCH_TOKENS_MAX * BERT_WIDTH];
    float inner[BERT_BATCH_TOKENS_MAX * INNER_STRIDE];
    float keys[BERT_TEXT_TOKENS_MAX * HEAD_WIDTH];             /* panels of one head's */
    float scores[BERT_TEXT_TOKENS_MAX * BERT_TEXT_TOKENS_MAX]; /* of one head */
};

/* ---- Weights -------------------------------------------------------------------------------------- */

/* Reads tensors of one prefix; after the first failure the rest is NULL and err stays. */
struct reader {
    const struct safetensors *tensors;
    char prefix[64];
    bool has_failed;
    struct tw_error *err;
};

static const float *read_numbers(struct reader *reader,
                                 const char *name,
                                 size_t n_rows,
                                 size_t n_columns)
{
    const float *numbers = NULL;
    char path[128];

    (void)snprintf(path, sizeof(path), "%s%s", reader->prefix, name);
    if (!reader->has_failed &&
        safetensors_find(reader->tensors, path, n_rows, n_columns, &numbers, reader->err) < 0)
        reader->has_failed = true;
    return reader->has_failed ? NULL : numbers;
}

static struct normal read_normal(struct reader *reader, const char *name)
{
    char path[64];
    struct normal normal;

    (void)snprintf(path, sizeof(path), "%s.weight", name);
    normal.gain = read_numbers(reader, path, 0, BERT_WIDTH);
    (void)snprintf(path, sizeof(path), "%s.bias", name);
    normal.shift = read_numbers(reader, path, 0, BERT_WIDTH);
    return normal;
}

static void read_linear(
    struct reader *reader, const char *name, struct matrix *matrix, size_t first_out, size_t n_out)
{
    const float *weights, *bias;
    char path[64];

    (void)snprintf(path, sizeof(path), "%s.weight", name);
    weights = read_numbers(reader, path, n_out, matrix->n_in);
    (void)snprintf(path, sizeof(path), "%s.bias", name);
    bias = read_numbers(reader, path, 0, n_out);
    if (weights && bias)
        matrix_set(matrix, first_out, n_out, weights, bias);
}

static void read_layer(struct reader *reader, size_t i, struct layer *layer)
{
    (void)snprintf(reader->prefix, sizeof(reader->prefix), "encoder.layer.%zu.", i);
    read_linear(reader, "attention.self.query", &layer->qkv, 0, BERT_WIDTH);
    read_linear(reader, "attention.self.key", &layer->qkv, BERT_WIDTH, BERT_WIDTH);
    read_linear(reader, "attention.self.value", &layer->qkv, 2 * BERT_WIDTH, BERT_WIDTH);
    read_linear(reader, "attention.output.dense", &layer->attended, 0, BERT_WIDTH);
    read_linear(reader, "intermediate.dense", &layer->inner, 0, INNER);
    read_linear(reader, "output.dense", &layer->outer, 0, BERT_WIDTH);
    layer->after_attention = read_normal(reader, "attention.output.LayerNorm");
    layer->after_feed = read_normal(reader, "output.LayerNorm");
}

static void read_embeddings(struct reader *reader, size_t n_words, struct bert *bert)
{
    const float *positions, *types;

    (void)snprintf(reader->prefix, sizeof(reader->prefix), "embeddings.");
    bert->words = read_numbers(reader, "word_embeddings.weight", n_words, BERT_WIDTH);
    positions = read_numbers(reader, "position_embeddings.weight", POSITIONS, BERT_WIDTH);
    types = read_numbers(reader, "token_type_embeddings.weight", TYPES, BERT_WIDTH);
    bert->after_words = read_normal(reader, "LayerNorm");
    for (size_t i = 0; positions && types && i < BERT_TEXT_TOKENS_MAX * BERT_WIDTH; i++)
        bert->positions[i] = positions[i] + types[i % BERT_WIDTH];
}

/* Huge pages, where the system gives them: the layers are read from end to end for every text. */
static float *memory_new(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    (void)madvise(memory, size, MADV_HUGEPAGE);
    return memory;
}

static float *lay_out(struct matrix *matrix, float *memory, size_t n_in, size_t n_out)
{
    matrix_init(matrix, memory, n_in, n_out);
    return memory + matrix_size(n_in, n_out);
}

static int bert_lay_out(struct bert *bert, struct tw_error *err)
{
    size_t layer_size = matrix_size(BERT_WIDTH, QKV) + matrix_size(BERT_WIDTH, BERT_WIDTH) +
                        matrix_size(BERT_WIDTH, INNER) + matrix_size(INNER, BERT_WIDTH);
    float *at;

    bert->memory_size = (N_LAYERS * layer_size + BERT_TEXT_TOKENS_MAX * BERT_WIDTH) * sizeof(float);
    bert->memory = memory_new(bert->memory_size);
    if (!bert->memory)
        return tw_fail(err, TW_BUSY, "no memory for the encoder's layers");
    at = bert->memory;
    for (size_t i = 0; i < N_LAYERS; i++) {
        at = lay_out(&bert->layers[i].qkv, at, BERT_WIDTH, QKV);
        at = lay_out(&bert->layers[i].attended, at, BERT_WIDTH, BERT_WIDTH);
        at = lay_out(&bert->layers[i].inner, at, BERT_WIDTH, INNER);
        at = lay_out(&bert->layers[i].outer, at, INNER, BERT_WIDTH);
    }
    bert->positions = at;
    return 0;
}

int bert_new(const struct safetensors *tensors,
             size_t n_words,
             const struct matrix_kernels *kernels,
             struct bert **ret_bert,
             struct tw_error *err)
{
    CLEANUP(bert_freep) struct bert *bert = xcalloc(1, sizeof(*bert));
    struct reader reader = {.tensors = tensors, .err = err};

    bert->kernels = kernels;
    if (bert_lay_out(bert, err) < 0)
        return -1;
    read_embeddings(&reader, n_words, bert);
    for (size_t i = 0; i < N_LAYERS; i++)
        read_layer(&reader, i, &bert->layers[i]);
    if (reader.has_failed)
        return -1;
    *ret_bert = TAKE(bert);
    return 0;
}

void bert_free(struct bert *bert)
{
    if (!bert)
        return;
    if (bert->memory)
        (void)munmap(bert->memory, bert->memory_size);
    free(bert);
}

struct bert_room *bert_room_new(void)
{
    return aligned_alloc(_Alignof(struct bert_room), sizeof(struct bert_room));
}

void bert_room_free(struct bert_room *room)
{
    free(room);
}

/* ---- Forward -------------------------------------------------------------------------------------- */

static void embed_text(const struct bert *bert, const uint16_t *ids, size_t n, float *state)
{
    for (size_t t = 0; t < n; t++)
        bert->kernels->normalise(bert->words + (size_t)ids[t] * BERT_WIDTH,
                                 bert->positions + t * BERT_WIDTH, bert->after_words.gain,
                                 bert->after_words.shift, state + t * BERT_WIDTH, BERT_WIDTH);
}

/* state = normal(state + change) */
static void add_and_normalise(const struct bert *bert,
                              struct bert_room *room,
                              size_t n_tokens,
                              const struct normal *normal)
{
    for (size_t t = 0; t < n_tokens; t++) {
        float *state = room->state + t * BERT_WIDTH;

        bert->kernels->normalise(state, room->change + t * BERT_WIDTH, normal->gain, normal->shift,
                                 state, BERT_WIDTH);
    }
}

/* context = softmax(query key^T / sqrt(width)) value, for one head of the text of n tokens from first on. */
static void attend_head(
    const struct bert *bert, struct bert_room *room, size_t first, size_t n, size_t head)
{
    const float *query = room->qkv + first * QKV + head * HEAD_WIDTH;
    size_t n_panels = (n + MATRIX_PANEL - 1) / MATRIX_PANEL;
    const struct matrix_product scores = {
        .left = query,
        .left_stride = QKV,
        .n_rows = n,
        .n_inner = HEAD_WIDTH,
        .panels = room->keys,
        .panel_stride = HEAD_WIDTH * MATRIX_PANEL,
        .row_stride = MATRIX_PANEL,
        .n_panels = n_panels,
        .out = room->scores,
        .out_stride = n_panels * MATRIX_PANEL,
    };
    const struct matrix_product mix = {
        .left = room->scores,
        .left_stride = n_panels * MATRIX_PANEL,
        .n_rows = n,
        .n_inner = n,
        .panels = query + 2 * BERT_WIDTH,
        .row_stride = QKV,
        .n_panels = 1,
        .out = room->context + first * BERT_WIDTH + head * HEAD_WIDTH,
        .out_stride = BERT_WIDTH,
    };

    matrix_transpose(query + BERT_WIDTH, QKV, n, HEAD_WIDTH, room->keys);
    bert->kernels->multiply(&scores);
    bert->kernels->softmax(room->scores, scores.out_stride, n, n, 1.0f / sqrtf((float)HEAD_WIDTH));
    bert->kernels->multiply(&mix);
}

static void attend(const struct bert *bert,
                   struct bert_room *room,
                   const size_t *starts,
                   size_t n_texts)
{
    for (size_t i = 0; i < n_texts; i++) {
        size_t first = starts[i] - starts[0], n = starts[i + 1] - starts[i];

        for (size_t head = 0; n > 0 && head < N_HEADS; head++)
            attend_head(bert, room, first, n, head);
    }
}

static void run_layer(const struct bert *bert,
                      struct bert_room *room,
                      const struct layer *layer,
                      const size_t *starts,
                      size_t n_texts)
{
    size_t n = starts[n_texts] - starts[0];

    matrix_multiply(&layer->qkv, bert->kernels,
                    &(struct matrix_rows){room->state, BERT_WIDTH, room->qkv, QKV, n}, false);
    attend(bert, room, starts, n_texts);
    matrix_multiply(&layer->attended, bert->kernels,
                    &(struct matrix_rows){room->context, BERT_WIDTH, room->change, BERT_WIDTH, n},
                    false);
    add_and_normalise(bert, room, n, &layer->after_attention);
    matrix_multiply(&layer->inner, bert->kernels,
                    &(struct matrix_rows){room->state, BERT_WIDTH, room->inner, INNER_STRIDE, n},
                    true);
    matrix_multiply(&layer->outer, bert->kernels,
                    &(struct matrix_rows){room->inner, INNER_STRIDE, room->change, BERT_WIDTH, n},
                    false);
    add_and_normalise(bert, room, n, &layer->after_feed);
}

/* The mean over a text's tokens, brought to unit length; zeros when weights that are not finite gave none. */
static void pool(const float *state, size_t n, float *ret_vector)
{
    float square = 0;

    (void)memset(ret_vector, 0, BERT_WIDTH * sizeof(float));
    for (size_t t = 0; t < n; t++)
        for (size_t c = 0; c < BERT_WIDTH; c++)
            ret_vector[c] += state[t * BERT_WIDTH + c];
    for (size_t c = 0; c < BERT_WIDTH; c++)
        square += ret_vector[c] * ret_vector[c];
    for (size_t c = 0; c < BERT_WIDTH; c++)
        ret_vector[c] = square > 0 && isfinite(square) ? ret_vector[c] / sqrtf(square) : 0.0f;
}

void bert_encode(const struct bert *bert,
                 struct bert_room *room,
                 const uint16_t *ids,
                 const size_t *starts,
                 size_t n_texts,
                 float *ret_vectors)
{
    for (size_t i = 0; i < n_texts; i++)
        embed_text(bert, ids + starts[i], starts[i + 1] - starts[i],
                   room->state + (starts[i] - starts[0]) * BERT_WIDTH);
    for (size_t i = 0; i < N_LAYERS; i++)
        run_layer(bert, room, &bert->layers[i], starts, n_texts);
    for (size_t i = 0; i < n_texts; i++)
        pool(room->state + (starts[i] - starts[0]) * BERT_WIDTH, starts[i + 1] - starts[i],
             ret_vectors + i * BERT_WIDTH);
}
