#include "test.h"

#include "common/alloc.h"
#include "tui/poll/config.h"

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
    struct config config = {.operations.token_file = file};

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

static const char two_contexts[] = "[ml]\nurl = http://file:1\n"
                                   "[context.staging]\n"
                                   "prometheus = http://prom.staging:9090/\n"
                                   "alertmanager = http://am.staging:9093\n"
                                   "operations = http://ops.staging:8003\n"
                                   "[context.live-eu]\n"
                                   "prometheus = https://prom.live\n"
                                   "alertmanager = https://am.live\n"
                                   "operations = https://ops.live\n"
                                   "ml = https://ml.live\n"
                                   "token_file = ~/live.token\n"
                                   "prometheus_token_file = /secrets/prom\n"
                                   "prometheus_headers = X-Scope-OrgID: live\n"
                                   "prometheus_ca_file = ~/ca.pem\n"
                                   "alertmanager_user = ana\n"
                                   "alertmanager_password_file = ~/am.password\n"
                                   "operations_cert_file = /secrets/ana.pem\n"
                                   "operations_key_file = /secrets/ana.key\n"
                                   "prod = true\n";

static void a_context_names_the_servers_and_whether_it_is_production(void **state)
{
    char *path = write_file("t.conf", two_contexts, 0644);
    struct config_environment env = {.home = "/home/ana", .context = "live-eu"};
    struct config config;

    (void)state;
    assert_int_equal(config_load(&env, path, 0, NULL, &config, NULL), 0);
    assert_string_equal(config.context, "live-eu");
    assert_true(config.is_production);
    assert_string_equal(config.prometheus_url, "https://prom.live");
    assert_string_equal(config.ml_url, "https://ml.live");
    assert_string_equal(config.llm_url, "");
    assert_string_equal(config.operations.token_file, "/home/ana/live.token");
    assert_string_equal(config.prometheus.token_file, "/secrets/prom");
    assert_string_equal(config.prometheus.headers, "X-Scope-OrgID: live");
    assert_string_equal(config.prometheus.ca_file, "/home/ana/ca.pem");
    assert_string_equal(config.alertmanager.user, "ana");
    assert_string_equal(config.alertmanager.password_file, "/home/ana/am.password");
    assert_string_equal(config.alertmanager.token_file, "");
    assert_string_equal(config.operations.cert_file, "/secrets/ana.pem");
    assert_string_equal(config.operations.key_file, "/secrets/ana.key");
    assert_int_equal(config.contexts.n, 2);
    config_finish(&config);
    env.context = "staging";
    assert_int_equal(config_load(&env, path, 0, NULL, &config, NULL), 0);
    assert_false(config.is_production);
    assert_string_equal(config.prometheus_url, "http://prom.staging:9090");
    config_finish(&config);
    env.context = NULL;
    assert_int_equal(config_load(&env, path, 0, NULL, &config, NULL), 0);
    assert_null(config.context);
    assert_string_equal(config.ml_url, "http://file:1");
    config_finish(&config);
    remove_file(path);
}

static void a_context_wins_over_the_environment_and_loses_to_flags(void **state)
{
    static const char *const variables[] = {"TIDEWATCH_OPERATIONS_URL=http://env:1",
                                            "TIDEWATCH_AUTH_TOKEN_FILE=/env/token",
                                            "TIDEWATCH_CLIENT_TIMEOUT=7s", NULL};
    static const char *const flags[] = {"--alertmanager.url=http://flag:1"};
    char *path = write_file("t.conf", two_contexts, 0644);
    struct config_environment env = {.all = variables, .context = "staging"};
    struct config config;

    (void)state;
    assert_int_equal(config_load(&env, path, 1, flags, &config, NULL), 0);
    assert_string_equal(config.operations_url, "http://ops.staging:8003");
    assert_string_equal(config.operations.token_file, "");
    assert_string_equal(config.ml_url, "");
    assert_string_equal(config.alertmanager_url, "http://flag:1");
    CHECK(config.timeout_ms == 7000);
    config_finish(&config);
    remove_file(path);
}

static void a_context_without_a_token_file_is_sent_no_other_token(void **state)
{
    char *path = write_file("t.conf", two_contexts, 0644);
    char *local = write_file("operator.token", "0123456789abcdef\n", 0600);
    struct config_environment env = {.tidewatch_state = folder, .context = "staging"};
    struct config config;
    struct tw_error err;
    char *token = NULL;

    (void)state;
    assert_int_equal(config_load(&env, path, 0, NULL, &config, NULL), 0);
    assert_int_equal(config_read_token(&config, &env, &token, &err), -1);
    CHECK(err.code == TW_NOT_FOUND && strstr(err.message, "context 'staging' names no token_file"));
    assert_null(token);
    config_finish(&config);
    remove_file(local);
    remove_file(path);
}

#define SERVERS "prometheus = http://a\nalertmanager = http://b\noperations = http://c\n"

static void what_is_wrong_with_a_context_names_file_line_and_the_nearest(void **state)
{
    static const struct {
        const char *text, *context, *fault;
    } cases[] = {
        {"[context.a]\n" SERVERS "promethus = http://x\n", NULL,
         "t.conf:5: unknown setting 'promethus'; did you mean 'prometheus'?"},
        {"[context.a]\nprometheus = http://a\n", NULL,
         "t.conf:2: alertmanager of context 'a' is missing"},
        {"[context.a]\n" SERVERS "ml = ftp://x\n", NULL,
         "t.conf:5: ml of context 'a' begins with neither"},
        {"[context.a]\n" SERVERS "llm = http://u:secret-word@x\n", NULL,
         "t.conf:5: llm of context 'a' holds a name or password"},
        {"[context.a]\n" SERVERS "ml = http://x/a?b\n", NULL,
         "t.conf:5: ml of context 'a' holds a '?'"},
        {"[prometheus]\nurl = http://u:secret-word@x\n", NULL,
         "prometheus.url holds a name or password: that goes into user and password_file"},
        {"[context.a]\n" SERVERS "prometheus_key_file = live.key\n", NULL,
         "t.conf:5: prometheus_key_file of context 'a' is no path"},
        {"[context.a]\n" SERVERS "token_file = live.token\n", NULL,
         "t.conf:5: token_file of context 'a' is no path"},
        {"[context.a]\n" SERVERS "prod = perhaps\n", NULL, "t.conf:5: prod"},
        {"[context.a]\n" SERVERS "prod = yes\nprod = no\n", NULL,
         "t.conf:6: prod is set already on line 5"},
        {"[context.]\n" SERVERS, NULL, "t.conf:2: the section's name needs"},
        {"[context.a.b]\n" SERVERS, NULL, "t.conf:2: the section's name needs"},
        {"[context.staging]\n" SERVERS, "stagng", "there is no context 'stagng'"},
        {"[context.staging]\n" SERVERS, "stagng", "did you mean 'staging'?"},
        {"[prometheus]\nuri = http://x\n", NULL,
         "t.conf:2: unknown setting 'prometheus.uri'; did you mean 'prometheus.url'?"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *path = write_file("t.conf", cases[i].text, 0644);
        struct config_environment env = {.context = cases[i].context};
        struct config config;
        struct tw_error err;

        assert_int_equal(config_load(&env, path, 0, NULL, &config, &err), -1);
        CHECK(err.code == TW_INVALID);
        if (!strstr(err.message, cases[i].fault))
            fail_msg("\"%s\" has no \"%s\"", err.message, cases[i].fault);
        CHECK(!strstr(err.message, "secret-word"));
        remove_file(path);
    }
}

static void there_are_at_most_32_contexts(void **state)
{
    struct config_environment env = {0};
    struct config config;
    struct buffer text;

    (void)state;
    for (int n = 32; n <= 33; n++) {
        struct tw_error err;
        char *path;

        buffer_init(&text, 65536);
        for (int i = 0; i < n; i++)
            (void)buffer_printf(&text, "[context.c%d]\n" SERVERS, i);
        path = write_file("t.conf", buffer_text(&text), 0644);
        if (n == 32) {
            assert_int_equal(config_load(&env, path, 0, NULL, &config, &err), 0);
            config_finish(&config);
        } else {
            assert_int_equal(config_load(&env, path, 0, NULL, &config, &err), -1);
            CHECK(strstr(err.message, "more than 32"));
        }
        remove_file(path);
        buffer_finish(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_context_names_the_servers_and_whether_it_is_production),
        TEST(a_context_wins_over_the_environment_and_loses_to_flags),
        TEST(a_context_without_a_token_file_is_sent_no_other_token),
        TEST(what_is_wrong_with_a_context_names_file_line_and_the_nearest),
        TEST(there_are_at_most_32_contexts),
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
