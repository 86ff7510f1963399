#ifndef TW_CREDENTIALS_H
#define TW_CREDENTIALS_H

/* What a server wants to see before it answers, from files: a token, a name and password, further headers,
 * a client certificate, and whom to believe. Files that hold secrets are read only while nobody but their
 * owner may read them, and all are read again when they have changed. One thread at a time. */

#include "common/error.h"
#include "common/fetch.h"

#include <stdbool.h>
#include <stddef.h>

/* As the settings have them; "" or NULL: not set. */
struct credential_settings {
    char *token_file;    /* one line; sent as a bearer token */
    char *user;          /* with a password: HTTP basic */
    char *password_file; /* one line */
    char *headers;       /* "Name: value; Name: value"; none that is a secret */
    char *
        headers_file; /* a line each: "Name: value"; blank lines and those with # are passed over */
    char *ca_file;    /* PEM; others may read it */
    char *cert_file;  /* PEM; others may read it, unless the key stands in it */
    char *key_file;   /* PEM, without a passphrase */
};

#define N_CREDENTIAL_SETTINGS 8

/* Of X.user ... X.key_file in a table of settings; the token's setting has a name and a help of its own.
 * of: "Prometheus". */
#define CREDENTIAL_SETTINGS(prefix, field, of)                                                     \
    {prefix "user",                                                                                \
     SETTING_STRING,                                                                               \
     field(user),                                                                                  \
     "",                                                                                           \
     0,                                                                                            \
     256,                                                                                          \
     NULL,                                                                                         \
     NULL,                                                                                         \
     "Name for HTTP basic authentication at " of},                                                 \
        {prefix "password_file",  SETTING_STRING, field(password_file), "", 0, 0, NULL, NULL,      \
         "File with its password"},                                                                \
        {prefix "headers",                                                                         \
         SETTING_STRING,                                                                           \
         field(headers),                                                                           \
         "",                                                                                       \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         NULL,                                                                                     \
         "Further headers for " of ", as X-Scope-OrgID: a; none that is a secret"},                \
        {prefix "headers_file",                                                                    \
         SETTING_STRING,                                                                           \
         field(headers_file),                                                                      \
         "",                                                                                       \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         NULL,                                                                                     \
         "File with further headers, one a line, which may be secrets"},                           \
        {prefix "ca_file",                                                                         \
         SETTING_STRING,                                                                           \
         field(ca_file),                                                                           \
         "",                                                                                       \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         NULL,                                                                                     \
         "Certificates that may vouch for " of " instead of the system's, PEM"},                   \
        {prefix "cert_file",                                                                       \
         SETTING_STRING,                                                                           \
         field(cert_file),                                                                         \
         "",                                                                                       \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         NULL,                                                                                     \
         "Certificate to show to " of ", PEM"},                                                    \
    {                                                                                              \
        prefix "key_file", SETTING_STRING, field(key_file), "", 0, 0, NULL, NULL,                  \
            "Its key, PEM; beside the certificate when empty"                                      \
    }

struct credentials;

/* Reads all of them; what contradicts itself is an error too. of ("prometheus") stands in messages and is
 * copied, as are the settings. is_token_optional: a token's file that is not there is none. */
int credentials_new(const struct credential_settings *settings,
                    const char *of,
                    bool is_token_optional,
                    struct credentials **ret_credentials,
                    struct tw_error *err) MUST_CHECK;
/* Others of the same settings, for another thread: they read the files for themselves at the first refresh.
 * NULL gives NULL. */
struct credentials *credentials_copy(const struct credentials *credentials);

/* Whether both show the same, as they were last read. */
bool credentials_are_alike(const struct credentials *a, const struct credentials *b);
void credentials_free(struct credentials *credentials); /* NULL is fine */
DEFINE_CLEANUP(struct credentials *, credentials_free);

/* Reads again what has changed since. What has become unfit is an error, and at every further call until it
 * is mended: a request without it would be another one. *ret_is_changed may be NULL. NULL is fine. */
int credentials_refresh(struct credentials *credentials,
                        bool *ret_is_changed,
                        struct tw_error *err) MUST_CHECK;

/* Of *slot, made of the settings at the first call and refreshed at each: for who asks now and then. settings
 * NULL: nothing is shown. */
int credentials_obtain(struct credentials **slot,
                       const struct credential_settings *settings,
                       const char *of,
                       const struct fetch_access **ret_access,
                       struct tw_error *err) MUST_CHECK;

/* For a request; valid until the next refresh. NULL gives NULL. */
const struct fetch_access *credentials_access(const struct credentials *credentials);

/* One line of printable characters of a file that only its owner may read; what ("token") is for messages.
 * TW_NOT_FOUND: there is no such file. Owned; for
 * secret_file_free. */
struct credential_line {
    const char *what;
    size_t min, max; /* bytes */
};

int credentials_read_line(const char *path,
                          const struct credential_line *line,
                          char **ret_text,
                          struct tw_error *err) MUST_CHECK;

#endif
