// Matrix products whose operands are rounded to bfloat16 (8 bits of exponent, 8 of precision) and whose sums stay float32.
//
// Processors with AVX512-BF16 multiply 32 pairs of such numbers and add them to 16 sums in one instruction: twice the work of a float32
// instruction. The blocks are those of wide_gemm.c, with a pair of neighbours along k where that file has one number: operands are
// rounded, to the nearest and ties to even, while they are packed. Of the processor's 118 GFLOP/s in float32 and 236 in bfloat16 (Zen 4),
// [256, 512] x [512, 512] reaches 113 and 217, packing included; oneDNN 2.6 reaches 114 and, with the conversion of its operands, 216. On
// Intel's processors these instructions are slow (80 GFLOP/s where float32 has 145): they have AMX instead, see bfloat16_amx.c.
#include "bfloat16_gemm.h"
#include "kernels.h"
#include <stdlib.h>

static gk_bfloat16_mode support;

__attribute__((constructor)) static void look_at_processor(void) {
    const char *wish = getenv("GAIT_BFLOAT16");
    if (wish && !strcmp(wish, "emulate")) support = GK_BFLOAT16_EMULATED;
    else if (gk_has_bfloat16_products() && !(wish && !strcmp(wish, "off")))
        support = !(wish && !strcmp(wish, "avx512")) && gk_request_amx() ? GK_BFLOAT16_AMX : GK_BFLOAT16_NATIVE;
}

gk_bfloat16_mode gk_bfloat16_support(void) { return support; }

// The least size of a product that is rounded. Smaller are those of first layers with few observations and of output layers, which so stay exact. That costs
// little: on Zen 4 [256, 256] x [256, 8] and [256, 8] x [8, 256] would be 1.4 and 1.5 times as fast in bfloat16, with 32 for 8 it is 1.8, and most of an
// update's time is in the hidden layers. 16 x 16 x 16 gains nothing (1.1), and a product of one row loses (0.4).
enum { LEAST_SIZE = 32 };

static __thread gk_product_counters large_products;

gk_product_counters gk_large_products(void) { return large_products; }

int gk_rounds_product(gk_precision precision, size_t m, size_t n, size_t k) {
    if (m < LEAST_SIZE || n < LEAST_SIZE || k < LEAST_SIZE) return 0;
    int rounds = precision == GK_BFLOAT16 && support != GK_BFLOAT16_NONE;
    *(rounds ? &large_products.bfloat16 : &large_products.float32) += 1;
    return rounds;
}

static void round_to_bfloat16(const float *x, float *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bits = x[i] == x[i] ? (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000 : bits | 0x400000;  // NaN stays NaN
        memcpy(out + i, &bits, sizeof bits);
    }
}

void gk_gemm(gk_precision precision, int transpose_a, int transpose_b, size_t m, size_t n, size_t k, const float *a, const float *b, float beta,
             float *c) {
    if (gk_rounds_product(precision, m, n, k)) gk_bfloat16_gemm(transpose_a, transpose_b, m, n, k, a, b, NULL, beta, c);
    else gk_sgemm(transpose_a, transpose_b, m, n, k, a, b, beta, c);
}

static void emulate(int transpose_a, int transpose_b, size_t m, size_t n, size_t k, const float *a, const float *b, const int32_t *b_rows,
                    float beta, float *c) {
    float *rounded_a = gk_buffer_take(m * k), *rounded_b = gk_buffer_take(k * n);
    round_to_bfloat16(a, rounded_a, m * k);
    if (!b_rows) round_to_bfloat16(b, rounded_b, k * n);
    for (size_t i = 0; b_rows && i < k; i++) round_to_bfloat16(b + (size_t)b_rows[i] * n, rounded_b + i * n, n);
    gk_sgemm(transpose_a, transpose_b, m, n, k, rounded_a, rounded_b, beta, c);
    gk_buffer_return(rounded_b, k * n);
    gk_buffer_return(rounded_a, m * k);
}

#if defined(__x86_64__)
#include "bfloat16_packing.h"

enum {
    TILE_ROWS = 14,                   // 14 x 2 sums, 2 vectors of b and one of a: 31 of the 32 registers
    CHUNK_ROWS = 19 * TILE_ROWS,      // rows of a copied at a time
    LEFT_COUNT = 20 * DEPTH * LANES,  // pairs that the copy needs at most, in either layout
};

// c[rows, vectors * 16] = a b + beta c. The pair a(i, p) is at a[i * ROW_STRIDE + p], or at a[p * LANES + i] when `transposed`; b is
// packed as [pairs, vectors * 16]; `last` masks the columns of the last vector.
WIDE GK_INLINE void tile(const int rows, const int vectors, const int transposed, size_t pairs, const pair *a, const pair *b, float beta,
                         float *c, size_t c_stride, __mmask16 last) {
    __m512 sums[TILE_ROWS][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sums[i][v] = _mm512_setzero_ps();
    for (size_t p = 0; p < pairs; p++, b += vectors * LANES) {
        __m512bh right[2];
        _mm_prefetch((const char *)(b + 12 * vectors * LANES), _MM_HINT_T0);
        if (vectors > 1) _mm_prefetch((const char *)(b + 12 * vectors * LANES + LANES), _MM_HINT_T0);
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) right[v] = (__m512bh)_mm512_loadu_si512(b + v * LANES);
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) {
            __m512bh left = (__m512bh)_mm512_set1_epi32((int)(transposed ? a[i] : a[i * ROW_STRIDE]));
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sums[i][v] = _mm512_dpbf16_ps(sums[i][v], left, right[v]);
        }
        a += transposed ? LANES : 1;
    }
    __m512 scale = _mm512_set1_ps(beta);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            float *to = c + (size_t)i * c_stride + v * LANES;
            __mmask16 mask = v == vectors - 1 ? last : 0xFFFF;
            __m512 value = sums[i][v];
            if (beta != 0) value = _mm512_fmadd_ps(scale, _mm512_maskz_loadu_ps(mask, to), value);
            _mm512_mask_storeu_ps(to, mask, value);
        }
    }
}

typedef void (*tile_function)(size_t, const pair *, const pair *, float, float *, size_t, __mmask16);
#define TILE(rows, vectors, transposed)                                                                                           \
    WIDE static void tile_##rows##_##vectors##_##transposed(size_t pairs, const pair *a, const pair *b, float beta, float *c,     \
                                                            size_t c_stride, __mmask16 last) {                                    \
        tile(rows, vectors, transposed, pairs, a, b, beta, c, c_stride, last);                                                    \
    }
EACH_ROWS(TILE, 1, 0) EACH_ROWS(TILE, 1, 1) EACH_ROWS(TILE, 2, 0) EACH_ROWS(TILE, 2, 1)
#define NAME(rows, vectors, transposed) tile_##rows##_##vectors##_##transposed,
static const tile_function tiles[2][2][TILE_ROWS] = {
    {{EACH_ROWS(NAME, 1, 0)}, {EACH_ROWS(NAME, 2, 0)}},
    {{EACH_ROWS(NAME, 1, 1)}, {EACH_ROWS(NAME, 2, 1)}},
};

// Rows start...start + height of the pass over k, as `tile` wants them. `depth` is numbers, and need not be even.
WIDE static void copy_left(int transposed, const float *a, size_t stride, size_t start, size_t height, size_t from_k, size_t depth,
                           pair *out) {
    if (transposed) {
        __mmask16 mask = (__mmask16)((1u << height) - 1);
        const float *from = a + from_k * stride + start;
        for (size_t p = 0; p < depth; p += 2, from += 2 * stride, out += LANES) {
            __m512 second = p + 1 < depth ? _mm512_maskz_loadu_ps(mask, from + stride) : _mm512_setzero_ps();
            _mm512_storeu_si512(out, pairs_of_rows(_mm512_maskz_loadu_ps(mask, from), second));
        }
    } else {
        copy_rows(a + start * stride, stride, height, from_k, depth, out);
    }
}

WIDE static void multiply_chunk(int transpose_a, const pair *left, size_t rows, const pair *panel, int vectors, size_t pairs, float beta,
                                float *c, size_t n, __mmask16 last) {
    size_t blocks = (rows + TILE_ROWS - 1) / TILE_ROWS, done = 0;
    for (size_t block = 0; block < blocks; block++) {  // even heights: 256 rows are 19 tiles of 13 or 14
        size_t height = (rows - done + blocks - block - 1) / (blocks - block);
        const pair *a = transpose_a ? left + block * DEPTH * LANES : left + done * ROW_STRIDE;
        tiles[transpose_a][vectors - 1][height - 1](pairs, a, panel, beta, c + done * n, n, last);
        done += height;
    }
}

WIDE static void multiply(int transpose_a, int transpose_b, size_t m, size_t n, size_t k, const float *a, const float *b, const int32_t *b_rows,
                          float beta, float *c) {
    size_t a_stride = transpose_a ? m : k;
    size_t chunks = (m + CHUNK_ROWS - 1) / CHUNK_ROWS, largest = (m + chunks - 1) / chunks;
    pair *left = (pair *)gk_buffer_take(LEFT_COUNT), *panels = (pair *)gk_buffer_take(PANELS * DEPTH * 2 * LANES);
    for (size_t from_k = 0; from_k < k; from_k += 2 * DEPTH, beta = 1) {
        size_t depth = k - from_k < 2 * DEPTH ? k - from_k : 2 * DEPTH, pairs = (depth + 1) / 2;
        for (size_t start = 0; start < m; start += largest) {
            size_t rows = m - start < largest ? m - start : largest, blocks = (rows + TILE_ROWS - 1) / TILE_ROWS, done = 0;
            for (size_t block = 0; block < blocks; block++) {
                size_t height = (rows - done + blocks - block - 1) / (blocks - block);
                copy_left(transpose_a, a, a_stride, start + done, height, from_k, depth,
                          transpose_a ? left + block * DEPTH * LANES : left + done * ROW_STRIDE);
                done += height;
            }
            for (size_t group = 0; group < n; group += PANELS * 2 * LANES) {
                size_t end = n - group < PANELS * 2 * LANES ? n : group + PANELS * 2 * LANES;
                if (start > 0 && n <= PANELS * 2 * LANES) {
                    // all of b is packed already
                } else if (transpose_b) {
                    pack_right_transposed(b, k, n, group, end, from_k, depth, panels);
                } else {
                    pack_right(b, b_rows, n, group, end, from_k, depth, panels);
                }
                for (size_t column = group; column < end; column += 2 * LANES) {
                    int vectors = panel_vectors(column, n);
                    multiply_chunk(transpose_a, left, rows, panels + (column - group) * DEPTH, vectors, pairs, beta,
                                   c + start * n + column, n, columns_mask(column + (size_t)(vectors - 1) * LANES, n));
                }
            }
        }
    }
    gk_buffer_return((float *)panels, PANELS * DEPTH * 2 * LANES);
    gk_buffer_return((float *)left, LEFT_COUNT);
}
#endif

void gk_bfloat16_gemm(int transpose_a, int transpose_b, size_t m, size_t n, size_t k, const float *a, const float *b, const int32_t *b_rows,
                      float beta, float *c) {
    if (support == GK_BFLOAT16_AMX) return gk_amx_gemm(transpose_a, transpose_b, m, n, k, a, b, b_rows, beta, c);
#if defined(__x86_64__)
    if (support == GK_BFLOAT16_NATIVE) return multiply(transpose_a, transpose_b, m, n, k, a, b, b_rows, beta, c);
#endif
    emulate(transpose_a, transpose_b, m, n, k, a, b, b_rows, beta, c);
}
