#ifndef TW_STORE_SCHEMA_H
#define TW_STORE_SCHEMA_H

/* The shape of a database file and how it came to be: numbered steps, the number of steps taken in
 * PRAGMA user_version. A released step is never edited; a change is a new step. */

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

struct db;

struct schema {
    int32_t application_id; /* marks our files, so that another program's database is left alone */
    size_t n_steps;
    const char *const *steps; /* SQL; step i brings a file from version i to i + 1 */
};

extern const struct schema store_schema;

/* Whether the file is one of ours, and not of a newer program. TW_BROKEN with what to do, as below; a file
 * without any step taken is none of ours. */
int schema_recognise(struct db *db,
                     const struct schema *schema,
                     const char *path, /* for messages */
                     struct tw_error *err) MUST_CHECK;

/* Takes the steps that the file has not had, each in a transaction of its own: after a failure the
 * file stands at the last step that succeeded. TW_BROKEN, with what to do, for a file that a newer
 * program wrote, one of another program, and a damaged one as far as the header tells. */
int schema_upgrade(struct db *db,
                   const struct schema *schema,
                   const char *path, /* for messages */
                   struct tw_error *err) MUST_CHECK;

/* Looks at what is cheap whatever the size of the file: the list of tables and both ends of each
 * table. A full check would read everything. TW_BROKEN. */
int schema_check(struct db *db, const char *path, struct tw_error *err) MUST_CHECK;

#endif
