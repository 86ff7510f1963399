#include "server/llm/extractive.h"

#include "server/llm/passage.h"
#include "server/llm/section.h"
#include "server/llm/terms.h"
#include "server/llm/text.h"

#include "common/alloc.h"
#include "common/buffer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_BYTES_MAX ((size_t)64 * 1024) /* two sections and their headings */
#define SECOND_RATIO     0.7                 /* of the best section's score */

/* BM25 of a section (Robertson and Zaragoza, 2009): K1 and B as usual for long and short texts mixed, length
 * in words against LENGTH; a word in the heading counts HEADING_WEIGHT times, in the title once. */
#define K1             1.2
#define B              0.4
#define LENGTH         100.0
#define HEADING_WEIGHT 2.0
#define TITLE_WEIGHT   1.0

/* A synonym beside the word itself, and without it. */
#define SYNONYM_BESIDE  0.4
#define SYNONYM_INSTEAD 0.6

#define PLACE_SHARE 0.1 /* what a passage loses for each that is better */
#define INTRO_SHARE                                                                                \
    0.5 /* what a section keeps that stands under the title: it says what is to come */

struct chooser {
    struct terms terms;
    struct sections sections;
};

static void chooser_finish(struct chooser *chooser)
{
    terms_finish(&chooser->terms);
    sections_finish(&chooser->sections);
}

/* ---- Choosing ---------------------------------------------------------------------------------- */

static double coverage(const struct terms *terms, const char *const *parts, size_t n_parts)
{
    struct stem_set stems;
    double share;

    stem_set_init(&stems, parts, n_parts);
    share = terms_coverage(terms, &stems);
    stem_set_finish(&stems);
    return share;
}

/* A section's words: its own, its heading's, its title's. */
enum { BODY, HEADING, TITLE, N_PARTS };

static double frequency(const struct text_words *parts, const char *stem)
{
    static const double weights[N_PARTS] = {1, HEADING_WEIGHT, TITLE_WEIGHT};
    double sum = 0;

    for (size_t p = 0; p < N_PARTS; p++)
        for (size_t i = 0; i < parts[p].n; i++)
            if (strcmp(parts[p].items[i].stem, stem) == 0)
                sum += weights[p];
    return sum;
}

/* A phrase is there as often as the rarest of its words. */
static double phrase_frequency(const struct text_words *parts, const struct lexicon_phrase *phrase)
{
    double least = frequency(parts, phrase->stems[0]);

    for (size_t i = 1; i < phrase->n; i++)
        least = fmin(least, frequency(parts, phrase->stems[i]));
    return least;
}

static double term_frequency(const struct text_words *parts, const struct term *term)
{
    double own = frequency(parts, term->word->stem), synonym = 0;

    for (size_t i = 0; i < term->n_synonyms; i++)
        synonym = fmax(synonym, phrase_frequency(parts, term->synonyms[i]));
    return own > 0 ? own + SYNONYM_BESIDE * synonym : SYNONYM_INSTEAD * synonym;
}

/* Over the sum of idf, so that it stands beside the coverage. */
static double bm25(const struct terms *terms, const struct text_words *parts)
{
    double damping = K1 * (1 - B + B * (double)parts[BODY].n / LENGTH), sum = 0;

    for (size_t i = 0; i < terms->n; i++) {
        double often = term_frequency(parts, &terms->items[i]);

        sum += terms->items[i].idf * often * (K1 + 1) / (often + damping);
    }
    return terms->total > 0 ? sum / terms->total : 0;
}

static double score(const struct chooser *chooser,
                    const struct section *section,
                    const struct passage *first)
{
    CLEANUP(freep)
    char *body = strndup(section->passage->text + section->start, section->end - section->start);
    const char *parts[N_PARTS] = {body ? body : "", section->heading, section->passage->title};
    bool is_intro = section->heading[0] == '\0' || strcmp(parts[HEADING], parts[TITLE]) == 0;
    double place = (double)(section->passage - first),
           sum = coverage(&chooser->terms, parts, N_PARTS);
    struct text_words words[N_PARTS];

    for (size_t p = 0; p < N_PARTS; p++)
        text_words_init(&words[p], parts[p], strlen(parts[p]));
    sum += bm25(&chooser->terms, words);
    for (size_t p = 0; p < N_PARTS; p++)
        text_words_finish(&words[p]);
    return sum * (1 - PLACE_SHARE * place) * (is_intro ? INTRO_SHARE : 1);
}

/* The best section and the second; SIZE_MAX for none. */
struct choice {
    size_t first, second;
};

static struct choice choose(const struct chooser *chooser, const struct passage *passages)
{
    struct choice choice = {SIZE_MAX, SIZE_MAX};
    double first_score = -1, second_score = -1;

    for (size_t i = 0; i < chooser->sections.n; i++) {
        double this_score = score(chooser, &chooser->sections.items[i], passages);

        if (this_score > first_score) {
            choice.second = choice.first;
            second_score = first_score;
            choice.first = i;
            first_score = this_score;
        } else if (this_score > second_score) {
            choice.second = i;
            second_score = this_score;
        }
    }
    if (choice.second != SIZE_MAX && second_score < SECOND_RATIO * first_score)
        choice.second = SIZE_MAX;
    return choice;
}

/* ---- Writing ----------------------------------------------------------------------------------- */

/* A row with one of the question's words in it. */
static bool wants_row(void *ctx, const char *text, size_t len)
{
    const struct chooser *chooser = ctx;
    CLEANUP(freep) char *row = strndup(text, len);
    const char *parts[] = {row ? row : ""};

    return coverage(&chooser->terms, parts, 1) > 0;
}

static void append_section(struct buffer *out,
                           struct chooser *chooser,
                           size_t which,
                           const struct passage *passages)
{
    const struct section *section = &chooser->sections.items[which];
    char citation[32];

    (void)snprintf(citation, sizeof(citation), "[%td]", section->passage - passages + 1);
    if (out->len > 0)
        (void)buffer_puts(out, "\n\n");
    if (section->heading[0] != '\0') {
        (void)buffer_puts(out, section->heading);
        (void)buffer_puts(out, "\n\n");
    }
    section_append_text(out, section, citation, wants_row, chooser);
}

static void append_topics(struct buffer *out, const struct extractive_request *request)
{
    for (size_t i = 0; i < request->n_topics; i++) {
        (void)buffer_puts(out, "\n- ");
        (void)buffer_puts(out, request->topics[i]);
    }
}

static void abstain(struct buffer *out, const struct extractive_request *request)
{
    if (request->is_ambiguous)
        (void)buffer_puts(out,
                          "Which system or service is this about, and what do you see? I do not "
                          "know what to look for yet.");
    else
        (void)buffer_puts(out, "I do not know: the knowledge base does not answer this question.");
    if (request->n_topics == 0)
        return;
    (void)buffer_puts(out, " What I can answer is, for example:");
    append_topics(out, request);
}

/* False when the passages hold no section. */
static bool answer(struct buffer *out, const struct extractive_request *request)
{
    CLEANUP(chooser_finish) struct chooser chooser = {0};
    const struct section *sections;
    struct choice choice;

    terms_init(&chooser.terms, request->lexicon, request->question, strlen(request->question));
    for (size_t i = 0; i < request->n_passages && i < EXTRACTIVE_PASSAGES_MAX; i++)
        sections_add(&chooser.sections, &request->passages[i]);
    choice = choose(&chooser, request->passages);
    if (choice.first == SIZE_MAX)
        return false;
    append_section(out, &chooser, choice.first, request->passages);
    sections = chooser.sections.items;
    if (choice.second != SIZE_MAX &&
        sections[choice.first].n_words + sections[choice.second].n_words <= EXTRACTIVE_WORDS_MAX)
        append_section(out, &chooser, choice.second, request->passages);
    return true;
}

void extractive_generate(const struct extractive_request *request,
                         struct extractive_answer *ret_answer)
{
    struct buffer out;

    *ret_answer = (struct extractive_answer){0};
    buffer_init(&out, ANSWER_BYTES_MAX);
    if (request->is_ambiguous || !answer(&out, request)) {
        ret_answer->is_abstained = true;
        abstain(&out, request);
    }
    ret_answer->text = xstrdup(buffer_text(&out));
    buffer_finish(&out);
}
