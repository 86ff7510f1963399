#include "tui/poll/snapshot.h"

#include "common/alloc.h"

#include <math.h>

const char *source_name(enum source_id id)
{
    static const char *const names[N_SOURCES] = {"prometheus", "alertmanager", "backend", "ml-api"};

    return names[id];
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
    part_ref(&snapshot->part);
    return snapshot;
}

void snapshot_unref(struct snapshot *snapshot)
{
    if (snapshot)
        part_unref(&snapshot->part);
}

int64_t source_age_ms(const struct source *source, int64_t mono_ms)
{
    if (source->good_mono_ms < 0)
        return -1;
    return mono_ms > source->good_mono_ms ? mono_ms - source->good_mono_ms : 0;
}

int64_t panel_data_age_ms(const struct panel_data *data, int64_t mono_ms)
{
    int64_t since_ms = mono_ms - data->good_mono_ms;

    if (data->good_mono_ms < 0)
        return -1;
    return (since_ms > 0 ? since_ms : 0) + (data->sample_age_ms > 0 ? data->sample_age_ms : 0);
}

/* A judgement beside the number of another series would be read as that number's. */
const struct series *panel_data_series(const struct panel *panel, const struct panel_data *data)
{
    const struct series *worst = NULL;
    enum threshold_level worst_level = LEVEL_NONE;

    for (size_t i = 0; i < data->set.n; i++) {
        double value = series_reduce(&data->set.at[i], data->set.grid.n, panel->calc);
        enum threshold_level level = panel_level(panel, value);

        if (isnan(value) || (worst && level <= worst_level))
            continue;
        worst = &data->set.at[i];
        worst_level = level;
    }
    return worst;
}

double panel_data_value(const struct panel *panel, const struct panel_data *data)
{
    const struct series *series = panel_data_series(panel, data);

    return series ? series_reduce(series, data->set.grid.n, panel->calc) : (double)NAN;
}

const char *panel_data_name(const struct panel *panel, const struct panel_data *data)
{
    const struct series *series = panel_data_series(panel, data);

    return series ? series->name : NULL;
}

bool panel_data_is_told_empty(const struct panel *panel, const struct panel_data *data)
{
    return data->state == DATA_NONE && data->good_mono_ms >= 0 && panel->no_value[0];
}

enum threshold_level panel_data_level(const struct panel *panel, const struct panel_data *data)
{
    enum threshold_level worst = LEVEL_NONE;

    for (size_t i = 0; i < data->set.n; i++) {
        double value = series_reduce(&data->set.at[i], data->set.grid.n, panel->calc);
        enum threshold_level level = panel_level(panel, value);

        if (level > worst)
            worst = level;
    }
    return worst;
}
