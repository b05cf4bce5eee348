// Optimizer steps. They are bound by memory, so each reads and writes every array once.
#include "vector_math.h"

GK_INLINE float adam_direction(gk_adam s, float *m, float *v, float g) {
    *m = s.beta1 * *m + (1.0f - s.beta1) * g;
    *v = s.beta2 * *v + (1.0f - s.beta2) * (g * g);
    return s.step_size * *m / (__builtin_elementwise_sqrt(*v) * s.second_correction + s.epsilon);
}

GK_KERNEL void gk_adam_step(gk_adam s, float *restrict p, float *restrict m, float *restrict v, const float *restrict g, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float first = m[i], second = v[i];
        float direction = adam_direction(s, &first, &second, g[i]);
        m[i] = first;
        v[i] = second;
        p[i] -= direction;
    }
}

GK_KERNEL void gk_adam_proximal_step(gk_adam s, float *restrict p, float *restrict m, float *restrict v, const float *restrict g,
                                     float *restrict auxiliary, float proximal_rate, float auxiliary_rate, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float first = m[i], second = v[i], a = auxiliary[i];
        float direction = adam_direction(s, &first, &second, g[i]);
        m[i] = first;
        v[i] = second;
        float next = p[i] + proximal_rate * (a - p[i]) - direction;
        p[i] = next;
        auxiliary[i] = a - auxiliary_rate * (a - next);
    }
}
