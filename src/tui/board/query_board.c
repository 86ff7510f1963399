#include "tui/board/query_board.h"

#include "common/buffer.h"
#include "common/json_write.h"

#define BYTES_MAX ((size_t)64 << 10)

int query_board_read(const char *expr, struct dashboard **ret_dashboard, struct tw_error *err)
{
    CLEANUP(buffer_finish) struct buffer json;
    struct json_writer w = {&json, false};

    buffer_init(&json, BYTES_MAX);
    json_write_object(&w, NULL);
    json_write_string(&w, "title", "Query");
    json_write_array(&w, "panels");
    json_write_object(&w, NULL);
    json_write_string(&w, "type", "timeseries");
    json_write_string(&w, "title", expr);
    json_write_array(&w, "targets");
    json_write_object(&w, NULL);
    json_write_string(&w, "refId", "A");
    json_write_string(&w, "expr", expr);
    json_write_object_end(&w);
    json_write_array_end(&w);
    json_write_object_end(&w);
    json_write_array_end(&w);
    json_write_object_end(&w);
    return dashboard_read(buffer_text(&json), json.len, ret_dashboard, err);
}
