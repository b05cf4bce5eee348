// exp, log, tanh and the like without branches, so that the compiler turns loops over them into vector code.
//
// Relative error about 1e-7; NaN in, NaN out; infinities and results beyond float's range as libm has them, except that results
// below about 1e-38 may be rounded coarsely or to zero.
#pragma once
#include "kernels.h"

GK_INLINE float gk_from_bits(int32_t bits) { float x; memcpy(&x, &bits, 4); return x; }
GK_INLINE int32_t gk_to_bits(float x) { int32_t bits; memcpy(&bits, &x, 4); return bits; }

GK_INLINE float gk_clamp(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

GK_INLINE float gk_exp(float x) {
    float t = x < -104.0f ? -104.0f : x;
    t = t > 89.0f ? 89.0f : t;
    t = t == t ? t : 0.0f;
    float scaled = t * 1.44269504f;
    int32_t k = (int32_t)(scaled + (scaled < 0.0f ? -0.5f : 0.5f));
    float kf = (float)k;
    float r = t - kf * 0.693359375f;    // 355/512: few bits, so the product is exact
    r = r - kf * -2.12194440e-4f;       // ln 2 - 355/512
    float p = 1.0f / 5040.0f;           // Taylor, |r| <= ln 2 / 2: the next term is below 6e-9
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    float y = 1.0f + (r + r * r * p);
    int32_t half = k >> 1;              // two factors, as 2^k alone may leave float's range
    y = y * gk_from_bits((half + 127) << 23) * gk_from_bits((k - half + 127) << 23);
    return x == x ? y : x;
}

// 2 artanh(s) for |s| <= 1/3.
GK_INLINE float gk_two_artanh(float s) {
    float z = s * s;
    float p = 1.0f / 17.0f;
    p = p * z + 1.0f / 15.0f;
    p = p * z + 1.0f / 13.0f;
    p = p * z + 1.0f / 11.0f;
    p = p * z + 1.0f / 9.0f;
    p = p * z + 1.0f / 7.0f;
    p = p * z + 1.0f / 5.0f;
    p = p * z + 1.0f / 3.0f;
    return 2.0f * s + 2.0f * s * (z * p);
}

GK_INLINE float gk_log(float x) {
    int subnormal = x < 1.17549435e-38f;
    float scaled = subnormal ? x * 8388608.0f : x;
    int32_t bits = gk_to_bits(scaled);
    int32_t shifted = (int32_t)((uint32_t)bits - 0x3F3504F3u);  // mantissas of sqrt(1/2)...sqrt(2)
    int32_t k = shifted >> 23;
    float m = gk_from_bits((shifted & 0x007FFFFF) + 0x3F3504F3);
    float kf = (float)k - (subnormal ? 23.0f : 0.0f);
    float y = kf * 0.693359375f + (gk_two_artanh((m - 1.0f) / (m + 1.0f)) + kf * -2.12194440e-4f);
    y = x == INFINITY ? x : y;
    y = x == 0.0f ? -INFINITY : y;
    y = x < 0.0f ? NAN : y;
    return x == x ? y : x;
}

GK_INLINE float gk_sigmoid(float x) {
    return 1.0f / (1.0f + gk_exp(-x));
}

// log(1 + exp x)
GK_INLINE float gk_softplus(float x) {
    float u = gk_exp(-fabsf(x));
    return (x > 0.0f ? x : 0.0f) + (x == x ? gk_two_artanh(u / (2.0f + u)) : x);
}

GK_INLINE float gk_tanh(float x) {
    float a = fabsf(x);
    float large = 1.0f - 2.0f / (gk_exp(2.0f * a) + 1.0f);
    // Odd polynomial for |x| <= 0.55 (least squares on Chebyshev nodes, relative error 2e-9).
    float z = x * x;
    z = z < 0.3025f ? z : 0.3025f;
    float p = 2.528870783e-03f;
    p = p * z + -8.528241038e-03f;
    p = p * z + 2.181896730e-02f;
    p = p * z + -5.396475890e-02f;
    p = p * z + 1.333332444e-01f;
    p = p * z + -3.333333330e-01f;
    float small = x + x * (z * p);
    return a < 0.55f ? small : copysignf(large, x);
}

// (1 - tanh(x)^2) without cancellation: 4 e / (1 + e)^2 with e = exp(-2 |x|).
GK_INLINE float gk_tanh_slope(float x) {
    float e = gk_exp(-2.0f * fabsf(x));
    float d = 1.0f + e;
    return 4.0f * e / (d * d);
}

// Cosine and sine of 2 pi turns, |turns| <= 2^20.
GK_INLINE void gk_cos_sin_turns(float turns, float *c, float *s) {
    float quarters = turns * 4.0f;
    quarters = quarters - quarters == 0.0f ? quarters : 0.0f;  // finite
    int32_t q = (int32_t)(quarters + (quarters < 0.0f ? -0.5f : 0.5f));
    float t = (quarters - (float)q) * 1.57079633f;
    float z = t * t;
    float cosine = 1.0f + z * (-0.5f + z * (1.0f / 24.0f + z * (-1.0f / 720.0f + z * (1.0f / 40320.0f))));
    float sine = t + t * (z * (-1.0f / 6.0f + z * (1.0f / 120.0f + z * (-1.0f / 5040.0f + z * (1.0f / 362880.0f)))));
    float a = (q & 1) ? sine : cosine;
    float b = (q & 1) ? cosine : sine;
    *c = ((q + 1) & 2) ? -a : a;
    *s = (q & 2) ? -b : b;
}
