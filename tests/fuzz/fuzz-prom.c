/* Answers of Prometheus, Alertmanager and the backend. The first byte chooses the reader, the second the
 * HTTP status, the rest is the body. */

#include "common/fetch.h"
#include "fuzz.h"
#include "tui/data/alertmanager.h"
#include "tui/data/drift_status.h"
#include "tui/data/operations.h"
#include "tui/data/operations_health.h"
#include "tui/data/prom.h"
#include "tui/data/prom_exemplars.h"
#include "tui/data/prom_matrix.h"
#include "tui/data/prom_query.h"
#include "tui/data/prom_rules.h"
#include "tui/data/series.h"

#include <stdlib.h>
#include <string.h>

static const int statuses[] = {200, 400, 422, 502, 503, 0, 301, 401};

/* What comes in is laid on a grid too. */
static void read_matrix(const struct fetch_reply *reply)
{
    struct series_set set = {.grid = {0, 1000, 50}};
    struct prom_matrix matrix;
    size_t index;

    if (prom_read_matrix(reply, &matrix, NULL) < 0)
        return;
    for (size_t i = 0; i < matrix.n; i++) {
        struct series *series;

        (void)prom_query_take_index(&matrix.at[i].labels, &index);
        series = series_set_obtain(&set, i % 3, &matrix.at[i].labels, "name");
        for (size_t k = 0; series && k < matrix.at[i].n; k++)
            if (matrix.at[i].points[k].at_s > -1e12 && matrix.at[i].points[k].at_s < 1e12)
                series_put(&set, series, (int64_t)(matrix.at[i].points[k].at_s * 1000),
                           matrix.at[i].points[k].value);
    }
    FUZZ_EXPECT(set.n <= SERIES_MAX);
    series_set_drop_empty(&set);
    series_set_finish(&set);
    prom_matrix_finish(&matrix);
}

static void read_selectors(const struct fetch_reply *reply)
{
    struct prom_selectors selectors;

    prom_selectors_read(reply->body, &selectors);
    for (size_t i = 0; i < selectors.n; i++)
        FUZZ_EXPECT(selectors.at[i][0] != '\0' && strstr(reply->body, selectors.at[i]));
    prom_selectors_finish(&selectors);
}

static void read_vector(const struct fetch_reply *reply)
{
    struct prom_vector vector;

    if (prom_read_vector(reply, &vector, NULL) == 0)
        prom_vector_finish(&vector);
}

static void read_alerts(const struct fetch_reply *reply)
{
    struct prom_alerts alerts;
    struct am_alerts delivered;
    struct prom_targets targets;

    if (prom_read_alerts(reply, &alerts, NULL) == 0)
        prom_alerts_finish(&alerts);
    if (am_read_alerts(reply, &delivered, NULL) == 0)
        am_alerts_finish(&delivered);
    if (prom_read_targets(reply, &targets, NULL) == 0)
        prom_targets_finish(&targets);
}

static void read_backend(const struct fetch_reply *reply)
{
    struct simulations simulations;
    struct events events;
    struct operations_health health;
    struct drift_status drift;

    if (operations_read_simulations(reply, &simulations, NULL) == 0)
        simulations_finish(&simulations);
    if (operations_read_events(reply, &events, NULL) == 0)
        events_finish(&events);
    (void)!operations_health_read(reply, &health, NULL);
    if (drift_status_read(reply, &drift, NULL) == 0)
        drift_status_finish(&drift);
}

static void read_build(const struct fetch_reply *reply)
{
    enum prom_flavour flavour;
    char version[32];

    (void)!prom_read_build(reply, &flavour, version, sizeof(version), NULL);
    (void)prom_is_vector(reply);
}

static void read_rules(const struct fetch_reply *reply)
{
    struct prom_rules rules;
    char condition[16];

    prom_rule_condition(reply->body, condition, sizeof(condition));
    if (prom_read_rules(reply, &rules, NULL) < 0)
        return;
    FUZZ_EXPECT(rules.n <= PROM_RULES_MAX);
    prom_rules_finish(&rules);
}

/* Taken twice, as of two targets. */
static void read_exemplars(const struct fetch_reply *reply)
{
    struct prom_exemplars found = {0};
    size_t near[4];

    for (int i = 0; i < 2; i++)
        if (prom_exemplars_add(&found, reply, NULL) < 0)
            break;
    for (size_t i = 1; i < found.n; i++)
        FUZZ_EXPECT(found.at[i].series < found.n_labels);
    (void)prom_exemplars_near(&found, 1000, near, COUNT_OF(near));
    prom_exemplars_finish(&found);
    (void)prom_exemplar_storage(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(const struct fetch_reply *) = {
        read_matrix, read_vector,    read_alerts, read_backend,
        read_build,  read_selectors, read_rules,  read_exemplars};

    struct fetch_reply reply = {.content_type = "application/json", .retry_after_ms = -1};
    char *body;

    if (size < 2)
        return 0;
    body = malloc(size - 1);
    if (!body)
        return 0;
    memcpy(body, data + 2, size - 2);
    body[size - 2] = '\0';
    reply.body = body;
    reply.body_len = size - 2;
    reply.status = statuses[data[1] % (sizeof(statuses) / sizeof(statuses[0]))];
    readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](&reply);
    free(body);
    return 0;
}
