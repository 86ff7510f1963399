#include "tui/draw/text_view.h"

#include "common/buffer.h"
#include "tui/draw/panel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX 4096

/* The paragraph at *at into line, without its marker; moves *at behind its line break. */
static struct style next_line(const char **at, char line[LINE_BYTES_MAX])
{
    size_t len = strcspn(*at, "\n");
    bool is_title = **at == TEXT_VIEW_TITLE;
    size_t from = is_title ? 1 : 0;

    (void)snprintf(line, LINE_BYTES_MAX, "%.*s", (int)(len - from), *at + from);
    *at += len + ((*at)[len] == '\n');
    return is_title ? style_with(ROLE_TITLE, STYLE_BOLD) : style_of(ROLE_NORMAL);
}

/* Rows that a paragraph takes: an empty one takes one too. */
static int put_paragraph(struct grid *grid, struct rect rect, struct style style, const char *line)
{
    int rows = panel_put_wrapped(grid, rect, style, line);

    return rows > 0 ? rows : 1;
}

static int count_rows(struct grid *grid, int width, const char *text)
{
    char line[LINE_BYTES_MAX];
    int rows = 0;

    while (*text && rows < GRID_SIDE_MAX) {
        struct style style = next_line(&text, line);

        rows += put_paragraph(grid, (struct rect){0, 0, width, 0}, style, line);
    }
    return rows < GRID_SIDE_MAX ? rows : GRID_SIDE_MAX;
}

static void copy_rows(const struct grid *from, int top, struct grid *to, struct rect rect)
{
    for (int y = 0; y < rect.height && top + y < from->height; y++)
        for (int x = 0; x < rect.width; x++) {
            const struct cell *cell = grid_at(from, x, top + y);

            if (cell && cell->width > 0)
                grid_put_code(to, rect.x + x, rect.y + y, cell->style, cell->code);
        }
}

int text_view_rows(const struct grid *grid, int width, const char *text)
{
    struct grid any = {.encoding = grid->encoding};

    return width < 1 ? 0 : count_rows(&any, width, text);
}

/* Drawn whole on a grid of its own, of which a window is shown: wrapping is done in one place. */
int text_view_draw(struct grid *grid, struct rect rect, const char *text, int top)
{
    struct grid all;
    char line[LINE_BYTES_MAX];
    int rows, y = 0;

    if (rect.width < 1 || rect.height < 1)
        return 0;
    rows = count_rows(grid, rect.width, text);
    grid_init(&all, rect.width, rows > 0 ? rows : 1, grid->encoding);
    while (*text && y < rows) {
        struct style style = next_line(&text, line);

        y += put_paragraph(&all, (struct rect){0, y, rect.width, rows - y}, style, line);
    }
    if (top > rows - rect.height)
        top = rows - rect.height;
    if (top < 0)
        top = 0;
    copy_rows(&all, top, grid, rect);
    grid_finish(&all);
    return top;
}

/* ---- Markdown ---------------------------------------------------------------------------------- */

static bool begins_block(const char *line)
{
    size_t digits = strspn(line, "0123456789");

    return line[0] == '#' || line[0] == '-' || line[0] == '*' || line[0] == '|' ||
           strncmp(line, "    ", 4) == 0 || (digits > 0 && line[digits] == '.');
}

/* [text](address) at text: the text, and the address behind it when that says more. Of a picture its text
 * alone. The length of all of it; 0: there is none. */
static size_t put_link(struct buffer *out, const char *text, size_t len)
{
    size_t from = text[0] == '!' ? 2 : 1, n_text, n_address;
    const char *address;

    if (len < from + 4 || text[from - 1] != '[')
        return 0;
    n_text = strcspn(text + from, "]\n");
    address = text + from + n_text + 2;
    if (from + n_text + 3 > len || strncmp(address - 2, "](", 2) != 0)
        return 0;
    n_address = strcspn(address, ")\n");
    if (from + n_text + n_address + 3 > len || address[n_address] != ')')
        return 0;
    (void)buffer_append(out, text + from, n_text);
    if (from == 1 && (n_text != n_address || strncmp(text + 1, address, n_text) != 0))
        (void)buffer_printf(out, " (%.*s)", (int)n_address, address);
    return from + n_text + n_address + 3;
}

static void put_plain(struct buffer *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n_link = text[i] == '[' || text[i] == '!' ? put_link(out, text + i, len - i) : 0;

        if (n_link == 0 && text[i] != '`' &&
            !(text[i] == '*' && (i == 0 || text[i - 1] == '*' || text[i + 1] == '*')))
            (void)buffer_putc(out, text[i]);
        i += n_link > 0 ? n_link : 1;
    }
}

static void put_heading(struct buffer *out, const char *line, size_t len)
{
    size_t level = strspn(line, "# ");

    (void)buffer_putc(out, TEXT_VIEW_TITLE);
    put_plain(out, line + level, len > level ? len - level : 0);
    (void)buffer_putc(out, '\n');
}

/* A line that is no heading, no code and not empty: it goes on with the paragraph unless it begins a block. */
static void put_words(struct buffer *out, const char *line, size_t len, bool goes_on)
{
    size_t blanks = goes_on ? strspn(line, " ") : 0;

    if (goes_on)
        (void)buffer_putc(out, ' ');
    put_plain(out, line + blanks, len - blanks);
}

static void put_code(struct buffer *out, const char *line, size_t len, bool is_fenced)
{
    (void)buffer_puts(out, is_fenced ? "    " : "");
    (void)buffer_append(out, line, len);
    (void)buffer_putc(out, '\n');
}

void text_view_write_markdown(const char *markdown, struct buffer *out)
{
    bool is_open = false; /* a paragraph, that the next line goes on with */
    bool is_fenced = false, was_open;

    for (size_t len; *markdown; markdown += len + (markdown[len] == '\n')) {
        bool is_fence = strncmp(markdown, "```", 3) == 0;
        bool is_block = is_fenced || is_fence || begins_block(markdown);

        len = strcspn(markdown, "\n");
        if (is_open && (is_block || len == 0))
            (void)buffer_putc(out, '\n');
        was_open = is_open;
        is_open = false;
        if (is_fence)
            is_fenced = !is_fenced;
        else if (len == 0)
            (void)buffer_putc(out, '\n');
        else if (is_fenced || strncmp(markdown, "    ", 4) == 0)
            put_code(out, markdown, len, is_fenced);
        else if (markdown[0] == '#')
            put_heading(out, markdown, len);
        else
            is_open = true;
        if (is_open)
            put_words(out, markdown, len, was_open && !is_block);
    }
}
