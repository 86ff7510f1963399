#include "server/llm/where.h"

#include "common/alloc.h"
#include "server/llm/metadata.h"

#include <string.h>

enum op {
    OP_EQ,
    OP_NE,
    OP_GT,
    OP_GTE,
    OP_LT,
    OP_LTE,
    OP_IN,
    OP_NIN,
    OP_CONTAINS,
    OP_NOT_CONTAINS,
    OP_AND,
    OP_OR,
    N_OPS
};

static const char *const op_names[N_OPS] = {"$eq",       "$ne",           "$gt",  "$gte",
                                            "$lt",       "$lte",          "$in",  "$nin",
                                            "$contains", "$not_contains", "$and", "$or"};

struct value {
    enum json_type type;
    double number; /* also a boolean, as 0 or 1 */
    char *quoted;  /* a string, as metadata holds it */
};

/* A term: $and and $or have children; a test of metadata has a key and values; one of the document a
 * needle. */
struct where {
    enum op op;
    char *quoted_key;
    char *needle;
    size_t n_values, n_children;
    struct value *values;
    struct where **children;
};

/* What a filter is about; they nest by the same rules. */
typedef int parse_leaf_fn(const struct json *member,
                          struct where *where,
                          size_t *n_terms,
                          struct tw_error *err);

static int fail_where(struct tw_error *err)
{
    return tw_fail(err, TW_INVALID, "Invalid where clause");
}

static int fail_where_document(struct tw_error *err)
{
    return tw_fail(err, TW_INVALID, "Invalid where document clause");
}

/* Recursion is bounded by JSON_DEPTH_MAX, here and below. */
void where_free(struct where *where) // NOLINT(misc-no-recursion)
{
    if (!where)
        return;
    for (size_t i = 0; i < where->n_children; i++)
        where_free(where->children[i]);
    for (size_t i = 0; i < where->n_values; i++)
        free(where->values[i].quoted);
    free(where->children);
    free(where->values);
    free(where->quoted_key);
    free(where->needle);
    free(where);
}

/* ---- Parsing ------------------------------------------------------------------------------------ */

static bool read_op(const char *name, enum op *ret_op)
{
    for (int i = 0; i < N_OPS; i++)
        if (strcmp(op_names[i], name) == 0) {
            *ret_op = (enum op)i;
            return true;
        }
    return false;
}

static int add_value(struct where *where, const struct json *json, struct tw_error *err)
{
    struct value *value = &where->values[where->n_values];
    enum json_type type = json_type(json);

    if (type != JSON_STRING && type != JSON_NUMBER && type != JSON_BOOL)
        return fail_where(err);
    value->type = type;
    value->number = type == JSON_BOOL ? json_bool(json, false) : json_number(json, 0);
    value->quoted = type == JSON_STRING ? metadata_quote_dup(json_string(json)) : NULL;
    where->n_values++;
    return type == JSON_STRING && !value->quoted ? tw_fail(err, TW_BUSY, "no memory") : 0;
}

/* One value, or for $in and $nin a list of one type. */
static int add_values(struct where *where,
                      const struct json *json,
                      size_t *n_terms,
                      struct tw_error *err)
{
    bool is_list = where->op == OP_IN || where->op == OP_NIN;
    size_t n = is_list ? json_count(json) : 1;

    *n_terms += n;
    if (n == 0 || *n_terms > WHERE_TERMS_MAX || is_list != (json_type(json) == JSON_ARRAY))
        return fail_where(err);
    where->values = xcalloc(n, sizeof(*where->values));
    if (!is_list)
        return add_value(where, json, err);
    for (const struct json *item = json_first(json); item; item = json_next(item))
        if (add_value(where, item, err) < 0 || where->values[0].type != json_type(item))
            return fail_where(err);
    return 0;
}

/* "key": value, or "key": {"$op": value}. */
static int parse_metadata_test(const struct json *member,
                               struct where *where,
                               size_t *n_terms,
                               struct tw_error *err)
{
    const struct json *value = member;

    where->op = OP_EQ;
    where->quoted_key = metadata_quote_dup(json_key(member));
    if (!where->quoted_key)
        return tw_fail(err, TW_BUSY, "no memory");
    if (json_key(member)[0] == '$')
        return fail_where(err);
    if (json_type(member) == JSON_OBJECT) {
        value = json_first(member);
        if (json_count(member) != 1 || !read_op(json_key(value), &where->op) || where->op >= OP_AND)
            return fail_where(err);
    }
    if (add_values(where, value, n_terms, err) < 0)
        return -1;
    if (where->op >= OP_GT && where->op <= OP_LTE && where->values[0].type != JSON_NUMBER)
        return fail_where(err);
    return 0;
}

/* "$contains": "text" or "$not_contains": "text". */
static int parse_document_test(const struct json *member,
                               struct where *where,
                               size_t *n_terms, // NOLINT(readability-non-const-parameter)
                               struct tw_error *err)
{
    const char *needle = json_string(member);

    (void)n_terms;
    if (strcmp(json_key(member), "$regex") == 0 || strcmp(json_key(member), "$not_regex") == 0)
        return tw_fail(err, TW_INVALID, "%s is not supported here; use $contains",
                       json_key(member));
    if (!read_op(json_key(member), &where->op) ||
        (where->op != OP_CONTAINS && where->op != OP_NOT_CONTAINS) || !needle)
        return fail_where_document(err);
    where->needle = xstrdup(needle);
    return 0;
}

/* An object with one member. */
static int parse(const struct json *json, // NOLINT(misc-no-recursion)
                 parse_leaf_fn *parse_leaf,
                 size_t *n_terms,
                 struct where **ret_where,
                 struct tw_error *err)
{
    CLEANUP(where_freep) struct where *where = xcalloc(1, sizeof(*where));
    const struct json *member = json_first(json);

    if (json_type(json) != JSON_OBJECT || json_count(json) != 1 || ++*n_terms > WHERE_TERMS_MAX)
        return fail_where(err);
    if (!read_op(json_key(member), &where->op) || where->op < OP_AND) {
        if (parse_leaf(member, where, n_terms, err) < 0)
            return -1;
    } else {
        size_t n = json_type(member) == JSON_ARRAY ? json_count(member) : 0;

        if (n == 0 || n > WHERE_TERMS_MAX)
            return fail_where(err);
        where->children = xcalloc(n, sizeof(struct where *));
        for (const struct json *child = json_first(member); child; child = json_next(child))
            if (parse(child, parse_leaf, n_terms, &where->children[where->n_children++], err) < 0)
                return -1;
    }
    *ret_where = TAKE(where);
    return 0;
}

int where_parse(const struct json *json, struct where **ret_where, struct tw_error *err)
{
    size_t n_terms = 0;

    return parse(json, parse_metadata_test, &n_terms, ret_where, err);
}

int where_parse_document(const struct json *json, struct where **ret_where, struct tw_error *err)
{
    size_t n_terms = 0;

    if (json_type(json) != JSON_OBJECT || json_count(json) != 1)
        return fail_where_document(err);
    return parse(json, parse_document_test, &n_terms, ret_where, err);
}

/* ---- Matching ----------------------------------------------------------------------------------- */

static bool is_equal(const struct value *value, struct json_scan at)
{
    struct json_span span;

    if (json_scan_type(&at) != value->type)
        return false;
    switch (value->type) {
    case JSON_NUMBER:
        return json_scan_number(&at, NULL) == value->number;
    case JSON_BOOL:
        return (*at.at == 't') == (value->number != 0);
    case JSON_STRING:
        span = json_scan_key(&at);
        return json_span_is(&span, value->quoted);
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return false;
}

static bool is_among(const struct where *where, struct json_scan at)
{
    for (size_t i = 0; i < where->n_values; i++)
        if (is_equal(&where->values[i], at))
            return true;
    return false;
}

static bool holds(struct json_scan at, const struct value *wanted)
{
    if (json_scan_type(&at) != JSON_ARRAY)
        return false;
    json_scan_enter(&at);
    while (json_scan_more(&at)) {
        if (is_equal(wanted, at))
            return true;
        (void)json_scan_skip(&at);
    }
    return false;
}

static bool compares(enum op op, struct json_scan at, double limit)
{
    double number;

    if (json_scan_type(&at) != JSON_NUMBER)
        return false;
    number = json_scan_number(&at, NULL);
    return op == OP_GT    ? number > limit
           : op == OP_GTE ? number >= limit
           : op == OP_LT  ? number < limit
                          : number <= limit;
}

static bool metadata_matches(const struct where *where, const char *metadata)
{
    struct json_scan at;
    bool is_there = metadata_find(metadata, where->quoted_key, &at);

    switch (where->op) {
    case OP_EQ:
    case OP_IN:
        return is_there && is_among(where, at);
    case OP_NE:
    case OP_NIN:
        return !(is_there && is_among(where, at));
    case OP_CONTAINS:
        return is_there && holds(at, &where->values[0]);
    case OP_NOT_CONTAINS:
        return !(is_there && holds(at, &where->values[0]));
    case OP_GT:
    case OP_GTE:
    case OP_LT:
    case OP_LTE:
        return is_there && compares(where->op, at, where->values[0].number);
    case OP_AND:
    case OP_OR:
    case N_OPS:
        break;
    }
    return false;
}

bool where_matches(const struct where *where, // NOLINT(misc-no-recursion)
                   const char *metadata,
                   const char *document)
{
    if (where->op == OP_AND || where->op == OP_OR) {
        bool is_and = where->op == OP_AND;

        for (size_t i = 0; i < where->n_children; i++)
            if (where_matches(where->children[i], metadata, document) != is_and)
                return !is_and;
        return is_and;
    }
    if (where->needle)
        return (document && strstr(document, where->needle)) == (where->op == OP_CONTAINS);
    return metadata_matches(where, metadata);
}
