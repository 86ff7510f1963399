#include "tui/screen/ui_outside.h"

#include "common/alloc.h"
#include "common/file.h"
#include "tui/state/gameday_form.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define RUNBOOK_BYTES_MAX ((size_t)64 << 10)
#define KEY_BYTES         8 /* 64 bits: nobody guesses or meets another's */

void ui_make_key(char out[FORM_KEY_SIZE])
{
    unsigned char bytes[KEY_BYTES];
    int used = snprintf(out, FORM_KEY_SIZE, "console-");

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        memset(bytes, 0, sizeof(bytes)); /* cannot fail for so few bytes on Linux */
    for (size_t i = 0; i < sizeof(bytes); i++)
        used += snprintf(out + used, FORM_KEY_SIZE - (size_t)used, "%02x", bytes[i]);
}

void ui_load_runbook(struct ui_state *state, const char *assets_dir)
{
    const char *name = state->runbook_name;
    CLEANUP(freep) char *path = NULL;
    char *text = NULL;
    size_t len;

    free(state->runbook);
    state->runbook = NULL;
    if (!name[0] || /* a name is a file's only when it can be no path */
        name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")])
        return;
    path = xprintf_dup("%s/runbooks/%s.md", assets_dir, name);
    if (file_read(path, RUNBOOK_BYTES_MAX, &text, &len, NULL) == 0)
        state->runbook = text;
}

/* The form that was filled in: a simulation, or a game day. */
static int start_drill(struct poller *poller,
                       const struct sim_form *form,
                       uint64_t *ret_id,
                       struct tw_error *err)
{
    struct sim_form_room room;
    struct simulation_request simulation;
    struct gameday_request gameday;

    if (gameday_form_is(form)) {
        gameday = gameday_form_request(form);
        return poller_start_gameday(poller, &gameday, ret_id, err);
    }
    simulation = sim_form_request(form, &room);
    return poller_start_simulation(poller, &simulation, ret_id, err);
}

int ui_send(struct ui_state *state,
            struct poller *poller,
            const struct ui_request *request,
            struct tw_error *err)
{
    uint64_t id = 0;
    int r = 0;

    switch (request->kind) {
    case UI_START:
        r = start_drill(poller, &request->form, &id, err);
        break;
    case UI_STOP_DRILLS:
        r = poller_stop_drills(poller, &id, err);
        break;
    case UI_STOP_SIMULATION:
        r = poller_stop_simulation(poller, request->simulation_id, &id, err);
        break;
    case UI_STOP_GAMEDAY:
        r = poller_stop_gameday(poller, request->gameday_id, &id, err);
        break;
    case UI_SET_BASELINE:
        r = poller_set_baseline(poller, request->is_on, &id, err);
        break;
    case UI_SILENCE:
        r = poller_post_silence(poller, &state->draft, &id, err);
        break;
    case UI_EXPIRE:
        r = poller_expire_silence(poller, state->silence_id, &id, err);
        break;
    case UI_REFRESH:
        r = poller_refresh_now(poller, err);
        break;
    case UI_ENQUIRE:
        r = poller_enquire(poller, &state->enquiry, &id, err);
        break;
    case UI_NOTHING:
    case UI_QUIT:
    case UI_REDRAW:
    case UI_SUSPEND:
    case UI_LOAD_RUNBOOK:
    case UI_LOAD_BOARD:
    case UI_SHOW_QUERY:
    case UI_SWITCH_ASCII:
    case UI_CHOOSE_VARIABLE:
    case UI_SET_CONTEXT:
    case UI_RELOAD:
    case UI_SAVE_SETTINGS:
    case UI_SET_THEME:
    case UI_SET_MOUSE:
    case UI_COPY:
    case UI_SAVE:
    case UI_COPY_REPORT:
    case UI_SAVE_REPORT:
        return 0;
    }
    if (r == 0)
        ui_state_sent(state, request, id);
    return r;
}
