#include "test.h"

#include "common/base64.h"

static void base64_is_that_of_rfc_4648(void **state)
{
    static const char *const cases[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t size = strlen(cases[i][0]), len = strlen(cases[i][1]);
        struct buffer out;
        char back[8] = "";

        buffer_init(&out, 100);
        base64_encode(cases[i][0], size, &out);
        assert_string_equal(buffer_text(&out), cases[i][1]);
        buffer_finish(&out);
        CHECK(base64_size(cases[i][1], len) == size && BASE64_LEN(size) == len);
        CHECK(base64_decode(cases[i][1], len, back, size));
        assert_string_equal(back, cases[i][0]);
    }
}

static void what_is_no_base64_is_refused(void **state)
{
    static const char *const bad[] = {"Z",    "Zg=",  "Zg",       "Zh==",
                                      "Zm9=", "Z===", "Zg==Zg==", "Zm9v\n",
                                      "Zm-v", "====", "Zm9vYg=A", "\xff\xff\xff\xff"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char back[16];

        for (size_t size = 0; size <= 6; size++)
            if (base64_decode(bad[i], strlen(bad[i]), back, size))
                fail_msg("%s is accepted as %zu bytes", bad[i], size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(base64_is_that_of_rfc_4648),
        TEST(what_is_no_base64_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
