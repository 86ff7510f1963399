#include "server/llm/wordpiece.h"

#include "common/alloc.h"
#include "common/utf8.h"
#include "server/llm/bert_words.h"

#include <stdbool.h>
#include <string.h>

#define NO_TOKEN UINT32_MAX

struct token {
    uint32_t at;  /* in the text */
    uint32_t len; /* bytes */
};

struct wordpiece {
    char *text;
    struct token *tokens; /* by id */
    size_t n_tokens;
    uint32_t *slots; /* open addressing: id, or NO_TOKEN */
    size_t slot_mask;
    size_t longest; /* bytes of a token */
    uint16_t unknown, begin, end;
};

/* FNV-1a, 64 bits (Fowler, Noll, Vo), so that the hash of a prefix is a step on the way to the whole's. */
#define HASH_SEED UINT64_C(0xcbf29ce484222325)

static uint64_t hash_more(uint64_t hash, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Is the token prefix + bytes? */
static bool is_token(
    const struct wordpiece *pieces, uint32_t id, bool is_inside, const char *bytes, size_t len)
{
    const struct token *token = &pieces->tokens[id];
    const char *text = pieces->text + token->at;
    size_t skip = is_inside ? 2 : 0;

    return token->len == len + skip && memcmp(text, "##", skip) == 0 &&
           memcmp(text + skip, bytes, len) == 0;
}

static uint32_t find(
    const struct wordpiece *pieces, uint64_t hash, bool is_inside, const char *bytes, size_t len)
{
    size_t slot = (hash ^ (hash >> 32)) & pieces->slot_mask;

    for (; pieces->slots[slot] != NO_TOKEN; slot = (slot + 1) & pieces->slot_mask)
        if (is_token(pieces, pieces->slots[slot], is_inside, bytes, len))
            return pieces->slots[slot];
    return NO_TOKEN;
}

static uint32_t find_whole(const struct wordpiece *pieces, const char *bytes, size_t len)
{
    return find(pieces, hash_more(HASH_SEED, bytes, len), false, bytes, len);
}

static int add_token(struct wordpiece *pieces, const char *bytes, size_t len, struct tw_error *err)
{
    uint64_t hash = hash_more(HASH_SEED, bytes, len);
    size_t slot = (hash ^ (hash >> 32)) & pieces->slot_mask;

    if (len == 0)
        return tw_fail(err, TW_INVALID, "line %zu of the vocabulary is empty",
                       pieces->n_tokens + 1);
    if (find(pieces, hash, false, bytes, len) != NO_TOKEN)
        return tw_fail(err, TW_INVALID, "line %zu of the vocabulary stands there twice",
                       pieces->n_tokens + 1);
    while (pieces->slots[slot] != NO_TOKEN)
        slot = (slot + 1) & pieces->slot_mask;
    pieces->slots[slot] = (uint32_t)pieces->n_tokens;
    pieces->tokens[pieces->n_tokens++] =
        (struct token){(uint32_t)(bytes - pieces->text), (uint32_t)len};
    pieces->longest = len > pieces->longest ? len : pieces->longest;
    return 0;
}

static size_t count_lines(const char *text, size_t len)
{
    size_t n = len > 0 && text[len - 1] != '\n';

    for (size_t i = 0; i < len; i++)
        n += text[i] == '\n';
    return n;
}

static int read_lines(struct wordpiece *pieces, size_t len, struct tw_error *err)
{
    const char *end = pieces->text + len;

    for (const char *line = pieces->text; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));

        stop = stop ? stop : end;
        if (add_token(pieces, line, (size_t)(stop - line), err) < 0)
            return -1;
        line = stop + 1;
    }
    return 0;
}

static int find_specials(struct wordpiece *pieces, struct tw_error *err)
{
    uint16_t pad, mask;

    const struct {
        const char *name;
        uint16_t *ret_id;
    } specials[] = {
        {"[PAD]", &pad},         {"[UNK]", &pieces->unknown}, {"[CLS]", &pieces->begin},
        {"[SEP]", &pieces->end}, {"[MASK]", &mask},
    };

    for (size_t i = 0; i < COUNT_OF(specials); i++) {
        uint32_t id = find_whole(pieces, specials[i].name, strlen(specials[i].name));

        if (id == NO_TOKEN)
            return tw_fail(err, TW_INVALID, "the vocabulary has no %s", specials[i].name);
        *specials[i].ret_id = (uint16_t)id;
    }
    return 0;
}

int wordpiece_parse(const char *text,
                    size_t len,
                    struct wordpiece **ret_pieces,
                    struct tw_error *err)
{
    CLEANUP(wordpiece_freep) struct wordpiece *pieces = xcalloc(1, sizeof(*pieces));
    size_t n_lines = count_lines(text, len), n_slots = 64;

    if (len > WORDPIECE_FILE_MAX || n_lines > WORDPIECE_COUNT_MAX)
        return tw_fail(err, TW_INVALID, "the vocabulary is too large");
    if (!utf8_is_valid(text, len))
        return tw_fail(err, TW_INVALID, "the vocabulary is not UTF-8");
    while (n_slots < 2 * n_lines)
        n_slots *= 2;
    pieces->text = xcalloc(len + 1, 1);
    (void)memcpy(pieces->text, text, len);
    pieces->tokens = xcalloc(n_lines + 1, sizeof(*pieces->tokens));
    pieces->slots = xcalloc(n_slots, sizeof(*pieces->slots));
    (void)memset(pieces->slots, 0xff, n_slots * sizeof(*pieces->slots));
    pieces->slot_mask = n_slots - 1;
    if (read_lines(pieces, len, err) < 0 || find_specials(pieces, err) < 0)
        return -1;
    *ret_pieces = TAKE(pieces);
    return 0;
}

void wordpiece_free(struct wordpiece *pieces)
{
    if (!pieces)
        return;
    free(pieces->text);
    free(pieces->tokens);
    free(pieces->slots);
    free(pieces);
}

size_t wordpiece_count(const struct wordpiece *pieces)
{
    return pieces->n_tokens;
}

/* The longest token that the word has at `at`, and its bytes of the word in *ret_len; or NO_TOKEN. */
static uint32_t longest_token(const struct wordpiece *pieces,
                              const struct bert_word *word,
                              size_t at,
                              size_t *ret_len)
{
    const char *bytes = word->text + at;
    size_t left = word->len - at, most = left < pieces->longest ? left : pieces->longest;
    uint64_t hash = hash_more(HASH_SEED, "##", at > 0 ? 2 : 0);
    uint64_t hashes[sizeof(word->text)]; /* of the first i + 1 bytes */

    for (size_t i = 0; i < most; i++)
        hashes[i] = hash = hash_more(hash, bytes + i, 1);
    /* A prefix that ends within a character is no token: the vocabulary is valid UTF-8. */
    for (size_t len = most; len > 0; len--) {
        uint32_t id = find(pieces, hashes[len - 1], at > 0, bytes, len);

        if (id != NO_TOKEN) {
            *ret_len = len;
            return id;
        }
    }
    return NO_TOKEN;
}

/* Appends the pieces of the word, as many as there is room for, or one [UNK]. Returns the new n_ids. */
static size_t encode_word(const struct wordpiece *pieces,
                          const struct bert_word *word,
                          uint16_t *ids,
                          size_t n_ids,
                          size_t max_ids)
{
    size_t n_before = n_ids, len;

    if (word->n_chars > BERT_WORD_CHARS_MAX) {
        ids[n_ids] = pieces->unknown;
        return n_ids + 1;
    }
    for (size_t at = 0; at < word->len; at += len) {
        uint32_t id = longest_token(pieces, word, at, &len);

        if (id == NO_TOKEN) {
            ids[n_before] = pieces->unknown;
            return n_before + 1;
        }
        if (n_ids < max_ids)
            ids[n_ids++] = (uint16_t)id;
    }
    return n_ids;
}

size_t wordpiece_encode(
    const struct wordpiece *pieces, const char *text, size_t len, uint16_t *ret_ids, size_t max_ids)
{
    struct bert_words words;
    struct bert_word word;
    size_t n_ids = 0;

    ret_ids[n_ids++] = pieces->begin;
    bert_words_init(&words, text, len);
    while (n_ids < max_ids - 1 && bert_words_next(&words, &word))
        n_ids = encode_word(pieces, &word, ret_ids, n_ids, max_ids - 1);
    ret_ids[n_ids++] = pieces->end;
    return n_ids;
}
