// Matrix products with operands rounded to bfloat16; see bfloat16_gemm.c.
#pragma once
#include "CKernels.h"

// Whether this processor has AVX512-BF16, beside AVX-512 F, BW, DQ and VL (processor.c).
int gk_has_bfloat16_products(void);
// Whether it has the tiles of AMX, with bfloat16, beside these (processor.c).
int gk_has_amx(void);
// Asks the system whether this process may use them. Called once, before threads start (bfloat16_amx.c).
int gk_request_amx(void);
// Whether the operands of a product of these sizes are rounded, which is then counted: to be asked once for a product.
int gk_rounds_product(gk_precision precision, size_t m, size_t n, size_t k);
// As gk_gemm where gk_rounds_product says so, by AMX, by AVX512-BF16 or emulated. `b_rows`, where not NULL, says which row of b, not transposed, is meant by
// each of k.
void gk_bfloat16_gemm(int transpose_a, int transpose_b, size_t m, size_t n, size_t k, const float *a, const float *b, const int32_t *b_rows,
                      float beta, float *c);
// The same with AMX, where gk_request_amx said yes.
void gk_amx_gemm(int transpose_a, int transpose_b, size_t m, size_t n, size_t k, const float *a, const float *b, const int32_t *b_rows,
                 float beta, float *c);
