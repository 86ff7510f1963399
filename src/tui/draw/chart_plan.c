#include "tui/draw/chart_plan.h"

#include "tui/text/units.h"

#include <math.h>
#include <string.h>

#define SIZE_MAX_DRAWN  1e300 /* beyond, differences would overflow: drawn at the edge */
#define LABELS_MIN_COLS 18    /* narrower charts have no y labels */
#define MIDDLE_MIN_ROWS 5     /* lower ones no middle label */
#define AXIS_MIN_ROWS   4     /* nor a time axis */
#define TICK_CELLS      9     /* least distance of labels on the time axis */

int chart_dots(int width, enum encoding encoding)
{
    int columns = width >= LABELS_MIN_COLS ? width - CHART_LABEL_WIDTH : width;

    if (columns < 1)
        return 1;
    return encoding == ENCODING_UTF8 ? 2 * columns : columns;
}

/* ---- Range ---------------------------------------------------------------------------------- */

static double bounded(double value)
{
    return fmin(fmax(value, -SIZE_MAX_DRAWN), SIZE_MAX_DRAWN);
}

static void widen(struct chart_range *range, double value)
{
    if (!isfinite(value))
        return;
    range->min = fmin(range->min, bounded(value));
    range->max = fmax(range->max, bounded(value));
}

/* The next round number above size, with a little room: 0.29 -> 0.4, 0.21 -> 0.3, 22 -> 30. */
static double round_up(double size)
{
    static const double steps[] = {1, 1.5, 2, 3, 4, 5, 6, 8, 10};
    double roomy = size * 1.05, unit;

    if (!(roomy > 1e-290))
        return 0;
    unit = pow(10, floor(log10(roomy)));
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (steps[i] * unit >= roomy * (1 - 1e-9))
            return steps[i] * unit;
    return 10 * unit;
}

/* From zero on, so that heights compare; but what moves by less than a tenth of its size, such as
 * memory, is shown around its own level. */
static struct chart_range round_range(struct chart_range data)
{
    double span = data.max - data.min;

    if (data.min > 0 && span < 0.1 * data.max && span > 0) {
        double pad = round_up(span) / 2;

        return (struct chart_range){data.min - pad, data.max + pad};
    }
    return (struct chart_range){
        .min = data.min < 0 ? -round_up(-data.min) : 0,
        .max = data.max > 0 ? round_up(data.max) : 0,
    };
}

/* The least and the largest finite value over 0. */
static struct chart_range positive_values(const struct chart *chart)
{
    struct chart_range range = {(double)INFINITY, 0};

    for (size_t s = 0; s < chart->n_series; s++)
        for (size_t i = 0; i < chart->series[s].n_values; i++) {
            double value = chart->series[s].values[i];

            if (!isfinite(value) || value <= 0)
                continue;
            range.min = fmin(range.min, bounded(value));
            range.max = fmax(range.max, bounded(value));
        }
    return range;
}

bool chart_has_log_axis(const struct chart *chart)
{
    return chart->is_logarithmic && positive_values(chart).max > 0;
}

/* Whole powers of ten around the values; the limits between them are in it, and do not widen it. */
static struct chart_range log_range(const struct chart *chart)
{
    struct chart_range range = positive_values(chart);

    range.min = pow(10, floor(log10(fmax(range.min, 1e-290))));
    range.max = pow(10, ceil(log10(fmax(range.max, 1e-290))));
    if (!(range.max > range.min))
        range.max = range.min * 10;
    return range;
}

struct chart_range chart_range(const struct chart *chart)
{
    struct chart_range range = {(double)INFINITY, -(double)INFINITY};

    if (chart_has_log_axis(chart))
        return log_range(chart);
    for (size_t s = 0; s < chart->n_series; s++)
        for (size_t i = 0; i < chart->series[s].n_values; i++)
            widen(&range, chart->series[s].values[i]);
    for (size_t i = 0; i < chart->n_limits; i++)
        widen(&range, chart->limits[i].value);
    range = range.min <= range.max ? round_range(range) : (struct chart_range){0, 1};
    if (isfinite(chart->min))
        range.min = bounded(chart->min);
    if (isfinite(chart->max))
        range.max = bounded(chart->max);
    if (!(range.max > range.min))
        range.max = range.min + fmax(1, fabs(range.min) * 0.1);
    return range;
}

/* ---- Parts ---------------------------------------------------------------------------------- */

double chart_plan_share(const struct chart_plan *plan, double value)
{
    const struct chart_range *range = &plan->range;

    if (!plan->is_logarithmic)
        return (value - range->min) / (range->max - range->min);
    return value > 0 ? log(value / range->min) / log(range->max / range->min) : (double)NAN;
}

/* What the middle of a row stands for: dots are placed from edge to edge, and a row has them all. */
static double value_of_row(const struct chart_plan *plan, int row)
{
    double share = plan->plot.height > 1 ? (double)row / (plan->plot.height - 1) : 0;

    if (plan->is_logarithmic)
        return plan->range.max * pow(plan->range.min / plan->range.max, share);
    return plan->range.max - share * (plan->range.max - plan->range.min);
}

static void add_label(struct chart_plan *plan, int row, double value, const char *unit)
{
    struct chart_label *label = &plan->label[plan->n_labels++];

    label->row = row;
    /* On a logarithmic axis neighbours are far apart: the value's own size says what matters. */
    (void)units_format_axis(label->text, CHART_LABEL_LEN, unit,
                            plan->is_logarithmic ? value : plan->range.max - plan->range.min,
                            value);
}

/* The middle row's own value, or that of the limit whose line is drawn there: "0.40 crit" beside the line
 * of 0.5 would be read as a limit of 0.40. */
static double middle_value(const struct chart_plan *plan, const struct chart *chart, int row)
{
    double rows = plan->plot.height - 1;

    for (size_t i = 0; i < chart->n_limits; i++) {
        double share = 1 - chart_plan_share(plan, chart->limits[i].value);

        if (share >= 0 && share <= 1 && (int)(share * rows + 0.5) == row)
            return chart->limits[i].value;
    }
    return value_of_row(plan, row);
}

static void add_labels(struct chart_plan *plan, const struct chart *chart)
{
    int n_rows = plan->plot.height, width = CHART_LABEL_WIDTH;
    const char *unit = chart->unit;

    add_label(plan, 0, value_of_row(plan, 0), unit);
    if (n_rows >= MIDDLE_MIN_ROWS)
        add_label(plan, n_rows / 2, middle_value(plan, chart, n_rows / 2), unit);
    if (n_rows >= 2)
        add_label(plan, n_rows - 1, value_of_row(plan, n_rows - 1), unit);
    for (int i = 0; i < plan->n_labels; i++)
        if ((int)strlen(plan->label[i].text) + 1 > width)
            width = (int)strlen(plan->label[i].text) + 1;
    plan->labels = plan->plot;
    plan->labels.width = width;
    plan->plot.x += width;
    plan->plot.width -= width;
}

struct chart_plan chart_plan_make(const struct chart *chart, struct rect rect)
{
    struct chart_plan plan = {
        .plot = rect,
        .range = chart_range(chart),
        .is_logarithmic = chart_has_log_axis(chart),
        .start_ms = chart->start_ms,
        .end_ms = chart->end_ms > chart->start_ms ? chart->end_ms : chart->start_ms + 1,
    };
    bool has_axis = chart->has_time_axis && rect.height >= AXIS_MIN_ROWS;

    if (has_axis)
        plan.plot.height--;
    if (rect.width >= LABELS_MIN_COLS && rect.height >= 1)
        add_labels(&plan, chart);
    if (has_axis) {
        plan.axis = plan.plot;
        plan.axis.y += plan.plot.height;
        plan.axis.height = 1;
    }
    return plan;
}

/* ---- Time ----------------------------------------------------------------------------------- */

int chart_plan_column(const struct chart_plan *plan, int64_t at_ms)
{
    double share = (double)(at_ms - plan->start_ms) / (double)(plan->end_ms - plan->start_ms);

    if (at_ms < plan->start_ms || at_ms > plan->end_ms || plan->plot.width < 1)
        return -1;
    return plan->plot.x + (int)lround(share * (plan->plot.width - 1));
}

int chart_column_of(const struct chart *chart, struct rect rect, int64_t at_ms)
{
    struct chart_plan plan = chart_plan_make(chart, rect);

    return chart_plan_column(&plan, at_ms);
}

int64_t chart_moment_at(const struct chart *chart, struct rect rect, int x)
{
    struct chart_plan plan = chart_plan_make(chart, rect);
    int column = x - plan.plot.x, n_steps = plan.plot.width > 1 ? plan.plot.width - 1 : 1;

    if (column < 0 || column >= plan.plot.width)
        return -1;
    return plan.start_ms +
           (int64_t)((double)(plan.end_ms - plan.start_ms) * (double)column / (double)n_steps);
}

int64_t chart_plan_tick_ms(const struct chart_plan *plan)
{
    static const int32_t steps_s[] = {1,     2,     5,      10,     15,      30,      60,    120,
                                      300,   600,   900,    1800,   3600,    7200,    10800, 21600,
                                      43200, 86400, 172800, 604800, 2592000, 31536000};
    double least_ms = (double)(plan->end_ms - plan->start_ms) * TICK_CELLS /
                      (double)(plan->plot.width > 1 ? plan->plot.width : 1);

    for (size_t i = 0; i < COUNT_OF(steps_s); i++)
        if (steps_s[i] * 1000.0 >= least_ms)
            return (int64_t)steps_s[i] * 1000;
    return (int64_t)1000 * 315360000; /* ten years */
}
