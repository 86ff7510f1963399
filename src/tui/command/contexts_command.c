#include "tui/command/commands.h"

#include <string.h>

#define LIST_BYTES_MAX 65536

const struct option_list contexts_options = {NULL, 0};

/* Of "Name: value; Name: value". */
static void write_header_names(const char *headers, struct buffer *out)
{
    while (*headers) {
        size_t len = strcspn(headers, ":;");

        (void)buffer_puts(out, "    header      ");
        (void)buffer_append(out, headers, len);
        (void)buffer_putc(out, '\n');
        headers += strcspn(headers, ";");
        headers += strspn(headers, "; ");
    }
}

/* Which, and from what file; never what it is. Of headers the names alone. */
static void write_credentials(const struct credential_settings *of, struct buffer *out)
{
    const struct {
        const char *name, *value;
    } parts[] = {
        {"token", of->token_file},     {"user", of->user},  {"password", of->password_file},
        {"headers", of->headers_file}, {"CA", of->ca_file}, {"certificate", of->cert_file},
        {"key", of->key_file},
    };

    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (parts[i].value && parts[i].value[0])
            (void)buffer_printf(out, "    %-11s %s\n", parts[i].name, parts[i].value);
    write_header_names(of->headers, out);
}

static void write_context(const struct setting_member *member, struct buffer *out)
{
    const struct context *context = member->values;
    const struct credential_settings *operations = &context->for_operations;
    bool may_act = operations->token_file[0] || operations->user[0];

    (void)buffer_printf(out, "%s%s\n  prometheus    %s\n", member->name,
                        context->is_production ? "  PROD" : "", context->prometheus);
    write_credentials(&context->for_prometheus, out);
    (void)buffer_printf(out, "  alertmanager  %s\n", context->alertmanager);
    write_credentials(&context->for_alertmanager, out);
    (void)buffer_printf(out, "  operations    %s\n", context->operations);
    write_credentials(operations, out);
    if (context->ml[0])
        (void)buffer_printf(out, "  ml            %s\n", context->ml);
    if (context->llm[0])
        (void)buffer_printf(out, "  llm           %s\n", context->llm);
    if (!may_act)
        (void)buffer_puts(out, "  no token for operations: nothing is changed from here\n");
}

int contexts_command(struct session *session, const void *values, const struct option_rest *rest)
{
    const struct config *config = &session->config;
    struct buffer out;
    int result;

    (void)values;
    (void)rest;
    buffer_init(&out, LIST_BYTES_MAX);
    for (size_t i = 0; i < config->contexts.n; i++)
        write_context(&config->contexts.members[i], &out);
    if (config->contexts.n == 0)
        (void)buffer_printf(
            &out, "no [context.NAME] in %s\n",
            config->file ? config->file : "~/.config/tidewatch/tidewatch.conf, which is not there");
    result = session_put(&out);
    buffer_finish(&out);
    return result;
}
