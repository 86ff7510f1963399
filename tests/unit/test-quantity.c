#include "test.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "server/llm/quantity.h"

#include <math.h>

#define MAX 16

struct quantities {
    struct text_words words;
    struct quantity items[MAX];
    size_t n;
};

static void read_quantities(struct quantities *q, const char *text)
{
    text_words_init(&q->words, text, strlen(text));
    q->n = quantity_find(text, q->words.items, q->words.n, q->items, MAX);
}

/* "kind value", several with " | " between; a mark after each: ~ soft, < at most, > at least, # numbers a thing. */
static void expect(const char *text, const char *expected)
{
    static const char *const kinds[] = {"count", "time", "work",    "clock", "date",
                                        "size",  "rate", "percent", "money"};
    struct quantities q;
    struct buffer got;

    buffer_init(&got, 2048);
    read_quantities(&q, text);
    for (size_t i = 0; i < q.n; i++)
        (void)buffer_printf(&got, "%s%s %g%s%s%s", i > 0 ? " | " : "", kinds[q.items[i].kind],
                            q.items[i].value, q.items[i].is_soft ? "~" : "",
                            q.items[i].is_label ? "#" : "",
                            q.items[i].bound == QUANTITY_MOST    ? "<"
                            : q.items[i].bound == QUANTITY_LEAST ? ">"
                                                                 : "");
    if (strcmp(buffer_text(&got), expected) != 0)
        fail_msg("'%s' became '%s', not '%s'", text, buffer_text(&got), expected);
    buffer_finish(&got);
    text_words_finish(&q.words);
}

static void numbers_are_read_from_digits_and_words(void **state)
{
    (void)state;
    expect("1,250.5 of them", "count 1250.5");
    expect("twenty-five people", "count 25");
    expect("two hundred and fifty cars", "count 250");
    expect("two thousand five hundred", "count 2500");
    expect("two dozen eggs, twelve forks", "count 24 | count 12");
    expect("5 million rows, 5k rows", "count 5e+06 | count 5000");
    expect("it is done twice", "count 2");
    expect("no number at all", "");
}

static void units_are_brought_to_one_base(void **state)
{
    (void)state;
    expect("two weeks", "time 1.2096e+06");
    expect("a 30-minute wait", "time 1800");
    expect("half an hour, an hour and a half", "time 1800 | time 5400~");
    expect("a quarter of an hour", "time 900");
    expect("10 working days", "work 864000");
    expect("5 GB at 10 Mbit/s", "size 5e+09 | rate 1e+07");
    expect("99.9 %, 30 percent, a fifth of it", "percent 99.9 | percent 30 | percent 20");
    expect("$12, 3 euros, \xe2\x82\xac"
           "40",
           "money 12 | money 3 | money 40");
    expect("9 am to 5:30 pm, noon", "clock 540 | clock 1050 | clock 720");
    expect("half past eleven, three quarters of an hour", "clock 690 | time 2700");
    expect("3 May, March 31", "date 503 | date 331");
    expect("on Oct 4", "date 1004");
    expect("two working weeks", "work 864000");
    expect("EUR 20 or 5 EUR 30", "money 20 | money 5 | count 30");
    expect("an hour and 30 minutes, 2 days 3 hours", "time 5400 | time 183600");
    expect("for 30 days and five-minute averages", "time 2.592e+06 | time 300");
    expect("at seven, at 8 doors", "clock 420 | count 8");
    expect("twice a year", "count 2 | time 3.1536e+07~");
}

static void a_range_shares_its_unit(void **state)
{
    (void)state;
    expect("2 to 4 hours", "time 7200 | time 14400");
    expect("severity 1 and 2", "count 1# | count 2#");
}

static void bounds_are_read_on_both_sides(void **state)
{
    (void)state;
    expect("at least 3 days", "time 259200>");
    expect("up to 3 days", "time 259200<");
    expect("no more than 3 days", "time 259200<");
    expect("it never goes beyond 3 days", "time 259200<");
    expect("3 days or more", "time 259200>");
    expect("3 days at the latest", "time 259200<");
    expect("3 days", "time 259200");
}

static void what_may_be_no_number_is_soft(void **state)
{
    (void)state;
    expect("the first one", "count 1~ | count 1~");
    expect("five calls a day", "count 5 | time 86400~");
    expect("within a day", "time 86400<");
}

/* The relation of the first quantities of two texts. */
static enum quantity_relation compare(const char *a, const char *b)
{
    struct quantities left, right;
    enum quantity_relation relation, back;

    read_quantities(&left, a);
    read_quantities(&right, b);
    CHECK(left.n > 0 && right.n > 0);
    relation = quantity_compare(&left.items[left.n - 1], &right.items[right.n - 1]);
    back = quantity_compare(&right.items[right.n - 1], &left.items[left.n - 1]);
    CHECK(relation == back);
    text_words_finish(&left.words);
    text_words_finish(&right.words);
    return relation;
}

static void equal_quantities_are_the_same_however_written(void **state)
{
    static const char *const same[][2] = {
        {"two weeks", "14 days"},
        {"half an hour", "30 minutes"},
        {"90 days", "3 months"},
        {"1 year", "12 months"},
        {"1 GB", "1024 MB"},
        {"10 working days", "two weeks"},
        {"4 hours", "4 working hours"},
        {"9 am", "09:00"},
        {"10 in the evening", "22:00"},
        {"three tries", "3 attempts"},
        {"30 percent", "30 %"},
        {"May 3", "3rd of May"},
        {"5 days, or 8", "8 days"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(same); i++)
        if (compare(same[i][0], same[i][1]) != QUANTITY_SAME)
            fail_msg("'%s' is not '%s'", same[i][0], same[i][1]);
}

static void different_quantities_of_one_thing_are_rivals(void **state)
{
    static const char *const rivals[][2] = {
        {"two weeks", "15 days"},
        {"5 attempts", "3 failed attempts"},
        {"severity 1", "severity 2"},
        {"5 euros", "5 dollars"},
        {"30 %", "31 %"},
        {"11 months", "1 year"},
        {"5 days, or 8", "9 days"},
    };
    static const char *const others[][2] = {{"5 days", "6 GB"},
                                            {"5 attempts", "6 laptops"},
                                            {"severity 1", "port 443"},
                                            {"5 euros", "6 percent"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rivals); i++)
        if (compare(rivals[i][0], rivals[i][1]) != QUANTITY_RIVAL)
            fail_msg("'%s' is no rival of '%s'", rivals[i][0], rivals[i][1]);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (compare(others[i][0], others[i][1]) != QUANTITY_OTHER)
            fail_msg("'%s' has to do with '%s'", others[i][0], others[i][1]);
}

static void no_more_are_found_than_fit(void **state)
{
    struct quantities q;

    (void)state;
    read_quantities(&q, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18");
    CHECK(q.n == MAX && q.items[MAX - 1].value == 16);
    text_words_finish(&q.words);
}

static void an_endless_number_is_finite(void **state)
{
    struct quantities q;
    char text[300];

    (void)state;
    memset(text, '9', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    read_quantities(&q, text);
    for (size_t i = 0; i < q.n; i++)
        CHECK(isfinite(q.items[i].value));
    text_words_finish(&q.words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_are_read_from_digits_and_words),
        TEST(units_are_brought_to_one_base),
        TEST(a_range_shares_its_unit),
        TEST(bounds_are_read_on_both_sides),
        TEST(what_may_be_no_number_is_soft),
        TEST(equal_quantities_are_the_same_however_written),
        TEST(different_quantities_of_one_thing_are_rivals),
        TEST(no_more_are_found_than_fit),
        TEST(an_endless_number_is_finite),
    };

    return cmocka_run_group_tests_name("quantity", tests, NULL, NULL);
}
