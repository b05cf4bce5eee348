// Products with 512-bit vectors; see wide_gemm.c. Needs AVX-512 F, BW, DQ and VL.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Whether this processor has the instructions and is faster with them than with OpenBLAS (measured; see processor.c): Zen 4,
// where [256, 512] x [512, 512] runs at 113 instead of 109 GFLOP/s, of 118 that the processor can do.
int gk_prefers_wide_gemm(void);
void gk_wide_sgemm(int transpose_a, int transpose_b, size_t m, size_t n, size_t k,
                   const float *a, const float *b, float beta, float *c);
// c = a b[rows, :]: a is [m, k], b has any number of rows of n, of which `rows` names k.
void gk_wide_sgemm_of_rows(size_t m, size_t n, size_t k, const float *a, const float *b, const int32_t *rows, float *c);
