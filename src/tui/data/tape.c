#include "tui/data/tape.h"

#include "common/alloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 512
#define NUMBER_DIGITS  15
#define FIRST_ROOM     64

static const char magic[] = "tidewatch recording 1\n";

/* ---- Questions --------------------------------------------------------------------------------- */

/* "1795420931.250" in ms; what follows three decimals is dropped. False: it is no such number. */
static bool read_seconds(const char *text, size_t len, int64_t *ret_ms)
{
    int64_t ms = 0, scale = 1000;
    bool is_fraction = false;

    if (len == 0 || len > NUMBER_DIGITS + 4)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.' && !is_fraction) {
            is_fraction = true;
            continue;
        }
        if (text[i] < '0' || text[i] > '9' || ms > INT64_MAX / 100)
            return false;
        if (!is_fraction)
            ms = ms * 10 + (text[i] - '0') * INT64_C(1000);
        else if ((scale /= 10) > 0)
            ms += (text[i] - '0') * scale;
    }
    *ret_ms = ms;
    return true;
}

static bool is_named(const char *param, size_t len, const char *name)
{
    size_t name_len = strlen(name);

    return len > name_len && memcmp(param, name, name_len) == 0 && param[name_len] == '=';
}

/* How it was asked, which depends on how far the console knew the server (prom_flavour_write) and how patient it
 * was: the question is the same. */
static bool is_manner(const char *param, size_t len)
{
    static const char *const manners[] = {"timeout", "nocache", "latency_offset", "dedup",
                                          "partial_response"};

    for (size_t i = 0; i < COUNT_OF(manners); i++)
        if (is_named(param, len, manners[i]))
            return true;
    return false;
}

/* True when the parameter is a moment, which is no part of the identity. */
static bool take_moment(struct tape_question *question, const char *param, size_t len)
{
    if (is_named(param, len, "time"))
        return read_seconds(param + 5, len - 5, &question->end_ms);
    if (is_named(param, len, "start"))
        return read_seconds(param + 6, len - 6, &question->start_ms);
    if (is_named(param, len, "end"))
        return read_seconds(param + 4, len - 4, &question->end_ms);
    return false;
}

static void add_params(struct tape_question *question, const char *params)
{
    while (*params) {
        size_t len = strcspn(params, "&");

        if (!is_manner(params, len) && !take_moment(question, params, len)) {
            (void)buffer_putc(&question->identity, '&');
            (void)buffer_append(&question->identity, params, len);
        }
        params += len + (params[len] == '&');
    }
}

void tape_question_init(struct tape_question *question,
                        const char *source,
                        const char *method,
                        const char *path,
                        const char *form)
{
    size_t len = strcspn(path, "?");

    *question = (struct tape_question){.start_ms = 0};
    buffer_init(&question->identity, TAPE_IDENTITY_MAX);
    (void)buffer_printf(&question->identity, "%s %s %.*s", source, method, (int)len, path);
    add_params(question, path[len] ? path + len + 1 : "");
    add_params(question, form ? form : "");
}

void tape_question_finish(struct tape_question *question)
{
    buffer_finish(&question->identity);
}

/* ---- Writing ----------------------------------------------------------------------------------- */

void tape_write_head(const struct tape_head *head, struct buffer *out)
{
    (void)buffer_printf(out, "%sH %" PRId64 " %" PRId64 " %" PRId64 " %d %s\n", magic,
                        head->began_ms, head->refresh_ms, head->n_columns, head->is_production,
                        head->context);
}

void tape_write_question(const struct tape_question *question, struct buffer *out)
{
    (void)buffer_printf(out, "Q %zu\n", question->identity.len);
    (void)buffer_append(out, buffer_text(&question->identity), question->identity.len);
    (void)buffer_putc(out, '\n');
}

void tape_write_answer(const struct tape_answer *answer, bool is_same, struct buffer *out)
{
    const struct fetch_reply *reply = &answer->reply;
    bool is_error = reply->status == 0;
    const char *body = is_error ? reply->error.message : reply->body;
    size_t len = is_error ? strlen(body) : reply->body_len;

    (void)buffer_printf(
        out, "A %zu %" PRId64 " %" PRId64 " %" PRId64 " %d %d %" PRId64 " %" PRId64 " %" PRId64 " ",
        answer->question, answer->at_ms, answer->start_ms, answer->end_ms, reply->status,
        (int)reply->error.code, reply->elapsed_us, reply->server_date_ms, reply->retry_after_ms);
    if (is_same)
        (void)buffer_printf(out, "= %s\n", reply->content_type);
    else
        (void)buffer_printf(out, "%zu %s\n", len, reply->content_type);
    if (is_same)
        return;
    (void)buffer_append(out, body, len);
    (void)buffer_putc(out, '\n');
}

/* ---- Reading ----------------------------------------------------------------------------------- */

struct reader {
    struct tape *tape;
    char *at, *end;
    const char *line; /* that is read: what is wrong is told by its place */
    size_t room;      /* of answers */
    struct tw_error *err;
};

static int fail(const struct reader *reader, const char *what)
{
    return tw_fail(reader->err, TW_INVALID, "byte %zu of the recording: %s",
                   (size_t)(reader->line - reader->tape->text), what);
}

/* A whole number and the blank or line end behind it. */
static bool take_number(char **at, int64_t min, int64_t max, int64_t *ret_number)
{
    bool is_negative = **at == '-';
    int64_t number = 0;
    size_t n = 0;

    *at += is_negative;
    for (; **at >= '0' && **at <= '9' && n < NUMBER_DIGITS; n++, (*at)++)
        number = number * 10 + (**at - '0');
    if (n == 0 || (**at != ' ' && **at != '\0'))
        return false;
    *at += **at == ' ';
    *ret_number = is_negative ? -number : number;
    return *ret_number >= min && *ret_number <= max;
}

/* The next line with a NUL for its end; NULL when it has none: the file is cut, or it is too long. */
static char *take_line(struct reader *reader)
{
    char *line = reader->at, *newline;

    reader->line = line;
    newline = memchr(line, '\n', (size_t)(reader->end - line));
    if (!newline || memchr(line, '\0', (size_t)(newline - line)))
        return NULL;
    *newline = '\0';
    reader->at = newline + 1;
    return line;
}

/* len bytes with a newline behind them, which becomes a NUL. NULL: the file is cut, or they have none. */
static char *take_bytes(struct reader *reader, size_t len)
{
    char *bytes = reader->at;

    if ((size_t)(reader->end - bytes) <= len)
        return NULL;
    if (bytes[len] != '\n')
        return NULL;
    bytes[len] = '\0';
    reader->at = bytes + len + 1;
    return bytes;
}

static int read_head(struct reader *reader)
{
    struct tape_head *head = &reader->tape->head;
    size_t magic_len = sizeof(magic) - 1;
    int64_t is_production;
    char *line;

    if ((size_t)(reader->end - reader->at) < magic_len || memcmp(reader->at, magic, magic_len) != 0)
        return tw_fail(reader->err, TW_INVALID, "it is no recording of tidewatch's");
    reader->at += magic_len;
    line = take_line(reader);
    if (!line || strncmp(line, "H ", 2) != 0)
        return fail(reader, "no head");
    line += 2;
    if (!take_number(&line, 0, INT64_MAX, &head->began_ms) ||
        !take_number(&line, 1, INT64_C(86400000), &head->refresh_ms) ||
        !take_number(&line, 1, 10000, &head->n_columns) ||
        !take_number(&line, 0, 1, &is_production))
        return fail(reader, "a head with a bad number");
    if (!line[0] || strlen(line) >= TAPE_CONTEXT_SIZE ||
        line[strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")])
        return fail(reader, "a head with a bad context");
    head->is_production = is_production == 1;
    memcpy(head->context, line, strlen(line) + 1);
    return 0;
}

static int read_question(struct reader *reader, char *line)
{
    struct tape *tape = reader->tape;
    struct tape_identity *question = &tape->questions[tape->n_questions];
    int64_t len;

    if (tape->n_questions == TAPE_QUESTIONS_MAX)
        return fail(reader, "too many questions");
    if (!take_number(&line, 1, (int64_t)TAPE_IDENTITY_MAX, &len) || *line)
        return fail(reader, "a question with a bad length");
    if ((size_t)(reader->end - reader->at) <= (size_t)len) {
        tape->is_cut = true;
        return 0;
    }
    question->text = take_bytes(reader, (size_t)len);
    if (!question->text)
        return fail(reader, "a question of another length");
    question->len = (size_t)len;
    question->last = SIZE_MAX;
    tape->n_questions++;
    return 0;
}

static struct tape_answer *add_answer(struct reader *reader)
{
    struct tape *tape = reader->tape;

    if (tape->n_answers == reader->room) {
        reader->room = reader->room ? 2 * reader->room : FIRST_ROOM;
        tape->answers = xrealloc_array(tape->answers, reader->room, sizeof(*tape->answers));
    }
    tape->answers[tape->n_answers] = (struct tape_answer){0};
    return &tape->answers[tape->n_answers];
}

/* The numbers before the length. */
static bool read_numbers(char **line, struct tape_answer *answer, size_t n_questions)
{
    struct fetch_reply *reply = &answer->reply;
    int64_t question, status, code;

    if (!take_number(line, 0, (int64_t)n_questions - 1, &question) ||
        !take_number(line, 0, INT64_MAX, &answer->at_ms) ||
        !take_number(line, 0, INT64_MAX, &answer->start_ms) ||
        !take_number(line, 0, INT64_MAX, &answer->end_ms) || !take_number(line, 0, 999, &status) ||
        !take_number(line, 0, TW_BROKEN, &code) ||
        !take_number(line, 0, INT64_MAX, &reply->elapsed_us) ||
        !take_number(line, 0, INT64_MAX, &reply->server_date_ms) ||
        !take_number(line, -1, INT64_MAX, &reply->retry_after_ms))
        return false;
    answer->question = (size_t)question;
    reply->status = (int)status;
    reply->error.code = (enum tw_code)code;
    reply->first_byte_us = -1;
    return (status == 0) == (code != TW_OK);
}

/* Its body, and what it is taken for. False with the tape cut, or after the error. */
static bool read_body(struct reader *reader, struct tape_answer *answer, char *line)
{
    struct tape *tape = reader->tape;
    struct tape_identity *question = &tape->questions[answer->question];
    struct fetch_reply *reply = &answer->reply;
    int64_t len;

    if (line[0] == '=' && line[1] == ' ' && question->last != SIZE_MAX) {
        reply->body = tape->answers[question->last].reply.body;
        reply->body_len = tape->answers[question->last].reply.body_len;
        line += 2;
    } else if (take_number(&line, 0, (int64_t)TAPE_BODY_MAX, &len)) {
        tape->is_cut = (size_t)(reader->end - reader->at) <= (size_t)len;
        if (tape->is_cut)
            return false;
        reply->body = take_bytes(reader, (size_t)len);
        reply->body_len = (size_t)len;
    }
    if (!reply->body || strlen(line) >= sizeof(reply->content_type)) {
        (void)fail(reader, "an answer with a bad body");
        return false;
    }
    memcpy(reply->content_type, line, strlen(line) + 1);
    return true;
}

static int read_answer(struct reader *reader, char *line)
{
    struct tape *tape = reader->tape;
    struct tape_answer *answer;

    if (tape->n_answers == TAPE_ANSWERS_MAX)
        return fail(reader, "too many answers");
    answer = add_answer(reader);
    if (!read_numbers(&line, answer, tape->n_questions))
        return fail(reader, "an answer with a bad number");
    if (tape->n_answers > 0 && answer->at_ms < answer[-1].at_ms)
        return fail(reader, "an answer from before the one before it");
    if (!read_body(reader, answer, line))
        return tape->is_cut ? 0 : -1;
    if (answer->reply.status == 0) {
        (void)tw_fail(&answer->reply.error, answer->reply.error.code, "%s", answer->reply.body);
        answer->reply.body_len = 0;
        answer->reply.body = "";
    }
    tape->questions[answer->question].last = tape->n_answers++;
    return 0;
}

static int read_entries(struct reader *reader)
{
    while (reader->at < reader->end && !reader->tape->is_cut) {
        char *line = take_line(reader);
        int result;

        if (!line) {
            reader->tape->is_cut = reader->end - reader->at < LINE_MAX_BYTES &&
                                   !memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
            return reader->tape->is_cut ? 0 : fail(reader, "no line");
        }
        if (strncmp(line, "Q ", 2) == 0)
            result = read_question(reader, line + 2);
        else if (strncmp(line, "A ", 2) == 0)
            result = read_answer(reader, line + 2);
        else
            result = fail(reader, "neither question nor answer");
        if (result < 0)
            return -1;
    }
    return 0;
}

int tape_read(char *owned_text, size_t len, struct tape *ret_tape, struct tw_error *err)
{
    struct tape tape = {.text = owned_text};
    struct reader reader = {.tape = &tape, .at = owned_text, .end = owned_text + len, .err = err};

    tape.questions = xcalloc(TAPE_QUESTIONS_MAX + 1, sizeof(*tape.questions));
    if (read_head(&reader) < 0 || read_entries(&reader) < 0) {
        tape_finish(&tape);
        return -1;
    }
    *ret_tape = tape;
    return 0;
}

void tape_finish(struct tape *tape)
{
    free(tape->questions);
    free(tape->answers);
    free(tape->text);
    *tape = (struct tape){0};
}

/* ---- Finding ----------------------------------------------------------------------------------- */

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

static size_t find_question(const struct tape *tape, const struct buffer *identity)
{
    for (size_t i = 0; i < tape->n_questions; i++)
        if (tape->questions[i].len == identity->len &&
            memcmp(tape->questions[i].text, buffer_text(identity), identity->len) == 0)
            return i;
    return SIZE_MAX;
}

const struct tape_answer *tape_find(const struct tape *tape,
                                    const struct tape_question *question,
                                    int64_t at_ms)
{
    size_t index = find_question(tape, &question->identity);
    const struct tape_answer *best = NULL;
    int64_t least = INT64_MAX;

    for (size_t i = 0; i < tape->n_answers; i++) {
        const struct tape_answer *answer = &tape->answers[i];
        int64_t away;

        if (answer->question != index)
            continue;
        if (best && answer->at_ms > at_ms)
            break;
        away = distance(answer->start_ms, question->start_ms) / 2 +
               distance(answer->end_ms, question->end_ms) / 2;
        if (!best || away <= least) {
            best = answer;
            least = away;
        }
    }
    return best;
}

int64_t tape_length_ms(const struct tape *tape)
{
    return tape->n_answers > 0 ? tape->answers[tape->n_answers - 1].at_ms : 0;
}
