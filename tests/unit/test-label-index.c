#include "test.h"

#include "common/random.h"
#include "tui/data/label_index.h"

#define N_SETS   300
#define N_LABELS 4 /* of a set at the most */

struct set {
    char texts[N_LABELS][2][4];
    struct label label[N_LABELS];
    struct labels labels;
};

/* So few names and values that sets include one another often; empty values and names that stand twice too. */
static void invent(struct set *set, struct random_state *rng)
{
    set->labels = (struct labels){.n = random_below(rng, N_LABELS + 1), .at = set->label};
    for (size_t i = 0; i < set->labels.n; i++) {
        (void)snprintf(set->texts[i][0], sizeof(set->texts[i][0]), "n%u", random_below(rng, 5));
        (void)snprintf(set->texts[i][1], sizeof(set->texts[i][1]), "%u", random_below(rng, 4));
        if (set->texts[i][1][0] == '3')
            set->texts[i][1][0] = '\0';
        set->label[i] = (struct label){set->texts[i][0], set->texts[i][1]};
    }
}

/* The place of the next set that includes part, or n. */
static size_t next_including(const struct labels *const *sets,
                             size_t from,
                             size_t n,
                             const struct labels *part)
{
    while (from < n && !labels_include(sets[from], part))
        from++;
    return from;
}

static void it_finds_what_comparing_all_finds_in_the_same_order(void **state)
{
    static struct set sets[N_SETS], part;
    const struct labels *labels[N_SETS];
    struct label_index index;
    struct random_state rng;
    size_t place, n_found = 0;

    (void)state;
    random_seed(&rng, 7);
    for (size_t i = 0; i < N_SETS; i++) {
        invent(&sets[i], &rng);
        labels[i] = &sets[i].labels;
    }
    label_index_init(&index, labels, N_SETS);
    for (size_t i = 0; i < 1000; i++) {
        size_t wanted = 0;

        invent(&part, &rng);
        for (struct label_search search = label_index_search(&index, &part.labels);
             label_search_next(&search, &place); wanted++, n_found++) {
            wanted = next_including(labels, wanted, N_SETS, &part.labels);
            CHECK(place == wanted);
        }
        CHECK(next_including(labels, wanted, N_SETS, &part.labels) == N_SETS);
    }
    CHECK(n_found > 1000);
    label_index_finish(&index);
}

static void what_has_no_labels_is_included_by_all_and_nothing_includes_the_unknown(void **state)
{
    char name[] = "a", value[] = "1", other[] = "2", empty[] = "";
    struct label label = {name, value}, unknown = {name, other}, none = {other, empty};
    const struct labels first = {.n = 1, .at = &label}, second = {0};
    const struct labels wanted = {.n = 1, .at = &unknown}, without = {.n = 1, .at = &none};
    const struct labels *const sets[] = {&first, &second};
    struct label_index index;
    struct label_search search;
    size_t place;

    (void)state;
    label_index_init(&index, sets, COUNT_OF(sets));
    search = label_index_search(&index, &second);
    CHECK(label_search_next(&search, &place) && place == 0);
    CHECK(label_search_next(&search, &place) && place == 1);
    CHECK(!label_search_next(&search, &place));
    search = label_index_search(&index, &without); /* empty is as good as absent */
    CHECK(label_search_next(&search, &place) && place == 0);
    search = label_index_search(&index, &wanted);
    CHECK(!label_search_next(&search, &place));
    label_index_finish(&index);
}

static void of_no_sets_none_is_found(void **state)
{
    const struct labels nothing = {0};
    struct label_index index;
    struct label_search search;
    size_t place;

    (void)state;
    label_index_init(&index, NULL, 0);
    search = label_index_search(&index, &nothing);
    CHECK(!label_search_next(&search, &place));
    label_index_finish(&index);
    label_index_finish(&index);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(it_finds_what_comparing_all_finds_in_the_same_order),
        TEST(what_has_no_labels_is_included_by_all_and_nothing_includes_the_unknown),
        TEST(of_no_sets_none_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
