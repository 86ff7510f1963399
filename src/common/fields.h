#ifndef TW_FIELDS_H
#define TW_FIELDS_H

/* What a JSON object must look like, as a const table: one line per field. Decoding names every field
 * that is wrong, not only the first, and the same table describes the body in the OpenAPI document.
 * Pure. */

#include "common/json.h"
#include "common/json_write.h"

#include <stdbool.h>
#include <stddef.h>

enum field_type {
    FIELD_INT,     /* an integral number, into a double */
    FIELD_NUMBER,  /* a finite number, into a double */
    FIELD_STRING,  /* min..max characters, into a const char * borrowed from the JSON */
    FIELD_BOOL,    /* into a bool */
    FIELD_CHOICE,  /* one of the words in `choices`, its index into an int */
    FIELD_OBJECT,  /* any object, into a const struct json * */
    FIELD_STRINGS, /* an array of min..max strings, into a const struct json * */
    FIELD_OBJECTS, /* an array of min..max objects, into a const struct json *; whoever takes it decodes them */
};

struct field {
    const char *name;
    enum field_type type;
    bool is_required;
    double min, max;
    size_t offset; /* into the struct that fields_decode fills */
    const char *
        choices; /* "a|b|c" of FIELD_CHOICE. Else for the description alone, or NULL: what a FIELD_STRING
                            may be, when whoever takes it checks that; the name of the schema of FIELD_OBJECTS */
    const char *help; /* one sentence for the API's description */
};

struct schema {
    const struct field *fields;
    size_t n_fields;
};

#define SCHEMA_OF(array)                                                                           \
    {                                                                                              \
        (array), COUNT_OF(array)                                                                   \
    }

#define FIELD_ERRORS_MAX 16

struct field_errors {
    size_t n; /* of all that are wrong; only the first FIELD_ERRORS_MAX are kept */

    struct field_error {
        char field[64];
        char detail[128];
    } item[FIELD_ERRORS_MAX];
};

void field_errors_add(struct field_errors *errors, const char *field, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Writes the members that object has into out; absent optional ones leave out as it is. False, with a
 * line per offence in errors, when a required one is absent, one is unknown, or of a wrong type or
 * range. prefix ("rows[3].") stands before the names in errors. */
bool fields_decode(const struct schema *schema,
                   const struct json *object,
                   const char *prefix,
                   void *out,
                   struct field_errors *errors);

/* The JSON schema of such an object. */
void fields_write_schema(const struct schema *schema, struct json_writer *w, const char *key);

#endif
