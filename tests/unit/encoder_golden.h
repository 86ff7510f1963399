#ifndef TW_ENCODER_GOLDEN_H
#define TW_ENCODER_GOLDEN_H

/* What sentence-transformers makes of each text (tests/golden/make_encoder_golden.py). After test.h. */

#include "common/json.h"
#include "source_file.h"

static inline struct json *encoder_golden_read(void)
{
    size_t len;
    CLEANUP(freep) char *text = source_file_read("tests/data/golden/encoder_golden.json", &len);
    struct json *golden = NULL;
    struct tw_error err;

    if (json_parse(text, len, &golden, &err) < 0)
        fail_msg("%s", err.message);
    return golden;
}

#endif
