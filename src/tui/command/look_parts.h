#ifndef TW_LOOK_PARTS_H
#define TW_LOOK_PARTS_H

/* What the files of look_text.h share. Nobody else includes this. */

#include "tui/command/look.h"
#include "tui/draw/page.h"

/* The first column of a line. */
void look_put_name(struct page *page, const char *name);

/* look_quality.c */
void look_write_quality(const struct look *look, struct page *page);

#endif
