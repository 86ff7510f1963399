#ifndef TW_CHUNK_H
#define TW_CHUNK_H

/* A document cut into chunks: what retrieval finds, and what an answer is made from. A chunk is a run of
 * whole sections, or of paragraphs of one section, of about 80 to 200 words. A heading stays with its
 * lead-in, and both with the numbered list that follows; a table or a block of code is whole. Where
 * these promises and 200 words do not go together, the chunk is longer; where they do not go together
 * with CHUNK_BYTES_MAX (a list of a hundred kilobytes), the list is cut between lines. Linear, pure. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Part of the hash of a knowledge base: a chunk's numbers and bounds are the rules of this version. */
#define CHUNK_RULES "chunk-1"

#define CHUNK_WORDS_MIN    80
#define CHUNK_WORDS_MAX    200
#define CHUNK_BYTES_MAX    ((size_t)16384)
#define CHUNK_DOCUMENT_MAX ((size_t)1 << 20) /* bytes */
#define CHUNK_TITLE_MAX    200               /* bytes; longer titles and headings are cut */
#define CHUNK_HEADINGS_MAX 1000              /* bytes */

struct chunk {
    size_t start, end; /* bytes of the document: [start, end), without blank lines around */
    size_t n_words;
    char *heading;  /* "Connecting > On Linux": where it begins, below the title; "" before any */
    char *headings; /* all headings that it holds or stands under, one a line, without the title */
};

struct chunks {
    char *title; /* the first heading; without any, the first line of a text file; else "" */
    struct chunk *at;
    size_t n;
};

/* The text must be valid UTF-8 without NUL bytes, at most CHUNK_DOCUMENT_MAX: else TW_INVALID, with
 * where. is_plain: not Markdown but a text file. */
int chunk_document(const char *text,
                   size_t len,
                   bool is_plain,
                   struct chunks *ret_chunks,
                   struct tw_error *err) MUST_CHECK;
void chunks_finish(struct chunks *chunks);

#endif
