#include "server/llm/knowledge_files.h"

#include "server/llm/chunk.h"

#include "common/alloc.h"
#include "common/file.h"
#include "common/utf8.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Folders still to be read; depth-first, without recursion. */
struct pending {
    char *path; /* below the folder; "" for itself */
    int depth;
};

struct walk {
    struct knowledge_files *files;
    const char *folder;
    char *real_folder; /* without links, with a slash at its end */
    size_t files_capacity;
    struct pending *pending;
    size_t n_pending, pending_capacity;
};

static void walk_finish(struct walk *walk)
{
    for (size_t i = 0; i < walk->n_pending; i++)
        free(walk->pending[i].path);
    free(walk->pending);
    free(walk->real_folder);
}

/* The name is told only where it is fit for a message. */
static void refuse(struct walk *walk, const char *path, const char *why)
{
    bool is_shown = utf8_is_valid(path, strlen(path)) && strlen(path) <= KNOWLEDGE_PATH_MAX;

    if (walk->files->n_refused++ == 0)
        (void)snprintf(walk->files->first_refusal, sizeof(walk->files->first_refusal), "'%s' %s",
                       is_shown ? path : "...", why);
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

static const char *why_refused(const char *path)
{
    if (!utf8_is_valid(path, strlen(path)))
        return "has a name that is not UTF-8";
    if (strlen(path) > KNOWLEDGE_PATH_MAX)
        return "has too long a name";
    if (has_control(path))
        return "has a control character in its name";
    return NULL;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len > end_len && strcmp(text + len - end_len, end) == 0;
}

bool knowledge_file_is_plain(const char *path)
{
    return ends_with(path, ".txt");
}

static bool is_document(const char *path)
{
    static const char *const lists[] = {KNOWLEDGE_SYNONYMS, KNOWLEDGE_GENERIC, KNOWLEDGE_QUESTIONS};

    for (size_t i = 0; i < COUNT_OF(lists); i++)
        if (strcmp(path, lists[i]) == 0)
            return false;
    return ends_with(path, ".md") || ends_with(path, ".txt");
}

/* The path without links, or NULL when it is gone or leads out of the folder. */
static char *resolve(const char *real_folder, const char *folder, const char *path)
{
    CLEANUP(freep) char *full = xprintf_dup("%s/%s", folder, path);
    char *real = realpath(full, NULL);

    if (real && strncmp(real, real_folder, strlen(real_folder)) != 0)
        free(TAKE(real));
    return real;
}

/* Owned, with a slash at its end. */
static char *resolve_folder(const char *folder, struct tw_error *err)
{
    CLEANUP(freep) char *real = realpath(folder, NULL);

    if (real)
        return xprintf_dup("%s/", real);
    (void)tw_fail_errno(err, errno == ENOENT || errno == ENOTDIR ? TW_NOT_FOUND : TW_BROKEN, errno,
                        "cannot open the folder '%.150s'", folder);
    return NULL;
}

/* ---- The walk ---------------------------------------------------------------------------------- */

static void push(struct walk *walk, const char *path, int depth)
{
    if (walk->n_pending == walk->pending_capacity) {
        walk->pending_capacity = walk->pending_capacity ? 2 * walk->pending_capacity : 16;
        walk->pending =
            xrealloc_array(walk->pending, walk->pending_capacity, sizeof(*walk->pending));
    }
    walk->pending[walk->n_pending++] = (struct pending){xstrdup(path), depth};
}

static int add_file(struct walk *walk, const char *path, struct tw_error *err)
{
    struct knowledge_files *files = walk->files;

    if (files->n == KNOWLEDGE_FILES_MAX)
        return tw_fail(err, TW_INVALID, "the folder '%.150s' holds over %d documents", walk->folder,
                       KNOWLEDGE_FILES_MAX);
    if (files->n == walk->files_capacity) {
        walk->files_capacity = walk->files_capacity ? 2 * walk->files_capacity : 64;
        files->paths = xrealloc_array(files->paths, walk->files_capacity, sizeof(*files->paths));
    }
    files->paths[files->n++] = xstrdup(path);
    return 0;
}

/* A link to a file inside is as good as the file; one to a folder could go round in circles. */
static bool is_file_inside(const struct walk *walk, const char *path, const struct stat *info)
{
    CLEANUP(freep) char *real = NULL;
    struct stat target;

    if (S_ISREG(info->st_mode))
        return true;
    if (!S_ISLNK(info->st_mode))
        return false;
    real = resolve(walk->real_folder, walk->folder, path);
    return real && stat(real, &target) == 0 && S_ISREG(target.st_mode);
}

static int visit(struct walk *walk, const char *path, int depth, struct tw_error *err)
{
    CLEANUP(freep) char *full = xprintf_dup("%s%s", walk->real_folder, path);
    const char *why = why_refused(path);
    struct stat info;

    if (lstat(full, &info) < 0)
        return 0; /* gone since it was listed */
    if (S_ISDIR(info.st_mode)) {
        if (why || depth == KNOWLEDGE_DEPTH_MAX)
            refuse(walk, path, why ? why : "lies too deep");
        else
            push(walk, path, depth + 1);
        return 0;
    }
    if (!is_document(path) || !is_file_inside(walk, path, &info))
        return 0;
    if (why) {
        refuse(walk, path, why);
        return 0;
    }
    return add_file(walk, path, err);
}

static void close_dir(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir);
}

static int read_folder(struct walk *walk, const struct pending *at, struct tw_error *err)
{
    CLEANUP(freep) char *full = xprintf_dup("%s%s", walk->real_folder, at->path);
    CLEANUP(close_dir) DIR *dir = opendir(full);
    const struct dirent *entry;

    if (!dir)
        return tw_fail_errno(err, TW_BROKEN, errno, "cannot read the folder '%.150s'", full);
    /* The stream is this thread's own. */
    while ((entry = readdir(dir))) { // NOLINT(concurrency-mt-unsafe)
        CLEANUP(freep) char *path = NULL;

        if (entry->d_name[0] == '.')
            continue;
        path = xprintf_dup("%s%s%s", at->path, at->path[0] != '\0' ? "/" : "", entry->d_name);
        if (visit(walk, path, at->depth, err) < 0)
            return -1;
    }
    return 0;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int walk_all(struct walk *walk, struct tw_error *err)
{
    push(walk, "", 0);
    while (walk->n_pending > 0) {
        struct pending at = walk->pending[--walk->n_pending];
        int result = read_folder(walk, &at, err);

        free(at.path);
        if (result < 0)
            return -1;
    }
    return 0;
}

int knowledge_files_init(struct knowledge_files *files, const char *folder, struct tw_error *err)
{
    CLEANUP(walk_finish) struct walk walk = {.files = files, .folder = folder};

    *files = (struct knowledge_files){0};
    walk.real_folder = resolve_folder(folder, err);
    if (!walk.real_folder)
        return -1;
    if (walk_all(&walk, err) < 0) {
        knowledge_files_finish(files);
        return -1;
    }
    if (files->n > 0)
        qsort(files->paths, files->n, sizeof(*files->paths), compare_paths);
    return 0;
}

void knowledge_files_finish(struct knowledge_files *files)
{
    for (size_t i = 0; i < files->n; i++)
        free(files->paths[i]);
    free(files->paths);
    *files = (struct knowledge_files){0};
}

int knowledge_file_read(
    const char *folder, const char *path, char **ret_text, size_t *ret_len, struct tw_error *err)
{
    CLEANUP(freep) char *real_folder = resolve_folder(folder, err);
    CLEANUP(freep) char *real = NULL;

    if (!real_folder)
        return -1;
    real = resolve(real_folder, folder, path);
    if (!real)
        return tw_fail(err, TW_NOT_FOUND, "there is no '%.200s' in the folder", path);
    return file_read(real, CHUNK_DOCUMENT_MAX, ret_text, ret_len, err);
}
