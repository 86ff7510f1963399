#ifndef TW_THREAD_H
#define TW_THREAD_H

#include "common/error.h"

#include <pthread.h>

typedef void *thread_fn(void *arg);

/* A thread to be joined, named as `ps -L` shows it (at most 15 bytes), that takes no signal: they are for
 * the main thread. TW_BROKEN. */
int thread_start(const char *name,
                 thread_fn *run,
                 void *arg,
                 pthread_t *ret_thread,
                 struct tw_error *err) MUST_CHECK;

#endif
