#include "server/api/api.h"

#include "common/clock.h"
#include "server/app.h"
#include "server/ml/drift_monitor.h"
#include "server/ml/model.h"

int api_drift_status(struct app *app,
                     const struct request *request,
                     struct reply *reply,
                     struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    struct drift_report report;

    (void)request;
    (void)err;
    drift_monitor_check(app->drift, clock_now_ms());
    drift_monitor_report(app->drift, &report);
    drift_report_write(&report, app->model, &w);
    return 0;
}

int api_drift_reset(struct app *app,
                    const struct request *request,
                    struct reply *reply,
                    struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};

    (void)err;
    drift_monitor_reset(app->drift);
    app_event(app, "drift", "reset", NULL);
    json_write_object(&w, NULL);
    json_write_bool(&w, "reset", true);
    json_write_string(&w, "request_id", request->request_id);
    json_write_object_end(&w);
    return 0;
}
