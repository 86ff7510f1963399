#include "server/llm/retrieval.h"

#include "server/llm/knowledge.h"
#include "server/llm/knowledge_view.h"
#include "server/llm/ranking.h"
#include "server/llm/retrieval_dense.h"
#include "server/llm/retrieval_query.h"
#include "server/llm/terms.h"

#include "common/alloc.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define LEXICAL_MAX    50  /* chunks that a lexical query gives */
#define SYNONYM_WEIGHT 0.4 /* of the query with synonyms beside the one without */

/* The floor without an encoder: min(MATCHED_MOST, matched / idf1) + COVERAGE_SHARE * coverage. What is
 * matched counts up to a bound, since a long question about something else matches much by chance. */
#define MATCHED_MOST   1.5
#define COVERAGE_SHARE 2.0
#define WORDS_LEAST    2.15

/* The floor with an encoder: cosine of the nearest sentence + cosine of the chunk as a whole + FIT_COVERAGE *
 * coverage + FIT_MATCHED * min(1, matched / (2 idf1)). Both floors are calibrated on the calibration half and
 * on the further questions of tests/data. There, at 5 % of the foreign ones answered, a full share for what is
 * matched abstained from 19 % of the others and this from 8 %. */
#define FIT_COVERAGE 0.4
#define FIT_MATCHED  0.1
#define FIT_LEAST    0.89
#define FIT_MOST     2.5

/* Under this cosine of the nearest sentence of all, meaning has nothing to say; where words fit well then, the
 * index is not of these texts. */
#define DENSE_LEAST 0.20

/* How well a candidate fits. */
struct fit {
    double matched; /* terms_matched */
    double coverage;
    double
        sentence_cosine; /* of its sentence nearest to the question; 0: none is among the nearest */
    double chunk_cosine; /* of itself; 0: it is not among the nearest */
    bool has_identifier; /* it holds one that the question names, such as "VPN-809" */
};

struct search {
    const struct retrieval_request *request;
    struct retrieval *out;
    struct knowledge_view view;
    struct retrieval_dense dense;
    bool is_far; /* nothing in the index is near the question: the dense side is left out */
    struct terms terms;
    struct ranking lexical;
    struct ranking ranking; /* of all sides */
    struct ranking by_sentence,
        by_chunk; /* cosines of nearest sentences, and of chunks as wholes */
    struct fit fits[RETRIEVAL_PASSAGES_MAX];
};

static void search_finish(struct search *search)
{
    knowledge_view_finish(&search->view);
    retrieval_dense_finish(&search->dense);
    terms_finish(&search->terms);
}

/* ---- By words ---------------------------------------------------------------------------------- */

static bool is_on(const struct search *search, enum retrieval_side side)
{
    return !(search->request->sides_off & side);
}

static int add_hits(struct search *search,
                    const struct buffer *expression,
                    double weight,
                    struct ranking *ranking,
                    struct tw_error *err)
{
    struct knowledge_hit hits[LEXICAL_MAX];
    size_t n;

    if (expression->len == 0)
        return 0;
    if (knowledge_view_search(&search->view, buffer_text(expression), LEXICAL_MAX, hits, &n, err) <
        0)
        return -1;
    for (size_t i = 0; i < n; i++)
        ranking_add(ranking, hits[i].rowid, weight * hits[i].score);
    return 0;
}

static int rank_by_words(struct search *search, struct tw_error *err)
{
    struct ranking *ranking = &search->lexical;
    CLEANUP(buffer_finish) struct buffer terms;
    CLEANUP(buffer_finish) struct buffer synonyms;

    buffer_init(&terms, RETRIEVAL_QUERY_BYTES);
    buffer_init(&synonyms, RETRIEVAL_QUERY_BYTES);
    if (is_on(search, RETRIEVAL_WORDS))
        retrieval_query_terms(&search->terms, &terms);
    if (is_on(search, RETRIEVAL_SYNONYMS))
        retrieval_query_synonyms(&search->terms, &synonyms);
    if (terms.failed || synonyms.failed)
        return tw_fail(err, TW_INVALID, "the question is too long to be searched");
    if (add_hits(search, &terms, 1, ranking, err) < 0 ||
        add_hits(search, &synonyms, SYNONYM_WEIGHT, ranking, err) < 0)
        return -1;
    ranking_sort(ranking);
    return 0;
}

/* ---- By meaning -------------------------------------------------------------------------------- */

/* Every chunk by the nearest of its vectors. */
static void rank_hits(const struct search *search,
                      const struct vector_hit *hits,
                      size_t n,
                      struct ranking *ranking)
{
    for (size_t i = 0; i < n; i++) {
        int64_t rowid = knowledge_view_locate(&search->view, hits[i].id);

        if (rowid > 0)
            ranking_raise(ranking, rowid, 1 - hits[i].distance);
    }
    ranking_sort(ranking);
}

/* An index without a single vector of these texts was emptied, or is another's: what is near in it says
 * nothing, and by its cosines of nought no question would be answered. */
static void rank_by_meaning(struct search *search)
{
    struct retrieval_dense *dense = &search->dense;

    if (!dense->is_on)
        return;
    rank_hits(search, dense->sentences, dense->n_sentences, &search->by_sentence);
    rank_hits(search, dense->chunks, dense->n_chunks, &search->by_chunk);
    if (search->by_sentence.n > 0 && search->by_chunk.n > 0)
        return;
    retrieval_dense_degrade(dense, RETRIEVAL_INDEX_UNREACHABLE,
                            "the index holds no vectors of these texts: a load brings them");
    knowledge_snapshot_lose_vectors(search->view.snapshot);
}

static void fuse(struct search *search)
{
    struct retrieval_dense *dense = &search->dense;

    search->is_far = dense->is_on && 1 - dense->sentences[0].distance < DENSE_LEAST;
    dense->is_on &= !search->is_far;
    ranking_fuse(&search->ranking, &search->lexical, 1);
    if (dense->is_on)
        ranking_fuse(&search->ranking, &search->by_sentence, 1);
    ranking_sort(&search->ranking);
}

/* ---- Candidates -------------------------------------------------------------------------------- */

static bool is_identifier(const struct term *term)
{
    return (term->word->flags & WORD_IDENTIFIER) && term->is_known &&
           strpbrk(term->word->form, "0123456789");
}

static bool has_identifier(const struct terms *terms, const struct stem_set *stems)
{
    for (size_t i = 0; i < terms->n; i++)
        if (is_identifier(&terms->items[i]) && stem_set_has(stems, terms->items[i].word->stem))
            return true;
    return false;
}

static void measure(const struct search *search,
                    const struct knowledge_chunk *chunk,
                    struct fit *fit)
{
    const char *parts[] = {chunk->title, chunk->headings, chunk->text};
    struct stem_set stems;

    stem_set_init(&stems, parts, COUNT_OF(parts));
    fit->matched = terms_matched(&search->terms, &stems);
    fit->coverage = terms_coverage(&search->terms, &stems);
    fit->has_identifier = has_identifier(&search->terms, &stems);
    stem_set_finish(&stems);
}

static struct passage passage_of(const struct knowledge_chunk *chunk, double score)
{
    return (struct passage){
        .chunk_id = chunk->chunk_id,
        .document = chunk->document,
        .title = chunk->title,
        .heading = chunk->heading,
        .text = chunk->text,
        .len = chunk->len,
        .start = chunk->start,
        .end = chunk->end,
        .score = score,
    };
}

static double idf1(const struct search *search)
{
    return lexicon_idf1(search->view.snapshot->lexicon);
}

/* What the floor with an encoder is held against, 0..FIT_MOST. */
static double fit_of(const struct search *search, const struct fit *fit)
{
    return fmax(0, fit->sentence_cosine) + fmax(0, fit->chunk_cosine) +
           FIT_COVERAGE * fit->coverage + FIT_MATCHED * fmin(1, fit->matched / (2 * idf1(search)));
}

static double score_of(const struct search *search, const struct fit *fit)
{
    return search->dense.is_on ? fit_of(search, fit) / FIT_MOST : fit->coverage;
}

static void read_cosines(const struct search *search, int64_t rowid, struct fit *fit)
{
    fit->sentence_cosine = ranking_score(&search->by_sentence, rowid);
    fit->chunk_cosine = ranking_score(&search->by_chunk, rowid);
}

static int read_candidates(struct search *search, struct tw_error *err)
{
    struct retrieval *out = search->out;
    size_t n =
        search->ranking.n < RETRIEVAL_PASSAGES_MAX ? search->ranking.n : RETRIEVAL_PASSAGES_MAX;

    out->chunks = xcalloc(RETRIEVAL_PASSAGES_MAX, sizeof(*out->chunks));
    out->passages = xcalloc(RETRIEVAL_PASSAGES_MAX, sizeof(*out->passages));
    for (size_t i = 0; i < n; i++) {
        struct knowledge_chunk *chunk = &out->chunks[i];
        struct fit *fit = &search->fits[i];

        if (knowledge_view_read(&search->view, search->ranking.items[i].rowid, chunk, err) < 0)
            return -1;
        out->n_candidates++;
        measure(search, chunk, fit);
        read_cosines(search, search->ranking.items[i].rowid, fit);
        out->passages[i] = passage_of(chunk, score_of(search, fit));
        out->relevance = fmax(out->relevance, fit->coverage);
    }
    return 0;
}

/* ---- The floor --------------------------------------------------------------------------------- */

static bool is_over_floor(const struct search *search, const struct fit *fit)
{
    if (fit->has_identifier)
        return true;
    if (search->dense.is_on)
        return fit_of(search, fit) >= FIT_LEAST;
    return fmin(MATCHED_MOST, fit->matched / idf1(search)) + COVERAGE_SHARE * fit->coverage >=
           WORDS_LEAST;
}

static void apply_floor(struct search *search)
{
    struct retrieval *out = search->out;
    bool is_over = false;

    for (size_t i = 0; i < out->n_candidates && i < search->request->n_docs; i++)
        is_over |= is_over_floor(search, &search->fits[i]);
    out->is_under_floor = !is_over;
    if (is_over && search->is_far)
        retrieval_dense_degrade(&search->dense, RETRIEVAL_DISAGREEMENT,
                                "the words fit, and no vector is near");
    if (is_over)
        out->n = out->n_candidates < search->request->n_docs ? out->n_candidates
                                                             : search->request->n_docs;
}

/* ---- Topics ------------------------------------------------------------------------------------ */

static void add_topic(struct retrieval *out, const char *title)
{
    for (size_t i = 0; i < out->n_topics; i++)
        if (strcmp(out->topics[i], title) == 0)
            return;
    if (out->n_topics < RETRIEVAL_TOPICS_MAX)
        out->topics[out->n_topics++] = title;
}

/* What is nearest, and then from all over the knowledge base. */
static void find_topics(struct retrieval *out)
{
    const struct knowledge_snapshot *snapshot = out->snapshot;
    size_t step = snapshot->n_documents / RETRIEVAL_TOPICS_MAX + 1;

    for (size_t i = 0; i < out->n_candidates; i++)
        add_topic(out, out->chunks[i].title);
    for (size_t i = 0; i < snapshot->n_documents; i += step)
        add_topic(out, snapshot->documents[i].title);
}

/* ---- All of it --------------------------------------------------------------------------------- */

/* Half the documents away, what is found has nothing to do with the question. */
static void shuffle(struct search *search)
{
    const struct knowledge_snapshot *snapshot = search->view.snapshot;

    for (size_t i = 0; i < search->ranking.n; i++) {
        size_t at = (i + snapshot->n_documents / 2) % snapshot->n_documents;

        while (snapshot->documents[at].n_chunks == 0)
            at = (at + 1) % snapshot->n_documents;
        search->ranking.items[i].rowid = snapshot->documents[at].first_chunk;
    }
}

static int rank(struct search *search, struct tw_error *err)
{
    if (rank_by_words(search, err) < 0)
        return -1;
    fuse(search);
    if (search->request->faults.is_shuffled)
        shuffle(search);
    return 0;
}

static int search_terms(struct search *search, struct tw_error *err)
{
    if (search->request->faults.is_empty)
        return 0;
    if (rank(search, err) < 0)
        return -1;
    return read_candidates(search, err);
}

static int search_all(struct search *search, struct knowledge *knowledge, struct tw_error *err)
{
    struct retrieval *out = search->out;
    const char *question = search->request->question;

    retrieval_dense_init(&search->dense, knowledge, search->request);
    if (knowledge_view_init(knowledge, &search->view, err) < 0)
        return -1;
    out->snapshot = knowledge_snapshot_ref(search->view.snapshot);
    rank_by_meaning(search);
    if (search->dense.was_asked)
        knowledge_note_search(knowledge, search->dense.detail);
    terms_init(&search->terms, out->snapshot->lexicon, question, strlen(question));
    out->is_ambiguous = search->terms.n == 0;
    if (!out->is_ambiguous) {
        if (search_terms(search, err) < 0)
            return -1;
        apply_floor(search);
    }
    find_topics(out);
    return 0;
}

int retrieval_search(struct knowledge *knowledge,
                     const struct retrieval_request *request,
                     struct retrieval *ret_retrieval,
                     struct tw_error *err)
{
    struct retrieval out = {0};
    CLEANUP(search_finish) struct search search = {.request = request, .out = &out};

    assert(request->n_docs >= 1 && request->n_docs <= RETRIEVAL_PASSAGES_MAX);
    if (search_all(&search, knowledge, err) < 0) {
        retrieval_finish(&out);
        return -1;
    }
    out.degraded = search.dense.degraded;
    memcpy(out.degraded_detail, search.dense.detail, sizeof(out.degraded_detail));
    out.query_vector = TAKE(search.dense.vector);
    out.dim = search.dense.dim;
    *ret_retrieval = out;
    return 0;
}

void retrieval_finish(struct retrieval *retrieval)
{
    for (size_t i = 0; i < retrieval->n_candidates; i++)
        knowledge_chunk_finish(&retrieval->chunks[i]);
    free(retrieval->chunks);
    free(retrieval->passages);
    free(retrieval->query_vector);
    knowledge_snapshot_unref(retrieval->snapshot);
    *retrieval = (struct retrieval){0};
}

const char *retrieval_degraded_name(enum retrieval_degraded degraded)
{
    static const char *const names[N_RETRIEVAL_DEGRADED] = {
        [RETRIEVAL_NOT_DEGRADED] = "none",
        [RETRIEVAL_LOADING] = "loading",
        [RETRIEVAL_INDEX_UNREACHABLE] = "index-unreachable",
        [RETRIEVAL_CHECKSUM] = "checksum",
        [RETRIEVAL_DISAGREEMENT] = "disagreement",
    };

    return names[degraded];
}
