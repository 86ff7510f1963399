#ifndef TW_ML_MODEL_H
#define TW_ML_MODEL_H

/* The severity model: multinomial logistic regression on standardised features, with the reference
 * that drift is measured against. Immutable after loading, so any thread may read it. */

#include "common/buffer.h"
#include "common/error.h"
#include "server/ml/features.h"
#include "server/ml/reference.h"

#include <stddef.h>
#include <stdint.h>

#define MODEL_FILE_MAX  ((size_t)16 << 20) /* bytes */
#define MODEL_SCALE_MIN 1e-9

/* Rows of a model's reference. */
#define REFERENCE_ROWS_MIN 1000
#define REFERENCE_ROWS_MAX 20000

struct model {
    char name[32];    /* "severity-logreg" */
    char version[32]; /* "2026-11-23.1a2b3c4d": day of training and head of the data hash */
    int n_classes;
    char classes[CLASSES_MAX][CLASS_NAME_SIZE]; /* in ascending order of severity */
    double mean[N_FEATURES], scale[N_FEATURES];
    double coef[CLASSES_MAX][N_FEATURES]; /* on standardised features */
    double intercept[CLASSES_MAX];
    double accuracy, log_loss, macro_f1; /* on the held-out rows */
    double recall[CLASSES_MAX];
    uint32_t confusion[CLASSES_MAX][CLASSES_MAX]; /* rows: true class */
    uint32_t n_train, n_held_out;
    int64_t trained_at_ms;
    char data_sha256[65];
    struct reference reference;
};

struct prediction {
    int class_index;
    double confidence; /* = probability[class_index] */
    double probability[CLASSES_MAX];
};

/* x has N_FEATURES raw values. Ties go to the lower class. */
void model_predict(const struct model *model, const double *x, struct prediction *ret_prediction);

/* The model file (JSON; its format stands in model_file.c). TW_INVALID names what is wrong in it; every
 * number is checked finite and in range, every count consistent with the others. Pure over the text;
 * bound len to MODEL_FILE_MAX first. */
int model_parse(const char *text, size_t len, struct model **ret_model, struct tw_error *err)
    MUST_CHECK;
void model_write(const struct model *model, struct buffer *out);
void model_free(struct model *model);
DEFINE_CLEANUP(struct model *, model_free);

/* TW_NOT_FOUND when there is no such file, TW_INVALID naming it for what model_parse refuses. */
int model_load(const char *path, struct model **ret_model, struct tw_error *err) MUST_CHECK;
/* Atomically: a temporary file beside it, synced and renamed. */
int model_save(const struct model *model, const char *path, struct tw_error *err) MUST_CHECK;

#endif
