/* Alerts as Prometheus and as Alertmanager tell them, and silences, joined and drawn. The first byte chooses how
 * the list is shown and the size of the screen; then three bodies with a 0x1e between them. */

#include "clean.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/fetch.h"
#include "console/console_case.h"
#include "tui/data/alert_list.h"
#include "tui/data/silence.h"
#include "tui/view/view.h"

#include <stdlib.h>
#include <string.h>

#define BODIES   3
#define BODY_END 0x1e
#define OUT_MAX  ((size_t)8 << 20)

static void check_silences(const struct silences *silences, const struct alert_board *board)
{
    struct buffer out;

    for (size_t i = 0; i < silences->n; i++) {
        const struct silence *silence = &silences->at[i];

        expect_clean(silence->id);
        expect_clean(silence->by);
        expect_clean(silence->comment);
        buffer_init(&out, OUT_MAX);
        matchers_write(&silence->matchers, &out);
        buffer_finish(&out);
        for (size_t k = 0; k < board->n && k < 8; k++)
            (void)matchers_match(&silence->matchers, &board->at[k].labels);
        FUZZ_EXPECT(silences_find(silences, silence->id) != NULL);
    }
}

static void check_board(const struct alert_board *board)
{
    FUZZ_EXPECT(board->n <= (size_t)2 * ALERT_BOARD_MAX);
    for (size_t i = 0; i < board->n; i++) {
        const struct alert *alert = &board->at[i];

        expect_clean(alert->name);
        expect_clean(alert->service);
        expect_clean(alert->summary);
        expect_clean(alert->receivers);
        expect_clean(alert->inhibited_by);
        for (size_t k = 0; k < alert->n_silences && k < AM_SILENCES_MAX; k++)
            expect_clean(alert->silences[k]);
        for (size_t k = 0; k < alert->labels.n; k++) {
            expect_clean(alert->labels.at[k].name);
            expect_clean(alert->labels.at[k].value);
        }
    }
}

static void check_list(const struct alert_board *board, const struct alert_choice *choice)
{
    struct alert_list list;

    alert_list_make(board, choice, &list);
    FUZZ_EXPECT(list.n <= board->n);
    for (size_t i = 0; i < list.n; i++)
        FUZZ_EXPECT(list.at[i] < board->n);
}

/* The list, and then the alert that is first in it, opened. */
static void draw(struct alert_board *board, struct silences_data *silences, unsigned variant)
{
    static const int sizes[][2] = {{140, 40}, {80, 24}, {60, 15}, {40, 10}, {11, 4}};
    static const struct ui_place local = {.environment = "local",
                                          .operations_url = "",
                                          .alertmanager_url = "http://127.0.0.1:9093",
                                          .user = "ana",
                                          .no_token = ""};
    struct snapshot *snapshot = case_new(CASE_EMPTY);
    struct ui_place place = case_place(&local, snapshot);
    struct alert_board *own_alerts = snapshot->alerts;
    struct silences_data *own_silences = snapshot->silences;
    const int *size = sizes[variant % COUNT_OF(sizes)];
    struct ui_state state;
    struct ui_model model = {snapshot, &state, {CASE_MONO_MS, CASE_NOW_MS}};
    struct grid grid;

    snapshot->alerts = board;
    snapshot->silences = silences;
    ui_state_init(&state, &place);
    state.view = VIEW_ALERTS;
    state.width = size[0];
    state.height = size[1];
    state.alerts.grouping = (enum alert_grouping)(variant / 8 % N_ALERT_GROUPINGS);
    grid_init(&grid, size[0], size[1], variant & 4 ? ENCODING_ASCII : ENCODING_UTF8);
    (void)view_draw_screen(&model, &grid);
    state.is_alert_open = true;
    (void)view_draw_screen(&model, &grid);
    grid_finish(&grid);
    ui_state_finish(&state);
    snapshot->alerts = own_alerts;
    snapshot->silences = own_silences;
    case_free(snapshot);
}

static void look(const struct fetch_reply replies[BODIES], unsigned variant)
{
    struct prom_alerts prometheus;
    struct am_alerts alertmanager;
    struct silences_data silences = {.silences = {0}};
    bool has_prometheus = prom_read_alerts(&replies[0], &prometheus, NULL) == 0;
    bool has_alertmanager = am_read_alerts(&replies[1], &alertmanager, NULL) == 0;
    bool has_silences = silences_read(&replies[2], &silences.silences, NULL) == 0;
    struct alert_sources sources = {
        .prometheus = has_prometheus ? &prometheus : NULL,
        .alertmanager = has_alertmanager ? &alertmanager : NULL,
        .is_prometheus_fresh = has_prometheus,
        .is_alertmanager_fresh = has_alertmanager,
        .ahead_ms = (int64_t)variant * 1000,
    };
    struct alert_board *before = alert_board_join(&sources, NULL, CASE_NOW_MS - 60000);
    struct alert_board *board = alert_board_join(&sources, before, CASE_NOW_MS);
    struct alert_choice choice = {.grouping = (enum alert_grouping)(variant % N_ALERT_GROUPINGS),
                                  .show = (enum alert_show)(variant % N_ALERT_SHOWS)};

    check_board(board);
    check_list(board, &choice);
    if (has_silences)
        check_silences(&silences.silences, board);
    draw(board, has_silences ? &silences : NULL, variant);
    alert_board_unref(before);
    alert_board_unref(board);
    if (has_prometheus)
        prom_alerts_finish(&prometheus);
    if (has_alertmanager)
        am_alerts_finish(&alertmanager);
    if (has_silences)
        silences_finish(&silences.silences);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fetch_reply replies[BODIES];
    char *text, *at;

    if (size < 1)
        return 0;
    text = xcalloc(size, 1);
    memcpy(text, data + 1, size - 1);
    at = text;
    for (size_t i = 0; i < BODIES; i++) {
        size_t left = size - 1 - (size_t)(at - text);
        char *end = memchr(at, BODY_END, left);
        size_t len = end ? (size_t)(end - at) : left;

        at[len] = '\0';
        replies[i] = (struct fetch_reply){.status = 200,
                                          .content_type = "application/json",
                                          .retry_after_ms = -1,
                                          .body = at,
                                          .body_len = len};
        at += end ? len + 1 : len;
    }
    look(replies, data[0]);
    free(text);
    return 0;
}
