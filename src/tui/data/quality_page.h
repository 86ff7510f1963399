#ifndef TW_QUALITY_PAGE_H
#define TW_QUALITY_PAGE_H

/* A figure of the LLM side in words. Pure. */

#include "tui/data/quality.h"
#include "tui/draw/page.h"

/* "0.82 over 0.7", in its colour; without a limit that it is beyond, the figure alone. Finite. */
void quality_write(enum quality_id id, double value, struct page *page);

#endif
