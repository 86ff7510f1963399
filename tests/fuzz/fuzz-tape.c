/* A recording: whatever is in the file, what is read lies within it. */

#include "fuzz.h"
#include "tui/data/tape.h"

#include <stdlib.h>
#include <string.h>

static void check(const struct tape *tape)
{
    size_t seen = 0;

    FUZZ_EXPECT(tape->n_questions <= TAPE_QUESTIONS_MAX && tape->n_answers <= TAPE_ANSWERS_MAX);
    FUZZ_EXPECT(strlen(tape->head.context) < TAPE_CONTEXT_SIZE && tape->head.n_columns > 0);
    for (size_t i = 0; i < tape->n_answers; i++) {
        const struct tape_answer *answer = &tape->answers[i];

        FUZZ_EXPECT(answer->question < tape->n_questions);
        FUZZ_EXPECT(i == 0 || answer->at_ms >= answer[-1].at_ms);
        FUZZ_EXPECT(answer->reply.body && answer->reply.body[answer->reply.body_len] == '\0');
        FUZZ_EXPECT((answer->reply.status == 0) == (answer->reply.error.code != TW_OK));
        for (size_t k = 0; k < answer->reply.body_len; k++) /* all of it can be read */
            seen += answer->reply.body[k] == 'x';
    }
    FUZZ_EXPECT(seen <= TAPE_BYTES_MAX);
}

static void ask(const struct tape *tape, size_t i)
{
    struct tape_question question = {.start_ms = (int64_t)i, .end_ms = INT64_MAX};
    const struct tape_answer *answer;

    buffer_init(&question.identity, TAPE_IDENTITY_MAX);
    (void)buffer_append(&question.identity, tape->questions[i].text, tape->questions[i].len);
    answer = tape_find(tape, &question, (int64_t)i);
    FUZZ_EXPECT(!answer || tape->questions[answer->question].len == tape->questions[i].len);
    tape_question_finish(&question);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *owned_text = malloc(size + 1);
    struct tw_error err = {0};
    struct tape tape;

    FUZZ_EXPECT(owned_text);
    memcpy(owned_text, data, size);
    owned_text[size] = '\0';
    if (tape_read(owned_text, size, &tape, &err) < 0) {
        FUZZ_EXPECT(err.code == TW_INVALID && err.message[0]);
        return 0;
    }
    check(&tape);
    for (size_t i = 0; i < tape.n_questions && i < 8; i++)
        ask(&tape, i);
    tape_finish(&tape);
    return 0;
}
