#ifndef TW_CLEANUP_H
#define TW_CLEANUP_H

/* Scoped ownership. A local that owns something says CLEANUP(foo_freep); giving it away is TAKE, so
 * that a reader sees the moment it leaves. */

#define CLEANUP(fn)             __attribute__((cleanup(fn)))
#define MUST_CHECK              __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define COUNT_OF(array)         (sizeof(array) / sizeof((array)[0]))

/* The value of slot, which becomes NULL: the caller now owns it. */
#define TAKE(slot)                                                                                 \
    ({                                                                                             \
        __typeof__(slot) taken_ = (slot);                                                          \
        (slot) = NULL;                                                                             \
        taken_;                                                                                    \
    })

/* Defines destroy##p(type *slot), for CLEANUP, from a destroy(type) that accepts NULL. */
#define DEFINE_CLEANUP(type, destroy)                                                              \
    static inline void destroy##p(type *slot)                                                      \
    {                                                                                              \
        if (*slot)                                                                                 \
            destroy(*slot);                                                                        \
    }                                                                                              \
    struct cleanup_semicolon_##destroy

#endif
