#include "tui/text/labels.h"

#include "common/alloc.h"
#include "common/json.h"
#include "tui/text/server_text.h"

#include <string.h>

int labels_read(const struct json *object, struct labels *ret_labels, struct tw_error *err)
{
    struct labels labels = {0};

    if (json_type(object) != JSON_OBJECT)
        return tw_fail(err, TW_INVALID, "labels are not an object");
    if (json_count(object) > LABELS_MAX)
        return tw_fail(err, TW_INVALID, "over %d labels", LABELS_MAX);
    labels.at = xcalloc(json_count(object), sizeof(*labels.at));
    for (const struct json *item = json_first(object); item; item = json_next(item)) {
        if (!json_string(item)) {
            labels_finish(&labels);
            return tw_fail(err, TW_INVALID, "a label is not a string");
        }
        labels.at[labels.n].name = server_text_dup(json_key(item));
        labels.at[labels.n].value = server_text_dup(json_string(item));
        labels.is_altered = labels.is_altered ||
                            strcmp(labels.at[labels.n].name, json_key(item)) != 0 ||
                            strcmp(labels.at[labels.n].value, json_string(item)) != 0;
        labels.n++;
    }
    *ret_labels = labels;
    return 0;
}

struct labels labels_copy(const struct labels *labels)
{
    struct labels copy = {labels->n, xcalloc(labels->n, sizeof(*copy.at)), labels->is_altered};

    for (size_t i = 0; i < labels->n; i++)
        copy.at[i] = (struct label){xstrdup(labels->at[i].name), xstrdup(labels->at[i].value)};
    return copy;
}

void labels_finish(struct labels *labels)
{
    for (size_t i = 0; i < labels->n; i++) {
        free(labels->at[i].name);
        free(labels->at[i].value);
    }
    free(labels->at);
    *labels = (struct labels){0};
}

const char *labels_get(const struct labels *labels, const char *name)
{
    for (size_t i = 0; i < labels->n; i++)
        if (strcmp(labels->at[i].name, name) == 0)
            return labels->at[i].value;
    return "";
}

bool labels_include(const struct labels *whole, const struct labels *part)
{
    for (size_t i = 0; i < part->n; i++)
        if (strcmp(labels_get(whole, part->at[i].name), part->at[i].value) != 0)
            return false;
    return true;
}

/* FNV-1a, with the final NUL. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    do
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    while (*text++);
    return hash;
}

uint64_t label_hash(uint64_t hash, const struct label *label)
{
    return hash_text(hash_text(hash, label->name), label->value);
}
