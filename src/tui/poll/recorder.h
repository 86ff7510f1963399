#ifndef TW_RECORDER_H
#define TW_RECORDER_H

/* Writes a recording (tape.h) while the program runs. One thread at a time puts answers; recorder_state
 * may be asked from any. */

#include "common/error.h"
#include "tui/data/tape.h"

#include <stdbool.h>

#define RECORDER_SECRETS_MAX 64 /* also of those that have been replaced since the start */
#define RECORDER_SECRET_MIN  8  /* bytes: a shorter one would be found by chance in every answer */

struct recorder;

struct recorder_options {
    const char *path;
    bool is_over; /* a file that is there is replaced; else it is an error */
    size_t max_bytes;
};

enum recorder_state {
    RECORDER_ON,
    RECORDER_FULL,   /* max_bytes are written: the recording ends there */
    RECORDER_BROKEN, /* it cannot be written, or not without a secret */
};

/* The file is the owner's alone (0600). */
int recorder_open(const struct recorder_options *options,
                  const struct tape_head *head,
                  struct recorder **ret_recorder,
                  struct tw_error *err) MUST_CHECK;

/* Answers that hold one of them, which are copied, are not kept from here on. NULL-terminated. What is more than
 * RECORDER_SECRETS_MAX ends the recording: it could not be kept clean. */
void recorder_hide(struct recorder *recorder, const char *const *secrets);

/* Keeps the answer; each is written at once and whole, so that a killed program leaves what came before. */
void recorder_put(struct recorder *recorder,
                  const struct tape_question *question,
                  const struct fetch_reply *reply);

enum recorder_state recorder_state(const struct recorder *recorder);

/* Says why it ended before its time. NULL is fine. */
int recorder_close(struct recorder *recorder, struct tw_error *err);

#endif
