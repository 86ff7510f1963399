#include "tui/view/inspect_text.h"

#include "common/buffer.h"
#include "common/clock.h"
#include "common/json_write.h"
#include "tui/board/inspect.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TITLE_BYTES 48 /* of a file name */

/* ---- Queries ------------------------------------------------------------------------------------ */

/* Filled in; as in the file while nothing was asked, or when it cannot be filled in. */
static void write_expr(const struct inspect_subject *subject,
                       const struct target *target,
                       struct buffer *out)
{
    const struct dashboard_times *times = &subject->data->times;

    buffer_clear(out);
    if (times->interval_ms > 0 &&
        dashboard_fill_in(subject->dashboard, target->expr, times, out, NULL) == 0)
        return;
    buffer_clear(out);
    (void)buffer_puts(out, target->expr);
}

static void write_visible(const char *text, struct buffer *out)
{
    for (; *text; text++)
        (void)buffer_putc(out, (unsigned char)*text < ' ' ? ' ' : *text);
}

void inspect_text_queries(const struct inspect_subject *subject,
                          enum inspect_manner manner,
                          struct buffer *out)
{
    CLEANUP(buffer_finish) struct buffer expr;
    bool is_first = true;

    buffer_init(&expr, 2 * DASHBOARD_EXPR_MAX);
    for (size_t t = 0; t < subject->panel->n_targets; t++) {
        if (!subject->panel->targets[t].is_asked)
            continue;
        if (!is_first)
            (void)buffer_puts(out, manner == INSPECT_IN_ONE_LINE ? "   " : "\n\n");
        is_first = false;
        write_expr(subject, &subject->panel->targets[t], &expr);
        if (manner == INSPECT_IN_ONE_LINE)
            write_visible(buffer_text(&expr), out);
        else
            (void)buffer_puts(out, buffer_text(&expr));
    }
}

/* In single quotes, where only a single quote means anything to a shell. */
static void write_quoted(const char *text, struct buffer *out)
{
    (void)buffer_putc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            (void)buffer_puts(out, "'\\''");
        else
            (void)buffer_putc(out, *text);
    }
    (void)buffer_putc(out, '\'');
}

static void write_seconds(const char *name, int64_t at_ms, struct buffer *out)
{
    (void)buffer_printf(out, " -d %s=%lld", name, (long long)(at_ms / 1000));
}

void inspect_text_curl(const struct inspect_subject *subject, const char *url, struct buffer *out)
{
    const struct time_grid *grid = &subject->data->set.grid;
    CLEANUP(buffer_finish) struct buffer expr, word;

    buffer_init(&expr, 2 * DASHBOARD_EXPR_MAX);
    buffer_init(&word, 3 * DASHBOARD_EXPR_MAX);
    for (size_t t = 0; t < subject->panel->n_targets; t++) {
        const struct target *target = &subject->panel->targets[t];
        bool is_line = !target->is_instant && grid->n > 0;

        if (!target->is_asked)
            continue;
        write_expr(subject, target, &expr);
        buffer_clear(&word);
        (void)buffer_printf(&word, "query=%s", buffer_text(&expr));
        (void)buffer_puts(out, "curl -s ");
        expr.len = 0;
        (void)buffer_printf(&expr, "%s/api/v1/%s", url, is_line ? "query_range" : "query");
        write_quoted(buffer_text(&expr), out);
        (void)buffer_puts(out, " --data-urlencode ");
        write_quoted(buffer_text(&word), out);
        if (is_line) {
            write_seconds("start", grid->start_ms, out);
            write_seconds("end", time_grid_end_ms(grid), out);
            write_seconds("step", grid->step_ms, out);
        }
        (void)buffer_puts(out, "\n");
    }
}

/* ---- Values ------------------------------------------------------------------------------------- */

/* The shortest text that reads back as the same number; "" for a gap. */
static void write_number(double value, struct buffer *out)
{
    struct json_writer w = {.out = out};

    if (isinf(value))
        (void)buffer_puts(out, value > 0 ? "+Inf" : "-Inf");
    else if (!isnan(value))
        json_write_number(&w, NULL, value);
}

static void write_moment(int64_t at_ms, struct buffer *out)
{
    char iso[CLOCK_ISO_SIZE];

    clock_format_iso(at_ms, iso, sizeof(iso));
    (void)buffer_puts(out, iso);
}

void inspect_text_values(const struct inspect_subject *subject,
                         int64_t cursor_ms,
                         struct buffer *out)
{
    const struct series_set *set = &subject->data->set;
    int64_t at_ms = inspect_moment_of(&set->grid, cursor_ms);

    for (size_t s = 0; s < set->n; s++) {
        double value = inspect_value_at(&set->at[s], &set->grid, cursor_ms);

        if (at_ms >= 0)
            write_moment(at_ms, out);
        else
            (void)buffer_puts(out, "now");
        (void)buffer_printf(out, "\t%s\t", set->at[s].name);
        if (isnan(value))
            (void)buffer_puts(out, "NaN");
        else
            write_number(value, out);
        (void)buffer_puts(out, "\n");
    }
}

/* ---- CSV ---------------------------------------------------------------------------------------- */

static void write_field(const char *text, struct buffer *out)
{
    bool is_formula = text[0] && strchr("=+-@\t\r", text[0]);

    if (!is_formula && !text[strcspn(text, ",\"\r\n")]) {
        (void)buffer_puts(out, text);
        return;
    }
    (void)buffer_puts(out, is_formula ? "\"'" : "\"");
    for (; *text; text++) {
        if (*text == '"')
            (void)buffer_putc(out, '"');
        (void)buffer_putc(out, *text);
    }
    (void)buffer_putc(out, '"');
}

void inspect_text_csv(const struct inspect_subject *subject, struct buffer *out)
{
    const struct series_set *set = &subject->data->set;

    (void)buffer_puts(out, "time");
    for (size_t s = 0; s < set->n; s++) {
        (void)buffer_putc(out, ',');
        write_field(set->at[s].name, out);
    }
    (void)buffer_puts(out, "\r\n");
    for (size_t i = 0; i < set->grid.n; i++) {
        write_moment(set->grid.start_ms + (int64_t)i * set->grid.step_ms, out);
        for (size_t s = 0; s < set->n; s++) {
            (void)buffer_putc(out, ',');
            write_number(set->at[s].values[i], out);
        }
        (void)buffer_puts(out, "\r\n");
    }
}

/* ---- JSON --------------------------------------------------------------------------------------- */

static void write_points(const struct series_set *set,
                         const struct series *series,
                         struct json_writer *w)
{
    json_write_array(w, "points");
    for (size_t i = 0; i < set->grid.n; i++) {
        double value = series->values[i];

        if (isnan(value))
            continue;
        json_write_array(w, NULL);
        json_write_int(w, NULL, set->grid.start_ms + (int64_t)i * set->grid.step_ms);
        if (isinf(value))
            json_write_string(w, NULL, value > 0 ? "+Inf" : "-Inf");
        else
            json_write_number(w, NULL, value);
        json_write_array_end(w);
    }
    json_write_array_end(w);
}

static void write_series(const struct series_set *set,
                         const struct series *series,
                         struct json_writer *w)
{
    json_write_object(w, NULL);
    json_write_string(w, "name", series->name);
    json_write_object(w, "labels");
    for (size_t i = 0; i < series->labels.n; i++)
        json_write_string(w, series->labels.at[i].name, series->labels.at[i].value);
    json_write_object_end(w);
    write_points(set, series, w);
    json_write_object_end(w);
}

void inspect_text_json(const struct inspect_subject *subject, struct buffer *out)
{
    const struct series_set *set = &subject->data->set;
    CLEANUP(buffer_finish) struct buffer expr;
    struct json_writer w = {.out = out};

    buffer_init(&expr, 2 * DASHBOARD_EXPR_MAX);
    json_write_object(&w, NULL);
    json_write_string(&w, "title", subject->panel->title);
    json_write_string(&w, "unit", subject->panel->unit);
    json_write_array(&w, "queries");
    for (size_t t = 0; t < subject->panel->n_targets; t++) {
        if (!subject->panel->targets[t].is_asked)
            continue;
        write_expr(subject, &subject->panel->targets[t], &expr);
        json_write_string(&w, NULL, buffer_text(&expr));
    }
    json_write_array_end(&w);
    json_write_int(&w, "step_ms", set->grid.step_ms);
    json_write_array(&w, "series");
    for (size_t s = 0; s < set->n; s++)
        write_series(set, &set->at[s], &w);
    json_write_array_end(&w);
    json_write_object_end(&w);
    (void)buffer_putc(out, '\n');
}

/* ---- Names -------------------------------------------------------------------------------------- */

static char plain(char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'))
        return c;
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : '-';
}

/* "Drift by feature (5m)" -> "drift-by-feature-5m" */
static void write_title(const char *title, char out[TITLE_BYTES])
{
    size_t n = 0;

    for (; *title && n + 1 < TITLE_BYTES; title++) {
        char c = plain(*title);

        if (c != '-' || (n > 0 && out[n - 1] != '-'))
            out[n++] = c;
    }
    while (n > 0 && out[n - 1] == '-')
        n--;
    out[n] = '\0';
    if (n == 0)
        (void)snprintf(out, TITLE_BYTES, "panel");
}

void inspect_text_file_name(const char *title,
                            int64_t at_ms,
                            unsigned attempt,
                            const char *ending,
                            char out[INSPECT_FILE_NAME_SIZE])
{
    char name[TITLE_BYTES], iso[CLOCK_ISO_SIZE], number[16] = "";

    write_title(title, name);
    clock_format_iso(at_ms, iso, sizeof(iso));
    if (attempt > 1)
        (void)snprintf(number, sizeof(number), "-%u", attempt);
    (void)snprintf(out, INSPECT_FILE_NAME_SIZE, "tidewatch-%s-%.4s%.2s%.2sT%.2s%.2s%.2sZ%s.%.8s",
                   name, iso, iso + 5, iso + 8, iso + 11, iso + 14, iso + 17, number, ending);
}
