#include "test.h"

#include "common/float_text.h"
#include "common/random.h"

#include <math.h>

/* Borrowed until the next call. */
static const char *text_of(float value)
{
    static char text[64];
    struct buffer out;
    struct json_writer w = {&out, false};

    buffer_init(&out, sizeof(text) - 1);
    json_write_float(&w, NULL, value);
    (void)snprintf(text, sizeof(text), "%s", buffer_text(&out));
    buffer_finish(&out);
    return text;
}

static void floats_are_written_as_short_as_can_be(void **state)
{
    static const struct {
        float value;
        const char *text;
    } cases[] = {
        {0, "0.0"},
        {-0.0F, "-0.0"},
        {1, "1.0"},
        {-1, "-1.0"},
        {0.1F, "0.1"},
        {0.9F, "0.9"},
        {0.006116271F, "0.006116271"},
        {0.78178215F, "0.78178215"},
        {-12.5F, "-12.5"},
        {100, "100.0"},
        {999999, "999999.0"},
        {1.0F / 3, "0.33333334"},
        {0.0001F, "0.0001"},
        {1e-5F, "1e-05"},
        {16777216, "16777216.0"},
        {1e15F, "1e+15"},
        {1e-30F, "1e-30"},
        {0.999999940395F, "0.99999994"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(text_of(cases[i].value), cases[i].text);
    assert_string_equal(text_of(NAN), "null");
    assert_string_equal(text_of(INFINITY), "null");
}

static void every_float_reads_back(void **state)
{
    struct random_state rng;

    (void)state;
    random_seed(&rng, 7);
    for (int i = 0; i < 200000; i++) {
        uint32_t bits = (uint32_t)random_bits(&rng);
        float value, back;

        memcpy(&value, &bits, sizeof(value));
        if (i % 2)
            value = (float)random_normal(&rng, 0, i % 3 ? 0.05 : 1000);
        if (!isfinite(value))
            continue;
        back = strtof(text_of(value), NULL);
        if (memcmp(&value, &back, sizeof(value)) != 0)
            fail_msg("%.9g is written as %s", (double)value, text_of(value));
        if (strlen(text_of(value)) > 17)
            fail_msg("%s is long", text_of(value));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(floats_are_written_as_short_as_can_be),
        TEST(every_float_reads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
