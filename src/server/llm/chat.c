#include "server/llm/chat.h"

#include "common/json.h"
#include "common/json_write.h"
#include "common/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_END "[DONE]"
#define TOKENS_MAX 1e6 /* our prompts are 512 KiB at most: more is made up, and would cost */
#define REPLACED   "\\ufffd"
#define ESCAPE_LEN 6         /* of \uXXXX */
#define JSON_MAX   (1 << 20) /* a tree of it takes up to 40 times as much */

/* ---- Asking ----------------------------------------------------------------------------------- */

static void write_message(struct json_writer *w, const char *role, const char *content)
{
    json_write_object(w, NULL);
    json_write_string(w, "role", role);
    json_write_string(w, "content", content);
    json_write_object_end(w);
}

static void write_response_format(struct json_writer *w,
                                  const struct chat_request *request,
                                  unsigned dialect)
{
    if (!request->schema || (dialect & CHAT_NO_RESPONSE_FORMAT))
        return;
    json_write_object(w, "response_format");
    if (dialect & CHAT_NO_SCHEMA) {
        json_write_string(w, "type", "json_object");
    } else {
        json_write_string(w, "type", "json_schema");
        json_write_object(w, "json_schema");
        json_write_string(w, "name", request->schema_name);
        json_write_bool(w, "strict", true);
        json_write_raw(w, "schema", request->schema, strlen(request->schema));
        json_write_object_end(w);
    }
    json_write_object_end(w);
}

static void write_stream(struct json_writer *w, unsigned dialect)
{
    json_write_bool(w, "stream", true);
    if (dialect & CHAT_NO_STREAM_OPTIONS)
        return;
    json_write_object(w, "stream_options");
    json_write_bool(w, "include_usage", true);
    json_write_object_end(w);
}

void chat_write_request(struct buffer *out, const struct chat_request *request, unsigned dialect)
{
    struct json_writer w = {.out = out};

    json_write_object(&w, NULL);
    json_write_string(&w, "model", request->model);
    json_write_array(&w, "messages");
    write_message(&w, "system", request->system);
    write_message(&w, "user", request->user);
    json_write_array_end(&w);
    json_write_int(&w,
                   dialect & CHAT_MAX_COMPLETION_TOKENS ? "max_completion_tokens" : "max_tokens",
                   request->max_tokens);
    if (!(dialect & CHAT_NO_TEMPERATURE))
        json_write_number(&w, "temperature", request->temperature);
    write_response_format(&w, request, dialect);
    if (request->is_stream)
        write_stream(&w, dialect);
    json_write_object_end(&w);
}

static bool holds(const char *body, size_t len, const char *word)
{
    return memmem(body, len, word, strlen(word)) != NULL;
}

/* Servers word their refusals in many ways, but all name the field. One is given up at a time: some
 * quote the whole request beside the field that they do not like, so the first named need not be it. */
unsigned chat_read_refusal(const char *body,
                           size_t len,
                           const struct chat_request *request,
                           unsigned dialect)
{
    const struct {
        const char *field;
        bool is_sent;
        unsigned bit;
    } fields[] = {
        {"stream_options", request->is_stream, CHAT_NO_STREAM_OPTIONS},
        {"json_schema", request->schema, CHAT_NO_SCHEMA},
        {"response_format", request->schema && !(dialect & CHAT_NO_SCHEMA), CHAT_NO_SCHEMA},
        {"response_format", request->schema, CHAT_NO_RESPONSE_FORMAT},
        {"max_completion_tokens", true, CHAT_MAX_COMPLETION_TOKENS},
        {"temperature", true, CHAT_NO_TEMPERATURE},
    };

    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (fields[i].is_sent && !(dialect & fields[i].bit) && holds(body, len, fields[i].field))
            return dialect | fields[i].bit;
    return dialect;
}

/* ---- Reading ---------------------------------------------------------------------------------- */

void chat_answer_init(struct chat_answer *answer)
{
    *answer = (struct chat_answer){.input_tokens = -1, .output_tokens = -1};
    buffer_init(&answer->text, CHAT_TEXT_MAX);
}

void chat_answer_finish(struct chat_answer *answer)
{
    buffer_finish(&answer->text);
}

/* The code of an escape \uXXXX at text; -1 when there is none. */
static long read_escape(const char *text, size_t len)
{
    char digits[5];

    if (len < ESCAPE_LEN || text[0] != '\\' || text[1] != 'u')
        return -1;
    memcpy(digits, text + 2, 4);
    digits[4] = '\0';
    if (strspn(digits, "0123456789abcdefABCDEF") != 4)
        return -1;
    return strtol(digits, NULL, 16);
}

/* Bytes of the escape at text that stand for one character, or, in *ret_is_bad, for none that we take. */
static size_t escape_len(const char *text, size_t len, bool *ret_is_bad)
{
    long code = read_escape(text, len);
    long low;

    *ret_is_bad = false;
    if (code < 0)
        return len < 2 ? len : 2;
    if (code >= 0xd800 && code <= 0xdbff) {
        low = read_escape(text + ESCAPE_LEN, len - ESCAPE_LEN);
        if (low >= 0xdc00 && low <= 0xdfff)
            return (size_t)2 * ESCAPE_LEN;
    }
    *ret_is_bad = code == 0 || (code >= 0xd800 && code <= 0xdfff);
    return ESCAPE_LEN;
}

/* Language models are cut in the middle of characters, and some servers pass that on. What json_parse
 * refuses for it is replaced; all else is copied as it is. */
static void mend(const char *text, size_t len, struct buffer *out)
{
    size_t n;

    for (size_t i = 0; i < len; i += n) {
        bool is_bad = false;

        if (text[i] == '\\') {
            n = escape_len(text + i, len - i, &is_bad);
        } else if ((unsigned char)text[i] < 0x80) {
            for (n = 1; i + n < len && (unsigned char)text[i + n] < 0x80 && text[i + n] != '\\';)
                n++;
        } else {
            is_bad = utf8_decode(text + i, len - i, &n) == 0xfffd;
        }
        if (is_bad)
            (void)buffer_puts(out, REPLACED);
        else
            (void)buffer_append(out, text + i, n);
    }
}

static int parse(const char *text, size_t len, struct json **ret_json, struct tw_error *err)
{
    struct tw_error reason;
    struct buffer mended;
    int r;

    if (len > JSON_MAX)
        return tw_fail(err, TW_BROKEN, "the answer is longer than %d bytes", JSON_MAX);
    buffer_init(&mended, len * strlen(REPLACED));
    mend(text, len, &mended);
    r = json_parse(buffer_text(&mended), mended.len, ret_json, &reason);
    buffer_finish(&mended);
    return r < 0 ? tw_fail(err, TW_BROKEN, "the answer is not JSON: %s", reason.message) : 0;
}

/* {"error": {"message": text}}, {"error": text}, {"detail": text}, {"message": text}. */
static const char *error_message(const struct json *root)
{
    const struct json *error = json_get(root, "error");
    const char *text = json_string(json_get(error, "message"));

    if (!text)
        text = json_string(error);
    if (!text)
        text = json_string(json_get(root, "detail"));
    return text ? text : json_string(json_get(root, "message"));
}

static bool has_error(const struct json *root)
{
    const struct json *error = json_get(root, "error");

    return error && json_type(error) != JSON_NULL;
}

void chat_read_error(const char *body, size_t len, struct buffer *out)
{
    CLEANUP(json_freep) struct json *root = NULL;
    const char *message = NULL;

    if (parse(body, len, &root, NULL) == 0)
        message = error_message(root);
    if (message)
        (void)buffer_puts(out, message);
    else
        (void)buffer_append(out, body, len);
}

static int64_t token_count(const struct json *value)
{
    double count = json_number(value, -1);

    return count >= 0 && count <= TOKENS_MAX && floor(count) == count ? (int64_t)count : -1;
}

/* Both numbers or none; nought for both is what servers send that do not count. */
static void take_usage(struct chat_answer *answer, const struct json *root)
{
    const struct json *usage = json_get(root, "usage");
    int64_t input = token_count(json_get(usage, "prompt_tokens"));
    int64_t output = token_count(json_get(usage, "completion_tokens"));

    if (input < 0 || output < 0 || input + output == 0)
        return;
    answer->input_tokens = input;
    answer->output_tokens = output;
}

static void take_finish_reason(struct chat_answer *answer, const struct json *choice)
{
    const char *reason = json_string(json_get(choice, "finish_reason"));

    if (!reason)
        return;
    answer->is_finished = true;
    answer->is_cut = strcmp(reason, "length") == 0;
}

/* Reads one object of either form; member is "message" or "delta". */
static int take(struct chat_answer *answer,
                const struct json *root,
                const char *member,
                struct tw_error *err)
{
    const struct json *choice = json_first(json_get(root, "choices"));
    const char *content = json_string(json_get(json_get(choice, member), "content"));

    if (has_error(root)) {
        const char *message = error_message(root);

        return tw_fail(err, TW_BROKEN, "an error in the answer: %s",
                       message ? message : "it does not say which");
    }
    take_usage(answer, root);
    take_finish_reason(answer, choice);
    if (content && !buffer_puts(&answer->text, content))
        return tw_fail(err, TW_BROKEN, "the answer's text is longer than %zu bytes", CHAT_TEXT_MAX);
    return 0;
}

int chat_answer_read(struct chat_answer *answer, const char *body, size_t len, struct tw_error *err)
{
    CLEANUP(json_freep) struct json *root = NULL;

    if (parse(body, len, &root, err) < 0 || take(answer, root, "message", err) < 0)
        return -1;
    if (json_count(json_get(root, "choices")) == 0)
        return tw_fail(err, TW_BROKEN, "the answer has no choices");
    if (answer->text.len == 0)
        return tw_fail(err, TW_BROKEN, "the answer has no text");
    answer->is_finished = true;
    return 0;
}

int chat_answer_add(struct chat_answer *answer, const char *data, size_t len, struct tw_error *err)
{
    CLEANUP(json_freep) struct json *root = NULL;

    if (len == strlen(STREAM_END) && memcmp(data, STREAM_END, len) == 0) {
        answer->is_finished = true;
        return 0;
    }
    if (parse(data, len, &root, err) < 0)
        return -1;
    return take(answer, root, "delta", err);
}
