#include "test.h"

#include "server/api/prediction_id.h"

static struct hash_hmac_key key_of(const char *secret)
{
    struct hash_hmac_key key;

    hash_hmac_prepare(&key, secret, strlen(secret));
    return key;
}

static void an_id_is_read_back_by_any_holder_of_the_key(void **state)
{
    const struct prediction_id id = {513, 1790000000123456, 2, 0.75F};
    struct hash_hmac_key key = key_of("secret"), same = key_of("secret");
    struct prediction_id back;
    char text[PREDICTION_ID_SIZE];

    (void)state;
    prediction_id_write(&id, &key, text);
    assert_int_equal(strlen(text), PREDICTION_ID_SIZE - 1);
    CHECK(prediction_id_read(text, &same, &back));
    CHECK(back.replica == 513 && back.sequence == 1790000000123456 && back.class_index == 2);
    CHECK_NEAR((double)back.confidence, 0.75, 1.0 / 65535);
}

static void no_changed_digit_passes(void **state)
{
    const struct prediction_id id = {1, 42, 0, 1};
    struct hash_hmac_key key = key_of("secret");
    struct prediction_id back;
    char text[PREDICTION_ID_SIZE];

    (void)state;
    prediction_id_write(&id, &key, text);
    for (size_t i = 0; i + 1 < sizeof(text); i++) {
        char was = text[i];

        text[i] = was == '0' ? '1' : '0';
        CHECK(!prediction_id_read(text, &key, &back));
        text[i] = was;
    }
    CHECK(prediction_id_read(text, &key, &back));
}

static void another_key_or_another_shape_is_refused(void **state)
{
    const struct prediction_id id = {1, 42, 0, 1};
    struct hash_hmac_key key = key_of("secret"), other = key_of("Secret");
    struct prediction_id back;
    char text[PREDICTION_ID_SIZE + 1] = "";

    (void)state;
    prediction_id_write(&id, &key, text);
    CHECK(!prediction_id_read(text, &other, &back));
    text[PREDICTION_ID_SIZE - 1] = '0';
    CHECK(!prediction_id_read(text, &key, &back));
    text[PREDICTION_ID_SIZE - 3] = '\0';
    CHECK(!prediction_id_read(text, &key, &back));
    CHECK(!prediction_id_read("", &key, &back));
    CHECK(!prediction_id_read("ZZ0000000000000000000000000000000000000000", &key, &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_id_is_read_back_by_any_holder_of_the_key),
        TEST(no_changed_digit_passes),
        TEST(another_key_or_another_shape_is_refused),
    };

    return cmocka_run_group_tests_name("prediction-id", tests, NULL, NULL);
}
