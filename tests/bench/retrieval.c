/* How well the knowledge base is searched, on the labelled questions: each side of retrieval alone and
 * together, the floor, and the extractive answers judged by their keys. Prints the bars and exits with 1
 * when one is missed.
 *
 *   retrieval FOLDER QUESTIONS [test] [verbose]
 *
 * FOLDER is the knowledge base, QUESTIONS tests/data/retrieval.jsonl (its README tells the fields). The
 * half `cal` is for tuning; "test" takes the other one, to report numbers and never to tune. With
 * TIDEWATCH_ENCODER_WEIGHTS naming the folder of the encoder's files the dense side works too. */

#include "server/llm/retrieval.h"
#include "common/alloc.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/json.h"
#include "server/llm/encoder.h"
#include "server/llm/extractive.h"
#include "server/llm/knowledge.h"
#include "server/llm/vector_source.h"
#include "server/llm/vectors.h"

#include <ctype.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CASES_MAX 1000
#define N_DOCS    3
#define N_SHOWN   10
#define REPEATS   5 /* for the time of a query */

enum kind { KIND_IN, KIND_FOREIGN, KIND_AMBIGUOUS };

struct question {
    const struct json *row;
    const char *id, *text;
    enum kind kind;
};

struct bench {
    struct encoder *encoder; /* NULL: none */
    struct vectors *store;
    struct vector_source *vectors;
    struct knowledge *knowledge;
    struct question questions[CASES_MAX];
    size_t n;
    bool is_verbose;
};

static int n_missed;

static void die(const char *what, const struct tw_error *err)
{
    (void)fprintf(stderr, "retrieval: %s: %s\n", what, err->message);
    exit(2);
}

static void show_bar(const char *name, double value, double bar, bool is_least)
{
    bool is_ok = is_least ? value >= bar : value <= bar;

    n_missed += !is_ok;
    printf("  %-34s %6.3f  bar %s %.2f  %s\n", name, value, is_least ? ">=" : "<=", bar,
           is_ok ? "ok" : "MISSED");
}

/* ---- Questions --------------------------------------------------------------------------------- */

static const char *string_of(const struct json *row, const char *key)
{
    const char *text = json_string(json_get(row, key));

    return text ? text : "";
}

static void read_row(struct bench *bench, const struct json *row, const char *split)
{
    static const char *const kinds[] = {"in", "foreign", "ambiguous"};
    struct question *question = &bench->questions[bench->n];

    if (strcmp(string_of(row, "split"), split) != 0 || bench->n == CASES_MAX)
        return;
    *question = (struct question){row, string_of(row, "id"), string_of(row, "question"), KIND_IN};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(string_of(row, "kind"), kinds[i]) == 0)
            question->kind = (enum kind)i;
    bench->n++;
}

/* The documents stay for the program's life. */
static void read_questions(struct bench *bench, const char *path, const char *split)
{
    struct tw_error err;
    char *text = NULL;
    size_t len;

    if (file_read(path, (size_t)16 << 20, &text, &len, &err) < 0)
        die("questions", &err);
    for (char *line = text, *end; line < text + len; line = end + 1) {
        struct json *row = NULL;

        end = memchr(line, '\n', (size_t)(text + len - line));
        if (!end)
            end = text + len;
        if (json_parse(line, (size_t)(end - line), &row, &err) < 0)
            die("questions", &err);
        read_row(bench, row, split);
    }
}

static bool is_right_document(const struct question *question, const char *document)
{
    const struct json *also = json_get(question->row, "also");

    if (strcmp(string_of(question->row, "document"), document) == 0)
        return true;
    for (const struct json *one = json_first(also); one; one = json_next(one))
        if (json_string(one) && strcmp(json_string(one), document) == 0)
            return true;
    return false;
}

/* ---- Keys -------------------------------------------------------------------------------------- */

/* Lower case, every run of blanks one. */
static char *flat_dup(const char *text)
{
    char *flat = xstrdup(text);
    size_t n = 0;

    for (const char *c = text; *c; c++) {
        bool is_blank = isspace((unsigned char)*c) != 0;

        if (is_blank && n > 0 && flat[n - 1] == ' ')
            continue;
        flat[n++] = (char)(is_blank ? ' ' : tolower((unsigned char)*c));
    }
    flat[n] = '\0';
    return flat;
}

static bool has_key(const char *flat, const struct json *key)
{
    if (json_type(key) == JSON_STRING)
        return strstr(flat, json_string(key)) != NULL;
    for (const struct json *one = json_first(key); one; one = json_next(one))
        if (json_string(one) && strstr(flat, json_string(one)))
            return true;
    return false;
}

static bool holds_answer(const struct question *question, const char *text)
{
    CLEANUP(freep) char *flat = flat_dup(text);
    const struct json *keys = json_get(question->row, "key");

    for (const struct json *key = json_first(keys); key; key = json_next(key))
        if (!has_key(flat, key))
            return false;
    return json_count(keys) > 0;
}

/* ---- Sides ------------------------------------------------------------------------------------- */

static void search(struct bench *bench, const char *text, unsigned sides_off, struct retrieval *ret)
{
    struct retrieval_request request = {.question = text, .n_docs = N_DOCS, .sides_off = sides_off};
    struct tw_error err;

    if (retrieval_search(bench->knowledge, &request, ret, &err) < 0)
        die(text, &err);
}

/* Place of the first candidate of a right document, from 1; 0: none. */
static size_t place_of_document(const struct question *question, const struct retrieval *found)
{
    for (size_t i = 0; i < found->n_candidates; i++)
        if (is_right_document(question, found->passages[i].document))
            return i + 1;
    return 0;
}

static size_t place_of_answer(const struct question *question, const struct retrieval *found)
{
    for (size_t i = 0; i < found->n_candidates; i++)
        if (holds_answer(question, found->passages[i].text))
            return i + 1;
    return 0;
}

struct recall {
    double at_1, at_3, reciprocal;
    double answer_at_3; /* a passage that holds the answer itself */
};

static struct recall measure_side(struct bench *bench, unsigned sides_off, bool tells_misses)
{
    struct recall recall = {0};
    size_t n = 0;

    for (size_t i = 0; i < bench->n; i++) {
        const struct question *question = &bench->questions[i];
        struct retrieval found;
        size_t place, answer;

        if (question->kind != KIND_IN)
            continue;
        search(bench, question->text, sides_off, &found);
        place = place_of_document(question, &found);
        answer = place_of_answer(question, &found);
        recall.at_1 += place == 1;
        recall.at_3 += place >= 1 && place <= 3;
        recall.reciprocal += place > 0 ? 1.0 / (double)place : 0;
        recall.answer_at_3 += answer >= 1 && answer <= 3;
        if (tells_misses && !(place >= 1 && place <= 3))
            printf("  not in three: %s %s [%s] place %zu\n", question->id, question->text,
                   string_of(question->row, "document"), place);
        retrieval_finish(&found);
        n++;
    }
    return (struct recall){recall.at_1 / (double)n, recall.at_3 / (double)n,
                           recall.reciprocal / (double)n, recall.answer_at_3 / (double)n};
}

static double measure_sides(struct bench *bench, bool is_dense)
{
    static const struct {
        const char *name;
        unsigned sides_off;
        bool needs_dense;
    } sides[] = {
        {"words", RETRIEVAL_SYNONYMS | RETRIEVAL_DENSE, false},
        {"dense", RETRIEVAL_WORDS | RETRIEVAL_SYNONYMS, true},
        {"words and synonyms", RETRIEVAL_DENSE, false},
        {"all", 0, true},
    };

    double recall_at_3 = 0;

    printf("side                  recall@1  recall@3    MRR  answer in three\n");
    for (size_t i = 0; i < COUNT_OF(sides); i++) {
        struct recall recall;

        if (sides[i].needs_dense && !is_dense)
            continue;
        recall = measure_side(bench, sides[i].sides_off,
                              bench->is_verbose &&
                                  sides[i].sides_off == (is_dense ? 0 : RETRIEVAL_DENSE));
        recall_at_3 = recall.at_3;
        printf("%-20s %9.3f %9.3f %6.3f %9.3f\n", sides[i].name, recall.at_1, recall.at_3,
               recall.reciprocal, recall.answer_at_3);
    }
    return recall_at_3;
}

/* ---- The floor and the answers ----------------------------------------------------------------- */

struct outcome {
    size_t n_in, n_abstained, n_answer_held;
    size_t n_out, n_answered;
    size_t n_shown;
};

static void judge_answer(struct bench *bench,
                         const struct question *question,
                         const struct retrieval *found,
                         struct outcome *outcome)
{
    const struct extractive_request request = {
        .question = question->text,
        .lexicon = found->snapshot->lexicon,
        .passages = found->passages,
        .n_passages = found->n,
        .is_ambiguous = found->is_ambiguous,
        .topics = found->topics,
        .n_topics = found->n_topics,
    };
    struct extractive_answer answer;
    bool is_held;

    extractive_generate(&request, &answer);
    is_held = holds_answer(question, answer.text);
    outcome->n_answer_held += question->kind == KIND_IN && is_held;
    if (bench->is_verbose ? question->kind == KIND_IN && !is_held : outcome->n_shown < N_SHOWN)
        printf("--- %s %s\n%s\n--- %s\n\n", question->id, question->text, answer.text,
               question->kind != KIND_IN ? ""
               : is_held                 ? "holds the answer"
                                         : "does NOT hold it");
    outcome->n_shown++;
    free(answer.text);
}

static void judge_floor(struct bench *bench,
                        const struct question *question,
                        const struct retrieval *found,
                        struct outcome *outcome)
{
    bool is_answered = found->n > 0;

    if (question->kind == KIND_IN) {
        outcome->n_in++;
        outcome->n_abstained += !is_answered;
    } else {
        outcome->n_out++;
        outcome->n_answered += is_answered;
    }
    if (bench->is_verbose && is_answered != (question->kind == KIND_IN))
        printf("  %s: %s %s (relevance %.2f)\n",
               is_answered ? "wrongly answered" : "wrongly abstained", question->id, question->text,
               found->relevance);
}

static struct outcome measure_answers(struct bench *bench)
{
    struct outcome outcome = {0};

    for (size_t i = 0; i < bench->n; i++) {
        struct retrieval found;

        search(bench, bench->questions[i].text, 0, &found);
        judge_floor(bench, &bench->questions[i], &found, &outcome);
        judge_answer(bench, &bench->questions[i], &found, &outcome);
        retrieval_finish(&found);
    }
    return outcome;
}

/* ---- Time -------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void measure_time(struct bench *bench)
{
    CLEANUP(freep) double *ms = xcalloc(bench->n * REPEATS, sizeof(*ms));
    size_t n = 0;

    for (size_t k = 0; k < REPEATS; k++)
        for (size_t i = 0; i < bench->n; i++) {
            struct retrieval found;
            int64_t since = clock_mono_ns();

            search(bench, bench->questions[i].text, 0, &found);
            ms[n++] = (double)(clock_mono_ns() - since) / 1e6;
            retrieval_finish(&found);
        }
    qsort(ms, n, sizeof(*ms), compare);
    printf("time of a query: p50 %.2f ms, p99 %.2f ms\n", ms[n / 2], ms[n * 99 / 100]);
}

/* ---- The program ------------------------------------------------------------------------------- */

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(path);
}

/* As the server has it: the index in a file beside the knowledge base's. */
static void open_encoder(struct bench *bench, const char *weights, const char *state)
{
    CLEANUP(freep) char *model = xprintf_dup("%s/model.safetensors", weights);
    CLEANUP(freep) char *vocabulary = xprintf_dup("%s/vocab.txt", weights);
    CLEANUP(freep) char *path = xprintf_dup("%s/vectors.db", state);
    const struct encoder_options options = {model, vocabulary, 1};
    struct tw_error err;

    if (encoder_open(&options, &bench->encoder, &err) < 0 ||
        vectors_open(path, &bench->store, &err) < 0 ||
        vector_source_open_embedded(bench->store, "knowledge", encoder_dim(bench->encoder),
                                    &bench->vectors, &err) < 0)
        die("encoder", &err);
    printf("encoder %s\n", encoder_name(bench->encoder));
}

static void load(struct bench *bench, const char *folder, const char *state)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/knowledge.db", state);
    const struct knowledge_options options = {
        .folder = folder, .path = path, .encoder = bench->encoder, .vectors = bench->vectors};
    struct knowledge_progress progress;
    struct knowledge_stats stats;
    struct tw_error err;
    int64_t since = clock_mono_ns();

    if (knowledge_open(&options, &bench->knowledge, &err) < 0 ||
        knowledge_load(bench->knowledge, &err) < 0)
        die("load", &err);
    knowledge_read_stats(bench->knowledge, &stats);
    knowledge_read_progress(bench->knowledge, &progress);
    printf("loaded %zu documents, %llu chunks, %llu words, %zu vectors in %.0f ms %s\n",
           stats.n_documents, (unsigned long long)stats.n_chunks, (unsigned long long)stats.n_words,
           progress.n_vectors, (double)(clock_mono_ns() - since) / 1e6, progress.vectors_error);
    knowledge_free(TAKE(bench->knowledge));
    since = clock_mono_ns();
    if (knowledge_open(&options, &bench->knowledge, &err) < 0)
        die("open", &err);
    printf("opened in %.1f ms\n", (double)(clock_mono_ns() - since) / 1e6);
}

static void report(struct bench *bench)
{
    bool is_dense = bench->vectors != NULL;
    double recall_at_3 = measure_sides(bench, is_dense);
    struct outcome outcome = measure_answers(bench);
    double n_in = (double)outcome.n_in, n_out = (double)outcome.n_out;

    printf("%zu questions that it answers, %zu foreign or ambiguous:\n", outcome.n_in,
           outcome.n_out);
    show_bar("recall@3", recall_at_3, is_dense ? 0.95 : 0.88, true);
    show_bar("wrongly abstained", (double)outcome.n_abstained / n_in, is_dense ? 0.04 : 0.12,
             false);
    show_bar("wrongly answered", (double)outcome.n_answered / n_out, is_dense ? 0.05 : 0.10, false);
    show_bar("extractive answer holds the key", (double)outcome.n_answer_held / n_in, 0.75, true);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    char state[] = "/tmp/tidewatch-retrieval-XXXXXX";
    const char *weights = getenv("TIDEWATCH_ENCODER_WEIGHTS");
    const char *split = "cal";

    if (argc < 3 || !mkdtemp(state)) {
        (void)fprintf(stderr, "usage: retrieval FOLDER QUESTIONS [test] [verbose]\n");
        return 2;
    }
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "test") == 0)
            split = "test";
        bench.is_verbose |= strcmp(argv[i], "verbose") == 0;
    }
    read_questions(&bench, argv[2], split);
    printf("%zu questions of the half '%s'\n", bench.n, split);
    if (weights && *weights)
        open_encoder(&bench, weights, state);
    load(&bench, argv[1], state);
    report(&bench);
    measure_time(&bench);
    knowledge_free(bench.knowledge);
    vector_source_free(bench.vectors);
    vectors_close(bench.store);
    encoder_free(bench.encoder);
    (void)nftw(state, remove_entry, 4, FTW_DEPTH | FTW_PHYS);
    return n_missed > 0;
}
