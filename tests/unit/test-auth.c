#include "test.h"

#include "common/alloc.h"
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
    const char *name;

    return auth_role(auth, header, &name);
}

static void the_operators_token_operates_and_leaves_the_rest_open(void **state)
{
    CLEANUP(auth_freep) struct auth *auth = auth_new();
    const char *name;

    (void)state;
    assert_int_equal(auth_add_token_file(auth, write_file("0123456789abcdef\n", 0600), ROLE_OPERATE,
                                         "operator", NULL),
                     0);
    CHECK(!auth_is_restricted(auth));
    assert_int_equal(role_of(auth, "Bearer 0123456789abcdef"), ROLE_OPERATE);
    assert_int_equal(role_of(auth, "bearer 0123456789abcdef"), ROLE_OPERATE);
    assert_int_equal(role_of(auth, NULL), ROLE_INFER);
    assert_int_equal(auth_role(auth, "Bearer 0123456789abcdeX", &name), ROLE_NONE);
    CHECK(!name);
    assert_int_equal(auth_role(auth, "Bearer 0123456789abcdef", &name), ROLE_OPERATE);
    assert_string_equal(name, "operator");
    (void)auth_role(auth, NULL, &name);
    assert_string_equal(name, "");
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
        auth_add_token_file(auth, write_file("0123456789abcdef\n", 0640), ROLE_OPERATE, "x", &err),
        -1);
    CHECK(strstr(err.message, "chmod 600"));
    assert_int_equal(auth_add_token_file(auth, folder, ROLE_OPERATE, "x", &err), -1);
    assert_int_equal(auth_add_token_file(auth, "/nonexistent", ROLE_OPERATE, "x", &err), -1);
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

static void made_tokens_are_kept_as_hashes_and_known_by_name(void **state)
{
    CLEANUP(auth_freep) struct auth *auth = auth_new();
    char ann[AUTH_TOKEN_SIZE], bob[AUTH_TOKEN_SIZE], header[128];
    CLEANUP(freep) char *text = NULL;
    const char *path = write_file("# ours, without a line's end", 0600), *name;
    size_t len;

    (void)state;
    assert_int_equal(auth_make_operator(path, "ann", ann, NULL), 0);
    assert_int_equal(auth_make_operator(path, "bob.2-x_Y", bob, NULL), 0);
    assert_int_equal(strlen(ann), AUTH_TOKEN_SIZE - 1);
    CHECK(strcmp(ann, bob) != 0);
    assert_int_equal(file_read(path, 4096, &text, &len, NULL), 0);
    CHECK(!strstr(text, ann) && !strstr(text, ann + 3) && strstr(text, "\nann:"));
    assert_int_equal(auth_add_operators_file(auth, path, NULL), 0);
    assert_int_equal(auth_n_tokens(auth), 2);
    (void)snprintf(header, sizeof(header), "Bearer %s", bob);
    assert_int_equal(auth_role(auth, header, &name), ROLE_OPERATE);
    assert_string_equal(name, "bob.2-x_Y");
    CHECK(!auth_is_restricted(auth));
}

static void the_file_of_operators_is_made_for_its_owner_alone(void **state)
{
    char path[64], token[AUTH_TOKEN_SIZE];
    struct stat info;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/tokens", folder);
    (void)unlink(path);
    assert_int_equal(auth_make_operator(path, "ann", token, NULL), 0);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void a_name_stands_once_and_is_plain(void **state)
{
    static const char *const bad[] = {
        "",    "operator", "simulations", "a b",
        "a:b", "a\nb",     "\xc3\xa9",    "0123456789012345678901234567890123"};
    const char *path = write_file("", 0600);
    char token[AUTH_TOKEN_SIZE];
    struct tw_error err;

    (void)state;
    assert_int_equal(auth_make_operator(path, "ann", token, NULL), 0);
    assert_int_equal(auth_make_operator(path, "ann", token, &err), -1);
    CHECK(strstr(err.message, "already"));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(auth_make_operator(path, bad[i], token, NULL), -1);
}

static void a_bad_line_of_operators_is_named_without_its_content(void **state)
{
    static const char hash[] = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";
    char text[512];
    const char *const bad[] = {"ann:c0ffee", "ann c0ffee",     ":%s",    "a b:%s",
                               "ann:%s0",    "ann:%s\nann:%s", "ann:g%s"};
    struct tw_error err;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        CLEANUP(auth_freep) struct auth *auth = auth_new();
        char *at = text;

        for (const char *from = bad[i]; *from; from++) {
            if (*from != '%') {
                *at++ = *from;
                continue;
            }
            memcpy(at, hash, strlen(hash));
            at += strlen(hash);
            from++;
        }
        *at = '\0';
        assert_int_equal(auth_add_operators_file(auth, write_file(text, 0600), &err), -1);
        CHECK(!strstr(err.message, "c0ffee"));
    }
    CHECK(strstr(err.message, ":1:"));
}

static void a_reload_is_told_from_the_same_again(void **state)
{
    CLEANUP(auth_freep) struct auth *a = auth_new();
    CLEANUP(auth_freep) struct auth *b = auth_new();
    const char *name;

    (void)state;
    assert_int_equal(auth_add_token(a, "0123456789abcdef", ROLE_INFER, "one", NULL), 0);
    assert_int_equal(auth_add_token(b, "0123456789abcdef", ROLE_INFER, "one", NULL), 0);
    CHECK(auth_is_same(a, b));
    assert_int_equal(auth_add_token(b, "0123456789abcdeg", ROLE_INFER, "two", NULL), 0);
    CHECK(!auth_is_same(a, b));
    (void)auth_role(a, "Bearer 0123456789abcdef", &name);
    auth_succeed(b, TAKE(a));
    assert_string_equal(name, "one"); /* still there: the sanitizer would see it */
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
        TEST(made_tokens_are_kept_as_hashes_and_known_by_name),
        TEST(the_file_of_operators_is_made_for_its_owner_alone),
        TEST(a_name_stands_once_and_is_plain),
        TEST(a_bad_line_of_operators_is_named_without_its_content),
        TEST(a_reload_is_told_from_the_same_again),
    };

    return cmocka_run_group_tests_name("auth", tests, make_folder, remove_folder);
}
