#include "server/metrics/metrics.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "server/metrics/metrics_cells.h"
#include "server/metrics/number_text.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Series start on a cache line of their own, so that threads that update different ones do not take
 * the line from each other. */
#define CACHE_LINE     64
#define CELLS_PER_LINE (CACHE_LINE / sizeof(uint64_t))

/* Far over what the tables can make of labels of sensible length. */
#define PREFIX_TEXT_MAX ((size_t)64 << 20)

/* ---- Cells ------------------------------------------------------------------------------------- */

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static double number_of(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* Relaxed everywhere: a cell orders nothing but itself. */
double cell_number(const _Atomic uint64_t *cell)
{
    return number_of(atomic_load_explicit(cell, memory_order_relaxed));
}

static void cell_set(_Atomic uint64_t *cell, double value)
{
    atomic_store_explicit(cell, bits_of(value), memory_order_relaxed);
}

/* An absent gauge counts as 0. */
static void cell_add(_Atomic uint64_t *cell, double by)
{
    uint64_t seen = atomic_load_explicit(cell, memory_order_relaxed), next;

    do {
        double was = number_of(seen);

        next = bits_of(isnan(was) ? by : was + by);
    } while (!atomic_compare_exchange_weak_explicit(cell, &seen, next, memory_order_relaxed,
                                                    memory_order_relaxed));
}

static void cell_raise(_Atomic uint64_t *cell, double to)
{
    uint64_t seen = atomic_load_explicit(cell, memory_order_relaxed);

    while (number_of(seen) < to)
        if (atomic_compare_exchange_weak_explicit(cell, &seen, bits_of(to), memory_order_relaxed,
                                                  memory_order_relaxed))
            return;
}

/* ---- Series ------------------------------------------------------------------------------------ */

static const struct series *find(const struct metrics *m,
                                 enum metric metric,
                                 const unsigned *labels)
{
    const struct family *family = &m->families[metric];
    const struct series *series;
    size_t at = 0;

    for (size_t i = 0; i < METRIC_LABELS_MAX; i++) {
        assert(labels[i] < family->n_values[i]);
        at = at * family->n_values[i] + labels[i];
    }
    series = &family->series[at];
    assert(series->cells);
    return series;
}

void metrics_add(struct metrics *m, enum metric metric, const unsigned *labels, uint64_t by)
{
    assert(metric_table[metric].kind == KIND_COUNTER);
    atomic_fetch_add_explicit(find(m, metric, labels)->cells, by, memory_order_relaxed);
}

void metrics_add_number(struct metrics *m, enum metric metric, const unsigned *labels, double by)
{
    enum metric_kind kind = metric_table[metric].kind;

    assert(kind == KIND_LEVEL || kind == KIND_GAUGE || (kind == KIND_SUM && by >= 0));
    cell_add(find(m, metric, labels)->cells, by);
}

void metrics_set(struct metrics *m, enum metric metric, const unsigned *labels, double value)
{
    enum metric_kind kind = metric_table[metric].kind;
    _Atomic uint64_t *cell = find(m, metric, labels)->cells;

    assert(kind == KIND_SUM || kind == KIND_GAUGE || (kind == KIND_LEVEL && !isnan(value)));
    if (kind == KIND_SUM)
        cell_raise(cell, value);
    else
        cell_set(cell, value);
}

void metrics_clear(struct metrics *m, enum metric metric, const unsigned *labels)
{
    assert(metric_table[metric].kind == KIND_GAUGE);
    cell_set(find(m, metric, labels)->cells, METRIC_ABSENT);
}

static bool is_trace_id(const char *text)
{
    size_t len = 0;

    /* Not isxdigit: it asks the locale. */
    while (len < TRACE_ID_LEN && text[len] && strchr("0123456789abcdefABCDEF", text[len]))
        len++;
    return len == TRACE_ID_LEN && text[len] == '\0';
}

static void exemplar_put(struct exemplar *exemplar, const char *trace_id, double value)
{
    if (!is_trace_id(trace_id) ||
        atomic_flag_test_and_set_explicit(&exemplar->is_taken, memory_order_acquire))
        return;
    memcpy(exemplar->trace_id, trace_id, TRACE_ID_LEN + 1);
    exemplar->value = value;
    exemplar->at_ms = clock_now_ms();
    atomic_flag_clear_explicit(&exemplar->is_taken, memory_order_release);
}

void metrics_observe(struct metrics *m,
                     enum metric metric,
                     const unsigned *labels,
                     double value,
                     const char *trace_id)
{
    const struct series *series = find(m, metric, labels);
    size_t bucket = 0;

    assert(metric_table[metric].kind == KIND_HISTOGRAM);
    if (!isfinite(value))
        return;
    while (bucket < series->n_edges && value > series->edges[bucket])
        bucket++;
    atomic_fetch_add_explicit(&series->cells[CELL_FIRST_BUCKET + bucket], 1, memory_order_relaxed);
    cell_add(&series->cells[CELL_SUM], value);
    if (trace_id)
        exemplar_put(&series->exemplars[bucket], trace_id, value);
}

double metrics_value(const struct metrics *m, enum metric metric, const unsigned *labels)
{
    const struct series *series = find(m, metric, labels);
    enum metric_kind kind = metric_table[metric].kind;
    uint64_t count = 0;

    if (kind != KIND_COUNTER && kind != KIND_HISTOGRAM)
        return cell_number(series->cells);
    if (kind == KIND_COUNTER)
        return (double)atomic_load_explicit(series->cells, memory_order_relaxed);
    for (size_t i = 0; i <= series->n_edges; i++)
        count += atomic_load_explicit(&series->cells[CELL_FIRST_BUCKET + i], memory_order_relaxed);
    return (double)count;
}

/* ---- Building ---------------------------------------------------------------------------------- */

/* Walks the tables twice: without memory to count what is needed, then to hand it out. */
struct builder {
    struct metrics *m;
    const struct metrics_options *options;
    size_t n_cells, n_exemplars, n_prefixes; /* handed out so far */
    _Atomic uint64_t *cells;                 /* NULL while counting */
    struct exemplar *exemplars;
    struct sample_prefix *prefixes;
};

static size_t n_edges_of(const struct builder *b, unsigned feature)
{
    return b->options->n_feature_edges[feature];
}

static unsigned count_values(const struct builder *b, enum label label)
{
    const char *const *fixed = label_table[label].values;
    size_t n = b->options->values[label].n;

    if (label == LABEL_NONE)
        return 1;
    if (label == LABEL_FEATURE_BIN) {
        n = 0;
        for (unsigned f = 0; f < METRICS_FEATURES_MAX; f++)
            if (f < b->options->values[LABEL_FEATURE].n && n_edges_of(b, f) + 1 > n)
                n = n_edges_of(b, f) + 1;
    } else if (fixed[0]) {
        for (n = 0; fixed[n]; n++)
            continue;
    }
    return (unsigned)n;
}

static void put_escaped(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            (void)buffer_puts(out, "\\n");
        else if (*text == '"' || *text == '\\')
            (void)buffer_printf(out, "\\%c", *text);
        else
            (void)buffer_putc(out, *text);
    }
}

/* The text of a feature's bound: of the cell up to edges[i], or the one beyond the last. */
static void bound_text(const double *edges, size_t n_edges, size_t i, char out[NUMBER_TEXT_SIZE])
{
    (void)number_text_bound(i < n_edges ? edges[i] : HUGE_VAL, out);
}

/* Both bounds of a cell: from "bin" alone PromQL cannot tell which bin comes before. */
static void put_cell(const struct builder *b, struct buffer *out, unsigned feature, unsigned cell)
{
    const double *edges = b->options->feature_edges[feature];
    char bin[NUMBER_TEXT_SIZE], above[NUMBER_TEXT_SIZE];

    bound_text(edges, n_edges_of(b, feature), cell, bin);
    (void)number_text_bound(cell > 0 ? edges[cell - 1] : -HUGE_VAL, above);
    (void)buffer_printf(out, "%s=\"%s\",above=\"%s\"", label_table[LABEL_FEATURE_BIN].name, bin,
                        above);
}

/* The pairs between the braces. at[] are the indices of the values. */
static void put_labels(const struct builder *b,
                       struct buffer *out,
                       const struct metric_info *info,
                       const unsigned *at)
{
    for (size_t i = 0; i < METRIC_LABELS_MAX && info->labels[i] != LABEL_NONE; i++) {
        enum label label = info->labels[i];
        const struct label_info *named = &label_table[label];
        const char *value;

        if (i > 0)
            (void)buffer_putc(out, ',');
        if (label == LABEL_FEATURE_BIN) {
            put_cell(b, out, at[0], at[i]);
            continue;
        }
        value = named->values[0] ? named->values[at[i]] : b->options->values[label].values[at[i]];
        if (!named->name) {
            (void)buffer_puts(out, value);
            continue;
        }
        (void)buffer_printf(out, "%s=\"", named->name);
        put_escaped(out, value);
        (void)buffer_putc(out, '"');
    }
}

/* `name_suffix{labels,le="bound"} `; bound NULL: none. */
static void put_prefix(struct builder *b,
                       struct sample_prefix *prefix,
                       const char *const name[2],
                       const char *labels,
                       const char *bound)
{
    struct buffer *text = &b->m->text;

    prefix->at = (uint32_t)text->len;
    (void)buffer_printf(text, "%s%s", name[0], name[1]);
    if (*labels || bound)
        (void)buffer_printf(text, "{%s%s", labels, bound && *labels ? "," : "");
    if (bound)
        (void)buffer_printf(text, "le=\"%s\"", bound);
    (void)buffer_puts(text, *labels || bound ? "} " : " ");
    prefix->len = (uint32_t)(text->len - prefix->at);
}

static void put_prefixes(struct builder *b,
                         struct series *series,
                         const struct metric_info *info,
                         const unsigned *at)
{
    struct sample_prefix *prefix = series->prefixes;
    char bound[NUMBER_TEXT_SIZE];
    struct buffer labels;

    buffer_init(&labels, PREFIX_TEXT_MAX);
    put_labels(b, &labels, info, at);
    if (info->kind != KIND_HISTOGRAM) {
        put_prefix(b, prefix, (const char *const[]){info->name, ""}, buffer_text(&labels), NULL);
    } else {
        for (size_t i = 0; i <= series->n_edges; i++) {
            bound_text(series->edges, series->n_edges, i, bound);
            put_prefix(b, prefix++, (const char *const[]){info->name, "_bucket"},
                       buffer_text(&labels), bound);
        }
        put_prefix(b, prefix++, (const char *const[]){info->name, "_sum"}, buffer_text(&labels),
                   NULL);
        put_prefix(b, prefix, (const char *const[]){info->name, "_count"}, buffer_text(&labels),
                   NULL);
    }
    if (labels.starved || b->m->text.starved)
        xfail();
    assert(!labels.failed && !b->m->text.failed);
    buffer_finish(&labels);
}

static void start_value(struct series *series, enum metric_kind kind)
{
    if (kind == KIND_GAUGE)
        cell_set(series->cells, METRIC_ABSENT);
    else if (kind == KIND_INFO)
        cell_set(series->cells, 1);
    for (size_t i = 0; kind == KIND_HISTOGRAM && i <= series->n_edges; i++)
        atomic_flag_clear(&series->exemplars[i].is_taken);
}

static void build_series(struct builder *b,
                         struct series *series,
                         const struct metric_info *info,
                         const unsigned *at)
{
    bool is_histogram = info->kind == KIND_HISTOGRAM;
    size_t n_buckets;

    series->edges = info->buckets.edges;
    series->n_edges = info->buckets.n;
    if (is_histogram && !series->edges) {
        assert(info->labels[0] == LABEL_FEATURE);
        series->edges = b->m->edges[at[0]];
        series->n_edges = n_edges_of(b, at[0]);
    }
    if (info->labels[1] == LABEL_FEATURE_BIN && at[1] > n_edges_of(b, at[0]))
        return;
    n_buckets = is_histogram ? series->n_edges + 1 : 0;
    if (b->cells) {
        series->cells = b->cells + b->n_cells;
        series->exemplars = b->exemplars + b->n_exemplars;
        series->prefixes = b->prefixes + b->n_prefixes;
        start_value(series, info->kind);
        put_prefixes(b, series, info, at);
    }
    b->n_cells +=
        (CELL_FIRST_BUCKET + n_buckets + CELLS_PER_LINE - 1) / CELLS_PER_LINE * CELLS_PER_LINE;
    b->n_exemplars += n_buckets;
    b->n_prefixes += is_histogram ? n_buckets + 2 : 1;
}

static void build_families(struct builder *b)
{
    for (size_t metric = 0; metric < N_METRICS; metric++) {
        struct family *family = &b->m->families[metric];

        for (size_t i = 0; i < family->n_series; i++) {
            unsigned at[METRIC_LABELS_MAX];
            size_t rest = i;

            for (size_t k = METRIC_LABELS_MAX; k-- > 0; rest /= family->n_values[k])
                at[k] = (unsigned)(rest % family->n_values[k]);
            build_series(b, &family->series[i], &metric_table[metric], at);
        }
    }
}

static void size_families(struct builder *b)
{
    for (size_t metric = 0; metric < N_METRICS; metric++) {
        struct family *family = &b->m->families[metric];

        family->n_series = 1;
        for (size_t i = 0; i < METRIC_LABELS_MAX; i++) {
            family->n_values[i] = count_values(b, metric_table[metric].labels[i]);
            family->n_series *= family->n_values[i];
        }
        family->series = xcalloc(family->n_series, sizeof(*family->series));
    }
}

/* The first address in memory (which has room for a line more) that starts a cache line. */
static void *line_start(void *memory)
{
    size_t over = (uintptr_t)memory % CACHE_LINE;

    return (char *)memory + (over ? CACHE_LINE - over : 0);
}

struct metrics *metrics_new(const struct metrics_options *options)
{
    struct metrics *m = xcalloc(1, sizeof(*m));
    struct builder b = {.m = m, .options = options};

    assert(options->values[LABEL_FEATURE].n <= METRICS_FEATURES_MAX);
    buffer_init(&m->text, PREFIX_TEXT_MAX);
    for (unsigned f = 0; f < METRICS_FEATURES_MAX; f++) {
        m->edges[f] = xcalloc(n_edges_of(&b, f), sizeof(double));
        if (n_edges_of(&b, f) > 0)
            memcpy(m->edges[f], options->feature_edges[f], n_edges_of(&b, f) * sizeof(double));
    }
    size_families(&b);
    build_families(&b);
    m->cells = xcalloc(b.n_cells + CELLS_PER_LINE, sizeof(*b.cells));
    m->exemplars = xcalloc(b.n_exemplars, sizeof(*b.exemplars));
    m->prefixes = xcalloc(b.n_prefixes, sizeof(*b.prefixes));
    b = (struct builder){.m = m,
                         .options = options,
                         .cells = line_start(m->cells),
                         .exemplars = m->exemplars,
                         .prefixes = m->prefixes};
    build_families(&b);
    return m;
}

void metrics_free(struct metrics *m)
{
    if (!m)
        return;
    for (size_t metric = 0; metric < N_METRICS; metric++)
        free(m->families[metric].series);
    for (size_t f = 0; f < METRICS_FEATURES_MAX; f++)
        free(m->edges[f]);
    buffer_finish(&m->text);
    free(m->prefixes);
    free(m->exemplars);
    free(m->cells);
    free(m);
}
