// Sums, maxima and copies.
#include "sums.h"
#include "vector_math.h"

GK_KERNEL float gk_sum(const float *x, size_t n) {
    double total = 0;  // blocks in float, their sums in double
    for (size_t start = 0; start < n; start += 1024) {
        size_t end = start + 1024 < n ? start + 1024 : n;
        total += gk_sum_of_one(x + start, end - start);
    }
    return (float)total;
}

GK_KERNEL float gk_dot(const float *x, const float *y, size_t n) {
    double total = 0;
    for (size_t start = 0; start < n; start += 1024) {
        size_t end = start + 1024 < n ? start + 1024 : n;
        total += gk_sum_of_products(x + start, y + start, end - start);
    }
    return (float)total;
}

GK_KERNEL double gk_sum_of_squares(const float *x, size_t n) {
    return gk_sum_of_squares_of_one(x, n);
}

GK_KERNEL void gk_column_sums(const float *restrict x, float *restrict out, size_t rows, size_t columns) {
    memset(out, 0, columns * sizeof(float));
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) out[c] += x[r * columns + c];
}

GK_KERNEL void gk_row_sums(const float *x, float *out, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++) out[r] = gk_sum_of_one(x + r * columns, columns);
}

void gk_row_maxima(const float *x, float *out, int32_t *index, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++) {
        const float *row = x + r * columns;
        size_t best = 0;
        for (size_t c = 1; c < columns; c++)
            if (row[c] > row[best] || (row[c] != row[c] && row[best] == row[best])) best = c;
        out[r] = row[best];
        if (index) index[r] = (int32_t)best;
    }
}

void gk_column_maxima(const float *x, float *out, int32_t *index, size_t rows, size_t columns) {
    for (size_t c = 0; c < columns; c++) {
        size_t best = 0;
        for (size_t r = 1; r < rows; r++) {
            float v = x[r * columns + c], b = x[best * columns + c];
            if (v > b || (v != v && b == b)) best = r;
        }
        out[c] = x[best * columns + c];
        if (index) index[c] = (int32_t)best;
    }
}

GK_INLINE float row_log_sum_exp(const float *x, size_t columns) {
    float m = x[0];
    for (size_t c = 1; c < columns; c++) m = x[c] > m || x[c] != x[c] ? x[c] : m;
    if (!(fabsf(m) < INFINITY)) return m;  // all -inf, some inf, or NaN
    float sum = 0;
    for (size_t c = 0; c < columns; c++) GK_ADD_IN_ANY_ORDER(sum, gk_exp(x[c] - m));
    return m + gk_log(sum);
}

GK_KERNEL void gk_log_sum_exp(const float *x, float *out, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++) out[r] = row_log_sum_exp(x + r * columns, columns);
}

GK_KERNEL void gk_log_softmax(const float *x, float *out, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++) {
        float total = row_log_sum_exp(x + r * columns, columns);
        GK_VECTORIZE for (size_t c = 0; c < columns; c++) out[r * columns + c] = x[r * columns + c] - total;
    }
}

GK_KERNEL void gk_log_softmax_gradient(const float *dy, const float *y, float *dx, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++) {
        const float *d = dy + r * columns, *saved = y + r * columns;
        float sum = gk_sum_of_one(d, columns);
        GK_VECTORIZE for (size_t c = 0; c < columns; c++) dx[r * columns + c] = d[c] - gk_exp(saved[c]) * sum;
    }
}

void gk_copy_block(const float *from, size_t from_stride, float *to, size_t to_stride, size_t rows, size_t columns) {
    if (columns == 1) {
        for (size_t r = 0; r < rows; r++) to[r * to_stride] = from[r * from_stride];
        return;
    }
    for (size_t r = 0; r < rows; r++) memcpy(to + r * to_stride, from + r * from_stride, columns * sizeof(float));
}

void gk_transpose(const float *x, float *out, size_t rows, size_t columns) {
    enum { block = 16 };
    for (size_t r0 = 0; r0 < rows; r0 += block)
        for (size_t c0 = 0; c0 < columns; c0 += block)
            for (size_t c = c0; c < columns && c < c0 + block; c++)
                for (size_t r = r0; r < rows && r < r0 + block; r++) out[c * rows + r] = x[r * columns + c];
}
