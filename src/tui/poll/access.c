#include "tui/poll/access.h"

#include "tui/poll/config.h"

int access_open(const struct config *config,
                const char *operator_token_file,
                struct access *ret_access,
                struct tw_error *err)
{
    struct credential_settings operations = config->operations;
    struct access access = {0};

    /* Only lent: the settings keep theirs. */
    operations.token_file = (char *)(uintptr_t)operator_token_file;
    if (credentials_new(&config->prometheus, "prometheus", false, &access.prometheus, err) < 0 ||
        credentials_new(&config->alertmanager, "alertmanager", false, &access.alertmanager, err) <
            0 ||
        credentials_new(&operations, "operations", true, &access.operations, err) < 0) {
        access_finish(&access);
        return -1;
    }
    *ret_access = access;
    return 0;
}

void access_finish(struct access *access)
{
    credentials_free(access->prometheus);
    credentials_free(access->alertmanager);
    credentials_free(access->operations);
    *access = (struct access){0};
}
