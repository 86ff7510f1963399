#include "server/llm/regret.h"

#include "server/llm/word_list.h"

#include <string.h>

/* A few words of closed lists that stand near each other: who speaks or what was read, a denial, and a verb of knowing
 * or saying. */

#define NEAR   8 /* words between a denial and its verb */
#define OTHERS 2 /* words beside those of the question and about the sources */

static const char *const speakers[] = {"i", "i'd", "i'm", "i've", "me", "my"};

/* What was read. The second list is that only with a word of the third beside it. */
static const char *const sources[] = {
    "anywhere",  "article",       "articles",     "collection", "context",   "corpus",
    "docs",      "documentation", "excerpt",      "excerpts",   "guide",     "guides",
    "handbook",  "here",          "instructions", "kb",         "knowledge", "manual",
    "manuals",   "material",      "note",         "notes",      "passage",   "passages",
    "retrieved", "sections",      "source",       "sources",    "texts"};
static const char *const weak_sources[] = {"document", "documents", "information", "page", "pages",
                                           "policies", "search",    "section",     "text"};
static const char *const pointing[] = {"no",       "found",     "given", "my",  "our",
                                       "provided", "retrieved", "these", "this"};

/* Where answers come from: with these any denial will do, unless the reader is sent there. */
static const char *const shelves[] = {"articles",      "context",  "docs",
                                      "documentation", "excerpts", "kb",
                                      "knowledge",     "passages", "retrieved"};
static const char *const meant[] = {"any", "given", "knowledge", "my",   "our",  "provided",
                                    "the", "these", "those",     "your", "this", "no"};
static const char *const sending[] = {"according", "as", "ask", "consult", "per", "read", "see"};

static const char *const denials[] = {"nobody", "cannot", "neither", "never",  "no",
                                      "none",   "not",    "nothing", "nowhere"};

/* What denies by itself that something is said or known. */
static const char *const silences[] = {
    "absent",       "blank",        "clueless",    "fail",         "fails",     "ignorant",
    "inconclusive", "insufficient", "lack",        "lacks",        "missing",   "omit",
    "omits",        "omitted",      "quiet",       "silent",       "skip",      "skips",
    "unable",       "unaddressed",  "unanswered",  "unaware",      "uncertain", "unclear",
    "undefined",    "undescribed",  "undisclosed", "undocumented", "unknown",   "unlisted",
    "unmentioned",  "unnamed",      "unpublished", "unrecorded",   "unsaid",    "unspecified",
    "unstated",     "unsure"};

/* What says where something ends. */
static const char *const limits[] = {
    "away",    "beyond",  "breaks",  "different", "else",   "elsewhere", "end",
    "ends",    "exceeds", "few",     "gap",       "gaps",   "guess",     "instead",
    "limited", "little",  "neither", "none",      "only",   "other",     "outside",
    "past",    "short",   "stop",    "stops",     "without"};

/* How answers are looked for. */
static const char *const searching[] = {"access", "check", "look", "read", "search"};

/* Of these the stems, so that all their forms are meant. */
static const char *const knowing[] = {
    "abl",      "answer", "avail", "clear",  "confirm", "data",  "detail",
    "determin", "figur",  "find",  "guess",  "help",    "idea",  "inform",
    "judg",     "know",   "learn", "locat",  "promis",  "recal", "recommend",
    "record",   "sai",    "see",   "specul", "sure",    "tell",  "vouch"};

static const char *const saying[] = {
    "address", "among",     "answer",   "appear",  "aris",      "avail",    "bring",   "cite",
    "clear",   "come",      "comment",  "contain", "cover",     "crop",     "cross",   "deal",
    "deriv",   "describ",   "determin", "disclos", "discuss",   "document", "elabor",  "emerg",
    "entri",   "establish", "exist",    "explain", "featur",    "figur",    "find",    "give",
    "go",      "help",      "hint",     "hold",    "includ",    "indic",    "inform",  "known",
    "list",    "mean",      "mention",  "name",    "note",      "occur",    "offer",   "part",
    "point",   "present",   "print",    "provid",  "publish",   "quot",     "rais",    "record",
    "refer",   "report",    "reveal",   "rule",    "sai",       "see",      "settl",   "show",
    "speak",   "specifi",   "spell",    "state",   "statement", "subject",  "suggest", "suppli",
    "tackl",   "talk",      "tell",     "topic",   "touch",     "treat",    "word",    "write",
    "written", "wrote"};

static const char *const facts[] = {
    "answer",      "article",    "articles", "clue",      "data",    "description",
    "detail",      "details",    "entries",  "entry",     "fact",    "facts",
    "figure",      "figures",    "guidance", "hint",      "hints",   "indication",
    "information", "mention",    "passage",  "passages",  "pointer", "record",
    "reference",   "references", "section",  "statement", "trace",   "word"};

/* What stands behind such a fact that is missing. */
static const char *const relations[] = {"about",    "available", "for",  "found",
                                        "given",    "here",      "in",   "on",
                                        "provided", "regarding", "that", "which"};

static const char *const questions[] = {"how",     "what",  "when", "where",
                                        "whether", "which", "who",  "why"};
static const char *const modals[] = {"may", "must", "need", "shall", "should"};
static const char *const conditions[] = {"if", "once", "unless", "until", "when", "without"};

static const char *form_at(const struct regret_words *words, size_t i)
{
    return i < words->n ? words->tokens[i].word->form : "";
}

static bool is_form(const struct regret_words *words, size_t i, const char *form)
{
    return strcmp(form_at(words, i), form) == 0;
}

/* The next word in [first, end) whose form is on the list; end: none is. */
static size_t find(
    const struct regret_words *words, size_t first, size_t end, const char *const *list, size_t n)
{
    for (size_t i = first; i < end && i < words->n; i++)
        if (word_list_has(list, n, form_at(words, i)))
            return i;
    return end;
}

static bool has_stem(
    const struct regret_words *words, size_t first, size_t end, const char *const *list, size_t n)
{
    for (size_t i = first; i < end && i < words->n; i++)
        if (word_list_has(list, n, words->tokens[i].word->stem))
            return true;
    return false;
}

#define HAS_STEM(words, first, end, list) has_stem(words, first, end, list, COUNT_OF(list))
#define HAS(words, first, end, list)      (find(words, first, end, list, COUNT_OF(list)) < (end))

static bool is_denial(const struct regret_words *words, size_t i)
{
    return IS_AMONG(form_at(words, i), denials) || word_ends_in_not(form_at(words, i));
}

/* "must not": says what to do. */
static bool is_instruction(const struct regret_words *words, size_t denial)
{
    static const char *const orders[] = {"mustn't", "needn't", "shouldn't"};

    return IS_AMONG(form_at(words, denial), orders) ||
           (denial > 0 && IS_AMONG(form_at(words, denial - 1), modals));
}

/* Does the second word stand a few words behind the first? */
static bool is_near(const struct regret_words *words, const char *first, const char *second)
{
    size_t at = find(words, 0, words->n, &first, 1);

    return find(words, at + 1, at + 5, &second, 1) < at + 5;
}

/* ---- The frames ---------------------------------------------------------------------------------- */

/* "I could not find", "that's not something I know", "I'm unsure", "unknown to me", "I have nothing on". */
static bool is_speaker_ignorant(const struct regret_words *words)
{
    static const char *const lost[] = {"empty", "guess", "guessing", "impossible"};
    static const char *const looking[] = {"checked", "gone", "looked", "searched", "tried", "went"};

    if (!HAS(words, 0, words->n, speakers))
        return false;
    if (HAS(words, 0, words->n, silences) || HAS(words, 0, words->n, lost) ||
        is_near(words, "need", "information") || is_near(words, "making", "up"))
        return true;
    for (size_t i = 0; i < words->n; i++) {
        size_t from = i > 3 ? i - 3 : 0;

        if (is_form(words, i, "without") && HAS(words, 0, i, looking))
            return true;
        if (!is_denial(words, i) || is_instruction(words, i))
            continue;
        if (HAS(words, from, i + NEAR, speakers) &&
            (HAS_STEM(words, i + 1, i + NEAR, knowing) || is_form(words, i, "nothing")))
            return true;
        if (HAS(words, 0, i, looking) || is_near(words, "what", "i"))
            return true;
    }
    return false;
}

static bool has_source(const struct regret_words *words)
{
    if (HAS(words, 0, words->n, sources))
        return true;
    for (size_t i = 0; i < words->n; i++)
        if (IS_AMONG(form_at(words, i), weak_sources) &&
            HAS(words, i > 2 ? i - 2 : 0, i + 5, pointing))
            return true;
    return false;
}

static bool is_asked(const struct regret_words *words, size_t i)
{
    const struct material *material = words->material;

    for (size_t s = 0; s < material->n_evidence; s++)
        if (material->sentences[s].passage == MATERIAL_QUESTION &&
            material_has_stem(material, &material->sentences[s], words->tokens[i].stem))
            return true;
    return false;
}

/* A number that was not asked about. */
static bool is_claimed_number(const struct regret_words *words, size_t i)
{
    const struct material_token *token = &words->tokens[i];

    return token->quantity > 0 && !words->material->quantities[token->quantity - 1].is_told &&
           !words->material->quantities[token->quantity - 1].is_soft && !is_asked(words, i);
}

/* "The articles say that ...", "15 euros in the articles": is something reported before the word at `end`? */
static bool is_report(const struct regret_words *words, size_t end)
{
    for (size_t i = 0; i < end; i++)
        if (is_claimed_number(words, i) ||
            (is_form(words, i + 1, "that") && IS_AMONG(words->tokens[i].word->stem, saying)))
            return true;
    return false;
}

/* Is the word at i about what was read here, and not where the reader should look? */
static bool is_meant(const struct regret_words *words, size_t i)
{
    return HAS(words, i > 2 ? i - 2 : 0, i, meant) && !HAS(words, i > 3 ? i - 3 : 0, i, sending);
}

static bool has_shelf(const struct regret_words *words)
{
    static const char *const pages[] = {"article", "guide",    "handbook", "passage",
                                        "section", "sections", "sources",  "texts"};

    for (size_t i = 0; i < words->n; i++)
        if ((IS_AMONG(form_at(words, i), shelves) || IS_AMONG(form_at(words, i), pages)) &&
            is_meant(words, i))
            return true;
    return false;
}

/* "The articles are not about ...", but not "no, see the articles". */
static bool is_shelf_denied(const struct regret_words *words, size_t denial)
{
    if (is_form(words, denial + 1, "only"))
        return false;
    for (size_t i = 0; i < words->n; i++)
        if (IS_AMONG(form_at(words, i), shelves) && is_meant(words, i))
            return true;
    return false;
}

/* "leaves that open", "remains open"; of what was asked, also where no source is named. */
static bool is_left_open(const struct regret_words *words)
{
    static const char *const leaving[] = {"leave",   "leaves", "left", "remain",
                                          "remains", "stay",   "stays"};
    static const char *const open[] = {"open", "out", "unanswered", "unclear"};
    static const char *const pointers[] = {"it", "that", "this"};
    size_t at = find(words, 0, words->n, leaving, COUNT_OF(leaving));

    return HAS(words, at, at + 7, open) &&
           (has_source(words) || HAS(words, 0, at, questions) ||
            (HAS(words, 0, at, weak_sources) && HAS(words, at + 1, at + 2, pointers)));
}

/* "What that leads to isn't covered", but not "what isn't covered by them". */
static bool is_matter_unsaid(const struct regret_words *words, size_t denial)
{
    static const char *const matters[] = {"how", "what", "whether", "why"};

    return denial > 2 && HAS(words, 0, 1, matters) &&
           (denial + 2 == words->n ||
            (denial + 2 < words->n &&
             words->tokens[denial + 2].clause != words->tokens[denial + 1].clause));
}

/* "It is not stated who pays", "the documents do not tell". */
static bool is_unsaid(const struct regret_words *words, size_t denial)
{
    static const char *const speech[] = {"answer",  "cover", "describ", "document", "explain",
                                         "mention", "sai",   "specifi", "state",    "tell"};

    if (!HAS_STEM(words, denial + 1, denial + 3, speech))
        return false;
    return HAS(words, denial + 2, denial + 4, questions) || is_matter_unsaid(words, denial) ||
           (is_form(words, 0, "the") && HAS(words, 1, 2, weak_sources));
}

/* "These pages only describe". */
static bool is_source_narrow(const struct regret_words *words)
{
    static const char *const telling[] = {"cover",   "covers",   "describe", "describes", "discuss",
                                          "explain", "explains", "mention",  "mentions"};

    for (size_t i = 0; i < words->n; i++)
        if (is_form(words, i, "only") && HAS(words, i + 1, i + 2, telling))
            return true;
    return false;
}

/* "The articles do not mention", "isn't covered here", "the sources are silent", "but not what it costs". */
static bool is_source_silent(const struct regret_words *words)
{
    static const char *const contrary[] = {"but", "yet"};

    if (!has_source(words))
        return false;
    if (HAS(words, 0, words->n, silences) || is_source_narrow(words))
        return true;
    for (size_t i = 0; i < words->n; i++) {
        if (!is_denial(words, i) || is_instruction(words, i) || is_report(words, i))
            continue;
        if (HAS_STEM(words, i + 1, i + NEAR, saying) ||
            HAS_STEM(words, i > 2 ? i - 2 : 0, i, saying) ||
            (i > 0 && IS_AMONG(form_at(words, i - 1), contrary) &&
             HAS(words, i + 1, i + 3, questions)) ||
            is_shelf_denied(words, i))
            return true;
    }
    return false;
}

/* Words of the clause that word i is in. */
static size_t clause_len(const struct regret_words *words, size_t i)
{
    size_t n = 0;

    for (size_t k = 0; k < words->n; k++)
        n += words->tokens[k].clause == words->tokens[i].clause;
    return n;
}

/* "No information on that", "there is no passage", "we do not have any article". */
static bool is_fact_denied(const struct regret_words *words, size_t i)
{
    size_t fact = find(words, i + 1, i + 4, facts, COUNT_OF(facts));

    if (fact == i + 4 ||
        !(is_form(words, i, "no") || (is_form(words, i, "not") && is_form(words, i + 1, "any"))))
        return false;
    return (i > 1 && is_form(words, i - 2, "there")) ||
           (i > 0 && is_form(words, i - 1, "there's")) || fact + 1 == words->n ||
           HAS(words, fact + 1, fact + 3, relations);
}

/* "There doesn't seem to be an article", "this question cannot be answered". */
static bool is_question_open(const struct regret_words *words, size_t i)
{
    if (i == 0 || !is_denial(words, i))
        return false;
    return (is_form(words, i - 1, "there") && HAS(words, i + 1, i + NEAR, facts)) ||
           (is_form(words, i - 1, "question") && is_form(words, i + 2, "answered"));
}

/* "Not covered, sorry.", but not "No, reference books"; "we don't know that", "this is not documented", "no idea". */
static bool is_curt(const struct regret_words *words, size_t i)
{
    size_t n = clause_len(words, i);

    if (i < 2 && is_form(words, i, "no") && is_form(words, i + 1, "idea"))
        return true;
    if (!is_denial(words, i))
        return false;
    if (i < 2 && n > 1 && n <= 4 && !IS_AMONG(form_at(words, 0), questions) &&
        !is_form(words, i, "nobody") && HAS_STEM(words, i + 1, i + 3, saying))
        return true;
    return words->n <= 6 && (is_form(words, i + 1, "know") || is_form(words, i + 1, "known") ||
                             is_form(words, i + 1, "documented"));
}

/* "The price isn't named." */
static bool is_name_withheld(const struct regret_words *words, size_t denial)
{
    return words->n <= 6 && denial + 2 == words->n && is_form(words, 0, "the") &&
           HAS_STEM(words, denial + 1, words->n, saying);
}

/* "Nothing is said on that", "it is impossible to tell", "insufficient information". */
static bool is_phrase(const struct regret_words *words, size_t i)
{
    static const char *const behind_nothing[] = {"about", "found", "here", "on"};
    static const char *const behind_impossible[] = {"know", "say", "tell"};

    return (is_form(words, i, "nothing") && i + 1 < words->n &&
            HAS(words, i + 1, words->tokens[i + 1].weight > 0 ? i + 2 : i + 3, behind_nothing)) ||
           (is_form(words, i, "impossible") && HAS(words, i + 1, i + 3, behind_impossible)) ||
           (is_form(words, i, "insufficient") && HAS(words, i + 1, i + 3, facts));
}

static bool is_fact_missing(const struct regret_words *words)
{
    for (size_t i = 0; i < words->n; i++)
        if ((is_denial(words, i) && (is_unsaid(words, i) || is_name_withheld(words, i))) ||
            is_fact_denied(words, i) || is_question_open(words, i) || is_curt(words, i) ||
            is_phrase(words, i))
            return true;
    return false;
}

/* "Beyond what is documented", "outside the scope", "outside the topics of this knowledge base". */
static bool is_out_of_scope(const struct regret_words *words)
{
    static const char *const outside[] = {"beyond", "outside"};
    static const char *const scopes[] = {"articles",  "covers",     "deals",
                                         "described", "documented", "know",
                                         "knowledge", "scope",      "topics"};
    size_t at = find(words, 0, words->n, outside, COUNT_OF(outside));

    return at < words->n && HAS(words, at + 1, at + NEAR, scopes);
}

/* Is it about the sources and about saying and knowing? */
static bool is_meta(const struct regret_words *words, size_t i)
{
    const char *form = form_at(words, i), *stem = words->tokens[i].word->stem;

    if (strcmp(form, "base") == 0)
        return i > 0 && is_form(words, i - 1, "knowledge");
    return IS_AMONG(form, sources) || IS_AMONG(form, weak_sources) || IS_AMONG(form, shelves) ||
           IS_AMONG(form, pointing) || IS_AMONG(form, facts) || IS_AMONG(form, silences) ||
           IS_AMONG(form, limits) || IS_AMONG(stem, knowing) || IS_AMONG(stem, saying) ||
           IS_AMONG(stem, searching);
}

static bool has_limit(const struct regret_words *words)
{
    if (HAS(words, 0, words->n, limits) || HAS(words, 0, words->n, silences))
        return true;
    for (size_t i = 0; i < words->n; i++)
        if (is_denial(words, i) && !is_instruction(words, i))
            return true;
    return false;
}

/* "Is not given to anybody": something else than an answer. */
static bool is_giving(const struct regret_words *words, size_t denial)
{
    static const char *const gifts[] = {"given", "granted", "offered", "shown"};
    size_t at = find(words, denial + 1, denial + 4, gifts, COUNT_OF(gifts));

    return at < denial + 4 && is_form(words, at + 1, "to");
}

/* "Is not mentioned", "cannot be found", "is unknown": what is denied is that something is said or known. */
static bool is_speech_denied(const struct regret_words *words)
{
    static const char *const relatives[] = {"if", "that", "unless", "which", "who"};

    for (size_t i = 0; i < words->n; i++) {
        if (i > 0 && IS_AMONG(form_at(words, i - 1), relatives))
            continue;
        if (IS_AMONG(form_at(words, i), silences))
            return true;
        if (is_denial(words, i) && !is_instruction(words, i) && !is_giving(words, i) &&
            (HAS_STEM(words, i + 1, i + 4, saying) || HAS_STEM(words, i + 1, i + 4, knowing)))
            return true;
    }
    return false;
}

/* Is it about what was read, or who read it? "Pages" may be any. */
static bool has_reader(const struct regret_words *words)
{
    return has_shelf(words) || HAS(words, 0, words->n, speakers) ||
           (HAS(words, 0, words->n, weak_sources) && is_speech_denied(words));
}

/* Does it say nothing but that? Where neither the sources nor a reader are named it must be about the question. */
static bool is_beyond_sources(const struct regret_words *words)
{
    static const char *const pointers[] = {"it", "such", "that", "this"};
    bool has_topic = has_reader(words) || HAS(words, 0, 2, pointers);
    size_t n_other = 0;

    if (!has_limit(words) || is_report(words, words->n))
        return false;
    for (size_t i = 0; i < words->n; i++) {
        bool is_topic = is_asked(words, i);

        has_topic = has_topic || (is_topic && words->tokens[i].weight > 0);
        n_other += words->tokens[i].weight > 0 && !is_meta(words, i) && !is_topic;
    }
    return has_topic && n_other <= OTHERS;
}

/* "If the page says nothing, ...", "Never name the customer, and give no details" */
static bool is_order(const struct regret_words *words)
{
    return IS_AMONG(form_at(words, 0), conditions) || is_form(words, 0, "never") ||
           is_form(words, 0, "don't") || (is_form(words, 0, "do") && is_form(words, 1, "not"));
}

bool regret_is_beyond_sources(const struct regret_words *words)
{
    struct regret_words clause = *words;

    if (is_order(words))
        return false;
    if ((has_reader(words) || is_speech_denied(words)) && is_beyond_sources(words))
        return true;
    for (size_t i = 0; i < words->n; i += clause.n) {
        clause.tokens = &words->tokens[i];
        clause.n = 1;
        while (i + clause.n < words->n && clause.tokens[clause.n].clause == clause.tokens[0].clause)
            clause.n++;
        if (has_reader(&clause) && is_beyond_sources(&clause) &&
            !IS_AMONG(form_at(words, i + clause.n), conditions))
            return true;
    }
    return false;
}

bool regret_is(const struct regret_words *words)
{
    return !is_order(words) &&
           (is_speaker_ignorant(words) || is_fact_missing(words) || is_source_silent(words) ||
            is_out_of_scope(words) || is_left_open(words));
}
