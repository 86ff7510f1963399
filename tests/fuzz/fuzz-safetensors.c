/* The header of a weights file from anywhere: what is accepted lies within the bytes. */

#include "common/alloc.h"
#include "fuzz.h"
#include "server/llm/safetensors.h"

#include <string.h>

/* Names that the corpus has, in the shapes that it gives them. */
static const struct {
    const char *name;
    size_t n_rows, n_columns;
} wanted[] = {{"a", 2, 3}, {"b", 0, 3}, {"embeddings.word_embeddings.weight", 4, 2}};

static void look(const struct safetensors *tensors, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        size_t n = (wanted[i].n_rows ? wanted[i].n_rows : 1) * wanted[i].n_columns;
        const float *numbers = NULL;
        volatile float sum = 0;

        if (safetensors_find(tensors, wanted[i].name, wanted[i].n_rows, wanted[i].n_columns,
                             &numbers, NULL) < 0)
            continue;
        FUZZ_EXPECT((const uint8_t *)numbers >= bytes);
        FUZZ_EXPECT((const uint8_t *)(numbers + n) <= bytes + size);
        for (size_t k = 0; k < n; k++)
            sum = numbers[k];
        (void)sum;
    }
}

/* In a block of just this size, aligned as a mapping is, so that a read beyond it is seen. */
static void read_file(const uint8_t *data, size_t size, const uint64_t *header_len)
{
    struct safetensors *tensors = NULL;
    uint8_t *bytes = malloc(size ? size : 1);

    if (!bytes)
        return;
    memcpy(bytes, data, size);
    if (header_len)
        memcpy(bytes, header_len, sizeof(*header_len));
    if (safetensors_parse(bytes, size, &tensors, NULL) == 0)
        look(tensors, bytes, size);
    safetensors_free(tensors);
    free(bytes);
}

/* Once as it is, and once with the length that the header has: few changes would get that right. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t header_len;

    read_file(data, size, NULL);
    if (size < sizeof(header_len))
        return 0;
    header_len = strnlen((const char *)data + sizeof(header_len), size - sizeof(header_len));
    read_file(data, size, &header_len);
    return 0;
}
