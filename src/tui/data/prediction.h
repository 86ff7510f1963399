#ifndef TW_PREDICTION_H
#define TW_PREDICTION_H

/* POST /predict of the ML API: its answer, and how it is shown. Pure. */

#include "common/error.h"
#include "tui/draw/page.h"

#include <stddef.h>

struct fetch_reply;

#define PREDICTION_CLASSES_MAX 10

struct prediction {
    char severity[32];
    double confidence; /* 0..1 */
    size_t n_classes;

    struct {
        char name[32];
        double probability; /* 0..1 */
    } classes[PREDICTION_CLASSES_MAX];

    double processing_ms; /* NaN unknown */
    char model_version[64];
    char id[96];
};

struct prediction_request {
    double length, urgency, impact, tier;
};

void prediction_write_request(const struct prediction_request *request, struct buffer *out);

/* Errors as answer_read, and TW_BROKEN for JSON of another shape. */
int prediction_read(const struct fetch_reply *reply,
                    struct prediction *ret_prediction,
                    struct tw_error *err) MUST_CHECK;

void prediction_write(const struct prediction *prediction, struct page *page);

#endif
