#ifndef TW_CHECKS_PART_H
#define TW_CHECKS_PART_H

/* What the kinds of checks share: places in the evidence that say the same are weighed against places that say
 * something else. Only for checks*.c. Pure. */

#include "server/llm/checks.h"
#include "server/llm/thesaurus.h"

/* The best fits (fit.h) found so far. */
struct rivalry {
    double same, rival;                 /* 0: none */
    bool has_same;                      /* somewhere in the evidence */
    bool is_same_there, is_rival_there; /* in the sentence that the window is about */
    size_t n_places;
};

#define RIVALRY_PLACES 128 /* further places are not looked at */

/* The sentence, and what is asked again and again about it. */
struct checking {
    const struct checks *checks;
    struct fit *fit;
    const struct material *material;
    const struct material_sentence *sentence;
    const struct coverage_window *window;
    double idf1;
    double *doubt; /* the greatest that a rivalry left so far */
};

/* Tokens [first, end) of the material. */
struct checks_range {
    size_t first, end;
};

/* The tokens of the window; none when it is empty. */
struct checks_range checks_window(const struct checking *checking);

/* Weighs one place in the evidence, of what stands `here` in the sentence or of a rival. */
void rivalry_add(struct rivalry *rivalry,
                 const struct checking *checking,
                 struct fit_place here,
                 struct fit_place there,
                 bool is_rival);

/* By how much the rival fits better, as a share of what the sentence itself would: a doubt, where it is too little to
 * be lost. */
void rivalry_doubt(const struct rivalry *rivalry,
                   const struct checking *checking,
                   struct fit_place here);

/* Does the rival fit so much better that the sentence must be wrong? It must fit at least `share` as well as the
 * sentence itself would. */
bool rivalry_is_lost(const struct rivalry *rivalry,
                     const struct checking *checking,
                     struct fit_place here,
                     double share);

/* A name or an identifier; also at the head of a sentence, if the knowledge base has it as a name elsewhere. */
bool checks_is_name(const struct material *material, const struct material_token *token);
bool checks_is_role(const struct material *material, const struct material_token *token);

/* Is the token of the question, of a title? Such a place proves nothing about the passage's text. */
bool checks_is_aside(const struct material *material, size_t token);

/* Is it a "not" that denies a statement, and no "without"? */
bool checks_is_not(const struct material_token *token);

/* Does it deny, or could it be said with a "not" ("free")? */
bool checks_may_deny(const struct material_token *token);

/* Is the sentence an item of a list that is introduced by a denial ("These are forbidden:")? */
bool checks_is_list_denied(const struct material *material, size_t sentence);

/* Is there another "not" in the clause of the token? "Never together" is "apart". */
bool checks_is_clause_denied(const struct material *material, size_t token);

/* Is the token, of the sentence (is_here) or of the evidence, said by tokens [first, end) of the other side? */
bool checks_is_said(
    const struct checking *checking, size_t token, bool is_here, size_t first, size_t end);

/* The clause of the sentence behind the one given, which starts as an empty range at the sentence's first token; false:
 * there is no further one. */
bool checks_next_clause(const struct material *material,
                        const struct material_sentence *sentence,
                        struct checks_range *clause);

bool checks_has_stem(const struct material *material, struct checks_range range, uint32_t stem);

/* Is there a word in the one that makes what it denies a condition ("unless", "alone", "before"), and that the other
 * has not? */
bool checks_is_bounded(const struct material *material,
                       struct checks_range one,
                       struct checks_range other);

/* Does the evidence have the name, or the number of an identifier, in another spelling: an acronym and its words,
 * together or apart? */
bool checks_is_spelled_otherwise(const struct checking *checking, size_t here);

/* Does the number, which stands nowhere in the evidence, follow from numbers there: a half, a sum, a span, "twice a
 * year" for "every six months"? */
bool checks_is_derived(const struct checking *checking, const struct quantity *q);

unsigned checks_numbers(const struct checking *checking);
unsigned checks_names(const struct checking *checking);
unsigned checks_negations(const struct checking *checking);
unsigned checks_statements(const struct checking *checking);
unsigned checks_opposites(const struct checking *checking);
unsigned checks_wording(const struct checking *checking);

/* How much more, less or other the small words of the sentence say than those of its evidence. 0..1 */
double checks_operators(const struct checking *checking);

#endif
