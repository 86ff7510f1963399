#include "test.h"

#include "common/lock_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct lock_case {
    char folder[64];
    char path[96];
    int fd;
};

static int set_up(void **state)
{
    struct lock_case *c = calloc(1, sizeof(*c));

    if (!c)
        return -1;
    (void)snprintf(c->folder, sizeof(c->folder), "/tmp/tidewatch-lock-XXXXXX");
    if (!mkdtemp(c->folder))
        return -1;
    (void)snprintf(c->path, sizeof(c->path), "%s/lock", c->folder);
    c->fd = -1;
    *state = c;
    return 0;
}

static int tear_down(void **state)
{
    struct lock_case *c = *state;

    lock_file_release(c->fd);
    (void)unlink(c->path);
    (void)rmdir(c->folder);
    free(c);
    return 0;
}

static void expect_busy(const struct lock_case *c, const char *text)
{
    struct tw_error why = {0};
    int fd = -1;

    assert_int_equal(lock_file_take(c->path, "the thing", &fd, &why), -1);
    assert_int_equal(why.code, TW_BUSY);
    if (!strstr(why.message, text))
        fail_msg("'%s' lacks '%s'", why.message, text);
    assert_int_equal(fd, -1);
}

static void the_second_is_told_who_holds_it(void **state)
{
    struct lock_case *c = *state;
    char expected[64];

    assert_int_equal(lock_file_take(c->path, "the thing", &c->fd, NULL), 0);
    (void)snprintf(expected, sizeof(expected), "the thing is in use by process %d on ", getpid());
    expect_busy(c, expected);
}

static void it_can_be_taken_again_after_it_was_let_go(void **state)
{
    struct lock_case *c = *state;
    struct stat info;

    assert_int_equal(lock_file_take(c->path, "the thing", &c->fd, NULL), 0);
    lock_file_release(c->fd);
    assert_int_equal(stat(c->path, &info), 0); /* it stays */
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(lock_file_take(c->path, "the thing", &c->fd, NULL), 0);
}

static void what_stands_in_the_file_cannot_forge_a_message(void **state)
{
    struct lock_case *c = *state;

    assert_int_equal(lock_file_take(c->path, "the thing", &c->fd, NULL), 0);
    assert_int_equal(pwrite(c->fd, "pro\033[2J\n", 8, 0), 8);
    expect_busy(c, "in use by another process");
    assert_int_equal(ftruncate(c->fd, 0), 0);
    expect_busy(c, "in use by another process");
}

static void a_program_that_is_started_does_not_inherit_it(void **state)
{
    struct lock_case *c = *state;

    assert_int_equal(lock_file_take(c->path, "the thing", &c->fd, NULL), 0);
    CHECK(fcntl(c->fd, F_GETFD) & FD_CLOEXEC);
}

static void a_link_or_a_missing_folder_is_no_place_for_it(void **state)
{
    struct lock_case *c = *state;
    struct tw_error why = {0};

    assert_int_equal(symlink("/tmp/elsewhere", c->path), 0);
    assert_int_equal(lock_file_take(c->path, "the thing", &c->fd, &why), -1);
    assert_int_equal(why.code, TW_BROKEN);
    assert_int_equal(lock_file_take("/nowhere/lock", "the thing", &c->fd, &why), -1);
    CHECK(strstr(why.message, "cannot create '/nowhere/lock'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_second_is_told_who_holds_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_can_be_taken_again_after_it_was_let_go, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_stands_in_the_file_cannot_forge_a_message, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_program_that_is_started_does_not_inherit_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_link_or_a_missing_folder_is_no_place_for_it, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("lock-file", tests, NULL, NULL);
}
