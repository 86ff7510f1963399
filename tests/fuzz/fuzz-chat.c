/* What a chat completions endpoint answers. The first byte chooses the reader, the rest is the body: a
 * whole answer, a stream, an error, a refusal, or a judge's reply. */

#include "common/utf8.h"
#include "fuzz.h"
#include "server/llm/chat.h"
#include "server/llm/judge_answer.h"
#include "server/llm/redact.h"
#include "server/llm/sse.h"

#include <stdlib.h>
#include <string.h>

static void check_answer(const struct chat_answer *answer)
{
    const char *text = buffer_text(&answer->text);

    FUZZ_EXPECT(utf8_is_valid(text, answer->text.len) && strlen(text) == answer->text.len);
    FUZZ_EXPECT((answer->input_tokens < 0) == (answer->output_tokens < 0));
    FUZZ_EXPECT(!answer->is_cut || answer->is_finished);
}

static void read_whole(const char *body, size_t len)
{
    struct chat_answer answer;

    chat_answer_init(&answer);
    if (chat_answer_read(&answer, body, len, NULL) == 0)
        FUZZ_EXPECT(answer.text.len > 0 && answer.is_finished);
    check_answer(&answer);
    chat_answer_finish(&answer);
}

static bool add_event(void *ctx, const char *name, const char *data, size_t len)
{
    (void)name;
    return chat_answer_add(ctx, data, len, NULL) == 0;
}

static void read_stream(const char *body, size_t len)
{
    struct chat_answer answer;
    struct sse_reader events;

    chat_answer_init(&answer);
    sse_reader_init(&events, 65536);
    (void)!sse_reader_feed(&events, body, len, add_event, &answer, NULL);
    check_answer(&answer);
    sse_reader_finish(&events);
    chat_answer_finish(&answer);
}

static void read_error(const char *body, size_t len)
{
    struct buffer text;
    char shown[160];

    buffer_init(&text, len);
    chat_read_error(body, len, &text);
    (void)redact_text(buffer_text(&text), text.len, "secret-key-1", shown, sizeof(shown));
    FUZZ_EXPECT(!strstr(shown, "secret-k") && utf8_is_valid(shown, strlen(shown)));
    for (const char *at = shown; *at; at++)
        FUZZ_EXPECT((unsigned char)*at >= 0x20 && *at != 0x7f);
    buffer_finish(&text);
}

/* A server that refuses all for ever runs out of what can be left out. */
static void read_refusal(const char *body, size_t len)
{
    struct chat_request request = {.schema = "{}", .is_stream = true};
    unsigned dialect = 0, next;
    int n = 0;

    while ((next = chat_read_refusal(body, len, &request, dialect)) != dialect) {
        FUZZ_EXPECT((next & dialect) == dialect && ++n <= 5);
        dialect = next;
    }
}

static void read_judge(const char *body, size_t len)
{
    static const char *const sentences[] = {"One.", "Two.", "Three."};
    static const char text[] = "Requests take two business days.";
    const struct passage passage = {
        .title = "T", .heading = "", .text = text, .len = sizeof(text) - 1};
    const struct judge_case judged = {"Q?", &passage, 1, sentences, 3};
    struct judgement judgement;

    if (judge_read_answer(&judged, body, len, &judgement, NULL) < 0)
        return;
    FUZZ_EXPECT(judgement.groundedness >= 0 && judgement.groundedness <= 1);
    FUZZ_EXPECT(judgement.hallucination >= 0 && judgement.hallucination <= 1);
    for (size_t i = 0; i < judgement.n_sentences; i++) {
        const struct judge_sentence *s = &judgement.sentences[i];

        FUZZ_EXPECT(s->is_void || (s->support >= 0 && s->support <= 1));
        FUZZ_EXPECT(s->is_void || s->support == 0 || s->has_evidence);
        FUZZ_EXPECT(!s->has_evidence || (s->start < s->end && s->end <= passage.len));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(const char *, size_t) = {read_whole, read_stream, read_error,
                                                            read_refusal, read_judge};
    char *body;

    if (size < 1)
        return 0;
    body = malloc(size); /* of exactly that size, so that a read beyond it is seen */
    if (!body)
        return 0;
    memcpy(body, data + 1, size - 1);
    readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](body, size - 1);
    free(body);
    return 0;
}
