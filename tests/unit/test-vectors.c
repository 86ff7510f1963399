#include "store_fixture.h"

#include "common/alloc.h"
#include "common/random.h"
#include "server/llm/vector_source.h"
#include "server/llm/vectors.h"
#include "server/llm/where.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

/* ---- Words of the tests ------------------------------------------------------------------------- */

static struct vectors *open_vectors(const struct fixture *f)
{
    struct vectors *vectors = NULL;

    CHECK_OK(vectors_open(f->path, &vectors, err));
    return vectors;
}

static struct vectors_definition definition(const char *name, enum vector_space space)
{
    return (struct vectors_definition){.tenant = VECTORS_DEFAULT_TENANT,
                                       .database = VECTORS_DEFAULT_DATABASE,
                                       .name = name,
                                       .space = space,
                                       .hnsw = VECTORS_HNSW_DEFAULTS};
}

static struct vectors_collection *obtain(struct vectors *vectors, const char *name)
{
    struct vectors_definition wanted = definition(name, VECTOR_COSINE);
    struct vectors_collection *collection = NULL;
    bool is_new;

    CHECK_OK(vectors_add_collection(vectors, &wanted, &collection, &is_new, err));
    return collection;
}

static const float A[] = {1, 0, 0}, B[] = {0, 1, 0}, C[] = {0.9F, 0.1F, 0}, D[] = {0, 0, 1};

static const struct vectors_item four[] = {
    {"a", A, "doc a", NULL, "{\"tenant\":\"t1\",\"n\":1}"},
    {"b", B, "doc b", "u:b", "{\"tenant\":\"t2\",\"n\":2}"},
    {"c", C, "doc c", NULL, "{\"tenant\":\"t1\",\"n\":3.5}"},
    {"d", D, NULL, NULL, NULL},
};

static void write_four(struct vectors_collection *collection)
{
    CHECK_OK(vectors_write(collection, VECTORS_UPSERT, four, COUNT_OF(four), 3, err));
}

/* Ids in the order of the rows, "a b c". Borrowed until the next call. */
static const char *ids_of(struct vectors_rows *rows)
{
    static char text[256];
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < rows->n; i++)
        len +=
            (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "", rows->at[i].id);
    vectors_rows_finish(rows);
    return text;
}

static const char *get_ids(struct vectors_collection *collection, size_t offset, size_t limit)
{
    struct vectors_get get = {.offset = offset, .limit = limit};
    struct vectors_rows rows;

    CHECK_OK(vectors_get(collection, &get, &rows, err));
    return ids_of(&rows);
}

static const char *query_ids(struct vectors_collection *collection, const float *vector, size_t k)
{
    struct vectors_query query = {.vector = vector, .dim = 3, .k = k};
    struct vectors_rows rows;

    CHECK_OK(vectors_query(collection, &query, &rows, err));
    return ids_of(&rows);
}

/* One record with its vector; the caller finishes the rows. */
static struct vectors_row read_one(struct vectors_collection *collection,
                                   const char *id,
                                   struct vectors_rows *rows)
{
    struct vectors_get get = {
        .filter = {.ids = &id, .n_ids = 1}, .limit = SIZE_MAX, .wants_vectors = true};

    CHECK_OK(vectors_get(collection, &get, rows, err));
    CHECK(rows->n == 1);
    return rows->at[0];
}

static struct where *where_of(const char *text)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct where *where = NULL;

    CHECK_OK(json_parse(text, strlen(text), &json, err));
    CHECK_OK(where_parse(json, &where, err));
    return where;
}

static struct vectors_stats stats_of(struct vectors *vectors)
{
    struct vectors_stats stats;

    vectors_read_stats(vectors, &stats);
    return stats;
}

/* ---- Records ------------------------------------------------------------------------------------ */

static void records_are_found_by_nearness(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    CLEANUP(vectors_collection_releasep)
    struct vectors_collection *collection = obtain(vectors, "docs");
    struct vectors_query query = {.vector = A, .dim = 3, .k = 3, .wants_vectors = true};
    struct vectors_rows rows;

    assert_string_equal(query_ids(collection, A, 3), ""); /* nothing is there yet */
    write_four(collection);
    CHECK_OK(vectors_query(collection, &query, &rows, err));
    CHECK(rows.n == 3);
    CHECK_NEAR(rows.at[0].distance, 0, 0);
    CHECK_NEAR(rows.at[1].distance, 0.006116271, 1e-7);
    CHECK_NEAR(rows.at[2].distance, 1, 0);
    assert_string_equal(rows.at[1].document, "doc c");
    assert_string_equal(rows.at[1].metadata, "{\"tenant\":\"t1\",\"n\":3.5}");
    assert_memory_equal(rows.at[1].vector, C, sizeof(C));
    assert_string_equal(rows.at[2].uri, "u:b"); /* b before d: equal ones go by id */
    assert_string_equal(ids_of(&rows), "a c b");
    assert_string_equal(query_ids(collection, A, 100), "a c b d");
    assert_string_equal(query_ids(collection, A, 0), "");
}

static void a_filter_limits_what_is_found(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    CLEANUP(vectors_collection_releasep)
    struct vectors_collection *collection = obtain(vectors, "docs");
    CLEANUP(where_freep) struct where *where = where_of("{\"tenant\":\"t1\"}");
    static const char *const ids[] = {"d", "b", "c", "zzz", "d"};
    struct vectors_query query = {.vector = A, .dim = 3, .k = 5};
    struct vectors_get get = {.limit = SIZE_MAX};
    struct vectors_rows rows;

    write_four(collection);
    query.filter.where = where;
    CHECK_OK(vectors_query(collection, &query, &rows, err));
    assert_string_equal(ids_of(&rows), "a c");
    query.filter.ids = get.filter.ids = ids;
    query.filter.n_ids = get.filter.n_ids = COUNT_OF(ids);
    CHECK_OK(vectors_query(collection, &query, &rows, err));
    assert_string_equal(ids_of(&rows), "c");
    CHECK_OK(vectors_get(collection, &get, &rows, err));
    assert_string_equal(ids_of(&rows), "b c d"); /* in order, each once */
    get.filter.where = where;
    CHECK_OK(vectors_get(collection, &get, &rows, err));
    assert_string_equal(ids_of(&rows), "c");
}

static void records_are_listed_in_the_order_of_their_first_writing(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    CLEANUP(vectors_collection_releasep)
    struct vectors_collection *collection = obtain(vectors, "docs");
    static const struct vectors_item again[] = {{.id = "b", .vector = A}, {.id = "0", .vector = A}};

    write_four(collection);
    CHECK_OK(vectors_write(collection, VECTORS_UPSERT, again, 2, 3, err));
    assert_string_equal(get_ids(collection, 0, SIZE_MAX), "a b c d 0");
    assert_string_equal(get_ids(collection, 1, 2), "b c");
    assert_string_equal(get_ids(collection, 4, 2), "0");
    assert_string_equal(get_ids(collection, 5, 2), "");
    CHECK(vectors_count(collection) == 5);
}

static void add_leaves_what_is_there_alone(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    CLEANUP(vectors_collection_releasep)
    struct vectors_collection *collection = obtain(vectors, "docs");
    static const struct vectors_item items[] = {{.id = "a", .vector = D},
                                                {.id = "e", .vector = D, .document = "first"},
                                                {.id = "e", .vector = A, .document = "second"}};
    struct vectors_rows rows;

    write_four(collection);
    CHECK_OK(vectors_write(collection, VECTORS_ADD, items, 3, 3, err));
    assert_memory_equal(read_one(collection, "a", &rows).vector, A, sizeof(A));
    vectors_rows_finish(&rows);
    assert_string_equal(read_one(collection, "e", &rows).document, "first");
    vectors_rows_finish(&rows);
    CHECK(vectors_count(collection) == 5);
}

static void update_changes_what_it_names_and_ignores_new_ids(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    CLEANUP(vectors_collection_releasep)
    struct vectors_collection *collection = obtain(vectors, "docs");
    static const struct vectors_item items[] = {
        {.id = "a", .document = "doc a v2", .metadata = "{\"n\":10,\"x\":null}"},
        {.id = "nope", .vector = A},
        {.id = "b", .vector = D}};
    struct vectors_rows rows;
    struct vectors_row row;

    write_four(collection);
    CHECK_OK(vectors_write(collection, VECTORS_UPDATE, items, 3, 3, err));
    row = read_one(collection, "a", &rows);
    assert_string_equal(row.document, "doc a v2");
    assert_string_equal(row.metadata, "{\"tenant\":\"t1\",\"n\":10}");
    assert_memory_equal(row.vector, A, sizeof(A));
    vectors_rows_finish(&rows);
    row = read_one(collection, "b", &rows);
    assert_string_equal(row.document, "doc b");
    assert_memory_equal(row.vector, D, sizeof(D));
    vectors_rows_finish(&rows);
    CHECK(vectors_count(collection) == 4);
    assert_string_equal(query_ids(collection, D, 2), "b d");
}

static void the_last_of_one_id_in_a_batch_wins(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    CLEANUP(vectors_collection_releasep)
    struct vectors_collection *collection = obtain(vectors, "docs");
    static const struct vectors_item items[] = {
        {.id = "e", .vector = A, .metadata = "{\"k\":1,\"l\":1}"},
        {.id = "f", .vector = B},
        {.id = "e", .vector = D, .metadata = "{\"k\":2}"},
        {.id = "e", .document = "text"}};
    struct vectors_rows rows;
    struct vectors_row row;

    CHECK_OK(vectors_write(collection, VECTORS_UPSERT, items, 4, 3, err));
    row = read_one(collection, "e", &rows);
    assert_memory_equal(row.vector, D, sizeof(D));
    assert_string_equal(row.metadata, "{\"l\":1,\"k\":2}");
    assert_string_equal(row.document, "text");
    vectors_rows_finish(&rows);
    assert_string_equal(get_ids(collection, 0, SIZE_MAX), "e f");
    assert_string_equal(query_ids(collection, D, 1), "e");
}

static void deleted_records_are_gone_and_their_slots_used_again(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    CLEANUP(vectors_collection_releasep)
    struct vectors_collection *collection = obtain(vectors, "docs");
    static const char *const ids[] = {"d", "zzz"};
    CLEANUP(where_freep) struct where *where = where_of("{\"tenant\":\"t1\"}");
    struct vectors_filter filter = {.ids = ids, .n_ids = 2};
    uint64_t bytes;
    size_t n;

    write_four(collection);
    bytes = stats_of(vectors).bytes;
    CHECK_OK(vectors_delete(collection, &filter, SIZE_MAX, &n, err));
    CHECK(n == 1);
    filter = (struct vectors_filter){.where = where};
    CHECK_OK(vectors_delete(collection, &filter, 1, &n, err));
    CHECK(n == 1);
    assert_string_equal(get_ids(collection, 0, SIZE_MAX), "b c");
    CHECK(stats_of(vectors).n_records == 2 && stats_of(vectors).bytes < bytes);
    write_four(collection);
    assert_string_equal(get_ids(collection, 0, SIZE_MAX), "b c a d");
    assert_string_equal(query_ids(collection, A, 10), "a c b d");
    CHECK(stats_of(vectors).bytes == bytes);
}

static void a_batch_with_a_fault_changes_nothing(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    CLEANUP(vectors_collection_releasep)
    struct vectors_collection *collection = obtain(vectors, "docs");
    static const float odd[][3] = {{1, NAN, 0}, {INFINITY, 0, 0}, {2e15F, 0, 0}};
    char long_id[VECTORS_ID_MAX + 2];
    struct vectors_item items[] = {{.id = "e", .vector = A}, {.id = "f", .vector = A}};
    struct tw_error why;

    write_four(collection);
    memset(long_id, 'x', sizeof(long_id) - 1);
    long_id[sizeof(long_id) - 1] = '\0';
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        items[1].vector = odd[i];
        CHECK(vectors_write(collection, VECTORS_UPSERT, items, 2, 3, &why) < 0);
        CHECK(why.code == TW_INVALID);
    }
    items[1].vector = NULL; /* a new record without one */
    CHECK(vectors_write(collection, VECTORS_UPSERT, items, 2, 3, &why) < 0);
    CHECK(why.code == TW_INVALID);
    items[1].vector = A;
    items[1].id = "";
    CHECK(vectors_write(collection, VECTORS_UPSERT, items, 2, 3, &why) < 0);
    items[1].id = long_id;
    CHECK(vectors_write(collection, VECTORS_UPSERT, items, 2, 3, &why) < 0);
    items[1].id = "f";
    CHECK(vectors_write(collection, VECTORS_UPSERT, items, 2, 2, &why) < 0);
    assert_string_equal(why.message, "Collection expecting embedding with dimension of 3, got 2");
    assert_string_equal(get_ids(collection, 0, SIZE_MAX), "a b c d");
    assert_string_equal(query_ids(collection, A, 10), "a c b d");
    CHECK_OK(vectors_write(collection, VECTORS_UPSERT, items, 0, 0, err));
    CHECK_OK(vectors_write(collection, VECTORS_UPSERT, items, 2, 3, err));
    CHECK(vectors_count(collection) == 6);
}

static void what_the_disk_refuses_is_not_shown(void **state)
{
    struct fixture *f = *state;
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(f);
    CLEANUP(vectors_collection_releasep)
    struct vectors_collection *collection = obtain(vectors, "docs");
    CLEANUP(db_closep) struct db *db = NULL;
    static const struct vectors_item items[] = {{.id = "a", .vector = D}, {.id = "e", .vector = D}};
    struct tw_error why;
    size_t n;

    write_four(collection);
    CHECK_OK(db_open(f->path, DB_CREATE, 100, &db, err));
    CHECK_OK(db_exec(db,
                     "CREATE TRIGGER t BEFORE INSERT ON records WHEN new.id = 'e'"
                     " BEGIN SELECT raise(ABORT, 'no'); END;"
                     "CREATE TRIGGER u BEFORE DELETE ON records WHEN old.id = 'c'"
                     " BEGIN SELECT raise(ABORT, 'no'); END;",
                     err));
    CHECK(vectors_write(collection, VECTORS_UPSERT, items, 2, 3, &why) < 0);
    assert_string_equal(query_ids(collection, D, 1), "d");
    CHECK(vectors_delete(collection, &(struct vectors_filter){0}, SIZE_MAX, &n, &why) < 0);
    assert_string_equal(get_ids(collection, 0, SIZE_MAX), "a b c d");
    CHECK_OK(db_exec(db, "DROP TRIGGER t; DROP TRIGGER u", err));
    CHECK_OK(vectors_write(collection, VECTORS_UPSERT, items, 2, 3, err));
    assert_string_equal(query_ids(collection, D, 3), "a d e");
}

/* ---- Over a restart ----------------------------------------------------------------------------- */

static void a_restart_finds_everything(void **state)
{
    struct vectors *vectors = open_vectors(*state);
    struct vectors_collection *collection = obtain(vectors, "docs"),
                              *empty = obtain(vectors, "empty");
    struct vectors_changes changes = {.embedding_function = "{\"a\":{\"b\":1}}"};
    bool is_taken;
    static const char *const ids[] = {"b"};
    struct vectors_item more[] = {{.id = "c", .metadata = "{\"n\":null}"},
                                  {.id = "e", .vector = B}};
    struct vectors_collection_info info;
    struct vectors_stats before;
    struct vectors_rows rows;
    struct vectors_row row;
    char uuid[VECTORS_UUID_SIZE];
    bool is_new;
    size_t n;

    write_four(collection);
    CHECK_OK(vectors_delete(collection, &(struct vectors_filter){.ids = ids, .n_ids = 1}, SIZE_MAX,
                            &n, err));
    CHECK_OK(vectors_write(collection, VECTORS_UPSERT, more, 2, 3, err));
    CHECK_OK(vectors_add_tenant(vectors, "acme", &is_new, err));
    CHECK_OK(vectors_add_database(vectors, "acme", "prod", &is_new, err));
    vectors_collection_read_info(collection, &info);
    memcpy(uuid, info.uuid, sizeof(uuid));
    vectors_collection_info_finish(&info);
    before = stats_of(vectors);
    CHECK_OK(vectors_change_collection(empty, &changes, &is_taken, err));
    vectors_collection_release(collection);
    vectors_collection_release(empty);
    vectors_close(vectors);

    vectors = open_vectors(*state);
    CHECK(stats_of(vectors).n_records == 4 && stats_of(vectors).n_collections == 2);
    CHECK(stats_of(vectors).n_damaged == 0 && stats_of(vectors).bytes == before.bytes);
    CHECK(vectors_has_tenant(vectors, "acme"));
    CHECK(vectors_has_database(vectors, "acme", "prod", NULL));
    empty = obtain(vectors, "empty");
    vectors_collection_read_info(empty, &info);
    assert_string_equal(info.embedding_function, "{\"a\":{\"b\":1}}");
    vectors_collection_info_finish(&info);
    vectors_collection_release(empty);
    CHECK_OK(vectors_find_collection_by_uuid(vectors, VECTORS_DEFAULT_TENANT,
                                             VECTORS_DEFAULT_DATABASE, uuid, &collection, err));
    assert_string_equal(get_ids(collection, 0, SIZE_MAX), "a c d e");
    assert_string_equal(query_ids(collection, A, 2), "a c");
    row = read_one(collection, "c", &rows);
    assert_string_equal(row.document, "doc c");
    assert_string_equal(row.metadata, "{\"tenant\":\"t1\"}");
    assert_memory_equal(row.vector, C, sizeof(C));
    vectors_rows_finish(&rows);
    write_four(collection); /* sequences go on */
    assert_string_equal(get_ids(collection, 0, SIZE_MAX), "a c d e b");
    vectors_collection_release(collection);
    vectors_close(vectors);
}

static void damage(const struct fixture *f, const char *sql)
{
    CLEANUP(db_closep) struct db *db = NULL;

    CHECK_OK(db_open(f->path, DB_CREATE, 1000, &db, err));
    CHECK_OK(db_exec(db, sql, err));
}

static void a_record_that_is_damaged_is_left_out_and_counted(void **state)
{
    static const char *const damages[] = {
        "UPDATE records SET vector = x'0000803f0000000000000001' WHERE id = 'c'",
        "UPDATE records SET vector = x'0000803f' WHERE id = 'c'",
        "UPDATE records SET vector = zeroblob(0) WHERE id = 'c'",
        "UPDATE records SET checksum = checksum + 1 WHERE id = 'c'",
        "UPDATE records SET document = 'doc x' WHERE id = 'c'",
        "UPDATE records SET uri = '' WHERE id = 'c'",
        "UPDATE records SET metadata = '{' WHERE id = 'c'",
        "UPDATE records SET metadata = NULL WHERE id = 'c'",
    };
    struct fixture *f = *state;
    struct vectors_collection *collection;
    struct vectors *vectors;

    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        vectors = open_vectors(f);
        collection = obtain(vectors, "docs");
        write_four(collection);
        vectors_collection_release(collection);
        vectors_close(vectors);
        damage(f, damages[i]);

        vectors = open_vectors(f);
        collection = obtain(vectors, "docs");
        if (stats_of(vectors).n_damaged != 1)
            fail_msg("not noticed: %s", damages[i]);
        CHECK(stats_of(vectors).n_records == 3);
        assert_string_equal(query_ids(collection, C, 10), "a b d");
        write_four(collection); /* writing it anew mends it */
        CHECK(stats_of(vectors).n_damaged == 0 && stats_of(vectors).n_records == 4);
        vectors_collection_release(collection);
        vectors_close(vectors);
        vectors = open_vectors(f);
        CHECK(stats_of(vectors).n_damaged == 0 && stats_of(vectors).n_records == 4);
        vectors_close(vectors);
    }
}

static void a_file_that_is_none_of_ours_is_refused(void **state)
{
    static const char *const damages[] = {
        "UPDATE collections SET space = 9", "UPDATE collections SET dim = 1000000",
        "UPDATE collections SET dim = -1", "UPDATE collections SET metadata = 'x'",
        "PRAGMA application_id = 77"};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        struct vectors *vectors = open_vectors(f);
        struct tw_error why = {0};

        vectors_collection_release(obtain(vectors, "docs"));
        vectors_close(vectors);
        damage(f, damages[i]);
        if (vectors_open(f->path, &vectors, &why) == 0)
            fail_msg("accepted: %s", damages[i]);
        CHECK(why.code == TW_BROKEN);
        (void)remove(f->path);
    }
}

/* ---- Catalog ------------------------------------------------------------------------------------ */

static void names_are_checked(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    static const char *const bad[] = {"",     "x",     "ab",   "-abc",
                                      "abc-", "a b c", "a/bc", "\xc3\xa9t\xc3\xa9"};
    struct vectors_collection *collection;
    struct tw_error why;
    bool is_new;

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct vectors_definition wanted = definition(bad[i], VECTOR_L2);

        CHECK(vectors_add_collection(vectors, &wanted, &collection, &is_new, &why) < 0);
        CHECK(why.code == TW_INVALID);
    }
    CHECK(vectors_add_tenant(vectors, "ab", &is_new, &why) < 0 && why.code == TW_INVALID);
    CHECK(vectors_add_database(vectors, VECTORS_DEFAULT_TENANT, "", &is_new, &why) < 0);
    CHECK(vectors_add_database(vectors, "nobody", "prod", &is_new, &why) < 0);
    CHECK(why.code == TW_NOT_FOUND);
}

static void what_exists_is_said_and_not_made_again(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    CLEANUP(vectors_collection_releasep)
    struct vectors_collection *first = obtain(vectors, "docs"), *second = NULL;
    struct vectors_definition wanted = definition("docs", VECTOR_L2);
    struct vectors_collection_info info;
    bool is_new;

    CHECK_OK(vectors_add_collection(vectors, &wanted, &second, &is_new, err));
    CHECK(!is_new && first == second);
    vectors_collection_read_info(second, &info);
    CHECK(info.space == VECTOR_COSINE); /* its own, not the wanted one */
    vectors_collection_info_finish(&info);
    CHECK_OK(vectors_add_tenant(vectors, VECTORS_DEFAULT_TENANT, &is_new, err));
    CHECK(!is_new);
    CHECK_OK(vectors_add_database(vectors, VECTORS_DEFAULT_TENANT, "second", &is_new, err));
    CHECK(is_new);
    CHECK_OK(vectors_add_database(vectors, VECTORS_DEFAULT_TENANT, "second", &is_new, err));
    CHECK(!is_new);
}

static void a_collection_can_be_renamed_but_not_to_a_name_that_is_taken(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    CLEANUP(vectors_collection_releasep)
    struct vectors_collection *docs = obtain(vectors, "docs"), *found = NULL;
    CLEANUP(vectors_collection_releasep)
    struct vectors_collection *other __attribute__((unused)) = obtain(vectors, "other");
    int ef_search = 200;
    struct vectors_changes changes = {.name = "other"};
    struct vectors_collection_info info;
    bool is_taken;

    write_four(docs);
    CHECK_OK(vectors_change_collection(docs, &changes, &is_taken, err));
    CHECK(is_taken);
    changes = (struct vectors_changes){.name = "docs2",
                                       .metadata = "{\"v\":2}",
                                       .embedding_function = "{\"type\":\"legacy\"}",
                                       .ef_search = &ef_search};
    CHECK_OK(vectors_change_collection(docs, &changes, &is_taken, err));
    CHECK(!is_taken);
    CHECK(vectors_find_collection(vectors, VECTORS_DEFAULT_TENANT, VECTORS_DEFAULT_DATABASE, "docs",
                                  &found, NULL) < 0);
    CHECK_OK(vectors_find_collection(vectors, VECTORS_DEFAULT_TENANT, VECTORS_DEFAULT_DATABASE,
                                     "docs2", &found, err));
    vectors_collection_read_info(found, &info);
    assert_string_equal(info.metadata, "{\"v\":2}");
    assert_string_equal(info.embedding_function, "{\"type\":\"legacy\"}");
    CHECK(info.hnsw.ef_search == 200 && info.dim == 3);
    vectors_collection_info_finish(&info);
    CHECK(vectors_count(found) == 4);
}

static void a_deleted_collection_says_so_to_who_still_has_it(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    CLEANUP(vectors_collection_releasep)
    struct vectors_collection *collection = obtain(vectors, "docs");
    struct vectors_query query = {.vector = A, .dim = 3, .k = 1};
    struct vectors_get get = {.limit = 1};
    struct vectors_rows rows;
    struct tw_error why;
    bool is_taken;
    size_t n;

    write_four(collection);
    CHECK_OK(vectors_delete_collection(collection, err));
    CHECK(vectors_delete_collection(collection, &why) < 0 && why.code == TW_NOT_FOUND);
    CHECK(vectors_query(collection, &query, &rows, &why) < 0 && why.code == TW_NOT_FOUND);
    CHECK(vectors_get(collection, &get, &rows, &why) < 0 && why.code == TW_NOT_FOUND);
    CHECK(vectors_write(collection, VECTORS_ADD, four, 4, 3, &why) < 0);
    CHECK(vectors_delete(collection, &get.filter, 1, &n, &why) < 0);
    CHECK(vectors_change_collection(collection, &(struct vectors_changes){0}, &is_taken, &why) < 0);
    CHECK(stats_of(vectors).n_records == 0 && stats_of(vectors).bytes == 0);
    CHECK(stats_of(vectors).n_collections == 0);
}

static void a_database_goes_with_its_collections(void **state)
{
    struct fixture *f = *state;
    struct vectors *vectors = open_vectors(f);
    struct vectors_collection *collection = obtain(vectors, "docs");
    struct vectors_collections list;
    struct vectors_databases databases;
    struct tw_error why;

    write_four(collection);
    vectors_collection_release(collection);
    CHECK_OK(
        vectors_delete_database(vectors, VECTORS_DEFAULT_TENANT, VECTORS_DEFAULT_DATABASE, err));
    CHECK(vectors_delete_database(vectors, VECTORS_DEFAULT_TENANT, VECTORS_DEFAULT_DATABASE, &why) <
          0);
    CHECK(why.code == TW_NOT_FOUND);
    vectors_list_collections(vectors, VECTORS_DEFAULT_TENANT, VECTORS_DEFAULT_DATABASE, &list);
    CHECK(list.n == 0);
    vectors_collections_finish(&list);
    vectors_list_databases(vectors, VECTORS_DEFAULT_TENANT, &databases);
    CHECK(databases.n == 0);
    vectors_databases_finish(&databases);
    vectors_close(vectors);
    vectors = open_vectors(f);
    CHECK(stats_of(vectors).n_records == 0 && stats_of(vectors).n_damaged == 0);
    vectors_close(vectors);
}

/* ---- Threads ------------------------------------------------------------------------------------ */

/* Readers see whole batches: a batch makes every record's "n" the same. */
struct race {
    struct vectors_collection *collection;
    atomic_bool is_over;
    atomic_int n_torn, n_reads;
};

static void *read_on(void *ctx)
{
    struct race *race = ctx;

    while (!race->is_over) {
        struct vectors_get get = {.limit = SIZE_MAX, .wants_vectors = true};
        struct vectors_query query = {.vector = A, .dim = 3, .k = 5};
        struct vectors_rows rows;

        if (vectors_get(race->collection, &get, &rows, NULL) < 0)
            break;
        for (size_t i = 1; i < rows.n; i++)
            if (strcmp(rows.at[i].metadata, rows.at[0].metadata) != 0 ||
                rows.at[i].vector[1] != rows.at[0].vector[1])
                race->n_torn++;
        vectors_rows_finish(&rows);
        if (vectors_query(race->collection, &query, &rows, NULL) < 0)
            break;
        vectors_rows_finish(&rows);
        race->n_reads++;
    }
    return NULL;
}

static void a_reader_sees_all_of_a_batch_or_none(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    CLEANUP(vectors_collection_releasep)
    struct vectors_collection *collection = obtain(vectors, "docs");
    struct race race = {.collection = collection};
    struct vectors_item items[300];
    char ids[COUNT_OF(items)][8], metadata[32];
    float vector[3] = {1, 0, 0};
    pthread_t threads[2];

    for (size_t i = 0; i < COUNT_OF(items); i++) {
        (void)snprintf(ids[i], sizeof(ids[i]), "id%zu", i);
        items[i] = (struct vectors_item){.id = ids[i], .vector = vector, .metadata = metadata};
    }
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        CHECK(pthread_create(&threads[i], NULL, read_on, &race) == 0);
    for (int round = 0; round < 40 || race.n_reads < 20; round++) {
        size_t n;

        (void)snprintf(metadata, sizeof(metadata), "{\"n\":%d}", round);
        vector[1] = (float)round;
        CHECK_OK(vectors_write(collection, VECTORS_UPSERT, items, COUNT_OF(items), 3, err));
        if (round % 7 == 3)
            CHECK_OK(vectors_delete(collection, &(struct vectors_filter){0}, SIZE_MAX, &n, err));
    }
    race.is_over = true;
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(race.n_torn == 0);
}

/* ---- As a vector source ------------------------------------------------------------------------- */

static const struct vector_record records[] = {
    {"a", A, "doc a", "chunk", "v1"},
    {"b", B, "doc b", "sentence", "v1"},
    {"c", C, NULL, "sentence", "v\"2"},
};

static void note_versions(void *ctx, const char *id, const char *version)
{
    char *text = ctx;
    size_t len = strlen(text);

    (void)snprintf(text + len, 100 - len, "%s=%s ", id, version);
}

static void a_source_keeps_and_finds_records(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    CLEANUP(vector_source_freep) struct vector_source *source = NULL;
    static const char *const gone[] = {"a", "zzz"};
    struct vector_hit hits[5];
    char versions[100] = "";
    size_t n;

    CHECK_OK(vector_source_open_embedded(vectors, "kb-test", 3, &source, err));
    assert_string_equal(vector_source_name(source), "embedded");
    CHECK_OK(vector_source_query(source, A, NULL, 5, hits, &n, err));
    CHECK(n == 0);
    CHECK_OK(vector_source_upsert(source, records, 3, err));
    CHECK_OK(vector_source_query(source, A, NULL, 5, hits, &n, err));
    CHECK(n == 3);
    assert_string_equal(hits[0].id, "a");
    assert_string_equal(hits[1].id, "c");
    CHECK_OK(vector_source_query(source, A, "sentence", 1, hits, &n, err));
    CHECK(n == 1);
    assert_string_equal(hits[0].id, "c");
    CHECK_NEAR(hits[0].distance, 0.006116271, 1e-7);
    CHECK_OK(vector_source_query(source, A, "poem", 5, hits, &n, err));
    CHECK(n == 0);
    CHECK_OK(vector_source_each(source, note_versions, versions, err));
    assert_string_equal(versions, "a=v1 b=v1 c=v\"2 ");
    CHECK_OK(vector_source_delete(source, gone, 2, err));
    CHECK_OK(vector_source_query(source, A, NULL, 5, hits, &n, err));
    CHECK(n == 2);
}

static void a_source_of_another_dimension_starts_empty(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    struct vector_source *source = NULL;
    struct vector_hit hit;
    size_t n;

    CHECK_OK(vector_source_open_embedded(vectors, "kb-test", 3, &source, err));
    CHECK_OK(vector_source_upsert(source, records, 3, err));
    vector_source_free(source);
    CHECK_OK(vector_source_open_embedded(vectors, "kb-test", 3, &source, err));
    CHECK_OK(vector_source_query(source, A, NULL, 1, &hit, &n, err));
    CHECK(n == 1); /* the same: as it was */
    vector_source_free(source);
    CHECK_OK(vector_source_open_embedded(vectors, "kb-test", 2, &source, err));
    CHECK_OK(vector_source_query(source, A, NULL, 1, &hit, &n, err));
    CHECK(n == 0);
    CHECK_OK(vector_source_upsert(source, records, 3, err));
    vector_source_free(source);
}

static void a_source_whose_collection_was_deleted_starts_anew(void **state)
{
    CLEANUP(vectors_closep) struct vectors *vectors = open_vectors(*state);
    CLEANUP(vector_source_freep) struct vector_source *source = NULL;
    struct vector_hit hit;
    size_t n;

    CHECK_OK(vector_source_open_embedded(vectors, "kb-test", 3, &source, err));
    CHECK_OK(vector_source_upsert(source, records, 3, err));
    CHECK_OK(
        vectors_delete_database(vectors, VECTORS_DEFAULT_TENANT, VECTORS_DEFAULT_DATABASE, err));
    CHECK_OK(vector_source_query(source, A, NULL, 1, &hit, &n, err));
    CHECK(n == 0);
    CHECK_OK(vector_source_upsert(source, records, 3, err));
    CHECK_OK(vector_source_query(source, A, NULL, 1, &hit, &n, err));
    CHECK(n == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(records_are_found_by_nearness),
        STORE_TEST(a_filter_limits_what_is_found),
        STORE_TEST(records_are_listed_in_the_order_of_their_first_writing),
        STORE_TEST(add_leaves_what_is_there_alone),
        STORE_TEST(update_changes_what_it_names_and_ignores_new_ids),
        STORE_TEST(the_last_of_one_id_in_a_batch_wins),
        STORE_TEST(deleted_records_are_gone_and_their_slots_used_again),
        STORE_TEST(a_batch_with_a_fault_changes_nothing),
        STORE_TEST(what_the_disk_refuses_is_not_shown),
        STORE_TEST(a_restart_finds_everything),
        STORE_TEST(a_record_that_is_damaged_is_left_out_and_counted),
        STORE_TEST(a_file_that_is_none_of_ours_is_refused),
        STORE_TEST(names_are_checked),
        STORE_TEST(what_exists_is_said_and_not_made_again),
        STORE_TEST(a_collection_can_be_renamed_but_not_to_a_name_that_is_taken),
        STORE_TEST(a_deleted_collection_says_so_to_who_still_has_it),
        STORE_TEST(a_database_goes_with_its_collections),
        STORE_TEST(a_reader_sees_all_of_a_batch_or_none),
        STORE_TEST(a_source_keeps_and_finds_records),
        STORE_TEST(a_source_of_another_dimension_starts_empty),
        STORE_TEST(a_source_whose_collection_was_deleted_starts_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
