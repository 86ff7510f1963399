#include "server/llm/operators.h"

#include "server/llm/word_list.h"

#include <stdlib.h>
#include <string.h>

#define DENY   OPERATOR_DENY
#define LIMIT  OPERATOR_LIMIT
#define EXTEND OPERATOR_EXTEND
#define ALL    OPERATOR_ALL
#define BEFORE OPERATOR_BEFORE
#define AFTER  OPERATOR_AFTER
#define MORE   OPERATOR_MORE
#define LESS   OPERATOR_LESS
#define MUST   OPERATOR_MUST
#define MAY    OPERATOR_MAY
#define SOME   OPERATOR_SOME

/* What a word is by itself, and what it may stand for where a statement has it ("when" for "after"). */
struct known {
    const char *form;
    unsigned says, passes;
};

/* clang-format off */
static const struct known words[] = { /* keep sorted by bytes */
    {"able", MAY, 0}, {"above", MORE, 0}, {"acceptable", MAY, 0}, {"additionally", EXTEND, 0},
    {"advance", BEFORE, 0}, {"after", AFTER, 0}, {"afterwards", AFTER, 0}, {"ahead", BEFORE, 0},
    {"all", ALL, 0}, {"allow", MAY, 0}, {"allowed", MAY, 0}, {"allows", MAY, 0},
    {"alone", LIMIT, 0}, {"alongside", EXTEND, 0}, {"also", EXTEND, 0}, {"always", ALL, MUST},
    {"any", ALL, 0}, {"anybody", ALL, 0}, {"anymore", AFTER, 0}, {"anyone", ALL, 0}, {"anything", ALL, 0},
    {"anyway", EXTEND, 0}, {"before", BEFORE, 0}, {"beforehand", BEFORE, 0}, {"below", LESS, 0},
    {"beyond", 0, MORE | DENY}, {"both", ALL, EXTEND}, {"can", MAY, 0}, {"compulsory", MUST, 0},
    {"constantly", ALL, 0}, {"could", MAY, 0}, {"demand", MUST, 0}, {"demands", MUST, 0},
    {"despite", EXTEND, 0}, {"each", ALL, 0}, {"earlier", BEFORE, 0}, {"earliest", AFTER, 0},
    {"either", 0, ALL | EXTEND}, {"enough", MAY, 0}, {"entire", ALL, 0}, {"even", EXTEND, 0},
    {"ever", 0, ALL}, {"every", ALL, 0}, {"everybody", ALL, 0}, {"everyone", ALL, 0},
    {"everything", ALL, 0}, {"exceed", MORE, 0}, {"exceeding", MORE, 0}, {"exceeds", MORE, 0},
    {"except", LIMIT, DENY}, {"exclusively", LIMIT, 0}, {"few", SOME, DENY}, {"fewer", LESS, 0},
    {"finally", AFTER, 0}, {"fine", MAY, 0}, {"first", BEFORE, 0}, {"following", AFTER, 0},
    {"has", 0, MUST}, {"have", 0, MUST}, {"if", 0, LIMIT}, {"including", EXTEND, 0},
    {"insist", MUST, 0}, {"insists", MUST, 0}, {"just", 0, LIMIT}, {"last", AFTER, 0},
    {"later", AFTER, 0}, {"latest", LESS | BEFORE, 0}, {"less", LESS, 0}, {"let", MAY, 0},
    {"lets", MAY, 0}, {"likewise", EXTEND, 0}, {"limit", LESS, 0}, {"longer", MORE, 0},
    {"mandatory", MUST, 0}, {"maximum", LESS, 0}, {"may", MAY, 0}, {"merely", LIMIT, 0},
    {"might", MAY, 0}, {"minimum", MORE, 0}, {"more", MORE, 0}, {"must", MUST, 0},
    {"necessary", MUST, 0}, {"need", MUST, 0}, {"needed", MUST, 0}, {"needs", MUST, 0},
    {"next", AFTER, 0}, {"obligatory", MUST, 0}, {"occasionally", SOME, 0}, {"ok", MAY, 0},
    {"okay", MAY, 0}, {"once", 0, AFTER}, {"only", LIMIT, DENY}, {"optional", MAY, DENY},
    {"outlast", MORE, 0}, {"outlasts", MORE, 0}, {"over", 0, MORE}, {"partially", SOME, 0},
    {"partly", SOME, 0}, {"permissible", MAY, 0}, {"permit", MAY, 0}, {"permits", MAY, 0},
    {"permitted", MAY, 0}, {"possible", MAY, 0}, {"previously", BEFORE, 0}, {"prior", BEFORE, 0},
    {"purely", LIMIT, 0}, {"regardless", EXTEND, 0}, {"require", MUST, 0}, {"required", MUST, 0},
    {"requires", MUST, 0}, {"shorter", LESS, 0}, {"should", MUST, 0}, {"since", 0, AFTER},
    {"solely", LIMIT, 0}, {"some", SOME, 0}, {"sometimes", SOME, 0}, {"sooner", BEFORE, LESS},
    {"subsequently", AFTER, 0}, {"surpass", MORE, 0}, {"surpasses", MORE, 0}, {"then", 0, AFTER},
    {"throughout", ALL, 0}, {"till", BEFORE, LIMIT}, {"too", EXTEND, 0}, {"under", 0, LESS},
    {"unless", LIMIT, DENY}, {"until", BEFORE, LIMIT}, {"voluntary", MAY, DENY},
    {"welcome", MAY, 0}, {"whatever", ALL, 0}, {"when", 0, AFTER}, {"whenever", ALL, AFTER},
    {"wherever", ALL, 0}, {"while", 0, EXTEND}, {"whoever", ALL, 0}, {"whole", ALL, 0},
    {"within", 0, LESS | BEFORE},
};
/* clang-format on */

/* Absence and loss: these deny as "not" does, but are no reason to look for what is denied. */
static const char *const losses[] = {
    "abandoned", "absent",   "against",   "away",      "back",      "barred",    "beyond",
    "breach",    "breaches", "break",     "breaks",    "broken",    "cancelled", "cease",
    "ceases",    "closed",   "cost-free", "dead",      "denied",    "disabled",  "disallowed",
    "dropped",   "empty",    "ended",     "expire",    "expired",   "expires",   "forfeit",
    "forfeited", "free",     "frozen",    "gone",      "halt",      "halted",    "halts",
    "hidden",    "idle",     "ignore",    "ignored",   "ignores",   "inactive",  "ineffective",
    "invisible", "lacking",  "lapse",     "lapsed",    "lapses",    "limits",    "locked",
    "lose",      "loses",    "lost",      "missing",   "mute",      "muted",     "nil",
    "off",       "omit",     "omits",     "omitted",   "optional",  "out",       "outside",
    "pause",     "paused",   "pauses",    "pointless", "postponed", "quit",      "removed",
    "rest",      "rests",    "revoked",   "shut",      "silent",    "skip",      "skipped",
    "skips",     "spare",    "spared",    "stops",     "suspend",   "suspended", "terminated",
    "useless",   "vanish",   "vanishes",  "violate",   "violates",  "violation", "void",
    "voluntary", "waived",   "withdrawn", "withheld",  "wrong",     "zero"};

static const char *const places[] = {"beyond", "outside"};

#define MODAL_REACH 6 /* words from a denial to a modal of its */
#define YET_REACH   4 /* and to a "yet" */

struct scope {
    struct material_token *tokens;
    size_t n;
};

static const char *form_at(const struct scope *scope, size_t i)
{
    return i < scope->n ? scope->tokens[i].word->form : "";
}

static bool is_form(const struct scope *scope, size_t i, const char *form)
{
    return strcmp(form_at(scope, i), form) == 0;
}

static int compare(const void *form, const void *entry)
{
    return word_list_compare(form, ((const struct known *)entry)->form);
}

unsigned operators_opposites(unsigned operators)
{
    static const struct {
        unsigned one, other;
    } pairs[] = {{DENY, ALL | MUST | MAY | EXTEND},
                 {LIMIT, EXTEND | ALL | MORE},
                 {BEFORE, AFTER},
                 {MORE, LESS},
                 {MUST, MAY},
                 {ALL, SOME}};

    unsigned result = 0;

    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        result |= operators & pairs[i].one ? pairs[i].other : 0;
        result |= operators & pairs[i].other ? pairs[i].one : 0;
    }
    return result;
}

/* "unlisted", "untouched" */
static bool is_undone(const char *form)
{
    static const char *const others[] = {"under", "uni", "unless", "until", "unto"};

    if (strncmp(form, "un", 2) != 0 || strlen(form) < 6)
        return false;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (strncmp(form, others[i], strlen(others[i])) == 0)
            return false;
    return true;
}

/* What words say only together. */
static void mark_phrase(const struct scope *scope, size_t i)
{
    static const struct {
        const char *first, *second;
        size_t at; /* 0: it is the first that says so */
        unsigned says, passes;
    } phrases[] = {{"at", "least", 1, MORE, 0},    {"at", "most", 1, 0, LESS},
                   {"up", "to", 0, 0, LESS},       {"has", "to", 0, MUST, 0},
                   {"have", "to", 0, MUST, 0},     {"as", "well", 1, EXTEND, 0},
                   {"further", "than", 0, MORE, 0}};

    for (size_t k = 0; k < COUNT_OF(phrases); k++) {
        size_t first = i - phrases[k].at;

        if (i < phrases[k].at || !is_form(scope, first, phrases[k].first) ||
            !is_form(scope, first + 1, phrases[k].second))
            continue;
        scope->tokens[i].says = phrases[k].says;
        scope->tokens[i].passes = phrases[k].passes;
    }
}

static void mark_word(const struct scope *scope, size_t i)
{
    struct material_token *token = &scope->tokens[i];
    const struct known *known =
        bsearch(form_at(scope, i), words, COUNT_OF(words), sizeof(*words), compare);

    token->says = known ? known->says : 0;
    token->passes = known ? known->passes : 0;
    if (token->is_denying && !(token->says & LIMIT) && !IS_AMONG(form_at(scope, i), places))
        token->says |= DENY;
    else if (IS_AMONG(form_at(scope, i), losses) || is_undone(form_at(scope, i)))
        token->passes |= DENY;
    mark_phrase(scope, i);
}

static bool is_not(const char *form)
{
    static const char *const nots[] = {"no", "not"};

    return IS_AMONG(form, nots);
}

/* "no later than", "not only", "not until": the denial and what it turns are one. */
static void turn(const struct scope *scope, size_t i)
{
    struct material_token *next = &scope->tokens[i + 1];

    if (next->says & (BEFORE | AFTER))
        next->says ^= BEFORE | AFTER;
    if (next->says & (MORE | LESS))
        next->says ^= MORE | LESS;
    if (next->says & LIMIT)
        next->says = EXTEND;
    scope->tokens[i].says &= ~(unsigned)DENY;
}

/* "Nobody ... more than": at most that. */
static void turn_comparison(const struct scope *scope, size_t i)
{
    for (size_t k = i + 1; k + 1 < scope->n && scope->tokens[k].clause == scope->tokens[i].clause;
         k++)
        if ((scope->tokens[k].says & (MORE | LESS)) && strcmp(form_at(scope, k + 1), "than") == 0) {
            scope->tokens[k].says ^= MORE | LESS;
            scope->tokens[i].says &= ~(unsigned)DENY;
            scope->tokens[i].passes |= DENY;
        }
}

/* "not without", "never unless", "nobody but": the two are an "only". */
static void limit(const struct scope *scope, size_t i)
{
    static const char *const bounds[] = {"but",   "except", "other",  "till",
                                         "until", "unless", "without"};

    for (size_t k = i + 1; k < scope->n; k++) {
        if (scope->tokens[k].clause > scope->tokens[i].clause + 1)
            return;
        if (!IS_AMONG(form_at(scope, k), bounds) ||
            (strcmp(form_at(scope, k), "but") == 0 && k > i + 2))
            continue;
        scope->tokens[i].says = (scope->tokens[i].says & ~(unsigned)DENY) | LIMIT;
        scope->tokens[i].passes |= DENY | MUST;
        scope->tokens[k].says = 0;
        scope->tokens[k].passes = LIMIT | DENY;
        return;
    }
}

/* "Nobody needs", "not allowed", "only ... may": the modal is the denial's. */
static void yield_modals(const struct scope *scope, size_t i)
{
    for (size_t k = i + 1; k < scope->n && k <= i + MODAL_REACH; k++) {
        struct material_token *token = &scope->tokens[k];

        if (token->clause != scope->tokens[i].clause)
            return;
        if (token->says & (MUST | MAY)) {
            token->says &= ~(unsigned)(MUST | MAY);
            token->passes |= DENY | MUST | MAY;
        }
    }
}

/* "No longer" is after an end, "not yet" before a beginning. */
static void mark_state(const struct scope *scope, size_t i)
{
    if (is_not(form_at(scope, i)) && is_form(scope, i + 1, "longer") &&
        !is_form(scope, i + 2, "than"))
        scope->tokens[i + 1].says = AFTER;
    for (size_t k = i + 1; k < scope->n && k <= i + YET_REACH; k++)
        if (scope->tokens[i].is_cue && is_form(scope, k, "yet") &&
            scope->tokens[k].clause == scope->tokens[i].clause)
            scope->tokens[k].says = BEFORE;
}

static bool is_turning(const struct scope *scope, size_t i)
{
    return is_not(form_at(scope, i)) && !is_form(scope, i + 1, "longer") &&
           (scope->tokens[i + 1].says & (BEFORE | AFTER | MORE | LESS | LIMIT));
}

void operators_mark(struct material *material, const struct material_sentence *sentence)
{
    const struct scope scope = {&material->tokens[sentence->first], sentence->n_tokens};

    for (size_t i = 0; i < scope.n; i++)
        mark_word(&scope, i);
    for (size_t i = 0; i + 1 < scope.n; i++) {
        if (is_turning(&scope, i)) {
            turn(&scope, i);
        } else if (scope.tokens[i].is_cue) {
            limit(&scope, i);
            turn_comparison(&scope, i);
        }
        mark_state(&scope, i);
    }
    for (size_t i = 0; i < scope.n; i++)
        if (scope.tokens[i].is_cue || (scope.tokens[i].says & LIMIT))
            yield_modals(&scope, i);
}
