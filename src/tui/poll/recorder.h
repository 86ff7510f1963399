#ifndef TW_RECORDER_H
#define TW_RECORDER_H

/* Writes a recording (tape.h) while the program runs. One thread at a time puts answers; recorder_state
 * may be asked from any. */

#include "common/error.h"
#include "tui/data/tape.h"

#include <stdbool.h>

#define RECORDER_SECRETS_MAX 3
#define RECORDER_SECRET_MIN  8 /* bytes: a shorter one would be found by chance in every answer */

struct recorder;

struct recorder_options {
    const char *path;
    bool is_over; /* a file that is there is replaced; else it is an error */
    size_t max_bytes;
    const char
        *secrets[RECORDER_SECRETS_MAX]; /* copied; answers that hold one are not kept; NULL: none */
};

enum recorder_state {
    RECORDER_ON,
    RECORDER_FULL,   /* max_bytes are written: the recording ends there */
    RECORDER_BROKEN, /* it cannot be written */
};

/* The file is the owner's alone (0600). */
int recorder_open(const struct recorder_options *options,
                  const struct tape_head *head,
                  struct recorder **ret_recorder,
                  struct tw_error *err) MUST_CHECK;

/* Keeps the answer; each is written at once and whole, so that a killed program leaves what came before. */
void recorder_put(struct recorder *recorder,
                  const struct tape_question *question,
                  const struct fetch_reply *reply);

enum recorder_state recorder_state(const struct recorder *recorder);

/* Says why it ended before its time. NULL is fine. */
int recorder_close(struct recorder *recorder, struct tw_error *err);

#endif
