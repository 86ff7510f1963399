#include "server/http/problem.h"

#include "common/json_write.h"

const char *http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        {200, "OK"},
        {202, "Accepted"},
        {204, "No Content"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "Error";
}

int problem_status(enum tw_code code)
{
    switch (code) {
    case TW_INVALID:
        return 422;
    case TW_NOT_FOUND:
        return 404;
    case TW_BUSY:
        return 503;
    case TW_OK:
    case TW_BROKEN:
        break;
    }
    return 500;
}

void problem_write(struct reply *reply, const char *detail)
{
    struct json_writer w = {&reply->body, false};
    const struct field_errors *errors = &reply->fields;

    buffer_clear(&reply->body);
    reply->content_type = "application/problem+json";
    json_write_object(&w, NULL);
    json_write_string(&w, "type", "about:blank");
    json_write_string(&w, "title", http_status_text(reply->status));
    json_write_int(&w, "status", reply->status);
    json_write_string(&w, "detail", detail);
    json_write_array(&w, "errors");
    for (size_t i = 0; i < errors->n && i < FIELD_ERRORS_MAX; i++) {
        json_write_object(&w, NULL);
        json_write_string(&w, "field", errors->item[i].field);
        json_write_string(&w, "detail", errors->item[i].detail);
        json_write_object_end(&w);
    }
    json_write_array_end(&w);
    json_write_object_end(&w);
}
