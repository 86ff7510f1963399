#include "server/llm/negation.h"

#include "common/cleanup.h"
#include "server/llm/thesaurus.h"
#include "server/llm/word_list.h"

#include <string.h>

#define REACH 8 /* words from a "not" to what it denies, at most */

static const char *const cues[] = {"cannot",  "cant",    "dont",    "doesnt", "didnt", "isnt",
                                   "neither", "never",   "no",      "nobody", "none",  "nor",
                                   "not",     "nothing", "without", "wont"};

/* What turns a "no" or "not" into a limit: "not only". */
static const char *const limits[] = {"even", "just", "later", "merely", "only"};

/* "do not forget" asks for it. */
static const char *const undone[] = {"fail", "forget", "hesitate", "miss", "worry"};

/* What makes a clause a condition or a description: what it denies is not the statement. */
static const char *const subordinators[] = {
    "although", "because", "how",   "if",      "once",  "since", "that", "though", "unless",
    "what",     "when",    "where", "whether", "which", "while", "who",  "whose"};

static const char *const particles[] = {"away", "from", "off", "out"};
static const char *const keepers[] = {"keep",   "keeps", "kept", "leave",
                                      "leaves", "left",  "stay", "stays"};

/* Words that a negation passes over on its way to the predicate, besides stop words. */
static const char *const adverbs[] = {"actually", "automatically", "currently", "directly", "ever",
                                      "longer",   "normally",      "otherwise", "usually",  "yet"};

static const char *const needs[] = {"necessary", "needed", "required"};

/* What stands for a thing named before; "without one" denies nothing further. */
static const char *const pronouns[] = {"it", "one", "them"};

/* Verbs that hand the negation on to the next: "do not let anybody use". */
static const char *const helpers[] = {"able", "allow",     "allowed",  "expected", "have", "let",
                                      "need", "permitted", "required", "supposed", "try"};

struct scope {
    struct material *material;
    struct material_token *tokens;
    size_t n;
};

static const char *form_at(const struct scope *scope, size_t i)
{
    return i < scope->n ? scope->tokens[i].word->form : "";
}

/* "more", "further" and the like, but "no other than" is no comparison. */
static bool is_comparative(const char *form)
{
    static const char *const others[] = {"less", "more"};
    size_t len = strlen(form);

    return IS_AMONG(form, others) || (len > 4 && strcmp(form + len - 2, "er") == 0 &&
                                      strcmp(form, "other") != 0 && strcmp(form, "rather") != 0);
}

/* "no later than", "not more than", "no further than", "not only"; "no longer" alone denies. */
static bool is_comparison(const struct scope *scope, size_t i)
{
    const char *next = form_at(scope, i + 1);

    return IS_AMONG(next, limits) ||
           (is_comparative(next) && strcmp(form_at(scope, i + 2), "than") == 0);
}

static bool is_negator(const struct scope *scope, size_t i)
{
    return IS_AMONG(form_at(scope, i), cues) || word_ends_in_not(form_at(scope, i));
}

/* "at no cost", "at no extra charge" */
static bool is_for_free(const struct scope *scope, size_t i)
{
    static const char *const prices[] = {"charge", "cost", "expense"};

    return i > 0 && strcmp(form_at(scope, i - 1), "at") == 0 &&
           (IS_AMONG(form_at(scope, i + 1), prices) || IS_AMONG(form_at(scope, i + 2), prices));
}

static bool is_cue(const struct scope *scope, size_t i)
{
    const char *form = form_at(scope, i);

    if (!is_negator(scope, i))
        return false;
    /* "whether or not" */
    if (strcmp(form, "not") == 0 && i > 0 && strcmp(form_at(scope, i - 1), "or") == 0)
        return false;
    /* "No, it stays." */
    if (strcmp(form, "no") == 0 &&
        (i + 1 >= scope->n || scope->tokens[i + 1].clause != scope->tokens[i].clause))
        return false;
    return !is_comparison(scope, i) && !is_for_free(scope, i) &&
           !IS_AMONG(form_at(scope, i + 1), undone);
}

/* Is the cue at i in the main clause? */
static bool is_main(const struct scope *scope, size_t i)
{
    unsigned clause = scope->tokens[i].clause;

    while (i > 0 && scope->tokens[i - 1].clause == clause)
        if (IS_AMONG(form_at(scope, --i), subordinators))
            return false;
    return true;
}

static bool is_passed_over(const struct scope *scope, size_t i)
{
    return (scope->tokens[i].word->flags & WORD_STOP) || IS_AMONG(form_at(scope, i), adverbs);
}

static void mark(const struct scope *scope, size_t i, size_t cue)
{
    scope->tokens[i].is_negated = true;
    scope->tokens[i].is_conditional = !is_main(scope, cue);
    scope->tokens[i].is_lacking = strcmp(form_at(scope, cue), "without") == 0;
}

/* Marks the next word from i on, in the clause of the cue, that can be denied; where it is, or n. */
static size_t deny_next(const struct scope *scope, size_t i, size_t cue)
{
    unsigned clause = scope->tokens[cue].clause;

    for (size_t end = i + REACH; i < end && i < scope->n && scope->tokens[i].clause == clause;
         i++) {
        if (scope->tokens[i].is_cue || IS_AMONG(form_at(scope, i), pronouns))
            break;
        if (is_passed_over(scope, i))
            continue;
        mark(scope, i, cue);
        return i;
    }
    return scope->n;
}

/* "Never open it without gloves" asks for gloves: is there another cue before the "without" at i? */
static bool is_double(const struct scope *scope, size_t i)
{
    unsigned clause = scope->tokens[i].clause;

    if (strcmp(form_at(scope, i), "without") != 0)
        return false;
    while (i > 0 && scope->tokens[i - 1].clause == clause)
        if (scope->tokens[--i].is_cue)
            return true;
    return false;
}

/* "A password is not needed" denies the password. */
static void deny_subject(const struct scope *scope, size_t cue)
{
    unsigned clause = scope->tokens[cue].clause;

    for (size_t i = cue; i > 0 && scope->tokens[i - 1].clause == clause; i--) {
        if (is_passed_over(scope, i - 1))
            continue;
        mark(scope, i - 1, cue);
        return;
    }
}

/* "Do not leave it open" denies the "open". */
static void deny_state(const struct scope *scope, size_t verb, size_t cue)
{
    unsigned clause = scope->tokens[cue].clause;

    for (size_t i = verb + 1; i < scope->n && scope->tokens[i].clause == clause; i++) {
        const struct thesaurus_entry *known = scope->material->stem[scope->tokens[i].stem].known;

        if (known && known->n_sides > 0)
            mark(scope, i, cue);
    }
}

/* The predicate of the cue, and what shares its fate: behind a helper, behind "or", and after "no" the verb of the
 * clause. */
static void deny(const struct scope *scope, size_t cue)
{
    unsigned clause = scope->tokens[cue].clause;
    size_t at = deny_next(scope, cue + 1, cue);

    if (at == scope->n)
        return;
    if (IS_AMONG(form_at(scope, at), keepers))
        deny_state(scope, at, cue);
    if (IS_AMONG(form_at(scope, at), needs))
        deny_subject(scope, cue);
    if (strcmp(form_at(scope, cue), "no") == 0 || IS_AMONG(form_at(scope, at), helpers))
        (void)deny_next(scope, at + 1, cue);
    for (; at < scope->n && scope->tokens[at].clause == clause; at++)
        if (strcmp(form_at(scope, at), "or") == 0 || strcmp(form_at(scope, at), "nor") == 0)
            (void)deny_next(scope, at + 1, cue);
}

/* "off limits", "out of bounds", "out of the question", "keep names out", "leave it off the charger". */
static bool is_kept_away(const struct scope *scope, size_t i)
{
    unsigned clause = scope->tokens[i].clause;

    if (!IS_AMONG(form_at(scope, i), particles))
        return false;
    if (strcmp(form_at(scope, i + 1), "limits") == 0 ||
        (strcmp(form_at(scope, i + 1), "of") == 0 &&
         (strcmp(form_at(scope, i + 2), "bounds") == 0 ||
          strcmp(form_at(scope, i + 3), "question") == 0)))
        return true;
    while (i > 0 && scope->tokens[i - 1].clause == clause)
        if (IS_AMONG(form_at(scope, --i), keepers))
            return true;
    return false;
}

static bool denies_by_itself(const struct scope *scope, size_t i)
{
    const struct thesaurus_entry *known = scope->material->stem[scope->tokens[i].stem].known;

    return (known && known->is_negative) || is_kept_away(scope, i);
}

void negation_mark(struct material *material, const struct material_sentence *sentence)
{
    struct scope scope = {material, &material->tokens[sentence->first], sentence->n_tokens};

    for (size_t i = 0; i < scope.n; i++) {
        scope.tokens[i].is_cue = is_cue(&scope, i);
        scope.tokens[i].is_main_cue = scope.tokens[i].is_cue && is_main(&scope, i) &&
                                      strcmp(form_at(&scope, i), "without") != 0;
        scope.tokens[i].is_denying = scope.tokens[i].is_cue || denies_by_itself(&scope, i);
    }
    for (size_t i = 0; i < scope.n; i++)
        if (scope.tokens[i].is_cue && !is_double(&scope, i))
            deny(&scope, i);
}
