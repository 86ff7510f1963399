#include "server/llm/material.h"

#include "common/alloc.h"
#include "server/llm/negation.h"
#include "server/llm/operators.h"
#include "server/llm/thesaurus.h"
#include "server/llm/word_list.h"

#include <string.h>

/* Weights of content against the idf of the stem. A generic word of the knowledge base and a light word of
 * everyday English are what a paraphrase exchanges freely. */
#define GENERIC_SHARE 0.3
#define LIGHT_SHARE   0.4
#define SOFT_SHARE    0.2 /* of numbers that may be none */

/* ---- Stems --------------------------------------------------------------------------------------- */

static double weight_of(const struct material *material,
                        const struct text_word *word,
                        const struct thesaurus_entry *known)
{
    double weight;

    weight = lexicon_idf(material->lexicon, word->stem);
    if (lexicon_is_generic(material->lexicon, word->stem))
        return GENERIC_SHARE * weight;
    return known && known->is_light && !(word->flags & WORD_NAME) ? LIGHT_SHARE * weight : weight;
}

static uint32_t number_stem(struct material *material, const struct text_word *word)
{
    size_t n_before = material->stems.n;
    uint32_t number = stem_index_obtain(&material->stems, word->stem);
    const struct thesaurus_entry *known;

    if (number < n_before)
        return number;
    if (number >= material->stem_capacity) {
        material->stem_capacity = material->stem_capacity ? 2 * material->stem_capacity : 512;
        material->stem =
            xrealloc_array(material->stem, material->stem_capacity, sizeof(*material->stem));
    }
    known = thesaurus_find(lexicon_thesaurus(material->lexicon), word->stem);
    material->stem[number] = (struct material_stem){known, weight_of(material, word, known)};
    return number;
}

bool material_is_content(const struct material *material, const struct material_token *token)
{
    if (token->quantity > 0)
        return &material->tokens[material->quantities[token->quantity - 1].first] == token;
    return token->weight > 0;
}

double material_quantity_share(const struct material *material, const struct material_token *token)
{
    if (!material_is_content(material, token))
        return 0;
    return material->quantities[token->quantity - 1].is_soft ? SOFT_SHARE : 1;
}

/* ---- Tokens -------------------------------------------------------------------------------------- */

static struct material_sentence *add_sentence(struct material *material, int passage)
{
    struct material_sentence *sentence;

    if (material->n_sentences == material->sentences_capacity) {
        material->sentences_capacity =
            material->sentences_capacity ? 2 * material->sentences_capacity : 64;
        material->sentences = xrealloc_array(material->sentences, material->sentences_capacity,
                                             sizeof(*material->sentences));
    }
    sentence = &material->sentences[material->n_sentences++];
    *sentence = (struct material_sentence){.passage = passage, .first = material->n_tokens};
    return sentence;
}

static void add_token(struct material *material,
                      struct material_sentence *sentence,
                      const struct text_word *word,
                      unsigned column)
{
    uint32_t stem;

    if (sentence->n_tokens == MATERIAL_TOKENS) {
        material->is_cut = true;
        return;
    }
    if (material->n_tokens == material->tokens_capacity) {
        material->tokens_capacity *= 2;
        material->tokens =
            xrealloc_array(material->tokens, material->tokens_capacity, sizeof(*material->tokens));
    }
    stem = number_stem(material, word);
    material->tokens[material->n_tokens++] = (struct material_token){
        .word = word,
        .stem = stem,
        .weight = word->flags & WORD_STOP ? 0 : material->stem[stem].weight,
        .sentence = (uint32_t)(sentence - material->sentences),
        .column = column,
    };
    sentence->n_tokens++;
}

#define CITATION_BYTES 24 /* from a number to the brackets around its list */

/* "[1]", "[2, 3]": where it says so is no part of what is said. */
static bool is_citation(const char *text, const struct text_word *word)
{
    static const char inside[] = "0123456789, ";
    size_t start = word->start, end = word->end;

    if (!(word->flags & WORD_NUMBER))
        return false;
    while (start > 0 && word->start - start < CITATION_BYTES && strchr(inside, text[start - 1]))
        start--;
    while (end - word->end < CITATION_BYTES && text[end] != '\0' && strchr(inside, text[end]))
        end++;
    return start > 0 && text[start - 1] == '[' && text[end] == ']';
}

/* The words of a text, kept until finish. */
static const struct text_words *read_words(struct material *material, const char *text, size_t len)
{
    struct text_words *words;

    material->words =
        xrealloc_array(material->words, material->n_words + 1, sizeof(*material->words));
    words = &material->words[material->n_words++];
    text_words_init(words, text, len);
    return words;
}

/* ---- Clauses and quantities ---------------------------------------------------------------------- */

static const char *const conjunctions[] = {"although", "and",  "because", "but",
                                           "if",       "so",   "then",    "though",
                                           "unless",   "when", "whereas", "while"};

static const char *const auxiliaries[] = {"are",    "can", "could", "do",   "does", "has",
                                          "have",   "is",  "may",   "must", "need", "shall",
                                          "should", "was", "were",  "will", "would"};

#define SUBJECT_WORDS 2 /* before an "and", at most, that are too few for a clause */

static bool has_break(const char *text, const struct text_word *a, const struct text_word *b)
{
    for (size_t at = a->end; at < b->start; at++)
        if (strchr(",;:()|.!?", text[at]) || (text[at] == '-' && text[at - 1] == ' ') ||
            (unsigned char)text[at] == 0xe2) /* dashes and quotation marks */
            return true;
    return false;
}

/* Does the "and" at i only join what the clause from `start` on begins with ("staff and guests may ...", "running
 * and diving are ...")? */
static bool joins_subjects(const struct material_token *tokens, size_t start, size_t i)
{
    const char *first = tokens[start].word->form;
    size_t len = strlen(first);

    if (strcmp(tokens[i].word->form, "and") != 0)
        return false;
    for (size_t k = start; k < i; k++)
        if (IS_AMONG(tokens[k].word->form, auxiliaries))
            return false;
    return i - start <= SUBJECT_WORDS || (len > 5 && strcmp(first + len - 3, "ing") == 0);
}

static void number_clauses(struct material *material,
                           const struct material_sentence *sentence,
                           const char *text)
{
    struct material_token *tokens = &material->tokens[sentence->first];
    unsigned clause = 0;
    size_t start = 0;

    for (size_t i = 1; i < sentence->n_tokens; i++) {
        bool is_new = sentence->is_row ? tokens[i].column != tokens[i - 1].column
                                       : has_break(text, tokens[i - 1].word, tokens[i].word);

        is_new = is_new || (IS_AMONG(tokens[i].word->form, conjunctions) &&
                            !joins_subjects(tokens, start, i));
        start = is_new ? i : start;
        clause += is_new;
        tokens[i].clause = clause;
    }
}

/* Quantities of the tokens [first, first + n), which are neighbours in the text. */
static void find_quantities(struct material *material, const char *text, size_t first, size_t n)
{
    struct text_word words[MATERIAL_TOKENS];
    struct quantity found[MATERIAL_TOKENS];
    size_t n_found;

    for (size_t i = 0; i < n; i++)
        words[i] = *material->tokens[first + i].word;
    n_found = quantity_find(text, words, n, found, MATERIAL_TOKENS);
    while (material->n_quantities + n_found > material->quantities_capacity) {
        material->quantities_capacity =
            material->quantities_capacity ? 2 * material->quantities_capacity : 64;
        material->quantities = xrealloc_array(material->quantities, material->quantities_capacity,
                                              sizeof(*material->quantities));
    }
    if (material->n_quantities - material->n_evidence_quantities + n_found > MATERIAL_QUANTITIES) {
        material->is_cut = true;
        return;
    }
    for (size_t i = 0; i < n_found; i++) {
        struct quantity *q = &material->quantities[material->n_quantities++];

        *q = found[i];
        q->first += first;
        for (size_t k = 0; k < q->n_words; k++)
            material->tokens[q->first + k].quantity = (uint32_t)material->n_quantities;
    }
}

/* A bare number in a cell counts or numbers what heads its column. The tokens of a column are the words of its
 * head, n_head of them, and then the cell's. */
static void name_by_head(struct material *material, size_t first, size_t n_head, size_t from)
{
    const struct material_token *head = &material->tokens[first];

    for (size_t i = from; i < material->n_quantities && n_head > 0; i++) {
        struct quantity *q = &material->quantities[i];

        if (q->kind != QUANTITY_COUNT || q->of || q->before)
            continue;
        q->of = material->stems.stems[head[0].stem];
        q->of_next = n_head > 1 ? material->stems.stems[head[1].stem] : NULL;
        q->before = material->stems.stems[head[n_head - 1].stem];
    }
}

static void find_row_quantities(struct material *material,
                                const struct material_sentence *row,
                                const char *text)
{
    size_t i = row->first, end = row->first + row->n_tokens;

    while (i < end) {
        size_t first = i, cell = i, n_before = material->n_quantities;

        for (; i < end && material->tokens[i].column == material->tokens[first].column; i++)
            if (material->tokens[i].word->start < row->start)
                cell = i + 1;
        find_quantities(material, text, cell, i - cell);
        name_by_head(material, first, cell - first, n_before);
    }
}

static void finish_sentence(struct material *material,
                            const struct material_sentence *sentence,
                            const char *text)
{
    number_clauses(material, sentence, text);
    if (sentence->is_row)
        find_row_quantities(material, sentence, text);
    else
        find_quantities(material, text, sentence->first, sentence->n_tokens);
    negation_mark(material, sentence);
    operators_mark(material, sentence);
}

/* ---- Tables -------------------------------------------------------------------------------------- */

#define COLUMNS_MAX 16 /* of a table; further cells are not read */

/* What reading a text has come to. */
struct reading {
    const char *text;
    const struct text_words *words;
    size_t at; /* the next word */
    int passage;
    struct text_span head; /* of the table that the last sentence was in; empty: in none */
    size_t head_word;      /* its first */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A table's row has lost the bar before it. */
static bool is_row(const char *text, const struct text_span *span)
{
    size_t at = span->start;

    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t'))
        at--;
    if (at == 0 || text[--at] != '|')
        return false;
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t'))
        at--;
    return at == 0 || text[at - 1] == '\n';
}

/* Do two rows belong to one table: nothing between but bars, dashes, colons and blanks? */
static bool is_same_table(const char *text, size_t end, size_t start)
{
    for (size_t at = end; at < start; at++)
        if (!is_blank(text[at]) && !strchr("|-:", text[at]))
            return false;
    return true;
}

/* The words of one column of a row, the first word of which is given. */
static void add_cell(struct material *material,
                     const struct reading *r,
                     const struct text_span *row,
                     size_t word,
                     unsigned column)
{
    struct material_sentence *sentence = &material->sentences[material->n_sentences - 1];
    size_t at = row->start;
    unsigned current = 1;

    for (; word < r->words->n && r->words->items[word].start < row->end; word++) {
        for (; at < r->words->items[word].start; at++)
            current += r->text[at] == '|';
        if (current > column)
            return;
        if (current == column)
            add_token(material, sentence, &r->words->items[word], column);
    }
}

static unsigned count_columns(const char *text, const struct text_span *row)
{
    unsigned n = 1;

    for (size_t at = row->start; at < row->end && n < COLUMNS_MAX; at++)
        n += text[at] == '|';
    return n;
}

static void add_row(struct material *material, struct reading *r, const struct text_span *row)
{
    struct material_sentence *sentence = &material->sentences[material->n_sentences - 1];
    unsigned n = count_columns(r->text, row);

    sentence->is_row = true;
    for (unsigned column = 1; column <= n; column++) {
        if (r->head.end > 0)
            add_cell(material, r, &r->head, r->head_word, column);
        add_cell(material, r, row, r->at, column);
    }
    if (r->head.end == 0) {
        r->head = *row;
        r->head_word = r->at;
    }
    while (r->at < r->words->n && r->words->items[r->at].start < row->end)
        r->at++;
}

/* A list mark stands before it in its line. */
static bool is_item(const char *text, const struct text_span *span)
{
    size_t at = span->start;
    bool has_mark = false;

    while (at > 0 && text[at - 1] != '\n') {
        has_mark = has_mark || !is_blank(text[at - 1]);
        if (!is_blank(text[--at]) && !strchr("0123456789.)(-*+", text[at]))
            return false;
    }
    return has_mark;
}

/* Is the mark of the item that begins here a number? */
static bool has_number(const char *text, size_t start)
{
    while (start > 0 && text[start - 1] != '\n')
        if (text[--start] >= '0' && text[start] <= '9')
            return true;
    return false;
}

/* ---- Texts --------------------------------------------------------------------------------------- */

static void add_span(struct material *material, struct reading *r, const struct text_span *span)
{
    struct material_sentence *sentence = add_sentence(material, r->passage);
    size_t last_end = sentence > material->sentences ? sentence[-1].end : 0;
    bool is_in_table = is_row(r->text, span);

    sentence->start = span->start;
    sentence->end = span->end;
    sentence->is_item = is_item(r->text, span);
    sentence->is_step = sentence->is_item && has_number(r->text, span->start);
    while (r->at < r->words->n && r->words->items[r->at].start < span->start)
        r->at++;
    if (!is_in_table || last_end > span->start || !is_same_table(r->text, last_end, span->start))
        r->head = (struct text_span){0};
    if (is_in_table)
        add_row(material, r, span);
    for (; r->at < r->words->n && r->words->items[r->at].start < span->end; r->at++)
        if (!is_citation(r->text, &r->words->items[r->at]))
            add_token(material, sentence, &r->words->items[r->at], 0);
    finish_sentence(material, sentence, r->text);
}

/* The sentences of a text, of which *left bytes may be read, until there are `max` of the material. */
static void add_text(
    struct material *material, int passage, const char *text, size_t *left, size_t max)
{
    size_t all = strlen(text), len = all < *left ? all : *left, i;
    struct reading r = {.text = text, .words = read_words(material, text, len), .passage = passage};
    struct text_sentences sentences;

    *left -= len;
    material->is_cut = material->is_cut || len < all;
    text_sentences_init(&sentences, text, len);
    for (i = 0; i < sentences.n && material->n_sentences < max; i++)
        add_span(material, &r, &sentences.items[i]);
    material->is_cut = material->is_cut || i < sentences.n;
    text_sentences_finish(&sentences);
}

#define TITLE_BYTES_MAX ((size_t)1024)

static size_t title_len(const char *title)
{
    size_t len = strlen(title);

    return len < TITLE_BYTES_MAX ? len : TITLE_BYTES_MAX;
}

static void add_title(struct material *material, int passage, const struct passage *from)
{
    const char *const parts[] = {from->title, from->heading};
    struct material_sentence *sentence = add_sentence(material, passage);

    sentence->is_title = true;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        const struct text_words *words = read_words(material, parts[i], title_len(parts[i]));
        size_t first = material->n_tokens;

        for (size_t k = 0; k < words->n; k++)
            add_token(material, sentence, &words->items[k], 0);
        find_quantities(material, parts[i], first, material->n_tokens - first);
    }
}

/* Lays down where each stem stands: counts, sums up, fills, and moves back what filling has moved. */
static void index_places(struct material *material)
{
    size_t n_stems = material->n_evidence_stems, *start;

    material->places = xcalloc(material->n_evidence_tokens, sizeof(*material->places));
    material->place_start = start = xcalloc(n_stems + 1, sizeof(*start));
    for (size_t i = 0; i < material->n_evidence_tokens; i++)
        start[material->tokens[i].stem + 1]++;
    for (size_t s = 0; s < n_stems; s++)
        start[s + 1] += start[s];
    for (size_t i = 0; i < material->n_evidence_tokens; i++)
        material->places[start[material->tokens[i].stem]++] = (uint32_t)i;
    for (size_t s = n_stems; s > 0; s--)
        start[s] = start[s - 1];
    start[0] = 0;
}

void material_init(struct material *material,
                   const struct lexicon *lexicon,
                   const char *question,
                   const struct passage *passages,
                   size_t n_passages)
{
    size_t left = MATERIAL_EVIDENCE_BYTES;

    *material = (struct material){.lexicon = lexicon, .is_cut = n_passages > MATERIAL_PASSAGES};
    stem_index_init(&material->stems);
    /* There from the start: a sentence of a text without words points at no token, but into the array. */
    material->tokens_capacity = 1024;
    material->tokens = xcalloc(material->tokens_capacity, sizeof(*material->tokens));
    add_text(material, MATERIAL_QUESTION, question, &left, MATERIAL_EVIDENCE);
    for (size_t i = 0; i < n_passages && i < MATERIAL_PASSAGES; i++) {
        if (material->n_sentences >= MATERIAL_EVIDENCE || left == 0) {
            material->is_cut = true;
            break;
        }
        add_title(material, (int)i, &passages[i]);
        add_text(material, (int)i, passages[i].text, &left, MATERIAL_EVIDENCE);
    }
    material->n_evidence = material->n_sentences;
    material->n_evidence_stems = material->stems.n;
    material->n_evidence_tokens = material->n_tokens;
    material->n_evidence_quantities = material->n_quantities;
    index_places(material);
}

void material_add_answer(struct material *material, const char *answer)
{
    size_t left = MATERIAL_ANSWER_BYTES;

    add_text(material, MATERIAL_QUESTION, answer, &left, material->n_evidence + MATERIAL_ANSWER);
}

void material_finish(struct material *material)
{
    for (size_t i = 0; i < material->n_words; i++)
        text_words_finish(&material->words[i]);
    stem_index_finish(&material->stems);
    free(material->stem);
    free(material->words);
    free(material->places);
    free(material->place_start);
    free(material->tokens);
    free(material->quantities);
    free(material->sentences);
    *material = (struct material){0};
}

bool material_has_stem(const struct material *material,
                       const struct material_sentence *sentence,
                       uint32_t stem)
{
    for (size_t i = sentence->first; i < sentence->first + sentence->n_tokens; i++)
        if (material->tokens[i].stem == stem)
            return true;
    return false;
}
