/* Prometheus text format 0.0.4 and OpenMetrics 1.0. They differ in a counter's family name, in
 * exemplars and in the closing line:
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 * https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md */
#include "server/metrics/metrics.h"

#include "server/metrics/metrics_cells.h"
#include "server/metrics/number_text.h"

#include <math.h>
#include <string.h>

const char *exposition_content_type(enum exposition format)
{
    return format == EXPOSITION_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

struct writer {
    const struct metrics *m;
    enum exposition format;
    struct buffer *out;
};

static const char *type_name(enum metric_kind kind)
{
    switch (kind) {
    case KIND_COUNTER:
    case KIND_SUM:
        return "counter";
    case KIND_GAUGE:
    case KIND_LEVEL:
    case KIND_INFO:
        return "gauge";
    case KIND_HISTOGRAM:
        return "histogram";
    }
    return "";
}

static void put_head(const struct writer *w, const struct metric_info *info)
{
    size_t len = strlen(info->name);

    if (w->format == EXPOSITION_OPENMETRICS &&
        (info->kind == KIND_COUNTER || info->kind == KIND_SUM))
        len -= strlen("_total");
    (void)buffer_printf(w->out, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)len, info->name,
                        info->help, (int)len, info->name, type_name(info->kind));
}

/* Text up to the value, and the value; the line's end is the caller's. */
static void put_sample(const struct writer *w,
                       struct sample_prefix prefix,
                       const char *value,
                       size_t len)
{
    (void)buffer_append(w->out, w->m->text.data + prefix.at, prefix.len);
    (void)buffer_append(w->out, value, len);
}

static void put_number(const struct writer *w, struct sample_prefix prefix, double value)
{
    char text[NUMBER_TEXT_SIZE];

    put_sample(w, prefix, text, number_text(value, text));
    (void)buffer_putc(w->out, '\n');
}

static void put_whole(const struct writer *w, struct sample_prefix prefix, uint64_t value)
{
    char text[NUMBER_TEXT_SIZE];

    put_sample(w, prefix, text, number_text_whole(value, text));
}

static void put_exemplar(const struct writer *w, struct exemplar *exemplar)
{
    struct exemplar seen;
    char value[NUMBER_TEXT_SIZE];

    if (atomic_flag_test_and_set_explicit(&exemplar->is_taken, memory_order_acquire))
        return;
    memcpy(seen.trace_id, exemplar->trace_id, sizeof(seen.trace_id));
    seen.value = exemplar->value;
    seen.at_ms = exemplar->at_ms;
    atomic_flag_clear_explicit(&exemplar->is_taken, memory_order_release);
    if (!seen.trace_id[0])
        return;
    (void)number_text(seen.value, value);
    (void)buffer_printf(w->out, " # {trace_id=\"%s\"} %s %lld.%03d", seen.trace_id, value,
                        (long long)(seen.at_ms / 1000), (int)(seen.at_ms % 1000));
}

static void put_histogram(const struct writer *w, const struct series *series)
{
    /* Read before the buckets: a scrape amid an update then has a count without its value rather than
     * a value without its count. */
    double sum = cell_number(&series->cells[CELL_SUM]);
    uint64_t count = 0;

    for (size_t i = 0; i <= series->n_edges; i++) {
        count += atomic_load_explicit(&series->cells[CELL_FIRST_BUCKET + i], memory_order_relaxed);
        put_whole(w, series->prefixes[i], count);
        if (w->format == EXPOSITION_OPENMETRICS)
            put_exemplar(w, &series->exemplars[i]);
        (void)buffer_putc(w->out, '\n');
    }
    put_number(w, series->prefixes[series->n_edges + 1], sum);
    put_whole(w, series->prefixes[series->n_edges + 2], count);
    (void)buffer_putc(w->out, '\n');
}

static void put_series(const struct writer *w, const struct series *series, enum metric_kind kind)
{
    if (kind == KIND_HISTOGRAM) {
        put_histogram(w, series);
    } else if (kind == KIND_COUNTER) {
        put_whole(w, series->prefixes[0],
                  atomic_load_explicit(series->cells, memory_order_relaxed));
        (void)buffer_putc(w->out, '\n');
    } else {
        put_number(w, series->prefixes[0], cell_number(series->cells));
    }
}

static bool is_present(const struct series *series, enum metric_kind kind)
{
    return series->cells && (kind != KIND_GAUGE || !isnan(cell_number(series->cells)));
}

static void put_family(const struct writer *w,
                       const struct family *family,
                       const struct metric_info *info)
{
    bool has_head = false;

    for (size_t i = 0; i < family->n_series; i++) {
        /* A gauge may become absent between this look and its line, which then says NaN: a valid
         * value, and true of that moment. */
        if (!is_present(&family->series[i], info->kind))
            continue;
        if (!has_head)
            put_head(w, info);
        has_head = true;
        put_series(w, &family->series[i], info->kind);
    }
}

void metrics_expose(const struct metrics *m,
                    unsigned listeners,
                    enum exposition format,
                    struct buffer *out)
{
    const struct writer w = {m, format, out};

    for (size_t metric = 0; metric < N_METRICS; metric++)
        if (metric_table[metric].listeners & listeners)
            put_family(&w, &m->families[metric], &metric_table[metric]);
    if (format == EXPOSITION_OPENMETRICS)
        (void)buffer_puts(out, "# EOF\n");
}
