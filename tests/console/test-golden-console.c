/* Every screen of the console at four sizes, in two encodings, with six states of data, against
 * tests/golden/console. TW_UPDATE_GOLDEN=1 writes the files instead; look at the difference before it is
 * committed. */

#include "unit/test.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "console_case.h"
#include "gameday_case.h"
#include "golden.h"
#include "inspect_case.h"
#include "tui/poll/config.h"
#include "tui/view/view.h"

#define PATH_SIZE 4096
#define TEXT_MAX  ((size_t)1 << 20)

static const struct ui_place place = {
    .environment = "local",
    .operations_url = "http://127.0.0.1:8003",
    .alertmanager_url = "http://127.0.0.1:9093",
    .user = "ana",
    .prometheus_url = "http://127.0.0.1:9090",
    .no_token = "",
};

static const struct ui_place production = {
    .environment = "prod",
    .is_production = true,
    .operations_url = "http://10.0.0.7:8003",
    .alertmanager_url = "http://127.0.0.1:9093",
    .user = "ana",
    .no_token = "",
};

static const struct ui_place replay = {
    .environment = "live-eu",
    .is_production = true,
    .operations_url = "http://10.0.0.7:8003",
    .no_token = "this is a replay: nothing is changed from here",
    .is_read_only = true,
    .is_replay = true,
};

static const struct ui_place recording = {
    .environment = "local",
    .operations_url = "http://127.0.0.1:8003",
    .no_token = "",
    .is_recording = true,
};

static const struct ui_place read_only = {
    .environment = "local",
    .operations_url = "http://127.0.0.1:8003",
    .alertmanager_url = "http://127.0.0.1:9093",
    .user = "ana",
    .no_token = "nothing is changed from here: --read-only",
    .is_read_only = true,
};

static char url[] = "https://prometheus.live.example", other_url[] = "http://10.0.0.7:9090",
            none[] = "", token[] = "~/.config/tidewatch/live-eu.token";
static struct context live = {.prometheus = url,
                              .alertmanager = url,
                              .operations = url,
                              .ml = none,
                              .llm = none,
                              .for_operations = {.token_file = token, .user = none},
                              .is_production = true};
static struct context staging = {.prometheus = other_url,
                                 .alertmanager = other_url,
                                 .operations = other_url,
                                 .ml = none,
                                 .llm = none,
                                 .for_operations = {.token_file = none, .user = none}};
static const struct setting_family contexts = {
    .n = 2, .members = {{"live-eu", 3, NULL, &live}, {"staging", 12, NULL, &staging}}};

static const struct ui_place of_a_dashboard = {
    .environment = "local",
    .operations_url = "http://127.0.0.1:8003",
    .alertmanager_url = "http://127.0.0.1:9093",
    .user = "ana",
    .no_token = "",
    .is_overview_of_file = true,
};

static const struct ui_place of_a_file = {
    .environment = "staging",
    .operations_url = "http://127.0.0.1:8003",
    .no_token = "context 'staging' names no token_file",
    .contexts = &contexts,
    .bare_context = "local",
    .config_file = "/home/ana/.config/tidewatch/tidewatch.conf",
};

struct screen_case {
    const char *name;
    const char *keys; /* names with blanks between */
    bool is_for_all;  /* states of data; else with good data alone */
    const struct ui_place *place;
};

static const struct screen_case screens[] = {
    {"overview", "", true, &place},
    {"zoom", "2 z", true, &place},
    {"chart", "2 Enter Down Left Left Left", true, &place},
    {"chart-limits", "1 Enter", false, &place},
    {"chart-compare", "1 Enter = PgUp", true, &place},
    {"chart-points", "2 Enter t PgDn = = Right Space Left", true, &place},
    {"chart-log", "3 Enter c", true, &place},
    {"chart-stat", "4 Enter", false, &place},
    {"copy", "2 Enter y", false, &place},
    {"write", "2 w", false, &place},
    {"drift", "F3", true, &place},
    {"quality", "F4", true, &place},
    {"latency", "F5", true, &place},
    {"custom", "", true, &of_a_dashboard},
    {"custom-below", "Down Down Down Down Down", false, &of_a_dashboard},
    {"custom-chart", "Enter", false, &of_a_dashboard},
    {"quality-worst", "F4 o Down", false, &place},
    {"alerts", "a", true, &place},
    {"alert", "a Enter", true, &place},
    {"alerts-grouped", "a Down o o", false, &place},
    {"alerts-held-back", "a f f f f f", false, &place},
    {"silence-form", "a S", true, &place},
    {"silence-typed", "a S w h y Up 2 d Down Down Down Bksp Bksp", false, &place},
    {"silence-wrong", "a S Enter", false, &place},
    {"silence-confirm", "a S w h y Enter", false, &place},
    {"ack-production", "a A", false, &production},
    {"expire-confirm", "a Down Down E", false, &place},
    {"alerts-read-only", "a A", false, &read_only},
    {"alert-silenced", "a Down Down Enter", false, &place},
    {"requests", "F7 Down", true, &place},
    {"requests-worst", "F7 o o f", false, &place},
    {"requests-worst-of-hour", "F7 o", false, &place},
    {"request", "F7 Enter", true, &place},
    {"request-good", "F7 Enter g Down", false, &place},
    {"request-apart", "F7 Down Down Enter", false, &place},
    {"simulations", "s Down Down", true, &place},
    {"simulations-run", "F8 G Up Up Up", false, &place},
    {"run", "s G g Down Down Down Down Down Down Down Down Down Enter", true, &place},
    {"gamedays", "s f", true, &place},
    {"gameday", "s f Enter", true, &place},
    {"gameday-failed", "s f Down Enter", false, &place},
    {"gameday-write", "s f Enter w", false, &place},
    {"form-gameday", "s Down Down Down Down Down Down Down Down Enter Left", true, &place},
    {"confirm-gameday", ": g a m e d a y Space o u t a g e Enter", false, &place},
    {"confirm-gameday-production", ": g a m e d a y Space a l l Enter", false, &production},
    {"run-ended", "s G Up Up Enter", false, &place},
    {"events", "F9", true, &place},
    {"sources", "e", true, &place},
    {"help", "?", false, &place},
    {"help-find", "? / p a n", false, &place},
    {"picker", "v Down", false, &place},
    {"form", "D 3 0 0 Tab Tab Tab Tab Space Tab Space", false, &place},
    {"form-wrong", "D Tab 9 Tab 0 Enter", false, &place},
    {"form-short", "D Tab Tab Tab Tab Space", true, &place},
    {"form-hallucination", "H", false, &place},
    {"form-latency", "L Tab", false, &place},
    {"form-rag", "s G g Down Down Down Down Down Enter Tab Right Right", false, &place},
    {"form-outage", "s Down Down Down Down Down Down Enter Tab Space", false, &place},
    {"form-baseline", "s Enter", false, &place},
    {"confirm", "D Enter", false, &place},
    {"confirm-hallucination", "H Tab 0 Enter", false, &place},
    {"confirm-production", "D Enter", false, &production},
    {"paused", "p", false, &place},
    {"panned", "[ [", false, &place},
    {"stop-others", "X", false, &place},
    {"read-only", "H", false, &read_only},
    {"read-only-help", "s ?", false, &read_only},
    {"replay", "D", false, &replay},
    {"replay-paused", "p", false, &replay},
    {"recording", "", false, &recording},
    {"contexts", ": c o n t e x t Enter", false, &of_a_file},
    {"context-typed", ": c o n t e x t Space", false, &of_a_file},
    {"variables", ": v a r Enter", false, &place},
    {"query-edit", "2 : q u e r y Space e d i t Enter", false, &place},
};

static const struct {
    int width, height;
} sizes[] = {{140, 40}, {80, 24}, {60, 15}, {40, 10}, {20, 5}};

/* After each key the requests that are wanted by then are there. */
static void press(struct ui_state *state,
                  struct snapshot *snapshot,
                  enum case_state data,
                  const char *keys)
{
    struct ui_moment at = {CASE_MONO_MS, CASE_NOW_MS};
    char names[256], *rest = names, *name;
    struct requests_want want;
    struct gamedays_want gamedays = {.is_on = false};
    struct inspect_want inspect;
    uint32_t key;

    case_answer_gamedays(snapshot, data, &gamedays);
    (void)snprintf(names, sizeof(names), "%s", keys);
    while ((name = strsep(&rest, " ")) && *name) {
        CHECK(input_key_from_name(name, &key));
        (void)ui_state_key(state, snapshot, key, "console-0123456789abcdef", at);
        want = ui_requests_want(state);
        case_answer_requests(snapshot, data, &want);
        gamedays = ui_gamedays_want(state);
        case_answer_gamedays(snapshot, data, &gamedays);
        inspect = ui_inspect_want(state, snapshot);
        case_answer_inspect(snapshot, data, &inspect);
        at.mono_ms += 400; /* beyond the guard of a box that opened */
    }
}

static const char runbook[] =
    "# MLModelDriftHigh\n\n**Means.** The inputs of the latest predictions (200 by default) are far from\n"
    "the data the model was trained on.\n\n**Confirm**\n\n    tidewatch --once\n\n1. One feature alone: look\n"
    "   for a change where it is made.\n2. All features: something happened to the users.\n";

static void draw(struct buffer *out,
                 const struct screen_case *screen,
                 struct snapshot *snapshot,
                 enum case_state data,
                 enum encoding encoding)
{
    struct ui_place here = case_place(screen->place, snapshot);

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct ui_state state;
        struct ui_model model = {snapshot, &state, {CASE_MONO_MS, CASE_NOW_MS}};
        struct grid grid;

        ui_state_init(&state, &here);
        state.width = sizes[i].width;
        state.height = sizes[i].height;
        press(&state, snapshot, data, screen->keys);
        state.runbook = xstrdup(runbook);
        model.at = ui_state_moment(&state, model.at);
        grid_init(&grid, sizes[i].width, sizes[i].height, encoding);
        (void)view_draw_screen(&model, &grid);
        (void)buffer_printf(out, "==== %dx%d\n", sizes[i].width, sizes[i].height);
        grid_write_text(&grid, out);
        if (sizes[i].width == 80 && encoding == ENCODING_UTF8) {
            (void)buffer_puts(out, "---- styles\n");
            grid_write_styles(&grid, out);
        }
        grid_finish(&grid);
        ui_state_finish(&state);
    }
}

/* The others have the board of case_new. */
static const struct {
    const char *screen, *file;
} boards[] = {
    {"quality", "assets/grafana/dashboards/llm-quality.json"},
    {"latency", "assets/grafana/dashboards/pipeline-health.json"},
    {"custom", "tests/fuzz/corpus/dashboard/every-type.json"},
    {"custom-below", "tests/fuzz/corpus/dashboard/every-type.json"},
};

static struct snapshot *snapshot_of(const struct screen_case *screen, enum case_state state)
{
    char path[PATH_SIZE];

    for (size_t i = 0; i < COUNT_OF(boards); i++)
        if (strcmp(boards[i].screen, screen->name) == 0) {
            (void)snprintf(path, sizeof(path), "%s/%s", getenv("TW_SOURCE_ROOT"), boards[i].file);
            return case_new_of(state, path);
        }
    return case_new(state);
}

static void check(const struct screen_case *screen, enum case_state state, enum encoding encoding)
{
    CLEANUP(buffer_finish) struct buffer drawn;
    struct snapshot *snapshot = snapshot_of(screen, state);
    char path[PATH_SIZE];

    buffer_init(&drawn, TEXT_MAX);
    (void)snprintf(path, sizeof(path), "%s/tests/golden/console/%s.%s.%s.txt",
                   getenv("TW_SOURCE_ROOT"), screen->name, case_name(state),
                   encoding == ENCODING_UTF8 ? "utf8" : "ascii");
    draw(&drawn, screen, snapshot, state, encoding);
    case_free(snapshot);
    golden_check(path, &drawn);
}

static void every_screen_is_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(screens); i++)
        for (int s = 0; s < (screens[i].is_for_all ? N_CASES : 1); s++) {
            check(&screens[i], (enum case_state)s, ENCODING_UTF8);
            check(&screens[i], (enum case_state)s, ENCODING_ASCII);
        }
}

/* What no golden can show: nothing breaks at any size, and in ASCII nothing is anything else. */
static void every_size_can_be_drawn(void **unused)
{
    static const int widths[] = {1, 2, 3, 7, 20, 39, 40, 41, 59, 75, 76, 79, 100, 119, 120, 200};
    static const int heights[] = {1, 2, 3, 5, 9, 10, 11, 19, 20, 21, 34, 60};

    (void)unused;
    for (int s = 0; s < N_CASES; s++)
        for (size_t i = 0; i < COUNT_OF(screens); i++) {
            struct snapshot *snapshot = snapshot_of(&screens[i], (enum case_state)s);
            struct ui_place here = case_place(screens[i].place, snapshot);

            for (size_t w = 0; w < COUNT_OF(widths); w++)
                for (size_t h = 0; h < COUNT_OF(heights); h++) {
                    struct ui_state state;
                    struct ui_model model = {snapshot, &state, {CASE_MONO_MS, CASE_NOW_MS}};
                    struct grid grid;

                    ui_state_init(&state, &here);
                    state.width = widths[w];
                    state.height = heights[h];
                    press(&state, snapshot, (enum case_state)s, screens[i].keys);
                    grid_init(&grid, widths[w], heights[h], ENCODING_ASCII);
                    (void)view_draw_screen(&model, &grid);
                    for (int y = 0; y < grid.height; y++)
                        for (int x = 0; x < grid.width; x++)
                            CHECK(grid_at(&grid, x, y)->code < 0x7f);
                    grid_finish(&grid);
                    ui_state_finish(&state);
                }
            case_free(snapshot);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_screen_is_as_it_was),
        TEST(every_size_can_be_drawn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
