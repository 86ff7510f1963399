#include "server/llm/matrix_kernels.h"

extern const struct matrix_kernels matrix_kernels_baseline;
#ifdef TW_HAS_X86_KERNELS
extern const struct matrix_kernels matrix_kernels_avx2, matrix_kernels_avx512;
#endif

const struct matrix_kernels *matrix_kernels_at(size_t i)
{
    const struct matrix_kernels *all[4] = {NULL};
    size_t n = 0;

#ifdef TW_HAS_X86_KERNELS
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        all[n++] = &matrix_kernels_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        all[n++] = &matrix_kernels_avx2;
#endif
    all[n++] = &matrix_kernels_baseline;
    return i < n ? all[i] : NULL;
}

const struct matrix_kernels *matrix_kernels_choose(void)
{
    return matrix_kernels_at(0);
}
