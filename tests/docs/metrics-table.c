#include "server/metrics/metrics_table.h"

#include <stdio.h>

/* Prints the server's table of metrics for metrics_reference.py, a metric a line, with tabs between:
 *
 *   name, kind, listeners, labels, bounds of the buckets, help
 *
 * Listeners, labels and bounds stand with blanks between. A label is `name=` and its values with | between,
 * or none where the server's model, routes and so on give them. */

static const char *const kinds[] = {
    [KIND_COUNTER] = "counter", [KIND_SUM] = "counter", [KIND_GAUGE] = "gauge",
    [KIND_LEVEL] = "gauge",     [KIND_INFO] = "info",   [KIND_HISTOGRAM] = "histogram",
};

static const struct {
    enum metrics_listener bit;
    const char *name;
} listeners[] = {
    {LISTENER_ML, "ml"}, {LISTENER_LLM, "llm"}, {LISTENER_VECTOR, "vector"}, {LISTENER_OPS, "ops"}};

static void print_label(enum label label)
{
    /* The two that are written as two pairs. */
    if (label_table[label].name == NULL)
        (void)printf(" listener= route=");
    else if (label == LABEL_FEATURE_BIN)
        (void)printf(" above=");
    if (label_table[label].name == NULL)
        return;
    (void)printf(" %s=", label_table[label].name);
    for (const char *const *value = label_table[label].values; *value != NULL; value++)
        (void)printf("%s%s", value == label_table[label].values ? "" : "|", *value);
}

static void print_metric(const struct metric_info *metric)
{
    (void)printf("%s\t%s\t", metric->name, kinds[metric->kind]);
    for (size_t i = 0; i < COUNT_OF(listeners); i++)
        if (metric->listeners & listeners[i].bit)
            (void)printf(" %s", listeners[i].name);
    (void)putchar('\t');
    for (size_t i = 0; i < METRIC_LABELS_MAX && metric->labels[i] != LABEL_NONE; i++)
        print_label(metric->labels[i]);
    (void)putchar('\t');
    for (size_t i = 0; i < metric->buckets.n; i++)
        (void)printf(" %g", metric->buckets.edges[i]);
    (void)printf("\t%s\n", metric->help);
}

int main(void)
{
    for (size_t i = 0; i < N_METRICS; i++)
        print_metric(&metric_table[i]);
    return fflush(stdout) == 0 ? 0 : 1;
}
