// Matrix products for processors with 512-bit vectors.
//
// A learning step's products are small: [256, 512] x [512, 512] takes a millisecond, of which OpenBLAS spends nearly a tenth on
// copying both operands into its own layout and on clearing the result. Here the left operand is only copied row by row (or
// not transposed at all), one panel of the right operand is packed at a time, and results are written once.
#include "kernels.h"
#include "wide_gemm.h"

#if defined(__x86_64__)
#include "wide_vectors.h"

#define WIDE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))

enum {
    TILE_ROWS = 14,                // 14 x 2 sums, 2 vectors of b and one of a: 31 of the 32 registers
    DEPTH = 512,                   // of one pass over k: a panel of b takes 64 KiB
    ROW_STRIDE = DEPTH + LANES,    // of the copied rows of a: not a power of two, so that they don't compete for cache sets
    PANELS = 4,                    // panels of b packed at a time: long enough reads from each of its rows
    CHUNK_ROWS = 19 * TILE_ROWS,   // rows of a copied at a time
    LEFT_COUNT = 20 * DEPTH * LANES,  // floats that the copy needs at most, in either layout
};

// c[rows, vectors * 16] = a b + beta c. a(i, p) is at a[i * ROW_STRIDE + p], or at a[p * LANES + i] when `transposed`; b is packed
// as [depth, vectors * 16]; `last` masks the columns of the last vector.
WIDE GK_INLINE void tile(const int rows, const int vectors, const int transposed, size_t depth, const float *a, const float *b,
                         float beta, float *c, size_t c_stride, __mmask16 last) {
    __m512 sums[TILE_ROWS][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sums[i][v] = _mm512_setzero_ps();
    for (size_t p = 0; p < depth; p++, b += vectors * LANES) {
        __m512 right[2];
        _mm_prefetch((const char *)(b + 12 * vectors * LANES), _MM_HINT_T0);
        if (vectors > 1) _mm_prefetch((const char *)(b + 12 * vectors * LANES + LANES), _MM_HINT_T0);
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) right[v] = _mm512_loadu_ps(b + v * LANES);
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) {
            __m512 left = _mm512_set1_ps(transposed ? a[i] : a[i * ROW_STRIDE]);
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sums[i][v] = _mm512_fmadd_ps(left, right[v], sums[i][v]);
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

typedef void (*tile_function)(size_t, const float *, const float *, float, float *, size_t, __mmask16);
#define TILE(rows, vectors, transposed)                                                                                       \
    WIDE static void tile_##rows##_##vectors##_##transposed(size_t depth, const float *a, const float *b, float beta, float *c, \
                                                            size_t c_stride, __mmask16 last) {                                \
        tile(rows, vectors, transposed, depth, a, b, beta, c, c_stride, last);                                                \
    }
EACH_ROWS(TILE, 1, 0) EACH_ROWS(TILE, 1, 1) EACH_ROWS(TILE, 2, 0) EACH_ROWS(TILE, 2, 1)
#define NAME(rows, vectors, transposed) tile_##rows##_##vectors##_##transposed,
static const tile_function tiles[2][2][TILE_ROWS] = {
    {{EACH_ROWS(NAME, 1, 0)}, {EACH_ROWS(NAME, 2, 0)}},
    {{EACH_ROWS(NAME, 1, 1)}, {EACH_ROWS(NAME, 2, 1)}},
};

// Rows start...start + height of the pass over k, as `tile` wants them.
WIDE static void copy_left(int transposed, const float *a, size_t stride, size_t start, size_t height, size_t from_k, size_t depth,
                           float *out) {
    if (transposed) {
        __mmask16 mask = (__mmask16)((1u << height) - 1);
        const float *from = a + from_k * stride + start;
        for (size_t p = 0; p < depth; p++) _mm512_storeu_ps(out + p * LANES, _mm512_maskz_loadu_ps(mask, from + p * stride));
    } else {
        __mmask16 rest = (__mmask16)((1u << depth % LANES) - 1);
        for (size_t i = 0; i < height; i++) {  // rows are often short: a call of memcpy for each would take longer than the copy
            const float *from = a + (start + i) * stride + from_k;
            float *to = out + i * ROW_STRIDE;
            size_t p = 0;
            for (; p + LANES <= depth; p += LANES) _mm512_storeu_ps(to + p, _mm512_loadu_ps(from + p));
            if (rest) _mm512_mask_storeu_ps(to + p, rest, _mm512_maskz_loadu_ps(rest, from + p));
        }
    }
}

// Columns start...end of b, zeros up to whole vectors, as panels of [depth, 32] (or [depth, 16]), DEPTH * 32 apart.
// `rows`, where not NULL, says which row of b is meant by each.
WIDE static void pack_right(const float *b, const int32_t *rows, size_t n, size_t start, size_t end, size_t from_k, size_t depth, float *out) {
    for (size_t p = 0; p < depth; p++) {
        const float *row = b + (rows ? (size_t)rows[from_k + p] : from_k + p) * n;
        float *to = out;
        for (size_t column = start; column < end; column += 2 * LANES, to += DEPTH * 2 * LANES) {
            if (panel_vectors(column, n) == 2) {
                _mm512_storeu_ps(to + p * 2 * LANES, _mm512_loadu_ps(row + column));
                _mm512_storeu_ps(to + p * 2 * LANES + LANES, _mm512_maskz_loadu_ps(columns_mask(column + LANES, n), row + column + LANES));
            } else {
                _mm512_storeu_ps(to + p * LANES, _mm512_maskz_loadu_ps(columns_mask(column, n), row + column));
            }
        }
    }
}

// The same of b transposed: rows start...end of b [n, k].
WIDE static void pack_right_transposed(const float *b, size_t k, size_t n, size_t start, size_t end, size_t from_k, size_t depth, float *out) {
    for (size_t column = start; column < end; column += LANES) {
        size_t place = column - start, panel = place / (2 * LANES), first = column - place % (2 * LANES);
        size_t row = (size_t)panel_vectors(first, n) * LANES, columns = n - column < LANES ? n - column : LANES, p = 0;
        float *to = out + panel * DEPTH * 2 * LANES + place % (2 * LANES);
        const float *from = b + column * k + from_k;
        if (columns == LANES)
            for (; p + LANES <= depth; p += LANES) {
                __m512 block[LANES];
                for (size_t j = 0; j < LANES; j++) block[j] = _mm512_loadu_ps(from + j * k + p);
                transpose_lanes(block, to + p * row, row);
            }
        for (; p < depth; p++) {
            float line[LANES] = {0};
            for (size_t j = 0; j < columns; j++) line[j] = from[j * k + p];
            memcpy(to + p * row, line, sizeof line);
        }
    }
}

WIDE static void multiply_chunk(int transpose_a, const float *left, size_t rows, const float *panel, int vectors, size_t depth,
                                float beta, float *c, size_t n, __mmask16 last) {
    size_t blocks = (rows + TILE_ROWS - 1) / TILE_ROWS, done = 0;
    for (size_t block = 0; block < blocks; block++) {  // even heights: 256 rows are 19 tiles of 13 or 14
        size_t height = (rows - done + blocks - block - 1) / (blocks - block);
        const float *a = transpose_a ? left + block * DEPTH * LANES : left + done * ROW_STRIDE;
        tiles[transpose_a][vectors - 1][height - 1](depth, a, panel, beta, c + done * n, n, last);
        done += height;
    }
}

static void multiply(int transpose_a, int transpose_b, size_t m, size_t n, size_t k, const float *a, const float *b, const int32_t *b_rows,
                     float beta, float *c) {
    size_t a_stride = transpose_a ? m : k;
    size_t chunks = (m + CHUNK_ROWS - 1) / CHUNK_ROWS, largest = (m + chunks - 1) / chunks;
    float *left = gk_buffer_take(LEFT_COUNT), *panels = gk_buffer_take(PANELS * DEPTH * 2 * LANES);
    for (size_t from_k = 0; from_k < k; from_k += DEPTH, beta = 1) {
        size_t depth = k - from_k < DEPTH ? k - from_k : DEPTH;
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
                    multiply_chunk(transpose_a, left, rows, panels + (column - group) * DEPTH, vectors, depth, beta,
                                   c + start * n + column, n, columns_mask(column + (size_t)(vectors - 1) * LANES, n));
                }
            }
        }
    }
    gk_buffer_return(panels, PANELS * DEPTH * 2 * LANES);
    gk_buffer_return(left, LEFT_COUNT);
}

void gk_wide_sgemm(int transpose_a, int transpose_b, size_t m, size_t n, size_t k, const float *a, const float *b, float beta, float *c) {
    multiply(transpose_a, transpose_b, m, n, k, a, b, NULL, beta, c);
}

void gk_wide_sgemm_of_rows(size_t m, size_t n, size_t k, const float *a, const float *b, const int32_t *rows, float *c) {
    multiply(0, 0, m, n, k, a, b, rows, 0, c);
}
#else
void gk_wide_sgemm(int transpose_a, int transpose_b, size_t m, size_t n, size_t k, const float *a, const float *b, float beta, float *c) {
    (void)transpose_a; (void)transpose_b; (void)m; (void)n; (void)k; (void)a; (void)b; (void)beta; (void)c;
}
void gk_wide_sgemm_of_rows(size_t m, size_t n, size_t k, const float *a, const float *b, const int32_t *rows, float *c) {
    (void)m; (void)n; (void)k; (void)a; (void)b; (void)rows; (void)c;
}
#endif
