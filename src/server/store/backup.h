#ifndef TW_STORE_BACKUP_H
#define TW_STORE_BACKUP_H

/* A backup is one database file of the same schema: the rows as they were at one moment, and in a table of
 * its own the files that those rows need and a second database as it was at that moment. It stands alone (no
 * log beside it), is private (0600) because of these files, and never half: written beside its place, checked,
 * synced, renamed. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BACKUP_FILE_MAX  ((size_t)64 << 20) /* of a file that is kept */
#define BACKUP_FILES_MAX 8

struct kept_file {
    const char *name; /* in the backup */
    const char *path; /* where it is, and goes back to; one that is not there is left out */
};

struct schema;

struct kept_database {
    const char *name; /* in the backup */
    const char *path; /* as of a kept file */
    const struct schema *schema;
    const char *count_sql; /* how many of what it holds, for the summary */
};

struct backup_options {
    const char *database;
    const char *file; /* the backup */
    const struct kept_file *files;
    size_t n_files;                     /* at most BACKUP_FILES_MAX */
    const struct kept_database *second; /* or NULL */
    bool replaces;                      /* backup_make: an older file of that name goes */
    const char *stamp;                  /* backup_restore: ends the names of what is put aside */
    void (*progress)(void *ctx, int64_t n_done, int64_t n_pages); /* or NULL */
    void *ctx;
};

struct backup_summary {
    int64_t schema;
    int64_t predictions, feedback, answers, events;
    size_t n_files;   /* kept, or put back */
    int64_t n_second; /* what its count_sql says; -1: it is not there */
    int64_t bytes;    /* of the file that was made */
};

/* Beside a running server too, whose writing goes on. TW_INVALID: the file exists and is not to be
 * replaced, or is one of the databases; TW_BROKEN: there is no database, one is damaged, or the backup cannot
 * be written; nothing is left then. */
int backup_make(const struct backup_options *options,
                struct backup_summary *ret_summary,
                struct tw_error *err) MUST_CHECK;

/* Puts the backup in the place of the database, and what is kept back; what it does not have stays as it
 * is. What was there is put aside under its name with ".before-STAMP". A backup of an older schema is brought
 * to this one on the way. TW_BUSY: a server has the database; TW_BROKEN: the file is no backup, of a newer
 * program or damaged: nothing is changed then. */
int backup_restore(const struct backup_options *options,
                   struct backup_summary *ret_summary,
                   struct tw_error *err) MUST_CHECK;

#endif
