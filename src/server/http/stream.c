#include "server/http/stream.h"

#include <string.h>

void stream_init(struct stream *stream,
                 void (*suspend)(void *ctx),
                 void (*resume)(void *ctx),
                 void *ctx)
{
    *stream = (struct stream){.suspend = suspend, .resume = resume, .ctx = ctx};
    (void)pthread_mutex_init(&stream->lock, NULL);
}

void stream_finish(struct stream *stream)
{
    buffer_finish(&stream->pipe);
    (void)pthread_mutex_destroy(&stream->lock);
}

void stream_start(struct stream *stream, size_t max_lag)
{
    (void)pthread_mutex_lock(&stream->lock);
    buffer_finish(&stream->pipe);
    buffer_init(&stream->pipe, max_lag);
    stream->is_running = true;
    stream->is_begun = false;
    stream->is_paused = true;
    (void)pthread_mutex_unlock(&stream->lock);
}

/* With the lock held: lets the listener's thread look again. */
static void wake(struct stream *stream)
{
    if (stream->is_paused)
        stream->resume(stream->ctx);
    stream->is_paused = false;
}

bool stream_put(struct stream *stream, const char *bytes, size_t len)
{
    bool is_taken;

    (void)pthread_mutex_lock(&stream->lock);
    stream->is_begun = true;
    is_taken = !stream->is_cut && buffer_append(&stream->pipe, bytes, len);
    wake(stream);
    (void)pthread_mutex_unlock(&stream->lock);
    return is_taken;
}

enum stream_end stream_end(struct stream *stream)
{
    enum stream_end end = STREAM_NOT_BEGUN;

    (void)pthread_mutex_lock(&stream->lock);
    stream->is_running = false;
    if (stream->is_begun) {
        end = stream->is_orphaned ? STREAM_ORPHANED : STREAM_ENDED;
        wake(stream);
    }
    (void)pthread_mutex_unlock(&stream->lock);
    return end;
}

ssize_t stream_read(struct stream *stream, char *out, size_t max)
{
    struct buffer *pipe = &stream->pipe;
    ssize_t n_read = STREAM_AT_END;

    (void)pthread_mutex_lock(&stream->lock);
    if (pipe->failed) {
        n_read = STREAM_FAILED;
    } else if (pipe->len > 0) {
        n_read = (ssize_t)(pipe->len < max ? pipe->len : max);
        memcpy(out, pipe->data, (size_t)n_read);
        pipe->len -= (size_t)n_read;
        memmove(pipe->data, pipe->data + n_read, pipe->len);
    } else if (stream->is_running) {
        n_read = STREAM_PAUSED;
        stream->is_paused = true;
        stream->suspend(stream->ctx);
    }
    (void)pthread_mutex_unlock(&stream->lock);
    return n_read;
}

bool stream_cut(struct stream *stream)
{
    bool is_running;

    (void)pthread_mutex_lock(&stream->lock);
    is_running = stream->is_running;
    stream->is_cut = is_running;
    stream->is_paused = false;
    (void)pthread_mutex_unlock(&stream->lock);
    return is_running;
}

bool stream_orphan(struct stream *stream)
{
    bool is_running;

    (void)pthread_mutex_lock(&stream->lock);
    is_running = stream->is_running;
    stream->is_orphaned = is_running;
    (void)pthread_mutex_unlock(&stream->lock);
    return is_running;
}
