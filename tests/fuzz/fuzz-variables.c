/* The variables of a dashboard: what one asks, what Prometheus answers, how it is filtered, chosen and filled into
 * an expression. Four texts with a 0x1e between them: the query, the regular expression, the template of an
 * expression, the answer's body. */

#include "clean.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/fetch.h"
#include "common/json_write.h"
#include "tui/board/dashboard.h"
#include "tui/board/variable_query.h"

#include <stdlib.h>
#include <string.h>

#define TEXTS    4
#define TEXT_END 0x1e

/* A dashboard with a variable of one value, one of several, and one that depends on the first. */
static struct dashboard *new_dashboard(const char *query, const char *regex)
{
    static const char *const names[] = {"one", "many", "after"};
    struct dashboard *dashboard = NULL;
    struct buffer out;
    struct json_writer w = {.out = &out};

    buffer_init(&out, DASHBOARD_BYTES_MAX);
    json_write_object(&w, NULL);
    json_write_object(&w, "templating");
    json_write_array(&w, "list");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        json_write_object(&w, NULL);
        json_write_string(&w, "name", names[i]);
        json_write_string(&w, "type", "query");
        json_write_string(&w, "query", i == 2 ? "label_values(up{job=\"$one\"}, job)" : query);
        json_write_string(&w, "regex", regex);
        json_write_bool(&w, "multi", i == 1);
        json_write_bool(&w, "includeAll", i == 1);
        json_write_object_end(&w);
    }
    json_write_array_end(&w);
    json_write_object_end(&w);
    json_write_array(&w, "panels");
    json_write_array_end(&w);
    json_write_object_end(&w);
    if (!out.failed)
        (void)!dashboard_read(out.data, out.len, &dashboard, NULL);
    buffer_finish(&out);
    return dashboard;
}

static struct dashboard *take_names(struct dashboard *owned_dashboard,
                                    const struct variable_names *names)
{
    const struct dashboard_variable *awaited;
    size_t n = 0;

    while ((awaited = dashboard_awaited(owned_dashboard))) {
        struct dashboard *next = dashboard_take_options(
            owned_dashboard, awaited->name, (const char *const *)names->at, names->n, NULL);

        FUZZ_EXPECT(n++ <= DASHBOARD_VARIABLES_MAX);
        dashboard_unref(owned_dashboard);
        owned_dashboard = next;
    }
    return owned_dashboard;
}

/* The last option of each, and all of what takes several. */
static struct dashboard *choose(struct dashboard *owned_dashboard)
{
    static const char all[] = VARIABLE_ALL;

    for (size_t i = 0; i < owned_dashboard->n_variables; i++) {
        const struct dashboard_variable *variable = &owned_dashboard->variables[i];
        const char *value = variable->has_all ? all
                            : variable->n_options > 0
                                ? variable->options[variable->n_options - 1].value
                                : "";
        struct dashboard *next;

        if (dashboard_choose(owned_dashboard, variable->name, &value, 1, &next, NULL) < 0)
            continue;
        dashboard_unref(owned_dashboard);
        owned_dashboard = next;
    }
    return owned_dashboard;
}

static void check(const struct dashboard *dashboard, const char *template)
{
    const struct dashboard_times times = {0, 3600000, 30000, 10000};
    struct buffer out;

    for (size_t i = 0; i < dashboard->n_variables; i++) {
        const struct dashboard_variable *variable = &dashboard->variables[i];

        expect_clean(variable->shown);
        FUZZ_EXPECT(variable->n_values > 0 && variable->n_options <= DASHBOARD_VALUES_MAX);
        for (size_t k = 0; k < variable->n_options; k++)
            expect_clean(variable->options[k].text);
    }
    buffer_init(&out, 4 * DASHBOARD_EXPR_MAX);
    if (dashboard_fill_in(dashboard, template, &times, &out, NULL) == 0)
        FUZZ_EXPECT(out.len <= DASHBOARD_EXPR_MAX);
    buffer_finish(&out);
}

static void ask(const char *query)
{
    struct buffer path;

    buffer_init(&path, VARIABLE_PATH_MAX);
    if (variable_query_write_path(query, 0, 1000, &path) && !path.failed)
        for (const char *at = buffer_text(&path); *at; at++)
            FUZZ_EXPECT((unsigned char)*at > ' ' && (unsigned char)*at < 0x7f);
    buffer_finish(&path);
}

static void look(char *const texts[TEXTS])
{
    struct fetch_reply reply = {.status = 200,
                                .content_type = "application/json",
                                .retry_after_ms = -1,
                                .body = texts[3],
                                .body_len = strlen(texts[3])};
    struct dashboard *dashboard;
    struct variable_names names;

    ask(texts[0]);
    if (variable_query_read(texts[0], &reply, &names, NULL) < 0)
        return;
    FUZZ_EXPECT(names.n <= VARIABLE_NAMES_MAX);
    dashboard = new_dashboard(texts[0], texts[1]);
    if (dashboard) {
        dashboard = take_names(dashboard, &names);
        check(dashboard, texts[2]);
        dashboard = take_names(choose(dashboard), &names);
        check(dashboard, texts[2]);
        dashboard_unref(dashboard);
    }
    variable_names_finish(&names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char none[] = "";
    char *texts[TEXTS] = {none, none, none, none};
    char *text = xcalloc(size + 1, 1), *at = text;

    if (size > 0)
        memcpy(text, data, size);
    for (size_t i = 0; i < TEXTS; i++) {
        char *end = strchr(at, TEXT_END);

        texts[i] = at;
        if (!end || i + 1 == TEXTS)
            break;
        *end = '\0';
        at = end + 1;
    }
    look(texts);
    free(text);
    return 0;
}
