// What all kernel files share.
#pragma once
#include "CKernels.h"
#include <math.h>
#include <string.h>

// Three generations of x86-64, chosen when the program starts; other processors get the plain code.
#if defined(__x86_64__) && defined(__linux__) && defined(__clang__)
#define GK_KERNEL __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "arch=x86-64-v2", "default")))
#else
#define GK_KERNEL
#endif
#define GK_INLINE static inline __attribute__((always_inline))
// What a product and the sum that takes it may become one instruction (with one rounding) everywhere; nothing else is relaxed, so
// that the order of operations is the one that is written here. Sums over an array have their order from sums.h.
#pragma clang fp contract(fast)
// In-place kernels read and write the same index only, so vectors of any width are safe.
#define GK_VECTORIZE _Pragma("clang loop vectorize(assume_safety) interleave(enable)")
