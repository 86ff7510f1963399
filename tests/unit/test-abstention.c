#include "test.h"

#include "evaluator_case.h"

#include <math.h>

static bool is_abstention(const struct lexicon *lexicon, const char *answer)
{
    struct evaluation e;
    bool result;

    score(lexicon, 0, "What about parking?", answer, &e);
    result = e.is_abstained;
    if (result)
        CHECK(isnan(e.weakest) && isnan(e.groundedness) && e.n_sentences == 0 &&
              !isnan(e.relevance));
    evaluation_finish(&e);
    return result;
}

static void not_knowing_is_recognised_in_many_words(void **state)
{
    static const char *const abstentions[] = {
        "I don't know.",
        "I do not know the answer to this question.",
        "I couldn't find anything about that in the knowledge base.",
        "This is not covered by the documentation.",
        "Sorry, I have no information on that topic.",
        "The provided context does not contain the answer.",
        "The context doesn't say how long it takes.",
        "I'm not sure; the documents don't mention it.",
        "I can't help with that.",
        "There is nothing about parking in these pages.",
        "Our help pages have no entry for that. Try the front desk.",
        "No information is available on this.",
        "That question is outside what I know.",
        "I wasn't able to find a reference to that.",
        "None of the passages explains this.",
        "It isn't mentioned in the sources, so I cannot say.",
        "What a lost ticket leads to isn't covered, so it would be wrong to promise anything.",
        "The handbook says what has to be paid, yet not how parking works.",
        "The name isn't stated.",
        "These pages only describe our own garage.",
        "The documents leave that open, so you'd better ask the desk.",
        "I'd be making it up.",
        "Unfortunately the guide is silent on holiday pay.",
        "I do not have enough information to answer.",
        "The retrieved articles don't provide details about salaries.",
        "We don't know that.",
        "Nothing was found for your question.",
        "My sources say nothing about it.",
        "I could not determine this from the text.",
        "Your question can't be answered with the documents I have.",
        "You asked about parking. I am afraid the articles do not say anything on that.",
        "There is no mention of parking here, sorry.",
        "The excerpts cover parking but say nothing of bicycles.",
        "The articles talk about bicycles, not about scooters.",
        "It is impossible to say from the articles.",
        "I have gone through everything on parking, yet guests are not mentioned.",
        "I'd be guessing, since the articles only describe lost badges.",
        "I would need further information to answer this.",
        "That information is not available to me.",
        "Insufficient information.",
        "My articles stop at the opening hours.",
        "This question exceeds what is written in the knowledge base.",
        "The supplied passages are about something else.",
        "The articles leave the price of a permit out.",
        "That detail is missing from the documents.",
        "My search turned up nothing about parking.",
        "I looked through everything but came up empty on parking.",
        "I don't have that figure.",
        "The documents I have access to contain no word on parking.",
        "I lack the data to answer this.",
        "Parking is mentioned nowhere, so I can only guess.",
        "Parking is a subject these pages leave out.",
        "Hmm, that one is beyond me. The front desk can tell you.",
        "Unfortunately, this cannot be answered on the basis of the sources.",
        "Parking? I have found no trace of it.",
        "No article covers that topic.",
        "I would have to make something up, because parking is never spoken of.",
        "The provided sections discuss other matters.",
        "I have been unable to locate a rule on parking.",
        "Regrettably the answer isn't in the texts I received.",
        "None of these documents names a place for parking.",
        "That isn't something I can look up.",
        "The text is quiet about parking.",
        "It would be a guess: the passages never touch on parking.",
        "Information about parking is not available.",
        "There seems to be no rule on parking in the knowledge base.",
        "Based on the given context, parking cannot be determined.",
        "The knowledge base lacks an article on parking.",
        "Parking is a blank spot in the documentation.",
        "I cannot confirm or deny that with what I have.",
        "There isn't enough in the passages to answer that.",
        "Parking isn't dealt with, so ask your manager.",
        "I tried to find parking, without success.",
        "Such details are not included in the passages.",
        "The passages at hand are no help with that.",
        "I can neither confirm nor rule out parking.",
    };
    struct lexicon *lexicon = make_lexicon();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(abstentions); i++)
        if (!is_abstention(lexicon, abstentions[i]))
            fail_msg("'%s' counts as an answer", abstentions[i]);
    lexicon_free(lexicon);
}

static void a_not_in_an_answer_is_no_abstention(void **state)
{
    static const char *const answers[] = {
        "Do not mention customers in the text of the report.",
        "The text must not contain passwords.",
        "We do not give refunds after 30 days.",
        "There is no fee when you cancel.",
        "No, guests cannot use the VPN. They need the guest network.",
        "The policy does not allow private devices; see SEC-12.",
        "If you do not know your employee number, ask your manager.",
        "Documents of the class Internal must not be shown to guests.",
        "If the page does not open, restart the browser.",
        "I reset the password in DeskPort, then sign in again.",
        "The backup does not include the Downloads folder.",
        "An e-mail that could not be delivered comes back with an error.",
        "Never tell anybody your code.",
        "You cannot see the folder? Then ask the owner for access.",
        "The base station is not part of the rental.",
        "Pages that nobody has opened for a year are archived.",
        "No approval is needed for standard software.",
        "The error says that the server was not found.",
        "Answers are not given by phone.",
        "A certificate that is not listed will be refused.",
        "We cannot restore files that are older than 60 days.",
        "The search finds nothing when the index is older than a day; rebuild it then.",
        "There is nothing to pay at the desk.",
        "Tickets are not sold here, but at the main gate.",
        "No, reference books have to stay in the building.",
        "Do not guess, read the articles on the subject first.",
        "The knowledge base is open to all employees, not only to the garage.",
        "Passages between the halls are not lit at night.",
        "The documentation states that a report never names customers.",
        "In the excerpts a permit costs 15 euros, not 20.",
        "I would try the desk first, it does not close before six.",
        "Films are lent for one week. The rules do not say more.",
        "The reader who pays late is not told twice.",
        "Prices are not listed in the hall, ask at the desk.",
        "You should not be asked for your password; tell the desk if you are.",
        "It is not known to the pump which valve is open, so close both.",
        "Not all pages can be printed: some are too wide.",
        "There is no limit on renewals.",
        "An answer that is late is not counted.",
        "Put nothing hot on the desk for about a week.",
        "The document stays open for editing until Friday.",
        "What a visitor breaks isn't covered by the ticket.",
        "Instructions are only given in writing.",
        "Who is not mentioned on the list gets no permit.",
        "Parking permits aren't given to anybody, residents included.",
    };
    struct lexicon *lexicon = make_lexicon();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(answers); i++)
        if (is_abstention(lexicon, answers[i]))
            fail_msg("'%s' counts as an abstention", answers[i]);
    lexicon_free(lexicon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(not_knowing_is_recognised_in_many_words),
        TEST(a_not_in_an_answer_is_no_abstention),
    };

    return cmocka_run_group_tests_name("abstention", tests, NULL, NULL);
}
