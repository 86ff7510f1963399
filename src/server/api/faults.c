#include "server/api/api.h"

#include "common/clock.h"
#include "server/app.h"
#include "server/drill/faults.h"

#include <math.h>
#include <stdio.h>

#define DELAY_DEFAULT_MS 12000
#define NOT_GIVEN        (-1)

struct fault_body {
    double ttl_s, rate, delay_ms;
    int target;
};

static const struct field fault_fields[] = {
    {"ttl_s", FIELD_INT, true, FAULT_TTL_MIN_MS / 1000.0, FAULT_TTL_MAX_MS / 1000.0,
     offsetof(struct fault_body, ttl_s), NULL, "After so many seconds it is off by itself"},
    {"rate", FIELD_NUMBER, false, 0, 1, offsetof(struct fault_body, rate), NULL,
     "fabricate: share of the answers, all unless given"},
    {"delay_ms", FIELD_INT, false, 0, FAULT_DELAY_MAX_MS, offsetof(struct fault_body, delay_ms),
     NULL, "delay: how long generation takes longer, 12000 unless given"},
    {"target", FIELD_CHOICE, false, 0, 0, offsetof(struct fault_body, target), "ml-api|llm-rag-api",
     "outage: whose listener is closed"},
};
const struct schema fault_schema = SCHEMA_OF(fault_fields);

static int find(const struct request *request, enum fault *ret_fault, struct tw_error *err)
{
    if (fault_find(request->param[0], ret_fault))
        return 0;
    return tw_fail(err, TW_NOT_FOUND, "there is no fault '%.40s': GET /faults lists them",
                   request->param[0]);
}

static void write_fault(struct app *app, enum fault fault, struct json_writer *w)
{
    unsigned params = fault_params(fault);
    struct fault_order order;
    int64_t left_ms;
    bool is_on = faults_read(app->faults, fault, clock_mono_ms(), &order, &left_ms);

    json_write_object(w, NULL);
    json_write_string(w, "name", fault_name(fault));
    json_write_bool(w, "active", is_on);
    if (is_on) {
        json_write_int(w, "left_ms", left_ms);
        if (params & FAULT_TAKES_RATE)
            json_write_number(w, "rate", order.rate);
        if (params & FAULT_TAKES_DELAY)
            json_write_int(w, "delay_ms", order.delay_ms);
        if (params & FAULT_TAKES_TARGET)
            json_write_string(w, "target", fault_target_name(order.target));
        if (order.simulation_id != FAULT_NOBODY)
            json_write_int(w, "simulation_id", order.simulation_id);
        else
            json_write_null(w, "simulation_id");
    }
    json_write_object_end(w);
}

/* What is given must be something that the fault takes. */
static void check_params(enum fault fault,
                         const struct fault_body *body,
                         struct field_errors *errors)
{
    unsigned params = fault_params(fault);

    const struct {
        const char *name;
        bool is_given;
        unsigned param;
    } given[] = {
        {"rate", body->rate >= 0, FAULT_TAKES_RATE},
        {"delay_ms", body->delay_ms >= 0, FAULT_TAKES_DELAY},
        {"target", body->target >= 0, FAULT_TAKES_TARGET},
    };

    for (size_t i = 0; i < COUNT_OF(given); i++)
        if (given[i].is_given && !(params & given[i].param))
            field_errors_add(errors, given[i].name, "is no parameter of %s", fault_name(fault));
    if ((params & FAULT_TAKES_TARGET) && body->target < 0)
        field_errors_add(errors, "target", "is missing: ml-api or llm-rag-api");
}

static int set(struct app *app,
               enum fault fault,
               const struct request *request,
               struct reply *reply,
               struct tw_error *err)
{
    struct fault_body body = {.rate = NOT_GIVEN, .delay_ms = NOT_GIVEN, .target = NOT_GIVEN};
    struct fault_order order = {.fault = fault, .simulation_id = FAULT_NOBODY};

    if (fields_decode(&fault_schema, request->json, "", &body, &reply->fields))
        check_params(fault, &body, &reply->fields);
    if (reply->fields.n > 0)
        return tw_fail(err, TW_INVALID, "some fields are wrong");
    order.ttl_ms = (int64_t)body.ttl_s * 1000;
    order.rate = body.rate >= 0 ? body.rate : 1;
    order.delay_ms = body.delay_ms >= 0 ? (int64_t)body.delay_ms : DELAY_DEFAULT_MS;
    order.target = body.target >= 0 ? (enum fault_target)body.target : FAULT_TARGET_ML;
    if (app_set_fault(app, &order, err) == 0)
        return 0;
    reply->status = 409; /* the order is well formed: the state of things is against it */
    return -1;
}

int api_faults_set(struct app *app,
                   const struct request *request,
                   struct reply *reply,
                   struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    enum fault fault;

    if (find(request, &fault, err) < 0)
        return -1;
    if (!app->config->drills_enabled) {
        reply->status = 403;
        return tw_fail(err, TW_INVALID, "faults are switched off here: set drills.enabled = true");
    }
    if (set(app, fault, request, reply, err) < 0)
        return -1;
    write_fault(app, fault, &w);
    return 0;
}

int api_faults_clear(struct app *app,
                     const struct request *request,
                     struct reply *reply,
                     struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    enum fault fault;

    if (find(request, &fault, err) < 0)
        return -1;
    (void)app_clear_fault(app, fault); /* off already is as good */
    write_fault(app, fault, &w);
    return 0;
}

int api_faults_list(struct app *app,
                    const struct request *request,
                    struct reply *reply,
                    struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};

    (void)request;
    (void)err;
    json_write_object(&w, NULL);
    json_write_bool(&w, "drills_enabled", app->config->drills_enabled);
    json_write_array(&w, "faults");
    for (int f = 0; f < N_FAULTS; f++)
        write_fault(app, (enum fault)f, &w);
    json_write_array_end(&w);
    json_write_object_end(&w);
    return 0;
}
