#ifndef TW_EVALUATOR_CASE_H
#define TW_EVALUATOR_CASE_H

/* A small knowledge base, and the score of an answer made from it. */

#include "server/llm/evaluator.h"

#include <string.h>

/* ---- A knowledge base of twelve sections, two to a topic ------------------------------------------ */

static const struct {
    const char *title, *heading, *text;
} sections
    [] =
        {
            {"Library cards", "Lending",
             "A library card is free for residents and costs 12 euros a year for everybody else. You may borrow up to 10 items at a time. Books are lent for 4 weeks, films and games for 1 week. A loan can be renewed twice unless another reader has reserved the item. Reference books must not leave the building."},
            {"Library cards", "Late returns",
             "For each day of delay you pay 20 cents per item, at most 8 euros. After 30 days without return the card is blocked and the item is charged at its price. Blocked cards are opened again by the desk on the ground floor once everything is paid. Children under 14 years pay no late fees."},
            {"Water plant", "Pump alarms",
             "Alarm PU-31 means that the inlet filter is clogged: stop pump B, close valve V7 and rinse the filter for 5 minutes. Alarm PU-44 means low oil pressure; call the maintenance team and do not restart the pump yourself. Both alarms are logged in Tidebook automatically. The shift leader confirms an alarm within 10 minutes, otherwise it is passed to the plant manager."},
            {"Water plant", "Chlorine",
             "The free chlorine is measured every 15 minutes by probe C2. The target is 0.5 mg per litre; below 0.3 mg the dosing rises by itself, above 0.8 mg it stops. Never open the dosing cabinet without goggles and gloves. Readings are kept for 5 years."},
            {"Travel", "Booking",
             "Book trains and flights through Wayfarer at least 7 days before departure. Journeys under 400 km are made by train. Business class needs the approval of the division head and is only possible for flights over 6 hours. Hotels may cost up to 130 euros a night, in capital cities up to 180 euros."},
            {"Travel", "Expenses",
             "Hand in receipts within 20 working days after the journey with form TR-5. Taxis are paid only between 22:00 and 6:00 or with heavy luggage. Meals are covered by the daily allowance of 28 euros, so restaurant receipts are not refunded. The travel office pays the money out with the next salary."},
            {"Gym rules", "Membership",
             "A membership runs for 12 months and renews itself unless it is cancelled 6 weeks before its end. Students pay 19 euros a month, everybody else 34 euros. The contract can be paused once for up to 3 months, for example because of illness. Joint visits with a guest are free on Sundays. The sauna is not included in the student rate."},
            {"Gym rules", "In the hall",
             "Lockers are emptied every night at 23:00; what is found goes to the lost property box and is given away after 2 months. Wear clean indoor shoes and lay a towel on every machine. Personal trainers from outside are not admitted. The emergency exit beside the climbing wall must stay clear at all times. Filming is only permitted with the consent of all persons in the picture."},
            {"Rental cars", "Pick-up",
             "Bring your driving licence and a credit card in your own name; debit cards are not accepted. Drivers must be at least 23 years old and have held a licence for 2 years. We keep a booked car for 90 minutes after the agreed time. A second driver costs 9 euros a day and has to be entered in form RC-12 before the journey."},
            {"Rental cars", "Return",
             "Return the car with a full tank, otherwise we charge the missing fuel plus 25 euros. Report every accident to the police and to our hotline 0800 4477, even if nobody is hurt. Do not sign any admission of guilt. Tolls and fines are charged to your card within 6 weeks. Cars may not be taken to islands by ferry unless the Depot Manager has agreed in writing."},
            {"Laboratory", "Solvents",
             "Acetone and ethanol are stored in cabinet L3, acids in cabinet L5; the two must never be stored together. Spills under 100 ml are wiped up with pad S1, larger ones are reported on extension 911. Waste bottles are collected every Tuesday by the Safety Office. Fill waste bottles to 80 percent at most."},
            {"Laboratory", "Access",
             "New members get a key after the safety course, which is valid for 2 years. Working alone is forbidden after 20:00 and at weekends. Visitors wear a yellow badge and are accompanied at all times. The key has to be handed back to Ms Ruiz on the last day of work. Lost keys cost 60 euros."},
};

static inline void fill_passage(struct passage *passage, size_t section)
{
    *passage = (struct passage){
        .chunk_id = "x#1",
        .document = "x.md",
        .title = sections[section].title,
        .heading = sections[section].heading,
        .text = sections[section].text,
        .len = strlen(sections[section].text),
    };
}

static inline struct lexicon *make_lexicon(void)
{
    struct lexicon *lexicon = lexicon_new();

    for (size_t i = 0; i < COUNT_OF(sections); i++) {
        const char *const parts[] = {sections[i].title, sections[i].heading, sections[i].text};

        lexicon_add_chunk(lexicon, parts, COUNT_OF(parts));
    }
    return lexicon;
}

/* The answer to a question on a topic, with both its sections as context. */
static inline void score(const struct lexicon *lexicon,
                         size_t topic,
                         const char *question,
                         const char *answer,
                         struct evaluation *evaluation)
{
    struct passage passages[2];
    const struct evaluation_input input = {question, passages, 2, answer};

    fill_passage(&passages[0], 2 * topic);
    fill_passage(&passages[1], 2 * topic + 1);
    evaluator_score(lexicon, &input, evaluation);
}

#endif
