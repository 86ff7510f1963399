#ifndef TW_SCORED_PAGE_H
#define TW_SCORED_PAGE_H

/* A scored answer as lines of text for people. Pure. */

#include "tui/data/scored.h"
#include "tui/draw/page.h"

/* Every sentence with its mark; beneath those that are not supported, why, and the evidence that comes
 * nearest. An answer that is none has no marks. */
void scored_write_answer(const struct scored *scored, struct page *page);

/* The passages that it was made from, best first. Nothing when there are none. */
void scored_write_sources(const struct scored *scored, struct page *page);

/* The four scores; "-" for what is not known. */
void scored_write_scores(const struct scored *scored, struct page *page);

#endif
