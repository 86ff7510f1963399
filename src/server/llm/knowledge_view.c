#include "server/llm/knowledge_view.h"

#include "server/llm/knowledge_db.h"
#include "server/llm/knowledge_private.h"
#include "server/store/db.h"
#include "server/store/readers.h"

#include "common/alloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_MAX 16 /* each lost to a commit that fell into it */

enum { READ_GENERATION, SEARCH, READ_CHUNK };

/* A word in the title says most about a chunk, one in a heading more than one in the text. */
const char *const knowledge_view_sql[] = {
    [READ_GENERATION] = "SELECT value FROM facts WHERE name = '" KNOWLEDGE_FACT_GENERATION "'",
    [SEARCH] = "SELECT rowid, -rank FROM search WHERE search MATCH ? "
               "AND rank MATCH 'bm25(3.0, 2.0, 1.0)' ORDER BY rank, rowid LIMIT ?",
    [READ_CHUNK] =
        "SELECT d.path, c.number, c.title, c.heading, c.headings, c.text, c.start, c.end "
        "FROM chunks c JOIN documents d ON d.id = c.document WHERE c.id = ?",
};
const size_t n_knowledge_view_sql = COUNT_OF(knowledge_view_sql);

static int read_generation(struct reader *reader, int64_t *ret_generation, struct tw_error *err)
{
    struct statement *statement;
    int row;

    if (reader_query(reader, READ_GENERATION, &statement, err) < 0)
        return -1;
    row = statement_step(statement, err);
    *ret_generation = row > 0 ? statement_int(statement, 0) : 0;
    reader_end_query(reader);
    return row < 0 ? -1 : 0;
}

/* One try: 1 when the view is whole, 0 when a commit fell between the two. */
static int try_view(struct knowledge *knowledge, struct knowledge_view *view, struct tw_error *err)
{
    int64_t generation;

    if (readers_borrow(knowledge->readers, &view->reader, err) < 0 ||
        reader_begin(view->reader, err) < 0 || read_generation(view->reader, &generation, err) < 0)
        return -1;
    view->snapshot = knowledge_obtain_generation(knowledge, generation);
    return view->snapshot != NULL;
}

int knowledge_view_init(struct knowledge *knowledge,
                        struct knowledge_view *ret_view,
                        struct tw_error *err)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        struct knowledge_view view = {0};
        int result = try_view(knowledge, &view, err);

        if (result > 0) {
            *ret_view = view;
            return 0;
        }
        knowledge_view_finish(&view);
        if (result < 0)
            return -1;
    }
    return tw_fail(err, TW_BUSY, "another program has changed the knowledge base: load it again");
}

void knowledge_view_finish(struct knowledge_view *view)
{
    reader_return(view->reader);
    knowledge_snapshot_unref(view->snapshot);
    *view = (struct knowledge_view){0};
}

int knowledge_view_search(struct knowledge_view *view,
                          const char *expression,
                          size_t limit,
                          struct knowledge_hit *ret_hits,
                          size_t *ret_n,
                          struct tw_error *err)
{
    struct statement *statement;
    int row;

    *ret_n = 0;
    if (reader_query(view->reader, SEARCH, &statement, err) < 0)
        return -1;
    statement_bind_text(statement, 1, expression);
    statement_bind_int(statement, 2, (int64_t)limit);
    while ((row = statement_step(statement, err)) > 0)
        ret_hits[(*ret_n)++] =
            (struct knowledge_hit){statement_int(statement, 0), statement_real(statement, 1)};
    reader_end_query(view->reader);
    return row;
}

static char *column_dup(struct statement *statement, int column)
{
    return xstrdup(statement_text(statement, column));
}

static void copy_chunk(struct statement *statement, struct knowledge_chunk *chunk)
{
    *chunk = (struct knowledge_chunk){
        .document = column_dup(statement, 0),
        .title = column_dup(statement, 2),
        .heading = column_dup(statement, 3),
        .headings = column_dup(statement, 4),
        .text = column_dup(statement, 5),
        .start = (size_t)statement_int(statement, 6),
        .end = (size_t)statement_int(statement, 7),
    };
    chunk->len = strlen(chunk->text);
    chunk->chunk_id =
        xprintf_dup("%s#%lld", chunk->document, (long long)statement_int(statement, 1));
}

int knowledge_view_read(struct knowledge_view *view,
                        int64_t rowid,
                        struct knowledge_chunk *ret_chunk,
                        struct tw_error *err)
{
    struct statement *statement;
    int row;

    if (reader_query(view->reader, READ_CHUNK, &statement, err) < 0)
        return -1;
    statement_bind_int(statement, 1, rowid);
    row = statement_step(statement, err);
    if (row > 0)
        copy_chunk(statement, ret_chunk);
    reader_end_query(view->reader);
    if (row == 0)
        return tw_fail(err, TW_NOT_FOUND, "there is no chunk %lld", (long long)rowid);
    return row < 0 ? -1 : 0;
}

void knowledge_chunk_finish(struct knowledge_chunk *chunk)
{
    free(chunk->chunk_id);
    free(chunk->document);
    free(chunk->title);
    free(chunk->heading);
    free(chunk->headings);
    free(chunk->text);
    *chunk = (struct knowledge_chunk){0};
}

int64_t knowledge_view_locate(const struct knowledge_view *view, const char *vector_id)
{
    const char *mark = strrchr(vector_id, '#');
    const struct knowledge_document *document;
    unsigned long number;
    char *end;

    if (!mark)
        return 0;
    document = knowledge_snapshot_find(view->snapshot, vector_id, (size_t)(mark - vector_id));
    number = strtoul(mark + 1, &end, 10);
    if (!document || (*end != '\0' && *end != '/') || number < 1 || number > document->n_chunks)
        return 0;
    return document->first_chunk + (int64_t)number - 1;
}
