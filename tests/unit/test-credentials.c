#include "test.h"

#include "common/alloc.h"
#include "common/credentials.h"

#include <sys/stat.h>
#include <unistd.h>

#define PEM "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"

static char folder[] = "/tmp/tidewatch-credentials-XXXXXX";
static char *paths[16]; /* owned; of the files of one test */
static size_t n_paths;

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

static int remove_files(void **state)
{
    (void)state;
    while (n_paths > 0) {
        (void)unlink(paths[--n_paths]);
        free(paths[n_paths]);
    }
    return 0;
}

/* A new file each time, as editors and secret stores replace theirs. */
static char *put(const char *name, const char *text, mode_t mode)
{
    char *path = xprintf_dup("%s/%s", folder, name);
    CLEANUP(freep) char *beside = xprintf_dup("%s.new", path);
    FILE *file = fopen(beside, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(beside, mode), 0);
    assert_int_equal(rename(beside, path), 0);
    paths[n_paths++] = path;
    return path;
}

static struct credentials *read_good(const struct credential_settings *settings)
{
    struct credentials *credentials = NULL;
    struct tw_error err;

    if (credentials_new(settings, "prometheus", false, &credentials, &err) < 0)
        fail_msg("%s", err.message);
    return credentials;
}

static void check_fault(const struct credential_settings *settings, const char *fault)
{
    struct credentials *credentials = NULL;
    struct tw_error err;

    assert_int_equal(credentials_new(settings, "prometheus", false, &credentials, &err), -1);
    if (!strstr(err.message, fault))
        fail_msg("\"%s\" has no \"%s\"", err.message, fault);
    CHECK(!strstr(err.message, "hunter2"));
}

static void nothing_set_is_nothing_shown(void **state)
{
    struct credential_settings settings = {.user = (char[]){""}, .token_file = (char[]){""}};
    CLEANUP(credentials_freep) struct credentials *credentials = read_good(&settings);
    const struct fetch_access *access = credentials_access(credentials);

    (void)state;
    assert_null(access->authorization);
    assert_null(access->headers[0]);
    assert_null(access->ca_pem);
    assert_null(credentials_access(NULL));
    assert_int_equal(credentials_refresh(NULL, NULL, NULL), 0);
}

static void a_token_is_a_bearer(void **state)
{
    struct credential_settings settings = {.token_file = put("t", "hunter2-token\n", 0600)};
    CLEANUP(credentials_freep) struct credentials *credentials = read_good(&settings);
    const struct fetch_access *access = credentials_access(credentials);

    (void)state;
    assert_string_equal(access->authorization, "Bearer hunter2-token");
    assert_string_equal(access->secrets[0], "hunter2-token");
    assert_null(access->secrets[1]);
}

/* The pair of RFC 7617, section 2. */
static void a_user_and_a_password_are_basic(void **state)
{
    struct credential_settings settings = {.user = (char[]){"Aladdin"},
                                           .password_file = put("p", "open-sesame\n", 0600)};
    CLEANUP(credentials_freep) struct credentials *credentials = read_good(&settings);
    const struct fetch_access *access = credentials_access(credentials);

    (void)state;
    assert_string_equal(access->authorization, "Basic QWxhZGRpbjpvcGVuLXNlc2FtZQ==");
    assert_string_equal(access->secrets[0], "QWxhZGRpbjpvcGVuLXNlc2FtZQ==");
    assert_string_equal(access->secrets[1], "open-sesame");
}

static void headers_come_from_the_settings_and_from_a_file(void **state)
{
    struct credential_settings settings = {
        .headers = (char[]){"X-Scope-OrgID: a|b; X-Team:ml "},
        .headers_file = put("h", "# of the proxy\n\nCookie: session=hunter2-cookie\r\n", 0600)};
    CLEANUP(credentials_freep) struct credentials *credentials = read_good(&settings);
    const struct fetch_access *access = credentials_access(credentials);

    (void)state;
    assert_string_equal(access->headers[0], "X-Scope-OrgID: a|b");
    assert_string_equal(access->headers[1], "X-Team:ml");
    assert_string_equal(access->headers[2], "Cookie: session=hunter2-cookie");
    assert_null(access->headers[3]);
    assert_string_equal(access->secrets[0], "session=hunter2-cookie");
    assert_null(access->secrets[1]);
}

static void a_header_that_is_none_or_a_secret_in_the_open_is_refused(void **state)
{
    static const struct {
        const char *headers, *fault;
    } cases[] = {
        {"X-Scope-OrgID", "a header of prometheus, 'X-Scope-OrgID', is not 'Name: value'"},
        {"X Y: 1", "is not 'Name: value'"},
        {"X-Empty:  ", "is not 'Name: value'"},
        {"authorization: Bearer hunter2", "'authorization', is a secret: put it into headers_file"},
        {"X-Api-Key: hunter2", "is a secret"},
        {"Content-Length: 3", "is made by the program itself"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(freep) char *headers = xstrdup(cases[i].headers);
        struct credential_settings settings = {.headers = headers};

        check_fault(&settings, cases[i].fault);
    }
}

static void certificates_may_be_read_by_others_and_keys_not(void **state)
{
    struct credential_settings settings = {.ca_file = put("ca", PEM, 0644),
                                           .cert_file = put("cert", PEM, 0644),
                                           .key_file = put("key", PEM, 0600)};
    CLEANUP(credentials_freep) struct credentials *credentials = read_good(&settings);

    (void)state;
    assert_string_equal(credentials_access(credentials)->cert_pem, PEM);
    assert_string_equal(credentials_access(credentials)->ca_file, settings.ca_file);
    assert_int_equal(chmod(settings.key_file, 0640), 0);
    check_fault(&settings, "the key file is open to others (mode 640) and not used: chmod 600 '");
    settings.key_file = NULL;
    check_fault(&settings, "the certificate file is open to others");
    settings.cert_file = put("text", "hunter2\n", 0600);
    check_fault(&settings, "holds no PEM");
}

static void what_contradicts_itself_is_refused(void **state)
{
    char *token = put("t", "hunter2-token\n", 0600), *password = put("p", "hunter2\n", 0600);
    char *both = put("h", "Authorization: Bearer hunter2\n", 0600);

    const struct {
        struct credential_settings settings;
        const char *fault;
    } cases[] = {
        {{.user = (char[]){"a"}}, "has a user and no password_file"},
        {{.password_file = password}, "has a password_file and no user"},
        {{.user = (char[]){"a:b"}, .password_file = password}, "holds a ':'"},
        {{.user = (char[]){"a"}, .password_file = password, .token_file = token},
         "has both a token_file and a user"},
        {{.token_file = token, .headers_file = both}, "both an Authorization header and a token"},
        {{.key_file = token}, "has a key_file and no cert_file"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_fault(&cases[i].settings, cases[i].fault);
}

static void what_is_not_fit_is_told_with_its_file(void **state)
{
    struct credential_settings settings = {.token_file = put("t", "two words\n", 0600)};

    (void)state;
    check_fault(&settings, "the token file '/tmp/tidewatch-credentials-");
    check_fault(&settings, "does not hold one line of 1 to 4096 characters");
    settings.token_file = put("t", "a\nb\n", 0600);
    check_fault(&settings, "does not hold one line");
    settings.token_file = put("t", "", 0600);
    check_fault(&settings, "does not hold one line");
    settings.token_file = folder;
    check_fault(&settings, "is not a regular file");
    settings.token_file = (char[]){"/nonexistent/token"};
    check_fault(&settings, "cannot read the token file '/nonexistent/token': No such file");
}

static void a_file_that_changes_is_read_again(void **state)
{
    struct credential_settings settings = {.token_file = put("t", "first-token\n", 0600)};
    CLEANUP(credentials_freep) struct credentials *credentials = read_good(&settings);
    bool is_changed = true;
    struct tw_error err;

    (void)state;
    assert_int_equal(credentials_refresh(credentials, &is_changed, &err), 0);
    assert_false(is_changed);
    (void)put("t", "other-token\n", 0600);
    assert_int_equal(credentials_refresh(credentials, &is_changed, &err), 0);
    assert_true(is_changed);
    assert_string_equal(credentials_access(credentials)->authorization, "Bearer other-token");
}

static void one_that_becomes_unfit_is_an_error_until_it_is_mended(void **state)
{
    struct credential_settings settings = {.token_file = put("t", "first-token\n", 0600)};
    CLEANUP(credentials_freep) struct credentials *credentials = read_good(&settings);
    struct tw_error err;

    (void)state;
    assert_int_equal(chmod(settings.token_file, 0604), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(credentials_refresh(credentials, NULL, &err), -1);
        CHECK(strstr(err.message, "open to others (mode 604)"));
        assert_null(credentials_access(credentials)->authorization);
    }
    assert_int_equal(chmod(settings.token_file, 0600), 0);
    assert_int_equal(credentials_refresh(credentials, NULL, &err), 0);
    assert_string_equal(credentials_access(credentials)->authorization, "Bearer first-token");
    assert_int_equal(unlink(settings.token_file), 0);
    assert_int_equal(credentials_refresh(credentials, NULL, &err), -1);
    CHECK(err.code == TW_NOT_FOUND);
}

static void an_optional_token_comes_and_goes(void **state)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/later", folder);
    struct credential_settings settings = {.token_file = path};
    CLEANUP(credentials_freep) struct credentials *credentials = NULL;
    struct tw_error err;

    (void)state;
    assert_int_equal(credentials_new(&settings, "backend", true, &credentials, &err), 0);
    assert_null(credentials_access(credentials)->authorization);
    (void)put("later", "operator-token\n", 0600);
    assert_int_equal(credentials_refresh(credentials, NULL, &err), 0);
    assert_string_equal(credentials_access(credentials)->authorization, "Bearer operator-token");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(credentials_refresh(credentials, NULL, &err), 0);
    assert_null(credentials_access(credentials)->authorization);
}

#define WITH_FILES(name) cmocka_unit_test_teardown(name, remove_files)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_FILES(nothing_set_is_nothing_shown),
        WITH_FILES(a_token_is_a_bearer),
        WITH_FILES(a_user_and_a_password_are_basic),
        WITH_FILES(headers_come_from_the_settings_and_from_a_file),
        WITH_FILES(a_header_that_is_none_or_a_secret_in_the_open_is_refused),
        WITH_FILES(certificates_may_be_read_by_others_and_keys_not),
        WITH_FILES(what_contradicts_itself_is_refused),
        WITH_FILES(what_is_not_fit_is_told_with_its_file),
        WITH_FILES(a_file_that_changes_is_read_again),
        WITH_FILES(one_that_becomes_unfit_is_an_error_until_it_is_mended),
        WITH_FILES(an_optional_token_comes_and_goes),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
