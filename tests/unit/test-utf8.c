#include "test.h"

#include "common/error.h"
#include "common/utf8.h"

static void a_text_that_was_cut_off_ends_between_characters(void **state)
{
    static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"; /* of 1, 2, 3 and 4 bytes */
    static const size_t whole[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};

    (void)state;
    for (size_t len = 0; len < COUNT_OF(whole); len++)
        CHECK(utf8_whole(text, len) == whole[len]);
}

static void a_message_that_is_too_long_is_still_utf_8(void **state)
{
    static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(characters); i++)
        for (int n_before = 0; n_before < 4; n_before++) {
            struct tw_error err;
            char text[1200] = "";

            for (size_t n = 0, size = strlen(characters[i]); n < 280; n++)
                memcpy(text + n * size, characters[i], size + 1);
            CHECK(tw_fail(&err, TW_INVALID, "%.*s%s", n_before, "abc", text) == -1);
            CHECK(utf8_is_valid(err.message, strlen(err.message)));
            CHECK(strlen(err.message) + 4 >= sizeof(err.message));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_text_that_was_cut_off_ends_between_characters),
        TEST(a_message_that_is_too_long_is_still_utf_8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
