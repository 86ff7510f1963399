/* Answers of the LLM side and the stored requests. The first byte chooses the reader, the rest is the body; a
 * streamed answer is cut at every such byte count. */

#include "common/fetch.h"
#include "common/utf8.h"
#include "fuzz.h"
#include "tui/data/chat.h"
#include "tui/data/chat_stream.h"
#include "tui/data/knowledge.h"
#include "tui/data/requests.h"
#include "tui/data/triage_answer.h"

#include <stdlib.h>
#include <string.h>

/* What is shown must not be able to steer a terminal; line feeds are laid out by us. */
static void expect_clean(const char *text)
{
    FUZZ_EXPECT(utf8_is_valid(text, strlen(text)));
    for (; *text; text++)
        FUZZ_EXPECT(((unsigned char)*text >= 0x20 && *text != 0x7f) || *text == '\n');
}

static void look_at_evidence(const struct scored *scored, const struct scored_evidence *evidence)
{
    expect_clean(evidence->text);
    expect_clean(evidence->chunk_id);
    FUZZ_EXPECT(evidence->start <= evidence->end);
    if (evidence->end == 0)
        return;
    FUZZ_EXPECT(evidence->passage < scored->n_passages);
    FUZZ_EXPECT(evidence->end <= strlen(scored->passages[evidence->passage].text));
}

static void look_at_answer(const struct chat_answer *answer)
{
    const struct scored *scored = &answer->scored;

    FUZZ_EXPECT(scored->n_parts <= 2 * SCORED_PARTS_MAX);
    FUZZ_EXPECT(scored->n_passages <= SCORED_PASSAGES_MAX);
    for (size_t i = 0; i < scored->n_parts; i++) {
        expect_clean(scored->parts[i].text);
        for (size_t f = 0; f < scored->parts[i].n_flags; f++)
            expect_clean(scored->parts[i].flags[f]);
        look_at_evidence(scored, &scored->parts[i].evidence);
    }
    for (size_t i = 0; i < scored->n_passages; i++)
        expect_clean(scored->passages[i].text);
}

static void show(void (*write)(const void *what, struct page *page), const void *what)
{
    struct buffer out;
    struct page page = {.out = &out, .style = {.is_utf8 = true, .width = 40}};

    buffer_init(&out, (size_t)16 << 20);
    write(what, &page);
    expect_clean(buffer_text(&out));
    buffer_finish(&out);
}

static void write_chat(const void *answer, struct page *page)
{
    chat_write(answer, page);
}

static void write_triage(const void *answer, struct page *page)
{
    triage_write(answer, page);
}

static void read_chat(const struct fetch_reply *reply)
{
    struct chat_answer answer;

    if (chat_read(reply, &answer, NULL) < 0)
        return;
    look_at_answer(&answer);
    show(write_chat, &answer);
    chat_answer_finish(&answer);
}

static void read_triage(const struct fetch_reply *reply)
{
    struct triage_answer answer;

    if (triage_read(reply, &answer, NULL) < 0)
        return;
    show(write_triage, &answer);
    triage_answer_finish(&answer);
}

static void read_list(const struct fetch_reply *reply)
{
    struct stored_requests requests;

    if (requests_read_list(reply, &requests, NULL) < 0)
        return;
    requests_arrange(&requests, ORDER_WORST_OF_HOUR, 1795470000000);
    for (size_t i = 0; i < requests.n; i++) {
        expect_clean(requests.at[i].query);
        FUZZ_EXPECT(requests.at[i].id[0] && !strchr(requests.at[i].id, '/'));
        FUZZ_EXPECT(!strchr(requests.at[i].query, '\n'));
    }
    stored_requests_finish(&requests);
}

static void read_detail(const struct fetch_reply *reply)
{
    struct stored_detail detail;

    if (requests_read_detail(reply, &detail, NULL) < 0)
        return;
    expect_clean(detail.query);
    if (detail.has_answer)
        look_at_answer(&detail.answer);
    stored_detail_finish(&detail);
}

static void read_knowledge(const struct fetch_reply *reply)
{
    struct knowledge_stats stats;
    struct knowledge_load load;

    (void)!knowledge_read_stats(reply, &stats, NULL);
    (void)!knowledge_read_load(reply, &load, NULL);
}

static void take_text(void *ctx, const char *text)
{
    (void)ctx;
    FUZZ_EXPECT(utf8_is_valid(text, strlen(text)));
}

static void read_stream(const struct fetch_reply *reply)
{
    struct chat_stream stream;
    size_t step = reply->body_len > 0 ? 1 + (unsigned char)reply->body[0] % 64 : 1;

    chat_stream_init(&stream, take_text, NULL);
    for (size_t at = 0; at < reply->body_len; at += step)
        chat_stream_feed(&stream, reply->body + at,
                         reply->body_len - at < step ? reply->body_len - at : step);
    FUZZ_EXPECT(!stream.end || stream.end_status >= 200);
    chat_stream_finish(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(const struct fetch_reply *) = {
        read_chat, read_triage, read_list, read_detail, read_knowledge, read_stream};

    struct fetch_reply reply = {
        .status = 200, .content_type = "application/json", .retry_after_ms = -1};
    char *body;

    if (size < 1)
        return 0;
    body = malloc(size);
    if (!body)
        return 0;
    memcpy(body, data + 1, size - 1);
    body[size - 1] = '\0';
    reply.body = body;
    reply.body_len = size - 1;
    readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](&reply);
    free(body);
    return 0;
}
