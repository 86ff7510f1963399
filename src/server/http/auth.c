#include "server/http/auth.h"

#include "common/alloc.h"
#include "common/hash.h"
#include "common/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define TOKENS_MAX     64
#define TOKEN_LEN_MIN  16
#define TOKEN_LEN_MAX  512
#define TOKEN_FILE_MAX (64U << 10)
#define TOKEN_PREFIX   "tw_" /* for those who look for lost secrets */
#define TOKEN_BYTES    32

_Static_assert(sizeof(TOKEN_PREFIX) + (size_t)2 * TOKEN_BYTES == AUTH_TOKEN_SIZE, "room for both");

struct token {
    uint8_t sha256[HASH_SHA256_SIZE];
    enum role role;
    char name[AUTH_NAME_SIZE];
};

struct auth {
    size_t n_tokens;
    struct token tokens[TOKENS_MAX];
    bool is_restricted;
    struct auth *older; /* owned */
};

struct auth *auth_new(void)
{
    return xcalloc(1, sizeof(struct auth));
}

void auth_free(struct auth *auth)
{
    while (auth) {
        struct auth *older = auth->older;

        hash_wipe(auth, sizeof(*auth));
        free(auth);
        auth = older;
    }
}

bool auth_is_restricted(const struct auth *auth)
{
    return auth->is_restricted;
}

size_t auth_n_tokens(const struct auth *auth)
{
    return auth->n_tokens;
}

bool auth_is_same(const struct auth *a, const struct auth *b)
{
    return a->n_tokens == b->n_tokens && a->is_restricted == b->is_restricted &&
           memcmp(a->tokens, b->tokens, sizeof(a->tokens)) == 0;
}

void auth_succeed(struct auth *auth, struct auth *owned_older)
{
    auth->older = owned_older;
}

/* ---- Adding ------------------------------------------------------------------------------------- */

static int add_hash(struct auth *auth,
                    const uint8_t sha256[HASH_SHA256_SIZE],
                    enum role role,
                    const char *name,
                    struct tw_error *err)
{
    struct token *token = &auth->tokens[auth->n_tokens];

    if (auth->n_tokens == TOKENS_MAX)
        return tw_fail(err, TW_INVALID, "there are over %d tokens", TOKENS_MAX);
    memcpy(token->sha256, sha256, HASH_SHA256_SIZE);
    token->role = role;
    (void)snprintf(token->name, sizeof(token->name), "%s", name);
    auth->n_tokens++;
    return 0;
}

static int add_text(struct auth *auth,
                    const char *token,
                    size_t len,
                    enum role role,
                    const char *name,
                    struct tw_error *err)
{
    uint8_t sha256[HASH_SHA256_SIZE];

    if (len < TOKEN_LEN_MIN || len > TOKEN_LEN_MAX)
        return tw_fail(err, TW_INVALID, "a token must have %d to %d characters", TOKEN_LEN_MIN,
                       TOKEN_LEN_MAX);
    for (size_t i = 0; i < len; i++)
        if (token[i] <= ' ' || token[i] > '~')
            return tw_fail(err, TW_INVALID, "a token may hold printable ASCII only");
    hash_sha256(token, len, sha256);
    return add_hash(auth, sha256, role, name, err);
}

int auth_add_token(
    struct auth *auth, const char *token, enum role role, const char *name, struct tw_error *err)
{
    return add_text(auth, token, strlen(token), role, name, err);
}

int auth_add_token_file(
    struct auth *auth, const char *path, enum role role, const char *name, struct tw_error *err)
{
    const struct secret_file file = {path, "token", SECRET_FILE_OWNER, TOKEN_LEN_MAX + 2};
    CLEANUP(secret_file_freep) char *text = NULL;

    if (secret_file_read(&file, &text, NULL, err) < 0)
        return -1;
    return add_text(auth, text, strcspn(text, "\r\n"), role, name, err);
}

/* ---- Files of many ------------------------------------------------------------------------------ */

/* A line without its end, blank or not; number counts from 1. */
typedef int take_line_fn(struct auth *auth, char *line, int number, struct tw_error *err);

static int take_role_line(struct auth *auth, char *line, int number, struct tw_error *err)
{
    static const char *const names[] = {"", "read", "infer", "operate"};
    char *role = line + strspn(line, " \t");
    size_t role_len = strcspn(role, " \t");
    char *token = role + role_len + strspn(role + role_len, " \t");
    char name[AUTH_NAME_SIZE];

    for (size_t i = ROLE_READ; i < COUNT_OF(names); i++) {
        if (strlen(names[i]) != role_len || strncmp(role, names[i], role_len) != 0)
            continue;
        auth->is_restricted = auth->is_restricted || i < ROLE_OPERATE;
        (void)snprintf(name, sizeof(name), "%s-%d", names[i], number);
        return add_text(auth, token, strcspn(token, " \t"), (enum role)i, name, err);
    }
    return tw_fail(err, TW_INVALID, "a line is ROLE TOKEN with ROLE one of read, infer, operate");
}

static bool is_name(const char *name, size_t len)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    return len > 0 && len < AUTH_NAME_SIZE && strspn(name, allowed) >= len;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;

    return at ? (int)(at - digits) : -1;
}

static bool read_hash(const char *hex, uint8_t out[HASH_SHA256_SIZE])
{
    if (strlen(hex) != (size_t)2 * HASH_SHA256_SIZE)
        return false;
    for (size_t i = 0; i < HASH_SHA256_SIZE; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static int take_operator_line(struct auth *auth, char *line, int number, struct tw_error *err)
{
    size_t len = strcspn(line, ":");
    uint8_t sha256[HASH_SHA256_SIZE];

    (void)number;
    if (line[len] != ':' || !is_name(line, len) || !read_hash(line + len + 1, sha256))
        return tw_fail(err, TW_INVALID,
                       "a line is NAME:SHA256, as tidewatchd token new NAME writes it");
    line[len] = '\0';
    for (size_t i = 0; i < auth->n_tokens; i++)
        if (strcmp(auth->tokens[i].name, line) == 0)
            return tw_fail(err, TW_INVALID, "the name stands for another token already");
    return add_hash(auth, sha256, ROLE_OPERATE, line, err);
}

static int add_lines(struct auth *auth, const char *path, take_line_fn *take, struct tw_error *err)
{
    const struct secret_file file = {path, "token", SECRET_FILE_OWNER, TOKEN_FILE_MAX};
    CLEANUP(secret_file_freep) char *text = NULL;
    struct tw_error why;
    size_t len;
    char *end;
    int number = 1;

    if (secret_file_read(&file, &text, NULL, err) < 0)
        return -1;
    len = strlen(text);
    end = text + len;
    for (char *line = text, *next; line < end; line = next, number++) {
        size_t line_len = strcspn(line, "\n");

        next = line + line_len + 1;
        line[line_len] = '\0';
        line[strcspn(line, "\r")] = '\0';
        if (line[strspn(line, " \t")] == '\0' || line[strspn(line, " \t")] == '#')
            continue;
        if (take(auth, line, number, &why) < 0) {
            hash_wipe(text, len); /* the text has NULs by now, where wiping would end */
            return tw_fail(err, TW_INVALID, "%.100s:%d: %s", path, number, why.message);
        }
    }
    hash_wipe(text, len);
    return 0;
}

int auth_add_tokens_file(struct auth *auth, const char *path, struct tw_error *err)
{
    return add_lines(auth, path, take_role_line, err);
}

int auth_add_operators_file(struct auth *auth, const char *path, struct tw_error *err)
{
    return add_lines(auth, path, take_operator_line, err);
}

/* ---- Making ------------------------------------------------------------------------------------- */

int auth_make_token(char ret_token[AUTH_TOKEN_SIZE], struct tw_error *err)
{
    uint8_t bytes[TOKEN_BYTES];
    size_t at = strlen(TOKEN_PREFIX);

    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
        return tw_fail_errno(err, TW_BROKEN, errno, "no random numbers for a token");
    memcpy(ret_token, TOKEN_PREFIX, at);
    for (size_t i = 0; i < sizeof(bytes); i++, at += 2)
        (void)snprintf(ret_token + at, AUTH_TOKEN_SIZE - at, "%02x", bytes[i]);
    hash_wipe(bytes, sizeof(bytes));
    return 0;
}

static int check_new_name(const char *path, const char *name, struct tw_error *err)
{
    CLEANUP(auth_freep) struct auth *auth = auth_new();
    struct tw_error why;

    if (!is_name(name, strlen(name)))
        return tw_fail(err, TW_INVALID, "a name has 1 to %d of A-Z a-z 0-9 . _ -",
                       AUTH_NAME_SIZE - 1);
    if (strcmp(name, AUTH_OPERATOR) == 0 || strcmp(name, AUTH_SIMULATIONS) == 0)
        return tw_fail(err, TW_INVALID, "%s has a token of its own already", name);
    if (auth_add_operators_file(auth, path, &why) < 0 && why.code != TW_NOT_FOUND)
        return tw_fail(err, why.code, "%s", why.message);
    for (size_t i = 0; i < auth->n_tokens; i++)
        if (strcmp(auth->tokens[i].name, name) == 0)
            return tw_fail(err, TW_INVALID, "%.120s has a token of %s already: remove its line",
                           path, name);
    return auth->n_tokens < TOKENS_MAX / 2
               ? 0
               : tw_fail(err, TW_INVALID, "there are %d operators already", TOKENS_MAX / 2);
}

/* In one write at the end of the file: what stands there is never at risk. line begins with a line's end, for
 * a file whose last one lacks it. */
static int append_line(const char *path, const char *line, struct tw_error *err)
{
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600), failed_errno = 0;
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    char last = '\n';

    if (fd < 0)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot open '%.150s'", path);
    if (size > 0 && pread(fd, &last, 1, size - 1) != 1)
        failed_errno = errno;
    line += last == '\n';
    if (write(fd, line, strlen(line)) != (ssize_t)strlen(line) || fsync(fd) < 0)
        failed_errno = errno;
    if (close(fd) < 0 && failed_errno == 0)
        failed_errno = errno;
    return failed_errno == 0
               ? 0
               : tw_fail_errno(err, TW_BROKEN, failed_errno, "cannot write '%.150s'", path);
}

int auth_make_operator(const char *path,
                       const char *name,
                       char ret_token[AUTH_TOKEN_SIZE],
                       struct tw_error *err)
{
    char hex[HASH_HEX_SIZE], line[AUTH_NAME_SIZE + HASH_HEX_SIZE + 3];

    if (check_new_name(path, name, err) < 0 || auth_make_token(ret_token, err) < 0)
        return -1;
    hash_sha256_hex(ret_token, strlen(ret_token), hex);
    (void)snprintf(line, sizeof(line), "\n%s:%s\n", name, hex);
    return append_line(path, line, err);
}

/* ---- Asking ------------------------------------------------------------------------------------- */

enum role auth_role(const struct auth *auth, const char *authorization, const char **ret_name)
{
    static const char scheme[] = "Bearer ";
    const struct token *found = NULL;
    uint8_t sha256[HASH_SHA256_SIZE];

    *ret_name = "";
    if (!authorization)
        return auth->is_restricted ? ROLE_NONE : ROLE_INFER;
    *ret_name = NULL;
    if (strncasecmp(authorization, scheme, strlen(scheme)) != 0 ||
        strlen(authorization) > TOKEN_LEN_MAX + strlen(scheme))
        return ROLE_NONE;
    authorization += strlen(scheme);
    hash_sha256(authorization, strlen(authorization), sha256);
    for (size_t i = 0; i < auth->n_tokens; i++) /* all of them, whichever matches */
        if (hash_equal(sha256, auth->tokens[i].sha256, sizeof(sha256)))
            found = &auth->tokens[i];
    if (!found)
        return ROLE_NONE;
    *ret_name = found->name;
    return found->role;
}
