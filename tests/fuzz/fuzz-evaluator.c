/* An answer is judged by a passage: question, passage and answer, with a NUL byte between. */

#include "fuzz.h"
#include "server/llm/evaluator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PARTS 3

static const struct lexicon *get_lexicon(void)
{
    static struct lexicon *lexicon; /* of the process; reachable, and so no leak */

    if (!lexicon) {
        const char *const chunk[] = {"Passwords",
                                     "A password lasts 90 days. Call the Service Desk on 4400."};

        lexicon = lexicon_new();
        lexicon_add_chunk(lexicon, chunk, 2);
    }
    return lexicon;
}

static void check_evaluation(const struct evaluation *evaluation, size_t answer_len)
{
    double values[] = {evaluation->groundedness, evaluation->weakest, evaluation->hallucination,
                       evaluation->answer_relevance, evaluation->relevance};

    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
        FUZZ_EXPECT(isnan(values[i]) || (values[i] >= 0 && values[i] <= 1));
    FUZZ_EXPECT(isnan(evaluation->weakest) == (evaluation->n_sentences == 0));
    for (size_t i = 0; i < evaluation->n_sentences; i++) {
        const struct sentence_score *score = &evaluation->sentences[i];

        FUZZ_EXPECT(score->support >= 0 && score->support <= 1);
        FUZZ_EXPECT(score->start < score->end && score->end <= answer_len);
        FUZZ_EXPECT(score->evidence_start <= score->evidence_end);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + PARTS), *parts[PARTS], *at = text;
    struct evaluation evaluation;

    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    memset(text + size, 0, PARTS);
    for (size_t i = 0; i < PARTS; i++) {
        parts[i] = at;
        at += strlen(at) + (at < text + size);
    }
    evaluator_score(get_lexicon(),
                    &(struct evaluation_input){
                        .question = parts[0],
                        .passages = &(struct passage){.chunk_id = "",
                                                      .document = "",
                                                      .title = parts[0],
                                                      .heading = "",
                                                      .text = parts[1],
                                                      .len = strlen(parts[1])},
                        .n_passages = 1,
                        .answer = parts[2],
                    },
                    &evaluation);
    check_evaluation(&evaluation, strlen(parts[2]));
    evaluation_finish(&evaluation);
    free(text);
    return 0;
}
