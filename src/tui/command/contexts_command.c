#include "tui/command/commands.h"

#include <string.h>

#define LIST_BYTES_MAX 65536

const struct option_list contexts_options = {NULL, 0};

static void write_context(const struct setting_member *member, struct buffer *out)
{
    const struct context *context = member->values;

    (void)buffer_printf(out, "%s%s\n  prometheus    %s\n  alertmanager  %s\n  operations    %s\n",
                        member->name, context->is_production ? "  PROD" : "", context->prometheus,
                        context->alertmanager, context->operations);
    if (context->ml[0])
        (void)buffer_printf(out, "  ml            %s\n", context->ml);
    if (context->llm[0])
        (void)buffer_printf(out, "  llm           %s\n", context->llm);
    (void)buffer_printf(out, "  token         %s\n",
                        context->token_file[0] ? context->token_file
                                               : "none: nothing is changed from here");
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
