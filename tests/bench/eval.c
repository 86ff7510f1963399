/* How well lexical-1 tells good answers from bad ones, on the labelled answers of tests/data/eval, beside a plain
 * word overlap and a plain bigram precision. Prints tables beside the bars of docs/evaluators.md, of each file by
 * itself; exits with 1 when one is missed. A file that is not there is named, and the others are measured.
 *
 *   eval KB_FOLDER [--details | --test] ANSWERS.jsonl...
 *
 * --details also prints how each sentence was judged. Rows of the test set are read only with --test, and then only
 * the tables are printed: what is tuned on them measures nothing any more. */

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/json.h"
#include "common/random.h"
#include "server/llm/checks.h"
#include "server/llm/evaluator.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((size_t)4 << 20)
#define SECTIONS_MAX   1024
#define ROWS_MAX       4096
#define CONTEXTS_MAX   8
#define REPEATS        2000 /* of the bootstrap */

static int n_missed;

/* "ok", or "MISSED" and remembered. */
static const char *judged(bool is_ok)
{
    n_missed += !is_ok;
    return is_ok ? "ok" : "MISSED";
}

/* ---- The knowledge base -------------------------------------------------------------------------- */

struct section {
    char *document, *title, *heading, *text; /* owned */
};

struct knowledge {
    struct section sections[SECTIONS_MAX];
    size_t n;
    struct lexicon *lexicon;
};

static char *dup_range(const char *start, const char *end)
{
    while (end > start && (end[-1] == '\n' || end[-1] == ' '))
        end--;
    while (start < end && (*start == '\n' || *start == ' '))
        start++;
    return xprintf_dup("%.*s", (int)(end - start), start);
}

/* Sections by heading; what stands before the first has the heading "". */
static void read_article(struct knowledge *kb, const char *document, const char *text)
{
    const char *line_end = strchr(text, '\n');
    CLEANUP(freep) char *title = dup_range(text + 2, line_end ? line_end : text + strlen(text));
    const char *heading = NULL, *at = line_end ? line_end : text + strlen(text);

    while (kb->n < SECTIONS_MAX) {
        const char *next = strstr(at, "\n## ");
        const char *end = next ? next : at + strlen(at);
        const char *body = heading ? strchr(heading, '\n') : at;

        if (!body || body > end)
            body = end;
        kb->sections[kb->n++] = (struct section){xstrdup(document), xstrdup(title),
                                                 heading ? dup_range(heading, body) : xstrdup(""),
                                                 dup_range(body, end)};
        if (!next)
            return;
        heading = next + 4;
        at = heading;
    }
}

static int read_list(struct lexicon *lexicon,
                     const char *folder,
                     const char *name,
                     int (*add)(struct lexicon *, const char *, size_t, struct tw_error *))
{
    CLEANUP(freep) char *path = xprintf_dup("%s/%s", folder, name);
    CLEANUP(freep) char *text = NULL;
    struct tw_error err;
    size_t len;

    if (file_read(path, FILE_BYTES_MAX, &text, &len, &err) < 0 ||
        add(lexicon, text, len, &err) < 0) {
        (void)fprintf(stderr, "eval: %s: %s\n", path, err.message);
        return -1;
    }
    return 0;
}

static int read_knowledge(struct knowledge *kb, const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        CLEANUP(freep) char *path = xprintf_dup("%s/%s", folder, name);
        CLEANUP(freep) char *text = NULL;
        size_t len;

        if (strlen(name) > 3 && strcmp(name + strlen(name) - 3, ".md") == 0 &&
            file_read(path, FILE_BYTES_MAX, &text, &len, NULL) == 0)
            read_article(kb, name, text);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    kb->lexicon = lexicon_new();
    for (size_t i = 0; i < kb->n; i++) {
        const char *const parts[] = {kb->sections[i].title, kb->sections[i].heading,
                                     kb->sections[i].text};

        lexicon_add_chunk(kb->lexicon, parts, COUNT_OF(parts));
    }
    return kb->n == 0 || read_list(kb->lexicon, folder, "generic.txt", lexicon_add_generic) < 0 ||
                   read_list(kb->lexicon, folder, "synonyms.txt", lexicon_add_synonyms) < 0
               ? -1
               : 0;
}

static void free_knowledge(struct knowledge *kb)
{
    for (size_t i = 0; i < kb->n; i++) {
        free(kb->sections[i].document);
        free(kb->sections[i].title);
        free(kb->sections[i].heading);
        free(kb->sections[i].text);
    }
    lexicon_free(kb->lexicon);
}

/* The section "vpn.md#Heading", or NULL. */
static const struct section *find_section(const struct knowledge *kb, const char *reference)
{
    const char *hash = strchr(reference, '#');

    for (size_t i = 0; hash && i < kb->n; i++)
        if (strncmp(kb->sections[i].document, reference, (size_t)(hash - reference)) == 0 &&
            strcmp(kb->sections[i].heading, hash + 1) == 0)
            return &kb->sections[i];
    return NULL;
}

/* ---- The answers --------------------------------------------------------------------------------- */

enum kind {
    FAITHFUL,
    PARAPHRASE,
    NUMBER,
    NUMBER_SAME_ARTICLE,
    NAME,
    NEGATION,
    INVENTED,
    OFF_TOPIC,
    ABSTAIN,
    N_KINDS
};

static const char *const kind_names[N_KINDS] = {
    "faithful", "paraphrase", "number", "number-same-article", "name", "negation",
    "invented", "off-topic",  "abstain"};

enum evaluator { LEXICAL_1, OVERLAP, BIGRAMS, LENGTH, N_EVALUATORS };

static const char *const evaluator_names[N_EVALUATORS] = {EVALUATOR_NAME, "word overlap",
                                                          "bigram precision", "length alone"};

struct row {
    struct json *json; /* owns all strings */
    const char *id, *pair, *question, *answer;
    enum kind kind;
    bool is_test;
    struct passage passages[CONTEXTS_MAX];
    size_t n_passages;
    struct evaluation evaluation;
    double scores[N_EVALUATORS];
    double seconds[N_EVALUATORS];
};

struct rows {
    struct row *at;
    size_t n;
};

static bool is_good(const struct row *row)
{
    return row->kind == FAITHFUL || row->kind == PARAPHRASE;
}

static bool is_bad(const struct row *row)
{
    return !is_good(row) && row->kind != ABSTAIN;
}

static int read_row(const struct knowledge *kb, const char *line, size_t len, struct row *row)
{
    struct tw_error err;
    const char *kind, *split;

    *row = (struct row){.kind = N_KINDS};
    if (json_parse(line, len, &row->json, &err) < 0) {
        (void)fprintf(stderr, "eval: %s\n", err.message);
        return -1;
    }
    row->id = json_string(json_get(row->json, "id"));
    row->pair = json_string(json_get(row->json, "pair"));
    row->question = json_string(json_get(row->json, "question"));
    row->answer = json_string(json_get(row->json, "answer"));
    kind = json_string(json_get(row->json, "kind"));
    split = json_string(json_get(row->json, "split"));
    for (int k = 0; kind && k < N_KINDS; k++)
        if (strcmp(kind, kind_names[k]) == 0)
            row->kind = (enum kind)k;
    if (!row->id || !row->pair || !row->question || !row->answer || !split || row->kind == N_KINDS)
        return -1;
    row->is_test = strcmp(split, "test") == 0;
    for (const struct json *c = json_first(json_get(row->json, "contexts")); c; c = json_next(c)) {
        const char *reference = json_string(c);
        const struct section *section = reference ? find_section(kb, reference) : NULL;

        if (!section || row->n_passages == CONTEXTS_MAX) {
            (void)fprintf(stderr, "eval: %s: no section '%s'\n", row->id,
                          reference ? reference : "");
            return -1;
        }
        row->passages[row->n_passages++] = (struct passage){.chunk_id = reference,
                                                            .document = section->document,
                                                            .title = section->title,
                                                            .heading = section->heading,
                                                            .text = section->text,
                                                            .len = strlen(section->text)};
    }
    return 0;
}

static int read_rows(const struct knowledge *kb, const char *path, struct rows *rows)
{
    CLEANUP(freep) char *text = NULL;
    struct tw_error err;
    size_t len;

    if (file_read(path, FILE_BYTES_MAX, &text, &len, &err) < 0) {
        (void)fprintf(stderr, "eval: %s\n", err.message);
        return -1;
    }
    rows->at = xcalloc(ROWS_MAX, sizeof(*rows->at));
    for (char *line = text; *line && rows->n < ROWS_MAX;) {
        char *end = strchrnul(line, '\n');

        if (end > line && read_row(kb, line, (size_t)(end - line), &rows->at[rows->n++]) < 0)
            return -1;
        line = *end ? end + 1 : end;
    }
    return 0;
}

static void free_rows(struct rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        json_free(rows->at[i].json);
        evaluation_finish(&rows->at[i].evaluation);
    }
    free(rows->at);
}

/* ---- Evaluators ---------------------------------------------------------------------------------- */

/* An answer taken for an abstention is a mistake of the evaluator where it is none: the worst score for its kind. */
static double score_lexical(const struct knowledge *kb, struct row *row)
{
    const struct evaluation_input input = {row->question, row->passages, row->n_passages,
                                           row->answer};

    evaluator_score(kb->lexicon, &input, &row->evaluation);
    if (isnan(row->evaluation.weakest))
        return is_good(row) ? 0 : 1;
    return row->evaluation.weakest;
}

/* The words of the passages in one run, and those of the answer. */
struct word_lists {
    struct text_words context, answer;
    char *text;
};

static void read_words(const struct row *row, struct word_lists *lists)
{
    struct buffer all;

    buffer_init(&all, FILE_BYTES_MAX);
    for (size_t i = 0; i < row->n_passages; i++)
        (void)buffer_printf(&all, "%s\n%s\n", row->passages[i].heading, row->passages[i].text);
    lists->text = buffer_take(&all, NULL);
    text_words_init(&lists->context, lists->text, strlen(lists->text));
    text_words_init(&lists->answer, row->answer, strlen(row->answer));
}

static void free_words(struct word_lists *lists)
{
    text_words_finish(&lists->context);
    text_words_finish(&lists->answer);
    free(lists->text);
}

/* Do the n words at `at` of the answer stand in the context? */
static bool has_run(const struct word_lists *lists, size_t at, size_t n)
{
    for (size_t i = 0; i + n <= lists->context.n; i++) {
        size_t k = 0;

        while (k < n &&
               strcmp(lists->context.items[i + k].form, lists->answer.items[at + k].form) == 0)
            k++;
        if (k == n)
            return true;
    }
    return false;
}

/* Share of the answer's runs of n words that stand in the context. For n = 1 it is the usual first attempt: how
 * many of the answer's words occur in what was retrieved. */
static double score_runs(const struct row *row, size_t n)
{
    struct word_lists lists;
    size_t n_runs = 0, n_held = 0;

    read_words(row, &lists);
    for (size_t at = 0; at + n <= lists.answer.n; at++) {
        n_runs++;
        n_held += has_run(&lists, at, n);
    }
    free_words(&lists);
    return n_runs > 0 ? (double)n_held / (double)n_runs : 0;
}

/* Of this thread: other programs on the machine do not count. */
static int64_t cpu_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void score_rows(const struct knowledge *kb, struct rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        struct row *row = &rows->at[i];

        for (int e = 0; e < N_EVALUATORS; e++) {
            int64_t start = cpu_ns();

            switch ((enum evaluator)e) {
            case LEXICAL_1:
                row->scores[e] = score_lexical(kb, row);
                break;
            case OVERLAP:
                row->scores[e] = score_runs(row, 1);
                break;
            case BIGRAMS:
                row->scores[e] = score_runs(row, 2);
                break;
            case LENGTH:
                row->scores[e] = (double)strlen(row->answer);
                break;
            case N_EVALUATORS:
                break;
            }
            row->seconds[e] = (double)(cpu_ns() - start) / 1e9;
        }
    }
}

/* ---- Measures ------------------------------------------------------------------------------------ */

struct sample {
    double score;
    bool is_good;
};

static int compare_samples(const void *a, const void *b)
{
    double left = ((const struct sample *)a)->score, right = ((const struct sample *)b)->score;

    return (left > right) - (left < right);
}

/* P(good over bad) + P(equal) / 2, by ranks. NAN without both. Sorts the samples. */
static double auroc(struct sample *samples, size_t n)
{
    double rank_sum = 0, n_good = 0, n_bad;

    qsort(samples, n, sizeof(*samples), compare_samples);
    for (size_t i = 0; i < n;) {
        size_t end = i;

        while (end < n && samples[end].score <= samples[i].score)
            end++;
        for (size_t k = i; k < end; k++) {
            rank_sum += samples[k].is_good ? (double)(i + end + 1) / 2 : 0;
            n_good += samples[k].is_good;
        }
        i = end;
    }
    n_bad = (double)n - n_good;
    return (rank_sum - n_good * (n_good + 1) / 2) / (n_good * n_bad);
}

/* Of all good answers against the bad ones of a kind; N_KINDS: of all kinds. */
static double auroc_of(const struct rows *rows, enum evaluator evaluator, enum kind kind)
{
    CLEANUP(freep) struct sample *samples = xcalloc(rows->n, sizeof(*samples));
    size_t n = 0;

    for (size_t i = 0; i < rows->n; i++) {
        const struct row *row = &rows->at[i];

        if (is_good(row) || (is_bad(row) && (kind == N_KINDS || row->kind == kind)))
            samples[n++] = (struct sample){row->scores[evaluator], is_good(row)};
    }
    return auroc(samples, n);
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

/* First row of each pair; rows of a pair are neighbours. */
static size_t find_pairs(const struct rows *rows, size_t *starts)
{
    size_t n = 0;

    for (size_t i = 0; i < rows->n; i++)
        if (i == 0 || strcmp(rows->at[i].pair, rows->at[i - 1].pair) != 0)
            starts[n++] = i;
    starts[n] = rows->n;
    return n;
}

/* The 95 % interval of the AUROC over all kinds, by drawing whole pairs: answers of a pair are alike. */
static void bootstrap(const struct rows *rows, enum evaluator evaluator, double *low, double *high)
{
    static double results[REPEATS];
    CLEANUP(freep) size_t *starts = xcalloc(rows->n + 1, sizeof(*starts));
    size_t n_pairs = find_pairs(rows, starts), capacity = 8 * rows->n;
    CLEANUP(freep) struct sample *samples = xcalloc(capacity, sizeof(*samples));
    struct random_state rng;

    random_seed(&rng, 75);
    for (int r = 0; r < REPEATS; r++) {
        size_t n = 0;

        for (size_t p = 0; p < n_pairs; p++) {
            size_t pair = random_below(&rng, (uint32_t)n_pairs);

            for (size_t i = starts[pair]; i < starts[pair + 1] && n < capacity; i++)
                if (rows->at[i].kind != ABSTAIN)
                    samples[n++] =
                        (struct sample){rows->at[i].scores[evaluator], is_good(&rows->at[i])};
        }
        results[r] = auroc(samples, n);
    }
    qsort(results, REPEATS, sizeof(*results), compare_doubles);
    *low = results[REPEATS * 25 / 1000];
    *high = results[REPEATS * 975 / 1000];
}

/* Share of the bad answers of these kinds that score under their original. */
static double pairs_below(const struct rows *rows,
                          enum evaluator evaluator,
                          enum kind first,
                          enum kind last)
{
    size_t n = 0, n_below = 0;

    for (size_t i = 0; i < rows->n; i++) {
        const struct row *bad = &rows->at[i];

        if (bad->kind < first || bad->kind > last)
            continue;
        for (size_t k = 0; k < rows->n; k++) {
            if (!is_good(&rows->at[k]) || strcmp(rows->at[k].pair, bad->pair) != 0)
                continue;
            n++;
            n_below += bad->scores[evaluator] < rows->at[k].scores[evaluator];
        }
    }
    return n > 0 ? (double)n_below / (double)n : 0;
}

/* ---- Tables -------------------------------------------------------------------------------------- */

static void print_evaluators(const struct rows *rows)
{
    printf("%-18s %6s %16s %8s %8s %8s %9s\n", "evaluator", "AUROC", "95 %", "numbers", "names",
           "negated", "us/answer");
    for (int e = 0; e < N_EVALUATORS; e++) {
        double low, high, seconds = 0;

        for (size_t i = 0; i < rows->n; i++)
            seconds += rows->at[i].seconds[e];
        bootstrap(rows, (enum evaluator)e, &low, &high);
        printf("%-18s %6.3f   %.3f to %.3f %8.3f %8.3f %8.3f %9.1f\n", evaluator_names[e],
               auroc_of(rows, (enum evaluator)e, N_KINDS), low, high,
               pairs_below(rows, (enum evaluator)e, NUMBER, NUMBER_SAME_ARTICLE),
               pairs_below(rows, (enum evaluator)e, NAME, NAME),
               pairs_below(rows, (enum evaluator)e, NEGATION, NEGATION),
               1e6 * seconds / (double)rows->n);
    }
}

static void print_kinds(const struct rows *rows)
{
    printf("\n%-20s %4s", "AUROC by kind", "n");
    for (int e = 0; e < N_EVALUATORS; e++)
        printf(" %16s", evaluator_names[e]);
    printf(" %8s\n", "flagged");
    for (int k = 0; k < N_KINDS; k++) {
        size_t n = 0, n_flagged = 0;

        for (size_t i = 0; i < rows->n; i++) {
            n += rows->at[i].kind == (enum kind)k;
            n_flagged +=
                rows->at[i].kind == (enum kind)k && rows->at[i].scores[LEXICAL_1] < EVALUATOR_TAU;
        }
        printf("%-20s %4zu", kind_names[k], n);
        for (int e = 0; e < N_EVALUATORS; e++)
            if (k >= NUMBER && k < ABSTAIN)
                printf(" %16.3f", auroc_of(rows, (enum evaluator)e, (enum kind)k));
            else
                printf(" %16s", "");
        printf(" %8.3f\n", n > 0 ? (double)n_flagged / (double)n : 0);
    }
}

/* Sentences of good answers with a support under tau. */
static double flagged_sentences(const struct rows *rows)
{
    size_t n = 0, n_flagged = 0;

    for (size_t i = 0; i < rows->n; i++) {
        const struct evaluation *evaluation = &rows->at[i].evaluation;

        for (size_t s = 0; is_good(&rows->at[i]) && s < evaluation->n_sentences; s++) {
            n++;
            n_flagged += evaluation->sentences[s].support < EVALUATOR_TAU;
        }
    }
    return (double)n_flagged / (double)n;
}

static void print_bar(const char *what, double value, double bar, bool is_ok)
{
    printf("  %-44s %7.3f   bar %5.2f   %s\n", what, value, bar, judged(is_ok));
}

static void print_bars(const struct rows *rows)
{
    double overall = auroc_of(rows, LEXICAL_1, N_KINDS), length = auroc_of(rows, LENGTH, N_KINDS);
    double numbers = pairs_below(rows, LEXICAL_1, NUMBER, NUMBER_SAME_ARTICLE);
    double names = pairs_below(rows, LEXICAL_1, NAME, NAME);
    double negations = pairs_below(rows, LEXICAL_1, NEGATION, NEGATION);
    double flagged = flagged_sentences(rows), seconds = 0;
    size_t n_abstain = 0, n_found = 0, n_wrongly = 0;

    for (size_t i = 0; i < rows->n; i++) {
        bool is_abstained = rows->at[i].evaluation.is_abstained;

        n_abstain += rows->at[i].kind == ABSTAIN;
        n_found += rows->at[i].kind == ABSTAIN && is_abstained;
        n_wrongly += rows->at[i].kind != ABSTAIN && is_abstained;
        seconds = fmax(seconds, rows->at[i].seconds[LEXICAL_1]);
    }
    printf("\n");
    print_bar("AUROC of the weakest sentence", overall, 0.93, overall >= 0.93);
    print_bar("numbers below their original", numbers, 0.90, numbers >= 0.90);
    print_bar("names below their original", names, 0.80, names >= 0.80);
    print_bar("negations below their original", negations, 0.85, negations >= 0.85);
    print_bar("sentences of good answers flagged", flagged, 0.10, flagged <= 0.10);
    print_bar("abstentions found", (double)n_found / (double)n_abstain, 28.0 / 30,
              30 * n_found >= 28 * n_abstain);
    printf("  %-44s %7zu of %zu\n", "other answers taken for abstentions", n_wrongly,
           rows->n - n_abstain);
    print_bar("length alone, from 0.40 to 0.60", length, 0.50, fabs(length - 0.5) <= 0.10);
    printf("  %-44s %7.0f us\n", "slowest answer", 1e6 * seconds);
}

/* The mean time of an answer with five sections as context, in microseconds: the row's own and further ones. */
static double time_five(const struct knowledge *kb, const struct rows *rows, double *ret_kilobytes)
{
    enum { FIVE = 5 };

    double seconds = 0, bytes = 0;

    for (size_t i = 0; i < rows->n; i++) {
        const struct row *row = &rows->at[i];
        struct passage passages[FIVE];
        struct evaluation evaluation;
        int64_t start;

        for (size_t k = 0; k < FIVE; k++) {
            const struct section *section = &kb->sections[(7 * i + k) % kb->n];

            passages[k] = k < row->n_passages ? row->passages[k]
                                              : (struct passage){.chunk_id = "",
                                                                 .document = section->document,
                                                                 .title = section->title,
                                                                 .heading = section->heading,
                                                                 .text = section->text,
                                                                 .len = strlen(section->text)};
            bytes += (double)passages[k].len;
        }
        start = cpu_ns();
        evaluator_score(kb->lexicon,
                        &(struct evaluation_input){row->question, passages, FIVE, row->answer},
                        &evaluation);
        seconds += (double)(cpu_ns() - start) / 1e9;
        evaluation_finish(&evaluation);
    }
    *ret_kilobytes = bytes / 1e3 / (double)(FIVE * rows->n);
    return 1e6 * seconds / (double)rows->n;
}

static void print_time(const struct knowledge *kb, const struct rows *rows)
{
    double kilobytes, us = time_five(kb, rows, &kilobytes);

    printf("  five sections of %.1f kB: %.0f us an answer      bar 2000   %s\n", kilobytes, us,
           judged(us < 2000));
}

static void print_tables(const struct knowledge *kb, const struct rows *rows, const char *path)
{
    printf("%zu answers (%s), %zu sections\n\n", rows->n, path, kb->n);
    print_evaluators(rows);
    print_kinds(rows);
    print_bars(rows);
    print_time(kb, rows);
}

static void print_details(const struct row *row)
{
    const struct evaluation *evaluation = &row->evaluation;

    printf("\n%s %s %s weakest %.3f%s\n  Q: %s\n", row->id, row->pair, kind_names[row->kind],
           evaluation->weakest, evaluation->is_abstained ? " ABSTAINED" : "", row->question);
    if (evaluation->n_sentences == 0)
        printf("  A: %s\n", row->answer);
    for (size_t s = 0; s < evaluation->n_sentences; s++) {
        const struct sentence_score *score = &evaluation->sentences[s];

        printf("  %.3f", score->support);
        for (int c = 0; c < CHECKS; c++)
            if (score->flags & (1U << c))
                printf(" %s", check_names[c]);
        printf(" | %.*s\n", (int)(score->end - score->start), row->answer + score->start);
        if (score->passage >= 0)
            printf("        < %.*s\n", (int)(score->evidence_end - score->evidence_start),
                   row->passages[score->passage].text + score->evidence_start);
    }
}

enum mode { TABLES, DETAILS, TEST };

static bool has_test(const struct rows *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        if (rows->at[i].is_test)
            return true;
    return false;
}

/* 0, or 2: the file is no good. */
static int measure(const struct knowledge *kb, const char *path, enum mode mode)
{
    struct rows rows = {0};
    int result = 2;

    if (access(path, F_OK) != 0) {
        printf("%s is not there: nothing is measured on it\n", path);
        return 0;
    }
    if (read_rows(kb, path, &rows) < 0)
        goto end;
    if (has_test(&rows) && mode != TEST) {
        (void)fprintf(stderr, "eval: rows of the test set are read only with --test\n");
        goto end;
    }
    score_rows(kb, &rows);
    for (size_t i = 0; i < rows.n && mode == DETAILS; i++)
        print_details(&rows.at[i]);
    print_tables(kb, &rows, path);
    result = 0;
end:
    free_rows(&rows);
    return result;
}

int main(int argc, char **argv)
{
    static struct knowledge kb;
    enum mode mode = TABLES;
    int first = 2, result = 2;

    if (argc > 2 && strcmp(argv[2], "--details") == 0)
        mode = DETAILS;
    else if (argc > 2 && strcmp(argv[2], "--test") == 0)
        mode = TEST;
    first += mode != TABLES;
    if (argc <= first) {
        (void)fprintf(stderr, "usage: eval KB_FOLDER [--details | --test] ANSWERS.jsonl...\n");
        return 2;
    }
    if (read_knowledge(&kb, argv[1]) == 0)
        result = 0;
    for (int i = first; i < argc && result == 0; i++) {
        if (i > first)
            printf("\n");
        result = measure(&kb, argv[i], mode);
    }
    free_knowledge(&kb);
    return result == 0 ? n_missed > 0 : result;
}
