// What the matrix products with 512-bit vectors share: wide_gemm.c in float32, bfloat16_gemm.c and bfloat16_amx.c on pairs of bfloat16. Both have 32-bit lanes.
#pragma once
#include "kernels.h"
#include <immintrin.h>

enum { LANES = 16 };

// f(rows, v, t) for every height of a tile.
#define EACH_ROWS(f, v, t) f(1, v, t) f(2, v, t) f(3, v, t) f(4, v, t) f(5, v, t) f(6, v, t) f(7, v, t) \
    f(8, v, t) f(9, v, t) f(10, v, t) f(11, v, t) f(12, v, t) f(13, v, t) f(14, v, t)

// 16 vectors -> the transpose of their lanes, `out_stride` lanes apart.
__attribute__((target("avx512f"))) GK_INLINE void transpose_lanes(__m512 r[16], float *out, size_t out_stride) {
    __m512 t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        for (int j = 0; j < 2; j++) {
            __m512d x = _mm512_castps_pd(t[i + j]), y = _mm512_castps_pd(t[i + j + 2]);
            r[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(x, y));
            r[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(x, y));
        }
    }
    for (int i = 0; i < 4; i++) {
        __m512 x = _mm512_shuffle_f32x4(r[i], r[i + 4], 0x88), y = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0x88);
        __m512 z = _mm512_shuffle_f32x4(r[i], r[i + 4], 0xDD), w = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0xDD);
        _mm512_storeu_ps(out + (size_t)i * out_stride, _mm512_shuffle_f32x4(x, y, 0x88));
        _mm512_storeu_ps(out + (size_t)(i + 4) * out_stride, _mm512_shuffle_f32x4(z, w, 0x88));
        _mm512_storeu_ps(out + (size_t)(i + 8) * out_stride, _mm512_shuffle_f32x4(x, y, 0xDD));
        _mm512_storeu_ps(out + (size_t)(i + 12) * out_stride, _mm512_shuffle_f32x4(z, w, 0xDD));
    }
}

// Vectors of 16 columns in the panel of op(b) that starts at `column`, and which columns of the last one exist.
GK_INLINE int panel_vectors(size_t column, size_t n) { return n - column > LANES ? 2 : 1; }
GK_INLINE __mmask16 columns_mask(size_t column, size_t n) {
    return n - column >= LANES ? 0xFFFF : (__mmask16)((1u << (n - column)) - 1);
}
