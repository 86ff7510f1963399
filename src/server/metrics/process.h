#ifndef TW_METRICS_PROCESS_H
#define TW_METRICS_PROCESS_H

/* The process's own figures, from /proc: an edge, read at the scrape. */

#include "server/metrics/metrics.h"

#include <stdbool.h>

/* Sets process_*; call it before metrics_expose. What /proc does not tell becomes absent. Some 50 us
 * and one more for every five open files. Any thread. */
void process_update_metrics(struct metrics *m);

/* What we want of /proc/self/stat (proc(5)), in its units. */
struct process_stat {
    unsigned long long user_ticks, system_ticks; /* CPU */
    unsigned long long start_ticks;              /* after the machine's start */
    unsigned long long virtual_bytes, resident_pages;
    unsigned long long n_threads;
};

/* False: the text is not such a line. Pure. */
bool process_parse_stat(const char *text, struct process_stat *ret_stat);

#endif
