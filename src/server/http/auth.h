#ifndef TW_HTTP_AUTH_H
#define TW_HTTP_AUTH_H

/* Who may do what: bearer tokens with names, kept as SHA-256 and compared in constant time. Filled by one
 * thread, immutable from when others may see it. Without tokens for `read` and `infer` those are open to
 * whoever reaches the listener (which is why a listener beyond loopback then refuses to start); `operate`
 * always needs a token. Every file must be a regular one that only its owner can read. */

#include "server/http/http.h"

#include <stdbool.h>

#define AUTH_NAME_SIZE   33
#define AUTH_OPERATOR    "operator"    /* whose token stands in auth.token_file */
#define AUTH_SIMULATIONS "simulations" /* of this process */
#define AUTH_TOKEN_SIZE  68            /* "tw_", 64 hex digits, NUL */

struct auth;

struct auth *auth_new(void);
void auth_free(struct auth *auth); /* with those that it succeeded; NULL is fine */
DEFINE_CLEANUP(struct auth *, auth_free);

/* Adds the token in a file of one line, as `role` and under this name. */
int auth_add_token_file(struct auth *auth,
                        const char *path,
                        enum role role,
                        const char *name,
                        struct tw_error *err) MUST_CHECK;

/* Adds the tokens of a file with lines "ROLE TOKEN", ROLE being read, infer or operate; # starts a
 * comment. A bad line is named by number, never by content. A token's name is its role and line. */
int auth_add_tokens_file(struct auth *auth, const char *path, struct tw_error *err) MUST_CHECK;

/* Adds operators, of a file with lines "NAME:SHA256", the hash of the token's text in 64 hex digits; # starts
 * a comment. TW_NOT_FOUND: there is no such file. */
int auth_add_operators_file(struct auth *auth, const char *path, struct tw_error *err) MUST_CHECK;

/* Adds a token that is known to this process alone. */
int auth_add_token(struct auth *auth,
                   const char *token,
                   enum role role,
                   const char *name,
                   struct tw_error *err) MUST_CHECK;

/* A new random token of 256 bits. */
int auth_make_token(char ret_token[AUTH_TOKEN_SIZE], struct tw_error *err) MUST_CHECK;

/* Makes a token and appends its hash to the file of operators, which is made (mode 0600) when missing.
 * TW_INVALID: the name has other than 1 to 32 of A-Z a-z 0-9 . _ -, is one of the two above, or stands in the
 * file already. */
int auth_make_operator(const char *path,
                       const char *name,
                       char ret_token[AUTH_TOKEN_SIZE],
                       struct tw_error *err) MUST_CHECK;

/* Some token restricts read and infer. */
bool auth_is_restricted(const struct auth *auth);
size_t auth_n_tokens(const struct auth *auth);
bool auth_is_same(const struct auth *a, const struct auth *b);

/* auth takes the place of an older one, which lives on for those who still look at it. */
void auth_succeed(struct auth *auth, struct auth *owned_older);

/* What the value of an Authorization header (NULL: none) allows. *ret_name: whose token it is, which lives as
 * long as auth; "" without a header; NULL when it is none of ours. Constant time in the token. */
enum role auth_role(const struct auth *auth, const char *authorization, const char **ret_name);

#endif
