/* Answers of the operations API, drawn as the console shows them and written as the client does. The first byte
 * chooses the reader, the second the size of the screen, the rest is the body. */

#include "clean.h"

#include "common/alloc.h"
#include "common/fetch.h"
#include "common/utf8.h"
#include "console/console_case.h"
#include "tui/data/gameday.h"
#include "tui/data/gameday_report.h"
#include "tui/view/view.h"

#include <stdlib.h>
#include <string.h>

#define OUT_MAX ((size_t)1 << 20)

/* ---- On the console ---------------------------------------------------------------------------------- */

static void draw_views(struct operations_data *operations, unsigned variant)
{
    static const int sizes[][2] = {{140, 40}, {80, 24}, {60, 15}, {40, 10}, {13, 3}};

    static const enum view_id shown[] = {VIEW_SIMULATIONS, VIEW_EVENTS, VIEW_OVERVIEW,
                                         VIEW_SOURCES};
    static const struct ui_place local = {.environment = "local",
                                          .operations_url = "",
                                          .alertmanager_url = "",
                                          .user = "ana",
                                          .no_token = ""};
    struct snapshot *snapshot = case_new(CASE_EMPTY);
    struct ui_place place = case_place(&local, snapshot);
    struct operations_data *own = snapshot->operations;
    const int *size = sizes[variant % COUNT_OF(sizes)];
    struct ui_state state;
    struct ui_model model = {snapshot, &state, {CASE_MONO_MS, CASE_NOW_MS}};
    struct grid grid;

    snapshot->operations = operations;
    ui_state_init(&state, &place);
    state.width = size[0];
    state.height = size[1];
    grid_init(&grid, size[0], size[1], variant & 8 ? ENCODING_ASCII : ENCODING_UTF8);
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        state.view = shown[i];
        (void)view_draw_screen(&model, &grid);
    }
    state.view = VIEW_SIMULATIONS;
    state.open_run_id = operations->simulations.n > 0 ? operations->simulations.at[0].id : 0;
    (void)view_draw_screen(&model, &grid);
    grid_finish(&grid);
    ui_state_finish(&state);
    snapshot->operations = own;
    case_free(snapshot);
}

static void read_simulations(const struct fetch_reply *reply, unsigned variant)
{
    struct operations_data operations = {.has_simulations = true};

    if (operations_read_simulations(reply, &operations.simulations, NULL) < 0)
        return;
    FUZZ_EXPECT(operations.simulations.n <= OPERATIONS_ITEMS_MAX);
    for (size_t i = 0; i < operations.simulations.n; i++) {
        const struct simulation *simulation = &operations.simulations.at[i];

        expect_clean(simulation->kind);
        expect_clean(simulation->params);
        expect_clean(simulation->alert);
        expect_clean(simulation->reason);
        expect_clean(simulation->last_error);
    }
    draw_views(&operations, variant);
    simulations_finish(&operations.simulations);
}

static void read_events(const struct fetch_reply *reply, unsigned variant)
{
    struct operations_data operations = {.has_events = true};

    if (operations_read_events(reply, &operations.events, NULL) < 0)
        return;
    FUZZ_EXPECT(operations.events.n <= OPERATIONS_ITEMS_MAX);
    for (size_t i = 0; i < operations.events.n; i++) {
        expect_clean(operations.events.at[i].subject);
        expect_clean(operations.events.at[i].detail);
    }
    draw_views(&operations, variant);
    events_finish(&operations.events);
}

static void read_faults(const struct fetch_reply *reply, unsigned variant)
{
    struct operations_data operations = {.has_faults = true};

    if (active_faults_read(reply, &operations.faults, NULL) < 0)
        return;
    FUZZ_EXPECT(operations.faults.n <= ACTIVE_FAULTS_MAX);
    for (size_t i = 0; i < operations.faults.n; i++) {
        expect_clean(operations.faults.at[i].name);
        expect_clean(operations.faults.at[i].params);
    }
    draw_views(&operations, variant);
}

static void read_health(const struct fetch_reply *reply, unsigned variant)
{
    struct operations_data operations = {.has_health = true};

    if (operations_health_read(reply, &operations.health, NULL) < 0)
        return;
    expect_clean(operations.health.status);
    expect_clean(operations.health.version);
    draw_views(&operations, variant);
}

/* ---- By the client ----------------------------------------------------------------------------------- */

static void write_gameday(const struct gameday *gameday)
{
    struct buffer out;
    struct page page;

    FUZZ_EXPECT(gameday->n_steps <= GAMEDAY_STEPS_MAX);
    buffer_init(&out, OUT_MAX);
    gameday_write_junit(gameday, gameday->kind, &out);
    FUZZ_EXPECT(out.failed || utf8_is_valid(out.data, out.len));
    buffer_finish(&out);
    buffer_init(&out, OUT_MAX);
    page = (struct page){.out = &out, .style = {true, true, 80}};
    gameday_write_table(gameday, &page);
    gameday_write_line(gameday, &page);
    buffer_finish(&out);
}

static void read_gameday(const struct fetch_reply *reply, unsigned variant)
{
    struct gameday *gameday = xcalloc(1, sizeof(*gameday));

    (void)variant;
    if (gameday_read(reply, gameday, NULL) == 0)
        write_gameday(gameday);
    free(gameday);
}

static void read_gamedays(const struct fetch_reply *reply, unsigned variant)
{
    struct gamedays gamedays;

    (void)variant;
    if (gamedays_read(reply, &gamedays, NULL) < 0)
        return;
    for (size_t i = 0; i < gamedays.n; i++)
        write_gameday(&gamedays.at[i]);
    gamedays_finish(&gamedays);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(const struct fetch_reply *, unsigned) = {
        read_simulations, read_events, read_faults, read_health, read_gameday, read_gamedays};
    struct fetch_reply reply = {
        .status = 200, .content_type = "application/json", .retry_after_ms = -1};
    char *body;

    if (size < 2)
        return 0;
    body = xcalloc(size - 1, 1);
    memcpy(body, data + 2, size - 2);
    reply.body = body;
    reply.body_len = size - 2;
    readers[data[0] % COUNT_OF(readers)](&reply, data[1]);
    free(body);
    return 0;
}
