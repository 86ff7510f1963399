/* Bodies of the HTTP APIs through the tables that their routes decode them with: what passes is of the type, the
 * length and the range that its line says. The first byte chooses the route, the rest is the body. */

#include "fuzz.h"

#include "common/json.h"
#include "common/utf8.h"
#include "server/api/api.h"

#include <math.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>

#define OUT_SIZE 1024

static const struct schema *const schemas[] = {
    &predict_schema,  &batch_schema,      &feedback_schema, &triage_schema, &chat_schema,
    &evaluate_schema, &simulation_schema, &gameday_schema,  &fault_schema,
};

static void check_text(const struct field *field, const char *text)
{
    size_t n = 0;

    FUZZ_EXPECT(utf8_is_valid(text, strlen(text)));
    for (const char *at = text; *at; at++)
        n += ((unsigned char)*at & 0xc0) != 0x80;
    FUZZ_EXPECT((double)n >= field->min && (double)n <= field->max);
}

static int n_choices(const char *choices)
{
    int n = 1;

    for (; *choices; choices++)
        n += *choices == '|';
    return n;
}

/* A field that the body has. */
static void check(const struct field *field, const unsigned char *out)
{
    const void *at = out + field->offset;
    double number;

    switch (field->type) {
    case FIELD_INT:
    case FIELD_NUMBER:
        number = *(const double *)at;
        FUZZ_EXPECT(isfinite(number) && number >= field->min && number <= field->max);
        FUZZ_EXPECT(field->type == FIELD_NUMBER || number == floor(number));
        break;
    case FIELD_STRING:
        check_text(field, *(const char *const *)at);
        break;
    case FIELD_CHOICE:
        FUZZ_EXPECT(*(const int *)at >= 0 && *(const int *)at < n_choices(field->choices));
        break;
    case FIELD_OBJECT:
        FUZZ_EXPECT(json_type(*(const struct json *const *)at) == JSON_OBJECT);
        break;
    case FIELD_STRINGS:
    case FIELD_OBJECTS:
        FUZZ_EXPECT(json_type(*(const struct json *const *)at) == JSON_ARRAY);
        break;
    case FIELD_BOOL:
        FUZZ_EXPECT(*(const unsigned char *)at <= 1);
        break;
    }
}

static void check_errors(const struct field_errors *errors)
{
    FUZZ_EXPECT(errors->n > 0);
    for (size_t i = 0; i < errors->n && i < FIELD_ERRORS_MAX; i++) {
        const struct field_error *item = &errors->item[i];

        FUZZ_EXPECT(item->detail[0] && memchr(item->field, '\0', sizeof(item->field)));
        FUZZ_EXPECT(utf8_is_valid(item->field, strlen(item->field)));
        FUZZ_EXPECT(utf8_is_valid(item->detail, strlen(item->detail)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    alignas(max_align_t) unsigned char out[OUT_SIZE] = {0};
    struct field_errors errors = {0};
    const struct schema *schema;
    struct json *body;

    if (size < 1 || json_parse((const char *)data + 1, size - 1, &body, NULL) < 0)
        return 0;
    schema = schemas[data[0] % COUNT_OF(schemas)];
    for (size_t i = 0; i < schema->n_fields; i++)
        FUZZ_EXPECT(schema->fields[i].offset + sizeof(double) <= OUT_SIZE);
    if (!fields_decode(schema, body, "rows[3].", out, &errors))
        check_errors(&errors);
    else
        for (size_t i = 0; i < schema->n_fields; i++) {
            const struct json *value = json_get(body, schema->fields[i].name);

            if (value && json_type(value) != JSON_NULL)
                check(&schema->fields[i], out);
        }
    json_free(body);
    return 0;
}
