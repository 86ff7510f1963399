#ifndef TW_THESAURUS_H
#define TW_THESAURUS_H

/* Everyday English as far as the evaluator must know it: words that say nearly the same ("choose", "pick"),
 * words that exclude each other ("before", "after"), words that deny without a "not" ("forbidden"), and light
 * words that carry little ("simply", "take"). Written from general knowledge, for no knowledge base in
 * particular; the tables are thesaurus_words.c and thesaurus_contrasts.c. Built once, immutable, any thread. Pure. */

#include "common/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thesaurus;

struct thesaurus *thesaurus_new(void);
void thesaurus_free(struct thesaurus *thesaurus); /* NULL is fine */
DEFINE_CLEANUP(struct thesaurus *, thesaurus_free);

#define THESAURUS_GROUPS_MAX    8 /* that a word can be in */
#define THESAURUS_CONTRASTS_MAX 8

/* One side of a contrast. */
struct thesaurus_side {
    unsigned contrast, side;
};

struct thesaurus_entry {
    unsigned n_groups, n_sides;
    unsigned groups[THESAURUS_GROUPS_MAX]; /* words that share one say nearly the same */
    struct thesaurus_side sides[THESAURUS_CONTRASTS_MAX];
    bool is_negative; /* denies something by itself */
    bool is_light;
    bool is_permission; /* allows something: "may", "possible" */
    bool is_role;       /* somebody or some team that another word tells apart: "manager", "desk" */
};

/* What is known of a stem (or of a stop word's form), or NULL. */
const struct thesaurus_entry *thesaurus_find(const struct thesaurus *thesaurus, const char *stem);

/* -1: the two stand on different sides of a contrast; 1: on the same; 0: they have none in common, or are NULL. */
int thesaurus_compare_sides(const struct thesaurus_entry *a, const struct thesaurus_entry *b);

size_t thesaurus_n_groups(const struct thesaurus *thesaurus);

/* The tables: lines of words, the first of which says what the others are ("same", "negative", "light", "permit",
 * "role"), and lines of contrasts, a bar between the sides. A private part of the thesaurus. */
extern const char *const thesaurus_lines[], *const thesaurus_contrasts[];
extern const size_t thesaurus_n_lines, thesaurus_n_contrasts;

#endif
