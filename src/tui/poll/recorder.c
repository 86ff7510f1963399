#include "tui/poll/recorder.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/hash.h"
#include "common/json.h"
#include "common/json_write.h"
#include "common/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A question that was asked before. */
struct known {
    char *identity; /* owned */
    size_t len;
    bool has_body;
    uint8_t body[HASH_SHA256_SIZE];
};

struct recorder {
    int fd;
    int64_t began_mono_ms;
    size_t n_bytes, max_bytes;
    char *secrets[RECORDER_SECRETS_MAX]; /* owned */
    size_t n_secrets;
    struct known known[TAPE_QUESTIONS_MAX];
    size_t n_known;
    struct buffer out; /* what one answer adds */
    int errno_value;
    atomic_int state;
};

/* ---- Opening and closing ----------------------------------------------------------------------- */

static int open_file(const struct recorder_options *options, struct tw_error *err)
{
    int how = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    int fd = open(options->path, how | (options->is_over ? 0 : O_EXCL), 0600);
    struct stat status;

    if (fd < 0 && errno == EEXIST)
        return tw_fail(err, TW_INVALID,
                       "'%.150s' is there already: name another file, or add --overwrite",
                       options->path);
    if (fd < 0)
        return tw_fail_errno(err, TW_INVALID, errno, "cannot write '%.150s'", options->path);
    /* What replaces an older file must not keep its mode, or follow into a device. */
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || fchmod(fd, 0600) < 0 ||
        ftruncate(fd, 0) < 0) {
        (void)close(fd);
        return tw_fail(err, TW_INVALID, "'%.150s' is no file of yours", options->path);
    }
    return fd;
}

static bool write_out(struct recorder *recorder)
{
    const char *at = buffer_text(&recorder->out);
    size_t left = recorder->out.len;

    while (left > 0) {
        ssize_t n = write(recorder->fd, at, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            recorder->errno_value = n < 0 ? errno : ENOSPC;
            atomic_store(&recorder->state, RECORDER_BROKEN);
            return false;
        }
        at += n;
        left -= (size_t)n;
    }
    recorder->n_bytes += recorder->out.len;
    return true;
}

static void recorder_free(struct recorder *recorder)
{
    for (size_t i = 0; i < recorder->n_known; i++)
        free(recorder->known[i].identity);
    for (size_t i = 0; i < recorder->n_secrets; i++)
        secret_file_free(recorder->secrets[i]);
    buffer_finish(&recorder->out);
    (void)close(recorder->fd);
    free(recorder);
}

int recorder_open(const struct recorder_options *options,
                  const struct tape_head *head,
                  struct recorder **ret_recorder,
                  struct tw_error *err)
{
    struct recorder *recorder;
    int fd = open_file(options, err);

    if (fd < 0)
        return -1;
    recorder = xcalloc(1, sizeof(*recorder));
    recorder->fd = fd;
    recorder->began_mono_ms = clock_mono_ms();
    recorder->max_bytes = options->max_bytes;
    buffer_init(&recorder->out, TAPE_BODY_MAX + TAPE_IDENTITY_MAX + 4096);
    tape_write_head(head, &recorder->out);
    if (!write_out(recorder)) {
        (void)recorder_close(recorder, err);
        return -1;
    }
    *ret_recorder = recorder;
    return 0;
}

enum recorder_state recorder_state(const struct recorder *recorder)
{
    return (enum recorder_state)atomic_load(&recorder->state);
}

int recorder_close(struct recorder *recorder, struct tw_error *err)
{
    int result = 0;

    if (!recorder)
        return 0;
    if (recorder_state(recorder) == RECORDER_FULL)
        result = tw_fail(err, TW_BUSY, "the recording ended before its time: it has its %zu MB",
                         recorder->max_bytes >> 20);
    else if (recorder_state(recorder) == RECORDER_BROKEN)
        result = tw_fail_errno(err, TW_BROKEN, recorder->errno_value,
                               "the recording ended before its time");
    recorder_free(recorder);
    return result;
}

/* ---- What may be kept -------------------------------------------------------------------------- */

static bool holds_secret(const struct recorder *recorder, const char *bytes, size_t len)
{
    for (size_t i = 0; i < recorder->n_secrets; i++)
        if (memmem(bytes, len, recorder->secrets[i], strlen(recorder->secrets[i])))
            return true;
    return false;
}

static void hide(struct recorder *recorder, const char *secret)
{
    if (strlen(secret) < RECORDER_SECRET_MIN)
        return;
    for (size_t i = 0; i < recorder->n_secrets; i++)
        if (strcmp(recorder->secrets[i], secret) == 0)
            return;
    if (recorder->n_secrets < RECORDER_SECRETS_MAX) {
        recorder->secrets[recorder->n_secrets++] = xstrdup(secret);
        return;
    }
    recorder->errno_value = ENOSPC;
    atomic_store(&recorder->state, RECORDER_BROKEN);
}

void recorder_hide(struct recorder *recorder, const char *const *secrets)
{
    for (; secrets && *secrets; secrets++)
        hide(recorder, *secrets);
}

/* Alertmanager's status has its configuration, where addresses that post to a chat are secrets: its
 * version alone is kept. */
static bool is_alertmanager_status(const struct tape_question *question)
{
    static const char status[] = " /api/v2/status";
    const struct buffer *identity = &question->identity;
    size_t len = sizeof(status) - 1;

    return identity->len >= len &&
           memcmp(buffer_text(identity) + identity->len - len, status, len) == 0;
}

/* {"versionInfo":{"version":"..."}} of what was answered. */
static void write_version(const struct fetch_reply *reply, struct buffer *out)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct json_writer w = {.out = out};
    const char *version = NULL;

    if (json_parse(reply->body, reply->body_len, &json, NULL) == 0)
        version = json_string(json_get(json_get(json, "versionInfo"), "version"));
    json_write_object(&w, NULL);
    json_write_object(&w, "versionInfo");
    json_write_string(&w, "version", version);
    json_write_object_end(&w);
    json_write_object_end(&w);
}

/* ---- Keeping ----------------------------------------------------------------------------------- */

/* Its number; SIZE_MAX when there are too many. A new one is written into out. */
static size_t know(struct recorder *recorder, const struct tape_question *question)
{
    const char *text = buffer_text(&question->identity);
    size_t len = question->identity.len;
    struct known *known;

    for (size_t i = 0; i < recorder->n_known; i++)
        if (recorder->known[i].len == len && memcmp(recorder->known[i].identity, text, len) == 0)
            return i;
    if (recorder->n_known == TAPE_QUESTIONS_MAX || question->identity.failed)
        return SIZE_MAX;
    known = &recorder->known[recorder->n_known];
    known->identity = xstrdup(text);
    known->len = len;
    tape_write_question(question, &recorder->out);
    return recorder->n_known++;
}

/* True when the question's answer before had this body. */
static bool is_repeated(struct known *known, const struct fetch_reply *reply)
{
    uint8_t hash[HASH_SHA256_SIZE];
    bool is_same;

    if (reply->status == 0) {
        known->has_body = false;
        return false;
    }
    hash_sha256(reply->body, reply->body_len, hash);
    is_same = known->has_body && memcmp(hash, known->body, sizeof(hash)) == 0;
    memcpy(known->body, hash, sizeof(hash));
    known->has_body = true;
    return is_same;
}

static void put(struct recorder *recorder,
                const struct tape_question *question,
                const struct fetch_reply *reply)
{
    struct tape_answer answer = {.start_ms = question->start_ms,
                                 .end_ms = question->end_ms,
                                 .at_ms = clock_mono_ms() - recorder->began_mono_ms,
                                 .reply = *reply};

    buffer_clear(&recorder->out);
    answer.question = know(recorder, question);
    if (answer.question == SIZE_MAX)
        return;
    tape_write_answer(&answer, is_repeated(&recorder->known[answer.question], reply),
                      &recorder->out);
    if (recorder->out.failed || recorder->n_bytes + recorder->out.len > recorder->max_bytes)
        atomic_store(&recorder->state, RECORDER_FULL);
    else
        (void)write_out(recorder);
}

void recorder_put(struct recorder *recorder,
                  const struct tape_question *question,
                  const struct fetch_reply *reply)
{
    struct fetch_reply kept = *reply;
    struct buffer version;

    if (recorder_state(recorder) != RECORDER_ON)
        return;
    buffer_init(&version, 1024);
    if (reply->status == 200 && is_alertmanager_status(question)) {
        write_version(reply, &version);
        kept.body = buffer_text(&version);
        kept.body_len = version.len;
    }
    if (holds_secret(recorder, kept.body, kept.body_len) ||
        holds_secret(recorder, kept.error.message, strlen(kept.error.message))) {
        kept = (struct fetch_reply){.body = "", .retry_after_ms = -1};
        (void)tw_fail(&kept.error, TW_BROKEN, "not recorded: the answer holds a token");
    }
    put(recorder, question, &kept);
    buffer_finish(&version);
}
