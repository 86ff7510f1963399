#include "tui/data/scored_page.h"

#include "tui/data/quality_page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WORD_CELLS  12 /* of the longest word of support, and a blank */
#define SCORE_CELLS 18

static const char *const signs[N_SUPPORTS] = {"\xc2\xb7", "\xe2\x97\x8f", "\xe2\x96\xb2",
                                              "\xe2\x9c\x96"};

static const enum page_colour colours[N_SUPPORTS] = {PAGE_DIM, PAGE_GOOD, PAGE_WARN, PAGE_BAD};

/* Where the sign has its colour, it says enough; else the word stands beside it. */
static bool shows_words(const struct page *page)
{
    return !page->style.is_utf8 || !page->style.has_colour;
}

static void put_mark(struct page *page, enum support level)
{
    if (page->style.is_utf8)
        page_field(page, colours[level], signs[level], 2);
    if (shows_words(page))
        page_field(page, colours[level], support_word(level), WORD_CELLS);
}

/* "support 0.12: number not in evidence: 3; number not in evidence: 24" */
static void write_reasons(const struct scored_part *part, size_t indent, struct page *page)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "support %.2f", part->support);
    page_wrapped(page, colours[part->level], indent, text);
    for (size_t i = 0; i < part->n_flags; i++) {
        page_wrapped(page, PAGE_PLAIN, indent, i == 0 ? ": " : "; ");
        page_wrapped(page, PAGE_PLAIN, indent, part->flags[i]);
    }
    page_end_line(page);
}

static void write_nearest(const struct scored_part *part, size_t indent, struct page *page)
{
    const struct scored_evidence *evidence = &part->evidence;

    if (!evidence->is_known)
        return;
    page_wrapped(page, PAGE_DIM, indent, "nearest ");
    page_wrapped(page, PAGE_DIM, indent, evidence->chunk_id);
    if (evidence->text[0]) {
        page_wrapped(page, PAGE_DIM, indent, ": ");
        page_wrapped(page, PAGE_DIM, indent, evidence->text);
    }
    page_end_line(page);
}

static void write_legend(struct page *page)
{
    if (shows_words(page))
        return;
    for (int level = SUPPORT_GOOD; level < N_SUPPORTS; level++) {
        put_mark(page, (enum support)level);
        page_printf(page, PAGE_DIM, "%s  ", support_word((enum support)level));
    }
    page_end_line(page);
}

static void write_part(const struct scored_part *part, struct page *page)
{
    size_t indent = (page->style.is_utf8 ? 2 : 0) + (shows_words(page) ? WORD_CELLS : 0);

    put_mark(page, part->level);
    page_wrapped(page, PAGE_PLAIN, indent, part->text);
    page_end_line(page);
    if (part->level == SUPPORT_NONE || part->level == SUPPORT_WEAK) {
        write_reasons(part, indent + 2, page);
        write_nearest(part, indent + 2, page);
    }
}

void scored_write_answer(const struct scored *scored, struct page *page)
{
    for (size_t i = 0; i < scored->n_parts; i++) {
        if (!scored->is_abstained) {
            write_part(&scored->parts[i], page);
            continue;
        }
        page_wrapped(page, PAGE_PLAIN, 0, scored->parts[i].text);
        page_end_line(page);
    }
    if (!scored->is_abstained)
        write_legend(page);
}

void scored_write_sources(const struct scored *scored, struct page *page)
{
    if (scored->n_passages == 0)
        return;
    page_text(page, PAGE_BOLD, "SOURCES");
    page_end_line(page);
    for (size_t i = 0; i < scored->n_passages; i++) {
        const struct scored_passage *passage = &scored->passages[i];
        const char *name = passage->chunk_id[0] ? passage->chunk_id : passage->document;

        page_printf(page, PAGE_PLAIN, "  [%zu] ", i + 1);
        if (!isnan(passage->score))
            page_printf(page, PAGE_PLAIN, "%.2f  ", passage->score);
        page_text(page, PAGE_PLAIN, name);
        if (passage->title[0])
            page_printf(page, PAGE_DIM, "  %s", passage->title);
        if (passage->heading[0])
            page_printf(page, PAGE_DIM, ": %s", passage->heading);
        page_end_line(page);
    }
}

void scored_write_scores(const struct scored *scored, struct page *page)
{
    const struct {
        const char *name;
        double value;
        enum quality_id id;
    } scores[] = {
        {"relevance", scored->relevance, QUALITY_RELEVANCE},
        {"groundedness", scored->groundedness, QUALITY_GROUNDEDNESS},
        {"hallucination", scored->hallucination, QUALITY_HALLUCINATION},
        {"answer relevance", scored->answer_relevance, QUALITY_GROUNDEDNESS},
    };

    page_text(page, PAGE_BOLD, "SCORES");
    page_end_line(page);
    for (size_t i = 0; i < COUNT_OF(scores); i++) {
        page_text(page, PAGE_PLAIN, "  ");
        page_field(page, PAGE_PLAIN, scores[i].name, SCORE_CELLS);
        if (isnan(scores[i].value))
            page_text(page, PAGE_DIM, "-");
        else
            quality_write(scores[i].id, scores[i].value, page);
        page_end_line(page);
    }
}
