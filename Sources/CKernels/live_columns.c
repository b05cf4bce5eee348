// Products that leave out columns of zeros.
//
// Rectified units are often 0 for a whole small batch: in a Q network of [512, 512] that has learned for a while, 5-40 % of the first layer's
// units and 50-80 % of the second's, at batches of 64. What they are multiplied with need not be read, and their gradients are 0. The results
// are those of the whole products: what is left out are additions of 0. In bfloat16, what is left may be too small to be rounded.
#include "kernels.h"
#include "bfloat16_gemm.h"
#include "wide_gemm.h"

// Above so many rows a column is hardly ever 0 as a whole; below so many columns there is little to leave out.
enum { MOST_ROWS = 128, LEAST_COLUMNS = 128 };

// The columns of x that are not all 0; their number.
GK_KERNEL static size_t live_columns(const float *x, size_t rows, size_t columns, uint32_t *seen, int32_t *index) {
    memset(seen, 0, columns * sizeof *seen);
    for (size_t r = 0; r < rows; r++) {
        const float *row = x + r * columns;
        GK_VECTORIZE for (size_t c = 0; c < columns; c++) seen[c] |= row[c] != 0.0f;  // true of NaN
    }
    size_t count = 0;
    for (size_t c = 0; c < columns; c++) {
        index[count] = (int32_t)c;
        count += seen[c];
    }
    return count;
}

// Rows of x with these columns only.
GK_KERNEL static void gather_columns(const float *restrict x, size_t rows, size_t columns, const int32_t *restrict index, size_t count,
                                     float *restrict out) {
    for (size_t r = 0; r < rows; r++, x += columns, out += count)
        for (size_t i = 0; i < count; i++) out[i] = x[index[i]];
}

// c = a b[rows, :] for a [m, k] and k row numbers of b.
static void product_of_rows(gk_precision precision, size_t m, size_t n, size_t k, const float *a, const float *b, const int32_t *rows, float *c) {
    int rounds = gk_rounds_product(precision, m, n, k);
    if (rounds) return gk_bfloat16_gemm(0, 0, m, n, k, a, b, rows, 0, c);
    if (gk_uses_own_products() && m >= 4 && n >= 2) return gk_wide_sgemm_of_rows(m, n, k, a, b, rows, c);
    float *copy = gk_buffer_take(k * n);
    for (size_t i = 0; i < k; i++) memcpy(copy + i * n, b + (size_t)rows[i] * n, n * sizeof(float));
    gk_sgemm(0, 0, m, n, k, a, copy, 0, c);
    gk_buffer_return(copy, k * n);
}

static int pays(size_t live, size_t columns) { return live * 8 <= columns * 7; }

void gk_gemm_live(gk_precision precision, size_t m, size_t n, size_t k, const float *a, const float *b, float *c) {
    if (m > MOST_ROWS || k < LEAST_COLUMNS || n < LEAST_COLUMNS) return gk_gemm(precision, 0, 0, m, n, k, a, b, 0, c);
    float *memory = gk_buffer_take(2 * k + m * k);
    int32_t *index = (int32_t *)(memory + k);
    size_t live = live_columns(a, m, k, (uint32_t *)memory, index);
    if (live == 0) {
        memset(c, 0, m * n * sizeof(float));
    } else if (pays(live, k)) {
        gather_columns(a, m, k, index, live, memory + 2 * k);
        product_of_rows(precision, m, n, live, memory + 2 * k, b, index, c);
    } else {
        gk_gemm(precision, 0, 0, m, n, k, a, b, 0, c);
    }
    gk_buffer_return(memory, 2 * k + m * k);
}

// out[rows[i], columns[j]] = x[i, j], zeros elsewhere; out is [all_rows, all_columns].
GK_KERNEL static void spread(const float *restrict x, const int32_t *restrict rows, size_t row_count, const int32_t *restrict columns,
                             size_t column_count, float *restrict out, size_t all_rows, size_t all_columns) {
    memset(out, 0, all_rows * all_columns * sizeof(float));
    for (size_t i = 0; i < row_count; i++, x += column_count) {
        float *to = out + (size_t)rows[i] * all_columns;
        for (size_t j = 0; j < column_count; j++) to[columns[j]] = x[j];
    }
}

int gk_live_gradients(gk_precision precision, size_t batch, size_t inputs, size_t outputs, const float *x, const float *dz, const float *w,
                      float *dw, float *dx) {
    if (batch > MOST_ROWS || inputs < LEAST_COLUMNS || outputs < LEAST_COLUMNS) return 0;
    size_t size = 2 * (inputs + outputs) + batch * (inputs + outputs) + inputs * outputs;
    float *memory = gk_buffer_take(size), *next = memory + 2 * (inputs + outputs);
    uint32_t *seen = (uint32_t *)memory;
    int32_t *live_inputs = (int32_t *)(memory + inputs + outputs), *live_outputs = live_inputs + inputs;
    size_t outputs_left = live_columns(dz, batch, outputs, seen, live_outputs), helps = pays(outputs_left, outputs);
    if (helps && outputs_left == 0) {
        if (dw) memset(dw, 0, inputs * outputs * sizeof(float));
        if (dx) memset(dx, 0, batch * inputs * sizeof(float));
    } else if (helps) {
        float *dz_left = next, *x_left = dz_left + batch * outputs, *matrix = x_left + batch * inputs;
        gather_columns(dz, batch, outputs, live_outputs, outputs_left, dz_left);
        if (dw) {
            size_t inputs_left = live_columns(x, batch, inputs, seen, live_inputs);
            gather_columns(x, batch, inputs, live_inputs, inputs_left, x_left);
            gk_gemm(precision, 1, 0, inputs_left, outputs_left, batch, x_left, dz_left, 0, matrix);
            spread(matrix, live_inputs, inputs_left, live_outputs, outputs_left, dw, inputs, outputs);
        }
        if (dx) {
            gather_columns(w, inputs, outputs, live_outputs, outputs_left, matrix);
            gk_gemm(precision, 0, 1, batch, inputs, outputs_left, dz_left, matrix, 0, dx);
        }
    }
    gk_buffer_return(memory, size);
    return (int)helps;
}
