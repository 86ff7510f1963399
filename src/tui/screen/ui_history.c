#include "tui/screen/ui_inside.h"

#include "common/alloc.h"
#include "common/file.h"

#include <stdlib.h>
#include <unistd.h>

#define BYTES_MAX ((size_t)PROMPT_HISTORY_MAX * LINE_EDIT_SIZE)

/* Owned; NULL: none is kept. */
static char *folder_dup(const struct ui *ui)
{
    return ui->session->config.keeps_history ? config_state_dup(&ui->session->env) : NULL;
}

/* "" when there is none. Owned. */
static char *read_dup(const char *folder, size_t *ret_len)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/console.history", folder);
    char *text = NULL;

    if (file_read(path, BYTES_MAX, &text, ret_len, NULL) == 0)
        return text;
    *ret_len = 0;
    return xstrdup("");
}

void ui_history_read(struct ui *ui)
{
    CLEANUP(freep) char *folder = folder_dup(ui);
    CLEANUP(freep) char *text = NULL;
    size_t len;

    if (!folder)
        return;
    text = read_dup(folder, &len);
    prompt_read_history(&ui->state.prompt, text, len);
}

/* A home folder that is not there is not made. */
static bool can_make(const struct ui *ui, const char *folder)
{
    const char *home = ui->session->env.home;

    if (access(folder, F_OK) == 0)
        return true;
    return (!home || access(home, W_OK) == 0) && file_make_folder(folder, 0700, NULL) == 0;
}

/* Another console may have written meanwhile: its lines stay. */
void ui_history_write(const struct ui *ui)
{
    CLEANUP(freep) char *folder = folder_dup(ui);
    CLEANUP(buffer_finish) struct buffer out;
    CLEANUP(freep) char *text = NULL;
    CLEANUP(freep) char *path = NULL;
    size_t len;

    buffer_init(&out, BYTES_MAX);
    if (!folder || ui->state.prompt.n_new == 0 || !can_make(ui, folder))
        return;
    text = read_dup(folder, &len);
    prompt_write_history(&ui->state.prompt, text, len, &out);
    path = xprintf_dup("%s/console.history", folder);
    if (out.failed || file_write_atomically(path, out.data, out.len, 0600, NULL) < 0)
        return;
}
