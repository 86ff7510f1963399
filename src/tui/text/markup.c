#include "tui/text/markup.h"

#include "common/buffer.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* The length of a tag at `at`; 0: none begins there. Comments are tags too. */
static size_t tag_len(const char *at)
{
    const char *end;

    if (strncmp(at, "<!--", 4) == 0) {
        end = strstr(at, "-->");
        return end ? (size_t)(end + 3 - at) : strlen(at);
    }
    if (at[0] != '<' || !(isalpha((unsigned char)at[1]) || at[1] == '/'))
        return 0;
    end = strchr(at, '>');
    return end ? (size_t)(end + 1 - at) : 0;
}

static bool is_block(const char *tag)
{
    static const char *const blocks[] = {"br", "p",  "div", "li", "tr", "h1", "h2",
                                         "h3", "h4", "h5",  "h6", "ul", "ol", "table"};
    const char *name = tag + 1 + (tag[1] == '/');

    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        size_t len = strlen(blocks[i]);

        if (strncasecmp(blocks[i], name, len) == 0 && !isalnum((unsigned char)name[len]))
            return true;
    }
    return false;
}

/* At the beginning of a list's entry, "- "; of a heading, "# ". */
static const char *sign_of(const char *tag)
{
    if (strncasecmp(tag, "<li", 3) == 0)
        return "- ";
    return (tag[1] == 'h' || tag[1] == 'H') && isdigit((unsigned char)tag[2]) ? "# " : "";
}

static size_t write_entity(const char *at, struct buffer *out)
{
    static const struct {
        const char *name, *text;
    } entities[] = {{"&amp;", "&"},   {"&lt;", "<"},  {"&gt;", ">"},
                    {"&quot;", "\""}, {"&#39;", "'"}, {"&nbsp;", " "}};

    for (size_t i = 0; i < COUNT_OF(entities); i++)
        if (strncmp(at, entities[i].name, strlen(entities[i].name)) == 0) {
            (void)buffer_puts(out, entities[i].text);
            return strlen(entities[i].name);
        }
    return 0;
}

static bool is_at_line_start(const struct buffer *out)
{
    return out->len == 0 || out->data[out->len - 1] == '\n';
}

/* In HTML several blanks are one, and none begins a line. */
static void put_blank(struct buffer *out)
{
    if (!is_at_line_start(out) && out->data[out->len - 1] != ' ')
        (void)buffer_putc(out, ' ');
}

static void put_tag(const char *tag, struct buffer *out)
{
    if (!is_block(tag))
        return;
    if (!is_at_line_start(out))
        (void)buffer_putc(out, '\n');
    (void)buffer_puts(out, sign_of(tag));
}

void markup_strip_tags(const char *text, bool is_html, struct buffer *out)
{
    while (*text && !out->failed) {
        size_t len = tag_len(text);

        if (len > 0) {
            if (is_html)
                put_tag(text, out);
            text += len;
            continue;
        }
        len = *text == '&' ? write_entity(text, out) : 0;
        if (len == 0) {
            if (is_html && (*text == '\n' || *text == ' '))
                put_blank(out);
            else
                (void)buffer_putc(out, *text);
            len = 1;
        }
        text += len;
    }
}
