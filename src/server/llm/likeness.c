#include "server/llm/likeness.h"

#include "common/alloc.h"
#include "server/llm/stem.h"
#include "server/llm/thesaurus.h"

#include <string.h>

#define GROUP_STRENGTH   0.8 /* of one group of the thesaurus */
#define DERIVED_STRENGTH 0.9 /* "approve", "approval": Porter leaves them apart */

#define DERIVED_PREFIX 5  /* letters that both must begin with */
#define CHAIN_MAX      64 /* stems of one bucket that are looked at */
#define BUCKETS        1024

struct link {
    uint32_t stem, next;
};

/* The evidence's stems in chains: by group, and by their first letters. */
struct chains {
    const struct material *material;
    uint32_t *group_heads, *prefix_heads;
    size_t n_groups;
    struct link *links;
    size_t n_links, capacity;
};

static void add_link(struct chains *chains, uint32_t *head, uint32_t stem)
{
    if (chains->n_links == chains->capacity) {
        chains->capacity = chains->capacity ? 2 * chains->capacity : 1024;
        chains->links = xrealloc_array(chains->links, chains->capacity, sizeof(*chains->links));
    }
    chains->links[chains->n_links] = (struct link){stem, *head};
    *head = (uint32_t)chains->n_links++;
}

/* The bucket of a stem's first letters, or NULL: it is too short, or not of letters. */
static uint32_t *prefix_head(const struct chains *chains, const char *stem)
{
    char prefix[DERIVED_PREFIX + 1] = "";

    for (size_t i = 0; i < DERIVED_PREFIX; i++) {
        if (stem[i] < 'a' || stem[i] > 'z')
            return NULL;
        prefix[i] = stem[i];
    }
    return &chains->prefix_heads[stem_hash(prefix) % BUCKETS];
}

static uint32_t *new_heads(size_t n)
{
    uint32_t *heads = xcalloc(n, sizeof(*heads));

    memset(heads, 0xff, n * sizeof(*heads)); /* STEM_NONE */
    return heads;
}

static void chains_init(struct chains *chains, const struct material *material)
{
    *chains = (struct chains){.material = material};
    chains->n_groups = thesaurus_n_groups(lexicon_thesaurus(material->lexicon));
    chains->group_heads = new_heads(chains->n_groups);
    chains->prefix_heads = new_heads(BUCKETS);
    for (size_t s = material->n_evidence_stems; s-- > 0;) {
        const struct thesaurus_entry *known = material->stem[s].known;
        uint32_t *head = prefix_head(chains, material->stems.stems[s]);

        for (unsigned g = 0; known && g < known->n_groups; g++)
            add_link(chains, &chains->group_heads[known->groups[g]], (uint32_t)s);
        if (head)
            add_link(chains, head, (uint32_t)s);
    }
}

static void chains_finish(struct chains *chains)
{
    free(chains->group_heads);
    free(chains->prefix_heads);
    free(chains->links);
}

/* ---- One stem ------------------------------------------------------------------------------------ */

struct found {
    struct likeness items[LIKENESS_MAX];
    size_t n;
};

/* The first to come is the nearest; what is found again stays as it is. */
static void add(struct found *found, uint32_t stem, double strength, bool is_loose)
{
    for (size_t i = 0; i < found->n; i++)
        if (found->items[i].stem == stem)
            return;
    if (found->n < LIKENESS_MAX)
        found->items[found->n++] = (struct likeness){stem, strength, is_loose};
}

/* Endings that tell a word from one derived of it, after Porter: "appli" and "applic", "expir" and "expiri",
 * "approv" and "approv(al)" are one; "contract" and "contain" are not. */
static bool is_derived(const char *a, const char *b)
{
    size_t common = 0, len_a = strlen(a), len_b = strlen(b),
           shorter = len_a < len_b ? len_a : len_b;

    while (common < shorter && a[common] == b[common])
        common++;
    return common >= DERIVED_PREFIX && common + 1 >= shorter && len_a + len_b - 2 * common <= 3;
}

/* A link of a chain, or NULL: its end. */
static const struct link *link_at(const struct chains *chains, uint32_t index)
{
    return index == STEM_NONE || !chains->links ? NULL : &chains->links[index];
}

static void add_chained(const struct chains *chains,
                        uint32_t head,
                        uint32_t stem,
                        struct found *found)
{
    char *const *stems = chains->material->stems.stems;
    const struct link *link = link_at(chains, head);

    for (size_t n = 0; link && n < CHAIN_MAX; link = link_at(chains, link->next), n++)
        if (is_derived(stems[stem], stems[link->stem]))
            add(found, link->stem, DERIVED_STRENGTH, false);
}

static void add_grouped(const struct chains *chains, uint32_t stem, struct found *found)
{
    const struct thesaurus_entry *known = chains->material->stem[stem].known;

    for (unsigned g = 0; known && g < known->n_groups; g++) {
        const struct link *link = link_at(chains, chains->group_heads[known->groups[g]]);

        for (size_t n = 0; link && n < CHAIN_MAX; link = link_at(chains, link->next), n++)
            add(found, link->stem, GROUP_STRENGTH, true);
    }
}

/* The rarest word of a phrase stands for it, if the evidence has all its words. */
static void add_phrase(const struct material *material,
                       const struct lexicon_phrase *phrase,
                       struct found *found)
{
    uint32_t rarest = STEM_NONE;

    for (size_t i = 0; i < phrase->n; i++) {
        uint32_t stem = stem_index_find(&material->stems, phrase->stems[i]);

        if (stem >= material->n_evidence_stems)
            return;
        if (rarest == STEM_NONE || material->stem[stem].weight > material->stem[rarest].weight)
            rarest = stem;
    }
    if (rarest != STEM_NONE)
        add(found, rarest, LEXICON_SYNONYM, false);
}

static void add_synonyms(const struct material *material, uint32_t stem, struct found *found)
{
    struct lexicon_phrase phrase = {.n = 1, .stems = {material->stems.stems[stem]}};
    const struct lexicon_phrase *synonym;

    for (int side = LEXICON_SYNONYMS; side <= LEXICON_WORDS; side++)
        for (size_t n = 0;
             (synonym = lexicon_synonym(material->lexicon, &phrase, (enum lexicon_side)side, n));
             n++)
            add_phrase(material, synonym, found);
}

static void find_likenesses(const struct chains *chains,
                            uint32_t stem,
                            bool is_content,
                            struct found *found)
{
    const struct material *material = chains->material;
    const uint32_t *head = prefix_head(chains, material->stems.stems[stem]);

    found->n = 0;
    if (stem < material->n_evidence_stems)
        add(found, stem, 1, false);
    if (!is_content)
        return;
    if (head)
        add_chained(chains, *head, stem, found);
    add_synonyms(material, stem, found);
    add_grouped(chains, stem, found);
}

/* ---- All of the answer --------------------------------------------------------------------------- */

enum use { NOT_USED, AS_STOP_WORD, AS_CONTENT };

static unsigned char *find_uses(const struct material *material)
{
    unsigned char *uses = xcalloc(material->stems.n + 1, 1);

    for (size_t i = material->n_evidence_tokens; i < material->n_tokens; i++) {
        const struct material_token *token = &material->tokens[i];

        if (token->weight > 0)
            uses[token->stem] = AS_CONTENT;
        else if (uses[token->stem] == NOT_USED)
            uses[token->stem] = AS_STOP_WORD;
    }
    return uses;
}

void likenesses_init(struct likenesses *likenesses, const struct material *material)
{
    CLEANUP(freep) unsigned char *uses = find_uses(material);
    size_t capacity = 0;
    struct chains chains;
    struct found found;

    *likenesses = (struct likenesses){0};
    chains_init(&chains, material);
    likenesses->start = xcalloc(material->stems.n + 1, sizeof(*likenesses->start));
    for (uint32_t s = 0; s < material->stems.n; s++) {
        likenesses->start[s] = likenesses->n;
        if (uses[s] == NOT_USED)
            continue;
        find_likenesses(&chains, s, uses[s] == AS_CONTENT, &found);
        if (likenesses->n + found.n > capacity) {
            capacity = 2 * capacity + LIKENESS_MAX;
            likenesses->items =
                xrealloc_array(likenesses->items, capacity, sizeof(*likenesses->items));
        }
        if (found.n > 0)
            memcpy(likenesses->items + likenesses->n, found.items, found.n * sizeof(*found.items));
        likenesses->n += found.n;
    }
    likenesses->start[material->stems.n] = likenesses->n;
    chains_finish(&chains);
}

void likenesses_finish(struct likenesses *likenesses)
{
    free(likenesses->items);
    free(likenesses->start);
    *likenesses = (struct likenesses){0};
}
