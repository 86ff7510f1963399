#include "test.h"

#include "common/file.h"
#include "common/secret_file.h"

#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/tw-file-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static int count_files(void)
{
    DIR *dir = opendir(folder);
    int n = 0;

    while (readdir(dir)) // NOLINT(concurrency-mt-unsafe)
        n++;
    closedir(dir);
    return n - 2;
}

static void what_is_written_is_read_back_with_its_mode(void **state)
{
    struct stat info;
    char *text = NULL;
    size_t len;

    (void)state;
    assert_int_equal(file_write_atomically(in_folder("a"), "one", 3, 0600, NULL), 0);
    assert_int_equal(file_write_atomically(in_folder("a"), "t\0o", 3, 0640, NULL), 0);
    assert_int_equal(file_read(in_folder("a"), 3, &text, &len, NULL), 0);
    assert_int_equal(len, 3);
    assert_memory_equal(text, "t\0o", 4);
    free(text);
    assert_int_equal(stat(in_folder("a"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_int_equal(count_files(), 1);
    (void)unlink(in_folder("a"));
}

static void what_cannot_be_read_says_why(void **state)
{
    struct tw_error err;
    char *text = NULL;
    size_t len;

    (void)state;
    assert_int_equal(file_read(in_folder("none"), 10, &text, &len, &err), -1);
    assert_int_equal(err.code, TW_NOT_FOUND);
    assert_int_equal(file_read(folder, 10, &text, &len, &err), -1);
    assert_int_equal(err.code, TW_INVALID);
    assert_int_equal(file_write_atomically(in_folder("b"), "12345", 5, 0600, NULL), 0);
    assert_int_equal(file_read(in_folder("b"), 4, &text, &len, &err), -1);
    CHECK(strstr(err.message, "larger than 4 bytes"));
    (void)unlink(in_folder("b"));
}

static void a_failed_write_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_int_equal(file_make_folder(in_folder("d"), 0700, NULL), 0);
    assert_int_equal(file_write_atomically(in_folder("d"), "x", 1, 0600, NULL),
                     -1); /* a folder is there */
    assert_int_equal(count_files(), 1);
    (void)rmdir(in_folder("d"));
}

static void folders_are_made_with_what_is_above_them(void **state)
{
    struct stat info;
    struct tw_error err;

    (void)state;
    assert_int_equal(file_make_folder(in_folder("x/y/z"), 0700, NULL), 0);
    assert_int_equal(file_make_folder(in_folder("x/y/z"), 0700, NULL), 0);
    assert_int_equal(stat(in_folder("x/y/z"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_int_equal(file_write_atomically(in_folder("f"), "", 0, 0600, NULL), 0);
    assert_int_equal(file_make_folder(in_folder("f/g"), 0700, &err), -1);
    (void)unlink(in_folder("f"));
    (void)rmdir(in_folder("x/y/z"));
    (void)rmdir(in_folder("x/y"));
    (void)rmdir(in_folder("x"));
}

static void a_secret_is_read_where_nobody_else_can(void **state)
{
    static const struct {
        mode_t mode, forbidden;
        bool is_read;
    } cases[] = {
        {0600, SECRET_FILE_OWNER, true},
        {0400, SECRET_FILE_OWNER, true},
        {0640, SECRET_FILE_OWNER, false},
        {0604, SECRET_FILE_OWNER, false},
        {0640, SECRET_FILE_GROUP, true},
        {0660, SECRET_FILE_GROUP, false},
        {0604, SECRET_FILE_GROUP, false},
        {0601, SECRET_FILE_GROUP, false},
        {0644, 0, true},
    };
    struct tw_error err;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct secret_file file = {in_folder("s"), "token", cases[i].forbidden, 3};
        CLEANUP(secret_file_freep) char *text = NULL;
        struct stat status = {0};
        int result;

        assert_int_equal(file_write_atomically(in_folder("s"), "key", 3, cases[i].mode, NULL), 0);
        result = secret_file_read(&file, &text, &status, &err);
        assert_int_equal(result, cases[i].is_read ? 0 : -1);
        assert_int_equal(status.st_size, cases[i].is_read ? 3 : 0);
        if (cases[i].is_read)
            assert_string_equal(text, "key");
        else
            CHECK(strstr(err.message, "chmod") && !strstr(err.message, "key"));
    }
    (void)unlink(in_folder("s"));
}

static void a_secret_that_is_too_long_or_no_text_is_refused(void **state)
{
    struct secret_file file = {in_folder("s"), "token", SECRET_FILE_OWNER, 3};
    struct tw_error err;
    char *text = NULL;

    (void)state;
    assert_int_equal(file_write_atomically(file.path, "ke\0y", 4, 0600, NULL), 0);
    assert_int_equal(secret_file_read(&file, &text, NULL, &err), -1);
    file.max_bytes = 4;
    assert_int_equal(secret_file_read(&file, &text, NULL, &err), -1);
    assert_int_equal(err.code, TW_INVALID);
    (void)unlink(file.path);
    assert_int_equal(secret_file_read(&file, &text, NULL, &err), -1);
    assert_int_equal(err.code, TW_NOT_FOUND);
    file.path = folder;
    assert_int_equal(secret_file_read(&file, &text, NULL, &err), -1);
    assert_int_equal(err.code, TW_INVALID);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read_back_with_its_mode),
        TEST(what_cannot_be_read_says_why),
        TEST(a_failed_write_leaves_nothing_behind),
        TEST(folders_are_made_with_what_is_above_them),
        TEST(a_secret_is_read_where_nobody_else_can),
        TEST(a_secret_that_is_too_long_or_no_text_is_refused),
    };

    return cmocka_run_group_tests_name("file", tests, make_folder, remove_folder);
}
