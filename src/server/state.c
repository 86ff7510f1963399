#include "server/state.h"

#include "common/alloc.h"
#include "common/lock_file.h"
#include "server/llm/vectors.h"

int state_lock(const struct config *config, int *ret_fd, struct tw_error *err)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/tidewatchd.lock", config->state_dir);
    CLEANUP(freep) char *what = xprintf_dup("the state folder '%.90s'", config->state_dir);

    return lock_file_take(path, what, ret_fd, err);
}

/* The model, since stored classes and the drift are its; the signing key, since without it feedback on
 * predictions that were made would be refused; the vectors, since among them are collections that others
 * put there and nobody else has (the knowledge base's go with them, and are brought in step with its texts at
 * the start). Not tokens: they belong to the installation, and a copy that lies somewhere must not open
 * it. Not the encoder's weights, which can be fetched; not knowledge.db, which is made from kb.dir. */
void state_kept_init(struct state_kept *kept, const struct config *config)
{
    kept->key_path = xprintf_dup("%s/signing.key", config->state_dir);
    kept->vectors_path = xprintf_dup("%s/vectors.db", config->state_dir);
    kept->vectors = (struct kept_database){"vectors.db", kept->vectors_path, &vectors_schema,
                                           "SELECT count(*) FROM records"};
    kept->files[0] = (struct kept_file){"model.json", config->model_path};
    kept->files[1] = (struct kept_file){"signing.key", kept->key_path};
}

void state_kept_finish(struct state_kept *kept)
{
    free(kept->key_path);
    free(kept->vectors_path);
}
