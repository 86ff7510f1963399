#include "server/llm/chunk.h"
#include "server/llm/knowledge_db.h"
#include "server/llm/knowledge_files.h"
#include "server/llm/knowledge_private.h"
#include "server/llm/knowledge_vectors.h"
#include "server/llm/lexicon.h"
#include "server/llm/vector_source.h"
#include "server/store/db.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One load, on the thread that asked for it. */
struct load {
    struct knowledge *knowledge;
    struct db *db;
    struct knowledge_inserts *inserts;
    struct knowledge_files files;
    struct knowledge_snapshot *before;
    struct knowledge_snapshot *next;    /* written and not yet committed; NULL: nothing changed */
    struct knowledge_progress progress; /* published now and then */
    char *synonyms, *generic;
    char version[HASH_HEX_SIZE]; /* grows with each document */
};

static void load_finish(struct load *load)
{
    if (load->db)
        db_rollback(load->db);
    knowledge_inserts_free(load->inserts);
    db_close(load->db);
    knowledge_files_finish(&load->files);
    knowledge_snapshot_unref(load->before);
    knowledge_snapshot_unref(load->next);
    free(load->synonyms);
    free(load->generic);
}

static void publish_progress(struct load *load)
{
    struct knowledge *knowledge = load->knowledge;

    (void)pthread_mutex_lock(&knowledge->lock);
    knowledge->progress = load->progress;
    (void)pthread_mutex_unlock(&knowledge->lock);
}

static int check_cancelled(struct load *load, struct tw_error *err)
{
    if (atomic_load_explicit(&load->knowledge->is_cancelled, memory_order_relaxed))
        return tw_fail(err, TW_BUSY, "the load was cancelled");
    return 0;
}

/* hash <- SHA-256 of hash, a and b. */
static void chain(char hash[HASH_HEX_SIZE], const char *a, const char *b)
{
    CLEANUP(freep) char *links = xprintf_dup("%s\n%s\n%s", hash, a, b);

    hash_sha256_hex(links, strlen(links), hash);
}

/* ---- Lists ------------------------------------------------------------------------------------- */

typedef int add_list_fn(struct lexicon *, const char *, size_t, struct tw_error *);

/* From the folder, or else the other one; "" when it is in neither. Checked, so that a faulty line is
 * reported with its file. */
static int read_list(const struct knowledge *knowledge,
                     const char *name,
                     add_list_fn *add,
                     char **ret_text,
                     struct tw_error *err)
{
    const char *folders[] = {knowledge->folder, knowledge->lists_folder};
    CLEANUP(lexicon_freep) struct lexicon *scratch = lexicon_new();
    CLEANUP(freep) char *text = NULL;
    struct tw_error why = {.code = TW_NOT_FOUND};
    size_t len = 0;

    for (size_t i = 0; i < COUNT_OF(folders) && !text && why.code == TW_NOT_FOUND; i++) {
        CLEANUP(freep) char *path = NULL;

        if (!folders[i])
            continue;
        path = xprintf_dup("%s/%s", folders[i], name);
        (void)!file_read(path, (size_t)LEXICON_LIST_BYTES, &text, &len, &why);
    }
    if (!text && why.code != TW_NOT_FOUND)
        return tw_fail(err, why.code, "%s", why.message);
    if (!text)
        text = xstrdup("");
    if (add(scratch, text, strlen(text), &why) < 0)
        return tw_fail(err, why.code, "'%s': %.200s", name, why.message);
    *ret_text = TAKE(text);
    return 0;
}

static int read_lists(struct load *load, struct tw_error *err)
{
    if (read_list(load->knowledge, KNOWLEDGE_SYNONYMS, lexicon_add_synonyms, &load->synonyms, err) <
            0 ||
        read_list(load->knowledge, KNOWLEDGE_GENERIC, lexicon_add_generic, &load->generic, err) < 0)
        return -1;
    chain(load->version, load->synonyms, load->generic);
    return 0;
}

/* ---- Documents --------------------------------------------------------------------------------- */

static int remove_document(struct load *load,
                           const struct knowledge_document *document,
                           struct tw_error *err)
{
    load->progress.n_removed++;
    return knowledge_inserts_remove(load->inserts, document, err);
}

static void refuse(struct load *load, const char *path, const struct tw_error *why)
{
    if (load->progress.n_refused++ == 0)
        (void)snprintf(load->progress.first_refusal, sizeof(load->progress.first_refusal),
                       "'%.150s': %.90s", path, why->message);
}

/* "network/vpn-access.md" is "vpn access". */
static char *title_from_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *title = xstrdup(slash ? slash + 1 : path);
    char *dot = strrchr(title, '.');

    if (dot)
        *dot = '\0';
    for (char *c = title; *c; c++)
        if (*c == '-' || *c == '_')
            *c = ' ';
    return title;
}

static int write_document(struct load *load,
                          struct knowledge_document *document,
                          const struct knowledge_document *before,
                          struct chunks *chunks,
                          const char *text,
                          struct tw_error *err)
{
    if (before && knowledge_inserts_remove(load->inserts, before, err) < 0)
        return -1;
    if (chunks->title[0] == '\0') {
        free(chunks->title);
        chunks->title = title_from_path(document->path);
    }
    document->title = chunks->title;
    load->progress.n_changed++;
    load->progress.n_chunks += chunks->n;
    return knowledge_inserts_add(load->inserts, document, chunks, text, err);
}

/* A file that is other than before, or new. 1: it is a document; 0: it is refused. */
static int take_text(struct load *load,
                     struct knowledge_document *document,
                     const struct knowledge_document *before,
                     const char *text,
                     struct tw_error *err)
{
    CLEANUP(chunks_finish) struct chunks chunks = {0};
    struct tw_error why = {0};

    if (before && strcmp(before->hash, document->hash) == 0)
        return 1;
    if (chunk_document(text, (size_t)document->bytes, knowledge_file_is_plain(document->path),
                       &chunks, &why) < 0) {
        refuse(load, document->path, &why);
        return 0;
    }
    return write_document(load, document, before, &chunks, text, err) < 0 ? -1 : 1;
}

/* before: the document as it is known; NULL: it is not. */
static int take_file(struct load *load,
                     char *path,
                     const struct knowledge_document *before,
                     struct tw_error *err)
{
    struct knowledge_document document = {.path = path};
    CLEANUP(freep) char *text = NULL;
    struct tw_error why = {0};
    size_t len = 0;
    int taken = 0;

    if (knowledge_file_read(load->knowledge->folder, path, &text, &len, &why) == 0) {
        document.bytes = (int64_t)len;
        hash_sha256_hex(text, len, document.hash);
        chain(document.hash, CHUNK_RULES, path);
        taken = take_text(load, &document, before, text, err);
    } else if (why.code != TW_NOT_FOUND) {
        refuse(load, path, &why);
    }
    if (taken < 0)
        return -1;
    if (taken > 0)
        chain(load->version, path, document.hash);
    else if (before)
        return remove_document(load, before, err);
    return 0;
}

/* Both lists ascend by path: what is only in the old one goes. */
static int take_files(struct load *load, struct tw_error *err)
{
    const struct knowledge_document *old = load->before->documents;
    size_t n_old = load->before->n_documents, o = 0;

    for (size_t f = 0; f < load->files.n; f++) {
        const struct knowledge_document *same = NULL;

        if (check_cancelled(load, err) < 0)
            return -1;
        for (; o < n_old && strcmp(old[o].path, load->files.paths[f]) < 0; o++)
            if (remove_document(load, &old[o], err) < 0)
                return -1;
        if (o < n_old && strcmp(old[o].path, load->files.paths[f]) == 0)
            same = &old[o++];
        if (take_file(load, load->files.paths[f], same, err) < 0)
            return -1;
        load->progress.n_read++;
        publish_progress(load);
    }
    for (; o < n_old; o++)
        if (remove_document(load, &old[o], err) < 0)
            return -1;
    return 0;
}

/* ---- The new version --------------------------------------------------------------------------- */

/* All chunks are counted anew: that takes a second for ten thousand documents, and no count can go wrong
 * by what was taken away. */
static int count_words(struct load *load, struct tw_error *err)
{
    CLEANUP(lexicon_freep) struct lexicon *lexicon = lexicon_new();
    CLEANUP(statement_freep) struct statement *rows = NULL;
    int row;

    load->progress.phase = KNOWLEDGE_COUNTING;
    publish_progress(load);
    if (db_prepare(load->db, "SELECT title, headings, text FROM chunks", &rows, err) < 0)
        return -1;
    while ((row = statement_step(rows, err)) > 0) {
        const char *parts[] = {statement_text(rows, 0), statement_text(rows, 1),
                               statement_text(rows, 2)};

        if (check_cancelled(load, err) < 0)
            return -1;
        lexicon_add_chunk(lexicon, parts, COUNT_OF(parts));
    }
    return row < 0 ? -1 : knowledge_db_write_terms(load->db, lexicon, err);
}

static int write_facts(struct load *load, struct tw_error *err)
{
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {KNOWLEDGE_FACT_GENERATION, load->before->generation + 1},
        {KNOWLEDGE_FACT_LOADED_AT, clock_now_ms()},
    };

    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        char text[32];

        (void)snprintf(text, sizeof(text), "%" PRId64, numbers[i].value);
        if (knowledge_db_write_fact(load->db, numbers[i].name, text, err) < 0)
            return -1;
    }
    if (knowledge_db_write_fact(load->db, KNOWLEDGE_FACT_VERSION, load->version, err) < 0 ||
        knowledge_db_write_fact(load->db, KNOWLEDGE_FACT_SYNONYMS, load->synonyms, err) < 0)
        return -1;
    return knowledge_db_write_fact(load->db, KNOWLEDGE_FACT_GENERIC, load->generic, err);
}

static void set_dense(struct knowledge_snapshot *snapshot, enum knowledge_dense dense)
{
    atomic_store_explicit(&snapshot->dense, (int)dense, memory_order_relaxed);
}

static int write_version(struct load *load, struct tw_error *err)
{
    if (count_words(load, err) < 0 || write_facts(load, err) < 0 ||
        knowledge_snapshot_read(load->db, &load->next, err) < 0)
        return -1;
    set_dense(load->next, load->knowledge->vectors ? KNOWLEDGE_DENSE_PENDING : KNOWLEDGE_DENSE_OFF);
    return 0;
}

static void announce(struct knowledge *knowledge, struct knowledge_snapshot *next)
{
    (void)pthread_mutex_lock(&knowledge->lock);
    knowledge->next = next;
    (void)pthread_mutex_unlock(&knowledge->lock);
}

/* Commits, and makes the next snapshot the current one. */
static int commit(struct load *load, struct tw_error *err)
{
    struct knowledge *knowledge = load->knowledge;
    struct knowledge_snapshot *old;

    announce(knowledge, load->next);
    if (db_commit(load->db, err) < 0) {
        announce(knowledge, NULL);
        return -1;
    }
    (void)pthread_mutex_lock(&knowledge->lock);
    old = knowledge->current;
    knowledge->current = TAKE(load->next);
    knowledge->next = NULL;
    (void)pthread_mutex_unlock(&knowledge->lock);
    knowledge_snapshot_unref(old);
    /* The log is as large as the load; readers that are at work only put it off. */
    (void)!db_checkpoint(load->db, DB_CHECKPOINT_TRUNCATE, NULL);
    return 0;
}

/* ---- Vectors ----------------------------------------------------------------------------------- */

static int note_vectors(void *ctx, size_t n_due, size_t n_there, struct tw_error *err)
{
    struct load *load = ctx;

    load->progress.n_vectors_due = n_due;
    load->progress.n_vectors = n_there;
    publish_progress(load);
    return check_cancelled(load, err);
}

/* What the fact says when the index holds the vectors of a version. */
char *knowledge_vectors_fact_dup(const struct knowledge *knowledge, const char *version)
{
    return xprintf_dup("%s %s %s %s", version, KNOWLEDGE_VECTOR_RULES, knowledge->encoder_name,
                       vector_source_name(knowledge->vectors));
}

/* True when all are there, and then the fact is written. What fails is kept in the progress: the words are
 * searched all the same. */
static bool bring_vectors(struct load *load)
{
    const struct knowledge_vectors_sync sync = {
        .db = load->db,
        .encoder = load->knowledge->encoder,
        .vectors = load->knowledge->vectors,
        .progress = note_vectors,
        .ctx = load,
    };
    CLEANUP(freep) char *fact = knowledge_vectors_fact_dup(load->knowledge, load->version);
    struct tw_error why = {0};

    load->progress.phase = KNOWLEDGE_EMBEDDING;
    publish_progress(load);
    if (knowledge_vectors_bring_in_step(&sync, &why) == 0 &&
        knowledge_db_write_fact(load->db, KNOWLEDGE_FACT_VECTORS, fact, &why) == 0)
        return true;
    memcpy(load->progress.vectors_error, why.message, sizeof(load->progress.vectors_error));
    return false;
}

/* Readers have vectors of the version before it: they keep both until both are new. Meanwhile a changed
 * chunk may be found by its new vector. */
static int commit_with_vectors(struct load *load, struct tw_error *err)
{
    bool is_ready = bring_vectors(load);

    if (check_cancelled(load, err) < 0)
        return -1;
    set_dense(load->next, is_ready ? KNOWLEDGE_DENSE_READY : KNOWLEDGE_DENSE_FAILED);
    return commit(load, err);
}

/* Nothing can be lost by searching the words first. */
static int commit_before_vectors(struct load *load, struct tw_error *err)
{
    CLEANUP(knowledge_snapshot_unrefp) struct knowledge_snapshot *current = NULL;
    bool is_ready;

    if (load->next && commit(load, err) < 0)
        return -1;
    db_rollback(load->db);
    current = knowledge_obtain_snapshot(load->knowledge);
    is_ready = bring_vectors(load);
    set_dense(current, is_ready ? KNOWLEDGE_DENSE_READY : KNOWLEDGE_DENSE_FAILED);
    return check_cancelled(load, err);
}

/* ---- All of it --------------------------------------------------------------------------------- */

static int read_folder(struct load *load, struct tw_error *err)
{
    if (knowledge_files_init(&load->files, load->knowledge->folder, err) < 0)
        return -1;
    load->progress.n_files = load->files.n;
    load->progress.n_refused = load->files.n_refused;
    memcpy(load->progress.first_refusal, load->files.first_refusal,
           sizeof(load->progress.first_refusal));
    publish_progress(load);
    return read_lists(load, err);
}

static int run(struct load *load, struct tw_error *err)
{
    struct knowledge *knowledge = load->knowledge;
    bool had_vectors = atomic_load(&load->before->dense) == KNOWLEDGE_DENSE_READY;

    if (read_folder(load, err) < 0 || knowledge_db_open(knowledge->path, &load->db, err) < 0 ||
        knowledge_inserts_new(load->db, &load->inserts, err) < 0 || db_begin(load->db, err) < 0 ||
        take_files(load, err) < 0)
        return -1;
    if (strcmp(load->version, load->before->version) != 0 && write_version(load, err) < 0)
        return -1;
    if (!knowledge->vectors)
        return load->next ? commit(load, err) : 0;
    return load->next && had_vectors ? commit_with_vectors(load, err)
                                     : commit_before_vectors(load, err);
}

static bool begin(struct knowledge *knowledge)
{
    bool is_free;

    (void)pthread_mutex_lock(&knowledge->lock);
    is_free = !knowledge->is_loading;
    knowledge->is_loading = true;
    if (is_free)
        atomic_store_explicit(&knowledge->is_cancelled, false, memory_order_relaxed);
    (void)pthread_mutex_unlock(&knowledge->lock);
    return is_free;
}

static void end(struct load *load, const struct tw_error *why)
{
    load->progress.phase = why ? KNOWLEDGE_FAILED : KNOWLEDGE_DONE;
    load->progress.ended_at_ms = clock_now_ms();
    if (why)
        memcpy(load->progress.error, why->message, sizeof(load->progress.error));
    publish_progress(load);
    (void)pthread_mutex_lock(&load->knowledge->lock);
    load->knowledge->is_loading = false;
    (void)pthread_mutex_unlock(&load->knowledge->lock);
}

int knowledge_load(struct knowledge *knowledge, struct tw_error *err)
{
    struct load load = {.knowledge = knowledge};
    struct tw_error why = {0};
    int result;

    if (!begin(knowledge))
        return tw_fail(err, TW_BUSY, "the knowledge base is being loaded");
    load.progress.phase = KNOWLEDGE_READING;
    load.progress.started_at_ms = clock_now_ms();
    load.before = knowledge_obtain_snapshot(knowledge);
    publish_progress(&load);
    result = run(&load, &why);
    load_finish(&load); /* the file is free before the next load may begin */
    end(&load, result < 0 ? &why : NULL);
    return result < 0 ? tw_fail(err, why.code, "%s", why.message) : 0;
}
