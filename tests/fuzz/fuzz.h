#ifndef TW_FUZZ_H
#define TW_FUZZ_H

/* A fuzz target is one function, called by libFuzzer (option -Dfuzz=true, clang) or by replay.c. It aborts
 * when something is wrong. */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise that holds for every input. */
#define FUZZ_EXPECT(condition)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            __builtin_trap();                                                                      \
    } while (0)

#endif
