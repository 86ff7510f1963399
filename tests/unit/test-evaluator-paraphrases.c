#include "test.h"

#include "common/alloc.h"
#include "evaluator_case.h"

/* Answers that say a passage of one or two sentences in other words, and beside them what says something else in nearly
 * the same ones. */

struct said {
    const char *passage, *answer;
};

static void score_said(const struct lexicon *lexicon,
                       const struct said *said,
                       struct evaluation *evaluation)
{
    const struct passage passage = {.chunk_id = "house.md#1",
                                    .document = "house.md",
                                    .title = "House",
                                    .heading = "Rules",
                                    .text = said->passage,
                                    .len = strlen(said->passage)};
    const struct evaluation_input input = {"What are the rules?", &passage, 1, said->answer};

    evaluator_score(lexicon, &input, evaluation);
}

static void expect_support(const struct said *said, size_t n, bool is_supported)
{
    struct lexicon *lexicon = make_lexicon();

    for (size_t i = 0; i < n; i++) {
        struct evaluation e;

        score_said(lexicon, &said[i], &e);
        if ((e.weakest >= EVALUATOR_TAU) != is_supported)
            fail_msg("'%s' has support %g, checks %x", said[i].answer, e.weakest,
                     e.n_sentences ? e.sentences[e.weakest_sentence].flags : 0);
        evaluation_finish(&e);
    }
    lexicon_free(lexicon);
}

static void a_number_said_in_another_way_is_the_same(void **state)
{
    static const struct said good[] = {
        {"Logs are kept for 13 months.", "Logs are kept for a little over a year."},
        {"The restore takes 25 minutes.", "The restore takes just under half an hour."},
        {"Requests are answered within 10 working days.",
         "Requests are answered within two working weeks."},
        {"The price is 20 euros per month.", "The price is EUR 20 a month."},
        {"It closes at midnight.", "It closes at 24:00."},
        {"The tour takes 1 hour 30 minutes.", "The tour takes ninety minutes."},
        {"The gate is closed at 20:00 each evening.", "The gate is closed at eight each evening."},
        {"Lamps stay on for 30 days and flowers for one.",
         "Lamps stay on for 30 days and one-day flowers too."},
        {"The key is returned on 4 October.", "The key is returned on Oct 4."},
    };
    static const struct said bad[] = {
        {"Logs are kept for 13 months.", "Logs are kept for a little over two years."},
        {"The restore takes 25 minutes.", "The restore takes just under an hour."},
        {"Requests are answered within 10 working days.",
         "Requests are answered within three working weeks."},
        {"The price is 20 euros per month.", "The price is EUR 25 a month."},
        {"It closes at midnight.", "It closes at 23:00."},
        {"The tour takes 1 hour 30 minutes.", "The tour takes eighty minutes."},
        {"The gate is closed at 20:00 each evening.", "The gate is closed at seven each evening."},
        {"The key is returned on 4 October.", "The key is returned on Nov 4."},
    };

    (void)state;
    expect_support(good, COUNT_OF(good), true);
    expect_support(bad, COUNT_OF(bad), false);
}

static void a_number_that_follows_from_others_is_supported(void **state)
{
    static const struct said good[] = {
        {"The manager has 3 days to approve and the owner has 2 days.",
         "Together the manager and the owner have 5 days to approve."},
        {"The check is made twice a year.", "The check is made every six months."},
        {"The check is made every 12 hours.", "The check is made 2 times a day."},
        {"One in four visitors is a child.", "25 percent of the visitors are children."},
        {"Groups of more than 10 people must book.", "Groups of eleven or more people must book."},
        {"The hall is open from 07:00 to 19:00.", "The hall is open for 12 hours."},
        {"The hall is open from 22:00 to 04:00.", "The hall is open for 6 hours."},
        {"A pass costs 60 euros; children pay half of it.", "For children a pass costs 30 euros."},
    };
    static const struct said bad[] = {
        {"The manager has 3 days to approve and the owner has 2 days.",
         "The manager and the owner have 5 days to approve."},
        {"The check is made twice a year.", "The check is made every 3 months."},
        {"One in four visitors is a child.", "30 percent of the visitors are children."},
        {"Groups of more than 10 people must book.", "Groups of fifteen or more people must book."},
        {"The hall is open from 07:00 to 19:00.", "The hall is open for 14 hours."},
    };

    (void)state;
    expect_support(good, COUNT_OF(good), true);
    expect_support(bad, COUNT_OF(bad), false);
}

static void a_name_spelled_otherwise_is_the_same(void **state)
{
    static const struct said good[] = {
        {"The Data Protection Officer decides.", "The DPO decides."},
        {"Write to the DPO first.", "Write to the Data Protection Officer first."},
        {"Tickets are sold in TicketBay.", "Tickets are sold in Ticket Bay."},
        {"Tickets are sold in Ticket Bay.", "Tickets are sold in TicketBay."},
        {"Use form GX-12 for groups.", "Groups use form GX12."},
        {"Use form GX-12 for groups.", "Groups use the GX 12 form."},
        {"Ask Lena Marsh in Finance.", "Ask Ms Marsh in Finance."},
    };
    static const struct said bad[] = {
        {"The Data Protection Officer decides.", "The DPA decides."},
        {"Write to the DPO first.", "Write to the Data Quality Officer first."},
        {"Tickets are sold in TicketBay.", "Tickets are sold in Ticket Box."},
        {"Use form GX-12 for groups.", "Groups use the GX 13 form."},
        {"Ask Lena Marsh in Finance.", "Ask Ms Moor in Finance."},
    };

    (void)state;
    expect_support(good, COUNT_OF(good), true);
    expect_support(bad, COUNT_OF(bad), false);
}

static void an_order_told_from_its_other_end_is_the_same(void **state)
{
    static const struct said good[] = {
        {"Change it only after the backup has finished.",
         "The backup has to finish beforehand, then change it."},
        {"A new account is accepted only after a call to the supplier.",
         "Call the supplier before you accept a new account."},
        {"Managers have 2 days; after 5 days the deputy decides.",
         "Managers get 2 days before a nudge goes out, and once 5 days are over the deputy "
         "decides."},
    };
    static const struct said bad[] = {
        {"The hall is cleaned before the concert.", "The hall is cleaned after the concert."},
        {"Call the office after the journey.", "Call the office before the journey."},
    };

    (void)state;
    expect_support(good, COUNT_OF(good), true);
    expect_support(bad, COUNT_OF(bad), false);
}

static void particles_of_different_verbs_are_no_opposites(void **state)
{
    static const struct said good[] = {
        {"Hand the old card in. After 20 days it is blocked.",
         "Return the old card; at 20 days the system shuts it out."},
        {"A new pump needs form P-6 with name and date.", "Use form P-6 with name and date."},
    };
    static const struct said bad[] = {
        {"Switch the lamp on in the evening.", "Switch the lamp off in the evening."},
    };

    (void)state;
    expect_support(good, COUNT_OF(good), true);
    expect_support(bad, COUNT_OF(bad), false);
}

static void a_bound_with_a_not_is_no_denial(void **state)
{
    static const struct said good[] = {
        {"Rooms are booked for at most 4 hours and up to 90 days ahead.",
         "Rooms are booked for four hours at most and no further than 90 days ahead."},
        {"You must be at least 18 years old to enter.", "Nobody under 18 may enter."},
        {"The crane lifts up to 5 tonnes.",
         "Boats heavier than 5 tonnes cannot be lifted by the crane."},
        {"Fuel is sold between 08:00 and 18:00.", "Fuel can be bought from 8 am until 6 pm."},
        {"Showers are free for crews; visitors pay 1 euro.",
         "Crews shower at no cost, visitors for one euro."},
        {"If the pump fails, start it by hand, and never by turning the wheel back.",
         "If the pump fails, start it by hand; turning the wheel back is out of the question."},
    };
    static const struct said bad[] = {
        {"Rooms are booked for at most 4 hours and up to 90 days ahead.",
         "Rooms are not booked for up to 90 days ahead."},
        {"Lamps are only bought for the big hall.", "Lamps are never bought for the big hall."},
        {"The crane lifts boats of up to 5 tonnes.",
         "The crane does not lift boats of up to 5 tonnes."},
        {"The desk helps during the lunch hour.", "The desk helps outside the lunch hour."},
    };

    (void)state;
    expect_support(good, COUNT_OF(good), true);
    expect_support(bad, COUNT_OF(bad), false);
}

static void a_verb_is_no_role(void **state)
{
    static const struct said good[] = {
        {"All commands are recorded. The recording is reviewed by the Harbour Office.",
         "Every command is recorded, and the Harbour Office goes through the recording."},
    };
    static const struct said bad[] = {
        {"The shift commander signs the recording.", "The shift manager signs the recording."},
    };

    (void)state;
    expect_support(good, COUNT_OF(good), true);
    expect_support(bad, COUNT_OF(bad), false);
}

static void a_sentence_of_few_words_proves_little(void **state)
{
    static const struct said good[] = {
        {"Wait until the lamp is green, then open the valve.",
         "Hi, and welcome back! Please hold off. Wait until the lamp is green, then open the "
         "valve."},
        {"Wait until the lamp is green, then open the valve.",
         "Don't panic. Wait until the lamp is green, then open the valve."},
    };

    (void)state;
    expect_support(good, COUNT_OF(good), true);
}

static void each_further_hit_lowers_the_support(void **state)
{
    static const struct said one = {"The lamp burns for 20 minutes before the concert.",
                                    "The lamp burns for 35 minutes before the concert."};
    static const struct said two = {"The lamp burns for 20 minutes before the concert.",
                                    "The lamp burns for 35 minutes after the concert."};
    struct lexicon *lexicon = make_lexicon();
    struct evaluation first, second;

    (void)state;
    score_said(lexicon, &one, &first);
    score_said(lexicon, &two, &second);
    CHECK(first.sentences[0].flags == CHECK_NUMBER_ABSENT);
    CHECK(second.sentences[0].flags == (CHECK_NUMBER_ABSENT | CHECK_ANTONYM));
    CHECK(second.weakest < first.weakest && first.weakest < EVALUATOR_TAU);
    evaluation_finish(&first);
    evaluation_finish(&second);
    lexicon_free(lexicon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_number_said_in_another_way_is_the_same),
        TEST(a_number_that_follows_from_others_is_supported),
        TEST(a_name_spelled_otherwise_is_the_same),
        TEST(an_order_told_from_its_other_end_is_the_same),
        TEST(particles_of_different_verbs_are_no_opposites),
        TEST(a_bound_with_a_not_is_no_denial),
        TEST(a_verb_is_no_role),
        TEST(a_sentence_of_few_words_proves_little),
        TEST(each_further_hit_lowers_the_support),
    };

    return cmocka_run_group_tests_name("evaluator-paraphrases", tests, NULL, NULL);
}
