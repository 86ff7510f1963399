#include "common/alloc.h"
#include "tui/command/command_show.h"
#include "tui/command/commands.h"
#include "tui/command/operand_text.h"
#include "tui/data/chat.h"
#include "tui/data/chat_stream.h"
#include "tui/text/server_text.h"

#include <stdio.h>
#include <string.h>

#define OUT_BYTES_MAX  ((size_t)4 << 20)
#define BODY_BYTES_MAX (8 * OPERAND_TEXT_MAX)
#define WORD_BYTES_MAX 64 /* that are held back */

struct values {
    struct global_values global;
    double n_docs;
    bool is_json, is_stream;
};

/* No bounds: the ranges are the server's to check, and it names every field that is wrong. */
static const struct option_spec specs[] = {
    {.name = "docs",
     .type = OPTION_WHOLE,
     .argument = "N",
     .offset = offsetof(struct values, n_docs),
     .help = "how many passages to answer from, 1 to 10"},
    {.name = "stream",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, is_stream),
     .help = "show the text as it is made, then the scored answer"},
    {.name = "json",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, is_json),
     .help = "the server's scored answer as it came"},
};

const struct option_list ask_options = {specs, COUNT_OF(specs)};

/* ---- Text as it is made ------------------------------------------------------------------------ */

struct live {
    struct chat_stream stream;
    struct buffer word; /* not shown yet: the next piece may go on with it */
    struct buffer out;
    struct page page;
};

static void show_words(struct live *live, size_t len)
{
    CLEANUP(freep) char *safe = server_text_lines_dup(buffer_text(&live->word), len);
    CLEANUP(freep) char *rest = xstrdup(buffer_text(&live->word) + len);

    page_wrapped(&live->page, PAGE_DIM, 0, safe);
    (void)session_put(&live->out);
    buffer_clear(&live->out);
    buffer_clear(&live->word);
    (void)buffer_puts(&live->word, rest);
}

/* Up to the last blank: a word is not to be broken because its pieces came apart. */
static void show_text(void *ctx, const char *text)
{
    struct live *live = ctx;
    size_t len;

    (void)buffer_puts(&live->word, text);
    len = live->word.len;
    while (len > 0 && len + WORD_BYTES_MAX > live->word.len &&
           !strchr(" \n", buffer_text(&live->word)[len - 1]))
        len--;
    if (len > 0)
        show_words(live, len);
}

static void drop_text(void *ctx, const char *text)
{
    (void)ctx;
    (void)text;
}

static bool take_data(void *ctx, const char *bytes, size_t len)
{
    struct live *live = ctx;

    chat_stream_feed(&live->stream, bytes, len);
    return true;
}

/* The line under the text stays open until something follows. */
static void end_text(struct live *live)
{
    show_words(live, live->word.len);
    if (live->page.column == 0)
        return;
    page_end_line(&live->page);
    page_end_line(&live->page);
    (void)session_put(&live->out);
}

static void ask_live(struct session *session,
                     struct fetch_request *request,
                     struct live *live,
                     bool is_shown,
                     struct fetch_reply *ret_reply)
{
    *live = (struct live){.page = {.out = &live->out, .style = session->style}};
    buffer_init(&live->out, OUT_BYTES_MAX);
    buffer_init(&live->word, OUT_BYTES_MAX);
    chat_stream_init(&live->stream, is_shown ? show_text : drop_text, live);
    request->on_data = take_data;
    request->data_ctx = live;
    session_ask(session, request, false, ret_reply);
    end_text(live);
    if (!live->stream.end) /* it may have answered in one piece */
        return;
    ret_reply->status = live->stream.end_status;
    ret_reply->body = live->stream.end;
    ret_reply->body_len = strlen(live->stream.end);
}

static void live_finish(struct live *live)
{
    chat_stream_finish(&live->stream);
    buffer_finish(&live->word);
    buffer_finish(&live->out);
}

/* ---- The command ------------------------------------------------------------------------------- */

static void write(const void *shown, struct page *page)
{
    chat_write(shown, page);
}

static int show(const struct session *session, const struct fetch_reply *reply, bool is_json)
{
    struct chat_answer answer;
    struct tw_error err;
    int result;

    if (chat_read(reply, &answer, &err) < 0)
        return session_fail("ask", reply, &err);
    result = command_show(session, reply, is_json, write, &answer);
    if (result == 0 && answer.scored.is_abstained)
        result = EXIT_CODE_INCOMPLETE;
    chat_answer_finish(&answer);
    return result;
}

int ask_command(struct session *session, const void *values, const struct option_rest *rest)
{
    const struct values *v = values;
    CLEANUP(freep) char *url = session_url(session->config.llm_url, "/chat");
    CLEANUP(freep) char *question = NULL;
    struct fetch_request request = {
        .method = "POST", .url = url, .timeout_ms = session->config.answer_timeout_ms};
    struct live live = {0};
    struct fetch_reply reply;
    struct tw_error err;
    struct buffer body;
    int result;

    if (operand_text_read(rest, &question, &err) < 0) {
        (void)fprintf(stderr, "tidewatch: %s\n", err.message);
        return EXIT_CODE_USAGE;
    }
    buffer_init(&body, BODY_BYTES_MAX);
    chat_write_request(question, v->n_docs, v->is_stream, &body);
    request.body = buffer_text(&body);
    request.body_len = body.len;
    if (v->is_stream)
        ask_live(session, &request, &live, !v->is_json, &reply);
    else
        session_ask(session, &request, false, &reply);
    result = show(session, &reply, v->is_json);
    live_finish(&live);
    buffer_finish(&body);
    return result;
}
