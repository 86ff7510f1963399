/* How often the embedding drift cries wolf, and how much of a wolf it sees: streams of questions through
 * query_window_put and _compute, computed whenever put asks for it, as tidewatchd does.
 *
 *   embedding-drift [--streams N] [--seed N] [--vectors FILE | --texts] QUESTIONS RETRIEVAL FOREIGN
 *
 * QUESTIONS is assets/kb/questions.txt, RETRIEVAL tests/data/retrieval.jsonl, FOREIGN
 * assets/foreign-questions.txt. Vectors are made by the hashed stand-in and, where
 * TIDEWATCH_ENCODER_WEIGHTS names a folder with model.safetensors and vocab.txt, by that model too. To
 * look at another encoder: --texts prints what to encode, one a line, and --vectors reads the result,
 * rows of float32 of unit length.
 *
 * Traffic is the baseline, which asks QUESTIONS word for word; users, who ask what the answerable lines of
 * RETRIEVAL do, each in one of several manners; or both, by halves. In a run, users ask 10 to 20 times
 * about one article. Foreign topics come in after an undrifted window, in the share that is named. */

#include "common/alloc.h"
#include "common/clock.h"
#include "common/random.h"
#include "question_set.h"
#include "server/llm/encoder.h"
#include "server/llm/query_window.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define STREAMS     200
#define STREAMS_MAX 10000
#define SEED        1
#define WATCHED     300 /* queries, once foreign ones come in if any do */

/* ---- Streams --------------------------------------------------------------------------------------- */

struct options {
    uint64_t seed;
    size_t n_streams;
    const char *vectors;
    bool wants_texts;
};

struct traffic {
    const char *name;
    double users;  /* share of the queries, the baseline asks the rest */
    bool has_file; /* the reference is QUESTIONS, else the first queries */
};

static const struct traffic traffics[] = {
    {"baseline", 0, true}, {"both", 0.5, true}, {"users", 1, true}, {"users, no file", 1, false}};

struct pattern {
    const char *name;
    bool has_runs;  /* of users on one article */
    double foreign; /* share of the queries, from the moment on at which the window is full */
};

static const struct pattern patterns[] = {
    {"steady", false, 0},          {"in runs", true, 0},         {"10 % foreign", false, 0.1},
    {"25 % foreign", false, 0.25}, {"50 % foreign", false, 0.5}, {"100 % foreign", false, 1}};

struct stream {
    const struct traffic *traffic;
    const struct pattern *pattern;
    const struct question_set *set;
    struct query_window *window;
    struct random_state rng;
    size_t article, n_left_of_run;
};

static size_t user_row(struct stream *s)
{
    const struct question_set *set = s->set;
    size_t first;

    if (!s->pattern->has_runs)
        return set->n_baseline + random_below(&s->rng, (uint32_t)set->n_users);
    if (s->n_left_of_run == 0) {
        s->article = random_below(&s->rng, (uint32_t)set->n_articles);
        s->n_left_of_run = 10 + random_below(&s->rng, 11);
    }
    s->n_left_of_run--;
    first = set->article_first[s->article];
    return first + random_below(&s->rng, (uint32_t)(set->article_first[s->article + 1] - first));
}

/* True when a computation is due. */
static bool ask_one(struct stream *s, double foreign)
{
    const struct question_set *set = s->set;
    size_t n_own = set->n_baseline + set->n_users, row;

    if (random_uniform(&s->rng) < foreign)
        row = n_own + random_below(&s->rng, (uint32_t)(set->n - n_own));
    else if (random_uniform(&s->rng) < s->traffic->users)
        row = user_row(s);
    else
        row = random_below(&s->rng, (uint32_t)set->n_baseline);
    return query_window_put(s->window, set->vectors + row * set->dim, false);
}

/* ---- Measures -------------------------------------------------------------------------------------- */

#define MEASURES   2
#define PER_STREAM (WATCHED / QUERY_WINDOW_DUE_QUERIES + 1)

static const double limits[] = {0.2, 0.4};

struct measure {
    double values[PER_STREAM * STREAMS_MAX]; /* of full windows: all drifted, or none */
    size_t n;
    double delays[COUNT_OF(limits)][STREAMS_MAX]; /* queries until over the limit, by stream */
};

static struct measure measures[MEASURES];
static int64_t n_computations, spent_ns;

static void compute(struct stream *s, struct embedding_drift_result *ret_result)
{
    int64_t start = clock_mono_ns();

    (void)query_window_compute(s->window, 0, ret_result);
    spent_ns += clock_mono_ns() - start;
    n_computations++;
}

static void keep_measures(const struct pattern *pattern,
                          const struct embedding_drift_result *result,
                          size_t i_stream,
                          size_t n_watched)
{
    const double values[MEASURES] = {result->score, result->unseen_ratio};

    for (size_t k = 0; k < MEASURES; k++) {
        if (pattern->foreign == 0 || n_watched >= QUERY_WINDOW_VECTORS)
            measures[k].values[measures[k].n++] = values[k];
        for (size_t l = 0; l < COUNT_OF(limits); l++)
            if (values[k] > limits[l])
                measures[k].delays[l][i_stream] =
                    fmin((double)n_watched, measures[k].delays[l][i_stream]);
    }
}

/* A full window of what is usual, and then what the pattern is about, which may begin anywhere between two
 * computations. */
static void run_stream(struct stream *s, size_t i_stream)
{
    const struct question_set *set = s->set;
    struct embedding_drift_result result;
    size_t n_before = QUERY_WINDOW_VECTORS + random_below(&s->rng, QUERY_WINDOW_DUE_QUERIES);

    for (size_t k = 0; k < MEASURES; k++)
        for (size_t l = 0; l < COUNT_OF(limits); l++)
            measures[k].delays[l][i_stream] = HUGE_VAL;
    if (s->traffic->has_file)
        query_window_set_reference(s->window, set->vectors, set->n_baseline);
    else
        n_before += QUERY_WINDOW_VECTORS;
    for (size_t i = 0; i < n_before; i++)
        if (ask_one(s, 0) && i % QUERY_WINDOW_DUE_QUERIES == 0 &&
            i + QUERY_WINDOW_DUE_QUERIES >= n_before)
            compute(s, &result);
    for (size_t i = 1; i <= WATCHED; i++) {
        if (!ask_one(s, s->pattern->foreign))
            continue;
        compute(s, &result);
        keep_measures(s->pattern, &result, i_stream, i);
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof(*values), compare);
    return values[n / 2];
}

static double share_over(const double *values, size_t n, double limit)
{
    size_t n_over = 0;

    for (size_t i = 0; i < n; i++)
        n_over += values[i] > limit;
    return (double)n_over / (double)n;
}

static void print_measure(struct measure *m, const struct pattern *pattern, size_t n_streams)
{
    printf("  %5.2f", median(m->values, m->n));
    for (size_t l = 0; l < COUNT_OF(limits); l++)
        printf(" %5.3f", share_over(m->values, m->n, limits[l]));
    for (size_t l = 0; l < COUNT_OF(limits); l++) {
        double delay = median(m->delays[l], n_streams);

        if (pattern->foreign == 0 || isinf(delay))
            printf("    -");
        else
            printf(" %4.0f", delay);
    }
}

static void print_pattern(const struct traffic *traffic,
                          const struct pattern *pattern,
                          const struct question_set *set,
                          const struct options *options)
{
    char name[64];

    for (size_t k = 0; k < MEASURES; k++)
        measures[k].n = 0;
    for (size_t i = 0; i < options->n_streams; i++) {
        CLEANUP(query_window_freep) struct query_window *window = query_window_new(set->dim);
        struct stream s = {.traffic = traffic, .pattern = pattern, .set = set, .window = window};

        random_seed(&s.rng, options->seed + i);
        run_stream(&s, i);
    }
    (void)snprintf(name, sizeof(name), "%s, %s", traffic->name, pattern->name);
    printf("  %-30s", name);
    for (size_t k = 0; k < MEASURES; k++)
        print_measure(&measures[k], pattern, options->n_streams);
    printf("\n");
    (void)fflush(stdout);
}

static void print_all(const char *encoder,
                      const struct question_set *set,
                      const struct options *options)
{
    printf("%s, %zu wide; streams of seed %llu and up, %zu of each; a reference of %zu\n", encoder,
           set->dim, (unsigned long long)options->seed, options->n_streams, set->n_baseline);
    printf("  %-30s  %-29s  %s\n", "", "score: median, share over", "unseen ratio: the same");
    printf("  %-30s  %-29s  %s\n", "", "0.2, 0.4, queries until so", "");
    n_computations = spent_ns = 0;
    for (size_t t = 0; t < COUNT_OF(traffics); t++)
        for (size_t p = 0; p < COUNT_OF(patterns); p++)
            if (traffics[t].users > 0 || !patterns[p].has_runs)
                print_pattern(&traffics[t], &patterns[p], set, options);
    printf("  a computation: %.1f ms, mean of %lld\n",
           (double)spent_ns / 1e6 / (double)n_computations, (long long)n_computations);
}

/* ---- The command ----------------------------------------------------------------------------------- */

static int run_encoder(struct encoder *encoder,
                       struct question_set *set,
                       const struct options *options,
                       struct tw_error *err)
{
    if (question_set_encode(set, encoder, err) < 0)
        return -1;
    print_all(encoder_name(encoder), set, options);
    return 0;
}

static int run_model(const char *folder,
                     struct question_set *set,
                     const struct options *options,
                     struct tw_error *err)
{
    CLEANUP(encoder_freep) struct encoder *encoder = NULL;
    CLEANUP(freep) char *weights = xprintf_dup("%s/model.safetensors", folder);
    CLEANUP(freep) char *vocab = xprintf_dup("%s/vocab.txt", folder);

    if (encoder_open(&(struct encoder_options){weights, vocab, 1}, &encoder, err) < 0)
        return -1;
    return run_encoder(encoder, set, options, err);
}

static int run(struct question_set *set, const struct options *options, struct tw_error *err)
{
    const char *folder = getenv("TIDEWATCH_ENCODER_WEIGHTS"); // NOLINT(concurrency-mt-unsafe)
    CLEANUP(encoder_freep) struct encoder *hashed = encoder_new_hashed();

    if (options->wants_texts) {
        for (size_t i = 0; i < set->n; i++)
            (void)puts(set->texts[i]);
        return 0;
    }
    if (options->vectors) {
        if (question_set_read_vectors(set, options->vectors, err) < 0)
            return -1;
        print_all(options->vectors, set, options);
        return 0;
    }
    if (run_encoder(hashed, set, options, err) < 0)
        return -1;
    if (folder)
        return run_model(folder, set, options, err);
    printf("TIDEWATCH_ENCODER_WEIGHTS is not set: nothing measured with the model\n");
    return 0;
}

static bool parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {{"streams", required_argument, NULL, 'n'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"vectors", required_argument, NULL, 'v'},
                                          {"texts", no_argument, NULL, 't'},
                                          {0}};
    int option;

    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'n':
            options->n_streams = strtoull(optarg, NULL, 10);
            break;
        case 's':
            options->seed = strtoull(optarg, NULL, 10);
            break;
        case 'v':
            options->vectors = optarg;
            break;
        case 't':
            options->wants_texts = true;
            break;
        default:
            return false;
        }
    }
    return argc - optind == 3 && options->n_streams > 0 && options->n_streams <= STREAMS_MAX;
}

int main(int argc, char **argv)
{
    struct options options = {.seed = SEED, .n_streams = STREAMS};
    struct question_set set = {0};
    struct tw_error err;
    int status = 0;

    if (!parse_options(argc, argv, &options)) {
        (void)fprintf(stderr, "usage: embedding-drift [--streams N] [--seed N] [--vectors FILE | "
                              "--texts] QUESTIONS RETRIEVAL FOREIGN\n");
        return 2;
    }
    if (question_set_read(&set, argv + optind, &err) < 0 || run(&set, &options, &err) < 0) {
        (void)fprintf(stderr, "embedding-drift: %s\n", err.message);
        status = 2;
    }
    question_set_finish(&set);
    return status;
}
