/* The block of the look on the LLM side. */

#include "tui/command/look_parts.h"

#include "tui/data/quality_page.h"
#include "tui/text/moment.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* True when there is a finite value to go on with; else the words for what there is. */
static bool put_reading(const struct look *look, enum look_reading_id id, struct page *page)
{
    const struct look_reading *reading = &look->readings[id];
    char span[MOMENT_SPAN_SIZE];

    switch (look_reading_state(look, id)) {
    case LOOK_NO_DATA:
        page_text(page, PAGE_DIM, "no data yet");
        return false;
    case LOOK_ERROR:
        page_text(page, PAGE_BAD, "ERROR");
        return false;
    case LOOK_STALE:
        moment_format_span((int64_t)(reading->age_s * 1000), span);
        page_printf(page, PAGE_WARN, "STALE %s  ", span);
        break;
    case LOOK_FRESH:
        break;
    }
    /* A quantile of no events, and a share of none. */
    if (!isfinite(reading->value))
        page_text(page, PAGE_DIM, "none in the last 5 minutes");
    return isfinite(reading->value);
}

static void write_score(const struct look *look,
                        enum look_reading_id id,
                        const char *name,
                        enum quality_id quality,
                        const char *behind,
                        struct page *page)
{
    look_put_name(page, name);
    if (put_reading(look, id, page)) {
        quality_write(quality, look->readings[id].value, page);
        page_text(page, PAGE_DIM, behind);
    }
    page_end_line(page);
}

static void write_seconds(const struct look *look,
                          enum look_reading_id id,
                          const char *name,
                          enum quality_id quality,
                          struct page *page)
{
    double value = look->readings[id].value;
    enum quality_level level = quality_level(quality, value);
    enum page_colour colour = level == QUALITY_CRIT   ? PAGE_BAD
                              : level == QUALITY_WARN ? PAGE_WARN
                                                      : PAGE_PLAIN;

    look_put_name(page, name);
    if (put_reading(look, id, page)) {
        page_printf(page, colour, value < 1 ? "%.0f ms" : "%.2f s",
                    value < 1 ? value * 1000 : value);
        if (colour != PAGE_PLAIN)
            page_printf(page, colour, " over %g s", quality_limit(quality, value));
    }
    page_end_line(page);
}

static void write_abstention(const struct look *look, struct page *page)
{
    double share = look->readings[LOOK_ABSTENTION].value;
    enum page_colour colour =
        quality_level(QUALITY_ABSTENTION, share) == QUALITY_WARN ? PAGE_WARN : PAGE_PLAIN;

    look_put_name(page, "not answered");
    if (put_reading(look, LOOK_ABSTENTION, page)) {
        page_printf(page, colour, "%.1f %%", share * 100);
        if (colour != PAGE_PLAIN)
            page_printf(page, colour, " over %g %%",
                        100 * quality_limit(QUALITY_ABSTENTION, share));
        page_text(page, PAGE_DIM, "  of the questions");
    }
    page_end_line(page);
}

static void write_knowledge(const struct look *look, struct page *page)
{
    const struct look_reading *chunks = &look->readings[LOOK_KB_CHUNKS];

    look_put_name(page, "knowledge base");
    if (put_reading(look, LOOK_KB_DOCUMENTS, page)) {
        page_printf(page, PAGE_PLAIN, "%.9g documents", look->readings[LOOK_KB_DOCUMENTS].value);
        if (chunks->has_answer && isfinite(chunks->value))
            page_printf(page, PAGE_PLAIN, ", %.9g chunks", chunks->value);
    }
    page_end_line(page);
}

static void write_encoder(const struct look *look, struct page *page)
{
    look_put_name(page, "encoder");
    if (!look->encoder[0])
        page_text(page, PAGE_DIM, "no data yet");
    else
        page_text(page, PAGE_PLAIN, look->encoder);
    if (look->encoder[0] && quality_is_stand_in(look->encoder))
        page_text(page, PAGE_DIM, "  a stand-in: retrieval goes by words alone");
    page_end_line(page);
}

void look_write_quality(const struct look *look, struct page *page)
{
    write_score(look, LOOK_RELEVANCE, "relevance", QUALITY_RELEVANCE, "  median", page);
    write_score(look, LOOK_GROUNDEDNESS, "groundedness", QUALITY_GROUNDEDNESS, "  median", page);
    write_score(look, LOOK_HALLUCINATION, "hallucination", QUALITY_HALLUCINATION, "  p90", page);
    write_score(look, LOOK_AVERAGE_QUALITY, "average quality", QUALITY_AVERAGE,
                "  of the last answers", page);
    write_score(look, LOOK_EMBEDDING_DRIFT, "embedding drift", QUALITY_EMBEDDING_DRIFT, "", page);
    write_abstention(look, page);
    write_seconds(look, LOOK_CHAT_P95_S, "chat p95", QUALITY_CHAT_P95_S, page);
    write_seconds(look, LOOK_TRIAGE_P95_S, "triage p95", QUALITY_TRIAGE_P95_S, page);
    write_knowledge(look, page);
    write_encoder(look, page);
}
