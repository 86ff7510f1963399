#ifndef TW_KNOWLEDGE_DB_H
#define TW_KNOWLEDGE_DB_H

/* The file of the knowledge base: its schema, and how the loader writes it. All of a load is one
 * transaction of one connection; readers see the version before it until it is committed. */

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

struct chunks;
struct db;
struct knowledge_document;
struct lexicon;

/* Opens or creates the file and brings it to this program's schema. */
int knowledge_db_open(const char *path, struct db **ret_db, struct tw_error *err) MUST_CHECK;

/* As knowledge_db_open; a file that is up to date is opened for reading only, which takes a tenth of the time. */
int knowledge_db_open_to_read(const char *path,
                              struct db **ret_db,
                              struct tw_error *err) MUST_CHECK;

/* Facts: one value each, text. */
#define KNOWLEDGE_FACT_GENERATION "generation"
#define KNOWLEDGE_FACT_LOADED_AT  "loaded_at_ms"
#define KNOWLEDGE_FACT_VERSION    "version"
#define KNOWLEDGE_FACT_SYNONYMS   "synonyms"
#define KNOWLEDGE_FACT_GENERIC    "generic"
#define KNOWLEDGE_FACT_VECTORS                                                                     \
    "vectors" /* the version and encoder that the index is in step with */

/* Reads "" and 0 for a fact that is not there. *ret_value is owned. */
int knowledge_db_read_fact(struct db *db, const char *name, char **ret_value, struct tw_error *err)
    MUST_CHECK;
int knowledge_db_read_number(struct db *db,
                             const char *name,
                             int64_t *ret_value,
                             struct tw_error *err) MUST_CHECK;
int knowledge_db_write_fact(struct db *db,
                            const char *name,
                            const char *value,
                            struct tw_error *err) MUST_CHECK;

/* Writes documents; its statements are kept for many. Borrows db. */
struct knowledge_inserts;

int knowledge_inserts_new(struct db *db,
                          struct knowledge_inserts **ret_inserts,
                          struct tw_error *err) MUST_CHECK;
void knowledge_inserts_free(struct knowledge_inserts *inserts); /* NULL is fine */
DEFINE_CLEANUP(struct knowledge_inserts *, knowledge_inserts_free);

/* The path must be free; title, hash and bytes are taken from the document, the rest is found out. */
int knowledge_inserts_add(struct knowledge_inserts *inserts,
                          const struct knowledge_document *document,
                          const struct chunks *chunks,
                          const char *text,
                          struct tw_error *err) MUST_CHECK;
int knowledge_inserts_remove(struct knowledge_inserts *inserts,
                             const struct knowledge_document *document,
                             struct tw_error *err) MUST_CHECK;

/* Puts the counts of stems in place of those that were there. */
int knowledge_db_write_terms(struct db *db,
                             const struct lexicon *lexicon,
                             struct tw_error *err) MUST_CHECK;

#endif
