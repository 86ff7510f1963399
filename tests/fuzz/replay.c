/* Stands in for libFuzzer: runs the target once over each file named, so that the corpus is a test of every
 * build. */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX ((size_t)4 << 20)

static int replay(const char *path, uint8_t *bytes)
{
    FILE *file = fopen(path, "rb");
    size_t len;

    if (!file) {
        (void)fprintf(stderr, "cannot open '%s'\n", path);
        return -1;
    }
    len = fread(bytes, 1, INPUT_MAX, file);
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(bytes, len);
    return 0;
}

int main(int argc, char **argv)
{
    uint8_t *bytes = malloc(INPUT_MAX);
    int n_failed = argc < 2;

    for (int i = 1; bytes && i < argc; i++)
        n_failed += replay(argv[i], bytes) < 0;
    free(bytes);
    return !bytes || n_failed > 0;
}
