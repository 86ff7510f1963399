#include "server/store/tally.h"

#include <stdio.h>
#include <string.h>

/* A sequence lock whose words are atomics: no fences, which the thread sanitizer does not follow. The
 * release stores keep the odd version before the words, the acquire loads keep the second look at the
 * version behind them. */
void tally_set_error(struct tally *tally, const char *text)
{
    uint64_t words[TALLY_ERROR_SIZE / 8] = {0};
    uint64_t version = atomic_load_explicit(&tally->error_version, memory_order_relaxed);

    (void)snprintf((char *)words, sizeof(words), "%s", text);
    atomic_store_explicit(&tally->error_version, version + 1, memory_order_relaxed);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        atomic_store_explicit(&tally->error_words[i], words[i], memory_order_release);
    atomic_store_explicit(&tally->error_version, version + 2, memory_order_release);
}

static void read_error(struct tally *tally, char *out)
{
    uint64_t words[TALLY_ERROR_SIZE / 8], before, after;

    do {
        before = atomic_load_explicit(&tally->error_version, memory_order_acquire);
        for (size_t i = 0; i < COUNT_OF(words); i++)
            words[i] = atomic_load_explicit(&tally->error_words[i], memory_order_acquire);
        after = atomic_load_explicit(&tally->error_version, memory_order_relaxed);
    } while (before != after || before % 2 != 0);
    memcpy(out, words, sizeof(words));
}

void tally_read(struct tally *tally, struct store_stats *ret_stats)
{
    ret_stats->written = tally->written;
    ret_stats->dropped = tally->dropped;
    ret_stats->failed_commits = tally->failed_commits;
    ret_stats->commits = tally->commits;
    ret_stats->commit_seconds = (double)tally->commit_ns * 1e-9;
    ret_stats->last_commit_seconds = (double)tally->last_commit_ns * 1e-9;
    ret_stats->predictions = tally->predictions;
    read_error(tally, ret_stats->last_error);
}
