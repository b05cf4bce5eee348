// What surrounds a layer's matrix product.
#include "vector_math.h"

GK_INLINE float activate(gk_activation f, float x) {
    return f == GK_RELU_ACTIVATION ? (x < 0.0f ? 0.0f : x) : f == GK_TANH_ACTIVATION ? gk_tanh(x) : x;
}

GK_INLINE void bias_rows(float *y, const float *bias, gk_activation f, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++, y += columns) {
        if (bias) {
            GK_VECTORIZE for (size_t c = 0; c < columns; c++) y[c] = activate(f, y[c] + bias[c]);
        } else {
            GK_VECTORIZE for (size_t c = 0; c < columns; c++) y[c] = activate(f, y[c]);
        }
    }
}

GK_KERNEL void gk_bias_activation(float *y, const float *bias, gk_activation f, size_t rows, size_t columns) {
    switch (f) {
    case GK_IDENTITY_ACTIVATION: if (bias) bias_rows(y, bias, GK_IDENTITY_ACTIVATION, rows, columns); break;
    case GK_RELU_ACTIVATION: bias_rows(y, bias, GK_RELU_ACTIVATION, rows, columns); break;
    case GK_TANH_ACTIVATION: bias_rows(y, bias, GK_TANH_ACTIVATION, rows, columns); break;
    }
}

GK_INLINE float slope_times(gk_activation f, float d, float y) {
    return f == GK_RELU_ACTIVATION ? (y > 0.0f ? d : 0.0f) : f == GK_TANH_ACTIVATION ? d * (1.0f - y * y) : d;
}

GK_INLINE void gradient_rows(const float *dy, const float *y, gk_activation f, float *dz, float *d_bias, size_t rows,
                             size_t columns, const int32_t *row_index) {
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
    }
}

GK_KERNEL void gk_single_row(const float *restrict x, const float *restrict w, const float *restrict bias, gk_activation f,
                             float *restrict y, size_t inputs, size_t outputs) {
    memcpy(y, bias, outputs * sizeof(float));
    size_t i = 0;
    for (; i + 4 <= inputs; i += 4) {
        float x0 = x[i], x1 = x[i + 1], x2 = x[i + 2], x3 = x[i + 3];
        if (x0 == 0 && x1 == 0 && x2 == 0 && x3 == 0) continue;  // after relu many are
        const float *w0 = w + i * outputs, *w1 = w0 + outputs, *w2 = w1 + outputs, *w3 = w2 + outputs;
        for (size_t c = 0; c < outputs; c++) y[c] += x0 * w0[c] + x1 * w1[c] + x2 * w2[c] + x3 * w3[c];
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
    }
}
