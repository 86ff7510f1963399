#include "common/credentials.h"

#include "common/alloc.h"
#include "common/base64.h"
#include "common/buffer.h"
#include "common/secret_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define LINE_BYTES_MAX 4096
#define FILE_BYTES_MAX ((size_t)256 * 1024)
#define HEADERS_MAX    16

enum part { PART_TOKEN, PART_PASSWORD, PART_HEADERS, PART_CA, PART_CERT, PART_KEY, N_PARTS };

/* By which a file is known to be the one that was read. */
struct stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
};

struct watched {
    char *path; /* owned; NULL: not set */
    const char *what;
    bool is_private;
    bool is_optional;
    bool is_read; /* and stamp is of what was read */
    struct stamp stamp;
    char *text; /* owned; NULL: it is optional and not there */
};

struct credentials {
    char *of, *user, *plain_headers; /* owned; NULL for none */
    struct watched parts[N_PARTS];

    /* Made of them; all owned. */
    char *authorization, *login;
    char *headers[HEADERS_MAX + 1];
    const char *secrets[HEADERS_MAX + 4]; /* borrowed from the rest */
    size_t n_headers, n_secrets;
    struct fetch_access access;
};

/* ---- Files --------------------------------------------------------------------------------------- */

static struct stamp stamp_of(const struct stat *status)
{
    return (struct stamp){status->st_dev, status->st_ino, status->st_size, status->st_mtim,
                          status->st_ctim};
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* The time of change too: chmod makes a file unfit without touching what is in it. */
static bool is_same_stamp(const struct stamp *a, const struct stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           is_same_time(a->modified, b->modified) && is_same_time(a->changed, b->changed);
}

/* What is read of a part goes with its stamp. */
static int read_file(const struct watched *part,
                     size_t max_bytes,
                     char **ret_text,
                     struct stamp *ret_stamp,
                     struct tw_error *err)
{
    const struct secret_file file = {part->path, part->what,
                                     part->is_private ? SECRET_FILE_OWNER : 0, max_bytes};
    struct stat status;

    if (secret_file_read(&file, ret_text, &status, err) < 0)
        return -1;
    *ret_stamp = stamp_of(&status);
    return 0;
}

/* The one line in text, without its end. */
static int check_line(char *text,
                      const struct credential_line *line,
                      const char *path,
                      struct tw_error *err)
{
    size_t len = strcspn(text, "\r\n");
    bool is_fit = len >= line->min && len <= line->max;

    if (text[len + strspn(text + len, "\r\n")] != '\0')
        is_fit = false;
    text[len] = '\0';
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            is_fit = false;
    if (!is_fit)
        return tw_fail(err, TW_INVALID,
                       "the %s file '%.120s' does not hold one line of %zu to %zu characters",
                       line->what, path, line->min, line->max);
    return 0;
}

int credentials_read_line(const char *path,
                          const struct credential_line *line,
                          char **ret_text,
                          struct tw_error *err)
{
    const struct secret_file file = {path, line->what, SECRET_FILE_OWNER, LINE_BYTES_MAX + 4};
    char *text = NULL;

    if (secret_file_read(&file, &text, NULL, err) < 0)
        return -1;
    if (check_line(text, line, path, err) < 0) {
        secret_file_free(text);
        return -1;
    }
    *ret_text = text;
    return 0;
}

/* ---- Headers ------------------------------------------------------------------------------------- */

static bool is_one_of(const char *name, size_t len, const char *const *names)
{
    for (; *names; names++)
        if (strlen(*names) == len && strncasecmp(name, *names, len) == 0)
            return true;
    return false;
}

/* Who may stand in settings, which others read: not what is a secret by its name. */
static const char *header_fault(const char *line, bool is_from_file)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char *const ours[] = {"content-type",
                                       "content-length",
                                       "transfer-encoding",
                                       "connection",
                                       "accept-encoding",
                                       "expect",
                                       NULL};
    static const char *const secret[] = {
        "authorization", "proxy-authorization", "cookie",        "x-api-key",
        "api-key",       "x-auth-token",        "private-token", NULL};
    size_t len = strspn(line, token);
    const char *value = line + len + 1;

    if (len == 0 || line[len] != ':' || value[strspn(value, " \t")] == '\0')
        return "is not 'Name: value'";
    for (; *value; value++)
        if ((unsigned char)*value < ' ' || *value == 0x7f)
            return "holds control characters";
    if (is_one_of(line, len, ours))
        return "is made by the program itself";
    return !is_from_file && is_one_of(line, len, secret) ? "is a secret: put it into headers_file"
                                                         : NULL;
}

static int add_header(struct credentials *c, char *line, bool is_from_file, struct tw_error *err)
{
    size_t end = strlen(line);
    const char *fault;

    line += strspn(line, " \t");
    end = strlen(line);
    while (end > 0 && strchr(" \t\r", line[end - 1]))
        line[--end] = '\0';
    if (!line[0] || (is_from_file && line[0] == '#'))
        return 0;
    fault = c->n_headers == HEADERS_MAX ? "is one too many" : header_fault(line, is_from_file);
    /* Only its name: the rest may be a secret. */
    if (fault)
        return tw_fail(err, TW_INVALID, "a header of %s, '%.*s', %s", c->of,
                       (int)strcspn(line, ": \t"), line, fault);
    if (is_from_file && c->authorization && strncasecmp(line, "authorization:", 14) == 0)
        return tw_fail(err, TW_INVALID,
                       "%s is given both an Authorization header and a token or password", c->of);
    c->headers[c->n_headers++] = xstrdup(line);
    if (is_from_file) {
        const char *kept = strchr(c->headers[c->n_headers - 1], ':') + 1;

        c->secrets[c->n_secrets++] = kept + strspn(kept, " \t");
    }
    return 0;
}

/* Every part of text between the separators. */
static int add_headers(struct credentials *c,
                       const char *text,
                       char separator,
                       struct tw_error *err)
{
    char *copy = xstrdup(text ? text : ""), *at = copy, *next;
    int result = 0;

    for (; at && result == 0; at = next) {
        next = strchr(at, separator);
        if (next)
            *next++ = '\0';
        result = add_header(c, at, separator == '\n', err);
    }
    explicit_bzero(copy, strlen(text ? text : ""));
    free(copy);
    return result;
}

/* ---- Putting it together ------------------------------------------------------------------------- */

static void forget_made(struct credentials *c)
{
    secret_file_free(c->authorization);
    secret_file_free(c->login);
    for (size_t i = 0; i < c->n_headers; i++) {
        secret_file_free(c->headers[i]);
        c->headers[i] = NULL;
    }
    memset(c->secrets, 0, sizeof(c->secrets));
    c->authorization = c->login = NULL;
    c->n_headers = c->n_secrets = 0;
    c->access = (struct fetch_access){0};
}

static void make_login(struct credentials *c)
{
    CLEANUP(freep) char *pair = xprintf_dup("%s:%s", c->user, c->parts[PART_PASSWORD].text);
    struct buffer encoded;

    buffer_init(&encoded, LINE_BYTES_MAX * 2);
    base64_encode(pair, strlen(pair), &encoded);
    c->login = xstrdup(buffer_text(&encoded));
    c->authorization = xprintf_dup("Basic %s", c->login);
    c->secrets[c->n_secrets++] = c->login;
    c->secrets[c->n_secrets++] = c->parts[PART_PASSWORD].text;
    explicit_bzero(pair, strlen(pair));
    explicit_bzero(encoded.data, encoded.len);
    buffer_finish(&encoded);
}

static int make(struct credentials *c, struct tw_error *err)
{
    const struct watched *parts = c->parts;

    forget_made(c);
    if (c->user) {
        make_login(c);
    } else if (parts[PART_TOKEN].text) {
        c->authorization = xprintf_dup("Bearer %s", parts[PART_TOKEN].text);
        c->secrets[c->n_secrets++] = parts[PART_TOKEN].text;
    }
    if (add_headers(c, c->plain_headers, ';', err) < 0 ||
        add_headers(c, parts[PART_HEADERS].text, '\n', err) < 0)
        return -1;
    c->access = (struct fetch_access){
        .authorization = c->authorization,
        .headers = (const char *const *)c->headers,
        .ca_pem = parts[PART_CA].text,
        .ca_file = parts[PART_CA].path,
        .cert_pem = parts[PART_CERT].text,
        .cert_file = parts[PART_CERT].path,
        .key_pem = parts[PART_KEY].text,
        .key_file = parts[PART_KEY].path,
        .secrets = c->secrets,
    };
    return 0;
}

static int check_part(struct watched *part, enum part id, struct tw_error *err)
{
    const struct credential_line line = {part->what, 1, LINE_BYTES_MAX};

    if (id == PART_TOKEN || id == PART_PASSWORD)
        return check_line(part->text, &line, part->path, err);
    if (id != PART_HEADERS && !strstr(part->text, "-----BEGIN "))
        return tw_fail(err, TW_INVALID, "the %s file '%.150s' holds no PEM", part->what,
                       part->path);
    return 0;
}

/* Is what was read still what stands there? */
static bool is_current(const struct watched *part)
{
    struct stat status;
    struct stamp now;

    if (!part->is_read)
        return false;
    if (stat(part->path, &status) < 0)
        return !part->text && errno == ENOENT; /* as it was: none */
    now = stamp_of(&status);
    return part->text && is_same_stamp(&now, &part->stamp);
}

static int read_part(struct watched *part, enum part id, struct tw_error *err)
{
    size_t max_bytes =
        id == PART_TOKEN || id == PART_PASSWORD ? LINE_BYTES_MAX + 4 : FILE_BYTES_MAX;
    struct tw_error why = {0};

    secret_file_free(part->text);
    part->text = NULL;
    part->is_read = false;
    if (read_file(part, max_bytes, &part->text, &part->stamp, &why) < 0) {
        part->is_read = part->is_optional && why.code == TW_NOT_FOUND;
        return part->is_read ? 0 : tw_fail(err, why.code, "%s", why.message);
    }
    if (check_part(part, id, err) < 0)
        return -1;
    part->is_read = true;
    return 0;
}

int credentials_refresh(struct credentials *c, bool *ret_is_changed, struct tw_error *err)
{
    bool is_changed = false;

    for (int id = 0; c && id < N_PARTS; id++) {
        struct watched *part = &c->parts[id];

        if (!part->path || is_current(part))
            continue;
        /* What was made of the old text goes first: it points into it. */
        forget_made(c);
        is_changed = true;
        if (read_part(part, (enum part)id, err) < 0)
            return -1;
    }
    /* Also after a failure that is mended: nothing is left of what was made. */
    if (c && (is_changed || !c->access.secrets) && make(c, err) < 0) {
        forget_made(c);
        return -1;
    }
    if (ret_is_changed)
        *ret_is_changed = is_changed;
    return 0;
}

const struct fetch_access *credentials_access(const struct credentials *c)
{
    return c ? &c->access : NULL;
}

/* ---- Life ---------------------------------------------------------------------------------------- */

static char *dup_or_null(const char *text)
{
    return text && text[0] ? xstrdup(text) : NULL;
}

static int check_settings(const struct credentials *c, struct tw_error *err)
{
    const struct watched *parts = c->parts;

    if (c->user && !parts[PART_PASSWORD].path)
        return tw_fail(err, TW_INVALID, "%s has a user and no password_file", c->of);
    if (!c->user && parts[PART_PASSWORD].path)
        return tw_fail(err, TW_INVALID, "%s has a password_file and no user", c->of);
    if (c->user && strchr(c->user, ':'))
        return tw_fail(err, TW_INVALID, "the user for %s holds a ':'", c->of);
    if (c->user && parts[PART_TOKEN].path)
        return tw_fail(err, TW_INVALID, "%s has both a token_file and a user: it takes one", c->of);
    if (parts[PART_KEY].path && !parts[PART_CERT].path)
        return tw_fail(err, TW_INVALID, "%s has a key_file and no cert_file", c->of);
    return 0;
}

int credentials_new(const struct credential_settings *settings,
                    const char *of,
                    bool is_token_optional,
                    struct credentials **ret_credentials,
                    struct tw_error *err)
{
    CLEANUP(credentials_freep) struct credentials *c = xcalloc(1, sizeof(*c));
    bool has_key = settings->key_file && settings->key_file[0];

    const struct {
        const char *path, *what;
        bool is_private;
    } parts[N_PARTS] = {
        [PART_TOKEN] = {settings->token_file, "token", true},
        [PART_PASSWORD] = {settings->password_file, "password", true},
        [PART_HEADERS] = {settings->headers_file, "header", true},
        [PART_CA] = {settings->ca_file, "CA", false},
        [PART_CERT] = {settings->cert_file, "certificate", !has_key},
        [PART_KEY] = {settings->key_file, "key", true},
    };

    c->of = xstrdup(of);
    c->user = dup_or_null(settings->user);
    c->plain_headers = dup_or_null(settings->headers);
    for (int id = 0; id < N_PARTS; id++)
        c->parts[id] = (struct watched){.path = dup_or_null(parts[id].path),
                                        .what = parts[id].what,
                                        .is_private = parts[id].is_private,
                                        .is_optional = id == PART_TOKEN && is_token_optional};
    if (check_settings(c, err) < 0 || credentials_refresh(c, NULL, err) < 0)
        return -1;
    *ret_credentials = TAKE(c);
    return 0;
}

struct credentials *credentials_copy(const struct credentials *from)
{
    struct credentials *c;

    if (!from)
        return NULL;
    c = xcalloc(1, sizeof(*c));
    c->of = xstrdup(from->of);
    c->user = dup_or_null(from->user);
    c->plain_headers = dup_or_null(from->plain_headers);
    for (int id = 0; id < N_PARTS; id++)
        c->parts[id] = (struct watched){.path = dup_or_null(from->parts[id].path),
                                        .what = from->parts[id].what,
                                        .is_private = from->parts[id].is_private,
                                        .is_optional = from->parts[id].is_optional};
    return c;
}

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool credentials_are_alike(const struct credentials *a, const struct credentials *b)
{
    bool is_alike =
        is_same_text(a->user, b->user) && is_same_text(a->plain_headers, b->plain_headers);

    for (int id = 0; id < N_PARTS && is_alike; id++)
        is_alike = is_same_text(a->parts[id].path, b->parts[id].path) &&
                   is_same_text(a->parts[id].text, b->parts[id].text);
    return is_alike;
}

void credentials_free(struct credentials *c)
{
    if (!c)
        return;
    forget_made(c);
    for (int id = 0; id < N_PARTS; id++) {
        free(c->parts[id].path);
        secret_file_free(c->parts[id].text);
    }
    free(c->plain_headers);
    free(c->user);
    free(c->of);
    free(c);
}

int credentials_obtain(struct credentials **slot,
                       const struct credential_settings *settings,
                       const char *of,
                       const struct fetch_access **ret_access,
                       struct tw_error *err)
{
    if (settings && !*slot && credentials_new(settings, of, false, slot, err) < 0)
        return -1;
    if (credentials_refresh(*slot, NULL, err) < 0)
        return -1;
    *ret_access = credentials_access(*slot);
    return 0;
}
