#include "server/llm/abstention.h"

#include "server/llm/word_list.h"

#define OPENINGS 3 /* sentences that are looked at */
#define REACH    7 /* words from a "not" to the verb that it denies */
#define RESTATING                                                                                  \
    0.6 /* share of a sentence's content that the question holds, where it only says it again */

/* Who speaks. An answer says "we" of the company, which refuses and does not know less: "we do not give refunds". */
static const char *const speakers[] = {"i", "i'd", "i'm", "i've"};
static const char *const we[] = {"we", "we're", "we've"};

/* Stems. */
static const char *const ignorance[] = {"find", "know"};

static const char *const knowing[] = {
    "abl",  "answer", "confirm", "determin", "find",   "give", "guess", "help", "idea", "inform",
    "know", "locat",  "offer",   "pass",     "provid", "sai",  "see",   "sure", "tell"};

static const char *const sources[] = {"anywher",  "articl",   "content", "context", "doc",
                                      "document", "excerpt",  "guid",    "here",    "inform",
                                      "kb",       "knowledg", "manual",  "materi",  "page",
                                      "passag",   "section",  "sourc",   "text"};

static const char *const saying[] = {
    "address", "answer",  "appear",   "among",   "bring",    "cite",    "contain", "cover",
    "deal",    "describ", "determin", "discuss", "document", "explain", "find",    "give",
    "includ",  "indic",   "inform",   "list",    "mention",  "name",    "note",    "part",
    "present", "provid",  "publish",  "record",  "refer",    "sai",     "show",    "speak",
    "specifi", "state",   "tell",     "touch"};

static const char *const facts[] = {"answer", "articl",  "detail",    "entri", "guidanc",
                                    "hint",   "inform",  "mention",   "noth",  "passag",
                                    "refer",  "section", "statement", "thing", "word"};

static const char *const denials[] = {"cannot", "neither", "never",   "no",    "none",
                                      "not",    "nothing", "nowhere", "unable"};

/* What an instruction has and a regret has not. */
static const char *const modals[] = {"may", "must", "need", "shall", "should"};

struct words {
    const struct material *material;
    const struct material_token *tokens;
    size_t n;
};

static const char *form_at(const struct words *words, size_t i)
{
    return i < words->n ? words->tokens[i].word->form : "";
}

static const char *stem_at(const struct words *words, size_t i)
{
    return i < words->n ? words->tokens[i].word->stem : "";
}

static bool is_denial(const struct words *words, size_t i)
{
    return IS_AMONG(form_at(words, i), denials) || word_ends_in_not(form_at(words, i));
}

/* The next word in [first, end) whose stem is on the list; end: none is. */
static size_t find_stem(
    const struct words *words, size_t first, size_t end, const char *const *list, size_t n)
{
    for (size_t i = first; i < end && i < words->n; i++)
        if (word_list_has(list, n, stem_at(words, i)))
            return i;
    return end;
}

#define HAS_STEM(words, first, end, list)                                                          \
    (find_stem(words, first, end, list, COUNT_OF(list)) < (end))

/* "I could not find", "I'm unable to confirm", "I have no information". */
static bool is_speaker_ignorant(const struct words *words)
{
    for (size_t i = 0; i < words->n; i++) {
        bool is_i = IS_AMONG(form_at(words, i), speakers), is_we = IS_AMONG(form_at(words, i), we);

        for (size_t k = i + 1; (is_i || is_we) && k < i + REACH && k < words->n; k++)
            if (is_denial(words, k) && (is_i ? HAS_STEM(words, k + 1, k + REACH, knowing)
                                             : HAS_STEM(words, k + 1, k + REACH, ignorance)))
                return true;
    }
    return false;
}

static bool is_form(const struct words *words, size_t i, const char *form)
{
    return strcmp(form_at(words, i), form) == 0;
}

/* "there is no", "there's nothing", "our pages have no": is what stands at i missing, and not only absent? */
static bool is_missing_there(const struct words *words, size_t i)
{
    static const char *const having[] = {"contain", "contains", "find", "found", "has", "have"};

    if (i > 0 && is_form(words, i - 1, "there's"))
        return true;
    if (i > 1 && is_form(words, i - 2, "there"))
        return true;
    return i > 0 && IS_AMONG(form_at(words, i - 1), having) &&
           (HAS_STEM(words, 0, i, sources) || HAS_STEM(words, 0, i, speakers));
}

/* "There is no passage on that", "no information", "nothing was found", "no idea", "not found". */
static bool is_fact_missing(const struct words *words)
{
    static const char *const about[] = {"about", "here", "in", "on"};

    for (size_t i = 0; i < words->n; i++) {
        bool is_no = is_form(words, i, "no") || (is_form(words, i, "not"));

        if (is_no && is_missing_there(words, i) && HAS_STEM(words, i + 1, i + 4, facts))
            return true;
        if (is_form(words, i, "nothing") &&
            (is_form(words, i + 1, "found") || is_form(words, i + 2, "found") ||
             (is_missing_there(words, i) && IS_AMONG(form_at(words, i + 1), about))))
            return true;
        if (is_no && i < 2 && (is_form(words, i + 1, "idea") || is_form(words, i + 1, "found")))
            return true;
    }
    return false;
}

/* "must not", "do not" at the head of the sentence, "never". */
static bool is_instruction(const struct words *words, size_t denial)
{
    if (strcmp(form_at(words, denial), "never") == 0 ||
        strcmp(form_at(words, denial), "don't") == 0)
        return denial == 0;
    return denial > 0 && (IS_AMONG(form_at(words, denial - 1), modals) ||
                          (denial == 1 && strcmp(form_at(words, 0), "do") == 0));
}

/* "The articles do not mention", "isn't covered by the documentation", "no section says", "nothing here tells". */
static bool is_source_silent(const struct words *words)
{
    if (!HAS_STEM(words, 0, words->n, sources))
        return false;
    for (size_t i = 0; i < words->n; i++) {
        if (is_denial(words, i) && !is_instruction(words, i) &&
            HAS_STEM(words, i + 1, i + REACH, saying))
            return true;
        /* "says nothing", "stays silent", "beyond what it covers", "outside the scope" */
        if (i > 0 && strcmp(form_at(words, i), "nothing") == 0 && HAS_STEM(words, i - 1, i, saying))
            return true;
    }
    return false;
}

static bool is_out_of_scope(const struct words *words)
{
    static const char *const outside[] = {"beyond", "outside"};
    static const char *const about[] = {"about", "on"};
    static const char *const scopes[] = {"cover", "describ", "determin", "know", "scope"};

    for (size_t i = 0; i < words->n; i++) {
        if (IS_AMONG(form_at(words, i), outside) && HAS_STEM(words, i + 1, i + REACH, scopes))
            return true;
        if (strcmp(form_at(words, i), "left") == 0 && strcmp(form_at(words, i + 1), "open") == 0)
            return true;
        if (strcmp(form_at(words, i), "silent") == 0 && IS_AMONG(form_at(words, i + 1), about))
            return true;
    }
    return false;
}

static bool is_regret(const struct words *words)
{
    return is_speaker_ignorant(words) || is_fact_missing(words) || is_source_silent(words) ||
           is_out_of_scope(words);
}

/* Does the sentence only say the question again, or greet? */
static bool is_restating(const struct words *words)
{
    const struct material *material = words->material;
    double sum = 0, held = 0;

    for (size_t i = 0; i < words->n; i++) {
        bool is_asked = false;

        for (size_t k = 0; k < material->n_evidence_tokens && !is_asked; k++)
            is_asked =
                material->tokens[k].stem == words->tokens[i].stem &&
                material->sentences[material->tokens[k].sentence].passage == MATERIAL_QUESTION;
        sum += words->tokens[i].weight;
        held += is_asked ? words->tokens[i].weight : 0;
    }
    return held >= RESTATING * sum;
}

bool abstention_is(const struct material *material, const char *answer)
{
    size_t first = material->n_evidence;

    for (size_t s = first; s < material->n_sentences && s < first + OPENINGS; s++) {
        const struct material_sentence *sentence = &material->sentences[s];
        struct words words = {material, &material->tokens[sentence->first], sentence->n_tokens};

        if (is_regret(&words))
            return true;
        if (answer[sentence->end - 1] != '?' && !is_restating(&words))
            return false;
    }
    return false;
}
