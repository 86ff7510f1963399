/* A vector source on a server, for tests: vector-source URL compare FOLDER [TOKEN] puts the same records into a collection
 * there and into an embedded store in the folder, and demands the same answers; vector-source URL try makes one
 * query and prints how it ended: "ok N", or the error's code and message. */

#include "common/alloc.h"
#include "common/fetch.h"
#include "common/random.h"
#include "server/llm/vector_source.h"
#include "server/llm/vectors.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define DIM        24
#define N          1300 /* more than a batch, more than a page */
#define TOP        5
#define COLLECTION "tidewatch-source-test"

static const char *const code_names[] = {"ok", "invalid", "not-found", "busy", "broken"};

#define MUST(call)                                                                                 \
    do {                                                                                           \
        struct tw_error must_err_ = {0};                                                           \
        struct tw_error *err = &must_err_;                                                         \
        if ((call) < 0) {                                                                          \
            printf("%s: %s\n", #call, must_err_.message);                                          \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define DEMAND(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d: not so: %s\n", __LINE__, #condition);                                 \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static const char *token; /* NULL: none */

static struct vector_source *open_server(const char *url, const char *database, size_t dim)
{
    const struct chroma_options options = {.url = url,
                                           .tenant = "default_tenant",
                                           .database = database,
                                           .token = token,
                                           .timeout_ms = 5000};
    struct vector_source *source = NULL;

    MUST(vector_source_open_chroma(&options, COLLECTION, dim, &source, err));
    return source;
}

static void fill(struct random_state *rng, float *x)
{
    struct random_state centre;
    double norm;

    random_seed(&centre, random_below(rng, N / 50));
    for (size_t d = 0; d < DIM; d++)
        x[d] = (float)(random_normal(&centre, 0, 1) + random_normal(rng, 0, 0.5));
    norm = vector_norm(x, DIM);
    for (size_t d = 0; d < DIM; d++)
        x[d] = (float)((double)x[d] / norm);
}

static size_t query(struct vector_source *source,
                    const float *x,
                    const char *kind,
                    struct vector_hit *hits)
{
    size_t n = 0;

    MUST(vector_source_query(source, x, kind, TOP, hits, &n, err));
    return n;
}

static void compare(struct vector_source *a,
                    struct vector_source *b,
                    const float *x,
                    const char *kind)
{
    struct vector_hit hits_a[TOP], hits_b[TOP];
    size_t n = query(a, x, kind, hits_a);

    DEMAND(n == query(b, x, kind, hits_b));
    for (size_t i = 0; i < n; i++) {
        DEMAND(fabs(hits_a[i].distance - hits_b[i].distance) < 1e-5);
        DEMAND(strcmp(hits_a[i].id, hits_b[i].id) == 0);
    }
}

static void compare_many(struct vector_source *a, struct vector_source *b, struct random_state *rng)
{
    float x[DIM];

    for (int i = 0; i < 40; i++) {
        fill(rng, x);
        compare(a, b, x, NULL);
        compare(a, b, x, "sentence");
        compare(a, b, x, "chunk");
    }
    compare(a, b, x, "poem");
}

/* The order of each does not matter: ids and versions are added up. */
struct sum {
    uint64_t hash;
    size_t n;
};

static void add_up(void *ctx, const char *id, const char *version)
{
    struct sum *sum = ctx;
    uint64_t hash = 1;

    for (; *id; id++)
        hash = hash * 31 + (unsigned char)*id;
    for (; *version; version++)
        hash = hash * 37 + (unsigned char)*version;
    sum->hash += hash * hash;
    sum->n++;
}

static void compare_each(struct vector_source *a, struct vector_source *b, size_t n)
{
    struct sum of_a = {0}, of_b = {0};

    MUST(vector_source_each(a, add_up, &of_a, err));
    MUST(vector_source_each(b, add_up, &of_b, err));
    DEMAND(of_a.n == n && of_b.n == n && of_a.hash == of_b.hash);
}

static void put(struct vector_source *source, float (*x)[DIM], size_t from, size_t to)
{
    CLEANUP(freep) struct vector_record *records = xcalloc(N, sizeof(*records));
    CLEANUP(freep) char(*ids)[24] = xcalloc(N, sizeof(*ids));

    for (size_t i = from; i < to; i++) {
        (void)snprintf(ids[i], sizeof(ids[i]),
                       "r\xc3\xa9"
                       "cord \"%zu\"",
                       i);
        records[i - from] = (struct vector_record){.id = ids[i],
                                                   .vector = x[i],
                                                   .document = i % 4 ? "a text" : NULL,
                                                   .kind = i % 3 ? "sentence" : "chunk",
                                                   .version = i % 5 ? "v1" : "v2"};
    }
    MUST(vector_source_upsert(source, records, to - from, err));
}

static void forget(struct vector_source *source)
{
    static const char *const ids[] = {"r\xc3\xa9"
                                      "cord \"3\"",
                                      "r\xc3\xa9"
                                      "cord \"700\"",
                                      "unknown"};

    MUST(vector_source_delete(source, ids, COUNT_OF(ids), err));
}

static void compare_all(const char *url, const char *database, const char *folder)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/%s.db", folder, database);
    struct vectors *vectors = NULL;
    struct vector_source *embedded = NULL, *server = open_server(url, database, DIM);
    struct vector_source *other = open_server(url, database, DIM + 1);
    CLEANUP(freep) float(*x)[DIM] = xcalloc(N, sizeof(*x));
    struct random_state rng;
    struct vector_hit hits[TOP];

    MUST(vectors_open(path, &vectors, err));
    MUST(vector_source_open_embedded(vectors, COLLECTION, DIM, &embedded, err));
    DEMAND(strcmp(vector_source_name(server), "chroma") == 0);
    random_seed(&rng, 11);
    for (size_t i = 0; i < N; i++)
        fill(&rng, x[i]);
    put(embedded, x, 0, N);
    put(server, x, 0, N);
    compare_many(embedded, server, &rng);
    compare_each(embedded, server, N);
    forget(embedded);
    forget(server);
    put(embedded, x + 1, 10, 20); /* records that exist, with other vectors */
    put(server, x + 1, 10, 20);
    compare_many(embedded, server, &rng);
    compare_each(embedded, server, N - 2);
    /* One of another dimension makes the collection anew, under another id: the first one notices. */
    DEMAND(query(other, x[0], NULL, hits) == 0);
    DEMAND(query(server, x[0], NULL, hits) == 0);
    put(server, x, 0, 10);
    DEMAND(query(server, x[0], NULL, hits) == TOP);
    vector_source_free(other);
    vector_source_free(server);
    vector_source_free(embedded);
    vectors_close(vectors);
}

static int try_once(const char *url)
{
    const struct chroma_options options = {
        .url = url, .tenant = "default_tenant", .database = "default_database", .timeout_ms = 300};
    struct vector_source *source = NULL;
    struct vector_hit hits[TOP];
    static const float x[DIM] = {1};
    struct tw_error why = {0};
    size_t n = 0;

    if (vector_source_open_chroma(&options, COLLECTION, DIM, &source, &why) == 0)
        (void)!vector_source_query(source, x, NULL, TOP, hits, &n, &why);
    if (why.code == TW_OK)
        printf("ok %zu\n", n);
    else
        printf("%s %s\n", code_names[why.code], why.message);
    vector_source_free(source);
    return 0;
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    MUST(fetch_global_init(err));
    if (argc == 3 && strcmp(argv[2], "try") == 0)
        return try_once(argv[1]);
    if ((argc != 4 && argc != 5) || strcmp(argv[2], "compare") != 0)
        return 2;
    token = argv[4];
    compare_all(argv[1], "default_database", argv[3]);
    compare_all(argv[1], "a.new database", argv[3]); /* which is made, its name escaped */
    printf("the same\n");
    return 0;
}
