#include "tui/board/query_plan.h"

#include "common/alloc.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Making ------------------------------------------------------------------------------------- */

static struct plan_item *add_item(struct query_plan *plan)
{
    struct plan_item *item;

    plan->items = xrealloc_array(plan->items, plan->n_items + 1, sizeof(*plan->items));
    item = &plan->items[plan->n_items++];
    memset(item, 0, sizeof(*item));
    item->age_s = (double)NAN;
    return item;
}

/* The item for the age of that selector, shared by all panels that look at it. */
static size_t obtain_age(struct query_plan *plan, const char *selector)
{
    struct plan_item *item;

    for (size_t i = 0; i < plan->n_items; i++)
        if (plan->items[i].is_age && strcmp(plan->items[i].selector, selector) == 0)
            return i;
    item = add_item(plan);
    item->is_age = true;
    item->selector = xstrdup(selector);
    return plan->n_items - 1;
}

static void add_age(struct query_plan *plan, struct plan_panel *panel, const char *selector)
{
    size_t item = obtain_age(plan, selector);

    for (size_t i = 0; i < panel->n_ages; i++)
        if (panel->ages[i] == item)
            return;
    if (panel->n_ages < PROM_QUERY_SELECTORS_MAX)
        panel->ages[panel->n_ages++] = item;
}

/* Selectors do not depend on the window: any times will do. */
static void add_ages(struct query_plan *plan, struct plan_panel *panel, const char *expr)
{
    static const struct dashboard_times any = {0, 60000, 60000, 60000};
    struct prom_selectors selectors;
    struct buffer filled;

    buffer_init(&filled, 2 * DASHBOARD_EXPR_MAX);
    if (dashboard_fill_in(plan->dashboard, expr, &any, &filled, NULL) == 0) {
        prom_selectors_read(buffer_text(&filled), &selectors);
        for (size_t i = 0; i < selectors.n; i++)
            add_age(plan, panel, selectors.at[i]);
        prom_selectors_finish(&selectors);
    }
    buffer_finish(&filled);
}

static void add_targets(struct query_plan *plan, size_t panel_index)
{
    const struct panel *panel = &plan->dashboard->panels[panel_index];
    struct plan_panel *planned = &plan->panels[panel_index];

    planned->first_item = plan->n_items;
    for (size_t t = 0; panel_is_drawn(panel) && panel_is_of_queries(panel) && t < panel->n_targets;
         t++) {
        struct plan_item *item;

        if (!panel->targets[t].is_asked)
            continue;
        item = add_item(plan);
        item->panel = panel_index;
        item->target = t;
        planned->n_items++;
    }
}

struct query_plan *query_plan_new(struct dashboard *dashboard)
{
    struct query_plan *plan = xcalloc(1, sizeof(*plan));

    plan->dashboard = dashboard_ref(dashboard);
    plan->panels = xcalloc(dashboard->n_panels, sizeof(*plan->panels));
    for (size_t p = 0; p < dashboard->n_panels; p++)
        add_targets(plan, p);
    for (size_t p = 0; p < dashboard->n_panels; p++)
        for (size_t i = 0; i < plan->panels[p].n_items; i++) {
            size_t target = plan->items[plan->panels[p].first_item + i].target;

            add_ages(plan, &plan->panels[p], dashboard->panels[p].targets[target].expr);
        }
    return plan;
}

void query_plan_free(struct query_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->n_items; i++)
        free(plan->items[i].selector);
    free(plan->items);
    free(plan->panels);
    dashboard_unref(plan->dashboard);
    free(plan);
}

void query_plan_forget_lines(struct query_plan *plan)
{
    for (size_t i = 0; i < plan->n_items; i++)
        plan->items[i].have = (struct time_grid){0};
}

/* ---- Chunks ------------------------------------------------------------------------------------- */

void plan_chunk_free(struct plan_chunk *chunk)
{
    if (!chunk)
        return;
    buffer_finish(&chunk->expr);
    free(chunk);
}

void plan_chunks_finish(struct plan_chunks *chunks)
{
    while (chunks->next < chunks->n)
        plan_chunk_free(chunks->at[chunks->next++]);
    free(chunks->at);
    *chunks = (struct plan_chunks){0};
}

struct plan_chunk *plan_chunks_take(struct plan_chunks *chunks)
{
    return chunks->next < chunks->n ? chunks->at[chunks->next++] : NULL;
}

static struct plan_chunk *add_chunk(struct plan_chunks *chunks, const struct time_grid *grid)
{
    struct plan_chunk *chunk = xcalloc(1, sizeof(*chunk));

    chunk->grid = *grid;
    buffer_init(&chunk->expr, PLAN_CHUNK_BYTES_MAX);
    chunks->at = xrealloc_array(chunks->at, chunks->n + 1, sizeof(struct plan_chunk *));
    chunks->at[chunks->n++] = chunk;
    return chunk;
}

/* The item's expression as it is to be asked. */
static int write_expr(const struct query_plan *plan,
                      const struct plan_item *item,
                      const struct dashboard_times *times,
                      struct buffer *out,
                      struct tw_error *err)
{
    const struct panel *panel = &plan->dashboard->panels[item->panel];

    if (!item->is_age)
        return dashboard_fill_in(plan->dashboard, panel->targets[item->target].expr, times, out,
                                 err);
    (void)buffer_printf(out, "time() - max(timestamp(%s))", item->selector);
    return 0;
}

static void fail(struct plan_standing *standing,
                 const char *reason,
                 int64_t mono_ms,
                 double random01)
{
    standing->n_failures++;
    standing->goes_alone = true;
    standing->is_bare = false;
    standing->retry_at_mono_ms = mono_ms + backoff_ms(standing->n_failures, random01);
    (void)snprintf(standing->reason, sizeof(standing->reason), "%s", reason);
}

/* Puts the item into the chunk. False when there is no room, or they cannot go together. */
static bool join(struct plan_chunk *chunk, size_t index, const char *expr, bool is_alone)
{
    size_t before = chunk->expr.len;

    if (chunk->n > 0 && (is_alone || chunk->n == PLAN_CHUNK_ITEMS_MAX ||
                         before + strlen(expr) + 64 > PLAN_CHUNK_BYTES_MAX))
        return false;
    if (chunk->is_bare)
        (void)buffer_puts(&chunk->expr, expr);
    else
        prom_query_join(&chunk->expr, index, expr);
    chunk->items[chunk->n++] = index;
    return true;
}

/* A chunk with this one item. */
static void add_alone(struct query_plan *plan,
                      struct plan_round *round,
                      size_t index,
                      const struct time_grid *grid,
                      bool is_bare)
{
    struct buffer expr;

    buffer_init(&expr, 2 * DASHBOARD_EXPR_MAX);
    if (write_expr(plan, &plan->items[index], &round->times, &expr, NULL) == 0) {
        struct plan_chunk *chunk = add_chunk(&round->chunks, grid);

        chunk->is_bare = is_bare;
        (void)join(chunk, index, buffer_text(&expr), true);
    }
    buffer_finish(&expr);
}

/* ---- A round ------------------------------------------------------------------------------------ */

static bool is_for(const struct query_plan *plan, const struct plan_item *item, enum plan_mode mode)
{
    if (mode == PLAN_VALUES)
        return true;
    return !item->is_age && !plan->dashboard->panels[item->panel].targets[item->target].is_instant;
}

struct joining {
    struct plan_chunk *open; /* takes further ones; NULL: none does */
    struct buffer expr;      /* of the item at hand */
};

static void ask_joined(struct plan_round *round,
                       struct joining *joining,
                       size_t index,
                       const struct time_grid *grid)
{
    const char *expr = buffer_text(&joining->expr);

    if (joining->open && time_grid_equal(&joining->open->grid, grid) &&
        join(joining->open, index, expr, false))
        return;
    joining->open = add_chunk(&round->chunks, grid);
    (void)join(joining->open, index, expr, false);
}

static void ask_item(struct query_plan *plan,
                     struct plan_round *round,
                     size_t index,
                     int64_t mono_ms,
                     struct joining *joining)
{
    struct plan_item *item = &plan->items[index];
    struct plan_standing *standing = &item->standings[round->mode];
    struct time_grid missing = {0};
    struct tw_error err;

    if (standing->reason[0] && mono_ms < standing->retry_at_mono_ms)
        return;
    if (round->mode == PLAN_LINES) {
        missing = time_grid_missing(&item->have, &round->want);
        if (missing.n == 0)
            return;
    }
    buffer_clear(&joining->expr);
    if (write_expr(plan, item, &round->times, &joining->expr, &err) < 0)
        fail(standing, err.message, mono_ms, 0.5);
    else if (standing->goes_alone)
        add_alone(plan, round, index, &missing, standing->is_bare);
    else
        ask_joined(round, joining, index, &missing);
}

void query_plan_ask(struct query_plan *plan, struct plan_round *round, int64_t mono_ms)
{
    struct joining joining = {0};

    buffer_init(&joining.expr, 2 * DASHBOARD_EXPR_MAX);
    for (size_t i = 0; i < plan->n_items; i++)
        if (is_for(plan, &plan->items[i], round->mode))
            ask_item(plan, round, i, mono_ms, &joining);
    buffer_finish(&joining.expr);
}

void query_plan_refused(struct query_plan *plan,
                        struct plan_round *round,
                        const struct plan_chunk *chunk,
                        const char *reason,
                        int64_t mono_ms,
                        double random01)
{
    struct plan_standing *standing = &plan->items[chunk->items[0]].standings[round->mode];

    if (chunk->n > 1) {
        for (size_t i = 0; i < chunk->n; i++)
            add_alone(plan, round, chunk->items[i], &chunk->grid, false);
    } else if (!chunk->is_bare && !standing->reason[0]) {
        add_alone(plan, round, chunk->items[0], &chunk->grid, true);
    } else {
        fail(standing, reason, mono_ms, random01);
    }
}

void query_plan_answered(struct query_plan *plan,
                         const struct plan_round *round,
                         const struct plan_chunk *chunk,
                         size_t n_series)
{
    bool goes_alone = chunk->is_bare || (chunk->n == 1 && n_series > PLAN_JOINED_SERIES_MAX);

    for (size_t i = 0; i < chunk->n; i++) {
        struct plan_item *item = &plan->items[chunk->items[i]];
        struct plan_standing *standing = &item->standings[round->mode];

        *standing = (struct plan_standing){.goes_alone = goes_alone, .is_bare = chunk->is_bare};
        if (round->mode == PLAN_LINES)
            item->have = round->want;
    }
}

/* ---- What panels learn --------------------------------------------------------------------------- */

int64_t query_plan_age_ms(const struct query_plan *plan, size_t panel)
{
    const struct plan_panel *planned = &plan->panels[panel];
    double oldest_s = -1;

    for (size_t i = 0; i < planned->n_ages; i++) {
        double age_s = plan->items[planned->ages[i]].age_s;

        if (age_s > oldest_s && age_s < 1e9)
            oldest_s = age_s;
    }
    return oldest_s < 0 ? -1 : (int64_t)(oldest_s * 1000);
}

size_t query_plan_failures(const struct query_plan *plan, size_t panel, const char **ret_reason)
{
    const struct plan_panel *planned = &plan->panels[panel];
    size_t n = 0;

    *ret_reason = NULL;
    for (size_t i = 0; i < planned->n_items; i++) {
        const struct plan_standing *of = plan->items[planned->first_item + i].standings;
        const char *reason =
            of[PLAN_VALUES].reason[0] ? of[PLAN_VALUES].reason : of[PLAN_LINES].reason;

        if (reason[0] && !*ret_reason)
            *ret_reason = reason;
        n += reason[0] != '\0';
    }
    return n;
}
