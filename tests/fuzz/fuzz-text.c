/* Words and sentences of any bytes. */

#include "fuzz.h"
#include "server/llm/quantity.h"
#include "server/llm/text.h"

#include <stdlib.h>
#include <string.h>

#define QUANTITIES_MAX 64

static void check_words(const char *text, size_t len)
{
    struct quantity quantities[QUANTITIES_MAX];
    struct text_words words;
    size_t end = 0, n;

    text_words_init(&words, text, len);
    for (size_t i = 0; i < words.n; i++) {
        const struct text_word *word = &words.items[i];

        FUZZ_EXPECT(word->start >= end && word->start < word->end && word->end <= len);
        FUZZ_EXPECT(word->form[0] != '\0' && word->stem[0] != '\0');
        FUZZ_EXPECT(word->end - word->start <= TEXT_WORD_BYTES_MAX);
        end = word->end;
    }
    n = quantity_find(text, words.items, words.n, quantities, QUANTITIES_MAX);
    for (size_t i = 0; i < n; i++)
        FUZZ_EXPECT(quantities[i].n_words > 0 &&
                    quantities[i].first + quantities[i].n_words <= words.n);
    text_words_finish(&words);
}

static void check_sentences(const char *text, size_t len)
{
    struct text_sentences sentences;
    size_t end = 0;

    text_sentences_init(&sentences, text, len);
    for (size_t i = 0; i < sentences.n; i++) {
        const struct text_span *span = &sentences.items[i];

        FUZZ_EXPECT(span->start >= end && span->start < span->end && span->end <= len);
        end = span->end;
    }
    text_sentences_finish(&sentences);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_words(text, size);
    check_sentences(text, size);
    free(text);
    return 0;
}
