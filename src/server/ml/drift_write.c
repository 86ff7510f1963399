#include "server/ml/drift.h"

#define DIGITS           6
#define EXPLANATION_SIZE 512

static void write_cells(const struct drift_feature *feature, struct json_writer *w)
{
    json_write_array(w, "cells");
    for (size_t k = 0; k <= feature->n_edges; k++) {
        json_write_object(w, NULL);
        if (k == 0)
            json_write_null(w, "above");
        else
            json_write_number(w, "above", feature->edges[k - 1]);
        if (k == feature->n_edges)
            json_write_null(w, "up_to");
        else
            json_write_number(w, "up_to", feature->edges[k]);
        json_write_int(w, "before", feature->before[k]);
        json_write_int(w, "after", feature->after[k]);
        json_write_fixed(w, "psi", drift_cell_psi(feature, k), DIGITS);
        json_write_object_end(w);
    }
    json_write_array_end(w);
}

static void write_feature(const struct drift_feature *feature,
                          enum feature which,
                          struct json_writer *w)
{
    struct buffer explanation;

    json_write_fixed(w, "severity", feature->severity, DIGITS);
    json_write_fixed(w, "psi", feature->psi, DIGITS);
    json_write_fixed(w, "psi_critical", feature->psi_critical, DIGITS);
    json_write_fixed(w, "ks_statistic", feature->ks, DIGITS);
    json_write_number(w, "ks_p", feature->ks_p);
    json_write_fixed(w, "wasserstein_sd", feature->wasserstein_sd, DIGITS);
    json_write_fixed(w, "js_distance", feature->js_distance, DIGITS);
    json_write_fixed(w, "mean_before", feature->mean_before, DIGITS);
    json_write_fixed(w, "mean_after", feature->mean_after, DIGITS);
    json_write_fixed(w, "mean_shift_sd", feature->mean_shift_sd, DIGITS);
    json_write_fixed(w, "logit_shift", feature->logit_shift, DIGITS);
    buffer_init(&explanation, EXPLANATION_SIZE);
    drift_explain(feature, which, &explanation);
    json_write_string(w, "explanation", buffer_text(&explanation));
    buffer_finish(&explanation);
    write_cells(feature, w);
}

static void write_features(const struct drift_comparison *comparison,
                           const bool *detected,
                           struct json_writer *w)
{
    json_write_array(w, "features");
    for (unsigned f = 0; f < N_FEATURES; f++) {
        json_write_object(w, NULL);
        json_write_string(w, "name", features[f].name);
        json_write_string(w, "unit", features[f].unit);
        json_write_bool(w, "drift_detected", detected[f]);
        write_feature(&comparison->feature[f], (enum feature)f, w);
        json_write_object_end(w);
    }
    json_write_array_end(w);
}

static void write_predictions(const struct drift_comparison *comparison,
                              const struct model *model,
                              struct json_writer *w)
{
    json_write_object(w, "predictions");
    json_write_fixed(w, "cramers_v", comparison->classes.cramers_v, DIGITS);
    json_write_fixed(w, "chi2", comparison->classes.chi2, DIGITS);
    json_write_number(w, "p", comparison->classes.p);
    json_write_array(w, "classes");
    for (int c = 0; c < model->n_classes; c++) {
        json_write_object(w, NULL);
        json_write_string(w, "name", model->classes[c]);
        json_write_fixed(w, "share_before", comparison->class_share_before[c], DIGITS);
        json_write_fixed(w, "share_after", comparison->class_share_after[c], DIGITS);
        json_write_object_end(w);
    }
    json_write_array_end(w);
    json_write_object_end(w);
}

static void write_comparison(const struct drift_report *report,
                             const struct drift_comparison *comparison,
                             const struct model *model,
                             struct json_writer *w)
{
    json_write_fixed(w, "drift_score", comparison->score, DIGITS);
    json_write_int(w, "reference_rows", comparison->n_before);
    write_features(comparison, report->detected, w);
    write_predictions(comparison, model, w);
}

static void write_known(const struct drift_report *report,
                        const struct model *model,
                        struct json_writer *w)
{
    json_write_bool(w, "drift_detected", report->is_detected);
    json_write_fixed(w, "drifted_features_ratio", report->detected_ratio, DIGITS);
    json_write_string(w, "judged_against", report->has_usual ? "usual" : "training");
    write_comparison(report, &report->training, model, w);
    if (!report->has_usual) {
        json_write_null(w, "usual");
        return;
    }
    json_write_object(w, "usual");
    write_comparison(report, &report->usual, model, w);
    json_write_object_end(w);
}

void drift_report_write(const struct drift_report *report,
                        const struct model *model,
                        struct json_writer *w)
{
    json_write_object(w, NULL);
    json_write_int(w, "at_ms", report->at_ms);
    json_write_int(w, "samples_analyzed", (int64_t)report->n_samples);
    json_write_int(w, "samples_needed", DRIFT_SAMPLES_MIN);
    json_write_int(w, "votes", (int64_t)report->n_votes);
    json_write_int(w, "lost", (int64_t)report->n_lost);
    if (report->has_score) {
        write_known(report, model, w);
    } else {
        json_write_null(w, "drift_detected");
        json_write_null(w, "drift_score");
    }
    json_write_object_end(w);
}
