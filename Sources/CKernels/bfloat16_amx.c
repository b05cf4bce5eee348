// Products in bfloat16 on the tiles of Intel's processors (AMX, since Sapphire Rapids).
//
// A tile has 16 rows of 64 bytes. One instruction multiplies a tile of a, 16 rows of 16 pairs, by a tile of b, 16 pairs of 16 columns, and
// adds to 16 x 16 sums: 16384 operations in 16 cycles. On Emerald Rapids [256, 512] x [512, 512] runs at 536 GFLOP/s, packing
// included, where float32 has 126.
#include "bfloat16_gemm.h"
#include "kernels.h"

#if defined(__x86_64__) && defined(__linux__)
#include "bfloat16_packing.h"
#include <sys/syscall.h>
#include <unistd.h>

#define AMX __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")))

enum {
    CHUNK_ROWS = 256,                      // rows of a copied at a time; whole tiles
    LEFT_COUNT = CHUNK_ROWS * ROW_STRIDE,  // pairs
    REQUEST_PERMISSION = 0x1023,           // ARCH_REQ_XCOMP_PERM: the kernel keeps room for tiles for programs that ask
    TILE_DATA = 18,                        // the tiles' place among the processor's states
};

int gk_request_amx(void) { return gk_has_amx() && syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0; }

typedef struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_shapes;

static const tile_shapes whole_tiles = {
    .palette = 1, .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64}, .rows = {16, 16, 16, 16, 16, 16, 16, 16},
};

// Computes a b in tiles 0 to 3 and stores them at `to`, [16 heights, 16 vectors] with rows `stride` bytes apart. a is [16 heights, ROW_STRIDE] pairs
// and b is packed as [16 steps, 16 vectors]; heights and vectors are 1 or 2.
AMX GK_INLINE void multiply_tiles(const int heights, const int vectors, size_t steps, const pair *a, const pair *b, float *to, size_t stride) {
    const size_t a_stride = ROW_STRIDE * sizeof(pair), b_stride = (size_t)vectors * LANES * sizeof(pair);
    _tile_zero(0);
    if (vectors > 1) _tile_zero(1);
    if (heights > 1) _tile_zero(2);
    if (heights > 1 && vectors > 1) _tile_zero(3);
    for (size_t step = 0; step < steps; step++, a += LANES, b += LANES * LANES * vectors) {
        _tile_loadd(4, a, a_stride);
        _tile_loadd(6, b, b_stride);
        _tile_dpbf16ps(0, 4, 6);
        if (vectors > 1) {
            _tile_loadd(7, b + LANES, b_stride);
            _tile_dpbf16ps(1, 4, 7);
        }
        if (heights > 1) {
            _tile_loadd(5, a + LANES * ROW_STRIDE, a_stride);
            _tile_dpbf16ps(2, 5, 6);
            if (vectors > 1) _tile_dpbf16ps(3, 5, 7);
        }
    }
    _tile_stored(0, to, stride);
    if (vectors > 1) _tile_stored(1, to + LANES, stride);
    if (heights > 1) _tile_stored(2, (char *)to + LANES * stride, stride);
    if (heights > 1 && vectors > 1) _tile_stored(3, (char *)to + LANES * stride + LANES * sizeof(float), stride);
}

// c[rows, columns] = a b + beta c, at most 32 x 32. Tiles are stored directly in c where they are whole and beta is 0.
AMX static void multiply_block(size_t rows, size_t columns, size_t steps, const pair *a, const pair *b, float beta, float *c, size_t n) {
    float sums[2 * LANES * 2 * LANES] __attribute__((aligned(64)));
    int is_tall = rows > LANES, is_wide = columns > LANES;
    int is_direct = beta == 0 && rows % LANES == 0 && columns % LANES == 0;
    float *to = is_direct ? c : sums;
    size_t stride = is_direct ? n * sizeof(float) : 2 * LANES * sizeof(float);
    if (is_tall && is_wide) multiply_tiles(2, 2, steps, a, b, to, stride);
    else if (is_tall) multiply_tiles(2, 1, steps, a, b, to, stride);
    else if (is_wide) multiply_tiles(1, 2, steps, a, b, to, stride);
    else multiply_tiles(1, 1, steps, a, b, to, stride);
    if (is_direct) return;
    __m512 scale = _mm512_set1_ps(beta);
    for (size_t i = 0; i < rows; i++) {
        for (size_t column = 0; column < columns; column += LANES) {
            __mmask16 mask = columns_mask(column, columns);
            __m512 value = _mm512_load_ps(sums + i * 2 * LANES + column);
            float *place = c + i * n + column;
            if (beta != 0) value = _mm512_fmadd_ps(scale, _mm512_maskz_loadu_ps(mask, place), value);
            _mm512_mask_storeu_ps(place, mask, value);
        }
    }
}

// As copy_rows, of columns start...start + height of a, which is [k, stride].
WIDE static void copy_columns(const float *a, size_t stride, size_t start, size_t height, size_t from_k, size_t depth, pair *out) {
    for (size_t i = 0; i < height; i += LANES) {
        __mmask16 mask = columns_mask(i, height);
        for (size_t p = 0; p < depth; p += 2 * LANES) {
            __m512 block[LANES];
            for (size_t j = 0; j < LANES; j++) {
                size_t k = p + 2 * j;
                const float *from = a + (from_k + k) * stride + start + i;
                __m512 first = k < depth ? _mm512_maskz_loadu_ps(mask, from) : _mm512_setzero_ps();
                __m512 second = k + 1 < depth ? _mm512_maskz_loadu_ps(mask, from + stride) : _mm512_setzero_ps();
                block[j] = (__m512)pairs_of_rows(first, second);
            }
            transpose_lanes(block, (float *)(out + i * ROW_STRIDE + p / 2), ROW_STRIDE);
        }
    }
}

// Zeros behind the pairs of each panel, up to whole tiles: what is left there from before may be NaN, and 0 x NaN is NaN.
static void fill_tiles(size_t group, size_t end, size_t n, size_t pairs, size_t tiled, pair *panels) {
    for (size_t column = group; column < end; column += 2 * LANES, panels += DEPTH * 2 * LANES) {
        size_t row = (size_t)panel_vectors(column, n) * LANES;
        memset(panels + pairs * row, 0, (tiled - pairs) * row * sizeof(pair));
    }
}

AMX void gk_amx_gemm(int transpose_a, int transpose_b, size_t m, size_t n, size_t k, const float *a, const float *b, const int32_t *b_rows,
                     float beta, float *c) {
    size_t chunks = (m + CHUNK_ROWS - 1) / CHUNK_ROWS, tiles = (m + LANES - 1) / LANES, largest = (tiles + chunks - 1) / chunks * LANES;
    pair *left = (pair *)gk_buffer_take(LEFT_COUNT), *panels = (pair *)gk_buffer_take(PANELS * DEPTH * 2 * LANES);
    _tile_loadconfig(&whole_tiles);
    for (size_t from_k = 0; from_k < k; from_k += 2 * DEPTH, beta = 1) {
        size_t depth = k - from_k < 2 * DEPTH ? k - from_k : 2 * DEPTH, pairs = (depth + 1) / 2, steps = (pairs + LANES - 1) / LANES;
        for (size_t start = 0; start < m; start += largest) {
            size_t rows = m - start < largest ? m - start : largest;
            if (transpose_a) copy_columns(a, m, start, rows, from_k, depth, left);
            else copy_rows(a + start * k, k, rows, from_k, depth, left);
            for (size_t group = 0; group < n; group += PANELS * 2 * LANES) {
                size_t end = n - group < PANELS * 2 * LANES ? n : group + PANELS * 2 * LANES;
                if (start == 0 || n > PANELS * 2 * LANES) {  // else all of b is packed already
                    if (transpose_b) pack_right_transposed(b, k, n, group, end, from_k, depth, panels);
                    else pack_right(b, b_rows, n, group, end, from_k, depth, panels);
                    fill_tiles(group, end, n, pairs, steps * LANES, panels);
                }
                for (size_t column = group; column < end; column += 2 * LANES) {
                    size_t columns = end - column < 2 * LANES ? end - column : 2 * LANES;
                    const pair *panel = panels + (column - group) * DEPTH;
                    for (size_t row = 0; row < rows; row += 2 * LANES) {
                        size_t height = rows - row < 2 * LANES ? rows - row : 2 * LANES;
                        multiply_block(height, columns, steps, left + row * ROW_STRIDE, panel, beta, c + (start + row) * n + column, n);
                    }
                }
            }
        }
    }
    _tile_release();
    gk_buffer_return((float *)panels, PANELS * DEPTH * 2 * LANES);
    gk_buffer_return((float *)left, LEFT_COUNT);
}
#else
int gk_request_amx(void) { return 0; }
void gk_amx_gemm(int transpose_a, int transpose_b, size_t m, size_t n, size_t k, const float *a, const float *b, const int32_t *b_rows,
                 float beta, float *c) {}
#endif
