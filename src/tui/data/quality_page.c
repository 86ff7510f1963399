#include "tui/data/quality_page.h"

void quality_write(enum quality_id id, double value, struct page *page)
{
    static const enum page_colour colours[] = {[QUALITY_UNJUDGED] = PAGE_PLAIN,
                                               [QUALITY_GOOD] = PAGE_PLAIN,
                                               [QUALITY_WARN] = PAGE_WARN,
                                               [QUALITY_CRIT] = PAGE_BAD};
    enum quality_level level = quality_level(id, value);

    page_printf(page, colours[level], "%.2f", value);
    if (level == QUALITY_WARN || level == QUALITY_CRIT)
        page_printf(page, colours[level], " %s %g", quality_is_least(id) ? "under" : "over",
                    quality_limit(id, value));
}
