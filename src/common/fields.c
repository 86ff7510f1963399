#include "common/fields.h"

#include "common/utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The names in it are the client's, and may have been cut off anywhere. */
static void end_between_characters(char *text, size_t size, int n_wanted)
{
    if (n_wanted >= (int)size)
        text[utf8_whole(text, size - 1)] = '\0';
}

void field_errors_add(struct field_errors *errors, const char *field, const char *fmt, ...)
{
    struct field_error *error;
    va_list args;
    int n_wanted;

    if (errors->n++ >= FIELD_ERRORS_MAX)
        return;
    error = &errors->item[errors->n - 1];
    n_wanted = snprintf(error->field, sizeof(error->field), "%s", field);
    end_between_characters(error->field, sizeof(error->field), n_wanted);
    va_start(args, fmt);
    n_wanted = vsnprintf(error->detail, sizeof(error->detail), fmt, args);
    va_end(args);
    end_between_characters(error->detail, sizeof(error->detail), n_wanted);
}

/* What decoding one member needs; keeps the parameter lists short. */
struct decoding {
    const struct field *field;
    const char *name; /* with its prefix */
    void *slot;
    struct field_errors *errors;
};

static bool wrong_type(const struct decoding *d, const char *wanted, const struct json *value)
{
    field_errors_add(d->errors, d->name, "must be %s, not %s", wanted,
                     json_type_name(json_type(value)));
    return false;
}

static bool decode_number(const struct decoding *d, const struct json *value)
{
    const struct field *f = d->field;
    double number = json_number(value, (double)NAN);

    if (json_type(value) != JSON_NUMBER)
        return wrong_type(d, f->type == FIELD_INT ? "an integer" : "a number", value);
    if (f->type == FIELD_INT && number != floor(number)) {
        field_errors_add(d->errors, d->name, "must be an integer");
        return false;
    }
    if (!(number >= f->min && number <= f->max)) {
        field_errors_add(d->errors, d->name, "must be between %.15g and %.15g", f->min, f->max);
        return false;
    }
    *(double *)d->slot = number;
    return true;
}

static bool decode_string(const struct decoding *d, const struct json *value)
{
    const char *text = json_string(value);
    size_t count;

    if (!text)
        return wrong_type(d, "a string", value);
    count = utf8_count(text, strlen(text));
    if ((double)count < d->field->min || (double)count > d->field->max) {
        field_errors_add(d->errors, d->name, "must have %.15g to %.15g characters, has %zu",
                         d->field->min, d->field->max, count);
        return false;
    }
    *(const char **)d->slot = text;
    return true;
}

static bool decode_choice(const struct decoding *d, const struct json *value)
{
    const char *text = json_string(value), *word = d->field->choices;

    if (!text)
        return wrong_type(d, "a string", value);
    for (int i = 0; word; i++) {
        size_t len = strcspn(word, "|");

        if (strlen(text) == len && strncmp(word, text, len) == 0) {
            *(int *)d->slot = i;
            return true;
        }
        word = word[len] ? word + len + 1 : NULL;
    }
    field_errors_add(d->errors, d->name, "must be one of %s", d->field->choices);
    return false;
}

static bool are_strings(const struct decoding *d, const struct json *array)
{
    bool are = true;
    size_t i = 0;
    char name[64];

    for (const struct json *item = json_first(array); item; item = json_next(item), i++) {
        struct decoding of_item = {d->field, name, NULL, d->errors};

        if (json_type(item) == JSON_STRING)
            continue;
        (void)snprintf(name, sizeof(name), "%.40s[%zu]", d->name, i);
        are = wrong_type(&of_item, "a string", item);
    }
    return are;
}

static bool decode_array(const struct decoding *d, const struct json *value)
{
    double count = (double)json_count(value);

    if (json_type(value) != JSON_ARRAY)
        return wrong_type(d, "an array", value);
    if (count < d->field->min || count > d->field->max) {
        field_errors_add(d->errors, d->name, "must have %.15g to %.15g elements, has %.15g",
                         d->field->min, d->field->max, count);
        return false;
    }
    if (d->field->type == FIELD_STRINGS && !are_strings(d, value))
        return false;
    *(const struct json **)d->slot = value;
    return true;
}

static bool decode_value(const struct decoding *d, const struct json *value)
{
    switch (d->field->type) {
    case FIELD_INT:
    case FIELD_NUMBER:
        return decode_number(d, value);
    case FIELD_STRING:
        return decode_string(d, value);
    case FIELD_CHOICE:
        return decode_choice(d, value);
    case FIELD_STRINGS:
    case FIELD_OBJECTS:
        return decode_array(d, value);
    case FIELD_BOOL:
        if (json_type(value) != JSON_BOOL)
            return wrong_type(d, "true or false", value);
        *(bool *)d->slot = json_bool(value, false);
        return true;
    case FIELD_OBJECT:
        if (json_type(value) != JSON_OBJECT)
            return wrong_type(d, "an object", value);
        *(const struct json **)d->slot = value;
        return true;
    }
    return false;
}

static const struct field *find_field(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->n_fields; i++)
        if (strcmp(schema->fields[i].name, name) == 0)
            return &schema->fields[i];
    return NULL;
}

bool fields_decode(const struct schema *schema,
                   const struct json *object,
                   const char *prefix,
                   void *out,
                   struct field_errors *errors)
{
    bool is_good = true;
    char name[96];

    if (json_type(object) != JSON_OBJECT) {
        field_errors_add(errors, prefix, "must be an object, not %s",
                         object ? json_type_name(json_type(object)) : "absent");
        return false;
    }
    for (const struct json *v = json_first(object); v; v = json_next(v)) {
        const struct field *field = find_field(schema, json_key(v));
        struct decoding d = {field, name, field ? (char *)out + field->offset : NULL, errors};

        (void)snprintf(name, sizeof(name), "%s%s", prefix, json_key(v));
        if (!field)
            field_errors_add(errors, name, "is not known here");
        is_good = field && decode_value(&d, v) && is_good;
    }
    for (size_t i = 0; i < schema->n_fields; i++) {
        if (!schema->fields[i].is_required || json_get(object, schema->fields[i].name))
            continue;
        (void)snprintf(name, sizeof(name), "%s%s", prefix, schema->fields[i].name);
        field_errors_add(errors, name, "is required");
        is_good = false;
    }
    return is_good;
}

static void write_choices(struct json_writer *w, const char *choices)
{
    json_write_array(w, "enum");
    for (const char *word = choices; word;) {
        size_t len = strcspn(word, "|");

        json_write_text(w, NULL, word, len);
        word = word[len] ? word + len + 1 : NULL;
    }
    json_write_array_end(w);
}

static void write_items(struct json_writer *w, const struct field *field)
{
    char ref[64];

    json_write_object(w, "items");
    if (field->type == FIELD_STRINGS) {
        json_write_string(w, "type", "string");
    } else {
        (void)snprintf(ref, sizeof(ref), "#/components/schemas/%s", field->choices);
        json_write_string(w, "$ref", ref);
    }
    json_write_object_end(w);
}

static void write_field_schema(const struct field *field, struct json_writer *w)
{
    static const char *const types[] = {"integer", "number", "string", "boolean",
                                        "string",  "object", "array",  "array"};
    static const char *const bounds[][2] = {
        [FIELD_INT] = {"minimum", "maximum"},        [FIELD_NUMBER] = {"minimum", "maximum"},
        [FIELD_STRING] = {"minLength", "maxLength"}, [FIELD_STRINGS] = {"minItems", "maxItems"},
        [FIELD_OBJECTS] = {"minItems", "maxItems"},
    };

    json_write_object(w, field->name);
    json_write_string(w, "type", types[field->type]);
    if (field->type < COUNT_OF(bounds) && bounds[field->type][0]) {
        json_write_number(w, bounds[field->type][0], field->min);
        json_write_number(w, bounds[field->type][1], field->max);
    }
    if (field->type == FIELD_STRINGS || field->type == FIELD_OBJECTS)
        write_items(w, field);
    else if (field->choices)
        write_choices(w, field->choices);
    if (field->help)
        json_write_string(w, "description", field->help);
    json_write_object_end(w);
}

void fields_write_schema(const struct schema *schema, struct json_writer *w, const char *key)
{
    json_write_object(w, key);
    json_write_string(w, "type", "object");
    json_write_bool(w, "additionalProperties", false);
    json_write_object(w, "properties");
    for (size_t i = 0; i < schema->n_fields; i++)
        write_field_schema(&schema->fields[i], w);
    json_write_object_end(w);
    json_write_array(w, "required");
    for (size_t i = 0; i < schema->n_fields; i++)
        if (schema->fields[i].is_required)
            json_write_string(w, NULL, schema->fields[i].name);
    json_write_array_end(w);
    json_write_object_end(w);
}
