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
#define FILES_MAX      256          /* of a folder */

#define SLACK_URL_NAME     "slack_url"
#define SMTP_PASSWORD_NAME "smtp_password"
#define RUNBOOKS_HERE      "assets/runbooks" /* as the rules have it */

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
    VALUE_SCHEME,
    VALUE_TLS, /* set: the listeners speak it */
    VALUE_TLS_CA_FILE,
    VALUE_TLS_SERVER_NAME,
    VALUE_SLACK_URL_FILE,
    VALUE_SMTP_PASSWORD_FILE,
    VALUE_SMTP_HOST,
    VALUE_SMTP_PORT,
    VALUE_SMTP_FROM,
    VALUE_SMTP_USERNAME,
    VALUE_SMTP_REQUIRE_TLS,
    VALUE_EMAIL_TO,
    VALUE_RUNBOOKS,
    VALUE_CONSOLE,
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

/* Without the slash at its end. Owned. */
static char *folder_name(const char *path)
{
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/')
        len--;
    return xprintf_dup("%.*s", (int)len, path);
}

static void fill_messages(struct values *values, const struct render_options *o)
{
    values->text[VALUE_RUNBOOKS] = folder_name(is_set(o->runbooks) ? o->runbooks : RUNBOOKS_HERE);
    values->text[VALUE_CONSOLE] = xstrdup(is_set(o->console) ? o->console : "tidewatch");
}

static void fill_tls(struct values *values, const struct render_options *o)
{
    values->text[VALUE_SCHEME] = xstrdup(o->uses_tls ? "https" : "http");
    if (!o->uses_tls)
        return;
    values->text[VALUE_TLS] = xstrdup("yes");
    values->text[VALUE_TLS_CA_FILE] = absolute_path(o->tls_ca_path);
    values->text[VALUE_TLS_SERVER_NAME] = xstrdup(o->tls_server_name ? o->tls_server_name : "");
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
    fill_tls(values, o);
    if (channels.slack)
        values->text[VALUE_SLACK_URL_FILE] = xprintf_dup("%s/" SLACK_URL_NAME, folder);
    if (channels.email)
        fill_email(values, o, folder);
    fill_messages(values, o);
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
        [VALUE_SCHEME] = "SCHEME",
        [VALUE_TLS] = "TLS",
        [VALUE_TLS_CA_FILE] = "TLS_CA_FILE",
        [VALUE_TLS_SERVER_NAME] = "TLS_SERVER_NAME",
        [VALUE_SLACK_URL_FILE] = "SLACK_URL_FILE",
        [VALUE_SMTP_PASSWORD_FILE] = "SMTP_PASSWORD_FILE",
        [VALUE_SMTP_HOST] = "SMTP_HOST",
        [VALUE_SMTP_PORT] = "SMTP_PORT",
        [VALUE_SMTP_FROM] = "SMTP_FROM",
        [VALUE_SMTP_USERNAME] = "SMTP_USERNAME",
        [VALUE_SMTP_REQUIRE_TLS] = "SMTP_REQUIRE_TLS",
        [VALUE_EMAIL_TO] = "EMAIL_TO",
        [VALUE_RUNBOOKS] = "RUNBOOKS",
        [VALUE_CONSOLE] = "CONSOLE",
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

static bool has_suffix(const char *name, const char *suffix)
{
    size_t len = strlen(name), suffix_len = strlen(suffix);

    return name[0] != '.' && len > suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

static int is_rule_file(const struct dirent *entry)
{
    return has_suffix(entry->d_name, ".yml");
}

static int is_message_file(const struct dirent *entry)
{
    return has_suffix(entry->d_name, ".tmpl");
}

struct file_kind {
    bool has_marks; /* of template.h; else it is taken as it is */
    bool has_times; /* that fast alerts divide */
    const char *folder;
    int (*is_one)(const struct dirent *entry); /* of the files in it */
};

static const struct file_kind configuration = {true, true, NULL, NULL},
                              rules = {false, true, "rules", is_rule_file},
                              messages = {true, false, "templates", is_message_file};

/* Reads, renders and writes. */
static int render_file(const struct rendering *r,
                       const struct file_kind *kind,
                       const char *name,
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
    if (kind->has_marks && template_render(text, r->table, N_VALUES, out, &cause) < 0)
        return name_file(from, &cause, err);
    if (!kind->has_marks)
        (void)buffer_append(out, text, len);
    if (kind->has_times && r->options->fast_alerts && speed_up(out, &cause) < 0)
        return name_file(from, &cause, err);
    return file_write_atomically(to, buffer_text(out), out->len, 0644, err);
}

static int render_one(const struct rendering *r,
                      const struct file_kind *kind,
                      const char *name,
                      struct tw_error *err)
{
    struct buffer out;
    int result;

    buffer_init(&out, FILE_MAX_BYTES);
    result = render_file(r, kind, name, &out, err);
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

/* ---- Folders ----------------------------------------------------------------------------------- */

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

static int list_files(const char *folder,
                      const struct file_kind *kind,
                      struct names *names,
                      struct tw_error *err)
{
    int n = scandir(folder, &names->entry, kind->is_one, alphasort);

    if (n < 0)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot read the folder '%s'", folder);
    names->n = n;
    if (n > FILES_MAX)
        return tw_fail(err, TW_INVALID, "'%s' has over %d files", folder, FILES_MAX);
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
static int remove_old(const char *folder,
                      const struct file_kind *kind,
                      const struct names *wanted,
                      struct tw_error *err)
{
    CLEANUP(names_finish) struct names present = {0};

    if (list_files(folder, kind, &present, err) < 0)
        return -1;
    for (int i = 0; i < present.n; i++) {
        CLEANUP(freep) char *path = xprintf_dup("%s/%s", folder, present.entry[i]->d_name);

        if (!has_name(wanted, present.entry[i]->d_name) && unlink(path) < 0)
            return tw_fail_errno(err, TW_BROKEN, errno, "cannot remove '%s'", path);
    }
    return 0;
}

static int render_folder(const struct rendering *r,
                         const struct file_kind *kind,
                         struct tw_error *err)
{
    CLEANUP(freep) char *from = xprintf_dup("%s/%s", r->options->source_dir, kind->folder);
    CLEANUP(freep) char *to = xprintf_dup("%s/%s", r->folder, kind->folder);
    CLEANUP(names_finish) struct names names = {0};

    if (list_files(from, kind, &names, err) < 0 || file_make_folder(to, 0700, err) < 0)
        return -1;
    for (int i = 0; i < names.n; i++) {
        CLEANUP(freep) char *name = xprintf_dup("%s/%s", kind->folder, names.entry[i]->d_name);

        if (render_one(r, kind, name, err) < 0)
            return -1;
    }
    return remove_old(to, kind, &names, err);
}

/* It stands in a template of messages, where these would end a text, begin an expression or make a link
 * of Slack's. */
static int check_message_part(const char *what, const char *text, struct tw_error *err)
{
    for (const char *at = text ? text : ""; *at; at++)
        if (*at < ' ' || *at > '~' || strchr("\"'`\\{}$<>|", *at))
            return tw_fail(err, TW_INVALID,
                           "%s must be plain ASCII without quotes, braces and any of \\ $ < > |",
                           what);
    return 0;
}

static int check_options(const struct render_options *options, struct tw_error *err)
{
    if (!is_set(options->prometheus_listen) || !is_set(options->alertmanager_listen))
        return tw_fail(err, TW_INVALID, "Prometheus and Alertmanager need an address each");
    if (is_set(options->listen_ops) && !is_set(options->operator_token_path))
        return tw_fail(err, TW_INVALID, "the operations API needs a token file");
    if (check_message_part("alerts.runbooks", options->runbooks, err) < 0)
        return -1;
    return check_message_part("alerts.console", options->console, err);
}

int render_stack(const struct render_options *options, struct tw_error *err)
{
    CLEANUP(values_finish) struct values values = {0};
    CLEANUP(freep) char *folder = absolute_path(options->output_dir);
    struct rendering r = {.options = options, .folder = folder};

    if (check_options(options, err) < 0)
        return -1;
    fill_values(&values, options, folder);
    name_values(&values, r.table);
    if (file_make_folder(folder, 0700, err) < 0 || keep_secrets(&r, err) < 0 ||
        render_folder(&r, &rules, err) < 0 || render_folder(&r, &messages, err) < 0 ||
        render_one(&r, &configuration, "alertmanager.yml", err) < 0)
        return -1;
    return render_one(&r, &configuration, "prometheus.yml", err);
}
