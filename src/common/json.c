#include "common/json.h"

#include "common/json_check.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

/* struct json is cJSON under another name: the cast keeps the library out of every other file. */
static const cJSON *node(const struct json *value)
{
    return (const cJSON *)(const void *)value;
}

static const struct json *value_of(const cJSON *item)
{
    return (const struct json *)(const void *)item;
}

static int check_object(const cJSON *object, struct tw_error *err)
{
    size_t n_keys = 0;

    for (const cJSON *a = object->child; a; a = a->next) {
        if (++n_keys > JSON_KEYS_MAX)
            return tw_fail(err, TW_INVALID, "an object has over %d keys", JSON_KEYS_MAX);
        for (const cJSON *b = a->next; b; b = b->next)
            if (strcmp(a->string, b->string) == 0)
                return tw_fail(err, TW_INVALID, "the key '%.64s' stands twice", a->string);
    }
    return 0;
}

/* Recursion is bounded by JSON_DEPTH_MAX, which json_check has enforced. */
static int check_values(const cJSON *item, struct tw_error *err) // NOLINT(misc-no-recursion)
{
    if (cJSON_IsNumber(item) && !isfinite(item->valuedouble))
        return tw_fail(err, TW_INVALID, "a number is too large");
    if (cJSON_IsObject(item) && check_object(item, err) < 0)
        return -1;
    for (const cJSON *child = item->child; child; child = child->next)
        if (check_values(child, err) < 0)
            return -1;
    return 0;
}

int json_parse(const char *text, size_t len, struct json **ret_json, struct tw_error *err)
{
    cJSON *root;

    if (json_check(text, len, JSON_DEPTH_MAX, err) < 0)
        return -1;
    root = cJSON_ParseWithLength(text, len);
    if (!root)
        return tw_fail(err, TW_BUSY, "no memory for the JSON"); /* json_check has seen the rest */
    if (check_values(root, err) < 0) {
        cJSON_Delete(root);
        return -1;
    }
    *ret_json = (struct json *)(void *)root;
    return 0;
}

void json_free(struct json *json)
{
    cJSON_Delete((cJSON *)(void *)json);
}

enum json_type json_type(const struct json *value)
{
    const cJSON *item = node(value);

    if (cJSON_IsBool(item))
        return JSON_BOOL;
    if (cJSON_IsNumber(item))
        return JSON_NUMBER;
    if (cJSON_IsString(item))
        return JSON_STRING;
    if (cJSON_IsArray(item))
        return JSON_ARRAY;
    if (cJSON_IsObject(item))
        return JSON_OBJECT;
    return JSON_NULL;
}

const char *json_type_name(enum json_type type)
{
    static const char *const names[] = {"null", "boolean", "number", "string", "array", "object"};

    return names[type];
}

const struct json *json_get(const struct json *object, const char *key)
{
    return value_of(cJSON_GetObjectItemCaseSensitive(node(object), key));
}

const struct json *json_first(const struct json *container)
{
    return container ? value_of(node(container)->child) : NULL;
}

const struct json *json_next(const struct json *value)
{
    return value ? value_of(node(value)->next) : NULL;
}

const char *json_key(const struct json *value)
{
    return value ? node(value)->string : NULL;
}

size_t json_count(const struct json *container)
{
    size_t count = 0;

    for (const struct json *v = json_first(container); v; v = json_next(v))
        count++;
    return count;
}

const char *json_string(const struct json *value)
{
    return cJSON_IsString(node(value)) ? node(value)->valuestring : NULL;
}

double json_number(const struct json *value, double otherwise)
{
    return cJSON_IsNumber(node(value)) ? node(value)->valuedouble : otherwise;
}

bool json_bool(const struct json *value, bool otherwise)
{
    return cJSON_IsBool(node(value)) ? cJSON_IsTrue(node(value)) : otherwise;
}
