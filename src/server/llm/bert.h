#ifndef TW_LLM_BERT_H
#define TW_LLM_BERT_H

/* The network of all-MiniLM-L6-v2: BERT (Devlin et al. 2018, arXiv:1810.04805; post-layer normalisation,
 * GELU by erf) of 6 layers, 12 heads, width 384, then the mean over the tokens and L2 normalisation as
 * sentence-transformers does. Texts of a batch follow each other without padding; a text's vector does not
 * depend on the others. Pure; a bert is immutable, so any thread may use it with a room of its own. */

#include "common/error.h"
#include "server/llm/safetensors.h"

#include <stddef.h>
#include <stdint.h>

#define BERT_WIDTH ((size_t)384)
#define BERT_TEXT_TOKENS_MAX                                                                       \
    ((size_t)256) /* sentence-transformers' max_seq_length for this model */
#define BERT_BATCH_TOKENS_MAX ((size_t)256)

struct bert;
struct bert_room; /* scratch memory of one thread */
struct matrix_kernels;

/* Copies the layers' matrices (43 MB) and borrows the rest: the bytes under tensors must outlive the result. kernels is borrowed. TW_INVALID for another model's weights. */
int bert_new(const struct safetensors *tensors,
             size_t n_words,
             const struct matrix_kernels *kernels,
             struct bert **ret_bert,
             struct tw_error *err) MUST_CHECK;
void bert_free(struct bert *bert); /* NULL is fine */
DEFINE_CLEANUP(struct bert *, bert_free);

struct bert_room *bert_room_new(void); /* 4 MB; NULL: no memory */
void bert_room_free(struct bert_room *room);
DEFINE_CLEANUP(struct bert_room *, bert_room_free);

/* n_texts texts; the i-th has the ids [starts[i], starts[i + 1]), all together at most
 * BERT_BATCH_TOKENS_MAX, each under n_words. ret_vectors: n_texts x BERT_WIDTH, of unit length, all zero for
 * a text without ids. */
void bert_encode(const struct bert *bert,
                 struct bert_room *room,
                 const uint16_t *ids,
                 const size_t *starts,
                 size_t n_texts,
                 float *ret_vectors);

#endif
