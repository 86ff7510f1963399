#include "server/store/pieces.h"

#include "common/alloc.h"
#include "server/store/db.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#define PIECE_BYTES ((size_t)8 << 20)

static void close_file(FILE *file)
{
    (void)fclose(file);
}

DEFINE_CLEANUP(FILE *, close_file);

static int fail_file(const char *verb, const char *path, struct tw_error *err)
{
    return tw_fail_errno(err, TW_BROKEN, errno, "cannot %s '%.180s'", verb, path);
}

static void bind_name(struct statement *statement, const char *name, int64_t number)
{
    statement_bind_text(statement, 1, name);
    statement_bind_int(statement, 2, number);
}

int pieces_keep(struct db *db, const char *name, const char *path, struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *insert = NULL;
    CLEANUP(freep) char *bytes = xcalloc(1, PIECE_BYTES);
    CLEANUP(close_filep) FILE *file = fopen(path, "rbe");
    size_t len = 0;

    if (!file)
        return fail_file("open", path, err);
    if (db_prepare(db, "INSERT INTO kept_files VALUES (?1 || '/' || ?2, ?3)", &insert, err) < 0)
        return -1;
    for (int64_t i = 0; (len = fread(bytes, 1, PIECE_BYTES, file)) > 0; i++) {
        bind_name(insert, name, i);
        statement_bind_blob(insert, 3, bytes, len);
        if (statement_run(insert, err) < 0)
            return -1;
    }
    return ferror(file) ? fail_file("read", path, err) : 0;
}

int pieces_take(struct db *db, const char *name, const char *path, struct tw_error *err)
{
    CLEANUP(statement_freep) struct statement *find = NULL;
    CLEANUP(close_filep) FILE *file = fopen(path, "wbe");
    int64_t n = 0;
    int found;

    if (!file)
        return fail_file("open", path, err);
    if (db_prepare(db, "SELECT bytes FROM kept_files WHERE name = ?1 || '/' || ?2", &find, err) < 0)
        return -1;
    bind_name(find, name, n);
    while ((found = statement_step(find, err)) > 0) {
        size_t len = 0;
        const void *bytes = statement_blob(find, 0, &len);

        if (fwrite(bytes, 1, len, file) != len)
            return fail_file("write", path, err);
        statement_reset(find);
        bind_name(find, name, ++n);
    }
    if (found < 0)
        return -1;
    return fflush(file) == 0 ? n > 0 : fail_file("write", path, err);
}
