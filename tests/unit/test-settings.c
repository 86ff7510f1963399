#include "test.h"

#include "common/dotenv.h"
#include "common/edit_distance.h"
#include "common/settings.h"

#include <sys/stat.h>
#include <unistd.h>

struct config {
    char *listen;
    char *api_key;
    int64_t window;
    double alpha;
    bool drills;
    int64_t max_age_ms;
    int64_t max_bytes;
    int durability;
    int64_t any;
};

#define AT(field) offsetof(struct config, field)

static const struct setting table[] = {
    {"ml.listen", SETTING_STRING, AT(listen), "127.0.0.1:8000", 0, 0, NULL, NULL,
     "Address of the ML API."},
    {"llm.api_key", SETTING_SECRET, AT(api_key), "", 0, 0, NULL, "OPENAI_API_KEY",
     "Key of the endpoint."},
    {"drift.window", SETTING_INT, AT(window), "200", 100, 5000, NULL, "DRIFT_WINDOW",
     "Predictions looked at."},
    {"drift.alpha", SETTING_NUMBER, AT(alpha), "0.001", 0.0001, 0.5, NULL, NULL, "Level."},
    {"drills.enabled", SETTING_BOOL, AT(drills), "false", 0, 0, NULL, NULL, "Allow drills."},
    {"store.max-age", SETTING_DURATION, AT(max_age_ms), "7d", 1000, 31536000000., NULL, NULL,
     "Retention."},
    {"store.max_bytes", SETTING_BYTES, AT(max_bytes), "1G", 0, 1099511627776., NULL, NULL, "Size."},
    {"store.durability", SETTING_CHOICE, AT(durability), "relaxed", 0, 0, "relaxed|commit", NULL,
     "When a row counts as stored."},
    {"store.any", SETTING_INT, AT(any), "-1", 0, 0, NULL, NULL, "A number without bounds."},
};

/* ---- A folder and a load for each test --------------------------------------------------------- */

struct fixture {
    char folder[64];
    char file[96], dotenv[96];
    struct config config;
    struct tw_error err;
};

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));

    (void)snprintf(f->folder, sizeof(f->folder), "/tmp/tidewatch-settings-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->file, sizeof(f->file), "%s/t.conf", f->folder);
    (void)snprintf(f->dotenv, sizeof(f->dotenv), "%s/.env", f->folder);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    (void)unlink(f->file);
    (void)unlink(f->dotenv);
    assert_int_equal(rmdir(f->folder), 0);
    settings_finish(table, COUNT_OF(table), &f->config);
    test_free(f);
    return 0;
}

static void write_bytes(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    CHECK(fwrite(bytes, 1, len, file) == len);
    CHECK(fclose(file) == 0);
}

/* Any source may be NULL. flags and env end with NULL. */
static int load(struct fixture *f,
                const char *file,
                const char *dotenv,
                const char *const *env,
                const char *const *flags)
{
    struct settings_sources sources = {.env = env, .flags = flags};

    if (file) {
        write_bytes(f->file, file, strlen(file));
        sources.file = f->file;
    }
    if (dotenv) {
        write_bytes(f->dotenv, dotenv, strlen(dotenv));
        sources.dotenv = f->dotenv;
    }
    while (flags && flags[sources.n_flags])
        sources.n_flags++;
    settings_finish(table, COUNT_OF(table), &f->config);
    memset(&f->config, 0, sizeof(f->config));
    return settings_load(table, COUNT_OF(table), &sources, &f->config, &f->err);
}

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static int load_file(struct fixture *f, const char *text)
{
    return load(f, text, NULL, NULL, NULL);
}

static int load_flag(struct fixture *f, const char *flag)
{
    return load(f, NULL, NULL, NULL, ARGS(flag));
}

static int load_env(struct fixture *f, const char *variable)
{
    return load(f, NULL, NULL, ARGS(variable), NULL);
}

static void check_message(struct fixture *f, const char *part)
{
    CHECK(f->err.code == TW_INVALID);
    if (!strstr(f->err.message, part))
        fail_msg("'%s' is not in: %s", part, f->err.message);
    /* Nothing to free, as settings.h says. */
    CHECK(f->config.listen == NULL && f->config.api_key == NULL);
}

/* ---- Values ------------------------------------------------------------------------------------ */

static void every_field_has_its_default(void **state)
{
    struct fixture *f = *state;

    CHECK(load(f, NULL, NULL, NULL, NULL) == 0);
    assert_string_equal(f->config.listen, "127.0.0.1:8000");
    assert_string_equal(f->config.api_key, "");
    CHECK(f->config.window == 200 && f->config.alpha == 0.001 && !f->config.drills);
    CHECK(f->config.max_age_ms == 604800000 && f->config.max_bytes == 1 << 30);
    CHECK(f->config.durability == 0 && f->config.any == -1);
}

static void a_file_sets_every_type(void **state)
{
    struct fixture *f = *state;

    CHECK(load_file(f, "# comment\n; comment\n\n"
                       "[ml]\nlisten = [::1]:9000 ; a comment\n"
                       "[llm]\napi_key: sk-1;2=3\n"
                       "[drift]\n   window=300\n\talpha = 1e-3\n"
                       "[drills]\nenabled = Yes\n"
                       "[store]\nmax-age = 90s\nmax_bytes = 64k\ndurability = commit\n"
                       "any = -9223372036854775808\n") == 0);
    assert_string_equal(f->config.listen, "[::1]:9000");
    assert_string_equal(f->config.api_key, "sk-1;2=3");
    CHECK(f->config.window == 300 && f->config.alpha == 0.001 && f->config.drills);
    CHECK(f->config.max_age_ms == 90000 && f->config.max_bytes == 65536);
    CHECK(f->config.durability == 1 && f->config.any == INT64_MIN);
}

static void units_are_read(void **state)
{
    static const struct {
        const char *flag;
        int64_t age, bytes;
    } cases[] = {
        {"--store.max-age=1500ms", 1500, 1 << 30},
        {"--store.max-age=1s", 1000, 1 << 30},
        {"--store.max-age=5m", 300000, 1 << 30},
        {"--store.max-age=6h", 21600000, 1 << 30},
        {"--store.max_bytes=0", 604800000, 0},
        {"--store.max_bytes=4096", 604800000, 4096},
        {"--store.max_bytes=2K", 604800000, 2048},
        {"--store.max_bytes=3m", 604800000, 3 << 20},
        {"--store.max_bytes=1024G", 604800000, 1L << 40},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (load_flag(f, cases[i].flag) != 0)
            fail_msg("%s: %s", cases[i].flag, f->err.message);
        CHECK(f->config.max_age_ms == cases[i].age && f->config.max_bytes == cases[i].bytes);
    }
}

static void words_for_yes_and_no_are_read(void **state)
{
    static const char *const yes[] = {"true", "yes", "on", "1", "TRUE"};
    static const char *const no[] = {"false", "no", "off", "0", "Off"};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(yes); i++) {
        CHECK(load(f, NULL, NULL, NULL, ARGS("--drills.enabled", yes[i])) == 0 && f->config.drills);
        CHECK(load(f, NULL, NULL, NULL, ARGS("--drills.enabled", no[i])) == 0 && !f->config.drills);
    }
}

static void what_is_wrong_names_the_source_and_what_is_allowed(void **state)
{
    static const struct {
        const char *flag, *message;
    } cases[] = {
        {"--drift.window=99",
         "--drift.window: drift.window = '99' is out of range; allowed is whole "
         "number, 100 to 5000"},
        {"--drift.window=5001", "out of range"},
        {"--drift.window=", "is no whole number"},
        {"--drift.window=12x", "is no whole number"},
        {"--drift.window= 200", "is no whole number"},
        {"--drift.window=+200", "is no whole number"},
        {"--drift.window=200.0", "is no whole number"},
        {"--drift.window=-", "is no whole number"},
        {"--drift.window=99999999999999999999", "is no whole number"},
        {"--store.any=9223372036854775808", "is no whole number"},
        {"--store.any=-9223372036854775809", "is no whole number"},
        {"--drift.alpha=nan", "is no number"},
        {"--drift.alpha=inf", "is no number"},
        {"--drift.alpha=0x1p-3", "is no number"},
        {"--drift.alpha=1e400", "is no number"},
        {"--drift.alpha= 0.1", "is no number"},
        {"--drift.alpha=0,1", "is no number"},
        {"--drift.alpha=", "is no number"},
        {"--drift.alpha=0.6", "out of range; allowed is number, 0.0001 to 0.5"},
        {"--drills.enabled=maybe", "'maybe' is neither; allowed is true or false"},
        {"--store.max-age=10", "has no unit; allowed is time like 500ms, 30s, 5m, 6h or 7d, 1s to "
                               "365d"},
        {"--store.max-age=10S", "has an unknown unit"},
        {"--store.max-age=10 s", "has an unknown unit"},
        {"--store.max-age=1.5h", "has an unknown unit"},
        {"--store.max-age=s", "cannot be read"},
        {"--store.max-age=-5s", "cannot be read"},
        {"--store.max-age=999ms", "out of range"},
        {"--store.max-age=0", "out of range"},
        {"--store.max-age=9223372036854775807d", "out of range"},
        {"--store.max_bytes=1KB", "has an unknown unit; allowed is size like 4096, 64k, 16M or 2G, "
                                  "0 to 1024G"},
        {"--store.max_bytes=9999999999999G", "out of range"},
        {"--store.durability=Commit", "'Commit' is none of the words; allowed is one of relaxed, "
                                      "commit"},
        {"--store.durability=relaxed|commit", "is none of the words"},
        {"--store.durability=", "is none of the words"},
        {"--ml.listen=a\nb", "holds a control character"},
        {"--ml.listen=a\x7f", "holds a control character"},
        {"--ml.listen=\xff", "is no valid UTF-8"},
        {"--ml.listen= a", "begins or ends with a blank"},
        {"--ml.listen=a ", "begins or ends with a blank"},
        {"--ml.listen=a ;b", "starts a comment"},
        {"--ml.listen=;b", "starts a comment"},
        {"--drift.window=\x1b[31m", "'?[31m'"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (load_flag(f, cases[i].flag) == 0)
            fail_msg("accepted: %s", cases[i].flag);
        check_message(f, cases[i].message);
    }
}

static void text_is_bounded(void **state)
{
    struct fixture *f = *state;
    char flag[SETTING_TEXT_MAX + 32];
    size_t name_len = strlen("--ml.listen=");

    memset(flag, 'a', sizeof(flag));
    memcpy(flag, "--ml.listen=", name_len);
    flag[name_len + SETTING_TEXT_MAX] = '\0';
    CHECK(load_flag(f, flag) == 0);
    flag[name_len + SETTING_TEXT_MAX] = 'a';
    flag[name_len + SETTING_TEXT_MAX + 1] = '\0';
    CHECK(load_flag(f, flag) < 0);
    check_message(f, "ml.listen is too long");
}

/* ---- Secrets ----------------------------------------------------------------------------------- */

static void no_error_shows_a_secret(void **state)
{
    static const char *const files[] = {
        "[llm]\napi_key = hunter2\x01\n",
        "[llm]\napi_key hunter2\n",
        "[llm]\napi_key hunter2: x\n",
        "[llm]\nhunter2 api_key = x\n",
        "[llm\napi_key = hunter2\n",
        "[llm]\napi_kye = hunter2\n",
        "[llm]\napi_key = hunter2\napi_key = hunter2\n",
        "[llm]\napi_key = hunter2\xff\n",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        CHECK(load_file(f, files[i]) < 0);
        CHECK(!strstr(f->err.message, "hunter2"));
    }
    CHECK(load_flag(f, "--llm.api_kye=hunter2") < 0 && !strstr(f->err.message, "hunter2"));
    CHECK(load_flag(f, "--llm.api_key=hunter2\n") < 0 && !strstr(f->err.message, "hunter2"));
    CHECK(load(f, NULL, NULL, NULL, ARGS("--llm.api_key=", "hunter2")) < 0);
    CHECK(!strstr(f->err.message, "hunter2"));
    CHECK(load_env(f, "TIDEWATCH_LLM_API_KYE=hunter2") < 0 && !strstr(f->err.message, "hunter2"));
    CHECK(load_env(f, "OPENAI_API_KEY=hunter2\t") < 0 && !strstr(f->err.message, "hunter2"));
    CHECK(load(f, NULL, "OPENAI_API_KEY='hunter2\n", NULL, NULL) < 0);
    CHECK(!strstr(f->err.message, "hunter2"));
    check_message(f, ".env:1: OPENAI_API_KEY has no closing quote");
}

static void a_printed_secret_is_masked_and_the_mask_is_no_secret(void **state)
{
    struct fixture *f = *state;
    struct buffer out;

    buffer_init(&out, 1 << 16);
    CHECK(load_flag(f, "--llm.api_key=hunter2") == 0);
    assert_string_equal(f->config.api_key, "hunter2");
    settings_print(table, COUNT_OF(table), &f->config, &out);
    CHECK(strstr(buffer_text(&out), "api_key = ***\n") && !strstr(buffer_text(&out), "hunter2"));
    CHECK(load_file(f, buffer_text(&out)) < 0);
    check_message(f, "stands for a secret that is not shown");
    buffer_finish(&out);
}

/* ---- Names ------------------------------------------------------------------------------------- */

static void an_unknown_key_names_the_line_and_the_nearest(void **state)
{
    struct fixture *f = *state;

    CHECK(load_file(f, "[ml]\n\n[drift]\nwindw = 5\n") < 0);
    check_message(f, "t.conf:4: unknown setting 'drift.windw'; did you mean 'drift.window'?");
    CHECK(load_file(f, "windwo = 5\n") < 0);
    check_message(f, "t.conf:1: unknown setting 'windwo'; did you mean 'drift.window'?");
    CHECK(load_file(f, "[something]\nelse = 5\n") < 0);
    assert_null(strstr(f->err.message, "did you mean"));
    CHECK(load_flag(f, "--drfit.alpha=1") < 0);
    check_message(f, "command line: unknown setting 'drfit.alpha'; did you mean 'drift.alpha'?");
    CHECK(load_flag(f, "--=") < 0);
    check_message(f, "unknown setting ''");
    CHECK(load_env(f, "TIDEWATCH_DRIFT_WINDWO=300") < 0);
    check_message(f, "environment: unknown setting 'TIDEWATCH_DRIFT_WINDWO'; did you mean "
                     "'TIDEWATCH_DRIFT_WINDOW'?");
    CHECK(load_env(f, "TIDEWATCH_Z=300") < 0);
    assert_null(strstr(f->err.message, "did you mean"));
}

static void other_variables_are_not_ours_to_judge(void **state)
{
    struct fixture *f = *state;

    CHECK(load(f, NULL, NULL,
               ARGS("TIDEWATCH_STATE=/x", "TIDEWATCH_CONFIG=/y", "PATH=/bin", "no equals sign", "=",
                    "tidewatch_drift_windw=1"),
               NULL) == 0);
}

static void edit_distance_counts_single_mistakes(void **state)
{
    char longest[EDIT_DISTANCE_LEN_MAX + 2];

    (void)state;
    CHECK(edit_distance("", "") == 0 && edit_distance("", "abc") == 3);
    CHECK(edit_distance("abc", "abc") == 0 && edit_distance("abc", "") == 3);
    CHECK(edit_distance("abc", "acb") == 1 && edit_distance("abc", "abd") == 1);
    CHECK(edit_distance("kitten", "sitting") == 3 && edit_distance("ca", "abc") == 3);
    memset(longest, 'a', sizeof(longest));
    longest[EDIT_DISTANCE_LEN_MAX] = '\0';
    CHECK(edit_distance(longest, "a") == EDIT_DISTANCE_LEN_MAX - 1);
    longest[EDIT_DISTANCE_LEN_MAX] = 'a';
    longest[EDIT_DISTANCE_LEN_MAX + 1] = '\0';
    CHECK(edit_distance("a", longest) == SIZE_MAX);
}

/* ---- Precedence -------------------------------------------------------------------------------- */

/* Every subset of the sources: the strongest that is there wins. */
static void the_stronger_source_wins_in_every_combination(void **state)
{
    enum { FROM_FILE, DOTENV_KNOWN, DOTENV, ENV_KNOWN, ENV, FLAG, N_SOURCES };
    struct fixture *f = *state;

    for (unsigned set = 0; set < 1u << N_SOURCES; set++) {
        const char *env[3] = {NULL}, *flags[2] = {NULL};
        char dotenv[128];
        size_t n_env = 0;
        int64_t want = 200;

        for (int i = 0; i < N_SOURCES; i++)
            if (set & 1u << i)
                want = 301 + i;
        (void)snprintf(dotenv, sizeof(dotenv), "%s%s",
                       set & 1u << DOTENV ? "TIDEWATCH_DRIFT_WINDOW=303\n" : "",
                       set & 1u << DOTENV_KNOWN ? "DRIFT_WINDOW=302\n" : "");
        if (set & 1u << ENV)
            env[n_env++] = "TIDEWATCH_DRIFT_WINDOW=305";
        if (set & 1u << ENV_KNOWN)
            env[n_env++] = "DRIFT_WINDOW=304";
        if (set & 1u << FLAG)
            flags[0] = "--drift.window=306";
        CHECK(load(f, set & 1u << FROM_FILE ? "[drift]\nwindow = 301\n" : "", dotenv, env, flags) ==
              0);
        if (f->config.window != want)
            fail_msg("sources %#x: %d, not %d", set, (int)f->config.window, (int)want);
    }
}

static void a_bad_value_is_an_error_even_where_it_is_overridden(void **state)
{
    struct fixture *f = *state;

    CHECK(load(f, "[drift]\nwindow = x\n", NULL, NULL, ARGS("--drift.window=300")) < 0);
    check_message(f, "t.conf:2: drift.window");
}

/* ---- Flags ------------------------------------------------------------------------------------- */

static void flags_take_their_value_in_either_form(void **state)
{
    struct fixture *f = *state;

    CHECK(load(f, NULL, NULL, NULL,
               ARGS("--drills.enabled", "--drift.window", "300", "--store.any", "-5", "--ml.listen",
                    "")) == 0);
    CHECK(f->config.drills && f->config.window == 300 && f->config.any == -5);
    assert_string_equal(f->config.listen, "");
    CHECK(load(f, NULL, NULL, NULL, ARGS("--drift.window=300", "--drift.window=400")) == 0);
    CHECK(f->config.window == 400);
    CHECK(load(f, NULL, NULL, NULL, ARGS("--drift.window=300", "--drills.enabled")) == 0);
    CHECK(f->config.drills);
}

static void flags_without_a_value_or_a_name_are_refused(void **state)
{
    struct fixture *f = *state;

    CHECK(load_flag(f, "--drift.window") < 0);
    check_message(f, "--drift.window needs a value");
    CHECK(load(f, NULL, NULL, NULL, ARGS("--drift.window", "--drills.enabled")) < 0);
    check_message(f, "--drift.window needs a value");
    CHECK(load(f, NULL, NULL, NULL, ARGS("--drills.enabled", "maybe")) < 0);
    check_message(f, "argument 2 of the settings is not --section.key=VALUE");
    CHECK(load_flag(f, "-x") < 0);
    check_message(f, "argument 1");
    CHECK(load_flag(f, "--") < 0);
    check_message(f, "argument 1");
}

/* ---- .env and well-known names ----------------------------------------------------------------- */

static void a_dotenv_file_is_read_as_a_shell_would(void **state)
{
    static const char text[] = "# comment\n"
                               "A=1\n"
                               "  export B = two words  # comment\r\n"
                               "export=3\n"
                               "C='it is # \"as\" \\ is'  # comment\n"
                               "D=\"a \\\" b \\\\ c \\n # \"\n"
                               "E=\n"
                               "F=#x\n"
                               "G=a#b\n"
                               "not an entry\n"
                               "1X=2\n"
                               "export\n"
                               "H=last";
    static const char *const want[][2] = {
        {"A", "1"},
        {"B", "two words"},
        {"export", "3"},
        {"C", "it is # \"as\" \\ is"},
        {"D", "a \" b \\ c \\n # "},
        {"E", ""},
        {"F", ""},
        {"G", "a#b"},
        {"H", "last"},
    };
    struct dotenv_entry entry;
    struct dotenv reader;

    (void)state;
    dotenv_start(&reader, text, strlen(text));
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        CHECK(dotenv_next(&reader, &entry));
        CHECK(entry.fault == NULL);
        assert_string_equal(entry.name, want[i][0]);
        assert_string_equal(entry.value, want[i][1]);
    }
    CHECK(entry.line == 13);
    CHECK(!dotenv_next(&reader, &entry));
}

static void a_dotenv_value_that_cannot_be_read_has_a_fault(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {
        {"A='x", 4}, {"A=\"x\\\"", 6}, {"A=\"x\\", 5}, {"A='x'y", 6}, {"A=x\0y", 5}, {"A='", 3},
    };

    char too_long[DOTENV_VALUE_MAX + 8];
    struct dotenv_entry entry;
    struct dotenv reader;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        dotenv_start(&reader, cases[i].text, cases[i].len);
        CHECK(dotenv_next(&reader, &entry));
        CHECK(entry.fault != NULL);
    }
    memset(too_long, 'a', sizeof(too_long));
    too_long[1] = '=';
    dotenv_start(&reader, too_long, 2 + DOTENV_VALUE_MAX);
    CHECK(dotenv_next(&reader, &entry) && !entry.fault);
    dotenv_start(&reader, too_long, 2 + DOTENV_VALUE_MAX + 1);
    CHECK(dotenv_next(&reader, &entry) && entry.fault);
    too_long[2] = '"';
    dotenv_start(&reader, too_long, sizeof(too_long));
    CHECK(dotenv_next(&reader, &entry) && entry.fault);
}

static void only_known_names_of_a_dotenv_file_are_looked_at(void **state)
{
    struct fixture *f = *state;

    CHECK(load(f, NULL,
               "\xef\xbb\xbfOPENAI_API_KEY=\"sk-1\"\nTIDEWATCH_WINDW=x\nGRAFANA='broken\n"
               "-----BEGIN KEY-----\nTIDEWATCH_DRIFT_WINDOW=300 # more\n",
               NULL, NULL) == 0);
    assert_string_equal(f->config.api_key, "sk-1");
    CHECK(f->config.window == 300);
    CHECK(load(f, NULL, "A=1\nTIDEWATCH_DRIFT_WINDOW=x\n", NULL, NULL) < 0);
    check_message(f, ".env:2: drift.window = 'x' is no whole number");
}

static void placeholders_under_a_well_known_name_count_as_unset(void **state)
{
    static const char *const unset[] = {
        "",
        "your-openai-api-key",
        "your_key_here",
        "YOUR-KEY",
        "https://hooks.slack.com/services/YOUR/WEBHOOK/URL",
        "your-email@gmail.com",
        "<your key>",
        "sk-xxx",
        "sk-XXXXXXXX-1",
        "https://hooks.slack.com/services/T000/B000/XXXX",
        "changeme",
        "oncall@example.com",
    };
    static const char *const set[] = {
        "sk-axxxb",           "xx", "sk-proj-1", "https://hooks.slack.com/services/T0/B1/yourself",
        "oncall@examples.io",
    };
    struct fixture *f = *state;
    char variable[128];

    for (size_t i = 0; i < COUNT_OF(unset); i++) {
        (void)snprintf(variable, sizeof(variable), "OPENAI_API_KEY=%s", unset[i]);
        CHECK(load(f, "[llm]\napi_key = file\n", variable, ARGS(variable), NULL) == 0);
        if (strcmp(f->config.api_key, "file") != 0)
            fail_msg("taken for a value: %s", unset[i]);
    }
    for (size_t i = 0; i < COUNT_OF(set); i++) {
        (void)snprintf(variable, sizeof(variable), "OPENAI_API_KEY=%s", set[i]);
        CHECK(load(f, NULL, NULL, ARGS(variable), NULL) == 0);
        assert_string_equal(f->config.api_key, set[i]);
    }
    /* Under our own name it is what somebody meant. */
    CHECK(load_env(f, "TIDEWATCH_LLM_API_KEY=changeme") == 0);
    assert_string_equal(f->config.api_key, "changeme");
}

/* ---- Files as they come ------------------------------------------------------------------------ */

static int load_bytes(struct fixture *f, const void *bytes, size_t len)
{
    struct settings_sources sources = {.file = f->file};

    write_bytes(f->file, bytes, len);
    settings_finish(table, COUNT_OF(table), &f->config);
    memset(&f->config, 0, sizeof(f->config));
    return settings_load(table, COUNT_OF(table), &sources, &f->config, &f->err);
}

static void files_of_other_editors_are_read(void **state)
{
    struct fixture *f = *state;

    CHECK(load_file(f, "\xef\xbb\xbf[drift]\r\nwindow = 300\r\n\r\nalpha = 0.1") == 0);
    CHECK(f->config.window == 300 && f->config.alpha == 0.1);
    CHECK(load_file(f, "\xef\xbb\xbf") == 0 && load_file(f, "") == 0 && load_file(f, "\n\n") == 0);
    CHECK(load_file(f, "drift.window = 300") == 0 && f->config.window == 300);
}

static void an_indented_line_is_no_continuation(void **state)
{
    struct fixture *f = *state;

    CHECK(load_file(f, "[drift]\nwindow = 300\n  alpha = 0.1\n") == 0);
    CHECK(f->config.window == 300 && f->config.alpha == 0.1);
    CHECK(load_file(f, "[drift]\nwindow = 300\n  400\n") < 0);
    check_message(f, "t.conf:3: neither [section] nor key = value");
}

static void a_key_that_stands_twice_names_both_lines(void **state)
{
    struct fixture *f = *state;

    CHECK(load_file(f, "[drift]\nwindow = 300\n[ml]\n[drift]\nwindow = 300\n") < 0);
    check_message(f, "t.conf:5: drift.window is set already on line 2");
}

static void the_first_fault_of_a_file_is_named(void **state)
{
    struct fixture *f = *state;

    CHECK(load_file(f, "[drift]\nwindow\nwindow = 1\n") < 0);
    check_message(f, "t.conf:2: neither");
    CHECK(load_file(f, "[drift]\nwindow = 1\nwindow\n") < 0);
    check_message(f, "t.conf:2: drift.window = '1' is out of range");
    CHECK(load_file(f, "[drift\nwindow = 300\n") < 0);
    check_message(f, "t.conf:1: neither");
    CHECK(load_file(f, "[drift]\n= 300\n") < 0);
    check_message(f, "t.conf:2: neither");
}

static void hostile_bytes_are_named_by_line(void **state)
{
    static const char nul[] = "[drift]\nwindow = 300\0\nalpha = 1\n";
    struct fixture *f = *state;

    CHECK(load_bytes(f, nul, sizeof(nul) - 1) < 0);
    check_message(f, "t.conf:2: a NUL byte");
    CHECK(load_file(f, "[drift]\nwindow = 3\x1b[31m\n") < 0);
    check_message(f, "t.conf:2: a control character");
    CHECK(load_file(f, "[drift]\n\nwindow = 3\rwindow = 4\n") < 0);
    check_message(f, "t.conf:3: a control character");
    CHECK(load_file(f, "# \xc3\x28\n") < 0);
    check_message(f, "t.conf:1: not valid UTF-8");
}

static void a_line_may_be_4000_bytes_and_no_more_than_libinih_takes(void **state)
{
    struct fixture *f = *state;
    char *text = test_malloc(6000);

    memset(text, 'a', 6000);
    memcpy(text, "#", 1);
    text[4000] = '\0';
#ifdef TW_INIH_HAS_MAX_LINE
    CHECK(load_file(f, text) == 0);
#endif
    text[4000] = 'a';
    text[5999] = '\0';
    CHECK(load_file(f, text) < 0);
    check_message(f, "t.conf:1: the line is too long");
    test_free(text);
}

static void a_file_over_a_megabyte_is_refused(void **state)
{
    const size_t len = 2 << 20;
    struct fixture *f = *state;
    char *text = test_malloc(len);
    struct settings_sources sources = {.dotenv = f->dotenv};

    memset(text, '\n', len);
    CHECK(load_bytes(f, text, 1 << 20) == 0);
    CHECK(load_bytes(f, text, (1 << 20) + 1) < 0);
    check_message(f, "t.conf is larger than 1048576 bytes");
    CHECK(load_bytes(f, text, len) < 0);
    write_bytes(f->dotenv, text, len);
    CHECK(settings_load(table, COUNT_OF(table), &sources, &f->config, &f->err) < 0);
    check_message(f, ".env is larger than 1048576 bytes");
    test_free(text);
}

static void a_missing_file_is_an_error_but_for_dotenv(void **state)
{
    struct fixture *f = *state;
    struct settings_sources sources = {.dotenv = f->dotenv};

    CHECK(settings_load(table, COUNT_OF(table), &sources, &f->config, &f->err) == 0);
    settings_finish(table, COUNT_OF(table), &f->config);
    sources.file = f->file;
    CHECK(settings_load(table, COUNT_OF(table), &sources, &f->config, &f->err) < 0);
    CHECK(f->err.code == TW_NOT_FOUND && strstr(f->err.message, "t.conf"));
    sources.file = f->folder; /* a folder opens but cannot be read */
    CHECK(settings_load(table, COUNT_OF(table), &sources, &f->config, &f->err) < 0);
    CHECK(f->err.code == TW_BROKEN);
    sources = (struct settings_sources){.dotenv = f->folder};
    CHECK(settings_load(table, COUNT_OF(table), &sources, &f->config, &f->err) < 0);
    CHECK(f->err.code == TW_BROKEN);
}

/* ---- Out --------------------------------------------------------------------------------------- */

static void what_is_printed_reads_back_the_same(void **state)
{
    struct fixture *f = *state;
    struct buffer first, second;

    buffer_init(&first, 1 << 16);
    buffer_init(&second, 1 << 16);
    CHECK(load(f, NULL, NULL, NULL,
               ARGS("--ml.listen=[::1]:1 # \xc3\xa4", "--drift.alpha=0.1234567890123456",
                    "--store.max-age=90s", "--store.max_bytes=1536", "--store.durability=commit",
                    "--drills.enabled", "--store.any=-7")) == 0);
    settings_print(table, COUNT_OF(table), &f->config, &first);
    assert_string_equal(buffer_text(&first),
                        "[ml]\nlisten = [::1]:1 # \xc3\xa4\n\n[llm]\napi_key = \n\n[drift]\n"
                        "window = 200\nalpha = 0.1234567890123456\n\n[drills]\nenabled = true\n\n"
                        "[store]\nmax-age = 90s\nmax_bytes = 1536\ndurability = commit\n"
                        "any = -7\n");
    CHECK(load_file(f, buffer_text(&first)) == 0);
    settings_print(table, COUNT_OF(table), &f->config, &second);
    assert_string_equal(buffer_text(&first), buffer_text(&second));
    buffer_finish(&first);
    buffer_finish(&second);
}

static void the_help_has_a_line_for_every_setting(void **state)
{
    struct buffer out;
    size_t n_lines = 0;

    (void)state;
    buffer_init(&out, 1 << 16);
    settings_help(table, COUNT_OF(table), &out);
    for (const char *c = buffer_text(&out); *c; c++)
        n_lines += *c == '\n';
    CHECK(n_lines == COUNT_OF(table));
    CHECK(strstr(buffer_text(&out), "drift.window                 whole number, 100 to 5000 [200] "
                                    "(also DRIFT_WINDOW): Predictions looked at.\n"));
    CHECK(strstr(buffer_text(&out),
                 "store.durability             one of relaxed, commit [relaxed]: "
                 "When a row counts as stored.\n"));
    CHECK(strstr(buffer_text(&out), "llm.api_key                  secret text (also OPENAI_API_KEY)"
                                    ": Key of the endpoint.\n"));
    buffer_finish(&out);
}

static void a_default_out_of_its_own_range_is_found(void **state)
{
    static const struct setting wrong = {"drift.window", SETTING_INT, AT(window), "5", 100,
                                         5000,           NULL,        NULL,       "x"};
    struct fixture *f = *state;

    CHECK(settings_load(&wrong, 1, &(struct settings_sources){0}, &f->config, &f->err) < 0);
    check_message(f, "default: drift.window = '5' is out of range");
}

#define IN_FOLDER(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(every_field_has_its_default),
        IN_FOLDER(a_file_sets_every_type),
        IN_FOLDER(units_are_read),
        IN_FOLDER(words_for_yes_and_no_are_read),
        IN_FOLDER(what_is_wrong_names_the_source_and_what_is_allowed),
        IN_FOLDER(text_is_bounded),
        IN_FOLDER(no_error_shows_a_secret),
        IN_FOLDER(a_printed_secret_is_masked_and_the_mask_is_no_secret),
        IN_FOLDER(an_unknown_key_names_the_line_and_the_nearest),
        IN_FOLDER(other_variables_are_not_ours_to_judge),
        TEST(edit_distance_counts_single_mistakes),
        IN_FOLDER(the_stronger_source_wins_in_every_combination),
        IN_FOLDER(a_bad_value_is_an_error_even_where_it_is_overridden),
        IN_FOLDER(flags_take_their_value_in_either_form),
        IN_FOLDER(flags_without_a_value_or_a_name_are_refused),
        TEST(a_dotenv_file_is_read_as_a_shell_would),
        TEST(a_dotenv_value_that_cannot_be_read_has_a_fault),
        IN_FOLDER(only_known_names_of_a_dotenv_file_are_looked_at),
        IN_FOLDER(placeholders_under_a_well_known_name_count_as_unset),
        IN_FOLDER(files_of_other_editors_are_read),
        IN_FOLDER(an_indented_line_is_no_continuation),
        IN_FOLDER(a_key_that_stands_twice_names_both_lines),
        IN_FOLDER(the_first_fault_of_a_file_is_named),
        IN_FOLDER(hostile_bytes_are_named_by_line),
        IN_FOLDER(a_line_may_be_4000_bytes_and_no_more_than_libinih_takes),
        IN_FOLDER(a_file_over_a_megabyte_is_refused),
        IN_FOLDER(a_missing_file_is_an_error_but_for_dotenv),
        IN_FOLDER(what_is_printed_reads_back_the_same),
        TEST(the_help_has_a_line_for_every_setting),
        IN_FOLDER(a_default_out_of_its_own_range_is_found),
    };

    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
