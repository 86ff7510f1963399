#include "server/llm/safetensors.h"

#include "common/alloc.h"
#include "common/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "safetensors are little endian and are used where they lie");

#define LENGTH_SIZE 8
#define NUMBER_MAX  9007199254740991.0 /* 2^53 - 1: what a double in JSON holds exactly */

struct tensor {
    const char *name; /* in the JSON */
    bool is_float32;
    size_t shape[SAFETENSORS_DIMS_MAX], n_dims;
    uint64_t begin, end; /* in the data */
};

struct safetensors {
    const uint8_t *data;
    uint64_t data_len;
    struct json *header;
    struct tensor *list; /* by begin */
    size_t n;
};

static const struct {
    const char *name;
    uint64_t size;
} types[] = {
    {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1},
    {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},
    {"U32", 4},  {"F32", 4}, {"F64", 8}, {"I64", 8},     {"U64", 8},
};

/* 0: no such type. */
static uint64_t type_size(const char *name)
{
    for (size_t i = 0; name && i < COUNT_OF(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].size;
    return 0;
}

/* A whole number of 0 or more. */
static bool read_natural(const struct json *value, uint64_t *ret_number)
{
    double number = json_number(value, -1);

    if (!(number >= 0 && number <= NUMBER_MAX))
        return false;
    *ret_number = (uint64_t)number;
    return (double)*ret_number == number;
}

/* Fills the shape and multiplies *size, the bytes of one number, up to those of all. */
static bool read_shape(const struct json *shape, struct tensor *tensor, uint64_t *size)
{
    if (!shape || json_type(shape) != JSON_ARRAY || json_count(shape) > SAFETENSORS_DIMS_MAX)
        return false;
    for (const struct json *item = json_first(shape); item; item = json_next(item)) {
        uint64_t dim;

        if (!read_natural(item, &dim) || __builtin_mul_overflow(*size, dim, size))
            return false;
        tensor->shape[tensor->n_dims++] = dim;
    }
    return true;
}

static bool read_offsets(const struct json *offsets, struct tensor *tensor)
{
    return offsets && json_type(offsets) == JSON_ARRAY && json_count(offsets) == 2 &&
           read_natural(json_first(offsets), &tensor->begin) &&
           read_natural(json_next(json_first(offsets)), &tensor->end) &&
           tensor->begin <= tensor->end;
}

static int read_tensor(const struct json *entry,
                       uint64_t data_len,
                       struct tensor *tensor,
                       struct tw_error *err)
{
    const char *type = json_string(json_get(entry, "dtype"));
    uint64_t size = type_size(type);

    tensor->name = json_key(entry);
    tensor->is_float32 = type && strcmp(type, "F32") == 0;
    if (json_type(entry) != JSON_OBJECT || json_count(entry) != 3)
        return tw_fail(err, TW_INVALID, "the tensor '%.80s' is not dtype, shape and data_offsets",
                       tensor->name);
    if (size == 0)
        return tw_fail(err, TW_INVALID, "the tensor '%.80s' has an unknown dtype", tensor->name);
    if (!read_shape(json_get(entry, "shape"), tensor, &size))
        return tw_fail(err, TW_INVALID, "the shape of the tensor '%.80s' is wrong", tensor->name);
    if (!read_offsets(json_get(entry, "data_offsets"), tensor))
        return tw_fail(err, TW_INVALID, "the data_offsets of the tensor '%.80s' are wrong",
                       tensor->name);
    if (tensor->end > data_len)
        return tw_fail(err, TW_INVALID, "the tensor '%.80s' ends beyond the file", tensor->name);
    if (tensor->end - tensor->begin != size)
        return tw_fail(err, TW_INVALID, "the tensor '%.80s' has not the size of its shape",
                       tensor->name);
    return 0;
}

static int compare_tensors(const void *a, const void *b)
{
    const struct tensor *x = a, *y = b;

    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* Every byte belongs to one tensor: nothing overlaps and nothing is hidden. */
static int check_cover(const struct safetensors *tensors, struct tw_error *err)
{
    uint64_t at = 0;

    for (size_t i = 0; i < tensors->n; i++) {
        const struct tensor *tensor = &tensors->list[i];

        if (tensor->begin != at)
            return tw_fail(err, TW_INVALID, "the tensor '%.80s' %s", tensor->name,
                           tensor->begin < at ? "overlaps another" : "leaves a gap before it");
        at = tensor->end;
    }
    if (at != tensors->data_len)
        return tw_fail(err, TW_INVALID, "bytes that belong to no tensor follow the last");
    return 0;
}

static int read_tensors(struct safetensors *tensors, struct tw_error *err)
{
    if (json_type(tensors->header) != JSON_OBJECT)
        return tw_fail(err, TW_INVALID, "the safetensors header is not an object");
    tensors->list = xcalloc(json_count(tensors->header) + 1, sizeof(*tensors->list));
    for (const struct json *entry = json_first(tensors->header); entry; entry = json_next(entry)) {
        if (strcmp(json_key(entry), "__metadata__") == 0)
            continue;
        if (read_tensor(entry, tensors->data_len, &tensors->list[tensors->n], err) < 0)
            return -1;
        tensors->n++;
    }
    qsort(tensors->list, tensors->n, sizeof(*tensors->list), compare_tensors);
    return check_cover(tensors, err);
}

int safetensors_parse(const void *bytes,
                      size_t len,
                      struct safetensors **ret_tensors,
                      struct tw_error *err)
{
    CLEANUP(safetensors_freep) struct safetensors *tensors = xcalloc(1, sizeof(*tensors));
    const char *text = (const char *)bytes + LENGTH_SIZE;
    uint64_t header_len;

    if (len < LENGTH_SIZE)
        return tw_fail(err, TW_INVALID, "too short for a safetensors file");
    (void)memcpy(&header_len, bytes, LENGTH_SIZE);
    if (header_len > SAFETENSORS_HEADER_MAX || header_len > len - LENGTH_SIZE)
        return tw_fail(err, TW_INVALID, "the safetensors header is said to be larger than %s",
                       header_len > SAFETENSORS_HEADER_MAX ? "allowed" : "the file");
    if (json_parse(text, header_len, &tensors->header, err) < 0)
        return -1;
    tensors->data = (const uint8_t *)text + header_len;
    tensors->data_len = len - LENGTH_SIZE - header_len;
    if (read_tensors(tensors, err) < 0)
        return -1;
    *ret_tensors = TAKE(tensors);
    return 0;
}

void safetensors_free(struct safetensors *tensors)
{
    if (!tensors)
        return;
    json_free(tensors->header);
    free(tensors->list);
    free(tensors);
}

size_t safetensors_count(const struct safetensors *tensors)
{
    return tensors->n;
}

static bool has_shape(const struct tensor *tensor, size_t n_rows, size_t n_columns)
{
    if (n_rows == 0)
        return tensor->n_dims == 1 && tensor->shape[0] == n_columns;
    return tensor->n_dims == 2 && tensor->shape[0] == n_rows && tensor->shape[1] == n_columns;
}

int safetensors_find(const struct safetensors *tensors,
                     const char *name,
                     size_t n_rows,
                     size_t n_columns,
                     const float **ret_numbers,
                     struct tw_error *err)
{
    const struct tensor *tensor = tensors->list, *end = tensor + tensors->n;
    const uint8_t *numbers;

    while (tensor < end && strcmp(tensor->name, name) != 0)
        tensor++;
    if (tensor == end)
        return tw_fail(err, TW_INVALID, "there is no tensor '%s'", name);
    if (!tensor->is_float32 || !has_shape(tensor, n_rows, n_columns))
        return tw_fail(err, TW_INVALID, "the tensor '%s' is not F32 of the shape expected", name);
    numbers = tensors->data + tensor->begin;
    if ((uintptr_t)numbers % _Alignof(float) != 0)
        return tw_fail(err, TW_INVALID, "the tensor '%s' is not aligned", name);
    *ret_numbers = (const float *)(const void *)numbers;
    return 0;
}
