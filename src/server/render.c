#include "server/render.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/file.h"
#include "server/fast_alerts.h"
#include "server/template.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define FILE_MAX_BYTES (256U << 10) /* of a template or rule file */
#define RULES_MAX      256          /* rule files */

#define SLACK_URL_NAME     "slack_url"
#define SMTP_PASSWORD_NAME "smtp_password"

/* ---- Channels ---------------------------------------------------------------------------------- */

static bool is_set(const char *text)
{
    return text && *text;
}

static const char *what_email_lacks(const struct render_options *o)
{
    if (!is_set(o->smtp_host))
        return "SMTP_HOST";
    if (!is_set(o->alert_email))
        return "ALERT_EMAIL";
    if (is_set(o->smtp_password) && !is_set(o->smtp_username))
        return "SMTP_USERNAME";
    if (o->smtp_username && *o->smtp_username && !is_set(o->smtp_password))
        return "SMTP_PASSWORD";
    return NULL;
}

void render_channels(const struct render_options *options, struct render_channels *ret_channels)
{
    const char *lacks = what_email_lacks(options);
    bool is_wanted = is_set(options->smtp_host) || is_set(options->alert_email);

    ret_channels->slack = is_set(options->slack_webhook_url);
    ret_channels->email = !lacks;
    ret_channels->email_lacks = is_wanted ? lacks : NULL;
}

/* ---- Values ------------------------------------------------------------------------------------ */

/* Where a listener is reached from this machine: owned. A wildcard is no address to connect to. */
static char *target_of(const char *listen)
{
    static const char *const wildcards[][2] = {
        {"0.0.0.0:", "127.0.0.1:"},
        {"[::]:", "[::1]:"},
        {"*:", "127.0.0.1:"},
        {":", "127.0.0.1:"},
    };

    if (!listen)
        return NULL;
    for (size_t i = 0; i < COUNT_OF(wildcards); i++) {
        size_t len = strlen(wildcards[i][0]);

        if (strncmp(listen, wildcards[i][0], len) == 0)
            return xprintf_dup("%s%s", wildcards[i][1], listen + len);
    }
    return xstrdup(listen);
}

static bool is_this_machine(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "::1") == 0 || strcmp(host, "[::1]") == 0;
}

/* Owned. Prometheus and Alertmanager take a relative path as relative to their configuration. */
static char *absolute_path(const char *path)
{
    char folder[4096];

    if (!path || !*path || *path == '/' || !getcwd(folder, sizeof(folder)))
        return xstrdup(path ? path : "");
    return xprintf_dup("%s/%s", folder, path);
}

enum {
    VALUE_ML,
    VALUE_LLM,
    VALUE_OPS,
    VALUE_PROMETHEUS,
    VALUE_ALERTMANAGER,
    VALUE_OPERATOR_TOKEN_FILE,
    VALUE_READ_TOKEN_FILE,
    VALUE_SLACK_URL_FILE,
    VALUE_SMTP_PASSWORD_FILE,
    VALUE_SMTP_HOST,
    VALUE_SMTP_PORT,
    VALUE_SMTP_FROM,
    VALUE_SMTP_USERNAME,
    VALUE_SMTP_REQUIRE_TLS,
    VALUE_EMAIL_TO,
    N_VALUES
};

/* What the templates may name; every text is owned. */
struct values {
    char *text[N_VALUES]; /* NULL: has none */
};

static void values_finish(struct values *values)
{
    for (size_t i = 0; i < N_VALUES; i++)
        free(values->text[i]);
}

/* HOST:PORT wants an IPv6 address in brackets. Owned. */
static char *bracketed(const char *host)
{
    return xprintf_dup(strchr(host, ':') && *host != '[' ? "[%s]" : "%s", host);
}

static void fill_email(struct values *values, const struct render_options *o, const char *folder)
{
    values->text[VALUE_SMTP_HOST] = bracketed(o->smtp_host);
    values->text[VALUE_SMTP_PORT] = xprintf_dup("%lld", (long long)o->smtp_port);
    values->text[VALUE_SMTP_FROM] = xstrdup(is_set(o->smtp_from) ? o->smtp_from : o->alert_email);
    values->text[VALUE_SMTP_REQUIRE_TLS] =
        xstrdup(is_this_machine(o->smtp_host) ? "false" : "true");
    values->text[VALUE_EMAIL_TO] = xstrdup(o->alert_email);
    if (!is_set(o->smtp_username))
        return;
    values->text[VALUE_SMTP_USERNAME] = xstrdup(o->smtp_username);
    values->text[VALUE_SMTP_PASSWORD_FILE] = xprintf_dup("%s/" SMTP_PASSWORD_NAME, folder);
}

static void fill_values(struct values *values, const struct render_options *o, const char *folder)
{
    struct render_channels channels;

    render_channels(o, &channels);
    values->text[VALUE_ML] = target_of(o->listen_ml);
    values->text[VALUE_LLM] = target_of(o->listen_llm);
    values->text[VALUE_OPS] = target_of(o->listen_ops);
    values->text[VALUE_PROMETHEUS] = target_of(o->prometheus_listen);
    values->text[VALUE_ALERTMANAGER] = target_of(o->alertmanager_listen);
    values->text[VALUE_OPERATOR_TOKEN_FILE] = absolute_path(o->operator_token_path);
    values->text[VALUE_READ_TOKEN_FILE] = absolute_path(o->read_token_path);
    if (channels.slack)
        values->text[VALUE_SLACK_URL_FILE] = xprintf_dup("%s/" SLACK_URL_NAME, folder);
    if (channels.email)
        fill_email(values, o, folder);
}

/* Points table at the texts, under the names that templates have for them. */
static void name_values(const struct values *values, struct template_value table[static N_VALUES])
{
    static const char *const names[N_VALUES] = {
        [VALUE_ML] = "ML",
        [VALUE_LLM] = "LLM",
        [VALUE_OPS] = "OPS",
        [VALUE_PROMETHEUS] = "PROMETHEUS",
        [VALUE_ALERTMANAGER] = "ALERTMANAGER",
        [VALUE_OPERATOR_TOKEN_FILE] = "OPERATOR_TOKEN_FILE",
        [VALUE_READ_TOKEN_FILE] = "READ_TOKEN_FILE",
        [VALUE_SLACK_URL_FILE] = "SLACK_URL_FILE",
        [VALUE_SMTP_PASSWORD_FILE] = "SMTP_PASSWORD_FILE",
        [VALUE_SMTP_HOST] = "SMTP_HOST",
        [VALUE_SMTP_PORT] = "SMTP_PORT",
        [VALUE_SMTP_FROM] = "SMTP_FROM",
        [VALUE_SMTP_USERNAME] = "SMTP_USERNAME",
        [VALUE_SMTP_REQUIRE_TLS] = "SMTP_REQUIRE_TLS",
        [VALUE_EMAIL_TO] = "EMAIL_TO",
    };

    for (size_t i = 0; i < N_VALUES; i++)
        table[i] = (struct template_value){names[i], values->text[i]};
}

/* ---- Files ------------------------------------------------------------------------------------- */

struct rendering {
    const struct render_options *options;
    const char *folder; /* the output, absolute */
    struct template_value table[N_VALUES];
};

/* Puts the file's name before what a pure function said. */
static int name_file(const char *path, const struct tw_error *cause, struct tw_error *err)
{
    return tw_fail(err, cause->code, "%s: %s", path, cause->message);
}

static int speed_up(struct buffer *text, struct tw_error *err)
{
    struct buffer fast;

    buffer_init(&fast, FILE_MAX_BYTES);
    if (fast_alerts_rewrite(buffer_text(text), &fast, err) < 0) {
        buffer_finish(&fast);
        return -1;
    }
    buffer_finish(text);
    *text = fast;
    return 0;
}

/* Reads, renders (rules have no marks of templates: n_values 0 takes them as they are) and writes. */
static int render_file(const struct rendering *r,
                       const char *name,
                       size_t n_values,
                       struct buffer *out,
                       struct tw_error *err)
{
    CLEANUP(freep) char *from = xprintf_dup("%s/%s", r->options->source_dir, name);
    CLEANUP(freep) char *to = xprintf_dup("%s/%s", r->folder, name);
    CLEANUP(freep) char *text = NULL;
    struct tw_error cause;
    size_t len;

    if (file_read(from, FILE_MAX_BYTES, &text, &len, err) < 0)
        return -1;
    if (n_values > 0 && template_render(text, r->table, n_values, out, &cause) < 0)
        return name_file(from, &cause, err);
    if (n_values == 0)
        (void)buffer_append(out, text, len);
    if (r->options->fast_alerts && speed_up(out, &cause) < 0)
        return name_file(from, &cause, err);
    return file_write_atomically(to, buffer_text(out), out->len, 0644, err);
}

static int render_one(const struct rendering *r,
                      const char *name,
                      size_t n_values,
                      struct tw_error *err)
{
    struct buffer out;
    int result;

    buffer_init(&out, FILE_MAX_BYTES);
    result = render_file(r, name, n_values, &out, err);
    buffer_finish(&out);
    return result;
}

/* Writes the secret, or removes the one of an earlier time when it is not wanted. */
static int keep_secret(const struct rendering *r,
                       const char *name,
                       const char *secret,
                       struct tw_error *err)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/%s", r->folder, name);

    if (secret)
        return file_write_atomically(path, secret, strlen(secret), 0600, err);
    if (unlink(path) < 0 && errno != ENOENT)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot remove '%s'", path);
    return 0;
}

static int keep_secrets(const struct rendering *r, struct tw_error *err)
{
    const struct render_options *o = r->options;
    const struct template_value *table = r->table;

    if (keep_secret(r, SLACK_URL_NAME,
                    table[VALUE_SLACK_URL_FILE].value ? o->slack_webhook_url : NULL, err) < 0)
        return -1;
    return keep_secret(r, SMTP_PASSWORD_NAME,
                       table[VALUE_SMTP_PASSWORD_FILE].value ? o->smtp_password : NULL, err);
}

/* ---- Rules ------------------------------------------------------------------------------------- */

static int is_rule_file(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".yml") == 0;
}

struct names {
    struct dirent **entry;
    int n;
};

static void names_finish(struct names *names)
{
    for (int i = 0; i < names->n; i++)
        free(names->entry[i]);
    free(names->entry);
}

static int list_rules(const char *folder, struct names *names, struct tw_error *err)
{
    int n = scandir(folder, &names->entry, is_rule_file, alphasort);

    if (n < 0)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot read the folder '%s'", folder);
    names->n = n;
    if (n > RULES_MAX)
        return tw_fail(err, TW_INVALID, "'%s' has over %d rule files", folder, RULES_MAX);
    return 0;
}

static bool has_name(const struct names *names, const char *name)
{
    for (int i = 0; i < names->n; i++)
        if (strcmp(names->entry[i]->d_name, name) == 0)
            return true;
    return false;
}

/* A rule that is gone from the source would be evaluated for ever. */
static int remove_old_rules(const char *folder, const struct names *wanted, struct tw_error *err)
{
    CLEANUP(names_finish) struct names present = {0};

    if (list_rules(folder, &present, err) < 0)
        return -1;
    for (int i = 0; i < present.n; i++) {
        CLEANUP(freep) char *path = xprintf_dup("%s/%s", folder, present.entry[i]->d_name);

        if (!has_name(wanted, present.entry[i]->d_name) && unlink(path) < 0)
            return tw_fail_errno(err, TW_BROKEN, errno, "cannot remove '%s'", path);
    }
    return 0;
}

static int render_rules(const struct rendering *r, struct tw_error *err)
{
    CLEANUP(freep) char *from = xprintf_dup("%s/rules", r->options->source_dir);
    CLEANUP(freep) char *to = xprintf_dup("%s/rules", r->folder);
    CLEANUP(names_finish) struct names names = {0};

    if (list_rules(from, &names, err) < 0 || file_make_folder(to, 0700, err) < 0)
        return -1;
    for (int i = 0; i < names.n; i++) {
        CLEANUP(freep) char *name = xprintf_dup("rules/%s", names.entry[i]->d_name);

        if (render_one(r, name, 0, err) < 0)
            return -1;
    }
    return remove_old_rules(to, &names, err);
}

int render_stack(const struct render_options *options, struct tw_error *err)
{
    CLEANUP(values_finish) struct values values = {0};
    CLEANUP(freep) char *folder = absolute_path(options->output_dir);
    struct rendering r = {.options = options, .folder = folder};

    if (!is_set(options->prometheus_listen) || !is_set(options->alertmanager_listen))
        return tw_fail(err, TW_INVALID, "Prometheus and Alertmanager need an address each");
    if (is_set(options->listen_ops) && !is_set(options->operator_token_path))
        return tw_fail(err, TW_INVALID, "the operations API needs a token file");
    fill_values(&values, options, folder);
    name_values(&values, r.table);
    if (file_make_folder(folder, 0700, err) < 0 || keep_secrets(&r, err) < 0 ||
        render_rules(&r, err) < 0 || render_one(&r, "alertmanager.yml", N_VALUES, err) < 0)
        return -1;
    return render_one(&r, "prometheus.yml", N_VALUES, err);
}
