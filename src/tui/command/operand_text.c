#include "tui/command/operand_text.h"

#include "common/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_stdin(const struct option_rest *rest)
{
    return rest->n_operands == 1 && strcmp(rest->operands[0], "-") == 0;
}

static int read_stdin(struct buffer *out, struct tw_error *err)
{
    char bytes[4096];

    while (!out->failed) {
        ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

        if (n == 0)
            return 0;
        if (n > 0)
            (void)buffer_append(out, bytes, (size_t)n);
        else if (errno != EINTR)
            return tw_fail_errno(err, TW_INVALID, errno, "cannot read standard input");
    }
    return 0;
}

static void join(const struct option_rest *rest, struct buffer *out)
{
    for (int i = 0; i < rest->n_operands; i++) {
        if (i > 0)
            (void)buffer_putc(out, ' ');
        (void)buffer_puts(out, rest->operands[i]);
    }
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

int operand_text_read(const struct option_rest *rest, char **ret_text, struct tw_error *err)
{
    CLEANUP(buffer_finish) struct buffer text;
    const char *from;
    size_t len;

    buffer_init(&text, OPERAND_TEXT_MAX);
    if (!is_stdin(rest))
        join(rest, &text);
    else if (read_stdin(&text, err) < 0)
        return -1;
    if (text.failed)
        return tw_fail(err, TW_INVALID, "the text is longer than %zu bytes", OPERAND_TEXT_MAX);
    if (strlen(buffer_text(&text)) != text.len || !utf8_is_valid(buffer_text(&text), text.len))
        return tw_fail(err, TW_INVALID, "the text is not UTF-8");
    from = skip_blanks(buffer_text(&text));
    len = strlen(from);
    while (len > 0 && *skip_blanks(from + len - 1) == '\0')
        len--;
    if (len == 0)
        return tw_fail(err, TW_INVALID, "the text is empty");
    *ret_text = strndup(from, len);
    return *ret_text ? 0 : tw_fail(err, TW_BUSY, "out of memory");
}
