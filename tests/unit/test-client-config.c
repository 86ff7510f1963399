#include "test.h"

#include "common/alloc.h"
#include "tui/config.h"

#include <sys/stat.h>
#include <unistd.h>

/* A folder of its own, removed at the end. */
static char folder[] = "/tmp/tidewatch-config-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static char *write_file(const char *name, const char *text, mode_t mode)
{
    char *path = xprintf_dup("%s/%s", folder, name);
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static void remove_file(char *path)
{
    assert_int_equal(unlink(path), 0);
    free(path);
}

static void urls_have_defaults_and_lose_their_last_slash(void **state)
{
    static const char *const flags[] = {"--operations.url=https://ops.example/api//"};
    struct config_environment env = {0};
    struct config config;

    (void)state;
    assert_int_equal(config_load(&env, NULL, 1, flags, &config, NULL), 0);
    assert_string_equal(config.prometheus_url, "http://127.0.0.1:9090");
    assert_string_equal(config.alertmanager_url, "http://127.0.0.1:9093");
    assert_string_equal(config.operations_url, "https://ops.example/api");
    assert_string_equal(config.ml_url, "http://127.0.0.1:8000");
    CHECK(config.timeout_ms == 3000);
    config_finish(&config);
}

static void flags_win_over_environment_over_file(void **state)
{
    static const char *const variables[] = {"TIDEWATCH_ML_URL=http://env:1",
                                            "TIDEWATCH_PROMETHEUS_URL=http://env:2",
                                            "TIDEWATCH_DRILLS_ENABLED=true", NULL};
    static const char *const flags[] = {"--ml.url", "http://flag:1"};
    char *path = write_file(
        "t.conf", "[ml]\nurl = http://file:1\n[alertmanager]\nurl = http://file:3\n", 0644);
    struct config_environment env = {.tidewatch_config = path, .all = variables};
    struct config config;

    (void)state;
    assert_int_equal(config_load(&env, NULL, 2, flags, &config, NULL), 0);
    assert_string_equal(config.ml_url, "http://flag:1");
    assert_string_equal(config.prometheus_url, "http://env:2");
    assert_string_equal(config.alertmanager_url, "http://file:3");
    config_finish(&config);
    remove_file(path);
}

static void a_named_file_must_exist_and_the_usual_one_need_not(void **state)
{
    struct config_environment env = {.home = folder};
    struct config config;
    struct tw_error err;

    (void)state;
    assert_int_equal(config_load(&env, NULL, 0, NULL, &config, NULL), 0);
    config_finish(&config);
    assert_int_equal(config_load(&env, "/nonexistent.conf", 0, NULL, &config, &err), -1);
    CHECK(strstr(err.message, "/nonexistent.conf"));
}

static int read_token(const char *token_file,
                      const struct config_environment *env,
                      char **ret_token,
                      struct tw_error *err)
{
    char file[256];
    struct config config = {.token_file = file};

    (void)snprintf(file, sizeof(file), "%s", token_file);
    return config_read_token(&config, env, ret_token, err);
}

static void the_token_is_read_from_the_state_folder(void **state)
{
    char *path = write_file("operator.token", "0123456789abcdef\n", 0600);
    struct config_environment env = {.tidewatch_state = folder};
    CLEANUP(freep) char *token = NULL;

    (void)state;
    assert_int_equal(read_token("", &env, &token, NULL), 0);
    assert_string_equal(token, "0123456789abcdef");
    remove_file(path);
}

static void a_token_open_to_others_is_refused(void **state)
{
    static const mode_t modes[] = {0644, 0640, 0604, 0620};
    struct config_environment env = {0};
    struct tw_error err;
    char *token = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        char *path = write_file("open.token", "0123456789abcdef\n", modes[i]);

        assert_int_equal(read_token(path, &env, &token, &err), -1);
        CHECK(err.code == TW_INVALID && strstr(err.message, "chmod 600"));
        remove_file(path);
    }
}

static void an_unfit_token_is_refused_and_not_shown(void **state)
{
    static const char *const bad[] = {"",
                                      "\n",
                                      "tooshort\n",
                                      "with a blank in it\n",
                                      "0123456789abcdef\nsecond-line-here\n",
                                      "0123456789abcd\x1b[31m\n"};
    struct config_environment env = {0};
    struct tw_error err;
    char long_token[600];
    char *token = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char *path = write_file("bad.token", bad[i], 0600);

        assert_int_equal(read_token(path, &env, &token, &err), -1);
        CHECK(err.code == TW_INVALID && !strstr(err.message, "0123456789"));
        remove_file(path);
    }
    memset(long_token, 'a', sizeof(long_token) - 1);
    long_token[sizeof(long_token) - 1] = '\0';
    {
        char *path = write_file("long.token", long_token, 0600);

        assert_int_equal(read_token(path, &env, &token, &err), -1);
        remove_file(path);
    }
}

static void no_token_is_not_found(void **state)
{
    struct config_environment nowhere = {.home = "relative", .xdg_state_home = "too"};
    struct config_environment home = {.home = "/nonexistent"};
    struct tw_error err;
    char *token = NULL;

    (void)state;
    assert_int_equal(read_token("", &nowhere, &token, &err), -1);
    CHECK(err.code == TW_NOT_FOUND);
    assert_int_equal(read_token("", &home, &token, &err), -1);
    CHECK(err.code == TW_NOT_FOUND);
    CHECK(strstr(err.message, "/nonexistent/.local/state/tidewatch/operator.token"));
    assert_int_equal(read_token(folder, &home, &token, &err), -1);
    CHECK(err.code == TW_INVALID); /* a folder */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(urls_have_defaults_and_lose_their_last_slash),
        TEST(flags_win_over_environment_over_file),
        TEST(a_named_file_must_exist_and_the_usual_one_need_not),
        TEST(the_token_is_read_from_the_state_folder),
        TEST(a_token_open_to_others_is_refused),
        TEST(an_unfit_token_is_refused_and_not_shown),
        TEST(no_token_is_not_found),
    };

    return cmocka_run_group_tests_name("client-config", tests, make_folder, remove_folder);
}
