#include "test.h"

#include "tui/command/commands.h"

#include <math.h>
#include <stdbool.h>

struct values {
    bool is_json;
    double amount, count;
    const char *name, *until;
};

static const struct option_spec specs[] = {
    {.name = "json", .type = OPTION_FLAG, .offset = offsetof(struct values, is_json), .help = "j"},
    {.name = "amount",
     .type = OPTION_NUMBER,
     .argument = "X",
     .fallback = "0.8",
     .offset = offsetof(struct values, amount),
     .help = "how far"},
    {.name = "count",
     .type = OPTION_WHOLE,
     .argument = "N",
     .min = 1,
     .max = 10,
     .offset = offsetof(struct values, count),
     .help = "how many"},
    {.name = "name",
     .type = OPTION_TEXT,
     .argument = "TEXT",
     .offset = offsetof(struct values, name),
     .help = "whose"},
    {.name = "until",
     .type = OPTION_CHOICE,
     .choices = "alert|duration",
     .fallback = "alert",
     .offset = offsetof(struct values, until),
     .help = "what ends it"},
};

static const struct setting settings[] = {
    {"prometheus.url", SETTING_STRING, 0, "", 0, 0, NULL, NULL, "p"},
};

#define N_ARGUMENTS_MAX 8

static int parse(struct values *values,
                 struct option_rest *rest,
                 struct tw_error *err,
                 const char *const arguments[N_ARGUMENTS_MAX])
{
    struct option_table table = {specs, COUNT_OF(specs), settings, COUNT_OF(settings)};
    int n = 0;

    while (n < N_ARGUMENTS_MAX && arguments[n])
        n++;
    *values = (struct values){0};
    return options_parse(&table, n, arguments, values, rest, err);
}

#define ARGUMENTS(...) ((const char *const[N_ARGUMENTS_MAX]){__VA_ARGS__})

static void options_are_read_in_either_form_and_any_order(void **state)
{
    struct values values;
    struct option_rest rest;

    (void)state;
    assert_int_equal(parse(&values, &rest, NULL,
                           ARGUMENTS("7", "--amount=0.5", "--count", "3", "--json", "--name", "-x",
                                     "--until=duration")),
                     0);
    CHECK(values.is_json && values.amount == 0.5 && values.count == 3);
    assert_string_equal(values.name, "-x");
    assert_string_equal(values.until, "duration");
    CHECK(rest.n_operands == 1);
    assert_string_equal(rest.operands[0], "7");
}

static void what_is_left_out_has_its_default(void **state)
{
    struct values values;
    struct option_rest rest;

    (void)state;
    assert_int_equal(parse(&values, &rest, NULL, ARGUMENTS(NULL)), 0);
    CHECK(!values.is_json && values.amount == 0.8 && isnan(values.count) && !values.name);
    assert_string_equal(values.until, "alert");
}

static void settings_are_handed_on(void **state)
{
    struct values values;
    struct option_rest rest;

    (void)state;
    assert_int_equal(
        parse(&values, &rest, NULL,
              ARGUMENTS("--prometheus.url", "http://x", "--json", "--prometheus.url=http://y")),
        0);
    CHECK(rest.n_settings == 3 && values.is_json);
    assert_string_equal(rest.settings[1], "http://x");
    assert_string_equal(rest.settings[2], "--prometheus.url=http://y");
}

static void two_dashes_end_the_options(void **state)
{
    struct values values;
    struct option_rest rest;

    (void)state;
    assert_int_equal(parse(&values, &rest, NULL, ARGUMENTS("--", "--json")), 0);
    CHECK(!values.is_json && rest.n_operands == 1);
}

static void mistakes_are_named(void **state)
{
    static const struct {
        const char *arguments[N_ARGUMENTS_MAX];
        const char *message;
    } cases[] = {
        {{"--amout", "1"}, "there is no option --amout (did you mean 'amount'?)"},
        {{"--prometheus.ulr=x"},
         "there is no option --prometheus.ulr (did you mean 'prometheus.url'?)"},
        {{"--zzz"}, "there is no option --zzz"},
        {{"--x\x1b[31m"}, "there is no option --x?[31m"},
        {{"-j"}, "options begin with two dashes"},
        {{"--amount"}, "--amount needs a value"},
        {{"--amount", "--json"}, "--amount needs a value"},
        {{"--amount", "much"}, "--amount must be a number"},
        {{"--amount=NaN"}, "--amount must be a number"},
        {{"--amount=+Inf"}, "--amount must be a number"},
        {{"--amount="}, "--amount must be a number"},
        {{"--count=1.5"}, "--count must be a whole number"},
        {{"--count=11"}, "--count must be from 1 to 10"},
        {{"--name="}, "--name must not be empty"},
        {{"--until=never"}, "--until must be one of alert|duration"},
        {{"--until=alert|duration"}, "--until must be one of alert|duration"},
        {{"--json=yes"}, "--json takes no value"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct values values;
        struct option_rest rest;
        struct tw_error err = {0};

        assert_int_equal(parse(&values, &rest, &err, cases[i].arguments), -1);
        assert_string_equal(err.message, cases[i].message);
    }
}

static void a_required_option_is_asked_for(void **state)
{
    struct option_spec required = specs[1];
    struct option_table table = {&required, 1, NULL, 0};
    struct values values = {0};
    struct option_rest rest;
    struct tw_error err;

    (void)state;
    required.fallback = NULL;
    required.is_required = true;
    assert_int_equal(options_parse(&table, 0, NULL, &values, &rest, &err), -1);
    assert_string_equal(err.message, "--amount is missing: how far");
}

static void help_comes_from_the_table(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, 4096);
    options_write_help(specs, COUNT_OF(specs), &out);
    assert_string_equal(buffer_text(&out),
                        "  --json                          j\n"
                        "  --amount X                      how far (0.8)\n"
                        "  --count N                       how many\n"
                        "  --name TEXT                     whose\n"
                        "  --until alert|duration          what ends it (alert)\n");
    buffer_finish(&out);
}

static void commands_are_found_by_their_words(void **state)
{
    static const struct {
        const char *arguments[3];
        const char *words; /* NULL: not found */
        int n_words;
        const char *message;
    } cases[] = {
        {{NULL}, "", 0, NULL},
        {{"--once"}, "", 0, NULL},
        {{"sim", "drift", "--rate"}, "sim drift", 2, NULL},
        {{"sim", "stop", "7"}, "sim stop", 2, NULL},
        {{"events", "7"}, "events", 1, NULL},
        {{"predict", "--json"}, "predict", 1, NULL},
        {{"simm"}, NULL, 0, "there is no command 'simm' (did you mean 'sim'?)"},
        {{"sim", "drfit"}, NULL, 0, "there is no command 'sim drfit' (did you mean 'sim drift'?)"},
        {{"sim"}, NULL, 0, "'sim' needs a further word"},
        {{"xyzzy"}, NULL, 0, "there is no command 'xyzzy'"},
        {{"\x1b]0;x"}, NULL, 0, "there is no command '?]0;x'"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tw_error err = {0};
        int n = 0, n_words;
        const struct command *command;

        while (n < 3 && cases[i].arguments[n])
            n++;
        command = command_find(n, cases[i].arguments, &n_words, &err);
        CHECK(!command == !cases[i].words);
        if (!command) {
            assert_string_equal(err.message, cases[i].message);
            continue;
        }
        assert_string_equal(command->words, cases[i].words);
        assert_int_equal(n_words, cases[i].n_words);
    }
}

static void words_are_taken_up_to_a_bound(void **state)
{
    static const char *words[OPERANDS_MAX + 1];
    struct option_table table = {specs, COUNT_OF(specs), settings, COUNT_OF(settings)};
    struct values values;
    struct option_rest rest;
    struct tw_error err = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        words[i] = i == 0 ? "-" : "word";
    assert_int_equal(options_parse(&table, OPERANDS_MAX, words, &values, &rest, &err), 0);
    CHECK(rest.n_operands == OPERANDS_MAX);
    assert_string_equal(rest.operands[0], "-");
    assert_int_equal(options_parse(&table, OPERANDS_MAX + 1, words, &values, &rest, &err), -1);
    assert_string_equal(err.message, "too many arguments");
}

static void every_command_fits_its_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_commands; i++) {
        struct option_spec all[2 * COMMAND_OPTIONS_MAX];
        size_t n = command_options(&commands[i], all);

        CHECK(n <= COMMAND_OPTIONS_MAX);
        CHECK(commands[i].n_operands <= OPERANDS_MAX);
        for (size_t o = 0; o < n - global_options.n; o++) {
            CHECK(all[o].offset >= sizeof(struct global_values));
            CHECK(all[o].offset + sizeof(double) <= COMMAND_VALUES_MAX);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(options_are_read_in_either_form_and_any_order),
        TEST(what_is_left_out_has_its_default),
        TEST(settings_are_handed_on),
        TEST(two_dashes_end_the_options),
        TEST(mistakes_are_named),
        TEST(a_required_option_is_asked_for),
        TEST(help_comes_from_the_table),
        TEST(commands_are_found_by_their_words),
        TEST(words_are_taken_up_to_a_bound),
        TEST(every_command_fits_its_bounds),
    };

    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
