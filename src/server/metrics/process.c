#include "server/metrics/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

bool process_parse_stat(const char *text, struct process_stat *ret_stat)
{
    /* The program's name stands in parentheses and may itself hold blanks and parentheses. */
    const char *after_name = strrchr(text, ')');
    struct process_stat stat;

    if (!after_name ||
        /* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit, and a miscount is seen */
        sscanf(after_name + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %llu %*d "
               "%llu %llu %llu",
               &stat.user_ticks, &stat.system_ticks, &stat.n_threads, &stat.start_ticks,
               &stat.virtual_bytes, &stat.resident_pages) != 6)
        return false;
    *ret_stat = stat;
    return true;
}

static bool read_stat(struct process_stat *ret_stat)
{
    char text[1024];
    ssize_t len;
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    len = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    if (len <= 0)
        return false;
    text[len] = '\0';
    return process_parse_stat(text, ret_stat);
}

/* Unix time of the machine's start; NaN when it is not known. */
static double read_boot_time(void)
{
    FILE *file = fopen("/proc/stat", "re");
    unsigned long long seconds;
    double found = METRIC_ABSENT;
    char line[256];

    if (!file)
        return METRIC_ABSENT;
    while (isnan(found) && fgets(line, sizeof(line), file))
        /* NOLINTNEXTLINE(cert-err34-c): the kernel's number fits */
        if (sscanf(line, "btime %llu", &seconds) == 1)
            found = (double)seconds;
    (void)fclose(file);
    return found;
}

static double count_open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    int count = 0;

    if (!dir)
        return METRIC_ABSENT;
    /* A directory stream belongs to its one thread. */
    while ((entry = readdir(dir))) /* NOLINT(concurrency-mt-unsafe) */
        if (entry->d_name[0] != '.')
            count++;
    (void)closedir(dir);
    return count - 1; /* the directory's own */
}

static void set(struct metrics *m, enum metric metric, double value)
{
    metrics_set(m, metric, NO_LABELS, value);
}

void process_update_metrics(struct metrics *m)
{
    const double ticks_per_second = (double)sysconf(_SC_CLK_TCK);
    struct process_stat stat;
    struct rlimit files;
    bool is_known = read_stat(&stat);

    if (is_known) {
        set(m, METRIC_PROCESS_CPU_SECONDS_TOTAL,
            (double)(stat.user_ticks + stat.system_ticks) / ticks_per_second);
        /* Never changes, and /proc/stat is slow to read on a machine with many processors. */
        if (isnan(metrics_value(m, METRIC_PROCESS_START_TIME_SECONDS, NO_LABELS)))
            set(m, METRIC_PROCESS_START_TIME_SECONDS,
                read_boot_time() + (double)stat.start_ticks / ticks_per_second);
    }
    set(m, METRIC_PROCESS_RESIDENT_MEMORY_BYTES,
        is_known ? (double)stat.resident_pages * (double)sysconf(_SC_PAGESIZE) : METRIC_ABSENT);
    set(m, METRIC_PROCESS_VIRTUAL_MEMORY_BYTES,
        is_known ? (double)stat.virtual_bytes : METRIC_ABSENT);
    set(m, METRIC_PROCESS_THREADS, is_known ? (double)stat.n_threads : METRIC_ABSENT);
    set(m, METRIC_PROCESS_OPEN_FDS, count_open_files());
    set(m, METRIC_PROCESS_MAX_FDS,
        getrlimit(RLIMIT_NOFILE, &files) == 0 ? (double)files.rlim_cur : METRIC_ABSENT);
}
