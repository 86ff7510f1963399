#include "server/http/auth.h"

#include "common/alloc.h"
#include "common/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKENS_MAX     64
#define TOKEN_LEN_MIN  16
#define TOKEN_LEN_MAX  512
#define TOKEN_FILE_MAX (64 << 10)

struct token {
    uint8_t sha256[HASH_SHA256_SIZE];
    enum role role;
};

struct auth {
    size_t n_tokens;
    struct token tokens[TOKENS_MAX];
    bool is_restricted;
};

struct auth *auth_new(void)
{
    return xcalloc(1, sizeof(struct auth));
}

void auth_free(struct auth *auth)
{
    if (auth)
        hash_wipe(auth, sizeof(*auth));
    free(auth);
}

bool auth_is_restricted(const struct auth *auth)
{
    return auth->is_restricted;
}

static int add_token(
    struct auth *auth, const char *token, size_t len, enum role role, struct tw_error *err)
{
    if (len < TOKEN_LEN_MIN || len > TOKEN_LEN_MAX)
        return tw_fail(err, TW_INVALID, "a token must have %d to %d characters", TOKEN_LEN_MIN,
                       TOKEN_LEN_MAX);
    for (size_t i = 0; i < len; i++)
        if (token[i] <= ' ' || token[i] > '~')
            return tw_fail(err, TW_INVALID, "a token may hold printable ASCII only");
    if (auth->n_tokens == TOKENS_MAX)
        return tw_fail(err, TW_INVALID, "there are over %d tokens", TOKENS_MAX);
    hash_sha256(token, len, auth->tokens[auth->n_tokens].sha256);
    auth->tokens[auth->n_tokens++].role = role;
    return 0;
}

/* Reads a secret file into text (size bytes). */
static int read_secret(const char *path, char *text, size_t size, struct tw_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat info;
    ssize_t len = -1;

    if (fd < 0)
        return tw_fail_errno(err, TW_INVALID, errno, "cannot open token file '%s'", path);
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && !(info.st_mode & 077))
        len = read(fd, text, size - 1);
    (void)close(fd);
    if (!S_ISREG(info.st_mode) || (info.st_mode & 077))
        return tw_fail(
            err, TW_INVALID,
            "token file '%s' must be a regular file that only its owner can read: chmod 600 it",
            path);
    if (len < 0 || (size_t)len == size - 1)
        return tw_fail(err, TW_INVALID, "token file '%s' cannot be read or is too large", path);
    text[len] = '\0';
    return 0;
}

int auth_add_token_file(struct auth *auth, const char *path, enum role role, struct tw_error *err)
{
    char text[TOKEN_LEN_MAX + 8];
    int result;

    if (read_secret(path, text, sizeof(text), err) < 0)
        return -1;
    result = add_token(auth, text, strcspn(text, "\r\n"), role, err);
    hash_wipe(text, sizeof(text));
    return result;
}

static int add_line(struct auth *auth, char *line, struct tw_error *err)
{
    static const char *const names[] = {"", "read", "infer", "operate"};
    char *role = line + strspn(line, " \t");
    size_t role_len = strcspn(role, " \t");
    char *token = role + role_len + strspn(role + role_len, " \t");

    if (*role == '\0' || *role == '#')
        return 0;
    for (size_t i = ROLE_READ; i < COUNT_OF(names); i++) {
        if (strlen(names[i]) != role_len || strncmp(role, names[i], role_len) != 0)
            continue;
        auth->is_restricted = auth->is_restricted || i < ROLE_OPERATE;
        return add_token(auth, token, strcspn(token, " \t"), (enum role)i, err);
    }
    return tw_fail(err, TW_INVALID, "a line is ROLE TOKEN with ROLE one of read, infer, operate");
}

int auth_add_tokens_file(struct auth *auth, const char *path, struct tw_error *err)
{
    CLEANUP(freep) char *text = xcalloc(1, TOKEN_FILE_MAX);
    int number = 1, result = 0;
    char *rest = text;

    if (read_secret(path, text, TOKEN_FILE_MAX, err) < 0)
        return -1;
    for (char *line; result == 0 && (line = strsep(&rest, "\n")); number++) {
        struct tw_error why;

        line[strcspn(line, "\r")] = '\0';
        if (add_line(auth, line, &why) < 0)
            result = tw_fail(err, TW_INVALID, "%s:%d: %s", path, number, why.message);
    }
    hash_wipe(text, TOKEN_FILE_MAX);
    return result;
}

enum role auth_role(const struct auth *auth, const char *authorization, bool *ret_is_known)
{
    static const char scheme[] = "Bearer ";
    enum role found = ROLE_NONE;
    uint8_t sha256[HASH_SHA256_SIZE];

    *ret_is_known = true;
    if (!authorization)
        return auth->is_restricted ? ROLE_NONE : ROLE_INFER;
    *ret_is_known = false;
    if (strncasecmp(authorization, scheme, strlen(scheme)) != 0 ||
        strlen(authorization) > TOKEN_LEN_MAX + strlen(scheme))
        return ROLE_NONE;
    authorization += strlen(scheme);
    hash_sha256(authorization, strlen(authorization), sha256);
    for (size_t i = 0; i < auth->n_tokens; i++) /* all of them, whichever matches */
        if (hash_equal(sha256, auth->tokens[i].sha256, sizeof(sha256)))
            found = auth->tokens[i].role;
    *ret_is_known = found != ROLE_NONE;
    return found;
}
