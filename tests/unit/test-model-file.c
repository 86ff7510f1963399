#include "test.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "same_bits.h"
#include "server/ml/model.h"
#include "server/ml/tickets.h"
#include "server/ml/train.h"

#include <unistd.h>

static struct model *model;
static struct buffer text; /* model, written */

static int set_up(void **state)
{
    CLEANUP(dataset_freep) struct dataset *dataset = NULL;
    struct train_options options = {.classes = ticket_classes,
                                    .n_classes = TICKET_CLASSES,
                                    .held_out_share = 0.2,
                                    .now_ms = 1795470000123};
    struct buffer csv;

    (void)state;
    buffer_init(&csv, 1 << 20);
    tickets_write_csv(1, 1300, &csv);
    CHECK(dataset_parse(csv.data, csv.len, ticket_classes, TICKET_CLASSES, &dataset, NULL) == 0);
    buffer_finish(&csv);
    CHECK(train_model(dataset, &options, &model, NULL) == 0);
    buffer_init(&text, MODEL_FILE_MAX);
    model_write(model, &text);
    CHECK(!text.failed);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    model_free(model);
    buffer_finish(&text);
    return 0;
}

static void check_same_reference(const struct reference *a, const struct reference *b)
{
    CHECK(a->n_rows == b->n_rows);
    CHECK(same_bits(a->class_counts, b->class_counts, sizeof(a->class_counts)));
    for (int f = 0; f < N_FEATURES; f++) {
        const struct reference_feature *x = &a->feature[f], *y = &b->feature[f];

        CHECK(x->n_edges == y->n_edges && x->n_distinct == y->n_distinct);
        CHECK(x->mean == y->mean && x->sd == y->sd);
        CHECK(same_bits(x->edges, y->edges, sizeof(x->edges)));
        CHECK(same_bits(x->cell_counts, y->cell_counts, sizeof(x->cell_counts)));
        CHECK(same_bits(x->values, y->values, x->n_distinct * sizeof(*x->values)));
        CHECK(same_bits(x->cumulative, y->cumulative, x->n_distinct * sizeof(*x->cumulative)));
    }
}

static void check_same_model(const struct model *a, const struct model *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->version, b->version);
    assert_string_equal(a->data_sha256, b->data_sha256);
    CHECK(a->trained_at_ms == b->trained_at_ms && a->n_classes == b->n_classes);
    CHECK(same_bits(a->classes, b->classes, sizeof(a->classes)));
    CHECK(same_bits(a->mean, b->mean, sizeof(a->mean)));
    CHECK(same_bits(a->scale, b->scale, sizeof(a->scale)));
    CHECK(same_bits(a->coef, b->coef, sizeof(a->coef)));
    CHECK(same_bits(a->intercept, b->intercept, sizeof(a->intercept)));
    CHECK(same_bits(a->recall, b->recall, sizeof(a->recall)));
    CHECK(same_bits(a->confusion, b->confusion, sizeof(a->confusion)));
    CHECK(a->accuracy == b->accuracy && a->log_loss == b->log_loss && a->macro_f1 == b->macro_f1);
    CHECK(a->n_train == b->n_train && a->n_held_out == b->n_held_out);
    check_same_reference(&a->reference, &b->reference);
}

static void what_is_written_is_read_back_to_the_last_bit(void **state)
{
    CLEANUP(model_freep) struct model *read = NULL;
    struct tw_error err;

    (void)state;
    if (model_parse(text.data, text.len, &read, &err) < 0)
        fail_msg("%s", err.message);
    check_same_model(model, read);
}

static void a_model_is_saved_and_loaded(void **state)
{
    CLEANUP(model_freep) struct model *read = NULL;
    char folder[] = "/tmp/tidewatch-model.XXXXXX", path[64];
    struct tw_error err;

    (void)state;
    CHECK(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/model.json", folder);
    CHECK(model_load(path, &read, &err) < 0);
    CHECK(err.code == TW_NOT_FOUND);
    CHECK(model_save(model, path, &err) == 0);
    CHECK(model_save(model, path, &err) == 0);
    CHECK(model_load(path, &read, &err) == 0);
    check_same_model(model, read);
    CHECK(unlink(path) == 0);
    CHECK(rmdir(folder) == 0);
    CHECK(model_save(model, path, &err) < 0);
    CHECK(err.code == TW_BROKEN);
}

/* The written model with the first `from` after `after` replaced by `to`, owned. */
static char *altered(const char *after, const char *from, const char *to)
{
    char *place = strstr(text.data, after);

    place = place ? strstr(place, from) : NULL;
    if (!place)
        fail_msg("the model file has no '%s' after '%s'", from, after);
    return xprintf_dup("%.*s%s%s", (int)(place - text.data), text.data, to, place + strlen(from));
}

static void check_refused(const char *json, const char *why)
{
    struct model *read = NULL;
    struct tw_error err;

    if (model_parse(json, strlen(json), &read, &err) == 0)
        fail_msg("accepted where '%s' was expected", why);
    CHECK(err.code == TW_INVALID);
    if (!strstr(err.message, why))
        fail_msg("'%s' does not say '%s'", err.message, why);
}

static void a_changed_model_file_is_refused_by_what_is_wrong(void **state)
{
    static const struct {
        const char *after, *from, *to, *why;
    } cases[] = {
        {"", "tidewatch-model-1", "tidewatch-model-2", "'format' is not"},
        {"\"name\"", "severity-logreg", "", "'name' is not a text"},
        {"\"version\"", "\"2026", "\"20262026202620262026202620262026202620262026", "'version'"},
        {"\"trained_at_ms\"", "1795470000123", "\"now\"", "'trained_at_ms' is not a number"},
        {"\"trained_at_ms\"", "1795470000123", "-1", "'trained_at_ms' is not a number"},
        {"\"classes\"", "[\"Low\",\"Medium\",\"High\"]", "[\"Low\"]", "'classes' is not an array"},
        {"\"classes\"", "\"Medium\"", "\"Low\"", "the class 'Low' stands twice"},
        {"\"classes\"", "\"Medium\"", "7", "a class name is not a text"},
        {"\"classes\"", "\"High\"", "\"High\",\"Worst\"", "'coef' is not an array of 4"},
        {"\"features\"", "ticket_length", "ticket_width", "feature 1 is not 'ticket_length'"},
        {"\"features\"", "\"mean\":", "\"mean\":-", "'mean' is not a number within 0..1000"},
        {"\"features\"", "\"scale\":", "\"scale\":0,\"was\":", "'scale' is not a number"},
        {"\"features\"", "\"scale\":", "\"scale\":null,\"was\":", "'scale' is not a number"},
        {"\"coef\"", "[[", "[[1e7,", "'coef' is not an array of 4"},
        {"\"coef\"", "[[", "[[],[", "'coef' is not an array of 3"},
        {"\"coef\"", "],[", "],[true],[", "'coef' is not an array of 3"},
        {"\"intercept\"", "[", "[1e300],\"was\":[", "'intercept' is not an array of 3"},
        {"\"intercept\"", "[", "[0,1e300,0],\"was\":[", "'intercept' holds what is not a number"},
        {"\"metrics\"", "\"accuracy\":0.", "\"accuracy\":1.", "'accuracy' is not a number"},
        {"\"metrics\"", "\"log_loss\":", "\"log_loss\":-", "'log_loss' is not a number"},
        {"\"metrics\"", "\"recall\":[", "\"recall\":[2,", "'recall' is not an array of 3"},
        {"\"metrics\"",
         "\"training_rows\":", "\"training_rows\":0.5,\"was\":", "'training_rows' is not"},
        {"\"metrics\"", "\"held_out_rows\":", "\"held_out_rows\":1", "'confusion' does not add up"},
        {"\"metrics\"", "\"confusion\":[[", "\"confusion\":[[-1],[", "'confusion' is not an array"},
        {"\"reference\"", "\"rows\":1039", "\"rows\":999", "the reference has 999 rows"},
        {"\"reference\"", "\"rows\":1039", "\"rows\":1e5", "the reference has 100000 rows"},
        {"\"reference\"", "\"rows\":1039", "\"rows\":1040", "'class_counts' do not add up"},
        {"\"reference\"", "\"class_counts\":[", "\"class_counts\":[0.5],\"was\":[",
         "not an array of 3"},
        {"\"reference\"", "\"class_counts\":[", "\"class_counts\":[0.5,1,2],\"was\":[",
         "not a count"},
        {"\"reference\"", "customer_tier", "tier", "feature 4 is not 'customer_tier'"},
        {"\"reference\"", "\"sd\":", "\"sd\":-", "'sd' is not a number"},
        {"\"reference\"", "\"edges\":[", "\"edges\":[],\"was\":[", "'edges' is not an array of 1"},
        {"\"reference\"", "\"edges\":[", "\"edges\":[5,5],\"was\":[", "'edges' do not ascend"},
        {"\"reference\"", "\"cell_counts\":[", "\"cell_counts\":[1,",
         "'cell_counts' is not an array"},
        {"\"reference\"", "\"values\":[", "\"values\":[],\"was\":[", "'values' is not an array"},
        {"\"reference\"", "\"values\":[20,", "\"values\":[-20,", "'values' holds what is not"},
        {"\"reference\"", "\"values\":[20,", "\"values\":[900,", "'values' or 'cumulative' do not"},
        {"\"reference\"", "\"cumulative\":[", "\"cumulative\":[1,", "'cumulative' is not an array"},
        {"\"reference\"", "\"edges\":[", "\"edges\":[5,6],\"was\":[",
         "'cell_counts' is not an array of 3"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(freep) char *json = altered(cases[i].after, cases[i].from, cases[i].to);

        check_refused(json, cases[i].why);
    }
}

/* Sums that fit and cells that do not: only counting the values again finds it. */
static void cells_that_are_not_those_of_the_values_are_refused(void **state)
{
    CLEANUP(freep) char *json = NULL;
    const struct reference_feature *length = &model->reference.feature[0];
    char from[64], to[64];

    (void)state;
    (void)snprintf(from, sizeof(from), "\"cell_counts\":[%u,%u,", length->cell_counts[0],
                   length->cell_counts[1]);
    (void)snprintf(to, sizeof(to), "\"cell_counts\":[%u,%u,", length->cell_counts[0] + 1,
                   length->cell_counts[1] - 1);
    json = altered("\"reference\"", from, to);
    check_refused(json, "'cell_counts' of ticket_length are not those of its values");
}

static void text_that_is_no_model_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "{}",
                                      "[]",
                                      "null",
                                      "\"x\"",
                                      "{\"format\":1}",
                                      "{\"format\":\"tidewatch-model-1\"}",
                                      "{\"format\":\"tidewatch-model-1\",\"name\":\"\"}"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        check_refused(bad[i], "");
}

/* Every cut of the head, and cuts all over the rest: none crashes, none is taken for a model. */
static void a_cut_model_file_is_refused(void **state)
{
    struct model *read = NULL;

    (void)state;
    for (size_t len = 0; len < text.len - 2; len += len < 2000 ? 7 : 997) {
        CLEANUP(freep) char *cut = xcalloc(1, len);

        memcpy(cut, text.data, len);
        CHECK(model_parse(cut, len, &read, NULL) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read_back_to_the_last_bit),
        TEST(a_model_is_saved_and_loaded),
        TEST(a_changed_model_file_is_refused_by_what_is_wrong),
        TEST(cells_that_are_not_those_of_the_values_are_refused),
        TEST(text_that_is_no_model_is_refused),
        TEST(a_cut_model_file_is_refused),
    };

    return cmocka_run_group_tests_name("model-file", tests, set_up, tear_down);
}
