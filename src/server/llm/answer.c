#include "server/llm/answer.h"

#include "common/alloc.h"
#include "server/llm/checks.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SCORE_DIGITS 4
#define MS_DIGITS    3

void answer_init(struct answer *answer)
{
    const double unknown = (double)NAN;

    *answer = (struct answer){
        .relevance = unknown,
        .hallucination = unknown,
        .groundedness = unknown,
        .answer_relevance = unknown,
        .weakest = unknown,
        .first_text_ms = unknown,
        .retrieval_ms = unknown,
        .generation_ms = unknown,
        .evaluation_ms = unknown,
    };
}

static void free_const(const char *text)
{
    free((void *)(uintptr_t)text);
}

void answer_finish(struct answer *answer)
{
    free(answer->text);
    for (size_t i = 0; i < answer->n_passages; i++) {
        free_const(answer->passages[i].chunk_id);
        free_const(answer->passages[i].document);
        free_const(answer->passages[i].title);
        free_const(answer->passages[i].heading);
        free_const(answer->passages[i].text);
    }
    for (size_t i = 0; i < answer->n_sentences; i++)
        free(answer->sentences[i].text);
    free(answer->sentences);
    answer_init(answer);
}

void answer_warn(struct answer *answer, const char *fmt, ...)
{
    va_list args;

    if (answer->n_warnings == ANSWER_WARNINGS_MAX)
        return;
    va_start(args, fmt);
    /* The analyzer of clang 14 loses va_start when it inlines the call. */
    (void)vsnprintf(answer->warnings[answer->n_warnings++], sizeof(answer->warnings[0]), fmt,
                    args); // NOLINT(clang-analyzer-valist.*)
    va_end(args);
}

static void add_passage(struct answer *answer, const struct passage *passage)
{
    struct passage *copy = &answer->passages[answer->n_passages++];

    *copy = *passage;
    copy->chunk_id = xstrdup(passage->chunk_id);
    copy->document = xstrdup(passage->document);
    copy->title = xstrdup(passage->title);
    copy->heading = xstrdup(passage->heading);
    copy->text = xstrdup(passage->text);
}

void answer_set_passages(struct answer *answer, const struct passage *passages, size_t n)
{
    for (size_t i = 0; i < n && answer->n_passages < ANSWER_PASSAGES_MAX; i++)
        add_passage(answer, &passages[i]);
}

/* ---- Writing ----------------------------------------------------------------------------------- */

void answer_write_scores(const struct answer *answer, struct json_writer *w)
{
    json_write_fixed(w, "relevance_score", answer->relevance, SCORE_DIGITS);
    json_write_fixed(w, "hallucination_score", answer->hallucination, SCORE_DIGITS);
    json_write_fixed(w, "groundedness_score", answer->groundedness, SCORE_DIGITS);
    json_write_fixed(w, "answer_relevance_score", answer->answer_relevance, SCORE_DIGITS);
}

static void write_passages(const struct answer *answer,
                           const char *key,
                           bool with_text,
                           struct json_writer *w)
{
    json_write_array(w, key);
    for (size_t i = 0; i < answer->n_passages; i++) {
        const struct passage *passage = &answer->passages[i];

        json_write_object(w, NULL);
        json_write_string(w, "document", passage->document);
        json_write_string(w, "chunk_id", passage->chunk_id);
        json_write_string(w, "title", passage->title);
        json_write_string(w, "heading", passage->heading);
        json_write_int(w, "start", (int64_t)passage->start);
        json_write_int(w, "end", (int64_t)passage->end);
        json_write_fixed(w, "score", passage->score, SCORE_DIGITS);
        if (with_text)
            json_write_string(w, "text", passage->text);
        json_write_object_end(w);
    }
    json_write_array_end(w);
}

static void write_evidence(const struct answer *answer,
                           const struct answer_sentence *sentence,
                           struct json_writer *w)
{
    const struct passage *passage;

    if (sentence->passage < 0) {
        json_write_null(w, "evidence");
        return;
    }
    passage = &answer->passages[sentence->passage];
    json_write_object(w, "evidence");
    json_write_string(w, "chunk_id", passage->chunk_id);
    json_write_int(w, "start", (int64_t)sentence->evidence_start);
    json_write_int(w, "end", (int64_t)sentence->evidence_end);
    json_write_text(w, "text", passage->text + sentence->evidence_start,
                    sentence->evidence_end - sentence->evidence_start);
    json_write_object_end(w);
}

static void write_sentences(const struct answer *answer, struct json_writer *w)
{
    json_write_array(w, "sentences");
    for (size_t i = 0; i < answer->n_sentences; i++) {
        const struct answer_sentence *sentence = &answer->sentences[i];

        json_write_object(w, NULL);
        json_write_string(w, "text", sentence->text);
        json_write_fixed(w, "support", sentence->support, SCORE_DIGITS);
        write_evidence(answer, sentence, w);
        json_write_array(w, "flags");
        for (unsigned flag = 0; flag < CHECKS; flag++)
            if (sentence->flags & (1U << flag))
                json_write_string(w, NULL, check_names[flag]);
        json_write_array_end(w);
        json_write_object_end(w);
    }
    json_write_array_end(w);
}

static void write_work(const struct answer *answer, struct json_writer *w)
{
    json_write_object(w, "usage");
    json_write_int(w, "input_tokens", answer->input_tokens);
    json_write_int(w, "output_tokens", answer->output_tokens);
    json_write_bool(w, "estimated", answer->is_estimated);
    json_write_object_end(w);
    json_write_fixed(w, "ttft_ms", answer->first_text_ms, MS_DIGITS);
    json_write_fixed(w, "retrieval_ms", answer->retrieval_ms, MS_DIGITS);
    json_write_fixed(w, "generation_ms", answer->generation_ms, MS_DIGITS);
    json_write_fixed(w, "evaluation_ms", answer->evaluation_ms, MS_DIGITS);
    json_write_array(w, "warnings");
    for (size_t i = 0; i < answer->n_warnings; i++)
        json_write_string(w, NULL, answer->warnings[i]);
    json_write_array_end(w);
}

void answer_write(const struct answer *answer, struct json_writer *w)
{
    json_write_string(w, "response", answer->text);
    json_write_array(w, "context_used");
    for (size_t i = 0; i < answer->n_passages; i++)
        json_write_string(w, NULL, answer->passages[i].text);
    json_write_array_end(w);
    write_passages(answer, "sources", false, w);
    answer_write_scores(answer, w);
    json_write_fixed(w, "weakest_support", answer->weakest, SCORE_DIGITS);
    json_write_bool(w, "abstained", answer->is_abstained);
    write_sentences(answer, w);
    json_write_int(w, "num_context_docs", (int64_t)answer->n_passages);
    json_write_string(w, "model", answer->model);
    write_work(answer, w);
}

void answer_write_record(const struct answer *answer, struct json_writer *w)
{
    json_write_string(w, "response", answer->text);
    write_passages(answer, "passages", true, w);
    json_write_fixed(w, "weakest_support", answer->weakest, SCORE_DIGITS);
    write_sentences(answer, w);
    write_work(answer, w);
}

/* ---- Reading ----------------------------------------------------------------------------------- */

static const char *text_of(const struct json *object, const char *key)
{
    const char *text = json_string(json_get(object, key));

    return text ? text : "";
}

/* A score or a time: null and what is no number are not known, and a score is in 0..1. */
static double number_of(const struct json *object, const char *key)
{
    return json_number(json_get(object, key), (double)NAN);
}

static double score_of(const struct json *object, const char *key)
{
    double score = number_of(object, key);

    return score >= 0 && score <= 1 ? score : (double)NAN;
}

static size_t size_of(const struct json *object, const char *key)
{
    double number = json_number(json_get(object, key), 0);

    return number >= 0 && number <= 1e9 ? (size_t)number : 0;
}

static void read_passages(const struct json *json, struct answer *answer)
{
    const struct json *text = json_first(json_get(json, "context_used"));

    for (const struct json *source = json_first(json_get(json, "sources"));
         source && text && answer->n_passages < ANSWER_PASSAGES_MAX;
         source = json_next(source), text = json_next(text)) {
        const char *words = json_string(text);
        struct passage passage = {
            .chunk_id = text_of(source, "chunk_id"),
            .document = text_of(source, "document"),
            .title = text_of(source, "title"),
            .heading = text_of(source, "heading"),
            .text = words ? words : "",
            .start = size_of(source, "start"),
            .end = size_of(source, "end"),
            .score = json_number(json_get(source, "score"), 0),
        };

        passage.len = strlen(passage.text);
        add_passage(answer, &passage);
    }
}

static void read_evidence(const struct json *evidence,
                          const struct answer *answer,
                          struct answer_sentence *sentence)
{
    const char *chunk_id = json_string(json_get(evidence, "chunk_id"));

    sentence->passage = -1;
    for (size_t i = 0; chunk_id && i < answer->n_passages; i++)
        if (strcmp(answer->passages[i].chunk_id, chunk_id) == 0)
            sentence->passage = (int)i;
    sentence->evidence_start = size_of(evidence, "start");
    sentence->evidence_end = size_of(evidence, "end");
    if (sentence->passage >= 0 &&
        (sentence->evidence_end > answer->passages[sentence->passage].len ||
         sentence->evidence_start > sentence->evidence_end))
        sentence->passage = -1;
}

static unsigned read_flags(const struct json *names)
{
    unsigned flags = 0;

    for (const struct json *name = json_first(names); name; name = json_next(name))
        for (unsigned flag = 0; flag < CHECKS; flag++)
            if (json_string(name) && strcmp(json_string(name), check_names[flag]) == 0)
                flags |= 1U << flag;
    return flags;
}

static void read_sentences(const struct json *list, struct answer *answer)
{
    answer->sentences = xcalloc(json_count(list) + 1, sizeof(*answer->sentences));
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        struct answer_sentence *sentence = &answer->sentences[answer->n_sentences++];

        sentence->text = xstrdup(text_of(item, "text"));
        sentence->support = score_of(item, "support");
        read_evidence(json_get(item, "evidence"), answer, sentence);
        sentence->flags = read_flags(json_get(item, "flags"));
    }
}

int answer_read(const struct json *json, struct answer *ret_answer, struct tw_error *err)
{
    const struct json *usage = json_get(json, "usage");
    const char *text = json_string(json_get(json, "response"));

    if (!text)
        return tw_fail(err, TW_INVALID, "an answer without a response");
    answer_init(ret_answer);
    ret_answer->text = xstrdup(text);
    ret_answer->is_abstained = json_bool(json_get(json, "abstained"), false);
    ret_answer->relevance = score_of(json, "relevance_score");
    ret_answer->hallucination = score_of(json, "hallucination_score");
    ret_answer->groundedness = score_of(json, "groundedness_score");
    ret_answer->answer_relevance = score_of(json, "answer_relevance_score");
    ret_answer->weakest = score_of(json, "weakest_support");
    read_passages(json, ret_answer);
    read_sentences(json_get(json, "sentences"), ret_answer);
    (void)snprintf(ret_answer->model, sizeof(ret_answer->model), "%s", text_of(json, "model"));
    ret_answer->input_tokens = (int64_t)size_of(usage, "input_tokens");
    ret_answer->output_tokens = (int64_t)size_of(usage, "output_tokens");
    ret_answer->is_estimated = json_bool(json_get(usage, "estimated"), false);
    ret_answer->first_text_ms = number_of(json, "ttft_ms");
    ret_answer->retrieval_ms = number_of(json, "retrieval_ms");
    ret_answer->generation_ms = number_of(json, "generation_ms");
    ret_answer->evaluation_ms = number_of(json, "evaluation_ms");
    for (const struct json *warning = json_first(json_get(json, "warnings")); warning;
         warning = json_next(warning))
        if (json_string(warning))
            answer_warn(ret_answer, "%s", json_string(warning));
    return 0;
}
