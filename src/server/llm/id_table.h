#ifndef TW_ID_TABLE_H
#define TW_ID_TABLE_H

/* A set of ids with a version and a mark each, kept by hash: 2^-64 for two of them to be taken for one, times
 * the pairs. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id_entry {
    uint64_t id; /* hash; 0: free */
    uint64_t version;
    bool is_wanted;
};

struct id_table {
    struct id_entry *entries; /* open addressing, a power of two places */
    size_t n, n_places;
};

void id_table_finish(struct id_table *table); /* zeroed is an empty table */

/* The entry of an id, made with version 0 if it is new; good until the next. */
struct id_entry *id_table_obtain(struct id_table *table, const char *id);
const struct id_entry *id_table_find(const struct id_table *table, const char *id); /* or NULL */

uint64_t id_table_hash(const char *text); /* never 0 */

#endif
