#include "server/llm/thesaurus.h"

#include "common/alloc.h"
#include "server/llm/stem_index.h"
#include "server/llm/text.h"

#include <assert.h>
#include <string.h>

struct thesaurus {
    struct stem_index stems;
    struct thesaurus_entry *entries; /* by number of the stem */
    size_t capacity;
    unsigned n_groups;
};

/* Good until the next. */
static struct thesaurus_entry *obtain(struct thesaurus *thesaurus, const char *stem)
{
    size_t n_before = thesaurus->stems.n;
    uint32_t number = stem_index_obtain(&thesaurus->stems, stem);

    if (number >= thesaurus->capacity) {
        thesaurus->capacity = thesaurus->capacity ? thesaurus->capacity * 2 : 1024;
        thesaurus->entries =
            xrealloc_array(thesaurus->entries, thesaurus->capacity, sizeof(*thesaurus->entries));
    }
    if (number == n_before)
        thesaurus->entries[number] = (struct thesaurus_entry){0};
    return &thesaurus->entries[number];
}

static void add_group(struct thesaurus_entry *entry, unsigned group)
{
    for (unsigned i = 0; i < entry->n_groups; i++)
        if (entry->groups[i] == group)
            return;
    if (entry->n_groups < THESAURUS_GROUPS_MAX)
        entry->groups[entry->n_groups++] = group;
}

static void add_side(struct thesaurus_entry *entry, unsigned contrast, unsigned side)
{
    for (unsigned i = 0; i < entry->n_sides; i++)
        if (entry->sides[i].contrast == contrast)
            return;
    if (entry->n_sides < THESAURUS_CONTRASTS_MAX)
        entry->sides[entry->n_sides++] = (struct thesaurus_side){contrast, side};
}

/* What is before a word of the line: how many bars. */
static unsigned bars_before(const char *line, size_t end)
{
    unsigned n = 0;

    for (size_t i = 0; i < end; i++)
        n += line[i] == '|';
    return n;
}

static void add_line(struct thesaurus *thesaurus, const char *line)
{
    struct text_words words;
    const char *what;

    text_words_init(&words, line, strlen(line));
    what = words.items[0].form;
    for (size_t i = 1; i < words.n; i++) {
        struct thesaurus_entry *entry = obtain(thesaurus, words.items[i].stem);

        if (strcmp(what, "same") == 0)
            add_group(entry, thesaurus->n_groups);
        else if (strcmp(what, "negative") == 0)
            entry->is_negative = true;
        else if (strcmp(what, "light") == 0)
            entry->is_light = true;
        else if (strcmp(what, "permit") == 0)
            entry->is_permission = true;
        else
            entry->is_role = true;
    }
    thesaurus->n_groups += strcmp(what, "same") == 0;
    text_words_finish(&words);
}

static void add_contrast(struct thesaurus *thesaurus, const char *line, unsigned contrast)
{
    struct text_words words;

    text_words_init(&words, line, strlen(line));
    for (size_t i = 0; i < words.n; i++)
        add_side(obtain(thesaurus, words.items[i].stem), contrast,
                 bars_before(line, words.items[i].start));
    text_words_finish(&words);
}

struct thesaurus *thesaurus_new(void)
{
    struct thesaurus *thesaurus = xcalloc(1, sizeof(*thesaurus));

    for (size_t i = 0; i < thesaurus_n_lines; i++)
        add_line(thesaurus, thesaurus_lines[i]);
    for (size_t i = 0; i < thesaurus_n_contrasts; i++)
        add_contrast(thesaurus, thesaurus_contrasts[i], (unsigned)i);
    return thesaurus;
}

void thesaurus_free(struct thesaurus *thesaurus)
{
    if (!thesaurus)
        return;
    stem_index_finish(&thesaurus->stems);
    free(thesaurus->entries);
    free(thesaurus);
}

const struct thesaurus_entry *thesaurus_find(const struct thesaurus *thesaurus, const char *stem)
{
    uint32_t number = stem_index_find(&thesaurus->stems, stem);

    return number == STEM_NONE ? NULL : &thesaurus->entries[number];
}

size_t thesaurus_n_groups(const struct thesaurus *thesaurus)
{
    return thesaurus->n_groups;
}

int thesaurus_compare_sides(const struct thesaurus_entry *a, const struct thesaurus_entry *b)
{
    for (unsigned i = 0; a && b && i < a->n_sides; i++)
        for (unsigned k = 0; k < b->n_sides; k++)
            if (a->sides[i].contrast == b->sides[k].contrast)
                return a->sides[i].side == b->sides[k].side ? 1 : -1;
    return 0;
}
