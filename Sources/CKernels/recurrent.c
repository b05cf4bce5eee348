// The elementwise part of a gated recurrent unit:
// r = sigmoid(i_r + s_r), z = sigmoid(i_z + s_z), n = tanh(i_n + r s_n), h' = (1 - z) n + z h.
#include "vector_math.h"

GK_KERNEL void gk_gru_cell(const float *from_input, const float *from_state, const float *h, float *next_h, float *gates,
                           size_t rows, size_t size) {
    for (size_t row = 0; row < rows; row++) {
        const float *i = from_input + row * 3 * size, *s = from_state + row * 3 * size, *old = h + row * size;
        float *out = next_h + row * size, *g = gates + row * 3 * size;
        GK_VECTORIZE for (size_t j = 0; j < size; j++) {
            float r = gk_sigmoid(i[j] + s[j]), z = gk_sigmoid(i[size + j] + s[size + j]);
            float n = gk_tanh(i[2 * size + j] + r * s[2 * size + j]);
            g[j] = r;
            g[size + j] = z;
            g[2 * size + j] = n;
            out[j] = n + z * (old[j] - n);
        }
    }
}

GK_KERNEL void gk_gru_cell_gradient(const float *d_next_h, const float *gates, const float *from_state, const float *h,
                                    float *d_from_input, float *d_from_state, float *d_h, size_t rows, size_t size) {
    for (size_t row = 0; row < rows; row++) {
        const float *d = d_next_h + row * size, *g = gates + row * 3 * size, *old = h + row * size;
        const float *s_new = from_state + row * 3 * size + 2 * size;
        float *di = d_from_input + row * 3 * size, *ds = d_from_state + row * 3 * size, *dh = d_h + row * size;
        GK_VECTORIZE for (size_t j = 0; j < size; j++) {
            float r = g[j], z = g[size + j], n = g[2 * size + j];
            float toward_new = d[j] * (1.0f - z);
            float d_n = toward_new * (1.0f - n * n);
            float d_z = toward_new * (z * (old[j] - n));
            float d_s_new = d_n * r;
            float d_r = d_s_new * (1.0f - r) * s_new[j];
            di[j] = d_r;
            di[size + j] = d_z;
            di[2 * size + j] = d_n;
            ds[j] = d_r;
            ds[size + j] = d_z;
            ds[2 * size + j] = d_s_new;
            dh[j] = d[j] * z;
        }
    }
}
