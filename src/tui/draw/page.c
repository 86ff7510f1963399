#include "tui/draw/page.h"

#include "common/utf8.h"
#include "tui/text/server_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *colour_code(enum page_colour colour)
{
    switch (colour) {
    case PAGE_PLAIN:
        return NULL;
    case PAGE_BOLD:
        return "1";
    case PAGE_DIM:
        return "2";
    case PAGE_GOOD:
        return "34";
    case PAGE_WARN:
        return "33";
    case PAGE_BAD:
        return "1;31";
    }
    return NULL;
}

/* The bytes of text that fit into `cells`, and the cells they take. */
static size_t fit(const char *text, size_t len, size_t cells, size_t *ret_used)
{
    size_t at = 0;

    *ret_used = 0;
    while (at < len) {
        size_t step, width = (size_t)server_text_cells_of(utf8_decode(text + at, len - at, &step));

        if (*ret_used + width > cells)
            break;
        *ret_used += width;
        at += step;
    }
    return at;
}

static void put_bytes(struct page *page, const char *text, size_t len)
{
    if (page->style.is_utf8) {
        (void)buffer_append(page->out, text, len);
        return;
    }
    for (size_t at = 0, step; at < len; at += step) {
        uint32_t code = utf8_decode(text + at, len - at, &step);

        if (code < 0x80)
            (void)buffer_putc(page->out, (char)code);
        else /* a '?' per cell, so that columns stay */
            (void)buffer_append(page->out, "??", (size_t)server_text_cells_of(code));
    }
}

/* Puts text into at most `cells` cells; says so where it had to cut. */
static void put_cut(struct page *page, const char *text, size_t cells)
{
    const char *mark = page->style.is_utf8 ? "\xe2\x80\xa6" : "...";
    size_t mark_cells = page->style.is_utf8 ? 1 : 3;
    size_t len = strlen(text), used;
    size_t fitting = fit(text, len, cells, &used);

    if (fitting < len && cells > mark_cells) {
        fitting = fit(text, len, cells - mark_cells, &used);
        put_bytes(page, text, fitting);
        (void)buffer_puts(page->out, mark);
        page->column += used + mark_cells;
    } else {
        put_bytes(page, text, fitting);
        page->column += used;
    }
}

static size_t room(const struct page *page)
{
    return page->column < page->style.width ? page->style.width - page->column : 0;
}

static void begin_colour(struct page *page, enum page_colour colour)
{
    const char *code = page->style.has_colour ? colour_code(colour) : NULL;

    if (code)
        (void)buffer_printf(page->out, "\x1b[%sm", code);
}

static void end_colour(struct page *page, enum page_colour colour)
{
    if (page->style.has_colour && colour_code(colour))
        (void)buffer_puts(page->out, "\x1b[0m");
}

static void put_coloured(struct page *page, enum page_colour colour, const char *text, size_t cells)
{
    if (cells == 0 || !text[0])
        return;
    begin_colour(page, colour);
    put_cut(page, text, cells);
    end_colour(page, colour);
}

void page_text(struct page *page, enum page_colour colour, const char *text)
{
    put_coloured(page, colour, text, room(page));
}

void page_printf(struct page *page, enum page_colour colour, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    page_text(page, colour, text);
}

void page_skip_to(struct page *page, size_t column)
{
    while (page->column < column && room(page) > 0) {
        (void)buffer_putc(page->out, ' ');
        page->column++;
    }
}

void page_field(struct page *page, enum page_colour colour, const char *text, size_t cells)
{
    size_t start = page->column;

    put_coloured(page, colour, text, cells < room(page) ? cells : room(page));
    page_skip_to(page, start + cells);
}

/* The bytes of text for a line of `cells`, up to a blank or a line feed where there is one; in *ret_used
 * their cells, in *ret_skip what lies between them and the next line. */
static size_t line_len(
    const char *text, size_t cells, bool may_break_word, size_t *ret_used, size_t *ret_skip)
{
    size_t len = strcspn(text, "\n"), end;

    *ret_skip = text[len] == '\n';
    end = fit(text, len, cells, ret_used);
    if (end == len)
        return len;
    *ret_skip = 0;
    len = end;
    while (end > 0 && text[end] != ' ')
        end--;
    if (end == 0 && text[0] != ' ' && may_break_word)
        return len;
    (void)fit(text, end, cells, ret_used);
    *ret_skip = strspn(text + end, " ");
    return end;
}

void page_wrapped(struct page *page, enum page_colour colour, size_t indent, const char *text)
{
    /* However narrow, a line holds a wide character: else this would never end. */
    size_t width = page->style.width > 2 ? page->style.width : 2;

    if (indent + 2 > width)
        indent = 0;
    while (*text) {
        bool is_fresh = page->column <= indent;
        size_t len, skip, used;

        page_skip_to(page, indent);
        len =
            line_len(text, page->column < width ? width - page->column : 0, is_fresh, &used, &skip);
        begin_colour(page, colour);
        put_bytes(page, text, len);
        end_colour(page, colour);
        page->column += used;
        if (text[len] == '\n' || text[len + skip])
            page_end_line(page);
        text += len + skip;
    }
}

void page_end_line(struct page *page)
{
    /* No blanks at the end: they break copies and diffs. */
    while (page->out->len > 0 && page->out->data[page->out->len - 1] == ' ')
        page->out->data[--page->out->len] = '\0';
    (void)buffer_putc(page->out, '\n');
    page->column = 0;
}

void page_bar(struct page *page, double ratio, size_t cells)
{
    double inside = (double)(cells > 2 ? cells - 2 : 0);
    size_t filled = ratio >= 1 ? (size_t)inside : ratio > 0 ? (size_t)(ratio * inside + 0.5) : 0;

    page_text(page, PAGE_PLAIN, "[");
    for (size_t i = 0; i < (size_t)inside; i++)
        page_text(page, PAGE_PLAIN, i >= filled ? "-" : page->style.is_utf8 ? "\xe2\x96\x88" : "#");
    page_text(page, PAGE_PLAIN, "]");
}
