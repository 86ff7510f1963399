/* What a large knowledge base costs: so many generated articles are loaded, beside a thread that goes on
 * asking; then one of them changes, and then none. Prints times, the memory at its highest, and how long
 * the questions took meanwhile.
 *
 *   knowledge-load [articles]     10000 unless told */

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/random.h"
#include "server/llm/knowledge.h"
#include "server/llm/retrieval.h"

#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define ARTICLES     10000
#define ARTICLES_MAX 50000
#define VOCABULARY   20000
#define SECTIONS     5
#define SENTENCES    8
#define WORDS        11
#define TIMES_MAX    200000
#define ALONE        500 /* questions without a load */

static void die(const char *what, const struct tw_error *err)
{
    (void)fprintf(stderr, "knowledge-load: %s: %s\n", what, err->message);
    exit(2);
}

/* ---- Articles ---------------------------------------------------------------------------------- */

/* Frequent words are frequent, as in a language: the square makes low numbers likely. */
static void add_word(struct buffer *text, struct random_state *rng)
{
    static const char *const syllables[] = {"ba", "ke",  "lo",  "mi",  "nu",  "pra", "sto", "ter",
                                            "vi", "wen", "dar", "gol", "hin", "jop", "quu", "zet"};
    double share = random_uniform(rng);
    unsigned word = (unsigned)(share * share * VOCABULARY);

    for (int i = 0; i < 4; i++, word /= 16)
        (void)buffer_puts(text, syllables[word % 16]);
}

static void add_section(struct buffer *text, struct random_state *rng)
{
    (void)buffer_puts(text, "\n## ");
    for (int i = 0; i < 3; i++) {
        add_word(text, rng);
        (void)buffer_putc(text, i < 2 ? ' ' : '\n');
    }
    for (int s = 0; s < SENTENCES; s++) {
        (void)buffer_puts(text, s > 0 ? " The " : "\nThe ");
        for (int i = 0; i < WORDS; i++) {
            add_word(text, rng);
            (void)buffer_putc(text, i + 1 < WORDS ? ' ' : '.');
        }
    }
    (void)buffer_putc(text, '\n');
}

static void write_article(const char *folder, size_t number, struct random_state *rng)
{
    CLEANUP(freep)
    char *path = xprintf_dup("%s/%02zu/article-%zu.md", folder, number % 100, number);
    CLEANUP(buffer_finish) struct buffer text;
    FILE *file = fopen(path, "w");

    buffer_init(&text, 1 << 20);
    (void)buffer_printf(&text, "# Article %zu ", number);
    add_word(&text, rng);
    (void)buffer_putc(&text, '\n');
    for (int i = 0; i < SECTIONS; i++)
        add_section(&text, rng);
    if (!file || fwrite(text.data, 1, text.len, file) != text.len || fclose(file) != 0)
        die(path, &(struct tw_error){.message = "cannot be written"});
}

static void write_articles(const char *folder, size_t n)
{
    struct random_state rng;
    struct tw_error err;

    random_seed(&rng, 1);
    for (size_t i = 0; i < 100; i++) {
        CLEANUP(freep) char *path = xprintf_dup("%s/%02zu", folder, i);

        if (file_make_folder(path, 0700, &err) < 0)
            die(path, &err);
    }
    for (size_t i = 0; i < n; i++)
        write_article(folder, i, &rng);
}

/* ---- Questions beside the load ----------------------------------------------------------------- */

struct asker {
    struct knowledge *knowledge;
    atomic_bool is_over;
    double *ms;
    size_t n, n_failed;
};

static void ask_one(struct asker *asker, struct random_state *rng)
{
    CLEANUP(buffer_finish) struct buffer question;
    struct retrieval_request request = {.n_docs = 3};
    struct retrieval found;
    int64_t since;

    buffer_init(&question, 1000);
    for (int i = 0; i < 5; i++) {
        add_word(&question, rng);
        (void)buffer_putc(&question, ' ');
    }
    request.question = buffer_text(&question);
    since = clock_mono_ns();
    if (retrieval_search(asker->knowledge, &request, &found, NULL) < 0)
        asker->n_failed++;
    else
        retrieval_finish(&found);
    if (asker->n < TIMES_MAX)
        asker->ms[asker->n++] = (double)(clock_mono_ns() - since) / 1e6;
}

static void *ask(void *ctx)
{
    struct asker *asker = ctx;
    struct random_state rng;

    random_seed(&rng, 2);
    while (!atomic_load(&asker->is_over)) {
        ask_one(asker, &rng);
        clock_sleep_until_mono_ms(clock_mono_ms() + 5);
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void show_questions(struct asker *asker, const char *when)
{
    if (asker->n == 0)
        return;
    qsort(asker->ms, asker->n, sizeof(*asker->ms), compare);
    printf("  %zu questions %s: p50 %.2f ms, p99 %.2f ms, longest %.2f ms, %zu failed\n", asker->n,
           when, asker->ms[asker->n / 2], asker->ms[asker->n * 99 / 100], asker->ms[asker->n - 1],
           asker->n_failed);
}

/* ---- Loading ----------------------------------------------------------------------------------- */

static double memory_mb(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static void load(struct knowledge *knowledge, const char *name)
{
    struct asker asker = {.knowledge = knowledge, .ms = xcalloc(TIMES_MAX, sizeof(double))};
    struct knowledge_progress progress;
    struct tw_error err;
    pthread_t thread;
    int64_t since = clock_mono_ns();

    (void)pthread_create(&thread, NULL, ask, &asker);
    if (knowledge_load(knowledge, &err) < 0)
        die("load", &err);
    atomic_store(&asker.is_over, true);
    (void)pthread_join(thread, NULL);
    knowledge_read_progress(knowledge, &progress);
    printf("%s: %.2f s, %zu files changed, %zu chunks written; highest memory so far %.0f MB\n",
           name, (double)(clock_mono_ns() - since) / 1e9, progress.n_changed, progress.n_chunks,
           memory_mb());
    show_questions(&asker, "beside it");
    free(asker.ms);
}

static void ask_alone(struct knowledge *knowledge)
{
    struct asker asker = {.knowledge = knowledge, .ms = xcalloc(ALONE, sizeof(double))};
    struct random_state rng;

    random_seed(&rng, 4);
    for (int i = 0; i < ALONE; i++)
        ask_one(&asker, &rng);
    show_questions(&asker, "alone");
    free(asker.ms);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(path);
}

static void measure(const char *state, size_t n)
{
    CLEANUP(freep) char *folder = xprintf_dup("%s/kb", state);
    CLEANUP(freep) char *path = xprintf_dup("%s/knowledge.db", state);
    const struct knowledge_options options = {.folder = folder, .path = path};
    struct knowledge *knowledge = NULL;
    struct random_state rng;
    struct tw_error err;
    int64_t since;

    write_articles(folder, n);
    if (knowledge_open(&options, &knowledge, &err) < 0)
        die("open", &err);
    printf("%zu articles, memory before %.0f MB\n", n, memory_mb());
    load(knowledge, "first load");
    load(knowledge, "nothing changed");
    random_seed(&rng, 3);
    write_article(folder, n / 2, &rng);
    load(knowledge, "one file changed");
    knowledge_free(TAKE(knowledge));
    since = clock_mono_ns();
    if (knowledge_open(&options, &knowledge, &err) < 0)
        die("open", &err);
    printf("opened in %.1f ms\n", (double)(clock_mono_ns() - since) / 1e6);
    ask_alone(knowledge);
    knowledge_free(knowledge);
}

int main(int argc, char **argv)
{
    char state[] = "/tmp/tidewatch-load-XXXXXX";
    unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : ARTICLES;

    if (n == 0 || n > ARTICLES_MAX || !mkdtemp(state)) {
        (void)fprintf(stderr, "usage: knowledge-load [articles, at most %d]\n", ARTICLES_MAX);
        return 2;
    }
    measure(state, n);
    (void)nftw(state, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}
