#include "tui/data/silence.h"

#include "common/alloc.h"
#include "common/json.h"
#include "common/json_write.h"
#include "tui/data/answer.h"
#include "tui/data/server_json.h"
#include "tui/text/moment.h"
#include "tui/text/pattern.h"
#include "tui/text/server_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- Matchers ----------------------------------------------------------------------------------- */

static const char *const op_texts[N_MATCHER_OPS] = {"=", "!=", "=~", "!~"};

const char *matcher_op_text(enum matcher_op op)
{
    return op_texts[op];
}

static bool is_pattern(enum matcher_op op)
{
    return op == MATCHER_LIKE || op == MATCHER_NOT_LIKE;
}

static bool is_negative(enum matcher_op op)
{
    return op == MATCHER_IS_NOT || op == MATCHER_NOT_LIKE;
}

struct matchers matchers_of_labels(const struct labels *labels)
{
    struct matchers matchers = {labels->n, xcalloc(labels->n, sizeof(*matchers.at))};

    for (size_t i = 0; i < labels->n; i++)
        matchers.at[i] =
            (struct matcher){xstrdup(labels->at[i].name), xstrdup(labels->at[i].value), MATCHER_IS};
    return matchers;
}

struct matchers matchers_copy(const struct matchers *matchers)
{
    struct matchers copy = {matchers->n, xcalloc(matchers->n, sizeof(*copy.at))};

    for (size_t i = 0; i < matchers->n; i++)
        copy.at[i] = (struct matcher){xstrdup(matchers->at[i].name), xstrdup(matchers->at[i].value),
                                      matchers->at[i].op};
    return copy;
}

void matchers_finish(struct matchers *matchers)
{
    for (size_t i = 0; i < matchers->n; i++) {
        free(matchers->at[i].name);
        free(matchers->at[i].value);
    }
    free(matchers->at);
    *matchers = (struct matchers){0};
}

/* Alertmanager's patterns are RE2's, for the whole value, and without slashes around them: what pattern.h
 * takes means the same there, but for a pattern that begins with a slash. */
static int read_pattern(const char *text, struct pattern *pattern, struct tw_error *err)
{
    if (text[0] == '/')
        return tw_fail(err, TW_INVALID, "a pattern that begins with a slash cannot be previewed");
    if (pattern_init(pattern, text, err) == 0)
        return 0;
    return tw_fail(err, TW_INVALID, "the pattern '%.60s' cannot be previewed: write it simpler",
                   text);
}

static bool matches(const struct matcher *matcher, const char *value)
{
    struct pattern pattern = {0};
    size_t start, len;
    bool is_so;

    if (!is_pattern(matcher->op))
        return (strcmp(matcher->value, value) == 0) != is_negative(matcher->op);
    if (read_pattern(matcher->value, &pattern, NULL) < 0)
        return false;
    is_so = pattern_find(&pattern, value, &start, &len);
    pattern_finish(&pattern);
    return is_so != is_negative(matcher->op);
}

bool matchers_match(const struct matchers *matchers, const struct labels *labels)
{
    for (size_t i = 0; i < matchers->n; i++)
        if (!matches(&matchers->at[i], labels_get(labels, matchers->at[i].name)))
            return false;
    return true;
}

/* The value as it is typed: in quotes or not. NULL: a quote stands alone. */
static char *value_dup(const char *text)
{
    size_t len = strlen(text);

    while (len > 0 && text[len - 1] == ' ')
        len--;
    if (len > 0 && (text[0] == '"' || text[len - 1] == '"')) {
        if (len < 2 || text[0] != '"' || text[len - 1] != '"')
            return NULL;
        return xprintf_dup("%.*s", (int)(len - 2), text + 1);
    }
    return xprintf_dup("%.*s", (int)len, text);
}

static size_t name_len(const char *text)
{
    return isdigit((unsigned char)text[0])
               ? 0
               : strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:.-");
}

static bool take_op(const char **at, enum matcher_op *ret_op)
{
    static const enum matcher_op longest_first[] = {MATCHER_LIKE, MATCHER_NOT_LIKE, MATCHER_IS_NOT,
                                                    MATCHER_IS};

    for (size_t i = 0; i < COUNT_OF(longest_first); i++) {
        const char *text = op_texts[longest_first[i]];

        if (strncmp(*at, text, strlen(text)) == 0) {
            *ret_op = longest_first[i];
            *at += strlen(text);
            return true;
        }
    }
    return false;
}

static int check_pattern(const char *text, struct tw_error *err)
{
    struct pattern pattern = {0};

    if (read_pattern(text, &pattern, err) < 0)
        return -1;
    pattern_finish(&pattern);
    return 0;
}

int matchers_add(struct matchers *matchers, const char *text, struct tw_error *err)
{
    CLEANUP(freep) char *value = NULL;
    const char *name = text + strspn(text, " "), *at;
    size_t len = name_len(name);
    enum matcher_op op;

    at = name + len;
    at += strspn(at, " ");
    if (len == 0 || !take_op(&at, &op))
        return tw_fail(err, TW_INVALID, "'%.60s' is no label=value (also !=, =~ and !~)", text);
    value = value_dup(at + strspn(at, " "));
    if (!value)
        return tw_fail(err, TW_INVALID, "'%.60s' has one quote alone", text);
    if (is_pattern(op) && check_pattern(value, err) < 0)
        return -1;
    if (matchers->n == LABELS_MAX)
        return tw_fail(err, TW_INVALID, "over %d matchers", LABELS_MAX);
    matchers->at = xrealloc_array(matchers->at, matchers->n + 1, sizeof(*matchers->at));
    matchers->at[matchers->n++] =
        (struct matcher){xprintf_dup("%.*s", (int)len, name), TAKE(value), op};
    return 0;
}

void matchers_write(const struct matchers *matchers, struct buffer *out)
{
    for (size_t i = 0; i < matchers->n; i++)
        (void)buffer_printf(out, "%s%s%s\"%s\"", i > 0 ? ", " : "", matchers->at[i].name,
                            op_texts[matchers->at[i].op], matchers->at[i].value);
}

/* ---- Reading ------------------------------------------------------------------------------------ */

static const char *const state_names[] = {"active", "pending", "expired"};

const char *silence_state_name(enum silence_state state)
{
    return state_names[state];
}

bool silence_id_is_plain(const char *id)
{
    return id[0] &&
           !id[strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")];
}

/* Fit for a terminal; notes when that is not what was sent. */
static char *text_dup(const struct json *json, bool *is_altered)
{
    const char *text = json_string(json);
    char *copy = server_text_dup(text);

    *is_altered = *is_altered || strcmp(copy, text ? text : "") != 0;
    return copy;
}

/* isEqual is missing where the server is older than 0.22: then it is true. */
static void read_matcher(const struct json *item, struct silence *silence)
{
    bool is_regex = json_bool(json_get(item, "isRegex"), false);
    bool is_equal = json_bool(json_get(item, "isEqual"), true);

    silence->matchers.at[silence->matchers.n++] = (struct matcher){
        .name = text_dup(json_get(item, "name"), &silence->is_altered),
        .value = text_dup(json_get(item, "value"), &silence->is_altered),
        .op = is_regex   ? is_equal ? MATCHER_LIKE : MATCHER_NOT_LIKE
              : is_equal ? MATCHER_IS
                         : MATCHER_IS_NOT,
    };
}

static bool read_state(const char *text, enum silence_state *ret_state)
{
    for (size_t i = 0; text && i < COUNT_OF(state_names); i++)
        if (strcmp(text, state_names[i]) == 0) {
            *ret_state = (enum silence_state)i;
            return true;
        }
    return false;
}

static bool read_moment(const struct json *json, int64_t *ret_ms)
{
    const char *text = json_string(json);

    return text && moment_parse(text, ret_ms);
}

static int read_silence(const struct json *item, struct silence *silence, struct tw_error *err)
{
    const struct json *matchers = json_get(item, "matchers");

    server_json_copy(silence->id, sizeof(silence->id), json_get(item, "id"));
    silence->by = text_dup(json_get(item, "createdBy"), &silence->is_altered);
    silence->comment = text_dup(json_get(item, "comment"), &silence->is_altered);
    if (json_type(matchers) != JSON_ARRAY || json_count(matchers) > LABELS_MAX)
        return tw_fail(err, TW_BROKEN, "a silence has no matchers, or over %d", LABELS_MAX);
    silence->matchers.at = xcalloc(json_count(matchers), sizeof(*silence->matchers.at));
    for (const struct json *each = json_first(matchers); each; each = json_next(each))
        read_matcher(each, silence);
    if (!read_state(json_string(json_get(json_get(item, "status"), "state")), &silence->state))
        return tw_fail(err, TW_BROKEN, "a silence has no state that Alertmanager knows");
    if (!read_moment(json_get(item, "startsAt"), &silence->starts_at_ms) ||
        !read_moment(json_get(item, "endsAt"), &silence->ends_at_ms))
        return tw_fail(err, TW_BROKEN, "a silence has no beginning or no end");
    return 0;
}

int silences_read(const struct fetch_reply *reply,
                  struct silences *ret_silences,
                  struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct silences silences = {0};

    if (answer_read(reply, &json, err) < 0)
        return -1;
    if (json_type(json) != JSON_ARRAY)
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but no list of silences");
    if (json_count(json) > SILENCES_MAX)
        return tw_fail(err, TW_BROKEN, "the answer has over %d silences", SILENCES_MAX);
    silences.at = xcalloc(json_count(json), sizeof(*silences.at));
    for (const struct json *item = json_first(json); item; item = json_next(item))
        if (read_silence(item, &silences.at[silences.n++], err) < 0) {
            silences_finish(&silences);
            return -1;
        }
    *ret_silences = silences;
    return 0;
}

struct silences silences_copy(const struct silences *silences)
{
    struct silences copy = {silences->n, xcalloc(silences->n, sizeof(*copy.at))};

    for (size_t i = 0; i < silences->n; i++) {
        copy.at[i] = silences->at[i];
        copy.at[i].matchers = matchers_copy(&silences->at[i].matchers);
        copy.at[i].by = xstrdup(silences->at[i].by);
        copy.at[i].comment = xstrdup(silences->at[i].comment);
    }
    return copy;
}

void silences_finish(struct silences *silences)
{
    for (size_t i = 0; i < silences->n; i++) {
        matchers_finish(&silences->at[i].matchers);
        free(silences->at[i].by);
        free(silences->at[i].comment);
    }
    free(silences->at);
    *silences = (struct silences){0};
}

const struct silence *silences_find(const struct silences *silences, const char *id)
{
    for (size_t i = 0; i < silences->n; i++)
        if (strcmp(silences->at[i].id, id) == 0)
            return &silences->at[i];
    return NULL;
}

/* ---- Writing ------------------------------------------------------------------------------------ */

struct silence_draft silence_draft_copy(const struct silence_draft *draft)
{
    struct silence_draft copy = *draft;

    copy.matchers = matchers_copy(&draft->matchers);
    return copy;
}

void silence_draft_finish(struct silence_draft *draft)
{
    matchers_finish(&draft->matchers);
    *draft = (struct silence_draft){0};
}

void silence_draft_write(const struct silence_draft *draft, int64_t now_ms, struct buffer *out)
{
    struct json_writer w = {out, false};
    int64_t starts_at_ms = draft->starts_at_ms > 0 ? draft->starts_at_ms : now_ms;
    char moment[MOMENT_UTC_SIZE];

    json_write_object(&w, NULL);
    if (draft->id[0])
        json_write_string(&w, "id", draft->id);
    json_write_array(&w, "matchers");
    for (size_t i = 0; i < draft->matchers.n; i++) {
        const struct matcher *matcher = &draft->matchers.at[i];

        json_write_object(&w, NULL);
        json_write_string(&w, "name", matcher->name);
        json_write_string(&w, "value", matcher->value);
        json_write_bool(&w, "isRegex", is_pattern(matcher->op));
        json_write_bool(&w, "isEqual", !is_negative(matcher->op));
        json_write_object_end(&w);
    }
    json_write_array_end(&w);
    moment_format_utc(starts_at_ms, moment);
    json_write_string(&w, "startsAt", moment);
    moment_format_utc(starts_at_ms + draft->for_ms, moment);
    json_write_string(&w, "endsAt", moment);
    json_write_string(&w, "createdBy", draft->by);
    json_write_string(&w, "comment", draft->comment);
    json_write_object_end(&w);
}

int silence_read_id(const struct fetch_reply *reply,
                    char ret_id[SILENCE_ID_SIZE],
                    struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;

    if (answer_read(reply, &json, err) < 0)
        return -1;
    server_json_copy(ret_id, SILENCE_ID_SIZE, json_get(json, "silenceID"));
    if (!silence_id_is_plain(ret_id))
        return tw_fail(err, TW_BROKEN, "the answer names no silence");
    return 0;
}
