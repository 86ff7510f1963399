#include "test.h"

#include "common/alloc.h"
#include "common/file.h"
#include "server/render.h"

#include <sys/stat.h>
#include <unistd.h>

/* Where a test works: source/ with small templates, and out/. */
static char folder[64];

static const char *path_of(const char *name)
{
    static char path[160];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text)
{
    assert_int_equal(file_write_atomically(path_of(name), text, strlen(text), 0644, NULL), 0);
}

static void expect_file(const char *name, const char *text)
{
    char *got = NULL;
    size_t len;

    assert_int_equal(file_read(path_of(name), 65536, &got, &len, NULL), 0);
    assert_string_equal(got, text);
    free(got);
}

static bool exists(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

static unsigned mode_of(const char *name)
{
    struct stat info;

    assert_int_equal(stat(path_of(name), &info), 0);
    return info.st_mode & 07777;
}

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/tw-render-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(file_make_folder(path_of("source/rules"), 0700, NULL), 0);
    put("source/prometheus.yml", "am: '@ALERTMANAGER@'\n#@if ML\nml: '@ML@'\n#@end\n"
                                 "#@if READ_TOKEN_FILE\nread: '@READ_TOKEN_FILE@'\n#@end\n"
                                 "scrape_interval: 10s\n");
    put("source/alertmanager.yml",
        "#@if OPS\nlog: 'http://@OPS@/' '@OPERATOR_TOKEN_FILE@'\n#@end\n"
        "#@if SLACK_URL_FILE\nslack: '@SLACK_URL_FILE@'\n#@end\n"
        "#@if EMAIL_TO\nmail: '@SMTP_HOST@:@SMTP_PORT@ @SMTP_FROM@ @EMAIL_TO@' @SMTP_REQUIRE_TLS@\n"
        "#@if SMTP_USERNAME\nlogin: '@SMTP_USERNAME@ @SMTP_PASSWORD_FILE@'\n#@end\n#@end\n");
    put("source/rules/a.yml", "for: 5m # @ML@\n");
    assert_int_equal(file_make_folder(path_of("source/templates"), 0700, NULL), 0);
    put("source/templates/a.tmpl", "for: 5m @CONSOLE@ @RUNBOOKS@\n");
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {
        "source/prometheus.yml",
        "source/alertmanager.yml",
        "source/rules/a.yml",
        "source/rules/b.yml",
        "source/rules",
        "source/templates/a.tmpl",
        "source/templates/b.tmpl",
        "source/templates",
        "source",
        "out/prometheus.yml",
        "out/alertmanager.yml",
        "out/rules/a.yml",
        "out/rules/b.yml",
        "out/rules/notes.txt",
        "out/rules",
        "out/templates/a.tmpl",
        "out/templates/b.tmpl",
        "out/templates",
        "out/slack_url",
        "out/smtp_password",
        "out",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        (void)remove(path_of(names[i]));
    return rmdir(folder); /* fails, and the test with it, when something else was left behind */
}

/* Borrowed until the next call. */
static struct render_options *options(void)
{
    static struct render_options o;
    static char source[160], out[160];

    (void)snprintf(source, sizeof(source), "%s/source", folder);
    (void)snprintf(out, sizeof(out), "%s/out", folder);
    o = (struct render_options){
        .source_dir = source,
        .output_dir = out,
        .listen_ml = "127.0.0.1:8000",
        .listen_ops = "127.0.0.1:8003",
        .prometheus_listen = "127.0.0.1:9090",
        .alertmanager_listen = "127.0.0.1:9093",
        .operator_token_path = "/state/operator.token",
        .smtp_port = 587,
    };
    return &o;
}

static void render(const struct render_options *o)
{
    struct tw_error err;

    if (render_stack(o, &err) < 0)
        fail_msg("refused: %s", err.message);
}

static void expect_refusal(const struct render_options *o, enum tw_code code, const char *reason)
{
    struct tw_error err = {0};

    assert_int_equal(render_stack(o, &err), -1);
    assert_int_equal(err.code, code);
    if (!strstr(err.message, reason))
        fail_msg("'%s' does not say '%s'", err.message, reason);
}

static void without_channels_only_the_log_is_left(void **state)
{
    (void)state;
    render(options());
    expect_file("out/alertmanager.yml", "log: 'http://127.0.0.1:8003/' '/state/operator.token'\n");
    expect_file("out/prometheus.yml",
                "am: '127.0.0.1:9093'\nml: '127.0.0.1:8000'\nscrape_interval: 10s\n");
    expect_file("out/rules/a.yml", "for: 5m # @ML@\n");
    CHECK(!exists("out/slack_url") && !exists("out/smtp_password"));
    CHECK(mode_of("out") == 0700);
}

static void listeners_that_are_not_opened_are_left_out(void **state)
{
    struct render_options *o = options();

    (void)state;
    o->listen_ml = NULL;
    o->listen_ops = "";
    o->operator_token_path = NULL;
    o->read_token_path = "/state/read.token";
    render(o);
    expect_file("out/alertmanager.yml", "");
    expect_file("out/prometheus.yml",
                "am: '127.0.0.1:9093'\nread: '/state/read.token'\nscrape_interval: 10s\n");
}

static void secrets_are_files_of_their_own(void **state)
{
    struct render_options *o = options();
    char expected[512];

    (void)state;
    o->slack_webhook_url = "https://hooks.slack.com/services/T1/B2/secret";
    o->smtp_host = "mail.firm.net";
    o->smtp_username = "tw@firm.net";
    o->smtp_password = "s3cret' <your";
    o->alert_email = "oncall@firm.net";
    render(o);
    (void)snprintf(expected, sizeof(expected),
                   "log: 'http://127.0.0.1:8003/' '/state/operator.token'\n"
                   "slack: '%s/out/slack_url'\n"
                   "mail: 'mail.firm.net:587 oncall@firm.net oncall@firm.net' true\n"
                   "login: 'tw@firm.net %s/out/smtp_password'\n",
                   folder, folder);
    expect_file("out/alertmanager.yml", expected);
    expect_file("out/slack_url", "https://hooks.slack.com/services/T1/B2/secret");
    expect_file("out/smtp_password", "s3cret' <your");
    CHECK(mode_of("out/slack_url") == 0600);
    CHECK(mode_of("out/smtp_password") == 0600);

    render(options()); /* the channels are gone: so are their secrets */
    CHECK(!exists("out/slack_url") && !exists("out/smtp_password"));
}

static void mail_on_this_machine_needs_neither_tls_nor_login(void **state)
{
    static const char *const hosts[][2] = {
        {"localhost", "localhost"}, {"127.0.0.2", "127.0.0.2"}, {"::1", "[::1]"},
        {"[::1]", "[::1]"},         {"LOCALHOST", "LOCALHOST"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        struct render_options *o = options();
        char expected[256];

        o->listen_ops = NULL;
        o->smtp_host = hosts[i][0];
        o->smtp_port = 2525;
        o->smtp_from = "tw@firm.net";
        o->alert_email = "oncall@firm.net";
        render(o);
        (void)snprintf(expected, sizeof(expected),
                       "mail: '%s:2525 tw@firm.net oncall@firm.net' false\n", hosts[i][1]);
        expect_file("out/alertmanager.yml", expected);
    }
}

static void wildcard_addresses_are_scraped_on_loopback(void **state)
{
    static const char *const addresses[][2] = {
        {"0.0.0.0:8000", "127.0.0.1:8000"}, {"[::]:8000", "[::1]:8000"},
        {":8000", "127.0.0.1:8000"},        {"*:8000", "127.0.0.1:8000"},
        {"10.0.0.1:1", "10.0.0.1:1"},       {"host:1", "host:1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        struct render_options *o = options();
        char expected[128];

        o->listen_ml = addresses[i][0];
        render(o);
        (void)snprintf(expected, sizeof(expected),
                       "am: '127.0.0.1:9093'\nml: '%s'\nscrape_interval: 10s\n", addresses[i][1]);
        expect_file("out/prometheus.yml", expected);
    }
}

static void slack_is_used_when_its_address_is_set(void **state)
{
    struct render_channels channels;

    (void)state;
    render_channels(&(struct render_options){.slack_webhook_url = ""}, &channels);
    CHECK(!channels.slack && !channels.email && !channels.email_lacks);
    render_channels(&(struct render_options){.slack_webhook_url = "https://chat.firm.net/hook"},
                    &channels);
    CHECK(channels.slack && !channels.email && !channels.email_lacks);
}

static void what_email_lacks_is_named(void **state)
{
    static const struct {
        const char *host, *to, *username, *password, *lacks;
    } cases[] = {
        {"mail.firm.net", "a@firm.net", NULL, NULL, NULL},
        {"mail.firm.net", "a@firm.net", "u", "p", NULL},
        {NULL, "a@firm.net", NULL, NULL, "SMTP_HOST"},
        {"mail.firm.net", NULL, NULL, NULL, "ALERT_EMAIL"},
        {"mail.firm.net", "a@firm.net", NULL, "p", "SMTP_USERNAME"},
        {"mail.firm.net", "a@firm.net", "u", "", "SMTP_PASSWORD"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct render_options o = {.smtp_host = cases[i].host,
                                   .alert_email = cases[i].to,
                                   .smtp_username = cases[i].username,
                                   .smtp_password = cases[i].password};
        struct render_channels channels;

        render_channels(&o, &channels);
        CHECK(channels.email == !cases[i].lacks);
        if (cases[i].lacks)
            assert_string_equal(channels.email_lacks, cases[i].lacks);
        else
            CHECK(!channels.email_lacks);
    }
}

static void fast_alerts_speed_up_every_file(void **state)
{
    struct render_options *o = options();

    (void)state;
    o->fast_alerts = true;
    render(o);
    expect_file("out/rules/a.yml", "for: 15s # @ML@\n");
    expect_file("out/prometheus.yml",
                "am: '127.0.0.1:9093'\nml: '127.0.0.1:8000'\nscrape_interval: 1s\n");
}

static void messages_name_the_console_and_the_runbooks(void **state)
{
    struct render_options *o = options();

    (void)state;
    render(o);
    expect_file("out/templates/a.tmpl", "for: 5m tidewatch assets/runbooks\n");
    o->console = "/opt/tidewatch/run console";
    o->runbooks = "https://git.firm.net/a?b=c/";
    o->fast_alerts = true; /* a time in a message is text */
    render(o);
    expect_file("out/templates/a.tmpl",
                "for: 5m /opt/tidewatch/run console https://git.firm.net/a?b=c\n");
}

static void what_would_break_a_message_is_refused(void **state)
{
    static const char *const bad[] = {"a\"b", "a'b", "a`b", "{{ . }}", "a\\b",
                                      "$1",   "<b>", "a|b", "a\nb",    "caf\xc3\xa9"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct render_options *o = options();

        o->console = bad[i];
        expect_refusal(o, TW_INVALID, "alerts.console must be plain ASCII");
        o->console = NULL;
        o->runbooks = bad[i];
        expect_refusal(o, TW_INVALID, "alerts.runbooks must be plain ASCII");
    }
}

static void messages_that_are_gone_are_removed(void **state)
{
    (void)state;
    put("source/templates/b.tmpl", "b\n");
    render(options());
    CHECK(exists("out/templates/b.tmpl"));
    assert_int_equal(unlink(path_of("source/templates/b.tmpl")), 0);
    render(options());
    CHECK(exists("out/templates/a.tmpl") && !exists("out/templates/b.tmpl"));
}

static void rules_that_are_gone_are_removed_and_strangers_stay(void **state)
{
    (void)state;
    put("source/rules/b.yml", "b\n");
    render(options());
    CHECK(exists("out/rules/b.yml"));
    put("out/rules/notes.txt", "mine\n");
    assert_int_equal(unlink(path_of("source/rules/b.yml")), 0);
    render(options());
    CHECK(exists("out/rules/a.yml") && !exists("out/rules/b.yml") && exists("out/rules/notes.txt"));
}

static void what_is_wrong_is_said_with_file_and_line(void **state)
{
    struct render_options *o = options();

    (void)state;
    o->fast_alerts = true;
    put("source/rules/a.yml", "a: 1\nfor: soon\n");
    expect_refusal(o, TW_INVALID, "source/rules/a.yml: line 2: 'soon' is no duration");
    put("source/rules/a.yml", "");
    put("source/prometheus.yml", "a: @NO@\n");
    expect_refusal(o, TW_INVALID, "source/prometheus.yml: line 1: there is no value 'NO'");
    put("source/templates/a.tmpl", "\n@SLACK_URL_FILE@\n");
    expect_refusal(o, TW_INVALID, "source/templates/a.tmpl: line 2: SLACK_URL_FILE is not set");
}

static void what_is_missing_is_said(void **state)
{
    struct render_options *o = options();

    (void)state;
    o->operator_token_path = NULL;
    expect_refusal(o, TW_INVALID, "token file");
    o = options();
    o->prometheus_listen = "";
    expect_refusal(o, TW_INVALID, "an address each");
    o = options();
    o->source_dir = "/nowhere";
    expect_refusal(o, TW_BROKEN, "cannot read the folder '/nowhere/rules'");
    o = options();
    o->output_dir = "/proc/nothing";
    expect_refusal(o, TW_BROKEN, "/proc/nothing");
}

#define IN_FOLDER(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void listeners_with_tls_are_asked_over_https(void **state)
{
    struct render_options *o = options();

    (void)state;
    put("source/prometheus.yml",
        "@SCHEME@\n#@if TLS\ntls\n#@if TLS_CA_FILE\nca: '@TLS_CA_FILE@'\n#@end\n"
        "#@if TLS_SERVER_NAME\nname: '@TLS_SERVER_NAME@'\n#@end\n#@end\n");
    o->tls_ca_path = "/etc/ca.pem"; /* without TLS of no account */
    render(o);
    expect_file("out/prometheus.yml", "http\n");
    o->uses_tls = true;
    render(o);
    expect_file("out/prometheus.yml", "https\ntls\nca: '/etc/ca.pem'\n");
    o->tls_ca_path = "";
    o->tls_server_name = "tw.example";
    render(o);
    expect_file("out/prometheus.yml", "https\ntls\nname: 'tw.example'\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(without_channels_only_the_log_is_left),
        IN_FOLDER(listeners_that_are_not_opened_are_left_out),
        IN_FOLDER(secrets_are_files_of_their_own),
        IN_FOLDER(mail_on_this_machine_needs_neither_tls_nor_login),
        IN_FOLDER(wildcard_addresses_are_scraped_on_loopback),
        TEST(slack_is_used_when_its_address_is_set),
        TEST(what_email_lacks_is_named),
        IN_FOLDER(fast_alerts_speed_up_every_file),
        IN_FOLDER(messages_name_the_console_and_the_runbooks),
        IN_FOLDER(what_would_break_a_message_is_refused),
        IN_FOLDER(messages_that_are_gone_are_removed),
        IN_FOLDER(rules_that_are_gone_are_removed_and_strangers_stay),
        IN_FOLDER(what_is_wrong_is_said_with_file_and_line),
        IN_FOLDER(what_is_missing_is_said),
        IN_FOLDER(listeners_with_tls_are_asked_over_https),
    };

    return cmocka_run_group_tests_name("render", tests, NULL, NULL);
}
