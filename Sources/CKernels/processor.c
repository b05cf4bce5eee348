// Which of OpenBLAS's kernels fit this processor.
//
// Debian's OpenBLAS knows no processor newer than itself and then falls back to slow kernels, so the choice is made here,
// from what CPUID and XGETBV say. It never names kernels that use instructions the processor (or its system) lacks.
#include "CKernels.h"
#include "bfloat16_gemm.h"
#include "wide_gemm.h"

#if defined(__x86_64__)
#include <cpuid.h>

typedef struct { uint32_t a, b, c, d; } registers;

static registers cpuid(uint32_t leaf, uint32_t subleaf) {
    registers r = {0, 0, 0, 0};
    __get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d);
    return r;
}

static int bit(uint32_t word, int index) { return (word >> index) & 1; }

static uint64_t enabled_state(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
}

typedef struct { int amd, family, avx2, avx512, bf16, amx; } processor;

static processor detect(void) {
    registers vendor = cpuid(0, 0), basic = cpuid(1, 0), extended = cpuid(7, 0), more = cpuid(7, 1);
    processor p = {0};
    p.amd = vendor.b == 0x68747541;  // "Auth"enticAMD
    p.family = (int)(((basic.a >> 8) & 15) + ((basic.a >> 20) & 255));
    if (!bit(basic.c, 27)) return p;  // no OSXSAVE: nothing beyond SSE
    uint64_t state = enabled_state();
    p.avx2 = (state & 6) == 6 && bit(basic.c, 28) && bit(basic.c, 12) && bit(extended.b, 5);      // AVX, FMA, AVX2
    p.avx512 = p.avx2 && (state & 0xE6) == 0xE6 && bit(extended.b, 16) && bit(extended.b, 17)     // F, DQ
        && bit(extended.b, 30) && bit(extended.b, 31);                                             // BW, VL
    p.bf16 = p.avx512 && bit(more.a, 5);
    p.amx = p.bf16 && (state & 0x60000) == 0x60000 && bit(extended.d, 22) && bit(extended.d, 24);  // AMX-BF16 and AMX-TILE
    return p;
}

const char *gk_blas_preferred_core(void) {
    processor p = detect();
    if (!p.avx2) return NULL;
    // Zen 4 (family 19h) runs 512-bit products in two halves; of the library's kernels the 256-bit ones are quickest there.
    if (p.amd && p.family == 0x19) return "Haswell";
    if (p.avx512) return p.bf16 ? "Cooperlake" : "SkylakeX";
    return p.amd ? "Zen" : "Haswell";
}

int gk_has_bfloat16_products(void) { return detect().bf16; }
int gk_has_amx(void) { return detect().amx; }

int gk_prefers_wide_gemm(void) {
#if defined(__OPTIMIZE__)
    processor p = detect();
    return p.amd && p.family == 0x19 && p.avx512;
#else
    return 0;  // in a debug build these kernels are slow, and the library's are as quick as ever
#endif
}
#else
const char *gk_blas_preferred_core(void) { return NULL; }
int gk_prefers_wide_gemm(void) { return 0; }
int gk_has_bfloat16_products(void) { return 0; }
int gk_has_amx(void) { return 0; }
#endif
