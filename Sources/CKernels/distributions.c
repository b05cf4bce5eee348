// Random numbers and the squashed Gaussian.
#include "sums.h"
#include "vector_math.h"

GK_INLINE uint64_t next_word(uint64_t s[4]) {
    uint64_t sum = s[0] + s[3], result = ((sum << 23) | (sum >> 41)) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

enum { PAIRS = 64 };

GK_KERNEL static void box_muller(const uint32_t *radius_bits, const uint32_t *angle_bits, float *first, float *second) {
    for (int i = 0; i < PAIRS; i++) {
        float radius = __builtin_elementwise_sqrt(-2.0f * gk_log((float)(int32_t)(radius_bits[i] + 1) * 0x1p-24f));  // of (0, 1]
        float c, s;
        gk_cos_sin_turns((float)(int32_t)angle_bits[i] * 0x1p-24f, &c, &s);
        first[i] = radius * c;
        second[i] = radius * s;
    }
}

void gk_fill_normal(uint64_t state[4], float *out, size_t n) {
    uint32_t radius[PAIRS] = {0}, angle[PAIRS] = {0};
    float first[PAIRS], second[PAIRS];
    uint64_t s[4] = {state[0], state[1], state[2], state[3]};
    for (size_t start = 0; start < n; start += 2 * PAIRS) {
        size_t count = n - start < 2 * PAIRS ? n - start : 2 * PAIRS, pairs = (count + 1) / 2;
        for (size_t i = 0; i < pairs; i++) {
            uint64_t word = next_word(s);
            radius[i] = (uint32_t)(word >> 40);
            angle[i] = (uint32_t)(word >> 16) & 0xFFFFFF;
        }
        box_muller(radius, angle, first, second);
        memcpy(out + start, first, pairs * sizeof(float));
        memcpy(out + start + pairs, second, (count - pairs) * sizeof(float));
    }
    memcpy(state, s, sizeof s);
}

void gk_fill_uniform(uint64_t state[4], float low, float high, float *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = low + (high - low) * ((float)(next_word(state) >> 40) * 0x1p-24f);
}

#define HALF_LOG_TWO_PI 0.918938533f
#define SQUASH_FLOOR 1e-6f

// One number of an action, and `sum` with its log probability added.
GK_INLINE float squash(float mean, float log_std, float low, float high, float noise, float *sum) {
    float s = gk_clamp(log_std, low, high), u = mean + gk_exp(s) * noise;
    *sum = noise * noise * -0.5f + (*sum - HALF_LOG_TWO_PI - (s + gk_log(gk_tanh_slope(u) + SQUASH_FLOOR)));
    return gk_tanh(u);
}

GK_KERNEL void gk_tanh_gaussian(const float *parameters, const float *noise, float low, float high, float *out, size_t rows, size_t size) {
    for (size_t r = 0; r < rows; r++) {
        const float *mean = parameters + r * 2 * size, *log_std = mean + size, *e = noise + r * size;
        float *action = out + r * (size + 1), sum = 0;
        size_t j = 0;
// As many sums side by side as fit, then fewer, then one.
#define SQUASH_GROUPS(width)                                                                                                   \
    if (j + width <= size) {                                                                                                   \
        float sums[width] = {sum};                                                                                             \
        for (; j + width <= size; j += width)                                                                                  \
            GK_VECTORIZE for (size_t k = 0; k < width; k++)                                                                    \
                action[j + k] = squash(mean[j + k], log_std[j + k], low, high, e[j + k], &sums[k]);                            \
        sum = gk_total_of_##width(sums);                                                                                       \
    }
        SQUASH_GROUPS(32)
        SQUASH_GROUPS(8)
#undef SQUASH_GROUPS
        for (; j < size; j++) action[j] = squash(mean[j], log_std[j], low, high, e[j], &sum);
        action[size] = sum;
    }
}

GK_KERNEL void gk_tanh_gaussian_gradient(const float *d_out, const float *parameters, const float *noise, float low, float high,
                                         float *d_parameters, size_t rows, size_t size) {
    for (size_t r = 0; r < rows; r++) {
        const float *mean = parameters + r * 2 * size, *log_std = mean + size, *e = noise + r * size;
        const float *d_action = d_out + r * (size + 1);
        float d_log_probability = d_action[size], *d_mean = d_parameters + r * 2 * size, *d_log_std = d_mean + size;
        for (size_t j = 0; j < size; j++) {
            float s = gk_clamp(log_std[j], low, high);
            float step = gk_exp(s) * e[j], u = mean[j] + step, slope = gk_tanh_slope(u);
            float du = d_action[j] * slope + 2.0f * d_log_probability * slope * gk_tanh(u) / (slope + SQUASH_FLOOR);
            d_mean[j] = du;
            d_log_std[j] = log_std[j] >= low && log_std[j] <= high ? du * step - d_log_probability : 0.0f;
        }
    }
}
