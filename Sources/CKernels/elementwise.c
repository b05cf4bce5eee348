// Arithmetic and functions of single elements.
#include "vector_math.h"

GK_INLINE float apply(gk_binary_op op, float a, float b) {
    switch (op) {
    case GK_ADD: return a + b;
    case GK_SUBTRACT: return a - b;
    case GK_MULTIPLY: return a * b;
    case GK_DIVIDE: return a / b;
    case GK_MINIMUM: return a < b || a != a ? a : b;  // a NaN on either side wins
    case GK_MAXIMUM: return a > b || a != a ? a : b;
    }
    return 0;
}

// One row; `*_one` says that the operand is one number for the whole row.
GK_INLINE void binary_row(gk_binary_op op, const float *a, int a_one, const float *b, int b_one, float *out, size_t n) {
    if (a_one && b_one) {
        float y = apply(op, *a, *b);
        GK_VECTORIZE for (size_t i = 0; i < n; i++) out[i] = y;
    } else if (a_one) {
        float x = *a;
        GK_VECTORIZE for (size_t i = 0; i < n; i++) out[i] = apply(op, x, b[i]);
    } else if (b_one) {
        float x = *b;
        GK_VECTORIZE for (size_t i = 0; i < n; i++) out[i] = apply(op, a[i], x);
    } else {
        GK_VECTORIZE for (size_t i = 0; i < n; i++) out[i] = apply(op, a[i], b[i]);
    }
}

GK_INLINE size_t row_stride(gk_form form, size_t columns) { return form == GK_FULL ? columns : form == GK_COLUMN ? 1 : 0; }

GK_INLINE void binary_rows(gk_binary_op op, const float *a, gk_form a_form, const float *b, gk_form b_form, float *out,
                           size_t rows, size_t columns) {
    size_t a_stride = row_stride(a_form, columns), b_stride = row_stride(b_form, columns);
    int a_one = a_form == GK_SCALAR || a_form == GK_COLUMN, b_one = b_form == GK_SCALAR || b_form == GK_COLUMN;
    for (size_t r = 0; r < rows; r++) binary_row(op, a + r * a_stride, a_one, b + r * b_stride, b_one, out + r * columns, columns);
}

GK_KERNEL void gk_binary(gk_binary_op op, const float *a, gk_form a_form, const float *b, gk_form b_form, float *out,
                         size_t rows, size_t columns) {
    if (a_form <= GK_SCALAR && b_form <= GK_SCALAR) {  // one long row
        columns *= rows;
        rows = 1;
    }
    switch (op) {
    case GK_ADD: binary_rows(GK_ADD, a, a_form, b, b_form, out, rows, columns); break;
    case GK_SUBTRACT: binary_rows(GK_SUBTRACT, a, a_form, b, b_form, out, rows, columns); break;
    case GK_MULTIPLY: binary_rows(GK_MULTIPLY, a, a_form, b, b_form, out, rows, columns); break;
    case GK_DIVIDE: binary_rows(GK_DIVIDE, a, a_form, b, b_form, out, rows, columns); break;
    case GK_MINIMUM: binary_rows(GK_MINIMUM, a, a_form, b, b_form, out, rows, columns); break;
    case GK_MAXIMUM: binary_rows(GK_MAXIMUM, a, a_form, b, b_form, out, rows, columns); break;
    }
}

GK_KERNEL void gk_scale(const float *x, float scale, float offset, float *out, size_t n) {
    GK_VECTORIZE for (size_t i = 0; i < n; i++) out[i] = scale * x[i] + offset;
}
GK_KERNEL void gk_axpy(float a, const float *x, float *y, size_t n) {
    GK_VECTORIZE for (size_t i = 0; i < n; i++) y[i] += a * x[i];
}
GK_KERNEL void gk_add_in_place(float *y, const float *x, size_t n) {
    GK_VECTORIZE for (size_t i = 0; i < n; i++) y[i] += x[i];
}
GK_KERNEL void gk_blend(float *y, const float *x, float rate, size_t n) {
    float keep = 1.0f - rate;  // exactly x at rate 1
    GK_VECTORIZE for (size_t i = 0; i < n; i++) y[i] = keep * y[i] + rate * x[i];
}
GK_KERNEL void gk_fill(float *out, float value, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = value;
}

GK_KERNEL void gk_select_gradient(const float *dy, const float *a, const float *b, float sign, float *d_a, size_t n) {
    GK_VECTORIZE for (size_t i = 0; i < n; i++) {
        float x = sign * a[i], y = sign * b[i];
        d_a[i] = x < y ? dy[i] : x == y ? 0.5f * dy[i] : x != x || y != y ? NAN : 0.0f;
    }
}

#define UNARY(name, expression)                                                                    \
    GK_KERNEL static void name(const float *xs, float low, float high, float *out, size_t n) {     \
        (void)low; (void)high;                                                                     \
        GK_VECTORIZE for (size_t i = 0; i < n; i++) { float x = xs[i]; out[i] = expression; }      \
    }
// Turns of an angle in -1/2...1/2, in double: a float of a thousand turns has lost three digits of its fraction. Beyond 2^51 turns 0.
GK_INLINE float turns(float x) {
    const double shift = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to a whole number
    double t = (double)x * 0.15915494309189535;
    double fraction = t - ((t + shift) - shift);
    return (float)(fabs(t) < 2251799813685248.0 ? fraction : 0.0);
}
// x - x is 0, or NaN for infinities and NaN.
GK_INLINE float sine(float x) { float c, s; gk_cos_sin_turns(turns(x), &c, &s); return s + (x - x); }
GK_INLINE float cosine(float x) { float c, s; gk_cos_sin_turns(turns(x), &c, &s); return c + (x - x); }

UNARY(relu, x < 0.0f ? 0.0f : x)
UNARY(tanh_all, gk_tanh(x))
UNARY(sigmoid, gk_sigmoid(x))
UNARY(softplus, gk_softplus(x))
UNARY(exp_all, gk_exp(x))
UNARY(log_all, gk_log(x))
UNARY(sqrt_all, __builtin_elementwise_sqrt(x))
UNARY(square, x * x)
UNARY(absolute, fabsf(x))
UNARY(clamp, gk_clamp(x, low, high))
UNARY(cosines, cosine(x))
UNARY(sines, sine(x))

void gk_unary(gk_unary_op op, const float *x, float low, float high, float *out, size_t n) {
    static void (*const table[])(const float *, float, float, float *, size_t) = {
        relu, tanh_all, sigmoid, softplus, exp_all, log_all, sqrt_all, square, absolute, clamp, cosines, sines};
    table[op](x, low, high, out, n);
}

#define GRADIENT(name, expression)                                                                                     \
    GK_KERNEL static void name(const float *ds, const float *saved, float low, float high, float *out, size_t n) {     \
        (void)low; (void)high;                                                                                         \
        GK_VECTORIZE for (size_t i = 0; i < n; i++) { float d = ds[i], s = saved[i]; (void)s; out[i] = expression; }   \
    }
GRADIENT(d_relu, s > 0.0f ? d : 0.0f)
GRADIENT(d_tanh, d * (1.0f - s * s))
GRADIENT(d_sigmoid, d * s * (1.0f - s))
GRADIENT(d_softplus, d * gk_sigmoid(s))
GRADIENT(d_exp, d * s)
GRADIENT(d_log, d / s)
GRADIENT(d_sqrt, 0.5f * d / s)
GRADIENT(d_square, d * (2.0f * s))
GRADIENT(d_absolute, s > 0.0f ? d : s < 0.0f ? -d : 0.0f)
GRADIENT(d_clamp, s >= low && s <= high ? d : 0.0f)
GRADIENT(d_cosine, -d * sine(s))
GRADIENT(d_sine, d * cosine(s))

void gk_unary_gradient(gk_unary_op op, const float *dy, const float *saved, float low, float high, float *dx, size_t n) {
    static void (*const table[])(const float *, const float *, float, float, float *, size_t) = {
        d_relu, d_tanh, d_sigmoid, d_softplus, d_exp, d_log, d_sqrt, d_square, d_absolute, d_clamp, d_cosine, d_sine};
    table[op](dy, saved, low, high, dx, n);
}

GK_KERNEL void gk_tanh_slope_gradient(const float *d, const float *dy, const float *y, float *d_dy, float *d_y, size_t n) {
    GK_VECTORIZE for (size_t i = 0; i < n; i++) {
        float from = d[i], at = y[i];
        d_y[i] = from * at * -2.0f * dy[i];
        d_dy[i] = from * (1.0f - at * at);
    }
}
