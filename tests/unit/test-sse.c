#include "test.h"

#include "common/buffer.h"
#include "server/llm/sse.h"

/* What was read, as text: "name|data;" for each event. */
struct seen {
    char text[1024];
    size_t len;
    int n, n_wanted;
};

static bool take(void *ctx, const char *name, const char *data, size_t len)
{
    struct seen *seen = ctx;
    size_t name_len = strlen(name);

    CHECK(data[len] == '\0' && seen->len + name_len + len + 2 < sizeof(seen->text));
    memcpy(seen->text + seen->len, name, name_len);
    seen->text[seen->len + name_len] = '|';
    memcpy(seen->text + seen->len + name_len + 1, data, len);
    seen->len += name_len + 1 + len;
    seen->text[seen->len++] = ';';
    return ++seen->n < seen->n_wanted;
}

/* Reads bytes in pieces of a size. */
static void read_pieces(struct seen *seen, const char *bytes, size_t len, size_t piece)
{
    struct sse_reader reader;

    *seen = (struct seen){.n_wanted = 1000};
    sse_reader_init(&reader, 256);
    for (size_t i = 0; i < len; i += piece)
        assert_int_equal(sse_reader_feed(&reader, bytes + i, len - i < piece ? len - i : piece,
                                         take, seen, NULL),
                         0);
    sse_reader_finish(&reader);
}

/* The same events, however the bytes are cut. */
static void expect_of(const char *bytes, size_t len, const char *expected)
{
    for (size_t piece = 1; piece <= len; piece++) {
        struct seen seen;

        read_pieces(&seen, bytes, len, piece);
        if (seen.len != strlen(expected) || memcmp(seen.text, expected, seen.len) != 0)
            fail_msg("in pieces of %zu: '%s', not '%s'", piece, seen.text, expected);
    }
}

static void expect(const char *bytes, const char *expected)
{
    expect_of(bytes, strlen(bytes), expected);
}

static void events_end_with_an_empty_line_however_lines_end(void **state)
{
    (void)state;
    expect("data: a\n\ndata: b\n\n", "|a;|b;");
    expect("data: a\r\n\r\ndata: b\r\n\r\n", "|a;|b;");
    expect("data: a\r\rdata: b\r\r", "|a;|b;");
    expect("data: a\r\n\rdata: b\n\r\n", "|a;|b;");
    expect("data: a\n", "");
    expect("data: a", "");
}

static void data_lines_are_joined(void **state)
{
    (void)state;
    expect("data: a\ndata: b\r\ndata\ndata:\ndata:c\n\n", "|a\nb\n\n\nc;");
    expect("data\n\n", "|;");
    expect("data:  two blanks: and a colon\n\n", "| two blanks: and a colon;");
}

static void names_belong_to_their_event(void **state)
{
    (void)state;
    expect("event: delta\ndata: a\n\ndata: b\n\n", "delta|a;|b;");
    expect("event: lost\n\ndata: b\n\n", "|b;"); /* without data it is none */
    expect("data: a\nevent:end\n\n", "end|a;");
}

static void comments_and_other_fields_are_skipped(void **state)
{
    (void)state;
    expect(": ping\n\nid: 7\nretry: 100\ndatas: x\n data: y\ndata: a\n:\n\n", "|a;");
    expect("{\"error\": \"not a stream\"}\n\n", "");
    expect("\n\n\n", "");
}

static void a_mark_at_the_start_is_skipped(void **state)
{
    (void)state;
    expect("\xef\xbb\xbf"
           "data: a\n\n",
           "|a;");
    expect("\n\xef\xbb\xbf"
           "data: a\n\n",
           "");
}

static void bytes_pass_as_they_are(void **state)
{
    static const char bytes[] = "data: a\0b \xff \xf0\x9f\x98\x80\n\n";

    (void)state;
    for (size_t piece = 1; piece < sizeof(bytes); piece++) {
        struct seen seen;

        read_pieces(&seen, bytes, sizeof(bytes) - 1, piece);
        CHECK(seen.n == 1 && seen.len == 12);
        CHECK(memcmp(seen.text + 1, bytes + 6, 10) == 0);
    }
}

static void a_taker_may_end_it(void **state)
{
    static const char bytes[] = "data: a\n\ndata: b\n\n";
    struct seen seen = {.n_wanted = 1};
    struct sse_reader reader;

    (void)state;
    sse_reader_init(&reader, 256);
    assert_int_equal(sse_reader_feed(&reader, bytes, strlen(bytes), take, &seen, NULL), 0);
    assert_int_equal(sse_reader_feed(&reader, bytes, strlen(bytes), take, &seen, NULL), 0);
    CHECK(seen.n == 1);
    sse_reader_finish(&reader);
}

static void lines_and_events_are_bounded(void **state)
{
    static const struct {
        const char *bytes;
        bool fits;
    } cases[] = {{"data: 12\n\n", true},
                 {"data: 123\n\n", false},
                 {": 123456\n\n", true},
                 {": 1234567\n\n", false},
                 {"data:123\ndata:123\n\n", true},
                 {"data:123\ndata:123\ndata:\n\n", true},
                 {"data:123\ndata:123\ndata:1\n\n", false}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct seen seen = {.n_wanted = 1000};
        struct tw_error err = {0};
        struct sse_reader reader;
        int r;

        sse_reader_init(&reader, 8);
        r = sse_reader_feed(&reader, cases[i].bytes, strlen(cases[i].bytes), take, &seen, &err);
        if ((r == 0) != cases[i].fits || (r < 0 && err.code != TW_INVALID))
            fail_msg("'%s' gives %d", cases[i].bytes, r);
        CHECK(sse_reader_feed(&reader, "\n\ndata: 1\n\n", 11, take, &seen, NULL) == 0);
        CHECK(r == 0 || seen.n == 0); /* after an error nothing more is read */
        sse_reader_finish(&reader);
    }
}

static void a_long_name_is_cut(void **state)
{
    char bytes[256];
    struct seen seen;

    (void)state;
    (void)snprintf(bytes, sizeof(bytes), "event: %0100d\ndata: a\n\n", 0);
    read_pieces(&seen, bytes, strlen(bytes), 1000);
    CHECK(seen.n == 1 && seen.len == SSE_EVENT_NAME_MAX + 3);
}

static void what_is_written_is_read_back(void **state)
{
    static const struct {
        const char *name, *data, *expected;
    } cases[] = {{NULL, "a", "|a;"},   {"end", "{\"a\":1}", "end|{\"a\":1};"},
                 {"x", "", "x|;"},     {NULL, "a\nb\r\nc\rd\n", "|a\nb\nc\nd\n;"},
                 {NULL, "\n", "|\n;"}, {NULL, " data: x", "| data: x;"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer out;

        buffer_init(&out, 1024);
        sse_write(&out, cases[i].name, cases[i].data, strlen(cases[i].data));
        expect(buffer_text(&out), cases[i].expected);
        buffer_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_end_with_an_empty_line_however_lines_end),
        TEST(data_lines_are_joined),
        TEST(names_belong_to_their_event),
        TEST(comments_and_other_fields_are_skipped),
        TEST(a_mark_at_the_start_is_skipped),
        TEST(bytes_pass_as_they_are),
        TEST(a_taker_may_end_it),
        TEST(lines_and_events_are_bounded),
        TEST(a_long_name_is_cut),
        TEST(what_is_written_is_read_back),
    };

    return cmocka_run_group_tests_name("sse", tests, NULL, NULL);
}
