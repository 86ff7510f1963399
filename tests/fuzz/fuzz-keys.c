/* Bytes from a terminal, through the real decoder (curses on a pseudo terminal of its own) into the console's
 * state over snapshots of invented data: after every input the screen can be drawn, at a size that the input
 * chooses. The first four bytes: data and place, width, height, encoding; the rest is typed. */

#include "fuzz.h"

#include "common/alloc.h"
#include "console/console_case.h"
#include "console/inspect_case.h"
#include "tui/screen/rescue.h"
#include "tui/screen/screen.h"
#include "tui/view/view.h"

#include <curses.h>
#include <locale.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD      4
#define TYPED_MAX ((size_t)192) /* bytes of one input: each draws a screen */
#define CHUNK     64            /* a terminal's queue takes 4096 */
#define WIDTHS    170
#define HEIGHTS   50

static const struct ui_place places[] = {
    {.environment = "local",
     .operations_url = "http://127.0.0.1:8003",
     .alertmanager_url = "http://127.0.0.1:9093",
     .user = "ana",
     .prometheus_url = "http://127.0.0.1:9090",
     .no_token = ""},
    {.environment = "prod",
     .is_production = true,
     .operations_url = "http://10.0.0.7:8003",
     .alertmanager_url = "http://127.0.0.1:9093",
     .user = "ana",
     .no_token = ""},
    {.environment = "live-eu",
     .operations_url = "http://10.0.0.7:8003",
     .alertmanager_url = "",
     .user = "ana",
     .no_token = "nothing is changed from here: --read-only",
     .is_read_only = true},
    {.environment = "local",
     .operations_url = "http://127.0.0.1:8003",
     .alertmanager_url = "",
     .user = "ana",
     .no_token = "no operator token: no such file"},
};

/* One console, from key to key. */
struct console {
    enum case_state data;
    struct snapshot *snapshot;
    struct ui_place place;
    struct ui_state state;
    struct ui_moment at;
    struct grid grid;
    uint64_t n_commands;
    bool is_over;
};

static struct {
    int master;
    struct screen *screen;
} terminal;

/* The screen's own handlers of faults would hide what the fuzzer's and the sanitizer's have to say. */
static void open_terminal(void)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    int slave;

    FUZZ_EXPECT(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
    FUZZ_EXPECT(setenv("TERM", "xterm-256color", 1) == 0);
    FUZZ_EXPECT(openpty(&terminal.master, &slave, NULL, NULL, &size) == 0);
    FUZZ_EXPECT(dup2(slave, STDIN_FILENO) >= 0 && dup2(slave, STDOUT_FILENO) >= 0);
    FUZZ_EXPECT(screen_open(THEME_DEFAULT, &terminal.screen, NULL) == 0);
    rescue_disarm();
    (void)set_escdelay(0); /* all that comes is there already */
}

/* ---- The console ------------------------------------------------------------------------------------ */

/* What a poller would have answered by now. */
static void answer(struct console *console)
{
    struct requests_want want = ui_requests_want(&console->state);
    struct inspect_want inspect = ui_inspect_want(&console->state, console->snapshot);

    case_answer_requests(console->snapshot, console->data, &want);
    case_answer_inspect(console->snapshot, console->data, &inspect);
}

static void take(struct console *console, const struct ui_request *request)
{
    static const char runbook[] = "# Runbook\n\n**Means.** Inputs are far.\n\n1. Look\n";

    switch (request->kind) {
    case UI_QUIT:
        console->is_over = true;
        break;
    case UI_LOAD_RUNBOOK:
        free(console->state.runbook);
        console->state.runbook = xstrdup(runbook);
        break;
    case UI_SWITCH_ASCII:
        console->grid.encoding =
            console->grid.encoding == ENCODING_ASCII ? ENCODING_UTF8 : ENCODING_ASCII;
        break;
    case UI_ENQUIRE:
        ui_state_sent(&console->state, request, ++console->n_commands);
        case_answer_enquiry(console->snapshot, &console->state);
        break;
    case UI_START:
    case UI_STOP_DRILLS:
    case UI_STOP_SIMULATION:
    case UI_SET_BASELINE:
    case UI_SILENCE:
    case UI_EXPIRE:
    case UI_REFRESH:
        ui_state_sent(&console->state, request, ++console->n_commands);
        break;
    default: /* the terminal's, or a file's */
        break;
    }
}

/* No character that a terminal could obey, and no half of a wide one. */
static void check_grid(const struct grid *grid)
{
    uint32_t last = grid->encoding == ENCODING_ASCII ? 0x7e : 0x10ffff;

    for (int y = 0; y < grid->height; y++)
        for (int x = 0; x < grid->width; x++) {
            const struct cell *cell = grid_at(grid, x, y);
            const struct cell *before = x > 0 ? grid_at(grid, x - 1, y) : NULL;

            FUZZ_EXPECT(cell->width <= 2 && cell->code <= last);
            FUZZ_EXPECT(cell->width == 0 ? before && before->width == 2 : cell->code >= ' ');
            FUZZ_EXPECT(cell->code < 0x7f || cell->code >= 0xa0);
            FUZZ_EXPECT(cell->code < 0x200b || cell->code > 0x200f);
            FUZZ_EXPECT(cell->code < 0x2028 || cell->code > 0x202e);
            FUZZ_EXPECT(cell->code < 0x2066 || cell->code > 0x2069);
            FUZZ_EXPECT(cell->width != 2 || x + 1 < grid->width);
        }
}

static void draw(struct console *console)
{
    struct ui_model model = {console->snapshot, &console->state,
                             ui_state_moment(&console->state, console->at)};

    console->state.text_top = view_draw_screen(&model, &console->grid);
    check_grid(&console->grid);
}

static void take_input(struct console *console, const struct input *input)
{
    struct ui_request request;

    if (input->kind == INPUT_PASTE) {
        (void)ui_state_paste(&console->state, input->paste, input->is_cut);
    } else {
        request = ui_state_key(&console->state, console->snapshot, input->key,
                               "console-0123456789abcdef", console->at);
        take(console, &request);
    }
    answer(console);
    console->at.mono_ms += 400; /* beyond the guard of a box that opened */
    console->at.now_ms += 400;
    (void)ui_state_expire(&console->state, console->at);
    draw(console);
}

static void type(struct console *console, const uint8_t *bytes, size_t n)
{
    FUZZ_EXPECT(write(terminal.master, bytes, n) == (ssize_t)n);
    while (!console->is_over) {
        struct input input = screen_read(terminal.screen);

        FUZZ_EXPECT(input.kind != INPUT_HANGUP);
        if (input.kind == INPUT_NONE)
            return;
        take_input(console, &input);
    }
}

/* What was not read belongs to no other console. */
static void empty_terminal(void)
{
    static const char end[] = "\033[201~";
    struct input input;

    FUZZ_EXPECT(write(terminal.master, end, sizeof(end) - 1) == (ssize_t)sizeof(end) - 1);
    do {
        input = screen_read(terminal.screen);
    } while (input.kind != INPUT_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct console console = {.at = {CASE_MONO_MS, CASE_NOW_MS}};

    if (!terminal.screen)
        open_terminal();
    if (size < HEAD || size > HEAD + TYPED_MAX)
        return 0;
    console.data = (enum case_state)(data[0] % N_CASES);
    console.snapshot = case_new(console.data);
    console.place = case_place(&places[data[0] / N_CASES % COUNT_OF(places)], console.snapshot);
    ui_state_init(&console.state, &console.place);
    console.state.width = 1 + data[1] % WIDTHS;
    console.state.height = 1 + data[2] % HEIGHTS;
    grid_init(&console.grid, console.state.width, console.state.height,
              data[3] % 2 ? ENCODING_ASCII : ENCODING_UTF8);
    draw(&console);
    for (size_t at = HEAD; at < size && !console.is_over; at += CHUNK)
        type(&console, data + at, size - at < CHUNK ? size - at : CHUNK);
    empty_terminal();
    grid_finish(&console.grid);
    ui_state_finish(&console.state);
    case_free(console.snapshot);
    return 0;
}
