/* What each question about one panel asks, and what becomes of its answer. */

#include "common/json.h"
#include "tui/data/prom_matrix.h"
#include "tui/data/prom_query.h"
#include "tui/poll/poller_inspect_parts.h"

#include <math.h>
#include <string.h>

#define COST_MS      60000
#define RULES_MS     15000
#define EXEMPLARS_MS 15000
#define FLAGS_MS     600000
#define COMPARE_MS   15000 /* at the least */
#define LATE_MS      60000 /* a scrape is in the server's head, and in its answers, by then */

/* The past is asked for beyond the right end of the chart, which moves on: an eighth of the window, eight
 * minutes at the least, so that it is asked again after half of that. */
#define COMPARE_AHEAD    8
#define COMPARE_AHEAD_MS 480000

/* ---- Writing ------------------------------------------------------------------------------------ */

enum compare_id inspect_job_compare(enum inspect_job_id id)
{
    return id >= JOB_COMPARE && id <= JOB_COMPARE_LAST ? (enum compare_id)(id - JOB_COMPARE)
                                                       : N_COMPARES;
}

static int64_t offset_of(enum inspect_job_id id)
{
    return inspect_compare_ms(inspect_job_compare(id));
}

static struct time_grid earlier_grid(const struct inspect_live *live, enum inspect_job_id id)
{
    struct time_grid grid = live->window;
    size_t n_least = (size_t)(COMPARE_AHEAD_MS / grid.step_ms);

    grid.start_ms -= offset_of(id);
    grid.n += (n_least > grid.n / COMPARE_AHEAD ? n_least : grid.n / COMPARE_AHEAD) + 1;
    return grid;
}

static void write_cost(const struct poller *poller,
                       enum inspect_job_id id,
                       const struct target *target,
                       const char *expr,
                       int64_t timeout_ms,
                       struct buffer *out)
{
    const struct time_grid *window = &poller->inspect.window;

    (void)id;
    if (target->is_instant)
        prom_query_write_instant(expr, time_grid_end_ms(window), timeout_ms, poller->flavour, out);
    else
        prom_query_write_range(expr, window, timeout_ms, poller->flavour, out);
    (void)buffer_puts(out, "&stats=all");
}

static void write_compare(const struct poller *poller,
                          enum inspect_job_id id,
                          const struct target *target,
                          const char *expr,
                          int64_t timeout_ms,
                          struct buffer *out)
{
    struct time_grid grid = earlier_grid(&poller->inspect, id);

    (void)target;
    prom_query_write_range(expr, &grid, timeout_ms, poller->flavour, out);
}

/* The span that is asked for: all of it the first time, then what is new, and what may have come late. */
static void exemplar_span(const struct inspect_live *live, int64_t *ret_from_ms, int64_t *ret_to_ms)
{
    inspect_exemplar_span(&live->window, live->want.cursor_ms, ret_from_ms, ret_to_ms);
    if (live->exemplars_until_ms - LATE_MS > *ret_from_ms)
        *ret_from_ms = live->exemplars_until_ms - LATE_MS;
}

static void write_exemplars(const struct poller *poller,
                            enum inspect_job_id id,
                            const struct target *target,
                            const char *expr,
                            int64_t timeout_ms,
                            struct buffer *out)
{
    int64_t from_ms, to_ms;

    (void)id;
    (void)target;
    exemplar_span(&poller->inspect, &from_ms, &to_ms);
    prom_exemplars_write_query(expr, from_ms, to_ms, timeout_ms, out);
}

/* ---- Cost --------------------------------------------------------------------------------------- */

/* Prometheus's count of what it read: data.stats.samples.totalQueryableSamples. -1: it does not say. */
static int64_t samples_read(const struct fetch_reply *reply)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *stats;

    if (json_parse(reply->body, reply->body_len, &json, NULL) < 0)
        return -1;
    stats = json_get(json_get(json_get(json, "data"), "stats"), "samples");
    return (int64_t)json_number(json_get(stats, "totalQueryableSamples"), -1);
}

static void count_points(struct inspect_cost *cost, const struct prom_line *line)
{
    cost->n_points += line->n;
    for (size_t i = 0; i < line->n; i++)
        cost->n_nan += isnan(line->points[i].value);
}

static void count_answer(struct inspect_cost *cost,
                         size_t n_series,
                         const struct prom_notes *warnings,
                         const struct prom_notes *infos)
{
    cost->n_series += n_series;
    poller_join_notes(&cost->warnings, warnings);
    poller_join_notes(&cost->infos, infos);
}

static int count_lines(struct inspect_cost *cost,
                       const struct fetch_reply *reply,
                       struct tw_error *err)
{
    struct prom_matrix matrix;

    if (prom_read_matrix(reply, &matrix, err) < 0)
        return -1;
    for (size_t i = 0; i < matrix.n; i++)
        count_points(cost, &matrix.at[i]);
    count_answer(cost, matrix.n, &matrix.warnings, &matrix.infos);
    prom_matrix_finish(&matrix);
    return 0;
}

static int count_values(struct inspect_cost *cost,
                        const struct fetch_reply *reply,
                        struct tw_error *err)
{
    struct prom_vector vector;

    if (prom_read_vector(reply, &vector, err) < 0)
        return -1;
    cost->n_points += vector.n;
    for (size_t i = 0; i < vector.n; i++)
        cost->n_nan += isnan(vector.at[i].value);
    count_answer(cost, vector.n, &vector.warnings, &vector.infos);
    prom_vector_finish(&vector);
    return 0;
}

static int take_cost(struct poller *poller,
                     enum inspect_job_id id,
                     const struct target *target,
                     const struct fetch_reply *reply,
                     struct tw_error *err)
{
    struct inspect_cost *cost = &poller->inspect.cost;
    int64_t n_samples;

    (void)id;
    if ((target->is_instant ? count_values : count_lines)(cost, reply, err) < 0)
        return -1;
    n_samples = samples_read(reply);
    cost->n_samples = n_samples < 0 || cost->n_samples < 0 ? -1 : cost->n_samples + n_samples;
    cost->n_requests++;
    cost->n_bytes += reply->body_len;
    cost->elapsed_us += reply->elapsed_us;
    return 0;
}

static void begin_cost(struct inspect_live *live, enum inspect_job_id id)
{
    (void)id;
    live->cost = (struct inspect_cost){.grid = live->window};
}

static int64_t end_cost(struct inspect_live *live, enum inspect_job_id id)
{
    (void)id;
    live->cost.is_known = true;
    live->data->cost = live->cost;
    return live->end_ms > 0 ? INT64_MAX : COST_MS;
}

static char *cost_reason(struct inspect_data *data, enum inspect_job_id id)
{
    (void)id;
    return data->cost.reason;
}

/* ---- The past ----------------------------------------------------------------------------------- */

static void lay_line(struct series_set *set,
                     size_t target,
                     const struct prom_line *line,
                     int64_t offset_ms)
{
    struct series *series = series_set_obtain(set, target, &line->labels, "earlier");

    for (size_t i = 0; series && i < line->n; i++) {
        double at_ms = line->points[i].at_s * 1000;

        if (at_ms > 0 && at_ms < 1e15)
            series_put(set, series, (int64_t)(at_ms + 0.5) + offset_ms, line->points[i].value);
    }
}

static int take_compare(struct poller *poller,
                        enum inspect_job_id id,
                        const struct target *target,
                        const struct fetch_reply *reply,
                        struct tw_error *err)
{
    size_t index = (size_t)(target - inspect_panel(poller)->targets);
    struct prom_matrix matrix;

    if (prom_read_matrix(reply, &matrix, err) < 0)
        return -1;
    for (size_t i = 0; i < matrix.n; i++)
        lay_line(&poller->inspect.sets[inspect_job_compare(id)], index, &matrix.at[i],
                 offset_of(id));
    prom_matrix_finish(&matrix);
    return 0;
}

static void begin_compare(struct inspect_live *live, enum inspect_job_id id)
{
    struct series_set *set = &live->sets[inspect_job_compare(id)];

    series_set_finish(set);
    set->grid = earlier_grid(live, id);
    set->grid.start_ms += offset_of(id);
}

/* Again before the chart's end has reached what was asked for; and what lay in the future then. */
static int64_t end_compare(struct inspect_live *live, enum inspect_job_id id)
{
    struct inspect_compare *compare = &live->data->compare[inspect_job_compare(id)];
    struct series_set *set = &live->sets[inspect_job_compare(id)];
    int64_t ahead_ms = time_grid_end_ms(&set->grid) - time_grid_end_ms(&live->window);

    series_set_finish(&compare->set);
    compare->set = *set;
    *set = (struct series_set){0};
    compare->is_known = true;
    compare->reason[0] = '\0';
    if (live->end_ms > 0)
        return INT64_MAX;
    if (ahead_ms > offset_of(id))
        ahead_ms = offset_of(id);
    return ahead_ms / 2 > COMPARE_MS ? ahead_ms / 2 : COMPARE_MS;
}

static char *compare_reason(struct inspect_data *data, enum inspect_job_id id)
{
    return data->compare[inspect_job_compare(id)].reason;
}

/* ---- Exemplars ---------------------------------------------------------------------------------- */

static int take_exemplars(struct poller *poller,
                          enum inspect_job_id id,
                          const struct target *target,
                          const struct fetch_reply *reply,
                          struct tw_error *err)
{
    (void)id;
    (void)target;
    return prom_exemplars_add(&poller->inspect.exemplars, reply, err);
}

static void begin_exemplars(struct inspect_live *live, enum inspect_job_id id)
{
    int64_t from_ms, to_ms;

    (void)id;
    inspect_exemplar_span(&live->window, live->want.cursor_ms, &from_ms, &to_ms);
    if (live->exemplars_until_ms == 0)
        prom_exemplars_finish(&live->exemplars);
    prom_exemplars_drop_before(&live->exemplars, from_ms);
}

static int64_t end_exemplars(struct inspect_live *live, enum inspect_job_id id)
{
    struct inspect_exemplars *exemplars = &live->data->exemplars;

    (void)id;
    prom_exemplars_finish(&exemplars->found);
    prom_exemplars_copy(&live->exemplars, &exemplars->found);
    inspect_exemplar_span(&live->window, live->want.cursor_ms, &exemplars->from_ms,
                          &exemplars->to_ms);
    live->exemplars_until_ms = exemplars->to_ms;
    exemplars->is_known = true;
    exemplars->reason[0] = '\0';
    return live->end_ms > 0 ? INT64_MAX : EXEMPLARS_MS;
}

static char *exemplars_reason(struct inspect_data *data, enum inspect_job_id id)
{
    (void)id;
    return data->exemplars.reason;
}

static int take_flags(struct poller *poller,
                      enum inspect_job_id id,
                      const struct target *target,
                      const struct fetch_reply *reply,
                      struct tw_error *err)
{
    (void)id;
    (void)target;
    (void)err;
    poller->inspect.data->exemplars.storage =
        poller->flavour == PROM_VICTORIAMETRICS ? PROM_STORAGE_NEVER : prom_exemplar_storage(reply);
    return 0;
}

/* ---- Rules -------------------------------------------------------------------------------------- */

static int take_rules(struct poller *poller,
                      enum inspect_job_id id,
                      const struct target *target,
                      const struct fetch_reply *reply,
                      struct tw_error *err)
{
    struct inspect_rules *rules = &poller->inspect.data->rules;
    struct prom_rules all;

    (void)id;
    (void)target;
    if (prom_read_rules(reply, &all, err) < 0)
        return -1;
    prom_rules_finish(&rules->about);
    inspect_rules_take(&all, inspect_panel(poller), &rules->about);
    rules->is_known = true;
    rules->reason[0] = '\0';
    return 0;
}

static char *rules_reason(struct inspect_data *data, enum inspect_job_id id)
{
    (void)id;
    return data->rules.reason;
}

/* ---- The table ---------------------------------------------------------------------------------- */

const struct inspect_job_info inspect_jobs[N_INSPECT_JOBS] = {
    [JOB_RULES] = {.path = "/api/v1/rules",
                   .period_ms = RULES_MS,
                   .max_reply_bytes = REPLY_SMALL * 2,
                   .take = take_rules,
                   .reason = rules_reason},
    [JOB_COST] = {.path = "/api/v1/query_range",
                  .instant_path = "/api/v1/query",
                  .write = write_cost,
                  .max_reply_bytes = REPLY_LARGE,
                  .take = take_cost,
                  .begin = begin_cost,
                  .end = end_cost,
                  .reason = cost_reason},
    [JOB_COMPARE... JOB_COMPARE_LAST] = {.path = "/api/v1/query_range",
                                         .write = write_compare,
                                         .max_reply_bytes = REPLY_LARGE,
                                         .take = take_compare,
                                         .begin = begin_compare,
                                         .end = end_compare,
                                         .reason = compare_reason},
    [JOB_FLAGS] = {.path = "/api/v1/status/flags",
                   .period_ms = FLAGS_MS,
                   .max_reply_bytes = REPLY_SMALL,
                   .take = take_flags},
    [JOB_EXEMPLARS] = {.path = "/api/v1/query_exemplars",
                       .instant_path = "/api/v1/query_exemplars",
                       .is_by_selector = true,
                       .write = write_exemplars,
                       .max_reply_bytes = REPLY_SMALL * 2,
                       .take = take_exemplars,
                       .begin = begin_exemplars,
                       .end = end_exemplars,
                       .reason = exemplars_reason},
};
