#include "test.h"

#include "evaluator_case.h"

/* A statement of the passages in other words, and the same turned round by a word. */
static void a_turned_statement_has_less_support(void **state)
{
    static const struct {
        size_t topic;
        const char *good, *turned;
    } pairs[] = {
        {0, "You can renew a loan two times unless somebody has reserved the item.",
         "You can renew a loan two times even if somebody has reserved the item."},
        {0, "Reference books cannot be taken out of the building.",
         "Reference books can be taken out of the building."},
        {0, "A blocked card is opened once everything is paid.",
         "A blocked card is opened before everything is paid."},
        {0, "Late fees are not charged to children under 14.",
         "Late fees are charged to children under 14 too."},
        {0, "The card gets blocked after 30 days without a return.",
         "The card gets blocked before 30 days without a return."},
        {1, "Do not start the pump again yourself when oil pressure is low.",
         "Do start the pump again yourself when oil pressure is low."},
        {1, "When the inlet filter is clogged you should stop pump B and close valve V7.",
         "When the inlet filter is clogged you should stop pump B and open valve V7."},
        {1, "Both alarms get into Tidebook automatically.",
         "Both alarms get into Tidebook only by hand."},
        {1, "Never open the dosing cabinet unless you wear goggles and gloves.",
         "Open the dosing cabinet even if you wear no goggles and gloves."},
        {1, "Below 0.3 mg the dosing goes up by itself.",
         "Below 0.3 mg the dosing goes down by itself."},
        {1, "Above 0.8 mg the dosing is stopped.", "Above 0.8 mg the dosing is started."},
        {2, "Trains have to be booked at least a week before departure.",
         "Trains have to be booked at least a week after departure."},
        {2, "You may fly business class only with the approval of the division head.",
         "You may fly business class without the approval of the division head."},
        {2, "Business class is only possible on flights over six hours.",
         "Business class is only possible on flights under six hours."},
        {2, "Restaurant receipts are not paid back.", "Restaurant receipts are paid back as well."},
        {2, "A taxi is only paid at night or with heavy luggage.",
         "A taxi is never paid at night or with heavy luggage."},
        {2, "Hand in the receipts no later than 20 working days after the journey.",
         "Hand in the receipts no earlier than 20 working days after the journey."},
        {2, "Journeys shorter than 400 km are made by train.",
         "Journeys longer than 400 km are made by train."},
        {3, "The membership renews itself unless you cancel it.",
         "The membership renews itself even if you cancel it."},
        {3, "The student rate does not include the sauna.",
         "The student rate does include the sauna."},
        {3, "A guest may come along free of charge on Sundays.",
         "A guest may not come along free of charge on Sundays."},
        {3, "The contract can be paused a single time.",
         "The contract cannot be paused a single time."},
        {3, "Outside trainers are not let in.", "Outside trainers are let in."},
        {3, "Filming needs the consent of everybody in the picture.",
         "Filming does not need the consent of everybody in the picture."},
        {3, "The emergency exit has to be kept clear at all times.",
         "The emergency exit need not be kept clear at all times."},
        {3, "Wear clean indoor shoes.", "Wear clean outdoor shoes."},
        {3, "Put a towel on each machine.", "Put a towel on no machine."},
        {4, "Debit cards are refused.", "Debit cards are accepted."},
        {4, "The second driver must be entered in form RC-12 before the journey.",
         "The second driver must be entered in form RC-12 after the journey."},
        {4, "Drivers have to be 23 or older.", "Drivers have to be 23 or younger."},
        {4, "Tell the police about each accident, even when nobody is hurt.",
         "Tell the police about each accident, except when nobody is hurt."},
        {4, "You must not sign that you are guilty.", "You must sign that you are guilty."},
        {4, "Cars cannot go to islands by ferry without the written consent of the Depot Manager.",
         "Cars can go to islands by ferry without the written consent of the Depot Manager."},
        {4, "The car has to come back with a full tank.",
         "The car has to come back with an empty tank."},
        {4, "The card must be in your own name.", "The card need not be in your own name."},
        {5, "Acids and solvents may never be kept together.",
         "Acids and solvents may well be kept together."},
        {5, "Nobody may work alone after 20:00.", "Everybody may work alone after 20:00."},
        {5, "Visitors are accompanied all the time.", "Visitors are not accompanied all the time."},
        {5, "You get a key only after the safety course.",
         "You get a key even before the safety course."},
        {5, "Waste bottles may be filled to no more than 80 percent.",
         "Waste bottles may be filled to no less than 80 percent."},
        {5, "The key is given back on the last day of work.",
         "The key is given back on the first day of work."},
        {5, "Working by yourself at weekends is prohibited.",
         "Working by yourself at weekends is permitted."},
    };
    struct lexicon *lexicon = make_lexicon();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct evaluation good, turned;

        score(lexicon, pairs[i].topic, "What are the rules?", pairs[i].good, &good);
        score(lexicon, pairs[i].topic, "What are the rules?", pairs[i].turned, &turned);
        if (good.weakest < EVALUATOR_TAU || turned.weakest >= good.weakest)
            fail_msg("'%s' has support %g, '%s' %g", pairs[i].good, good.weakest, pairs[i].turned,
                     turned.weakest);
        evaluation_finish(&good);
        evaluation_finish(&turned);
    }
    lexicon_free(lexicon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_turned_statement_has_less_support),
    };

    return cmocka_run_group_tests_name("turned", tests, NULL, NULL);
}
