/* Settings changed in the text of a configuration file, and in the file. */

#include "test.h"

#include "common/alloc.h"
#include "common/file.h"
#include "tui/draw/theme.h"
#include "tui/poll/config_edit.h"
#include "tui/poll/config_save.h"

#include <sys/stat.h>
#include <unistd.h>

static const struct config_change changes[] = {{"console.theme", "dark"}, {"console.range", "1h"}};

static char *edit(const char *text)
{
    struct buffer out;

    buffer_init(&out, 65536);
    config_edit(text, strlen(text), changes, COUNT_OF(changes), &out);
    return buffer_take(&out, NULL);
}

static void only_the_values_change_where_they_stand(void **unused)
{
    static const struct {
        const char *before, *after;
    } cases[] = {
        {"[console]\ntheme = light\nrange = 3h\n", "[console]\ntheme = dark\nrange = 1h\n"},
        {"# a\n\n[console]\n  theme:light   ; mine\n;range = 2h\nrange=3h\r\n# end",
         "# a\n\n[console]\n  theme:dark   ; mine\n;range = 2h\nrange=1h\r\n# end\n"},
        {"console.theme = x\n[console]\nrange = y",
         "console.theme = dark\n[console]\nrange = 1h\n"},
        {"[console]\ntheme =\nrange = ; none\n", "[console]\ntheme = dark\nrange = 1h ; none\n"},
        {"[console]\nrange = a;b = c ; d\ntheme = t\n",
         "[console]\nrange = 1h ; d\ntheme = dark\n"},
    };

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(freep) char *after = edit(cases[i].before);
        CLEANUP(freep) char *again = edit(after);

        assert_string_equal(after, cases[i].after);
        assert_string_equal(again, after);
    }
}

static void what_is_missing_goes_into_its_section_or_a_new_one(void **unused)
{
    static const struct {
        const char *before, *after;
    } cases[] = {
        {"", "[console]\ntheme = dark\nrange = 1h\n"},
        {"[ml]\nurl = x", "[ml]\nurl = x\n\n[console]\ntheme = dark\nrange = 1h\n"},
        {"[console]\n\n[ml]\nurl = x\n", "[console]\ntheme = dark\nrange = 1h\n\n[ml]\nurl = x\n"},
        {"[console]\ntheme = a\n\n# of ml\n[ml]\nurl = x\n[console]\nview = drift\n",
         "[console]\ntheme = dark\nrange = 1h\n\n# of ml\n[ml]\nurl = x\n[console]\nview = drift\n"},
        {"[console]\r\ntheme = a\r\n", "[console]\r\ntheme = dark\r\nrange = 1h\r\n"},
        {"\xef\xbb\xbf[console]\ntheme = a\n", "\xef\xbb\xbf[console]\ntheme = dark\nrange = 1h\n"},
        {"[context.console]\nprod = true\n",
         "[context.console]\nprod = true\n\n[console]\ntheme = dark\nrange = 1h\n"},
    };

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(freep) char *after = edit(cases[i].before);

        assert_string_equal(after, cases[i].after);
    }
}

/* ---- The file ------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/tidewatch-save-XXXXXX";

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

static struct config console_of(enum theme theme, int64_t range_ms)
{
    return (struct config){
        .theme = (int)theme, .range_ms = range_ms, .has_mouse = true, .keeps_history = true};
}

static void put(const char *path, const char *text, mode_t mode)
{
    assert_int_equal(file_write_atomically(path, text, strlen(text), mode, NULL), 0);
}

static char *content_dup(const char *path)
{
    char *text = NULL;
    size_t len;

    assert_int_equal(file_read(path, 65536, &text, &len, NULL), 0);
    return text;
}

static mode_t mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(lstat(path, &status), 0);
    return status.st_mode;
}

static void the_file_keeps_its_mode_and_all_else_and_is_read_back(void **unused)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/own.conf", folder);
    CLEANUP(freep) char *link_path = xprintf_dup("%s/link.conf", folder);
    struct config now = console_of(THEME_DARK, 3600000), read;
    static const struct config_environment bare = {0};
    CLEANUP(freep) char *text = NULL;
    struct buffer told;

    (void)unused;
    put(path, "# mine\n[ml]\nurl = http://x ; y\n[console]\ntheme = mono ; z\nview = drift\n",
        0600);
    assert_int_equal(symlink("own.conf", link_path), 0);
    buffer_init(&told, 4096);
    assert_int_equal(config_save_console(&now, link_path, &told, NULL), 0);
    text = content_dup(path);
    assert_string_equal(text, "# mine\n[ml]\nurl = http://x ; y\n[console]\ntheme = dark ; z\n"
                              "view = overview\nrange = 1h\nmouse = true\n");
    CHECK((mode_of(path) & 0777) == 0600 && S_ISLNK(mode_of(link_path)));
    CHECK(strstr(buffer_text(&told), "console.theme = dark   (was mono)"));
    assert_int_equal(config_load(&bare, path, 0, NULL, &read, NULL), 0);
    CHECK(read.theme == THEME_DARK && read.range_ms == 3600000 && read.has_mouse && read.view == 0);
    assert_string_equal(read.ml_url, "http://x");
    config_finish(&read);
    buffer_finish(&told);
    (void)unlink(path);
    (void)unlink(link_path);
}

static void a_file_that_is_not_there_is_its_owners_alone(void **unused)
{
    CLEANUP(freep) char *path = xprintf_dup("%s/a/b.conf", folder);
    CLEANUP(freep) char *above = xprintf_dup("%s/a", folder);
    struct config now = console_of(THEME_DEFAULT, 0), same = {.keeps_history = true};
    CLEANUP(freep) char *text = NULL;
    struct buffer told;

    (void)unused;
    buffer_init(&told, 4096);
    assert_int_equal(config_save_console(&same, path, &told, NULL), 0);
    CHECK(access(path, F_OK) != 0); /* nothing to write */
    assert_int_equal(config_save_console(&now, path, &told, NULL), 0);
    text = content_dup(path);
    assert_string_equal(text, "[console]\nmouse = true\n");
    CHECK((mode_of(path) & 0777) == 0600 && (mode_of(above) & 0777) == 0700);
    buffer_finish(&told);
    (void)unlink(path);
    (void)rmdir(above);
}

static void a_file_with_an_error_is_not_touched(void **unused)
{
    static const char wrong[] = "[console]\ntheme = pink\n";
    CLEANUP(freep) char *path = xprintf_dup("%s/own.conf", folder);
    struct config now = console_of(THEME_DARK, 0);
    CLEANUP(freep) char *text = NULL;
    struct tw_error err;
    struct buffer told;

    (void)unused;
    put(path, wrong, 0644);
    buffer_init(&told, 4096);
    assert_int_equal(config_save_console(&now, path, &told, &err), -1);
    CHECK(strstr(err.message, "own.conf:2: console.theme"));
    text = content_dup(path);
    assert_string_equal(text, wrong);
    buffer_finish(&told);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_the_values_change_where_they_stand),
        TEST(what_is_missing_goes_into_its_section_or_a_new_one),
        TEST(the_file_keeps_its_mode_and_all_else_and_is_read_back),
        TEST(a_file_that_is_not_there_is_its_owners_alone),
        TEST(a_file_with_an_error_is_not_touched),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
