#ifndef TW_HTTP_AUTH_H
#define TW_HTTP_AUTH_H

/* Who may do what: bearer tokens, kept as SHA-256 and compared in constant time. Immutable after
 * loading. Without tokens for `read` and `infer` those are open to whoever reaches the listener (which
 * is why a listener beyond loopback then refuses to start); `operate` always needs a token. */

#include "server/http/http.h"

#include <stdbool.h>

struct auth;

struct auth *auth_new(void);
void auth_free(struct auth *auth); /* NULL is fine */
DEFINE_CLEANUP(struct auth *, auth_free);

/* Adds the token in a file of one line, as `role`. The file must be a regular one that only its owner
 * can read (TW_INVALID says how to mend it). */
int auth_add_token_file(struct auth *auth, const char *path, enum role role, struct tw_error *err)
    MUST_CHECK;

/* Adds the tokens of a file with lines "ROLE TOKEN", ROLE being read, infer or operate; # starts a
 * comment. Same demands on the file; a bad line is named by number, never by content. */
int auth_add_tokens_file(struct auth *auth, const char *path, struct tw_error *err) MUST_CHECK;

/* Some token restricts read and infer. */
bool auth_is_restricted(const struct auth *auth);

/* What the value of an Authorization header (NULL: none) allows. *ret_is_known: it named a token of
 * ours, or none is needed for what it gives. Constant time in the token. */
enum role auth_role(const struct auth *auth, const char *authorization, bool *ret_is_known);

#endif
