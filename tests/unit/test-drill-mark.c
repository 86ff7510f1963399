#include "test.h"

#include "server/drill/drill_mark.h"

static const char key[] = "0123456789abcdef0123456789abcdef";

static struct drill_marker *marker;

static int make_marker(void **state)
{
    (void)state;
    marker = drill_marker_new(key, strlen(key));
    return 0;
}

static int free_marker(void **state)
{
    (void)state;
    drill_marker_free(marker);
    return 0;
}

static bool is_accepted(const char *value)
{
    enum drill_kind kind;
    int64_t id;

    return drill_mark_check(marker, value, &id, &kind);
}

/* Made with: printf '7;drift' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef */
static const char known[] = "7;drift;82cecda029afebdf59a2bfd0ade6ef7c";

static void a_mark_is_the_hmac_of_id_and_kind(void **state)
{
    char value[DRILL_MARK_SIZE];

    (void)state;
    drill_mark_write(marker, 7, DRILL_DRIFT, value);
    assert_string_equal(value, known);
}

static void a_mark_is_known_by_whoever_has_the_key(void **state)
{
    struct drill_marker *replica = drill_marker_new(key, strlen(key));
    struct drill_marker *stranger = drill_marker_new(key, strlen(key) - 1);
    static const int64_t ids[] = {1, 7, 123456789012345678, 999999999999999999};
    char value[DRILL_MARK_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        enum drill_kind kind = DRILL_DRIFT;
        int64_t id = 0;

        drill_mark_write(marker, ids[i], DRILL_BASELINE, value);
        CHECK(drill_mark_check(replica, value, &id, &kind));
        CHECK(id == ids[i] && kind == DRILL_BASELINE);
        CHECK(!drill_mark_check(stranger, value, &id, &kind));
    }
    drill_marker_free(replica);
    drill_marker_free(stranger);
}

static void a_mark_changed_anywhere_is_refused(void **state)
{
    char value[sizeof(known)];

    (void)state;
    CHECK(is_accepted(known));
    for (size_t i = 0; i + 1 < sizeof(known); i++) {
        for (int c = 1; c < 256; c++) {
            memcpy(value, known, sizeof(known));
            value[i] = (char)c;
            if (value[i] != known[i] && is_accepted(value))
                fail_msg("accepted: %s", value);
        }
        memcpy(value, known, sizeof(known));
        value[i] = '\0';
        CHECK(!is_accepted(value));
    }
}

static void a_secret_does_not_serve_another_run(void **state)
{
    char value[DRILL_MARK_SIZE];
    const char *secret = strrchr(known, ';');

    (void)state;
    (void)snprintf(value, sizeof(value), "8;drift%s", secret);
    CHECK(!is_accepted(value));
    (void)snprintf(value, sizeof(value), "7;baseline%s", secret);
    CHECK(!is_accepted(value));
}

static void malformed_marks_are_refused(void **state)
{
    static const char *const heads[] = {
        "",
        "7",
        "7;",
        ";drift",
        "7;drift",
        ";;",
        "07;drift",
        "+7;drift",
        "-7;drift",
        " 7;drift",
        "7 ;drift",
        "7; drift",
        "0;drift",
        "7;Drift",
        "7;outage",
        "7;;drift",
        "7.0;drift",
        "12345678901234567890;drift",
        "99999999999999999999999999999999999999999999999999999999999999999999999999999;drift",
    };
    const char *secret = strrchr(known, ';');
    char value[256];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        CHECK(!is_accepted(heads[i]));
        if (i == 4)
            continue; /* that one is right once it has its secret */
        (void)snprintf(value, sizeof(value), "%s%s", heads[i], secret);
        if (is_accepted(value))
            fail_msg("accepted: %s", value);
    }
    (void)snprintf(value, sizeof(value), "%s0", known);
    CHECK(!is_accepted(value));
    (void)snprintf(value, sizeof(value), "%s;", known);
    CHECK(!is_accepted(value));
    (void)snprintf(value, sizeof(value), " %s", known);
    CHECK(!is_accepted(value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_mark_is_the_hmac_of_id_and_kind),  TEST(a_mark_is_known_by_whoever_has_the_key),
        TEST(a_mark_changed_anywhere_is_refused), TEST(a_secret_does_not_serve_another_run),
        TEST(malformed_marks_are_refused),
    };

    return cmocka_run_group_tests_name("drill-mark", tests, make_marker, free_marker);
}
