#include "tui/data/drift_status.h"

#include "common/alloc.h"
#include "common/fetch.h"
#include "tui/data/answer.h"
#include "tui/text/server_text.h"

#include <math.h>
#include <string.h>

#define EXACT_MAX 9007199254740992.0 /* 2^53: larger integers are not exact in JSON's doubles */

static double read_number(const struct json *object, const char *key)
{
    return json_number(json_get(object, key), (double)NAN);
}

static int64_t read_count(const struct json *object, const char *key)
{
    double number = json_number(json_get(object, key), 0);

    return number >= 0 && number <= EXACT_MAX ? (int64_t)number : 0;
}

static void copy_string(char *out, size_t size, const struct json *object, const char *key)
{
    const char *text = json_string(json_get(object, key));

    (void)server_text_copy(out, size, text ? text : "", text ? strlen(text) : 0);
}

/* ---- Features ----------------------------------------------------------------------------------- */

static void to_shares(struct drift_feature_status *feature)
{
    double before = 0, after = 0;

    for (size_t i = 0; i < feature->n_cells; i++) {
        before += feature->cells[i].before;
        after += feature->cells[i].after;
    }
    for (size_t i = 0; i < feature->n_cells; i++) {
        feature->cells[i].before = before > 0 ? feature->cells[i].before / before : 0;
        feature->cells[i].after = after > 0 ? feature->cells[i].after / after : 0;
    }
}

static int read_cells(const struct json *cells,
                      struct drift_feature_status *feature,
                      struct tw_error *err)
{
    if (json_count(cells) > DRIFT_CELLS_MAX)
        return tw_fail(err, TW_BROKEN, "a feature has over %d cells", DRIFT_CELLS_MAX);
    for (const struct json *item = json_first(cells); item; item = json_next(item)) {
        struct drift_cell *cell = &feature->cells[feature->n_cells++];

        cell->above = json_number(json_get(item, "above"), -HUGE_VAL);
        cell->up_to = json_number(json_get(item, "up_to"), HUGE_VAL);
        cell->before = read_number(item, "before");
        cell->after = read_number(item, "after");
        cell->psi = read_number(item, "psi");
        if (!(cell->before >= 0) || !(cell->after >= 0))
            return tw_fail(err, TW_BROKEN, "a cell has no counts");
    }
    to_shares(feature);
    return 0;
}

static int read_feature(const struct json *item,
                        struct drift_feature_status *feature,
                        struct tw_error *err)
{
    copy_string(feature->name, sizeof(feature->name), item, "name");
    if (!feature->name[0])
        return tw_fail(err, TW_BROKEN, "a feature has no name");
    copy_string(feature->unit, sizeof(feature->unit), item, "unit");
    copy_string(feature->explanation, sizeof(feature->explanation), item, "explanation");
    feature->is_detected = json_bool(json_get(item, "drift_detected"), false);
    feature->severity = read_number(item, "severity");
    feature->psi = read_number(item, "psi");
    feature->psi_critical = read_number(item, "psi_critical");
    feature->ks = read_number(item, "ks_statistic");
    feature->ks_p = read_number(item, "ks_p");
    feature->wasserstein_sd = read_number(item, "wasserstein_sd");
    feature->js_distance = read_number(item, "js_distance");
    feature->mean_before = read_number(item, "mean_before");
    feature->mean_after = read_number(item, "mean_after");
    feature->mean_shift_sd = read_number(item, "mean_shift_sd");
    feature->logit_shift = read_number(item, "logit_shift");
    return read_cells(json_get(item, "cells"), feature, err);
}

static int read_features(const struct json *list, struct drift_status *status, struct tw_error *err)
{
    if (json_type(list) != JSON_ARRAY || json_count(list) > DRIFT_FEATURES_MAX)
        return tw_fail(err, TW_BROKEN, "the answer has no list of at most %d features",
                       DRIFT_FEATURES_MAX);
    status->features = xcalloc(json_count(list), sizeof(*status->features));
    for (const struct json *item = json_first(list); item; item = json_next(item))
        if (read_feature(item, &status->features[status->n_features++], err) < 0)
            return -1;
    return 0;
}

/* ---- The report --------------------------------------------------------------------------------- */

static void read_predictions(const struct json *predictions, struct drift_status *status)
{
    status->prediction_drift = read_number(predictions, "cramers_v");
    for (const struct json *item = json_first(json_get(predictions, "classes"));
         item && status->n_classes < DRIFT_CLASSES_MAX; item = json_next(item)) {
        struct drift_class_status *class = &status->classes[status->n_classes++];

        copy_string(class->name, sizeof(class->name), item, "name");
        class->share_before = read_number(item, "share_before");
        class->share_after = read_number(item, "share_after");
    }
}

static int read_known(const struct json *json, struct drift_status *status, struct tw_error *err)
{
    const char *by = json_string(json_get(json, "judged_against"));

    status->is_detected = json_bool(json_get(json, "drift_detected"), false);
    status->detected_ratio = read_number(json, "drifted_features_ratio");
    status->is_judged_by_usual = by && strcmp(by, "usual") == 0;
    status->usual_score = read_number(json_get(json, "usual"), "drift_score");
    read_predictions(json_get(json, "predictions"), status);
    return read_features(json_get(json, "features"), status, err);
}

int drift_status_read(const struct fetch_reply *reply,
                      struct drift_status *ret_status,
                      struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct drift_status status = {0};

    if (answer_read(reply, &json, err) < 0)
        return -1;
    if (json_type(json_get(json, "samples_analyzed")) != JSON_NUMBER)
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but no drift report");
    status.at_ms = read_count(json, "at_ms");
    status.n_samples = read_count(json, "samples_analyzed");
    status.n_needed = read_count(json, "samples_needed");
    status.n_votes = read_count(json, "votes");
    status.n_lost = read_count(json, "lost");
    status.score = read_number(json, "drift_score");
    status.usual_score = (double)NAN;
    status.prediction_drift = (double)NAN;
    status.has_score = !isnan(status.score);
    if (status.has_score && read_known(json, &status, err) < 0) {
        drift_status_finish(&status);
        return -1;
    }
    *ret_status = status;
    return 0;
}

void drift_status_finish(struct drift_status *status)
{
    free(status->features);
    *status = (struct drift_status){0};
}
