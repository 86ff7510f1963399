#include "question_set.h"

#include "common/alloc.h"
#include "common/file.h"
#include "common/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)64 << 20)

static const char *const manners[][2] = {
    {"", ""},
    {"Hello, ", ""},
    {"", " Thanks!"},
    {"quick question: ", ""},
    {"Hi team - ", " Any help is welcome."},
    {"", " It is rather urgent."},
    {"Sorry to bother you. ", ""},
    {"", " I could not find it anywhere."},
};

static void add_text(struct question_set *set, char *owned_text)
{
    if (set->n == set->capacity) {
        set->capacity = set->capacity ? 2 * set->capacity : 256;
        set->texts = xrealloc_array(set->texts, set->capacity, sizeof(*set->texts));
    }
    set->texts[set->n++] = owned_text;
}

static void add_in_all_manners(struct question_set *set, const char *text)
{
    for (size_t i = 0; i < COUNT_OF(manners); i++)
        add_text(set, xprintf_dup("%s%s%s", manners[i][0], text, manners[i][1]));
}

typedef int line_fn(struct question_set *set, char *line, struct tw_error *err);

static int each_line(struct question_set *set,
                     const char *path,
                     line_fn *take,
                     struct tw_error *err)
{
    CLEANUP(freep) char *text = NULL;
    size_t len;

    if (file_read(path, FILE_MAX, &text, &len, err) < 0)
        return -1;
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (*line != '\0' && *line != '#' && take(set, line, err) < 0)
            return -1;
    }
    return 0;
}

static int take_baseline(struct question_set *set, char *line, struct tw_error *err)
{
    (void)err;
    add_text(set, xstrdup(line));
    return 0;
}

static int take_foreign(struct question_set *set, char *line, struct tw_error *err)
{
    (void)err;
    add_in_all_manners(set, line);
    return 0;
}

/* Lines of one article stand together. Where the article changes is told by the last one's name. */
static int take_user(struct question_set *set, char *line, struct tw_error *err)
{
    static char article[128];
    CLEANUP(json_freep) struct json *entry = NULL;
    const char *question, *document;

    if (json_parse(line, strlen(line), &entry, err) < 0)
        return -1;
    question = json_string(json_get(entry, "question"));
    document = json_string(json_get(entry, "document"));
    if (!question || !document) /* nothing in the knowledge base answers it */
        return 0;
    if (strcmp(document, article) != 0) {
        set->article_first =
            xrealloc_array(set->article_first, set->n_articles + 2, sizeof(*set->article_first));
        set->article_first[set->n_articles++] = set->n;
        (void)snprintf(article, sizeof(article), "%s", document);
    }
    add_in_all_manners(set, question);
    set->article_first[set->n_articles] = set->n;
    return 0;
}

int question_set_read(struct question_set *set, char **paths, struct tw_error *err)
{
    *set = (struct question_set){0};
    if (each_line(set, paths[0], take_baseline, err) < 0)
        return -1;
    set->n_baseline = set->n;
    if (each_line(set, paths[1], take_user, err) < 0)
        return -1;
    set->n_users = set->n - set->n_baseline;
    if (each_line(set, paths[2], take_foreign, err) < 0)
        return -1;
    if (set->n_baseline == 0 || set->n_users == 0 || set->n == set->n_baseline + set->n_users)
        return tw_fail(err, TW_INVALID, "a file has no questions");
    return 0;
}

void question_set_finish(struct question_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        free(set->texts[i]);
    free(set->texts);
    free(set->vectors);
    free(set->article_first);
}

int question_set_encode(struct question_set *set, struct encoder *encoder, struct tw_error *err)
{
    CLEANUP(freep) size_t *lens = xcalloc(set->n, sizeof(*lens));

    set->dim = encoder_dim(encoder);
    free(set->vectors);
    set->vectors = xcalloc(set->n * set->dim, sizeof(*set->vectors));
    for (size_t i = 0; i < set->n; i++)
        lens[i] = strlen(set->texts[i]);
    return encoder_embed(encoder, (const char *const *)set->texts, lens, set->n, ENCODER_BULK,
                         set->vectors, err);
}

int question_set_read_vectors(struct question_set *set, const char *path, struct tw_error *err)
{
    CLEANUP(freep) char *bytes = NULL;
    size_t len;

    if (file_read(path, FILE_MAX, &bytes, &len, err) < 0)
        return -1;
    set->dim = len / sizeof(float) / set->n;
    if (set->dim == 0 || len != set->dim * sizeof(float) * set->n)
        return tw_fail(err, TW_INVALID, "'%s' does not hold a vector for each of %zu texts", path,
                       set->n);
    free(set->vectors);
    set->vectors = xcalloc(set->n * set->dim, sizeof(*set->vectors));
    memcpy(set->vectors, bytes, len);
    return 0;
}
