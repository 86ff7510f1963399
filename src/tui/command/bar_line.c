#include "tui/command/bar_line.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE_BYTES_MAX 4096

/* Over the line that stands there. Blanks instead of an escape: any terminal understands those. */
void bar_line_draw(struct bar_line *line,
                   void (*write)(const void *ctx, struct page *page),
                   const void *ctx)
{
    struct buffer text;
    struct page page = {.out = &text, .style = line->session->style};

    if (!line->is_on)
        return;
    buffer_init(&text, LINE_BYTES_MAX);
    page.style.width--; /* the last column would wrap */
    write(ctx, &page);
    line->cells = page.column > line->cells ? page.column : line->cells;
    page_skip_to(&page, line->cells);
    (void)fputc('\r', stdout);
    (void)session_put(&text);
    buffer_finish(&text);
}

void bar_line_leave(struct bar_line *line)
{
    if (line->cells > 0)
        (void)fputc('\n', stdout);
    line->cells = 0;
}

void bar_line_erase(struct bar_line *line)
{
    if (line->cells > 0)
        (void)printf("\r%*s\r", (int)line->cells, "");
    line->cells = 0;
}

void bar_line_say(struct bar_line *line, const char *fmt, ...)
{
    va_list args;

    bar_line_leave(line);
    (void)fflush(stdout);
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
}
