#include "server/llm/stem.h"

#include "common/alloc.h"

#include <assert.h>
#include <libstemmer.h>
#include <limits.h>

/* Porter's own program leaves "is" and "as" alone; Snowball's rendering would make "i" and "a" of them. */
#define STEM_BYTES_MIN 3

struct stemmer {
    struct sb_stemmer *snowball;
};

struct stemmer *stemmer_new(void)
{
    struct stemmer *stemmer = xcalloc(1, sizeof(*stemmer));

    /* Not "english", its successor: SQLite's FTS5 stems by Porter's rules, and both must agree. */
    stemmer->snowball = sb_stemmer_new("porter", "UTF_8");
    if (!stemmer->snowball)
        xfail();
    return stemmer;
}

void stemmer_free(struct stemmer *stemmer)
{
    if (!stemmer)
        return;
    sb_stemmer_delete(stemmer->snowball);
    free(stemmer);
}

const char *stemmer_stem(struct stemmer *stemmer, const char *word, size_t len, size_t *ret_len)
{
    const sb_symbol *stem;

    assert(len <= INT_MAX);
    *ret_len = len;
    if (len < STEM_BYTES_MIN)
        return word;
    stem = sb_stemmer_stem(stemmer->snowball, (const sb_symbol *)word, (int)len);
    if (!stem)
        xfail(); /* the only failure */
    *ret_len = (size_t)sb_stemmer_length(stemmer->snowball);
    return (const char *)stem;
}

uint64_t stem_hash(const char *stem)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *stem; stem++)
        hash = (hash ^ (unsigned char)*stem) * UINT64_C(0x100000001b3);
    return hash;
}
