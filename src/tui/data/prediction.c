#include "tui/data/prediction.h"

#include "common/fetch.h"
#include "common/json_write.h"
#include "tui/data/answer.h"
#include "tui/data/server_json.h"
#include "tui/text/server_text.h"

#include <math.h>
#include <string.h>

void prediction_write_request(const struct prediction_request *request, struct buffer *out)
{
    struct json_writer w = {out, false};

    json_write_object(&w, NULL);
    json_write_number(&w, "ticket_length", request->length);
    json_write_number(&w, "urgency_keywords", request->urgency);
    json_write_number(&w, "business_impact", request->impact);
    json_write_number(&w, "customer_tier", request->tier);
    json_write_object_end(&w);
}

int prediction_read(const struct fetch_reply *reply,
                    struct prediction *ret_prediction,
                    struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct prediction prediction = {0};

    if (answer_read(reply, &json, err) < 0)
        return -1;
    server_json_copy(prediction.severity, sizeof(prediction.severity), json_get(json, "severity"));
    prediction.confidence = json_number(json_get(json, "confidence"), (double)NAN);
    if (!prediction.severity[0] || !(prediction.confidence >= 0 && prediction.confidence <= 1))
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but no prediction");
    for (const struct json *item = json_first(json_get(json, "probabilities"));
         item && prediction.n_classes < PREDICTION_CLASSES_MAX; item = json_next(item)) {
        size_t i = prediction.n_classes++;
        const char *name = json_key(item) ? json_key(item) : "";

        (void)server_text_copy(prediction.classes[i].name, sizeof(prediction.classes[i].name), name,
                               strlen(name));
        prediction.classes[i].probability = json_number(item, (double)NAN);
    }
    prediction.processing_ms = json_number(json_get(json, "processing_time_ms"), (double)NAN);
    server_json_copy(prediction.model_version, sizeof(prediction.model_version),
                     json_get(json, "model_version"));
    server_json_copy(prediction.id, sizeof(prediction.id), json_get(json, "prediction_id"));
    *ret_prediction = prediction;
    return 0;
}

void prediction_write(const struct prediction *prediction, struct page *page)
{
    page_text(page, PAGE_BOLD, prediction->severity);
    page_printf(page, PAGE_PLAIN, "  confidence %.3f", prediction->confidence);
    page_end_line(page);
    for (size_t i = 0; i < prediction->n_classes; i++) {
        double probability = prediction->classes[i].probability;

        page_text(page, PAGE_PLAIN, "  ");
        page_field(page, PAGE_PLAIN, prediction->classes[i].name, 12);
        page_bar(page, probability, 32);
        if (isfinite(probability))
            page_printf(page, PAGE_PLAIN, " %.3f", probability);
        else
            page_text(page, PAGE_DIM, " NaN");
        page_end_line(page);
    }
    page_printf(page, PAGE_DIM, "  model %s", prediction->model_version);
    if (isfinite(prediction->processing_ms))
        page_printf(page, PAGE_DIM, ", %.3f ms", prediction->processing_ms);
    page_end_line(page);
    page_printf(page, PAGE_DIM, "  id %s", prediction->id);
    page_end_line(page);
}
