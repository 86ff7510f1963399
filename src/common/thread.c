#include "common/thread.h"

#include <signal.h>

int thread_start(
    const char *name, thread_fn *run, void *arg, pthread_t *ret_thread, struct tw_error *err)
{
    sigset_t all, old;
    int code;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    code = pthread_create(ret_thread, NULL, run, arg);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (code != 0)
        return tw_fail_errno(err, TW_BROKEN, code, "cannot start the thread %s", name);
    (void)pthread_setname_np(*ret_thread, name);
    return 0;
}
