/* A vocabulary and a text from anywhere, a NUL between them. An empty vocabulary stands for a small good
 * one, so that the text alone is worth something. */

#include "fuzz.h"
#include "server/llm/bert_words.h"
#include "server/llm/hashed_text.h"
#include "server/llm/wordpiece.h"

#include "common/utf8.h"

#include <string.h>

#define IDS_MAX 32

static const char small[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n!\n,\n[\n]\na\n##a\nb\n##b\nthe\n##the\n"
    "\xe5\xaf\x86\n\xc3\xb8\n##\xc3\xb8\n";

static void check_words(const char *text, size_t len)
{
    struct bert_words words;
    struct bert_word word;

    bert_words_init(&words, text, len);
    while (bert_words_next(&words, &word)) {
        FUZZ_EXPECT(word.n_chars > 0 && word.len > 0 && word.len <= sizeof(word.text));
        FUZZ_EXPECT(utf8_is_valid(word.text, word.len));
        FUZZ_EXPECT(word.n_chars > BERT_WORD_CHARS_MAX ||
                    utf8_count(word.text, word.len) == word.n_chars);
    }
}

static void check_ids(const struct wordpiece *pieces, const char *text, size_t len)
{
    uint16_t all[IDS_MAX], few[IDS_MAX];
    size_t n = wordpiece_encode(pieces, text, len, all, IDS_MAX);
    size_t n_few = wordpiece_encode(pieces, text, len, few, IDS_MAX / 2);

    FUZZ_EXPECT(n >= 2 && n <= IDS_MAX && n_few <= n && n_few <= IDS_MAX / 2);
    for (size_t i = 0; i < n; i++)
        FUZZ_EXPECT(all[i] < wordpiece_count(pieces));
    FUZZ_EXPECT(memcmp(all, few, (n_few - 1) * sizeof(*all)) == 0);
    FUZZ_EXPECT(all[n - 1] == few[n_few - 1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data, *nul = size ? memchr(bytes, 0, size) : NULL;
    const char *text = nul ? nul + 1 : bytes;
    size_t len = nul ? size - (size_t)(text - bytes) : size;
    bool is_small = !nul || nul == bytes;
    float vector[HASHED_TEXT_WIDTH];
    struct wordpiece *pieces = NULL;

    check_words(text, len);
    hashed_text_embed(text, len, vector);
    for (size_t i = 0; i < HASHED_TEXT_WIDTH; i++)
        FUZZ_EXPECT(vector[i] >= -1.001f && vector[i] <= 1.001f);
    if (wordpiece_parse(is_small ? small : bytes,
                        is_small ? sizeof(small) - 1 : (size_t)(nul - bytes), &pieces, NULL) < 0)
        return 0;
    check_ids(pieces, text, len);
    wordpiece_free(pieces);
    return 0;
}
