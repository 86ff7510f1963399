#include "server/template.h"

#include <stdbool.h>
#include <string.h>

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

struct rendering {
    const struct template_value *values;
    size_t n_values;
    struct buffer *out;
    int line;          /* 1.. */
    int depth;         /* of #@if */
    int dropped_depth; /* the #@if whose lines are dropped; 0: none */
};

static const struct template_value *find_value(const struct rendering *r,
                                               const char *name,
                                               size_t len)
{
    for (size_t i = 0; i < r->n_values; i++)
        if (strlen(r->values[i].name) == len && memcmp(r->values[i].name, name, len) == 0)
            return &r->values[i];
    return NULL;
}

static bool has_text(const struct template_value *value)
{
    return value->value && *value->value;
}

static int write_value(const struct rendering *r,
                       const char *name,
                       size_t len,
                       struct tw_error *err)
{
    const struct template_value *value = find_value(r, name, len);

    if (!value)
        return tw_fail(err, TW_INVALID, "line %d: there is no value '%.*s'", r->line, (int)len,
                       name);
    if (!has_text(value))
        return tw_fail(err, TW_INVALID, "line %d: %s is not set", r->line, value->name);
    for (const char *at = value->value; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return tw_fail(err, TW_INVALID, "%s contains a control character", value->name);
        if (*at == '\'')
            (void)buffer_putc(r->out, '\''); /* YAML writes a quote inside single quotes twice */
        (void)buffer_putc(r->out, *at);
    }
    return 0;
}

/* The bytes of the mark that text begins with, 0 when it is none. */
static size_t mark_length(const char *text)
{
    size_t name_len = *text == '@' ? strspn(text + 1, NAME_CHARACTERS) : 0;

    return name_len > 0 && text[1 + name_len] == '@' ? name_len + 2 : 0;
}

static int write_line(const struct rendering *r, const char *line, size_t len, struct tw_error *err)
{
    for (size_t i = 0; i < len;) {
        size_t mark = mark_length(line + i);

        if (mark > 0 && write_value(r, line + i + 1, mark - 2, err) < 0)
            return -1;
        if (mark == 0)
            (void)buffer_putc(r->out, line[i]);
        i += mark > 0 ? mark : 1;
    }
    (void)buffer_putc(r->out, '\n');
    return 0;
}

static int begin_condition(struct rendering *r, const char *name, struct tw_error *err)
{
    size_t len = strspn(name, NAME_CHARACTERS);
    const struct template_value *value = find_value(r, name, len);

    if (!value || (name[len] != '\n' && name[len] != '\0'))
        return tw_fail(err, TW_INVALID, "line %d: there is no value '%.*s'", r->line,
                       (int)strcspn(name, "\n"), name);
    if (++r->depth > TEMPLATE_DEPTH_MAX)
        return tw_fail(err, TW_INVALID, "line %d: too many #@if in one another", r->line);
    if (!has_text(value) && r->dropped_depth == 0)
        r->dropped_depth = r->depth;
    return 0;
}

static int end_condition(struct rendering *r, struct tw_error *err)
{
    if (r->depth == 0)
        return tw_fail(err, TW_INVALID, "line %d: #@end without #@if", r->line);
    if (r->dropped_depth == r->depth)
        r->dropped_depth = 0;
    r->depth--;
    return 0;
}

static int render_line(struct rendering *r, const char *line, size_t len, struct tw_error *err)
{
    const char *first = line + strspn(line, " ");

    if (strncmp(first, "#@if ", 5) == 0)
        return begin_condition(r, first + 5, err);
    if (strncmp(first, "#@end", 5) == 0)
        return end_condition(r, err);
    return r->dropped_depth == 0 ? write_line(r, line, len, err) : 0;
}

int template_render(const char *text,
                    const struct template_value *values,
                    size_t n_values,
                    struct buffer *out,
                    struct tw_error *err)
{
    struct rendering r = {.values = values, .n_values = n_values, .out = out, .line = 1};

    for (; *text; r.line++) {
        size_t len = strcspn(text, "\n");

        if (render_line(&r, text, len, err) < 0)
            return -1;
        text += len + (text[len] == '\n');
    }
    if (r.depth > 0)
        return tw_fail(err, TW_INVALID, "an #@if has no #@end");
    if (out->failed)
        return tw_fail(err, TW_INVALID, "the result is too large");
    return 0;
}
