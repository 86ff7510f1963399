#ifndef TW_LLM_BERT_WORDS_H
#define TW_LLM_BERT_WORDS_H

/* The words of a text as BERT's uncased models see them: control characters gone, accents stripped
 * (canonical decomposition without its nonspacing marks), lower case, every punctuation mark and every
 * Chinese character a word of its own. Source: BasicTokenizer of google-research/bert and the
 * BertNormalizer of Hugging Face's tokenizers. The only includer of libunistring, whose Unicode is 14;
 * those tokenizers classify by an older one (and lower by a newer), so 559 rare characters, none of them in
 * the vocabulary, are treated otherwise. Pure; any bytes are a text: invalid UTF-8 is dropped like U+FFFD. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BERT_WORD_CHARS_MAX 100 /* a longer word is unknown to WordPiece, whatever it holds */

enum bert_piece_kind { BERT_CHAR, BERT_PUNCTUATION, BERT_SPECIAL, BERT_BREAK, BERT_END };

struct bert_piece {
    enum bert_piece_kind kind;
    uint32_t code; /* the character; for BERT_SPECIAL the index of the token */
};

/* Where a walk stands; its fields are for bert_words.c. */
struct bert_words {
    const char *text;
    size_t len, at;
    struct bert_piece pieces[16]; /* of the character read last, not yet used: [next, n_pieces) */
    size_t n_pieces, next;
};

struct bert_word {
    char text[4 *
              BERT_WORD_CHARS_MAX]; /* UTF-8, not terminated; cut when n_chars is over the limit */
    size_t len;
    size_t n_chars;
    bool is_special; /* "[CLS]", "[SEP]", ... written out in the text */
};

/* Borrows text until the walk is over. */
void bert_words_init(struct bert_words *words, const char *text, size_t len);
bool bert_words_next(struct bert_words *words, struct bert_word *ret_word); /* false: no more */

#endif
