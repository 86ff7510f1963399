#include "test.h"

#include "common/alloc.h"
#include "common/random.h"
#include "evaluator_case.h"
#include "same_bits.h"

#include <math.h>

/* ---- Good and bad answers ------------------------------------------------------------------------- */

static void answers_in_other_words_are_supported(void **state)
{
    static const struct {
        size_t topic;
        const char *answer;
    } good[] = {
        {0,
         "At most ten things can be on your card at once. A book stays with you for four weeks; films and games have to be back after seven days."},
        {0, "Yes, two times, as long as nobody else has put a reservation on it."},
        {0, "No, reference books have to stay in the building."},
        {0,
         "Every late day costs twenty cents for each item, and the total never goes beyond eight euros. Once thirty days have passed, your card gets blocked and you are billed the price of the item."},
        {0, "Readers younger than fourteen are not charged for returning late."},
        {0, "Pay what is open; after that the ground-floor desk unblocks the card."},
        {1,
         "PU-31 tells you the inlet filter is blocked. Halt pump B, shut valve V7 and flush the filter for five minutes."},
        {1,
         "Oil pressure is too low. Phone maintenance, and leave the restart of the pump to them."},
        {1,
         "The shift leader has ten minutes to acknowledge an alarm; after that the plant manager gets it."},
        {1,
         "Aim for half a milligram per litre. Under 0.3 mg more is dosed automatically, and dosing ends above 0.8 mg."},
        {1, "Goggles and gloves are compulsory whenever you open the dosing cabinet."},
        {2,
         "Use Wayfarer for trains and flights, a week or more ahead of leaving. Anything shorter than 400 km goes by rail."},
        {2, "Only if the flight takes longer than six hours, and your division head has to agree."},
        {2, "A night can be up to 130 euros, or 180 in a capital."},
        {2,
         "Send your receipts with TR-5 no later than twenty working days after you are back. The money comes together with your next salary."},
        {2,
         "Restaurant bills are not paid back, because the allowance of 28 euros a day covers meals."},
        {2,
         "A taxi is reimbursed between ten in the evening and six in the morning, or if your luggage is heavy."},
        {3,
         "You are bound for a year. Unless you give notice six weeks before it is over, it goes on for another term."},
        {3, "Students are charged 19 euros monthly and all others 34 euros."},
        {3, "Yes, one break of three months at most is possible, say when you are ill."},
        {3, "On Sundays you can bring a guest along at no cost."},
        {3, "Students do not get the sauna with their rate."},
        {3,
         "Every evening at eleven the lockers are cleared. Things that were left go into the lost property box, and after two months they are given to others."},
        {3, "You cannot bring in a personal trainer of your own from outside."},
        {3, "Everybody in the picture has to agree before you film."},
        {4,
         "You need your licence plus a credit card that carries your own name. Debit cards won't do."},
        {4, "The minimum age is 23, and you must have had your licence for two years or longer."},
        {4, "Your booking is held for an hour and a half past the time agreed."},
        {4, "Put the second driver into form RC-12 before you set off; it is nine euros a day."},
        {4,
         "Bring it back full. If not, you pay for the fuel that is missing and 25 euros on top."},
        {4,
         "Tell the police and call 0800 4477 after any accident, injured people or not, and never sign that you were at fault."},
        {4,
         "Taking the car on a ferry to an island needs the written agreement of the Depot Manager."},
        {4, "Fines and tolls appear on your card in the course of six weeks."},
        {5,
         "Acetone sits in cabinet L3 along with ethanol. Acids go into L5, and the two are kept apart always."},
        {5, "Wipe up less than 100 ml with pad S1; for more than that call 911 in the house."},
        {5,
         "The Safety Office picks up waste bottles on Tuesdays. Do not fill them beyond eighty percent."},
        {5, "Once you have done the safety course, which counts for two years, you receive a key."},
        {5, "Nobody may work alone after eight in the evening or at the weekend."},
        {5, "Visitors have a yellow badge and somebody stays with them the whole time."},
        {5,
         "Losing a key costs you sixty euros; on your last working day give it back to Ms Ruiz."},
    };
    struct lexicon *lexicon = make_lexicon();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct evaluation e;

        score(lexicon, good[i].topic, "What are the rules?", good[i].answer, &e);
        if (!(e.weakest >= EVALUATOR_TAU))
            fail_msg("'%s' has support %g, checks %x", good[i].answer, e.weakest,
                     e.n_sentences ? e.sentences[e.weakest_sentence].flags : 0);
        CHECK(e.hallucination == 0 && e.groundedness >= e.weakest);
        evaluation_finish(&e);
    }
    lexicon_free(lexicon);
}

/* Of each, the sentence with the least support must be under tau, and for this reason (0: coverage alone). */
static void answers_that_say_something_else_are_not_supported(void **state)
{
    static const struct {
        size_t topic;
        const char *answer;
        unsigned flags;
    } bad[] = {
        {0, "At most twelve things can be on your card at once.", CHECK_NUMBER_ABSENT},
        {0, "A loan can be renewed twice even if another reader has reserved the item.",
         CHECK_ANTONYM},
        {0, "Reference books may leave the building.", CHECK_NEGATION},
        {0, "Children under 14 years pay late fees too.", CHECK_NEGATION},
        {0, "Children over 14 years pay no late fees.", CHECK_ANTONYM},
        {0,
         "For each day of delay you pay 20 cents per item. A written reminder arrives in your letter box beforehand.",
         0},
        {0, "For each day of delay you pay 20 cents per item, at most 12 euros.",
         CHECK_NUMBER_SWAPPED},
        {1, "PU-44 tells you the inlet filter is clogged.", CHECK_NAME_SWAPPED},
        {1, "Stop pump B, close valve V9 and rinse the filter for 5 minutes.", CHECK_NAME_ABSENT},
        {1, "Stop pump B, close valve V7 and rinse the filter for 50 minutes.",
         CHECK_NUMBER_ABSENT},
        {1,
         "Alarm PU-44 means low oil pressure; call the maintenance team and restart the pump yourself.",
         CHECK_NEGATION},
        {1, "Alarm PU-44 means high oil pressure.", CHECK_ANTONYM},
        {1,
         "The safety officer confirms an alarm within 10 minutes, otherwise it is passed to the plant manager.",
         CHECK_MODIFIER},
        {1, "The free chlorine is measured every 10 minutes by probe C2.", CHECK_NUMBER_SWAPPED},
        {1, "Above 0.3 mg the dosing rises by itself.", CHECK_ANTONYM},
        {1, "You may open the dosing cabinet without goggles and gloves.", CHECK_NEGATION},
        {1, "Both alarms are logged in Wavebook automatically.", CHECK_NAME_ABSENT},
        {1, "Alarm PU-44 means low oil pressure. The spare pump takes over after a short whistle.",
         0},
        {2, "Hotels may cost up to 180 euros a night, in capital cities up to 130 euros.",
         CHECK_NUMBER_SWAPPED},
        {2, "Hotels may cost up to 180 euros a night.", CHECK_NUMBER_SWAPPED},
        {2,
         "Business class needs the approval of the travel office and is only possible for flights over 6 hours.",
         CHECK_MODIFIER},
        {2, "Journeys over 400 km are made by train.", CHECK_ANTONYM},
        {2, "Book trains and flights through Wayfarer at most 7 days before departure.",
         CHECK_ANTONYM},
        {2, "Hand in receipts within 20 working days before the journey with form TR-5.",
         CHECK_ANTONYM},
        {2,
         "Meals are covered by the daily allowance of 28 euros, so restaurant receipts are refunded as well.",
         CHECK_NEGATION},
        {2, "Hand in receipts within 20 working days after the journey with form TR-8.",
         CHECK_NAME_ABSENT},
        {2, "Send your receipts with TR-5 no later than thirty working days after you are back.",
         CHECK_NUMBER_ABSENT},
        {2,
         "Hand in receipts within 20 working days after the journey with form TR-5. Photos of paper slips are destroyed by the scanner.",
         0},
        {2,
         "The garden should be watered early in the morning, and tomatoes like a warm wall behind them.",
         0},
        {3, "The sauna is included in the student rate.", CHECK_NEGATION},
        {3, "Personal trainers from outside are admitted as well.", CHECK_NEGATION},
        {3, "The contract can be paused once for up to 5 months, for example because of illness.",
         CHECK_NUMBER_ABSENT},
        {3, "Students pay 34 euros a month.", CHECK_NUMBER_SWAPPED},
        {3, "Students are charged 34 euros monthly and all others 19 euros.", CHECK_NUMBER_SWAPPED},
        {3, "A membership renews itself unless it is cancelled 6 weeks after its end.",
         CHECK_ANTONYM},
        {3, "Joint visits with a guest are free on Saturdays.", CHECK_ANTONYM},
        {3, "The emergency exit beside the climbing wall need not stay clear.", CHECK_NEGATION},
        {3,
         "Lockers are emptied every night at 23:00. A spare padlock can be borrowed at the bar against a deposit.",
         0},
        {4, "The minimum age is 21, and you must have had your licence for two years or longer.",
         CHECK_NUMBER_ABSENT},
        {4,
         "Bring your driving licence and a credit card in your own name; debit cards are accepted too.",
         CHECK_NEGATION},
        {4, "Drivers must be at most 23 years old.", CHECK_ANTONYM},
        {4,
         "A second driver costs 9 euros a day and has to be entered in form RC-21 before the journey.",
         CHECK_NAME_ABSENT},
        {4,
         "A second driver costs 9 euros a day and has to be entered in form RC-12 after the journey.",
         CHECK_ANTONYM},
        {4, "Return the car with a full tank, otherwise we charge the missing fuel plus 9 euros.",
         CHECK_NUMBER_SWAPPED},
        {4, "Do sign the admission of guilt.", CHECK_NEGATION},
        {4,
         "Report every accident to the police and to our hotline 0800 4477, unless nobody is hurt.",
         CHECK_ANTONYM},
        {4,
         "Cars may not be taken to islands by ferry unless the Insurance Desk has agreed in writing.",
         CHECK_NAME_ABSENT},
        {4,
         "Cars may not be taken to islands by ferry unless the Depot Manager has agreed in writing. Snow chains lie under the back seat from November on.",
         0},
        {4, "Return the car with an empty tank.", CHECK_ANTONYM},
        {5, "Spills over 100 ml are wiped up with pad S1.", CHECK_ANTONYM},
        {5, "Waste bottles are collected every Friday by the Safety Office.",
         CHECK_ANTONYM | CHECK_NAME_SWAPPED},
        {5, "Waste bottles are collected every Tuesday by the Cleaning Crew.", CHECK_NAME_ABSENT},
        {5, "Fill waste bottles to 90 percent at most.", CHECK_NUMBER_ABSENT},
        {5, "Working alone is allowed after 20:00 and at weekends.", CHECK_ANTONYM},
        {5, "Working alone is forbidden before 20:00.", CHECK_ANTONYM},
        {5, "Visitors wear a red badge and are accompanied at all times.", CHECK_ANTONYM},
        {5, "Visitors wear a yellow badge and need not be accompanied.", CHECK_NEGATION},
        {5, "The key has to be handed back to Mr Olsen on the last day of work.",
         CHECK_NAME_ABSENT},
        {5, "Lost keys cost 60 euros. The lock is changed by the caretaker the same afternoon.", 0},
        /* Nearly the words of the evidence, with another word in one place. */
        {3, "Wear clean indoor shoes and lay a blanket on every machine.", CHECK_MODIFIER},
        {2, "Meals are covered by the weekly allowance of 28 euros.", CHECK_ANTONYM},
        {3, "Wear clean outdoor shoes and lay a towel on every machine.", CHECK_ANTONYM},
        {4, "Tolls and fines are not charged to your card within 6 weeks.", CHECK_NEGATION},
        {5, "Acids are stored in cabinet L3, acetone and ethanol in cabinet L5.",
         CHECK_NAME_SWAPPED},
        {3, "Filming is permitted without the consent of the persons in the picture.",
         CHECK_NEGATION},
    };
    struct lexicon *lexicon = make_lexicon();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct evaluation e;
        unsigned flags = 0;

        score(lexicon, bad[i].topic, "What are the rules?", bad[i].answer, &e);
        for (size_t s = 0; s < e.n_sentences; s++)
            flags |= e.sentences[s].flags;
        if (!(e.weakest < EVALUATOR_TAU) || (flags & bad[i].flags) != bad[i].flags)
            fail_msg("'%s' has support %g, checks %x not %x", bad[i].answer, e.weakest, flags,
                     bad[i].flags);
        CHECK(e.hallucination > 0);
        evaluation_finish(&e);
    }
    lexicon_free(lexicon);
}

/* ---- Single rules --------------------------------------------------------------------------------- */

static void a_sentence_taken_over_word_for_word_has_support_1(void **state)
{
    struct lexicon *lexicon = make_lexicon();
    struct evaluation e;

    (void)state;
    score(lexicon, 0, "?", "Books are lent for 4 weeks, films and games for 1 week.", &e);
    CHECK(e.n_sentences == 1 && e.sentences[0].support == 1 && e.weakest == 1);
    evaluation_finish(&e);
    lexicon_free(lexicon);
}

static void the_evidence_is_where_the_sentence_comes_from(void **state)
{
    struct lexicon *lexicon = make_lexicon();
    const char *text = sections[1].text;
    struct evaluation e;

    (void)state;
    score(lexicon, 0, "?", "Well now. The card gets blocked after thirty days.", &e);
    CHECK(e.n_sentences == 1 && e.sentences[0].passage == 1);
    CHECK(strncmp(text + e.sentences[0].evidence_start, "After 30 days", 13) == 0);
    CHECK(text[e.sentences[0].evidence_end - 1] == '.');
    evaluation_finish(&e);
    lexicon_free(lexicon);
}

/* No check is sure of a denial in words so free, but the answer ranks below the one that denies what is denied. */
static void a_doubt_lowers_the_support_and_flags_nothing(void **state)
{
    static const struct {
        size_t topic;
        const char *good, *bad;
    } pairs[] = {
        {3, "People from elsewhere cannot give personal training.",
         "People from elsewhere can give personal training."},
        {4, "You cannot pay for a car with debit cards.",
         "You can pay for a car with debit cards."},
        {2, "Your restaurant bill is not refunded on top.",
         "Your restaurant bill is refunded on top."},
    };
    struct lexicon *lexicon = make_lexicon();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct evaluation good, bad;

        score(lexicon, pairs[i].topic, "?", pairs[i].good, &good);
        score(lexicon, pairs[i].topic, "?", pairs[i].bad, &bad);
        if (!(bad.weakest < good.weakest))
            fail_msg("'%s' has %g, its denial %g %x", pairs[i].good, good.weakest, bad.weakest,
                     bad.sentences[0].flags);
        evaluation_finish(&good);
        evaluation_finish(&bad);
    }
    lexicon_free(lexicon);
}

static void what_claims_nothing_is_not_judged(void **state)
{
    struct lexicon *lexicon = make_lexicon();
    struct evaluation e;

    (void)state;
    score(
        lexicon, 0, "?",
        "Hello, thanks for the good question! Do you have a library card? Reference books must not leave the "
        "building. [1] Let me know if you need anything else.",
        &e);
    CHECK(e.n_sentences == 1 && e.sentences[0].support == 1);
    evaluation_finish(&e);
    score(lexicon, 0, "?", "You're welcome!", &e);
    CHECK(e.n_sentences == 0 && isnan(e.groundedness) && isnan(e.weakest) &&
          isnan(e.hallucination));
    CHECK(isnan(e.answer_relevance) && !e.is_abstained);
    evaluation_finish(&e);
    lexicon_free(lexicon);
}

static void citation_marks_are_no_numbers(void **state)
{
    struct lexicon *lexicon = make_lexicon();
    struct evaluation e;

    (void)state;
    score(lexicon, 0, "?", "Children under 14 years pay no late fees [2], and that is all [1, 7].",
          &e);
    CHECK(e.n_checks[0] == 0);
    evaluation_finish(&e);
    lexicon_free(lexicon);
}

static void scores_are_taken_over_all_sentences(void **state)
{
    struct lexicon *lexicon = make_lexicon();
    struct evaluation e;

    (void)state;
    score(
        lexicon, 0, "?",
        "Reference books must not leave the building. A unicorn guards the dusty cellar. You may borrow up to "
        "70 items at a time. Books are lent for 4 weeks.",
        &e);
    CHECK(e.n_sentences == 4 && e.weakest_sentence == 1);
    CHECK(e.hallucination == 0.5 && e.n_checks[0] == 1);
    CHECK(e.sentences[2].flags == CHECK_NUMBER_ABSENT &&
          e.sentences[2].support == EVALUATOR_TAU / 3);
    CHECK_NEAR(e.groundedness, (2 + e.sentences[1].support + EVALUATOR_TAU / 3) / 4, 1e-12);
    evaluation_finish(&e);
    lexicon_free(lexicon);
}

static void an_answer_without_passages_is_not_grounded(void **state)
{
    struct lexicon *lexicon = make_lexicon();
    const struct evaluation_input nothing = {"", NULL, 0,
                                             "Reference books must not leave the building."};
    const struct evaluation_input question = {"May reference books leave?", NULL, 0,
                                              "Reference books leave sometimes."};
    struct evaluation e;

    (void)state;
    evaluator_score(lexicon, &nothing, &e);
    CHECK(e.weakest == 0 && e.sentences[0].passage == EVALUATION_NOTHING && isnan(e.relevance));
    evaluation_finish(&e);
    evaluator_score(lexicon, &question, &e);
    CHECK(e.sentences[0].passage == EVALUATION_QUESTION && e.relevance == 0);
    evaluation_finish(&e);
    lexicon_free(lexicon);
}

static void relevance_is_what_the_passages_hold_of_the_question(void **state)
{
    struct lexicon *lexicon = make_lexicon();
    struct evaluation e;

    (void)state;
    score(lexicon, 0, "May reference books leave?", "Reference books must not leave the building.",
          &e);
    CHECK(e.relevance == 1 && e.answer_relevance == 1);
    evaluation_finish(&e);
    score(lexicon, 0, "Are zebras lent?", "Reference books must not leave the building.", &e);
    CHECK(e.relevance > 0.3 && e.relevance < 0.6 && e.answer_relevance < 0.6);
    evaluation_finish(&e);
    score(lexicon, 0, "And now?", "Reference books must not leave the building.", &e);
    CHECK(isnan(e.relevance) && isnan(e.answer_relevance));
    evaluation_finish(&e);
    lexicon_free(lexicon);
}

/* ---- Tables --------------------------------------------------------------------------------------- */

static void a_number_of_another_row_is_noticed(void **state)
{
    static const char table[] =
        "| Level | Name | Answer within |\n|---|---|---|\n| 1 | Critical | 15 minutes |\n"
        "| 2 | High | 4 hours |\n| 3 | Normal | 2 days |\n";
    struct passage passage = {.chunk_id = "t#1",
                              .document = "t.md",
                              .title = "Levels",
                              .heading = "",
                              .text = table,
                              .len = sizeof(table) - 1};
    const char *part = table;
    struct lexicon *lexicon = lexicon_new();
    struct evaluation e;

    (void)state;
    lexicon_add_chunk(lexicon, &part, 1);
    evaluator_score(lexicon,
                    &(struct evaluation_input){"How fast is level 2?", &passage, 1,
                                               "Level 2 (high) is answered within four hours."},
                    &e);
    CHECK(e.weakest >= EVALUATOR_TAU);
    evaluation_finish(&e);
    evaluator_score(lexicon,
                    &(struct evaluation_input){"How fast is level 2?", &passage, 1,
                                               "Level 2 (high) is answered within 15 minutes."},
                    &e);
    CHECK(e.sentences[0].flags & CHECK_NUMBER_SWAPPED);
    evaluation_finish(&e);
    lexicon_free(lexicon);
}

/* ---- Any text ------------------------------------------------------------------------------------- */

static bool is_ratio_or_nan(double value)
{
    return isnan(value) || (value >= 0 && value <= 1);
}

static void expect_sane(const struct evaluation *e, const char *answer)
{
    CHECK(is_ratio_or_nan(e->groundedness) && is_ratio_or_nan(e->weakest));
    CHECK(is_ratio_or_nan(e->hallucination) && is_ratio_or_nan(e->relevance));
    CHECK(is_ratio_or_nan(e->answer_relevance));
    CHECK(isnan(e->weakest) == (e->n_sentences == 0));
    for (size_t i = 0; i < e->n_sentences; i++) {
        CHECK(e->sentences[i].support >= 0 && e->sentences[i].support <= 1);
        CHECK(e->sentences[i].start < e->sentences[i].end && e->sentences[i].end <= strlen(answer));
        CHECK(e->sentences[i].evidence_start <= e->sentences[i].evidence_end);
    }
}

/* A text of pieces that the readers have rules for, and of others. */
static char *hostile_text(struct random_state *rng, size_t len)
{
    static const char *const pieces[] = {"not ",
                                         "never ",
                                         "5 days",
                                         "VPN-809 ",
                                         "Team ",
                                         ". ",
                                         "? ",
                                         "\n",
                                         "\n- ",
                                         "| a | 5 |\n",
                                         "`",
                                         "```\n",
                                         "[1]",
                                         "(",
                                         ")",
                                         "\"",
                                         "https://a.b/c?d ",
                                         "\xf0\x9f\x98\x80",
                                         "\xd7\xa9\xd7\x9c",
                                         "\xe2\x80\xae",
                                         "\xff",
                                         "\xc3",
                                         "e\xcc\x81",
                                         "\xe6\x97\xa5",
                                         "aaaaaaaaaaaaaaaa",
                                         "1,000.5",
                                         "10:30",
                                         "without ",
                                         "before ",
                                         "at most ",
                                         "<b>",
                                         "&amp;",
                                         "\t",
                                         "# ",
                                         "a.b.c",
                                         "...",
                                         "half an hour ",
                                         "no ",
                                         "I don't know ",
                                         "\r\n"};
    char *text = malloc(len + 64);
    size_t at = 0;

    while (at < len) {
        const char *piece = pieces[random_below(rng, COUNT_OF(pieces))];

        memcpy(text + at, piece, strlen(piece));
        at += strlen(piece);
    }
    text[at] = '\0';
    return text;
}

static void expect_sane_for(const struct lexicon *lexicon, struct random_state *rng, size_t len)
{
    CLEANUP(freep) char *question = hostile_text(rng, random_below(rng, 200));
    CLEANUP(freep) char *context = hostile_text(rng, len);
    CLEANUP(freep) char *answer = hostile_text(rng, random_below(rng, (uint32_t)len + 1));
    struct passage passages[20];
    const struct evaluation_input input = {question, passages,
                                           random_below(rng, COUNT_OF(passages) + 1), answer};
    struct evaluation e, again;

    for (size_t i = 0; i < COUNT_OF(passages); i++)
        passages[i] = (struct passage){.chunk_id = "",
                                       .document = "",
                                       .title = question,
                                       .heading = "",
                                       .text = context,
                                       .len = strlen(context)};
    evaluator_score(lexicon, &input, &e);
    expect_sane(&e, answer);
    evaluator_score(lexicon, &input, &again);
    CHECK(e.n_sentences == again.n_sentences &&
          same_bits(&e.weakest, &again.weakest, sizeof(double)));
    CHECK(same_bits(&e.groundedness, &again.groundedness, sizeof(double)));
    evaluation_finish(&e);
    evaluation_finish(&again);
}

static void any_text_gets_a_score_and_twice_the_same(void **state)
{
    struct lexicon *lexicon = make_lexicon();
    struct random_state rng;

    (void)state;
    random_seed(&rng, 4);
    for (int i = 0; i < 300; i++)
        expect_sane_for(lexicon, &rng, 1 + random_below(&rng, 600));
    expect_sane_for(lexicon, &rng, 100 * 1000);
    lexicon_free(lexicon);
}

static void a_text_beyond_the_bounds_is_cut_and_says_so(void **state)
{
    enum { LEN = 100 * 1000 };
    struct lexicon *lexicon = make_lexicon();
    char *answer = calloc(1, LEN + 1);
    struct evaluation e;

    (void)state;
    for (size_t i = 0; i < LEN; i++)
        answer[i] = "Cats sleep a lot. "[i % 18];
    score(lexicon, 0, "?", answer, &e);
    CHECK(e.is_cut && e.n_sentences > 10 && e.n_sentences < 100);
    evaluation_finish(&e);
    score(lexicon, 0, "?", "Cats sleep a lot.", &e);
    CHECK(!e.is_cut);
    evaluation_finish(&e);
    free(answer);
    lexicon_free(lexicon);
}

static void nothing_is_finished_twice(void **state)
{
    struct evaluation e = {0};

    (void)state;
    evaluation_finish(&e);
    evaluation_finish(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(answers_in_other_words_are_supported),
        TEST(answers_that_say_something_else_are_not_supported),
        TEST(a_sentence_taken_over_word_for_word_has_support_1),
        TEST(the_evidence_is_where_the_sentence_comes_from),
        TEST(a_doubt_lowers_the_support_and_flags_nothing),
        TEST(what_claims_nothing_is_not_judged),
        TEST(citation_marks_are_no_numbers),
        TEST(scores_are_taken_over_all_sentences),
        TEST(an_answer_without_passages_is_not_grounded),
        TEST(relevance_is_what_the_passages_hold_of_the_question),
        TEST(a_number_of_another_row_is_noticed),
        TEST(any_text_gets_a_score_and_twice_the_same),
        TEST(a_text_beyond_the_bounds_is_cut_and_says_so),
        TEST(nothing_is_finished_twice),
    };

    return cmocka_run_group_tests_name("evaluator", tests, NULL, NULL);
}
