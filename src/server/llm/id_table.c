#include "server/llm/id_table.h"

#include "common/alloc.h"
#include "common/hash.h"

#include <string.h>

void id_table_finish(struct id_table *table)
{
    free(table->entries);
    *table = (struct id_table){0};
}

uint64_t id_table_hash(const char *text)
{
    uint8_t sha[HASH_SHA256_SIZE];
    uint64_t hash;

    hash_sha256(text, strlen(text), sha);
    memcpy(&hash, sha, sizeof(hash));
    return hash > 0 ? hash : 1;
}

static struct id_entry *find_place(const struct id_table *table, uint64_t hash)
{
    size_t at = (size_t)hash & (table->n_places - 1);

    while (table->entries[at].id != 0 && table->entries[at].id != hash)
        at = (at + 1) & (table->n_places - 1);
    return &table->entries[at];
}

static void grow(struct id_table *table)
{
    struct id_table larger = {.n = table->n,
                              .n_places = table->n_places ? 2 * table->n_places : 1024};

    larger.entries = xcalloc(larger.n_places, sizeof(*larger.entries));
    for (size_t i = 0; i < table->n_places; i++)
        if (table->entries[i].id != 0)
            *find_place(&larger, table->entries[i].id) = table->entries[i];
    free(table->entries);
    *table = larger;
}

struct id_entry *id_table_obtain(struct id_table *table, const char *id)
{
    uint64_t hash = id_table_hash(id);
    struct id_entry *entry;

    if (2 * (table->n + 1) > table->n_places)
        grow(table);
    entry = find_place(table, hash);
    if (entry->id == 0) {
        entry->id = hash;
        table->n++;
    }
    return entry;
}

const struct id_entry *id_table_find(const struct id_table *table, const char *id)
{
    const struct id_entry *entry;

    if (table->n == 0)
        return NULL;
    entry = find_place(table, id_table_hash(id));
    return entry->id != 0 ? entry : NULL;
}
