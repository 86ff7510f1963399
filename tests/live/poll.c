/* Polls real servers and says on stdout, a line each, what changes: "source NAME STATE REASON" and
 * "panel INDEX STATE N_SERIES N_POINTS REASON". Ends when stdin does, with "cost CPU_MS REQUESTS BYTES".
 * Usage: poll DASHBOARD REFRESH_MS PROMETHEUS_URL [ALERTMANAGER_URL [OPERATIONS_URL [ML_URL]]] */

#include "common/fetch.h"
#include "tui/poll/poller.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define PANELS_MAX 100
#define LINE_SIZE  400

struct said {
    char sources[N_SOURCES][LINE_SIZE], panels[PANELS_MAX][LINE_SIZE];
};

static void say(char *said, const char *line)
{
    if (strcmp(said, line) == 0)
        return;
    (void)snprintf(said, LINE_SIZE, "%s", line);
    (void)puts(line);
}

static size_t count_points(const struct series_set *set)
{
    size_t n = 0;

    for (size_t i = 0; i < set->n; i++)
        for (size_t k = 0; k < set->grid.n; k++)
            n += !isnan(set->at[i].values[k]);
    return n;
}

static void report(const struct snapshot *snapshot, struct said *said)
{
    char line[LINE_SIZE];

    for (int i = 0; i < N_SOURCES; i++) {
        const struct source *source = &snapshot->sources[i];

        if (!source->is_configured)
            continue;
        (void)snprintf(line, sizeof(line), "source %s %s %s %s %s", source_name((enum source_id)i),
                       data_state_name(source->state), source->flavour, source->version,
                       source->reason);
        say(said->sources[i], line);
    }
    for (size_t i = 0; i < snapshot->n_panels && i < PANELS_MAX; i++) {
        const struct panel_data *data = snapshot->panels[i];

        (void)snprintf(line, sizeof(line), "panel %zu %s series=%zu points=%s %s", i,
                       data_state_name(data->state), data->set.n,
                       count_points(&data->set) > 0 ? "some" : "none", data->reason);
        say(said->panels[i], line);
    }
    (void)fflush(stdout);
}

static void report_cost(const struct snapshot *snapshot)
{
    struct rusage usage;
    uint64_t n_requests = 0, n_bytes = 0;

    (void)getrusage(RUSAGE_SELF, &usage);
    for (size_t i = 0; i < N_SOURCES; i++) {
        n_requests += snapshot->sources[i].n_requests;
        n_bytes += snapshot->sources[i].n_bytes;
    }
    (void)printf("cost %ld %llu %llu\n",
                 (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
                     (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000,
                 (unsigned long long)n_requests, (unsigned long long)n_bytes);
}

static void follow(struct poller *poller)
{
    struct pollfd fds[] = {{.fd = poller_fd(poller), .events = POLLIN},
                           {.fd = 0, .events = POLLIN}};
    struct said *said = calloc(1, sizeof(*said));

    while (said && !(fds[1].revents & (POLLIN | POLLHUP))) {
        CLEANUP(snapshot_unrefp) struct snapshot *snapshot = poller_take(poller);

        report(snapshot, said);
        (void)poll(fds, 2, -1);
        if (fds[1].revents)
            report_cost(snapshot);
    }
    free(said);
}

int main(int argc, char **argv)
{
    CLEANUP(dashboard_unrefp) struct dashboard *dashboard = NULL;
    CLEANUP(poller_stopp) struct poller *poller = NULL;
    struct poller_config config = {.n_columns = 70};
    struct tw_error err;

    (void)signal(SIGPIPE, SIG_IGN);
    if (argc < 4)
        return 2;
    for (int i = 3; i < argc && i < 3 + N_SOURCES; i++)
        config.urls[i - 3] = argv[i];
    config.refresh_ms = strtol(argv[2], NULL, 10);
    if (fetch_global_init(&err) < 0 || dashboard_load(argv[1], &dashboard, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    config.dashboard = dashboard;
    if (poller_start(&config, &poller, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    follow(poller);
    return 0;
}
