// How the products in bfloat16 (bfloat16_gemm.c, bfloat16_amx.c) pack their operands: rounded, in pairs of neighbours along k.
#pragma once
#include "wide_vectors.h"

#define WIDE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")))

enum {
    DEPTH = 256,                 // pairs of one pass over k: a panel of b takes 32 KiB
    ROW_STRIDE = DEPTH + LANES,  // pairs, of the copied rows of a: not a power of two, so that they don't compete for cache sets
    PREFETCHED_ROWS = 8,         // of b, before they are packed
    PANELS = 4,                  // panels of b packed at a time: long enough reads from each of its rows
};

typedef uint32_t pair;  // two bfloat16, the one of the lower k in the lower half

// Two rows of 16 numbers -> 16 pairs.
WIDE GK_INLINE __m512i pairs_of_rows(__m512 first, __m512 second) {
    const __m512i interleave = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3,
                                                18, 2, 17, 1, 16, 0);
    return _mm512_permutexvar_epi16(interleave, (__m512i)_mm512_cvtne2ps_pbh(second, first));
}

// 32 numbers of one row -> 16 pairs; beyond `count` they are 0.
WIDE GK_INLINE __m512i pairs_of_row(const float *from, size_t count) {
    if (count >= 2 * LANES) return (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + LANES), _mm512_loadu_ps(from));
    __mmask32 mask = (__mmask32)((1ull << count) - 1);
    __m512 low = _mm512_maskz_loadu_ps((__mmask16)mask, from), high = _mm512_maskz_loadu_ps((__mmask16)(mask >> LANES), from + LANES);
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

// `height` rows of a from column from_k on, [height, ROW_STRIDE] pairs; zeros from `depth` numbers on, up to whole vectors.
WIDE GK_INLINE void copy_rows(const float *a, size_t stride, size_t height, size_t from_k, size_t depth, pair *out) {
    for (size_t i = 0; i < height; i++) {
        const float *from = a + i * stride + from_k;
        for (size_t p = 0; p < depth; p += 2 * LANES) _mm512_storeu_si512(out + i * ROW_STRIDE + p / 2, pairs_of_row(from + p, depth - p));
    }
}

// Columns start...end of b, zeros up to whole vectors, as panels of [pairs, 32] (or [pairs, 16]), DEPTH * 32 apart.
// `rows`, where not NULL, says which row of b is meant by each.
WIDE GK_INLINE void pack_right(const float *b, const int32_t *rows, size_t n, size_t start, size_t end, size_t from_k, size_t depth, pair *out) {
    for (size_t p = 0; p < depth; p += 2) {
        size_t k = from_k + p;
        const float *first = b + (rows ? (size_t)rows[k] : k) * n, *second = NULL;
        if (p + 1 < depth) second = b + (rows ? (size_t)rows[k + 1] : k + 1) * n;
        for (size_t at = start; at < end && !rows; at += LANES) {  // rows are too short for the processor to see them coming
            _mm_prefetch((const char *)(first + PREFETCHED_ROWS * n + at), _MM_HINT_T0);
            _mm_prefetch((const char *)(first + (PREFETCHED_ROWS + 1) * n + at), _MM_HINT_T0);
        }
        pair *to = out;
        for (size_t column = start; column < end; column += 2 * LANES, to += DEPTH * 2 * LANES) {
            int vectors = panel_vectors(column, n);
            for (int v = 0; v < vectors; v++) {
                size_t at = column + (size_t)v * LANES;
                __mmask16 mask = columns_mask(at, n);
                __m512 above = _mm512_maskz_loadu_ps(mask, first + at);
                __m512 below = second ? _mm512_maskz_loadu_ps(mask, second + at) : _mm512_setzero_ps();
                _mm512_storeu_si512(to + (p / 2 * (size_t)vectors + (size_t)v) * LANES, pairs_of_rows(above, below));
            }
        }
    }
}

// The same of b transposed: rows start...end of b [n, k].
WIDE GK_INLINE void pack_right_transposed(const float *b, size_t k, size_t n, size_t start, size_t end, size_t from_k, size_t depth, pair *out) {
    for (size_t column = start; column < end; column += LANES) {
        size_t place = column - start, panel = place / (2 * LANES), first = column - place % (2 * LANES);
        size_t row = (size_t)panel_vectors(first, n) * LANES, columns = n - column < LANES ? n - column : LANES;
        pair *to = out + panel * DEPTH * 2 * LANES + place % (2 * LANES);
        const float *from = b + column * k + from_k;
        for (size_t p = 0; p < depth; p += 2 * LANES) {  // at the end, pairs of zeros beyond the depth; the panel has room for them
            __m512 block[LANES];
            for (size_t j = 0; j < LANES; j++)
                block[j] = j < columns ? (__m512)pairs_of_row(from + j * k + p, depth - p) : _mm512_setzero_ps();
            transpose_lanes(block, (float *)(to + p / 2 * row), row);
        }
    }
}
