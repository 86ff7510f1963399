#include "test.h"

#include "common/fields.h"
#include "common/utf8.h"

struct body {
    double count, share;
    const char *name;
    bool is_on;
    int color;
    const struct json *list;
};

static const struct field body_fields[] = {
    {"count", FIELD_INT, true, 0, 10, offsetof(struct body, count), NULL, "How many"},
    {"share", FIELD_NUMBER, false, 0, 1, offsetof(struct body, share), NULL, NULL},
    {"name", FIELD_STRING, false, 1, 3, offsetof(struct body, name), NULL, NULL},
    {"on", FIELD_BOOL, false, 0, 0, offsetof(struct body, is_on), NULL, NULL},
    {"color", FIELD_CHOICE, false, 0, 0, offsetof(struct body, color), "red|green", NULL},
    {"list", FIELD_STRINGS, false, 1, 2, offsetof(struct body, list), NULL, NULL},
};
static const struct schema body_schema = SCHEMA_OF(body_fields);

static bool decode(const char *text, struct body *body, struct field_errors *errors)
{
    CLEANUP(json_freep) struct json *json = NULL;

    errors->n = 0;
    assert_int_equal(json_parse(text, strlen(text), &json, NULL), 0);
    return fields_decode(&body_schema, json, "", body, errors);
}

static void good_members_are_written_and_absent_ones_left_alone(void **state)
{
    struct body body = {.share = 0.5, .color = 7};
    struct field_errors errors;

    (void)state;
    CHECK(decode("{\"count\": 3, \"on\": true, \"color\": \"green\"}", &body, &errors));
    CHECK(body.count == 3 && body.share == 0.5 && body.is_on && body.color == 1);
}

static void every_wrong_member_is_named(void **state)
{
    struct body body = {0};
    struct field_errors errors;

    (void)state;
    CHECK(!decode("{\"share\": 2, \"name\": \"\\u00e9\\u00e9\\u00e9\\u00e9\", \"on\": 1, "
                  "\"color\": \"blue\", \"list\": [], \"extra\": null}",
                  &body, &errors));
    assert_int_equal(errors.n, 7); /* six members and count, which is missing */
    assert_string_equal(errors.item[6].field, "count");
    assert_string_equal(errors.item[6].detail, "is required");
}

static void a_wrong_type_or_range_says_what_is_right(void **state)
{
    static const struct {
        const char *text, *detail;
    } cases[] = {
        {"{\"count\": \"3\"}", "must be an integer, not string"},
        {"{\"count\": 3.5}", "must be an integer"},
        {"{\"count\": 11}", "must be between 0 and 10"},
        {"{\"count\": -1}", "must be between 0 and 10"},
        {"{\"count\": null}", "must be an integer, not null"},
        {"{\"count\": 1, \"share\": true}", "must be a number, not boolean"},
        {"{\"count\": 1, \"name\": \"abcd\"}", "must have 1 to 3 characters, has 4"},
        {"{\"count\": 1, \"list\": {}}", "must be an array, not object"},
        {"{\"count\": 1, \"list\": [\"a\", null]}", "must be a string, not null"},
        {"{\"count\": 1, \"color\": \"re\"}", "must be one of red|green"},
        {"{\"count\": 1, \"Count\": 1}", "is not known here"},
    };
    struct body body;
    struct field_errors errors;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK(!decode(cases[i].text, &body, &errors));
        assert_int_equal(errors.n, 1);
        assert_string_equal(errors.item[0].detail, cases[i].detail);
    }
}

static void something_else_than_an_object_is_refused(void **state)
{
    struct body body;
    struct field_errors errors;

    (void)state;
    CHECK(!decode("[1]", &body, &errors));
    CHECK(!decode("null", &body, &errors));
    CHECK(!fields_decode(&body_schema, NULL, "rows[0]", &body, &errors));
}

static void more_errors_than_fit_are_counted(void **state)
{
    struct field_errors errors = {0};

    (void)state;
    for (int i = 0; i < 40; i++)
        field_errors_add(&errors, "x", "%d", i);
    assert_int_equal(errors.n, 40);
    assert_string_equal(errors.item[FIELD_ERRORS_MAX - 1].detail, "15");
}

/* Of an answer in JSON: half a character would make it none. */
static void a_long_name_is_cut_between_two_characters(void **state)
{
    char body[256] = "{\"x", *at = body + 3;
    struct body out;
    struct field_errors errors;

    (void)state;
    for (int i = 0; i < 45; i++, at += 3)
        memcpy(at, "\xe6\xbc\xa2", 3);
    memcpy(at, "\":1}", 5);
    CHECK(!decode(body, &out, &errors));
    CHECK(errors.n > 0);
    for (size_t i = 0; i < errors.n; i++)
        CHECK(utf8_is_valid(errors.item[i].field, strlen(errors.item[i].field)));
    field_errors_add(&errors, "x", "%s", body + 2);
    CHECK(
        utf8_is_valid(errors.item[errors.n - 1].detail, strlen(errors.item[errors.n - 1].detail)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(good_members_are_written_and_absent_ones_left_alone),
        TEST(every_wrong_member_is_named),
        TEST(a_wrong_type_or_range_says_what_is_right),
        TEST(something_else_than_an_object_is_refused),
        TEST(more_errors_than_fit_are_counted),
        TEST(a_long_name_is_cut_between_two_characters),
    };

    return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
