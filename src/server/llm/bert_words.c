#include "server/llm/bert_words.h"

#include "common/cleanup.h"
#include "common/utf8.h"

#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

/* A canonical decomposition has four characters at most (Unicode, UAX 15). */
#define DECOMPOSED_MAX 8

/* Found in the text as it stands, before anything is folded. */
static const char *const specials[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};

/* The blocks that tokenizers' BertNormalizer takes for Chinese, its slip at 2B920 (for 2B820) included. */
static const struct {
    uint32_t first, last;
} chinese[] = {
    {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xf900, 0xfaff},   {0x20000, 0x2a6df},
    {0x2a700, 0x2b73f}, {0x2b740, 0x2b81f}, {0x2b920, 0x2ceaf}, {0x2f800, 0x2fa1f},
};

static bool is_chinese(uint32_t code)
{
    for (size_t i = 0; i < COUNT_OF(chinese) && code >= chinese[i].first; i++)
        if (code <= chinese[i].last)
            return true;
    return false;
}

static bool is_category(uint32_t code, uint32_t mask)
{
    return uc_is_general_category_withtable(code, mask);
}

static void put(struct bert_words *words, enum bert_piece_kind kind, uint32_t code)
{
    words->pieces[words->n_pieces++] = (struct bert_piece){kind, code};
}

static void put_ascii(struct bert_words *words, uint32_t code)
{
    if (code == ' ' || code == '\t' || code == '\n' || code == '\r')
        put(words, BERT_BREAK, code);
    else if (code < ' ' || code == 0x7f)
        return;
    else if (code >= 'A' && code <= 'Z')
        put(words, BERT_CHAR, code + ('a' - 'A'));
    else if ((code >= 'a' && code <= 'z') || (code >= '0' && code <= '9'))
        put(words, BERT_CHAR, code);
    else
        put(words, BERT_PUNCTUATION, code);
}

static void put_folded(struct bert_words *words, uint32_t code)
{
    uint32_t parts[DECOMPOSED_MAX];
    size_t n_parts = DECOMPOSED_MAX;

    /* Into our array, for there is room; were there none, the character would stay as it is. */
    if (u32_normalize(UNINORM_NFD, &code, 1, parts, &n_parts) != parts) {
        parts[0] = code;
        n_parts = 1;
    }
    for (size_t i = 0; i < n_parts; i++) {
        if (parts[i] < 0x80)
            put_ascii(words, parts[i]);
        else if (is_category(parts[i], UC_CATEGORY_MASK_P))
            put(words, BERT_PUNCTUATION, parts[i]);
        else if (!is_category(parts[i], UC_CATEGORY_MASK_Mn))
            put(words, BERT_CHAR, uc_tolower(parts[i]));
    }
}

static void put_character(struct bert_words *words, uint32_t code)
{
    if (code < 0x80)
        put_ascii(words, code);
    else if (code == 0xfffd ||
             is_category(code, UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Co))
        return;
    else if (uc_is_property_white_space(code))
        put(words, BERT_BREAK, code);
    else if (is_chinese(code)) {
        put(words, BERT_BREAK, code);
        put_folded(words, code);
        put(words, BERT_BREAK, code);
    } else {
        put_folded(words, code);
    }
}

static bool take_special(struct bert_words *words)
{
    for (uint32_t i = 0; words->text[words->at] == '[' && i < COUNT_OF(specials); i++) {
        size_t len = strlen(specials[i]);

        if (words->len - words->at >= len &&
            memcmp(words->text + words->at, specials[i], len) == 0) {
            put(words, BERT_SPECIAL, i);
            words->at += len;
            return true;
        }
    }
    return false;
}

/* The next piece, which stays the next until it is used by next++. */
static struct bert_piece peek(struct bert_words *words)
{
    while (words->next == words->n_pieces) {
        uint32_t code;
        size_t step;

        words->next = words->n_pieces = 0;
        if (words->at == words->len)
            return (struct bert_piece){BERT_END, 0};
        if (take_special(words))
            break;
        code = utf8_decode(words->text + words->at, words->len - words->at, &step);
        words->at += step;
        put_character(words, code);
    }
    return words->pieces[words->next];
}

static void add_character(struct bert_word *word, uint32_t code)
{
    if (word->n_chars++ < BERT_WORD_CHARS_MAX)
        word->len += utf8_encode(code, word->text + word->len);
}

void bert_words_init(struct bert_words *words, const char *text, size_t len)
{
    *words = (struct bert_words){.text = text, .len = len};
}

bool bert_words_next(struct bert_words *words, struct bert_word *ret_word)
{
    struct bert_piece piece;

    ret_word->len = ret_word->n_chars = 0;
    ret_word->is_special = false;
    while ((piece = peek(words)).kind == BERT_BREAK)
        words->next++;
    if (piece.kind == BERT_END)
        return false;
    if (piece.kind == BERT_SPECIAL) {
        ret_word->is_special = true;
        for (const char *c = specials[piece.code]; *c; c++)
            add_character(ret_word, (unsigned char)*c);
        words->next++;
        return true;
    }
    do {
        add_character(ret_word, piece.code);
        words->next++;
    } while (piece.kind == BERT_CHAR && (piece = peek(words)).kind == BERT_CHAR);
    return true;
}
