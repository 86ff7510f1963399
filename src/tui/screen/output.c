#include "tui/screen/output.h"

#include "common/buffer.h"
#include "tui/board/inspect.h"
#include "tui/screen/screen.h"
#include "tui/text/osc52.h"
#include "tui/view/inspect_text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COPY_BYTES_MAX ((size_t)1 << 20)
#define FILE_BYTES_MAX ((size_t)32 << 20)
#define ATTEMPTS_MAX   99U /* names, when files of this second are there already */

/* The panel that has the keys; false: none. */
static bool find_subject(const struct ui_model *model,
                         struct inspect_subject *ret_subject,
                         size_t *ret_i)
{
    const struct panel *panel =
        ui_board_of(model->state->view) == N_BOARDS ? NULL : ui_focused_panel(model, ret_i);

    if (!panel)
        return false;
    *ret_subject = (struct inspect_subject){model->snapshot->dashboard, panel,
                                            model->snapshot->panels[*ret_i]};
    return true;
}

/* ---- The clipboard ------------------------------------------------------------------------------ */

static bool write_trace(const struct ui_model *model,
                        const struct inspect_subject *subject,
                        size_t i,
                        struct buffer *out)
{
    const struct inspect_data *known = ui_inspect_data(model->snapshot, i);
    int64_t at_ms = inspect_moment_of(&subject->data->set.grid, model->state->cursor_ms);
    size_t nearest;

    if (!known || prom_exemplars_near(&known->exemplars.found, at_ms, &nearest, 1) == 0)
        return false;
    (void)buffer_puts(out, known->exemplars.found.at[nearest].trace_id);
    return out->len > 0;
}

static int write_choice(const struct ui_model *model,
                        enum copy_choice choice,
                        struct buffer *out,
                        struct tw_error *err)
{
    const char *url = model->state->place->prometheus_url;
    struct inspect_subject subject;
    size_t i;

    if (!find_subject(model, &subject, &i))
        return tw_fail(err, TW_NOT_FOUND, "there is no panel to copy from");
    switch (choice) {
    case COPY_QUERY:
        inspect_text_queries(&subject, INSPECT_AS_IT_IS, out);
        break;
    case COPY_CURL:
        inspect_text_curl(&subject, url ? url : "", out);
        break;
    case COPY_TRACE:
        if (!write_trace(model, &subject, i, out))
            return tw_fail(err, TW_NOT_FOUND, "there is no exemplar with a trace id to copy");
        break;
    case COPY_VALUES:
        inspect_text_values(&subject, model->state->cursor_ms, out);
        break;
    }
    if (out->len == 0)
        return tw_fail(err, TW_NOT_FOUND, "there is nothing to copy");
    return 0;
}

int output_copy(struct screen *screen,
                const struct ui_model *model,
                enum copy_choice choice,
                char said[OUTPUT_SAID_SIZE],
                struct tw_error *err)
{
    static const char *const names[] = {
        [COPY_QUERY] = "the query",
        [COPY_CURL] = "the call of curl",
        [COPY_TRACE] = "the trace id",
        [COPY_VALUES] = "the values",
    };
    const char *term = getenv("TERM"); /* NOLINT(concurrency-mt-unsafe): no thread sets it */
    const char *tmux = getenv("TMUX"); /* NOLINT(concurrency-mt-unsafe) */
    CLEANUP(buffer_finish) struct buffer text, sequence;

    buffer_init(&text, COPY_BYTES_MAX);
    buffer_init(&sequence, 4 * OSC52_BASE64_MAX);
    if (!osc52_is_known(term ? term : "dumb"))
        return tw_fail(err, TW_INVALID,
                       "a terminal of type %.32s has no clipboard; w writes a file",
                       term ? term : "dumb");
    if (write_choice(model, choice, &text, err) < 0)
        return -1;
    if (text.failed || !osc52_write(text.data, text.len, tmux && tmux[0], &sequence))
        return tw_fail(err, TW_INVALID,
                       "%s: over %d bytes, more than terminals take; w writes a file",
                       names[choice], OSC52_TEXT_MAX);
    screen_send(screen, sequence.data, sequence.len);
    (void)snprintf(said, OUTPUT_SAID_SIZE, "%s sent to the terminal's clipboard (%zu bytes)%s",
                   names[choice], text.len,
                   tmux && tmux[0] ? "; tmux needs set-clipboard or allow-passthrough on" : "");
    return 0;
}

/* ---- Files -------------------------------------------------------------------------------------- */

/* O_EXCL: never an existing file, and no link's target. */
static int create_new(const char *title,
                      int64_t at_ms,
                      const char *ending,
                      char name[INSPECT_FILE_NAME_SIZE],
                      struct tw_error *err)
{
    for (unsigned attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
        int fd;

        inspect_text_file_name(title, at_ms, attempt, ending, name);
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0)
            return fd;
        if (errno != EEXIST)
            return tw_fail_errno(err, TW_BROKEN, errno, "cannot write %.90s", name);
    }
    return tw_fail(err, TW_BUSY, "all names like %.90s are taken", name);
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

/* A file that is not whole does not stay. */
static int save(const char *title,
                int64_t at_ms,
                const char *ending,
                const struct buffer *text,
                char said[OUTPUT_SAID_SIZE],
                struct tw_error *err)
{
    char name[INSPECT_FILE_NAME_SIZE], folder[PATH_MAX];
    int fd, code;
    bool is_whole;

    if (text->failed)
        return tw_fail(err, TW_INVALID, "over %zu bytes: too much for a file", FILE_BYTES_MAX);
    fd = create_new(title, at_ms, ending, name, err);
    if (fd < 0)
        return -1;
    is_whole = write_all(fd, text->data, text->len);
    code = errno;
    if (close(fd) != 0 && is_whole) {
        code = errno;
        is_whole = false;
    }
    if (!is_whole) {
        (void)unlink(name);
        return tw_fail_errno(err, TW_BROKEN, code, "cannot write %.90s", name);
    }
    (void)snprintf(said, OUTPUT_SAID_SIZE, "written: %s (%zu bytes) in %.200s", name, text->len,
                   getcwd(folder, sizeof(folder)) ? folder : ".");
    return 0;
}

int output_save(const struct ui_model *model,
                struct grid *grid,
                enum save_choice choice,
                char said[OUTPUT_SAID_SIZE],
                struct tw_error *err)
{
    static const char *const endings[] = {
        [SAVE_CSV] = "csv", [SAVE_JSON] = "json", [SAVE_SCREEN] = "txt"};
    CLEANUP(buffer_finish) struct buffer text;
    const char *title = view_titles[model->state->view].name;
    struct inspect_subject subject;
    bool has_panel;
    size_t i;

    buffer_init(&text, FILE_BYTES_MAX);
    has_panel = find_subject(model, &subject, &i);
    if (choice != SAVE_SCREEN && (!has_panel || subject.data->set.n == 0))
        return tw_fail(err, TW_NOT_FOUND,
                       "there is no panel with points here; t writes the screen");
    if (has_panel)
        title = subject.panel->title;
    switch (choice) {
    case SAVE_CSV:
        inspect_text_csv(&subject, &text);
        break;
    case SAVE_JSON:
        inspect_text_json(&subject, &text);
        break;
    case SAVE_SCREEN:
        (void)view_draw_screen(model, grid);
        grid_write_text(grid, &text);
        break;
    }
    return save(title, model->at.now_ms, endings[choice], &text, said, err);
}
