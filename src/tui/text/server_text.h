#ifndef TW_SERVER_TEXT_H
#define TW_SERVER_TEXT_H

/* Text from outside made fit for a terminal: what could move the cursor, change a colour, or turn the
 * reading direction becomes '?', bytes that are no UTF-8 become U+FFFD. Whatever a server sent passes
 * through here before it is kept. Widths follow Unicode 15, not the locale, so that a screen can be
 * tested. Pure. */

#include <stddef.h>
#include <stdint.h>

/* Into out (size over 0), cut between characters when too long. Returns the bytes without the NUL. */
size_t server_text_copy(char *out, size_t size, const char *text, size_t len);

/* The whole of it, owned. text NULL gives "". */
char *server_text_dup(const char *text);

/* Text in lines, owned: line feeds stay, tabs become blanks, carriage returns go. Each character is looked
 * at by itself: the copy of a part is that part of the copy. */
char *server_text_lines_dup(const char *text, size_t len);

/* As JSON text (which must be valid): the same document, with such characters as \uXXXX. Owned. */
char *server_text_json_dup(const char *json, size_t len);

/* The first line with something to read in it, markup left out: "502 Bad Gateway" of a proxy's
 * HTML page. */
void server_text_first_line(char *out, size_t size, const char *text, size_t len);

/* Cells that a character takes on a terminal: 0 (combining), 1 or 2. */
int server_text_cells_of(uint32_t code);

/* Cells of text, which must be valid UTF-8. */
size_t server_text_cells(const char *text);

#endif
