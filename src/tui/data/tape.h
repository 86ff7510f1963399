#ifndef TW_TAPE_H
#define TW_TAPE_H

/* Recordings of what servers answered: the format, and finding an answer again. Pure.
 *
 * A file is
 *   tidewatch recording 1
 *   H BEGAN REFRESH COLUMNS PROD CONTEXT
 * then, each with a newline behind it, questions, numbered from 0 as they come, and answers to them:
 *   Q LEN            LEN bytes of the question's identity
 *   A QUESTION AT START END STATUS CODE ELAPSED DATE RETRY LEN TYPE      LEN bytes of the body
 * BEGAN and DATE are Unix ms; AT is ms since BEGAN, never less than the answer's before; START and END are
 * the window that a query asked for, Unix ms, 0 when it asked for none; ELAPSED us; RETRY ms or -1. STATUS
 * 0: no answer came, CODE is the tw_code and the body says why. LEN "=": the body is the same as in the
 * question's answer before. CONTEXT and TYPE go to the line's end.
 *
 * A question's identity is its source, method, path and parameters without the times that differ from one
 * asking to the next. Addresses, headers and tokens are no part of it. */

#include "common/buffer.h"
#include "common/fetch.h"

#include <stdint.h>

#define TAPE_BYTES_MAX     ((size_t)64 << 20)
#define TAPE_QUESTIONS_MAX 4096
#define TAPE_ANSWERS_MAX   ((size_t)1 << 20)
#define TAPE_IDENTITY_MAX  ((size_t)64 << 10)
#define TAPE_BODY_MAX      ((size_t)8 << 20)
#define TAPE_CONTEXT_SIZE  32

struct tape_head {
    int64_t began_ms; /* Unix */
    int64_t refresh_ms;
    int64_t n_columns; /* of the charts, which all of the recording has */
    bool is_production;
    char context[TAPE_CONTEXT_SIZE]; /* "local" */
};

struct tape_question {
    struct buffer identity;
    int64_t start_ms, end_ms; /* Unix; 0: asks for no window */
};

/* source is a word; path with its parameters; form NULL: none. Of a form or path that is too long the
 * identity has failed (buffer.h). */
void tape_question_init(struct tape_question *question,
                        const char *source,
                        const char *method,
                        const char *path,
                        const char *form);
void tape_question_finish(struct tape_question *question);

struct tape_answer {
    size_t question;
    int64_t at_ms, start_ms, end_ms;
    struct fetch_reply reply; /* body is borrowed of the tape */
};

struct tape {
    struct tape_head head;
    char *text; /* owned: the file's */

    struct tape_identity {
        const char *text; /* borrowed of text */
        size_t len;
        size_t last; /* its newest answer while reading */
    } * questions;

    size_t n_questions;
    struct tape_answer *answers; /* by at_ms */
    size_t n_answers;
    bool is_cut; /* the file ends within an answer: who wrote it was killed */
};

/* Takes text, which has len bytes and a NUL behind them. TW_INVALID names the byte. */
int tape_read(char *owned_text, size_t len, struct tape *ret_tape, struct tw_error *err) MUST_CHECK;
void tape_finish(struct tape *tape);

/* The answer to the question at that time: of those that had come by then the one whose window is nearest,
 * and of these the newest; before any had come, the first that did. NULL: it was never asked. */
const struct tape_answer *tape_find(const struct tape *tape,
                                    const struct tape_question *question,
                                    int64_t at_ms);

/* How long it is, in ms. */
int64_t tape_length_ms(const struct tape *tape);

void tape_write_head(const struct tape_head *head, struct buffer *out);
void tape_write_question(const struct tape_question *question, struct buffer *out);

/* is_same: the body is as in the answer before. */
void tape_write_answer(const struct tape_answer *answer, bool is_same, struct buffer *out);

#endif
