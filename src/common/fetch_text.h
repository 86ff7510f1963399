#ifndef TW_FETCH_TEXT_H
#define TW_FETCH_TEXT_H

/* What of an exchange is text alone: headers as they come, and what is kept of what a server was shown. Only
 * for the files of fetch.h. Pure. */

#include <stdbool.h>
#include <stddef.h>

struct fetch_access;
struct fetch_request;

/* Copies the value of a header line "Name: value\r\n" when it has that name. */
bool fetch_read_header(
    const char *line, size_t len, const char *name, char *ret_value, size_t value_size);

/* Of WWW-Authenticate: "Basic realm=..." the scheme; that of the first one is enough to know, so that what is in
 * ret_scheme stays. */
void fetch_read_challenge(const char *line, size_t len, char *ret_scheme, size_t size);

bool fetch_has_control(const char *text);
bool fetch_is_loopback(const char *host); /* as it stands in a URL */

bool fetch_names_content_type(const char *line); /* a header's */

/* The header "Authorization: ..." of the request, owned; NULL for none. */
char *fetch_authorization_dup(const struct fetch_request *request);

/* While an exchange is under way. */
struct fetch_kept {
    char ca_file[160], own_files[320]; /* quoted, for messages; "" for none */
    char **secrets;                    /* owned, NULL-terminated; NULL for none */
};

void fetch_kept_init(struct fetch_kept *kept, const struct fetch_access *access);
void fetch_kept_finish(struct fetch_kept *kept); /* zeroed is fine */

/* A server, or a proxy that shows what it was asked, may repeat secrets: nobody else is to see that. */
void fetch_kept_blank(const struct fetch_kept *kept, char *text, size_t len);

#endif
