#include "tui/draw/text_view.h"
#include "tui/view/view.h"

#include "common/buffer.h"

#include <stdio.h>

#define TEXT_BYTES_MAX 65536

static void write_source(const struct ui_model *model, enum source_id id, struct buffer *out)
{
    const struct source *source = &model->snapshot->sources[id];
    int64_t wait_ms = source->retry_at_mono_ms - model->at.mono_ms;
    char age[24];

    if (!source->is_configured)
        return;
    (void)units_format_age(age, sizeof(age),
                           (struct age){.ms = source_age_ms(source, model->at.mono_ms)});
    (void)buffer_printf(out, "%c%s %s\n", TEXT_VIEW_TITLE, source_name(id),
                        data_state_name(source->state));
    if (source->reason[0])
        (void)buffer_printf(out, "  %s\n", source->reason);
    (void)buffer_printf(out, "  answered %s ago", age);
    if (source->latency_us >= 0)
        (void)buffer_printf(out, " in %.1f ms", (double)source->latency_us / 1000);
    if (source->retry_at_mono_ms > 0 && wait_ms > 0)
        (void)buffer_printf(out, ", next try in %lld s", (long long)((wait_ms + 999) / 1000));
    (void)buffer_printf(out, "\n  %llu requests, %llu bytes",
                        (unsigned long long)source->n_requests,
                        (unsigned long long)source->n_bytes);
    if (source->flavour[0] || source->version[0])
        (void)buffer_printf(out, ", %s %s", source->flavour, source->version);
    if (source->skew_ms != 0)
        (void)buffer_printf(out, ", its clock is %+.1f s from ours",
                            (double)source->skew_ms / 1000);
    (void)buffer_puts(out, "\n");
    for (int part = 0; part < N_PROM_PARTS; part++)
        if (source->lacks[part])
            (void)buffer_printf(out, "  %s\n", source->lacks[part]);
    (void)buffer_puts(out, "\n");
}

static void write_notes(const char *word, const struct prom_notes *notes, struct buffer *out)
{
    for (size_t i = 0; i < notes->n && i < PROM_NOTES_MAX; i++)
        (void)buffer_printf(out, "  %s: %s\n", word, notes->text[i]);
}

static void write_differences(const struct dashboard_notes *notes, struct buffer *out)
{
    for (size_t n = 0; n < notes->n && n < DASHBOARD_NOTES_MAX; n++)
        (void)buffer_printf(out, "  drawn differently: %s\n", notes->text[n]);
}

static void write_panel(const struct ui_model *model, size_t i, struct buffer *out)
{
    const struct panel *panel = &model->snapshot->dashboard->panels[i];
    const struct panel_data *data = model->snapshot->panels[i];
    const struct dashboard_notes *notes = &panel->notes;
    bool has_state = panel_is_drawn(panel) && panel_is_of_queries(panel) &&
                     !panel_data_is_told_empty(panel, data);

    if (panel_is_drawn(panel) && (data->state == DATA_OK || !has_state) &&
        data->warnings.n + data->infos.n + notes->n == 0)
        return;
    (void)buffer_printf(out, "%cpanel %zu %s %s\n", TEXT_VIEW_TITLE, i + 1, panel->title,
                        has_state ? data_state_name(data->state) : "");
    if (panel->reason[0])
        (void)buffer_printf(out, "  %s\n", panel->reason);
    if (data->reason[0] && has_state)
        (void)buffer_printf(out, "  %s\n", data->reason);
    write_notes("warning", &data->warnings, out);
    write_notes("info", &data->infos, out);
    write_differences(notes, out);
}

/* Its variables and what is said of all of it. */
static void write_dashboard(const struct dashboard *dashboard, struct buffer *out)
{
    if (dashboard->n_variables + dashboard->notes.n == 0)
        return;
    (void)buffer_printf(out, "%cdashboard %s\n", TEXT_VIEW_TITLE, dashboard->title);
    for (size_t i = 0; i < dashboard->n_variables; i++) {
        const struct dashboard_variable *variable = &dashboard->variables[i];

        if (variable->is_hidden)
            continue;
        (void)buffer_printf(out, "  $%s is %s", variable->name,
                            variable->is_awaited ? "asked for" : variable->shown);
        if (variable->n_options > 1)
            (void)buffer_printf(out, ", one of %zu", variable->n_options);
        (void)buffer_puts(out, "\n");
    }
    write_differences(&dashboard->notes, out);
}

static void write_targets(const struct targets_data *targets, struct buffer *out)
{
    for (size_t i = 0; targets && i < targets->targets.n; i++) {
        const struct prom_target *target = &targets->targets.at[i];

        if (target->last_error[0])
            (void)buffer_printf(out, "%cscrape target %s %s\n  %s\n", TEXT_VIEW_TITLE, target->job,
                                target->instance, target->last_error);
    }
}

int view_sources_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    struct rect inside = view_frame(grid, body, "Sources, errors and warnings", "Esc: back");
    struct buffer text;
    int top;

    buffer_init(&text, TEXT_BYTES_MAX);
    for (enum source_id id = 0; id < N_SOURCES; id++)
        write_source(model, id, &text);
    write_targets(model->snapshot->targets, &text);
    if (model->snapshot->dashboard)
        write_dashboard(model->snapshot->dashboard, &text);
    for (size_t i = 0; model->snapshot->dashboard && i < model->snapshot->dashboard->n_panels; i++)
        write_panel(model, i, &text);
    top = text_view_draw(grid, inside, buffer_text(&text), model->state->text_top);
    buffer_finish(&text);
    return top;
}
