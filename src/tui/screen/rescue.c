#include "tui/screen/rescue.h"

#include "common/cleanup.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int faults[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};

#define N_FAULTS   COUNT_OF(faults)
#define STACK_SIZE 32768

/* A signal handler has no other way to know anything. Written only while it is not installed, but for
 * is_paused. */
static struct {
    int fd;
    struct termios settings;
    char bytes[RESCUE_BYTES_MAX];
    size_t len;
    volatile sig_atomic_t is_paused;
    struct sigaction before[N_FAULTS];
    char stack[STACK_SIZE]; /* an overflown stack cannot run a handler */
} rescue;

static void on_fault(int signal)
{
    static const char text[] = "tidewatch: ended by a fault; the terminal is restored\n";

    if (!rescue.is_paused) {
        (void)!write(rescue.fd, rescue.bytes, rescue.len);
        (void)tcsetattr(rescue.fd, TCSANOW, &rescue.settings);
    }
    (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
    _exit(128 + signal);
}

void rescue_arm(int fd, const struct termios *settings, const char *bytes, size_t len)
{
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK | (int)SA_RESETHAND};
    stack_t stack = {.ss_sp = rescue.stack, .ss_size = sizeof(rescue.stack)};

    assert(len <= sizeof(rescue.bytes));
    rescue.fd = fd;
    rescue.settings = *settings;
    memcpy(rescue.bytes, bytes, len);
    rescue.len = len;
    rescue.is_paused = 0;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaltstack(&stack, NULL);
    for (size_t i = 0; i < N_FAULTS; i++)
        (void)sigaction(faults[i], &action, &rescue.before[i]);
}

void rescue_pause(bool is_paused)
{
    rescue.is_paused = is_paused;
}

void rescue_disarm(void)
{
    stack_t none = {.ss_flags = SS_DISABLE};

    for (size_t i = 0; i < N_FAULTS; i++)
        (void)sigaction(faults[i], &rescue.before[i], NULL);
    (void)sigaltstack(&none, NULL);
}
