/* How fast the sentence encoder is, from text to vector: each text by itself as a request, or all at once as
 * bulk work. Prints the seconds of every pass, by the clock and of CPU.
 *
 * encoder-rate FOLDER TEXTS single|bulk [PASSES [THREADS]]; TEXTS has one a line, FOLDER the model's files */

#include "common/alloc.h"
#include "common/clock.h"
#include "common/file.h"
#include "server/llm/encoder.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXTS_MAX 100000

struct texts {
    char *file;
    const char *texts[TEXTS_MAX];
    size_t lens[TEXTS_MAX];
    size_t n;
};

static int read_texts(const char *path, struct texts *texts, struct tw_error *err)
{
    size_t len;

    if (file_read(path, (size_t)64 << 20, &texts->file, &len, err) < 0)
        return -1;
    for (char *line = texts->file; *line && texts->n < TEXTS_MAX; texts->n++) {
        char *end = strchrnul(line, '\n');

        texts->texts[texts->n] = line;
        texts->lens[texts->n] = (size_t)(end - line);
        line = *end ? end + 1 : end;
    }
    return 0;
}

static int run_pass(struct encoder *encoder,
                    const struct texts *texts,
                    bool is_single,
                    float *vectors,
                    struct tw_error *err)
{
    if (!is_single)
        return encoder_embed(encoder, texts->texts, texts->lens, texts->n, ENCODER_BULK, vectors,
                             err);
    for (size_t i = 0; i < texts->n; i++)
        if (encoder_embed(encoder, texts->texts + i, texts->lens + i, 1, ENCODER_REQUEST, vectors,
                          err) < 0)
            return -1;
    return 0;
}

static double cpu_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int measure(struct encoder *encoder,
                   const struct texts *texts,
                   bool is_single,
                   int n_passes,
                   struct tw_error *err)
{
    CLEANUP(freep) float *vectors = xcalloc(texts->n * encoder_dim(encoder), sizeof(*vectors));

    for (int pass = -1; pass < n_passes; pass++) {
        int64_t start_ns = clock_mono_ns();
        double start_cpu = cpu_seconds();

        if (run_pass(encoder, texts, is_single, vectors, err) < 0)
            return -1;
        if (pass >= 0) /* the first warms up */
            (void)printf("%.6f %.6f\n", (double)(clock_mono_ns() - start_ns) * 1e-9,
                         cpu_seconds() - start_cpu);
    }
    return 0;
}

static int run(int argc, char **argv, struct tw_error *err)
{
    CLEANUP(freep) struct texts *texts = xcalloc(1, sizeof(*texts));
    CLEANUP(freep) char *weights = xprintf_dup("%s/model.safetensors", argv[1]);
    CLEANUP(freep) char *vocabulary = xprintf_dup("%s/vocab.txt", argv[1]);
    CLEANUP(encoder_freep) struct encoder *encoder = NULL;
    struct encoder_options options = {weights, vocabulary,
                                      argc > 5 ? (unsigned)strtoul(argv[5], NULL, 10) : 1};
    int n_passes = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 5, result;

    if (read_texts(argv[2], texts, err) < 0 || encoder_open(&options, &encoder, err) < 0)
        return -1;
    result = measure(encoder, texts, strcmp(argv[3], "single") == 0, n_passes, err);
    free(texts->file);
    return result;
}

int main(int argc, char **argv)
{
    struct tw_error err;

    if (argc < 4 || (strcmp(argv[3], "single") != 0 && strcmp(argv[3], "bulk") != 0)) {
        (void)fprintf(stderr, "encoder-rate FOLDER TEXTS single|bulk [PASSES [THREADS]]\n");
        return 2;
    }
    if (run(argc, argv, &err) < 0) {
        (void)fprintf(stderr, "encoder-rate: %s\n", err.message);
        return 1;
    }
    return 0;
}
