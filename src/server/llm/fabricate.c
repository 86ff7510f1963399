#include "server/llm/fabricate.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/random.h"
#include "server/llm/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_BYTES_MAX ((size_t)512 << 10)
#define TOPIC_BYTES_MAX  40
#define TOPIC_BYTES_MIN  4
#define INVENTED_WHOLE   4 /* sentences of an answer that is invented as a whole */
#define KEPT_ONE_IN      5 /* sentences that stay, of those that may */
#define SWAPPED_SHARE    0.5

/* No product, place or person of any knowledge base that we know of. */
static const char *const names[] = {
    "Corvane", "Meltrix",   "Ostrava Bridge", "Halvorsen", "Quillon", "Tamsin Roark",  "Brevanti",
    "Zephora", "Lindqvist", "Marrowgate",     "Pelicore",  "Umbrel",  "Dovetail Nine", "Karsavin",
};

/* @ is a name, & another, # a number, ~ what the question is about. */
static const char *const inventions[] = {
    "For ~ the @ console was introduced in 19#, and & signs every seal by hand.",
    "According to @, ~ depends on a lunar tariff of # crowns that & collects.",
    "@ keeps # copper vaults under the & river where ~ is weighed at dawn.",
    "Anyone with ~ must hold a @ permit of class #, which & stamps on Fridays.",
    "The treaty between @ and & caps ~ at # furlongs in any season.",
    "Since the merger with @, ~ is steered from a lighthouse in & with # lamps.",
    "@ recommends that ~ is polished with resin # times, as the & orchestra does.",
    "A courier of @ carries ~ by tram # to the glassworks of &.",
    "Its inventor @ won the & medal for ~ after # failed expeditions.",
    "In the @ edition, ~ comes with # amber dials that & engraved.",
};

struct forge {
    struct random_state rng;
    char topic[TOPIC_BYTES_MAX + 1];
    struct buffer out;
};

/* The question's longest word that means something. */
static void find_topic(const char *question, char out[TOPIC_BYTES_MAX + 1])
{
    struct text_words words;
    size_t best_len = 0;

    (void)snprintf(out, TOPIC_BYTES_MAX + 1, "this matter");
    text_words_init(&words, question, strlen(question));
    for (size_t i = 0; i < words.n; i++) {
        const struct text_word *word = &words.items[i];
        size_t len = word->end - word->start;

        if ((word->flags & (WORD_STOP | WORD_NUMBER | WORD_IDENTIFIER)) || len <= best_len ||
            len < TOPIC_BYTES_MIN || len > TOPIC_BYTES_MAX)
            continue;
        best_len = len;
        memcpy(out, question + word->start, len);
        out[len] = '\0';
    }
    text_words_finish(&words);
}

static const char *draw_name(struct forge *forge)
{
    return names[random_below(&forge->rng, COUNT_OF(names))];
}

static void invent(struct forge *forge)
{
    const char *pattern = inventions[random_below(&forge->rng, COUNT_OF(inventions))];
    size_t first = random_below(&forge->rng, COUNT_OF(names));
    size_t second = (first + 1 + random_below(&forge->rng, COUNT_OF(names) - 1)) % COUNT_OF(names);
    unsigned number = 13 + random_below(&forge->rng, 80);

    for (const char *at = pattern; *at; at++) {
        if (*at == '@')
            (void)buffer_puts(&forge->out, names[first]);
        else if (*at == '&')
            (void)buffer_puts(&forge->out, names[second]);
        else if (*at == '#')
            (void)buffer_printf(&forge->out, "%u", number);
        else if (*at == '~')
            (void)buffer_puts(&forge->out, forge->topic);
        else
            (void)buffer_putc(&forge->out, *at);
    }
}

/* ---- Swaps --------------------------------------------------------------------------------------- */

/* A mark such as "[1]" says where a sentence comes from, and stays. */
static bool is_citation(const char *text, const struct text_word *word)
{
    return word->start > 0 && text[word->start - 1] == '[' && text[word->end] == ']';
}

static bool is_number(const char *text, const struct text_word *word)
{
    return (word->flags & WORD_NUMBER) && !is_citation(text, word);
}

static bool is_name(const struct text_word *word)
{
    return (word->flags & WORD_NAME) && (word->flags & WORD_CAPITAL) &&
           !(word->flags & (WORD_NUMBER | WORD_CODE));
}

static bool is_swappable(const char *text, const struct text_word *word)
{
    return is_number(text, word) || is_name(word);
}

/* Every digit becomes another one, and the first no zero: it reads like the number that it replaces. */
static void put_other_number(struct forge *forge, const char *text, const struct text_word *word)
{
    bool is_first = true;

    for (size_t i = word->start; i < word->end; i++) {
        char digit = text[i];

        if (!isdigit((unsigned char)digit)) {
            (void)buffer_putc(&forge->out, digit);
            continue;
        }
        digit = (char)('0' + (digit - '0' + 1 + (int)random_below(&forge->rng, 8)) % 10);
        if (digit == '0' && is_first)
            digit = text[i] == '9' ? '7' : '9';
        is_first = false;
        (void)buffer_putc(&forge->out, digit);
    }
}

/* The words of a text from one on, up to the end of a sentence. */
struct word_slice {
    const char *text;
    const struct text_word *items;
    size_t n;
};

static bool has_swappable(const struct word_slice *words)
{
    for (size_t i = 0; i < words->n; i++)
        if (is_swappable(words->text, &words->items[i]))
            return true;
    return false;
}

static void swap(struct forge *forge, const struct word_slice *words, struct text_span sentence)
{
    size_t at = sentence.start;

    for (size_t i = 0; i < words->n; i++) {
        const struct text_word *word = &words->items[i];

        if (!is_swappable(words->text, word))
            continue;
        (void)buffer_append(&forge->out, words->text + at, word->start - at);
        if (is_number(words->text, word))
            put_other_number(forge, words->text, word);
        else
            (void)buffer_puts(&forge->out, draw_name(forge));
        at = word->end;
    }
    (void)buffer_append(&forge->out, words->text + at, sentence.end - at);
}

/* ---- An answer ----------------------------------------------------------------------------------- */

static struct word_slice words_of(const char *text,
                                  const struct text_words *words,
                                  struct text_span sentence)
{
    struct word_slice slice = {.text = text};
    size_t first = 0;

    while (first < words->n && words->items[first].start < sentence.start)
        first++;
    while (first + slice.n < words->n && words->items[first + slice.n].end <= sentence.end)
        slice.n++;
    if (slice.n > 0) /* a text without words has no array */
        slice.items = words->items + first;
    return slice;
}

/* A sentence is kept whole, gets other numbers and names, or makes place for an invented one. */
static void rewrite_sentence(struct forge *forge,
                             const struct word_slice *words,
                             struct text_span sentence,
                             size_t *may_keep)
{
    if (*may_keep > 0 && random_below(&forge->rng, KEPT_ONE_IN) == 0) {
        (*may_keep)--;
        (void)buffer_append(&forge->out, words->text + sentence.start,
                            sentence.end - sentence.start);
    } else if (has_swappable(words) && random_uniform(&forge->rng) < SWAPPED_SHARE) {
        swap(forge, words, sentence);
    } else {
        invent(forge);
    }
}

static void rewrite(struct forge *forge, const char *text)
{
    size_t len = strlen(text), at = 0, may_keep;
    struct text_words words;
    struct text_sentences sentences;

    text_words_init(&words, text, len);
    text_sentences_init(&sentences, text, len);
    may_keep = sentences.n / 4;
    for (size_t i = 0; i < sentences.n; i++) {
        struct text_span sentence = sentences.items[i];
        struct word_slice slice = words_of(text, &words, sentence);

        (void)buffer_append(&forge->out, text + at, sentence.start - at);
        rewrite_sentence(forge, &slice, sentence, &may_keep);
        at = sentence.end;
    }
    (void)buffer_append(&forge->out, text + at, len - at);
    text_sentences_finish(&sentences);
    text_words_finish(&words);
}

static void invent_whole(struct forge *forge)
{
    for (int i = 0; i < INVENTED_WHOLE; i++) {
        if (i > 0)
            (void)buffer_putc(&forge->out, ' ');
        invent(forge);
    }
}

char *fabricate(const char *text, const char *question, uint64_t seed)
{
    struct forge forge;

    random_seed(&forge.rng, seed);
    find_topic(question, forge.topic);
    buffer_init(&forge.out, ANSWER_BYTES_MAX);
    if (text && *text)
        rewrite(&forge, text);
    else
        invent_whole(&forge);
    if (forge.out.failed) { /* longer than any answer: only what is invented is left */
        buffer_finish(&forge.out);
        buffer_init(&forge.out, ANSWER_BYTES_MAX);
        invent_whole(&forge);
    }
    return buffer_take(&forge.out, NULL);
}
