/* Training data as CSV. The first line stays a header, the others are repeated until they are enough to train
 * with; records alone are read too. */

#include "fuzz.h"

#include "common/alloc.h"
#include "server/ml/csv.h"
#include "server/ml/tickets.h"
#include "server/ml/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((size_t)1 << 17)

static void read_records(const char *text, size_t len)
{
    struct csv_field fields[CSV_FIELDS_MAX];
    struct csv_reader reader;
    size_t n, line = 0;
    char copy[64];

    csv_init(&reader, text, len);
    while (csv_next(&reader, fields, &n, NULL) == 1) {
        FUZZ_EXPECT(n >= 1 && n <= CSV_FIELDS_MAX && reader.line > line && reader.at <= len);
        line = reader.line;
        for (size_t i = 0; i < n; i++) {
            FUZZ_EXPECT(fields[i].text >= text && fields[i].text + fields[i].len <= text + len);
            if (csv_copy(&fields[i], copy, sizeof(copy)))
                FUZZ_EXPECT(strlen(copy) < sizeof(copy));
            csv_show(&fields[i], copy, sizeof(copy));
            for (const char *at = copy; *at; at++)
                FUZZ_EXPECT(*at >= ' ' && *at < 0x7f);
        }
    }
}

static void read_dataset(const char *text, size_t len)
{
    struct dataset *dataset = NULL;
    struct tw_error err = {0};

    if (dataset_parse(text, len, ticket_classes, TICKET_CLASSES, &dataset, &err) < 0) {
        FUZZ_EXPECT(err.message[0]);
        return;
    }
    FUZZ_EXPECT(dataset->n_rows >= DATASET_ROWS_MIN);
    for (size_t i = 0; i < dataset->n_rows; i++) {
        FUZZ_EXPECT(dataset->label[i] < TICKET_CLASSES);
        for (size_t f = 0; f < N_FEATURES; f++)
            FUZZ_EXPECT(isfinite(dataset->x[i][f]));
    }
    dataset_free(dataset);
}

/* header and rows over and over, owned. */
static char *repeat(const char *text, size_t len, size_t *ret_len)
{
    const char *end = len > 0 ? memchr(text, '\n', len) : NULL;
    size_t head = end ? (size_t)(end - text) + 1 : len, rows = len - head;
    size_t times = rows == 0 ? 0 : (TEXT_MAX - head) / rows;
    char *all;

    if (times > DATASET_ROWS_MIN)
        times = DATASET_ROWS_MIN;
    all = xcalloc(head + rows * times + 1, 1);
    memcpy(all, text, head);
    for (size_t i = 0; i < times; i++)
        memcpy(all + head + i * rows, text + head, rows);
    *ret_len = head + rows * times;
    return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text;
    size_t len;

    if (size == 0 || size > TEXT_MAX / 2)
        return 0;
    read_records((const char *)data, size);
    text = repeat((const char *)data, size, &len);
    read_dataset(text, len);
    free(text);
    return 0;
}
