#include "server/api/api.h"

#include "common/json_write.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The API description (OpenAPI 3.1), made from the same tables that routes and decodes: it cannot say
 * what the server does not do. */

static void write_path_params(const struct route *route, struct json_writer *w)
{
    json_write_array(w, "parameters");
    for (const char *open = strchr(route->path, '{'); open; open = strchr(open + 1, '{')) {
        json_write_object(w, NULL);
        json_write_text(w, "name", open + 1, strcspn(open + 1, "}"));
        json_write_string(w, "in", "path");
        json_write_bool(w, "required", true);
        json_write_object(w, "schema");
        json_write_string(w, "type", "string");
        json_write_object_end(w);
        json_write_object_end(w);
    }
    json_write_array_end(w);
}

static void write_body(const struct route *route, struct json_writer *w)
{
    if (route->max_body_bytes == 0)
        return;
    json_write_object(w, "requestBody");
    json_write_bool(w, "required", !route->is_body_optional);
    json_write_object(w, "content");
    json_write_object(w, "application/json");
    if (route->schema) {
        fields_write_schema(route->schema, w, "schema");
    } else {
        json_write_object(w, "schema");
        json_write_string(w, "type", "object");
        json_write_object_end(w);
    }
    json_write_object_end(w);
    json_write_object_end(w);
    json_write_object_end(w);
}

/* media_type NULL: nothing is said of the body. */
static void write_response(struct json_writer *w,
                           const char *status,
                           const char *text,
                           const char *media_type)
{
    json_write_object(w, status);
    json_write_string(w, "description", text);
    if (media_type) {
        json_write_object(w, "content");
        json_write_object(w, media_type);
        json_write_object(w, "schema");
        json_write_string(w, "$ref", "#/components/schemas/Problem");
        json_write_object_end(w);
        json_write_object_end(w);
        json_write_object_end(w);
    }
    json_write_object_end(w);
}

/* Reading and inference need a token only where tokens are set: an empty requirement stands beside it. */
static void write_security(const struct route *route, struct json_writer *w)
{
    json_write_array(w, "security");
    if (route->role != ROLE_NONE) {
        json_write_object(w, NULL);
        json_write_array(w, "bearer");
        json_write_array_end(w);
        json_write_object_end(w);
    }
    if (route->role != ROLE_NONE && route->role != ROLE_OPERATE) {
        json_write_object(w, NULL);
        json_write_object_end(w);
    }
    json_write_array_end(w);
}

static void write_operation(const struct http_service *service,
                            const struct route *route,
                            struct json_writer *w)
{
    const char *problem = service->write_error ? "application/json" : "application/problem+json";
    static const char *const roles[] = {"anybody", "a read token, where tokens are set",
                                        "an infer token, where tokens are set",
                                        "the operator's token"};
    char method[8], text[96];
    size_t i;

    for (i = 0; route->method[i] && i + 1 < sizeof(method); i++)
        method[i] = (char)tolower((unsigned char)route->method[i]);
    method[i] = '\0';
    json_write_object(w, method);
    json_write_string(w, "summary", route->summary);
    (void)snprintf(text, sizeof(text), "Open to %s.", roles[route->role]);
    json_write_string(w, "description", text);
    write_security(route, w);
    write_path_params(route, w);
    write_body(route, w);
    json_write_object(w, "responses");
    write_response(w, "2XX", "The answer", NULL);
    write_response(w, "4XX", "What is wrong with the request", problem);
    write_response(w, "5XX", "Not now, or something failed inside", problem);
    json_write_object_end(w);
    json_write_object_end(w);
}

static const struct field error_fields[] = {
    {"field", FIELD_STRING, true, 0, 64, 0, NULL, "Name of the field, with its place in the body"},
    {"detail", FIELD_STRING, true, 0, 128, 0, NULL, "What is wrong with it"},
};

static const struct field problem_fields[] = {
    {"type", FIELD_STRING, true, 0, 256, 0, NULL, NULL},
    {"title", FIELD_STRING, true, 0, 64, 0, NULL, "The status in words"},
    {"status", FIELD_INT, true, 400, 599, 0, NULL, NULL},
    {"detail", FIELD_STRING, true, 0, 256, 0, NULL, "What happened, for a person"},
    {"errors", FIELD_OBJECTS, true, 0, FIELD_ERRORS_MAX, 0, "FieldError",
     "The fields that are wrong"},
};

/* As Chroma has them. */
static const struct field vector_error_fields[] = {
    {"error", FIELD_STRING, true, 0, 64, 0, NULL, "The kind of the error"},
    {"message", FIELD_STRING, true, 0, 256, 0, NULL, "What happened, for a person"},
};

static const struct schema error_schema = SCHEMA_OF(error_fields);
static const struct schema problem_schema = SCHEMA_OF(problem_fields);
static const struct schema vector_error_schema = SCHEMA_OF(vector_error_fields);

static void write_components(const struct http_service *service, struct json_writer *w)
{
    json_write_object(w, "components");
    json_write_object(w, "schemas");
    if (service->write_error) {
        fields_write_schema(&vector_error_schema, w, "Problem");
    } else {
        fields_write_schema(&problem_schema, w, "Problem");
        fields_write_schema(&error_schema, w, "FieldError");
    }
    if (service->listener == LISTENER_INDEX_ML)
        fields_write_schema(&predict_schema, w, "Ticket");
    json_write_object_end(w);
    json_write_object(w, "securitySchemes");
    json_write_object(w, "bearer");
    json_write_string(w, "type", "http");
    json_write_string(w, "scheme", "bearer");
    json_write_object_end(w);
    json_write_object_end(w);
    json_write_object_end(w);
}

static bool is_first_of_path(const struct http_service *service, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(service->routes[i].path, service->routes[at].path) == 0)
            return false;
    return true;
}

static void write_paths(const struct http_service *service, struct json_writer *w)
{
    json_write_object(w, "paths");
    for (size_t i = 0; i < service->n_routes; i++) {
        if (!is_first_of_path(service, i))
            continue;
        json_write_object(w, service->routes[i].path);
        for (size_t j = i; j < service->n_routes; j++)
            if (strcmp(service->routes[i].path, service->routes[j].path) == 0)
                write_operation(service, &service->routes[j], w);
        json_write_object_end(w);
    }
    json_write_object_end(w);
}

int api_openapi(struct app *app,
                const struct request *request,
                struct reply *reply,
                struct tw_error *err)
{
    struct json_writer w = {&reply->body, false};
    const struct http_service *service = api_service_of(request->route);
    char title[64];

    (void)app;
    (void)err;
    (void)snprintf(title, sizeof(title), "Tidewatch %s API", listener_names[service->listener]);
    json_write_object(&w, NULL);
    json_write_string(&w, "openapi", "3.1.0");
    json_write_object(&w, "info");
    json_write_string(&w, "title", title);
    json_write_string(&w, "version", TW_VERSION);
    json_write_object_end(&w);
    write_paths(service, &w);
    write_components(service, &w);
    json_write_object_end(&w);
    return 0;
}
