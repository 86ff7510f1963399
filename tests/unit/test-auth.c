#include "test.h"

#include "common/file.h"
#include "server/http/auth.h"

#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/tw-auth-XXXXXX";

static const char *write_file(const char *text, mode_t mode)
{
    static char path[64];

    (void)snprintf(path, sizeof(path), "%s/tokens", folder);
    assert_int_equal(file_write_atomically(path, text, strlen(text), mode, NULL), 0);
    return path;
}

static enum role role_of(const struct auth *auth, const char *header)
{
    bool is_known;

    return auth_role(auth, header, &is_known);
}

static void the_operators_token_operates_and_leaves_the_rest_open(void **state)
{
    CLEANUP(auth_freep) struct auth *auth = auth_new();
    bool is_known;

    (void)state;
    assert_int_equal(
        auth_add_token_file(auth, write_file("0123456789abcdef\n", 0600), ROLE_OPERATE, NULL), 0);
    CHECK(!auth_is_restricted(auth));
    assert_int_equal(role_of(auth, "Bearer 0123456789abcdef"), ROLE_OPERATE);
    assert_int_equal(role_of(auth, "bearer 0123456789abcdef"), ROLE_OPERATE);
    assert_int_equal(role_of(auth, NULL), ROLE_INFER);
    assert_int_equal(auth_role(auth, "Bearer 0123456789abcdeX", &is_known), ROLE_NONE);
    CHECK(!is_known);
    assert_int_equal(role_of(auth, "Basic 0123456789abcdef"), ROLE_NONE);
    assert_int_equal(role_of(auth, "Bearer "), ROLE_NONE);
}

static void a_tokens_file_restricts_by_role(void **state)
{
    CLEANUP(auth_freep) struct auth *auth = auth_new();
    const char *path =
        write_file("# comment\n\nread readerreaderreader\r\ninfer\tinferinferinferinfer\n", 0600);

    (void)state;
    assert_int_equal(auth_add_tokens_file(auth, path, NULL), 0);
    CHECK(auth_is_restricted(auth));
    assert_int_equal(role_of(auth, "Bearer readerreaderreader"), ROLE_READ);
    assert_int_equal(role_of(auth, "Bearer inferinferinferinfer"), ROLE_INFER);
    assert_int_equal(role_of(auth, NULL), ROLE_NONE);
}

static void a_file_that_others_can_read_is_refused(void **state)
{
    CLEANUP(auth_freep) struct auth *auth = auth_new();
    struct tw_error err;

    (void)state;
    assert_int_equal(
        auth_add_token_file(auth, write_file("0123456789abcdef\n", 0640), ROLE_OPERATE, &err), -1);
    CHECK(strstr(err.message, "chmod 600"));
    assert_int_equal(auth_add_token_file(auth, folder, ROLE_OPERATE, &err), -1);
    assert_int_equal(auth_add_token_file(auth, "/nonexistent", ROLE_OPERATE, &err), -1);
}

static void a_bad_line_is_named_without_its_content(void **state)
{
    static const char *const bad[] = {"read readerreaderreader\nadmin secretsecretsecret\n",
                                      "# x\nread secret\n", "\noperate secret secret secret x\n",
                                      "\nread secretsecretsecret\xc3\xa9\n"};
    struct tw_error err;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        CLEANUP(auth_freep) struct auth *auth = auth_new();

        assert_int_equal(auth_add_tokens_file(auth, write_file(bad[i], 0600), &err), -1);
        CHECK(strstr(err.message, ":2:"));
        CHECK(!strstr(err.message, "secret"));
    }
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char path[64];

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/tokens", folder);
    (void)unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_operators_token_operates_and_leaves_the_rest_open),
        TEST(a_tokens_file_restricts_by_role),
        TEST(a_file_that_others_can_read_is_refused),
        TEST(a_bad_line_is_named_without_its_content),
    };

    return cmocka_run_group_tests_name("auth", tests, make_folder, remove_folder);
}
