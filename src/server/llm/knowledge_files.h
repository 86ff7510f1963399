#ifndef TW_KNOWLEDGE_FILES_H
#define TW_KNOWLEDGE_FILES_H

/* The folder of a knowledge base: which files belong to it, and what is in one. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

#define KNOWLEDGE_FILES_MAX 50000
#define KNOWLEDGE_DEPTH_MAX 8   /* folders below the folder */
#define KNOWLEDGE_PATH_MAX  200 /* bytes below the folder: a vector's id holds it and two numbers */

/* Lists beside the documents, at the top of the folder. */
#define KNOWLEDGE_SYNONYMS  "synonyms.txt"
#define KNOWLEDGE_GENERIC   "generic.txt"
#define KNOWLEDGE_QUESTIONS "questions.txt"

struct knowledge_files {
    char **paths; /* below the folder, ascending by bytes */
    size_t n;
    size_t n_refused; /* names that are no UTF-8, too long or hold control characters; too deep */
    char first_refusal[256]; /* "" when none */
};

/* *.md and *.txt below the folder, without what begins with a dot, the three lists, and links that lead
 * out of the folder or to a folder. TW_NOT_FOUND no such folder, TW_INVALID too many files, TW_BROKEN a
 * folder that cannot be read. */
int knowledge_files_init(struct knowledge_files *files,
                         const char *folder,
                         struct tw_error *err) MUST_CHECK;
void knowledge_files_finish(struct knowledge_files *files); /* zeroed is fine */

/* *ret_text is owned. TW_NOT_FOUND it is gone, TW_INVALID too large or no regular file. */
int knowledge_file_read(const char *folder,
                        const char *path,
                        char **ret_text,
                        size_t *ret_len,
                        struct tw_error *err) MUST_CHECK;

bool knowledge_file_is_plain(const char *path); /* *.txt */

#endif
