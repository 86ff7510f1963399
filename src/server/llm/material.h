#ifndef TW_MATERIAL_H
#define TW_MATERIAL_H

/* What an evaluation compares: the sentences of the passages and of the question (the evidence) and those of
 * the answer, as tokens whose stems share one numbering. A part of the evaluator. Pure.
 *
 * Bounds, so that a text of any kind costs little: MATERIAL_PASSAGES passages, MATERIAL_EVIDENCE_BYTES of them and
 * the question together, MATERIAL_ANSWER_BYTES of the answer; MATERIAL_EVIDENCE sentences of evidence,
 * MATERIAL_ANSWER of the answer, and of each its first MATERIAL_TOKENS words; MATERIAL_QUANTITIES numbers. What is
 * beyond is not looked at, and is_cut says so. */

#include "server/llm/lexicon.h"
#include "server/llm/passage.h"
#include "server/llm/quantity.h"
#include "server/llm/stem_index.h"
#include "server/llm/text.h"

#define MATERIAL_PASSAGES       16
#define MATERIAL_EVIDENCE_BYTES ((size_t)64 * 1024)
#define MATERIAL_ANSWER_BYTES   ((size_t)32 * 1024)
#define MATERIAL_EVIDENCE       400
#define MATERIAL_ANSWER         64
#define MATERIAL_TOKENS         80
#define MATERIAL_QUANTITIES     1024

#define MATERIAL_QUESTION (-1) /* in place of the index of a passage */

struct material_token {
    const struct text_word *word;
    uint32_t stem;
    double weight;     /* as content: 0 for stop words */
    uint32_t sentence; /* index of the one that it is in */
    uint32_t quantity; /* index of the quantity that it is part of, plus 1; 0: none */
    unsigned
        clause; /* of the sentence, from 0: ends at punctuation and at "but", "and", "if", ... */
    unsigned column;     /* of a table, from 1; 0: in no table */
    bool is_negated;     /* the predicate of a "not" */
    bool is_conditional; /* negated in a condition or description, not in what is stated */
    bool is_lacking;     /* negated by a "without": no statement is denied */
    bool is_cue;         /* such a "not" itself */
    bool is_main_cue;    /* one that denies what the sentence states, not a condition of it */
    bool
        is_denying; /* a cue or a word that denies by itself ("forbidden"), so that nothing else has to */
    unsigned says, passes; /* of enum operator (operators.h); what it may stand for as well */
};

struct material_sentence {
    int passage;       /* index, or MATERIAL_QUESTION */
    size_t start, end; /* bytes of the passage's text, the question or the answer */
    size_t first, n_tokens;
    bool is_title; /* title and heading of a passage; start and end are 0 */
    bool is_item;  /* of a list */
    bool is_step;  /* of a numbered one: something to do */
    bool is_row;   /* of a table: every cell has the words of its column's head before it */
};

struct material_stem {
    const struct thesaurus_entry *known; /* or NULL */
    double weight;                       /* as content */
};

struct material {
    const struct lexicon *lexicon;
    struct stem_index stems;
    struct material_stem *stem; /* by number */
    size_t n_evidence_stems;    /* those under it occur in the evidence */
    struct text_words *words;   /* one per text */
    size_t n_words, stem_capacity;
    uint32_t *
        places; /* tokens of the evidence by stem: those of s from place_start[s] up to place_start[s + 1] */
    size_t *place_start;
    struct material_token *tokens;
    size_t n_tokens, n_evidence_tokens, tokens_capacity;
    struct quantity *quantities; /* first counts from material->tokens */
    size_t n_quantities, n_evidence_quantities, quantities_capacity;
    struct material_sentence *sentences; /* the evidence in order, then the answer's */
    size_t n_sentences, n_evidence, sentences_capacity;
    bool is_cut; /* something was beyond the bounds */
};

/* Borrows all texts and the lexicon until finish. */
void material_init(struct material *material,
                   const struct lexicon *lexicon,
                   const char *question,
                   const struct passage *passages,
                   size_t n_passages);

/* Once, after init. */
void material_add_answer(struct material *material, const char *answer);
void material_finish(struct material *material); /* zeroed is fine */

/* Does the token carry content: a word with weight, or the head of a quantity? */
bool material_is_content(const struct material *material, const struct material_token *token);

/* Is there a token of this stem in the sentence? */
bool material_has_stem(const struct material *material,
                       const struct material_sentence *sentence,
                       uint32_t stem);

/* What the number that the token belongs to weighs, in idf1: 0 but at its first token, and little where it may be
 * none ("a day"). */
double material_quantity_share(const struct material *material, const struct material_token *token);

#endif
