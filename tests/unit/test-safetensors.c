#include "test.h"

#include "common/alloc.h"
#include "server/llm/safetensors.h"

/* A file as it would lie in memory: the header's length, the header, data of that many bytes, all 1.0f. */
struct file {
    _Alignas(16) unsigned char bytes[4096];
    size_t len;
};

static struct file make(const char *header, size_t data_len)
{
    struct file file = {.len = 8 + strlen(header) + data_len};
    uint64_t header_len = strlen(header);
    const float one = 1.0f;

    CHECK(file.len <= sizeof(file.bytes));
    memcpy(file.bytes, &header_len, 8);
    memcpy(file.bytes + 8, header, header_len);
    for (size_t i = 0; i + 4 <= data_len; i += 4)
        memcpy(file.bytes + 8 + header_len + i, &one, 4);
    return file;
}

/* Its length is a multiple of 4, so that the numbers are aligned. */
static const char good[] = "{\"__metadata__\":{\"format\":\"pt\"},"
                           "\"b\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[24,36]},"
                           "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                           "\"c\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[36,44]}}   ";

static void tensors_are_found_by_name_and_shape(void **state)
{
    CLEANUP(safetensors_freep) struct safetensors *tensors = NULL;
    struct file file = make(good, 44);
    const float *numbers = NULL;
    struct tw_error err;

    (void)state;
    _Static_assert((sizeof(good) - 1) % 4 == 0, "the numbers are aligned");
    if (safetensors_parse(file.bytes, file.len, &tensors, &err) < 0)
        fail_msg("%s", err.message);
    CHECK(safetensors_count(tensors) == 3);
    CHECK(safetensors_find(tensors, "a", 2, 3, &numbers, &err) == 0);
    CHECK(numbers[0] == 1.0f && numbers[5] == 1.0f);
    CHECK((const unsigned char *)numbers == file.bytes + 8 + sizeof(good) - 1);
    CHECK(safetensors_find(tensors, "b", 0, 3, &numbers, &err) == 0);
    CHECK((const unsigned char *)numbers == file.bytes + 8 + sizeof(good) - 1 + 24);
}

static void another_name_shape_or_type_is_refused(void **state)
{
    CLEANUP(safetensors_freep) struct safetensors *tensors = NULL;
    struct file file = make(good, 44);
    const float *numbers = NULL;
    struct tw_error err;

    (void)state;
    CHECK(safetensors_parse(file.bytes, file.len, &tensors, &err) == 0);
    CHECK(safetensors_find(tensors, "d", 0, 3, &numbers, &err) < 0 && err.code == TW_INVALID);
    CHECK(safetensors_find(tensors, "a", 3, 2, &numbers, &err) < 0 && err.code == TW_INVALID);
    CHECK(safetensors_find(tensors, "a", 0, 6, &numbers, &err) < 0);
    CHECK(safetensors_find(tensors, "b", 1, 3, &numbers, &err) < 0);
    CHECK(safetensors_find(tensors, "c", 0, 1, &numbers, &err) < 0);
    CHECK(!numbers);
}

static void numbers_that_are_not_aligned_are_refused(void **state)
{
    CLEANUP(safetensors_freep) struct safetensors *tensors = NULL;
    struct file file = make("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} ", 4);
    const float *numbers = NULL;
    struct tw_error err;

    (void)state;
    CHECK((file.len - 4) % 4 != 0);
    CHECK(safetensors_parse(file.bytes, file.len, &tensors, &err) == 0);
    CHECK(safetensors_find(tensors, "a", 0, 1, &numbers, &err) < 0);
    assert_string_equal(err.message, "the tensor 'a' is not aligned");
}

static void check_refused(const void *bytes, size_t len, const char *why)
{
    struct safetensors *tensors = NULL;
    struct tw_error err;

    if (safetensors_parse(bytes, len, &tensors, &err) == 0)
        fail_msg("accepted where '%s' was expected", why);
    CHECK(err.code == TW_INVALID);
    if (!strstr(err.message, why))
        fail_msg("'%s' does not say '%s'", err.message, why);
}

#define ONE(type, shape, offsets)                                                                  \
    "{\"a\":{\"dtype\":" type ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

static void a_hostile_header_is_refused_by_what_is_wrong(void **state)
{
    static const struct {
        const char *header;
        size_t data_len;
        const char *why;
    } cases[] = {
        {"[]", 0, "not an object"},
        {"{", 0, ""},
        {"{\"a\":1}", 0, "is not dtype, shape and data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "is not dtype, shape and data_offsets"},
        {"{\"a\":{},\"a\":{}}", 4, ""},
        {ONE("\"F33\"", "[1]", "[0,4]"), 4, "unknown dtype"},
        {ONE("32", "[1]", "[0,4]"), 4, "unknown dtype"},
        {ONE("\"F32\"", "1", "[0,4]"), 4, "shape"},
        {ONE("\"F32\"", "[-1]", "[0,4]"), 4, "shape"},
        {ONE("\"F32\"", "[1.5]", "[0,4]"), 4, "shape"},
        {ONE("\"F32\"", "[1e300]", "[0,4]"), 4, "shape"},
        {ONE("\"F32\"", "[\"1\"]", "[0,4]"), 4, "shape"},
        {ONE("\"F32\"", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "shape"},
        {ONE("\"F32\"", "[4294967296,4294967296]", "[0,0]"), 0, "shape"},
        {ONE("\"F32\"", "[2147483648,2147483648,1]", "[0,0]"), 0, "shape"},
        {ONE("\"F32\"", "[1]", "[0]"), 4, "data_offsets"},
        {ONE("\"F32\"", "[1]", "[0,4,8]"), 4, "data_offsets"},
        {ONE("\"F32\"", "[1]", "[4,0]"), 4, "data_offsets"},
        {ONE("\"F32\"", "[1]", "[-4,0]"), 4, "data_offsets"},
        {ONE("\"F32\"", "[2]", "[0,8]"), 4, "ends beyond the file"},
        {ONE("\"F32\"", "[1]", "[0,9007199254740991]"), 4, "ends beyond the file"},
        {ONE("\"F32\"", "[2]", "[0,4]"), 4, "not the size of its shape"},
        {ONE("\"F16\"", "[1]", "[0,4]"), 4, "not the size of its shape"},
        {ONE("\"F32\"", "[1]", "[4,8]"), 8, "leaves a gap before it"},
        {ONE("\"F32\"", "[1]", "[0,4]"), 8, "belong to no tensor"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
         12, "overlaps another"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         4, "overlaps another"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct file file = make(cases[i].header, cases[i].data_len);

        check_refused(file.bytes, file.len, cases[i].why);
    }
}

static void a_header_length_beyond_the_file_is_refused(void **state)
{
    static const uint64_t lengths[] = {sizeof(good) + 44, SAFETENSORS_HEADER_MAX + 1, UINT64_MAX,
                                       UINT64_MAX - 7};
    struct file file = make(good, 44);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        memcpy(file.bytes, &lengths[i], 8);
        check_refused(file.bytes, file.len, "is said to be larger than");
    }
    check_refused(file.bytes, 7, "too short");
    check_refused("", 0, "too short");
}

/* From a block of just that size, so that the sanitizer sees a read beyond it. */
static void every_cut_of_a_file_is_refused(void **state)
{
    struct file file = make(good, 44);

    (void)state;
    for (size_t len = 0; len < file.len; len++) {
        CLEANUP(freep) unsigned char *cut = malloc(len ? len : 1);

        memcpy(cut, file.bytes, len);
        check_refused(cut, len, "");
    }
}

static void a_file_without_tensors_is_read(void **state)
{
    CLEANUP(safetensors_freep) struct safetensors *tensors = NULL;
    struct file file = make("{}", 0);

    (void)state;
    CHECK(safetensors_parse(file.bytes, file.len, &tensors, NULL) == 0);
    CHECK(safetensors_count(tensors) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tensors_are_found_by_name_and_shape),
        TEST(another_name_shape_or_type_is_refused),
        TEST(numbers_that_are_not_aligned_are_refused),
        TEST(a_hostile_header_is_refused_by_what_is_wrong),
        TEST(a_header_length_beyond_the_file_is_refused),
        TEST(every_cut_of_a_file_is_refused),
        TEST(a_file_without_tensors_is_read),
    };

    return cmocka_run_group_tests_name("safetensors", tests, NULL, NULL);
}
