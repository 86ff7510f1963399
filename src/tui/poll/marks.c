#include "tui/poll/marks.h"

#include "common/alloc.h"

#include <stdio.h>
#include <string.h>

static void add(struct operations_data *data,
                const struct simulation *run,
                enum mark_kind kind,
                int64_t at_ms,
                int64_t ahead_ms)
{
    struct mark *mark = &data->marks[data->n_marks];

    if (at_ms <= 0)
        return;
    data->n_marks++;
    mark->at_ms = at_ms + ahead_ms;
    mark->kind = kind;
    mark->simulation_id = run->id;
    (void)snprintf(mark->text, sizeof(mark->text), "%s %lld", run->kind, (long long)run->id);
}

static int compare(const void *left, const void *right)
{
    const struct mark *a = left, *b = right;

    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms ? -1 : 1;
    if (a->simulation_id != b->simulation_id)
        return a->simulation_id < b->simulation_id ? -1 : 1;
    return (int)a->kind - (int)b->kind;
}

void marks_make(struct operations_data *data, int64_t ahead_ms)
{
    free(data->marks);
    data->n_marks = 0;
    data->marks = xcalloc(2 * data->simulations.n, sizeof(*data->marks));
    for (size_t i = 0; i < data->simulations.n; i++) {
        const struct simulation *run = &data->simulations.at[i];

        if (strcmp(run->kind, "baseline") == 0)
            continue;
        add(data, run, MARK_START, run->started_at_ms, ahead_ms);
        if (run->state != SIMULATION_RUNNING)
            add(data, run, MARK_END, run->ended_at_ms, ahead_ms);
    }
    qsort(data->marks, data->n_marks, sizeof(*data->marks), compare);
}
