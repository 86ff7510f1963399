#include "server/api/stored_run.h"

#include <stdlib.h>
#include <string.h>

bool stored_run_write(void *ctx, const struct simulation_row *row)
{
    struct stored_run *run = ctx;

    if (!row->detail || (run->id != 0 && row->id != run->id))
        return run->id == 0;
    run->is_found = true;
    json_write_raw(run->w, NULL, row->detail, strlen(row->detail));
    return !run->w->out->failed;
}

int64_t stored_run_id(const struct request *request)
{
    return strtoll(request->param[0], NULL, 10);
}
