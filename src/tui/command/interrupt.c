#include "tui/command/interrupt.h"

#include "common/alloc.h"
#include "common/fetch.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define EXIT_INTERRUPTED 130 /* 128 + SIGINT, as shells have it */

struct interrupt {
    struct fetcher *fetcher; /* borrowed; only woken from the thread */
    pthread_t thread;
    _Atomic bool has_come;
    _Atomic bool is_over;
};

static void *wait_for_signals(void *arg)
{
    struct interrupt *interrupt = arg;
    sigset_t signals;
    int signal_number;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    while (sigwait(&signals, &signal_number) == 0 && !interrupt->is_over) {
        if (interrupt->has_come) {
            (void)!write(STDERR_FILENO, "\n", 1);
            _exit(EXIT_INTERRUPTED);
        }
        interrupt->has_come = true;
        fetcher_wake(interrupt->fetcher);
    }
    return NULL;
}

int interrupt_start(struct fetcher *fetcher, struct interrupt **ret_interrupt, struct tw_error *err)
{
    CLEANUP(freep) struct interrupt *interrupt = xcalloc(1, sizeof(*interrupt));
    sigset_t signals;
    int error;

    interrupt->fetcher = fetcher;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    error = pthread_create(&interrupt->thread, NULL, wait_for_signals, interrupt);
    if (error != 0)
        return tw_fail_errno(err, TW_BROKEN, error, "cannot start the thread for Ctrl-C");
    (void)pthread_setname_np(interrupt->thread, "interrupt");
    *ret_interrupt = TAKE(interrupt);
    return 0;
}

void interrupt_stop(struct interrupt *interrupt)
{
    if (!interrupt)
        return;
    interrupt->is_over = true;
    (void)pthread_kill(interrupt->thread, SIGINT);
    (void)pthread_join(interrupt->thread, NULL);
    free(interrupt);
}

bool interrupt_came(const struct interrupt *interrupt)
{
    return interrupt->has_come;
}
