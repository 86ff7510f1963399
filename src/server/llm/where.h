#ifndef TW_WHERE_H
#define TW_WHERE_H

/* The filters of a vector query, as Chroma writes them: over metadata ({"k": v}, {"k": {"$gt": 1}}, $eq $ne
 * $gt $gte $lt $lte $in $nin $contains $not_contains, {"$and": [...]}, {"$or": [...]}) and over the document
 * ({"$contains": "text"}, $not_contains, $and, $or). A record without the key matches $ne, $nin and
 * $not_contains only. Pure; a parsed filter is constant and may be used by any thread. */

#include "common/error.h"
#include "common/json.h"

#include <stdbool.h>

#define WHERE_TERMS_MAX 4096 /* operators and values of one filter */

struct where;

/* TW_INVALID for what is no such filter. */
int where_parse(const struct json *json, struct where **ret_where, struct tw_error *err) MUST_CHECK;
int where_parse_document(const struct json *json,
                         struct where **ret_where,
                         struct tw_error *err) MUST_CHECK;
void where_free(struct where *where); /* NULL is fine */
DEFINE_CLEANUP(struct where *, where_free);

/* metadata in the form of metadata.h, or NULL for none, like the document. */
bool where_matches(const struct where *where, const char *metadata, const char *document);

#endif
