#include "test.h"

#include "common/buffer.h"
#include "reply.h"
#include "tui/data/prom_exemplars.h"

#define ONE(at, value, trace)                                                                      \
    "{\"labels\":{\"trace_id\":\"" trace "\"},\"value\":\"" value "\",\"timestamp\":" at "}"
#define SERIES(labels, list) "{\"seriesLabels\":{" labels "},\"exemplars\":[" list "]}"
#define ANSWER(list)         "{\"status\":\"success\",\"data\":[" list "]}"

static void exemplars_of_all_series_ascend_in_time(void **state)
{
    struct fetch_reply reply =
        reply_of(200, ANSWER(SERIES("\"__name__\":\"x\",\"job\":\"a\",\"le\":\"0.5\"",
                                    ONE("1795420800.5", "0.31", "aa") "," ONE(
                                        "1795420700", "0.2",
                                        "bb")) "," SERIES("\"le\":\"1\",\"model\":\"rag\\u001b\"",
                                                          ONE("1795420750", "0.93", "cc"))));
    struct prom_exemplars found = {0}, copy;
    size_t near[3];

    (void)state;
    assert_int_equal(prom_exemplars_add(&found, &reply, NULL), 0);
    assert_int_equal(prom_exemplars_add(&found, &reply, NULL),
                     0); /* another target: the same again */
    CHECK(found.n == 3 && found.n_labels == 2);
    CHECK(found.at[0].at_ms == 1795420700000 && found.at[2].at_ms == 1795420800500);
    assert_string_equal(found.at[1].trace_id, "cc");
    CHECK(found.at[1].value == 0.93);
    assert_string_equal(found.labels[found.at[1].series], "le=1 model=rag?");
    assert_string_equal(found.labels[found.at[0].series], "le=0.5");
    CHECK(prom_exemplars_near(&found, 1795420760000, near, 3) == 3);
    CHECK(near[0] == 1 && near[1] == 2 && near[2] == 0);
    CHECK(prom_exemplars_near(&found, 0, near, 2) == 2 && near[0] == 0 && near[1] == 1);
    CHECK(prom_exemplars_near(&found, INT64_MAX / 2, near, 1) == 1 && near[0] == 2);
    CHECK(prom_exemplars_near(&found, -1, near, 3) == 3 && near[0] == 2 && near[2] == 0);
    prom_exemplars_copy(&found, &copy);
    prom_exemplars_drop_before(&found, 1795420750000);
    CHECK(found.n == 2 && found.at[0].at_ms == 1795420750000);
    prom_exemplars_drop_before(&found, INT64_MAX);
    CHECK(found.n == 0);
    prom_exemplars_finish(&found);
    CHECK(copy.n == 3 && prom_exemplars_near(&found, 0, near, 3) == 0);
    prom_exemplars_finish(&copy);
}

static void nothing_is_an_answer(void **state)
{
    static const char *const bodies[] = {ANSWER(""), "{\"status\":\"success\",\"data\":null}"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct fetch_reply reply = reply_of(200, bodies[i]);
        struct prom_exemplars found = {0};

        assert_int_equal(prom_exemplars_add(&found, &reply, NULL), 0);
        CHECK(found.n == 0);
        prom_exemplars_finish(&found);
    }
}

static void answers_of_another_shape_are_refused(void **state)
{
    static const char *const bodies[] = {
        "{\"status\":\"success\"}",
        "{\"status\":\"success\",\"data\":{}}",
        ANSWER("{}"),
        ANSWER(SERIES("", "{\"value\":\"1\"}")),
        ANSWER(SERIES("", ONE("1", "one", "aa"))),
        ANSWER(SERIES("", ONE("-1", "1", "aa"))),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct fetch_reply reply = reply_of(200, bodies[i]);
        struct prom_exemplars found = {0};
        struct tw_error err = {0};

        assert_int_equal(prom_exemplars_add(&found, &reply, &err), -1);
        CHECK(err.code == TW_BROKEN);
        prom_exemplars_finish(&found);
    }
}

static void the_newest_are_kept_of_too_many(void **state)
{
    struct prom_exemplars found = {0};
    struct fetch_reply reply;
    struct buffer body;

    (void)state;
    buffer_init(&body, 1 << 20);
    (void)buffer_puts(&body, "{\"data\":[{\"seriesLabels\":{},\"exemplars\":[");
    for (int i = 0; i < PROM_EXEMPLARS_MAX + 5; i++)
        (void)buffer_printf(&body, "%s{\"labels\":{},\"value\":\"1\",\"timestamp\":%d}",
                            i ? "," : "", i + 1);
    (void)buffer_puts(&body, "]}]}");
    reply = reply_of(200, buffer_text(&body));
    assert_int_equal(prom_exemplars_add(&found, &reply, NULL), 0);
    CHECK(found.n == PROM_EXEMPLARS_MAX && found.n_left_off == 5 && found.at[0].at_ms == 6000);
    prom_exemplars_finish(&found);
    buffer_finish(&body);
}

static void the_flags_tell_whether_exemplars_are_kept(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum prom_storage storage;
    } cases[] = {
        {200, "{\"data\":{\"enable-feature\":\"exemplar-storage,x\"}}", PROM_STORAGE_ON},
        {200, "{\"data\":{\"enable-feature\":\"\"}}", PROM_STORAGE_OFF},
        {200, "{\"data\":{}}", PROM_STORAGE_UNKNOWN},
        {404, "not found", PROM_STORAGE_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fetch_reply reply = reply_of(cases[i].status, cases[i].body);

        CHECK(prom_exemplar_storage(&reply) == cases[i].storage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(exemplars_of_all_series_ascend_in_time),    TEST(nothing_is_an_answer),
        TEST(answers_of_another_shape_are_refused),      TEST(the_newest_are_kept_of_too_many),
        TEST(the_flags_tell_whether_exemplars_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
