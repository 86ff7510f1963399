#include "server/llm/metadata.h"

#include "common/json_write.h"

#include <math.h>
#include <string.h>

/* A string at the cursor in the form that json_write_string gives it. */
static void copy_string(struct json_scan *scan, struct json_writer *w)
{
    struct buffer plain;

    buffer_init(&plain, METADATA_BYTES_MAX);
    json_scan_string(scan, &plain);
    w->out->failed |= plain.failed;
    w->out->starved |= plain.starved;
    json_write_text(w, NULL, buffer_text(&plain), plain.len);
    buffer_finish(&plain);
}

/* Anything but an array or object; numbers stay as they are written. */
static int copy_scalar(struct json_scan *scan, struct json_writer *w, struct tw_error *err)
{
    struct json_scan number = *scan;
    struct json_span span;

    switch (json_scan_type(scan)) {
    case JSON_STRING:
        copy_string(scan, w);
        return 0;
    case JSON_NUMBER:
        if (!isfinite(json_scan_number(&number, NULL)))
            return tw_fail(err, TW_INVALID, "a number is too large");
        break;
    case JSON_NULL:
    case JSON_BOOL:
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        return tw_fail(err, TW_INVALID, "a value must be a string, a number, a boolean or null");
    }
    span = json_scan_skip(scan);
    json_write_raw(w, NULL, span.at, span.len);
    return 0;
}

/* Values of one type, and some. */
static int copy_array(struct json_scan *scan, struct json_writer *w, struct tw_error *err)
{
    enum json_type first = JSON_NULL;

    json_write_array(w, NULL);
    json_scan_enter(scan);
    while (json_scan_more(scan)) {
        enum json_type type = json_scan_type(scan);

        if (first == JSON_NULL)
            first = type;
        if (type == JSON_NULL || type != first)
            return tw_fail(err, TW_INVALID, "an array must hold values of one type");
        if (copy_scalar(scan, w, err) < 0)
            return -1;
    }
    json_write_array_end(w);
    return first == JSON_NULL ? tw_fail(err, TW_INVALID, "an array must not be empty") : 0;
}

/* Is the key, which starts at key, among those that were written after start? */
static bool is_known_key(const struct buffer *out, size_t start, const struct json_span *key)
{
    struct json_scan scan = {buffer_text(out) + start};

    json_scan_enter(&scan);
    while (scan.at < key->at - 1 && json_scan_more(&scan)) {
        struct json_span other = json_scan_key(&scan);

        if (other.at != key->at && other.len == key->len &&
            memcmp(other.at, key->at, key->len) == 0)
            return true;
        (void)json_scan_skip(&scan);
    }
    return false;
}

static int fail_size(const struct buffer *out, struct tw_error *err)
{
    if (out->starved)
        return tw_fail(err, TW_BUSY, "no memory for metadata");
    return tw_fail(err, TW_INVALID, "metadata must not take over %zu bytes", METADATA_BYTES_MAX);
}

/* The key, with its colon; TW_INVALID when it was there before. */
static int copy_key(struct json_scan *scan,
                    size_t start,
                    struct json_writer *w,
                    struct tw_error *err)
{
    struct json_scan key = *scan;
    size_t at;

    (void)json_scan_key(scan);
    at = w->out->len + w->needs_comma + 1; /* behind the quote */
    copy_string(&key, w);
    if (w->out->failed)
        return fail_size(w->out, err);
    if (is_known_key(w->out, start, &(struct json_span){w->out->data + at, w->out->len - at - 1}))
        return tw_fail(err, TW_INVALID, "a key of the metadata stands twice");
    (void)buffer_putc(w->out, ':');
    w->needs_comma = false;
    return 0;
}

int metadata_read(struct json_scan *scan, struct buffer *out, struct tw_error *err)
{
    struct json_writer w = {out, false};
    size_t start = out->len, n_keys = 0;

    if (json_scan_type(scan) != JSON_OBJECT)
        return tw_fail(err, TW_INVALID, "metadata must be an object");
    json_write_object(&w, NULL);
    json_scan_enter(scan);
    while (json_scan_more(scan)) {
        if (++n_keys > METADATA_KEYS_MAX)
            return tw_fail(err, TW_INVALID, "metadata must not have over %d keys",
                           METADATA_KEYS_MAX);
        if (copy_key(scan, start, &w, err) < 0)
            return -1;
        if (json_scan_type(scan) == JSON_ARRAY ? copy_array(scan, &w, err) < 0
                                               : copy_scalar(scan, &w, err) < 0)
            return -1;
    }
    json_write_object_end(&w);
    if (out->failed || out->len - start > METADATA_BYTES_MAX)
        return fail_size(out, err);
    return 0;
}

/* ---- Use ---------------------------------------------------------------------------------------- */

static bool find_span(const char *metadata,
                      const struct json_span *key,
                      struct json_scan *ret_value)
{
    struct json_scan scan = {metadata};

    if (!metadata)
        return false;
    json_scan_enter(&scan);
    while (json_scan_more(&scan)) {
        struct json_span other = json_scan_key(&scan);

        if (other.len == key->len && memcmp(other.at, key->at, key->len) == 0) {
            *ret_value = scan;
            return true;
        }
        (void)json_scan_skip(&scan);
    }
    return false;
}

bool metadata_find(const char *metadata, const char *quoted_key, struct json_scan *ret_value)
{
    return find_span(metadata, &(struct json_span){quoted_key, strlen(quoted_key)}, ret_value);
}

char *metadata_quote_dup(const char *text)
{
    struct buffer out;
    struct json_writer w = {&out, false};
    size_t len = strlen(text), quoted_len;
    char *quoted;

    buffer_init(&out, 6 * len + 2);
    json_write_text(&w, NULL, text, len);
    quoted = buffer_take(&out, &quoted_len);
    if (!quoted)
        return NULL;
    memmove(quoted, quoted + 1, quoted_len - 2);
    quoted[quoted_len - 2] = '\0';
    return quoted;
}

/* Appends the members of metadata that are not in `except` (NULL: all), and no nulls. */
static void put_members(const char *metadata,
                        const char *except,
                        bool *is_first,
                        struct buffer *out)
{
    struct json_scan scan = {metadata}, ignored;

    if (!metadata)
        return;
    json_scan_enter(&scan);
    while (json_scan_more(&scan)) {
        struct json_span key = json_scan_key(&scan);
        enum json_type type = json_scan_type(&scan);
        struct json_span value = json_scan_skip(&scan);

        if (type == JSON_NULL || find_span(except, &key, &ignored))
            continue;
        (void)buffer_puts(out, *is_first ? "{\"" : ",\"");
        (void)buffer_append(out, key.at, key.len);
        (void)buffer_puts(out, "\":");
        (void)buffer_append(out, value.at, value.len);
        *is_first = false;
    }
}

void metadata_merge(const char *old, const char *changes, struct buffer *out)
{
    bool is_first = true;

    put_members(old, changes, &is_first, out);
    put_members(changes, NULL, &is_first, out);
    if (!is_first)
        (void)buffer_putc(out, '}');
}
