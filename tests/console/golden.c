#include "golden.h"

#include "unit/test.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/file.h"

#define TEXT_MAX ((size_t)1 << 20)

/* Says the first line that differs; the whole screens would bury it. */
static void compare(const char *path, const char *golden, const char *drawn)
{
    size_t line = 1, start = 0, i = 0;

    if (strcmp(golden, drawn) == 0)
        return;
    for (; golden[i] && golden[i] == drawn[i]; i++) {
        if (golden[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    fail_msg("%s, line %zu:\nexpected: %.*s\n   drawn: %.*s", path, line,
             (int)strcspn(golden + start, "\n"), golden + start, (int)strcspn(drawn + start, "\n"),
             drawn + start);
}

void golden_check(const char *path, const struct buffer *drawn)
{
    CLEANUP(freep) char *golden = NULL;
    struct tw_error err = {0};
    size_t len;

    CHECK(!drawn->failed);
    if (getenv("TW_UPDATE_GOLDEN")) {
        if (file_write_atomically(path, drawn->data, drawn->len, 0644, &err) < 0)
            fail_msg("%s", err.message);
        return;
    }
    if (file_read(path, TEXT_MAX, &golden, &len, &err) < 0)
        fail_msg("%s (tests/golden/update.sh writes it)", err.message);
    compare(path, golden, buffer_text(drawn));
}
