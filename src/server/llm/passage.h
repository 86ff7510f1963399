#ifndef TW_PASSAGE_H
#define TW_PASSAGE_H

/* A piece of the knowledge base as it travels from retrieval to generation and evaluation. */

#include <stddef.h>

/* Everything is borrowed from what retrieval returned; texts are valid UTF-8 without NULs inside. */
struct passage {
    const char *chunk_id; /* "vpn-access.md#4": document and number of the chunk in it, from 1 */
    const char *document; /* path of the file below the knowledge base's folder */
    const char *title;    /* of the document */
    const char *heading;  /* the chunk's; "" for what stands before the first one */
    const char *text;     /* the chunk, NUL-terminated, as it stands in the file */
    size_t len;
    size_t start, end; /* the chunk's bytes in the file: [start, end) */
    double score;      /* how well it fits the question, 0..1; higher is better */
};

#endif
