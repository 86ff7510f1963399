#ifndef TW_TEST_KNOWLEDGE_FIXTURE_H
#define TW_TEST_KNOWLEDGE_FIXTURE_H

/* A knowledge base in a folder of its own for each test, with an encoder and an index where a test wants
 * them. */

#include "test.h"

#include "fake_encoder.h"
#include "fake_vectors.h"

#include "common/alloc.h"
#include "common/file.h"
#include "server/llm/knowledge.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    char folder[64]; /* kb/ and the files are in it */
    char kb[80];
    char path[96];
    struct encoder *encoder;
    struct fake_vectors fake;
    struct vector_source *source;
    struct knowledge_options options;
    struct knowledge *knowledge;
};

/* Succeeds or fails the test with the reason. */
#define CHECK_OK(call)                                                                             \
    do {                                                                                           \
        struct tw_error check_err_ = {0};                                                          \
        struct tw_error *err = &check_err_;                                                        \
        if ((call) < 0)                                                                            \
            fail_msg("%s: %s", #call, check_err_.message);                                         \
    } while (0)

static inline int fixture_set_up(void **state)
{
    struct fixture *fixture = xcalloc(1, sizeof(*fixture));

    (void)snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/tidewatch-kb-XXXXXX");
    if (!mkdtemp(fixture->folder))
        return -1;
    (void)snprintf(fixture->kb, sizeof(fixture->kb), "%s/kb", fixture->folder);
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/knowledge.db", fixture->folder);
    if (mkdir(fixture->kb, 0700) < 0)
        return -1;
    fixture->options = (struct knowledge_options){.folder = fixture->kb, .path = fixture->path};
    *state = fixture;
    return 0;
}

static inline int fixture_remove(const char *path,
                                 const struct stat *status,
                                 int kind,
                                 struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline int fixture_tear_down(void **state)
{
    struct fixture *fixture = *state;

    knowledge_free(fixture->knowledge);
    vector_source_free(fixture->source);
    fake_vectors_finish(&fixture->fake);
    encoder_free(fixture->encoder);
    (void)nftw(fixture->folder, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(fixture);
    return 0;
}

#define KNOWLEDGE_TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

/* Below kb/, whose folders are made. */
static inline void put_file(const struct fixture *fixture, const char *name, const char *text)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/%s", fixture->kb, name);
    CLEANUP(freep) char *folder = xstrdup(path);

    *strrchr(folder, '/') = '\0';
    CHECK_OK(file_make_folder(folder, 0700, err));
    CHECK_OK(file_write_atomically(path, text, strlen(text), 0600, err));
}

static inline void remove_file(const struct fixture *fixture, const char *name)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/%s", fixture->kb, name);

    CHECK(unlink(path) == 0);
}

static inline void use_vectors(struct fixture *fixture, const char *source_name)
{
    fixture->encoder = fake_encoder_new(true);
    fixture->fake = (struct fake_vectors){.dim = FAKE_DIM, .name = source_name};
    fixture->source = fake_vectors_source(&fixture->fake);
    fixture->options.encoder = fixture->encoder;
    fixture->options.vectors = fixture->source;
}

static inline void open_knowledge(struct fixture *fixture)
{
    knowledge_free(TAKE(fixture->knowledge));
    CHECK_OK(knowledge_open(&fixture->options, &fixture->knowledge, err));
}

static inline void load_knowledge(struct fixture *fixture)
{
    if (!fixture->knowledge)
        open_knowledge(fixture);
    CHECK_OK(knowledge_load(fixture->knowledge, err));
}

static inline struct knowledge_stats stats_of(const struct fixture *fixture)
{
    struct knowledge_stats stats;

    knowledge_read_stats(fixture->knowledge, &stats);
    return stats;
}

static inline struct knowledge_progress progress_of(const struct fixture *fixture)
{
    struct knowledge_progress progress;

    knowledge_read_progress(fixture->knowledge, &progress);
    return progress;
}

#endif
