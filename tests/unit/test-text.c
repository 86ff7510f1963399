#include "test.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "server/llm/text.h"

/* ---- Words --------------------------------------------------------------------------------------- */

/* The forms with " " between; a mark after each: # number, @ identifier, ^ name, ~ stop word. */
static void expect_words(const char *text, const char *expected)
{
    struct text_words words;
    struct buffer got;

    buffer_init(&got, 4096);
    text_words_init(&words, text, strlen(text));
    for (size_t i = 0; i < words.n; i++) {
        unsigned flags = words.items[i].flags;

        (void)buffer_printf(&got, "%s%s%s%s%s%s", i > 0 ? " " : "", words.items[i].form,
                            flags & WORD_NUMBER ? "#" : "", flags & WORD_IDENTIFIER ? "@" : "",
                            (flags & WORD_NAME) && !(flags & WORD_IDENTIFIER) ? "^" : "",
                            flags & WORD_STOP ? "~" : "");
    }
    if (strcmp(buffer_text(&got), expected) != 0)
        fail_msg("'%s' became '%s', not '%s'", text, buffer_text(&got), expected);
    buffer_finish(&got);
    text_words_finish(&words);
}

static void words_are_folded_and_split_where_people_split_them(void **state)
{
    (void)state;
    expect_words("Reset your Password.", "reset your~ password^");
    expect_words("two-factor sign-in", "two factor sign in~");
    expect_words("username/password and/or PIN", "username password and~ or~ pin^");
    expect_words("the user\xe2\x80\x99s e-mail", "the~ user email");
    expect_words("You can't, don\xe2\x80\x99t", "you~ can't~ don't~");
    expect_words("Caf\xc3\xa9 na\xc3\xafve Stra\xc3\x9f"
                 "e",
                 "cafe naive strasse^");
    expect_words("cafe\xcc\x81", "cafe"); /* with a combining accent */
    expect_words("\xd0\x9f\xd0\x90\xd0\xa0", "\xd0\xbf\xd0\xb0\xd1\x80^");
    expect_words("Ctrl+Alt+Del", "ctrl alt^ del^");
    expect_words("the end.Next", "the~ end next");
}

static void numbers_stand_apart_from_their_units(void **state)
{
    (void)state;
    expect_words("14 days", "14# days");
    expect_words("a 14-day or 30min wait", "a~ 14# day or~ 30# min wait");
    expect_words("1,000,000 of 2.5GB", "1000000# of~ 2.5# gb");
    expect_words("5,6,7", "5# 6# 7#");
    expect_words("at 10:30am, 24/7", "at~ 10:30# am~ 24# 7#");
    expect_words("2-4 hours, 2\xe2\x80\x93"
                 "4 hours",
                 "2# 4# hours 2# 4# hours");
    expect_words("the 1st of May", "the~ 1st# of~ may~");
    expect_words("99.9%, $1,250.50", "99.9# 1250.50#");
    expect_words("a.m. and e.g.", "am~ and~ eg~");
}

static void identifiers_are_one_word(void **state)
{
    (void)state;
    expect_words("Error VPN-809 or vpn-809", "error vpn-809@ or~ vpn-809@");
    expect_words("a P1 incident on eth0", "a~ p1@ incident on~ eth0@");
    expect_words("AES-256-GCM, ISO-27001", "aes-256-gcm@ iso-27001@");
    expect_words("MFA-enabled tier-2 P1-level", "mfa^ enabled tier 2# p1@ level");
    expect_words("10.0.0.1 v2.1 3.2.1 802.1X", "10.0.0.1@ v2.1@ 3.2.1@ 802.1x@");
    expect_words("it-help@example.com, max_age", "it-help@example.com@ max_age@");
    expect_words("See https://example.com/a?b=1. Then", "see https://example.com/a?b=1@ then~");
    expect_words("(vpn.example.com/login)", "vpn.example.com/login@");
    expect_words("/etc/hosts or C:\\Temp\\x.log", "/etc/hosts@ or~ c:\\temp\\x.log@");
    expect_words("on / off </b>", "on~ off~ b");
    expect_words("2024-05-01 and 01/02/2024", "2024-05-01@ and~ 01/02/2024@");
    expect_words("00:1b:44:11:3a:b7", "00:1b:44:11:3a:b7@");
}

static void a_name_has_a_capital_where_none_is_due(void **state)
{
    (void)state;
    expect_words("Open Outlook. Press Send: Done", "open outlook^ press send^ done~");
    expect_words("OneDrive and SLA", "onedrive^ and~ sla^");
    expect_words("- Ask Ann\n- Call Bob", "ask ann^ call bob^");
    expect_words("Ask IT about it", "ask it^ about~ it~");
    expect_words("I did", "i~ did~");
}

static void words_know_where_they_stand(void **state)
{
    static const char text[] = "Sam\xe2\x80\x99s `ipconfig` log";
    struct text_words words;

    (void)state;
    text_words_init(&words, text, strlen(text));
    CHECK(words.n == 3 && !words.is_cut);
    CHECK(words.items[0].start == 0 && words.items[0].end == 3);
    CHECK(words.items[1].start == 9 && words.items[1].end == 17);
    CHECK(words.items[1].flags & WORD_CODE);
    CHECK(!(words.items[2].flags & WORD_CODE));
    CHECK(words.items[0].flags & WORD_FIRST && words.items[0].flags & WORD_CAPITAL);
    text_words_finish(&words);
}

static void bytes_that_are_no_text_separate_words(void **state)
{
    (void)state;
    expect_words("a\xff"
                 "b",
                 "a~ b");
    expect_words("", "");
    expect_words("\xf0\x9f\x98\x80 !?", "");
    expect_words("\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5 \xe6\x9c\xac"); /* each a word */
}

static void a_word_without_end_is_several(void **state)
{
    char *text = malloc(200 * 1000);
    struct text_words words;

    (void)state;
    memset(text, 'x', 200 * 1000);
    text_words_init(&words, text, 200 * 1000);
    CHECK(words.is_cut);
    CHECK(words.n == (TEXT_BYTES_MAX + TEXT_WORD_BYTES_MAX - 1) / TEXT_WORD_BYTES_MAX);
    CHECK(words.items[words.n - 1].end == TEXT_BYTES_MAX);
    text_words_finish(&words);
    free(text);
}

/* ---- Sentences ----------------------------------------------------------------------------------- */

/* The sentences with "|" between. */
static void expect_sentences(const char *text, const char *expected)
{
    struct text_sentences sentences;
    struct buffer got;

    buffer_init(&got, 8192);
    text_sentences_init(&sentences, text, strlen(text));
    for (size_t i = 0; i < sentences.n; i++)
        (void)buffer_printf(&got, "%s%.*s", i > 0 ? "|" : "",
                            (int)(sentences.items[i].end - sentences.items[i].start),
                            text + sentences.items[i].start);
    if (strcmp(buffer_text(&got), expected) != 0)
        fail_msg("'%s' became '%s', not '%s'", text, buffer_text(&got), expected);
    buffer_finish(&got);
    text_sentences_finish(&sentences);
}

static void a_sentence_ends_at_its_mark(void **state)
{
    (void)state;
    expect_sentences("The link is old. Ask for a new one! Is it there? Yes it is",
                     "The link is old.|Ask for a new one!|Is it there?|Yes it is");
    expect_sentences("He said \"it is down.\" Then it was up (at last.) We all left.",
                     "He said \"it is down.\"|Then it was up (at last.)|We all left.");
    expect_sentences("a wrapped\nline of text. And the\nnext one here.",
                     "a wrapped\nline of text.|And the\nnext one here.");
}

static void other_dots_end_none(void **state)
{
    (void)state;
    expect_sentences("Use e.g. Chrome or v2.1 at 3.5 GB.", "Use e.g. Chrome or v2.1 at 3.5 GB.");
    expect_sentences("See no. 5 in the list. Is it no. Or yes it is.",
                     "See no. 5 in the list.|Is it no.|Or yes it is.");
    expect_sentences("Open at 9 a.m. on weekdays. Closed at 5 p.m. Call us then.",
                     "Open at 9 a.m. on weekdays.|Closed at 5 p.m.|Call us then.");
    expect_sentences("Ask Ann J. Smith about it. It is on drive C. Then go on.",
                     "Ask Ann J. Smith about it.|It is on drive C.|Then go on.");
    expect_sentences("Open up https://a.example/b. Then run `a. b. c` twice.",
                     "Open up https://a.example/b.|Then run `a. b. c` twice.");
    expect_sentences("Wait ... and then try it. Well, all is done now...",
                     "Wait ... and then try it.|Well, all is done now...");
}

static void list_items_headings_rows_and_code_are_sentences(void **state)
{
    (void)state;
    expect_sentences(
        "# How to reset it\nDo this now:\n1. Open the start page\n2. Press on "
        "the link\n   in the mail\n- That is all there is",
        "How to reset it|Do this now:|Open the start page|Press on the link\n   in the "
        "mail|That is all there is");
    expect_sentences(
        "Run these two lines:\n```\nsudo apt update now\nsudo apt upgrade now\n```\nIt is "
        "done then.",
        "Run these two lines:|sudo apt update now|sudo apt upgrade now|It is done then.");
    expect_sentences("| a b | c d |\n| e f | g h |", "a b | c d ||e f | g h |");
}

static void a_fragment_goes_with_its_neighbour(void **state)
{
    (void)state;
    expect_sentences("Note: Yes. It takes four days.", "Note: Yes. It takes four days.");
    expect_sentences("It takes four days. Always.", "It takes four days. Always.");
    expect_sentences("It takes four days.\n\nAlways.", "It takes four days.|Always.");
    expect_sentences("Never.", "Never.");
}

static void a_citation_belongs_to_what_it_follows(void **state)
{
    (void)state;
    expect_sentences("It takes four days. [1] It is free of charge.[2][3] Ask for it.",
                     "It takes four days. [1]|It is free of charge.[2][3]|Ask for it.");
}

static void a_text_without_marks_is_cut_somewhere(void **state)
{
    enum { LEN = 5000 };

    char text[LEN + 1];
    struct text_sentences sentences;

    (void)state;
    for (size_t i = 0; i < LEN; i++)
        text[i] = i % 5 == 4 ? ' ' : 'w';
    text[LEN] = '\0';
    text_sentences_init(&sentences, text, LEN);
    CHECK(sentences.n == 5);
    for (size_t i = 0; i < sentences.n; i++)
        CHECK(sentences.items[i].end - sentences.items[i].start <= 1010);
    text_sentences_finish(&sentences);
}

static void nothing_has_no_sentences(void **state)
{
    (void)state;
    expect_sentences("", "");
    expect_sentences(" \n\n ... \n", "");
    expect_sentences("\n```\n", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(words_are_folded_and_split_where_people_split_them),
        TEST(numbers_stand_apart_from_their_units),
        TEST(identifiers_are_one_word),
        TEST(a_name_has_a_capital_where_none_is_due),
        TEST(words_know_where_they_stand),
        TEST(bytes_that_are_no_text_separate_words),
        TEST(a_word_without_end_is_several),
        TEST(a_sentence_ends_at_its_mark),
        TEST(other_dots_end_none),
        TEST(list_items_headings_rows_and_code_are_sentences),
        TEST(a_fragment_goes_with_its_neighbour),
        TEST(a_citation_belongs_to_what_it_follows),
        TEST(a_text_without_marks_is_cut_somewhere),
        TEST(nothing_has_no_sentences),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
