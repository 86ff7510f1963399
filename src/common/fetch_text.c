#include "common/fetch_text.h"

#include "common/alloc.h"
#include "common/fetch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SECRET_LEN_MIN 8 /* a shorter one would be found by chance in every answer */

bool fetch_read_header(
    const char *line, size_t len, const char *name, char *ret_value, size_t value_size)
{
    size_t name_len = strlen(name);

    if (len <= name_len || strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
        return false;
    line += name_len + 1;
    len -= name_len + 1;
    while (len > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        len--;
    }
    while (len > 0 && strchr("\r\n \t", line[len - 1]))
        len--;
    if (len >= value_size)
        return false;
    memcpy(ret_value, line, len);
    ret_value[len] = '\0';
    return true;
}

void fetch_read_challenge(const char *line, size_t len, char *ret_scheme, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";
    char challenge[512];

    if (!ret_scheme[0] &&
        fetch_read_header(line, len, "WWW-Authenticate", challenge, sizeof(challenge)))
        (void)snprintf(ret_scheme, size, "%.*s", (int)strspn(challenge, letters), challenge);
}

bool fetch_has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

bool fetch_is_loopback(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "[::1]") == 0;
}

bool fetch_names_content_type(const char *line)
{
    return strncasecmp(line, "Content-Type:", 13) == 0;
}

char *fetch_authorization_dup(const struct fetch_request *request)
{
    if (request->bearer)
        return xprintf_dup("Authorization: Bearer %s", request->bearer);
    if (request->access && request->access->authorization)
        return xprintf_dup("Authorization: %s", request->access->authorization);
    return NULL;
}

static void name_files(struct fetch_kept *kept, const struct fetch_access *access)
{
    if (access->ca_file)
        (void)snprintf(kept->ca_file, sizeof(kept->ca_file), "'%s'", access->ca_file);
    if (access->cert_file)
        (void)snprintf(kept->own_files, sizeof(kept->own_files), "'%s'%s%s%s", access->cert_file,
                       access->key_file ? " with '" : "", access->key_file ? access->key_file : "",
                       access->key_file ? "'" : "");
}

static void keep_secrets(struct fetch_kept *kept, const char *const *secrets)
{
    size_t n = 0, n_kept = 0;

    while (secrets && secrets[n])
        n++;
    kept->secrets = xcalloc(n + 1, sizeof(*kept->secrets));
    for (size_t i = 0; i < n; i++)
        if (strlen(secrets[i]) >= SECRET_LEN_MIN)
            kept->secrets[n_kept++] = xstrdup(secrets[i]);
}

void fetch_kept_init(struct fetch_kept *kept, const struct fetch_access *access)
{
    name_files(kept, access);
    keep_secrets(kept, access->secrets);
}

void fetch_kept_finish(struct fetch_kept *kept)
{
    for (char **secret = kept->secrets; secret && *secret; secret++) {
        explicit_bzero(*secret, strlen(*secret));
        free(*secret);
    }
    free(kept->secrets);
}

void fetch_kept_blank(const struct fetch_kept *kept, char *text, size_t len)
{
    for (char **secret = kept->secrets; secret && *secret && len > 0; secret++) {
        size_t secret_len = strlen(*secret), left = len;

        for (char *at = text; (at = memmem(at, left, *secret, secret_len)) != NULL;) {
            memset(at, '*', secret_len);
            at += secret_len;
            left = len - (size_t)(at - text);
        }
    }
}
