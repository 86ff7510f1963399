#include "server/state.h"

#include "common/alloc.h"
#include "common/lock_file.h"

int state_lock(const struct config *config, int *ret_fd, struct tw_error *err)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/tidewatchd.lock", config->state_dir);
    CLEANUP(freep) char *what = xprintf_dup("the state folder '%.90s'", config->state_dir);

    return lock_file_take(path, what, ret_fd, err);
}
