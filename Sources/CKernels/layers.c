// What surrounds a layer's matrix product.
#include "sums.h"
#include "vector_math.h"

#define LEAK 0.01f  // slope of a leaky ReLU below 0

GK_INLINE float activate(gk_activation f, float x) {
    return f == GK_RELU_ACTIVATION ? (x < 0.0f ? 0.0f : x) : f == GK_TANH_ACTIVATION ? gk_tanh(x)
         : f == GK_LEAKY_RELU_ACTIVATION ? (x < 0.0f ? LEAK * x : x) : x;
}

GK_INLINE void bias_rows(float *y, const float *bias, gk_activation f, size_t rows, size_t columns) {
    if (!bias) {
        GK_VECTORIZE for (size_t i = 0; i < rows * columns; i++) y[i] = activate(f, y[i]);
        return;
    }
    for (size_t r = 0; r < rows; r++, y += columns) {
        GK_VECTORIZE for (size_t c = 0; c < columns; c++) y[c] = activate(f, y[c] + bias[c]);
    }
}

GK_KERNEL void gk_bias_activation(float *y, const float *bias, gk_activation f, size_t rows, size_t columns) {
    switch (f) {
    case GK_IDENTITY_ACTIVATION: if (bias) bias_rows(y, bias, GK_IDENTITY_ACTIVATION, rows, columns); break;
    case GK_RELU_ACTIVATION: bias_rows(y, bias, GK_RELU_ACTIVATION, rows, columns); break;
    case GK_TANH_ACTIVATION: bias_rows(y, bias, GK_TANH_ACTIVATION, rows, columns); break;
    case GK_LEAKY_RELU_ACTIVATION: bias_rows(y, bias, GK_LEAKY_RELU_ACTIVATION, rows, columns); break;
    }
}

GK_INLINE float slope_times(gk_activation f, float d, float y) {
    return f == GK_RELU_ACTIVATION ? (y > 0.0f ? d : 0.0f) : f == GK_TANH_ACTIVATION ? d * (1.0f - y * y)
         : f == GK_LEAKY_RELU_ACTIVATION ? (y > 0.0f ? d : LEAK * d) : d;
}

GK_INLINE void gradient_rows(const float *dy, const float *y, gk_activation f, float *dz, float *d_bias, size_t rows,
                             size_t columns, const int32_t *row_index) {
    if (!d_bias && !row_index) {  // one long row
        columns *= rows;
        rows = 1;
    }
    for (size_t r = 0; r < rows; r++) {
        const float *d = dy + r * columns, *saved = y + (row_index ? (size_t)row_index[r] : r) * columns;
        float *out = dz + r * columns;
        if (d_bias) {
            GK_VECTORIZE for (size_t c = 0; c < columns; c++) {
                float z = slope_times(f, d[c], saved[c]);
                out[c] = z;
                d_bias[c] += z;
            }
        } else {
            GK_VECTORIZE for (size_t c = 0; c < columns; c++) out[c] = slope_times(f, d[c], saved[c]);
        }
    }
}

GK_KERNEL void gk_activation_gradient(const float *dy, const float *y, gk_activation f, float *dz, float *d_bias,
                                      size_t rows, size_t columns, const int32_t *row_index) {
    if (d_bias) memset(d_bias, 0, columns * sizeof(float));
    switch (f) {
    case GK_IDENTITY_ACTIVATION: gradient_rows(dy, dy, GK_IDENTITY_ACTIVATION, dz, d_bias, rows, columns, NULL); break;
    case GK_RELU_ACTIVATION: gradient_rows(dy, y, GK_RELU_ACTIVATION, dz, d_bias, rows, columns, row_index); break;
    case GK_TANH_ACTIVATION: gradient_rows(dy, y, GK_TANH_ACTIVATION, dz, d_bias, rows, columns, row_index); break;
    case GK_LEAKY_RELU_ACTIVATION: gradient_rows(dy, y, GK_LEAKY_RELU_ACTIVATION, dz, d_bias, rows, columns, row_index); break;
    }
}

GK_KERNEL void gk_single_row(const float *restrict x, const float *restrict w, const float *restrict bias, gk_activation f,
                             float *restrict y, size_t inputs, size_t outputs) {
    memcpy(y, bias, outputs * sizeof(float));
    size_t i = 0;
    for (; i + 4 <= inputs; i += 4) {
        if (x[i] == 0 && x[i + 1] == 0 && x[i + 2] == 0 && x[i + 3] == 0) continue;  // after relu many are
        gk_add_four_rows(0, x + i, w + i * outputs, y, outputs);
    }
    for (; i < inputs; i++) {
        const float *row = w + i * outputs;
        float value = x[i];
        for (size_t c = 0; c < outputs; c++) y[c] += value * row[c];
    }
    switch (f) {
    case GK_IDENTITY_ACTIVATION: break;
    case GK_RELU_ACTIVATION: for (size_t c = 0; c < outputs; c++) y[c] = activate(GK_RELU_ACTIVATION, y[c]); break;
    case GK_TANH_ACTIVATION: for (size_t c = 0; c < outputs; c++) y[c] = activate(GK_TANH_ACTIVATION, y[c]); break;
    case GK_LEAKY_RELU_ACTIVATION:
        for (size_t c = 0; c < outputs; c++) y[c] = activate(GK_LEAKY_RELU_ACTIVATION, y[c]);
        break;
    }
}
