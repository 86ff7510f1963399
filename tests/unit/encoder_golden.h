#ifndef TW_ENCODER_GOLDEN_H
#define TW_ENCODER_GOLDEN_H

/* What sentence-transformers makes of each text (tests/golden/make_encoder_golden.py), and where the model's
 * files are, for the tests that need them: TIDEWATCH_ENCODER_WEIGHTS names their folder. After test.h. */

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

/* The path of a file of the model, owned; NULL, with the reason printed, where there is no model. */
static inline char *encoder_weights_path(const char *name)
{
    const char *folder = getenv("TIDEWATCH_ENCODER_WEIGHTS"); // NOLINT(concurrency-mt-unsafe)

    if (folder && folder[0])
        return xprintf_dup("%s/%s", folder, name);
    print_message("# skipped: TIDEWATCH_ENCODER_WEIGHTS does not name the folder of %s\n", name);
    return NULL;
}

#endif
