/* What each key makes of the console's state. */

#include "unit/test.h"

#include "console_case.h"
#include "gameday_case.h"
#include "inspect_case.h"
#include "tui/state/gameday_form.h"
#include "tui/state/ui_rows.h"
#include "tui/state/ui_state.h"

static const struct ui_place place = {
    .environment = "local",
    .operations_url = "http://127.0.0.1:8003",
    .alertmanager_url = "http://127.0.0.1:9093",
    .user = "ana",
    .no_token = "",
};

static const struct ui_place production = {
    .environment = "prod",
    .is_production = true,
    .operations_url = "http://127.0.0.1:8003",
    .alertmanager_url = "http://127.0.0.1:9093",
    .user = "ana",
    .no_token = "",
};

struct bench {
    struct ui_state state;
    struct snapshot *snapshot;
    enum case_state data;
    struct ui_moment at;
};

static struct ui_place here; /* of the one bench that there is at a time */

static struct bench begin(const struct ui_place *where, enum case_state data)
{
    struct bench bench = {
        .snapshot = case_new(data), .data = data, .at = {CASE_MONO_MS, CASE_NOW_MS}};

    here = case_place(where, bench.snapshot);
    ui_state_init(&bench.state, &here);
    return bench;
}

static void end(struct bench *bench)
{
    ui_state_finish(&bench->state);
    case_free(bench->snapshot);
}

/* Half a second passes before each key; then what is wanted is there. */
static struct ui_request press(struct bench *bench, uint32_t key)
{
    struct requests_want before = ui_requests_want(&bench->state), want;
    struct ui_request request;

    bench->at.mono_ms += 500;
    bench->at.now_ms += 500;
    request = ui_state_key(&bench->state, bench->snapshot, key, "console-key", bench->at);
    want = ui_requests_want(&bench->state);
    if (!requests_want_equals(&before, &want))
        case_answer_requests(bench->snapshot, bench->data, &want);
    return request;
}

static void a_drift_is_started_by_y_alone(void **unused)
{
    static const uint32_t others[] = {'D', INPUT_SPACE, INPUT_TAB, 'Y', 'd'};
    struct bench bench = begin(&place, CASE_OK);
    struct ui_request request;

    (void)unused;
    CHECK(press(&bench, 'D').kind == UI_NOTHING);
    CHECK(bench.state.overlay == OVERLAY_FORM);
    CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        CHECK(press(&bench, others[i]).kind == UI_NOTHING);
        CHECK(bench.state.overlay == OVERLAY_CONFIRM);
    }
    request = press(&bench, 'y');
    CHECK(request.kind == UI_START);
    CHECK(strcmp(request.form.idempotency_key, "console-key") == 0);
    CHECK(bench.state.overlay == OVERLAY_NONE);
    end(&bench);
}

static void enter_in_the_question_cancels(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, 'D');
    (void)press(&bench, INPUT_ENTER);
    CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING);
    CHECK(bench.state.overlay == OVERLAY_FORM);
    end(&bench);
}

static void keys_typed_ahead_do_not_answer(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, 'D');
    (void)press(&bench, INPUT_ENTER);
    bench.at.mono_ms += UI_GUARD_MS - 1;
    CHECK(ui_state_key(&bench.state, bench.snapshot, 'y', "", bench.at).kind == UI_NOTHING);
    bench.at.mono_ms += 1;
    CHECK(ui_state_key(&bench.state, bench.snapshot, 'y', "", bench.at).kind == UI_START);
    end(&bench);
}

static void production_wants_its_name_typed(void **unused)
{
    struct bench bench = begin(&production, CASE_OK);

    (void)unused;
    (void)press(&bench, 'D');
    (void)press(&bench, INPUT_ENTER);
    CHECK(press(&bench, 'y').kind == UI_NOTHING);
    CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING);
    (void)press(&bench, INPUT_BACKSPACE);
    for (const char *at = "prod"; *at; at++)
        CHECK(press(&bench, (unsigned char)*at).kind == UI_NOTHING);
    CHECK(press(&bench, INPUT_ENTER).kind == UI_START);
    end(&bench);
}

static void without_a_token_nothing_is_started(void **unused)
{
    static const struct ui_place bare = {.environment = "local",
                                         .operations_url = "",
                                         .alertmanager_url = "",
                                         .no_token = "no operator token"};
    struct bench bench = begin(&bare, CASE_OK);

    (void)unused;
    for (const char *at = "DHLXB"; *at; at++) {
        CHECK(press(&bench, (unsigned char)*at).kind == UI_NOTHING);
        CHECK(bench.state.overlay == OVERLAY_NONE);
        CHECK(strcmp(bench.state.notice, "no operator token") == 0);
    }
    end(&bench);
}

static void read_only_no_key_that_acts_is_offered(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < n_key_bindings; i++) {
        uint32_t key = key_bindings[i].keys[0];

        CHECK(key_acts(&key_bindings[i]) == (key >= 'A' && key <= 'Z' && key != 'G' && key != 'N'));
    }
}

static void the_form_refuses_what_the_server_would(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, 'D');
    (void)press(&bench, INPUT_TAB);
    (void)press(&bench, '9');
    (void)press(&bench, INPUT_ENTER);
    CHECK(bench.state.overlay == OVERLAY_FORM);
    assert_string_equal(bench.state.form.at_param[1], "must be a number from 0 to 1");
    CHECK(bench.state.form.focused == 1);
    (void)press(&bench, INPUT_BACKSPACE);
    (void)press(&bench, '1');
    (void)press(&bench, INPUT_ENTER);
    CHECK(bench.state.overlay == OVERLAY_CONFIRM);
    end(&bench);
}

static void the_form_makes_the_request_it_shows(void **unused)
{
    struct sim_form form;
    struct sim_form_room room;
    struct simulation_request request;
    struct buffer text;

    (void)unused;
    sim_form_init(&form, &sim_kinds[SIM_DRIFT], NULL, "key");
    for (const char *at = "300"; *at; at++)
        sim_form_type(&form, (unsigned char)*at);
    sim_form_move(&form, 4);
    sim_form_turn(&form, 1); /* until its duration is over */
    sim_form_move(&form, 1);
    sim_form_turn(&form, 1); /* without ticket_length */
    CHECK(sim_form_check(&form));
    request = sim_form_request(&form, &room);
    buffer_init(&text, 4096);
    operations_write_start(&request, &text);
    assert_string_equal(
        buffer_text(&text),
        "{\"kind\":\"drift\",\"params\":{\"duration_s\":300,\"amount\":0.8,\"rate\":5,"
        "\"features\":[\"urgency_keywords\",\"business_impact\",\"customer_tier\"]},"
        "\"until\":\"duration\",\"idempotency_key\":\"key\"}");
    buffer_finish(&text);
}

static void each_launching_key_opens_the_form_of_its_kind(void **unused)
{
    static const struct {
        uint32_t key;
        enum sim_kind_id kind;
    } keys[] = {{'D', SIM_DRIFT}, {'H', SIM_HALLUCINATION}, {'L', SIM_LATENCY}};

    (void)unused;
    for (enum view_id view = VIEW_OVERVIEW; view < N_VIEWS; view++)
        for (size_t i = 0; i < COUNT_OF(keys); i++) {
            struct bench bench = begin(&place, CASE_OK);
            struct ui_request request;

            (void)press(&bench, INPUT_F1 + 1 + view);
            (void)press(&bench, keys[i].key);
            CHECK(bench.state.form.kind == &sim_kinds[keys[i].kind]);
            (void)press(&bench, INPUT_ENTER);
            request = press(&bench, 'y');
            CHECK(request.kind == UI_START && request.form.kind == &sim_kinds[keys[i].kind]);
            end(&bench);
        }
}

static void the_other_kinds_are_in_the_list(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, 's');
    for (size_t kind = 0; kind < N_SIM_KINDS; kind++) {
        (void)press(&bench, INPUT_ENTER);
        CHECK(bench.state.overlay == OVERLAY_FORM && bench.state.form.kind == &sim_kinds[kind]);
        (void)press(&bench, INPUT_ESC);
        (void)press(&bench, INPUT_DOWN);
    }
    (void)press(&bench, INPUT_DOWN);  /* over the game day */
    (void)press(&bench, INPUT_ENTER); /* the first run */
    CHECK(ui_state_context(&bench.state) == IN_RUN && bench.state.open_run_id == 7);
    (void)press(&bench, INPUT_ESC);
    CHECK(ui_state_context(&bench.state) == IN_SIMULATIONS);
    end(&bench);
}

static void the_cursor_stays_with_its_run_when_a_newer_one_comes(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct simulations *runs = &bench.snapshot->operations->simulations;

    (void)unused;
    (void)press(&bench, 's');
    for (size_t i = 0; i < UI_FIRST_RUN + 1; i++)
        (void)press(&bench, INPUT_DOWN);
    CHECK(bench.state.run_id == 5);
    runs->at[2] = runs->at[1];
    runs->at[1] = runs->at[0];
    runs->at[0].id = 8;
    CHECK(ui_simulations_row(&bench.state, bench.snapshot) == UI_FIRST_RUN + 2);
    runs->at[2].id = 2; /* ours is no longer listed */
    CHECK(ui_simulations_row(&bench.state, bench.snapshot) == UI_FIRST_RUN + 1);
    end(&bench);
}

/* H is launched, and the answer is a refusal. */
static struct bench refused(const struct notice *refusal)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_request request;

    (void)press(&bench, 'H');
    (void)press(&bench, INPUT_ENTER);
    request = press(&bench, 'y');
    ui_state_sent(&bench.state, &request, 3);
    bench.snapshot->n_notices = 1;
    bench.snapshot->notices[0] = *refusal;
    return bench;
}

static const struct notice refusal_of_fields = {
    .id = 1,
    .is_error = true,
    .command_id = 3,
    .text = "hallucination not started",
    .n_fields = 3,
    .fields = {{"params.per_second", "must be less"},
               {"params.rate", "must be more"},
               {"until", "?"}},
};

static void a_refusal_is_shown_at_its_fields(void **unused)
{
    struct bench bench = refused(&refusal_of_fields);
    char note[FORM_NOTE_SIZE];

    (void)unused;
    CHECK(ui_state_take_notices(&bench.state, bench.snapshot, bench.at));
    CHECK(bench.state.overlay == OVERLAY_FORM && !bench.state.notice[0]);
    assert_string_equal(bench.state.form.at_param[2], "must be less");
    assert_string_equal(bench.state.form.at_param[1], "must be more");
    CHECK(sim_form_explain(&bench.state.form, note));
    assert_string_equal(note, "rate must be more");
    (void)press(&bench, '1');
    CHECK(!sim_form_explain(&bench.state.form, note) && bench.state.form.at_param[2][0]);
    (void)press(&bench, INPUT_ENTER); /* only the server knows whether that will do */
    CHECK(bench.state.overlay == OVERLAY_CONFIRM);
    end(&bench);
}

static void a_refusal_of_the_whole_stands_in_the_form(void **unused)
{
    struct notice busy = refusal_of_fields;
    struct bench bench;
    char note[FORM_NOTE_SIZE];

    (void)unused;
    busy.n_fields = 0;
    bench = refused(&busy);
    (void)ui_state_take_notices(&bench.state, bench.snapshot, bench.at);
    CHECK(sim_form_advise(&bench.state.form, false, note));
    assert_string_equal(note, "hallucination not started");
    CHECK(bench.state.n_own == 0 && bench.state.undo == UNDO_NOTHING);
    end(&bench);
}

static void a_refusal_takes_no_screen_from_anybody(void **unused)
{
    static const uint32_t keys[] = {'?', 'v', 'D'};

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct bench bench = refused(&refusal_of_fields);

        (void)press(&bench, keys[i]);
        CHECK(ui_state_take_notices(&bench.state, bench.snapshot, bench.at));
        CHECK(bench.state.form.kind != &sim_kinds[SIM_HALLUCINATION] ||
              bench.state.overlay != OVERLAY_FORM);
        assert_string_equal(bench.state.notice, "hallucination not started");
        end(&bench);
    }
}

static void the_baseline_of_a_form_is_no_drill_of_ours(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_request request;

    (void)unused;
    (void)press(&bench, 's');
    (void)press(&bench, INPUT_ENTER);
    (void)press(&bench, INPUT_ENTER);
    request = press(&bench, 'y');
    CHECK(request.kind == UI_START && request.form.kind == &sim_kinds[SIM_BASELINE]);
    ui_state_sent(&bench.state, &request, 3);
    bench.snapshot->n_notices = 1;
    bench.snapshot->notices[0] = (struct notice){.id = 1, .command_id = 3, .simulation_id = 9};
    (void)ui_state_take_notices(&bench.state, bench.snapshot, bench.at);
    CHECK(bench.state.n_own == 0);
    request = press(&bench, 'U');
    CHECK(request.kind == UI_SET_BASELINE && !request.is_on);
    end(&bench);
}

/* It ran already, or could not be started: switching it off is not ours to undo. */
static void a_refused_baseline_is_not_undone(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_request request;

    (void)unused;
    (void)press(&bench, 's');
    (void)press(&bench, INPUT_ENTER);
    (void)press(&bench, INPUT_ENTER);
    request = press(&bench, 'y');
    ui_state_sent(&bench.state, &request, 3);
    bench.snapshot->n_notices = 1;
    bench.snapshot->notices[0] = refusal_of_fields;
    (void)ui_state_take_notices(&bench.state, bench.snapshot, bench.at);
    (void)press(&bench, INPUT_ESC);
    CHECK(press(&bench, 'U').kind == UI_NOTHING);
    end(&bench);
}

static void the_form_says_when_its_duration_cannot_raise_the_alert(void **unused)
{
    static const struct {
        enum sim_kind_id kind;
        bool is_fast, is_hopeless;
    } cases[] = {
        {SIM_DRIFT, false, true}, /* 120 s, where the rule waits 300 */
        {SIM_DRIFT, true, false},  {SIM_HALLUCINATION, false, true}, {SIM_LATENCY, false, true},
        {SIM_RAG, false, true},    {SIM_RAG, true, false},           {SIM_OUTAGE, false, false},
        {SIM_OUTAGE, true, false},
    };

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim_form form;
        char note[FORM_NOTE_SIZE];

        sim_form_init(&form, &sim_kinds[cases[i].kind], NULL, "key");
        CHECK(!sim_form_advise(&form, cases[i].is_fast, note));
        form.is_until_duration = true;
        CHECK(sim_form_advise(&form, cases[i].is_fast, note) == cases[i].is_hopeless);
        CHECK(!cases[i].is_hopeless == !strstr(note, "cannot raise it"));
    }
}

static void a_run_that_raises_no_alert_has_its_own_end(void **unused)
{
    struct sim_form form;
    char note[FORM_NOTE_SIZE];

    (void)unused;
    sim_form_init(&form, &sim_kinds[SIM_RECOVERY], NULL, "key");
    CHECK(!sim_form_advise(&form, false, note));
    assert_string_equal(note, "Ends after 1m00s, and raises no alert. X stops it.");
    sim_form_init(&form, &sim_kinds[SIM_BASELINE], NULL, "key");
    CHECK(!sim_form_advise(&form, false, note));
    CHECK(strstr(note, "until B switches it off"));
}

static void another_mode_has_another_alert_to_wait_for(void **unused)
{
    struct sim_form form;
    char note[FORM_NOTE_SIZE];

    (void)unused;
    sim_form_init(&form, &sim_kinds[SIM_RAG], NULL, "key");
    form.is_until_duration = true;
    sim_form_move(&form, 1);
    sim_form_turn(&form,
                  -1); /* from the first to the last mode: that rule waits 120 s, as it lasts */
    CHECK(!sim_form_advise(&form, false, note));
    CHECK(strstr(note, "LLMRetrievalDegraded"));
}

static void what_is_no_number_of_its_kind_is_refused(void **unused)
{
    static const struct {
        int row;
        const char *text;
        bool is_good;
    } cases[] = {{0, "10", true},    {0, "9", false},  {0, "3601", false}, {0, "10.5", false},
                 {0, "", false},     {1, "0", true},   {1, "1.01", false}, {1, "..", false},
                 {2, "0.05", false}, {2, "200", true}, {3, "", true},      {3, "1.5", false}};

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim_form form;

        sim_form_init(&form, &sim_kinds[SIM_DRIFT], NULL, "key");
        sim_form_move(&form, cases[i].row);
        sim_form_type(&form, '1');
        sim_form_erase(&form);
        for (const char *at = cases[i].text; *at; at++)
            sim_form_type(&form, (unsigned char)*at);
        if (sim_form_check(&form) != cases[i].is_good)
            fail_msg("'%s' in row %d", cases[i].text, cases[i].row);
    }
}

static void a_start_can_be_undone_for_a_minute(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_request request;

    (void)unused;
    request = (struct ui_request){.kind = UI_START, .form.kind = &sim_kinds[SIM_DRIFT]};
    ui_state_sent(&bench.state, &request, 3);
    bench.snapshot->n_notices = 1;
    bench.snapshot->notices[0] =
        (struct notice){.id = 1, .command_id = 3, .simulation_id = 9, .text = "started"};
    CHECK(ui_state_take_notices(&bench.state, bench.snapshot, bench.at));
    CHECK(!ui_state_take_notices(&bench.state, bench.snapshot, bench.at));
    request = press(&bench, 'U');
    CHECK(request.kind == UI_STOP_SIMULATION && request.simulation_id == 9);
    CHECK(press(&bench, 'U').kind == UI_NOTHING);
    end(&bench);
}

static void an_undo_comes_too_late_after_a_minute(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    CHECK(press(&bench, 'B').kind == UI_SET_BASELINE);
    bench.at.mono_ms += UI_UNDO_FOR_MS;
    CHECK(press(&bench, 'U').kind == UI_NOTHING);
    end(&bench);
}

static void the_baseline_is_switched_and_back(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_request request = press(&bench, 'B');

    (void)unused;
    CHECK(request.kind == UI_SET_BASELINE && !request.is_on); /* it runs in this snapshot */
    request = press(&bench, 'U');
    CHECK(request.kind == UI_SET_BASELINE && request.is_on);
    end(&bench);
}

static void stopping_others_drills_is_asked(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    CHECK(press(&bench, 'X').kind == UI_NOTHING);
    CHECK(bench.state.overlay == OVERLAY_CONFIRM);
    CHECK(press(&bench, 'y').kind == UI_STOP_DRILLS);
    bench.state.own[bench.state.n_own++] = 7; /* now it is ours */
    CHECK(press(&bench, 'X').kind == UI_STOP_DRILLS);
    end(&bench);
}

static void quitting_asks_only_while_ours_runs(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    CHECK(press(&bench, 'q').kind == UI_QUIT);
    bench.state.own[bench.state.n_own++] = 7;
    CHECK(press(&bench, 'q').kind == UI_NOTHING);
    CHECK(press(&bench, 'y').kind == UI_QUIT);
    (void)press(&bench, INPUT_ESC);
    bench.state.own[0] = 5; /* has finished */
    CHECK(press(&bench, 'q').kind == UI_QUIT);
    end(&bench);
}

static void paused_the_moment_stands(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_moment later;

    (void)unused;
    (void)press(&bench, 'p');
    later = bench.at;
    later.mono_ms += 60000;
    CHECK(ui_state_moment(&bench.state, later).mono_ms == bench.at.mono_ms);
    (void)press(&bench, '+'); /* another window cannot be held */
    CHECK(!bench.state.is_paused);
    end(&bench);
}

static void the_window_goes_back_and_comes_to_now(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, '[');
    CHECK(bench.state.end_ms == CASE_NOW_MS - 1800000);
    (void)press(&bench, '[');
    (void)press(&bench, ']');
    CHECK(bench.state.end_ms == CASE_NOW_MS - 1800000);
    (void)press(&bench, ']');
    CHECK(bench.state.end_ms == 0);
    (void)press(&bench, '+');
    CHECK(bench.state.range_ms == 3 * 3600000);
    (void)press(&bench, '-');
    CHECK(bench.state.range_ms == 3600000);
    end(&bench);
}

static void a_request_opens_at_its_weakest_sentence(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    const struct stored_detail *detail;

    (void)unused;
    (void)press(&bench, INPUT_F1 + 6);
    CHECK(bench.state.view == VIEW_REQUESTS);
    (void)press(&bench, INPUT_ENTER);
    assert_string_equal(bench.state.open_id, "1795420930000001");
    detail = ui_request(&bench.state, bench.snapshot);
    CHECK(detail && ui_request_part(&bench.state, detail) == 4);
    (void)press(&bench, INPUT_UP);
    CHECK(ui_request_part(&bench.state, detail) == 3);
    (void)press(&bench, 'g');
    (void)press(&bench, INPUT_UP);
    CHECK(ui_request_part(&bench.state, detail) == 0);
    (void)press(&bench, INPUT_ESC);
    CHECK(bench.state.view == VIEW_REQUESTS && !bench.state.open_id[0]);
    (void)press(&bench, INPUT_ESC);
    CHECK(bench.state.view == VIEW_OVERVIEW);
    end(&bench);
}

static void the_neighbour_of_an_open_request_is_a_key_away(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, INPUT_F1 + 6);
    (void)press(&bench, INPUT_ENTER);
    (void)press(&bench, INPUT_LEFT); /* there is none above */
    assert_string_equal(bench.state.open_id, "1795420930000001");
    (void)press(&bench, INPUT_RIGHT);
    assert_string_equal(bench.state.open_id, "17");
    CHECK(bench.state.part == -1);
    (void)press(&bench, INPUT_ESC);
    assert_string_equal(bench.state.request_id, "17"); /* the list's cursor went along */
    end(&bench);
}

static void the_cursor_stays_with_its_request_when_new_ones_come(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct stored_requests *requests;

    (void)unused;
    (void)press(&bench, INPUT_F1 + 6);
    requests = &bench.snapshot->requests->requests;
    CHECK(ui_requests_row(&bench.state, bench.snapshot) == 0);
    (void)press(&bench, INPUT_DOWN);
    CHECK(ui_requests_row(&bench.state, bench.snapshot) == 1);
    requests->at[2] = requests->at[1]; /* one has come on top */
    (void)snprintf(requests->at[1].id, sizeof(requests->at[1].id), "new");
    CHECK(ui_requests_row(&bench.state, bench.snapshot) == 2);
    (void)snprintf(requests->at[2].id, sizeof(requests->at[2].id), "gone");
    CHECK(ui_requests_row(&bench.state, bench.snapshot) == 1);
    end(&bench);
}

static void the_list_is_asked_for_by_kind_and_order(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct requests_want want;
    struct buffer path;

    (void)unused;
    want = ui_requests_want(&bench.state);
    CHECK(!want.is_on);
    (void)press(&bench, INPUT_F1 + 6);
    (void)press(&bench, 'f');
    (void)press(&bench, 'o');
    want = ui_requests_want(&bench.state);
    CHECK(want.is_on && !want.id[0]);
    buffer_init(&path, 256);
    requests_write_path(&want.filter, &path);
    assert_string_equal(buffer_text(&path),
                        "/requests?limit=100&kind=triage&min_hallucination=0.001");
    buffer_finish(&path);
    (void)press(&bench, 'o');
    CHECK(bench.state.requests.order == ORDER_WORST);
    (void)press(&bench, 'o');
    (void)press(&bench, 'f');
    CHECK(bench.state.requests.kind == N_STORED_KINDS);
    end(&bench);
}

static void each_board_has_its_own_cursor(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, '3');
    (void)press(&bench, INPUT_F1 + 3);
    CHECK(bench.state.view == VIEW_QUALITY && bench.state.board == BOARD_QUALITY);
    CHECK(bench.state.selected[VIEW_QUALITY] == 0);
    (void)press(&bench, INPUT_ENTER);
    CHECK(ui_state_context(&bench.state) == IN_CHART);
    (void)press(&bench, INPUT_F1 + 5);
    CHECK(bench.state.view == VIEW_ALERTS && bench.state.board == BOARD_QUALITY);
    (void)press(&bench, INPUT_F1 + 1);
    CHECK(bench.state.selected[VIEW_OVERVIEW] == 2 && bench.state.zoom == ZOOM_NONE);
    end(&bench);
}

/* The held snapshot has neither another board nor the stored requests. */
static void what_a_held_screen_does_not_have_lets_it_go(void **unused)
{
    static const uint32_t leaves[] = {INPUT_F1 + 3, INPUT_F1 + 4, INPUT_F1 + 6};
    static const uint32_t stays[] = {INPUT_F1 + 2, INPUT_F1 + 5, INPUT_F1 + 7, INPUT_F1 + 1};

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(leaves); i++) {
        struct bench bench = begin(&place, CASE_OK);

        (void)press(&bench, 'p');
        (void)press(&bench, leaves[i]);
        CHECK(!bench.state.is_paused);
        end(&bench);
    }
    for (size_t i = 0; i < COUNT_OF(stays); i++) {
        struct bench bench = begin(&place, CASE_OK);

        (void)press(&bench, 'p');
        (void)press(&bench, stays[i]);
        CHECK(bench.state.is_paused);
        end(&bench);
    }
}

static void type(struct bench *bench, const char *text)
{
    for (const char *at = text; *at; at++)
        (void)press(bench, (unsigned char)*at);
}

static size_t count(const struct bench *bench)
{
    struct ui_rows rows = ui_rows_of(&bench->state, bench->snapshot, bench->state.view);
    size_t n = rows.n;

    ui_rows_finish(&rows);
    return n;
}

static void a_filter_passes_what_has_the_word_or_has_it_not(void **unused)
{
    static const char *const texts[] = {"MLModelDriftHigh", NULL, "critical"};

    (void)unused;
    CHECK(ui_filter_passes("", texts, 3) && ui_filter_passes("!", texts, 3));
    CHECK(ui_filter_passes("drift", texts, 3) && ui_filter_passes("CRIT", texts, 3));
    CHECK(!ui_filter_passes("warning", texts, 3) && ui_filter_passes("!warning", texts, 3));
    CHECK(!ui_filter_passes("!drift", texts, 3));
    CHECK(!ui_filter_passes("x", texts, 0) && ui_filter_passes("!x", texts, 0));
}

static void a_filter_is_live_and_esc_takes_it_off(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    const struct alert *alert;
    size_t all;

    (void)unused;
    (void)press(&bench, 'a');
    all = count(&bench);
    CHECK(all > 2);
    (void)press(&bench, '/');
    type(&bench, "PENDq");
    CHECK(count(&bench) == 0 && !ui_selected_alert(&bench.state, bench.snapshot));
    (void)press(&bench, INPUT_ENTER);
    (void)press(&bench, INPUT_DOWN);
    (void)press(&bench, INPUT_TAB);
    (void)press(&bench, INPUT_ENTER);
    CHECK(!bench.state.is_alert_open);
    (void)press(&bench, '/');
    (void)press(&bench, INPUT_BACKSPACE);
    CHECK(count(&bench) == 1);
    alert = ui_selected_alert(&bench.state, bench.snapshot);
    CHECK(alert && alert->state == ALERT_PENDING);
    (void)press(&bench, INPUT_ENTER);
    CHECK(ui_state_context(&bench.state) == IN_ALERTS);
    (void)press(&bench, INPUT_ENTER);
    CHECK(bench.state.is_alert_open);
    (void)press(&bench, INPUT_ESC);
    CHECK(bench.state.view == VIEW_ALERTS && count(&bench) == 1);
    (void)press(&bench, INPUT_ESC);
    CHECK(bench.state.view == VIEW_ALERTS && count(&bench) == all);
    (void)press(&bench, '/');
    type(&bench, "!pend");
    CHECK(count(&bench) == all - 1);
    (void)press(&bench, INPUT_ESC);
    CHECK(count(&bench) == all);
    end(&bench);
}

static void each_list_has_a_filter_of_its_own(void **unused)
{
    static const struct {
        uint32_t key;
        const char *word;
    } lists[] = {{INPUT_F1 + 6, "lock"}, {INPUT_F1 + 7, "latency"}, {INPUT_F1 + 8, "started"}};
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        size_t all, some;

        (void)press(&bench, lists[i].key);
        all = count(&bench);
        (void)press(&bench, '/');
        type(&bench, lists[i].word);
        some = count(&bench);
        CHECK(some > 0 && some < all);
        (void)press(&bench, INPUT_ENTER);
        for (size_t n = 0; n < all; n++)
            (void)press(&bench, INPUT_DOWN);
        (void)press(&bench, INPUT_F1 + 5);
        (void)press(&bench, lists[i].key);
        CHECK(count(&bench) == some);
    }
    end(&bench);
}

static void panels_are_filtered_by_title_and_the_cursor_stays_among_them(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_model model = {bench.snapshot, &bench.state, {0, 0}};
    size_t i;

    (void)unused;
    (void)press(&bench, '/');
    type(&bench, "acc");
    (void)press(&bench, INPUT_ENTER);
    CHECK(ui_focused_panel(&model, &i) && i == 4);
    (void)press(&bench, INPUT_RIGHT);
    CHECK(ui_focused_panel(&model, &i) && i == 4);
    (void)press(&bench, INPUT_ENTER);
    CHECK(ui_state_context(&bench.state) == IN_CHART);
    (void)press(&bench, INPUT_ESC);
    (void)press(&bench, '/');
    type(&bench, "zzz");
    CHECK(!ui_focused_panel(&model, &i));
    (void)press(&bench, INPUT_ENTER);
    (void)press(&bench, INPUT_ENTER);
    (void)press(&bench, INPUT_ESC);
    (void)press(&bench, INPUT_ESC);
    CHECK(ui_focused_panel(&model, &i));
    end(&bench);
}

/* A line typed behind a colon, and sent. */
static struct ui_request command(struct bench *bench, const char *line)
{
    (void)press(bench, ':');
    CHECK(ui_state_context(&bench->state) == IN_PROMPT);
    for (const char *at = line; *at; at++)
        (void)press(bench, (unsigned char)*at);
    return press(bench, INPUT_ENTER);
}

static void a_command_does_what_its_key_does(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    CHECK(command(&bench, "view alerts").kind == UI_NOTHING);
    CHECK(bench.state.view == VIEW_ALERTS && !bench.state.is_prompt_open);
    (void)command(&bench, "range 3h");
    CHECK(bench.state.range_ms == 3 * INT64_C(3600000));
    (void)command(&bench, "refresh 10s");
    CHECK(bench.state.refresh_ms == 10000);
    (void)command(&bench, "sim latency");
    CHECK(bench.state.overlay == OVERLAY_FORM && bench.state.form.kind == &sim_kinds[SIM_LATENCY]);
    (void)press(&bench, INPUT_ESC);
    CHECK(command(&bench, "ascii").kind == UI_SWITCH_ASCII);
    CHECK(command(&bench, "dashboard x.json").kind == UI_LOAD_BOARD);
    assert_string_equal(bench.state.board_text, "x.json");
    CHECK(command(&bench, "query up == 0").kind == UI_SHOW_QUERY);
    assert_string_equal(bench.state.board_text, "up == 0");
    (void)command(&bench, "help");
    CHECK(bench.state.overlay == OVERLAY_HELP);
    CHECK(command(&bench, "q").kind == UI_QUIT);
    end(&bench);
}

static void what_changes_the_console_is_asked_of_the_outside(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_request request = {.kind = UI_NOTHING};

    (void)unused;
    request = command(&bench, "theme mono");
    CHECK(request.kind == UI_SET_THEME && request.choice == THEME_MONO);
    CHECK(command(&bench, "theme").kind == UI_NOTHING && bench.state.notice[0]);
    CHECK(command(&bench, "mouse").is_on && command(&bench, "mouse on").is_on);
    CHECK(!command(&bench, "mouse off").is_on);
    CHECK(command(&bench, "reload").kind == UI_RELOAD);
    CHECK(command(&bench, "save").kind == UI_SAVE_SETTINGS);
    CHECK(command(&bench, "var job api").kind == UI_CHOOSE_VARIABLE);
    assert_string_equal(bench.state.board_text, "job api");
    CHECK(command(&bench, "var job").kind == UI_NOTHING && bench.state.page == PAGE_VARIABLES);
    CHECK(ui_state_context(&bench.state) == IN_PAGE);
    CHECK(command(&bench, "context").kind == UI_NOTHING && bench.state.page == PAGE_CONTEXTS);
    (void)press(&bench, 'q');
    CHECK(command(&bench, "context live").kind == UI_SET_CONTEXT);
    assert_string_equal(bench.state.context_name, "live");
    CHECK(command(&bench, "context local").kind == UI_NOTHING); /* here */
    end(&bench);
}

static void a_context_is_left_with_a_question_while_a_start_of_ours_runs_or_may(void **unused)
{
    struct bench bench = begin(&production, CASE_OK);

    (void)unused;
    bench.state.start_command_id = 5; /* nobody knows yet what became of it */
    CHECK(command(&bench, "context live").kind == UI_NOTHING);
    CHECK(bench.state.overlay == OVERLAY_CONFIRM);
    CHECK(!ui_confirm_wants_name(&bench.state)); /* it changes nothing there */
    CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING);
    CHECK(command(&bench, "context live").kind == UI_NOTHING);
    CHECK(press(&bench, 'y').kind == UI_SET_CONTEXT);
    end(&bench);
}

static void a_tape_has_one_place(void **unused)
{
    static const struct ui_place tapes[] = {
        {.environment = "a", .no_token = "", .is_replay = true, .is_read_only = true},
        {.environment = "a", .no_token = "", .is_recording = true},
    };

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(tapes); i++) {
        struct bench bench = begin(&tapes[i], CASE_OK);

        CHECK(command(&bench, "context live").kind == UI_NOTHING && bench.state.is_notice_error);
        end(&bench);
    }
}

static void nothing_of_a_place_is_taken_to_the_next(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_state *state = &bench.state;

    (void)unused;
    (void)command(&bench, "range 3h");
    (void)command(&bench, "ask what?");
    (void)press(&bench, INPUT_ESC);
    (void)command(&bench, "view alerts");
    (void)press(&bench, '/');
    (void)press(&bench, 'x');
    (void)press(&bench, INPUT_ENTER);
    (void)press(&bench, 'p');
    state->own[state->n_own++] = 7;
    state->undo = UNDO_SIMULATION;
    state->last_notice_id = 9;
    ui_state_move(state);
    CHECK(state->n_own == 0 && state->undo == UNDO_NOTHING && state->last_notice_id == 0);
    CHECK(!state->has_enquiry && !state->is_paused && !state->filters[VIEW_ALERTS][0]);
    CHECK(state->alert_id == 0 && !state->is_alert_open && state->overlay == OVERLAY_NONE);
    CHECK(state->view == VIEW_ALERTS && state->range_ms == 3 * INT64_C(3600000));
    assert_string_equal(prompt_last(&state->prompt), "view alerts");
    end(&bench);
}

static void the_panels_query_comes_into_the_line_as_it_is_asked(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, '2');
    CHECK(command(&bench, "query edit").kind == UI_NOTHING);
    CHECK(bench.state.is_prompt_open);
    CHECK(strncmp(bench.state.prompt.line.text, "query ", 6) == 0);
    CHECK(bench.state.prompt.line.len > 6 && !strchr(bench.state.prompt.line.text, '$'));
    CHECK(press(&bench, INPUT_ENTER).kind == UI_SHOW_QUERY);
    (void)command(&bench, "view alerts");
    CHECK(command(&bench, "query edit").kind == UI_NOTHING && bench.state.notice[0]);
    end(&bench);
}

static void every_word_does_what_its_key_does_or_says_that_it_cannot(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)command(&bench, "pause");
    CHECK(bench.state.is_paused);
    (void)command(&bench, "zoom");
    CHECK(bench.state.zoom == ZOOM_PANEL);
    CHECK(command(&bench, "again").kind == UI_REFRESH);
    CHECK(command(&bench, "redraw").kind == UI_REDRAW);
    (void)command(&bench, "view alerts");
    (void)command(&bench, "compare");
    assert_string_equal(bench.state.notice, "compare: not here");
    (void)command(&bench, "silence");
    CHECK(bench.state.overlay == OVERLAY_SILENCE);
    for (size_t i = 0; keys_word(i); i++) {
        bool is_anywhere = false;

        for (int context = 0; context < N_KEY_CONTEXTS; context++)
            is_anywhere |= keys_of_word((enum key_context)context, keys_word(i)) != 0;
        CHECK(is_anywhere);
    }
    end(&bench);
}

static void n_and_its_capital_walk_through_what_the_filter_shows(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_model model = {bench.snapshot, &bench.state, {0, 0}};
    size_t first, second, i;

    (void)unused;
    (void)press(&bench, '!');
    CHECK(ui_state_context(&bench.state) == IN_FILTER);
    type(&bench, "acc");
    (void)press(&bench, INPUT_ENTER);
    assert_string_equal(bench.state.filters[VIEW_OVERVIEW], "!acc");
    CHECK(ui_focused_panel(&model, &first));
    (void)press(&bench, 'n');
    CHECK(ui_focused_panel(&model, &second) && second > first && second != 4);
    (void)press(&bench, 'N');
    CHECK(ui_focused_panel(&model, &i) && i == first);
    (void)press(&bench, 'N');
    CHECK(ui_focused_panel(&model, &i) && i > second); /* round */
    end(&bench);
}

static void read_only_no_word_that_acts_is_offered(void **unused)
{
    static const struct ui_place read_only = {
        .environment = "local", .no_token = "--read-only", .is_read_only = true};
    struct bench bench = begin(&read_only, CASE_OK);
    struct prompt_known known = ui_prompt_known(&bench.state, bench.snapshot);
    struct prompt_choices choices;
    struct line_edit line = {0};

    (void)unused;
    prompt_complete(&line, &known, &choices);
    CHECK(choices.n > 10);
    for (size_t i = 0; i < choices.n; i++)
        CHECK(strcmp(choices.at[i], "stop") != 0 && strcmp(choices.at[i], "ask") != 0);
    CHECK(command(&bench, "stop").kind == UI_NOTHING && bench.state.is_notice_error);
    end(&bench);
}

/* ---- Mouse --------------------------------------------------------------------------------------- */

static struct ui_request click(struct bench *bench, int item)
{
    bench->at.mono_ms += 500;
    return ui_state_click(&bench->state, bench->snapshot, item, "console-key", bench->at);
}

static void a_click_selects_and_on_what_is_selected_opens(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_model model = {bench.snapshot, &bench.state, {0, 0}};
    size_t i;

    (void)unused;
    CHECK(click(&bench, 2).kind == UI_NOTHING && ui_focused_panel(&model, &i) && i == 2);
    CHECK(bench.state.zoom == ZOOM_NONE);
    CHECK(click(&bench, -1).kind == UI_NOTHING && bench.state.zoom == ZOOM_NONE);
    (void)click(&bench, 2);
    CHECK(bench.state.zoom == ZOOM_CHART);
    (void)press(&bench, 'a');
    (void)click(&bench, 1);
    CHECK(ui_alert_row(&bench.state, bench.snapshot) == 1);
    CHECK(click(&bench, 1).kind == UI_LOAD_RUNBOOK && bench.state.is_alert_open);
    (void)press(&bench, 'v');
    (void)click(&bench, VIEW_EVENTS);
    (void)click(&bench, VIEW_EVENTS);
    CHECK(bench.state.view == VIEW_EVENTS && bench.state.overlay == OVERLAY_NONE);
    end(&bench);
}

static void neither_click_nor_wheel_touches_a_question_a_form_or_a_line(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct sim_form before;

    (void)unused;
    (void)press(&bench, 'D');
    before = bench.state.form;
    ui_state_wheel(&bench.state, bench.snapshot, 1);
    CHECK(click(&bench, 0).kind == UI_NOTHING);
    CHECK(memcmp(&before, &bench.state.form, sizeof(before)) == 0);
    (void)press(&bench, INPUT_ENTER);
    CHECK(click(&bench, 0).kind == UI_NOTHING && bench.state.overlay == OVERLAY_CONFIRM);
    ui_state_wheel(&bench.state, bench.snapshot, -1);
    CHECK(bench.state.overlay == OVERLAY_CONFIRM);
    (void)press(&bench, INPUT_ESC);
    (void)press(&bench, INPUT_ESC);
    (void)press(&bench, ':');
    CHECK(click(&bench, 0).kind == UI_NOTHING && bench.state.is_prompt_open);
    end(&bench);
}

static void the_wheel_moves_rows_and_scrolls_texts(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, 'a');
    ui_state_wheel(&bench.state, bench.snapshot, 1);
    CHECK(ui_alert_row(&bench.state, bench.snapshot) == 1);
    ui_state_wheel(&bench.state, bench.snapshot, -1);
    CHECK(ui_alert_row(&bench.state, bench.snapshot) == 0);
    (void)press(&bench, '?');
    ui_state_wheel(&bench.state, bench.snapshot, 1);
    CHECK(bench.state.text_top == 3);
    end(&bench);
}

static void a_line_that_makes_no_sense_stays_open_and_says_why(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)command(&bench, "vew alerts");
    CHECK(bench.state.is_prompt_open);
    assert_string_equal(bench.state.prompt_problem, "no command 'vew' (did you mean 'view'?)");
    (void)press(&bench, 0x01);
    CHECK(!bench.state.prompt_problem[0]);
    (void)press(&bench, INPUT_RIGHT);
    (void)press(&bench, 'i');
    CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING);
    CHECK(bench.state.view == VIEW_ALERTS && !bench.state.is_prompt_open);
    end(&bench);
}

static void no_key_of_a_view_acts_while_a_line_is_typed(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, ':');
    for (const char *at = "DHLXBUqy:/?-0"; *at; at++)
        CHECK(press(&bench, (unsigned char)*at).kind == UI_NOTHING);
    CHECK(bench.state.overlay == OVERLAY_NONE);
    assert_string_equal(bench.state.prompt.line.text, "DHLXBUqy:/?-0");
    CHECK(press(&bench, INPUT_CTRL_C).kind == UI_NOTHING);
    CHECK(!bench.state.is_prompt_open);
    (void)press(&bench, ':');
    CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING && !bench.state.is_prompt_open);
    (void)press(&bench, ':');
    (void)press(&bench, INPUT_BACKSPACE);
    CHECK(!bench.state.is_prompt_open);
    end(&bench);
}

static void the_last_command_is_repeated(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)command(&bench, "-");
    CHECK(bench.state.is_prompt_open && bench.state.prompt_problem[0]);
    (void)press(&bench, INPUT_ESC);
    end(&bench);
    bench = begin(&place, CASE_OK);
    (void)command(&bench, "view events");
    (void)press(&bench, INPUT_F1 + 1);
    (void)command(&bench, "-");
    CHECK(bench.state.view == VIEW_EVENTS);
    (void)command(&bench, "sim drift");
    (void)press(&bench, INPUT_ESC);
    (void)press(&bench, '-');
    CHECK(bench.state.overlay == OVERLAY_FORM);
    end(&bench);
}

static void a_question_is_sent_and_its_answer_is_walked(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_request request = command(&bench, "ask Why is the VPN down?");

    (void)unused;
    CHECK(request.kind == UI_ENQUIRE && bench.state.overlay == OVERLAY_ANSWER);
    assert_string_equal(bench.state.enquiry.text, "Why is the VPN down?");
    CHECK(!ui_enquiry(&bench.state, bench.snapshot));
    ui_state_sent(&bench.state, &request, 7);
    case_answer_enquiry(bench.snapshot, &bench.state);
    CHECK(ui_enquiry(&bench.state, bench.snapshot));
    (void)press(&bench, 'g');
    CHECK(bench.state.part == 0);
    (void)press(&bench, INPUT_DOWN);
    CHECK(bench.state.part == 1);
    (void)press(&bench, 'G');
    CHECK(bench.state.part > 1);
    (void)press(&bench, INPUT_ENTER);
    CHECK(bench.state.view == VIEW_REQUESTS && bench.state.overlay == OVERLAY_NONE);
    assert_string_equal(bench.state.open_id, "41");
    (void)command(&bench, "answer");
    CHECK(bench.state.overlay == OVERLAY_ANSWER);
    (void)press(&bench, INPUT_ESC);
    CHECK(bench.state.overlay == OVERLAY_NONE);
    end(&bench);
}

static void the_answer_to_an_older_question_is_not_shown(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_request request = command(&bench, "ask one");

    (void)unused;
    ui_state_sent(&bench.state, &request, 7);
    case_answer_enquiry(bench.snapshot, &bench.state);
    request = command(&bench, "ask two");
    CHECK(!ui_enquiry(&bench.state, bench.snapshot));
    ui_state_sent(&bench.state, &request, 8);
    CHECK(!ui_enquiry(&bench.state, bench.snapshot));
    end(&bench);
}

static void read_only_nothing_is_asked(void **unused)
{
    static const struct ui_place read_only = {
        .environment = "local", .no_token = "read only", .is_read_only = true};

    struct bench bench = begin(&read_only, CASE_OK);

    (void)unused;
    CHECK(command(&bench, "ask anything").kind == UI_NOTHING);
    CHECK(command(&bench, "triage anything").kind == UI_NOTHING);
    CHECK(command(&bench, "sim drift").kind == UI_NOTHING);
    CHECK(bench.state.overlay == OVERLAY_NONE);
    assert_string_equal(bench.state.notice, "read only");
    end(&bench);
}

static void pasted_text_goes_into_the_line_alone(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    CHECK(!ui_state_paste(&bench.state, "D\ny", false));
    (void)press(&bench, ':');
    CHECK(ui_state_paste(&bench.state, "ask one\ntwo\x1b[A", false));
    CHECK(bench.state.is_prompt_open);
    assert_int_equal(strncmp(bench.state.prompt.line.text, "ask one two", 11), 0);
    CHECK(ui_state_paste(&bench.state, "x", true));
    CHECK(bench.state.prompt_problem[0]);
    end(&bench);
}

/* No key may crash, in whatever state, nor lead to more than the table says. */
static void any_keys_in_any_order_are_survived(void **unused)
{
    uint64_t random = 88172645463325252U;

    (void)unused;
    for (int data = 0; data < N_CASES; data++) {
        struct bench bench = begin(data % 2 ? &production : &place, (enum case_state)data);

        for (int i = 0; i < 20000; i++) {
            uint32_t key;

            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            key = random % 4 == 0 ? INPUT_UP + (uint32_t)(random >> 8) % 40
                                  : (uint32_t)(random >> 8) % 128;
            (void)press(&bench, key);
            CHECK(ui_state_context(&bench.state) < N_KEY_CONTEXTS);
        }
        end(&bench);
    }
}

static void every_binding_can_be_reached(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < n_key_bindings; i++)
        for (int context = 0; context < N_KEY_CONTEXTS; context++)
            if (key_is_in(&key_bindings[i], (enum key_context)context))
                assert_int_equal(
                    keys_find((enum key_context)context, key_bindings[i].keys[0]).action,
                    key_bindings[i].action);
}

static void help_lists_no_key_twice_for_a_screen(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < n_key_bindings; i++)
        for (size_t j = 0; j < i; j++)
            if (key_bindings[i].contexts & key_bindings[j].contexts)
                assert_int_not_equal(key_bindings[i].keys[0], key_bindings[j].keys[0]);
}

/* ---- One panel, looked into --------------------------------------------------------------------- */

static void an_open_panel_is_what_the_poller_is_to_look_into(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct inspect_want want = ui_inspect_want(&bench.state, bench.snapshot);

    (void)unused;
    CHECK(!want.is_on);
    (void)press(&bench, '2');
    (void)press(&bench, INPUT_ENTER);
    want = ui_inspect_want(&bench.state, bench.snapshot);
    CHECK(want.is_on && want.panel == 1 && want.dashboard == bench.snapshot->dashboard);
    CHECK(want.compare_ms == 0 && want.cursor_ms == -1);
    (void)press(&bench, '?'); /* what lies over it changes nothing */
    CHECK(ui_inspect_want(&bench.state, bench.snapshot).is_on);
    (void)press(&bench, INPUT_ESC);
    (void)press(&bench, INPUT_ESC);
    CHECK(!ui_inspect_want(&bench.state, bench.snapshot).is_on);
    end(&bench);
}

static void a_zoomed_panel_is_scrolled_and_another_begins_at_its_top(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, INPUT_PAGE_DOWN); /* the focused one, on its board */
    CHECK(bench.state.text_top == 10 && bench.state.selected[VIEW_OVERVIEW] == 0);
    (void)press(&bench, INPUT_RIGHT);
    CHECK(bench.state.text_top == 0 && bench.state.selected[VIEW_OVERVIEW] == 1);
    (void)press(&bench, 'z');
    CHECK(ui_state_context(&bench.state) == IN_PANEL);
    (void)press(&bench, 'j');
    (void)press(&bench, INPUT_DOWN);
    (void)press(&bench, 'k');
    CHECK(bench.state.text_top == 1 && bench.state.selected[VIEW_OVERVIEW] == 1);
    (void)press(&bench, 'G');
    CHECK(bench.state.text_top > 1000); /* drawing bounds it */
    (void)press(&bench, 'g');
    CHECK(bench.state.text_top == 0);
    (void)press(&bench, INPUT_PAGE_DOWN);
    (void)press(&bench, 'l');
    CHECK(bench.state.text_top == 0 && bench.state.selected[VIEW_OVERVIEW] == 2);
    CHECK(bench.state.zoom == ZOOM_PANEL);
    (void)press(&bench, INPUT_ENTER);
    CHECK(bench.state.zoom == ZOOM_CHART);
    end(&bench);
}

static void in_the_table_of_points_up_is_newer(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    const struct time_grid *moments = &bench.snapshot->panels[1]->set.grid;

    (void)unused;
    (void)press(&bench, '2');
    (void)press(&bench, INPUT_ENTER);
    (void)press(&bench, 't');
    CHECK(ui_state_context(&bench.state) == IN_POINTS);
    (void)press(&bench, 'j');
    (void)press(&bench, INPUT_PAGE_DOWN);
    CHECK(bench.state.cursor_ms == time_grid_end_ms(moments) - 11 * moments->step_ms);
    (void)press(&bench, 'k');
    CHECK(bench.state.cursor_ms == time_grid_end_ms(moments) - 10 * moments->step_ms);
    (void)press(&bench, 'G');
    CHECK(bench.state.cursor_ms == moments->start_ms);
    (void)press(&bench, 'g');
    CHECK(bench.state.cursor_ms == -1);
    (void)press(&bench, INPUT_RIGHT);
    CHECK(bench.state.selected_series == 1);
    end(&bench);
}

static void from_the_worst_answers_one_is_opened(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    char second[REQUESTS_ID_SIZE];

    (void)unused;
    (void)press(&bench, 'o'); /* from wherever it is */
    CHECK(bench.state.view == VIEW_QUALITY && ui_state_context(&bench.state) == IN_WORST);
    CHECK(bench.snapshot->requests->filter.order == ORDER_WORST);
    (void)press(&bench, INPUT_ESC);
    CHECK(bench.state.view == VIEW_QUALITY && ui_state_context(&bench.state) == IN_BOARD);
    CHECK(bench.state.requests.order == ORDER_NEWEST); /* what was chosen there stays */
    (void)press(&bench, 'o');
    (void)press(&bench, 'j');
    CHECK(ui_requests_chosen(&bench.state, &bench.snapshot->requests->requests) == 1);
    memcpy(second, bench.snapshot->requests->requests.at[1].id, sizeof(second));
    (void)press(&bench, INPUT_ENTER);
    CHECK(bench.state.view == VIEW_REQUESTS && strcmp(bench.state.open_id, second) == 0);
    (void)press(&bench, INPUT_ESC);
    CHECK(bench.state.view == VIEW_REQUESTS && bench.state.requests.order == ORDER_WORST);
    CHECK(!bench.state.is_in_worst);
    end(&bench);
}

static void the_title_of_a_panel_is_about_its_worst_line(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct panel panel = bench.snapshot->dashboard->panels[0]; /* with its thresholds */
    const struct panel_data *data = bench.snapshot->panels[1]; /* of several lines */
    size_t last = data->set.n - 1, end_of = data->set.grid.n - 1;
    double value = panel_data_value(&panel, data), was = data->set.at[last].values[end_of];

    (void)unused;
    CHECK(panel_data_series(&panel, data) == &data->set.at[0] && value > 0.5);
    data->set.at[0].values[end_of] = 0.1;
    data->set.at[last].values[end_of] = 0.9;
    CHECK(panel_data_series(&panel, data) == &data->set.at[last]);
    CHECK(panel_data_value(&panel, data) == 0.9);
    bench.state.selected_series = -1;
    CHECK(ui_selected_series(&bench.state, &panel, data) == last);
    data->set.at[last].values[end_of] = 0.2; /* all are well: the first */
    CHECK(panel_data_value(&panel, data) == 0.1);
    data->set.at[0].values[end_of] = value;
    data->set.at[last].values[end_of] = was;
    end(&bench);
}

static void equals_goes_round_the_past(void **unused)
{
    static const int64_t hours[] = {1, 24, 168, 0, 1};
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, INPUT_ENTER);
    (void)press(&bench, 'p');
    for (size_t i = 0; i < COUNT_OF(hours); i++) {
        (void)press(&bench, '=');
        CHECK(bench.state.compare_ms == hours[i] * 3600000);
        CHECK(!bench.state.is_paused); /* a held screen has no other past */
    }
    (void)press(&bench, INPUT_ESC);
    (void)press(&bench, INPUT_ENTER);
    CHECK(bench.state.compare_ms == 0);
    CHECK(keys_find(IN_BOARD, '=').action == ACTION_WIDER);
    end(&bench);
}

static void the_cursor_stays_on_the_chart(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    const struct time_grid *grid = &bench.snapshot->panels[0]->set.grid;

    (void)unused;
    (void)press(&bench, INPUT_ENTER);
    (void)press(&bench, 'h');
    CHECK(bench.state.cursor_ms == time_grid_end_ms(grid) - grid->step_ms);
    (void)press(&bench, INPUT_PAGE_UP);
    CHECK(bench.state.cursor_ms == time_grid_end_ms(grid) - 11 * grid->step_ms);
    (void)press(&bench, 'g');
    CHECK(bench.state.cursor_ms == grid->start_ms);
    (void)press(&bench, INPUT_LEFT);
    CHECK(bench.state.cursor_ms == grid->start_ms);
    (void)press(&bench, 'l');
    CHECK(bench.state.cursor_ms == grid->start_ms + grid->step_ms);
    (void)press(&bench, 'G');
    CHECK(bench.state.cursor_ms == -1);
    end(&bench);
}

static void the_selected_series_stays_in_the_list(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, '2');
    (void)press(&bench, INPUT_ENTER);
    for (int i = 0; i < 9; i++)
        (void)press(&bench, INPUT_DOWN);
    CHECK(bench.state.selected_series == 3);
    (void)press(&bench, INPUT_SPACE);
    CHECK(bench.state.hidden_series == 8);
    (void)press(&bench, 'k');
    CHECK(bench.state.selected_series == 2);
    end(&bench);
}

static void a_cursor_in_a_long_window_asks_for_other_exemplars_by_the_quarter(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct inspect_want first, second;

    (void)unused;
    (void)press(&bench, INPUT_ENTER);
    (void)press(&bench, '-');
    (void)press(&bench, INPUT_LEFT); /* half an hour is asked for whole */
    CHECK(ui_inspect_want(&bench.state, bench.snapshot).cursor_ms == -1);
    (void)press(&bench, '+');
    (void)press(&bench, 'g');
    first = ui_inspect_want(&bench.state, bench.snapshot);
    (void)press(&bench, 'l');
    second = ui_inspect_want(&bench.state, bench.snapshot);
    CHECK(first.cursor_ms >= 0 && first.cursor_ms % 900000 == 0);
    CHECK(inspect_want_equals(&first, &second));
    end(&bench);
}

static void y_and_w_ask_what(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_request request;

    (void)unused;
    (void)press(&bench, 'y'); /* of the panel that is focused */
    CHECK(bench.state.overlay == OVERLAY_COPY);
    (void)press(&bench, INPUT_ESC);
    (void)press(&bench, 'w');
    CHECK(bench.state.overlay == OVERLAY_SAVE);
    request = press(&bench, 'j');
    CHECK(request.kind == UI_SAVE && request.choice == SAVE_JSON);
    CHECK(bench.state.overlay == OVERLAY_NONE);
    (void)press(&bench, INPUT_ENTER);
    (void)press(&bench, 'y');
    CHECK(press(&bench, 'x').kind == UI_NOTHING && bench.state.overlay == OVERLAY_COPY);
    request = press(&bench, 't');
    CHECK(request.kind == UI_COPY && request.choice == COPY_TRACE);
    (void)press(&bench, 'y');
    CHECK(press(&bench, INPUT_ESC).kind == UI_NOTHING && bench.state.overlay == OVERLAY_NONE);
    CHECK(bench.state.zoom == ZOOM_CHART);
    end(&bench);
}

static void t_and_c_turn_the_chart(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, INPUT_ENTER);
    (void)press(&bench, 'c');
    (void)press(&bench, 't');
    CHECK(bench.state.is_table && bench.state.is_scale_turned);
    (void)press(&bench, 't');
    (void)press(&bench, 'c');
    CHECK(!bench.state.is_table && !bench.state.is_scale_turned);
    end(&bench);
}

/* ---- Silences ----------------------------------------------------------------------------------- */

static void type_text(struct bench *bench, const char *text)
{
    for (; *text; text++)
        (void)press(bench, (unsigned char)*text);
}

static void an_alert_is_acknowledged_for_exactly_its_labels(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    const struct silence_draft *draft = &bench.state.draft;

    (void)unused;
    (void)press(&bench, 'a');
    CHECK(press(&bench, 'A').kind == UI_SILENCE);
    CHECK(bench.state.overlay == OVERLAY_NONE);
    CHECK(draft->for_ms == 15 * 60000 && draft->starts_at_ms == 0 && !draft->id[0]);
    CHECK(draft->matchers.n == 3 &&
          matchers_match(&draft->matchers, &bench.snapshot->alerts->at[0].labels));
    CHECK(silence_preview_of(&draft->matchers, bench.snapshot->alerts).n_matched == 1);
    assert_string_equal(draft->by, "ana");
    CHECK(draft->comment[0]);
    end(&bench);
}

static void the_selection_stays_with_its_alert(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct alert first = bench.snapshot->alerts->at[0];

    (void)unused;
    (void)press(&bench, 'a');
    (void)press(&bench, INPUT_DOWN);
    (void)press(&bench, INPUT_UP);
    bench.snapshot->alerts->at[0] = bench.snapshot->alerts->at[2]; /* it sinks by two rows */
    bench.snapshot->alerts->at[2] = first;
    CHECK(ui_alert_row(&bench.state, bench.snapshot) == 2);
    (void)press(&bench, INPUT_ENTER);
    CHECK(ui_selected_alert(&bench.state, bench.snapshot)->id == first.id);
    bench.snapshot->alerts->n = 2; /* and clears: what is open is not another one now */
    CHECK(ui_selected_alert(&bench.state, bench.snapshot) == NULL);
    CHECK(press(&bench, 'A').kind == UI_NOTHING);
    CHECK(bench.state.is_notice_error);
    bench.snapshot->alerts->n = 4;
    end(&bench);
}

static void a_key_acts_on_the_alert_that_is_shown_selected(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, 'a');
    for (int i = 0; i < 4; i++) /* critical, warning, firing, pending */
        (void)press(&bench, 'f');
    CHECK(ui_selected_alert(&bench.state, bench.snapshot)->state == ALERT_PENDING);
    (void)press(&bench, 'f'); /* held back */
    (void)press(&bench, 'o');
    CHECK(ui_alert_row(&bench.state, bench.snapshot) == 0);
    CHECK(press(&bench, 'T').kind == UI_SILENCE);
    (void)press(&bench, INPUT_DOWN);
    (void)press(&bench, 'f'); /* of its service */
    assert_string_equal(bench.state.alerts.service, "prometheus");
    (void)press(&bench, 'f');
    CHECK(bench.state.alerts.show == SHOW_ALL);
    CHECK(ui_selected_alert(&bench.state, bench.snapshot)->state == ALERT_SILENCED);
    end(&bench);
}

static void in_production_an_acknowledgement_wants_the_name(void **unused)
{
    struct bench bench = begin(&production, CASE_OK);

    (void)unused;
    (void)press(&bench, 'a');
    CHECK(press(&bench, 'A').kind == UI_NOTHING);
    CHECK(bench.state.overlay == OVERLAY_CONFIRM);
    CHECK(press(&bench, 'y').kind == UI_NOTHING);
    CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING);
    (void)press(&bench, INPUT_BACKSPACE);
    type_text(&bench, "prod");
    CHECK(press(&bench, INPUT_ENTER).kind == UI_SILENCE);
    end(&bench);
}

static void a_silence_needs_a_comment_and_y(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, 'a');
    (void)press(&bench, 'S');
    CHECK(bench.state.overlay == OVERLAY_SILENCE);
    CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING);
    CHECK(bench.state.overlay == OVERLAY_SILENCE && bench.state.silence.problem[0]);
    type_text(&bench, "disk swap, jk");
    (void)press(&bench, INPUT_UP);
    type_text(&bench, "2h");
    (void)press(&bench, INPUT_ENTER);
    CHECK(bench.state.overlay == OVERLAY_CONFIRM);
    CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING); /* cancels */
    CHECK(bench.state.overlay == OVERLAY_SILENCE);
    (void)press(&bench, INPUT_ENTER);
    CHECK(press(&bench, 'y').kind == UI_SILENCE);
    CHECK(bench.state.draft.for_ms == 2 * 3600000);
    assert_string_equal(bench.state.draft.comment, "disk swap, jk");
    end(&bench);
}

static void a_silence_is_refused_where_its_text_is_wrong(void **unused)
{
    static const struct {
        const char *duration, *matcher;
        int row;
    } cases[] = {{"30s", "", SILENCE_ROW_DURATION},
                 {"91d", "", SILENCE_ROW_DURATION},
                 {"soon", "", SILENCE_ROW_DURATION},
                 {"1h", "a", SILENCE_ROW_MATCHERS + 3},
                 {"1h", "a=~x{2}", SILENCE_ROW_MATCHERS + 3}};

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bench bench = begin(&place, CASE_OK);

        (void)press(&bench, 'a');
        (void)press(&bench, 'S');
        type_text(&bench, "why");
        (void)press(&bench, INPUT_UP);
        type_text(&bench, cases[i].duration);
        (void)press(&bench, INPUT_UP); /* round to the empty row */
        type_text(&bench, cases[i].matcher);
        CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING);
        CHECK(bench.state.overlay == OVERLAY_SILENCE && bench.state.silence.problem[0]);
        assert_int_equal(bench.state.silence.focused, cases[i].row);
        end(&bench);
    }
}

static void a_matcher_that_is_erased_is_none(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);

    (void)unused;
    (void)press(&bench, 'a');
    (void)press(&bench, 'S');
    CHECK(bench.state.silence.n_matchers == 3);
    type_text(&bench, "w\x7f");
    (void)press(&bench, INPUT_DOWN);
    for (int i = 0; i < 60; i++)
        (void)press(&bench, INPUT_BACKSPACE);
    (void)press(&bench, INPUT_DOWN);
    CHECK(bench.state.silence.n_matchers == 2);
    CHECK(strstr(bench.state.silence.matchers[0], "severity"));
    assert_int_equal(bench.state.silence.focused, SILENCE_ROW_MATCHERS);
    for (size_t i = 0; i < 2; i++) {
        for (int k = 0; k < 60; k++)
            (void)press(&bench, INPUT_BACKSPACE);
        (void)press(&bench, INPUT_DOWN);
    }
    CHECK(bench.state.silence.n_matchers == 0);
    (void)press(&bench, INPUT_SHIFT_TAB);
    type_text(&bench, "why");
    CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING); /* all that there is: never */
    CHECK(bench.state.overlay == OVERLAY_SILENCE);
    end(&bench);
}

static void preview_tells_none_and_all(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct matchers none = {0}, all = {0};
    struct silence_preview preview;

    (void)unused;
    assert_int_equal(matchers_add(&none, "alertname=Nothing", NULL), 0);
    assert_int_equal(matchers_add(&all, "x!=y", NULL), 0);
    preview = silence_preview_of(&none, bench.snapshot->alerts);
    CHECK(preview.n_matched == 0 && silence_preview_is_odd(&preview));
    CHECK(strstr(preview.text, "NO alert of the 4"));
    preview = silence_preview_of(&all, bench.snapshot->alerts);
    CHECK(preview.n_matched == 4 && silence_preview_is_odd(&preview));
    CHECK(strstr(preview.text, "ALL, 4 of 4"));
    matchers_finish(&none);
    matchers_finish(&all);
    end(&bench);
}

/* ---- Game days ---------------------------------------------------------------------------------- */

static void see_gamedays(struct bench *bench)
{
    struct gamedays_want want = ui_gamedays_want(&bench->state);

    case_answer_gamedays(bench->snapshot, bench->data, &want);
}

/* The start of a game day was sent, and this became of it. */
static void started_gameday(struct bench *bench, const struct ui_request *request)
{
    ui_state_sent(&bench->state, request, 5);
    bench->snapshot->n_notices = 1;
    bench->snapshot->notices[0] =
        (struct notice){.id = 1, .command_id = 5, .gameday_id = 3, .text = "game day 3 started"};
    CHECK(ui_state_take_notices(&bench->state, bench->snapshot, bench->at));
}

static void a_game_day_is_started_from_its_row(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct gameday_request gameday;
    struct ui_request request;

    (void)unused;
    (void)press(&bench, 's');
    for (int i = 0; i < UI_GAMEDAY_ROW; i++)
        (void)press(&bench, INPUT_DOWN);
    (void)press(&bench, INPUT_ENTER);
    CHECK(bench.state.overlay == OVERLAY_FORM && gameday_form_is(&bench.state.form));
    (void)press(&bench, INPUT_LEFT); /* from all to the last one */
    (void)press(&bench, INPUT_DOWN);
    (void)press(&bench, INPUT_SPACE);
    CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING);
    CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING && bench.state.overlay == OVERLAY_FORM);
    (void)press(&bench, INPUT_ENTER);
    request = press(&bench, 'y');
    CHECK(request.kind == UI_START && gameday_form_is(&request.form));
    gameday = gameday_form_request(&request.form);
    assert_string_equal(gameday.kind, "outage");
    assert_string_equal(gameday.idempotency_key, "console-key");
    CHECK(gameday.skips_resolved);
    started_gameday(&bench, &request);
    CHECK(bench.state.lists_gamedays);
    request = press(&bench, 'U');
    CHECK(request.kind == UI_STOP_GAMEDAY && request.gameday_id == 3);
    CHECK(press(&bench, 'U').kind == UI_NOTHING);
    end(&bench);
}

static void the_line_starts_a_game_day_after_a_question(void **unused)
{
    static const struct ui_place read_only = {
        .environment = "local", .no_token = "read only", .is_read_only = true};
    struct bench bench = begin(&production, CASE_OK), reader;

    (void)unused;
    type(&bench, ":gameday rag");
    CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING);
    CHECK(bench.state.overlay == OVERLAY_CONFIRM && bench.state.confirm.what == UI_START);
    CHECK(press(&bench, 'y').kind == UI_NOTHING); /* its name is typed */
    (void)press(&bench, INPUT_BACKSPACE);
    type(&bench, "prod");
    assert_string_equal(gameday_form_request(&bench.state.form).kind, "rag");
    CHECK(press(&bench, INPUT_ENTER).kind == UI_START);
    end(&bench);
    reader = begin(&read_only, CASE_OK);
    type(&reader, ":gameday all");
    CHECK(press(&reader, INPUT_ENTER).kind == UI_NOTHING);
    CHECK(reader.state.overlay == OVERLAY_NONE && reader.state.is_notice_error);
    end(&reader);
}

static void a_refused_game_day_is_said_in_its_form(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_request request;
    char note[FORM_NOTE_SIZE];

    (void)unused;
    type(&bench, ":gameday all");
    (void)press(&bench, INPUT_ENTER);
    request = press(&bench, 'y');
    CHECK(request.kind == UI_START);
    ui_state_sent(&bench.state, &request, 5);
    bench.snapshot->n_notices = 1;
    bench.snapshot->notices[0] = (struct notice){
        .id = 1, .is_error = true, .command_id = 5, .text = "game day 3 is running"};
    (void)ui_state_take_notices(&bench.state, bench.snapshot, bench.at);
    CHECK(bench.state.overlay == OVERLAY_FORM);
    CHECK(gameday_form_advise(&bench.state.form, true, note));
    assert_string_equal(note, "game day 3 is running");
    end(&bench);
}

static void the_form_of_a_game_day_says_how_long_its_rules_wait(void **unused)
{
    struct sim_form form;
    char note[FORM_NOTE_SIZE];

    (void)unused;
    gameday_form_init(&form, 0, "k");
    assert_string_equal(gameday_form_request(&form).kind, "all");
    CHECK(!gameday_form_request(&form).skips_resolved);
    CHECK(!gameday_form_advise(&form, false, note));
    CHECK(strstr(note, "10 steps; ordinary alerts: the rules wait 41m00s"));
    gameday_form_init(&form, 5, "k");
    (void)gameday_form_advise(&form, true, note);
    CHECK(strstr(note, "4 steps; fast alerts: the rules wait 42s"));
}

static void x_asks_about_a_game_day_of_others(void **unused)
{
    struct bench bench = begin(&place, CASE_NAN);
    const struct ui_request request = {.kind = UI_START, .form.kind = &gameday_form_kind};

    (void)unused;
    (void)press(&bench, 's');
    see_gamedays(&bench); /* number 3 runs */
    CHECK(ui_running_gameday(bench.snapshot)->id == 3);
    bench.state.own[bench.state.n_own++] = 7; /* the drill beside it is ours */
    CHECK(press(&bench, 'X').kind == UI_NOTHING && bench.state.overlay == OVERLAY_CONFIRM);
    (void)press(&bench, INPUT_ESC);
    started_gameday(&bench, &request);
    CHECK(press(&bench, 'X').kind == UI_STOP_DRILLS);
    CHECK(press(&bench, 'U').kind == UI_NOTHING); /* it is stopped with all others */
    bench.state.n_own = 0;
    CHECK(press(&bench, 'q').kind == UI_NOTHING && bench.state.overlay == OVERLAY_CONFIRM);
    end(&bench);
}

static void game_days_are_listed_and_wanted_in_their_view_alone(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_request request;

    (void)unused;
    CHECK(!ui_gamedays_want(&bench.state).is_on);
    (void)press(&bench, 's');
    CHECK(ui_gamedays_want(&bench.state).is_on && ui_gamedays_want(&bench.state).id == 0);
    see_gamedays(&bench);
    (void)press(&bench, 'f');
    (void)press(&bench, INPUT_DOWN);
    CHECK(bench.state.gameday_id == 2);
    CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING);
    CHECK(ui_state_context(&bench.state) == IN_GAMEDAY && ui_gamedays_want(&bench.state).id == 2);
    see_gamedays(&bench);
    CHECK(ui_open_gameday(&bench.state, bench.snapshot)->id == 2);
    CHECK(press(&bench, 'y').kind == UI_COPY_REPORT);
    CHECK(press(&bench, 'w').kind == UI_NOTHING && ui_state_context(&bench.state) == IN_REPORT);
    request = press(&bench, 'x');
    CHECK(request.kind == UI_SAVE_REPORT && request.choice == REPORT_JUNIT);
    (void)press(&bench, INPUT_ESC);
    CHECK(ui_state_context(&bench.state) == IN_SIMULATIONS && bench.state.lists_gamedays);
    (void)press(&bench, 'a');
    CHECK(!ui_gamedays_want(&bench.state).is_on);
    end(&bench);
}

/* ---- Silences from elsewhere --------------------------------------------------------------------- */

static struct ui_request answered(struct bench *bench, uint32_t key)
{
    struct ui_request request = press(bench, key);
    struct inspect_want want = ui_inspect_want(&bench->state, bench->snapshot);

    case_answer_inspect(bench->snapshot, bench->data, &want);
    return request;
}

static void a_board_acts_on_its_panels_alert_after_a_question(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct alert_board *alerts = bench.snapshot->alerts;
    static char expr[] =
        "histogram_quantile(0.9, rate(ml_prediction_latency_seconds_bucket[1m])) > 1";
    struct alert kept = alerts->at[1];

    (void)unused;
    CHECK(ui_alert_at_hand(&bench.state, bench.snapshot, false) == &alerts->at[0]);
    CHECK(press(&bench, 'A').kind == UI_NOTHING); /* the one on the strip, that looks at panel 1 */
    CHECK(bench.state.overlay == OVERLAY_CONFIRM);
    CHECK(matchers_match(&bench.state.draft.matchers, &alerts->at[0].labels));
    CHECK(press(&bench, 'y').kind == UI_SILENCE);
    /* Panel 3 shows what another alert looks at. */
    alerts->at[1].expr = expr;
    alerts->at[1].labels = alerts->at[0].labels;
    (void)press(&bench, '3');
    CHECK(ui_alert_at_hand(&bench.state, bench.snapshot, false) == &alerts->at[1]);
    CHECK(press(&bench, 'S').kind == UI_NOTHING && bench.state.overlay == OVERLAY_SILENCE);
    (void)press(&bench, INPUT_ESC);
    CHECK(bench.state.overlay == OVERLAY_NONE && bench.state.view == VIEW_OVERVIEW);
    /* Held back, it is not what A is for; but E is. */
    alerts->at[1].state = ALERT_SILENCED;
    memcpy(alerts->at[1].silences, alerts->at[2].silences, sizeof(alerts->at[1].silences));
    CHECK(ui_alert_at_hand(&bench.state, bench.snapshot, false) == &alerts->at[0]);
    CHECK(press(&bench, 'E').kind == UI_NOTHING && bench.state.overlay == OVERLAY_CONFIRM);
    assert_string_equal(bench.state.silence_id, "a3ce929d-0e0e");
    CHECK(press(&bench, 'y').kind == UI_EXPIRE);
    alerts->at[1] = kept;
    CHECK(press(&bench, 'E').kind == UI_NOTHING && bench.state.overlay == OVERLAY_NONE);
    CHECK(bench.state.is_notice_error); /* none of panel 3 is held back */
    end(&bench);
}

static void an_open_panel_acts_on_the_alert_that_is_selected_in_it(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    const struct alert *alerts = bench.snapshot->alerts->at;

    (void)unused;
    CHECK(press(&bench, INPUT_ENTER).kind == UI_NOTHING);
    CHECK(press(&bench, 'A').kind == UI_NOTHING &&
          bench.state.is_notice_error); /* not answered yet */
    (void)answered(&bench, INPUT_LEFT);
    CHECK(ui_alert_at_hand(&bench.state, bench.snapshot, false) == &alerts[0]);
    CHECK(press(&bench, 'A').kind == UI_SILENCE); /* it is marked: no question, as in the alerts */
    CHECK(matchers_match(&bench.state.draft.matchers, &alerts[0].labels));
    (void)press(&bench, 'n');
    CHECK(ui_alert_at_hand(&bench.state, bench.snapshot, false) == &alerts[2]);
    CHECK(press(&bench, 'A').kind == UI_NOTHING && !bench.state.is_notice_error); /* is silenced */
    CHECK(press(&bench, 'T').kind == UI_SILENCE && bench.state.draft.id[0]);
    CHECK(press(&bench, 'E').kind == UI_NOTHING && bench.state.overlay == OVERLAY_CONFIRM);
    (void)press(&bench, INPUT_ESC);
    CHECK(ui_is_inspecting(&bench.state));
    (void)press(&bench, 'n'); /* rules without an alert are not stepped on */
    CHECK(ui_alert_at_hand(&bench.state, bench.snapshot, false) == &alerts[2]);
    (void)press(&bench, 'N');
    CHECK(ui_alert_at_hand(&bench.state, bench.snapshot, false) == &alerts[0]);
    end(&bench);
}

static void in_production_an_acknowledgement_from_a_panel_wants_the_name(void **unused)
{
    struct bench bench = begin(&production, CASE_OK);

    (void)unused;
    (void)answered(&bench, INPUT_ENTER);
    CHECK(press(&bench, 'A').kind == UI_NOTHING && bench.state.overlay == OVERLAY_CONFIRM);
    CHECK(press(&bench, 'y').kind == UI_NOTHING && bench.state.overlay == OVERLAY_CONFIRM);
    (void)press(&bench, INPUT_BACKSPACE);
    type_text(&bench, "prod");
    CHECK(press(&bench, INPUT_ENTER).kind == UI_SILENCE);
    end(&bench);
}

static void answer(struct bench *bench, const struct notice *notice)
{
    bench->snapshot->notices[0] = *notice;
    bench->snapshot->n_notices = 1;
    CHECK(ui_state_take_notices(&bench->state, bench->snapshot, bench->at));
}

static void u_expires_the_silence_just_made(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_request request;

    (void)unused;
    (void)press(&bench, 'a');
    request = press(&bench, 'A');
    ui_state_sent(&bench.state, &request, 9);
    answer(&bench,
           &(struct notice){.id = 1, .command_id = 9, .silence_id = "a3ce", .text = "made"});
    CHECK(press(&bench, 'U').kind == UI_EXPIRE);
    assert_string_equal(bench.state.silence_id, "a3ce");
    CHECK(press(&bench, 'U').kind == UI_NOTHING);
    request = press(&bench, 'A');
    ui_state_sent(&bench.state, &request, 10);
    answer(&bench, &(struct notice){.id = 2, .command_id = 10, .silence_id = "b4", .text = "made"});
    bench.at.mono_ms += UI_UNDO_FOR_MS;
    CHECK(press(&bench, 'U').kind == UI_NOTHING);
    end(&bench);
}

static void a_refused_silence_is_said_in_the_form(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    struct ui_request request;

    (void)unused;
    (void)press(&bench, 'a');
    (void)press(&bench, 'S');
    type_text(&bench, "why");
    (void)press(&bench, INPUT_ENTER);
    request = press(&bench, 'y');
    ui_state_sent(&bench.state, &request, 9);
    answer(&bench,
           &(struct notice){.id = 1, .command_id = 9, .is_error = true, .text = "HTTP 400"});
    CHECK(bench.state.overlay == OVERLAY_SILENCE && !bench.state.notice[0]);
    assert_string_equal(bench.state.silence.problem, "HTTP 400");
    assert_string_equal(bench.state.silence.comment, "why");
    CHECK(bench.state.undo == UNDO_NOTHING);
    end(&bench);
}

static void a_silence_is_extended_or_ended_after_a_question(void **unused)
{
    struct bench bench = begin(&place, CASE_OK);
    const struct silence *silence = &bench.snapshot->silences->silences.at[0];

    (void)unused;
    (void)press(&bench, 'a');
    CHECK(press(&bench, 'T').kind == UI_NOTHING); /* the first alert has none */
    CHECK(press(&bench, 'E').kind == UI_NOTHING && bench.state.overlay == OVERLAY_NONE);
    (void)press(&bench, INPUT_DOWN);
    (void)press(&bench, INPUT_DOWN);
    CHECK(press(&bench, 'A').kind == UI_NOTHING); /* it is silenced already */
    CHECK(press(&bench, 'T').kind == UI_SILENCE);
    assert_string_equal(bench.state.draft.id, silence->id);
    assert_string_equal(bench.state.draft.by, silence->by);
    CHECK(bench.state.draft.starts_at_ms == silence->starts_at_ms);
    CHECK(bench.state.draft.for_ms == silence->ends_at_ms - silence->starts_at_ms + 3600000);
    CHECK(press(&bench, 'E').kind == UI_NOTHING);
    CHECK(bench.state.overlay == OVERLAY_CONFIRM);
    CHECK(press(&bench, 'E').kind == UI_NOTHING);
    CHECK(press(&bench, 'y').kind == UI_EXPIRE);
    assert_string_equal(bench.state.silence_id, silence->id);
    end(&bench);
}

static void without_an_alertmanager_or_read_only_nothing_is_silenced(void **unused)
{
    static const struct ui_place bare = {
        .environment = "local", .alertmanager_url = "", .user = "ana", .no_token = ""};
    static const struct ui_place read_only = {.environment = "local",
                                              .alertmanager_url = "http://a",
                                              .user = "ana",
                                              .no_token = "--read-only",
                                              .is_read_only = true};
    static const struct ui_place *const places[] = {&bare, &read_only};

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct bench bench = begin(places[i], CASE_OK);

        (void)press(&bench, 'a');
        for (const char *at = "ASET"; *at; at++) {
            CHECK(press(&bench, (unsigned char)*at).kind == UI_NOTHING);
            CHECK(bench.state.overlay == OVERLAY_NONE && bench.state.is_notice_error);
        }
        end(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_drift_is_started_by_y_alone),
        TEST(enter_in_the_question_cancels),
        TEST(keys_typed_ahead_do_not_answer),
        TEST(production_wants_its_name_typed),
        TEST(without_a_token_nothing_is_started),
        TEST(read_only_no_key_that_acts_is_offered),
        TEST(the_form_refuses_what_the_server_would),
        TEST(the_form_makes_the_request_it_shows),
        TEST(each_launching_key_opens_the_form_of_its_kind),
        TEST(the_other_kinds_are_in_the_list),
        TEST(the_cursor_stays_with_its_run_when_a_newer_one_comes),
        TEST(a_refusal_is_shown_at_its_fields),
        TEST(a_refusal_of_the_whole_stands_in_the_form),
        TEST(a_refusal_takes_no_screen_from_anybody),
        TEST(the_baseline_of_a_form_is_no_drill_of_ours),
        TEST(a_refused_baseline_is_not_undone),
        TEST(the_form_says_when_its_duration_cannot_raise_the_alert),
        TEST(a_run_that_raises_no_alert_has_its_own_end),
        TEST(another_mode_has_another_alert_to_wait_for),
        TEST(what_is_no_number_of_its_kind_is_refused),
        TEST(a_start_can_be_undone_for_a_minute),
        TEST(an_undo_comes_too_late_after_a_minute),
        TEST(the_baseline_is_switched_and_back),
        TEST(stopping_others_drills_is_asked),
        TEST(quitting_asks_only_while_ours_runs),
        TEST(paused_the_moment_stands),
        TEST(the_window_goes_back_and_comes_to_now),
        TEST(a_request_opens_at_its_weakest_sentence),
        TEST(the_neighbour_of_an_open_request_is_a_key_away),
        TEST(the_cursor_stays_with_its_request_when_new_ones_come),
        TEST(the_list_is_asked_for_by_kind_and_order),
        TEST(each_board_has_its_own_cursor),
        TEST(what_a_held_screen_does_not_have_lets_it_go),
        TEST(a_filter_passes_what_has_the_word_or_has_it_not),
        TEST(a_filter_is_live_and_esc_takes_it_off),
        TEST(each_list_has_a_filter_of_its_own),
        TEST(panels_are_filtered_by_title_and_the_cursor_stays_among_them),
        TEST(a_command_does_what_its_key_does),
        TEST(what_changes_the_console_is_asked_of_the_outside),
        TEST(a_context_is_left_with_a_question_while_a_start_of_ours_runs_or_may),
        TEST(a_tape_has_one_place),
        TEST(nothing_of_a_place_is_taken_to_the_next),
        TEST(the_panels_query_comes_into_the_line_as_it_is_asked),
        TEST(every_word_does_what_its_key_does_or_says_that_it_cannot),
        TEST(read_only_no_word_that_acts_is_offered),
        TEST(n_and_its_capital_walk_through_what_the_filter_shows),
        TEST(a_click_selects_and_on_what_is_selected_opens),
        TEST(neither_click_nor_wheel_touches_a_question_a_form_or_a_line),
        TEST(the_wheel_moves_rows_and_scrolls_texts),
        TEST(a_line_that_makes_no_sense_stays_open_and_says_why),
        TEST(no_key_of_a_view_acts_while_a_line_is_typed),
        TEST(the_last_command_is_repeated),
        TEST(a_question_is_sent_and_its_answer_is_walked),
        TEST(the_answer_to_an_older_question_is_not_shown),
        TEST(read_only_nothing_is_asked),
        TEST(pasted_text_goes_into_the_line_alone),
        TEST(any_keys_in_any_order_are_survived),
        TEST(every_binding_can_be_reached),
        TEST(help_lists_no_key_twice_for_a_screen),
        TEST(an_open_panel_is_what_the_poller_is_to_look_into),
        TEST(a_zoomed_panel_is_scrolled_and_another_begins_at_its_top),
        TEST(in_the_table_of_points_up_is_newer),
        TEST(from_the_worst_answers_one_is_opened),
        TEST(the_title_of_a_panel_is_about_its_worst_line),
        TEST(equals_goes_round_the_past),
        TEST(the_cursor_stays_on_the_chart),
        TEST(the_selected_series_stays_in_the_list),
        TEST(a_cursor_in_a_long_window_asks_for_other_exemplars_by_the_quarter),
        TEST(y_and_w_ask_what),
        TEST(t_and_c_turn_the_chart),
        TEST(an_alert_is_acknowledged_for_exactly_its_labels),
        TEST(the_selection_stays_with_its_alert),
        TEST(a_key_acts_on_the_alert_that_is_shown_selected),
        TEST(in_production_an_acknowledgement_wants_the_name),
        TEST(a_silence_needs_a_comment_and_y),
        TEST(a_silence_is_refused_where_its_text_is_wrong),
        TEST(a_matcher_that_is_erased_is_none),
        TEST(preview_tells_none_and_all),
        TEST(a_game_day_is_started_from_its_row),
        TEST(the_line_starts_a_game_day_after_a_question),
        TEST(a_refused_game_day_is_said_in_its_form),
        TEST(the_form_of_a_game_day_says_how_long_its_rules_wait),
        TEST(x_asks_about_a_game_day_of_others),
        TEST(game_days_are_listed_and_wanted_in_their_view_alone),
        TEST(a_board_acts_on_its_panels_alert_after_a_question),
        TEST(an_open_panel_acts_on_the_alert_that_is_selected_in_it),
        TEST(in_production_an_acknowledgement_from_a_panel_wants_the_name),
        TEST(u_expires_the_silence_just_made),
        TEST(a_refused_silence_is_said_in_the_form),
        TEST(a_silence_is_extended_or_ended_after_a_question),
        TEST(without_an_alertmanager_or_read_only_nothing_is_silenced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
