#ifndef TW_STORE_PIECES_H
#define TW_STORE_PIECES_H

/* A file of any size in rows of a backup's table kept_files, which must be there: "NAME/0", "NAME/1" and
 * so on until there is no more. */

#include "common/error.h"

struct db;

int pieces_keep(struct db *db, const char *name, const char *path, struct tw_error *err) MUST_CHECK;

/* Writes them to the file, in place of what it holds. 0: there are none, 1: done. */
int pieces_take(struct db *db, const char *name, const char *path, struct tw_error *err) MUST_CHECK;

#endif
