#include "tui/data/scored.h"

#include "common/alloc.h"
#include "common/json.h"
#include "tui/data/server_json.h"
#include "tui/text/server_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *support_word(enum support level)
{
    static const char *const words[N_SUPPORTS] = {"not scored", "supported", "weak", "unsupported"};

    return words[level];
}

/* NULL unless it is a list. */
static const struct json *list_of(const struct json *json, const char *key)
{
    const struct json *value = json_get(json, key);

    return json_type(value) == JSON_ARRAY ? value : NULL;
}

/* ---- Passages ---------------------------------------------------------------------------------- */

static bool is_boundary(const char *text, size_t at)
{
    return ((unsigned char)text[at] & 0xc0) != 0x80;
}

/* As the server has it, and in *ret_len how much of it is looked at. */
static const char *raw_text(const struct json *passage, size_t *ret_len)
{
    const char *text = json_string(json_get(passage, "text"));

    *ret_len = text ? strlen(text) : 0;
    if (*ret_len <= SCORED_TEXT_MAX)
        return text ? text : "";
    *ret_len = SCORED_TEXT_MAX;
    while (!is_boundary(text, *ret_len))
        --*ret_len;
    return text;
}

static void read_passage(const struct json *json, struct scored_passage *passage)
{
    size_t len;
    const char *text = raw_text(json, &len);

    server_json_copy(passage->chunk_id, sizeof(passage->chunk_id), json_get(json, "chunk_id"));
    server_json_copy(passage->document, sizeof(passage->document), json_get(json, "document"));
    server_json_copy(passage->title, sizeof(passage->title), json_get(json, "title"));
    server_json_copy(passage->heading, sizeof(passage->heading), json_get(json, "heading"));
    passage->text = server_text_lines_dup(text, len);
    passage->score = json_number(json_get(json, "score"), (double)NAN);
    if (!json_get(json, "document")) /* a bare name */
        server_json_copy(passage->document, sizeof(passage->document), json);
}

static int read_passages(const struct json *list, struct scored *scored, struct tw_error *err)
{
    if (json_count(list) > SCORED_PASSAGES_MAX)
        return tw_fail(err, TW_BROKEN, "the answer has over %d sources", SCORED_PASSAGES_MAX);
    scored->passages = xcalloc(json_count(list), sizeof(*scored->passages));
    for (const struct json *item = json_first(list); item; item = json_next(item))
        read_passage(item, &scored->passages[scored->n_passages++]);
    return 0;
}

static size_t find_passage(const struct scored *scored, const char *chunk_id)
{
    for (size_t i = 0; chunk_id[0] && i < scored->n_passages; i++)
        if (strcmp(scored->passages[i].chunk_id, chunk_id) == 0)
            return i;
    return SCORED_NO_PASSAGE;
}

/* ---- Evidence ---------------------------------------------------------------------------------- */

/* Bytes of a copy's first `len`: server_text_lines_dup looks at each character by itself. */
static size_t safe_len(const char *text, size_t len)
{
    CLEANUP(freep) char *copy = server_text_lines_dup(text, len);

    return strlen(copy);
}

/* The evidence's bytes in the passage as the server has it. Its words tell better where it is than
 * offsets, which may count from the beginning of the file. */
static bool find_span(const struct json *evidence,
                      const char *passage,
                      size_t len,
                      size_t *ret_start,
                      size_t *ret_end)
{
    const char *words = json_string(json_get(evidence, "text"));
    const char *at = words && words[0] ? memmem(passage, len, words, strlen(words)) : NULL;
    int64_t start = server_json_whole(json_get(evidence, "start"), -1);
    int64_t end = server_json_whole(json_get(evidence, "end"), -1);

    if (at) {
        start = at - passage;
        end = start + (int64_t)strlen(words);
    } else if ((words && words[0]) || start < 0 || end <= start || end > (int64_t)len) {
        return false;
    }
    *ret_start = (size_t)start;
    *ret_end = (size_t)end;
    return is_boundary(passage, *ret_start) && is_boundary(passage, *ret_end);
}

static void read_evidence(const struct json *json,
                          const struct json *passages,
                          const struct scored *scored,
                          struct scored_evidence *evidence)
{
    const struct json *passage = json_first(passages);
    size_t start, end, len;
    const char *text;

    evidence->is_known = json_type(json) == JSON_OBJECT;
    server_json_copy(evidence->chunk_id, sizeof(evidence->chunk_id), json_get(json, "chunk_id"));
    evidence->text = server_json_lines_dup(json_get(json, "text"));
    evidence->passage = find_passage(scored, evidence->chunk_id);
    for (size_t i = 0; passage && i < evidence->passage; i++)
        passage = json_next(passage);
    text = raw_text(passage, &len);
    if (evidence->passage == SCORED_NO_PASSAGE || !find_span(json, text, len, &start, &end))
        return;
    evidence->start = safe_len(text, start);
    evidence->end = safe_len(text, end);
    if (!evidence->text[0]) {
        free(evidence->text);
        evidence->text = server_text_lines_dup(text + start, end - start);
    }
}

/* ---- Sentences --------------------------------------------------------------------------------- */

/* The evaluator's checks in words; what is no check of ours is shown as it came. */
static void name_check(char flag[SCORED_FLAG_SIZE])
{
    static const struct {
        const char *check, *words;
    } checks[] = {
        {"number-absent", "number not in evidence"},
        {"number-swapped", "number of something else in the evidence"},
        {"name-absent", "name not in evidence"},
        {"name-swapped", "name of something else in the evidence"},
        {"negation", "denied on one side alone"},
        {"antonym", "the opposite of the evidence"},
        {"modifier", "somebody or something else than in the evidence"},
    };

    size_t len = strcspn(flag, ":");
    char about[SCORED_FLAG_SIZE];

    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        if (strlen(checks[i].check) != len || memcmp(checks[i].check, flag, len) != 0)
            continue;
        memcpy(about, flag + len, strlen(flag + len) + 1);
        (void)snprintf(flag, SCORED_FLAG_SIZE, "%s%.100s", checks[i].words, about);
        return;
    }
}

/* A flag as a string, or as an object that names its kind and what it is about. */
static void read_flag(const struct json *json, char out[SCORED_FLAG_SIZE])
{
    char kind[64], about[80];
    const struct json *named = json_get(json, "kind");

    server_json_copy(out, SCORED_FLAG_SIZE, json);
    if (json_type(json) == JSON_OBJECT) {
        server_json_copy(kind, sizeof(kind), named ? named : json_get(json, "check"));
        server_json_copy_id(about, sizeof(about), json_get(json, "text"));
        (void)snprintf(out, SCORED_FLAG_SIZE, "%s%s%s", kind, kind[0] && about[0] ? ": " : "",
                       about);
    }
    name_check(out);
}

static void read_flags(const struct json *list, struct scored_part *part)
{
    size_t n = json_count(list) < SCORED_FLAGS_MAX ? json_count(list) : SCORED_FLAGS_MAX;

    part->flags = xcalloc(n, sizeof(*part->flags));
    for (const struct json *item = json_first(list); item && part->n_flags < n;
         item = json_next(item)) {
        read_flag(item, part->flags[part->n_flags]);
        part->n_flags += part->flags[part->n_flags][0] != '\0';
    }
}

static enum support level_of(const struct scored_part *part)
{
    if (isnan(part->support))
        return SUPPORT_UNSCORED;
    if (part->support < SCORED_TAU)
        return SUPPORT_NONE;
    return part->support < SCORED_WEAK ? SUPPORT_WEAK : SUPPORT_GOOD;
}

static void read_part(const struct json *sentence,
                      const struct json *passages,
                      const struct scored *scored,
                      struct scored_part *part)
{
    part->support = server_json_ratio(json_get(sentence, "support"));
    part->level = level_of(part);
    read_flags(json_get(sentence, "flags"), part);
    read_evidence(json_get(sentence, "evidence"), passages, scored, &part->evidence);
}

/* The texts of the sentences, fit for a terminal; owned, and so is the array. */
static char **sentences_dup(const struct json *list)
{
    char **texts = xcalloc(json_count(list), sizeof(char *));
    size_t n = 0;

    for (const struct json *item = json_first(list); item; item = json_next(item))
        texts[n++] = server_json_lines_dup(json_get(item, "text"));
    return texts;
}

/* A sentence is one paragraph, wherever the text that it came from has its line ends. */
static void join_lines(char *text)
{
    size_t used = 0;

    for (size_t at = 0; text[at]; at++) {
        bool is_blank = text[at] == ' ' || text[at] == '\n';

        if (is_blank && (used == 0 || text[used - 1] == ' '))
            continue;
        text[used++] = text[at];
        if (is_blank)
            text[used - 1] = ' ';
    }
    text[used] = '\0';
}

static void read_parts(const struct json *json, const struct json *passages, struct scored *scored)
{
    const struct json *list = list_of(json, "sentences"), *sentence = json_first(list);
    CLEANUP(freep) char *response = server_json_lines_dup(json_get(json, "response"));
    CLEANUP(freep) struct scored_range *ranges = NULL;
    CLEANUP(freep) char **texts = sentences_dup(list);
    size_t n = scored_divide(response, (const char *const *)texts, json_count(list), &ranges);

    scored->parts = xcalloc(n, sizeof(*scored->parts));
    for (; scored->n_parts < n; scored->n_parts++) {
        const struct scored_range *range = &ranges[scored->n_parts];
        struct scored_part *part = &scored->parts[scored->n_parts];
        bool is_sentence = range->sentence != SCORED_NO_SENTENCE;

        read_part(is_sentence ? sentence : NULL, passages, scored, part);
        if (is_sentence)
            sentence = json_next(sentence);
        part->text =
            is_sentence && range->start == range->end
                ? TAKE(texts[range->sentence])
                : xprintf_dup("%.*s", (int)(range->end - range->start), response + range->start);
        join_lines(part->text);
    }
    for (size_t i = 0; i < json_count(list); i++)
        free(texts[i]);
}

/* ---- The whole --------------------------------------------------------------------------------- */

int scored_read(const struct json *json, struct scored *ret_scored, struct tw_error *err)
{
    const struct json *passages = list_of(json, "passages"),
                      *sentences = list_of(json, "sentences");
    struct scored scored = {
        .is_abstained = json_bool(json_get(json, "abstained"), false),
        .relevance = server_json_ratio(json_get(json, "relevance_score")),
        .hallucination = server_json_ratio(json_get(json, "hallucination_score")),
        .groundedness = server_json_ratio(json_get(json, "groundedness_score")),
        .answer_relevance = server_json_ratio(json_get(json, "answer_relevance_score")),
    };

    if (!passages)
        passages = list_of(json, "sources");
    if (!json_string(json_get(json, "response")) && !sentences)
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but has no response");
    if (json_count(sentences) > SCORED_PARTS_MAX)
        return tw_fail(err, TW_BROKEN, "the answer has over %d sentences", SCORED_PARTS_MAX);
    if (read_passages(passages, &scored, err) < 0)
        return -1;
    read_parts(json, passages, &scored);
    *ret_scored = scored;
    return 0;
}

void scored_finish(struct scored *scored)
{
    for (size_t i = 0; i < scored->n_parts; i++) {
        free(scored->parts[i].text);
        free(scored->parts[i].flags);
        free(scored->parts[i].evidence.text);
    }
    for (size_t i = 0; i < scored->n_passages; i++)
        free(scored->passages[i].text);
    free(scored->parts);
    free(scored->passages);
    *scored = (struct scored){0};
}
