#ifndef TW_HTTP_STREAM_H
#define TW_HTTP_STREAM_H

/* The pipe of a streamed answer: a worker puts pieces, the listener's thread reads them, and either may
 * end first. Knows the connection only by how to suspend and resume it, which happens under the
 * stream's lock: a resume that came before its suspend would be lost. */

#include "common/buffer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct stream {
    void (*suspend)(void *ctx);
    void (*resume)(void *ctx);
    void *ctx;

    pthread_mutex_t lock; /* guards the rest */
    struct buffer pipe;   /* what the client has not read yet */
    bool is_running;      /* a worker is at it */
    bool is_begun;        /* the first piece was put */
    bool is_paused;       /* the connection is suspended until there is more */
    bool is_cut;          /* the client has left: nothing is sent any more */
    bool is_orphaned;     /* the connection is no more */
};

void stream_init(struct stream *stream,
                 void (*suspend)(void *ctx),
                 void (*resume)(void *ctx),
                 void *ctx);
void stream_finish(struct stream *stream);

/* A worker is about to begin; the connection is suspended. max_lag: bytes that a client may be behind. */
void stream_start(struct stream *stream, size_t max_lag);

/* Worker. The first piece resumes the connection, whose thread then reads. False: the client has left
 * or lags too far behind, and no piece will be taken any more. */
bool stream_put(struct stream *stream, const char *bytes, size_t len);

enum stream_end { STREAM_NOT_BEGUN, STREAM_ENDED, STREAM_ORPHANED };

/* Worker, once, at its end. STREAM_NOT_BEGUN: the connection is suspended still and wants another kind
 * of answer. STREAM_ORPHANED: it is no more, and what belonged to it is the worker's to free. */
enum stream_end stream_end(struct stream *stream);

/* Listener's thread. Over 0: that many bytes. Otherwise nothing was read: */
enum { STREAM_PAUSED = 0, STREAM_AT_END = -1, STREAM_FAILED = -2 };

ssize_t stream_read(struct stream *stream, char *out, size_t max);

/* Listener's thread: the answer is over, or the client has left. True: a worker is still at it. */
bool stream_cut(struct stream *stream);

/* Listener's thread, last: the connection is no more. True: a worker is still at it, and frees. */
bool stream_orphan(struct stream *stream);

#endif
