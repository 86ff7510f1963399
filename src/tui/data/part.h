#ifndef TW_PART_H
#define TW_PART_H

/* Reference counting for what several snapshots share: a part is filled by one thread, then never
 * changed again, and freed by whoever lets go of it last. A type of part has a struct part as its
 * first member. Any thread. */

struct part {
    _Atomic unsigned n_refs;
    void (*destroy)(struct part *part); /* frees it with all it owns */
};

/* One reference, the caller's. */
void part_init(struct part *part, void (*destroy)(struct part *part));

void part_ref(struct part *part);
void part_unref(struct part *part);

#endif
