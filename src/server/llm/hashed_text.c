#include "server/llm/hashed_text.h"

#include "common/utf8.h"
#include "server/llm/bert_words.h"

#include <math.h>
#include <string.h>

#define GRAM_MIN 3
#define GRAM_MAX 5
#define EDGE     ' ' /* in no word, so it can mark the ends of one */

/* The multiplier of splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t hash, uint32_t code)
{
    hash = (hash ^ code) * UINT64_C(0xbf58476d1ce4e5b9);
    return hash ^ (hash >> 31);
}

static void count(uint64_t hash, float *vector)
{
    vector[(hash >> 1) % HASHED_TEXT_WIDTH] += hash & 1 ? 1.0f : -1.0f;
}

static void add_word(const struct bert_word *word, float *vector)
{
    uint32_t codes[BERT_WORD_CHARS_MAX + 2];
    size_t n = 0, step;

    codes[n++] = EDGE;
    for (size_t at = 0; at < word->len; at += step)
        codes[n++] = utf8_decode(word->text + at, word->len - at, &step);
    codes[n++] = EDGE;
    for (size_t first = 0; first + GRAM_MIN <= n; first++) {
        uint64_t hash = 0;

        for (size_t i = 0; i < GRAM_MAX && first + i < n; i++) {
            hash = mix(hash, codes[first + i]);
            if (i + 1 >= GRAM_MIN)
                count(hash, vector);
        }
    }
}

void hashed_text_embed(const char *text, size_t len, float ret_vector[HASHED_TEXT_WIDTH])
{
    struct bert_words words;
    struct bert_word word;
    float square = 0, scale;

    (void)memset(ret_vector, 0, HASHED_TEXT_WIDTH * sizeof(*ret_vector));
    bert_words_init(&words, text, len < HASHED_TEXT_BYTES_MAX ? len : HASHED_TEXT_BYTES_MAX);
    while (bert_words_next(&words, &word))
        add_word(&word, ret_vector);
    for (size_t c = 0; c < HASHED_TEXT_WIDTH; c++)
        square += ret_vector[c] * ret_vector[c];
    scale = square > 0 ? 1.0f / sqrtf(square) : 0.0f;
    for (size_t c = 0; c < HASHED_TEXT_WIDTH; c++)
        ret_vector[c] *= scale;
}
