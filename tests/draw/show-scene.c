/* Shows the invented scene on a terminal, so that the terminal itself can be tested and looked at:
 * show-scene [THEME]. Keys: n next state, 1..9 focus, s a second later, u the same frame again,
 * t next theme, Ctrl-L, Ctrl-Z, q. The last input is named in the row above the footer. */

#include "scene.h"

#include "tui/screen/screen.h"
#include "tui/text/encoding.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct show {
    struct screen *screen;
    struct grid grid;
    struct scene scene;
    enum theme theme;
    char message[256];
};

static int open_signals(void)
{
    static const int taken[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGWINCH, SIGTSTP};
    sigset_t set;

    (void)sigemptyset(&set);
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        (void)sigaddset(&set, taken[i]);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void redraw(struct show *show)
{
    int width, height;

    screen_size(show->screen, &width, &height);
    if (width != show->grid.width || height != show->grid.height)
        grid_resize(&show->grid, width, height);
    scene_draw(&show->grid, &show->scene);
    screen_show(show->screen, &show->grid);
}

static void name_key(struct show *show, uint32_t key)
{
    char name[INPUT_NAME_SIZE];

    input_key_name(key, name);
    (void)snprintf(show->message, sizeof(show->message), "key %s", name);
    show->scene.message = show->message;
}

/* False: leave. */
static bool on_key(struct show *show, uint32_t key)
{
    if (key == 'q')
        return false;
    if (key == INPUT_CTRL_Z)
        screen_stop(show->screen);
    else if (key == INPUT_CTRL_L)
        screen_redraw(show->screen);
    if (key == 'n')
        show->scene.state = (enum scene_state)((show->scene.state + 1) % SCENE_COUNT);
    else if (key == 's')
        show->scene.seconds++;
    else if (key >= '1' && key <= '9')
        show->scene.focus = (int)(key - '0');
    else if (key == 't') {
        show->theme = (enum theme)((show->theme + 1) % THEME_COUNT);
        screen_set_theme(show->screen, show->theme);
    }
    if (key != 'u' && key != 's')
        name_key(show, key);
    return true;
}

/* False: leave. */
static bool on_terminal(struct show *show)
{
    for (;;) {
        struct input input = screen_read(show->screen);

        switch (input.kind) {
        case INPUT_NONE:
            return true;
        case INPUT_CLICK:
        case INPUT_WHEEL:
            break;
        case INPUT_HANGUP:
            return false;
        case INPUT_PASTE:
            (void)snprintf(show->message, sizeof(show->message), "paste %zu bytes%s: %.40s",
                           strlen(input.paste), input.is_cut ? " cut" : "", input.paste);
            show->scene.message = show->message;
            break;
        case INPUT_KEY:
            if (!on_key(show, input.key))
                return false;
            break;
        }
    }
}

/* The signal to leave with, or 0. */
static int on_signal(struct show *show, int fd)
{
    struct signalfd_siginfo info;

    while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGWINCH)
            screen_resize(show->screen);
        else if (info.ssi_signo == SIGTSTP)
            screen_stop(show->screen);
        else
            return (int)info.ssi_signo;
    }
    return 0;
}

static int run(struct show *show, int signals)
{
    for (;;) {
        struct pollfd fds[] = {{screen_fd(show->screen), POLLIN, 0}, {signals, POLLIN, 0}};
        int leave_with;

        redraw(show);
        (void)poll(fds, COUNT_OF(fds), screen_wants_input(show->screen) ? 100 : -1);
        leave_with = on_signal(show, signals);
        if (leave_with > 0)
            return 128 + leave_with;
        if (!on_terminal(show))
            return 0;
    }
}

int main(int argc, char **argv)
{
    struct show show = {.theme = THEME_DARK};
    enum encoding encoding = encoding_set_locale();
    const char *no_color = getenv("NO_COLOR");
    int signals = open_signals(), r;
    struct tw_error err;

    if (argc > 1 && !theme_from_name(argv[1], &show.theme))
        return 2;
    if (no_color && *no_color)
        show.theme = THEME_MONO;
    if (screen_open(show.theme, &show.screen, &err) < 0) {
        (void)fprintf(stderr, "show-scene: %s\n", err.message);
        return 2;
    }
    grid_init(&show.grid, 80, 24, encoding);
    r = run(&show, signals);
    screen_close(show.screen);
    grid_finish(&show.grid);
    (void)close(signals);
    return r;
}
